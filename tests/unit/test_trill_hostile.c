/* What a hostile neighbour says to an RBridge of a virtual campus: it is refused or borne, counted,
 * and the campus stays up (items C, D, H, I, P and Q of docs/trill.md). */
#include "tests/unit/trill_campus.h"

#include "tests/trill/phantom.h"
#include "trill/core/rbridge_internal.h"

static void few_lsps(struct rbridge_config *config, unsigned int number)
{
	(void)number;
	config->lsps_max = 40;
}

static void few_nodes(struct rbridge_config *config, unsigned int number)
{
	(void)number;
	config->nodes_max = 8;
}

static void few_links(struct rbridge_config *config, unsigned int number)
{
	(void)number;
	config->links_max = 10;
}

/* Nodes 0, 1 and 2 on three wires; node 0 has 1 on port 0, and 2 on port 1. */
static struct virtual_campus *triangle_of(const struct campus_options *options)
{
	struct virtual_campus *c = campus_of(3, options);

	wire(c, 0, 1, options);
	wire(c, 1, 2, options);
	wire(c, 2, 0, options);
	campus_run_ms(c, 20000);
	assert_converged(c);
	return c;
}

/* Frames of node 1 to node 0, whoever makes them. */
static struct phantom as_node_1(struct virtual_campus *c)
{
	struct phantom p = phantom_of(c, 0, 0, 1);

	p.mac = campus_mac(1, 0);
	return p;
}

static struct lsp_id lsp_of(unsigned int node)
{
	return (struct lsp_id){.system = {{2, 0, 0, 0, (uint8_t)node, 0}}};
}

static const struct lsdb_lsp *at(
	const struct virtual_campus *c, unsigned int node, const struct lsp_id *id)
{
	return lsdb_find(rbridge_lsdb(c->nodes[node].rb), id);
}

static const struct rbridge_counters *counters(const struct virtual_campus *c)
{
	return rbridge_counters(c->nodes[0].rb, 0);
}

static void c_an_lsp_of_a_bad_checksum_is_counted_and_dropped(void **state)
{
	struct virtual_campus *c = triangle_of(&lan);
	struct phantom p = as_node_1(c);
	struct lsp_id id = lsp_of(2);
	const struct lsdb_lsp *stands = at(c, 0, &id);
	uint32_t sequence = stands->sequence;
	struct exact pdu = exact_of(stands->bytes, stands->len);

	(void)state;
	for (size_t i = ISIS_LSP_ID_AT; i < pdu.len; i++) {
		if (i == ISIS_CHECKSUM_AT || i == ISIS_CHECKSUM_AT + 1)
			continue;
		pdu.bytes[i] ^= 0x10; /* whatever it hits: also lengths */
		phantom_say(&p, pdu.bytes, pdu.len);
		pdu.bytes[i] ^= 0x10;
	}
	assert_int_equal(
		counters(c)->malformed[TRILL_ECHECKSUM] + counters(c)->malformed[TRILL_EOVERRUN],
		pdu.len - ISIS_LSP_ID_AT - 2);
	assert_true(counters(c)->malformed[TRILL_ECHECKSUM] > 20);
	assert_int_equal(at(c, 0, &id)->sequence, sequence);
	campus_run_ms(c, 5000);
	assert_converged(c);
	free(pdu.bytes);
	campus_free(c);
}

static void c_an_lsp_of_sequence_number_0_is_refused(void **state)
{
	struct virtual_campus *c = triangle_of(&lan);
	struct phantom p = as_node_1(c);

	(void)state;
	for (unsigned int i = 0; i < 100; i++) {
		struct lsp_id id = {.system = {{1, 2, 3, 4, 5, (uint8_t)i}}};

		phantom_lsp(&p, &id, 0, 1200, NULL, 0);
	}
	assert_int_equal(counters(c)->lsps[LSDB_NO_SEQUENCE], 100);
	assert_int_equal(lsdb_count(rbridge_lsdb(c->nodes[0].rb)), 3);
	campus_free(c);
}

static void three_lsps(struct rbridge_config *config, unsigned int number)
{
	(void)number;
	config->lsps_max = 3;
}

static struct virtual_campus *triangle_and_one(const struct campus_options *options)
{
	struct virtual_campus *c = campus_of(4, options);

	wire(c, 0, 1, options);
	wire(c, 1, 2, options);
	wire(c, 2, 0, options);
	campus_run_ms(c, 20000);
	return c;
}

/* Whether its LSP, as node 1 has it, says so. */
static bool tells_overload(const struct virtual_campus *c, unsigned int node)
{
	struct lsp_id id = lsp_of(node);

	return at(c, 1, &id)->bytes[ISIS_LSP_HEADER - 1] & ISIS_LSP_OVERLOAD;
}

/* Node 3 comes, a neighbour's neighbour, and there is no room. */
static void c_of_a_full_database_ours_stay_and_overload_is_told(void **state)
{
	struct campus_options few = lan;
	struct lsp_id beyond = lsp_of(0);
	struct virtual_campus *c;
	struct phantom p;

	(void)state;
	few.node = three_lsps;
	c = triangle_and_one(&few);
	p = as_node_1(c);
	assert_false(tells_overload(c, 2));
	wire(c, 2, 3, &few);
	beyond.fragment = 200;
	phantom_lsp(&p, &beyond, 5, 1200, NULL, 0);
	campus_run_ms(c, 10000);
	assert_true(at(c, 0, &beyond)->purged);
	assert_true(rbridge_counters(c->nodes[2].rb, 2)->lsps[LSDB_FULL]);
	assert_true(tells_overload(c, 2));
	for (unsigned int n = 0; n < 9; n++) /* by their links; nothing goes through node 2 */
		assert_int_equal(campus_unicast(c, n / 3, campus_nickname(c, n % 3), n), n % 3);
	campus_free(c);
}

/* Whoever fills the database with RBridges that nobody lists takes no room from one that comes, and
 * nobody is overloaded for it. */
