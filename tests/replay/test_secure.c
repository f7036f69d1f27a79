/* Protected Map-Requests against the core of the map-server and resolver: RFC 9303 sections 6.5 to
 * 6.7. The comments at the end name the section of each test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lisp/ecm.h"
#include "lisp/lispsec.h"
#include "tests/replay/ddt_world.h"

#define ITR      "203.0.113.9:40000"
#define RESOLVER "203.0.113.53:4342"
#define NONCE    0x1122334455667788

static const struct otk itr_otk = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}};
static struct otk_tools *tools;

static int setup(void **state)
{
	(void)state;
	tools = otk_tools_new();
	return tools ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	otk_tools_free(tools);
	return 0;
}

static void add_peer(struct world *w, const char *prefix, const char *secret, bool unwrapped)
{
	struct secure_peer peer = {.unwrapped = unwrapped};
	struct eid e = world_eid(prefix);

	if (!w->server->peers)
		w->server->peers = secure_peers_new((const uint8_t *)"0123456789abcdef");
	if (secret)
		assert_int_equal(otk_keys_add(&peer.keys, 1, secret, strlen(secret)), 0);
	assert_int_equal(secure_peers_add(w->server->peers, &e, &peer), 0);
}

/* Site "a" has 10.0.0.0/8; ITRs of 203.0.113.0/24 share the key 1, "itr-secret". */
static struct world *secure_world(struct site_table *t, struct forward_table *f)
{
	struct world *w;

	world_site(t, "a", "10.0.0.0/8", true);
	w = world_new(t, f, NULL);
	add_peer(w, "203.0.113.0/24", "itr-secret", false);
	return w;
}

/* What a protected Map-Request is made of. Zero is the default. */
struct ask {
	const char *eid;    /* "10.1.2.3/32" */
	const char *itr;    /* ITR: its ITR-RLOC, inner and outer source */
	const char *secret; /* "itr-secret" */
	uint8_t key_id;     /* 1 */
	uint16_t hmac, kdf;
	bool null_wrap;
	uint8_t wrap_id; /* else than the right one */
};

static size_t write_ask(uint8_t *buf, size_t cap, const struct ask *a)
{
	struct endpoint from = world_endpoint(a->itr ? a->itr : ITR), dest = {.port = 4342};
	struct map_request_spec s = {.nonce = NONCE,
		.itr_rloc_count = 1,
		.eid = world_eid(a->eid ? a->eid : "10.1.2.3/32")};
	const char *secret = a->secret ? a->secret : "itr-secret";
	struct otk_keys keys = {0};
	struct otk_wrapped wrapped;
	uint8_t message[512], ad[64];
	struct wire_writer w;
	int len;

	s.itr_rlocs[0] = from.addr;
	len = map_request_write(message, sizeof(message), &s);
	assert_true(len > 0);
	assert_int_equal(otk_keys_add(&keys, a->key_id ? a->key_id : 1, secret, strlen(secret)), 0);
	if (a->null_wrap)
		otk_wrap_null(&itr_otk, &wrapped);
	else
		assert_true(otk_wrap(tools, &keys.list[0], NONCE, &itr_otk, &wrapped));
	if (a->wrap_id)
		wrapped.wrap_id = a->wrap_id;
	wire_writer_init(&w, ad, sizeof(ad));
	lispsec_request_write(&w, a->hmac, &wrapped);
	lispsec_eid_ad_write_bare(&w, a->kdf);
	dest.addr = world_address("10.1.2.3");
	len = ecm_write_secure(buf, cap, &from, &dest, ad, w.pos, message, (size_t)len);
	assert_true(len > 0);
	return (size_t)len;
}

static void ask(struct world *w, struct ask a)
{
	uint8_t buf[600];

	world_clear(w);
	world_receive(w, a.itr ? a.itr : ITR, buf, write_ask(buf, sizeof(buf), &a));
}

static void registered(struct world *w, const char *eid, bool proxy, bool secure)
{
	world_register(w, (struct world_register){.eids = {eid},
				  .locators = {"192.0.2.1"},
				  .no_proxy = !proxy,
				  .secure = secure,
				  .no_notify = true});
}

