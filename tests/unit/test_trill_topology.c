/* Links of several RBridges on virtual time: pseudonodes, and what is reported of a LAN (items F, H
 * and I of docs/trill.md). */
#include "tests/unit/trill_campus.h"

static const struct campus_options fast_lan = {.configured = true,
	.hello_ms = 300,
	.holding_s = 1,
	.trees = {.compute = 2, .max = 3, .use = 2}};
static const struct campus_options fast_p2p = {.p2p = true,
	.configured = true,
	.hello_ms = 300,
	.holding_s = 1,
	.trees = {.compute = 2, .max = 3, .use = 2}};

/* Each of the first @count reaches each by unicast and, once, by a tree. */
static void assert_reached(const struct virtual_campus *c, unsigned int count)
{
	unsigned int taken[16];

	for (unsigned int a = 0; a < count; a++) {
		for (unsigned int b = 0; b < count; b++)
			assert_int_equal(campus_unicast(c, a, campus_nickname(c, b), a + b), b);
		campus_multicast(c, a, 10, taken);
		for (unsigned int b = 0; b < count; b++)
			assert_int_equal(taken[b], 1);
		assert_int_equal(c->nodes[a].out_of_order, 0);
	}
}

/* What it reports, in the order in which it stands there: "1 2.03/20000" is RBridge 1 at no cost,
 * and pseudonode 3 of RBridge 2 at 20000. Read here byte by byte, by RFC 5305 section 3. */
static void assert_reports(const struct lsdb_lsp *lsp, const char *want)
{
	char got[256] = "";
	size_t at = 0;

	assert_non_null(lsp);
	for (size_t i = 27; i + 2 <= lsp->len; i += 2u + lsp->bytes[i + 1]) {
		const uint8_t *e = lsp->bytes + i + 2, *end = e + lsp->bytes[i + 1];

		for (; lsp->bytes[i] == 22 && e + 11 <= end; e += 11 + e[10]) {
			unsigned int cost = (unsigned int)(e[7] << 16 | e[8] << 8 | e[9]);

			at += (size_t)sprintf(got + at, "%s%u", at ? " " : "", e[4]);
			if (e[6])
				at += (size_t)sprintf(got + at, ".%02x", e[6]);
			if (cost)
				at += (size_t)sprintf(got + at, "/%u", cost);
		}
	}
	assert_string_equal(got, want);
}

/* Flags of the last Hello of each end of wire 0: the BY bit, and the LAN ID. */
struct heard {
	bool bypass[CAMPUS_LAN_MAX];
	uint8_t lan[CAMPUS_LAN_MAX][7];
};

static void hello_tap(
	void *arg, unsigned int wire, unsigned int from, const uint8_t *frame, size_t len)
{
	struct heard *h = arg;
	const uint8_t *pdu = frame + 14;

	/* Untagged, LAN IIH (ISO 10589 section 9.5): source at 9, LAN ID at 20, TLVs from 27 on. */
	if (wire || len < 60 || frame[12] != 0x22 || frame[13] != 0xf4 || (pdu[4] & 31) != 15)
		return;
	memcpy(h->lan[from], pdu + 20, 7);
	for (size_t i = 27; i + 15 < len; i += 2u + pdu[i + 1])
		if (pdu[i] == 143 && pdu[i + 4] == 1) /* VLAN-FLAGS, RFC 7176 section 2.2.1 */
			h->bypass[from] = pdu[i + 4 + 2 + 4] & 0x10;
}

static struct virtual_campus *lan_of(unsigned int nodes, unsigned int on_it, struct heard *heard)
{
	struct virtual_campus *c = campus_new(nodes, 8, 1, &fast_lan);
	unsigned int ends[CAMPUS_LAN_MAX] = {0, 1, 2, 3, 4, 5};

	assert_non_null(c);
	memset(heard, 0, sizeof(*heard));
	c->tap = hello_tap;
	c->tap_arg = heard;
	campus_wire(c, ends, on_it, 20000, &fast_lan);
	return c;
}

