/* See subscribe.h. */
#include "mapserver/subscribe.h"

#include <string.h>

#include <openssl/crypto.h>

#include "lib/base/rcu.h"
#include "mapserver/association.h"
#include "mapserver/ddt_client.h"
#include "mapserver/job.h"
#include "mapserver/pinhole.h"
#include "mapserver/resolve.h"

#define RECORDS_BYTES_MAX 1200
#define TRIES             3   /* to find the prefix unchanged by others */
#define BACKLOG_MAX       256 /* notices that wait: then the xTR gets no more subscriptions */

/* Whose request it is, and what of it was verified. */
struct applicant {
	const struct tenant *tenant; /* of the EID, and of the site; NULL: none */
	struct site *site;
	struct xtr *xtr; /* NULL: configured, and not known yet */
	struct xtr_identity who;
	bool has_path;
	struct xtr_path path;
	unsigned int rloc_count;
	struct address rlocs[SUBSCRIBER_RLOCS_MAX];
	/* Where it was told before, and acknowledged: after a restart of ours it need not register
	 * first. */
	unsigned int known_count;
	struct address known[SUBSCRIBER_RLOCS_MAX];
};

bool subscribe_is_end(const struct map_request *m)
{
	return m->itr_rloc_count == 1 && m->itr_rlocs[0].afi == AFI_NONE;
}

/* ---- who may, and where to (RFC 9437 section 1.1) ---- */

static bool is_listed(const struct site *site, const struct lisp_xtr_id *id)
{
	for (unsigned int i = 0; i < site->subscriber_count; i++)
		if (!memcmp(&site->subscribers[i], id, sizeof(*id)))
			return true;
	return false;
}

/* Nobody proves the Site-ID of an xTR that is only listed: it is the operator's word, or 0. */
static bool site_id_allowed(const struct site *site, uint64_t site_id)
{
	for (unsigned int i = 0; i < site->site_id_count; i++)
		if (site->site_ids[i] == site_id)
			return true;
	return !site->site_id_count && (!site->subscriber_count || !site_id);
}

static void note_known(struct server_thread *t, struct applicant *a)
{
	const struct subscriber *who;

	a->known_count = 0;
	if (!a->xtr || a->has_path)
		return;
	subscriptions_lock(t->server->subscriptions);
	who = a->xtr->subscriber;
	if (who) {
		a->known_count = who->rloc_count;
		memcpy(a->known, who->rlocs, sizeof(a->known));
	}
	subscriptions_unlock(t->server->subscriptions);
}

/* Its xTR-ID is the operator's list's; or, where there is none, that of an xTR that has proved by a
 * key of the site that it is the one. */
static bool may_subscribe(struct server_thread *t, struct site *site, const struct map_request *m,
	struct applicant *a)
{
	if (!site->subscribe || !site_id_allowed(site, m->site_id))
		return false;
	xtr_identity_set(&a->who, site->name, m->site_id, &m->xtr_id);
	a->site = site;
	a->xtr = xtr_find(t->server->xtrs, &a->who);
	a->has_path = a->xtr && xtr_path_get(a->xtr, &a->path);
	note_known(t, a);
	return site->subscriber_count ? is_listed(site, &m->xtr_id) : a->has_path || a->known_count;
}

/* Through all sites: once a message. */
static struct site *look_for(struct server_thread *t, const struct map_request *m,
	const struct tenant_table *tenants, struct applicant *a)
{
	const struct site_table *sites = rcu_load(&t->server->sites);

	for (size_t i = 0; i < site_table_count(sites); i++) {
		struct site *site = site_table_at(sites, i);

		if (site->subscribe && site_tenant(site, tenants) == a->tenant &&
			may_subscribe(t, site, m, a))
			return site;
	}
	return NULL;
}

/* One may stand in sites of several tenants: @eid says as whose xTR it asks. */
static bool find_applicant(struct server_thread *t, struct subscribe_request *q,
	const struct eid *eid, struct applicant *a)
{
	const struct tenant_table *tenants = rcu_load(&t->server->tenants);

	memset(a, 0, sizeof(*a));
	a->tenant = tenant_table_of(tenants, eid->iid);
	if (q->looked_up && q->tenant == a->tenant)
		return q->site && may_subscribe(t, q->site, q->msg, a);
	q->looked_up = true;
	q->tenant = a->tenant;
	q->site = look_for(t, q->msg, tenants, a);
	return q->site != NULL;
}

