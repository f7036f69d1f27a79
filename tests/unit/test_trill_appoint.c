/* What a DRB can say in Hellos to those that lack E-L1CS, and who has the VLANs that it cannot:
 * items D and G of docs/trill.md, by RFC 8139 sections 2.1 and 2.2.1. */
#include "tests/unit/trill_campus.h"

#include "trill/codec/isis.h"
#include "trill/core/appoint.h"
#include "trill/core/hello.h"

#define LAST 400 /* of the VLANs that are looked at */

static struct appoint plan;
static struct hello_appointment said[VLAN_LAST];
static const struct appoint_mapping unmapped;

/* VLANs @first, @first + @step and so on up to LAST. */
static struct appoint_candidate candidate(
	uint16_t nickname, bool e_l1cs, unsigned int first, unsigned int step)
{
	struct appoint_candidate c = {.nickname = nickname, .end_stations = true, .e_l1cs = e_l1cs};

	for (unsigned int v = first; v <= LAST; v += step)
		vlan_set_add(&c.enabled, v);
	c.ports = c.enabled;
	return c;
}

/* A neighbour that obeys Hellos serves @vlan (RFC 8139 section 2.2.1). */
static bool obeys(const struct appoint_candidate *c, unsigned int count, unsigned int vlan)
{
	for (unsigned int i = 0; i < count; i++)
		if (said[i].nickname == c->nickname && said[i].start <= vlan && vlan <= said[i].end)
			return vlan_set_has(&c->ports, vlan);
	return false;
}

/* Each VLAN that anybody may have has one forwarder, and the neighbours in Hellos do what is
 * planned. Returns the number of ranges. */
static unsigned int assert_served(
	const struct appoint_candidate *c, unsigned int n, unsigned int max)
{
	unsigned int count = appoint_hello(&plan, c, n, said, max);

	for (unsigned int v = 1; v <= LAST; v++) {
		bool any = false;

		for (unsigned int i = 0; i < n; i++) {
			any |= c[i].end_stations && vlan_set_has(&c[i].enabled, v);
			if (i && !c[i].e_l1cs)
				assert_int_equal(
					obeys(&c[i], count, v), plan.to[v] == c[i].nickname);
		}
		if (any != (plan.to[v] != NICKNAME_NONE))
			fail_msg("VLAN %u: forwarder %04x", v, plan.to[v]);
	}
	return count;
}

static unsigned int served_by(uint16_t nickname)
{
	unsigned int count = 0;

	for (unsigned int v = 1; v <= LAST; v++)
		count += plan.to[v] == nickname;
	return count;
}

static void g_a_range_passes_over_what_the_appointed_has_not(void **state)
{
	struct appoint_candidate c[] = {
		candidate(0x1111, true, 1, 2), candidate(0x2222, false, 2, 2)};

	(void)state;
	appoint_init(&plan);
	appoint_plan(&plan, c, 2, &unmapped, 9);
	assert_int_equal(assert_served(c, 2, 9), 1);
	assert_int_equal(said[0].start, 2);
	assert_int_equal(said[0].end, LAST);
	vlan_set_add(&c[1].ports, 201); /* another port of it has one */
	assert_int_equal(assert_served(c, 2, 9), 2);
	assert_int_equal(said[0].end, 200);
	assert_int_equal(said[1].start, 202);
}

/* The DRB has each other VLAN, the neighbour all: it would have 200 ranges. */
static void g_from_where_hellos_are_full_one_neighbour_has_all_that_it_can(void **state)
{
	struct appoint_candidate c[] = {
		candidate(0x1111, true, 1, 2), candidate(0x2222, false, 1, 1)};
	struct appoint was;

	(void)state;
	appoint_init(&plan);
	appoint_plan(&plan, c, 2, &unmapped, 200);
	assert_int_equal(assert_served(c, 2, 200), 200);
	assert_int_equal(served_by(0x1111), 200);
	appoint_plan(&plan, c, 2, &unmapped, 10);
	assert_int_equal(assert_served(c, 2, 10), 10);
	assert_in_range(served_by(0x1111), 9, 11);
	was = plan;
	appoint_plan(&plan, c, 2, &unmapped, 10); /* no unnecessary changes */
	assert_memory_equal(was.to, plan.to, sizeof(was.to));
}

