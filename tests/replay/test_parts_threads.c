/* Who contributes to a sum is read by other threads (the API, protected requests) while the
 * committer changes it. To be run under ThreadSanitizer, too. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/rcu.h"
#include "tests/replay/world.h"

#define EIDS    4
#define ROUNDS  300
#define READERS 2

struct reader {
	pthread_t thread;
	struct merge *merge;
	const bool *stop; /* atomic */
	unsigned long wrong;
};

static struct eid eid_at(unsigned int i)
{
	char text[32];

	snprintf(text, sizeof(text), "10.0.0.%u/32", i);
	return world_eid(text);
}

/* Each part is one locator, 192.0.2.X, of the xTR X. */
static bool is_right(const struct merge_part *p)
{
	const struct locset *set = p->locators;

	return set->count == 1 && set->wire_len == 12 &&
	       set->wire[11] == p->owner->who.id.bytes[15] && p->ttl_min == 1440;
}

static void *read_on(void *arg)
{
	struct reader *r = arg;
	struct merge_part parts[MERGE_PARTS_MAX];

	rcu_thread_start();
	while (!__atomic_load_n(r->stop, __ATOMIC_ACQUIRE)) {
		for (unsigned int e = 0; e < EIDS; e++) {
			struct eid eid = eid_at(e);
			unsigned int n;

			rcu_enter();
			n = merge_parts(r->merge, &eid, parts);
			for (unsigned int i = 0; i < n; i++)
				r->wrong += !is_right(&parts[i]);
			rcu_leave();
		}
	}
	rcu_thread_stop();
	return NULL;
}

static void change(struct world *w, unsigned int round)
{
	for (unsigned int e = 0; e < EIDS; e++) {
		uint8_t xtr = (uint8_t)(1 + (round + e) % 5);
		char text[32], locator[32];

		snprintf(text, sizeof(text), "10.0.0.%u/32", e);
		snprintf(locator, sizeof(locator), "192.0.2.%u", xtr);
		world_register(w, (struct world_register){.eids = {text},
					  .locators = {locator},
					  .xtr = xtr,
					  .merge = true,
					  .no_notify = true,
					  .remove = (round + e) % 7 == 0});
	}
	world_clear(w);
}

static void parts_are_read_whole_while_they_change(void **state)
{
	struct site_table *t = world_sites();
	struct reader readers[READERS];
	struct world *w;
	bool stop = false;

	(void)state;
	world_site(t, "a", "10.0.0.0/8", true);
	w = world_new(t, NULL, NULL);
	for (unsigned int i = 0; i < READERS; i++) {
		readers[i] = (struct reader){.merge = w->server->merge, .stop = &stop};
		assert_int_equal(pthread_create(&readers[i].thread, NULL, read_on, &readers[i]), 0);
	}
	for (unsigned int round = 0; round < ROUNDS; round++)
		change(w, round);
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	for (unsigned int i = 0; i < READERS; i++) {
		pthread_join(readers[i].thread, NULL);
		assert_int_equal(readers[i].wrong, 0);
	}
	assert_true(merge_count(w->server->merge) > EIDS);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_are_read_whole_while_they_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
