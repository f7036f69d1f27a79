/* What an RBridge tells a link, and the whole campus, beside its LSPs: where its LSDB has no room
 * for it, or no sequence number is left (items G and O of docs/trill.md, by RFC 7356 and ISO 10589
 * section 7.3.16), and to whom (item C, by RFC 7356 and RFC 7780 sections 8.1 and 9). */
#include "tests/unit/trill_campus.h"

#include "trill/core/rbridge_internal.h"

static const uint8_t word[] = {0x00, 0xfe, 0x00, 0x01, 0x07}; /* an extended TLV that is unknown */

static struct virtual_campus *pair(void)
{
	struct virtual_campus *c = campus_of(2, &p2p);

	wire(c, 0, 1, &p2p);
	campus_run_ms(c, 30000);
	return c;
}

static void say(struct virtual_campus *c, size_t len)
{
	struct campus_node_sim *n = &c->nodes[0];

	rbridge_fs_say(n->rb, RBRIDGE_FS_LAALPS, word, len);
	timer_set(&c->timers, &n->timer, rbridge_next(n->rb));
}

/* The fragment as @node has it; NULL: it has none. */
static struct lsdb_lsp *fragment(struct virtual_campus *c, unsigned int node)
{
	struct lsp_id id = {.system = c->nodes[0].rb->config.system, .fragment = RBRIDGE_FS_LAALPS};

	return lsdb_find(rbridge_fs_lsdb(c->nodes[node].rb), &id);
}

/* LSPs in the name of 0 take all that there is room for. */
static void fill(struct lsdb *db, struct virtual_campus *c)
{
	struct lsp_id id = {.system = c->nodes[0].rb->config.system, .pseudonode = 1};

	lsdb_reconfigure(db, 0, false);
	for (unsigned int i = 0; i < LSDB_OWN_SPARE; i++) {
		lsdb_originate(db, &id, 0, ISIS_LSP_LEVEL1, word, sizeof(word), c->now);
		id.pseudonode += !++id.fragment;
	}
	id.pseudonode++;
	assert_error(lsdb_originate(db, &id, 0, ISIS_LSP_LEVEL1, word, sizeof(word), c->now),
		-TRILL_ENOROOM);
}

static void o_what_there_was_no_room_for_is_said_when_there_is(void **state)
{
	struct virtual_campus *c = pair();
	struct lsdb *db = rbridge_fs_lsdb(c->nodes[0].rb);

	(void)state;
	fill(db, c);
	say(c, sizeof(word));
	campus_run_ms(c, 10000);
	assert_null(fragment(c, 0));
	lsdb_reconfigure(db, 1000, false);
	campus_run_ms(c, 5000);
	for (unsigned int node = 0; node < 2; node++) {
		struct lsdb_lsp *lsp = fragment(c, node);

		assert_non_null(lsp);
		assert_false(lsp->purged);
		assert_int_equal(lsp->sequence, 1);
	}
	say(c, 0);
	campus_run_ms(c, 5000);
	assert_true(fragment(c, 0)->purged);
	campus_free(c);
}

static void o_what_has_no_sequence_number_left_is_purged_and_rests(void **state)
{
	struct virtual_campus *c = pair();
	struct lsdb *db = rbridge_fs_lsdb(c->nodes[0].rb);
	struct lsp_id id = {.system = c->nodes[0].rb->config.system, .fragment = RBRIDGE_FS_LAALPS};

	(void)state;
	say(c, sizeof(word));
	campus_run_ms(c, 5000);
	assert_error(lsdb_originate(db, &id, LSDB_SEQUENCE_MAX - 1, ISIS_LSP_LEVEL1, word,
			     sizeof(word), c->now),
		0);
	rbridge_fs_rekey(c->nodes[0].rb, true);
	timer_set(&c->timers, &c->nodes[0].timer, rbridge_next(c->nodes[0].rb));
	campus_run_ms(c, 5000);
	assert_non_null(fragment(c, 0));
	assert_true(fragment(c, 0)->purged);
	assert_int_equal(fragment(c, 0)->sequence, LSDB_SEQUENCE_MAX);
	assert_true(fragment(c, 1)->purged);
	assert_int_equal(rbridge_said(c->nodes[0].rb)->used_up, 1);
	campus_run_ms(c, 1000000);
	say(c, 0); /* neither does another change make the rest shorter */
	campus_run_ms(c, 5000);
	say(c, sizeof(word));
	campus_run_ms(c, 200000);
	assert_null(fragment(c, 1));
	campus_run_ms(c, 60000); /* MaxAge and ZeroAge are over */
	assert_non_null(fragment(c, 1));
	assert_false(fragment(c, 1)->purged);
	assert_int_equal(fragment(c, 1)->sequence, 1);
	assert_int_equal(rbridge_said(c->nodes[0].rb)->used_up, 1);
	campus_free(c);
}

