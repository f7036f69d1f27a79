/* See registration.h. */
#include "xtr/registration.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "xtr/acknowledge.h"
#include "xtr/eid_table.h"
#include "xtr/locator.h"

#define MESSAGE_MAX 1400
#define FRAME       80 /* bytes of head, authentication and trailer at most */
#define NONCES      8  /* transmissions of which an acknowledgement is taken */
#define HELD_S      1  /* until it is looked whether we may register by now */
#define RECORD_HEAD 10 /* bytes of an EID-record before its EID's AFI */

/* Quick registration (RFC 9301 section 8.2): for five minutes after a start or a change not more
 * often than every 20 s, so that a Map-Server that has lost it, or comes up later, hears it soon.
 */
#define QUICK_MS     22500 /* less 10 % at most */
#define QUICK_FOR_MS 300000

struct item {
	struct eid_node node;
	TAILQ_ENTRY(item) link;
	struct batch *batch;
	uint32_t size; /* bytes of its record when it was added */
	bool withdrawn;
	bool told; /* withdrawn, and the message under way says so */
};

struct batch {
	TAILQ_ENTRY(batch) link;
	struct registration *r;
	TAILQ_HEAD(, item) items;
	uint32_t iid;  /* of all of them */
	bool merged;   /* bit a */
	uint32_t size; /* bytes of the records */
	struct timer timer;
	uint64_t nonces[NONCES]; /* of the last transmissions */
	uint32_t sent;           /* how many there were */
	uint32_t since;          /* how many before the present contents */
	uint64_t wait_ms;        /* until the next retransmission */
	struct mono quick_until; /* since the last change */
	bool waiting;            /* for an acknowledgement */
	bool changed;            /* to be sent as new, not as a repetition */
};

struct registration {
	struct env *env;
	struct server *server;
	struct registration_listener listener;
	struct eid_table *items;
	TAILQ_HEAD(, batch) batches;
};

struct registration *registration_new(
	struct server *server, const struct registration_listener *listener)
{
	struct registration *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->env = server->env;
	r->server = server;
	r->listener = *listener;
	TAILQ_INIT(&r->batches);
	r->items = eid_table_new(r->env->secret);
	if (!r->items) {
		free(r);
		return NULL;
	}
	return r;
}

static uint32_t record_size(const struct registration *r, const struct eid *eid)
{
	return (uint32_t)(RECORD_HEAD + lisp_eid_size(eid) + locator_own_size(r->env));
}

static void item_free(struct item *i)
{
	i->batch->size -= i->size;
	TAILQ_REMOVE(&i->batch->items, i, link);
	eid_table_remove(i->batch->r->items, &i->node);
	free(i);
}

static void batch_free(struct batch *b)
{
	struct item *i;

	while ((i = TAILQ_FIRST(&b->items)))
		item_free(i);
	timer_cancel(&b->r->env->timers, &b->timer);
	TAILQ_REMOVE(&b->r->batches, b, link);
	free(b);
}

void registration_free(struct registration *r)
{
	struct batch *b;

	if (!r)
		return;
	while ((b = TAILQ_FIRST(&r->batches)))
		batch_free(b);
	eid_table_free(r->items);
	free(r);
}

static unsigned int write_records(struct batch *b, struct wire_writer *w)
{
	struct env *env = b->r->env;
	unsigned int count = 0;
	struct item *i;

	TAILQ_FOREACH (i, &b->items, link) {
		uint32_t ttl = i->withdrawn ? LISP_TTL_REMOVE : env->policy.timers.record_ttl_min;

		i->told = i->withdrawn;
		lisp_record_write(w, &i->node.eid, ttl, (uint8_t)env->policy.rloc_count,
			LISP_ACT_NONE, true, 0);
		locator_own_write(env, w, &i->node.eid, NULL);
		count++;
	}
	return count;
}

static void batch_send(struct batch *b)
{
	struct server *s = b->r->server;
	struct env *env = b->r->env;
	struct map_register m = {
		.type = LISP_MAP_REGISTER,
		.proxy_reply = s->conf.proxy_reply,
		.merge = b->merged,
		.security = env->policy.security.mode != POLICY_SECURITY_OFF,
		.has_xtr_id = true,
		.want_notify = true,
		.nonce = env->nonce++, /* never the same twice, also in a repetition (spec 11.4) */
		.xtr_id = env->policy.xtr_id,
		.site_id = env->policy.site_id,
	};
	uint8_t *bytes = env_begin(env, MESSAGE_MAX);
	struct wire_writer w;
	unsigned int count;
	int len;

	if (!bytes)
		return;
	wire_writer_init(&w, bytes, MESSAGE_MAX);
	map_register_begin(&w, &m, s->conf.key_id, s->conf.alg, &s->conf.auth);
	count = write_records(b, &w);
	len = map_register_finish(&w, &m, count, s->key, &s->conf.auth);
	if (len < 0) {
		log_error(env->log, "a Map-Register of %u records could not be written", count);
		return;
	}
	outbox_commit(env->out, (uint32_t)len, &s->conf.at, locator_own(env, s->conf.at.addr.afi));
	env_count(env, XTR_REGISTERS_SENT);
	b->nonces[b->sent++ % NONCES] = m.nonce;
	server_sent(s);
}

