/* libvirt_queue: what the thread that speaks with libvirtd has found, on its way to the agent's own
 * thread. */
#ifndef SUNWARD_VMMOBILITY_LIBVIRT_QUEUE_H
#define SUNWARD_VMMOBILITY_LIBVIRT_QUEUE_H

#include <pthread.h>

#include "vmmobility/domain_xml.h"
#include "vmmobility/guests.h"

enum libvirt_item_kind { LIBVIRT_DOMAIN, LIBVIRT_NEWS, LIBVIRT_SYNCED };

struct libvirt_item {
	enum libvirt_item_kind kind;
	struct handover_id uuid;  /* NEWS */
	enum guest_news news;     /* NEWS */
	struct domain *domain;    /* DOMAIN: owned */
	struct handover_id *list; /* SYNCED: owned; @count UUIDs */
	size_t count;
	struct libvirt_item *next;
};

struct libvirt_queue {
	pthread_mutex_t lock;
	struct libvirt_item *first, **last;
	int fd; /* readable when something waits */
};

/* 0 or -errno. */
int libvirt_queue_init(struct libvirt_queue *q);
void libvirt_queue_fini(struct libvirt_queue *q);
/* Takes what @item owns, and copies the rest. False: no memory. */
bool libvirt_queue_put(struct libvirt_queue *q, const struct libvirt_item *item);
/* All that wait, in order; each is given back by libvirt_item_free. */
struct libvirt_item *libvirt_queue_take(struct libvirt_queue *q);
void libvirt_item_free(struct libvirt_item *item);

#endif
