/* secure: protected Map-Requests (RFC 9303 sections 6.6 and 6.7): their One-Time Key is taken out
 * when they come, wrapped anew when they are passed on, and protects what is answered.
 *
 * request.c says what is answered; which key is whose, and how the answer is protected, is told
 * here. */
#ifndef SUNWARD_MAPSERVER_SECURE_H
#define SUNWARD_MAPSERVER_SECURE_H

#include "lisp/ecm.h"
#include "lisp/lispsec.h"
#include "mapserver/resolve.h"
#include "mapserver/server.h"

#define SECURE_PREFIX_BYTES 1024 /* what the EID-AD of one reply may take */

/* Of one protected Map-Request. */
struct secure {
	struct otk itr_otk;
	uint64_t nonce;
	uint8_t wrap_id;  /* as it came */
	uint16_t hmac_id; /* as asked for; 0: no preference */
	uint16_t kdf_id;  /* likewise */
	bool cant_sign;   /* E of the reply being written */
	struct wire_writer w;
	struct lispsec_eid_ad_writer eid_ad;
	uint8_t bytes[SECURE_PREFIX_BYTES];
};

/* Take the One-Time Key out of @m, which came in @d around the Map-Request with @nonce. False:
 * dropped and counted; the message MUST be discarded (section 6.5). secure_close wipes @s. */
bool secure_open(struct server_thread *t, struct secure *s, const struct datagram *d,
	const struct ecm *m, uint64_t nonce, struct mono now);
void secure_close(struct secure *s);

/* Begin a reply: secure_open has done so; for who answers later, with the five fields above set. */
void secure_start(struct secure *s);
/* A reply is being written: another record of it, for @eid. */
void secure_add(struct secure *s, const struct eid *eid);
/* Of each record that answer_write() writes. */
void secure_add_answer(struct secure *s, const struct answer *a);
/* End the reply: EID-AD and PKT-AD (section 6.7.2). False: it does not fit. */
bool secure_reply(struct server_thread *t, struct secure *s, struct wire_writer *w);

/* The one of a mapping's registrants that a request is passed on to. */
struct secure_etr {
	const struct mapping *mapping; /* NULL: none */
	const struct xtr *registrant;
	bool cant_sign; /* another one of them is without LISP-SEC (section 6.7, rule 2) */
};

/* The authentication data of the new ECM: to an ETR (section 6.7.1), and to the Map-Server at @to
 * (section 6.6). False: dropped and counted, for there is no key to wrap the One-Time Key with. */
#define SECURE_AD_BYTES 256 /* what it takes at most */
bool secure_pass_to_etr(struct server_thread *t, const struct secure *s, const struct datagram *d,
	const struct secure_etr *etr, struct wire_writer *w, struct mono now);
bool secure_pass_to_server(struct server_thread *t, const struct secure *s,
	const struct datagram *d, const struct address *to, struct wire_writer *w, struct mono now);

#endif
