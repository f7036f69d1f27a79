/* standin: guests of the labs without QEMU: for each guest a monitor (QMP) at each hypervisor, from
 * which a sunward-vmagent hears what QEMU would say, in its order; and at the hypervisor's taps
 * what the guest would do: answer ARP and echo requests, and count what spray.c sends. A guest that
 * does not run reads nothing, so that the agent finds in the tap what it has to send after it.
 *
 * Guest 0 has the address --first, the next ones those that follow; the n-th is behind tap number n
 * modulo --taps of its hypervisor (tap0, tap1, ...), which must be there; several guests may share
 * one. Its monitor at PLACE is the socket FOLDER/PLACE/qmp-N, which is there while its QEMU would
 * be.
 *
 * Commands come on standard input, a line each, and each is answered by a line. GUESTS is N, N-M or
 * all:
 *   boot GUESTS PLACE         a QEMU that runs the guest                        -> ok
 *   incoming GUESTS PLACE     a QEMU that waits for it                          -> ok
 *   migrate GUESTS PLACE      it begins to send the guest away: MIGRATION setup, active -> ok
 *   stop GUESTS PLACE         STOP                                              -> ok
 *   completed GUESTS PLACE    MIGRATION completed                               -> ok
 *   failed GUESTS PLACE       MIGRATION failed                                  -> ok
 *   resume GUESTS PLACE       it runs there: RESUME                             -> ok
 *   shutdown GUESTS PLACE     SHUTDOWN, by the guest                            -> ok
 *   die GUESTS PLACE          the QEMU ends, without a word                     -> ok
 *   cut GUESTS FROM TO MS     stop, and after so long completed, and resume at TO
 *                             -> {"dark_ms":,"paused_ns":,"resumed_ns":} (wall clock), when done
 *   told GUESTS PLACE         -> of how many an agent knows whether they run
 *   seen GUESTS               -> {"received":,"duplicated":,"reordered":} of spray.c's, in all
 *   list GUESTS FILE          a line a guest: number, received, duplicated, reordered, longest gap,
 *                             and after the last resume: until the first came, until the first came
 *                             with the hop limit of those before the stop; ms, -1: none  -> ok
 *
 * usage: standin --guests N [--taps N] --first ADDRESS FOLDER PLACE=NETNS ... */
#include "tests/lab/standin.h"
#include "tests/lab/stream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define MANY 16 /* guests, that would keep all others from the processor */

struct range {
	unsigned int from, to; /* both are in it */
};

struct words {
	char *list[8];
	unsigned int count;
};

/* ---- what is waited for ---- */

void watch(struct standin *s, struct source *source, void (*ready)(struct source *source))
{
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = source};

	source->ready = ready;
	if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, source->fd, &e))
		die("standin: epoll");
}

void ignore(struct standin *s, struct source *source)
{
	if (epoll_ctl(s->epoll, EPOLL_CTL_DEL, source->fd, NULL))
		die("standin: epoll");
}

void unwatch(struct standin *s, struct source *source)
{
	ignore(s, source);
	close(source->fd);
	source->fd = -1;
}

/* Until the wall clock's @end, or for ever; one turn where there is no @end. */
static void turn(struct standin *s, uint64_t end)
{
	struct epoll_event list[64];
	uint64_t now = now_ns();
	struct timespec ts = {0};
	int n;

	if (end > now) {
		ts.tv_sec = (time_t)((end - now) / 1000000000ull);
		ts.tv_nsec = (long)((end - now) % 1000000000ull);
	}
	n = epoll_pwait2(s->epoll, list, 64, end ? &ts : NULL, NULL);
	/* A source that another's turn has closed has no descriptor any more. */
	for (int i = 0; i < n; i++) {
		struct source *source = list[i].data.ptr;

		if (source->fd >= 0)
			source->ready(source);
	}
}

/* ---- events ---- */

static void boot(struct monitor *m)
{
	tap_run(m, false);
	monitor_close(m);
	monitor_open(m, RUNS);
	tap_run(m, true);
}

static void incoming(struct monitor *m)
{
	struct tap *t = tap_of(m->place, m->guest);

	monitor_close(m);
	monitor_open(m, AWAITS);
	if (!t->running) /* QEMU opens its tap anew: nothing is left of an earlier run */
		tap_drain(t);
}

static void migrate(struct monitor *m)
{
	m->migration = "active";
	monitor_event(m, "MIGRATION", "{\"status\": \"setup\"}", now_ns());
	monitor_event(m, "MIGRATION", "{\"status\": \"active\"}", now_ns());
}

