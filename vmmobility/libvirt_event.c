/* See libvirt_event.h. */
#include "vmmobility/libvirt_event.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include <event2/event.h>
#include <event2/thread.h>
#include <libvirt/libvirt.h>

/* A descriptor or a timer that libvirt wants watched. */
struct watch {
	int id;
	int fd; /* -1: a timer */
	bool removed;
	union {
		virEventHandleCallback on_handle;
		virEventTimeoutCallback on_timeout;
	};
	void *opaque;
	virFreeCallback free_opaque;
	struct event *event;
	struct watch *next;
};

/* The one implementation of this process: libvirt hands none of its callbacks an argument. */
static struct {
	pthread_mutex_t lock;
	struct event_base *base;
	struct watch *first;
	int next_id;
} loop = {.lock = PTHREAD_MUTEX_INITIALIZER, .next_id = 1};

static void on_event(evutil_socket_t fd, short what, void *arg)
{
	struct watch *w = arg;
	int events = 0;

	if (w->removed)
		return;
	if (w->fd < 0) {
		w->on_timeout(w->id, w->opaque);
		return;
	}
	if (what & EV_READ)
		events |= VIR_EVENT_HANDLE_READABLE;
	if (what & EV_WRITE)
		events |= VIR_EVENT_HANDLE_WRITABLE;
	w->on_handle(w->id, fd, events, w->opaque);
}

static struct watch *find(int id)
{
	for (struct watch *w = loop.first; w; w = w->next)
		if (w->id == id && !w->removed)
			return w;
	return NULL;
}

/* Under the lock. libevent tells of errors and hang-ups as of reading. */
static void watch_handle(struct watch *w, int events)
{
	short what = EV_PERSIST;

	if (events & (VIR_EVENT_HANDLE_READABLE | VIR_EVENT_HANDLE_HANGUP | VIR_EVENT_HANDLE_ERROR))
		what |= EV_READ;
	if (events & VIR_EVENT_HANDLE_WRITABLE)
		what |= EV_WRITE;
	event_del_noblock(w->event);
	event_assign(w->event, loop.base, w->fd, what, on_event, w);
	if (events)
		event_add(w->event, NULL);
}

static void watch_timeout(struct watch *w, int ms)
{
	const struct timeval every = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	event_del_noblock(w->event);
	if (ms >= 0)
		event_add(w->event, &every);
}

static int add(struct watch w, int fd, int value)
{
	struct watch *fresh = malloc(sizeof(*fresh));
	int id = -1;

	pthread_mutex_lock(&loop.lock);
	w.fd = fd;
	w.id = loop.next_id++;
	if (fresh)
		w.event = event_new(loop.base, fd, EV_PERSIST, on_event, fresh);
	if (fresh && w.event) {
		id = w.id;
		w.next = loop.first;
		*fresh = w;
		loop.first = fresh;
		if (fd < 0)
			watch_timeout(fresh, value);
		else
			watch_handle(fresh, value);
		fresh = NULL;
	}
	pthread_mutex_unlock(&loop.lock);
	free(fresh);
	return id;
}

static int add_handle(
	int fd, int events, virEventHandleCallback cb, void *opaque, virFreeCallback free_opaque)
{
	return add((struct watch){.on_handle = cb, .opaque = opaque, .free_opaque = free_opaque},
		fd, events);
}

static int add_timeout(
	int ms, virEventTimeoutCallback cb, void *opaque, virFreeCallback free_opaque)
{
	return add((struct watch){.on_timeout = cb, .opaque = opaque, .free_opaque = free_opaque},
		-1, ms);
}

static void update(int id, int value)
{
	struct watch *w;

	pthread_mutex_lock(&loop.lock);
	w = find(id);
	if (w && w->fd < 0)
		watch_timeout(w, value);
	else if (w)
		watch_handle(w, value);
	pthread_mutex_unlock(&loop.lock);
}

/* On the loop's own thread, and from no callback of libvirt's: its locks are free. */
static void on_discard(evutil_socket_t fd, short what, void *arg)
{
	struct watch *w = arg, **link;

	pthread_mutex_lock(&loop.lock);
	for (link = &loop.first; *link != w; link = &(*link)->next)
		;
	*link = w->next;
	pthread_mutex_unlock(&loop.lock);
	event_free(w->event);
	if (w->free_opaque)
		w->free_opaque(w->opaque);
	free(w);
}

static int discard(int id)
{
	static const struct timeval at_once;
	struct watch *w;

	pthread_mutex_lock(&loop.lock);
	w = find(id);
	if (w) {
		w->removed = true;
		event_del_noblock(w->event);
	}
	pthread_mutex_unlock(&loop.lock);
	return w ? event_base_once(loop.base, -1, EV_TIMEOUT, on_discard, w, &at_once) : -1;
}

struct event_base *libvirt_event_base(void)
{
	if (loop.base || evthread_use_pthreads())
		return loop.base;
	loop.base = event_base_new();
	if (loop.base)
		virEventRegisterImpl(add_handle, update, discard, add_timeout, update, discard);
	return loop.base;
}
