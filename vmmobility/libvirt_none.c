/* libvirt_none: what libvirt_source.h and libvirt_mover.h promise, in a build without libvirt:
 * nothing. */
#include <errno.h>

#include "vmmobility/libvirt_mover.h"
#include "vmmobility/libvirt_source.h"

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
