/* Whole RBridges on virtual links under virtual time: what the rooms of trill/core do together
 * (items D to I and P of docs/trill.md). */
#include "tests/unit/trill_campus.h"

#include <errno.h>

/* The same LSPs are everywhere, with the same sequence numbers and checksums. */
static void assert_synchronised(const struct virtual_campus *c, unsigned int want)
{
	for (unsigned int n = 0; n < c->node_count; n++) {
		struct lsdb *db = rbridge_lsdb(c->nodes[n].rb),
			    *first = rbridge_lsdb(c->nodes[0].rb);
		unsigned int count = 0;

		for (struct lsdb_lsp *l = lsdb_after(db, NULL); l; l = lsdb_after(db, &l->id)) {
			const struct lsdb_lsp *same = lsdb_find(first, &l->id);

			assert_non_null(same);
			assert_int_equal(l->sequence, same->sequence);
			assert_int_equal(l->checksum, same->checksum);
			count++;
		}
		assert_int_equal(count, want);
	}
}

static void two_come_up(const struct campus_options *options)
{
	struct virtual_campus *c = campus_of(2, options);
	const struct adjacency_table *t;

	wire(c, 0, 1, options);
	campus_run_ms(c, 15000);
	for (unsigned int n = 0; n < 2; n++) {
		t = rbridge_adjacencies(c->nodes[n].rb, 0);
		assert_int_equal(t->count, 1);
		assert_int_equal(t->rows[0].state, ADJACENCY_REPORT);
	}
	assert_synchronised(c, 2);
	assert_converged(c);
	/* Tree 1 has the root of the highest priority, node 0's nickname. */
	assert_int_equal(c->nodes[0].trees[1].row.root, 0x100);
	assert_int_equal(c->nodes[1].trees[1].row.root, 0x100);
	assert_int_equal(c->nodes[1].trees[2].row.root, 0x101);
	assert_int_equal(c->nodes[1].self.root, 0x100);
	assert_int_equal(c->nodes[1].rpf[c->slots[0x100]][1].ifindex, 1);
	campus_free(c);
}

static void e_two_rbridges_on_a_lan_come_up(void **state)
{
	(void)state;
	two_come_up(&lan);
}

static void e_two_rbridges_on_a_point_to_point_link_come_up(void **state)
{
	(void)state;
	two_come_up(&p2p);
}

static void has_the_mac_of_node_0(
	struct rbridge_port_config *config, unsigned int node, uint16_t port)
{
	(void)node;
	config->mac = campus_mac(0, port);
}

/* RFC 7177 section 3.1. */
static void e_ends_of_a_point_to_point_link_may_have_the_same_mac(void **state)
{
	struct campus_options options = p2p;

	(void)state;
	options.port = has_the_mac_of_node_0;
	two_come_up(&options);
}

static enum rbridge_hindrance hindered[2][4];
static unsigned int hindered_count[2];

static void see_hindrance(void *arg, unsigned int node, const struct rbridge_event *event)
{
	(void)arg;
	if (event->kind != RBRIDGE_HINDRANCE)
		return;
	assert_in_range(hindered_count[node], 0, 3);
	hindered[node][hindered_count[node]++] = event->hindrance;
}

static struct virtual_campus *two_of_whom_one_is_hindered(const struct campus_options *options)
{
	struct virtual_campus *c = campus_of(2, options);

	memset(hindered_count, 0, sizeof(hindered_count));
	c->event = see_hindrance;
	wire(c, 0, 1, options);
	campus_run_ms(c, 20000);
	return c;
}

