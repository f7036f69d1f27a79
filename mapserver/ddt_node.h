/* ddt_node: what a DDT node, and a Map-Server at a leaf of the tree, answers to a DDT Map-Request:
 * a Map-Referral (RFC 8111 sections 6, 7.1, 7.2 and 8.3). Pure. */
#ifndef SUNWARD_MAPSERVER_DDT_NODE_H
#define SUNWARD_MAPSERVER_DDT_NODE_H

#include "lisp/map_referral.h"
#include "lisp/map_request.h"
#include "mapserver/delegation.h"
#include "mapserver/server.h"

#define DDT_NODE_RECORDS_MAX 4    /* of one request; RFC 9301 has an ITR send one */
#define DDT_REFERRAL_BYTES   1400 /* of a Map-Referral: it is not fragmented on its way */

#define DDT_TTL_REFERRAL_MIN       1440
#define DDT_TTL_REGISTERED_MIN     1440
#define DDT_TTL_NOT_REGISTERED_MIN 1
#define DDT_TTL_HOLE_MIN           15
#define DDT_TTL_NOT_AUTHORITATIVE  0

/* What the tree says about one EID. */
struct ddt_verdict {
	enum referral_act act;
	struct eid prefix;
	bool configured; /* the prefix is the operator's, whoever asks for what in it */
	const struct delegation *delegation; /* NODE, MS */
	const struct authority *authority;   /* MS_ACK, NOT_REGISTERED; its peers; may be NULL */
};

struct ddt_verdicts {
	unsigned int count;
	struct ddt_verdict list[DDT_NODE_RECORDS_MAX];
	uint32_t here; /* bit i: record i is for a registrant of ours (MS_ACK) */
};

/* Decide about the EIDs of @m; under RCU, as is the use of @out. */
void ddt_node_decide(const struct server *s, const struct map_request *m, struct mono now,
	struct ddt_verdicts *out);
/* Send them to whom @d came from. @served: what is for our registrants was followed; else their
 * records are left out. */
void ddt_node_refer(struct server_thread *t, const struct datagram *d, uint64_t nonce,
	const struct ddt_verdicts *v, bool served, struct mono now, struct outbox *out);

/* Bytes of the Map-Referral to @d, with @signatures of @signature_bytes each; for the check of a
 * configuration. */
size_t ddt_node_referral_size(
	const struct delegation *d, unsigned int signatures, size_t signature_bytes);

#endif
