/* traffic: what a client of the machine sees while the machine moves.
 *
 * Sends ICMP echo requests at a fixed rate and holds one TCP connection to an echo server, on which
 * it sends a numbered line every 10 ms. Prints a JSON object a status interval, and a last one with
 * "final":true after SIGTERM or SIGINT, when replies had a second to come. Arrival times are the
 * kernel's, so that this program's own waits do not count.
 *
 * --log FILE gets a line a probe at the end: number, when it was sent, when it arrived at the
 * machine and with which hop limit (of an IPv4 machine, watched there by --watch NETNS:DEVICE),
 * when its answer came; ns of the wall clock, 0: never.
 *
 * usage: traffic ADDRESS [--tcp PORT] [--rate PER_S] [--status-ms MS] [--seconds N] [--log FILE
 * [--watch NETNS:DEVICE]] */
#include "tests/lab/deliveries.h"
#include "tests/lab/stream.h"
#include "tests/lab/tool.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <linux/icmp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PROBES_MAX (1u << 20)     /* a run of 17 minutes at 1,000 a second */
#define GRACE_NS   1000000000ull  /* without an answer, at the end */
#define LATEST_NS  20000000000ull /* with answers */

struct ping {
	int fd;
	bool v6;
	uint64_t cookie, interval_ns, next_ns;
	uint32_t sent, received, duplicated, reordered, highest;
	uint64_t last_arrival_ns, gap_ns, gap_start_ns, pause_ns;
	uint32_t last_seq;               /* of the last arrival */
	uint64_t *sent_ns, *answered_ns; /* by sequence number */
	uint8_t *seen;
};

struct traffic {
	struct sockaddr_storage to;
	socklen_t to_len;
	struct ping ping;
	struct stream tcp;
	struct deliveries *deliveries; /* NULL: not watched */
	const char *log, *watch;
	uint64_t tcp_next_ns, start_ns, status_ns, next_status_ns, end_ns;
};

