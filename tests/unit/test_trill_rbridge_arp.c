/* ARP of end stations through whole RBridges, on virtual links under virtual time (docs/trill.md,
 * N): RFC 8302. Three RBridges, each joined to each, a port with stations each. */
#include "tests/unit/trill_test.h"

#include "lib/net/address.h"

#include "tests/trill/virtual_datapath.h"

#define VLAN      1
#define HOST_PORT 2
#define HOST_WIRE 3 /* of node 0; then 1, 2 */

static const struct mac bob = {{0x52, 0x54, 0, 0, 0, 0xb0}};
static const struct mac carol = {{0x52, 0x54, 0, 0, 0, 0xca}};

#define ALICE                                 "5254000000A1 "
#define BOB                                   "5254000000B0 "
#define CAROL                                 "5254000000CA "
#define ALL                                   "FFFFFFFFFFFF "
#define NONE                                  "000000000000 "
#define IP_A                                  "0A0000A1 "
#define IP_B                                  "0A0000B0 "
#define IP_0                                  "00000000 "
#define ARP(to, from, op, mac, ip, tmac, tip) to from "0806 0001 0800 06 04 " op " " mac ip tmac tip
#define BOB_TELLS                             ARP(ALL, BOB, "0001", BOB, IP_B, NONE, IP_B)
#define ALICE_ASKS_BOB                        ARP(ALL, ALICE, "0001", ALICE, IP_A, NONE, IP_B)
#define CAROL_PROBES                          ARP(ALL, CAROL, "0001", CAROL, IP_0, NONE, IP_B)

static bool trunks_are_lans;
static bool all_are_tagged; /* trunks and the stations' ports */

struct stage {
	struct virtual_campus *c;
	struct virtual_datapath dp;
	uint8_t arp[128]; /* the last that left node 0 for its stations */
	size_t arp_len;
	unsigned int arps, duplicates;
};

static void on_tap(
	void *arg, unsigned int wire, unsigned int from, const uint8_t *frame, size_t len)
{
	struct stage *s = arg;

	(void)from;
	if (wire != HOST_WIRE || len < 14 || frame[12] != 0x08 || frame[13] != 0x06)
		return;
	assert_true(len <= sizeof(s->arp));
	memcpy(s->arp, frame, len);
	s->arp_len = len;
	s->arps++;
}

static void on_event(void *arg, unsigned int node, const struct rbridge_event *event)
{
	struct stage *s = arg;

	(void)node;
	s->duplicates += event->kind == RBRIDGE_DUPLICATE;
}

static void proxy(struct rbridge_config *config, unsigned int number)
{
	(void)number;
	config->arp_proxy = true;
}

static void tags(struct rbridge_port_config *config, unsigned int node, uint16_t port)
{
	(void)node;
	(void)port;
	if (all_are_tagged)
		config->pvid = config->untagged = 0;
}

static void stage_set(struct stage *s)
{
	struct campus_options host = {.native = true,
		.configured = true,
		.hello_ms = 3000,
		.holding_s = 30,
		.trees = {.compute = 2, .max = 3, .use = 1},
		.esadi = VLAN,
		.node = proxy,
		.port = tags};
	struct campus_options trunk = host;

	trunk.native = false;
	trunk.p2p = !trunks_are_lans;
	memset(s, 0, sizeof(*s));
	s->c = campus_new(3, 16, 1, &trunk);
	assert_non_null(s->c);
	s->c->tap = on_tap;
	s->c->tap_arg = s;
	s->c->event = on_event;
	s->c->event_arg = s;
	datapath_init(&s->dp, s->c);
	for (unsigned int a = 0; a < 3; a++)
		campus_wire(s->c, (unsigned int[]){a, (a + 1) % 3}, 2, 20000, &trunk);
	for (unsigned int a = 0; a < 3; a++)
		campus_wire(s->c, (unsigned int[]){a}, 1, 20000, &host);
	campus_run_ms(s->c, 60000);
}

/* A station of @node sends; how many frames of @sa went out to stations of each node then. */
static void says(struct stage *s, unsigned int node, const char *text)
{
	uint8_t frame[128];
	size_t len = hex(frame, sizeof(frame), text);

	s->dp.count = s->arps = 0;
	datapath_inject(&s->dp, node, HOST_PORT, frame, len);
	campus_run_ms(s->c, 500);
}

static unsigned int out_of(const struct stage *s, unsigned int node, const struct mac *sa)
{
	return datapath_seen(&s->dp, 0, node, HOST_PORT, sa);
}

