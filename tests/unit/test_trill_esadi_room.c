/* ESADI instances on one virtual link: item K of docs/trill.md, by RFC 7357; the addresses with IP
 * by RFC 7961 (item N). */
#include "tests/unit/trill_test.h"

#include "trill/core/esadi_internal.h"

#define NODES 3

static struct node {
	struct esadi *e;
	unsigned int learned, gone, sent, csnps, lsps, received[ESADI_VERDICTS];
	uint16_t nickname; /* of the last */
	struct esadi_address last;
	uint8_t pdu[2048]; /* the last LSP sent */
	size_t len;
	bool deaf;
	unsigned int alone; /* sent by unicast */
} nodes[NODES];
static struct random_seeded seeded;
static uint64_t clock_ms;
static bool unicast; /* of nodes that are made */

static struct mono at_ms(uint64_t ms)
{
	return mono_add_ms((struct mono){1}, ms);
}

static void on_learned(void *arg, uint16_t nickname, const struct esadi_address *address, bool gone)
{
	struct node *n = arg;

	n->learned += !gone;
	n->gone += gone;
	n->nickname = nickname;
	n->last = *address;
}

/* The link takes no time. */
static void on_send(void *arg, uint16_t to, const uint8_t *pdu, size_t len)
{
	struct node *from = arg;

	from->sent++;
	assert_true(len <= ESADI_MAX_FGL);
	from->alone += to != NICKNAME_NONE;
	from->csnps += pdu[4] == ISIS_FS_CSNP;
	if (pdu[4] == ISIS_FS_LSP) {
		from->lsps++;
		memcpy(from->pdu, pdu, len);
		from->len = len;
	}
	for (unsigned int i = 0; i < NODES; i++)
		if (&nodes[i] != from && nodes[i].e && !nodes[i].deaf &&
			(to == NICKNAME_NONE || to == 0x1111 * (i + 1)))
			nodes[i].received[esadi_receive(nodes[i].e, pdu, len, at_ms(clock_ms))]++;
}

static struct esadi_config config_of(unsigned int i)
{
	return (struct esadi_config){.label = {.id = 34},
		.system = {{0, 0, 0, 0, 0, (uint8_t)(1 + i)}},
		.nickname = (uint16_t)(0x1111 * (i + 1)),
		.param = {.priority = 0x40, .csnp_s = 30},
		.lsps_max = 300,
		.neighbors_max = 8,
		.random = &seeded.random,
		.send = on_send,
		.learned = on_learned,
		.arg = &nodes[i]};
}

static void node_new(unsigned int i, uint8_t priority, struct isis_key *const *keys)
{
	struct esadi_config c = config_of(i);

	c.param.priority = priority;
	c.param.unicast = unicast;
	c.keys = keys;
	c.key_count = keys ? 1 : 0;
	memset(&nodes[i], 0, sizeof(nodes[i]));
	nodes[i].e = esadi_new(&c, at_ms(clock_ms));
	assert_non_null(nodes[i].e);
}

/* Node @i sees those of @mask. */
static void sees(unsigned int i, unsigned int mask)
{
	struct esadi_neighbor n[NODES] = {0};
	unsigned int count = 0;

	for (unsigned int k = 0; k < NODES; k++)
		if (k != i && mask >> k & 1) {
			n[count].system = config_of(k).system;
			n[count++].nickname = config_of(k).nickname;
		}
	assert_true(esadi_neighbors(nodes[i].e, n, count, at_ms(clock_ms)));
}

static void run_s(uint64_t s)
{
	for (uint64_t end = clock_ms + 1000 * s; clock_ms < end; clock_ms += 100)
		for (unsigned int i = 0; i < NODES; i++)
			if (nodes[i].e && mono_due(esadi_next(nodes[i].e), at_ms(clock_ms)))
				esadi_time(nodes[i].e, at_ms(clock_ms));
}

static void start(unsigned int count)
{
	random_seeded_init(&seeded, 7);
	clock_ms = 0;
	memset(nodes, 0, sizeof(nodes));
	for (unsigned int i = 0; i < count; i++)
		node_new(i, 0x40, NULL);
	for (unsigned int i = 0; i < count; i++)
		sees(i, (1u << count) - 1);
}

static void stop(void)
{
	for (unsigned int i = 0; i < NODES; i++)
		esadi_free(nodes[i].e);
}

static struct esadi_address address_of(uint8_t last, uint8_t confidence)
{
	return (struct esadi_address){.mac = {{2, 0, 0, 0, 0, last}}, .confidence = confidence};
}

static void withdraw(unsigned int i, uint8_t last)
{
	struct esadi_address a = address_of(last, 0);

	assert_true(esadi_withdraw(nodes[i].e, &a.mac));
}

static void announce(unsigned int i, uint8_t last, uint8_t confidence)
{
	struct esadi_address a = address_of(last, confidence);

	assert_true(esadi_announce(nodes[i].e, &a));
}

/* RFC 7357 section 4.2: one neighbour alone, that says so in its fragment 0. */
static void k_the_only_neighbour_that_takes_it_has_all_by_unicast(void **state)
{
	unsigned int before;

	unicast = true;
	start(2);
	unicast = false;
	run_s(5); /* each has the other's fragment 0 */
	before = nodes[0].sent - nodes[0].alone;
	assert_true(before > 0);
	announce(0, 0xaa, 0x40);
	run_s(100); /* with CSNPs */
	assert_int_equal(nodes[1].learned, 1);
	assert_true(nodes[0].csnps + nodes[1].csnps > 3);
	assert_int_equal(nodes[0].sent - nodes[0].alone, before);
	assert_true(esadi_neighbor_at(nodes[1].e, 0)->param.unicast);
	stop();
	start(2); /* they do not say it */
	announce(0, 0xaa, 0x40);
	run_s(100);
	assert_int_equal(nodes[0].alone + nodes[1].alone, 0);
	stop();
}

