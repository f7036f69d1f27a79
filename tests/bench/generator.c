/* See generator.h. */
#include "tests/bench/generator.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SLOTS         65536
#define DATAGRAM_MAX  9216
#define SOCKET_BUFFER (16 << 20)
#define LOST_AFTER_NS 4000000000u /* without any answer */
#define SEGMENT_MAX   1000        /* bytes of a request: so that a batch is one send */
#define QUIET_NS      20000u      /* no look at the socket after it had only few answers */
#define STEPS         32          /* of the histogram in each power of two: 3 % */
#define POWERS        40

/* A request that is under way, found by the two bytes of its answer. */
struct slot {
	uint64_t sent_ns; /* 0: none */
	size_t index;
};

struct generator {
	int fd[GENERATOR_PORTS]; /* all requests leave by the first */
	uint16_t port[GENERATOR_PORTS];
	const struct generator_load *load;
	struct generator_pace pace;
	struct generator_result result;
	uint64_t began_ns, step_ns, idle_ns, answer_ns, end_ns;
	size_t outstanding;
	uint64_t quiet_until_ns;
	bool was_idle, draining, segments, gentle;
	struct slot slot[SLOTS];
	uint64_t latency[POWERS * STEPS];
	struct mmsghdr in[GENERATOR_BATCH], out[GENERATOR_BATCH];
	struct iovec in_iov[GENERATOR_BATCH], out_iov[GENERATOR_BATCH];
	uint8_t bytes[GENERATOR_BATCH][DATAGRAM_MAX];
};

/* ---- the socket ---- */

static void buffer_size(int fd, int forced, int plain)
{
	const int size = SOCKET_BUFFER;

	if (setsockopt(fd, SOL_SOCKET, forced, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, plain, &size, sizeof(size));
}

static int open_socket(uint16_t *port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(at);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) < 0 ||
		getsockname(fd, (struct sockaddr *)&at, &len) < 0)
		bench_fail("cannot open a socket on 127.0.0.1: %s", strerror(errno));
	*port = ntohs(at.sin_port);
	buffer_size(fd, SO_RCVBUFFORCE, SO_RCVBUF);
	buffer_size(fd, SO_SNDBUFFORCE, SO_SNDBUF);
	return fd;
}

struct generator *generator_new(bool gentle)
{
	struct generator *g = calloc(1, sizeof(*g));

	if (!g)
		bench_fail("no memory for a generator");
	for (unsigned int i = 0; i < GENERATOR_PORTS; i++)
		g->fd[i] = open_socket(&g->port[i]);
	g->gentle = gentle;
	for (unsigned int i = 0; i < GENERATOR_BATCH; i++) {
		g->in_iov[i] = (struct iovec){g->bytes[i], DATAGRAM_MAX};
		g->in[i].msg_hdr = (struct msghdr){.msg_iov = &g->in_iov[i], .msg_iovlen = 1};
		g->out[i].msg_hdr = (struct msghdr){.msg_iov = &g->out_iov[i], .msg_iovlen = 1};
	}
	return g;
}

void generator_free(struct generator *g)
{
	if (!g)
		return;
	for (unsigned int i = 0; i < GENERATOR_PORTS; i++)
		close(g->fd[i]);
	free(g);
}

uint16_t generator_port(const struct generator *g, unsigned int i)
{
	return g->port[i];
}

/* A batch goes to the kernel as one send, which the receiving socket's queue gets as single
 * datagrams: the generator has to be faster than what it measures. */
static bool segments_on(struct generator *g, size_t len, unsigned int batch)
{
	int size = len <= SEGMENT_MAX && batch > 1 ? (int)len : 0;

	return setsockopt(g->fd[0], SOL_UDP, UDP_SEGMENT, &size, sizeof(size)) == 0 && size;
}

/* ---- latency ---- */

static unsigned int latency_step(uint64_t ns)
{
	unsigned int power = ns ? 63u - (unsigned int)__builtin_clzll(ns) : 0, step;

	if (power < 5)
		return (unsigned int)ns;
	step = (power - 5) * STEPS + (unsigned int)(ns >> (power - 5));
	return step < POWERS * STEPS ? step : POWERS * STEPS - 1;
}

/* The middle of a step, in us. */
static double latency_of(unsigned int step)
{
	unsigned int shift;

	if (step < 2 * STEPS)
		return (double)step / 1e3;
	shift = step / STEPS - 1;
	return ((double)((uint64_t)(STEPS + step % STEPS) << shift) +
		       (double)(UINT64_C(1) << shift) / 2) /
	       1e3;
}

static double percentile(const struct generator *g, double share)
{
	uint64_t want = (uint64_t)(share * (double)g->result.answered), seen = 0;

	for (unsigned int i = 0; i < POWERS * STEPS; i++) {
		seen += g->latency[i];
		if (seen > want)
			return latency_of(i);
	}
	return 0;
}

