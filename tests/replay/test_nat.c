/* Info-Requests (draft-ermagan-lisp-nat-traversal; the LCAF of RFC 8060 section 4.4), and what is
 * sent to xTRs behind a NAT. The MACs of the golden messages were computed by Python's hmac. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lisp/info.h"
#include "mapserver/pinhole.h"
#include "tests/replay/world.h"

#define SEEN     "203.0.113.77:20001" /* the NAT's address, and its port for the xTR */
#define PRIVATE  "10.99.0.2"
#define ITR      "198.51.100.99:40000"
#define NONCE    UINT64_C(0x0102030405060708)
#define REG(...) ((struct world_register){__VA_ARGS__})

static const uint8_t golden_request[] = {
	0x70, 0x00, 0x00, 0x00,                         /* type 7, R=0 */
	1, 2, 3, 4, 5, 6, 7, 8,                         /* nonce */
	0x00, 0x01, 0x00, 0x10,                         /* Key ID 1, 16 bytes */
	0x31, 0xad, 0x9b, 0x53, 0x1f, 0x39, 0xcf, 0xd5, /* HMAC-SHA-256-128 with "secret-a" */
	0x34, 0xef, 0x1b, 0x02, 0x99, 0x1f, 0x50, 0x23, /* its rest */
	0x00, 0x00, 0x05, 0xa0,                         /* TTL 1440 */
	0x00, 0x08, 0x00, 0x01, 10, 0, 0, 0,            /* /8, AFI 1, 10.0.0.0 */
	0x00, 0x00,                                     /* AFI 0 */
};

static const uint8_t golden_reply[] = {
	0x78, 0x00, 0x00, 0x00,                         /* type 7, R=1 */
	1, 2, 3, 4, 5, 6, 7, 8,                         /* nonce */
	0x00, 0x01, 0x00, 0x10,                         /* Key ID 1, 16 bytes */
	0x57, 0x29, 0x27, 0xb7, 0xf2, 0x33, 0x3f, 0x83, /* HMAC-SHA-256-128 with "secret-a" */
	0x7b, 0xcc, 0x56, 0xfd, 0x42, 0xaf, 0xfb, 0x28, /* its rest */
	0x00, 0x00, 0x05, 0xa0,                         /* TTL 1440 */
	0x00, 0x08, 0x00, 0x01, 10, 0, 0, 0,            /* /8, AFI 1, 10.0.0.0 */
	0x40, 0x03, 0x00, 0x00, 0x07, 0x00, 0x00, 0x14, /* LCAF 7, Length 20 */
	0x10, 0xf6, 0x4e, 0x21,                         /* MS UDP port 4342, ETR UDP port 20001 */
	0x00, 0x01, 203, 0, 113, 77,                    /* Global ETR RLOC: as it is seen */
	0x00, 0x01, 192, 0, 2, 53,                      /* MS RLOC */
	0x00, 0x00,                                     /* Private ETR RLOC: not known here */
	0x00, 0x00,                                     /* no RTR */
};

static struct world *site_world(void)
{
	struct site_table *t = world_sites();

	world_site(t, "a", "10.0.0.0/8", true);
	world_site(t, "b", "172.16.0.0/12", true);
	return world_new(t, NULL, NULL);
}

/* An Info-Request about @eid with @key_id on the wire, of a key @text. */
static size_t write_info(uint8_t *buf, size_t cap, const char *eid, const char *text,
	uint16_t key_id, enum auth_alg alg)
{
	static const struct auth_options opt;
	struct info m = {
		.nonce = NONCE, .key_id = key_id, .ttl_min = 1440, .eid.eid = world_eid(eid)};
	struct auth_key *key = auth_key_new(text, strlen(text));
	int len = info_write(buf, cap, &m, NULL, alg, &opt);

	assert_true(len > 0);
	assert_int_equal(auth_sign(key, LISP_INFO, &opt, buf, (size_t)len, NONCE, &m.auth), 0);
	auth_key_free(key);
	return (size_t)len;
}

static void info(struct world *w, const char *eid, const char *text, uint16_t key_id)
{
	uint8_t buf[128];

	world_receive(w, SEEN, buf,
		write_info(buf, sizeof(buf), eid, text, key_id, AUTH_HMAC_SHA256_128));
}

/* The xTR behind the NAT opens its pinhole. */
static void open_pinhole(struct world *w)
{
	world_clear(w);
	world_receive(w, SEEN, golden_request, sizeof(golden_request));
	assert_int_equal(w->out->count, 1);
	world_clear(w);
}