static void c_strangers_that_fill_the_database_give_way(void **state)
{
	struct lsp_id newcomer = {.fragment = 0};
	struct campus_options few = lan;
	struct virtual_campus *c;
	struct phantom p;
	uint64_t reads;

	(void)state;
	few.node = few_lsps;
	c = triangle_and_one(&few);
	p = as_node_1(c);
	reads = c->nodes[0].rb->listed.reads;
	for (unsigned int i = 0; i < 200; i++) {
		struct lsp_id id = {.system = {{1, 2, 3, 4, 5, (uint8_t)i}}};

		phantom_lsp(&p, &id, 1, 1200, NULL, 0);
	}
	assert_int_equal(counters(c)->lsps[LSDB_STRANGER], 200 - 37);
	assert_int_equal(counters(c)->lsps[LSDB_FULL], 0);
	assert_int_equal(c->nodes[0].rb->listed.reads - reads, 1); /* and not for each */
	campus_run_ms(c, 5000);
	assert_int_equal(lsdb_count(rbridge_lsdb(c->nodes[0].rb)), 40);
	wire(c, 2, 3, &few);
	campus_run_ms(c, 60000);
	assert_converged(c);
	assert_int_equal(rbridge_counters(c->nodes[2].rb, 2)->lsps[LSDB_STRANGER], 0);
	for (unsigned int n = 0; n < 4; n++) {
		assert_true(lsdb_count(rbridge_lsdb(c->nodes[n].rb)) <= 40);
		assert_false(tells_overload(c, n));
	}
	/* The strangers' age, and are forgotten. */
	campus_run_ms(c, 1300000);
	assert_int_equal(lsdb_count(rbridge_lsdb(c->nodes[0].rb)), 4);
	assert_converged(c);
	/* Who has just become a neighbour is none, though no LSP says so yet. */
	p = phantom_of(c, 0, 0, 7);
	newcomer.system = p.system;
	assert_true(rbridge_stranger(c->nodes[0].rb, &newcomer));
	phantom_hello(&p, 0);
	assert_false(rbridge_stranger(c->nodes[0].rb, &newcomer));
	campus_free(c);
}

static void c_lsps_and_snps_of_who_is_no_neighbour_are_not_taken(void **state)
{
	struct virtual_campus *c = triangle_of(&lan);
	struct phantom p = phantom_of(c, 0, 0, 1);
	struct lsp_id id = {.system = {{1, 2, 3, 4, 5, 6}}};

	(void)state;
	phantom_lsp(&p, &id, 1, 1200, NULL, 0);
	assert_int_equal(counters(c)->not_adjacent, 1);
	assert_null(at(c, 0, &id));
	phantom_hello(&p, 0);
	phantom_lsp(&p, &id, 1, 1200, NULL, 0);
	assert_int_equal(counters(c)->not_adjacent, 1);
	assert_non_null(at(c, 0, &id));
	campus_free(c);
}

static void inject(struct virtual_campus *c, const char *frame)
{
	uint8_t bytes[256];

	campus_inject(c, 0, 0, bytes, hex(bytes, sizeof(bytes), frame));
}

static void c_what_is_no_is_is_is_counted_by_its_kind(void **state)
{
	struct virtual_campus *c = triangle_of(&lan);
	const struct rbridge_counters *n = counters(c);

	(void)state;
	inject(c, "0180C2000041 0200000001");
	assert_int_equal(n->malformed[TRILL_ETRUNC], 1);
	inject(c, "0180C2000041 020000000100 0800 45000014");
	assert_int_equal(n->other, 1);
	/* BPDUs: of a changed topology, which names no root, and of a root bridge. */
	inject(c, "0180C2000000 020000000100 0007 424203 0000 00 80");
	assert_int_equal(n->other, 2);
	inject(c, "0180C2000000 020000000100 0026 424203 0000 00 00 00 8000 02000000FF00 00000000 "
		  "8000 02000000FF00 8001 0000 1400 0200 0F00 000000");
	assert_int_equal(n->bpdus, 1);
	inject(c, "0180C2000046 020000000100 8946 0001 0000");
	assert_int_equal(n->channel, 1);
	inject(c, "0180C2000046 020000000100 81000063 8946 0001 0000"); /* VLAN 99 is not enabled */
	assert_int_equal(n->channel, 1);
	assert_int_equal(n->vlan, 1);
	inject(c, "020000000099 020000000100 22F4 83");
	assert_int_equal(n->not_ours, 1);
	inject(c, "020000000000 020000000100 22F4 83");
	assert_int_equal(n->malformed[TRILL_ETRUNC], 2);
	assert_converged(c);
	campus_free(c);
}

/* RFC 6325 section 4.2.4: what is not known is counted, type by type. */
static void c_a_pdu_of_an_unknown_type_is_counted(void **state)
{
	static const uint8_t pdu[] = {0x83, 27, 1, 0, 31, 1, 0, 0, 1, 2, 3, 4};
	struct virtual_campus *c = triangle_of(&lan);
	struct phantom p = as_node_1(c);

	(void)state;
	phantom_say(&p, pdu, sizeof(pdu));
	phantom_say(&p, pdu, sizeof(pdu));
	assert_int_equal(counters(c)->pdus[31], 2);
	assert_int_equal(counters(c)->malformed[TRILL_EUNKNOWN], 2);
	assert_converged(c);
	campus_free(c);
}

static void d_a_hello_of_another_area_makes_no_neighbour(void **state)
{
	struct virtual_campus *c = triangle_of(&lan);
	struct phantom p = phantom_of(c, 0, 0, 1);

	(void)state;
	phantom_hello(&p, 0x49);
	assert_int_equal(counters(c)->hellos[HELLO_AREA], 1);
	assert_int_equal(rbridge_adjacencies(c->nodes[0].rb, 0)->count, 1);
	phantom_hello(&p, 0x00); /* the same in TRILL's area is one */
	assert_int_equal(counters(c)->hellos[HELLO_AREA], 1);
	assert_int_equal(rbridge_adjacencies(c->nodes[0].rb, 0)->count, 2);
	campus_free(c);
}

/* It is no neighbour for an instant, again and again; who is one, and says so, is none any more. */
static void d_a_hello_without_a_holding_time_makes_no_neighbour(void **state)
{
	struct virtual_campus *c = triangle_of(&lan);
	struct phantom p = phantom_of(c, 0, 0, 1);
	uint64_t computed = rbridge_computed(c->nodes[0].rb);

	(void)state;
	p.holding_s = 0;
	for (unsigned int i = 0; i < 10; i++) {
		phantom_hello(&p, 0);
		campus_run_ms(c, 300);
	}
	assert_int_equal(counters(c)->hellos[HELLO_EXPIRED], 10);
	assert_int_equal(rbridge_adjacencies(c->nodes[0].rb, 0)->count, 1);
	assert_int_equal(rbridge_computed(c->nodes[0].rb), computed);
	p.holding_s = 30;
	phantom_hello(&p, 0);
	assert_int_equal(rbridge_adjacencies(c->nodes[0].rb, 0)->count, 2);
	p.holding_s = 0;
	phantom_hello(&p, 0);
	campus_run_ms(c, 1);
	assert_int_equal(rbridge_adjacencies(c->nodes[0].rb, 0)->count, 1);
	assert_int_equal(counters(c)->hellos[HELLO_EXPIRED], 10);
	campus_free(c);
}

