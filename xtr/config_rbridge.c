/* config_rbridge: the section `rbridge` of the xTR's configuration: the RBridge that its site ports
 * are behind, and which of them is in which VLAN of the campus. */
#include <string.h>
#include <sys/un.h>

#include "lib/service/config_place.h"
#include "xtr/config_internal.h"

static const struct config_option vlan_options[] = {
	{.name = "site-port",
		.kind = CONFIG_STRING,
		.flags = CONFIG_REQUIRED,
		.check = config_want_interface,
		.help = "the site-port that is an end station of this VLAN"},
	{.name = "anycast",
		.kind = CONFIG_BOOL,
		.fallback = "no",
		.help = "the gateway's MAC is that of other xTRs of the campus, too: the interface keeps its own, and the RBridge is told who has it"},
	{.name = "port",
		.kind = CONFIG_STRING,
		.check = config_want_interface,
		.help = "the RBridge's port that the site-port is behind; default: its only one in this VLAN"},
	{0},
};

const struct config_option xtr_config_rbridge_options[] = {
	{.name = "socket",
		.kind = CONFIG_STRING,
		.fallback = "/run/sunward/rbridge.sock",
		.min = 1,
		.max = sizeof(((struct sockaddr_un *)0)->sun_path) - 1,
		.check = config_want_absolute,
		.help = "its api-socket"},
	{.name = "vlan",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED | CONFIG_REQUIRED,
		.options = vlan_options,
		.title = CONFIG_INTEGER,
		.min = 1,
		.max = 4094,
		.most = XTR_PORTS_MAX / 2,
		.help = "a VLAN of the campus; its end stations' addresses are EIDs of the site-port's instance"},
	{.name = "costs",
		.kind = CONFIG_BOOL,
		.fallback = "no",
		.help = "the priority of our locators for a machine grows with the cost of the way to it: of two xTRs at a site the nearer is used"},
	{.name = "lease",
		.kind = CONFIG_DURATION,
		.fallback = "3s",
		.min = 1000,
		.max = 3600000,
		.help = "with anycast: how long the RBridge goes on sending frames for the gateway here when this daemon is silent"},
	{.name = "coordinates",
		.kind = CONFIG_BOOL,
		.fallback = "no",
		.help = "register a machine's nickname and MAC beside each locator (LCAF AFI-List)"},
	{.name = "move-wait",
		.kind = CONFIG_DURATION,
		.fallback = "50ms",
		.min = 0,
		.max = 10000,
		.help = "what is held for a guest that has moved within the site waits no longer for the RBridge to say that it is not at its old place any more; 0: not at all"},
	{0},
};

static const struct config_section *site_port(const struct config_section *root, const char *name)
{
	const struct config_section *s = config_section(root, "site-port");

	while (s && strcmp(config_title(s), name) != 0)
		s = config_section_next(s);
	return s;
}

/* What is told of the gateway has to be known. */
static void check_anycast(const struct config_section *root, const struct config_section *vlan,
	struct config_mistakes *m)
{
	const struct config_section *port = site_port(root, config_text(vlan, "site-port"));

	if (!port || !config_bool(vlan, "anycast"))
		return;
	if (!config_value(port, "gateway-mac") || !config_value(port, "gateway"))
		config_refuse(m, vlan, "anycast",
			"site-port \"%s\" has no gateway-mac or no gateway; want both there",
			config_title(port));
	if (!config_bool(port, "proxy"))
		config_refuse(m, vlan, "anycast",
			"with proxy = no nobody answers for the gateway; want proxy = yes at "
			"site-port \"%s\"",
			config_title(port));
}

/* One VLAN a port, and one port a VLAN. */
void xtr_config_rbridge_check(const struct config_section *root, struct config_mistakes *m)
{
	const struct config_section *rb = config_section(root, "rbridge"), *v, *other;
	const char *port;

	for (v = rb ? config_section(rb, "vlan") : NULL; v; v = config_section_next(v)) {
		port = config_text(v, "site-port");
		if (!port)
			continue;
		if (!site_port(root, port))
			config_refuse(m, v, "site-port",
				"\"%s\" is none; want one of the sections site-port", port);
		check_anycast(root, v, m);
		for (other = config_section(rb, "vlan"); other != v;
			other = config_section_next(other))
			if (config_text(other, "site-port") &&
				!strcmp(config_text(other, "site-port"), port))
				config_refuse(m, v, "site-port",
					"\"%s\" is vlan %s's already; want another port", port,
					config_title(other));
	}
}

static void anycast_load(
	struct xtr_config *c, struct xtr_config_vlan *vlan, const struct config_section *s)
{
	const char *port = config_text(s, "port");

	if (port)
		strlcpy(vlan->rbridge_port, port, sizeof(vlan->rbridge_port));
	for (unsigned int i = 0; i < c->port_count; i++) {
		struct xtr_config_port *p = &c->ports[i];

		if (p->role != DATAPATH_SITE || strcmp(p->name, vlan->port) != 0 ||
			p->gateway_mac.afi != AFI_MAC)
			continue;
		p->anycast = vlan->anycast = true;
		memcpy(vlan->gateway_mac, p->gateway_mac.bytes, sizeof(vlan->gateway_mac));
		vlan->gateway4 = p->gateway4;
		vlan->gateway6 = p->gateway6;
	}
}

void xtr_config_rbridge_load(struct xtr_config *c, const struct config_section *root)
{
	const struct config_section *s = config_section(root, "rbridge"), *v, *port;
	struct xtr_config_rbridge *rb = &c->rbridge;

	if (!s)
		return;
	rb->socket = config_text(s, "socket");
	rb->costs = config_bool(s, "costs");
	rb->lease_s = (uint16_t)((config_number(s, "lease") + 999) / 1000);
	c->policy.campus = (struct policy_campus){.costs = rb->costs,
		.coordinates = config_bool(s, "coordinates"),
		.move_wait_ms = config_u32(s, "move-wait")};
	for (v = config_section(s, "vlan"); v; v = config_section_next(v)) {
		struct xtr_config_vlan *vlan = &rb->vlans[rb->vlan_count];

		port = config_text(v, "site-port") ? site_port(root, config_text(v, "site-port"))
						   : NULL;
		if (!port || rb->vlan_count == XTR_PORTS_MAX / 2 ||
			strlen(config_title(port)) >= sizeof(vlan->port))
			continue;
		vlan->vlan = (uint16_t)config_title_value(v)->number;
		strlcpy(vlan->port, config_title(port), sizeof(vlan->port));
		vlan->iid = config_u32(port, "instance-id");
		if (config_bool(v, "anycast"))
			anycast_load(c, vlan, v);
		rb->vlan_count++;
	}
}
