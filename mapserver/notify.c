/* See notify.h. */
#include "mapserver/notify.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/rcu.h"
#include "lib/base/timer.h"

#define BUCKETS 4096 /* a power of two */

/* Waits before each retransmission, in ms; 0: the first, by the RTT. RFC 9301 section 5.7: up to 3
 * at 3 s, then 3 more with a doubling interval. */
static const uint32_t intervals_ms[] = {0, 3000, 3000, 6000, 12000, 24000};
#define SENDS_MAX    (sizeof(intervals_ms) / sizeof(intervals_ms[0]))
#define LAST_WAIT_MS 48000 /* for the acknowledgement of the last one */

struct pending {
	struct timer timer;
	struct pending *next_nonce, *next_eid; /* in their chains */
	struct notify *owner;
	struct xtr *xtr;
	struct eid eid;
	uint64_t nonce;
	struct mono sent;
	unsigned int retransmits;
	struct endpoint to;
	struct address from;
	size_t len;
	uint8_t bytes[];
};

struct notify {
	pthread_mutex_t lock;
	struct timers timers;
	size_t count, max;
	struct outbox *out; /* during notify_run */
	struct notify_counts *counts;
	struct pending *by_nonce[BUCKETS];
	struct pending *by_eid[BUCKETS];
};

struct notify *notify_new(size_t max)
{
	struct notify *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->max = max;
	pthread_mutex_init(&n->lock, NULL);
	timers_init(&n->timers);
	return n;
}

/* Nonces are our own and random; EIDs are those of authenticated registrations: a plain mix does.
 */
static unsigned int nonce_bucket(uint64_t nonce)
{
	return (unsigned int)(nonce & (BUCKETS - 1));
}

static unsigned int eid_bucket(const struct eid *eid)
{
	uint64_t h = eid->iid * UINT64_C(0x9e3779b97f4a7c15) + eid->plen;

	for (unsigned int i = 0; i < eid->addr.len; i++)
		h = (h ^ eid->addr.bytes[i]) * UINT64_C(0x100000001b3);
	return (unsigned int)(h >> 20 & (BUCKETS - 1));
}

static void forget(struct notify *n, struct pending *p)
{
	struct pending **link = &n->by_nonce[nonce_bucket(p->nonce)];

	while (*link != p)
		link = &(*link)->next_nonce;
	*link = p->next_nonce;
	link = &n->by_eid[eid_bucket(&p->eid)];
	while (*link != p)
		link = &(*link)->next_eid;
	*link = p->next_eid;
	timer_cancel(&n->timers, &p->timer);
	n->count--;
	free(p);
}

void notify_free(struct notify *n)
{
	if (!n)
		return;
	for (unsigned int i = 0; i < BUCKETS; i++)
		while (n->by_nonce[i])
			forget(n, n->by_nonce[i]);
	pthread_mutex_destroy(&n->lock);
	free(n);
}

size_t notify_count(struct notify *n)
{
	size_t count;

	pthread_mutex_lock(&n->lock);
	count = n->count;
	pthread_mutex_unlock(&n->lock);
	return count;
}

/* A NAT before the xTR may have another port for it by now: it registers from there. */
static void follow_path(struct pending *p)
{
	struct xtr_path path;

	rcu_enter();
	if (xtr_path_get(p->xtr, &path)) {
		p->to = path.peer;
		p->from = path.local;
	}
	rcu_leave();
}

static void fire(struct timer *t, struct mono now)
{
	struct pending *p = t->arg;
	struct notify *n = p->owner;
	uint8_t *room;

	if (p->retransmits == SENDS_MAX) {
		n->counts->gave_up++;
		forget(n, p);
		return;
	}
	room = outbox_begin(n->out, (uint32_t)p->len);
	if (!room) { /* the shell sends what there is, and comes again */
		timer_set(&n->timers, t, mono_add_ms(now, 1));
		return;
	}
	follow_path(p);
	memcpy(room, p->bytes, p->len);
	outbox_commit(n->out, (uint32_t)p->len, &p->to, &p->from);
	n->counts->retransmits++;
	p->retransmits++;
	timer_set(&n->timers, t,
		mono_add_ms(now,
			p->retransmits < SENDS_MAX ? intervals_ms[p->retransmits] : LAST_WAIT_MS));
}

