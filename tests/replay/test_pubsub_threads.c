/* Subscribers over loopback while machines move: workers, committer and publisher at once, and
 * somebody who lists. Each subscriber must end up knowing the last place of each machine, by
 * publications alone. To be run under ThreadSanitizer, too. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "lisp/ecm.h"
#include "tests/replay/rig.h"

#define SUBSCRIBERS 4
#define MOVERS      2
#define EIDS        10 /* a mover's */
#define ROUNDS      6  /* places of each: the last is not the first */
#define ALL         (MOVERS * EIDS)
#define PLACES      7
#define DEADLINE_S  60

struct stage {
	struct rig rig;
	unsigned int placed;     /* atomic: movers whose machines are somewhere */
	unsigned int subscribed; /* atomic: subscribers that are */
	unsigned int moved;      /* atomic: movers that have done all */
	unsigned int done;       /* atomic: subscribers that know all */
};

static void start(struct stage *s)
{
	static const struct subscription_options subscriptions = {.max = 10000,
		.per_xtr = 1000,
		.per_site = 10000,
		.temporary_s = 900,
		.publications = 10000};
	struct site_table *t = rig_sites();

	rig_site(t, "a", "10.0.0.0/8", "secret-a");
	rig_site(t, "b", "172.16.0.0/12", "secret-b");
	rig_start(&s->rig, t, &subscriptions);
}

/* A mover or a subscriber: an xTR with a socket of its own. No cmocka in here. */
struct party {
	struct stage *stage;
	unsigned int index;
	bool looks_on;
	int fd;
	char self[ENDPOINT_TEXT];
	struct mono end;
	uint8_t at[ALL]; /* where each machine is, as we know */
	uint64_t nonce;
	const char *failure;
};

/* Each at an address of its own: publications go to port 4342. */
static bool open_socket(struct party *p)
{
	struct sockaddr_storage to, here;
	struct endpoint self = {.addr = {.afi = AFI_IPV4, .len = 4}, .port = 4342};
	const uint8_t bytes[] = {127, (uint8_t)(getpid() >> 8 | 1), (uint8_t)getpid(),
		(uint8_t)(2 + p->index + (p->looks_on ? 100 : 0))};
	socklen_t len;

	memcpy(self.addr.bytes, bytes, sizeof(bytes));
	endpoint_format(&self, p->self, sizeof(p->self));
	p->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	len = endpoint_to_sockaddr(&self, &here);
	if (p->fd < 0 || bind(p->fd, (struct sockaddr *)&here, len) < 0)
		return false;
	len = endpoint_to_sockaddr(&p->stage->rig.listener.at, &to);
	return connect(p->fd, (struct sockaddr *)&to, len) == 0;
}

static void eid_of(unsigned int machine, char *text, size_t size)
{
	snprintf(text, size, "10.0.%u.%u/32", machine / EIDS, machine % EIDS);
}

static void send_all(struct party *p, const void *bytes, size_t len)
{
	if (send(p->fd, bytes, len, 0) < 0 && errno != ECONNREFUSED)
		p->failure = "send";
}

/* The next Map-Notify; 0: none within @ms. */
static size_t receive(struct party *p, uint8_t *buf, size_t cap, int ms)
{
	struct pollfd pfd = {.fd = p->fd, .events = POLLIN};
	ssize_t n = poll(&pfd, 1, ms) == 1 ? recv(p->fd, buf, cap, 0) : 0;

	return n > 0 && lisp_type_of(buf, (size_t)n) == LISP_MAP_NOTIFY ? (size_t)n : 0;
}

static void acknowledge(struct party *p, const struct map_register *m, const uint8_t *notify)
{
	const struct auth_options opt = {false, false};
	struct map_register ack = {.type = LISP_MAP_NOTIFY_ACK, .nonce = m->nonce};
	struct auth_key *key = auth_key_new(p->looks_on ? "secret-b" : "secret-a", 8);
	size_t from = m->auth.offset + m->auth.len;
	struct wire_writer w;
	uint8_t buf[1500];
	int n;

	wire_writer_init(&w, buf, sizeof(buf));
	map_register_begin(&w, &ack, 1, AUTH_HMAC_SHA256_128, &opt);
	wire_put_bytes(&w, notify + from, m->auth.records_end - from);
	n = map_register_finish(&w, &ack, m->record_count, key, &opt);
	auth_key_free(key);
	if (n > 0)
		send_all(p, buf, (size_t)n);
}