static void f_two_on_a_lan_bypass_the_pseudonode(void **state)
{
	struct heard heard;
	struct virtual_campus *c = lan_of(2, 2, &heard);

	(void)state;
	campus_run_ms(c, 5000);
	assert_true(heard.bypass[0] && heard.bypass[1]);
	assert_int_equal(lsdb_count(rbridge_lsdb(c->nodes[0].rb)), 2);
	assert_reports(campus_lsp(c, 0, 0, 0), "1/20000");
	assert_reports(campus_lsp(c, 0, 1, 0), "0/20000");
	assert_reached(c, 2);
	campus_free(c);
}

/* Three on a LAN, of whom @gone has left it. */
static struct virtual_campus *lan_that_lost(unsigned int gone, struct heard *heard)
{
	struct virtual_campus *c = lan_of(3, 3, heard);

	campus_run_ms(c, 5000);
	rbridge_port_down(c->nodes[gone].rb, 0, c->now);
	campus_run_ms(c, 5000);
	return c;
}

static void f_three_on_a_lan_report_its_pseudonode_and_not_each_other(void **state)
{
	struct heard heard;
	struct virtual_campus *c = lan_of(3, 3, &heard);

	(void)state;
	campus_run_ms(c, 5000);
	assert_true(rbridge_is_drb(c->nodes[2].rb, 0));
	assert_false(heard.bypass[2]);
	for (unsigned int end = 0; end < 3; end++)
		assert_memory_equal(heard.lan[end], ((uint8_t[]){2, 0, 0, 0, 2, 0, 1}), 7);
	for (unsigned int at = 0; at < 3; at++) {
		assert_int_equal(lsdb_count(rbridge_lsdb(c->nodes[at].rb)), 4);
		assert_reports(campus_lsp(c, at, 0, 0), "2.01/20000");
		assert_reports(campus_lsp(c, at, 1, 0), "2.01/20000");
		assert_reports(campus_lsp(c, at, 2, 0), "2.01/20000");
	}
	assert_non_null(campus_lsp(c, 0, 2, 1));
	assert_reached(c, 3);
	/* One hop, straight over the LAN, and not by way of the DRB. */
	assert_int_equal(c->nodes[0].paths[c->slots[0x101]].count, 1);
	assert_memory_equal(c->nodes[0].paths[c->slots[0x101]].hop[0].mac.bytes,
		((uint8_t[]){2, 0, 0, 0, 1, 0}), 6);
	campus_free(c);
}

static void f_the_pseudonode_stays_when_one_of_three_is_gone(void **state)
{
	struct heard heard;
	struct virtual_campus *c = lan_that_lost(0, &heard);

	(void)state;
	assert_false(heard.bypass[2]); /* there were two at once */
	assert_reports(campus_lsp(c, 1, 2, 1), "2 1");
	assert_reports(campus_lsp(c, 1, 1, 0), "2.01/20000");
	assert_int_equal(campus_unicast(c, 1, 0x102, 0), 2);
	campus_free(c);
}

static void f_who_is_not_drb_any_more_purges_the_pseudonode(void **state)
{
	struct heard heard;
	struct virtual_campus *c = lan_of(4, 4, &heard);
	struct lsp_id id = lsp_id_of(2, 1);
	const struct lsdb_lsp *lsp;

	(void)state;
	rbridge_port_down(c->nodes[3].rb, 0, c->now);
	campus_run_ms(c, 5000);
	assert_non_null(campus_lsp(c, 1, 2, 1));
	/* 3 comes, with a higher MAC. */
	campus_carrier(c, 0, false, &fast_lan);
	campus_carrier(c, 0, true, &fast_lan);
	campus_run_ms(c, 5000);
	assert_true(rbridge_is_drb(c->nodes[3].rb, 0));
	for (unsigned int at = 0; at < 4; at++) {
		lsp = lsdb_find(rbridge_lsdb(c->nodes[at].rb), &id);
		assert_true(lsp && lsp->purged);
		/* RFC 6232 section 3: TLV 13, one system ID, that of who has purged it. */
		assert_bytes(lsp->bytes + 27, lsp->len - 27, "0D 07 01 020000000200");
		assert_reports(campus_lsp(c, at, 2, 0), "3.01/20000");
		assert_reports(campus_lsp(c, at, 1, 0), "3.01/20000");
	}
	assert_memory_equal(heard.lan[1], ((uint8_t[]){2, 0, 0, 0, 3, 0, 1}), 7);
	assert_reached(c, 4);
	campus_free(c);
}

