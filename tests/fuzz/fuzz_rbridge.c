/* fuzz_rbridge: the whole core of an RBridge (trill/core/rbridge) with three ports: frames, time
 * and carriers as the input says; after each step what has to hold of its bounds, counters and
 * tables.
 *
 *   first byte   1: point to point, 2: authenticated, 4: its nickname is configured, 8: end
 *                stations are served, 16: each port has a neighbour in Report from the start, 32:
 *                ARP and ND are answered, 64: neighbours may have BFD; a VLAN of each port stands
 *                for a fine-grained label, 128: the last port is of a bond
 *   then         a byte: operation in the low 3 bits, port in the next 2, speaker in the last 3
 *     0 frame    length 2, a whole frame; of port 3: one of an end station at the port of the
 *                speaker's number, in VLAN 10, as the data plane has it read
 *     1 PDU      length 2, what stands behind the Ethertype, of the speaker; an LSP's checksum is
 *                made right, and with a key it is signed where it has room for that
 *     2 time     2 bytes of ms pass
 *     3 carrier  of the port goes, or comes
 *     4 Hello    of the speaker, that lists the port
 *     5 again    the last frame, so often as the next byte says
 *     6 down     the port goes by intent
 *     7 station  2 bytes: VLAN, and the last of its MAC: it is learned on the port, moves there
 *                from another, ages, is attested, leaves, or is configured, as the speaker says
 * Port 3 never comes up. fuzz_rbridge_seeds writes such inputs from frames of a virtual campus
 * whose node 0 is this one. */
#include "tests/fuzz/need.h"

#include <string.h>

#include "lib/base/random.h"
#include "trill/core/arp_proxy.h"
#include "trill/core/rbridge_internal.h"

#define PORTS        3
#define SPEAKERS     8
#define LSPS_MAX     24
#define NODES_MAX    12
#define LINKS_MAX    32
#define NICKS_MAX    16
#define STATIONS_MAX 32
#define ROWS_MAX     256
#define TIME_MAX_MS  3000000 /* of an input */
#define AGAIN_MAX    2000
#define FRAME_MAX    2048

struct world {
	struct trill_tables tables; /* first: what the core calls */
	struct rbridge *rb;
	struct random_seeded random;
	struct isis_key *key;
	bool p2p, native, arp_proxy, bfd, bond;
	struct mono now, end;
	struct tables_adjacency adjacencies[ROWS_MAX];
	unsigned int adjacency_count;
	struct routes_path paths[ROWS_MAX];
	unsigned int path_count;
	struct tables_rpf rpf[ROWS_MAX];
	unsigned int rpf_count;
	struct tables_tree trees[TABLES_TREES_MAX + 1];
	uint32_t tree_ports[TABLES_TREES_MAX + 1][ROUTES_PORTS_MAX];
	struct tables_self self;
	uint8_t last[FRAME_MAX];
	size_t last_len, longest; /* of frames that came */
	uint16_t last_port;
	unsigned int again;
};

static struct mac own_mac(unsigned int port)
{
	return (struct mac){{2, 0, 0, 0, 0, (uint8_t)port}};
}

static struct mac speaker_mac(unsigned int speaker, unsigned int port)
{
	return (struct mac){{2, 0, 0, 0, (uint8_t)(speaker + 1), (uint8_t)(0x80 | port)}};
}

/* ---- the data plane: rows are kept ---- */

static int on_label_set(struct trill_tables *t, uint32_t fgl, uint16_t number)
{
	(void)t;
	need(fgl <= FGL_LAST && (!number || number > VLAN_LAST));
	return 0;
}

static int on_mapping_set(struct trill_tables *t, uint32_t ifindex, uint16_t vlan, uint16_t number)
{
	(void)t;
	need(ifindex >= 1 && ifindex <= PORTS && vlan_usable(vlan));
	need(!number || number > VLAN_LAST);
	return 0;
}

static int on_adjacency_set(struct trill_tables *t, const struct tables_adjacency *a)
{
	struct world *w = (struct world *)t;
	unsigned int i = 0;

	while (i < w->adjacency_count && (w->adjacencies[i].ifindex != a->ifindex ||
						 mac_compare(&w->adjacencies[i].mac, &a->mac)))
		i++;
	need(i < ROWS_MAX);
	w->adjacency_count += i == w->adjacency_count;
	w->adjacencies[i] = *a;
	return 0;
}