/* Machines are known by their EIDs, and places by the last byte of a locator. */
static void learn(struct party *p, struct lisp_records it)
{
	struct lisp_record rec;
	struct lisp_rloc rloc;
	struct address a;

	while (lisp_records_next(&it, &rec)) {
		const uint8_t *eid = rec.eid.eid.addr.bytes;

		if (eid[0] == 10 && lisp_rloc_next(&rec, &rloc) &&
			lisp_field_locator(&rloc.field, &a) && eid[2] < MOVERS && eid[3] < EIDS)
			p->at[eid[2] * EIDS + eid[3]] = a.bytes[3];
	}
}

/* Take what comes until @nonce does (0: until nothing does); false: it did not within @ms. */
static bool follow(struct party *p, uint64_t nonce, int ms)
{
	struct wire_fault fault;
	struct map_register m;
	uint8_t buf[1500];
	size_t n;

	while ((n = receive(p, buf, sizeof(buf), ms))) {
		if (map_register_parse(buf, n, &m, &fault))
			continue;
		if (p->looks_on)
			learn(p, m.records);
		if (m.nonce == nonce) {
			if (p->looks_on)
				acknowledge(p, &m, buf);
			return true;
		}
		acknowledge(p, &m, buf);
	}
	return nonce == 0;
}

static bool register_at(struct party *p, const char *eid, const char *locator)
{
	struct world_register r = {.site = p->looks_on ? "b" : "a",
		.xtr = (uint8_t)(p->index + (p->looks_on ? 100 : 1)),
		.eids = {eid},
		.locators = {locator}};
	uint8_t buf[1500];

	while (mono_before(mono_now(), p->end)) {
		r.nonce = ++p->nonce;
		send_all(p, buf, world_write_register(buf, sizeof(buf), &r));
		if (follow(p, r.nonce, 500))
			return true;
	}
	p->failure = "a registration was not acknowledged in time";
	return false;
}

static bool subscribe_to(struct party *p, unsigned int machine)
{
	struct map_request_spec s = {
		.subscribe = true, .has_xtr_id = true, .itr_rloc_count = 1, .site_id = 7};
	uint8_t buf[1200];
	char text[32];

	eid_of(machine, text, sizeof(text));
	s.eid = world_eid(text);
	s.xtr_id.bytes[15] = (uint8_t)(p->index + 100);
	s.itr_rlocs[0] = world_endpoint(p->self).addr;
	while (mono_before(mono_now(), p->end)) {
		s.nonce = p->nonce += 1000; /* that of no publication */
		send_all(p, buf, world_write_request(buf, sizeof(buf), &s, p->self));
		if (follow(p, s.nonce, 500))
			return true;
	}
	p->failure = "a subscription was not accepted in time";
	return false;
}

/* Where a machine is in the end: the last round's. */
static uint8_t last_place(unsigned int machine)
{
	return (uint8_t)(10 + (machine + ROUNDS - 1) % PLACES);
}

static void wait_for(const unsigned int *count, unsigned int wanted, struct party *p)
{
	while (__atomic_load_n(count, __ATOMIC_ACQUIRE) < wanted && mono_before(mono_now(), p->end))
		follow(p, 0, 5);
}

static void move_all(struct party *p, unsigned int round)
{
	char eid[32], locator[32];

	for (unsigned int i = 0; i < EIDS && !p->failure; i++) {
		unsigned int machine = p->index * EIDS + i;

		eid_of(machine, eid, sizeof(eid));
		snprintf(locator, sizeof(locator), "192.0.2.%u", 10 + (machine + round) % PLACES);
		register_at(p, eid, locator);
	}
}

static void *move(void *arg)
{
	struct party *p = arg;

	move_all(p, 0);
	__atomic_add_fetch(&p->stage->placed, 1, __ATOMIC_RELEASE);
	wait_for(&p->stage->subscribed, SUBSCRIBERS, p);
	for (unsigned int round = 1; round < ROUNDS && !p->failure; round++)
		move_all(p, round);
	__atomic_add_fetch(&p->stage->moved, 1, __ATOMIC_RELEASE);
	wait_for(&p->stage->done, SUBSCRIBERS, p);
	return NULL;
}

static bool knows_all(const struct party *p)
{
	for (unsigned int i = 0; i < ALL; i++)
		if (p->at[i] != last_place(i))
			return false;
	return true;
}