static void ping_open(struct ping *p, const struct sockaddr_storage *to, socklen_t len)
{
	int on = 1, size = 4 << 20;

	p->v6 = to->ss_family == AF_INET6;
	p->fd = socket(to->ss_family, SOCK_RAW | SOCK_NONBLOCK,
		p->v6 ? (int)IPPROTO_ICMPV6 : (int)IPPROTO_ICMP);
	if (p->fd < 0)
		die("traffic: raw ICMP socket");
	setsockopt(p->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	setsockopt(p->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (connect(p->fd, (const struct sockaddr *)to, len))
		die("traffic: connect");
	p->seen = calloc(PROBES_MAX / 8, 1);
	p->sent_ns = calloc(PROBES_MAX, sizeof(*p->sent_ns));
	p->answered_ns = calloc(PROBES_MAX, sizeof(*p->answered_ns));
	if (!p->seen || !p->sent_ns || !p->answered_ns ||
		getrandom(&p->cookie, sizeof(p->cookie), 0) != sizeof(p->cookie))
		die("traffic: memory");
}

static void ping_close(struct ping *p)
{
	close(p->fd);
	free(p->seen);
	free(p->sent_ns);
	free(p->answered_ns);
}

static uint16_t sum16(const void *bytes, size_t len)
{
	const uint16_t *w = bytes;
	uint32_t sum = 0;

	for (; len > 1; len -= 2)
		sum += *w++;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void ping_send(struct ping *p)
{
	struct {
		struct icmphdr icmp; /* ICMPv6 echo has the same shape */
		struct probe_body body;
	} pkt = {.body = {.cookie = p->cookie, .seq = p->sent}};

	if (p->sent == PROBES_MAX) {
		tool_stop();
		return;
	}
	pkt.icmp.type = p->v6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
	pkt.icmp.un.echo.id = (uint16_t)p->cookie;
	pkt.icmp.un.echo.sequence = htons((uint16_t)p->sent);
	if (!p->v6)
		pkt.icmp.checksum = sum16(&pkt, sizeof(pkt));
	/* A probe that the kernel refuses (no route for a moment) was sent and is lost. */
	if (send(p->fd, &pkt, sizeof(pkt), 0) < 0 && errno == EMSGSIZE)
		die("traffic: send");
	p->sent_ns[p->sent] = now_ns();
	if (p->sent && p->sent_ns[p->sent] - p->sent_ns[p->sent - 1] > p->pause_ns)
		p->pause_ns = p->sent_ns[p->sent] - p->sent_ns[p->sent - 1];
	p->sent++;
}

/* By how much this program was late, at most, in sending the probes @from to @to: on a busy machine
 * it may not get the processor, and when nothing was sent nothing can arrive. */
static uint64_t own_pause_ns(const struct ping *p, uint32_t from, uint32_t to)
{
	uint64_t longest = 0;

	for (uint32_t i = from; i < to; i++)
		if (p->sent_ns[i + 1] - p->sent_ns[i] > longest)
			longest = p->sent_ns[i + 1] - p->sent_ns[i];
	return longest > p->interval_ns ? longest - p->interval_ns : 0;
}

/* The silence before this arrival, less what this program itself was late. */
static void ping_gap(struct ping *p, uint32_t seq, uint64_t at)
{
	uint64_t silent, pause;

	if (p->last_arrival_ns && at > p->last_arrival_ns && at - p->last_arrival_ns > p->gap_ns) {
		silent = at - p->last_arrival_ns;
		pause = seq > p->last_seq ? own_pause_ns(p, p->last_seq, seq) : 0;
		if (silent > pause && silent - pause > p->gap_ns) {
			p->gap_ns = silent - pause;
			p->gap_start_ns = p->last_arrival_ns;
		}
	}
	p->last_arrival_ns = at;
	p->last_seq = seq;
}

static void ping_count(struct ping *p, uint32_t seq, uint64_t at)
{
	if (seq >= p->sent)
		return;
	if (p->seen[seq / 8] & 1u << seq % 8) {
		p->duplicated++;
		return;
	}
	p->seen[seq / 8] |= (uint8_t)(1u << seq % 8);
	p->received++;
	p->answered_ns[seq] = at;
	if (seq < p->highest)
		p->reordered++;
	else
		p->highest = seq;
	ping_gap(p, seq, at);
}

static void ping_receive(struct ping *p)
{
	uint8_t buf[2048], control[128];
	struct probe_body body;

	for (;;) {
		struct iovec iov = {buf, sizeof(buf)};
		struct msghdr msg = {.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control)};
		ssize_t n = recvmsg(p->fd, &msg, 0);
		size_t at = 0;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (n < 0) /* an ICMP error about an earlier probe */
			continue;
		if (!p->v6)
			at = (size_t)(buf[0] & 15) * 4;
		if ((size_t)n < at + sizeof(struct icmphdr) + sizeof(body))
			continue;
		if (buf[at] != (p->v6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY))
			continue;
		memcpy(&body, buf + at + sizeof(struct icmphdr), sizeof(body));
		if (body.cookie == p->cookie)
			ping_count(p, body.seq, arrival_ns(&msg));
	}
}

static void report(const struct traffic *t, uint64_t now, bool final)
{
	const struct ping *p = &t->ping;
	const struct stream *c = &t->tcp;
	/* Before the end, probes of the last second may still be answered. */
	uint64_t open = final ? 0 : GRACE_NS / p->interval_ns;
	uint32_t missing = p->sent - p->received;

	printf("{\"t_s\":%.2f,\"sent\":%u,\"received\":%u,\"lost\":%u,\"in_flight_max\":%llu,\"duplicated\":%u,\"reordered\":%u,"
	       "\"longest_gap_ms\":%.2f,\"gap_at_s\":%.3f,\"own_pause_ms\":%.2f,",
		(double)(now - t->start_ns) / 1e9, p->sent, p->received, missing,
		(unsigned long long)open, p->duplicated, p->reordered, (double)p->gap_ns / 1e6,
		p->gap_ns ? (double)(p->gap_start_ns - t->start_ns) / 1e9 : 0.0,
		(double)p->pause_ns / 1e6);
	printf("\"tcp\":\"%s\",\"tcp_echoed_bytes\":%llu,\"tcp_longest_gap_ms\":%.2f,\"final\":%s}\n",
		stream_verdict(c, final), (unsigned long long)c->echoed_bytes,
		(double)c->gap_ns / 1e6, final ? "true" : "false");
	fflush(stdout);
}

static void wait_until(struct traffic *t, uint64_t due)
{
	struct pollfd fds[3] = {{.fd = t->ping.fd, .events = POLLIN},
		{.fd = t->tcp.wanted && !t->tcp.broken ? t->tcp.fd : -1, .events = POLLIN},
		{.fd = t->deliveries ? deliveries_fd(t->deliveries) : -1, .events = POLLIN}};
	uint64_t now = now_ns();
	struct timespec ts = {0};

	if (due > now) {
		ts.tv_sec = (time_t)((due - now) / 1000000000ull);
		ts.tv_nsec = (long)((due - now) % 1000000000ull);
	}
	ppoll(fds, 3, &ts, NULL);
	ping_receive(&t->ping);
	if (fds[2].revents)
		deliveries_read(t->deliveries);
	if (fds[1].fd >= 0 && fds[1].revents)
		stream_receive(&t->tcp);
}

static uint64_t earliest(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void run(struct traffic *t)
{
	uint64_t now = now_ns();

	t->start_ns = t->ping.next_ns = t->tcp_next_ns = now;
	t->next_status_ns = now + t->status_ns;
	while (!tool_stopping() && (!t->end_ns || now < t->start_ns + t->end_ns)) {
		wait_until(t, earliest(earliest(t->ping.next_ns, t->next_status_ns),
				      t->tcp.wanted ? t->tcp_next_ns : UINT64_MAX));
		now = now_ns();
		/* After a wait of this program itself the missed probes go out in a burst: the rate
		 * holds. */
		for (; t->ping.next_ns <= now; t->ping.next_ns += t->ping.interval_ns)
			ping_send(&t->ping);
		if (t->tcp.wanted && !t->tcp.broken && t->tcp_next_ns <= now) {
			stream_send(&t->tcp);
			t->tcp_next_ns = now + STREAM_INTERVAL_NS;
		}
		if (t->next_status_ns <= now) {
			report(t, now, false);
			t->next_status_ns = now + t->status_ns;
		}
	}
	for (uint64_t end = now_ns() + GRACE_NS, last = end + LATEST_NS, had = t->ping.received;
		now_ns() < end && now_ns() < last;) {
		if (t->ping.received > had) /* who is slow has not lost them */
			end = now_ns() + GRACE_NS;
		had = t->ping.received;
		if (t->ping.received == t->ping.sent &&
			(!t->tcp.wanted || t->tcp.broken ||
				t->tcp.echoed_bytes == t->tcp.sent_bytes))
			break;
		wait_until(t, end);
	}
	report(t, now_ns(), true);
}

/* Nothing is written before the end: it would delay the probes. */
static void write_log(const struct traffic *t)
{
	const struct ping *p = &t->ping;
	FILE *f = fopen(t->log, "we");

	if (!f)
		die(t->log);
	for (uint32_t i = 0; i < p->sent; i++) {
		struct delivery a =
			t->deliveries ? deliveries_get(t->deliveries, i) : (struct delivery){0};

		fprintf(f, "%u %llu %llu %u %llu\n", i, (unsigned long long)p->sent_ns[i],
			(unsigned long long)a.at_ns, a.hop_limit,
			(unsigned long long)p->answered_ns[i]);
	}
	if (fclose(f))
		die(t->log);
}

static int usage(void)
{
	fputs("usage: traffic ADDRESS [--tcp PORT] [--rate PER_S] [--status-ms MS] [--seconds N] [--log FILE "
	      "[--watch NETNS:DEVICE]]\n",
		stderr);
	return 2;
}

int main(int argc, char **argv)
{
	static struct traffic t;
	double rate = 1000, port = 0, status_ms = 100, seconds = 0;
	const struct tool_option options[] = {{"tcp", &port, NULL}, {"rate", &rate, NULL},
		{"status-ms", &status_ms, NULL}, {"seconds", &seconds, NULL}, {"log", NULL, &t.log},
		{"watch", NULL, &t.watch}, {0}};
	int at = tool_options(argc, argv, options);

	if (at != argc - 1 || !(t.to_len = stream_address(&t.to, argv[at], 0)) || rate < 1 ||
		rate > 100000 || port > 65535 || !status_ms)
		return usage();
	tool_begin(true);
	t.status_ns = (uint64_t)(status_ms * 1e6);
	t.end_ns = (uint64_t)(seconds * 1e9);
	t.ping.interval_ns = (uint64_t)(1e9 / rate);
	ping_open(&t.ping, &t.to, t.to_len);
	if (t.watch && !(t.deliveries = deliveries_new(t.watch, t.ping.cookie, PROBES_MAX)))
		die(t.watch);
	if (port > 0) {
		stream_address(&t.to, argv[at], (uint16_t)port);
		stream_open(&t.tcp, &t.to, t.to_len);
	}
	run(&t);
	if (t.log)
		write_log(&t);
	deliveries_free(t.deliveries);
	ping_close(&t.ping);
	return 0;
}