static int on_adjacency_del(struct trill_tables *t, uint32_t ifindex, const struct mac *mac)
{
	struct world *w = (struct world *)t;

	for (unsigned int i = 0; i < w->adjacency_count; i++)
		if (w->adjacencies[i].ifindex == ifindex &&
			!mac_compare(&w->adjacencies[i].mac, mac)) {
			w->adjacencies[i] = w->adjacencies[--w->adjacency_count];
			return 0;
		}
	need(!"an adjacency that is not there is taken away");
	return 0;
}

static int on_path_set(struct trill_tables *t, uint16_t nickname, const struct tables_path *path)
{
	struct world *w = (struct world *)t;
	unsigned int i = 0;

	while (i < w->path_count && w->paths[i].nickname != nickname)
		i++;
	need(nickname_usable(nickname));
	need(i < ROWS_MAX && (path || i < w->path_count));
	if (!path) {
		w->paths[i] = w->paths[--w->path_count];
		return 0;
	}
	need(path->hops >= 1 && path->hops <= 63 && path->count <= TABLES_HOPS_MAX);
	w->path_count += i == w->path_count;
	w->paths[i] = (struct routes_path){.nickname = nickname, .path = *path};
	return 0;
}

static int on_rpf_set(struct trill_tables *t, const struct tables_rpf *rpf)
{
	struct world *w = (struct world *)t;
	unsigned int i = 0;

	while (i < w->rpf_count &&
		(w->rpf[i].tree != rpf->tree || w->rpf[i].ingress != rpf->ingress))
		i++;
	need(rpf->tree >= 1 && rpf->tree <= TABLES_TREES_MAX && nickname_usable(rpf->ingress));
	if (!rpf->ifindex) {
		need(i < w->rpf_count);
		w->rpf[i] = w->rpf[--w->rpf_count];
		return 0;
	}
	need(i < ROWS_MAX);
	w->rpf_count += i == w->rpf_count;
	w->rpf[i] = *rpf;
	return 0;
}

static int on_tree_set(struct trill_tables *t, unsigned int number, const struct tables_tree *tree)
{
	struct world *w = (struct world *)t;

	need(number >= 1 && number <= TABLES_TREES_MAX);
	w->trees[number] = tree ? *tree : (struct tables_tree){.root = 0};
	need(w->trees[number].port_count <= ROUTES_PORTS_MAX);
	for (size_t i = 0; tree && i < tree->port_count; i++)
		w->tree_ports[number][i] = tree->ports[i].ifindex;
	return 0;
}

static int on_self_set(struct trill_tables *t, const struct tables_self *self)
{
	struct world *w = (struct world *)t;

	w->self = *self;
	need(self->count <= TABLES_OWN_MAX);
	return 0;
}

static int on_port_set(struct trill_tables *t, const struct tables_port *port)
{
	(void)t;
	need(port->ifindex >= 1 && port->ifindex <= PORTS);
	return 0;
}

static int on_port_del(struct trill_tables *t, uint32_t ifindex)
{
	(void)t;
	need(ifindex >= 1 && ifindex <= PORTS);
	return 0;
}

static int on_forwarder_set(
	struct trill_tables *t, uint32_t ifindex, const struct tables_forwarder *f)
{
	(void)t;
	need(ifindex >= 1 && ifindex <= PORTS && f);
	return 0;
}

static int on_station_set(struct trill_tables *t, const struct tables_station *s)
{
	(void)t;
	need(s);
	need(!mac_is_group(&s->mac) ||
		(!mac_compare(&s->mac, &mac_broadcast) && s->vlan >= LABELS_FIRST &&
			nickname_usable(s->nickname)));
	return 0;
}

static int on_station_del(struct trill_tables *t, const struct mac *mac, uint16_t vlan)
{
	(void)t;
	(void)mac;
	(void)vlan;
	return 0;
}

static int on_station_flush(
	struct trill_tables *t, uint16_t nickname, uint32_t ifindex, const struct label_set *labels)
{
	(void)t;
	(void)nickname;
	(void)ifindex;
	(void)labels;
	return 0;
}

static int on_station_hasten(struct trill_tables *t, uint16_t nickname,
	const struct label_set *labels, unsigned int age_s)
{
	(void)t;
	(void)nickname;
	(void)labels;
	(void)age_s;
	return 0;
}

