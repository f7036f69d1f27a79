/* See daemon.h. */
#include "lib/service/daemon.h"

#include <errno.h>
#include <event2/event.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/log.h"

struct daemon {
	const struct daemon_ops *ops;
	const char *config_path;
	bool test;
	struct log log;
	struct event_base *base;
	struct event *on_term, *on_int, *on_hup, *watchdog;
	struct config *config;
	struct config_frozen *frozen; /* of it what the start took for good */
	void *self;                   /* the daemon's own */
};

struct event_base *daemon_base(struct daemon *d)
{
	return d->base;
}

struct log *daemon_log(struct daemon *d)
{
	return &d->log;
}

void daemon_quit(struct daemon *d)
{
	event_base_loopbreak(d->base);
}

/* ---- timers ---- */

struct daemon_timer {
	struct event *event;
	struct mono due;
	void (*fire)(void *arg, struct mono now);
	void *arg;
};

static void timer_fired(evutil_socket_t fd, short what, void *arg)
{
	struct daemon_timer *t = arg;
	struct mono now = mono_now();

	/* The loop counts from the time at which it woke, so it may be early. A core would find
	 * nothing due. */
	if (mono_due(t->due, now))
		t->fire(t->arg, now);
	else
		daemon_timer_set(t, t->due);
}

struct daemon_timer *daemon_timer_new(
	struct event_base *base, void (*fire)(void *arg, struct mono now), void *arg)
{
	struct daemon_timer *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->fire = fire;
	t->arg = arg;
	t->event = evtimer_new(base, timer_fired, t);
	if (t->event)
		return t;
	free(t);
	return NULL;
}

void daemon_timer_set(struct daemon_timer *t, struct mono due)
{
	/* A due time is never rounded down: fired early, a core would find nothing due and set it
	 * again. */
	uint64_t now = mono_now().ns, us = due.ns > now ? (due.ns - now + 999) / 1000 : 0;
	struct timeval tv = {
		.tv_sec = (time_t)(us / 1000000), .tv_usec = (suseconds_t)(us % 1000000)};

	t->due = due;
	if (due.ns == MONO_NEVER.ns)
		evtimer_del(t->event);
	else
		evtimer_add(t->event, &tv);
}

void daemon_timer_free(struct daemon_timer *t)
{
	if (!t)
		return;
	event_free(t->event);
	free(t);
}

/* ---- the service manager ---- */

int daemon_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	size_t n = path ? strlen(path) : 0;
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
	int fd, error = 0;

	if (!n)
		return 0;
	if ((*path != '/' && *path != '@') || n >= sizeof(sun.sun_path))
		return -EINVAL;
	memcpy(sun.sun_path, path, n);
	if (*path == '@')
		sun.sun_path[0] = '\0'; /* an abstract name */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&sun, len) < 0)
		error = -errno;
	close(fd);
	return error;
}

static void pat_watchdog(evutil_socket_t fd, short what, void *arg)
{
	daemon_notify("WATCHDOG=1");
}

/* The manager asks for a sign of life by WATCHDOG_USEC; give it twice as often. */
static void start_watchdog(struct daemon *d)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	unsigned long long us = usec ? strtoull(usec, NULL, 10) / 2 : 0;
	struct timeval tv = {
		.tv_sec = (time_t)(us / 1000000), .tv_usec = (suseconds_t)(us % 1000000)};

	if (!us || (pid && strtol(pid, NULL, 10) != getpid()))
		return;
	d->watchdog = event_new(d->base, -1, EV_PERSIST, pat_watchdog, d);
	if (d->watchdog)
		event_add(d->watchdog, &tv);
}

/* ---- configuration ---- */

/* What is wrong goes to stderr in a test, else to the log. */
static void tell(struct daemon *d, const struct config_mistakes *m)
{
	bool warning;

	for (size_t i = 0; config_mistake(m, i, &warning); i++) {
		const char *text = config_mistake(m, i, &warning);

		if (d->test)
			fprintf(stderr, "%s%s\n", text, warning ? " (warning)" : "");
		else
			log_at(&d->log, warning ? LOG_LEVEL_WARNING : LOG_LEVEL_ERROR, "%s", text);
	}
}

/* The checked file, or NULL; all mistakes are told. */
static struct config *read_config(struct daemon *d)
{
	struct config_mistakes *m = config_mistakes_new();
	struct config *config;

	if (!m)
		return NULL;
	config = config_read_file(d->ops->schema, d->config_path, d->ops->check, m);
	tell(d, m);
	config_mistakes_free(m);
	return config;
}

/* What of the fresh configuration waits for the next start. */
static void tell_frozen(struct daemon *d)
{
	struct config_mistakes *m = d->frozen ? config_mistakes_new() : NULL;

	if (!m)
		return;
	config_frozen_warn(d->frozen, d->config, m);
	tell(d, m);
	config_mistakes_free(m);
}

