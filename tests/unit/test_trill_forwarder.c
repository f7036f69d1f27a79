/* Appointed forwarders, their inhibition, and VLAN mapping: item G of docs/trill.md, by RFC 8139
 * and RFC 6325 section 4.4.5. */
#include "tests/unit/trill_test.h"

#include "trill/core/forwarder.h"

#define HEAD "83 1B 01 06 0F 01 00 01 01 000000000002 001E %04zx 40 00000000000201 01 02 01 00"
#define LSP_HEAD                                                                                   \
	"83 1B 01 06 0A 01 00 40 %04zx 04B0 000000000002 00 00 00000001 0001 01" /* E-L1CS */

#define RANGES 99 /* in a Hello */

static struct forwarder f;
static const struct mac sa = {{0, 0, 0x5e, 0, 0x53, 2}}, other_sa = {{0, 0, 0x5e, 0, 0x53, 3}};
static const struct adjacency_key winner = {
	{{0, 0, 0x5e, 0, 0x53, 2}}, 0x0123, {{0, 0, 0, 0, 0, 2}}};
static uint8_t pdu_bytes[2048];

static struct mono at_s(uint64_t s)
{
	return mono_add_s((struct mono){1}, s);
}

static struct forwarder_config config_of(unsigned int first, unsigned int last)
{
	struct forwarder_config c = {.system = {{0, 0, 0, 0, 0, 1}},
		.nicknames = {0x1111},
		.nickname_count = 1,
		.end_stations = true,
		.holding_s = 30,
		.root_change_s = 30};

	vlan_set_add_range(&c.enabled, first, last);
	return c;
}

/* Enabled for VLANs 1 to 20; the port of system 2 has won. */
static void not_drb(void)
{
	struct forwarder_config c = config_of(1, 20);

	forwarder_init(&f, &c);
	forwarder_drb(&f, &winner, at_s(0));
}

static void pdu_of(struct isis_pdu *p, const char *head, size_t head_len, const char *rest)
{
	struct wire_fault fault;
	uint8_t more[1024];
	char text[4096], first[256];
	size_t n = hex(more, sizeof(more), rest), len;

	/* NOLINTNEXTLINE: one of the two heads above */
	snprintf(first, sizeof(first), head, head_len + n);
	snprintf(text, sizeof(text), "%s %s", first, rest);
	len = hex(pdu_bytes, sizeof(pdu_bytes), text);
	assert_error(isis_parse(pdu_bytes, len, p, &fault), 0);
}

/* A Hello of system 2 with TLV 143 (sub-TLV 1 in front) of holding time 30 s. */
static void hello(const char *capability, const struct mac *from, uint16_t vlan, uint64_t s)
{
	const struct hello_port port = {.mac = {{0, 0, 0x5e, 0, 0x53, 0x10}}};
	struct isis_pdu p;
	struct hello h;

	pdu_of(&p, HEAD, 31, capability);
	assert_int_equal(hello_check(&p, &port, &h), HELLO_TAKEN);
	forwarder_hello(&f, &p, &h, from, vlan, at_s(s));
}

/* Port 0x0123, nickname 0x2222, sent on VLAN 1, Designated VLAN 1; then more of TLV 143. */
#define PLAIN   "8F 0C 0000 01 08 0123 2222 0001 0001"
#define APPOINT "8F 14 0000 01 08 0123 2222 0001 0001 03 06 "

/* What rbridge_native tells the data plane: appointed, and not inhibited. */
static bool passes(uint16_t vlan, struct mono now)
{
	return vlan_set_has(&f.appointed, vlan) && !forwarder_inhibited(&f, vlan, now);
}

static void g_a_hello_of_the_winning_port_appoints(void **state)
{
	not_drb();
	hello(APPOINT "1111 0005 0007", &other_sa, 1, 1); /* not from it */
	assert_true(vlan_set_is_empty(&f.appointed));
	hello("8F 14 0000 01 08 0124 2222 0001 0001 03 06 1111 0005 0007", &sa, 1, 1);
	assert_true(vlan_set_is_empty(&f.appointed)); /* another port of it */
	hello(APPOINT "1111 0005 0007", &sa, 1, 1);
	assert_int_equal(vlan_set_count(&f.appointed), 3);
	assert_true(passes(6, at_s(1)));
	assert_false(vlan_set_has(&f.appointed, 8));
}

