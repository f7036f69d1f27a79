/* See rooms.h: what is here. It joins the hosts found, the questions put to them, the Map-Servers'
 * word and the away table, by the rules of docs/architecture.md section 5. */
#include "xtr/rooms.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define STRANGERS_PER_S 100 /* hosts asked because packets for them come here */

struct static_eid {
	struct eid_node node;
};

static void tell(struct router *r, enum router_event_type type, const struct eid *eid, uint64_t seq,
	const struct address *rloc)
{
	const struct dynamic_eid_host *host = dynamic_eid_find(r->hosts, eid);
	struct router_event event = {.type = type, .eid = *eid, .seq = seq};

	if (rloc)
		event.rloc = *rloc;
	if (host)
		event.ifindex = dynamic_eid_ifindex(host);
	env_event(&r->env, &event);
}

/* Ownership at the Map-Servers. */

static void own(struct router *r, const struct eid *host, bool verified)
{
	unsigned int i;

	for (i = 0; i < r->server_count; i++) {
		struct router_server *s = &r->servers[i];

		if (!s->claim)
			registration_add(s->registration, host);
		else if (!claim_owned(s->claim, host))
			claim_start(s->claim, host, verified);
	}
}

static void disown(struct router *r, const struct eid *host, bool withdraw)
{
	unsigned int i;

	for (i = 0; i < r->server_count; i++) {
		struct router_server *s = &r->servers[i];

		if (s->claim && withdraw)
			claim_withdraw(s->claim, host);
		else if (s->claim)
			claim_stop(s->claim, host);
		else if (withdraw)
			registration_remove(s->registration, host);
		else
			registration_forget(s->registration, host);
	}
}

void site_drop(struct router *r, const struct eid *host, bool withdraw)
{
	disown(r, host, withdraw);
	verify_cancel(r->verify, host);
	dynamic_eid_remove(r->hosts, host);
	forwarding_update(r, host);
}

/* Hosts. */

/* For a host that may have gone: no hurry. */
static struct verify_pace steady(const struct router *r)
{
	const struct policy_timers *t = &r->env.policy.timers;

	return (struct verify_pace){t->confirm_ms, t->confirm_ms * t->idle_tries, false};
}

/* For a host that seems to be here: packets wait for its word, and a first question is easily lost
 * on a new port. */
static struct verify_pace hasty(const struct router *r)
{
	const struct policy_timers *t = &r->env.policy.timers;

	return (struct verify_pace){t->verify_ms, t->confirm_ms, true};
}

static void ask(struct router *r, const struct dynamic_eid_host *h, struct verify_pace pace)
{
	const struct verify_where where = {
		.ifindex = h->lost ? 0 : dynamic_eid_ifindex(h), .mac = h->lost ? NULL : h->mac};

	verify_ask(r->verify, &h->node.eid, &where, pace);
}

/* Its neighbours may have been told that it is at the gateway's MAC. */
static bool was_elsewhere(const struct router *r, const struct eid *host)
{
	const struct map_cache_entry *c = map_cache_find(r->cache, host);

	return away_find(r->away, host) || (c && !c->negative);
}

/* A Map-Server has given a number of it to somebody. */
static bool was_claimed(const struct router *r, const struct eid *host)
{
	for (unsigned int i = 0; i < r->server_count; i++)
		if (r->servers[i].claim && claim_seq(r->servers[i].claim, host))
			return true;
	return false;
}

static void found(struct router *r, const struct eid *host, const uint8_t mac[6])
{
	bool elsewhere = was_elsewhere(r, host);

	if (elsewhere || was_claimed(r, host))
		dynamic_eid_find(r->hosts, host)->won = r->env.now;
	away_remove(r->away, host);
	map_cache_remove(r->cache, host);
	resolution_cancel(r->resolution, host);
	forwarding_update(r, host);
	hold_send(r->hold, host);
	if (elsewhere)
		gateway_came(r->gateway, host, mac);
	own(r, host, false);
	tell(r, ROUTER_HOST_FOUND, host, 0, NULL);
}

