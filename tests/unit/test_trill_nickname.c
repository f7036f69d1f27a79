/* Nicknames: item H of docs/trill.md, by RFC 6325 section 3.7.3 and RFC 7780 section 4. */
#include "tests/unit/trill_test.h"

#include "trill/core/nickname.h"

static const struct lan_id us = {.system = {{0, 0, 0, 0, 0, 5}}};

static struct mono at_s(uint64_t s)
{
	return mono_add_s((struct mono){1}, s);
}

struct world {
	struct random_seeded source;
	struct nickname_set used;
	struct nicknames n;
};

static struct world *world_new(void)
{
	struct world *w = calloc(1, sizeof(*w));

	random_seeded_init(&w->source, 1);
	nicknames_init(&w->n, &us, &w->source.random);
	return w;
}

static struct nickname_claim claim_of(uint16_t nickname, uint8_t priority, uint8_t system)
{
	return (struct nickname_claim){.nickname = nickname,
		.priority = priority,
		.holder = {.system = {{0, 0, 0, 0, 0, system}}}};
}

static void h_priority_then_id_keep_a_nickname(void **state)
{
	struct nickname_claim a = claim_of(7, 0x41, 1), b = claim_of(7, 0x40, 9);

	assert_true(nickname_compare(&a, &b) > 0);
	b.priority = 0x41;
	assert_true(nickname_compare(&a, &b) < 0);
	b.holder.system = a.holder.system;
	b.holder.circuit = 1; /* the 7th byte: a pseudonode's nickname */
	assert_true(nickname_compare(&a, &b) < 0);
	b.priority = 0xc0; /* configured */
	a.priority = 0x7f;
	assert_true(nickname_compare(&a, &b) < 0);
}

static void h_no_reserved_nickname_is_chosen(void **state)
{
	struct world *w = world_new();

	for (unsigned int i = 0; i < 20000; i++) {
		uint16_t nickname = nickname_choose(&w->used, &w->source.random);

		if (!nickname_usable(nickname))
			fail_msg("chose %04x", nickname);
	}
	memset(w->used.bits, 0xff, sizeof(w->used.bits));
	assert_int_equal(nickname_choose(&w->used, &w->source.random), NICKNAME_NONE);
	/* Of what is free the last and the first are chosen alike; what is reserved is not. */
	w->used.bits[0xFFBF / 64] &= ~(1ull << (0xFFBF % 64));
	w->used.bits[0xFFC0 / 64] = 0;
	w->used.bits[0] &= ~1ull;
	assert_int_equal(nickname_choose(&w->used, &w->source.random), 0xFFBF);
	w->used.bits[0] &= ~2ull;
	unsigned int ones = 0;
	for (unsigned int i = 0; i < 1000; i++)
		ones += nickname_choose(&w->used, &w->source.random) == 1;
	assert_in_range(ones, 400, 600);
	free(w);
}

static void h_a_nickname_that_is_used_is_not_chosen(void **state)
{
	struct world *w = world_new();

	for (uint32_t i = 1; i <= NICKNAME_LAST; i++)
		if (i % 100)
			nickname_set_add(&w->used, (uint16_t)i);
	for (unsigned int i = 0; i < 2000; i++)
		assert_int_equal(nickname_choose(&w->used, &w->source.random) % 100, 0);
	free(w);
}

/* RFC 7780 section 4, 3. */
static void h_what_an_unreachable_one_holds_is_chosen_where_there_is_no_other(void **state)
{
	struct world *w = world_new();

	(void)state;
	memset(w->used.elsewhere, 0xff, sizeof(w->used.elsewhere));
	w->used.elsewhere[0x700 / 64] &= ~1ull;
	for (unsigned int i = 0; i < 100; i++)
		assert_int_equal(nickname_choose(&w->used, &w->source.random), 0x700);
	nickname_set_add(&w->used, 0x700);
	assert_true(nickname_usable(nickname_choose(&w->used, &w->source.random)));
	free(w);
}

static void h_unconfigured_nicknames_wait_for_the_lsdb(void **state)
{
	struct world *w = world_new();

	assert_true(nicknames_want(&w->n, 0x1234, 0x40, 0x8000, 0));
	assert_true(nicknames_want(&w->n, NICKNAME_NONE, 0x40, 0x8000, 0));
	assert_int_equal(w->n.own[0].nickname, 0x1234);
	assert_int_equal(w->n.own[0].priority, 0xc0);
	assert_int_equal(w->n.own[1].nickname, NICKNAME_NONE);
	assert_int_equal(w->n.own[1].priority, 0x40);
	assert_false(nicknames_time(&w->n, &w->used, at_s(1000)));
	assert_true(nicknames_next(&w->n).ns == MONO_NEVER.ns);
	assert_true(nicknames_synced(&w->n, &w->used, at_s(1000)));
	assert_true(nickname_usable(w->n.own[1].nickname));
	assert_int_equal(w->n.own[1].priority, 0x40);
	assert_false(nicknames_synced(&w->n, &w->used, at_s(1001)));
	free(w);
}

static void h_wrong_wishes_are_refused(void **state)
{
	struct world *w = world_new();

	assert_false(nicknames_want(&w->n, 0xFFC0, 0x40, 0x8000, 0));
	assert_false(nicknames_want(&w->n, 0xFFFF, 0x40, 0x8000, 0));
	assert_true(nicknames_want(&w->n, 0xFFBF, 0xff, 0x8000, 0));
	assert_false(nicknames_want(&w->n, 0xFFBF, 0x40, 0x8000, 0));
	assert_true(nicknames_want(&w->n, NICKNAME_NONE, 0xff, 0x8000, 0));
	assert_int_equal(w->n.own[1].priority, 0x7f); /* the bit is only for what is configured */
	for (unsigned int i = 2; i < NICKNAME_OWN_MAX; i++)
		assert_true(nicknames_want(&w->n, NICKNAME_NONE, 0x40, 0x8000, 0));
	assert_false(nicknames_want(&w->n, NICKNAME_NONE, 0x40, 0x8000, 0));
	free(w);
}

