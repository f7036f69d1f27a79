/* The xTR's side of RFC 9437: subscribing, what is published, nonces, and the ways out when the two
 * sides do not agree any more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/xtr_world.h"

static struct world *new_world(void)
{
	struct world *w = world_new(POLICY_SUNWARD);

	w->policy.subscribe = true;
	w->policy.site_id = 7;
	world_start(w);
	world_forget(w);
	return w;
}

static bool encapsulates(struct world *w, const char *eid, const char *rloc)
{
	struct eid e = world_eid(eid);
	struct address want = world_address(rloc);
	struct fake_entry *f = fake_datapath_longest(&w->dp, &e);

	return f && f->e.action == DATAPATH_ENCAP && f->e.locator_count == 1 &&
	       address_equal(&f->e.locators[0].rloc, &want);
}

/* A Map-Notify of the Map-Server at @from with one record: @rloc NULL: none. @key: of the MAC. */
static void notify_from(struct world *w, const char *from, const char *key_text, uint64_t nonce,
	const char *eid, uint32_t ttl_min, enum lisp_act act, const char *rloc)
{
	const struct policy_server *s = &w->policy.servers[0];
	struct lisp_rloc l = {.priority = 1, .weight = 100, .mpriority = 255, .reachable = true};
	struct map_register m = {.type = LISP_MAP_NOTIFY, .nonce = nonce};
	struct auth_key *key = auth_key_new(key_text, strlen(key_text));
	struct eid e = world_eid(eid);
	struct address a;
	struct wire_writer wr;
	uint8_t bytes[512];
	int len;

	wire_writer_init(&wr, bytes, sizeof(bytes));
	map_register_begin(&wr, &m, s->key_id, s->alg, &s->auth);
	lisp_record_write(&wr, &e, ttl_min, rloc ? 1 : 0, act, false, 0);
	if (rloc) {
		a = world_address(rloc);
		lisp_rloc_write(&wr, &l, &a);
	}
	len = map_register_finish(&wr, &m, 1, key, &s->auth);
	auth_key_free(key);
	assert_true(len > 0);
	world_packet(w, bytes, (size_t)len, from);
}

static void notify_by(struct world *w, const char *key_text, uint64_t nonce, const char *eid,
	uint32_t ttl_min, enum lisp_act act, const char *rloc)
{
	notify_from(w, "192.0.2.100", key_text, nonce, eid, ttl_min, act, rloc);
}

static void notify(struct world *w, uint64_t nonce, const char *eid, const char *rloc)
{
	notify_by(w, WORLD_KEY, nonce, eid, 1440, LISP_ACT_NONE, rloc);
}

static void assert_acknowledged(struct world *w, uint64_t nonce)
{
	struct world_sent *s = world_take(w, LISP_MAP_NOTIFY_ACK);
	struct wire_fault fault;
	struct map_register m;

	assert_int_equal(map_register_parse(s->bytes, s->len, &m, &fault), 0);
	assert_true(m.nonce == nonce);
	assert_true(auth_verify(w->key, LISP_MAP_NOTIFY_ACK, &w->policy.servers[0].auth, s->bytes,
		s->len, m.nonce, &m.auth));
	assert_int_equal(s->to.port, 4342);
}

/* A miss for @eid, and the Map-Server's Map-Notify. The nonce of the request. */
static uint64_t subscribe(struct world *w, const char *eid, const char *mapping, const char *rloc)
{
	struct map_request m;

	world_miss(w, eid, 1);
	m = world_take_request(w);
	notify(w, m.nonce, mapping, rloc);
	assert_acknowledged(w, m.nonce);
	assert_true(encapsulates(w, eid, rloc));
	return m.nonce;
}