/* Somebody who knows better says otherwise, or there can be no such host: counted. */
static bool disbelieved(struct router *r, const struct eid *host, int ifindex, const uint8_t mac[6])
{
	if (!policy_dynamic(&r->env.policy, host)) {
		env_count(&r->env, XTR_HOSTS_DROP_PREFIX);
		return true;
	}
	/* The gateway's address is every site's: what speaks with it is no host. */
	if (eid_table_find(r->own, host)) {
		env_count(&r->env, XTR_HOSTS_DROP_OWN);
		return true;
	}
	/* Its agent speaks for it: a frame can be late, or forged. */
	if (handover_speaks(r->handover, host)) {
		env_count(&r->env, XTR_HOSTS_DROP_MOVING);
		handover_heard(r->handover, host, ifindex, mac);
		return true;
	}
	if (campus_gainsays(r->campus, host, mac)) {
		env_count(&r->env, XTR_HOSTS_DROP_ATTESTED);
		return true;
	}
	return false;
}

bool site_seen(
	struct router *r, const struct eid *host, int ifindex, const uint8_t mac[6], bool announced)
{
	const struct verify_where where = {.ifindex = ifindex, .mac = mac};
	const struct dynamic_eid_host *h = dynamic_eid_find(r->hosts, host);
	enum dynamic_eid_news news;
	bool was_lost;

	if (disbelieved(r, host, ifindex, mac))
		return true;
	if (!announced && !h && away_find(r->away, host)) {
		verify_ask(r->verify, host, &where, hasty(r));
		return true;
	}
	was_lost = h && h->lost;
	news = dynamic_eid_seen(r->hosts, host, ifindex, mac);
	if (news == DYNAMIC_EID_NEW)
		found(r, host, mac);
	else if (was_lost)
		forwarding_drain(r, host);
	if (announced)
		verify_answer(r->verify, host);
	return news != DYNAMIC_EID_REFUSED;
}

/* What comes for it is held until it is heard of again, here or elsewhere. */
static void lose(struct router *r, struct dynamic_eid_host *h)
{
	h->lost = true;
	forwarding_update(r, &h->node.eid);
}

void site_unreachable(struct router *r, const struct eid *host)
{
	struct dynamic_eid_host *h = dynamic_eid_find(r->hosts, host);

	if (!h || h->contested || handover_speaks(r->handover, host))
		return;
	lose(r, h);
	ask(r, h, steady(r));
}

static void idle(void *arg, struct dynamic_eid_host *h)
{
	struct router *r = arg;

	if (!h->lost && address_is_ip(&h->node.eid.addr) &&
		!handover_knows(r->handover, &h->node.eid) &&
		!campus_attests(r->campus, &h->node.eid))
		ask(r, h, steady(r));
}

/* What the campus tells (docs/decisions/campus.md). */

/* What is attested stands without a question, also for who was away; what was only heard by
 * another RBridge is worth what we hear ourselves. */
static bool campus_there(
	void *arg, const struct eid *host, int ifindex, const uint8_t mac[6], bool attested)
{
	struct router *r = arg;

	handover_placed(r->handover, host);
	return site_seen(r, host, ifindex, mac, attested || !away_find(r->away, host));
}

static void campus_left(void *arg, const struct eid *host)
{
	struct router *r = arg;

	handover_placed(r->handover, host);
}

/* Its RBridge may only have been cut off: the machine is asked before it is withdrawn, at once when
 * somebody who knows has taken his word back. */
static void campus_gone(void *arg, const struct eid *host, const uint8_t mac[6], bool attested)
{
	struct router *r = arg;
	struct dynamic_eid_host *h = dynamic_eid_find(r->hosts, host);

	if (!h || h->contested || handover_speaks(r->handover, host) ||
		handover_knows(r->handover, host) || memcmp(h->mac, mac, sizeof(h->mac)) != 0)
		return;
	lose(r, h);
	ask(r, h, attested ? hasty(r) : steady(r));
}