/* ---- answers ---- */

static void __attribute__((noreturn))
wrong(const struct generator *g, size_t index, const uint8_t *bytes, size_t len)
{
	const struct generator_load *l = g->load;
	size_t at = 0;

	if (l->answers) {
		const uint8_t *right = l->answers + index * l->answer_len;

		while (at < len && at < l->answer_len && bytes[at] == right[at])
			at++;
		bench_fail("the answer to %s %zu is wrong: %zu bytes, %zu expected, the first "
			   "difference at byte %zu (0x%02x, expected 0x%02x)",
			l->what, index, len, l->answer_len, at, at < len ? bytes[at] : 0u,
			at < l->answer_len ? right[at] : 0u);
	}
	bench_fail("the answer to %s %zu (%zu bytes) is wrong", l->what, index, len);
}

static bool right(const struct generator_load *l, size_t index, const uint8_t *bytes, size_t len)
{
	if (!l->answers)
		return l->check(l, index, bytes, len);
	return len == l->answer_len && !memcmp(bytes, l->answers + index * l->answer_len, len);
}

static void take_answer(struct generator *g, const uint8_t *bytes, size_t len)
{
	const struct generator_load *l = g->load;
	struct slot *s;

	if (len < l->id_offset + 2)
		wrong(g, 0, bytes, len);
	s = &g->slot[(size_t)bytes[l->id_offset] << 8 | bytes[l->id_offset + 1]];
	if (!s->sent_ns)
		return; /* given up before, or a second answer */
	if (!right(l, s->index, bytes, len))
		wrong(g, s->index, bytes, len);
	g->latency[latency_step(g->step_ns - s->sent_ns)]++;
	if (l->when_ns)
		l->when_ns[s->index] = g->step_ns;
	s->sent_ns = 0;
	g->outstanding--;
	g->result.answered++;
}

static int receive_by(struct generator *g, int fd)
{
	int n = recvmmsg(fd, g->in, GENERATOR_BATCH, MSG_DONTWAIT, NULL);

	if (n <= 0)
		return 0; /* ECONNREFUSED too: the server is not there yet, or any more */
	g->step_ns = g->answer_ns = bench_now_ns();
	for (int i = 0; i < n; i++)
		take_answer(g, g->bytes[i], g->in[i].msg_len);
	return n;
}

static int receive(struct generator *g)
{
	int n = receive_by(g, g->fd[0]);

	for (unsigned int i = 1; i < g->load->requesters; i++)
		n += receive_by(g, g->fd[i]);
	return n;
}

/* ---- requests ---- */

static bool is_over(const struct generator *g)
{
	if (g->draining)
		return true;
	if (g->load->once || g->pace.seconds <= 0)
		if (g->result.sent >= g->load->count)
			return true;
	return g->pace.seconds > 0 && g->step_ns >= g->end_ns;
}

/* How many may be sent now: whole batches while answers are still to come. */
static unsigned int credit(const struct generator *g)
{
	size_t room = g->pace.window - g->outstanding;
	double due;

	if (g->load->once || g->pace.seconds <= 0)
		if (room > g->load->count - g->result.sent)
			room = g->load->count - g->result.sent;
	if (g->pace.per_s > 0) {
		due = (double)(g->step_ns - g->began_ns) / 1e9 * g->pace.per_s -
		      (double)g->result.sent;
		if (due < (double)room)
			room = due < 1 ? 0 : (size_t)due;
	}
	return room < g->pace.batch ? (unsigned int)room : g->pace.batch;
}

static void note_sent(struct generator *g, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		size_t index = g->result.sent % g->load->count;
		struct slot *s = &g->slot[index % SLOTS];

		if (s->sent_ns) {
			g->result.lost++;
			g->outstanding--;
		}
		*s = (struct slot){g->step_ns, index};
		g->result.sent++;
		g->outstanding++;
	}
}

static int send_segments(struct generator *g, size_t index, unsigned int want)
{
	const struct generator_load *l = g->load;
	ssize_t n;

	if (want > l->count - index)
		want = (unsigned int)(l->count - index);
	n = send(g->fd[0], l->requests + index * l->request_len, want * l->request_len,
		MSG_DONTWAIT);
	return n > 0 ? (int)((size_t)n / l->request_len) : -1;
}

static int send_each(struct generator *g, unsigned int want)
{
	const struct generator_load *l = g->load;

	for (unsigned int i = 0; i < want; i++) {
		size_t index = (g->result.sent + i) % l->count;

		/* the kernel only reads it */
		g->out_iov[i].iov_base = (void *)(uintptr_t)(l->requests + index * l->request_len);
		g->out_iov[i].iov_len = l->request_len;
	}
	return sendmmsg(g->fd[0], g->out, want, MSG_DONTWAIT);
}

