/* RBridges with end stations, on virtual links under virtual time: what the rooms for them do
 * together (items G, J, K and L of docs/trill.md). */
#include "tests/unit/trill_stage.h"
#include "trill/core/rbridge_internal.h"

/* A LAN of the first @n nodes. */
static unsigned int lan_of(
	struct virtual_campus *c, unsigned int n, const struct campus_options *options)
{
	unsigned int nodes[CAMPUS_LAN_MAX];

	for (unsigned int i = 0; i < n; i++)
		nodes[i] = i;
	return campus_wire(c, nodes, n, 20000, options);
}

/* One more VLAN is enabled on a port. */
static void enable(struct virtual_campus *c, unsigned int node, uint16_t port, uint16_t vlan)
{
	vlan_set_add(&c->nodes[node].configs[port].enabled, vlan);
	campus_port_up(c, node, port);
}

static unsigned int numbers_of(const struct label_set *set)
{
	unsigned int n = 0;

	for (unsigned int v = label_set_next(set, 1); v; v = label_set_next(set, v + 1))
		n++;
	return n;
}

static bool appointed(const struct virtual_campus *c, unsigned int node, uint16_t vlan)
{
	return vlan_set_has(&c->nodes[node].forwarders[0].appointed, vlan);
}

static bool inhibited(const struct virtual_campus *c, unsigned int node, uint16_t vlan)
{
	return vlan_set_has(&c->nodes[node].forwarders[0].inhibited, vlan);
}

/* RFC 8139 sections 2.1 and 3: the DRB serves what it has, and appoints others for the rest. */
static void drb_serves_and_appoints(struct virtual_campus *c)
{
	lan_of(c, 2, &hybrid);
	enable(c, 0, 0, 20);
	campus_run_ms(c, 10000);
	assert_true(rbridge_is_drb(c->nodes[1].rb, 0));
	assert_true(appointed(c, 1, 1) && inhibited(c, 1, 1));
	campus_run_ms(c, 60000);
	assert_true(appointed(c, 1, 1) && !inhibited(c, 1, 1));
	assert_false(appointed(c, 0, 1));
	assert_true(appointed(c, 0, 20) && !inhibited(c, 0, 20));
	assert_false(appointed(c, 1, 20));
}

/* In GENINFO (RFC 6823 section 2) the FS-LSP says AppointmentList of VLAN 20 for 0x100: RFC
 * 8139 section 10.3. */
static void g_a_drb_appoints_another_in_fs_lsps_of_the_link_for_what_it_does_not_serve(void **state)
{
	static const uint8_t list[] = {0, 251, 0, 11, 0, 0, 1, 0, 18, 0, 4, 1, 0, 0, 20};
	struct virtual_campus *c = campus_of(2, &hybrid);
	const struct lsdb_lsp *lsp;
	struct lsdb *db;

	(void)state;
	drb_serves_and_appoints(c);
	db = rbridge_link_lsdb(c->nodes[0].rb, 0);
	assert_int_equal(lsdb_count(db), 2);
	lsp = lsdb_after(db, NULL);
	lsp = lsp->own ? lsdb_after(db, &lsp->id) : lsp;
	assert_non_null(memmem(lsp->bytes, lsp->len, list, sizeof(list)));
	/* It is the link's alone. */
	assert_int_equal(lsdb_count(rbridge_lsdb(c->nodes[0].rb)), 2);
	enable(c, 0, 0, 21);
	campus_run_ms(c, 60000);
	assert_true(appointed(c, 0, 20) && appointed(c, 0, 21));
	/* VLAN 20 is enabled at the DRB, too: it takes it back. */
	enable(c, 1, 0, 20);
	campus_run_ms(c, 60000);
	assert_true(appointed(c, 1, 20));
	assert_true(!appointed(c, 0, 20) && appointed(c, 0, 21));
	campus_free(c);
}

/* RFC 5310: FS-LSPs, their CSNPs and PSNPs are signed as LSPs are, ESADI's by the derived key. */
static void q_what_is_said_on_a_link_and_by_esadi_is_signed_and_believed(void **state)
{
	struct isis_key *key = isis_key_new(ISIS_AUTH_HMAC_SHA256, 7, "of the campus", 13);
	struct isis_key *esadi_key = esadi_key_new(ISIS_AUTH_HMAC_SHA256, 7, "of the campus", 13);
	struct campus_options options = hybrid;
	struct rbridge_station guest = {
		.vlan = 20, .mac = {{0x52, 0x54, 0, 0, 0, 0xa1}}, .port = 0};
	const struct rbridge_counters *counters;
	struct virtual_campus *c;

	(void)state;
	options.keys = &key;
	options.key_count = 1;
	options.esadi_keys = &esadi_key;
	options.esadi = 20;
	c = campus_of(2, &options);
	drb_serves_and_appoints(c);
	campus_wire(c, (unsigned int[]){1}, 1, 20000, &options);
	enable(c, 1, 1, 20);
	campus_run_ms(c, 60000);
	assert_int_equal(rbridge_station_attest(c->nodes[0].rb, &guest, c->now), RBRIDGE_ATTESTED);
	timer_set(&c->timers, &c->nodes[0].timer, rbridge_next(c->nodes[0].rb));
	campus_run_ms(c, 1000);
	assert_non_null(campus_station(&c->nodes[1], &guest.mac, 20));
	for (unsigned int i = 0; i < 2; i++) {
		counters = rbridge_counters(c->nodes[i].rb, 0);
		assert_int_equal(counters->malformed[TRILL_EAUTH], 0);
		assert_true(counters->pdus[ISIS_FS_LSP] && counters->data);
	}
	assert_true(rbridge_counters(c->nodes[0].rb, 0)->pdus[ISIS_FS_CSNP]);
	campus_free(c);
	isis_key_free(key);
	isis_key_free(esadi_key);
}

