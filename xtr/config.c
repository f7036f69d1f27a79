/* See config.h. Here: the root and what is small; large sections have files of their own
 * (config_map_server.c, config_port.c, config_limits.c), each with its options and its reader. */
#include "xtr/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/config_lisp.h"
#include "lib/service/config_api_tls.h"
#include "lib/service/config_place.h"
#include "xtr/config_internal.h"

/* 0xffffff is no instance: it marks control inside data (NAT traversal). */
static const char *check_ip_eid(const struct config_value *v)
{
	return address_is_ip(&v->eid.addr) && v->eid.iid < 0xffffff
		       ? NULL
		       : "an IPv4 or IPv6 prefix, of instance 0 to 16777214";
}

/* Guests' MACs, of which agents tell, are registered beside their addresses. */
static const char *check_host_eid(const struct config_value *v)
{
	return (address_is_ip(&v->eid.addr) || v->eid.addr.afi == AFI_MAC) && v->eid.iid < 0xffffff
		       ? NULL
		       : "an IPv4, IPv6 or MAC prefix, of instance 0 to 16777214";
}

static const char *const nat_words[] = {"off", "auto", "required", NULL}; /* enum policy_nat */

const struct config_option xtr_config_schema[] = {
	{.name = "rloc",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED | CONFIG_REQUIRED,
		.options = config_lisp_locator_options,
		.title = CONFIG_ADDRESS,
		.check = config_lisp_want_unicast,
		.most = POLICY_RLOCS_MAX,
		.help = "an address of ours that tunnels end at"},
	{.name = "core-port",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED | CONFIG_REQUIRED,
		.options = xtr_config_core_port,
		.check = config_want_interface,
		.most = XTR_PORTS_MAX / 2,
		.help = "an interface towards the other sites"},
	{.name = "site-port",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED,
		.options = xtr_config_site_port,
		.check = config_want_interface,
		.most = XTR_PORTS_MAX / 2,
		.help = "an interface towards machines; may appear later"},
	{.name = "map-resolver",
		.kind = CONFIG_ENDPOINT,
		.flags = CONFIG_LIST | CONFIG_REQUIRED,
		.most = POLICY_RESOLVERS_MAX,
		.default_port = LISP_CONTROL_PORT,
		.help = "whom to ask"},
	{.name = "map-server",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED,
		.options = xtr_config_map_server,
		.title = CONFIG_ENDPOINT,
		.default_port = LISP_CONTROL_PORT,
		.most = POLICY_SERVERS_MAX,
		.help = "whom to register with"},
	{.name = "lisp-sec",
		.kind = CONFIG_SECTION,
		.options = xtr_config_security,
		.help = "Map-Requests and Map-Replies are protected (RFC 9303)"},
	{.name = "agent",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED,
		.options = xtr_config_agent,
		.min = 1,
		.max = POLICY_AGENT_NAME - 1,
		.most = POLICY_AGENTS_MAX,
		.help = "on a hypervisor, says what becomes of its guests"},
	{.name = "handover",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_ALWAYS,
		.options = xtr_config_handover,
		.help = "of guests that move"},
	{.name = "rbridge",
		.kind = CONFIG_SECTION,
		.options = xtr_config_rbridge_options,
		.help = "of the campus that the site ports are in: it tells of end stations"},
	{.name = "xtr-id",
		.kind = CONFIG_STRING,
		.check = config_lisp_want_xtr_id,
		.help = "128 bits that name this xTR; default: drawn once and kept"},
	{.name = "site-id",
		.kind = CONFIG_INTEGER,
		.fallback = "0",
		.min = 0,
		.max = INT64_MAX,
		.help = "names the site"},
	{.name = "subscribe",
		.kind = CONFIG_BOOL,
		.fallback = "no",
		.help = "ask the Map-Servers to tell us changes of what we send to (RFC 9437)"},
	{.name = "nat",
		.kind = CONFIG_ENUM,
		.words = nat_words,
		.fallback = "off",
		.help = "auto: ask the Map-Servers as what they see us, and register that; required: register "
			"nothing before one has answered"},
	{.name = "eid-prefix",
		.kind = CONFIG_EID,
		.flags = CONFIG_LIST,
		.check = check_ip_eid,
		.help = "prefixes of this site, always registered"},
	{.name = "dynamic-eid",
		.kind = CONFIG_EID,
		.flags = CONFIG_LIST,
		.check = check_host_eid,
		.help = "hosts in these are found, and registered one by one; MACs by their agents' word"},
	{.name = "eid-space",
		.kind = CONFIG_EID,
		.flags = CONFIG_LIST,
		.check = check_ip_eid,
		.help = "destinations in these are looked up in the mapping system"},
	CONFIG_LISP_LISTEN_ROW(XTR_LISTEN_MAX),
	CONFIG_API_TLS_ROW,
	CONFIG_PLACE_ROWS("xtr", "nonces and the xTR-ID"),
	{.name = "withdraw-on-stop",
		.kind = CONFIG_BOOL,
		.fallback = "no",
		.help = "take our registrations back when stopped; a mere restart wants no"},
	{.name = "timers",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_ALWAYS,
		.options = xtr_config_timers},
	{.name = "limits",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_ALWAYS,
		.options = xtr_config_limits},
	{.name = "data-plane",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_ALWAYS | CONFIG_AT_START,
		.options = xtr_config_data_plane},
	{0},
};

