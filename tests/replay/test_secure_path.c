/* LISP-SEC from end to end (RFC 9303 section 5): an ITR, a Map-Resolver, a Map-Server and an ETR,
 * the real cores of all four, in one virtual time, with three keys that know nothing of each other;
 * and somebody on the way between the ETR and the ITR. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lisp/ecm.h"
#include "lisp/lispsec.h"
#include "tests/replay/world.h"
#include "tests/unit/fake_datapath.h"
#include "xtr/router.h"

#define ITR      "203.0.113.9"
#define ETR      "198.51.100.1"
#define RESOLVER "192.0.2.53" /* a world's own address */
#define SERVER   "192.0.2.66" /* the same, as the others see it */

#define ITR_SECRET "of the ITR and the resolver"
#define MS_SECRET  "of the resolver and the map-server"
#define ETR_SECRET "of the map-server and the ETR"

struct xtr_party {
	struct policy policy;
	struct router *router;
	struct fake_datapath dp;
	struct router_ops ops;
	struct random_seeded random;
	struct outbox *out;
};

struct path {
	struct world *resolver, *server;
	struct xtr_party itr, etr;
	struct mono now;
	/* Whoever sits before the ITR: may change a Map-Reply of @len bytes, or send others first.
	 */
	void (*on_reply)(struct path *p, uint8_t *bytes, size_t len, const struct endpoint *from);
	unsigned int replies;
};

static void probe_host(
	struct router_ops *ops, int ifindex, const struct eid *host, const uint8_t *mac)
{
}

static struct world *new_server(struct forward_table *forward, const char *site)
{
	struct site_table *t = world_sites();

	if (site)
		world_site(t, site, "10.0.0.0/8", true);
	return world_new(t, forward, NULL);
}

static void add_peer(struct world *w, const char *prefix, uint8_t id, const char *secret)
{
	struct secure_peer peer = {0};
	struct eid e = world_eid(prefix);

	if (!w->server->peers)
		w->server->peers = secure_peers_new((const uint8_t *)"0123456789abcdef");
	assert_int_equal(otk_keys_add(&peer.keys, id, secret, strlen(secret)), 0);
	assert_int_equal(secure_peers_add(w->server->peers, &e, &peer), 0);
}

static void init_xtr(struct xtr_party *x, const char *rloc, enum policy_security_mode mode)
{
	policy_init(&x->policy);
	x->policy.timers.probe_ms = 0;
	x->policy.rlocs[0] = (struct lisp_locator){
		.addr = world_address(rloc), .priority = 1, .weight = 100, .mpriority = 255};
	x->policy.rloc_count = 1;
	x->policy.resolvers[0] = world_endpoint(RESOLVER);
	x->policy.resolver_count = 1;
	x->policy.security.mode = mode;
	assert_int_equal(
		otk_keys_add(&x->policy.security.keys, 7, ITR_SECRET, strlen(ITR_SECRET)), 0);
	fake_datapath_init(&x->dp);
	x->ops.probe_host = probe_host;
	random_seeded_init(&x->random, rloc[0]);
	x->out = outbox_new(256, 1 << 18);
	assert_non_null(x->out);
}

static void start_xtr(struct path *p, struct xtr_party *x)
{
	x->router = router_new(&x->policy, &x->dp.dp, &x->ops, &x->random.random, NULL, 1, p->now);
	assert_non_null(x->router);
	router_start(x->router, p->now, x->out);
}

static void to_itr(struct path *p, const uint8_t *bytes, size_t len, const struct endpoint *from)
{
	const struct address to = world_address(ITR);
	uint8_t copy[1500];

	assert_true(len <= sizeof(copy));
	memcpy(copy, bytes, len);
	if (lisp_type_of(copy, len) == LISP_MAP_REPLY && p->replies++ == 0 && p->on_reply)
		p->on_reply(p, copy, len, from);
	router_packet(p->itr.router, copy, len, from, &to, p->now, p->itr.out);
}

