/* What a map-server knows after it was killed, in virtual time: docs/architecture.md section 7, and
 * RFC 9301 section 8.2 (a registration that is not refreshed ends). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/rcu.h"
#include "lib/store/store.h"
#include "lisp/stored.h"
#include "mapserver/commit.h"
#include "tests/replay/kept_world.h"

#define REG(...)                                                                                   \
	(struct world_register)                                                                    \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}

/* The first number that the second run gives: numbers of the first one may have been lost. */
#define FIRST_SEQ (UINT64_C(0x100000000) + 1)

static struct site_table *sites(void)
{
	struct site_table *t = world_sites();

	world_site(t, "a", "10.0.0.0/8", true);
	return t;
}

static int setup(void **state)
{
	static struct kept_world f;

	*state = &f;
	return kept_begin(&f, sites);
}

static int teardown(void **state)
{
	return kept_end(*state);
}

static const char *lookup(struct world *w, const char *eid)
{
	struct lisp_record rec;
	struct map_reply m;

	world_clear(w);
	world_request(w, eid, "203.0.113.1:61000");
	world_commit(w);
	if (!w->out->count)
		return "no answer";
	m = world_reply(w, 0);
	if (!lisp_records_next(&m.records, &rec))
		return "no record";
	return world_record(&rec);
}

#define ANSWER "10.0.0.1 ttl 1440 act 0 { 192.0.2.1 }"
#define NO     "10.0.0.0/8 ttl 1 act 1 { }"

static void put(struct world *w, const char *eid, const char *locator)
{
	world_register(w, REG(.eids = {eid}, .locators = {locator}, .xtr = 1));
}

static uint64_t seq_of(struct world *w, const char *eid)
{
	struct eid e = world_eid(eid);
	uint64_t seq;

	registry_present(w->server->registry, &e, w->now, &seq);
	return seq;
}

static bool tentative(struct world *w, const char *eid)
{
	struct eid e = world_eid(eid);
	struct mapping *m = registry_exact(w->server->registry, &e, w->now);

	return m && mapping_tentative(m);
}

static void a_mapping_is_answered_after_a_kill_and_ends_when_nobody_refreshes_it(void **state)
{
	struct kept_world *f = *state;
	struct world *w = f->w;

	put(w, "10.0.0.1/32", "192.0.2.1");
	put(w, "10.0.0.1/32", "192.0.2.2");
	put(w, "10.0.0.1/32", "192.0.2.1");
	w = kept_again(f, NULL, 60);
	assert_string_equal(lookup(w, "10.0.0.1"), ANSWER);
	assert_int_equal(seq_of(w, "10.0.0.1/32"), 3);
	assert_true(tentative(w, "10.0.0.1/32"));
	world_pass(w, 179000);
	assert_string_equal(lookup(w, "10.0.0.1"), ANSWER);
	world_pass(w, 2000);
	assert_string_equal(lookup(w, "10.0.0.1"), NO);
}

static void a_refresh_makes_it_firm_and_writes_nothing(void **state)
{
	struct kept_world *f = *state;
	struct world *w = f->w;
	uint64_t changed;

	put(w, "10.0.0.1/32", "192.0.2.1");
	w = kept_again(f, NULL, 60);
	changed = world_count(w, COUNT_CHANGED);
	put(w, "10.0.0.1/32", "192.0.2.1");
	assert_false(tentative(w, "10.0.0.1/32"));
	assert_int_equal(world_count(w, COUNT_REFRESHED), 1);
	assert_int_equal(world_count(w, COUNT_CHANGED), changed);
	assert_int_equal(seq_of(w, "10.0.0.1/32"), 1);
	world_pass(w, 170000);
	assert_string_equal(lookup(w, "10.0.0.1"), ANSWER);
}