static struct mono first_due(const struct xtr *x, struct mono now)
{
	uint64_t rtt_us = __atomic_load_n(&x->rtt_us, __ATOMIC_RELAXED);

	return mono_add_us(now, 2 * rtt_us > 100000 ? 2 * rtt_us : 100000);
}

static void cancel_locked(struct notify *n, const struct eid *eid)
{
	struct pending *p = n->by_eid[eid_bucket(eid)], *next;

	for (; p; p = next) {
		next = p->next_eid;
		if (eid_equal(&p->eid, eid))
			forget(n, p);
	}
}

static void add_locked(struct notify *n, struct pending *p, struct mono now)
{
	struct pending **nonces = &n->by_nonce[nonce_bucket(p->nonce)];
	struct pending **eids = &n->by_eid[eid_bucket(&p->eid)];

	p->next_nonce = *nonces;
	*nonces = p;
	p->next_eid = *eids;
	*eids = p;
	n->count++;
	timer_init(&p->timer, fire, p);
	timer_set(&n->timers, &p->timer, first_due(p->xtr, now));
}

bool notify_add(struct notify *n, const struct eid *eid, uint64_t nonce, struct xtr *xtr,
	const void *bytes, size_t len, const struct endpoint *to, const struct address *from,
	struct mono now)
{
	struct pending *p = malloc(sizeof(*p) + len);
	bool room;

	if (p) {
		*p = (struct pending){.owner = n,
			.xtr = xtr,
			.eid = *eid,
			.nonce = nonce,
			.sent = now,
			.to = *to,
			.from = *from,
			.len = len};
		memcpy(p->bytes, bytes, len);
	}
	pthread_mutex_lock(&n->lock);
	cancel_locked(n, eid);
	room = p && n->count < n->max;
	if (room)
		add_locked(n, p, now);
	pthread_mutex_unlock(&n->lock);
	if (!room)
		free(p);
	return room;
}

void notify_cancel(struct notify *n, const struct eid *eid)
{
	pthread_mutex_lock(&n->lock);
	if (n->count)
		cancel_locked(n, eid);
	pthread_mutex_unlock(&n->lock);
}

bool notify_waits(struct notify *n, const struct eid *eid, const struct xtr *xtr)
{
	const struct pending *p;
	bool waits = false;

	pthread_mutex_lock(&n->lock);
	for (p = n->by_eid[eid_bucket(eid)]; p && !waits; p = p->next_eid)
		waits = p->xtr == xtr && eid_equal(&p->eid, eid);
	pthread_mutex_unlock(&n->lock);
	return waits;
}

static struct pending *find_locked(struct notify *n, uint64_t nonce)
{
	struct pending *p = n->by_nonce[nonce_bucket(nonce)];

	while (p && p->nonce != nonce)
		p = p->next_nonce;
	return p;
}

struct xtr *notify_awaited(struct notify *n, uint64_t nonce)
{
	struct pending *p;
	struct xtr *x;

	pthread_mutex_lock(&n->lock);
	p = find_locked(n, nonce);
	x = p ? p->xtr : NULL;
	pthread_mutex_unlock(&n->lock);
	return x;
}

bool notify_acknowledged(struct notify *n, uint64_t nonce, struct mono now, struct eid *eid)
{
	struct pending *p;

	pthread_mutex_lock(&n->lock);
	p = find_locked(n, nonce);
	if (p) {
		*eid = p->eid;
		if (!p->retransmits) /* Karn: else it is not known which one was answered */
			xtr_rtt_note(p->xtr, mono_since_us(p->sent, now));
		forget(n, p);
	}
	pthread_mutex_unlock(&n->lock);
	return p != NULL;
}

void notify_run(struct notify *n, struct mono now, struct outbox *out, struct notify_counts *counts)
{
	pthread_mutex_lock(&n->lock);
	n->out = out;
	n->counts = counts;
	timers_run(&n->timers, now);
	n->out = NULL;
	n->counts = NULL;
	pthread_mutex_unlock(&n->lock);
}

struct mono notify_next(struct notify *n)
{
	struct mono due;

	pthread_mutex_lock(&n->lock);
	due = timers_next(&n->timers);
	pthread_mutex_unlock(&n->lock);
	return due;
}
