/* bench_publish: how fast one change goes out to many subscribers, of what a bare sendmmsg of the
 * same datagrams does; and whether many changes to many subscribers reach all of them. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lisp/map_register.h"
#include "tests/bench/listeners.h"

#define SERVER_CPU  0
#define OWN_CPU     1
#define ONE_S       5   /* for one change to reach everybody */
#define WINDOW      256 /* Map-Registers under way */
#define QUIET_S     30  /* nothing new in so long: what is missing is lost */
#define AGAIN_NS    UINT64_C(1000000000)
#define NOTIFY_MAX  256
#define SETTLE_MS   300
#define NONCE_AT    4
#define NONCE_BYTES 8

struct publish {
	struct bench b;
	struct stage stage;
	struct generator *g;
	struct lisp_load load;
	struct listeners *xtrs;
	size_t subscribers, listeners, moves;
	uint16_t port;
	bool *heard;     /* by subscriber: in this round */
	size_t turn;     /* which locators the one EID has */
	uint8_t *copies; /* of the last change, by subscriber */
	size_t copy_len;
	uint8_t *told; /* bits: listener x EID */
	size_t missing, wrong;
	uint64_t *nonces; /* the last of each listener */
};

static uint64_t wall_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* ---- one change ---- */

/* When the first and the last datagram arrived; how many there were. */
struct arrivals {
	uint64_t first_ns, last_ns;
	size_t count;
};

static void note_arrival(struct arrivals *a, const struct heard *h)
{
	if (!a->count || h->at_ns < a->first_ns)
		a->first_ns = h->at_ns;
	if (h->at_ns > a->last_ns)
		a->last_ns = h->at_ns;
	a->count++;
}

static double per_s(const struct arrivals *a)
{
	return a->last_ns > a->first_ns
		       ? (double)(a->count - 1) * 1e9 / (double)(a->last_ns - a->first_ns)
		       : 0;
}

static void copy(struct publish *p, const struct heard *h)
{
	if (h->listener >= p->subscribers || h->len > NOTIFY_MAX)
		bench_fail("a datagram of %zu bytes for xTR %zu", h->len, h->listener);
	p->copy_len = h->len;
	memcpy(p->copies + h->listener * NOTIFY_MAX, h->bytes, h->len);
}

/* Not a repetition, as they come where an acknowledgement took long; nor of an earlier change. */
static bool is_first(struct publish *p, const struct heard *h, bool keep)
{
	const uint8_t *last = p->copies + h->listener * NOTIFY_MAX;

	if (h->listener >= p->subscribers || p->heard[h->listener] ||
		(keep && !memcmp(last + NONCE_AT, h->bytes + NONCE_AT, NONCE_BYTES)))
		return false;
	p->heard[h->listener] = true;
	return true;
}

/* Take @p->subscribers datagrams; @keep: remember them. It never sleeps: to wake it would be work
 * of whoever sends, and only of the slower sender, which it outruns. */
static struct arrivals take_all(struct publish *p, bool keep)
{
	uint64_t end = bench_now_ns() + ONE_S * UINT64_C(1000000000);
	struct heard list[LISTENERS_BATCH];
	struct arrivals a = {0};

	memset(p->heard, 0, p->subscribers * sizeof(p->heard[0]));
	while (a.count < p->subscribers && bench_now_ns() < end) {
		unsigned int n = listeners_take(p->xtrs, 0, list);

		for (unsigned int i = 0; i < n; i++) {
			if (!is_first(p, &list[i], keep))
				continue;
			note_arrival(&a, &list[i]);
			if (keep)
				copy(p, &list[i]);
		}
	}
	return a;
}

/* Each has its own nonce and MAC, and the new locators. */
static size_t check_copies(struct publish *p)
{
	size_t wrong = 0;

	for (size_t i = 0; i < p->subscribers; i++) {
		const uint8_t *bytes = p->copies + i * NOTIFY_MAX;
		struct wire_fault fault;
		struct map_register m;
		struct lisp_record rec;

		wrong += !listeners_authentic(p->xtrs, bytes, p->copy_len) ||
			 map_register_parse(bytes, p->copy_len, &m, &fault) ||
			 !lisp_records_next(&m.records, &rec) ||
			 !lisp_load_has_set(
				 &p->load, 0, p->turn, rec.locators_raw, rec.locators_raw_len);
	}
	return wrong;
}

