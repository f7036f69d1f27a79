/* api_health: the paths that every daemon serves: alive, ready, counters, the list of paths. */
#include "lib/service/api_internal.h"

#include <event2/buffer.h>
#include <json-c/json.h>

#include "lib/service/json.h"

static void get_livez(struct api_request *req, void *arg)
{
	struct json_object *o = json_object_new_object();

	json_add_bool(o, "alive", true);
	api_reply(req, 200, o);
}

static void get_readyz(struct api_request *req, void *arg)
{
	struct json_object *o = json_object_new_object(), *reasons = json_object_new_array();
	const struct api *api = arg;
	bool ready = true;

	for (size_t i = 0; i < api->check_count; i++) {
		const char *reason = api->checks[i].check(api->checks[i].arg);

		if (!reason)
			continue;
		ready = false;
		json_object_array_add(reasons, json_object_new_string(reason));
	}
	json_add_bool(o, "ready", ready);
	json_take(o, "reasons", reasons);
	api_reply(req, ready ? 200 : 503, o);
}

/* Of a view: what stands under its name. */
static int write_metrics(const struct api_request *req, const struct api *api, struct evbuffer *out)
{
	return api_view(req) ? metrics_text_only(api->metrics, api_view(req), out)
			     : metrics_text(api->metrics, out);
}

static void get_metrics(struct api_request *req, void *arg)
{
	const struct api *api = arg;
	struct evbuffer *out = evbuffer_new();

	if (!out || (api->metrics && write_metrics(req, api, out)) || evbuffer_add(out, "", 1))
		api_problem(req, 503, "no memory for the counters");
	else
		api_reply_text(req, 200, "text/plain; version=0.0.4; charset=utf-8",
			(const char *)evbuffer_pullup(out, -1));
	if (out)
		evbuffer_free(out);
}

static void get_counters(struct api_request *req, void *arg)
{
	const struct api *api = arg;
	struct json_object *o = NULL;

	if (api->metrics)
		o = api_view(req) ? metrics_json_only(api->metrics, api_view(req))
				  : metrics_json(api->metrics);
	if (!o) {
		o = json_object_new_object();
		json_take(o, "counters", json_object_new_array());
	}
	api_reply(req, 200, o);
}

static void get_paths(struct api_request *req, void *arg)
{
	struct json_object *o = json_object_new_object(), *list = json_object_new_array();
	const struct api *api = arg;

	for (size_t t = 0; t < api->route_tables; t++) {
		for (size_t i = 0; i < api->routes[t].count; i++) {
			const struct api_route *r = &api->routes[t].table[i];
			struct json_object *path = json_object_new_object();

			json_add(path, "method", r->method);
			json_add(path, "path", r->pattern);
			json_add(path, "help", r->help);
			json_object_array_add(list, path);
		}
	}
	json_take(o, "paths", list);
	api_reply(req, 200, o);
}

const struct api_route api_own_routes[] = {
	{"GET", "/livez", get_livez, "answers while the daemon runs"},
	{"GET", "/readyz", get_readyz, "200 when it can do its work, else 503 with the reasons"},
	{"GET", "/metrics", get_metrics, "all counters as Prometheus text"},
	{"GET", "/v1", get_paths, "this list"},
	{"GET", "/v1/counters", get_counters, "all counters"},
	{"GET", "/v1/events?site&under&iid", api_events_serve,
		"changes as server-sent events; resume with Last-Event-ID"},
};

const size_t api_own_route_count = sizeof(api_own_routes) / sizeof(*api_own_routes);

const char *api_own_type(const struct api_route *route)
{
	if (route->handle == get_metrics)
		return "text/plain";
	return route->handle == api_events_serve ? "text/event-stream" : "application/json";
}
