/* See control.h: status, readiness, events, and the start of it all. docs/api.md says what each
 * path does. */
#include "mapserver/control.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/rcu.h"
#include "lib/service/json.h"
#include "lisp/handover_reason.h"

#define EVENTS_AT_ONCE 128  /* in words, where nobody listens */
#define EVENTS_A_TURN  1024 /* in words, between which readers are served, and all others */

void control_put_owner(struct json_object *o, const struct xtr_identity *who)
{
	control_put_xtr(o, "owner", who);
}

void control_put_xtr(struct json_object *o, const char *name, const struct xtr_identity *who)
{
	struct json_object *owner = who ? json_object_new_object() : NULL;
	char hex[2 * sizeof(who->id.bytes) + 1];

	for (size_t i = 0; who && i < sizeof(who->id.bytes); i++)
		snprintf(hex + 2 * i, 3, "%02x", who->id.bytes[i]);
	if (owner) {
		json_add(owner, "xtr_id", hex);
		json_add_u64(owner, "site_id", who->site_id);
	}
	json_take(o, name, owner);
}

/* ---- GET /v1/status ---- */

static struct json_object *forwards(struct mapserver *ms)
{
	struct json_object *list = json_object_new_array();
	const struct forward_table *t = rcu_load(&ms->server->forward);

	for (size_t i = 0; t && i < forward_table_count(t); i++) {
		struct json_object *o = json_object_new_object();
		struct endpoint to;
		struct eid prefix;

		forward_table_at(t, i, &prefix, &to);
		json_add_eid(o, "prefix", &prefix);
		json_add_endpoint(o, "to", &to);
		json_object_array_add(list, o);
	}
	return list;
}

static void add_texts(struct json_object *o, struct mapserver *ms)
{
	struct json_object *roles = json_object_new_array(), *listen = json_object_new_array();
	char text[ENDPOINT_TEXT];

	if (ms->server->opt.map_server)
		json_object_array_add(roles, json_object_new_string("map-server"));
	if (ms->server->opt.resolver)
		json_object_array_add(roles, json_object_new_string("map-resolver"));
	if (rcu_load(&ms->server->delegations))
		json_object_array_add(roles, json_object_new_string("ddt-node"));
	for (unsigned int i = 0; i < ms->listener_count; i++)
		json_object_array_add(listen, json_object_new_string(endpoint_format(
						      &ms->listeners[i].at, text, sizeof(text))));
	json_take(o, "roles", roles);
	json_take(o, "listen", listen);
}

static bool is_durable(const struct mapserver *ms)
{
	return (storage_store(&ms->storage) || !ms->storage.wanted) &&
	       committer_durable(ms->committer);
}

static bool is_recovering(const struct mapserver *ms)
{
	return __atomic_load_n(&ms->server->recovering, __ATOMIC_ACQUIRE);
}

static void get_status(struct api_request *req, void *arg)
{
	struct mapserver *ms = arg;
	struct server *s = ms->server;
	struct json_object *o = json_object_new_object();

	json_add(o, "daemon", mapserver_daemon.name);
	json_add(o, "version", VERSION);
	json_add_u64(o, "pid", (uint64_t)getpid());
	json_add_u64(o, "uptime_s", mono_since_ms(ms->started, mono_now()) / 1000);
	add_texts(o, ms);
	json_add_u64(o, "workers", ms->worker_count);
	rcu_enter();
	json_add_u64(o, "sites", s->sites ? site_table_count(s->sites) : 0);
	json_add_u64(o, "eids", registry_count(s->registry));
	json_add_u64(o, "tombstones", registry_tombstones(s->registry));
	json_add_u64(o, "flapping", moves_flapping(s->moves));
	json_add_u64(o, "xtrs", xtr_table_count(s->xtrs));
	json_add_u64(o, "pending_notifies", notify_count(s->notify));
	json_add_u64(o, "subscriptions", subscriptions_count(s->subscriptions));
	json_add_bool(o, "durable", is_durable(ms));
	json_take(o, "store", storage_json(&ms->storage, is_durable(ms), is_recovering(ms)));
	json_take(o, "forward", forwards(ms));
	rcu_leave();
	api_reply(req, 200, o);
}

static const struct api_route status_routes[] = {
	{"GET", "/v1/status", get_status, "who is running, and how much it holds"},
};

/* ---- events ---- */

static const char *const event_names[] = {
	[EVENT_REGISTERED] = "registered",
	[EVENT_CHANGED] = "changed",
	[EVENT_MOVED] = "moved",
	[EVENT_WITHDRAWN] = "withdrawn",
	[EVENT_EXPIRED] = "expired",
	[EVENT_REFUSED] = "refused",
	[EVENT_FLAPPING] = "flapping",
	[EVENT_SETTLED] = "settled",
	[EVENT_SUBSCRIBED] = "subscribed",
	[EVENT_UNSUBSCRIBED] = "unsubscribed",
	[EVENT_DROPPED] = "subscription-dropped",
	[EVENT_LAPSED] = "subscription-expired",
};

const char *control_event_name(enum commit_event_kind kind)
{
	return event_names[kind];
}

static struct json_object *addresses(const struct address *list, unsigned int count)
{
	struct json_object *a = json_object_new_array();
	char text[ADDRESS_TEXT];

	for (unsigned int i = 0; i < count; i++)
		json_object_array_add(
			a, json_object_new_string(address_format(&list[i], text, sizeof(text))));
	return a;
}

