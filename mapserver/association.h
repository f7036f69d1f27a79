/* association: the security association with a subscriber (RFC 9437 section 7.1): a key of its
 * site, or the PubSubKey of one subscription. Map-Notifies are written and signed by it, their
 * acknowledgements verified.
 *
 * Knows no mapping and no queue. Under the lock of the subscriptions, which guards who->site. */
#ifndef SUNWARD_MAPSERVER_ASSOCIATION_H
#define SUNWARD_MAPSERVER_ASSOCIATION_H

#include "mapserver/server.h"

/* The present site of @who, or NULL. */
struct site *association_site(struct server_thread *t, struct subscriber *who);
/* There is a key to sign for @who with: @key, or when that is NULL one of its site. */
bool association_has_key(
	struct server_thread *t, struct subscriber *who, const struct pubsub_key *key);

/* A Map-Notify being written. */
struct association_writing {
	struct wire_writer w;
	struct map_register m;
	struct auth_options opt;
	struct auth_key *ready;
	bool own; /* made for this message */
};
/* False: no key. Else records follow, and association_finish, which returns the length, or
 * negative. */
bool association_begin(struct server_thread *t, struct subscriber *who,
	const struct pubsub_key *key, uint64_t nonce, uint8_t *buf, size_t cap,
	struct association_writing *out);
int association_finish(struct association_writing *w, unsigned int records);

/* The message @m of @type in @d was made with that key; @key NULL: with any of the site's. */
bool association_verify(struct server_thread *t, struct subscriber *who,
	const struct pubsub_key *key, enum lisp_type type, const struct datagram *d,
	const struct map_register *m);

#endif
