/* See api.h. Here: status, ports, adjacencies, events, and the words that the files share. */
#include "trill/api.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "trill/api_internal.h"
#include "trill/core/arp_proxy.h"

#define COUNT(a)   (sizeof(a) / sizeof((a)[0]))
#define VLANS_TEXT 16384 /* every second VLAN, each with its comma, and more */

void trill_api_list(struct api_request *req, const char *what, struct json_object *rows)
{
	struct json_object *o = json_object_new_object();

	json_take(o, what, rows);
	api_reply(req, 200, o);
}

void trill_json_nickname(struct json_object *o, const char *key, uint16_t nickname)
{
	char text[8];

	snprintf(text, sizeof(text), "0x%04x", nickname);
	json_add(o, key, nickname == NICKNAME_NONE ? NULL : text);
}

void trill_json_mac(struct json_object *o, const char *key, const struct mac *mac)
{
	struct address a;

	address_set(&a, AFI_MAC, mac->bytes, sizeof(mac->bytes));
	json_add_address(o, key, &a);
}

void trill_json_system(struct json_object *o, const char *key, const struct system_id *id)
{
	const uint8_t *b = id->bytes;
	char text[16];

	snprintf(text, sizeof(text), "%02x%02x.%02x%02x.%02x%02x", b[0], b[1], b[2], b[3], b[4],
		b[5]);
	json_add(o, key, text);
}

void trill_json_port(
	struct json_object *o, const char *key, const struct trill_shell *s, uint16_t number)
{
	const struct trill_port *port = trill_ports_at(s->ports, number);

	json_add(o, key, port ? port->config.name : NULL);
}

void trill_json_interface(
	struct json_object *o, const char *key, const struct trill_shell *s, uint32_t ifindex)
{
	const struct trill_port *port = trill_ports_by_ifindex(s->ports, ifindex);

	json_add(o, key, port ? port->config.name : NULL);
}

void trill_json_vlans(struct json_object *o, const char *key, const struct vlan_set *set)
{
	char text[VLANS_TEXT];
	size_t at = 0;

	for (unsigned int v = vlan_set_next(set, 1), last; v; v = vlan_set_next(set, last + 1)) {
		for (last = v; vlan_set_has(set, last + 1);)
			last++;
		at += (size_t)snprintf(text + at, sizeof(text) - at, last > v ? "%s%u-%u" : "%s%u",
			at ? "," : "", v, last);
	}
	json_add(o, key, at ? text : NULL);
}

void trill_json_labels(struct json_object *o, const char *vlans_key, const char *fgls_key,
	const struct trill_shell *s, const struct label_set *set)
{
	const struct labels *l = rbridge_labels(s->rb);
	char *text = malloc(LABELS_FGL_MAX * sizeof("16777215-16777215"));
	struct vlan_set vlans;
	size_t at = 0;

	memcpy(&vlans, set, sizeof(vlans));
	trill_json_vlans(o, vlans_key, &vlans);
	for (unsigned int i = 0; text && i < l->count; i++) {
		uint32_t first = labels_at(l, i), last = first;

		if (!label_set_has(set, l->sorted[i]))
			continue;
		while (i + 1 < l->count && labels_at(l, i + 1) == last + 1 &&
			label_set_has(set, l->sorted[i + 1])) {
			last++;
			i++;
		}
		at += (size_t)sprintf(
			text + at, last > first ? "%s%u-%u" : "%s%u", at ? "," : "", first, last);
	}
	json_add(o, fgls_key, at ? text : NULL);
	free(text);
}

void trill_json_label(struct json_object *o, struct label label)
{
	if (label.fgl)
		json_add(o, "vlan", NULL);
	else
		json_add_u64(o, "vlan", label.id);
	if (label.fgl)
		json_add_u64(o, "fgl", label.id);
	else
		json_add(o, "fgl", NULL);
}

/* ---- status ---- */

static const char *drb_word(const struct trill_shell *s, uint16_t number)
{
	const struct trill_port *port = trill_ports_at(s->ports, number);

	if (!port->up)
		return "down";
	if (port->config.p2p)
		return "point-to-point";
	return rbridge_is_drb(s->rb, number) ? "drb" : "not-drb";
}

/* Of a port that is not attached; what its link does to one that is the core knows. */
enum { NOT_ATTACHED = RBRIDGE_HINDRANCES, NO_INTERFACE, HINDRANCES };

