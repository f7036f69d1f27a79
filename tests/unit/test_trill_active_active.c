/* Hosts that several RBridges serve at once: item O of docs/trill.md, by RFC 7781 and RFC 7783. The
 * bytes are spelled out by section 9 of the first; then a host with a link to each of two RBridges
 * of a virtual campus sends now by the one and now by the other, as a bond does. */
#include "tests/unit/trill_campus.h"

#include "tests/trill/virtual_datapath.h"
#include "trill/core/active_active.h"
#include "trill/core/esadi.h"

#define VLAN 10

static const struct laalp_id lag1 = {{0x02, 0, 0, 0, 0, 0x11, 0, 1}};
static const struct laalp_id lag2 = {{0x02, 0, 0, 0, 0, 0x11, 0, 2}};

/* ---- codec ---- */

static struct tlv app_sub_tlv(const uint8_t *bytes, size_t len)
{
	struct tlv_iter it;
	struct tlv t;

	tlv_iter_init(&it, bytes, len, TLV_EXTENDED);
	assert_true(tlv_next(&it, &t));
	return t;
}

static void o_membership_says_which_laalps_there_are(void **state)
{
	const struct laalp_record records[] = {
		{.id = lag1, .exclusive = true, .reuse = 0x0300}, {.id = lag2}};
	static const char *const want = "0002 0018"
					"80 0a 0300 0200000000110001"
					"00 0a 0000 0200000000110002";
	struct laalp_record r;
	struct wire_writer w;
	uint8_t bytes[64];
	size_t at = 0;
	struct tlv t;
	int err;

	(void)state;
	wire_writer_init(&w, bytes, sizeof(bytes));
	laalp_records_put(&w, records, 2);
	assert_bytes(bytes, w.pos, want);
	/* Reserved bits, and an ID of 4 bytes, are passed over. */
	t = app_sub_tlv(bytes, hex(bytes, sizeof(bytes),
				       "0002 0020 ff 0a 0300 0200000000110001"
				       "00 06 0000 01020304 00 0a 0000 0200000000110002"));
	assert_true(laalp_record_next(&t, &at, &r, &err));
	assert_true(r.exclusive);
	assert_int_equal(r.reuse, 0x0300);
	assert_int_equal(laalp_id_compare(&r.id, &lag1), 0);
	assert_true(laalp_record_next(&t, &at, &r, &err));
	assert_false(r.exclusive);
	assert_int_equal(laalp_id_compare(&r.id, &lag2), 0);
	assert_false(laalp_record_next(&t, &at, &r, &err));
	assert_int_equal(err, 0);
}

static void o_a_membership_that_does_not_fit_is_not_read_on(void **state)
{
	static const struct {
		const char *value;
		int err;
	} bad[] = {{"0002 0001 00", -TRILL_EOVERRUN}, {"0002 0003 00 0a 03", -TRILL_EOVERRUN},
		{"0002 0003 00 01 03", -TRILL_ESHORT}, {"0002 0002 00 00", -TRILL_ESHORT},
		{"0002 0000", 0}};
	struct laalp_record r;
	uint8_t bytes[64];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct tlv t = app_sub_tlv(bytes, hex(bytes, sizeof(bytes), bad[i].value));
		size_t at = 0;
		int err = 1;

		assert_false(laalp_record_next(&t, &at, &r, &err));
		assert_error(err, bad[i].err);
	}
}

static void o_a_virtual_rbridge_names_the_laalps_that_it_serves(void **state)
{
	static const char *const want = "0003 0013 0300 08 0200000000110001 0200000000110002";
	static const struct {
		const char *value;
		int err;
	} bad[] = {{"0003 0002 0300", -TRILL_ESHORT}, {"0003 0004 0300 08 00", -TRILL_ELENGTH},
		{"0003 0003 0300 00", -TRILL_ELENGTH}, {"0003 0005 0300 02 0102", -TRILL_EVALUE}};
	const struct laalp_id ids[] = {lag1, lag2};
	struct laalp_id id;
	struct laalp_rbv rbv;
	struct wire_writer w;
	uint8_t bytes[64];
	struct tlv t;

	(void)state;
	wire_writer_init(&w, bytes, sizeof(bytes));
	laalp_rbv_put(&w, 0x0300, ids, 2);
	assert_bytes(bytes, w.pos, want);
	t = app_sub_tlv(bytes, w.pos);
	assert_error(laalp_rbv_read(&t, &rbv), 0);
	assert_int_equal(rbv.nickname, 0x0300);
	assert_int_equal(rbv.count, 2);
	id = laalp_rbv_at(&rbv, 1);
	assert_int_equal(laalp_id_compare(&id, &lag2), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		t = app_sub_tlv(bytes, hex(bytes, sizeof(bytes), bad[i].value));
		assert_error(laalp_rbv_read(&t, &rbv), bad[i].err);
	}
}

