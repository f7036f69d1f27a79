/* Link-wide Lz: what the RBridges of a link tell each other that they take, and how long CSNPs and
 * PSNPs are for it (items C, E and P of docs/trill.md, RFC 8249 section 2). */
#include "tests/unit/trill_campus.h"

#include "trill/core/rbridge_internal.h"

static const uint16_t mtus[] = {9000, 4000, 2000};
static bool untested;

static void wide(struct rbridge_port_config *config, unsigned int node, uint16_t port)
{
	(void)port;
	config->mtu_test = !untested;
	config->mtu = mtus[node];
}

static struct campus_options wide_of(const struct campus_options *of)
{
	struct campus_options options = *of;

	options.port = wide;
	return options;
}

static const struct adjacency *row_of(
	const struct virtual_campus *c, unsigned int node, unsigned int neighbor)
{
	const struct adjacency_table *t = rbridge_adjacencies(c->nodes[node].rb, 0);
	struct system_id system = lsp_id_of(neighbor, 0).system;

	for (unsigned int i = 0; i < t->count; i++)
		if (!system_id_compare(&t->rows[i].key.system, &system))
			return &t->rows[i];
	fail_msg("%u does not know %u", node, neighbor);
	return NULL;
}

static void c_what_a_port_takes_is_told(void **state)
{
	/* GENINFO of TRILL: APPsub-TLV 21, 2 bytes, 4000. */
	static const uint8_t said[] = {0, 251, 0, 9, 0, 0, 1, 0, 21, 0, 2, 0x0f, 0xa0};
	struct campus_options options = wide_of(&p2p);
	struct virtual_campus *c = campus_of(2, &options);
	struct lsp_id id = lsp_id_of(1, 0);
	const struct lsdb_lsp *lsp;

	(void)state;
	wire(c, 0, 1, &options);
	campus_run_ms(c, 20000);
	lsp = lsdb_find(rbridge_link_lsdb(c->nodes[0].rb, 0), &id);
	assert_non_null(lsp);
	assert_non_null(memmem(lsp->bytes, lsp->len, said, sizeof(said)));
	campus_free(c);
}

static uint16_t told(const char *tlvs)
{
	struct isis_pdu head = {
		.type = ISIS_FS_LSP, .scope = ISIS_SCOPE_E_L1CS, .u.lsp = {.sequence = 1}};
	struct wire_fault fault;
	struct wire_writer w;
	uint8_t bytes[200], more[100];
	struct isis_pdu p;
	size_t len = hex(more, sizeof(more), tlvs);

	wire_writer_init(&w, bytes, sizeof(bytes));
	isis_begin(&w, &head);
	wire_put_bytes(&w, more, len);
	assert_true(isis_end(&w) > 0);
	assert_int_equal(isis_parse(bytes, w.pos, &p, &fault), 0);
	return rbridge_lz_told(&p);
}

/* RFC 8249 section 2: the least that is not below 1470. */
static void c_of_several_sizes_that_a_neighbour_tells_the_least_counts(void **state)
{
	(void)state;
	assert_int_equal(told(""), 0);
	assert_int_equal(told("00FB 0009 00 0001 0015 0002 05BD"), 0);
	assert_int_equal(told("00FB 0009 00 0001 0015 0002 05BE"), 1470);
	assert_int_equal(
		told("00FB 0015 00 0001 0015 0002 0FA0 0015 0002 07D0 0015 0002 05BD"), 2000);
	assert_int_equal(
		told("00FB 0009 00 0001 0015 0002 07D0 00FB 0009 00 0001 0015 0002 0FA0"), 2000);
	assert_int_equal(told("00FB 000A 00 0001 0015 0003 07D000"), 0);
	assert_int_equal(told("00FB 0009 00 0002 0015 0002 07D0"), 0); /* not TRILL's */
}

static void e_a_link_is_tested_up_to_what_all_on_it_take(void **state)
{
	struct campus_options options = wide_of(&lan);
	struct virtual_campus *c = campus_of(3, &options);

	(void)state;
	campus_wire(c, (unsigned int[]){0, 1}, 2, 20000, &options);
	c->wires[0].mtu = 9000;
	campus_run_ms(c, 30000);
	assert_int_equal(row_of(c, 0, 1)->mtu, 4000);
	assert_int_equal(row_of(c, 1, 0)->mtu, 4000);
	campus_free(c);
	c = campus_of(3, &options);
	campus_wire(c, (unsigned int[]){0, 1, 2}, 3, 20000, &options);
	c->wires[0].mtu = 9000;
	campus_run_ms(c, 30000);
	for (unsigned int n = 0; n < 3; n++)
		for (unsigned int k = 0; k < 3; k++)
			if (k != n)
				assert_int_equal(row_of(c, n, k)->mtu, 2000);
	campus_free(c);
	/* A bridge in between that takes less: RFC 8249 figure 2. */
	c = campus_of(2, &options);
	wire(c, 0, 1, &options);
	c->wires[0].mtu = 1700;
	campus_run_ms(c, 30000);
	assert_int_equal(row_of(c, 0, 1)->state, ADJACENCY_REPORT);
	assert_in_range(row_of(c, 0, 1)->mtu, 1470, 1700);
	campus_free(c);
}

struct snps {
	size_t longest[2]; /* of node 0: CSNPs, PSNPs */
};

static void snp_tap(
	void *arg, unsigned int number, unsigned int from, const uint8_t *frame, size_t len)
{
	struct snps *s = arg;
	unsigned int type = frame[18] & 31;

	(void)number;
	if (frame[12] != 0x22 || frame[13] != 0xf4 || (type != ISIS_CSNP && type != ISIS_PSNP))
		return;
	if (from == (type == ISIS_PSNP) && len - 14 > s->longest[from])
		s->longest[from] = len - 14;
}

