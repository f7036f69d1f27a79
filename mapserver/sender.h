/* sender: whose message it is: its site, its key, the xTR; and what is sent back to it, signed with
 * the same key.
 *
 * Authentication comes first: before it has passed nothing is allocated, and nothing is looked up
 * but the sites of the first EID: one as a rule, and where some share its prefix, the one whose key
 * verifies. */
#ifndef SUNWARD_MAPSERVER_SENDER_H
#define SUNWARD_MAPSERVER_SENDER_H

#include "lisp/move.h"
#include "mapserver/server.h"

struct sender {
	const struct site_table *sites;
	struct site *site;
	struct site_key *key;
	struct auth_key *ready; /* the key, for this thread */
	struct xtr *xtr;        /* set by sender_accept */
	struct replay_entry *replay;
};

/* Find the key by @eid and @auth, and verify. Drops with the reason, and returns false, when it is
 * not right. */
bool sender_authenticate(struct server_thread *t, const struct datagram *d, enum lisp_type type,
	uint64_t nonce, const struct auth_field *auth, const struct eid *eid, struct mono now,
	struct sender *s);
/* The same for an answer of @xtr, whatever its EID: by a key of the site that it is of. */
bool sender_authenticate_as(struct server_thread *t, const struct datagram *d, enum lisp_type type,
	uint64_t nonce, const struct auth_field *auth, const struct xtr *xtr, struct mono now,
	struct sender *s);
/* The key only, found once more for a message of @xtr that was authenticated before (the
 * committer's). */
bool sender_find(struct server_thread *t, const struct auth_field *auth, const struct eid *eid,
	struct xtr *xtr, struct sender *s);
/* The site's xTR @id may register @eid. */
bool sender_allows(struct server_thread *t, const struct datagram *d, enum lisp_type type,
	const struct eid *eid, struct mono now, const struct sender *s);
/* Check the nonce against replay, and note who it is and whence. */
bool sender_accept(struct server_thread *t, const struct datagram *d, enum lisp_type type,
	uint64_t nonce, uint64_t site_id, const struct lisp_xtr_id *xtr_id, struct mono now,
	struct sender *s);

/* What one record asks for, as its site's policy makes it. @locators receives the kept form. False:
 * dropped. */
bool sender_registration(struct server_thread *t, const struct datagram *d,
	const struct map_register *m, struct lisp_record *rec, const struct sender *s,
	struct mono now, struct locators *locators, struct registration *in);
/* The same for the record of a claim. */
bool sender_claim(struct server_thread *t, const struct datagram *d, struct move *m,
	const struct sender *s, struct mono now, struct locators *locators,
	struct registration *in);

/* The Map-Notify that acknowledges @m: its nonce, records and ids (RFC 9301 section 5.7). */
void sender_acknowledge(struct server_thread *t, const struct datagram *d,
	const struct map_register *m, const struct sender *s, struct mono now, struct outbox *out);

/* Answer the move message @m: @kind MOVE_GRANTED or MOVE_REFUSED, with @seq and the present owner's
 * mapping (NULL: none). */
void sender_answer_move(struct server_thread *t, const struct datagram *d, const struct move *m,
	enum move_kind kind, uint64_t seq, const struct mapping *present, const struct sender *s,
	struct mono now, struct outbox *out);

/* Write a MOVE_* message about @eid to @buf: the record of @present, or none. Length or a negative
 * lisp_error. */
int sender_write_move(uint8_t *buf, size_t cap, enum move_kind kind, uint64_t nonce, uint64_t seq,
	const struct eid *eid, const struct mapping *present, const struct site *site,
	const struct site_key *key, struct auth_key *ready);

#endif
