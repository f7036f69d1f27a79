/* nat: Info-Requests (draft-ermagan-lisp-nat-traversal, type 7): an xTR asks, with its site's key,
 * as what it is seen; it is told in an Info-Reply, with the same key, and may from then on be
 * reached by the pinhole that its question has opened (docs/decisions/nat.md). */
#ifndef SUNWARD_MAPSERVER_NAT_H
#define SUNWARD_MAPSERVER_NAT_H

#include "mapserver/server.h"

void nat_receive(
	struct server_thread *t, const struct datagram *d, struct mono now, struct outbox *out);

#endif
