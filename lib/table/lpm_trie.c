/* lpm_trie: the ordered, path-compressed trie of all entries: what lies below a prefix, and what is
 * free.
 *
 * A prefix is read as a string of steps, two for each bit i of the key:
 *
 *   step 2i      does the prefix go on at bit i?  0: it ends here (its length is i), 1: it goes on
 *   step 2i + 1  bit i of the key
 *
 * No string is then the beginning of another, so each entry is a leaf and a node divides by one
 * step: all strings below a node are the same before its step, those of child[0] have a 0 there and
 * those of child[1] a 1. Steps grow on the way down; n entries have n - 1 nodes. The order of the
 * leaves, child[0] first, is the order of the bytes and then of the lengths, since "ends here"
 * comes before "goes on".
 *
 * A link (the root, a child) is one word: 0 for nothing; the address of an entry with the tag LEAF;
 * or the address of a node with its step as the tag. A walk so knows a node's step before it
 * touches the node, and a writer replaces address and step in one store.
 *
 * Following a string S down (its own turn at each node) ends at a leaf L that shares with S as many
 * steps as any leaf does. They differ first at step c; c is "none" when they are the same.
 *
 * Insert S. It belongs beside the highest link on the way that is a leaf or whose step is above c.
 * A new node of step c takes that link's place; its children are S and what the link held.
 *
 * Remove S. L is S's entry. The link to the node above L is made to hold that node's other child. A
 * reader inside the removed node still finds the other child there.
 *
 * Replace S. The link to L is made to hold the new entry.
 *
 * Covered by P/n. The strings of all prefixes equal to P/n or below it begin with the same 2n
 * steps. P is followed while the steps are below 2n. The link W reached holds them all, if there
 * are any: W's first leaf has those 2n steps, and then all of W's leaves have; or it has not, and
 * then none has. W's leaves are walked in order.
 *
 * After S, in W. S is followed from W to a leaf L; they differ first at step c. At the nodes of
 * lower steps where S turns to child[0], all of child[1] comes after it. The link reached beyond
 * them, a leaf or of a step above c, holds leaves that all are like L at c: all come after S when S
 * has a 0 there, else none does. When c is none, L is S, and does not come after itself.
 *
 * Free for the address A, not shorter than f. A is followed as a host, which always goes on.
 *
 *   1. c is none: A itself is an entry and covers A. -1.
 *   2. c <= 2f: no entry longer than f shares A's first f bits. f.
 *   3. c is even, 2i with i > f: L ends at bit i and is A's until then, so it covers A. -1.
 *   4. c is odd, 2i + 1 with i >= f: L goes its own way at bit i, and no entry shares more with A,
 *      so A's first i + 1 bits are free of all entries but those that cover A.
 *      a. An entry that covers A and is longer than f ends at a bit j, f < j <= i. It and L are
 *         divided at step 2j by a node on the way, 2f < 2j < c. Such a node was passed: -1.
 *      b. None was passed: i + 1.
 *
 * Readers beside the writer. Each change above is one store of a link, after which the link holds
 * at least those leaves that it held and that stay. So a walk that loads each link once sees every
 * leaf that stays. The links in a removed node are not kept up to date, yet what they hold includes
 * all that stays, for the nodes removed below it later keep their content until the walk has left
 * (lpm_pool.c). And all leaves below a link share the steps before it at any time: what is inserted
 * below it shares them too. */
#include "lib/table/lpm_internal.h"

#define LEAF      0xffff
#define NO_STEP   UINT32_MAX
#define STEPS_MAX (2 * LPM_BITS_MAX)

static bool is_leaf(uint64_t link)
{
	return lpm_tag(link) == LEAF;
}

static uint32_t step_of(uint64_t link)
{
	return (uint32_t)lpm_tag(link);
}

static uint64_t *children(uint64_t link)
{
	return ((struct lpm_node *)lpm_pointer(link))->child;
}

static unsigned int key_bit(const struct lpm_key *k, uint32_t i)
{
	return k->w[i >> 6] >> (63 - (i & 63)) & 1;
}