static void g_a_hello_has_the_complete_set_and_none_is_no_change(void **state)
{
	not_drb();
	hello(APPOINT "1111 0005 0007", &sa, 1, 1);
	hello(PLAIN, &sa, 1, 2);
	assert_int_equal(vlan_set_count(&f.appointed), 3);
	hello(APPOINT "1111 0007 0008", &sa, 1, 3);
	assert_false(vlan_set_has(&f.appointed, 5));
	assert_true(vlan_set_has(&f.appointed, 8));
	hello(APPOINT "2222 0001 0001", &sa, 1, 4); /* the DRB itself, and so nobody else */
	assert_true(vlan_set_is_empty(&f.appointed));
}

static void g_vlans_that_are_not_enabled_are_not_kept(void **state)
{
	struct forwarder_config c = config_of(1, 40);

	not_drb();
	hello(APPOINT "1111 0000 0FFF", &sa, 1, 1);
	assert_int_equal(vlan_set_count(&f.appointed), 20);
	forwarder_configure(&f, &c, at_s(2));
	assert_int_equal(vlan_set_count(&f.appointed), 20); /* not by being enabled later */
	c = config_of(1, 4);
	forwarder_configure(&f, &c, at_s(3));
	c = config_of(1, 20);
	forwarder_configure(&f, &c, at_s(4));
	assert_int_equal(vlan_set_count(&f.appointed), 4);
	c.end_stations = false; /* a trunk port */
	forwarder_configure(&f, &c, at_s(5));
	assert_true(vlan_set_is_empty(&f.appointed));
	hello(APPOINT "1111 0001 0004", &sa, 1, 6);
	assert_true(vlan_set_is_empty(&f.appointed));
	c.end_stations = true;
	forwarder_configure(&f, &c, at_s(7));
	assert_true(vlan_set_is_empty(&f.appointed));
}

static void scope(const char *tlvs)
{
	struct forwarder_scope s = {0};
	struct isis_pdu p;

	pdu_of(&p, LSP_HEAD, 27, tlvs);
	forwarder_scope_read(&f, &p, &s);
	forwarder_scope_set(&f, &s);
}

/* GENINFO, flags 0, application 1. */
#define GENINFO(len) "00FB 00" len " 00 0001 "

static void g_e_l1cs_appoints_by_map_and_list(void **state)
{
	not_drb();
	scope(GENINFO("0C") "0011 0005 1111 0002 A0" /* VLANs 2 and 4 */);
	assert_int_equal(vlan_set_count(&f.appointed), 2);
	assert_true(vlan_set_has(&f.appointed, 2) && vlan_set_has(&f.appointed, 4));
	scope(GENINFO("0D") "0012 0006 1111 F007 000A"); /* reserved bits are ignored */
	assert_true(vlan_set_has(&f.appointed, 7) && vlan_set_has(&f.appointed, 10));
	assert_int_equal(vlan_set_count(&f.appointed), 2);
	scope(GENINFO("0D") "0012 0006 1111 0007 0015"); /* VLAN 21 is not enabled */
	assert_int_equal(vlan_set_count(&f.appointed), 1);
	scope(GENINFO("0D") "0012 0006 3333 0007 000A"); /* somebody else */
	assert_true(vlan_set_is_empty(&f.appointed));
	scope(GENINFO("0C") "0012 0005 1111 0007 00"); /* odd: corrupt */
	assert_true(vlan_set_is_empty(&f.appointed));
	scope(GENINFO("0A") "0011 0003 1111 00"); /* below 4: corrupt */
	assert_true(vlan_set_is_empty(&f.appointed));
}

