/* The BPF programs and user space: what goes up through the hold tap and comes down again, what is
 * sent on, and which instance it stays in. Needs root and BPF. */
#include <linux/virtio_net.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bpf/bpf.h>

#include "tests/netns/xtr_bpf.h"

static void an_instance_does_not_reach_anothers_eids(void **state)
{
	struct world *w = world_of(state);
	struct frame in = tunnelled(4, 0, 64, "08 00 00 00 00 00 07 00", BACK4_64 UDP_TEXT);

	hostile(w, &in, "drop_not_local"); /* [7]10.1.0.2 is nobody's, [0]10.1.0.2 is here */
	entry(w, "[7]10.1.0.2/32", DATAPATH_LOCAL, NULL, false, false);
	assert_int_equal(
		run(w, "core_ingress", w->core, &in).verdict, DROP); /* but 7 has no port */
	assert_int_equal(counted(w, "drop_instance"), 1);
	forget(w, "[7]10.1.0.2/32");
}

/* The route to 10.1.0.2 leads out of a port of instance 0, whatever 7 believes. */
static void an_instance_does_not_leave_by_anothers_port(void **state)
{
	struct world *w = world_of(state);
	struct datapath_bpf_port other = {.role = DATAPATH_SITE, .mode = DATAPATH_XDP, .iid = 7};
	struct frame in = tunnelled(4, 0, 64, "08 00 00 00 00 00 07 00", BACK4_64 UDP_TEXT), out;

	other.ifindex = (int)if_nametoindex("host");
	assert_int_equal(datapath_bpf_port_add(w->bpf, &other), 0);
	entry(w, "[7]10.1.0.2/32", DATAPATH_LOCAL, NULL, false, false);
	assert_int_equal(run(w, "core_ingress", w->core, &in).verdict, DROP);
	assert_int_equal(counted(w, "drop_instance"), 1);
	out = run(w, "xdp_core", w->core, &in); /* up, for tc to drop */
	assert_int_equal(out.verdict, 2 /* XDP_PASS */);
	/* The kernel's own ICMP would be routed by the core port: user space writes it. */
	in = tunnelled(4, 0, 1, "08 00 00 00 00 00 07 00", BACK4_64 UDP_TEXT);
	out = run(w, "core_ingress", w->core, &in);
	assert_tag(&out, CONTRACT_UP_TTL, 7, 0, 0x0202); /* ... of 192.0.2.2 */
	assert_int_equal(out.bytes[7], 1);               /* from the core */
	forget(w, "[7]10.1.0.2/32");
	assert_int_equal(datapath_bpf_port_del(w->bpf, other.ifindex), 0);
	counted(w, "decap");
}

static void what_was_held_goes_natively_by_its_own_port(void **state)
{
	struct world *w = world_of(state);
	struct frame in = hex(SITE_MAC HOST_MAC "08 00" INNER4_64 UDP_TEXT), up, out;
	int tap = datapath_load_tap_ifindex(w->load);

	entry(w, "10.2.0.0/16", DATAPATH_NONE, NULL, true, false);
	up = run(w, "site_ingress", w->site, &in);
	assert_tag(&up, CONTRACT_UP_HELD, 0, 0, w->site);
	entry(w, "10.2.0.0/16", DATAPATH_NATIVE, NULL, false, false);
	out = run(w, "tap_ingress", tap, &up);
	assert_int_equal(out.verdict, REDIRECT);
	assert_frame(&out, SITE_MAC SITE_MAC "08 00" INNER4_64 UDP_TEXT);
	/* From another instance's port, or the core's, it has no way out. */
	entry(w, "[7]10.2.0.0/16", DATAPATH_NATIVE, NULL, false, false);
	up.bytes[3] = 7;
	assert_int_equal(run(w, "tap_ingress", tap, &up).verdict, DROP);
	up.bytes[3] = 0;
	up.bytes[7] = 1;
	assert_int_equal(run(w, "tap_ingress", tap, &up).verdict, DROP);
	assert_int_equal(counted(w, "drop_instance"), 2);
	forget(w, "10.2.0.0/16");
	forget(w, "[7]10.2.0.0/16");
}

