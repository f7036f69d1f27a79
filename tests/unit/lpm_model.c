/* See lpm_model.h. An entry stands at an odd address and its key at a distance, as a caller's may.
 */
#include "tests/unit/lpm_model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/rcu.h"
#include "lib/table/lpm.h"

#define ITEMS 400
#define BYTES 31

struct item {
	struct rcu_node rcu;
	uint8_t odd;
	struct lpm_entry entry;
	uint16_t id;
	uint8_t key[BYTES];
	unsigned int seen; /* in this sweep or walk */
};

struct model {
	struct lpm *t;
	unsigned int bits;
	struct item *item[ITEMS]; /* in no order */
	size_t count;
	uint8_t key[BYTES]; /* the operation's */
	unsigned int plen;
	uint16_t next_id;
};

static struct item *item_of(struct lpm_entry *e)
{
	return (struct item *)(void *)((char *)e - offsetof(struct item, entry));
}

static unsigned int bit_at(const uint8_t *key, unsigned int i)
{
	return key[i / 8] >> (7 - i % 8) & 1;
}

static unsigned int common_bits(const uint8_t *a, const uint8_t *b, unsigned int limit)
{
	unsigned int n = 0;

	while (n < limit && bit_at(a, n) == bit_at(b, n))
		n++;
	return n;
}

static void mask(uint8_t *key, unsigned int plen)
{
	for (unsigned int i = plen; i < BYTES * 8; i++)
		key[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
}

static bool covers(const struct item *i, const uint8_t *key, unsigned int plen)
{
	return i->entry.plen <= plen && common_bits(i->key, key, i->entry.plen) == i->entry.plen;
}

static struct item *naive_exact(const struct model *m)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->item[i]->entry.plen == m->plen && covers(m->item[i], m->key, m->plen))
			return m->item[i];
	return NULL;
}

static struct item *naive_longest(const struct model *m, int plen)
{
	struct item *best = NULL;

	for (size_t i = 0; i < m->count; i++)
		if ((int)m->item[i]->entry.plen <= plen &&
			covers(m->item[i], m->key, (unsigned int)plen) &&
			(!best || m->item[i]->entry.plen > best->entry.plen))
			best = m->item[i];
	return best;
}

static int naive_free(const struct model *m, unsigned int floor)
{
	for (unsigned int length = floor; length <= m->bits; length++) {
		bool overlaps = false;

		for (size_t i = 0; i < m->count && !overlaps; i++) {
			const struct item *it = m->item[i];
			unsigned int both = it->entry.plen < length ? it->entry.plen : length;

			overlaps = it->entry.plen > floor &&
				   common_bits(it->key, m->key, both) == both;
		}
		if (!overlaps)
			return (int)length;
	}
	return -1;
}

static struct lpm_entry *entry_or_null(struct item *i)
{
	return i ? &i->entry : NULL;
}

static const char *same_lookups(struct model *m)
{
	struct lpm_query q[2] = {{m->t, m->key, m->plen, NULL}, {m->t, m->key, m->bits, NULL}};
	struct lpm_entry *exact = entry_or_null(naive_exact(m));
	struct lpm_entry *longest = entry_or_null(naive_longest(m, (int)m->plen));
	struct lpm_entry *host = entry_or_null(naive_longest(m, (int)m->bits));
	struct lpm_entry *parent = entry_or_null(naive_longest(m, (int)m->plen - 1));
	const char *fault = NULL;

	rcu_enter();
	lpm_longest_batch(q, 2);
	if (lpm_exact(m->t, m->key, m->plen) != exact)
		fault = "lpm_exact";
	else if (lpm_longest(m->t, m->key, m->plen) != longest)
		fault = "lpm_longest";
	else if (lpm_longest(m->t, m->key, m->bits) != host)
		fault = "lpm_longest of a host";
	else if (lpm_parent(m->t, m->key, m->plen) != parent)
		fault = "lpm_parent";
	else if (q[0].found != longest || q[1].found != host)
		fault = "lpm_longest_batch";
	else if (lpm_count(m->t) != m->count)
		fault = "lpm_count";
	rcu_leave();
	return fault;
}

static const char *same_free(const struct model *m)
{
	int want = naive_free(m, m->plen), got;

	rcu_enter();
	got = lpm_free_prefix(m->t, m->key, m->plen);
	rcu_leave();
	return got == want ? NULL : "lpm_free_prefix";
}

struct walk {
	const struct item *last;
	size_t limit, visited;
	bool ordered;
};