static void an_info_request_is_answered_byte_for_byte(void **state)
{
	struct world *w = site_world();

	world_receive(w, SEEN, golden_request, sizeof(golden_request));
	assert_int_equal(w->out->count, 1);
	assert_int_equal(w->out->list[0].len, sizeof(golden_reply));
	assert_memory_equal(outbox_bytes(w->out, 0), golden_reply, sizeof(golden_reply));
	assert_string_equal(world_to(w, 0), SEEN);
	assert_int_equal(world_count(w, COUNT_INFO_REPLIES), 1);
	world_free(w);
}

/* 3 x 46 bytes are the most: four IPv6 RTRs of 18 do not go in beside the rest. */
static void rtrs_are_listed_as_far_as_the_request_pays_for_them(void **state)
{
	struct world *w = site_world();
	struct wire_fault fault;
	struct lcaf l;
	struct info m;

	w->server->opt.rtr_count = 2;
	w->server->opt.rtrs[0] = world_address("192.0.2.201");
	w->server->opt.rtrs[1] = world_address("192.0.2.202");
	world_receive(w, SEEN, golden_request, sizeof(golden_request));
	assert_int_equal(info_parse(outbox_bytes(w->out, 0), w->out->list[0].len, &m, &fault), 0);
	lcaf_decode(&m.nat, &l);
	assert_int_equal(l.u.nat.rtr_count, 2);
	assert_true(address_equal(&l.u.nat.rtr[1].addr, &w->server->opt.rtrs[1]));
	world_clear(w);

	w->server->opt.rtr_count = 6;
	for (unsigned int i = 0; i < 6; i++)
		w->server->opt.rtrs[i] = world_address("2001:db8::201");
	world_receive(w, SEEN, golden_request, sizeof(golden_request));
	assert_int_equal(info_parse(outbox_bytes(w->out, 0), w->out->list[0].len, &m, &fault), 0);
	lcaf_decode(&m.nat, &l);
	assert_int_equal(l.u.nat.rtr_count, 3);
	assert_true(w->out->list[0].len <= 3 * sizeof(golden_request));
	world_free(w);
}

static void who_has_no_key_is_not_answered(void **state)
{
	struct world *w = site_world();

	info(w, "10.0.0.0/8", "secret-x", 1);
	assert_int_equal(world_dropped(w, DROP_BAD_MAC), 1);
	info(w, "10.0.0.0/8", "secret-b", 1); /* another site's */
	assert_int_equal(world_dropped(w, DROP_BAD_MAC), 2);
	info(w, "10.0.0.0/8", "secret-a", 7);
	assert_int_equal(world_dropped(w, DROP_UNKNOWN_KEY), 1);
	info(w, "192.168.0.0/16", "secret-a", 1);
	assert_int_equal(world_dropped(w, DROP_NO_SITE), 1);
	assert_int_equal(w->out->count, 0);
	assert_int_equal(world_count(w, COUNT_INFO_REPLIES), 0);
	world_free(w);
}

/* Each bit that the MAC covers, turned over: none of it is believed. */
static void a_changed_bit_is_not_answered(void **state)
{
	struct world *w = site_world();
	uint8_t buf[sizeof(golden_request)];

	for (size_t bit = 0; bit < 8 * sizeof(buf); bit++) {
		memcpy(buf, golden_request, sizeof(buf));
		buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
		world_receive(w, SEEN, buf, sizeof(buf));
		if (w->out->count)
			fail_msg("bit %zu: answered", bit);
	}
	world_free(w);
}

static void a_cut_one_is_not_answered(void **state)
{
	struct world *w = site_world();

	for (size_t len = 1; len < sizeof(golden_request); len++)
		world_receive(w, SEEN, golden_request, len);
	assert_int_equal(w->out->count, 0);
	assert_int_equal(world_dropped(w, DROP_TRUNCATED), sizeof(golden_request) - 1);
	world_free(w);
}

static void an_info_reply_is_not_answered(void **state)
{
	struct world *w = site_world();

	world_receive(w, SEEN, golden_reply, sizeof(golden_reply));
	assert_int_equal(w->out->count, 0);
	assert_int_equal(world_dropped(w, DROP_INFO_REPLY), 1);
	world_free(w);
}

