/* See gateway.h. */
#include "xtr/gateway.h"

#include <stdlib.h>
#include <string.h>

#include "xtr/rooms.h"

#define ASKED_PER_S  2000 /* questions looked at, of each port */
#define PORTS        64   /* buckets for that, by ifindex */
#define WAITING_MAX  1024 /* questions whose machine is being looked up; ... */
#define WAITING_PORT 256  /* ... of them, those of one port */
#define WAITING_MS   3000 /* who asked has asked again by then, or given up */

/* Who asked for a machine whose place is not known yet. */
struct waiting {
	TAILQ_ENTRY(waiting) next;
	struct router_site_port port;
	struct arp_nd ask;
	struct eid host;
	struct mono until;
};

struct gateway {
	struct router *r;
	struct env *env;
	TAILQ_HEAD(, waiting) waiting; /* first: the oldest */
	unsigned int waiting_count;
	struct timer timer;
	struct limit asked[PORTS];
};

/* Where a machine is, as far as this site's neighbours are concerned. */
enum place {
	PLACE_HERE,  /* it answers for itself */
	PLACE_LEFT,  /* it was here: what neighbours remember of it is wrong */
	PLACE_THERE, /* at another site */
	PLACE_NOWHERE,
	PLACE_UNKNOWN,
};

/* By the map-cache. A mapping no longer than our own prefix says nothing of a single machine: it
 * may stand here, and be silent. */
static enum place cached_place(const struct router *r, const struct eid *host)
{
	const struct map_cache_entry *c = map_cache_longest(r->cache, host);
	const struct eid *prefix = policy_dynamic(&r->env.policy, host);

	if (!c)
		return PLACE_UNKNOWN;
	if (c->negative || !c->count)
		return PLACE_NOWHERE;
	return c->node.eid.plen > prefix->plen ? PLACE_THERE : PLACE_NOWHERE;
}

/* @mac: its own, where that is known; NULL else. */
static enum place place_of(const struct router *r, const struct eid *host, const uint8_t **mac)
{
	const struct dynamic_eid_host *here = dynamic_eid_find(r->hosts, host);
	const struct away_entry *away = away_find(r->away, host);

	*mac = NULL;
	if (eid_table_find(r->own, host))
		return PLACE_HERE;
	switch (handover_place(r->handover, host, mac)) {
	case HANDOVER_LEFT:
		return PLACE_LEFT;
	case HANDOVER_HERE:
		return PLACE_HERE;
	case HANDOVER_NOT_SAID:
		break;
	}
	if (here) /* perhaps it is being asked whether it has left: then we answer next time */
		return PLACE_HERE;
	if (away) {
		*mac = away->has_mac ? away->mac : NULL;
		return away->has_mac ? PLACE_LEFT : PLACE_THERE;
	}
	return cached_place(r, host);
}

static void speak(struct gateway *g, int ifindex, const struct arp_nd *m)
{
	struct router_ops *ops = g->env->ops;
	uint8_t frame[ARP_ND_MAX];
	size_t len = arp_nd_build(m, frame);

	if (len && ops->send_frame)
		ops->send_frame(ops, ifindex, frame, len);
}

/* Somebody asks whether he may use the address (RFC 5227, RFC 4862 section 5.4). That it is a
 * machine which comes back here shows by its MAC; of one whose MAC we never knew nothing is said,
 * since the right one must not be driven off its address. */
static bool defended(const struct arp_nd *ask, const uint8_t *mac)
{
	const uint8_t *asker = ask->type == ARP_REQUEST ? ask->mac : ask->eth_from;

	return mac && memcmp(mac, asker, 6) != 0;
}

static void answer(struct gateway *g, const struct router_site_port *port, const struct arp_nd *ask,
	enum place place, const uint8_t *mac)
{
	bool probe = address_is_unspecified(&ask->sender);
	struct arp_nd m;

