/* lpm_set: prefix tables by instance-ID and address family, made when first needed.
 *
 * One writer adds tables, which stay until the end and are bounded in number; readers find one
 * without a lock. Keys are as wide as the family's addresses: 32 (IPv4), 128 (IPv6), 48 (MAC), 248
 * bits (Distinguished Name), 64 and 248 (group and source). Knows no protocol but the families'
 * widths. */
#ifndef SUNWARD_LIB_TABLE_LPM_SET_H
#define SUNWARD_LIB_TABLE_LPM_SET_H

#include "lib/net/address.h"
#include "lib/table/lpm.h"

struct lpm_set;

/* @max         tables at most
 * @key_offset  as lpm_new
 * @secret      16 random bytes
 * NULL when out of memory. */
struct lpm_set *lpm_set_new(size_t max, size_t key_offset, const uint8_t secret[16]);
/* The entries remain the caller's. No reader may be left. */
void lpm_set_free(struct lpm_set *s);

/* Width in bits of the keys of @afi; 0: no table can have it. */
unsigned int lpm_set_bits(uint16_t afi);

/* Readers. NULL: there is none. */
struct lpm *lpm_set_find(const struct lpm_set *s, uint32_t iid, uint16_t afi);
/* Writer: find or make. NULL: too many, an unknown family, or out of memory. */
struct lpm *lpm_set_add(struct lpm_set *s, uint32_t iid, uint16_t afi);
/* Call @visit for each table, in no particular order, until it returns false. */
void lpm_set_each(const struct lpm_set *s,
	bool (*visit)(uint32_t iid, uint16_t afi, struct lpm *t, void *arg), void *arg);
/* Entries in all tables, and bytes the tables hold. */
size_t lpm_set_count(const struct lpm_set *s);
size_t lpm_set_memory(const struct lpm_set *s);

#endif
