/* See ddt_resolver.h. A request under way is a `search`: section 3 calls the list of them the
 * pending request list. */
#include "mapserver/ddt_resolver.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/timer.h"
#include "lisp/ecm.h"
#include "lisp/map_reply.h"

#define NEGATIVE_BYTES 256  /* a negative Map-Reply, protected */
#define BUCKETS        4096 /* a power of two */
#define SIGNATURES_MAX 4    /* of a record that are looked at */
#define HEADS_BYTES    64   /* of ECM, IP and UDP */
#define AD_BYTES       256  /* of authentication data */

#define TTL_NOT_REGISTERED_MIN 1
#define TTL_HOLE_MIN           15
#define TTL_FAILED_MIN         1 /* the tree is at odds with itself: ask again soon */

struct search {
	struct timer timer;
	struct search *next_nonce, *next_itr; /* in their chains */
	struct ddt_resolver *owner;
	struct eid eid;
	struct endpoint reply_to, source, dest;
	struct address local;
	uint64_t nonce;       /* of the request */
	uint64_t asked_nonce; /* of what was sent last: the request may have been replaced since */
	struct referral *at;  /* whose RLOCs are asked: the last referral */
	unsigned int index;   /* of the RLOC asked last */
	uint32_t tried;       /* bit i: RLOC i, in this round */
	unsigned int round;
	unsigned int followed; /* referrals */
	bool through_root;
	/* Security material goes to Map-Servers alone: section 7.3.2. */
	bool is_protected,
		insist;      /* insist: the next hop is one, though the referral did not say so */
	bool sent_protected; /* what was sent last */
	struct ddt_protection protection;
	size_t len;
	uint8_t *message;
};

struct ddt_resolver {
	pthread_mutex_t lock;
	struct ddt_resolver_options o;
	struct referral *root;
	bool secure;
	bool active; /* atomic */
	struct referral_cache *cache;
	struct timers timers;
	struct hash_key hash;
	size_t count;
	struct mono told;            /* what ddt_resolver_next said last */
	const struct ddt_turn *turn; /* of the call under way */
	uint32_t shares[BUCKETS];    /* searches by the ITR's hash */
	struct search *by_nonce[BUCKETS];
	struct search *by_itr[BUCKETS]; /* by ITR and EID */
};

/* ---- the list ---- */

static uint64_t itr_hash(const struct ddt_resolver *r, const struct address *itr)
{
	return hash_bytes(&r->hash, itr->bytes, itr->len);
}

static unsigned int itr_bucket(
	const struct ddt_resolver *r, const struct address *itr, const struct eid *eid)
{
	struct xeid x = xeid_of(eid);

	return (unsigned int)((itr_hash(r, itr) ^ hash_bytes(&r->hash, x.key, sizeof(x.key)) ^
				      x.plen) &
			      (BUCKETS - 1));
}

/* Nonces are the ITRs': whoever wants them to collide needs the key. */
static unsigned int nonce_bucket(const struct ddt_resolver *r, uint64_t nonce)
{
	return (unsigned int)(hash_bytes(&r->hash, &nonce, sizeof(nonce)) & (BUCKETS - 1));
}

static uint32_t *share_of(struct ddt_resolver *r, const struct address *itr)
{
	return &r->shares[itr_hash(r, itr) & (BUCKETS - 1)];
}

static void link_nonce(struct search *s)
{
	struct search **head = &s->owner->by_nonce[nonce_bucket(s->owner, s->asked_nonce)];

	s->next_nonce = *head;
	*head = s;
}

static void unlink_nonce(struct search *s)
{
	struct search **link = &s->owner->by_nonce[nonce_bucket(s->owner, s->asked_nonce)];

	while (*link != s)
		link = &(*link)->next_nonce;
	*link = s->next_nonce;
}

static void end(struct search *s)
{
	struct ddt_resolver *r = s->owner;
	struct search **link = &r->by_itr[itr_bucket(r, &s->reply_to.addr, &s->eid)];

	while (*link != s)
		link = &(*link)->next_itr;
	*link = s->next_itr;
	unlink_nonce(s);
	timer_cancel(&r->timers, &s->timer);
	(*share_of(r, &s->reply_to.addr))--;
	r->count--;
	referral_unref(s->at);
	explicit_bzero(&s->protection, sizeof(s->protection));
	free(s->message);
	free(s);
}

static void count(const struct ddt_resolver *r, unsigned int row)
{
	metrics_count(r->turn->counters, row);
}

