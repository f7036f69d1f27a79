/* control_eid: /v1/eids: mappings as JSON, and the operator's changes. Reads are done here, under
 * RCU; changes go through the committer, and are answered when it is done with them. */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/rcu.h"
#include "lib/net/eid_url.h"
#include "lib/service/json.h"
#include "mapserver/control.h"

#define TTL_MAX_MIN     525600
#define STATIC_LOCATORS 32
#define LIST_DEFAULT    1000
#define LIST_MAX        10000

/* ---- a mapping as JSON ---- */

static void put_lcaf(struct json_object *o, const struct lisp_field *f)
{
	struct json_object *lcaf = json_object_new_object();
	char *hex = malloc(2 * f->raw_len + 1);

	json_add_u64(lcaf, "type", f->lcaf);
	for (size_t i = 0; hex && i < f->raw_len; i++)
		snprintf(hex + 2 * i, 3, "%02x", f->raw[i]);
	json_add(lcaf, "hex", hex);
	free(hex);
	json_take(o, "lcaf", lcaf);
}

static struct json_object *locators_json(const struct locset *set)
{
	struct json_object *list = json_object_new_array();
	struct wire_fault fault;
	struct lisp_record rec = locators_iterate(set->wire, set->wire_len, set->count, &fault);
	struct lisp_rloc rloc;

	while (lisp_rloc_next(&rec, &rloc)) {
		struct json_object *o = json_object_new_object();

		if (rloc.field.afi == AFI_LCAF) {
			json_add(o, "address", NULL);
			put_lcaf(o, &rloc.field);
		} else {
			json_add_address(o, "address", &rloc.field.addr);
		}
		json_add_u64(o, "priority", rloc.priority);
		json_add_u64(o, "weight", rloc.weight);
		json_add_u64(o, "mpriority", rloc.mpriority);
		json_add_u64(o, "mweight", rloc.mweight);
		json_add_bool(o, "reachable", rloc.reachable);
		json_object_array_add(list, o);
	}
	return list;
}

static void put_expiry(struct json_object *o, uint64_t expiry_ns, struct mono now)
{
	if (expiry_ns == MAPPING_FOREVER)
		json_add(o, "expires_in_s", NULL);
	else
		json_add_u64(
			o, "expires_in_s", mono_since_ms(now, (struct mono){expiry_ns}) / 1000);
}

/* What each xTR has registered, of a sum of several. */
static struct json_object *contributors_json(
	struct mapserver *ms, const struct eid *eid, struct mono now)
{
	struct json_object *list = json_object_new_array();
	struct merge_part parts[MERGE_PARTS_MAX];
	unsigned int n = merge_parts(ms->server->merge, eid, parts);

