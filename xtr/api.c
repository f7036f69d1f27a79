/* See api.h. */
#include "xtr/api.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/service/api.h"
#include "lib/service/json.h"
#include "lisp/handover_reason.h"
#include "xtr/api_moves.h"
#include "xtr/shell.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void add_or_null(struct json_object *o, const char *key, bool given, uint64_t v)
{
	if (given)
		json_add_u64(o, key, v);
	else
		json_add(o, key, NULL);
}

static void add_hex(struct json_object *o, const char *key, const uint8_t *bytes, size_t len)
{
	char text[65];

	for (size_t i = 0; i < len && i < 32; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	json_add(o, key, text);
}

static void add_locators(
	struct json_object *o, const struct router_locator *list, unsigned int count)
{
	struct json_object *array = json_object_new_array(), *l;

	for (unsigned int i = 0; i < count; i++) {
		l = json_object_new_object();
		json_add_address(l, "address", &list[i].addr);
		json_add_u64(l, "priority", list[i].priority);
		json_add_u64(l, "weight", list[i].weight);
		json_add_bool(l, "reachable", list[i].reachable);
		json_add_bool(l, "up", list[i].up);
		json_object_array_add(array, l);
	}
	json_take(o, "locators", array);
}

/* What a walk over the core's state fills. */
struct walk {
	struct shell *shell;
	struct json_object *array;
};

static struct json_object *walk_row(struct walk *w)
{
	struct json_object *o = json_object_new_object();

	json_object_array_add(w->array, o);
	return o;
}

static void add_nat(struct json_object *o, const struct router_nat_view *v)
{
	static const char *const words[] = {[ROUTER_NAT_OFF] = "off",
		[ROUTER_NAT_ASKING] = "asking",
		[ROUTER_NAT_SILENT] = "silent",
		[ROUTER_NAT_DIRECT] = "none",
		[ROUTER_NAT_BEHIND] = "behind"};
	struct json_object *rtrs = json_object_new_array();
	char text[ADDRESS_TEXT];

	json_add(o, "nat", words[v->state]);
	if (v->seen.port)
		json_add_endpoint(o, "seen_as", &v->seen);
	else
		json_add(o, "seen_as", NULL);
	for (unsigned int i = 0; i < v->rtr_count; i++)
		json_object_array_add(rtrs,
			json_object_new_string(address_format(&v->rtrs[i], text, sizeof(text))));
	json_take(o, "rtrs", rtrs);
}

static bool visit_server(const struct router_server_view *v, void *arg)
{
	struct json_object *o = walk_row(arg);

	json_add_endpoint(o, "address", &v->at);
	json_add(o, "protocol", v->protocol == POLICY_SUNWARD ? "sunward" : "standard");
	json_add_bool(o, "acked", v->acked);
	add_or_null(o, "ack_s", v->ack_s != UINT32_MAX, v->ack_s);
	add_nat(o, &v->nat);
	return true;
}

static void visit_port(const struct port *p, void *arg)
{
	struct json_object *o = walk_row(arg);
	char text[ADDRESS_TEXT];
	struct address mac;

	address_set(&mac, AFI_MAC, p->mac, 6);
	json_add(o, "name", p->config.name);
	json_add(o, "role", p->config.role == DATAPATH_CORE ? "core" : "site");
	json_add(o, "mode", p->config.mode == DATAPATH_TC ? "tc" : "xdp");
	add_or_null(o, "ifindex", p->ifindex, (uint64_t)p->ifindex);
	json_add_bool(o, "up", p->up);
	json_add_u64(o, "iid", p->config.iid);
	json_add(o, "mac", p->ifindex ? address_format(&mac, text, sizeof(text)) : NULL);
	json_add_bool(o, "proxy", p->config.proxy);
}

static void get_status(struct api_request *req, void *arg)
{
	struct shell *s = arg;
	struct walk w = {s, json_object_new_array()};
	struct json_object *o = json_object_new_object();
	const struct policy *policy = &s->config->policy;
	char text[ENDPOINT_TEXT];

	json_add(o, "daemon", "sunward-xtr");
	json_add(o, "version", VERSION);
	json_add_u64(o, "pid", (uint64_t)getpid());
	json_add_u64(o, "uptime_s", mono_since_ms(s->started, mono_now()) / 1000);
	add_hex(o, "xtr_id", policy->xtr_id.bytes, sizeof(policy->xtr_id.bytes));
	json_add_u64(o, "site_id", policy->site_id);
	router_each_server(s->router, mono_now(), visit_server, &w);
	json_take(o, "map_servers", w.array);
	w.array = json_object_new_array();
	for (unsigned int i = 0; i < policy->resolver_count; i++)
		json_object_array_add(w.array, json_object_new_string(endpoint_format(
						       &policy->resolvers[i], text, sizeof(text))));
	json_take(o, "map_resolvers", w.array);
	w.array = json_object_new_array();
	ports_each(s->ports, visit_port, &w);
	json_take(o, "ports", w.array);
	json_add_u64(o, "held_bytes", router_held_bytes(s->router));
	json_add(o, "hold_tap", s->tap_name);
	api_reply(req, 200, o);
}

static bool visit_rloc(const struct router_rloc_view *v, void *arg)
{
	struct json_object *o = walk_row(arg);

	json_add_address(o, "address", &v->addr);
	if (address_is_ip(&v->translated))
		json_add_address(o, "seen_as", &v->translated);
	else
		json_add(o, "seen_as", NULL);
	json_add_bool(o, "local", v->local);
	add_or_null(o, "priority", v->local, v->priority);
	add_or_null(o, "weight", v->local, v->weight);
	json_add_bool(o, "drained", v->drained);
	json_add_bool(o, "up", v->up);
	add_or_null(o, "rtt_us", v->rtt_us, v->rtt_us);
	json_add_u64(o, "entries", v->entries);
	return true;
}

/* {"WHAT": [rows]} */
static void reply_list(struct api_request *req, const char *what, struct json_object *array)
{
	struct json_object *o = json_object_new_object();

	json_take(o, what, array);
	api_reply(req, 200, o);
}

static void get_rlocs(struct api_request *req, void *arg)
{
	struct walk w = {arg, json_object_new_array()};

	router_each_rloc(w.shell->router, mono_now(), visit_rloc, &w);
	reply_list(req, "rlocs", w.array);
}

static void set_drain(struct api_request *req, struct shell *s, bool drain)
{
	const char *text = api_param(req, "address");
	struct address rloc;

	if (!text || !address_parse(&rloc, text)) {
		api_problem(req, 400, "'%s' is no address; give one of this xTR's own locators",
			text ? text : "");
	} else if (router_drain(s->router, &rloc, drain, mono_now(), s->out)) {
		api_problem(
			req, 404, "%s is no locator of this xTR; GET /v1/rlocs lists them", text);
	} else {
		shell_settle(s);
		get_rlocs(req, s);
	}
}

static void post_drain(struct api_request *req, void *arg)
{
	set_drain(req, arg, true);
}

static void post_undrain(struct api_request *req, void *arg)
{
	set_drain(req, arg, false);
}

static const char *cache_action(const struct router_cache_view *v)
{
	if (!v->negative)
		return NULL;
	if (v->unusable)
		return "no-usable-locator";
	return v->act < LISP_ACT_COUNT ? lisp_act_words[v->act] : NULL;
}

static bool visit_cache(const struct router_cache_view *v, void *arg)
{
	struct json_object *o = walk_row(arg);

	json_add_eid(o, "eid", &v->eid);
	json_add_bool(o, "negative", v->negative);
	json_add_bool(o, "protected", v->protected);
	json_add(o, "action", cache_action(v));
	json_add_u64(o, "unusable", v->unusable);
	json_add_u64(o, "age_s", v->age_s);
	json_add_u64(o, "ttl_s", v->ttl_s);
	add_locators(o, v->locators, v->locator_count);
	return true;
}

static void get_cache(struct api_request *req, void *arg)
{
	struct walk w = {arg, json_object_new_array()};

	router_each_cache(w.shell->router, mono_now(), visit_cache, &w);
	reply_list(req, "cache", w.array);
}

static void delete_cache(struct api_request *req, void *arg)
{
	struct shell *s = arg;
	struct eid eid;
	char text[EID_TEXT];

	if (!api_param_eid(req, "eid", &eid))
		return;
	if (router_cache_clear(s->router, &eid, mono_now(), s->out)) {
		api_problem(req, 404, "nothing is cached for exactly %s",
			eid_format(&eid, text, sizeof(text)));
		return;
	}
	shell_settle(s);
	api_reply(req, 204, NULL);
}

static bool visit_local(const struct router_local_view *v, void *arg)
{
	struct walk *w = arg;
	struct json_object *o = walk_row(w);
	struct address mac;
	char text[ADDRESS_TEXT];

	address_set(&mac, AFI_MAC, v->mac, 6);
	json_add_eid(o, "eid", &v->eid);
	json_add_bool(o, "dynamic", v->dynamic);
	json_add(o, "port", v->dynamic ? ports_name(w->shell->ports, v->ifindex) : NULL);
	json_add(o, "mac", v->dynamic ? address_format(&mac, text, sizeof(text)) : NULL);
	add_or_null(o, "seen_s", v->dynamic, v->seen_s);
	json_add_bool(o, "registered", v->registered);
	add_or_null(o, "seq", v->seq, v->seq);
	return true;
}

static void get_local(struct api_request *req, void *arg)
{
	struct walk w = {arg, json_object_new_array()};

	router_each_local(w.shell->router, mono_now(), visit_local, &w);
	reply_list(req, "local", w.array);
}

static bool visit_away(const struct router_away_view *v, void *arg)
{
	struct json_object *o = walk_row(arg);

	json_add_eid(o, "eid", &v->eid);
	add_or_null(o, "seq", v->seq, v->seq);
	json_add_u64(o, "age_s", v->age_s);
	add_locators(o, v->locators, v->locator_count);
	return true;
}

static void get_away(struct api_request *req, void *arg)
{
	struct walk w = {arg, json_object_new_array()};

	router_each_away(w.shell->router, mono_now(), visit_away, &w);
	reply_list(req, "away", w.array);
}

static bool visit_handover(const struct router_handover_view *v, void *arg)
{
	struct json_object *o = walk_row(arg), *candidates = json_object_new_array();
	char text[ADDRESS_TEXT];

	json_add_eid(o, "eid", &v->eid);
	json_add(o, "phase", v->phase);
	json_add(o, "agent", v->agent);
	json_add(o, "word", v->word);
	json_add_bool(o, "in_migration", v->in_migration);
	add_or_null(o, "seq", v->seq, v->seq);
	json_add_bool(o, "holds", v->holds);
	json_add(
		o, "to", v->to.afi != AFI_NONE ? address_format(&v->to, text, sizeof(text)) : NULL);
	for (unsigned int i = 0; i < v->candidate_count; i++)
		json_object_array_add(candidates, json_object_new_string(address_format(
							  &v->candidates[i], text, sizeof(text))));
	json_take(o, "candidates", candidates);
	return true;
}

static void get_handover(struct api_request *req, void *arg)
{
	struct walk w = {arg, json_object_new_array()};

	router_each_handover(w.shell->router, visit_handover, &w);
	reply_list(req, "handover", w.array);
}

static void post_claim(struct api_request *req, void *arg)
{
	static const char *const words[] = {[ROUTER_CLAIM_ASKED] = "asked",
		[ROUTER_CLAIM_MADE] = "claimed",
		[ROUTER_CLAIM_TAKEN] = "taken"};
	const char *force = api_query(req, "force");
	struct json_object *o;
	struct shell *s = arg;
	char text[EID_TEXT];
	enum router_claim was;
	struct eid eid;

	if (!api_param_eid(req, "eid", &eid))
		return;
	if (force && strcmp(force, "true") != 0 && strcmp(force, "false") != 0) {
		api_problem(req, 400, "force is '%s', must be true or false", force);
		return;
	}
	was = router_claim(s->router, &eid, force && !strcmp(force, "true"), mono_now(), s->out);
	shell_settle(s);
	eid_format(&eid, text, sizeof(text));
	if (was == ROUTER_CLAIM_FOREIGN) {
		api_problem(req, 404, "%s is in no `dynamic-eid` of this xTR", text);
	} else if (was == ROUTER_CLAIM_NOBODY || was == ROUTER_CLAIM_MOVING) {
		api_problem(req, 409,
			was == ROUTER_CLAIM_NOBODY
				? "neither an agent nor a port of this site says that %s runs here"
				: "%s is on its way to or from here, and its agent does not say that "
				  "it runs here; GET /v1/handover",
			text);
	} else {
		o = json_object_new_object();
		json_add_eid(o, "eid", &eid);
		json_add(o, "claim", words[was]);
		api_reply(req, 200, o);
	}
}

static const struct api_route routes[] = {
	{"GET", "/v1/status", get_status, "who is running, its Map-Servers, ports and totals"},
	{"GET", "/v1/rlocs", get_rlocs,
		"its own locators, and the others' as its probes find them"},
	{"POST", "/v1/rlocs/{address}/drain", post_drain, "take an own locator out of use"},
	{"POST", "/v1/rlocs/{address}/undrain", post_undrain, "take it back into use"},
	{"GET", "/v1/cache", get_cache, "the map-cache"},
	{"DELETE", "/v1/cache/{eid}", delete_cache,
		"forget what is cached for exactly this EID-prefix"},
	{"GET", "/v1/local", get_local, "the EIDs of this site"},
	{"POST", "/v1/local/{eid}/claim?force&iid", post_claim,
		"make an EID that runs here this site's, when another has it"},
	{"GET", "/v1/moves", xtr_api_moves,
		"guests on their way from or to this site, and the last that were"},
	{"GET", "/v1/away", get_away, "hosts that have left this site, and where to"},
	{"GET", "/v1/handover", get_handover, "guests that agents speak of, and their moves"},
};

void xtr_api_routes(struct api *api, struct shell *shell)
{
	api_routes(api, routes, COUNT(routes), shell);
}

void xtr_api_event(struct api *api, const struct shell *shell, const struct router_event *e)
{
	static const char *const names[] = {[ROUTER_HOST_FOUND] = "host-found",
		[ROUTER_HOST_GONE] = "host-gone",
		[ROUTER_HOST_OWNED] = "host-owned",
		[ROUTER_HOST_AWAY] = "host-away",
		[ROUTER_HOST_DUPLICATE] = "host-duplicate",
		[ROUTER_REGISTERED] = "registered",
		[ROUTER_UNREGISTERED] = "unregistered",
		[ROUTER_RLOC_DOWN] = "rloc-down",
		[ROUTER_RLOC_UP] = "rloc-up",
		[ROUTER_MOVE_PREPARED] = "move-prepared",
		[ROUTER_MOVE_PAUSED] = "move-paused",
		[ROUTER_MOVE_RESUMED] = "move-resumed",
		[ROUTER_MOVE_ABORTED] = "move-aborted",
		[ROUTER_MOVE_REFUSED] = "move-refused",
		[ROUTER_MOVE_CONTESTED] = "move-contested",
		[ROUTER_MOVE_TAKEN_OVER] = "move-taken-over",
		[ROUTER_MOVE_UNPROVEN] = "move-unproven",
		[ROUTER_MOVE_STARTED] = "move-started",
		[ROUTER_MOVE_FINISHED] = "move-finished"};
	struct json_object *o;

	if (e->moving) {
		api_event(api, names[e->type], xtr_api_move(e->moving, names[e->type]));
		return;
	}
	o = json_object_new_object();

	json_add(o, "event", names[e->type]);
	if (e->eid.addr.afi != AFI_NONE)
		json_add_eid(o, "eid", &e->eid);
	else
		json_add(o, "eid", NULL);
	json_add(o, "port", e->ifindex ? ports_name(shell->ports, e->ifindex) : NULL);
	if (e->rloc.afi != AFI_NONE)
		json_add_address(o, "rloc", &e->rloc);
	else
		json_add(o, "rloc", NULL);
	add_or_null(o, "seq", e->seq, e->seq);
	if (e->type >= ROUTER_MOVE_PREPARED) {
		xtr_api_move_id(o, "move", e->move);
		json_add(o, "reason", handover_reason_name(e->reason));
		json_add_u64(o, "ms", e->ms);
		json_add(o, "agent", e->agent);
		if (e->xtr)
			add_hex(o, "xtr_id", e->xtr, 16);
		else
			json_add(o, "xtr_id", NULL);
		if (e->asker)
			add_hex(o, "asker", e->asker, 16);
	}
	api_event(api, names[e->type], o);
}