static void on_hello_out(
	void *arg, unsigned int wire, unsigned int from, const uint8_t *frame, size_t len)
{
	(void)from;
	*(unsigned int *)arg +=
		wire == 3 && len > 14 && !memcmp(frame, mac_all_isis_rbridges.bytes, 6);
}

/* neighbors = no: the others are told of us, and who is there is no RBridge, whatever he says. */
static void d_at_a_port_without_neighbours_no_is_is_is_taken(void **state)
{
	struct virtual_campus *c = triangle_of(&lan);
	const struct adjacency_table *t;
	struct phantom p = phantom_of(c, 0, 2, 1);
	struct rbridge_port_config heard;
	struct lsp_id theirs = lsp_of(2);
	unsigned int out = 0;

	(void)state;
	campus_wire(c, (unsigned int[]){0}, 1, 20000, &lan);
	c->nodes[0].configs[2].deaf = true;
	campus_port_up(c, 0, 2);
	t = rbridge_adjacencies(c->nodes[0].rb, 2);
	c->tap = on_hello_out;
	c->tap_arg = &out;
	phantom_hello(&p, 0);
	phantom_lsp(&p, &theirs, 0x7fffffff, 0, NULL, 0); /* a purge of another's */
	phantom_live_s(&p, 10);
	assert_int_equal(t->count, 0);
	assert_int_equal(rbridge_counters(c->nodes[0].rb, 2)->unheard, 12);
	assert_int_equal(rbridge_counters(c->nodes[0].rb, 2)->hellos[HELLO_TAKEN], 0);
	assert_true(out >= 3);
	assert_converged(c);
	/* Another configuration, and he is heard. */
	heard = c->nodes[0].configs[2];
	heard.deaf = false;
	assert_true(rbridge_port_reconfigure(c->nodes[0].rb, 2, &heard, c->now));
	phantom_hello(&p, 0);
	assert_int_equal(t->count, 1);
	campus_free(c);
}

/* RFC 6325 section 4.4.3: the port has VLAN 1 alone, as a bridge's would. Who speaks in another
 * does not decide of the link, nor is anything of his taken. */
static void d_what_is_in_a_vlan_that_is_not_enabled_is_dropped(void **state)
{
	static const uint16_t vlans[] = {99, 4095};
	struct virtual_campus *c = triangle_of(&lan);
	struct phantom p = phantom_of(c, 0, 0, 1);
	struct lsp_id theirs = lsp_of(2);

	(void)state;
	p.priority = 127;
	p.wants = 7;
	for (unsigned int i = 0; i < 2; i++) {
		p.vlan = vlans[i];
		phantom_live_s(&p, 20);
		phantom_lsp(&p, &theirs, 0x7fffffff, 0, NULL, 0);
		assert_int_equal(counters(c)->vlan, 21 * (i + 1));
		assert_int_equal(rbridge_adjacencies(c->nodes[0].rb, 0)->count, 1);
		assert_int_equal(rbridge_designated(c->nodes[0].rb, 0), 1);
		assert_converged(c);
	}
	/* In VLAN 1, by a tag: he is DRB. */
	p.vlan = p.wants = 1;
	phantom_hello(&p, 0);
	assert_int_equal(rbridge_adjacencies(c->nodes[0].rb, 0)->count, 2);
	assert_false(rbridge_is_drb(c->nodes[0].rb, 0));
	campus_free(c);
}

/* Ten thousand a second from made-up MACs, and as many of the neighbour itself. */
static void d_a_flood_of_hellos_is_bounded_and_neighbours_stay(void **state)
{
	struct virtual_campus *c = triangle_of(&lan);
	const struct adjacency_table *t = rbridge_adjacencies(c->nodes[0].rb, 0);
	uint64_t computed = rbridge_computed(c->nodes[0].rb);
	struct lsp_id neighbor = lsp_of(1);

	(void)state;
	for (unsigned int ms = 0; ms < 60000; ms += 10) {
		for (unsigned int i = 0; i < 100; i++) {
			uint32_t any = (ms * 10 + i) * 2654435761u; /* all differ, in no order */
			struct phantom p = phantom_of(c, 0, 0, (uint16_t)(any >> 16));

			phantom_hello(&p, 0);
		}
		campus_run_ms(c, 10);
		assert_true(t->count <= 8);
	}
	/* 256 at once, and 100 a second; or a row is one's own for the while. */
	assert_in_range(counters(c)->flooded, 500000, 600000 - 6000);
	assert_in_range(counters(c)->refused, 5000, 6300);
	for (unsigned int i = 0; i < t->count; i++)
		if (!system_id_compare(&t->rows[i].key.system, &neighbor.system))
			assert_int_equal(t->rows[i].state, ADJACENCY_REPORT);
	assert_true(rbridge_computed(c->nodes[0].rb) - computed < 100);
	campus_run_ms(c, 40000); /* their Holding Time */
	assert_int_equal(t->count, 1);
	assert_converged(c);
	campus_free(c);
}

static void d_a_neighbour_that_floods_hellos_is_held_to_a_rate(void **state)
{
	struct virtual_campus *c = triangle_of(&lan);
	struct phantom p = phantom_of(c, 0, 0, 1), other = phantom_of(c, 0, 0, 2);
	uint64_t before, taken;

	(void)state;
	phantom_hello(&p, 0);
	before = counters(c)->hellos[HELLO_TAKEN];
	for (unsigned int i = 0; i < 100000; i++)
		phantom_hello(&p, 0);
	taken = counters(c)->hellos[HELLO_TAKEN] - before;
	assert_int_equal(taken, 8192);
	assert_int_equal(counters(c)->flooded, 100000 - 8192);
	phantom_hello(&other, 0); /* it takes nothing from others */
	assert_int_equal(counters(c)->hellos[HELLO_TAKEN] - before, 8193);
	campus_run_ms(c, 20000);
	assert_int_equal(rbridge_adjacencies(c->nodes[0].rb, 0)->rows[0].state, ADJACENCY_REPORT);
	campus_free(c);
}

