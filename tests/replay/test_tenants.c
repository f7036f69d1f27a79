/* Instance-IDs as tenants (RFC 8060 section 4.1) against the core: two tenants have the same EIDs,
 * each in its instance, and every type of message is tried across. What tenant "b" has is looked at
 * whole before and after: nothing of it may have moved. The comments name sections of RFC 9301
 * where no other RFC is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lisp/ecm.h"
#include "mapserver/subscribe.h"
#include "tests/replay/tenant_world.h"

#define ITR      "203.0.113.9:40000"
#define XTR_A    "198.51.100.1:4342"
#define XTR_B    "198.51.100.2:4342"
#define RLOC_A   "192.0.2.1"
#define RLOC_B   "192.0.2.2"
#define NONCE    UINT64_C(0x1122334455667788) /* world_request's */
#define REG(...) ((struct world_register){__VA_ARGS__})

static const char *const hosts[] = {
	"10.1.0.5", "2001:db8:1::5", "52:54:00:00:00:05", "\"vm-5\"", "(192.0.2.9,232.1.1.1)"};
#define HOSTS (sizeof(hosts) / sizeof(hosts[0]))

static const char *in(const char *instance, const char *eid)
{
	static char text[4][EID_TEXT];
	static unsigned int turn;
	char *t = text[turn++ % 4];

	snprintf(t, sizeof(text[0]), "%s%s", instance, eid);
	return t;
}

static struct world_register of_a(const char *eid)
{
	return REG(.site = "a", .peer = XTR_A, .xtr = 1, .eids = {eid}, .locators = {RLOC_A});
}

static struct world_register of_b(const char *eid)
{
	return REG(.site = "b", .peer = XTR_B, .xtr = 1, .eids = {eid}, .locators = {RLOC_B});
}

/* Both tenants have the same hosts, at their xTRs, which have the same xTR-ID and Site-ID. */
static struct world *both(void)
{
	struct world *w = tenant_world(NULL);

	for (size_t i = 0; i < HOSTS; i++) {
		world_register(w, of_a(in(A, hosts[i])));
		world_register(w, of_b(in(B, hosts[i])));
	}
	world_clear(w);
	return w;
}

/* The records that a request from the ITR is answered with. */
static const char *lookup(struct world *w, const char *eid)
{
	world_clear(w);
	world_request(w, eid, ITR);
	assert_int_equal(w->out->count, 1);
	assert_string_equal(world_to(w, 0), ITR);
	return world_records(world_reply(w, 0).records);
}

/* Nothing of @site was touched since @before, by tenant_state(). */
#define assert_untouched(w, site, instance, before)                                                \
	assert_string_equal(tenant_state(w, site, instance), before)

/* ---- Map-Register, Map-Request in an ECM, Map-Reply ---- */

static void each_tenant_is_answered_with_its_own_mapping_of_the_same_eid(void **state)
{
	struct world *w = both();
	char want[256];

	(void)state;
	for (size_t i = 0; i < HOSTS; i++) {
		snprintf(want, sizeof(want), "%s ttl 1440 act 0 { " RLOC_A " }", in(A, hosts[i]));
		assert_string_equal(lookup(w, in(A, hosts[i])), want);
		snprintf(want, sizeof(want), "%s ttl 1440 act 0 { " RLOC_B " }", in(B, hosts[i]));
		assert_string_equal(lookup(w, in(B, hosts[i])), want);
	}
	world_free(w);
}

