/* registration: keeps EID-prefixes registered with one Map-Server by Map-Register (RFC 9301
 * sections 5.6, 8.2; spec section 5, ETR items 1-4).
 *
 * EIDs share messages: each belongs to a batch, which is one Map-Register of at most 1400 bytes
 * with its own timer. A change is sent at once. It knows only EIDs, not where they came from. */
#ifndef SUNWARD_XTR_REGISTRATION_H
#define SUNWARD_XTR_REGISTRATION_H

#include "lisp/map_register.h"
#include "xtr/server.h"

struct registration;

struct registration_listener {
	/* An authentic, unsolicited Map-Notify has a record for @rec's EID. */
	void (*notified)(void *arg, const struct lisp_record *rec);
	void *arg;
};

/* Borrows @server. */
struct registration *registration_new(
	struct server *server, const struct registration_listener *listener);
void registration_free(struct registration *r);

void registration_add(struct registration *r, const struct eid *eid);
/* Withdraw: TTL 0, until acknowledged. */
void registration_remove(struct registration *r, const struct eid *eid);
/* It is another's now: neither refresh nor withdraw it. */
void registration_forget(struct registration *r, const struct eid *eid);
/* Something that all records carry has changed: send all again now. */
void registration_refresh(struct registration *r);
/* Send @eid's batch again now. */
void registration_renew(struct registration *r, const struct eid *eid);
/* A parsed Map-Notify from this server. */
void registration_notify(struct registration *r, const uint8_t *msg, size_t len,
	const struct map_register *m, const struct endpoint *from);
bool registration_acked(const struct registration *r, const struct eid *eid);
/* Every batch is acknowledged. */
bool registration_all_acked(const struct registration *r);

#endif