/* The scopes of TLV 243 are made to lack E-L1CS. */
static void legacy(
	void *arg, struct campus_node_sim *node, uint16_t port, const uint8_t *frame, size_t len)
{
	struct virtual_campus *c = arg;
	uint8_t copy[2048];

	assert_true(len <= sizeof(copy));
	memcpy(copy, frame, len);
	for (size_t i = 0; i + 4 <= len; i++)
		if (copy[i] == 243 && copy[i + 1] == 2 && copy[i + 2] == 64 && copy[i + 3] == 66)
			copy[i + 2] = 66;
	rbridge_frame(node->rb, port, copy, len, c->now);
	timer_set(&c->timers, &node->timer, rbridge_next(node->rb));
}

static void g_a_drb_appoints_by_hello_who_takes_no_fs_lsps_of_the_link(void **state)
{
	struct virtual_campus *c = campus_of(2, &hybrid);

	(void)state;
	c->receive = legacy;
	c->receive_arg = c;
	drb_serves_and_appoints(c);
	assert_true(vlan_set_has(&rbridge_forwarder(c->nodes[0].rb, 0)->hello, 20));
	campus_free(c);
}

/* The DRB goes: who is left becomes it, and is silent for a Holding Time. */
static void g_the_next_drb_is_inhibited_for_a_holding_time(void **state)
{
	struct virtual_campus *c = campus_of(2, &hybrid);

	(void)state;
	lan_of(c, 2, &hybrid);
	campus_run_ms(c, 60000);
	assert_false(appointed(c, 0, 1));
	rbridge_port_down(c->nodes[1].rb, 0, c->now);
	assert_false(appointed(c, 1, 1));
	campus_run_ms(c, 35000);
	assert_true(appointed(c, 0, 1) && inhibited(c, 0, 1));
	campus_run_ms(c, 31000);
	assert_true(appointed(c, 0, 1) && !inhibited(c, 0, 1));
	campus_free(c);
}

/* RFC 6325 section 4.9.1: trunk, access and point-to-point ports. */
static void g_a_trunk_port_serves_no_end_stations_and_an_access_port_carries_no_data(void **state)
{
	struct virtual_campus *c = campus_of(2, &hybrid);

	(void)state;
	lan_of(c, 2, &hybrid);
	c->nodes[1].configs[0].trunk = true;
	c->nodes[0].configs[0].access = true;
	campus_port_up(c, 0, 0);
	campus_port_up(c, 1, 0);
	campus_run_ms(c, 60000);
	assert_true(c->nodes[1].ports[0].trill && !c->nodes[1].ports[0].native);
	assert_true(c->nodes[0].ports[0].native && !c->nodes[0].ports[0].trill);
	/* The trunk port is DRB, and does not appoint who has it for an access link. */
	assert_true(rbridge_is_drb(c->nodes[1].rb, 0));
	assert_false(appointed(c, 0, 1));
	assert_int_equal(campus_unicast(c, 0, campus_nickname(c, 1), 0), -1);
	assert_int_equal(campus_unicast(c, 1, campus_nickname(c, 0), 0), -1);
	/* Nor does it serve any VLAN itself. */
	assert_true(vlan_set_is_empty(&rbridge_forwarder(c->nodes[1].rb, 0)->appointed));
	campus_free(c);
}

/* The DRB has it for an access link: none of its RBridges reports another. */
static void g_an_access_link_of_the_drb_carries_no_data_between_others(void **state)
{
	struct virtual_campus *c = campus_of(3, &hybrid);

	(void)state;
	lan_of(c, 3, &hybrid);
	campus_run_ms(c, 40000);
	assert_int_equal(campus_unicast(c, 0, campus_nickname(c, 1), 0), 1);
	c->nodes[2].configs[0].access = true;
	campus_port_up(c, 2, 0);
	campus_run_ms(c, 60000);
	assert_true(rbridge_is_drb(c->nodes[2].rb, 0));
	assert_int_equal(campus_unicast(c, 0, campus_nickname(c, 1), 0), -1);
	assert_int_equal(campus_unicast(c, 0, campus_nickname(c, 2), 0), -1);
	campus_free(c);
}

/* What is said of a VLAN with @nickname; NULL: nothing. */
static const struct campus_interest *interest_of(
	const struct campus *c, uint16_t nickname, uint16_t vlan)
{
	for (uint32_t i = 0; i < c->interest_count; i++)
		if (c->interests[i].nickname == nickname &&
			campus_interest_has(&c->interests[i], (struct label){.id = vlan}))
			return &c->interests[i];
	return NULL;
}

/* Our LSP tells of the VLANs that we are appointed for, and how often we lost one (RFC 6325 section
 * 4.8.3). */
