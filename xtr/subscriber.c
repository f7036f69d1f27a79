/* See subscriber.h. A subscription is LIVE from the Map-Server's word on. When its mapping leaves
 * the map-cache it is LEAVING until the Map-Server confirms that, or three requests went without an
 * answer; what a Map-Server then still publishes is not acknowledged, and it finds out by itself.
 */
#include "xtr/subscriber.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "xtr/eid_table.h"

#define REFUSED_WAIT_S 60
#define LEAVE_TRIES    3
#define LEAVE_WAIT_MS  1000
#define FRESH_SHIFT    30 /* a fresh nonce: seconds, then so many random bits */
#define NONCE_SECONDS  20 /* of env->nonce: the xTR's persistent count begins at seconds << 20 */
#define JUMP_MAX       UINT64_C(0x100000000) /* publications that can have been lost */

struct item {
	struct eid_node node;
	TAILQ_ENTRY(item) age; /* the longest without news first */
	struct subscriber *s;
	struct timer timer;    /* while leaving */
	struct address server; /* whose nonces these are */
	uint64_t nonce;        /* the last that either side used */
	struct pubsub_key key; /* of its own, or none */
	struct pubsub_key leaving_key;
	uint8_t tries;
	bool leaving;
};

struct subscriber {
	struct env *env;
	struct subscriber_listener listener;
	struct eid_table *items;
	TAILQ_HEAD(, item) ages;
	struct mono refused_until;
	uint64_t seconds; /* of the start: later than any of an earlier run */
	struct mono started;
};

struct subscriber *subscriber_new(struct env *env, const struct subscriber_listener *listener)
{
	struct subscriber *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->env = env;
	s->listener = *listener;
	s->started = env->now;
	s->seconds = (env->nonce >> NONCE_SECONDS) + 1;
	TAILQ_INIT(&s->ages);
	s->items = eid_table_new(env->secret);
	if (!s->items) {
		free(s);
		return NULL;
	}
	return s;
}

static void item_free(struct item *i)
{
	struct subscriber *s = i->s;

	timer_cancel(&s->env->timers, &i->timer);
	TAILQ_REMOVE(&s->ages, i, age);
	eid_table_remove(s->items, &i->node);
	explicit_bzero(&i->key, sizeof(i->key));
	explicit_bzero(&i->leaving_key, sizeof(i->leaving_key));
	free(i);
}

void subscriber_free(struct subscriber *s)
{
	struct item *i;

	if (!s)
		return;
	while ((i = TAILQ_FIRST(&s->ages)))
		item_free(i);
	eid_table_free(s->items);
	free(s);
}

bool subscriber_wanted(const struct subscriber *s)
{
	const struct policy *p = &s->env->policy;

	return p->subscribe && (p->server_count || p->security.mode != POLICY_SECURITY_OFF) &&
	       mono_due(s->refused_until, s->env->now);
}

void subscriber_refused(struct subscriber *s)
{
	s->refused_until = mono_add_s(s->env->now, REFUSED_WAIT_S);
}

static struct item *find(const struct subscriber *s, const struct eid *eid)
{
	return eid_table_entry(eid_table_find(s->items, eid), struct item, node);
}

static struct item *longest(const struct subscriber *s, const struct eid *eid)
{
	return eid_table_entry(eid_table_longest(s->items, eid), struct item, node);
}

/* The same, of those that @server tells. */
static struct item *longest_of(
	const struct subscriber *s, const struct eid *eid, const struct address *server)
{
	struct item *i = longest(s, eid);

	while (i && !address_equal(&i->server, server)) {
		struct eid wider = i->node.eid;

		if (!wider.plen--)
			return NULL;
		eid_mask(&wider);
		i = longest(s, &wider);
	}
	return i;
}

/* Random enough that nobody off the path answers in the Map-Server's place, and above every nonce
 * of an earlier second. */
uint64_t subscriber_fresh(struct subscriber *s)
{
	uint64_t now_s = s->seconds + mono_since_ms(s->started, s->env->now) / 1000;

	return now_s << FRESH_SHIFT | random_u64(s->env->random) >> (64 - FRESH_SHIFT);
}

uint64_t subscriber_nonce(struct subscriber *s, const struct eid *eid)
{
	const struct item *i = longest(s, eid);

	return i ? i->nonce + 1 : subscriber_fresh(s);
}

static void touch(struct item *i)
{
	TAILQ_REMOVE(&i->s->ages, i, age);
	TAILQ_INSERT_TAIL(&i->s->ages, i, age);
}

