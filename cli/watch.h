/* watch: prints a daemon's stream of events, one JSON object a line, for as long as it lasts and
 * longer: a stream that breaks is taken up again where it stood. */
#ifndef SUNWARD_CLI_WATCH_H
#define SUNWARD_CLI_WATCH_H

#include "cli/cli.h"

struct json_object;

/* Each line is {"id": ID, ...the event's own members}; an event whose data is no JSON object has
 * "event" and "data" instead.
 * @wanted (or NULL) picks. Returns when interrupted, when the daemon cannot be reached at first,
 * when it refuses, or after cli->events_max events. */
enum cli_exit watch_events(const struct cli *cli, const char *daemon, const char *path,
	bool (*wanted)(struct json_object *data, const void *arg), const void *arg);

#endif
