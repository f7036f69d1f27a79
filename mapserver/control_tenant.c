/* control_tenant: /v1/tenants: who has which instances and how much of its quota is used; and what
 * a client that is bound to a tenant (its view) may see and change. */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/rcu.h"
#include "lib/service/json.h"
#include "mapserver/control.h"
#include "mapserver/quota.h"

/* Only this thread replaces the table. */
static const struct tenant_table *tenants_of(struct mapserver *ms)
{
	return ms->server->tenants;
}

static size_t count_sites(struct mapserver *ms, const struct tenant *tenant, const char *but)
{
	const struct site_table *sites = ms->server->sites;
	size_t n = 0;

	for (size_t i = 0; sites && i < site_table_count(sites); i++) {
		const struct site *s = site_table_at(sites, i);

		n += site_tenant(s, tenants_of(ms)) == tenant &&
		     (!but || strcmp(s->name, but) != 0);
	}
	return n;
}

/* ---- as JSON ---- */

/* 0 is no limit. */
static void add_max(struct json_object *o, const char *key, size_t max)
{
	if (max)
		json_add_u64(o, key, max);
	else
		json_add_null(o, key);
}

static struct json_object *instances_json(const struct tenant *t)
{
	struct json_object *list = json_object_new_array();
	char text[24];

	for (size_t i = 0; i < t->range_count; i++)
		json_object_array_add(list, json_object_new_string(tenant_range_format(
						    &t->ranges[i], text, sizeof(text))));
	return list;
}

static size_t subscriptions_of(const struct tenant *t)
{
	return __atomic_load_n(&t->use->subscriptions, __ATOMIC_RELAXED);
}

static struct json_object *tenant_json(struct mapserver *ms, const struct tenant *t)
{
	struct json_object *o = json_object_new_object(), *mappings = json_object_new_object(),
			   *registrations = json_object_new_object(),
			   *subscriptions = json_object_new_object(),
			   *xtrs = json_object_new_object(), *sites = json_object_new_object();

	json_add(o, "name", t->name);
	json_take(o, "instance_ids", instances_json(t));
	json_add_u64(mappings, "used", quota_mappings(ms->server, t));
	add_max(mappings, "max", t->quota.mappings);
	json_add_u64(mappings, "refused", tenant_refused(t, TENANT_REFUSED_MAPPING));
	json_take(o, "mappings", mappings);
	add_max(registrations, "rate", t->quota.registration_rate);
	add_max(registrations, "burst", t->quota.registration_burst);
	json_add_u64(registrations, "refused", tenant_refused(t, TENANT_REFUSED_REGISTRATION));
	json_take(o, "registrations", registrations);
	json_add_u64(subscriptions, "used", subscriptions_of(t));
	add_max(subscriptions, "max", t->quota.subscriptions);
	json_add_u64(subscriptions, "refused", tenant_refused(t, TENANT_REFUSED_SUBSCRIPTION));
	json_take(o, "subscriptions", subscriptions);
	json_add_u64(xtrs, "used", quota_xtrs(t));
	add_max(xtrs, "max", t->quota.xtrs);
	json_add_u64(xtrs, "refused", tenant_refused(t, TENANT_REFUSED_XTR));
	json_take(o, "xtrs", xtrs);
	json_add_u64(sites, "used", count_sites(ms, t, NULL));
	add_max(sites, "max", t->quota.sites);
	json_take(o, "sites", sites);
	return o;
}

static bool sees_tenant(const struct api_request *req, const struct tenant *t)
{
	return !api_view(req) || !strcmp(api_view(req), t->name);
}

static void list_tenants(struct api_request *req, void *arg)
{
	struct mapserver *ms = arg;
	struct json_object *o = json_object_new_object(), *list = json_object_new_array();

	rcu_enter();
	for (size_t i = 0; i < tenant_table_count(tenants_of(ms)); i++)
		if (sees_tenant(req, tenant_table_at(tenants_of(ms), i)))
			json_object_array_add(
				list, tenant_json(ms, tenant_table_at(tenants_of(ms), i)));
	rcu_leave();
	json_add_bool(o, "only", tenant_table_only(tenants_of(ms)));
	json_take(o, "tenants", list);
	api_reply(req, 200, o);
}

