/* See notice.h. */
#include "mapserver/notice.h"

#include <errno.h>
#include <stdlib.h>

#define WINDOW_FIRST 256 /* notices under way to one xTR */
#define WINDOW_LEAST 16
#define WINDOW_MOST  4096
#define BUCKETS_MAX  (1u << 20)

static const uint32_t waits_ms[NOTICE_STAGES] = {
	100, 200, 400, 800, 1600, 3200, 3000, 3000, 6000, 12000, 24000, 48000};

int notices_init(struct notices *n, size_t max)
{
	size_t buckets = 1024;

	while (buckets < max && buckets < BUCKETS_MAX)
		buckets *= 2;
	n->mask = buckets - 1;
	n->by_nonce = calloc(buckets, sizeof(n->by_nonce[0]));
	n->by_key = calloc(buckets, sizeof(n->by_key[0]));
	for (unsigned int i = 0; i < NOTICE_STAGES; i++)
		TAILQ_INIT(&n->stages[i]);
	TAILQ_INIT(&n->ready);
	return n->by_nonce && n->by_key ? 0 : -ENOMEM;
}

void notices_fini(struct notices *n)
{
	free(n->by_nonce);
	free(n->by_key);
}

/* Nonces and subscribers are those of verified xTRs: a plain mix does. */
static struct notice **nonce_bucket(const struct notices *n, uint64_t nonce)
{
	return &n->by_nonce[(nonce * UINT64_C(0x9e3779b97f4a7c15) >> 32) & n->mask];
}

static struct notice **key_bucket(
	const struct notices *n, const struct subscription *s, const struct eid *eid)
{
	uint64_t h = (uintptr_t)s * UINT64_C(0x9e3779b97f4a7c15) + eid->plen;

	for (unsigned int i = 0; i < eid->addr.len; i++)
		h = (h ^ eid->addr.bytes[i]) * UINT64_C(0x100000001b3);
	return &n->by_key[(h ^ h >> 29) & n->mask];
}

static void unlink_nonce(struct notices *n, struct notice *x)
{
	struct notice **link = nonce_bucket(n, x->nonce);

	while (*link != x)
		link = &(*link)->next_nonce;
	*link = x->next_nonce;
}

static void unlink_key(struct notices *n, struct notice *x)
{
	struct notice **link = key_bucket(n, x->s, &x->eid);

	while (*link != x)
		link = &(*link)->next_key;
	*link = x->next_key;
}

/* ---- an xTR's queue and window ---- */

static void update_ready(struct notices *n, struct subscriber *who)
{
	bool ready = who->wait_count && who->flight < who->window;

	if (ready == who->is_ready)
		return;
	who->is_ready = ready;
	if (ready)
		TAILQ_INSERT_TAIL(&n->ready, who, ready);
	else
		TAILQ_REMOVE(&n->ready, who, ready);
}

static void wait_begin(struct notices *n, struct notice *x)
{
	struct subscriber *who = x->s->who;

	TAILQ_INSERT_TAIL(&who->waiting, x, queue);
	who->wait_count++;
	n->waiting++;
	if (!who->window)
		who->window = WINDOW_FIRST;
	update_ready(n, who);
}

static void wait_end(struct notices *n, struct notice *x)
{
	struct subscriber *who = x->s->who;

	TAILQ_REMOVE(&who->waiting, x, queue);
	who->wait_count--;
	n->waiting--;
	update_ready(n, who);
}

static void flight_begin(struct notices *n, struct notice *x)
{
	x->flags |= NOTICE_FLIGHT;
	x->s->who->flight++;
	n->flight++;
	update_ready(n, x->s->who);
}

static void flight_end(struct notices *n, struct notice *x)
{
	x->flags &= (uint8_t)~NOTICE_FLIGHT;
	unlink_nonce(n, x);
	TAILQ_REMOVE(&n->stages[x->stage], x, queue);
	x->s->who->flight--;
	n->flight--;
	update_ready(n, x->s->who);
}

/* ---- notices ---- */

static struct notice *find(const struct notices *n, const struct subscription *s,
	const struct eid *eid, unsigned int flags)
{
	struct notice *x = *key_bucket(n, s, eid);

	while (x && (x->s != s || (x->flags ^ flags) & NOTICE_ACCEPT || !eid_equal(&x->eid, eid)))
		x = x->next_key;
	return x;
}

static struct notice *notice_new(
	struct notices *n, struct subscription *s, const struct eid *eid, unsigned int flags)
{
	struct notice *x = calloc(1, sizeof(*x)), **head;

	if (!x)
		return NULL;
	x->s = s;
	x->eid = *eid;
	x->flags = (uint8_t)flags;
	if (flags & NOTICE_ACCEPT)
		s->accepting = x;
	head = key_bucket(n, s, eid);
	x->next_key = *head;
	*head = x;
	LIST_INSERT_HEAD(&s->notices, x, of_subscription);
	return x;
}