static void f_a_drb_that_dies_is_followed_and_its_pseudonode_counts_no_more(void **state)
{
	struct heard heard;
	struct virtual_campus *c = lan_that_lost(2, &heard);

	(void)state;
	assert_true(rbridge_is_drb(c->nodes[1].rb, 0));
	assert_reports(campus_lsp(c, 0, 1, 1), "1 0");
	assert_reports(campus_lsp(c, 0, 0, 0), "1.01/20000");
	assert_non_null(campus_lsp(c, 0, 2, 1)); /* it ages, and nobody reports it */
	assert_int_equal(campus_unicast(c, 0, 0x101, 0), 1);
	assert_int_equal(campus_unicast(c, 0, 0x102, 0), -1);
	campus_free(c);
}

static void f_a_pseudonode_of_before_a_restart_is_purged(void **state)
{
	struct heard heard;
	struct virtual_campus *c = lan_of(3, 3, &heard);
	struct lsp_id mine = lsp_id_of(2, 1), old = lsp_id_of(2, 9), past = lsp_id_of(2, 200);
	struct lsdb *db = rbridge_lsdb(c->nodes[0].rb);
	const struct lsdb_lsp *lsp;

	(void)state;
	/* The campus knows three of them, from before. */
	assert_int_equal(lsdb_originate(db, &mine, 40, ISIS_LSP_LEVEL1, NULL, 0, c->now), 0);
	assert_int_equal(lsdb_originate(db, &old, 40, ISIS_LSP_LEVEL1, NULL, 0, c->now), 0);
	assert_int_equal(lsdb_originate(db, &past, 40, ISIS_LSP_LEVEL1, NULL, 0, c->now), 0);
	campus_run_ms(c, 30000);
	for (unsigned int at = 0; at < 3; at++) {
		assert_null(campus_lsp(c, at, 2, 9));
		assert_null(campus_lsp(c, at, 2, 200));
		lsp = campus_lsp(c, at, 2, 1);
		assert_non_null(lsp);
		assert_true(lsp->sequence > 41); /* ours, above what was known */
	}
	assert_reached(c, 3);
	campus_free(c);
}

/* Two LANs of three and a point-to-point link between the same RBridges: each costs the same, so
 * the first hops are three, and each tree takes one of them. */
static void f_parallel_lans_are_told_apart_by_their_pseudonodes(void **state)
{
	struct virtual_campus *c = campus_new(3, 8, 1, &fast_lan);
	unsigned int ends[] = {0, 1, 2}, taken[3];

	(void)state;
	assert_non_null(c);
	campus_wire(c, ends, 3, 20000, &fast_lan);
	campus_wire(c, ends, 3, 20000, &fast_lan);
	campus_wire(c, ends, 2, 20000, &fast_p2p);
	campus_run_ms(c, 8000);
	assert_reports(campus_lsp(c, 1, 0, 0), "2.01/20000 2.02/20000 1/20000");
	assert_int_equal(c->nodes[0].paths[c->slots[0x101]].count, 3);
	assert_int_equal(c->nodes[0].paths[c->slots[0x102]].count, 2);
	assert_reached(c, 3);
	/* Tree 1 of root 0: of the parents 2.01, 2.02 of 2 the first, tree 2 (root 1) the second
	 * (RFC 7780 section 3.4). */
	assert_int_equal(campus_multicast(c, 0, 10, taken), 2);
	assert_int_equal(c->nodes[2].rpf[c->slots[0x100]][1].ifindex, 1);
	assert_int_equal(c->nodes[2].rpf[c->slots[0x101]][2].ifindex, 2);
	campus_free(c);
}

/* RFC 7780 section 3.6: on a LAN what an RBridge beyond it sent is taken from its neighbour there
 * alone. 3 stands behind 0. */
