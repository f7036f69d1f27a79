/* See agent_api.h. */
#include "vmmobility/agent_api.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/service/api.h"
#include "lib/service/json.h"
#include "vmmobility/agent.h"
#include "vmmobility/agent_snoop.h"
#include "vmmobility/guest_uuid.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

const char *agent_answer_name(int result)
{
	static const char *const names[] = {[HANDOVER_TAKEN] = "taken",
		[HANDOVER_OLD] = "old",
		[HANDOVER_NOT_PERMITTED] = "not-permitted",
		[HANDOVER_OWNED] = "owned-elsewhere",
		[HANDOVER_NO_ROOM] = "no-room"};

	return result >= 0 && (size_t)result < COUNT(names) ? names[result] : NULL;
}

static struct json_object *hosts_of(const struct report_content *c)
{
	struct json_object *array = json_object_new_array(), *o;
	char text[ADDRESS_TEXT];
	struct address mac;

	for (unsigned int i = 0; i < c->host_count; i++) {
		o = json_object_new_object();
		json_add_eid(o, "eid", &c->hosts[i].eid);
		address_set(&mac, AFI_MAC, c->hosts[i].mac, sizeof(c->hosts[i].mac));
		json_add(o, "mac", address_format(&mac, text, sizeof(text)));
		json_add(o, "port", c->hosts[i].port[0] ? c->hosts[i].port : NULL);
		json_object_array_add(array, o);
	}
	return array;
}

static struct json_object *answers_of(const struct agent *a, const struct guest *guest)
{
	struct json_object *array = json_object_new_array(), *o;

	for (unsigned int i = 0; i < a->config->policy.xtr_count; i++) {
		o = json_object_new_object();
		json_add_endpoint(o, "address", &a->config->policy.xtrs[i].at);
		json_add(o, "answer", agent_answer_name(reporter_answer(&guest->report, i)));
		json_object_array_add(array, o);
	}
	return array;
}

static struct json_object *sources_of(const struct agent *a, const struct guest *guest)
{
	static const char *const names[] = {"libvirt", "hook", "config", "snoop", [7] = "memory"};
	struct json_object *array = json_object_new_array();
	char text[160];

	for (unsigned int i = 0; i < COUNT(names); i++)
		if (names[i] && guest->origins & 1u << i)
			json_object_array_add(array, json_object_new_string(names[i]));
	for (unsigned int i = 0; i < a->qmp_count; i++) {
		if (qmp_source_guest(a->qmp[i]) != guest)
			continue;
		snprintf(text, sizeof(text), "qmp %s", qmp_source_state(a->qmp[i]));
		json_object_array_add(array, json_object_new_string(text));
	}
	return array;
}

static struct json_object *guest_json(const struct agent *a, const struct guest *guest)
{
	const struct report_content *c = &guest->report.content;
	struct json_object *o = json_object_new_object();
	char text[GUEST_UUID_TEXT];

	json_add(o, "name", guest->name);
	json_add(o, "uuid",
		guest_uuid_is_zero(&c->guest) ? NULL : guest_uuid_format(&c->guest, text));
	json_add(o, "state", guest_state_name(c->state));
	json_add_bool(o, "in_migration",
		c->in_migration || c->state == HANDOVER_LEAVING || c->state == HANDOVER_INCOMING);
	if (guest->since.ns == MONO_NEVER.ns)
		json_add_null(o, "since_s");
	else
		json_add_u64(o, "since_s", mono_since_ms(guest->since, mono_now()) / 1000);
	json_take(o, "sources", sources_of(a, guest));
	json_take(o, "hosts", hosts_of(c));
	json_take(o, "xtrs", answers_of(a, guest));
	return o;
}

static void get_guests(struct api_request *req, void *arg)
{
	const struct agent *a = arg;
	struct json_object *array = json_object_new_array(), *o = json_object_new_object();

	for (const struct guest *g = guests_first(a->guests); g; g = g->next)
		json_object_array_add(array, guest_json(a, g));
	json_take(o, "guests", array);
	api_reply(req, 200, o);
}

/* By its name or its UUID. */
static void get_guest(struct api_request *req, void *arg)
{
	const struct agent *a = arg;
	const char *word = api_param(req, "guest");
	struct handover_id uuid;
	const struct guest *g = NULL;

	if (word && guest_uuid_parse(&uuid, word))
		g = guests_by_uuid(a->guests, &uuid);
	if (word && !g)
		g = guests_by_name(a->guests, word);
	if (g)
		api_reply(req, 200, guest_json(a, g));
	else
		api_problem(req, 404, "no guest here is called %s; GET /v1/guests lists them",
			word ? word : "so");
}

static struct json_object *snoop_json(const struct agent *a)
{
	struct json_object *o = a->snoop ? json_object_new_object() : NULL;

	if (!o)
		return NULL;
	json_add_u64(o, "interfaces", snoop_ports(agent_snoop_core(a->snoop)));
	json_add_u64(o, "cards", snoop_cards(agent_snoop_core(a->snoop)));
	return o;
}

static void get_status(struct api_request *req, void *arg)
{
	const struct agent *a = arg;
	struct json_object *o = json_object_new_object(), *xtrs = json_object_new_array();
	char text[ENDPOINT_TEXT + 1];
	uint64_t guests = 0;

	for (const struct guest *g = guests_first(a->guests); g; g = g->next)
		guests++;
	for (unsigned int i = 0; i < a->config->policy.xtr_count; i++)
		json_object_array_add(
			xtrs, json_object_new_string(endpoint_format(
				      &a->config->policy.xtrs[i].at, text, sizeof(text))));
	json_add(o, "daemon", "sunward-vmagent");
	json_add(o, "version", VERSION);
	json_add_u64(o, "pid", (uint64_t)getpid());
	json_add_u64(o, "uptime_s", mono_since_ms(a->started, mono_now()) / 1000);
	for (size_t i = 0; i < sizeof(a->config->policy.agent_id.bytes); i++)
		snprintf(text + 2 * i, 3, "%02x", a->config->policy.agent_id.bytes[i]);
	json_add(o, "agent_id", text);
	json_take(o, "xtrs", xtrs);
	json_add_u64(o, "guests", guests);
	json_add_bool(o, "complete", agent_complete(a));
	json_take(o, "snoop", snoop_json(a));
	api_reply(req, 200, o);
}

static const struct api_route routes[] = {
	{"GET", "/v1/status", get_status, "who is running, and whom it tells"},
	{"GET", "/v1/guests", get_guests, "the guests, and what the xTRs know of them"},
	{"GET", "/v1/guests/{guest}", get_guest, "one of them, by its name or UUID"},
};

void agent_api_routes(struct api *api, struct agent *a)
{
	api_routes(api, routes, COUNT(routes), a);
}

void agent_api_changed(struct api *api, const struct agent *a, const struct guest *guest)
{
	if (api)
		api_event(api, "guest", guest_json(a, guest));
}