static void the_reply_names_the_instance_as_rfc_8060_section_4_1_has_it(void **state)
{
	/* Section 5.4: type 2, 1 record, the nonce; TTL 1440, 1 locator, mask-len 32, ACT 0, A 0,
	 * Map-Version 0, AFI 16387. RFC 8060 section 4.1: Rsvd1, Flags, Type 2, IID mask-len 0,
	 * Length 10, Instance-ID 20, AFI 1, the address. Then the locator: priority 1, weight 100,
	 * mpriority 255, mweight 0, R. */
	static const uint8_t expected[] = {0x20, 0, 0, 1, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
		0x88, 0, 0, 0x05, 0xa0, 1, 32, 0, 0, 0, 0, 0x40, 0x03, 0, 0, 2, 0, 0, 10, 0, 0, 0,
		20, 0, 1, 10, 1, 0, 5, 1, 100, 255, 0, 0, 1, 0, 1, 192, 0, 2, 2};
	struct world *w = both();

	(void)state;
	world_request(w, B "10.1.0.5", ITR);
	assert_int_equal(w->out->count, 1);
	assert_int_equal(w->out->list[0].len, sizeof(expected));
	assert_memory_equal(outbox_bytes(w->out, 0), expected, sizeof(expected));
	world_free(w);
}

static void what_one_tenant_registers_is_not_there_for_the_other(void **state)
{
	struct world *w = tenant_world(NULL);
	static const char *const negative[] = {B "10.0.0.0/8", B "2001:db8:1::/48",
		B "00:00:00:00:00:00/0", B "\"vm-5\"", B "(*,232.0.0.0/8)"};
	char want[256];

	(void)state;
	for (size_t i = 0; i < HOSTS; i++) {
		world_register(w, of_a(in(A, hosts[i])));
		snprintf(want, sizeof(want), "%s ttl 1 act 1 { }", negative[i]);
		assert_string_equal(lookup(w, in(B, hosts[i])), want);
	}
	world_free(w);
}

static void one_request_with_records_of_both_gets_each_its_own(void **state)
{
	/* Section 5.2: two records, of instance 10 and 20. Source-EID-AFI 0, one ITR-RLOC. */
	static const uint8_t message[] = {0x10, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1, 203, 0,
		113, 9, 0, 32, 0x40, 0x03, 0, 0, 2, 0, 0, 10, 0, 0, 0, 10, 0, 1, 10, 1, 0, 5, 0, 32,
		0x40, 0x03, 0, 0, 2, 0, 0, 10, 0, 0, 0, 20, 0, 1, 10, 1, 0, 5};
	struct endpoint from = world_endpoint(ITR), to = world_endpoint("10.1.0.5:4342");
	struct world *w = both();
	uint8_t buf[256];
	int len = ecm_write(buf, sizeof(buf), &from, &to, false, message, sizeof(message));

	(void)state;
	assert_true(len > 0);
	world_receive(w, ITR, buf, (size_t)len);
	assert_string_equal(world_records(world_reply(w, 0).records),
		"[10]10.1.0.5 ttl 1440 act 0 { " RLOC_A " }; "
		"[20]10.1.0.5 ttl 1440 act 0 { " RLOC_B " }");
	world_free(w);
}

/* Section 8.1 and 8.3: the hole of a negative answer is made of what is known in its instance. */
static void the_hole_of_a_negative_answer_is_computed_from_its_own_tenant(void **state)
{
	struct world *w = tenant_world(NULL);

	(void)state;
	world_register(w, of_a(A "10.1.0.0/24"));
	world_register(w, of_a(A "10.1.2.0/24"));
	assert_string_equal(lookup(w, A "10.1.1.1"), A "10.1.1.0/24 ttl 1 act 1 { }");
	assert_string_equal(lookup(w, B "10.1.1.1"), B "10.0.0.0/8 ttl 1 act 1 { }");
	world_register(w, of_b(B "10.1.1.128/25"));
	assert_string_equal(lookup(w, B "10.1.1.1"), B "10.1.1.0/25 ttl 1 act 1 { }");
	assert_string_equal(lookup(w, A "10.1.1.1"), A "10.1.1.0/24 ttl 1 act 1 { }");
	/* An instance that nobody has is not told of either: the whole of it is free. */
	assert_string_equal(lookup(w, "[30]10.1.1.1"), "[30]0.0.0.0/0 ttl 15 act 1 { }");
	world_free(w);
}