static void campus_moved(void *arg, const struct eid *host)
{
	struct router *r = arg;

	if (!dynamic_eid_find(r->hosts, host))
		return;
	for (unsigned int i = 0; i < r->server_count; i++) {
		registration_renew(r->servers[i].registration, host);
		if (r->servers[i].claim)
			claim_again(r->servers[i].claim, host);
	}
}

/* @host, of which all that is known here was, is another site's: the campus forgets the machine
 * with the last of its addresses. */
static void tell_campus(struct router *r, const struct eid *host, int ifindex, const uint8_t mac[6])
{
	static const uint8_t none[6];

	if (!ifindex)
		ifindex = campus_ifindex(r->campus, host);
	campus_elsewhere(r->campus, host);
	if (!r->env.ops->station_left || !ifindex || !mac || !memcmp(mac, none, sizeof(none)) ||
		dynamic_eid_has_mac(r->hosts, ifindex, mac))
		return;
	env_count(&r->env, XTR_CAMPUS_LEFT);
	r->env.ops->station_left(r->env.ops, ifindex, mac);
}

static void port_changed(void *arg, struct dynamic_eid_host *h, bool up)
{
	struct router *r = arg;
	const struct policy_timers *t = &r->env.policy.timers;
	uint32_t end_ms = t->port_down_s * 1000;

	if (!address_is_ip(&h->node.eid.addr)) { /* its agent's word alone counts */
		h->lost = false;
		return;
	}
	if (handover_speaks(r->handover, &h->node.eid))
		return;
	if (!up)
		lose(r, h);
	ask(r, h, (struct verify_pace){up ? t->verify_ms : t->confirm_ms, end_ms, true});
}

static void left(struct router *r, const struct eid *host)
{
	const struct dynamic_eid_host *h = dynamic_eid_find(r->hosts, host);
	struct away_entry *away = away_find(r->away, host);
	int ifindex = h ? dynamic_eid_ifindex(h) : 0;
	uint8_t mac[6] = {0};

	env_count(&r->env, XTR_HOSTS_LEFT);
	if (away)
		away->redirect = true;
	if (h) {
		memcpy(mac, h->mac, sizeof(mac));
		away_mac(r->away, host, mac);
	}
	site_drop(r, host, false);
	if (away)
		forwarding_drain(r, host);
	else if (hold_has(r->hold, host))
		resolution_ask(r->resolution, host, false);
	gateway_left(r->gateway, host);
	tell_campus(r, host, ifindex, mac);
	tell(r, ROUTER_HOST_AWAY, host, away ? away->seq : 0,
		away && away->locators.count ? &away->locators.list[0].addr : NULL);
}

static void died(struct router *r, const struct eid *host)
{
	env_count(&r->env, XTR_HOSTS_GONE);
	tell(r, ROUTER_HOST_GONE, host, 0, NULL);
	site_drop(r, host, true);
	hold_drop(r->hold, host);
}

/* It stands here whatever the Map-Server said: keep delivering, claim with what is known now (rule
 * 4). */
static void stayed(struct router *r, struct dynamic_eid_host *h)
{
	const struct limit_rate rate = limit_per_s(1, r->env.policy.limits.claim_burst);
	unsigned int i;

	h->contested = false;
	if (!h->by_hand)
		h->won = r->env.now;
	away_remove(r->away, &h->node.eid);
	forwarding_update(r, &h->node.eid);
	own(r, &h->node.eid, true);
	if (!limit_take(&h->renewals, &rate, r->env.now)) { /* a second machine with its address */
		env_count(&r->env, XTR_CLAIMS_DAMPED);
		return;
	}
	for (i = 0; i < r->server_count; i++)
		if (!r->servers[i].claim)
			registration_renew(r->servers[i].registration, &h->node.eid);
}

static void verified(void *arg, const struct eid *host, bool here)
{
	struct router *r = arg;
	struct dynamic_eid_host *h = dynamic_eid_find(r->hosts, host);

	if (handover_verified(r->handover, host, here) || !h)
		return;
	if (here && h->contested)
		stayed(r, h);
	else if (!here && h->contested)
		left(r, host);
	else if (!here && !handover_silent(r->handover, host))
		died(r, host);
}

