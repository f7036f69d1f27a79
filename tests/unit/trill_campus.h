/* trill_campus: small virtual campuses for unit tests, and what has to hold when one has converged.
 * A program that includes it links tests/trill/virtual_campus.c. */
#ifndef SUNWARD_TESTS_UNIT_TRILL_CAMPUS_H
#define SUNWARD_TESTS_UNIT_TRILL_CAMPUS_H

#include "tests/unit/trill_test.h"

#include "tests/trill/virtual_campus.h"

__attribute__((unused)) static const struct campus_options lan = {.configured = true,
	.hello_ms = 3000,
	.holding_s = 30,
	.trees = {.compute = 2, .max = 3, .use = 1}};
__attribute__((unused)) static const struct campus_options p2p = {.p2p = true,
	.configured = true,
	.hello_ms = 3000,
	.holding_s = 30,
	.trees = {.compute = 2, .max = 3, .use = 1}};

static inline struct virtual_campus *campus_of(
	unsigned int nodes, const struct campus_options *options)
{
	struct virtual_campus *c = campus_new(nodes, 16, 1, options);

	assert_non_null(c);
	return c;
}

static inline unsigned int wire(struct virtual_campus *c, unsigned int a, unsigned int b,
	const struct campus_options *options)
{
	return campus_wire(c, (unsigned int[]){a, b}, 2, 20000, options);
}

/* Each reaches each by unicast and, once, by a tree; nothing was written out of order. */
static inline void assert_converged(const struct virtual_campus *c)
{
	unsigned int taken[16];

	for (unsigned int a = 0; a < c->node_count; a++) {
		assert_int_not_equal(campus_nickname(c, a), NICKNAME_NONE);
		for (unsigned int b = 0; b < c->node_count; b++)
			assert_int_equal(campus_unicast(c, a, campus_nickname(c, b), a + b), b);
		assert_int_equal(campus_multicast(c, a, 10, taken), c->node_count - 1);
		for (unsigned int b = 0; b < c->node_count; b++)
			assert_int_equal(taken[b], 1);
		assert_int_equal(c->nodes[a].out_of_order, 0);
	}
}

static inline struct lsp_id lsp_id_of(unsigned int node, uint8_t pseudonode)
{
	return (struct lsp_id){.system = {{2, 0, 0, (uint8_t)(node >> 8), (uint8_t)node, 0}},
		.pseudonode = pseudonode};
}

/* The LSP of @node (and pseudonode) as @at has it; NULL: purged, or never there. */
static inline const struct lsdb_lsp *campus_lsp(
	const struct virtual_campus *c, unsigned int at, unsigned int node, uint8_t pseudonode)
{
	struct lsp_id id = lsp_id_of(node, pseudonode);
	const struct lsdb_lsp *lsp = lsdb_find(rbridge_lsdb(c->nodes[at].rb), &id);

	return lsp && !lsp->purged ? lsp : NULL;
}

/* The value of sub-TLV @type of the TLV 242 that has it; a router ID and flags stand before. */
static inline void assert_sub_tlv(const struct lsdb_lsp *lsp, uint8_t type, const char *want)
{
	assert_non_null(lsp);
	for (size_t i = 27; i + 2 <= lsp->len; i += 2u + lsp->bytes[i + 1]) {
		const uint8_t *sub = lsp->bytes + i + 7,
			      *end = lsp->bytes + i + 2 + lsp->bytes[i + 1];

		for (; lsp->bytes[i] == 242 && sub + 2 <= end; sub += 2 + sub[1])
			if (sub[0] == type) {
				assert_bytes(sub, 2u + sub[1], want);
				return;
			}
	}
	fail_msg("no sub-TLV %u", type);
}

#endif
