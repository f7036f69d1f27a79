/* config_place: rows of every daemon's configuration that say where it is found and what it keeps,
 * and the checks of paths and interfaces.
 *
 * Knows lib/service/config alone; opens nothing. */
#ifndef SUNWARD_LIB_SERVICE_CONFIG_PLACE_H
#define SUNWARD_LIB_SERVICE_CONFIG_PLACE_H

#include "lib/service/config.h"

/* Rows of the root: `api-socket`, by default @daemon.sock in the run-time directory, and
 * `state-dir`, by default @daemon in that of state, which keeps @what. A path that depends on where
 * the daemon was started is none: the service manager starts it elsewhere than a shell does. */
#define CONFIG_PLACE_ROWS(daemon, what)                                                            \
	{.name = "api-socket",                                                                     \
		.kind = CONFIG_STRING,                                                             \
		.flags = CONFIG_AT_START,                                                          \
		.min = 1,                                                                          \
		.max = 107,                                                                        \
		.check = config_want_absolute,                                                     \
		.fallback = RUNSTATEDIR "/" daemon ".sock",                                        \
		.help = "where `sunward` asks"},                                                   \
	{                                                                                          \
		.name = "state-dir", .kind = CONFIG_STRING, .flags = CONFIG_AT_START, .min = 1,    \
		.max = 200, .check = config_want_absolute, .fallback = STATEDIR "/" daemon,        \
		.help = what " outlive a restart here"                                             \
	}

/* .check of a path. */
const char *config_want_absolute(const struct config_value *v);

/* .check of a string, or of a title, that names an interface. */
const char *config_want_interface(const struct config_value *v);

#endif