static void dequeue(struct notices *n, struct notice *x)
{
	if (x->flags & NOTICE_FLIGHT)
		flight_end(n, x);
	else if (!(x->flags & NOTICE_LOOSE))
		wait_end(n, x);
	x->flags &= (uint8_t)~NOTICE_LOOSE;
}

void notice_free(struct notices *n, struct notice *x)
{
	dequeue(n, x);
	unlink_key(n, x);
	LIST_REMOVE(x, of_subscription);
	if (x->s->accepting == x)
		x->s->accepting = NULL;
	free(x);
}

bool notice_queue(
	struct notices *n, struct subscription *s, const struct eid *eid, unsigned int flags)
{
	struct notice *x = find(n, s, eid, flags);

	if (!x) {
		x = notice_new(n, s, eid, flags);
		if (!x)
			return false;
		wait_begin(n, x);
		return true;
	}
	x->flags = (uint8_t)((x->flags & NOTICE_FLIGHT) | flags);
	if (x->flags & NOTICE_FLIGHT) { /* what is under way says something older */
		flight_end(n, x);
		x->sends = 0;
		wait_begin(n, x);
	}
	return true;
}

static unsigned int first_stage(const struct xtr *xtr)
{
	uint32_t rtt_us = __atomic_load_n(&xtr->rtt_us, __ATOMIC_RELAXED);
	unsigned int stage = 0;

	while (stage < NOTICE_FIRST_WAITS - 1 && waits_ms[stage] * 500 < rtt_us)
		stage++;
	return stage;
}

static void link_sent(struct notices *n, struct notice *x, uint64_t nonce, struct mono now)
{
	struct notice **head = nonce_bucket(n, nonce);

	x->nonce = nonce;
	x->next_nonce = *head;
	*head = x;
	x->stage = (uint8_t)(x->sends ? NOTICE_FIRST_WAITS + x->sends - 1u
				      : first_stage(x->s->who->xtr));
	x->sends++;
	x->sent_ns = now.ns;
	x->due_ns = mono_add_ms(now, waits_ms[x->stage]).ns;
	TAILQ_INSERT_TAIL(&n->stages[x->stage], x, queue);
}

void notice_sent(struct notices *n, struct notice *x, uint64_t nonce, struct mono now)
{
	dequeue(n, x);
	link_sent(n, x, nonce, now);
	flight_begin(n, x);
}

struct notice *notice_begin(
	struct notices *n, struct subscription *s, const struct eid *eid, unsigned int flags)
{
	struct notice *x = find(n, s, eid, flags);

	if (x)
		notice_free(n, x);
	if (!s->who->window)
		s->who->window = WINDOW_FIRST;
	return notice_new(n, s, eid, flags | NOTICE_LOOSE);
}

struct notice *notices_turn(struct notices *n)
{
	struct subscriber *who = TAILQ_FIRST(&n->ready);

	if (!who)
		return NULL;
	TAILQ_REMOVE(&n->ready, who, ready); /* to the end: the others have their turn first */
	TAILQ_INSERT_TAIL(&n->ready, who, ready);
	return TAILQ_FIRST(&who->waiting);
}

struct notice *notices_due(struct notices *n, struct mono now)
{
	for (unsigned int i = 0; i < NOTICE_STAGES; i++) {
		struct notice *x = TAILQ_FIRST(&n->stages[i]);
		struct subscriber *who;

		if (!x || x->due_ns > now.ns)
			continue;
		who = x->s->who;
		if (who->window > 2 * WINDOW_LEAST)
			who->window /= 2;
		return x;
	}
	return NULL;
}

struct mono notices_next(const struct notices *n)
{
	struct mono next = MONO_NEVER;

	for (unsigned int i = 0; i < NOTICE_STAGES; i++) {
		const struct notice *x = TAILQ_FIRST(&n->stages[i]);

		if (x)
			next = mono_min(next, (struct mono){x->due_ns});
	}
	return next;
}

struct notice *notices_by_nonce(const struct notices *n, uint64_t nonce, const struct notice *after)
{
	struct notice *x = after ? after->next_nonce : *nonce_bucket(n, nonce);

	while (x && x->nonce != nonce)
		x = x->next_nonce;
	return x;
}

void notice_acknowledged(struct notices *n, struct notice *x, struct mono now)
{
	struct subscriber *who = x->s->who;

	if (x->sends == 1) /* Karn: else it is not known which one was answered */
		xtr_rtt_note(who->xtr, mono_since_us((struct mono){x->sent_ns}, now));
	if (who->window < WINDOW_MOST)
		who->window++;
	notice_free(n, x);
}