static bool walk_visit(struct lpm_entry *e, void *arg)
{
	struct item *now = item_of(e);
	struct walk *w = arg;

	if (w->last) {
		int order = memcmp(w->last->key, now->key, BYTES);

		w->ordered &= order < 0 || (!order && w->last->entry.plen < e->plen);
	}
	w->last = now;
	now->seen = 1;
	return ++w->visited < w->limit;
}

static const char *same_covered(struct model *m, size_t limit)
{
	struct walk w = {.limit = limit, .ordered = true};
	size_t below = 0, seen = 0, returned;

	for (size_t i = 0; i < m->count; i++)
		m->item[i]->seen = 0;
	rcu_enter();
	returned = lpm_covered(m->t, m->key, m->plen, walk_visit, &w);
	rcu_leave();
	for (size_t i = 0; i < m->count; i++) {
		const struct item *it = m->item[i];
		bool is_below = it->entry.plen >= m->plen &&
				common_bits(it->key, m->key, m->plen) == m->plen;

		below += is_below;
		seen += it->seen;
		if (it->seen && !is_below)
			return "lpm_covered: an entry outside";
	}
	if (!w.ordered)
		return "lpm_covered: order";
	if (returned != w.visited || seen != w.visited)
		return "lpm_covered: its count, or one twice";
	return w.visited == (below < limit ? below : limit) ? NULL : "lpm_covered: not all";
}

/* Of what (m->key, m->plen) covers, that after (@after, @len) and nothing else. */
static const char *same_after(struct model *m, const uint8_t *after, unsigned int len)
{
	struct walk w = {.limit = SIZE_MAX, .ordered = true};
	size_t want = 0, returned;

	for (size_t i = 0; i < m->count; i++)
		m->item[i]->seen = 0;
	rcu_enter();
	returned = lpm_covered_after(m->t, m->key, m->plen, after, len, walk_visit, &w);
	rcu_leave();
	for (size_t i = 0; i < m->count; i++) {
		const struct item *it = m->item[i];
		int order = memcmp(it->key, after, BYTES);
		bool wanted = (order > 0 || (!order && it->entry.plen > len)) &&
			      it->entry.plen >= m->plen &&
			      common_bits(it->key, m->key, m->plen) == m->plen;

		want += wanted;
		if (wanted != it->seen)
			return wanted ? "lpm_covered_after: one is missing"
				      : "lpm_covered_after: one too many";
	}
	if (!w.ordered)
		return "lpm_covered_after: order";
	return returned == want && w.visited == want ? NULL : "lpm_covered_after: its count";
}

/* After an entry or near one: its key to some length, perhaps with a bit changed. */
static const char *same_after_one(struct model *m, const uint8_t op[LPM_MODEL_OP])
{
	uint8_t after[BYTES] = {0};
	unsigned int len = op[3] & 1 ? m->bits : op[2] % (m->bits + 1);

	if (m->count)
		memcpy(after, m->item[op[3] % m->count]->key, BYTES);
	if (op[2] & 1)
		after[op[2] % m->bits / 8] ^= (uint8_t)(0x80 >> op[2] % m->bits % 8);
	mask(after, len);
	return same_after(m, after, len);
}

static struct item *item_new(struct model *m)
{
	struct item *i = calloc(1, sizeof(*i));

	if (!i)
		abort();
	memcpy(i->key, m->key, BYTES);
	mask(i->key, m->plen);
	i->entry.plen = (uint8_t)m->plen;
	i->id = m->next_id++;
	return i;
}

static void item_free(struct rcu_node *node)
{
	free(node);
}

static void forget(struct model *m, struct item *i)
{
	for (size_t n = 0; n < m->count; n++)
		if (m->item[n] == i)
			m->item[n] = m->item[--m->count];
	rcu_defer(&i->rcu, item_free);
}

static const char *play_insert(struct model *m)
{
	struct item *i, *there = naive_exact(m);
	int result;

	if (m->count == ITEMS)
		return NULL;
	i = item_new(m);
	result = lpm_insert(m->t, &i->entry);
	if (result) {
		free(i);
		return result == -EEXIST && there ? NULL : "lpm_insert: refused";
	}
	m->item[m->count++] = i;
	return there ? "lpm_insert: a prefix twice" : NULL;
}

static const char *play_replace(struct model *m)
{
	struct item *old = naive_exact(m), *new;

	if (!old)
		return NULL;
	new = item_new(m);
	lpm_replace(m->t, &old->entry, &new->entry);
	forget(m, old);
	m->item[m->count++] = new;
	return NULL;
}