/* Section 5.5: the best match comes with its more-specifics, those of its own instance. */
static void more_specifics_of_another_tenant_do_not_come_with_a_prefix(void **state)
{
	struct world *w = tenant_world(NULL);

	(void)state;
	world_register(w, of_a(A "10.1.0.0/16"));
	world_register(w, of_b(B "10.1.2.0/24"));
	assert_string_equal(lookup(w, A "10.1.0.1"), A "10.1.0.0/16 ttl 1440 act 0 { " RLOC_A " }");
	world_free(w);
}

/* Section 8.3: without proxy replies the request goes to the ETR that registered the EID. */
static void a_request_is_forwarded_to_the_etr_of_its_own_tenant(void **state)
{
	struct world *w = tenant_world(NULL);
	struct world_register a = of_a(A "10.1.0.5"), b = of_b(B "10.1.0.5");

	(void)state;
	a.no_proxy = b.no_proxy = true;
	world_register(w, a);
	world_register(w, b);
	world_clear(w);
	world_request(w, A "10.1.0.5", ITR);
	world_request(w, B "10.1.0.5", ITR);
	assert_int_equal(w->out->count, 2);
	assert_string_equal(world_to(w, 0), RLOC_A ":4342");
	assert_string_equal(world_to(w, 1), RLOC_B ":4342");
	assert_int_equal(outbox_bytes(w->out, 1)[0], 0x80); /* an ECM */
	world_free(w);
}

/* ---- the key of one tenant, the instance of the other ---- */

static void a_key_does_not_register_withdraw_or_merge_in_another_instance(void **state)
{
	struct world *w = both();
	char before[4096];

	(void)state;
	snprintf(before, sizeof(before), "%s", tenant_state(w, "b", B));
	for (unsigned int i = 0; i < 4 * HOSTS; i++) {
		/* From a's xTR or as if from b's, whose xTR-ID is the same. */
		struct world_register r = of_a(in(B, hosts[i / 4]));

		r.peer = i & 1 ? XTR_B : XTR_A;
		r.remove = i & 2;
		r.merge = !(i & 2);
		world_register(w, r);
		assert_int_equal(world_dropped(w, DROP_BAD_MAC), i + 1);
	}
	assert_int_equal(w->out->count, 0);
	assert_untouched(w, "b", B, before);
	world_free(w);
}

/* Section 8.2: all records are the site's own, or none is followed. */
static void a_message_with_records_of_both_tenants_is_not_followed_at_all(void **state)
{
	struct world *w = both();
	char a_before[4096], b_before[4096];
	struct world_register r;

	(void)state;
	snprintf(a_before, sizeof(a_before), "%s", tenant_state(w, "a", A));
	snprintf(b_before, sizeof(b_before), "%s", tenant_state(w, "b", B));
	r = of_a(A "10.1.0.6");
	r.eids[1] = B "10.1.0.6";
	world_register(w, r); /* with a's key, which is right for the first record */
	assert_int_equal(world_dropped(w, DROP_EID_REFUSED), 1);
	r.eids[0] = B "10.1.0.6";
	r.eids[1] = A "10.1.0.6";
	world_register(w, r); /* which is not b's */
	assert_int_equal(world_dropped(w, DROP_BAD_MAC), 1);
	r.site = "b";
	world_register(w, r);
	assert_int_equal(world_dropped(w, DROP_EID_REFUSED), 2);
	assert_int_equal(w->out->count, 0);
	assert_untouched(w, "a", A, a_before);
	assert_untouched(w, "b", B, b_before);
	world_free(w);
}

