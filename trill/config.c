/* See config.h. Here: the root, keys and limits; ports have a file of their own. */
#include "trill/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/service/config_api_tls.h"
#include "lib/service/config_place.h"
#include "trill/codec/bfd_auth.h"
#include "trill/config_internal.h"
#include "trill/core/ip_cache.h"

static const char *const algorithm_words[] = {"hmac-md5", "hmac-sha1", "hmac-sha224", "hmac-sha256",
	"hmac-sha384", "hmac-sha512", NULL}; /* enum isis_auth_alg */

static const char *const interval_words[] = {
	"10ms", "100ms", "1s", "10s", "1min", "10min", NULL}; /* from CONTINUITY_10MS on */

/* Twelve hexadecimal digits, with dots as IS-IS writes them, or as a MAC. */
static bool system_read(const char *text, struct system_id *id)
{
	unsigned int n = 0;

	memset(id, 0, sizeof(*id));
	for (; *text; text++) {
		char h = (char)(*text | 0x20);

		if (*text == '.' || *text == ':')
			continue;
		if (n == 2 * SYSTEM_ID_LEN || !isxdigit((unsigned char)*text))
			return false;
		id->bytes[n / 2] =
			(uint8_t)(id->bytes[n / 2] << 4 | (h <= '9' ? *text - '0' : h - 'a' + 10));
		n++;
	}
	return n == 2 * SYSTEM_ID_LEN;
}

static const char *want_system(const struct config_value *v)
{
	static const struct system_id none;
	struct system_id id;

	return system_read(v->text, &id) && system_id_compare(&id, &none)
		       ? NULL
		       : "six bytes, not all zero, such as 0200.0000.0001 or 02:00:00:00:00:01";
}

static const char *const oam_auth_words[] = {"no", "sign", "demand", NULL}; /* enum oam_auth_mode */

static const char *want_whole(const struct config_value *v)
{
	return v->number % 1000 == 0 ? NULL : "whole seconds";
}

static const struct config_option key_options[] = {
	{.name = "algorithm",
		.kind = CONFIG_ENUM,
		.words = algorithm_words,
		.fallback = "hmac-sha256",
		.help = "of the authentication (RFC 5304, RFC 5310)"},
	{.name = "key",
		.kind = CONFIG_SECRET,
		.flags = CONFIG_REQUIRED,
		.min = 1,
		.max = ISIS_AUTH_SECRET_MAX,
		.help = "the pre-shared key, or key-file"},
	{0},
};

static const struct config_option limit_options[] = {
	{.name = "rbridges",
		.kind = CONFIG_INTEGER,
		.flags = CONFIG_AT_START,
		.fallback = "1024",
		.min = 2,
		.max = 16384,
		.help = "of the campus, this one among them"},
	{.name = "links",
		.kind = CONFIG_INTEGER,
		.flags = CONFIG_AT_START,
		.fallback = "16384",
		.min = 2,
		.max = 262144,
		.help = "of the campus, each counted at both ends"},
	{.name = "lsps",
		.kind = CONFIG_INTEGER,
		.fallback = "4096",
		.min = 2,
		.max = 65536,
		.help = "kept in the link state database"},
	{.name = "nicknames",
		.kind = CONFIG_INTEGER,
		.flags = CONFIG_AT_START,
		.fallback = "4096",
		.min = 2,
		.max = 65535,
		.help = "of the campus"},
	{.name = "neighbors",
		.kind = CONFIG_INTEGER,
		.flags = CONFIG_AT_START,
		.fallback = "64",
		.min = 1,
		.max = 1024,
		.help = "of a port; more are refused"},
	{.name = "stations",
		.kind = CONFIG_INTEGER,
		.flags = CONFIG_AT_START,
		.fallback = "131072",
		.min = 64,
		.max = 16777216,
		.help = "end stations whose place is kept; others' frames go everywhere"},
	{0},
};

