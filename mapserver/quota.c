/* See quota.h. Mappings are counted by the registry's tables, which are by instance: no count of
 * our own can drift from them. */
#include "mapserver/quota.h"

#include "lib/base/rcu.h"

size_t quota_mappings(const struct server *s, const struct tenant *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->range_count; i++)
		n += registry_count_in(s->registry, t->ranges[i].first, t->ranges[i].last);
	return n;
}

/* What @t will have when @group is published, as far as it was made ready. */
static size_t *planned(const struct server *s, const struct tenant *t, uint64_t group)
{
	if (t->use->group != group) {
		t->use->group = group;
		t->use->mappings = quota_mappings(s, t);
	}
	return &t->use->mappings;
}

/* It has no token left; else one is taken. */
static bool paced_out(const struct tenant *t, struct limit *tokens, struct mono now)
{
	if (limit_take(tokens, &t->rate, now))
		return false;
	tenant_count_refusal(t, TENANT_REFUSED_REGISTRATION);
	return true;
}

enum drop_reason quota_pace(
	const struct server *s, const struct eid *eid, bool urgent, struct mono now)
{
	const struct tenant *t = tenant_table_of(rcu_load(&s->tenants), eid->iid);

	if (!t)
		return DROP_REASONS;
	return paced_out(t, urgent ? &t->use->urgent : &t->use->prepares, now) ? DROP_TENANT_RATE
									       : DROP_REASONS;
}

enum drop_reason quota_take(
	const struct server *s, uint64_t group, const struct eid *eid, bool paced, struct mono now)
{
	const struct tenant *t = tenant_table_of(rcu_load(&s->tenants), eid->iid);
	bool counted = t && t->quota.mappings && !registry_holds(s->registry, eid);

	if (!t)
		return DROP_REASONS;
	if (counted && *planned(s, t, group) >= t->quota.mappings) {
		tenant_count_refusal(t, TENANT_REFUSED_MAPPING);
		return DROP_TENANT_MAPPINGS;
	}
	if (paced && paced_out(t, &t->use->registrations, now))
		return DROP_TENANT_RATE;
	if (counted)
		++*planned(s, t, group);
	return DROP_REASONS;
}

void quota_note(const struct server *s, uint64_t group, const struct eid *eid, int n)
{
	const struct tenant *t = tenant_table_of(rcu_load(&s->tenants), eid->iid);

	if (t && t->quota.mappings)
		*planned(s, t, group) += (size_t)n;
}

bool quota_allows_xtr(const struct server *s, const struct site *site)
{
	const struct tenant *t = site_tenant(site, rcu_load(&s->tenants));

	if (!t || !t->quota.xtrs || quota_xtrs(t) < t->quota.xtrs)
		return true;
	tenant_count_refusal(t, TENANT_REFUSED_XTR);
	return false;
}

void quota_charge_xtr(const struct server *s, const struct site *site, struct xtr *x)
{
	const struct tenant *t;

	if (__atomic_load_n(&x->charged, __ATOMIC_RELAXED))
		return;
	t = site_tenant(site, rcu_load(&s->tenants));
	if (t && !__atomic_exchange_n(&x->charged, true, __ATOMIC_RELAXED))
		__atomic_fetch_add(&t->use->xtrs, 1, __ATOMIC_RELAXED);
}

size_t quota_xtrs(const struct tenant *t)
{
	return __atomic_load_n(&t->use->xtrs, __ATOMIC_RELAXED);
}

const char *quota_text(enum drop_reason why)
{
	return why == DROP_TENANT_MAPPINGS
		       ? "is not taken: its tenant has as many mappings as it may"
		       : "is not taken now: its tenant changes more than it may";
}