static void g_our_lsp_says_what_we_are_appointed_for_and_how_often_we_lost_it(void **state)
{
	struct virtual_campus *c = campus_of(2, &hybrid);
	const struct campus_interest *said;

	(void)state;
	lan_of(c, 2, &hybrid);
	enable(c, 1, 0, 30);
	campus_run_ms(c, 60000);
	said = interest_of(rbridge_campus(c->nodes[0].rb), campus_nickname(c, 1), 30);
	assert_non_null(said);
	assert_int_equal(said->af_lost, 0);
	assert_null(interest_of(rbridge_campus(c->nodes[0].rb), campus_nickname(c, 1), 31));
	campus_port_up(c, 1, 0);
	campus_run_ms(c, 60000);
	said = interest_of(rbridge_campus(c->nodes[0].rb), campus_nickname(c, 1), 30);
	assert_non_null(said);
	assert_int_equal(said->af_lost, 1);
	campus_free(c);
}

/* RFC 6325 section 4.5.4: who does not snoop says that multicast routers are there. */
static void h_our_lsp_wants_all_ip_multicast(void **state)
{
	/* INT-VLAN of 0x101: M4, M6, from VLAN 30 to VLAN 30; never lost. */
	static const uint8_t said[] = {10, 10, 1, 1, 0xc0, 30, 0, 30, 0, 0, 0, 0};
	struct virtual_campus *c = campus_of(2, &hybrid);
	struct lsp_id id = {.system = {{2, 0, 0, 0, 1, 0}}};
	const struct lsdb_lsp *lsp;

	(void)state;
	lan_of(c, 2, &hybrid);
	enable(c, 1, 0, 30);
	campus_run_ms(c, 60000);
	lsp = lsdb_find(rbridge_lsdb(c->nodes[0].rb), &id);
	assert_non_null(lsp);
	assert_non_null(memmem(lsp->bytes, lsp->len, said, sizeof(said)));
	campus_free(c);
}

/* RFC 8139 section 5: else frames of the link would go in by one port and out by the other. */
static void g_of_two_ports_on_a_link_the_higher_serves_it(void **state)
{
	struct virtual_campus *c = campus_of(1, &hybrid);

	(void)state;
	campus_wire(c, (unsigned int[]){0, 0}, 2, 20000, &hybrid);
	campus_run_ms(c, 60000);
	assert_false(vlan_set_has(&c->nodes[0].forwarders[0].appointed, 1));
	assert_true(vlan_set_has(&c->nodes[0].forwarders[1].appointed, 1));
	campus_free(c);
}

/* ---- with a data plane ---- */

static void g_native_frames_cross_the_campus_once_and_are_answered_by_unicast(void **state)
{
	struct stage s;

	(void)state;
	stage_set(&s, false);
	says(&s, 0, &alice, &all);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(datapath_seen(&s.dp, 0, i, HOST_PORT, &alice), i != 0);
	says(&s, 1, &bob, &alice);
	assert_int_equal(datapath_seen(&s.dp, 0, 0, HOST_PORT, &bob), 1);
	assert_int_equal(datapath_seen(&s.dp, 0, 2, HOST_PORT, &bob), 0);
	assert_true(believed(&s, 1, &bob)->place.local);
	assert_int_equal(believed(&s, 2, &alice)->place.where, campus_nickname(s.c, 0));
	stage_end(&s);
}

/* RFC 8383: who learned it where it was forgets it, and so does the RBridge that it has left. */
static void j_a_station_that_moves_is_flushed_where_it_was(void **state)
{
	struct stage s;
	unsigned int from;

	(void)state;
	stage_set(&s, false);
	says(&s, 1, &bob, &all);
	says(&s, 0, &alice, &all);
	assert_int_equal(known_at(&s, 1, &alice), 0);
	/* Only bob's RBridge gets this frame. */
	says(&s, 2, &alice, &bob);
	assert_int_equal(known_at(&s, 2, &alice), 2);
	assert_int_equal(known_at(&s, 1, &alice), 2);
	assert_int_equal(known_at(&s, 0, &alice), -1);
	assert_null(believed(&s, 0, &alice));
	for (unsigned int i = 0; i < 3; i++) { /* each is counted where it went and came */
		assert_int_equal(rbridge_flushes(s.c->nodes[i].rb)->sent, i == 2);
		assert_int_equal(rbridge_flushes(s.c->nodes[i].rb)->done, i != 2);
	}
	from = s.dp.count;
	says(&s, 0, &carol, &alice);
	assert_int_equal(datapath_seen(&s.dp, from, 2, HOST_PORT, &carol), 1);
	stage_end(&s);
}

/* The news of it were lost; it stands in the table, which is walked. */
static void find(struct stage *s, unsigned int node, const struct mac *mac)
{
	const struct tables_station *is = campus_station(&s->c->nodes[node], mac, VLAN);

	assert_non_null(is);
	rbridge_station(s->c->nodes[node].rb, TABLES_FOUND, is, NULL, s->c->now);
	timer_set(&s->c->timers, &s->c->nodes[node].timer, rbridge_next(s->c->nodes[node].rb));
	campus_run_ms(s->c, 1000);
}