/* UDP allows source port 0: "no answer is wanted". */
static void one_from_port_0_is_not_answered(void **state)
{
	struct world *w = site_world();
	struct datagram d = {.bytes = golden_request, .len = sizeof(golden_request)};

	d.peer.addr = world_address("203.0.113.77");
	d.local = world_address("192.0.2.53");
	server_receive(&w->thread, &d, w->now, w->out);
	assert_int_equal(w->out->count, 0);
	assert_int_equal(world_dropped(w, DROP_MALFORMED), 1);
	world_free(w);
}

/* Whoever has recorded one can send it again, from any address: five a second are the limit here.
 */
static void a_replay_does_not_make_an_amplifier(void **state)
{
	struct world *w = site_world();

	for (unsigned int i = 0; i < 20; i++)
		world_receive(w, SEEN, golden_request, sizeof(golden_request));
	assert_int_equal(w->out->count, 5);
	assert_int_equal(world_dropped(w, DROP_AMPLIFICATION), 15);
	world_pass(w, 1000);
	world_receive(w, SEEN, golden_request, sizeof(golden_request));
	assert_int_equal(w->out->count, 6);
	world_free(w);
}

/* The Key ID of 16 bits as the draft has it, as RFC 9301's two fields, and as RFC 6830's peers mean
 * it: 1 is the algorithm of key 0. Where two keys may be meant, the MAC tells. */
static void the_key_is_found_by_each_reading_of_the_key_id(void **state)
{
	struct site_table *t = world_sites();
	struct site *s = world_site(t, "a", "10.0.0.0/8", true);
	struct world *w;
	uint8_t buf[128];

	assert_int_equal(site_add_key(s, 0, AUTH_HMAC_SHA1_96, "old", 3), 0);
	w = world_new(t, NULL, NULL);
	info(w, "10.0.0.0/8", "secret-a", 1);
	assert_int_equal(w->out->count, 1);
	info(w, "10.0.0.0/8", "secret-a", 0x0102);
	assert_int_equal(w->out->count, 2);
	world_receive(w, SEEN, buf,
		write_info(buf, sizeof(buf), "10.0.0.0/8", "old", 1, AUTH_HMAC_SHA1_96));
	assert_int_equal(w->out->count, 3);
	assert_int_equal(outbox_bytes(w->out, 2)[15], 12); /* and answered with that key */
	info(w, "10.0.0.0/8", "old", 1);
	assert_int_equal(w->out->count, 3); /* the key's algorithm is no choice of the sender's */
	world_free(w);
}

/* ---- what goes to an xTR behind a NAT ---- */

static void a_register_is_acknowledged_through_the_nat(void **state)
{
	struct world *w = site_world();

	world_register(w, REG(.peer = SEEN, .eids = {"10.1.0.0/16"}, .locators = {"203.0.113.77"}));
	assert_string_equal(world_to(w, 0), SEEN);
	world_notify(w, 0, "a");
	world_free(w);
}

static void the_notice_of_a_move_goes_through_the_nat(void **state)
{
	struct world *w = site_world();

	world_register(w,
		REG(.peer = SEEN, .xtr = 1, .eids = {"10.1.0.5/32"}, .locators = {"203.0.113.77"}));
	world_register(w, REG(.peer = "203.0.113.77:20002", .xtr = 1, .eids = {"10.1.0.5/32"},
				  .locators = {"203.0.113.77"})); /* the NAT has begun anew */
	world_clear(w);
	world_register(w, REG(.xtr = 2, .eids = {"10.1.0.5/32"}, .locators = {"198.51.100.1"},
				  .no_notify = true));
	assert_int_equal(w->out->count, 1);
	assert_string_equal(world_to(w, 0), "203.0.113.77:20002");
	assert_string_equal(world_records(world_notify(w, 0, "a").records),
		"10.1.0.5 ttl 1440 act 0 { 198.51.100.1 }");
	world_free(w);
}

/* The NAT begins anew while the notice is under way. */
static void a_repeated_notice_goes_to_where_the_xtr_is_heard_from_by_then(void **state)
{
	struct world *w = site_world();

	world_register(w,
		REG(.peer = SEEN, .xtr = 1, .eids = {"10.1.0.5/32"}, .locators = {"203.0.113.77"}));
	world_register(w, REG(.xtr = 2, .eids = {"10.1.0.5/32"}, .locators = {"198.51.100.1"},
				  .no_notify = true));
	world_register(w, REG(.peer = "203.0.113.77:20003", .xtr = 1, .eids = {"10.1.0.6/32"},
				  .locators = {"203.0.113.77"}, .no_notify = true));
	world_clear(w);
	world_pass(w, 100);
	assert_int_equal(w->out->count, 1);
	assert_string_equal(world_to(w, 0), "203.0.113.77:20003");
	world_free(w);
}