static void g_a_bit_map_revokes_what_hellos_appointed(void **state)
{
	not_drb();
	hello(APPOINT "1111 0001 000C", &sa, 1, 1);
	scope(GENINFO("0C") "0011 0005 1111 0002 A0"); /* of VLANs 2 to 9 */
	assert_true(vlan_set_has(&f.appointed, 1) && vlan_set_has(&f.appointed, 10));
	assert_true(vlan_set_has(&f.appointed, 2) && vlan_set_has(&f.appointed, 4));
	assert_false(vlan_set_has(&f.appointed, 3) || vlan_set_has(&f.appointed, 9));
	scope(GENINFO("0B") "0012 0004 1111 0002"); /* a list revokes nothing */
	assert_true(vlan_set_has(&f.appointed, 3));
}

/* Section 2.2, case 3. */
static void g_another_winner_ends_hello_appointments(void **state)
{
	struct adjacency_key next = winner;

	not_drb();
	hello(APPOINT "1111 0005 0007", &sa, 1, 1);
	scope(GENINFO("0B") "0012 0004 1111 0002");
	next.port_id++;
	forwarder_drb(&f, &next, at_s(2)); /* b: another port of the same RBridge */
	assert_int_equal(vlan_set_count(&f.appointed), 1);
	assert_true(vlan_set_has(&f.appointed, 2));
	forwarder_drb(&f, &next, at_s(2)); /* 4: no change */
	assert_int_equal(vlan_set_count(&f.appointed), 1);
	next.system.bytes[5]++;
	forwarder_drb(&f, &next, at_s(3)); /* a */
	assert_true(vlan_set_is_empty(&f.appointed));
}

static void g_who_becomes_drb_is_inhibited_for_a_holding_time(void **state)
{
	not_drb();
	assert_false(vlan_set_has(&f.appointed, 5));
	forwarder_drb(&f, NULL, at_s(10));
	assert_int_equal(vlan_set_count(&f.appointed), 20);
	assert_true(vlan_set_has(&f.appointed, 5) && !passes(5, at_s(10)));
	forwarder_drb(&f, NULL, at_s(20)); /* it still is: the timer is as it was */
	assert_true(forwarder_next(&f).ns == at_s(40).ns);
	assert_true(vlan_set_has(&f.appointed, 5) && !passes(5, at_s(39)));
	assert_true(passes(5, at_s(40)));
	assert_true(forwarder_time(&f, at_s(40)));
	assert_true(forwarder_next(&f).ns == MONO_NEVER.ns);
	forwarder_drb(&f, &winner, at_s(50));
	forwarder_drb(&f, NULL, at_s(60));
	forwarder_drb(&f, &winner, at_s(61)); /* item 3 */
	assert_false(forwarder_inhibited(&f, 5, at_s(62)));
	assert_true(vlan_set_is_empty(&f.appointed));
}

static void g_a_drb_ignores_what_it_was_appointed_before(void **state)
{
	struct forwarder_config c = config_of(1, 20);

	not_drb();
	hello(APPOINT "1111 0005 0007", &sa, 1, 1);
	scope(GENINFO("0B") "0012 0004 1111 0002");
	forwarder_drb(&f, NULL, at_s(2));
	hello(APPOINT "1111 0005 0007", &sa, 1, 3); /* from the old one */
	forwarder_drb(&f, &winner, at_s(4));
	assert_true(vlan_set_is_empty(&f.appointed));
	c.end_stations = false;
	forwarder_drb(&f, NULL, at_s(5));
	forwarder_configure(&f, &c, at_s(6));
	assert_true(vlan_set_is_empty(&f.appointed)); /* a trunk port, DRB or not */
}

/* Section 3, item 4: the AF flag; 0x8000 of sub-TLV 1. */
static void g_a_hello_of_a_forwarder_inhibits_its_vlan(void **state)
{
	not_drb();
	hello(APPOINT "1111 0001 0014", &sa, 1, 0);
	hello("8F 0C 0000 01 08 0123 3333 8005 0001", &other_sa, 5, 0);
	assert_true(vlan_set_has(&f.appointed, 5) && !passes(5, at_s(29)));
	assert_true(passes(6, at_s(29)));
	hello("8F 0C 0000 01 08 0123 3333 0005 0001", &other_sa, 5, 10); /* no forwarder */
	assert_false(forwarder_inhibited(&f, 5, at_s(30)));
	hello("8F 0C 0000 01 08 0123 3333 8005 0001", &other_sa, 5, 20);
	assert_true(vlan_set_has(&f.appointed, 5) && !passes(5, at_s(49)));
	assert_true(passes(5, at_s(50)));
}