/* What goes out is whole: others can read it. */
static void on_frame(void *arg, uint16_t port, const uint8_t *frame, size_t len)
{
	struct world *w = arg;
	struct wire_fault fault;
	struct ethernet outer;
	struct wire_reader r;
	struct isis_pdu p;
	size_t left;

	need(port < PORTS && w->rb);
	need(len <= 18 + 1500 || len <= w->longest + 4); /* MTU probes are answered alike */
	wire_reader_init(&r, frame, len, &fault);
	ethernet_read(&r, &outer);
	need(wire_ok(&r));
	if (outer.ethertype != ETHERTYPE_L2_ISIS)
		return;
	left = wire_left(&r);
	need(!isis_parse(wire_get_bytes(&r, left, "PDU"), left, &p, &fault));
	if (p.type == ISIS_LSP)
		need(isis_checksum_right(&p));
	if (w->key)
		need(!isis_auth_check(&p, &w->key, 1));
}

/* ---- what has to hold ---- */

/* How many of a port's frames were refused, each for one reason. */
static uint64_t refusals(const struct rbridge_counters *c)
{
	uint64_t n = c->not_ours + c->other + c->not_adjacent + c->refused + c->flooded + c->own +
		     c->bfd_discarded + c->scope_unknown + c->scope_refused;

	for (unsigned int i = 1; i < TRILL_ERRORS; i++)
		n += c->malformed[i];
	for (unsigned int i = HELLO_TAKEN + 1; i < HELLO_VERDICTS; i++)
		n += c->hellos[i];
	return n + c->lsps[LSDB_BAD_PURGE] + c->lsps[LSDB_NO_SEQUENCE] + c->lsps[LSDB_FULL] +
	       c->lsps[LSDB_STRANGER];
}

static uint64_t counted(const struct world *w, const struct rbridge_counters *c)
{
	uint64_t all[sizeof(*c) / sizeof(uint64_t)], n = 0;

	memcpy(all, c, sizeof(all));
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		n += all[i];
	for (unsigned int i = 0; i < ARP_PROXY_VERDICTS; i++)
		n += arp_proxy_count(rbridge_arp(w->rb), (enum arp_proxy_verdict)i);
	return n;
}

static void bounds_check(const struct world *w)
{
	struct rbridge *rb = w->rb;
	unsigned int rows = 0;

	for (struct lsdb_lsp *l = lsdb_after(rb->db, NULL); l; l = lsdb_after(rb->db, &l->id)) {
		need(l->bytes && l->len >= ISIS_LSP_HEADER && l->len <= 2048);
		rows++;
	}
	need(rows <= lsdb_count(rb->db));
	need(lsdb_count(rb->db) <= LSPS_MAX + LSDB_OWN_SPARE);
	need(rb->campus.graph.node_count <= NODES_MAX);
	need(rb->campus.graph.edge_count <= LINKS_MAX);
	need(rb->campus.claim_count <= NICKS_MAX);
	need(mac_table_count(rbridge_stations(rb)) <= STATIONS_MAX);
	for (unsigned int i = 0; i < PORTS; i++)
		if (rb->ports[i].up)
			need(rb->ports[i].table.count <= rb->ports[i].table.max);
	for (unsigned int i = 0; i < rb->nicknames.count; i++)
		need(!rb->nicknames.own[i].nickname ||
			nickname_usable(rb->nicknames.own[i].nickname));
}

static bool reported(const struct world *w, uint32_t ifindex, const struct mac *mac)
{
	const struct rbridge_port *port = &w->rb->ports[ifindex - 1];
	static const struct mac whichever;
	bool any = !mac_compare(mac, &whichever);

	need(ifindex >= 1 && ifindex <= PORTS);
	for (unsigned int i = 0; port->up && i < port->table.count; i++)
		if (port->table.rows[i].state == ADJACENCY_REPORT &&
			(any || !mac_compare(&port->table.rows[i].key.mac, mac)))
			return true;
	return false;
}

static bool is_own(const struct world *w, uint16_t nickname)
{
	for (size_t i = 0; i < w->self.count; i++)
		if (w->self.nicknames[i] == nickname)
			return true;
	return false;
}

static bool has_path(const struct world *w, uint16_t nickname)
{
	for (unsigned int i = 0; i < w->path_count; i++)
		if (w->paths[i].nickname == nickname)
			return true;
	return false;
}

