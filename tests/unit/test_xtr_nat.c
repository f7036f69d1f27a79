/* An xTR behind a NAT (draft-ermagan-lisp-nat-traversal; RFC 8060 section 4.4): 192.0.2.1 is seen
 * as 203.0.113.5, port 20001. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lisp/info.h"
#include "tests/unit/xtr_world.h"

#define SERVER "192.0.2.100:4342"
#define GLOBAL "203.0.113.5"
#define PORT   20001
#define HOST   "10.1.0.5/32"

static struct world *nat_world(enum policy_protocol protocol, enum policy_nat nat)
{
	struct world *w = world_new(protocol);
	struct eid eid = world_eid("10.2.0.0/24");

	policy_add_eid(&w->policy, &eid);
	w->policy.nat = nat;
	world_start(w);
	return w;
}

static struct info take_info(struct world *w)
{
	struct world_sent *s = world_take(w, LISP_INFO);
	struct wire_fault fault;
	struct info m;

	assert_int_equal(info_parse(s->bytes, s->len, &m, &fault), 0);
	m.auth.key_id = 1;
	m.auth.alg = AUTH_HMAC_SHA256_128;
	assert_true(auth_verify(
		w->key, LISP_INFO, &w->policy.servers[0].auth, s->bytes, s->len, m.nonce, &m.auth));
	assert_false(m.reply);
	return m;
}

/* What an Info-Reply is made of; zero is the default. */
struct reply {
	uint64_t nonce;
	const char *global; /* GLOBAL */
	uint32_t port;      /* PORT; 65536: none */
	const char *key;    /* WORLD_KEY */
	const char *from;   /* SERVER */
	const char *rtr;
	uint16_t key_id; /* 1 */
	bool request;
};

static size_t write_reply(uint8_t *buf, size_t cap, const struct reply *r)
{
	static const struct auth_options opt;
	const char *text = r->key ? r->key : WORLD_KEY;
	struct lcaf l = {.type = LCAF_NAT, .u.nat = {.ms_port = 4342, .rtr_count = 1}};
	struct info m = {.reply = !r->request,
		.nonce = r->nonce,
		.key_id = r->key_id ? r->key_id : 1,
		.ttl_min = 1440,
		.eid.eid = world_eid("10.2.0.0/24")};
	struct auth_key *key = auth_key_new(text, strlen(text));
	int len;

	l.u.nat.etr_port = (uint16_t)(r->port ? r->port : PORT);
	l.u.nat.global.addr = world_address(r->global ? r->global : GLOBAL);
	l.u.nat.ms.addr = world_address("192.0.2.100");
	if (r->rtr)
		l.u.nat.rtr[0].addr = world_address(r->rtr);
	len = info_write(buf, cap, &m, &l, AUTH_HMAC_SHA256_128, &opt);
	assert_true(len > 0);
	assert_int_equal(auth_sign(key, LISP_INFO, &opt, buf, (size_t)len, m.nonce, &m.auth), 0);
	auth_key_free(key);
	return (size_t)len;
}

static void reply(struct world *w, struct reply r)
{
	uint8_t buf[256];

	world_packet(w, buf, write_reply(buf, sizeof(buf), &r), r.from ? r.from : SERVER);
}

/* Asked and answered: behind the NAT. */
static struct world *behind(enum policy_protocol protocol)
{
	struct world *w = nat_world(protocol, POLICY_NAT_AUTO);

	reply(w, (struct reply){.nonce = take_info(w).nonce});
	return w;
}

/* The locators of the next Map-Register. */
static const char *registered(struct world *w)
{
	struct world_sent *s = world_take(w, LISP_MAP_REGISTER);
	char addr[ADDRESS_TEXT];
	struct wire_fault fault;
	struct map_register m;
	struct lisp_record rec;
	struct lisp_rloc rloc;
	static char text[256];
	int n = 0;

	assert_int_equal(map_register_parse(s->bytes, s->len, &m, &fault), 0);
	assert_true(lisp_records_next(&m.records, &rec));
	while (lisp_rloc_next(&rec, &rloc))
		n += snprintf(text + n, sizeof(text) - (size_t)n, "%s%s", n ? " " : "",
			address_format(&rloc.field.addr, addr, sizeof(addr)));
	return text;
}