static void o_boundaries_stand_around_addresses(void **state)
{
	struct wire_writer w;
	struct laalp_id id;
	uint8_t bytes[64];
	struct tlv t;

	(void)state;
	wire_writer_init(&w, bytes, sizeof(bytes));
	laalp_start_put(&w, &lag1);
	laalp_end_put(&w);
	assert_bytes(bytes, w.pos, "0004 0008 0200000000110001 0005 0000");
	t = app_sub_tlv(bytes, w.pos);
	assert_error(laalp_start_read(&t, &id), 0);
	assert_int_equal(laalp_id_compare(&id, &lag1), 0);
	t.len = 6;
	assert_error(laalp_start_read(&t, &id), -TRILL_EVALUE);
}

static void o_ids_are_written_with_colons(void **state)
{
	static const char *const bad[] = {"", "02:00:00:00:00:11:00", "02:00:00:00:00:11:00:01:02",
		"02:00:00:00:00:11:00:1", "02-00-00-00-00-11-00-01", "00:00:00:00:00:00",
		"02:00:00:00:00:11:00:01 ", "02:00:00:00:00:gg:00:01"};
	const struct laalp_id mac = {{2, 0, 0, 0, 0, 0x1a, 0, 0}};
	char text[LAALP_ID_TEXT];
	struct laalp_id id;

	(void)state;
	assert_true(laalp_id_read("02:00:00:00:00:11:00:01", &id));
	assert_int_equal(laalp_id_compare(&id, &lag1), 0);
	assert_true(laalp_id_read("02:00:00:00:00:1A", &id));
	assert_int_equal(laalp_id_compare(&id, &mac), 0);
	laalp_id_text(&lag1, text);
	assert_string_equal(text, "02:00:00:00:00:11:00:01");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(laalp_id_read(bad[i], &id));
}

/* ---- ESADI ---- */

static struct {
	uint8_t pdu[2048]; /* the last LSP sent */
	size_t len;
	uint16_t nickname; /* heard last */
	struct esadi_address heard;
	unsigned int gone;
} link;

static void on_send(void *arg, uint16_t to, const uint8_t *pdu, size_t len)
{
	(void)arg;
	(void)to;
	if (pdu[4] != ISIS_FS_LSP)
		return;
	memcpy(link.pdu, pdu, len);
	link.len = len;
}

static void on_learned(void *arg, uint16_t nickname, const struct esadi_address *address, bool gone)
{
	(void)arg;
	link.nickname = nickname;
	link.heard = *address;
	link.gone += gone;
}

static struct esadi *speaker(struct random *random, uint8_t number, uint8_t other)
{
	const struct esadi_config config = {.label = {.id = VLAN},
		.system = {{0, 0, 0, 0, 0, number}},
		.nickname = (uint16_t)(0x100 + number),
		.param = {.priority = 0x40, .csnp_s = 30},
		.lsps_max = 100,
		.neighbors_max = 8,
		.random = random,
		.send = on_send,
		.learned = on_learned};
	const struct esadi_neighbor n = {
		.system = {{0, 0, 0, 0, 0, other}}, .nickname = (uint16_t)(0x100 + other)};
	struct esadi *e = esadi_new(&config, (struct mono){1});

	assert_non_null(e);
	assert_true(esadi_neighbors(e, &n, 1, (struct mono){1}));
	return e;
}

/* RFC 7781 section 9.3, in RFC 7357's LSP: its TLVs begin at 27. */
static void o_addresses_of_a_laalp_stand_between_its_boundaries(void **state)
{
	struct esadi_address there = {.mac = {{2, 0, 0, 0, 0, 0xaa}},
		.confidence = 0x20,
		.nickname = 0x0300,
		.has_laalp = true,
		.laalp = lag1};
	struct esadi_address orphan = {.mac = {{2, 0, 0, 0, 0, 0xab}}, .confidence = 0x20};
	struct random_seeded seeded;
	struct esadi *a, *b;

	(void)state;
	random_seeded_init(&seeded, 7);
	a = speaker(&seeded.random, 1, 2);
	b = speaker(&seeded.random, 2, 1);
	assert_true(esadi_announce(a, &there));
	assert_true(esadi_announce(a, &orphan));
	esadi_time(a, mono_add_ms((struct mono){1}, 5000));
	assert_bytes(link.pdu + 27, link.len - 27,
		"00fb 000a 00 0001 0001 0003 40 1e 00" /* ESADI-PARAM */
		"00fb 000f 00 0001 0004 0008 0200000000110001"
		"0093 000b 0300 20 0000 0200000000aa"
		"00fb 0007 00 0001 0005 0000"
		"0093 000b 0000 20 0000 0200000000ab");
	/* Both are heard; the first as one of that LAALP. */
	assert_int_equal(esadi_receive(b, link.pdu, link.len, mono_add_ms((struct mono){1}, 5000)),
		ESADI_TAKEN);
	assert_int_equal(link.nickname, 0x0101);
	assert_false(link.heard.has_laalp);
	assert_int_equal(esadi_claim(b, &there.mac, &link.heard), 0x0300);
	assert_true(link.heard.has_laalp);
	assert_int_equal(laalp_id_compare(&link.heard.laalp, &lag1), 0);
	esadi_free(a);
	esadi_free(b);
}

