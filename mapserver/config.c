/* See config.h. Here: the root and the small sections; large ones have files of their own
 * (config_site.c, config_static.c), each with its options, its reader and its check. */
#include "mapserver/config.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "common/config_lisp.h"
#include "lib/service/config_api_tls.h"
#include "lib/service/config_place.h"
#include "mapserver/config_internal.h"

#define PACE_BURSTS 10 /* in a second of the publish-rate */

enum role {
	ROLE_MAP_SERVER,
	ROLE_MAP_RESOLVER,
	ROLE_DDT_NODE,
};
static const char *const role_words[] = {"map-server", "map-resolver", "ddt-node", NULL};

static const struct config_option forward_options[] = {
	{.name = "to",
		.kind = CONFIG_ENDPOINT,
		.flags = CONFIG_REQUIRED,
		.default_port = LISP_CONTROL_PORT,
		.help = "the Map-Server that answers for the prefix"},
	{0},
};

static const struct config_option resolver_options[] = {
	{.name = "forward",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED,
		.options = forward_options,
		.title = CONFIG_EID,
		.help = "titled by an EID-prefix"},
	{.name = "ddt-root",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED,
		.options = mapserver_config_ddt_root,
		.title = CONFIG_ENDPOINT,
		.default_port = LISP_CONTROL_PORT,
		.most = REFERRAL_RLOCS_MAX,
		.help = "where searches in the DDT tree begin, for what nobody here knows"},
	{0},
};

static const struct config_option limit_options[] = {
	{.name = "registration-timeout",
		.kind = CONFIG_DURATION,
		.fallback = "3m",
		.min = 1000,
		.max = 86400000,
		.help = "a registration that is not refreshed ends"},
	{.name = "xtrs",
		.kind = CONFIG_INTEGER,
		.fallback = "100000",
		.min = 1,
		.max = 100000000,
		.help = "parties that may register"},
	{.name = "instances",
		.kind = CONFIG_INTEGER,
		.fallback = "4096",
		.min = 1,
		.max = 16777216,
		.help = "tables, one an instance and address family"},
	{.name = "tombstones",
		.kind = CONFIG_INTEGER,
		.fallback = "1000000",
		.min = 1024,
		.max = 100000000,
		.help = "ended mappings whose sequence number is remembered"},
	{.name = "tombstone-life",
		.kind = CONFIG_DURATION,
		.fallback = "1d",
		.min = 60000,
		.max = 31536000000,
		.help = "how long it is remembered"},
	{.name = "notifies",
		.kind = CONFIG_INTEGER,
		.fallback = "100000",
		.min = 1,
		.max = 100000000,
		.help = "unacknowledged notifications under way"},
	{.name = "contributions",
		.kind = CONFIG_INTEGER,
		.fallback = "100000",
		.min = 0,
		.max = 100000000,
		.help = "what xTRs contribute to merged registrations (the merge bit, RFC 8378)"},
	{.name = "histories",
		.kind = CONFIG_INTEGER,
		.fallback = "65536",
		.min = 0,
		.max = 100000000,
		.help = "EIDs that have moved whose last changes are remembered"},
	{.name = "subscriptions",
		.kind = CONFIG_INTEGER,
		.fallback = "1000000",
		.min = 0,
		.max = 100000000,
		.help = "in all (RFC 9437); 0: none are taken"},
	{.name = "subscriptions-per-xtr",
		.kind = CONFIG_INTEGER,
		.fallback = "100000",
		.min = 1,
		.max = 100000000,
		.help = "of one xTR"},
	{.name = "subscriptions-per-site",
		.kind = CONFIG_INTEGER,
		.fallback = "500000",
		.min = 1,
		.max = 100000000,
		.help = "of all xTRs of a site"},
	{.name = "subscribe-rate",
		.kind = CONFIG_INTEGER,
		.fallback = "2000",
		.min = 0,
		.max = 10000000,
		.help = "subscriptions a second of one xTR; 0: no limit"},
	{.name = "temporary-subscription",
		.kind = CONFIG_DURATION,
		.fallback = "15m",
		.min = 1000,
		.max = 86400000,
		.help = "to an EID that has no mapping"},
	{.name = "publications",
		.kind = CONFIG_INTEGER,
		.fallback = "262144",
		.min = 1024,
		.max = 16777216,
		.help = "notifications of subscribers that wait or are under way before more are made"},
	{.name = "publish-rate",
		.kind = CONFIG_INTEGER,
		.fallback = "200000",
		.min = 0,
		.max = 100000000,
		.help = "notifications of subscribers a second; 0: no limit"},
	{.name = "ddt-searches",
		.kind = CONFIG_INTEGER,
		.fallback = "10000",
		.min = 1,
		.max = 10000000,
		.help = "requests that are searched for in the DDT tree at a time"},
	{.name = "ddt-referrals",
		.kind = CONFIG_INTEGER,
		.fallback = "10000",
		.min = 1,
		.max = 10000000,
		.help = "referrals of the DDT tree that are kept"},
	{.name = "excess-replies",
		.kind = CONFIG_INTEGER,
		.fallback = "1000",
		.min = 0,
		.max = 10000000,
		.help = "replies much larger than their request, a second, to an address that did not prove "
			"itself; 0: no limit"},
	{0},
};