static void what_was_withdrawn_or_expired_stays_gone_and_keeps_its_number(void **state)
{
	struct kept_world *f = *state;
	struct world *w = f->w;

	put(w, "10.0.0.1/32", "192.0.2.1");
	put(w, "10.0.0.2/32", "192.0.2.1");
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .xtr = 1, .remove = true));
	for (int i = 0; i < 200; i++)
		world_pass(w, 1000);
	assert_int_equal(world_count(w, COUNT_EXPIRED), 1);
	w = kept_again(f, NULL, 5);
	assert_string_equal(lookup(w, "10.0.0.1"), NO);
	assert_string_equal(lookup(w, "10.0.0.2"), NO);
	assert_int_equal(seq_of(w, "10.0.0.1/32"), 2);
	assert_int_equal(seq_of(w, "10.0.0.2/32"), 2);
	put(w, "10.0.0.1/32", "192.0.2.1");
	assert_int_equal(seq_of(w, "10.0.0.1/32"), FIRST_SEQ);
}

/* Rule 1: a claim with the number that was known before the kill stands. */
static void a_claim_goes_on_where_it_was(void **state)
{
	struct kept_world *f = *state;
	struct world *w = f->w;
	struct move m;

	world_move(w, "a", "198.51.100.1", 1, MOVE_CLAIM, 10, 0, "10.0.0.7", "192.0.2.1");
	w = kept_again(f, NULL, 1);
	world_clear(w);
	world_move(w, "a", "198.51.100.2", 2, MOVE_CLAIM, 10, 0, "10.0.0.7", "192.0.2.2");
	m = world_answer(w, 0, "a");
	assert_int_equal(m.kind, MOVE_REFUSED);
	assert_int_equal(m.xtr_id.bytes[15], 1);
	world_clear(w);
	world_move(w, "a", "198.51.100.2", 2, MOVE_CLAIM, 11, m.seq, "10.0.0.7", "192.0.2.2");
	m = world_answer(w, 0, "a");
	assert_int_equal(m.kind, MOVE_GRANTED);
	assert_int_equal(m.xtr_id.bytes[15], 2);
}

/* A registration that asks for a life of its own (T bit): an hour here. */
static void put_for_an_hour(struct world *w)
{
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"}, .xtr = 1,
				  .ttl_min = 60, .use_ttl = true));
}

#define HOUR "10.0.0.1 ttl 60 act 0 { 192.0.2.1 }"

static void the_rest_of_a_long_life_is_kept(void **state)
{
	struct kept_world *f = *state;
	struct world *w = f->w;

	put_for_an_hour(w);
	w = kept_again(f, NULL, 2400);
	world_pass(w, 1190000);
	assert_string_equal(lookup(w, "10.0.0.1"), HOUR);
	world_pass(w, 20000);
	assert_string_equal(lookup(w, "10.0.0.1"), NO);
}

static void a_clock_set_forward_leaves_time_to_refresh(void **state)
{
	struct kept_world *f = *state;
	struct world *w = f->w;

	put_for_an_hour(w);
	w = kept_again(f, NULL, 3600 + 60);
	world_pass(w, 170000);
	assert_string_equal(lookup(w, "10.0.0.1"), HOUR);
	world_pass(w, 20000);
	assert_string_equal(lookup(w, "10.0.0.1"), NO);
}

/* Rule 1: base 0 matches only an EID that was never registered. */
static void a_clock_set_forward_forgets_no_number(void **state)
{
	struct kept_world *f = *state;
	struct world *w = f->w;
	struct move m;

	put(w, "10.0.0.1/32", "192.0.2.1");
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .xtr = 1, .remove = true));
	w = kept_again(f, NULL, 100 * 3600);
	world_pass(w, 100000);
	world_clear(w);
	world_move(w, "a", "198.51.100.2", 2, MOVE_CLAIM, 10, 0, "10.0.0.1", "192.0.2.2");
	m = world_answer(w, 0, "a");
	assert_int_equal(m.kind, MOVE_REFUSED);
	assert_int_equal(m.seq, 2);
}

static void a_clock_set_back_makes_no_life_longer(void **state)
{
	struct kept_world *f = *state;
	struct world *w = f->w;

	put_for_an_hour(w);
	w = kept_again(f, NULL, -3600);
	world_pass(w, 3590000);
	assert_string_equal(lookup(w, "10.0.0.1"), HOUR);
	world_pass(w, 20000);
	assert_string_equal(lookup(w, "10.0.0.1"), NO);
}