/* @way: where a request that the ETR must answer goes. */
static void expect_forwarded(struct world *w, const char *way)
{
	world_clear(w);
	world_request(w, "10.1.0.5/32", ITR);
	assert_int_equal(w->out->count, 1);
	assert_string_equal(world_to(w, 0), way);
}

static struct world_register no_proxy(uint64_t nonce)
{
	return REG(.peer = SEEN, .xtr = 1, .eids = {"10.1.0.5/32"}, .locators = {PRIVATE},
		.nonce = nonce, .no_proxy = true, .no_notify = true, .ttl_min = 60,
		.use_ttl = true);
}

static void a_request_is_passed_on_through_the_pinhole(void **state)
{
	struct world *w = site_world();

	world_register(w, no_proxy(1));
	expect_forwarded(w, PRIVATE ":4342"); /* it did not say that there is a NAT */
	open_pinhole(w);
	expect_forwarded(w, SEEN);
	assert_true(address_equal(&w->out->list[0].from,
		&(struct address){.afi = AFI_IPV4, .len = 4, .bytes = {192, 0, 2, 53}}));
	world_free(w);
}

static void a_pinhole_lives_by_messages_and_ends_without_them(void **state)
{
	struct world *w = site_world();

	world_register(w, no_proxy(1));
	open_pinhole(w);
	world_pass(w, 170000);
	world_register(w, no_proxy(2));
	world_pass(w, 170000);
	expect_forwarded(w, SEEN);
	world_pass(w, 11000);
	expect_forwarded(w, PRIVATE ":4342");
	world_register(w, no_proxy(3)); /* a register alone opens none: it may be no NAT's port */
	expect_forwarded(w, PRIVATE ":4342");
	world_free(w);
}

static void another_ones_pinhole_is_nobody_elses(void **state)
{
	struct world *w = site_world();
	struct world_register r = no_proxy(1);

	r.peer = "203.0.113.77:20002"; /* the same NAT */
	world_register(w, r);
	open_pinhole(w);
	expect_forwarded(w, PRIVATE ":4342");
	world_free(w);
}

/* Play the one Info-Request back from @hosts addresses, each of their ports from @first on. */
static void play_back(struct world *w, unsigned int hosts, unsigned int first)
{
	char peer[40];

	for (unsigned int host = 1; host <= hosts; host++)
		for (unsigned int port = first; port < 65536; port++) {
			snprintf(peer, sizeof(peer), "192.0.2.%u:%u", host, port);
			world_receive(w, peer, golden_request, sizeof(golden_request));
			world_clear(w);
		}
}

static void playing_back_an_info_request_from_everywhere_closes_no_pinhole(void **state)
{
	struct world *w = site_world();

	world_register(w, no_proxy(1));
	open_pinhole(w);
	world_register(w, no_proxy(2));
	world_pass(w, 1000);
	play_back(w, 4, 1024);
	expect_forwarded(w, SEEN);
	world_pass(w, 170000);
	world_register(w, no_proxy(3)); /* and it lives on, while that goes on */
	play_back(w, 4, 1024);
	world_pass(w, 170000);
	expect_forwarded(w, SEEN);
	world_free(w);
}

/* The xTR has been heard before it asked, and is not again. */
static void nor_does_it_close_one_that_has_not_been_used_since_it_was_opened(void **state)
{
	struct world *w = site_world();

	world_register(w, no_proxy(1));
	open_pinhole(w);
	world_pass(w, 1000);
	play_back(w, 4, 1024);
	expect_forwarded(w, SEEN);
	world_register(w, no_proxy(2));
	expect_forwarded(w, SEEN);
	world_free(w);
}

/* The NAT forgets in the midst of it: what xTRs do (ask, then register) opens the new hole. */
static void a_new_pinhole_opens_while_an_info_request_is_played_back(void **state)
{
	struct world_register r = no_proxy(2);
	struct world *w = site_world();

	world_register(w, no_proxy(1));
	open_pinhole(w);
	play_back(w, 4, 1024);
	r.peer = "203.0.113.77:20002";
	world_receive(w, r.peer, golden_request, sizeof(golden_request));
	play_back(w, 1, 55536);
	world_register(w, r);
	play_back(w, 4, 1024);
	expect_forwarded(w, "203.0.113.77:20002");
	world_free(w);
}

