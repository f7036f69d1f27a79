/* Fine-grained labels at our ports: which VLAN of a port stands for which label, and what the data
 * plane is told of that (see rbridge.h; RFC 7172 sections 3 and 4).
 *
 * core/labels has the numbers. Appointed forwarders go by VLANs, as ever (section 4.4); all that is
 * inside the campus goes by numbers of labels. */
#include "trill/core/rbridge_internal.h"

#include <stdlib.h>
#include <string.h>

/* Both ways; 0: none. */
struct port_labels {
	uint16_t number[LABELS_FIRST]; /* by VLAN */
	uint16_t vlan[LABELS_FGL_MAX]; /* by number - LABELS_FIRST */
};

/* The data plane's rows of labels follow. */
void rbridge_labels_tell(struct rbridge *rb)
{
	struct trill_tables *t = rb->env.tables;

	if (!rb->labels.count && !rb->labels_told)
		return;
	rb->labels_compared++;
	for (unsigned int i = 0; i < LABELS_FGL_MAX; i++) {
		const struct labels_row *row = &rb->labels.rows[i];

		if (rb->told_labels[i] && (!row->used || row->fgl != rb->told_labels[i] - 1)) {
			t->label_set(t, rb->told_labels[i] - 1, 0);
			rb->told_labels[i] = 0;
			rb->labels_told--;
		}
	}
	for (unsigned int i = 0; i < LABELS_FGL_MAX; i++) {
		const struct labels_row *row = &rb->labels.rows[i];

		if (row->used && !rb->told_labels[i] &&
			t->label_set(t, row->fgl, (uint16_t)(LABELS_FIRST + i)) >= 0) {
			rb->told_labels[i] = row->fgl + 1;
			rb->labels_told++;
		}
	}
}

static bool map_one(struct rbridge_port *port, uint16_t vlan, uint32_t fgl)
{
	uint16_t number;

	if (!vlan_usable(vlan) || port->labels->number[vlan])
		return false;
	number = labels_pin(&port->rb->labels, fgl);
	if (!number)
		return false;
	port->labels->number[vlan] = number;
	port->labels->vlan[number - LABELS_FIRST] = vlan;
	return true;
}

static bool map_all(struct rbridge_port *port)
{
	const struct rbridge_port_config *c = &port->config;

	for (unsigned int i = 0; i < c->mapping_count; i++) {
		const struct rbridge_mapping *m = &c->mappings[i];

		for (unsigned int k = 0; k < m->count; k++)
			if (!map_one(port, (uint16_t)(m->vlan + k), m->fgl + k))
				return false;
	}
	return true;
}

/* The data plane knows a label's number before a VLAN stands for it. */
static bool mappings_tell(struct rbridge_port *port)
{
	struct trill_tables *t = port->rb->env.tables;

	rbridge_labels_tell(port->rb);
	for (uint16_t v = 1; v <= VLAN_LAST; v++)
		if (port->labels->number[v] &&
			t->mapping_set(t, port->config.ifindex, v, port->labels->number[v]) < 0)
			return false;
	return true;
}

bool rbridge_label_up(struct rbridge_port *port)
{
	if (!port->config.mapping_count)
		return true;
	port->labels = calloc(1, sizeof(*port->labels));
	if (!port->labels)
		return false;
	if (map_all(port) && mappings_tell(port))
		return true;
	rbridge_label_down(port);
	return false;
}

void rbridge_label_down(struct rbridge_port *port)
{
	struct trill_tables *t = port->rb->env.tables;

	for (uint16_t v = 1; port->labels && v <= VLAN_LAST; v++)
		if (port->labels->number[v]) {
			t->mapping_set(t, port->config.ifindex, v, 0);
			labels_unpin(&port->rb->labels, port->labels->number[v]);
		}
	free(port->labels);
	port->labels = NULL;
	rbridge_labels_tell(port->rb);
}

uint16_t rbridge_label_number(const struct rbridge_port *port, uint16_t vlan)
{
	uint16_t number = port->labels && vlan_usable(vlan) ? port->labels->number[vlan] : 0;

	return number ? number : vlan;
}

uint16_t rbridge_label_vlan(const struct rbridge_port *port, uint16_t number)
{
	if (number >= LABELS_NUMBERS)
		return 0;
	if (number >= LABELS_FIRST)
		return port->labels ? port->labels->vlan[number - LABELS_FIRST] : 0;
	return rbridge_label_number(port, number) == number ? number : 0;
}

bool rbridge_label_served(const struct rbridge_port *port, uint16_t number)
{
	return vlan_set_has(rbridge_native_appointed(port), rbridge_label_vlan(port, number));
}

bool rbridge_label_differs(const struct rbridge_port *port, uint16_t vlan, uint32_t fgl)
{
	const struct port_labels *l = port->labels;
	uint16_t ours = l->number[vlan], theirs;

	theirs = labels_number(&port->rb->labels, (struct label){.id = fgl, .fgl = true});
	if (ours && ours != theirs)
		return true;
	return theirs && l->vlan[theirs - LABELS_FIRST] && l->vlan[theirs - LABELS_FIRST] != vlan;
}

void rbridge_label_unmapped(const struct rbridge_port *port, struct vlan_set *vlans)
{
	for (unsigned int v = 1; port->labels && v <= VLAN_LAST; v++)
		if (port->labels->number[v])
			vlan_set_remove(vlans, v);
}

void rbridge_label_numbers(
	const struct rbridge_port *port, const struct vlan_set *vlans, struct label_set *set)
{
	if (!port->labels) {
		label_set_add_vlans(set, vlans);
		return;
	}
	for (unsigned int v = vlan_set_next(vlans, 1); v; v = vlan_set_next(vlans, v + 1))
		label_set_add(set, rbridge_label_number(port, (uint16_t)v));
}

const struct labels *rbridge_labels(const struct rbridge *rb)
{
	return &rb->labels;
}

struct label rbridge_label(const struct rbridge *rb, uint16_t number)
{
	return labels_label(&rb->labels, number);
}