static void h_the_last_sequence_number_of_ours_is_purged_and_rests(void **state)
{
	struct virtual_campus *c = triangle_of(&lan);
	struct phantom p = as_node_1(c);
	struct lsp_id id = lsp_of(0);

	(void)state;
	phantom_lsp(&p, &id, LSDB_SEQUENCE_MAX, 1200, NULL, 0);
	campus_run_ms(c, 5000);
	assert_int_equal(rbridge_said(c->nodes[0].rb)->used_up, 1);
	for (unsigned int n = 0; n < 3; n++) {
		assert_int_equal(at(c, n, &id)->sequence, LSDB_SEQUENCE_MAX);
		assert_true(at(c, n, &id)->purged);
	}
	assert_int_equal(campus_unicast(c, 1, 0x100, 0), -1);
	assert_int_equal(campus_unicast(c, 1, 0x102, 0), 2); /* the others stay */
	campus_run_ms(c, 590000);
	campus_carrier(c, 2, false, &lan); /* neither does what we would say make it shorter */
	campus_run_ms(c, 5000);
	campus_carrier(c, 2, true, &lan);
	campus_run_ms(c, 5000);
	phantom_lsp(&p, &id, LSDB_SEQUENCE_MAX, 1200, NULL, 0); /* it makes the rest no longer */
	campus_run_ms(c, 640000);
	assert_null(at(c, 1, &id));
	campus_run_ms(c, 45000); /* MaxAge and ZeroAge are over */
	assert_non_null(at(c, 1, &id));
	assert_true(at(c, 1, &id)->sequence < 20);
	assert_int_equal(rbridge_said(c->nodes[0].rb)->used_up, 1);
	campus_run_ms(c, 5000);
	assert_converged(c);
	campus_free(c);
}

static void h_fragments_that_we_never_said_are_purged(void **state)
{
	struct virtual_campus *c = triangle_of(&lan);
	struct phantom p = phantom_of(c, 1, 0, 1);
	struct lsp_id beyond = lsp_of(0), pseudonode = lsp_of(0), next = lsp_of(0);

	(void)state;
	beyond.fragment = 200;
	pseudonode.pseudonode = 250;
	next.fragment = 7;
	p.mac = campus_mac(0, 0); /* node 1 believes it, and tells the others */
	phantom_lsp(&p, &beyond, 5, 1200, NULL, 0);
	phantom_lsp(&p, &pseudonode, LSDB_SEQUENCE_MAX, 1200, NULL, 0);
	phantom_lsp(&p, &next, 9, 1200, NULL, 0);
	campus_run_ms(c, 5000);
	assert_int_equal(rbridge_counters(c->nodes[0].rb, 1)->lsps[LSDB_OURS], 3);
	for (unsigned int n = 0; n < 3; n++) {
		assert_true(at(c, n, &beyond)->purged);
		assert_int_equal(at(c, n, &beyond)->sequence, 5);
		assert_true(at(c, n, &pseudonode)->purged);
		assert_int_equal(at(c, n, &pseudonode)->sequence, LSDB_SEQUENCE_MAX);
		assert_true(at(c, n, &next)->purged);
	}
	assert_converged(c);
	campus_run_ms(c, 70000);
	assert_null(at(c, 0, &beyond)); /* ZeroAge */
	campus_free(c);
}

static void h_reserved_nicknames_are_counted_and_lead_nowhere(void **state)
{
	static const uint16_t said[] = {0xffc0, 0xffff, 0x0000, 0x0500};
	struct virtual_campus *c = triangle_of(&lan);
	struct phantom p = phantom_of(c, 0, 0, 1);

	(void)state;
	phantom_live_s(&p, 2);
	phantom_claims(&p, said, 4);
	phantom_live_s(&p, 5);
	for (unsigned int n = 0; n < 3; n++) {
		assert_int_equal(rbridge_campus(c->nodes[n].rb)->reserved, 3);
		assert_int_equal(c->slots[0xffc0], 0); /* no row was ever written of it */
		assert_int_equal(c->slots[0xffff], 0);
		assert_true(c->nodes[n].has_path[c->slots[0x500]]);
	}
	campus_free(c);
}

/* He says that he has a link to node 0, which is not heard of him: nobody reaches him. */
static void h_who_is_not_reached_takes_no_nickname(void **state)
{
	struct virtual_campus *c = triangle_of(&lan);
	struct phantom p = phantom_of(c, 0, 0, 1), away = phantom_of(c, 0, 0, 2);
	uint16_t held = campus_nickname(c, 0);

	(void)state;
	away.mac = p.mac;
	phantom_live_s(&p, 2);
	phantom_claims(&away, &held, 1);
	phantom_live_s(&p, 5);
	assert_int_equal(campus_nickname(c, 0), held);
	assert_int_equal(rbridge_nicknames(c->nodes[0].rb)->conflicts_lost, 0);
	phantom_claims(&p, &held, 1); /* who is reached takes it */
	phantom_live_s(&p, 5);
	assert_int_equal(rbridge_nicknames(c->nodes[0].rb)->conflicts_lost, 1);
	campus_free(c);
}

static void same_nickname(struct rbridge_config *config, unsigned int number)
{
	if (number == 2)
		config->nicknames[0].nickname = 0x100;
}

/* Node 0 and node 2 both want 0x100, and data has no way between them: node 1 is overloaded, or
 * what its link to node 0 costs is nothing that data may go over. */
static void h_who_is_reached_takes_a_nickname_where_data_does_not_go(void **state)
{
	struct campus_options options = p2p;

	(void)state;
	options.node = same_nickname;
	for (unsigned int i = 0; i < 2; i++) {
		struct virtual_campus *c = campus_of(3, &options);

		if (i)
			campus_wire(c, (unsigned int[]){0, 1}, 2, 0xFFFFFF, &options);
		else
			wire(c, 0, 1, &options);
		wire(c, 1, 2, &options);
		rbridge_overload(c->nodes[1].rb, !i, c->now);
		campus_run_ms(c, 60000);
		assert_int_equal(campus_unicast(c, 0, campus_nickname(c, 2), 0), -1);
		assert_int_equal(campus_nickname(c, 2), 0x100); /* the higher system ID */
		assert_int_not_equal(campus_nickname(c, 0), 0x100);
		assert_int_equal(rbridge_nicknames(c->nodes[0].rb)->conflicts_lost, 1);
		campus_free(c);
	}
}

