/* away: hosts that were here and have moved to another site (architecture section 5; spec section
 * 10).
 *
 * An entry is forgotten when no packet came for it during the life of the records that we gave out.
 * It knows nothing of SMRs or claims: @gone is told. */
#ifndef SUNWARD_XTR_AWAY_H
#define SUNWARD_XTR_AWAY_H

#include <sys/queue.h>

#include "xtr/eid_table.h"
#include "xtr/locator.h"

struct away;

struct away_entry {
	struct eid_node node;
	TAILQ_ENTRY(away_entry) age; /* in order of coming */
	struct away *away;
	struct timer timer;
	struct mono since;
	uint64_t seq;  /* 0: unknown */
	bool redirect; /* false: we are told that it is elsewhere, but the host has spoken here and
			  is being asked */
	bool has_mac;  /* of the machine, as it was when it was here */
	uint8_t mac[6];
	struct locator_set locators;
};

struct away *away_new(struct env *env, void (*gone)(void *arg, const struct eid *host), void *arg);
void away_free(struct away *a);

/* Set or replace. False: no memory, counted. */
bool away_put(struct away *a, const struct eid *host, uint64_t seq, bool redirect,
	const struct locator_set *set);
/* Remember the MAC of a host that is away; all zero: it is not known. */
void away_mac(struct away *a, const struct eid *host, const uint8_t mac[6]);
struct away_entry *away_find(const struct away *a, const struct eid *host);
/* Tells nobody. */
void away_remove(struct away *a, const struct eid *host);
void away_each(
	const struct away *a, bool (*visit)(const struct away_entry *e, void *arg), void *arg);

#endif