static void n_what_one_rbridge_hears_another_answers(void **state)
{
	static const struct mac alice = {{0x52, 0x54, 0, 0, 0, 0xa1}};
	struct stage s;

	(void)state;
	stage_set(&s);
	assert_true(s.c->nodes[0].self.asks);
	says(&s, 0, ALICE_ASKS_BOB); /* nobody knows: to all */
	assert_int_equal(out_of(&s, 1, &alice), 1);
	assert_int_equal(out_of(&s, 2, &alice), 1);
	assert_int_equal(s.arps, 0);
	says(&s, 1, BOB_TELLS);
	assert_int_equal(s.arps + out_of(&s, 0, &bob), 1);
	assert_int_equal(out_of(&s, 2, &bob), 1);
	says(&s, 0, ALICE_ASKS_BOB);
	assert_int_equal(s.dp.count, 0);
	assert_int_equal(s.arps, 1);
	assert_bytes(s.arp, s.arp_len, ARP(ALICE, BOB, "0002", BOB, IP_B, ALICE, IP_A));
	campus_free(s.c);
}

/* One of a VLAN that the port has not, as a kernel may hand it up before it knows the port. */
static void n_arp_where_we_are_no_forwarder_is_counted_and_goes_nowhere(void **state)
{
	const struct rbridge_counters *c;
	struct stage s;
	uint8_t frame[128];
	size_t len = hex(frame, sizeof(frame),
		ALL ALICE "8100 0777 0806 0001 0800 06 04 0001 " ALICE IP_A NONE IP_B);
	uint64_t before;

	(void)state;
	stage_set(&s);
	c = rbridge_counters(s.c->nodes[0].rb, HOST_PORT);
	before = c->other;
	s.dp.count = s.arps = 0;
	rbridge_frame(s.c->nodes[0].rb, HOST_PORT, frame, len, s.c->now);
	campus_run_ms(s.c, 500);
	assert_int_equal(c->other, before + 1);
	assert_int_equal(s.dp.count + s.arps, 0);
	campus_free(s.c);
}

static void n_a_probe_goes_to_the_owner_alone(void **state)
{
	struct stage s;

	(void)state;
	stage_set(&s);
	says(&s, 1, BOB_TELLS);
	says(&s, 2, CAROL_PROBES);
	assert_int_equal(s.dp.count, 1);
	assert_int_equal(out_of(&s, 1, &carol), 1);
	assert_memory_equal(&s.dp.log[0].da, &bob, MAC_LEN);
	campus_free(s.c);
}

/* ESADI takes its word back with the station. */
static void n_who_is_gone_is_asked_for_everywhere_again(void **state)
{
	struct stage s;

	(void)state;
	stage_set(&s);
	says(&s, 1, BOB_TELLS);
	says(&s, 0, ALICE_ASKS_BOB);
	assert_int_equal(s.dp.count, 0);
	datapath_age(&s.dp, 1, &bob, VLAN);
	campus_run_ms(s.c, 1000);
	says(&s, 0, ALICE_ASKS_BOB);
	assert_int_equal(s.dp.count, 2);
	campus_free(s.c);
}

/* Bob, behind node 1, tells node 0 alone: TRILL Data of RFC 6325 section 4.1 that comes up. */
static void bob_tells_node_0(struct stage *s)
{
	uint8_t frame[128];
	size_t len = hex(frame, sizeof(frame),
		"020000000000 020000000100 22F3 003F 0100 0101"
		"020000000000 5254000000B0 81000001"
		"0806 0001 0800 06 04 0002 5254000000B0 0A0000B0 020000000000 00000000");

	memcpy(frame, s->c->nodes[0].ports[0].mac.bytes, MAC_LEN);
	memcpy(frame + MAC_LEN, s->c->nodes[1].ports[0].mac.bytes, MAC_LEN);
	memcpy(frame + 20, s->c->nodes[0].ports[0].mac.bytes, MAC_LEN);
	rbridge_frame(s->c->nodes[0].rb, 0, frame, len, s->c->now);
	says(s, 0, ALICE_ASKS_BOB);
	assert_int_equal(s->dp.count, 0); /* it is answered */
}

static bool asks_all(struct stage *s)
{
	says(s, 0, ALICE_ASKS_BOB);
	return s->dp.count > 0;
}

