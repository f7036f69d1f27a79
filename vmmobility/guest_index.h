/* guest_index: guests by name and by UUID. Every news of a hypervisor names a guest, and there may
 * be thousands of them. Of several with one name the one that was put in last is found.
 *
 * The hash has no secret: who chose names that collide would be as slow as a list of at most
 * GUESTS_MAX is. */
#ifndef SUNWARD_VMMOBILITY_GUEST_INDEX_H
#define SUNWARD_VMMOBILITY_GUEST_INDEX_H

#include "lisp/handover.h"

#define GUEST_INDEX_BUCKETS 256

struct guest;

/* All zero: empty. */
struct guest_index {
	struct guest *names[GUEST_INDEX_BUCKETS];
	struct guest *uuids[GUEST_INDEX_BUCKETS]; /* but for those without one */
};

/* @guest's name is set, and does not change; its UUID may be. */
void guest_index_add(struct guest_index *x, struct guest *guest);
void guest_index_remove(struct guest_index *x, struct guest *guest);
/* Its UUID becomes @uuid (all zero: none is known any more). */
void guest_index_identify(
	struct guest_index *x, struct guest *guest, const struct handover_id *uuid);

struct guest *guest_index_by_name(const struct guest_index *x, const char *name);
struct guest *guest_index_by_uuid(const struct guest_index *x, const struct handover_id *uuid);

#endif
