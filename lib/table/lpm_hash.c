/* lpm_hash: the exact hash of all entries, by (length, prefix), for one writer and lock-free
 * readers.
 *
 * Extendible hashing. A directory is indexed by the leading bits of the hash and names shards; a
 * shard is an open-addressing array of at most 512 buckets, each a cache line of eight slots, with
 * linear probing from bucket to bucket. A slot holds an entry's address and 15 bits of its hash, so
 * that a probe of another entry rarely touches it. Nothing is ever moved inside a shard that
 * readers see:
 *
 * Insert: the first slot that is empty or "gone", from the home bucket on. A search ends behind a
 * bucket with an empty slot: such a bucket was never full, so nothing was ever put past it.
 *
 * Remove: the slot becomes empty when its bucket has another empty one, else "gone".
 *
 * When 13/16 are used, the shard is copied: into a larger one, into one of its own size without the
 * gone slots, or into two that share its entries by one more bit of the hash; then the directory's
 * word is replaced. When fewer than 3/16 are live, it is copied into a smaller one.
 *
 * A copy is complete before it is published, and the old shard stays until its readers have left,
 * so a reader finds all entries in either. The work of an insert is bounded by one shard (about
 * 3,300 entries) or a copy of the directory (8 bytes for every 2,000 entries or so). Loads stay
 * between 0.54 and 0.81 while the table grows. Shards are not merged again; emptied ones shrink to
 * 128 bytes. */
#include <errno.h>
#include <stdlib.h>

#include "lib/table/lpm_internal.h"

#define SIZE_MIN   1 /* buckets */
#define SIZE_LIMIT 512
#define DEPTH_MAX  24 /* leaves 40 bits of the hash for the home slot and the tag */

static uint32_t load_limit(uint32_t size)
{
	return size * LPM_BUCKET * 13 / 16;
}

/* The smallest of 1, 2, 3, 4, 6, 8, 12 ... buckets that holds @live at a load of 5/8 or less. */
static uint32_t size_for(uint32_t live)
{
	for (uint32_t size = SIZE_MIN;; size *= 2) {
		if (live <= size * LPM_BUCKET * 5 / 8)
			return size;
		if (size > 1 && live <= size / 2 * 3 * LPM_BUCKET * 5 / 8)
			return size / 2 * 3;
	}
}

static size_t shard_bytes(uint32_t size)
{
	return sizeof(struct lpm_shard) + (size_t)size * LPM_BUCKET * sizeof(uint64_t);
}

static struct lpm_shard *shard_new(uint32_t size, unsigned int depth)
{
	struct lpm_shard *s = aligned_alloc(64, shard_bytes(size));

	if (!s)
		return NULL;
	memset(s, 0, shard_bytes(size));
	s->size = size;
	s->depth = depth;
	return s;
}

static void shard_free(struct rcu_node *rcu)
{
	free(rcu);
}

static uint64_t shard_ref(const struct lpm_shard *s)
{
	return lpm_word(s, s->size) | s->depth;
}

static struct lpm_shard *shard_at(const struct lpm *t, uint64_t hash)
{
	return lpm_shard_of(t->dir->shard[lpm_dir_index(t->dir, hash)]);
}

static bool slot_holds(uint64_t word)
{
	return word != LPM_SLOT_EMPTY && word != LPM_SLOT_GONE;
}

static uint32_t slots(const struct lpm_shard *s)
{
	return s->size * LPM_BUCKET;
}

/* The first slot of @hash's home bucket. The search goes on slot by slot, and bucket by bucket. */
static uint32_t home_slot(const struct lpm_shard *s, uint64_t hash)
{
	return lpm_home(hash, s->depth, s->size) * LPM_BUCKET;
}

static uint32_t slot_after(const struct lpm_shard *s, uint32_t i)
{
	return i + 1 == slots(s) ? 0 : i + 1;
}

static void shard_put(struct lpm_shard *s, uint64_t hash, uint64_t word)
{
	uint32_t i = home_slot(s, hash);

	while (slot_holds(s->slot[i]))
		i = slot_after(s, i);
	s->used += s->slot[i] == LPM_SLOT_EMPTY;
	s->live++;
	rcu_publish(&s->slot[i], word);
}

/* The slot of @e, which is there. */
static uint32_t shard_slot(const struct lpm_shard *s, const struct lpm_entry *e, uint64_t hash)
{
	uint64_t word = lpm_word(e, lpm_slot_tag(hash));
	uint32_t i = home_slot(s, hash);

	while (s->slot[i] != word)
		i = slot_after(s, i);
	return i;
}

