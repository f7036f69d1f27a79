/* When what goes out, and overload, on virtual time: items H, I and P of docs/trill.md, by ISO
 * 10589 sections 7.3.15 to 7.3.19 and RFC 7780 section 2. */
#include "tests/unit/trill_campus.h"

#define HEARD_MAX 4096

/* PDUs of one type, from any end of any wire: when, and from whom. */
struct times {
	const struct virtual_campus *c;
	unsigned int type, count;
	uint64_t us[HEARD_MAX];
	unsigned int wire[HEARD_MAX], from[HEARD_MAX];
};

static void times_tap(
	void *arg, unsigned int wire, unsigned int from, const uint8_t *frame, size_t len)
{
	struct times *t = arg;

	if (len < 14 + 17 || frame[12] != 0x22 || frame[13] != 0xf4 ||
		(frame[14 + 4] & 31) != t->type || t->count == HEARD_MAX)
		return;
	t->us[t->count] = t->c->now.ns / 1000;
	t->wire[t->count] = wire;
	t->from[t->count] = from;
	t->count++;
}

static struct times *listens(struct virtual_campus *c, unsigned int type)
{
	static struct times t;

	memset(&t, 0, sizeof(t));
	t.c = c;
	t.type = type;
	c->tap = times_tap;
	c->tap_arg = &t;
	return &t;
}

/* Intervals between the PDUs of end @from: within [@least, @most], and not all alike. */
static void assert_jittered(
	const struct times *t, unsigned int from, unsigned int least_ms, unsigned int most_ms)
{
	uint64_t shortest = UINT64_MAX, longest = 0, last = 0;
	unsigned int count = 0;

	for (unsigned int i = 0; i < t->count; i++) {
		uint64_t gap = t->us[i] - last;

		if (t->from[i] != from)
			continue;
		last = t->us[i];
		if (!count++)
			continue;
		assert_in_range(gap, least_ms * 1000, most_ms * 1000);
		shortest = gap < shortest ? gap : shortest;
		longest = gap > longest ? gap : longest;
	}
	assert_in_range(count, 10, HEARD_MAX);
	assert_true(longest - shortest > (most_ms - least_ms) * 1000 / 2);
}

/* Section 8.4.3 there, RFC 7177 section 8: every 3 s, from the DRB every second. */
static void p_hellos_are_sent_every_3_s_and_by_the_drb_every_second(void **state)
{
	struct virtual_campus *c = campus_of(2, &lan);
	struct times *t;

	(void)state;
	wire(c, 0, 1, &lan);
	campus_run_ms(c, 60000);
	t = listens(c, ISIS_LAN_IIH);
	campus_run_ms(c, 200000);
	assert_jittered(t, 0, 2250, 3000);
	assert_jittered(t, 1, 750, 1000);
	campus_free(c);
}

/* ISO 10589 section 7.3.15.3: the DRB alone, every 10 s less up to 25 %. */
static void p_the_drb_sends_csnps_every_10_s(void **state)
{
	struct virtual_campus *c = campus_of(2, &lan);
	struct times *t;

	(void)state;
	wire(c, 0, 1, &lan);
	campus_run_ms(c, 60000);
	t = listens(c, ISIS_CSNP);
	campus_run_ms(c, 600000);
	for (unsigned int i = 0; i < t->count; i++)
		assert_int_equal(t->from[i], 1); /* the higher MAC */
	assert_jittered(t, 1, 7500, 10000);
	campus_free(c);
}

static void p_on_a_point_to_point_link_there_are_csnps_at_the_start_alone(void **state)
{
	struct virtual_campus *c = campus_of(2, &p2p);
	struct times *t = listens(c, ISIS_CSNP);

	(void)state;
	wire(c, 0, 1, &p2p);
	campus_run_ms(c, 60000);
	assert_in_range(t->count, 2, 4);
	t = listens(c, ISIS_CSNP);
	campus_run_ms(c, 600000);
	assert_int_equal(t->count, 0);
	campus_free(c);
}

