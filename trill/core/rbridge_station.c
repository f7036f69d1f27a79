/* End stations: what the data plane has learned, what ESADI, an agent or the configuration says,
 * and what follows: rows in the tables, what we tell by ESADI, Address Flushes (see rbridge.h; RFC
 * 6325 section 4.8, RFC 7780 section 11, RFC 8383).
 *
 * core/mac keeps what is believed. The data plane ages what it has learned, and says so: here
 * nothing ages. */
#include "trill/core/rbridge_internal.h"

#include <string.h>

#include "lib/net/address.h"

#define FLUSHES_PER_S 100
#define PORT_LEAVES   8 /* of so many stations that are known one, by what frames at a port teach */
/* Of mac_flush_cost(), received: from one nickname, and from all. */
#define FLUSHED_PER_S     200
#define FLUSHED_ALL_PER_S 1000

static uint16_t number_of(const struct rbridge *rb, const struct mac_entry *e)
{
	return labels_number(&rb->labels, e->label);
}

static void event_say(struct rbridge *rb, const struct mac_entry *e, bool gone)
{
	struct rbridge_station station = {.vlan = number_of(rb, e),
		.mac = e->mac,
		.local = e->place.local,
		.port = e->place.local ? e->place.where : 0,
		.nickname = e->place.local ? rb->channel.nickname : e->place.where,
		.confidence = e->confidence,
		.origin = e->origin,
		.ips = e->ips};
	struct rbridge_event event = {.kind = RBRIDGE_STATION,
		.port = station.port,
		.nickname = station.nickname,
		.station = &station,
		.gone = gone};

	rbridge_event_say(rb, &event);
}

/* A station here of which others are to know: in a label that we serve at its port; not one that
 * another member of a group tells of. */
static bool is_told(const struct rbridge *rb, const struct mac_entry *e)
{
	return e->place.local && e->origin != MAC_ESADI &&
	       rbridge_label_served(&rb->ports[e->place.where], number_of(rb, e));
}

static void announce(struct rbridge *rb, const struct mac_entry *e)
{
	struct esadi_address address = {.mac = e->mac,
		.confidence =
			e->confidence > ESADI_CONFIDENCE_MAX ? ESADI_CONFIDENCE_MAX : e->confidence,
		.first = e->origin == MAC_ATTESTED || e->origin == MAC_STATIC,
		.ips = e->ips};
	bool told = is_told(rb, e);

	if (e->place.local && rb->ports[e->place.where].pseudo) {
		address.nickname = rb->ports[e->place.where].pseudo;
		address.laalp = rb->ports[e->place.where].config.laalp;
		address.has_laalp = true;
	}
	if (told)
		rbridge_esadi_say(rb, number_of(rb, e), &address);
	else
		rbridge_esadi_unsay(rb, number_of(rb, e), &e->mac);
	if (e->origin == MAC_ATTESTED)
		rbridge_arp_attested(rb, e, told);
}

/* core/mac is about to forget it. */
static void on_changed(void *arg, const struct mac_entry *e, bool gone)
{
	struct rbridge *rb = arg;

	if (!gone)
		return; /* rbridge_station_learn() knows more of it */
	rb->forgetting = e;
	rbridge_arp_gone(rb, e);
	rb->forgetting = NULL;
	rbridge_esadi_unsay(rb, number_of(rb, e), &e->mac);
	event_say(rb, e, true);
	if (!rb->tables_know) /* the last: frames may take its room */
		rb->env.tables->station_del(rb->env.tables, &e->mac, number_of(rb, e));
}

static bool is_same(const struct mac_entry *a, const struct mac_entry *b)
{
	return a->place.local == b->place.local && a->place.where == b->place.where &&
	       a->confidence == b->confidence && a->origin == b->origin &&
	       ip_list_equal(&a->ips, &b->ips);
}

enum mac_verdict rbridge_station_learn(
	struct rbridge *rb, const struct rbridge_station *s, struct mac_entry *was, struct mono now)
{
	struct mac_place place = {.local = s->local, .where = s->local ? s->port : s->nickname};
	struct label label = labels_label(&rb->labels, s->vlan);
	const struct mac_entry *e = mac_find(rb->stations, label, &s->mac);
	enum mac_verdict verdict;

