/* Locators that are no plain addresses: what a registration brings comes back byte by byte, in
 * every message and after a restart (RFC 8060; RFC 9306 section 3: a Map-Server need not know a
 * type). The bytes are spelled out from the figures of RFC 8060 section 4. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/rcu.h"
#include "lisp/ecm.h"
#include "tests/replay/world.h"

#define EID_BYTES 0, 1, 10, 0, 0, 1
#define ITR       "203.0.113.9"
#define ITR_PEER  "203.0.113.9:4342"
#define ETR_PEER  "198.51.100.1:4342"
#define ETR2_PEER "198.51.100.2:4342"

/* RLOC-records, each with priorities and weights of its own: 4 octets, flags with R alone, then AFI
 * and address. The LCAF's header: AFI 16387, reserved, Flags, Type, reserved, Length. */
static const uint8_t plain[] = {1, 90, 255, 0, 0, 1, 0, 1, 192, 0, 2, 1};
static const uint8_t plain_v6[] = {
	2, 80, 255, 0, 0, 1, 0, 2, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
/* Section 4.2: AS number 65000. */
static const uint8_t as_number[] = {
	3, 1, 255, 0, 0, 1, 0x40, 0x03, 0, 0, 3, 0, 0, 10, 0, 0, 0xfd, 0xe8, 0, 1, 192, 0, 2, 3};
/* Section 4.3: N 48 deg 51' 24", E 2 deg 21' 7", 35 m. */
static const uint8_t geo[] = {5, 2, 255, 0, 0, 1, 0x40, 0x03, 0, 0, 5, 0, 0, 18, 0x80, 48, 51, 24,
	0x80, 2, 21, 7, 0, 0, 0, 35, 0, 1, 192, 0, 2, 5};
/* Section 4.4: ports 4342 and 53248; global ETR, Map-Server, private ETR, one RTR. */
static const uint8_t nat[] = {7, 3, 255, 0, 0, 1, 0x40, 0x03, 0, 0, 7, 0, 0, 28, 0x10, 0xf6, 0xd0,
	0, 0, 1, 203, 0, 113, 7, 0, 1, 192, 0, 2, 53, 0, 1, 10, 0, 0, 7, 0, 1, 198, 51, 100, 9};
/* Section 4.6, an explicit path: two hops, L P S and none of them. */
static const uint8_t path[] = {10, 4, 254, 0, 0, 1, 0x40, 0x03, 0, 0, 10, 0, 0, 16, 0, 7, 0, 1, 192,
	0, 2, 101, 0, 0, 0, 1, 192, 0, 2, 102};
/* Section 4.7: one key of 4 octets, algorithm 2, and the locator that it is of. */
static const uint8_t key[] = {11, 5, 255, 0, 0, 1, 0x40, 0x03, 0, 0, 11, 0, 0, 16, 1, 0, 2, 0, 0, 4,
	0xde, 0xad, 0xbe, 0xef, 0, 1, 192, 0, 2, 11};
/* Section 4.9, a replication list: levels 1 and 128. */
static const uint8_t list[] = {13, 6, 1, 100, 0, 1, 0x40, 0x03, 0, 0, 13, 0, 0, 20, 0, 0, 0, 1, 0,
	1, 192, 0, 2, 131, 0, 0, 0, 128, 0, 1, 192, 0, 2, 132};
/* Section 5.4: {"a":1}, text. */
static const uint8_t json[] = {14, 7, 255, 0, 0, 1, 0x40, 0x03, 0, 0, 14, 0, 0, 15, 0, 7, '{', '"',
	'a', '"', ':', '1', '}', 0, 1, 192, 0, 2, 14};
/* Section 5.5: an address, and a name. */
static const uint8_t key_value[] = {
	15, 8, 255, 0, 0, 1, 0x40, 0x03, 0, 0, 15, 0, 0, 10, 0, 1, 192, 0, 2, 15, 0, 17, 'x', 0};
/* Section 5.6: VXLAN and LISP. */
static const uint8_t encap[] = {
	16, 9, 255, 0, 0, 1, 0x40, 0x03, 0, 0, 16, 0, 0, 10, 0, 0, 0, 5, 0, 1, 192, 0, 2, 16};
/* Nobody's type, with every reserved bit set. */
static const uint8_t unknown[] = {
	200, 10, 255, 0, 0, 1, 0x40, 0x03, 0xff, 0xa5, 200, 0x77, 0, 3, 1, 2, 3};

struct locator {
	const uint8_t *bytes;
	size_t len;
};

#define L(name)                                                                                    \
	{                                                                                          \
		name, sizeof(name)                                                                 \
	}
/* In the order of RFC 9301 section 5.4: IPv4, IPv6, then by AFI and LCAF type. */
static const struct locator all[] = {L(plain), L(plain_v6), L(as_number), L(geo), L(nat), L(path),
	L(key), L(list), L(json), L(key_value), L(encap), L(unknown)};
#define ALL (sizeof(all) / sizeof(all[0]))

struct bytes {
	uint8_t count;
	size_t len;
	uint8_t at[1024];
};

static void append(struct bytes *b, const struct locator *l)
{
	assert_true(b->len + l->len <= sizeof(b->at));
	memcpy(b->at + b->len, l->bytes, l->len);
	b->len += l->len;
	b->count++;
}

static struct bytes all_bytes(void)
{
	struct bytes b = {0};

	for (size_t i = 0; i < ALL; i++)
		append(&b, &all[i]);
	return b;
}

static struct site_table *sites(void)
{
	struct site_table *t = world_sites();

	world_site(t, "a", "10.0.0.0/8", true);
	world_site(t, "b", "172.16.0.0/12", true);
	return t;
}

struct registers {
	uint8_t xtr; /* 1 when 0 */
	bool merge, no_proxy;
};

/* A Map-Register for 10.0.0.1/32 with these RLOC-records, M set. */
static void put(struct world *w, const struct bytes *b, struct registers how)
{
	const struct auth_options opt = {false, false};
	const uint8_t head[] = {0, 0, 5, 0xa0, b->count, 32, 0x10, 0, 0, 0, EID_BYTES};
	static uint64_t nonce = 9000;
	struct map_register m = {.type = LISP_MAP_REGISTER,
		.proxy_reply = !how.no_proxy,
		.want_notify = true,
		.merge = how.merge,
		.has_xtr_id = true,
		.site_id = 7,
		.nonce = ++nonce};
	struct auth_key *k = auth_key_new("secret-a", 8);
	struct wire_writer wr;
	uint8_t buf[1500];
	int n;

	m.xtr_id.bytes[15] = how.xtr ? how.xtr : 1;
	wire_writer_init(&wr, buf, sizeof(buf));
	map_register_begin(&wr, &m, 1, AUTH_HMAC_SHA256_128, &opt);
	wire_put_bytes(&wr, head, sizeof(head));
	wire_put_bytes(&wr, b->at, b->len);
	n = map_register_finish(&wr, &m, 1, k, &opt);
	auth_key_free(k);
	assert_true(n > 0);
	world_clear(w);
	world_receive(w, how.xtr == 2 ? ETR2_PEER : ETR_PEER, buf, (size_t)n);
}

static void assert_record(struct lisp_records it, const struct bytes *want)
{
	struct lisp_record rec;

	assert_true(lisp_records_next(&it, &rec));
	assert_int_equal(rec.locator_count, want->count);
	assert_int_equal(rec.locators_raw_len, want->len);
	assert_memory_equal(rec.locators_raw, want->at, want->len);
	assert_false(lisp_records_next(&it, &rec));
}

static void assert_reply(struct world *w, const struct bytes *want)
{
	world_clear(w);
	world_request(w, "10.0.0.1", ITR_PEER);
	assert_record(world_reply(w, 0).records, want);
}

static void every_kind_comes_back_in_map_reply_and_map_notify(void **state)
{
	struct world *w = world_new(sites(), NULL, NULL);
	struct bytes want = all_bytes();

	(void)state;
	put(w, &want, (struct registers){0});
	assert_int_equal(w->out->count, 1);
	assert_record(world_notify(w, 0, "a").records, &want);
	assert_reply(w, &want);
	world_free(w);
}

static void each_kind_alone_comes_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < ALL; i++) {
		struct world *w = world_new(sites(), NULL, NULL);
		struct bytes one = {0};

		append(&one, &all[i]);
		put(w, &one, (struct registers){0});
		assert_reply(w, &one);
		world_free(w);
	}
}