static void acknowledge_copies(struct publish *p)
{
	struct heard list[LISTENERS_BATCH];

	for (size_t at = 0; at < p->subscribers;) {
		unsigned int n = 0;

		for (; n < LISTENERS_BATCH && at + n < p->subscribers; n++)
			list[n] = (struct heard){.listener = at + n,
				.bytes = p->copies + (at + n) * NOTIFY_MAX,
				.len = p->copy_len};
		listeners_acknowledge(p->xtrs, p->port, list, n);
		at += n;
	}
}

static int to_server(const struct publish *p)
{
	const int size = 4 << 20;
	struct sockaddr_in at = {.sin_family = AF_INET,
		.sin_port = htons(p->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		bench_fail("no socket to the map-server: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return fd;
}

/* The one EID gets other locators, by one Map-Register. */
static uint64_t change(struct publish *p, int fd)
{
	struct generator_load one;
	uint64_t at;

	p->turn = !p->turn;
	one = lisp_load_single(&p->load, 0, 1, p->turn);
	at = wall_ns();
	if (send(fd, one.requests, one.request_len, 0) < 0)
		bench_fail("send: %s", strerror(errno));
	lisp_load_free(&one);
	return at;
}

static struct arrivals bare(struct publish *p)
{
	uint8_t *packed = malloc(p->subscribers * p->copy_len);

	if (!packed)
		bench_fail("no memory for %zu datagrams", p->subscribers);
	for (size_t i = 0; i < p->subscribers; i++)
		memcpy(packed + i * p->copy_len, p->copies + i * NOTIFY_MAX, p->copy_len);
	listeners_blast(&p->stage, SERVER_CPU, packed, p->copy_len, p->subscribers);
	free(packed);
	return take_all(p, false);
}

/* What is still repeated, because an acknowledgement took long, is over. */
static void settle(struct publish *p)
{
	struct heard list[LISTENERS_BATCH];
	unsigned int n;

	while ((n = listeners_take(p->xtrs, SETTLE_MS, list)))
		listeners_acknowledge(p->xtrs, p->port, list, n);
}

static void measure(struct publish *p)
{
	struct arrivals told, reference;
	int fd = to_server(p);
	uint64_t at;
	size_t wrong;

	settle(p);
	at = change(p, fd);
	told = take_all(p, true);
	close(fd);
	if (told.count < p->subscribers)
		bench_fail("%zu of %zu notifications came", told.count, p->subscribers);
	acknowledge_copies(p);
	wrong = check_copies(p);
	if (wrong)
		bench_fail("%zu of %zu notifications are not right", wrong, told.count);
	settle(p); /* the server has taken the acknowledgements: the processor is the sender's alone
		    */
	reference = bare(p);
	bench_sample(&p->b, "last_out_ms", "ms", (double)(told.last_ns - at) / 1e6);
	bench_sample(&p->b, "first_out_ms", "ms", (double)(told.first_ns - at) / 1e6);
	bench_sample(&p->b, "per_s", "/s", per_s(&told));
	bench_reference(&p->b, "sendmmsg_per_s", "/s", per_s(&reference));
	bench_sample(&p->b, "ratio_sendmmsg", "", per_s(&told) / per_s(&reference));
	bench_sample(&p->b, "subscribers", "", (double)p->subscribers);
}

/* ---- many changes ---- */

/* RFC 9437 section 6: what has no greater nonce than the last is not followed. */
static void follow(struct publish *p, const struct heard *h)
{
	size_t listener = h->listener - p->subscribers, eid, bit;
	struct wire_fault fault;
	struct map_register m;
	struct lisp_record rec;

	if (h->listener < p->subscribers)
		return;
	if (!listeners_authentic(p->xtrs, h->bytes, h->len) ||
		map_register_parse(h->bytes, h->len, &m, &fault) ||
		!lisp_records_next(&m.records, &rec))
		bench_fail("xTR %zu was sent a wrong Map-Notify", h->listener);
	eid = lisp_load_number(&p->load, &rec.eid.eid);
	if (m.nonce <= p->nonces[listener] || eid >= p->load.eids)
		return;
	p->nonces[listener] = m.nonce;
	if (!lisp_load_has_set(&p->load, eid, 1, rec.locators_raw, rec.locators_raw_len))
		return;
	bit = listener * p->load.eids + eid;
	if (p->told[bit / 8] >> bit % 8 & 1)
		return;
	p->told[bit / 8] |= (uint8_t)(1u << bit % 8);
	p->missing--;
}

/* The Map-Registers of the moves, until each is acknowledged. */
struct moves {
	struct generator_load load;
	int fd;
	size_t sent, acknowledged;
	bool *done; /* by EID */
	uint64_t last_ns;
};

static void take_answer(struct publish *p, struct moves *m, const uint8_t *bytes, size_t len)
{
	struct wire_fault fault;
	struct map_register answer;
	struct lisp_record rec;
	size_t eid;

	if (map_register_parse(bytes, len, &answer, &fault) ||
		!lisp_records_next(&answer.records, &rec))
		bench_fail("a Map-Register was answered with something else");
	eid = lisp_load_number(&p->load, &rec.eid.eid);
	if (eid >= p->load.eids || m->done[eid])
		return;
	m->done[eid] = true;
	m->acknowledged++;
	m->last_ns = bench_now_ns();
}

/* As an ETR does: a second without an answer, and it is sent again, under a new nonce. */
static void register_again(struct publish *p, struct moves *m)
{
	for (size_t i = 0; i < m->sent; i++) {
		size_t eid = (1 + i * LISP_LOAD_STEP) % p->load.eids;
		struct generator_load one;

		if (m->done[eid])
			continue;
		one = lisp_load_single(&p->load, eid, 1, 1);
		if (send(m->fd, one.requests, one.request_len, 0) < 0)
			i = m->sent; /* later */
		lisp_load_free(&one);
	}
	m->last_ns = bench_now_ns();
}

/* Send and take what can be. */
static void register_some(struct publish *p, struct moves *m)
{
	const struct generator_load *l = &m->load;
	uint8_t answer[512];
	ssize_t n;

	while (m->sent < l->count && m->sent - m->acknowledged < WINDOW &&
		send(m->fd, l->requests + m->sent * l->request_len, l->request_len, 0) > 0)
		m->sent++;
	while ((n = recv(m->fd, answer, sizeof(answer), 0)) > 0)
		take_answer(p, m, answer, (size_t)n);
	if (m->acknowledged < m->sent && bench_now_ns() - m->last_ns > AGAIN_NS)
		register_again(p, m);
}

static void take_some(struct publish *p, int wait_ms)
{
	struct heard list[LISTENERS_BATCH];
	unsigned int n = listeners_take(p->xtrs, wait_ms, list);

	for (unsigned int i = 0; i < n; i++)
		follow(p, &list[i]);
	listeners_acknowledge(p->xtrs, p->port, list, n);
}

static double move_all(struct publish *p, struct moves *m)
{
	uint64_t start = bench_now_ns(), last = start;
	size_t before = p->missing;

	m->last_ns = start;
	while (p->missing && bench_now_ns() - last < QUIET_S * UINT64_C(1000000000)) {
		if (m->acknowledged < m->load.count)
			register_some(p, m);
		take_some(p, m->acknowledged < m->load.count ? 0 : 1);
		if (p->missing != before)
			last = bench_now_ns();
		before = p->missing;
	}
	return (double)(last - start) / 1e9;
}

static void measure_moves(struct publish *p)
{
	size_t all = p->moves * p->listeners;
	struct moves m = {.fd = to_server(p)};
	struct eid every;
	const char *why;
	double seconds;

	if (p->turn) /* to where it was, so that every move is one */
		change(p, m.fd);
	settle(p);
	while (recv(m.fd, p->copies, NOTIFY_MAX, 0) > 0)
		; /* the answer to it */
	eid_parse(&every, "10.0.0.0/8", &why);
	listeners_subscribe(
		p->xtrs, p->subscribers, p->subscribers + p->listeners, p->port, &every);
	m.load = lisp_load_single(&p->load, 1, p->moves, 1);
	m.done = calloc(p->load.eids, sizeof(m.done[0]));
	if (!m.done)
		bench_fail("no memory for %zu moves", p->moves);
	p->missing = all;
	seconds = move_all(p, &m);
	bench_sample(&p->b, "moves", "", (double)p->moves);
	bench_sample(&p->b, "moves_subscribers", "", (double)p->listeners);
	bench_sample(&p->b, "moves_s", "s", seconds);
	bench_sample(&p->b, "moves_published_per_s", "/s", (double)(all - p->missing) / seconds);
	bench_sample(&p->b, "lost", "", (double)p->missing);
	lisp_load_free(&m.load);
	free(m.done);
	close(m.fd);
}

/* ---- the stage ---- */

static void start(struct publish *p)
{
	size_t all = p->subscribers + p->listeners;
	char *config = listeners_config(all);
	struct eid one;

	p->xtrs = listeners_new(all);
	p->copies = calloc(p->subscribers, NOTIFY_MAX);
	p->heard = calloc(p->subscribers, sizeof(p->heard[0]));
	p->nonces = calloc(p->listeners, sizeof(p->nonces[0]));
	p->told = calloc((p->listeners * p->load.eids + 7) / 8, 1);
	if (!p->copies || !p->heard || !p->nonces || !p->told)
		bench_fail("no memory for %zu xTRs", all);
	p->port = stage_port();
	lisp_load_server_with(&p->stage, p->g, "sunward", SERVER_CPU, p->port, config);
	free(config);
	lisp_load_register(&p->load, p->g, p->port);
	one = lisp_load_eid(&p->load, 0);
	listeners_subscribe(p->xtrs, 0, p->subscribers, p->port, &one);
}

static void notes(struct publish *p)
{
	bench_note(&p->b,
		"one change: a Map-Register moves an EID that %zu xTRs subscribe to, each at an "
		"address of its own; datagrams of %zu bytes, each with its own nonce and MAC, all "
		"verified",
		p->subscribers, p->copy_len);
	bench_note(&p->b,
		"per_s and sendmmsg_per_s by the kernel's times of the first and the last "
		"arrival; last_out_ms from the Map-Register; the receiver polls, so that neither "
		"sender has to wake it");
	bench_note(&p->b,
		"moves: %zu EIDs move, of which %zu xTRs hear by a subscription to 10.0.0.0/8; each "
		"notification is acknowledged; publish-rate 200000 (the default)",
		p->moves, p->listeners);
	bench_note(&p->b,
		"all threads of the map-server on CPU %u, as the bare sender; the xTRs and "
		"the ETR on CPU %u",
		SERVER_CPU, OWN_CPU);
}

static size_t chosen(unsigned long given, size_t quick, size_t usual, bool is_quick)
{
	return given ? given : is_quick ? quick : usual;
}

int main(int argc, char **argv)
{
	unsigned long subscribers = 0, listeners = 0, moves = 0;
	static struct publish p;

	bench_init(&p.b, "publish",
		"A change that goes out to its subscribers (RFC 9437), of what a bare sendmmsg of the\n"
		"same datagrams does; then many moves to many subscribers: none may be lost.");
	bench_option(&p.b, "subscribers", "of the one EID; 0: 10000, quick 1000", &subscribers);
	bench_option(&p.b, "moves", "EIDs that move; 0: 100000, quick 2000", &moves);
	bench_option(&p.b, "listeners", "who hear of each move; 0: 100, quick 10", &listeners);
	bench_args(&p.b, argc, argv);
	p.subscribers = chosen(subscribers, 1000, 10000, p.b.quick);
	p.listeners = chosen(listeners, 10, 100, p.b.quick);
	p.moves = chosen(moves, 2000, 100000, p.b.quick);
	listeners_own_net(&p.b);
	stage_open(&p.stage, &p.b);
	bench_pin(&p.b, OWN_CPU % bench_cpus());
	lisp_load_init(&p.load, AFI_IPV4, p.moves + LISP_LOAD_SET);
	p.g = generator_new(p.b.quick);
	start(&p);
	while (bench_round(&p.b))
		measure(&p);
	measure_moves(&p);
	notes(&p);
	lisp_load_fini(&p.load);
	generator_free(p.g);
	listeners_free(p.xtrs);
	free(p.copies);
	free(p.heard);
	free(p.nonces);
	free(p.told);
	bench_at_least(&p.b, "ratio_sendmmsg", 0.6);
	bench_at_most(&p.b, "lost", 0);
	return bench_report(&p.b);
}