/* ---- what is sent ---- */

/* @protection: NULL when the request was not protected; else the reply is (RFC 9303 section 6.7).
 */
static void answer_negative(struct ddt_resolver *r, const struct endpoint *to,
	const struct address *local, uint64_t nonce, const struct ddt_protection *protection,
	const struct eid *eid, const struct eid *prefix, uint32_t ttl_min)
{
	const struct ddt_turn *turn = r->turn;
	struct eid told = turn->narrow ? turn->narrow(turn->arg, eid, prefix->plen) : *prefix;
	uint8_t *room = outbox_begin(turn->out, NEGATIVE_BYTES);
	struct wire_writer w;

	if (!room) {
		count(r, COUNT_DROPPED + DROP_OUTBOX_FULL);
		return;
	}
	wire_writer_init(&w, room, NEGATIVE_BYTES);
	map_reply_begin(&w, false, nonce);
	lisp_record_write(&w, &told, ttl_min, 0, LISP_ACT_NATIVE_FORWARD, false, 0);
	map_reply_finish(&w, 1);
	if (!wire_written(&w) ||
		(protection && !turn->vouch(turn->arg, protection, nonce, &told, &w)))
		return;
	outbox_commit(turn->out, (uint32_t)w.pos, to, to->addr.afi == local->afi ? local : NULL);
	count(r, COUNT_NEGATIVE_REPLIES);
}

static void fail(struct search *s, const struct eid *prefix, uint32_t ttl_min)
{
	answer_negative(s->owner, &s->reply_to, &s->local, s->nonce,
		s->is_protected ? &s->protection : NULL, &s->eid, prefix, ttl_min);
	end(s);
}

static bool wants_protection(const struct search *s)
{
	return s->is_protected &&
	       (s->insist || s->at->act == REFERRAL_MS || s->at->act == REFERRAL_MS_ACK);
}

/* The DDT Map-Request in the outbox' room: its length, or negative. */
static int write_request(
	const struct search *s, uint8_t *room, size_t cap, const uint8_t *ad, size_t ad_len)
{
	int len = ad_len ? ecm_write_secure(
				   room, cap, &s->source, &s->dest, ad, ad_len, s->message, s->len)
			 : ecm_write(room, cap, &s->source, &s->dest, true, s->message, s->len);

	if (len > 0)
		ecm_mark_ddt(room);
	return len;
}

static void send_to_rloc(struct search *s)
{
	const struct referral_rloc *to = &s->at->rlocs[s->index];
	const struct ddt_turn *turn = s->owner->turn;
	uint8_t ad[AD_BYTES], *room;
	struct wire_writer w;
	uint32_t room_len;
	int len;

	wire_writer_init(&w, ad, sizeof(ad));
	s->sent_protected = wants_protection(s);
	if (s->sent_protected &&
		!(turn->protect && turn->protect(turn->arg, &s->protection, s->nonce, &s->reply_to,
					   &to->at.addr, &w)))
		return; /* the timer goes on to the next */
	room_len = (uint32_t)(HEADS_BYTES + w.pos + s->len);
	room = wire_written(&w) ? outbox_begin(turn->out, room_len) : NULL;
	len = room ? write_request(s, room, room_len, ad, w.pos) : -LISP_ENOROOM;
	if (len < 0) {
		count(s->owner, COUNT_DROPPED + DROP_OUTBOX_FULL); /* the timer tries again */
		return;
	}
	outbox_commit(turn->out, (uint32_t)len, &to->at,
		to->at.addr.afi == s->local.afi ? &s->local : NULL);
	count(s->owner, COUNT_DDT_REQUESTS);
}

/* The next RLOC that this round has not asked; those that did not answer lately come last. -1:
 * there is none. */
static int next_rloc(const struct search *s)
{
	const struct ddt_resolver *r = s->owner;
	uint32_t left = 0;

	for (unsigned int i = 0; i < s->at->rloc_count; i++)
		if (s->at->rlocs[i].at.addr.afi == AFI_IPV4 ? r->o.ipv4 : r->o.ipv6)
			left |= 1u << i;
	return referral_choose(s->at, left & ~s->tried, r->turn->now,
		hash_bytes(&r->hash, &s->nonce, sizeof(s->nonce)));
}

