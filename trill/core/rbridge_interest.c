/* What other RBridges say of VLANs, and what follows for their stations: an RBridge that has left
 * the campus or a VLAN has none there any more, and one that lost a port's VLAN may not have those
 * that it had (see rbridge.h; RFC 6325 section 4.8.3, RFC 7780 section 11).
 *
 * It compares what is said now with what was said before. */
#include "trill/core/rbridge_internal.h"

#include <stdlib.h>
#include <string.h>

static int order(const void *a, const void *b)
{
	const struct campus_interest *x = a, *y = b;

	if (x->nickname != y->nickname)
		return x->nickname < y->nickname ? -1 : 1;
	return x->start < y->start ? -1 : x->start > y->start;
}

/* What reachable others say now, by nickname. NULL: out of memory. */
static struct campus_interest *gather(const struct rbridge *rb, uint32_t *count)
{
	const struct campus *c = &rb->campus;
	struct campus_interest *list = calloc(c->interest_count + 1, sizeof(*list));

	*count = 0;
	for (uint32_t i = 0; list && i < c->interest_count; i++) {
		struct campus_interest *one = &list[*count];

		if (!rbridge_topology_other(rb, c->interests[i].node))
			continue;
		one->nickname = c->interests[i].nickname;
		one->start = c->interests[i].start;
		one->end = c->interests[i].end;
		one->af_lost = c->interests[i].af_lost;
		++*count;
	}
	if (list)
		qsort(list, *count, sizeof(*list), order);
	return list;
}

/* The rows of one nickname. */
static uint32_t group_of(const struct campus_interest *list, uint32_t count, uint32_t first)
{
	uint32_t n = first;

	while (n < count && list[n].nickname == list[first].nickname)
		n++;
	return n - first;
}

static void vlans_of(const struct campus_interest *list, uint32_t n, struct vlan_set *vlans)
{
	vlan_set_clear(vlans);
	for (uint32_t i = 0; i < n; i++)
		vlan_set_add_range(vlans, list[i].start, list[i].end);
}

/* @nickname has no stations in these VLANs any more. */
static void left(struct rbridge *rb, uint16_t nickname, const struct vlan_set *vlans, bool all)
{
	struct trill_tables *t = rb->env.tables;

	t->station_flush(t, nickname, 0, all ? NULL : vlans);
	rb->tables_know = true;
	mac_forget_vlans(rb->stations, MAC_REMOTE, &nickname, vlans);
	rb->tables_know = false;
}

/* What a nickname's rows say of the lost counter in each VLAN; of several the highest. */
struct lost {
	struct vlan_set said;
	uint32_t counter[4096];
};

/* Of the VLANs in @of alone. */
static void lost_of(const struct campus_interest *list, uint32_t n, const struct vlan_set *of,
	struct lost *lost)
{
	vlan_set_clear(&lost->said);
	for (uint32_t i = 0; i < n; i++) {
		unsigned int v = vlan_set_next(of, list[i].start);

		for (; v && v <= list[i].end; v = vlan_set_next(of, v + 1)) {
			if (!vlan_set_has(&lost->said, v) ||
				(int32_t)(list[i].af_lost - lost->counter[v]) > 0)
				lost->counter[v] = list[i].af_lost;
			vlan_set_add(&lost->said, v);
		}
	}
}

/* Where the lost counter went up, what was learned behind it is not believed for long: one call for
 * all its VLANs, for each is a walk over all stations. */
static void hasten(struct rbridge *rb, const struct campus_interest *was, uint32_t n,
	const struct campus_interest *is, uint32_t m)
{
	struct trill_tables *t = rb->env.tables;
	struct lost before, now;
	struct vlan_set up;

	vlan_set_clear(&up);
	lost_of(was, n, &rb->served, &before);
	lost_of(is, m, &before.said, &now);
	for (unsigned int v = vlan_set_next(&now.said, 1); v; v = vlan_set_next(&now.said, v + 1))
		if ((int32_t)(now.counter[v] - before.counter[v]) > 0)
			vlan_set_add(&up, v);
	if (!vlan_set_is_empty(&up))
		t->station_hasten(t, is->nickname, &up, MAC_FORWARD_DELAY_S);
}

/* One nickname: @n rows before, @m rows now. */
static void compare(struct rbridge *rb, const struct campus_interest *was, uint32_t n,
	const struct campus_interest *is, uint32_t m)
{
	struct vlan_set before, after;

	if (n == m && !memcmp(was, is, n * sizeof(*was)))
		return; /* as most of them, most of the time */
	vlans_of(was, n, &before);
	vlans_of(is, m, &after);
	for (unsigned int i = 0; i < 64; i++)
		before.bits[i] &= ~after.bits[i] & (m ? rb->served.bits[i] : ~0ull);
	if (!vlan_set_is_empty(&before))
		left(rb, was->nickname, &before, !m);
	if (m)
		hasten(rb, was, n, is, m);
}

void rbridge_interest_campus(struct rbridge *rb)
{
	struct campus_interest *was = rb->interests, *is;
	uint32_t n = rb->interest_count, m, i = 0, k = 0;

	is = gather(rb, &m);
	if (!is)
		return; /* as it was, until the campus changes again */
	while (i < n) {
		uint32_t rows = group_of(was, n, i), now = 0;

		while (k < m && is[k].nickname < was[i].nickname)
			k++;
		if (k < m && is[k].nickname == was[i].nickname)
			now = group_of(is, m, k);
		compare(rb, &was[i], rows, &is[k], now);
		i += rows;
	}
	free(was);
	rb->interests = is;
	rb->interest_count = m;
}

void rbridge_interest_fini(struct rbridge *rb)
{
	free(rb->interests);
}