/* What has come is read to the end; from then on it reads no more. */
static void stop(struct monitor *m)
{
	struct seen *c = &m->place->s->seen[m->guest];

	if (m->run == RUNS)
		tap_drain(tap_of(m->place, m->guest));
	tap_run(m, false);
	m->run = STOPPED;
	c->stopped_ns = now_ns();
	c->hops_before = c->hops;
	c->resumed_ns = c->first_ns = c->straight_ns = 0;
	monitor_event(m, "STOP", NULL, c->stopped_ns);
}

static void completed(struct monitor *m)
{
	m->migration = "completed";
	m->run = MOVED;
	monitor_event(m, "MIGRATION", "{\"status\": \"completed\"}", now_ns());
}

static void failed(struct monitor *m)
{
	m->migration = "failed";
	monitor_event(m, "MIGRATION", "{\"status\": \"failed\"}", now_ns());
}

static void resume(struct monitor *m)
{
	struct seen *c = &m->place->s->seen[m->guest];

	if (m->run == AWAITS) {
		m->migration = "completed";
		monitor_event(m, "MIGRATION", "{\"status\": \"completed\"}", now_ns());
	}
	c->resumed_ns = now_ns();
	tap_run(m, true);
	monitor_event(m, "RESUME", NULL, c->resumed_ns);
}

static void shut_down(struct monitor *m)
{
	tap_run(m, false);
	m->run = ABSENT;
	monitor_event(m, "SHUTDOWN", "{\"guest\": true, \"reason\": \"guest-shutdown\"}", now_ns());
}

static void end(struct monitor *m)
{
	tap_run(m, false);
	monitor_close(m);
}

static const struct {
	const char *name;
	void (*happen)(struct monitor *m);
} events[] = {{"boot", boot}, {"incoming", incoming}, {"migrate", migrate}, {"stop", stop},
	{"completed", completed}, {"failed", failed}, {"resume", resume}, {"shutdown", shut_down},
	{"die", end}};

static void happen(struct place *place, struct range r, void (*what)(struct monitor *m))
{
	for (unsigned int i = r.from; i <= r.to; i++)
		what(&place->monitors[i]);
}

/* ---- commands ---- */

static bool range_of(const struct standin *s, const char *text, struct range *r)
{
	int n = 0;

	*r = (struct range){0, s->guests - 1};
	if (!strcmp(text, "all"))
		return true;
	if (sscanf(text, "%u-%u%n", &r->from, &r->to, &n) != 2 || text[n]) {
		if (sscanf(text, "%u%n", &r->from, &n) != 1 || text[n])
			return false;
		r->to = r->from;
	}
	return r->from <= r->to && r->to < s->guests;
}

static struct place *place_of(struct standin *s, const char *name)
{
	for (unsigned int i = 0; i < s->place_count; i++)
		if (!strcmp(s->places[i].name, name))
			return &s->places[i];
	return NULL;
}

static void cut(struct standin *s, struct range r, const struct words *w)
{
	struct place *from = place_of(s, w->list[2]), *to = place_of(s, w->list[3]);
	uint64_t stopped, resumed;

	if (!from || !to) {
		printf("error: no such place\n");
		return;
	}
	happen(from, r, stop);
	stopped = s->seen[r.to].stopped_ns;
	for (uint64_t due = stopped + strtoull(w->list[4], NULL, 10) * 1000000; now_ns() < due;)
		turn(s, due);
	happen(from, r, completed);
	happen(to, r, resume);
	resumed = s->seen[r.from].resumed_ns;
	printf("{\"dark_ms\":%.2f,\"paused_ns\":%llu,\"resumed_ns\":%llu}\n",
		(double)(resumed - stopped) / 1e6, (unsigned long long)stopped,
		(unsigned long long)resumed);
}

static void told(const struct place *place, struct range r)
{
	unsigned int n = 0;

	for (unsigned int i = r.from; i <= r.to; i++)
		n += place->monitors[i].told && place->monitors[i].connection.fd >= 0;
	printf("%u\n", n);
}

static void sum_up(const struct standin *s, struct range r)
{
	unsigned long long received = 0, duplicated = 0, reordered = 0;

	for (unsigned int i = r.from; i <= r.to; i++) {
		received += s->seen[i].received;
		duplicated += s->seen[i].duplicated;
		reordered += s->seen[i].reordered;
	}
	printf("{\"received\":%llu,\"duplicated\":%llu,\"reordered\":%llu}\n", received, duplicated,
		reordered);
}

static double since_ms(uint64_t then, uint64_t at)
{
	return then && at ? (double)(at - then) / 1e6 : -1;
}

