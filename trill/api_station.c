/* End stations, and what RBridges say of them by ESADI. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trill/api_internal.h"

#define MACS_DEFAULT 10000
#define MACS_MAX     1000000

const char *trill_api_origin_name(unsigned int origin)
{
	static const char *const names[] = {[MAC_LOCAL] = "port",
		[MAC_REMOTE] = "data",
		[MAC_ESADI] = "esadi",
		[MAC_STATIC] = "static",
		[MAC_ATTESTED] = "attested"};

	return origin < sizeof(names) / sizeof(names[0]) ? names[origin] : NULL;
}

void trill_json_station(
	struct json_object *o, const struct trill_shell *s, const struct rbridge_station *station)
{
	struct json_object *ips = json_object_new_array();
	char text[ADDRESS_TEXT];

	trill_json_label(o, rbridge_label(s->rb, station->vlan));
	trill_json_mac(o, "mac", &station->mac);
	json_add_bool(o, "local", station->local);
	if (station->local)
		trill_json_port(o, "port", s, station->port);
	else
		json_add(o, "port", NULL);
	trill_json_nickname(o, "nickname", station->nickname);
	if (station->local)
		json_add_u64(o, "cost", 0);
	else
		trill_json_cost_to(o, "cost", s, station->nickname);
	json_add_u64(o, "confidence", station->confidence);
	json_add(o, "origin", trill_api_origin_name(station->origin));
	json_add_bool(o, "anycast", rbridge_is_anycast(s->rb, &station->mac));
	for (unsigned int i = 0; i < ip_list_count(&station->ips); i++) {
		struct address ip = ip_list_at(&station->ips, i);

		json_object_array_add(
			ips, json_object_new_string(address_format(&ip, text, sizeof(text))));
	}
	json_take(o, "ips", ips);
}

static struct json_object *mac_row(
	const struct trill_shell *s, const struct mac_entry *e, uint16_t own)
{
	struct json_object *o = json_object_new_object();
	struct rbridge_station station = {.vlan = labels_number(rbridge_labels(s->rb), e->label),
		.mac = e->mac,
		.local = e->place.local,
		.port = e->place.local ? e->place.where : 0,
		.nickname = e->place.local ? own : e->place.where,
		.confidence = e->confidence,
		.origin = e->origin,
		.ips = e->ips};

	trill_json_station(o, s, &station);
	return o;
}

#define NO_LABEL (FGL_LAST + 1)

/* @vlan 0 and @fgl NO_LABEL: not asked for; without either, all are. */
static bool is_asked(struct label label, uint64_t vlan, uint64_t fgl)
{
	if (!vlan && fgl == NO_LABEL)
		return true;
	return label.fgl ? label.id == fgl : label.id == vlan;
}

struct json_object *trill_api_station(
	const struct trill_shell *s, const struct rbridge_station *station, unsigned int left_out)
{
	const struct mac_entry *e =
		rbridge_station_find(s->rb, station->vlan, &station->mac, station->port);
	struct json_object *o;
	struct esadi *esadi;
	uint16_t number, is;

	if (!e) /* of several that have the MAC it is another */
		e = rbridge_station_find(s->rb, station->vlan, &station->mac, RBRIDGE_ANYWHERE);
	if (!e)
		return NULL;
	o = mac_row(s, e, rbridge_routes(s->rb)->told.self.ingress);
	number = is = labels_number(rbridge_labels(s->rb), e->label);
	esadi = rbridge_esadi(s->rb, &is);
	if (esadi && is == number && e->place.local)
		json_add_bool(o, "told", esadi_tells(esadi, &e->mac));
	else
		json_add(o, "told", NULL);
	json_add_u64(o, "left_out", left_out);
	return o;
}

/* Where a list of stations is. */
struct macs {
	const struct trill_shell *s;
	uint32_t place;
	uint64_t vlan, fgl, limit; /* as asked */
	uint64_t total;            /* that were seen so far */
};