/* Of a station that is new, of one that has moved, and of what the core knows better. */
static void j_what_the_data_plane_could_not_tell_is_made_good(void **state)
{
	struct tables_station dave = {
		.mac = {{0x52, 0x54, 0, 0, 0, 0xd4}}, .vlan = VLAN, .confidence = 0x20};
	struct rbridge_station attested = {.mac = dave.mac, .vlan = VLAN, .port = HOST_PORT};
	struct stage s;
	unsigned int told;

	(void)state;
	stage_set(&s, true);
	dave.ifindex = HOST_PORT + 1;
	s.c->nodes[0].tables.station_set(&s.c->nodes[0].tables, &dave);
	find(&s, 0, &dave.mac);
	assert_true(believed(&s, 0, &dave.mac)->place.local);
	assert_int_equal(known_at(&s, 2, &dave.mac), 0); /* by ESADI */
	told = s.told.count;
	find(&s, 0, &dave.mac); /* nothing is new */
	assert_int_equal(s.told.count, told);
	/* It has gone behind node 1. */
	dave.ifindex = 0;
	dave.nickname = campus_nickname(s.c, 1);
	s.c->nodes[0].tables.station_set(&s.c->nodes[0].tables, &dave);
	find(&s, 0, &dave.mac);
	assert_int_equal(believed(&s, 0, &dave.mac)->place.where, dave.nickname);
	/* An agent says that it is here, which counts for more than a frame. */
	assert_int_equal(
		rbridge_station_attest(s.c->nodes[0].rb, &attested, s.c->now), RBRIDGE_ATTESTED);
	*campus_station(&s.c->nodes[0], &dave.mac, VLAN) = dave;
	find(&s, 0, &dave.mac);
	assert_true(believed(&s, 0, &dave.mac)->place.local);
	assert_int_equal(known_at(&s, 0, &dave.mac), 0);
	find(&s, 0, &dave.mac); /* no frame taught that */
	assert_int_equal(believed(&s, 0, &dave.mac)->origin, MAC_ATTESTED);
	stage_end(&s);
}

/* RFC 6325 section 4.8.3: a port that serves a VLAN no more has no stations there. */
static void j_a_port_that_loses_its_vlan_forgets_its_stations(void **state)
{
	struct stage s;

	(void)state;
	stage_set(&s, false);
	says(&s, 0, &alice, &all);
	assert_int_equal(known_at(&s, 0, &alice), 0);
	rbridge_port_down(s.c->nodes[0].rb, HOST_PORT, s.c->now);
	assert_int_equal(known_at(&s, 0, &alice), -1);
	assert_null(believed(&s, 0, &alice));
	stage_end(&s);
}

/* No port of ours serves the VLAN: what was learned of others there goes, too. */
static void j_who_leaves_a_vlan_forgets_what_others_have_there(void **state)
{
	struct stage s;

	(void)state;
	stage_set(&s, false);
	says(&s, 1, &bob, &all);
	assert_int_equal(known_at(&s, 0, &bob), 1);
	rbridge_port_down(s.c->nodes[0].rb, HOST_PORT, s.c->now);
	assert_int_equal(known_at(&s, 0, &bob), -1);
	/* Node 2 hears that 1 has left the VLAN, which it had on another port before. */
	assert_int_equal(known_at(&s, 2, &bob), 1);
	rbridge_port_down(s.c->nodes[1].rb, HOST_PORT, s.c->now);
	campus_run_ms(s.c, 31000);
	assert_int_equal(known_at(&s, 2, &bob), -1);
	assert_null(believed(&s, 2, &bob));
	stage_end(&s);
}

/* RFC 7780 section 11: it has been back for less than a Forward Delay. */
static void j_a_lost_counter_that_went_up_hastens_what_was_learned(void **state)
{
	struct stage s;
	struct rbridge *rb;

	(void)state;
	stage_set(&s, false);
	says(&s, 1, &bob, &all);
	rb = s.c->nodes[1].rb;
	assert_int_equal(s.c->nodes[0].hastened, 0);
	/* Another port keeps the VLAN. */
	campus_wire(s.c, (unsigned int[]){1}, 1, 20000, &hybrid);
	campus_run_ms(s.c, 60000);
	rbridge_port_down(rb, HOST_PORT + 1, s.c->now);
	campus_run_ms(s.c, 31000);
	assert_int_equal(s.c->nodes[0].hastened, 1);
	assert_int_equal(known_at(&s, 0, &bob), 1);
	stage_end(&s);
}

/* Each call is a walk over all stations: one for all VLANs of a trunk that are lost at once. */
static void j_many_vlans_that_were_lost_are_hastened_by_one_walk(void **state)
{
	struct stage s;

	(void)state;
	stage_set(&s, false);
	campus_wire(s.c, (unsigned int[]){1}, 1, 20000, &hybrid);
	for (unsigned int node = 0; node < 2; node++)
		for (uint16_t port = HOST_PORT; port <= HOST_PORT + node; port++) {
			vlan_set_add_range(&s.c->nodes[node].configs[port].enabled, 1, 4094);
			campus_port_up(s.c, node, port);
		}
	campus_run_ms(s.c, 60000);
	s.c->nodes[0].hastened = 0;
	rbridge_port_down(s.c->nodes[1].rb, HOST_PORT + 1, s.c->now);
	campus_run_ms(s.c, 31000);
	assert_int_equal(s.c->nodes[0].hastened, 1);
	assert_int_equal(numbers_of(&s.c->nodes[0].hastened_labels), 4094);
	stage_end(&s);
}

