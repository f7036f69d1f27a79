/* BFD between neighbours on virtual links: items E and L of docs/trill.md, by RFC 7175 section 3
 * and RFC 7177 section 6. */
#include "tests/unit/trill_campus.h"

static bool one_end_alone;

static void with_bfd(struct rbridge_port_config *config, unsigned int node, uint16_t port)
{
	(void)port;
	config->bfd = !one_end_alone || node == 0;
}

static struct virtual_campus *bfd_campus(unsigned int nodes, const struct campus_options *of)
{
	struct campus_options options = *of;

	options.port = with_bfd;
	return campus_of(nodes, &options);
}

static unsigned int bfd_wire(
	struct virtual_campus *c, unsigned int a, unsigned int b, const struct campus_options *of)
{
	struct campus_options options = *of;

	options.port = with_bfd;
	return wire(c, a, b, &options);
}

static const struct adjacency *row_of(const struct virtual_campus *c, unsigned int node)
{
	const struct adjacency_table *t = rbridge_adjacencies(c->nodes[node].rb, 0);

	assert_int_equal(t->count, 1);
	return &t->rows[0];
}

static void silence(const struct campus_options *options)
{
	struct virtual_campus *c = bfd_campus(2, options);

	one_end_alone = false;
	bfd_wire(c, 0, 1, options);
	campus_run_ms(c, 15000);
	for (unsigned int n = 0; n < 2; n++) {
		assert_int_equal(row_of(c, n)->state, ADJACENCY_REPORT);
		assert_true(row_of(c, n)->bfd && row_of(c, n)->bfd_up);
	}
	assert_converged(c);
	c->wires[0].silent = true;
	campus_run_ms(c, 30); /* two packets are lost at the most */
	assert_int_equal(row_of(c, 0)->state, ADJACENCY_REPORT);
	campus_run_ms(c, 25);
	for (unsigned int n = 0; n < 2; n++) /* Hellos would have taken 30 s */
		assert_int_equal(row_of(c, n)->state, ADJACENCY_TWO_WAY);
	assert_int_equal(campus_unicast(c, 0, 0x101, 0), -1);
	campus_run_ms(c, 5000);
	c->wires[0].silent = false;
	campus_run_ms(c, 4000);
	for (unsigned int n = 0; n < 2; n++)
		assert_int_equal(row_of(c, n)->state, ADJACENCY_REPORT);
	campus_run_ms(c, 30000); /* the wait of our LSPs may have grown */
	assert_converged(c);
	campus_free(c);
}

static void e_bfd_takes_a_silent_adjacency_down_in_three_intervals(void **state)
{
	(void)state;
	silence(&lan);
	silence(&p2p);
}

static void l_bfd_runs_where_both_ends_have_it_enabled(void **state)
{
	struct virtual_campus *c;

	(void)state;
	one_end_alone = true;
	c = bfd_campus(2, &p2p);
	bfd_wire(c, 0, 1, &p2p);
	campus_run_ms(c, 15000);
	assert_int_equal(row_of(c, 0)->state, ADJACENCY_REPORT);
	assert_int_equal(row_of(c, 1)->state, ADJACENCY_REPORT);
	assert_true(row_of(c, 1)->bfd);
	assert_false(row_of(c, 0)->bfd || row_of(c, 0)->bfd_up);
	assert_converged(c);
	campus_free(c);
	one_end_alone = false;
}

/* Nobody can be addressed before he has a nickname: the adjacency waits in 2-Way. */
static void e_report_waits_for_bfd(void **state)
{
	struct campus_options chosen = p2p;
	struct virtual_campus *c;

	(void)state;
	chosen.configured = false;
	c = bfd_campus(2, &chosen);
	bfd_wire(c, 0, 1, &chosen);
	campus_run_ms(c, 1500);
	assert_int_equal(row_of(c, 0)->state, ADJACENCY_TWO_WAY);
	assert_int_equal(row_of(c, 1)->state, ADJACENCY_TWO_WAY);
	campus_run_ms(c, 20000);
	assert_int_equal(row_of(c, 0)->state, ADJACENCY_REPORT);
	assert_true(row_of(c, 0)->bfd_up);
	campus_run_ms(c, 30000);
	assert_converged(c);
	campus_free(c);
}

struct sniffed {
	uint8_t bytes[200];
	size_t len;
};