static void off_asks_nobody(void **state)
{
	struct world *w = nat_world(POLICY_SUNWARD, POLICY_NAT_OFF);

	world_pass(w, 400000);
	assert_false(world_has(w, LISP_INFO));
	assert_string_equal(registered(w), "192.0.2.1 2001:db8:1::1");
	world_free(w);
}

static void an_info_request_goes_out_byte_for_byte(void **state)
{
	static const uint8_t tail[] = {0, 0, 0x05, 0xa0, /* TTL 1440 */
		0, 24, 0, 1, 10, 2, 0, 0,                /* 10.2.0.0/24 */
		0, 0};                                   /* AFI 0 */
	static const uint8_t key[] = {0, 1, 0, 16};      /* Key ID 1, 16 bytes */
	struct world *w = nat_world(POLICY_SUNWARD, POLICY_NAT_AUTO);
	struct world_sent *s = world_take(w, LISP_INFO);

	assert_int_equal(s->len, 4 + 8 + 4 + 16 + sizeof(tail));
	assert_memory_equal(s->bytes, "\x70\0\0\0", 4);
	assert_memory_equal(s->bytes + 12, key, sizeof(key));
	assert_memory_equal(s->bytes + 32, tail, sizeof(tail));
	assert_true(address_equal(&s->from, &w->policy.rlocs[0].addr));
	assert_int_equal(s->to.port, 4342);
	assert_false(world_has(w, LISP_INFO)); /* none from the IPv6 locator to an IPv4 server */
	world_free(w);
}

static void nothing_is_registered_before_the_answer(void **state)
{
	struct world *w = nat_world(POLICY_SUNWARD, POLICY_NAT_AUTO);
	uint64_t nonce = take_info(w).nonce;

	world_host(w, HOST, 3, true);
	world_pass(w, 900);
	assert_false(world_has(w, LISP_MAP_REGISTER));
	assert_false(world_has(w, LISP_EXTENSION));
	reply(w, (struct reply){.nonce = nonce});
	assert_string_equal(registered(w), GLOBAL " 2001:db8:1::1");
	world_take_move(w, MOVE_CLAIM);
	world_free(w);
}

static void the_claim_of_a_host_names_what_the_nat_shows(void **state)
{
	struct world *w = behind(POLICY_SUNWARD);
	struct lisp_rloc rloc;
	struct move m;

	world_host(w, HOST, 3, true);
	m = world_take_move(w, MOVE_CLAIM);
	assert_true(lisp_rloc_next(&m.record, &rloc));
	assert_true(address_equal(&rloc.field.addr,
		&(struct address){.afi = AFI_IPV4, .len = 4, .bytes = {203, 0, 113, 5}}));
	world_free(w);
}

/* 1 s, 2 s, 4 s, ... 60 s; the same nonce, so that an answer to any of them is one. */
static void it_is_repeated_with_doubling_waits(void **state)
{
	static const uint64_t at_s[] = {0, 1, 3, 7, 15, 31, 63, 123, 183};
	struct world *w = nat_world(POLICY_SUNWARD, POLICY_NAT_AUTO);
	struct mono start = w->now;
	uint64_t nonce = 0;

	world_pass(w, 200000);
	assert_int_equal(world_count(w, LISP_INFO), 9);
	for (unsigned int i = 0; i < 9; i++) {
		struct world_sent *s = world_take(w, LISP_INFO);
		struct wire_fault fault;
		struct info m;

		assert_int_equal(mono_since_ms(start, s->at), at_s[i] * 1000);
		assert_int_equal(info_parse(s->bytes, s->len, &m, &fault), 0);
		assert_true(!i || m.nonce == nonce);
		nonce = m.nonce;
	}
	assert_int_equal(world_counter(w, XTR_INFO_RETRIED), 8);
	reply(w, (struct reply){.nonce = nonce});
	assert_int_equal(world_counter(w, XTR_INFO_REPLIES), 1);
	world_free(w);
}

