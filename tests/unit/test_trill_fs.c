/* What an RBridge tells the whole campus beside its LSPs, where its LSDB has no room for it, or no
 * sequence number is left: items G and O of docs/trill.md, by RFC 7356 and ISO 10589 section
 * 7.3.16. */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(o_what_there_was_no_room_for_is_said_when_there_is),
		cmocka_unit_test(o_what_has_no_sequence_number_left_is_purged_and_rests),
		cmocka_unit_test(g_what_has_no_sequence_number_left_at_a_link_rests),
		cmocka_unit_test(g_what_a_link_has_no_room_for_keeps_its_sequence_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
