/* See scenario.h. */
#include "tests/sim/scenario.h"

#include <stdlib.h>

#include "tests/sim/checker.h"
#include "tests/sim/evacuate.h"
#include "tests/sim/hosts.h"
#include "tests/sim/hypervisor.h"
#include "tests/sim/network.h"
#include "tests/sim/party_agent.h"
#include "tests/sim/party_mapserver.h"
#include "tests/sim/party_xtr.h"
#include "tests/sim/probes.h"

#define RAMP_PER_S         2500 /* guests that come up at the beginning */
#define TALK_S             10   /* each guest sends a packet so often */
#define TALK_US            10000
#define LAND_S             5    /* after this no move is under way any more */
#define DARK_MS            500  /* a moving guest is nowhere for so long at most */
#define DWELL_MS           3000 /* a bouncing one stays for so long at most */
#define DOWN_MS            5000
#define SPLIT_MS           15000
#define FULL_MS            12000 /* a store is full for so long at most */
#define CLOCK_STEP_S       3600
#define QUIET_S            5 /* before the verification nobody sends, so that nothing needs to be held */
#define SUBSCRIBER_LOOKS   4
#define SUBSCRIBER_LOOK_US UINT64_C(3000000)
#define SLACK_S            45 /* beyond the life of a registration: retries, rests and refreshes */

enum phase { RAMP, TROUBLE, PEACE, VERIFY };

struct scenario {
	struct sim *sim;
	enum phase phase;
	struct mono phase_end, round_end;
	unsigned int rounds;
	uint32_t next_guest, next_talker;
	uint64_t talk_left;          /* in millionths of a packet */
	bool *busy;                  /* by host: a move is under way */
	struct random_seeded random; /* of clocks and stores */
	struct random_seeded agent_random;
};

static uint32_t below(struct sim *s, uint32_t n)
{
	return (uint32_t)random_below(&s->random.random, n);
}