/* RFC 7177 section 4: on a LAN the lower of two ports with one MAC, here by the system ID. */
static void f_a_suspended_port_is_told_of_and_its_hellos_are_counted(void **state)
{
	struct campus_options options = lan;
	struct virtual_campus *c;

	(void)state;
	options.port = has_the_mac_of_node_0;
	c = two_of_whom_one_is_hindered(&options);
	assert_int_equal(rbridge_hindrance(c->nodes[0].rb, 0), RBRIDGE_SUSPENDED);
	assert_int_equal(rbridge_hindrance(c->nodes[1].rb, 0), RBRIDGE_UNHINDERED);
	assert_int_equal(rbridge_adjacencies(c->nodes[0].rb, 0)->count, 0);
	assert_in_range(rbridge_counters(c->nodes[0].rb, 0)->same_mac, 10, 40);
	/* The other has one of its own from now on: 30 s later nothing hinders it. */
	c->nodes[1].configs[0].mac = campus_mac(1, 0);
	campus_port_up(c, 1, 0);
	campus_run_ms(c, 60000);
	assert_int_equal(hindered_count[0], 2);
	assert_int_equal(hindered[0][0], RBRIDGE_SUSPENDED);
	assert_int_equal(hindered[0][1], RBRIDGE_UNHINDERED);
	assert_int_equal(hindered_count[1], 0);
	assert_converged(c);
	campus_free(c);
}

static void has_vlan_20_besides(
	struct rbridge_port_config *config, unsigned int node, uint16_t port)
{
	(void)port;
	if (!node)
		return;
	vlan_set_add(&config->enabled, 20);
	vlan_set_add(&config->announcing, 20);
	config->desired_vlan = 20;
}

/* RFC 6325 section 4.4.3: node 1 is DRB, and wants VLAN 20, which node 0 has not. */
static void f_a_designated_vlan_that_is_not_enabled_is_told_of(void **state)
{
	struct campus_options options = lan;
	struct virtual_campus *c;

	(void)state;
	options.port = has_vlan_20_besides;
	c = two_of_whom_one_is_hindered(&options);
	assert_int_equal(rbridge_designated(c->nodes[0].rb, 0), 20);
	assert_int_equal(rbridge_hindrance(c->nodes[0].rb, 0), RBRIDGE_NOT_ENABLED);
	assert_string_equal(rbridge_hindrance_name(RBRIDGE_NOT_ENABLED), "designated-vlan");
	vlan_set_add(&c->nodes[0].configs[0].enabled, 20);
	assert_true(rbridge_port_reconfigure(c->nodes[0].rb, 0, &c->nodes[0].configs[0], c->now));
	campus_run_ms(c, 20000);
	assert_int_equal(hindered_count[0], 2);
	assert_int_equal(hindered[0][0], RBRIDGE_NOT_ENABLED);
	assert_int_equal(hindered[0][1], RBRIDGE_UNHINDERED);
	assert_int_equal(hindered_count[1], 0);
	assert_converged(c);
	/* A port that is down is hindered by nothing else. */
	vlan_set_remove(&c->nodes[0].configs[0].enabled, 20);
	assert_true(rbridge_port_reconfigure(c->nodes[0].rb, 0, &c->nodes[0].configs[0], c->now));
	assert_int_equal(rbridge_hindrance(c->nodes[0].rb, 0), RBRIDGE_NOT_ENABLED);
	rbridge_port_down(c->nodes[0].rb, 0, c->now);
	assert_int_equal(rbridge_hindrance(c->nodes[0].rb, 0), RBRIDGE_UNHINDERED);
	campus_free(c);
}

static bool drb_said[2];
static unsigned int drb_says[2];

static void see_drb(void *arg, unsigned int node, const struct rbridge_event *event)
{
	(void)arg;
	if (event->kind != RBRIDGE_DRB)
		return;
	drb_said[node] = event->drb;
	drb_says[node]++;
}

static struct virtual_campus *two_say_who_is_drb(const struct campus_options *options)
{
	struct virtual_campus *c = campus_of(2, options);

	memset(drb_says, 0, sizeof(drb_says));
	c->event = see_drb;
	wire(c, 0, 1, options);
	campus_run_ms(c, 5000);
	return c;
}

/* RFC 7177 section 4.2: each port begins as DRB; D2 when it hears the other, D3 when that is gone.
 */
static void f_one_of_two_is_drb_and_who_changes_says_so(void **state)
{
	struct virtual_campus *c = two_say_who_is_drb(&lan);

	(void)state;
	assert_false(rbridge_is_drb(c->nodes[0].rb, 0)); /* the higher MAC wins */
	assert_true(rbridge_is_drb(c->nodes[1].rb, 0));
	assert_int_equal(drb_says[0], 1);
	assert_false(drb_said[0]);
	assert_int_equal(drb_says[1], 0);
	rbridge_port_down(c->nodes[1].rb, 0, c->now);
	campus_run_ms(c, 30000);
	assert_int_equal(drb_says[0], 2);
	assert_true(drb_said[0]);
	campus_free(c);
	c = two_say_who_is_drb(&p2p);
	assert_int_equal(drb_says[0] + drb_says[1], 0); /* there is none */
	campus_free(c);
}

