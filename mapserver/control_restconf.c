/* control_restconf: add, update, get and remove of a mapping in the form of OpenDaylight's RPCs
 * (odl-mappingservice over RESTCONF), for tools that speak it.
 *
 * An alias: what is done is what /v1/eids does. EIDs and locators are those that are plain
 * addresses; a body with any other is refused. */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/rcu.h"
#include "lib/service/json.h"
#include "mapserver/control.h"

#define TTL_MAX_MIN 525600
#define TYPE_PREFIX "ietf-lisp-address-types:"

/* How the leaf of an address is called, by what it holds. */
static const struct leaf {
	const char *name, *type;
	uint16_t afi;
	bool prefix;
} leaves[] = {
	{"ipv4-prefix", TYPE_PREFIX "ipv4-prefix-afi", AFI_IPV4, true},
	{"ipv6-prefix", TYPE_PREFIX "ipv6-prefix-afi", AFI_IPV6, true},
	{"ipv4", TYPE_PREFIX "ipv4-afi", AFI_IPV4, false},
	{"ipv6", TYPE_PREFIX "ipv6-afi", AFI_IPV6, false},
	{"mac", TYPE_PREFIX "mac-afi", AFI_MAC, false},
};

/* The words of odl-lisp-proto; more than these it has not. */
static const char *const action_words[] = {
	[LISP_ACT_NONE] = "NoAction",
	[LISP_ACT_NATIVE_FORWARD] = "NativelyForward",
	[LISP_ACT_SEND_MAP_REQUEST] = "SendMapRequest",
	[LISP_ACT_DROP] = "Drop",
};

/* ---- reading ---- */

/* Below "input"; NULL: @why tells. */
static struct json_object *object_in(struct json_object *o, const char *key, char *why, size_t size)
{
	struct json_object *v = NULL;

	if (json_object_is_type(o, json_type_object) && json_object_object_get_ex(o, key, &v) &&
		json_object_is_type(v, json_type_object))
		return v;
	snprintf(why, size, "`%s` must be there, an object", key);
	return NULL;
}

/* The address in @o, as an EID. */
static bool read_address(struct json_object *o, struct eid *e, char *why, size_t size)
{
	const char *text = NULL, *reason = "it is of another family";
	const struct leaf *leaf = NULL;
	uint64_t iid = 0;

	for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]) && !leaf; i++)
		if (json_object_object_get_ex(o, leaves[i].name, NULL))
			leaf = &leaves[i];
	if (!leaf) {
		snprintf(why, size,
			"an address must be one of ipv4-prefix, ipv6-prefix, ipv4, ipv6, mac");
		return false;
	}
	if (!json_get_text(o, leaf->name, EID_TEXT, &text, NULL, why, size) ||
		!json_get_u64(o, "virtual-network-id", 0, (1u << 24) - 1, &iid, NULL, why, size))
		return false;
	if (!eid_parse(e, text, &reason) || e->addr.afi != leaf->afi || e->iid) {
		snprintf(why, size, "%s: %s: %s", leaf->name, text, reason);
		return false;
	}
	e->iid = (uint32_t)iid;
	return true;
}

static bool read_locator(struct json_object *o, struct locators *out, char *why, size_t size)
{
	struct json_object *rloc = object_in(o, "rloc", why, size);
	uint64_t priority = 1, weight = 100, mpriority = 255, mweight = 0;
	struct lisp_rloc r = {.reachable = true};
	struct eid at;

	if (!rloc || !read_address(rloc, &at, why, size) ||
		!json_get_u64(o, "priority", 0, 255, &priority, NULL, why, size) ||
		!json_get_u64(o, "weight", 0, 255, &weight, NULL, why, size) ||
		!json_get_u64(o, "multicastPriority", 0, 255, &mpriority, NULL, why, size) ||
		!json_get_u64(o, "multicastWeight", 0, 255, &mweight, NULL, why, size) ||
		!json_get_bool(o, "routed", &r.reachable, NULL, why, size))
		return false;
	r.priority = (uint8_t)priority;
	r.weight = (uint8_t)weight;
	r.mpriority = (uint8_t)mpriority;
	r.mweight = (uint8_t)mweight;
	if (!address_is_ip(&at.addr) || address_is_multicast(&at.addr) ||
		address_is_unspecified(&at.addr))
		snprintf(why, size, "rloc: it is no unicast IPv4 or IPv6 address");
	else if (locators_have(out, &at.addr))
		snprintf(why, size, "rloc: an address is in the list twice");
	else if (locators_add(out, &r, &at.addr))
		return true;
	else
		snprintf(why, size, "too many locators");
	return false;
}

