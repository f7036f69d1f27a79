/* netlink_watch: follows what the kernel knows of interfaces from the daemon's event loop; where
 * changes came too fast all is listed anew. lib/net/netlink has what is told; what it means is the
 * caller's. */
#ifndef SUNWARD_LIB_SERVICE_NETLINK_WATCH_H
#define SUNWARD_LIB_SERVICE_NETLINK_WATCH_H

#include "lib/net/netlink.h"

struct event_base;
struct log;
struct netlink_watch;

/* Follow @what (enum netlink_what) from now on. @ops is copied; its `lost` is to call
 * netlink_watch_lost(). NULL, logged: out of memory, or the kernel refuses. */
struct netlink_watch *netlink_watch_new(struct event_base *base, unsigned int what,
	const struct netlink_ops *ops, void *arg, struct log *log);
void netlink_watch_free(struct netlink_watch *w);
/* Call back for all that is there now. */
void netlink_watch_list(struct netlink_watch *w);
/* The same, and it is logged that changes were lost. */
void netlink_watch_lost(struct netlink_watch *w);

#endif