/* A Map-Server that knows no Info-Requests: 1 + 2 + 4 s, then as if there were no NAT. */
static void without_an_answer_auto_registers_after_seven_seconds(void **state)
{
	struct world *w = nat_world(POLICY_SUNWARD, POLICY_NAT_AUTO);
	struct world_sent *s;
	struct mono start = w->now;

	world_pass(w, 9000);
	s = world_take(w, LISP_MAP_REGISTER);
	assert_int_equal(mono_since_ms(start, s->at), 7000);
	world_free(w);
}

static void without_an_answer_required_registers_nothing(void **state)
{
	struct world *w = nat_world(POLICY_SUNWARD, POLICY_NAT_REQUIRED);
	struct info m = take_info(w);

	world_host(w, HOST, 3, true);
	world_pass(w, 600000);
	assert_false(world_has(w, LISP_MAP_REGISTER));
	assert_false(world_has(w, LISP_EXTENSION));
	reply(w, (struct reply){.nonce = m.nonce});
	assert_string_equal(registered(w), GLOBAL " 2001:db8:1::1");
	world_free(w);
}

/* Nobody else's word, and nothing that leads nowhere, is believed; the right answer still is. */
static void what_is_not_an_answer_is_not_believed(void **state)
{
	static const struct {
		struct reply r;
		bool right_nonce;
		enum xtr_counter counter;
	} wrong[] = {
		{{.nonce = 0}, false, XTR_INFO_DROP_NONCE},
		{{.request = true}, true, XTR_INFO_DROP_NONCE},
		{{.key = "another key"}, true, XTR_INFO_DROP_AUTH},
		{{.key_id = 2}, true, XTR_INFO_DROP_AUTH},
		{{.from = "192.0.2.99:4342"}, true, XTR_INFO_DROP_SERVER},
		{{.from = "192.0.2.100:4343"}, true, XTR_INFO_DROP_SERVER},
		{{.port = 65536}, true, XTR_INFO_DROP_ADDRESS},
		{{.global = "224.0.0.1"}, true, XTR_INFO_DROP_ADDRESS},
		{{.global = "255.255.255.255"}, true, XTR_INFO_DROP_ADDRESS},
		{{.global = "0.0.0.0"}, true, XTR_INFO_DROP_ADDRESS},
		{{.global = "127.0.0.1"}, true, XTR_INFO_DROP_ADDRESS},
		{{.global = "2001:db8::5"}, true, XTR_INFO_DROP_ADDRESS},
	};
	struct world *w = nat_world(POLICY_SUNWARD, POLICY_NAT_REQUIRED);
	uint64_t nonce = take_info(w).nonce;

	for (unsigned int i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		uint64_t before = world_counter(w, wrong[i].counter);
		struct reply r = wrong[i].r;

		r.nonce = wrong[i].right_nonce ? nonce : nonce + 1;
		reply(w, r);
		if (world_counter(w, wrong[i].counter) != before + 1)
			fail_msg("reply %u was not dropped for its reason", i);
	}
	assert_int_equal(world_counter(w, XTR_INFO_REPLIES), 0);
	assert_false(world_has(w, LISP_MAP_REGISTER));
	reply(w, (struct reply){.nonce = nonce});
	assert_string_equal(registered(w), GLOBAL " 2001:db8:1::1");
	world_free(w);
}

static void an_answer_counts_once(void **state)
{
	struct world *w = nat_world(POLICY_SUNWARD, POLICY_NAT_AUTO);
	uint64_t nonce = take_info(w).nonce;

	reply(w, (struct reply){.nonce = nonce});
	reply(w, (struct reply){.nonce = nonce, .global = "203.0.113.66"});
	assert_int_equal(world_counter(w, XTR_INFO_REPLIES), 1);
	assert_int_equal(world_counter(w, XTR_INFO_DROP_NONCE), 1);
	assert_string_equal(registered(w), GLOBAL " 2001:db8:1::1");
	world_free(w);
}

