/* The states of guests by the news of their sources: the orders that live migrations, their
 * failures and restarts bring (measured with QEMU 7.2 and libvirt 9.0). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/vm_world.h"
#include "vmmobility/domain_xml.h"
#include "vmmobility/guest_uuid.h"

/* What was told since the last call: "running leaving paused+ gone"; + is IN_MIGRATION. The xTR
 * takes it all. */
static const char *told(struct vm_world *w)
{
	static char text[512];
	const struct handover *h;

	text[0] = '\0';
	while (!vm_world_silent(w)) {
		h = vm_world_state(w);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s%s",
			text[0] ? " " : "", guest_state_name(h->state), h->in_migration ? "+" : "");
		vm_world_ack(w, h->counter, HANDOVER_TAKEN);
	}
	return text;
}

static const char *after(struct vm_world *w, struct guest *g, const enum guest_news *news, size_t n)
{
	static char all[512];

	all[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		const char *now;

		guests_news(w->guests, g, news[i]);
		now = told(w);
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s",
			all[0] && now[0] ? " " : "", now);
	}
	return all;
}

#define AFTER(w, g, ...)                                                                           \
	after(w, g, (const enum guest_news[]){__VA_ARGS__},                                        \
		sizeof((const enum guest_news[]){__VA_ARGS__}) / sizeof(enum guest_news))

static void a_migration_from_here(void **state)
{
	struct vm_world *w = vm_world_new();
	struct guest *g = vm_world_guest(w, "web", 7);

	assert_string_equal(AFTER(w, g, GUEST_RUNS, GUEST_DEPARTS, GUEST_STOPS_TO_DEPART,
				    GUEST_DEPARTS, GUEST_ABSENT),
		"running leaving paused+ gone");
	assert_int_equal(w->changes, 4);
	vm_world_free(w);
}

static void a_migration_to_here_runs_at_resume_and_not_before(void **state)
{
	struct vm_world *w = vm_world_new();
	struct guest *g = vm_world_guest(w, "web", 7);

	/* A stop before is the destination that waits; "departs" is the arrival itself. */
	assert_string_equal(AFTER(w, g, GUEST_EXPECTED, GUEST_STOPS, GUEST_DEPARTS,
				    GUEST_STOPS_TO_DEPART, GUEST_RUNS),
		"incoming running");
	vm_world_free(w);
}

static void a_migration_that_fails_after_the_stop_is_taken_back_by_the_resume(void **state)
{
	struct vm_world *w = vm_world_new();
	struct guest *g = vm_world_guest(w, "web", 7);

	assert_string_equal(
		AFTER(w, g, GUEST_RUNS, GUEST_DEPARTS, GUEST_STOPS_TO_DEPART, GUEST_RUNS),
		"running leaving paused+ running");
	/* Also when libvirt says no more than that the guest was suspended and runs. */
	assert_string_equal(AFTER(w, g, GUEST_STOPS_TO_DEPART, GUEST_STAYS, GUEST_RUNS),
		"paused+ paused running");
	vm_world_free(w);
}

static void a_migration_that_fails_while_copying_changes_nothing(void **state)
{
	struct vm_world *w = vm_world_new();
	struct guest *g = vm_world_guest(w, "web", 7);

	assert_string_equal(
		AFTER(w, g, GUEST_RUNS, GUEST_DEPARTS, GUEST_STAYS), "running leaving running");
	vm_world_free(w);
}

static void an_operators_pause_is_no_migration(void **state)
{
	struct vm_world *w = vm_world_new();
	struct guest *g = vm_world_guest(w, "web", 7);

	assert_string_equal(
		AFTER(w, g, GUEST_RUNS, GUEST_STOPS, GUEST_RUNS), "running paused running");
	vm_world_free(w);
}

static void the_same_news_twice_is_told_once(void **state)
{
	struct vm_world *w = vm_world_new();
	struct guest *g = vm_world_guest(w, "web", 7);

	assert_string_equal(AFTER(w, g, GUEST_RUNS, GUEST_RUNS, GUEST_STOPS_TO_DEPART,
				    GUEST_STOPS_TO_DEPART, GUEST_DEPARTS),
		"running paused+");
	vm_world_free(w);
}