/* ---- a virtual campus ---- */

static bool lag_of[3]; /* nodes whose host has links to others, too */

static uint16_t alone_port; /* of node 0; 0: there is none: its host has no other link */

static bool more_vlans; /* the host's port of node 0 has VLAN + 1, too */

static bool is_host_port(unsigned int node, uint16_t port)
{
	return port == (node == 2 ? 2 : 1);
}

static void host_port(struct rbridge_port_config *config, unsigned int node, uint16_t port)
{
	bool alone = node == 0 && alone_port && port == alone_port;

	if (!is_host_port(node, port) && !alone)
		return;
	config->p2p = config->trunk = false;
	config->access = config->deaf = true;
	vlan_set_clear(&config->enabled);
	vlan_set_add(&config->enabled, VLAN);
	if (node == 0 && !alone && more_vlans)
		vlan_set_add(&config->enabled, VLAN + 1);
	config->announcing = config->enabled;
	config->pvid = config->desired_vlan = config->untagged = VLAN;
	config->lag = lag_of[node] && !alone;
	config->laalp = lag1;
}

static const struct campus_options options = {.p2p = true,
	.configured = true,
	.hello_ms = 300,
	.holding_s = 1,
	.esadi = VLAN,
	.trees = {.compute = 2, .max = 3, .use = 2},
	.port = host_port};

/* 0 and 1 have a host with a link to each; 2 one with a single link. All three are joined. */
struct bond {
	struct virtual_campus *c;
	struct virtual_datapath dp;
	unsigned int wires[3]; /* of hosts */
	unsigned int seen;     /* of the log */
};

static const struct mac host = {{0x02, 0, 0, 0, 0, 0xaa}};
static const struct mac away = {{0x02, 0, 0, 0, 0, 0xbb}};
static const struct mac all = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

static void begin_by(struct bond *b, const struct campus_options *with, bool first, bool second)
{
	lag_of[0] = first;
	lag_of[1] = second;
	lag_of[2] = false;
	b->c = campus_of(3, with);
	datapath_init(&b->dp, b->c);
	b->seen = 0;
	wire(b->c, 0, 2, with);
	wire(b->c, 1, 2, with);
	for (unsigned int i = 0; i < 3; i++)
		b->wires[i] = campus_wire(b->c, &i, 1, 20000, with);
	wire(b->c, 0, 1, with);
	campus_run_ms(b->c, 20000);
}

static void begin(struct bond *b, bool first, bool second)
{
	begin_by(b, &options, first, second);
}

static const struct active_active_laalp *laalp_at(const struct bond *b, unsigned int node)
{
	const struct active_active *a = rbridge_active_active(b->c->nodes[node].rb);

	return active_active_find(a, &lag1);
}

static uint16_t pseudo(const struct bond *b)
{
	assert_non_null(laalp_at(b, 0));
	assert_int_equal(laalp_at(b, 0)->state, ACTIVE_ACTIVE_MEMBER);
	assert_int_equal(laalp_at(b, 1)->state, ACTIVE_ACTIVE_MEMBER);
	assert_int_equal(laalp_at(b, 0)->nickname, laalp_at(b, 1)->nickname);
	return laalp_at(b, 0)->nickname;
}

/* A station sends by the port of @node; then how many copies of it came to the host by both its
 * links, and to the station at 2. */
static void send(struct bond *b, unsigned int node, const struct mac *da, const struct mac *sa)
{
	b->seen = b->dp.count;
	datapath_send(&b->dp, node, node == 2 ? 2 : 1, VLAN, da, sa);
	campus_run_ms(b->c, 20);
}

static unsigned int at_host(const struct bond *b, const struct mac *sa)
{
	return datapath_seen(&b->dp, b->seen, 0, 1, sa) + datapath_seen(&b->dp, b->seen, 1, 1, sa);
}

static unsigned int at_two(const struct bond *b, const struct mac *sa)
{
	return datapath_seen(&b->dp, b->seen, 2, 2, sa);
}

