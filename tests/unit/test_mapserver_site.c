/* site and forward: who may register what, by the longest configured prefix. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "mapserver/forward.h"
#include "mapserver/site.h"
#include "mapserver/site_change.h"
#include "tests/unit/world_parse.h"

static const uint8_t secret[16] = "site-test-key";

static struct site *site(const char *name, const char *prefix, bool more_specifics)
{
	struct site *s = site_new(name, 1);
	struct eid e = world_eid(prefix);

	assert_non_null(s);
	assert_int_equal(site_add_prefix(s, &e, more_specifics), 0);
	return s;
}

static bool allows(const struct site_table *t, const char *name, const char *text)
{
	struct eid e = world_eid(text);

	return site_table_allows(t, site_table_named(t, name), &e);
}

static void the_longest_prefix_decides_whose_an_eid_is(void **state)
{
	struct site_table *t = site_table_new(secret);
	const struct site *holder;

	(void)state;
	assert_int_equal(site_table_add(t, site("wide", "10.0.0.0/8", true), &holder), 0);
	assert_int_equal(site_table_add(t, site("hole", "10.1.0.0/16", false), &holder), 0);
	assert_true(allows(t, "wide", "10.0.0.0/8"));
	assert_true(allows(t, "wide", "10.2.0.1/32"));
	assert_false(allows(t, "wide", "10.1.0.1/32"));
	assert_true(allows(t, "hole", "10.1.0.0/16"));
	assert_false(allows(t, "hole", "10.1.0.1/32")); /* accepts no more-specifics */
	assert_false(allows(t, "hole", "10.0.0.0/8"));
	assert_false(allows(t, "wide", "11.0.0.1/32"));
	assert_false(allows(t, "wide", "[5]10.2.0.1/32")); /* another instance */
	site_table_free(t);
}

static void a_name_or_prefix_belongs_to_one_site(void **state)
{
	struct site_table *t = site_table_new(secret);
	struct eid again = world_eid("10.9.0.0/16");
	const struct site *holder;
	struct site *twice;

	(void)state;
	assert_int_equal(site_table_add(t, site("a", "10.0.0.0/8", true), &holder), 0);
	assert_int_equal(site_table_add(t, site("a", "11.0.0.0/8", true), &holder), -EEXIST);
	assert_int_equal(site_table_add(t, site("b", "10.0.0.0/8", true), &holder), -EEXIST);
	assert_string_equal(holder->name, "a");
	twice = site("c", "10.9.0.0/16", true);
	assert_int_equal(site_add_prefix(twice, &again, false), 0);
	assert_int_equal(site_table_add(t, twice, &holder), -EINVAL);
	assert_int_equal(site_table_count(t), 1); /* nothing of them stayed */
	assert_false(allows(t, "a", "11.0.0.0/8"));
	site_table_free(t);
}

/* With one key, if @psk is not NULL. */
static struct site *sharer(
	const char *name, const char *prefix, bool more_specifics, const char *psk)
{
	struct site *s = site(name, prefix, more_specifics);

	site_share_prefix(s);
	if (psk)
		assert_int_equal(site_add_key(s, 1, AUTH_HMAC_SHA256_128, psk, strlen(psk)), 0);
	return s;
}

static void a_prefix_is_held_by_several_where_each_says_shared(void **state)
{
	struct site_table *t = site_table_new(secret);
	struct eid host = world_eid("10.0.0.1/32");
	const struct site *holder;
	struct site_match m;

	(void)state;
	assert_int_equal(site_table_add(t, sharer("a", "10.0.0.0/8", true, "1"), &holder), 0);
	assert_int_equal(site_table_add(t, site("b", "10.0.0.0/8", true), &holder), -EEXIST);
	assert_string_equal(holder->name, "a");
	assert_int_equal(site_table_add(t, sharer("b", "10.0.0.0/8", false, "2"), &holder), 0);
	assert_int_equal(site_table_add(t, site("c", "11.0.0.0/8", true), &holder), 0);
	assert_int_equal(site_table_add(t, sharer("d", "11.0.0.0/8", true, "4"), &holder), -EEXIST);
	assert_string_equal(holder->name, "c");
	assert_true(site_table_match(t, &host, &m));
	assert_string_equal(m.holders->site->name, "a");
	assert_string_equal(m.holders->next->site->name, "b");
	assert_null(m.holders->next->next);
	assert_ptr_equal(site_match_named(&m, "b"), m.holders->next->site);
	assert_null(site_match_named(&m, "c"));
	assert_true(allows(t, "a", "10.0.0.1/32"));
	assert_false(allows(t, "b", "10.0.0.1/32")); /* each says whether it takes hosts */
	assert_true(allows(t, "b", "10.0.0.0/8"));
	assert_false(allows(t, "c", "10.0.0.0/8"));
	site_table_free(t);
}

