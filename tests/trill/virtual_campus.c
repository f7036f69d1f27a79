/* See virtual_campus.h. */
#include "tests/trill/virtual_campus.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define WANTED_VLAN 10

static struct campus_node_sim *node_of(struct trill_tables *t)
{
	return (struct campus_node_sim *)t;
}

static void written(struct campus_node_sim *n)
{
	n->campus->writes++;
	n->campus->written = n->campus->now;
}

static unsigned int slot_of(struct virtual_campus *c, uint16_t nickname)
{
	if (!c->slots[nickname] && c->slot_count + 1 < CAMPUS_SLOTS)
		c->slots[nickname] = (uint16_t)++c->slot_count;
	return c->slots[nickname];
}

/* Where the row is, or would be: at the end. */
static unsigned int adjacency_at(
	const struct campus_node_sim *n, uint32_t ifindex, const struct mac *mac)
{
	unsigned int i = 0;

	while (i < n->adjacency_count &&
		(n->adjacencies[i].ifindex != ifindex || mac_compare(&n->adjacencies[i].mac, mac)))
		i++;
	return i;
}

const struct tables_adjacency *campus_adjacency(
	const struct campus_node_sim *node, uint32_t ifindex, const struct mac *mac)
{
	unsigned int i = adjacency_at(node, ifindex, mac);

	return i < node->adjacency_count ? &node->adjacencies[i] : NULL;
}

static void input_written(struct campus_node_sim *n)
{
	n->out_of_order += n->inputs_open;
	n->inputs_written = true;
}

static int on_adjacency_set(struct trill_tables *t, const struct tables_adjacency *a)
{
	struct campus_node_sim *n = node_of(t);
	unsigned int i = adjacency_at(n, a->ifindex, &a->mac);

	if (i == RBRIDGE_PORTS_MAX * 2)
		return -ENOSPC;
	n->adjacency_count += i == n->adjacency_count;
	n->adjacencies[i] = *a;
	input_written(n);
	written(n);
	return 0;
}

static int on_adjacency_del(struct trill_tables *t, uint32_t ifindex, const struct mac *mac)
{
	struct campus_node_sim *n = node_of(t);
	unsigned int i = adjacency_at(n, ifindex, mac);

	if (i == n->adjacency_count)
		return -ENOENT;
	n->adjacencies[i] = n->adjacencies[--n->adjacency_count];
	input_written(n);
	written(n);
	return 0;
}

static int on_path_set(struct trill_tables *t, uint16_t nickname, const struct tables_path *path)
{
	struct campus_node_sim *n = node_of(t);
	unsigned int slot = slot_of(n->campus, nickname);

	n->has_path[slot] = path;
	if (path)
		n->paths[slot] = *path;
	n->out_of_order += path && (n->inputs_open || n->inputs_written);
	written(n);
	return slot ? 0 : -ENOSPC;
}

static int on_rpf_set(struct trill_tables *t, const struct tables_rpf *rpf)
{
	struct campus_node_sim *n = node_of(t);

	if (rpf->tree > 3)
		return -ENOSPC;
	n->rpf[slot_of(n->campus, rpf->ingress)][rpf->tree] = *rpf;
	input_written(n);
	written(n);
	return 0;
}

static int on_tree_set(struct trill_tables *t, unsigned int number, const struct tables_tree *tree)
{
	struct campus_node_sim *n = node_of(t);
	struct campus_tree *row = &n->trees[number & 3];

	if (number > 3)
		return -ENOSPC;
	row->live = tree;
	if (tree) {
		row->row = *tree;
		for (size_t i = 0; i < tree->port_count; i++) {
			row->ports[i] = tree->ports[i];
			row->pruned[i] = *tree->ports[i].pruned;
		}
	}
	n->out_of_order += !n->inputs_open;
	written(n);
	return 0;
}

static int on_self_set(struct trill_tables *t, const struct tables_self *self)
{
	struct campus_node_sim *n = node_of(t);

	n->self = *self;
	written(n);
	return 0;
}

static int on_port_set(struct trill_tables *t, const struct tables_port *port)
{
	struct campus_node_sim *n = node_of(t);

	n->ports[port->ifindex - 1] = *port;
	written(n);
	return 0;
}

