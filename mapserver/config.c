/* See config.h. */
#include "mapserver/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const role_words[] = {"map-server", "map-resolver", NULL};
static const char *const algorithm_words[] = {
	"hmac-sha1-96", "hmac-sha256-128", "hmac-sha256-128-hkdf", NULL};
static const enum auth_alg algorithms[] = {
	AUTH_HMAC_SHA1_96, AUTH_HMAC_SHA256_128, AUTH_HMAC_SHA256_128_HKDF};
static const char *const proxy_words[] = {"as-registered", "always", "never", NULL};
static const char *const move_words[] = {"last-writer", "owner-first", NULL};
static const char *const mac_length_words[] = {"truncated", "full", NULL};
static const char *const mac_scope_words[] = {"message", "records", NULL};
static const char *const replay_words[] = {"strict", "off", NULL};
static const char *const policy_words[] = {"answer", "drop", NULL};

static bool key_id_of(const char *title, uint8_t *id)
{
	char *end;
	unsigned long v = strtoul(title, &end, 10);

	*id = (uint8_t)v;
	return *title >= '0' && *title <= '9' && *end == '\0' && v <= 255;
}

/* ---- titles of sections: what would be right ---- */

static const char *want_key_id(const struct config_value *title)
{
	uint8_t id;

	return key_id_of(title->text, &id) ? NULL : "a key-id of 0 to 255";
}

static const char *want_eid(const struct config_value *title)
{
	const char *why = NULL;
	struct eid eid;

	return eid_parse(&eid, title->text, &why)
		       ? NULL
		       : "an EID like 192.0.2.0/24, 2001:db8::/32 or [7]10.0.0.1/32, no bits set beyond its "
			 "length";
}

static const char *want_site_name(const struct config_value *title)
{
	size_t len = strlen(title->text);

	return len >= 1 && len <= SITE_NAME_MAX ? NULL : "a name of 1 to 63 bytes";
}

static const char *want_locator(const struct config_value *title)
{
	struct address a;

	if (address_parse(&a, title->text) && address_is_ip(&a) && !address_is_multicast(&a) &&
		!address_is_unspecified(&a))
		return NULL;
	return "a unicast IPv4 or IPv6 address";
}

static const struct config_option key_options[] = {
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
	{0},
};

static const struct config_option prefix_options[] = {
	{.name = "accept-more-specifics",
		.kind = CONFIG_BOOL,
		.fallback = "no",
		.help = "hosts and prefixes inside it may be registered too"},
	{0},
};

static const struct config_option site_options[] = {
	{.name = "key",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED | CONFIG_REQUIRED,
		.options = key_options,
		.check = want_key_id,
		.help = "titled by its key-id; two may live at a time"},
	{.name = "eid-prefix",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED | CONFIG_REQUIRED,
		.options = prefix_options,
		.check = want_eid,
		.help = "what the site may register"},
	{.name = "proxy-reply",
		.kind = CONFIG_ENUM,
		.words = proxy_words,
		.fallback = "as-registered",
		.help = "answer in the site's place"},
	{.name = "move",
		.kind = CONFIG_ENUM,
		.words = move_words,
		.fallback = "last-writer",
		.help = "whom a plain registration of an EID that another holds is given"},
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
	{.name = "replay",
		.kind = CONFIG_ENUM,
		.words = replay_words,
		.fallback = "strict",
		.help = "off: for peers whose nonces do not grow"},
	{.name = "policy",
		.kind = CONFIG_ENUM,
		.words = policy_words,
		.fallback = "answer",
		.help = "drop: requests are answered with Drop/Policy-Denied"},
	{0},
};

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
		.check = want_eid,
		.help = "titled by an EID-prefix"},
	{0},
};

static const struct config_option locator_options[] = {
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
		.max = 255,
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
		.max = 255,
		.help = "as weight, for multicast"},
	{0},
};