/* The Map-Servers' word. */

/* Another owns @host. The host is asked, shortly when we had been the owner: then packets are
 * redirected at once, since the other has proved itself to the Map-Server. */
static void contest(struct router *r, const struct eid *host, uint64_t seq,
	const struct locator_set *set, bool refused)
{
	struct dynamic_eid_host *h = dynamic_eid_find(r->hosts, host);
	const struct policy_timers *t = &r->env.policy.timers;

	if (set->count)
		away_put(r->away, host, seq, !refused || !h, set);
	if (set->count && !refused)
		resolution_cancel(r->resolution, host); /* what was asked before is older */
	map_cache_remove(r->cache, host);
	forwarding_update(r, host);
	if (!h && set->count)
		hold_send(r->hold, host);
	if (!h)
		return;
	h->contested = true;
	if (h->lost && set->count)
		left(r, host);
	else if (refused || !set->count)
		ask(r, h, hasty(r));
	else
		ask(r, h, (struct verify_pace){t->verify_ms, t->verify_ms, false});
}

void site_contest(
	struct router *r, const struct eid *host, uint64_t seq, const struct locator_set *set)
{
	contest(r, host, seq, set, false);
}

static void contested(void *arg, const struct eid *host, uint64_t seq,
	const struct locator_set *set, struct mono claimed)
{
	struct router *r = arg;

	if (!handover_contested(r->handover, host, seq, set, claimed))
		contest(arg, host, seq, set, claimed.ns != 0);
	else if (set->count) /* what is cached is older, and would count when it does not come here
			      */
		map_cache_remove(r->cache, host);
}

static void granted(void *arg, const struct eid *host, uint64_t seq)
{
	struct router *r = arg;

	handover_granted(r->handover, host, seq);
	tell(r, ROUTER_HOST_OWNED, host, seq, NULL);
}

static bool ours(void *arg, const struct eid *host)
{
	struct router *r = arg;

	return policy_dynamic(&r->env.policy, host) != NULL;
}

/* A standard Map-Server's unsolicited Map-Notify: the mapping as it is now. */
static void notified(void *arg, const struct lisp_record *rec)
{
	struct router *r = arg;
	const struct eid *host = &rec->eid.eid;
	struct locator_set set;

	if (!eid_is_host(host) || !policy_dynamic(&r->env.policy, host))
		return;
	locator_set_read(&r->env, rec, &set);
	if (locator_set_ours(&r->env, &set))
		return;
	if (rec->ttl_min == LISP_TTL_REMOVE)
		set.count = 0;
	contested(r, host, 0, &set, (struct mono){0});
}

/* Where we claim, NOTIFY tells of another owner, with a number. A Map-Notify has none, and may be
 * an old publication: of a guest that is about to leave it is no more than a reason to ask. */
static void notified_beside(void *arg, const struct lisp_record *rec)
{
	struct router *r = arg;

	if (handover_departs(r->handover, &rec->eid.eid))
		resolution_ask(r->resolution, &rec->eid.eid, false);
	else
		notified(arg, rec);
}

/* What agents say. */

void site_number(
	struct router *r, const struct eid *host, const struct address *server, uint64_t seq)
{
	struct claim *only = NULL;

	for (unsigned int i = 0; i < r->server_count; i++) {
		const struct router_server *s = &r->servers[i];

		if (!s->claim || (server && !address_equal(&s->server->conf.at.addr, server)))
			continue;
		if (only)
			return;
		only = s->claim;
	}
	if (only && seq)
		claim_learn(only, host, seq);
}

void site_claim(struct router *r, const struct eid *host)
{
	own(r, host, true);
}

void site_insist(struct router *r, const struct eid *host)
{
	struct dynamic_eid_host *h = dynamic_eid_find(r->hosts, host);

	if (!h)
		return;
	verify_cancel(r->verify, host);
	h->by_hand = true;
	h->won = (struct mono){0};
	stayed(r, h);
}

