/* wan: a long road between two ports of this network namespace, for a kernel without netem.
 *
 * Frames that come in by one port leave by the other after a delay, with jitter, loss, duplicates
 * and reordering as asked for each way, from a seed. The delay counts from the kernel's time stamp
 * of the arrival, so that only the sending waits for this program to get the processor; how late it
 * was is counted. The ports must be up and without addresses; their peers must finish checksums and
 * cut segments themselves (ethtool -K DEV tx off tso off gso off), for nobody does on the way:
 * frames that are unfinished are dropped and counted.
 *
 * usage: wan PORT_A PORT_B [OPTIONS]   options count both ways, behind --a-to-b or --b-to-a that
 * way
 *   --delay-ms MS   --jitter-ms MS   --loss PERCENT   --duplicate PERCENT
 *   --reorder PERCENT   held back by --reorder-ms MS (default 1) more, and overtaken
 *   --limit N   packets on the way at once, each way (default 65536)       --seed N (default 1)
 *
 * Prints "ready" when it forwards, and after SIGTERM or SIGINT one JSON object of what it did. */
#include "tests/lab/wan_line.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH         64
#define FRAME_MAX     9234  /* a frame of 9,216 bytes and its header */
#define LATE_US_MAX   10000 /* of the histogram; later ones count as that */
#define CONTROL_BYTES 128

/* One way: from a port to the other. */
struct way {
	struct wan_line line;
	struct wan_line_config config;
	int in_fd, out_fd;
	uint64_t refused, cut, unfinished;
	uint64_t late_us[LATE_US_MAX + 1], late_max_ns;
};

struct batch {
	struct mmsghdr msg[BATCH];
	struct iovec iov[BATCH];
	uint8_t control[BATCH][CONTROL_BYTES];
	uint8_t bytes[BATCH][FRAME_MAX];
};

static volatile sig_atomic_t stopping;

static void on_signal(int sig)
{
	(void)sig;
	stopping = 1;
}

static void catch_signals(void)
{
	sigset_t both;

	sigemptyset(&both);
	sigaddset(&both, SIGTERM);
	sigaddset(&both, SIGINT);
	sigprocmask(SIG_BLOCK, &both, NULL);
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
}

static void die(const char *what)
{
	fprintf(stderr, "wan: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

static int open_port(const char *dev)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	struct packet_mreq promisc = {.mr_type = PACKET_MR_PROMISC};
	int on = 1, size = 32 << 20,
	    fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	at.sll_ifindex = promisc.mr_ifindex = (int)if_nametoindex(dev);
	if (fd < 0 || !at.sll_ifindex)
		die(dev);
	if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) ||
		setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)) ||
		setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)) ||
		setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promisc, sizeof(promisc)) ||
		setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)))
		die(dev);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)))
		die(dev);
	return fd;
}

/* ---- in ---- */

static void prepare_batch(struct batch *b)
{
	for (size_t i = 0; i < BATCH; i++) {
		b->iov[i] = (struct iovec){b->bytes[i], FRAME_MAX};
		b->msg[i].msg_hdr = (struct msghdr){.msg_iov = &b->iov[i],
			.msg_iovlen = 1,
			.msg_control = b->control[i],
			.msg_controllen = CONTROL_BYTES};
	}
}

/* What the kernel says of a frame: its arrival on the wall clock (0: unknown) and its state. */
static uint64_t read_control(struct msghdr *msg, uint32_t *status)
{
	uint64_t stamp = 0;

	*status = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		struct tpacket_auxdata aux;
		struct timespec ts;

		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
			memcpy(&ts, CMSG_DATA(c), sizeof(ts));
			stamp = (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
		} else if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA) {
			memcpy(&aux, CMSG_DATA(c), sizeof(aux));
			*status = aux.tp_status;
		}
	}
	return stamp;
}

static void take_frame(struct way *w, struct mmsghdr *m, uint64_t wall_ns, uint64_t now_ns)
{
	uint32_t status;
	uint64_t stamp = read_control(&m->msg_hdr, &status);
	uint64_t age = stamp && stamp < wall_ns ? wall_ns - stamp : 0;

	if (status & (TP_STATUS_CSUMNOTREADY | TP_STATUS_VLAN_VALID)) {
		if (!w->unfinished++)
			fputs("wan: a frame came without its checksum or with its VLAN tag beside it: turn the offloads "
			      "of the port's peer off\n",
				stderr);
	} else if (m->msg_hdr.msg_flags & MSG_TRUNC) {
		w->cut++;
	} else {
		wan_line_put(&w->line, m->msg_hdr.msg_iov->iov_base, m->msg_len,
			age < now_ns ? now_ns - age : now_ns);
	}
}

