/* Whether the RBridges of a link map its VLANs to the same fine-grained labels as we do: else
 * frames go to another label when another becomes appointed forwarder (see rbridge.h; RFC 8139
 * section 7).
 *
 * All tell it in FS-LSPs of the link. A difference is told when it has lasted. */
#include "trill/core/rbridge_internal.h"

#include <string.h>

void rbridge_mapping_put(const struct rbridge_port *port, unsigned int i, struct wire_writer *w)
{
	const struct rbridge_mapping *m = &port->config.mappings[i];

	mapping_put(w, m->vlan, m->fgl, m->count);
}

unsigned int rbridge_mapping_count(const struct rbridge_port *port)
{
	return port->labels ? port->config.mapping_count : 0;
}

static bool is_neighbor(const struct rbridge_port *port, const struct system_id *system)
{
	for (unsigned int i = 0; i < port->table.count; i++)
		if (!system_id_compare(&port->table.rows[i].key.system, system))
			return port->table.rows[i].state >= ADJACENCY_TWO_WAY;
	return false;
}

/* What @p says is otherwise here. */
static bool lsp_differs(
	const struct rbridge_port *port, const struct isis_pdu *p, struct rbridge_difference *d)
{
	struct tlv_iter it, subs;
	struct tlv t, sub;

	isis_tlvs(p, &it);
	while (tlv_find(&it, TLV_GENINFO, &t)) {
		if (geninfo_read(&t, p->form, &subs))
			continue;
		while (tlv_next(&subs, &sub)) {
			struct mapping_pair pair;
			size_t at = 0;

			while (!mapping_check(&sub) && mapping_next(&sub, &at, &pair))
				if (rbridge_label_differs(port, pair.vlan, pair.fgl)) {
					d->vlan = pair.vlan;
					d->fgl = pair.fgl;
					return true;
				}
		}
	}
	return false;
}

/* The first that is found; false: all are as ours. */
static bool find(const struct rbridge_port *port, struct rbridge_difference *d)
{
	struct lsdb *db = rbridge_link_lsdb(port->rb, port->number);
	const struct lsdb_lsp *lsp = NULL;

	memset(d, 0, sizeof(*d));
	while (db && port->labels && (lsp = lsdb_after(db, lsp ? &lsp->id : NULL))) {
		struct wire_fault fault;
		struct isis_pdu p;

		if (lsp->own || lsp->purged || !is_neighbor(port, &lsp->id.system) ||
			isis_parse(lsp->bytes, lsp->len, &p, &fault))
			continue;
		d->system = lsp->id.system;
		if (lsp_differs(port, &p, d))
			return true;
	}
	return false;
}

static void tell(struct rbridge_port *port, bool gone)
{
	struct rbridge_event event = {.kind = RBRIDGE_MAPPING,
		.port = port->number,
		.neighbor = port->difference.system,
		.difference = &port->difference,
		.gone = gone};

	port->difference_told = !gone;
	rbridge_event_say(port->rb, &event);
}

static void mapping_fire(struct timer *t, struct mono now)
{
	(void)now;
	tell(t->arg, false);
}

void rbridge_mapping_follow(struct rbridge_port *port, struct mono now)
{
	uint16_t wait_s = port->config.mapping_alert_s;
	struct rbridge_difference d;

	if (!port->labels && !port->difference_told && !timer_is_set(&port->mapping_timer))
		return;
	if (!find(port, &d)) {
		timer_cancel(&port->rb->timers, &port->mapping_timer);
		if (port->difference_told)
			tell(port, true);
		return;
	}
	if (port->difference_told)
		return;
	port->difference = d;
	if (!timer_is_set(&port->mapping_timer) && wait_s != RBRIDGE_MAPPING_NEVER)
		timer_set(&port->rb->timers, &port->mapping_timer, mono_add_s(now, wait_s));
}

void rbridge_mapping_init(struct rbridge_port *port)
{
	timer_init(&port->mapping_timer, mapping_fire, port);
}

const struct rbridge_difference *rbridge_difference(const struct rbridge *rb, uint16_t port)
{
	return rb->ports[port].difference_told ? &rb->ports[port].difference : NULL;
}
