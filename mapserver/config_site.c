/* config_site: the sections `site` of the map-server's configuration: keys, EID-prefixes and
 * policy, and the site_table that they become. */
#include <errno.h>

#include "common/config_lisp.h"
#include "mapserver/config_internal.h"

static const char *const proxy_words[] = {"as-registered", "always", "never", NULL};
static const char *const move_words[] = {"last-writer", "owner-first", NULL};
static const char *const replay_words[] = {"strict", "off", NULL};
static const char *const policy_words[] = {"answer", "drop", NULL};

static const struct config_option key_options[] = {
	CONFIG_LISP_KEY_ROWS,
	{0},
};

static const struct config_option prefix_options[] = {
	{.name = "accept-more-specifics",
		.kind = CONFIG_BOOL,
		.fallback = "no",
		.help = "hosts and prefixes inside it may be registered too"},
	{.name = "shared",
		.kind = CONFIG_BOOL,
		.fallback = "no",
		.help = "other sites that say so too hold it as well, each with keys of its own"},
	{0},
};

static const char *check_itr_rloc(const struct config_value *v)
{
	return address_is_ip(&v->eid.addr) && !v->eid.iid ? NULL : "an IPv4 or IPv6 prefix";
}

const struct config_option mapserver_config_site[] = {
	{.name = "key",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED,
		.options = key_options,
		.title = CONFIG_INTEGER,
		.max = 255,
		.most = SITE_KEYS_MAX,
		.help = "titled by its key-id; two may live at a time"},
	CONFIG_LISP_OTK_ROW("lisp-sec-key"),
	{.name = "eid-prefix",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED,
		.options = prefix_options,
		.title = CONFIG_EID,
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
	CONFIG_LISP_AUTH_ROWS,
	{.name = "replay",
		.kind = CONFIG_ENUM,
		.words = replay_words,
		.fallback = "strict",
		.help = "off: for peers whose nonces do not grow"},
	{.name = "subscribe",
		.kind = CONFIG_BOOL,
		.fallback = "yes",
		.help = "its xTRs may subscribe to changes (RFC 9437)"},
	{.name = "site-id",
		.kind = CONFIG_INTEGER,
		.flags = CONFIG_LIST,
		.min = 0,
		.max = INT64_MAX,
		.help = "of its xTRs that subscribe; default: what they registered under"},
	{.name = "subscriber",
		.kind = CONFIG_STRING,
		.flags = CONFIG_LIST,
		.check = config_lisp_want_xtr_id,
		.help = "xTR-IDs that may subscribe; default: those that registered with a key of the site"},
	{.name = "itr-rloc",
		.kind = CONFIG_EID,
		.flags = CONFIG_LIST,
		.check = check_itr_rloc,
		.help = "prefixes of addresses that may be told of changes; default: what the xTR registers from"},
	{.name = "policy",
		.kind = CONFIG_ENUM,
		.words = policy_words,
		.fallback = "answer",
		.help = "drop: requests are answered with Drop/Policy-Denied"},
	{0},
};

/* ---- what they become ---- */

static int load_keys(struct site *site, const struct config_section *s)
{
	const struct config_section *k;
	int rc = 0;

	for (k = config_section(s, "key"); k && rc == 0; k = config_section_next(k)) {
		enum auth_alg alg;
		const struct config_value *secret = config_lisp_key(k, &alg);

		if (secret)
			rc = site_add_key(site, (uint8_t)config_title_value(k)->number, alg,
				secret->secret.bytes, secret->secret.len);
	}
	return rc == -ENOMEM ? rc : 0;
}

static int load_prefixes(struct site *site, const struct config_section *s)
{
	const struct config_section *p;
	int rc = 0;

	for (p = config_section(s, "eid-prefix"); p && rc == 0; p = config_section_next(p)) {
		rc = site_add_prefix(
			site, &config_title_value(p)->eid, config_bool(p, "accept-more-specifics"));
		if (!rc && config_bool(p, "shared"))
			site_share_prefix(site);
	}
	return rc;
}

static int load_subscribers(struct site *site, const struct config_section *s)
{
	const struct config_value *v;
	size_t n;
	int rc = 0;

	site->subscribe = config_bool(s, "subscribe");
	v = config_values(s, "site-id", &n);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = site_add_site_id(site, (uint64_t)v[i].number);
	v = config_values(s, "subscriber", &n);
	for (size_t i = 0; i < n && rc == 0; i++) {
		struct lisp_xtr_id id = config_lisp_xtr_id(&v[i]);

		rc = site_add_subscriber(site, &id);
	}
	v = config_values(s, "itr-rloc", &n);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = site_add_itr_rloc(site, &v[i].eid);
	return rc;
}

static int load_site(struct site_table *t, const struct config_section *s, unsigned int slots)
{
	struct site *site = site_new(config_title(s), slots);
	const struct site *holder;
	int rc;

	if (!site)
		return -ENOMEM;
	site->proxy = (enum site_proxy)config_number(s, "proxy-reply");
	site->move = (enum site_move)config_number(s, "move");
	site->auth = config_lisp_auth(s);
	site->replay_off = config_number(s, "replay") == 1;
	site->drop_policy = config_number(s, "policy") == 1;
	config_lisp_otk(s, "lisp-sec-key", &site->otk_keys);
	rc = load_keys(site, s);
	if (rc == 0)
		rc = load_prefixes(site, s);
	if (rc == 0)
		rc = load_subscribers(site, s);
	if (rc) {
		site_unref(site);
		return rc;
	}
	rc = site_table_add(t, site, &holder);
	return rc == -ENOMEM ? rc : 0;
}

int mapserver_config_site_load(struct mapserver_config *c, const struct config_section *root,
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

/* ---- the check ---- */

/* 1 and 01 are two titles and one key-id. */
static void check_keys(const struct config_section *site, struct config_mistakes *m)
{
	const struct config_section *first = config_section(site, "key"), *k = first;

	while (k && (k = config_section_next(k)))
		if (config_title_value(k)->number == config_title_value(first)->number)
			config_refuse(
				m, k, NULL, "the key-id of line %d again", config_line(first));
}

/* Who registers needs both; pure ITRs, which subscribe by LISP-SEC, neither. */
static void check_role(const struct config_section *s, struct config_mistakes *m)
{
	bool key = config_given(s, "key"), prefix = config_given(s, "eid-prefix");
	bool listed = config_given(s, "subscriber");

	if (!key && (prefix || !listed))
		config_refuse(m, s, NULL,
			"section key is missing; titled by its key-id; two may live at a time");
	if (!prefix && (key || !listed))
		config_refuse(
			m, s, NULL, "section eid-prefix is missing; what the site may register");
}

void mapserver_config_site_check(const struct config_section *root, struct config_mistakes *m)
{
	for (const struct config_section *s = config_section(root, "site"); s;
		s = config_section_next(s)) {
		check_role(s, m);
		check_keys(s, m);
	}
	mapserver_config_holders_check(root, m);
}