static void deliver(
	struct path *p, const char *source, const struct outbox_datagram *d, const uint8_t *bytes)
{
	const struct endpoint from = world_endpoint(source);
	char to[ADDRESS_TEXT];

	address_format(&d->to.addr, to, sizeof(to));
	if (!strcmp(to, RESOLVER))
		world_receive(p->resolver, source, bytes, d->len);
	else if (!strcmp(to, SERVER))
		world_receive(p->server, source, bytes, d->len);
	else if (!strcmp(to, ITR))
		to_itr(p, bytes, d->len, &from);
	else if (!strcmp(to, ETR))
		router_packet(p->etr.router, bytes, d->len, &from, &d->to.addr, p->now, p->etr.out);
	else
		fail_msg("a datagram to %s, which is nobody's", to);
}

/* What @out holds goes where it wants to. True: there was something. */
static bool drain(struct path *p, const char *source, struct outbox *out)
{
	struct outbox_datagram list[64];
	uint8_t bytes[1 << 16];
	uint32_t count = out->count, used = out->bytes_used;

	assert_true(count <= 64 && used <= sizeof(bytes));
	memcpy(list, out->list, count * sizeof(list[0]));
	memcpy(bytes, out->bytes, used);
	outbox_clear(out);
	for (uint32_t i = 0; i < count; i++)
		deliver(p, source, &list[i], bytes + list[i].offset);
	return count > 0;
}

static void settle(struct path *p)
{
	for (int i = 0; i < 100; i++) {
		bool any = drain(p, ITR ":4342", p->itr.out);

		any |= drain(p, RESOLVER ":4342", p->resolver->out);
		any |= drain(p, SERVER ":4342", p->server->out);
		any |= drain(p, ETR ":4342", p->etr.out);
		if (!any)
			return;
	}
	fail_msg("the datagrams have no end");
}

static void pass(struct path *p, uint64_t ms)
{
	p->now = mono_add_ms(p->now, ms);
	world_pass(p->resolver, ms);
	world_pass(p->server, ms);
	router_timer(p->itr.router, p->now, p->itr.out);
	router_timer(p->etr.router, p->now, p->etr.out);
	settle(p);
}

/* @itr, @etr: whether they speak LISP-SEC. @proxy: the Map-Server answers for the ETR. */
static struct path *new_path(
	enum policy_security_mode itr, enum policy_security_mode etr, bool proxy)
{
	struct forward_table *f = forward_table_new((const uint8_t *)"0123456789abcdef");
	struct endpoint server = world_endpoint(SERVER);
	struct eid ten = world_eid("10.0.0.0/8"), site = world_eid("10.2.0.0/16");
	struct path *p = calloc(1, sizeof(*p));
	struct policy_server *ms;

	assert_int_equal(forward_table_add(f, &ten, &server), 0);
	p->resolver = new_server(f, NULL);
	p->server = new_server(NULL, "a");
	p->now = p->server->now;
	add_peer(p->resolver, "203.0.113.0/24", 7, ITR_SECRET);
	add_peer(p->resolver, SERVER "/32", 3, MS_SECRET);
	add_peer(p->server, RESOLVER "/32", 3, MS_SECRET);
	init_xtr(&p->itr, ITR, itr);
	assert_int_equal(policy_add_space(&p->itr.policy, &ten), 0);
	init_xtr(&p->etr, ETR, etr);
	assert_int_equal(policy_add_eid(&p->etr.policy, &site), 0);
	ms = &p->etr.policy.servers[p->etr.policy.server_count++];
	*ms = (struct policy_server){.at = server,
		.protocol = POLICY_STANDARD,
		.key_id = 1,
		.alg = AUTH_HMAC_SHA256_128,
		.key_len = strlen("secret-a"),
		.proxy_reply = proxy};
	memcpy(ms->key, "secret-a", ms->key_len);
	assert_int_equal(otk_keys_add(&ms->otk_keys, 9, ETR_SECRET, strlen(ETR_SECRET)), 0);
	assert_int_equal(otk_keys_add(&site_table_named(p->server->server->sites, "a")->otk_keys, 9,
				 ETR_SECRET, strlen(ETR_SECRET)),
		0);
	start_xtr(p, &p->itr);
	start_xtr(p, &p->etr);
	settle(p);
	assert_int_equal(world_count(p->server, COUNT_REGISTERED), 1);
	return p;
}