const struct config_option trill_config_schema[] = {
	{.name = "port",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED | CONFIG_REQUIRED,
		.options = trill_config_port_options,
		.check = config_want_interface,
		.most = RBRIDGE_PORTS_MAX,
		.help = "an interface; may appear later"},
	{.name = "station",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED | CONFIG_ALIKE,
		.options = trill_config_station_options,
		.title = CONFIG_ADDRESS,
		.check = trill_config_want_station,
		.most = TRILL_CONFIG_STATIONS_MAX,
		.help = "an end station, titled by its MAC, that is where this says; one for each of its VLANs"},
	{.name = "nickname",
		.kind = CONFIG_INTEGER,
		.flags = CONFIG_AT_START,
		.min = 1,
		.max = NICKNAME_LAST,
		.help = "of this RBridge; default: one that is free is chosen, and kept"},
	{.name = "nickname-priority",
		.kind = CONFIG_INTEGER,
		.flags = CONFIG_AT_START,
		.fallback = "64",
		.min = 0,
		.max = 127,
		.help = "who keeps one that two hold; a configured one goes before all that are not"},
	{.name = "root-priority",
		.kind = CONFIG_INTEGER,
		.flags = CONFIG_AT_START,
		.fallback = "36864", /* TREE_ROOT_PRIORITY_DEFAULT_FGL */
		.min = 0,
		.max = 65535,
		.help = "to be the root of a distribution tree; the highest is"},
	{.name = "trees",
		.kind = CONFIG_INTEGER,
		.fallback = "1",
		.min = 1,
		.max = TABLES_TREES_MAX,
		.help = "distribution trees of the campus, if our root priority is the highest"},
	{.name = "tree-roots",
		.kind = CONFIG_INTEGER,
		.flags = CONFIG_LIST,
		.min = 1,
		.max = NICKNAME_LAST,
		.most = CAMPUS_LISTED_MAX,
		.help = "nicknames of the first of them; default: by root priority"},
	{.name = "tree-uses",
		.kind = CONFIG_INTEGER,
		.flags = CONFIG_LIST,
		.min = 1,
		.max = NICKNAME_LAST,
		.most = CAMPUS_LISTED_MAX,
		.help = "roots of those that frames take which enter here; default: the first"},
	{.name = "system-id",
		.kind = CONFIG_STRING,
		.flags = CONFIG_AT_START,
		.check = want_system,
		.help = "names this RBridge; default: as before, at first the MAC of a port that is there"},
	{.name = "key",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED,
		.options = key_options,
		.title = CONFIG_INTEGER,
		.max = 65535,
		.most = TRILL_CONFIG_KEYS_MAX,
		.help = "of the campus, titled by its key-id: the first signs, all are believed"},
	{.name = "esadi",
		.kind = CONFIG_STRING,
		.flags = CONFIG_LIST,
		.check = trill_config_want_vlans,
		.min = 1,
		.max = 9,
		.help = "VLANs whose end stations RBridges tell each other of; default: none"},
	{.name = "esadi-labels",
		.kind = CONFIG_STRING,
		.flags = CONFIG_LIST,
		.check = trill_config_want_labels,
		.most = RBRIDGE_FGL_RANGES_MAX,
		.min = 1,
		.max = 40,
		.help = "the same of fine-grained labels, like {70000, \"70100-70109\"}; default: "
			"none"},
	{.name = "gateway-mac",
		.kind = CONFIG_ADDRESS,
		.flags = CONFIG_LIST,
		.check = trill_config_want_station,
		.most = TABLES_ANYCAST_MAX,
		.help = "MACs of gateways that several tunnel routers of the campus have: never learned, frames go to the nearest; the same at each RBridge"},
	{.name = "overload",
		.kind = CONFIG_BOOL,
		.fallback = "no",
		.help = "nothing that is for others goes through us"},
	{.name = "check",
		.kind = CONFIG_INTEGER,
		.flags = CONFIG_LIST,
		.min = 1,
		.max = NICKNAME_LAST,
		.most = CONTINUITY_REMOTES_MAX,
		.help = "nicknames of RBridges with which continuity is checked; default: none"},
	{.name = "check-interval",
		.kind = CONFIG_ENUM,
		.words = interval_words,
		.fallback = "1s",
		.help = "between continuity checks, here and there"},
	{.name = "oam-authentication",
		.kind = CONFIG_ENUM,
		.words = oam_auth_words,
		.fallback = "no",
		.help = "of pings, traces and checks, by the first key: sign: ours; demand: theirs, too"},
	{.name = "arp-proxy",
		.kind = CONFIG_BOOL,
		.fallback = "no",
		.help = "ARP and ND are answered here, or go to one RBridge, where that is known"},
	{.name = "root-change",
		.kind = CONFIG_DURATION,
		.fallback = "30s", /* FORWARDER_ROOT_CHANGE_S */
		.check = want_whole,
		.min = 0,
		.max = 1000 * FORWARDER_ROOT_CHANGE_S,
		.help = "for so long end stations wait after another root bridge of their link"},
	{.name = "overload-after-start",
		.kind = CONFIG_DURATION,
		.flags = CONFIG_AT_START,
		.fallback = "0s",
		.min = 0,
		.max = 3600000,
		.help = "for so long nothing that is for others goes through us"},
	{.name = "lsp-size",
		.kind = CONFIG_INTEGER,
		.flags = CONFIG_AT_START,
		.fallback = "1470",
		.min = 1470,
		.max = RBRIDGE_PDU_MAX,
		.help = "bytes of an LSP of ours, at most; the least of the campus counts"},
	{.name = "age",
		.kind = CONFIG_DURATION,
		.flags = CONFIG_AT_START,
		.fallback = "300s",
		.min = 10000,
		.max = 1000000000,
		.help = "after which an end station that is not heard is forgotten"},
	CONFIG_API_TLS_ROW,
	CONFIG_PLACE_ROWS("rbridge", "nicknames"),
	{.name = "limits",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_ALWAYS,
		.options = limit_options,
		.help = "what others can make grow"},
	{0},
};