/* Steps of the clock while it runs change nothing: expiry goes by the monotonic one. */
static void a_step_of_the_clock_while_it_runs_changes_nothing(void **state)
{
	struct kept_world *f = *state;
	struct world *w = f->w;

	put(w, "10.0.0.1/32", "192.0.2.1");
	w->wall_ms += 3600000;
	world_pass(w, 170000);
	assert_string_equal(lookup(w, "10.0.0.1"), ANSWER);
	w->wall_ms -= 7200000;
	put(w, "10.0.0.1/32", "192.0.2.1");
	world_pass(w, 170000);
	assert_string_equal(lookup(w, "10.0.0.1"), ANSWER);
	world_pass(w, 20000);
	assert_string_equal(lookup(w, "10.0.0.1"), NO);
}

/* The operator's last for ever, those of the configuration file are the file's to put again. */
static void the_operators_mappings_stay(void **state)
{
	struct kept_world *f = *state;
	struct world *w = f->w;

	world_static(w, "10.0.0.1/32", "192.0.2.1", false);
	world_static(w, "10.0.0.2/32", "192.0.2.2", true);
	w = kept_again(f, NULL, 1000000);
	assert_string_equal(lookup(w, "10.0.0.1"), ANSWER);
	assert_string_equal(lookup(w, "10.0.0.2"), "10.0.0.2/31 ttl 1 act 1 { }");
	assert_int_equal(seq_of(w, "10.0.0.2/32"), 1);
	world_pass(w, 1000000);
	assert_string_equal(lookup(w, "10.0.0.1"), ANSWER);
}

static void before_its_turn_an_eid_is_looked_up_in_the_store(void **state)
{
	struct kept_world *f = *state;
	struct world *w = f->w;
	char eid[32];

	for (int i = 1; i <= 200; i++) {
		snprintf(eid, sizeof(eid), "10.0.0.%d/32", i);
		put(w, eid, "192.0.2.1");
	}
	world_register(w, REG(.eids = {"10.1.0.0/16"}, .locators = {"192.0.2.1"}, .xtr = 1));
	world_kill(w);
	f->w = w = world_hold(sites(), NULL, f->spec, WORLD_WALL_S);
	assert_int_equal(registry_count(w->server->registry), 1); /* the prefix */
	assert_string_equal(lookup(w, "10.0.0.77"), "10.0.0.77 ttl 1440 act 0 { 192.0.2.1 }");
	assert_int_equal(registry_count(w->server->registry), 2);
	/* Whether nothing is there, or the prefix is the best match, cannot be told yet. */
	assert_string_equal(lookup(w, "10.0.1.1"), "no answer");
	assert_string_equal(lookup(w, "10.1.0.1"), "no answer");
	assert_int_equal(world_dropped(w, DROP_RECOVERING), 2);
	/* A registration finds what it is to be compared with. */
	put(w, "10.0.0.78/32", "192.0.2.1");
	assert_int_equal(world_count(w, COUNT_REFRESHED), 1);
	put(w, "10.0.0.79/32", "192.0.2.9");
	assert_int_equal(world_count(w, COUNT_CHANGED), 1);
	assert_int_equal(seq_of(w, "10.0.0.79/32"), FIRST_SEQ);
	world_go_on(w);
	assert_int_equal(registry_count(w->server->registry), 201);
	assert_string_equal(lookup(w, "10.0.0.79"), "10.0.0.79 ttl 1440 act 0 { 192.0.2.9 }");
	assert_string_equal(lookup(w, "10.1.0.1"), "10.1.0.0/16 ttl 1440 act 0 { 192.0.2.1 }");
	assert_string_not_equal(lookup(w, "10.0.1.1"), "no answer");
}