/* The entry in slot @i, NULL when there is none. Those that come soon are fetched meanwhile:
 * copying a shard is a walk over entries that lie anywhere. */
static struct lpm_entry *walk_slot(const struct lpm *t, const struct lpm_shard *s, uint32_t i)
{
	const uint32_t ahead = 16;

	if (i + ahead < slots(s) && slot_holds(s->slot[i + ahead]))
		__builtin_prefetch(lpm_bytes_of(t, lpm_pointer(s->slot[i + ahead])));
	return slot_holds(s->slot[i]) ? lpm_pointer(s->slot[i]) : NULL;
}

/* Let all words of the directory under @hash's first @s->depth bits name @s. */
static void dir_set(struct lpm *t, uint64_t hash, const struct lpm_shard *s)
{
	struct lpm_dir *d = t->dir;
	size_t span = (size_t)1 << (d->depth - s->depth);
	size_t first = lpm_dir_index(d, hash) & ~(span - 1);

	for (size_t i = 0; i < span; i++)
		rcu_publish(&d->shard[first + i], shard_ref(s));
}

static size_t dir_bytes(unsigned int depth)
{
	return sizeof(struct lpm_dir) + (sizeof(uint64_t) << depth);
}

static int dir_double(struct lpm *t)
{
	struct lpm_dir *old = t->dir, *d = malloc(dir_bytes(old->depth + 1));

	if (!d)
		return -ENOMEM;
	d->depth = old->depth + 1;
	for (size_t i = 0; i < (size_t)1 << d->depth; i++)
		d->shard[i] = old->shard[i / 2];
	t->hash_bytes += dir_bytes(d->depth) - dir_bytes(old->depth);
	rcu_publish(&t->dir, d);
	rcu_defer(&old->rcu, shard_free);
	return 0;
}

static void shard_retire(struct lpm *t, struct lpm_shard *s)
{
	t->hash_bytes -= shard_bytes(s->size);
	rcu_defer(&s->rcu, shard_free);
}

static int resize(struct lpm *t, struct lpm_shard *old, uint64_t hash, uint32_t size)
{
	struct lpm_shard *s = shard_new(size, old->depth);

	if (!s)
		return -ENOMEM;
	for (uint32_t i = 0; i < slots(old); i++) {
		const struct lpm_entry *e = walk_slot(t, old, i);

		if (e)
			shard_put(s, lpm_entry_hash(t, e), old->slot[i]);
	}
	t->hash_bytes += shard_bytes(size);
	dir_set(t, hash, s);
	shard_retire(t, old);
	return 0;
}

/* The next bit of the hash divides the shard's entries. */
static bool upper_half(const struct lpm_shard *s, uint64_t hash)
{
	return hash << s->depth >> 63;
}

static int split(struct lpm *t, struct lpm_shard *old, uint64_t hash)
{
	uint64_t bit = UINT64_C(1) << (63 - old->depth);
	struct lpm_shard *half[2];
	uint32_t upper = 0;

	if (old->depth == DEPTH_MAX || (old->depth == t->dir->depth && dir_double(t)))
		return -ENOMEM;
	for (uint32_t i = 0; i < slots(old); i++) {
		const struct lpm_entry *e = walk_slot(t, old, i);

		upper += e && upper_half(old, lpm_entry_hash(t, e));
	}
	half[0] = shard_new(size_for(old->live - upper), old->depth + 1);
	half[1] = shard_new(size_for(upper), old->depth + 1);
	if (!half[0] || !half[1]) {
		free(half[0]);
		free(half[1]);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < slots(old); i++)
		if (slot_holds(old->slot[i])) {
			uint64_t h = lpm_entry_hash(t, lpm_pointer(old->slot[i]));

			shard_put(half[upper_half(old, h)], h, old->slot[i]);
		}
	t->hash_bytes += shard_bytes(half[0]->size) + shard_bytes(half[1]->size);
	dir_set(t, hash & ~bit, half[0]);
	dir_set(t, hash | bit, half[1]);
	shard_retire(t, old);
	return 0;
}

int lpm_hash_reserve(struct lpm *t, uint64_t hash)
{
	struct lpm_shard *s = shard_at(t, hash);
	int fault;

	while (s->used + 1 > load_limit(s->size)) {
		uint32_t size = size_for(s->live + 1);

		fault = size > SIZE_LIMIT ? split(t, s, hash) : resize(t, s, hash, size);
		if (fault)
			return fault;
		s = shard_at(t, hash);
	}
	return 0;
}

void lpm_hash_insert(struct lpm *t, struct lpm_entry *e, uint64_t hash)
{
	shard_put(shard_at(t, hash), hash, lpm_word(e, lpm_slot_tag(hash)));
}

