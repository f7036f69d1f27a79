/* See ddt_resolver.h. The doors, behind the lock; and what is done with a request and with a
 * Map-Referral that come in by them. */
#include "mapserver/ddt_resolver_internal.h"

#include <stdlib.h>
#include <string.h>

/* ---- a request ---- */

static uint32_t minutes_left(const struct referral *at, struct mono now)
{
	uint64_t left = mono_since_ms(now, at->expiry) / 60000;

	return left < 1 ? 1 : left > DDT_TTL_HOLE_MIN ? DDT_TTL_HOLE_MIN : (uint32_t)left;
}

/* Section 8.1. */
static int ask_locked(struct ddt_resolver *r, const struct ddt_question *q)
{
	struct ddt_search *s = ddt_pending_find(r, &q->reply_to.addr, &q->eid);
	struct referral *at;

	if (s) {
		ddt_resolver_count(r, COUNT_DDT_REPLACED);
		return ddt_search_set_message(s, q) ? DDT_TAKEN : DROP_NO_MEMORY;
	}
	at = referral_cache_find(r->cache, &q->eid, r->turn->now);
	ddt_resolver_count(r, at ? COUNT_DDT_CACHE_HITS : COUNT_DDT_CACHE_MISSES);
	if (at && referral_is_negative(at)) {
		ddt_search_deny(r, &q->reply_to, &q->local, q->nonce, q->protection, &q->eid,
			&at->prefix, minutes_left(at, r->turn->now));
		return DDT_TAKEN;
	}
	if (!ddt_pending_has_room(r, &q->reply_to.addr))
		return DROP_DDT_PENDING;
	s = ddt_search_new(r, q);
	if (!s)
		return DROP_NO_MEMORY;
	ddt_search_go_to(s, at ? at : r->root);
	ddt_search_ask_next(s);
	return DDT_TAKEN;
}

/* ---- a referral ---- */

static int receive_locked(
	struct ddt_resolver *r, struct map_referral *m, const struct endpoint *peer)
{
	struct referral_record rec;

	while (map_referral_next(m, &rec)) {
		uint32_t ttl_min = rec.ttl_min;
		unsigned int rloc;
		struct ddt_search *s =
			rec.eid.plain ? ddt_pending_asked(r, m->nonce, &rec, peer, &rloc) : NULL;

		if (!s)
			continue;
		if (!ddt_follow_authentic(s, rloc, &rec, &ttl_min))
			return DROP_REFERRAL_SIGNATURE;
		s->index = rloc;
		s->tried |= 1u << rloc;
		s->at->rlocs[rloc].down_until = (struct mono){0};
		return ddt_follow_record(s, &rec, ttl_min);
	}
	return DROP_REFERRAL_UNEXPECTED;
}

/* ---- the doors ---- */

static void set_root(struct ddt_resolver *r, struct referral *root)
{
	r->root = root;
	r->secure = false;
	for (unsigned int i = 0; i < root->rloc_count; i++)
		r->secure |= root->rlocs[i].key_count > 0;
	__atomic_store_n(&r->active, root->rloc_count > 0, __ATOMIC_RELEASE);
}

bool ddt_resolver_active(const struct ddt_resolver *r)
{
	return __atomic_load_n(&r->active, __ATOMIC_ACQUIRE);
}

struct ddt_resolver *ddt_resolver_new(const struct ddt_resolver_options *o, struct referral *root)
{
	struct ddt_resolver *r = calloc(1, sizeof(*r));

	if (r)
		r->cache = referral_cache_new(o->referrals_max, o->secret);
	if (!r || !r->cache) {
		free(r);
		referral_unref(root);
		return NULL;
	}
	r->o = *o;
	set_root(r, root);
	hash_key_set(&r->hash, o->secret);
	timers_init(&r->timers);
	r->told = MONO_NEVER;
	pthread_mutex_init(&r->lock, NULL);
	return r;
}

