/* See libvirt_queue.h. */
#include "vmmobility/libvirt_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

int libvirt_queue_init(struct libvirt_queue *q)
{
	q->first = NULL;
	q->last = &q->first;
	pthread_mutex_init(&q->lock, NULL);
	q->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return q->fd < 0 ? -errno : 0;
}

void libvirt_queue_fini(struct libvirt_queue *q)
{
	struct libvirt_item *next;

	for (struct libvirt_item *i = q->first; i; i = next) {
		next = i->next;
		libvirt_item_free(i);
	}
	if (q->fd >= 0)
		close(q->fd);
	pthread_mutex_destroy(&q->lock);
}

void libvirt_item_free(struct libvirt_item *item)
{
	free(item->domain);
	free(item->list);
	free(item);
}

bool libvirt_queue_put(struct libvirt_queue *q, const struct libvirt_item *item)
{
	struct libvirt_item *copy = malloc(sizeof(*copy));

	if (!copy) {
		free(item->domain);
		free(item->list);
		return false;
	}
	*copy = *item;
	copy->next = NULL;
	pthread_mutex_lock(&q->lock);
	*q->last = copy;
	q->last = &copy->next;
	pthread_mutex_unlock(&q->lock);
	eventfd_write(q->fd, 1);
	return true;
}

struct libvirt_item *libvirt_queue_take(struct libvirt_queue *q)
{
	struct libvirt_item *all;
	eventfd_t count;

	eventfd_read(q->fd, &count);
	pthread_mutex_lock(&q->lock);
	all = q->first;
	q->first = NULL;
	q->last = &q->first;
	pthread_mutex_unlock(&q->lock);
	return all;
}