static void o_two_rbridges_hold_one_nickname_for_their_host(void **state)
{
	struct bond b;
	uint16_t p;

	(void)state;
	begin(&b, true, true);
	p = pseudo(&b);
	assert_true(nickname_usable(p));
	assert_int_equal(laalp_at(&b, 0)->member_count, 2);
	/* By their system IDs: tree 2 is the first's, tree 1 the second's (RFC 7783 section 5.1).
	 */
	assert_int_equal(laalp_at(&b, 0)->trees, 1u << 2);
	assert_int_equal(laalp_at(&b, 1)->trees, 1u << 1);
	/* 2 reaches both as well. Tree 1 has its root at 0: what enters it at 1 comes to 2 from 0;
	 * tree 2 the other way round. */
	assert_int_equal(b.c->nodes[2].paths[b.c->slots[p]].count, 2);
	assert_int_equal(b.c->nodes[2].rpf[b.c->slots[p]][1].ifindex, 1);
	assert_int_equal(b.c->nodes[2].rpf[b.c->slots[p]][2].ifindex, 2);
	assert_int_equal(b.c->nodes[0].rpf[b.c->slots[p]][2].ifindex, 0);
	assert_int_equal(b.c->nodes[0].rpf[b.c->slots[p]][1].ifindex, 3);
	assert_int_equal(b.c->nodes[0].ports[1].nickname, p);
	campus_free(b.c);
}

/* RFC 7781 section 11: "The VLAN membership of all the RBridge ports in an LAALP MUST be the same."
 */
static void o_vlans_that_the_other_member_does_not_have_are_told(void **state)
{
	struct label_set missing, want;
	struct bond b;

	(void)state;
	label_set_clear(&want);
	for (unsigned int differ = 0; differ < 2; differ++) {
		more_vlans = differ;
		begin(&b, true, true);
		more_vlans = false;
		if (differ)
			label_set_add(&want, VLAN + 1);
		for (unsigned int i = 0; i < 2; i++) {
			rbridge_active_active_missing(b.c->nodes[0].rb, laalp_at(&b, 0),
				&laalp_at(&b, 0)->members[i], &missing);
			assert_true(i ? !memcmp(&missing, &want, sizeof(want))
				      : label_set_is_empty(&missing)); /* ourselves */
		}
		/* The other has none that the first has not. */
		rbridge_active_active_missing(
			b.c->nodes[1].rb, laalp_at(&b, 1), &laalp_at(&b, 1)->members[0], &missing);
		assert_true(label_set_is_empty(&missing));
		campus_free(b.c);
	}
}

static void o_what_a_host_sends_by_either_link_comes_from_one_nickname(void **state)
{
	struct bond b;
	uint16_t p;

	(void)state;
	begin(&b, true, true);
	p = pseudo(&b);
	for (unsigned int i = 0; i < 4; i++) {
		send(&b, i % 2, &all, &host);
		assert_int_equal(at_two(&b, &host), 1);
		assert_int_equal(at_host(&b, &host), 0); /* never back */
		assert_int_equal(campus_station(&b.c->nodes[2], &host, VLAN)->nickname, p);
	}
	campus_free(b.c);
}

static void o_a_broadcast_comes_to_a_host_once(void **state)
{
	struct bond b;

	(void)state;
	begin(&b, true, true);
	send(&b, 2, &all, &away);
	assert_int_equal(at_host(&b, &away), 1);
	/* By the designated forwarder of the VLAN, whom both know. */
	assert_int_equal(datapath_seen(&b.dp, b.seen, 0, 1, &away),
		!vlan_set_has(&b.c->nodes[0].forwarders[1].others, VLAN));
	assert_int_not_equal(vlan_set_has(&b.c->nodes[0].forwarders[1].others, VLAN),
		vlan_set_has(&b.c->nodes[1].forwarders[1].others, VLAN));
	campus_free(b.c);
}

static void o_unicast_goes_both_ways_by_whichever_link(void **state)
{
	struct bond b;

	(void)state;
	begin(&b, true, true);
	send(&b, 0, &all, &host);
	send(&b, 2, &all, &away);
	for (unsigned int i = 0; i < 4; i++) {
		send(&b, i % 2, &away, &host);
		assert_int_equal(at_two(&b, &host), 1);
		send(&b, 2, &host, &away);
		assert_int_equal(at_host(&b, &away), 1);
	}
	campus_free(b.c);
}