/* A PSNP of node @from that asks node 0 for its fragment 0: it has number 0 of it. */
static void ask(unsigned int from)
{
	struct isis_pdu head = {.type = ISIS_FS_PSNP,
		.scope = ISIS_SCOPE_E_L1CS,
		.u.snp.source.system = config_of(from).system};
	struct lsp_entry wanted = {.id.system = config_of(0).system, .lifetime_s = 1};
	struct wire_writer w;
	uint8_t pdu[100];
	int len;

	wire_writer_init(&w, pdu, sizeof(pdu));
	isis_begin(&w, &head);
	lsp_entries_put(&w, &wanted, 1, TLV_EXTENDED);
	len = isis_end(&w);
	assert_true(len > 0);
	assert_int_equal(esadi_receive(nodes[0].e, pdu, (size_t)len, at_ms(clock_ms)), ESADI_TAKEN);
}

/* Sections 4.1 and 4.4: what one of several has asked for goes to it alone; what two ask for, or
 * has changed, to all; so do all of ours to who is new. */
static void k_of_several_who_alone_asks_or_is_new_has_it_by_unicast(void **state)
{
	unsigned int sent, alone;

	unicast = true;
	start(3);
	unicast = false;
	run_s(10);
	sent = nodes[0].sent;
	alone = nodes[0].alone;
	ask(1);
	esadi_time(nodes[0].e, at_ms(clock_ms));
	assert_int_equal(nodes[0].sent, sent + 1);
	assert_int_equal(nodes[0].alone, alone + 1);
	ask(1);
	ask(2);
	esadi_time(nodes[0].e, at_ms(clock_ms));
	assert_int_equal(nodes[0].sent, sent + 2);
	assert_int_equal(nodes[0].alone, alone + 1);
	ask(1);
	announce(0, 0xaa, 0x40);
	esadi_time(nodes[0].e, at_ms(clock_ms));
	assert_int_equal(nodes[1].learned, 1);
	assert_int_equal(nodes[2].learned, 1);
	sees(0, 3); /* 2 goes, and comes again */
	run_s(10);
	alone = nodes[0].alone;
	nodes[2].learned = 0;
	sees(2, 0);
	sees(0, 7);
	sees(2, 7);
	esadi_receive(nodes[0].e, nodes[2].pdu, nodes[2].len, at_ms(clock_ms));
	run_s(3);
	assert_true(nodes[0].alone > alone);
	alone = nodes[0].alone;
	sees(0, 0); /* both go, and come again */
	sees(0, 7);
	for (unsigned int i = 1; i < 3; i++)
		esadi_receive(nodes[0].e, nodes[i].pdu, nodes[i].len, at_ms(clock_ms));
	sent = nodes[0].sent;
	run_s(3);
	assert_true(nodes[0].sent > sent);
	assert_int_equal(nodes[0].alone, alone);
	stop();
}

static void k_an_address_is_told_and_taken_back(void **state)
{
	struct esadi_address a = address_of(0xaa, 0x40);

	start(2);
	announce(0, 0xaa, 0x40);
	run_s(1);
	assert_int_equal(nodes[1].learned, 1);
	assert_int_equal(nodes[1].nickname, 0x1111);
	assert_int_equal(nodes[1].last.confidence, 0x40);
	assert_memory_equal(&nodes[1].last.mac, &a.mac, MAC_LEN);
	run_s(60);
	assert_int_equal(nodes[1].learned, 1); /* once */
	announce(0, 0xaa, 0x50);
	run_s(1);
	assert_int_equal(nodes[1].learned, 2);
	assert_int_equal(nodes[1].last.confidence, 0x50);
	assert_true(esadi_withdraw(nodes[0].e, &a.mac));
	assert_false(esadi_withdraw(nodes[0].e, &a.mac));
	run_s(1);
	assert_int_equal(nodes[1].gone, 1);
	a.confidence = 255;
	assert_false(esadi_announce(nodes[0].e, &a));
	stop();
}

/* Fragment 0: header, GENINFO with ESADI-PARAM, MAC-RI, GENINFO with the interface. */
static void k_fragment_0_has_flag_p_and_the_parameters_first(void **state)
{
	struct esadi_address a = address_of(0xaa, 0x40);
	struct isis_pdu p;
	struct wire_fault fault;

	start(2);
	a.ips = (struct ip_list){.ipv4_count = 1, .ipv4 = {{192, 0, 2, 1}}};
	assert_true(esadi_announce(nodes[0].e, &a));
	run_s(1);
	assert_error(isis_parse(nodes[0].pdu, nodes[0].len, &p, &fault), 0);
	assert_true(isis_checksum_right(&p));
	assert_bytes(nodes[0].pdu, 8, "831B0106 0A0100C0");
	assert_bytes(nodes[0].pdu + 12, 12, "000000000001 0000 00000001");
	assert_bytes(nodes[0].pdu + 27, nodes[0].len - 27,
		"00FB 000A 00 0001 0001 0003 40 1E 00"
		"0093 000B 0000 40 0000 0200000000AA"
		"00FB 0018 00 0001 000A 0011 0011 0000 40 40 21 0200000000AA C0000201");
	assert_memory_equal(&nodes[1].last.ips, &a.ips, sizeof(a.ips));
	assert_int_equal(nodes[1].learned, 1);
	stop();
}

/* RFC 7961: template 33 is MAC and IPv4, 34 MAC and IPv6. */
static void n_both_ip_addresses_go_with_their_mac(void **state)
{
	struct esadi_address a = address_of(0xaa, 0x40);

	start(2);
	a.ips = (struct ip_list){.ipv4_count = 1,
		.ipv6_count = 1,
		.ipv4 = {{192, 0, 2, 1}},
		.ipv6 = {{0x20, 0x01, 0x0d, 0xb8, [15] = 0xb}}};
	assert_true(esadi_announce(nodes[0].e, &a));
	run_s(1);
	assert_bytes(nodes[0].pdu + 27, nodes[0].len - 27,
		"00FB 000A 00 0001 0001 0003 40 1E 00"
		"0093 000B 0000 40 0000 0200000000AA"
		"00FB 0039 00 0001 000A 0011 0011 0000 40 40 21 0200000000AA C0000201"
		"000A 001D 001D 0000 40 40 22 0200000000AA "
		"20010DB800000000000000000000000B");
	assert_int_equal(nodes[1].learned, 1);
	assert_memory_equal(&nodes[1].last.ips, &a.ips, sizeof(a.ips));
	a.ips.ipv6[0][15] = 0xc;
	assert_true(esadi_announce(nodes[0].e, &a));
	run_s(1);
	assert_int_equal(nodes[1].last.ips.ipv6[0][15], 0xc);
	a.ips.ipv6_count = 0;
	memset(a.ips.ipv6, 0, sizeof(a.ips.ipv6));
	assert_true(esadi_announce(nodes[0].e, &a));
	run_s(1);
	assert_int_equal(nodes[1].last.ips.ipv4_count, 1);
	assert_int_equal(nodes[1].last.ips.ipv6_count, 0);
	assert_int_equal(nodes[1].gone, 0);
	stop();
}

