/* Fine-grained labels: RBridges in a row whose ports map VLANs to them, on virtual links under
 * virtual time, and the numbers that they are known by (RFC 7172; items G to K of docs/trill.md).
 */
#include "tests/unit/trill_test.h"

#include "tests/trill/virtual_datapath.h"
#include "trill/core/rbridge_internal.h"

#define LABEL 70000 /* 0x011170: (0x011.0x170) */

/* Nodes 0 to 3 stand in a row; each has a port with end stations. Nodes 0 and 2 serve the label,
 * as VLAN 1 and as VLAN 20, node 1 serves VLAN 1, and node 3 nothing at all. */
static const struct campus_options trunk = {.p2p = true,
	.configured = true,
	.hello_ms = 3000,
	.holding_s = 30,
	.trees = {.compute = 2, .max = 3, .use = 1}};

static const struct mac alice = {{0x52, 0x54, 0, 0, 0, 0xa1}};
static const struct mac bob = {{0x52, 0x54, 0, 0, 0, 0xb0}};
static const struct mac all = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

static uint16_t host_port(unsigned int node)
{
	return node == 0 || node == 3 ? 1 : 2;
}

static bool three; /* node 1 has the label, too */

static void host(struct rbridge_port_config *config, unsigned int node, uint16_t port)
{
	(void)port;
	if (node == 0 || (node == 1 && three))
		config->mappings[config->mapping_count++] = (struct rbridge_mapping){1, 1, LABEL};
	if (node == 2) {
		vlan_set_add_range(&config->enabled, 20, 21);
		config->mappings[config->mapping_count++] = (struct rbridge_mapping){20, 2, LABEL};
	}
	if (node == 3)
		vlan_set_clear(&config->enabled);
}

struct stage {
	struct virtual_campus *c;
	struct virtual_datapath dp;
	unsigned int fgl_frames[4]; /* of stations, by wire */
	uint8_t seen[64];           /* the first of them */
};

/* Data with a label whose Inner.MacDA is no group of the RBridges'. */
static void on_frame(void *arg, unsigned int wire, unsigned int from, const uint8_t *f, size_t len)
{
	static const uint8_t half[] = {0x89, 0x3b};
	struct stage *s = arg;

	(void)from;
	if (len < 40 || memcmp(f + 12, "\x22\xf3", 2) != 0 || f[20] == 0x01 ||
		memcmp(f + 32, half, sizeof(half)) != 0 || wire >= 4)
		return;
	if (!s->fgl_frames[wire]++ && wire == 0)
		memcpy(s->seen, f, len < sizeof(s->seen) ? len : sizeof(s->seen));
}

static void esadi(struct rbridge_config *config, unsigned int number)
{
	(void)number;
	config->esadi_fgls[0][0] = LABEL - 10;
	config->esadi_fgls[0][1] = LABEL;
	config->esadi_fgl_count = 1;
}

static void stage_set(struct stage *s, void (*node)(struct rbridge_config *, unsigned int))
{
	struct campus_options between = trunk, hosts = trunk;

	between.node = node;
	hosts.p2p = false;
	hosts.native = true;
	hosts.port = host;
	memset(s, 0, sizeof(*s));
	s->c = campus_new(4, 16, 1, &between);
	assert_non_null(s->c);
	datapath_init(&s->dp, s->c);
	s->c->tap = on_frame;
	s->c->tap_arg = s;
	for (unsigned int a = 0; a < 3; a++)
		campus_wire(s->c, (unsigned int[]){a, a + 1}, 2, 20000, &between);
	for (unsigned int a = 0; a < 4; a++)
		campus_wire(s->c, (unsigned int[]){a}, 1, 20000, &hosts);
	campus_run_ms(s->c, 60000);
}

static void stage_end(struct stage *s)
{
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(s->c->nodes[i].out_of_order, 0);
	campus_free(s->c);
}

