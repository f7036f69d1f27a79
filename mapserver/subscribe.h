/* subscribe: Map-Requests with the N bit (RFC 9437 section 5): whether this xTR may subscribe, and
 * be told where it says; whether the request is new; then the subscription is made, renewed or
 * ended, and a Map-Notify says so. */
#ifndef SUNWARD_MAPSERVER_SUBSCRIBE_H
#define SUNWARD_MAPSERVER_SUBSCRIBE_H

#include "lisp/ecm.h"
#include "lisp/map_request.h"
#include "mapserver/publish.h"
#include "mapserver/secure.h"

struct subscribe_request {
	const struct datagram *d;
	const struct ecm *ecm;
	const struct map_request *msg;
	const struct secure *secure; /* its One-Time Key; NULL: it came in clear */
	/* Zero to begin with: what the message's records share. */
	bool otk_taken;
	unsigned int records; /* of them, with the N bit */
	bool looked_up;
	const struct tenant *tenant; /* as whose xTR was looked up */
	struct site *site;           /* that it was found in; NULL: none */
};

enum subscribe_verdict {
	SUBSCRIBE_ACCEPTED, /* answered by a Map-Notify */
	SUBSCRIBE_REFUSED,  /* a Negative Map-Reply with the ACT */
	SUBSCRIBE_PLAIN,    /* to be answered as if N were not set (RFC 9301 section 8.3) */
	SUBSCRIBE_DROPPED,  /* a replay: the whole message MUST silently be dropped */
};

/* As many records of a message are subscribed to as a DDT node refers; the others are answered as
 * if N were not set. */
#define SUBSCRIBE_RECORDS_MAX 4

/* The one ITR-RLOC is AFI 0: the request ends subscriptions. */
bool subscribe_is_end(const struct map_request *m);
/* One record whose N bit is set, in a message with the I bit. @act: of SUBSCRIBE_REFUSED. */
enum subscribe_verdict subscribe_record(struct server_thread *t, struct subscribe_request *q,
	const struct eid *eid, struct mono now, struct outbox *out, enum lisp_act *act);
/* Instances or sites have other tenants now: subscriptions of one tenant's xTRs to EIDs of another
 * are ended, the others count for the tenant. */
void subscribe_part_tenants(struct server *s);
/* A Map-Notify-Ack: false when no publication with its nonce is under way. */
bool subscribe_ack(struct server_thread *t, const struct datagram *d, const struct map_register *m,
	struct mono now);

#endif
