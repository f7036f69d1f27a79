/* Registrations with the merge bit (RFC 9301 section 5.6) and multicast entries (RFC 8378), against
 * the core. Bytes are spelled out from RFC 8060 and RFC 9301. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/net/eid_url.h"
#include "lisp/ecm.h"
#include "tests/replay/world.h"

#define ITR      "203.0.113.9:40000"
#define EID      "10.0.0.1/32"
#define REG(...) ((struct world_register){__VA_ARGS__})

static struct world *site_world(void)
{
	struct site_table *t = world_sites();

	world_site(t, "r", "(*,232.0.0.0/8)", true);
	world_site(t, "s", "(*,ff3e::/16)", true);
	world_site(t, "a", "10.0.0.0/8", true);
	return world_new(t, NULL, NULL);
}

static const char *lookup(struct world *w, const char *eid)
{
	world_clear(w);
	world_request(w, eid, ITR);
	return world_records(world_reply(w, 0).records);
}

static void part(struct world *w, uint8_t xtr, const char *locator, bool remove)
{
	static const char *const peers[] = {
		NULL, "198.51.100.1:4342", "198.51.100.2:4342", "198.51.100.3:4342"};

	world_register(w, REG(.eids = {EID}, .locators = {locator}, .xtr = xtr, .peer = peers[xtr],
				  .merge = true, .no_notify = true, .remove = remove));
}

static void locators_of_several_xtrs_are_merged_sorted(void **state)
{
	struct world *w = site_world();

	(void)state;
	part(w, 1, "192.0.2.9", false);
	part(w, 2, "192.0.2.1", false);
	part(w, 3, "2001:db8::1", false);
	assert_string_equal(lookup(w, "10.0.0.1"),
		"10.0.0.1 ttl 1440 act 0 { 192.0.2.1 192.0.2.9 2001:db8::1 }");
	assert_int_equal(w->events[EVENT_REGISTERED], 1);
	assert_int_equal(w->events[EVENT_CHANGED], 2);
	assert_int_equal(w->events[EVENT_MOVED], 0); /* nobody lost it */
	world_free(w);
}

static void one_locator_of_two_xtrs_stands_once(void **state)
{
	struct world *w = site_world();

	(void)state;
	part(w, 1, "192.0.2.1", false);
	part(w, 2, "192.0.2.1", false);
	assert_string_equal(lookup(w, "10.0.0.1"), "10.0.0.1 ttl 1440 act 0 { 192.0.2.1 }");
	assert_int_equal(w->events[EVENT_CHANGED], 0);
	part(w, 1, "192.0.2.1", true); /* the other has it still */
	assert_string_equal(lookup(w, "10.0.0.1"), "10.0.0.1 ttl 1440 act 0 { 192.0.2.1 }");
	world_free(w);
}

static void each_part_is_withdrawn_by_itself(void **state)
{
	struct world *w = site_world();

	(void)state;
	part(w, 1, "192.0.2.1", false);
	part(w, 2, "192.0.2.2", false);
	part(w, 1, NULL, true);
	assert_string_equal(lookup(w, "10.0.0.1"), "10.0.0.1 ttl 1440 act 0 { 192.0.2.2 }");
	part(w, 1, NULL, true); /* again: nothing of its is there */
	part(w, 3, NULL, true);
	assert_string_equal(lookup(w, "10.0.0.1"), "10.0.0.1 ttl 1440 act 0 { 192.0.2.2 }");
	part(w, 2, NULL, true);
	assert_int_equal(registry_count(w->server->registry), 0);
	assert_int_equal(w->events[EVENT_WITHDRAWN], 1);
	assert_int_equal(merge_count(w->server->merge), 0);
	world_free(w);
}

