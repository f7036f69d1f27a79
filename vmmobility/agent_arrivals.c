/* See agent_arrivals.h. */
#include "vmmobility/agent_arrivals.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/service/api.h"
#include "lib/service/json.h"
#include "vmmobility/agent.h"
#include "vmmobility/agent_api.h"
#include "vmmobility/guest_uuid.h"

#define POLL_MS     20
#define PATIENCE_MS 2000 /* for the xTRs to answer */
#define WHY_MAX     256

/* A guest that is announced to the xTRs, to hear what they say. */
struct trial {
	struct agent *agent;
	struct api_request *req;
	struct handover_id uuid;
	struct mono end;
	struct timer timer;
};

/* ---- what is asked ---- */

struct arrival {
	const char *guest;
	struct handover_id uuid;
	unsigned int host_count;
	struct handover_host hosts[HANDOVER_HOSTS_MAX];
};

static bool read_host(struct json_object *o, struct handover_host *host, char why[WHY_MAX])
{
	static const char *const known[] = {"eid", "mac", "port", NULL};
	const char *eid = NULL, *mac = NULL, *port = NULL, *fault = "it is missing";
	struct address a;

	if (!json_object_is_type(o, json_type_object)) {
		snprintf(why, WHY_MAX, "an element of hosts is no object");
		return false;
	}
	if (!json_only(o, known, why, WHY_MAX) ||
		!json_get_text(o, "eid", EID_TEXT, &eid, NULL, why, WHY_MAX) ||
		!json_get_text(o, "mac", ADDRESS_TEXT, &mac, NULL, why, WHY_MAX))
		return false;
	if (json_object_object_get(o, "port") &&
		!json_get_text(o, "port", HANDOVER_PORT_BYTES - 1, &port, NULL, why, WHY_MAX))
		return false;
	if (!eid || !eid_parse(&host->eid, eid, &fault) || !eid_is_host(&host->eid)) {
		snprintf(why, WHY_MAX, "eid is \"%s\": %s", eid ? eid : "", fault);
		return false;
	}
	if (!mac || !address_parse(&a, mac) || a.afi != AFI_MAC || address_is_multicast(&a)) {
		snprintf(why, WHY_MAX, "mac is \"%s\"; want a unicast MAC address", mac ? mac : "");
		return false;
	}
	memcpy(host->mac, a.bytes, sizeof(host->mac));
	if (port)
		snprintf(host->port, sizeof(host->port), "%s", port);
	return true;
}

static bool read_hosts(struct json_object *body, struct arrival *w, char why[WHY_MAX])
{
	struct json_object *list = json_object_object_get(body, "hosts");
	size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

	if (!n || n > HANDOVER_HOSTS_MAX) {
		snprintf(why, WHY_MAX, "hosts: want a list of 1 to %d addresses",
			HANDOVER_HOSTS_MAX);
		return false;
	}
	for (; w->host_count < n; w->host_count++)
		if (!read_host(json_object_array_get_idx(list, w->host_count),
			    &w->hosts[w->host_count], why))
			return false;
	return true;
}

static bool read_arrival(struct json_object *body, struct arrival *w, char why[WHY_MAX])
{
	static const char *const known[] = {"guest", "uuid", "hosts", NULL};
	const char *uuid = NULL;

	if (!json_only(body, known, why, WHY_MAX) ||
		!json_get_text(body, "guest", GUEST_NAME_MAX, &w->guest, NULL, why, WHY_MAX) ||
		!json_get_text(body, "uuid", GUEST_UUID_TEXT, &uuid, NULL, why, WHY_MAX))
		return false;
	if (!w->guest || !uuid || !guest_uuid_parse(&w->uuid, uuid)) {
		snprintf(why, WHY_MAX, "guest and uuid must be given: its name, and its UUID");
		return false;
	}
	return read_hosts(body, w, why);
}

/* ---- the answer ---- */

static bool is_good(int answer)
{
	return answer == HANDOVER_TAKEN;
}

static struct json_object *checks_of(const struct agent *a, const struct guest *guest, bool *good)
{
	struct json_object *array = json_object_new_array(), *o;
	char text[ENDPOINT_TEXT + 64], at[ENDPOINT_TEXT];

