/* Who knows where a station is: a hypervisor's agent, and the configuration (see rbridge.h).
 *
 * Their word counts for more than frames do, and stands until it is taken back, or until somebody
 * who knows says that the station is elsewhere. They say a VLAN of a port, which may stand for a
 * fine-grained label. What follows from it is rbridge_station.c's. */
#include "trill/core/rbridge_internal.h"

#include <string.h>

/* In the label that @vlan stands for at @port. NULL: it is not known. */
static const struct mac_entry *find_at(
	const struct rbridge *rb, uint16_t port, uint16_t vlan, const struct mac *mac)
{
	uint16_t number = rbridge_label_number(&rb->ports[port], vlan);

	return mac_find(rb->stations, labels_label(&rb->labels, number), mac);
}

static bool is_at(const struct mac_entry *e, uint16_t port)
{
	return e && e->place.local && e->place.where == port;
}

static bool serves(const struct rbridge_port *port, uint16_t vlan)
{
	return port->up && rbridge_label_served(port, rbridge_label_number(port, vlan));
}

/* Where the station has to be if nobody says at which port: where it is known, or the one port that
 * serves its VLAN; else RBRIDGE_ANYWHERE. */
static uint16_t port_of(const struct rbridge *rb, uint16_t vlan, const struct mac *mac)
{
	uint16_t found = RBRIDGE_ANYWHERE;
	bool several = rbridge_is_anycast(rb, mac);
	unsigned int count = 0;

	for (uint16_t i = 0; i < RBRIDGE_PORTS_MAX; i++) {
		if (!serves(&rb->ports[i], vlan))
			continue;
		if (!several && is_at(find_at(rb, i, vlan, mac), i))
			return i;
		found = i;
		count++;
	}
	return count == 1 ? found : RBRIDGE_ANYWHERE;
}

const struct mac_entry *rbridge_station_find(
	const struct rbridge *rb, uint16_t vlan, const struct mac *mac, uint16_t port)
{
	const struct mac_entry *remote = NULL;

	if (port != RBRIDGE_ANYWHERE) {
		const struct mac_entry *e = find_at(rb, port, vlan, mac);

		return is_at(e, port) ? e : NULL;
	}
	for (uint16_t i = 0; i < RBRIDGE_PORTS_MAX; i++) {
		const struct mac_entry *e = find_at(rb, i, vlan, mac);

		if (is_at(e, i))
			return e;
		if (e && !e->place.local)
			remote = e;
	}
	return remote;
}

/* No end station has it: frames to it are an RBridge's own. */
static bool is_rbridges(const struct rbridge *rb, const struct mac *mac)
{
	for (uint16_t i = 0; i < RBRIDGE_PORTS_MAX; i++) {
		const struct rbridge_port *port = &rb->ports[i];

		if (port->up &&
			(!mac_compare(&port->config.mac, mac) || rbridge_port_neighbor(port, mac)))
			return true;
	}
	return false;
}

/* Behind which others know who is there. */
static uint16_t nickname_at(const struct rbridge *rb, struct mac_place place)
{
	if (!place.local)
		return place.where;
	return rb->ports[place.where].pseudo ? rb->ports[place.where].pseudo : rb->channel.nickname;
}

enum rbridge_attest rbridge_station_attest(
	struct rbridge *rb, const struct rbridge_station *station, struct mono now)
{
	struct rbridge_station s = *station;
	const struct mac_entry *e;
	struct mac_place here;
	struct mac_entry was;

	rb->now = now;
	if (!vlan_usable(s.vlan))
		return RBRIDGE_ATTEST_VLAN;
	if (s.port == RBRIDGE_ANYWHERE)
		s.port = port_of(rb, s.vlan, &s.mac);
	else if (s.port >= RBRIDGE_PORTS_MAX || !rb->ports[s.port].up)
		return RBRIDGE_ATTEST_PORT;
	if (s.port == RBRIDGE_ANYWHERE || !serves(&rb->ports[s.port], s.vlan))
		return RBRIDGE_ATTEST_VLAN;
	if (rbridge_is_anycast(rb, &s.mac) != (s.lease_s > 0))
		return s.lease_s ? RBRIDGE_ATTEST_SINGLE : RBRIDGE_ATTEST_COMMON;
	if (s.lease_s)
		return rbridge_anycast_attest(rb, &s, now);
	if (is_rbridges(rb, &s.mac))
		return RBRIDGE_ATTEST_RBRIDGE;
	if (!s.confidence)
		s.confidence = RBRIDGE_CONFIDENCE_ATTESTED;
	if (s.confidence > ESADI_CONFIDENCE_MAX)
		s.confidence = ESADI_CONFIDENCE_MAX;
	s.local = true;
	here = (struct mac_place){.local = true, .where = s.port};
	s.origin = MAC_ATTESTED;
	e = find_at(rb, s.port, s.vlan, &s.mac);
	s.vlan = rbridge_label_number(&rb->ports[s.port], s.vlan);
	if (e && e->origin == MAC_ATTESTED && ip_list_count(&s.ips) &&
		!ip_list_equal(&e->ips, &s.ips))
		rbridge_arp_attested(rb, e, false);
	switch (rbridge_station_learn(rb, &s, &was, now)) {
	case MAC_REFUSED:
		return RBRIDGE_ATTEST_ELSEWHERE;
	case MAC_GROUP:
	case MAC_FULL:
		return RBRIDGE_ATTEST_FULL;
	default:
		break;
	}
	mac_teller_set(rb->stations, labels_label(&rb->labels, s.vlan), &s.mac, &s.teller);
	/* Who asks may be believed: there is no limit, as there is where frames show a move. */
	if (was.used && nickname_at(rb, was.place) != nickname_at(rb, here))
		rbridge_station_flush(rb, was.label, &s.mac, nickname_at(rb, was.place));
	return RBRIDGE_ATTESTED;
}