static void what_was_never_here_is_not_said_to_be_gone(void **state)
{
	struct vm_world *w = vm_world_new();
	struct guest *g = vm_world_guest(w, "web", 7);

	assert_string_equal(AFTER(w, g, GUEST_ABSENT, GUEST_STAYS), "");
	assert_string_equal(AFTER(w, g, GUEST_EXPECTED, GUEST_ABSENT), "incoming gone");
	vm_world_free(w);
}

static void an_announcement_takes_nothing_from_a_guest_that_runs(void **state)
{
	struct vm_world *w = vm_world_new();
	struct guest *g = vm_world_guest(w, "web", 7);

	assert_string_equal(AFTER(w, g, GUEST_RUNS, GUEST_ANNOUNCED, GUEST_EXPECTED), "running");
	vm_world_free(w);
}

static void what_was_announced_expires_and_what_is_seen_does_not(void **state)
{
	struct vm_world *w = vm_world_new();
	struct guest *a = vm_world_guest(w, "a", 7), *b = vm_world_guest(w, "b", 8);

	AFTER(w, a, GUEST_ANNOUNCED);
	AFTER(w, b, GUEST_ANNOUNCED, GUEST_EXPECTED);
	vm_world_pass(w, 59999);
	assert_int_equal(a->report.content.state, HANDOVER_INCOMING);
	vm_world_pass(w, 1);
	assert_int_equal(a->report.content.state, HANDOVER_GONE);
	assert_int_equal(b->report.content.state, HANDOVER_INCOMING);
	assert_int_equal(w->env.counters[VM_EXPECTED_EXPIRED], 1);
	vm_world_free(w);
}

static void there_and_back_and_there_again(void **state)
{
	struct vm_world *w = vm_world_new();
	struct guest *g = vm_world_guest(w, "web", 7);

	assert_string_equal(
		AFTER(w, g, GUEST_RUNS, GUEST_STOPS_TO_DEPART, GUEST_ABSENT, GUEST_EXPECTED,
			GUEST_RUNS, GUEST_DEPARTS, GUEST_STOPS_TO_DEPART),
		"running paused+ gone incoming running leaving paused+");
	vm_world_free(w);
}

static void the_metadatas_addresses_count_before_the_configurations(void **state)
{
	struct vm_world *w = vm_world_new();
	struct guest *g = vm_world_guest(w, "web", 7);
	struct handover_host hosts[] = {vm_world_host(8), vm_world_host(9)};
	struct handover_id uuid = g->report.content.guest;

	guests_news(w->guests, g, GUEST_RUNS);
	told(w);
	assert_ptr_equal(
		guests_bind(w->guests, "its-other-name", &uuid, GUEST_OF_LIBVIRT, hosts, 2), g);
	assert_int_equal(vm_world_state(w)->host_count, 2); /* said at once */
	vm_world_guest(w, "web", 7);
	guests_bind(w->guests, "web", &uuid, GUEST_OF_SNOOP, hosts, 1);
	assert_int_equal(g->report.content.host_count, 2);
	assert_string_equal(told(w), "");
	guests_unbind(w->guests, g, GUEST_OF_CONFIG);
	guests_unbind(w->guests, g, GUEST_OF_SNOOP);
	guests_unbind(w->guests, g, GUEST_OF_LIBVIRT);
	assert_null(guests_by_uuid(w->guests, &uuid));
	vm_world_pass(w, 60000);
	assert_string_equal(told(w), ""); /* forgotten, and not said to be gone */
	vm_world_free(w);
}

static void who_has_other_addresses_or_is_not_known_any_more_is_noticed(void **state)
{
	struct vm_world *w = vm_world_new();
	struct guest *g = vm_world_guest(w, "web", 7);
	struct handover_host hosts[] = {vm_world_host(8), vm_world_host(9)};
	struct handover_id uuid = g->report.content.guest;

	assert_int_equal(w->rebound, 1);
	vm_world_guest(w, "web", 7); /* the same again */
	assert_int_equal(w->rebound, 1);
	guests_bind(w->guests, "web", &uuid, GUEST_OF_LIBVIRT, hosts, 2);
	assert_int_equal(w->rebound, 2);
	guests_bind(w->guests, "web", &uuid, GUEST_OF_LIBVIRT, hosts, 1);
	assert_int_equal(w->rebound, 3);
	guests_unbind(w->guests, g, GUEST_OF_CONFIG);
	assert_int_equal(w->rebound, 3);
	guests_unbind(w->guests, g, GUEST_OF_LIBVIRT);
	assert_int_equal(w->rebound, 4);
	vm_world_free(w);
}

