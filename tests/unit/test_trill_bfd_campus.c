/* BFD between neighbours on virtual links: items E and L of docs/trill.md, by RFC 7175 section 3
 * and RFC 7177 section 6. */
#include "tests/unit/trill_campus.h"

#include "trill/codec/bfd_auth.h"
#include "trill/core/rbridge_internal.h"

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
	for (unsigned int n = 0; n < 2; n++) { /* Hellos would have taken 30 s */
		assert_int_equal(row_of(c, n)->state, ADJACENCY_TWO_WAY);
		assert_int_equal(rbridge_counters(c->nodes[n].rb, 0)->bfd_lost, 1);
	}
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
	unsigned int wire;
	uint8_t bytes[200];
	size_t len;
};

static void bfd_tap(
	void *arg, unsigned int wire_number, unsigned int from, const uint8_t *frame, size_t len)
{
	struct sniffed *s = arg;

	if (wire_number != s->wire || from || s->len || len > sizeof(s->bytes) ||
		frame[12] != 0x22 || frame[13] != 0xf3)
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

static struct isis_key *key_of(const char *secret, uint16_t id)
{
	struct isis_key *key = isis_key_new(ISIS_AUTH_HMAC_SHA256, id, secret, strlen(secret));

	assert_non_null(key);
	return key;
}

/* RFC 7175 section 6. With keys for IS-IS, BFD has them, too: what is replayed, or is not signed,
 * does not count. */
static void l_bfd_has_the_campus_keys_and_refuses_replays(void **state)
{
	struct isis_key *key = key_of("ours", 1);
	struct campus_options options = p2p;
	struct sniffed first = {.len = 0};
	struct virtual_campus *c;
	uint64_t before;

	(void)state;
	options.keys = &key;
	options.key_count = 1;
	c = bfd_campus(2, &options);
	bfd_wire(c, 0, 1, &options);
	campus_run_ms(c, 15000);
	assert_int_equal(row_of(c, 0)->state, ADJACENCY_REPORT);
	assert_true(row_of(c, 0)->bfd_up && row_of(c, 1)->bfd_up);
	c->tap = bfd_tap;
	c->tap_arg = &first;
	campus_run_ms(c, 1000);
	assert_int_equal(first.len, 42 + 52);
	assert_bytes(first.bytes + 42, 4, "20 C4 03 34"); /* Up, A */
	assert_bytes(first.bytes + 66, 4, "05 1C 01 00");
	before = rbridge_counters(c->nodes[1].rb, 0)->bfd_discarded;
	rbridge_frame(c->nodes[1].rb, 0, first.bytes, first.len, c->now);
	assert_int_equal(rbridge_counters(c->nodes[1].rb, 0)->bfd_discarded, before + 1);
	first.bytes[43] &= (uint8_t)~0x04; /* AdminDown, without a signature */
	first.bytes[43] &= 0x3f;
	first.bytes[45] = 24;
	rbridge_frame(c->nodes[1].rb, 0, first.bytes, first.len - 28, c->now);
	assert_int_equal(rbridge_counters(c->nodes[1].rb, 0)->bfd_discarded, before + 2);
	c->wires[0].silent = true;
	campus_run_ms(c, 55);
	assert_int_equal(row_of(c, 0)->state, ADJACENCY_TWO_WAY);
	c->wires[0].silent = false;
	campus_run_ms(c, 10000);
	assert_int_equal(row_of(c, 0)->state, ADJACENCY_REPORT);
	campus_free(c);
	isis_key_free(key);
}

static unsigned int signed_by(const struct sniffed *s, struct isis_key *key, uint16_t port_id,
	const struct system_id *system)
{
	struct bfd_secret secret;
	uint32_t sequence;

	assert_true(bfd_secret_derive(key, port_id, system, &secret));
	return bfd_auth_check(s->bytes + 42, s->len - 42, &secret, 1, &sequence);
}

/* Three on a LAN: a packet that names no session yet is for that of its sender. */
/* The keys are others for who made a session's secrets anew; nobody has said that they are. */
static void l_bfd_secrets_are_made_when_a_session_begins_and_not_for_each_packet(void **state)
{
	struct isis_key *key = isis_key_new(ISIS_AUTH_HMAC_SHA256, 1, "ours", 4);
	struct isis_key *other = isis_key_new(ISIS_AUTH_HMAC_SHA256, 1, "theirs", 6);
	struct campus_options signs = p2p;
	struct rbridge_config config;
	struct virtual_campus *c;

	(void)state;
	signs.keys = &key;
	signs.key_count = 1;
	c = bfd_campus(2, &signs);
	bfd_wire(c, 0, 1, &signs);
	campus_run_ms(c, 15000);
	assert_int_equal(row_of(c, 0)->state, ADJACENCY_REPORT);
	c->nodes[0].rb->config.keys = &other;
	campus_run_ms(c, 1000);
	for (unsigned int n = 0; n < 2; n++)
		assert_true(row_of(c, n)->bfd_up);
	/* Now somebody says so: they are no more each other's. */
	config = c->nodes[0].rb->config;
	config.keys = &other;
	assert_true(rbridge_reconfigure(c->nodes[0].rb, &config, c->now));
	campus_run_ms(c, 100);
	for (unsigned int n = 0; n < 2; n++)
		assert_false(row_of(c, n)->bfd_up);
	campus_free(c);
	isis_key_free(key);
	isis_key_free(other);
}

static void l_bfd_on_a_lan_has_a_session_with_each(void **state)
{
	struct virtual_campus *c = bfd_campus(3, &lan);

	(void)state;
	campus_wire(c, (unsigned int[]){0, 1, 2}, 3, 20000,
		&(struct campus_options){.configured = true,
			.hello_ms = 3000,
			.holding_s = 30,
			.trees = {.compute = 2, .max = 3, .use = 1},
			.port = with_bfd});
	campus_run_ms(c, 15000);
	for (unsigned int n = 0; n < 3; n++) {
		const struct adjacency_table *t = rbridge_adjacencies(c->nodes[n].rb, 0);

		assert_int_equal(t->count, 2);
		assert_true(t->rows[0].bfd_up && t->rows[1].bfd_up);
		assert_int_equal(rbridge_counters(c->nodes[n].rb, 0)->bfd_discarded, 0);
	}
	campus_free(c);
}

/* Each port has a secret of its own, of its Port ID and its RBridge's System ID. */
static void l_bfd_has_a_secret_for_each_port(void **state)
{
	struct isis_key *key = key_of("ours", 1), *other = key_of("other", 1);
	struct campus_options options = p2p;
	struct sniffed first = {.len = 0, .wire = 1};
	struct system_id systems[2];
	struct virtual_campus *c;

	(void)state;
	options.keys = &key;
	options.key_count = 1;
	c = bfd_campus(2, &options);
	bfd_wire(c, 0, 1, &options);
	bfd_wire(c, 0, 1, &options);
	c->tap = bfd_tap;
	c->tap_arg = &first;
	campus_run_ms(c, 15000);
	assert_int_equal(first.len, 42 + 52);
	systems[0] = lsp_id_of(0, 0).system;
	systems[1] = lsp_id_of(1, 0).system;
	assert_true(signed_by(&first, key, 1, &systems[0]));
	assert_false(signed_by(&first, key, 0, &systems[0]));
	assert_false(signed_by(&first, key, 1, &systems[1]));
	assert_false(signed_by(&first, other, 1, &systems[0]));
	campus_free(c);
	isis_key_free(key);
	isis_key_free(other);
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
		cmocka_unit_test(l_bfd_has_the_campus_keys_and_refuses_replays),
		cmocka_unit_test(
			l_bfd_secrets_are_made_when_a_session_begins_and_not_for_each_packet),
		cmocka_unit_test(l_bfd_on_a_lan_has_a_session_with_each),
		cmocka_unit_test(l_bfd_has_a_secret_for_each_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