/* Whoever was refused too often lately costs no search. */
static bool is_stranger(const struct server_thread *t, const struct datagram *d, struct mono now)
{
	return !limit_shared_left(t->server->strangers, d->peer.addr.bytes, d->peer.addr.len, now);
}

static bool rloc_allowed(
	const struct server *s, const struct applicant *a, const struct address *rloc)
{
	const struct eid host = eid_host(0, rloc);

	if (!address_is_ip(rloc) || address_is_multicast(rloc) || address_is_unspecified(rloc) ||
		!(rloc->afi == AFI_IPV4 ? s->opt.ipv4 : s->opt.ipv6))
		return false;
	for (unsigned int i = 0; i < a->site->itr_rloc_count; i++)
		if (eid_covers(&a->site->itr_rlocs[i], &host))
			return true;
	if (a->site->itr_rloc_count)
		return false;
	for (unsigned int i = 0; i < a->known_count; i++)
		if (address_equal(rloc, &a->known[i]))
			return true;
	return a->has_path && address_equal(rloc, &a->path.peer.addr);
}

/* Those that it may use are kept, the others left out. */
static void collect_rlocs(
	struct server_thread *t, const struct subscribe_request *q, struct applicant *a)
{
	const struct map_request *m = q->msg;

	if (subscribe_is_end(m)) { /* "to the source RLOC of the Map-Request" */
		if (rloc_allowed(t->server, a, &q->ecm->source.addr))
			a->rlocs[a->rloc_count++] = q->ecm->source.addr;
		return;
	}
	for (unsigned int i = 0; i < m->itr_rloc_count; i++) {
		struct address rloc;

		if (a->rloc_count < SUBSCRIBER_RLOCS_MAX &&
			lisp_field_locator(&m->itr_rlocs[i], &rloc) &&
			rloc_allowed(t->server, a, &rloc))
			a->rlocs[a->rloc_count++] = rloc;
	}
}

static enum subscribe_verdict refuse(struct server_thread *t, enum lisp_act why, enum lisp_act *act)
{
	server_count(t, COUNT_SUBSCRIPTIONS_REFUSED);
	*act = why;
	return SUBSCRIBE_REFUSED;
}

static enum subscribe_verdict limited(struct server_thread *t)
{
	server_count(t, COUNT_SUBSCRIPTIONS_LIMITED);
	return SUBSCRIBE_PLAIN;
}

/* ---- under the lock ---- */

/* Found and verified; everything else is about one prefix. */
struct asking {
	struct server_thread *t;
	struct subscribe_request *q;
	struct applicant *a;
	struct subscriber *who;
	struct pubsub_key key; /* its own, of a protected request */
	struct mono now;
	struct outbox *out;
};

/* There is no room for it. */
static enum subscribe_verdict no_room(
	struct asking *k, enum subscription_verdict why, const struct eid *topic)
{
	const struct tenant *tenant = k->a->tenant;
	char text[EID_TEXT];

	if (why == SUBSCRIPTION_GROUP_FULL) {
		tenant_count_refusal(tenant, TENANT_REFUSED_SUBSCRIPTION);
		server_drop(k->t, DROP_TENANT_SUBSCRIPTIONS, LISP_MAP_REQUEST, &k->q->d->peer,
			k->now, "subscription to %s: tenant %s has %zu, which is the most",
			eid_format(topic, text, sizeof(text)), tenant->name,
			tenant->quota.subscriptions);
	}
	return limited(k->t);
}

/* What is subscribed to counts for the tenant. */
static void charge(struct asking *k)
{
	const struct tenant *tenant = k->a->tenant;

	subscriber_charge(k->t->server->subscriptions, k->who,
		tenant ? &tenant->use->subscriptions : NULL,
		tenant ? tenant->quota.subscriptions : 0);
}

/* Its nonce counts, unless a new association is made, whose One-Time Key was looked at (section
 * 7.1). What is told of it helps an xTR that forgot its nonces, and does no harm where the request
 * was a replay: it is the xTR's own, under a nonce that was never used. */
static bool is_replay(struct asking *k, const struct eid *topic)
{
	struct server *server = k->t->server;
	struct subscription *s = subscription_find(server->subscriptions, k->who, topic);
	char text[EID_TEXT];
	uint64_t nonce;

	if (k->key.len)
		return false;
	if (s && s->offer && s->offer->nonce == k->q->msg->nonce)
		nonce = s->offer->nonce;
	else if (!subscription_nonce(server->subscriptions, k->who, topic, &nonce) ||
		 k->q->msg->nonce > nonce)
		return false;
	server_drop(k->t, DROP_SUBSCRIPTION_REPLAY, LISP_MAP_REQUEST, &k->q->d->peer, k->now,
		"subscription to %s: nonce 0x%016llx is not above 0x%016llx: a replay, or an xTR that "
		"forgot its nonces",
		eid_format(topic, text, sizeof(text)), (unsigned long long)k->q->msg->nonce,
		(unsigned long long)nonce);
	if (s && !s->offer)
		publish_remind(server->publish, k->t, s, k->now, k->out);
	return true;
}

