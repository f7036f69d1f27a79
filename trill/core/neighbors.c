/* See neighbors.h. */
#include "trill/core/neighbors.h"

#define WINDOW       160 /* more than a Hello holds */
#define TLV_HEAD_LEN 3
#define RECORD_LEN   9

/* The lowest that are not below where the list begins. */
struct window {
	struct hello_neighbor rows[WINDOW];
	unsigned int count;
	bool more; /* there are higher ones, too */
};

static void window_add(struct window *v, const struct adjacency *row)
{
	struct hello_neighbor one = {.snpa = row->key.mac,
		.mtu = row->mtu,
		.failed = row->mtu_failed,
		.oomf = row->oomf_offered};
	unsigned int at = v->count;

	while (at && mac_compare(&v->rows[at - 1].snpa, &one.snpa) > 0)
		at--;
	if (at && !mac_compare(&v->rows[at - 1].snpa, &one.snpa))
		return; /* another port of the same address */
	v->more |= v->count == WINDOW;
	if (at == WINDOW)
		return;
	v->count += v->count < WINDOW;
	for (unsigned int i = v->count - 1; i > at; i--)
		v->rows[i] = v->rows[i - 1];
	v->rows[at] = one;
}

static bool is_heard(const struct adjacency_table *t, const struct mac *mac)
{
	for (unsigned int i = 0; i < t->count; i++)
		if (t->rows[i].designated_until.ns && !mac_compare(&t->rows[i].key.mac, mac))
			return true;
	return false;
}

static void window_fill(
	struct window *v, const struct adjacency_table *t, const struct mac *from, bool all)
{
	v->count = 0;
	v->more = false;
	for (unsigned int i = 0; i < t->count; i++)
		if (t->rows[i].designated_until.ns &&
			(all || mac_compare(&t->rows[i].key.mac, from) >= 0))
			window_add(v, &t->rows[i]);
}

/* How many records the next TLV may have. */
static unsigned int records_of(size_t room)
{
	size_t n = room < TLV_HEAD_LEN ? 0 : (room - TLV_HEAD_LEN) / RECORD_LEN;

	return n < HELLO_NEIGHBORS_MAX ? (unsigned int)n : HELLO_NEIGHBORS_MAX;
}

void neighbors_put(
	struct wire_writer *w, const struct adjacency_table *t, size_t room, struct mac *listed)
{
	unsigned int first = 0, last = 0, most;
	bool begins = !is_heard(t, listed);
	struct window v;

	if (records_of(room) < 2) {
		w->failed = true;
		return;
	}
	window_fill(&v, t, listed, begins);
	*listed = (struct mac){{0}};
	/* Each but the first TLV repeats one, and must bring another. */
	while ((most = records_of(room)) > (last > 0)) {
		last = v.count - first < most ? v.count : first + most;
		hello_neighbors_tlv_put(w, v.rows + first, last - first, begins && !first,
			last == v.count && !v.more);
		room -= TLV_HEAD_LEN + (last - first) * RECORD_LEN;
		if (last == v.count)
			break;
		first = last - 1;
	}
	if (last < v.count || v.more)
		*listed = v.rows[last - 1].snpa;
}