static void triangle(const struct campus_options *options)
{
	struct virtual_campus *c = campus_of(3, options);
	unsigned int cut;

	wire(c, 0, 1, options);
	wire(c, 1, 2, options);
	cut = wire(c, 2, 0, options);
	campus_run_ms(c, 20000);
	assert_synchronised(c, 3);
	assert_converged(c);
	assert_int_equal(c->nodes[0].paths[c->slots[0x102]].count, 1);
	assert_int_equal(c->nodes[0].paths[c->slots[0x102]].hop[0].ifindex, 2);
	campus_carrier(c, cut, false, options);
	campus_run_ms(c, 500);
	assert_synchronised(c, 3);
	assert_converged(c);
	assert_int_equal(c->nodes[0].paths[c->slots[0x102]].hop[0].ifindex, 1); /* by way of 1 */
	campus_carrier(c, cut, true, options);
	campus_run_ms(c, 5000);
	assert_converged(c);
	assert_int_equal(c->nodes[0].paths[c->slots[0x102]].hop[0].ifindex, 2);
	campus_free(c);
}

static void i_a_triangle_loses_a_link_and_goes_the_other_way(void **state)
{
	(void)state;
	triangle(&lan);
	triangle(&p2p);
}

static void e_a_silent_link_is_lost_when_hellos_are_not_heard(void **state)
{
	struct campus_options fast = lan;
	struct virtual_campus *c;
	unsigned int silent;

	(void)state;
	fast.hello_ms = 300;
	fast.holding_s = 1;
	c = campus_of(3, &fast);
	wire(c, 0, 1, &fast);
	wire(c, 1, 2, &fast);
	silent = wire(c, 2, 0, &fast);
	campus_run_ms(c, 20000);
	assert_converged(c);
	c->wires[silent].silent = true;
	campus_run_ms(c, 1500);
	assert_converged(c);
	campus_free(c);
}

static void p_what_is_not_acknowledged_is_sent_again_after_5_s(void **state)
{
	struct virtual_campus *c = campus_of(3, &p2p);
	unsigned int lossy = wire(c, 0, 1, &p2p), cut = wire(c, 0, 2, &p2p);

	(void)state;
	campus_run_ms(c, 20000);
	assert_converged(c);
	c->wires[lossy].silent = true; /* shorter than a Holding Time */
	campus_carrier(c, cut, false, &p2p);
	campus_run_ms(c, 1000);
	c->wires[lossy].silent = false;
	campus_run_ms(c, 3000);
	assert_true(c->nodes[1].has_path[c->slots[0x102]]); /* it has not heard of it */
	campus_run_ms(c, 2000);
	assert_false(c->nodes[1].has_path[c->slots[0x102]]);
	campus_free(c);
}

/* ISO 10589 section 7.3.16.4: who purges may leave the checksum as it was, or 0. The header is
 * spelled out: LSP 0 of 7, one after what was known, lifetime and checksum 0. */
static void c_a_purge_is_taken_without_a_checksum(void **state)
{
	struct virtual_campus *c = campus_of(2, &p2p);
	struct lsp_id id = lsp_id_of(7, 0);
	uint8_t frame[64];
	size_t len;

	(void)state;
	wire(c, 0, 1, &p2p);
	campus_run_ms(c, 20000);
	assert_int_equal(lsdb_originate(rbridge_lsdb(c->nodes[0].rb), &id, 4, ISIS_LSP_LEVEL1, NULL,
				 0, c->now),
		0);
	len = hex(frame, sizeof(frame),
		"0180C2000041 020000000100 22F4 83 1B 01 06 12 01 00 01"
		"001B 0000 020000000700 00 00 00000006 0000 01");
	campus_inject(c, 0, 0, frame, len);
	assert_null(campus_lsp(c, 0, 7, 0));
	/* With a lifetime left it is refused as it was. */
	hex(frame + 14 + 10, 2, "0010");
	frame[14 + 23] = 7;
	campus_inject(c, 0, 0, frame, len);
	assert_null(campus_lsp(c, 0, 7, 0));
	campus_free(c);
}