static void g_a_mapped_hello_inhibits_both_vlans_and_keeps_the_longer_time(void **state)
{
	not_drb();
	f.vlan_until[5] = at_s(100);
	hello("8F 0C 0000 01 08 0123 3333 8005 0001", &other_sa, 6, 0);
	assert_true(forwarder_inhibited(&f, 5, at_s(99)));
	assert_true(forwarder_inhibited(&f, 6, at_s(29)));
	assert_false(forwarder_inhibited(&f, 6, at_s(30)));
	assert_false(forwarder_inhibited(&f, 7, at_s(1)));
	hello("8F 0C 0000 01 08 0123 3333 8008 0001", &other_sa, 9, 0);
	assert_true(forwarder_inhibited(&f, 8, at_s(29)) && forwarder_inhibited(&f, 9, at_s(29)));
}

/* Section 4: the sender appoints itself (sub-TLV 3), or lists VLANs (sub-TLV 8). */
static void g_hello_reduction_inhibits_the_vlans_listed(void **state)
{
	not_drb();
	hello("8F 14 0000 01 08 0123 3333 0001 0001 03 06 3333 0005 0006", &other_sa, 1, 0);
	assert_true(forwarder_inhibited(&f, 5, at_s(29)) && forwarder_inhibited(&f, 6, at_s(29)));
	hello("8F 14 0000 01 08 0123 3333 0001 0001 03 06 4444 0008 0008", &other_sa, 1, 0);
	assert_false(forwarder_inhibited(&f, 8, at_s(1)));
	hello("8F 14 0000 01 08 0123 3333 0001 8001 03 06 3333 0009 0009", &other_sa, 1, 0);
	assert_false(forwarder_inhibited(&f, 9, at_s(1))); /* a trunk port serves none */
	hello("8F 11 0000 01 08 0123 3333 0001 0001 08 03 000A A0", &other_sa, 1, 0);
	assert_true(forwarder_inhibited(&f, 10, at_s(1)) && forwarder_inhibited(&f, 12, at_s(1)));
	assert_false(forwarder_inhibited(&f, 11, at_s(1)));
}

static void g_a_vlan_that_is_enabled_is_inhibited_for_a_holding_time(void **state)
{
	struct forwarder_config c = config_of(1, 21);

	not_drb();
	forwarder_configure(&f, &c, at_s(10));
	assert_true(forwarder_inhibited(&f, 21, at_s(39)));
	assert_false(forwarder_inhibited(&f, 21, at_s(40)));
	assert_false(forwarder_inhibited(&f, 20, at_s(10)));
}

static void g_another_root_bridge_inhibits_for_30_s(void **state)
{
	static const uint8_t root1[8] = {0x80, 0, 0, 0, 0x5e, 0, 0x53, 1};
	static const uint8_t again[8] = {0x40, 0, 0, 0, 0x5e, 0, 0x53, 1};
	static const uint8_t root2[8] = {0x40, 0, 0, 0, 0x5e, 0, 0x53, 2};
	struct forwarder_config c = config_of(1, 20);

	not_drb();
	forwarder_root_bridge(&f, root1, at_s(0));
	forwarder_root_bridge(&f, again, at_s(0)); /* section 3.2.2 */
	assert_false(forwarder_inhibited(&f, 5, at_s(0)));
	forwarder_root_bridge(&f, root2, at_s(10));
	forwarder_root_bridge(&f, root2, at_s(20));
	assert_true(forwarder_inhibited(&f, 5, at_s(39)));
	assert_false(forwarder_inhibited(&f, 5, at_s(40)));
	c.root_change_s = 200; /* at most 30 */
	forwarder_configure(&f, &c, at_s(50));
	forwarder_root_bridge(&f, root1, at_s(50));
	assert_false(forwarder_inhibited(&f, 5, at_s(80)));
	c.root_change_s = 0;
	forwarder_configure(&f, &c, at_s(90));
	forwarder_root_bridge(&f, root2, at_s(90));
	assert_false(forwarder_inhibited(&f, 5, at_s(90)));
}

