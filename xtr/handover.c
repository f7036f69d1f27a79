/* handover: the table of passages, and what the other rooms ask of it. See handover.h. */
#include "xtr/handover_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct passage *passage_find(const struct handover_room *room, const struct eid *eid)
{
	return eid_table_entry(eid_table_find(room->passages, eid), struct passage, node);
}

static void life_fire(struct timer *t, struct mono now)
{
	passage_expire(t->arg);
}

struct passage *passage_get(struct handover_room *room, const struct eid *eid)
{
	struct passage *p = passage_find(room, eid);

	if (p)
		return p;
	p = eid_table_count(room->passages) < PASSAGES_MAX ? calloc(1, sizeof(*p)) : NULL;
	if (!p) {
		env_count(room->env, XTR_NO_MEMORY);
		return NULL;
	}
	p->node.eid = *eid;
	p->room = room;
	p->nexts = room->none;
	passage_init(p);
	timer_init(&p->life, life_fire, p);
	if (eid_table_insert(room->passages, &p->node) < 0) {
		free(p);
		env_count(room->env, XTR_NO_MEMORY);
		return NULL;
	}
	passage_live(p);
	return p;
}

bool passage_nexts_make(struct passage *p)
{
	struct peer *nexts;

	if (p->nexts != p->room->none)
		return true;
	nexts = calloc(PASSAGE_NEXTS_MAX, sizeof(*nexts));
	if (!nexts) {
		env_count(p->room->env, XTR_NO_MEMORY);
		return false;
	}
	p->nexts = nexts;
	for (unsigned int i = 0; i < PASSAGE_NEXTS_MAX; i++)
		peer_init(&nexts[i], p);
	return true;
}

void passage_nexts_clear(struct passage *p)
{
	for (unsigned int i = 0; p->nexts != p->room->none && i < PASSAGE_NEXTS_MAX; i++)
		peer_clear(&p->nexts[i]);
}

/* A guest that stays has none for long: there are many of these. */
static void nexts_tidy(struct passage *p)
{
	if (p->nexts == p->room->none)
		return;
	for (unsigned int i = 0; i < PASSAGE_NEXTS_MAX; i++)
		if (p->nexts[i].used)
			return;
	free(p->nexts);
	p->nexts = p->room->none;
}

void passage_live(struct passage *p)
{
	struct env *env = p->room->env;

	nexts_tidy(p);
	p->overdue = false;
	timer_set(&env->timers, &p->life, mono_add_s(env->now, env->policy.handover.prepared_s));
}

void passage_why(struct passage *p, const struct handover *h)
{
	bool other = h->move && h->move != p->move;

	if (other)
		p->move = h->move;
	if (other || h->reason)
		p->reason = h->reason;
	if (other || h->deadline_ms)
		p->deadline_ms = h->deadline_ms;
}

void passage_free(struct passage *p)
{
	struct timers *timers = &p->room->env->timers;

	move_log_abort(p->room->env->moves, &p->node.eid);
	rival_remember(p);
	agent_said(p->room, p->agent, p->counter);
	explicit_bzero(&p->ticket, sizeof(p->ticket));
	order_end(p);
	timer_cancel(timers, &p->life);
	timer_cancel(timers, &p->within);
	timer_cancel(timers, &p->truth);
	timer_cancel(timers, &p->seek);
	timer_cancel(timers, &p->prepare);
	timer_cancel(timers, &p->takeover);
	timer_cancel(timers, &p->tail);
	timer_cancel(timers, &p->back);
	peer_clear(&p->owner);
	passage_nexts_clear(p);
	nexts_tidy(p);
	free(p->moved);
	free(p->tail_had);
	agent_lets_go(p);
	eid_table_remove(p->room->passages, &p->node);
	free(p);
}

/* ---- what other rooms ask ---- */