static void bfd_tap(
	void *arg, unsigned int wire_number, unsigned int from, const uint8_t *frame, size_t len)
{
	struct sniffed *s = arg;

	(void)wire_number;
	if (from || s->len || len > sizeof(s->bytes) || frame[12] != 0x22 || frame[13] != 0xf3)
		return;
	memcpy(s->bytes, frame, len);
	s->len = len;
}

/* RFC 7175 section 3, RFC 7178 section 2: to the neighbour's port, one hop, priority 7, NA and MH
 * clear; discriminators are as they come. */
static void l_a_control_packet_goes_to_the_neighbour_as_the_text_says(void **state)
{
	struct sniffed first = {.len = 0};
	struct virtual_campus *c = bfd_campus(2, &p2p);

	(void)state;
	c->tap = bfd_tap;
	c->tap_arg = &first;
	bfd_wire(c, 0, 1, &p2p);
	campus_run_ms(c, 5000);
	assert_true(first.len > 0);
	assert_bytes(first.bytes, 46,
		"020000000100 020000000000 22F3"      /* outer */
		"003F 0101 0100"                      /* V 0, M 0, hop count 63; egress, ingress */
		"0180C2000042 020000000000 8100 E001" /* All-Egress-RBridges, priority 7, VLAN 1 */
		"8946 0002 8000"                      /* BFD control; SL */
		"2040 0318");                         /* version 1, Down, multiplier 3, 24 bytes */
	assert_int_equal(first.len, 42 + 24);
	/* We want a packet a second while it is down, and take one every 15 ms. */
	assert_bytes(first.bytes + 42 + 12, 12, "000F4240 00003A98 00000000");
	campus_free(c);
}

/* Traffic goes the other way round a triangle within 80 ms of the silence. */
static void e_a_silent_link_of_a_triangle_is_gone_round_within_80_ms(void **state)
{
	struct virtual_campus *c = bfd_campus(3, &p2p);
	unsigned int cut;

	(void)state;
	bfd_wire(c, 0, 1, &p2p);
	bfd_wire(c, 1, 2, &p2p);
	cut = bfd_wire(c, 2, 0, &p2p);
	campus_run_ms(c, 90000);
	assert_converged(c);
	c->wires[cut].silent = true;
	campus_run_ms(c, 80);
	assert_int_equal(campus_unicast(c, 0, 0x102, 0), 2);
	assert_int_equal(campus_unicast(c, 2, 0x100, 0), 0);
	assert_converged(c);
	campus_free(c);
}

static void l_a_control_packet_of_nobodys_session_is_discarded(void **state)
{
	struct virtual_campus *c = bfd_campus(2, &p2p);
	uint8_t frame[100];
	size_t len;

	(void)state;
	bfd_wire(c, 0, 1, &p2p);
	campus_run_ms(c, 5000);
	/* From 1's port, with a hop less; then as it should be, but from another's: no neighbour.
	 */
	len = hex(frame, sizeof(frame),
		"020000000000 020000000100 22F3 003E 0100 0101 0180C2000042 020000000100 8100 E001"
		"8946 0002 8000 2000 0318 00000001 00000000 000F4240 00003A98 00000000");
	rbridge_frame(c->nodes[0].rb, 0, frame, len, c->now);
	assert_int_equal(rbridge_counters(c->nodes[0].rb, 0)->bfd_discarded, 1);
	frame[15] = 0x3f;
	frame[11] = 0x55;
	rbridge_frame(c->nodes[0].rb, 0, frame, len, c->now);
	assert_int_equal(rbridge_counters(c->nodes[0].rb, 0)->bfd_discarded, 1);
	assert_int_equal(rbridge_counters(c->nodes[0].rb, 0)->not_adjacent, 1);
	assert_int_equal(row_of(c, 0)->state, ADJACENCY_REPORT);
	campus_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(e_bfd_takes_a_silent_adjacency_down_in_three_intervals),
		cmocka_unit_test(l_bfd_runs_where_both_ends_have_it_enabled),
		cmocka_unit_test(e_report_waits_for_bfd),
		cmocka_unit_test(l_a_control_packet_goes_to_the_neighbour_as_the_text_says),
		cmocka_unit_test(e_a_silent_link_of_a_triangle_is_gone_round_within_80_ms),
		cmocka_unit_test(l_a_control_packet_of_nobodys_session_is_discarded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
