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

void appoint_plan(struct appoint *a, const struct appoint_candidate *c, unsigned int n,
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

/* The ranges of one neighbour, written from @count on. */
static unsigned int ranges(const struct appoint *a, uint16_t nickname,
	struct hello_appointment *out, unsigned int count, unsigned int max)
{
	for (unsigned int v = 1; v <= VLAN_LAST; v++) {
		if (a->to[v] != nickname)
			continue;
		if (count == max)
			return count;
		out[count] = (struct hello_appointment){
			.nickname = nickname, .start = (uint16_t)v, .end = (uint16_t)v};
		while (v < VLAN_LAST && a->to[v + 1] == nickname)
			v++;
		out[count++].end = (uint16_t)v;
	}
	return count;
}

unsigned int appoint_hello(struct appoint *a, const struct appoint_candidate *c, unsigned int n,
	struct hello_appointment *out, unsigned int max)
{
	unsigned int count = 0;

	for (unsigned int i = 1; i < n; i++)
		if (!c[i].e_l1cs)
			count = ranges(a, c[i].nickname, out, count, max);
	if (count)
		a->in_hello = true;
	else if (a->in_hello && n && max)
		out[count++] =
			(struct hello_appointment){.nickname = c[0].nickname, .start = 1, .end = 1};
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