static void says(struct stage *s, unsigned int node, uint16_t vlan, const struct mac *sa,
	const struct mac *da)
{
	datapath_send(&s->dp, node, host_port(node), vlan, da, sa);
	campus_run_ms(s->c, 500);
}

static unsigned int seen(
	const struct stage *s, unsigned int from, unsigned int node, const struct mac *sa)
{
	return datapath_seen(&s->dp, from, node, host_port(node), sa);
}

static const struct mac_entry *believed(
	const struct stage *s, unsigned int node, const struct mac *mac)
{
	return mac_find(rbridge_stations(s->c->nodes[node].rb),
		(struct label){.id = LABEL, .fgl = true}, mac);
}

/* Two hundred labels of a port are compared with what the data plane knows once, and not each. */
static void p_labels_of_a_port_are_told_together(void **state)
{
	struct rbridge_port_config *config;
	struct stage s;
	uint64_t before;

	(void)state;
	stage_set(&s, NULL);
	config = &s.c->nodes[0].configs[host_port(0)];
	vlan_set_add_range(&config->enabled, 1, 200);
	config->mappings[0] = (struct rbridge_mapping){1, 200, LABEL};
	config->mapping_count = 1;
	rbridge_port_down(s.c->nodes[0].rb, host_port(0), s.c->now);
	before = s.c->nodes[0].rb->labels_compared;
	assert_true(rbridge_port_up(s.c->nodes[0].rb, host_port(0), config, s.c->now));
	assert_int_equal(s.c->nodes[0].rb->labels_compared - before, 1);
	for (uint16_t v = 1; v <= 200; v++) {
		uint16_t number = s.c->nodes[0].mapped[config->ifindex - 1][v];

		assert_true(number >= LABELS_FIRST);
		assert_int_equal(s.c->nodes[0].fgls[number - LABELS_FIRST], LABEL + v);
	}
	stage_end(&s);
}

/* Sections 3 and 4: the VLANs of two links differ, and the label is one; VLAN 1 of another link is
 * not of it. */
static void g_stations_of_one_label_reach_each_other_by_the_vlans_of_their_ports(void **state)
{
	struct stage s;
	unsigned int from;

	(void)state;
	stage_set(&s, NULL);
	says(&s, 0, 1, &alice, &all);
	assert_int_equal(seen(&s, 0, 2, &alice), 1);
	assert_int_equal(s.dp.log[0].vlan, 20);
	assert_int_equal(seen(&s, 0, 1, &alice), 0);
	from = s.dp.count;
	says(&s, 2, 20, &bob, &alice);
	assert_int_equal(seen(&s, from, 0, &bob), 1);
	assert_int_equal(s.dp.log[from].vlan, 1);
	assert_true(believed(&s, 2, &bob)->place.local);
	assert_int_equal(believed(&s, 0, &bob)->place.where, campus_nickname(s.c, 2));
	assert_null(believed(&s, 1, &bob));
	/* The next label is another. */
	from = s.dp.count;
	says(&s, 2, 21, &bob, &all);
	assert_int_equal(seen(&s, from, 0, &bob), 0);
	stage_end(&s);
}

/* Figure 2: the label's halves stand behind the inner addresses, 0x893B before each. */
static void a_a_broadcast_crosses_the_campus_with_both_halves_of_its_label(void **state)
{
	static const uint8_t want[] = {0x22, 0xf3, 0x08};
	static const uint8_t inner[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0, 0, 0,
		0xa1, 0x89, 0x3b, 0x00, 0x11, 0x89, 0x3b, 0x01, 0x70, 0x88, 0xb5};
	struct stage s;

	(void)state;
	three = true;
	stage_set(&s, NULL);
	three = false;
	says(&s, 0, 1, &alice, &all);
	assert_memory_equal(s.seen + 12, want, sizeof(want));
	assert_memory_equal(s.seen + 20, inner, sizeof(inner));
	stage_end(&s);
}