const struct config_option mapserver_config_schema[] = {
	{.name = "roles",
		.kind = CONFIG_ENUM,
		.flags = CONFIG_LIST,
		.words = role_words,
		.help = "what this process is; default: map-server, map-resolver, and ddt-node where that section "
			"stands"},
	CONFIG_LISP_LISTEN_ROW(MAPSERVER_LISTEN_MAX),
	{.name = "workers",
		.kind = CONFIG_INTEGER,
		.flags = CONFIG_AT_START,
		.fallback = "0",
		.min = 0,
		.max = MAPSERVER_WORKERS_MAX,
		.help = "packet threads; 0: one a processor"},
	{.name = "site",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED,
		.options = mapserver_config_site,
		.min = 1,
		.max = SITE_NAME_MAX,
		.help = "who may register what"},
	{.name = "tenant",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED,
		.options = mapserver_config_tenant,
		.min = 1,
		.max = TENANT_NAME_MAX,
		.help = "whose an instance-ID is, and how much its holder may have"},
	{.name = "tenants-only",
		.kind = CONFIG_BOOL,
		.fallback = "no",
		.help = "yes: no site and no static mapping outside of the tenants' instances"},
	{.name = "map-resolver",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_ALWAYS,
		.options = resolver_options,
		.help = "whom to ask for EIDs that are not ours"},
	{.name = "ddt-node",
		.kind = CONFIG_SECTION,
		.options = mapserver_config_ddt_node,
		.help = "a node of the DDT tree: what it answers for, and has delegated"},
	{.name = "lisp-sec",
		.kind = CONFIG_SECTION,
		.options = mapserver_config_secure,
		.help = "whose protected Map-Requests are taken (RFC 9303)"},
	{.name = "static",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED,
		.options = mapserver_config_static,
		.title = CONFIG_EID,
		.help = "a mapping of the operator's, titled by its EID-prefix"},
	{.name = "fast-path",
		.kind = CONFIG_SECTION,
		.options = mapserver_config_fast_path,
		.help = "the kernel answers what it can; without this section it answers nothing"},
	{.name = "flap",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_ALWAYS,
		.options = mapserver_config_flap,
		.help = "when an EID moves too often, and what follows"},
	{.name = "nat",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_ALWAYS | CONFIG_AT_START,
		.options = mapserver_config_nat,
		.help = "what xTRs behind a NAT are told"},
	{.name = "limits",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_ALWAYS | CONFIG_AT_START,
		.options = limit_options},
	CONFIG_API_TLS_ROW,
	CONFIG_PLACE_ROWS("mapserver", "mappings, replay nonces and the API's sites"),
	{.name = "store",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_ALWAYS | CONFIG_AT_START,
		.options = mapserver_config_store,
		.help = "what is kept in state-dir, and how well"},
	{.name = "user",
		.kind = CONFIG_STRING,
		.flags = CONFIG_AT_START,
		.min = 1,
		.max = 32,
		.help = "become this user when started as root"},
	{0},
};

static int load_forward(
	struct mapserver_config *c, const struct config_section *root, const uint8_t secret[16])
{
	const struct config_section *f =
		config_section(config_section(root, "map-resolver"), "forward");
	int rc = 0;

	c->forward = forward_table_new(secret);
	if (!c->forward)
		return -ENOMEM;
	for (; f && rc == 0; f = config_section_next(f))
		rc = forward_table_add(
			c->forward, &config_title_value(f)->eid, &config_value(f, "to")->endpoint);
	return rc == -ENOMEM ? rc : 0;
}

static void load_listen(struct mapserver_config *c, const struct config_section *root)
{
	c->listen_count = config_lisp_listen(root, c->listen, MAPSERVER_LISTEN_MAX);
	c->server.port = c->listen[0].port;
	for (unsigned int i = 0; i < c->listen_count; i++) {
		c->server.ipv4 |= c->listen[i].addr.afi == AFI_IPV4;
		c->server.ipv6 |= c->listen[i].addr.afi == AFI_IPV6;
	}
}

static bool plays(const struct config_section *root, enum role role)
{
	const struct config_value *v;
	size_t n;

	v = config_values(root, "roles", &n);
	for (size_t i = 0; i < n; i++)
		if (v[i].number == role)
			return true;
	return n == 0;
}

static void load_roles(struct server_options *o, const struct config_section *root)
{
	o->map_server = plays(root, ROLE_MAP_SERVER);
	o->resolver = plays(root, ROLE_MAP_RESOLVER);
}