/* When nothing waits to be computed, the rows speak only of what is there. */
static void rows_check(const struct world *w)
{
	if (timer_is_set(&w->rb->compute))
		return;
	for (unsigned int i = 0; i < w->adjacency_count; i++)
		need(reported(w, w->adjacencies[i].ifindex, &w->adjacencies[i].mac));
	for (unsigned int i = 0; i < w->path_count; i++)
		for (size_t h = 0; h < w->paths[i].path.count; h++)
			need(reported(
				w, w->paths[i].path.hop[h].ifindex, &w->paths[i].path.hop[h].mac));
	for (unsigned int i = 0; i < w->rpf_count; i++) {
		need(w->trees[w->rpf[i].tree].root);
		need(reported(w, w->rpf[i].ifindex, &w->rpf[i].mac));
		need(has_path(w, w->rpf[i].ingress));
	}
	for (unsigned int t = 1; t <= TABLES_TREES_MAX; t++)
		for (size_t i = 0; i < w->trees[t].port_count; i++)
			need(w->rb->ports[w->tree_ports[t][i] - 1].up);
	for (unsigned int t = 1; t <= TABLES_TREES_MAX; t++)
		if (w->trees[t].root)
			need(is_own(w, w->trees[t].root) || has_path(w, w->trees[t].root));
	need(w->path_count <= NICKS_MAX && w->rpf_count <= NICKS_MAX * TABLES_TREES_MAX);
}

/* ---- steps ---- */

static void frame_in(struct world *w, uint16_t port, const uint8_t *frame, size_t len)
{
	const struct rbridge_counters *c = rbridge_counters(w->rb, port);
	uint64_t refused = refusals(c), all = counted(w, c);
	bool up = w->rb->ports[port].up;
	uint8_t *copy = malloc(len ? len : 1); /* of its exact size, for a sanitizer */

	need(copy);
	memcpy(copy, frame, len);
	w->longest = len > w->longest ? len : w->longest;
	rbridge_frame(w->rb, port, copy, len, w->now);
	free(copy);
	need(refusals(c) - refused <= 1);
	need(up ? counted(w, c) > all : counted(w, c) == all);
	if (frame != w->last) {
		w->last_len = len < FRAME_MAX ? len : FRAME_MAX;
		memcpy(w->last, frame, w->last_len);
		w->last_port = port;
	}
	bounds_check(w);
}

/* A frame of an end station that went on, and is read besides. */
static void heard_in(struct world *w, uint16_t port, const uint8_t *frame, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1); /* of its exact size, for a sanitizer */

	need(copy);
	memcpy(copy, frame, len);
	rbridge_heard(w->rb, port, 10, copy, len, w->now);
	free(copy);
	bounds_check(w);
}

static void time_pass(struct world *w, uint64_t ms)
{
	struct mono until = mono_min(mono_add_ms(w->now, ms), w->end);
	unsigned int spins = 0;

	for (;;) {
		struct mono next = rbridge_next(w->rb);

		if (!mono_due(next, until))
			break;
		/* What is due is done: it is not due at once again and again. */
		spins = mono_before(w->now, next) ? 0 : spins + 1;
		need(spins < 1000);
		if (mono_before(w->now, next))
			w->now = next;
		rbridge_time(w->rb, w->now);
	}
	w->now = until;
	bounds_check(w);
	rows_check(w);
}

static void pdu_in(struct world *w, uint16_t port, unsigned int speaker, uint8_t *pdu, size_t len)
{
	struct ethernet outer = {.da = mac_all_isis_rbridges,
		.sa = speaker_mac(speaker, port),
		.ethertype = ETHERTYPE_L2_ISIS};
	uint8_t frame[FRAME_MAX];
	struct wire_fault fault;
	struct wire_writer out;
	struct isis_pdu p;

	if (!isis_parse(pdu, len, &p, &fault)) {
		if (w->key)
			isis_auth_sign(w->key, pdu, p.len);
		if (p.type == ISIS_LSP)
			isis_checksum_set(pdu, p.len);
	}
	wire_writer_init(&out, frame, sizeof(frame));
	ethernet_write(&out, &outer);
	wire_put_bytes(&out, pdu, len);
	if (wire_written(&out))
		frame_in(w, port, frame, out.pos);
}