static void i_on_a_lan_a_frame_is_taken_from_the_neighbour_on_the_way(void **state)
{
	struct heard heard;
	struct virtual_campus *c = lan_of(4, 3, &heard);
	const struct tables_rpf *row;

	(void)state;
	campus_wire(c, (unsigned int[]){0, 3}, 2, 20000, &fast_p2p);
	campus_run_ms(c, 5000);
	assert_reached(c, 4);
	for (unsigned int tree = 1; tree <= 2; tree++) {
		row = &c->nodes[1].rpf[c->slots[0x103]][tree];
		assert_int_equal(row->ifindex, 1);
		assert_memory_equal(row->mac.bytes, ((uint8_t[]){2, 0, 0, 0, 0, 0}), 6);
		row = &c->nodes[1].rpf[c->slots[0x102]][tree];
		assert_memory_equal(row->mac.bytes, ((uint8_t[]){2, 0, 0, 0, 2, 0}), 6);
	}
	campus_free(c);
}

/* RFC 6325 section 4.9.1: the DRB of an access link may say so. */
static void i_nothing_goes_through_an_overloaded_pseudonode(void **state)
{
	struct heard heard;
	struct virtual_campus *c = lan_of(3, 3, &heard);
	struct lsp_id id = lsp_id_of(2, 1);
	struct lsdb *db = rbridge_lsdb(c->nodes[0].rb);
	uint8_t tlvs[64];
	size_t len;

	(void)state;
	campus_run_ms(c, 5000);
	assert_int_equal(campus_unicast(c, 0, 0x101, 0), 1);
	len = lsdb_find(db, &id)->len - 27;
	memcpy(tlvs, lsdb_find(db, &id)->bytes + 27, len);
	assert_int_equal(
		lsdb_originate(db, &id, 0, ISIS_LSP_LEVEL1 | ISIS_LSP_OVERLOAD, tlvs, len, c->now),
		0);
	rbridge_time(c->nodes[0].rb, mono_add_ms(c->now, 1));
	rbridge_time(c->nodes[0].rb, mono_add_ms(c->now, 10));
	assert_false(c->nodes[0].has_path[c->slots[0x101]]);
	campus_free(c);
}

/* RBridge 0 has the highest priority, and wants other roots than itself. */
static void lists_roots(struct rbridge_config *config, unsigned int number)
{
	config->trees = (struct capability_trees){.compute = 2, .max = 3, .use = 1};
	if (number == 0)
		config->roots = (struct rbridge_tree_list){{0x102, 0x101}, 2};
	if (number == 2)
		config->uses = (struct rbridge_tree_list){{0x101}, 1};
}

static void h_roots_and_trees_that_are_used_stand_in_our_lsp(void **state)
{
	struct campus_options options = fast_p2p;
	struct virtual_campus *c;

	(void)state;
	options.node = lists_roots;
	c = campus_new(3, 8, 1, &options);
	assert_non_null(c);
	campus_wire(c, (unsigned int[]){0, 1}, 2, 20000, &options);
	campus_run_ms(c, 5000);
	assert_sub_tlv(campus_lsp(c, 1, 0, 0), 8, "08 06 0001 0102 0101");
	assert_sub_tlv(campus_lsp(c, 2, 2, 0), 9, "09 04 0001 0101");
	campus_free(c);
}

static void i_the_first_names_the_roots_and_an_ingress_its_trees(void **state)
{
	struct campus_options options = fast_p2p;
	struct virtual_campus *c;

	(void)state;
	options.node = lists_roots;
	c = campus_new(3, 8, 1, &options);
	assert_non_null(c);
	campus_wire(c, (unsigned int[]){0, 1}, 2, 20000, &options);
	campus_wire(c, (unsigned int[]){1, 2}, 2, 20000, &options);
	campus_run_ms(c, 5000);
	for (unsigned int n = 0; n < 3; n++) {
		assert_int_equal(c->nodes[n].trees[1].row.root, 0x102);
		assert_int_equal(c->nodes[n].trees[2].row.root, 0x101);
		assert_false(c->nodes[n].trees[3].live);
	}
	/* Without a list tree 1, with one the tree that it names; the others drop the rest. */
	assert_int_equal(c->nodes[0].self.root, 0x102);
	assert_int_equal(c->nodes[2].self.root, 0x101);
	assert_int_equal(c->nodes[0].rpf[c->slots[0x102]][1].ifindex, 0);
	assert_int_equal(c->nodes[0].rpf[c->slots[0x102]][2].ifindex, 1);
	assert_int_equal(c->nodes[2].rpf[c->slots[0x100]][1].ifindex, 1);
	assert_int_equal(c->nodes[2].rpf[c->slots[0x100]][2].ifindex, 0);
	assert_reached(c, 3);
	campus_free(c);
}