/* To who has it now, as the Map-Server or the map-cache says. False: not known. */
static bool towards_owner(struct passage *p, struct datapath_entry *e)
{
	struct router *r = p->room->r;
	const struct away_entry *away = away_find(r->away, &p->node.eid);
	const struct map_cache_entry *cached = map_cache_longest(r->cache, &p->node.eid);
	struct locator_set set = p->owner.locators;

	if (!p->owner_known && away)
		set = away->locators;
	else if (!p->owner_known && cached && !cached->negative)
		map_cache_locators(cached, &set);
	e->action = DATAPATH_ENCAP;
	e->away = true; /* who sends by an old mapping is heard, too */
	locator_set_choose(p->room->env, &set, e);
	return e->locator_count > 0;
}

static void of_expected(struct passage *p, struct datapath_entry *e)
{
	bool known = towards_owner(p, e);

	if (!known) {
		e->action = DATAPATH_NONE;
		e->hold = true;
	}
	if (p->aborted || p->phase != PHASE_EXPECTED) { /* at once, also to where it came from */
		e->away = e->back = known;
		return;
	}
	/* Of an owner that may send by locators which are not used towards it all is held. */
	e->expect = known && p->owner_known && e->locator_count == p->owner.locators.count
			    ? DATAPATH_EXPECT_OWNER
			    : DATAPATH_EXPECT_ALL;
}

static bool mac_known(const struct passage *p)
{
	static const uint8_t none[6];

	return memcmp(p->mac, none, sizeof(none)) != 0;
}

static void of_paused(struct passage *p, struct datapath_entry *e)
{
	e->at_port = p->phase == PHASE_PAUSED; /* what gets there comes with the tail */
	if (p->to)
		locator_set_choose(p->room->env, &p->to->locators, e);
	if (p->to && e->locator_count) {
		e->action = DATAPATH_ENCAP;
		e->away = true;
		/* Until it runs there the other side may give up, and then sends everything here:
		 * it would go round. What comes from there waits. */
		e->back = p->phase == PHASE_RELEASED;
		e->expect = e->back ? DATAPATH_UNEXPECTED : DATAPATH_EXPECT_OWNER;
		e->hold = eid_table_find(p->room->r->drains, &p->node.eid) != NULL;
		return;
	}
	e->action = DATAPATH_LOCAL;
	e->hold = true;
}

/* By the away table, and for a while also back to where it is: what was sent here from there before
 * it ran there is on its way still. False: just by the table. */
static bool of_moved(struct passage *p, struct datapath_entry *e)
{
	const struct away_entry *away = away_find(p->room->r->away, &p->node.eid);

	if (!away || !timer_is_set(&p->back))
		return false;
	locator_set_choose(p->room->env, &away->locators, e);
	if (!e->locator_count)
		return false;
	e->action = DATAPATH_ENCAP;
	e->away = e->back = true;
	e->hold = eid_table_find(p->room->r->drains, &p->node.eid) != NULL;
	return true;
}

bool handover_entry(struct handover_room *room, const struct eid *eid, struct datapath_entry *e)
{
	struct passage *p = passage_find(room, eid);

	switch (p ? p->phase : PHASE_NONE) {
	case PHASE_EXPECTED:
	case PHASE_REFUSED:
	case PHASE_ELSEWHERE:
		of_expected(p, e);
		return true;
	case PHASE_WAITING:
		if (p->provisional)
			return false;
		e->action = DATAPATH_LOCAL;
		e->expect = DATAPATH_EXPECT_ALL;
		e->hold = true;
		return true;
	case PHASE_PAUSED:
		of_paused(p, e);
		return true;
	case PHASE_RELEASED:
		if (!p->to)
			return of_moved(p, e);
		of_paused(p, e);
		return true;
	default:
		return false;
	}
}

enum handover_packet handover_packet(const struct handover_room *room, const struct eid *eid)
{
	const struct passage *p = passage_find(room, eid);