/* NULL: there is no room. */
static struct dynamic_eid_host *arrived(struct router *r, const struct eid *host, int ifindex,
	const uint8_t mac[6], enum dynamic_eid_news *news)
{
	struct dynamic_eid_host *h;

	*news = dynamic_eid_seen(r->hosts, host, ifindex, mac);
	verify_cancel(r->verify, host);
	away_remove(r->away, host);
	map_cache_remove(r->cache, host);
	resolution_cancel(r->resolution, host);
	h = dynamic_eid_find(r->hosts, host);
	if (h)
		h->contested = false;
	forwarding_release(r, host, false);
	return h;
}

void site_arrived(struct router *r, const struct eid *host, int ifindex, const uint8_t mac[6])
{
	enum dynamic_eid_news news;

	if (!arrived(r, host, ifindex, mac, &news))
		return;
	own(r, host, true);
	if (news == DYNAMIC_EID_NEW)
		tell(r, ROUTER_HOST_FOUND, host, 0, NULL);
}

bool site_arrived_beside(
	struct router *r, const struct eid *host, int ifindex, const uint8_t mac[6])
{
	bool ours = true;

	for (unsigned int i = 0; i < r->server_count; i++)
		ours &= r->servers[i].claim && claim_continue(r->servers[i].claim, host);
	site_arrived(r, host, ifindex, mac);
	return ours;
}

void site_serves(struct router *r, const struct eid *host, int ifindex, const uint8_t mac[6])
{
	enum dynamic_eid_news news;

	if (arrived(r, host, ifindex, mac, &news) && news == DYNAMIC_EID_NEW)
		tell(r, ROUTER_HOST_FOUND, host, 0, NULL);
}

void site_paused(struct router *r, const struct eid *host)
{
	verify_cancel(r->verify, host);
	disown(r, host, false);
}

void site_gone(struct router *r, const struct eid *host)
{
	died(r, host);
}

void site_moved(struct router *r, const struct eid *host, uint64_t seq,
	const struct locator_set *set, const uint8_t mac[6])
{
	const struct dynamic_eid_host *h = dynamic_eid_find(r->hosts, host);
	int ifindex = h ? dynamic_eid_ifindex(h) : 0;
	uint8_t card[6] = {0};

	if (h || mac)
		memcpy(card, h ? h->mac : mac, sizeof(card));
	away_put(r->away, host, seq, true, set);
	away_mac(r->away, host, card);
	resolution_cancel(r->resolution, host); /* what was asked before this is older */
	env_count(&r->env, XTR_HOSTS_LEFT);
	site_drop(r, host, false);
	/* What was held came before, also from there: it was waited for. */
	forwarding_release(r, host, true);
	gateway_left(r->gateway, host);
	tell_campus(r, host, ifindex, card);
	tell(r, ROUTER_HOST_AWAY, host, seq, &set->list[0].addr);
}

void site_seek(struct router *r, const struct eid *host)
{
	const struct verify_where anywhere = {0};

	verify_ask(r->verify, host, &anywhere, hasty(r));
}

void site_ask(struct router *r, const struct eid *host)
{
	const struct dynamic_eid_host *h = dynamic_eid_find(r->hosts, host);

	if (h)
		ask(r, h, hasty(r));
	else /* whoever waits for the answer gets one */
		site_seek(r, host);
}

/* Packets and questions for what is not here. */

void site_look_for(struct router *r, const struct eid *host)
{
	const struct verify_where where = {0};
	const struct limit_rate rate = limit_per_s(STRANGERS_PER_S, STRANGERS_PER_S);
	uint32_t confirm_ms = r->env.policy.timers.confirm_ms;

	if (!eid_is_host(host) || !policy_dynamic(&r->env.policy, host) ||
		verify_pending(r->verify, host))
		return;
	if (limit_take(&r->strangers, &rate, r->env.now))
		verify_ask(r->verify, host, &where,
			(struct verify_pace){confirm_ms, confirm_ms, false});
}