/* Returns whether there may be more. */
static bool receive(struct way *w, struct batch *b)
{
	uint64_t wall_ns, now_ns;
	int n;

	prepare_batch(b);
	n = recvmmsg(w->in_fd, b->msg, BATCH, MSG_DONTWAIT, NULL);
	wall_ns = clock_ns(CLOCK_REALTIME);
	now_ns = clock_ns(CLOCK_MONOTONIC);
	for (int i = 0; i < n; i++)
		take_frame(w, &b->msg[i], wall_ns, now_ns);
	return n == BATCH;
}

/* ---- out ---- */

static void count_late(struct way *w, uint64_t due_ns, uint64_t now_ns)
{
	uint64_t late_ns = now_ns - due_ns, us = late_ns / 1000;

	w->late_us[us < LATE_US_MAX ? us : LATE_US_MAX]++;
	if (late_ns > w->late_max_ns)
		w->late_max_ns = late_ns;
}

static void send_all(struct way *w, struct mmsghdr *msg, unsigned int count)
{
	for (unsigned int done = 0; done < count;) {
		int n = sendmmsg(w->out_fd, msg + done, count - done, 0);

		if (n > 0) {
			done += (unsigned int)n;
		} else if (errno != EINTR) {
			w->refused++; /* the port is down, or the frame too long for it */
			done++;
		}
	}
}

/* Returns whether there may be more. */
static bool send_due(struct way *w)
{
	struct wan_packet *packet[BATCH];
	struct mmsghdr msg[BATCH] = {0};
	struct iovec iov[BATCH];
	unsigned int count = 0;
	uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);

	while (count < BATCH && (packet[count] = wan_line_take(&w->line, now_ns))) {
		count_late(w, packet[count]->due_ns, now_ns);
		iov[count] = (struct iovec){packet[count]->bytes, packet[count]->len};
		msg[count].msg_hdr = (struct msghdr){.msg_iov = &iov[count], .msg_iovlen = 1};
		count++;
	}
	send_all(w, msg, count);
	for (unsigned int i = 0; i < count; i++)
		free(packet[i]);
	return count == BATCH;
}

/* Signals get through only here, so that none is missed. */
static void wait_for_work(struct way way[2])
{
	sigset_t none;
	struct pollfd fds[2] = {
		{.fd = way[0].in_fd, .events = POLLIN}, {.fd = way[1].in_fd, .events = POLLIN}};
	uint64_t due = wan_line_due(&way[0].line), now = clock_ns(CLOCK_MONOTONIC);
	struct timespec ts = {0};

	if (wan_line_due(&way[1].line) < due)
		due = wan_line_due(&way[1].line);
	if (due > now) {
		ts.tv_sec = (time_t)((due - now) / 1000000000ull);
		ts.tv_nsec = (long)((due - now) % 1000000000ull);
	}
	sigemptyset(&none);
	ppoll(fds, 2, due == UINT64_MAX ? NULL : &ts, &none);
}

static void run(struct way way[2], struct batch *b)
{
	bool more;

	while (!stopping) {
		wait_for_work(way);
		do {
			more = receive(&way[0], b) | receive(&way[1], b);
			more |= send_due(&way[0]) | send_due(&way[1]);
		} while (more && !stopping);
	}
}

/* ---- the report ---- */

static unsigned int late_percentile(const struct way *w, unsigned int percent)
{
	uint64_t want = (w->line.sent * percent + 99) / 100, seen = 0;
	unsigned int us = 0;

	for (; us < LATE_US_MAX; us++) {
		seen += w->late_us[us];
		if (seen >= want)
			break;
	}
	return us;
}

static void report(const char *name, const struct way *w)
{
	const struct wan_line *l = &w->line;

	printf("\"%s\":{\"received\":%llu,\"sent\":%llu,\"lost\":%llu,\"duplicated\":%llu,\"held_back\":%llu,\"overflown\":%llu,"
	       "\"refused\":%llu,\"cut\":%llu,\"unfinished\":%llu,\"late_us_p50\":%u,\"late_us_p99\":%u,\"late_us_max\":%.1f}",
		name, (unsigned long long)l->received, (unsigned long long)l->sent,
		(unsigned long long)l->lost, (unsigned long long)l->duplicated,
		(unsigned long long)l->held_back, (unsigned long long)l->overflown,
		(unsigned long long)w->refused, (unsigned long long)w->cut,
		(unsigned long long)w->unfinished, late_percentile(w, 50), late_percentile(w, 99),
		(double)w->late_max_ns / 1e3);
}