static void sharers_are_bounded_and_no_two_have_one_key(void **state)
{
	struct site_table *t = site_table_new(secret);
	const struct site *holder;
	char name[4], psk[4];

	(void)state;
	for (unsigned int i = 0; i < SITE_SHARERS_MAX - 1; i++) {
		snprintf(name, sizeof(name), "s%u", i);
		snprintf(psk, sizeof(psk), "k%u", i);
		assert_int_equal(
			site_table_add(t, sharer(name, "10.0.0.0/8", true, psk), &holder), 0);
	}
	assert_int_equal(
		site_table_add(t, sharer("x", "10.0.0.0/8", true, "k3"), &holder), -EKEYREJECTED);
	assert_string_equal(holder->name, "s3");
	assert_int_equal(site_table_add(t, sharer("x", "10.0.0.0/8", true, "x"), &holder), 0);
	assert_int_equal(site_table_add(t, sharer("y", "10.0.0.0/8", true, "y"), &holder), -ENOSPC);
	/* What is not shared may have any key. */
	assert_int_equal(site_table_add(t, sharer("z", "12.0.0.0/8", true, "k3"), &holder), 0);
	assert_int_equal(site_table_count(t), SITE_SHARERS_MAX + 1);
	site_table_free(t);
}

static void one_holder_that_denies_is_enough(void **state)
{
	struct site_table *t = site_table_new(secret);
	struct site *second = sharer("b", "10.0.0.0/8", true, "2");
	struct eid host = world_eid("10.0.0.1/32");
	const struct site *holder;
	struct site_match m;

	(void)state;
	assert_int_equal(site_table_add(t, sharer("a", "10.0.0.0/8", true, "1"), &holder), 0);
	assert_true(site_table_match(t, &host, &m));
	assert_false(site_match_denies(&m));
	second->drop_policy = true;
	assert_int_equal(site_table_add(t, second, &holder), 0);
	assert_true(site_table_match(t, &host, &m));
	assert_true(site_match_denies(&m));
	assert_true(site_table_has_policy(t));
	site_table_free(t);
}

static void keys_are_found_by_id_and_algorithm(void **state)
{
	struct site *s = site("a", "10.0.0.0/8", true);
	char longest[AUTH_KEY_MAX + 1] = {0};

	(void)state;
	assert_int_equal(site_add_key(s, 1, AUTH_HMAC_SHA256_128, "old", 3), 0);
	assert_int_equal(site_add_key(s, 1, AUTH_HMAC_SHA256_128, "new", 3), -EEXIST);
	assert_int_equal(site_add_key(s, 2, AUTH_HMAC_SHA1_96, longest, sizeof(longest)), -EINVAL);
	assert_int_equal(site_add_key(s, 2, AUTH_HMAC_SHA1_96, longest, 0), -EINVAL);
	assert_int_equal(site_add_key(s, 2, AUTH_HMAC_SHA1_96, "new", 3), 0);
	assert_int_equal(site_add_key(s, 3, AUTH_HMAC_SHA1_96, "third", 5), -ENOSPC);
	assert_ptr_equal(site_find_key(s, 1, AUTH_HMAC_SHA256_128), &s->keys[0]);
	assert_null(site_find_key(s, 1, AUTH_HMAC_SHA1_96));
	assert_null(site_find_key(s, 1, AUTH_NONE));
	assert_null(site_find_key(s, 9, AUTH_HMAC_SHA256_128));
	assert_true(s->keys[0].fingerprint != s->keys[1].fingerprint);
	assert_non_null(site_ready_key(&s->keys[0], 0));
	site_unref(s);
}

/* Nonces are kept by key: of two sites with one text, neither may use up the other's. */
static void keys_of_two_sites_are_two_also_when_they_read_alike(void **state)
{
	struct site *a = site("a", "10.0.0.0/8", true), *b = site("b", "11.0.0.0/8", true),
		    *again = site("a", "12.0.0.0/8", true);

	(void)state;
	assert_int_equal(site_add_key(a, 1, AUTH_HMAC_SHA256_128, "same", 4), 0);
	assert_int_equal(site_add_key(b, 1, AUTH_HMAC_SHA256_128, "same", 4), 0);
	assert_int_equal(site_add_key(again, 2, AUTH_HMAC_SHA256_128, "same", 4), 0);
	assert_true(a->keys[0].fingerprint != b->keys[0].fingerprint);
	assert_true(a->keys[0].fingerprint == again->keys[0].fingerprint);
	site_unref(a);
	site_unref(b);
	site_unref(again);
}