static uint32_t one_of(struct sim *s, const uint32_t *list, unsigned int n)
{
	return list[below(s, n)];
}
#define ONE_OF(s, ...)                                                                             \
	one_of(s, (const uint32_t[]){__VA_ARGS__},                                                 \
		sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static void draw(struct sim *s)
{
	struct sim_knobs *k = &s->knobs;

	k->servers = 1 + below(s, 3);
	if (s->opt.servers)
		k->servers = s->opt.servers;
	k->front = below(s, 2);
	k->loss = ONE_OF(s, 0, 1000, 10000, 50000, 200000);
	k->dup = ONE_OF(s, 0, 10000, 100000);
	k->late = ONE_OF(s, 0, 1000, 20000, 100000);
	k->late_ms = ONE_OF(s, 100, 1000, 8000);
	k->moves_per_s = ONE_OF(s, 1, 5, 20);
	k->hot = s->opt.eids / 20 + 10 < s->opt.eids ? s->opt.eids / 20 + 10 : s->opt.eids;
	k->crash_every_s = ONE_OF(s, 0, 5, 15);
	k->split_every_s = ONE_OF(s, 0, 10, 20);
	k->register_s = ONE_OF(s, 5, 10);
	k->timeout_s = 3 * k->register_s;
	k->commit_us = ONE_OF(s, 1, 3000, 200000);
	k->tight = below(s, 4) == 0;
	k->subscribe = ONE_OF(s, 0, 1, 2);
}

/* Numbers of their own: so a seed without these faults is what it was before there were any. */
static void draw_more(struct scenario *c)
{
	static const uint32_t clocks[] = {0, 0, 5, 15}, stores[] = {0, 0, 8, 20};
	struct sim_knobs *k = &c->sim->knobs;

	random_seeded_init(&c->random, c->sim->opt.seed ^ UINT64_C(0x5c1067f011));
	k->clock_every_s = clocks[random_below(&c->random.random, 4)];
	k->full_every_s = stores[random_below(&c->random.random, 4)];
}

/* The same, of agents. */
static void draw_agents(struct scenario *c)
{
	static const uint32_t crashes[] = {0, 3, 10};
	struct random *r = &c->agent_random.random;
	struct sim_knobs *k = &c->sim->knobs;

	random_seeded_init(&c->agent_random, c->sim->opt.seed ^ UINT64_C(0xa9e275));
	k->agents = c->sim->opt.agents;
	k->slots = 1 + (unsigned int)random_below(r, 3);
	k->agent_crash_every_s = crashes[random_below(r, 3)];
	k->only_agents = k->agents && random_below(r, 2);
	if (k->only_agents)
		k->split_every_s = k->crash_every_s = 0;
}

struct scenario *scenario_new(struct sim *sim)
{
	struct scenario *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->sim = sim;
	draw(sim);
	draw_more(c);
	draw_agents(c);
	if (sim->opt.evacuate)
		evacuation_knobs(&sim->knobs, sim->opt.evacuate, sim->opt.per_agent);
	c->busy = calloc(sim->opt.eids, sizeof(c->busy[0]));
	if (c->busy)
		return c;
	free(c);
	return NULL;
}

void scenario_free(struct scenario *c)
{
	if (c)
		free(c->busy);
	free(c);
}

struct mono scenario_end(const struct scenario *c)
{
	return c->round_end;
}

unsigned int scenario_rounds(const struct scenario *c)
{
	return c->rounds;
}

const char *scenario_phase(const struct scenario *c)
{
	static const char *const names[] = {"guests come up", "trouble", "peace", "verification"};

	return names[c->phase];
}

/* Exponentially distributed would be right; evenly from 0 to twice the mean does as well. */
static void again_in(struct sim *s, uint64_t mean_us, void (*run)(struct sim *s, void *none))
{
	sim_event_in_us(s, random_below(&s->random.random, 2 * mean_us + 1), run, 0);
}

static bool trouble(const struct sim *s)
{
	return s->scenario->phase == TROUBLE;
}

/* ---- guests ---- */

static uint32_t hot_host(struct sim *s)
{
	return below(s, s->knobs.hot) * (s->opt.eids / s->knobs.hot);
}

struct landing {
	uint32_t host;
	unsigned int xtr, back; /* back: where it goes then; the same: it stays */
};

static void depart(struct sim *s, uint32_t host, unsigned int to, unsigned int back);

static void leave_again(struct sim *s, void *payload)
{
	const struct landing *l = payload;

	depart(s, l->host, l->back, l->back);
}

static void land(struct sim *s, void *payload)
{
	const struct landing *l = payload;
	struct landing *again;

	hosts_appear(s->hosts, l->host, l->xtr, below(s, 10) != 0);
	s->scenario->busy[l->host] = l->back != l->xtr;
	if (l->back == l->xtr)
		return;
	s->counts.bounces++;
	again = sim_event_in_us(s, 1000ull * below(s, DWELL_MS), leave_again, sizeof(*again));
	*again = *l;
}

static void depart(struct sim *s, uint32_t host, unsigned int to, unsigned int back)
{
	struct landing *l;

	s->scenario->busy[host] = true;
	s->counts.moves++;
	hosts_vanish(s->hosts, host, below(s, 2));
	l = sim_event_in_us(s, 1000ull * below(s, DARK_MS), land, sizeof(*l));
	*l = (struct landing){host, to, back};
}

static uint32_t agents_below(struct sim *s, uint64_t n)
{
	return (uint32_t)random_below(&s->scenario->agent_random.random, n);
}

static unsigned int agent_at(struct sim *s, unsigned int xtr)
{
	return xtr * s->knobs.slots + agents_below(s, s->knobs.slots);
}

/* A guest of agents: as move_one. */
static void move_with_agents(struct sim *s, uint32_t host, uint32_t kind, unsigned int to)
{
	int at = hypervisor_agent_of(s, host);

	if (hypervisor_busy(s, host))
		return;
	if (at < 0) {
		s->counts.appeared++;
		hypervisor_boot(s, host, agent_at(s, to));
	} else if (kind < 5) {
		s->counts.vanished++;
		hypervisor_kill(s, host);
	} else {
		hypervisor_migrate_somehow(s, host,
			kind < 15 ? agent_at(s, (unsigned int)at / s->knobs.slots)
				  : agent_at(s, to));
	}
}

static void move_one(struct sim *s, void *none)
{
	uint32_t host = hot_host(s), kind = below(s, 100);
	unsigned int to = below(s, s->opt.xtrs);
	int at = hosts_at(s->hosts, host);

	(void)none;
	if (!trouble(s))
		return;
	again_in(s, 1000000 / s->knobs.moves_per_s, move_one);
	if (s->scenario->busy[host])
		return;
	if (hypervisors_has(s, host)) {
		move_with_agents(s, host, kind, to);
		return;
	}
	if (at < 0) {
		s->counts.appeared++;
		hosts_appear(s->hosts, host, to, below(s, 10) != 0);
	} else if (kind < 5) {
		s->counts.vanished++;
		hosts_vanish(s->hosts, host, below(s, 2));
	} else {
		depart(s, host, to, kind < 20 ? (unsigned int)at : to);
	}
}

static void come_up(struct sim *s, void *none)
{
	struct scenario *c = s->scenario;

	(void)none;
	if (c->next_guest == s->opt.eids)
		return;
	/* One in 20 is not there at first. */
	if (s->evacuation) {
		evacuation_boot(s, c->next_guest);
	} else if (below(s, 20)) {
		unsigned int at = below(s, s->opt.xtrs);

		if (hypervisors_has(s, c->next_guest))
			hypervisor_boot(s, c->next_guest, agent_at(s, at));
		else
			hosts_appear(s->hosts, c->next_guest, at, true);
	}
	c->next_guest++;
	sim_event_in_us(s, 1000000 / RAMP_PER_S, come_up, 0);
}

/* What a guest's peers are: mostly those that move, and a few that its site always speaks to. */
static uint32_t peer_of(struct sim *s, uint32_t host)
{
	uint32_t at = (uint32_t)hosts_at(s->hosts, host);

	if (below(s, 10) < 7)
		return hot_host(s);
	return (uint32_t)((at * 2654435761u + below(s, 16) * 40503u) % hosts_count(s->hosts));
}

static void talk(struct sim *s, void *none)
{
	struct scenario *c = s->scenario;

	(void)none;
	sim_event_in_us(s, TALK_US, talk, 0);
	if (c->phase == PEACE && !mono_before(mono_add_s(s->now, QUIET_S), c->phase_end))
		return;
	c->talk_left += (uint64_t)s->opt.eids * TALK_US / TALK_S;
	for (; c->talk_left >= 1000000; c->talk_left -= 1000000) {
		uint32_t host = c->next_talker++ % s->opt.eids;

		if (hosts_at(s->hosts, host) < 0)
			continue;
		s->counts.packets++;
		hosts_send(s->hosts, host, peer_of(s, host), 0);
	}
}

/* ---- parties ---- */

static void start_xtr(struct sim *s, void *payload)
{
	party_xtr_start(s->xtrs[*(unsigned int *)payload]);
}

static void start_server(struct sim *s, void *payload)
{
	party_mapserver_start(s->servers[*(unsigned int *)payload]);
}

static void crash_one(struct sim *s, void *none)
{
	unsigned int who, kind = below(s, 6);
	unsigned int *again;

	(void)none;
	if (!trouble(s))
		return;
	again_in(s, 1000000ull * s->knobs.crash_every_s, crash_one);
	who = below(s, kind < 2 ? s->opt.xtrs : s->server_count);
	if (kind >= 4) {
		party_mapserver_crash_in_commit(
			s->servers[who], below(s, 4) == 0, 1000ull * below(s, DOWN_MS));
		return;
	}
	if (kind < 2)
		party_xtr_crash(s->xtrs[who], kind == 1);
	else
		party_mapserver_crash(s->servers[who], kind == 3);
	again = sim_event_in_us(s, 1000ull * below(s, DOWN_MS), kind < 2 ? start_xtr : start_server,
		sizeof(*again));
	*again = who;
}

static void start_agent(struct sim *s, void *payload)
{
	party_agent_start(s->agents[*(unsigned int *)payload]);
}

/* Its guests live on; one of them may die meanwhile. */
static void crash_agent(struct sim *s, void *none)
{
	unsigned int who = agents_below(s, hypervisors_count(s));
	bool kills = agents_below(s, 4) == 0;

	(void)none;
	if (!trouble(s))
		return;
	sim_event_in_us(s,
		1000 * (uint64_t)agents_below(s, 2000 * s->knobs.agent_crash_every_s + 1),
		crash_agent, 0);
	party_agent_crash(s->agents[who]);
	for (uint32_t i = 0; kills && i < s->opt.eids; i++)
		if (hypervisors_has(s, i) && hypervisor_agent_of(s, i) == (int)who) {
			hypervisor_kill(s, i);
			break;
		}
	*(unsigned int *)sim_event_in_us(
		s, 1000ull * agents_below(s, DOWN_MS), start_agent, sizeof(who)) = who;
}

static void heal(struct sim *s, void *none)
{
	(void)none;
	network_heal(s->network);
}

static void split_one(struct sim *s, void *none)
{
	(void)none;
	if (!trouble(s))
		return;
	again_in(s, 1000000ull * s->knobs.split_every_s, split_one);
	if (s->probes)
		probes_split(s);
	network_split(s->network, 1 + below(s, 99), below(s, 4) == 0);
	sim_event_in_us(s, 1000ull * below(s, SPLIT_MS), heal, 0);
}

static uint32_t more_below(struct sim *s, uint32_t n)
{
	return (uint32_t)random_below(&s->scenario->random.random, n);
}

static void once_more_in(struct sim *s, uint32_t mean_s, void (*run)(struct sim *s, void *none))
{
	sim_event_in_us(s, 1000ull * more_below(s, 2000 * mean_s + 1), run, 0);
}

/* By an hour, forwards or back, or to the right time. */
static void set_one_clock(struct sim *s, void *none)
{
	(void)none;
	if (!trouble(s))
		return;
	once_more_in(s, s->knobs.clock_every_s, set_one_clock);
	party_mapserver_set_clock(s->servers[more_below(s, s->server_count)],
		((int32_t)more_below(s, 3) - 1) * CLOCK_STEP_S);
}

static void empty_one(struct sim *s, void *payload)
{
	party_mapserver_fill_store(s->servers[*(unsigned int *)payload], false);
}

static void fill_one(struct sim *s, void *none)
{
	unsigned int who = more_below(s, s->knobs.servers);

	(void)none;
	if (!trouble(s))
		return;
	once_more_in(s, s->knobs.full_every_s, fill_one);
	party_mapserver_fill_store(s->servers[who], true);
	*(unsigned int *)sim_event_in_us(
		s, 1000ull * more_below(s, FULL_MS), empty_one, sizeof(who)) = who;
}

static void start_parties(struct sim *s)
{
	for (unsigned int i = 0; i < s->server_count; i++)
		party_mapserver_start(s->servers[i]);
	for (unsigned int i = 0; i < s->opt.xtrs; i++)
		*(unsigned int *)sim_event_in_us(s, below(s, 1000000), start_xtr, sizeof(i)) = i;
	for (unsigned int i = 0; i < hypervisors_count(s); i++)
		*(unsigned int *)sim_event_in_us(
			s, agents_below(s, 1000000), start_agent, sizeof(i)) = i;
}

/* ---- the course of a round ---- */

static void next_phase(struct sim *s, void *none);

static void enter(struct scenario *c, enum phase phase, uint64_t ms)
{
	struct sim *s = c->sim;

	c->phase = phase;
	c->phase_end = mono_add_ms(s->now, ms);
	sim_trace(s, "scenario: %s for %llu s", scenario_phase(c), (unsigned long long)ms / 1000);
	sim_event(s, c->phase_end, next_phase, 0);
}

static uint64_t ramp_ms(const struct sim *s)
{
	return (uint64_t)s->opt.eids * 1000 / RAMP_PER_S + 1000;
}

static uint64_t peace_ms(const struct sim *s)
{
	return 1000ull * (LAND_S + s->knobs.timeout_s + SLACK_S);
}

static void set_round_end(struct scenario *c, uint64_t before_ms)
{
	c->round_end = mono_add_ms(c->sim->now, before_ms + 1000ull * c->sim->opt.seconds +
							peace_ms(c->sim) + 1000 * CHECKER_VERIFY_S);
}

static void make_trouble(struct scenario *c)
{
	struct sim *s = c->sim;

	network_rough(s->network);
	enter(c, TROUBLE, 1000ull * s->opt.seconds);
	if (s->evacuation) {
		evacuation_start(s);
		return;
	}
	again_in(s, 1000000 / s->knobs.moves_per_s, move_one);
	if (s->knobs.crash_every_s)
		again_in(s, 1000000ull * s->knobs.crash_every_s, crash_one);
	if (s->knobs.split_every_s)
		again_in(s, 1000000ull * s->knobs.split_every_s, split_one);
	if (s->knobs.agents && s->knobs.agent_crash_every_s)
		sim_event_in_us(s, 1000000, crash_agent, 0);
	if (s->knobs.clock_every_s)
		once_more_in(s, s->knobs.clock_every_s, set_one_clock);
	if (s->knobs.full_every_s)
		once_more_in(s, s->knobs.full_every_s, fill_one);
}

static void look_at_subscribers(struct sim *s, void *none)
{
	(void)none;
	checker_subscribers(s->checker);
}

static void make_peace(struct scenario *c)
{
	struct sim *s = c->sim;

	network_heal(s->network);
	network_calm(s->network);
	for (unsigned int i = 0; i < s->server_count; i++) {
		party_mapserver_fill_store(s->servers[i], false);
		party_mapserver_start(s->servers[i]);
	}
	for (unsigned int i = 0; i < s->opt.xtrs; i++)
		party_xtr_start(s->xtrs[i]);
	for (unsigned int i = 0; i < hypervisors_count(s); i++)
		party_agent_start(s->agents[i]);
	enter(c, PEACE, peace_ms(s));
	for (unsigned int i = 1; i <= SUBSCRIBER_LOOKS; i++)
		sim_event_in_us(s, i * SUBSCRIBER_LOOK_US, look_at_subscribers, 0);
}

static void next_phase(struct sim *s, void *none)
{
	struct scenario *c = s->scenario;

	(void)none;
	switch (c->phase) {
	case RAMP:
		make_trouble(c);
		break;
	case TROUBLE:
		make_peace(c);
		break;
	case PEACE:
		enter(c, VERIFY, 1000 * CHECKER_VERIFY_S);
		checker_begin_verify(s->checker);
		break;
	case VERIFY:
		checker_end_verify(s->checker);
		c->rounds++;
		set_round_end(c, 0);
		make_trouble(c);
		break;
	}
}

void scenario_start(struct scenario *c)
{
	struct sim *s = c->sim;

	network_rough(s->network);
	set_round_end(c, ramp_ms(s));
	enter(c, RAMP, ramp_ms(s));
	start_parties(s);
	come_up(s, NULL);
	if (!s->evacuation)
		talk(s, NULL);
}