/* The prefixes of an EID-AD, joined by " ", with " E" behind them when it is set. */
static const char *prefixes(struct lispsec_eid_ad ad)
{
	static char text[512];
	char eid[EID_TEXT];
	struct lisp_eid e;
	int n = 0;

	text[0] = '\0';
	while (lispsec_eid_next(&ad, &e))
		n += snprintf(text + n, sizeof(text) - (size_t)n, "%s%s", n ? " " : "",
			eid_format(&e.eid, eid, sizeof(eid)));
	snprintf(text + n, sizeof(text) - (size_t)n, "%s", ad.cant_sign ? " E" : "");
	return text;
}

/* The @i-th datagram is a Map-Reply that the ITR believes; returns its authentication data. */
static struct lispsec_reply protected_reply(struct world *w, unsigned int i)
{
	static struct wire_fault fault;
	struct map_reply reply = world_reply(w, i);
	const uint8_t *bytes = outbox_bytes(w->out, i);
	struct lispsec_reply m;
	struct otk ms_otk;

	assert_true(reply.security);
	assert_int_equal(reply.nonce, NONCE);
	assert_int_equal(
		lispsec_reply_parse(bytes, reply.security_data, reply.security_len, &m, &fault), 0);
	assert_true(lispsec_eid_ad_verify(tools, &m.eid_ad, &itr_otk));
	assert_true(otk_derive(tools, m.eid_ad.kdf_id, &itr_otk, &ms_otk));
	assert_true(lispsec_reply_verify(tools, &m, bytes, w->out->list[i].len, &ms_otk));
	return m;
}

/* The @i-th datagram is a protected ECM around the Map-Request that @a came with. */
static struct lispsec_request protected_ecm(struct world *w, unsigned int i, const struct ask *a)
{
	static struct wire_fault fault;
	const uint8_t *bytes = outbox_bytes(w->out, i);
	struct lispsec_request m;
	struct ecm now, came;
	uint8_t buf[600];

	assert_int_equal(ecm_parse(buf, write_ask(buf, sizeof(buf), a), &came, &fault), 0);
	assert_int_equal(ecm_parse(bytes, w->out->list[i].len, &now, &fault), 0);
	assert_true(now.security);
	assert_int_equal(now.message_len, came.message_len);
	assert_memory_equal(now.message, came.message, came.message_len);
	assert_int_equal(now.hop_limit, came.hop_limit - 1);
	assert_int_equal(
		lispsec_request_parse(bytes, now.security_data, now.security_len, &m, &fault), 0);
	return m;
}

static void assert_unwraps(
	const struct lispsec_request *m, uint8_t id, const char *secret, const struct otk *want)
{
	struct otk_keys keys = {0};
	struct otk otk;

	assert_int_equal(otk_keys_add(&keys, id, secret, strlen(secret)), 0);
	assert_int_equal(m->otk.key_id, id);
	assert_true(otk_unwrap(tools, &keys.list[0], NONCE, &m->otk, &otk));
	assert_memory_equal(&otk, want, sizeof(otk));
}

/* Whole, to the bit: the HMACs are from Python's hmac, the rest by figure 2. */
static void proxy_reply_is_protected_as_an_independent_tool_does(void **state)
{
	static const uint8_t expected[] = {
		0x22,
		0x00,
		0x00,
		0x01, /* Type 2, S=1, Record Count 1 */
		0x11,
		0x22,
		0x33,
		0x44,
		0x55,
		0x66,
		0x77,
		0x88, /* Nonce */
		0x00,
		0x00,
		0x05,
		0xa0, /* Record TTL 1440 */
		0x01,
		0x18,
		0x00,
		0x00, /* Locator Count 1, mask-len 24, A=0 */
		0x00,
		0x00,
		0x00,
		0x01, /* Map-Version, EID-AFI 1 */
		0x0a,
		0x01,
		0x02,
		0x00, /* 10.1.2.0 */
		0x01,
		0x64,
		0xff,
		0x00, /* Priority 1, Weight 100, 255, 0 */
		0x00,
		0x01,
		0x00,
		0x01, /* R, Loc-AFI 1 */
		0xc0,
		0x00,
		0x02,
		0x01, /* 192.0.2.1 */
		0x01,
		0x00,
		0x00,
		0x00, /* MR AD Type 1 */
		0x00,
		0x20,
		0x00,
		0x02, /* EID-AD Length 32, KDF ID 2 */
		0x01,
		0x00,
		0x00,
		0x02, /* Record Count 1, E=0, EID HMAC ID 2 */
		0x00,
		0x18,
		0x00,
		0x01, /* mask-len 24, EID-AFI 1 */
		0x0a,
		0x01,
		0x02,
		0x00, /* 10.1.2.0 */
		0x8f,
		0x95,
		0x4f,
		0xe8,
		0xdb,
		0xb1,
		0x2c,
		0xfd, /* EID HMAC */
		0x74,
		0x25,
		0x4f,
		0xa3,
		0x90,
		0xc1,
		0x8a,
		0x9a,
		0x00,
		0x14,
		0x00,
		0x02, /* PKT-AD Length 20, PKT HMAC ID 2 */
		0x24,
		0xf8,
		0x88,
		0x10,
		0x00,
		0xc7,
		0xd0,
		0xcd, /* PKT HMAC */
		0xd6,
		0x90,
		0x14,
		0xf0,
		0x75,
		0x6b,
		0xd0,
		0x5d,
	};
	struct world *w = secure_world(world_sites(), NULL);

	(void)state;
	registered(w, "10.1.2.0/24", true, false);
	ask(w, (struct ask){0});
	assert_int_equal(w->out->count, 1);
	assert_string_equal(world_to(w, 0), ITR);
	assert_int_equal(w->out->list[0].len, sizeof(expected));
	assert_memory_equal(outbox_bytes(w->out, 0), expected, sizeof(expected));
	world_free(w);
}