/* What (@k, @plen) does at @step. */
static unsigned int turn(const struct lpm_key *k, unsigned int plen, uint32_t step)
{
	return step & 1 ? key_bit(k, step / 2) : plen > step / 2;
}

/* The first step in which two prefixes differ. */
static uint32_t first_difference(const struct lpm *t, const struct lpm_key *a, unsigned int a_len,
	const struct lpm_key *b, unsigned int b_len)
{
	unsigned int shorter = a_len < b_len ? a_len : b_len, same = shorter;

	for (unsigned int i = 0; i < t->words; i++) {
		uint64_t differ = a->w[i] ^ b->w[i];

		if (!differ)
			continue;
		if (i * 64 + (unsigned int)__builtin_clzll(differ) < shorter)
			same = i * 64 + (unsigned int)__builtin_clzll(differ);
		break;
	}
	if (same < shorter)
		return 2 * same + 1;
	return a_len == b_len ? NO_STEP : 2 * shorter;
}

/* The leaf that following (@k, @plen) from @link ends at. */
static struct lpm_entry *follow(uint64_t link, const struct lpm_key *k, unsigned int plen)
{
	while (!is_leaf(link))
		link = rcu_load(&children(link)[turn(k, plen, step_of(link))]);
	return lpm_pointer(link);
}

static uint32_t difference_at(const struct lpm *t, const struct lpm_entry *leaf,
	const struct lpm_key *k, unsigned int plen)
{
	struct lpm_key found = lpm_entry_key(t, leaf);

	return first_difference(t, k, plen, &found, leaf->plen);
}

void lpm_trie_insert(
	struct lpm *t, struct lpm_entry *e, const struct lpm_key *k, struct lpm_node *node)
{
	uint64_t *link = &t->root;
	unsigned int side;
	uint32_t c;

	if (!t->root) {
		rcu_publish(&t->root, lpm_word(e, LEAF));
		return;
	}
	c = difference_at(t, follow(t->root, k, e->plen), k, e->plen);
	while (!is_leaf(*link) && step_of(*link) < c)
		link = &children(*link)[turn(k, e->plen, step_of(*link))];
	side = turn(k, e->plen, c);
	node->child[side] = lpm_word(e, LEAF);
	node->child[!side] = *link;
	rcu_publish(link, lpm_word(node, c));
}

void lpm_trie_replace(struct lpm *t, struct lpm_entry *new, const struct lpm_key *k)
{
	uint64_t *link = &t->root;

	while (!is_leaf(*link))
		link = &children(*link)[turn(k, new->plen, step_of(*link))];
	rcu_publish(link, lpm_word(new, LEAF));
}

void lpm_trie_remove(struct lpm *t, const struct lpm_entry *e, const struct lpm_key *k)
{
	uint64_t *link = &t->root, *above = NULL;
	unsigned int side = 0;
	struct lpm_node *node;

	while (!is_leaf(*link)) {
		above = link;
		side = turn(k, e->plen, step_of(*link));
		link = &children(*link)[side];
	}
	if (!above) {
		rcu_publish(&t->root, 0);
		return;
	}
	node = lpm_pointer(*above);
	rcu_publish(above, node->child[!side]);
	lpm_pool_retire(t->pool, node);
}

/* The link below which all that (@k, @plen) covers lies; 0: nothing is covered. */
static uint64_t covered_link(const struct lpm *t, const struct lpm_key *k, unsigned int plen)
{
	uint64_t link = rcu_load(&t->root), any;

	if (!link)
		return 0;
	while (!is_leaf(link) && step_of(link) < 2 * plen)
		link = rcu_load(&children(link)[turn(k, plen, step_of(link))]);
	for (any = link; !is_leaf(any);)
		any = rcu_load(&children(any)[0]);
	return difference_at(t, lpm_pointer(any), k, plen) >= 2 * plen ? link : 0;
}

/* Where a walk in order stands: a link to walk next, and those to walk later, the last first. Each
 * of these comes from one node on the way, and nodes on the way have different steps. */
