/* agreement: what the two sides of a subscription have agreed upon: nonce, key, addresses (RFC 9437
 * sections 5, 6 and 7.1; docs/decisions/pubsub.md). The half of subscription.h that is about one
 * subscription and its offer; tables are subscription.c's. */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "mapserver/subscription.h"

#define NEAR     UINT64_C(0x100000000) /* of a nonce: what can have been published in between */
#define PAST_MAX 4096                  /* One-Time Keys of one xTR that are remembered */
/* The last nonces that there are: only an xTR that has come so far may use them, by small steps. A
 * random first nonce (RFC 9301 section 5.2) is among them once in 4096. */
#define LAST_NONCES (UINT64_MAX - (UINT64_C(1) << 52))
#define SMALL_STEP  (UINT64_C(1) << 24)

void pubsub_key_free(struct pubsub_key *key)
{
	if (!key)
		return;
	OPENSSL_cleanse(key, sizeof(*key));
	free(key);
}

void subscription_withdraw_offer(struct subscription *s)
{
	if (!s->offer)
		return;
	OPENSSL_cleanse(s->offer, sizeof(*s->offer));
	free(s->offer);
	s->offer = NULL;
}

/* While nothing is agreed upon, all goes by the offer. */
static bool by_offer(const struct subscription *s)
{
	return s->offer && !s->agreed;
}

const struct pubsub_key *subscription_key(const struct subscription *s)
{
	if (by_offer(s))
		return s->offer->key.len ? &s->offer->key : NULL;
	return s->key;
}

/* Not the one that the Map-Notify to an offer has: an acknowledgement would not tell which is
 * meant. */
uint64_t subscription_next_nonce(const struct subscription *s)
{
	uint64_t last = by_offer(s) ? s->offer->last : s->nonce;

	last += last < UINT64_MAX;
	if (s->offer && s->agreed && last == s->offer->nonce)
		last += last < UINT64_MAX;
	return last;
}

bool subscription_leaves_room(const struct subscription *s, uint64_t nonce)
{
	uint64_t known = 0;

	if (s)
		known = s->nonce > s->seen ? s->nonce : s->seen;
	return nonce < LAST_NONCES || nonce <= known || nonce - known < SMALL_STEP;
}

void subscription_use_nonce(struct subscription *s, uint64_t nonce)
{
	uint64_t *last = by_offer(s) ? &s->offer->last : &s->nonce;

	if (nonce > *last)
		*last = nonce;
}

static void take_path(struct subscription *s)
{
	const struct offer *o = s->offer;
	struct subscriber *who = s->who;

	memcpy(who->rlocs, o->rlocs, sizeof(who->rlocs));
	who->rloc_count = o->rloc_count;
	who->local = o->local;
	who->unkept = true;
}

/* RFC 9437 section 7.1: with another key the nonces begin anew; what was told under the old one is
 * of no use to anybody. False: no memory; the old agreement stands. */
static bool take_key(struct subscription *s, uint64_t nonce)
{
	struct pubsub_key *key = malloc(sizeof(*key));

	if (!key)
		return false;
	*key = s->offer->key;
	pubsub_key_free(s->key);
	s->key = key;
	s->nonce = s->offer->last;
	s->seen = nonce;
	return true;
}

static bool take_offer(struct subscription *s, uint64_t nonce, bool *behind)
{
	*behind = false;
	if (s->offer->key.len) {
		if (!take_key(s, nonce))
			return false;
	} else {
		pubsub_key_free(s->key);
		s->key = NULL;
		*behind = s->nonce > s->offer->last;
		if (s->offer->last > s->nonce)
			s->nonce = s->offer->last;
	}
	take_path(s);
	s->agreed = true;
	subscription_withdraw_offer(s);
	return true;
}

bool subscription_agree(struct subscription *s, uint64_t nonce, bool *behind)
{
	const struct offer *o = s->offer;
	bool stands = o && !o->ends && nonce >= o->nonce && nonce <= o->last;

	*behind = false;
	if (o && !stands && !o->ends && s->agreed && !o->key.len && nonce - o->nonce < NEAR) {
		subscription_withdraw_offer(s); /* a publication has overtaken it */
		o = NULL;
	}
	if (stands && !take_offer(s, nonce, behind))
		return false;
	if (nonce > s->seen)
		s->seen = nonce;
	return stands;
}

bool subscription_offer_end(struct subscription *s, const struct offer *offer)
{
	struct offer *copy = malloc(sizeof(*copy));

	if (!copy)
		return false;
	subscription_withdraw_offer(s);
	*copy = *offer;
	copy->ends = true;
	copy->asked = offer->nonce;
	copy->key.len = 0;
	/* Of no publication, whose acknowledgement would else be taken for this one's. */
	if (copy->nonce <= s->nonce)
		copy->nonce = s->nonce + (s->nonce < UINT64_MAX);
	copy->last = copy->nonce;
	s->offer = copy;
	return true;
}

void subscription_note_nonce(struct subscription *s, uint64_t nonce)
{
	uint64_t known = s->nonce > s->seen ? s->nonce : s->seen;

	if (known ? nonce - known >= NEAR : nonce >> 63)
		return;
	s->seen = nonce;
	if (nonce > s->nonce)
		s->nonce = nonce;
}

/* ---- One-Time Keys ---- */

/* "A Map-Server implementation may decide not to keep track of all past OTKs and instead use some
 * form of hash." */
static uint64_t otk_hash(const struct otk *otk)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];
	uint64_t hash;

	SHA256(otk->bytes, sizeof(otk->bytes), digest);
	memcpy(&hash, digest, sizeof(hash));
	return hash;
}

static bool past_room(struct subscriber *who)
{
	size_t cap = who->past_cap ? who->past_cap * 2 : 16;
	struct otk_past *more;

	if (who->past_count < who->past_cap || who->past_cap == PAST_MAX)
		return true;
	more = realloc(who->past, cap * sizeof(more[0]));
	if (!more)
		return false;
	who->past = more;
	who->past_cap = cap;
	return true;
}

bool subscriber_take_otk(struct subscriber *who, const struct otk *otk, uint64_t nonce)
{
	const struct otk_past now = {otk_hash(otk), nonce};

	/* The key was wrapped under its nonce: what was forgotten had one up to the floor. */
	if ((who->past_floor && nonce <= who->past_floor) || !past_room(who))
		return false;
	for (size_t i = 0; i < who->past_count; i++)
		if (who->past[i].hash == now.hash)
			return false;
	if (who->past_unkept < PAST_MAX)
		who->past_unkept++;
	if (who->past_count < who->past_cap) {
		who->past[who->past_count++] = now;
		return true;
	}
	if (who->past[who->past_next].nonce > who->past_floor)
		who->past_floor = who->past[who->past_next].nonce;
	who->unkept = true;
	who->past[who->past_next] = now;
	who->past_next = (who->past_next + 1) % who->past_cap;
	return true;
}

/* The place of the @i-th of those that are not in the store yet, the oldest first. */
size_t subscriber_unkept_otk(const struct subscriber *who, size_t i)
{
	size_t end = who->past_count < PAST_MAX ? who->past_count : who->past_next + PAST_MAX;

	return (end - who->past_unkept + i) % PAST_MAX;
}

bool subscriber_load_otk(struct subscriber *who, size_t place, uint64_t hash, uint64_t nonce)
{
	while (who->past_count <= place) {
		if (!past_room(who) || who->past_count == who->past_cap)
			return false;
		who->past[who->past_count++] = (struct otk_past){0};
	}
	who->past[place] = (struct otk_past){hash, nonce};
	return true;
}
