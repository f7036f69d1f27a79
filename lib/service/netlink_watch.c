/* See netlink_watch.h. */
#include "lib/service/netlink_watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "lib/base/log.h"

struct netlink_watch {
	unsigned int what;
	struct netlink_ops ops;
	void *arg;
	struct log *log;
	struct netlink_monitor *monitor;
	struct event *event;
};

void netlink_watch_list(struct netlink_watch *w)
{
	int rc = netlink_dump(w->what, &w->ops, w->arg);

	if (rc)
		log_error(w->log, "netlink: the interfaces cannot be listed: %s", strerror(-rc));
}

void netlink_watch_lost(struct netlink_watch *w)
{
	log_warning(w->log, "netlink: changes came faster than they were read; listing all anew");
	netlink_watch_list(w);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct netlink_watch *w = arg;

	netlink_monitor_run(w->monitor);
}

struct netlink_watch *netlink_watch_new(struct event_base *base, unsigned int what,
	const struct netlink_ops *ops, void *arg, struct log *log)
{
	struct netlink_watch *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->what = what;
	w->ops = *ops;
	w->arg = arg;
	w->log = log;
	w->monitor = netlink_monitor_new(what, ops, arg);
	if (w->monitor)
		w->event = event_new(
			base, netlink_monitor_fd(w->monitor), EV_READ | EV_PERSIST, on_readable, w);
	if (w->event && event_add(w->event, NULL) == 0)
		return w;
	log_error(log, "netlink: the interfaces cannot be followed: %s", strerror(errno));
	netlink_watch_free(w);
	return NULL;
}

void netlink_watch_free(struct netlink_watch *w)
{
	if (!w)
		return;
	if (w->event)
		event_free(w->event);
	netlink_monitor_free(w->monitor);
	free(w);
}