static void end_all(struct ddt_resolver *r)
{
	for (unsigned int i = 0; i < DDT_BUCKETS; i++)
		while (r->by_nonce[i])
			ddt_search_end(r->by_nonce[i]);
}

void ddt_resolver_free(struct ddt_resolver *r)
{
	if (!r)
		return;
	end_all(r);
	referral_cache_free(r->cache);
	referral_unref(r->root);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

static bool same_roots(const struct referral *a, const struct referral *b)
{
	if (a->rloc_count != b->rloc_count || a->key_bytes_len != b->key_bytes_len ||
		memcmp(a->key_bytes, b->key_bytes, a->key_bytes_len) != 0)
		return false;
	for (unsigned int i = 0; i < a->rloc_count; i++)
		if (!address_equal(&a->rlocs[i].at.addr, &b->rlocs[i].at.addr) ||
			a->rlocs[i].at.port != b->rlocs[i].at.port ||
			a->rlocs[i].key_count != b->rlocs[i].key_count)
			return false;
	return true;
}

void ddt_resolver_set_root(struct ddt_resolver *r, struct referral *root)
{
	pthread_mutex_lock(&r->lock);
	if (same_roots(r->root, root)) {
		referral_unref(root);
		pthread_mutex_unlock(&r->lock);
		return;
	}
	/* What is under way began elsewhere, and its ITRs will ask again. */
	end_all(r);
	referral_cache_clear(r->cache);
	referral_unref(r->root);
	set_root(r, root);
	pthread_mutex_unlock(&r->lock);
}

static void enter(struct ddt_resolver *r, const struct ddt_turn *turn)
{
	pthread_mutex_lock(&r->lock);
	r->turn = turn;
}

static void leave(struct ddt_resolver *r)
{
	struct mono next = timers_next(&r->timers);

	r->turn = NULL;
	if (mono_before(next, r->told)) {
		r->told = next;
		if (r->o.sooner)
			r->o.sooner(r->o.arg);
	}
	pthread_mutex_unlock(&r->lock);
}

int ddt_resolver_ask(
	struct ddt_resolver *r, const struct ddt_question *q, const struct ddt_turn *turn)
{
	int result;

	if (q->len > DDT_MESSAGE_MAX)
		return DROP_DDT_SIZE;
	enter(r, turn);
	result = ask_locked(r, q);
	leave(r);
	return result;
}

int ddt_resolver_receive(struct ddt_resolver *r, const void *bytes, size_t len,
	const struct endpoint *peer, const struct ddt_turn *turn, int *error,
	struct wire_fault *fault)
{
	struct map_referral m;
	int result;

	*error = map_referral_parse(bytes, len, &m, fault);
	if (*error)
		return DROP_MALFORMED;
	enter(r, turn);
	result = receive_locked(r, &m, peer);
	leave(r);
	return result;
}

void ddt_resolver_run(struct ddt_resolver *r, const struct ddt_turn *turn)
{
	enter(r, turn);
	timers_run(&r->timers, turn->now);
	leave(r);
}

struct mono ddt_resolver_next(struct ddt_resolver *r)
{
	struct mono due;

	pthread_mutex_lock(&r->lock);
	due = r->told = timers_next(&r->timers);
	pthread_mutex_unlock(&r->lock);
	return due;
}

struct ddt_resolver_state ddt_resolver_state(struct ddt_resolver *r)
{
	struct ddt_resolver_state s;

	pthread_mutex_lock(&r->lock);
	s = (struct ddt_resolver_state){.pending = r->count,
		.referrals = referral_cache_count(r->cache),
		.evicted = referral_cache_evicted(r->cache),
		.secure = r->secure};
	pthread_mutex_unlock(&r->lock);
	return s;
}

void ddt_resolver_each(struct ddt_resolver *r,
	bool (*visit)(const struct referral *referral, void *arg), void *arg)
{
	pthread_mutex_lock(&r->lock);
	if (visit(r->root, arg))
		referral_cache_each(r->cache, visit, arg);
	pthread_mutex_unlock(&r->lock);
}