/* A full disk: everything goes on in memory, and is written when there is room. */
static void a_store_that_fails_is_complete_again_when_it_takes_changes(void **state)
{
	struct kept_world *f = *state;
	struct world *w = f->w;

	put(w, "10.0.0.1/32", "192.0.2.1");
	world_fail_store(w, true);
	put(w, "10.0.0.2/32", "192.0.2.2");
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .xtr = 1, .remove = true));
	assert_false(commit_durable(w->commit));
	assert_string_equal(lookup(w, "10.0.0.2"), "10.0.0.2 ttl 1440 act 0 { 192.0.2.2 }");
	world_pass(w, 1000);
	assert_false(commit_durable(w->commit));
	world_fail_store(w, false);
	world_pass(w, 1000);
	world_go_on(w);
	assert_true(commit_durable(w->commit));
	w = kept_again(f, NULL, 1);
	assert_string_equal(lookup(w, "10.0.0.2"), "10.0.0.2 ttl 1440 act 0 { 192.0.2.2 }");
	assert_string_equal(lookup(w, "10.0.0.1"), "10.0.0.0/31 ttl 1 act 1 { }");
	assert_int_equal(seq_of(w, "10.0.0.1/32"), 2);
}

/* What is written anew is written between two refreshes. */
static void what_was_written_anew_lives_as_long_after_a_restart(void **state)
{
	struct kept_world *f = *state;
	struct world *w = f->w;

	put(w, "10.0.0.1/32", "192.0.2.1");
	world_pass(w, 150000); /* of 180 s */
	world_fail_store(w, true);
	put(w, "10.0.0.2/32", "192.0.2.2");
	world_fail_store(w, false);
	world_pass(w, 1000);
	world_go_on(w);
	assert_true(commit_durable(w->commit));
	put(w, "10.0.0.1/32", "192.0.2.1"); /* a refresh: not written */
	w = kept_again(f, NULL, 60);
	world_pass(w, 170000);
	assert_string_equal(lookup(w, "10.0.0.1"), ANSWER);
	world_pass(w, 20000);
	assert_string_equal(lookup(w, "10.0.0.1"), NO);
}

static bool count_sites(void *arg, const void *key, size_t key_len, const void *value, size_t len)
{
	(*(unsigned int *)arg)++;
	return true;
}

/* More of them than a group has room for. */
static void a_store_that_fails_heals_with_many_large_sites(void **state)
{
	struct kept_world *f = *state;
	struct world *w = f->w;
	char name[16], prefix[32];
	unsigned int count = 0;

	for (unsigned int i = 0; i < 40; i++) {
		struct site *s;

		snprintf(name, sizeof(name), "api-%u", i);
		snprintf(prefix, sizeof(prefix), "172.16.%u.0/24", i);
		s = world_site(w->server->sites, name, prefix, false);
		s->from_api = true;
		s->stored = malloc(500001);
		assert_non_null(s->stored);
		memset(s->stored, 'x', 500000);
		s->stored[500000] = 0;
	}
	world_fail_store(w, true);
	put(w, "10.0.0.2/32", "192.0.2.2");
	assert_false(commit_durable(w->commit));
	world_fail_store(w, false);
	world_pass(w, 1000);
	world_go_on(w);
	assert_true(commit_durable(w->commit));
	assert_int_equal(store_scan(w->store, STORED_SITES, NULL, 0, count_sites, &count), 0);
	assert_int_equal(count, 40);
}

/* A full disk at the start: what it holds is answered, and no number is given twice, though no
 * block of them can be reserved. */
