/* See publish.h. */
#include "mapserver/publish.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/rcu.h"
#include "mapserver/answer.h"
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
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!subscriptions_count(p->t))
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

struct site *publish_site(struct server_thread *t, struct subscriber *who)
{
	struct site_table *sites = rcu_load(&t->server->sites);

	if (who->site_table != sites || !sites) {
		site_unref(who->site);
		who->site = sites ? site_table_named(sites, who->xtr->who.site) : NULL;
		who->site_table = sites;
		if (who->site)
			site_ref(who->site);
	}
	return who->site;
}

struct auth_key *publish_key(
	struct server_thread *t, struct subscriber *who, struct site *site, struct site_key **key)
{
	*key = site_find_key(site, who->key_id, (enum auth_alg)who->key_alg);
	if (!*key && site->key_count)
		*key = &site->keys[0];
	return *key ? site_ready_key(*key, t->slot) : NULL;
}

/* What is known of the notice's EID now. Returns the number of records. */
static unsigned int write_records(
	struct server_thread *t, const struct notice *x, struct mono now, struct wire_writer *w)
{
	const struct server *s = t->server;
	const struct mapping *m;

	if (x->flags & NOTICE_ACCEPT) {
		const struct resolve_view v = {s->registry, rcu_load(&t->server->sites),
			rcu_load(&t->server->forward), false};
		struct answer a;

		resolve(&v, &x->eid, now, RECORDS_BYTES_MAX, &a);
		if (a.kind == ANSWER_MAPPINGS || a.kind == ANSWER_NEGATIVE)
			return answer_write(w, &a);
	}
	m = registry_longest(s->registry, &x->eid, now);
	if (m && (x->flags & NOTICE_COVER || m->entry.plen == x->eid.plen))
		answer_write_mapping(w, m, &x->eid, m->ttl_min);
	else
		lisp_record_write(w, &x->eid, LISP_TTL_REMOVE, 0, LISP_ACT_NONE, false, 0);
	return 1;
}

struct writing {
	struct wire_writer w;
	struct map_register m;
	struct site *site;
	struct site_key *key;
	struct auth_key *ready;
};

static bool write_begin(struct server_thread *t, struct subscriber *who, uint64_t nonce,
	uint8_t *buf, size_t cap, struct writing *out)
{
	out->site = publish_site(t, who);
	out->ready = out->site ? publish_key(t, who, out->site, &out->key) : NULL;
	if (!out->ready)
		return false;
	out->m = (struct map_register){.type = LISP_MAP_NOTIFY, .nonce = nonce};
	wire_writer_init(&out->w, buf, cap);
	map_register_begin(&out->w, &out->m, out->key->id, out->key->alg, &out->site->auth);
	return true;
}

static int write_finish(struct writing *out, unsigned int records)
{
	return map_register_finish(&out->w, &out->m, records, out->ready, &out->site->auth);
}

int publish_write_end(struct server_thread *t, struct subscriber *who, const struct eid *eid,
	uint64_t nonce, uint32_t ttl_min, enum lisp_act act, uint8_t *buf, size_t cap)
{
	struct writing out;

	if (!write_begin(t, who, nonce, buf, cap, &out))
		return -LISP_EUNSUPPORTED;
	lisp_record_write(&out.w, eid, ttl_min, 0, act, false, 0);
	return write_finish(&out, 1);
}

/* RFC 9437 section 6: one of the ITR-RLOCs; another when the first does not answer. */
static void commit_to(struct server_thread *t, struct subscriber *who, unsigned int sends,
	uint32_t len, struct mono now, struct outbox *out)
{
	struct endpoint to = {.addr = who->rlocs[sends / 2 % who->rloc_count]};

	to.port = pinhole_port(t->server->pinholes, who->xtr, &to.addr, now);
	outbox_commit(out, len, &to, to.addr.afi == who->local.afi ? &who->local : NULL);
}

enum sending { SENT, NO_ROOM, NO_KEY };

/* The next nonce, unless this one is the subscription's last: then it is the same message again,
 * and the xTR that has it already only acknowledges it. */
static enum sending send_notice(struct publish *p, struct server_thread *t, struct notice *x,
	struct mono now, struct outbox *out)
{
	struct subscription *s = x->s;
	bool again = x->flags & NOTICE_FLIGHT && x->nonce == s->nonce;
	uint64_t nonce = again ? s->nonce : s->nonce + 1;
	uint8_t *room = outbox_begin(out, NOTIFY_BYTES_MAX);
	struct writing writing;
	int len;

