/* What finds one of an agent's thousands of guests: by name and UUID (vmmobility/guest_index.h),
 * and by the counter of what was sent about it (vmmobility/sendings.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/vm_world.h"
#include "vmmobility/guest_index.h"
#include "vmmobility/sendings.h"

#define MANY 1000

static struct handover_id uuid_of(unsigned int i)
{
	struct handover_id uuid = {{0x90}};

	uuid.bytes[14] = (uint8_t)(i >> 8);
	uuid.bytes[15] = (uint8_t)i;
	return uuid;
}

static void guests_are_found_by_name_and_uuid_among_many(void **state)
{
	struct vm_world *w = vm_world_new();
	struct handover_id none = {{0}}, uuid;
	struct guest *guests[MANY];
	char name[32];

	for (unsigned int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "vm%u", i);
		uuid = uuid_of(i);
		guests[i] = guests_bind(w->guests, name, &uuid, GUEST_OF_LIBVIRT, NULL, 0);
		assert_non_null(guests[i]);
	}
	for (unsigned int i = 0; i < MANY; i += 2) /* half of them are forgotten */
		guests_unbind(w->guests, guests[i], GUEST_OF_LIBVIRT);
	for (unsigned int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "vm%u", i);
		uuid = uuid_of(i);
		assert_ptr_equal(guests_by_name(w->guests, name), i % 2 ? guests[i] : NULL);
		assert_ptr_equal(guests_by_uuid(w->guests, &uuid), i % 2 ? guests[i] : NULL);
	}
	assert_null(guests_by_uuid(w->guests, &none));
	assert_null(guests_by_name(w->guests, "vm"));
	vm_world_free(w);
}

static void of_two_guests_with_one_name_the_later_is_found(void **state)
{
	struct guest_index *x = calloc(1, sizeof(*x));
	struct guest *first = calloc(1, sizeof(*first)), *second = calloc(1, sizeof(*second));
	struct handover_id uuid = uuid_of(7), other = uuid_of(8), none = {{0}};

	assert_true(x && first && second);
	strcpy(first->name, "web");
	strcpy(second->name, "web");
	guest_index_add(x, first);
	guest_index_add(x, second);
	assert_ptr_equal(guest_index_by_name(x, "web"), second);
	assert_null(guest_index_by_uuid(x, &none)); /* neither has one */
	guest_index_identify(x, first, &uuid);
	assert_ptr_equal(guest_index_by_uuid(x, &uuid), first);
	guest_index_identify(x, first, &other);
	assert_null(guest_index_by_uuid(x, &uuid));
	assert_ptr_equal(guest_index_by_uuid(x, &other), first);
	guest_index_remove(x, second);
	assert_ptr_equal(guest_index_by_name(x, "web"), first);
	guest_index_remove(x, first);
	assert_null(guest_index_by_name(x, "web"));
	assert_null(guest_index_by_uuid(x, &other));
	free(first);
	free(second);
	free(x);
}

static void what_was_sent_is_found_while_it_is_remembered(void **state)
{
	struct sendings *s = sendings_new();
	struct report *reports = calloc(MANY, sizeof(*reports));
	uint32_t slots[MANY];

	assert_true(s && reports);
	assert_null(sendings_find(s, 1));
	for (unsigned int i = 0; i < MANY; i++) {
		slots[i] = sendings_add(s, &reports[i]);
		assert_int_not_equal(slots[i], SENDINGS_NO_SLOT);
		sendings_note(s, 5000 + i, slots[i]); /* while it grows */
	}
	for (unsigned int i = 0; i < MANY; i++)
		assert_ptr_equal(sendings_find(s, 5000 + i), &reports[i]);
	assert_null(sendings_find(s, 4999));
	assert_null(sendings_find(s, 5000 + MANY));
	for (uint64_t n = 0; n < 1u << 20; n++) /* more than is remembered */
		sendings_note(s, 10000 + n, slots[3]);
	assert_null(sendings_find(s, 5003));
	assert_ptr_equal(sendings_find(s, 10000 + (1u << 20) - 1), &reports[3]);
	sendings_remove(s, slots[3]);
	assert_null(sendings_find(s, 10000 + (1u << 20) - 1));
	assert_int_equal(sendings_add(s, &reports[0]), slots[3]); /* its place is used again */
	free(reports);
	sendings_free(s);
}

static void without_a_slot_nothing_is_remembered(void **state)
{
	struct sendings *s = sendings_new();

	assert_non_null(s);
	sendings_note(s, 7, SENDINGS_NO_SLOT);
	assert_null(sendings_find(s, 7));
	sendings_remove(s, SENDINGS_NO_SLOT);
	sendings_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guests_are_found_by_name_and_uuid_among_many),
		cmocka_unit_test(of_two_guests_with_one_name_the_later_is_found),
		cmocka_unit_test(what_was_sent_is_found_while_it_is_remembered),
		cmocka_unit_test(without_a_slot_nothing_is_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