	memset(was, 0, sizeof(*was));
	if (e)
		*was = *e;
	verdict = mac_learn(rb->stations, label, &s->mac, place, s->confidence, s->origin);
	if (verdict != MAC_NEW && (s->origin == MAC_ESADI || was->origin == MAC_ESADI))
		rbridge_esadi_contested(rb, s->vlan);
	if (verdict > MAC_SAME)
		return verdict;
	/* Frames, and an agent that says none, leave what is known; ESADI says all there is; and
	 * what frames showed is no agent's word. */
	if (ip_list_count(&s->ips) || s->origin == MAC_ESADI ||
		(s->origin == MAC_ATTESTED && was->confidence < RBRIDGE_CONFIDENCE_ATTESTED))
		mac_ips_set(rb->stations, label, &s->mac, &s->ips);
	e = mac_find(rb->stations, label, &s->mac);
	if (verdict == MAC_SAME && is_same(e, was))
		return verdict;
	if (!rb->tables_know)
		rbridge_row_put(rb, e);
	announce(rb, e);
	event_say(rb, e, false);
	return verdict;
}

void rbridge_station_flush(
	struct rbridge *rb, struct label label, const struct mac *mac, uint16_t nickname)
{
	uint16_t root = label.fgl ? rb->routes.told.self.fgl_root : rb->routes.told.self.root;

	if (!nickname_usable(nickname))
		return;
	shutdown_flush(&rb->channel, label, mac, nickname, root, nickname);
	rb->flush_counts.sent++;
}

/* A station has turned up at a port of ours. */
static void arrived(
	struct rbridge *rb, const struct rbridge_station *s, uint16_t from, struct mono now)
{
	struct mac_entry was;
	struct limit_rate rate = limit_per_s(FLUSHES_PER_S, FLUSHES_PER_S);
	enum mac_verdict verdict = rbridge_station_learn(rb, s, &was, now);
	const struct mac_entry *e =
		mac_find(rb->stations, labels_label(&rb->labels, s->vlan), &s->mac);

	if (verdict > MAC_SAME) {
		if (e)
			rbridge_row_put(rb, e); /* what is believed with more confidence stands */
		return;
	}
	if (!from && was.used && !was.place.local)
		from = was.place.where;
	if (verdict == MAC_MOVED && was.used && !was.place.local)
		rbridge_arp_arrived(rb, e);
	if (from && limit_take(&rb->flushes, &rate, now))
		rbridge_station_flush(rb, e->label, &s->mac, from);
}

void rbridge_station_reclaim(struct rbridge *rb, uint16_t vlan, const struct mac *mac)
{
	struct esadi_address address = {.confidence = 0};
	uint16_t nickname = rbridge_esadi_claim(rb, vlan, mac, &address);

	if (nickname && !mac_find(rb->stations, labels_label(&rb->labels, vlan), mac))
		rbridge_station_claimed(rb, vlan, nickname, &address, false);
}

/* The data plane has forgotten it. */
static void aged(struct rbridge *rb, const struct tables_station *is)
{
	struct label label = labels_label(&rb->labels, is->vlan);
	const struct mac_entry *e = mac_find(rb->stations, label, &is->mac);

	if (!e)
		return;
	if (e->origin != MAC_LOCAL && e->origin != MAC_REMOTE) {
		rbridge_row_put(rb, e); /* who said it has not taken it back */
		return;
	}
	rb->tables_know = true;
	mac_take_back(rb->stations, label, &is->mac, e->origin, e->place.where);
	rb->tables_know = false;
	rbridge_station_reclaim(rb, is->vlan, &is->mac);
}

static void learned(struct rbridge *rb, const struct tables_station *is,
	const struct tables_station *before, struct mono now)
{
	struct rbridge_port *port = is->nickname ? NULL : rbridge_port_of(rb, is->ifindex);
	struct rbridge_station s = {.vlan = is->vlan,
		.mac = is->mac,
		.local = !is->nickname,
		.nickname = is->nickname,
		.confidence = is->confidence,
		.origin = is->nickname ? MAC_REMOTE : MAC_LOCAL};
	const struct mac_entry *e;
	struct mac_entry was;

	if (s.local && (!port || !rbridge_label_served(port, is->vlan))) {
		rb->env.tables->station_del(rb->env.tables, &is->mac, is->vlan);
		return; /* of a port that has just lost the VLAN */
	}
	if (rbridge_is_anycast(rb, &is->mac)) { /* before the data plane knew that it is */
		rb->env.tables->station_del(rb->env.tables, &is->mac, is->vlan);
		e = mac_find(rb->stations, labels_label(&rb->labels, is->vlan), &is->mac);
		if (e)
			rbridge_row_put(rb, e);
		return;
	}
	rb->tables_know = true;
	if (!s.local) {
		if (rbridge_station_learn(rb, &s, &was, now) == MAC_REFUSED)
			rbridge_row_put(rb, mac_find(rb->stations,
						    labels_label(&rb->labels, is->vlan), &is->mac));
	} else {
		s.port = port->number;
		arrived(rb, &s, before ? before->nickname : NICKNAME_NONE, now);
	}
	rb->tables_know = false;
}