static const struct config_option static_options[] = {
	{.name = "ttl",
		.kind = CONFIG_DURATION,
		.fallback = "1440m",
		.min = 60000,
		.max = 31536000000,
		.help = "how long it may be cached (whole minutes)"},
	{.name = "action",
		.kind = CONFIG_ENUM,
		.words = lisp_act_words,
		.fallback = "natively-forward",
		.help = "without a locator: what to do with packets"},
	{.name = "locator",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED,
		.options = locator_options,
		.check = want_locator,
		.help = "titled by an address"},
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
		.help = "what this process is; default: both"},
	{.name = "listen",
		.kind = CONFIG_ENDPOINT,
		.flags = CONFIG_LIST,
		.default_port = LISP_CONTROL_PORT,
		.help = "default: 0.0.0.0 and ::, port 4342"},
	{.name = "workers",
		.kind = CONFIG_INTEGER,
		.fallback = "0",
		.min = 0,
		.max = MAPSERVER_WORKERS_MAX,
		.help = "packet threads; 0: one a processor"},
	{.name = "site",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED,
		.options = site_options,
		.check = want_site_name,
		.help = "who may register what"},
	{.name = "map-resolver",
		.kind = CONFIG_SECTION,
		.options = resolver_options,
		.help = "whom to ask for EIDs that are not ours"},
	{.name = "static",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED,
		.options = static_options,
		.check = want_eid,
		.help = "a mapping of the operator's, titled by its EID-prefix"},
	{.name = "limits", .kind = CONFIG_SECTION, .options = limit_options},
	{.name = "api-socket",
		.kind = CONFIG_STRING,
		.min = 1,
		.max = 107,
		.fallback = RUNSTATEDIR "/mapserver.sock",
		.help = "where `sunward` asks"},
	{.name = "state-dir",
		.kind = CONFIG_STRING,
		.min = 1,
		.max = 200,
		.fallback = STATEDIR,
		.help = "replay nonces outlive a restart here"},
	{.name = "user",
		.kind = CONFIG_STRING,
		.min = 1,
		.max = 32,
		.help = "become this user when started as root"},
	{0},
};

static uint32_t number(const struct config_section *s, const char *option)
{
	return (uint32_t)config_number(s, option);
}

/* ---- sites ---- */

static int load_keys(struct site *site, const struct config_section *s)
{
	const struct config_section *k;
	uint8_t id;
	int rc = 0;

	for (k = config_section(s, "key"); k && rc == 0; k = config_section_next(k)) {
		const struct config_value *secret = config_value(k, "key");

		if (!secret || !key_id_of(config_title(k), &id))
			continue;
		rc = site_add_key(site, id, algorithms[number(k, "algorithm")],
			secret->secret.bytes, secret->secret.len);
	}
	return rc == -ENOMEM ? rc : 0;
}

static int load_site(struct site_table *t, const struct config_section *s, unsigned int slots)
{
	struct site *site = site_new(config_title(s), slots);
	const struct config_section *p;
	const struct site *holder;
	const char *why;
	struct eid eid;
	int rc;

	if (!site)
		return -ENOMEM;
	site->proxy = (enum site_proxy)config_number(s, "proxy-reply");
	site->move = (enum site_move)config_number(s, "move");
	site->auth.full_length = number(s, "mac-length") == 1;
	site->auth.records_only = number(s, "mac-scope") == 1;
	site->replay_off = number(s, "replay") == 1;
	site->drop_policy = number(s, "policy") == 1;
	rc = load_keys(site, s);
	for (p = config_section(s, "eid-prefix"); p && rc == 0; p = config_section_next(p))
		if (eid_parse(&eid, config_title(p), &why))
			rc = site_add_prefix(site, &eid, config_bool(p, "accept-more-specifics"));
	if (rc) {
		site_unref(site);
		return rc;
	}
	rc = site_table_add(t, site, &holder);
	return rc == -ENOMEM ? rc : 0;
}

static int load_sites(struct mapserver_config *c, const struct config_section *root,
	unsigned int slots, const uint8_t secret[16])
{
	int rc = 0;

	c->sites = site_table_new(secret);
	if (!c->sites)
		return -ENOMEM;
	for (const struct config_section *s = config_section(root, "site"); s && rc == 0;
		s = config_section_next(s))
		rc = load_site(c->sites, s, slots);
	return rc;
}