static void a_p_registrant_is_answered_for_with_e_0(void **state)
{
	struct world *w = secure_world(world_sites(), NULL);
	struct lispsec_reply m;

	(void)state;
	registered(w, "10.1.2.0/24", true, false);
	ask(w, (struct ask){0});
	assert_int_equal(w->out->count, 1);
	m = protected_reply(w, 0);
	assert_string_equal(prefixes(m.eid_ad), "10.1.2.0/24");
	assert_string_equal(world_records(world_reply(w, 0).records),
		"10.1.2.0/24 ttl 1440 act 0 { 192.0.2.1 }");
	assert_int_equal(world_count(w, COUNT_PROTECTED_REQUESTS), 1);
	assert_int_equal(world_count(w, COUNT_PROTECTED_REPLIES), 1);
	world_free(w);
}

static void p_comes_before_s(void **state)
{
	struct world *w = secure_world(world_sites(), NULL);

	(void)state;
	registered(w, "10.1.2.0/24", true, true);
	ask(w, (struct ask){0});
	assert_int_equal(w->out->count, 1);
	assert_string_equal(prefixes(protected_reply(w, 0).eid_ad), "10.1.2.0/24");
	world_free(w);
}

static void more_specifics_are_vouched_for_too(void **state)
{
	struct world *w = secure_world(world_sites(), NULL);

	(void)state;
	registered(w, "10.1.0.0/16", true, false);
	registered(w, "10.1.2.128/25", true, false);
	ask(w, (struct ask){.eid = "10.1.2.3/32"});
	assert_string_equal(world_records(world_reply(w, 0).records),
		"10.1.0.0/16 ttl 1440 act 0 { 192.0.2.1 }; 10.1.2.128/25 ttl 1440 act 0 { "
		"192.0.2.1 }");
	assert_string_equal(prefixes(protected_reply(w, 0).eid_ad), "10.1.0.0/16 10.1.2.128/25");
	world_free(w);
}

/* With two locators the reply has 108 bytes to a request of 96, but 52 to 60 without LISP-SEC. The
 * world allows 5 larger ones at once. */
static void what_lisp_sec_adds_does_not_count_as_amplification(void **state)
{
	struct world *w = secure_world(world_sites(), NULL);
	uint8_t buf[600];

	(void)state;
	world_register(w, (struct world_register){.eids = {"10.1.2.0/24"},
				  .locators = {"192.0.2.1", "192.0.2.2"},
				  .no_notify = true});
	assert_int_equal(write_ask(buf, sizeof(buf), &(struct ask){0}), 96);
	for (unsigned int i = 0; i < 8; i++) {
		ask(w, (struct ask){0});
		assert_int_equal(w->out->count, 1);
		assert_int_equal(w->out->list[0].len, 108);
	}
	world_register(w, (struct world_register){.eids = {"10.1.2.0/24"},
				  .locators = {"192.0.2.1", "192.0.2.2", "192.0.2.3"},
				  .no_notify = true});
	for (unsigned int i = 0; i < 8; i++)
		ask(w, (struct ask){0});
	assert_int_equal(world_dropped(w, DROP_AMPLIFICATION), 3);
	world_free(w);
}

