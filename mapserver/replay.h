/* replay: the nonces of each (Site-ID, xTR-ID, a site's key): those of Map-Registers must exceed
 * the last one (RFC 9301 section 5.6). Move messages, of which there is one for each host, may
 * overtake each other: they need a nonce that was not seen, among the last REPLAY_WINDOW ones or
 * above (as in RFC 4303 section 3.4.3). After a restart all below the first
 * that comes count as seen.
 *
 * Bounded, and no key takes the room of all others (share.h). What is known under a key that is
 * nobody's any more leaves when more than half of the room is taken: until then a key that was
 * taken away and comes back knows its nonces.
 *
 * An xTR-ID is unique only within its Site-ID, and the Site-ID is a part of the authenticated
 * message like the nonce. Checked by any thread: the compare and the set are one step. What must
 * outlive a crash goes to the store as (key, value) bytes; which store, and when, is the
 * caller's. Knows no message. */
#ifndef SUNWARD_MAPSERVER_REPLAY_H
#define SUNWARD_MAPSERVER_REPLAY_H

#include <stdbool.h>

#include "lib/base/rcu.h"
#include "lib/table/keymap.h"
#include "lisp/lisp.h"

#define REPLAY_KEY_BYTES   32
#define REPLAY_VALUE_BYTES 8
#define REPLAY_WINDOW      512 /* nonces; an xTR hands them out to all its Map-Servers in turn */

struct replay;

struct replay_entry {
	struct keymap_node node;
	uint8_t key[REPLAY_KEY_BYTES];     /* Site-ID, xTR-ID, fingerprint of the key: as stored */
	uint64_t nonce;                    /* the greatest that was seen; atomic */
	uint64_t seen[REPLAY_WINDOW / 64]; /* bit n % REPLAY_WINDOW: n was, of the last ones */
	uint64_t saved;                    /* the nonce that is in the store; the committer's */
	uint32_t jobs;                     /* atomic: messages on their way to the committer */
	uint32_t grace;                    /* atomic: taken out, and no reader sees it any more */
	struct replay_entry *next_gone;
	struct rcu_node rcu;
	bool waits;    /* the committer's: in the group on its way */
	bool known;    /* a nonce was seen at all (0 is a nonce too) */
	bool restored; /* out of the store, and nothing came since */
	bool busy;     /* atomic: somebody reads or changes nonce, seen and known */
};

enum replay_order {
	REPLAY_RISING,
	REPLAY_ANY_ORDER, /* within the window */
};

enum replay_verdict {
	REPLAY_NEW,  /* the nonce is greater, and is now the last */
	REPLAY_LATE, /* it is new, but a greater one was seen before */
	REPLAY_OLD,  /* neither: drop the message and log */
	REPLAY_FULL, /* no room for one more xTR under this key */
};

/* @max: entries. @secret: 16 random bytes. */
struct replay *replay_new(size_t max, const uint8_t secret[16]);
void replay_free(struct replay *r);

size_t replay_count(const struct replay *r);
/* There is an entry of this stored key. */
bool replay_has(const struct replay *r, const uint8_t key[REPLAY_KEY_BYTES]);

/* Check @nonce and take it (REPLAY_LATE only in any @order). @key_fingerprint tells one key from
 * another without telling the key.
 * *@entry: what the commit of this message saves; NULL when full. Under RCU; who wants @entry for
 * longer holds it. */
enum replay_verdict replay_check(struct replay *r, uint64_t site_id,
	const struct lisp_xtr_id *xtr_id, uint64_t key_fingerprint, uint64_t nonce,
	enum replay_order order, struct replay_entry **entry);

/* The value to store for @e now; true when it differs from what was saved last. */
bool replay_value(const struct replay_entry *e, uint64_t *nonce, uint8_t value[REPLAY_VALUE_BYTES]);
/* @nonce is in the store now. The committer only. */
void replay_saved(struct replay_entry *e, uint64_t nonce);
/* Of the key of a stored pair. False: not of this form. */
bool replay_stored_fingerprint(const void *key, size_t key_len, uint64_t *fingerprint);
/* Take in one stored pair; a greater nonce that was seen since stays. False: not of this form, or
 * no room. */
bool replay_load(
	struct replay *r, const void *key, size_t key_len, const void *value, size_t value_len);
void replay_hold(struct replay_entry *e);
void replay_release(struct replay_entry *e);

/* More than half of the room is taken. */
bool replay_crowded(const struct replay *r);
/* Take out what is known under keys that @is_known (given @known) does not know; @taken (given
 * @arg) is told of each before it goes, and returns false when no more may go now. The committer
 * only. */
void replay_prune(struct replay *r, bool (*is_known)(void *known, uint64_t key_fingerprint),
	void *known, bool (*taken)(void *arg, const struct replay_entry *e), void *arg);
void replay_each(struct replay *r, void (*visit)(struct replay_entry *e, void *arg), void *arg);

#endif