static void an_eid_that_has_left_is_sent_on(void **state)
{
	struct world *w = world_of(state);
	struct frame in = tunnelled(4, 0x2a, 10, PLAIN, INNER4_64 UDP_TEXT), out;

	entry(w, "10.2.0.2/32", DATAPATH_ENCAP, "192.0.2.3", false, true);
	out = run(w, "core_ingress", w->core, &in);
	assert_int_equal(out.verdict, REDIRECT);
	/* Outer hop limit 10 - 1, to 192.0.2.3; inner TTL the lesser of both. */
	assert_frame(&out, "02 00 00 00 0c 03 " CORE_MAC "08 00"
			   "45 2a 00 48 00 00 40 00 09 11 ed 76 c0 00 02 01 c0 00 02 03"
			   ".. .. 10 f5 00 34 00 00"
			   "00 00 00 00 00 00 00 00"
			   "45 2a 00 24 12 34 00 00 0a 11 8a 65 0a 01 00 02 0a 02 00 02" UDP_TEXT);
	assert_int_equal(counted(w, "reencap"), 1);
	in = tunnelled(4, 0x2a, 1, PLAIN, INNER4_64 UDP_TEXT);
	hostile(w, &in, "drop_hop_limit");
	entry(w, "10.2.0.2/32", DATAPATH_ENCAP, "192.0.2.2", false, true);
	in = tunnelled(4, 0x2a, 10, PLAIN, INNER4_64 UDP_TEXT);
	hostile(w, &in, "drop_loop"); /* 192.0.2.2 is where it came from */
	forget(w, "10.2.0.2/32");
}

static void a_held_packet_goes_up_unchanged(void **state)
{
	struct world *w = world_of(state);
	struct frame in = hex(SITE_MAC HOST_MAC "08 00" INNER4_64 UDP_TEXT), out;

	entry(w, "10.2.0.0/16", DATAPATH_NONE, NULL, true, false);
	out = run(w, "site_ingress", w->site, &in);
	assert_tag(&out, CONTRACT_UP_HELD, 0, 0, w->site);
	assert_memory_equal(out.bytes + 12, in.bytes + 12, in.len - 12);
	assert_int_equal(counted(w, "held"), 1);
	entry(w, "10.2.0.0/16", DATAPATH_ENCAP, "192.0.2.2", true, false);
	out = run(w, "site_ingress", w->site, &in);
	assert_tag(&out, CONTRACT_UP_HELD, 0, 0, w->site);
	out = run(w, "tap_ingress", datapath_load_tap_ifindex(w->load), &out); /* and down again */
	assert_int_equal(out.verdict, REDIRECT);
	assert_int_equal(out.bytes[14 + 36 + 8], 63);
	assert_int_equal(out.bytes[33], 2);
	assert_int_equal(counted(w, "encap"), 1);
	entry(w, "10.2.0.0/16", DATAPATH_NONE, NULL, false, false);
	assert_int_equal(run(w, "site_ingress", w->site, &in).verdict, DROP);
	assert_int_equal(counted(w, "drop_no_mapping"), 1);
	entry(w, "10.2.0.0/16", DATAPATH_DROP, NULL, false, false);
	out = run(w, "site_ingress", w->site, &in);
	assert_tag(&out, CONTRACT_UP_DENIED, 0, 0, w->site);
	assert_int_equal(counted(w, "denied"), 1);
	forget(w, "10.2.0.0/16");
}

static void a_local_eid_can_be_held_too(void **state)
{
	struct world *w = world_of(state);
	struct frame in = tunnelled(4, 0x2a, 64, PLAIN, BACK4_64 UDP_TEXT), out;

	entry(w, "10.1.0.2/32", DATAPATH_LOCAL, NULL, true, false);
	out = run(w, "core_ingress", w->core, &in);
	assert_tag(&out, CONTRACT_UP_HELD, 0, 0, 0x0202);
	assert_memory_equal(out.bytes + 14, hex(BACK4_64 UDP_TEXT).bytes, 36);
	out = run(w, "tap_ingress", datapath_load_tap_ifindex(w->load), &out);
	assert_int_equal(out.verdict, REDIRECT);
	assert_memory_equal(out.bytes, hex(HOST_MAC SITE_MAC "08 00").bytes, 14);
	assert_int_equal(out.bytes[22], 63);
	forget(w, "10.1.0.2/32");
}

