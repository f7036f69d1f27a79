/* Where the data plane has end stations: a row for each that is believed (see rbridge.h).
 *
 * Frames fill its table, too, and anybody can send these: what is told with more confidence takes
 * the room of what they taught, in core/mac and there. What has none all the same is tried again.
 * It does not know what else follows from a station. */
#include "trill/core/rbridge_internal.h"

#include <errno.h>

#define TRIES      16 /* frames may be there first where room is made */
#define IN_A_TURN  1024
#define WAIT_MAX_S 64

int rbridge_row_set(struct rbridge *rb, const struct tables_station *row)
{
	struct trill_tables *t = rb->env.tables;
	bool knows = rb->tables_know;
	int err = t->station_set(t, row);

	rb->tables_know = false; /* that what makes room goes */
	for (unsigned int i = 0;
		i < TRIES && err == -ENOSPC && row->confidence > MAC_CONFIDENCE_DATA &&
		mac_make_room(rb->stations);
		i++)
		err = t->station_set(t, row);
	rb->tables_know = knows;
	rb->rows_refused += err < 0;
	rb->rows_no_room += err == -ENOSPC;
	return err;
}

void rbridge_row_put(struct rbridge *rb, const struct mac_entry *e)
{
	struct tables_station row = {.mac = e->mac,
		.vlan = labels_number(&rb->labels, e->label),
		.confidence = e->confidence};
	bool lacks;

	if (!e->place.local)
		row.nickname = e->place.where;
	else if (rbridge_label_served(&rb->ports[e->place.where], row.vlan))
		row.ifindex = rb->ports[e->place.where].config.ifindex;
	else
		return;
	lacks = rbridge_row_set(rb, &row) < 0;
	if (lacks != e->lacks)
		mac_lacks_set(rb->stations, e->label, &e->mac, lacks);
	rb->rows_lack |= lacks;
	if (lacks && !timer_is_set(&rb->rows_timer))
		timer_set(&rb->timers, &rb->rows_timer, mono_add_s(rb->now, rb->rows_wait_s));
}

/* What lacks is tried again after a second, then after twice as long each time. */
static void rows_fire(struct timer *t, struct mono now)
{
	struct rbridge *rb = t->arg;
	uint32_t end = rb->rows_at + IN_A_TURN;

	rb->now = now;
	if (!rb->rows_at)
		rb->rows_lack = false;
	for (; rb->rows_at < end && rb->rows_at < mac_places(rb->stations); rb->rows_at++) {
		const struct mac_entry *e = mac_at(rb->stations, rb->rows_at);

		if (e && e->lacks)
			rbridge_row_put(rb, e);
	}
	if (rb->rows_at == end) {
		timer_set(&rb->timers, t, now);
		return;
	}
	rb->rows_at = 0;
	if (!rb->rows_lack)
		rb->rows_wait_s = 1;
	else if (rb->rows_wait_s < WAIT_MAX_S)
		rb->rows_wait_s *= 2;
	timer_set(&rb->timers, t, rb->rows_lack ? mono_add_s(now, rb->rows_wait_s) : MONO_NEVER);
}

void rbridge_row_init(struct rbridge *rb)
{
	rb->rows_wait_s = 1;
	timer_init(&rb->rows_timer, rows_fire, rb);
}

uint64_t rbridge_rows_refused(const struct rbridge *rb)
{
	return rb->routes.refused + rb->rows_refused;
}

uint64_t rbridge_rows_no_room(const struct rbridge *rb)
{
	return rb->routes.no_room + rb->rows_no_room;
}