	if (probe && !defended(ask, mac)) {
		env_count(g->env, XTR_PROXY_PROBES);
		return;
	}
	if (!arp_nd_answer(&m, ask, port->mac))
		return;
	memcpy(m.eth_from, port->own, sizeof(m.eth_from));
	/* RFC 4861 section 7.2.8: where the machine may answer too, its own word prevails. */
	m.override = place == PLACE_LEFT;
	speak(g, port->ifindex, &m);
	env_count(g->env, probe ? XTR_PROXY_DEFENDED : XTR_PROXY_ANSWERED);
}

/* ---- questions that wait for their mapping ---- */

static void waiting_free(struct gateway *g, struct waiting *w)
{
	TAILQ_REMOVE(&g->waiting, w, next);
	g->waiting_count--;
	free(w);
}

static void arm(struct gateway *g)
{
	const struct waiting *w = TAILQ_FIRST(&g->waiting);

	if (w)
		timer_set(&g->env->timers, &g->timer, w->until);
	else
		timer_cancel(&g->env->timers, &g->timer);
}

static void fire(struct timer *t, struct mono now)
{
	struct gateway *g = t->arg;
	struct waiting *w;

	while ((w = TAILQ_FIRST(&g->waiting)) && mono_due(w->until, now))
		waiting_free(g, w);
	arm(g);
}

static bool same_asker(const struct waiting *w, const struct router_site_port *port,
	const struct arp_nd *ask, const struct eid *host)
{
	return w->port.ifindex == port->ifindex && eid_equal(&w->host, host) &&
	       !memcmp(w->ask.eth_from, ask->eth_from, 6);
}

static void wait_for(struct gateway *g, const struct router_site_port *port,
	const struct arp_nd *ask, const struct eid *host)
{
	unsigned int of_port = 0;
	struct waiting *w;

	TAILQ_FOREACH (w, &g->waiting, next) {
		if (same_asker(w, port, ask, host))
			return;
		of_port += w->port.ifindex == port->ifindex;
	}
	w = g->waiting_count < WAITING_MAX && of_port < WAITING_PORT ? calloc(1, sizeof(*w)) : NULL;
	if (!w) {
		env_count(g->env, XTR_PROXY_DROP_FULL);
		return;
	}
	w->port = *port;
	w->ask = *ask;
	w->host = *host;
	w->until = mono_add_ms(g->env->now, WAITING_MS);
	TAILQ_INSERT_TAIL(&g->waiting, w, next);
	g->waiting_count++;
	arm(g);
	resolution_ask(g->r->resolution, host, false);
}

void gateway_resolved(struct gateway *g, const struct eid *eid)
{
	struct waiting *w, *next;
	const uint8_t *mac;
	enum place place;

	for (w = TAILQ_FIRST(&g->waiting); w; w = next) {
		next = TAILQ_NEXT(w, next);
		if (!eid_covers(eid, &w->host))
			continue;
		place = place_of(g->r, &w->host, &mac);
		if (place == PLACE_UNKNOWN)
			continue;
		if (place == PLACE_THERE || place == PLACE_LEFT)
			answer(g, &w->port, &w->ask, place, mac);
		waiting_free(g, w);
	}
	arm(g);
}

/* ---- questions ---- */

static bool asks_for_gateway(const struct router_site_port *port, const struct arp_nd *ask)
{
	return address_equal(&ask->target, &port->gateway4) ||
	       address_equal(&ask->target, &port->gateway6);
}

static void answer_as_gateway(
	struct gateway *g, const struct router_site_port *port, const struct arp_nd *ask)
{
	struct arp_nd m;

	if (!arp_nd_answer(&m, ask, port->mac))
		return;
	memcpy(m.eth_from, port->own, sizeof(m.eth_from));
	m.router = true;
	speak(g, port->ifindex, &m);
	env_count(g->env, XTR_GATEWAY_ANSWERED);
}

static void take(struct gateway *g, const struct router_site_port *port, const struct arp_nd *ask)
{
	struct eid host = eid_host(port->iid, &ask->target);
	const uint8_t *mac;
	enum place place;

	if (!policy_dynamic(&g->env->policy, &host))
		return;
	place = place_of(g->r, &host, &mac);
	if (place == PLACE_THERE || place == PLACE_LEFT)
		answer(g, port, ask, place, mac);
	else if (place == PLACE_UNKNOWN && !address_is_unspecified(&ask->sender))
		wait_for(g, port, ask, &host);
}

