/* hold: first packets wait here until the mapping of their destination comes, and leave in the
 * order they came.
 *
 * Bounded: packets of one EID, time, bytes in all, and of these a fair share for each port that
 * packets come in by; each limit has its counter. It knows neither mappings nor what a packet
 * holds. */
#ifndef SUNWARD_XTR_HOLD_H
#define SUNWARD_XTR_HOLD_H

#include "xtr/env.h"

struct hold;

struct hold *hold_new(struct env *env);
void hold_free(struct hold *h);

/* Copy @packet, which came in by the port @ifindex (0: from the core), into the queue of @host.
 * False: dropped, and counted. */
bool hold_add(
	struct hold *h, const struct eid *host, int ifindex, const void *packet, uint32_t len);
bool hold_has(const struct hold *h, const struct eid *host);
/* Give back to the data plane, in order, what is held for hosts in @prefix. */
void hold_send(struct hold *h, const struct eid *prefix);
/* Drop it: the mapping says so. */
void hold_drop(struct hold *h, const struct eid *prefix);
/* Bytes held now, bookkeeping counted. */
uint64_t hold_bytes(const struct hold *h);

#endif