/* The same of what is told to one link. */
static void g_what_has_no_sequence_number_left_at_a_link_rests(void **state)
{
	struct virtual_campus *c = pair();
	struct campus_node_sim *n = &c->nodes[0];
	struct lsdb *ours = rbridge_link_lsdb(n->rb, 0),
		    *theirs = rbridge_link_lsdb(c->nodes[1].rb, 0);
	struct lsp_id id = {.system = n->rb->config.system};

	(void)state;
	assert_false(lsdb_find(theirs, &id)->purged);
	assert_error(lsdb_originate(ours, &id, LSDB_SEQUENCE_MAX - 1, ISIS_LSP_LEVEL1, word,
			     sizeof(word), c->now),
		0);
	rbridge_link_rekey(&n->rb->ports[0], true, c->now);
	timer_set(&c->timers, &n->timer, rbridge_next(n->rb));
	campus_run_ms(c, 5000);
	assert_true(lsdb_find(theirs, &id)->purged);
	assert_int_equal(rbridge_said(n->rb)->used_up, 1);
	campus_run_ms(c, 1200000);
	assert_null(lsdb_find(theirs, &id));
	campus_run_ms(c, 65000);
	assert_false(lsdb_find(theirs, &id)->purged);
	assert_int_equal(lsdb_find(theirs, &id)->sequence, 1);
	assert_int_equal(rbridge_said(n->rb)->used_up, 1);
	campus_free(c);
}

/* No other error is taken for that. */
static void g_what_a_link_has_no_room_for_keeps_its_sequence_numbers(void **state)
{
	struct virtual_campus *c = pair();
	struct campus_node_sim *n = &c->nodes[0];
	struct lsdb *ours = rbridge_link_lsdb(n->rb, 0),
		    *theirs = rbridge_link_lsdb(c->nodes[1].rb, 0);
	struct lsp_id id = {.system = n->rb->config.system};

	(void)state;
	lsdb_purge(ours, &id, c->now);
	lsdb_time(ours, mono_add_s(c->now, LSDB_ZERO_AGE_S)); /* and it is forgotten */
	assert_null(lsdb_find(ours, &id));
	fill(ours, c);
	rbridge_link_rekey(&n->rb->ports[0], true, c->now);
	lsdb_reconfigure(ours, 0, false);
	timer_set(&c->timers, &n->timer, rbridge_next(n->rb));
	campus_run_ms(c, 5000);
	assert_null(lsdb_find(ours, &id));
	assert_true(rbridge_said(n->rb)->unsaid > 2);
	lsdb_reconfigure(ours, 1000, false);
	campus_run_ms(c, 5000);
	assert_false(lsdb_find(ours, &id)->purged);
	assert_false(lsdb_find(theirs, &id)->purged);
	assert_int_equal(rbridge_said(n->rb)->used_up, 0);
	campus_free(c);
}

/* ---- to whom ---- */

/* Flooding-scoped PDUs of node 0, as they go out: FS-LSPs by scope (RFC 7356 section 3.1), and the
 * last FS-PSNP with flag U. */
static struct {
	unsigned int lsps[128], csnps[128], refusals;
	uint8_t refusal[17];
} sent;

static void on_tap(
	void *arg, unsigned int number, unsigned int from, const uint8_t *frame, size_t len)
{
	const uint8_t *pdu = frame + 14;

	(void)arg, (void)number;
	if (from || len < 14 + 17 || frame[12] != 0x22 || frame[13] != 0xf4)
		return;
	sent.lsps[pdu[7] & 0x7f] += pdu[4] == 10;
	sent.csnps[pdu[7] & 0x7f] += pdu[4] == 11;
	if (pdu[4] == 12 && pdu[7] & 0x80) {
		sent.refusals++;
		memcpy(sent.refusal, pdu, sizeof(sent.refusal));
	}
}

static uint8_t says[2]; /* of node 1's Hellos: what stands in TLV 243 */
static bool deaf;       /* node 1 is, to flooding-scoped PDUs */