static void get_tenant(struct api_request *req, void *arg)
{
	struct mapserver *ms = arg;
	const char *name = api_param(req, "name");
	const struct tenant *t = tenant_table_named(tenants_of(ms), name);
	struct json_object *o;

	if (!t || !sees_tenant(req, t)) {
		api_problem_as(req, 404, "no-such-tenant", "no tenant %s", name);
		return;
	}
	rcu_enter();
	o = tenant_json(ms, t);
	rcu_leave();
	api_reply(req, 200, o);
}

/* ---- views ---- */

static bool sees(void *arg, const char *view, const struct eid *eid)
{
	const struct tenant *t = tenant_table_of(tenants_of(arg), eid->iid);

	return t && !strcmp(t->name, view);
}

bool control_sees(struct mapserver *ms, const struct api_request *req, const struct eid *eid)
{
	return !api_view(req) || sees(ms, api_view(req), eid);
}

bool control_sees_site(struct mapserver *ms, const struct api_request *req, const struct site *s)
{
	const struct tenant *t = site_tenant(s, tenants_of(ms));

	return !api_view(req) || (t && sees_tenant(req, t));
}

bool control_view_allows(struct mapserver *ms, struct api_request *req, const struct eid *eid)
{
	if (control_sees(ms, req, eid))
		return true;
	api_problem_as(req, 403, "not-in-tenant", "instance-ID %" PRIu32 " is not tenant %s's",
		eid->iid, api_view(req));
	return false;
}

bool control_tenant_allows(struct mapserver *ms, struct api_request *req, const struct eid *eid)
{
	if (!control_view_allows(ms, req, eid))
		return false;
	if (!tenant_table_only(tenants_of(ms)) || tenant_table_of(tenants_of(ms), eid->iid))
		return true;
	api_problem_as(req, 409, "no-tenant",
		"instance-ID %" PRIu32 " is of no tenant, and tenants-only leaves nothing outside",
		eid->iid);
	return false;
}

bool control_tenant_fits(struct mapserver *ms, const struct site *s, char *why, size_t size)
{
	const struct site_prefix *one = NULL, *other = NULL;
	char a[EID_TEXT], b[EID_TEXT];

	if (!site_fits_tenants(s, tenants_of(ms), &one, &other))
		snprintf(why, size, "%s and %s are not of one tenant; want a site for each tenant",
			eid_format(&one->eid, a, sizeof(a)), eid_format(&other->eid, b, sizeof(b)));
	else if (tenant_table_only(tenants_of(ms)) && !site_tenant(s, tenants_of(ms)))
		snprintf(why, size, "it is of no tenant, and tenants-only leaves nothing outside");
	else
		return true;
	return false;
}

bool control_tenant_allows_site(struct mapserver *ms, struct api_request *req, const struct site *s)
{
	const struct tenant *t = site_tenant(s, tenants_of(ms));
	char why[512];

	for (unsigned int i = 0; i < s->prefix_count; i++)
		if (!control_view_allows(ms, req, &s->prefixes[i].eid))
			return false;
	if (api_view(req) && !t) /* it has no prefix at all, and would ask outside of all tenants */
		api_problem_as(req, 403, "not-in-tenant",
			"a site without EID-prefixes is of no tenant; site %s is not tenant %s's",
			s->name, api_view(req));
	else if (!control_tenant_fits(ms, s, why, sizeof(why)))
		api_problem_as(req, 409, "tenant-crossed", "%s", why);
	else if (t && t->quota.sites && count_sites(ms, t, s->name) >= t->quota.sites)
		api_problem_as(req, 409, "over-quota", "tenant %s may have %zu sites, and has them",
			t->name, t->quota.sites);
	else
		return true;
	return false;
}

void control_tenant_views(struct mapserver *ms)
{
	const struct api_views views = {sees, ms};

	api_set_views(ms->api, &views);
}

/* ---- metrics ---- */

enum {
	TOLD_MAPPINGS,
	TOLD_MAPPINGS_MAX,
	TOLD_SUBSCRIPTIONS,
	TOLD_SUBSCRIPTIONS_MAX,
	TOLD_XTRS,
	TOLD_XTRS_MAX,
	TOLD_SITES,
	TOLD_SITES_MAX,
	TOLD_MAPPINGS_REFUSED,
	TOLD_REGISTRATIONS_REFUSED,
	TOLD_SUBSCRIPTIONS_REFUSED,
	TOLD_XTRS_REFUSED,
	TOLD_COUNT,
};