static void each_part_ages_by_itself(void **state)
{
	struct world *w = site_world();

	(void)state;
	part(w, 1, "192.0.2.1", false);
	world_pass(w, 60000);
	part(w, 2, "192.0.2.2", false);
	world_pass(w, 119900);
	assert_string_equal(
		lookup(w, "10.0.0.1"), "10.0.0.1 ttl 1440 act 0 { 192.0.2.1 192.0.2.2 }");
	world_pass(w, 100); /* 180 s after the first (section 8.2) */
	assert_string_equal(lookup(w, "10.0.0.1"), "10.0.0.1 ttl 1440 act 0 { 192.0.2.2 }");
	part(w, 2, "192.0.2.2", false); /* a refresh */
	world_pass(w, 60000);
	assert_string_equal(lookup(w, "10.0.0.1"), "10.0.0.1 ttl 1440 act 0 { 192.0.2.2 }");
	world_pass(w, 119900);
	assert_int_equal(registry_count(w->server->registry), 1);
	world_pass(w, 100);
	assert_int_equal(registry_count(w->server->registry), 0);
	assert_int_equal(w->events[EVENT_EXPIRED], 1);
	assert_int_equal(merge_count(w->server->merge), 0);
	world_free(w);
}

static void refresh_of_a_part_takes_no_number(void **state)
{
	struct world *w = site_world();
	struct eid eid = world_eid(EID);
	uint64_t seq;

	(void)state;
	part(w, 1, "192.0.2.1", false);
	part(w, 2, "192.0.2.2", false);
	for (unsigned int i = 0; i < 10; i++) {
		part(w, 1, "192.0.2.1", false);
		part(w, 2, "192.0.2.2", false);
		world_pass(w, 60000);
	}
	registry_present(w->server->registry, &eid, w->now, &seq);
	assert_int_equal(seq, 2);
	assert_int_equal(world_count(w, COUNT_REFRESHED), 20);
	world_free(w);
}

static void new_locators_of_a_part_replace_its_old_ones(void **state)
{
	struct world *w = site_world();

	(void)state;
	part(w, 1, "192.0.2.1", false);
	part(w, 2, "192.0.2.2", false);
	part(w, 1, "192.0.2.7", false);
	assert_string_equal(
		lookup(w, "10.0.0.1"), "10.0.0.1 ttl 1440 act 0 { 192.0.2.2 192.0.2.7 }");
	world_free(w);
}

static void registration_without_the_bit_ends_the_sum(void **state)
{
	struct world *w = site_world();

	(void)state;
	part(w, 1, "192.0.2.1", false);
	part(w, 2, "192.0.2.2", false);
	world_register(w, REG(.eids = {EID}, .locators = {"192.0.2.3"}, .xtr = 3,
				  .peer = "198.51.100.3:4342", .no_notify = true));
	assert_string_equal(lookup(w, "10.0.0.1"), "10.0.0.1 ttl 1440 act 0 { 192.0.2.3 }");
	assert_int_equal(merge_count(w->server->merge), 0);
	part(w, 1, "192.0.2.1", false); /* the site says last-writer */
	assert_string_equal(lookup(w, "10.0.0.1"), "10.0.0.1 ttl 1440 act 0 { 192.0.2.1 }");
	world_free(w);
}

static void parts_are_bounded_in_number(void **state)
{
	struct world *w = site_world();
	char eid[32];

	(void)state;
	for (unsigned int i = 0; i < 101; i++) { /* room for 100 */
		snprintf(eid, sizeof(eid), "10.0.1.%u/32", i);
		world_register(
			w, REG(.eids = {eid}, .locators = {"192.0.2.1"}, .xtr = 1, .merge = true));
	}
	assert_int_equal(merge_count(w->server->merge), 100);
	assert_int_equal(world_dropped(w, DROP_NO_MEMORY), 1);
	assert_int_equal(registry_count(w->server->registry), 100);
	world_free(w);
}

/* ---- (S,G): RFC 8378 ---- */

/* Multicast Info, RFC 8060 section 4.9: instance 0, (10.1.0.5/32, 232.1.2.3/32). */
static const uint8_t sg[] = {0x40, 0x03, 0, 0, 9, 0, 0, 20, 0, 0, 0, 0, 0, 0, 32, 32, 0, 1, 10, 1,
	0, 5, 0, 1, 232, 1, 2, 3};