/* RFC 9437 section 5: what was known of the xTR's ITR-RLOCs and nonce is overwritten; when it has
 * acknowledged that. */
static void fill_offer(const struct asking *k, struct offer *o)
{
	*o = (struct offer){.nonce = k->q->msg->nonce,
		.key = k->key,
		.rloc_count = k->a->rloc_count,
		.local = k->q->d->local};
	memcpy(o->rlocs, k->a->rlocs, sizeof(o->rlocs));
}

static void look_up(struct asking *k, const struct eid *eid, struct answer *answer)
{
	const struct server *s = k->t->server;
	const struct resolve_view v = {s->registry, rcu_load(&k->t->server->sites),
		s->opt.resolver ? rcu_load(&k->t->server->forward) : NULL, ddt_client_serves(s)};

	resolve(&v, eid, k->now, RECORDS_BYTES_MAX, answer);
}

/* A policy's answer is no mapping that could be subscribed to, nor one that others give. */
static bool can_be_told(const struct answer *a)
{
	return a->kind == ANSWER_MAPPINGS ||
	       (a->kind == ANSWER_NEGATIVE && a->act != LISP_ACT_DROP_POLICY);
}

static bool is_temporary(struct asking *k, const struct answer *a)
{
	return a->kind == ANSWER_NEGATIVE &&
	       !registry_longest(k->t->server->registry, &a->prefix, k->now);
}

/* What the answer carries first; or the prefix itself, where only parts of it are known. */
static struct eid topic_of(const struct answer *a, const struct eid *asked)
{
	return eid_covers(&a->prefix, asked) ? a->prefix : *asked;
}

static bool same_topic(const struct eid *topic, const struct answer *a, const struct eid *asked)
{
	struct eid now = topic_of(a, asked);

	return eid_equal(topic, &now);
}

/* What stood before the offer stands. */
static void take_back(struct asking *k, struct subscription *s)
{
	if (s->agreed)
		subscription_withdraw_offer(s);
	else
		publish_end(k->t->server->publish, s, SUBSCRIPTION_QUIET);
}

/* A new one is in the store before its xTR hears that it is accepted; of another the store has what
 * stands until the xTR agrees to more. */
static bool accept_offer(struct asking *k, struct subscription *s)
{
	struct server *server = k->t->server;

	if (s->agreed && !k->key.len)
		return publish_accept(server->publish, k->t, s, k->now, k->out);
	s->accept_waits = true;
	subscription_changed(server->subscriptions, s, SUBSCRIPTION_QUIET);
	job_keep(k->t);
	return true;
}

/* The subscription is in its table before the answer is read: a change that the answer does not
 * show finds the subscription. */
static enum subscribe_verdict subscribe_to(struct asking *k, const struct eid *eid)
{
	struct subscriptions *table = k->t->server->subscriptions;
	enum subscription_verdict verdict;
	struct subscription *s;
	struct answer answer;
	struct offer offer;
	struct eid topic;

	fill_offer(k, &offer);
	look_up(k, eid, &answer);
	for (unsigned int tries = 0; tries < TRIES; tries++) {
		if (!can_be_told(&answer))
			return SUBSCRIBE_PLAIN;
		topic = topic_of(&answer, eid);
		if (is_replay(k, &topic))
			return SUBSCRIBE_DROPPED;
		if (!subscription_leaves_room(
			    subscription_find(table, k->who, &topic), offer.nonce))
			return limited(k->t);
		verdict = subscription_put(table, k->who, &topic, &offer, &s);
		if (verdict)
			return no_room(k, verdict, &topic);
		publish_forget_offer(k->t->server->publish, s);
		subscription_expire(table, s, is_temporary(k, &answer), k->now);
		look_up(k, eid, &answer);
		if (!can_be_told(&answer) || !same_topic(&topic, &answer, eid)) {
			take_back(k, s);
			continue;
		}
		if (!accept_offer(k, s)) {
			take_back(k, s);
			return SUBSCRIBE_PLAIN;
		}
		server_count(k->t, COUNT_SUBSCRIBED);
		return SUBSCRIBE_ACCEPTED;
	}
	return SUBSCRIBE_PLAIN;
}