static void a_request_has_n_and_i_and_the_ids_of_the_xtr(void **state)
{
	/* RFC 9437 figure 1 behind the ECM's 32 bytes: word 0 with I, the record with N, then
	 * xTR-ID and Site-ID. */
	static const uint8_t head[] = {0x10, 0x10, 0x01, 0x01};
	static const uint8_t record[] = {0x80, 32, 0, 1, 10, 9, 0, 5};
	static const uint8_t site_id[] = {0, 0, 0, 0, 0, 0, 0, 7};
	struct world *w = new_world();
	struct world_sent *s;

	world_miss(w, "10.9.0.5/32", 1);
	s = world_take(w, LISP_ECM);
	assert_int_equal(s->len, 32 + 46 + 24);
	assert_memory_equal(s->bytes + 32, head, sizeof(head));
	assert_memory_equal(s->bytes + 32 + 38, record, sizeof(record));
	assert_memory_equal(s->bytes + 32 + 46, w->policy.xtr_id.bytes, 16);
	assert_memory_equal(s->bytes + 32 + 62, site_id, sizeof(site_id));
	assert_int_equal(world_counter(w, XTR_SUBSCRIBES_SENT), 1);
	world_free(w);
}

static void without_the_policy_requests_are_plain(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct map_request m;

	world_start(w);
	world_miss(w, "10.9.0.5/32", 1);
	m = world_take_request(w);
	assert_false(m.has_xtr_id);
	world_free(w);
}

static void the_accepting_map_notify_fills_the_cache_and_is_acknowledged(void **state)
{
	struct world *w = new_world();

	subscribe(w, "10.9.0.5/32", "10.9.0.5/32", "198.51.100.7");
	assert_int_equal(world_counter(w, XTR_SUBSCRIBED), 1);
	world_pass(w, 5000); /* nothing more is asked */
	assert_false(world_has(w, LISP_ECM));
	world_free(w);
}

static void a_publication_is_followed_without_smr_or_map_request(void **state)
{
	struct world *w = new_world();
	uint64_t nonce = subscribe(w, "10.9.0.5/32", "10.9.0.5/32", "198.51.100.7");

	notify(w, nonce + 1, "10.9.0.5/32", "198.51.100.8");
	assert_acknowledged(w, nonce + 1);
	assert_true(encapsulates(w, "10.9.0.5/32", "198.51.100.8"));
	assert_int_equal(world_counter(w, XTR_REQUESTS_SENT), 1);
	assert_int_equal(world_counter(w, XTR_PUBLICATIONS), 1);
	world_free(w);
}

static void a_more_specific_is_taken_by_the_subscription_that_covers_it(void **state)
{
	struct world *w = new_world();
	uint64_t nonce = subscribe(w, "10.9.0.5/32", "10.9.0.0/16", "198.51.100.7");

	notify(w, nonce + 1, "10.9.0.6/32", "198.51.100.8");
	assert_acknowledged(w, nonce + 1);
	assert_true(encapsulates(w, "10.9.0.6/32", "198.51.100.8"));
	assert_true(encapsulates(w, "10.9.0.5/32", "198.51.100.7"));
	world_free(w);
}

static void a_nonce_not_above_the_last_is_dropped_the_last_itself_acknowledged_again(void **state)
{
	struct world *w = new_world();
	uint64_t nonce = subscribe(w, "10.9.0.5/32", "10.9.0.5/32", "198.51.100.7");

	notify(w, nonce + 2, "10.9.0.5/32", "198.51.100.8");
	assert_acknowledged(w, nonce + 2);
	notify(w, nonce + 1, "10.9.0.5/32", "198.51.100.9"); /* RFC 9437 section 6 */
	assert_false(world_has(w, LISP_MAP_NOTIFY_ACK));
	assert_int_equal(world_counter(w, XTR_NOTIFY_DROP_REPLAY), 1);
	notify(w, nonce + 2, "10.9.0.5/32", "198.51.100.9");
	assert_acknowledged(w, nonce + 2);
	assert_int_equal(world_counter(w, XTR_PUBLICATIONS_AGAIN), 1);
	assert_true(encapsulates(w, "10.9.0.5/32", "198.51.100.8"));
	world_free(w);
}

static void a_publication_with_a_wrong_mac_is_dropped(void **state)
{
	struct world *w = new_world();
	uint64_t nonce = subscribe(w, "10.9.0.5/32", "10.9.0.5/32", "198.51.100.7");

	notify_by(w, "another key", nonce + 1, "10.9.0.5/32", 1440, LISP_ACT_NONE, "198.51.100.8");
	assert_false(world_has(w, LISP_MAP_NOTIFY_ACK));
	assert_int_equal(world_counter(w, XTR_NOTIFY_DROP_AUTH), 1);
	assert_true(encapsulates(w, "10.9.0.5/32", "198.51.100.7"));
	world_free(w);
}

