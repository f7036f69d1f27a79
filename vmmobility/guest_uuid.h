/* guest_uuid: the UUID by which all hypervisors know a guest, and its text (RFC 9562). Pure. */
#ifndef SUNWARD_VMMOBILITY_GUEST_UUID_H
#define SUNWARD_VMMOBILITY_GUEST_UUID_H

#include "lisp/handover.h"

#define GUEST_UUID_TEXT 37 /* bytes, NUL included */

bool guest_uuid_is_zero(const struct handover_id *uuid);
/* A UUID that stands for @name, the same everywhere, for a guest that has none. */
struct handover_id guest_uuid_of_name(const char *name);
/* "36 characters"; false: none, or all zero. */
bool guest_uuid_parse(struct handover_id *uuid, const char *text);
const char *guest_uuid_format(const struct handover_id *uuid, char text[GUEST_UUID_TEXT]);

#endif