static void tests_the_mtu(struct rbridge_port_config *config, unsigned int node, uint16_t port)
{
	(void)node, (void)port;
	config->mtu_test = true;
	config->mtu = 9000;
}

static enum adjacency_state state_of(const struct virtual_campus *c, unsigned int node)
{
	const struct adjacency_table *t = rbridge_adjacencies(c->nodes[node].rb, 0);

	return t->count ? t->rows[0].state : ADJACENCY_DOWN;
}

/* RFC 7177 section 5: what does not pass the test stays in 2-Way; it is tested again. */
static void link_below_sz(const struct campus_options *of)
{
	struct campus_options options = *of;
	struct virtual_campus *c;

	options.port = tests_the_mtu;
	c = campus_new(2, 2, 1, &options);
	assert_non_null(c);
	campus_wire(c, (unsigned int[]){0, 1}, 2, 20000, &options);
	c->wires[0].mtu = 1400;
	campus_run_ms(c, 5000);
	for (unsigned int n = 0; n < 2; n++) {
		assert_int_equal(state_of(c, n), ADJACENCY_TWO_WAY);
		assert_true(rbridge_adjacencies(c->nodes[n].rb, 0)->rows[0].mtu_failed);
		assert_reports(campus_lsp(c, n, n, 0), "");
	}
	c->wires[0].mtu = 1500;
	campus_run_ms(c, 15000);
	for (unsigned int n = 0; n < 2; n++) {
		assert_int_equal(state_of(c, n), ADJACENCY_REPORT);
		assert_false(rbridge_adjacencies(c->nodes[n].rb, 0)->rows[0].mtu_failed);
		assert_int_equal(rbridge_adjacencies(c->nodes[n].rb, 0)->rows[0].mtu, 1470);
	}
	assert_reached(c, 2);
	campus_free(c);
}

static void e_a_link_that_does_not_carry_sz_is_not_reported(void **state)
{
	(void)state;
	link_below_sz(&fast_lan);
	link_below_sz(&fast_p2p);
}

struct sniffed {
	uint8_t bytes[9100];
	size_t len;
	unsigned int type, count;
};

/* The last PDU of a type. */
static void pdu_tap(
	void *arg, unsigned int wire, unsigned int from, const uint8_t *frame, size_t len)
{
	struct sniffed *s = arg;

	(void)wire, (void)from;
	if (len < 40 || (frame[14 + 4] & 31) != s->type)
		return;
	memcpy(s->bytes, frame, len);
	s->len = len;
	s->count++;
}

/* RFC 7176 section 3: probe ID and source come back, with who answers; to the asker alone, as long
 * as the probe was. */
static void e_an_mtu_probe_is_answered_in_its_own_size(void **state)
{
	struct campus_options options = fast_p2p;
	struct sniffed ack = {.type = 28};
	struct virtual_campus *c;
	uint8_t probe[14 + 1571];
	size_t at;

	(void)state;
	options.port = tests_the_mtu;
	c = campus_new(1, 2, 1, &options);
	assert_non_null(c);
	campus_wire(c, (unsigned int[]){0}, 1, 20000, &options);
	c->tap = pdu_tap;
	c->tap_arg = &ack;
	at = hex(probe, sizeof(probe),
		"0180C2000041 00005E005301 22F4 83 1C 01 06 17 01 00 01"
		"0623 A1A2A3A4A5A6 00005E005399 000000000000");
	while (at < sizeof(probe)) { /* what is left, 1543, is one more than six TLVs hold */
		size_t n = sizeof(probe) - at > 258 ? 253 : sizeof(probe) - at - 2;

		probe[at] = 8;
		probe[at + 1] = (uint8_t)n;
		memset(probe + at + 2, 0, n);
		at += n + 2;
	}
	rbridge_frame(c->nodes[0].rb, 0, probe, sizeof(probe), c->now);
	assert_int_equal(ack.count, 1);
	assert_int_equal(ack.len, sizeof(probe));
	assert_bytes(ack.bytes, 42,
		"00005E005301 020000000000 22F4 83 1C 01 06 1C 01 00 01"
		"0623 A1A2A3A4A5A6 00005E005399 020000000000");
	for (at = 42; at < ack.len; at += 2u + ack.bytes[at + 1])
		assert_int_equal(ack.bytes[at], 8);
	assert_int_equal(at, ack.len);
	campus_free(c);
}

