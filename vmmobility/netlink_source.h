/* netlink_source: the kernel's word of interfaces, of its bridges' forwarding tables and of its
 * neighbours, as snoop.h wants it. Needs no rights. */
#ifndef SUNWARD_VMMOBILITY_NETLINK_SOURCE_H
#define SUNWARD_VMMOBILITY_NETLINK_SOURCE_H

#include "vmmobility/snoop.h"

struct event_base;

struct netlink_source_ops {
	/* Around the others: sets the core's clock, sends what it wants sent. */
	void (*begin)(void *arg);
	void (*end)(void *arg);
	void *arg;
};

struct netlink_source;

/* Tells @snoop all that is there, and then each change. All outlive it. NULL after logging why. */
struct netlink_source *netlink_source_new(struct event_base *base, struct snoop *snoop,
	const struct netlink_source_ops *ops, struct log *log);
void netlink_source_free(struct netlink_source *n);
/* Tell all anew: other rules. */
void netlink_source_again(struct netlink_source *n);

#endif
