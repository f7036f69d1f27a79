/* Guests that were told of in an earlier run of the agent: what is kept of them, what is read back,
 * and what is said once their sources have told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/vm_world.h"
#include "vmmobility/recall.h"

static const struct handover_id uuid7 = {{7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7}};
static const struct handover_id nobody;

/* One of an earlier run, whose news came from @told_by. */
static struct guest *recalled(struct vm_world *w, unsigned int told_by)
{
	const struct handover_host host = vm_world_host(7);
	struct guest *g = guests_recall(w->guests, "web", &uuid7, told_by, false, &host, 1);

	assert_non_null(g);
	return g;
}

static void nothing_is_told_of_it_before_its_source_has_told(void **state)
{
	struct vm_world *w = vm_world_new();
	struct guest *g = recalled(w, GUEST_OF_LIBVIRT);

	vm_world_pass(w, 3600000);
	assert_true(vm_world_silent(w));
	guests_news(w->guests, g, GUEST_RUNS);
	assert_int_equal(vm_world_state(w)->state, HANDOVER_RUNNING);
	assert_int_equal(w->kept, 0); /* it is kept already */
	vm_world_free(w);
}

static void what_is_not_there_any_more_is_gone(void **state)
{
	struct vm_world *w = vm_world_new();
	struct guest *g = recalled(w, GUEST_OF_LIBVIRT);
	const struct handover *h;

	guests_news(w->guests, g, GUEST_ABSENT);
	h = vm_world_state(w);
	assert_int_equal(h->state, HANDOVER_GONE);
	assert_memory_equal(&h->guest, &uuid7, sizeof(uuid7));
	assert_int_equal(h->host_count, 1);
	vm_world_ack(w, h->counter, HANDOVER_TAKEN);
	assert_int_equal(w->forgotten, 0);
	vm_world_pass(w, 600000); /* and then forgotten for good */
	assert_int_equal(w->forgotten, 1);
	assert_null(guests_by_uuid(w->guests, &uuid7));
	vm_world_free(w);
}

static void its_present_addresses_count_before_those_that_were_kept(void **state)
{
	struct vm_world *w = vm_world_new();
	struct handover_host hosts[] = {vm_world_host(7), vm_world_host(8)};
	struct guest *g = recalled(w, GUEST_OF_LIBVIRT);

	assert_ptr_equal(guests_bind(w->guests, "web", &uuid7, GUEST_OF_LIBVIRT, hosts, 2), g);
	assert_int_equal(g->origins, GUEST_OF_LIBVIRT);
	assert_int_equal(g->report.content.host_count, 2);
	assert_int_equal(w->kept, 1);
	guests_unbind(w->guests, g, GUEST_OF_LIBVIRT);
	assert_null(guests_first(w->guests));
	assert_int_equal(w->forgotten, 1);
	vm_world_free(w);
}

static void what_a_hook_had_announced_is_not_awaited_for_ever(void **state)
{
	struct vm_world *w = vm_world_new();

	recalled(w, GUEST_OF_HOOK);
	vm_world_pass(w, 59999);
	assert_true(vm_world_silent(w));
	vm_world_pass(w, 1);
	assert_int_equal(vm_world_state(w)->state, HANDOVER_GONE);
	vm_world_free(w);
}

static void another_guest_at_the_same_socket_is_not_the_one_that_was_told_of(void **state)
{
	struct vm_world *w = vm_world_new();
	const struct handover_host host = vm_world_host(7);
	struct guest *g = recalled(w, GUEST_OF_CONFIG);
	struct handover_id other;

	memset(&other, 8, sizeof(other));
	assert_ptr_equal(guests_bind(w->guests, "web", &nobody, GUEST_OF_CONFIG, &host, 1), g);
	guests_identify(w->guests, g, &other);
	assert_int_equal(w->forgotten, 1);
	guests_news(w->guests, g, GUEST_RUNS);
	assert_memory_equal(&vm_world_state(w)->guest, &other, sizeof(other));
	assert_int_equal(w->kept, 1);
	vm_world_free(w);
}

static void what_nobody_will_tell_of_is_forgotten_without_a_word(void **state)
{
	struct vm_world *w = vm_world_new();

	guests_disregard(w->guests, recalled(w, GUEST_OF_LIBVIRT));
	assert_null(guests_first(w->guests));
	assert_true(vm_world_silent(w));
	assert_int_equal(w->forgotten, 1);
	vm_world_free(w);
}

