/* referral_cache: referrals as a DDT client follows and keeps them (RFC 8111 sections 7.3
 * and 10.4): whom to ask about a prefix, with which keys they sign, and until when that counts.
 *
 * Bounded: the one not used for longest gives way. One thread at a time, under the resolver's lock.
 * Pure; knows no request. */
#ifndef SUNWARD_MAPSERVER_REFERRAL_CACHE_H
#define SUNWARD_MAPSERVER_REFERRAL_CACHE_H

#include "lib/base/clock.h"
#include "lib/table/lpm.h"
#include "lisp/referral_auth.h"
#include "mapserver/xeid.h"

#define REFERRAL_RLOCS_MAX 8 /* of one referral that are asked; more are left out */
#define REFERRAL_KEYS_MAX  2 /* of one of them */

struct referral_rloc {
	struct endpoint at;
	uint8_t priority, weight;
	uint8_t key_count;
	struct {
		uint16_t offset, len; /* in the referral's key bytes */
	} keys[REFERRAL_KEYS_MAX];
	struct mono down_until; /* it did not answer: the others are asked first */
};

struct referral {
	struct lpm_entry entry;
	struct xeid xeid;
	struct referral *newer, *older; /* in the order of use, while cached */
	unsigned int refs;
	bool cached;
	bool root;         /* configured: everything; prefix and expiry are meaningless */
	struct eid prefix; /* unless root */
	enum referral_act act;
	struct mono expiry;
	unsigned int rloc_count;
	struct referral_rloc rlocs[REFERRAL_RLOCS_MAX]; /* by priority, lowest first */
	uint32_t key_bytes_len;
	uint8_t key_bytes[]; /* key material */
};

/* Each returns a referral with one reference, or NULL when out of memory. */

/* From a checked record. RLOCs that cannot be asked (a group, no IP address, priority 255) are left
 * out. Keys are taken only with @keys: from a record whose signature was verified. */
struct referral *referral_new(const struct referral_record *rec, bool keys, struct mono expiry);
/* @of under another prefix and action: its RLOCs and their keys. */
struct referral *referral_under(const struct referral *of, const struct eid *prefix,
	enum referral_act act, struct mono expiry);
struct referral_root {
	struct endpoint at;
	unsigned int key_count;
	struct referral_key *keys[REFERRAL_KEYS_MAX]; /* trust anchors; the caller's */
};
/* The configured beginning of every search; @count up to REFERRAL_RLOCS_MAX. */
struct referral *referral_new_root(const struct referral_root *list, unsigned int count);

struct referral *referral_ref(struct referral *r);
/* NULL is no referral. */
void referral_unref(struct referral *r);

static inline bool referral_is_negative(const struct referral *r)
{
	return r->act == REFERRAL_HOLE || r->act == REFERRAL_NOT_REGISTERED;
}

/* Whom to ask of those whose bits stand in @left: of the ones that answered lately, if there are
 * any; of these, of the best priority; of these, by their weights, as @number decides (weights all
 * 0: the first). -1: nobody. */
int referral_choose(const struct referral *r, uint32_t left, struct mono now, uint64_t number);
/* The RLOC with address @a, or -1. */
int referral_find_rloc(const struct referral *r, const struct address *a);

struct referral_cache;

/* @secret: 16 random bytes. NULL when out of memory. */
struct referral_cache *referral_cache_new(size_t max, const uint8_t secret[16]);
/* Drops its references. No reader may be left. */
void referral_cache_free(struct referral_cache *c);
size_t referral_cache_count(const struct referral_cache *c);
uint64_t referral_cache_evicted(const struct referral_cache *c);

/* Keep @r, in the place of one with the same prefix; takes a reference of its own. False: no
 * memory, or a prefix that no table holds (a long name). */
bool referral_cache_put(struct referral_cache *c, struct referral *r);
/* Forget @r; harmless when it is not kept any more. */
void referral_cache_drop(struct referral_cache *c, struct referral *r);
void referral_cache_clear(struct referral_cache *c);
/* The longest that covers @eid and is not over; NULL: none. Borrowed. */
struct referral *referral_cache_find(
	struct referral_cache *c, const struct eid *eid, struct mono now);
/* From the one used last, until @visit returns false. */
void referral_cache_each(const struct referral_cache *c,
	bool (*visit)(const struct referral *r, void *arg), void *arg);

#endif