static void a_restart_on_a_full_disk_answers_and_gives_no_number_twice(void **state)
{
	struct kept_world *f = *state;
	struct world *w = f->w;
	uint64_t first, second;
	size_t len = 0;

	put(w, "10.0.0.1/32", "192.0.2.1");
	store_get(w->store, 0, "x", 1, NULL,
		&len); /* nothing waits in the journal: it could not be merged */
	world_fail_store(w, true);
	w = kept_again(f, NULL, 60);
	assert_false(commit_durable(w->commit));
	assert_string_equal(lookup(w, "10.0.0.1"), ANSWER);
	put(w, "10.0.0.2/32", "192.0.2.2");
	first = seq_of(w, "10.0.0.2/32");
	w = kept_again(f, NULL, 60); /* what lived in memory only is gone, as /readyz said */
	assert_string_equal(lookup(w, "10.0.0.1"), ANSWER);
	put(w, "10.0.0.2/32", "192.0.2.3");
	second = seq_of(w, "10.0.0.2/32");
	assert_true(second > first);
	world_fail_store(w, false);
	for (int i = 0; i < 1000 && !commit_durable(w->commit); i++) {
		usleep(10000); /* the store's own thread opens its file anew */
		world_pass(w, 1000);
		world_go_on(w);
	}
	assert_true(commit_durable(w->commit));
	put(w, "10.0.0.2/32", "192.0.2.3");
	w = kept_again(f, NULL, 60);
	assert_int_equal(seq_of(w, "10.0.0.2/32"), second);
	put(w, "10.0.0.3/32", "192.0.2.3");
	assert_true(seq_of(w, "10.0.0.3/32") > second);
}

/* They stand nowhere in the store; what lies beside it must say so to the next run. */
static void no_number_is_given_twice_when_a_run_on_a_full_disk_was_killed(void **state)
{
	struct kept_world *f = *state;
	struct world *w = f->w;
	uint64_t first;
	size_t len = 0;

	put(w, "10.0.0.1/32", "192.0.2.1");
	store_get(w->store, 0, "x", 1, NULL, &len);
	world_fail_store(w, true);
	w = kept_again(f, NULL, 60);
	assert_false(commit_durable(w->commit));
	put(w, "10.0.0.2/32", "192.0.2.2");
	first = seq_of(w, "10.0.0.2/32");
	world_fail_store(w, false);
	w = kept_again(f, NULL, 60);
	assert_true(commit_durable(w->commit));
	put(w, "10.0.0.2/32", "192.0.2.3");
	assert_true(seq_of(w, "10.0.0.2/32") > first);
}

/* The store's file is taken away while it is open: all that was acknowledged is written again, with
 * owners, locator sets, nonces and the block of numbers. */