static const char *play_remove(struct model *m)
{
	struct item *old = naive_exact(m);

	if (!old)
		return NULL;
	lpm_remove(m->t, &old->entry);
	forget(m, old);
	return NULL;
}

struct sweep {
	struct model *m;
	unsigned int remove_one_in;
	size_t removed;
};

static void sweep_visit(struct lpm_entry *e, void *arg)
{
	struct item *i = item_of(e);
	struct sweep *s = arg;

	i->seen++;
	if (!s->remove_one_in || i->id % s->remove_one_in)
		return;
	lpm_remove(s->m->t, e);
	forget(s->m, i);
	s->removed++;
}

/* A full round, @max at a time, removing some on the way: each that stays is seen, and once here,
 * where nothing else changes. */
static const char *play_sweep(struct model *m, size_t max, unsigned int remove_one_in)
{
	struct sweep s = {.m = m, .remove_one_in = remove_one_in};
	size_t visited = 0, before = m->count, now;
	uint64_t cursor = 0;

	for (size_t i = 0; i < m->count; i++)
		m->item[i]->seen = 0;
	do {
		now = lpm_sweep(m->t, &cursor, max, sweep_visit, &s);
		if (now > max)
			return "lpm_sweep: more than max";
		visited += now;
	} while (cursor && visited <= before);
	for (size_t i = 0; i < m->count; i++)
		if (m->item[i]->seen != 1)
			return "lpm_sweep: an entry not seen, or twice";
	return visited == before && m->count == before - s.removed ? NULL : "lpm_sweep: its count";
}

/* An operation's prefix: the last one's or an entry's key, some bits changed, so that prefixes
 * meet. */
static void aim(struct model *m, const uint8_t op[LPM_MODEL_OP])
{
	unsigned int flip = op[2] % m->bits;

	if (op[0] & 0x10 && m->count)
		memcpy(m->key, m->item[op[1] % m->count]->key, BYTES);
	if (op[0] & 0x20)
		m->key[flip / 8] ^= (uint8_t)(0x80 >> flip % 8);
	if (op[0] & 0x40)
		m->key[(m->bits - 1) / 8] = op[1];
	if (op[0] & 0x80)
		m->key[op[1] % (m->bits / 8)] = op[2];
	mask(m->key, m->bits);
	m->plen = op[3] >= 0xa0 ? m->bits : op[3] % (m->bits + 1);
}

static const char *play_one(struct model *m, const uint8_t op[LPM_MODEL_OP])
{
	const char *fault = NULL;

	aim(m, op);
	switch (op[0] & 0x0f) {
	case 0 ... 6:
		fault = play_insert(m);
		break;
	case 7:
		fault = play_replace(m);
		break;
	case 8 ... 11:
		fault = play_remove(m);
		break;
	case 12:
		m->plen = m->plen / 2;
		fault = same_covered(m, op[4] & 1 ? SIZE_MAX : (size_t)1 + op[4]);
		fault = fault ? fault : same_after_one(m, op);
		break;
	case 13:
	case 14:
		m->plen = op[4] & 1 ? m->plen : m->plen / 2;
		fault = same_free(m);
		break;
	case 15: /* now and then nearly all go */
		fault = play_sweep(m, (size_t)1 + op[3] % 32,
			op[4] < 8     ? 1
			: op[4] < 64  ? 2
			: op[4] < 128 ? 5
				      : 0);
		break;
	}
	return fault ? fault : same_lookups(m);
}

const char *lpm_model_play(unsigned int bits, const uint8_t *tape, size_t len, size_t *op)
{
	static const uint8_t secret[16] = "sixteen of them";
	struct model *m = calloc(1, sizeof(*m));
	const char *fault = NULL;

	if (!m)
		abort();
	m->bits = bits;
	m->t = lpm_new(bits, offsetof(struct item, key) - offsetof(struct item, entry), secret);
	if (!m->t)
		abort();
	for (*op = 0; !fault && len - *op * LPM_MODEL_OP >= LPM_MODEL_OP; ++*op)
		fault = play_one(m, tape + *op * LPM_MODEL_OP);
	if (!fault) {
		m->plen = 0;
		fault = same_covered(m, SIZE_MAX);
	}
	for (size_t i = 0; !fault && i < m->count; i++)
		fault = same_after(m, m->item[i]->key, m->item[i]->entry.plen);
	while (m->count) {
		lpm_remove(m->t, &m->item[0]->entry);
		forget(m, m->item[0]);
	}
	lpm_free(m->t);
	free(m);
	return fault;
}