/* The same group, for all sources: (0.0.0.0/0, 232.1.2.3/32). */
static const uint8_t any_g[] = {0x40, 0x03, 0, 0, 9, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 32, 0, 1, 0, 0,
	0, 0, 0, 1, 232, 1, 2, 3};
/* (2001:db8::5/128, ff3e::1:2/128) */
static const uint8_t sg_v6[] = {0x40, 0x03, 0, 0, 9, 0, 0, 44, 0, 0, 0, 0, 0, 0, 128, 128, 0, 2,
	0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 2, 0xff, 0x3e, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 1, 0, 2};

/* RLOC-record: priority 1, weight 100; a Replication List Entry of @last alone, level 128 (RFC 8378
 * section 5.1.2; RFC 8060 section 4.11: 3 reserved octets, level, AFI, address). */
#define RLE_OF(last)                                                                               \
	{                                                                                          \
		1, 100, 255, 0, 0, 1, 0x40, 0x03, 0, 0, 13, 0, 0, 10, 0, 0, 0, 128, 0, 1, 192, 0,  \
			2, last                                                                    \
	}

/* A Map-Register with P and a, not M, as RFC 8378 has it; of one record. @locators NULL: TTL 0. */
static void join(struct world *w, uint8_t xtr, const uint8_t *eid, size_t eid_len,
	const uint8_t *locators, size_t len, const char *peer)
{
	const struct auth_options opt = {false, false};
	const uint8_t head[] = {0, 0, 5, 0xa0, locators ? 1 : 0, 0, 0x10, 0, 0, 0};
	const uint8_t gone[] = {0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0};
	static uint64_t nonce = 5000;
	struct map_register m = {.type = LISP_MAP_REGISTER,
		.proxy_reply = true,
		.merge = true,
		.has_xtr_id = true,
		.nonce = ++nonce};
	struct auth_key *key = auth_key_new(eid_len == sizeof(sg) ? "secret-r" : "secret-s", 8);
	struct wire_writer wr;
	uint8_t buf[600];
	int n;

	m.xtr_id.bytes[15] = xtr;
	wire_writer_init(&wr, buf, sizeof(buf));
	map_register_begin(&wr, &m, 1, AUTH_HMAC_SHA256_128, &opt);
	wire_put_bytes(&wr, locators ? head : gone, sizeof(head));
	wire_put_bytes(&wr, eid, eid_len);
	if (locators)
		wire_put_bytes(&wr, locators, len);
	n = map_register_finish(&wr, &m, 1, key, &opt);
	auth_key_free(key);
	assert_true(n > 0);
	world_receive(w, peer ? peer : "198.51.100.1:4342", buf, (size_t)n);
}

/* A Map-Request for the EID of these bytes (mask-len 0), in an ECM. */
static void ask(struct world *w, const uint8_t *eid, size_t len)
{
	/* A Map-Request (RFC 9301 section 5.2): 1 record, nonce, source AFI 0, one ITR-RLOC. */
	uint8_t message[128] = {0x10, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 1, 203, 0, 113, 9};
	struct endpoint source = world_endpoint(ITR), dest = world_endpoint("232.1.2.3:4342");
	uint8_t buf[300];
	int n;

	memcpy(message + 22, eid, len); /* behind reserved and mask-len */
	n = ecm_write(buf, sizeof(buf), &source, &dest, false, message, 22 + len);
	assert_true(n > 0);
	world_clear(w);
	world_receive(w, ITR, buf, (size_t)n);
}

/* The reply's one record: its EID field and its RLOC-records are these bytes. */
static void assert_answer(
	struct world *w, const uint8_t *eid, size_t eid_len, const uint8_t *locators, size_t len)
{
	struct map_reply m = world_reply(w, 0);
	struct lisp_record rec;

	assert_int_equal(m.records.left, 1);
	assert_true(lisp_records_next(&m.records, &rec));
	assert_int_equal(rec.eid.field.raw_len, eid_len);
	assert_memory_equal(rec.eid.field.raw, eid, eid_len);
	assert_int_equal(rec.locators_raw_len, len);
	assert_memory_equal(rec.locators_raw, locators, len);
}

