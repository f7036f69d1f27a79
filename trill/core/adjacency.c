/* See adjacency.h. */
#include "trill/core/adjacency.h"

#include <stdlib.h>
#include <string.h>

#include "trill/core/drb.h"

#define NA (-1)

/* RFC 7177, Table 2. */
static const int8_t transitions[ADJACENCY_EVENTS][ADJACENCY_STATES] = {
	/* in Down, Detect, 2-Way, Report */
	[ADJACENCY_A1] = {ADJACENCY_TWO_WAY, ADJACENCY_TWO_WAY, ADJACENCY_TWO_WAY,
		ADJACENCY_REPORT},
	[ADJACENCY_A2] = {ADJACENCY_DETECT, ADJACENCY_DETECT, ADJACENCY_TWO_WAY, ADJACENCY_REPORT},
	[ADJACENCY_A3] = {ADJACENCY_DETECT, ADJACENCY_DETECT, ADJACENCY_DETECT, ADJACENCY_DETECT},
	[ADJACENCY_A4] = {NA, ADJACENCY_DOWN, ADJACENCY_DOWN, ADJACENCY_DOWN},
	[ADJACENCY_A5] = {NA, ADJACENCY_DETECT, ADJACENCY_DETECT, ADJACENCY_DETECT},
	[ADJACENCY_A6] = {NA, NA, ADJACENCY_REPORT, ADJACENCY_REPORT},
	[ADJACENCY_A7] = {NA, NA, ADJACENCY_TWO_WAY, ADJACENCY_TWO_WAY},
	[ADJACENCY_A8] = {ADJACENCY_DOWN, ADJACENCY_DOWN, ADJACENCY_DOWN, ADJACENCY_DOWN},
};

int adjacency_transition(enum adjacency_state state, enum adjacency_event event)
{
	return transitions[event][state];
}

const char *adjacency_state_name(enum adjacency_state state)
{
	static const char *const names[ADJACENCY_STATES] = {"down", "detect", "2-way", "report"};

	return names[state];
}

bool adjacency_init(struct adjacency_table *t, bool lan, unsigned int max)
{
	memset(t, 0, sizeof(*t));
	t->lan = lan;
	t->max = lan ? max + ADJACENCY_KEPT_FREE : 1;
	t->rows = calloc(t->max, sizeof(*t->rows));
	return t->rows;
}

void adjacency_fini(struct adjacency_table *t)
{
	free(t->rows);
	t->rows = NULL;
	t->count = 0;
}

enum adjacency_listing adjacency_listing_of(const struct hello_neighbors *n, const struct mac *ours)
{
	bool above_first = n->smallest, below_last = n->largest;
	struct hello_neighbor neighbor;

	for (unsigned int i = 0; i < n->count; i++) {
		int order;

		hello_neighbor_at(n, i, &neighbor);
		order = mac_compare(ours, &neighbor.snpa);
		if (!order)
			return ADJACENCY_LISTED;
		above_first = above_first || order > 0;
		below_last = below_last || order < 0;
	}
	return above_first && below_last ? ADJACENCY_NOT_LISTED : ADJACENCY_NOT_COVERED;
}

static bool tests_pass(const struct adjacency_table *t, const struct adjacency *row)
{
	if (t->test_mtu && !row->mtu_ok)
		return false;
	return !t->test_bfd || !row->bfd || row->bfd_up;
}

static void row_remove(struct adjacency_table *t, struct adjacency *row)
{
	unsigned int at = (unsigned int)(row - t->rows);

	t->count--;
	memmove(row, row + 1, (t->count - at) * sizeof(*row));
}

/* One event; then, in 2-Way, what the tests say. A row that went down is no longer there. */
static void event(struct adjacency_table *t, struct adjacency *row, enum adjacency_event why)
{
	enum adjacency_state was = row->state;
	int next = adjacency_transition(was, why);

	if (next < 0)
		return;
	row->state = (enum adjacency_state)next;
	if (row->state != was) {
		if (row->state == ADJACENCY_DETECT || row->state == ADJACENCY_DOWN)
			row->mtu_ok = row->bfd_up = false; /* to be tested anew */
		if (t->changed)
			t->changed(t->arg, row, was, why);
	}
	if (row->state == ADJACENCY_DOWN)
		row_remove(t, row);
	else if (row->state == ADJACENCY_TWO_WAY && tests_pass(t, row))
		event(t, row, ADJACENCY_A6);
}

struct adjacency *adjacency_find(const struct adjacency_table *t, const struct adjacency_key *key)
{
	for (unsigned int i = 0; i < t->count; i++) {
		const struct adjacency_key *k = &t->rows[i].key;

		if (!mac_compare(&k->mac, &key->mac) && k->port_id == key->port_id &&
			!system_id_compare(&k->system, &key->system))
			return &t->rows[i];
	}
	return NULL;
}

unsigned int adjacency_count(const struct adjacency_table *t, enum adjacency_state least)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < t->count; i++)
		n += t->rows[i].state >= least;
	return n;
}

/* Of the rows that are not up, the one of lowest priority; NULL: all are. */
static struct adjacency *lowest(const struct adjacency_table *t)
{
	struct adjacency *found = NULL;