/* It is not where @was says: nobody is to go on believing that it is. */
static void left(struct rbridge *rb, const struct mac_entry *was)
{
	if (was->origin != MAC_ESADI) /* its RBridge takes that back itself */
		mac_take_back(rb->stations, was->label, &was->mac, was->origin, was->place.where);
	rbridge_station_flush(rb, was->label, &was->mac, nickname_at(rb, was->place));
	if (was->place.local)
		rbridge_station_reclaim(rb, labels_number(&rb->labels, was->label), &was->mac);
}

static enum rbridge_leave leave(struct rbridge *rb, const struct mac_entry *e)
{
	struct mac_entry was = *e;

	if (was.origin == MAC_STATIC)
		return RBRIDGE_IS_CONFIGURED;
	left(rb, &was);
	return was.place.local ? RBRIDGE_WAS_LOCAL : RBRIDGE_WAS_REMOTE;
}

enum rbridge_leave rbridge_station_leave(
	struct rbridge *rb, uint16_t vlan, const struct mac *mac, struct mono now)
{
	const struct mac_entry *e =
		vlan_usable(vlan) ? rbridge_station_find(rb, vlan, mac, RBRIDGE_ANYWHERE) : NULL;

	rb->now = now;
	if (rbridge_is_anycast(rb, mac))
		return rbridge_anycast_leave(rb, vlan, mac, RBRIDGE_ANYWHERE);
	return e ? leave(rb, e) : RBRIDGE_WAS_ABSENT;
}

/* Another agent has said since that it has it. */
static bool is_anothers(const struct mac_entry *e, const struct mac_teller *teller)
{
	static const struct mac_teller none;

	return memcmp(teller, &none, sizeof(none)) != 0 &&
	       memcmp(&e->teller, &none, sizeof(none)) != 0 &&
	       memcmp(&e->teller, teller, sizeof(*teller)) != 0;
}

enum rbridge_leave rbridge_station_leave_here(
	struct rbridge *rb, const struct rbridge_station *s, struct mono now)
{
	enum rbridge_leave was = RBRIDGE_WAS_ABSENT;

	rb->now = now;
	if (rbridge_is_anycast(rb, &s->mac))
		return rbridge_anycast_leave(rb, s->vlan, &s->mac, s->port);
	/* Where else it is, somebody else says, and may have said it before us. */
	for (uint16_t i = 0; i < RBRIDGE_PORTS_MAX && vlan_usable(s->vlan); i++) {
		const struct mac_entry *e = find_at(rb, i, s->vlan, &s->mac);

		if ((s->port == RBRIDGE_ANYWHERE || s->port == i) && is_at(e, i) &&
			e->origin != MAC_ESADI && !is_anothers(e, &s->teller))
			was = leave(rb, e);
	}
	return was;
}

void rbridge_port_removed(struct rbridge *rb, uint16_t port, struct mono now)
{
	rbridge_port_down(rb, port, now);
	rb->now = now;
	for (const struct mac_entry *e = mac_walk(rb->stations, NULL); e;
		e = mac_walk(rb->stations, e)) {
		struct mac_entry was = *e;

		if (was.origin == MAC_ATTESTED && is_at(e, port))
			left(rb, &was);
	}
}

bool rbridge_static_station(
	struct rbridge *rb, const struct tables_station *s, bool there, struct mono now)
{
	struct rbridge_port *port = s->nickname ? NULL : rbridge_port_of(rb, s->ifindex);
	uint16_t number = port ? rbridge_label_number(port, s->vlan) : s->vlan;
	struct rbridge_station station = {.vlan = number,
		.mac = s->mac,
		.local = port,
		.port = port ? port->number : 0,
		.nickname = s->nickname,
		.confidence = MAC_CONFIDENCE_STATIC,
		.origin = MAC_STATIC};
	uint16_t where = port ? port->number : s->nickname;
	const struct mac_entry *e;
	struct mac_entry was;

	rb->now = now;
	if ((!port && !s->nickname) || !vlan_usable(s->vlan))
		return false;
	if (there)
		return rbridge_station_learn(rb, &station, &was, now) <= MAC_SAME;
	e = mac_find(rb->stations, labels_label(&rb->labels, number), &s->mac);
	if (!e || e->origin != MAC_STATIC || e->place.local != station.local ||
		e->place.where != where)
		return false;
	mac_take_back(rb->stations, e->label, &s->mac, MAC_STATIC, where);
	rbridge_station_reclaim(rb, number, &s->mac);
	return true;
}