/* Held on its way through, and let go only when the place that it came from is the mapping's: as
 * with what is sent on at once (docs/architecture.md section 5), it goes another way, or none. */
static void what_was_held_does_not_go_back_where_it_came_from(void **state)
{
	static const uint8_t from_6[] = {
		0x20, 0x01, 0x0d, 0xb8, 0, 0x0f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2};
	struct world *w = world_of(state);
	struct datapath_entry e = {.action = DATAPATH_ENCAP, .away = true, .locator_count = 2};
	int tap = datapath_load_tap_ifindex(w->load);
	struct eid eid = eid_of("10.2.0.2/32");
	struct frame in, up, out;
	uint8_t family;
	unsigned int i;

	assert_true(address_parse(&e.locators[0].rloc, "192.0.2.2"));
	assert_true(address_parse(&e.locators[1].rloc, "2001:db8:f::2"));
	e.locators[0].weight = e.locators[1].weight = 50;
	for (family = 4; family <= 6; family += 2) {
		entry(w, "10.2.0.2/32", DATAPATH_ENCAP, "192.0.2.3", true, true);
		in = tunnelled(family, 0, 10, PLAIN, INNER4_64 UDP_TEXT);
		up = run(w, "core_ingress", w->core, &in);
		assert_tag(&up, CONTRACT_UP_HELD, 0, 0, up.bytes[10] << 8 | up.bytes[11]);
		assert_int_equal(up.bytes[7], 1);
		entry(w, "10.2.0.2/32", DATAPATH_ENCAP, family == 4 ? "192.0.2.2" : "2001:db8:f::2",
			false, true);
		counted(w, "drop_loop");
		assert_int_equal(run(w, "tap_ingress", tap, &up).verdict, DROP);
		assert_int_equal(counted(w, "drop_loop"), 1);
		assert_int_equal(w->dp->set(w->dp, &eid, &e), 0);
		for (i = 0; i < 32; i++) { /* whichever locator the flow falls on */
			up.bytes[14 + 20] = i;
			out = run(w, "tap_ingress", tap, &up);
			assert_int_equal(out.verdict, REDIRECT);
			assert_int_equal(out.bytes[12], family == 4 ? 0x86 : 0x08);
			if (family == 4)
				assert_memory_equal(out.bytes + 38, from_6, 16);
		}
	}
	forget(w, "10.2.0.2/32");
}

/* A guest is to come here from 192.0.2.2: what that site sends on waits, and nothing else is
 * touched. */
static void packets_for_an_expected_host_wait_only_when_its_owner_sends_them_on(void **state)
{
	struct world *w = world_of(state);
	struct datapath_entry e = {
		.action = DATAPATH_ENCAP, .locator_count = 1, .expect = DATAPATH_EXPECT_OWNER};
	struct frame in = tunnelled(4, 0x2a, 64, PLAIN, BACK4_64 UDP_TEXT), out;
	struct frame site = hex(SITE_MAC HOST_MAC "08 00" BACK4_64 UDP_TEXT);
	struct eid eid = eid_of("10.1.0.2/32");
	unsigned int i;

	assert_true(address_parse(&e.locators[0].rloc, "192.0.2.2"));
	assert_int_equal(w->dp->set(w->dp, &eid, &e), 0);
	out = run(w, "core_ingress", w->core, &in);
	assert_tag(&out, CONTRACT_UP_HELD, 0, 0, 0x0202);
	assert_memory_equal(out.bytes + 14, hex(BACK4_64 UDP_TEXT).bytes, 36);
	counted(w, "encap");
	assert_int_equal(
		run(w, "site_ingress", w->site, &site).verdict, REDIRECT); /* to its owner */
	assert_int_equal(counted(w, "encap"), 1);
	assert_true(address_parse(&e.locators[0].rloc, "192.0.2.3"));
	assert_int_equal(w->dp->set(w->dp, &eid, &e), 0);
	assert_int_equal(run(w, "core_ingress", w->core, &in).verdict, DROP);
	assert_int_equal(counted(w, "drop_not_local"), 1);
	/* Whose it is is not known: all waits, also what would be delivered. */
	for (i = 0; i < 3; i++) {
		static const enum datapath_action actions[] = {
			DATAPATH_NONE, DATAPATH_LOCAL, DATAPATH_ENCAP};

		e.expect = DATAPATH_EXPECT_ALL;
		e.action = actions[i];
		assert_int_equal(w->dp->set(w->dp, &eid, &e), 0);
		out = run(w, "core_ingress", w->core, &in);
		assert_tag(&out, CONTRACT_UP_HELD, 0, 0, 0x0202);
		assert_int_equal(run(w, "xdp_core", w->core, &in).verdict, 2 /* XDP_PASS */);
	}
	forget(w, "10.1.0.2/32");
}

