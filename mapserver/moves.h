/* moves: what became of EIDs that moved, and whether they move too often.
 *
 * An EID that has moved once has a history: a ring of its last changes. Histories are bounded in
 * number; the one that has not moved for longest gives way. An EID that moves as often as the
 * configuration says within its window flaps: that is an alarm, and for a while no xTR may take it
 * from the one that has it. The hold is short and ends by itself, so an EID is damped, never
 * frozen. One thread notes and judges, others read. Knows no message. */
#ifndef SUNWARD_MAPSERVER_MOVES_H
#define SUNWARD_MAPSERVER_MOVES_H

#include "mapserver/registry.h"

#define MOVES_ROWS    16   /* changes that are remembered of one EID */
#define MOVES_WISHES  8192 /* EIDs whose move is prepared and that are remembered as such */
#define MOVES_WISH_MS 60000
#define MOVES_NOT     UINT32_MAX /* of a time: not known, or not yet */

struct moves_flap {
	unsigned int moves; /* 2 to MOVES_ROWS make it flap; 0: never */
	uint64_t window_ms; /* within this time */
	uint64_t hold_ms;   /* then it stays where it is so long */
};

/* Why an EID moves, as the PREPARE of its move said. */
struct moves_why {
	uint64_t move; /* names it in logs and events; 0: none */
	uint32_t deadline_ms;
	uint8_t reason; /* enum handover_reason */
};

/* When what became of a change. */
struct moves_steps {
	struct mono received;  /* the message that brought it; ns 0: none did */
	struct mono committed; /* it is in the store */
	struct mono published; /* readers see it, and those who are to be told are being told */
};

struct moves_row {
	struct mono at;
	uint64_t seq;
	const struct xtr *from, *to; /* good for ever; NULL: nobody, or nobody knows */
	struct address locator;      /* the first one of @to; AFI_NONE: none, or no plain address */
	struct moves_why why;
	/* Before the message was received; after it. us, or MOVES_NOT. */
	uint32_t prepared_us;
	uint32_t committed_us, published_us;
	uint32_t acked_us; /* the last acknowledgement of who was told, so far */
	enum change_kind kind;
	bool move; /* from one owner to another, perhaps with a time between when there was none */
};

struct moves_history {
	unsigned int count;
	struct moves_row rows[MOVES_ROWS]; /* the latest first */
	uint64_t moves;                    /* since it moved first, those that are forgotten too */
	bool flapping;
	uint64_t held_ms; /* from now on; 0: not held */
};

enum moves_news {
	MOVES_QUIET,
	MOVES_HELD,     /* it flaps still, and is held again */
	MOVES_FLAPPING, /* it has begun to: an alarm */
};

struct moves;

/* @max: histories. @secret: 16 random bytes. NULL when out of memory. */
struct moves *moves_new(size_t max, const struct moves_flap *flap, const uint8_t secret[16]);
void moves_free(struct moves *m);
/* From now on. Any thread. */
void moves_configure(struct moves *m, const struct moves_flap *flap);

/* ---- the writer ---- */
/* A move of @eid is being prepared. Where there is no room an older one is forgotten. */
void moves_prepared(
	struct moves *m, const struct eid *eid, const struct moves_why *why, struct mono now);
/* What the last PREPARE for @eid said; false: none that is not too old. */
bool moves_why(struct moves *m, const struct eid *eid, struct mono now, struct moves_why *why);
/* @c has been published. */
enum moves_news moves_note(
	struct moves *m, const struct change *c, const struct moves_steps *steps, struct mono now);
/* It flaps: it is not to be given to another owner now. */
bool moves_held(struct moves *m, const struct eid *eid, struct mono now);
/* One that flapped and has come to rest; false: none (to be called until then). */
bool moves_settled(struct moves *m, struct mono now, struct eid *eid);

/* ---- any thread ---- */
/* Somebody who was told of the last change of @eid has acknowledged it. */
void moves_acknowledged(struct moves *m, const struct eid *eid, struct mono now);
/* False: it never moved, or that is forgotten. */
bool moves_history(
	struct moves *m, const struct eid *eid, struct mono now, struct moves_history *out);
/* EIDs that flap now. */
size_t moves_flapping(struct moves *m);
size_t moves_count(struct moves *m);
/* Bytes held by the histories. */
size_t moves_memory(struct moves *m);

#endif
