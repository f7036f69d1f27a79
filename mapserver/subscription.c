/* See subscription.h. */
#include "mapserver/subscription.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "mapserver/site.h"

#define INSTANCES_MAX 65536
#define BUCKETS_MAX   (1u << 20)
#define SITE_BUCKETS  1024
#define ENDED_MAX     4096 /* of one xTR: nonces kept beyond a subscription's end */

/* How many subscriptions the xTRs of one site have. */
struct site_quota {
	struct site_quota *next;
	char site[SITE_NAME_MAX + 1];
	size_t live;
	size_t *group, group_max; /* NULL: none */
};

/* The row of one that was forgotten is still in the store. */
struct forgotten {
	STAILQ_ENTRY(forgotten) next;
	struct xtr *xtr;
	struct eid eid;
};

struct subscriptions {
	struct subscription_options o;
	pthread_mutex_t lock;
	struct hash_key key;
	struct lpm_set *topics;
	struct subscriber_list subscribers;
	TAILQ_HEAD(, subscription) temporary;
	struct site_quota *sites[SITE_BUCKETS];
	size_t live;   /* atomic to read */
	size_t unkept; /* atomic to read: of the first list, and of the third */
	TAILQ_HEAD(keep_list, subscription) waits, writes;
	STAILQ_HEAD(, forgotten) forgotten;
	size_t mask;
	struct subscription **by_key;
};

struct subscriptions *subscriptions_new(const struct subscription_options *o)
{
	struct subscriptions *t = calloc(1, sizeof(*t));
	size_t buckets = 1024;

	if (!t)
		return NULL;
	t->o = *o;
	hash_key_set(&t->key, o->secret);
	TAILQ_INIT(&t->subscribers);
	TAILQ_INIT(&t->temporary);
	TAILQ_INIT(&t->waits);
	TAILQ_INIT(&t->writes);
	STAILQ_INIT(&t->forgotten);
	pthread_mutex_init(&t->lock, NULL);
	while (buckets < o->max && buckets < BUCKETS_MAX)
		buckets *= 2;
	t->mask = buckets - 1;
	t->by_key = calloc(buckets, sizeof(t->by_key[0]));
	t->topics = lpm_set_new(INSTANCES_MAX,
		offsetof(struct topic, eid.addr.bytes) - offsetof(struct topic, entry), o->secret);
	if (t->by_key && t->topics)
		return t;
	subscriptions_free(t);
	return NULL;
}

void subscriptions_lock(struct subscriptions *t)
{
	pthread_mutex_lock(&t->lock);
}

void subscriptions_unlock(struct subscriptions *t)
{
	pthread_mutex_unlock(&t->lock);
}

size_t subscriptions_count(const struct subscriptions *t)
{
	return __atomic_load_n(&t->live, __ATOMIC_RELAXED);
}

size_t subscriptions_count_after(struct subscriptions *t)
{
	return __atomic_fetch_add(&t->live, 0, __ATOMIC_ACQ_REL);
}

const struct subscription_options *subscriptions_options(const struct subscriptions *t)
{
	return &t->o;
}

struct subscriber_list *subscriptions_subscribers(struct subscriptions *t)
{
	return &t->subscribers;
}

/* ---- topics ---- */

static struct topic *topic_of(struct lpm_entry *e)
{
	return e ? (struct topic *)(void *)((char *)e - offsetof(struct topic, entry)) : NULL;
}

static struct topic *topic_find(const struct subscriptions *t, const struct eid *eid)
{
	const struct lpm *table = lpm_set_find(t->topics, eid->iid, eid->addr.afi);

	return table ? topic_of(lpm_exact(table, eid->addr.bytes, eid->plen)) : NULL;
}

static struct topic *topic_get(struct subscriptions *t, const struct eid *eid)
{
	struct topic *topic = topic_find(t, eid);

	if (topic)
		return topic;
	topic = calloc(1, sizeof(*topic));
	if (!topic)
		return NULL;
	topic->eid = *eid;
	topic->entry.plen = eid->plen;
	topic->table = lpm_set_add(t->topics, eid->iid, eid->addr.afi);
	if (topic->table && lpm_insert(topic->table, &topic->entry) == 0)
		return topic;
	free(topic);
	return NULL;
}

/* Nobody reads without the lock, so it goes at once. */
static void topic_unref(struct topic *topic)
{
	if (--topic->refs)
		return;
	lpm_remove(topic->table, &topic->entry);
	free(topic);
}

