/* libvirt_tickets: writes guests' tickets into the metadata of their running domains.
 *
 * libvirt's calls may block, so one thread makes them, one after the other, over a connection that
 * may write; it is held while there is something to be written. What cannot be written is tried
 * again a few times, and then counted and logged: the guest has the ticket that it had. */
#ifndef SUNWARD_VMMOBILITY_LIBVIRT_TICKETS_H
#define SUNWARD_VMMOBILITY_LIBVIRT_TICKETS_H

#include <stdint.h>

#include "lisp/handover.h"

struct libvirt_tickets;
struct log;

/* @uri: the libvirtd of this host. NULL after logging why, and in a build without libvirt. */
struct libvirt_tickets *libvirt_tickets_new(const char *uri, struct log *log);
/* What still waits is left out. */
void libvirt_tickets_free(struct libvirt_tickets *t);
/* Of the domain @uuid, in place of one that waits already; @element is copied, and wiped when it is
 * written. */
void libvirt_tickets_set(
	struct libvirt_tickets *t, const struct handover_id *uuid, const char *element);
/* How many could not be written. */
uint64_t libvirt_tickets_failed(const struct libvirt_tickets *t);

#endif