/* The longest that there is while 300 LSPs are told from 0 to 1. */
static struct snps snps_of(bool tested, uint16_t carried)
{
	struct campus_options options = wide_of(&p2p);
	struct virtual_campus *c;
	struct snps s = {{0}};

	untested = !tested;
	c = campus_of(2, &options);
	for (unsigned int i = 0; i < 300; i++) {
		struct lsp_id id = {.system = {{9, 9, 9, 9, (uint8_t)(i >> 8), (uint8_t)i}}};

		assert_int_equal(lsdb_originate(rbridge_lsdb(c->nodes[0].rb), &id, 0,
					 ISIS_LSP_LEVEL1, NULL, 0, c->now),
			0);
	}
	wire(c, 0, 1, &options);
	c->wires[0].mtu = carried;
	campus_run_ms(c, 20000);
	c->tap = snp_tap;
	c->tap_arg = &s;
	campus_carrier(c, 0, false, &options);
	campus_carrier(c, 0, true, &options);
	campus_run_ms(c, 20000);
	untested = false;
	campus_free(c);
	return s;
}

/* 16 bytes an entry, 15 entries a TLV 9: 75 in 1470 bytes, 300 in 4000 are too many. */
static void p_csnps_and_psnps_are_as_long_as_the_link_was_tested_for(void **state)
{
	struct snps s = snps_of(true, 9000);

	(void)state;
	assert_in_range(s.longest[0], 1471, 4000);
	s = snps_of(true, 1500);
	assert_in_range(s.longest[0], 1000, 1470);
	s = snps_of(false, 9000);
	assert_in_range(s.longest[0], 1000, 1470);
}

/* The longest PDU of each type, whoever sent it. */
struct longest {
	size_t pdu[32];
};

static void longest_tap(
	void *arg, unsigned int number, unsigned int from, const uint8_t *frame, size_t len)
{
	size_t head = frame[12] == 0x81 ? 18 : 14;
	unsigned int type = frame[head + 4] & 31;
	struct longest *l = arg;

	(void)number, (void)from;
	if (frame[head - 1] == 0xf4 && len - head > l->pdu[type])
		l->pdu[type] = len - head;
}

static uint16_t lsp_size;

/* 1,000 ranges of VLANs, told in many LSPs. */
static void talkative(struct rbridge_config *config, unsigned int number)
{
	config->lsp_size = lsp_size;
	for (unsigned int v = 100; v < 2100 && !number; v += 2)
		vlan_set_add(&config->interested, v);
}

static void takes_all(struct rbridge_port_config *config, unsigned int node, uint16_t port)
{
	(void)node, (void)port;
	config->mtu = 9000;
}

static struct longest longest_of(enum isis_auth_alg alg)
{
	struct isis_key *key = isis_key_new(alg, 1, "0123456789abcdef", 16);
	struct campus_options options = p2p;
	struct longest l = {.pdu = {0}};
	struct virtual_campus *c;

	options.node = talkative;
	options.port = takes_all;
	options.keys = &key;
	options.key_count = 1;
	c = campus_of(2, &options);
	c->tap = longest_tap;
	c->tap_arg = &l;
	for (unsigned int i = 0; i < 300; i++) {
		struct lsp_id id = {.system = {{9, 9, 9, 9, (uint8_t)(i >> 8), (uint8_t)i}}};

		assert_int_equal(lsdb_originate(rbridge_lsdb(c->nodes[1].rb), &id, 0,
					 ISIS_LSP_LEVEL1, NULL, 0, c->now),
			0);
	}
	wire(c, 0, 1, &options);
	campus_run_ms(c, 60000);
	for (uint8_t f = 0; f < 32; f++) {
		struct lsp_id id = lsp_id_of(0, 0);
		const struct lsdb_lsp *lsp;

		id.fragment = f;
		lsp = lsdb_find(rbridge_lsdb(c->nodes[1].rb), &id);
		assert_true(!lsp || f || lsp->len <= 1470);
	}
	campus_free(c);
	isis_key_free(key);
	return l;
}

/* RFC 7176 section 4.4: 1470 bytes, for LSPs but number 0 what the campus can take. */
static void p_whatever_signs_them_no_pdu_is_too_long(void **state)
{
	static const enum isis_type kinds[] = {
		ISIS_FS_LSP, ISIS_CSNP, ISIS_PSNP, ISIS_FS_CSNP, ISIS_FS_PSNP, ISIS_P2P_IIH};

	(void)state;
	for (unsigned int alg = 0; alg < ISIS_AUTH_ALGS; alg++)
		for (lsp_size = 1470; lsp_size <= 4000; lsp_size += 2530) {
			struct longest l = longest_of(alg);

			assert_in_range(l.pdu[ISIS_LSP], lsp_size - 80u, lsp_size);
			assert_in_range(l.pdu[ISIS_CSNP], 1200, 1470);
			for (unsigned int i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
				assert_in_range(l.pdu[kinds[i]], 17, 1470);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(c_what_a_port_takes_is_told),
		cmocka_unit_test(c_of_several_sizes_that_a_neighbour_tells_the_least_counts),
		cmocka_unit_test(e_a_link_is_tested_up_to_what_all_on_it_take),
		cmocka_unit_test(p_csnps_and_psnps_are_as_long_as_the_link_was_tested_for),
		cmocka_unit_test(p_whatever_signs_them_no_pdu_is_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
