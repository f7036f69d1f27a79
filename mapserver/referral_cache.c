/* See referral_cache.h. */
#include "mapserver/referral_cache.h"

#include <stdlib.h>
#include <string.h>

/* ---- one referral ---- */

static struct referral *new (size_t key_bytes)
{
	struct referral *r = calloc(1, sizeof(*r) + key_bytes);

	if (r)
		r->refs = 1;
	return r;
}

struct referral *referral_ref(struct referral *r)
{
	r->refs++;
	return r;
}

void referral_unref(struct referral *r)
{
	if (r && --r->refs == 0)
		free(r);
}

static bool may_be_asked(const struct lisp_rloc *rloc, struct address *a)
{
	return rloc->priority != LISP_PRIORITY_UNUSED && lisp_field_locator(&rloc->field, a) &&
	       address_is_ip(a) && !address_is_multicast(a) && !address_is_unspecified(a) &&
	       !address_is_loopback(a);
}

static void add_key(struct referral *r, struct referral_rloc *to, const void *material, size_t len)
{
	if (to->key_count == REFERRAL_KEYS_MAX || r->key_bytes_len + len > UINT16_MAX)
		return;
	to->keys[to->key_count].offset = (uint16_t)r->key_bytes_len;
	to->keys[to->key_count].len = (uint16_t)len;
	to->key_count++;
	memcpy(r->key_bytes + r->key_bytes_len, material, len);
	r->key_bytes_len += (uint32_t)len;
}

/* RFC 8060 section 4.7: the keys of a locator, unless they are revoked. */
static void add_keys(
	struct referral *r, struct referral_rloc *to, const struct lisp_field *field, size_t room)
{
	struct lcaf_slice key;
	struct lcaf l;

	if (field->afi != AFI_LCAF || !field->known)
		return;
	lcaf_decode(field, &l);
	if (l.type != LCAF_KEY || l.u.key.algorithm != REFERRAL_RSA_SHA256 || l.u.key.revoke)
		return;
	while (lcaf_next_key(&l.u.key.items, &key))
		if (key.len <= REFERRAL_MATERIAL_MAX && r->key_bytes_len + key.len <= room)
			add_key(r, to, key.bytes, key.len);
}

/* Insert by priority, behind those of the same. */
static struct referral_rloc *place(struct referral *r, uint8_t priority, uint8_t weight)
{
	unsigned int i = r->rloc_count++;

	for (; i > 0 && r->rlocs[i - 1].priority > priority; i--)
		r->rlocs[i] = r->rlocs[i - 1];
	r->rlocs[i] = (struct referral_rloc){.priority = priority, .weight = weight};
	return &r->rlocs[i];
}

struct referral *referral_new(const struct referral_record *rec, bool keys, struct mono expiry)
{
	size_t room = keys ? rec->raw_len : 0; /* all keys stand in the record */
	struct referral_record it = *rec;
	struct referral *r = new (room);
	struct lisp_rloc rloc;
	struct address a;

	if (!r)
		return NULL;
	r->prefix = rec->eid.eid;
	r->xeid = xeid_of(&r->prefix);
	r->entry.plen = r->xeid.plen;
	r->act = (enum referral_act)rec->act;
	r->expiry = expiry;
	while (r->rloc_count < REFERRAL_RLOCS_MAX && referral_next(&it, &rloc)) {
		struct referral_rloc *to;

		if (!may_be_asked(&rloc, &a) || referral_find_rloc(r, &a) >= 0)
			continue;
		to = place(r, rloc.priority, rloc.weight);
		to->at = (struct endpoint){.addr = a, .port = LISP_CONTROL_PORT};
		if (keys)
			add_keys(r, to, &rloc.field, room);
	}
	return r;
}

struct referral *referral_under(const struct referral *of, const struct eid *prefix,
	enum referral_act act, struct mono expiry)
{
	struct referral *r = new (of->key_bytes_len);

	if (!r)
		return NULL;
	r->prefix = *prefix;
	r->xeid = xeid_of(prefix);
	r->entry.plen = r->xeid.plen;
	r->act = act;
	r->expiry = expiry;
	r->rloc_count = of->rloc_count;
	memcpy(r->rlocs, of->rlocs, sizeof(r->rlocs));
	r->key_bytes_len = of->key_bytes_len;
	memcpy(r->key_bytes, of->key_bytes, of->key_bytes_len);
	return r;
}

struct referral *referral_new_root(const struct referral_root *list, unsigned int count)
{
	struct referral *r = new ((size_t)count * REFERRAL_KEYS_MAX * REFERRAL_MATERIAL_MAX);

