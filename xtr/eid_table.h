/* eid_table: nodes by EID-prefix, of any instance and family; exact, longest match, covered.
 *
 * The core's tables are all of this kind. One thread. Nodes are the caller's and embed struct
 * eid_node. */
#ifndef SUNWARD_XTR_EID_TABLE_H
#define SUNWARD_XTR_EID_TABLE_H

#include <stddef.h>

#include "lib/net/address.h"
#include "lib/table/lpm.h"

struct eid_node {
	struct lpm_entry lpm;
	struct eid eid; /* set by the caller before the insertion, then constant; host bits zero */
};

/* The structure around a node that a function below returned; NULL stays NULL. */
#define eid_table_entry(ptr, type, member)                                                         \
	({                                                                                         \
		struct eid_node *node_ = (ptr);                                                    \
		node_ ? (type *)((char *)node_ - offsetof(type, member)) : NULL;                   \
	})

struct eid_table;

/* NULL when out of memory. @secret is kept by reference. */
struct eid_table *eid_table_new(const uint8_t secret[16]);
/* The nodes remain the caller's. */
void eid_table_free(struct eid_table *t);
size_t eid_table_count(const struct eid_table *t);

/* 0, -EEXIST, -ENOMEM, or -EINVAL (an EID of no known family). */
int eid_table_insert(struct eid_table *t, struct eid_node *n);
void eid_table_remove(struct eid_table *t, struct eid_node *n);
struct eid_node *eid_table_find(const struct eid_table *t, const struct eid *eid);
/* The longest prefix that covers @eid, itself included. */
struct eid_node *eid_table_longest(const struct eid_table *t, const struct eid *eid);

/* Visit the nodes equal to or below @eid until @visit returns false. @visit may remove and free the
 * node it is given, but no other. */
void eid_table_covered(struct eid_table *t, const struct eid *eid,
	bool (*visit)(struct eid_node *n, void *arg), void *arg);
/* Visit all, under the same rule. */
void eid_table_each(struct eid_table *t, bool (*visit)(struct eid_node *n, void *arg), void *arg);

#endif