const char *trill_api_hindrance_name(unsigned int hindrance)
{
	static const char *const names[] = {"not-attached", "no-interface"};

	if (hindrance < RBRIDGE_HINDRANCES)
		return rbridge_hindrance_name((enum rbridge_hindrance)hindrance);
	return hindrance < HINDRANCES ? names[hindrance - NOT_ATTACHED] : NULL;
}

static const char *hindrance_word(const struct trill_shell *s, uint16_t number)
{
	const struct trill_port *port = trill_ports_at(s->ports, number);

	if (trill_port_unattached(port))
		return trill_api_hindrance_name(port->ifindex ? NOT_ATTACHED : NO_INTERFACE);
	return trill_api_hindrance_name(rbridge_hindrance(s->rb, number));
}

static struct json_object *port_row(const struct trill_shell *s, uint16_t number)
{
	const struct trill_port *port = trill_ports_at(s->ports, number);
	const struct adjacency_table *table = rbridge_adjacencies(s->rb, number);
	struct json_object *o = json_object_new_object();

	json_add(o, "name", port->config.name);
	json_add(o, "kind", trill_port_kind_name(port->config.kind));
	json_add_bool(o, "up", port->up);
	json_add(o, "role", drb_word(s, number));
	if (port->ifindex)
		trill_json_mac(o, "mac", &port->mac);
	else
		json_add(o, "mac", NULL);
	json_add_u64(o, "mtu", port->mtu);
	json_add_u64(o, "cost", port->cost);
	json_add_u64(o, "pvid", port->config.pvid);
	json_add_u64(o, "designated_vlan",
		port->up ? rbridge_designated(s->rb, number) : port->config.designated);
	json_add(o, "hindrance", hindrance_word(s, number));
	json_add(o, "reason", trill_port_unattached(port));
	json_add_u64(o, "neighbors", table ? adjacency_count(table, ADJACENCY_REPORT) : 0);
	json_add_u64(o, "frames_sent", port->sent);
	json_add_u64(o, "frames_received", port->received);
	json_add_u64(o, "frames_refused", port->refused);
	json_add_u64(o, "frames_lost", port->lost);
	return o;
}

static void same_id_fill(
	struct json_object *o, const struct trill_shell *s, const struct rbridge_same_id *is)
{
	trill_json_port(o, "port", s, is->port);
	trill_json_mac(o, "mac", &is->mac);
	json_add_bool(o, "near", is->near);
}

/* Null: nobody else has our system ID. */
static struct json_object *same_id(const struct trill_shell *s)
{
	const struct rbridge_same_id *is = rbridge_same_id(s->rb);
	struct json_object *o = is->there ? json_object_new_object() : NULL;

	if (o)
		same_id_fill(o, s, is);
	return o;
}

static struct json_object *port_rows(const struct trill_shell *s)
{
	struct json_object *rows = json_object_new_array();

	for (uint16_t i = 0; i < RBRIDGE_PORTS_MAX; i++)
		if (trill_ports_at(s->ports, i))
			json_object_array_add(rows, port_row(s, i));
	return rows;
}

static uint16_t own_nickname(const struct rbridge *rb)
{
	const struct nicknames *n = rbridge_nicknames(rb);

	for (unsigned int i = 0; i < n->count; i++)
		if (n->own[i].nickname != NICKNAME_NONE)
			return n->own[i].nickname;
	return NICKNAME_NONE;
}

static uint64_t reached_rbridges(const struct rbridge *rb)
{
	const struct routes *r = rbridge_routes(rb);
	const struct spf_graph *g = r->from_us.graph;
	uint64_t n = 0;

	for (uint32_t i = 0; g && i < g->node_count; i++)
		n += !g->nodes[i].id.circuit && routes_reaches(r, i);
	return n;
}

