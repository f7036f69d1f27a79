/* See claim.h. Each host is in one state:
 *
 *   IDLE        only its seq is remembered
 *   CLAIMING    a claim is to be sent or under way
 *   OWNED       granted; refreshed every register_s, a refresh may be under way (waiting)
 *   LEAVING     a withdrawal is under way
 *
 * A repetition has a new nonce, since the Map-Server checks them for replay; the answer to any
 * transmission of the present state counts, so the first of its nonces is kept: they are numbers
 * handed out in order. */
#include "xtr/claim.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "xtr/eid_table.h"

#define MESSAGE_MAX  1024   /* bytes: one record */
#define REMEMBERED   100000 /* idle hosts whose seq is kept */
#define HELD_S       1      /* until it is looked whether we may claim by now */
#define SPREAD_FROM  8      /* hosts */
#define SPREAD_US    2000   /* for each */
#define SPREAD_LIMIT 500    /* hosts, beyond which it takes no longer: peers are told soon after */
#define LEAVE_TRIES  8      /* withdrawals; after these the registration times out by itself */

enum state { IDLE, CLAIMING, OWNED, LEAVING };

struct item {
	struct eid_node node;
	TAILQ_ENTRY(item) idle; /* in order of coming to rest */
	struct claim *claim;
	enum state state;
	struct timer timer;
	struct limit limit;
	uint64_t seq;         /* the highest known */
	uint64_t nonces_from; /* the first nonce of the present state */
	uint64_t nonce;       /* the latest */
	uint64_t wait_ms;
	uint32_t tries;
	struct mono claimed; /* CLAIMING: since when, be it begun again meanwhile */
	bool waiting;        /* for an answer */
	bool verified;
	bool stood;         /* idle: it was ours when claiming and refreshing stopped, */
	uint64_t stood_seq; /* by this */
};

struct claim {
	struct env *env;
	struct server *server;
	struct claim_listener listener;
	struct eid_table *items;
	TAILQ_HEAD(, item) idle;
	uint32_t idle_count;
};

struct claim *claim_new(struct server *server, const struct claim_listener *listener)
{
	struct claim *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->env = server->env;
	c->server = server;
	c->listener = *listener;
	TAILQ_INIT(&c->idle);
	c->items = eid_table_new(c->env->secret);
	if (!c->items) {
		free(c);
		return NULL;
	}
	return c;
}

static void item_free(struct item *i)
{
	struct claim *c = i->claim;

	timer_cancel(&c->env->timers, &i->timer);
	if (i->state == IDLE) {
		TAILQ_REMOVE(&c->idle, i, idle);
		c->idle_count--;
	}
	eid_table_remove(c->items, &i->node);
	free(i);
}

static bool free_each(struct eid_node *node, void *arg)
{
	item_free(eid_table_entry(node, struct item, node));
	return true;
}

void claim_free(struct claim *c)
{
	if (!c)
		return;
	eid_table_each(c->items, free_each, NULL);
	eid_table_free(c->items);
	free(c);
}

/* The one place where states change. */
static void set_state(struct item *i, enum state state)
{
	struct claim *c = i->claim;

	timer_cancel(&c->env->timers, &i->timer);
	if (i->state == IDLE) {
		TAILQ_REMOVE(&c->idle, i, idle);
		c->idle_count--;
	}
	if (state == CLAIMING && i->state != CLAIMING)
		i->claimed = c->env->now;
	i->state = state;
	i->waiting = false;
	i->tries = 0;
	i->nonces_from = c->env->nonce;
	if (state != IDLE)
		return;
	TAILQ_INSERT_TAIL(&c->idle, i, idle);
	c->idle_count++;
}

/* Oldest first; @keep is about to be used. */
static void forget_idle(struct claim *c, const struct item *keep)
{
	struct item *i = TAILQ_FIRST(&c->idle);

	if (c->idle_count > REMEMBERED && i != keep)
		item_free(i);
}

static enum move_kind kind_of(const struct item *i)
{
	switch (i->state) {
	case CLAIMING:
		return MOVE_CLAIM;
	case LEAVING:
		return MOVE_WITHDRAW;
	default:
		return MOVE_REFRESH;
	}
}