static void ask_rloc(struct search *s, unsigned int index)
{
	struct ddt_resolver *r = s->owner;

	s->index = index;
	s->tried |= 1u << index;
	if (s->asked_nonce != s->nonce) {
		unlink_nonce(s);
		s->asked_nonce = s->nonce;
		link_nonce(s);
	}
	send_to_rloc(s);
	timer_set(&r->timers, &s->timer,
		mono_add_ms(r->turn->now, (uint64_t)DDT_RETRY_MS << s->round));
}

static void restart(struct search *s);

/* Section 7.3.2: each RLOC in turn, then all of them again; then, when it was an old referral, from
 * the root; then nothing is said to anybody. */
static void ask_next(struct search *s)
{
	int i = next_rloc(s);

	if (i < 0 && s->tried && s->round + 1 < DDT_ROUNDS) {
		s->round++;
		s->tried = 0;
		i = next_rloc(s);
	}
	if (i >= 0) {
		ask_rloc(s, (unsigned int)i);
	} else if (!s->through_root) {
		restart(s);
	} else {
		count(s->owner, COUNT_DDT_GAVE_UP);
		end(s);
	}
}

static void go_to(struct search *s, struct referral *at)
{
	referral_ref(at);
	referral_unref(s->at);
	s->at = at;
	s->tried = 0;
	s->round = 0;
	s->through_root |= at->root;
	s->insist = false;
}

/* What was kept led astray: forget it, and begin at the root. Once a request. */
static void restart(struct search *s)
{
	struct ddt_resolver *r = s->owner;

	count(r, COUNT_DDT_RESTARTS);
	referral_cache_drop(r->cache, s->at);
	go_to(s, r->root);
	ask_next(s);
}

/* ---- a request ---- */

static bool set_message(struct search *s, const struct ddt_question *q)
{
	uint8_t *message = malloc(q->len);

	if (!message)
		return false;
	memcpy(message, q->message, q->len);
	free(s->message);
	s->message = message;
	s->len = q->len;
	s->nonce = q->nonce;
	s->reply_to = q->reply_to;
	s->local = q->local;
	s->source = q->source;
	s->dest = q->dest;
	s->is_protected = q->protection != NULL;
	if (q->protection)
		s->protection = *q->protection;
	return true;
}

static struct search *find_itr(const struct ddt_resolver *r, const struct ddt_question *q)
{
	struct search *s = r->by_itr[itr_bucket(r, &q->reply_to.addr, &q->eid)];

	while (s && !(address_equal(&s->reply_to.addr, &q->reply_to.addr) &&
			    eid_equal(&s->eid, &q->eid)))
		s = s->next_itr;
	return s;
}

static void fire(struct timer *t, struct mono now)
{
	struct search *s = t->arg;

	s->at->rlocs[s->index].down_until = mono_add_ms(now, DDT_DOWN_MS);
	count(s->owner, COUNT_DDT_TIMEOUTS);
	ask_next(s);
}

static struct search *begin(struct ddt_resolver *r, const struct ddt_question *q)
{
	struct search *s = calloc(1, sizeof(*s)), **head;

	if (!s || !set_message(s, q)) {
		free(s);
		return NULL;
	}
	s->owner = r;
	s->eid = q->eid;
	s->asked_nonce = q->nonce;
	timer_init(&s->timer, fire, s);
	link_nonce(s);
	head = &r->by_itr[itr_bucket(r, &q->reply_to.addr, &q->eid)];
	s->next_itr = *head;
	*head = s;
	(*share_of(r, &q->reply_to.addr))++;
	r->count++;
	return s;
}

static uint32_t minutes_left(const struct referral *at, struct mono now)
{
	uint64_t left = mono_since_ms(now, at->expiry) / 60000;

	return left < 1 ? 1 : left > TTL_HOLE_MIN ? TTL_HOLE_MIN : (uint32_t)left;
}

static bool has_room(struct ddt_resolver *r, const struct address *itr)
{
	size_t share = r->o.pending_max / DDT_SHARE;

	return r->count < r->o.pending_max && *share_of(r, itr) < (share ? share : 1);
}

/* Section 8.1. */
static int ask_locked(struct ddt_resolver *r, const struct ddt_question *q)
{
	struct search *s = find_itr(r, q);
	struct referral *at;

	if (s) {
		count(r, COUNT_DDT_REPLACED);
		return set_message(s, q) ? DDT_TAKEN : DROP_NO_MEMORY;
	}
	at = referral_cache_find(r->cache, &q->eid, r->turn->now);
	count(r, at ? COUNT_DDT_CACHE_HITS : COUNT_DDT_CACHE_MISSES);
	if (at && referral_is_negative(at)) {
		answer_negative(r, &q->reply_to, &q->local, q->nonce, q->protection, &q->eid,
			&at->prefix, minutes_left(at, r->turn->now));
		return DDT_TAKEN;
	}
	if (!has_room(r, &q->reply_to.addr))
		return DROP_DDT_PENDING;
	s = begin(r, q);
	if (!s)
		return DROP_NO_MEMORY;
	go_to(s, at ? at : r->root);
	ask_next(s);
	return DDT_TAKEN;
}

