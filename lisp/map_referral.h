/* map_referral: Map-Referral (RFC 8111 section 6.4). */
#ifndef SUNWARD_LISP_MAP_REFERRAL_H
#define SUNWARD_LISP_MAP_REFERRAL_H

#include "lisp/record.h"

enum referral_act {
	REFERRAL_NODE = 0,
	REFERRAL_MS = 1,
	REFERRAL_MS_ACK = 2,
	REFERRAL_NOT_REGISTERED = 3,
	REFERRAL_HOLE = 4,
	REFERRAL_NOT_AUTHORITATIVE = 5,
};

struct referral_signature {
	uint32_t original_ttl, expiration, inception; /* seconds, since 1970 for the latter two */
	uint16_t key_tag;
	uint8_t algorithm;
	const uint8_t *bytes; /* borrowed */
	uint16_t len;
};

struct referral_record {
	uint32_t ttl_min;
	uint8_t plen;
	uint8_t act; /* enum referral_act; others are kept */
	bool authoritative, incomplete;
	uint16_t map_version;
	uint8_t referral_count, signature_count;
	struct lisp_eid eid;
	struct wire_reader referrals;  /* lisp_rloc shape: referral_next */
	struct wire_reader signatures; /* referral_signature_next */
	const uint8_t *raw;
	size_t raw_len;
};

struct map_referral {
	uint64_t nonce;
	unsigned int record_count;
	struct wire_reader records;
};

int map_referral_parse(
	const void *pkt, size_t len, struct map_referral *m, struct wire_fault *fault);
bool map_referral_next(struct map_referral *m, struct referral_record *rec);
bool referral_next(struct referral_record *rec, struct lisp_rloc *rloc);
bool referral_signature_next(struct referral_record *rec, struct referral_signature *sig);

void map_referral_begin(struct wire_writer *w, uint64_t nonce);
void map_referral_record_write(struct wire_writer *w, const struct eid *eid, uint32_t ttl_min,
	uint8_t referral_count, uint8_t signature_count, enum referral_act act, bool incomplete,
	uint16_t map_version);
void referral_signature_write(struct wire_writer *w, const struct referral_signature *sig);
void map_referral_finish(struct wire_writer *w, unsigned int record_count);

#endif