	switch (p ? p->phase : PHASE_NONE) {
	case PHASE_EXPECTED:
	case PHASE_REFUSED:
	case PHASE_ELSEWHERE:
		if (p->aborted || p->phase != PHASE_EXPECTED)
			return p->owner_known ? HANDOVER_GOES_ON : HANDOVER_NO_MATTER;
		return HANDOVER_WAITS;
	case PHASE_WAITING:
		return p->provisional ? HANDOVER_NO_MATTER : HANDOVER_WAITS;
	case PHASE_PAUSED:
		return p->to && eid_table_find(room->r->drains, eid) ? HANDOVER_GOES_ON
								     : HANDOVER_WAITS;
	case PHASE_RELEASED:
		return p->to ? HANDOVER_GOES_ON : HANDOVER_NO_MATTER;
	default:
		return HANDOVER_NO_MATTER;
	}
}

bool handover_speaks(const struct handover_room *room, const struct eid *host)
{
	const struct passage *p = passage_find(room, host);

	return p && p->phase != PHASE_NONE && p->phase != PHASE_HERE;
}

bool handover_knows(const struct handover_room *room, const struct eid *host)
{
	const struct passage *p = passage_find(room, host);

	return p && p->word;
}

bool handover_arrived(const struct handover_room *room)
{
	return room->arrived.ns &&
	       mono_since_ms(room->arrived, room->env->now) < room->env->policy.timers.hold_move_ms;
}

enum handover_place handover_place(
	const struct handover_room *room, const struct eid *host, const uint8_t **mac)
{
	const struct passage *p = passage_find(room, host);

	switch (p ? p->phase : PHASE_NONE) {
	case PHASE_HERE:
	case PHASE_WAITING:
		return HANDOVER_HERE;
	case PHASE_PAUSED:
	case PHASE_RELEASED:
		*mac = mac_known(p) ? p->mac : NULL;
		return HANDOVER_LEFT;
	default:
		return HANDOVER_NOT_SAID;
	}
}

bool handover_contested(struct handover_room *room, const struct eid *host, uint64_t seq,
	const struct locator_set *set, struct mono claimed)
{
	struct passage *p = passage_find(room, host);

	return p && passage_contested(p, seq, set, claimed);
}

bool handover_departs(const struct handover_room *room, const struct eid *host)
{
	const struct passage *p = passage_find(room, host);

	return p &&
	       (p->phase == PHASE_PAUSED ||
		       (p->phase == PHASE_HERE && (p->word == HANDOVER_GONE || p->in_migration)));
}

bool handover_resolved(
	struct handover_room *room, const struct eid *host, const struct locator_set *set)
{
	struct passage *p = passage_find(room, host);

	return p && p->phase == PHASE_PAUSED && !p->to && !within_waits(p) &&
	       !locator_set_ours(room->env, set) && passage_contested(p, 0, set, (struct mono){0});
}

void handover_granted(struct handover_room *room, const struct eid *host, uint64_t seq)
{
	struct passage *p = passage_find(room, host);

	if (p && p->seq < seq)
		p->seq = seq;
}

void handover_message(struct handover_room *room, const uint8_t *bytes, size_t len,
	const struct endpoint *from, const struct address *to)
{
	struct wire_fault fault;
	struct handover h;
	char peer[ENDPOINT_TEXT], text[160];

	memset(&h, 0, sizeof(h));
	if (handover_parse(bytes, len, &h, &fault) < 0) {
		env_count(room->env, XTR_HANDOVER_DROP_MALFORMED);
		log_limited(room->env->log, &room->refused, room->env->now, LOG_LEVEL_WARNING,
			"handover from %s: %s", endpoint_format(from, peer, sizeof(peer)),
			wire_fault_text(&fault, text, sizeof(text)));
		return;
	}
	switch (h.kind) {
	case HANDOVER_STATE:
	case HANDOVER_TAIL:
		agent_message(room, bytes, len, &h, from, to);
		return;
	case HANDOVER_OWNER:
	case HANDOVER_NEXT:
	case HANDOVER_STEP:
	case HANDOVER_STEP_ACK:
		peer_message(room, bytes, len, &h, from);
		return;
	default: /* what an xTR says itself */
		env_count(room->env, XTR_HANDOVER_DROP_KIND);
	}
}