void gateway_question(
	struct gateway *g, const struct router_site_port *port, const void *frame, size_t len)
{
	const struct limit_rate rate = limit_per_s(ASKED_PER_S, ASKED_PER_S);
	struct arp_nd ask;
	const char *why;

	if (!limit_take(&g->asked[(unsigned int)port->ifindex % PORTS], &rate, g->env->now)) {
		env_count(g->env, XTR_PROXY_DROP_LIMIT);
		return;
	}
	if (!arp_nd_parse(&ask, frame, len, &why) || ask.eth_from[0] & 1) { /* a group speaks */
		if (why || ask.eth_from[0] & 1)
			env_count(g->env, XTR_PROXY_DROP_MALFORMED);
		return;
	}
	if (ask.type != ARP_REQUEST && ask.type != ND_SOLICIT)
		return;
	/* Ourselves, another xTR with the gateway's MAC, or an announcement. */
	if (!memcmp(ask.eth_from, port->mac, 6) || !memcmp(ask.eth_from, port->own, 6) ||
		address_equal(&ask.sender, &ask.target))
		return;
	if (asks_for_gateway(port, &ask))
		answer_as_gateway(g, port, &ask);
	else
		take(g, port, &ask);
}

/* ---- announcements ---- */

size_t gateway_announcement(uint8_t frame[ARP_ND_MAX], const uint8_t port_mac[6],
	const struct address *host, const uint8_t host_mac[6], const uint8_t *to)
{
	struct arp_nd m;

	if (!arp_nd_announce(&m, host_mac, host))
		return 0;
	memcpy(m.eth_from, port_mac, 6);
	if (to)
		memcpy(m.eth_to, to, 6);
	return arp_nd_build(&m, frame);
}

static void announce(struct gateway *g, const struct eid *host, const uint8_t *mac)
{
	struct router_ops *ops = g->env->ops;

	if (!ops->announce || !address_is_ip(&host->addr) || !policy_dynamic(&g->env->policy, host))
		return;
	ops->announce(ops, host, mac, 0, NULL);
	env_count(g->env, XTR_PROXY_ANNOUNCED);
}

void gateway_left(struct gateway *g, const struct eid *host)
{
	announce(g, host, NULL);
}

void gateway_came(struct gateway *g, const struct eid *host, const uint8_t mac[6])
{
	struct dynamic_eid_host *h = dynamic_eid_find(g->r->hosts, host);

	if (h)
		h->to_announce = forwarding_drains(g->r, host);
	if (!h || !h->to_announce)
		announce(g, host, mac);
}

void gateway_drained(struct gateway *g, const struct eid *eid)
{
	struct dynamic_eid_host *h = dynamic_eid_find(g->r->hosts, eid);

	if (!h || !h->to_announce)
		return;
	h->to_announce = false;
	announce(g, eid, h->mac);
}

/* Its memory of the place is wrong: of a host that it met at another site, or that has left. */
void gateway_astray(struct gateway *g, int ifindex, const struct eid *host, const uint8_t mac[6])
{
	struct router_ops *ops = g->env->ops;
	const uint8_t *own;
	enum place place;

	if (!ops->announce || !policy_dynamic(&g->env->policy, host))
		return;
	place = place_of(g->r, host, &own);
	if (place != PLACE_THERE && place != PLACE_LEFT)
		return;
	ops->announce(ops, host, NULL, ifindex, mac);
	env_count(g->env, XTR_PROXY_CORRECTED);
}

struct gateway *gateway_new(struct router *r)
{
	struct gateway *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->r = r;
	g->env = &r->env;
	TAILQ_INIT(&g->waiting);
	timer_init(&g->timer, fire, g);
	return g;
}

void gateway_free(struct gateway *g)
{
	struct waiting *w;

	if (!g)
		return;
	while ((w = TAILQ_FIRST(&g->waiting)))
		waiting_free(g, w);
	timer_cancel(&g->env->timers, &g->timer);
	free(g);
}
