/* libvirt_mover: has libvirt migrate a guest live, and asks beforehand whether it could.
 *
 * libvirt's calls block as long as the migration lasts, so each errand has a thread and a
 * connection of its own; what comes of it is told on the thread of the event_base given here. The
 * two libvirtd do the work between them (peer to peer): an agent that ends does not end a
 * migration. */
#ifndef SUNWARD_VMMOBILITY_LIBVIRT_MOVER_H
#define SUNWARD_VMMOBILITY_LIBVIRT_MOVER_H

#include <stdint.h>

#include "vmmobility/reporter.h"

#define MOVER_WHY_MAX   255 /* bytes */
#define MOVER_TRIES_MAX 8   /* at a time: each has a thread, and waits for two libvirtd */

struct event_base;
struct libvirt_mover;

struct mover_errand {
	struct handover_id uuid;
	const char *to;        /* the destination's libvirt URI; copied, as all texts */
	const char *migrate;   /* where its QEMU is to be reached; NULL: libvirt decides */
	struct report_why why; /* goes with the guest, in its metadata */
};

/* @error: in words, NULL: it went well. */
typedef void mover_done(void *arg, const char *error);

/* @uri: the libvirtd of this host, to which the agent must be allowed to write. NULL when out of
 * memory. */
struct libvirt_mover *libvirt_mover_new(struct event_base *base, const char *uri, struct log *log);
/* Errands that are under way end by themselves, and nobody is told. */
void libvirt_mover_free(struct libvirt_mover *m);

/* False: no thread can be had, and @done is not called. */
bool libvirt_mover_move(
	struct libvirt_mover *m, const struct mover_errand *e, mover_done *done, void *arg);
/* Whether that could be: the guest runs here, it may be written to, and the destination answers and
 * has it not yet. 0, -EAGAIN: MOVER_TRIES_MAX are under way already, or -ENOMEM: no thread can be
 * had; then @done is not called. */
int libvirt_mover_try(
	struct libvirt_mover *m, const struct mover_errand *e, mover_done *done, void *arg);
/* Give up the migration of this guest, which then ends with an error. */
bool libvirt_mover_give_up(struct libvirt_mover *m, const struct handover_id *uuid);

#endif