/* From its domain's metadata to what the xTR hears. */
static void all_cards_and_families_of_a_guest_move_in_one_state(void **state)
{
	static const char xml[] =
		"<domain><name>web</name><uuid>6f1c0c5e-3f6a-4c57-9d2e-0d6f8b1f3a52</uuid><metadata>"
		"<s:guest xmlns:s='urn:sunward:guest:1'>"
		"<s:eid iid='7' mac='52:54:00:66:00:02'>203.0.113.7</s:eid>"
		"<s:eid iid='7' mac='52:54:00:66:00:02'>2001:db8::7</s:eid>"
		"<s:eid iid='9' mac='52:54:00:66:00:03' port='red'>203.0.113.7</s:eid>"
		"<s:eid iid='7'>52:54:00:66:00:02</s:eid><s:eid iid='9'>52:54:00:66:00:03</s:eid>"
		"</s:guest></metadata><devices>"
		"<interface type='bridge'><mac address='52:54:00:66:00:02'/><target dev='vnet0'/></interface>"
		"<interface type='bridge'><mac address='52:54:00:66:00:03'/><target dev='vnet1'/></interface>"
		"</devices></domain>";
	static const char *const eids[] = {"[7]203.0.113.7", "[7]2001:db8::7", "[9]203.0.113.7",
		"[7]52:54:00:66:00:02", "[9]52:54:00:66:00:03"};
	static const uint8_t cards[] = {2, 2, 3, 2, 3}; /* the last byte of the MAC */
	static const enum guest_news news[] = {
		GUEST_RUNS, GUEST_DEPARTS, GUEST_STOPS_TO_DEPART, GUEST_ABSENT};
	static const uint8_t states[] = {
		HANDOVER_RUNNING, HANDOVER_LEAVING, HANDOVER_PAUSED, HANDOVER_GONE};
	struct vm_world *w = vm_world_new();
	char why[256], text[EID_TEXT];
	struct domain d;
	struct guest *g;

	assert_int_equal(domain_xml_read(xml, strlen(xml), &d, why, sizeof(why)), 0);
	assert_int_equal(d.tap_count, 2);
	g = guests_bind(w->guests, d.name, &d.uuid, GUEST_OF_LIBVIRT, d.hosts, d.host_count);
	for (unsigned int i = 0; i < 4; i++) {
		const struct handover *h;

		guests_news(w->guests, g, news[i]);
		h = vm_world_state(w);
		assert_int_equal(h->state, states[i]);
		assert_int_equal(h->host_count, 5);
		for (unsigned int k = 0; k < 5; k++) {
			assert_string_equal(
				eid_format(&h->hosts[k].eid, text, sizeof(text)), eids[k]);
			assert_int_equal(h->hosts[k].mac[5], cards[k]);
			assert_string_equal(h->hosts[k].port, k == 2 ? "red" : "");
		}
		vm_world_ack(w, h->counter, HANDOVER_TAKEN);
		assert_true(vm_world_silent(w)); /* in one message */
	}
	vm_world_free(w);
}

static void two_guests_may_have_one_name_and_not_one_uuid(void **state)
{
	struct vm_world *w = vm_world_new();
	struct guest *g = vm_world_guest(w, "web", 7);
	struct guest *other = vm_world_guest(w, "web", 8);

	assert_ptr_not_equal(g, other);
	assert_ptr_equal(vm_world_guest(w, "renamed", 7), g);
	vm_world_free(w);
}

static void no_more_than_a_bounded_number_is_taken(void **state)
{
	struct vm_world *w = vm_world_new();
	struct handover_id uuid = {{0}};
	char name[16];

	for (unsigned int i = 0; i <= GUESTS_MAX; i++) {
		uuid.bytes[0] = (uint8_t)(1 + i % 200);
		uuid.bytes[1] = (uint8_t)(i / 200);
		snprintf(name, sizeof(name), "g%u", i);
		assert_true(!guests_bind(w->guests, name, &uuid, GUEST_OF_HOOK, NULL, 0) ==
			    (i == GUESTS_MAX));
	}
	assert_int_equal(w->env.counters[VM_GUESTS_FULL], 1);
	vm_world_free(w);
}

