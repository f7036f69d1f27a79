/* config_reload: what of a configuration that was loaded anew takes the place of the one that is in
 * use. */
#include <string.h>

#include "trill/config.h"

static bool mappings_equal(const struct trill_config_port *a, const struct trill_config_port *b)
{
	if (a->mapping_count != b->mapping_count)
		return false;
	for (unsigned int i = 0; i < a->mapping_count; i++) {
		const struct rbridge_mapping *x = &a->mappings[i], *y = &b->mappings[i];

		if (x->vlan != y->vlan || x->count != y->count || x->fgl != y->fgl)
			return false;
	}
	return true;
}

static bool bonds_equal(const struct trill_config_port *a, const struct trill_config_port *b)
{
	return a->lag == b->lag && a->exclusive == b->exclusive &&
	       !laalp_id_compare(&a->laalp, &b->laalp);
}

bool trill_config_port_equal(const struct trill_config_port *a, const struct trill_config_port *b)
{
	return !strcmp(a->name, b->name) && a->kind == b->kind && a->p2p == b->p2p &&
	       a->deaf == b->deaf && a->cost == b->cost && a->priority == b->priority &&
	       a->pvid == b->pvid && a->mtu == b->mtu && a->mtu_test == b->mtu_test &&
	       a->bfd == b->bfd && a->bfd_us == b->bfd_us &&
	       a->bfd_multiplier == b->bfd_multiplier && a->designated == b->designated &&
	       a->hello_ms == b->hello_ms && a->holding_s == b->holding_s &&
	       a->mapping_alert_s == b->mapping_alert_s && bonds_equal(a, b) &&
	       vlan_set_equal(&a->vlans, &b->vlans) &&
	       vlan_set_equal(&a->announcing, &b->announcing) && mappings_equal(a, b);
}

void trill_config_swap_keys(struct trill_config *a, struct trill_config *b)
{
	unsigned int count = a->core.key_count;

	for (unsigned int i = 0; i < TRILL_CONFIG_KEYS_MAX; i++) {
		struct isis_key *key = a->keys[i], *esadi = a->esadi_keys[i];

		a->keys[i] = b->keys[i];
		a->esadi_keys[i] = b->esadi_keys[i];
		b->keys[i] = key;
		b->esadi_keys[i] = esadi;
	}
	a->core.key_count = a->core.esadi_key_count = b->core.key_count;
	b->core.key_count = b->core.esadi_key_count = count;
}

void trill_config_take_over(struct trill_config *c, struct trill_config *fresh)
{
	trill_config_swap_keys(c, fresh);
	c->core.lsps_max = fresh->core.lsps_max;
	c->core.root_change_s = fresh->core.root_change_s;
	c->core.arp_proxy = fresh->core.arp_proxy;
	memcpy(c->core.checks, fresh->core.checks, sizeof(c->core.checks));
	c->core.check_count = fresh->core.check_count;
	c->core.check_interval = fresh->core.check_interval;
	c->core.oam_auth = fresh->core.oam_auth;
	memcpy(c->ports, fresh->ports, sizeof(c->ports));
	c->port_count = fresh->port_count;
	c->core.trees = fresh->core.trees;
	c->core.roots = fresh->core.roots;
	c->core.uses = fresh->core.uses;
	c->overload = fresh->overload;
	c->core.esadi = fresh->core.esadi;
	memcpy(c->core.esadi_fgls, fresh->core.esadi_fgls, sizeof(c->core.esadi_fgls));
	c->core.esadi_fgl_count = fresh->core.esadi_fgl_count;
	memcpy(c->core.anycast, fresh->core.anycast, sizeof(c->core.anycast));
	c->core.anycast_count = fresh->core.anycast_count;
	memcpy(c->stations, fresh->stations, sizeof(c->stations));
	c->station_count = fresh->station_count;
	c->api_socket = fresh->api_socket;
	c->state_dir = fresh->state_dir;
	c->has_tls = fresh->has_tls;
	c->tls = fresh->tls;
}
