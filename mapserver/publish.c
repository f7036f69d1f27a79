/* See publish.h. */
#include "mapserver/publish.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/rcu.h"
#include "mapserver/answer.h"
#include "mapserver/association.h"
#include "mapserver/job.h"
#include "mapserver/notice.h"
#include "mapserver/pinhole.h"

#define RECORDS_BYTES_MAX 1200 /* of an accepting Map-Notify */
#define EXPAND_AT_ONCE    4096 /* notices made under the lock before somebody else has a turn */
#define PACE_WAIT_MS      1
#define TTL_END_MIN       1

/* An EID whose mapping has changed, and whose subscribers were not looked for yet. */
struct news {
	TAILQ_ENTRY(news) queue;
	struct news *next;
	struct eid eid;
};

struct publish {
	struct subscriptions *t;
	struct notices notices;
	size_t max;
	TAILQ_HEAD(, news) news;
	struct news **by_eid;
	size_t mask, news_count;
	uint64_t generation; /* of the news that are being told */
	struct limit pace;
	void (*wake)(void *arg);
	void *wake_arg;
};

struct publish *publish_new(struct subscriptions *t, size_t max)
{
	struct publish *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->t = t;
	p->max = max;
	TAILQ_INIT(&p->news);
	p->mask = 65536 - 1;
	p->by_eid = calloc(p->mask + 1, sizeof(p->by_eid[0]));
	if (!notices_init(&p->notices, max) && p->by_eid)
		return p;
	publish_free(p);
	return NULL;
}

void publish_set_wake(struct publish *p, void (*wake)(void *arg), void *arg)
{
	p->wake = wake;
	p->wake_arg = arg;
}

static void wake(struct publish *p)
{
	if (p->wake)
		p->wake(p->wake_arg);
}

void publish_count(struct publish *p, struct publish_view *v)
{
	subscriptions_lock(p->t);
	*v = (struct publish_view){p->news_count, p->notices.waiting, p->notices.flight};
	subscriptions_unlock(p->t);
}

/* ---- news ---- */

static struct news **news_bucket(const struct publish *p, const struct eid *eid)
{
	uint64_t h = eid->iid * UINT64_C(0x9e3779b97f4a7c15) + eid->plen;

	for (unsigned int i = 0; i < eid->addr.len; i++)
		h = (h ^ eid->addr.bytes[i]) * UINT64_C(0x100000001b3);
	return &p->by_eid[(h ^ h >> 29) & p->mask];
}

static void news_free(struct publish *p, struct news *news)
{
	struct news **link = news_bucket(p, &news->eid);

	while (*link != news)
		link = &(*link)->next;
	*link = news->next;
	TAILQ_REMOVE(&p->news, news, queue);
	p->news_count--;
	free(news);
}

static bool news_known(const struct publish *p, const struct eid *eid)
{
	const struct news *news = *news_bucket(p, eid);

	while (news && !eid_equal(&news->eid, eid))
		news = news->next;
	return news != NULL;
}

static void is_any(struct topic *topic, void *arg)
{
	*(bool *)arg |= !LIST_EMPTY(&topic->list);
}

static void news_add(struct publish *p, const struct eid *eid)
{
	struct news **head = news_bucket(p, eid), *news;
	bool any = false;

	subscriptions_covering(p->t, eid, is_any, &any);
	subscriptions_below(p->t, eid, is_any, &any);
	if (!any || news_known(p, eid))
		return;
	news = calloc(1, sizeof(*news));
	if (!news)
		return; /* the subscribers' own refreshes find out */
	news->eid = *eid;
	news->next = *head;
	*head = news;
	TAILQ_INSERT_TAIL(&p->news, news, queue);
	if (p->news_count++ == 0)
		wake(p);
}

/* The tables show the change before this is called, and a subscriber is in its table before it is
 * told what the others show: one of the two sees the other. */
void publish_news(struct publish *p, const struct eid *eid)
{
	if (!subscriptions_count_after(p->t))
		return;
	subscriptions_lock(p->t);
	news_add(p, eid);
	subscriptions_unlock(p->t);
}

/* ---- from news to notices ---- */

struct telling {
	struct publish *p;
	struct server_thread *t;
	const struct eid *eid;
	struct mono now;
	bool alive;
	size_t made;
};

static void tell(
	struct telling *c, struct subscription *s, const struct eid *eid, unsigned int flags)
{
	if (s->state != SUBSCRIPTION_LIVE)
		return;
	if (notice_queue(&c->p->notices, s, eid, flags))
		c->made++;
	else
		server_count(c->t, COUNT_DROPPED + DROP_NO_MEMORY);
}

