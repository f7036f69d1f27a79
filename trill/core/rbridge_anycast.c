/* MACs that several stations of the campus have in common, such as the gateway's of two tunnel
 * routers (see rbridge.h; docs/decisions/gateway.md).
 *
 * They are configured, and no frame teaches them: native frames from one are dropped, and what
 * comes from one over the campus moves nothing. Who has one says so at its RBridge, for a time; its
 * RBridges say so by ESADI, each for itself, and keep saying so whoever else does. Frames for it
 * that enter here go to the nearest: at our own ports the one with the lowest number, else to the
 * RBridge at the least cost, of equal ones as rbridge_claim.c has it. It is looked at again when a
 * claim changes, and when the campus does. */
#include "trill/core/rbridge_internal.h"

#include <string.h>

#include "lib/net/address.h"

static bool is_in(const struct rbridge_config *c, const struct mac *mac)
{
	for (unsigned int i = 0; i < c->anycast_count; i++)
		if (!mac_compare(&c->anycast[i], mac))
			return true;
	return false;
}

bool rbridge_is_anycast(const struct rbridge *rb, const struct mac *mac)
{
	return is_in(&rb->config, mac);
}

/* Of the stations at our ports that have it. */
static bool ours(const struct rbridge *rb, struct rbridge_station *s)
{
	const struct rbridge_lease *best = NULL;

	for (unsigned int i = 0; i < rb->lease_count; i++) {
		const struct rbridge_lease *l = &rb->leases[i];
		const struct rbridge_port *port = &rb->ports[l->port];

		if (!mac_compare(&l->mac, &s->mac) && port->up &&
			rbridge_label_number(port, l->vlan) == s->vlan &&
			rbridge_label_served(port, s->vlan) && (!best || l->port < best->port))
			best = l;
	}
	if (!best)
		return false;
	s->local = true;
	s->port = best->port;
	s->confidence = RBRIDGE_CONFIDENCE_ATTESTED;
	s->origin = MAC_ATTESTED;
	s->ips = best->ips;
	return true;
}

/* Of those behind other RBridges. */
static bool theirs(struct rbridge *rb, struct rbridge_station *s)
{
	struct esadi_address address = {.confidence = 0};
	struct mac_place place;

	rbridge_esadi_contested(rb, s->vlan); /* none is left out here */
	s->nickname = rbridge_esadi_claim(rb, s->vlan, &s->mac, &address);
	if (s->nickname == NICKNAME_NONE ||
		!rbridge_station_place(rb, s->vlan, s->nickname, &address, &place))
		return false;
	s->local = place.local;
	s->port = place.where;
	s->confidence = address.confidence;
	s->origin = MAC_ESADI;
	s->ips = address.ips;
	return true;
}

/* The ARP/ND cache has its addresses where frames for it go. */
static void addresses_follow(
	struct rbridge *rb, const struct mac_entry *was, const struct rbridge_station *s)
{
	bool same = was->place.local == s->local &&
		    was->place.where == (s->local ? s->port : s->nickname);

	if (was->used && (!same || !ip_list_equal(&was->ips, &s->ips)))
		rbridge_arp_attested(rb, was, false);
	for (unsigned int i = 0; !s->local && i < ip_list_count(&s->ips); i++) {
		struct address ip = ip_list_at(&s->ips, i);

		rbridge_arp_told(rb, s->vlan, s->nickname, &s->mac, &ip, s->confidence, false);
	}
}

void rbridge_anycast_settle(struct rbridge *rb, uint16_t number, const struct mac *mac)
{
	struct rbridge_station s = {.vlan = number, .mac = *mac};
	const struct mac_entry *e = mac_find(rb->stations, labels_label(&rb->labels, number), mac);
	struct mac_entry was = {.used = false}, before;
	bool known = ours(rb, &s) || theirs(rb, &s);

	if (e)
		was = *e;
	if (e && (!known || e->confidence > s.confidence))
		mac_take_back(rb->stations, was.label, mac, was.origin, was.place.where);
	if (!known)
		return;
	addresses_follow(rb, &was, &s);
	rbridge_station_learn(rb, &s, &before, rb->now);
}

/* Each of them in each label that others tell of, or that somebody here has it in. */
void rbridge_anycast_campus(struct rbridge *rb, struct mono now)
{
	rb->now = now;
	for (unsigned int i = 0; i < rb->config.anycast_count; i++)
		for (unsigned int v = 1; v < LABELS_NUMBERS; v++)
			if (rb->esadi[v])
				rbridge_anycast_settle(rb, (uint16_t)v, &rb->config.anycast[i]);
}

/* ---- who has one here ---- */

static void arm(struct rbridge *rb)
{
	struct mono next = MONO_NEVER;

	for (unsigned int i = 0; i < rb->lease_count; i++)
		next = mono_min(next, rb->leases[i].until);
	timer_set(&rb->timers, &rb->lease_timer, next);
}