static int on_forwarder_set(
	struct trill_tables *t, uint32_t ifindex, const struct tables_forwarder *f)
{
	struct campus_node_sim *n = node_of(t);

	if (!n->ports[ifindex - 1].native)
		return -ENOENT;
	n->forwarders[ifindex - 1] = *f;
	written(n);
	return 0;
}

static int on_label_set(struct trill_tables *t, uint32_t fgl, uint16_t number)
{
	struct campus_node_sim *n = node_of(t);

	for (unsigned int i = 0; i < LABELS_FGL_MAX; i++)
		if (n->fgls[i] == fgl + 1)
			n->fgls[i] = 0;
	if (number)
		n->fgls[number - LABELS_FIRST] = fgl + 1;
	written(n);
	return 0;
}

static int on_mapping_set(struct trill_tables *t, uint32_t ifindex, uint16_t vlan, uint16_t number)
{
	struct campus_node_sim *n = node_of(t);

	if (!n->mapped)
		n->mapped = calloc(RBRIDGE_PORTS_MAX, sizeof(*n->mapped));
	if (!n->mapped)
		return -ENOMEM;
	n->mapped[ifindex - 1][vlan] = number;
	written(n);
	return 0;
}

struct tables_station *campus_station(
	struct campus_node_sim *node, const struct mac *mac, uint16_t vlan)
{
	for (unsigned int i = 0; i < node->station_count; i++)
		if (node->stations[i].vlan == vlan && !mac_compare(&node->stations[i].mac, mac))
			return &node->stations[i];
	return NULL;
}

static int on_station_set(struct trill_tables *t, const struct tables_station *s)
{
	struct campus_node_sim *n = node_of(t);
	struct tables_station *is = campus_station(n, &s->mac, s->vlan);

	if (!is && n->station_count == CAMPUS_STATIONS)
		return -ENOSPC;
	if (!is)
		n->stations[n->station_count++] = *s;
	else if (is->confidence <= s->confidence)
		*is = *s;
	written(n);
	return 0;
}

static int on_station_del(struct trill_tables *t, const struct mac *mac, uint16_t vlan)
{
	struct campus_node_sim *n = node_of(t);
	struct tables_station *is = campus_station(n, mac, vlan);

	if (!is)
		return -ENOENT;
	*is = n->stations[--n->station_count];
	written(n);
	return 0;
}

static int on_station_flush(
	struct trill_tables *t, uint16_t nickname, uint32_t ifindex, const struct label_set *labels)
{
	struct campus_node_sim *n = node_of(t);
	int gone = 0;

	for (unsigned int i = 0; i < n->station_count;) {
		const struct tables_station *s = &n->stations[i];

		if (s->confidence == TABLES_CONFIDENCE_STATIC || s->nickname != nickname ||
			(!nickname && s->ifindex != ifindex) ||
			(labels && !label_set_has(labels, s->vlan))) {
			i++;
			continue;
		}
		n->stations[i] = n->stations[--n->station_count];
		gone++;
	}
	written(n);
	return gone;
}

static int on_station_hasten(struct trill_tables *t, uint16_t nickname,
	const struct label_set *labels, unsigned int age_s)
{
	(void)nickname;
	(void)age_s;
	node_of(t)->hastened++;
	node_of(t)->hastened_labels = *labels;
	return 0;
}

static void on_barrier(void *arg, enum rbridge_phase phase)
{
	struct campus_node_sim *n = arg;

	n->inputs_open = phase == RBRIDGE_INPUTS;
	n->inputs_written &= n->inputs_open;
}

static void frame_put(
	struct virtual_campus *c, const struct campus_frame *head, const uint8_t *bytes)
{
	struct campus_frame *f = malloc(sizeof(*f) + head->len);

	if (!f)
		abort();
	*f = *head;
	f->due = mono_add_us(c->now, CAMPUS_DELAY_US);
	memcpy(f->bytes, bytes, head->len);
	if (c->tap)
		c->tap(c->tap_arg, head->wire, head->from, bytes, head->len);
	*c->last = f;
	c->last = &f->next;
	c->frames++;
	c->bytes += head->len;
}