/* RFC 9437 section 6: the more-specific's mapping goes to those that subscribed to a less-specific
 * prefix; each xTR hears of it once, by its most specific subscription. */
static void tell_covering(struct topic *topic, void *arg)
{
	struct telling *c = arg;
	struct subscription *s;

	LIST_FOREACH (s, &topic->list, of_topic) {
		if (s->who->told == c->p->generation)
			continue;
		s->who->told = c->p->generation;
		tell(c, s, c->eid, 0);
		if (eid_equal(&topic->eid, c->eid) && s->state == SUBSCRIPTION_LIVE)
			subscription_expire(c->p->t, s, !c->alive, c->now);
	}
}

/* What served a part of @eid until now, or serves it from now on, has changed. */
static void tell_below(struct topic *topic, void *arg)
{
	struct telling *c = arg;
	const struct mapping *m = registry_longest(c->t->server->registry, &topic->eid, c->now);
	struct subscription *s;

	if (m && m->entry.plen > c->eid->plen)
		return;
	LIST_FOREACH (s, &topic->list, of_topic)
		tell(c, s, &topic->eid, NOTICE_COVER);
}

static void expand(struct publish *p, struct server_thread *t, struct mono now)
{
	struct telling c = {.p = p, .t = t, .now = now};
	struct news *news;

	while ((news = TAILQ_FIRST(&p->news)) && c.made < EXPAND_AT_ONCE &&
		p->notices.waiting + p->notices.flight < p->max) {
		struct eid eid = news->eid;

		news_free(p, news);
		c.eid = &eid;
		c.alive = registry_exact(t->server->registry, &eid, now) != NULL;
		p->generation++;
		subscriptions_covering(p->t, &eid, tell_covering, &c);
		subscriptions_below(p->t, &eid, tell_below, &c);
	}
}

/* ---- messages ---- */

/* It asks the xTR to confirm that it wants no more: no locators and ACT 5, as of any end of a
 * subscription (RFC 9437 section 5), so that an xTR which did not ask takes it for no withdrawal.
 */
static bool is_ending(const struct notice *x)
{
	return x->flags & NOTICE_ACCEPT && x->s->offer && x->s->offer->ends;
}

/* What is known of the notice's EID now. Returns the number of records. */
static unsigned int write_records(
	struct server_thread *t, const struct notice *x, struct mono now, struct wire_writer *w)
{
	const struct server *s = t->server;
	const struct resolve_view v = {
		s->registry, rcu_load(&t->server->sites), rcu_load(&t->server->forward), false};
	const struct mapping *m;
	struct answer a;

	if (is_ending(x)) {
		lisp_record_write(w, &x->eid, LISP_TTL_REMOVE, 0, LISP_ACT_DROP_AUTH, false, 0);
		return 1;
	}
	if (x->flags & NOTICE_ACCEPT) {
		resolve(&v, &x->eid, now, RECORDS_BYTES_MAX, &a);
		if (a.kind == ANSWER_MAPPINGS || a.kind == ANSWER_NEGATIVE)
			return answer_write(w, &a);
	}
	m = registry_longest(s->registry, &x->eid, now);
	if (resolve_denies(&v, &x->eid))
		lisp_record_write(
			w, &x->eid, NEGATIVE_TTL_POLICY_MIN, 0, LISP_ACT_DROP_POLICY, false, 0);
	else if (m && (x->flags & NOTICE_COVER || m->entry.plen == x->eid.plen))
		answer_write_mapping(w, m, &x->eid, m->ttl_min);
	else
		lisp_record_write(w, &x->eid, LISP_TTL_REMOVE, 0, LISP_ACT_NONE, false, 0);
	return 1;
}

int publish_write_end(struct server_thread *t, struct subscriber *who, const struct pubsub_key *key,
	const struct eid *eid, uint64_t nonce, uint32_t ttl_min, enum lisp_act act, uint8_t *buf,
	size_t cap)
{
	struct association_writing out;

	if (!association_begin(t, who, key, nonce, buf, cap, &out))
		return -LISP_EUNSUPPORTED;
	lisp_record_write(&out.w, eid, ttl_min, 0, act, false, 0);
	return association_finish(&out, 1);
}

/* RFC 9437 section 6: one of the ITR-RLOCs; another when the first does not answer. Those of the
 * offer, while it is all there is or is meant. */