static void n_ipv6_addresses_take_fragments_of_no_more_than_1442_bytes(void **state)
{
	start(2);
	for (unsigned int turn = 0; turn < 2; turn++) {
		for (unsigned int i = 0; i < 100; i++) {
			struct esadi_address a = {.mac = {{2, 0, 0, 0, 1, (uint8_t)i}},
				.confidence = (uint8_t)i,
				.ips = {.ipv4_count = 1,
					.ipv6_count = (uint8_t)turn,
					.ipv4 = {{10, 0, 0, (uint8_t)i}}}};

			a.ips.ipv6[0][15] = turn ? (uint8_t)i : 0;
			assert_true(esadi_announce(nodes[0].e, &a));
		}
		run_s(2);
		assert_true(nodes[0].len <= ESADI_MAX_FGL);
	}
	/* Also of those whose fragment had no room, and that went to another. */
	for (unsigned int i = 0; i < 100; i++) {
		struct mac mac = {{2, 0, 0, 0, 1, (uint8_t)i}};
		struct esadi_address a = {.confidence = 0};

		assert_int_not_equal(esadi_claim(nodes[1].e, &mac, &a), NICKNAME_NONE);
		assert_true(a.ips.ipv4_count == 1 && a.ips.ipv6_count == 1);
		assert_int_equal(a.ips.ipv6[0][15], i);
	}
	assert_true(nodes[0].lsps >= 7);
	stop();
}

/* A set for each address; what one LSP says of a MAC is one station's. */
static void n_several_addresses_of_a_family_go_with_their_mac(void **state)
{
	struct esadi_address a = address_of(0xaa, 0x40);

	start(2);
	a.ips = (struct ip_list){.ipv4_count = 2,
		.ipv6_count = 2,
		.ipv4 = {{192, 0, 2, 1}, {192, 0, 2, 2}},
		.ipv6 = {{0x20, 1, 0xd, 0xb8, [15] = 0xb}, {0x20, 1, 0xd, 0xb8, [15] = 0xc}}};
	assert_true(esadi_announce(nodes[0].e, &a));
	run_s(1);
	assert_bytes(nodes[0].pdu + 27, nodes[0].len - 27,
		"00FB 000A 00 0001 0001 0003 40 1E 00"
		"0093 000B 0000 40 0000 0200000000AA"
		"00FB 0059 00 0001 000A 001B 001B 0000 40 40 21"
		"0200000000AA C0000201 0200000000AA C0000202"
		"000A 0033 0033 0000 40 40 22"
		"0200000000AA 20010DB800000000000000000000000B"
		"0200000000AA 20010DB800000000000000000000000C");
	assert_int_equal(nodes[1].learned, 1);
	assert_memory_equal(&nodes[1].last.ips, &a.ips, sizeof(a.ips));
	stop();
}

/* As many as are kept of each, at 200 stations of as many confidences. */
static void n_many_addresses_take_fragments_of_no_more_than_1442_bytes(void **state)
{
	struct esadi_address heard = {.confidence = 0};

	start(2);
	for (unsigned int i = 0; i < 200; i++) {
		struct esadi_address a = {
			.mac = {{2, 0, 0, 0, 1, (uint8_t)i}}, .confidence = (uint8_t)i};

		a.ips.ipv4_count = a.ips.ipv6_count = IP_LIST_EACH;
		for (uint8_t k = 0; k < IP_LIST_EACH; k++) {
			a.ips.ipv4[k][0] = 10;
			a.ips.ipv6[k][0] = 0x20;
			a.ips.ipv4[k][3] = a.ips.ipv6[k][15] = k;
		}
		assert_true(esadi_announce(nodes[0].e, &a));
	}
	run_s(2);
	assert_true(nodes[0].len <= ESADI_MAX_FGL);
	assert_int_equal(nodes[1].learned, 200);
	assert_int_not_equal(esadi_claim(nodes[1].e, &(struct mac){{2, 0, 0, 0, 1, 199}}, &heard),
		NICKNAME_NONE);
	assert_int_equal(ip_list_count(&heard.ips), IP_LIST_MAX);
	assert_int_equal(heard.ips.ipv6[IP_LIST_EACH - 1][15], IP_LIST_EACH - 1);
	stop();
}

static void k_without_neighbours_nothing_is_sent_or_taken(void **state)
{
	start(2);
	sees(0, 0);
	run_s(40);
	assert_int_equal(nodes[0].sent, 0);
	assert_true(nodes[0].received[ESADI_NO_NEIGHBOR] > 0);
	assert_int_equal(nodes[0].received[ESADI_TAKEN], 0);
	stop();
}

static void k_a_stranger_is_not_believed_and_who_leaves_is_forgotten(void **state)
{
	start(3);
	sees(0, 2); /* node 1 alone */
	announce(2, 0xcc, 0x40);
	announce(1, 0xbb, 0x40);
	run_s(3);
	assert_int_equal(nodes[0].learned, 1);
	assert_true(nodes[0].received[ESADI_STRANGER] > 0);
	assert_int_equal(nodes[1].learned, 1);
	sees(1, 0); /* the campus has lost them, or they cleared the ES bit */
	assert_int_equal(nodes[1].gone, 1);
	sees(1, 7); /* and back */
	assert_int_equal(nodes[1].learned, 2);
	stop();
}

static void k_the_highest_priority_is_drb_then_the_system(void **state)
{
	start(3);
	run_s(3);
	assert_false(esadi_is_drb(nodes[0].e));
	assert_false(esadi_is_drb(nodes[1].e));
	assert_true(esadi_is_drb(nodes[2].e));
	stop();
	start(0);
	node_new(0, 0x41, NULL);
	node_new(1, 0x40, NULL);
	sees(0, 3);
	sees(1, 3);
	run_s(3);
	assert_true(esadi_is_drb(nodes[0].e));
	assert_false(esadi_is_drb(nodes[1].e));
	assert_int_equal(esadi_neighbor_at(nodes[1].e, 0)->system.bytes[5], 1);
	assert_int_equal(esadi_neighbor_at(nodes[1].e, 0)->param.priority, 0x41);
	stop();
}