static void a_file_that_was_taken_away_is_written_again_whole(void **state)
{
	struct kept_world *f = *state;
	struct world *w = f->w;
	char command[96];
	uint64_t seq;

	world_register(w,
		REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"}, .xtr = 1, .nonce = 1000));
	put(w, "10.0.0.2/32", "192.0.2.1");
	world_static(w, "10.0.0.3/32", "192.0.2.3", false);
	seq = seq_of(w, "10.0.0.2/32");
	world_pass(w, 2000); /* nonces too are written */
	snprintf(command, sizeof(command), "mv %s/db %s/gone", f->dir, f->dir);
	assert_int_equal(system(command), 0);
	for (int i = 0; i < 1000 && store_renewals(w->store) == 0; i++)
		usleep(20000); /* the store's own thread */
	assert_int_equal(store_renewals(w->store), 1);
	world_pass(w, 1100);
	world_go_on(w);
	assert_true(commit_durable(w->commit));
	world_pass(w, 1100);
	w = kept_again(f, NULL, 1);
	assert_string_equal(lookup(w, "10.0.0.1"), ANSWER);
	assert_string_equal(lookup(w, "10.0.0.3"), "10.0.0.3 ttl 1440 act 0 { 192.0.2.3 }");
	assert_int_equal(seq_of(w, "10.0.0.2/32"), seq);
	world_register(w,
		REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.9"}, .xtr = 1, .nonce = 1000));
	assert_int_equal(world_dropped(w, DROP_REPLAY), 1);
	assert_string_equal(lookup(w, "10.0.0.1"), ANSWER);
	put(w, "10.0.0.4/32", "192.0.2.4");
	assert_true(seq_of(w, "10.0.0.4/32") >= FIRST_SEQ);
}

/* ---- numbers ---- */

static uint64_t a_new_number(struct world *w)
{
	static unsigned int n;
	char locator[32];

	snprintf(locator, sizeof(locator), "192.0.2.%u", 10 + n++ % 200);
	put(w, "10.0.0.1/32", locator);
	return seq_of(w, "10.0.0.1/32");
}

/* As the chapter Restore has it. */
static void a_restored_snapshot_gives_no_number_twice(void **state)
{
	struct kept_world *f = *state;
	struct world *w = f->w;
	uint64_t last;

	a_new_number(w);
	assert_int_equal(store_snapshot(w->store), 0);
	kept_do(f, "cp snapshot ../backup");
	a_new_number(kept_again(f, NULL, 1));
	last = a_new_number(kept_again(f, NULL, 1));
	w = kept_again(f, "rm -f lock.mdb synced && mv ../backup data.mdb", 60);
	assert_true(seq_of(w, "10.0.0.1/32") < last);
	assert_true(a_new_number(w) > last);
}

static void a_file_that_is_damaged_or_gone_gives_no_number_twice(void **state)
{
	static const char *const ends[] = {"rm data.mdb",
		"dd if=/dev/zero of=data.mdb bs=4096 seek=2 count=4 conv=notrunc 2>/dev/null",
		/* the last snapshot takes its place */
		"dd if=/dev/zero of=data.mdb bs=4096 seek=2 count=4 conv=notrunc 2>/dev/null"};
	struct kept_world *f = *state;
	struct world *w = f->w;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		uint64_t last = a_new_number(w);

		w = kept_again(f, ends[i], 60);
		assert_true(a_new_number(w) > last);
		if (i == 1)
			assert_int_equal(store_snapshot(w->store), 0);
	}
}

/* By an upgrade, or since the directory is another machine's: by the clock then. */
static void without_the_mark_numbers_begin_above_all_that_were_given(void **state)
{
	static const char *const ends[] = {
		"rm mark && rm data.mdb", "rm mark", "printf nonsense >mark"};
	struct kept_world *f = *state;
	struct world *w = f->w;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		uint64_t last = a_new_number(w);

		w = kept_again(f, ends[i], 60);
		assert_true(a_new_number(w) > last);
		assert_true(a_new_number(w) >= (w->wall_ms / 1000 - 3600) << 24);
	}
}

static bool find_rewriting(
	void *arg, const void *key, size_t key_len, const void *value, size_t value_len)
{
	*(bool *)arg |= key_len == 9 && !memcmp(key, "rewriting", 9);
	return true;
}

static bool says_rewriting(struct world *w)
{
	bool found = false;

	assert_int_equal(store_scan(w->store, STORED_STATE, NULL, 0, find_rewriting, &found), 0);
	return found;
}

/* The file was made anew, and the process ends while all is written into it. */
static void a_part_of_a_store_says_that_it_is_one(void **state)
{
	struct kept_world *f = *state;
	struct world *w = f->w;
	char eid[32];
	uint64_t last;

	for (int i = 0; i < 3000; i++) {
		snprintf(eid, sizeof(eid), "10.1.%d.%d/32", i / 250, i % 250);
		put(w, eid, "192.0.2.1");
	}
	last = a_new_number(w);
	assert_false(commit_partial(w->commit));
	kept_do(f, "mv ../db ../gone"); /* at once: its owner writes into it */
	for (int i = 0; i < 1000 && store_renewals(w->store) == 0; i++)
		usleep(20000); /* the store's own thread */
	world_pass(w, 1000);
	assert_false(commit_durable(w->commit));
	rcu_enter();
	commit_work(w->commit, w->now);
	commit_work(w->commit, w->now);
	rcu_leave();
	assert_false(commit_durable(w->commit));
	w = kept_again(f, NULL, 1);
	assert_true(commit_partial(w->commit));
	assert_true(a_new_number(w) > last);
	w = kept_again(f, NULL, 1); /* told once */
	assert_false(commit_partial(w->commit));
	assert_false(says_rewriting(w));
}

/* Locator sets that nobody refers to any more leave the store. */
static bool count_one(void *arg, const void *key, size_t key_len, const void *value, size_t len)
{
	(*(unsigned int *)arg)++;
	return true;
}

