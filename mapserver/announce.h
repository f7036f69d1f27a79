/* announce: telling the previous owner of an EID that it has moved: a Map-Notify for standard
 * peers, a MOVE_NOTIFY for Sunward's. When it is sent again is notify's. */
#ifndef SUNWARD_MAPSERVER_ANNOUNCE_H
#define SUNWARD_MAPSERVER_ANNOUNCE_H

#include "mapserver/server.h"

/* @ch: published, of kind CHANGE_MOVED. Nothing is said to one who did not ask to be told. Under
 * RCU. */
void announce_previous(
	struct server_thread *t, const struct change *ch, struct mono now, struct outbox *out);

/* @x has lost @eid, and says that it does not know: its notify was lost, given up, or was another
 * run's. Nothing while one is on its way. Under RCU. */
void announce_again(struct server_thread *t, const struct eid *eid, struct xtr *x, struct mono now,
	struct outbox *out);

/* RFC 8378 section 5.3: who may receive the group of @ch, an (S,G), has changed: an unsolicited
 * Map-Notify to the xTR that registered the source with M. Under RCU. */
void announce_receivers(
	struct server_thread *t, const struct change *ch, struct mono now, struct outbox *out);

#endif
