/* See probe.h. */
#include "xtr/probe.h"

#include <stdlib.h>
#include <string.h>

#include "lisp/map_request.h"
#include "xtr/eid_table.h"
#include "xtr/locator.h"

#define PROBE_MAX 1024 /* bytes of a probe */

struct probe_rloc {
	struct eid_node node; /* the locator as a host of instance 0 */
	struct probe *probe;
	TAILQ_HEAD(, probe_use) users; /* first: whose EID the next probe asks for */
	uint32_t entries;
	struct timer timer; /* the next probe, or the end of the wait for an answer */
	bool waiting;
	bool up;
	uint32_t losses; /* in a row */
	uint64_t nonce;  /* of the latest probe */
	struct mono sent;
	uint32_t rtt_us;
};

struct probe {
	struct env *env;
	struct eid_table *rlocs;
	struct probe_listener listener;
};

struct probe *probe_new(struct env *env, const struct probe_listener *listener)
{
	struct probe *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->env = env;
	p->listener = *listener;
	p->rlocs = eid_table_new(env->secret);
	if (!p->rlocs) {
		free(p);
		return NULL;
	}
	return p;
}

static void rloc_free(struct probe_rloc *l)
{
	timer_cancel(&l->probe->env->timers, &l->timer);
	eid_table_remove(l->probe->rlocs, &l->node);
	free(l);
}

void probe_free(struct probe *p)
{
	if (!p)
		return;
	eid_table_free(p->rlocs); /* empty: every user has let go */
	free(p);
}

static struct probe_rloc *rloc_find(const struct probe *p, const struct address *rloc)
{
	struct eid eid = eid_host(0, rloc);

	return eid_table_entry(eid_table_find(p->rlocs, &eid), struct probe_rloc, node);
}

static void tell(struct probe_rloc *l, bool up)
{
	struct probe *p = l->probe;
	struct router_event event = {
		.type = up ? ROUTER_RLOC_UP : ROUTER_RLOC_DOWN, .rloc = l->node.eid.addr};
	struct probe_use *u;

	l->up = up;
	env_count(p->env, up ? XTR_RLOC_UP : XTR_RLOC_DOWN);
	env_event(p->env, &event);
	TAILQ_FOREACH (u, &l->users, link)
		p->listener.changed(p->listener.arg, u->eid, up);
}

static void next_in(struct probe_rloc *l, uint64_t ms)
{
	struct env *env = l->probe->env;

	timer_set(&env->timers, &l->timer, mono_add_ms(env->now, ms));
}

static uint64_t interval_ms(struct probe_rloc *l)
{
	return random_jitter(l->probe->env->random, l->probe->env->policy.timers.probe_ms, 25);
}

/* Source-EID-AFI 0, no ECM, never to the mapping system (RFC 9301 section 7.1). */
static void send_probe(struct probe_rloc *l)
{
	struct env *env = l->probe->env;
	const struct endpoint to = {.addr = l->node.eid.addr, .port = LISP_CONTROL_PORT};
	const struct address *own = locator_own(env, to.addr.afi);
	struct map_request_spec spec = {.probe = true, .itr_rloc_count = 1};
	struct probe_use *user = TAILQ_FIRST(&l->users);
	uint8_t *bytes;
	int len;

	if (!own)
		return;
	bytes = env_begin(env, PROBE_MAX);
	if (!bytes)
		return;
	l->nonce = random_u64(env->random);
	spec.nonce = l->nonce;
	spec.itr_rlocs[0] = *locator_own_public(env, to.addr.afi);
	spec.eid = *user->eid;
	len = map_request_write(bytes, PROBE_MAX, &spec);
	if (len < 0)
		return;
	outbox_commit(env->out, (uint32_t)len, &to, own);
	env_count(env, XTR_PROBES_SENT);
	TAILQ_REMOVE(&l->users, user, link);
	TAILQ_INSERT_TAIL(&l->users, user, link);
	l->sent = env->now;
	l->waiting = true;
}

static void fire(struct timer *t, struct mono now)
{
	struct probe_rloc *l = t->arg;
	struct env *env = l->probe->env;

	if (l->waiting) {
		l->waiting = false;
		l->losses++;
		env_count(env, XTR_PROBES_LOST);
		if (l->up && l->losses >= env->policy.timers.probe_losses)
			tell(l, false);
		if (!l->up) {
			next_in(l, interval_ms(l));
			return;
		}
	}
	send_probe(l);
	next_in(l, l->waiting ? env->policy.timers.probe_wait_ms : interval_ms(l));
}

