/* config_port: the section `port` of the RBridge's configuration. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trill/config_internal.h"

static const char *const kind_words[] = {"trunk", "access", "hybrid", NULL};

const char *trill_port_kind_name(enum trill_port_kind kind)
{
	return kind_words[kind];
}

/* "10" or "10-19". */
static bool range_read(const char *text, unsigned long *first, unsigned long *last)
{
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	*first = *last = strtoul(text, &end, 10);
	if (*end == '-' && end[1] >= '0' && end[1] <= '9')
		*last = strtoul(end + 1, &end, 10);
	return !*end && *first >= 1 && *first <= *last && *last <= VLAN_LAST;
}

const char *trill_config_want_vlans(const struct config_value *v)
{
	unsigned long first, last;

	return range_read(v->text, &first, &last) ? NULL
						  : "a VLAN of 1 to 4094, or a range like 10-19";
}

static const char *want_seconds(const struct config_value *v)
{
	return v->number % 1000 == 0 ? NULL : "whole seconds: Hellos say no others";
}

static const char *want_lag(const struct config_value *v)
{
	struct laalp_id id;

	return laalp_id_read(v->text, &id)
		       ? NULL
		       : "8 bytes like 02:00:00:00:00:01:00:01, or 6 of a MAC; the same at each "
			 "RBridge of the bond, and of no other";
}

const struct config_option trill_config_port_options[] = {
	{.name = "kind",
		.kind = CONFIG_ENUM,
		.words = kind_words,
		.flags = CONFIG_REQUIRED,
		.help = "trunk: to RBridges; access: to end stations; hybrid: to both"},
	{.name = "p2p",
		.kind = CONFIG_BOOL,
		.fallback = "no",
		.help = "one RBridge is at the other end, with the same setting; no election"},
	{.name = "neighbors",
		.kind = CONFIG_BOOL,
		.fallback = "yes",
		.help = "no: what an access port's end stations say as RBridges is dropped"},
	{.name = "vlans",
		.kind = CONFIG_STRING,
		.flags = CONFIG_LIST,
		.check = trill_config_want_vlans,
		.min = 1,
		.max = 9,
		.help = "that the port is enabled for, like {10, \"20-29\"}; default: pvid"},
	{.name = "labels",
		.kind = CONFIG_STRING,
		.flags = CONFIG_LIST,
		.check = trill_config_want_mapping,
		.most = RBRIDGE_MAPPINGS_MAX,
		.min = 1,
		.max = 40,
		.help = "fine-grained labels that some of vlans stand for, like {\"10=70000\", "
			"\"20-29=70100\"}"},
	{.name = "labels-alert",
		.kind = CONFIG_DURATION,
		.check = want_seconds,
		.min = 0,
		.max = 65535000,
		.help = "for so long others of the link may map otherwise; 65535s: for ever; default: "
			"holding"},
	{.name = "announcing-vlans",
		.kind = CONFIG_STRING,
		.flags = CONFIG_LIST,
		.check = trill_config_want_vlans,
		.min = 1,
		.max = 9,
		.help = "in which Hellos go out as DRB; default: all of vlans"},
	{.name = "pvid",
		.kind = CONFIG_INTEGER,
		.fallback = "1",
		.min = 0,
		.max = VLAN_LAST,
		.help = "VLAN of frames without a tag; 0: all have one"},
	{.name = "designated-vlan",
		.kind = CONFIG_INTEGER,
		.min = 1,
		.max = VLAN_LAST,
		.help = "in which RBridges of this link speak, if we say so; default: pvid, or the "
			"first of vlans"},
	{.name = "cost",
		.kind = CONFIG_INTEGER,
		.min = 1,
		.max = 0xfffffd,
		.help = "of the link; default: 20000000 divided by its speed in Mbit/s"},
	{.name = "priority",
		.kind = CONFIG_INTEGER,
		.fallback = "64",
		.min = 0,
		.max = 127,
		.help = "to be the link's Designated RBridge"},
	{.name = "hello",
		.kind = CONFIG_DURATION,
		.fallback = "3s",
		.min = 30,
		.max = 600000,
		.help = "between our Hellos; a Designated RBridge sends three times as many"},
	{.name = "holding",
		.kind = CONFIG_DURATION,
		.fallback = "30s",
		.check = want_seconds,
		.min = 1000,
		.max = 65535000,
		.help = "after which others give us up"},
	{.name = "bfd",
		.kind = CONFIG_BOOL,
		.fallback = "no",
		.help = "watch neighbours that have it enabled, too, by BFD (RFC 7175)"},
	{.name = "bfd-interval",
		.kind = CONFIG_DURATION,
		.fallback = "15ms",
		.min = 5,
		.max = 10000,
		.help = "between its packets"},
	{.name = "bfd-multiplier",
		.kind = CONFIG_INTEGER,
		.fallback = "3",
		.min = 2,
		.max = 255,
		.help = "so many in a row are missed when the neighbour is gone"},
	{.name = "lag",
		.kind = CONFIG_STRING,
		.check = want_lag,
		.help = "ID of the multi-chassis bond whose links go to this port and to ports of "
			"other RBridges (RFC 7781)"},
	{.name = "lag-exclusive",
		.kind = CONFIG_BOOL,
		.fallback = "no",
		.help = "the RBridges of that bond share no nickname between it and others"},
	{.name = "mtu-test",
		.kind = CONFIG_BOOL,
		.fallback = "no",
		.help = "a neighbour counts when the link has carried frames as long as LSPs may be"},
	{.name = "mtu",
		.kind = CONFIG_INTEGER,
		.fallback = "0",
		.min = 0,
		.max = 9216,
		.help = "longest frame in bytes, Ethernet's header left out; 0: the interface's"},
	{0},
};