static void free_xtr(struct xtr_party *x)
{
	router_free(x->router);
	policy_fini(&x->policy);
	outbox_free(x->out);
}

static void free_path(struct path *p)
{
	free_xtr(&p->itr);
	free_xtr(&p->etr);
	world_free(p->resolver);
	world_free(p->server);
	free(p);
}

static void miss(struct path *p, const char *eid)
{
	struct datapath_event e = {.type = DATAPATH_MISS, .eid = world_eid(eid)};
	uint32_t packet[16] = {1};

	e.packet = packet;
	e.packet_len = sizeof(packet);
	router_datapath_event(p->itr.router, &e, p->now, p->itr.out);
	settle(p);
}

/* Where the ITR sends packets for @eid; "-": nowhere. */
static const char *sends_to(struct path *p, const char *eid)
{
	static char text[ADDRESS_TEXT];
	struct eid e = world_eid(eid);
	struct fake_entry *f = fake_datapath_longest(&p->itr.dp, &e);

	if (!f || f->e.action != DATAPATH_ENCAP)
		return "-";
	return address_format(&f->e.locators[0].rloc, text, sizeof(text));
}

static uint64_t counted(const struct xtr_party *x, enum xtr_counter c)
{
	return router_counters(x->router)[c];
}

static void an_etr_signs_and_the_itr_believes(void **state)
{
	struct path *p = new_path(POLICY_SECURITY_REQUIRED, POLICY_SECURITY_ON, false);

	miss(p, "10.2.3.4/32");
	assert_string_equal(sends_to(p, "10.2.3.4/32"), ETR);
	assert_int_equal(world_count(p->resolver, COUNT_FORWARDED_SERVER), 1);
	assert_int_equal(world_count(p->server, COUNT_FORWARDED_ETR), 1);
	assert_int_equal(counted(&p->etr, XTR_PROTECTED_REPLIES_SENT), 1);
	assert_int_equal(counted(&p->itr, XTR_PROTECTED_RECEIVED), 1);
	free_path(p);
}

static void a_map_server_answers_for_its_etr_and_the_itr_believes(void **state)
{
	struct path *p = new_path(POLICY_SECURITY_REQUIRED, POLICY_SECURITY_ON, true);

	miss(p, "10.2.3.4/32");
	assert_string_equal(sends_to(p, "10.2.3.4/32"), ETR);
	assert_int_equal(world_count(p->server, COUNT_PROTECTED_REPLIES), 1);
	assert_int_equal(counted(&p->itr, XTR_PROTECTED_RECEIVED), 1);
	free_path(p);
}

static void that_an_eid_is_unknown_is_believed_too(void **state)
{
	struct path *p = new_path(POLICY_SECURITY_REQUIRED, POLICY_SECURITY_ON, true);

	miss(p, "10.7.0.1/32");
	assert_string_equal(sends_to(p, "10.7.0.1/32"), "-");
	assert_int_equal(counted(&p->itr, XTR_PROTECTED_RECEIVED), 1);
	assert_int_equal(counted(&p->itr, XTR_CACHE_INSTALLED), 1);
	free_path(p);
}