static void receivers_replication_lists_become_one(void **state)
{
	static const uint8_t first[] = RLE_OF(9), second[] = RLE_OF(1);
	static const uint8_t both[] = {1, 100, 255, 0, 0, 1, 0x40, 0x03, 0, 0, 13, 0, 0, 20, 0, 0,
		0, 128, 0, 1, 192, 0, 2, 1, 0, 0, 0, 128, 0, 1, 192, 0, 2, 9};
	struct world *w = site_world();

	(void)state;
	join(w, 1, sg, sizeof(sg), first, sizeof(first), NULL);
	join(w, 2, sg, sizeof(sg), second, sizeof(second), NULL);
	assert_int_equal(w->out->count, 0); /* M = 0 (section 5.1.2) */
	ask(w, sg, sizeof(sg));
	assert_answer(w, sg, sizeof(sg), both, sizeof(both));
	join(w, 2, sg, sizeof(sg), first, sizeof(first), NULL); /* section 5.1.3: no duplicates */
	ask(w, sg, sizeof(sg));
	assert_answer(w, sg, sizeof(sg), first, sizeof(first));
	world_free(w);
}

/* RFC 8378 section 7.3: RLE[ RLOC3, ELP{ (RLOC1,s,p), (RLOC2,s,p) } ]. */
static void path_inside_a_replication_list_stays_as_it_is(void **state)
{
	static const uint8_t elp[] = {1, 100, 255, 0, 0, 1, 0x40, 0x03, 0, 0, 13, 0, 0, 28, 0, 0, 0,
		128, 0x40, 0x03, 0, 0, 10, 0, 0, 16, 0, 3, 0, 1, 192, 0, 2, 1, 0, 3, 0, 1, 192, 0,
		2, 2};
	static const uint8_t third[] = RLE_OF(3);
	static const uint8_t sum[] = {1, 100, 255, 0, 0, 1, 0x40, 0x03, 0, 0, 13, 0, 0, 38, 0, 0, 0,
		128, 0, 1, 192, 0, 2, 3, 0, 0, 0, 128, 0x40, 0x03, 0, 0, 10, 0, 0, 16, 0, 3, 0, 1,
		192, 0, 2, 1, 0, 3, 0, 1, 192, 0, 2, 2};
	struct world *w = site_world();

	(void)state;
	join(w, 1, sg, sizeof(sg), elp, sizeof(elp), NULL);
	join(w, 2, sg, sizeof(sg), third, sizeof(third), NULL);
	ask(w, sg, sizeof(sg));
	assert_answer(w, sg, sizeof(sg), sum, sizeof(sum));
	world_free(w);
}

static void source_without_receivers_of_its_own_is_answered_with_all_sources(void **state)
{
	static const uint8_t list[] = RLE_OF(4), own[] = RLE_OF(5);
	struct world *w = site_world();

	(void)state;
	join(w, 1, any_g, sizeof(any_g), list, sizeof(list), NULL);
	ask(w, sg, sizeof(sg)); /* section 8, item 5 */
	assert_answer(w, any_g, sizeof(any_g), list, sizeof(list));
	join(w, 1, sg, sizeof(sg), own, sizeof(own), NULL);
	ask(w, sg, sizeof(sg));
	assert_answer(w, sg, sizeof(sg), own, sizeof(own));
	world_free(w);
}

