/* server_sent: what the map-server may send at all. */
#ifndef SUNWARD_TESTS_FUZZ_SERVER_SENT_H
#define SUNWARD_TESTS_FUZZ_SERVER_SENT_H

#include "mapserver/server.h"

/* All of @out parses, as a peer's parser takes it; and no Map-Reply to another address than the
 * sender's of @d (NULL: time has passed) is larger than the request; nor does an Info-Reply go to
 * anybody else. Aborts. */
void server_sent_check(const struct outbox *out, const struct datagram *d);

#endif