/* ---- subscribers ---- */

static struct site_quota *quota_get(struct subscriptions *t, const char *site)
{
	struct site_quota **head =
		&t->sites[hash_bytes(&t->key, site, strlen(site)) % SITE_BUCKETS];
	struct site_quota *q;

	for (q = *head; q; q = q->next)
		if (!strcmp(q->site, site))
			return q;
	q = calloc(1, sizeof(*q));
	if (!q)
		return NULL;
	memcpy(q->site, site, strlen(site)); /* of an xtr_identity: it fits */
	q->next = *head;
	*head = q;
	return q;
}

struct subscriber *subscriber_get(struct subscriptions *t, struct xtr *xtr)
{
	struct subscriber *who = xtr->subscriber;

	if (who)
		return who;
	who = calloc(1, sizeof(*who));
	if (!who)
		return NULL;
	who->quota = quota_get(t, xtr->who.site);
	if (!who->quota) {
		free(who);
		return NULL;
	}
	who->xtr = xtr;
	TAILQ_INIT(&who->list);
	TAILQ_INIT(&who->ended_list);
	TAILQ_INIT(&who->waiting);
	TAILQ_INSERT_TAIL(&t->subscribers, who, link);
	xtr->subscriber = who;
	return who;
}

static void count_group(size_t *group, size_t n)
{
	if (group)
		__atomic_store_n(group, *group + n, __ATOMIC_RELAXED);
}

void subscriber_charge(struct subscriptions *t, struct subscriber *who, size_t *group, size_t max)
{
	struct site_quota *q = who->quota;

	(void)t;
	if (q->group != group) {
		count_group(q->group, -q->live);
		count_group(group, q->live);
		q->group = group;
	}
	q->group_max = max;
}

/* ---- subscriptions ---- */

static struct subscription **bucket(
	const struct subscriptions *t, const struct subscriber *who, const struct topic *topic)
{
	const uintptr_t pair[2] = {(uintptr_t)who, (uintptr_t)topic};

	return &t->by_key[hash_bytes(&t->key, pair, sizeof(pair)) & t->mask];
}

static struct subscription *find(
	const struct subscriptions *t, const struct subscriber *who, const struct topic *topic)
{
	struct subscription *s = *bucket(t, who, topic);

	while (s && (s->who != who || s->topic != topic))
		s = s->next_key;
	return s;
}

struct subscription *subscription_find(
	const struct subscriptions *t, const struct subscriber *who, const struct eid *eid)
{
	const struct topic *topic = topic_find(t, eid);

	return topic ? find(t, who, topic) : NULL;
}

bool subscription_nonce(const struct subscriptions *t, const struct subscriber *who,
	const struct eid *eid, uint64_t *nonce)
{
	const struct subscription *s = subscription_find(t, who, eid);

	*nonce = s && s->seen ? s->seen : who->floor;
	return *nonce != 0;
}

static void set_temporary(struct subscriptions *t, struct subscription *s, uint64_t expires_ns)
{
	if (s->expires_ns)
		TAILQ_REMOVE(&t->temporary, s, temporary);
	s->expires_ns = expires_ns;
	if (expires_ns)
		TAILQ_INSERT_TAIL(&t->temporary, s, temporary);
}

/* All last as long, so the list is in order. */
void subscription_expire(
	struct subscriptions *t, struct subscription *s, bool temporary, struct mono now)
{
	set_temporary(t, s, temporary ? mono_add_s(now, t->o.temporary_s).ns : 0);
}

struct subscription *subscriptions_due(const struct subscriptions *t, struct mono now)
{
	struct subscription *s = TAILQ_FIRST(&t->temporary);

	return s && s->expires_ns <= now.ns ? s : NULL;
}

/* ---- what is to be kept ---- */

static void count_unkept(struct subscriptions *t, size_t n)
{
	__atomic_add_fetch(&t->unkept, n, __ATOMIC_RELAXED);
}

size_t subscriptions_unkept(const struct subscriptions *t)
{
	return __atomic_load_n(&t->unkept, __ATOMIC_RELAXED);
}

static void leave_keeping(struct subscriptions *t, struct subscription *s)
{
	if (s->keep == KEEP_WAITS) {
		TAILQ_REMOVE(&t->waits, s, keeping);
		count_unkept(t, (size_t)-1);
	} else if (s->keep == KEEP_WRITES) {
		TAILQ_REMOVE(&t->writes, s, keeping);
	}
	s->keep = KEEP_DONE;
}