static bool says_in_lsp(const struct stage *s, unsigned int node, const uint8_t *bytes, size_t len)
{
	struct lsdb *db = rbridge_lsdb(s->c->nodes[1].rb);

	for (struct lsdb_lsp *l = lsdb_after(db, NULL); l; l = lsdb_following(l))
		if (l->id.system.bytes[4] == node && memmem(l->bytes, l->len, bytes, len))
			return true;
	return false;
}

/* RFC 7176 section 2.3.8: length, nickname, M4 and M6, first and last label, lost counter; section
 * 2.3.1: version 0, bits 0, 1 (FGL-safe), 2 and 4. */
static void h_interest_in_labels_and_being_safe_is_told_in_lsps(void **state)
{
	static const uint8_t one[] = {
		15, 13, 1, 0, 0xc0, 0x01, 0x11, 0x70, 0x01, 0x11, 0x70, 0, 0, 0, 0};
	static const uint8_t two[] = {
		15, 13, 1, 2, 0xc0, 0x01, 0x11, 0x70, 0x01, 0x11, 0x71, 0, 0, 0, 0};
	static const uint8_t version[] = {13, 5, 0, 0xe8, 0, 0, 0};
	static const uint8_t vlan1[] = {10, 10, 1, 0, 0xc0, 1, 0, 1};
	struct stage s;

	(void)state;
	stage_set(&s, NULL);
	assert_true(says_in_lsp(&s, 0, one, sizeof(one)));
	assert_true(says_in_lsp(&s, 2, two, sizeof(two)));
	assert_false(says_in_lsp(&s, 0, vlan1, sizeof(vlan1)));
	for (unsigned int i = 0; i < 4; i++)
		assert_true(says_in_lsp(&s, i, version, sizeof(version)));
	stage_end(&s);
}

/* Section 4.2.2. */
static void i_a_tree_is_pruned_by_label(void **state)
{
	struct stage s;

	(void)state;
	three = true;
	stage_set(&s, NULL);
	three = false;
	says(&s, 0, 1, &alice, &all);
	assert_int_equal(s.fgl_frames[0], 1);
	assert_int_equal(s.fgl_frames[1], 1);
	assert_int_equal(s.fgl_frames[2], 0);
	stage_end(&s);
}

/* What is pruned is told to people, too: 0 and 4095 are no VLANs. */
static void i_no_label_is_pruned_that_there_cannot_be(void **state)
{
	const struct routes_tree *t;
	struct stage s;

	(void)state;
	stage_set(&s, NULL);
	t = &rbridge_routes(s.c->nodes[0].rb)->told.trees[1];
	assert_true(t->count > 0);
	for (unsigned int i = 0; i < t->count; i++) {
		assert_true(label_set_has(&t->branches[i].pruned, VLAN_LAST));
		assert_false(label_set_has(&t->branches[i].pruned, VLAN_LAST + 1));
		assert_false(label_set_has(&t->branches[i].pruned, 0));
	}
	stage_end(&s);
}

static void third_host(struct rbridge_port_config *config, unsigned int node, uint16_t port)
{
	(void)node, (void)port;
	config->mappings[config->mapping_count++] = (struct rbridge_mapping){1, 1, LABEL};
}

/* How a frame of node 0 to @da crosses the first link: its TRILL header's M, and to whom; and that
 * the stations of the label have it once. */
static void assert_crosses(struct stage *s, const struct mac *da, bool multi, uint16_t egress)
{
	unsigned int from = s->dp.count;

	s->fgl_frames[0] = s->fgl_frames[1] = s->fgl_frames[2] = 0;
	says(s, 0, 1, &alice, da);
	assert_int_equal(s->fgl_frames[0], 1);
	assert_int_equal(s->fgl_frames[1], 1);
	assert_int_equal(s->seen[14] >> 3 & 1, multi);
	assert_int_equal(s->seen[16] << 8 | s->seen[17], egress);
	assert_int_equal(seen(s, from, 2, &alice), 1);
	assert_int_equal(seen(s, from, 1, &alice), 0);
}