/* docs/decisions/move-messages.md. */
static void a_key_does_not_claim_refresh_or_withdraw_in_another_instance(void **state)
{
	static const enum move_kind kinds[] = {MOVE_CLAIM, MOVE_REFRESH, MOVE_WITHDRAW};
	struct world *w = both();
	char before[4096];

	(void)state;
	snprintf(before, sizeof(before), "%s", tenant_state(w, "b", B));
	for (unsigned int i = 0; i < 3; i++)
		world_move(w, "a", XTR_A, 1, kinds[i], 1000000 + i, 1, B "10.1.0.5", RLOC_A);
	assert_int_equal(world_dropped(w, DROP_BAD_MAC), 3);
	assert_int_equal(w->out->count, 0);
	assert_untouched(w, "b", B, before);
	world_free(w);
}

/* The nonces of one tenant's xTR say nothing of the other's, whose ids are the same (section 5.6).
 */
static void nonces_of_one_tenant_do_not_shut_out_the_other(void **state)
{
	struct world *w = tenant_world(NULL);
	struct world_register a = of_a(A "10.1.0.5"), b = of_b(B "10.1.0.5");

	(void)state;
	a.nonce = UINT64_MAX - 1;
	b.nonce = 1;
	world_register(w, a);
	world_register(w, b);
	assert_int_equal(world_dropped(w, DROP_REPLAY), 0);
	assert_string_equal(
		tenant_mappings(w, B "10.0.0.0/8"), "[20]10.1.0.5 seq 1 { " RLOC_B " }");
	world_free(w);
}

/* ---- Map-Notify, Map-Notify-Ack (section 5.7) ---- */

static uint64_t move_of_b(struct world *w)
{
	struct world_register r = of_b(B "10.1.0.5");

	world_clear(w);
	r.peer = "198.51.100.4:4342";
	r.xtr = 4;
	r.locators[0] = "192.0.2.4";
	r.no_notify = true;
	world_register(w, r);
	return world_notify(w, 0, "b").nonce;
}

static void the_previous_xtr_is_told_of_a_move_in_its_own_tenant_only(void **state)
{
	struct world *w = both();

	(void)state;
	move_of_b(w);
	assert_int_equal(w->out->count, 1);
	assert_string_equal(world_to(w, 0), XTR_B);
	assert_string_equal(world_records(world_notify(w, 0, "b").records),
		"[20]10.1.0.5 ttl 1440 act 0 { 192.0.2.4 }");
	assert_string_equal(lookup(w, A "10.1.0.5"), "[10]10.1.0.5 ttl 1440 act 0 { " RLOC_A " }");
	world_free(w);
}

static void one_tenant_cannot_acknowledge_what_the_other_was_told(void **state)
{
	struct world *w = both();
	uint64_t nonce = move_of_b(w);

	(void)state;
	tenant_acknowledge(w, "a", XTR_A, nonce, A "10.1.0.5", LISP_MAP_NOTIFY_ACK);
	tenant_acknowledge(w, "a", XTR_B, nonce, B "10.1.0.5", LISP_MAP_NOTIFY_ACK);
	assert_int_equal(world_dropped(w, DROP_BAD_MAC), 2); /* it is b's key that is wanted */
	world_move(w, "a", XTR_A, 1, MOVE_ACK, nonce, 2, A "10.1.0.5", NULL);
	assert_int_equal(world_dropped(w, DROP_BAD_MAC), 3);
	assert_int_equal(world_count(w, COUNT_NOTIFY_ACKS), 0);
	world_clear(w);
	world_pass(w, 100);
	assert_int_equal(w->out->count, 1); /* it is told again */
	assert_string_equal(world_to(w, 0), XTR_B);
	tenant_acknowledge(w, "b", XTR_B, nonce, B "10.1.0.5", LISP_MAP_NOTIFY_ACK);
	assert_int_equal(world_count(w, COUNT_NOTIFY_ACKS), 1);
	world_free(w);
}