static void negative_replies_are_protected(void **state)
{
	struct world *w = secure_world(world_sites(), NULL);

	(void)state;
	ask(w, (struct ask){0});
	assert_string_equal(world_records(world_reply(w, 0).records), "10.0.0.0/8 ttl 1 act 1 { }");
	assert_string_equal(prefixes(protected_reply(w, 0).eid_ad), "10.0.0.0/8");
	ask(w, (struct ask){.eid = "9.1.2.3/32"});
	assert_string_equal(world_records(world_reply(w, 0).records), "8.0.0.0/7 ttl 15 act 1 { }");
	assert_string_equal(prefixes(protected_reply(w, 0).eid_ad), "8.0.0.0/7");
	world_free(w);
}

static void an_s_registrant_is_sent_the_ms_otk_and_its_registered_prefix(void **state)
{
	struct world *w = secure_world(world_sites(), NULL);
	struct ask a = {.hmac = OTK_HMAC_SHA256_128, .kdf = OTK_KDF_HKDF_SHA256};
	struct lispsec_request m;
	struct otk ms_otk;

	(void)state;
	registered(w, "10.1.0.0/16", false, true);
	registered(w, "10.1.2.0/24", false, true);
	ask(w, a);
	assert_int_equal(w->out->count, 1);
	assert_string_equal(world_to(w, 0), "192.0.2.1:4342");
	m = protected_ecm(w, 0, &a);
	assert_int_equal(m.hmac_id, OTK_HMAC_SHA256_128);
	assert_int_equal(m.eid_ad.kdf_id, OTK_KDF_HKDF_SHA256);
	assert_string_equal(prefixes(m.eid_ad), "10.1.2.0/24");
	assert_true(lispsec_eid_ad_verify(tools, &m.eid_ad, &itr_otk));
	assert_true(otk_derive(tools, OTK_KDF_HKDF_SHA256, &itr_otk, &ms_otk));
	assert_unwraps(&m, 1, "secret-a", &ms_otk); /* the key that it registers with */
	assert_int_equal(world_count(w, COUNT_FORWARDED_ETR), 1);
	world_free(w);
}

static void a_sites_own_lisp_sec_key_wraps_for_its_etr(void **state)
{
	struct site_table *t = world_sites();
	struct world *w = secure_world(t, NULL);
	struct site *s = site_table_named(t, "a");
	struct lispsec_request m;
	struct ask a = {0};
	struct otk ms_otk;

	(void)state;
	assert_int_equal(otk_keys_add(&s->otk_keys, 9, "etr-secret", 10), 0);
	assert_int_equal(otk_keys_add(&s->otk_keys, 8, "etr-next", 8), 0);
	registered(w, "10.1.2.0/24", false, true);
	ask(w, a);
	m = protected_ecm(w, 0, &a);
	assert_true(otk_derive(tools, OTK_KDF_HKDF_SHA256, &itr_otk, &ms_otk));
	assert_unwraps(&m, 9, "etr-secret", &ms_otk);
	world_free(w);
}

static void an_s_0_registrant_draws_a_protected_negative_reply_with_e_1(void **state)
{
	struct world *w = secure_world(world_sites(), NULL);

	(void)state;
	registered(w, "10.1.2.0/24", false, false);
	ask(w, (struct ask){0});
	assert_int_equal(w->out->count, 1);
	assert_string_equal(world_to(w, 0), ITR);
	assert_string_equal(
		world_records(world_reply(w, 0).records), "10.1.2.0/24 ttl 1 act 5 { }");
	assert_string_equal(prefixes(protected_reply(w, 0).eid_ad), "10.1.2.0/24 E");
	assert_int_equal(world_count(w, COUNT_PROTECTED_UNSIGNED), 1);
	world_clear(w); /* and the plain request that may follow goes to the ETR */
	world_request(w, "10.1.2.3/32", ITR);
	assert_string_equal(world_to(w, 0), "192.0.2.1:4342");
	world_free(w);
}

/* Merged, without P: xTR 1 of site a by 192.0.2.1, xTR 2 of site c by 192.0.2.2, which is
 * preferred. */