static void where_an_etr_cannot_sign_the_itr_asks_in_clear_if_it_may(void **state)
{
	struct path *p = new_path(POLICY_SECURITY_ON, POLICY_SECURITY_OFF, false);

	miss(p, "10.2.3.4/32");
	assert_string_equal(sends_to(p, "10.2.3.4/32"), ETR);
	assert_int_equal(counted(&p->itr, XTR_DOWNGRADED), 1);
	assert_int_equal(world_count(p->server, COUNT_PROTECTED_UNSIGNED), 1);
	free_path(p);
	p = new_path(POLICY_SECURITY_REQUIRED, POLICY_SECURITY_OFF, false);
	miss(p, "10.2.3.4/32");
	pass(p, 1000);
	assert_string_equal(sends_to(p, "10.2.3.4/32"), "-");
	assert_int_equal(counted(&p->itr, XTR_DOWNGRADED), 0);
	free_path(p);
}

/* ---- somebody on the way ---- */

/* Another locator in a copy of the true reply; then the true one arrives. */
static void poison_first(struct path *p, uint8_t *bytes, size_t len, const struct endpoint *from)
{
	const struct address to = world_address(ITR);
	struct wire_fault fault;
	struct map_reply m;
	struct lisp_record rec;
	uint8_t copy[1500];
	size_t at;

	assert_int_equal(map_reply_parse(bytes, len, &m, &fault), 0);
	assert_true(lisp_records_next(&m.records, &rec));
	at = (size_t)(rec.locators_raw - bytes) + rec.locators_raw_len - 4;
	memcpy(copy, bytes, len);
	memcpy(copy + at, "\xcb\x00\x71\x42", 4); /* 203.0.113.66 */
	router_packet(p->itr.router, copy, len, from, &to, p->now, p->itr.out);
}

/* Without the authentication data: as an ITR without LISP-SEC would believe it. */
static void strip_and_poison_first(
	struct path *p, uint8_t *bytes, size_t len, const struct endpoint *from)
{
	const struct lisp_rloc rloc = {.priority = 1, .weight = 100, .reachable = true};
	const struct address to = world_address(ITR), evil = world_address("203.0.113.66");
	struct eid eid = world_eid("10.2.3.4/32");
	struct wire_fault fault;
	struct wire_writer w;
	struct map_reply m;
	uint8_t forged[200];

	assert_int_equal(map_reply_parse(bytes, len, &m, &fault), 0);
	wire_writer_init(&w, forged, sizeof(forged));
	map_reply_begin(&w, false, m.nonce);
	lisp_record_write(&w, &eid, 1440, 1, LISP_ACT_NONE, true, 0);
	lisp_rloc_write(&w, &rloc, &evil);
	map_reply_finish(&w, 1);
	router_packet(p->itr.router, forged, w.pos, from, &to, p->now, p->itr.out);
}

static void forged_replies_are_refused_and_the_true_one_is_taken(void **state)
{
	struct path *p = new_path(POLICY_SECURITY_ON, POLICY_SECURITY_ON, false);

	p->on_reply = poison_first;
	miss(p, "10.2.3.4/32");
	assert_int_equal(counted(&p->itr, XTR_REPLY_DROP_PKT_HMAC), 1);
	assert_string_equal(sends_to(p, "10.2.3.4/32"), ETR);
	free_path(p);
	p = new_path(POLICY_SECURITY_ON, POLICY_SECURITY_ON, false);
	p->on_reply = strip_and_poison_first;
	miss(p, "10.2.3.4/32");
	assert_int_equal(counted(&p->itr, XTR_REPLY_DROP_UNPROTECTED), 1);
	assert_string_equal(sends_to(p, "10.2.3.4/32"), ETR);
	free_path(p);
}

static void the_same_forgery_is_believed_without_lisp_sec(void **state)
{
	struct path *p = new_path(POLICY_SECURITY_OFF, POLICY_SECURITY_OFF, false);

	p->on_reply = strip_and_poison_first;
	miss(p, "10.2.3.4/32");
	assert_string_equal(sends_to(p, "10.2.3.4/32"), "203.0.113.66");
	free_path(p);
}

