/* claim: owning hosts at one Sunward Map-Server, by compare and swap on seq (architecture section
 * 5, rules 1-8).
 *
 * A claim carries the highest seq known for the EID and stands only if the Map-Server knows no
 * higher one. A refusal, or a notification that another has claimed, is handed to the listener, who
 * asks the host; from memory nothing is claimed again. It knows neither hosts nor forwarding. */
#ifndef SUNWARD_XTR_CLAIM_H
#define SUNWARD_XTR_CLAIM_H

#include "lisp/move.h"
#include "xtr/locator.h"
#include "xtr/server.h"

struct claim;

struct claim_listener {
	/* The Map-Server says that @host is ours. */
	void (*granted)(void *arg, const struct eid *host, uint64_t seq);
	/* It says that another owns @host, by @seq, at @locators (none: nobody owns it). @claimed:
	 * since when we have claimed it there; zero: we had been the owner. Refreshing has stopped.
	 */
	void (*contested)(void *arg, const struct eid *host, uint64_t seq,
		const struct locator_set *locators, struct mono claimed);
	/* Whether this xTR has to do with @host at all. */
	bool (*ours)(void *arg, const struct eid *host);
	void *arg;
};

/* Borrows @server. */
struct claim *claim_new(struct server *server, const struct claim_listener *listener);
void claim_free(struct claim *c);

/* Claim @host with the highest seq known, at the end of the present call. @verified: it has
 * answered just now. */
void claim_start(struct claim *c, const struct eid *host, bool verified);
/* The highest seq known for @host is at least @seq. */
void claim_learn(struct claim *c, const struct eid *host, uint64_t seq);
/* Stop claiming and refreshing; the seq stays known. */
void claim_stop(struct claim *c, const struct eid *host);
/* It is where it was when claim_stop() came, and was ours: refreshing goes on, and if another has
 * claimed it since then, that is refused. False: it was not ours, or a higher seq has been heard
 * of, and is to be claimed. */
bool claim_continue(struct claim *c, const struct eid *host);
/* The host has gone: give it up if it is ours, or was when claim_stop() came: the Map-Server
 * refuses what another has claimed since. */
void claim_withdraw(struct claim *c, const struct eid *host);
/* Our locators have changed. A refresh changes nothing but the expiry, so what is ours is claimed
 * again. */
void claim_renew(struct claim *c);
/* The same of @host alone. */
void claim_again(struct claim *c, const struct eid *host);
/* Send now what is to be sent some time, be it a claim or a refresh. */
void claim_hurry(struct claim *c);
/* No claim is under way. */
bool claim_settled(const struct claim *c);
/* A parsed message of @msg from this server. */
void claim_message(struct claim *c, const uint8_t *msg, size_t len, struct move *m,
	const struct endpoint *from);
bool claim_owned(const struct claim *c, const struct eid *host);
uint64_t claim_seq(const struct claim *c, const struct eid *host); /* 0: none */

#endif