void control_put_why(struct json_object *o, const struct moves_why *why)
{
	char id[17];

	snprintf(id, sizeof(id), "%016" PRIx64, why ? why->move : 0);
	json_add(o, "move", why && why->move ? id : NULL);
	json_add(o, "move_reason", why ? handover_reason_name(why->reason) : NULL);
	if (why && why->deadline_ms)
		json_add_u64(o, "deadline_ms", why->deadline_ms);
	else
		json_add_null(o, "deadline_ms");
}

static void tell(struct mapserver *ms, const struct committer_event *e)
{
	struct json_object *o = json_object_new_object();

	json_add(o, "event", event_names[e->kind]);
	json_add_eid(o, "eid", &e->eid);
	json_add_u64(o, "seq", e->seq);
	json_add(o, "site", e->has_owner ? e->owner.site : "");
	control_put_owner(o, e->has_owner ? &e->owner : NULL);
	json_take(o, "locators", addresses(e->now, e->now_count));
	json_take(o, "previous", addresses(e->previous, e->previous_count));
	json_add(o, "reason", e->reason);
	if (e->kind == EVENT_MOVED)
		control_put_why(o, e->has_why ? &e->why : NULL);
	api_event(ms->api, event_names[e->kind], o);
}

/* A flood of changes that nobody listens to is not put in words but for its end: that would cost
 * more than the changes themselves. */
static struct committer_event *leave_out(struct mapserver *ms, struct committer_event *list)
{
	size_t count = 0;

	for (const struct committer_event *e = list; e; e = e->next)
		count++;
	if (count <= EVENTS_AT_ONCE || api_events_read(ms->api))
		return list;
	api_events_skip(ms->api);
	for (; count > EVENTS_AT_ONCE; count--) {
		struct committer_event *next = list->next;

		free(list);
		list = next;
	}
	return list;
}

/* Readers are to know that they were not told of all. */
static void tell_lost(struct mapserver *ms)
{
	uint64_t lost = committer_events_lost(ms->committer);

	if (lost != ms->events_lost)
		api_events_lost(ms->api);
	ms->events_lost = lost;
}

/* Of what the committer has to tell; NULL: nothing more. */
static struct committer_event *next_event(struct mapserver *ms)
{
	struct committer_event *e;

	if (!ms->events)
		ms->events = leave_out(ms, committer_events(ms->committer));
	e = ms->events;
	if (e)
		ms->events = e->next;
	return e;
}

/* A turn's worth; the rest is the next turn's. */
static void tell_some(struct mapserver *ms)
{
	struct committer_event *e = NULL;
	const uint64_t one = 1;
	unsigned int told = 0;

	while (told++ < EVENTS_A_TURN && (e = next_event(ms))) {
		tell(ms, e);
		free(e);
	}
	if (!e)
		tell_lost(ms);
	else if (write(ms->wake_fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		log_error(ms->log, "events: the control thread's own wake-up: %s", strerror(errno));
}

void control_wake(struct mapserver *ms)
{
	struct job *j;

	control_site_restore_late(ms);
	tell_some(ms);
	while ((j = committer_finished(ms->committer))) {
		if (j->arg)
			control_eid_done(ms, j);
		else
			job_free(j);
	}
}

/* ---- start ---- */

static const char *check_store(void *arg)
{
	struct mapserver *ms = arg;

	if (storage_store(&ms->storage) && !ms->sites_restored)
		return "the store's sites and keys are not read yet: those of the file count";
	return storage_problem(
		&ms->storage, committer_durable(ms->committer), is_recovering(ms), mono_now());
}

int control_start(struct mapserver *ms, struct event_base *base, const char *socket_path)
{
	char dir[4096];

	ms->api = api_new(base, NULL, ms->log, ms->metrics);
	if (!ms->api || !control_tenant_metrics(ms))
		return -1;
	api_routes(ms->api, status_routes, sizeof(status_routes) / sizeof(status_routes[0]), ms);
	api_routes_in_views(ms->api, control_site_routes, control_site_route_count, ms);
	api_routes_in_views(ms->api, control_key_routes, control_key_route_count, ms);
	api_routes_in_views(ms->api, control_restconf_routes, control_restconf_route_count, ms);
	api_routes_in_views(ms->api, control_history_routes, control_history_route_count, ms);
	api_routes_in_views(ms->api, control_eid_routes, control_eid_route_count, ms);
	api_routes(ms->api, control_ddt_routes, control_ddt_route_count, ms);
	api_routes_in_views(
		ms->api, control_subscription_routes, control_subscription_route_count, ms);
	api_routes_in_views(ms->api, control_tenant_routes, control_tenant_route_count, ms);
	control_tenant_views(ms);
	api_ready_check(ms->api, check_store, ms);
	snprintf(dir, sizeof(dir), "%s", socket_path);
	mkdir(dirname(dir), 0755); /* a first run; api_listen says what is wrong otherwise */
	if (api_listen(ms->api, socket_path, 0660, NULL))
		return -1;
	return api_tls_set(ms->api, ms->config.has_tls ? &ms->config.tls : NULL);
}

void control_stop(struct mapserver *ms)
{
	while (ms->events) {
		struct committer_event *e = ms->events;

		ms->events = e->next;
		free(e);
	}
	if (ms->api)
		api_free(ms->api);
	ms->api = NULL;
}