void lpm_hash_replace(
	struct lpm *t, const struct lpm_entry *old, struct lpm_entry *new, uint64_t hash)
{
	struct lpm_shard *s = shard_at(t, hash);

	rcu_publish(&s->slot[shard_slot(s, old, hash)], lpm_word(new, lpm_slot_tag(hash)));
}

void lpm_hash_remove(struct lpm *t, const struct lpm_entry *e, uint64_t hash)
{
	struct lpm_shard *s = shard_at(t, hash);
	uint32_t i = shard_slot(s, e, hash);
	bool ends = lpm_bucket_ends(&s->slot[i / LPM_BUCKET * LPM_BUCKET]);

	rcu_publish(&s->slot[i], ends ? LPM_SLOT_EMPTY : LPM_SLOT_GONE);
	s->used -= ends;
	s->live--;
	if (s->size > SIZE_MIN && s->live < slots(s) * 3 / 16)
		resize(t, s, hash, size_for(s->live)); /* without memory it stays as it is */
}

/* Keep the @max entries of the lowest hashes, in order. */
static size_t keep_lowest(struct lpm_found *found, size_t n, size_t max, struct lpm_found new)
{
	size_t i = n;

	if (n == max && new.hash >= found[n - 1].hash)
		return n;
	if (n == max)
		i--;
	for (n = i + 1; i && found[i - 1].hash > new.hash; i--)
		found[i] = found[i - 1];
	found[i] = new;
	return n;
}

/* The entries of @bucket will be looked at soon: they lie anywhere in memory. */
static void bucket_fetch(const struct lpm *t, const struct lpm_shard *s, uint32_t bucket)
{
	for (uint32_t i = bucket * LPM_BUCKET; i < slots(s) && i < (bucket + 1) * LPM_BUCKET; i++)
		if (slot_holds(s->slot[i]))
			__builtin_prefetch(lpm_bytes_of(t, lpm_pointer(s->slot[i])));
}

/* Of the shard's entries whose home is @home. */
static size_t lowest_at(const struct lpm *t, const struct lpm_shard *s, uint32_t home,
	uint64_t from, struct lpm_found *found, size_t max)
{
	size_t n = 0;

	bucket_fetch(t, s, home + 2);
	for (uint32_t i = home * LPM_BUCKET;; i = slot_after(s, i)) {
		if (slot_holds(s->slot[i])) {
			struct lpm_entry *e = lpm_pointer(s->slot[i]);
			uint64_t hash = lpm_entry_hash(t, e);

			if (hash >= from && lpm_home(hash, s->depth, s->size) == home)
				n = keep_lowest(found, n, max, (struct lpm_found){e, hash});
		}
		if (i % LPM_BUCKET == LPM_BUCKET - 1 &&
			lpm_bucket_ends(&s->slot[i + 1 - LPM_BUCKET]))
			return n;
	}
}

/* Homes are in the order of the hashes, so the first home that has any has the lowest. */
size_t lpm_hash_from(const struct lpm *t, uint64_t from, struct lpm_found *found, size_t max)
{
	for (;;) {
		const struct lpm_shard *s = shard_at(t, from);
		uint64_t last = from | UINT64_MAX >> s->depth;

		for (uint32_t home = lpm_home(from, s->depth, s->size); home < s->size; home++) {
			size_t n = lowest_at(t, s, home, from, found, max);

			if (n)
				return n;
		}
		if (last == UINT64_MAX)
			return 0;
		from = last + 1;
	}
}

/* The halves of the prefixes and of the hosts are shards of their own from the beginning: in a
 * common one all homes of hosts would lie in its second half. */
int lpm_hash_init(struct lpm *t)
{
	struct lpm_shard *half[2] = {shard_new(SIZE_MIN, 1), shard_new(SIZE_MIN, 1)};
	struct lpm_dir *d = malloc(dir_bytes(1));

	if (!half[0] || !half[1] || !d) {
		free(half[0]);
		free(half[1]);
		free(d);
		return -ENOMEM;
	}
	d->depth = 1;
	d->shard[0] = shard_ref(half[0]);
	d->shard[1] = shard_ref(half[1]);
	t->dir = d;
	t->hash_bytes = dir_bytes(1) + 2 * shard_bytes(SIZE_MIN);
	return 0;
}

void lpm_hash_fini(struct lpm *t)
{
	struct lpm_dir *d = t->dir;

	for (size_t i = 0; i < (size_t)1 << d->depth;) {
		struct lpm_shard *s = lpm_shard_of(d->shard[i]);

		i += (size_t)1 << (d->depth - s->depth);
		free(s);
	}
	free(d);
}