void subscription_changed(
	struct subscriptions *t, struct subscription *s, enum subscription_event event)
{
	if (event)
		s->event = (uint8_t)event;
	if (s->keep == KEEP_WAITS)
		return;
	leave_keeping(t, s);
	s->keep = KEEP_WAITS;
	TAILQ_INSERT_TAIL(&t->waits, s, keeping);
	count_unkept(t, 1);
}

struct subscription *subscriptions_keep_next(struct subscriptions *t)
{
	struct subscription *s = TAILQ_FIRST(&t->waits);

	if (!s)
		return NULL;
	leave_keeping(t, s);
	s->keep = KEEP_WRITES;
	TAILQ_INSERT_TAIL(&t->writes, s, keeping);
	return s;
}

struct subscription *subscriptions_kept_next(struct subscriptions *t)
{
	struct subscription *s = TAILQ_FIRST(&t->writes);

	if (s)
		leave_keeping(t, s);
	return s;
}

bool subscriptions_forgotten_next(struct subscriptions *t, struct xtr **xtr, struct eid *eid)
{
	struct forgotten *f = STAILQ_FIRST(&t->forgotten);

	if (!f)
		return false;
	*xtr = f->xtr;
	*eid = f->eid;
	STAILQ_REMOVE_HEAD(&t->forgotten, next);
	count_unkept(t, (size_t)-1);
	free(f);
	return true;
}

/* Without memory its row stays in the store until the subscription is made again. */
static void note_forgotten(struct subscriptions *t, const struct subscription *s)
{
	struct forgotten *f = malloc(sizeof(*f));

	if (!f)
		return;
	*f = (struct forgotten){.xtr = s->who->xtr, .eid = s->topic->eid};
	STAILQ_INSERT_TAIL(&t->forgotten, f, next);
	count_unkept(t, 1);
}

void subscriptions_keep_all(struct subscriptions *t)
{
	struct subscriber *who;
	struct subscription *s;

	TAILQ_FOREACH (who, &t->subscribers, link) {
		who->unkept = true;
		who->past_unkept = who->past_count;
		TAILQ_FOREACH (s, &who->list, of_xtr)
			subscription_changed(t, s, SUBSCRIPTION_QUIET);
		TAILQ_FOREACH (s, &who->ended_list, of_xtr)
			subscription_changed(t, s, SUBSCRIPTION_QUIET);
	}
}

static void forget(struct subscriptions *t, struct subscription *s)
{
	struct subscription **link = bucket(t, s->who, s->topic);

	leave_keeping(t, s);
	while (*link != s)
		link = &(*link)->next_key;
	*link = s->next_key;
	TAILQ_REMOVE(&s->who->ended_list, s, of_xtr);
	s->who->ended--;
	topic_unref(s->topic);
	free(s);
}

/* Its nonces stay. */
static void drop_agreement(struct subscription *s)
{
	subscription_withdraw_offer(s);
	pubsub_key_free(s->key);
	s->key = NULL;
	s->agreed = false;
}

void subscription_end(struct subscriptions *t, struct subscription *s)
{
	struct subscriber *who = s->who;
	struct subscription *oldest;

	set_temporary(t, s, 0);
	drop_agreement(s);
	LIST_REMOVE(s, of_topic);
	TAILQ_REMOVE(&who->list, s, of_xtr);
	TAILQ_INSERT_TAIL(&who->ended_list, s, of_xtr);
	s->state = SUBSCRIPTION_ENDED;
	who->live--;
	who->quota->live--;
	count_group(who->quota->group, (size_t)-1);
	__atomic_sub_fetch(&t->live, 1, __ATOMIC_RELAXED);
	if (++who->ended <= ENDED_MAX)
		return;
	oldest = TAILQ_FIRST(&who->ended_list);
	if (oldest->seen > who->floor)
		who->floor = oldest->seen;
	who->unkept = true;
	note_forgotten(t, oldest);
	forget(t, oldest);
}

static bool has_room(const struct subscriptions *t, const struct subscriber *who)
{
	return t->live < t->o.max && who->live < t->o.per_xtr && who->quota->live < t->o.per_site;
}

