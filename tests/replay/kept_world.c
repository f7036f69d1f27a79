/* See kept_world.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/replay/kept_world.h"

int kept_begin(struct kept_world *k, struct site_table *(*sites)(void))
{
	*k = (struct kept_world){.dir = "/tmp/sunward-kept-XXXXXX", .sites = sites};
	if (!mkdtemp(k->dir))
		return -1;
	snprintf(k->spec, sizeof(k->spec), "lmdb:%s/db?size=64MiB", k->dir);
	k->w = world_new(sites(), NULL, k->spec);
	return 0;
}

int kept_end(struct kept_world *k)
{
	char command[64];

	world_free(k->w);
	snprintf(command, sizeof(command), "rm -rf %s", k->dir);
	return system(command);
}

void kept_do(const struct kept_world *k, const char *command)
{
	char line[200];

	snprintf(line, sizeof(line), "cd %s/db && %s", k->dir, command);
	assert_int_equal(system(line), 0);
}

struct world *kept_again(struct kept_world *k, const char *command, int64_t later_s)
{
	uint64_t wall_s = k->w->wall_ms / 1000;

	world_kill(k->w);
	if (command)
		kept_do(k, command);
	k->w = world_start(k->sites(), NULL, k->spec, wall_s + (uint64_t)later_s);
	return k->w;
}