static void ttl_0_takes_the_mapping_away_and_the_subscription_goes_on(void **state)
{
	struct world *w = new_world();
	uint64_t nonce = subscribe(w, "10.9.0.5/32", "10.9.0.5/32", "198.51.100.7");

	notify_by(w, WORLD_KEY, nonce + 1, "10.9.0.5/32", 0, LISP_ACT_NONE, NULL);
	assert_acknowledged(w, nonce + 1);
	assert_false(encapsulates(w, "10.9.0.5/32", "198.51.100.7"));
	assert_false(world_has(w, LISP_ECM));
	notify(w, nonce + 2, "10.9.0.5/32", "198.51.100.8");
	assert_acknowledged(w, nonce + 2);
	assert_true(encapsulates(w, "10.9.0.5/32", "198.51.100.8"));
	world_free(w);
}

static void the_next_request_has_the_last_nonce_plus_one(void **state)
{
	struct world *w = new_world();
	uint64_t nonce = subscribe(w, "10.9.0.5/32", "10.9.0.5/32", "198.51.100.7");
	struct map_request m;

	notify_by(w, WORLD_KEY, nonce + 1, "10.9.0.5/32", 0, LISP_ACT_NONE, NULL);
	world_pass(w, 2000);
	world_miss(w, "10.9.0.5/32", 1);
	m = world_take_request(w);
	assert_true(m.nonce == nonce + 2);
	world_free(w);
}

/* spec 11.6: the Map-Server's nonce ran ahead, and it drops our request without a word. */
static void a_request_in_vain_is_repeated_with_a_nonce_above_all_then_without_n(void **state)
{
	struct world *w = new_world();
	uint64_t nonce = subscribe(w, "10.9.0.5/32", "10.9.0.5/32", "198.51.100.7");
	struct map_request m;

	notify_by(w, WORLD_KEY, nonce + 1, "10.9.0.5/32", 0, LISP_ACT_NONE, NULL);
	world_pass(w, 2000);
	world_miss(w, "10.9.0.5/32", 1);
	m = world_take_request(w);
	assert_true(m.nonce == nonce + 2);
	world_pass(w, 1000);
	m = world_take_request(w);
	assert_true(m.has_xtr_id);
	assert_true(m.nonce > nonce + 1000000);
	world_pass(w, 1000);
	m = world_take_request(w);
	assert_false(m.has_xtr_id);
	world_reply(w, m.nonce, "10.9.0.5/32", 10, LISP_ACT_NONE,
		(const char *const[]){"198.51.100.8", NULL});
	assert_true(encapsulates(w, "10.9.0.5/32", "198.51.100.8"));
	world_free(w);
}

static void nonces_after_a_restart_are_above_all_before(void **state)
{
	struct world *w = new_world();
	uint64_t nonce = subscribe(w, "10.9.0.5/32", "10.9.0.5/32", "198.51.100.7");
	struct map_request m;

	world_restart(w);
	world_forget(w);
	world_miss(w, "10.9.0.5/32", 1);
	world_pass(w, 1000);
	world_take_request(w);
	m = world_take_request(w);
	assert_true(m.nonce > nonce);
	world_free(w);
}

static void a_refusal_is_followed_by_a_plain_request_at_once_and_a_minute_without_n(void **state)
{
	struct world *w = new_world();
	struct map_request m;

	world_miss(w, "10.9.0.5/32", 1);
	m = world_take_request(w);
	assert_true(m.has_xtr_id);
	world_reply(
		w, m.nonce, "10.9.0.5/32", 15, LISP_ACT_DROP_POLICY, (const char *const[]){NULL});
	m = world_take_request(w);
	assert_false(m.has_xtr_id);
	world_reply(w, m.nonce, "10.9.0.5/32", 10, LISP_ACT_NONE,
		(const char *const[]){"198.51.100.8", NULL});
	assert_true(encapsulates(w, "10.9.0.5/32", "198.51.100.8"));
	assert_int_equal(world_counter(w, XTR_SUBSCRIBES_REFUSED), 1);
	world_miss(w, "10.9.0.6/32", 1);
	m = world_take_request(w);
	assert_false(m.has_xtr_id);
	world_pass(w, 61000);
	world_forget(w);
	world_miss(w, "10.9.0.7/32", 1);
	m = world_take_request(w);
	assert_true(m.has_xtr_id);
	world_free(w);
}