/* RFC 8302 section 3, RFC 8383 section 2: node 1 says that bob is not behind it. */
static void n_an_address_flush_is_one_of_ip_addresses_too(void **state)
{
	static const struct mac nobody = {{0x52, 0x54, 0, 0, 0, 1}};
	struct stage s;

	(void)state;
	stage_set(&s);
	datapath_send(&s.dp, 1, HOST_PORT, VLAN, &carol, &bob); /* he is there */
	campus_run_ms(s.c, 500);
	bob_tells_node_0(&s);
	assert_int_equal(rbridge_station_leave(s.c->nodes[1].rb, VLAN, &nobody, s.c->now),
		RBRIDGE_WAS_ABSENT);
	assert_false(asks_all(&s));
	assert_int_equal(
		rbridge_station_leave(s.c->nodes[1].rb, VLAN, &bob, s.c->now), RBRIDGE_WAS_LOCAL);
	campus_run_ms(s.c, 100);
	assert_true(asks_all(&s));
	campus_free(s.c);
}

static void n_an_rbridge_that_left_the_vlan_has_no_ip_addresses_there(void **state)
{
	struct stage s;

	(void)state;
	stage_set(&s);
	bob_tells_node_0(&s);
	rbridge_port_down(s.c->nodes[1].rb, HOST_PORT, s.c->now);
	timer_set(&s.c->timers, &s.c->nodes[1].timer, rbridge_next(s.c->nodes[1].rb));
	campus_run_ms(s.c, 2000);
	assert_true(asks_all(&s));
	campus_free(s.c);
}

/* We serve the VLAN no more, and then again. */
static void n_who_leaves_a_vlan_knows_no_ip_addresses_there(void **state)
{
	struct stage s;

	(void)state;
	stage_set(&s);
	bob_tells_node_0(&s);
	rbridge_port_down(s.c->nodes[0].rb, HOST_PORT, s.c->now);
	campus_port_up(s.c, 0, HOST_PORT);
	campus_run_ms(s.c, 60000);
	assert_true(asks_all(&s));
	campus_free(s.c);
}

/* An agent's word: known, and answered for, at once; without age; and until it is taken back. */
static void n_what_an_agent_says_is_answered_until_it_leaves(void **state)
{
	struct rbridge_station guest = {.vlan = VLAN,
		.mac = bob,
		.port = HOST_PORT,
		.ips = {.ipv4_count = 1, .ipv4 = {{10, 0, 0, 0xb0}}}};
	const struct mac_entry *e;
	struct stage s;

	(void)state;
	stage_set(&s);
	assert_int_equal(
		rbridge_station_attest(s.c->nodes[1].rb, &guest, s.c->now), RBRIDGE_ATTESTED);
	timer_set(&s.c->timers, &s.c->nodes[1].timer, rbridge_next(s.c->nodes[1].rb));
	campus_run_ms(s.c, 400000);
	assert_false(asks_all(&s));
	assert_int_equal(s.arps, 1);
	assert_bytes(s.arp, s.arp_len, ARP(ALICE, BOB, "0002", BOB, IP_B, ALICE, IP_A));
	/* Nor is another believed who says that he has it. */
	says(&s, 1, ARP(ALL, CAROL, "0001", CAROL, IP_B, NONE, IP_B));
	campus_run_ms(s.c, 2000);
	e = mac_find(rbridge_stations(s.c->nodes[0].rb), (struct label){.id = VLAN}, &carol);
	assert_non_null(e);
	assert_int_equal(ip_list_count(&e->ips), 0);
	assert_int_equal(
		rbridge_station_leave(s.c->nodes[1].rb, VLAN, &bob, s.c->now), RBRIDGE_WAS_LOCAL);
	timer_set(&s.c->timers, &s.c->nodes[1].timer, rbridge_next(s.c->nodes[1].rb));
	campus_run_ms(s.c, 2000);
	assert_true(asks_all(&s));
	campus_free(s.c);
}

/* It has another address now: the first is nobody's any more. */
static void n_an_address_that_is_no_longer_told_is_asked_for_everywhere(void **state)
{
	struct rbridge_station guest = {.vlan = VLAN,
		.mac = bob,
		.port = HOST_PORT,
		.ips = {.ipv4_count = 1, .ipv4 = {{10, 0, 0, 0xb0}}}};
	struct stage s;

	(void)state;
	stage_set(&s);
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(rbridge_station_attest(s.c->nodes[1].rb, &guest, s.c->now),
			RBRIDGE_ATTESTED);
		timer_set(&s.c->timers, &s.c->nodes[1].timer, rbridge_next(s.c->nodes[1].rb));
		campus_run_ms(s.c, 2000);
		assert_int_equal(asks_all(&s), i == 1);
		guest.ips.ipv4[0][3]++;
	}
	campus_free(s.c);
}