/* RFC 9437: the subscriber's ITR-RLOC is what the NAT shows. */
static void publications_go_through_the_pinhole(void **state)
{
	struct map_request_spec s = {.nonce = 100,
		.subscribe = true,
		.has_xtr_id = true,
		.site_id = 7,
		.itr_rloc_count = 1,
		.itr_rlocs = {world_address("203.0.113.77")},
		.eid = world_eid("172.16.0.5/32")};
	struct world *w = site_world();
	uint8_t buf[512];

	s.xtr_id.bytes[15] = 1;
	world_register(w, REG(.peer = SEEN, .xtr = 1, .eids = {"10.1.0.0/16"},
				  .locators = {"203.0.113.77"}, .no_notify = true));
	world_register(w, REG(.site = "b", .xtr = 3, .eids = {"172.16.0.5/32"},
				  .locators = {"198.51.100.1"}, .no_notify = true));
	open_pinhole(w);
	world_receive(w, SEEN, buf, world_write_request(buf, sizeof(buf), &s, SEEN));
	assert_int_equal(w->out->count, 1); /* accepted, and told the mapping */
	assert_string_equal(world_to(w, 0), SEEN);
	assert_int_equal(world_notify(w, 0, "a").nonce, 100);
	world_free(w);
}

/* ---- the table ---- */

static struct endpoint numbered(unsigned int i)
{
	struct endpoint e = {.port = (uint16_t)(1024 + i % 60000)};
	const uint8_t bytes[4] = {203, 0, (uint8_t)(i / 60000 >> 8), (uint8_t)(i / 60000)};

	address_set(&e.addr, AFI_IPV4, bytes, sizeof(bytes));
	return e;
}

/* Four times as many as it has places: it forgets some, and confuses none. */
static void a_full_table_forgets_but_does_not_confuse(void **state)
{
	static const uint8_t secret[16] = "pinholes";
	struct pinholes *p = pinholes_new(180, secret);
	struct mono now = {UINT64_C(0xffff00) * 1000000000}; /* the times wrap soon */
	unsigned int known = 0, wrong = 0;

	for (unsigned int i = 0; i < 4 * 65536; i++) {
		struct endpoint e = numbered(i);

		pinhole_asked(p, &e, now);
		assert_true(pinhole_open(p, NULL, &e, now));
	}
	for (unsigned int i = 0; i < 4 * 65536; i++) {
		struct endpoint e = numbered(i);

		known += pinhole_open(p, NULL, &e, mono_add_s(now, 179));
		wrong += pinhole_open(p, NULL, &e, mono_add_s(now, 181));
	}
	assert_in_range(known, 60000, 65536);
	assert_int_equal(wrong, 0);
	for (unsigned int i = 0; i < 65536; i++) {
		struct endpoint e = numbered(1000000 + i);

		wrong += pinhole_open(p, NULL, &e, now);
	}
	assert_in_range(wrong, 0, 1); /* 4 in 2^39 each */
	pinholes_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_info_request_is_answered_byte_for_byte),
		cmocka_unit_test(rtrs_are_listed_as_far_as_the_request_pays_for_them),
		cmocka_unit_test(who_has_no_key_is_not_answered),
		cmocka_unit_test(a_changed_bit_is_not_answered),
		cmocka_unit_test(a_cut_one_is_not_answered),
		cmocka_unit_test(an_info_reply_is_not_answered),
		cmocka_unit_test(one_from_port_0_is_not_answered),
		cmocka_unit_test(a_replay_does_not_make_an_amplifier),
		cmocka_unit_test(the_key_is_found_by_each_reading_of_the_key_id),
		cmocka_unit_test(a_register_is_acknowledged_through_the_nat),
		cmocka_unit_test(the_notice_of_a_move_goes_through_the_nat),
		cmocka_unit_test(a_repeated_notice_goes_to_where_the_xtr_is_heard_from_by_then),
		cmocka_unit_test(a_request_is_passed_on_through_the_pinhole),
		cmocka_unit_test(a_pinhole_lives_by_messages_and_ends_without_them),
		cmocka_unit_test(another_ones_pinhole_is_nobody_elses),
		cmocka_unit_test(playing_back_an_info_request_from_everywhere_closes_no_pinhole),
		cmocka_unit_test(nor_does_it_close_one_that_has_not_been_used_since_it_was_opened),
		cmocka_unit_test(a_new_pinhole_opens_while_an_info_request_is_played_back),
		cmocka_unit_test(publications_go_through_the_pinhole),
		cmocka_unit_test(a_full_table_forgets_but_does_not_confuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
