/* spray: sends numbered datagrams to many stand-in guests in turn, at one rate in all; who gets
 * them counts them (standin_tap.c). Prints "started", and after SIGTERM, SIGINT or --seconds a JSON
 * object: how many were sent, in whole turns, how many a second that were, and the longest time in
 * which it sent none. What it was late with by more than 10 ms it leaves out: a sender that others
 * keep from the processor must not make up for it in a burst.
 *
 * usage: spray --first ADDRESS --guests N --rate PER_S [--seconds N] */
#include "tests/lab/spray.h"
#include "tests/lab/stream.h"
#include "tests/lab/tool.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>

#define BATCH   64
#define LATE_MS 10 /* what is more overdue than that is not sent: no burst */

struct spray {
	int fd;
	uint32_t first, guests;
	uint64_t rate, cookie, sent, refused, pause_ns;
	double per_s;
	struct sockaddr_in to[BATCH];
	struct spray_body body[BATCH];
	struct iovec iov[BATCH];
	struct mmsghdr list[BATCH];
};

static void prepare(struct spray *s)
{
	int size = 4 << 20;

	s->fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (s->fd < 0 || getrandom(&s->cookie, sizeof(s->cookie), 0) != sizeof(s->cookie))
		die("spray");
	setsockopt(s->fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	for (unsigned int i = 0; i < BATCH; i++) {
		s->to[i] =
			(struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(SPRAY_PORT)};
		s->body[i].cookie = s->cookie;
		s->iov[i] = (struct iovec){&s->body[i], sizeof(s->body[i])};
		s->list[i].msg_hdr = (struct msghdr){.msg_name = &s->to[i],
			.msg_namelen = sizeof(s->to[i]),
			.msg_iov = &s->iov[i],
			.msg_iovlen = 1};
	}
}

static void send_some(struct spray *s, unsigned int count)
{
	unsigned int done = 0;

	for (unsigned int i = 0; i < count; i++) {
		s->to[i].sin_addr.s_addr = htonl(s->first + (uint32_t)((s->sent + i) % s->guests));
		s->body[i].seq = (uint32_t)((s->sent + i) / s->guests);
	}
	while (done < count) {
		int n = sendmmsg(s->fd, s->list + done, count - done, 0);

		if (n > 0)
			done += (unsigned int)n;
		else if (errno != EINTR && ++done) /* it counts as sent, and is lost */
			s->refused++;
	}
	s->sent += count;
}

/* As many as are due; a turn that was begun is ended. */
static void run(struct spray *s, uint64_t seconds)
{
	const struct timespec pause = {.tv_nsec = 200000};
	const uint64_t late = LATE_MS * 1000000ull;
	uint64_t begin = now_ns(), now = begin, last = begin, base = begin, due, at_base = 0;

	while (!tool_stopping() && (!seconds || now < begin + seconds * 1000000000ull)) {
		if (now - last > s->pause_ns)
			s->pause_ns = now - last;
		due = at_base + (uint64_t)((double)(now - base) * (double)s->rate / 1e9);
		if (due > s->sent + s->rate * LATE_MS / 1000) {
			base = now - late;
			at_base = s->sent;
			due = s->sent + s->rate * LATE_MS / 1000;
		}
		if (due > s->sent)
			last = now;
		while (s->sent < due)
			send_some(s, due - s->sent < BATCH ? (unsigned int)(due - s->sent) : BATCH);
		nanosleep(&pause, NULL);
		now = now_ns();
	}
	while (s->sent % s->guests)
		send_some(s, 1);
	s->per_s = (double)s->sent * 1e9 / (double)(now_ns() - begin);
}

static int usage(void)
{
	fputs("usage: spray --first ADDRESS --guests N --rate PER_S [--seconds N]\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	static struct spray s;
	const char *text = "";
	double guests = 0, rate = 0, seconds = 0;
	const struct tool_option options[] = {{"first", NULL, &text}, {"guests", &guests, NULL},
		{"rate", &rate, NULL}, {"seconds", &seconds, NULL}, {0}};
	struct in_addr first;

	if (tool_options(argc, argv, options) != argc || inet_pton(AF_INET, text, &first) != 1 ||
		!first.s_addr || guests < 1 || guests > UINT32_MAX || rate < 1)
		return usage();
	tool_begin(false);
	s.guests = (uint32_t)guests;
	s.rate = (uint64_t)rate;
	s.first = ntohl(first.s_addr);
	prepare(&s);
	printf("started\n");
	fflush(stdout);
	run(&s, (uint64_t)seconds);
	printf("{\"sent\":%llu,\"refused\":%llu,\"per_s\":%.0f,\"own_pause_ms\":%.2f}\n",
		(unsigned long long)s.sent, (unsigned long long)s.refused, s.per_s,
		(double)s.pause_ns / 1e6);
	return 0;
}
