/* See netlink_source.h. */
#include "vmmobility/netlink_source.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "lib/net/netlink.h"

#define FOLLOWED (NETLINK_LINKS | NETLINK_NEIGHBOURS)

struct netlink_source {
	struct snoop *snoop;
	struct netlink_source_ops ops;
	struct log *log;
	struct netlink_monitor *monitor;
	struct event *event;
	bool lost;
};

static void on_link(void *arg, const struct netlink_link *l)
{
	struct netlink_source *n = arg;
	struct snoop_link link = {.ifindex = l->ifindex,
		.master = l->master,
		.name = l->name,
		.running = l->up && l->running};

	if (l->deleted) {
		snoop_unlink(n->snoop, l->ifindex);
		return;
	}
	memcpy(link.mac, l->mac, sizeof(link.mac));
	snoop_link(n->snoop, &link);
}

/* An entry that ages away says nothing: who is quiet is asked. Permanent ones are the interfaces'
 * own, or an operator's. */
static void on_neighbour(void *arg, const struct netlink_neighbour *e)
{
	struct netlink_source *n = arg;

	if (e->addr.afi == AFI_NONE) {
		if (!e->deleted && !(e->state & (NUD_PERMANENT | NUD_NOARP)))
			snoop_learnt(n->snoop, e->ifindex, e->mac);
	} else if (!address_is_ip(&e->addr) || address_is_multicast(&e->addr)) {
		return;
	} else if (e->state & NUD_FAILED) {
		snoop_neighbour(n->snoop, e->ifindex, &e->addr, NULL);
	} else if (!e->deleted && e->state & NUD_REACHABLE && e->has_mac) {
		snoop_neighbour(n->snoop, e->ifindex, &e->addr, e->mac);
	}
}

static void on_lost(void *arg)
{
	((struct netlink_source *)arg)->lost = true;
}

static const struct netlink_ops netlink_ops = {
	.link = on_link, .neighbour = on_neighbour, .lost = on_lost};

static bool is_there(void *arg, int ifindex)
{
	struct netlink_link link;

	return netlink_link_by_index(ifindex, &link) != -ENODEV;
}

void netlink_source_again(struct netlink_source *n)
{
	int rc = netlink_dump(FOLLOWED, &netlink_ops, n);

	if (rc)
		log_error(n->log, "netlink: the interfaces cannot be listed: %s", strerror(-rc));
	snoop_sweep(n->snoop, is_there, n);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct netlink_source *n = arg;

	n->ops.begin(n->ops.arg);
	netlink_monitor_run(n->monitor);
	if (n->lost) {
		log_warning(n->log,
			"netlink: changes came faster than they were read; listing all anew");
		n->lost = false;
		netlink_source_again(n);
	}
	n->ops.end(n->ops.arg);
}

struct netlink_source *netlink_source_new(struct event_base *base, struct snoop *snoop,
	const struct netlink_source_ops *ops, struct log *log)
{
	struct netlink_source *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->snoop = snoop;
	n->ops = *ops;
	n->log = log;
	n->monitor = netlink_monitor_new(FOLLOWED, &netlink_ops, n);
	if (n->monitor)
		n->event = event_new(
			base, netlink_monitor_fd(n->monitor), EV_READ | EV_PERSIST, on_readable, n);
	if (!n->event || event_add(n->event, NULL)) {
		log_error(log, "netlink: the interfaces cannot be followed: %s", strerror(errno));
		netlink_source_free(n);
		return NULL;
	}
	netlink_source_again(n);
	return n;
}

void netlink_source_free(struct netlink_source *n)
{
	if (!n)
		return;
	if (n->event)
		event_free(n->event);
	netlink_monitor_free(n->monitor);
	free(n);
}