static void count_sent(struct env *env, enum move_kind kind)
{
	if (kind == MOVE_CLAIM)
		env_count(env, XTR_CLAIMS_SENT);
	else if (kind == MOVE_REFRESH)
		env_count(env, XTR_REFRESHES_SENT);
	else if (kind == MOVE_WITHDRAW)
		env_count(env, XTR_WITHDRAWALS_SENT);
}

/* Write, sign and send @m with a record of @host. */
static void send_move(
	struct claim *c, struct move *m, const struct eid *host, const struct endpoint *to)
{
	const struct server *s = c->server;
	struct env *env = c->env;
	uint8_t *bytes = env_begin(env, MESSAGE_MAX);
	struct wire_writer w;
	int len;

	if (!bytes)
		return;
	m->xtr_id = env->policy.xtr_id;
	m->site_id = env->policy.site_id;
	wire_writer_init(&w, bytes, MESSAGE_MAX);
	move_begin(&w, m, s->conf.key_id, s->conf.alg, &s->conf.auth);
	lisp_record_write(&w, host, env->policy.timers.record_ttl_min,
		(uint8_t)(m->has_locators ? env->policy.rloc_count : 0), LISP_ACT_NONE, true, 0);
	if (m->has_locators)
		locator_own_write(env, &w, host, NULL);
	len = move_finish(&w, m, s->key, &s->conf.auth);
	if (len < 0) {
		log_error(env->log, "a move message could not be written");
		return;
	}
	outbox_commit(env->out, (uint32_t)len, to, locator_own(env, to->addr.afi));
	count_sent(env, m->kind);
}

static void item_send(struct item *i)
{
	struct env *env = i->claim->env;
	struct move m = {
		.kind = kind_of(i),
		.nonce = env->nonce++,
		.seq = i->seq,
		.verified = i->verified,
		.has_locators = true,
		.security = env->policy.security.mode != POLICY_SECURITY_OFF,
	};

	i->nonce = m.nonce;
	send_move(i->claim, &m, &i->node.eid, &i->claim->server->conf.at);
	server_sent(i->claim->server);
}

static bool damped(struct item *i)
{
	struct env *env = i->claim->env;
	const struct limit_rate rate = limit_per_s(1, env->policy.limits.claim_burst);

	if (i->tries || i->state != CLAIMING || limit_take(&i->limit, &rate, env->now))
		return false;
	env_count(env, XTR_CLAIMS_DAMPED);
	timer_set(&env->timers, &i->timer, mono_add_s(env->now, 1));
	return true;
}

static void fire(struct timer *t, struct mono now)
{
	struct item *i = t->arg;
	const struct policy_timers *timers = &i->claim->env->policy.timers;
	uint64_t max_ms = (uint64_t)timers->backoff_max_s * 1000;

	if (i->claim->env->held) {
		timer_set(&i->claim->env->timers, &i->timer, mono_add_s(now, HELD_S));
		return;
	}
	if (damped(i))
		return;
	if (i->state == LEAVING && i->tries == LEAVE_TRIES) {
		set_state(i, IDLE);
		return;
	}
	if (!i->waiting)
		i->wait_ms = i->state == OWNED ? timers->ack_ms : timers->claim_ms;
	else
		i->wait_ms = i->wait_ms * 2 < max_ms ? i->wait_ms * 2 : max_ms;
	i->waiting = true;
	i->tries++;
	item_send(i);
	timer_set(&i->claim->env->timers, &i->timer, mono_add_ms(now, i->wait_ms));
}

static struct item *find(const struct claim *c, const struct eid *host)
{
	return eid_table_entry(eid_table_find(c->items, host), struct item, node);
}

static struct item *item_get(struct claim *c, const struct eid *host)
{
	struct item *i = find(c, host);

	if (i)
		return i;
	i = calloc(1, sizeof(*i));
	if (!i) {
		env_count(c->env, XTR_NO_MEMORY);
		return NULL;
	}
	i->claim = c;
	i->node.eid = *host;
	timer_init(&i->timer, fire, i);
	if (eid_table_insert(c->items, &i->node) < 0) {
		free(i);
		env_count(c->env, XTR_NO_MEMORY);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&c->idle, i, idle);
	c->idle_count++;
	forget_idle(c, i);
	return i;
}