static void reload(struct daemon *d)
{
	struct config *fresh = read_config(d);

	if (!fresh || !d->ops->reload || d->ops->reload(d->self, fresh)) {
		log_error(&d->log, "reload: %s was not taken over; the running configuration stays",
			d->config_path);
		config_free(fresh);
		return;
	}
	config_free(d->config);
	d->config = fresh;
	tell_frozen(d);
	log_info(&d->log, "reload: %s is in use", d->config_path);
}

static void on_hup(evutil_socket_t signal, short what, void *arg)
{
	char state[80];

	/* The manager wants the time, to tell this reload from an earlier one. */
	snprintf(
		state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, mono_now().ns / 1000);
	daemon_notify(state);
	reload(arg);
	daemon_notify("READY=1");
}

static void on_stop(evutil_socket_t signal, short what, void *arg)
{
	daemon_quit(arg);
}

/* ---- the run ---- */

static bool set_up(struct daemon *d)
{
	signal(SIGPIPE, SIG_IGN); /* a peer that goes away is an error of its socket */
	signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of its write */
	d->base = event_base_new();
	if (!d->base)
		return false;
	d->on_term = evsignal_new(d->base, SIGTERM, on_stop, d);
	d->on_int = evsignal_new(d->base, SIGINT, on_stop, d);
	d->on_hup = evsignal_new(d->base, SIGHUP, on_hup, d);
	return d->on_term && d->on_int && d->on_hup && !evsignal_add(d->on_term, NULL) &&
	       !evsignal_add(d->on_int, NULL) && !evsignal_add(d->on_hup, NULL);
}

static void tear_down(struct daemon *d)
{
	struct event *events[] = {d->on_term, d->on_int, d->on_hup, d->watchdog};

	for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++)
		if (events[i])
			event_free(events[i]);
	if (d->base)
		event_base_free(d->base);
	config_frozen_free(d->frozen);
	config_free(d->config);
}

static int run(struct daemon *d)
{
	int status = 1;

	if (!set_up(d)) {
		log_error(&d->log, "no event loop: %s", strerror(errno));
		goto out;
	}
	d->self = d->ops->start(d, d->config);
	if (!d->self)
		goto out;
	d->frozen = config_frozen_new(d->config);
	start_watchdog(d);
	daemon_notify("READY=1");
	log_info(&d->log, "%s %s runs with %s", d->ops->name, VERSION, d->config_path);
	status = event_base_dispatch(d->base) < 0;
	daemon_notify("STOPPING=1");
	log_info(&d->log, "%s stops", d->ops->name);
	d->ops->stop(d->self);
out:
	tear_down(d);
	return status;
}

static int test(struct daemon *d)
{
	struct config *config = read_config(d);

	if (!config) {
		fprintf(stderr, "%s: not usable\n", d->config_path);
		return 1;
	}
	printf("%s: no mistakes\n", d->config_path);
	config_free(config);
	return 0;
}

/* ---- arguments ---- */

static void print_help(const struct daemon_ops *ops, FILE *out)
{
	fprintf(out,
		"%s - %s\n\n"
		"usage: %s [-c FILE] [-t] [-v] | -V | --help\n\n"
		"  -c, --config FILE  the configuration (%s)\n"
		"  -t, --test         only test the configuration: exit 0, or 1 after listing all mistakes\n"
		"  -f, --foreground   stay in the foreground (it always does)\n"
		"  -v, --verbose      log what helps to find a fault, too\n"
		"  -V, --version      print the version\n"
		"      --help         print this\n\n"
		"SIGHUP reads the configuration again; SIGTERM and SIGINT stop.\n\n"
		"example: %s -t -c %s\n",
		ops->name, ops->summary, ops->name, ops->config_path, ops->name, ops->config_path);
}

/* -1: go on; else the exit status. */
static int parse_arguments(struct daemon *d, int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"test", no_argument, NULL, 't'},
		{"foreground", no_argument, NULL, 'f'},
		{"verbose", no_argument, NULL, 'v'},
		{"version", no_argument, NULL, 'V'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int c;

	optind = 0; /* so that a test may call it again */
	while ((c = getopt_long(argc, argv, "c:tfvVh", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			d->config_path = optarg;
			break;
		case 't':
			d->test = true;
			break;
		case 'f':
			break;
		case 'v':
			log_level_set(&d->log, LOG_LEVEL_DEBUG);
			break;
		case 'V':
			printf("%s %s\n", d->ops->name, VERSION);
			return 0;
		case 'h':
			print_help(d->ops, stdout);
			return 0;
		default:
			print_help(d->ops, stderr);
			return 2;
		}
	}
	if (optind == argc)
		return -1;
	fprintf(stderr, "%s: `%s` is one argument too many\n", d->ops->name, argv[optind]);
	print_help(d->ops, stderr);
	return 2;
}

int daemon_main(const struct daemon_ops *ops, int argc, char **argv)
{
	struct daemon d = {.ops = ops, .config_path = ops->config_path};
	int status;

	log_init(&d.log, ops->name);
	status = parse_arguments(&d, argc, argv);
	if (status >= 0)
		return status;
	if (d.test)
		return test(&d);
	d.config = read_config(&d);
	return d.config ? run(&d) : 1;
}