/* RBridge 2 takes no more than 1470 bytes, the others 4000; each wants 400 ranges of VLANs. */
static void takes_4000(struct rbridge_config *config, unsigned int number)
{
	config->lsp_size = number == 2 ? 0 : 4000;
	for (unsigned int v = 100; v < 900; v += 2)
		vlan_set_add(&config->interested, v);
}

static void wide(struct rbridge_port_config *config, unsigned int node, uint16_t port)
{
	(void)node, (void)port;
	config->mtu = 9000;
}

/* The longest of @node's LSPs, and how many there are. */
static unsigned int lsps_of(const struct virtual_campus *c, unsigned int node, size_t *longest)
{
	unsigned int count = 0;

	*longest = 0;
	for (uint8_t f = 0; f < 32; f++) {
		struct lsp_id id = lsp_id_of(node, 0);
		const struct lsdb_lsp *lsp;

		id.fragment = f;
		lsp = lsdb_find(rbridge_lsdb(c->nodes[node].rb), &id);
		if (!lsp || lsp->purged)
			continue;
		count++;
		assert_true(f || lsp->len <= 1470);
		*longest = lsp->len > *longest ? lsp->len : *longest;
	}
	return count;
}

static void p_our_lsps_are_cut_to_what_all_can_take(void **state)
{
	struct campus_options options = fast_p2p;
	struct virtual_campus *c;
	unsigned int third;
	size_t longest;

	(void)state;
	options.node = takes_4000;
	options.port = wide;
	c = campus_new(3, 4, 1, &options);
	assert_non_null(c);
	campus_wire(c, (unsigned int[]){0, 1}, 2, 20000, &options);
	third = campus_wire(c, (unsigned int[]){1, 2}, 2, 20000, &options);
	campus_carrier(c, third, false, &options);
	campus_run_ms(c, 5000);
	assert_sub_tlv(campus_lsp(c, 1, 0, 0), 6, "06 05 C0 8000 0100");
	assert_int_equal(lsps_of(c, 0, &longest), 2);
	assert_in_range(longest, 1471, 4000);
	campus_carrier(c, third, true, &options);
	campus_run_ms(c, 35000);
	assert_int_equal(lsps_of(c, 0, &longest), 4);
	assert_in_range(longest, 1300, 1470);
	/* RBridge 2's LSP counts as long as it is there, then 300 s more. */
	campus_carrier(c, third, false, &options);
	campus_run_ms(c, 1400000);
	assert_int_equal(lsps_of(c, 0, &longest), 4);
	campus_run_ms(c, 120000);
	assert_int_equal(lsps_of(c, 0, &longest), 2);
	assert_in_range(longest, 1471, 4000);
	campus_free(c);
}

/* Sz grows when RBridge 2 is forgotten, and the link between 0 and 1 does not carry so much: A7. */
static void e_a_link_that_does_not_carry_a_larger_sz_leaves_report(void **state)
{
	struct campus_options options = fast_p2p;
	struct virtual_campus *c;
	unsigned int third;

	(void)state;
	options.node = takes_4000;
	options.port = tests_the_mtu;
	c = campus_new(3, 4, 1, &options);
	assert_non_null(c);
	campus_wire(c, (unsigned int[]){0, 1}, 2, 20000, &options);
	third = campus_wire(c, (unsigned int[]){1, 2}, 2, 20000, &options);
	c->wires[0].mtu = 1500;
	campus_run_ms(c, 60000);
	assert_int_equal(state_of(c, 0), ADJACENCY_REPORT);
	assert_int_equal(state_of(c, 1), ADJACENCY_REPORT);
	campus_carrier(c, third, false, &options);
	campus_run_ms(c, 1400000);
	assert_int_equal(state_of(c, 0), ADJACENCY_REPORT);
	campus_run_ms(c, 120000);
	assert_int_equal(state_of(c, 0), ADJACENCY_TWO_WAY);
	assert_int_equal(state_of(c, 1), ADJACENCY_TWO_WAY);
	assert_reports(campus_lsp(c, 0, 0, 0), "");
	campus_free(c);
}

