/* See shutdown.h. */
#include "trill/core/shutdown.h"

#include <string.h>

void shutdown_init(struct shutdown *s, unsigned int copies, unsigned int delay_ms)
{
	memset(s, 0, sizeof(*s));
	s->copies = copies < 1 ? 1 : copies > SHUTDOWN_COPIES_MAX ? SHUTDOWN_COPIES_MAX : copies;
	s->delay_ms = delay_ms > 1000 ? 1000 : delay_ms;
	s->next = MONO_NEVER;
}

static void send_copy(struct shutdown *s, struct channel_room *r, struct mono now)
{
	struct channel c = {.protocol = CHANNEL_PORT_SHUTDOWN,
		.payload = s->ports,
		.payload_len = 2u * s->port_count};

	for (unsigned int i = 0; i < s->to_count; i++) {
		c.multi_hop = !s->to[i].link;
		channel_send(r, &s->to[i], &c);
	}
	s->left--;
	s->next = s->left ? mono_add_ms(now, s->delay_ms) : MONO_NEVER;
}

static void start(struct shutdown *s, struct channel_room *r, const uint16_t *ports,
	unsigned int count, struct mono now)
{
	s->port_count = count < SHUTDOWN_PORTS_MAX ? count : SHUTDOWN_PORTS_MAX;
	for (unsigned int i = 0; i < s->port_count; i++) {
		s->ports[2 * i] = (uint8_t)(ports[i] >> 8);
		s->ports[2 * i + 1] = (uint8_t)ports[i];
	}
	s->left = s->copies;
	send_copy(s, r, now);
}

void shutdown_failed(struct shutdown *s, struct channel_room *r, const uint16_t *ports,
	unsigned int port_count, const uint16_t *nicknames, unsigned int count, struct mono now)
{
	s->to_count = count < SHUTDOWN_TARGETS_MAX ? count : SHUTDOWN_TARGETS_MAX;
	for (unsigned int i = 0; i < s->to_count; i++)
		s->to[i] = (struct channel_to){.egress = nicknames[i],
			.label = {.id = CHANNEL_VLAN_UNICAST},
			.priority = CHANNEL_PRIORITY_ADJACENCY};
	if (s->to_count && port_count)
		start(s, r, ports, port_count, now);
}

unsigned int shutdown_planned_each(struct shutdown *s, struct channel_room *r, uint16_t port,
	const struct adjacency_table *t, struct mono now)
{
	s->to_count = 0;
	for (unsigned int i = 0; i < t->count && s->to_count < SHUTDOWN_TARGETS_MAX; i++) {
		const struct adjacency *row = &t->rows[i];

		if (row->state < ADJACENCY_TWO_WAY)
			continue;
		s->to[s->to_count++] = (struct channel_to){.link = true,
			.port = port,
			.da = row->key.mac,
			.egress = nickname_usable(row->nickname) ? row->nickname
								 : NICKNAME_ANY_RBRIDGE,
			.label = {.id = CHANNEL_VLAN_UNICAST},
			.priority = CHANNEL_PRIORITY_ADJACENCY};
	}
	if (s->to_count)
		start(s, r, &port, 1, now);
	return s->to_count;
}

void shutdown_time(struct shutdown *s, struct channel_room *r, struct mono now)
{
	if (s->left && mono_due(s->next, now))
		send_copy(s, r, now);
}

struct mono shutdown_next(const struct shutdown *s)
{
	return s->next;
}

static bool names(const struct channel *c, uint16_t port)
{
	int count = port_shutdown_count(c);

	for (int i = 0; i < count; i++)
		if (port_shutdown_at(c, (unsigned int)i) == port)
			return true;
	return false;
}

unsigned int shutdown_received(
	struct adjacency_table *t, const struct system_id *system, const struct channel_in *in)
{
	unsigned int i = 0, gone = 0;

	while (i < t->count) {
		struct adjacency *row = &t->rows[i];

		if (system_id_compare(&row->key.system, system) ||
			!names(&in->c, row->key.port_id)) {
			i++;
			continue;
		}
		adjacency_drop(t, row);
		gone++;
	}
	return gone;
}

void shutdown_flush(struct channel_room *r, struct label label, const struct mac *mac,
	uint16_t nickname, uint16_t tree, uint16_t to)
{
	uint8_t payload[64];
	struct wire_writer w;
	struct channel c = {.protocol = CHANNEL_ADDRESS_FLUSH, .multi_hop = true};
	struct channel_to where = {.multi = tree != NICKNAME_NONE,
		.egress = tree != NICKNAME_NONE ? tree : to,
		.label = label,
		.priority = CHANNEL_PRIORITY_CONTROL};

	wire_writer_init(&w, payload, sizeof(payload));
	flush_put_mac(&w, label, mac, nickname);
	c.payload = payload;
	c.payload_len = w.pos;
	if (wire_written(&w))
		channel_send(r, &where, &c);
}
