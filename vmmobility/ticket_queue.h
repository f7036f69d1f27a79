/* ticket_queue: tickets of domains that are to be written, one at most for each, and which is next.
 * One that could not be written waits for a while, behind the others and in nobody's way; the last
 * ticket of a domain is the one that counts. Knows no libvirt, clock, thread or lock. */
#ifndef SUNWARD_VMMOBILITY_TICKET_QUEUE_H
#define SUNWARD_VMMOBILITY_TICKET_QUEUE_H

#include <stdbool.h>

#include "lib/base/clock.h"
#include "lisp/handover.h"
#include "vmmobility/domain_xml.h"

#define TICKET_QUEUE_TRIES   5
#define TICKET_QUEUE_RETRY_S 1

struct ticket_job {
	struct handover_id uuid;
	char element[DOMAIN_TICKET_TEXT];
	unsigned int tries; /* that have failed */
	struct mono due;    /* not before */
	struct ticket_job *next;
};

/* All zero: empty. */
struct ticket_queue {
	struct ticket_job *first;
};

/* @element (copied) is @uuid's ticket, in the place of one that waits. False: no memory. */
bool ticket_queue_set(struct ticket_queue *q, const struct handover_id *uuid, const char *element);
/* The first that is due, taken out; the caller's. NULL: none is. */
struct ticket_job *ticket_queue_take(struct ticket_queue *q, struct mono now);
/* When the next one is due; false: there is none. */
bool ticket_queue_due(const struct ticket_queue *q, struct mono *due);
/* @job, taken out before, could not be written. True: it waits, or gave way to a newer one of its
 * domain. False: that was its last try; it is the caller's. */
bool ticket_queue_again(struct ticket_queue *q, struct ticket_job *job, struct mono now);
/* Nothing can be written now: none is due before the next try. */
void ticket_queue_hold(struct ticket_queue *q, struct mono now);
void ticket_queue_free_job(struct ticket_job *job);
void ticket_queue_clear(struct ticket_queue *q);

#endif