/* A Map-Notify is for xTRs: one that comes here changes nothing, whoever signed it. */
static void messages_for_xtrs_change_nothing_in_any_tenant(void **state)
{
	struct world *w = both();
	/* Section 5.4: a Map-Reply that gives [20]10.1.0.5 another locator. */
	static const uint8_t reply[] = {0x20, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0x05, 0xa0, 1,
		32, 0x10, 0, 0, 0, 0x40, 0x03, 0, 0, 2, 0, 0, 10, 0, 0, 0, 20, 0, 1, 10, 1, 0, 5, 1,
		100, 255, 0, 0, 1, 0, 1, 192, 0, 2, 66};
	/* Section 5.2: a Map-Request for it, as an SMR (S) and as a probe (P). */
	uint8_t request[] = {0x10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1, 203, 0, 113, 9, 0,
		32, 0x40, 0x03, 0, 0, 2, 0, 0, 10, 0, 0, 0, 20, 0, 1, 10, 1, 0, 5};
	struct endpoint from = world_endpoint(ITR), to = world_endpoint("10.1.0.5:4342");
	static const uint8_t flags[] = {0, 1, 2};
	char a_before[4096], b_before[4096];
	uint8_t buf[256];

	(void)state;
	snprintf(a_before, sizeof(a_before), "%s", tenant_state(w, "a", A));
	snprintf(b_before, sizeof(b_before), "%s", tenant_state(w, "b", B));
	world_receive(w, XTR_A, reply, sizeof(reply));
	assert_int_equal(world_dropped(w, DROP_MAP_REPLY), 1);
	tenant_acknowledge(w, "a", XTR_A, 9, B "10.1.0.5", LISP_MAP_NOTIFY);
	tenant_acknowledge(w, "b", XTR_B, 9, B "10.1.0.5", LISP_MAP_NOTIFY);
	assert_int_equal(world_dropped(w, DROP_UNKNOWN_TYPE), 2);
	for (unsigned int i = 0; i < 3; i++) {
		int len;

		request[0] = (uint8_t)(0x10 | flags[i]);
		world_receive(w, XTR_A, request, sizeof(request));
		assert_int_equal(world_dropped(w, DROP_NOT_ENCAPSULATED), i + 1);
		if (!flags[i])
			continue;
		len = ecm_write(buf, sizeof(buf), &from, &to, false, request, sizeof(request));
		assert_true(len > 0);
		world_receive(w, ITR, buf, (size_t)len);
	}
	assert_int_equal(world_dropped(w, DROP_SMR), 1);
	assert_int_equal(world_dropped(w, DROP_PROBE), 1);
	assert_int_equal(w->out->count, 0);
	assert_untouched(w, "a", A, a_before);
	assert_untouched(w, "b", B, b_before);
	world_free(w);
}

/* ---- merged registrations and multicast (RFC 8378) ---- */

static void parts_of_two_tenants_do_not_add_up(void **state)
{
	struct world *w = tenant_world(NULL);
	struct world_register a = of_a(A "10.1.0.5"), b = of_b(B "10.1.0.5");

	(void)state;
	a.merge = b.merge = true;
	world_register(w, a);
	world_register(w, b);
	b.xtr = 2;
	b.locators[0] = "192.0.2.3";
	world_register(w, b);
	assert_string_equal(lookup(w, A "10.1.0.5"), "[10]10.1.0.5 ttl 1440 act 0 { " RLOC_A " }");
	assert_string_equal(
		lookup(w, B "10.1.0.5"), "[20]10.1.0.5 ttl 1440 act 0 { " RLOC_B " 192.0.2.3 }");
	a.remove = true;
	world_register(w, a);
	assert_string_equal(
		lookup(w, B "10.1.0.5"), "[20]10.1.0.5 ttl 1440 act 0 { " RLOC_B " 192.0.2.3 }");
	world_free(w);
}

