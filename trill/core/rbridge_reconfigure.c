/* Another configuration while it runs (see rbridge.h): what others need not notice changes where it
 * stands, and neighbours stay. */
#include "trill/core/rbridge_internal.h"

#include <string.h>

static bool same_vlans(const struct vlan_set *a, const struct vlan_set *b)
{
	return !memcmp(a->bits, b->bits, sizeof(a->bits));
}

static bool is_mapped_otherwise(
	const struct rbridge_port_config *a, const struct rbridge_port_config *b)
{
	if (a->mapping_count != b->mapping_count)
		return true;
	for (unsigned int i = 0; i < a->mapping_count; i++) {
		const struct rbridge_mapping *x = &a->mappings[i], *y = &b->mappings[i];

		if (x->vlan != y->vlan || x->count != y->count || x->fgl != y->fgl)
			return true;
	}
	return false;
}

/* Neighbours have to be found anew: it is another port, or adjacencies are tested otherwise. */
static bool is_another(const struct rbridge_port_config *a, const struct rbridge_port_config *b)
{
	if (a->ifindex != b->ifindex || mac_compare(&a->mac, &b->mac) != 0 || a->p2p != b->p2p)
		return true;
	if (a->bfd != b->bfd || a->bfd_us != b->bfd_us || a->bfd_multiplier != b->bfd_multiplier)
		return true;
	if (a->mtu_test != b->mtu_test || a->mtu_rtt_ms != b->mtu_rtt_ms || a->mtu != b->mtu)
		return true;
	if (a->lag != b->lag || a->exclusive != b->exclusive ||
		laalp_id_compare(&a->laalp, &b->laalp) != 0)
		return true;
	return a->access != b->access || a->deaf != b->deaf || a->trunk != b->trunk ||
	       a->untagged != b->untagged || a->pvid != b->pvid || is_mapped_otherwise(a, b);
}

static bool is_same(const struct rbridge_port_config *a, const struct rbridge_port_config *b)
{
	return a->cost == b->cost && a->priority == b->priority &&
	       same_vlans(&a->enabled, &b->enabled) && same_vlans(&a->announcing, &b->announcing) &&
	       a->desired_vlan == b->desired_vlan && a->hello_ms == b->hello_ms &&
	       a->holding_s == b->holding_s && a->mapping_alert_s == b->mapping_alert_s;
}

bool rbridge_port_reconfigure(struct rbridge *rb, uint16_t number,
	const struct rbridge_port_config *config, struct mono now)
{
	struct rbridge_port *port = &rb->ports[number];
	struct rbridge_port_config was = port->config;

	if (!port->up || is_another(&was, config))
		return rbridge_port_up(rb, number, config, now);
	if (is_same(&was, config))
		return true;
	rb->now = now;
	port->config = *config;
	port->drb.own.priority = config->priority;
	port->drb.desired_vlan = config->desired_vlan;
	if (config->cost != was.cost) {
		rbridge_topology_changed(rb, now);
		origin_changed(&rb->origin, now);
	}
	rbridge_native_nicknames(rb, now); /* forwarders are told their VLANs with them */
	rbridge_port_settle(port, now);
	rbridge_port_hello_soon(port, now);
	return true;
}

/* What is built upon from the start. */
static bool is_another_rbridge(const struct rbridge_config *a, const struct rbridge_config *b)
{
	if (system_id_compare(&a->system, &b->system) || a->nickname_count != b->nickname_count)
		return true;
	for (unsigned int i = 0; i < a->nickname_count; i++) {
		const struct rbridge_nickname *x = &a->nicknames[i], *y = &b->nicknames[i];

		if (x->nickname != y->nickname || x->priority != y->priority ||
			x->root_priority != y->root_priority)
			return true;
	}
	return a->neighbors_max != b->neighbors_max || a->nodes_max != b->nodes_max ||
	       a->links_max != b->links_max || a->nicknames_max != b->nicknames_max ||
	       a->stations_max != b->stations_max;
}

/* What is believed changes with the next PDU. What stands in others' databases was signed by the
 * key before, which may be taken away next: if another one signs now, it is said anew. */
static void rekey(struct rbridge *rb, const struct rbridge_config *c, struct mono now)
{
	bool resign;

	rb->config.keys = c->keys;
	rb->config.key_count = c->key_count;
	rb->config.esadi_keys = c->esadi_keys;
	rb->config.esadi_key_count = c->esadi_key_count;
	resign = !isis_key_same(rb->flood.key, rbridge_key(rb));
	rb->flood.key = rbridge_key(rb);
	rbridge_oam_rekey(rb);
	for (unsigned int i = 0; i < RBRIDGE_PORTS_MAX; i++) {
		rbridge_link_rekey(&rb->ports[i], resign, now);
		rbridge_bfd_rekey(&rb->ports[i]);
		if (resign)
			rbridge_pseudonode_resign(&rb->ports[i], now);
	}
	rbridge_fs_rekey(rb, resign);
	rbridge_esadi_rekey(rb, resign);
	if (resign)
		origin_resign(&rb->origin, now);
}

bool rbridge_reconfigure(struct rbridge *rb, const struct rbridge_config *config, struct mono now)
{
	if (is_another_rbridge(&rb->config, config))
		return false;
	rb->now = now;
	rb->config.trees = config->trees;
	rb->config.roots = config->roots;
	rb->config.uses = config->uses;
	rb->config.interested = config->interested;
	rb->config.esadi = config->esadi;
	memcpy(rb->config.esadi_fgls, config->esadi_fgls, sizeof(config->esadi_fgls));
	rb->config.esadi_fgl_count = config->esadi_fgl_count;
	rb->config.root_change_s = config->root_change_s;
	rb->config.lsps_max = config->lsps_max;
	rbridge_esadi_bound(rb);
	rekey(rb, config, now);
	lsdb_reconfigure(rb->db, config->lsps_max, config->key_count);
	rbridge_oam_follow(rb, config, now);
	if (rb->routes.oomf == SPF_NONE) {
		rb->use = config->trees.use;
		rb->uses = config->uses;
	}
	rbridge_native_nicknames(rb, now);
	rbridge_esadi_follow(rb, &rb->served, now);
	origin_changed(&rb->origin, now);
	rbridge_arp_follow(rb, config->arp_proxy, now);
	rbridge_anycast_follow(rb, config, now);
	return true;
}
