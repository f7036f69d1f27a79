/* keymap: records found by a fixed-size key; inserted by any thread, read without a lock.
 *
 * For bounded tables of parties, of which few ever leave. A node is embedded in the caller's
 * record, which holds its key at a fixed distance from the node. Knows nothing of what the records
 * are. */
#ifndef SUNWARD_LIB_TABLE_KEYMAP_H
#define SUNWARD_LIB_TABLE_KEYMAP_H

#include <stddef.h>
#include <stdint.h>

struct keymap;

struct keymap_node {
	struct keymap_node *next;
	uint64_t hash;
};

/* @max         records at most
 * @key_offset  bytes from the node to the record's key
 * @key_size    bytes of a key
 * @secret      16 random bytes: keys are chosen by others
 * NULL when out of memory. */
struct keymap *keymap_new(size_t max, size_t key_offset, size_t key_size, const uint8_t secret[16]);
/* The records remain the caller's. */
void keymap_free(struct keymap *m);
size_t keymap_count(const struct keymap *m);

struct keymap_node *keymap_find(const struct keymap *m, const void *key);
/* Insert @node, whose record's key is set. Returns @node; or the node that has this key already; or
 * NULL when the map is full. */
struct keymap_node *keymap_insert(struct keymap *m, struct keymap_node *node);
/* Take out @node, which is in the map. Readers of now still see it and go on from it: it is the
 * caller's to free when they have left. */
void keymap_remove(struct keymap *m, struct keymap_node *node);
/* Visit all; @visit may remove the record, and may free it when no other thread uses the map any
 * more. */
void keymap_each(struct keymap *m, void (*visit)(struct keymap_node *node, void *arg), void *arg);

#endif
