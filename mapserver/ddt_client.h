/* ddt_client: between the messages of this server and its searches in the DDT tree (ddt_resolver).
 * Pure. */
#ifndef SUNWARD_MAPSERVER_DDT_CLIENT_H
#define SUNWARD_MAPSERVER_DDT_CLIENT_H

#include "lisp/ecm.h"
#include "lisp/map_request.h"
#include "mapserver/secure.h"
#include "mapserver/server.h"

#define DDT_CLIENT_RECORDS_MAX 4 /* of one request that are searched for */

/* The tree is searched here: a Map-Resolver with roots. */
bool ddt_client_serves(const struct server *s);
/* Search for the records of @m that @records names (bit i: record i), one by one, for @itr.
 * @secure: its security material; NULL: it is not protected. */
void ddt_client_ask(struct server_thread *t, const struct datagram *d, const struct ecm *ecm,
	const struct map_request *m, const struct secure *secure, const struct endpoint *itr,
	uint32_t records, struct mono now, struct outbox *out);
/* A Map-Referral. */
void ddt_client_receive(
	struct server_thread *t, const struct datagram *d, struct mono now, struct outbox *out);
/* What is due; by the control thread, under RCU. */
void ddt_client_run(struct server_thread *t, struct mono now, struct outbox *out);

#endif