/* Section 4.1.1: "SHOULD unicast a multi-destination TRILL Data packet if there is only one
 * relevant egress FGL TRILL switch". */
static void i_what_one_rbridge_alone_wants_goes_to_it_by_unicast(void **state)
{
	static const struct mac group = {{0x33, 0x33, 0, 0, 0, 1}};
	struct campus_options more = trunk;
	unsigned int wire, from;
	uint16_t two;
	struct stage s;

	(void)state;
	more.p2p = false;
	more.native = true;
	more.port = third_host;
	stage_set(&s, NULL);
	two = campus_nickname(s.c, 2);
	assert_crosses(&s, &all, false, two);
	assert_crosses(&s, &bob, false, two); /* nobody knows him */
	assert_crosses(&s, &group, false, two);
	/* A third has the label, then not any more. */
	wire = campus_wire(s.c, (unsigned int[]){3}, 1, 20000, &more);
	campus_run_ms(s.c, 60000);
	assert_crosses(&s, &all, true, s.c->nodes[0].self.fgl_root);
	campus_carrier(s.c, wire, false, &more);
	campus_run_ms(s.c, 60000);
	assert_crosses(&s, &all, false, two);
	/* Two ports here have it: the tree leads to the other, and to node 2. */
	wire = campus_wire(s.c, (unsigned int[]){0}, 1, 20000, &more);
	campus_run_ms(s.c, 60000);
	from = s.dp.count;
	assert_crosses(&s, &all, true, s.c->nodes[0].self.fgl_root);
	assert_int_equal(datapath_seen(&s.dp, from, 0, 2, &alice), 1);
	campus_carrier(s.c, wire, false, &more);
	campus_run_ms(s.c, 1000);
	assert_crosses(&s, &all, false, two);
	stage_end(&s);
}

/* Section 4.7: the label stands in the Inner.Label of ESADI's packets alone. */
static void k_what_one_learns_in_a_label_all_of_it_are_told(void **state)
{
	const struct mac_entry *e;
	struct stage s;

	(void)state;
	stage_set(&s, esadi);
	assert_int_equal(esadi_neighbor_count(rbridge_esadi(s.c->nodes[0].rb, &(uint16_t){1})), 1);
	says(&s, 0, 1, &alice, &bob); /* flooded, and learned by both; bob is not there */
	campus_run_ms(s.c, 3000);
	assert_int_equal(esadi_announced(rbridge_esadi(s.c->nodes[0].rb, &(uint16_t){1})), 1);
	datapath_age(&s.dp, 2, &alice,
		labels_number(rbridge_labels(s.c->nodes[2].rb),
			(struct label){.id = LABEL, .fgl = true}));
	campus_run_ms(s.c, 1000);
	e = believed(&s, 2, &alice);
	assert_non_null(e);
	assert_int_equal(e->place.where, campus_nickname(s.c, 0));
	/* Node 2 has the next label, too, without ESADI. */
	assert_null(rbridge_esadi(s.c->nodes[2].rb,
		&(uint16_t){(uint16_t)(1 + labels_number(rbridge_labels(s.c->nodes[2].rb),
						   (struct label){.id = LABEL, .fgl = true}))}));
	stage_end(&s);
}

static void second_host(struct rbridge_port_config *config, unsigned int node, uint16_t port)
{
	(void)node, (void)port;
	config->mappings[config->mapping_count++] = (struct rbridge_mapping){1, 1, LABEL + 1};
}

/* One VLAN's ID stands for two labels at two ports: two stations, and each port's agent has its
 * own. */
