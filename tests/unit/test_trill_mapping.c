/* Mappings of VLANs to fine-grained labels that the RBridges of a link tell each other, and compare
 * (RFC 8139 sections 7, 10.4 and 10.5). */
#include "tests/unit/trill_test.h"

#include "tests/trill/virtual_campus.h"
#include "trill/codec/mapping_tlv.h"

static const struct campus_options hybrid = {.native = true,
	.configured = true,
	.hello_ms = 300,
	.holding_s = 3,
	.trees = {.compute = 2, .max = 3, .use = 1}};

/* ---- codec ---- */

static void written(unsigned int vlan, uint32_t fgl, unsigned int count, const char *want)
{
	uint8_t bytes[1024], expected[1024];
	size_t len = hex(expected, sizeof(expected), want);
	struct wire_writer w;

	wire_writer_init(&w, bytes, sizeof(bytes));
	mapping_put(&w, (uint16_t)vlan, fgl, count);
	assert_true(wire_written(&w));
	assert_int_equal(w.pos, len);
	assert_memory_equal(bytes, expected, len);
}

/* Figures of sections 10.4 and 10.5, with lengths 5 + the bit map's and 5 * k. */
static void g_mappings_are_written_as_pairs_or_as_a_bit_map(void **state)
{
	(void)state;
	written(10, 70000, 1, "00 14 00 05 00 0a 01 11 70");
	written(10, 70000, 8, "00 13 00 06 00 0a 01 11 70 ff");
	written(0xffe, 0xffffff, 1, "00 14 00 05 0f fe ff ff ff");
	written(20, 0x100, 10, "00 13 00 07 00 14 00 01 00 ff c0");
}

static unsigned int pairs_of(
	unsigned int type, const char *value, struct mapping_pair *pairs, unsigned int max)
{
	uint8_t bytes[64];
	struct tlv t = {.type = type, .value = bytes};
	unsigned int n = 0;
	size_t at = 0;

	t.len = hex(bytes, sizeof(bytes), value);
	assert_int_equal(mapping_check(&t), 0);
	while (n < max && mapping_next(&t, &at, &pairs[n]))
		n++;
	return n;
}

/* "RESV ... ignored on receipt", "any Bit Map bits that correspond to an illegal VLAN ID or an
 * illegal FGL are ignored". */
static void g_mappings_are_read_and_what_cannot_be_is_left_out(void **state)
{
	struct mapping_pair p[16];

	(void)state;
	assert_int_equal(pairs_of(19, "f0 0a 01 11 70 81", p, 16), 2);
	assert_true(p[0].vlan == 10 && p[0].fgl == 70000);
	assert_true(p[1].vlan == 17 && p[1].fgl == 70007);
	assert_int_equal(pairs_of(19, "00 00 00 00 00 ff", p, 16), 7);
	assert_true(p[0].vlan == 1 && p[0].fgl == 1);
	assert_int_equal(pairs_of(19, "0f fe 00 00 00 ff ff", p, 16), 1);
	assert_int_equal(pairs_of(19, "00 01 ff ff ff ff", p, 16), 1);
	assert_int_equal(pairs_of(19, "00 01 ff ff ff", p, 16), 0);
	assert_int_equal(pairs_of(20, "f0 0a 01 11 70 00 00 00 00 01 0f ff 00 00 02", p, 16), 1);
	assert_true(p[0].vlan == 10 && p[0].fgl == 70000);
}

static void g_mappings_of_a_wrong_length_are_refused(void **state)
{
	struct tlv t = {.type = 19, .value = (const uint8_t *)"\0\1\0\0\1\0", .len = 4};

	(void)state;
	assert_int_equal(mapping_check(&t), -TRILL_ESHORT);
	t.type = 20;
	assert_int_equal(mapping_check(&t), -TRILL_ELENGTH);
	t.len = 6;
	assert_int_equal(mapping_check(&t), -TRILL_ELENGTH);
	t.type = 17;
	assert_int_equal(mapping_check(&t), -TRILL_EUNKNOWN);
}

/* ---- on a link ---- */

struct told {
	unsigned int count, gone;
	struct rbridge_difference last;
};

