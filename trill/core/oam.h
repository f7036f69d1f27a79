/* oam: what is done with TRILL OAM messages: which are taken, what is answered, to whom, and how
 * often (RFC 7455 sections 3, 4, 6 and 9 to 11; base mode, appendix B: one maintenance point at
 * level 3, whose MEP-ID is our nickname).
 *
 * Loopback, path trace and tree verification are answered in band, by unicast to the ingress, along
 * the flow that the message came on (or the reflector entropy that it brings); a message that asks
 * for an answer out of band alone is counted. Of each kind no more than so many are answered a
 * second. Answers to ours, and continuity checks, are handed to who asked: this room does not know
 * who did. Frames go out without an outer header: the way through the campus is forwarding's. */
#ifndef SUNWARD_TRILL_CORE_OAM_H
#define SUNWARD_TRILL_CORE_OAM_H

#include "lib/base/limit.h"
#include "trill/codec/oam_auth.h"

#define OAM_OWN_MAX        16
#define OAM_HOPS_NAMED     32 /* next hops that an answer names */
#define OAM_PACKET_MAX     1500
#define OAM_LOOPBACK_PER_S 100
#define OAM_TRACE_PER_S    50
#define OAM_TREE_PER_S     20
#define OAM_CCM_PER_S      2000
#define OAM_KEYS_MAX       4

enum oam_verdict {
	OAM_TAKEN,       /* answered, or handed to who waits for it */
	OAM_NOT_OAM,     /* no A, or no 0x8902 behind the flow entropy: discard (section 3.2.1) */
	OAM_MALFORMED,   /* the head, TLV 64, or a TLV that decides on the answer */
	OAM_BAD_LEVEL,   /* of another maintenance domain */
	OAM_BAD_AUTH,    /* we demand authentication */
	OAM_BAD_INGRESS, /* from a nickname that cannot be, or is ours */
	OAM_NOT_OURS,    /* for another RBridge, or by another way than its opcode goes */
	OAM_BAD_OPCODE,  /* unknown */
	OAM_SILENT,      /* no answer is wanted */
	OAM_OUT_OF_BAND, /* out of band alone, which we do not do */
	OAM_NO_SCOPE,    /* a tree verification that does not name us */
	OAM_INCAPABLE,   /* from one that does not say that it is OAM capable: MUST NOT */
	OAM_LIMITED,     /* there were too many */
	OAM_STRAY,       /* an answer that nobody waits for */
	OAM_FRAGMENT,    /* a part of an answer: we take whole ones */
};
#define OAM_VERDICTS (OAM_FRAGMENT + 1)

/* What is limited, one by one. */
enum oam_limited {
	OAM_LIMIT_LOOPBACK,
	OAM_LIMIT_TRACE,
	OAM_LIMIT_TREE,
	OAM_LIMIT_CCM,
};
#define OAM_LIMITS (OAM_LIMIT_CCM + 1)

/* A message that came in and was believed so far. */
struct oam_in {
	uint16_t port;
	const struct data_frame *data;
	const uint8_t *packet; /* from the TRILL header on */
	size_t header_len;     /* of it */
	const uint8_t *flow;   /* OAM_FLOW_LEN bytes, from Inner.MacDA on */
	struct oam o;
};

/* Where a message came in. */
struct oam_place {
	struct oam_port port;
	uint8_t status;    /* TLV 4 */
	uint16_t previous; /* nickname of the neighbour that sent it, or NICKNAME_NONE */
};

/* Where it would go. */
struct oam_way {
	uint16_t next[OAM_HOPS_NAMED]; /* equal cost paths; of a tree, its branches */
	unsigned int count;
	bool has_port;
	struct oam_port port; /* the one that this flow takes; not of a tree */
};

/* What the room asks of others. */
struct oam_env {
	/* @f has no outer header, and lives no longer than the call. */
	void (*send)(void *arg, const struct data_frame *f);
	void (*place)(void *arg, const struct oam_in *in, struct oam_place *place);
	void (*way)(void *arg, const struct oam_in *in, struct oam_way *way);
	/* Ports of ours with receivers in @label. */
	uint32_t (*receivers)(void *arg, struct label label);
	/* The RBridge has the O bit, and not B, in its TRILL-VER (section 3.3). */
	bool (*capable)(void *arg, uint16_t nickname);
	void *arg;
};

enum oam_auth_mode {
	OAM_AUTH_NONE,    /* none is sent, none is looked at */
	OAM_AUTH_SEND,    /* sent, not looked at */
	OAM_AUTH_ENFORCE, /* sent, and demanded */
};

struct oam_room {
	struct oam_env env;
	uint16_t own[OAM_OWN_MAX]; /* our nicknames; the first is our MEP-ID */
	unsigned int own_count;
	struct mac mac; /* Inner.MacSA of flows of ours */
	enum oam_auth_mode auth;
	struct isis_key *keys[OAM_KEYS_MAX]; /* borrowed; of type 3. The first signs */
	unsigned int key_count;
	/* An answer: false when nobody waits for it. A continuity check. NULL: not wanted. */
	bool (*reply)(void *arg, const struct oam_in *in, struct mono now);
	void *reply_arg;
	bool (*ccm)(void *arg, const struct oam_in *in, struct mono now);
	void *ccm_arg;
	struct limit limits[OAM_LIMITS];
	uint64_t received[OAM_VERDICTS];
	uint64_t held_back[OAM_LIMITS];
	uint64_t sent, unsent; /* unsent: did not fit, or could not be signed */
};

void oam_init(struct oam_room *r, const struct oam_env *env, const struct mac *mac);
/* Our nicknames as they are now; @n at most OAM_OWN_MAX. */
void oam_own_set(struct oam_room *r, const uint16_t *nicknames, unsigned int n);
bool oam_is_own(const struct oam_room *r, uint16_t nickname);

/* A TRILL Data frame with A set that came up: for us, along a tree, or with a hop count that ends
 * here (as received: 0 or 1). @bytes: the frame that @data was read from. */
enum oam_verdict oam_receive(struct oam_room *r, const struct data_frame *data,
	const uint8_t *bytes, size_t len, uint16_t port, struct mono now);
/* "level" for OAM_BAD_LEVEL, "loopback" for OAM_LIMIT_LOOPBACK: the names of their counters. */
const char *oam_verdict_name(enum oam_verdict verdict);
const char *oam_limited_name(enum oam_limited kind);

/* The flow entropy of a flow in @label from us to @da: an inner header, and zeros. */
void oam_flow_of(const struct oam_room *r, const struct mac *da, struct label label,
	uint8_t flow[OAM_FLOW_LEN]);
/* Inner.MacDA where none is meant: the addresses of section 15.3. */
extern const struct mac mac_oam_unicast, mac_oam_multicast;

/* A message of ours, being written. */
struct oam_out {
	struct wire_writer w; /* TLVs are put here between oam_out_begin() and oam_out_send() */
	struct data_header header;
	size_t header_len;
	uint8_t packet[OAM_PACKET_MAX];
};

/* @header: A and the ingress are filled in, when it has none; @flow: OAM_FLOW_LEN bytes. */
void oam_out_begin(const struct oam_room *r, struct oam_out *out, const struct data_header *header,
	const uint8_t *flow, const struct oam *o);
/* With the sender TLV, authentication and the end. False: it did not fit, its flow has no inner
 * header, or it cannot be signed. */
bool oam_out_send(struct oam_room *r, struct oam_out *out);

#endif