/* RFC 8378 section 5.1.3: the source's ITR is told of receivers, those of its own tenant. */
static void receivers_of_one_tenant_are_not_told_to_the_source_of_the_other(void **state)
{
	struct world *w = tenant_world(NULL);

	(void)state;
	world_register(w, of_a(A "10.1.0.5"));
	world_register(w, of_b(B "10.1.0.5"));
	world_clear(w);
	world_register(w, REG(.site = "b", .peer = "198.51.100.4:4342", .xtr = 4, .merge = true,
				  .eids = {B "(10.1.0.5,232.1.1.1)"}, .locators = {"192.0.2.4"},
				  .no_notify = true));
	assert_int_equal(w->out->count, 1);
	assert_string_equal(world_to(w, 0), XTR_B);
	assert_string_equal(world_records(world_notify(w, 0, "b").records),
		"[20](10.1.0.5,232.1.1.1) ttl 1440 act 0 { 192.0.2.4 }");
	world_free(w);
}

/* ---- PubSub (RFC 9437) ---- */

static void subscribe(struct world *w, const char *eid, const char *peer, uint64_t nonce, bool end)
{
	struct map_request_spec s = {.nonce = nonce,
		.subscribe = true,
		.has_xtr_id = true,
		.itr_rloc_count = 1,
		.site_id = 7,
		.eid = world_eid(eid)};
	uint8_t buf[600];

	s.xtr_id.bytes[15] = 1;
	if (!end)
		s.itr_rlocs[0] = world_endpoint(peer).addr;
	world_clear(w);
	world_receive(w, peer, buf, world_write_request(buf, sizeof(buf), &s, peer));
}

/* RFC 9437 section 5: refused with Drop/Policy-Denied. */
static void an_xtr_does_not_subscribe_to_eids_of_another_tenant(void **state)
{
	struct world *w = tenant_world(NULL);
	char before[4096];

	(void)state;
	world_register(w, of_a(A "10.1.0.5")); /* it has proved itself in its own tenant */
	world_register(w, of_b(B "10.1.0.5"));
	snprintf(before, sizeof(before), "%s", tenant_state(w, "b", B));
	subscribe(w, B "10.1.0.5", XTR_A, 5, false);
	assert_int_equal(w->out->count, 1);
	assert_string_equal(
		world_records(world_reply(w, 0).records), "[20]10.1.0.5 ttl 15 act 4 { }");
	subscribe(w, B "0.0.0.0/0", XTR_A, 6, false);
	assert_string_equal(
		world_records(world_reply(w, 0).records), "[20]0.0.0.0/0 ttl 15 act 4 { }");
	assert_int_equal(subscriptions_count(w->server->subscriptions), 0);
	assert_int_equal(world_count(w, COUNT_SUBSCRIPTIONS_REFUSED), 2);
	assert_untouched(w, "b", B, before);
	subscribe(w, A "10.1.0.5", XTR_A, 7, false);
	assert_string_equal(world_records(world_notify(w, 0, "a").records),
		"[10]10.1.0.5 ttl 1440 act 0 { " RLOC_A " }");
	world_free(w);
}

static void an_xtr_without_a_tenant_does_not_subscribe_to_a_tenants_eids(void **state)
{
	struct site_table *t = tenant_sites();
	struct world *w;

	(void)state;
	world_site(t, "plain", "10.0.0.0/8", true);
	w = world_new(t, NULL, NULL);
	tenant_set(w, NULL, NULL);
	world_register(w, REG(.site = "plain", .peer = XTR_A, .xtr = 1, .eids = {"10.1.0.5"},
				  .locators = {RLOC_A}));
	world_register(w, of_b(B "10.1.0.5"));
	subscribe(w, B "10.1.0.5", XTR_A, 5, false);
	assert_string_equal(
		world_records(world_reply(w, 0).records), "[20]10.1.0.5 ttl 15 act 4 { }");
	subscribe(w, "10.1.0.5", XTR_A, 6, false);
	assert_int_equal(subscriptions_count(w->server->subscriptions), 1);
	world_free(w);
}

/* Both tenants' xTRs, of the same ids, have subscribed to the same EID, each in its tenant. */
static struct world *subscribed(void)
{
	struct world *w = both();