static void k_a_station_is_taken_back_at_the_port_where_it_was_attested(void **state)
{
	struct rbridge_station at[2] = {
		{.vlan = 1, .mac = alice, .port = 1}, {.vlan = 1, .mac = alice, .port = 2}};
	struct campus_options more = trunk;
	struct rbridge *rb;
	struct stage s;

	(void)state;
	more.p2p = false;
	more.native = true;
	more.port = second_host;
	stage_set(&s, NULL);
	campus_wire(s.c, (unsigned int[]){0}, 1, 20000, &more);
	campus_run_ms(s.c, 60000);
	rb = s.c->nodes[0].rb;
	for (unsigned int last = 0; last < 2; last++) {
		for (unsigned int i = 0; i < 2; i++) {
			const struct mac_entry *e;

			assert_int_equal(
				rbridge_station_attest(rb, &at[i], s.c->now), RBRIDGE_ATTESTED);
			e = rbridge_station_find(rb, 1, &alice, at[i].port);
			assert_non_null(e);
			assert_int_equal(e->label.id, LABEL + i);
		}
		assert_int_equal(
			rbridge_station_leave_here(rb, &at[!last], s.c->now), RBRIDGE_WAS_LOCAL);
		assert_int_equal(
			rbridge_station_leave_here(rb, &at[!last], s.c->now), RBRIDGE_WAS_ABSENT);
		assert_non_null(rbridge_station_find(rb, 1, &alice, at[last].port));
		at[last].port = RBRIDGE_ANYWHERE; /* who knows no port has both */
		assert_int_equal(
			rbridge_station_attest(rb, &at[!last], s.c->now), RBRIDGE_ATTESTED);
		assert_int_equal(
			rbridge_station_leave_here(rb, &at[last], s.c->now), RBRIDGE_WAS_LOCAL);
		assert_null(rbridge_station_find(rb, 1, &alice, RBRIDGE_ANYWHERE));
		at[last].port = (uint16_t)(last + 1);
	}
	stage_end(&s);
}

/* RFC 8383: the flush names the label. */
static void j_a_station_that_moves_within_a_label_is_flushed_where_it_was(void **state)
{
	struct stage s;

	(void)state;
	stage_set(&s, NULL);
	says(&s, 2, 20, &bob, &all);
	says(&s, 0, 1, &alice, &all);
	assert_true(believed(&s, 0, &alice)->place.local);
	says(&s, 2, 20, &alice, &bob); /* no frame of it leaves node 2 */
	assert_true(believed(&s, 2, &alice)->place.local);
	assert_null(believed(&s, 0, &alice));
	stage_end(&s);
}

/* What an Address Flush costs that names one MAC, by its TLVs (RFC 8383 section 2.2). */
static unsigned int cost_of(const char *tlvs)
{
	uint8_t bytes[128];
	struct wire_fault fault;
	struct flush f;
	char text[256];

	snprintf(text, sizeof(text), "01 0100 00 %s 07 06 5254000000a1", tlvs);
	assert_int_equal(flush_read(bytes, hex(bytes, sizeof(bytes), text), 0x100, &f, &fault), 0);
	return mac_flush_cost(&f);
}

/* A host with many guests that move has them flushed as fast as in VLANs. */
static void j_a_flush_of_single_labels_costs_no_more_than_one_of_vlans(void **state)
{
	(void)state;
	assert_int_equal(cost_of("01 04 0001 0001"), 1);
	assert_int_equal(cost_of("04 03 011170"), 1);
	assert_int_equal(cost_of("01 04 0001 0001 04 06 011170 011171"), 1);
	assert_int_equal(cost_of("03 06 011170 011180"), MAC_FLUSH_COST_MAX); /* a block */
	assert_int_equal(cost_of("06 00"), MAC_FLUSH_COST_MAX);               /* all labels */
}