static void a_copy_shares_nothing_with_its_site(void **state)
{
	struct site *s = site("a", "10.0.0.0/8", true), *c;
	struct eid rloc = world_eid("192.0.2.0/24");

	(void)state;
	assert_int_equal(site_add_key(s, 1, AUTH_HMAC_SHA256_128, "old", 3), 0);
	assert_int_equal(site_add_site_id(s, 5), 0);
	assert_int_equal(site_add_itr_rloc(s, &rloc), 0);
	assert_non_null(site_ready_key(&s->keys[0], 0));
	c = site_copy(s);
	assert_non_null(c);
	assert_int_equal(site_add_key(c, 2, AUTH_HMAC_SHA256_128, "new", 3), 0);
	assert_int_equal(s->key_count, 1);
	site_unref(s);
	assert_string_equal(c->name, "a");
	assert_int_equal(c->site_ids[0], 5);
	assert_true(eid_equal(&c->itr_rlocs[0], &rloc));
	assert_non_null(site_ready_key(&c->keys[0], 0));
	site_unref(c);
}

static void the_last_key_of_a_site_is_not_retired(void **state)
{
	struct site *s = site("a", "10.0.0.0/8", true);

	(void)state;
	assert_int_equal(site_add_key(s, 1, AUTH_HMAC_SHA256_128, "old", 3), 0);
	assert_int_equal(site_retire_key(s, 1), -EBUSY);
	assert_int_equal(site_add_key(s, 2, AUTH_HMAC_SHA256_128, "new", 3), 0);
	assert_int_equal(site_retire_key(s, 3), -ENOENT);
	assert_int_equal(site_retire_key(s, 1), 0);
	assert_null(site_find_key(s, 1, AUTH_HMAC_SHA256_128));
	assert_memory_equal(site_find_key(s, 2, AUTH_HMAC_SHA256_128)->psk, "new", 3);
	site_unref(s);
}

/* A site as its file has it. */
static struct site *from_file(const char *key)
{
	struct site *s = site("a", "10.0.0.0/8", true);

	assert_int_equal(site_add_key(s, 1, AUTH_HMAC_SHA256_128, key, strlen(key)), 0);
	return s;
}

static void a_reload_brings_no_retired_key_back_and_keeps_the_added_one(void **state)
{
	struct site *now = from_file("old"), *again = from_file("old"), *written;

	(void)state;
	assert_int_equal(site_add_key(now, 2, AUTH_HMAC_SHA256_128, "new", 3), 0);
	now->keys[1].from_api = true;
	assert_int_equal(site_retire_key(now, 1), 0);
	assert_true(site_keep_keys(again, now));
	assert_int_equal(again->key_count, 1);
	assert_memory_equal(again->keys[0].psk, "new", 3);
	/* The operator writes the new one into the file: then it is the file's. */
	written = from_file("new");
	assert_true(site_keep_keys(written, again));
	assert_int_equal(written->key_count, 1);
	assert_int_equal(written->keys[0].id, 1);
	assert_false(written->keys[0].from_api);
	site_unref(now);
	site_unref(again);
	site_unref(written);
}

static void sites_are_shared_between_tables(void **state)
{
	struct site_table *old = site_table_new(secret), *new = site_table_new(secret);
	struct site *s = site("a", "10.0.0.0/8", true);
	const struct site *holder;

	(void)state;
	assert_int_equal(site_table_add(old, s, &holder), 0);
	site_ref(s);
	assert_int_equal(site_table_add(new, s, &holder), 0);
	site_table_free(old);
	assert_string_equal(site_table_at(new, 0)->name, "a");
	assert_true(allows(new, "a", "10.0.0.1/32"));
	site_table_free(new);
}