static bool group_has_room(const struct subscriber *who)
{
	const struct site_quota *q = who->quota;

	return !q->group || !q->group_max || *q->group < q->group_max;
}

static struct subscription *subscription_new(
	struct subscriptions *t, struct subscriber *who, const struct eid *eid)
{
	struct subscription *s = calloc(1, sizeof(*s)), **head;

	if (!s)
		return NULL;
	s->topic = topic_get(t, eid);
	if (!s->topic) {
		free(s);
		return NULL;
	}
	s->topic->refs++;
	s->who = who;
	LIST_INIT(&s->notices);
	head = bucket(t, who, s->topic);
	s->next_key = *head;
	*head = s;
	return s;
}

static void begin(struct subscriptions *t, struct subscription *s)
{
	LIST_INSERT_HEAD(&s->topic->list, s, of_topic);
	TAILQ_INSERT_TAIL(&s->who->list, s, of_xtr);
	s->who->live++;
	s->who->quota->live++;
	count_group(s->who->quota->group, 1);
	__atomic_add_fetch(&t->live, 1, __ATOMIC_ACQ_REL);
}

static enum subscription_verdict put(struct subscriptions *t, struct subscriber *who,
	const struct eid *eid, enum subscription_state state, struct subscription **out)
{
	struct subscription *s = subscription_find(t, who, eid);

	if ((!s || s->state == SUBSCRIPTION_ENDED) && !has_room(t, who))
		return SUBSCRIPTION_FULL;
	if ((!s || s->state == SUBSCRIPTION_ENDED) && !group_has_room(who))
		return SUBSCRIPTION_GROUP_FULL;
	if (!s) {
		s = subscription_new(t, who, eid);
		if (!s)
			return SUBSCRIPTION_NO_MEMORY;
		begin(t, s);
	} else if (s->state == SUBSCRIPTION_ENDED) {
		TAILQ_REMOVE(&who->ended_list, s, of_xtr);
		who->ended--;
		begin(t, s);
	}
	set_temporary(t, s, 0);
	s->state = (uint8_t)state;
	*out = s;
	return SUBSCRIPTION_OK;
}

struct subscription *subscription_load(struct subscriptions *t, struct subscriber *who,
	const struct eid *eid, const struct pubsub_key *key, bool muted, bool ended)
{
	struct pubsub_key *copy = NULL;
	struct subscription *s;

	if (subscription_find(t, who, eid))
		return NULL;
	if (key->len) {
		copy = malloc(sizeof(*copy));
		if (!copy)
			return NULL;
		*copy = *key;
	}
	if (put(t, who, eid, muted ? SUBSCRIPTION_MUTED : SUBSCRIPTION_LIVE, &s)) {
		pubsub_key_free(copy);
		return NULL;
	}
	s->key = copy;
	s->agreed = !muted;
	if (ended)
		subscription_end(t, s);
	return s;
}

enum subscription_verdict subscription_put(struct subscriptions *t, struct subscriber *who,
	const struct eid *eid, const struct offer *offer, struct subscription **out)
{
	struct offer *copy = malloc(sizeof(*copy));
	enum subscription_verdict verdict =
		copy ? put(t, who, eid, SUBSCRIPTION_LIVE, out) : SUBSCRIPTION_NO_MEMORY;

	if (verdict) {
		free(copy);
		return verdict;
	}
	subscription_withdraw_offer(*out);
	*copy = *offer;
	copy->last = offer->nonce;
	(*out)->offer = copy;
	return SUBSCRIPTION_OK;
}

enum subscription_verdict subscription_mute(struct subscriptions *t, struct subscriber *who,
	const struct eid *eid, uint64_t nonce, struct subscription **out)
{
	enum subscription_verdict verdict = put(t, who, eid, SUBSCRIPTION_MUTED, out);

	if (!verdict)
		subscription_note_nonce(*out, nonce);
	return verdict;
}

/* ---- who is concerned ---- */

void subscriptions_covering(const struct subscriptions *t, const struct eid *eid,
	void (*visit)(struct topic *topic, void *arg), void *arg)
{
	const struct lpm *table = lpm_set_find(t->topics, eid->iid, eid->addr.afi);
	struct lpm_entry *e = table ? lpm_longest(table, eid->addr.bytes, eid->plen) : NULL;

	while (e) {
		struct lpm_entry *parent =
			e->plen ? lpm_parent(table, eid->addr.bytes, e->plen) : NULL;

		visit(topic_of(e), arg);
		e = parent;
	}
}