static struct rbridge_lease *find(
	struct rbridge *rb, uint16_t vlan, const struct mac *mac, uint16_t port)
{
	for (unsigned int i = 0; i < rb->lease_count; i++) {
		struct rbridge_lease *l = &rb->leases[i];

		if (l->vlan == vlan && l->port == port && !mac_compare(&l->mac, mac))
			return l;
	}
	return NULL;
}

/* Those that @ends says end; in whose labels others may have it now. */
static unsigned int end(struct rbridge *rb,
	bool (*ends)(const struct rbridge_lease *l, const void *what), const void *what)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < rb->lease_count;) {
		struct rbridge_lease was = rb->leases[i];

		if (!ends(&was, what)) {
			i++;
			continue;
		}
		rb->leases[i] = rb->leases[--rb->lease_count];
		count++;
		rbridge_anycast_settle(
			rb, rbridge_label_number(&rb->ports[was.port], was.vlan), &was.mac);
	}
	arm(rb);
	return count;
}

enum rbridge_attest rbridge_anycast_attest(
	struct rbridge *rb, const struct rbridge_station *s, struct mono now)
{
	struct rbridge_lease *l = find(rb, s->vlan, &s->mac, s->port);

	if (!l) {
		if (rb->lease_count == RBRIDGE_LEASES_MAX)
			return RBRIDGE_ATTEST_FULL;
		l = &rb->leases[rb->lease_count++];
	}
	*l = (struct rbridge_lease){.vlan = s->vlan,
		.port = s->port,
		.mac = s->mac,
		.ips = s->ips,
		.until = mono_add_s(now, s->lease_s)};
	rbridge_anycast_settle(rb, rbridge_label_number(&rb->ports[s->port], s->vlan), &s->mac);
	arm(rb);
	return RBRIDGE_ATTESTED;
}

struct at {
	uint16_t vlan, port;
	const struct mac *mac;
};

static bool is_at(const struct rbridge_lease *l, const void *what)
{
	const struct at *at = what;

	return l->vlan == at->vlan && !mac_compare(&l->mac, at->mac) &&
	       (at->port == RBRIDGE_ANYWHERE || l->port == at->port);
}

enum rbridge_leave rbridge_anycast_leave(
	struct rbridge *rb, uint16_t vlan, const struct mac *mac, uint16_t port)
{
	const struct at at = {vlan, port, mac};

	return end(rb, is_at, &at) ? RBRIDGE_WAS_LOCAL : RBRIDGE_WAS_ABSENT;
}

static bool is_over(const struct rbridge_lease *l, const void *now)
{
	return mono_due(l->until, *(const struct mono *)now);
}

static void lease_fire(struct timer *t, struct mono now)
{
	struct rbridge *rb = t->arg;

	rb->now = now;
	end(rb, is_over, &now);
}

static bool is_at_port(const struct rbridge_lease *l, const void *port)
{
	return l->port == *(const uint16_t *)port;
}

void rbridge_anycast_port_down(struct rbridge_port *port)
{
	if (!port->rb->freeing)
		end(port->rb, is_at_port, &port->number);
}

void rbridge_anycast_forwarder(struct rbridge_port *port)
{
	struct rbridge *rb = port->rb;

	for (unsigned int i = 0; i < rb->lease_count; i++)
		if (rb->leases[i].port == port->number)
			rbridge_anycast_settle(rb, rbridge_label_number(port, rb->leases[i].vlan),
				&rb->leases[i].mac);
}

/* ---- the configuration ---- */

static bool is_none(const struct rbridge_lease *l, const void *config)
{
	return !is_in(config, &l->mac);
}

static bool is_same(const struct rbridge_config *a, const struct rbridge_config *b)
{
	for (unsigned int i = 0; i < a->anycast_count; i++)
		if (!is_in(b, &a->anycast[i]))
			return false;
	return a->anycast_count == b->anycast_count;
}

/* What frames taught of one that has become common is forgotten. */
void rbridge_anycast_follow(
	struct rbridge *rb, const struct rbridge_config *config, struct mono now)
{
	if (is_same(&rb->config, config))
		return;
	memcpy(rb->config.anycast, config->anycast, sizeof(config->anycast));
	rb->config.anycast_count = config->anycast_count;
	end(rb, is_none, config);
	for (const struct mac_entry *e = mac_walk(rb->stations, NULL); e;
		e = mac_walk(rb->stations, e)) {
		struct mac mac = e->mac;

		if (is_in(config, &mac))
			rbridge_anycast_settle(rb, labels_number(&rb->labels, e->label), &mac);
	}
	rbridge_anycast_campus(rb, now);
	rbridge_topology_changed(rb, now); /* the data plane is told */
}

void rbridge_anycast_init(struct rbridge *rb)
{
	timer_init(&rb->lease_timer, lease_fire, rb);
}
