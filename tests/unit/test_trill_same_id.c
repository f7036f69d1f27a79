/* Two RBridges with one system ID, or with one nickname: items C, F and H of docs/trill.md. */
#include "tests/trill/phantom.h"
#include "tests/unit/trill_campus.h"

static unsigned int told[3], gone[3];

static void see_same_id(void *arg, unsigned int node, const struct rbridge_event *event)
{
	(void)arg;
	if (event->kind != RBRIDGE_SAME_ID)
		return;
	told[node] += !event->gone;
	gone[node] += event->gone;
}

/* The last of three has the first one's. */
static void is_a_copy(struct rbridge_config *config, unsigned int number)
{
	if (number == 2)
		config->system = (struct system_id){{2, 0, 0, 0, 0, 0}};
}

static struct virtual_campus *campus_watched(unsigned int nodes, const struct campus_options *o)
{
	struct virtual_campus *c = campus_of(nodes, o);

	memset(told, 0, sizeof(told));
	memset(gone, 0, sizeof(gone));
	c->event = see_same_id;
	return c;
}

static const struct rbridge_same_id *same_id_at(const struct virtual_campus *c, unsigned int node)
{
	return rbridge_same_id(c->nodes[node].rb);
}

static void assert_there(const struct virtual_campus *c, unsigned int node, bool near,
	uint16_t port, const struct mac *mac)
{
	const struct rbridge_same_id *is = same_id_at(c, node);

	assert_true(is->there);
	assert_int_equal(is->near, near);
	assert_int_equal(is->port, port);
	assert_int_equal(mac_compare(&is->mac, mac), 0);
	assert_int_equal(told[node], 1);
}

/* RFC 6325 section 4.2.1: "Each RBridge has a unique 48-bit (6-octet) IS-IS System ID." */
static void f_a_hello_with_our_system_id_of_anothers_mac_is_told_of(void **state)
{
	struct campus_options options = lan;
	struct virtual_campus *c;
	struct mac first, last;
	unsigned int wire_0_2;

	(void)state;
	options.node = is_a_copy;
	c = campus_watched(3, &options);
	wire(c, 0, 1, &options);
	wire_0_2 = wire(c, 0, 2, &options);
	campus_run_ms(c, 20000);
	first = campus_mac(0, 1);
	last = campus_mac(2, 0);
	assert_there(c, 0, true, 1, &last);
	assert_there(c, 2, true, 0, &first);
	assert_true(same_id_at(c, 0)->hellos > 2);
	assert_false(same_id_at(c, 1)->there);
	assert_int_equal(told[1], 0);
	/* It is taken away: for 60 s it may come again. */
	campus_carrier(c, wire_0_2, false, &options);
	campus_run_ms(c, 55000);
	assert_int_equal(gone[0], 0);
	campus_run_ms(c, 10000);
	assert_int_equal(gone[0], 1);
	assert_false(same_id_at(c, 0)->there);
	campus_free(c);
}

static void c_lsps_of_ours_that_another_says_are_told_of(void **state)
{
	struct campus_options options = lan;
	struct virtual_campus *c;
	struct mac to_first, to_last;

	(void)state;
	options.node = is_a_copy;
	c = campus_watched(3, &options);
	wire(c, 0, 1, &options);
	wire(c, 1, 2, &options);
	campus_run_ms(c, 40000);
	to_first = campus_mac(1, 0);
	to_last = campus_mac(1, 1);
	assert_there(c, 0, false, 0, &to_first);
	assert_there(c, 2, false, 0, &to_last);
	assert_int_equal(same_id_at(c, 0)->hellos, 0);
	assert_true(same_id_at(c, 0)->lsps > 5);
	assert_int_equal(told[1], 0);
	campus_free(c);
}

/* RFC 6325 section 4.4.4: several ports on one link. */
static void f_our_own_ports_on_one_link_are_no_other_rbridge(void **state)
{
	struct virtual_campus *c = campus_watched(2, &lan);

	(void)state;
	campus_wire(c, (unsigned int[]){0, 0, 1}, 3, 20000, &lan);
	campus_run_ms(c, 40000);
	assert_int_equal(rbridge_adjacencies(c->nodes[0].rb, 0)->count, 2);
	assert_int_equal(same_id_at(c, 0)->hellos, 0);
	assert_int_equal(told[0], 0);
	assert_int_equal(campus_unicast(c, 0, campus_nickname(c, 1), 0), 1);
	assert_int_equal(campus_unicast(c, 1, campus_nickname(c, 0), 0), 0);
	campus_free(c);
}

/* Node 1 knows an LSP of node 0 that is later by @by than that said it last. */
static void gainsay(struct virtual_campus *c, uint32_t by, unsigned int times)
{
	struct phantom p = phantom_of(c, 0, 0, 1);
	struct lsp_id id = lsp_id_of(0, 0);
	uint32_t sequence = campus_lsp(c, 0, 0, 0)->sequence + by;

	p.mac = campus_mac(1, 0);
	for (unsigned int i = 0; i < times; i++)
		phantom_lsp(&p, &id, sequence, 1200, NULL, 0);
}