/* Resolve first, so that what comes next can be redirected too (rule 7). */
static void stranger_hit(struct router *r, const struct eid *host, const struct address *rloc)
{
	const struct map_cache_entry *cached = map_cache_longest(r->cache, host);
	struct locator_set set;

	if (!cached || cached->negative) {
		resolution_ask(r->resolution, host, false);
		site_look_for(r, host);
		return;
	}
	if (policy_dynamic(&r->env.policy, host)) {
		map_cache_locators(cached, &set);
		away_put(r->away, host, 0, true, &set);
		forwarding_update(r, host);
	}
	smr_send(r->smr, rloc, host);
}

void site_away_hit(struct router *r, const struct eid *host, const struct address *rloc)
{
	const struct away_entry *away = away_find(r->away, host);

	env_count(&r->env, XTR_AWAY_HITS);
	if (!policy_space(&r->env.policy, host) || site_local(r, host, NULL))
		return;
	if (!away && handover_speaks(r->handover, host))
		return; /* who has it is not settled: an SMR would bring the old answer */
	if (away)
		smr_send(r->smr, rloc, host);
	else
		stranger_hit(r, host, rloc);
}

bool site_local(const struct router *r, const struct eid *eid, struct eid *mapping)
{
	const struct dynamic_eid_host *h = dynamic_eid_find(r->hosts, eid);
	const struct away_entry *away = away_find(r->away, eid);
	const struct eid_node *fixed = eid_table_longest(r->statics, eid);

	if (away && (away->redirect || !h))
		return false;
	if (!h && !fixed)
		return false;
	if (mapping)
		*mapping = h ? h->node.eid : fixed->eid;
	return true;
}

static bool local(void *arg, const struct eid *asked, struct eid *mapping)
{
	return site_local(arg, asked, mapping);
}

static void stale(void *arg, const struct eid *asked, const struct address *rloc)
{
	struct router *r = arg;

	if (eid_is_host(asked) && away_find(r->away, asked))
		smr_send(r->smr, rloc, asked);
}

static void away_gone(void *arg, const struct eid *host)
{
	forwarding_update(arg, host);
}

/* Beginning and end. */

int site_static_add(struct router *r, const struct eid *eid)
{
	struct static_eid *s;
	unsigned int i;

	if (eid_table_find(r->statics, eid))
		return 0;
	s = calloc(1, sizeof(*s));
	if (s)
		s->node.eid = *eid;
	if (!s || eid_table_insert(r->statics, &s->node) < 0) {
		free(s);
		return -ENOMEM;
	}
	for (i = 0; i < r->server_count; i++)
		registration_add(r->servers[i].registration, eid);
	forwarding_update(r, eid);
	return 0;
}

void site_static_remove(struct router *r, const struct eid *eid)
{
	struct eid_node *node = eid_table_find(r->statics, eid);
	unsigned int i;

	if (!node)
		return;
	eid_table_remove(r->statics, node);
	free(eid_table_entry(node, struct static_eid, node));
	for (i = 0; i < r->server_count; i++)
		registration_remove(r->servers[i].registration, eid);
	forwarding_update(r, eid);
}

void site_own(struct router *r, const struct eid *host, bool present)
{
	struct eid_node *node = eid_table_find(r->own, host);
	struct static_eid *s;

	if (present == (node != NULL))
		return;
	if (present) {
		s = calloc(1, sizeof(*s));
		if (s)
			s->node.eid = *host;
		if (!s || eid_table_insert(r->own, &s->node) < 0) {
			free(s);
			env_count(&r->env, XTR_NO_MEMORY);
			return;
		}
		if (dynamic_eid_find(r->hosts, host))
			site_drop(r, host, true);
	} else {
		eid_table_remove(r->own, node);
		free(eid_table_entry(node, struct static_eid, node));
	}
	forwarding_update(r, host);
}

struct router_server *site_server(struct router *r, const struct address *addr)
{
	unsigned int i;

