/* See rbridge.h. Lists are read VLAN by VLAN, while events go on; the core knows which is newer.
 *
 * After a break the RBridge may have begun anew, and know nothing yet of what others will tell it:
 * so the first list adds only, and who is not in the one that is read when the stream has stood for
 * a while is gone. */
#include "xtr/rbridge.h"

#include <event2/event.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/station_teller.h"
#include "lib/base/log.h"
#include "lib/service/http_client.h"
#include "lib/service/http_stream.h"
#include "lib/service/json.h"
#include "lib/service/json_rows.h"
#include "xtr/rbridge_row.h"

#define EVENT_MAX   4096  /* bytes */
#define SILENCE_MS  5000  /* of an answer that is a list */
#define LIST_MOST   60000 /* ms, for one */
#define SOON_MS     10
#define RETRY_MS    2000
#define SETTLE_MOST 16    /* times as long, while lists that should count cannot be read */
#define ROUTES_MS   500   /* from a change of routes to a list with the new costs ... */
#define LEASE_TIMES 3     /* that the gateway is here is said in one lease */
#define LEFT_MS     10000 /* what a station left for is old news after this */

const char *const rbridge_names[RBRIDGE_COUNTERS] = {
	[RBRIDGE_STANDS] = "stands",
	[RBRIDGE_LISTS] = "lists",
	[RBRIDGE_BROKEN] = "broken",
	[RBRIDGE_BAD_ROWS] = "bad_rows",
};

struct rbridge {
	struct xtr_config_rbridge config;
	char socket[108];
	struct rbridge_ops ops;
	struct log *log;
	struct log_limit bad_log;
	struct http_stream *events;
	struct http_client *lister;
	struct station_teller *teller;
	struct event *list_soon, *settle, *lease;
	bool leased[XTR_PORTS_MAX / 2]; /* it was told that the gateway of the VLAN is here */
	struct json_rows rows;
	unsigned int vlan; /* whose list is on its way, by its place in the configuration */
	bool reading, again, ends, end_wanted;
	uint64_t row_count; /* of this VLAN's list */
	bool bad;           /* a row of this list was, or it was cut */
	bool owed;          /* a list, as soon as the events go on */
	uint32_t settles;   /* how much longer than once it takes until one counts */
	uint64_t counters[RBRIDGE_COUNTERS];
};

static void after(struct event *e, uint32_t ms)
{
	const struct timeval wait = {
		.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};

	if (!event_pending(e, EV_TIMEOUT, NULL))
		event_add(e, &wait);
}

/* @end: who is not named in it is gone. */
static void want_list(struct rbridge *rb, bool end, uint32_t ms)
{
	rb->end_wanted |= end;
	if (rb->reading)
		rb->again = true;
	else
		after(rb->list_soon, ms);
}

static const struct xtr_config_vlan *vlan_find(const struct rbridge *rb, uint16_t vlan)
{
	for (unsigned int i = 0; i < rb->config.vlan_count; i++)
		if (rb->config.vlans[i].vlan == vlan)
			return &rb->config.vlans[i];
	return NULL;
}

static void bad_row(struct rbridge *rb, const char *why)
{
	rb->counters[RBRIDGE_BAD_ROWS]++;
	rb->bad = true;
	log_limited(rb->log, &rb->bad_log, mono_now(), LOG_LEVEL_WARNING,
		"rbridge %s: an end station: %s", rb->socket, why);
}

static void take_row(struct rbridge *rb, struct json_object *row, bool listed)
{
	const struct xtr_config_vlan *v;
	struct router_station s;
	uint16_t vlan = 0;
	char why[160];

	if (!rbridge_row_read(row, &vlan, &s, why, sizeof(why))) {
		bad_row(rb, why);
		return;
	}
	v = vlan_find(rb, vlan);
	if (v && v->anycast && !memcmp(s.mac, v->gateway_mac, sizeof(s.mac)))
		return; /* the gateway is no machine of the site */
	s.ifindex = v ? rb->ops.port(rb->ops.arg, v->port, v->iid) : 0;
	if (!s.ifindex)
		return;
	s.iid = v->iid;
	s.listed = listed;
	rb->ops.station(rb->ops.arg, &s);
}

/* ---- lists ---- */

static bool on_row(void *arg, struct json_object *row)
{
	struct rbridge *rb = arg;

	rb->row_count++;
	take_row(rb, row, true);
	return true;
}

static bool on_body(void *arg, int status, const char *bytes, size_t len)
{
	struct rbridge *rb = arg;

	return status == 200 && json_rows_feed(&rb->rows, bytes, len);
}

static bool ask_list(struct rbridge *rb)
{
	char path[64];
	const struct http_question q = {
		.method = "GET", .path = path, .silence_ms = SILENCE_MS, .most_ms = LIST_MOST};

	snprintf(path, sizeof(path), "/v1/macs?vlan=%u&limit=1000000",
		rb->config.vlans[rb->vlan].vlan);
	rb->row_count = 0;
	json_rows_init(&rb->rows, on_row, rb);
	return http_client_ask(rb->lister, &q);
}

