/* rbridge_row: one end station as an RBridge tells it, in a row of /v1/macs or an event `station`
 * (docs/api-rbridge.md). Pure: JSON in, struct out. */
#ifndef SUNWARD_XTR_RBRIDGE_ROW_H
#define SUNWARD_XTR_RBRIDGE_ROW_H

#include "xtr/router.h"

struct json_object;

/* What ESADI says with at least this confidence has somebody attested. */
#define RBRIDGE_ROW_ATTESTED 64

/* Fill in all of @s but ifindex, iid and listed; @vlan: the station's. More addresses than @s has
 * room for are left out; members that nobody here knows are ignored. False: @why says which member
 * is wrong, its value and what would be right. */
bool rbridge_row_read(struct json_object *row, uint16_t *vlan, struct router_station *s, char *why,
	size_t why_size);

#endif