	subscribe(w, A "10.1.0.5", XTR_A, 5, false);
	tenant_acknowledge(w, "a", XTR_A, 5, A "10.1.0.5", LISP_MAP_NOTIFY_ACK);
	subscribe(w, B "10.1.0.5", XTR_B, 5, false); /* the same nonce: another subscription */
	tenant_acknowledge(w, "b", XTR_B, 5, B "10.1.0.5", LISP_MAP_NOTIFY_ACK);
	assert_int_equal(subscriptions_count(w->server->subscriptions), 2);
	assert_int_equal(world_count(w, COUNT_PUBLISH_ACKS), 2);
	world_clear(w);
	return w;
}

static void changed(struct world *w, struct world_register r, const char *locator)
{
	r.locators[0] = locator;
	r.no_notify = true;
	world_clear(w);
	world_register(w, r);
}

static void a_change_is_published_to_subscribers_of_its_own_tenant_only(void **state)
{
	struct world *w = subscribed();

	(void)state;
	changed(w, of_b(B "10.1.0.5"), "192.0.2.77");
	assert_int_equal(w->out->count, 1);
	assert_string_equal(world_to(w, 0), XTR_B);
	assert_string_equal(world_records(world_notify(w, 0, "b").records),
		"[20]10.1.0.5 ttl 1440 act 0 { 192.0.2.77 }");
	assert_int_equal(world_notify(w, 0, "b").nonce, 6);
	world_free(w);
}

static void one_tenant_cannot_acknowledge_a_publication_of_the_other(void **state)
{
	struct world *w = subscribed();

	(void)state;
	changed(w, of_b(B "10.1.0.5"), "192.0.2.77");
	tenant_acknowledge(w, "a", XTR_A, 6, B "10.1.0.5", LISP_MAP_NOTIFY_ACK);
	tenant_acknowledge(w, "a", XTR_A, 6, A "10.1.0.5", LISP_MAP_NOTIFY_ACK);
	tenant_acknowledge(w, "a", XTR_B, 6, B "10.1.0.5", LISP_MAP_NOTIFY_ACK);
	assert_int_equal(world_count(w, COUNT_PUBLISH_ACKS), 2);
	world_clear(w);
	world_pass(w, 3000);
	assert_int_equal(w->out->count, 1); /* it is told again */
	assert_string_equal(world_to(w, 0), XTR_B);
	tenant_acknowledge(w, "b", XTR_B, 6, B "10.1.0.5", LISP_MAP_NOTIFY_ACK);
	assert_int_equal(world_count(w, COUNT_PUBLISH_ACKS), 3);
	world_free(w);
}

/* RFC 9437 section 5: an end is asked for with AFI 0 in the place of the ITR-RLOC. */
static void one_tenant_does_not_end_a_subscription_of_the_other(void **state)
{
	struct world *w = subscribed();
	char before[4096];

	(void)state;
	snprintf(before, sizeof(before), "%s", tenant_state(w, "b", B));
	subscribe(w, B "10.1.0.5", XTR_A, 100, true);
	assert_int_equal(subscriptions_count(w->server->subscriptions), 2);
	subscribe(w, A "10.1.0.5", XTR_A, 101, true);
	tenant_acknowledge(w, "a", XTR_A, 101, A "10.1.0.5", LISP_MAP_NOTIFY_ACK);
	assert_int_equal(subscriptions_count(w->server->subscriptions), 1);
	assert_untouched(w, "b", B, before);
	changed(w, of_b(B "10.1.0.5"), "192.0.2.77");
	assert_int_equal(w->out->count, 1);
	world_free(w);
}

