/* ddt_pending: the list of requests under way, which RFC 8111 section 3 calls the pending request
 * list: found by the ITR and the EID that it wants, and by the nonce of what was sent last; and how
 * many of an ITR there may be. Knows nothing of what is asked, and of whom. */
#include "mapserver/ddt_resolver_internal.h"

static uint64_t itr_hash(const struct ddt_resolver *r, const struct address *itr)
{
	return hash_bytes(&r->hash, itr->bytes, itr->len);
}

static unsigned int itr_bucket(
	const struct ddt_resolver *r, const struct address *itr, const struct eid *eid)
{
	struct xeid x = xeid_of(eid);

	return (unsigned int)((itr_hash(r, itr) ^ hash_bytes(&r->hash, x.key, sizeof(x.key)) ^
				      x.plen) &
			      (DDT_BUCKETS - 1));
}

/* Nonces are the ITRs': whoever wants them to collide needs the key. */
static unsigned int nonce_bucket(const struct ddt_resolver *r, uint64_t nonce)
{
	return (unsigned int)(hash_bytes(&r->hash, &nonce, sizeof(nonce)) & (DDT_BUCKETS - 1));
}

static uint32_t *share_of(struct ddt_resolver *r, const struct address *itr)
{
	return &r->shares[itr_hash(r, itr) & (DDT_BUCKETS - 1)];
}

static void link_nonce(struct ddt_search *s)
{
	struct ddt_search **head = &s->owner->by_nonce[nonce_bucket(s->owner, s->asked_nonce)];

	s->next_nonce = *head;
	*head = s;
}

static void unlink_nonce(struct ddt_search *s)
{
	struct ddt_search **link = &s->owner->by_nonce[nonce_bucket(s->owner, s->asked_nonce)];

	while (*link != s)
		link = &(*link)->next_nonce;
	*link = s->next_nonce;
}

void ddt_pending_add(struct ddt_search *s)
{
	struct ddt_resolver *r = s->owner;
	struct ddt_search **head = &r->by_itr[itr_bucket(r, &s->reply_to.addr, &s->eid)];

	link_nonce(s);
	s->next_itr = *head;
	*head = s;
	(*share_of(r, &s->reply_to.addr))++;
	r->count++;
}

void ddt_pending_remove(struct ddt_search *s)
{
	struct ddt_resolver *r = s->owner;
	struct ddt_search **link = &r->by_itr[itr_bucket(r, &s->reply_to.addr, &s->eid)];

	while (*link != s)
		link = &(*link)->next_itr;
	*link = s->next_itr;
	unlink_nonce(s);
	(*share_of(r, &s->reply_to.addr))--;
	r->count--;
}

void ddt_pending_renew(struct ddt_search *s)
{
	if (s->asked_nonce == s->nonce)
		return;
	unlink_nonce(s);
	s->asked_nonce = s->nonce;
	link_nonce(s);
}

struct ddt_search *ddt_pending_find(
	const struct ddt_resolver *r, const struct address *itr, const struct eid *eid)
{
	struct ddt_search *s = r->by_itr[itr_bucket(r, itr, eid)];

	while (s && !(address_equal(&s->reply_to.addr, itr) && eid_equal(&s->eid, eid)))
		s = s->next_itr;
	return s;
}

struct ddt_search *ddt_pending_asked(const struct ddt_resolver *r, uint64_t nonce,
	const struct referral_record *rec, const struct endpoint *peer, unsigned int *rloc)
{
	struct ddt_search *s = r->by_nonce[nonce_bucket(r, nonce)];

	for (; s; s = s->next_nonce) {
		int i = referral_find_rloc(s->at, &peer->addr);

		if (s->asked_nonce != nonce || i < 0 || peer->port != s->at->rlocs[i].at.port ||
			!eid_covers(&rec->eid.eid, &s->eid))
			continue;
		*rloc = (unsigned int)i;
		return s;
	}
	return NULL;
}

bool ddt_pending_has_room(struct ddt_resolver *r, const struct address *itr)
{
	size_t share = r->o.pending_max / DDT_SHARE;

	return r->count < r->o.pending_max && *share_of(r, itr) < (share ? share : 1);
}