static void a_plain_answer_to_a_subscription_is_taken(void **state)
{
	struct world *w = new_world();
	struct map_request m;

	world_miss(w, "10.9.0.5/32", 1);
	m = world_take_request(w);
	world_reply(w, m.nonce, "10.9.0.5/32", 10, LISP_ACT_NONE,
		(const char *const[]){"198.51.100.8", NULL});
	assert_true(encapsulates(w, "10.9.0.5/32", "198.51.100.8"));
	world_free(w);
}

static void act_5_in_a_map_notify_ends_the_subscription_and_asks_again(void **state)
{
	struct world *w = new_world();
	uint64_t nonce = subscribe(w, "10.9.0.5/32", "10.9.0.5/32", "198.51.100.7");
	struct map_request m;

	world_pass(w, 2000);
	notify_by(w, WORLD_KEY, nonce + 1, "10.9.0.5/32", 1, LISP_ACT_DROP_AUTH, NULL);
	assert_false(world_has(w, LISP_MAP_NOTIFY_ACK));
	assert_int_equal(world_counter(w, XTR_SUBSCRIPTIONS_ENDED), 1);
	assert_true(encapsulates(w, "10.9.0.5/32", "198.51.100.7")); /* until it is known better */
	m = world_take_request(w);
	assert_true(m.nonce > nonce + 1);
	notify(w, m.nonce, "10.9.0.5/32", "198.51.100.8");
	assert_true(encapsulates(w, "10.9.0.5/32", "198.51.100.8"));
	world_free(w);
}

static void an_expired_mapping_ends_its_subscription_by_itr_rloc_afi_0(void **state)
{
	struct world *w = new_world();
	uint64_t nonce;
	struct map_request m;

	world_miss(w, "10.9.0.5/32", 1);
	nonce = world_take_request(w).nonce;
	notify_by(w, WORLD_KEY, nonce, "10.9.0.5/32", 1, LISP_ACT_NONE, "198.51.100.7");
	world_forget(w);
	world_pass(w, 60000); /* the TTL; not used, so not refreshed */
	m = world_take_request(w);
	assert_true(m.has_xtr_id);
	assert_int_equal(m.itr_rloc_count, 1);
	assert_int_equal(m.itr_rlocs[0].afi, AFI_NONE);
	assert_true(m.nonce > nonce);
	assert_int_equal(world_counter(w, XTR_UNSUBSCRIBES_SENT), 1);
	world_forget(w);
	notify_by(w, WORLD_KEY, m.nonce, "10.9.0.5/32", 0, LISP_ACT_NONE, NULL);
	assert_acknowledged(w, m.nonce); /* the Map-Server waits for that */
	world_forget(w);
	world_pass(w, 10000);
	assert_false(world_has(w, LISP_ECM));
	world_free(w);
}

/* Publications that were lost: the Map-Server's number is above the one that we asked with. */
static void the_end_is_confirmed_under_the_map_servers_number_too(void **state)
{
	struct world *w = new_world();
	uint64_t nonce;

	world_miss(w, "10.9.0.5/32", 1);
	nonce = world_take_request(w).nonce;
	notify_by(w, WORLD_KEY, nonce, "10.9.0.5/32", 1, LISP_ACT_NONE, "198.51.100.7");
	world_forget(w);
	world_pass(w, 60000);
	world_forget(w);
	notify(w, nonce + 4, "10.9.0.5/32", "198.51.100.8"); /* a late publication is none */
	assert_false(world_has(w, LISP_MAP_NOTIFY_ACK));
	notify_by(w, WORLD_KEY, nonce + 5, "10.9.0.5/32", 0, LISP_ACT_DROP_AUTH, NULL);
	assert_acknowledged(w, nonce + 5);
	world_forget(w);
	world_pass(w, 10000);
	assert_false(world_has(w, LISP_ECM));
	world_free(w);
}

