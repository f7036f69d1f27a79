/* control_history: GET /v1/eids/{eid}/history: what became of an EID that moved. */
#include <json-c/json.h>

#include "lib/base/rcu.h"
#include "lib/service/json.h"
#include "mapserver/control.h"

static void put_party(struct json_object *o, const char *key, const struct xtr *x)
{
	struct json_object *party = x ? json_object_new_object() : NULL;

	if (party) {
		json_add(party, "site", x->is_static ? "" : x->who.site);
		control_put_owner(party, x->is_static ? NULL : &x->who);
	}
	json_take(o, key, party);
}

static void add_us(struct json_object *o, const char *key, uint32_t us, bool before)
{
	if (us == MOVES_NOT)
		json_add_null(o, key);
	else
		json_take(o, key, json_object_new_int64(before ? -(int64_t)us : (int64_t)us));
}

/* Since the message came that brought it. */
static struct json_object *steps_json(const struct moves_row *row)
{
	struct json_object *o = json_object_new_object();

	add_us(o, "prepared", row->prepared_us, true);
	add_us(o, "committed", row->committed_us, false);
	add_us(o, "published", row->published_us, false);
	add_us(o, "acknowledged", row->acked_us, false);
	return o;
}

static struct json_object *row_json(const struct moves_row *row, struct mono now, uint64_t wall_s)
{
	struct json_object *o = json_object_new_object();
	uint64_t age_s = mono_since_ms(row->at, now) / 1000;

	json_add_u64(o, "at", wall_s - age_s);
	json_add_u64(o, "age_s", age_s);
	json_add(o, "event", control_event_name((enum commit_event_kind)row->kind));
	json_add_u64(o, "seq", row->seq);
	put_party(o, "from", row->from);
	put_party(o, "to", row->to);
	if (row->locator.afi == AFI_NONE)
		json_add_null(o, "locator");
	else
		json_add_address(o, "locator", &row->locator);
	control_put_why(o, row->prepared_us == MOVES_NOT ? NULL : &row->why);
	json_take(o, "steps_us", steps_json(row));
	return o;
}

static struct json_object *history_json(
	const struct eid *eid, const struct moves_history *h, struct mono now)
{
	struct json_object *o = json_object_new_object(), *list = json_object_new_array();

	json_add_eid(o, "eid", eid);
	json_add_u64(o, "moves", h->moves);
	json_add_bool(o, "flapping", h->flapping);
	json_add_u64(o, "held_ms", h->held_ms);
	for (unsigned int i = 0; i < h->count; i++)
		json_object_array_add(list, row_json(&h->rows[i], now, wall_now_s()));
	json_take(o, "history", list);
	return o;
}

static void get_history(struct api_request *req, void *arg)
{
	struct mapserver *ms = arg;
	struct mono now = mono_now();
	struct moves_history h;
	char text[EID_TEXT];
	struct eid eid;
	bool known;

	if (!api_param_eid(req, "eid", &eid) || !control_view_allows(ms, req, &eid))
		return;
	known = moves_history(ms->server->moves, &eid, now, &h);
	rcu_enter();
	known |= registry_exact(ms->server->registry, &eid, now) != NULL;
	rcu_leave();
	if (known)
		api_reply(req, 200, history_json(&eid, &h, now));
	else
		api_problem_as(req, 404, "no-such-mapping",
			"no mapping for %s, and none that moved is remembered",
			eid_format(&eid, text, sizeof(text)));
}

const struct api_route control_history_routes[] = {
	{"GET", "/v1/eids/{eid}/history", get_history,
		"what became of this EID since it moved first"},
};
const size_t control_history_route_count =
	sizeof(control_history_routes) / sizeof(control_history_routes[0]);