/* It stands in the data plane's table, and that it came there, or moved, may not have been told. */
static void found(struct rbridge *rb, const struct tables_station *is, struct mono now)
{
	const struct mac_entry *e =
		mac_find(rb->stations, labels_label(&rb->labels, is->vlan), &is->mac);
	const struct rbridge_port *port = is->nickname ? NULL : rbridge_port_of(rb, is->ifindex);
	struct tables_station before = {.mac = is->mac, .vlan = is->vlan};

	if (is->confidence != TABLES_CONFIDENCE_DATA)
		return; /* it is from here */
	if (e && e->place.local == !is->nickname &&
		e->place.where == (port ? port->number : is->nickname))
		return;
	if (e && !e->place.local)
		before.nickname = e->place.where;
	learned(rb, is, e ? &before : NULL, now);
}

void rbridge_station(struct rbridge *rb, enum tables_news news, const struct tables_station *is,
	const struct tables_station *before, struct mono now)
{
	rb->now = now;
	if (!label_number_usable(is->vlan))
		return;
	if (news == TABLES_AGED)
		aged(rb, is);
	else if (news == TABLES_FOUND)
		found(rb, is, now);
	else
		learned(rb, is, before, now);
}

/* To the ARP/ND cache. */
static void addresses_say(struct rbridge *rb, uint16_t vlan, uint16_t nickname,
	const struct mac *mac, const struct ip_list *ips, uint8_t confidence)
{
	for (unsigned int i = 0; i < ip_list_count(ips); i++) {
		struct address ip = ip_list_at(ips, i);

		rbridge_arp_told(rb, vlan, nickname, mac, &ip, confidence, false);
	}
}

/* What ESADI of @nickname says of the station's addresses, as against what it said before. */
static void addresses_told(struct rbridge *rb, uint16_t vlan, uint16_t nickname,
	const struct esadi_address *address, const struct mac_entry *e, bool gone)
{
	static const struct ip_list none;
	bool said = e && e->origin == MAC_ESADI && e->place.where == nickname;
	struct ip_list before = said ? e->ips : none;
	const struct ip_list *after = gone ? &none : &address->ips;

	for (unsigned int i = 0; i < ip_list_count(&before); i++) {
		struct address ip = ip_list_at(&before, i);

		if (!ip_list_has(after, &ip))
			rbridge_arp_told(
				rb, vlan, nickname, &address->mac, &ip, address->confidence, true);
	}
	addresses_say(rb, vlan, nickname, &address->mac, after, address->confidence);
}

/* Another claims it with the same confidence, and counts: at our own link it does. */
static bool loses(
	const struct rbridge *rb, const struct mac_entry *e, const struct rbridge_station *s)
{
	if (!e || e->origin != MAC_ESADI || e->confidence != s->confidence || s->local)
		return false;
	return e->place.local ||
	       (e->place.where != s->nickname &&
		       !rbridge_claim_wins(rb, s->vlan, &s->mac, s->nickname, e->place.where));
}

/* Where the claim has the station: at our port of its LAALP, as if it had been learned there (RFC
 * 7781 section 9.3), or behind the nickname. False: nowhere else than here. */
bool rbridge_station_place(struct rbridge *rb, uint16_t vlan, uint16_t nickname,
	const struct esadi_address *address, struct mac_place *place)
{
	const struct rbridge_port *port =
		address->has_laalp ? rbridge_active_active_port(rb, &address->laalp) : NULL;

	*place = (struct mac_place){.where = nickname};
	if (port && rbridge_label_served(port, vlan)) {
		*place = (struct mac_place){.local = true, .where = port->number};
		return true;
	}
	return nickname_usable(nickname) && !rbridge_data_is_ours(rb, nickname) &&
	       !rbridge_active_active_is_ours(rb, nickname);
}

static bool is_at(const struct mac_entry *e, const struct mac_place *place)
{
	return e->place.local == place->local && e->place.where == place->where;
}