/* RFC 6325 section 4.5.2, the port group check: of two ports on one link one takes what comes for
 * many, and no RBridge is its own neighbour. @ends: of the link, and how many. */
static void two_ports_of(unsigned int *ends, unsigned int count, unsigned int nodes)
{
	struct virtual_campus *c = campus_new(nodes, 4, 1, &fast_lan);
	unsigned int taken[16];

	assert_non_null(c);
	campus_wire(c, ends, count, 20000, &fast_lan);
	if (nodes > 2)
		campus_wire(c, (unsigned int[]){nodes - 2, nodes - 1}, 2, 20000, &fast_lan);
	campus_run_ms(c, 8000);
	assert_reached(c, nodes);
	for (unsigned int n = 0; n < nodes; n++) {
		campus_multicast(c, n, 10, taken);
		assert_int_equal(taken[n], 1); /* not again by its own other port */
		for (unsigned int k = 0; k < c->nodes[n].adjacency_count; k++)
			assert_int_not_equal(c->nodes[n].adjacencies[k].mac.bytes[4], n);
	}
	campus_free(c);
}

static void i_of_two_ports_on_a_link_one_takes_each_frame(void **state)
{
	(void)state;
	two_ports_of((unsigned int[]){0, 0, 1}, 3, 2);
	two_ports_of((unsigned int[]){0, 1, 1}, 3, 2);
	two_ports_of((unsigned int[]){0, 0, 1, 1}, 4, 2);
	two_ports_of((unsigned int[]){0, 0, 1, 2}, 4, 3);
	two_ports_of((unsigned int[]){0, 1, 2, 2, 1}, 5, 4);
}

/* An LSP of 7, with TLV 242 (RFC 7176 section 2.3): router ID, flags, then @subs. */
static void says(struct lsdb *db, uint8_t pseudonode, uint8_t fragment, const char *subs)
{
	struct lsp_id id = lsp_id_of(7, pseudonode);
	uint8_t tlv[64] = {242};
	size_t len = subs ? hex(tlv + 7, sizeof(tlv) - 7, subs) : 0;

	id.fragment = fragment;
	tlv[1] = (uint8_t)(len + 5);
	assert_int_equal(lsdb_originate(db, &id, 0, ISIS_LSP_LEVEL1, tlv, subs ? 7 + len : 0,
				 (struct mono){1}),
		0);
}

/* Sub-TLV 13: version 0 and capabilities, of which bit 2 is OAM; 6: a nickname. */
#define VERSION_OAM  "0D 05 00 20000000 "
#define VERSION_ELSE "0D 05 00 08000000 "

static bool oam_of(const char *zero, const char *one)
{
	struct lsdb_config config = {.own = {{1}}, .lsps_max = 10};
	struct lsdb_events none = {.arg = NULL};
	struct lsdb *db = lsdb_new(&config, &none);
	struct campus c;
	bool oam;

	assert_true(db && campus_init(&c, 4, 4, 4));
	says(db, 0, 0, zero);
	says(db, 0, 1, one);
	campus_read(&c, db);
	assert_int_equal(c.graph.node_count, 1);
	oam = c.nodes[0].oam;
	campus_fini(&c);
	lsdb_free(db);
	return oam;
}

/* RFC 7176 section 2.3.1. */
static void h_versions_count_in_lsp_0_alone_and_what_all_of_them_have(void **state)
{
	(void)state;
	assert_true(oam_of(VERSION_OAM, NULL));
	assert_true(oam_of(VERSION_OAM, VERSION_ELSE));
	assert_false(oam_of(NULL, VERSION_OAM));
	assert_true(oam_of(VERSION_OAM VERSION_OAM, NULL));
	assert_false(oam_of(VERSION_OAM VERSION_ELSE, NULL));
	assert_false(oam_of(VERSION_ELSE VERSION_OAM, NULL));
}