static void commit_to(struct server_thread *t, const struct subscription *s, bool offers,
	unsigned int sends, uint32_t len, struct mono now, struct outbox *out)
{
	const struct offer *o = offers || !s->agreed ? s->offer : NULL;
	const struct subscriber *who = s->who;
	const struct address *rlocs = o ? o->rlocs : who->rlocs;
	unsigned int count = o ? o->rloc_count : who->rloc_count;
	const struct address *local = o ? &o->local : &who->local;
	struct endpoint to;

	if (!count)
		return;
	to.addr = rlocs[sends / 2 % count];
	to.port = pinhole_port(t->server->pinholes, who->xtr, &to.addr, now);
	outbox_commit(out, len, &to, to.addr.afi == local->afi ? local : NULL);
}

enum sending { SENT, NO_ROOM, NO_KEY };

/* The next block is kept long before this one is used up. */
static void use_nonce(struct publish *p, struct subscription *s, uint64_t nonce)
{
	subscription_use_nonce(s, nonce);
	if (s->nonce > s->reserved - SUBSCRIPTION_BLOCK / 2 && s->reserved != UINT64_MAX)
		subscription_changed(p->t, s, SUBSCRIPTION_QUIET);
}

/* The end of a subscription is confirmed under the key that it has: whoever asked for it in
 * another's name has no part in that. */
static const struct pubsub_key *notice_key(const struct notice *x)
{
	const struct offer *o = x->s->offer;

	if (x->flags & NOTICE_ACCEPT && o && !o->ends)
		return o->key.len ? &o->key : NULL;
	return subscription_key(x->s);
}

/* An accepting one has its request's nonce and key as long as they are only offered. Another has
 * the next nonce, unless its own is the subscription's last: then it is the same message again, and
 * the xTR that has it already only acknowledges it. */
static enum sending send_notice(struct publish *p, struct server_thread *t, struct notice *x,
	struct mono now, struct outbox *out)
{
	struct subscription *s = x->s;
	bool offers = x->flags & NOTICE_ACCEPT && s->offer;
	uint64_t next = subscription_next_nonce(s);
	uint64_t nonce = offers                                             ? s->offer->nonce
			 : x->flags & NOTICE_FLIGHT && x->nonce == next - 1 ? x->nonce
									    : next;
	const struct pubsub_key *key = notice_key(x);
	uint8_t *room = outbox_begin(out, NOTIFY_BYTES_MAX);
	struct association_writing writing;
	int len;

	if (!room)
		return NO_ROOM;
	if (!association_begin(t, s->who, key, nonce, room, NOTIFY_BYTES_MAX, &writing))
		return NO_KEY;
	len = association_finish(&writing, write_records(t, x, now, &writing.w));
	if (len < 0)
		return NO_KEY;
	commit_to(t, s, offers, x->sends, (uint32_t)len, now, out);
	if (!(x->flags & NOTICE_ACCEPT) || x->sends)
		server_count(t, x->sends ? COUNT_PUBLISH_RETRANSMITS : COUNT_PUBLISHED);
	if (!offers)
		use_nonce(p, s, nonce);
	notice_sent(&p->notices, x, nonce, now);
	return SENT;
}

void publish_forget_offer(struct publish *p, struct subscription *s)
{
	if (s->accepting)
		notice_free(&p->notices, s->accepting);
}

bool publish_accept(struct publish *p, struct server_thread *t, struct subscription *s,
	struct mono now, struct outbox *out)
{
	const struct offer *o = s->offer;
	struct notice *x;

	publish_forget_offer(p, s);
	x = notice_begin(&p->notices, s, o && o->ends ? &o->about : &s->topic->eid,
		NOTICE_ACCEPT | NOTICE_COVER);
	if (!x || send_notice(p, t, x, now, out) != SENT) {
		if (x)
			notice_free(&p->notices, x);
		return false;
	}
	if (p->notices.flight == 1)
		wake(p); /* there is a timer now */
	return true;
}

static void tell_end(struct server_thread *t, struct subscription *s, uint64_t nonce,
	struct mono now, struct outbox *out)
{
	uint8_t *room = outbox_begin(out, NOTIFY_BYTES_MAX);
	int len = room ? publish_write_end(t, s->who, subscription_key(s), &s->topic->eid, nonce,
				 TTL_END_MIN, LISP_ACT_DROP_AUTH, room, NOTIFY_BYTES_MAX)
		       : -1;

	if (len > 0)
		commit_to(t, s, false, 0, (uint32_t)len, now, out);
}