	for (unsigned int i = 0; i < t->count; i++)
		if (t->rows[i].state < ADJACENCY_TWO_WAY &&
			(!found || drb_compare_rows(&t->rows[i], found) < 0))
			found = &t->rows[i];
	return found;
}

/* It would be DRB before all of them. */
static bool is_highest(const struct adjacency_table *t, const struct drb_candidate *new)
{
	for (unsigned int i = 0; i < t->count; i++)
		if (drb_compare_row(new, &t->rows[i]) <= 0)
			return false;
	return true;
}

/* There is a place for a newcomer, or one is made. */
static bool place_make(struct adjacency_table *t, const struct drb_candidate *new)
{
	struct adjacency *row;

	if (t->count < t->max - (t->lan ? ADJACENCY_KEPT_FREE : 0))
		return true;
	row = t->lan ? lowest(t) : t->rows;
	if (t->lan ? row && drb_compare_row(new, row) > 0
		   : !system_id_compare(&row->key.system, &new->key.system)) {
		event(t, row, ADJACENCY_A4);
		return true;
	}
	return t->count < t->max && is_highest(t, new);
}

/* A row for a neighbour that is not in the table yet; NULL: there is no place. On a point-to-point
 * link another system waits until the one before is gone; the same one with another MAC or port is
 * its own successor. */
static struct adjacency *row_add(struct adjacency_table *t, const struct adjacency_hello *h)
{
	struct drb_candidate new = {.priority = h->priority, .key = h->key};
	struct adjacency *row;

	if (!place_make(t, &new))
		return NULL;
	row = &t->rows[t->count++];
	memset(row, 0, sizeof(*row));
	row->key = h->key;
	return row;
}

static enum adjacency_event event_of(const struct adjacency_hello *h)
{
	if (h->designated && h->listing == ADJACENCY_LISTED)
		return ADJACENCY_A1;
	if (!h->designated || h->listing == ADJACENCY_NOT_COVERED)
		return ADJACENCY_A2;
	return ADJACENCY_A3;
}

int adjacency_hello(struct adjacency_table *t, const struct adjacency_hello *h, struct mono now)
{
	struct adjacency *row = adjacency_find(t, &h->key);
	enum adjacency_event why = event_of(h);
	struct mono until = mono_add_s(now, h->holding_s);

	if (!t->lan && !h->designated)
		return -1;
	if (!row)
		row = row_add(t, h);
	if (!row)
		return -1;
	if (h->designated || !t->lan)
		row->designated_until = until;
	else
		row->other_until = until;
	row->priority = h->priority;
	row->desired_vlan = h->desired_vlan;
	row->nickname = h->nickname;
	row->version = h->version;
	row->bfd = h->bfd;
	row->e_l1cs = h->e_l1cs;
	row->e_l1fs = h->e_l1fs;
	if (h->listing == ADJACENCY_LISTED)
		row->oomf = h->oomf;
	event(t, row, why);
	return (int)why;
}

void adjacency_tested(struct adjacency_table *t, struct adjacency *row)
{
	event(t, row, tests_pass(t, row) ? ADJACENCY_A6 : ADJACENCY_A7);
}

void adjacency_designated_changed(struct adjacency_table *t, struct mono now)
{
	for (unsigned int i = 0; i < t->count; i++) {
		struct adjacency *row = &t->rows[i];

		if (mono_before(row->other_until, row->designated_until))
			row->other_until = row->designated_until;
		row->designated_until = (struct mono){0};
	}
	/* A5 to each that has time left; none has less than before. */
	for (unsigned int i = 0; i < t->count; i++)
		event(t, &t->rows[i], ADJACENCY_A5);
	adjacency_time(t, now);
}

void adjacency_drop(struct adjacency_table *t, struct adjacency *row)
{
	event(t, row, ADJACENCY_A4);
}

void adjacency_port_down(struct adjacency_table *t)
{
	while (t->count)
		event(t, &t->rows[t->count - 1], ADJACENCY_A8);
}

/* True: the row went down. */
static bool row_time(struct adjacency_table *t, struct adjacency *row, struct mono now)
{
	bool ran = row->designated_until.ns;

	if (mono_due(row->designated_until, now))
		row->designated_until = (struct mono){0};
	if (mono_due(row->other_until, now))
		row->other_until = (struct mono){0};
	if (!row->designated_until.ns && !row->other_until.ns) {
		event(t, row, ADJACENCY_A4);
		return true;
	}
	if (ran && !row->designated_until.ns)
		event(t, row, ADJACENCY_A5);
	return false;
}

void adjacency_time(struct adjacency_table *t, struct mono now)
{
	unsigned int i = 0;

	while (i < t->count)
		if (!row_time(t, &t->rows[i], now))
			i++;
}

struct mono adjacency_next(const struct adjacency_table *t)
{
	struct mono next = MONO_NEVER;

	for (unsigned int i = 0; i < t->count; i++) {
		const struct adjacency *row = &t->rows[i];

		if (row->designated_until.ns)
			next = mono_min(next, row->designated_until);
		if (row->other_until.ns)
			next = mono_min(next, row->other_until);
	}
	return next;
}