static void a_guest_is_kept_once_and_again_when_it_is_another(void **state)
{
	struct vm_world *w = vm_world_new();
	struct guest *g = vm_world_guest(w, "web", 7);
	struct handover_host host = vm_world_host(9);

	guests_news(w->guests, g, GUEST_ABSENT);
	assert_int_equal(w->kept, 0); /* nothing was told of it */
	guests_told_by(w->guests, g, GUEST_OF_CONFIG);
	guests_news(w->guests, g, GUEST_RUNS);
	guests_news(w->guests, g, GUEST_DEPARTS);
	guests_news(w->guests, g, GUEST_STOPS_TO_DEPART);
	assert_int_equal(w->kept, 1); /* no writing at the cut */
	guests_told_by(w->guests, g, GUEST_OF_CONFIG);
	assert_int_equal(w->kept, 1);
	guests_told_by(w->guests, g, GUEST_OF_LIBVIRT);
	assert_int_equal(w->kept, 2);
	guests_bind(w->guests, "web", &uuid7, GUEST_OF_CONFIG, &host, 1);
	assert_int_equal(w->kept, 3);
	vm_world_free(w);
	/* The end of the agent forgets nobody: see on_forget. */
}

/* ---- the record ---- */

static const uint8_t record[] = {
	1, 1, 0,                                        /* version, libvirt, not snooped */
	7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, /* UUID */
	3, 'w', 'e', 'b', 2,                            /* name, hosts */
	0x52, 0x54, 0, 0x66, 0, 2, 'l', 'a', 'n', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* port */
	0, 0, 0, 9, 0, 1, 4, 203, 0, 113, 7,                                             /* IPv4 */
	0x52, 0x54, 0, 0x66, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* no port */
	0, 0, 0, 0, 0, 6, 6, 0x52, 0x54, 0, 0x66, 0, 2,                            /* MAC */
};

static void a_record_is_read_as_it_stands(void **state)
{
	struct recalled r;
	char why[160], text[EID_TEXT];

	assert_true(recall_read(record, sizeof(record), &r, why, sizeof(why)));
	assert_string_equal(r.name, "web");
	assert_int_equal(r.told_by, GUEST_OF_LIBVIRT);
	assert_memory_equal(&r.uuid, &uuid7, sizeof(uuid7));
	assert_int_equal(r.host_count, 2);
	assert_string_equal(r.hosts[0].port, "lan");
	assert_string_equal(eid_format(&r.hosts[0].eid, text, sizeof(text)), "[9]203.0.113.7");
	assert_string_equal(r.hosts[1].port, "");
	assert_string_equal(eid_format(&r.hosts[1].eid, text, sizeof(text)), "52:54:00:66:00:02");
}

static void a_record_is_written_as_it_is_read(void **state)
{
	struct vm_world *w = vm_world_new();
	uint8_t bytes[RECALL_BYTES];
	struct recalled r;
	struct guest *g;
	char why[160];

	assert_true(recall_read(record, sizeof(record), &r, why, sizeof(why)));
	g = guests_recall(w->guests, r.name, &r.uuid, r.told_by, r.snooped, r.hosts, r.host_count);
	assert_non_null(g);
	assert_int_equal(recall_write(g, bytes), sizeof(record));
	assert_memory_equal(bytes, record, sizeof(record));
	vm_world_free(w);
}

static void a_damaged_record_is_refused(void **state)
{
	uint8_t bytes[sizeof(record) + 1];
	struct recalled r;
	char why[160];

	for (size_t len = 0; len < sizeof(record); len++)
		assert_false(recall_read(record, len, &r, why, sizeof(why)));
	memcpy(bytes, record, sizeof(record));
	bytes[sizeof(record)] = 0;
	assert_false(recall_read(bytes, sizeof(bytes), &r, why, sizeof(why)));
	bytes[0] = 2;
	assert_false(recall_read(bytes, sizeof(record), &r, why, sizeof(why)));
	assert_non_null(strstr(why, "version"));
	bytes[0] = 1;
	bytes[19] = 64;
	assert_false(recall_read(bytes, sizeof(record), &r, why, sizeof(why)));
	bytes[19] = 3;
	bytes[23] = 33;
	assert_false(recall_read(bytes, sizeof(record), &r, why, sizeof(why)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_told_of_it_before_its_source_has_told),
		cmocka_unit_test(what_is_not_there_any_more_is_gone),
		cmocka_unit_test(its_present_addresses_count_before_those_that_were_kept),
		cmocka_unit_test(what_a_hook_had_announced_is_not_awaited_for_ever),
		cmocka_unit_test(another_guest_at_the_same_socket_is_not_the_one_that_was_told_of),
		cmocka_unit_test(what_nobody_will_tell_of_is_forgotten_without_a_word),
		cmocka_unit_test(a_guest_is_kept_once_and_again_when_it_is_another),
		cmocka_unit_test(a_record_is_read_as_it_stands),
		cmocka_unit_test(a_record_is_written_as_it_is_read),
		cmocka_unit_test(a_damaged_record_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