static void limits_load(struct trill_config *c, const struct config_section *s)
{
	c->core.nodes_max = 2 * config_u32(s, "rbridges"); /* with their pseudonodes */
	c->core.links_max = config_u32(s, "links");
	c->core.lsps_max = config_u32(s, "lsps");
	c->core.nicknames_max = config_u32(s, "nicknames");
	c->core.neighbors_max = config_u32(s, "neighbors");
	c->stations_max = config_u32(s, "stations");
}

static void tree_list_load(
	struct rbridge_tree_list *list, const struct config_section *s, const char *option)
{
	const struct config_value *v;
	size_t n;

	v = config_values(s, option, &n);
	for (size_t i = 0; i < n && list->count < CAMPUS_LISTED_MAX; i++)
		list->nicknames[list->count++] = (uint16_t)v[i].number;
}

static void trees_load(struct rbridge_config *core, const struct config_section *root)
{
	tree_list_load(&core->roots, root, "tree-roots");
	tree_list_load(&core->uses, root, "tree-uses");
	core->trees = (struct capability_trees){.compute = (uint16_t)config_number(root, "trees"),
		.max = TABLES_TREES_MAX,
		.use = (uint16_t)(core->uses.count ? core->uses.count : 1)};
}

static void checks_load(struct trill_config *c, const struct config_section *root)
{
	const struct config_value *v;
	size_t n;

	v = config_values(root, "check", &n);
	for (size_t i = 0; i < n && c->core.check_count < CONTINUITY_REMOTES_MAX; i++)
		c->core.checks[c->core.check_count++] = (uint16_t)v[i].number;
	c->core.check_interval =
		(enum continuity_interval)(config_number(root, "check-interval") + CONTINUITY_10MS);
	c->core.oam_auth = (enum oam_auth_mode)config_number(root, "oam-authentication");
}

static int keys_load(struct trill_config *c, const struct config_section *root)
{
	const struct config_section *s = config_section(root, "key");

	c->core.keys = c->keys;
	c->core.esadi_keys = c->esadi_keys;
	for (; s && c->core.key_count < TRILL_CONFIG_KEYS_MAX; s = config_section_next(s)) {
		const struct config_value *key = config_value(s, "key");
		struct isis_key *made =
			isis_key_new((enum isis_auth_alg)config_number(s, "algorithm"),
				(uint16_t)config_title_value(s)->number, key->secret.bytes,
				key->secret.len);

		c->keys[c->core.key_count] = made;
		c->esadi_keys[c->core.key_count] =
			esadi_key_new((enum isis_auth_alg)config_number(s, "algorithm"),
				(uint16_t)config_title_value(s)->number, key->secret.bytes,
				key->secret.len);
		c->core.key_count++;
		if (!made || !c->esadi_keys[c->core.key_count - 1])
			return -ENOMEM;
	}
	return 0;
}

int trill_config_load(struct trill_config *c, const struct config_section *root)
{
	const struct config_section *s = config_section(root, "port");
	const char *system = config_text(root, "system-id");

	memset(c, 0, sizeof(*c));
	c->core.nickname_count = 1;
	c->core.nicknames[0] =
		(struct rbridge_nickname){.nickname = (uint16_t)config_number(root, "nickname"),
			.priority = (uint8_t)config_number(root, "nickname-priority"),
			.root_priority = (uint16_t)config_number(root, "root-priority")};
	trees_load(&c->core, root);
	c->system_given = system;
	if (system)
		system_read(system, &c->core.system);
	for (; s && c->port_count < RBRIDGE_PORTS_MAX; s = config_section_next(s))
		trill_config_port_load(&c->ports[c->port_count++], s);
	limits_load(c, config_section(root, "limits"));
	c->age_s = (unsigned int)(config_number(root, "age") / 1000);
	c->api_socket = config_text(root, "api-socket");
	c->state_dir = config_text(root, "state-dir");
	c->has_tls = config_api_tls_load(&c->tls, root);
	for (s = config_section(root, "station"); s && c->station_count < TRILL_CONFIG_STATIONS_MAX;
		s = config_section_next(s))
		trill_config_station_load(&c->stations[c->station_count++], s);
	trill_config_vlans_load(&c->core.esadi, root, "esadi");
	trill_config_labels_load(c, root);
	c->overload = config_bool(root, "overload");
	trill_config_gateways_load(c, root);
	checks_load(c, root);
	c->core.arp_proxy = config_bool(root, "arp-proxy");
	c->core.arp_age_s = IP_CACHE_AGE_S(c->age_s);
	c->core.root_change_s = (uint8_t)(config_number(root, "root-change") / 1000);
	c->core.overload_s = (uint16_t)(config_number(root, "overload-after-start") / 1000);
	c->core.lsp_size = (uint16_t)config_number(root, "lsp-size");
	c->core.stations_max = c->stations_max;
	if (keys_load(c, root) == 0) {
		c->core.esadi_key_count = c->core.key_count;
		return 0;
	}
	trill_config_fini(c);
	return -ENOMEM;
}