	if (!room)
		return NO_ROOM;
	if (!write_begin(t, s->who, nonce, room, NOTIFY_BYTES_MAX, &writing))
		return NO_KEY;
	len = write_finish(&writing, write_records(t, x, now, &writing.w));
	if (len < 0)
		return NO_KEY;
	commit_to(t, s->who, x->sends, (uint32_t)len, now, out);
	server_count(t, x->sends ? COUNT_PUBLISH_RETRANSMITS : COUNT_PUBLISHED);
	s->nonce = nonce;
	notice_sent(&p->notices, x, nonce, now);
	return SENT;
}

bool publish_accept(struct publish *p, struct server_thread *t, struct subscription *s,
	struct mono now, struct outbox *out)
{
	struct notice *x =
		notice_begin(&p->notices, s, &s->topic->eid, NOTICE_ACCEPT | NOTICE_COVER, now);
	uint8_t *room = x ? outbox_begin(out, NOTIFY_BYTES_MAX) : NULL;
	struct writing writing;
	int len = -1;

	if (room && write_begin(t, s->who, s->nonce, room, NOTIFY_BYTES_MAX, &writing))
		len = write_finish(&writing, write_records(t, x, now, &writing.w));
	if (len < 0) {
		if (x)
			notice_free(&p->notices, x);
		return false;
	}
	commit_to(t, s->who, 0, (uint32_t)len, now, out);
	if (p->notices.flight == 1)
		wake(p); /* there is a timer now */
	return true;
}

size_t publish_unacknowledged(const struct subscription *s)
{
	const struct notice *x;
	size_t n = 0;

	LIST_FOREACH (x, &s->notices, of_subscription)
		n++;
	return n;
}

void publish_end(struct publish *p, struct subscription *s)
{
	struct notice *x;

	while ((x = LIST_FIRST(&s->notices)))
		notice_free(&p->notices, x);
	subscription_end(p->t, s);
}

/* RFC 9437 section 5: the subscription is removed, and the xTR is told so once. */
static void give_up(struct publish *p, struct server_thread *t, struct notice *x, struct mono now,
	struct outbox *out)
{
	struct subscription *s = x->s;
	uint8_t *room = outbox_begin(out, NOTIFY_BYTES_MAX);
	int len = room ? publish_write_end(t, s->who, &s->topic->eid, x->nonce, TTL_END_MIN,
				 LISP_ACT_DROP_AUTH, room, NOTIFY_BYTES_MAX)
		       : -1;

	if (len > 0)
		commit_to(t, s->who, 0, (uint32_t)len, now, out);
	server_count(t, COUNT_PUBLISH_GAVE_UP);
	publish_end(p, s);
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
				publish_end(p, x->s);
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
			publish_end(p, x->s);
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
		publish_end(p, s);
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
			publish_end(p, s);
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
	const struct subscriber *who, const struct datagram *d, const struct map_register *m)
{
	if (m->has_xtr_id)
		return m->site_id == who->xtr->who.site_id &&
		       !memcmp(&m->xtr_id, &who->xtr->who.id, sizeof(m->xtr_id));
	for (unsigned int i = 0; i < who->rloc_count; i++)
		if (address_equal(&who->rlocs[i], &d->peer.addr))
			return true;
	return false;
}

static bool made_by(struct server_thread *t, const struct datagram *d, const struct map_register *m,
	struct subscriber *who)
{
	struct site *site = publish_site(t, who);
	struct site_key *key =
		site ? site_find_key(site, m->auth.key_id, (enum auth_alg)m->auth.alg) : NULL;
	struct auth_key *ready = key ? site_ready_key(key, t->slot) : NULL;

	return ready && auth_verify(ready, LISP_MAP_NOTIFY_ACK, &site->auth, d->bytes, d->len,
				m->nonce, &m->auth);
}

enum publish_ack publish_acknowledge(struct publish *p, struct server_thread *t,
	const struct datagram *d, const struct map_register *m, struct mono now)
{
	enum publish_ack result = PUBLISH_NOT_OURS;
	struct notice *x = NULL;
	bool starved;

	if (!subscriptions_count(p->t))
		return PUBLISH_NOT_OURS;
	subscriptions_lock(p->t);
	starved = TAILQ_EMPTY(&p->notices.ready);
	while ((x = notices_by_nonce(&p->notices, m->nonce, x))) {
		if (!is_about(m, &x->eid) || !is_from(x->s->who, d, m))
			continue;
		result = PUBLISH_BAD_MAC;
		if (!made_by(t, d, m, x->s->who))
			continue;
		notice_acknowledged(&p->notices, x, now);
		result = PUBLISH_ACKED;
		break;
	}
	if (starved && (!TAILQ_EMPTY(&p->notices.ready) || p->news_count))
		wake(p);
	subscriptions_unlock(p->t);
	return result;
}