/* Into 0's LSDB, @n LSPs of RBridges that are not there. */
static void lsps_add(struct virtual_campus *c, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		struct lsp_id id = {.system = {{9, 9, 9, 9, (uint8_t)(i >> 8), (uint8_t)i}}};

		assert_int_equal(lsdb_originate(rbridge_lsdb(c->nodes[0].rb), &id, 0,
					 ISIS_LSP_LEVEL1, NULL, 0, c->now),
			0);
	}
}

/* 0 and 1 are joined point to point, 1 and 2 by a LAN; 0 is full of LSPs when its link comes up. */
static struct virtual_campus *flood_of(unsigned int n, unsigned int *joined)
{
	struct virtual_campus *c = campus_of(3, &lan);

	*joined = wire(c, 0, 1, &p2p);
	wire(c, 1, 2, &lan);
	campus_carrier(c, *joined, false, &p2p);
	campus_run_ms(c, 60000);
	lsps_add(c, n);
	return c;
}

/* Section 7.3.15.6: LSPs on a LAN are 33 ms apart; point to point we keep 5 ms. */
static void p_lsps_keep_their_distance(void **state)
{
	unsigned int joined, count[2] = {0, 0};
	struct virtual_campus *c = flood_of(60, &joined);
	struct times *t = listens(c, ISIS_LSP);
	uint64_t last[2] = {0, 0};

	(void)state;
	campus_carrier(c, joined, true, &p2p);
	campus_run_ms(c, 10000);
	for (unsigned int i = 0; i < t->count; i++) {
		unsigned int w = t->wire[i];

		if (t->from[i] != 0)
			continue;
		if (count[w]++)
			assert_in_range(t->us[i] - last[w], w ? 33000 : 5000, 10000000);
		last[w] = t->us[i];
	}
	assert_in_range(count[0], 60, 70);
	assert_in_range(count[1], 60, 70);
	campus_free(c);
}

/* Section 7.3.15.4: acknowledgements at once, then every 2 s less up to 25 %; those of one time may
 * need several PSNPs. */
static void p_psnps_are_sent_every_2_s(void **state)
{
	unsigned int joined, later = 0;
	struct virtual_campus *c = flood_of(900, &joined);
	struct times *t = listens(c, ISIS_PSNP);
	uint64_t last = 0;

	(void)state;
	campus_carrier(c, joined, true, &p2p);
	campus_run_ms(c, 10000);
	for (unsigned int i = 0; i < t->count; i++) {
		if (t->wire[i] || !t->from[i])
			continue;
		if (last && t->us[i] != last) {
			assert_in_range(t->us[i] - last, 1500000, 2050000);
			later++;
		}
		last = t->us[i];
	}
	assert_in_range(later, 2, 4); /* 900 of them took 4.5 s */
	campus_free(c);
}

/* Section 7.3.15.5: what is not acknowledged is sent again after 5 s, and only so. */
static void p_on_a_point_to_point_link_an_lsp_is_sent_again_after_5_s(void **state)
{
	struct virtual_campus *c = campus_of(2, &p2p);
	struct times *t;
	unsigned int mine = 0;
	uint64_t last = 0;

	(void)state;
	wire(c, 0, 1, &p2p);
	campus_run_ms(c, 60000);
	t = listens(c, ISIS_LSP);
	c->wires[0].silent = true;
	rbridge_overload(c->nodes[0].rb, true, c->now); /* something new to be said */
	campus_run_ms(c, 25000);
	for (unsigned int i = 0; i < t->count; i++) {
		if (t->from[i])
			continue;
		if (mine++)
			assert_in_range(t->us[i] - last, 3750000, 5050000);
		last = t->us[i];
	}
	assert_in_range(mine, 4, 7);
	c->wires[0].silent = false;
	campus_run_ms(c, 6000);
	t = listens(c, ISIS_LSP);
	campus_run_ms(c, 60000);
	assert_int_equal(t->count, 0); /* acknowledged */
	campus_free(c);
}

/* LSPDBOL is bit 3 of the flags, byte 27 of an LSP (ISO 10589 section 9.8). */
static bool says_overload(const struct virtual_campus *c, unsigned int at, uint8_t node)
{
	const struct lsdb_lsp *lsp = campus_lsp(c, at, node, 0);

	assert_non_null(lsp);
	return lsp->bytes[26] & 0x04;
}

