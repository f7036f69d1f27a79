/* In which order the tickets of libvirt's domains are written, and what becomes of one that cannot
 * be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "vmmobility/ticket_queue.h"

static const struct handover_id web = {{1}}, db = {{2}};
static const struct mono start = {5000000000};

static void expect(struct ticket_job *j, const struct handover_id *uuid, const char *element)
{
	assert_non_null(j);
	assert_memory_equal(&j->uuid, uuid, sizeof(*uuid));
	assert_string_equal(j->element, element);
}

static void the_last_ticket_of_a_domain_counts(void **state)
{
	struct ticket_queue q = {0};
	struct ticket_job *j;

	assert_true(ticket_queue_set(&q, &web, "one"));
	assert_true(ticket_queue_set(&q, &db, "two"));
	assert_true(ticket_queue_set(&q, &web, "three"));
	j = ticket_queue_take(&q, start);
	expect(j, &web, "three");
	ticket_queue_free_job(j);
	j = ticket_queue_take(&q, start);
	expect(j, &db, "two");
	ticket_queue_free_job(j);
	assert_null(ticket_queue_take(&q, start));
}

static void a_retry_gives_way_to_a_newer_ticket_of_its_domain(void **state)
{
	struct ticket_queue q = {0};
	struct ticket_job *old, *j;

	ticket_queue_set(&q, &web, "old");
	old = ticket_queue_take(&q, start);
	ticket_queue_set(&q, &web, "new"); /* while the old one is tried */
	assert_true(ticket_queue_again(&q, old, start));
	j = ticket_queue_take(&q, mono_add_s(start, 100));
	expect(j, &web, "new");
	ticket_queue_free_job(j);
	assert_null(ticket_queue_take(&q, mono_add_s(start, 100)));
}

static void a_newer_ticket_takes_the_place_of_one_that_waits_and_is_due_at_once(void **state)
{
	struct ticket_queue q = {0};
	struct ticket_job *j;

	ticket_queue_set(&q, &web, "old");
	assert_true(ticket_queue_again(&q, ticket_queue_take(&q, start), start));
	assert_null(ticket_queue_take(&q, start));
	ticket_queue_set(&q, &web, "new");
	j = ticket_queue_take(&q, start);
	expect(j, &web, "new");
	assert_int_equal(j->tries, 0);
	ticket_queue_free_job(j);
	assert_null(q.first);
}

static void a_retry_is_in_nobodys_way(void **state)
{
	struct ticket_queue q = {0};
	struct ticket_job *j;
	struct mono due;

	assert_false(ticket_queue_due(&q, &due));
	ticket_queue_set(&q, &web, "one");
	ticket_queue_set(&q, &db, "two");
	assert_true(ticket_queue_again(&q, ticket_queue_take(&q, start), start));
	j = ticket_queue_take(&q, start);
	expect(j, &db, "two");
	ticket_queue_free_job(j);
	assert_true(ticket_queue_due(&q, &due));
	assert_int_equal(due.ns, 6000000000);
	assert_null(ticket_queue_take(&q, (struct mono){5999999999}));
	ticket_queue_set(&q, &db, "three"); /* behind it in the list, and before it in time */
	assert_true(ticket_queue_due(&q, &due));
	assert_int_equal(due.ns, 0);
	j = ticket_queue_take(&q, (struct mono){5999999999});
	expect(j, &db, "three");
	ticket_queue_free_job(j);
	j = ticket_queue_take(&q, due = (struct mono){6000000000});
	expect(j, &web, "one");
	ticket_queue_free_job(j);
}

static void after_five_tries_it_is_given_up(void **state)
{
	struct ticket_queue q = {0};
	struct ticket_job *j;
	struct mono now = start;

	ticket_queue_set(&q, &web, "one");
	for (unsigned int i = 0; i < 4; i++) {
		assert_true(ticket_queue_again(&q, ticket_queue_take(&q, now), now));
		now = mono_add_s(now, 1);
	}
	j = ticket_queue_take(&q, now);
	expect(j, &web, "one");
	assert_false(ticket_queue_again(&q, j, now));
	assert_null(q.first);
	ticket_queue_free_job(j);
}

static void without_a_connection_all_wait(void **state)
{
	struct ticket_queue q = {0};

	ticket_queue_set(&q, &web, "one");
	ticket_queue_set(&q, &db, "two");
	ticket_queue_hold(&q, start);
	assert_null(ticket_queue_take(&q, start));
	ticket_queue_free_job(ticket_queue_take(&q, mono_add_s(start, 1)));
	assert_non_null(q.first);
	ticket_queue_clear(&q);
	assert_null(q.first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_ticket_of_a_domain_counts),
		cmocka_unit_test(a_retry_gives_way_to_a_newer_ticket_of_its_domain),
		cmocka_unit_test(
			a_newer_ticket_takes_the_place_of_one_that_waits_and_is_due_at_once),
		cmocka_unit_test(a_retry_is_in_nobodys_way),
		cmocka_unit_test(after_five_tries_it_is_given_up),
		cmocka_unit_test(without_a_connection_all_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
