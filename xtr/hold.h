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

/* What a packet waits for: each has limits of its own. */
enum hold_class {
	HOLD_MAPPING,
	HOLD_ARRIVAL, /* the same, where a guest has come that this site did not know before */
	HOLD_MOVE,    /* for a guest that is on its way */
	HOLD_CLASSES,
};

struct hold *hold_new(struct env *env);
void hold_free(struct hold *h);

/* Copy @packet, which came in by the port @ifindex (0: from the core), into the queue of @host.
 * False: dropped, and counted. */
bool hold_add(struct hold *h, const struct eid *host, enum hold_class class, int ifindex,
	const void *packet, uint32_t len);
/* Copy an IP packet that the guest had been given and has not read, the @index-th of these: it
 * leaves before all that hold_add() was given, in order. One that is there already is no fault. */
bool hold_add_tail(
	struct hold *h, const struct eid *host, uint16_t index, const void *packet, uint32_t len);
/* The same as hold_add(), of one from the core that is not to leave before what others bring:
 * hold_release() and hold_send() keep it back, and what hold_add() is given goes before it, until
 * hold_join(). False: there is no room, which is not counted. */
bool hold_add_later(struct hold *h, const struct eid *host, const void *packet, uint32_t len);
/* These leave as the others from now on, in order. */
void hold_join(struct hold *h, const struct eid *host);
bool hold_has_later(const struct hold *h, const struct eid *host);
/* There is something that hold_release() would give back. */
bool hold_ready(const struct hold *h, const struct eid *host);
/* It stops again, and another tail may come: what is held of this one leaves before that, and is
 * not counted, dropped or taken for a packet of it. */
void hold_keep_tail(struct hold *h, const struct eid *host);
/* The guest has them after all. */
void hold_drop_tail(struct hold *h, const struct eid *host);
bool hold_has(const struct hold *h, const struct eid *host);
/* Give back to the data plane, in order, what is held for hosts in @prefix, but for those that are
 * on their way: a mapping says nothing of these. */
void hold_send(struct hold *h, const struct eid *prefix);
/* The same for just @host, on its way or not, and not more than @most packets; returns how many
 * they were. @back: also to where the packets came from, since they are waited for there. */
uint32_t hold_release(struct hold *h, const struct eid *host, bool back, uint32_t most);
/* It is on its way no longer: a mapping says where its packets go. */
void hold_settle(struct hold *h, const struct eid *host);
/* Packets of its tail. */
uint32_t hold_tail_count(const struct hold *h, const struct eid *host);
/* Drop what hold_send() would give back: the mapping says so. */
void hold_drop(struct hold *h, const struct eid *prefix);
/* Bytes held now, bookkeeping counted. */
uint64_t hold_bytes(const struct hold *h);

#endif