/* RFC 6325 section 4.8.3, by label. */
static void j_a_port_that_goes_loses_its_label(void **state)
{
	struct campus_node_sim *n;
	struct stage s;

	(void)state;
	stage_set(&s, NULL);
	n = &s.c->nodes[2];
	says(&s, 0, 1, &alice, &all);
	says(&s, 2, 20, &bob, &alice);
	assert_non_null(believed(&s, 0, &bob));
	rbridge_port_down(n->rb, host_port(2), s.c->now);
	assert_null(believed(&s, 2, &bob));
	assert_null(believed(&s, 2, &alice));
	timer_set(&s.c->timers, &n->timer, rbridge_next(n->rb));
	campus_run_ms(s.c, 2000);
	assert_null(believed(&s, 0, &bob)); /* nobody says any more that it wants the label */
	campus_port_up(s.c, 2, host_port(2));
	campus_run_ms(s.c, 60000);
	says(&s, 2, 20, &bob, &all);
	assert_non_null(believed(&s, 0, &bob));
	stage_end(&s);
}

/* When nobody wants a label any more its number is free, and the data plane is told. */
static void g_a_label_that_nobody_wants_is_forgotten(void **state)
{
	struct label label = {.id = LABEL, .fgl = true};
	struct stage s;

	(void)state;
	stage_set(&s, NULL);
	for (unsigned int i = 0; i < 4; i++)
		assert_true(labels_number(rbridge_labels(s.c->nodes[i].rb), label) != 0);
	for (unsigned int i = 0; i < 3; i += 2) {
		rbridge_port_down(s.c->nodes[i].rb, host_port(i), s.c->now);
		timer_set(&s.c->timers, &s.c->nodes[i].timer, rbridge_next(s.c->nodes[i].rb));
	}
	campus_run_ms(s.c, 40000);
	for (unsigned int i = 0; i < 4; i++) {
		assert_int_equal(labels_number(rbridge_labels(s.c->nodes[i].rb), label), 0);
		for (unsigned int k = 0; k < LABELS_FGL_MAX; k++)
			assert_int_equal(s.c->nodes[i].fgls[k], 0);
	}
	stage_end(&s);
}

/* RFC 7176 section 2.3.8: bit 0 of the bit map is the first label. */
static void h_interest_is_of_vlans_or_of_labels_in_a_range_or_a_bit_map(void **state)
{
	struct campus_interest vlans = {.start = 1, .end = 10};
	struct campus_interest range = {.fgl = true, .start = 1, .end = 10};
	struct campus_interest map = {.fgl = true, .start = 100, .end = 123, .bitmap = 0x800001};

	(void)state;
	assert_true(campus_interest_has(&vlans, (struct label){.id = 10}));
	assert_false(campus_interest_has(&vlans, (struct label){.id = 10, .fgl = true}));
	assert_false(campus_interest_has(&vlans, (struct label){.id = 11}));
	assert_true(campus_interest_has(&range, (struct label){.id = 10, .fgl = true}));
	assert_false(campus_interest_has(&range, (struct label){.id = 10}));
	assert_true(campus_interest_has(&map, (struct label){.id = 100, .fgl = true}));
	assert_false(campus_interest_has(&map, (struct label){.id = 101, .fgl = true}));
	assert_true(campus_interest_has(&map, (struct label){.id = 123, .fgl = true}));
	assert_false(campus_interest_has(&map, (struct label){.id = 124, .fgl = true}));
}

/* ---- core/labels ---- */

static uint16_t number_of(const struct labels *l, uint32_t fgl)
{
	return labels_number(l, (struct label){.id = fgl, .fgl = true});
}