bool trill_config_vlans_load(
	struct vlan_set *set, const struct config_section *s, const char *option)
{
	const struct config_value *v;
	unsigned long first, last;
	size_t n;

	vlan_set_clear(set);
	v = config_values(s, option, &n);
	for (size_t i = 0; i < n; i++)
		if (range_read(v[i].text, &first, &last))
			vlan_set_add_range(set, (unsigned int)first, (unsigned int)last);
	return n;
}

void trill_config_port_load(struct trill_config_port *port, const struct config_section *s)
{
	*port = (struct trill_config_port){.kind = (enum trill_port_kind)config_number(s, "kind"),
		.p2p = config_bool(s, "p2p"),
		.deaf = !config_bool(s, "neighbors"),
		.cost = config_u32(s, "cost"),
		.priority = (uint8_t)config_number(s, "priority"),
		.pvid = (uint16_t)config_number(s, "pvid"),
		.mtu = (uint16_t)config_number(s, "mtu"),
		.mtu_test = config_bool(s, "mtu-test"),
		.bfd = config_bool(s, "bfd"),
		.bfd_us = config_u32(s, "bfd-interval") * 1000,
		.bfd_multiplier = (uint8_t)config_number(s, "bfd-multiplier"),
		.designated = (uint16_t)config_number(s, "designated-vlan"),
		.hello_ms = config_u32(s, "hello"),
		.holding_s = (uint16_t)(config_number(s, "holding") / 1000)};
	port->lag = config_text(s, "lag") && laalp_id_read(config_text(s, "lag"), &port->laalp);
	port->exclusive = config_bool(s, "lag-exclusive");
	snprintf(port->name, sizeof(port->name), "%s", config_title(s));
	if (!trill_config_vlans_load(&port->vlans, s, "vlans"))
		vlan_set_add(&port->vlans, port->pvid);
	if (!trill_config_vlans_load(&port->announcing, s, "announcing-vlans"))
		port->announcing = port->vlans;
	trill_config_mappings_load(port, s);
	port->mapping_alert_s = config_given(s, "labels-alert")
					? (uint16_t)(config_number(s, "labels-alert") / 1000)
					: port->holding_s;
	if (!port->designated)
		port->designated = (uint16_t)vlan_set_next(&port->vlans, 1);
}