static void o_a_lost_link_leaves_the_host_with_the_other(void **state)
{
	struct bond b;
	uint16_t p;

	(void)state;
	begin(&b, true, true);
	p = pseudo(&b);
	send(&b, 0, &all, &host);
	send(&b, 2, &all, &away);
	campus_carrier(b.c, b.wires[0], false, &options);
	campus_run_ms(b.c, 200);
	/* One link is no group: RFC 7781 section 4.1. */
	assert_null(laalp_at(&b, 0));
	assert_int_equal(laalp_at(&b, 1)->state, ACTIVE_ACTIVE_ALONE);
	assert_int_equal(b.c->nodes[1].ports[1].nickname, 0);
	assert_int_equal(b.c->nodes[1].self.count, 1);
	assert_false(b.c->nodes[2].has_path[b.c->slots[p]]);
	/* 2 has heard the host behind the nickname, and reaches it all the same. */
	send(&b, 2, &host, &away);
	assert_int_equal(at_host(&b, &away), 1);
	send(&b, 2, &all, &away);
	assert_int_equal(at_host(&b, &away), 1);
	send(&b, 1, &away, &host);
	assert_int_equal(at_two(&b, &host), 1);
	/* It comes back, with the nickname that there was. */
	campus_carrier(b.c, b.wires[0], true, &options);
	campus_run_ms(b.c, 5000);
	assert_int_equal(pseudo(&b), p);
	campus_free(b.c);
}

/* The copies of a broadcast that come to the host, every 5 ms while the second link comes. */
static void o_while_a_link_comes_nothing_comes_twice(void **state)
{
	struct bond b;

	(void)state;
	begin(&b, true, true);
	campus_carrier(b.c, b.wires[1], false, &options);
	campus_run_ms(b.c, 5000);
	campus_carrier(b.c, b.wires[1], true, &options);
	for (unsigned int i = 0; i < 800; i++) {
		b.seen = b.dp.count = 0;
		datapath_send(&b.dp, 2, 2, VLAN, &all, &away);
		campus_run_ms(b.c, 5);
		assert_true(at_host(&b, &away) <= 1);
		/* The first link serves on until its RBridge is a member. */
		if (laalp_at(&b, 0)->state != ACTIVE_ACTIVE_MEMBER)
			assert_int_equal(at_host(&b, &away), 1);
	}
	pseudo(&b);
	campus_free(b.c);
}

/* The member is gone with all its links. */
static void o_a_lost_member_leaves_the_host_with_the_other(void **state)
{
	struct bond b;

	(void)state;
	begin(&b, true, true);
	send(&b, 0, &all, &host);
	campus_carrier(b.c, 0, false, &options);
	campus_carrier(b.c, 5, false, &options);
	campus_carrier(b.c, b.wires[0], false, &options);
	campus_run_ms(b.c, 500);
	assert_int_equal(laalp_at(&b, 1)->state, ACTIVE_ACTIVE_ALONE);
	send(&b, 2, &host, &away);
	assert_int_equal(at_host(&b, &away), 1);
	send(&b, 1, &all, &host);
	assert_int_equal(at_two(&b, &host), 1);
	campus_free(b.c);
}

/* What one member hears of its host, the other knows at its own link (RFC 7781 section 7). */
static void o_members_tell_each_other_of_their_host(void **state)
{
	const struct tables_station *at;
	struct bond b;
	uint16_t p;

	(void)state;
	begin(&b, true, true);
	p = pseudo(&b);
	send(&b, 2, &all, &away);
	send(&b, 0, &away, &host);
	campus_run_ms(b.c, 2000);
	for (unsigned int i = 0; i < 2; i++) {
		at = campus_station(&b.c->nodes[i], &host, VLAN);
		assert_non_null(at);
		assert_int_equal(at->nickname, 0);
		assert_int_equal(at->ifindex, 1 + 1);
	}
	/* What the other tells is not this one's to take back. */
	assert_int_equal(rbridge_station_leave_here(b.c->nodes[1].rb,
				 &(struct rbridge_station){
					 .vlan = VLAN, .mac = host, .port = RBRIDGE_ANYWHERE},
				 b.c->now),
		RBRIDGE_WAS_ABSENT);
	/* Others know it behind the nickname, whoever tells. */
	assert_int_equal(campus_station(&b.c->nodes[2], &host, VLAN)->nickname, p);
	/* Heard by the other, too, nobody believes that it moved. */
	for (unsigned int i = 0; i < 6; i++) {
		send(&b, i % 2, &away, &host);
		campus_run_ms(b.c, 500);
		assert_int_equal(campus_station(&b.c->nodes[2], &host, VLAN)->nickname, p);
		assert_int_equal(campus_station(&b.c->nodes[1 - i % 2], &host, VLAN)->nickname, 0);
	}
	/* The first forgets it: the other tells, when it hears of it. */
	datapath_age(&b.dp, 0, &host, VLAN);
	campus_run_ms(b.c, 2000);
	send(&b, 1, &away, &host);
	campus_run_ms(b.c, 2000);
	assert_non_null(campus_station(&b.c->nodes[0], &host, VLAN));
	assert_int_equal(campus_station(&b.c->nodes[0], &host, VLAN)->ifindex, 1 + 1);
	/* One link lost, it is behind the other alone. */
	campus_carrier(b.c, b.wires[0], false, &options);
	send(&b, 1, &away, &host);
	campus_run_ms(b.c, 3000);
	assert_int_equal(campus_station(&b.c->nodes[2], &host, VLAN)->nickname, 0x101);
	campus_free(b.c);
}

