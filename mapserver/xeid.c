/* See xeid.h. */
#include "mapserver/xeid.h"

#include <string.h>

struct xeid xeid_of(const struct eid *eid)
{
	struct xeid x = {
		.key = {(uint8_t)(eid->iid >> 24), (uint8_t)(eid->iid >> 16),
			(uint8_t)(eid->iid >> 8), (uint8_t)eid->iid, (uint8_t)eid->addr.afi}};
	unsigned int plen = XEID_HEAD_BITS + eid->plen, room = XEID_BYTES - XEID_HEAD_BITS / 8;

	memcpy(x.key + XEID_HEAD_BITS / 8, eid->addr.bytes,
		eid->addr.len < room ? eid->addr.len : room);
	x.plen = (uint8_t)(plen < XEID_BITS ? plen : XEID_BITS);
	return x;
}