	if (!r)
		return NULL;
	r->root = true;
	r->act = REFERRAL_NODE;
	r->expiry = MONO_NEVER;
	for (unsigned int i = 0; i < count && i < REFERRAL_RLOCS_MAX; i++) {
		struct referral_rloc *to = place(r, 0, 0);

		to->at = list[i].at;
		for (unsigned int k = 0; k < list[i].key_count; k++) {
			size_t len;
			const uint8_t *material = referral_key_material(list[i].keys[k], &len);

			add_key(r, to, material, len);
		}
	}
	return r;
}

/* Those of @left that answered lately; all, if none did. */
static uint32_t answering(const struct referral *r, uint32_t left, struct mono now)
{
	uint32_t up = 0;

	for (unsigned int i = 0; i < r->rloc_count; i++)
		if (mono_due(r->rlocs[i].down_until, now))
			up |= left & 1u << i;
	return up ? up : left;
}

int referral_choose(const struct referral *r, uint32_t left, struct mono now, uint64_t number)
{
	uint32_t sum = 0, share;
	int first = -1;

	left = answering(r, left, now);
	for (unsigned int i = 0; i < r->rloc_count; i++) {
		if (!(left >> i & 1))
			continue;
		if (first < 0)
			first = (int)i;
		if (r->rlocs[i].priority == r->rlocs[first].priority)
			sum += r->rlocs[i].weight;
	}
	if (!sum)
		return first;
	share = (uint32_t)(number % sum);
	for (unsigned int i = (unsigned int)first;; i++) {
		if (!(left >> i & 1))
			continue;
		if (share < r->rlocs[i].weight)
			return (int)i;
		share -= r->rlocs[i].weight;
	}
}

int referral_find_rloc(const struct referral *r, const struct address *a)
{
	for (unsigned int i = 0; i < r->rloc_count; i++)
		if (address_equal(&r->rlocs[i].at.addr, a))
			return (int)i;
	return -1;
}

/* ---- all of them ---- */

struct referral_cache {
	struct lpm *prefixes;
	struct referral *newest, *oldest;
	size_t count, max;
	uint64_t evicted;
};

struct referral_cache *referral_cache_new(size_t max, const uint8_t secret[16])
{
	struct referral_cache *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->max = max;
	c->prefixes = lpm_new(XEID_BITS,
		offsetof(struct referral, xeid.key) - offsetof(struct referral, entry), secret);
	if (c->prefixes)
		return c;
	free(c);
	return NULL;
}

void referral_cache_free(struct referral_cache *c)
{
	if (!c)
		return;
	referral_cache_clear(c);
	lpm_free(c->prefixes);
	free(c);
}

size_t referral_cache_count(const struct referral_cache *c)
{
	return c->count;
}

uint64_t referral_cache_evicted(const struct referral_cache *c)
{
	return c->evicted;
}

static void unlink_use(struct referral_cache *c, struct referral *r)
{
	*(r->newer ? &r->newer->older : &c->newest) = r->older;
	*(r->older ? &r->older->newer : &c->oldest) = r->newer;
	r->newer = r->older = NULL;
}

static void link_newest(struct referral_cache *c, struct referral *r)
{
	r->older = c->newest;
	*(c->newest ? &c->newest->newer : &c->oldest) = r;
	c->newest = r;
}

void referral_cache_drop(struct referral_cache *c, struct referral *r)
{
	if (!r->cached)
		return;
	r->cached = false;
	lpm_remove(c->prefixes, &r->entry);
	unlink_use(c, r);
	c->count--;
	referral_unref(r);
}

void referral_cache_clear(struct referral_cache *c)
{
	while (c->newest)
		referral_cache_drop(c, c->newest);
}

static struct referral *referral_of(struct lpm_entry *e)
{
	return (struct referral *)(void *)e; /* its first member */
}

bool referral_cache_put(struct referral_cache *c, struct referral *r)
{
	struct lpm_entry *old;

	if (!xeid_fits(&r->prefix))
		return false;
	old = lpm_exact(c->prefixes, r->xeid.key, r->xeid.plen);
	if (old)
		referral_cache_drop(c, referral_of(old));
	if (lpm_insert(c->prefixes, &r->entry))
		return false;
	r->cached = true;
	link_newest(c, referral_ref(r));
	c->count++;
	if (c->count > c->max) {
		c->evicted++;
		referral_cache_drop(c, c->oldest);
	}
	return true;
}

struct referral *referral_cache_find(
	struct referral_cache *c, const struct eid *eid, struct mono now)
{
	struct xeid x = xeid_of(eid);
	struct referral *r;

	while ((r = referral_of(lpm_longest(c->prefixes, x.key, x.plen)))) {
		if (mono_before(now, r->expiry)) {
			unlink_use(c, r);
			link_newest(c, r);
			return r;
		}
		referral_cache_drop(c, r);
	}
	return NULL;
}

void referral_cache_each(const struct referral_cache *c,
	bool (*visit)(const struct referral *r, void *arg), void *arg)
{
	for (const struct referral *r = c->newest; r; r = r->older)
		if (!visit(r, arg))
			return;
}