static void a_changed_or_cut_answer_is_not_believed(void **state)
{
	struct world *w = nat_world(POLICY_SUNWARD, POLICY_NAT_REQUIRED);
	const struct reply r = {.nonce = take_info(w).nonce, .rtr = "192.0.2.201"};
	uint8_t buf[256];
	size_t len = write_reply(buf, sizeof(buf), &r);

	for (size_t bit = 0; bit < 8 * len; bit++) {
		buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
		world_packet(w, buf, len, SERVER);
		buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t cut = 1; cut < len; cut++)
		world_packet(w, buf, cut, SERVER);
	assert_int_equal(world_counter(w, XTR_INFO_REPLIES), 0);
	assert_false(world_has(w, LISP_MAP_REGISTER));
	world_packet(w, buf, len, SERVER);
	assert_int_equal(world_counter(w, XTR_INFO_REPLIES), 1);
	world_free(w);
}

static void the_pinhole_is_kept_open(void **state)
{
	struct world *w = behind(POLICY_SUNWARD);
	struct mono start = w->now;

	for (unsigned int i = 0; i < 5; i++) {
		struct world_sent *s;

		world_pass(w, 22001); /* 20 s, and at most a tenth more */
		s = world_take(w, LISP_INFO);
		assert_in_range(mono_since_ms(start, s->at), 18000, 22000);
		start = w->now;
		world_forget(w);
		/* The next one is asked for after this one's answer. */
		reply(w, (struct reply){.nonce = lisp_type_of(s->bytes, s->len) == LISP_INFO
							 ? ((uint64_t)s->bytes[4] << 56 |
								   (uint64_t)s->bytes[5] << 48 |
								   (uint64_t)s->bytes[6] << 40 |
								   (uint64_t)s->bytes[7] << 32 |
								   (uint64_t)s->bytes[8] << 24 |
								   (uint64_t)s->bytes[9] << 16 |
								   (uint64_t)s->bytes[10] << 8 |
								   s->bytes[11])
							 : 0});
	}
	assert_int_equal(world_counter(w, XTR_INFO_REPLIES), 6);
	assert_int_equal(world_counter(w, XTR_NAT_CHANGES), 1);
	world_free(w);
}

/* Asked again, and answered with something else. */
static void asked_again(struct world *w, struct reply r)
{
	world_ack_registers(w);
	world_forget(w);
	while (!world_has(w, LISP_INFO)) {
		world_pass(w, 1000);
		world_host(w, HOST, 3, true); /* it lives */
	}
	r.nonce = take_info(w).nonce;
	world_forget(w);
	reply(w, r);
}

static void another_port_draws_a_register_at_once(void **state)
{
	struct world *w = behind(POLICY_SUNWARD);

	world_host(w, HOST, 3, true);
	world_move(
		w, MOVE_GRANTED, world_take_move(w, MOVE_CLAIM).nonce, 1, HOST, "192.0.2.1", true);
	asked_again(w, (struct reply){.port = 20002});
	assert_string_equal(registered(w), GLOBAL " 2001:db8:1::1");
	world_take_move(w, MOVE_REFRESH); /* no claim: the mapping is the same */
	assert_int_equal(world_counter(w, XTR_NAT_CHANGES), 1);
	world_free(w);
}

static void another_address_is_registered_and_claimed_anew(void **state)
{
	struct world *w = behind(POLICY_SUNWARD);

	world_host(w, HOST, 3, true);
	world_move(
		w, MOVE_GRANTED, world_take_move(w, MOVE_CLAIM).nonce, 1, HOST, "192.0.2.1", true);
	asked_again(w, (struct reply){.global = "203.0.113.6"});
	assert_string_equal(registered(w), "203.0.113.6 2001:db8:1::1");
	world_take_move(w, MOVE_CLAIM);
	assert_int_equal(world_counter(w, XTR_NAT_CHANGES), 2);
	world_free(w);
}

