/* daemon: the main loop that every daemon shares: arguments, configuration, signals, reload,
 * service manager.
 *
 * It knows libevent and sd_notify's datagrams, and no daemon. A daemon is a table of functions; its
 * main() hands the table to daemon_main(). -t tests a configuration, SIGHUP reads it again: on any
 * mistake all are logged and the running one stays. TERM and INT stop. Timers here bridge struct
 * mono to libevent. */
#ifndef SUNWARD_LIB_SERVICE_DAEMON_H
#define SUNWARD_LIB_SERVICE_DAEMON_H

#include "lib/base/clock.h"
#include "lib/service/config.h"

struct event_base;
struct log;
struct daemon;

struct daemon_ops {
	const char *name;        /* "sunward-mapserver" */
	const char *summary;     /* one line for --help */
	const char *config_path; /* without -c */
	const struct config_option *schema;
	/* What the schema cannot say: append to @m. Also run by -t, so it must change nothing. May
	 * be NULL. */
	void (*check)(const struct config_section *root, struct config_mistakes *m);
	/* Open and start everything. @config lives until stop or the next successful reload.
	 * Returns the daemon's own state, or NULL after logging why. */
	void *(*start)(struct daemon *d, const struct config *config);
	/* Go over to @config, which was checked. 0, or negative after logging why, with nothing
	 * changed: then the old one stays. May be NULL: a reload is refused. */
	int (*reload)(void *self, const struct config *config);
	void (*stop)(void *self);
};

/* All of main(). Returns the exit status: 0; 1 failed (also -t with mistakes); 2 usage. */
int daemon_main(const struct daemon_ops *ops, int argc, char **argv);

struct event_base *daemon_base(struct daemon *d);
struct log *daemon_log(struct daemon *d);
void daemon_quit(struct daemon *d); /* leave the loop, as on SIGTERM */

/* A timer in the loop of @base: calls @fire once at the time set last. Nothing is due at first. */
struct daemon_timer;
struct daemon_timer *daemon_timer_new(
	struct event_base *base, void (*fire)(void *arg, struct mono now), void *arg);
void daemon_timer_set(struct daemon_timer *t, struct mono due); /* MONO_NEVER: nothing due */
void daemon_timer_free(struct daemon_timer *t);

/* One datagram to the service manager ($NOTIFY_SOCKET), for example "READY=1". 0; -errno; 0 without
 * a manager. */
int daemon_notify(const char *state);

#endif
