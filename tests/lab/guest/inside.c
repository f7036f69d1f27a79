/* inside: the one program of the labs' guest. To whoever says hello it streams numbered datagrams
 * at the pace asked for, counts those that come, and says in each what has come so far; so the
 * client, which no migration stops, knows both directions. Static: the guest has no libraries. */
#include "tests/lab/guest/flow.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SESSIONS 4             /* a new one takes the oldest's place */
#define READ_NS  1000000000ull /* the kernel writes a long list for it */
#define BURST    50            /* what the guest was late is made up for, but no more than this */

struct session {
	uint64_t cookie, interval_ns, next_ns;
	uint32_t sent;
	struct sockaddr_in6 peer;
	struct flow_count in;
};

static struct session sessions[SESSIONS];
static uint32_t timeouts;

static uint64_t mono_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

static struct session *find(uint64_t cookie)
{
	for (int i = 0; i < SESSIONS; i++)
		if (sessions[i].cookie == cookie)
			return &sessions[i];
	return NULL;
}

static void hello(const struct flow_to_guest *m, const struct sockaddr_in6 *peer)
{
	static unsigned next;
	struct session *s = &sessions[next];

	if (find(m->cookie) || !m->cookie)
		return;
	next = (next + 1) % SESSIONS;
	memset(s, 0, sizeof(*s));
	s->cookie = m->cookie;
	s->interval_ns = (m->interval_us ? m->interval_us : 1000) * 1000ull;
	s->next_ns = mono_ns();
	s->peer = *peer;
}

static void write_word(const char *path, const char *word)
{
	FILE *f = fopen(path, "we");

	if (f) {
		fputs(word, f);
		fclose(f);
	}
}

/* What a lab has the guest do to itself. */
static void obey(uint32_t kind)
{
	if (kind == FLOW_OFF) {
		reboot(RB_POWER_OFF);
	} else if (kind == FLOW_CRASH) {
		write_word("/proc/sys/kernel/panic", "-1");
		write_word("/proc/sysrq-trigger", "c");
	} else if (kind == FLOW_GARP && fork() == 0) {
		execl("/bin/sh", "sh", "/bin/announce", NULL);
		_exit(1);
	}
}

static void receive(int fd)
{
	struct flow_to_guest m;
	struct sockaddr_in6 peer;
	socklen_t len = sizeof(peer);

	while (recvfrom(fd, &m, sizeof(m), MSG_DONTWAIT, (struct sockaddr *)&peer, &len) ==
		(ssize_t)sizeof(m)) {
		struct session *s = find(m.cookie);

		if (m.kind == FLOW_HELLO)
			hello(&m, &peer);
		else if (s && m.kind == FLOW_PROBE)
			flow_count(&s->in, m.seq);
		else if (s && m.kind == FLOW_BYE)
			s->cookie = 0;
		else
			obey(m.kind);
		len = sizeof(peer);
	}
}

static void stream(int fd, struct session *s, uint64_t now)
{
	for (int i = 0; i < BURST && s->next_ns <= now; i++, s->next_ns += s->interval_ns) {
		struct flow_from_guest m = {.cookie = s->cookie,
			.kind = FLOW_STREAM,
			.seq = s->sent++,
			.received = s->in.received,
			.duplicated = s->in.duplicated,
			.reordered = s->in.reordered,
			.timeouts = timeouts};

		if (sendto(fd, &m, sizeof(m), 0, (struct sockaddr *)&s->peer, sizeof(s->peer)) < 0)
			s->sent--; /* not sent: not lost either */
	}
	if (s->next_ns <= now)
		s->next_ns = now + s->interval_ns;
}

static void wait_until(int fd, uint64_t due)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	uint64_t now = mono_ns();
	struct timespec ts = {0};

	if (due > now) {
		ts.tv_sec = (time_t)((due - now) / 1000000000ull);
		ts.tv_nsec = (long)((due - now) % 1000000000ull);
	}
	ppoll(&p, 1, &ts, NULL);
}

int main(void)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(FLOW_PORT)};
	int fd = socket(AF_INET6, SOCK_DGRAM, 0), size = 4 << 20;
	struct sched_param rt = {.sched_priority = 10};
	uint64_t read_ns = 0;

	sched_setscheduler(
		0, SCHED_FIFO, &rt); /* what it answers late looks as if it had come late */
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any))) {
		perror("inside");
		return 1;
	}
	for (;;) {
		uint64_t now = mono_ns(), due = now + 500000000ull;

		if (now >= read_ns) {
			timeouts = flow_tcp_timeouts();
			read_ns = now + READ_NS;
		}
		for (int i = 0; i < SESSIONS; i++) {
			struct session *s = &sessions[i];

			if (!s->cookie)
				continue;
			stream(fd, s, now);
			if (s->next_ns < due)
				due = s->next_ns;
		}
		wait_until(fd, due);
		receive(fd);
	}
}
