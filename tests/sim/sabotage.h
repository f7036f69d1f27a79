/* sabotage: rules broken on purpose, from outside of the cores, so that it can be seen that the
 * checker finds what breaks them. Without --break nothing here does anything. */
#ifndef SUNWARD_TESTS_SIM_SABOTAGE_H
#define SUNWARD_TESTS_SIM_SABOTAGE_H

#include "tests/sim/sim.h"

#define SABOTAGE_BYTES_MAX 2048

struct job;
struct sabotage_memory; /* what one Map-Server said before */

struct sabotage_memory *sabotage_memory_new(struct sim *sim);
void sabotage_memory_free(struct sabotage_memory *m);

/* A message before the Map-Server sees it: @bytes, or what was put at @changed instead. */
const void *sabotage_receive(struct sim *s, struct party_mapserver *m, const void *bytes,
	size_t len, uint8_t changed[SABOTAGE_BYTES_MAX]);
/* A change that nobody asked for, now and then; NULL: none. */
struct job *sabotage_forget(struct sim *s);
/* What a Map-Server says, before anybody sees it. */
void sabotage_outbox(
	struct sim *s, unsigned int server, struct sabotage_memory *m, struct outbox *out);

#endif