/* ---- arguments ---- */

static void wrong(const char *option, const char *value, const char *wanted)
{
	fprintf(stderr, "wan: --%s: '%s', wanted %s\n", option, value, wanted);
	exit(2);
}

static double number(const char *option, const char *text, double max)
{
	char *end, wanted[64];
	double v = strtod(text, &end);

	snprintf(wanted, sizeof(wanted), "a number from 0 to %g", max);
	if (end == text || *end || !(v >= 0 && v <= max))
		wrong(option, text, wanted);
	return v;
}

static void apply(struct wan_line_config *c, const char *option, int what, const char *text)
{
	switch (what) {
	case 'd':
		c->delay_ns = (uint64_t)(number(option, text, 10000) * 1e6);
		break;
	case 'j':
		c->jitter_ns = (uint64_t)(number(option, text, 10000) * 1e6);
		break;
	case 'l':
		c->loss = number(option, text, 100) / 100;
		break;
	case 'u':
		c->duplicate = number(option, text, 100) / 100;
		break;
	case 'r':
		c->reorder = number(option, text, 100) / 100;
		break;
	case 'R':
		c->reorder_ns = (uint64_t)(number(option, text, 10000) * 1e6);
		break;
	case 'n':
		c->packets_max = (size_t)number(option, text, 1 << 24);
		break;
	}
}

/* Returns the seed. */
static uint64_t parse(int argc, char **argv, struct way way[2])
{
	static const struct option options[] = {{"delay-ms", 1, NULL, 'd'},
		{"jitter-ms", 1, NULL, 'j'}, {"loss", 1, NULL, 'l'}, {"duplicate", 1, NULL, 'u'},
		{"reorder", 1, NULL, 'r'}, {"reorder-ms", 1, NULL, 'R'}, {"limit", 1, NULL, 'n'},
		{"seed", 1, NULL, 's'}, {"a-to-b", 0, NULL, 0}, {"b-to-a", 0, NULL, 1}, {0}};
	int c, which = 0, first = 0, last = 1;
	uint64_t seed = 1;

	while ((c = getopt_long(argc, argv, "", options, &which)) != -1) {
		if (c == 's')
			seed = (uint64_t)number("seed", optarg, 1e15);
		else if (c == 0 || c == 1)
			first = last = c;
		for (int i = first; c > 1 && c != 's' && c != '?' && i <= last; i++)
			apply(&way[i].config, options[which].name, c, optarg);
		if (c == '?')
			exit(2);
	}
	if (optind != argc - 2) {
		fputs("usage: wan PORT_A PORT_B [--delay-ms MS] [--jitter-ms MS] [--loss PERCENT] [--duplicate PERCENT]\n"
		      "           [--reorder PERCENT] [--reorder-ms MS] [--limit N] [--seed N] [--a-to-b | --b-to-a ...]\n",
			stderr);
		exit(2);
	}
	return seed;
}

int main(int argc, char **argv)
{
	const struct wan_line_config plain = {.reorder_ns = 1000000, .packets_max = 65536};
	struct sched_param rt = {.sched_priority = 20};
	struct way *way = calloc(2, sizeof(*way));
	struct batch *batch = calloc(1, sizeof(*batch));
	uint64_t seed;

	if (!way || !batch)
		die("memory");
	way[0].config = way[1].config = plain;
	seed = parse(argc, argv, way);
	catch_signals();
	sched_setscheduler(
		0, SCHED_FIFO, &rt); /* above the probes; without the right to it, go on */
	way[0].in_fd = way[1].out_fd = open_port(argv[optind]);
	way[1].in_fd = way[0].out_fd = open_port(argv[optind + 1]);
	for (uint64_t i = 0; i < 2; i++)
		wan_line_init(&way[i].line, &way[i].config, seed + (i << 32));
	puts("ready");
	fflush(stdout);
	run(way, batch);
	putchar('{');
	report("a_to_b", &way[0]);
	putchar(',');
	report("b_to_a", &way[1]);
	puts("}");
	for (size_t i = 0; i < 2; i++)
		wan_line_fini(&way[i].line);
	free(way);
	free(batch);
	return 0;
}