/* A Map-Notify-Ack of the source's ITR for (S,G): RFC 8378 section 5.3. */
static void acknowledge(struct world *w, uint64_t nonce, const char *psk)
{
	static const uint8_t record[] = {0, 0, 5, 0xa0, 0, 0, 0x10, 0, 0, 0};
	const struct auth_options opt = {false, false};
	struct map_register m = {.type = LISP_MAP_NOTIFY_ACK, .nonce = nonce};
	struct auth_key *key = auth_key_new(psk, strlen(psk));
	struct wire_writer wr;
	uint8_t buf[200];
	int n;

	wire_writer_init(&wr, buf, sizeof(buf));
	map_register_begin(&wr, &m, 1, AUTH_HMAC_SHA256_128, &opt);
	wire_put_bytes(&wr, record, sizeof(record));
	wire_put_bytes(&wr, sg, sizeof(sg));
	n = map_register_finish(&wr, &m, 1, key, &opt);
	auth_key_free(key);
	assert_true(n > 0);
	world_receive(w, "198.51.100.77:4342", buf, (size_t)n);
}

static void source_itr_is_told_of_each_change_and_acknowledges(void **state)
{
	static const uint8_t first[] = RLE_OF(1), second[] = RLE_OF(2);
	struct world *w = site_world();
	struct map_register m;
	struct lisp_record rec;

	(void)state;
	/* Section 5.2: the S-prefix, with M. */
	world_register(w, REG(.eids = {"10.1.0.0/16"}, .locators = {"192.0.2.77"}, .xtr = 7,
				  .peer = "198.51.100.77:4342"));
	world_clear(w);
	join(w, 1, sg, sizeof(sg), first, sizeof(first), NULL);
	assert_int_equal(w->out->count, 1);
	assert_string_equal(world_to(w, 0), "198.51.100.77:4342");
	m = world_notify(w, 0, "a"); /* under the key of the source's site */
	assert_true(lisp_records_next(&m.records, &rec));
	assert_int_equal(rec.eid.field.raw_len, sizeof(sg));
	assert_memory_equal(rec.eid.field.raw, sg, sizeof(sg));
	assert_memory_equal(rec.locators_raw, first, sizeof(first));
	world_clear(w);
	world_pass(w, 100); /* section 5.7 of RFC 9301: until it is acknowledged */
	assert_int_equal(w->out->count, 1);
	acknowledge(w, m.nonce, "secret-r"); /* the group's site was not asked */
	assert_int_equal(world_dropped(w, DROP_BAD_MAC), 1);
	acknowledge(w, m.nonce, "secret-a");
	assert_int_equal(world_count(w, COUNT_NOTIFY_ACKS), 1);
	assert_int_equal(notify_count(w->server->notify), 0);
	world_clear(w);
	join(w, 2, sg, sizeof(sg), second, sizeof(second), NULL);
	assert_int_equal(w->out->count, 1);
	world_clear(w);
	join(w, 2, sg, sizeof(sg), NULL, 0, NULL);
	join(w, 1, sg, sizeof(sg), NULL, 0, NULL);
	assert_int_equal(w->out->count, 2);
	m = world_notify(w, 1, "a");
	assert_true(lisp_records_next(&m.records, &rec));
	assert_int_equal(rec.ttl_min, 0); /* no receivers any more */
	assert_int_equal(rec.locator_count, 0);
	world_free(w);
}

static void ipv6_group_is_kept_and_found(void **state)
{
	static const uint8_t list[] = RLE_OF(4);
	struct world *w = site_world();
	struct eid eid = world_eid("(2001:db8::5,ff3e::1:2)");

	(void)state;
	join(w, 1, sg_v6, sizeof(sg_v6), list, sizeof(list), NULL);
	assert_non_null(registry_exact(w->server->registry, &eid, w->now));
	ask(w, sg_v6, sizeof(sg_v6));
	assert_answer(w, sg_v6, sizeof(sg_v6), list, sizeof(list));
	world_free(w);
}

static void groups_that_are_not_the_sites_are_refused(void **state)
{
	static const uint8_t list[] = RLE_OF(4);
	uint8_t other[sizeof(sg)];
	struct world *w = site_world();

	(void)state;
	memcpy(other, sg, sizeof(sg));
	other[24] = 239; /* 239.1.2.3 */
	join(w, 1, other, sizeof(other), list, sizeof(list), NULL);
	assert_int_equal(world_dropped(w, DROP_NO_SITE), 1);
	other[24] = 10; /* no group at all */
	join(w, 1, other, sizeof(other), list, sizeof(list), NULL);
	other[24] = 232;
	other[11] = 9; /* instance 9 */
	join(w, 1, other, sizeof(other), list, sizeof(list), NULL);
	assert_int_equal(registry_count(w->server->registry), 0);
	world_free(w);
}