static void clone(struct world *w, uint8_t xtr, bool secure)
{
	world_register(w, (struct world_register){.site = xtr == 1 ? "a" : "c",
				  .peer = xtr == 1 ? "198.51.100.1:4342" : "198.51.100.2:4342",
				  .eids = {"10.1.2.0/24"},
				  .locators = {xtr == 1 ? "192.0.2.1" : "192.0.2.2"},
				  .priority = xtr == 1 ? 5 : 1,
				  .xtr = xtr,
				  .no_proxy = true,
				  .no_notify = true,
				  .merge = true,
				  .secure = secure});
}

static struct world *shared_world(void)
{
	struct site_table *t = world_sites();
	struct world *w;

	world_site_shared(t, "a", "10.0.0.0/8", 1);
	world_site_shared(t, "c", "10.0.0.0/8", 1);
	w = world_new(t, NULL, NULL);
	add_peer(w, "203.0.113.0/24", "itr-secret", false);
	return w;
}

/* Section 6.7, rule 2: to one that registered with S, with E=1 when there is one without. */
static void of_several_registrants_one_with_s_is_asked_with_e_1_when_another_has_none(void **state)
{
	struct world *w = shared_world();
	struct lispsec_request m;
	struct ask a = {0};
	struct otk ms_otk;

	(void)state;
	clone(w, 1, true);
	clone(w, 2, false);
	ask(w, a);
	assert_int_equal(w->out->count, 1);
	assert_string_equal(world_to(w, 0), "192.0.2.1:4342");
	m = protected_ecm(w, 0, &a);
	assert_string_equal(prefixes(m.eid_ad), "10.1.2.0/24 E");
	assert_true(lispsec_eid_ad_verify(tools, &m.eid_ad, &itr_otk));
	assert_true(otk_derive(tools, OTK_KDF_HKDF_SHA256, &itr_otk, &ms_otk));
	assert_unwraps(&m, 1, "secret-a", &ms_otk);
	world_clear(w);
	world_request(w, "10.1.2.3/32", ITR); /* in clear: the preferred one, whoever it is */
	assert_string_equal(world_to(w, 0), "192.0.2.2:4342");
	world_free(w);
}

/* The same rule, where two ETRs of one site register the same locators, unmerged, in either order.
 */
static void of_two_etrs_of_a_site_one_with_s_suffices_and_e_says_that_the_other_has_none(
	void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct world *w = secure_world(world_sites(), NULL);
		struct lispsec_request m;
		struct ask a = {0};

		for (unsigned int xtr = 1; xtr <= 2; xtr++)
			world_register(w, (struct world_register){.eids = {"10.1.2.0/24"},
						  .locators = {"192.0.2.1"},
						  .xtr = (uint8_t)xtr,
						  .no_proxy = true,
						  .secure = xtr - 1 == i,
						  .no_notify = true});
		ask(w, a);
		assert_int_equal(w->out->count, 1);
		assert_string_equal(world_to(w, 0), "192.0.2.1:4342");
		m = protected_ecm(w, 0, &a);
		assert_string_equal(prefixes(m.eid_ad), "10.1.2.0/24 E");
		assert_int_equal(world_count(w, COUNT_PROTECTED_UNSIGNED), 0);
		world_free(w);
	}
}

static void each_registrant_of_several_is_sent_the_key_of_its_own_site_with_e_0(void **state)
{
	struct world *w = shared_world();
	struct lispsec_request m;
	struct ask a = {0};
	struct otk ms_otk;
	bool paris;

	(void)state;
	clone(w, 1, true);
	clone(w, 2, true);
	ask(w, a);
	paris = !strcmp(world_to(w, 0), "192.0.2.1:4342");
	m = protected_ecm(w, 0, &a);
	assert_string_equal(prefixes(m.eid_ad), "10.1.2.0/24");
	assert_true(otk_derive(tools, OTK_KDF_HKDF_SHA256, &itr_otk, &ms_otk));
	assert_unwraps(&m, 1, paris ? "secret-a" : "secret-c", &ms_otk);
	clone(w, 1, false);
	clone(w, 2, false);
	ask(w, a); /* rule 3: all S = 0 */
	assert_string_equal(prefixes(protected_reply(w, 0).eid_ad), "10.1.2.0/24 E");
	world_free(w);
}