/* Others know it behind the group's nickname: that is what is flushed, when its agent says that it
 * is gone, or at another port. */
static void j_who_leaves_a_bond_is_sought_behind_its_nickname_no_more(void **state)
{
	struct campus_options silent = options;

	(void)state;
	silent.esadi = 0;
	for (unsigned int moves = 0; moves < 2; moves++) {
		struct rbridge_station other = {.vlan = VLAN, .mac = host, .port = 3};
		struct bond b;
		struct rbridge *rb;

		alone_port = 3;
		begin_by(&b, &silent, true, true);
		campus_wire(b.c, (unsigned int[]){0}, 1, 20000, &silent);
		campus_run_ms(b.c, 20000);
		rb = b.c->nodes[0].rb;
		send(&b, 0, &all, &host);
		assert_int_equal(campus_station(&b.c->nodes[2], &host, VLAN)->nickname, pseudo(&b));
		if (moves)
			assert_int_equal(
				rbridge_station_attest(rb, &other, b.c->now), RBRIDGE_ATTESTED);
		else
			assert_int_equal(rbridge_station_leave(rb, VLAN, &host, b.c->now),
				RBRIDGE_WAS_LOCAL);
		timer_set(&b.c->timers, &b.c->nodes[0].timer, rbridge_next(rb));
		campus_run_ms(b.c, 100);
		assert_null(campus_station(&b.c->nodes[2], &host, VLAN));
		campus_free(b.c);
		alone_port = 0;
	}
}

/* Its links come and go by chance, one of them at a time, for two minutes. */
static void o_whatever_its_links_do_a_host_has_nothing_twice_and_nothing_back(void **state)
{
	struct random_seeded seeded;
	unsigned int came = 0, sent = 0;
	struct bond b;

	(void)state;
	random_seeded_init(&seeded, 11);
	begin(&b, true, true);
	for (unsigned int round = 0; round < 60; round++) {
		unsigned int which = (unsigned int)random_below(&seeded.random, 2);
		uint64_t ms = random_below(&seeded.random, 3000);

		campus_carrier(b.c, b.wires[which], false, &options);
		for (uint64_t at = 0; at < ms + 1000; at += 10) {
			if (at == ms / 10 * 10)
				campus_carrier(b.c, b.wires[which], true, &options);
			b.seen = b.dp.count = 0;
			datapath_send(&b.dp, 2, 2, VLAN, &all, &away);
			if (b.c->wires[b.wires[0]].up)
				datapath_send(&b.dp, 0, 1, VLAN, &all, &host);
			if (b.c->wires[b.wires[1]].up)
				datapath_send(&b.dp, 1, 1, VLAN, &all, &host);
			campus_run_ms(b.c, 10);
			assert_true(at_host(&b, &away) <= 1);
			assert_int_equal(at_host(&b, &host), 0);
			came += at_host(&b, &away);
			sent++;
		}
	}
	assert_in_range(came, sent * 9 / 10, sent);
	campus_free(b.c);
}

static unsigned int answers;

static void on_answer(void *arg, const struct oam_probe_result *result)
{
	(void)arg;
	answers += result->reached;
}

/* RFC 7781 section 10. */
static void o_a_virtual_rbridge_answers_oam_in_its_name(void **state)
{
	struct oam_probe_want want = {.kind = OAM_PROBE_PING,
		.hops = 20,
		.count = 1,
		.interval_ms = 1000,
		.timeout_ms = 1000,
		.label = {.id = 1},
		.result = on_answer};
	struct bond b;

	(void)state;
	begin(&b, true, true);
	want.egress = pseudo(&b);
	answers = 0;
	assert_int_equal(rbridge_probe(b.c->nodes[2].rb, &want, b.c->now), 0);
	timer_set(&b.c->timers, &b.c->nodes[2].timer, rbridge_next(b.c->nodes[2].rb));
	campus_run_ms(b.c, 2000);
	assert_true(answers);
	campus_free(b.c);
}

/* RFC 7178 section 3 and RFC 8383 section 2.1: a flush of what is behind its ingress in VLAN 1, to
 * whoever serves the nickname. */
