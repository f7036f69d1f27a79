/* See config.h. */
#include "xtr/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const algorithm_words[] = {
	"hmac-sha1-96", "hmac-sha256-128", "hmac-sha256-128-hkdf", NULL};
static const enum auth_alg algorithms[] = {
	AUTH_HMAC_SHA1_96, AUTH_HMAC_SHA256_128, AUTH_HMAC_SHA256_128_HKDF};
static const char *const protocol_words[] = {"sunward", "standard", NULL};
static const char *const mac_length_words[] = {"truncated", "full", NULL};
static const char *const mac_scope_words[] = {"message", "records", NULL};
static const char *const mode_words[] = {"tc", "xdp", NULL};

static const char *check_ip(const struct config_value *v)
{
	return address_is_ip(&v->address) && !address_is_multicast(&v->address) &&
			       !address_is_unspecified(&v->address)
		       ? NULL
		       : "a unicast IPv4 or IPv6 address";
}

/* 0xffffff is no instance: it marks control inside data (NAT traversal). */
static const char *check_ip_eid(const struct config_value *v)
{
	return address_is_ip(&v->eid.addr) && v->eid.iid < 0xffffff
		       ? NULL
		       : "an IPv4 or IPv6 prefix, of instance 0 to 16777214";
}

static const char *check_xtr_id(const struct config_value *v)
{
	return strlen(v->text) == 32 && strspn(v->text, "0123456789abcdefABCDEF") == 32
		       ? NULL
		       : "32 hexadecimal digits";
}

static const char *check_ifname(const struct config_value *v)
{
	return v->text[0] && strlen(v->text) < IFNAMSIZ && !strchr(v->text, '/')
		       ? NULL
		       : "an interface name of 1 to 15 bytes";
}

/* Of titles, which the schema gives as text only. */

static const char *check_rloc(const struct config_value *title)
{
	struct config_value v = {.text = title->text};

	address_parse(&v.address, title->text);
	return check_ip(&v);
}

static const char *check_endpoint(const struct config_value *title)
{
	struct endpoint e;

	return endpoint_parse(&e, title->text, LISP_CONTROL_PORT)
		       ? NULL
		       : "ADDRESS or ADDRESS:PORT ([ADDRESS]:PORT for IPv6)";
}

static const struct config_option rloc_options[] = {
	{.name = "priority",
		.kind = CONFIG_INTEGER,
		.fallback = "1",
		.min = 0,
		.max = 255,
		.help = "lowest is used first; 255: never"},
	{.name = "weight",
		.kind = CONFIG_INTEGER,
		.fallback = "100",
		.min = 0,
		.max = 100,
		.help = "share among locators of the same priority"},
	{.name = "multicast-priority",
		.kind = CONFIG_INTEGER,
		.fallback = "255",
		.min = 0,
		.max = 255,
		.help = "as priority, for multicast"},
	{.name = "multicast-weight",
		.kind = CONFIG_INTEGER,
		.fallback = "0",
		.min = 0,
		.max = 100,
		.help = "as weight, for multicast"},
	{0},
};

static const struct config_option core_port_options[] = {
	{.name = "mode",
		.kind = CONFIG_ENUM,
		.words = mode_words,
		.fallback = "tc",
		.help = "tc keeps offloads (veth, tap); xdp is faster on physical ports"},
	{0},
};

static const struct config_option site_port_options[] = {
	{.name = "instance-id",
		.kind = CONFIG_INTEGER,
		.fallback = "0",
		.min = 0,
		.max = 0xfffffe,
		.help = "the instance of the machines behind this port"},
	{.name = "mode",
		.kind = CONFIG_ENUM,
		.words = mode_words,
		.fallback = "tc",
		.help = "tc keeps offloads (veth, tap); xdp is faster on physical ports"},
	{.name = "gateway",
		.kind = CONFIG_ADDRESS,
		.flags = CONFIG_LIST,
		.check = check_ip,
		.help = "source of ICMP errors towards the machines; default: the interface's addresses"},
	{0},
};