/* Behind an overloaded one nobody is a stranger: who lists them is IS-IS reachable. */
static void c_who_is_listed_behind_an_overloaded_one_is_no_stranger(void **state)
{
	struct virtual_campus *c = campus_of(4, &p2p);
	struct lsp_id last = lsp_of(3), nobody = lsp_of(4);

	(void)state;
	for (unsigned int n = 0; n < 3; n++)
		wire(c, n, n + 1, &p2p);
	rbridge_overload(c->nodes[1].rb, true, c->now);
	campus_run_ms(c, 20000);
	assert_int_equal(campus_unicast(c, 0, 0x103, 0), -1);
	assert_false(rbridge_stranger(c->nodes[0].rb, &last));
	assert_true(rbridge_stranger(c->nodes[0].rb, &nobody));
	campus_free(c);
}

static void few_nicknames(struct rbridge_config *config, unsigned int number)
{
	few_links(config, number);
	config->nicknames_max = 8;
}

/* Of @p, fragment @fragment of his LSP: @count nicknames from @first on, and as many times a link
 * to node 0. */
static void says_much(
	struct phantom *p, const struct lsp_id *id, uint16_t first, unsigned int count)
{
	struct reach reach = {.neighbor = {.system = lsp_of(0).system}, .metric = 20000};
	WRITER(w);
	size_t at;

	for (unsigned int i = 0; i < count; i++) {
		struct capability_nickname claim = {
			.priority = 0xff, .nickname = (uint16_t)(first + i)};

		at = tlv_begin(&w, TLV_REACHABILITY, TLV_STANDARD);
		reach_put(&w, &reach);
		tlv_end(&w, at, TLV_STANDARD);
		at = capability_begin(&w, 0);
		capability_nicknames_put(&w, &claim, 1);
		tlv_end(&w, at, TLV_STANDARD);
	}
	phantom_lsp(p, id, 1, 1200, w.buf, w.pos);
}

/* A neighbour of node 0 comes, who has no room for what it says: that is its own nickname. */
static void h_an_lsp_that_finds_no_room_takes_a_nickname_all_the_same(void **state)
{
	struct campus_options few = lan;
	struct virtual_campus *c;
	struct phantom p;
	uint16_t held;

	(void)state;
	few.node = three_lsps;
	c = triangle_and_one(&few);
	p = phantom_of(c, 0, 0, 1);
	held = campus_nickname(c, 0);
	for (unsigned int i = 0; i < 20; i++) {
		phantom_hello(&p, 0);
		phantom_claims(&p, &held, 1);
		campus_run_ms(c, 1000);
	}
	assert_true(rbridge_counters(c->nodes[0].rb, 0)->lsps[LSDB_FULL]);
	assert_int_equal(lsdb_count(rbridge_lsdb(c->nodes[0].rb)), 3);
	assert_int_equal(rbridge_nicknames(c->nodes[0].rb)->conflicts_lost, 1);
	assert_int_not_equal(campus_nickname(c, 0), held);
	campus_free(c);
}

/* The last of many that he claims is node 0's, and there is no room for it. */
static void h_who_has_no_room_for_all_it_claims_takes_a_nickname_all_the_same(void **state)
{
	struct campus_options few = lan;
	struct virtual_campus *c;
	struct lsp_id id;
	struct phantom p;
	uint16_t held;

	(void)state;
	few.node = few_nicknames;
	c = triangle_of(&few);
	held = campus_nickname(c, 0);
	p = phantom_of(c, 0, 0, 1);
	id = (struct lsp_id){.system = p.system};
	phantom_live_s(&p, 2);
	says_much(&p, &id, 0x1000, 20);
	phantom_live_s(&p, 2);
	assert_true(rbridge_campus(c->nodes[0].rb)->cut);
	assert_int_equal(campus_nickname(c, 0), held);
	id.fragment++;
	says_much(&p, &id, held, 1);
	phantom_live_s(&p, 2);
	assert_int_not_equal(campus_nickname(c, 0), held);
	campus_free(c);
}

static void few_nodes_same_nickname(struct rbridge_config *config, unsigned int number)
{
	few_nodes(config, number);
	if (number == 11)
		config->nicknames[0].nickname = 0x100;
}

/* Twelve in a row, each with room for eight: the first and the last want the same. */
static void h_who_is_beyond_the_room_takes_a_nickname_all_the_same(void **state)
{
	struct campus_options few = p2p;
	struct virtual_campus *c;

	(void)state;
	few.node = few_nodes_same_nickname;
	c = campus_of(12, &few);
	for (unsigned int n = 0; n < 11; n++)
		wire(c, n, n + 1, &few);
	campus_run_ms(c, 60000);
	assert_int_equal(rbridge_campus(c->nodes[0].rb)->beyond_count, 4);
	assert_int_equal(campus_nickname(c, 11), 0x100);
	assert_int_not_equal(campus_nickname(c, 0), 0x100);
	campus_free(c);
}

/* Whatever node 0 holds, he claims with a higher priority. */
static void h_a_storm_of_nickname_conflicts_is_capped(void **state)
{
	struct virtual_campus *c = triangle_of(&lan);
	struct phantom p = phantom_of(c, 0, 0, 1);
	const struct nicknames *ours = rbridge_nicknames(c->nodes[0].rb);
	uint64_t originated = rbridge_originated(c->nodes[0].rb);

	(void)state;
	for (unsigned int i = 0; i < 1200; i++) {
		uint16_t held = ours->own[0].nickname;

		if (i % 10 == 0)
			phantom_hello(&p, 0);
		if (held)
			phantom_claims(&p, &held, 1);
		campus_run_ms(c, 100);
	}
	assert_in_range(ours->conflicts_lost, 5, 9); /* after 0, 1, 2, 4 to 64 s */
	assert_true(rbridge_originated(c->nodes[0].rb) - originated < 40);
	assert_int_equal(campus_unicast(c, 1, 0x102, 0), 2);
	assert_int_equal(campus_unicast(c, 2, 0x101, 0), 1);
	campus_run_ms(c, 200000); /* he is silent */
	assert_int_not_equal(ours->own[0].nickname, NICKNAME_NONE);
	assert_converged(c);
	campus_free(c);
}