static void g_what_hellos_have_no_room_for_stays_with_those_that_need_none(void **state)
{
	struct appoint_candidate c[] = {candidate(0x1111, true, 1, 1),
		candidate(0x2222, false, 1, 2), candidate(0x3333, true, 1, 4)};

	(void)state;
	for (unsigned int v = 2; v <= LAST; v += 2)
		vlan_set_add(&c[1].ports, v); /* which it must not be appointed for */
	c[0].overloaded = true;
	appoint_init(&plan);
	appoint_plan(&plan, c, 2, &unmapped, 10);
	assert_int_equal(assert_served(c, 2, 10), 10);
	assert_int_equal(served_by(0x2222), 10);
	assert_int_equal(served_by(0x1111), LAST - 10); /* overloaded, and the only one */
	appoint_plan(&plan, c, 3, &unmapped, 10);
	assert_in_range(assert_served(c, 3, 10), 9, 10);
	assert_in_range(served_by(0x3333), 80, 100);
}

/* Of two neighbours that need Hellos the one that more VLANs have nobody else has the rest. */
static void g_the_neighbour_that_is_needed_most_has_the_rest(void **state)
{
	struct appoint_candidate c[] = {candidate(0x1111, true, 1, 4),
		candidate(0x2222, false, 1, 1), candidate(0x3333, false, 2, 8)};

	(void)state;
	c[1].overloaded = true;
	appoint_init(&plan);
	appoint_plan(&plan, c, 3, &unmapped, 20);
	assert_in_range(assert_served(c, 3, 20), 1, 20);
	assert_in_range(served_by(0x2222), 250, 399);
	c[1].end_stations = false; /* a trunk port */
	c[2] = candidate(0x3333, false, 1, 2);
	appoint_plan(&plan, c, 3, &unmapped, 20);
	assert_int_equal(assert_served(c, 3, 20), 20);
	assert_int_equal(served_by(0x2222), 0);
}

static void g_two_ports_of_a_neighbour_are_appointed_once(void **state)
{
	struct appoint_candidate c[] = {candidate(0x1111, true, 1, 9),
		candidate(0x2222, false, 2, 2), candidate(0x2222, false, 3, 2)};

	(void)state;
	for (unsigned int w = 0; w < 64; w++)
		c[1].ports.bits[w] |= c[2].ports.bits[w];
	c[2].ports = c[1].ports;
	appoint_init(&plan);
	appoint_plan(&plan, c, 3, &unmapped, 99);
	assert_int_equal(appoint_hello(&plan, c, 3, said, 99), 45);
	appoint_plan(&plan, c, 3, &unmapped, 20);
	assert_in_range(appoint_hello(&plan, c, 3, said, 99), 19, 20);
}

/* Appointments, the VLANs that are enabled, BFD, the longest digest, and a full TLV of neighbours.
 */
static void d_all_that_a_hello_has_to_say_fits(void **state)
{
	struct isis_key *key = isis_key_new(ISIS_AUTH_HMAC_SHA512, 7, "secret", 6);
	struct mac listed = {{0}};
	struct adjacency_table t;
	struct vlan_set all = {.bits = {2}};

	(void)state;
	assert_true(adjacency_init(&t, true, 100));
	for (uint8_t i = 0; i < 100; i++)
		t.rows[t.count++] = (struct adjacency){
			.key.mac = {{0, 0, 0x5e, 0, 0x53, i}}, .designated_until = {.ns = 9}};
	for (unsigned int pass = 0; pass < 2; pass++) {
		struct hello_ours o = {.flags = {.outer_vlan = 2, .designated_vlan = 2},
			.designated = 2,
			.enabled = &all,
			.appointments = said,
			.appointment_count = hello_appointments_max(&all),
			.neighbors = &t,
			.listed = &listed,
			.bfd = true,
			.key = key};
		uint8_t out[ISIS_MAX_HELLO];

		assert_in_range(o.appointment_count, pass ? 87 : 160, pass ? 100 : 180);
		listed = (struct mac){{0}};
		assert_in_range(hello_write(out, sizeof(out), &o), 1400, 1470);
		assert_in_range(listed.bytes[5], 27, 28);
		vlan_set_add_range(&all, 1, VLAN_LAST);
	}
	adjacency_fini(&t);
	isis_key_free(key);
}

/* ---- a link ---- */

static struct vlan_set enabled[2];