void rbridge_station_claimed(struct rbridge *rb, uint16_t vlan, uint16_t nickname,
	const struct esadi_address *address, bool gone)
{
	struct rbridge_station s = {.vlan = vlan,
		.mac = address->mac,
		.nickname = nickname,
		.confidence = address->confidence,
		.origin = MAC_ESADI,
		.ips = address->ips};
	const struct mac_entry *e = mac_find(rb->stations, labels_label(&rb->labels, vlan), &s.mac);
	struct mac_place place;
	struct mac_entry was;

	if (rbridge_is_anycast(rb, &s.mac)) {
		rbridge_anycast_settle(rb, vlan, &s.mac);
		return;
	}
	if (!rbridge_station_place(rb, vlan, nickname, address, &place))
		return;
	s.local = place.local;
	s.port = place.where;
	if (e && place.local && e->origin != MAC_ESADI && is_at(e, &place)) {
		rbridge_esadi_contested(rb, vlan); /* we know it ourselves; until we forget it */
		return;
	}
	addresses_told(rb, vlan, nickname, address, e, gone);
	if (!gone && loses(rb, e, &s)) {
		rbridge_esadi_contested(rb, vlan);
		return;
	}
	/* Told anew with less confidence, it counts with less. */
	if (e && e->origin == MAC_ESADI && is_at(e, &place) &&
		(gone || e->confidence > s.confidence))
		mac_take_back(rb->stations, labels_label(&rb->labels, vlan), &s.mac, MAC_ESADI,
			place.where);
	if (gone)
		rbridge_station_reclaim(rb, vlan, &s.mac);
	else
		rbridge_station_learn(rb, &s, &was, rb->now);
}

/* What frames show makes room for itself. */
static void address_add(struct ip_list *l, const struct address *ip)
{
	if (ip_list_add(l, ip) == IP_LIST_FULL && ip_list_drop_oldest(l, ip->afi))
		ip_list_add(l, ip);
}

void rbridge_station_address(struct rbridge *rb, uint16_t vlan, const struct mac *mac,
	uint16_t port, const struct address *ip, bool gone)
{
	const struct mac_entry *e = mac_find(rb->stations, labels_label(&rb->labels, vlan), mac);
	struct rbridge_station s = {.vlan = vlan,
		.mac = *mac,
		.local = true,
		.port = port,
		.confidence = MAC_CONFIDENCE_DATA,
		.origin = MAC_LOCAL};

	if (e)
		s.ips = e->ips;
	if (!gone) {
		/* Else its frames could have the agent's word for any address. */
		if (!e || e->origin != MAC_ATTESTED)
			address_add(&s.ips, ip);
		arrived(rb, &s, NICKNAME_NONE, rb->now);
	} else if (e && e != rb->forgetting && e->place.local && ip_list_remove(&s.ips, ip)) {
		mac_ips_set(rb->stations, labels_label(&rb->labels, vlan), mac, &s.ips);
		announce(rb, e);
		event_say(rb, e, false);
	}
}

void rbridge_station_heard(struct rbridge *rb, uint16_t vlan, const struct mac *mac, uint16_t port)
{
	struct rbridge_station s = {.vlan = vlan,
		.mac = *mac,
		.local = true,
		.port = port,
		.confidence = MAC_CONFIDENCE_DATA,
		.origin = MAC_LOCAL};

	arrived(rb, &s, NICKNAME_NONE, rb->now);
}

void rbridge_station_announce(struct rbridge *rb, const struct label_set *set)
{
	rb->announced++;
	for (const struct mac_entry *e = mac_walk(rb->stations, NULL); e;
		e = mac_walk(rb->stations, e))
		if (label_set_has(set, number_of(rb, e)) && is_told(rb, e))
			announce(rb, e);
}

/* What is said of stations at the port in these labels, whoever says it, is told of again. */
static void resay(struct rbridge_port *port, const struct label_set *set, bool rows)
{
	struct rbridge *rb = port->rb;

	for (const struct mac_entry *e = mac_walk(rb->stations, NULL); e;
		e = mac_walk(rb->stations, e)) {
		if (!e->place.local || e->place.where != port->number ||
			!label_set_has(set, number_of(rb, e)))
			continue;
		if (rows)
			rbridge_row_put(rb, e);
		announce(rb, e);
	}
}

/* The labels that a port serves no more: what frames taught there is forgotten (RFC 6325 section
 * 4.8.3). */
static void lost(struct rbridge_port *port, const struct label_set *set)
{
	struct trill_tables *t = port->rb->env.tables;
	const struct vlan_set *left = rbridge_native_appointed(port);
	uint16_t number = port->number;

	t->station_flush(
		t, NICKNAME_NONE, port->config.ifindex, vlan_set_is_empty(left) ? NULL : set);
	port->rb->tables_know = true;
	mac_forget_labels(port->rb->stations, MAC_LOCAL, &number, set);
	port->rb->tables_know = false;
	resay(port, set, false);
}