static void esadi_of_many(struct rbridge_config *config, unsigned int number)
{
	(void)number;
	vlan_set_add_range(&config->esadi, 1, 200);
}

static void k_labels_that_begin_together_are_told_of_by_one_walk(void **state)
{
	struct rbridge_port_config *config;
	struct stage s;
	struct rbridge *rb;
	uint64_t before;
	uint16_t vlan = 1;

	(void)state;
	stage_set_with(&s, true, esadi_of_many);
	rb = s.c->nodes[0].rb;
	config = &s.c->nodes[0].configs[HOST_PORT];
	vlan_set_add_range(&config->enabled, 1, 200);
	before = rb->announced;
	campus_port_up(s.c, 0, HOST_PORT);
	campus_run_ms(s.c, 60000);
	for (unsigned int n = 0; n < 200; n++, vlan++) {
		assert_non_null(rbridge_esadi(rb, &vlan));
		assert_int_equal(vlan, n + 1);
	}
	assert_int_equal(rb->announced - before, 1);
	stage_end(&s);
}

static void j_an_rbridge_that_is_gone_has_no_stations(void **state)
{
	struct stage s;

	(void)state;
	stage_set(&s, false);
	says(&s, 1, &bob, &all);
	assert_int_equal(known_at(&s, 0, &bob), 1);
	rbridge_port_down(s.c->nodes[1].rb, 0, s.c->now);
	rbridge_port_down(s.c->nodes[1].rb, 1, s.c->now);
	campus_run_ms(s.c, 40000);
	assert_int_equal(known_at(&s, 0, &bob), -1);
	assert_null(believed(&s, 0, &bob));
	assert_int_equal(known_at(&s, 1, &bob), 1);
	stage_end(&s);
}

static void j_a_configured_station_stays_where_it_is(void **state)
{
	struct tables_station row = {.mac = alice, .vlan = VLAN, .ifindex = HOST_PORT + 1};
	struct stage s;

	(void)state;
	stage_set(&s, false);
	assert_true(rbridge_static_station(s.c->nodes[0].rb, &row, true, s.c->now));
	says(&s, 2, &alice, &all);
	assert_int_equal(known_at(&s, 0, &alice), 0);
	assert_int_equal(campus_station(&s.c->nodes[0], &alice, VLAN)->confidence, 255);
	assert_true(rbridge_static_station(s.c->nodes[0].rb, &row, false, s.c->now));
	assert_false(rbridge_static_station(s.c->nodes[0].rb, &row, false, s.c->now));
	assert_int_equal(known_at(&s, 0, &alice), -1);
	row.ifindex = 99;
	assert_false(rbridge_static_station(s.c->nodes[0].rb, &row, true, s.c->now));
	stage_end(&s);
}

/* RFC 7357: nobody has seen a frame of alice but her RBridge. */
static void k_what_one_learns_all_are_told_and_it_is_withdrawn_when_it_ages(void **state)
{
	struct stage s;

	(void)state;
	stage_set(&s, true);
	says(&s, 0, &alice, &alice);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(known_at(&s, i, &alice), 0);
	assert_int_equal(believed(&s, 1, &alice)->origin, MAC_ESADI);
	assert_int_equal(believed(&s, 1, &alice)->confidence, TABLES_CONFIDENCE_DATA);
	says(&s, 1, &bob, &alice);
	assert_int_equal(datapath_seen(&s.dp, 0, 0, HOST_PORT, &bob), 1);
	assert_int_equal(datapath_seen(&s.dp, 0, 2, HOST_PORT, &bob), 0);
	datapath_age(&s.dp, 0, &alice, VLAN);
	campus_run_ms(s.c, TOLD_MS);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(known_at(&s, i, &alice), -1);
	stage_end(&s);
}

/* What is told stays while it is told, whether or not frames come from there. */
/* ESADI that is on its way to one RBridge: M is clear, and All-Egress-RBridges inside. */
static void esadi_tap(
	void *arg, unsigned int wire, unsigned int from, const uint8_t *frame, size_t len)
{
	static const uint8_t inner[] = {1, 0x80, 0xc2, 0, 0, 0x42};
	unsigned int *counts = arg; /* to one, to all */

	(void)wire;
	(void)from;
	if (len > 38 && frame[12] == 0x22 && frame[13] == 0xf3 && frame[36] == 0x22 &&
		frame[37] == 0xf4 && !memcmp(frame + 20, inner, sizeof(inner)))
		counts[frame[14] >> 3 & 1]++;
}
static void k_two_rbridges_tell_each_other_by_unicast(void **state)
{
	unsigned int counts[2] = {0, 0};
	struct campus_options trunk = hybrid;
	struct stage s;

	(void)state;
	trunk.p2p = true;
	stage_set(&s, true);
	s.c->tap = esadi_tap;
	s.c->tap_arg = counts;
	says(&s, 0, &alice, &alice);
	assert_int_equal(counts[0], 0);
	assert_true(counts[1] > 0);
	campus_carrier(s.c, 1, false, &trunk); /* the third is not there any more */
	campus_carrier(s.c, 2, false, &trunk);
	campus_run_ms(s.c, 5000);
	memset(counts, 0, sizeof(counts));
	says(&s, 0, &bob, &bob);
	assert_int_equal(known_at(&s, 1, &bob), 0);
	assert_true(counts[0] > 0);
	assert_int_equal(counts[1], 0);
	campus_free(s.c);
}
static void k_what_is_told_does_not_age(void **state)
{
	struct stage s;

	(void)state;
	stage_set(&s, true);
	says(&s, 0, &alice, &alice);
	datapath_age(&s.dp, 1, &alice, VLAN);
	assert_int_equal(known_at(&s, 1, &alice), 0);
	stage_end(&s);
}

