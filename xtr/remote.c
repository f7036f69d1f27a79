/* See rooms.h: packets that miss, answers about other sites' EIDs, and requests to ask again. */
#include "xtr/rooms.h"

#include <errno.h>
#include <string.h>

#include "xtr/acknowledge.h"

static void drop(struct router *r, enum xtr_counter reason)
{
	env_count(&r->env, reason);
}

static void send_back(struct router *r, const struct datapath_event *e)
{
	struct datapath *dp = r->env.datapath;
	bool anywhere = handover_packet(r->handover, &e->eid) == HANDOVER_GOES_ON;

	if ((anywhere ? dp->send_back : dp->inject)(dp, e->packet, e->packet_len) < 0)
		drop(r, XTR_HOLD_DROP_INJECT);
	else
		env_count(&r->env, XTR_HOLD_RELEASED);
}

/* A guest that has just come goes on with what it did, at its full rate, to places that this site
 * has not asked for yet: all of it waits as what comes for it does. */
static enum hold_class class_of(const struct router *r, const struct datapath_event *e)
{
	return e->ifindex && handover_arrived(r->handover) ? HOLD_ARRIVAL : HOLD_MAPPING;
}

/* It is younger than what the old site of the guest, which has just come, sends after it. Where
 * there is no room for it its order is lost, and it is not. */
static bool waits_its_turn(struct router *r, const struct datapath_event *e)
{
	if (!handover_orders(r->handover, &e->eid) && !hold_has_later(r->hold, &e->eid))
		return false;
	return handover_overtakes(r->handover, e) &&
	       hold_add_later(r->hold, &e->eid, e->packet, e->packet_len);
}

/* What came up while its queue was already on the way down follows behind it; the rest waits. */
void remote_miss(struct router *r, const struct datapath_event *e)
{
	const struct dynamic_eid_host *host = dynamic_eid_find(r->hosts, &e->eid);

	env_count(&r->env, XTR_MISSES);
	if (!policy_space(&r->env.policy, &e->eid)) {
		drop(r, XTR_HOLD_DROP_NO_SPACE);
		return;
	}
	if (waits_its_turn(r, e))
		return;
	switch (forwarding_comes_up(r, &e->eid) ? HANDOVER_WAITS
						: handover_packet(r->handover, &e->eid)) {
	case HANDOVER_WAITS:
		hold_add(r->hold, &e->eid, HOLD_MOVE, e->ifindex, e->packet, e->packet_len);
		return;
	case HANDOVER_GOES_ON:
		send_back(r, e);
		return;
	case HANDOVER_NO_MATTER:
		break;
	}
	if (host && host->lost && site_local(r, &e->eid, NULL)) {
		hold_add(r->hold, &e->eid, HOLD_MAPPING, e->ifindex, e->packet, e->packet_len);
		return;
	}
	switch (hold_ready(r->hold, &e->eid) ? DATAPATH_NONE : forwarding_lookup(r, &e->eid)) {
	case DATAPATH_NONE:
		hold_add(r->hold, &e->eid, class_of(r, e), e->ifindex, e->packet, e->packet_len);
		resolution_ask(r->resolution, &e->eid, false);
		break;
	case DATAPATH_DROP:
		drop(r, XTR_HOLD_DROP_NEGATIVE);
		break;
	default:
		send_back(r, e);
	}
}

/* A mapping wider than the EID-space is used within the space only: the space's own entry would
 * else hide it. */
static bool within_space(const struct router *r, const struct eid *asked, struct eid *eid)
{
	const struct eid *space = policy_space(&r->env.policy, asked);

	if (!space)
		return false;
	if (eid_covers(eid, space))
		*eid = *space;
	return true;
}

static void install(struct router *r, const struct eid *eid, const struct lisp_record *rec,
	const struct locator_set *set, bool protected)
{
	bool fresh = !map_cache_find(r->cache, eid);
	const struct map_cache_entry *e =
		map_cache_put(r->cache, eid, rec->ttl_min, rec->act, set, protected);

	if (!e)
		return;
	if (set->count && fresh) {
		forwarding_drain(r, eid);
	} else {
		forwarding_update(r, eid);
		if (set->count || e->act == LISP_ACT_NATIVE_FORWARD)
			hold_send(r->hold, eid);
		else
			hold_drop(r->hold, eid);
	}
	resolution_cancel(r->resolution, eid);
	gateway_resolved(r->gateway, eid);
}

/* A host that left us has moved on: redirect to where it is now. When nobody has it, to nowhere:
 * xTRs that it has left one after the other would else pass its packets on in a circle, for as long
 * as any come. */
