/* nickname: which nicknames we hold, how we choose them, and who keeps one that two hold (RFC 6325
 * section 3.7.3 with erratum 3002, RFC 7780 section 4).
 *
 * A nickname that is held twice stays with the higher priority, then with the higher 7-byte IS-IS
 * ID; the other chooses anew, evenly among those that nobody holds, or where there is no such among
 * those that nobody holds who is reachable. Configured nicknames
 * have the priority bit 0x80, and yield by the same rule. What is not configured is announced only
 * when the LSDB has been heard. A storm of conflicts is capped: each change in a row waits longer.
 */
#ifndef SUNWARD_TRILL_CORE_NICKNAME_H
#define SUNWARD_TRILL_CORE_NICKNAME_H

#include "lib/base/clock.h"
#include "lib/base/random.h"
#include "trill/codec/isis.h"

#define NICKNAME_OWN_MAX          16
#define NICKNAME_PRIORITY_DEFAULT 0x40
#define NICKNAME_CONFIGURED       0x80
#define NICKNAME_WAIT_MAX_S       64 /* between changes in a storm; a quiet as long ends it */

struct nickname_set {
	uint64_t bits[1024];      /* those that others hold who are IS-IS reachable */
	uint64_t elsewhere[1024]; /* ... who are not: others are better (RFC 7780 section 4, 3) */
};

static inline bool nickname_set_has(const struct nickname_set *s, uint16_t nickname)
{
	return s->bits[nickname / 64] >> (nickname % 64) & 1;
}
static inline void nickname_set_add(struct nickname_set *s, uint16_t nickname)
{
	s->bits[nickname / 64] |= 1ull << (nickname % 64);
}
static inline void nickname_set_add_elsewhere(struct nickname_set *s, uint16_t nickname)
{
	s->elsewhere[nickname / 64] |= 1ull << (nickname % 64);
}
void nickname_set_clear(struct nickname_set *s);

/* Someone's hold on a nickname. */
struct nickname_claim {
	uint16_t nickname;
	uint8_t priority;
	struct lan_id holder;
};

/* > 0: @a keeps the nickname against @b. */
int nickname_compare(const struct nickname_claim *a, const struct nickname_claim *b);

/* Evenly among those that are neither in @used nor reserved, those elsewhere only where there are
 * no others; NICKNAME_NONE: none is left. */
uint16_t nickname_choose(const struct nickname_set *used, struct random *random);

struct nickname_own {
	uint16_t nickname; /* NICKNAME_NONE: not chosen yet */
	uint16_t last;     /* held before a restart: taken again if it is free; or NICKNAME_NONE */
	uint8_t priority;
	uint16_t root_priority;
};

struct nicknames {
	struct lan_id holder;
	struct random *random;
	struct nickname_own own[NICKNAME_OWN_MAX];
	unsigned int count;
	bool synced;               /* the LSDB of a neighbour has been heard */
	unsigned int in_a_row;     /* changes without a quiet between */
	struct mono changed, next; /* when last, and when one may choose again */
	uint64_t conflicts_lost, conflicts_kept;
};

void nicknames_init(struct nicknames *n, const struct lan_id *holder, struct random *random);
/* One more. @configured: the nickname, or NICKNAME_NONE to have one chosen. @priority: the bottom 7
 * bits; 0x80 is set by us where it belongs. @last: see above. False: too many, a reserved one, or
 * twice the same. */
bool nicknames_want(struct nicknames *n, uint16_t configured, uint8_t priority,
	uint16_t root_priority, uint16_t last);

/* The LSDB has been heard, or there is no neighbour to hear it from: choose. True: something has
 * changed, and our LSP is to be sent. */
bool nicknames_synced(struct nicknames *n, const struct nickname_set *used, struct mono now);
/* The claim of another who is IS-IS reachable, from its LSP. True: we lost ours, and our LSP is to
 * be sent. */
bool nicknames_contest(struct nicknames *n, const struct nickname_claim *claim,
	const struct nickname_set *used, struct mono now);
/* Choose what had to wait. */
bool nicknames_time(struct nicknames *n, const struct nickname_set *used, struct mono now);
struct mono nicknames_next(const struct nicknames *n);

#endif