static void h_the_nickname_of_before_a_restart_is_taken_again_if_free(void **state)
{
	struct world *w = world_new();

	nicknames_want(&w->n, NICKNAME_NONE, 0x40, 0x8000, 0x2222);
	nicknames_want(&w->n, NICKNAME_NONE, 0x40, 0x8000, 0x3333);
	nickname_set_add(&w->used, 0x3333);
	nicknames_synced(&w->n, &w->used, at_s(0));
	assert_int_equal(w->n.own[0].nickname, 0x2222);
	assert_int_not_equal(w->n.own[1].nickname, 0x3333);
	assert_true(nickname_usable(w->n.own[1].nickname));
	free(w);
}

static void h_a_lower_claim_changes_nothing(void **state)
{
	struct nickname_claim low = claim_of(0x1234, 0xc0, 4), other = claim_of(0x9999, 0xff, 9);
	struct world *w = world_new();

	nicknames_want(&w->n, 0x1234, 0x40, 0x8000, 0);
	nicknames_synced(&w->n, &w->used, at_s(0));
	assert_false(nicknames_contest(&w->n, &low, &w->used, at_s(0)));
	assert_false(nicknames_contest(&w->n, &other, &w->used, at_s(0)));
	assert_int_equal(w->n.own[0].nickname, 0x1234);
	assert_int_equal(w->n.conflicts_kept, 1);
	free(w);
}

static void h_a_configured_nickname_yields_to_a_higher_claim(void **state)
{
	struct nickname_claim high = claim_of(0x1234, 0xc0, 6);
	struct world *w = world_new();

	nicknames_want(&w->n, 0x1234, 0x40, 0x8000, 0);
	nicknames_synced(&w->n, &w->used, at_s(0));
	assert_true(nicknames_contest(&w->n, &high, &w->used, at_s(0)));
	assert_int_not_equal(w->n.own[0].nickname, 0x1234); /* though @used does not name it */
	assert_true(nickname_usable(w->n.own[0].nickname));
	assert_int_equal(w->n.own[0].priority, 0x40);
	assert_int_equal(w->n.conflicts_lost, 1);
	free(w);
}

/* A neighbour that claims whatever we choose does not make us flood the campus. */
static void h_a_storm_of_conflicts_is_capped(void **state)
{
	struct world *w = world_new();
	unsigned int changes = 0;

	nicknames_want(&w->n, NICKNAME_NONE, 0x40, 0x8000, 0);
	nicknames_synced(&w->n, &w->used, at_s(0));
	for (uint64_t s = 0; s < 600; s++) {
		struct nickname_claim claim = claim_of(w->n.own[0].nickname, 0x7f, 9);

		nicknames_time(&w->n, &w->used, at_s(s));
		claim.nickname = w->n.own[0].nickname;
		if (claim.nickname != NICKNAME_NONE)
			changes += nicknames_contest(&w->n, &claim, &w->used, at_s(s));
	}
	/* 0, 1, 2, 4, 8, 16, 32, 64 s, and then every 64 s until a quiet of 64 s. */
	assert_in_range(changes, 8, 40);
	free(w);
}

static void h_a_single_conflict_is_answered_at_once(void **state)
{
	struct world *w = world_new();

	nicknames_want(&w->n, NICKNAME_NONE, 0x40, 0x8000, 0);
	nicknames_synced(&w->n, &w->used, at_s(0));
	for (uint64_t s = 0; s < 1000; s += 100) {
		struct nickname_claim claim = claim_of(w->n.own[0].nickname, 0x7f, 9);

		assert_true(nicknames_contest(&w->n, &claim, &w->used, at_s(s)));
		assert_true(nickname_usable(w->n.own[0].nickname));
		assert_true(nicknames_next(&w->n).ns == MONO_NEVER.ns);
	}
	free(w);
}

static void h_a_campus_without_a_free_nickname_is_asked_again_later(void **state)
{
	struct world *w = world_new();

	memset(w->used.bits, 0xff, sizeof(w->used.bits));
	nicknames_want(&w->n, NICKNAME_NONE, 0x40, 0x8000, 0);
	assert_false(nicknames_synced(&w->n, &w->used, at_s(0)));
	assert_true(nicknames_next(&w->n).ns == at_s(64).ns);
	nickname_set_clear(&w->used);
	assert_true(nicknames_time(&w->n, &w->used, at_s(64)));
	free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(h_priority_then_id_keep_a_nickname),
		cmocka_unit_test(h_no_reserved_nickname_is_chosen),
		cmocka_unit_test(h_a_nickname_that_is_used_is_not_chosen),
		cmocka_unit_test(h_what_an_unreachable_one_holds_is_chosen_where_there_is_no_other),
		cmocka_unit_test(h_unconfigured_nicknames_wait_for_the_lsdb),
		cmocka_unit_test(h_wrong_wishes_are_refused),
		cmocka_unit_test(h_the_nickname_of_before_a_restart_is_taken_again_if_free),
		cmocka_unit_test(h_a_lower_claim_changes_nothing),
		cmocka_unit_test(h_a_configured_nickname_yields_to_a_higher_claim),
		cmocka_unit_test(h_a_storm_of_conflicts_is_capped),
		cmocka_unit_test(h_a_single_conflict_is_answered_at_once),
		cmocka_unit_test(h_a_campus_without_a_free_nickname_is_asked_again_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