static void h_nicknames_are_chosen_when_the_lsdb_has_been_heard(void **state)
{
	struct campus_options chosen = lan;
	struct virtual_campus *c;

	(void)state;
	chosen.configured = false;
	c = campus_of(3, &chosen);
	wire(c, 0, 1, &chosen);
	wire(c, 1, 2, &chosen);
	campus_run_ms(c, 1000);
	for (unsigned int n = 0; n < 3; n++)
		assert_int_equal(campus_nickname(c, n), NICKNAME_NONE);
	campus_run_ms(c, 20000);
	assert_converged(c);
	assert_int_not_equal(campus_nickname(c, 0), campus_nickname(c, 1));
	assert_int_not_equal(campus_nickname(c, 0), campus_nickname(c, 2));
	campus_free(c);
}

static void p_our_lsp_is_sent_anew_after_900_s_and_another_s_ages(void **state)
{
	struct virtual_campus *c = campus_of(2, &lan);
	struct lsp_id id = {.system = {{2, 0, 0, 0, 1, 0}}};
	unsigned int cut = wire(c, 0, 1, &lan);
	const struct lsdb_lsp *lsp;
	uint32_t sequence;

	(void)state;
	campus_run_ms(c, 60000);
	sequence = lsdb_find(rbridge_lsdb(c->nodes[0].rb), &id)->sequence;
	campus_run_ms(c, 800000);
	assert_int_equal(lsdb_find(rbridge_lsdb(c->nodes[0].rb), &id)->sequence, sequence);
	campus_run_ms(c, 100000);
	assert_int_equal(lsdb_find(rbridge_lsdb(c->nodes[0].rb), &id)->sequence, sequence + 1);
	campus_carrier(c, cut, false, &lan);
	campus_run_ms(c, 1160000); /* MaxAge, and not yet ZeroAge */
	lsp = lsdb_find(rbridge_lsdb(c->nodes[0].rb), &id);
	assert_true(lsp && lsp->purged);
	campus_run_ms(c, 60000);
	assert_null(lsdb_find(rbridge_lsdb(c->nodes[0].rb), &id));
	campus_free(c);
}

/* Who has sent an LSP, and how many computed routes before they did. */
struct precedence {
	struct virtual_campus *campus;
	bool said[3];
	unsigned int late;
};

static void see_lsp(
	void *arg, unsigned int wire, unsigned int from, const uint8_t *frame, size_t len)
{
	size_t at = len > 14 && frame[12] == 0x81 && frame[13] == 0 ? 16 : 12;
	struct precedence *p = arg;

	if (len > at + 6 && frame[at] == 0x22 && frame[at + 1] == 0xf4 &&
		(frame[at + 6] & 0x1f) == 18)
		p->said[p->campus->wires[wire].ends[from].node] = true;
}

static void see_routes(void *arg, unsigned int node, const struct rbridge_event *event)
{
	struct precedence *p = arg;

	p->late += event->kind == RBRIDGE_ROUTES && !p->said[node];
}

static void c_what_is_new_is_said_and_passed_on_before_our_rows_are_written(void **state)
{
	struct virtual_campus *c = campus_of(3, &lan);
	struct precedence p = {.campus = c};
	unsigned int cut = wire(c, 0, 1, &lan);

	(void)state;
	wire(c, 1, 2, &lan);
	wire(c, 2, 0, &lan);
	campus_run_ms(c, 60000);
	c->tap = see_lsp;
	c->tap_arg = &p;
	c->event = see_routes;
	c->event_arg = &p;
	campus_carrier(c, cut, false, &lan);
	campus_run_ms(c, 500);
	assert_true(p.said[0] && p.said[1] && p.said[2]);
	assert_int_equal(p.late, 0);
	campus_free(c);
}

/* A neighbour takes our LSPs from the Hello on that lists it: what went out before is told of
 * again, and not first by the CSNP of 10 s later. */