	for (i = 0; i < r->server_count; i++)
		if (address_equal(&r->servers[i].server->conf.at.addr, addr))
			return &r->servers[i];
	return NULL;
}

void site_nat_start(struct router *r)
{
	struct server *servers[POLICY_SERVERS_MAX];
	unsigned int i;

	for (i = 0; i < r->server_count; i++)
		servers[i] = r->servers[i].server;
	nat_start(r->nat, servers, r->server_count);
}

int site_server_new(struct router *r, struct router_server *s, const struct policy_server *conf)
{
	const struct registration_listener registration = {
		.notified = conf->protocol == POLICY_SUNWARD ? notified_beside : notified,
		.arg = r};
	const struct claim_listener claim = {
		.granted = granted, .contested = contested, .ours = ours, .arg = r};

	memset(s, 0, sizeof(*s));
	s->server = server_open(&r->env, conf);
	s->registration = s->server ? registration_new(s->server, &registration) : NULL;
	if (s->registration && conf->protocol == POLICY_SUNWARD)
		s->claim = claim_new(s->server, &claim);
	if (s->registration && (s->claim || conf->protocol != POLICY_SUNWARD))
		return 0;
	site_server_free(s);
	return -ENOMEM;
}

void site_server_free(struct router_server *s)
{
	claim_free(s->claim);
	registration_free(s->registration);
	server_close(s->server);
	memset(s, 0, sizeof(*s));
}

static bool fill_static(struct eid_node *node, void *arg)
{
	struct router_server *s = arg;

	registration_add(s->registration, &node->eid);
	return true;
}

static bool fill_host(struct dynamic_eid_host *h, void *arg)
{
	struct router_server *s = arg;

	if (s->claim)
		claim_start(s->claim, &h->node.eid, false);
	else
		registration_add(s->registration, &h->node.eid);
	return true;
}

void site_server_fill(struct router *r, struct router_server *s)
{
	eid_table_each(r->statics, fill_static, s);
	dynamic_eid_each(r->hosts, fill_host, s);
}

struct etr *site_etr_new(struct router *r)
{
	const struct etr_listener etr = {.local = local, .stale = stale, .arg = r};

	return etr_new(&r->env, &etr);
}

int site_init(struct router *r)
{
	const struct dynamic_eid_listener hosts = {.idle = idle, .port = port_changed, .arg = r};
	const struct campus_listener campus = {.there = campus_there,
		.left = campus_left,
		.gone = campus_gone,
		.moved = campus_moved,
		.arg = r};
	unsigned int i;

	r->statics = eid_table_new(r->env.secret);
	r->own = eid_table_new(r->env.secret);
	r->verify = verify_new(&r->env, verified, r);
	r->hosts = dynamic_eid_new(&r->env, &hosts);
	r->away = away_new(&r->env, away_gone, r);
	r->etr = site_etr_new(r);
	r->campus = campus_new(&r->env, &campus);
	r->env.campus = r->campus;
	if (!r->campus || !r->statics || !r->own || !r->verify || !r->hosts || !r->away || !r->etr)
		return -ENOMEM;
	for (i = 0; i < r->env.policy.server_count; i++) {
		if (site_server_new(r, &r->servers[i], &r->env.policy.servers[i]) < 0)
			return -ENOMEM;
		r->server_count++;
	}
	return 0;
}

static bool free_static(struct eid_node *node, void *arg)
{
	eid_table_remove(arg, node);
	free(eid_table_entry(node, struct static_eid, node));
	return true;
}

void site_fini(struct router *r)
{
	unsigned int i;

	for (i = 0; i < r->server_count; i++)
		site_server_free(&r->servers[i]);
	campus_free(r->campus);
	verify_free(r->verify);
	dynamic_eid_free(r->hosts);
	away_free(r->away);
	etr_free(r->etr);
	if (r->statics)
		eid_table_each(r->statics, free_static, r->statics);
	eid_table_free(r->statics);
	if (r->own)
		eid_table_each(r->own, free_static, r->own);
	eid_table_free(r->own);
}