	for (unsigned int i = 0; i < n; i++) {
		struct json_object *o = json_object_new_object();

		json_add(o, "site", parts[i].owner->who.site);
		control_put_owner(o, &parts[i].owner->who);
		json_add_u64(o, "ttl_min", parts[i].ttl_min);
		json_add_bool(o, "proxy_reply", parts[i].flags & MAPPING_PROXY);
		json_add_bool(o, "lisp_sec", parts[i].flags & MAPPING_SECURE);
		put_expiry(o, parts[i].expiry_ns, now);
		json_take(o, "locators", locators_json(parts[i].locators));
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *mapping_json(
	struct mapserver *ms, const struct mapping *m, struct mono now)
{
	struct json_object *o = json_object_new_object();
	struct eid eid = mapping_eid(m), prefix = eid;
	bool fixed = m->owner->is_static;

	prefix.iid = 0;
	json_add_eid(o, "eid", &eid);
	json_add_u64(o, "iid", eid.iid);
	json_add_eid(o, "prefix", &prefix);
	json_add_u64(o, "seq", m->seq);
	json_add(o, "site", fixed ? "" : m->owner->who.site);
	control_put_owner(o, fixed ? NULL : &m->owner->who);
	json_add_bool(o, "static", fixed);
	json_add_u64(o, "ttl_min", m->ttl_min);
	json_add_u64(o, "map_version", m->map_version);
	json_add_bool(o, "proxy_reply", m->flags & MAPPING_PROXY);
	json_add_bool(o, "lisp_sec", m->flags & MAPPING_SECURE);
	if (!m->locators->count && mapping_act(m) < LISP_ACT_COUNT)
		json_add(o, "action", lisp_act_words[mapping_act(m)]);
	put_expiry(o, mapping_expiry(m), now);
	json_take(o, "locators", locators_json(m->locators));
	if (m->merged)
		json_take(o, "contributors", contributors_json(ms, &eid, now));
	return o;
}

/* ---- reading ---- */

static void get_eid(struct api_request *req, void *arg)
{
	struct mapserver *ms = arg;
	struct json_object *o = NULL;
	struct mono now = mono_now();
	struct mapping *m;
	char text[EID_TEXT];
	uint64_t seq = 0;
	struct eid eid;

	if (!api_param_eid(req, "eid", &eid) || !control_view_allows(ms, req, &eid))
		return;
	rcu_enter();
	m = registry_exact(ms->server->registry, &eid, now);
	if (m) {
		seq = m->seq;
		o = mapping_json(ms, m, now);
	}
	rcu_leave();
	if (!o) {
		api_problem_as(req, 404, "no-such-mapping", "no mapping for %s",
			eid_format(&eid, text, sizeof(text)));
		return;
	}
	api_set_etag(req, seq);
	if (api_not_modified(req, seq))
		json_object_put(o);
	else
		api_reply(req, 200, o);
}

struct listing {
	struct mapserver *ms;
	struct json_object *list;
	struct mono now;
	const char *site; /* NULL: all */
	uint64_t left;
	bool more;
	struct eid last;
};

static bool list_one(struct mapping *m, void *arg)
{
	struct listing *l = arg;
	struct eid eid = mapping_eid(m);

	if (!mapping_alive(m, l->now))
		return true;
	if (l->site && strcmp(l->site, m->owner->who.site) != 0)
		return true;
	if (!l->left) {
		l->more = true;
		return false;
	}
	l->left--;
	l->last = eid;
	json_object_array_add(l->list, mapping_json(l->ms, m, l->now));
	return true;
}

/* @after NULL: from the start. */
static void list_under(
	struct registry *r, const struct eid *root, const struct eid *after, struct listing *l)
{
	if (after)
		registry_covered_after(r, root, after, list_one, l);
	else
		registry_covered(r, root, list_one, l);
}

/* @req: what its client sees. */
static void list_all(struct mapserver *ms, const struct api_request *req, const struct eid *after,
	struct listing *l)
{
	struct registry *r = ms->server->registry;
	struct eid root = {.iid = 0};
	uint32_t iid = after ? after->iid : 0;
	uint16_t afi = after ? after->addr.afi - 1 : 0; /* the next one is the cursor's own */

	while (!l->more && registry_next_table(r, &iid, &afi)) {
		root.iid = iid;
		root.addr.afi = afi;
		root.addr.len = (uint8_t)mapping_key_bytes(afi);
		if (control_sees(ms, req, &root))
			list_under(r, &root, after, l);
	}
}

bool control_query_eid(struct api_request *req, const char *name, struct eid *eid, bool *given)
{
	const char *text = api_query(req, name), *why = "";
	uint64_t iid;

	*given = text != NULL;
	if (!text)
		return true;
	if (!api_query_u64(req, "iid", 0, UINT32_MAX, 0, &iid))
		return false;
	/* A cursor is an EID's text; people may write it as in a path, too. */
	if (eid_parse(eid, text, &why) || eid_url_parse(eid, text, (uint32_t)iid, &why))
		return true;
	api_problem(req, 400, "%s=%s is no EID: %s", name, text, why);
	return false;
}

static void list_eids(struct api_request *req, void *arg)
{
	struct mapserver *ms = arg;
	struct listing l = {.ms = ms, .now = mono_now(), .site = api_query(req, "site")};
	bool has_under, has_after;
	struct eid under, after;
	struct json_object *o;
	char text[EID_TEXT];

	if (!api_query_u64(req, "limit", 1, LIST_MAX, LIST_DEFAULT, &l.left) ||
		!control_query_eid(req, "under", &under, &has_under) ||
		!control_query_eid(req, "after", &after, &has_after) ||
		(has_under && !control_view_allows(ms, req, &under)))
		return;
	l.list = json_object_new_array();
	rcu_enter();
	if (has_under)
		list_under(ms->server->registry, &under, has_after ? &after : NULL, &l);
	else
		list_all(ms, req, has_after ? &after : NULL, &l);
	rcu_leave();
	o = json_object_new_object();
	json_take(o, "eids", l.list);
	json_add(o, "next", l.more ? eid_format(&l.last, text, sizeof(text)) : NULL);
	api_reply(req, 200, o);
}

/* ---- changing ---- */

/* False: answered with 400. */
static bool read_conditions(struct api_request *req, struct job *j)
{
	struct api_conditions c;

	if (!api_conditions(req, &c))
		return false;
	_Static_assert(JOB_SEQS_MAX == API_VERSIONS_MAX, "a job takes what a request has");
	j->only_new |= c.only_new;
	j->only_there = c.only_there;
	j->only_seq = c.only_version;
	j->if_seq_count = c.version_count;
	memcpy(j->if_seqs, c.versions, sizeof(j->if_seqs));
	return true;
}

static bool read_locator(struct json_object *o, struct locators *out, char *why, size_t why_size)
{
	static const char *const known[] = {
		"address", "priority", "weight", "mpriority", "mweight", "reachable", NULL};
	uint64_t priority = 1, weight = 100, mpriority = 255, mweight = 0;
	struct lisp_rloc rloc = {.reachable = true};
	const char *text = NULL;
	struct address a;

	if (!json_object_is_type(o, json_type_object)) {
		snprintf(why, why_size, "a locator is an object");
		return false;
	}
	if (!json_only(o, known, why, why_size) ||
		!json_get_text(o, "address", ADDRESS_TEXT, &text, NULL, why, why_size) ||
		!json_get_u64(o, "priority", 0, 255, &priority, NULL, why, why_size) ||
		!json_get_u64(o, "weight", 0, 255, &weight, NULL, why, why_size) ||
		!json_get_u64(o, "mpriority", 0, 255, &mpriority, NULL, why, why_size) ||
		!json_get_u64(o, "mweight", 0, 255, &mweight, NULL, why, why_size) ||
		!json_get_bool(o, "reachable", &rloc.reachable, NULL, why, why_size))
		return false;
	if (!text || !address_parse(&a, text) || !address_is_ip(&a) || address_is_multicast(&a) ||
		address_is_unspecified(&a)) {
		snprintf(why, why_size, "address: %s is no unicast IPv4 or IPv6 address",
			text ? text : "nothing");
		return false;
	}
	if (locators_have(out, &a)) {
		snprintf(why, why_size, "address: %s is in the list twice", text);
		return false;
	}
	rloc.priority = (uint8_t)priority;
	rloc.weight = (uint8_t)weight;
	rloc.mpriority = (uint8_t)mpriority;
	rloc.mweight = (uint8_t)mweight;
	if (locators_add(out, &rloc, &a))
		return true;
	snprintf(why, why_size, "too many locators");
	return false;
}

static bool read_locators(struct json_object *body, struct locators *out, char *why, size_t size)
{
	struct json_object *list = NULL;

	if (!json_object_object_get_ex(body, "locators", &list))
		return true;
	if (!json_object_is_type(list, json_type_array) ||
		json_object_array_length(list) > STATIC_LOCATORS) {
		snprintf(why, size, "locators must be a list of at most %d", STATIC_LOCATORS);
		return false;
	}
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (!read_locator(json_object_array_get_idx(list, i), out, why, size))
			return false;
	locators_sort(out);
	return true;
}

static bool read_action(struct json_object *body, enum lisp_act *act, char *why, size_t size)
{
	const char *text = NULL;

	*act = LISP_ACT_NATIVE_FORWARD;
	if (!json_get_text(body, "action", 32, &text, NULL, why, size))
		return false;
	for (unsigned int i = 0; text && lisp_act_words[i]; i++)
		if (!strcmp(text, lisp_act_words[i])) {
			*act = (enum lisp_act)i;
			return true;
		}
	if (text)
		snprintf(why, size,
			"action: %s is none of no-action, natively-forward, send-map-request, drop, "
			"drop-policy, drop-auth",
			text);
	return !text;
}

/* False: answered. */
static bool read_body(struct api_request *req, struct job *j)
{
	static const char *const known[] = {"ttl_min", "locators", "action", NULL};
	struct json_object *body = api_body(req);
	uint64_t ttl_min = 1440;
	char why[256] = "";

	if (!body)
		return false;
	if (!json_object_is_type(body, json_type_object))
		snprintf(why, sizeof(why), "the body must be an object");
	else if (json_only(body, known, why, sizeof(why)) &&
		 json_get_u64(body, "ttl_min", 1, TTL_MAX_MIN, &ttl_min, NULL, why, sizeof(why)) &&
		 read_action(body, &j->act, why, sizeof(why)) &&
		 read_locators(body, &j->locators, why, sizeof(why))) {
		j->ttl_min = (uint32_t)ttl_min;
		return true;
	}
	api_problem_as(req, 400, "bad-value", "%s", why);
	return false;
}

void control_eid_submit(struct mapserver *ms, struct api_request *req, struct job *j)
{
	j->arg = req;
	if (committer_submit(ms->committer, j))
		return;
	job_free(j);
	api_problem(req, 503, "too many changes wait for their commit");
}

static void change_eid(
	struct mapserver *ms, struct api_request *req, enum job_kind kind, bool only_new)
{
	struct job *j;
	struct eid eid;

	if (!api_param_eid(req, "eid", &eid) || !control_tenant_allows(ms, req, &eid))
		return;
	j = job_new_static(kind, &eid);
	if (!j) {
		api_problem(req, 503, "no memory");
		return;
	}
	j->only_new = only_new;
	if (kind == JOB_DELETE && api_query(req, "site"))
		strncpy(j->site, api_query(req, "site"), SITE_NAME_MAX);
	if (!read_conditions(req, j) || (kind == JOB_PUT && !read_body(req, j)))
		job_free(j);
	else
		control_eid_submit(ms, req, j);
}

static void put_eid(struct api_request *req, void *arg)
{
	change_eid(arg, req, JOB_PUT, false);
}

static void post_eid(struct api_request *req, void *arg)
{
	change_eid(arg, req, JOB_PUT, true);
}

static void delete_eid(struct api_request *req, void *arg)
{
	change_eid(arg, req, JOB_DELETE, false);
}

static void reply_mapping(
	struct mapserver *ms, struct api_request *req, int status, const struct job *j)
{
	struct mono now = mono_now();
	struct json_object *o = NULL;
	struct mapping *m;

	rcu_enter();
	m = registry_exact(ms->server->registry, &j->eid, now);
	if (m) {
		o = mapping_json(ms, m, now);
		api_set_etag(req, m->seq);
	}
	rcu_leave();
	api_reply(req, status, o ? o : json_object_new_object());
}

void control_eid_done(struct mapserver *ms, struct job *j)
{
	struct api_request *req = j->arg;
	char text[EID_TEXT], wanted[API_VERSIONS_TEXT];

	if (control_restconf_done(req, j)) {
		job_free(j);
		return;
	}
	eid_format(&j->eid, text, sizeof(text));
	switch (j->result) {
	case JOB_CREATED:
		reply_mapping(ms, req, 201, j);
		break;
	case JOB_REPLACED:
		reply_mapping(ms, req, 200, j);
		break;
	case JOB_DELETED:
		api_reply(req, 204, NULL);
		break;
	case JOB_NOT_FOUND:
		api_problem_as(req, j->kind == JOB_DELETE ? 404 : 412, "no-such-mapping",
			"no mapping for %s", text);
		break;
	case JOB_EXISTS:
		api_problem_as(req, strcmp(api_method(req), "POST") ? 412 : 409, "mapping-exists",
			"%s has a mapping already (seq %llu)", text, (unsigned long long)j->seq);
		break;
	case JOB_SEQ_DIFFERS:
		api_problem(req, 412, "the mapping of %s has seq %llu, not %s", text,
			(unsigned long long)j->seq,
			api_versions_text(j->if_seqs, j->if_seq_count, wanted));
		break;
	case JOB_OVER_QUOTA:
		api_problem_as(req, 409, "over-quota",
			"%s: its tenant has as many mappings as it may", text);
		break;
	default:
		api_problem(req, 503, "no memory, or too many instances");
		break;
	}
	job_free(j);
}

const struct api_route control_eid_routes[] = {
	{"GET", "/v1/eids?site&under&iid&limit&after", list_eids, "mappings, in pages"},
	{"GET", "/v1/eids/{eid}", get_eid, "the mapping of exactly this EID"},
	{"PUT", "/v1/eids/{eid}", put_eid, "set a static mapping"},
	{"POST", "/v1/eids/{eid}", post_eid, "set a static mapping where there is none yet"},
	{"DELETE", "/v1/eids/{eid}?site&iid", delete_eid,
		"take a mapping away, or what one site has in it"},
};
const size_t control_eid_route_count = sizeof(control_eid_routes) / sizeof(control_eid_routes[0]);