static void uuids_are_read_and_written(void **state)
{
	struct handover_id uuid;
	char text[GUEST_UUID_TEXT];

	assert_true(guest_uuid_parse(&uuid, "6f1c0c5e-3f6a-4c57-9D2E-0d6f8b1f3a52"));
	assert_memory_equal(
		uuid.bytes, "\x6f\x1c\x0c\x5e\x3f\x6a\x4c\x57\x9d\x2e\x0d\x6f\x8b\x1f\x3a\x52", 16);
	assert_string_equal(guest_uuid_format(&uuid, text), "6f1c0c5e-3f6a-4c57-9d2e-0d6f8b1f3a52");
	assert_false(guest_uuid_parse(&uuid, "00000000-0000-0000-0000-000000000000"));
	assert_false(guest_uuid_parse(&uuid, "6f1c0c5e-3f6a-4c57-9d2e-0d6f8b1f3a5"));
	assert_false(guest_uuid_parse(&uuid, "6f1c0c5e-3f6a-4c57-9d2e+0d6f8b1f3a52"));
	assert_false(guest_uuid_parse(&uuid, "6f1c0c5e-3f6a-4c57-9d2e-0d6f8b1f3a5g"));
}

/* ---- its ticket ---- */

static struct report_ticket ticket_no(uint8_t n)
{
	struct report_ticket t = {.known = true};

	memset(t.value.bytes, n, sizeof(t.value.bytes));
	return t;
}

static const struct report_ticket no_ticket;

/* The next STATE says @state, gives the ticket @gives and proves @proves; 0: none. */
static void expect_tickets(struct vm_world *w, uint8_t state, uint8_t gives, uint8_t proves)
{
	const struct handover *h = vm_world_state(w);
	struct report_ticket proved = ticket_no(proves);
	struct otk_tools *tools = otk_tools_new();
	struct otk_keys keys = {0};
	struct otk given = {{0}};

	assert_int_equal(h->state, state);
	assert_int_equal(otk_keys_add(&keys, 1, VM_WORLD_KEY, strlen(VM_WORLD_KEY)), 0);
	assert_int_equal(handover_ticket_given(h), gives != 0);
	if (gives) {
		assert_true(handover_ticket_take(tools, &keys.list[0], h, &given));
		assert_int_equal(given.bytes[0], gives);
		assert_int_equal(given.bytes[15], gives);
	}
	assert_int_equal(handover_ticket_shown(h), proves != 0);
	if (proves)
		assert_true(handover_ticket_proves(
			&proved.value, &w->policy.agent_id, &h->guest, h->proof));
	vm_world_ack(w, h->counter, HANDOVER_TAKEN);
	otk_tools_free(tools);
}

static void a_guest_brings_the_ticket_of_its_last_stay_and_gets_one_for_this(void **state)
{
	struct vm_world *w = vm_world_new();
	struct guest *g = vm_world_guest(w, "web", 7);
	struct report_ticket t = ticket_no(1);

	guests_ticket(w->guests, g, &t, false); /* of where it comes from */
	guests_news(w->guests, g, GUEST_EXPECTED);
	expect_tickets(w, HANDOVER_INCOMING, 0, 1);
	assert_false(guests_ticket_due(g));
	guests_news(w->guests, g, GUEST_RUNS);
	expect_tickets(w, HANDOVER_RUNNING, 0, 1);
	assert_true(guests_ticket_due(g));
	t = ticket_no(2);
	guests_ticket(w->guests, g, &t, true); /* libvirt has it */
	assert_false(guests_ticket_due(g));
	assert_true(vm_world_silent(w));
	guests_news(w->guests, g, GUEST_DEPARTS);
	expect_tickets(w, HANDOVER_LEAVING, 2, 1);
	guests_news(w->guests, g, GUEST_STOPS_TO_DEPART);
	expect_tickets(w, HANDOVER_PAUSED, 2, 1);
	guests_news(w->guests, g, GUEST_RUNS); /* it could not be moved */
	expect_tickets(w, HANDOVER_RUNNING, 0, 1);
	assert_false(guests_ticket_due(g));
	vm_world_pass(w, 2000);
	guests_news(w->guests, g, GUEST_STOPS_TO_DEPART);
	expect_tickets(w, HANDOVER_PAUSED, 2, 1);
	guests_news(w->guests, g, GUEST_ABSENT);
	expect_tickets(w, HANDOVER_GONE, 0, 0);
	t = ticket_no(3);
	guests_ticket(w->guests, g, &t, false); /* it comes back */
	guests_news(w->guests, g, GUEST_EXPECTED);
	expect_tickets(w, HANDOVER_INCOMING, 0, 3);
	guests_news(w->guests, g, GUEST_RUNS);
	expect_tickets(w, HANDOVER_RUNNING, 0, 3);
	assert_true(guests_ticket_due(g));
	vm_world_free(w);
}

