/* ddt_sign: the signatures of the records that a DDT node sends (RFC 8111 section 10.2), kept as
 * long as they are good.
 *
 * An RSA signature takes a processor the better part of a millisecond, and whoever asks chooses
 * what is signed; so signatures are kept, and how many are made a second is limited. Any thread.
 * Pure: both times are arguments. */
#ifndef SUNWARD_MAPSERVER_DDT_SIGN_H
#define SUNWARD_MAPSERVER_DDT_SIGN_H

#include "lib/base/limit.h"
#include "lib/net/address.h"
#include "lisp/referral_auth.h"

#define DDT_SIGN_KEYS_MAX 2 /* the old and the new one, while keys change */
#define DDT_SIGN_SKEW_S                                                                            \
	7200 /* inceptions lie this far back: clocks differ, by an hour in summer                  \
	      */

struct ddt_signer;

struct ddt_signer_options {
	unsigned int key_count;
	struct referral_key *keys[DDT_SIGN_KEYS_MAX]; /* taken */
	uint64_t life_s;                              /* from the signing to the expiration */
	/* Signatures made of the configured and of the asked; a quarter of it of the others. One
	 * asker has half of what is made about no configured prefix. */
	struct limit_rate rate;
	uint8_t secret[16];
};

/* NULL when out of memory; the keys are freed then. */
struct ddt_signer *ddt_signer_new(const struct ddt_signer_options *o);
void ddt_signer_free(struct ddt_signer *s);

/* What the record is about. Whoever asks for much of one kind takes nothing from the others. */
enum ddt_sign_kind {
	DDT_SIGN_CONFIGURED, /* a delegation's or a site's prefix: there are so many, and no more */
	DDT_SIGN_ASKED,      /* a hole, or what is not registered: around what was asked for */
	DDT_SIGN_NOWHERE,    /* exactly what was asked for, which is no concern of this node */
	DDT_SIGN_KINDS,
};

/* SigCnt of what it signs. */
unsigned int ddt_signer_count(const struct ddt_signer *s);
const struct referral_key *ddt_signer_key(const struct ddt_signer *s, unsigned int i);
/* Append the signatures of the record that was written from @record_at to here, for @asker. 0;
 * -EAGAIN: too many for now; -ENOBUFS: the writer has no room; -EIO: OpenSSL failed. */
int ddt_signer_sign(struct ddt_signer *s, struct wire_writer *w, size_t record_at,
	enum ddt_sign_kind kind, const struct address *asker, struct mono now, uint64_t wall_s);

#endif