/* L and p are a Map-Reply's, and cleared; the rest stays. */
static void registered_in_another_order_they_are_sorted_by_type(void **state)
{
	struct world *w = world_new(sites(), NULL, NULL);
	struct bytes want = all_bytes(), mixed = {0};

	(void)state;
	for (size_t i = ALL; i-- > 0;)
		append(&mixed, &all[i]);
	mixed.at[5] |= 4; /* L */
	put(w, &mixed, (struct registers){0});
	assert_reply(w, &want);
	world_free(w);
}

/* RFC 9437 section 6. */
static void a_subscriber_is_told_the_same_bytes(void **state)
{
	struct world *w = world_new(sites(), NULL, NULL);
	struct map_request_spec s = {.nonce = 5,
		.subscribe = true,
		.has_xtr_id = true,
		.itr_rloc_count = 1,
		.site_id = 7,
		.eid = world_eid("10.0.0.1/32")};
	struct bytes want = all_bytes(), first = {0};
	uint8_t buf[1200];

	(void)state;
	world_register(w, (struct world_register){.site = "b",
				  .peer = ITR_PEER,
				  .xtr = 9,
				  .eids = {"172.16.9.0/24"},
				  .locators = {ITR},
				  .no_notify = true});
	append(&first, &all[5]); /* the path alone */
	put(w, &first, (struct registers){0});
	s.xtr_id.bytes[15] = 9;
	s.itr_rlocs[0] = world_address(ITR);
	world_clear(w);
	world_receive(w, ITR_PEER, buf, world_write_request(buf, sizeof(buf), &s, ITR_PEER));
	assert_int_equal(w->out->count, 1);
	assert_record(world_notify(w, 0, "b").records, &first); /* accepted */
	/* It was not acknowledged: what is published then replaces what waits. */
	put(w, &want, (struct registers){0});
	world_pass(w, 4000);
	for (unsigned int i = 0; i < w->out->count; i++)
		if (!strcmp(world_to(w, i), ITR_PEER)) {
			assert_record(world_notify(w, i, "b").records, &want);
			world_free(w);
			return;
		}
	fail_msg("nothing was published");
}