static void a_withdrawal_in_one_tenant_is_not_published_in_the_other(void **state)
{
	struct world *w = subscribed();
	struct world_register r = of_a(A "10.1.0.5");

	(void)state;
	r.remove = true;
	world_clear(w);
	world_register(w, r);
	for (unsigned int i = 0; i < w->out->count; i++)
		assert_string_equal(world_to(w, i), XTR_A);
	assert_string_equal(lookup(w, B "10.1.0.5"), "[20]10.1.0.5 ttl 1440 act 0 { " RLOC_B " }");
	world_free(w);
}

static void an_instance_that_gets_another_tenant_takes_its_subscriptions_along(void **state)
{
	struct site_table *t = tenant_sites();
	struct world *w;

	(void)state;
	world_site(t, "more", "[33]10.0.0.0/8", true);
	w = world_new(t, NULL, NULL);
	tenant_set(w, NULL, "30-39");
	world_register(w, of_a(A "10.1.0.5"));
	world_register(w, REG(.site = "more", .peer = XTR_B, .xtr = 1, .eids = {"[33]10.1.0.5"},
				  .locators = {RLOC_B}));
	subscribe(w, "[33]10.1.0.5", XTR_A, 5, false); /* a's: both instances are its own */
	subscribe(w, A "10.1.0.5", XTR_A, 6, false);
	assert_int_equal(subscriptions_count(w->server->subscriptions), 2);
	tenant_set(w, NULL, NULL); /* a loses 33 */
	subscribe_part_tenants(w->server);
	assert_int_equal(subscriptions_count(w->server->subscriptions), 1);
	world_clear(w);
	world_register(w, REG(.site = "more", .peer = XTR_B, .xtr = 1, .eids = {"[33]10.1.0.5"},
				  .locators = {"192.0.2.99"}, .no_notify = true));
	assert_int_equal(w->out->count, 0);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_tenant_is_answered_with_its_own_mapping_of_the_same_eid),
		cmocka_unit_test(the_reply_names_the_instance_as_rfc_8060_section_4_1_has_it),
		cmocka_unit_test(what_one_tenant_registers_is_not_there_for_the_other),
		cmocka_unit_test(one_request_with_records_of_both_gets_each_its_own),
		cmocka_unit_test(the_hole_of_a_negative_answer_is_computed_from_its_own_tenant),
		cmocka_unit_test(more_specifics_of_another_tenant_do_not_come_with_a_prefix),
		cmocka_unit_test(a_request_is_forwarded_to_the_etr_of_its_own_tenant),
		cmocka_unit_test(a_key_does_not_register_withdraw_or_merge_in_another_instance),
		cmocka_unit_test(a_message_with_records_of_both_tenants_is_not_followed_at_all),
		cmocka_unit_test(a_key_does_not_claim_refresh_or_withdraw_in_another_instance),
		cmocka_unit_test(nonces_of_one_tenant_do_not_shut_out_the_other),
		cmocka_unit_test(the_previous_xtr_is_told_of_a_move_in_its_own_tenant_only),
		cmocka_unit_test(one_tenant_cannot_acknowledge_what_the_other_was_told),
		cmocka_unit_test(messages_for_xtrs_change_nothing_in_any_tenant),
		cmocka_unit_test(parts_of_two_tenants_do_not_add_up),
		cmocka_unit_test(receivers_of_one_tenant_are_not_told_to_the_source_of_the_other),
		cmocka_unit_test(an_xtr_does_not_subscribe_to_eids_of_another_tenant),
		cmocka_unit_test(an_xtr_without_a_tenant_does_not_subscribe_to_a_tenants_eids),
		cmocka_unit_test(a_change_is_published_to_subscribers_of_its_own_tenant_only),
		cmocka_unit_test(one_tenant_cannot_acknowledge_a_publication_of_the_other),
		cmocka_unit_test(one_tenant_does_not_end_a_subscription_of_the_other),
		cmocka_unit_test(a_withdrawal_in_one_tenant_is_not_published_in_the_other),
		cmocka_unit_test(
			an_instance_that_gets_another_tenant_takes_its_subscriptions_along),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
