/* ddt_sign: the signatures of the records that a DDT node sends (RFC 8111 section 10.2), kept as
 * long as they are good.
 *
 * An RSA signature takes a processor the better part of a millisecond, and whoever asks chooses
 * what is signed; so signatures are kept, and how many are made a second is limited. Any thread.
 * Pure: both times are arguments. */
#ifndef SUNWARD_MAPSERVER_DDT_SIGN_H
#define SUNWARD_MAPSERVER_DDT_SIGN_H

#include "lib/base/limit.h"
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
	struct limit_rate rate;                       /* signatures made, of each kind */
	uint8_t secret[16];
};

/* NULL when out of memory; the keys are freed then. */
struct ddt_signer *ddt_signer_new(const struct ddt_signer_options *o);
void ddt_signer_free(struct ddt_signer *s);

/* What the record is about: its own delegations, of which there are as many as are configured, or
 * whatever was asked for. One cannot crowd out the other. */
enum ddt_sign_kind {
	DDT_SIGN_CONFIGURED,
	DDT_SIGN_ASKED,
	DDT_SIGN_KINDS,
};

/* SigCnt of what it signs. */
unsigned int ddt_signer_count(const struct ddt_signer *s);
const struct referral_key *ddt_signer_key(const struct ddt_signer *s, unsigned int i);
/* Append the signatures of the record that was written from @record_at to here. 0; -EAGAIN: too
 * many for now; -ENOBUFS: the writer has no room; -EIO: OpenSSL failed. */
int ddt_signer_sign(struct ddt_signer *s, struct wire_writer *w, size_t record_at,
	enum ddt_sign_kind kind, struct mono now, uint64_t wall_s);

#endif