static enum api_list_step macs_next(void *arg, struct json_object **row)
{
	struct macs *m = arg;
	const struct mac_table *t = rbridge_stations(m->s->rb);
	const struct mac_entry *e;

	if (m->place >= mac_places(t))
		return API_LIST_END;
	e = mac_at(t, m->place++);
	if (!e || !is_asked(e->label, m->vlan, m->fgl) || m->total++ >= m->limit)
		return API_LIST_PASSED;
	*row = mac_row(m->s, e, rbridge_routes(m->s->rb)->told.self.ingress);
	return API_LIST_ROW;
}

static struct json_object *macs_members(void *arg)
{
	struct json_object *o = json_object_new_object();
	const struct macs *m = arg;

	json_add_u64(o, "total", m->total);
	return o;
}

void trill_api_macs(struct api_request *req, void *arg)
{
	static const char *const names[] = {"macs", NULL};
	static const struct api_list list = {names, macs_next, macs_members};
	struct macs m = {.s = arg}, *place;

	if (!api_query_u64(req, "vlan", 1, VLAN_LAST, 0, &m.vlan) ||
		!api_query_u64(req, "fgl", 0, FGL_LAST, NO_LABEL, &m.fgl) ||
		!api_query_u64(req, "limit", 1, MACS_MAX, MACS_DEFAULT, &m.limit))
		return;
	if (m.vlan && m.fgl != NO_LABEL) {
		api_problem(
			req, 400, "`vlan` and `fgl` are both given; a label is one or the other");
		return;
	}
	place = malloc(sizeof(*place));
	if (place)
		*place = m;
	api_list(req, &list, place);
}

static struct json_object *neighbor_rows(const struct esadi *e)
{
	struct json_object *rows = json_object_new_array();

	for (unsigned int i = 0; i < esadi_neighbor_count(e); i++) {
		const struct esadi_neighbor *n = esadi_neighbor_at(e, i);
		struct json_object *o = json_object_new_object();

		trill_json_system(o, "system_id", &n->system);
		trill_json_nickname(o, "nickname", n->nickname);
		json_object_array_add(rows, o);
	}
	return rows;
}

static struct json_object *refused(const struct esadi *e)
{
	struct json_object *o = json_object_new_object();
	const uint64_t *received = esadi_received(e);

	for (int i = 0; i < ESADI_VERDICTS; i++)
		json_add_u64(o, esadi_verdict_name((enum esadi_verdict)i), received[i]);
	return o;
}

static struct json_object *esadi_row(
	const struct trill_shell *s, uint16_t number, const struct esadi *e)
{
	struct json_object *o = json_object_new_object();

	trill_json_label(o, rbridge_label(s->rb, number));
	json_add_bool(o, "drb", esadi_is_drb(e));
	json_add_u64(o, "announced", esadi_announced(e));
	json_add_u64(o, "untold", esadi_untold(e));
	json_add_u64(o, "lsps", lsdb_count(esadi_lsdb(e)));
	json_take(o, "neighbors", neighbor_rows(e));
	json_take(o, "received", refused(e));
	return o;
}

/* Where a list of instances is. */
struct instances {
	const struct trill_shell *s;
	uint16_t number; /* of the label, the last */
};

static enum api_list_step instances_next(void *arg, struct json_object **row)
{
	struct instances *l = arg;
	uint16_t number = (uint16_t)(l->number + 1);
	const struct esadi *e = rbridge_esadi(l->s->rb, &number);

	if (!e)
		return API_LIST_END;
	l->number = number;
	*row = esadi_row(l->s, number, e);
	return API_LIST_ROW;
}

void trill_api_esadi(struct api_request *req, void *arg)
{
	static const char *const names[] = {"esadi", NULL};
	static const struct api_list list = {names, instances_next, NULL};
	struct instances *l = malloc(sizeof(*l));

	if (l)
		*l = (struct instances){.s = arg};
	api_list(req, &list, l);
}