static struct probe_rloc *rloc_new(struct probe *p, const struct address *addr)
{
	struct probe_rloc *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->node.eid = eid_host(0, addr);
	if (eid_table_insert(p->rlocs, &l->node) < 0) {
		free(l);
		return NULL;
	}
	l->probe = p;
	l->up = true;
	TAILQ_INIT(&l->users);
	timer_init(&l->timer, fire, l);
	if (p->env->policy.timers.probe_ms)
		next_in(l, random_below(p->env->random, p->env->policy.timers.probe_ms));
	return l;
}

void probe_use(
	struct probe *p, struct probe_use *use, const struct address *rloc, const struct eid *eid)
{
	struct probe_rloc *l = rloc_find(p, rloc);

	use->rloc = l ? l : rloc_new(p, rloc);
	use->eid = eid;
	if (!use->rloc)
		return;
	TAILQ_INSERT_HEAD(&use->rloc->users, use, link);
	use->rloc->entries++;
}

void probe_unuse(struct probe *p, struct probe_use *use)
{
	struct probe_rloc *l = use->rloc;

	if (!l)
		return;
	TAILQ_REMOVE(&l->users, use, link);
	use->rloc = NULL;
	if (!--l->entries)
		rloc_free(l);
}

bool probe_up(const struct probe_use *use)
{
	return !use->rloc || use->rloc->up;
}

/* RFC 9301 section 7.1: the reply copies the nonce, and A is set in every record, else it is
 * discarded silently. */
static bool authoritative(const struct map_reply *reply)
{
	struct lisp_records it = reply->records;
	struct lisp_record rec;
	bool any = false;

	while (lisp_records_next(&it, &rec)) {
		if (!rec.authoritative)
			return false;
		any = true;
	}
	return any;
}

/* What the locator that was probed (p) says of itself, if it does. It may free @l. */
static void tell_told(struct probe_rloc *l, const struct map_reply *reply)
{
	const struct probe_listener listener = l->probe->listener;
	const struct address addr = l->node.eid.addr;
	struct lisp_records it = reply->records;
	struct router_locator itself = {.addr = addr};
	struct lisp_record rec;
	struct lisp_rloc rloc;
	struct address said;

	while (lisp_records_next(&it, &rec))
		while (rec.eid.plain && lisp_rloc_next(&rec, &rloc)) {
			if (!rloc.probed || !lisp_field_locator(&rloc.field, &said) ||
				!address_equal(&said, &addr))
				continue;
			itself.priority = rloc.priority;
			itself.weight = rloc.weight;
			listener.told(listener.arg, &rec.eid.eid, &itself);
		}
}

void probe_reply(struct probe *p, struct map_reply *reply, const struct endpoint *from)
{
	struct probe_rloc *l = rloc_find(p, &from->addr);

	if (!l || !l->waiting || l->nonce != reply->nonce) {
		env_count(p->env, XTR_REPLY_DROP_NONCE);
		return;
	}
	if (!authoritative(reply)) {
		env_count(p->env, XTR_REPLY_DROP_AUTHORITATIVE);
		return;
	}
	env_count(p->env, XTR_REPLIES_RECEIVED);
	l->rtt_us = (uint32_t)mono_since_us(l->sent, p->env->now);
	l->waiting = false;
	l->losses = 0;
	next_in(l, interval_ms(l));
	if (!l->up)
		tell(l, true);
	tell_told(l, reply);
}

void probe_suspect(struct probe *p, const struct address *rloc)
{
	struct probe_rloc *l = rloc_find(p, rloc);

	if (!l || l->waiting || !p->env->policy.timers.probe_ms)
		return;
	send_probe(l);
	next_in(l, p->env->policy.timers.probe_wait_ms);
}

struct each {
	bool (*visit)(const struct router_rloc_view *v, void *arg);
	void *arg;
};

static bool view_one(struct eid_node *node, void *arg)
{
	const struct probe_rloc *l = eid_table_entry(node, struct probe_rloc, node);
	const struct router_rloc_view v = {
		.addr = node->eid.addr, .up = l->up, .rtt_us = l->rtt_us, .entries = l->entries};
	struct each *e = arg;

	return e->visit(&v, e->arg);
}

void probe_each(const struct probe *p, bool (*visit)(const struct router_rloc_view *v, void *arg),
	void *arg)
{
	struct each e = {visit, arg};

	eid_table_each(p->rlocs, view_one, &e);
}