static void unknown_group_is_answered_negatively(void **state)
{
	struct world *w = site_world();
	struct map_reply m;
	struct lisp_record rec;

	(void)state;
	ask(w, sg, sizeof(sg));
	m = world_reply(w, 0);
	assert_true(lisp_records_next(&m.records, &rec));
	assert_int_equal(rec.locator_count, 0);
	assert_int_equal(rec.act, LISP_ACT_NATIVE_FORWARD);
	assert_true(rec.eid.multicast);
	world_free(w);
}

/* ---- text ---- */

static void multicast_eids_have_a_text_form_and_one_for_urls(void **state)
{
	static const char *const texts[] = {"(10.1.0.5,232.1.2.3)", "(10.1.0.0/16,232.1.2.3)",
		"(*,232.1.2.3)", "(*,232.0.0.0/8)", "[7](2001:db8::/32,ff3e::1)", "(*,ff00::/8)"};
	static const char *const urls[] = {"sg:10.1.0.5%2c232.1.2.3",
		"sg:10.1.0.0%2f16%2c232.1.2.3", "sg:%2a%2c232.1.2.3", "sg:%2a%2c232.0.0.0%2f8",
		"sg:2001:db8::%2f32%2cff3e::1?iid=7", "sg:%2a%2cff00::%2f8"};
	char text[EID_TEXT];
	const char *why;
	struct eid e;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		e = world_eid(texts[i]);
		assert_string_equal(eid_format(&e, text, sizeof(text)), texts[i]);
		assert_string_equal(eid_url_format(&e, text, sizeof(text)), urls[i]);
	}
	assert_true(eid_url_parse(&e, "sg:10.1.0.0/16,232.1.2.3", 7, &why));
	assert_string_equal(eid_format(&e, text, sizeof(text)), "[7](10.1.0.0/16,232.1.2.3)");
	assert_false(eid_parse(&e, "(10.1.0.5,10.1.0.6)", &why));
	assert_false(eid_parse(&e, "(10.1.0.5,ff3e::1)", &why));
	assert_false(eid_parse(&e, "(10.1.0.0/16,232.0.0.0/8)", &why));
	assert_false(eid_parse(&e, "(10.1.0.5/16,232.1.2.3)", &why));
	assert_false(eid_parse(&e, "(10.1.0.5,232.1.2.3", &why));
	assert_false(eid_parse(&e, "(,)", &why));
	assert_false(eid_parse(&e, "(", &why));
	assert_false(eid_parse(&e, "(*,255.255.255.255)", &why));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(locators_of_several_xtrs_are_merged_sorted),
		cmocka_unit_test(one_locator_of_two_xtrs_stands_once),
		cmocka_unit_test(each_part_is_withdrawn_by_itself),
		cmocka_unit_test(each_part_ages_by_itself),
		cmocka_unit_test(refresh_of_a_part_takes_no_number),
		cmocka_unit_test(new_locators_of_a_part_replace_its_old_ones),
		cmocka_unit_test(registration_without_the_bit_ends_the_sum),
		cmocka_unit_test(parts_are_bounded_in_number),
		cmocka_unit_test(receivers_replication_lists_become_one),
		cmocka_unit_test(path_inside_a_replication_list_stays_as_it_is),
		cmocka_unit_test(source_without_receivers_of_its_own_is_answered_with_all_sources),
		cmocka_unit_test(source_itr_is_told_of_each_change_and_acknowledges),
		cmocka_unit_test(ipv6_group_is_kept_and_found),
		cmocka_unit_test(groups_that_are_not_the_sites_are_refused),
		cmocka_unit_test(unknown_group_is_answered_negatively),
		cmocka_unit_test(multicast_eids_have_a_text_form_and_one_for_urls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