static bool came_from(struct world *w, const struct frame *up, const char *rloc)
{
	uint8_t bytes[sizeof(struct virtio_net_hdr) + sizeof(up->bytes)] = {0};
	struct address a;

	assert_true(address_parse(&a, rloc));
	memcpy(bytes + sizeof(struct virtio_net_hdr), up->bytes, up->len);
	return w->dp->came_from(
		w->dp, bytes, (uint32_t)sizeof(struct virtio_net_hdr) + up->len, &a);
}

/* The programs write the mark of the outer source, user space compares it with a locator's. */
static void where_a_held_packet_came_from_is_known(void **state)
{
	struct world *w = world_of(state);
	struct datapath_entry e = {.action = DATAPATH_LOCAL, .hold = true};
	struct frame in = tunnelled(4, 0x2a, 64, PLAIN, BACK4_64 UDP_TEXT), out;
	struct frame site = hex(SITE_MAC HOST_MAC "08 00" BACK4_64 UDP_TEXT);
	struct eid eid = eid_of("10.1.0.2/32");

	assert_int_equal(w->dp->set(w->dp, &eid, &e), 0);
	out = run(w, "core_ingress", w->core, &in);
	assert_true(came_from(w, &out, "192.0.2.2"));
	assert_false(came_from(w, &out, "192.0.2.3"));
	assert_false(came_from(w, &out, "2001:db8:f::2"));
	in = tunnelled(6, 0x2a, 64, PLAIN, BACK4_64 UDP_TEXT);
	out = run(w, "core_ingress", w->core, &in);
	assert_true(came_from(w, &out, "2001:db8:f::2"));
	assert_false(came_from(w, &out, "2001:db8:f::3"));
	assert_false(came_from(w, &out, "192.0.2.2"));
	out = run(w, "site_ingress", w->site, &site);
	assert_false(came_from(w, &out, "192.0.2.2"));
	forget(w, "10.1.0.2/32");
}

/* A client at the site that a guest goes to: its packets come from there, and are held there. */
static void what_is_waited_for_where_it_came_from_goes_back_there(void **state)
{
	struct world *w = world_of(state);
	struct datapath_entry e = {
		.action = DATAPATH_ENCAP, .away = true, .back = true, .locator_count = 1};
	struct frame in = tunnelled(4, 0x2a, 64, PLAIN, BACK4_64 UDP_TEXT);
	struct eid eid = eid_of("10.1.0.2/32");

	assert_true(address_parse(&e.locators[0].rloc, "192.0.2.2"));
	assert_int_equal(w->dp->set(w->dp, &eid, &e), 0);
	assert_int_equal(run(w, "core_ingress", w->core, &in).verdict, REDIRECT);
	assert_int_equal(counted(w, "reencap"), 1);
	e.back = false;
	assert_int_equal(w->dp->set(w->dp, &eid, &e), 0);
	assert_int_equal(run(w, "core_ingress", w->core, &in).verdict, DROP);
	assert_int_equal(counted(w, "drop_loop"), 1);
	forget(w, "10.1.0.2/32");
}