/* Three in the CSNP Time; a lost LSP comes back by CSNP and PSNP. */
static void k_the_drb_sends_csnps_that_mend_what_was_lost(void **state)
{
	start(2);
	run_s(3);
	nodes[1].csnps = nodes[0].csnps = 0;
	run_s(30);
	assert_in_range(nodes[1].csnps, 3, 4);
	assert_int_equal(nodes[0].csnps, 0);
	nodes[1].deaf = true;
	announce(0, 0xaa, 0x40);
	run_s(1);
	nodes[1].deaf = false;
	assert_int_equal(nodes[1].learned, 0);
	run_s(20);
	assert_int_equal(nodes[1].learned, 1);
	stop();
}

/* Who is not DRB sends one when none came for the mean of both CSNP Times. */
static void k_another_sends_csnps_when_the_drb_is_silent(void **state)
{
	start(2);
	run_s(3);
	esadi_free(nodes[1].e);
	nodes[1].e = NULL;
	nodes[0].csnps = 0;
	run_s(25);
	assert_int_equal(nodes[0].csnps, 0);
	run_s(10);
	assert_int_equal(nodes[0].csnps, 1);
	stop();
}

static void k_others_lsps_are_sent_late_so_that_their_originator_is_first(void **state)
{
	start(3);
	announce(0, 0xaa, 0x40);
	run_s(10);
	nodes[1].deaf = true;
	announce(0, 0xbb, 0x40);
	run_s(1);
	nodes[1].deaf = false;
	nodes[2].lsps = 0;
	for (unsigned int i = 0; i < 200; i++, clock_ms += 100) {
		for (unsigned int k = 0; k < NODES; k++) {
			esadi_time(nodes[k].e, at_ms(clock_ms));
			esadi_time(nodes[2].e, at_ms(clock_ms));
		}
	}
	assert_int_equal(nodes[1].learned, 2);
	assert_int_equal(nodes[2].lsps, 0); /* which had it, too */
	esadi_free(nodes[0].e);             /* the originator is gone; a new one knows nothing */
	nodes[0].e = NULL;
	esadi_free(nodes[1].e);
	node_new(1, 0x40, NULL);
	sees(1, 7);
	run_s(30);
	assert_int_equal(nodes[1].learned, 2);
	assert_int_equal(nodes[1].nickname, 0x1111);
	stop();
}

static void k_a_restart_sends_above_the_old_sequence_number(void **state)
{
	start(2);
	for (uint8_t i = 0; i < 5; i++) {
		announce(0, i, 0x40);
		run_s(1);
	}
	assert_int_equal(nodes[1].learned, 5);
	esadi_free(nodes[0].e);
	node_new(0, 0x40, NULL);
	sees(0, 3);
	announce(0, 2, 0x40);
	run_s(40);
	assert_int_equal(nodes[1].gone, 4);
	stop();
}

static void k_many_addresses_take_many_fragments_of_no_more_than_1442_bytes(void **state)
{
	start(2);
	for (unsigned int i = 0; i < 200; i++) {
		struct esadi_address a = {.mac = {{2, 0, 0, 0, 1, (uint8_t)i}},
			.confidence = (uint8_t)i,
			.ips = {.ipv4_count = 1, .ipv4 = {{10, 0, 0, (uint8_t)i}}}};

		assert_true(esadi_announce(nodes[0].e, &a));
	}
	run_s(1);
	assert_int_equal(nodes[1].learned, 200);
	assert_true(nodes[0].len <= ESADI_MAX_FGL);
	assert_true(nodes[0].lsps >= 7);
	esadi_withdraw_all(nodes[0].e);
	run_s(1);
	assert_int_equal(nodes[1].gone, 200);
	stop();
}

static void k_pdus_are_signed_by_the_derived_key(void **state)
{
	struct isis_key *key = esadi_key_new(ISIS_AUTH_HMAC_SHA256, 7, "secret", 6);
	struct isis_key *plain = isis_key_new(ISIS_AUTH_HMAC_SHA256, 7, "secret", 6), *openssl;
	uint8_t derived[32];
	struct wire_fault fault;
	struct isis_pdu p;

	start(0);
	node_new(0, 0x40, &key);
	node_new(1, 0x40, &key);
	node_new(2, 0x40, &plain);
	for (unsigned int i = 0; i < 3; i++)
		sees(i, 7);
	announce(0, 0xaa, 0x40);
	run_s(20);
	assert_int_equal(nodes[1].learned, 1);
	assert_int_equal(nodes[2].learned, 0);
	assert_true(nodes[2].received[ESADI_AUTH] > 0);
	assert_int_equal(nodes[2].received[ESADI_TAKEN], 0);
	assert_error(isis_parse(nodes[0].pdu, nodes[0].len, &p, &fault), 0);
	/* printf 'TRILL ESADI' | openssl dgst -sha256 -hmac secret */
	hex(derived, sizeof(derived),
		"76d9b84639c190caaea78160a2fa131b78a84286185f52cc33112d3250e54d50");
	openssl = isis_key_new(ISIS_AUTH_HMAC_SHA256, 7, derived, sizeof(derived));
	assert_error(isis_auth_check(&p, &openssl, 1), 0);
	isis_key_free(openssl);
	stop();
	isis_key_free(key);
	isis_key_free(plain);
}

static void k_what_is_not_esadis_is_dropped(void **state)
{
	uint8_t pdu[2048];

	start(2);
	run_s(3);
	memcpy(pdu, nodes[1].pdu, nodes[1].len);
	assert_int_equal(esadi_receive(nodes[0].e, pdu, 20, at_ms(clock_ms)), ESADI_MALFORMED);
	pdu[7] = ISIS_SCOPE_E_L1FS;
	assert_int_equal(esadi_receive(nodes[0].e, pdu, nodes[1].len, at_ms(clock_ms)), ESADI_TYPE);
	pdu[7] = ISIS_SCOPE_E_L1CS;
	pdu[nodes[1].len - 1] ^= 1;
	assert_int_equal(
		esadi_receive(nodes[0].e, pdu, nodes[1].len, at_ms(clock_ms)), ESADI_CHECKSUM);
	stop();
}

