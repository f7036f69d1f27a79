/* recall: what of a guest must outlive a restart of the agent, as the bytes of a record: its name
 * and UUID, its addresses, and whose news of it were told.
 *
 * A guest that was told of, and is not there any more when the agent comes back, is gone; without
 * the record nobody would say so. Pure; what is read may be damaged. */
#ifndef SUNWARD_VMMOBILITY_RECALL_H
#define SUNWARD_VMMOBILITY_RECALL_H

#include "vmmobility/guests.h"

#define RECALL_BYTES (96 + HANDOVER_HOSTS_MAX * 48) /* the longest record */

struct recalled {
	char name[GUEST_NAME_MAX + 1];
	struct handover_id uuid;
	unsigned int told_by;
	bool snooped; /* its addresses were */
	unsigned int host_count;
	struct handover_host hosts[HANDOVER_HOSTS_MAX];
};

/* Returns the record's length, at most RECALL_BYTES. */
size_t recall_write(const struct guest *guest, uint8_t bytes[RECALL_BYTES]);
/* False, with the reason in @why: it is none, or of another version. */
bool recall_read(const uint8_t *bytes, size_t len, struct recalled *r, char *why, size_t why_size);

#endif
