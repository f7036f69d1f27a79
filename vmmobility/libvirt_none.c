/* libvirt_none: what libvirt_source.h, libvirt_mover.h and libvirt_tickets.h promise, in a build
 * without libvirt: nothing. */
#include <errno.h>

#include "vmmobility/libvirt_mover.h"
#include "vmmobility/libvirt_source.h"
#include "vmmobility/libvirt_tickets.h"

bool libvirt_source_built(void)
{
	return false;
}

struct libvirt_source *libvirt_source_new(struct event_base *base, const char *uri,
	const struct libvirt_source_ops *ops, struct log *log)
{
	log_error(log, "libvirt %s: this build has no libvirt", uri);
	return NULL;
}

void libvirt_source_free(struct libvirt_source *l)
{
}

bool libvirt_source_told(const struct libvirt_source *l)
{
	return true;
}

bool libvirt_source_connected(const struct libvirt_source *l)
{
	return false;
}

struct libvirt_mover *libvirt_mover_new(struct event_base *base, const char *uri, struct log *log)
{
	return NULL;
}

void libvirt_mover_free(struct libvirt_mover *m)
{
}

bool libvirt_mover_move(
	struct libvirt_mover *m, const struct mover_errand *e, mover_done *done, void *arg)
{
	return false;
}

int libvirt_mover_try(
	struct libvirt_mover *m, const struct mover_errand *e, mover_done *done, void *arg)
{
	return -ENOMEM;
}

bool libvirt_mover_give_up(struct libvirt_mover *m, const struct handover_id *uuid)
{
	return false;
}

struct libvirt_tickets *libvirt_tickets_new(const char *uri, struct log *log)
{
	return NULL;
}

void libvirt_tickets_free(struct libvirt_tickets *t)
{
}

void libvirt_tickets_set(
	struct libvirt_tickets *t, const struct handover_id *uuid, const char *element)
{
}

uint64_t libvirt_tickets_failed(const struct libvirt_tickets *t)
{
	return 0;
}
