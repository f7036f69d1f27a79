/* config_tenant: the sections `tenant` of the map-server's configuration: whose an instance-ID is,
 * and how much its holder may have; and the tenant_table that they become. */
#include <errno.h>
#include <stdio.h>

#include "mapserver/config_internal.h"

static const struct config_option quota_options[] = {
	{.name = "mappings",
		.kind = CONFIG_INTEGER,
		.fallback = "0",
		.min = 0,
		.max = 1000000000,
		.help = "EIDs and prefixes that have a mapping; 0: no limit"},
	{.name = "registration-rate",
		.kind = CONFIG_INTEGER,
		.fallback = "0",
		.min = 0,
		.max = 10000000,
		.help = "mappings that are made or changed a second, refreshes not counted; 0: no limit"},
	{.name = "registration-burst",
		.kind = CONFIG_INTEGER,
		.min = 1,
		.max = 10000000,
		.help = "so many at once; default: those of ten seconds"},
	{.name = "subscriptions",
		.kind = CONFIG_INTEGER,
		.fallback = "0",
		.min = 0,
		.max = 100000000,
		.help = "of all its xTRs (RFC 9437); 0: no limit"},
	{.name = "xtrs",
		.kind = CONFIG_INTEGER,
		.fallback = "0",
		.min = 0,
		.max = 100000000,
		.help = "that register, by site, Site-ID and xTR-ID; 0: no limit"},
	{.name = "sites",
		.kind = CONFIG_INTEGER,
		.fallback = "0",
		.min = 0,
		.max = 1000000,
		.help = "in the file and by the API; 0: no limit"},
	{0},
};

static const char *check_instances(const struct config_value *v)
{
	struct tenant_range r;

	return tenant_range_parse(&r, v->text)
		       ? NULL
		       : "an instance-ID of 0 to 4294967295, or a range of them like 100-199";
}

const struct config_option mapserver_config_tenant[] = {
	{.name = "instance-id",
		.kind = CONFIG_STRING,
		.flags = CONFIG_LIST | CONFIG_REQUIRED,
		.check = check_instances,
		.help = "its instances, each a number or a range like 100-199"},
	{.name = "quota",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_ALWAYS,
		.options = quota_options,
		.help = "how much it may have"},
	{0},
};

/* ---- what they become ---- */

static struct tenant_quota read_quota(const struct config_section *s)
{
	struct tenant_quota q = {.mappings = config_u32(s, "mappings"),
		.registration_rate = config_u32(s, "registration-rate"),
		.subscriptions = config_u32(s, "subscriptions"),
		.sites = config_u32(s, "sites"),
		.xtrs = config_u32(s, "xtrs")};
	uint64_t burst = 10ull * q.registration_rate;

	if (config_given(s, "registration-burst"))
		burst = config_u32(s, "registration-burst");
	q.registration_burst = (uint32_t)burst;
	return q;
}

/* The tenants of the file. What is wrong is told to @m (NULL: it was checked before). 0 or -ENOMEM.
 */
static int load_tenant(
	struct tenant_table *t, const struct config_section *s, struct config_mistakes *m)
{
	const struct tenant_quota q = read_quota(config_section(s, "quota"));
	const struct tenant *holder;
	struct tenant_range range;
	struct tenant *tenant;
	size_t n;
	const struct config_value *v = config_values(s, "instance-id", &n);
	int rc = tenant_table_add(t, config_title(s), &q, &tenant);

	for (size_t i = 0; i < n && !rc; i++) {
		if (!tenant_range_parse(&range, v[i].text))
			continue;
		rc = tenant_table_add_range(t, tenant, range.first, range.last, &holder);
		if (rc != -EEXIST)
			continue;
		if (m && holder == tenant)
			config_refuse(
				m, s, "instance-id", "%s: it has a part of it twice", v[i].text);
		else if (m)
			config_refuse(m, s, "instance-id",
				"%s: a part of it is tenant \"%s\"'s already", v[i].text,
				holder->name);
		rc = 0;
	}
	return rc == -ENOMEM ? rc : 0;
}

static struct tenant_table *read_tenants(
	const struct config_section *root, struct config_mistakes *m, int *rc)
{
	struct tenant_table *t = tenant_table_new(config_bool(root, "tenants-only"));

	*rc = t ? 0 : -ENOMEM;
	for (const struct config_section *s = config_section(root, "tenant"); s && *rc == 0;
		s = config_section_next(s))
		*rc = load_tenant(t, s, m);
	if (*rc == 0)
		return t;
	tenant_table_free(t);
	return NULL;
}

