/* A world without a twin: see world.h. */
#include "tests/replay/world.h"

struct world_twin *world_twin_new(struct world *w)
{
	(void)w;
	return NULL;
}

void world_twin_free(struct world *w)
{
	(void)w;
}

void world_twin_receive(
	struct world_twin *t, struct world *w, const struct datagram *d, uint32_t first)
{
	(void)t;
	(void)w;
	(void)d;
	(void)first;
}