static void forwarding_takes_the_longest_prefix(void **state)
{
	struct forward_table *t = forward_table_new(secret);
	struct eid wide = world_eid("0.0.0.0/0"), narrow = world_eid("10.1.0.0/16"),
		   host = world_eid("10.1.2.3/32"), other = world_eid("192.0.2.1/32"),
		   six = world_eid("2001:db8::1/128");
	struct endpoint a, b, found;

	(void)state;
	assert_true(endpoint_parse(&a, "192.0.2.80:4342", 0));
	assert_true(endpoint_parse(&b, "192.0.2.81:4342", 0));
	assert_int_equal(forward_table_add(t, &wide, &a), 0);
	assert_int_equal(forward_table_add(t, &narrow, &b), 0);
	assert_int_equal(forward_table_add(t, &narrow, &a), -EEXIST);
	assert_int_equal(forward_table_count(t), 2);
	assert_true(forward_table_find(t, &host, &found));
	assert_true(address_equal(&found.addr, &b.addr));
	assert_true(forward_table_find(t, &other, &found));
	assert_true(address_equal(&found.addr, &a.addr));
	assert_false(forward_table_find(t, &six, &found));
	forward_table_free(t);
}

/* ---- changes of one site ---- */

/* Puts it in the place of *@now, as who holds the table does. */
static void follow(struct site_change *c, struct site_table **now)
{
	struct site_table *old = *now;

	*now = site_change_table(c);
	site_table_succeeds(*now, old);
	site_change_follow(c, old);
}

static void put(struct site_change *c, struct site_table **now, struct site *s)
{
	const struct site *holder;

	assert_int_equal(site_change_begin(c, *now, s->name, s, &holder), 0);
	follow(c, now);
}

static void take(struct site_change *c, struct site_table **now, const char *name)
{
	const struct site *holder;

	assert_int_equal(site_change_begin(c, *now, name, NULL, &holder), 0);
	follow(c, now);
}

static void a_change_is_seen_whole_and_by_nobody_before(void **state)
{
	struct site_table *now = site_table_new(secret);
	struct site_change c = {0};
	const struct site *holder;
	struct eid more = world_eid("11.0.0.0/8");
	struct site *both = site("a", "10.0.0.0/8", false);
	uint64_t serial = site_table_serial(now);

	(void)state;
	put(&c, &now, site("a", "10.0.0.0/8", true));
	assert_true(site_table_serial(now) > serial);
	assert_true(allows(now, "a", "10.1.0.0/16"));
	site_add_prefix(both, &more, true);
	assert_int_equal(site_change_begin(&c, now, "a", both, &holder), 0);
	assert_true(allows(now, "a", "10.1.0.0/16")); /* as it was */
	assert_false(allows(now, "a", "11.0.0.0/8"));
	follow(&c, &now);
	assert_false(allows(now, "a", "10.1.0.0/16"));
	assert_true(allows(now, "a", "11.1.0.0/16"));
	assert_int_equal(site_table_count(now), 1);
	take(&c, &now, "a");
	assert_int_equal(site_table_count(now), 0);
	assert_null(site_table_named(now, "a"));
	put(&c, &now, site("b", "10.0.0.0/8", true)); /* nothing holds it any more */
	assert_true(allows(now, "b", "10.1.0.0/16"));
	site_change_forget(&c);
	site_table_free(now);
}

static void a_change_that_is_refused_or_undone_leaves_all_as_it_was(void **state)
{
	struct site_table *now = site_table_new(secret);
	struct site_change c = {0};
	const struct site *holder;

	(void)state;
	put(&c, &now, site("a", "10.0.0.0/8", true));
	put(&c, &now, site("b", "11.0.0.0/8", true));
	assert_int_equal(
		site_change_begin(&c, now, "b", site("b", "10.0.0.0/8", true), &holder), -EEXIST);
	assert_string_equal(holder->name, "a");
	assert_int_equal(
		site_change_begin(&c, now, "b", site("b", "12.0.0.0/8", true), &holder), 0);
	site_change_undo(&c);
	assert_int_equal(site_change_begin(&c, now, "a", NULL, &holder), 0);
	site_change_undo(&c);
	for (int i = 0; i < 2; i++) { /* in both of them */
		assert_true(allows(now, "a", "10.1.0.0/16"));
		assert_true(allows(now, "b", "11.1.0.0/16"));
		assert_false(allows(now, "b", "12.0.0.0/8"));
		assert_int_equal(site_table_count(now), 2);
		take(&c, &now, "nobody");
	}
	site_change_forget(&c);
	site_table_free(now);
}