static void on_receive(
	void *arg, struct campus_node_sim *node, uint16_t port, const uint8_t *frame, size_t len)
{
	struct virtual_campus *c = arg;
	uint8_t copy[2048];

	assert_true(len <= sizeof(copy));
	memcpy(copy, frame, len);
	if (node->number == 1 && deaf && frame[18] >= 10 && frame[18] <= 12)
		return;
	for (size_t i = 0; i + 4 <= len; i++)
		if (!node->number && !memcmp(copy + i, "\xf3\x02\x40\x42", 4))
			memcpy(copy + i + 2, says, 2);
	rbridge_frame(node->rb, port, copy, len, c->now);
	timer_set(&c->timers, &node->timer, rbridge_next(node->rb));
}

static struct virtual_campus *watched(const struct campus_options *options, uint8_t a, uint8_t b)
{
	struct virtual_campus *c = campus_of(2, options);

	memset(&sent, 0, sizeof(sent));
	says[0] = a;
	says[1] = b;
	deaf = false;
	c->tap = on_tap;
	c->receive = on_receive;
	c->receive_arg = c;
	wire(c, 0, 1, options);
	campus_run_ms(c, 30000);
	say(c, sizeof(word));
	campus_run_ms(c, 30000);
	return c;
}

/* Node 1's fragment for the link, as node 0 has it or the other way round. */
static bool link_is_told(struct virtual_campus *c, unsigned int from, unsigned int to)
{
	struct lsdb *db = rbridge_link_lsdb(c->nodes[to].rb, 0);
	struct lsp_id id = {.system = c->nodes[from].rb->config.system};

	return db && lsdb_find(db, &id);
}

/* RFC 7780 section 8.1.1: by the adjacency table, which has what Hellos say. */
static void c_nothing_of_a_scope_goes_to_who_does_not_take_it(void **state)
{
	const struct campus_options *kinds[] = {&p2p, &lan};

	(void)state;
	for (unsigned int kind = 0; kind < 2; kind++) {
		struct virtual_campus *c = watched(kinds[kind], 64, 64);

		assert_null(fragment(c, 1));
		assert_true(link_is_told(c, 0, 1));
		assert_int_equal(sent.lsps[66] + sent.csnps[66], 0);
		campus_free(c);
		c = watched(kinds[kind], 66, 66);
		assert_non_null(fragment(c, 1));
		assert_false(link_is_told(c, 0, 1));
		assert_int_equal(sent.lsps[64] + sent.csnps[64], 0);
		says[0] = 64; /* from now on, both */
		campus_run_ms(c, 20000);
		assert_true(link_is_told(c, 0, 1) && link_is_told(c, 1, 0));
		assert_true(sent.lsps[64] && (sent.csnps[64] || kind));
		says[0] = says[1] = 5; /* ... and none */
		campus_run_ms(c, 20000);
		say(c, 0);
		memset(&sent, 0, sizeof(sent));
		campus_run_ms(c, 2000000);
		assert_int_equal(sent.lsps[64] + sent.lsps[66], 0);
		assert_int_equal(sent.csnps[64] + sent.csnps[66], 0);
		assert_converged(c);
		campus_free(c);
	}
}

/* An FS-PSNP with nothing in it, from node 1 to node 0; RFC 7356 section 3.3. @scope: with flag U.
 */
static void psnp(struct virtual_campus *c, uint8_t scope)
{
	struct mac sa = campus_mac(1, 0);
	uint8_t frame[31];

	hex(frame, sizeof(frame),
		"0180C2000041 000000000000 22F4 8311 0106 0C01 00FF 0011 020000000100 00");
	memcpy(frame + 6, sa.bytes, MAC_LEN);
	frame[14 + 7] = scope;
	campus_inject(c, 0, 0, frame, sizeof(frame));
}