static int load_forward(
	struct mapserver_config *c, const struct config_section *root, const uint8_t secret[16])
{
	const struct config_section *resolver = config_section(root, "map-resolver");
	const struct config_section *f = resolver ? config_section(resolver, "forward") : NULL;
	const struct config_value *to;
	const char *why;
	struct eid eid;
	int rc = 0;

	c->forward = forward_table_new(secret);
	if (!c->forward)
		return -ENOMEM;
	for (; f && rc == 0; f = config_section_next(f)) {
		to = config_value(f, "to");
		if (to && eid_parse(&eid, config_title(f), &why))
			rc = forward_table_add(c->forward, &eid, &to->endpoint);
	}
	return rc == -ENOMEM ? rc : 0;
}

/* ---- static mappings ---- */

static void load_static(struct static_mapping *m, const struct config_section *s)
{
	const struct config_section *l;
	const char *why;

	if (!eid_parse(&m->eid, config_title(s), &why))
		return;
	m->ttl_min = (uint32_t)(config_number(s, "ttl") / 60000);
	m->act = (enum lisp_act)config_number(s, "action");
	for (l = config_section(s, "locator"); l && m->locator_count < STATIC_LOCATORS_MAX;
		l = config_section_next(l)) {
		struct static_locator *loc = &m->locators[m->locator_count];

		if (!address_parse(&loc->addr, config_title(l)))
			continue;
		loc->priority = (uint8_t)number(l, "priority");
		loc->weight = (uint8_t)number(l, "weight");
		loc->mpriority = (uint8_t)number(l, "multicast-priority");
		loc->mweight = (uint8_t)number(l, "multicast-weight");
		m->locator_count++;
	}
	if (m->locator_count)
		m->act = LISP_ACT_NONE;
}

static int load_statics(struct mapserver_config *c, const struct config_section *root)
{
	const struct config_section *s;
	size_t count = 0;

	for (s = config_section(root, "static"); s; s = config_section_next(s))
		count++;
	if (!count)
		return 0;
	c->statics = calloc(count, sizeof(*c->statics));
	if (!c->statics)
		return -ENOMEM;
	for (s = config_section(root, "static"); s; s = config_section_next(s))
		load_static(&c->statics[c->static_count++], s);
	return 0;
}

/* ---- the rest ---- */

static void load_listen(struct mapserver_config *c, const struct config_section *root)
{
	const struct config_value *v;
	size_t n;

	v = config_values(root, "listen", &n);
	for (size_t i = 0; i < n && i < MAPSERVER_LISTEN_MAX; i++)
		c->listen[c->listen_count++] = v[i].endpoint;
	if (!n) {
		endpoint_parse(&c->listen[0], "0.0.0.0", LISP_CONTROL_PORT);
		endpoint_parse(&c->listen[1], "[::]", LISP_CONTROL_PORT);
		c->listen_count = 2;
	}
	c->server.port = c->listen[0].port;
	for (unsigned int i = 0; i < c->listen_count; i++) {
		c->server.ipv4 |= c->listen[i].addr.afi == AFI_IPV4;
		c->server.ipv6 |= c->listen[i].addr.afi == AFI_IPV6;
	}
}

static void load_roles(struct server_options *o, const struct config_section *root)
{
	const struct config_value *v;
	size_t n;

	v = config_values(root, "roles", &n);
	o->map_server = o->resolver = n == 0;
	for (size_t i = 0; i < n; i++) {
		o->map_server |= v[i].number == 0;
		o->resolver |= v[i].number == 1;
	}
}

/* As the schema's fallbacks, for a file without the section. */
static void default_limits(struct server_options *o)
{
	o->registration_timeout_s = 180;
	o->xtrs_max = 100000;
	o->notifies_max = 100000;
	o->registry.instances_max = 4096;
	o->registry.tombstones_max = 1000000;
	o->registry.tombstone_life_s = 86400;
	o->excess_replies = limit_per_s(1000, 1000);
}

