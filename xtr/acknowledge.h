/* acknowledge: Map-Notify-Acks: what was told comes back with the same nonce (RFC 9301 section
 * 5.7). */
#ifndef SUNWARD_XTR_ACKNOWLEDGE_H
#define SUNWARD_XTR_ACKNOWLEDGE_H

#include "lisp/map_register.h"
#include "xtr/server.h"

/* By the key that we share with @server. */
void acknowledge(struct server *server, const struct map_register *m, const struct endpoint *to);
/* By the key of one subscription (RFC 9437 section 7.1). */
void acknowledge_publication(struct env *env, const struct pubsub_key *key,
	const struct map_register *m, const struct endpoint *to);
/* @m, parsed from @msg of @len bytes, was made with that key. */
bool publication_authentic(
	const struct pubsub_key *key, const struct map_register *m, const uint8_t *msg, size_t len);

#endif
