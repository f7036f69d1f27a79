/* What the agent tells its RBridge: which cards of a guest, in which VLAN, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "vmmobility/campus_claims.h"

static const struct vm_config_rbridge config = {.socket = "/run/sunward/rbridge.sock",
	.vlan_count = 2,
	.vlans = {{.vlan = 10, .iid = 0, .port = "hv"}, {.vlan = 20, .iid = 7}}};

static struct handover_host host(const char *text, uint8_t last)
{
	struct handover_host h = {.mac = {2, 0, 0, 0, 0, last}};
	const char *why;

	assert_true(eid_parse(&h.eid, text, &why));
	return h;
}

static void a_card_is_told_with_all_its_addresses(void **state)
{
	const struct handover_host hosts[] = {host("192.0.2.1/32", 1), host("2001:db8::1/128", 1),
		host("192.0.2.2/32", 2), host("[7]192.0.2.1/32", 1),
		host("02:00:00:00:00:01/48", 1), host("[7]02:00:00:00:00:03/48", 3),
		host("[8]192.0.2.1/32", 1)};
	struct agent_campus_card cards[HANDOVER_HOSTS_MAX];
	char text[ADDRESS_TEXT];

	assert_int_equal(agent_campus_cards(&config, hosts, 7, cards), 4);
	assert_int_equal(cards[0].vlan, 10);
	assert_string_equal(cards[0].port, "hv");
	assert_memory_equal(cards[0].mac, hosts[0].mac, 6);
	assert_int_equal(cards[0].count, 2);
	assert_string_equal(address_format(&cards[0].ips[1], text, sizeof(text)), "2001:db8::1");
	assert_int_equal(cards[1].mac[5], 2);
	/* The same card in another VLAN is another station. */
	assert_int_equal(cards[2].vlan, 20);
	assert_null(cards[2].port);
	assert_int_equal(cards[2].count, 1);
	/* A card of which no address is known, and none of an instance without a VLAN. */
	assert_int_equal(cards[3].vlan, 20);
	assert_int_equal(cards[3].mac[5], 3);
	assert_int_equal(cards[3].count, 0);
}

static void a_guest_of_many_addresses_has_room(void **state)
{
	struct agent_campus_card cards[HANDOVER_HOSTS_MAX];
	struct handover_host hosts[HANDOVER_HOSTS_MAX];

	for (uint8_t i = 0; i < HANDOVER_HOSTS_MAX; i++) {
		hosts[i] = host("192.0.2.1/32", 1);
		hosts[i].eid.addr.bytes[3] = i;
	}
	assert_int_equal(agent_campus_cards(&config, hosts, HANDOVER_HOSTS_MAX, cards), 1);
	assert_int_equal(cards[0].count, HANDOVER_HOSTS_MAX);
	for (uint8_t i = 0; i < HANDOVER_HOSTS_MAX; i++)
		hosts[i].mac[5] = i;
	assert_int_equal(
		agent_campus_cards(&config, hosts, HANDOVER_HOSTS_MAX, cards), HANDOVER_HOSTS_MAX);
}

static void who_runs_is_here_who_is_to_come_is_not_and_who_has_stopped_to_move_or_is_gone_has_left(
	void **state)
{
	static const struct {
		uint8_t state;
		bool in_migration;
		enum agent_campus_word word;
	} rows[] = {{0, false, AGENT_CAMPUS_NOTHING},
		{HANDOVER_INCOMING, false, AGENT_CAMPUS_NOTHING},
		{HANDOVER_RUNNING, false, AGENT_CAMPUS_HERE},
		{HANDOVER_LEAVING, false, AGENT_CAMPUS_HERE},
		{HANDOVER_PAUSED, false, AGENT_CAMPUS_HERE},
		{HANDOVER_PAUSED, true, AGENT_CAMPUS_LEFT},
		{HANDOVER_GONE, false, AGENT_CAMPUS_LEFT}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct report_content content = {
			.state = rows[i].state, .in_migration = rows[i].in_migration};

		assert_int_equal(agent_campus_word(&content), rows[i].word);
	}
}

static char said[64];

static void on_gone(void *arg, const struct agent_campus_card *card)
{
	sprintf(said + strlen(said), "%u/%u%s%s;", card->vlan, card->mac[5], card->port ? " " : "",
		card->port ? card->port : "");
}

static void what_is_not_said_again_is_taken_back_once(void **state)
{
	char port[] = "hv"; /* the configuration's, which goes */
	struct agent_campus_card a = {.vlan = 10, .port = port, .mac = {2, 0, 0, 0, 0, 1}};
	struct agent_campus_card b = {.vlan = 20, .mac = {2, 0, 0, 0, 0, 1}};
	struct agent_campus_card d = {.vlan = 10, .mac = {2, 0, 0, 0, 0, 3}};
	struct campus_claims *c = campus_claims_new();

	assert_non_null(c);
	assert_true(campus_claims_say(c, &a) && campus_claims_say(c, &b));
	campus_claims_keep(c, &d); /* of which nothing was said */
	assert_true(campus_claims_say(c, &d));
	campus_claims_forget(c, &d);
	port[0] = 'x';
	a.port = NULL;
	campus_claims_begin(c);
	campus_claims_keep(c, &b);
	*said = '\0';
	campus_claims_end(c, on_gone, NULL);
	assert_string_equal(said, "10/1 hv;");
	campus_claims_begin(c);
	assert_false(campus_claims_say(c, &b));
	campus_claims_end(c, on_gone, NULL);
	assert_string_equal(said, "10/1 hv;");
	campus_claims_begin(c);
	campus_claims_end(c, on_gone, NULL);
	assert_string_equal(said, "10/1 hv;20/1;");
	campus_claims_free(c);
}

static void a_card_with_another_address_or_port_is_news(void **state)
{
	struct agent_campus_card card = {.vlan = 10, .mac = {2, 0, 0, 0, 0, 1}};
	struct campus_claims *c = campus_claims_new();

	assert_non_null(c);
	assert_true(campus_claims_say(c, &card));
	assert_false(campus_claims_say(c, &card));
	card.ips[card.count++] = host("192.0.2.1/32", 1).eid.addr;
	assert_true(campus_claims_say(c, &card));
	card.ips[0] = host("192.0.2.2/32", 1).eid.addr;
	assert_true(campus_claims_say(c, &card));
	assert_false(campus_claims_say(c, &card));
	card.port = "hv";
	assert_true(campus_claims_say(c, &card));
	assert_false(campus_claims_say(c, &card));
	campus_claims_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_card_is_told_with_all_its_addresses),
		cmocka_unit_test(a_guest_of_many_addresses_has_room),
		cmocka_unit_test(what_is_not_said_again_is_taken_back_once),
		cmocka_unit_test(a_card_with_another_address_or_port_is_news),
		cmocka_unit_test(
			who_runs_is_here_who_is_to_come_is_not_and_who_has_stopped_to_move_or_is_gone_has_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