/* The list that counts is to be read after a while. */
static void settle_after(struct rbridge *rb, uint32_t times)
{
	rb->settles = times < SETTLE_MOST ? times : SETTLE_MOST;
	event_del(rb->settle);
	after(rb->settle, rb->ops.settled_ms * rb->settles);
}

/* A list is asked for while events come, and else when they do again. */
static void owe_list(struct rbridge *rb, bool end, uint32_t ms)
{
	if (http_stream_stands(rb->events)) {
		want_list(rb, end, ms);
		return;
	}
	rb->end_wanted |= end;
	rb->owed = true;
}

/* An RBridge gives no more rows than so many: who is behind those is not gone. */
static void look_for_end(struct rbridge *rb)
{
	uint64_t total;

	if (!json_rows_number(&rb->rows, "total", &total) || total <= rb->row_count)
		return;
	rb->bad = true;
	log_limited(rb->log, &rb->bad_log, mono_now(), LOG_LEVEL_WARNING,
		"rbridge %s: the list of end stations of VLAN %u is cut: %" PRIu64 " of %" PRIu64
		"; it ends nobody",
		rb->socket, rb->config.vlans[rb->vlan].vlan, rb->row_count, total);
}

/* @whole: it has come. One with rows that nobody could read, or that was cut, does not say who is
 * gone: that is owed by the next. */
static void list_done(struct rbridge *rb, bool whole)
{
	bool counts = whole && rb->ends && !rb->bad;

	rb->reading = false;
	rb->counters[whole ? RBRIDGE_LISTS : RBRIDGE_BROKEN]++;
	rb->ops.list_end(rb->ops.arg, counts);
	if (!whole)
		owe_list(rb, rb->ends, RETRY_MS);
	else if (rb->ends && !counts)
		settle_after(rb, rb->settles * 2);
	if (whole && rb->again)
		after(rb->list_soon, ROUTES_MS);
	rb->again = false;
}

static void on_done(void *arg, int status, const char *wrong)
{
	struct rbridge *rb = arg;
	const char *why = rb->rows.wrong ? rb->rows.wrong : wrong;

	if (!wrong && status == 200 && json_rows_whole(&rb->rows)) {
		look_for_end(rb);
		if (++rb->vlan == rb->config.vlan_count || !ask_list(rb))
			list_done(rb, rb->vlan == rb->config.vlan_count);
		return;
	}
	if (http_stream_stands(rb->events))
		log_limited(rb->log, &rb->bad_log, mono_now(), LOG_LEVEL_WARNING,
			"rbridge %s: the list of end stations of VLAN %u: status %d, %s",
			rb->socket, rb->config.vlans[rb->vlan].vlan, status,
			why ? why : "not whole");
	list_done(rb, false);
}

static void on_list(evutil_socket_t fd, short what, void *arg)
{
	struct rbridge *rb = arg;

	if (rb->reading || !rb->config.vlan_count)
		return;
	rb->reading = true;
	rb->ends = rb->end_wanted;
	rb->end_wanted = rb->bad = false;
	rb->vlan = 0;
	rb->ops.list_begin(rb->ops.arg);
	if (!ask_list(rb))
		list_done(rb, false);
}

static void on_settled(evutil_socket_t fd, short what, void *arg)
{
	owe_list(arg, true, SOON_MS);
}

/* ---- the gateway's MAC, which other xTRs have too ---- */

static void lease_vlan(struct rbridge *rb, unsigned int i)
{
	const struct xtr_config_vlan *v = &rb->config.vlans[i];
	int ifindex = rb->ops.port(rb->ops.arg, v->port, v->iid);
	struct address ips[2];
	unsigned int n = 0;

	if (!ifindex || !rb->ops.ready || !rb->ops.ready(rb->ops.arg, ifindex)) {
		if (rb->leased[i])
			station_teller_delete_here(
				rb->teller, v->vlan, v->gateway_mac, v->rbridge_port);
		rb->leased[i] = false;
		return;
	}
	if (v->gateway4.afi)
		ips[n++] = v->gateway4;
	if (v->gateway6.afi)
		ips[n++] = v->gateway6;
	station_teller_lease(
		rb->teller, v->vlan, v->gateway_mac, v->rbridge_port, ips, n, rb->config.lease_s);
	rb->leased[i] = true;
}

/* What stands at the RBridge is said again before it ends, also where an answer was lost; and what
 * it refused (it has just started, or its configuration has changed) may be taken now. */
static void on_lease(evutil_socket_t fd, short what, void *arg)
{
	struct rbridge *rb = arg;
	bool any = false;

	for (unsigned int i = 0; i < rb->config.vlan_count; i++)
		if (rb->config.vlans[i].anycast) {
			lease_vlan(rb, i);
			any = true;
		}
	if (any)
		after(rb->lease, rb->config.lease_s * 1000u / LEASE_TIMES);
}