static void load_subscriptions(struct subscription_options *o, const struct config_section *s)
{
	uint32_t rate = config_u32(s, "publish-rate");

	o->max = config_u32(s, "subscriptions");
	o->per_xtr = config_u32(s, "subscriptions-per-xtr");
	o->per_site = config_u32(s, "subscriptions-per-site");
	o->temporary_s = (uint64_t)config_number(s, "temporary-subscription") / 1000;
	o->publications = config_u32(s, "publications");
	o->pace = limit_per_s(rate, rate / PACE_BURSTS + 1);
	o->requests =
		limit_per_s(config_u32(s, "subscribe-rate"), config_u32(s, "subscribe-rate") + 1);
}

static void load_limits(struct server_options *o, const struct config_section *s)
{
	o->registration_timeout_s = config_u32(s, "registration-timeout") / 1000;
	o->xtrs_max = config_u32(s, "xtrs");
	o->notifies_max = config_u32(s, "notifies");
	o->contributions_max = config_u32(s, "contributions");
	o->histories_max = config_u32(s, "histories");
	o->registry.instances_max = config_u32(s, "instances");
	o->registry.tombstones_max = config_u32(s, "tombstones");
	o->registry.tombstone_life_s = (uint64_t)config_number(s, "tombstone-life") / 1000;
	load_subscriptions(&o->subscriptions, s);
	o->excess_replies =
		limit_per_s(config_u32(s, "excess-replies"), config_u32(s, "excess-replies"));
}

int mapserver_config_load(struct mapserver_config *c, const struct config_section *root,
	unsigned int slots, const uint8_t secret[16])
{
	int rc;

	memset(c, 0, sizeof(*c));
	load_roles(&c->server, root);
	load_limits(&c->server, config_section(root, "limits"));
	mapserver_config_flap_load(&c->server, root);
	mapserver_config_nat_load(&c->server, root);
	load_listen(c, root);
	mapserver_config_fast_path_load(c, root);
	c->workers = config_u32(root, "workers");
	c->api_socket = config_text(root, "api-socket");
	c->has_tls = config_api_tls_load(&c->tls, root);
	c->state_dir = config_text(root, "state-dir");
	c->user = config_text(root, "user");
	c->ddt_searches = config_u32(config_section(root, "limits"), "ddt-searches");
	c->ddt_referrals = config_u32(config_section(root, "limits"), "ddt-referrals");
	mapserver_config_store_load(c, root);
	rc = c->server.map_server ? mapserver_config_site_load(c, root, slots, secret) : 0;
	if (rc == 0 && c->server.resolver)
		rc = load_forward(c, root, secret);
	if (rc == 0 && c->server.resolver)
		rc = mapserver_config_ddt_root_load(c, config_section(root, "map-resolver"));
	if (rc == 0 && plays(root, ROLE_DDT_NODE))
		rc = mapserver_config_ddt_load(c, root, secret);
	if (rc == 0)
		rc = mapserver_config_secure_load(c, root, secret);
	if (rc == 0)
		rc = mapserver_config_static_load(c, root);
	if (rc == 0)
		rc = mapserver_config_tenant_load(c, root);
	if (rc)
		mapserver_config_fini(c);
	return rc;
}

void mapserver_config_fini(struct mapserver_config *c)
{
	if (c->sites)
		site_table_free(c->sites);
	if (c->forward)
		forward_table_free(c->forward);
	tenant_table_free(c->tenants);
	delegation_table_free(c->delegations);
	secure_peers_free(c->peers);
	referral_unref(c->ddt_root);
	free(c->statics);
	memset(c, 0, sizeof(*c));
}

/* A warning only: the file may be tested on another machine than the one it is for. */
static void check_user(const struct config_section *root, struct config_mistakes *m)
{
	const char *user = config_text(root, "user");

	errno = 0;
	if (user && !getpwnam(user) && !errno)
		config_warn(m, root, "user", "there is no user \"%s\" on this machine", user);
}

void mapserver_config_check(const struct config_section *root, struct config_mistakes *m)
{
	struct server_options roles = {0};

	load_roles(&roles, root);
	mapserver_config_site_check(root, m);
	mapserver_config_secure_check(root, m);
	mapserver_config_static_check(root, m);
	mapserver_config_tenant_check(root, m);
	mapserver_config_prefix_check(config_section(root, "map-resolver"), "forward", m);
	mapserver_config_ddt_check(root, m);
	mapserver_config_flap_check(root, m);
	check_user(root, m);
	config_api_tls_check(root, m);
	if (!config_errors(m) && !roles.map_server && config_section(root, "site"))
		config_warn(m, config_section(root, "site"), NULL,
			"sites are the map-server's, and roles leaves it out");
	if (!config_errors(m) && !plays(root, ROLE_DDT_NODE) && config_section(root, "ddt-node"))
		config_warn(m, config_section(root, "ddt-node"), NULL, "roles leaves it out");
	if (config_given(root, "roles") && plays(root, ROLE_DDT_NODE) &&
		!config_section(root, "ddt-node"))
		config_refuse(m, root, "roles", "ddt-node wants a section ddt-node { ... }");
}