struct walk {
	uint64_t link;
	uint64_t later[STEPS_MAX];
	size_t depth;
};

static size_t walk_on(struct walk *w, bool (*visit)(struct lpm_entry *e, void *arg), void *arg)
{
	size_t visited = 0;

	for (;;) {
		if (!w->link && w->depth)
			w->link = w->later[--w->depth];
		if (!w->link)
			return visited;
		if (!is_leaf(w->link)) {
			const uint64_t *child = children(w->link);

			w->later[w->depth++] = rcu_load(&child[1]);
			w->link = rcu_load(&child[0]);
			continue;
		}
		visited++;
		if (!visit(lpm_pointer(w->link), arg))
			return visited;
		w->link = 0;
	}
}

/* Pass over what is not after (@k, @plen), as told under "After S" above. */
static void walk_skip(
	const struct lpm *t, struct walk *w, const struct lpm_key *k, unsigned int plen)
{
	uint64_t way[STEPS_MAX], right[STEPS_MAX], link = w->link;
	size_t n = 0, cut = 0;
	uint32_t c;

	for (; !is_leaf(link); n++) {
		const uint64_t *child = children(link);
		unsigned int side = turn(k, plen, step_of(link));

		way[n] = link;
		right[n] = side ? 0 : rcu_load(&child[1]);
		link = rcu_load(&child[side]);
	}
	c = difference_at(t, lpm_pointer(link), k, plen);
	for (; cut < n && step_of(way[cut]) < c; cut++)
		if (right[cut])
			w->later[w->depth++] = right[cut];
	if (c == NO_STEP || turn(k, plen, c))
		w->link = 0;
	else
		w->link = cut < n ? way[cut] : link;
}

static bool walk_begin(const struct lpm *t, struct walk *w, const uint8_t *key, unsigned int plen)
{
	struct lpm_key k;

	w->depth = 0;
	w->link = 0;
	if (plen > t->bits)
		return false;
	k = lpm_key_load(t, key, t->words);
	lpm_key_mask(&k, plen, t->words);
	w->link = covered_link(t, &k, plen);
	return w->link != 0;
}

size_t lpm_covered(const struct lpm *t, const uint8_t *key, unsigned int plen,
	bool (*visit)(struct lpm_entry *e, void *arg), void *arg)
{
	struct walk w;

	return walk_begin(t, &w, key, plen) ? walk_on(&w, visit, arg) : 0;
}

size_t lpm_covered_after(const struct lpm *t, const uint8_t *key, unsigned int plen,
	const uint8_t *after, unsigned int after_len, bool (*visit)(struct lpm_entry *e, void *arg),
	void *arg)
{
	struct lpm_key k;
	struct walk w;

	if (after_len > t->bits || !walk_begin(t, &w, key, plen))
		return 0;
	k = lpm_key_load(t, after, t->words);
	lpm_key_mask(&k, after_len, t->words);
	walk_skip(t, &w, &k, after_len);
	return walk_on(&w, visit, arg);
}

int lpm_free_prefix(const struct lpm *t, const uint8_t *key, unsigned int floor)
{
	uint32_t ended =
		NO_STEP; /* the first step above 2 * floor at which an entry ends that A passes */
	uint64_t link = rcu_load(&t->root);
	struct lpm_key k;
	uint32_t c;

	if (!link || floor >= t->bits)
		return (int)floor;
	k = lpm_key_load(t, key, t->words);
	while (!is_leaf(link)) {
		uint32_t step = step_of(link);

		if (!(step & 1) && step > 2 * floor && ended == NO_STEP)
			ended = step;
		link = rcu_load(&children(link)[turn(&k, t->bits, step)]);
	}
	c = difference_at(t, lpm_pointer(link), &k, t->bits);
	if (c == NO_STEP)
		return -1;
	if (c <= 2 * floor)
		return (int)floor;
	if (!(c & 1) || ended < c)
		return -1;
	return (int)(c / 2 + 1);
}
