/* See flight.h. */
#include "tests/trill/flight.h"

#include <stdlib.h>
#include <string.h>

/* What all copies of one frame share. */
struct flight {
	struct flights *all;
	unsigned int from, salt, copies;
	uint16_t nickname; /* of the egress; of many destinations: NICKNAME_NONE */
	uint16_t root, vlan;
	unsigned int slot; /* of the egress, or of the ingress */
	uint8_t taken[];   /* times, by node */
};

/* One that is on a wire. */
struct copy {
	struct timer timer;
	struct flight *flight;
	unsigned int wire;
	struct campus_end end; /* where it comes to */
	struct mac source;
	int hops;           /* left */
	unsigned int count; /* links so far: at most 63 */
	uint16_t been[64];  /* the RBridge at the start of each */
};

static struct flight_counts *counts_of(const struct flight *f)
{
	return f->nickname ? &f->all->unicast : &f->all->many;
}

static bool dead(const struct campus_wire *w)
{
	return !w->up || w->silent;
}

static void copy_fire(struct timer *t, struct mono now);

/* From port @ifindex of @node to @end. @before: as it came there; NULL: it entered there. */
static void copy_send(struct flight *f, const struct copy *before, unsigned int node,
	uint32_t ifindex, const struct campus_end *end, int hops)
{
	struct flights *all = f->all;
	struct copy *copy = calloc(1, sizeof(*copy));
	struct flight_counts *counts = counts_of(f);
	uint64_t us =
		all->least_us + random_below(&all->random.random, all->most_us - all->least_us + 1);

	if (!copy)
		abort();
	if (before)
		*copy = *before;
	copy->flight = f;
	copy->wire = (unsigned int)all->c->nodes[node].wires[ifindex - 1];
	copy->end = *end;
	copy->source = campus_mac(node, ifindex - 1);
	copy->hops = hops;
	copy->been[copy->count++] = (uint16_t)node;
	timer_init(&copy->timer, copy_fire, copy);
	timer_set(&all->c->timers, &copy->timer, mono_add_us(all->c->now, us));
	f->copies++;
	all->in_air++;
	counts->hops++;
	if (copy->count > counts->most_hops)
		counts->most_hops = copy->count;
}

static void flight_done(struct flight *f)
{
	if (!f->copies)
		free(f);
}

static bool is_egress(const struct campus_node_sim *n, uint16_t nickname)
{
	for (size_t i = 0; i < n->self.count; i++)
		if (n->self.nicknames[i] == nickname)
			return true;
	return false;
}

static void unicast_go(struct flight *f, unsigned int node, const struct copy *before)
{
	const struct virtual_campus *c = f->all->c;
	const struct campus_node_sim *n = &c->nodes[node];
	const struct tables_path *path = &n->paths[f->slot];
	const struct tables_hop *hop;
	struct campus_end end;
	int hops;

	if (is_egress(n, f->nickname)) {
		f->all->unicast.arrived++;
		return;
	}
	if (!n->has_path[f->slot] || !path->count) {
		f->all->unicast.nowhere++;
		return;
	}
	hops = before ? before->hops - 1 : path->hops;
	if (!hops) {
		f->all->unicast.used_up++;
		return;
	}
	hop = &path->hop[(f->salt + node) % path->count];
	if (campus_across(c, node, hop->ifindex, &hop->mac, &end) < 0)
		f->all->unicast.nowhere++;
	else
		copy_send(f, before, node, hop->ifindex, &end, hops);
}

/* The copies of a frame that is at @node, on all of its tree but where it came by. */
static void many_go(struct flight *f, unsigned int node, const struct copy *before)
{
	const struct virtual_campus *c = f->all->c;
	const struct campus_node_sim *n = &c->nodes[node];
	unsigned int tree = campus_tree_number(n, f->root);
	const struct campus_tree *t = &n->trees[tree];

	for (size_t i = 0; tree && i < t->row.port_count; i++) {
		uint32_t ifindex = t->ports[i].ifindex;
		unsigned int number = (unsigned int)n->wires[ifindex - 1];
		const struct campus_wire *w = &c->wires[number];
		int hops = before ? before->hops - 1 : t->row.hops;

		if ((before && number == before->wire) || label_set_has(&t->pruned[i], f->vlan))
			continue;
		if (!hops) {
			f->all->many.used_up++;
			return;
		}
		for (unsigned int e = 0; !dead(w) && e < w->count; e++)
			if (w->ends[e].node != node)
				copy_send(f, before, node, ifindex, &w->ends[e], hops);
	}
}

/* It was here before: by itself, or by another way. */
static void seen(struct flight *f, const struct copy *copy)
{
	unsigned int node = copy->end.node;
	bool loop = false;

	if (!f->taken[node]++)
		return;
	for (unsigned int i = 0; i < copy->count; i++)
		loop = loop || copy->been[i] == node;
	if (!loop) {
		counts_of(f)->twice++;
		return;
	}
	counts_of(f)->looped++;
	if (f->all->looped)
		f->all->looped(f->all->arg, !f->nickname, f->from, node);
}

static void copy_arrive(const struct copy *copy)
{
	struct flight *f = copy->flight;
	const struct virtual_campus *c = f->all->c;
	const struct campus_node_sim *n = &c->nodes[copy->end.node];
	unsigned int tree = f->nickname ? 0 : campus_tree_number(n, f->root);

	if (dead(&c->wires[copy->wire])) {
		counts_of(f)->nowhere++;
		return;
	}
	if (f->nickname ? !campus_adjacency(n, copy->end.port + 1u, &copy->source)
			: !tree || !campus_takes(c, &copy->end, &copy->source, f->slot, tree)) {
		counts_of(f)->refused++;
		return;
	}
	seen(f, copy);
	if (f->nickname) {
		unicast_go(f, copy->end.node, copy);
		return;
	}
	f->all->many.arrived++;
	many_go(f, copy->end.node, copy);
}

static void copy_fire(struct timer *t, struct mono now)
{
	struct copy *copy = t->arg;
	struct flight *f = copy->flight;

	(void)now;
	copy_arrive(copy);
	free(copy);
	f->copies--;
	f->all->in_air--;
	flight_done(f);
}

static struct flight *flight_new(struct flights *all, unsigned int from)
{
	struct flight *f = calloc(1, sizeof(*f) + all->c->node_count);

	if (!f)
		abort();
	f->all = all;
	f->from = from;
	f->taken[from] = 1;
	return f;
}

void flights_init(struct flights *f, struct virtual_campus *c, uint64_t seed, unsigned int least_us,
	unsigned int most_us)
{
	memset(f, 0, sizeof(*f));
	f->c = c;
	f->least_us = least_us;
	f->most_us = most_us;
	random_seeded_init(&f->random, seed);
}

void flight_unicast(struct flights *all, unsigned int from, uint16_t nickname, unsigned int salt)
{
	struct flight *f = flight_new(all, from);

	f->nickname = nickname;
	f->salt = salt;
	f->slot = all->c->slots[nickname];
	all->unicast.sent++;
	unicast_go(f, from, NULL);
	flight_done(f);
}

void flight_many(struct flights *all, unsigned int from, uint16_t vlan)
{
	const struct campus_node_sim *n = &all->c->nodes[from];
	struct flight *f = flight_new(all, from);

	f->slot = all->c->slots[n->self.ingress];
	f->root = n->self.root;
	f->vlan = vlan;
	all->many.sent++;
	many_go(f, from, NULL);
	flight_done(f);
}
