/* lig_message: what lig sends, and what it takes for an answer (lig.h). Pure. */
#include "cli/lig.h"

#include "lisp/ecm.h"
#include "lisp/map_request.h"

/* The inner header's addresses are of one family, its source is our RLOC (by which the mapping
 * system knows that the ITR-RLOC is no forgery), and its destination is the EID (RFC 9301
 * section 5.8). An EID of another family than our RLOC, or one that is no IP address, leaves the
 * map-resolver to stand in for it. */
static struct endpoint inner_destination(const struct lig_query *q, const struct endpoint *us)
{
	bool fits = address_is_ip(&q->eid.addr) && q->eid.addr.afi == us->addr.afi;

	return (struct endpoint){
		.addr = fits ? q->eid.addr : q->resolver.addr, .port = LISP_CONTROL_PORT};
}

size_t lig_request(
	void *buf, size_t cap, const struct lig_query *q, const struct endpoint *us, uint64_t nonce)
{
	struct map_request_spec spec = {
		.nonce = nonce,
		.source_eid = q->source_eid,
		.source_iid = q->source_eid.afi != AFI_NONE ? q->eid.iid : 0,
		.itr_rloc_count = 1,
		.itr_rlocs = {us->addr},
		.eid = q->eid,
	};
	uint8_t message[LIG_REQUEST_MAX];
	struct endpoint to = inner_destination(q, us);
	int len;

	len = map_request_write(message, sizeof(message), &spec);
	if (len < 0)
		return 0;
	len = ecm_write(buf, cap, us, &to, false, message, (size_t)len);
	return len > 0 ? (size_t)len : 0;
}

enum lig_verdict lig_judge(const void *pkt, size_t len, const uint64_t *nonces,
	unsigned int nonce_count, struct map_reply *reply, unsigned int *which,
	struct wire_fault *fault)
{
	if (lisp_type_of(pkt, len) != LISP_MAP_REPLY)
		return LIG_NOT_A_REPLY;
	if (map_reply_parse(pkt, len, reply, fault) != 0)
		return LIG_MALFORMED;
	for (*which = 0; *which < nonce_count; ++*which)
		if (nonces[*which] == reply->nonce && !reply->probe)
			return LIG_ANSWER;
	return LIG_FOREIGN;
}
