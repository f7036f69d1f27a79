/* locset: byte strings that many share, each kept once: the locator sets of a site's EIDs.
 *
 * One writer interns and drops references; readers use what they found under RCU. Immutable once
 * made. The bytes are the caller's business: this room knows no protocol. */
#ifndef SUNWARD_LIB_TABLE_LOCSET_H
#define SUNWARD_LIB_TABLE_LOCSET_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/rcu.h"

#define LOCSET_BYTES_MAX 65535

struct locset {
	union {
		struct {                     /* the writer's, while there are references */
			struct locset *next; /* in its chain */
			uint64_t hash;
		};
		struct rcu_node rcu; /* once there are none */
	};
	uint64_t number;   /* the writer's: of what it keeps it under; 0: nowhere */
	uint32_t refs;     /* the writer's */
	uint16_t wire_len; /* bytes */
	uint8_t count;     /* locators in it: told by the caller, a part of the identity */
	uint8_t wire[];
};

struct locset_table;

/* @secret: 16 random bytes: contents are chosen by others. NULL when out of memory. */
struct locset_table *locset_table_new(const uint8_t secret[16]);
/* Frees the sets that are still referenced, too. No reader may be left. */
void locset_table_free(struct locset_table *t);

/* The set of @count locators in these bytes, with one more reference. NULL: out of memory, or too
 * long. */
struct locset *locset_intern(struct locset_table *t, uint8_t count, const void *bytes, size_t len);
void locset_ref(struct locset *s);
/* The last reference frees it after a grace period. */
void locset_unref(struct locset_table *t, struct locset *s);
/* Be told the number of each set that goes, when it has one. */
void locset_on_free(struct locset_table *t, void (*freed)(void *arg, uint64_t number), void *arg);

/* Different sets, and the bytes that all hold. Any thread. */
size_t locset_table_count(const struct locset_table *t);
size_t locset_table_memory(const struct locset_table *t);

#endif
