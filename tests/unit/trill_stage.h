/* trill_stage: three RBridges, each joined to each, with a port with end stations each and a data
 * plane in memory, for unit tests. A program that includes it links tests/trill/virtual_campus.c
 * and virtual_datapath.c. */
#ifndef SUNWARD_TESTS_UNIT_TRILL_STAGE_H
#define SUNWARD_TESTS_UNIT_TRILL_STAGE_H

#include "tests/unit/trill_test.h"

#include "tests/trill/virtual_datapath.h"

__attribute__((unused)) static const struct campus_options hybrid = {.native = true,
	.configured = true,
	.hello_ms = 3000,
	.holding_s = 30,
	.trees = {.compute = 2, .max = 3, .use = 1}};

static inline struct virtual_campus *campus_of(
	unsigned int nodes, const struct campus_options *options)
{
	struct virtual_campus *c = campus_new(nodes, 16, 1, options);

	assert_non_null(c);
	return c;
}

#define VLAN      1
#define HOST_PORT 2
#define TOLD_MS   2000 /* in which ESADI has told of a change: several in a row wait longer each */

__attribute__((unused)) static const struct mac alice = {{0x52, 0x54, 0, 0, 0, 0xa1}};
__attribute__((unused)) static const struct mac bob = {{0x52, 0x54, 0, 0, 0, 0xb0}};
__attribute__((unused)) static const struct mac carol = {{0x52, 0x54, 0, 0, 0, 0xca}};
__attribute__((unused)) static const struct mac all = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

/* What the cores say of stations. */
struct told {
	unsigned int count, gone;
	struct rbridge_station last[3];
};

struct stage {
	struct virtual_campus *c;
	struct virtual_datapath dp;
	struct told told;
};

static inline void on_event(void *arg, unsigned int node, const struct rbridge_event *event)
{
	struct told *told = arg;

	if (event->kind != RBRIDGE_STATION)
		return;
	told->count++;
	told->gone += event->gone;
	told->last[node] = *event->station;
}

/* @node: what differs from the configuration, or NULL. */
static inline void stage_set_with(struct stage *s, bool esadi,
	void (*node)(struct rbridge_config *config, unsigned int number))
{
	struct campus_options trunk = hybrid, host = hybrid;

	trunk.native = false;
	trunk.p2p = true;
	trunk.node = node;
	trunk.esadi = host.esadi = esadi ? VLAN : 0;
	memset(s, 0, sizeof(*s));
	s->c = campus_of(3, &trunk);
	s->c->event = on_event;
	s->c->event_arg = &s->told;
	datapath_init(&s->dp, s->c);
	for (unsigned int a = 0; a < 3; a++)
		campus_wire(s->c, (unsigned int[]){a, (a + 1) % 3}, 2, 20000, &trunk);
	for (unsigned int a = 0; a < 3; a++)
		campus_wire(s->c, (unsigned int[]){a}, 1, 20000, &host);
	campus_run_ms(s->c, 60000);
}

static inline void stage_set(struct stage *s, bool esadi)
{
	stage_set_with(s, esadi, NULL);
}

static inline void stage_end(struct stage *s)
{
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(s->c->nodes[i].out_of_order, 0);
	campus_free(s->c);
}

static inline void says(
	struct stage *s, unsigned int node, const struct mac *sa, const struct mac *da)
{
	datapath_send(&s->dp, node, HOST_PORT, VLAN, da, sa);
	campus_run_ms(s->c, 500);
}

/* Where @node sends frames for a station: a node; -1: it floods them. */
static inline int known_at(const struct stage *s, unsigned int node, const struct mac *mac)
{
	const struct tables_station *is = campus_station(&s->c->nodes[node], mac, VLAN);

	if (is && !is->nickname)
		return (int)node;
	for (unsigned int i = 0; is && i < 3; i++)
		if (campus_nickname(s->c, i) == is->nickname)
			return (int)i;
	return -1;
}

/* What the core of @node believes. */
static inline const struct mac_entry *believed(
	const struct stage *s, unsigned int node, const struct mac *mac)
{
	return mac_find(rbridge_stations(s->c->nodes[node].rb), (struct label){.id = VLAN}, mac);
}

/* Something was told to the RBridge outside of the campus's time; it has told others then. */
static inline void stage_tells(struct stage *s, unsigned int node)
{
	struct campus_node_sim *n = &s->c->nodes[node];

	timer_set(&s->c->timers, &n->timer, rbridge_next(n->rb));
	campus_run_ms(s->c, TOLD_MS);
}

static inline enum rbridge_attest attests(
	struct stage *s, unsigned int node, const struct rbridge_station *station)
{
	enum rbridge_attest verdict =
		rbridge_station_attest(s->c->nodes[node].rb, station, s->c->now);

	stage_tells(s, node);
	return verdict;
}

static inline enum rbridge_leave leaves(struct stage *s, unsigned int node, const struct mac *mac)
{
	enum rbridge_leave was = rbridge_station_leave(s->c->nodes[node].rb, VLAN, mac, s->c->now);

	stage_tells(s, node);
	return was;
}

static inline enum rbridge_leave leaves_here(
	struct stage *s, unsigned int node, const struct mac *mac, uint16_t port)
{
	const struct rbridge_station station = {.vlan = VLAN, .mac = *mac, .port = port};
	enum rbridge_leave was =
		rbridge_station_leave_here(s->c->nodes[node].rb, &station, s->c->now);

	stage_tells(s, node);
	return was;
}

#endif
