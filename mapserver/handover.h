/* handover: the Map-Server's part in a move that is being prepared (docs/decisions/handover.md): an
 * xTR says that an EID will come to it, is told who owns it, and the owner's xTR is told of it;
 * both get a key for what they say to each other. Changes no mapping, and keeps nothing. */
#ifndef SUNWARD_MAPSERVER_HANDOVER_H
#define SUNWARD_MAPSERVER_HANDOVER_H

#include "mapserver/job.h"

/* The counters of PREPAREs are kept in the store as nonces of this Site-ID. */
#define HANDOVER_SITE_ID UINT64_C(0xffffffff000005a2)

/* A worker's half: authenticate, check EID and counter, hand it to the committer as a JOB_PREPARE.
 */
void handover_receive(struct server_thread *t, const struct datagram *d, struct mono now);

/* The committer's: answer the JOB_PREPARE @j by what stands now, and tell the owner's xTR. */
void handover_answer(
	struct server_thread *t, const struct job *j, struct mono now, struct outbox *out);

#endif