/* RFC 7356 section 4.2. */
static void c_flag_u_ends_what_waits_for_an_acknowledgement(void **state)
{
	struct virtual_campus *c = watched(&p2p, 64, 66);
	const struct rbridge_counters *counters = rbridge_counters(c->nodes[0].rb, 0);

	(void)state;
	deaf = true;
	assert_true(fragment(c, 0) && !(fragment(c, 0)->srm & 1));
	rbridge_fs_rekey(c->nodes[0].rb, true);
	rbridge_link_rekey(&c->nodes[0].rb->ports[0], true, c->now);
	timer_set(&c->timers, &c->nodes[0].timer, rbridge_next(c->nodes[0].rb));
	memset(&sent, 0, sizeof(sent));
	campus_run_ms(c, 60000);
	assert_in_range(sent.lsps[64], 10, 14); /* each 5 s */
	assert_in_range(sent.lsps[66], 10, 14);
	psnp(c, 0x80 | 66);
	memset(&sent, 0, sizeof(sent));
	campus_run_ms(c, 600000);
	assert_int_equal(sent.lsps[66], 0);
	assert_true(sent.lsps[64] > 100);
	psnp(c, 0x80 | 64);
	memset(&sent, 0, sizeof(sent));
	campus_run_ms(c, 200000);
	assert_int_equal(sent.lsps[64] + sent.lsps[66], 0);
	assert_int_equal(counters->scope_refused, 2);
	assert_int_equal(counters->scope_unknown, 0);
	psnp(c, 0x80 | 5);
	assert_int_equal(counters->scope_refused, 3);
	assert_int_equal(counters->scope_unknown, 0);
	campus_free(c);
}

/* There nothing waits, and what is sent to one goes to all. */
static void c_flag_u_on_a_lan_takes_nothing_from_the_others(void **state)
{
	struct virtual_campus *c = watched(&lan, 64, 66);
	struct lsdb *dbs[2];

	(void)state;
	dbs[0] = rbridge_fs_lsdb(c->nodes[0].rb);
	dbs[1] = rbridge_link_lsdb(c->nodes[0].rb, 0);
	for (unsigned int i = 0; i < 2; i++) {
		struct lsdb_lsp *lsp = lsdb_after(dbs[i], NULL);

		lsdb_srm_set(dbs[i], lsp, 0);
		psnp(c, 0x80 | (i ? 64 : 66));
		assert_true(lsp->srm & 1);
	}
	assert_int_equal(rbridge_counters(c->nodes[0].rb, 0)->scope_refused, 2);
	campus_free(c);
}

/* RFC 7356 section 5: of scope 5, domain, with nothing in it. */
static void c_an_fs_lsp_of_a_scope_that_is_not_taken_is_refused_by_flag_u(void **state)
{
	const struct campus_options *kinds[] = {&p2p, &lan};

	(void)state;
	for (unsigned int kind = 0; kind < 2; kind++) {
		struct virtual_campus *c = watched(kinds[kind], 64, 66);
		struct mac sa = campus_mac(1, 0);
		uint8_t frame[41];

		hex(frame, sizeof(frame),
			"0180C2000041 000000000000 22F4 831B 0106 0A01 0005 001B 04B0 0200000001000000 00000001 1234 01");
		memcpy(frame + 6, sa.bytes, MAC_LEN);
		for (unsigned int i = 0; i < 100; i++)
			campus_inject(c, 0, 0, frame, sizeof(frame));
		assert_int_equal(rbridge_counters(c->nodes[0].rb, 0)->scope_unknown, 100);
		assert_int_equal(sent.refusals, kind ? 0 : 4);
		campus_run_ms(c, 1000);
		campus_inject(c, 0, 0, frame, sizeof(frame));
		assert_int_equal(sent.refusals, kind ? 0 : 5);
		if (!kind)
			assert_bytes(sent.refusal, sizeof(sent.refusal),
				"8311 0106 0C01 0085 0011 020000000000 00");
		psnp(c, 5); /* it wants nothing */
		assert_int_equal(rbridge_counters(c->nodes[0].rb, 0)->scope_unknown, 102);
		assert_int_equal(sent.refusals, kind ? 0 : 5);
		campus_free(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(c_nothing_of_a_scope_goes_to_who_does_not_take_it),
		cmocka_unit_test(c_flag_u_ends_what_waits_for_an_acknowledgement),
		cmocka_unit_test(c_flag_u_on_a_lan_takes_nothing_from_the_others),
		cmocka_unit_test(c_an_fs_lsp_of_a_scope_that_is_not_taken_is_refused_by_flag_u),
		cmocka_unit_test(o_what_there_was_no_room_for_is_said_when_there_is),
		cmocka_unit_test(o_what_has_no_sequence_number_left_is_purged_and_rests),
		cmocka_unit_test(g_what_has_no_sequence_number_left_at_a_link_rests),
		cmocka_unit_test(g_what_a_link_has_no_room_for_keeps_its_sequence_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