	for (unsigned int i = 0; i < a->config->policy.xtr_count; i++) {
		int answer = reporter_answer(&guest->report, i);
		const char *word = agent_answer_name(answer);

		snprintf(text, sizeof(text), "%s, asked whether it may come: %s",
			endpoint_format(&a->config->policy.xtrs[i].at, at, sizeof(at)),
			word ? word : "silent");
		o = json_object_new_object();
		json_add(o, "check", "arrival");
		json_add_bool(o, "good", is_good(answer));
		json_add(o, "detail", text);
		json_object_array_add(array, o);
		*good |= is_good(answer);
	}
	return array;
}

/* It does not come after all. */
static void finish(struct trial *t, struct guest *guest)
{
	struct agent *a = t->agent;
	struct json_object *o = json_object_new_object();
	bool good = false;

	json_add(o, "guest", guest->name);
	json_take(o, "checks", checks_of(a, guest, &good));
	json_add_bool(o, "possible", good);
	if (guest->place == GUEST_AWAITED)
		guests_news(a->guests, guest, GUEST_ABSENT);
	api_reply(t->req, 200, o);
	a->arrivals--;
	free(t);
}

static bool all_answered(const struct agent *a, const struct guest *guest)
{
	for (unsigned int i = 0; i < a->config->policy.xtr_count; i++)
		if (reporter_answer(&guest->report, i) < 0)
			return false;
	return true;
}

static void on_poll(struct timer *timer, struct mono now)
{
	struct trial *t = timer->arg;
	struct guest *guest = guests_by_uuid(t->agent->guests, &t->uuid);

	if (!guest) {
		api_problem(t->req, 409,
			"the guest is known no longer: the configuration has "
			"changed");
		t->agent->arrivals--;
		free(t);
	} else if (all_answered(t->agent, guest) || mono_due(t->end, now)) {
		finish(t, guest);
	} else {
		timer_set(&t->agent->env.timers, timer, mono_add_ms(now, POLL_MS));
	}
}

static void try(struct agent *a, struct api_request *req, const struct arrival *w)
{
	struct guest *guest = guests_by_uuid(a->guests, &w->uuid);
	struct trial *t;

	if (guest && guest->place != GUEST_UNKNOWN && guest->place != GUEST_GONE) {
		api_problem(req, 409, "%s is %s here already", guest->name,
			guest_state_name(guest->report.content.state));
		return;
	}
	t = a->arrivals < AGENT_ARRIVALS_MAX ? calloc(1, sizeof(*t)) : NULL;
	guest = t ? guests_bind(
			    a->guests, w->guest, &w->uuid, GUEST_OF_HOOK, w->hosts, w->host_count)
		  : NULL;
	if (!guest) {
		free(t);
		api_problem(req, 503, "there is no room for another guest that may come");
		return;
	}
	t->agent = a;
	t->req = req;
	t->uuid = w->uuid;
	t->end = mono_add_ms(a->env.now, PATIENCE_MS);
	timer_init(&t->timer, on_poll, t);
	a->arrivals++;
	guests_told_by(a->guests, guest, GUEST_OF_HOOK);
	guests_news(a->guests, guest, GUEST_ANNOUNCED);
	timer_set(&a->env.timers, &t->timer, mono_add_ms(a->env.now, POLL_MS));
}

static void post_arrival(struct api_request *req, void *arg)
{
	struct agent *a = arg;
	struct json_object *body = api_body(req);
	struct arrival w = {0};
	char why[WHY_MAX];

	if (!body)
		return;
	agent_begin(a);
	if (read_arrival(body, &w, why))
		try(a, req, &w);
	else
		api_problem(req, 400, "%s", why);
	agent_settle(a);
}

static const struct api_route routes[] = {
	{"POST", "/v1/arrivals", post_arrival,
		"ask the xTRs whether a guest may come here, and take it back"},
};

void agent_arrivals_routes(struct api *api, struct agent *a)
{
	api_routes(api, routes, sizeof(routes) / sizeof(routes[0]), a);
}
