/* config_port: the sections `core-port`, `site-port` and `data-plane` of the xTR's configuration.
 */
#include <string.h>

#include "common/config_lisp.h"
#include "lib/service/config_place.h"
#include "xtr/config_internal.h"

static const char *const mode_words[] = {"tc", "xdp", NULL};

#define MODE_ROW                                                                                   \
	{                                                                                          \
		.name = "mode", .kind = CONFIG_ENUM, .words = mode_words, .fallback = "tc",        \
		.help = "tc keeps offloads (veth, tap); xdp is faster on physical ports"           \
	}

static const char *want_mac(const struct config_value *v)
{
	static const uint8_t none[6];

	return v->address.afi == AFI_MAC && !(v->address.bytes[0] & 1) &&
			       memcmp(v->address.bytes, none, sizeof(none)) != 0
		       ? NULL
		       : "the MAC of one station, such as 02:00:5e:00:01:01";
}

const struct config_option xtr_config_core_port[] = {
	MODE_ROW,
	{0},
};

const struct config_option xtr_config_site_port[] = {
	{.name = "instance-id",
		.kind = CONFIG_INTEGER,
		.fallback = "0",
		.min = 0,
		.max = 0xfffffe,
		.help = "the instance of the machines behind this port"},
	MODE_ROW,
	{.name = "gateway",
		.kind = CONFIG_ADDRESS,
		.flags = CONFIG_LIST,
		.check = config_lisp_want_unicast,
		.help = "the gateway's addresses: source of ICMP errors, and answered for; default: the "
			"interface's"},
	{.name = "gateway-mac",
		.kind = CONFIG_ADDRESS,
		.check = want_mac,
		.help = "given to the interface: the gateway's MAC, the same at every site"},
	{.name = "proxy",
		.kind = CONFIG_BOOL,
		.fallback = "yes",
		.help = "answer ARP and ND for machines of dynamic-eid that are at other sites"},
	{0},
};

const struct config_option xtr_config_data_plane[] = {
	{.name = "mtu",
		.kind = CONFIG_INTEGER,
		.fallback = "0",
		.min = 0,
		.max = 65535,
		.help = "largest encapsulated packet in bytes; 0: the core ports' MTU, at most 1500"},
	{.name = "hosts",
		.kind = CONFIG_INTEGER,
		.fallback = "1048576",
		.min = 1024,
		.max = 16777216,
		.help = "host entries of each family"},
	{.name = "prefixes",
		.kind = CONFIG_INTEGER,
		.fallback = "65536",
		.min = 64,
		.max = 1048576,
		.help = "prefix entries of each family"},
	{.name = "hold-tap",
		.kind = CONFIG_STRING,
		.min = 1,
		.max = 15,
		.check = config_want_interface,
		.help = "name of the device that holds packets; default: swholdN"},
	{.name = "hold-queue",
		.kind = CONFIG_INTEGER,
		.fallback = "8192",
		.min = 16,
		.max = 65536,
		.help = "packets on their way to be held; those of one port, as many as there is "
			"room left"},
	{.name = "pin-dir",
		.kind = CONFIG_STRING,
		.min = 1,
		.max = 200,
		.help = "a folder in a bpffs: traffic goes on while the daemon restarts"},
	{0},
};

void xtr_config_port_load(
	struct xtr_config *c, const struct config_section *s, enum datapath_role role)
{
	struct xtr_config_port *port = &c->ports[c->port_count];
	const struct config_value *gateway;
	size_t n;

	if (c->port_count == XTR_PORTS_MAX || strlen(config_title(s)) >= IFNAMSIZ)
		return;
	*port = (struct xtr_config_port){.role = role};
	memcpy(port->name, config_title(s), strlen(config_title(s)));
	port->mode = config_number(s, "mode") == 1 ? DATAPATH_XDP : DATAPATH_TC;
	c->port_count++;
	if (role == DATAPATH_CORE)
		return;
	port->iid = config_u32(s, "instance-id");
	port->proxy = config_bool(s, "proxy");
	if (config_value(s, "gateway-mac"))
		port->gateway_mac = config_value(s, "gateway-mac")->address;
	gateway = config_values(s, "gateway", &n);
	for (size_t i = 0; i < n; i++)
		*(gateway[i].address.afi == AFI_IPV4 ? &port->gateway4 : &port->gateway6) =
			gateway[i].address;
}

void xtr_config_data_plane_load(struct xtr_config *c, const struct config_section *s)
{
	c->mtu = (uint16_t)config_number(s, "mtu");
	c->hosts_max = config_u32(s, "hosts");
	c->prefixes_max = config_u32(s, "prefixes");
	c->hold_tap = config_text(s, "hold-tap");
	c->tap_queue = config_u32(s, "hold-queue");
	c->pin_dir = config_text(s, "pin-dir");
}