static void send_some(struct generator *g, unsigned int want)
{
	int n;

	g->step_ns = bench_now_ns();
	n = g->segments ? send_segments(g, g->result.sent % g->load->count, want)
			: send_each(g, want);
	if (n > 0)
		note_sent(g, (unsigned int)n);
}

static void give_up(struct generator *g)
{
	for (size_t i = 0; i < SLOTS; i++)
		g->slot[i].sent_ns = 0;
	g->result.lost += g->outstanding;
	g->outstanding = 0;
	g->answer_ns = g->step_ns;
}

/* ---- a run ---- */

static void begin_socket(struct generator *g, int fd, uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		bench_fail("cannot connect to port %u: %s", port, strerror(errno));
	while (recv(fd, g->bytes[0], DATAGRAM_MAX, MSG_DONTWAIT) >= 0)
		; /* late answers of a run before */
}

void generator_begin(struct generator *g, uint16_t port, const struct generator_load *load,
	const struct generator_pace *pace)
{
	for (unsigned int i = 0; i < GENERATOR_PORTS; i++)
		begin_socket(g, g->fd[i], port);
	g->load = load;
	g->pace = *pace;
	g->segments = segments_on(g, load->request_len, pace->batch);
	g->quiet_until_ns = 0;
	g->result = (struct generator_result){0};
	g->outstanding = 0;
	g->draining = g->was_idle = false;
	memset(g->slot, 0, sizeof(g->slot));
	memset(g->latency, 0, sizeof(g->latency));
	g->idle_ns = 0;
	g->began_ns = g->step_ns = g->answer_ns = bench_now_ns();
	g->end_ns = g->began_ns + (uint64_t)(pace->seconds * 1e9);
}

bool generator_step(struct generator *g)
{
	uint64_t now = bench_now_ns();
	unsigned int want;
	int n;

	if (g->was_idle)
		g->idle_ns += now - g->step_ns;
	g->step_ns = now;
	if (now < g->quiet_until_ns) {
		g->was_idle = true;
		if (g->gentle)
			usleep(QUIET_NS / 1000);
		return true;
	}
	n = receive(g);
	if (n && (unsigned int)n < g->pace.batch / 2)
		g->quiet_until_ns = g->step_ns + QUIET_NS;
	g->draining = is_over(g);
	if (g->draining && !g->outstanding)
		return false;
	want = g->draining ? 0 : credit(g);
	/* A part of a batch only when there is nothing better to do. */
	if (n && want < g->pace.batch && g->outstanding)
		want = 0;
	if (want)
		send_some(g, want);
	g->was_idle = !n && !want;
	if (g->was_idle && g->gentle)
		g->quiet_until_ns = g->step_ns + QUIET_NS;
	if (g->outstanding && g->step_ns - g->answer_ns > LOST_AFTER_NS) {
		give_up(g);
		return !g->draining;
	}
	if (!g->outstanding)
		g->answer_ns = g->step_ns;
	return true;
}

struct generator_result generator_end(struct generator *g)
{
	struct generator_result *r = &g->result;

	r->lost += g->outstanding;
	/* to the last answer: what waits for lost ones is no work */
	r->seconds = (double)(g->answer_ns - g->began_ns) / 1e9;
	if (r->seconds > 0) {
		r->per_s = (double)r->answered / r->seconds;
		r->busy = 1 - (double)g->idle_ns / 1e9 / r->seconds;
	}
	r->p50_us = percentile(g, 0.50);
	r->p99_us = percentile(g, 0.99);
	return *r;
}

struct generator_result generator_run(struct generator *g, uint16_t port,
	const struct generator_load *load, const struct generator_pace *pace)
{
	generator_begin(g, port, load, pace);
	while (generator_step(g))
		;
	return generator_end(g);
}

void generator_await(struct generator *g, uint16_t port, const struct generator_load *load,
	double seconds, void (*alive)(void *arg), void *arg)
{
	const struct generator_pace one = {.window = 1, .batch = 1, .seconds = 0};
	uint64_t until = bench_now_ns() + (uint64_t)(seconds * 1e9);
	struct generator_load first = *load;

	first.count = 1;
	while (bench_now_ns() < until) {
		uint64_t again;

		generator_begin(g, port, &first, &one);
		again = g->began_ns + 20000000;
		while (generator_step(g) && g->step_ns < again)
			;
		if (generator_end(g).answered)
			return;
		if (alive)
			alive(arg);
		usleep(20000);
	}
	bench_fail("no answer to a %s in %.0f s", load->what, seconds);
}