static void k_a_station_that_moves_is_told_of_by_its_new_rbridge_alone(void **state)
{
	struct stage s;

	(void)state;
	stage_set(&s, true);
	says(&s, 0, &alice, &alice);
	says(&s, 2, &alice, &alice);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(known_at(&s, i, &alice), 2);
	assert_int_equal(esadi_announced(rbridge_esadi(s.c->nodes[0].rb, &(uint16_t){1})), 0);
	assert_int_equal(esadi_announced(rbridge_esadi(s.c->nodes[2].rb, &(uint16_t){1})), 1);
	stage_end(&s);
}

/* An agent says where a guest is, and its address: frames do not gainsay it, its end does. */
static void k_an_attested_station_is_told_of_with_its_address_and_higher_confidence(void **state)
{
	struct rbridge_station guest = {.vlan = VLAN,
		.mac = alice,
		.port = HOST_PORT,
		.ips = {.ipv4_count = 2,
			.ipv6_count = 1,
			.ipv4 = {{192, 0, 2, 10}, {192, 0, 2, 11}},
			.ipv6 = {{0x20, 1, 0xd, 0xb8, [15] = 10}}}};
	struct stage s;

	(void)state;
	stage_set(&s, true);
	assert_int_equal(
		rbridge_station_attest(s.c->nodes[0].rb, &guest, s.c->now), RBRIDGE_ATTESTED);
	campus_run_ms(s.c, TOLD_MS);
	assert_int_equal(known_at(&s, 1, &alice), 0);
	assert_int_equal(believed(&s, 1, &alice)->confidence, 0x40);
	assert_memory_equal(&s.told.last[1].ips, &guest.ips, sizeof(guest.ips));
	assert_int_equal(s.told.last[1].nickname, campus_nickname(s.c, 0));
	says(&s, 2, &alice, &all);
	assert_int_equal(known_at(&s, 1, &alice), 0);
	/* Its new agent counts as much. */
	assert_int_equal(
		rbridge_station_attest(s.c->nodes[2].rb, &guest, s.c->now), RBRIDGE_ATTESTED);
	campus_run_ms(s.c, TOLD_MS);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(known_at(&s, i, &alice), 2);
	/* Another's word is its own to take back. */
	assert_int_equal(leaves(&s, 0, &alice), RBRIDGE_WAS_REMOTE);
	assert_int_equal(known_at(&s, 1, &alice), 2);
	assert_int_equal(leaves(&s, 2, &alice), RBRIDGE_WAS_LOCAL);
	campus_run_ms(s.c, TOLD_MS);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(known_at(&s, i, &alice), -1);
	stage_end(&s);
}

/* Who comes back to a VLAN hears of all, and tells all that it has. */
static void k_an_instance_begins_with_the_vlan_and_ends_with_it(void **state)
{
	struct rbridge_station guest = {.vlan = VLAN, .mac = bob, .port = HOST_PORT};
	struct stage s;

	(void)state;
	stage_set(&s, true);
	assert_int_equal(
		rbridge_station_attest(s.c->nodes[1].rb, &guest, s.c->now), RBRIDGE_ATTESTED);
	says(&s, 0, &alice, &alice);
	assert_int_equal(known_at(&s, 1, &alice), 0);
	rbridge_port_down(s.c->nodes[1].rb, HOST_PORT, s.c->now);
	assert_null(rbridge_esadi(s.c->nodes[1].rb, &(uint16_t){1}));
	assert_int_equal(known_at(&s, 1, &alice), -1);
	campus_run_ms(s.c, 31000);
	assert_int_equal(known_at(&s, 0, &bob), -1);
	campus_port_up(s.c, 1, HOST_PORT);
	campus_run_ms(s.c, 60000);
	assert_int_equal(known_at(&s, 1, &alice), 0);
	assert_int_equal(known_at(&s, 0, &bob), 1);
	stage_end(&s);
}

/* Another port keeps the VLAN and its instance. */
static void k_a_station_at_a_port_that_is_down_is_not_told_of(void **state)
{
	struct rbridge_station guest = {.vlan = VLAN, .mac = bob, .port = HOST_PORT};
	struct stage s;

	(void)state;
	stage_set(&s, true);
	campus_wire(s.c, (unsigned int[]){1}, 1, 20000, &hybrid);
	campus_run_ms(s.c, 60000);
	assert_int_equal(
		rbridge_station_attest(s.c->nodes[1].rb, &guest, s.c->now), RBRIDGE_ATTESTED);
	campus_run_ms(s.c, TOLD_MS);
	assert_int_equal(known_at(&s, 0, &bob), 1);
	campus_carrier(s.c, 4, false, &hybrid);
	campus_run_ms(s.c, TOLD_MS);
	assert_non_null(rbridge_esadi(s.c->nodes[1].rb, &(uint16_t){1}));
	assert_int_equal(known_at(&s, 0, &bob), -1);
	campus_carrier(s.c, 4, true, &hybrid);
	campus_run_ms(s.c, TOLD_MS);
	assert_int_equal(known_at(&s, 0, &bob), 1);
	assert_int_equal(known_at(&s, 1, &bob), 1);
	stage_end(&s);
}