static void one_of_those_that_share_a_prefix_goes_and_the_others_stay(void **state)
{
	static const char *const names[] = {"a", "b", "c"};
	struct eid host = world_eid("10.0.0.1");
	struct site_match m;

	(void)state;
	for (unsigned int gone = 0; gone < 3; gone++) {
		struct site_table *now = site_table_new(secret);
		struct site_change c = {0};

		for (unsigned int i = 0; i < 3; i++)
			put(&c, &now, sharer(names[i], "10.0.0.0/8", true, names[i]));
		take(&c, &now, names[gone]);
		assert_true(site_table_match(now, &host, &m));
		for (unsigned int i = 0; i < 3; i++)
			assert_true((site_match_named(&m, names[i]) != NULL) == (i != gone));
		site_change_forget(&c);
		site_table_free(now);
	}
}

/* Of @model, by its numbers: 0 is none, else the site holds 10.N.V.0/24. */
static struct site *numbered(unsigned int n, unsigned int v)
{
	char name[16], prefix[32];

	snprintf(name, sizeof(name), "s%u", n);
	snprintf(prefix, sizeof(prefix), "10.%u.%u.0/24", n, v);
	return site(name, prefix, true);
}

static void many_changes_end_where_a_table_built_anew_does(void **state)
{
	enum { SITES = 200, CHANGES = 5000 };
	struct site_table *now = site_table_new(secret);
	unsigned int model[SITES] = {0}, seed = 7, there = 0;
	struct site_change c = {0};
	char name[16], host[32];

	(void)state;
	for (unsigned int i = 0; i < CHANGES; i++) {
		unsigned int n, v;

		seed = seed * 1103515245 + 12345;
		n = seed / 65536 % SITES;
		v = seed / 256 % 4; /* 0: taken away */
		there += (v != 0) - (model[n] != 0);
		model[n] = v;
		snprintf(name, sizeof(name), "s%u", n);
		if (v)
			put(&c, &now, numbered(n, v));
		else
			take(&c, &now, name);
		assert_int_equal(site_table_count(now), there);
	}
	for (unsigned int n = 0; n < SITES; n++) {
		snprintf(name, sizeof(name), "s%u", n);
		assert_true((site_table_named(now, name) != NULL) == (model[n] != 0));
		for (unsigned int v = 1; v < 4; v++) {
			struct eid e;
			struct site_match m;

			snprintf(host, sizeof(host), "10.%u.%u.9", n, v);
			e = world_eid(host);
			assert_true(site_table_match(now, &e, &m) == (model[n] == v));
			assert_true(model[n] != v || !strcmp(m.holders->site->name, name));
		}
		if (model[n])
			assert_string_equal(
				site_table_at(now, site_table_place(now, name))->name, name);
	}
	site_change_forget(&c);
	site_table_free(now);
}

static void a_name_that_no_site_can_have_is_nobodys(void **state)
{
	struct site_table *t = site_table_new(secret);
	const struct site *holder;
	char name[SITE_NAME_MAX + 2];

	(void)state;
	memset(name, 'x', sizeof(name));
	name[SITE_NAME_MAX] = '\0';
	assert_int_equal(site_table_add(t, site(name, "10.0.0.0/8", true), &holder), 0);
	assert_non_null(site_table_named(t, name));
	name[SITE_NAME_MAX] = 'x';
	name[SITE_NAME_MAX + 1] = '\0';
	assert_null(site_table_named(t, name));
	assert_null(site_table_named(t, ""));
	site_table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_prefix_decides_whose_an_eid_is),
		cmocka_unit_test(a_name_or_prefix_belongs_to_one_site),
		cmocka_unit_test(a_prefix_is_held_by_several_where_each_says_shared),
		cmocka_unit_test(sharers_are_bounded_and_no_two_have_one_key),
		cmocka_unit_test(one_holder_that_denies_is_enough),
		cmocka_unit_test(keys_are_found_by_id_and_algorithm),
		cmocka_unit_test(keys_of_two_sites_are_two_also_when_they_read_alike),
		cmocka_unit_test(a_copy_shares_nothing_with_its_site),
		cmocka_unit_test(the_last_key_of_a_site_is_not_retired),
		cmocka_unit_test(a_reload_brings_no_retired_key_back_and_keeps_the_added_one),
		cmocka_unit_test(sites_are_shared_between_tables),
		cmocka_unit_test(forwarding_takes_the_longest_prefix),
		cmocka_unit_test(a_change_is_seen_whole_and_by_nobody_before),
		cmocka_unit_test(a_change_that_is_refused_or_undone_leaves_all_as_it_was),
		cmocka_unit_test(one_of_those_that_share_a_prefix_goes_and_the_others_stay),
		cmocka_unit_test(many_changes_end_where_a_table_built_anew_does),
		cmocka_unit_test(a_name_that_no_site_can_have_is_nobodys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
