/* prefix_table: what is configured for EID-prefixes, found by longest match.
 *
 * Changed while nobody else reads it, then only read, by any number of threads; whoever holds it
 * puts another in its place through RCU. Rows are the caller's structs, each beginning with struct
 * prefix_row; the table allocates and frees them. What changes while it is read is lpm's. */
#ifndef SUNWARD_LIB_TABLE_PREFIX_TABLE_H
#define SUNWARD_LIB_TABLE_PREFIX_TABLE_H

#include "lib/net/address.h"
#include "lib/table/lpm.h"

struct prefix_table;

struct prefix_row {
	struct lpm_entry entry;
	struct eid eid; /* its address bytes are the key */
	size_t at;      /* the table's: where it stands among all */
};

/* @row_size  bytes of a row, its struct prefix_row counted
 * @secret    16 random bytes
 * NULL when out of memory. */
struct prefix_table *prefix_table_new(size_t row_size, const uint8_t secret[16]);
/* No reader may be left. NULL is allowed. */
void prefix_table_free(struct prefix_table *t);

/* A zeroed row for @eid, for the caller to fill in. NULL with *@error: -EEXIST, -ENOMEM, -EINVAL
 * (an EID that no table can have). */
struct prefix_row *prefix_table_add(struct prefix_table *t, const struct eid *eid, int *error);
/* Free @row, which is in the table. No reader may be left. The last one takes its number. */
void prefix_table_remove(struct prefix_table *t, struct prefix_row *row);
/* In the order of adding, as long as none was removed. */
size_t prefix_table_count(const struct prefix_table *t);
struct prefix_row *prefix_table_at(const struct prefix_table *t, size_t i);

/* The row of the longest prefix that covers @eid, itself included; that of @eid itself. Or NULL. */
struct prefix_row *prefix_table_longest(const struct prefix_table *t, const struct eid *eid);
struct prefix_row *prefix_table_exact(const struct prefix_table *t, const struct eid *eid);
/* As lpm_free_prefix; @floor where nothing stands in that instance and family. */
int prefix_table_free_prefix(
	const struct prefix_table *t, const struct eid *eid, unsigned int floor);

#endif