void campus_put(struct campus_node_sim *n, uint16_t port, const uint8_t *bytes, size_t len)
{
	struct campus_frame head = {.wire = (unsigned int)n->wires[port], .len = len};
	const struct campus_wire *w = &n->campus->wires[head.wire];

	while (w->ends[head.from].node != n->number || w->ends[head.from].port != port)
		head.from++;
	head.side = w->side[head.from];
	frame_put(n->campus, &head, bytes);
}

void campus_station_put(
	struct virtual_campus *c, unsigned int wire, uint8_t side, const uint8_t *bytes, size_t len)
{
	struct campus_frame head = {.wire = wire, .from = CAMPUS_LAN_MAX, .side = side, .len = len};

	frame_put(c, &head, bytes);
}

static void on_frame(void *arg, uint16_t port, const uint8_t *bytes, size_t len)
{
	campus_put(arg, port, bytes, len);
}

static void on_event(void *arg, const struct rbridge_event *event)
{
	const struct campus_node_sim *n = arg;

	if (n->campus->event)
		n->campus->event(n->campus->event_arg, n->number, event);
}

static void on_timer(struct timer *t, struct mono now)
{
	struct campus_node_sim *n = t->arg;

	rbridge_time(n->rb, now);
	timer_set(&n->campus->timers, t, rbridge_next(n->rb));
}

struct mac campus_mac(unsigned int node, unsigned int port)
{
	return (struct mac){{2, 0, 0, (uint8_t)(node >> 8), (uint8_t)node, (uint8_t)port}};
}

static bool node_make(
	struct virtual_campus *c, unsigned int i, const struct campus_options *options)
{
	struct campus_node_sim *n = &c->nodes[i];
	struct rbridge_config config = {.system = {{2, 0, 0, (uint8_t)(i >> 8), (uint8_t)i, 0}},
		.nicknames = {{.nickname = options->configured ? (uint16_t)(0x100 + i) : 0,
			.priority = NICKNAME_PRIORITY_DEFAULT,
			.root_priority = (uint16_t)(TREE_ROOT_PRIORITY_DEFAULT - i)}},
		.nickname_count = 1,
		.trees = options->trees,
		.neighbors_max = 8,
		.keys = options->keys,
		.key_count = options->key_count,
		.nodes_max = 512,
		.links_max = 4096,
		.lsps_max = 2048,
		.nicknames_max = 1024,
		.root_change_s = 30,
		.esadi_keys = options->esadi_keys,
		.esadi_key_count = options->esadi_keys ? 1 : 0,
		.stations_max = CAMPUS_STATIONS};
	struct rbridge_env env = {.random = &c->random.random,
		.tables = &n->tables,
		.frame = on_frame,
		.barrier = on_barrier,
		.event = on_event,
		.arg = n};

	n->campus = c;
	n->number = i;
	n->tables = (struct trill_tables){.port_set = on_port_set,
		.forwarder_set = on_forwarder_set,
		.label_set = on_label_set,
		.mapping_set = on_mapping_set,
		.station_set = on_station_set,
		.station_del = on_station_del,
		.station_flush = on_station_flush,
		.station_hasten = on_station_hasten,
		.adjacency_set = on_adjacency_set,
		.adjacency_del = on_adjacency_del,
		.path_set = on_path_set,
		.rpf_set = on_rpf_set,
		.tree_set = on_tree_set,
		.self_set = on_self_set};
	vlan_set_add(&config.interested, WANTED_VLAN);
	vlan_set_add(&config.esadi, options->esadi);
	if (options->node)
		options->node(&config, i);
	timer_init(&n->timer, on_timer, n);
	n->rb = rbridge_new(&config, &env, c->now);
	if (n->rb)
		timer_set(&c->timers, &n->timer, rbridge_next(n->rb));
	return n->rb;
}