static void c_lsps_of_a_lan_are_everywhere_before_the_next_csnp(void **state)
{
	struct campus_options fast = lan;

	(void)state;
	fast.hello_ms = 300;
	fast.holding_s = 1;
	for (uint64_t seed = 1; seed < 20; seed++) {
		struct virtual_campus *c = campus_new(2, 1, seed, &fast);

		assert_non_null(c);
		wire(c, 0, 1, &fast);
		campus_run_ms(c, 3000);
		assert_synchronised(c, 2);
		campus_free(c);
	}
}

/* VLANs 1 and 20 are enabled, and announced; each end wants another of them. Both have the priority
 * that a Hello without one is taken for. */
static void wants_a_vlan_each(struct rbridge_port_config *config, unsigned int node, uint16_t port)
{
	(void)port;
	vlan_set_add(&config->enabled, 20);
	vlan_set_add(&config->announcing, 20);
	config->priority = 0;
	config->desired_vlan = node ? 20 : 1;
}

struct hello_vlans_seen {
	unsigned int in_1[2], in_20[2]; /* Hellos of each end */
};

static void see_hello_vlans(
	void *arg, unsigned int wire, unsigned int from, const uint8_t *frame, size_t len)
{
	struct hello_vlans_seen *h = arg;
	size_t at = frame[12] == 0x81 && frame[13] == 0 ? 16 : 12;

	(void)wire;
	if (len < 30 || (frame[at + 6] & 0x1f) != 17)
		return;
	if (at == 12)
		h->in_1[from]++;
	else
		h->in_20[from] += frame[15] == 20;
}

/* RFC 7177 section 3.1: whatever the other end wants, and whatever is announced on LANs. */
static void d_point_to_point_hellos_are_in_the_desired_vlan_alone(void **state)
{
	struct hello_vlans_seen seen = {.in_1 = {0}};
	struct campus_options options = p2p;
	struct virtual_campus *c;

	(void)state;
	options.port = wants_a_vlan_each;
	c = campus_of(2, &options);
	c->tap = see_hello_vlans;
	c->tap_arg = &seen;
	wire(c, 0, 1, &options);
	campus_run_ms(c, 20000);
	assert_true(seen.in_1[0] > 4 && seen.in_20[1] > 4);
	assert_int_equal(seen.in_20[0], 0);
	assert_int_equal(seen.in_1[1], 0);
	campus_free(c);
}

static void wants_it_untagged(struct rbridge_port_config *config, unsigned int node, uint16_t port)
{
	wants_a_vlan_each(config, node, port);
	config->untagged = config->desired_vlan;
}

/* Its Hellos are heard here, and say another VLAN with a higher MAC: nobody is elected. */
static void d_a_point_to_point_port_does_not_follow_the_other_ends_vlan(void **state)
{
	struct hello_vlans_seen seen = {.in_1 = {0}};
	struct campus_options options = p2p;
	struct virtual_campus *c;

	(void)state;
	options.port = wants_it_untagged;
	c = campus_of(2, &options);
	c->tap = see_hello_vlans;
	c->tap_arg = &seen;
	wire(c, 0, 1, &options);
	campus_run_ms(c, 20000);
	assert_true(seen.in_1[0] > 4);
	assert_int_equal(seen.in_20[0], 0);
	campus_free(c);
}

/* A data plane that is full for a while. */
static struct {
	int (*path_set)(struct trill_tables *t, uint16_t nickname, const struct tables_path *path);
	unsigned int refuses, asked;
} full;

static int path_set_when_full(
	struct trill_tables *t, uint16_t nickname, const struct tables_path *path)
{
	full.asked++;
	if (!full.refuses)
		return full.path_set(t, nickname, path);
	full.refuses--;
	return -ENOSPC;
}

static void i_a_row_that_is_refused_is_told_of_and_written_again(void **state)
{
	struct virtual_campus *c = campus_of(2, &p2p);
	unsigned int asked;

	(void)state;
	full.path_set = c->nodes[0].tables.path_set;
	full.refuses = 3;
	c->nodes[0].tables.path_set = path_set_when_full;
	wire(c, 0, 1, &p2p);
	campus_run_ms(c, 30000);
	assert_int_equal(rbridge_rows_refused(c->nodes[0].rb), 3);
	assert_true(c->nodes[0].has_path[c->slots[0x101]]);
	assert_converged(c);
	asked = full.asked;
	campus_run_ms(c, 200000);
	assert_int_equal(full.asked, asked); /* it is over */
	campus_free(c);
}