static void g_ports_of_one_link_get_the_longer_timers(void **state)
{
	static struct forwarder b;

	not_drb();
	b = f;
	f.vlan_until[5] = at_s(10);
	vlan_set_add(&f.running, 5);
	b.vlan_until[5] = at_s(20);
	b.root_until = at_s(5);
	f.drb_until = at_s(7);
	forwarder_merge(&f, &b);
	assert_true(f.vlan_until[5].ns == at_s(20).ns && b.vlan_until[5].ns == at_s(20).ns);
	assert_true(f.root_until.ns == at_s(5).ns && b.drb_until.ns == at_s(7).ns);
	assert_true(vlan_set_has(&b.running, 5));
}

static struct appoint_candidate neighbor(
	uint16_t nickname, unsigned int first, unsigned int last, bool e_l1cs)
{
	struct appoint_candidate c = {.nickname = nickname, .end_stations = true, .e_l1cs = e_l1cs};

	vlan_set_add_range(&c.enabled, first, last);
	c.ports = c.enabled;
	return c;
}

static void drb(void)
{
	struct forwarder_config c = config_of(1, 20);

	forwarder_init(&f, &c);
	forwarder_drb(&f, NULL, at_s(0));
}

static void g_the_drb_serves_its_vlans_and_gives_others_away(void **state)
{
	struct appoint_candidate c[] = {
		neighbor(0x2222, 10, 30, true), neighbor(0x3333, 15, 40, true)};

	drb();
	assert_true(forwarder_plan(&f, c, 2, false, RANGES, at_s(0)));
	assert_int_equal(f.plan.to[20], 0x1111);
	assert_int_equal(f.plan.to[21], 0x2222);
	assert_int_equal(f.plan.to[40], 0x3333);
	assert_int_equal(f.plan.to[41], NICKNAME_NONE);
	assert_int_equal(vlan_set_count(&f.appointed), 20);
	assert_false(forwarder_plan(&f, c, 2, false, RANGES, at_s(0)));
	/* it is lost: others take over at once (section 2) */
	assert_true(forwarder_plan(&f, c + 1, 1, false, RANGES, at_s(0)));
	assert_int_equal(f.plan.to[21], 0x3333);
	/* and it comes back: no unnecessary changes */
	assert_false(forwarder_plan(&f, c, 2, false, RANGES, at_s(0)) && f.plan.to[21] != 0x3333);
	assert_int_equal(f.plan.to[21], 0x3333);
	c[1].end_stations = false;
	forwarder_plan(&f, c, 2, false, RANGES, at_s(0));
	assert_int_equal(f.plan.to[21], 0x2222);
}

static void g_an_rbridge_in_overload_is_not_appointed_if_there_is_another(void **state)
{
	struct appoint_candidate c = neighbor(0x2222, 10, 30, true);

	drb();
	forwarder_plan(&f, &c, 1, true, RANGES, at_s(0)); /* we are in overload */
	assert_int_equal(f.plan.to[9], 0x1111);           /* unavoidable */
	assert_int_equal(f.plan.to[10], 0x2222);
	assert_int_equal(vlan_set_count(&f.appointed), 9);
	c.overloaded = true;
	forwarder_plan(&f, &c, 1, false, RANGES, at_s(0));
	assert_int_equal(f.plan.to[10], 0x1111);
	assert_int_equal(f.plan.to[30], 0x2222);
}