/* "The Map-Server MUST send a Map-Notify to the source RLOC of the Map-Request": also when there is
 * nothing to end, for the xTR that has missed that it is so. */
static bool tell_ended(struct asking *k, const struct eid *eid)
{
	const struct address *to = &k->a->rlocs[0];
	const struct endpoint peer = {
		.addr = *to, .port = pinhole_port(k->t->server->pinholes, k->who->xtr, to, k->now)};
	uint8_t *room = outbox_begin(k->out, NOTIFY_BYTES_MAX);
	int len = -1;

	if (room)
		len = publish_write_end(k->t, k->who, k->key.len ? &k->key : NULL, eid,
			k->q->msg->nonce, LISP_TTL_REMOVE, LISP_ACT_DROP_AUTH, room,
			NOTIFY_BYTES_MAX);
	if (len > 0)
		outbox_commit(k->out, (uint32_t)len, &peer,
			to->afi == k->q->d->local.afi ? &k->q->d->local : NULL);
	return len > 0;
}

/* Anybody may have written the request. The xTR is asked, under the key of what it has subscribed
 * to; one that wants to hear more does not acknowledge. */
static bool offer_end(struct asking *k, struct subscription *s, const struct eid *eid)
{
	struct offer offer;

	fill_offer(k, &offer);
	offer.about = *eid;
	if (!subscription_offer_end(s, &offer))
		return false;
	if (publish_accept(k->t->server->publish, k->t, s, k->now, k->out))
		return true;
	subscription_withdraw_offer(s);
	return false;
}

/* Nothing waits to be agreed upon, or only the same. */
static bool can_end(const struct subscription *s, const struct eid *eid)
{
	return s->agreed && (!s->offer || (s->offer->ends && eid_equal(&s->offer->about, eid)));
}

/* Without a subscription to @eid itself, but with one to what covers it: nothing more of @eid. */
static enum subscribe_verdict unsubscribe(
	struct asking *k, const struct eid *eid, enum lisp_act *act)
{
	const struct subscriptions *table = k->t->server->subscriptions;
	struct subscription *s = subscription_find(table, k->who, eid);
	struct subscription *live = s && s->state == SUBSCRIPTION_MUTED
					    ? NULL
					    : subscription_covering(table, k->who, eid);

	if (is_replay(k, eid))
		return SUBSCRIBE_DROPPED;
	if (!subscription_leaves_room(s, k->q->msg->nonce) || (live && !can_end(live, eid)))
		return limited(k->t);
	if (live && live->key && !k->key.len) /* "the same considerations regarding
						 authentication" */
		return refuse(k->t, LISP_ACT_DROP_AUTH, act);
	if (live ? !offer_end(k, live, eid) : !tell_ended(k, eid))
		return limited(k->t);
	server_count(k->t, COUNT_UNSUBSCRIBED);
	return SUBSCRIBE_ACCEPTED;
}

/* RFC 9437 section 7.2: an xTR that asks too often, or is behind, gets no subscriptions but plain
 * answers. */
static bool too_much(struct asking *k)
{
	const struct subscription_options *o = subscriptions_options(k->t->server->subscriptions);

	return k->who->wait_count > BACKLOG_MAX ||
	       !limit_take(&k->who->requests, &o->requests, k->now);
}

/* The OTK Wrapping ID that the ITR itself chose. Between a Map-Resolver and us the key may travel
 * in clear though the ITR has wrapped it: then it was somebody else's address that the datagram
 * came from (docs/decisions/pubsub.md). */
static uint8_t wrapped_by_itr(const struct subscribe_request *q)
{
	bool direct = address_equal(&q->d->peer.addr, &q->ecm->source.addr);

	return direct ? q->secure->wrap_id : OTK_WRAP_AES_HKDF_SHA256;
}

/* RFC 9437 section 7.1: a protected request makes an association of its own. False: its One-Time
 * Key was used before. */
static bool make_key(struct asking *k)
{
	const struct secure *secure = k->q->secure;

	if (!secure)
		return true;
	if (!k->q->otk_taken && !subscriber_take_otk(k->who, &secure->itr_otk, secure->nonce)) {
		server_count(k->t, COUNT_OTK_REUSED);
		return false;
	}
	k->q->otk_taken = true; /* several records share it */
	k->key.len = (uint8_t)otk_pubsub_key(
		k->t->otk, wrapped_by_itr(k->q), &secure->itr_otk, secure->nonce, k->key.bytes);
	return k->key.len != 0;
}