/* The ETR itself is bad: it has the MS-OTK, and claims what is not its own. */
static void an_over_claim_that_the_etr_has_signed_is_refused(void **state)
{
	struct path *p = new_path(POLICY_SECURITY_ON, POLICY_SECURITY_ON, false);
	struct eid more = world_eid("10.0.0.0/9");
	struct router *honest = p->etr.router;

	/* Registered is 10.2.0.0/16; what the ETR now holds for its own is more. */
	p->etr.policy.eid_count = 0;
	assert_int_equal(policy_add_eid(&p->etr.policy, &more), 0);
	p->etr.policy.servers[0].at = world_endpoint("192.0.2.67"); /* does not register it */
	p->etr.router = router_new(&p->etr.policy, &p->etr.dp.dp, &p->etr.ops,
		&p->etr.random.random, NULL, 1000, p->now);
	router_start(p->etr.router, p->now, p->etr.out);
	outbox_clear(p->etr.out);
	router_free(honest);
	miss(p, "10.2.3.4/32");
	assert_int_equal(counted(&p->etr, XTR_PROTECTED_REPLIES_SENT), 1);
	assert_int_equal(counted(&p->itr, XTR_REPLY_DROP_OVERCLAIM), 1);
	assert_string_equal(sends_to(p, "10.2.3.4/32"), "-");
	assert_string_equal(sends_to(p, "10.99.0.1/32"), "-");
	free_path(p);
}

/* A reply to an earlier question does not answer a later one. */
static uint8_t kept[1500];
static size_t kept_len;

static void keep(struct path *p, uint8_t *bytes, size_t len, const struct endpoint *from)
{
	memcpy(kept, bytes, len);
	kept_len = len;
}

static void a_captured_reply_is_of_no_use_later(void **state)
{
	struct path *p = new_path(POLICY_SECURITY_ON, POLICY_SECURITY_ON, false);
	const struct endpoint from = world_endpoint(ETR ":4342");

	p->on_reply = keep;
	miss(p, "10.2.3.4/32");
	p->on_reply = NULL;
	assert_true(kept_len > 0);
	to_itr(p, kept, kept_len, &from);
	assert_int_equal(counted(&p->itr, XTR_REPLY_DROP_NONCE), 1);
	free_path(p);
}

static void keys_are_rotated_without_a_gap(void **state)
{
	struct path *p = new_path(POLICY_SECURITY_REQUIRED, POLICY_SECURITY_ON, false);
	struct otk_keys *site = &site_table_named(p->server->server->sites, "a")->otk_keys;
	struct otk_keys *etr = &p->etr.policy.servers[0].otk_keys;

	/* The ETR takes both, then the Map-Server wraps with the new one. */
	assert_int_equal(otk_keys_add(etr, 10, "the next", 8), 0);
	assert_int_equal(router_reload(p->etr.router, &p->etr.policy, p->now, p->etr.out), 0);
	settle(p);
	miss(p, "10.2.3.4/32");
	assert_string_equal(sends_to(p, "10.2.3.4/32"), ETR);
	*site = (struct otk_keys){0};
	assert_int_equal(otk_keys_add(site, 10, "the next", 8), 0);
	assert_int_equal(router_cache_clear(p->itr.router,
				 &(struct eid){.addr = world_address("10.2.0.0"), .plen = 16},
				 p->now, p->itr.out),
		0);
	pass(p, 2000);
	miss(p, "10.2.9.9/32");
	assert_string_equal(sends_to(p, "10.2.9.9/32"), ETR);
	assert_int_equal(counted(&p->itr, XTR_PROTECTED_RECEIVED), 2);
	free_path(p);
}

/* ---- RFC 9437 section 7.1: a pure ITR, which shares no key with the Map-Server ---- */

static struct path *subscribing_path(void)
{
	struct path *p = new_path(POLICY_SECURITY_REQUIRED, POLICY_SECURITY_ON, true);
	struct site *site = site_new("itrs", 2);
	struct eid rlocs = world_eid("203.0.113.0/24");
	const struct site *holder;