struct virtual_campus *campus_new(
	unsigned int nodes, unsigned int wires, uint64_t seed, const struct campus_options *options)
{
	struct virtual_campus *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->now = mono_add_s((struct mono){0}, 1000);
	c->last = &c->first;
	random_seeded_init(&c->random, seed);
	timers_init(&c->timers);
	c->nodes = calloc(nodes, sizeof(*c->nodes));
	c->wires = calloc(wires, sizeof(*c->wires));
	c->wire_max = wires;
	for (unsigned int i = 0; c->nodes && c->wires && i < nodes; i++)
		if (node_make(c, i, options))
			c->node_count++;
	if (c->node_count == nodes)
		return c;
	campus_free(c);
	return NULL;
}

void campus_free(struct virtual_campus *c)
{
	for (unsigned int i = 0; i < c->node_count; i++) {
		rbridge_free(c->nodes[i].rb);
		free(c->nodes[i].mapped);
	}
	while (c->first) {
		struct campus_frame *f = c->first;

		c->first = f->next;
		free(f);
	}
	free(c->nodes);
	free(c->wires);
	free(c);
}

void campus_kill(struct virtual_campus *c, unsigned int node)
{
	struct campus_node_sim *n = &c->nodes[node];

	timer_cancel(&c->timers, &n->timer);
	rbridge_free(n->rb);
	free(n->mapped);
	n->rb = NULL;
	memset(n->paths, 0, sizeof(*n) - offsetof(struct campus_node_sim, paths));
}

void campus_start(struct virtual_campus *c, unsigned int node, const struct campus_options *options)
{
	struct campus_node_sim *n = &c->nodes[node];

	if (!node_make(c, node, options))
		abort();
	for (uint16_t port = 0; port < n->port_count; port++) {
		const struct campus_wire *w = &c->wires[n->wires[port]];
		unsigned int end = 0;

		while (w->ends[end].node != node || w->ends[end].port != port)
			end++;
		if (w->up && !w->out[end])
			campus_port_up(c, node, port);
	}
}

void campus_plug(struct virtual_campus *c, unsigned int wire, unsigned int end, bool in)
{
	struct campus_wire *w = &c->wires[wire];
	struct campus_node_sim *n = &c->nodes[w->ends[end].node];

	w->out[end] = !in;
	if (!n->rb)
		return;
	if (in) {
		campus_port_up(c, n->number, w->ends[end].port);
		return;
	}
	rbridge_port_down(n->rb, w->ends[end].port, c->now);
	timer_set(&c->timers, &n->timer, rbridge_next(n->rb));
}

void campus_port_up(struct virtual_campus *c, unsigned int node, uint16_t port)
{
	struct campus_node_sim *n = &c->nodes[node];

	if (!rbridge_port_up(n->rb, port, &n->configs[port], c->now))
		abort();
	timer_set(&c->timers, &n->timer, rbridge_next(n->rb));
}

static void port_set(struct virtual_campus *c, const struct campus_end *end, uint32_t cost, bool up,
	const struct campus_options *options)
{
	struct campus_node_sim *n = &c->nodes[end->node];
	struct rbridge_port_config port = {.ifindex = end->port + 1u,
		.mac = campus_mac(end->node, end->port),
		.p2p = options->p2p,
		.trunk = !options->native,
		.pvid = 1,
		.cost = cost,
		.priority = 0x40,
		.desired_vlan = 1,
		.untagged = 1,
		.hello_ms = options->hello_ms,
		.holding_s = options->holding_s};

	vlan_set_add(&port.enabled, 1);
	vlan_set_add(&port.announcing, 1);
	if (options->port)
		options->port(&port, end->node, end->port);
	n->configs[end->port] = port;
	if (!n->rb)
		return;
	if (up) {
		campus_port_up(c, end->node, end->port);
		return;
	}
	rbridge_port_down(n->rb, end->port, c->now);
	timer_set(&c->timers, &n->timer, rbridge_next(n->rb));
}

unsigned int campus_wire(struct virtual_campus *c, const unsigned int *nodes, unsigned int n,
	uint32_t cost, const struct campus_options *options)
{
	unsigned int number = c->wire_count++;
	struct campus_wire *w = &c->wires[number];

	*w = (struct campus_wire){.count = n, .cost = cost, .up = true};
	for (unsigned int i = 0; i < n; i++) {
		struct campus_node_sim *node = &c->nodes[nodes[i]];

		w->ends[i] = (struct campus_end){nodes[i], (uint16_t)node->port_count};
		node->wires[node->port_count++] = (int)number;
		port_set(c, &w->ends[i], cost, true, options);
	}
	return number;
}