/* Sections 4.2 and RFC 7356 section 4.5: the bit before the scope, 64. Others need not do as we do.
 */
static void k_flag_p_is_our_number_0s_and_a_purge_keeps_anothers(void **state)
{
	static const uint8_t said[] = {0x40, 0xc0}; /* of node 1's fragments 2 and 3 */
	struct lsp_id id = {.system = config_of(0).system};

	(void)state;
	start(2);
	run_s(3);
	assert_int_equal(lsdb_find(nodes[0].e->db, &id)->bytes[7], 0xc0);
	for (unsigned int k = 0; k < 250; k++)
		announce(0, (uint8_t)k, 0x40);
	run_s(3);
	id.fragment = 1;
	assert_int_equal(lsdb_find(nodes[0].e->db, &id)->bytes[7], 0x40);
	id = (struct lsp_id){.system = config_of(1).system, .fragment = 2};
	nodes[1].deaf = true; /* it does not gainsay them */
	for (; id.fragment < 4; id.fragment++) {
		struct isis_pdu head = {.type = ISIS_FS_LSP,
			.scope = ISIS_SCOPE_E_L1CS,
			.scope_flag = id.fragment == 3,
			.u.lsp = {.lifetime_s = 50, .id = id, .sequence = 5}};
		struct lsdb_lsp *lsp;
		WRITER(out);

		isis_begin(&out, &head);
		isis_checksum_set(out_bytes, (size_t)isis_end(&out));
		esadi_receive(nodes[0].e, out_bytes, out.pos, at_ms(clock_ms));
		run_s(60);
		lsp = lsdb_find(nodes[0].e->db, &id);
		assert_true(lsp->purged);
		assert_int_equal(lsp->bytes[7], said[id.fragment - 2]);
	}
	stop();
}

/* RFC 7357 section 5.3: of several claims the most confident counts; when it is over, the next. */
static void k_what_is_said_no_more_takes_no_room(void **state)
{
	struct esadi_address a = address_of(0xaa, 0x40);

	(void)state;
	start(3);
	announce(0, 0xaa, 0x40);
	announce(2, 0xbb, 0x40);
	run_s(20);
	assert_int_equal(nodes[1].e->heard_count, 2);
	assert_true(esadi_withdraw(nodes[0].e, &a.mac));
	run_s(20);
	assert_int_equal(nodes[1].e->heard_count, 1);
	assert_int_equal(RB_ROOT(&nodes[1].e->said)->heard[0].address.mac.bytes[5], 0xbb);
	sees(1, 0); /* all are gone */
	assert_int_equal(nodes[1].e->heard_count, 0);
	assert_int_equal(nodes[1].gone, 2);
	stop();
}

static bool the_higher(void *arg, const struct mac *mac, uint16_t nickname, uint16_t against)
{
	(void)arg, (void)mac;
	return nickname > against;
}
static bool the_lower(void *arg, const struct mac *mac, uint16_t nickname, uint16_t against)
{
	return !the_higher(arg, mac, nickname, against);
}

/* RFC 7357 section 5: who has the instance says which. */
static void k_of_equal_claims_the_one_that_wins_counts(void **state)
{
	struct esadi_address mac = address_of(0xaa, 0), a;

	(void)state;
	for (unsigned int lower = 0; lower < 2; lower++) {
		struct esadi_config c = config_of(2);

		start(3);
		esadi_free(nodes[2].e);
		c.wins = lower ? the_lower : the_higher;
		nodes[2].e = esadi_new(&c, at_ms(clock_ms));
		sees(2, 7);
		announce(0, 0xaa, 0x40);
		announce(1, 0xaa, 0x40);
		run_s(60);
		assert_int_equal(esadi_claim(nodes[2].e, &mac.mac, &a), lower ? 0x1111 : 0x2222);
		stop();
	}
}

/* Whichever was heard first. */
static void k_of_several_claims_the_most_confident_counts(void **state)
{
	struct esadi_address a, mac = address_of(0xaa, 0);

	(void)state;
	for (unsigned int first = 0; first < 2; first++) {
		start(3);
		assert_int_equal(esadi_claim(nodes[2].e, &mac.mac, &a), NICKNAME_NONE);
		announce(first, 0xaa, first ? 0x40 : 0x50);
		announce(1, 0xbb, 0x60);
		run_s(60);
		announce(!first, 0xaa, first ? 0x50 : 0x40);
		run_s(60);
		assert_int_equal(esadi_claim(nodes[2].e, &mac.mac, &a), 0x1111);
		assert_int_equal(a.confidence, 0x50);
		assert_true(esadi_withdraw(nodes[0].e, &mac.mac));
		run_s(60);
		assert_int_equal(esadi_claim(nodes[2].e, &mac.mac, &a), 0x2222);
		assert_int_equal(a.confidence, 0x40);
		stop();
	}
}

/* Of an LSP that says nothing, is purged, or whose RBridge is gone, nothing is kept but the LSP. */
static void k_who_says_nothing_takes_no_room(void **state)
{
	struct esadi_share share = {.lsps.max = 100, .claims_max = 100};
	struct esadi_config c;

	(void)state;
	start(2);
	esadi_free(nodes[0].e);
	c = config_of(0);
	c.share = &share;
	nodes[0].e = esadi_new(&c, at_ms(clock_ms));
	sees(0, 3);
	announce(1, 0xaa, 0x40);
	announce(1, 0xbb, 0x40);
	run_s(30);
	assert_int_equal(share.claims, 2);
	assert_int_equal(share.lsps.count, 1); /* ours does not count */
	withdraw(1, 0xaa);
	run_s(2);
	assert_int_equal(share.claims, 1);
	assert_false(RB_EMPTY(&nodes[0].e->said));
	withdraw(1, 0xbb);
	run_s(2);
	assert_int_equal(share.claims, 0);
	assert_true(RB_EMPTY(&nodes[0].e->said));
	announce(1, 0xaa, 0x40);
	run_s(2);
	assert_int_equal(share.claims, 1);
	sees(0, 1); /* it is gone */
	assert_int_equal(share.claims, 0);
	assert_true(RB_EMPTY(&nodes[0].e->said));
	stop();
	assert_int_equal(share.lsps.count, 0);
}