/* A claim as Sunward's xTRs send it: P goes without saying, S is a flag. */
static void claim(struct world *w, uint64_t base, bool secure)
{
	const struct lisp_rloc rloc = {.priority = 1, .weight = 100, .reachable = true};
	const struct auth_options opt = {false, false};
	struct move m = {.kind = MOVE_CLAIM,
		.nonce = 1000 + base,
		.seq = base,
		.has_locators = true,
		.security = secure};
	struct auth_key *key = auth_key_new("secret-a", 8);
	struct address a = world_address("192.0.2.1");
	struct eid eid = world_eid("10.1.2.3/32");
	struct wire_writer wr;
	uint8_t buf[600];
	int len;

	wire_writer_init(&wr, buf, sizeof(buf));
	move_begin(&wr, &m, 1, AUTH_HMAC_SHA256_128, &opt);
	lisp_record_write(&wr, &eid, 1440, 1, LISP_ACT_NONE, true, 0);
	lisp_rloc_write(&wr, &rloc, &a);
	len = move_finish(&wr, &m, key, &opt);
	auth_key_free(key);
	assert_true(len > 0);
	world_receive(w, "198.51.100.1:4342", buf, (size_t)len);
}

static void a_host_claimed_with_the_s_flag_is_sent_protected_requests(void **state)
{
	struct site_table *t = world_sites();
	struct world *w = secure_world(t, NULL);

	(void)state;
	site_table_named(t, "a")->proxy = SITE_PROXY_NEVER;
	claim(w, 0, false);
	assert_int_equal(world_answer(w, 0, "a").kind, MOVE_GRANTED);
	ask(w, (struct ask){0});
	assert_string_equal(prefixes(protected_reply(w, 0).eid_ad), "10.1.2.3 E");
	world_clear(w);
	claim(w, 1, true);
	assert_int_equal(world_answer(w, 0, "a").kind, MOVE_GRANTED);
	ask(w, (struct ask){0});
	assert_string_equal(world_to(w, 0), "192.0.2.1:4342");
	world_free(w);
}

static void what_the_itr_asks_for_is_used_and_the_unknown_becomes_sha256(void **state)
{
	struct world *w = secure_world(world_sites(), NULL);
	struct lispsec_reply m;

	(void)state;
	registered(w, "10.1.2.0/24", true, false);
	ask(w, (struct ask){.hmac = OTK_HMAC_SHA1_96, .kdf = OTK_KDF_HKDF_SHA1_128});
	m = protected_reply(w, 0);
	assert_int_equal(m.hmac_id, OTK_HMAC_SHA1_96);
	assert_int_equal(m.eid_ad.hmac_id, OTK_HMAC_SHA1_96);
	assert_int_equal(m.eid_ad.kdf_id, OTK_KDF_HKDF_SHA1_128);
	ask(w, (struct ask){.hmac = 77, .kdf = 78});
	m = protected_reply(w, 0);
	assert_int_equal(m.hmac_id, OTK_HMAC_SHA256_128);
	assert_int_equal(m.eid_ad.hmac_id, OTK_HMAC_SHA256_128);
	assert_int_equal(m.eid_ad.kdf_id, OTK_KDF_HKDF_SHA256);
	world_free(w);
}

static void assert_dropped(struct world *w, struct ask a, enum drop_reason reason)
{
	uint64_t before = world_dropped(w, reason);

	ask(w, a);
	assert_int_equal(w->out->count, 0);
	assert_int_equal(world_dropped(w, reason), before + 1);
}

static void what_does_not_unwrap_is_dropped_whole(void **state)
{
	struct world *w = secure_world(world_sites(), NULL);

	(void)state;
	registered(w, "10.1.2.0/24", true, false);
	assert_dropped(w, (struct ask){.secret = "another"}, DROP_OTK_WRAP);
	assert_dropped(w, (struct ask){.wrap_id = 3}, DROP_OTK_WRAP);
	assert_dropped(w, (struct ask){.key_id = 2}, DROP_OTK_KEY);
	assert_dropped(w, (struct ask){.itr = "198.51.100.77:4000"}, DROP_LISP_SEC);
	world_free(w);
}

static void an_unencrypted_key_is_dropped_without_leave(void **state)
{
	struct world *w = secure_world(world_sites(), NULL);

	(void)state;
	registered(w, "10.1.2.0/24", true, false);
	assert_dropped(w, (struct ask){.null_wrap = true}, DROP_OTK_NULL);
	add_peer(w, "203.0.113.53/32", NULL, true);
	ask(w, (struct ask){.null_wrap = true, .itr = RESOLVER});
	assert_string_equal(prefixes(protected_reply(w, 0).eid_ad), "10.1.2.0/24");
	world_free(w);
}