static void enabled_set(struct rbridge_port_config *config, unsigned int node, uint16_t port)
{
	(void)port;
	config->enabled = enabled[node];
	vlan_set_clear(&config->announcing);
}

/* Node 1, the DRB, hears of node 0 that it takes no FS-LSPs of the link; it sends none. */
static void legacy(
	void *arg, struct campus_node_sim *node, uint16_t port, const uint8_t *frame, size_t len)
{
	size_t head = frame[12] == 0x81 ? 18 : 14;
	unsigned int type = frame[head + 4] & 31;
	uint8_t bytes[2000];

	(void)arg;
	if (type == ISIS_FS_LSP || type == ISIS_FS_CSNP || type == ISIS_FS_PSNP)
		return;
	memcpy(bytes, frame, len);
	for (size_t i = head; node->number == 1 && type == ISIS_LAN_IIH && i + 4 <= len; i++)
		if (bytes[i] == 0xf3 && bytes[i + 1] == 2 && bytes[i + 2] == 0x40)
			bytes[i] = 0xfa;
	rbridge_frame(node->rb, port, bytes, len, node->campus->now);
}

/* Each VLAN that a port has is one node's; the link stands, and no Hello was too long. */
static void assert_shared(const struct virtual_campus *c)
{
	const struct vlan_set *a = &rbridge_port_vlans(c->nodes[0].rb, 0)->appointed;
	const struct vlan_set *b = &rbridge_port_vlans(c->nodes[1].rb, 0)->appointed;

	assert_true(rbridge_is_drb(c->nodes[1].rb, 0));
	for (unsigned int n = 0; n < 2; n++) {
		const struct adjacency_table *t = rbridge_adjacencies(c->nodes[n].rb, 0);

		assert_int_equal(t->count, 1);
		assert_int_equal(t->rows[0].state, ADJACENCY_REPORT);
		assert_int_equal(rbridge_counters(c->nodes[n].rb, 0)->unwritten, 0);
	}
	for (unsigned int v = 1; v <= VLAN_LAST; v++)
		if (vlan_set_has(a, v) + vlan_set_has(b, v) !=
			(vlan_set_has(&enabled[0], v) || vlan_set_has(&enabled[1], v)))
			fail_msg("VLAN %u: %d and %d", v, vlan_set_has(a, v), vlan_set_has(b, v));
}

static void link_of(
	unsigned int first0, unsigned int step0, unsigned int first1, unsigned int step1)
{
	struct campus_options options = lan;
	struct virtual_campus *c;

	options.native = true;
	options.port = enabled_set;
	enabled[0] = enabled[1] = (struct vlan_set){.bits = {2}}; /* VLAN 1 */
	for (unsigned int v = first0; v <= VLAN_LAST; v += step0)
		vlan_set_add(&enabled[0], v);
	for (unsigned int v = first1; v <= VLAN_LAST; v += step1)
		vlan_set_add(&enabled[1], v);
	c = campus_of(2, &options);
	wire(c, 0, 1, &options);
	c->receive = legacy;
	campus_run_ms(c, 120000);
	assert_shared(c);
	rbridge_overload(c->nodes[1].rb, true, c->now);
	campus_run_ms(c, 120000);
	assert_shared(c);
	rbridge_overload(c->nodes[1].rb, false, c->now);
	campus_run_ms(c, 120000);
	assert_shared(c);
	campus_free(c);
}

static void g_no_vlan_of_a_link_with_a_legacy_neighbour_is_without_forwarder(void **state)
{
	(void)state;
	link_of(2, 2, 3, 2); /* each has others */
	link_of(2, 2, 1, 1); /* the DRB has all */
	link_of(1, 1, 3, 2); /* the neighbour has all */
	link_of(1, 1, 1, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(g_a_range_passes_over_what_the_appointed_has_not),
		cmocka_unit_test(g_from_where_hellos_are_full_one_neighbour_has_all_that_it_can),
		cmocka_unit_test(g_what_hellos_have_no_room_for_stays_with_those_that_need_none),
		cmocka_unit_test(g_the_neighbour_that_is_needed_most_has_the_rest),
		cmocka_unit_test(g_two_ports_of_a_neighbour_are_appointed_once),
		cmocka_unit_test(d_all_that_a_hello_has_to_say_fits),
		cmocka_unit_test(g_no_vlan_of_a_link_with_a_legacy_neighbour_is_without_forwarder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