void trill_config_port_core(const struct trill_config_port *c, struct rbridge_port_config *core)
{
	*core = (struct rbridge_port_config){.p2p = c->p2p,
		.access = c->kind == TRILL_PORT_ACCESS,
		.trunk = c->kind == TRILL_PORT_TRUNK,
		.deaf = c->deaf,
		.pvid = c->pvid,
		.mtu = c->mtu,
		.mtu_test = c->mtu_test,
		.bfd = c->bfd,
		.bfd_us = c->bfd_us,
		.bfd_multiplier = c->bfd_multiplier,
		.cost = c->cost,
		.priority = c->priority,
		.enabled = c->vlans,
		.mapping_count = c->mapping_count,
		.mapping_alert_s = c->mapping_alert_s,
		.announcing = c->announcing,
		.desired_vlan = c->designated,
		.untagged = c->pvid,
		.hello_ms = c->hello_ms,
		.holding_s = c->holding_s,
		.lag = c->lag,
		.laalp = c->laalp,
		.exclusive = c->exclusive};
	memcpy(core->mappings, c->mappings, sizeof(core->mappings));
}

void trill_config_lags_check(const struct config_section *root, struct config_mistakes *m)
{
	for (const struct config_section *s = config_section(root, "port"); s;
		s = config_section_next(s)) {
		struct laalp_id id, other;

		if (!config_text(s, "lag") || !laalp_id_read(config_text(s, "lag"), &id))
			continue;
		if (config_bool(root, "arp-proxy"))
			config_refuse(m, s, "lag",
				"what arp-proxy floods does not enter as the bond's; want "
				"arp-proxy = no");
		for (const struct config_section *o = config_section(root, "port"); o != s;
			o = config_section_next(o))
			if (config_text(o, "lag") && laalp_id_read(config_text(o, "lag"), &other) &&
				!laalp_id_compare(&id, &other))
				config_refuse(m, s, "lag",
					"port %s has it already; want one port of an RBridge for "
					"each bond",
					config_title(o));
	}
}

void trill_config_port_check(const struct config_section *s, struct config_mistakes *m)
{
	struct trill_config_port port;

	if (!config_value(s, "kind")) /* said already */
		return;
	trill_config_port_load(&port, s);
	if (!config_value(s, "pvid")) /* likewise */
		return;
	if (vlan_set_is_empty(&port.vlans))
		config_refuse(m, s, NULL, "no VLAN: want vlans, where pvid is 0");
	else if (!vlan_set_has(&port.vlans, port.designated))
		config_refuse(m, s, "designated-vlan", "%u is none of vlans", port.designated);
	for (unsigned int v = vlan_set_next(&port.announcing, 1); v;
		v = vlan_set_next(&port.announcing, v + 1))
		if (!vlan_set_has(&port.vlans, v)) {
			config_refuse(m, s, "announcing-vlans", "%u is none of vlans", v);
			break;
		}
	if (port.kind != TRILL_PORT_TRUNK && port.pvid && !vlan_set_has(&port.vlans, port.pvid))
		config_warn(m, s, "vlans",
			"untagged frames of end stations are dropped: pvid is %u, which is none of them; "
			"want it among them, or pvid = 0",
			port.pvid);
	trill_config_mappings_check(&port, s, m);
	if (port.p2p && port.kind != TRILL_PORT_TRUNK)
		config_refuse(m, s, "p2p", "end stations are not served there; want kind = trunk");
	if (port.deaf && port.kind != TRILL_PORT_ACCESS)
		config_refuse(m, s, "neighbors",
			"RBridges are there, or may be; want kind = access, or yes");
	if (port.lag && !port.deaf)
		config_refuse(m, s, "lag",
			"its RBridges do not hear each other there; want kind = access and "
			"neighbors = no");
	if (port.exclusive && !port.lag)
		config_refuse(m, s, "lag-exclusive", "of which bond? want lag, too");
	if (port.holding_s && port.hello_ms * 2 > port.holding_s * 1000u)
		config_refuse(m, s, "holding",
			"%u s; want at least two Hellos of %u ms in it, or one lost Hello ends "
			"the adjacency",
			port.holding_s, port.hello_ms);
}
