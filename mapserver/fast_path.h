/* fast_path: the kernel's part in answering, switched on by configuration
 * (docs/decisions/fast-path.md).
 *
 * The shell around fast_table and fast_load: starts before privileges are dropped, keeps a small
 * helper process that attaches the program to interfaces, and tells what the program counts. The
 * daemon itself keeps no privilege. */
#ifndef SUNWARD_MAPSERVER_FAST_PATH_H
#define SUNWARD_MAPSERVER_FAST_PATH_H

#include <net/if.h>

#include "mapserver/fast_table.h"

#define FAST_PATH_INTERFACES 16

struct log;
struct metrics;
struct random;

struct fast_path_config {
	unsigned int interface_count; /* 0: no fast path */
	char interfaces[FAST_PATH_INTERFACES][IF_NAMESIZE];
	uint32_t entries;      /* host EIDs */
	uint32_t locator_sets; /* different ones, with their TTL */
};

struct fast_path;

/* Before any thread, and before privileges are dropped. NULL after logging why. */
struct fast_path *fast_path_start(
	const struct fast_path_config *c, struct random *random, struct log *log);
/* No thread may use the registry's mirror any more. NULL is none. */
void fast_path_stop(struct fast_path *p);

struct registry_mirror fast_path_mirror(struct fast_path *p);
/* An address that is listened on (unspecified: each of this machine's), to be told before
 * fast_path_attach. 0 or negative after logging why. */
int fast_path_listen(struct fast_path *p, const struct endpoint *at);
/* Be at the interfaces of @c and no others. 0, or negative after logging why; then it is at those
 * that could be had. */
int fast_path_attach(struct fast_path *p, const struct fast_path_config *c);
/* Whether the program answers. */
void fast_path_switch(struct fast_path *p, bool on);
/* Its counters, among @m. 0 or -ENOMEM. */
int fast_path_metrics(struct fast_path *p, struct metrics *m);

#endif
