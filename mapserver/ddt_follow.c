/* ddt_follow: what a record of a Map-Referral does to the request that it answers (RFC 8111 section
 * 8.2): whether it is believed, what is kept of it, and where the search goes on. Knows no list and
 * no datagrams. */
#include "mapserver/ddt_resolver_internal.h"

#define SIGNATURES_MAX 4 /* of a record that are looked at */

/* Section 10.4: a key of the RLOC that says it, for a prefix within what its parent vouched for. */
static bool signed_by(const struct referral *at, unsigned int rloc,
	const struct referral_record *rec, const struct referral_signature *sig, uint64_t wall_s)
{
	const struct referral_rloc *from = &at->rlocs[rloc];
	bool good = false;

	for (unsigned int i = 0; i < from->key_count && !good; i++) {
		struct referral_key *k = referral_key_public(
			at->key_bytes + from->keys[i].offset, from->keys[i].len);

		good = k && referral_verify(rec, sig, k, wall_s) == REFERRAL_GOOD;
		referral_key_free(k);
	}
	return good;
}

bool ddt_follow_authentic(const struct ddt_search *s, unsigned int rloc,
	const struct referral_record *rec, uint32_t *ttl_min)
{
	uint64_t wall_s = s->owner->turn->wall_s;
	struct referral_record it = *rec;
	struct referral_signature sig;

	if (!s->owner->secure)
		return true;
	if (!s->at->root && !eid_covers(&s->at->prefix, &rec->eid.eid))
		return false;
	for (unsigned int i = 0; i < SIGNATURES_MAX && referral_signature_next(&it, &sig); i++) {
		if (!signed_by(s->at, rloc, rec, &sig, wall_s))
			continue;
		if (*ttl_min > sig.original_ttl)
			*ttl_min = sig.original_ttl;
		if (*ttl_min > (sig.expiration - wall_s) / 60)
			*ttl_min = (uint32_t)((sig.expiration - wall_s) / 60);
		return true;
	}
	return false;
}

static struct mono expiry_of(const struct ddt_resolver *r, uint32_t ttl_min, uint32_t most_min)
{
	uint32_t min = ttl_min < most_min ? ttl_min : most_min;

	return mono_add_s(r->turn->now, 60ull * min);
}

static void keep(struct ddt_resolver *r, struct referral *referral)
{
	if (mono_before(r->turn->now, referral->expiry) && referral_cache_put(r->cache, referral))
		ddt_resolver_count(r, COUNT_DDT_CACHED);
}

/* Section 7.3.4: a referral that leads no further. */
static void loop(struct ddt_search *s)
{
	ddt_resolver_count(s->owner, COUNT_DDT_LOOPS);
	if (s->through_root)
		ddt_search_fail(s, &s->eid, DDT_TTL_FAILED_MIN);
	else
		ddt_search_restart(s);
}

static int follow(struct ddt_search *s, const struct referral_record *rec, uint32_t ttl_min)
{
	struct ddt_resolver *r = s->owner;
	struct referral *to;

	if (!s->at->root && rec->eid.eid.plen == s->at->prefix.plen) {
		loop(s);
		return DDT_TAKEN;
	}
	if (++s->followed > DDT_REFERRALS_MAX) {
		ddt_resolver_count(r, COUNT_DDT_TOO_LONG);
		ddt_search_fail(s, &s->eid, DDT_TTL_FAILED_MIN);
		return DDT_TAKEN;
	}
	to = referral_new(rec, r->secure, expiry_of(r, ttl_min, DDT_KEEP_MAX_MIN));
	if (!to || !to->rloc_count) {
		referral_unref(to);
		return to ? DROP_REFERRAL_LOCATORS : DROP_NO_MEMORY; /* the timer goes on */
	}
	if (!rec->incomplete)
		keep(r, to);
	ddt_search_go_to(s, to);
	referral_unref(to);
	ddt_search_ask_next(s);
	return DDT_TAKEN;
}

/* Done. Peers bring no keys (section 10.3): where keys matter, those who said it are kept. */
static int acknowledged(struct ddt_search *s, const struct referral_record *rec, uint32_t ttl_min)
{
	struct ddt_resolver *r = s->owner;
	struct mono expiry = expiry_of(r, ttl_min, DDT_KEEP_MAX_MIN);
	struct referral *to = NULL;

	if (!rec->incomplete && r->secure)
		to = referral_under(s->at, &rec->eid.eid, REFERRAL_MS_ACK, expiry);
	else if (!rec->incomplete)
		to = referral_new(rec, false, expiry);
	if (to && to->rloc_count)
		keep(r, to);
	referral_unref(to);
	s->insist = s->is_protected && !s->sent_protected;
	/* Without its security material it was not answered as it must be; and an ITR waits for an
	 * answer to its newer request. */
	if ((s->insist || s->nonce != s->asked_nonce) && ++s->followed <= DDT_REFERRALS_MAX) {
		ddt_search_ask_rloc(s, s->index);
		return DDT_TAKEN;
	}
	ddt_resolver_count(r, COUNT_DDT_DONE);
	ddt_search_end(s);
	return DDT_TAKEN;
}

static void keep_negative(struct ddt_search *s, const struct referral_record *rec, uint32_t ttl_min,
	uint32_t most_min)
{
	struct referral *to = referral_new(rec, false, expiry_of(s->owner, ttl_min, most_min));

	if (to)
		keep(s->owner, to);
	referral_unref(to);
}

static void not_registered(
	struct ddt_search *s, const struct referral_record *rec, uint32_t ttl_min)
{
	int i = ddt_search_next_rloc(s);

	if (i >= 0) {
		ddt_search_ask_rloc(s, (unsigned int)i);
		return;
	}
	if (!rec->incomplete)
		keep_negative(s, rec, ttl_min, DDT_TTL_NOT_REGISTERED_MIN);
	ddt_search_fail(s, &rec->eid.eid, DDT_TTL_NOT_REGISTERED_MIN);
}

int ddt_follow_record(struct ddt_search *s, const struct referral_record *rec, uint32_t ttl_min)
{
	if (!s->at->root && rec->eid.eid.plen < s->at->prefix.plen) {
		ddt_resolver_count(s->owner, COUNT_DDT_LOOPS);
		if (s->through_root)
			return DROP_REFERRAL_PREFIX;
		ddt_search_restart(s);
		return DDT_TAKEN;
	}
	switch (rec->act) {
	case REFERRAL_NODE:
	case REFERRAL_MS:
		return follow(s, rec, ttl_min);
	case REFERRAL_MS_ACK:
		return acknowledged(s, rec, ttl_min);
	case REFERRAL_NOT_REGISTERED:
		not_registered(s, rec, ttl_min);
		return DDT_TAKEN;
	case REFERRAL_HOLE:
		keep_negative(s, rec, ttl_min, DDT_TTL_HOLE_MIN);
		ddt_search_fail(s, &rec->eid.eid, DDT_TTL_HOLE_MIN);
		return DDT_TAKEN;
	case REFERRAL_NOT_AUTHORITATIVE:
		if (s->through_root)
			ddt_search_fail(s, &s->eid, DDT_TTL_FAILED_MIN);
		else
			ddt_search_restart(s);
		return DDT_TAKEN;
	default:
		return DROP_REFERRAL_ACT;
	}
}