void rbridge_station_forwarder(struct rbridge_port *port, const struct label_set *gained,
	const struct label_set *gone, struct mono now)
{
	struct rbridge *rb = port->rb;
	struct label_set served, left;

	label_set_clear(&served);
	rbridge_native_wanted(rb, &served);
	left = rb->served;
	label_set_take_all(&left, &served);
	rb->served = served;
	rbridge_serial_follow(rb);
	if (!label_set_is_empty(gone))
		lost(port, gone);
	if (!label_set_is_empty(gained))
		resay(port, gained, true);
	rbridge_esadi_follow(rb, &served, now);
	if (!label_set_is_empty(&left)) {
		mac_forget_labels(rb->stations, MAC_REMOTE, NULL, &left);
		mac_forget_labels(rb->stations, MAC_ESADI, NULL, &left);
		rbridge_arp_left(rb, NULL, &left);
	}
	rbridge_anycast_forwarder(port);
}

/* Nicknames that share a bucket are no worse off than one whose frames another makes. */
static bool flush_allowed(
	struct rbridge *rb, const struct flush *f, uint16_t nickname, struct mono now)
{
	struct limit_rate one = limit_per_s(FLUSHED_PER_S, FLUSHED_PER_S);
	struct limit_rate in_all = limit_per_s(FLUSHED_ALL_PER_S, FLUSHED_ALL_PER_S);
	unsigned int cost = mac_flush_cost(f);

	return limit_take_all(&rb->flushed[nickname % RBRIDGE_FLUSHERS], &one, cost, now) &&
	       limit_take_all(&rb->flushed_all, &in_all, cost, now);
}

void rbridge_station_flushed(void *arg, const struct channel_in *in, struct mono now)
{
	struct rbridge *rb = arg;
	struct wire_fault fault;
	struct flush f;

	rb->now = now;
	if (!in->data ||
		flush_read(in->c.payload, in->c.payload_len, in->data->header.ingress, &f, &fault))
		return;
	if (!flush_allowed(rb, &f, in->data->header.ingress, now)) {
		rb->ports[in->port].counters.flooded++;
		return;
	}
	rb->flush_counts.done++;
	mac_flush(rb->stations, &f);
	rbridge_arp_flush(rb, &f);
	for (unsigned int i = 0; i < rb->nicknames.count; i++)
		if (rb->nicknames.own[i].nickname != NICKNAME_NONE)
			mac_flush_own(rb->stations, &f, rb->nicknames.own[i].nickname);
}

void rbridge_station_laalp(struct rbridge_port *port)
{
	bool serves = port->up && !rbridge_active_active_stands_by(port);

	struct rbridge *rb = port->rb;
	uint16_t number = port->number, was = port->station_pseudo, is = port->pseudo;

	if (is == was && serves == port->station_serves)
		return;
	port->station_pseudo = is;
	port->station_serves = serves;
	if (is == was)
		return;
	/* What others told is elsewhere now, or here; what frames taught of the nickname is here.
	 */
	mac_forget_labels(rb->stations, MAC_ESADI, &number, NULL);
	if (was)
		mac_forget_labels(rb->stations, MAC_ESADI, &was, NULL);
	if (is) {
		mac_forget_labels(rb->stations, MAC_ESADI, &is, NULL);
		mac_forget_labels(rb->stations, MAC_REMOTE, &is, NULL);
		rb->env.tables->station_flush(rb->env.tables, is, 0, NULL);
	}
	for (const struct mac_entry *e = mac_walk(rb->stations, NULL); e;
		e = mac_walk(rb->stations, e))
		if (e->place.local && e->place.where == number)
			announce(rb, e);
	rbridge_esadi_retell(rb);
}

bool rbridge_station_init(struct rbridge *rb)
{
	struct mac_config config = {
		.max = rb->config.stations_max ? rb->config.stations_max : RBRIDGE_STATIONS_MAX,
		.labels = &rb->labels,
		.changed = on_changed,
		.arg = rb};

	/* What a guest makes up leaves room for others, and for what their agents say. */
	config.port_max = config.max - config.max / PORT_LEAVES;
	random_bytes(rb->env.random, config.secret, sizeof(config.secret));
	rb->stations = mac_table_new(&config);
	rbridge_row_init(rb);
	return rb->stations;
}

const struct mac_table *rbridge_stations(const struct rbridge *rb)
{
	return rb->stations;
}