/* Bob answers the last question, which came to him alone. */
static void answer(struct stage *s)
{
	static const char format[] = ARP("%s ", BOB, "0002", BOB, IP_B, "%s ", IP_0);
	const uint8_t *m = s->arp + MAC_LEN;
	char who[13], text[sizeof(format) + 2 * sizeof(who)];

	/* The MAC that asks is another than that of the port with the stations. */
	assert_memory_not_equal(m, &s->c->nodes[0].ports[HOST_PORT].mac, MAC_LEN);
	snprintf(who, sizeof(who), "%02x%02x%02x%02x%02x%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
	snprintf(text, sizeof(text), format, who, who);
	says(s, 0, text);
}

/* An address with two owners at one RBridge: the first is asked, answers as hosts do, to who asked
 * alone, and keeps it. */
struct trunk {
	unsigned int trees;
	uint8_t oomf[64]; /* the head of the last */
};

/* Alice's questions on trunks, from node 0: along trees, or to who distributes for us. */
static void trunk_tap(
	void *arg, unsigned int wire, unsigned int from, const uint8_t *frame, size_t len)
{
	struct trunk *t = arg;

	(void)from;
	if (wire >= HOST_WIRE || len < 40 || frame[12] != 0x22 || frame[13] != 0xf3 ||
		frame[36] != 0x08 || frame[37] != 0x06 || frame[11] != 0)
		return;
	if (frame[14] & 0x08)
		t->trees++;
	else
		memcpy(t->oomf, frame, 40);
}

/* RFC 7780 section 2.4.2: what the daemon floods goes as what the data plane does. */
static void n_overloaded_questions_go_by_who_distributes_for_us(void **state)
{
	struct trunk t = {.trees = 0};
	struct stage s;

	(void)state;
	trunks_are_lans = true; /* point-to-point Hellos do not offer it */
	stage_set(&s);
	trunks_are_lans = false;
	s.c->tap = trunk_tap;
	s.c->tap_arg = &t;
	says(&s, 0, ALICE_ASKS_BOB);
	assert_true(t.trees > 0);
	assert_int_equal(t.oomf[12], 0);
	rbridge_overload(s.c->nodes[0].rb, true, s.c->now);
	rbridge_time(s.c->nodes[0].rb, s.c->now);
	campus_run_ms(s.c, 60000);
	assert_int_equal(s.c->nodes[0].self.oomf.count, 1);
	t.trees = 0;
	says(&s, 0, ALICE_ASKS_BOB);
	assert_int_equal(t.trees, 0);
	assert_memory_equal(t.oomf, s.c->nodes[0].self.oomf.hop[0].mac.bytes, MAC_LEN);
	/* M 0, hop count 2, egress OOMF, us. */
	assert_bytes(t.oomf + 12, 8, "22F3 0002 FFC1 0100");
	campus_free(s.c);
}

/* Priority 5 and DEI, in VLAN 1. */
#define TAG           "8100 B001 "
#define TAGGED(frame) tagged(frame, (char[256]){0})
#define SECOND_WIRE   6 /* of node 0, with stations too */
#define TAGS_SEEN_MAX 16

/* The text of an ARP frame, with the tag. */
static const char *tagged(const char *frame, char *text)
{
	const char *type = strstr(frame, "0806");

	snprintf(text, 256, "%.*s" TAG "%s", (int)(type - frame), frame, type);
	return text;
}

/* The first bytes of each frame of ARP that left node 0. */
struct tags_seen {
	struct {
		unsigned int wire;
		uint8_t head[44];
	} frames[TAGS_SEEN_MAX];
	unsigned int count;
};

static void tags_tap(
	void *arg, unsigned int wire, unsigned int from, const uint8_t *frame, size_t len)
{
	struct tags_seen *t = arg;
	bool campus = len >= 44 && frame[16] == 0x22 && frame[17] == 0xf3;
	const uint8_t *type = frame + (campus ? 40 : 16);

	(void)from;
	if (len < 44 || frame[12] != 0x81 || type[0] != 0x08 || type[1] != 0x06)
		return;
	if (campus ? frame[22] != 1 || frame[23] != 0 : wire != HOST_WIRE && wire != SECOND_WIRE)
		return; /* another RBridge's */
	assert_true(t->count < TAGS_SEEN_MAX);
	t->frames[t->count].wire = wire;
	memcpy(t->frames[t->count++].head, frame, 44);
}

/* Which of the frames went so: by a trunk, or to stations. Each has the tag, outside and inside. */
static unsigned int with_tag(const struct tags_seen *t, bool campus)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < t->count; i++) {
		assert_bytes(t->frames[i].head + 12, 4, TAG);
		if (t->frames[i].wire < HOST_WIRE)
			assert_bytes(t->frames[i].head + 36, 4, TAG);
		n += (t->frames[i].wire < HOST_WIRE) == campus;
	}
	return n;
}

