/* etr: answers Map-Requests for EIDs that are here (RFC 9301 sections 5.4, 7.1; spec section 5).
 *
 * It asks its listener what is here, and sends nothing twice. */
#ifndef SUNWARD_XTR_ETR_H
#define SUNWARD_XTR_ETR_H

#include "lisp/map_request.h"
#include "xtr/env.h"
#include "xtr/protection.h"

struct etr;

struct etr_listener {
	/* Whether @asked is here; then @mapping is the EID-prefix to answer with. */
	bool (*local)(void *arg, const struct eid *asked, struct eid *mapping);
	/* @rloc asked for, or probed, what is not here: its mapping is old. */
	void (*stale)(void *arg, const struct eid *asked, const struct address *rloc);
	void *arg;
};

struct etr *etr_new(struct env *env, const struct etr_listener *listener);
void etr_free(struct etr *e);

/* @m     parsed; neither an SMR nor refused otherwise
 * @len   bytes of the request, its encapsulation counted
 * @security  what a protected request's reply is protected with; NULL: it is not protected
 * @from  source of the request (inside an ECM: the inner one); the reply goes to its port
 * @to    the address of ours that the request came to (the outer one) */
void etr_request(struct etr *e, struct map_request *m, size_t len, struct protection_etr *security,
	const struct endpoint *from, const struct address *to);

#endif