struct covered_by {
	const struct subscriber *who;
	const struct subscriptions *t;
	struct subscription *found;
};

static void is_live(struct topic *topic, void *arg)
{
	struct covered_by *c = arg;
	struct subscription *s = c->found ? NULL : find(c->t, c->who, topic);

	if (s && s->state == SUBSCRIPTION_LIVE)
		c->found = s;
}

struct subscription *subscription_covering(
	const struct subscriptions *t, const struct subscriber *who, const struct eid *eid)
{
	struct covered_by c = {.who = who, .t = t};

	subscriptions_covering(t, eid, is_live, &c);
	return c.found;
}

struct below {
	const struct eid *eid;
	void (*visit)(struct topic *topic, void *arg);
	void *arg;
};

static bool visit_below(struct lpm_entry *e, void *arg)
{
	const struct below *b = arg;

	if (e->plen > b->eid->plen)
		b->visit(topic_of(e), b->arg);
	return true;
}

void subscriptions_below(const struct subscriptions *t, const struct eid *eid,
	void (*visit)(struct topic *topic, void *arg), void *arg)
{
	const struct lpm *table = lpm_set_find(t->topics, eid->iid, eid->addr.afi);
	struct below b = {eid, visit, arg};

	if (table && !eid_is_host(eid))
		lpm_covered(table, eid->addr.bytes, eid->plen, visit_below, &b);
}

/* ---- all of them ---- */

struct each {
	bool (*visit)(struct topic *topic, void *arg);
	void *arg;
	uint64_t at, next; /* tables, as numbers in order */
	bool more;
};

static bool visit_topic(struct lpm_entry *e, void *arg)
{
	struct each *each = arg;

	each->more = each->visit(topic_of(e), each->arg);
	return each->more;
}

static uint64_t table_number(uint32_t iid, uint16_t afi)
{
	return (uint64_t)iid << 16 | afi;
}

static bool find_next(uint32_t iid, uint16_t afi, struct lpm *table, void *arg)
{
	uint64_t number = table_number(iid, afi);
	struct each *each = arg;

	(void)table;
	if (number >= each->at && number < each->next)
		each->next = number;
	return true;
}

void subscriptions_each(const struct subscriptions *t, const struct eid *after,
	bool (*visit)(struct topic *topic, void *arg), void *arg)
{
	static const uint8_t zero[ADDRESS_MAX + 1];
	uint64_t first = after ? table_number(after->iid, after->addr.afi) : 0;
	struct each each = {visit, arg, first, 0, true};

	while (each.more) {
		const struct lpm *table;

		each.next = UINT64_MAX;
		lpm_set_each(t->topics, find_next, &each);
		if (each.next == UINT64_MAX)
			return;
		table = lpm_set_find(t->topics, (uint32_t)(each.next >> 16), (uint16_t)each.next);
		if (after && each.next == first)
			lpm_covered_after(
				table, zero, 0, after->addr.bytes, after->plen, visit_topic, &each);
		else
			lpm_covered(table, zero, 0, visit_topic, &each);
		each.at = each.next + 1;
	}
}

static void subscriber_free(struct subscriptions *t, struct subscriber *who)
{
	struct subscription *s;

	while ((s = TAILQ_FIRST(&who->list)))
		subscription_end(t, s);
	while ((s = TAILQ_FIRST(&who->ended_list)))
		forget(t, s);
	free(who->past);
	TAILQ_REMOVE(&t->subscribers, who, link);
	who->xtr->subscriber = NULL;
	site_unref(who->site);
	free(who);
}

void subscriptions_free(struct subscriptions *t)
{
	struct subscriber *who;
	struct site_quota *q;
	struct forgotten *f;

	if (!t)
		return;
	while ((who = TAILQ_FIRST(&t->subscribers)))
		subscriber_free(t, who);
	for (unsigned int i = 0; i < SITE_BUCKETS; i++)
		while ((q = t->sites[i])) {
			t->sites[i] = q->next;
			free(q);
		}
	if (t->topics)
		lpm_set_free(t->topics);
	while ((f = STAILQ_FIRST(&t->forgotten))) {
		STAILQ_REMOVE_HEAD(&t->forgotten, next);
		free(f);
	}
	free(t->by_key);
	pthread_mutex_destroy(&t->lock);
	free(t);
}