static void follow(struct router *r, const struct eid *asked, const struct locator_set *set)
{
	struct away_entry *away = away_find(r->away, asked);

	if (!away || !away->redirect)
		return;
	if (set->count)
		away_put(r->away, asked, away->seq, true, set);
	else
		away_remove(r->away, asked);
	forwarding_update(r, asked);
	if (set->count)
		hold_send(r->hold, asked);
}

/* A less-specific answer takes the place of what was cached below it (RFC 9301 section 5.5), which
 * would hide it: of what covers @asked, that is; the rest was not asked about, and a Map-Server
 * that has lost its state would else take all of it at once. Not of what the same reply brought. */
static void uncover(struct router *r, const struct eid *asked, const struct eid *told)
{
	const struct map_cache_entry *e;
	struct eid eid;

	while ((e = map_cache_longest(r->cache, asked)) && e->node.eid.plen > told->plen &&
		mono_before(e->installed, r->env.now)) {
		eid = e->node.eid;
		map_cache_remove(r->cache, &eid);
	}
}

static void answer(
	void *arg, const struct eid *asked, const struct lisp_record *rec, bool protected)
{
	struct router *r = arg;
	struct eid eid = rec->eid.eid;
	struct locator_set set;

	if (eid_equal(&eid, asked) && rec->locator_count) {
		locator_set_read(&r->env, rec, &set);
		if (handover_resolved(r->handover, &eid, &set))
			return;
	}
	if (!within_space(r, asked, &eid) || site_local(r, &eid, NULL)) {
		drop(r, XTR_REPLY_DROP_EID);
		return;
	}
	if (rec->ttl_min == LISP_TTL_REMOVE) {
		map_cache_remove(r->cache, &eid);
		return;
	}
	locator_set_read(&r->env, rec, &set);
	if (!rec->locator_count && rec->act == LISP_ACT_SEND_MAP_REQUEST)
		return; /* what is held waits for the next answer */
	if (locator_set_ours(&r->env, &set)) {
		map_cache_remove(r->cache, &eid);
		site_look_for(r, asked);
		return;
	}
	install(r, &eid, rec, &set, protected);
	if (eid_covers(&eid, asked)) {
		uncover(r, asked, &eid);
		follow(r, asked, &set);
	}
}

/* ---- what Map-Servers publish (RFC 9437 section 6) ---- */

/* What is here we know better; what the records say of it is the claims' to judge. */
static void follow_publication(struct router *r, const struct map_register *m)
{
	struct lisp_records it = m->records;
	struct lisp_record rec;

	while (lisp_records_next(&it, &rec)) {
		if (!rec.eid.plain || site_local(r, &rec.eid.eid, NULL))
			continue;
		env_count(&r->env, XTR_PUBLICATIONS);
		answer(r, &rec.eid.eid, &rec, true);
	}
}

/* Section 5: "the xTR can use this signal to try to reinstall its subscription". */
static bool is_end(const struct lisp_record *rec)
{
	return !rec->locator_count && rec->act == LISP_ACT_DROP_AUTH;
}

/* Somebody has asked for the end, and what we acknowledge stands. */
static bool is_end_to_confirm(const struct lisp_record *rec)
{
	return is_end(rec) && rec->ttl_min == LISP_TTL_REMOVE;
}

static void ended(struct router *r, const struct eid *eid, const struct address *server)
{
	env_count(&r->env, XTR_SUBSCRIPTIONS_ENDED);
	subscriber_ended(r->subscriber, eid, server);
	if (map_cache_find(r->cache, eid))
		resolution_ask(r->resolution, eid, false);
}

static void replayed(struct router *r, const struct map_register *m, const struct endpoint *from)
{
	char peer[ENDPOINT_TEXT];

	env_count(&r->env, XTR_NOTIFY_DROP_REPLAY);
	log_limited(r->env.log, &r->replayed, r->env.now, LOG_LEVEL_WARNING,
		"map-notify from %s: nonce 0x%016llx is not above the last one: a replay",
		endpoint_format(from, peer, sizeof(peer)), (unsigned long long)m->nonce);
}

/* The same nonce, and other contents: a Map-Server that has lost its subscriptions has begun to
 * count anew, and which of its two words is the later cannot be told. */
static void compare(struct router *r, const struct lisp_record *rec)
{
	const struct map_cache_entry *cached = map_cache_find(r->cache, &rec->eid.eid);
	struct locator_set said, kept;

	if (!cached)
		return;
	locator_set_read(&r->env, rec, &said);
	map_cache_locators(cached, &kept);
	if (!locator_set_equal(&said, &kept))
		resolution_ask(r->resolution, &rec->eid.eid, false);
}