/* TREE-RT-IDs and TREE-USE-IDs: start, then nicknames. */
static void h_trees_of_which_two_sub_tlvs_differ_are_contested(void **state)
{
	struct lsdb_config config = {.own = {{1}}, .lsps_max = 10};
	struct lsdb_events none = {.arg = NULL};
	struct lsdb *db = lsdb_new(&config, &none);
	struct campus c;

	(void)state;
	assert_true(db && campus_init(&c, 4, 4, 4));
	says(db, 0, 0, "08 08 0001 0101 0102 0103 09 04 0002 0107");
	says(db, 0, 1, "08 04 0002 0109 08 04 0003 0103 09 04 0002 0108");
	says(db, 0, 2, "08 04 0002 0102");
	campus_read(&c, db);
	assert_int_equal(c.nodes[0].listed.count, 3);
	assert_int_equal(c.nodes[0].listed.ids[0], 0x101);
	assert_int_equal(c.nodes[0].listed.ids[1], NICKNAME_NONE);
	assert_int_equal(c.nodes[0].listed.ids[2], 0x103);
	assert_int_equal(c.nodes[0].listed.contested, 2);
	assert_int_equal(c.nodes[0].used.contested, 2);
	assert_int_equal(c.nodes[0].used.ids[1], NICKNAME_NONE);
	says(db, 0, 1, NULL); /* it is over */
	campus_read(&c, db);
	assert_int_equal(c.nodes[0].listed.ids[1], 0x102);
	assert_int_equal(c.nodes[0].listed.contested, 0);
	campus_fini(&c);
	lsdb_free(db);
}

static void h_a_pseudonode_holds_no_nickname(void **state)
{
	struct lsdb_config config = {.own = {{1}}, .lsps_max = 10};
	struct lsdb_events none = {.arg = NULL};
	struct lsdb *db = lsdb_new(&config, &none);
	struct campus c;

	(void)state;
	assert_true(db && campus_init(&c, 4, 4, 4));
	says(db, 0, 0, "06 05 80 8000 0107");
	says(db, 3, 0, "06 05 FF FFFF 0999");
	campus_read(&c, db);
	assert_int_equal(c.graph.node_count, 2);
	assert_int_equal(c.claim_count, 1);
	assert_int_equal(c.claims[0].nickname, 0x107);
	campus_fini(&c);
	lsdb_free(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(f_two_on_a_lan_bypass_the_pseudonode),
		cmocka_unit_test(f_three_on_a_lan_report_its_pseudonode_and_not_each_other),
		cmocka_unit_test(f_the_pseudonode_stays_when_one_of_three_is_gone),
		cmocka_unit_test(f_who_is_not_drb_any_more_purges_the_pseudonode),
		cmocka_unit_test(f_a_drb_that_dies_is_followed_and_its_pseudonode_counts_no_more),
		cmocka_unit_test(f_a_pseudonode_of_before_a_restart_is_purged),
		cmocka_unit_test(f_parallel_lans_are_told_apart_by_their_pseudonodes),
		cmocka_unit_test(i_on_a_lan_a_frame_is_taken_from_the_neighbour_on_the_way),
		cmocka_unit_test(e_a_link_that_does_not_carry_sz_is_not_reported),
		cmocka_unit_test(e_an_mtu_probe_is_answered_in_its_own_size),
		cmocka_unit_test(p_our_lsps_are_cut_to_what_all_can_take),
		cmocka_unit_test(e_a_link_that_does_not_carry_a_larger_sz_leaves_report),
		cmocka_unit_test(h_roots_and_trees_that_are_used_stand_in_our_lsp),
		cmocka_unit_test(i_the_first_names_the_roots_and_an_ingress_its_trees),
		cmocka_unit_test(i_of_two_ports_on_a_link_one_takes_each_frame),
		cmocka_unit_test(i_nothing_goes_through_an_overloaded_pseudonode),
		cmocka_unit_test(h_versions_count_in_lsp_0_alone_and_what_all_of_them_have),
		cmocka_unit_test(h_trees_of_which_two_sub_tlvs_differ_are_contested),
		cmocka_unit_test(h_a_pseudonode_holds_no_nickname),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