/* Made-up RBridges whose IDs are lower than most take no room in the topology. */
static void i_strangers_leave_room_for_those_that_are_there(void **state)
{
	struct campus_options few = lan;
	struct virtual_campus *c;
	struct phantom p;

	(void)state;
	few.node = few_nodes;
	c = triangle_of(&few);
	p = as_node_1(c);
	for (unsigned int i = 0; i < 20; i++) { /* between nodes 1 and 2 */
		struct lsp_id id = {.system = {{2, 0, 0, 0, 1, (uint8_t)(i + 1)}}};

		phantom_lsp(&p, &id, 1, 1200, NULL, 0);
	}
	campus_run_ms(c, 5000);
	for (unsigned int n = 0; n < 3; n++) {
		assert_true(rbridge_campus(c->nodes[n].rb)->cut);
		assert_int_equal(rbridge_campus(c->nodes[n].rb)->graph.node_count, 3);
	}
	assert_converged(c);
	campus_run_ms(c, 1300000); /* they age */
	assert_false(rbridge_campus(c->nodes[0].rb)->cut);
	assert_converged(c);
	campus_free(c);
}

/* Twelve in a row, and each has room for eight. */
static void i_where_there_is_no_room_for_all_the_nearest_are_there(void **state)
{
	struct campus_options few = p2p;
	struct virtual_campus *c;

	(void)state;
	few.node = few_nodes;
	c = campus_of(12, &few);
	for (unsigned int n = 0; n < 11; n++)
		wire(c, n, n + 1, &few);
	campus_run_ms(c, 60000);
	for (unsigned int n = 0; n < 12; n++) {
		assert_true(rbridge_campus(c->nodes[n].rb)->cut);
		assert_int_equal(rbridge_campus(c->nodes[n].rb)->graph.node_count, 8);
	}
	for (unsigned int n = 0; n < 12; n++) {
		assert_int_equal(c->nodes[0].has_path[c->slots[0x100 + n]], n && n < 8);
		assert_int_equal(c->nodes[11].has_path[c->slots[0x100 + n]], n >= 4 && n < 11);
	}
	campus_free(c);
}

/* Whom nobody lists takes no room, whatever it says of itself. */
static void i_who_is_not_reached_takes_no_room_of_nicknames_and_links(void **state)
{
	struct lsp_id id = {.system = {{1, 2, 3, 4, 5, 6}}};
	struct campus_options few = lan;
	struct virtual_campus *c;
	struct phantom p;

	(void)state;
	few.node = few_nicknames;
	c = triangle_of(&few);
	p = as_node_1(c);
	for (unsigned int i = 0; i < 10; i++, id.fragment++)
		says_much(&p, &id, (uint16_t)(0x1000 + 20 * i), 20);
	campus_run_ms(c, 5000);
	for (unsigned int n = 0; n < 3; n++) {
		assert_false(rbridge_campus(c->nodes[n].rb)->cut);
		assert_int_equal(rbridge_campus(c->nodes[n].rb)->claim_count, 3);
	}
	assert_converged(c);
	campus_free(c);
}

/* Who is there, and says much, has what others leave; one link is one, however often it is said. */
static void i_who_claims_many_nicknames_leaves_others_theirs(void **state)
{
	struct campus_options few = lan;
	struct virtual_campus *c;
	struct lsp_id id;
	struct phantom p;

	(void)state;
	few.node = few_nicknames;
	c = triangle_of(&few);
	p = phantom_of(c, 0, 0, 1); /* his ID is before all others' */
	id = (struct lsp_id){.system = p.system};
	phantom_live_s(&p, 2);
	for (unsigned int i = 0; i < 10; i++, id.fragment++)
		says_much(&p, &id, (uint16_t)(0x1000 + 20 * i), 20);
	phantom_live_s(&p, 5);
	for (unsigned int n = 0; n < 3; n++) {
		const struct campus *seen = rbridge_campus(c->nodes[n].rb);

		assert_true(seen->cut);
		assert_int_equal(seen->claim_count, 8);
		assert_int_equal(seen->graph.edge_count, 8);
		assert_true(c->nodes[n].has_path[c->slots[0x1000]]);
		for (unsigned int of = 0; of < 3; of++)
			assert_int_equal(campus_unicast(c, n, campus_nickname(c, of), n), of);
	}
	campus_free(c);
}

static void i_a_flood_of_lsps_is_not_computed_each_time(void **state)
{
	struct virtual_campus *c = triangle_of(&lan);
	struct phantom p = as_node_1(c);
	uint64_t computed = rbridge_computed(c->nodes[0].rb);

	(void)state;
	for (unsigned int i = 0; i < 1000; i++) {
		struct lsp_id id = {.system = {{1, 2, 3, 4, (uint8_t)(i >> 8), (uint8_t)i}}};

		phantom_lsp(&p, &id, 1, 1200, NULL, 0);
		campus_run_ms(c, 5);
	}
	/* At once, after 1, 2, 4 ms and so on, and then once a second. */
	assert_in_range(rbridge_computed(c->nodes[0].rb) - computed, 10, 20);
	campus_free(c);
}

static void p_a_storm_of_purges_is_outlived(void **state)
{
	struct virtual_campus *c = triangle_of(&lan);
	struct phantom p = as_node_1(c);
	uint64_t originated = rbridge_originated(c->nodes[2].rb);
	struct lsp_id id = lsp_of(2);

	(void)state;
	for (unsigned int i = 0; i < 1000; i++) {
		struct lsp_id unknown = {.system = {{9, 9, 9, 9, (uint8_t)(i >> 8), (uint8_t)i}}};

		phantom_lsp(&p, &unknown, 1, 0, NULL, 0);
	}
	assert_int_equal(counters(c)->lsps[LSDB_UNKNOWN_PURGE], 1000);
	assert_int_equal(lsdb_count(rbridge_lsdb(c->nodes[0].rb)), 3);
	for (unsigned int i = 0; i < 600; i++) {
		phantom_lsp(&p, &id, at(c, 0, &id)->sequence + 1, 0, NULL, 0);
		campus_run_ms(c, 100);
	}
	/* 50 ms, twice as long each time, up to 1 s. */
	assert_in_range(rbridge_originated(c->nodes[2].rb) - originated, 58, 70);
	assert_int_equal(campus_unicast(c, 0, 0x101, 0), 1);
	campus_run_ms(c, 1500);
	assert_converged(c);
	campus_free(c);
}

/* Who is purged each 3 s, or said to have no links, is there for most of the time; what it has to
 * say of itself meanwhile is not late for that. */
