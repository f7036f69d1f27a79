/* server: the Map-Servers that this xTR registers with: their keys made ready, and whether they
 * answer. */
#ifndef SUNWARD_XTR_SERVER_H
#define SUNWARD_XTR_SERVER_H

#include "lisp/auth.h"
#include "xtr/env.h"

struct server {
	struct env *env;
	struct policy_server conf;
	struct auth_key *key;
	bool ever;               /* it has acknowledged something */
	struct mono acked;       /* the last acknowledgement */
	unsigned int unanswered; /* transmissions in a row without one */
	bool lost;               /* so many that we said so */
};

/* NULL: out of memory. */
struct server *server_open(struct env *env, const struct policy_server *conf);
void server_close(struct server *s);
/* The same peer, key and options: its state may be kept. */
bool server_same(const struct server *s, const struct policy_server *conf);

/* A message was sent and waits for an answer; one came. They say so when a server is lost or found.
 */
void server_sent(struct server *s);
void server_answered(struct server *s);

/* Whether a message with these fields was made with the server's key; the length compared is the
 * configuration's. */
bool server_authentic(struct server *s, enum lisp_type type, const uint8_t *msg, size_t len,
	uint64_t nonce, const struct auth_field *f);

#endif
