/* rig: a map-server's threads over loopback: workers, the committer, and a publisher where there
 * may be subscribers; a store in memory. Who sends to it, and what must come of that, is the
 * tests'. */
#ifndef SUNWARD_TESTS_REPLAY_RIG_H
#define SUNWARD_TESTS_REPLAY_RIG_H

#include "mapserver/committer.h"
#include "mapserver/publisher.h"
#include "mapserver/worker.h"
#include "tests/replay/world.h"

#define RIG_WORKERS 2

struct rig {
	struct server *server;
	struct storage storage;
	struct metrics *metrics;
	struct metrics_table *counters;
	struct random random;
	struct listener listener; /* .at: where it listens */
	struct worker *workers[RIG_WORKERS];
	struct committer *committer;
	struct publisher *publisher; /* NULL: without subscriptions */
	int wake_fd;
};

struct site_table *rig_sites(void);
/* Site @name of @prefix with key 1, its xTRs may subscribe. Owned by @t. */
void rig_site(struct site_table *t, const char *name, const char *prefix, const char *key);
/* Takes @sites. @subscriptions NULL: none are taken. Fails the test when something does not start.
 */
void rig_start(
	struct rig *r, struct site_table *sites, const struct subscription_options *subscriptions);
void rig_stop(struct rig *r);

#endif