static void get_status(struct api_request *req, void *arg)
{
	struct json_object *o = json_object_new_object();
	struct trill_shell *s = arg;
	const struct nicknames *n = rbridge_nicknames(s->rb);
	const struct routes *r = rbridge_routes(s->rb);

	json_add(o, "daemon", "sunward-rbridge");
	json_add(o, "version", VERSION);
	json_add_u64(o, "pid", (uint64_t)getpid());
	json_add_u64(o, "uptime_s", mono_since_ms(s->started, mono_now()) / 1000);
	trill_json_system(o, "system_id", &s->config->core.system);
	json_take(o, "system_id_also_at", same_id(s));
	trill_json_nickname(o, "nickname", own_nickname(s->rb));
	json_add_u64(o, "nickname_conflicts_lost", n->conflicts_lost);
	json_add_u64(o, "nickname_conflicts_kept", n->conflicts_kept);
	json_add_bool(o, "overloaded", r->told.self.overloaded);
	json_add_bool(o, "authenticated", s->config->core.key_count);
	json_add_u64(o, "rbridges", reached_rbridges(s->rb));
	json_add_u64(o, "lsps", lsdb_count(rbridge_lsdb(s->rb)));
	json_add_u64(o, "computed", rbridge_computed(s->rb));
	json_add_u64(o, "originated", rbridge_originated(s->rb));
	json_add_u64(o, "labels_unsaid", rbridge_unsaid(s->rb)->labels);
	json_add_u64(o, "neighbors_unsaid", rbridge_unsaid(s->rb)->neighbors);
	json_add_u64(o, "rows_written", r->rows);
	json_add_u64(o, "rows_refused", rbridge_rows_refused(s->rb));
	json_add_u64(o, "stations_learned", s->stations_learned);
	json_add_u64(o, "stations_moved", s->stations_moved);
	json_add_u64(o, "stations_aged", s->stations_aged);
	json_take(o, "ports", port_rows(s));
	json_take(o, "lags", trill_api_lags(s));
	api_reply(req, 200, o);
}

static void get_ports(struct api_request *req, void *arg)
{
	trill_api_list(req, "ports", port_rows(arg));
}

/* ---- adjacencies ---- */

static struct json_object *adjacency_row(
	const struct trill_shell *s, uint16_t number, const struct adjacency *a, struct mono now)
{
	struct json_object *o = json_object_new_object();
	struct mono until = a->designated_until;

	if (mono_before(until, a->other_until))
		until = a->other_until;
	trill_json_port(o, "port", s, number);
	trill_json_system(o, "system_id", &a->key.system);
	trill_json_mac(o, "mac", &a->key.mac);
	json_add_u64(o, "port_id", a->key.port_id);
	json_add(o, "state", adjacency_state_name(a->state));
	trill_json_nickname(o, "nickname", a->nickname);
	json_add_u64(o, "priority", a->priority);
	json_add_u64(o, "desired_vlan", a->desired_vlan);
	json_add_u64(o, "holding_ms", mono_since_ms(now, until));
	json_add_bool(o, "bfd", a->bfd);
	return o;
}

/* Who was a neighbour when the list began; the rest is said as it is when a row is made. */
struct neighbors {
	const struct trill_shell *s;
	unsigned int at, count;
	struct neighbor {
		uint16_t port;
		struct adjacency_key key;
	} rows[];
};

static struct neighbors *neighbors_new(const struct trill_shell *s)
{
	const struct adjacency_table *t;
	unsigned int count = 0;
	struct neighbors *l;

	for (uint16_t i = 0; i < RBRIDGE_PORTS_MAX; i++)
		count += (t = rbridge_adjacencies(s->rb, i)) ? t->count : 0;
	l = malloc(sizeof(*l) + count * sizeof(l->rows[0]));
	if (!l)
		return NULL;
	*l = (struct neighbors){.s = s};
	for (uint16_t i = 0; i < RBRIDGE_PORTS_MAX; i++) {
		t = rbridge_adjacencies(s->rb, i);
		for (unsigned int k = 0; t && k < t->count; k++)
			l->rows[l->count++] = (struct neighbor){i, t->rows[k].key};
	}
	return l;
}

static enum api_list_step neighbors_next(void *arg, struct json_object **row)
{
	struct neighbors *l = arg;
	const struct neighbor *is = &l->rows[l->at];
	const struct adjacency_table *t;
	const struct adjacency *a;

	if (l->at++ == l->count)
		return API_LIST_END;
	t = rbridge_adjacencies(l->s->rb, is->port);
	a = t ? adjacency_find(t, &is->key) : NULL;
	if (!a)
		return API_LIST_PASSED;
	*row = adjacency_row(l->s, is->port, a, mono_now());
	return API_LIST_ROW;
}

static void get_adjacencies(struct api_request *req, void *arg)
{
	static const char *const names[] = {"adjacencies", NULL};
	static const struct api_list list = {names, neighbors_next, NULL};

	api_list(req, &list, neighbors_new(arg));
}