static void p_who_is_purged_again_and_again_is_there_most_of_the_time(void **state)
{
	struct virtual_campus *c = triangle_of(&lan);
	struct phantom p = as_node_1(c);
	struct lsp_id id = lsp_of(2);
	unsigned int there = 0;

	(void)state;
	for (unsigned int i = 0; i < 600; i++) {
		if (i % 30 == 0)
			phantom_lsp(&p, &id, at(c, 0, &id)->sequence + 1, i / 30 & 1 ? 1200 : 0,
				NULL, 0);
		campus_run_ms(c, 100);
		there += campus_unicast(c, 0, 0x102, i) == 2;
	}
	assert_in_range(there, 400, 600);
	c->nodes[2].configs[0].cost = 90000;
	assert_true(rbridge_port_reconfigure(c->nodes[2].rb, 0, &c->nodes[2].configs[0], c->now));
	timer_set(&c->timers, &c->nodes[2].timer, rbridge_next(c->nodes[2].rb));
	campus_run_ms(c, 300);
	assert_non_null(memmem(at(c, 0, &id)->bytes, at(c, 0, &id)->len, "\x01\x5f\x90", 3));
	campus_run_ms(c, 2000);
	assert_converged(c);
	campus_free(c);
}

static struct isis_key *key_of(const char *secret)
{
	return isis_key_new(ISIS_AUTH_HMAC_SHA256, 1, secret, strlen(secret));
}

/* Neither with a neighbour's MAC nor with new ones; whoever has the key is heard. */
static void q_hellos_without_the_key_take_nothing_from_those_with_it(void **state)
{
	struct isis_key *key = key_of("ours"), *wrong = key_of("theirs");
	struct campus_options signs = lan;
	const struct adjacency_table *t;
	struct virtual_campus *c;
	struct phantom p;

	(void)state;
	signs.keys = &key;
	signs.key_count = 1;
	c = triangle_of(&signs);
	t = rbridge_adjacencies(c->nodes[0].rb, 0);
	p = as_node_1(c);
	for (unsigned int i = 0; i < 10000; i++) {
		p.key = i & 1 ? wrong : NULL;
		phantom_hello(&p, 0);
	}
	for (unsigned int i = 0; i < 2000; i++) {
		p = phantom_of(c, 0, 0, (uint16_t)(100 + i));
		phantom_hello(&p, 0);
	}
	assert_int_equal(counters(c)->hellos[HELLO_AUTH], 12000);
	assert_int_equal(counters(c)->flooded, 0);
	p = phantom_of(c, 0, 0, 1);
	p.key = key;
	phantom_hello(&p, 0);
	assert_int_equal(t->count, 2);
	campus_run_ms(c, 5000);
	assert_converged(c);
	for (unsigned int i = 0; i < 10000; i++)
		phantom_hello(&p, 0); /* who has the key is held to a rate */
	assert_true(counters(c)->flooded > 1000);
	campus_free(c);
	isis_key_free(key);
	isis_key_free(wrong);
}

/* Who has heard an authentic Hello says it again and again: what that neighbour says else is heard.
 */
static void q_a_replayed_hello_spends_no_tokens_but_its_own(void **state)
{
	struct isis_key *key = key_of("ours");
	struct campus_options signs = lan;
	struct phantom p, other;
	struct virtual_campus *c;
	uint64_t taken;

	(void)state;
	signs.keys = &key;
	signs.key_count = 1;
	c = triangle_of(&signs);
	p = other = as_node_1(c);
	p.key = other.key = key;
	other.system.bytes[5] ^= 0x40;
	taken = counters(c)->hellos[HELLO_TAKEN];
	for (unsigned int i = 0; i < 20000; i++)
		phantom_hello(&p, 0);
	assert_int_equal(counters(c)->hellos[HELLO_TAKEN] - taken, 256);
	assert_int_equal(counters(c)->flooded, 20000 - 256);
	phantom_hello(&other, 0);
	assert_int_equal(counters(c)->flooded, 20000 - 256);
	campus_run_ms(c, 1000);
	taken = counters(c)->flooded;
	for (unsigned int i = 0; i < 100; i++)
		phantom_hello(&p, 0);
	assert_int_equal(counters(c)->flooded - taken, 100 - 64);
	campus_free(c);
	isis_key_free(key);
}

/* Hellos of another area make no row: who sends them stays a stranger. */
static void d_a_stranger_that_floods_hellos_leaves_newcomers_theirs(void **state)
{
	struct virtual_campus *c = triangle_of(&lan);
	struct phantom p = phantom_of(c, 0, 0, 1000);
	uint64_t taken = counters(c)->hellos[HELLO_TAKEN];

	(void)state;
	for (unsigned int i = 0; i < 1000; i++)
		phantom_hello(&p, 1);
	assert_int_equal(counters(c)->flooded, 1000 - 16);
	for (uint16_t i = 0; i < 16; i++) {
		p = phantom_of(c, 0, 0, i);
		phantom_hello(&p, 0);
	}
	/* But for those that have the same share of sixteen. */
	assert_in_range(counters(c)->hellos[HELLO_TAKEN] - taken, 12, 16);
	campus_free(c);
}

static void q_purges_and_lsps_without_the_key_change_nothing(void **state)
{
	struct isis_key *key = key_of("ours"), *wrong = key_of("theirs");
	struct campus_options signs = lan;
	struct lsp_id id = lsp_of(2);
	struct virtual_campus *c;
	struct phantom p;

	(void)state;
	signs.keys = &key;
	signs.key_count = 1;
	c = triangle_of(&signs);
	p = as_node_1(c);
	for (unsigned int i = 0; i < 100; i++) {
		p.key = i & 1 ? wrong : NULL;
		phantom_lsp(&p, &id, 100 + i, i & 2 ? 1200 : 0, NULL, 0);
		campus_run_ms(c, 10);
	}
	assert_int_equal(counters(c)->malformed[TRILL_EAUTH], 100);
	p = phantom_of(c, 0, 0, 1);
	p.key = wrong;
	phantom_hello(&p, 0);
	assert_int_equal(counters(c)->hellos[HELLO_AUTH], 1);
	assert_int_equal(rbridge_adjacencies(c->nodes[0].rb, 0)->count, 1);
	assert_converged(c);
	campus_free(c);
	isis_key_free(key);
	isis_key_free(wrong);
}