static bool read_locators(struct json_object *record, struct job *j, char *why, size_t size)
{
	struct json_object *list = NULL;

	if (!json_object_object_get_ex(record, "LocatorRecord", &list))
		return true;
	if (!json_object_is_type(list, json_type_array) ||
		json_object_array_length(list) > STATIC_LOCATORS_MAX) {
		snprintf(why, size, "LocatorRecord must be a list of at most %d",
			STATIC_LOCATORS_MAX);
		return false;
	}
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (!read_locator(json_object_array_get_idx(list, i), &j->locators, why, size))
			return false;
	locators_sort(&j->locators);
	return true;
}

static bool read_action(struct json_object *record, struct job *j, char *why, size_t size)
{
	const char *text = NULL;

	if (!json_get_text(record, "action", 32, &text, NULL, why, size))
		return false;
	for (size_t i = 0; i < sizeof(action_words) / sizeof(action_words[0]); i++)
		if (!text || !strcmp(text, action_words[i])) {
			j->act = (enum lisp_act)i;
			return true;
		}
	snprintf(why, size, "action: %s is none of NoAction, NativelyForward, SendMapRequest, Drop",
		text);
	return false;
}

static bool read_record(struct json_object *record, struct job *j, char *why, size_t size)
{
	struct json_object *eid = record ? object_in(record, "eid", why, size) : NULL;
	uint64_t ttl_min = 1440;

	if (!eid || !read_address(eid, &j->eid, why, size) ||
		!json_get_u64(record, "recordTtl", 1, TTL_MAX_MIN, &ttl_min, NULL, why, size) ||
		!read_action(record, j, why, size) || !read_locators(record, j, why, size))
		return false;
	j->ttl_min = (uint32_t)ttl_min;
	return true;
}

/* ---- changing ---- */

enum verb {
	VERB_ADD,
	VERB_UPDATE,
	VERB_REMOVE,
};

static void change(struct mapserver *ms, struct api_request *req, enum verb verb)
{
	static const struct eid none;
	struct json_object *body = api_body(req), *input;
	struct job *j;
	char why[256] = "";
	bool fine = false;

	if (!body)
		return;
	j = job_new_static(verb == VERB_REMOVE ? JOB_DELETE : JOB_PUT, &none);
	if (!j) {
		api_problem(req, 503, "no memory");
		return;
	}
	input = object_in(body, "input", why, sizeof(why));
	if (input && verb == VERB_REMOVE) {
		struct json_object *eid = object_in(input, "eid", why, sizeof(why));

		fine = eid && read_address(eid, &j->eid, why, sizeof(why));
	} else if (input) {
		fine = read_record(
			object_in(input, "mapping-record", why, sizeof(why)), j, why, sizeof(why));
	}
	j->only_new = verb == VERB_ADD;
	j->only_there = verb == VERB_UPDATE;
	if (fine && control_tenant_allows(ms, req, &j->eid)) {
		control_eid_submit(ms, req, j);
		return;
	}
	job_free(j);
	if (fine)
		return; /* answered */
	api_problem_as(req, 400, "bad-value", "%s", why);
}

static void add_mapping(struct api_request *req, void *arg)
{
	change(arg, req, VERB_ADD);
}

static void update_mapping(struct api_request *req, void *arg)
{
	change(arg, req, VERB_UPDATE);
}

static void remove_mapping(struct api_request *req, void *arg)
{
	change(arg, req, VERB_REMOVE);
}

bool control_restconf_done(struct api_request *req, const struct job *j)
{
	if (strncmp(api_path(req), "/restconf/", 10) != 0)
		return false;
	if (j->result == JOB_NOT_FOUND)
		api_problem_as(req, 404, "no-such-mapping", "no mapping for this EID");
	else if (j->result == JOB_CREATED || j->result == JOB_REPLACED || j->result == JOB_DELETED)
		api_reply(req, 204, NULL); /* these RPCs have no output */
	else
		return false;
	return true;
}

