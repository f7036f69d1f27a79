/* See appoint.h. */
#include "trill/core/appoint.h"

#include <string.h>

#include "trill/codec/esadi_tlv.h"

void appoint_init(struct appoint *a)
{
	memset(a, 0, sizeof(*a));
}

/* The VLANs of @c that are in @group, of which the lowest is @first. */
static unsigned int served(
	const struct appoint_candidate *c, const struct vlan_set *group, unsigned int first)
{
	unsigned int n = 0;

	for (unsigned int i = first / 64; i < 64; i++)
		n += (unsigned int)__builtin_popcountll(c->enabled.bits[i] & group->bits[i]);
	return n;
}

/* Who serves @group (NULL: @first alone) best: not overloaded, the most of its VLANs, who does
 * already, the first. */
static const struct appoint_candidate *best_for(const struct vlan_set *group, unsigned int first,
	uint16_t now, const struct appoint_candidate *c, unsigned int n)
{
	const struct appoint_candidate *best = NULL;
	unsigned int most = 0;

	for (unsigned int i = 0; i < n; i++) {
		unsigned int count =
			group ? served(&c[i], group, first) : vlan_set_has(&c[i].enabled, first);
		unsigned int score;

		if (!c[i].end_stations || !count)
			continue;
		score = (c[i].overloaded ? 0 : 1u << 20) | count << 1 | (c[i].nickname == now);
		if (score > most) {
			most = score;
			best = &c[i];
		}
	}
	return best;
}

static void assign(struct appoint *a, const struct vlan_set *group,
	const struct appoint_candidate *c, unsigned int n)
{
	unsigned int first = vlan_set_next(group, 0);
	const struct appoint_candidate *best = best_for(group, first, a->to[first], c, n);

	for (unsigned int v = first; v; v = vlan_set_next(group, v + 1))
		a->to[v] = best && vlan_set_has(&best->enabled, v) ? best->nickname : NICKNAME_NONE;
}

/* What is mapped to @vlan, by however many steps. */
static void group_of(struct vlan_set *group, unsigned int vlan, const struct appoint_mapping *m)
{
	bool more = true;

	vlan_set_clear(group);
	vlan_set_add(group, vlan);
	while (more) {
		more = false;
		for (unsigned int i = 0; i < m->count; i++) {
			const struct appoint_pair *p = &m->pairs[i];

			if (vlan_set_has(group, p->a) == vlan_set_has(group, p->b))
				continue;
			vlan_set_add(group, p->a);
			vlan_set_add(group, p->b);
			/* A VLAN that cannot be is in no set. */
			more = more || vlan_set_has(group, p->a) == vlan_set_has(group, p->b);
		}
	}
}

/* Nothing is mapped: each VLAN by itself. */
static void plan_each(struct appoint *a, const struct appoint_candidate *c, unsigned int n)
{
	struct vlan_set any;

	vlan_set_clear(&any);
	for (unsigned int i = 0; i < n; i++)
		for (unsigned int w = 0; w < 64; w++)
			any.bits[w] |= c[i].enabled.bits[w];
	for (unsigned int v = 1; v <= VLAN_LAST; v++) {
		const struct appoint_candidate *best =
			vlan_set_has(&any, v) ? best_for(NULL, v, a->to[v], c, n) : NULL;

		a->to[v] = best ? best->nickname : NICKNAME_NONE;
	}
}

static void plan(struct appoint *a, const struct appoint_candidate *c, unsigned int n,
	const struct appoint_mapping *mapping)
{
	struct vlan_set left, group;

	vlan_set_clear(&left);
	vlan_set_add_range(&left, 1, VLAN_LAST);
	if (mapping->all) {
		assign(a, &left, c, n);
		return;
	}
	if (!mapping->count) {
		plan_each(a, c, n);
		return;
	}
	for (unsigned int v = 1; v; v = vlan_set_next(&left, v + 1)) {
		group_of(&group, v, mapping);
		assign(a, &group, c, n);
		for (unsigned int i = 0; i < 64; i++)
			left.bits[i] &= ~group.bits[i];
	}
}

/* The ranges of one neighbour, written from @count on. What it has nowhere ends none. */
static unsigned int ranges_of(const struct appoint *a, const struct appoint_candidate *c,
	struct hello_appointment *out, unsigned int count, unsigned int max)
{
	bool open = false;

	for (unsigned int v = 1; v <= VLAN_LAST; v++) {
		if (a->to[v] != c->nickname) {
			open = open && !vlan_set_has(&c->ports, v);
			continue;
		}
		if (!open && count == max)
			return count;
		if (!open)
			out[count++] = (struct hello_appointment){
				.nickname = c->nickname, .start = (uint16_t)v};
		open = true;
		out[count - 1].end = (uint16_t)v;
	}
	return count;
}

/* One that is told in Hellos; of an RBridge with several ports the first. */
static bool is_told(const struct appoint_candidate *c, unsigned int i)
{
	if (c[i].e_l1cs)
		return false;
	for (unsigned int k = 1; k < i; k++)
		if (!c[k].e_l1cs && c[k].nickname == c[i].nickname)
			return false;
	return true;
}