static void k_claims_beyond_the_bound_of_all_labels_are_not_kept(void **state)
{
	struct esadi_share share = {.lsps.max = 100, .claims_max = 20};
	struct esadi_address a;
	struct esadi_config c;
	struct mac mac;

	(void)state;
	start(2);
	esadi_free(nodes[0].e);
	c = config_of(0);
	c.share = &share;
	nodes[0].e = esadi_new(&c, at_ms(clock_ms));
	sees(0, 3);
	for (uint8_t i = 0; i < 50; i++)
		announce(1, i, 0x40);
	run_s(30);
	assert_int_equal(share.claims, 20);
	for (uint8_t i = 0; i < 40; i++)
		withdraw(1, i);
	run_s(2);
	assert_int_equal(share.claims, 10);
	mac = address_of(49, 0).mac;
	assert_int_equal(esadi_claim(nodes[0].e, &mac, &a), 0x2222);
	stop();
	assert_int_equal(share.claims, 0);
}

#define LSP_ID_AT   12
#define SEQUENCE_AT 20

/* @said under another ID and number comes to @i. */
static void forge(const struct node *said, unsigned int i, uint8_t pseudonode, uint8_t fragment,
	uint32_t sequence)
{
	uint8_t pdu[2048];

	memcpy(pdu, said->pdu, said->len);
	pdu[LSP_ID_AT + SYSTEM_ID_LEN] = pseudonode;
	pdu[LSP_ID_AT + SYSTEM_ID_LEN + 1] = fragment;
	for (unsigned int b = 0; b < 4; b++)
		pdu[SEQUENCE_AT + b] = (uint8_t)(sequence >> (24 - 8 * b));
	isis_checksum_set(pdu, said->len);
	assert_int_equal(esadi_receive(nodes[i].e, pdu, said->len, at_ms(clock_ms)), ESADI_TAKEN);
}

static const struct lsdb_lsp *at(unsigned int i, uint8_t pseudonode, uint8_t fragment)
{
	struct lsp_id id = {
		.system = config_of(0).system, .pseudonode = pseudonode, .fragment = fragment};

	return lsdb_find(esadi_lsdb(nodes[i].e), &id);
}

/* ISO 10589 section 7.3.16.4: it is purged, and said from 1 on when all have forgotten it. */
static void k_the_last_sequence_number_of_ours_is_purged_and_rests(void **state)
{
	struct node said;
	unsigned int lsps;

	(void)state;
	start(2);
	announce(0, 0xaa, 0x40);
	run_s(1);
	assert_int_equal(nodes[1].learned, 1);
	said = nodes[0];
	forge(&said, 1, 0, 0, LSDB_SEQUENCE_MAX);
	forge(&said, 0, 0, 0, LSDB_SEQUENCE_MAX);
	run_s(1);
	assert_true(at(0, 0, 0)->purged && at(1, 0, 0)->purged);
	assert_int_equal(at(1, 0, 0)->sequence, LSDB_SEQUENCE_MAX);
	assert_int_equal(nodes[1].gone, 1);
	lsps = nodes[0].lsps;
	run_s(100); /* ZeroAge */
	announce(0, 0xbb, 0x40);
	run_s(560);
	assert_int_equal(nodes[0].lsps, lsps);
	forge(&said, 0, 0, 0, LSDB_SEQUENCE_MAX); /* it makes the rest no longer */
	run_s(590);
	assert_int_equal(nodes[1].learned, 1);
	run_s(30);
	assert_int_equal(nodes[1].learned, 3);
	assert_true(at(1, 0, 0)->sequence < 20);
	assert_false(at(1, 0, 0)->purged);
	stop();
}

static void k_lsps_that_we_never_said_are_purged(void **state)
{
	uint32_t sequence;

	(void)state;
	start(2);
	announce(0, 0xaa, 0x40);
	run_s(1);
	sequence = at(0, 0, 0)->sequence;
	forge(&nodes[0], 1, 250, 0, 9);
	forge(&nodes[0], 1, 0, 200, LSDB_SEQUENCE_MAX);
	assert_false(at(1, 250, 0)->purged);
	run_s(30);
	assert_true(at(1, 250, 0)->purged && at(1, 0, 200)->purged);
	assert_int_equal(at(1, 250, 0)->sequence, 9);
	assert_int_equal(at(0, 0, 0)->sequence, sequence); /* and nothing else is said again */
	stop();
}

/* ISO 10589 section 7.3.12.4: the first change goes out at once, the next ones less and less often.
 */
static void k_a_flapping_station_is_told_of_once_a_second(void **state)
{
	struct esadi_address a = address_of(0xaa, 0x40);
	unsigned int after_first;

	(void)state;
	start(2);
	run_s(5);
	nodes[0].lsps = 0;
	assert_true(esadi_announce(nodes[0].e, &a));
	assert_true(mono_due(esadi_next(nodes[0].e), at_ms(clock_ms)));
	esadi_time(nodes[0].e, at_ms(clock_ms));
	after_first = nodes[0].lsps;
	assert_int_equal(after_first, 1);
	for (unsigned int i = 0; i < 1000; i++, clock_ms += 10) {
		if (i % 2)
			assert_true(esadi_announce(nodes[0].e, &a));
		else
			assert_true(esadi_withdraw(nodes[0].e, &a.mac));
		esadi_time(nodes[0].e, at_ms(clock_ms));
	}
	assert_false(mono_due(esadi_next(nodes[0].e), at_ms(clock_ms)));
	assert_in_range(nodes[0].lsps, 10, 16); /* 50 ms to 800 ms, then each second */
	run_s(2);
	assert_int_equal(nodes[1].learned - nodes[1].gone, 1);
	/* Who leaves says so at once. */
	assert_true(esadi_announce(nodes[0].e, &(struct esadi_address){.mac = {{2, 9}}}));
	esadi_time(nodes[0].e, at_ms(clock_ms));
	esadi_withdraw_all(nodes[0].e);
	esadi_time(nodes[0].e, at_ms(clock_ms));
	assert_int_equal(nodes[1].learned - nodes[1].gone, 0);
	stop();
}

/* RFC 7357 section 6.2: 6 bytes a MAC. Of 1442, 27 are the header, 71 the longest authentication,
 * 14 the parameters in fragment 0, and 9 of MAC-RI are no MACs: 220 of them and 255 times 222. */