static void small_lsdb(struct rbridge_config *config, unsigned int number)
{
	if (number == 1)
		config->lsps_max = 70;
}

/* RBridge 0 has more to say: whose LSPs they are counts where there is no room. */
static void fragments_add(struct virtual_campus *c, uint8_t n)
{
	for (uint8_t i = 1; i <= n; i++) {
		struct lsp_id id = lsp_id_of(0, 0);

		id.fragment = i;
		assert_int_equal(lsdb_originate(rbridge_lsdb(c->nodes[0].rb), &id, 0,
					 ISIS_LSP_LEVEL1, NULL, 0, c->now),
			0);
	}
}

/* Section 7.3.19.1: while there was no room within the last 60 s. */
static void p_an_lsdb_without_room_is_overload_until_60_s_have_passed(void **state)
{
	struct campus_options small = p2p;
	struct virtual_campus *c;
	unsigned int joined;

	(void)state;
	small.node = small_lsdb;
	c = campus_of(3, &small);
	joined = wire(c, 0, 1, &p2p);
	wire(c, 1, 2, &p2p);
	campus_run_ms(c, 20000);
	assert_false(says_overload(c, 2, 1));
	campus_carrier(c, joined, false, &p2p);
	fragments_add(c, 100);
	campus_carrier(c, joined, true, &p2p);
	campus_run_ms(c, 120000);
	assert_true(says_overload(c, 2, 1)); /* they come again and again */
	assert_true(rbridge_is_overloaded(c->nodes[1].rb));
	campus_carrier(c, joined, false, &p2p);
	campus_run_ms(c, 52000); /* the last came within 5 s */
	assert_true(says_overload(c, 2, 1));
	campus_run_ms(c, 12000);
	assert_false(says_overload(c, 2, 1));
	campus_free(c);
}

static void starts_slowly(struct rbridge_config *config, unsigned int number)
{
	if (number == 1)
		config->overload_s = 40;
}

/* 0 - 1 - 2: nothing goes through 1, by unicast or by a tree; to 1 itself it does. */
static void assert_through_1(const struct virtual_campus *c, bool open)
{
	unsigned int taken[3];

	assert_int_equal(says_overload(c, 0, 1), !open);
	assert_int_equal(campus_unicast(c, 0, 0x102, 0), open ? 2 : -1);
	assert_int_equal(campus_unicast(c, 0, 0x101, 0), 1);
	assert_int_equal(campus_unicast(c, 1, 0x102, 0), 2);
	campus_multicast(c, 0, 10, taken);
	assert_int_equal(taken[1], 1);
	assert_int_equal(taken[2], open);
	assert_int_equal(c->nodes[1].self.overloaded, !open);
	assert_int_equal(c->nodes[1].self.fallback.count, open ? 0 : 2);
}

static void i_overloaded_for_a_time_after_the_start_or_as_long_as_asked(void **state)
{
	struct campus_options slow = p2p;
	struct virtual_campus *c;

	(void)state;
	slow.node = starts_slowly;
	c = campus_of(3, &slow);
	wire(c, 0, 1, &p2p);
	wire(c, 1, 2, &p2p);
	campus_run_ms(c, 20000);
	assert_through_1(c, false);
	campus_run_ms(c, 19000);
	assert_through_1(c, false);
	campus_run_ms(c, 3000);
	assert_through_1(c, true);
	rbridge_overload(c->nodes[1].rb, true, c->now);
	rbridge_time(c->nodes[1].rb, c->now);
	campus_run_ms(c, 100000);
	assert_through_1(c, false);
	rbridge_overload(c->nodes[1].rb, false, c->now);
	rbridge_time(c->nodes[1].rb, c->now);
	campus_run_ms(c, 5000);
	assert_through_1(c, true);
	campus_free(c);
}

/* 1 is overloaded and asks 0, its parent in the tree, though 2 offers too, and its link is the
 * first. */
static void oomf_node(struct rbridge_config *config, unsigned int number)
{
	if (number != 0)
		return;
	config->trees.use = 2;
	config->uses = (struct rbridge_tree_list){{0x101}, 1};
}