static void send_soon(struct item *i)
{
	timer_set(&i->claim->env->timers, &i->timer, i->claim->env->now);
}

void claim_start(struct claim *c, const struct eid *host, bool verified)
{
	struct item *i = item_get(c, host);

	if (!i)
		return;
	set_state(i, CLAIMING);
	i->stood = false;
	i->verified = verified;
	send_soon(i);
}

void claim_learn(struct claim *c, const struct eid *host, uint64_t seq)
{
	struct item *i = item_get(c, host);

	if (i && i->seq < seq)
		i->seq = seq;
}

void claim_stop(struct claim *c, const struct eid *host)
{
	struct item *i = find(c, host);

	if (!i || i->state == IDLE)
		return;
	i->stood = i->state == OWNED;
	i->stood_seq = i->seq;
	set_state(i, IDLE);
}

static void rest(struct item *i)
{
	struct env *env = i->claim->env;

	set_state(i, OWNED);
	timer_set(&env->timers, &i->timer,
		mono_add_ms(env->now,
			random_jitter(env->random, env->policy.timers.register_s * 900ull, 10)));
}

bool claim_continue(struct claim *c, const struct eid *host)
{
	struct item *i = find(c, host);

	if (!i || i->state != IDLE || !i->stood || i->stood_seq != i->seq)
		return false;
	i->stood = false;
	rest(i);
	return true;
}

void claim_withdraw(struct claim *c, const struct eid *host)
{
	struct item *i = find(c, host);

	if (!i || (i->state == IDLE && !i->stood) || i->state == LEAVING)
		return;
	if (i->state == CLAIMING) {
		set_state(i, IDLE);
		return;
	}
	i->stood = false;
	set_state(i, LEAVING);
	send_soon(i);
}

/* All at once. Where there are many they are spread out: the Map-Server takes the last few hundred
 * nonces in any order, and what the network reorders beyond that in one burst, it would reorder in
 * each repetition. */
static void send_spread(struct item *i)
{
	struct env *env = i->claim->env;
	size_t active = eid_table_count(i->claim->items) - i->claim->idle_count;
	uint64_t us = active < SPREAD_FROM    ? 0
		      : active < SPREAD_LIMIT ? active * SPREAD_US
					      : (uint64_t)SPREAD_LIMIT * SPREAD_US;

	timer_set(&env->timers, &i->timer,
		us ? mono_add_us(env->now, random_below(env->random, (uint32_t)us)) : env->now);
}

static bool renew_each(struct eid_node *node, void *arg)
{
	struct item *i = eid_table_entry(node, struct item, node);

	if (i->state == OWNED) {
		set_state(i, CLAIMING);
		send_spread(i);
	}
	return true;
}

void claim_renew(struct claim *c)
{
	eid_table_each(c->items, renew_each, NULL);
}

void claim_again(struct claim *c, const struct eid *host)
{
	struct item *i = find(c, host);

	if (!i || i->state != OWNED)
		return;
	set_state(i, CLAIMING);
	send_soon(i);
}

static bool hurry_each(struct eid_node *node, void *arg)
{
	struct item *i = eid_table_entry(node, struct item, node);

	if (i->state != IDLE)
		send_spread(i);
	return true;
}

void claim_hurry(struct claim *c)
{
	eid_table_each(c->items, hurry_each, NULL);
}

static bool not_claiming(struct eid_node *node, void *arg)
{
	bool *settled = arg;

	*settled = eid_table_entry(node, struct item, node)->state != CLAIMING;
	return *settled;
}

bool claim_settled(const struct claim *c)
{
	bool settled = true;

	eid_table_each(c->items, not_claiming, &settled);
	return settled;
}

static bool answers(const struct item *i, const struct move *m)
{
	return i && i->state != IDLE && i->waiting && m->nonce >= i->nonces_from &&
	       m->nonce <= i->nonce;
}