/* ---- get-mapping ---- */

static struct json_object *address_json(const struct address *a, const struct eid *e)
{
	struct json_object *o = json_object_new_object();
	struct eid plain = e ? *e : (struct eid){.iid = 0};
	char text[EID_TEXT];
	bool prefix = e && address_is_ip(a);

	plain.iid = 0;
	for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		if (leaves[i].afi != a->afi || leaves[i].prefix != prefix)
			continue;
		json_add(o, "address-type", leaves[i].type);
		if (!prefix)
			address_format(a, text, sizeof(text));
		else
			eid_format(&plain, text, sizeof(text));
		if (prefix && !strchr(text, '/')) /* a host is written without its length */
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "/%u", e->plen);
		json_add(o, leaves[i].name, text);
	}
	if (e && e->iid)
		json_add_u64(o, "virtual-network-id", e->iid);
	return o;
}

static struct json_object *locators_json(const struct mapping *m)
{
	struct json_object *list = json_object_new_array();
	struct wire_fault fault;
	struct lisp_record rec = locators_iterate(
		m->locators->wire, m->locators->wire_len, m->locators->count, &fault);
	struct lisp_rloc r;

	while (lisp_rloc_next(&rec, &r)) {
		struct json_object *o;
		char id[ADDRESS_TEXT];

		if (!address_is_ip(&r.field.addr) || r.field.afi == AFI_LCAF)
			continue;
		o = json_object_new_object();
		json_add(o, "locator-id", address_format(&r.field.addr, id, sizeof(id)));
		json_add_u64(o, "priority", r.priority);
		json_add_u64(o, "weight", r.weight);
		json_add_u64(o, "multicastPriority", r.mpriority);
		json_add_u64(o, "multicastWeight", r.mweight);
		json_add_bool(o, "localLocator", false);
		json_add_bool(o, "rlocProbed", false);
		json_add_bool(o, "routed", r.reachable);
		json_take(o, "rloc", address_json(&r.field.addr, NULL));
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *output_json(const struct mapping *m)
{
	struct json_object *out = json_object_new_object(), *wrap = json_object_new_object(),
			   *o = json_object_new_object();
	enum lisp_act act = mapping_act(m);
	struct eid eid = mapping_eid(m);

	json_add_u64(o, "recordTtl", m->ttl_min);
	json_add(o, "action", action_words[act < LISP_ACT_DROP ? act : LISP_ACT_DROP]);
	json_add_bool(o, "authoritative", false);
	json_take(o, "eid", address_json(&eid.addr, &eid));
	json_take(o, "LocatorRecord", locators_json(m));
	json_take(wrap, "mapping-record", o);
	json_take(out, "output", wrap);
	return out;
}

static void get_mapping(struct api_request *req, void *arg)
{
	struct mapserver *ms = arg;
	struct json_object *body = api_body(req), *input, *eid, *o = NULL;
	char why[256] = "";
	struct mapping *m;
	struct eid e;

	if (!body)
		return;
	input = object_in(body, "input", why, sizeof(why));
	eid = input ? object_in(input, "eid", why, sizeof(why)) : NULL;
	if (!eid || !read_address(eid, &e, why, sizeof(why))) {
		api_problem_as(req, 400, "bad-value", "%s", why);
		return;
	}
	if (!control_view_allows(ms, req, &e))
		return;
	rcu_enter();
	m = registry_exact(ms->server->registry, &e, mono_now());
	if (m)
		o = output_json(m);
	rcu_leave();
	if (o)
		api_reply(req, 200, o);
	else
		api_problem_as(req, 404, "no-such-mapping", "no mapping for this EID");
}

#define RPC "/restconf/operations/odl-mappingservice:"

const struct api_route control_restconf_routes[] = {
	{"POST", RPC "add-mapping", add_mapping, "OpenDaylight's RPC: add a static mapping"},
	{"POST", RPC "update-mapping", update_mapping, "OpenDaylight's RPC: change a mapping"},
	{"POST", RPC "get-mapping", get_mapping, "OpenDaylight's RPC: the mapping of an EID"},
	{"POST", RPC "remove-mapping", remove_mapping, "OpenDaylight's RPC: take a mapping away"},
};
const size_t control_restconf_route_count =
	sizeof(control_restconf_routes) / sizeof(control_restconf_routes[0]);