static void o_what_comes_for_the_nickname_is_for_its_members(void **state)
{
	uint8_t frame[] = {2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x22, 0xf3, 0, 0x3f, 0, 0, 1, 2,
		0x01, 0x80, 0xc2, 0, 0, 0x42, 2, 0, 0, 0, 2, 0, 0x81, 0, 0xc0, 1, 0x89, 0x46, 0, 9,
		0, 0, 0, 1, 0, 1, 0, 1};
	struct mac from = campus_mac(2, 0);
	const struct channel_room *room;
	struct rbridge *rb;
	struct bond b;

	(void)state;
	begin(&b, true, true);
	rb = b.c->nodes[0].rb;
	room = rbridge_channel(rb);
	memcpy(frame + 6, from.bytes, MAC_LEN);
	for (unsigned int other = 0; other < 2; other++) {
		uint64_t taken = room->received[CHANNEL_TAKEN];
		uint64_t not_ours = rbridge_counters(rb, 0)->not_ours;
		uint16_t to = other ? 0x0101 : pseudo(&b);

		frame[16] = (uint8_t)(to >> 8);
		frame[17] = (uint8_t)to;
		rbridge_frame(rb, 0, frame, sizeof(frame), b.c->now);
		assert_int_equal(room->received[CHANNEL_TAKEN], taken + !other);
		assert_int_equal(rbridge_counters(rb, 0)->not_ours, not_ours + other);
	}
	campus_free(b.c);
}

/* ---- three RBridges at one host ---- */

static void begin_three(struct bond *b, unsigned int trees)
{
	struct campus_options three = options;
	unsigned int pair[2];

	three.trees.compute = (uint16_t)trees;
	lag_of[0] = lag_of[1] = lag_of[2] = true;
	b->c = campus_of(3, &three);
	datapath_init(&b->dp, b->c);
	wire(b->c, 0, 2, &three);
	wire(b->c, 1, 2, &three);
	for (unsigned int i = 0; i < 3; i++) {
		pair[0] = i;
		b->wires[i] = campus_wire(b->c, pair, 1, 20000, &three);
	}
	wire(b->c, 0, 1, &three);
	campus_run_ms(b->c, 20000);
}

static void o_with_fewer_trees_than_members_the_last_stand_by(void **state)
{
	static const struct mac orphan = {{0x02, 0, 0, 0, 0, 0xcc}};
	struct bond b;

	(void)state;
	begin_three(&b, 2);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(laalp_at(&b, i)->member_count, 3);
		assert_int_equal(
			laalp_at(&b, i)->state, i < 2 ? ACTIVE_ACTIVE_MEMBER : ACTIVE_ACTIVE_SPARE);
	}
	/* It does not serve, whatever the host sends; and has allotted the nickname. */
	assert_true(
		active_active_is_vdrb(rbridge_active_active(b.c->nodes[2].rb), laalp_at(&b, 2)));
	assert_true(vlan_set_is_empty(&b.c->nodes[2].forwarders[2].appointed));
	b.seen = b.dp.count;
	datapath_send(&b.dp, 2, 2, VLAN, &all, &orphan);
	campus_run_ms(b.c, 20);
	assert_int_equal(b.dp.count, b.seen);
	campus_free(b.c);
}

static void o_a_member_more_takes_its_share_of_trees(void **state)
{
	unsigned int without = 0;
	uint32_t shares = 0;
	struct bond b;
	uint16_t p;

	(void)state;
	begin_three(&b, 3);
	p = laalp_at(&b, 0)->nickname;
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(laalp_at(&b, i)->state, ACTIVE_ACTIVE_MEMBER);
		assert_int_equal(laalp_at(&b, i)->nickname, p);
		assert_int_equal(__builtin_popcount(laalp_at(&b, i)->trees), 1);
		shares |= laalp_at(&b, i)->trees;
	}
	assert_int_equal(shares, 0xe);
	/* One link lost: two share three trees, under the nickname that there was. */
	campus_carrier(b.c, b.wires[0], false, &options);
	campus_run_ms(b.c, 1000);
	assert_int_equal(laalp_at(&b, 1)->member_count, 2);
	assert_int_equal(laalp_at(&b, 1)->nickname, p);
	assert_int_equal(laalp_at(&b, 1)->trees | laalp_at(&b, 2)->trees, 0xe);
	/* It is back: who has the better claim to a tree is never without one, and who has not
	 * waits for no longer than an LSP or two take. */
	campus_carrier(b.c, b.wires[0], true, &options);
	for (unsigned int i = 0; i < 5000; i++) {
		campus_run_ms(b.c, 1);
		assert_int_equal(laalp_at(&b, 1)->state, ACTIVE_ACTIVE_MEMBER);
		without += laalp_at(&b, 2)->state != ACTIVE_ACTIVE_MEMBER;
	}
	assert_in_range(without, 0, 250);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(rbridge_routes(b.c->nodes[i].rb)->affinity.ignored, 0);
	assert_int_equal(laalp_at(&b, 0)->state, ACTIVE_ACTIVE_MEMBER);
	assert_int_equal(laalp_at(&b, 1)->nickname, p);
	campus_free(b.c);
}

/* ---- the room by itself ---- */

static bool any_available(
	void *arg, uint16_t nickname, const struct system_id *members, unsigned int count)
{
	(void)arg, (void)nickname, (void)members, (void)count;
	return true;
}