static void hello_in(struct world *w, uint16_t port, unsigned int speaker)
{
	struct adjacency heard = {.key = {.mac = own_mac(port)}, .designated_until = MONO_NEVER};
	struct adjacency_table table = {.rows = &heard, .count = 1, .max = 1, .lan = true};
	struct hello_ours ours = {
		.head = {.source = {{2, 0, 0, 0, (uint8_t)(speaker + 1), 0}}, .holding_s = 30},
		.flags = {.port_id = port, .bypass = true, .outer_vlan = 1, .designated_vlan = 1},
		.designated = 1,
		.neighbors = &table,
		.three_way = {.state = THREE_WAY_UP,
			.has_circuit = true,
			.circuit = speaker,
			.has_neighbor = true,
			.has_neighbor_circuit = true,
			.neighbor = {{2, 0, 0, 0, 0, 0}},
			.neighbor_circuit = port + 1u},
		.p2p = w->p2p,
		.key = w->key};
	uint8_t pdu[ISIS_MAX_HELLO];
	int len = hello_write(pdu, sizeof(pdu), &ours);

	need(len > 0);
	pdu_in(w, port, speaker, pdu, (size_t)len);
}

static void port_set(struct world *w, uint16_t port)
{
	struct rbridge_port_config config = {.ifindex = port + 1u,
		.mac = own_mac(port),
		.p2p = w->p2p,
		.trunk = !w->native,
		.pvid = 1,
		.cost = 20000,
		.priority = 0x40,
		.desired_vlan = 1,
		.untagged = 1,
		.hello_ms = 3000,
		.holding_s = 30};

	if (w->bfd) {
		config.bfd = true;
		config.mappings[0] = (struct rbridge_mapping){.vlan = 11, .count = 3, .fgl = 70000};
		config.mapping_count = 1;
		config.mapping_alert_s = 30;
	}
	if (w->bond && port == PORTS - 1) {
		config.lag = config.access = config.deaf = true;
		config.trunk = config.p2p = false;
		config.laalp = (struct laalp_id){{2, 0, 0, 0, 0, 1, 0, 1}};
	}
	vlan_set_add_range(&config.enabled, 1, 20);
	vlan_set_add(&config.announcing, 1);
	if (w->rb->ports[port].up)
		rbridge_port_down(w->rb, port, w->now);
	else
		need(rbridge_port_up(w->rb, port, &config, w->now));
}

static void world_init(struct world *w, uint8_t how)
{
	struct rbridge_config config = {.system = {{2, 0, 0, 0, 0, 0}},
		.nicknames = {{.nickname = how & 4 ? 0x100 : 0,
			.priority = NICKNAME_PRIORITY_DEFAULT,
			.root_priority = TREE_ROOT_PRIORITY_DEFAULT}},
		.nickname_count = 1,
		.trees = {.compute = 2, .max = 3, .use = 1},
		.keys = &w->key,
		.neighbors_max = 4,
		.nodes_max = NODES_MAX,
		.links_max = LINKS_MAX,
		.lsps_max = LSPS_MAX,
		.nicknames_max = NICKS_MAX,
		.stations_max = STATIONS_MAX};
	struct rbridge_env env = {
		.random = &w->random.random, .tables = &w->tables, .frame = on_frame, .arg = w};

	memset(w, 0, sizeof(*w));
	w->tables = (struct trill_tables){.port_set = on_port_set,
		.port_del = on_port_del,
		.forwarder_set = on_forwarder_set,
		.label_set = on_label_set,
		.mapping_set = on_mapping_set,
		.adjacency_set = on_adjacency_set,
		.adjacency_del = on_adjacency_del,
		.path_set = on_path_set,
		.rpf_set = on_rpf_set,
		.tree_set = on_tree_set,
		.self_set = on_self_set,
		.station_set = on_station_set,
		.station_del = on_station_del,
		.station_flush = on_station_flush,
		.station_hasten = on_station_hasten};
	w->p2p = how & 1;
	w->native = how & 8;
	w->arp_proxy = how & 32;
	w->bfd = how & 64;
	w->bond = how & 128;
	config.arp_proxy = w->arp_proxy;
	if (how & 2)
		w->key = isis_key_new(ISIS_AUTH_HMAC_MD5, 0, "secret", 6);
	config.key_count = w->key ? 1 : 0;
	w->now = mono_add_s((struct mono){0}, 1000);
	w->end = mono_add_ms(w->now, TIME_MAX_MS);
	random_seeded_init(&w->random, 1);
	vlan_set_add(&config.interested, 10);
	w->rb = rbridge_new(&config, &env, w->now);
	need(w->rb);
	for (uint16_t port = 0; port < PORTS; port++) {
		port_set(w, port);
		if (how & 16)
			hello_in(w, port, port);
	}
	time_pass(w, 100);
}