/* Poll until user space has looked for what was lost: once a second. */
static void queue_emptied(struct world *w)
{
	uint32_t all = CONTRACT_TAP_ALL;
	uint64_t up = 1, taken = 0;

	while (up != taken) {
		events(w);
		assert_int_equal(bpf_map_lookup_elem(w->fds[DATAPATH_FD_TAP_UP], &all, &up), 0);
		assert_int_equal(
			bpf_map_lookup_elem(w->fds[DATAPATH_FD_TAP_TAKEN], &all, &taken), 0);
	}
}

/* What one port sends up fills no more than half of the tap's queue while nobody takes it;
 * another's packets find room, and so does the core's. */
static void a_ports_packets_leave_room_in_the_queue_for_others(void **state)
{
	struct world *w = world_of(state);
	struct datapath_bpf_port other = {.role = DATAPATH_SITE, .mode = DATAPATH_XDP};
	struct frame in = hex(SITE_MAC HOST_MAC "08 00" INNER4_64 UDP_TEXT), core;
	unsigned int i, up = 0;

	other.ifindex = (int)if_nametoindex("host");
	assert_int_equal(datapath_bpf_port_add(w->bpf, &other), 0);
	entry(w, "10.2.0.0/16", DATAPATH_NONE, NULL, true, false);
	entry(w, "10.1.0.2/32", DATAPATH_LOCAL, NULL, true, false);
	queue_emptied(w);
	counted(w, "drop_tap_share");
	for (i = 0; i < 5000; i++)
		up += run(w, "site_ingress", w->site, &in).verdict == REDIRECT;
	assert_int_equal(up, 2048); /* of 4,096: as much as is left */
	assert_int_equal(counted(w, "drop_tap_share"), 5000 - 2048);
	in = hex(HOST_MAC SITE_MAC "08 00" INNER4_64 UDP_TEXT);
	for (i = 0, up = 0; i < 5000; i++)
		up += run(w, "site_ingress", other.ifindex, &in).verdict == REDIRECT;
	assert_int_equal(up, 1024);
	core = tunnelled(4, 0, 64, PLAIN, BACK4_64 UDP_TEXT);
	for (i = 0, up = 0; i < 5000; i++)
		up += run(w, "core_ingress", w->core, &core).verdict == REDIRECT;
	assert_int_equal(up, 512);
	in = hex(SITE_MAC HOST_MAC "08 00" INNER4_64 UDP_TEXT);
	queue_emptied(w); /* a test run puts nothing there: as if the device had lost it */
	assert_int_equal(run(w, "site_ingress", w->site, &in).verdict, REDIRECT);
	forget(w, "10.2.0.0/16");
	forget(w, "10.1.0.2/32");
	assert_int_equal(datapath_bpf_port_del(w->bpf, other.ifindex), 0);
}

static void the_last_hop_goes_up(void **state)
{
	struct world *w = world_of(state);
	struct frame in = hex(SITE_MAC HOST_MAC "08 00" INNER4_64 UDP_TEXT), out;

	in.bytes[22] = 1;
	entry(w, "10.2.0.0/16", DATAPATH_ENCAP, "192.0.2.2", false, false);
	out = run(w, "site_ingress", w->site, &in);
	assert_tag(&out, CONTRACT_UP_TTL, 0, 0, w->site);
	assert_int_equal(counted(w, "ttl_expired"), 1);
	assert_int_equal(run(w, "xdp_site", w->site, &in).verdict, 2 /* XDP_PASS */);
	forget(w, "10.2.0.0/16");
}

/* A guest that keeps sending to what is denied does not fill the tap's queue. */
static void denied_packets_go_up_within_a_limit(void **state)
{
	struct world *w = world_of(state);
	struct frame in = hex(SITE_MAC HOST_MAC "08 00" INNER4_64 UDP_TEXT);
	struct mono start = mono_now();
	unsigned int i, up = 0;

	entry(w, "10.2.0.0/16", DATAPATH_DROP, NULL, false, false);
	queue_emptied(w);
	counted(w, "denied");
	counted(w, "drop_tap_share");
	for (i = 0; i < 3000; i++)
		up += run(w, "site_ingress", w->site, &in).verdict == REDIRECT;
	assert_true(up >= 900 && up <= 1002 + mono_since_us(start, mono_now()) / 100);
	/* A machine that is so slow that more than the port's share goes up counts the rest there.
	 */
	assert_int_equal(counted(w, "denied") + counted(w, "drop_tap_share"), 3000);
	forget(w, "10.2.0.0/16");
}