static const struct config_option map_server_options[] = {
	{.name = "protocol",
		.kind = CONFIG_ENUM,
		.words = protocol_words,
		.fallback = "sunward",
		.help = "sunward: hosts are claimed by compare and swap; standard: Map-Registers only"},
	{.name = "key-id",
		.kind = CONFIG_INTEGER,
		.fallback = "1",
		.min = 0,
		.max = 255,
		.help = "which of the site's keys"},
	{.name = "algorithm",
		.kind = CONFIG_ENUM,
		.words = algorithm_words,
		.fallback = "hmac-sha256-128",
		.help = "of the message authentication"},
	{.name = "key",
		.kind = CONFIG_SECRET,
		.flags = CONFIG_REQUIRED,
		.min = 1,
		.max = AUTH_KEY_MAX,
		.help = "the pre-shared key, or key-file"},
	{.name = "mac-length",
		.kind = CONFIG_ENUM,
		.words = mac_length_words,
		.fallback = "truncated",
		.help = "full: the untruncated MAC of some deployed code"},
	{.name = "mac-scope",
		.kind = CONFIG_ENUM,
		.words = mac_scope_words,
		.fallback = "message",
		.help = "records: the MAC ends with the last record, to the letter of RFC 9301"},
	{.name = "proxy-reply",
		.kind = CONFIG_BOOL,
		.fallback = "yes",
		.help = "let the Map-Server answer for us"},
	{0},
};

static const struct config_option timer_options[] = {
	{.name = "record-ttl",
		.kind = CONFIG_DURATION,
		.fallback = "1440m",
		.min = 60000,
		.max = 31536000000,
		.help = "TTL of the records that we register (whole minutes)"},
	{.name = "register",
		.kind = CONFIG_DURATION,
		.fallback = "60s",
		.min = 1000,
		.max = 3600000,
		.help = "between registrations"},
	{.name = "hold",
		.kind = CONFIG_DURATION,
		.fallback = "2s",
		.min = 10,
		.max = 60000,
		.help = "how long a packet waits for its mapping"},
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
	{0},
};

static const struct config_option limit_options[] = {
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
	{0},
};

static const struct config_option data_plane_options[] = {
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
		.check = check_ifname,
		.help = "name of the device that holds packets; default: swholdN"},
	{.name = "hold-queue",
		.kind = CONFIG_INTEGER,
		.fallback = "4096",
		.min = 16,
		.max = 65536,
		.help = "packets on their way to be held"},
	{.name = "pin-dir",
		.kind = CONFIG_STRING,
		.min = 1,
		.max = 200,
		.help = "a folder in a bpffs: traffic goes on while the daemon restarts"},
	{0},
};

const struct config_option xtr_config_schema[] = {
	{.name = "rloc",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED | CONFIG_REQUIRED,
		.options = rloc_options,
		.check = check_rloc,
		.help = "an address of ours that tunnels end at"},
	{.name = "core-port",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED | CONFIG_REQUIRED,
		.options = core_port_options,
		.check = check_ifname,
		.help = "an interface towards the other sites"},
	{.name = "site-port",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED,
		.options = site_port_options,
		.check = check_ifname,
		.help = "an interface towards machines; may appear later"},
	{.name = "map-resolver",
		.kind = CONFIG_ENDPOINT,
		.flags = CONFIG_LIST | CONFIG_REQUIRED,
		.default_port = LISP_CONTROL_PORT,
		.help = "whom to ask"},
	{.name = "map-server",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED,
		.options = map_server_options,
		.check = check_endpoint,
		.help = "whom to register with"},
	{.name = "xtr-id",
		.kind = CONFIG_STRING,
		.check = check_xtr_id,
		.help = "128 bits that name this xTR; default: drawn once and kept"},
	{.name = "site-id",
		.kind = CONFIG_INTEGER,
		.fallback = "0",
		.min = 0,
		.max = INT64_MAX,
		.help = "names the site"},
	{.name = "eid-prefix",
		.kind = CONFIG_EID,
		.flags = CONFIG_LIST,
		.check = check_ip_eid,
		.help = "prefixes of this site, always registered"},
	{.name = "dynamic-eid",
		.kind = CONFIG_EID,
		.flags = CONFIG_LIST,
		.check = check_ip_eid,
		.help = "hosts in these are found, and registered one by one"},
	{.name = "eid-space",
		.kind = CONFIG_EID,
		.flags = CONFIG_LIST,
		.check = check_ip_eid,
		.help = "destinations in these are looked up in the mapping system"},
	{.name = "listen",
		.kind = CONFIG_ENDPOINT,
		.flags = CONFIG_LIST,
		.default_port = LISP_CONTROL_PORT,
		.help = "control sockets; default: 0.0.0.0 and ::, port 4342"},
	{.name = "api-socket",
		.kind = CONFIG_STRING,
		.min = 1,
		.max = 107,
		.fallback = RUNSTATEDIR "/xtr.sock",
		.help = "where `sunward` asks"},
	{.name = "state-dir",
		.kind = CONFIG_STRING,
		.min = 1,
		.max = 200,
		.fallback = STATEDIR,
		.help = "nonces and the xTR-ID outlive a restart here"},
	{.name = "withdraw-on-stop",
		.kind = CONFIG_BOOL,
		.fallback = "no",
		.help = "take our registrations back when stopped; a mere restart wants no"},
	{.name = "timers", .kind = CONFIG_SECTION, .options = timer_options},
	{.name = "limits", .kind = CONFIG_SECTION, .options = limit_options},
	{.name = "data-plane", .kind = CONFIG_SECTION, .options = data_plane_options},
	{0},
};