static void load_rloc(struct policy *p, const struct config_section *s)
{
	if (p->rloc_count < POLICY_RLOCS_MAX)
		p->rlocs[p->rloc_count++] = config_lisp_locator(s);
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

int xtr_config_load(struct xtr_config *c, const struct config_section *root)
{
	const struct config_section *s;
	struct policy *p = &c->policy;
	const struct config_value *v;
	size_t n;
	int rc;

	memset(c, 0, sizeof(*c));
	policy_init(p);
	c->xtr_id_given = config_value(root, "xtr-id");
	if (c->xtr_id_given)
		c->policy.xtr_id = config_lisp_xtr_id(config_value(root, "xtr-id"));
	p->site_id = (uint64_t)config_number(root, "site-id");
	for (s = config_section(root, "rloc"); s; s = config_section_next(s))
		load_rloc(p, s);
	for (s = config_section(root, "map-server"); s; s = config_section_next(s))
		xtr_config_map_server_load(p, s);
	for (s = config_section(root, "core-port"); s; s = config_section_next(s))
		xtr_config_port_load(c, s, DATAPATH_CORE);
	for (s = config_section(root, "site-port"); s; s = config_section_next(s))
		xtr_config_port_load(c, s, DATAPATH_SITE);
	for (s = config_section(root, "agent"); s; s = config_section_next(s))
		if (xtr_config_agent_load(p, s)) {
			xtr_config_fini(c);
			return -ENOMEM;
		}
	xtr_config_handover_load(&p->handover, config_section(root, "handover"));
	v = config_values(root, "map-resolver", &n);
	for (size_t i = 0; i < n && i < POLICY_RESOLVERS_MAX; i++)
		p->resolvers[p->resolver_count++] = v[i].endpoint;
	xtr_config_timers_load(&p->timers, config_section(root, "timers"));
	xtr_config_limits_load(&p->limits, config_section(root, "limits"));
	xtr_config_security_load(&p->security, root);
	xtr_config_data_plane_load(c, config_section(root, "data-plane"));
	xtr_config_rbridge_load(c, root);
	c->listen_count = config_lisp_listen(root, c->listen, XTR_LISTEN_MAX);
	c->api_socket = config_text(root, "api-socket");
	c->has_tls = config_api_tls_load(&c->tls, root);
	c->state_dir = config_text(root, "state-dir");
	c->withdraw_on_stop = config_bool(root, "withdraw-on-stop");
	c->policy.subscribe = config_bool(root, "subscribe");
	c->policy.nat = (enum policy_nat)config_number(root, "nat");
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

/* What a tunnel router knows is not parted by tenants: a client of one would see all. */
static void check_clients(const struct config_section *root, struct config_mistakes *m)
{
	const struct config_section *tls = config_section(root, "api-tls"), *a;

	for (a = tls ? config_section(tls, "allow") : NULL; a; a = config_section_next(a))
		if (config_given(a, "tenant"))
			config_refuse(m, a, "tenant", "it is for a map-server's clients");
}

void xtr_config_check(const struct config_section *root, struct config_mistakes *m)
{
	check_clients(root, m);
	xtr_config_security_check(root, m);
	xtr_config_agent_check(root, m);
	xtr_config_rbridge_check(root, m);
	config_api_tls_check(root, m);
	/* Half a file makes no policy. */
	if (config_errors(m) == 0)
		check_policy(root, m);
}
