/* xeid: an EID-prefix as the one bit string by which the DDT database is ordered: Instance-ID,
 * family, EID-prefix (RFC 8111 section 4.1; the Database-ID before them is always 0 and left out).
 *
 * One table of prefixes then holds all instances and families, and a prefix shorter than
 * XEID_HEAD_BITS is many of them: length 0 is everything, which the root is authoritative for. */
#ifndef SUNWARD_MAPSERVER_XEID_H
#define SUNWARD_MAPSERVER_XEID_H

#include "lib/net/address.h"

#define XEID_BITS      248 /* the width of a key in a struct lpm */
#define XEID_BYTES     31
#define XEID_HEAD_BITS 40 /* Instance-ID (32), family (8) */

struct xeid {
	uint8_t plen; /* bits, the head included */
	uint8_t key[XEID_BYTES];
};

/* Of @eid. What is longer than XEID_BITS, a long name, is cut: good to search with; xeid_fits says
 * whether it can be a key. */
struct xeid xeid_of(const struct eid *eid);

static inline bool xeid_fits(const struct eid *eid)
{
	return XEID_HEAD_BITS + eid->plen <= XEID_BITS;
}

#endif
