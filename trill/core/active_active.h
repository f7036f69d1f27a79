/* active_active: hosts that several RBridges serve at once as one virtual RBridge (RFC 7781): for
 * each of our LAALPs who serves it, with which pseudo-nickname, along which trees, and who of them
 * is designated forwarder of a VLAN.
 *
 *   alone    nobody else has the LAALP: its port is as any (section 4.1)
 *   joining  we said that we have it, and wait until others know; not served
 *   waiting  its virtual RBridge has no nickname or no tree yet. Who served it alone goes on; after
 *            a time, as where trees cannot be coordinated (RFC 7783 section 5.7), one does, the
 * vDRB member   frames enter with the pseudo-nickname spare    a member, but there are fewer trees
 * than members: not served (RFC 7783 section 5.4.1)
 *
 * All members decide alike from what they tell each other in FS-LSPs of scope E-L1FS; the vDRB, who
 * has the highest system ID, allots the nickname. A newcomer counts for the others after half the
 * time that it itself waits: then nothing is forwarded twice (RFC 7783 section 5.6.1); who leaves
 * is gone at once. This room knows no LSP, port row or frame. */
#ifndef SUNWARD_TRILL_CORE_ACTIVE_ACTIVE_H
#define SUNWARD_TRILL_CORE_ACTIVE_ACTIVE_H

#include "lib/base/clock.h"
#include "trill/codec/isis.h"
#include "trill/codec/laalp_tlv.h"

#define ACTIVE_ACTIVE_LAALPS   64  /* of ours */
#define ACTIVE_ACTIVE_MEMBERS  16  /* of an LAALP: the lowest system IDs; more are not looked at */
#define ACTIVE_ACTIVE_JOIN_MS  200 /* T_i of RFC 7783 */
#define ACTIVE_ACTIVE_HEARD_MS 100 /* T_j */
#define ACTIVE_ACTIVE_WAIT_MS  2000
#define ACTIVE_ACTIVE_QUIET_MS 100 /* of a new member, until all have heard that it is one */

enum active_active_state {
	ACTIVE_ACTIVE_ALONE,
	ACTIVE_ACTIVE_JOINING,
	ACTIVE_ACTIVE_WAITING,
	ACTIVE_ACTIVE_MEMBER,
	ACTIVE_ACTIVE_SPARE,
};
#define ACTIVE_ACTIVE_STATES (ACTIVE_ACTIVE_SPARE + 1)

/* One LAALP of ours. */
struct active_active_laalp {
	struct laalp_id id;
	uint16_t port;
	bool exclusive;   /* as configured here */
	bool apart;       /* somebody wants it to have a virtual RBridge of its own */
	uint16_t reuse;   /* its pseudo-nickname, also when it has none any more */
	struct mono up;   /* it is served since */
	struct mono wait; /* of waiting: since when */
	enum active_active_state state;
	bool acting;                                     /* waiting, and we serve it meanwhile */
	struct system_id members[ACTIVE_ACTIVE_MEMBERS]; /* ascending, we among them */
	unsigned int member_count, serving;              /* the first so many have trees */
	bool holding[ACTIVE_ACTIVE_MEMBERS]; /* frames of its nickname enter some tree there */
	struct mono since;                   /* member: since when */
	bool quiet; /* ... and others do not count on us yet: we are designated for nothing */
	uint16_t nickname; /* NICKNAME_NONE: not known yet */
	uint32_t trees;    /* bit t: tree t is ours by section 5.1 of RFC 7783 */
};

/* What another, who is reached, says: that it has an LAALP. */
struct active_active_said {
	struct system_id system;
	struct laalp_record record;
	struct mono heard;
};

/* ... and which nickname it has allotted to one, as vDRB. */
struct active_active_allotted {
	struct system_id system;
	struct laalp_id id;
	uint16_t nickname;
};

/* What the room asks of the campus. */
struct active_active_campus {
	unsigned int trees; /* how many there are; 0: they cannot be coordinated */
	const struct active_active_allotted *allotted;
	unsigned int allotted_count;
	/* Nobody but @members, of whom we are one, has it, or could keep it against us. */
	bool (*available)(
		void *arg, uint16_t nickname, const struct system_id *members, unsigned int count);
	/* One that nobody has. NICKNAME_NONE: not yet. */
	uint16_t (*choose)(void *arg);
	/* The trees along which frames of @nickname enter at @member. */
	uint32_t (*held)(void *arg, uint16_t nickname, const struct system_id *member);
	void *arg;
};

struct active_active {
	struct system_id own;
	struct active_active_laalp laalps[ACTIVE_ACTIVE_LAALPS]; /* by ID */
	unsigned int count;
	struct active_active_said *said; /* by LAALP, then system */
	unsigned int said_count;
	struct mono next; /* a newcomer counts, or a wait is over */
};

/* Zeroed, with @own, is empty. */
void active_active_fini(struct active_active *a);
/* A port of ours serves the LAALP, or does no more. False: there are too many, or another port of
 * ours has it. */
bool active_active_up(struct active_active *a, const struct laalp_id *id, bool exclusive,
	uint16_t port, struct mono now);
void active_active_down(struct active_active *a, uint16_t port);
/* All that others say now of LAALPs that we have; in any order. False: out of memory. */
bool active_active_heard(struct active_active *a, const struct active_active_said *said,
	unsigned int count, struct mono now);
/* Who serves what. active_active.next: when to decide again, if nothing changes before. */
void active_active_decide(
	struct active_active *a, const struct active_active_campus *campus, struct mono now);

const struct active_active_laalp *active_active_of(const struct active_active *a, uint16_t port);
const struct active_active_laalp *active_active_find(
	const struct active_active *a, const struct laalp_id *id);
/* Native frames may pass its port. */
bool active_active_serves(const struct active_active_laalp *l);
/* Of a member: in which VLANs we are who egresses frames of many destinations (section 5.2): those
 * whose number leaves @rest when divided by @of. Those take part that have a tree, and hold it by
 * now. */
struct active_active_share {
	unsigned int of, rest; /* of 0: in none */
};
struct active_active_share active_active_designated(
	const struct active_active *a, const struct active_active_laalp *l);
/* We allot its nickname. */
bool active_active_is_vdrb(const struct active_active *a, const struct active_active_laalp *l);
/* We hold its pseudo-nickname, and ask for trees for it. */
bool active_active_claims(const struct active_active_laalp *l);
const char *active_active_state_name(enum active_active_state state);

#endif