static void load_limits(struct server_options *o, const struct config_section *s)
{
	default_limits(o);
	if (!s)
		return;
	o->registration_timeout_s = number(s, "registration-timeout") / 1000;
	o->xtrs_max = number(s, "xtrs");
	o->notifies_max = number(s, "notifies");
	o->registry.instances_max = number(s, "instances");
	o->registry.tombstones_max = number(s, "tombstones");
	o->registry.tombstone_life_s = (uint64_t)config_number(s, "tombstone-life") / 1000;
	o->excess_replies = limit_per_s(number(s, "excess-replies"), number(s, "excess-replies"));
}

int mapserver_config_load(struct mapserver_config *c, const struct config_section *root,
	unsigned int slots, const uint8_t secret[16])
{
	int rc;

	memset(c, 0, sizeof(*c));
	load_roles(&c->server, root);
	load_limits(&c->server, config_section(root, "limits"));
	load_listen(c, root);
	c->workers = number(root, "workers");
	c->api_socket = config_text(root, "api-socket");
	c->state_dir = config_text(root, "state-dir");
	c->user = config_text(root, "user");
	rc = c->server.map_server ? load_sites(c, root, slots, secret) : 0;
	if (rc == 0 && c->server.resolver)
		rc = load_forward(c, root, secret);
	if (rc == 0)
		rc = load_statics(c, root);
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
	free(c->statics);
	memset(c, 0, sizeof(*c));
}

/* ---- the check ---- */

static void check_keys(const struct config_section *site, struct config_mistakes *m)
{
	const struct config_section *k;
	unsigned int count = 0;

	for (k = config_section(site, "key"); k; k = config_section_next(k))
		if (++count == SITE_KEYS_MAX + 1)
			config_refuse(m, k, NULL, "more than %d keys; retire one", SITE_KEYS_MAX);
}

/* The same prefix in two sites: nobody could say whose it is. */
static void check_prefixes(
	const struct config_section *site, struct site_table *seen, struct config_mistakes *m)
{
	struct site *trial = site_new(config_title(site), 1);
	const struct site *holder = NULL;
	const struct config_section *p;
	const char *why;
	struct eid eid;
	int rc;

	for (p = config_section(site, "eid-prefix"); trial && p; p = config_section_next(p))
		if (eid_parse(&eid, config_title(p), &why) && site_add_prefix(trial, &eid, true))
			config_refuse(m, p, NULL, "out of memory");
	rc = trial ? site_table_add(seen, trial, &holder) : 0;
	if (rc == -EEXIST)
		config_refuse(m, site, NULL,
			"its name or one of its prefixes is site \"%s\"'s already", holder->name);
	else if (rc == -EINVAL)
		config_refuse(m, site, NULL, "one of its prefixes stands in it twice");
}

static void check_sites(const struct config_section *root, struct config_mistakes *m)
{
	static const uint8_t secret[16];
	struct site_table *seen = site_table_new(secret);
	const struct config_section *s;

	for (s = config_section(root, "site"); s && seen; s = config_section_next(s)) {
		check_keys(s, m);
		check_prefixes(s, seen, m);
	}
	if (seen)
		site_table_free(seen);
}

static void check_statics(const struct config_section *root, struct config_mistakes *m)
{
	const struct config_section *s, *l;
	unsigned int count;

	for (s = config_section(root, "static"); s; s = config_section_next(s)) {
		count = 0;
		for (l = config_section(s, "locator"); l; l = config_section_next(l))
			if (++count == STATIC_LOCATORS_MAX + 1)
				config_refuse(
					m, l, NULL, "more than %d locators", STATIC_LOCATORS_MAX);
	}
}

void mapserver_config_check(const struct config_section *root, struct config_mistakes *m)
{
	struct server_options roles = {0};
	size_t n;

	load_roles(&roles, root);
	check_sites(root, m);
	check_statics(root, m);
	if (!roles.map_server && config_section(root, "site"))
		config_warn(m, config_section(root, "site"), NULL,
			"sites are the map-server's, and roles leaves it out");
	config_values(root, "listen", &n);
	if (n > MAPSERVER_LISTEN_MAX)
		config_refuse(
			m, root, "listen", "%zu values, want at most %d", n, MAPSERVER_LISTEN_MAX);
}
