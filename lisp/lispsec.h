/* lispsec: the authentication data of LISP-SEC (RFC 9303 sections 6.1 and 6.2): what an
 * Encapsulated Control Message and a Map-Reply carry, both ways, with the HMACs over them.
 *
 * ecm.h and map_reply.h find where it stands; here it is taken apart. Keys are otk.h's. */
#ifndef SUNWARD_LISP_LISPSEC_H
#define SUNWARD_LISP_LISPSEC_H

#include "lisp/lcaf.h"
#include "lisp/otk.h"

/* Bytes that authentication data adds at most, but for the EID-records of the EID-AD. */
#define LISPSEC_REQUEST_BYTES (4 + 4 + OTK_WRAPPED_BYTES + 8 + OTK_HMAC_MAX)
#define LISPSEC_REPLY_BYTES   (4 + 8 + OTK_HMAC_MAX + 4 + OTK_HMAC_MAX)

/* EID Authentication Data: which EID-prefixes the Map-Server vouches for. */
struct lispsec_eid_ad {
	uint16_t kdf_id;
	bool bare;      /* the ITR's: nothing but the KDF ID; the rest is not set */
	bool cant_sign; /* E: an ETR of these prefixes has not enabled LISP-SEC */
	uint16_t hmac_id;
	unsigned int record_count;
	struct wire_reader records; /* for lispsec_eid_next */
	const uint8_t *raw;         /* borrowed: from its length on */
	size_t raw_len;
	size_t hmac_at; /* in raw; the HMAC ends it */
};

/* Authentication data of an ECM. */
struct lispsec_request {
	uint16_t hmac_id; /* Requested HMAC ID */
	struct otk_wrapped otk;
	struct lispsec_eid_ad eid_ad;
};

/* Authentication data of a Map-Reply. */
struct lispsec_reply {
	struct lispsec_eid_ad eid_ad;
	uint16_t hmac_id; /* PKT HMAC ID */
	size_t hmac_at;   /* in the message; the HMAC ends it */
	size_t hmac_len;
};

/* Parse the @ad_len bytes at @ad, inside the message that begins at @msg, as ecm_parse() or
 * map_reply_parse() found them. Pure; does not authenticate. An HMAC of a known algorithm has that
 * algorithm's length. 0 or a negative lisp_error; @fault names field and offset in the message. */
int lispsec_request_parse(const void *msg, const uint8_t *ad, size_t ad_len,
	struct lispsec_request *m, struct wire_fault *fault);
int lispsec_reply_parse(const void *msg, const uint8_t *ad, size_t ad_len, struct lispsec_reply *m,
	struct wire_fault *fault);

/* Step over the EID-prefixes of checked ones. False at the end. */
bool lispsec_eid_next(struct lispsec_eid_ad *ad, struct lisp_eid *eid);
/* The Map-Server vouches for @eid: it is one of its prefixes, or lies in one. A record that is
 * wider than every one of them over-claims and is discarded (section 6.9.1). */
bool lispsec_vouched(const struct lispsec_eid_ad *ad, const struct eid *eid);

/* Made with @itr_otk. */
bool lispsec_eid_ad_verify(
	struct otk_tools *t, const struct lispsec_eid_ad *ad, const struct otk *itr_otk);
/* @msg, @len: the whole Map-Reply. Made with @ms_otk. */
bool lispsec_reply_verify(struct otk_tools *t, const struct lispsec_reply *m, const void *msg,
	size_t len, const struct otk *ms_otk);

/* ---- writing ---- */

/* The head of an ECM's authentication data; an EID-AD follows, bare or whole. */
void lispsec_request_write(
	struct wire_writer *w, uint16_t hmac_id, const struct otk_wrapped *wrapped);
/* The ITR's EID-AD. */
void lispsec_eid_ad_write_bare(struct wire_writer *w, uint16_t kdf_id);

/* The Map-Server's EID-AD: begin, add each prefix, finish with the HMAC. */
struct lispsec_eid_ad_writer {
	size_t at;
	uint16_t hmac_id;
	unsigned int count;
};
void lispsec_eid_ad_begin(struct wire_writer *w, struct lispsec_eid_ad_writer *e,
	enum otk_kdf kdf_id, enum otk_hmac hmac_id);
void lispsec_eid_ad_add(
	struct wire_writer *w, struct lispsec_eid_ad_writer *e, const struct eid *eid);
void lispsec_eid_ad_finish(struct wire_writer *w, struct lispsec_eid_ad_writer *e, bool cant_sign,
	struct otk_tools *t, const struct otk *itr_otk);
/* Bytes that one prefix takes there. */
size_t lispsec_eid_bytes(const struct eid *eid);

/* End a Map-Reply whose records are written (map_reply_begin, ..., map_reply_finish; from the
 * writer's first byte): the S bit, the EID-AD, the PKT-AD. Returns the length or a negative
 * lisp_error. */
int lispsec_reply_finish(struct wire_writer *w, const uint8_t *eid_ad, size_t eid_ad_len,
	enum otk_hmac hmac_id, struct otk_tools *t, const struct otk *ms_otk);

#endif