/* A length and so many bytes of the input. */
static const uint8_t *piece(const uint8_t **at, const uint8_t *end, size_t *len)
{
	const uint8_t *bytes = *at + 2;

	*len = 0;
	if (end - *at < 2) {
		*at = end;
		return end;
	}
	*len = (size_t)((*at)[0] << 8 | (*at)[1]);
	if (*len > (size_t)(end - bytes))
		*len = (size_t)(end - bytes);
	*at = bytes + *len;
	return bytes;
}

static void again(struct world *w, unsigned int times)
{
	while (times-- && w->again++ < AGAIN_MAX)
		frame_in(w, w->last_port, w->last, w->last_len);
}

static void station(struct world *w, uint16_t port, unsigned int what, uint8_t vlan, uint8_t number)
{
	struct tables_station is = {.mac = {{4, 0, 0, 0, 0, number}},
				      .vlan = vlan,
				      .ifindex = port + 1u,
				      .confidence = TABLES_CONFIDENCE_DATA},
			      was = is;
	struct rbridge_station attested = {.vlan = vlan,
		.mac = is.mac,
		.local = true,
		.port = port,
		.ips = {.ipv4_count = number & 1,
			.ipv6_count = (number >> 1) & 1,
			.ipv4 = {{number & 1 ? 192 : 0, 0, 0, number & 1 ? number : 0}}}};

	was.ifindex = is.ifindex % PORTS + 1;
	switch (what) {
	case 0:
	case 1:
		rbridge_station(w->rb, TABLES_LEARNED, &is, NULL, w->now);
		break;
	case 2:
		rbridge_station(w->rb, TABLES_MOVED, &is, &was, w->now);
		break;
	case 3:
		rbridge_station(w->rb, TABLES_AGED, &is, NULL, w->now);
		break;
	case 4:
	case 5:
		rbridge_station_attest(w->rb, &attested, w->now);
		break;
	case 6:
		rbridge_station_leave(w->rb, vlan, &is.mac, w->now);
		break;
	default:
		rbridge_static_station(w->rb, &is, number & 1, w->now);
	}
	bounds_check(w);
}

static void step(struct world *w, uint8_t op, const uint8_t **at, const uint8_t *end)
{
	uint16_t port = op >> 3 & 3;
	uint8_t pdu[FRAME_MAX];
	const uint8_t *bytes;
	size_t len;

	switch (op & 7) {
	case 0:
		bytes = piece(at, end, &len);
		if (port == PORTS)
			heard_in(w, op >> 5, bytes, len);
		else
			frame_in(w, port, bytes, len);
		break;
	case 1:
		bytes = piece(at, end, &len);
		if (len > sizeof(pdu))
			break;
		memcpy(pdu, bytes, len);
		pdu_in(w, port, op >> 5, pdu, len);
		break;
	case 2:
		if (end - *at >= 2)
			time_pass(w, (uint64_t)((*at)[0] << 8 | (*at)[1]));
		*at = end - *at >= 2 ? *at + 2 : end;
		break;
	case 3:
		if (port < PORTS)
			port_set(w, port);
		break;
	case 4:
		if (port < PORTS)
			hello_in(w, port, op >> 5);
		break;
	case 5:
		if (*at < end)
			again(w, *(*at)++);
		break;
	case 6:
		if (port < PORTS && w->rb->ports[port].up)
			rbridge_port_shutdown(w->rb, port, w->now);
		break;
	case 7:
		if (end - *at >= 2 && port < PORTS)
			station(w, port, op >> 5, (*at)[0], (*at)[1]);
		*at = end - *at >= 2 ? *at + 2 : end;
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world w; /* large */
	const uint8_t *at = data, *end = data + size;

	if (!size)
		return 0;
	world_init(&w, *at++);
	while (at < end) {
		uint8_t op = *at++;

		step(&w, op, &at, end);
		bounds_check(&w);
	}
	time_pass(&w, 5000);
	rbridge_free(w.rb);
	isis_key_free(w.key);
	return 0;
}
