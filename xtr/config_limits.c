/* config_limits: the sections `timers` and `limits` of the xTR's configuration. */
#include "common/config_lisp.h"
#include "xtr/config_internal.h"

const struct config_option xtr_config_timers[] = {
	{.name = "record-ttl",
		.kind = CONFIG_DURATION,
		.check = config_lisp_want_minutes,
		.fallback = "1440m",
		.min = 60000,
		.max = 31536000000,
		.help = "TTL of the records that we register (whole minutes)"},
	{.name = "register",
		.kind = CONFIG_DURATION,
		.fallback = "60s",
		.min = 1000,
		.max = 3600000,
		.help = "between registrations; 20 s in the five minutes after a start or a change"},
	{.name = "hold",
		.kind = CONFIG_DURATION,
		.fallback = "2s",
		.min = 10,
		.max = 60000,
		.help = "how long a packet waits for its mapping"},
	{.name = "hold-move",
		.kind = CONFIG_DURATION,
		.fallback = "10s",
		.min = 10,
		.max = 60000,
		.help = "how long a packet waits for a guest that is on its way"},
	{.name = "negative",
		.kind = CONFIG_DURATION,
		.fallback = "10s",
		.min = 1000,
		.max = 86400000,
		.help = "longest life of a negative answer in the map-cache"},
	{.name = "probe",
		.kind = CONFIG_DURATION,
		.fallback = "10s",
		.min = 0,
		.max = 3600000,
		.help = "between probes of a locator; 0s: no probing"},
	{.name = "verify",
		.kind = CONFIG_DURATION,
		.fallback = "20ms",
		.min = 1,
		.max = 10000,
		.help = "wait for a host's answer when the Map-Server says it has moved"},
	{.name = "idle",
		.kind = CONFIG_DURATION,
		.fallback = "15s",
		.min = 1000,
		.max = 86400000,
		.help = "a host not heard of for so long is asked"},
	{.name = "port-down",
		.kind = CONFIG_DURATION,
		.fallback = "10s",
		.min = 1000,
		.max = 3600000,
		.help = "a host whose port is down is withdrawn after this"},
	{.name = "nat-keepalive",
		.kind = CONFIG_DURATION,
		.fallback = "20s",
		.min = 1000,
		.max = 600000,
		.help = "between Info-Requests through a NAT, which keep its translation alive"},
	{0},
};

const struct config_option xtr_config_limits[] = {
	{.name = "cache-entries",
		.kind = CONFIG_INTEGER,
		.fallback = "100000",
		.min = 16,
		.max = 10000000,
		.help = "map-cache entries; the longest unused goes first"},
	{.name = "hold-packets",
		.kind = CONFIG_INTEGER,
		.fallback = "64",
		.min = 1,
		.max = 65536,
		.help = "held packets for each EID"},
	{.name = "hold-move-packets",
		.kind = CONFIG_INTEGER,
		.fallback = "8192",
		.min = 1,
		.max = 1048576,
		.help = "held packets for each EID whose guest is on its way"},
	{.name = "hold-memory",
		.kind = CONFIG_SIZE,
		.fallback = "64MiB",
		.min = 65536,
		.max = 4294967295,
		.help = "held packets in all"},
	{.name = "hosts",
		.kind = CONFIG_INTEGER,
		.fallback = "100000",
		.min = 1,
		.max = 10000000,
		.help = "hosts found at this site"},
	{.name = "hosts-per-port",
		.kind = CONFIG_INTEGER,
		.fallback = "4096",
		.min = 1,
		.max = 10000000,
		.help = "hosts found behind one port"},
	{.name = "away",
		.kind = CONFIG_INTEGER,
		.fallback = "100000",
		.min = 1,
		.max = 10000000,
		.help = "hosts that have left and are remembered"},
	{.name = "eids-per-agent",
		.kind = CONFIG_INTEGER,
		.fallback = "4096",
		.min = 1,
		.max = 65536,
		.help = "EIDs (addresses and MACs of guests) that one agent may speak of"},
	{0},
};

void xtr_config_timers_load(struct policy_timers *t, const struct config_section *s)
{
	t->record_ttl_min = (uint32_t)(config_number(s, "record-ttl") / 60000);
	t->register_s = config_u32(s, "register") / 1000;
	t->hold_ms = config_u32(s, "hold");
	t->hold_move_ms = config_u32(s, "hold-move");
	t->negative_ms = config_u32(s, "negative");
	t->probe_ms = config_u32(s, "probe");
	t->verify_ms = config_u32(s, "verify");
	t->idle_s = config_u32(s, "idle") / 1000;
	t->port_down_s = config_u32(s, "port-down") / 1000;
	t->nat_keepalive_s = config_u32(s, "nat-keepalive") / 1000;
}

void xtr_config_limits_load(struct policy_limits *l, const struct config_section *s)
{
	l->cache_entries = config_u32(s, "cache-entries");
	l->hold_packets = config_u32(s, "hold-packets");
	l->hold_move_packets = config_u32(s, "hold-move-packets");
	l->hold_bytes = config_u32(s, "hold-memory");
	l->hosts = config_u32(s, "hosts");
	l->hosts_per_port = config_u32(s, "hosts-per-port");
	l->away = config_u32(s, "away");
	l->eids_per_agent = config_u32(s, "eids-per-agent");
}
