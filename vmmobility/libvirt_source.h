/* libvirt_source: the guests of one libvirtd: its lifecycle events, and all domains after each
 * connect.
 *
 * libvirt's calls may block, so they have a thread of their own; what it finds comes over a queue
 * to the thread of the event_base given here. A libvirtd that is gone takes nothing back: it is
 * tried again, and then what it has is compared with what was known. */
#ifndef SUNWARD_VMMOBILITY_LIBVIRT_SOURCE_H
#define SUNWARD_VMMOBILITY_LIBVIRT_SOURCE_H

#include "vmmobility/domain_xml.h"
#include "vmmobility/guests.h"

struct event_base;

struct libvirt_source_ops {
	/* Around the others: sets the core's clock, sends what it wants sent. */
	void (*begin)(void *arg);
	void (*end)(void *arg);
	/* A domain and its addresses; also when they are other ones. */
	void (*domain)(void *arg, const struct domain *d);
	void (*news)(void *arg, const struct handover_id *uuid, enum guest_news news);
	/* All domains were told since the connection: @is_there says which. */
	void (*synced)(void *arg, bool (*is_there)(void *list, const struct handover_id *uuid),
		void *list);
	void *arg;
};

struct libvirt_source;

/* This build has libvirt. */
bool libvirt_source_built(void);
/* One a process. @uri: "qemu:///system". NULL after logging why. */
struct libvirt_source *libvirt_source_new(struct event_base *base, const char *uri,
	const struct libvirt_source_ops *ops, struct log *log);
void libvirt_source_free(struct libvirt_source *l);
/* libvirtd answers, and has told all its domains. */
bool libvirt_source_told(const struct libvirt_source *l);
bool libvirt_source_connected(const struct libvirt_source *l);

#endif
