/* protection: LISP-SEC at the tunnel router (RFC 9303): the One-Time Key of each Map-Request that
 * the ITR sends, what it believes of the reply (sections 6.4 and 6.9), and how the ETR protects its
 * own replies (section 6.8).
 *
 * It sends nothing and caches nothing: resolution and etr do. */
#ifndef SUNWARD_XTR_PROTECTION_H
#define SUNWARD_XTR_PROTECTION_H

#include "lisp/ecm.h"
#include "lisp/lispsec.h"
#include "lisp/map_reply.h"
#include "xtr/env.h"

/* Of one question of the ITR: the key goes with its nonce. */
struct protection {
	bool on;           /* the Map-Request under way is protected */
	bool downgraded;   /* the Map-Server said that protection cannot be had */
	uint8_t hmac, kdf; /* which of the policy's are asked for */
	struct otk otk;
};

/* Draw the key of a new Map-Request, if the policy wants it protected. */
void protection_begin(struct env *env, struct protection *p);
/* The authentication data of its ECM. False: the library failed. */
bool protection_write(
	struct env *env, const struct protection *p, uint64_t nonce, struct wire_writer *w);
/* The key of the subscription that such a request, with @nonce, asks for (RFC 9437 section 7.1);
 * none when it goes in clear. */
void protection_pubsub_key(
	struct env *env, const struct protection *p, uint64_t nonce, struct pubsub_key *key);
/* The key is of no more use. */
void protection_end(struct protection *p);

enum protection_verdict {
	PROTECTION_GOOD,      /* both HMACs are right: what is vouched for may be used */
	PROTECTION_REFUSED,   /* counted; the true reply may still come */
	PROTECTION_RETRY,     /* counted; ask anew, with other algorithms: *p says which */
	PROTECTION_DOWNGRADE, /* ask anew without protection: *p says so */
};
/* A reply with the nonce of a protected Map-Request: @msg of @len bytes, parsed as @reply. @ad is
 * filled in when GOOD. */
enum protection_verdict protection_check(struct env *env, struct protection *p,
	const struct map_reply *reply, const void *msg, size_t len, const struct endpoint *from,
	struct lispsec_eid_ad *ad);
/* Count and log the records of a GOOD reply that it does not vouch for (section 6.9.1: "a log
 * action MUST be taken"). */
void protection_overclaims(struct env *env, const struct map_reply *reply,
	const struct lispsec_eid_ad *ad, const struct endpoint *from);

/* Of one protected Map-Request that the ETR was sent. */
struct protection_etr {
	struct otk ms_otk;
	enum otk_hmac hmac_id;
	const uint8_t *eid_ad; /* borrowed from the message; copied into the reply */
	size_t eid_ad_len;
};
/* Take the key out of the ECM @m, which begins at @msg, around a Map-Request with @nonce, by the
 * keys of our Map-Servers. False: counted, and the message is dropped. */
bool protection_open(struct env *env, const struct ecm *m, const void *msg, uint64_t nonce,
	const struct endpoint *from, struct protection_etr *out);
/* Bytes that protection_close adds to a reply at most. */
#define PROTECTION_REPLY_BYTES 512
/* End the finished Map-Reply with EID-AD and PKT-AD. Wipes the key. False: it does not fit. */
bool protection_close(struct env *env, struct protection_etr *p, struct wire_writer *w);

#endif