/* Somebody has asked for it in our name: the mapping and the subscription stay. */
static void an_end_that_we_did_not_ask_for_is_not_confirmed(void **state)
{
	struct world *w = new_world();
	uint64_t nonce = subscribe(w, "10.9.0.5/32", "10.9.0.5/32", "198.51.100.7");

	world_forget(w);
	notify_by(w, WORLD_KEY, nonce + 1, "10.9.0.5/32", 0, LISP_ACT_DROP_AUTH, NULL);
	assert_false(world_has(w, LISP_MAP_NOTIFY_ACK));
	assert_false(world_has(w, LISP_ECM));
	assert_int_equal(world_counter(w, XTR_NOTIFY_DROP_FOREIGN), 1);
	assert_true(encapsulates(w, "10.9.0.5/32", "198.51.100.7"));
	notify(w, nonce + 1, "10.9.0.5/32", "198.51.100.8");
	assert_acknowledged(w, nonce + 1);
	assert_true(encapsulates(w, "10.9.0.5/32", "198.51.100.8"));
	world_free(w);
}

static void an_unsubscription_without_an_answer_is_repeated_with_greater_nonces(void **state)
{
	struct world *w = new_world();
	uint64_t nonce;

	world_miss(w, "10.9.0.5/32", 1);
	nonce = world_take_request(w).nonce;
	notify_by(w, WORLD_KEY, nonce, "10.9.0.5/32", 1, LISP_ACT_NONE, "198.51.100.7");
	world_forget(w);
	world_pass(w, 70000);
	assert_int_equal(world_count(w, LISP_ECM), 3);
	assert_true(world_take_request(w).nonce == nonce + 1);
	assert_true(world_take_request(w).nonce == nonce + 2);
	assert_true(world_take_request(w).nonce == nonce + 3);
	world_free(w);
}

static void what_a_move_told_a_previous_owner_is_no_publication(void **state)
{
	struct world *w = new_world();
	uint64_t nonce = subscribe(w, "10.1.0.5/32", "10.1.0.0/16", "198.51.100.7");

	world_forget(w);
	notify(w, UINT64_C(0xfedcba9876543210), "10.1.0.6/32", "198.51.100.8");
	assert_int_equal(world_counter(w, XTR_NOTIFY_UNSOLICITED), 1);
	assert_acknowledged(w, UINT64_C(0xfedcba9876543210));
	notify(w, nonce + 1, "10.1.0.6/32", "198.51.100.9");
	assert_int_equal(world_counter(w, XTR_PUBLICATIONS), 1);
	world_free(w);
}

/* Anybody may write a Map-Request with our xTR-ID and address. If the Map-Server accepts it, our
 * acknowledgement would make his nonce the subscription's. */
static void what_somebody_asked_for_in_our_name_is_not_acknowledged(void **state)
{
	struct world *w = new_world();
	uint64_t nonce = subscribe(w, "10.9.0.5/32", "10.9.0.0/16", "198.51.100.7");

	world_forget(w);
	notify(w, UINT64_C(0xfedcba9876543210), "10.9.0.6/32", "198.51.100.8");
	assert_int_equal(world_counter(w, XTR_NOTIFY_DROP_FOREIGN), 1);
	assert_false(world_has(w, LISP_MAP_NOTIFY_ACK));
	notify(w, nonce + 1, "10.9.0.6/32", "198.51.100.9");
	assert_int_equal(world_counter(w, XTR_PUBLICATIONS), 1);
	assert_true(encapsulates(w, "10.9.0.6/32", "198.51.100.9"));
	world_free(w);
}

static void a_publication_that_overtakes_the_acceptance_comes_again(void **state)
{
	struct world *w = new_world();
	struct map_request m;

	world_miss(w, "10.9.0.5/32", 1);
	m = world_take_request(w);
	notify(w, m.nonce + 1, "10.9.0.5/32", "198.51.100.8");
	assert_false(world_has(w, LISP_MAP_NOTIFY_ACK));
	notify(w, m.nonce, "10.9.0.5/32", "198.51.100.7");
	assert_acknowledged(w, m.nonce);
	notify(w, m.nonce + 1, "10.9.0.5/32", "198.51.100.8");
	assert_acknowledged(w, m.nonce + 1);
	assert_true(encapsulates(w, "10.9.0.5/32", "198.51.100.8"));
	world_free(w);
}