static uint16_t choose_one(void *arg)
{
	(void)arg;
	return 0x0400;
}

static uint32_t held_none(void *arg, uint16_t nickname, const struct system_id *member)
{
	(void)arg, (void)nickname, (void)member;
	return 0;
}

static const struct active_active_campus no_news = {
	.trees = 4, .available = any_available, .choose = choose_one, .held = held_none};

static struct active_active_said said_of(uint8_t last, const struct laalp_id *id, uint16_t nickname)
{
	return (struct active_active_said){
		.system = {{2, 0, 0, 0, 0, last}}, .record = {.id = *id, .reuse = nickname}};
}

/* RFC 7781 section 4.2 counts RBridges: of two nicknames that one reports each the least is taken,
 * however often one of them says so. */
static void o_a_member_that_says_a_laalp_twice_counts_once(void **state)
{
	struct active_active a = {.own = {{2, 0, 0, 0, 0, 9}}};
	struct mono now = {1000000000};
	const struct active_active_said said[] = {
		said_of(1, &lag1, 0x0300), said_of(2, &lag1, 0x0200), said_of(1, &lag1, 0x0300)};

	(void)state;
	assert_true(active_active_up(&a, &lag1, false, 7, now));
	assert_true(active_active_heard(&a, said, 3, now));
	active_active_decide(&a, &no_news, mono_add_ms(now, ACTIVE_ACTIVE_JOIN_MS));
	assert_int_equal(a.laalps[0].member_count, 3);
	assert_int_equal(a.laalps[0].nickname, 0x0200);
	active_active_fini(&a);
}

/* Who is no member yet does not keep "all members" from being all. */
static void o_who_is_no_member_yet_is_not_counted(void **state)
{
	struct active_active a = {.own = {{2, 0, 0, 0, 0, 9}}};
	struct mono now = {1000000000};
	const struct active_active_said said[] = {
		said_of(1, &lag1, 0x0200), said_of(1, &lag2, 0x0300), said_of(2, &lag1, 0x0200)};

	(void)state;
	assert_true(active_active_up(&a, &lag1, false, 7, now));
	assert_true(active_active_up(&a, &lag2, false, 8, now));
	assert_true(active_active_heard(&a, said, 2, now));
	now = mono_add_ms(now, ACTIVE_ACTIVE_JOIN_MS);
	active_active_decide(&a, &no_news, now);
	a.laalps[0].reuse = 0x0200;
	a.laalps[1].reuse = 0x0300;
	assert_true(active_active_heard(&a, said, 3, now));
	active_active_decide(&a, &no_news, now);
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(a.laalps[i].member_count, 2);
		assert_int_equal(a.laalps[i].nickname, 0x0200);
	}
	active_active_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(o_membership_says_which_laalps_there_are),
		cmocka_unit_test(o_a_membership_that_does_not_fit_is_not_read_on),
		cmocka_unit_test(o_a_virtual_rbridge_names_the_laalps_that_it_serves),
		cmocka_unit_test(o_boundaries_stand_around_addresses),
		cmocka_unit_test(o_ids_are_written_with_colons),
		cmocka_unit_test(o_addresses_of_a_laalp_stand_between_its_boundaries),
		cmocka_unit_test(o_members_tell_each_other_of_their_host),
		cmocka_unit_test(o_two_rbridges_hold_one_nickname_for_their_host),
		cmocka_unit_test(j_who_leaves_a_bond_is_sought_behind_its_nickname_no_more),
		cmocka_unit_test(o_vlans_that_the_other_member_does_not_have_are_told),
		cmocka_unit_test(o_what_a_host_sends_by_either_link_comes_from_one_nickname),
		cmocka_unit_test(o_a_broadcast_comes_to_a_host_once),
		cmocka_unit_test(o_unicast_goes_both_ways_by_whichever_link),
		cmocka_unit_test(o_a_lost_link_leaves_the_host_with_the_other),
		cmocka_unit_test(o_a_lost_member_leaves_the_host_with_the_other),
		cmocka_unit_test(o_while_a_link_comes_nothing_comes_twice),
		cmocka_unit_test(o_whatever_its_links_do_a_host_has_nothing_twice_and_nothing_back),
		cmocka_unit_test(o_a_virtual_rbridge_answers_oam_in_its_name),
		cmocka_unit_test(o_what_comes_for_the_nickname_is_for_its_members),
		cmocka_unit_test(o_with_fewer_trees_than_members_the_last_stand_by),
		cmocka_unit_test(o_a_member_more_takes_its_share_of_trees),
		cmocka_unit_test(o_a_member_that_says_a_laalp_twice_counts_once),
		cmocka_unit_test(o_who_is_no_member_yet_is_not_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