static void g_a_label_has_a_number_while_somebody_wants_it(void **state)
{
	static struct labels l;
	uint16_t number;

	(void)state;
	labels_init(&l);
	assert_int_equal(labels_number(&l, (struct label){.id = 10}), 10);
	assert_int_equal(labels_number(&l, (struct label){.id = 0xfff}), 0);
	assert_int_equal(number_of(&l, 10), 0);
	number = labels_pin(&l, 10);
	assert_true(number >= LABELS_FIRST);
	assert_int_equal(labels_label(&l, number).id, 10);
	assert_true(labels_label(&l, number).fgl && !labels_label(&l, 10).fgl);
	labels_hear_begin(&l);
	labels_hear_end(&l);
	assert_int_equal(number_of(&l, 10), number); /* it is ours, and nobody else's */
	labels_hear_begin(&l);
	labels_hear(&l, 5);
	labels_hear(&l, 10);
	labels_hear(&l, 0xffffff);
	labels_hear_end(&l);
	assert_true(number_of(&l, 5) && number_of(&l, 0xffffff));
	assert_int_equal(number_of(&l, 10), number);
	assert_int_equal(labels_at(&l, 0), 5);
	assert_int_equal(labels_at(&l, labels_from(&l, 11)), 0xffffff);
	labels_unpin(&l, number);
	assert_int_equal(number_of(&l, 10), number); /* others want it */
	labels_hear_begin(&l);
	labels_hear(&l, 5);
	labels_hear_end(&l);
	assert_int_equal(l.count, 1);
	assert_int_equal(number_of(&l, 10), 0);
}

/* What others say takes half the numbers at most, and of ours there are as many. */
static void p_labels_of_others_leave_room_for_ours(void **state)
{
	static struct labels l;

	(void)state;
	labels_init(&l);
	labels_hear_begin(&l);
	for (uint32_t fgl = 1; fgl <= 5000; fgl++)
		labels_hear(&l, fgl);
	labels_hear_end(&l);
	assert_true(l.cut);
	assert_int_equal(l.count, LABELS_FGL_MAX - LABELS_PINNED_MAX);
	for (uint32_t fgl = 0; fgl < LABELS_PINNED_MAX; fgl++)
		assert_true(labels_pin(&l, 100000 + fgl) != 0);
	assert_int_equal(labels_pin(&l, 1), 0);
	assert_true(labels_pin(&l, 100000) != 0); /* once more */
	/* Ours that are ours no longer, and wanted by others, make room for what is ours now. */
	labels_hear_begin(&l);
	for (uint32_t fgl = 1; fgl <= LABELS_PINNED_MAX; fgl++)
		labels_hear(&l, fgl);
	for (uint32_t fgl = 0; fgl < LABELS_PINNED_MAX; fgl++)
		labels_hear(&l, 100000 + fgl);
	labels_hear_end(&l);
	assert_int_equal(l.count, LABELS_FGL_MAX);
	labels_unpin(&l, number_of(&l, 100001));
	assert_int_equal(l.count, LABELS_FGL_MAX);
	assert_true(labels_pin(&l, 500000) != 0);
	assert_int_equal(l.count, LABELS_FGL_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(p_labels_of_a_port_are_told_together),
		cmocka_unit_test(
			g_stations_of_one_label_reach_each_other_by_the_vlans_of_their_ports),
		cmocka_unit_test(a_a_broadcast_crosses_the_campus_with_both_halves_of_its_label),
		cmocka_unit_test(h_interest_in_labels_and_being_safe_is_told_in_lsps),
		cmocka_unit_test(i_a_tree_is_pruned_by_label),
		cmocka_unit_test(i_no_label_is_pruned_that_there_cannot_be),
		cmocka_unit_test(i_what_one_rbridge_alone_wants_goes_to_it_by_unicast),
		cmocka_unit_test(k_what_one_learns_in_a_label_all_of_it_are_told),
		cmocka_unit_test(k_a_station_is_taken_back_at_the_port_where_it_was_attested),
		cmocka_unit_test(j_a_station_that_moves_within_a_label_is_flushed_where_it_was),
		cmocka_unit_test(j_a_flush_of_single_labels_costs_no_more_than_one_of_vlans),
		cmocka_unit_test(j_a_port_that_goes_loses_its_label),
		cmocka_unit_test(g_a_label_that_nobody_wants_is_forgotten),
		cmocka_unit_test(h_interest_is_of_vlans_or_of_labels_in_a_range_or_a_bit_map),
		cmocka_unit_test(g_a_label_has_a_number_while_somebody_wants_it),
		cmocka_unit_test(p_labels_of_others_leave_room_for_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
