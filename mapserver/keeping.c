/* See keeping.h. */
#include "mapserver/keeping.h"

#include <string.h>

#include <openssl/crypto.h>

#include "lisp/stored_subscription.h"
#include "mapserver/publish.h"
#include "mapserver/subscribe.h"

#define SLICE      1000 /* subscriptions of a transaction */
#define SLICE_ROOM 4200 /* changes: of one subscription, with its xTR's One-Time Keys */

_Static_assert(STORED_SUBSCRIBER_RLOCS == SUBSCRIBER_RLOCS_MAX, "all ITR-RLOCs are kept");

/* ---- into the store ---- */

static void put_subscription(struct durable *d, uint32_t owner, const struct subscription *s,
	const struct stored_subscription *value)
{
	struct stored_subscription_key k = {
		.kind = STORED_SUBSCRIPTION, .owner = owner, .eid = s->topic->eid};
	uint8_t key[STORED_SUBSCRIPTION_KEY], bytes[STORED_SUBSCRIPTION_BYTES];
	size_t key_len = stored_subscription_key(key, sizeof(key), &k);
	size_t len = stored_subscription_write(bytes, sizeof(bytes), value);

	if (key_len && len)
		durable_put(d, STORED_SUBSCRIPTIONS, key, key_len, bytes, len);
	OPENSSL_cleanse(bytes, sizeof(bytes));
}

static uint64_t block_above(uint64_t nonce)
{
	return nonce > UINT64_MAX - SUBSCRIPTION_BLOCK ? UINT64_MAX : nonce + SUBSCRIPTION_BLOCK;
}

/* What is only offered is kept as if it were agreed upon: the xTR may have it when we crash. */
static void keep_subscription(struct durable *d, uint32_t owner, struct subscription *s)
{
	const struct pubsub_key *pubsub = subscription_key(s);
	uint64_t last =
		s->offer && !s->agreed && s->offer->last > s->nonce ? s->offer->last : s->nonce;
	struct stored_subscription value = {.nonce = block_above(last), .seen = s->seen};

	if (s->state == SUBSCRIPTION_MUTED)
		value.flags |= STORED_SUBSCRIPTION_MUTED;
	if (s->state == SUBSCRIPTION_ENDED)
		value.flags |= STORED_SUBSCRIPTION_ENDED;
	if (s->expires_ns)
		value.flags |= STORED_SUBSCRIPTION_TEMPORARY;
	if (pubsub)
		value.key = *pubsub;
	put_subscription(d, owner, s, &value);
	OPENSSL_cleanse(&value.key, sizeof(value.key));
	s->reserved = value.nonce;
}

static void keep_otks(struct durable *d, uint32_t owner, struct subscriber *who)
{
	for (size_t i = 0; i < who->past_unkept; i++) {
		size_t place = subscriber_unkept_otk(who, i);
		const struct stored_used_otk value = {
			who->past[place].hash, who->past[place].nonce};
		struct stored_subscription_key k = {
			.kind = STORED_USED_OTK, .owner = owner, .place = (uint16_t)place};
		uint8_t key[STORED_SUBSCRIPTION_KEY], bytes[STORED_SUBSCRIPTION_BYTES];
		size_t key_len = stored_subscription_key(key, sizeof(key), &k);
		size_t len = stored_used_otk_write(bytes, sizeof(bytes), &value);

		durable_put(d, STORED_SUBSCRIPTIONS, key, key_len, bytes, len);
	}
	who->past_unkept = 0;
}

static void keep_subscriber(
	struct durable *d, uint32_t owner, struct subscriber *who, const struct offer *offer)
{
	struct stored_subscriber value = {.floor = who->floor,
		.past_floor = who->past_floor,
		.key_id = who->key_id,
		.key_alg = who->key_alg,
		.local = who->local,
		.rloc_count = (uint8_t)who->rloc_count};
	struct stored_subscription_key k = {.kind = STORED_SUBSCRIBER, .owner = owner};
	uint8_t key[STORED_SUBSCRIPTION_KEY], bytes[STORED_SUBSCRIPTION_BYTES];
	bool offered = !who->rloc_count && offer;
	size_t key_len, len;

	if (!who->unkept && !offered)
		return;
	memcpy(value.rlocs, offered ? offer->rlocs : who->rlocs, sizeof(value.rlocs));
	if (offered) {
		value.rloc_count = (uint8_t)offer->rloc_count;
		value.local = offer->local;
	}
	key_len = stored_subscription_key(key, sizeof(key), &k);
	len = stored_subscriber_write(bytes, sizeof(bytes), &value);
	if (key_len && len)
		durable_put(d, STORED_SUBSCRIPTIONS, key, key_len, bytes, len);
	who->unkept = false;
}

static void keep_forgotten(struct durable *d, struct subscriptions *t)
{
	struct stored_subscription_key k = {.kind = STORED_SUBSCRIPTION};
	uint8_t key[STORED_SUBSCRIPTION_KEY];
	struct xtr *xtr;
	size_t key_len;

	while (durable_room(d) > SLICE_ROOM && subscriptions_forgotten_next(t, &xtr, &k.eid)) {
		k.owner = durable_owner(d, xtr);
		key_len = stored_subscription_key(key, sizeof(key), &k);
		if (key_len)
			durable_put(d, STORED_SUBSCRIPTIONS, key, key_len, NULL, 0);
	}
}