void publish_remind(struct publish *p, struct server_thread *t, struct subscription *s,
	struct mono now, struct outbox *out)
{
	if (s->state == SUBSCRIPTION_ENDED && s->who->rloc_count) {
		uint64_t nonce = s->nonce > s->seen ? s->nonce : s->seen;

		nonce += nonce < UINT64_MAX;
		s->nonce = nonce;
		subscription_changed(p->t, s, SUBSCRIPTION_QUIET);
		tell_end(t, s, nonce, now, out);
	} else if (s->state == SUBSCRIPTION_LIVE && s->agreed && LIST_EMPTY(&s->notices)) {
		notice_queue(&p->notices, s, &s->topic->eid, NOTICE_COVER);
		wake(p);
	}
	server_count(t, COUNT_PUBLISH_REMINDERS);
}

size_t publish_unacknowledged(const struct subscription *s)
{
	const struct notice *x;
	size_t n = 0;

	LIST_FOREACH (x, &s->notices, of_subscription)
		n++;
	return n;
}

void publish_end(struct publish *p, struct subscription *s, enum subscription_event why)
{
	bool was = s->agreed;

	struct notice *x;

	while ((x = LIST_FIRST(&s->notices)))
		notice_free(&p->notices, x);
	subscription_end(p->t, s);
	subscription_changed(p->t, s, was ? why : SUBSCRIPTION_QUIET);
}

/* RFC 9437 section 5: the subscription is removed, and the xTR is told so once. A renewal that
 * nobody has acknowledged was perhaps not the xTR's: what was agreed upon before stands. */
static void give_up(struct publish *p, struct server_thread *t, struct notice *x, struct mono now,
	struct outbox *out)
{
	struct subscription *s = x->s;

	server_count(t, COUNT_PUBLISH_GAVE_UP);
	if (x->flags & NOTICE_ACCEPT && s->agreed) {
		notice_free(&p->notices, x);
		subscription_withdraw_offer(s);
		return;
	}
	tell_end(t, s, x->nonce, now, out);
	publish_end(p, s, SUBSCRIPTION_DROPPED);
}

/* ---- the turns ---- */

static bool may_send(struct publish *p, struct mono now)
{
	return limit_take(&p->pace, &subscriptions_options(p->t)->pace, now);
}

/* What was not acknowledged. False: no room or no pace. */
static bool send_again(
	struct publish *p, struct server_thread *t, struct mono now, struct outbox *out)
{
	struct notice *x;

	while ((x = notices_due(&p->notices, now))) {
		if (!may_send(p, now))
			return false;
		if (x->sends == NOTICE_SENDS_MAX)
			give_up(p, t, x, now, out);
		else
			switch (send_notice(p, t, x, now, out)) {
			case NO_ROOM:
				return false;
			case NO_KEY: /* its site is gone */
				publish_end(p, x->s, SUBSCRIPTION_DROPPED);
				break;
			case SENT:
				break;
			}
	}
	return true;
}

static bool send_waiting(
	struct publish *p, struct server_thread *t, struct mono now, struct outbox *out)
{
	struct notice *x;

	while ((x = notices_turn(&p->notices))) {
		if (!may_send(p, now))
			return false;
		switch (send_notice(p, t, x, now, out)) {
		case NO_ROOM:
			return false;
		case NO_KEY:
			publish_end(p, x->s, SUBSCRIPTION_DROPPED);
			break;
		case SENT:
			break;
		}
	}
	return true;
}

static void expire(struct publish *p, struct server_thread *t, struct mono now)
{
	struct subscription *s;

	while ((s = subscriptions_due(p->t, now))) {
		server_count(t, COUNT_SUBSCRIPTIONS_EXPIRED);
		publish_end(p, s, SUBSCRIPTION_EXPIRED);
	}
}

struct mono publish_run(
	struct publish *p, struct server_thread *t, struct mono now, struct outbox *out)
{
	struct mono next;
	bool all;

	subscriptions_lock(p->t);
	expire(p, t, now);
	all = send_again(p, t, now, out);
	expand(p, t, now);
	all = send_waiting(p, t, now, out) && all;
	next = notices_next(&p->notices);
	if (!all)
		next = out->count ? now : mono_add_ms(now, PACE_WAIT_MS);
	else if (!TAILQ_EMPTY(&p->news) && p->notices.waiting + p->notices.flight < p->max)
		next = now;
	subscriptions_unlock(p->t);
	return next;
}

void publish_free(struct publish *p)
{
	struct subscriber *who;
	struct subscription *s;
	struct news *news;

	if (!p)
		return;
	TAILQ_FOREACH (who, subscriptions_subscribers(p->t), link)
		while ((s = TAILQ_FIRST(&who->list)))
			publish_end(p, s, SUBSCRIPTION_QUIET);
	while ((news = TAILQ_FIRST(&p->news)))
		news_free(p, news);
	notices_fini(&p->notices);
	free(p->by_eid);
	free(p);
}