	site->subscribe = true;
	assert_int_equal(site_add_subscriber(site, &p->itr.policy.xtr_id), 0);
	assert_int_equal(site_add_itr_rloc(site, &rlocs), 0);
	assert_int_equal(site_table_add(p->server->server->sites, site, &holder), 0);
	p->itr.policy.subscribe = true;
	assert_int_equal(router_reload(p->itr.router, &p->itr.policy, p->now, p->itr.out), 0);
	settle(p);
	return p;
}

static void at(struct path *p, const char *locator)
{
	world_register(p->server, (struct world_register){.eids = {"10.3.0.1/32"},
					  .locators = {locator},
					  .xtr = 5,
					  .no_notify = true});
	settle(p);
}

static void a_pure_itr_subscribes_through_a_resolver_and_follows_unasked(void **state)
{
	struct path *p = subscribing_path();
	uint64_t asked;

	at(p, "198.51.100.7");
	miss(p, "10.3.0.1/32");
	assert_string_equal(sends_to(p, "10.3.0.1/32"), "198.51.100.7");
	assert_int_equal(counted(&p->itr, XTR_SUBSCRIBED), 1);
	assert_int_equal(world_count(p->server, COUNT_PUBLISH_ACKS), 1);
	asked = counted(&p->itr, XTR_REQUESTS_SENT);
	at(p, "198.51.100.8");
	assert_string_equal(sends_to(p, "10.3.0.1/32"), "198.51.100.8");
	at(p, "198.51.100.9");
	assert_string_equal(sends_to(p, "10.3.0.1/32"), "198.51.100.9");
	assert_int_equal(world_count(p->server, COUNT_PUBLISH_ACKS), 3);
	assert_int_equal(counted(&p->itr, XTR_REQUESTS_SENT), asked);
	assert_int_equal(counted(&p->itr, XTR_SMRS_RECEIVED), 0);
	free_path(p);
}

/* Its mapping leaves the map-cache for want of use: the subscription is ended, by a request with a
 * key of its own. */
static void a_pure_itr_ends_its_subscription_under_a_new_key(void **state)
{
	struct path *p = subscribing_path();

	world_register(p->server, (struct world_register){.eids = {"10.3.0.1/32"},
					  .locators = {"198.51.100.7"},
					  .xtr = 5,
					  .ttl_min = 1,
					  .no_notify = true});
	settle(p);
	miss(p, "10.3.0.1/32");
	assert_int_equal(subscriptions_count(p->server->server->subscriptions), 1);
	for (int i = 0; i < 70; i++)
		pass(p, 1000);
	assert_int_equal(world_count(p->server, COUNT_UNSUBSCRIBED), 1);
	assert_int_equal(counted(&p->itr, XTR_UNSUBSCRIBES_SENT), 1); /* confirmed at once */
	assert_int_equal(subscriptions_count(p->server->server->subscriptions), 0);
	free_path(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_etr_signs_and_the_itr_believes),                     /* 5 */
		cmocka_unit_test(a_map_server_answers_for_its_etr_and_the_itr_believes), /* 6.7.2 */
		cmocka_unit_test(that_an_eid_is_unknown_is_believed_too),                /* 6.7 */
		cmocka_unit_test(
			where_an_etr_cannot_sign_the_itr_asks_in_clear_if_it_may), /* 6.7 rule 3 */
		cmocka_unit_test(forged_replies_are_refused_and_the_true_one_is_taken), /* 6.9 */
		cmocka_unit_test(the_same_forgery_is_believed_without_lisp_sec),
		cmocka_unit_test(an_over_claim_that_the_etr_has_signed_is_refused), /* 6.9.1 */
		cmocka_unit_test(a_captured_reply_is_of_no_use_later),              /* 7.6 */
		cmocka_unit_test(keys_are_rotated_without_a_gap),                   /* 6.1 */
		cmocka_unit_test(a_pure_itr_subscribes_through_a_resolver_and_follows_unasked),
		cmocka_unit_test(a_pure_itr_ends_its_subscription_under_a_new_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
