/* See resolve.h.
 *
 * Where the best match has more-specifics, the reply must let the requester cache no wrong mapping
 * for them: RFC 9301 section 5.5 has it carry the best match and all its more-specifics. When those
 * are too many, or one of them answers for itself (no proxy reply), the best match is given
 * narrowed to the largest prefix around the query that holds none of them: smaller, and just as
 * true. So it is where a site with the drop policy may lie below: nothing of it is told. */
#include "mapserver/resolve.h"

#define RECORD_FIXED_BYTES 10 /* TTL, counts, ACT, Map-Version: before the EID's AFI */

size_t resolve_record_size(const struct mapping *m, const struct eid *prefix)
{
	return RECORD_FIXED_BYTES + lisp_eid_size(prefix) + m->locators->wire_len;
}

static int longer(int a, int b)
{
	return a > b ? a : b;
}

struct eid resolve_free_prefix(
	const struct resolve_view *v, const struct eid *eid, unsigned int floor)
{
	int best = registry_free_prefix(v->registry, eid, floor);
	struct eid p = *eid;

	if (best >= 0 && v->sites)
		best = longer(best, site_table_free_prefix(v->sites, eid, floor));
	if (best >= 0 && v->forward)
		best = longer(best, forward_table_free_prefix(v->forward, eid, floor));
	p.plen = (uint8_t)(best < 0 ? (int)address_bits(&eid->addr) : best);
	if (eid->addr.afi == AFI_NAME) /* a name is whole, or not at all */
		p.plen = eid->plen;
	if (eid->addr.afi == AFI_SG_IPV4 && p.plen < 4)
		p.plen = 4; /* groups begin at 224/4 */
	eid_mask(&p);
	return p;
}

static void negative(struct answer *a, struct eid prefix, enum lisp_act act, uint32_t ttl_min)
{
	a->kind = ANSWER_NEGATIVE;
	a->prefix = prefix;
	a->act = act;
	a->ttl_min = ttl_min;
}

/* ---- positive answers ---- */

static bool has_policies(const struct resolve_view *v)
{
	return v->sites && site_table_has_policy(v->sites);
}

bool resolve_denies(const struct resolve_view *v, const struct eid *eid)
{
	struct site_match match;

	return has_policies(v) && site_table_match(v->sites, eid, &match) &&
	       site_match_denies(&match);
}

struct collect {
	const struct resolve_view *v;
	struct answer *a;
	const struct mapping *best; /* NULL: only what lies below the query */
	struct mono now;
	size_t used, budget;
	bool overflow;
};

static bool collect_one(struct mapping *m, void *arg)
{
	struct collect *c = arg;
	struct eid eid = mapping_eid(m);
	size_t size = resolve_record_size(m, &eid);

	if (m == c->best || !mapping_alive(m, c->now))
		return true;
	if (resolve_denies(c->v, &eid)) {
		c->overflow = true;
		return c->best == NULL; /* the others are told */
	}
	if (!(m->flags & MAPPING_PROXY) || c->a->count == ANSWER_RECORDS_MAX ||
		c->used + size > c->budget) {
		c->overflow = true;
		return false;
	}
	c->used += size;
	c->a->mappings[c->a->count++] = m;
	if (m->ttl_min < c->a->ttl_min)
		c->a->ttl_min = m->ttl_min;
	return true;
}

/* The length of the largest prefix around @eid, not shorter than @floor, that no site's prefix
 * divides: below one that does requests may be denied. */
static int undivided(const struct resolve_view *v, const struct eid *eid, int floor)
{
	struct site_match match;
	int free;

	if (!has_policies(v))
		return floor;
	if (site_table_match(v->sites, eid, &match))
		floor = longer(floor, match.prefix.plen);
	free = site_table_free_prefix(v->sites, eid, (unsigned int)floor);
	return longer(floor, free);
}

static void answer_mappings(const struct resolve_view *v, const struct eid *eid,
	struct mapping *best, struct mono now, size_t budget, struct answer *a)
{
	struct collect c = {.v = v, .a = a, .best = best, .now = now, .budget = budget};
	int whole;

	a->kind = ANSWER_MAPPINGS;
	a->count = 1;
	a->mappings[0] = best;
	a->ttl_min = best->ttl_min;
	a->prefix = mapping_eid(best);
	if (eid_is_host(&a->prefix))
		return;
	whole = undivided(v, eid, best->entry.plen);
	c.used = resolve_record_size(best, &a->prefix);
	registry_covered(v->registry, &a->prefix, collect_one, &c);
	if (!c.overflow && whole == best->entry.plen)
		return;
	a->count = 1;
	a->ttl_min = best->ttl_min;
	a->prefix = *eid;
	a->prefix.plen =
		(uint8_t)longer(registry_free_prefix(v->registry, eid, best->entry.plen), whole);
	eid_mask(&a->prefix);
}

/* A prefix was asked for, and only its parts are known: tell those. */
static bool answer_parts(const struct resolve_view *v, const struct eid *eid, struct mono now,
	size_t budget, struct answer *a)
{
	struct collect c = {.v = v, .a = a, .now = now, .budget = budget};

	if (eid_is_host(eid))
		return false;
	a->kind = ANSWER_MAPPINGS;
	a->count = 0;
	a->ttl_min = LISP_TTL_RECEIVER;
	registry_covered(v->registry, eid, collect_one, &c);
	if (a->count)
		a->prefix = mapping_eid(a->mappings[0]);
	return a->count > 0;
}

void resolve(const struct resolve_view *v, const struct eid *eid, struct mono now, size_t budget,
	struct answer *a)
{
	struct mapping *best = registry_longest(v->registry, eid, now);
	bool policies = v->sites && (!best || has_policies(v));
	struct site_match match;
	bool configured = policies && site_table_match(v->sites, eid, &match);

	a->count = 0;
	if (configured && site_match_denies(&match))
		negative(a, resolve_free_prefix(v, eid, match.prefix.plen), LISP_ACT_DROP_POLICY,
			NEGATIVE_TTL_POLICY_MIN);
	else if (best && best->locators->count == 0)
		negative(a, resolve_free_prefix(v, eid, best->entry.plen), mapping_act(best),
			best->ttl_min);
	else if (best && best->flags & MAPPING_PROXY)
		answer_mappings(v, eid, best, now, budget, a);
	else if (best) {
		a->kind = ANSWER_ETR;
		a->etr = best;
	} else if (answer_parts(v, eid, now, budget, a))
		return;
	else if (configured)
		negative(a, resolve_free_prefix(v, eid, match.prefix.plen), LISP_ACT_NATIVE_FORWARD,
			NEGATIVE_TTL_UNREGISTERED_MIN);
	else if (v->forward && forward_table_find(v->forward, eid, &a->server))
		a->kind = ANSWER_SERVER;
	else if (v->tree)
		a->kind = ANSWER_TREE;
	else
		negative(a, resolve_free_prefix(v, eid, 0), LISP_ACT_NATIVE_FORWARD,
			NEGATIVE_TTL_UNKNOWN_MIN);
}

/* Not ACT 1: what may not be believed must not go out in clear instead. */
void resolve_unsigned(const struct resolve_view *v, const struct eid *eid, struct answer *a)
{
	negative(a, resolve_free_prefix(v, eid, a->etr->entry.plen), LISP_ACT_DROP_AUTH,
		NEGATIVE_TTL_UNSIGNED_MIN);
}