static void write_slice(struct durable *d, struct subscriptions *t)
{
	struct subscription *s;

	keep_forgotten(d, t);
	for (unsigned int i = 0; i < SLICE && durable_room(d) > SLICE_ROOM; i++) {
		uint32_t owner;

		s = subscriptions_keep_next(t);
		if (!s)
			return;
		owner = durable_owner(d, s->who->xtr);
		keep_subscriber(d, owner, s->who, s->offer);
		keep_otks(d, owner, s->who);
		keep_subscription(d, owner, s);
	}
}

/* ---- afterwards ---- */

static void settle(struct subscription *s, struct server_thread *t,
	const struct keeping_hooks *hooks, struct mono now, struct outbox *out)
{
	enum subscription_event event = (enum subscription_event)s->event;

	s->event = SUBSCRIPTION_QUIET;
	if (event && hooks->event)
		hooks->event(hooks->arg, event, &s->topic->eid, s->who->xtr);
	if (!s->accept_waits)
		return;
	s->accept_waits = false;
	if (hooks->make_room)
		hooks->make_room(hooks->arg, out);
	if (!s->offer || publish_accept(t->server->publish, t, s, now, out))
		return;
	if (s->agreed) /* the xTR asks again */
		subscription_withdraw_offer(s);
	else
		publish_end(t->server->publish, s, SUBSCRIPTION_QUIET);
}

bool keeping_run(struct durable *d, struct server_thread *t, const struct keeping_hooks *hooks,
	struct mono now, struct outbox *out)
{
	struct subscriptions *table = t->server->subscriptions;
	struct subscription *s;

	if (!subscriptions_unkept(table))
		return false;
	durable_begin(d);
	subscriptions_lock(table);
	write_slice(d, table);
	subscriptions_unlock(table);
	durable_end(d); /* or it lives in memory only, as all else then */
	subscriptions_lock(table);
	while ((s = subscriptions_kept_next(table)))
		settle(s, t, hooks, now, out);
	subscriptions_unlock(table);
	return subscriptions_unkept(table) != 0;
}

/* ---- out of the store ---- */

struct loading {
	struct durable *d;
	struct server_thread *t;
	struct mono now;
	size_t taken, unreadable;
};

static bool take_subscriber(struct subscriber *who, const void *value, size_t len)
{
	struct stored_subscriber in;

	if (!stored_subscriber_read(value, len, &in))
		return false;
	if (who->rloc_count)
		return true; /* memory knows better */
	who->floor = in.floor > who->floor ? in.floor : who->floor;
	who->past_floor = in.past_floor > who->past_floor ? in.past_floor : who->past_floor;
	who->key_id = in.key_id;
	who->key_alg = in.key_alg;
	who->local = in.local;
	who->rloc_count = in.rloc_count;
	memcpy(who->rlocs, in.rlocs, sizeof(who->rlocs));
	return true;
}

static bool take_subscription(struct loading *l, struct subscriber *who, const struct eid *topic,
	const void *value, size_t len)
{
	struct subscriptions *table = l->t->server->subscriptions;
	struct stored_subscription in;
	struct subscription *s;

	if (!stored_subscription_read(value, len, &in))
		return false;
	s = subscription_load(table, who, topic, &in.key, in.flags & STORED_SUBSCRIPTION_MUTED,
		in.flags & STORED_SUBSCRIPTION_ENDED);
	OPENSSL_cleanse(&in.key, sizeof(in.key));
	if (!s)
		return true; /* known already, or beyond a quota that is smaller now */
	s->nonce = in.nonce;
	s->seen = in.seen;
	s->event = SUBSCRIPTION_QUIET;
	if (in.flags & STORED_SUBSCRIPTION_TEMPORARY)
		subscription_expire(table, s, true, l->now);
	if (s->state != SUBSCRIPTION_ENDED) /* the next block of nonces */
		subscription_changed(table, s, SUBSCRIPTION_QUIET);
	l->taken++;
	return true;
}

static bool take(void *arg, const void *key, size_t key_len, const void *value, size_t len)
{
	struct subscriptions *table;
	struct stored_subscription_key k;
	struct stored_used_otk otk;
	struct loading *l = arg;
	struct subscriber *who;
	struct xtr *xtr;
	bool ok;

	table = l->t->server->subscriptions;
	ok = stored_subscription_key_read(key, key_len, &k);
	xtr = ok ? recovery_owner(&l->d->recovery, k.owner) : NULL;
	who = xtr ? subscriber_get(table, xtr) : NULL;
	if (who && k.kind == STORED_SUBSCRIBER)
		ok = take_subscriber(who, value, len);
	else if (who && k.kind == STORED_SUBSCRIPTION)
		ok = take_subscription(l, who, &k.eid, value, len);
	else if (who)
		ok = stored_used_otk_read(value, len, &otk) &&
		     subscriber_load_otk(who, k.place, otk.hash, otk.nonce);
	if (!who || !ok)
		l->unreadable++;
	return true;
}

int keeping_load(struct durable *d, struct server_thread *t, struct store *store, struct mono now)
{
	struct loading l = {.d = d, .t = t, .now = now};
	struct subscriptions *table = t->server->subscriptions;
	int err;

	if (!subscriptions_options(table)->max)
		return 0; /* none are taken any more */
	subscriptions_lock(table);
	err = store_scan(store, STORED_SUBSCRIPTIONS, NULL, 0, take, &l);
	subscriptions_unlock(table);
	subscribe_part_tenants(t->server); /* the file may have others since */
	if (l.taken)
		log_info(t->log, "store: %zu subscriptions taken in", l.taken);
	if (l.unreadable)
		log_error(
			t->log, "store: %zu records of subscriptions cannot be read", l.unreadable);
	__atomic_fetch_add(&d->unreadable, l.unreadable, __ATOMIC_RELEASE);
	return err;
}