/* ---- a referral ---- */

/* Section 10.4: a key of the RLOC that says it, for a prefix within what its parent vouched for. */
static bool signed_by(const struct referral *at, unsigned int rloc,
	const struct referral_record *rec, const struct referral_signature *sig, uint64_t wall_s)
{
	const struct referral_rloc *from = &at->rlocs[rloc];
	bool good = false;

	for (unsigned int i = 0; i < from->key_count && !good; i++) {
		struct referral_key *k = referral_key_public(
			at->key_bytes + from->keys[i].offset, from->keys[i].len);

		good = k && referral_verify(rec, sig, k, wall_s) == REFERRAL_GOOD;
		referral_key_free(k);
	}
	return good;
}

/* Cuts *@ttl_min to what the signature covers. */
static bool authentic(const struct search *s, unsigned int rloc, const struct referral_record *rec,
	uint32_t *ttl_min)
{
	uint64_t wall_s = s->owner->turn->wall_s;
	struct referral_record it = *rec;
	struct referral_signature sig;

	if (!s->owner->secure)
		return true;
	if (!s->at->root && !eid_covers(&s->at->prefix, &rec->eid.eid))
		return false;
	for (unsigned int i = 0; i < SIGNATURES_MAX && referral_signature_next(&it, &sig); i++) {
		if (!signed_by(s->at, rloc, rec, &sig, wall_s))
			continue;
		if (*ttl_min > sig.original_ttl)
			*ttl_min = sig.original_ttl;
		if (*ttl_min > (sig.expiration - wall_s) / 60)
			*ttl_min = (uint32_t)((sig.expiration - wall_s) / 60);
		return true;
	}
	return false;
}

static struct mono expiry_of(const struct ddt_resolver *r, uint32_t ttl_min, uint32_t most_min)
{
	uint32_t min = ttl_min < most_min ? ttl_min : most_min;

	return mono_add_s(r->turn->now, 60ull * min);
}

static void keep(struct ddt_resolver *r, struct referral *referral)
{
	if (mono_before(r->turn->now, referral->expiry) && referral_cache_put(r->cache, referral))
		count(r, COUNT_DDT_CACHED);
}

/* Section 7.3.4: a referral that leads no further. */
static void loop(struct search *s)
{
	count(s->owner, COUNT_DDT_LOOPS);
	if (s->through_root)
		fail(s, &s->eid, TTL_FAILED_MIN);
	else
		restart(s);
}

static int follow(struct search *s, const struct referral_record *rec, uint32_t ttl_min)
{
	struct ddt_resolver *r = s->owner;
	struct referral *to;

	if (!s->at->root && rec->eid.eid.plen == s->at->prefix.plen) {
		loop(s);
		return DDT_TAKEN;
	}
	if (++s->followed > DDT_REFERRALS_MAX) {
		count(r, COUNT_DDT_TOO_LONG);
		fail(s, &s->eid, TTL_FAILED_MIN);
		return DDT_TAKEN;
	}
	to = referral_new(rec, r->secure, expiry_of(r, ttl_min, DDT_KEEP_MAX_MIN));
	if (!to || !to->rloc_count) {
		referral_unref(to);
		return to ? DROP_REFERRAL_LOCATORS : DROP_NO_MEMORY; /* the timer goes on */
	}
	if (!rec->incomplete)
		keep(r, to);
	go_to(s, to);
	referral_unref(to);
	ask_next(s);
	return DDT_TAKEN;
}