static void list(const struct standin *s, struct range r, const char *path)
{
	FILE *f = fopen(path, "we");

	if (!f)
		die(path);
	for (unsigned int i = r.from; i <= r.to; i++) {
		const struct seen *c = &s->seen[i];

		fprintf(f, "%u %u %u %u %.3f %.3f %.3f\n", i, c->received, c->duplicated,
			c->reordered, (double)c->gap_ns / 1e6, since_ms(c->resumed_ns, c->first_ns),
			since_ms(c->resumed_ns, c->straight_ns));
	}
	if (fclose(f))
		die(path);
	printf("ok\n");
}

static void obey(struct standin *s, const struct words *w)
{
	const char *verb = w->count ? w->list[0] : "";
	struct place *place = w->count > 2 ? place_of(s, w->list[2]) : NULL;
	struct range r;

	if (w->count < 2 || !range_of(s, w->list[1], &r)) {
		printf("error: which guests? 0-%u, or all\n", s->guests - 1);
		return;
	}
	for (size_t i = 0; place && i < sizeof(events) / sizeof(events[0]); i++)
		if (!strcmp(events[i].name, verb)) {
			happen(place, r, events[i].happen);
			printf("ok\n");
			return;
		}
	if (!strcmp(verb, "cut") && w->count == 5)
		cut(s, r, w);
	else if (!strcmp(verb, "told") && place)
		told(place, r);
	else if (!strcmp(verb, "seen"))
		sum_up(s, r);
	else if (!strcmp(verb, "list") && w->count == 3)
		list(s, r, w->list[2]);
	else
		printf("error: '%s' with %u words, or its place, is not known\n", verb, w->count);
}

static void on_command(struct source *source)
{
	struct standin *s = (struct standin *)((char *)source - offsetof(struct standin, commands));
	char line[512], *at = line, *word;
	struct words w = {.count = 0};

	if (!fgets(line, sizeof(line), stdin))
		exit(0);
	while ((word = strsep(&at, " \n")) && w.count < 8)
		if (*word)
			w.list[w.count++] = word;
	obey(s, &w);
	fflush(stdout);
}

/* ---- start ---- */

static int usage(void)
{
	fputs("usage: standin --guests N [--taps N] --first ADDRESS FOLDER PLACE=NETNS ...\n",
		stderr);
	return 2;
}

static bool add_place(struct standin *s, const char *text)
{
	struct place *place = &s->places[s->place_count];
	const char *equals = strchr(text, '=');

	if (!equals || s->place_count == PLACES_MAX ||
		(size_t)(equals - text) >= sizeof(place->name) ||
		strlen(equals + 1) >= sizeof(place->netns))
		return false;
	place->s = s;
	memcpy(place->name, text, (size_t)(equals - text));
	strcpy(place->netns, equals + 1);
	place->monitors = calloc(s->guests, sizeof(*place->monitors));
	if (!place->monitors)
		die("standin: memory");
	for (unsigned int i = 0; i < s->guests; i++)
		monitor_init(&place->monitors[i], place, i);
	taps_open(place);
	s->place_count++;
	return true;
}

/* A socket and a connection for each guest and place. */
static void many_files(void)
{
	struct rlimit files;

	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"guests", 1, NULL, 'g'}, {"taps", 1, NULL, 't'}, {"first", 1, NULL, 'f'}, {0}};
	static struct standin s = {.taps_each = 1, .commands.fd = STDIN_FILENO};
	struct sched_param rt = {.sched_priority = 10};
	struct in_addr first = {0};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (c) {
		case 'g':
			s.guests = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 't':
			s.taps_each = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'f':
			inet_pton(AF_INET, optarg, &first);
			break;
		default:
			return usage();
		}
	if (!s.guests || s.guests > 65536 || !s.taps_each || !first.s_addr || argc - optind < 2)
		return usage();
	many_files();
	s.first = ntohl(first.s_addr);
	s.folder = argv[optind];
	s.epoll = epoll_create1(EPOLL_CLOEXEC);
	s.seen = calloc(s.guests, sizeof(*s.seen));
	if (s.epoll < 0 || !s.seen)
		die("standin: memory");
	for (int i = optind + 1; i < argc; i++)
		if (!add_place(&s, argv[i]))
			return usage();
	if (s.guests < MANY) /* as traffic.c: without the right to it, go on */
		sched_setscheduler(0, SCHED_FIFO, &rt);
	setvbuf(stdin, NULL, _IONBF, 0); /* a line a turn, and none that epoll does not see */
	watch(&s, &s.commands, on_command);
	printf("ready\n");
	fflush(stdout);
	for (;;)
		turn(&s, 0);
}
