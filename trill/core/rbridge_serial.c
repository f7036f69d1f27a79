/* Serial unicast: what enters here with a fine-grained label that exactly one other RBridge wants
 * goes to that one by unicast, over the shortest of paths and all equal ones, and not along a tree
 * (RFC 7172 section 4.1.1, appendix A; see tables.h).
 *
 * Where several ports here have the label the tree goes on to be used: the data plane gives one
 * frame to many ports, or to one next hop, and not both. */
#include "trill/core/rbridge_internal.h"

/* Labels that one other RBridge wants, and no two. */
static void wanted_once(const struct rbridge *rb, struct label_set *once)
{
	struct label_set twice;

	label_set_clear(once);
	label_set_clear(&twice);
	for (uint32_t v = 0; v < rb->campus.graph.node_count; v++) {
		const struct label_set *wants = &rb->campus.nodes[v].wants;

		if (!rbridge_topology_other(rb, v))
			continue;
		for (unsigned int w = LABELS_FIRST / 64; w < LABELS_WORDS; w++) {
			twice.bits[w] |= once->bits[w] & wants->bits[w];
			once->bits[w] |= wants->bits[w];
		}
	}
	label_set_take_all(once, &twice);
}

static bool is_at_one_port(const struct rbridge *rb, uint16_t number)
{
	unsigned int count = 0;

	for (uint16_t i = 0; i < RBRIDGE_PORTS_MAX; i++)
		count += rb->ports[i].up && rbridge_label_served(&rb->ports[i], number);
	return count == 1;
}

/* Of who wants the label: one that it holds alone. */
static uint16_t nickname_wanting(const struct rbridge *rb, uint16_t number)
{
	const struct routes *r = &rb->routes;

	for (uint32_t i = 0; i < r->winner_count; i++) {
		const struct campus_claim *claim = &rb->campus.claims[r->winners[i]];

		if (label_set_has(&rb->campus.nodes[claim->node].wants, number) &&
			rbridge_topology_other(rb, claim->node) &&
			!affinity_is_bound(&r->affinity, claim->nickname))
			return claim->nickname;
	}
	return NICKNAME_NONE;
}

static void tell(struct rbridge *rb, uint16_t number, uint16_t nickname)
{
	struct tables_station row = {.mac = mac_broadcast,
		.vlan = number,
		.nickname = nickname,
		.confidence = TABLES_CONFIDENCE_STATIC};
	uint16_t *told = &rb->serial[number - LABELS_FIRST];

	if (nickname == *told)
		return;
	if (!nickname)
		rb->env.tables->station_del(rb->env.tables, &mac_broadcast, number);
	else if (rbridge_row_set(rb, &row) < 0)
		return; /* the tree has it, until it is told again */
	rb->serials += !*told;
	rb->serials -= !nickname;
	*told = nickname;
}

void rbridge_serial_follow(struct rbridge *rb)
{
	struct label_set once;

	if (!rb->labels.pinned && !rb->serials)
		return;
	wanted_once(rb, &once);
	for (unsigned int n = LABELS_FIRST; n < LABELS_NUMBERS; n++) {
		uint16_t number = (uint16_t)n;
		bool is = label_set_has(&once, number) && label_set_has(&rb->served, number) &&
			  is_at_one_port(rb, number);

		tell(rb, number, is ? nickname_wanting(rb, number) : NICKNAME_NONE);
	}
}
