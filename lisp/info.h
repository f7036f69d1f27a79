/* info: Info-Request and Info-Reply (the NAT-traversal draft, type 7). */
#ifndef SUNWARD_LISP_INFO_H
#define SUNWARD_LISP_INFO_H

#include "lisp/auth.h"
#include "lisp/lcaf.h"

struct info {
	bool reply; /* R */
	uint64_t nonce;
	uint16_t key_id;
	struct auth_field auth; /* alg is not on the wire: AUTH_NONE */
	uint32_t ttl_min;
	struct lisp_eid eid;
	struct lisp_field nat; /* LCAF 7 in a reply; AFI_NONE in a request */
};

/* The draft's Key ID has 16 bits and no Algorithm ID beside it. What stands there for key @id with
 * @alg: its number; for key 0, which peers of RFC 6830 use, the algorithm's. */
static inline uint16_t info_key_id(uint8_t id, enum auth_alg alg)
{
	return id ? id : (uint16_t)alg;
}

/* @field may mean that key: by its number, or read as RFC 9301's Key ID and Algorithm ID. */
static inline bool info_key_fits(uint16_t field, uint8_t id, enum auth_alg alg)
{
	return field == id || field == (uint16_t)(id << 8 | (unsigned int)alg);
}

int info_parse(const void *pkt, size_t len, struct info *m, struct wire_fault *fault);
/* Write either; @nat is NULL in a request. The MAC (HMAC-SHA1-96 or SHA-256-128 by @alg) is filled
 * in by auth_sign. Returns the length, or -LISP_ENOROOM. */
int info_write(void *buf, size_t cap, struct info *m, const struct lcaf *nat, enum auth_alg alg,
	const struct auth_options *opt);

#endif