static void merged_with_anothers_they_stay_as_they_are(void **state)
{
	struct world *w = world_new(sites(), NULL, NULL);
	struct bytes want = all_bytes(), even = {0}, odd = {0};

	(void)state;
	for (size_t i = 0; i < ALL; i++)
		append(i % 2 ? &odd : &even, &all[i]);
	put(w, &even, (struct registers){.xtr = 1, .merge = true});
	assert_reply(w, &even);
	put(w, &odd, (struct registers){.xtr = 2, .merge = true});
	assert_reply(w, &want);
	world_free(w);
}

static void after_a_kill_they_are_the_same_bytes_merged_or_not(void **state)
{
	struct bytes want = all_bytes();
	char dir[] = "/tmp/sunward-lcaf-XXXXXX", spec[80], command[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	for (unsigned int merge = 0; merge < 2; merge++) {
		struct world *w;

		snprintf(spec, sizeof(spec), "lmdb:%s/db%u?size=64MiB", dir, merge);
		w = world_new(sites(), NULL, spec);
		put(w, &want, (struct registers){.merge = merge});
		world_kill(w);
		w = world_new(sites(), NULL, spec);
		assert_reply(w, &want);
		put(w, &want, (struct registers){.merge = merge}); /* a refresh: the same */
		assert_int_equal(world_count(w, COUNT_REFRESHED), 1);
		world_free(w);
	}
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	assert_int_equal(system(command), 0);
}

/* RFC 9301 section 8.3: to one of the ETR's locators; a path's hop, a list's member or a NAT's
 * outside is none. */
static void a_request_is_passed_on_unaltered_to_a_locator_that_is_an_address(void **state)
{
	struct world *w = world_new(sites(), NULL, NULL);
	struct bytes b = {0};
	const uint8_t *sent;
	uint8_t asked[1200];
	size_t len;
	struct map_request_spec s = {
		.nonce = 77, .itr_rloc_count = 1, .eid = world_eid("10.0.0.1/32")};

	(void)state;
	append(&b, &all[4]);
	append(&b, &all[5]);
	append(&b, &all[7]);
	append(&b, &all[11]);
	put(w, &b, (struct registers){.no_proxy = true});
	s.itr_rlocs[0] = world_address(ITR);
	len = world_write_request(asked, sizeof(asked), &s, ITR_PEER);
	world_clear(w);
	world_receive(w, ITR_PEER, asked, len);
	assert_int_equal(w->out->count, 0); /* none of these can be sent anything */
	assert_int_equal(world_dropped(w, DROP_LOCATORS), 1);
	append(&b, &all[0]);
	put(w, &b, (struct registers){.no_proxy = true});
	world_clear(w);
	world_receive(w, ITR_PEER, asked, len);
	assert_int_equal(w->out->count, 1);
	assert_string_equal(world_to(w, 0), "192.0.2.1:4342");
	sent = outbox_bytes(w->out, 0);
	assert_int_equal(w->out->list[0].len, len);
	/* ECM header 4, IPv4 20, UDP 8: what is inside is the same. */
	assert_memory_equal(sent + 32, asked + 32, len - 32);
	world_free(w);
}

/* RFC 9306 section 3. */
static void an_eid_of_an_unknown_type_is_refused_and_counted(void **state)
{
	/* TTL 1440, no locators, mask-len 0; LCAF type 200 of 3 octets. */
	static const uint8_t record[] = {
		0, 0, 5, 0xa0, 0, 0, 0x10, 0, 0, 0, 0x40, 0x03, 0, 0, 200, 0, 0, 3, 1, 2, 3};
	static const uint8_t known[] = {0, 0, 5, 0xa0, 1, 32, 0x10, 0, 0, 0, EID_BYTES};
	const struct auth_options opt = {false, false};
	struct world *w = world_new(sites(), NULL, NULL);
	struct auth_key *k = auth_key_new("secret-a", 8);

	(void)state;
	/* First, where it also names the site; then behind a record that is right. */
	for (unsigned int first = 0; first < 2; first++) {
		struct map_register m = {.type = LISP_MAP_REGISTER, .nonce = 70 + first};
		struct wire_writer wr;
		uint8_t buf[300];
		int n;

		wire_writer_init(&wr, buf, sizeof(buf));
		map_register_begin(&wr, &m, 1, AUTH_HMAC_SHA256_128, &opt);
		if (first) {
			wire_put_bytes(&wr, known, sizeof(known));
			wire_put_bytes(&wr, plain, sizeof(plain));
		}
		wire_put_bytes(&wr, record, sizeof(record));
		n = map_register_finish(&wr, &m, 1 + first, k, &opt);
		assert_true(n > 0);
		world_receive(w, ETR_PEER, buf, (size_t)n);
	}
	auth_key_free(k);
	assert_int_equal(world_dropped(w, DROP_NO_SITE), 1);
	assert_int_equal(world_dropped(w, DROP_EID_KIND), 1);
	assert_int_equal(registry_count(w->server->registry), 0);
	assert_int_equal(w->out->count, 0);
	world_free(w);
}

/* RFC 9306 section 4: an OUI that is not understood: the message MUST be dropped. */
static void a_vendors_locator_drops_the_message(void **state)
{
	static const uint8_t vendor[] = {
		1, 100, 255, 0, 0, 1, 0x40, 0x03, 0, 0, 255, 0, 0, 6, 0, 0x00, 0x53, 0x57, 1, 2};
	const struct locator l = L(vendor);
	struct world *w = world_new(sites(), NULL, NULL);
	struct bytes b = {0};

	(void)state;
	append(&b, &l);
	put(w, &b, (struct registers){0});
	assert_int_equal(world_dropped(w, DROP_UNSUPPORTED), 1);
	assert_int_equal(registry_count(w->server->registry), 0);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_comes_back_in_map_reply_and_map_notify),
		cmocka_unit_test(each_kind_alone_comes_back),
		cmocka_unit_test(registered_in_another_order_they_are_sorted_by_type),
		cmocka_unit_test(a_subscriber_is_told_the_same_bytes),
		cmocka_unit_test(merged_with_anothers_they_stay_as_they_are),
		cmocka_unit_test(after_a_kill_they_are_the_same_bytes_merged_or_not),
		cmocka_unit_test(a_request_is_passed_on_unaltered_to_a_locator_that_is_an_address),
		cmocka_unit_test(an_eid_of_an_unknown_type_is_refused_and_counted),
		cmocka_unit_test(a_vendors_locator_drops_the_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
