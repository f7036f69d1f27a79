/* continuity: continuity checks with other RBridges: ours go out one an interval to each, theirs
 * are waited for, and what is wrong is told (RFC 7455 sections 7 and 12, IEEE 802.1Q clauses 20.1
 * and 21.6; base mode, appendix B: MEP-IDs are nicknames).
 *
 * To each remote MEP four messages go along one flow, then four along the next: so each path of
 * equal cost that a flow takes is tried. Nothing is answered: who hears no more for three and a
 * half intervals (three messages lost) says so by RDI in its own messages, and who reads that knows
 * which flow is at fault by what was last heard. It does not forward, and draws no conclusions for
 * adjacencies. */
#ifndef SUNWARD_TRILL_CORE_CONTINUITY_H
#define SUNWARD_TRILL_CORE_CONTINUITY_H

#include "trill/core/oam.h"

#define CONTINUITY_REMOTES_MAX 64
#define CONTINUITY_FLOWS_MAX   16
#define CONTINUITY_PER_FLOW    4 /* messages along one flow before the next */

/* The codes of a CCM's interval (802.1Q table 21-16). */
enum continuity_interval {
	CONTINUITY_3_3MS = 1,
	CONTINUITY_10MS,
	CONTINUITY_100MS,
	CONTINUITY_1S,
	CONTINUITY_10S,
	CONTINUITY_1MIN,
	CONTINUITY_10MIN,
};

enum continuity_event_kind {
	CONTINUITY_LOST,    /* a remote MEP is silent */
	CONTINUITY_RESUMED, /* and is heard again: @flow and @sequence are of the first */
	CONTINUITY_RDI,     /* it does not hear somebody, perhaps us */
	CONTINUITY_RDI_CLEARED,
	CONTINUITY_ERRORED,       /* an unknown MEP-ID, ours, or another interval than ours */
	CONTINUITY_CROSS_CONNECT, /* of another maintenance association */
	CONTINUITY_FINE_AGAIN,    /* no such message for its 3.5 intervals */
};

/* "lost" for CONTINUITY_LOST. */
const char *continuity_event_name(enum continuity_event_kind kind);

struct continuity_event {
	enum continuity_event_kind kind;
	uint16_t mep;
	uint16_t flow;     /* identifier; of LOST: of the last message that was heard, or 0 */
	uint32_t sequence; /* of that message; 0: none was */
};

/* What is wrong with messages of other MEPs than those configured. */
struct continuity_defect {
	struct mono until; /* MONO_NEVER: nothing */
	uint16_t mep;
	uint64_t count;
};

struct continuity_remote {
	uint16_t mep; /* its nickname */
	/* Ours to it. */
	uint32_t sequence; /* of the last; ascends by 1 */
	unsigned int flow, of_flow;
	struct mono send;
	/* Its to us. */
	struct mono expires;
	bool lost, rdi, heard;
	uint16_t last_flow;
	uint32_t last_sequence;
	uint64_t received, out_of_order; /* the sequence number is not the next */
};

struct continuity {
	struct oam_room *room;
	uint8_t maid[OAM_MAID_LEN];
	enum continuity_interval interval;
	struct label label;
	uint8_t hops;
	uint8_t flows[CONTINUITY_FLOWS_MAX][OAM_FLOW_LEN]; /* their identifiers: 1, 2, ... */
	unsigned int flow_count;
	struct continuity_remote remotes[CONTINUITY_REMOTES_MAX];
	unsigned int remote_count;
	struct continuity_defect errored, cross_connect;
	uint64_t malformed, sent;
	void (*event)(void *arg, const struct continuity_event *event);
	void *arg;
};

/* It takes @room's CCMs. In the base mode's association, in @label, along one flow of ours; no
 * remote. The callback is set afterwards. */
void continuity_init(struct continuity *c, struct oam_room *room, enum continuity_interval interval,
	struct label label);
/* Another flow entropy to try, of OAM_FLOW_LEN bytes. False: there are too many. */
bool continuity_flow_add(struct continuity *c, const uint8_t *flow);
/* Check with @mep, a nickname. False: there are too many, it is one already, or none can be. */
bool continuity_remote_add(struct continuity *c, uint16_t mep, struct mono now);
void continuity_remote_del(struct continuity *c, uint16_t mep);
/* Of ours, and expected of theirs. */
void continuity_interval_set(
	struct continuity *c, enum continuity_interval interval, struct mono now);
const struct continuity_remote *continuity_remote_find(const struct continuity *c, uint16_t mep);
uint64_t continuity_interval_us(enum continuity_interval interval);

void continuity_time(struct continuity *c, struct mono now);
struct mono continuity_next(const struct continuity *c);

#endif