/* What the process that parses packets does, as nobody and without capabilities. Returns the step
 * that failed. */
static int as_nobody(struct world *w)
{
	struct datapath_bpf_config config = {.on_event = on_event, .arg = w};
	struct datapath_bpf_port port = {.ifindex = w->site, .role = DATAPATH_SITE};
	struct datapath_entry e = {.action = DATAPATH_ENCAP, .locator_count = 1};
	struct eid eid = eid_of("10.3.0.1/32"), prefix = eid_of("10.3.0.0/24");
	uint64_t values[datapath_counter_count()];
	struct datapath_bpf *db;
	struct datapath *dp;
	char why[256];

	if (setgid(65534) || setuid(65534))
		return 1;
	db = datapath_bpf_new(&config, w->fds, true, why, sizeof(why));
	if (!db)
		return 2;
	dp = datapath_bpf_handle(db);
	address_parse(&e.locators[0].rloc, "192.0.2.9");
	if (datapath_bpf_port_add(db, &port))
		return 3;
	if (dp->set(dp, &eid, &e) || dp->set(dp, &prefix, &e) || dp->used(dp, &eid) ||
		dp->del(dp, &eid) || dp->del(dp, &prefix))
		return 4;
	if (datapath_bpf_dynamic_add(db, &prefix) || datapath_bpf_dynamic_del(db, &prefix))
		return 5;
	if (datapath_bpf_counters(db, values) || datapath_bpf_poll(db, 16) < 0 || dp->pending(dp))
		return 6;
	datapath_bpf_free(db);
	return 0;
}

static void the_unprivileged_half_needs_no_capability(void **state)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(as_nobody(world_of(state)));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* Filters of a kernel before 6.6 do not go with the process that set them. */
static void an_old_kernels_filters_go_when_they_are_released(void **state)
{
	const struct datapath_load_config config = {
		.hosts_max = 16, .prefixes_max = 16, .locsets_max = 16, .clsact = true};
	int ifindex = (int)if_nametoindex("next");
	struct datapath_load *load;
	char why[256];

	load = datapath_load_new(&config, NULL, why, sizeof(why));
	if (!load)
		fail_msg("%s", why);
	assert_int_equal(
		datapath_load_attach(load, ifindex, DATAPATH_SITE, DATAPATH_TC, why, sizeof(why)),
		0);
	assert_int_equal(system("tc filter show dev next ingress | grep -q site_ingress"), 0);
	datapath_load_release(load);
	assert_int_not_equal(system("tc filter show dev next ingress | grep -q site_ingress"), 0);
	datapath_load_free(load);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_instance_does_not_reach_anothers_eids),
		cmocka_unit_test(an_instance_does_not_leave_by_anothers_port),
		cmocka_unit_test(what_was_held_goes_natively_by_its_own_port),
		cmocka_unit_test(an_eid_that_has_left_is_sent_on),
		cmocka_unit_test(a_held_packet_goes_up_unchanged),
		cmocka_unit_test(a_local_eid_can_be_held_too),
		cmocka_unit_test(what_was_held_does_not_go_back_where_it_came_from),
		cmocka_unit_test(
			packets_for_an_expected_host_wait_only_when_its_owner_sends_them_on),
		cmocka_unit_test(where_a_held_packet_came_from_is_known),
		cmocka_unit_test(what_is_waited_for_where_it_came_from_goes_back_there),
		cmocka_unit_test(a_ports_packets_leave_room_in_the_queue_for_others),
		cmocka_unit_test(the_last_hop_goes_up),
		cmocka_unit_test(denied_packets_go_up_within_a_limit),
		cmocka_unit_test(an_old_kernels_filters_go_when_they_are_released),
		cmocka_unit_test(the_unprivileged_half_needs_no_capability),
	};

	return xtr_bpf_run("up", tests, sizeof(tests) / sizeof(*tests));
}