/* A later LSP of node 2 stands when the earlier one comes again, as it was signed. */
static void q_replayed_authentic_lsps_change_nothing(void **state)
{
	struct isis_key *key = key_of("ours");
	struct campus_options signs = lan;
	struct lsp_id id = lsp_of(2), own = lsp_of(0);
	struct exact old, ours;
	struct virtual_campus *c;
	uint32_t sequence;
	struct phantom p;

	(void)state;
	signs.keys = &key;
	signs.key_count = 1;
	c = triangle_of(&signs);
	p = as_node_1(c);
	old = exact_of(at(c, 0, &id)->bytes, at(c, 0, &id)->len);
	ours = exact_of(at(c, 0, &own)->bytes, at(c, 0, &own)->len);
	campus_carrier(c, 0, false, &signs); /* nodes 0 and 1 say less, and then more */
	campus_run_ms(c, 60000);
	campus_carrier(c, 0, true, &signs);
	campus_run_ms(c, 1000000); /* and all are refreshed */
	assert_converged(c);
	sequence = at(c, 0, &id)->sequence;
	for (unsigned int i = 0; i < 50; i++) {
		phantom_say(&p, old.bytes, old.len);
		phantom_say(&p, ours.bytes, ours.len);
		campus_run_ms(c, 100);
	}
	assert_int_equal(counters(c)->lsps[LSDB_OLDER], 100);
	/* What stands, but with no lifetime left: that is not what a purge looks like. */
	free(old.bytes);
	old = exact_of(at(c, 0, &id)->bytes, at(c, 0, &id)->len);
	isis_lifetime_set(old.bytes, 0);
	phantom_say(&p, old.bytes, old.len);
	assert_int_equal(counters(c)->lsps[LSDB_BAD_PURGE], 1);
	campus_run_ms(c, 5000);
	assert_int_equal(at(c, 0, &id)->sequence, sequence);
	assert_false(at(c, 0, &id)->purged);
	assert_converged(c);
	free(old.bytes);
	free(ours.bytes);
	campus_free(c);
	isis_key_free(key);
}

/* What is said on the wire of node 0's port 1, brought to that of its port 0. */
static void q_a_replayed_hello_on_another_port_makes_no_adjacency(void **state)
{
	struct isis_key *key = key_of("ours");
	struct campus_options signs = lan;
	const struct adjacency_table *t;
	struct virtual_campus *c;
	struct phantom p;

	(void)state;
	signs.keys = &key;
	signs.key_count = 1;
	c = triangle_of(&signs);
	p = phantom_of(c, 0, 0, 1);
	p.key = key;
	p.lists = campus_mac(0, 1);
	phantom_hello(&p, 0);
	t = rbridge_adjacencies(c->nodes[0].rb, 0);
	assert_int_equal(t->count, 2);
	assert_int_equal(t->rows[1].state, ADJACENCY_DETECT);
	p.lists = campus_mac(0, 0); /* as it would be on its own wire */
	phantom_hello(&p, 0);
	assert_int_equal(t->rows[1].state, ADJACENCY_REPORT);
	campus_run_ms(c, 5000);
	assert_converged(c);
	campus_free(c);
	isis_key_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(c_an_lsp_of_a_bad_checksum_is_counted_and_dropped),
		cmocka_unit_test(c_an_lsp_of_sequence_number_0_is_refused),
		cmocka_unit_test(c_of_a_full_database_ours_stay_and_overload_is_told),
		cmocka_unit_test(c_strangers_that_fill_the_database_give_way),
		cmocka_unit_test(c_lsps_and_snps_of_who_is_no_neighbour_are_not_taken),
		cmocka_unit_test(c_what_is_no_is_is_is_counted_by_its_kind),
		cmocka_unit_test(c_a_pdu_of_an_unknown_type_is_counted),
		cmocka_unit_test(d_a_hello_of_another_area_makes_no_neighbour),
		cmocka_unit_test(d_a_hello_without_a_holding_time_makes_no_neighbour),
		cmocka_unit_test(d_at_a_port_without_neighbours_no_is_is_is_taken),
		cmocka_unit_test(d_what_is_in_a_vlan_that_is_not_enabled_is_dropped),
		cmocka_unit_test(d_a_flood_of_hellos_is_bounded_and_neighbours_stay),
		cmocka_unit_test(d_a_neighbour_that_floods_hellos_is_held_to_a_rate),
		cmocka_unit_test(h_the_last_sequence_number_of_ours_is_purged_and_rests),
		cmocka_unit_test(h_fragments_that_we_never_said_are_purged),
		cmocka_unit_test(h_reserved_nicknames_are_counted_and_lead_nowhere),
		cmocka_unit_test(h_who_is_not_reached_takes_no_nickname),
		cmocka_unit_test(h_who_is_reached_takes_a_nickname_where_data_does_not_go),
		cmocka_unit_test(c_who_is_listed_behind_an_overloaded_one_is_no_stranger),
		cmocka_unit_test(h_an_lsp_that_finds_no_room_takes_a_nickname_all_the_same),
		cmocka_unit_test(h_who_has_no_room_for_all_it_claims_takes_a_nickname_all_the_same),
		cmocka_unit_test(h_who_is_beyond_the_room_takes_a_nickname_all_the_same),
		cmocka_unit_test(h_a_storm_of_nickname_conflicts_is_capped),
		cmocka_unit_test(i_strangers_leave_room_for_those_that_are_there),
		cmocka_unit_test(i_where_there_is_no_room_for_all_the_nearest_are_there),
		cmocka_unit_test(i_who_is_not_reached_takes_no_room_of_nicknames_and_links),
		cmocka_unit_test(i_who_claims_many_nicknames_leaves_others_theirs),
		cmocka_unit_test(i_a_flood_of_lsps_is_not_computed_each_time),
		cmocka_unit_test(p_a_storm_of_purges_is_outlived),
		cmocka_unit_test(q_hellos_without_the_key_take_nothing_from_those_with_it),
		cmocka_unit_test(q_a_replayed_hello_spends_no_tokens_but_its_own),
		cmocka_unit_test(d_a_stranger_that_floods_hellos_leaves_newcomers_theirs),
		cmocka_unit_test(p_who_is_purged_again_and_again_is_there_most_of_the_time),
		cmocka_unit_test(q_purges_and_lsps_without_the_key_change_nothing),
		cmocka_unit_test(q_replayed_authentic_lsps_change_nothing),
		cmocka_unit_test(q_a_replayed_hello_on_another_port_makes_no_adjacency),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