void trill_config_fini(struct trill_config *c)
{
	for (unsigned int i = 0; i < c->core.key_count; i++) {
		isis_key_free(c->keys[i]);
		isis_key_free(c->esadi_keys[i]);
	}
	c->core.key_count = 0;
}

/* Numbers that stand in a list once. */
static void check_list(
	const struct config_section *root, const char *option, struct config_mistakes *m)
{
	const struct config_value *v;
	size_t n;

	v = config_values(root, option, &n);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			if (v[k].number == v[i].number) {
				config_refuse(m, root, option,
					"nickname %s stands there twice; want each once",
					v[i].text);
				break;
			}
}

/* A check with oneself is never answered. */
static void check_checks(const struct config_section *root, struct config_mistakes *m)
{
	const struct config_value *v;
	size_t n;

	v = config_values(root, "check", &n);
	for (size_t i = 0; i < n; i++)
		if (v[i].number == config_number(root, "nickname"))
			config_refuse(m, root, "check",
				"nickname %s is our own; want nicknames of others", v[i].text);
}

/* OAM has no HMAC-MD5 (RFC 7455 section 8.4.13), and the first key signs. */
static void check_oam(const struct config_section *root, struct config_mistakes *m)
{
	const struct config_section *key = config_section(root, "key");

	if (config_number(root, "oam-authentication") == OAM_AUTH_NONE)
		return;
	if (!key)
		config_refuse(m, root, "oam-authentication", "there is no key; want section key");
	else if (config_number(key, "algorithm") == ISIS_AUTH_HMAC_MD5)
		config_refuse(m, root, "oam-authentication",
			"OAM cannot be signed by hmac-md5, as the first key has it; want another "
			"algorithm");
}

/* What an RBridge knows is not parted by tenants: a client of one would see all. */
static void check_clients(const struct config_section *root, struct config_mistakes *m)
{
	const struct config_section *tls = config_section(root, "api-tls"), *a;

	for (a = tls ? config_section(tls, "allow") : NULL; a; a = config_section_next(a))
		if (config_given(a, "tenant"))
			config_refuse(m, a, "tenant", "it is for a map-server's clients");
}

/* Whoever is at such a port may be a guest. */
static void check_open(const struct config_section *root, struct config_mistakes *m)
{
	if (config_section(root, "key"))
		return;
	for (const struct config_section *s = config_section(root, "port"); s;
		s = config_section_next(s))
		if (config_value(s, "kind") && config_number(s, "kind") != TRILL_PORT_TRUNK &&
			config_bool(s, "neighbors"))
			config_warn(m, s, NULL,
				"without a key any end station there can join the campus as an "
				"RBridge and change all its routes; want section key, or "
				"neighbors = no");
}

/* A neighbour of another make may try one secret alone. */
static void check_bfd_keys(const struct config_section *root, struct config_mistakes *m)
{
	const struct config_section *s = config_section(root, "port"), *other;

	while (s && !config_bool(s, "bfd"))
		s = config_section_next(s);
	for (s = s ? config_section(root, "key") : NULL; s; s = config_section_next(s)) {
		uint8_t id = bfd_secret_id((uint16_t)config_title_value(s)->number);

		for (other = config_section(root, "key"); other != s;
			other = config_section_next(other))
			if (bfd_secret_id((uint16_t)config_title_value(other)->number) == id)
				config_refuse(m, s, NULL,
					"key %s has the same Key ID in BFD, %u, which has the "
					"lowest 8 bits of it; want another, or bfd = no",
					config_title(other), id);
	}
}

void trill_config_check(const struct config_section *root, struct config_mistakes *m)
{
	for (const struct config_section *s = config_section(root, "port"); s;
		s = config_section_next(s))
		trill_config_port_check(s, m);
	for (const struct config_section *s = config_section(root, "station"); s;
		s = config_section_next(s))
		trill_config_station_check(root, s, m);
	trill_config_gateways_check(root, m);
	trill_config_labels_check(root, m);
	trill_config_lags_check(root, m);
	check_list(root, "check", m);
	check_list(root, "tree-roots", m);
	check_list(root, "tree-uses", m);
	check_checks(root, m);
	check_oam(root, m);
	check_clients(root, m);
	check_open(root, m);
	check_bfd_keys(root, m);
	config_api_tls_check(root, m);
}