static void confirm(struct router *r, struct router_server *s, const struct pubsub_key *key,
	const struct map_register *m, const struct endpoint *to)
{
	if (key->len)
		acknowledge_publication(&r->env, key, m, to);
	else if (s)
		acknowledge(s->server, m, to);
}

/* A publication. The last nonce once more: our acknowledgement was lost. */
static void published(struct router *r, struct router_server *s, const struct pubsub_key *key,
	const struct map_register *m, const struct lisp_record *first, enum subscriber_news news,
	const struct endpoint *from)
{
	const struct eid *eid = &first->eid.eid;

	switch (news) {
	case SUBSCRIBER_NEW:
	case SUBSCRIBER_AGAIN:
		if (is_end_to_confirm(first)) { /* not we */
			env_count(&r->env, XTR_NOTIFY_DROP_FOREIGN);
			return;
		}
		if (is_end(first)) {
			ended(r, eid, &from->addr);
			return;
		}
		confirm(r, s, key, m, from);
		if (news == SUBSCRIBER_AGAIN) {
			env_count(&r->env, XTR_PUBLICATIONS_AGAIN);
			compare(r, first);
			return;
		}
		subscriber_save(r->subscriber, eid, m->nonce, &from->addr);
		follow_publication(r, m);
		return;
	case SUBSCRIBER_OLD:
		replayed(r, m, from);
		return;
	case SUBSCRIBER_AHEAD:
		if (!is_end(first)) {
			replayed(r, m, from);
			return;
		}
		/* fall through */
	case SUBSCRIBER_LEAVING:
		confirm(r, s, key, m, from);
		env_count(&r->env, XTR_UNSUBSCRIBES_ACKED);
		subscriber_ended(r->subscriber, eid, &from->addr);
		return;
	case SUBSCRIBER_FOREIGN: /* not acknowledged, it ends there by itself */
		env_count(&r->env, XTR_NOTIFY_DROP_REPLAY);
		return;
	default:
		return;
	}
}

/* A Map-Notify about what we ask for, and no answer to it: we forgot our nonces, and the Map-Server
 * says where it is (docs/decisions/pubsub.md). Nothing else of it is believed: it may be an old
 * one.
 */
static bool catch_up(struct router *r, struct router_server *s, const uint8_t *msg, size_t len,
	const struct map_register *m, const struct lisp_record *first)
{
	const struct eid *eid = &first->eid.eid;

	if (!s || policy_is_ours(&r->env.policy, eid) ||
		!resolution_behind(r->resolution, eid, m->nonce) ||
		!server_authentic(s->server, LISP_MAP_NOTIFY, msg, len, m->nonce, &m->auth))
		return false;
	resolution_catch_up(r->resolution, eid, m->nonce);
	return true;
}

/* What accepts a protected request has its key; or that of a Map-Server which keeps to the one it
 * shares with us. */
static bool is_authentic(struct router *r, struct router_server *s, bool asked,
	const struct lisp_record *first, const uint8_t *msg, size_t len,
	const struct map_register *m, const struct endpoint *from, struct pubsub_key *key)
{
	if (asked)
		resolution_key(r->resolution, m->nonce, key);
	else
		subscriber_key(r->subscriber, &first->eid.eid, &from->addr, key);
	if (key->len && publication_authentic(key, m, msg, len))
		return true;
	if (key->len && !asked) {
		subscriber_leaving_key(r->subscriber, &first->eid.eid, &from->addr, key);
		return key->len && publication_authentic(key, m, msg, len);
	}
	if (!s || !server_authentic(s->server, LISP_MAP_NOTIFY, msg, len, m->nonce, &m->auth))
		return false;
	*key = (struct pubsub_key){0};
	return true;
}

bool remote_notify(struct router *r, struct router_server *s, const uint8_t *msg, size_t len,
	const struct map_register *m, const struct endpoint *from)
{
	bool asked = resolution_subscribing(r->resolution, m->nonce), plain;
	enum subscriber_news news = SUBSCRIBER_NONE;
	struct lisp_records it = m->records;
	struct lisp_record first;
	struct pubsub_key key;

	plain = lisp_records_next(&it, &first) && first.eid.plain;
	if (plain)
		news = subscriber_judge(r->subscriber, &first.eid.eid, m->nonce, &from->addr);
	/* Not acknowledged, it will come again. */
	if (!asked && news == SUBSCRIBER_NONE) {
		if (plain && resolution_overtaken(r->resolution, &first.eid.eid, m->nonce)) {
			env_count(&r->env, XTR_NOTIFY_DROP_EARLY);
			return true;
		}
		return plain && catch_up(r, s, msg, len, m, &first);
	}
	if (!is_authentic(r, s, asked, &first, msg, len, m, from, &key)) {
		env_count(&r->env, XTR_NOTIFY_DROP_AUTH);
		return true;
	}
	if (!asked) {
		published(r, s, &key, m, &first, news, from);
	} else if (resolution_notify(r->resolution, m, &from->addr, &key)) {
		env_count(&r->env, XTR_SUBSCRIBED);
		confirm(r, s, &key, m, from);
	}
	explicit_bzero(&key, sizeof(key));
	return true;
}