static enum subscribe_verdict follow(struct asking *k, const struct eid *eid, enum lisp_act *act)
{
	k->who = subscriber_get(k->t->server->subscriptions, k->a->xtr);
	if (!k->who || too_much(k))
		return limited(k->t);
	charge(k);
	if (k->a->has_path) { /* proved by its registrations, not by this */
		k->who->key_id = k->a->path.key_id;
		k->who->key_alg = k->a->path.alg;
	}
	if (association_site(k->t, k->who) != k->a->site || !make_key(k) ||
		!association_has_key(k->t, k->who, k->key.len ? &k->key : NULL))
		return refuse(k->t, LISP_ACT_DROP_AUTH, act);
	return subscribe_is_end(k->q->msg) ? unsubscribe(k, eid, act) : subscribe_to(k, eid);
}

/* ---- the rooms in order ---- */

enum subscribe_verdict subscribe_record(struct server_thread *t, struct subscribe_request *q,
	const struct eid *eid, struct mono now, struct outbox *out, enum lisp_act *act)
{
	const struct site_table *sites = rcu_load(&t->server->sites);
	struct applicant a;
	struct asking k = {.t = t, .q = q, .a = &a, .now = now, .out = out};
	enum subscribe_verdict verdict;

	if (!t->server->opt.map_server || !sites || !site_table_has_subscribe(sites))
		return SUBSCRIBE_PLAIN; /* no PubSub here */
	if (q->records++ >= SUBSCRIBE_RECORDS_MAX || is_stranger(t, q->d, now))
		return limited(t);
	if (!find_applicant(t, q, eid, &a)) {
		limit_shared_take(
			t->server->strangers, q->d->peer.addr.bytes, q->d->peer.addr.len, now);
		return refuse(t, LISP_ACT_DROP_POLICY, act);
	}
	collect_rlocs(t, q, &a);
	if (!a.rloc_count)
		return refuse(t, LISP_ACT_DROP_POLICY, act);
	if (!a.xtr)
		a.xtr = xtr_intern(t->server->xtrs, &a.who);
	if (!a.xtr)
		return limited(t);
	subscriptions_lock(t->server->subscriptions);
	verdict = follow(&k, eid, act);
	subscriptions_unlock(t->server->subscriptions);
	OPENSSL_cleanse(&k.key, sizeof(k.key));
	return verdict;
}

/* ---- when instances get other tenants ---- */

/* The tenant of the subscriber's site; its subscriptions count there from now on. */
static const struct tenant *recharge(struct server *s, struct subscriber *who)
{
	const struct site_table *sites = rcu_load(&s->sites);
	const struct tenant_table *tenants = rcu_load(&s->tenants);
	const struct site *site = sites ? site_table_named(sites, who->xtr->who.site) : NULL;
	const struct tenant *tenant = site ? site_tenant(site, tenants) : NULL;

	subscriber_charge(s->subscriptions, who, tenant ? &tenant->use->subscriptions : NULL,
		tenant ? tenant->quota.subscriptions : 0);
	return tenant;
}

void subscribe_part_tenants(struct server *s)
{
	const struct tenant_table *tenants = rcu_load(&s->tenants);
	struct subscription *sub, *next;
	struct subscriber *who;

	if (!tenant_uses_any(s->tenant_uses))
		return; /* nothing counts for any, and nothing can cross */
	subscriptions_lock(s->subscriptions);
	TAILQ_FOREACH (who, subscriptions_subscribers(s->subscriptions), link) {
		const struct tenant *tenant = recharge(s, who);

		for (sub = TAILQ_FIRST(&who->list); sub; sub = next) {
			next = TAILQ_NEXT(sub, of_xtr);
			if (tenant_table_of(tenants, sub->topic->eid.iid) != tenant)
				publish_end(s->publish, sub, SUBSCRIPTION_DROPPED);
		}
	}
	subscriptions_unlock(s->subscriptions);
}

bool subscribe_ack(struct server_thread *t, const struct datagram *d, const struct map_register *m,
	struct mono now)
{
	switch (publish_acknowledge(t->server->publish, t, d, m, now)) {
	case PUBLISH_ACKED:
		server_count(t, COUNT_PUBLISH_ACKS);
		return true;
	case PUBLISH_BAD_MAC:
		server_drop(t, DROP_BAD_MAC, LISP_MAP_NOTIFY_ACK, &d->peer, now,
			"authentication data at byte %zu is not right for a subscriber's key",
			m->auth.offset);
		return true;
	default:
		return false;
	}
}
