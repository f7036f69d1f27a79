/* nat: finding out that a NAT lies between our locators and the Map-Servers, as what they see us,
 * and keeping open what the NAT has opened (draft-ermagan-lisp-nat-traversal; RFC 8060 section 4.4;
 * docs/decisions/nat.md).
 *
 * From each locator, each Map-Server of its family is asked by an Info-Request. What its Info-Reply
 * says is put into the env for the rooms that name our locators to others. Knows no EID that is
 * here, and no forwarding. */
#ifndef SUNWARD_XTR_NAT_H
#define SUNWARD_XTR_NAT_H

#include "xtr/server.h"

struct nat;

struct nat_listener {
	/* What others are told as our locators is not what it was. */
	void (*locators)(void *arg);
	/* Nothing that they are told has changed, but registrations should go out now: they may go,
	 * or the Map-Server sees them come from another port. */
	void (*hurry)(void *arg);
	void *arg;
};

/* NULL: out of memory. It asks nobody before nat_start. */
struct nat *nat_new(struct env *env, const struct nat_listener *listener);
void nat_free(struct nat *n);

/* Ask @servers (borrowed until nat_stop), by the env's policy; what is known of a locator stays
 * until an answer differs. */
void nat_start(struct nat *n, struct server *const *servers, unsigned int count);
void nat_stop(struct nat *n);

/* A message of type 7 that came from the Map-Server @s (NULL: from nobody that we know). */
void nat_message(struct nat *n, struct server *s, const uint8_t *msg, size_t len,
	const struct endpoint *from, struct wire_fault *fault);

/* The port that answers to a message from the locator @rloc (by its place) to @peer will come to:
 * ours, or the NAT's for it. */
uint16_t nat_port(const struct nat *n, unsigned int rloc, const struct address *peer);

/* What @s has said of our locator that it is registered from. */
void nat_view(const struct nat *n, const struct server *s, struct router_nat_view *v);

#endif