/* A burst that the network reorders would be dropped but for its highest nonce, and each repetition
 * of it again. */
static void many_hosts_are_claimed_anew_spread_out(void **state)
{
	struct world *w = nat_world(POLICY_SUNWARD, POLICY_NAT_OFF);
	struct mono start, first = {UINT64_MAX}, last = {0};
	struct address rloc = w->policy.rlocs[0].addr;

	for (unsigned int i = 0; i < 20; i++) {
		char host[32];

		snprintf(host, sizeof(host), "10.1.0.%u/32", i + 1);
		world_host(w, host, 3, true);
		world_move(w, MOVE_GRANTED, world_take_move(w, MOVE_CLAIM).nonce, 1, host,
			"192.0.2.1", true);
	}
	world_forget(w);
	start = w->now;
	router_drain(w->router, &rloc, true, w->now, w->out);
	world_pass(w, 40); /* 2 ms for each */
	assert_int_equal(world_count(w, LISP_EXTENSION), 20);
	for (unsigned int i = 0; i < 20; i++) {
		struct mono at = world_take(w, LISP_EXTENSION)->at;

		first = mono_before(at, first) ? at : first;
		last = mono_before(last, at) ? at : last;
	}
	assert_in_range(mono_since_ms(start, last), 20, 40);
	assert_true(mono_before(first, last));
	world_free(w);
}

static void without_a_nat_nothing_changes(void **state)
{
	struct world *w = nat_world(POLICY_SUNWARD, POLICY_NAT_AUTO);

	reply(w, (struct reply){.nonce = take_info(w).nonce, .global = "192.0.2.1", .port = 4342});
	assert_string_equal(registered(w), "192.0.2.1 2001:db8:1::1");
	world_ack_registers(w);
	world_pass(w, 269000); /* five minutes, less a tenth at most */
	assert_false(world_has(w, LISP_INFO));
	world_pass(w, 62000);
	assert_true(world_has(w, LISP_INFO));
	assert_int_equal(world_counter(w, XTR_NAT_CHANGES), 0);
	world_free(w);
}

/* The reply comes to the inner source's port (RFC 9301 section 5.2), so it is the NAT's; and to one
 * of the ITR-RLOCs, so there is only the one that has this port. */
static void map_requests_name_what_the_nat_shows(void **state)
{
	struct world *w = behind(POLICY_SUNWARD);
	struct map_request m;
	struct wire_fault fault;
	struct world_sent *s;
	struct address rloc;
	struct ecm ecm;

	world_miss(w, "10.9.0.1/32", 1);
	s = world_take(w, LISP_ECM);
	assert_int_equal(ecm_parse(s->bytes, s->len, &ecm, &fault), 0);
	assert_int_equal(ecm.source.port, PORT);
	assert_true(address_equal(&ecm.source.addr,
		&(struct address){.afi = AFI_IPV4, .len = 4, .bytes = {203, 0, 113, 5}}));
	assert_int_equal(map_request_parse(ecm.message, ecm.message_len, &m, &fault), 0);
	assert_int_equal(m.itr_rloc_count, 1);
	assert_true(lisp_field_locator(&m.itr_rlocs[0], &rloc));
	assert_true(address_equal(&rloc, &ecm.source.addr));
	assert_true(address_equal(&s->from, &w->policy.rlocs[0].addr)); /* the kernel's own */
	world_free(w);
}

/* A mapping that leads back to us through the NAT. */
static void nothing_is_encapsulated_to_our_own_translation(void **state)
{
	static const char *const rlocs[] = {GLOBAL, NULL};
	struct world *w = behind(POLICY_SUNWARD);

	world_miss(w, "10.9.0.1/32", 1);
	world_reply(w, world_take_request(w).nonce, "10.9.0.1/32", 10, LISP_ACT_NONE, rlocs);
	for (uint32_t i = 0; i < w->dp.count; i++)
		for (unsigned int k = 0; k < w->dp.entries[i].e.locator_count; k++)
			assert_false(address_equal(&w->dp.entries[i].e.locators[k].rloc,
				&(struct address){
					.afi = AFI_IPV4, .len = 4, .bytes = {203, 0, 113, 5}}));
	world_free(w);
}

