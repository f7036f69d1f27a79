/* lpm: prefixes of one family, looked up exactly, by longest match, and in order.
 *
 * One writer, any number of lock-free readers. Readers stand between rcu_enter() and rcu_leave()
 * (lib/base/rcu.h) and may use what they found until they leave; the writer frees through
 * rcu_defer(). Inside: a keyed open-addressing hash of all entries by (length, prefix) with a
 * bitmap of the lengths in use, so that a host route is one probe; and an ordered path-compressed
 * trie for covered more-specifics and the free range of a negative answer. Entries are the
 * caller's: they embed struct lpm_entry and hold their key bytes at a fixed offset from it. */
#ifndef SUNWARD_LIB_TABLE_LPM_H
#define SUNWARD_LIB_TABLE_LPM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lpm;

struct lpm_entry {
	uint8_t plen; /* bits; set by the caller before lpm_insert, constant while in the table */
};

/* @bits        width of a key: 32, 128, 48, 248 (8 to 248)
 * @key_offset  bytes from struct lpm_entry to the entry's key ((bits + 7) / 8 bytes, host bits
 * zero)
 * @secret      16 random bytes: keys are chosen by attackers
 * NULL when out of memory. */
struct lpm *lpm_new(unsigned int bits, size_t key_offset, const uint8_t secret[16]);
/* The entries remain the caller's. No reader may be left. */
void lpm_free(struct lpm *t);
size_t lpm_count(const struct lpm *t);
/* Bytes the table itself holds, entries not counted. */
size_t lpm_memory(const struct lpm *t);

/* Writer. 0, -EEXIST (the prefix is there: use lpm_replace), -ENOMEM (nothing changed), -EINVAL
 * (longer than a key, or at an address of more than 48 bits). */
int lpm_insert(struct lpm *t, struct lpm_entry *e);
/* Writer. Put @new in the place of @old (the same prefix) atomically for readers. */
void lpm_replace(struct lpm *t, struct lpm_entry *old, struct lpm_entry *new);
/* Writer. Take @e out; readers may still see it until a grace period has passed. */
void lpm_remove(struct lpm *t, struct lpm_entry *e);

/* Readers. @key: bits/8 bytes; bits below @plen are ignored. NULL: none. */
struct lpm_entry *lpm_exact(const struct lpm *t, const uint8_t *key, unsigned int plen);
/* The longest entry covering the prefix (@key, @plen), itself included. */
struct lpm_entry *lpm_longest(const struct lpm *t, const uint8_t *key, unsigned int plen);
/* The longest entry strictly shorter than @plen. */
struct lpm_entry *lpm_parent(const struct lpm *t, const uint8_t *key, unsigned int plen);

/* Many at once: the cache misses of all overlap. Queries may be of different tables. */
struct lpm_query {
	const struct lpm *table;
	const uint8_t *key;
	unsigned int plen;
	struct lpm_entry *found; /* out: as lpm_longest() returns it */
};
void lpm_longest_batch(struct lpm_query *queries, size_t n);

/* Call @visit for the entries equal to or below (@key, @plen), in order of bytes then length, until
 * it returns false. Returns the number visited. While the writer changes the table: each entry that
 * stays is visited once, one that comes or goes once or not at all. */
size_t lpm_covered(const struct lpm *t, const uint8_t *key, unsigned int plen,
	bool (*visit)(struct lpm_entry *e, void *arg), void *arg);

/* The same, of those that come after (@after, @after_len) in that order, which need not be in the
 * table nor below (@key, @plen): found by descent, for lists that are read in pages. */
size_t lpm_covered_after(const struct lpm *t, const uint8_t *key, unsigned int plen,
	const uint8_t *after, unsigned int after_len, bool (*visit)(struct lpm_entry *e, void *arg),
	void *arg);

/* The least-specific prefix that covers the address @key, is not shorter than @floor, and overlaps
 * no entry longer than @floor. Returns its length in bits, or -1 when an entry covers the address
 * itself with a length above @floor. Nothing is longer than @floor >= bits: @floor is returned. */
int lpm_free_prefix(const struct lpm *t, const uint8_t *key, unsigned int floor);

/* Sweep: visit up to @max entries from *@cursor (start with 0) in no particular order, writer's
 * side only;
 * @visit may remove the entry it is given. *@cursor is 0 again after a full round. An entry that
 * stays in the table during the round is visited at least once (of entries whose keyed 63-bit
 * hashes are equal, one a round: among n entries expect n * n / 2^64 such pairs). */
size_t lpm_sweep(struct lpm *t, uint64_t *cursor, size_t max,
	void (*visit)(struct lpm_entry *e, void *arg), void *arg);

#endif