static void fire(struct timer *t, struct mono now)
{
	struct batch *b = t->arg;
	struct env *env = b->r->env;
	const struct policy_timers *timers = &env->policy.timers;

	if (env->held) {
		timer_set(&env->timers, &b->timer, mono_add_s(now, HELD_S));
		return;
	}
	if (b->waiting && !b->changed) {
		env_count(env, XTR_REGISTERS_RETRIED);
		b->wait_ms *= 2;
	} else {
		b->wait_ms = timers->ack_ms;
		b->since = b->sent;
	}
	if (b->wait_ms > (uint64_t)timers->backoff_max_s * 1000)
		b->wait_ms = (uint64_t)timers->backoff_max_s * 1000;
	b->changed = false;
	b->waiting = true;
	batch_send(b);
	timer_set(&env->timers, &b->timer, mono_add_ms(now, b->wait_ms));
}

/* At the end of the present call; so that many changes of one call make one message. */
static void batch_changed(struct batch *b)
{
	b->changed = true;
	b->quick_until = mono_add_ms(b->r->env->now, QUICK_FOR_MS);
	timer_set(&b->r->env->timers, &b->timer, b->r->env->now);
}

/* What stands in the policy may be at several xTRs; so may a host of a campus whose xTRs register
 * how far it is from each. Any other that was found is at one. */
static bool is_merged(const struct registration *r, const struct eid *eid)
{
	const struct policy *p = &r->env->policy;

	if (!r->server->conf.merge)
		return false;
	for (size_t i = 0; i < p->eid_count; i++)
		if (eid_equal(&p->eids[i], eid))
			return true;
	return p->campus.costs && policy_dynamic(p, eid);
}

/* EIDs of two instances go in two messages: to the Map-Server they may be two tenants', and so of
 * two sites, and a message is of one site (RFC 9301 section 8.2). So do those that are merged and
 * those that are not: bit `a` is of a message. */
static struct batch *batch_for(struct registration *r, const struct eid *eid, uint32_t size)
{
	struct batch *b = TAILQ_FIRST(&r->batches);
	bool merged = is_merged(r, eid);

	while (b && (b->iid != eid->iid || b->merged != merged))
		b = TAILQ_NEXT(b, link);
	if (b && b->size + size + FRAME <= MESSAGE_MAX)
		return b;
	b = calloc(1, sizeof(*b));
	if (!b)
		return NULL;
	b->r = r;
	b->iid = eid->iid;
	b->merged = merged;
	TAILQ_INIT(&b->items);
	timer_init(&b->timer, fire, b);
	TAILQ_INSERT_HEAD(&r->batches, b, link);
	return b;
}

static struct item *find(const struct registration *r, const struct eid *eid)
{
	return eid_table_entry(eid_table_find(r->items, eid), struct item, node);
}

static struct item *item_new(struct registration *r, const struct eid *eid)
{
	uint32_t size = record_size(r, eid);
	struct item *i = calloc(1, sizeof(*i));
	struct batch *b = i ? batch_for(r, eid, size) : NULL;

	if (!b)
		goto failed;
	i->node.eid = *eid;
	if (eid_table_insert(r->items, &i->node) < 0) {
		if (TAILQ_EMPTY(&b->items))
			batch_free(b);
		goto failed;
	}
	i->batch = b;
	i->size = size;
	TAILQ_INSERT_TAIL(&b->items, i, link);
	b->size += size;
	return i;
failed:
	free(i);
	env_count(r->env, XTR_NO_MEMORY);
	return NULL;
}

void registration_add(struct registration *r, const struct eid *eid)
{
	struct item *i = find(r, eid);

	if (i && !i->withdrawn)
		return;
	if (!i)
		i = item_new(r, eid);
	if (!i)
		return;
	i->withdrawn = false;
	i->told = false;
	batch_changed(i->batch);
}

