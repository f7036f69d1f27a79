/* Continuity checks with other RBridges, as they stand (see api.h; trill/core/continuity.h). */
#include "trill/api_internal.h"

static const char *state_of(const struct continuity_remote *r)
{
	if (r->lost)
		return "lost";
	return r->heard ? "heard" : "waiting";
}

static struct json_object *check_row(const struct continuity_remote *r)
{
	struct json_object *o = json_object_new_object();

	trill_json_nickname(o, "nickname", r->mep);
	json_add(o, "state", state_of(r));
	json_add_bool(o, "rdi", r->rdi);
	json_add_u64(o, "received", r->received);
	json_add_u64(o, "out_of_order", r->out_of_order);
	json_add_u64(o, "flow", r->last_flow);
	json_add_u64(o, "sequence", r->last_sequence);
	return o;
}

void trill_api_checks(struct api_request *req, void *arg)
{
	struct json_object *o = json_object_new_object(), *rows = json_object_new_array();
	const struct trill_shell *s = arg;
	const struct continuity *c = rbridge_continuity(s->rb);

	for (unsigned int i = 0; i < c->remote_count; i++)
		json_object_array_add(rows, check_row(&c->remotes[i]));
	json_take(o, "checks", rows);
	json_add_u64(o, "errored", c->errored.count);
	json_add_u64(o, "cross_connect", c->cross_connect.count);
	json_add_u64(o, "malformed", c->malformed);
	api_reply(req, 200, o);
}
