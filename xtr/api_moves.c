/* See api_moves.h. */
#include "xtr/api_moves.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>

#include "lib/service/api.h"
#include "lib/service/json.h"
#include "lisp/handover_reason.h"
#include "xtr/shell.h"

void xtr_api_move_id(struct json_object *o, const char *key, uint64_t move)
{
	char text[17];

	snprintf(text, sizeof(text), "%016" PRIx64, move);
	json_add(o, key, move ? text : NULL);
}

static void add_count(struct json_object *o, const char *key, uint64_t n)
{
	if (n)
		json_add_u64(o, key, n);
	else
		json_add_null(o, key);
}

static void add_ms(struct json_object *o, const char *key, struct mono from, struct mono to)
{
	if (to.ns == MONO_NEVER.ns)
		json_add_null(o, key);
	else
		json_add_u64(o, key, mono_since_ms(from, to));
}

static void add_steps(struct json_object *o, const struct router_move *m)
{
	static const char *const names[ROUTER_STEPS] = {[ROUTER_STEP_PREPARED] = "prepared",
		[ROUTER_STEP_ACCEPTED] = "accepted",
		[ROUTER_STEP_PAUSED] = "paused",
		[ROUTER_STEP_CUT] = "cut",
		[ROUTER_STEP_RESUMED] = "resumed",
		[ROUTER_STEP_CLAIMED] = "claimed",
		[ROUTER_STEP_SETTLED] = "settled"};
	struct json_object *steps = json_object_new_object();

	for (unsigned int i = 0; i < ROUTER_STEPS; i++)
		add_ms(steps, names[i], m->began, m->at[i]);
	json_take(o, "steps_ms", steps);
}

struct json_object *xtr_api_move(const struct router_move *m, const char *event)
{
	static const char *const results[] = {[ROUTER_RESULT_NONE] = "under-way",
		[ROUTER_RESULT_MOVED] = "moved",
		[ROUTER_RESULT_ABORTED] = "aborted",
		[ROUTER_RESULT_REFUSED] = "refused",
		[ROUTER_RESULT_TAKEN_OVER] = "taken-over"};
	struct json_object *o = json_object_new_object();
	uint64_t age_ms = mono_since_ms(m->began, mono_now());

	if (event)
		json_add(o, "event", event);
	json_add_eid(o, "eid", &m->eid);
	xtr_api_move_id(o, "move", m->move);
	json_add(o, "side", m->side == ROUTER_MOVE_SOURCE ? "source" : "destination");
	json_add(o, "result", results[m->result]);
	json_add(o, "reason", handover_reason_name(m->reason));
	add_count(o, "deadline_ms", m->deadline_ms);
	if (m->peer.afi != AFI_NONE)
		json_add_address(o, "rloc", &m->peer);
	else
		json_add_null(o, "rloc");
	add_count(o, "seq", m->seq);
	json_add_u64(o, "at", wall_now_s() - age_ms / 1000);
	json_add_u64(o, "age_ms", age_ms);
	add_ms(o, "took_ms", m->began, m->ended);
	add_steps(o, m);
	json_add_u64(o, "held", m->held);
	json_add_u64(o, "tail", m->tail);
	json_add_u64(o, "redirected", m->redirected);
	json_add_u64(o, "longest_hold_ms", m->longest_hold_ms);
	return o;
}

static bool visit_move(const struct router_move *m, void *arg)
{
	json_object_array_add(arg, xtr_api_move(m, NULL));
	return true;
}

void xtr_api_moves(struct api_request *req, void *arg)
{
	const struct shell *s = arg;
	struct json_object *o = json_object_new_object(), *list = json_object_new_array();

	router_each_move(s->router, visit_move, list);
	json_take(o, "moves", list);
	api_reply(req, 200, o);
}