int mapserver_config_tenant_load(struct mapserver_config *c, const struct config_section *root)
{
	int rc;

	if (!config_section(root, "tenant") && !config_bool(root, "tenants-only"))
		return 0;
	c->tenants = read_tenants(root, NULL, &rc);
	return rc;
}

/* ---- the check ---- */

static const char *name_of(const struct tenant *t, char *text, size_t size)
{
	if (!t)
		return "of no tenant";
	snprintf(text, size, "of tenant \"%s\"", t->name);
	return text;
}

static void check_alone(const struct tenant_table *t, const struct config_section *s,
	const struct eid *eid, struct config_mistakes *m)
{
	if (tenant_table_only(t) && !tenant_table_of(t, eid->iid))
		config_refuse(m, s, NULL,
			"instance-ID %u is of no tenant, and tenants-only leaves nothing outside",
			eid->iid);
}

/* All prefixes of a site are of one tenant. */
static void check_site(
	const struct tenant_table *t, const struct config_section *site, struct config_mistakes *m)
{
	const struct config_section *first = config_section(site, "eid-prefix"), *p;
	char one[TENANT_NAME_MAX + 16], other[TENANT_NAME_MAX + 16];

	for (p = first; p; p = config_section_next(p)) {
		uint32_t begin = config_title_value(first)->eid.iid,
			 iid = config_title_value(p)->eid.iid;
		const struct tenant *a = tenant_table_of(t, begin), *b = tenant_table_of(t, iid);

		check_alone(t, p, &config_title_value(p)->eid, m);
		if (a != b && (b || !tenant_table_only(t)))
			config_refuse(m, p, NULL,
				"instance-ID %u is %s, and that of the site's first prefix, on line "
				"%d, %s; want a site for each tenant",
				iid, name_of(b, one, sizeof(one)), config_line(first),
				name_of(a, other, sizeof(other)));
	}
}

/* The first site that is one too many. */
static void check_site_count(const struct tenant *tenant, const struct tenant_table *t,
	const struct config_section *root, struct config_mistakes *m)
{
	const struct config_section *s, *p;
	size_t n = 0;

	for (s = config_section(root, "site"); s; s = config_section_next(s)) {
		p = config_section(s, "eid-prefix");
		if (!p || tenant_table_of(t, config_title_value(p)->eid.iid) != tenant)
			continue;
		if (++n != tenant->quota.sites + 1)
			continue;
		config_refuse(m, s, NULL, "tenant \"%s\" may have %zu sites, and this is one more",
			tenant->name, tenant->quota.sites);
	}
}

/* Who may ask over TLS is bound to a tenant that there is: else it would see nothing, which nobody
 * means. */
static void check_clients(
	const struct tenant_table *t, const struct config_section *root, struct config_mistakes *m)
{
	const struct config_section *tls = config_section(root, "api-tls"), *a;

	for (a = tls ? config_section(tls, "allow") : NULL; a; a = config_section_next(a)) {
		const char *name = config_text(a, "tenant");

		if (name && !tenant_table_named(t, name))
			config_refuse(m, a, "tenant", "there is no tenant \"%s\"", name);
	}
}

void mapserver_config_tenant_check(const struct config_section *root, struct config_mistakes *m)
{
	const struct config_section *s;
	int rc;
	struct tenant_table *t = read_tenants(root, m, &rc);

	for (s = config_section(root, "tenant"); s; s = config_section_next(s)) {
		const struct config_section *q = config_section(s, "quota");

		if (config_given(q, "registration-burst") && !config_u32(q, "registration-rate"))
			config_warn(m, q, "registration-burst",
				"it limits nothing without registration-rate");
	}
	for (s = config_section(root, "site"); s && t; s = config_section_next(s))
		check_site(t, s, m);
	for (s = config_section(root, "static"); s && t; s = config_section_next(s))
		check_alone(t, s, &config_title_value(s)->eid, m);
	if (t)
		check_clients(t, root, m);
	for (size_t i = 0; i < tenant_table_count(t); i++)
		if (tenant_table_at(t, i)->quota.sites)
			check_site_count(tenant_table_at(t, i), t, root, m);
	tenant_table_free(t);
}