static uint32_t number(const struct config_section *s, const char *option)
{
	return (uint32_t)config_number(s, option);
}

static void load_rloc(struct policy *p, const struct config_section *s)
{
	struct policy_rloc *r = &p->rlocs[p->rloc_count];

	if (p->rloc_count == POLICY_RLOCS_MAX || !address_parse(&r->addr, config_title(s)))
		return;
	r->priority = (uint8_t)number(s, "priority");
	r->weight = (uint8_t)number(s, "weight");
	r->mpriority = (uint8_t)number(s, "multicast-priority");
	r->mweight = (uint8_t)number(s, "multicast-weight");
	p->rloc_count++;
}

static void load_server(struct policy *p, const struct config_section *s)
{
	struct policy_server *ms = &p->servers[p->server_count];
	const struct config_value *key = config_value(s, "key");

	if (p->server_count == POLICY_SERVERS_MAX || !key ||
		!endpoint_parse(&ms->at, config_title(s), LISP_CONTROL_PORT))
		return;
	ms->protocol = config_number(s, "protocol") == 0 ? POLICY_SUNWARD : POLICY_STANDARD;
	ms->key_id = (uint8_t)number(s, "key-id");
	ms->alg = algorithms[number(s, "algorithm")];
	ms->auth.full_length = number(s, "mac-length") == 1;
	ms->auth.records_only = number(s, "mac-scope") == 1;
	ms->key_len = key->secret.len < AUTH_KEY_MAX ? key->secret.len : AUTH_KEY_MAX;
	memcpy(ms->key, key->secret.bytes, ms->key_len);
	ms->proxy_reply = config_bool(s, "proxy-reply");
	p->server_count++;
}

static void load_port(struct xtr_config *c, const struct config_section *s, enum datapath_role role)
{
	struct xtr_config_port *port = &c->ports[c->port_count];
	const struct config_value *gateway;
	size_t n;

	if (c->port_count == XTR_PORTS_MAX || strlen(config_title(s)) >= IFNAMSIZ)
		return;
	*port = (struct xtr_config_port){.role = role};
	memcpy(port->name, config_title(s), strlen(config_title(s)));
	port->mode = number(s, "mode") == 1 ? DATAPATH_XDP : DATAPATH_TC;
	c->port_count++;
	if (role == DATAPATH_CORE)
		return;
	port->iid = number(s, "instance-id");
	gateway = config_values(s, "gateway", &n);
	for (size_t i = 0; i < n; i++)
		*(gateway[i].address.afi == AFI_IPV4 ? &port->gateway4 : &port->gateway6) =
			gateway[i].address;
}

static void load_timers(struct policy_timers *t, const struct config_section *s)
{
	if (!s)
		return;
	t->record_ttl_min = (uint32_t)(config_number(s, "record-ttl") / 60000);
	t->register_s = number(s, "register") / 1000;
	t->hold_ms = number(s, "hold");
	t->negative_ms = number(s, "negative");
	t->probe_ms = number(s, "probe");
	t->verify_ms = number(s, "verify");
	t->idle_s = number(s, "idle") / 1000;
	t->port_down_s = number(s, "port-down") / 1000;
}

static void load_limits(struct policy_limits *l, const struct config_section *s)
{
	if (!s)
		return;
	l->cache_entries = number(s, "cache-entries");
	l->hold_packets = number(s, "hold-packets");
	l->hold_bytes = number(s, "hold-memory");
	l->hosts = number(s, "hosts");
	l->hosts_per_port = number(s, "hosts-per-port");
	l->away = number(s, "away");
}

static void load_data_plane(struct xtr_config *c, const struct config_section *s)
{
	if (!s)
		return;
	c->mtu = (uint16_t)number(s, "mtu");
	c->hosts_max = number(s, "hosts");
	c->prefixes_max = number(s, "prefixes");
	c->hold_tap = config_text(s, "hold-tap");
	c->tap_queue = number(s, "hold-queue");
	c->pin_dir = config_text(s, "pin-dir");
}

static int load_eids(struct policy *p, const struct config_section *root, const char *option,
	int (*add)(struct policy *p, const struct eid *eid))
{
	const struct config_value *v;
	size_t n;
	int rc = 0;

	v = config_values(root, option, &n);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = add(p, &v[i].eid);
	return rc;
}

