/* stored_subscription: the form in which a map-server keeps subscriptions (RFC 9437): what is known
 * of an xTR once, each of its subscriptions, and the One-Time Keys that it has used. Pure.
 *
 * One table; its keys begin with the xTR's number among the owners, and are told apart by their
 * length: the number alone, with a place in the ring of One-Time Keys, with an EID-prefix. */
#ifndef SUNWARD_LISP_STORED_SUBSCRIPTION_H
#define SUNWARD_LISP_STORED_SUBSCRIPTION_H

#include "lisp/otk.h"
#include "lisp/stored.h"

#define STORED_SUBSCRIBER_RLOCS   4
#define STORED_SUBSCRIPTION_KEY   (STORED_OWNER_KEY + STORED_EID_BYTES)
#define STORED_SUBSCRIPTION_BYTES 160

enum stored_subscription_kind {
	STORED_SUBSCRIBER,
	STORED_SUBSCRIPTION,
	STORED_USED_OTK,
};

struct stored_subscription_key {
	enum stored_subscription_kind kind;
	uint32_t owner;
	struct eid eid; /* of a SUBSCRIPTION */
	uint16_t place; /* of a USED_OTK */
};

struct stored_subscriber {
	uint64_t floor, past_floor;
	uint8_t key_id, key_alg;
	struct address local; /* AFI_NONE: not known */
	uint8_t rloc_count;
	struct address rlocs[STORED_SUBSCRIBER_RLOCS];
};

enum stored_subscription_flag {
	STORED_SUBSCRIPTION_MUTED = 1,
	STORED_SUBSCRIPTION_ENDED = 2,
	STORED_SUBSCRIPTION_TEMPORARY = 4,
};

struct stored_subscription {
	uint8_t flags;
	uint64_t nonce; /* none above it was used */
	uint64_t seen;  /* the last that the xTR is known to have */
	struct pubsub_key key;
};

struct stored_used_otk {
	uint64_t hash, nonce;
};

/* Writers return the length; 0: @cap is too small or the value cannot be kept. Readers: false when
 * it is none of ours, or damaged. */
size_t stored_subscription_key(uint8_t *key, size_t cap, const struct stored_subscription_key *k);
bool stored_subscription_key_read(
	const uint8_t *key, size_t len, struct stored_subscription_key *out);
size_t stored_subscriber_write(uint8_t *buf, size_t cap, const struct stored_subscriber *s);
bool stored_subscriber_read(const uint8_t *value, size_t len, struct stored_subscriber *out);
size_t stored_subscription_write(uint8_t *buf, size_t cap, const struct stored_subscription *s);
bool stored_subscription_read(const uint8_t *value, size_t len, struct stored_subscription *out);
size_t stored_used_otk_write(uint8_t *buf, size_t cap, const struct stored_used_otk *o);
bool stored_used_otk_read(const uint8_t *value, size_t len, struct stored_used_otk *out);

#endif