static void g_mapped_vlans_have_one_forwarder(void **state)
{
	struct appoint_candidate c = neighbor(0x2222, 10, 30, true);

	drb();
	forwarder_plan(&f, &c, 1, false, RANGES, at_s(0));
	assert_int_equal(f.plan.to[25], 0x2222);
	/* sent in VLAN 20, received in 25 */
	hello("8F 0C 0000 01 08 0123 2222 0014 0001", &sa, 25, 0);
	assert_true(forwarder_mapping_seen(&f, at_s(59)));
	assert_true(forwarder_plan(&f, &c, 1, false, RANGES, at_s(0)));
	assert_int_equal(f.plan.to[20], 0x2222); /* who serves both */
	assert_int_equal(f.plan.to[25], 0x2222);
	assert_int_equal(f.plan.to[19], 0x1111);
	/* 25 with 5, which 0x2222 does not serve: 20 and 25, and nobody else 5 */
	hello("8F 0C 0000 01 08 0123 2222 0019 0001", &sa, 5, 0);
	forwarder_plan(&f, &c, 1, false, RANGES, at_s(0));
	assert_int_equal(f.plan.to[20] == 0x1111, f.plan.to[5] == 0x1111);
	assert_true(f.plan.to[25] != 0x2222 || f.plan.to[5] == NICKNAME_NONE);
	/* two of our Holding Times later */
	assert_false(forwarder_mapping_seen(&f, at_s(60)));
	assert_true(forwarder_time(&f, at_s(60)));
	assert_true(forwarder_plan(&f, &c, 1, false, RANGES, at_s(60)));
	assert_int_equal(f.plan.to[5], 0x1111);
	assert_int_equal(f.plan.to[25], 0x2222);
}

static void g_a_neighbour_that_saw_mapping_makes_one_forwarder_for_all(void **state)
{
	struct appoint_candidate c = neighbor(0x2222, 10, 30, true);

	drb();
	forwarder_plan(&f, &c, 1, false, RANGES, at_s(0));
	hello("8F 0C 0000 01 08 0123 2222 2001 0001", &sa, 1, 0); /* VM */
	assert_false(forwarder_mapping_seen(&f, at_s(0)));        /* not by us */
	forwarder_plan(&f, &c, 1, false, RANGES, at_s(0));
	for (unsigned int v = 1; v <= VLAN_LAST; v++)
		assert_int_equal(f.plan.to[v], v >= 10 && v <= 30 ? 0x2222 : NICKNAME_NONE);
	forwarder_time(&f, at_s(30));
	forwarder_plan(&f, &c, 1, false, RANGES, at_s(30));
	assert_int_equal(f.plan.to[5], 0x1111);
}

static void g_appointments_go_in_hellos_to_those_without_e_l1cs(void **state)
{
	struct appoint_candidate c[] = {neighbor(0x1111, 1, 20, true),
		neighbor(0x2222, 21, 30, true), neighbor(0x3333, 15, 40, false)};
	struct hello_appointment a[8];

	drb();
	forwarder_plan(&f, c + 1, 1, false, RANGES, at_s(0));
	assert_int_equal(appoint_hello(&f.plan, c, 2, a, 8), 0); /* never any */
	vlan_set_remove(&c[2].enabled, 35);
	forwarder_plan(&f, c + 1, 2, false, RANGES, at_s(0));
	assert_int_equal(appoint_hello(&f.plan, c, 3, a, 8), 2);
	assert_int_equal(a[0].nickname, 0x3333);
	assert_int_equal(a[0].start, 31);
	assert_int_equal(a[0].end, 34);
	assert_int_equal(a[1].start, 36);
	assert_int_equal(a[1].end, 40);
	/* it goes: what it was told is taken back by an appointment of ourselves */
	forwarder_plan(&f, c + 1, 1, false, RANGES, at_s(0));
	assert_int_equal(appoint_hello(&f.plan, c, 2, a, 8), 1);
	assert_int_equal(a[0].nickname, 0x1111);
	assert_int_equal(a[0].start, 1);
	assert_int_equal(a[0].end, 1);
}

