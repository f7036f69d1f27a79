/* handover: what agents, xTRs and the Map-Server tell each other about a guest that moves (RFC 9304
 * Shared Extension message; layout and rules: docs/decisions/handover.md). Who owns an EID is
 * move.h's matter. */
#ifndef SUNWARD_LISP_HANDOVER_H
#define SUNWARD_LISP_HANDOVER_H

#include "lisp/auth.h"
#include "lisp/otk.h"
#include "lisp/record.h"

#define HANDOVER_SUBTYPE      0x5a2 /* 1442, first come first served and not registered; as move.h's */
#define HANDOVER_VERSION      2
#define HANDOVER_HOSTS_MAX    32 /* addresses of one guest */
#define HANDOVER_PORT_BYTES   16
#define HANDOVER_TAIL_FOLLOWS 0xffff /* the TAILs say how many they are */
#define HANDOVER_PROOF_BYTES  16

enum handover_kind {
	HANDOVER_STATE = 1,
	HANDOVER_STATE_ACK = 2,
	HANDOVER_ASK = 3,
	HANDOVER_TAIL = 4,
	HANDOVER_TAIL_ACK = 5,
	HANDOVER_PREPARE = 6,
	HANDOVER_OWNER = 7,
	HANDOVER_NEXT = 8,
	HANDOVER_STEP = 9,
	HANDOVER_STEP_ACK = 10,
};

enum handover_state {
	HANDOVER_INCOMING = 1, /* expected here; it does not run here */
	HANDOVER_RUNNING = 2,
	HANDOVER_PAUSED = 3,
	HANDOVER_LEAVING = 4, /* running, and a migration to elsewhere is under way */
	HANDOVER_GONE = 5,
};

enum handover_step {
	HANDOVER_ACCEPTED = 1,
	HANDOVER_REFUSED = 2,
	HANDOVER_STEP_PAUSED = 3,
	HANDOVER_RESUMED = 4,
	HANDOVER_ABORTED = 5,
	HANDOVER_CANCELLED = 6,
	HANDOVER_NOTED = 7, /* kept as the next place, or renewed as one; no answer yet */
	HANDOVER_RUNS = 8,  /* as an URGENT NEXT, by the one that it named before */
	HANDOVER_SENT = 9,  /* the tail, and what was held, have gone */
};

enum handover_result {
	HANDOVER_TAKEN = 0,
	HANDOVER_OLD = 1,           /* something newer is known already */
	HANDOVER_NOT_PERMITTED = 2, /* its EIDs are not this agent's to speak of */
	HANDOVER_OWNED = 3,         /* owned elsewhere, and not released */
	HANDOVER_NO_ROOM = 4,
};

enum handover_reason {
	HANDOVER_NO_REASON = 0,
	HANDOVER_OPERATOR = 1,
	HANDOVER_PLANNER = 2,
	HANDOVER_EVACUATION = 3,
	HANDOVER_FAILOVER = 4,
};

struct handover_id {
	uint8_t bytes[16];
};

/* One address of a guest. */
struct handover_host {
	uint8_t mac[6];
	char port[HANDOVER_PORT_BYTES + 1]; /* of the xTR; empty: its only one of the instance */
	struct eid eid;                     /* a host */
};

/* What each kind fills is said by its name; the rest is zero. */
struct handover {
	enum handover_kind kind;
	uint64_t counter;
	struct auth_field auth;
	struct handover_id sender; /* agent-ID or xTR-ID */
	uint64_t move;             /* 0: none; only correlates */
	uint64_t seq;              /* 0: unknown */
	uint8_t state;     /* STATE: enum handover_state; STEP: enum handover_step; STATE_ACK: enum
			      handover_result */
	bool in_migration; /* STATE paused */
	bool urgent;       /* PREPARE, NEXT */
	bool agent;        /* the same: an agent's word stands behind it; else it was only heard */
	uint8_t reason;    /* STATE, PREPARE, OWNER, NEXT: enum handover_reason, or one that is not
			      known yet */
	uint32_t deadline_ms;     /* the same; 0: none */
	struct handover_id guest; /* STATE */
	uint16_t tail;            /* STATE: packets that follow as TAIL, or HANDOVER_TAIL_FOLLOWS */
	uint8_t wrapped[OTK_WRAPPED_BYTES];  /* STATE: the ticket of the guest's stay
						(handover_ticket.h); all zero: none */
	uint8_t proof[HANDOVER_PROOF_BYTES]; /* STATE, PREPARE, NEXT: likewise */
	struct handover_id agent_id; /* PREPARE, NEXT: whose proof it is; zero: none has spoken */
	uint16_t host_count; /* STATE: hosts; ASK, TAIL, TAIL_ACK, STEP, STEP_ACK: only .eid */
	struct handover_host hosts[HANDOVER_HOSTS_MAX];
	uint16_t index, of;    /* TAIL; TAIL_ACK: index. Of 0: nothing is left, no packet */
	const uint8_t *packet; /* TAIL: an IP packet; borrowed from the message */
	uint16_t packet_len;
	uint64_t key_nonce;      /* PREPARE, OWNER, NEXT: under which the key is wrapped */
	struct otk_wrapped key;  /* OWNER, NEXT */
	struct handover_id peer; /* OWNER, NEXT: the other side's xTR-ID; zero: nobody, or, where
				    there are locators, one that does not speak the handover */
	bool has_locators; /* OWNER; PREPARE and NEXT always have some; the writer looks at the
			      record only */
	struct lisp_record record; /* PREPARE, OWNER, NEXT: the EID; borrows from the message */
};

/* An unknown version or kind is -LISP_EUNSUPPORTED. Does not authenticate. */
int handover_parse(const void *pkt, size_t len, struct handover *h, struct wire_fault *fault);

/* Write @h; of PREPARE, OWNER and NEXT all up to the record, which follows through record.h; then
 * handover_finish signs. h->auth is filled. */
void handover_begin(struct wire_writer *w, struct handover *h, uint8_t key_id, enum auth_alg alg,
	const struct auth_options *opt);
int handover_finish(struct wire_writer *w, struct handover *h, struct auth_key *key,
	const struct auth_options *opt);

/* @msg, of which @h was parsed, is of a holder of @key. */
bool handover_verify(struct auth_key *key, const struct auth_options *opt, const uint8_t *msg,
	size_t len, const struct handover *h);

/* The message is one of these, to go by before it is parsed: else a move message, or another's. */
bool handover_is(const void *pkt, size_t len);

#endif