/* ---- acknowledgements ---- */

/* Several may be under way with one nonce: those of one request with several EIDs. */
static bool is_about(const struct map_register *m, const struct eid *eid)
{
	struct lisp_records it = m->records;
	struct lisp_record rec;

	return !lisp_records_next(&it, &rec) ||
	       (lisp_eid_kept(&rec.eid) && eid_equal(&rec.eid.eid, eid));
}

/* Nonces are the xTRs' own, and two of a site may come to the same: it must be from one of its
 * addresses, or say its xTR-ID. */
static bool is_from(
	const struct subscription *s, const struct datagram *d, const struct map_register *m)
{
	const struct subscriber *who = s->who;

	if (m->has_xtr_id)
		return m->site_id == who->xtr->who.site_id &&
		       !memcmp(&m->xtr_id, &who->xtr->who.id, sizeof(m->xtr_id));
	for (unsigned int i = 0; i < who->rloc_count; i++)
		if (address_equal(&who->rlocs[i], &d->peer.addr))
			return true;
	for (unsigned int i = 0; s->offer && i < s->offer->rloc_count; i++)
		if (address_equal(&s->offer->rlocs[i], &d->peer.addr))
			return true;
	return false;
}

/* The key that the notice was signed with. */
static bool made_by(struct server_thread *t, const struct datagram *d, const struct map_register *m,
	const struct notice *x)
{
	return association_verify(t, x->s->who, notice_key(x), LISP_MAP_NOTIFY_ACK, d, m);
}

/* What accepted the offer need not be told any more: whatever of it the xTR has acknowledged, it
 * has the nonce and the key. */
static void agree(
	struct publish *p, struct server_thread *t, struct subscription *s, uint64_t nonce)
{
	bool behind, was = s->agreed;

	if (!subscription_agree(s, nonce, &behind) && s->offer)
		return;
	if (s->agreed && !was) {
		subscription_changed(p->t, s, SUBSCRIPTION_SUBSCRIBED);
		job_keep(t);
	}
	publish_forget_offer(p, s);
	if (behind)
		notice_queue(&p->notices, s, &s->topic->eid, NOTICE_COVER);
}

/* By its xTR's own word nothing more of what the offer is about is told: the subscription ends, and
 * what still covers it leaves it out. */
static void end_as_agreed(struct publish *p, struct server_thread *t, struct subscription *s)
{
	const struct offer o = *s->offer;
	struct subscriber *who = s->who;
	struct subscription *muted;

	publish_forget_offer(p, s);
	subscription_withdraw_offer(s);
	if (eid_equal(&o.about, &s->topic->eid)) {
		subscription_note_nonce(s, o.nonce);
		publish_end(p, s, SUBSCRIPTION_UNSUBSCRIBED);
	}
	if (subscription_covering(p->t, who, &o.about)) {
		if (subscription_mute(p->t, who, &o.about, o.asked, &muted))
			server_count(t, COUNT_SUBSCRIPTIONS_LIMITED);
		else
			subscription_changed(p->t, muted, SUBSCRIPTION_QUIET);
	}
	job_keep(t);
}

enum publish_ack publish_acknowledge(struct publish *p, struct server_thread *t,
	const struct datagram *d, const struct map_register *m, struct mono now)
{
	enum publish_ack result = PUBLISH_NOT_OURS;
	struct subscription *s;
	struct notice *x = NULL;
	bool starved, ends;

	if (!subscriptions_count(p->t))
		return PUBLISH_NOT_OURS;
	subscriptions_lock(p->t);
	starved = TAILQ_EMPTY(&p->notices.ready);
	while ((x = notices_by_nonce(&p->notices, m->nonce, x))) {
		if (!is_about(m, &x->eid) || !is_from(x->s, d, m))
			continue;
		result = PUBLISH_BAD_MAC;
		if (!made_by(t, d, m, x))
			continue;
		s = x->s;
		ends = is_ending(x);
		moves_acknowledged(t->server->moves, &x->eid, now);
		notice_acknowledged(&p->notices, x, now);
		if (ends)
			end_as_agreed(p, t, s);
		else
			agree(p, t, s, m->nonce);
		result = PUBLISH_ACKED;
		break;
	}
	if (starved && (!TAILQ_EMPTY(&p->notices.ready) || p->news_count))
		wake(p);
	subscriptions_unlock(p->t);
	return result;
}