#define BARE_MACS (220 + 255 * 222)

static struct esadi_address bare(unsigned int i)
{
	return (struct esadi_address){
		.mac = {{2, 1, 0, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}},
		.confidence = 0x20};
}

static void bare_announce(unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		struct esadi_address a = bare(i);

		assert_true(esadi_announce(nodes[0].e, &a));
	}
}

static void k_macs_alone_take_6_bytes_and_who_has_no_room_waits_for_it(void **state)
{
	struct esadi_address a = bare(BARE_MACS), first = bare(7);

	(void)state;
	start(2);
	bare_announce(BARE_MACS);
	assert_false(esadi_announce(nodes[0].e, &a));
	assert_false(esadi_tells(nodes[0].e, &a.mac));
	assert_int_equal(esadi_announced(nodes[0].e), BARE_MACS);
	assert_int_equal(esadi_untold(nodes[0].e), 1);
	run_s(5);
	assert_int_equal(nodes[1].learned, BARE_MACS);
	assert_true(esadi_withdraw(nodes[0].e, &first.mac));
	assert_true(esadi_tells(nodes[0].e, &a.mac));
	assert_int_equal(esadi_untold(nodes[0].e), 0);
	nodes[0].lsps = 0;
	run_s(5);
	assert_int_equal(nodes[0].lsps, 1); /* one fragment alone is another */
	assert_int_equal(nodes[1].learned, BARE_MACS + 1);
	assert_int_equal(nodes[1].gone, 1);
	assert_memory_equal(&nodes[1].last.mac, &a.mac, MAC_LEN);
	stop();
}

static struct esadi_address attested(unsigned int i)
{
	struct esadi_address a = bare(i);

	a.mac.bytes[1] = 9;
	a.first = true;
	a.confidence = 0x40;
	a.ips.ipv4_count = a.ips.ipv6_count = IP_LIST_EACH;
	for (uint8_t k = 0; k < IP_LIST_EACH; k++)
		a.ips.ipv4[k][3] = a.ips.ipv6[k][15] = k;
	return a;
}

static void k_what_an_agent_says_has_room_before_what_frames_showed(void **state)
{
	struct esadi_share share = {.lsps.max = 1000, .claims_max = 100000};
	struct esadi_config c = config_of(0);
	struct esadi_address a = attested(1), heard = {.confidence = 0}, late = bare(BARE_MACS);

	(void)state;
	start(2);
	esadi_free(nodes[0].e);
	c.share = &share;
	nodes[0].e = esadi_new(&c, at_ms(clock_ms));
	sees(0, 3);
	bare_announce(BARE_MACS);
	run_s(5);
	nodes[0].lsps = 0;
	assert_true(esadi_announce(nodes[0].e, &a));
	run_s(5);
	assert_int_equal(nodes[0].lsps, 1);
	assert_int_equal(esadi_claim(nodes[1].e, &a.mac, &heard), 0x1111);
	assert_int_equal(ip_list_count(&heard.ips), IP_LIST_MAX);
	/* MAC-RI 9 + 6, GENINFO 7, and 11 + 160 and 11 + 352: 556, the place of 93 MACs. */
	assert_int_equal(esadi_untold(nodes[0].e), 93);
	assert_int_equal(share.untold, 93);
	assert_int_equal(nodes[1].gone, 93);
	assert_false(esadi_announce(nodes[0].e, &late));
	assert_true(esadi_withdraw(nodes[0].e, &a.mac));
	assert_int_equal(esadi_untold(nodes[0].e), 1);
	run_s(5);
	assert_int_equal(esadi_announced(nodes[0].e), BARE_MACS);
	assert_int_equal(nodes[1].learned - nodes[1].gone, BARE_MACS);
	stop();
	assert_int_equal(share.untold, 0);
}

/* Nothing makes room for what goes first when there is nothing else; and then its turn is first. */
static void k_those_that_go_first_do_not_make_room_for_each_other(void **state)
{
	struct esadi_address frames, a, b = attested(60000);
	unsigned int n = 0;

	(void)state;
	start(1);
	do
		a = attested(n++);
	while (esadi_announce(nodes[0].e, &a));
	/* 38 and 518 for each: 2 in each of 256 */
	assert_int_equal(n - 1, 256 * 2);
	n = 0;
	do
		frames = bare(n++);
	while (esadi_announce(nodes[0].e, &frames));
	assert_in_range(n, 10000, 12000); /* where no other fits */
	for (unsigned int i = 1; i < 40; i++) {
		frames = bare(n++);
		assert_false(esadi_announce(nodes[0].e, &frames));
	}
	assert_false(esadi_announce(nodes[0].e, &b));
	assert_int_equal(esadi_untold(nodes[0].e), 42);
	for (unsigned int i = 0; i < 2; i++) {
		struct esadi_address gone = attested(i), turn = i ? b : a;

		assert_false(esadi_tells(nodes[0].e, &turn.mac));
		assert_true(esadi_withdraw(nodes[0].e, &gone.mac));
		assert_true(esadi_tells(nodes[0].e, &turn.mac));
	}
	stop();
}

/* What goes first stays, though it is of less confidence. */
static void k_what_frames_showed_alone_makes_room(void **state)
{
	struct esadi_address a = attested(1), b = attested(2);

	(void)state;
	start(1);
	bare_announce(BARE_MACS);
	a.confidence = 0x10;
	assert_true(esadi_announce(nodes[0].e, &a));
	assert_true(esadi_announce(nodes[0].e, &b));
	assert_true(esadi_tells(nodes[0].e, &a.mac));
	stop();
}

static void k_a_change_is_told_of_in_one_lsp(void **state)
{
	struct esadi_address a;

	(void)state;
	start(2);
	bare_announce(3000);
	for (unsigned int i = 10; i < 20; i++) { /* the first fragment has room */
		a = bare(i);
		assert_true(esadi_withdraw(nodes[0].e, &a.mac));
	}
	run_s(5);
	for (unsigned int turn = 0; turn < 3; turn++) {
		a = bare(turn == 0 ? 2999 : turn == 1 ? 1500 : 5000);
		a.confidence = 0x21;
		nodes[0].lsps = 0;
		if (turn == 1)
			assert_true(esadi_withdraw(nodes[0].e, &a.mac));
		else
			assert_true(esadi_announce(nodes[0].e, &a));
		run_s(5);
		assert_int_equal(nodes[0].lsps, 1);
		a = bare(3);
		assert_true(esadi_announce(nodes[0].e, &a));
		run_s(5);
		assert_int_equal(nodes[0].lsps, 1); /* it is so already */
	}
	assert_int_equal(nodes[1].learned - nodes[1].gone, 2991);
	stop();
}