static unsigned int adjacencies(const struct virtual_campus *c, unsigned int node, uint16_t port)
{
	return rbridge_adjacencies(c->nodes[node].rb, port)->count;
}

/* RFC 8139 section 6.3: the neighbour does not wait for a Holding Time. */
static void g_a_port_that_will_be_shut_down_tells_its_neighbours(void **state)
{
	struct virtual_campus *c = campus_of(2, &hybrid);

	(void)state;
	lan_of(c, 2, &hybrid);
	campus_run_ms(c, 60000);
	assert_int_equal(adjacencies(c, 0, 0), 1);
	rbridge_port_shutdown(c->nodes[1].rb, 0, c->now);
	timer_set(&c->timers, &c->nodes[1].timer, rbridge_next(c->nodes[1].rb));
	campus_run_ms(c, 1);
	assert_int_equal(adjacencies(c, 0, 0), 0);
	assert_non_null(rbridge_adjacencies(c->nodes[1].rb, 0));
	campus_run_ms(c, 100);
	assert_null(rbridge_adjacencies(c->nodes[1].rb, 0));
	assert_true(rbridge_is_drb(c->nodes[0].rb, 0));
	campus_run_ms(c, 40000);
	assert_int_equal(adjacencies(c, 0, 0), 0);
	campus_free(c);
}

/* A port fails: who had an adjacency with it hears it by another way. */
static void g_a_port_that_fails_is_told_of_through_the_campus(void **state)
{
	struct campus_options trunk = hybrid;
	struct virtual_campus *c;

	(void)state;
	trunk.native = false;
	c = campus_of(2, &trunk);
	lan_of(c, 2, &trunk);
	trunk.p2p = true;
	lan_of(c, 2, &trunk);
	campus_run_ms(c, 60000);
	assert_int_equal(adjacencies(c, 0, 0), 1);
	rbridge_port_down(c->nodes[1].rb, 0, c->now);
	timer_set(&c->timers, &c->nodes[1].timer, rbridge_next(c->nodes[1].rb));
	campus_run_ms(c, 50);
	assert_int_equal(adjacencies(c, 0, 0), 0);
	assert_int_equal(adjacencies(c, 0, 1), 1);
	campus_free(c);
}

/* RFC 8139 section 3, item 6. The BPDU is laid out by IEEE 802.1D section 9.3.1. */
static void g_another_root_bridge_in_a_bpdu_inhibits_the_port(void **state)
{
	uint8_t bpdu[] = {0x01, 0x80, 0xc2, 0, 0, 0, 0x02, 0x11, 0x22, 0x33, 0x44, 0x55, 0, 38,
		0x42, 0x42, 0x03, 0, 0, 0, 0, 0, 0x80, 0, 0x00, 0x0c, 0x29, 0, 0, 1, 0, 0, 0, 4,
		0x80, 0, 0x00, 0x0c, 0x29, 0, 0, 9, 0x80, 1, 0, 0, 20, 0, 2, 0, 15, 0};
	struct virtual_campus *c = campus_of(1, &hybrid);
	const struct campus_interest *said;
	struct rbridge *rb;

	(void)state;
	lan_of(c, 1, &hybrid);
	campus_run_ms(c, 60000);
	rb = c->nodes[0].rb;
	rbridge_frame(rb, 0, bpdu, sizeof(bpdu), c->now);
	assert_false(inhibited(c, 0, 1));
	bpdu[29] = 2;
	rbridge_frame(rb, 0, bpdu, sizeof(bpdu), c->now);
	assert_true(appointed(c, 0, 1) && inhibited(c, 0, 1));
	timer_set(&c->timers, &c->nodes[0].timer, rbridge_next(rb));
	campus_run_ms(c, 29000);
	assert_true(inhibited(c, 0, 1));
	campus_run_ms(c, 2000);
	assert_false(inhibited(c, 0, 1));
	assert_int_equal(rbridge_counters(rb, 0)->bpdus, 2);
	/* Our LSP names it (RFC 6325 section 4.2.4.3, item 5.4). */
	said = interest_of(rbridge_campus(rb), campus_nickname(c, 0), 1);
	assert_non_null(said);
	assert_int_equal(said->root_count, 1);
	assert_memory_equal(said->root, bpdu + 24, 6);
	/* Cut within its root's address, and a topology change notification. */
	rbridge_frame(rb, 0, bpdu, 29, c->now);
	bpdu[20] = 0x80;
	rbridge_frame(rb, 0, bpdu, sizeof(bpdu), c->now);
	assert_int_equal(rbridge_counters(rb, 0)->bpdus, 2);
	campus_free(c);
}

/* RFC 7178 section 3: what is for another, from us, or broken. The frame is laid out by RFC 6325
 * section 4.1 and RFC 8383 section 2.1: a flush of all that is behind its ingress in VLAN 1. */