/* A configuration BPDU (IEEE 802.1D section 9.3.1) of root bridge 02-00-00-00-FF-@root. */
static void bpdu_of(struct virtual_campus *c, uint8_t root)
{
	uint8_t frame[64];
	size_t len = hex(frame, sizeof(frame),
		"0180C2000000 020000000999 0026 424203 0000 00 00 00 8000 02000000FF00 00000000 "
		"8000 02000000FF00 8001 0000 1400 0200 0F00 000000");

	frame[14 + 3 + 5 + 7] = root;
	campus_inject(c, 0, 0, frame, len);
}

static bool tells_of_root(const struct virtual_campus *c, uint8_t root)
{
	const struct lsdb_lsp *lsp = campus_lsp(c, 1, 0, 0);
	const uint8_t id[] = {2, 0, 0, 0, 0xff, root};

	assert_non_null(lsp);
	return memmem(lsp->bytes, lsp->len, id, sizeof(id));
}

/* BPDUs come from anybody: what changes in the campus is told of without waiting for them. */
static void g_changing_root_bridges_do_not_delay_what_else_is_told(void **state)
{
	struct campus_options native = lan;
	struct virtual_campus *c;
	unsigned int cut;
	uint32_t before;

	(void)state;
	native.native = true;
	c = campus_of(2, &native);
	campus_wire(c, (unsigned int[]){0}, 1, 20000, &native);
	cut = wire(c, 0, 1, &p2p);
	campus_wire(c, (unsigned int[]){0, 1}, 2, 10000, &p2p);
	campus_run_ms(c, 120000);
	bpdu_of(c, 1);
	campus_run_ms(c, 1500);
	assert_true(tells_of_root(c, 1));
	before = campus_lsp(c, 0, 0, 0)->sequence;
	for (unsigned int i = 0; i < 600; i++) {
		bpdu_of(c, (uint8_t)(i + 2));
		campus_run_ms(c, 100);
	}
	assert_in_range(campus_lsp(c, 0, 0, 0)->sequence - before, 1, 2);
	before = campus_lsp(c, 0, 0, 0)->sequence;
	campus_carrier(c, cut, false, &p2p);
	campus_run_ms(c, 100);
	assert_int_equal(campus_lsp(c, 1, 0, 0)->sequence, before + 1);
	campus_run_ms(c, 30000);
	assert_true(tells_of_root(c, (uint8_t)(599 + 2)));
	campus_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(e_two_rbridges_on_a_lan_come_up),
		cmocka_unit_test(e_two_rbridges_on_a_point_to_point_link_come_up),
		cmocka_unit_test(e_a_silent_link_is_lost_when_hellos_are_not_heard),
		cmocka_unit_test(e_ends_of_a_point_to_point_link_may_have_the_same_mac),
		cmocka_unit_test(f_one_of_two_is_drb_and_who_changes_says_so),
		cmocka_unit_test(f_a_suspended_port_is_told_of_and_its_hellos_are_counted),
		cmocka_unit_test(f_a_designated_vlan_that_is_not_enabled_is_told_of),
		cmocka_unit_test(p_what_is_not_acknowledged_is_sent_again_after_5_s),
		cmocka_unit_test(c_what_is_new_is_said_and_passed_on_before_our_rows_are_written),
		cmocka_unit_test(c_lsps_of_a_lan_are_everywhere_before_the_next_csnp),
		cmocka_unit_test(d_a_point_to_point_port_does_not_follow_the_other_ends_vlan),
		cmocka_unit_test(d_point_to_point_hellos_are_in_the_desired_vlan_alone),
		cmocka_unit_test(i_a_row_that_is_refused_is_told_of_and_written_again),
		cmocka_unit_test(g_changing_root_bridges_do_not_delay_what_else_is_told),
		cmocka_unit_test(c_a_purge_is_taken_without_a_checksum),
		cmocka_unit_test(h_nicknames_are_chosen_when_the_lsdb_has_been_heard),
		cmocka_unit_test(i_a_triangle_loses_a_link_and_goes_the_other_way),
		cmocka_unit_test(p_our_lsp_is_sent_anew_after_900_s_and_another_s_ages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