static unsigned int ranges_all(const struct appoint *a, const struct appoint_candidate *c,
	unsigned int n, struct hello_appointment *out, unsigned int max)
{
	unsigned int count = 0;

	for (unsigned int i = 1; i < n; i++)
		if (is_told(c, i))
			count = ranges_of(a, &c[i], out, count, max);
	return count;
}

/* The VLAN from which on there is no room, beside @max ranges; 0: there is for all. */
static unsigned int full_at(const struct appoint *a, const struct appoint_candidate *c,
	unsigned int n, unsigned int max)
{
	struct hello_appointment all[VLAN_LAST];
	unsigned int count = ranges_all(a, c, n, all, VLAN_LAST), v;
	struct vlan_set starts;

	vlan_set_clear(&starts);
	for (unsigned int i = 0; i < count; i++)
		vlan_set_add(&starts, all[i].start);
	for (v = vlan_set_next(&starts, 1); v && max; v = vlan_set_next(&starts, v + 1))
		max--;
	return v;
}

/* How many VLANs from @from on have nobody better than @c among those that need no Hello. */
static unsigned int needed(const struct appoint_candidate *one, const struct appoint_candidate *c,
	unsigned int n, unsigned int from)
{
	struct vlan_set left = one->enabled;
	unsigned int count = 0;

	for (unsigned int i = 0; i < n; i++)
		for (unsigned int w = 0; w < 64; w++)
			if (c[i].e_l1cs && c[i].end_stations && c[i].overloaded <= one->overloaded)
				left.bits[w] &= ~c[i].enabled.bits[w];
	for (unsigned int v = vlan_set_next(&left, from); v; v = vlan_set_next(&left, v + 1))
		count++;
	return one->end_stations ? count : 0;
}

/* From @from on who is told in Hellos has all of its VLANs, when it is the one that is needed most,
 * or none. */
static void restrict_from(struct appoint_candidate *c, unsigned int n, unsigned int from)
{
	uint16_t whole = NICKNAME_NONE;
	unsigned int most = 0;
	struct vlan_set its;

	for (unsigned int i = 1; i < n; i++) {
		unsigned int count = c[i].e_l1cs ? 0 : needed(&c[i], c, n, from);

		if (count <= most)
			continue;
		most = count;
		whole = c[i].nickname;
	}
	vlan_set_clear(&its);
	for (unsigned int i = 1; i < n; i++)
		for (unsigned int w = 0; w < 64 && !c[i].e_l1cs && c[i].nickname == whole; w++)
			its.bits[w] |= c[i].enabled.bits[w];
	for (unsigned int i = 0; i < n; i++)
		for (unsigned int v = from; v <= VLAN_LAST; v++)
			if (c[i].e_l1cs ? vlan_set_has(&its, v) : c[i].nickname != whole)
				vlan_set_remove(&c[i].enabled, v);
}

/* From @from on nobody is told in Hellos; the others have what they had in @c. */
static void cut_from(struct appoint_candidate *some, const struct appoint_candidate *c,
	unsigned int n, unsigned int from)
{
	for (unsigned int i = 0; i < n; i++)
		for (unsigned int v = from; v <= VLAN_LAST; v++)
			if (c[i].e_l1cs && vlan_set_has(&c[i].enabled, v))
				vlan_set_add(&some[i].enabled, v);
			else
				vlan_set_remove(&some[i].enabled, v);
}

void appoint_plan(struct appoint *a, const struct appoint_candidate *c, unsigned int n,
	const struct appoint_mapping *mapping, unsigned int ranges)
{
	struct appoint_candidate some[APPOINT_CANDIDATES_MAX];
	unsigned int from;

	plan(a, c, n, mapping);
	if (!full_at(a, c, n, ranges))
		return;
	memcpy(some, c, n * sizeof(*c));
	restrict_from(some, n, full_at(a, c, n, ranges - 1));
	plan(a, some, n, mapping);
	while ((from = full_at(a, some, n, ranges))) {
		cut_from(some, c, n, from);
		plan(a, some, n, mapping);
	}
}

/* A VLAN that nobody else is to serve: a Hello that appoints us for one inhibits it at all others
 * (section 4). 1: each is another's, which a trunk port's DRB alone comes to, and that is known for
 * one that serves none. */
static uint16_t own_vlan(const struct appoint *a, uint16_t own)
{
	for (uint16_t v = 1; v <= VLAN_LAST; v++)
		if (a->to[v] == own || a->to[v] == NICKNAME_NONE)
			return v;
	return 1;
}

unsigned int appoint_hello(struct appoint *a, const struct appoint_candidate *c, unsigned int n,
	struct hello_appointment *out, unsigned int max)
{
	unsigned int count = ranges_all(a, c, n, out, max);

	if (count)
		a->in_hello = true;
	else if (a->in_hello && n && max) {
		uint16_t v = own_vlan(a, c[0].nickname);

		out[count++] =
			(struct hello_appointment){.nickname = c[0].nickname, .start = v, .end = v};
	}
	return count;
}

void appoint_scope_put(const struct appoint *a, uint16_t nickname, struct wire_writer *w)
{
	struct vlan_set vlans;

	vlan_set_clear(&vlans);
	for (unsigned int v = 1; v <= VLAN_LAST; v++)
		if (a->to[v] == nickname)
			vlan_set_add(&vlans, v);
	if (!vlan_set_is_empty(&vlans))
		appointment_put(w, nickname, &vlans);
}
