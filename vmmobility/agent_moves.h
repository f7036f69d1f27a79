/* agent_moves: moving a guest because somebody asks for it (POST /v1/moves): whether it can be, by
 * whom, and what is told of it. */
#ifndef SUNWARD_VMMOBILITY_AGENT_MOVES_H
#define SUNWARD_VMMOBILITY_AGENT_MOVES_H

#include "vmmobility/moves.h"

struct agent;
struct api;

/* NULL when out of memory. */
struct moves *agent_moves_new(struct agent *a);
void agent_moves_routes(struct api *api, struct agent *a);
/* Its state is another one. */
void agent_moves_guest(struct agent *a, const struct guest *guest);
/* Of a QEMU that was asked to migrate its guest (struct qmp_source_ops); @arg: the agent. */
void agent_moves_migrated(void *arg, struct guest *guest, const char *error);

#endif
