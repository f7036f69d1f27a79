/* Pings and traces of the RBridges of the campus (see api.h; trill/core/oam_probe.h). Each request
 * waits for its probe, and is answered when that is done. */
#include <stdlib.h>
#include <string.h>

#include "trill/api_internal.h"

#define COUNT_MAX   10
#define TIMEOUT_MAX 3000 /* ms: with that the longest probe ends before the client's patience */
#define TRACE_MAX   8000 /* ms: of all hop counts of a trace that nobody answers */
#define TRACE_EACH  400  /* ms: of each, where there are not too many for that */
#define PING_HOPS   DATA_HOPS_MAX

struct trill_api_probe {
	struct trill_shell *shell;
	struct api_request *req;
	struct json_object *rows;
	unsigned int number;
};

static void probe_free(struct trill_api_probe *p)
{
	json_object_put(p->rows);
	free(p);
}

void trill_api_probes_free(struct trill_shell *s)
{
	for (unsigned int i = 0; i < OAM_PROBES_MAX; i++) {
		if (!s->probes[i])
			continue;
		rbridge_probe_stop(s->rb, i);
		probe_free(s->probes[i]);
		s->probes[i] = NULL;
	}
}

static struct json_object *next_row(const struct oam_probe_result *r)
{
	struct json_object *list = json_object_new_array();
	unsigned int count = r->what == OAM_PROBE_ANSWER ? r->next_count : 0;
	char text[8];

	for (unsigned int i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "0x%04x", r->next[i]);
		json_object_array_add(list, json_object_new_string(text));
	}
	return list;
}

static void add_port_id(
	struct json_object *o, const char *key, bool there, const struct oam_port *port)
{
	if (there && port->has_id)
		json_add_u64(o, key, port->id);
	else
		json_add(o, key, NULL);
}

/* What is not known is null, so that all rows have the same members. */
struct json_object *trill_api_probe_row(const struct oam_probe_result *r)
{
	struct json_object *o = json_object_new_object();
	bool answer = r->what == OAM_PROBE_ANSWER;

	json_add_u64(o, "sequence", r->sequence);
	json_add_u64(o, "hops", r->hops);
	trill_json_nickname(o, "nickname", answer ? r->nickname : NICKNAME_NONE);
	json_add(o, "result", !answer ? "lost" : r->intermediate ? "on the way" : "reached");
	if (answer) {
		json_add_u64(o, "rtt_us", r->rtt_us);
		json_add_bool(o, "cross_connect", r->cross_connect);
	} else {
		json_add(o, "rtt_us", NULL);
		json_add(o, "cross_connect", NULL);
	}
	trill_json_nickname(o, "previous", answer ? r->previous : NICKNAME_NONE);
	add_port_id(o, "ingress_port_id", answer && r->has_ingress, &r->ingress);
	add_port_id(o, "egress_port_id", answer && r->has_egress, &r->egress);
	json_take(o, "next", next_row(r));
	return o;
}

static void on_result(void *arg, const struct oam_probe_result *r)
{
	struct trill_api_probe *p = arg;
	struct json_object *o;

	if (r->what != OAM_PROBE_DONE) {
		json_object_array_add(p->rows, trill_api_probe_row(r));
		return;
	}
	o = json_object_new_object();
	json_add_bool(o, "reached", r->reached);
	json_add_u64(o, "sent", r->sent);
	json_add_u64(o, "answered", r->answered);
	json_take(o, "answers", json_object_get(p->rows));
	p->shell->probes[p->number] = NULL;
	api_reply(p->req, 200, o);
	probe_free(p);
}

/* False: answered with 400. */
static bool nickname_get(struct api_request *req, uint16_t *nickname)
{
	const char *text = api_param(req, "nickname");
	char *end;
	unsigned long v = strtoul(text, &end, 0);

	*nickname = (uint16_t)v;
	if (end != text && !*end && v <= NICKNAME_LAST && nickname_usable(*nickname))
		return true;
	api_problem(req, 400, "nickname: \"%s\" is none; want 0x0001 to 0xffbf", text);
	return false;
}

static void probe_refuse(struct api_request *req, int refusal)
{
	static const int statuses[] = {500, [OAM_PROBE_BUSY] = 503, [OAM_PROBE_WRONG] = 400,
		[OAM_PROBE_US] = 409, [OAM_PROBE_INCAPABLE] = 404, [OAM_PROBE_NAMELESS] = 409};

	api_problem(req, statuses[-refusal], "%s", oam_probe_refusal_text(refusal));
}

static void probe_start(struct trill_shell *s, struct api_request *req, struct oam_probe_want *want)
{
	struct trill_api_probe *p = calloc(1, sizeof(*p));
	int number;

	if (!p) {
		api_problem(req, 503, "out of memory");
		return;
	}
	want->result = on_result;
	want->arg = p;
	p->shell = s;
	p->req = req;
	p->rows = json_object_new_array();
	number = rbridge_probe(s->rb, want, mono_now());
	if (number < 0) {
		probe_free(p);
		probe_refuse(req, number);
		return;
	}
	p->number = (unsigned int)number;
	s->probes[number] = p;
	trill_shell_settle(s);
}

void trill_api_ping(struct api_request *req, void *shell)
{
	struct oam_probe_want want = {.kind = OAM_PROBE_PING, .hops = PING_HOPS};
	uint64_t count, interval, timeout, vlan;

	if (!nickname_get(req, &want.egress) ||
		!api_query_u64(req, "count", 1, COUNT_MAX, 3, &count) ||
		!api_query_u64(req, "interval", 10, 500, 200, &interval) ||
		!api_query_u64(req, "timeout", 10, TIMEOUT_MAX, 1000, &timeout) ||
		!api_query_u64(req, "vlan", 1, VLAN_LAST, 1, &vlan))
		return;
	want.count = (unsigned int)count;
	want.interval_ms = (uint32_t)interval;
	want.timeout_ms = (uint32_t)timeout;
	want.label.id = (uint32_t)vlan;
	want.check_label = true;
	probe_start(shell, req, &want);
}

void trill_api_trace(struct api_request *req, void *shell)
{
	struct oam_probe_want want = {.kind = OAM_PROBE_TRACE, .count = 1};
	uint64_t hops, timeout, vlan;

	if (!nickname_get(req, &want.egress) ||
		!api_query_u64(req, "hops", 1, DATA_HOPS_MAX, 16, &hops) ||
		!api_query_u64(req, "timeout", 10, TIMEOUT_MAX,
			hops * TRACE_EACH > TRACE_MAX ? TRACE_MAX / hops : TRACE_EACH, &timeout) ||
		!api_query_u64(req, "vlan", 1, VLAN_LAST, 1, &vlan))
		return;
	if (hops * timeout > TRACE_MAX) {
		api_problem(req, 400,
			"hops x timeout is %llu ms; at most %d ms are waited for a trace",
			(unsigned long long)(hops * timeout), TRACE_MAX);
		return;
	}
	want.hops = (uint16_t)hops;
	want.timeout_ms = (uint32_t)timeout;
	want.label.id = (uint32_t)vlan;
	want.check_label = true;
	probe_start(shell, req, &want);
}
