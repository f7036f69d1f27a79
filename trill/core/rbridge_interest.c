/* What other RBridges say of labels, and what follows for their stations: an RBridge that has left
 * the campus or a label has none there any more, and one that lost a port's VLAN may not have those
 * that it had (see rbridge.h; RFC 6325 section 4.8.3, RFC 7780 section 11).
 *
 * It compares what is said now with what was said before. */
#include "trill/core/lost.h"
#include "trill/core/rbridge_internal.h"

#include <stdlib.h>
#include <string.h>

static int order(const void *a, const void *b)
{
	const struct campus_interest *x = a, *y = b;

	if (x->nickname != y->nickname)
		return x->nickname < y->nickname ? -1 : 1;
	if (x->fgl != y->fgl)
		return x->fgl ? 1 : -1;
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
		one->fgl = c->interests[i].fgl;
		one->bitmap = c->interests[i].bitmap;
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

static void labels_of(const struct rbridge *rb, const struct campus_interest *list, uint32_t n,
	struct label_set *set)
{
	label_set_clear(set);
	for (uint32_t i = 0; i < n; i++)
		campus_interest_numbers(&list[i], &rb->labels, set);
}

/* @nickname has no stations in these labels any more. */
static void left(struct rbridge *rb, uint16_t nickname, const struct label_set *set, bool all)
{
	struct trill_tables *t = rb->env.tables;

	t->station_flush(t, nickname, 0, all ? NULL : set);
	rb->tables_know = true;
	mac_forget_labels(rb->stations, MAC_REMOTE, &nickname, set);
	rb->tables_know = false;
	rbridge_arp_left(rb, &nickname, set);
}

/* Where the lost counter went up, what was learned behind it is not believed for long: one call for
 * all its labels, for each is a walk over all stations. */
static void hasten(struct rbridge *rb, const struct campus_interest *was, uint32_t n,
	const struct campus_interest *is, uint32_t m)
{
	struct trill_tables *t = rb->env.tables;
	struct lost before, now;
	struct label_set up;

	label_set_clear(&up);
	lost_read(&before, was, n, &rb->labels, &rb->served);
	lost_read(&now, is, m, &rb->labels, &before.said);
	for (unsigned int v = label_set_next(&now.said, 1); v; v = label_set_next(&now.said, v + 1))
		if ((int32_t)(now.counter[v] - before.counter[v]) > 0)
			label_set_add(&up, v);
	if (!label_set_is_empty(&up))
		t->station_hasten(t, is->nickname, &up, MAC_FORWARD_DELAY_S);
}

/* One nickname: @n rows before, @m rows now. */
static void compare(struct rbridge *rb, const struct campus_interest *was, uint32_t n,
	const struct campus_interest *is, uint32_t m)
{
	struct label_set before, after;

	if (n == m && !memcmp(was, is, n * sizeof(*was)))
		return; /* as most of them, most of the time */
	labels_of(rb, was, n, &before);
	labels_of(rb, is, m, &after);
	for (unsigned int i = 0; i < LABELS_WORDS; i++)
		before.bits[i] &= ~after.bits[i] & (m ? rb->served.bits[i] : ~0ull);
	if (!label_set_is_empty(&before))
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