static void sets_and_tombstones_are_not_kept_for_ever(void **state)
{
	struct kept_world *f = *state;
	struct world *w = f->w;
	unsigned int sets = 0, mappings = 0;
	char locator[32];

	for (int i = 1; i < 100; i++) {
		snprintf(locator, sizeof(locator), "192.0.2.%d", i);
		put(w, "10.0.0.1/32", locator);
	}
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .xtr = 1, .remove = true));
	put(w, "10.0.0.2/32", "192.0.2.1");
	assert_int_equal(store_scan(w->store, STORED_SETS, NULL, 0, count_one, &sets), 0);
	assert_int_equal(sets, 1);
	for (int i = 0; i < 40; i++)
		world_pass(w, 100000); /* more than a tombstone's life */
	assert_int_equal(store_scan(w->store, STORED_MAPPINGS, NULL, 0, count_one, &mappings), 0);
	assert_int_equal(mappings, 0); /* the second one expired, and was forgotten too */
}

static void note_result(void *arg, int result)
{
	*(int *)arg = result;
}

static bool note_key(void *arg, const void *key, size_t key_len, const void *value, size_t len)
{
	memcpy(arg, key, key_len);
	return false;
}

static void a_mapping_whose_locators_are_missing_is_left_out_and_counted(void **state)
{
	struct kept_world *f = *state;
	struct world *w = f->w;
	uint8_t key[STORE_KEY_MAX];
	const struct store_change gone = {
		.table = STORED_SETS, .key = key, .key_len = STORED_SET_KEY};
	int result = 1;

	put(w, "10.0.0.1/32", "192.0.2.1");
	assert_int_equal(store_scan(w->store, STORED_SETS, NULL, 0, note_key, key), 0);
	put(w, "10.0.0.2/32", "192.0.2.2");
	store_submit(w->store, &gone, 1, note_result, &result);
	assert_int_equal(result, 0);
	w = kept_again(f, NULL, 60);
	assert_string_equal(lookup(w, "10.0.0.2"), "10.0.0.2 ttl 1440 act 0 { 192.0.2.2 }");
	assert_string_equal(lookup(w, "10.0.0.1"), "10.0.0.0/31 ttl 1 act 1 { }");
	assert_int_equal(commit_unreadable(w->commit), 1);
	w = kept_again(f, NULL, 60);
	assert_int_equal(commit_unreadable(w->commit), 1); /* it is still not there */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_mapping_is_answered_after_a_kill_and_ends_when_nobody_refreshes_it),
		TEST(a_refresh_makes_it_firm_and_writes_nothing),
		TEST(what_was_withdrawn_or_expired_stays_gone_and_keeps_its_number),
		TEST(a_claim_goes_on_where_it_was),
		TEST(the_rest_of_a_long_life_is_kept),
		TEST(a_clock_set_forward_leaves_time_to_refresh),
		TEST(a_clock_set_forward_forgets_no_number),
		TEST(a_clock_set_back_makes_no_life_longer),
		TEST(a_step_of_the_clock_while_it_runs_changes_nothing),
		TEST(the_operators_mappings_stay),
		TEST(before_its_turn_an_eid_is_looked_up_in_the_store),
		TEST(a_store_that_fails_is_complete_again_when_it_takes_changes),
		TEST(what_was_written_anew_lives_as_long_after_a_restart),
		TEST(a_store_that_fails_heals_with_many_large_sites),
		TEST(a_restart_on_a_full_disk_answers_and_gives_no_number_twice),
		TEST(no_number_is_given_twice_when_a_run_on_a_full_disk_was_killed),
		TEST(a_file_that_was_taken_away_is_written_again_whole),
		TEST(a_restored_snapshot_gives_no_number_twice),
		TEST(a_file_that_is_damaged_or_gone_gives_no_number_twice),
		TEST(without_the_mark_numbers_begin_above_all_that_were_given),
		TEST(a_part_of_a_store_says_that_it_is_one),
		TEST(sets_and_tombstones_are_not_kept_for_ever),
		TEST(a_mapping_whose_locators_are_missing_is_left_out_and_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
