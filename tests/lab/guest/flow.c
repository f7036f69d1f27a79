/* flow: numbered datagrams both ways between a client and the labs' guest, and a TCP stream, while
 * the guest migrates; what was lost, duplicated, reordered, and the longest gap, for each
 * direction.
 *
 * Prints "started" when the guest streams, and one JSON object after SIGTERM, SIGINT or --seconds,
 * when what was under way had half a second to come. The gap of the way to the guest is the longest
 * time in which the guest's count did not grow, as it says in what it sends. Arrival times are the
 * kernel's; gap_end_s is the wall clock, as that of QEMU's events.
 *
 * usage: flow ADDRESS [--tcp PORT] [--interval-us N] [--seconds N] */
#include "tests/lab/guest/flow.h"
#include "tests/lab/stream.h"
#include "tests/lab/tool.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>

#define GRACE_NS      500000000ull   /* without anything new, at the end */
#define LATEST_NS     20000000000ull /* with something new */
#define HELLO_WAIT_NS 20000000000ull

struct way {
	uint64_t last_ns, gap_ns, gap_end_ns;
};

struct flow {
	int fd;
	uint64_t cookie, interval_ns, next_ns, stream_next_ns;
	uint32_t sent, guest_received, guest_duplicated, guest_reordered;
	uint32_t guest_timeouts_first, guest_timeouts, timeouts_first;
	uint64_t last_sent_ns, pause_ns;
	struct way to_guest, from_guest;
	struct flow_count in;
	struct stream tcp;
};

static void way_arrival(struct way *w, uint64_t at)
{
	if (w->last_ns && at > w->last_ns && at - w->last_ns > w->gap_ns) {
		w->gap_ns = at - w->last_ns;
		w->gap_end_ns = at;
	}
	w->last_ns = at;
}

static void take(struct flow *f, const struct flow_from_guest *m, uint64_t at)
{
	if (m->cookie != f->cookie || m->kind != FLOW_STREAM)
		return;
	if (!f->in.received)
		f->guest_timeouts_first = m->timeouts;
	if (!flow_count(&f->in, m->seq))
		return;
	way_arrival(&f->from_guest, at);
	if (m->received > f->guest_received) {
		way_arrival(&f->to_guest, at);
		f->guest_received = m->received;
	}
	if (m->seq < f->in.highest)
		return;
	f->guest_duplicated = m->duplicated;
	f->guest_reordered = m->reordered;
	f->guest_timeouts = m->timeouts;
}

static void flow_receive(struct flow *f)
{
	struct flow_from_guest m;
	uint8_t control[128];

	for (;;) {
		struct iovec iov = {&m, sizeof(m)};
		struct msghdr msg = {.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control)};
		ssize_t n = recvmsg(f->fd, &msg, MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (n == (ssize_t)sizeof(m)) /* an error is an ICMP message about an earlier one */
			take(f, &m, arrival_ns(&msg));
	}
}

static void flow_send(struct flow *f, enum flow_kind kind)
{
	struct flow_to_guest m = {.cookie = f->cookie,
		.kind = kind,
		.seq = f->sent,
		.interval_us = (uint32_t)(f->interval_ns / 1000)};
	ssize_t n = send(f->fd, &m, sizeof(m), 0);

	/* The kernel may hand over an ICMP error about an earlier one instead: then once more. */
	if (n < 0 && errno != EMSGSIZE)
		send(f->fd, &m, sizeof(m), 0);
	if (kind == FLOW_PROBE) {
		uint64_t now = now_ns();

		if (f->last_sent_ns && now - f->last_sent_ns > f->pause_ns)
			f->pause_ns = now - f->last_sent_ns;
		f->last_sent_ns = now;
		f->sent++;
	}
}

static void wait_until(struct flow *f, uint64_t due)
{
	struct pollfd fds[2] = {{.fd = f->fd, .events = POLLIN},
		{.fd = f->tcp.wanted && !f->tcp.broken ? f->tcp.fd : -1, .events = POLLIN}};
	uint64_t now = now_ns();
	struct timespec ts = {0};

	if (due > now) {
		ts.tv_sec = (time_t)((due - now) / 1000000000ull);
		ts.tv_nsec = (long)((due - now) % 1000000000ull);
	}
	ppoll(fds, 2, &ts, NULL);
	flow_receive(f);
	if (fds[1].fd >= 0 && fds[1].revents)
		stream_receive(&f->tcp);
}