static void without_lisp_sec_protected_requests_are_dropped(void **state)
{
	struct site_table *t = world_sites();
	struct world *w;

	(void)state;
	world_site(t, "a", "10.0.0.0/8", true);
	w = world_new(t, NULL, NULL);
	registered(w, "10.1.2.0/24", true, true);
	assert_dropped(w, (struct ask){0}, DROP_LISP_SEC);
	world_free(w);
}

static void both_keys_of_a_peer_unwrap_while_they_are_rotated(void **state)
{
	struct world *w = secure_world(world_sites(), NULL);
	struct secure_peer peer = {0};
	struct eid e = world_eid("203.0.113.9/32");

	(void)state;
	registered(w, "10.1.2.0/24", true, false);
	assert_int_equal(otk_keys_add(&peer.keys, 4, "old", 3), 0);
	assert_int_equal(otk_keys_add(&peer.keys, 5, "new", 3), 0);
	assert_int_equal(secure_peers_add(w->server->peers, &e, &peer), 0);
	ask(w, (struct ask){.secret = "old", .key_id = 4});
	protected_reply(w, 0);
	ask(w, (struct ask){.secret = "new", .key_id = 5});
	protected_reply(w, 0);
	assert_dropped(w, (struct ask){0}, DROP_OTK_KEY); /* the longest prefix counts */
	world_free(w);
}

static struct forward_table *forward_all(void)
{
	struct forward_table *f = forward_table_new((const uint8_t *)"0123456789abcdef");
	struct endpoint ms = world_endpoint("198.51.100.53:4342");
	struct eid all = world_eid("0.0.0.0/0");

	assert_int_equal(forward_table_add(f, &all, &ms), 0);
	return f;
}

static void a_resolver_wraps_the_itr_otk_for_the_map_server(void **state)
{
	struct world *w = secure_world(world_sites(), forward_all());
	struct ask a = {.eid = "11.1.2.3/32", .hmac = 1, .kdf = 2};
	struct lispsec_request m;

	(void)state;
	add_peer(w, "198.51.100.53/32", "ms-secret", false);
	ask(w, a);
	assert_int_equal(w->out->count, 1);
	assert_string_equal(world_to(w, 0), "198.51.100.53:4342");
	m = protected_ecm(w, 0, &a);
	assert_int_equal(m.hmac_id, 1);
	assert_true(m.eid_ad.bare);
	assert_int_equal(m.eid_ad.kdf_id, 2);
	assert_unwraps(&m, 1, "ms-secret", &itr_otk);
	assert_int_equal(world_count(w, COUNT_FORWARDED_SERVER), 1);
	world_free(w);
}

static void a_resolver_sends_the_key_in_clear_only_where_that_is_allowed(void **state)
{
	struct world *w = secure_world(world_sites(), forward_all());
	struct ask a = {.eid = "11.1.2.3/32"};
	struct lispsec_request m;
	struct otk otk;

	(void)state;
	assert_dropped(w, a, DROP_OTK_PASS);
	add_peer(w, "198.51.100.53/32", NULL, true);
	ask(w, a);
	m = protected_ecm(w, 0, &a);
	assert_true(otk_unwrap_null(&m.otk, &otk));
	assert_memory_equal(&otk, &itr_otk, sizeof(otk));
	world_free(w);
}

/* The Map-Request of an ITR goes through a resolver to another Map-Server, whose reply it believes.
 */
static void a_request_passes_two_servers_and_its_reply_is_believed(void **state)
{
	struct site_table *none = world_sites();
	struct world *resolver = world_new(none, forward_all(), NULL);
	struct world *server = secure_world(world_sites(), NULL);
	struct ask a = {0};

	(void)state;
	add_peer(resolver, "203.0.113.9/32", "itr-secret", false);
	add_peer(resolver, "198.51.100.53/32", "ms-secret", false);
	add_peer(server, "203.0.113.53/32", "ms-secret", false);
	registered(server, "10.1.2.0/24", true, false);
	ask(resolver, a);
	assert_int_equal(resolver->out->count, 1);
	world_clear(server);
	world_receive(server, RESOLVER, outbox_bytes(resolver->out, 0), resolver->out->list[0].len);
	assert_int_equal(server->out->count, 1);
	assert_string_equal(world_to(server, 0), ITR);
	assert_string_equal(prefixes(protected_reply(server, 0).eid_ad), "10.1.2.0/24");
	world_free(resolver);
	world_free(server);
}