/* ---- VLANs ---- */

/* As they are configured: "10=70000,20-29=70100". */
static void add_mappings(struct json_object *o, const struct trill_config_port *port)
{
	char text[RBRIDGE_MAPPINGS_MAX * sizeof("4094-4094=16777215,")] = "";
	size_t at = 0;

	for (unsigned int i = 0; i < port->mapping_count; i++) {
		const struct rbridge_mapping *m = &port->mappings[i];

		at += (size_t)snprintf(
			text + at, sizeof(text) - at, "%s%u", at ? "," : "", m->vlan);
		if (m->count > 1)
			at += (size_t)snprintf(
				text + at, sizeof(text) - at, "-%u", m->vlan + m->count - 1u);
		at += (size_t)snprintf(text + at, sizeof(text) - at, "=%u", m->fgl);
	}
	json_add(o, "labels", at ? text : NULL);
}

/* The neighbour that maps otherwise. */
static void add_difference(struct json_object *o, const struct rbridge_difference *d)
{
	if (d)
		trill_json_system(o, "labels_differ", &d->system);
	else
		json_add(o, "labels_differ", NULL);
}

/* What the data plane was told of a port's VLANs. */
static void forwarder_fill(struct json_object *o, const struct trill_shell *s, uint16_t number)
{
	static const struct tables_forwarder nothing;
	const struct tables_forwarder *f = rbridge_port_vlans(s->rb, number);

	if (!f)
		f = &nothing;
	trill_json_vlans(o, "enabled", &f->enabled);
	trill_json_vlans(o, "appointed", &f->appointed);
	trill_json_vlans(o, "inhibited", &f->inhibited);
	add_mappings(o, &trill_ports_at(s->ports, number)->config);
	add_difference(o, rbridge_difference(s->rb, number));
}

static void get_vlans(struct api_request *req, void *arg)
{
	struct json_object *rows = json_object_new_array(), *o;
	struct trill_shell *s = arg;

	for (uint16_t i = 0; i < RBRIDGE_PORTS_MAX; i++) {
		const struct trill_port *port = trill_ports_at(s->ports, i);

		if (!port || port->config.kind == TRILL_PORT_TRUNK)
			continue;
		o = json_object_new_object();
		json_add(o, "port", port->config.name);
		json_add_u64(o, "pvid", port->config.pvid);
		forwarder_fill(o, s, i);
		json_object_array_add(rows, o);
	}
	trill_api_list(req, "vlans", rows);
}

static const struct api_route routes[] = {
	{"GET", "/v1/status", get_status, "who is running, its nickname, ports and totals"},
	{"GET", "/v1/ports", get_ports, "the ports"},
	{"GET", "/v1/adjacencies", get_adjacencies, "the neighbours of each port and their states"},
	{"GET", "/v1/nicknames", trill_api_nicknames,
		"who holds which nickname, and how far it is"},
	{"GET", "/v1/lsdb", trill_api_lsdb, "the link state database"},
	{"GET", "/v1/trees", trill_api_trees, "the distribution trees as they go through here"},
	{"GET", "/v1/vlans", get_vlans, "for which VLANs we are appointed forwarder, by port"},
	{"GET", "/v1/macs?vlan&fgl&limit", trill_api_macs, "end stations and where they are"},
	{"PUT", "/v1/stations/{vlan}/{mac}", trill_api_attest,
		"an end station is here: its port and its IP addresses, by who knows"},
	{"DELETE", "/v1/stations/{vlan}/{mac}?port&agent", trill_api_leave,
		"an end station has left this site, or a port"},
	{"GET", "/v1/esadi", trill_api_esadi, "what RBridges say of end stations, by VLAN"},
	{"GET", "/v1/checks", trill_api_checks, "continuity checks with other RBridges"},
	{"GET", "/v1/campus", trill_api_campus, "all RBridges and links of the campus"},
	{"POST", "/v1/ping/{nickname}?count&interval&timeout&vlan", trill_api_ping,
		"ping an RBridge; answered when all answers are there, or late"},
	{"POST", "/v1/trace/{nickname}?hops&timeout&vlan", trill_api_trace,
		"name the RBridges on the way to one"},
};

void trill_api_routes(struct api *api, struct trill_shell *s)
{
	api_routes(api, routes, COUNT(routes), s);
}

/* ---- events ---- */