static void i_overloaded_a_neighbour_that_offers_it_distributes_for_us(void **state)
{
	struct campus_options options = lan;
	const struct tables_adjacency *a;
	struct virtual_campus *c;

	(void)state;
	options.node = oomf_node;
	c = campus_of(3, &options);
	wire(c, 1, 2, &options);
	wire(c, 1, 0, &options);
	wire(c, 0, 2, &options);
	campus_run_ms(c, 60000);
	assert_int_equal(c->nodes[1].self.oomf.count, 0);
	assert_sub_tlv(campus_lsp(c, 0, 1, 0), 7, "07 06 0002 0003 0001");
	rbridge_overload(c->nodes[1].rb, true, c->now);
	rbridge_time(c->nodes[1].rb, c->now);
	campus_run_ms(c, 60000);
	assert_int_equal(c->nodes[1].self.oomf.count, 1);
	assert_int_equal(c->nodes[1].self.oomf.hop[0].ifindex, 2);
	assert_memory_equal(
		c->nodes[1].self.oomf.hop[0].mac.bytes, ((uint8_t[]){2, 0, 0, 0, 0, 0}), 6);
	/* Its trees are ours now, so that all expect us there (RFC 7780 section 2.4.2.3). */
	assert_sub_tlv(campus_lsp(c, 2, 1, 0), 7, "07 06 0002 0003 0002");
	assert_sub_tlv(campus_lsp(c, 2, 1, 0), 9, "09 04 0001 0101");
	assert_int_equal(c->nodes[2].rpf[c->slots[0x101]][1].ifindex, 2); /* by way of 0 */
	/* 0 lets it, and would not let another. */
	for (unsigned int i = 0; i < c->nodes[0].adjacency_count; i++) {
		a = &c->nodes[0].adjacencies[i];
		assert_int_equal(a->oomf, a->mac.bytes[4] == 1);
	}
	rbridge_overload(c->nodes[1].rb, false, c->now);
	rbridge_time(c->nodes[1].rb, c->now);
	campus_run_ms(c, 60000);
	assert_int_equal(c->nodes[1].self.oomf.count, 0);
	assert_sub_tlv(campus_lsp(c, 2, 1, 0), 7, "07 06 0002 0003 0001");
	assert_converged(c);
	campus_free(c);
}

/* Who is overloaded himself offers nothing. */
static void i_two_overloaded_neighbours_do_not_distribute_for_each_other(void **state)
{
	struct virtual_campus *c = campus_of(2, &lan);

	(void)state;
	wire(c, 0, 1, &lan);
	campus_run_ms(c, 60000);
	for (unsigned int n = 0; n < 2; n++) {
		rbridge_overload(c->nodes[n].rb, true, c->now);
		rbridge_time(c->nodes[n].rb, c->now);
	}
	campus_run_ms(c, 60000);
	for (unsigned int n = 0; n < 2; n++) {
		assert_int_equal(c->nodes[n].self.oomf.count, 0);
		assert_false(rbridge_adjacencies(c->nodes[n].rb, 0)->rows[0].oomf);
	}
	campus_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(p_hellos_are_sent_every_3_s_and_by_the_drb_every_second),
		cmocka_unit_test(p_the_drb_sends_csnps_every_10_s),
		cmocka_unit_test(p_on_a_point_to_point_link_there_are_csnps_at_the_start_alone),
		cmocka_unit_test(p_lsps_keep_their_distance),
		cmocka_unit_test(p_psnps_are_sent_every_2_s),
		cmocka_unit_test(p_an_lsdb_without_room_is_overload_until_60_s_have_passed),
		cmocka_unit_test(i_overloaded_a_neighbour_that_offers_it_distributes_for_us),
		cmocka_unit_test(i_two_overloaded_neighbours_do_not_distribute_for_each_other),
		cmocka_unit_test(i_overloaded_for_a_time_after_the_start_or_as_long_as_asked),
		cmocka_unit_test(p_on_a_point_to_point_link_an_lsp_is_sent_again_after_5_s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
