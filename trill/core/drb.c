/* See drb.h. */
#include "trill/core/drb.h"

#define NA (-1)

/* RFC 7177, Table 3. */
static const int8_t transitions[DRB_EVENTS][DRB_STATES] = {
	/* in Down, Suspended, DRB, Not DRB */
	[DRB_D1] = {DRB_IS_DRB, DRB_IS_DRB, NA, NA},
	[DRB_D2] = {NA, NA, DRB_NOT_DRB, DRB_NOT_DRB},
	[DRB_D3] = {NA, NA, DRB_IS_DRB, DRB_IS_DRB},
	[DRB_D4] = {NA, DRB_SUSPENDED, DRB_SUSPENDED, DRB_SUSPENDED},
	[DRB_D5] = {DRB_DOWN, DRB_DOWN, DRB_DOWN, DRB_DOWN},
};

int drb_transition(enum drb_state state, enum drb_event event)
{
	return transitions[event][state];
}

static bool event(struct drb *d, enum drb_event why)
{
	int next = drb_transition(d->state, why);

	if (next < 0)
		return false;
	d->state = (enum drb_state)next;
	return true;
}

int drb_compare(const struct drb_candidate *a, const struct drb_candidate *b)
{
	int order = a->priority - b->priority;

	if (!order)
		order = mac_compare(&a->key.mac, &b->key.mac);
	if (!order)
		order = a->key.port_id - b->key.port_id;
	return order ? order : system_id_compare(&a->key.system, &b->key.system);
}

static struct drb_candidate candidate_of(const struct adjacency *row)
{
	return (struct drb_candidate){.priority = row->priority, .key = row->key};
}

int drb_compare_row(const struct drb_candidate *a, const struct adjacency *row)
{
	struct drb_candidate b = candidate_of(row);

	return drb_compare(a, &b);
}

int drb_compare_rows(const struct adjacency *a, const struct adjacency *b)
{
	struct drb_candidate first = candidate_of(a);

	return drb_compare_row(&first, b);
}

const struct adjacency *drb_elect(struct drb *d, const struct adjacency_table *t)
{
	const struct adjacency *best = NULL;

	if (d->state == DRB_DOWN || d->state == DRB_SUSPENDED)
		return NULL;
	for (unsigned int i = 0; i < t->count; i++)
		if (best ? drb_compare_rows(&t->rows[i], best) > 0
			 : drb_compare_row(&d->own, &t->rows[i]) < 0)
			best = &t->rows[i];
	event(d, best ? DRB_D2 : DRB_D3);
	return best;
}

uint16_t drb_designated_vlan(struct drb *d, const struct adjacency_table *t)
{
	const struct adjacency *best = drb_elect(d, t);

	return best ? best->desired_vlan : d->desired_vlan;
}

bool drb_same_mac(
	struct drb *d, struct adjacency_table *t, const struct adjacency_hello *h, struct mono now)
{
	struct drb_candidate other = {.priority = h->priority, .key = h->key};
	struct mono until = mono_add_s(now, h->holding_s);
	bool was = d->state == DRB_SUSPENDED;

	if (d->state == DRB_DOWN || drb_compare(&other, &d->own) <= 0)
		return false;
	event(d, DRB_D4);
	if (!was || mono_before(d->suspended_until, until))
		d->suspended_until = until;
	adjacency_port_down(t);
	return true;
}

void drb_port(struct drb *d, struct adjacency_table *t, bool up)
{
	if (up) {
		if (d->state == DRB_DOWN)
			event(d, DRB_D1);
		return;
	}
	event(d, DRB_D5);
	adjacency_port_down(t);
}

bool drb_time(struct drb *d, struct mono now)
{
	return d->state == DRB_SUSPENDED && mono_due(d->suspended_until, now) && event(d, DRB_D1);
}

struct mono drb_next(const struct drb *d)
{
	return d->state == DRB_SUSPENDED ? d->suspended_until : MONO_NEVER;
}