/* RFC 8111: also what a Map-Resolver finds out itself. */
static void a_hole_of_the_ddt_tree_is_told_protected(void **state)
{
	struct world *w = ddt_resolver_world(NULL, NULL);

	(void)state;
	add_peer(w, "203.0.113.0/24", "itr-secret", false);
	ask(w, (struct ask){0});
	world_clear(w);
	ddt_refer(w, "192.0.2.1:4342", NONCE,
		(struct ddt_record){REFERRAL_HOLE, "10.0.0.0/8", .rlocs = {NULL}});
	assert_string_equal(prefixes(protected_reply(w, 0).eid_ad), "10.0.0.0/8");
	ask(w, (struct ask){.eid = "10.9.9.9/32"}); /* from what is kept */
	assert_string_equal(prefixes(protected_reply(w, 0).eid_ad), "10.0.0.0/8");
	world_free(w);
}

static void a_plain_request_is_answered_in_clear_as_ever(void **state)
{
	struct world *w = secure_world(world_sites(), NULL);
	struct map_reply reply;

	(void)state;
	registered(w, "10.1.2.0/24", true, true);
	world_clear(w);
	world_request(w, "10.1.2.3/32", ITR);
	reply = world_reply(w, 0);
	assert_false(reply.security);
	assert_int_equal(world_count(w, COUNT_PROTECTED_REPLIES), 0);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(proxy_reply_is_protected_as_an_independent_tool_does), /* 6.2 */
		cmocka_unit_test(a_p_registrant_is_answered_for_with_e_0), /* 6.7 rule 1 */
		cmocka_unit_test(p_comes_before_s),                        /* 6.7 rule 1 */
		cmocka_unit_test(
			of_several_registrants_one_with_s_is_asked_with_e_1_when_another_has_none), /* 6.7 rule 2 */
		cmocka_unit_test(
			of_two_etrs_of_a_site_one_with_s_suffices_and_e_says_that_the_other_has_none),
		cmocka_unit_test(
			each_registrant_of_several_is_sent_the_key_of_its_own_site_with_e_0), /* 6.7
												 rule
												 2
											       */
		cmocka_unit_test(more_specifics_are_vouched_for_too),                 /* 6.7.2 */
		cmocka_unit_test(what_lisp_sec_adds_does_not_count_as_amplification), /* 12.8 */
		cmocka_unit_test(negative_replies_are_protected),                     /* 6.7 */
		cmocka_unit_test(
			an_s_registrant_is_sent_the_ms_otk_and_its_registered_prefix), /* 6.7.1 */
		cmocka_unit_test(a_sites_own_lisp_sec_key_wraps_for_its_etr),          /* 6.5 */
		cmocka_unit_test(
			an_s_0_registrant_draws_a_protected_negative_reply_with_e_1), /* 6.7 rule 3
										       */
		cmocka_unit_test(
			a_host_claimed_with_the_s_flag_is_sent_protected_requests), /* 6.3 */
		cmocka_unit_test(
			what_the_itr_asks_for_is_used_and_the_unknown_becomes_sha256), /* 6.7.1 */
		cmocka_unit_test(what_does_not_unwrap_is_dropped_whole),               /* 6.5 */
		cmocka_unit_test(an_unencrypted_key_is_dropped_without_leave),         /* 6.5.1 */
		cmocka_unit_test(without_lisp_sec_protected_requests_are_dropped),
		cmocka_unit_test(both_keys_of_a_peer_unwrap_while_they_are_rotated), /* 6.1 */
		cmocka_unit_test(a_resolver_wraps_the_itr_otk_for_the_map_server),   /* 6.6 */
		cmocka_unit_test(
			a_resolver_sends_the_key_in_clear_only_where_that_is_allowed),    /* 6.6 */
		cmocka_unit_test(a_request_passes_two_servers_and_its_reply_is_believed), /* 5 */
		cmocka_unit_test(a_hole_of_the_ddt_tree_is_told_protected),               /* 6.7 */
		cmocka_unit_test(a_plain_request_is_answered_in_clear_as_ever),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