const char *trill_api_event_name(unsigned int kind)
{
	static const char *const names[] = {[RBRIDGE_ADJACENCY] = "adjacency",
		[RBRIDGE_DRB] = "drb",
		[RBRIDGE_NICKNAME] = "nickname",
		[RBRIDGE_ROUTES] = "routes",
		[RBRIDGE_FORWARDER] = "forwarder",
		[RBRIDGE_CONTINUITY] = "continuity",
		[RBRIDGE_DUPLICATE] = "duplicate-address",
		[RBRIDGE_MAPPING] = "labels-differ",
		[RBRIDGE_HINDRANCE] = "hindrance",
		[RBRIDGE_RIVAL] = "nickname-conflict",
		[RBRIDGE_SAME_ID] = "duplicate-system-id",
		[RBRIDGE_STATION] = "station"};

	return kind < COUNT(names) ? names[kind] : NULL;
}

/* An adjacency has another state. */
static void adjacency_event_fill(
	struct json_object *o, struct trill_shell *s, const struct rbridge_event *e)
{
	trill_json_port(o, "port", s, e->port);
	trill_json_system(o, "system_id", &e->neighbor);
	json_add(o, "state", adjacency_state_name(e->state));
	json_add(o, "was", adjacency_state_name(e->was));
}

/* A neighbour maps a VLAN and a label otherwise than we do, or no more. */
static void mapping_event_fill(
	struct json_object *o, struct trill_shell *s, const struct rbridge_event *e)
{
	trill_json_port(o, "port", s, e->port);
	trill_json_system(o, "system_id", &e->neighbor);
	json_add_u64(o, "vlan", e->difference->vlan);
	json_add_u64(o, "fgl", e->difference->fgl);
	json_add_bool(o, "gone", e->gone);
}

void trill_api_event(struct trill_shell *s, const struct rbridge_event *e)
{
	struct json_object *o = json_object_new_object();

	json_add(o, "event", trill_api_event_name(e->kind));
	switch (e->kind) {
	case RBRIDGE_ADJACENCY:
		adjacency_event_fill(o, s, e);
		break;
	case RBRIDGE_DRB:
		trill_json_port(o, "port", s, e->port);
		json_add_bool(o, "drb", e->drb);
		break;
	case RBRIDGE_NICKNAME:
		trill_json_nickname(o, "nickname", e->nickname);
		break;
	case RBRIDGE_FORWARDER:
		trill_json_port(o, "port", s, e->port);
		forwarder_fill(o, s, e->port);
		break;
	case RBRIDGE_CONTINUITY:
		trill_json_nickname(o, "nickname", e->nickname);
		json_add(o, "state", continuity_event_name(e->check->kind));
		json_add_u64(o, "flow", e->check->flow);
		json_add_u64(o, "sequence", e->check->sequence);
		break;
	case RBRIDGE_DUPLICATE:
		trill_json_label(o, e->duplicate->label);
		json_add_address(o, "ip", &e->duplicate->ip);
		trill_json_mac(o, "mac", &e->duplicate->is);
		trill_json_mac(o, "claims", &e->duplicate->claims);
		break;
	case RBRIDGE_MAPPING:
		mapping_event_fill(o, s, e);
		break;
	case RBRIDGE_HINDRANCE:
		trill_json_port(o, "port", s, e->port);
		json_add(o, "hindrance", rbridge_hindrance_name(e->hindrance));
		json_add_u64(o, "designated_vlan", rbridge_designated(s->rb, e->port));
		break;
	case RBRIDGE_RIVAL:
		trill_json_nickname(o, "nickname", e->rival->nickname);
		trill_json_system(o, "system_id", &e->rival->system);
		json_add_u64(o, "priority", e->rival->ours);
		json_add_u64(o, "their_priority", e->rival->theirs);
		json_add_bool(o, "kept", e->rival->kept);
		break;
	case RBRIDGE_SAME_ID:
		same_id_fill(o, s, e->same_id);
		json_add_bool(o, "gone", e->gone);
		break;
	case RBRIDGE_STATION:
		trill_json_station(o, s, e->station);
		json_add_bool(o, "gone", e->gone);
		break;
	case RBRIDGE_ROUTES:
		json_add_u64(o, "computed", rbridge_computed(s->rb));
		json_add_u64(o, "rbridges", reached_rbridges(s->rb));
		break;
	}
	api_event(s->api, trill_api_event_name(e->kind), o);
}
