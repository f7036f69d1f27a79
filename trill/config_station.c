/* config_station: the section `station` of the RBridge's configuration: where an end station is
 * that is not to be learned. */
#include <stdio.h>
#include <string.h>

#include "lib/service/config_place.h"
#include "trill/config_internal.h"

const char *trill_config_want_station(const struct config_value *v)
{
	static const uint8_t none[6];

	return v->address.afi == AFI_MAC && !(v->address.bytes[0] & 1) &&
			       memcmp(v->address.bytes, none, sizeof(none)) != 0
		       ? NULL
		       : "the MAC of one station, such as 52:54:00:00:00:01";
}

const struct config_option trill_config_station_options[] = {
	{.name = "vlan",
		.kind = CONFIG_INTEGER,
		.flags = CONFIG_REQUIRED,
		.min = 1,
		.max = VLAN_LAST,
		.help = "of its frames"},
	{.name = "port",
		.kind = CONFIG_STRING,
		.check = config_want_interface,
		.help = "of ours that it is at"},
	{.name = "nickname",
		.kind = CONFIG_INTEGER,
		.min = 1,
		.max = NICKNAME_LAST,
		.help = "of the RBridge that it is behind"},
	{0},
};

void trill_config_station_load(struct trill_config_station *st, const struct config_section *s)
{
	const char *port = config_text(s, "port");

	*st = (struct trill_config_station){.vlan = (uint16_t)config_number(s, "vlan"),
		.nickname = (uint16_t)config_number(s, "nickname")};
	memcpy(st->mac.bytes, config_title_value(s)->address.bytes, sizeof(st->mac.bytes));
	snprintf(st->port, sizeof(st->port), "%s", port ? port : "");
}

/* The port of that name, if it serves end stations. */
static const struct config_section *port_named(const struct config_section *root, const char *name)
{
	const struct config_section *p = config_section(root, "port");

	while (p && strcmp(config_title(p), name) != 0)
		p = config_section_next(p);
	return p && config_number(p, "kind") != TRILL_PORT_TRUNK ? p : NULL;
}

static bool serves(const struct config_section *s, uint64_t vlan)
{
	struct trill_config_port port;

	trill_config_port_load(&port, s);
	return vlan_set_is_empty(&port.vlans) /* said already */ ||
	       vlan_set_has(&port.vlans, (unsigned int)vlan);
}

/* The section before @s of the same MAC in the same VLAN. */
static const struct config_section *double_of(
	const struct config_section *root, const struct config_section *s)
{
	const struct config_section *o = config_section(root, "station");

	while (o != s && (config_number(o, "vlan") != config_number(s, "vlan") ||
				 !address_equal(&config_title_value(o)->address,
					 &config_title_value(s)->address)))
		o = config_section_next(o);
	return o == s ? NULL : o;
}

void trill_config_station_check(const struct config_section *root, const struct config_section *s,
	struct config_mistakes *m)
{
	const char *port = config_text(s, "port");
	const struct config_section *at = port ? port_named(root, port) : NULL;
	uint64_t vlan = config_number(s, "vlan");

	if (!config_value(s, "vlan")) /* said already */
		return;
	if (double_of(root, s))
		config_refuse(m, s, "vlan", "the station stands in VLAN %u already; want it once",
			(unsigned int)vlan);
	if (!port == !config_value(s, "nickname"))
		config_refuse(m, s, NULL, "want either port or nickname");
	else if (port && !at)
		config_refuse(m, s, "port", "%s is no port with end stations", port);
	else if (at && !serves(at, vlan))
		config_refuse(
			m, s, "vlan", "%u is none of vlans of port %s", (unsigned int)vlan, port);
}

static bool has_station(const struct trill_config *c, const struct trill_config_station *st)
{
	for (unsigned int i = 0; i < c->station_count; i++) {
		const struct trill_config_station *is = &c->stations[i];

		if (is->vlan == st->vlan && is->nickname == st->nickname &&
			!mac_compare(&is->mac, &st->mac) && !strcmp(is->port, st->port))
			return true;
	}
	return false;
}

void trill_config_stations_only(const struct trill_config *c, const struct trill_config *other,
	void (*each)(void *arg, const struct trill_config_station *st), void *arg)
{
	for (unsigned int i = 0; i < c->station_count; i++)
		if (!has_station(other, &c->stations[i]))
			each(arg, &c->stations[i]);
}

void trill_config_gateways_load(struct trill_config *c, const struct config_section *root)
{
	const struct config_value *v;
	size_t n;

	v = config_values(root, "gateway-mac", &n);
	for (size_t i = 0; i < n && c->core.anycast_count < TABLES_ANYCAST_MAX; i++)
		memcpy(c->core.anycast[c->core.anycast_count++].bytes, v[i].address.bytes, MAC_LEN);
}

void trill_config_gateways_check(const struct config_section *root, struct config_mistakes *m)
{
	const struct config_section *s = config_section(root, "station");
	const struct config_value *v;
	size_t n;

	v = config_values(root, "gateway-mac", &n);
	if (n && !config_value(root, "esadi") && !config_value(root, "esadi-labels"))
		config_warn(m, root, "gateway-mac",
			"other RBridges are not told who has it, and send frames for it everywhere; want "
			"esadi of the gateway's VLANs");
	for (; s; s = config_section_next(s))
		for (size_t i = 0; i < n; i++)
			if (address_equal(&v[i].address, &config_title_value(s)->address))
				config_refuse(m, s, NULL,
					"it is one of gateway-mac, which several stations have");
}
