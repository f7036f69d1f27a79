/* See locator.h. */
#include "xtr/locator.h"

#include <string.h>

#include "xtr/campus.h"

static void insert_by_priority(struct locator_set *set, const struct router_locator *l)
{
	unsigned int i = set->count++;

	while (i && set->list[i - 1].priority > l->priority) {
		set->list[i] = set->list[i - 1];
		i--;
	}
	set->list[i] = *l;
}

void locator_set_read(struct env *env, const struct lisp_record *rec, struct locator_set *set)
{
	struct lisp_record it = *rec;
	struct lisp_rloc rloc;

	set->count = 0;
	set->unusable = 0;
	while (lisp_rloc_next(&it, &rloc)) {
		struct router_locator l = {.priority = rloc.priority,
			.weight = rloc.weight,
			.reachable = rloc.reachable,
			.up = true};

		if (!lisp_field_locator(&rloc.field, &l.addr) || !address_is_ip(&l.addr) ||
			address_is_multicast(&l.addr) || address_is_unspecified(&l.addr)) {
			set->unusable++;
			env_count(env, XTR_LOCATORS_UNUSABLE);
			continue;
		}
		if (set->count == LOCATOR_SET_MAX)
			env_count(env, XTR_LOCATORS_LEFT_OUT);
		else
			insert_by_priority(set, &l);
	}
}

static const struct router_locator *set_find(
	const struct locator_set *set, const struct address *addr)
{
	unsigned int i;

	for (i = 0; i < set->count; i++)
		if (address_equal(&set->list[i].addr, addr))
			return &set->list[i];
	return NULL;
}

bool locator_set_equal(const struct locator_set *a, const struct locator_set *b)
{
	const struct router_locator *other;
	unsigned int i;

	if (a->count != b->count)
		return false;
	for (i = 0; i < a->count; i++) {
		other = set_find(b, &a->list[i].addr);
		if (!other || other->priority != a->list[i].priority ||
			other->weight != a->list[i].weight)
			return false;
	}
	return true;
}

bool locator_set_ours(const struct env *env, const struct locator_set *set)
{
	unsigned int i;

	for (i = 0; i < set->count; i++)
		if (locator_is_ours(env, &set->list[i].addr))
			return true;
	return false;
}

/* Usable: by its priority, not our own (whoever says so, it would be a loop), by the family of our
 * own locators, and, when @strict, by R and our probes. */
static bool usable(const struct env *env, const struct router_locator *l, bool strict)
{
	return l->priority != LISP_PRIORITY_UNUSED && !locator_is_ours(env, &l->addr) &&
	       locator_own(env, l->addr.afi) && l->reachable && (!strict || l->up);
}

static bool choose(
	struct env *env, const struct locator_set *set, struct datapath_entry *e, bool strict)
{
	unsigned int i, best = LISP_PRIORITY_UNUSED;

	e->locator_count = 0;
	for (i = 0; i < set->count; i++) {
		const struct router_locator *l = &set->list[i];

		if (!usable(env, l, strict) || l->priority > best)
			continue;
		best = l->priority;
		if (e->locator_count == DATAPATH_LOCATORS_MAX) {
			env_count(env, XTR_LOCATORS_LEFT_OUT);
			continue;
		}
		e->locators[e->locator_count].rloc = l->addr;
		e->locators[e->locator_count++].weight = l->weight;
	}
	return e->locator_count > 0;
}

void locator_set_choose(struct env *env, const struct locator_set *set, struct datapath_entry *e)
{
	if (!choose(env, set, e, true))
		choose(env, set, e, false);
}

static uint8_t priority_of(uint8_t configured, uint8_t step)
{
	unsigned int priority = configured + step;

	if (configured == LISP_PRIORITY_UNUSED)
		return configured;
	return (uint8_t)(priority < LISP_PRIORITY_UNUSED ? priority : LISP_PRIORITY_UNUSED - 1);
}

void locator_own_write(const struct env *env, struct wire_writer *w, const struct eid *eid,
	const struct address *probed)
{
	const struct policy *p = &env->policy;
	struct campus_place place = {0};
	unsigned int order[POLICY_RLOCS_MAX], i, j;

	for (i = 0; i < p->rloc_count; i++) {
		for (j = i; j && address_compare(locator_public(env, order[j - 1]),
					 locator_public(env, i)) > 0;
			j--)
			order[j] = order[j - 1];
		order[j] = i;
	}
	if (eid && env->campus)
		campus_place(env->campus, eid, &place);
	for (i = 0; i < p->rloc_count; i++) {
		const struct lisp_locator *own = &p->rlocs[order[i]];
		bool drained = env->drained[order[i]];
		struct lisp_rloc l = {
			.priority = drained ? LISP_PRIORITY_UNUSED
					    : priority_of(own->priority, place.step),
			.weight = drained ? 0 : own->weight,
			.mpriority = own->mpriority,
			.mweight = own->mweight,
			.local = true,
			.probed = probed && address_equal(probed, &own->addr),
			.reachable = true,
		};

		if (place.nickname && !probed)
			lisp_rloc_write_place(
				w, &l, locator_public(env, order[i]), place.nickname, place.mac);
		else
			lisp_rloc_write(w, &l, locator_public(env, order[i]));
	}
}

size_t locator_own_size(const struct env *env)
{
	size_t size = 0;
	unsigned int i;

	for (i = 0; i < env->policy.rloc_count; i++)
		size += 8u + env->policy.rlocs[i].addr.len +
			(env->policy.campus.coordinates ? LISP_RLOC_PLACE : 0);
	return size;
}

int locator_own_index(const struct env *env, uint16_t afi)
{
	int drained = -1;
	unsigned int i;

	for (i = 0; i < env->policy.rloc_count; i++) {
		const struct lisp_locator *l = &env->policy.rlocs[i];

		if (l->addr.afi != afi)
			continue;
		if (!env->drained[i] && l->priority != LISP_PRIORITY_UNUSED)
			return (int)i;
		drained = drained < 0 ? (int)i : drained;
	}
	return drained; /* rather a drained one as source than none at all */
}

const struct address *locator_own(const struct env *env, uint16_t afi)
{
	int i = locator_own_index(env, afi);

	return i < 0 ? NULL : &env->policy.rlocs[i].addr;
}

const struct address *locator_public(const struct env *env, unsigned int i)
{
	const struct address *translated = &env->translated[i];

	return translated->afi == AFI_NONE ? &env->policy.rlocs[i].addr : translated;
}

const struct address *locator_own_public(const struct env *env, uint16_t afi)
{
	int i = locator_own_index(env, afi);

	return i < 0 ? NULL : locator_public(env, (unsigned int)i);
}

bool locator_is_ours(const struct env *env, const struct address *addr)
{
	unsigned int i;

	for (i = 0; i < env->policy.rloc_count; i++)
		if (address_equal(&env->policy.rlocs[i].addr, addr) ||
			address_equal(locator_public(env, i), addr))
			return true;
	return false;
}