/* Others take it for a VLAN that we serve, and are silent in it (sections 2.1 and 4). */
static void g_what_takes_appointments_back_names_no_vlan_of_another(void **state)
{
	struct appoint_candidate c[] = {
		neighbor(0x1111, 1, 20, true), neighbor(0x3333, 1, 40, false)};
	struct hello_appointment a[8];

	drb();
	f.config.end_stations = false; /* a trunk port */
	forwarder_plan(&f, c + 1, 1, false, RANGES, at_s(0));
	assert_int_equal(appoint_hello(&f.plan, c, 2, a, 8), 1);
	assert_int_equal(a[0].nickname, 0x3333);
	c[1].e_l1cs = true;
	forwarder_plan(&f, c + 1, 1, false, RANGES, at_s(0));
	assert_int_equal(appoint_hello(&f.plan, c, 2, a, 8), 1);
	assert_int_equal(a[0].nickname, 0x1111);
	assert_int_equal(a[0].start, 41);
	assert_int_equal(a[0].end, 41);
}

static void g_appointments_go_out_in_e_l1cs(void **state)
{
	struct appoint_candidate c = neighbor(0x2222, 21, 22, true);
	WRITER(w);

	drb();
	vlan_set_add(&c.enabled, 28);
	forwarder_plan(&f, &c, 1, false, RANGES, at_s(0));
	appoint_scope_put(&f.plan, 0x3333, &w);
	assert_bytes(w.buf, w.pos, "");
	appoint_scope_put(&f.plan, 0x2222, &w);
	assert_bytes(w.buf, w.pos, "0011 0005 2222 0015 C1");
}

static unsigned int gained, lost;

static void on_changed(void *arg, uint16_t vlan, bool appointed)
{
	gained += appointed;
	lost += !appointed;
}

static void g_what_changes_is_told_once(void **state)
{
	not_drb();
	f.changed = on_changed;
	gained = lost = 0;
	hello(APPOINT "1111 0005 0007", &sa, 1, 1);
	hello(APPOINT "1111 0005 0007", &sa, 1, 2);
	assert_int_equal(gained, 3);
	hello(APPOINT "1111 0006 0008", &sa, 1, 3);
	assert_int_equal(gained, 4);
	assert_int_equal(lost, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(g_a_hello_of_the_winning_port_appoints),
		cmocka_unit_test(g_a_hello_has_the_complete_set_and_none_is_no_change),
		cmocka_unit_test(g_vlans_that_are_not_enabled_are_not_kept),
		cmocka_unit_test(g_e_l1cs_appoints_by_map_and_list),
		cmocka_unit_test(g_a_bit_map_revokes_what_hellos_appointed),
		cmocka_unit_test(g_another_winner_ends_hello_appointments),
		cmocka_unit_test(g_who_becomes_drb_is_inhibited_for_a_holding_time),
		cmocka_unit_test(g_a_drb_ignores_what_it_was_appointed_before),
		cmocka_unit_test(g_a_hello_of_a_forwarder_inhibits_its_vlan),
		cmocka_unit_test(g_a_mapped_hello_inhibits_both_vlans_and_keeps_the_longer_time),
		cmocka_unit_test(g_hello_reduction_inhibits_the_vlans_listed),
		cmocka_unit_test(g_a_vlan_that_is_enabled_is_inhibited_for_a_holding_time),
		cmocka_unit_test(g_another_root_bridge_inhibits_for_30_s),
		cmocka_unit_test(g_ports_of_one_link_get_the_longer_timers),
		cmocka_unit_test(g_the_drb_serves_its_vlans_and_gives_others_away),
		cmocka_unit_test(g_an_rbridge_in_overload_is_not_appointed_if_there_is_another),
		cmocka_unit_test(g_mapped_vlans_have_one_forwarder),
		cmocka_unit_test(g_a_neighbour_that_saw_mapping_makes_one_forwarder_for_all),
		cmocka_unit_test(g_appointments_go_in_hellos_to_those_without_e_l1cs),
		cmocka_unit_test(g_what_takes_appointments_back_names_no_vlan_of_another),
		cmocka_unit_test(g_appointments_go_out_in_e_l1cs),
		cmocka_unit_test(g_what_changes_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