/* Whatever they are, in whatever order: what is told is heard, and no LSP is too long. */
static void k_whatever_is_said_of_stations_is_heard_so(void **state)
{
	struct isis_key *key = esadi_key_new(ISIS_AUTH_HMAC_SHA512, 7, "secret", 6);
	static struct esadi_address model[700];
	static bool is[700];
	unsigned int count = 0;

	(void)state;
	start(0);
	node_new(0, 0x40, &key);
	node_new(1, 0x40, &key);
	sees(0, 3);
	sees(1, 3);
	for (unsigned int step = 0; step < 20000; step++) {
		unsigned int i = (unsigned int)random_below(&seeded.random, 700);
		struct esadi_address a = bare(i);

		if (is[i] && random_below(&seeded.random, 3) == 0) {
			assert_true(esadi_withdraw(nodes[0].e, &a.mac));
			is[i] = false;
			continue;
		}
		a.confidence = (uint8_t)random_below(&seeded.random, 4);
		a.first = random_below(&seeded.random, 2);
		a.nickname = random_below(&seeded.random, 4) ? 0 : 0x1234;
		a.has_laalp = a.nickname;
		a.laalp.bytes[7] = (uint8_t)(a.has_laalp ? 1 + random_below(&seeded.random, 3) : 0);
		a.ips.ipv4_count = (uint8_t)random_below(&seeded.random, IP_LIST_EACH + 1);
		a.ips.ipv6_count = (uint8_t)random_below(&seeded.random, IP_LIST_EACH + 1);
		for (uint8_t k = 0; k < IP_LIST_EACH; k++) {
			a.ips.ipv4[k][3] = (uint8_t)(k < a.ips.ipv4_count ? k + 1 : 0);
			a.ips.ipv6[k][15] = (uint8_t)(k < a.ips.ipv6_count ? k + 1 : 0);
		}
		assert_true(esadi_announce(nodes[0].e, &a));
		model[i] = a;
		is[i] = true;
		if (step % 1000 == 0)
			run_s(2);
	}
	run_s(5);
	for (unsigned int i = 0; i < 700; i++) {
		struct esadi_address heard = {.confidence = 0}, *a = &model[i];
		struct mac mac = bare(i).mac;
		uint16_t nickname = esadi_claim(nodes[1].e, &mac, &heard);

		count += is[i];
		assert_int_equal(nickname, !is[i] ? NICKNAME_NONE : a->nickname ? 0x1234 : 0x1111);
		if (!is[i])
			continue;
		assert_int_equal(heard.confidence, a->confidence);
		assert_int_equal(heard.has_laalp, a->has_laalp);
		assert_memory_equal(&heard.laalp, &a->laalp, sizeof(a->laalp));
		assert_true(ip_list_equal(&heard.ips, &a->ips));
	}
	assert_int_equal(esadi_announced(nodes[0].e), count);
	assert_int_equal(nodes[0].received[ESADI_MALFORMED] + nodes[1].received[ESADI_AUTH], 0);
	stop();
	isis_key_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(k_an_address_is_told_and_taken_back),
		cmocka_unit_test(k_the_only_neighbour_that_takes_it_has_all_by_unicast),
		cmocka_unit_test(k_of_several_who_alone_asks_or_is_new_has_it_by_unicast),
		cmocka_unit_test(k_what_is_said_no_more_takes_no_room),
		cmocka_unit_test(k_of_equal_claims_the_one_that_wins_counts),
		cmocka_unit_test(k_of_several_claims_the_most_confident_counts),
		cmocka_unit_test(k_who_says_nothing_takes_no_room),
		cmocka_unit_test(k_claims_beyond_the_bound_of_all_labels_are_not_kept),
		cmocka_unit_test(k_fragment_0_has_flag_p_and_the_parameters_first),
		cmocka_unit_test(n_both_ip_addresses_go_with_their_mac),
		cmocka_unit_test(n_several_addresses_of_a_family_go_with_their_mac),
		cmocka_unit_test(n_many_addresses_take_fragments_of_no_more_than_1442_bytes),
		cmocka_unit_test(n_ipv6_addresses_take_fragments_of_no_more_than_1442_bytes),
		cmocka_unit_test(k_without_neighbours_nothing_is_sent_or_taken),
		cmocka_unit_test(k_a_stranger_is_not_believed_and_who_leaves_is_forgotten),
		cmocka_unit_test(k_the_highest_priority_is_drb_then_the_system),
		cmocka_unit_test(k_the_drb_sends_csnps_that_mend_what_was_lost),
		cmocka_unit_test(k_another_sends_csnps_when_the_drb_is_silent),
		cmocka_unit_test(k_others_lsps_are_sent_late_so_that_their_originator_is_first),
		cmocka_unit_test(k_a_restart_sends_above_the_old_sequence_number),
		cmocka_unit_test(k_many_addresses_take_many_fragments_of_no_more_than_1442_bytes),
		cmocka_unit_test(k_pdus_are_signed_by_the_derived_key),
		cmocka_unit_test(k_what_is_not_esadis_is_dropped),
		cmocka_unit_test(k_flag_p_is_our_number_0s_and_a_purge_keeps_anothers),
		cmocka_unit_test(k_the_last_sequence_number_of_ours_is_purged_and_rests),
		cmocka_unit_test(k_lsps_that_we_never_said_are_purged),
		cmocka_unit_test(k_a_flapping_station_is_told_of_once_a_second),
		cmocka_unit_test(k_macs_alone_take_6_bytes_and_who_has_no_room_waits_for_it),
		cmocka_unit_test(k_what_an_agent_says_has_room_before_what_frames_showed),
		cmocka_unit_test(k_those_that_go_first_do_not_make_room_for_each_other),
		cmocka_unit_test(k_what_frames_showed_alone_makes_room),
		cmocka_unit_test(k_a_change_is_told_of_in_one_lsp),
		cmocka_unit_test(k_whatever_is_said_of_stations_is_heard_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