void campus_carrier(
	struct virtual_campus *c, unsigned int wire, bool up, const struct campus_options *options)
{
	struct campus_wire *w = &c->wires[wire];

	if (w->up == up)
		return;
	w->up = up;
	for (unsigned int i = 0; i < w->count; i++)
		port_set(c, &w->ends[i], w->cost, up, options);
}

static void frame_arrive(struct virtual_campus *c)
{
	struct campus_frame *f = c->first;
	const struct campus_wire *w = &c->wires[f->wire];
	bool lost = !w->up || w->silent || (w->mtu && f->len > w->mtu + 14);

	c->first = f->next;
	if (!c->first)
		c->last = &c->first;
	lost = lost || (f->from < CAMPUS_LAN_MAX && w->out[f->from]);
	c->lost += lost;
	for (unsigned int i = 0; !lost && i < w->count; i++) {
		struct campus_node_sim *n = &c->nodes[w->ends[i].node];

		if (i == f->from || w->out[i] || w->side[i] != f->side || !n->rb)
			continue;
		if (c->receive)
			c->receive(c->receive_arg, n, w->ends[i].port, f->bytes, f->len);
		else
			rbridge_frame(n->rb, w->ends[i].port, f->bytes, f->len, c->now);
		timer_set(&c->timers, &n->timer, rbridge_next(n->rb));
	}
	free(f);
}

void campus_run_ms(struct virtual_campus *c, uint64_t ms)
{
	struct mono end = mono_add_ms(c->now, ms);

	for (;;) {
		struct mono due = timers_next(&c->timers);
		bool frame = c->first && mono_before(c->first->due, due);

		if (frame)
			due = c->first->due;
		if (mono_before(end, due))
			break;
		if (mono_before(c->now, due))
			c->now = due;
		if (frame)
			frame_arrive(c);
		else
			timers_run(&c->timers, c->now);
	}
	c->now = end;
}

void campus_inject(struct virtual_campus *c, unsigned int node, uint16_t port, const uint8_t *frame,
	size_t len)
{
	struct campus_node_sim *n = &c->nodes[node];

	rbridge_frame(n->rb, port, frame, len, c->now);
	timer_set(&c->timers, &n->timer, rbridge_next(n->rb));
}

uint16_t campus_nickname(const struct virtual_campus *c, unsigned int node)
{
	return c->nodes[node].self.ingress;
}

/* As the port was set last. */
static struct mac mac_of(const struct virtual_campus *c, unsigned int node, uint32_t port)
{
	return c->nodes[node].configs[port].mac;
}

int campus_across(const struct virtual_campus *c, unsigned int node, uint32_t ifindex,
	const struct mac *mac, struct campus_end *end)
{
	const struct campus_wire *w = &c->wires[c->nodes[node].wires[ifindex - 1]];

	for (unsigned int i = 0; w->up && !w->silent && i < w->count; i++) {
		struct mac there = mac_of(c, w->ends[i].node, w->ends[i].port);

		if (w->ends[i].node != node && !mac_compare(&there, mac)) {
			*end = w->ends[i];
			return (int)end->node;
		}
	}
	return -1;
}

int campus_unicast(
	const struct virtual_campus *c, unsigned int from, uint16_t nickname, unsigned int salt)
{
	unsigned int slot = c->slots[nickname], at = from;
	int hops = -1;

	for (;;) {
		const struct campus_node_sim *n = &c->nodes[at];
		const struct tables_path *path = &n->paths[slot];
		const struct tables_hop *hop;
		struct campus_end end;
		struct mac source;

		for (size_t i = 0; i < n->self.count; i++)
			if (n->self.nicknames[i] == nickname)
				return (int)at;
		if (!n->has_path[slot] || !path->count)
			return -1;
		hops = hops < 0 ? path->hops : hops - 1;
		if (!hops)
			return -2;
		hop = &path->hop[(salt + at) % path->count];
		if (campus_across(c, at, hop->ifindex, &hop->mac, &end) < 0)
			return -1;
		source = mac_of(c, at, hop->ifindex - 1);
		if (!campus_adjacency(&c->nodes[end.node], end.port + 1u, &source))
			return -1;
		at = end.node;
	}
}