static void l_what_comes_up_is_taken_when_it_is_for_us_and_whole(void **state)
{
	uint8_t frame[] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 1, 0, 0x22, 0xf3, 0, 0x3f, 1, 0, 1, 1,
		0x01, 0x80, 0xc2, 0, 0, 0x42, 2, 0, 0, 0, 1, 0, 0x81, 0, 0xc0, 1, 0x89, 0x46, 0, 9,
		0, 0, 0, 1, 0, 1, 0, 1};
	const struct rbridge_counters *counters;
	const struct channel_room *room;
	struct stage s;
	struct rbridge *rb;

	(void)state;
	stage_set(&s, false);
	says(&s, 1, &bob, &all);
	rb = s.c->nodes[0].rb;
	counters = rbridge_counters(rb, 0);
	room = rbridge_channel(rb);
	assert_int_equal(known_at(&s, 0, &bob), 1);
	/* One byte short, for another, from us, for an end station: nothing happens. */
	for (size_t len = 14; len < 36; len++)
		rbridge_frame(rb, 0, frame, len, s.c->now);
	assert_int_equal(counters->malformed[TRILL_ETRUNC], 22);
	frame[17] = 2;
	rbridge_frame(rb, 0, frame, sizeof(frame), s.c->now);
	frame[17] = 0;
	frame[19] = 0;
	rbridge_frame(rb, 0, frame, sizeof(frame), s.c->now);
	frame[19] = 1;
	frame[25] = 0x45;
	rbridge_frame(rb, 0, frame, sizeof(frame), s.c->now);
	frame[25] = 0x42;
	assert_int_equal(counters->not_ours, 3);
	assert_int_equal(room->received[CHANNEL_TAKEN], 0);
	assert_int_equal(known_at(&s, 0, &bob), 1);
	rbridge_frame(rb, 0, frame, sizeof(frame), s.c->now);
	assert_int_equal(room->received[CHANNEL_TAKEN], 1);
	assert_int_equal(known_at(&s, 0, &bob), -1);
	/* To whoever is next: RFC 7178 section 2.2. */
	frame[16] = 0xff;
	frame[17] = 0xc0;
	rbridge_frame(rb, 0, frame, sizeof(frame), s.c->now);
	assert_int_equal(room->received[CHANNEL_TAKEN], 2);
	stage_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			g_a_drb_appoints_another_in_fs_lsps_of_the_link_for_what_it_does_not_serve),
		cmocka_unit_test(q_what_is_said_on_a_link_and_by_esadi_is_signed_and_believed),
		cmocka_unit_test(g_a_drb_appoints_by_hello_who_takes_no_fs_lsps_of_the_link),
		cmocka_unit_test(g_the_next_drb_is_inhibited_for_a_holding_time),
		cmocka_unit_test(
			g_a_trunk_port_serves_no_end_stations_and_an_access_port_carries_no_data),
		cmocka_unit_test(g_an_access_link_of_the_drb_carries_no_data_between_others),
		cmocka_unit_test(g_our_lsp_says_what_we_are_appointed_for_and_how_often_we_lost_it),
		cmocka_unit_test(g_native_frames_cross_the_campus_once_and_are_answered_by_unicast),
		cmocka_unit_test(g_a_port_that_will_be_shut_down_tells_its_neighbours),
		cmocka_unit_test(g_a_port_that_fails_is_told_of_through_the_campus),
		cmocka_unit_test(g_another_root_bridge_in_a_bpdu_inhibits_the_port),
		cmocka_unit_test(h_our_lsp_wants_all_ip_multicast),
		cmocka_unit_test(g_of_two_ports_on_a_link_the_higher_serves_it),
		cmocka_unit_test(l_what_comes_up_is_taken_when_it_is_for_us_and_whole),
		cmocka_unit_test(j_a_station_that_moves_is_flushed_where_it_was),
		cmocka_unit_test(j_what_the_data_plane_could_not_tell_is_made_good),
		cmocka_unit_test(j_a_port_that_loses_its_vlan_forgets_its_stations),
		cmocka_unit_test(j_who_leaves_a_vlan_forgets_what_others_have_there),
		cmocka_unit_test(j_a_lost_counter_that_went_up_hastens_what_was_learned),
		cmocka_unit_test(j_many_vlans_that_were_lost_are_hastened_by_one_walk),
		cmocka_unit_test(k_labels_that_begin_together_are_told_of_by_one_walk),
		cmocka_unit_test(j_an_rbridge_that_is_gone_has_no_stations),
		cmocka_unit_test(j_a_configured_station_stays_where_it_is),
		cmocka_unit_test(k_what_one_learns_all_are_told_and_it_is_withdrawn_when_it_ages),
		cmocka_unit_test(k_two_rbridges_tell_each_other_by_unicast),
		cmocka_unit_test(k_what_is_told_does_not_age),
		cmocka_unit_test(k_a_station_that_moves_is_told_of_by_its_new_rbridge_alone),
		cmocka_unit_test(
			k_an_attested_station_is_told_of_with_its_address_and_higher_confidence),
		cmocka_unit_test(k_a_station_at_a_port_that_is_down_is_not_told_of),
		cmocka_unit_test(k_an_instance_begins_with_the_vlan_and_ends_with_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