static void flow_open(struct flow *f, const char *address)
{
	struct sockaddr_storage to;
	socklen_t len = stream_address(&to, address, FLOW_PORT);
	int on = 1, size = 4 << 20;

	f->fd = socket(to.ss_family, SOCK_DGRAM, 0);
	if (f->fd < 0 || connect(f->fd, (struct sockaddr *)&to, len))
		die("flow: UDP socket");
	setsockopt(f->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	setsockopt(f->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (getrandom(&f->cookie, sizeof(f->cookie), 0) != sizeof(f->cookie))
		die("flow: cookie");
}

/* Say hello until the guest streams. */
static bool greet(struct flow *f)
{
	uint64_t end = now_ns() + HELLO_WAIT_NS;

	while (!tool_stopping() && now_ns() < end) {
		flow_send(f, FLOW_HELLO);
		wait_until(f, now_ns() + 50000000ull);
		if (f->in.received)
			return true;
	}
	fprintf(stderr, "flow: the guest does not stream to this client (20 s)\n");
	return false;
}

static uint64_t earliest(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* What is on its way still: a guest that is slow has not lost what it has not counted yet. */
static void collect(struct flow *f)
{
	uint64_t end = now_ns() + GRACE_NS, latest = end + LATEST_NS;

	for (uint32_t had = f->guest_received; now_ns() < end && now_ns() < latest;) {
		wait_until(f, now_ns() + 20000000ull);
		if (f->guest_received > had)
			end = now_ns() + GRACE_NS;
		had = f->guest_received;
	}
}

static void run(struct flow *f, double seconds)
{
	uint64_t now = now_ns(), end = seconds > 0 ? now + (uint64_t)(seconds * 1e9) : UINT64_MAX;

	f->next_ns = f->stream_next_ns = now;
	f->timeouts_first = flow_tcp_timeouts();
	printf("started\n");
	fflush(stdout);
	for (; !tool_stopping() && now < end && f->sent < FLOW_MAX; now = now_ns()) {
		for (; f->next_ns <= now && f->sent < FLOW_MAX; f->next_ns += f->interval_ns)
			flow_send(f, FLOW_PROBE);
		if (f->tcp.wanted && !f->tcp.broken && f->stream_next_ns <= now) {
			stream_send(&f->tcp);
			f->stream_next_ns = now + STREAM_INTERVAL_NS;
		}
		wait_until(f, f->tcp.wanted ? earliest(f->next_ns, f->stream_next_ns) : f->next_ns);
	}
	collect(f);
}

static void print_way(const char *name, const struct way *w, const uint32_t count[4])
{
	printf("\"%s\":{\"sent\":%u,\"lost\":%u,\"duplicated\":%u,\"reordered\":%u,"
	       "\"longest_gap_ms\":%.2f,\"gap_end_s\":%.6f},",
		name, count[0], count[1], count[2], count[3], (double)w->gap_ns / 1e6,
		(double)w->gap_end_ns / 1e9);
}

static void report(const struct flow *f)
{
	const struct flow_count *in = &f->in;
	uint32_t to[4] = {
		f->sent, f->sent - f->guest_received, f->guest_duplicated, f->guest_reordered};
	uint32_t from[4] = {
		in->highest + 1, in->highest + 1 - in->received, in->duplicated, in->reordered};

	printf("{");
	print_way("to_guest", &f->to_guest, to);
	print_way("from_guest", &f->from_guest, from);
	printf("\"tcp\":{\"state\":\"%s\",\"echoed_bytes\":%llu,\"longest_gap_ms\":%.2f,"
	       "\"timeouts\":%u,\"guest_timeouts\":%u},\"own_pause_ms\":%.2f}\n",
		stream_verdict(&f->tcp, true), (unsigned long long)f->tcp.echoed_bytes,
		(double)f->tcp.gap_ns / 1e6, flow_tcp_timeouts() - f->timeouts_first,
		f->guest_timeouts - f->guest_timeouts_first, (double)f->pause_ns / 1e6);
}

static int usage(void)
{
	fputs("usage: flow ADDRESS [--tcp PORT] [--interval-us N] [--seconds N]\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	static struct flow f;
	double port = 0, interval_us = 1000, seconds = 0;
	const struct tool_option options[] = {{"tcp", &port, NULL},
		{"interval-us", &interval_us, NULL}, {"seconds", &seconds, NULL}, {0}};
	struct sockaddr_storage to;
	socklen_t len = 0;
	int at = tool_options(argc, argv, options);

	if (at == argc - 1 && interval_us >= 1 && port <= 65535)
		len = stream_address(&to, argv[at], (uint16_t)port);
	if (!len)
		return usage();
	tool_begin(true);
	f.interval_ns = (uint64_t)(interval_us * 1e3);
	flow_open(&f, argv[at]);
	if (!greet(&f))
		return 1;
	if (port > 0)
		stream_open(&f.tcp, &to, len);
	run(&f, seconds);
	flow_send(&f, FLOW_BYE);
	report(&f);
	return 0;
}