/* ---- beginning and end ---- */

static void agent_fini(struct agent *a)
{
	for (unsigned int i = 0; i < a->conf.key_count; i++)
		auth_key_free(a->keys[i]);
	explicit_bzero(&a->conf, sizeof(a->conf));
}

static int agent_init(struct agent *a, struct handover_room *room, const struct policy_agent *conf)
{
	const struct address *own;

	memset(a, 0, sizeof(*a));
	a->room = room;
	a->conf = *conf;
	for (unsigned int i = 0; i < conf->key_count; i++) {
		a->keys[i] = auth_key_new(conf->keys[i].bytes, conf->keys[i].len);
		if (!a->keys[i]) {
			agent_fini(a);
			return -ENOMEM;
		}
	}
	if (address_is_ip(&conf->at.addr)) {
		own = locator_own(room->env, conf->at.addr.afi);
		a->at = conf->at;
		if (own)
			a->to = *own;
	}
	return 0;
}

static void agents_fini(struct handover_room *room)
{
	for (unsigned int i = 0; i < room->agent_count; i++)
		agent_fini(&room->agents[i]);
	room->agent_count = 0;
}

/* What was heard of an agent stays known by its name. */
int handover_reload(struct handover_room *room)
{
	const struct policy *p = &room->env->policy;
	struct agent *old = calloc(POLICY_AGENTS_MAX, sizeof(*old));
	unsigned int i, j, old_count = room->agent_count;
	int rc = old ? 0 : -ENOMEM;

	if (rc)
		return rc;
	memcpy(old, room->agents, sizeof(room->agents));
	room->agent_count = 0;
	for (i = 0; !rc && i < p->agent_count && i < POLICY_AGENTS_MAX; i++) {
		struct agent *a = &room->agents[i];

		rc = agent_init(a, room, &p->agents[i]);
		room->agent_count += !rc;
		for (j = 0; !rc && j < old_count; j++) {
			if (strcmp(old[j].conf.name, a->conf.name) != 0)
				continue;
			a->floor = old[j].floor;
			a->highest = old[j].highest;
			a->spoke = old[j].spoke;
			a->had = old[j].had;
			if (a->conf.at.addr.afi == AFI_NONE) {
				a->at = old[j].at;
				a->to = old[j].to;
			}
		}
	}
	for (j = 0; j < old_count; j++)
		agent_fini(&old[j]);
	agent_count_eids(room);
	free(old);
	return rc;
}

void handover_recall(struct handover_room *room, const uint8_t id[16], uint64_t counter)
{
	for (unsigned int i = 0; i < room->agent_count; i++) {
		struct agent *a = &room->agents[i];

		if (memcmp(a->conf.id.bytes, id, sizeof(a->conf.id.bytes)) != 0)
			continue;
		a->highest = counter > a->highest ? counter : a->highest;
		a->floor = counter > a->floor ? counter : a->floor;
		seen_take(&a->had, counter); /* nothing below it is new */
	}
}

void handover_start(struct handover_room *room)
{
	room->started = room->env->now;
	agent_ask(room, NULL, NULL);
}

struct handover_room *handover_new(struct router *r)
{
	struct handover_room *room = calloc(1, sizeof(*room));

	if (!room)
		return NULL;
	room->r = r;
	room->env = &r->env;
	room->passages = eid_table_new(r->env.secret);
	if (room->passages && !handover_reload(room))
		return room;
	handover_free(room);
	return NULL;
}

static bool free_each(struct eid_node *node, void *arg)
{
	passage_free(eid_table_entry(node, struct passage, node));
	return true;
}

void handover_free(struct handover_room *room)
{
	if (!room)
		return;
	if (room->passages)
		eid_table_each(room->passages, free_each, NULL);
	eid_table_free(room->passages);
	agents_fini(room);
	free(room);
}