/* Done. Peers bring no keys (section 10.3): where keys matter, those who said it are kept. */
static int acknowledged(struct search *s, const struct referral_record *rec, uint32_t ttl_min)
{
	struct ddt_resolver *r = s->owner;
	struct mono expiry = expiry_of(r, ttl_min, DDT_KEEP_MAX_MIN);
	struct referral *to = NULL;

	if (!rec->incomplete && r->secure)
		to = referral_under(s->at, &rec->eid.eid, REFERRAL_MS_ACK, expiry);
	else if (!rec->incomplete)
		to = referral_new(rec, false, expiry);
	if (to && to->rloc_count)
		keep(r, to);
	referral_unref(to);
	s->insist = s->is_protected && !s->sent_protected;
	/* Without its security material it was not answered as it must be; and an ITR waits for an
	 * answer to its newer request. */
	if ((s->insist || s->nonce != s->asked_nonce) && ++s->followed <= DDT_REFERRALS_MAX) {
		ask_rloc(s, s->index);
		return DDT_TAKEN;
	}
	count(r, COUNT_DDT_DONE);
	end(s);
	return DDT_TAKEN;
}

static void keep_negative(
	struct search *s, const struct referral_record *rec, uint32_t ttl_min, uint32_t most_min)
{
	struct referral *to = referral_new(rec, false, expiry_of(s->owner, ttl_min, most_min));

	if (to)
		keep(s->owner, to);
	referral_unref(to);
}

static void not_registered(struct search *s, const struct referral_record *rec, uint32_t ttl_min)
{
	int i = next_rloc(s);

	if (i >= 0) {
		ask_rloc(s, (unsigned int)i);
		return;
	}
	if (!rec->incomplete)
		keep_negative(s, rec, ttl_min, TTL_NOT_REGISTERED_MIN);
	fail(s, &rec->eid.eid, TTL_NOT_REGISTERED_MIN);
}

/* Section 8.2, from where the request is found and the record is right. */
static int handle(struct search *s, const struct referral_record *rec, uint32_t ttl_min)
{
	if (!s->at->root && rec->eid.eid.plen < s->at->prefix.plen) {
		count(s->owner, COUNT_DDT_LOOPS);
		if (s->through_root)
			return DROP_REFERRAL_PREFIX;
		restart(s);
		return DDT_TAKEN;
	}
	switch (rec->act) {
	case REFERRAL_NODE:
	case REFERRAL_MS:
		return follow(s, rec, ttl_min);
	case REFERRAL_MS_ACK:
		return acknowledged(s, rec, ttl_min);
	case REFERRAL_NOT_REGISTERED:
		not_registered(s, rec, ttl_min);
		return DDT_TAKEN;
	case REFERRAL_HOLE:
		keep_negative(s, rec, ttl_min, TTL_HOLE_MIN);
		fail(s, &rec->eid.eid, TTL_HOLE_MIN);
		return DDT_TAKEN;
	case REFERRAL_NOT_AUTHORITATIVE:
		if (s->through_root)
			fail(s, &s->eid, TTL_FAILED_MIN);
		else
			restart(s);
		return DDT_TAKEN;
	default:
		return DROP_REFERRAL_ACT;
	}
}

/* The search that @rec from @peer answers, and which RLOC it is. */
static struct search *find_asked(const struct ddt_resolver *r, uint64_t nonce,
	const struct referral_record *rec, const struct endpoint *peer, unsigned int *rloc)
{
	struct search *s = r->by_nonce[nonce_bucket(r, nonce)];

	for (; s; s = s->next_nonce) {
		int i = referral_find_rloc(s->at, &peer->addr);

		if (s->asked_nonce != nonce || i < 0 || peer->port != s->at->rlocs[i].at.port ||
			!eid_covers(&rec->eid.eid, &s->eid))
			continue;
		*rloc = (unsigned int)i;
		return s;
	}
	return NULL;
}

static int receive_locked(
	struct ddt_resolver *r, struct map_referral *m, const struct endpoint *peer)
{
	struct referral_record rec;

	while (map_referral_next(m, &rec)) {
		uint32_t ttl_min = rec.ttl_min;
		unsigned int rloc;
		struct search *s =
			rec.eid.plain ? find_asked(r, m->nonce, &rec, peer, &rloc) : NULL;

		if (!s)
			continue;
		if (!authentic(s, rloc, &rec, &ttl_min))
			return DROP_REFERRAL_SIGNATURE;
		s->index = rloc;
		s->tried |= 1u << rloc;
		s->at->rlocs[rloc].down_until = (struct mono){0};
		return handle(s, &rec, ttl_min);
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

void ddt_resolver_free(struct ddt_resolver *r)
{
	if (!r)
		return;
	for (unsigned int i = 0; i < BUCKETS; i++)
		while (r->by_nonce[i])
			end(r->by_nonce[i]);
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
	for (unsigned int i = 0; i < BUCKETS; i++)
		while (r->by_nonce[i])
			end(r->by_nonce[i]);
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