/* Two Map-Servers whose numbers for one EID are close together: what one says under the number that
 * the other used last is no repetition. */
static void each_map_server_counts_for_itself(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	uint64_t nonce;

	w->policy.subscribe = true;
	w->policy.servers[1] = w->policy.servers[0];
	w->policy.servers[1].at = world_endpoint("192.0.2.101");
	w->policy.server_count = 2;
	world_start(w);
	world_forget(w);
	nonce = subscribe(w, "10.9.0.5/32", "10.9.0.5/32", "198.51.100.7");
	notify_from(w, "192.0.2.101", WORLD_KEY, nonce, "10.9.0.5/32", 1440, LISP_ACT_NONE,
		"198.51.100.8");
	notify_from(w, "192.0.2.101", WORLD_KEY, nonce + 1, "10.9.0.5/32", 1440, LISP_ACT_NONE,
		"198.51.100.8");
	assert_false(world_has(w, LISP_MAP_NOTIFY_ACK)); /* so that it ends there */
	assert_true(encapsulates(w, "10.9.0.5/32", "198.51.100.7"));
	notify(w, nonce + 1, "10.9.0.5/32", "198.51.100.9");
	assert_acknowledged(w, nonce + 1);
	assert_true(encapsulates(w, "10.9.0.5/32", "198.51.100.9"));
	world_free(w);
}

/* The Map-Server began anew, and a late publication of its was taken for its acceptance. */
static void the_last_nonce_with_other_contents_is_asked_about(void **state)
{
	struct world *w = new_world();
	uint64_t nonce = subscribe(w, "10.9.0.5/32", "10.9.0.5/32", "198.51.100.7");
	struct map_request m;

	world_pass(w, 5000);
	world_forget(w);
	notify(w, nonce, "10.9.0.5/32", "198.51.100.7");
	assert_acknowledged(w, nonce);
	assert_false(world_has(w, LISP_ECM));
	notify(w, nonce, "10.9.0.5/32", "198.51.100.8");
	assert_acknowledged(w, nonce);
	m = world_take_request(w);
	assert_true(m.nonce == nonce + 1);
	world_free(w);
}

/* A wider subscription at one, a narrower at the other. */
static void a_publication_is_taken_by_its_own_map_servers_subscription(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct map_request m;
	uint64_t nonce;

	w->policy.subscribe = true;
	w->policy.servers[1] = w->policy.servers[0];
	w->policy.servers[1].at = world_endpoint("192.0.2.101");
	w->policy.server_count = 2;
	world_start(w);
	world_forget(w);
	nonce = subscribe(w, "10.9.0.5/32", "10.9.0.0/24", "198.51.100.7");
	world_miss(w, "10.9.1.5/32", 1);
	m = world_take_request(w);
	notify_from(w, "192.0.2.101", WORLD_KEY, m.nonce, "10.9.0.0/16", 1440, LISP_ACT_NONE,
		"198.51.100.7");
	assert_acknowledged(w, m.nonce);
	notify_from(w, "192.0.2.101", WORLD_KEY, m.nonce + 1, "10.9.0.6/32", 1440, LISP_ACT_NONE,
		"198.51.100.8");
	assert_acknowledged(w, m.nonce + 1);
	assert_true(encapsulates(w, "10.9.0.6/32", "198.51.100.8"));
	notify(w, nonce + 1, "10.9.0.6/32", "198.51.100.9");
	assert_acknowledged(w, nonce + 1);
	assert_true(encapsulates(w, "10.9.0.6/32", "198.51.100.9"));
	world_free(w);
}

static void a_publication_about_a_host_that_is_here_changes_nothing(void **state)
{
	struct world *w = new_world();
	uint64_t nonce = subscribe(w, "10.1.0.5/32", "10.1.0.0/16", "198.51.100.7");

	world_host(w, "10.1.0.9/32", 3, true);
	world_forget(w);
	notify(w, nonce + 1, "10.1.0.9/32", "198.51.100.8");
	assert_acknowledged(w, nonce + 1);
	assert_false(encapsulates(w, "10.1.0.9/32", "198.51.100.8"));
	assert_int_equal(world_counter(w, XTR_PUBLICATIONS), 0);
	world_free(w);
}

