/* moves: the moves that somebody has asked this agent for: those that are under way, one a guest at
 * most, and what became of the last ones.
 *
 * Who moves the guest is libvirt or QEMU; here is what was asked, when what happened, and when it
 * has to be given up. Pure. */
#ifndef SUNWARD_VMMOBILITY_MOVES_H
#define SUNWARD_VMMOBILITY_MOVES_H

#include "vmmobility/guests.h"

#define MOVES_UNDER_WAY_MAX 16 /* each may need a thread */
#define MOVES_KEPT          64 /* that have ended */
#define MOVE_TO_MAX         63 /* bytes */
#define MOVE_ERROR_MAX      255

enum move_state {
	MOVE_ASKED,   /* of libvirt or QEMU, which has not begun */
	MOVE_COPYING, /* the guest runs, its memory goes over */
	MOVE_PAUSED,
	MOVE_MOVED,
	MOVE_FAILED, /* it stays, or nobody knows: error */
};

enum move_by { MOVE_BY_LIBVIRT, MOVE_BY_QMP };

struct move {
	struct report_why why; /* move is its name, never 0 */
	char guest[GUEST_NAME_MAX + 1];
	struct handover_id uuid;
	char to[MOVE_TO_MAX + 1];
	enum move_by by;
	enum move_state state;
	struct mono asked, copying, paused, ended; /* MONO_NEVER: not yet */
	bool given_up;
	char error[MOVE_ERROR_MAX + 1]; /* FAILED */
	struct moves *moves;
	struct timer deadline;
	struct move *next;
};

struct moves_ops {
	/* Its deadline is over and the guest runs still: it is to be given up. */
	void (*give_up)(void *arg, struct move *m);
	/* It is at another state. May be NULL. */
	void (*changed)(void *arg, const struct move *m);
	void *arg;
};

/* NULL when out of memory. */
struct moves *moves_new(struct vm_env *env, const struct moves_ops *ops);
void moves_free(struct moves *moves);

struct move *moves_first(const struct moves *moves); /* the latest; then ->next */
struct move *moves_find(const struct moves *moves, uint64_t id);
/* The one of this guest that is under way; NULL: none. */
struct move *moves_of(const struct moves *moves, const struct handover_id *uuid);
/* What the functions are given. */
void *moves_arg(const struct moves *moves);
unsigned int moves_under_way(const struct moves *moves);
bool move_is_over(const struct move *m);

/* @guest is to go to @to, and libvirt or QEMU are asked for it: @why gets a name. The guest is told
 * why. NULL: MOVES_UNDER_WAY_MAX are already, or no memory. */
struct move *moves_begin(struct moves *moves, struct guests *guests, struct guest *guest,
	const char *to, enum move_by by, struct report_why why);
/* Who was asked says that it is over: @error NULL: the guest is there. */
void moves_end(struct moves *moves, struct move *m, const char *error);
/* The guest's state is another one. */
void moves_guest(struct moves *moves, const struct guest *guest);

/* "asked", "copying", "paused", "moved", "failed". */
const char *move_state_name(enum move_state state);

#endif