static void fire(struct timer *t, struct mono now)
{
	struct item *i = t->arg;
	struct subscriber *s = i->s;

	if (i->tries++ == LEAVE_TRIES) {
		item_free(i);
		return;
	}
	i->nonce++; /* a repetition with the same one is a replay to the Map-Server */
	timer_set(&s->env->timers, t, mono_add_ms(now, LEAVE_WAIT_MS));
	i->leaving_key = i->key;
	s->listener.leave(s->listener.arg, &i->node.eid, i->nonce, &i->leaving_key);
}

/* As many as there can be cached mappings. */
static void make_room(struct subscriber *s)
{
	if (eid_table_count(s->items) >= s->env->policy.limits.cache_entries)
		item_free(TAILQ_FIRST(&s->ages));
}

void subscriber_begin(struct subscriber *s, const struct eid *eid, uint64_t nonce,
	const struct address *server, const struct pubsub_key *key)
{
	struct item *i = find(s, eid);

	if (!i) {
		make_room(s);
		i = calloc(1, sizeof(*i));
		if (!i || (i->node.eid = *eid, eid_table_insert(s->items, &i->node) < 0)) {
			free(i);
			env_count(s->env, XTR_NO_MEMORY);
			return;
		}
		i->s = s;
		timer_init(&i->timer, fire, i);
		TAILQ_INSERT_TAIL(&s->ages, i, age);
	}
	timer_cancel(&s->env->timers, &i->timer);
	i->leaving = false;
	i->server = *server;
	i->nonce = nonce;
	i->key = *key;
	touch(i);
}

void subscriber_key(const struct subscriber *s, const struct eid *eid, const struct address *server,
	struct pubsub_key *key)
{
	const struct item *i = longest_of(s, eid, server);

	*key = i ? i->key : (struct pubsub_key){0};
}

void subscriber_leaving_key(const struct subscriber *s, const struct eid *eid,
	const struct address *server, struct pubsub_key *key)
{
	const struct item *i = longest_of(s, eid, server);

	*key = i && i->leaving ? i->leaving_key : (struct pubsub_key){0};
}

/* Map-Notifies that tell a previous owner of a move have random nonces: only a number shortly above
 * the saved one is a publication. */
static bool is_near(const struct item *i, uint64_t nonce)
{
	return nonce - i->nonce + JUMP_MAX <= 2 * JUMP_MAX;
}

enum subscriber_news subscriber_judge(const struct subscriber *s, const struct eid *eid,
	uint64_t nonce, const struct address *server)
{
	const struct item *i = longest_of(s, eid, server), *other = longest(s, eid);

	if (!i || !is_near(i, nonce))
		return other && is_near(other, nonce) ? SUBSCRIBER_FOREIGN : SUBSCRIBER_NONE;
	if (i->leaving && nonce != i->nonce)
		return nonce > i->nonce ? SUBSCRIBER_AHEAD : SUBSCRIBER_OLD;
	if (i->leaving)
		return SUBSCRIBER_LEAVING;
	if (nonce == i->nonce)
		return SUBSCRIBER_AGAIN;
	return nonce > i->nonce ? SUBSCRIBER_NEW : SUBSCRIBER_OLD;
}

void subscriber_save(
	struct subscriber *s, const struct eid *eid, uint64_t nonce, const struct address *server)
{
	struct item *i = longest_of(s, eid, server);

	if (!i)
		return;
	i->nonce = nonce;
	touch(i);
}

void subscriber_ended(struct subscriber *s, const struct eid *eid, const struct address *server)
{
	struct item *i = longest_of(s, eid, server);

	if (i)
		item_free(i);
}

void subscriber_leave(struct subscriber *s, const struct eid *eid)
{
	struct item *i = find(s, eid);

	if (!i || i->leaving)
		return;
	i->leaving = true;
	i->tries = 0;
	timer_set(&s->env->timers, &i->timer, s->env->now);
}

bool subscriber_server(const struct subscriber *s, const struct eid *eid, struct address *server)
{
	const struct item *i = find(s, eid);

	if (!i || i->leaving)
		return false;
	*server = i->server;
	return true;
}

bool subscriber_covers(const struct subscriber *s, const struct eid *eid)
{
	const struct item *i = longest(s, eid);

	return i && !i->leaving;
}

size_t subscriber_count(const struct subscriber *s)
{
	return eid_table_count(s->items);
}