static void a_reload_to_off_takes_it_back(void **state)
{
	struct world *w = behind(POLICY_SUNWARD);

	world_ack_registers(w);
	world_forget(w);
	w->policy.nat = POLICY_NAT_OFF;
	assert_int_equal(router_reload(w->router, &w->policy, w->now, w->out), 0);
	world_pass(w, 400000);
	assert_string_equal(registered(w), "192.0.2.1 2001:db8:1::1");
	assert_false(world_has(w, LISP_INFO));
	world_free(w);
}

/* What is known is not forgotten while it is asked anew. */
static void a_reload_without_a_change_names_the_same_locators(void **state)
{
	struct world *w = behind(POLICY_SUNWARD);

	world_ack_registers(w);
	world_forget(w);
	assert_int_equal(router_reload(w->router, &w->policy, w->now, w->out), 0);
	world_pass(w, 2000); /* a repetition, at least */
	assert_string_equal(registered(w), GLOBAL " 2001:db8:1::1");
	take_info(w);
	world_free(w);
}

static bool view_server(const struct router_server_view *v, void *arg)
{
	*(struct router_server_view *)arg = *v;
	return true;
}

static bool view_first(const struct router_rloc_view *v, void *arg)
{
	*(struct router_rloc_view *)arg = *v;
	return false;
}

static void the_views_show_it(void **state)
{
	struct world *w = nat_world(POLICY_SUNWARD, POLICY_NAT_AUTO);
	struct router_server_view v;
	struct router_rloc_view rloc;
	char text[ENDPOINT_TEXT];

	router_each_server(w->router, w->now, view_server, &v);
	assert_int_equal(v.nat.state, ROUTER_NAT_ASKING);
	reply(w, (struct reply){.nonce = take_info(w).nonce, .rtr = "192.0.2.201"});
	router_each_server(w->router, w->now, view_server, &v);
	assert_int_equal(v.nat.state, ROUTER_NAT_BEHIND);
	assert_string_equal(endpoint_format(&v.nat.seen, text, sizeof(text)), GLOBAL ":20001");
	assert_int_equal(v.nat.rtr_count, 1);
	router_each_rloc(w->router, w->now, view_first, &rloc);
	assert_string_equal(address_format(&rloc.translated, text, sizeof(text)), GLOBAL);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(off_asks_nobody),
		cmocka_unit_test(an_info_request_goes_out_byte_for_byte),
		cmocka_unit_test(nothing_is_registered_before_the_answer),
		cmocka_unit_test(the_claim_of_a_host_names_what_the_nat_shows),
		cmocka_unit_test(it_is_repeated_with_doubling_waits),
		cmocka_unit_test(without_an_answer_auto_registers_after_seven_seconds),
		cmocka_unit_test(without_an_answer_required_registers_nothing),
		cmocka_unit_test(what_is_not_an_answer_is_not_believed),
		cmocka_unit_test(an_answer_counts_once),
		cmocka_unit_test(a_changed_or_cut_answer_is_not_believed),
		cmocka_unit_test(the_pinhole_is_kept_open),
		cmocka_unit_test(another_port_draws_a_register_at_once),
		cmocka_unit_test(another_address_is_registered_and_claimed_anew),
		cmocka_unit_test(many_hosts_are_claimed_anew_spread_out),
		cmocka_unit_test(without_a_nat_nothing_changes),
		cmocka_unit_test(map_requests_name_what_the_nat_shows),
		cmocka_unit_test(nothing_is_encapsulated_to_our_own_translation),
		cmocka_unit_test(a_reload_to_off_takes_it_back),
		cmocka_unit_test(a_reload_without_a_change_names_the_same_locators),
		cmocka_unit_test(the_views_show_it),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