static void on_event(void *arg, unsigned int node, const struct rbridge_event *event)
{
	struct told *told = arg;

	if (event->kind != RBRIDGE_MAPPING || node != 0)
		return;
	told->count++;
	told->gone += event->gone;
	told->last = *event->difference;
}

/* VLAN @vlan of the port stands for @fgl. */
static void map(struct virtual_campus *c, unsigned int node, uint16_t vlan, uint32_t fgl)
{
	struct rbridge_port_config *config = &c->nodes[node].configs[0];

	vlan_set_add_range(&config->enabled, 10, 11);
	config->mappings[0] = (struct rbridge_mapping){vlan, 1, fgl};
	config->mapping_count = 1;
	config->mapping_alert_s = 5;
	campus_port_up(c, node, 0);
}

static struct virtual_campus *two(struct told *told)
{
	struct virtual_campus *c = campus_new(2, 4, 1, &hybrid);

	assert_non_null(c);
	memset(told, 0, sizeof(*told));
	c->event = on_event;
	c->event_arg = told;
	campus_wire(c, (unsigned int[]){0, 1}, 2, 20000, &hybrid);
	map(c, 0, 10, 70000);
	return c;
}

static void g_a_difference_of_mappings_is_told_when_it_has_lasted(void **state)
{
	static const uint8_t said[] = {0, 251, 0, 12, 0, 0, 1, 0, 20, 0, 5, 0, 10, 1, 0x11, 0x70};
	struct told told;
	struct virtual_campus *c = two(&told);
	const struct lsdb_lsp *lsp;

	(void)state;
	map(c, 1, 10, 70000);
	campus_run_ms(c, 20000);
	assert_int_equal(told.count, 0);
	lsp = lsdb_after(rbridge_link_lsdb(c->nodes[1].rb, 0), NULL);
	assert_non_null(memmem(lsp->bytes, lsp->len, said, sizeof(said)));
	/* The same VLAN, another label. */
	map(c, 1, 10, 70001);
	campus_run_ms(c, 4000);
	assert_int_equal(told.count, 0);
	campus_run_ms(c, 10000);
	assert_int_equal(told.count, 1);
	assert_int_equal(told.last.vlan, 10);
	assert_int_equal(told.last.fgl, 70001);
	assert_int_equal(told.last.system.bytes[4], 1);
	assert_non_null(rbridge_difference(c->nodes[0].rb, 0));
	map(c, 1, 10, 70000);
	campus_run_ms(c, 10000);
	assert_int_equal(told.gone, 1);
	assert_null(rbridge_difference(c->nodes[0].rb, 0));
	/* The same label, another VLAN. */
	map(c, 1, 11, 70000);
	campus_run_ms(c, 14000);
	assert_int_equal(told.count, 3);
	assert_int_equal(told.last.vlan, 11);
	/* Other VLANs and labels are nobody's business. */
	map(c, 1, 11, 70001);
	campus_run_ms(c, 14000);
	assert_int_equal(told.gone, 2);
	campus_free(c);
}

static void g_a_difference_that_does_not_last_is_not_told(void **state)
{
	struct told told;
	struct virtual_campus *c = two(&told);

	(void)state;
	map(c, 1, 10, 70001);
	campus_run_ms(c, 3000);
	map(c, 1, 10, 70000);
	campus_run_ms(c, 20000);
	assert_int_equal(told.count, 0);
	c->nodes[0].configs[0].mapping_alert_s = RBRIDGE_MAPPING_NEVER;
	c->nodes[0].configs[0].hello_ms = c->nodes[1].configs[0].hello_ms = 60000;
	c->nodes[0].configs[0].holding_s = c->nodes[1].configs[0].holding_s = 200;
	campus_port_up(c, 0, 0);
	map(c, 1, 10, 70001);
	campus_run_ms(c, 66000000); /* longer than can be said */
	assert_int_equal(told.count, 0);
	campus_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(g_mappings_are_written_as_pairs_or_as_a_bit_map),
		cmocka_unit_test(g_mappings_are_read_and_what_cannot_be_is_left_out),
		cmocka_unit_test(g_mappings_of_a_wrong_length_are_refused),
		cmocka_unit_test(g_a_difference_of_mappings_is_told_when_it_has_lasted),
		cmocka_unit_test(g_a_difference_that_does_not_last_is_not_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
