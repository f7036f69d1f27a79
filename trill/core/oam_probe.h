/* oam_probe: messages of ours that want an answer, and what comes of them: ping (loopback), trace
 * (path trace) and tree verification (RFC 7455 sections 9 to 11).
 *
 *   ping   so many loopbacks to a nickname, one an interval; each is answered or lost
 *   trace  path trace messages with hop counts from 1 up, one at a time, until the nickname itself
 *          answers or the last hop count is spent
 *   tree   a verification along the tree of a root; again for those that have not answered
 *
 * Results are told as they come, the end as the last. An answer belongs to a probe by its opcode
 * and session number, which starts at random and is never used twice. It knows no forwarding: oam
 * sends. */
#ifndef SUNWARD_TRILL_CORE_OAM_PROBE_H
#define SUNWARD_TRILL_CORE_OAM_PROBE_H

#include "lib/base/random.h"
#include "trill/core/oam.h"

#define OAM_PROBES_MAX      8
#define OAM_PROBE_WAITING   16 /* messages without an answer, of one probe */
#define OAM_PROBE_SCOPE_MAX 64 /* RBridges that a tree verification waits for */
#define OAM_PROBE_DATA_MAX  1200

enum oam_probe_kind {
	OAM_PROBE_PING,
	OAM_PROBE_TRACE,
	OAM_PROBE_TREE,
};

enum oam_probe_what {
	OAM_PROBE_ANSWER,
	OAM_PROBE_LOST, /* no answer came in time; of a tree: not from each in the scope */
	OAM_PROBE_DONE,
};

struct oam_probe_result {
	enum oam_probe_what what;
	unsigned int probe;    /* as oam_probe_start() returned it */
	unsigned int sequence; /* of the message: 1, 2, ... */
	uint16_t hops;         /* that it was sent with */
	/* An answer. */
	uint16_t nickname;  /* whose */
	bool intermediate;  /* of an RBridge on the way */
	bool cross_connect; /* it saw another label than we sent */
	uint64_t rtt_us;
	bool has_hops_there;
	uint16_t hops_there;     /* hop count with which the message came there */
	uint16_t previous;       /* neighbour that it came from there; NICKNAME_NONE: not told */
	unsigned int next_count; /* more than OAM_HOPS_NAMED are left out */
	uint16_t next[OAM_HOPS_NAMED];
	bool has_ingress, has_egress, has_receivers;
	struct oam_port ingress, egress;
	uint8_t status; /* of the ingress, TLV 4; 0: not told */
	uint32_t receivers;
	/* The end. */
	bool reached; /* ping: some answer; trace: the nickname's; tree: each in the scope, if any
		       */
	unsigned int sent, answered;
};

struct oam_probe_want {
	enum oam_probe_kind kind;
	uint16_t egress;      /* nickname; of a tree: its root */
	uint16_t hops;        /* 1 to 63; trace: the last that is tried */
	unsigned int count;   /* at least 1: pings; trace and tree: how often each is tried */
	uint32_t interval_ms; /* ping, at least 1 */
	uint32_t timeout_ms;  /* at least 1 */
	struct label label;
	bool check_label;      /* ask whether the label is the same there (TLV 66) */
	const uint8_t *flow;   /* OAM_FLOW_LEN bytes; NULL: one in @label; copied */
	size_t data_len;       /* ping: at most OAM_PROBE_DATA_MAX more bytes (TLV 3) */
	const uint16_t *scope; /* tree: who is to answer, copied; none: all */
	unsigned int scope_count;
	void (*result)(void *arg, const struct oam_probe_result *result); /* calls nothing here */
	void *arg;
};

struct oam_probe {
	bool used;
	struct oam_probe_want want;
	uint8_t flow[OAM_FLOW_LEN];
	uint16_t scope[OAM_PROBE_SCOPE_MAX]; /* those that have not answered yet */
	unsigned int scope_count;
	uint16_t heard[OAM_PROBE_SCOPE_MAX]; /* who has answered a verification without scope */
	unsigned int heard_count;
	struct {
		bool used;
		uint32_t session;
		unsigned int sequence;
		uint16_t hops;
		struct mono sent;
	} waiting[OAM_PROBE_WAITING];
	unsigned int sent, answered, tries;
	uint16_t hops;      /* of the next message */
	bool reached, over; /* over: nothing more is sent */
	struct mono next;   /* when the next is sent */
};

struct oam_probes {
	struct oam_room *room;
	struct random *random;
	bool begun; /* @session has been drawn */
	uint32_t session;
	struct oam_probe probes[OAM_PROBES_MAX];
};

/* It takes @room's answers. */
void oam_probe_init(struct oam_probes *p, struct oam_room *room, struct random *random);

/* What cannot be started says why, in words. */
enum oam_probe_refusal {
	OAM_PROBE_BUSY = 1,  /* OAM_PROBES_MAX run */
	OAM_PROBE_WRONG,     /* a value out of its bounds */
	OAM_PROBE_US,        /* our own nickname */
	OAM_PROBE_INCAPABLE, /* it does not say that it is OAM capable: nothing may be sent (3.2.1)
			      */
	OAM_PROBE_NAMELESS,  /* we have no nickname to ask by */
};
/* >= 0: its number, which is free again after OAM_PROBE_DONE; or a negative refusal. The first
 * message goes out with the next oam_probe_time(). */
int oam_probe_start(struct oam_probes *p, const struct oam_probe_want *want, struct mono now);
/* Without a word more. */
void oam_probe_stop(struct oam_probes *p, unsigned int probe);
const char *oam_probe_refusal_text(int refusal);

void oam_probe_time(struct oam_probes *p, struct mono now);
struct mono oam_probe_next(const struct oam_probes *p);

#endif