/* For the host itself, not the cached prefix that covers it: it is the host that has moved. */
void remote_smr(struct router *r, const struct map_request *m)
{
	struct eid eids[2];
	unsigned int count = smr_eids(m, eids), i;
	enum smr_verdict verdict;

	for (i = 0; i < count; i++) {
		if (!map_cache_longest(r->cache, &eids[i]) && !away_find(r->away, &eids[i]))
			continue;
		verdict = smr_accept(r->smr, &eids[i]);
		if (verdict == SMR_NOW)
			resolution_ask(r->resolution, &eids[i], true);
		else if (verdict == SMR_LATER)
			resolution_ask_later(r->resolution, &eids[i], r->env.policy.timers.smr_ms);
		return;
	}
	drop(r, XTR_SMR_DROP_UNCACHED);
}

struct told {
	struct router *r;
	const struct address *peer;
};

static bool tell_static(struct eid_node *node, void *arg)
{
	const struct told *t = arg;

	smr_send(t->r->smr, t->peer, &node->eid);
	return true;
}

static bool tell_host(struct dynamic_eid_host *h, void *arg)
{
	const struct told *t = arg;

	smr_send(t->r->smr, t->peer, &h->node.eid);
	return true;
}

static bool tell_peer(const struct router_rloc_view *v, void *arg)
{
	struct told t = {.r = arg, .peer = &v->addr};

	eid_table_each(t.r->statics, tell_static, &t);
	dynamic_eid_each(t.r->hosts, tell_host, &t);
	return true;
}

/* The data plane does not know to whom it sent in the last minute; the locators of cached mappings
 * are those it can have sent to. What is over the limits learns of the change when its mapping
 * expires, or is asked. */
void remote_tell_peers(struct router *r)
{
	probe_each(r->probe, tell_peer, r);
}

static void gone(void *arg, const struct eid *eid, bool removed)
{
	struct router *r = arg;

	forwarding_update(r, eid);
	if (!removed)
		subscriber_leave(r->subscriber, eid);
}

static void leave(void *arg, const struct eid *eid, uint64_t nonce, struct pubsub_key *key)
{
	const struct router *r = arg;

	resolution_unsubscribe(r->resolution, eid, nonce, key);
}

static void refresh(void *arg, const struct eid *eid)
{
	struct router *r = arg;

	resolution_ask(r->resolution, eid, false);
}

static void rloc_changed(void *arg, const struct eid *user, bool up)
{
	forwarding_update(arg, user);
}

/* A locator that its xTR has taken out of use, or back, without knowing that we send to it: ask. */
static void rloc_told(void *arg, const struct eid *user, const struct router_locator *itself)
{
	struct router *r = arg;
	const struct map_cache_entry *cached = map_cache_find(r->cache, user);
	unsigned int i;

	for (i = 0; cached && i < cached->count; i++) {
		const struct router_locator *l = &cached->locators[i].l;

		if (address_equal(&l->addr, &itself->addr) &&
			(l->priority != itself->priority || l->weight != itself->weight)) {
			resolution_ask(r->resolution, user, false);
			return;
		}
	}
}

int remote_init(struct router *r)
{
	const struct probe_listener probe = {.changed = rloc_changed, .told = rloc_told, .arg = r};
	const struct map_cache_listener cache = {.gone = gone, .refresh = refresh, .arg = r};
	const struct subscriber_listener subscriber = {.leave = leave, .arg = r};
	const struct resolution_listener resolution = {.answer = answer, .arg = r};

	r->hold = hold_new(&r->env);
	r->probe = probe_new(&r->env, &probe);
	r->cache = r->probe ? map_cache_new(&r->env, r->probe, &cache) : NULL;
	r->subscriber = subscriber_new(&r->env, &subscriber);
	r->resolution = r->subscriber ? resolution_new(&r->env, r->subscriber, &resolution) : NULL;
	r->smr = smr_new(&r->env);
	return r->hold && r->cache && r->resolution && r->smr ? 0 : -ENOMEM;
}

void remote_fini(struct router *r)
{
	hold_free(r->hold);
	map_cache_free(r->cache);
	probe_free(r->probe);
	resolution_free(r->resolution);
	subscriber_free(r->subscriber);
	smr_free(r->smr);
}