static void load_listen(struct xtr_config *c, const struct config_section *root)
{
	const struct config_value *v;
	size_t n;

	v = config_values(root, "listen", &n);
	for (size_t i = 0; i < n && i < XTR_LISTEN_MAX; i++)
		c->listen[c->listen_count++] = v[i].endpoint;
	if (n)
		return;
	endpoint_parse(&c->listen[0], "0.0.0.0", LISP_CONTROL_PORT);
	endpoint_parse(&c->listen[1], "[::]", LISP_CONTROL_PORT);
	c->listen_count = 2;
}

static void load_xtr_id(struct xtr_config *c, const char *hex)
{
	for (size_t i = 0; hex && i < 32; i++) {
		char h = (char)(hex[i] | 0x20);
		uint8_t v = (uint8_t)(h <= '9' ? hex[i] - '0' : h - 'a' + 10);

		c->policy.xtr_id.bytes[i / 2] = (uint8_t)(c->policy.xtr_id.bytes[i / 2] << 4 | v);
	}
	c->xtr_id_given = hex;
}

int xtr_config_load(struct xtr_config *c, const struct config_section *root)
{
	const struct config_section *s;
	struct policy *p = &c->policy;
	const struct config_value *v;
	size_t n;
	int rc;

	memset(c, 0, sizeof(*c));
	policy_init(p);
	load_xtr_id(c, config_text(root, "xtr-id"));
	p->site_id = (uint64_t)config_number(root, "site-id");
	for (s = config_section(root, "rloc"); s; s = config_section_next(s))
		load_rloc(p, s);
	for (s = config_section(root, "map-server"); s; s = config_section_next(s))
		load_server(p, s);
	for (s = config_section(root, "core-port"); s; s = config_section_next(s))
		load_port(c, s, DATAPATH_CORE);
	for (s = config_section(root, "site-port"); s; s = config_section_next(s))
		load_port(c, s, DATAPATH_SITE);
	v = config_values(root, "map-resolver", &n);
	for (size_t i = 0; i < n && i < POLICY_RESOLVERS_MAX; i++)
		p->resolvers[p->resolver_count++] = v[i].endpoint;
	load_timers(&p->timers, config_section(root, "timers"));
	load_limits(&p->limits, config_section(root, "limits"));
	load_data_plane(c, config_section(root, "data-plane"));
	load_listen(c, root);
	c->api_socket = config_text(root, "api-socket");
	c->state_dir = config_text(root, "state-dir");
	c->withdraw_on_stop = config_bool(root, "withdraw-on-stop");
	rc = load_eids(p, root, "eid-prefix", policy_add_eid);
	rc = rc ? rc : load_eids(p, root, "dynamic-eid", policy_add_dynamic);
	rc = rc ? rc : load_eids(p, root, "eid-space", policy_add_space);
	if (rc)
		xtr_config_fini(c);
	return rc;
}

void xtr_config_fini(struct xtr_config *c)
{
	policy_fini(&c->policy);
}

struct check {
	const struct config_section *root;
	struct config_mistakes *mistakes;
};

static void refuse_policy(void *arg, const char *text)
{
	struct check *check = arg;

	config_refuse(check->mistakes, check->root, NULL, "%s", text);
}

static void check_sections(const struct config_section *root, const char *name, unsigned int most,
	struct config_mistakes *m)
{
	unsigned int count = 0;

	for (const struct config_section *s = config_section(root, name); s;
		s = config_section_next(s))
		if (++count == most + 1)
			config_refuse(m, s, NULL, "more than %u sections %s", most, name);
}

static void check_count(const struct config_section *root, const char *option, size_t most,
	struct config_mistakes *m)
{
	size_t n;

	config_values(root, option, &n);
	if (n > most)
		config_refuse(m, root, option, "%zu values, want at most %zu", n, most);
}

/* The core's own check, on what the file comes to. */
static void check_policy(const struct config_section *root, struct config_mistakes *m)
{
	struct check check = {root, m};
	struct xtr_config *c = malloc(sizeof(*c));

	if (!c || xtr_config_load(c, root)) {
		config_refuse(m, root, NULL, "out of memory");
	} else {
		policy_check(&c->policy, refuse_policy, &check);
		xtr_config_fini(c);
	}
	free(c);
}

void xtr_config_check(const struct config_section *root, struct config_mistakes *m)
{
	size_t before = config_errors(m);

	check_sections(root, "rloc", POLICY_RLOCS_MAX, m);
	check_sections(root, "map-server", POLICY_SERVERS_MAX, m);
	check_sections(root, "core-port", XTR_PORTS_MAX / 2, m);
	check_sections(root, "site-port", XTR_PORTS_MAX / 2, m);
	check_count(root, "map-resolver", POLICY_RESOLVERS_MAX, m);
	check_count(root, "listen", XTR_LISTEN_MAX, m);
	if (config_errors(m) == before)
		check_policy(root, m);
}