static void a_ticket_that_is_known_late_is_told_at_once(void **state)
{
	struct vm_world *w = vm_world_new();
	struct guest *g = vm_world_guest(w, "web", 7);
	struct report_ticket t = ticket_no(4);

	guests_ticket(w->guests, g, &no_ticket, false);
	guests_news(w->guests, g, GUEST_EXPECTED);
	expect_tickets(w, HANDOVER_INCOMING, 0, 0);
	guests_ticket(w->guests, g, &t, false);
	expect_tickets(w, HANDOVER_INCOMING, 0, 4);
	guests_news(w->guests, g, GUEST_RUNS);
	expect_tickets(w, HANDOVER_RUNNING, 0, 4);
	guests_news(w->guests, g, GUEST_DEPARTS); /* with what it has */
	expect_tickets(w, HANDOVER_LEAVING, 4, 4);
	assert_false(guests_ticket_due(g)); /* what goes with it is not changed now */
	t = ticket_no(5);
	guests_ticket(w->guests, g, &t, true);
	expect_tickets(w, HANDOVER_LEAVING, 5, 4);
	vm_world_free(w);
}

static void an_operators_ticket_counts_before_the_domains(void **state)
{
	struct vm_world *w = vm_world_new();
	struct guest *g = vm_world_guest(w, "web", 7);
	struct report_ticket t = ticket_no(6), other = ticket_no(7);

	guests_ticket_config(w->guests, g, &t);
	guests_ticket(w->guests, g, &other, false);
	guests_news(w->guests, g, GUEST_RUNS);
	expect_tickets(w, HANDOVER_RUNNING, 0, 6);
	assert_false(guests_ticket_due(g));
	guests_news(w->guests, g, GUEST_DEPARTS);
	expect_tickets(w, HANDOVER_LEAVING, 6, 6);
	guests_ticket_config(w->guests, g, &no_ticket); /* after a reload */
	expect_tickets(w, HANDOVER_LEAVING, 0, 0);
	vm_world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_migration_from_here),
		cmocka_unit_test(a_migration_to_here_runs_at_resume_and_not_before),
		cmocka_unit_test(a_migration_that_fails_after_the_stop_is_taken_back_by_the_resume),
		cmocka_unit_test(a_migration_that_fails_while_copying_changes_nothing),
		cmocka_unit_test(an_operators_pause_is_no_migration),
		cmocka_unit_test(the_same_news_twice_is_told_once),
		cmocka_unit_test(what_was_never_here_is_not_said_to_be_gone),
		cmocka_unit_test(an_announcement_takes_nothing_from_a_guest_that_runs),
		cmocka_unit_test(what_was_announced_expires_and_what_is_seen_does_not),
		cmocka_unit_test(there_and_back_and_there_again),
		cmocka_unit_test(the_metadatas_addresses_count_before_the_configurations),
		cmocka_unit_test(who_has_other_addresses_or_is_not_known_any_more_is_noticed),
		cmocka_unit_test(all_cards_and_families_of_a_guest_move_in_one_state),
		cmocka_unit_test(two_guests_may_have_one_name_and_not_one_uuid),
		cmocka_unit_test(no_more_than_a_bounded_number_is_taken),
		cmocka_unit_test(uuids_are_read_and_written),
		cmocka_unit_test(a_guest_brings_the_ticket_of_its_last_stay_and_gets_one_for_this),
		cmocka_unit_test(a_ticket_that_is_known_late_is_told_at_once),
		cmocka_unit_test(an_operators_ticket_counts_before_the_domains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