#define TOLD(row, name, help, type)                                                                \
	[row] = {"sunward_mapserver_tenant_" name, help, "tenant", "", type}

static const struct metric told[TOLD_COUNT] = {
	TOLD(TOLD_MAPPINGS, "mappings", "Mappings of a tenant's instances.", METRIC_GAUGE),
	TOLD(TOLD_MAPPINGS_MAX, "mappings_max", "Mappings that a tenant may have; 0: any number.",
		METRIC_GAUGE),
	TOLD(TOLD_SUBSCRIPTIONS, "subscriptions", "Subscriptions of a tenant's xTRs.",
		METRIC_GAUGE),
	TOLD(TOLD_SUBSCRIPTIONS_MAX, "subscriptions_max",
		"Subscriptions that a tenant may have; 0: any number.", METRIC_GAUGE),
	TOLD(TOLD_XTRS, "xtrs", "xTRs of a tenant that were heard since the start.", METRIC_GAUGE),
	TOLD(TOLD_XTRS_MAX, "xtrs_max", "xTRs that a tenant may have; 0: any number.",
		METRIC_GAUGE),
	TOLD(TOLD_SITES, "sites", "Sites of a tenant.", METRIC_GAUGE),
	TOLD(TOLD_SITES_MAX, "sites_max", "Sites that a tenant may have; 0: any number.",
		METRIC_GAUGE),
	TOLD(TOLD_MAPPINGS_REFUSED, "mappings_refused_total",
		"Mappings refused, because a tenant has as many as it may.", METRIC_COUNTER),
	TOLD(TOLD_REGISTRATIONS_REFUSED, "registrations_refused_total",
		"Changes refused, because a tenant makes more a second than it may.",
		METRIC_COUNTER),
	TOLD(TOLD_SUBSCRIPTIONS_REFUSED, "subscriptions_refused_total",
		"Subscriptions refused, because a tenant has as many as it may.", METRIC_COUNTER),
	TOLD(TOLD_XTRS_REFUSED, "xtrs_refused_total",
		"Messages of new xTRs refused, because a tenant has as many as it may.",
		METRIC_COUNTER),
};

static uint64_t value_of(struct mapserver *ms, const struct tenant *t, size_t row)
{
	switch (row) {
	case TOLD_MAPPINGS:
		return quota_mappings(ms->server, t);
	case TOLD_MAPPINGS_MAX:
		return t->quota.mappings;
	case TOLD_SUBSCRIPTIONS:
		return subscriptions_of(t);
	case TOLD_SUBSCRIPTIONS_MAX:
		return t->quota.subscriptions;
	case TOLD_XTRS:
		return quota_xtrs(t);
	case TOLD_XTRS_MAX:
		return t->quota.xtrs;
	case TOLD_SITES:
		return count_sites(ms, t, NULL);
	case TOLD_SITES_MAX:
		return t->quota.sites;
	case TOLD_MAPPINGS_REFUSED:
		return tenant_refused(t, TENANT_REFUSED_MAPPING);
	case TOLD_REGISTRATIONS_REFUSED:
		return tenant_refused(t, TENANT_REFUSED_REGISTRATION);
	case TOLD_SUBSCRIPTIONS_REFUSED:
		return tenant_refused(t, TENANT_REFUSED_SUBSCRIPTION);
	default:
		return tenant_refused(t, TENANT_REFUSED_XTR);
	}
}

static void tell(void *arg, size_t row, struct metrics_told *to)
{
	struct mapserver *ms = arg;
	const struct tenant_table *t = tenants_of(ms);

	rcu_enter();
	for (size_t i = 0; i < tenant_table_count(t); i++)
		metrics_tell(
			to, tenant_table_at(t, i)->name, value_of(ms, tenant_table_at(t, i), row));
	rcu_leave();
}

bool control_tenant_metrics(struct mapserver *ms)
{
	return metrics_add_living(ms->metrics, told, TOLD_COUNT, tell, ms) != NULL;
}

const struct api_route control_tenant_routes[] = {
	{"GET", "/v1/tenants", list_tenants, "whose the instances are, and what they use"},
	{"GET", "/v1/tenants/{name}", get_tenant, "one tenant"},
};
const size_t control_tenant_route_count =
	sizeof(control_tenant_routes) / sizeof(control_tenant_routes[0]);