/* RFC 6325 section 4.1.1: VLAN ID and priority of the native frame are those of the inner tag; the
 * outer one has its priority, too (section 4.1.3). */
static void n_what_goes_on_has_the_priority_that_it_came_with(void **state)
{
	struct tags_seen t = {.count = 0};
	struct stage s;

	(void)state;
	all_are_tagged = true;
	stage_set(&s);
	assert_int_equal(
		campus_wire(s.c, (unsigned int[]){0}, 1, 20000,
			&(struct campus_options){
				.native = true, .hello_ms = 3000, .holding_s = 30, .port = tags}),
		SECOND_WIRE);
	all_are_tagged = false;
	campus_run_ms(s.c, 60000);
	s.c->tap = tags_tap;
	s.c->tap_arg = &t;
	/* To all: the campus, and the other port with stations. */
	says(&s, 0, TAGGED(ALICE_ASKS_BOB));
	assert_true(with_tag(&t, true) > 0);
	assert_int_equal(with_tag(&t, false), 1);
	says(&s, 1, TAGGED(BOB_TELLS));
	/* Answered, to who asked alone. */
	t.count = 0;
	says(&s, 0, TAGGED(ALICE_ASKS_BOB));
	assert_int_equal(with_tag(&t, true), 0);
	assert_int_equal(with_tag(&t, false), 1);
	assert_int_equal(t.frames[0].wire, HOST_WIRE);
	/* To the owner's RBridge alone. */
	t.count = 0;
	says(&s, 0, TAGGED(CAROL_PROBES));
	assert_int_equal(with_tag(&t, true), 1);
	assert_int_equal(with_tag(&t, false), 0);
	campus_free(s.c);
}

static void n_a_second_owner_is_told_of(void **state)
{
	struct stage s;

	(void)state;
	stage_set(&s);
	says(&s, 0, BOB_TELLS);
	says(&s, 0, ARP(ALL, CAROL, "0001", CAROL, IP_B, NONE, IP_B));
	assert_int_equal(s.arps, 1);
	assert_memory_equal(s.arp, &bob, MAC_LEN); /* to bob alone, from the RBridge */
	answer(&s);
	assert_int_equal(s.duplicates, 1);
	says(&s, 2, ALICE_ASKS_BOB);
	assert_int_equal(s.dp.count, 0);
	campus_free(s.c);
}

static void n_addresses_are_the_same_in_whatever_order_they_are_named(void **state)
{
	static const char *const text[] = {"192.0.2.1", "2001:db8::1", "192.0.2.2", "192.0.2.3"};
	struct ip_list a = {0}, b = {0};
	struct address ip[4];

	(void)state;
	for (unsigned int i = 0; i < 4; i++)
		assert_true(address_parse(&ip[i], text[i]));
	for (unsigned int i = 0; i < 3; i++) {
		ip_list_add(&a, &ip[i]);
		ip_list_add(&b, &ip[2 - i]);
	}
	assert_true(ip_list_equal(&a, &b));
	ip_list_remove(&b, &ip[0]);
	assert_false(ip_list_equal(&a, &b) || ip_list_equal(&b, &a));
	ip_list_add(&b, &ip[3]);
	assert_false(ip_list_equal(&a, &b) || ip_list_equal(&b, &a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(n_addresses_are_the_same_in_whatever_order_they_are_named),
		cmocka_unit_test(n_what_one_rbridge_hears_another_answers),
		cmocka_unit_test(n_arp_where_we_are_no_forwarder_is_counted_and_goes_nowhere),
		cmocka_unit_test(n_a_probe_goes_to_the_owner_alone),
		cmocka_unit_test(n_who_is_gone_is_asked_for_everywhere_again),
		cmocka_unit_test(n_an_address_flush_is_one_of_ip_addresses_too),
		cmocka_unit_test(n_an_rbridge_that_left_the_vlan_has_no_ip_addresses_there),
		cmocka_unit_test(n_who_leaves_a_vlan_knows_no_ip_addresses_there),
		cmocka_unit_test(n_what_an_agent_says_is_answered_until_it_leaves),
		cmocka_unit_test(n_an_address_that_is_no_longer_told_is_asked_for_everywhere),
		cmocka_unit_test(n_overloaded_questions_go_by_who_distributes_for_us),
		cmocka_unit_test(n_a_second_owner_is_told_of),
		cmocka_unit_test(n_what_goes_on_has_the_priority_that_it_came_with),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