void registration_remove(struct registration *r, const struct eid *eid)
{
	struct item *i = find(r, eid);

	if (!i || i->withdrawn)
		return;
	i->withdrawn = true;
	batch_changed(i->batch);
}

void registration_forget(struct registration *r, const struct eid *eid)
{
	struct item *i = find(r, eid);
	struct batch *b = i ? i->batch : NULL;

	if (!i)
		return;
	item_free(i);
	if (TAILQ_EMPTY(&b->items))
		batch_free(b);
	else if (b->waiting) /* a repetition must not name it again, and the answer is to another
				message */
		batch_changed(b);
}

void registration_renew(struct registration *r, const struct eid *eid)
{
	struct item *i = find(r, eid);

	if (i)
		batch_changed(i->batch);
}

void registration_refresh(struct registration *r)
{
	struct batch *b;

	TAILQ_FOREACH (b, &r->batches, link)
		batch_changed(b);
}

/* Until the next registration of what has not changed. */
static uint64_t interval_ms(const struct batch *b)
{
	struct env *env = b->r->env;
	uint64_t usual = env->policy.timers.register_s * 900ull;

	if (usual > QUICK_MS && !mono_due(b->quick_until, env->now))
		usual = QUICK_MS;
	return random_jitter(env->random, usual, 10);
}

static void acknowledged(struct batch *b)
{
	struct env *env = b->r->env;
	struct item *i, *next;

	env_count(env, XTR_REGISTERS_ACKED);
	b->waiting = false;
	server_answered(b->r->server);
	for (i = TAILQ_FIRST(&b->items); i; i = next) {
		next = TAILQ_NEXT(i, link);
		if (i->withdrawn && i->told)
			item_free(i);
	}
	if (TAILQ_EMPTY(&b->items))
		batch_free(b);
	else if (!b->changed)
		timer_set(&env->timers, &b->timer, mono_add_ms(env->now, interval_ms(b)));
}

/* The batch of which this was a transmission, and which one; also an earlier one: on a path slower
 * than the first wait no answer would ever be in time. */
static struct batch *by_nonce(struct registration *r, uint64_t nonce, uint32_t *which)
{
	struct batch *b;
	uint32_t i;

	TAILQ_FOREACH (b, &r->batches, link)
		for (i = b->sent > NONCES ? b->sent - NONCES : 0; i < b->sent; i++)
			if (b->nonces[i % NONCES] == nonce) {
				*which = i;
				return b;
			}
	return NULL;
}

/* What is neither registered from here nor could be is no business of an ETR's: whoever has asked
 * in our name for a subscription to it must not have our word for that (RFC 9437). */
static bool concerns_us(const struct env *env, struct lisp_records it)
{
	struct lisp_record rec;

	while (lisp_records_next(&it, &rec))
		if (!rec.eid.plain || eid_is_sg(&rec.eid.eid) ||
			policy_is_ours(&env->policy, &rec.eid.eid))
			return true;
	return false;
}

void registration_notify(struct registration *r, const uint8_t *msg, size_t len,
	const struct map_register *m, const struct endpoint *from)
{
	struct lisp_records it = m->records;
	struct lisp_record rec;
	struct batch *b;
	uint32_t which;

	if (!server_authentic(r->server, LISP_MAP_NOTIFY, msg, len, m->nonce, &m->auth)) {
		env_count(r->env, XTR_NOTIFY_DROP_AUTH);
		return;
	}
	b = by_nonce(r, m->nonce, &which);
	if (b) {
		/* No news, but neither unsolicited: an answer that comes twice, or to contents that
		 * have changed since. */
		if (b->waiting && which >= b->since)
			acknowledged(b);
		else
			env_count(r->env, XTR_REGISTERS_ACKED_AGAIN);
		return;
	}
	if (!concerns_us(r->env, m->records)) {
		env_count(r->env, XTR_NOTIFY_DROP_FOREIGN);
		return;
	}
	env_count(r->env, XTR_NOTIFY_UNSOLICITED);
	acknowledge(r->server, m, from);
	while (lisp_records_next(&it, &rec))
		if (rec.eid.plain)
			r->listener.notified(r->listener.arg, &rec);
}

bool registration_acked(const struct registration *r, const struct eid *eid)
{
	const struct item *i = find(r, eid);

	return i && !i->withdrawn && !i->batch->waiting && !i->batch->changed;
}

bool registration_all_acked(const struct registration *r)
{
	const struct batch *b;

	TAILQ_FOREACH (b, &r->batches, link)
		if (b->waiting || b->changed)
			return false;
	return true;
}