static void lease_now(struct rbridge *rb)
{
	event_del(rb->lease);
	on_lease(-1, 0, rb);
}

/* ---- events ---- */

/* Nothing that was asked for before says who is gone. */
static void begin_anew(struct rbridge *rb)
{
	rb->ends = rb->end_wanted = false;
	want_list(rb, false, SOON_MS);
	settle_after(rb, 1);
}

static void on_opened(void *arg, bool anew)
{
	struct rbridge *rb = arg;

	log_info(rb->log, "rbridge %s tells of end stations", rb->socket);
	if (anew)
		begin_anew(rb);
	else if (rb->owed)
		want_list(rb, false, SOON_MS);
	rb->owed = false;
	lease_now(rb);
}

static void on_event(void *arg, const char *event, const char *data)
{
	struct rbridge *rb = arg;
	struct json_object *o;
	char why[160];

	if (!strcmp(event, "gap"))
		begin_anew(rb);
	else if (!strcmp(event, "routes") && rb->config.costs)
		want_list(rb, false, ROUTES_MS);
	if (strcmp(event, "station") != 0)
		return;
	o = json_read(data, strnlen(data, EVENT_MAX), why, sizeof(why));
	if (!o) {
		bad_row(rb, why);
		return;
	}
	take_row(rb, o, false);
	json_object_put(o);
}

/* What it said stands; the lists that it owes are read when it is back. */
static void on_broken(void *arg, const char *why)
{
	struct rbridge *rb = arg;

	log_warning(rb->log, "rbridge %s tells nothing: %s; tried again until it does", rb->socket,
		why);
}

/* ---- its owner's side ---- */

struct rbridge *rbridge_new(struct event_base *base, const struct xtr_config_rbridge *config,
	const struct rbridge_ops *ops, struct log *log)
{
	struct rbridge *rb = calloc(1, sizeof(*rb));
	const struct http_client_ops lister = {.body = on_body, .done = on_done, .arg = rb};
	const struct http_stream_ops events = {
		.opened = on_opened, .event = on_event, .broken = on_broken, .arg = rb};

	if (!rb)
		return NULL;
	rb->config = *config;
	strlcpy(rb->socket, config->socket, sizeof(rb->socket));
	rb->config.socket = rb->socket;
	rb->ops = *ops;
	if (!rb->ops.settled_ms)
		rb->ops.settled_ms = RBRIDGE_SETTLED_MS;
	rb->log = log;
	rb->list_soon = evtimer_new(base, on_list, rb);
	rb->settle = evtimer_new(base, on_settled, rb);
	rb->lease = evtimer_new(base, on_lease, rb);
	rb->lister = http_client_new(base, config->socket, &lister);
	rb->teller = station_teller_new(base, config->socket, NULL, log);
	rb->events = http_stream_new(base, config->socket, "/v1/events", &events);
	if (rb->list_soon && rb->settle && rb->lease && rb->lister && rb->teller && rb->events) {
		lease_now(rb);
		return rb;
	}
	rbridge_free(rb);
	return NULL;
}

void rbridge_free(struct rbridge *rb)
{
	if (!rb)
		return;
	http_stream_free(rb->events);
	http_client_free(rb->lister);
	station_teller_free(rb->teller);
	if (rb->list_soon)
		event_free(rb->list_soon);
	if (rb->settle)
		event_free(rb->settle);
	if (rb->lease)
		event_free(rb->lease);
	free(rb);
}

bool rbridge_is(const struct rbridge *rb, const struct xtr_config_rbridge *config)
{
	const struct xtr_config_rbridge *is = &rb->config;

	return config->socket && !strcmp(is->socket, config->socket) &&
	       is->costs == config->costs && is->lease_s == config->lease_s &&
	       is->vlan_count == config->vlan_count &&
	       !memcmp(is->vlans, config->vlans, is->vlan_count * sizeof(is->vlans[0]));
}

void rbridge_left(struct rbridge *rb, int ifindex, const uint8_t mac[6])
{
	for (unsigned int i = 0; i < rb->config.vlan_count; i++) {
		const struct xtr_config_vlan *v = &rb->config.vlans[i];

		if (rb->ops.port(rb->ops.arg, v->port, v->iid) == ifindex)
			station_teller_delete(rb->teller, v->vlan, mac, LEFT_MS);
	}
}

void rbridge_port(struct rbridge *rb, bool up)
{
	lease_now(rb);
	if (up && http_stream_stands(rb->events))
		want_list(rb, false, SOON_MS);
}

void rbridge_counters(const struct rbridge *rb, uint64_t counters[RBRIDGE_COUNTERS])
{
	memcpy(counters, rb->counters, sizeof(rb->counters));
	counters[RBRIDGE_STANDS] = http_stream_stands(rb->events);
}

const uint64_t *rbridge_told(const struct rbridge *rb)
{
	return station_teller_counters(rb->teller);
}