bool campus_takes(const struct virtual_campus *c, const struct campus_end *end,
	const struct mac *source, unsigned int slot, unsigned int tree)
{
	const struct campus_node_sim *n = &c->nodes[end->node];
	const struct tables_adjacency *a = campus_adjacency(n, end->port + 1u, source);
	const struct tables_rpf *rpf = &n->rpf[slot][tree];
	static const struct mac whichever;

	return a && (a->trees >> tree & 1) && rpf->ifindex == end->port + 1u &&
	       (!mac_compare(&rpf->mac, &whichever) || !mac_compare(&rpf->mac, source));
}

unsigned int campus_tree_number(const struct campus_node_sim *n, uint16_t root)
{
	for (unsigned int i = 1; i < 4; i++)
		if (n->trees[i].live && n->trees[i].row.root == root)
			return i;
	return 0;
}

struct copy {
	unsigned int node;
	uint32_t came; /* by which interface; 0: it entered here */
	int hops;
};

/* One copy goes on: appended to @copies are those that are taken. */
static unsigned int copy_forward(const struct virtual_campus *c, struct copy copy, uint16_t root,
	unsigned int slot, uint16_t vlan, struct copy *copies, unsigned int count, unsigned int max)
{
	const struct campus_node_sim *n = &c->nodes[copy.node];
	unsigned int tree = campus_tree_number(n, root);

	for (size_t i = 0; tree && i < n->trees[tree].row.port_count; i++) {
		uint32_t ifindex = n->trees[tree].ports[i].ifindex;
		const struct campus_wire *w = &c->wires[n->wires[ifindex - 1]];
		struct mac source = mac_of(c, copy.node, ifindex - 1);

		if (ifindex == copy.came || !w->up || w->silent ||
			label_set_has(&n->trees[tree].pruned[i], vlan))
			continue;
		for (unsigned int e = 0; e < w->count; e++) {
			unsigned int there = campus_tree_number(&c->nodes[w->ends[e].node], root);

			bool own = w->ends[e].node == copy.node && w->ends[e].port + 1u == ifindex;

			if (own || !there || count == max ||
				!campus_takes(c, &w->ends[e], &source, slot, there))
				continue;
			copies[count++] =
				(struct copy){w->ends[e].node, w->ends[e].port + 1u, copy.hops - 1};
		}
	}
	return count;
}

unsigned int campus_multicast(
	const struct virtual_campus *c, unsigned int from, uint16_t vlan, unsigned int *taken)
{
	const struct campus_node_sim *n = &c->nodes[from];
	unsigned int slot = c->slots[n->self.ingress], max = 8 * c->node_count + 8, count = 1;
	unsigned int tree = campus_tree_number(n, n->self.root);
	struct copy *copies = calloc(max, sizeof(*copies));

	memset(taken, 0, c->node_count * sizeof(*taken));
	if (!copies)
		abort();
	copies[0] = (struct copy){from, 0, tree ? n->trees[tree].row.hops : 0};
	for (unsigned int i = 0; i < count; i++) {
		taken[copies[i].node]++;
		if (copies[i].hops > 0)
			count = copy_forward(
				c, copies[i], n->self.root, slot, vlan, copies, count, max);
	}
	free(copies);
	return count - 1;
}

void campus_component(const struct virtual_campus *c, unsigned int from, bool *reached)
{
	bool more = true;

	memset(reached, 0, c->node_count * sizeof(*reached));
	reached[from] = true;
	while (more) {
		more = false;
		for (unsigned int i = 0; i < c->wire_count; i++) {
			const struct campus_wire *w = &c->wires[i];
			bool any = false;

			for (unsigned int e = 0; w->up && !w->silent && e < w->count; e++)
				any |= reached[w->ends[e].node];
			for (unsigned int e = 0; any && e < w->count; e++) {
				more |= !reached[w->ends[e].node];
				reached[w->ends[e].node] = true;
			}
		}
	}
}