static void *look_on(void *arg)
{
	struct party *p = arg;
	char eid[32];

	snprintf(eid, sizeof(eid), "172.16.%u.0/24", p->index);
	register_at(p, eid, "192.0.2.200");
	wait_for(&p->stage->placed, MOVERS, p);
	for (unsigned int i = 0; i < ALL && !p->failure; i++)
		subscribe_to(p, i);
	__atomic_add_fetch(&p->stage->subscribed, 1, __ATOMIC_RELEASE);
	wait_for(&p->stage->moved, MOVERS, p);
	while (!knows_all(p) && mono_before(mono_now(), p->end))
		follow(p, 0, 50);
	if (!knows_all(p) && !p->failure)
		p->failure = "a subscriber does not know the last place of some machine";
	__atomic_add_fetch(&p->stage->done, 1, __ATOMIC_RELEASE);
	return NULL;
}

static bool count_one(struct topic *topic, void *arg)
{
	const struct subscription *s;

	LIST_FOREACH (s, &topic->list, of_topic)
		*(size_t *)arg += s->state == SUBSCRIPTION_LIVE;
	return true;
}

static size_t list(struct rig *r)
{
	struct subscriptions *t = r->server->subscriptions;
	size_t live = 0;

	subscriptions_lock(t);
	subscriptions_each(t, NULL, count_one, &live);
	subscriptions_unlock(t);
	return live;
}

/* The control thread: lists, takes events, counts. */
static void list_while_they_run(struct stage *stage, struct mono end)
{
	struct rig *r = &stage->rig;
	struct publish_view view;

	while (__atomic_load_n(&stage->done, __ATOMIC_ACQUIRE) < SUBSCRIBERS &&
		mono_before(mono_now(), end)) {
		struct committer_event *e = committer_events(r->committer);
		struct pollfd pfd = {.fd = r->wake_fd, .events = POLLIN};

		while (e) {
			struct committer_event *next = e->next;

			free(e);
			e = next;
		}
		list(r);
		publish_count(r->server->publish, &view);
		poll(&pfd, 1, 5);
	}
}

static void subscribers_follow_machines_by_publications_alone(void **state)
{
	struct stage stage = {.subscribed = 0};
	struct rig *r = &stage.rig;
	struct party parties[SUBSCRIBERS + MOVERS];
	pthread_t threads[SUBSCRIBERS + MOVERS];
	struct mono end = mono_add_s(mono_now(), DEADLINE_S);

	(void)state;
	start(&stage);
	for (unsigned int i = 0; i < SUBSCRIBERS + MOVERS; i++) {
		struct party *p = &parties[i];

		*p = (struct party){.stage = &stage,
			.index = i < SUBSCRIBERS ? i : i - SUBSCRIBERS,
			.looks_on = i < SUBSCRIBERS,
			.end = end,
			.nonce = 1000};
		assert_true(open_socket(p));
	}
	for (unsigned int i = 0; i < SUBSCRIBERS + MOVERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
					 parties[i].looks_on ? look_on : move, &parties[i]),
			0);
	list_while_they_run(&stage, end);
	for (unsigned int i = 0; i < SUBSCRIBERS + MOVERS; i++) {
		pthread_join(threads[i], NULL);
		close(parties[i].fd);
		if (parties[i].failure)
			print_error("party %u: %s\n", i, parties[i].failure);
	}
	for (unsigned int i = 0; i < SUBSCRIBERS + MOVERS; i++)
		assert_null(parties[i].failure);
	if (list(r) != SUBSCRIBERS * ALL)
		print_error("%zu live; %llu accepted, %llu limited, %llu gave up, %llu ended\n",
			list(r), (unsigned long long)metrics_sum(r->counters, COUNT_SUBSCRIBED),
			(unsigned long long)metrics_sum(r->counters, COUNT_SUBSCRIPTIONS_LIMITED),
			(unsigned long long)metrics_sum(r->counters, COUNT_PUBLISH_GAVE_UP),
			(unsigned long long)metrics_sum(r->counters, COUNT_UNSUBSCRIBED));
	assert_int_equal(list(r), SUBSCRIBERS * ALL);
	assert_true(metrics_sum(r->counters, COUNT_PUBLISHED) >= SUBSCRIBERS * ALL);
	rig_stop(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(subscribers_follow_machines_by_publications_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