static void granted(struct item *i, const struct move *m)
{
	struct claim *c = i->claim;
	bool news = i->state == CLAIMING;

	if (m->seq < i->seq) {
		env_count(c->env, XTR_MOVE_DROP_STALE);
		return;
	}
	i->seq = m->seq;
	if (i->state == LEAVING) {
		set_state(i, IDLE);
		return;
	}
	rest(i);
	if (!news)
		return;
	env_count(c->env, XTR_CLAIMS_GRANTED);
	c->listener.granted(c->listener.arg, &i->node.eid, i->seq);
}

static bool owner_is_us(const struct claim *c, const struct move *m)
{
	return !memcmp(&m->xtr_id, &c->env->policy.xtr_id, sizeof(m->xtr_id)) &&
	       m->site_id == c->env->policy.site_id;
}

static void contested(struct item *i, struct move *m)
{
	struct mono claimed = i->state == CLAIMING ? i->claimed : (struct mono){0};
	struct claim *c = i->claim;
	struct eid host = i->node.eid;
	struct locator_set set = {0};

	if (m->has_locators && !owner_is_us(c, m))
		locator_set_read(c->env, &m->record, &set);
	i->seq = m->seq;
	set_state(i, IDLE);
	c->listener.contested(c->listener.arg, &host, m->seq, &set, claimed);
}

/* The answer to a claim of ours was lost, and its repetition finds it granted; or a refresh is told
 * what it says. */
static bool granted_before(const struct item *i, const struct move *m)
{
	if (!owner_is_us(i->claim, m))
		return false;
	return i->state == CLAIMING ? i->tries > 1 && m->seq == i->seq + 1 : m->seq == i->seq;
}

static void refused(struct item *i, struct move *m)
{
	struct claim *c = i->claim;

	env_count(c->env, XTR_CLAIMS_REFUSED);
	if (m->seq < i->seq) { /* rule 4; the timer goes on */
		env_count(c->env, XTR_MOVE_DROP_STALE);
		return;
	}
	if (i->state == LEAVING) {
		i->seq = m->seq;
		set_state(i, IDLE);
		return;
	}
	if (granted_before(i, m))
		granted(i, m);
	else
		contested(i, m);
}

static void notified(struct claim *c, struct move *m, const struct endpoint *from)
{
	const struct eid *host = &m->record.eid.eid;
	struct move ack = {.kind = MOVE_ACK, .nonce = m->nonce, .seq = m->seq};
	struct item *i;

	if (!c->listener.ours(c->listener.arg, host)) {
		env_count(c->env, XTR_MOVE_DROP_EID);
		return;
	}
	/* Also what is known already is acknowledged: the first acknowledgement may be lost. */
	send_move(c, &ack, host, from);
	i = item_get(c, host);
	if (!i)
		return;
	if (m->seq <= i->seq || owner_is_us(c, m)) {
		env_count(c->env, XTR_MOVE_DROP_STALE);
		return;
	}
	env_count(c->env, XTR_MOVE_NOTIFIED);
	contested(i, m);
}

void claim_message(struct claim *c, const uint8_t *msg, size_t len, struct move *m,
	const struct endpoint *from)
{
	struct item *i;

	if (!server_authentic(c->server, LISP_EXTENSION, msg, len, m->nonce, &m->auth)) {
		env_count(c->env, XTR_MOVE_DROP_AUTH);
		return;
	}
	if (!m->record.eid.plain || !eid_is_host(&m->record.eid.eid)) {
		env_count(c->env, XTR_MOVE_DROP_EID);
		return;
	}
	if (m->kind == MOVE_NOTIFY) {
		notified(c, m, from);
		return;
	}
	i = find(c, &m->record.eid.eid);
	if (!answers(i, m) || (m->kind != MOVE_GRANTED && m->kind != MOVE_REFUSED)) {
		env_count(c->env, XTR_MOVE_DROP_NONCE);
		return;
	}
	server_answered(c->server);
	if (m->kind == MOVE_GRANTED)
		granted(i, m);
	else
		refused(i, m);
}

bool claim_owned(const struct claim *c, const struct eid *host)
{
	const struct item *i = find(c, host);

	return i && i->state == OWNED;
}

uint64_t claim_seq(const struct claim *c, const struct eid *host)
{
	const struct item *i = find(c, host);

	return i ? i->seq : 0;
}