/* What was said before a restart is known at higher numbers, and comes by each port before it is
 * gainsaid; later on other parts of the campus may come with theirs. */
static void c_what_we_said_ourselves_is_no_other_rbridge(void **state)
{
	struct virtual_campus *c = campus_watched(2, &lan);
	uint32_t sequence;

	(void)state;
	wire(c, 0, 1, &lan);
	campus_run_ms(c, 20000);
	for (unsigned int i = 0; i < 6; i++) {
		sequence = campus_lsp(c, 0, 0, 0)->sequence;
		gainsay(c, 100, 10);
		campus_run_ms(c, 61000);
		assert_true(campus_lsp(c, 1, 0, 0)->sequence > sequence + 100);
	}
	assert_int_equal(told[0], 0);
	for (unsigned int i = 0; i < 4; i++) {
		assert_int_equal(told[0], 0);
		gainsay(c, 100, 1);
		campus_run_ms(c, 10000);
	}
	assert_int_equal(told[0], 1);
	assert_converged(c);
	campus_free(c);
}

static struct rbridge_rival rivals[2];
static unsigned int rival_count[2];

static void see_rival(void *arg, unsigned int node, const struct rbridge_event *event)
{
	(void)arg;
	if (event->kind != RBRIDGE_RIVAL)
		return;
	rivals[node] = *event->rival;
	rival_count[node]++;
}

static void has_nickname_100(struct rbridge_config *config, unsigned int number)
{
	(void)number;
	config->nicknames[0].nickname = 0x100;
}

/* RFC 6325 section 3.7.3: of equal priorities the higher system ID keeps it. */
static void h_both_hear_who_claims_their_nickname_and_who_keeps_it(void **state)
{
	struct campus_options options = lan;
	struct virtual_campus *c;

	(void)state;
	options.node = has_nickname_100;
	c = campus_of(2, &options);
	memset(rival_count, 0, sizeof(rival_count));
	c->event = see_rival;
	wire(c, 0, 1, &options);
	campus_run_ms(c, 30000);
	for (unsigned int n = 0; n < 2; n++) {
		struct lsp_id other = lsp_id_of(!n, 0);

		assert_int_equal(rival_count[n], 1);
		assert_int_equal(rivals[n].nickname, 0x100);
		assert_int_equal(system_id_compare(&rivals[n].system, &other.system), 0);
		assert_int_equal(rivals[n].kept, n);
		assert_int_equal(rivals[n].ours & NICKNAME_CONFIGURED, NICKNAME_CONFIGURED);
		assert_int_equal(rivals[n].theirs, rivals[n].ours);
	}
	assert_int_equal(campus_nickname(c, 1), 0x100);
	assert_int_not_equal(campus_nickname(c, 0), 0x100);
	campus_free(c);
}

static void has_the_highest_priority(struct rbridge_config *config, unsigned int number)
{
	(void)number;
	config->nicknames[0].priority = 0x7f;
}

/* With the same priority, and a lower system ID. */
static void h_who_goes_on_to_claim_a_nickname_is_told_of_once_a_minute(void **state)
{
	struct campus_options options = lan;
	struct virtual_campus *c;
	struct phantom p;

	(void)state;
	options.node = has_the_highest_priority;
	c = campus_of(2, &options);
	memset(rival_count, 0, sizeof(rival_count));
	c->event = see_rival;
	wire(c, 0, 1, &options);
	campus_run_ms(c, 20000);
	p = phantom_of(c, 0, 0, 1);
	phantom_live_s(&p, 5);
	for (unsigned int s = 0; s < 70; s += 10) {
		assert_int_equal(rival_count[0], s ? 1 : 0);
		phantom_claims(&p, (const uint16_t[]){0x100, (uint16_t)(0x200 + s)}, 2);
		phantom_live_s(&p, 10);
	}
	assert_int_equal(rival_count[0], 2);
	assert_true(rivals[0].kept);
	assert_int_equal(rbridge_nicknames(c->nodes[0].rb)->conflicts_lost, 0);
	assert_int_equal(campus_nickname(c, 0), 0x100);
	campus_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(f_a_hello_with_our_system_id_of_anothers_mac_is_told_of),
		cmocka_unit_test(h_both_hear_who_claims_their_nickname_and_who_keeps_it),
		cmocka_unit_test(h_who_goes_on_to_claim_a_nickname_is_told_of_once_a_minute),
		cmocka_unit_test(c_lsps_of_ours_that_another_says_are_told_of),
		cmocka_unit_test(f_our_own_ports_on_one_link_are_no_other_rbridge),
		cmocka_unit_test(c_what_we_said_ourselves_is_no_other_rbridge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