/* Its state and its clock are lost, so the Map-Server drops its requests as replays, and says where
 * its own nonces are. */
static void an_xtr_that_forgot_its_nonces_takes_the_map_servers_word(void **state)
{
	struct world *w = new_world();
	struct map_request m;
	uint64_t there;

	world_miss(w, "10.9.0.5/32", 1);
	there = world_take_request(w).nonce + (UINT64_C(1) << 40);
	notify(w, there, "10.9.0.5/32", "198.51.100.7");
	assert_false(world_has(w, LISP_MAP_NOTIFY_ACK));
	m = world_take_request(w);
	assert_true(m.nonce == there + 1);
	notify(w, m.nonce, "10.9.0.5/32", "198.51.100.8");
	assert_acknowledged(w, m.nonce);
	assert_true(encapsulates(w, "10.9.0.5/32", "198.51.100.8"));
	world_free(w);
}

static void an_old_word_of_the_map_server_is_asked_about_and_not_believed(void **state)
{
	struct world *w = new_world();
	uint64_t nonce;

	world_miss(w, "10.9.0.5/32", 1);
	nonce = world_take_request(w).nonce;
	notify_by(w, "another key", nonce + (UINT64_C(1) << 40), "10.9.0.5/32", 1440, LISP_ACT_NONE,
		"198.51.100.6");
	assert_false(world_has(w, LISP_ECM));
	for (unsigned int i = 0; i < 5; i++) /* captured once: one request more, not five */
		notify(w, nonce + (UINT64_C(1) << 40), "10.9.0.5/32", "198.51.100.6");
	assert_int_equal(world_count(w, LISP_ECM), 1);
	assert_false(encapsulates(w, "10.9.0.5/32", "198.51.100.6"));
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_has_n_and_i_and_the_ids_of_the_xtr),
		cmocka_unit_test(without_the_policy_requests_are_plain),
		cmocka_unit_test(the_accepting_map_notify_fills_the_cache_and_is_acknowledged),
		cmocka_unit_test(a_publication_is_followed_without_smr_or_map_request),
		cmocka_unit_test(a_more_specific_is_taken_by_the_subscription_that_covers_it),
		cmocka_unit_test(
			a_nonce_not_above_the_last_is_dropped_the_last_itself_acknowledged_again),
		cmocka_unit_test(a_publication_with_a_wrong_mac_is_dropped),
		cmocka_unit_test(ttl_0_takes_the_mapping_away_and_the_subscription_goes_on),
		cmocka_unit_test(the_next_request_has_the_last_nonce_plus_one),
		cmocka_unit_test(
			a_request_in_vain_is_repeated_with_a_nonce_above_all_then_without_n),
		cmocka_unit_test(nonces_after_a_restart_are_above_all_before),
		cmocka_unit_test(
			a_refusal_is_followed_by_a_plain_request_at_once_and_a_minute_without_n),
		cmocka_unit_test(a_plain_answer_to_a_subscription_is_taken),
		cmocka_unit_test(act_5_in_a_map_notify_ends_the_subscription_and_asks_again),
		cmocka_unit_test(an_expired_mapping_ends_its_subscription_by_itr_rloc_afi_0),
		cmocka_unit_test(the_end_is_confirmed_under_the_map_servers_number_too),
		cmocka_unit_test(an_end_that_we_did_not_ask_for_is_not_confirmed),
		cmocka_unit_test(
			an_unsubscription_without_an_answer_is_repeated_with_greater_nonces),
		cmocka_unit_test(what_a_move_told_a_previous_owner_is_no_publication),
		cmocka_unit_test(what_somebody_asked_for_in_our_name_is_not_acknowledged),
		cmocka_unit_test(an_xtr_that_forgot_its_nonces_takes_the_map_servers_word),
		cmocka_unit_test(an_old_word_of_the_map_server_is_asked_about_and_not_believed),
		cmocka_unit_test(a_publication_that_overtakes_the_acceptance_comes_again),
		cmocka_unit_test(the_last_nonce_with_other_contents_is_asked_about),
		cmocka_unit_test(each_map_server_counts_for_itself),
		cmocka_unit_test(a_publication_is_taken_by_its_own_map_servers_subscription),
		cmocka_unit_test(a_publication_about_a_host_that_is_here_changes_nothing),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
