/* secure_peers: with whom One-Time Keys are exchanged under which pre-shared key (RFC 9303 sections
 * 6.4 to 6.6): ITRs, and Map-Resolvers and Map-Servers of the same mapping system, by address.
 *
 * A table is built whole and never changed afterwards; a reload puts another in its place through
 * RCU. Knows no message. */
#ifndef SUNWARD_MAPSERVER_SECURE_PEERS_H
#define SUNWARD_MAPSERVER_SECURE_PEERS_H

#include "lib/net/address.h"
#include "lisp/otk.h"

struct secure_peer {
	struct otk_keys keys;
	bool unwrapped; /* keys may pass in clear: the path is protected by other means */
};

struct secure_peers;

/* @secret: 16 random bytes. NULL when out of memory. */
struct secure_peers *secure_peers_new(const uint8_t secret[16]);
/* Immediately: no reader may be left. Wipes the keys. */
void secure_peers_free(struct secure_peers *p);
/* After every reader of now has left. */
void secure_peers_retire(struct secure_peers *p);
/* @prefix: of addresses; the longest one counts. Copies @peer. 0, -EEXIST, -ENOMEM. */
int secure_peers_add(
	struct secure_peers *p, const struct eid *prefix, const struct secure_peer *peer);
/* NULL: none, also when @p is NULL. Under RCU. */
const struct secure_peer *secure_peers_find(
	const struct secure_peers *p, const struct address *addr);

#endif
