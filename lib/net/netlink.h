/* netlink: what the kernel knows of interfaces, addresses, routes and neighbours (libmnl).
 *
 * A dump is synchronous and calls back for each entry that is there; a monitor calls back for each
 * change. Both give the same structs to the same callbacks, so a user follows the kernel's state
 * with one set of functions. */
#ifndef SUNWARD_LIB_NET_NETLINK_H
#define SUNWARD_LIB_NET_NETLINK_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/net/address.h"

struct netlink_link {
	int ifindex;
	int master; /* of a bridge or bond; 0: none */
	char name[IF_NAMESIZE];
	bool has_mac;
	uint8_t mac[6];
	uint32_t mtu;
	bool up;      /* by the administrator */
	bool running; /* the carrier is there too */
	bool deleted;
};

struct netlink_address {
	int ifindex;
	uint8_t plen;
	struct address addr;
	bool tentative; /* IPv6: duplicate address detection is not through */
	bool deleted;
};

struct netlink_route {
	struct eid dst;         /* instance 0 */
	struct address gateway; /* AFI_NONE: on the link; several next hops: the first */
	int ifindex;
	uint32_t table;
	uint8_t type; /* RTN_UNICAST, RTN_LOCAL, ... */
	bool deleted;
};

struct netlink_neighbour {
	int ifindex;
	struct address addr; /* AFI_NONE: an entry of a bridge's forwarding table, @mac alone */
	bool has_mac;
	uint8_t mac[6];
	uint16_t state; /* NUD_REACHABLE, NUD_STALE, NUD_FAILED, ... (linux/neighbour.h) */
	bool deleted;
};

/* Any may be NULL. */
struct netlink_ops {
	void (*link)(void *arg, const struct netlink_link *link);
	void (*address)(void *arg, const struct netlink_address *address);
	void (*route)(void *arg, const struct netlink_route *route);
	void (*neighbour)(void *arg, const struct netlink_neighbour *neighbour);
	void (*lost)(void *arg); /* changes were lost (they came too fast): dump again */
};

enum netlink_what {
	NETLINK_LINKS = 1,
	NETLINK_ADDRESSES = 2,
	NETLINK_ROUTES = 4,
	NETLINK_NEIGHBOURS = 8,
};

/* Call @ops for all entries of @what (an OR), in the order links, addresses, routes, neighbours. 0
 * or -errno. */
int netlink_dump(unsigned int what, const struct netlink_ops *ops, void *arg);

struct netlink_monitor;

/* Follow the changes of @what from now on: start it before the dump, and nothing falls between.
 * @ops is copied. NULL with errno set. */
struct netlink_monitor *netlink_monitor_new(
	unsigned int what, const struct netlink_ops *ops, void *arg);
void netlink_monitor_free(struct netlink_monitor *m);
/* Readable when netlink_monitor_run() has something to do. */
int netlink_monitor_fd(const struct netlink_monitor *m);
/* Call back for what waits; never blocks. 0 or -errno. */
int netlink_monitor_run(struct netlink_monitor *m);

/* 0 and @link filled, -ENODEV, or another -errno. */
int netlink_link_by_name(const char *name, struct netlink_link *link);
int netlink_link_by_index(int ifindex, struct netlink_link *link);
/* The addresses of @ifindex (0: of all) into @list, at most @max. Returns how many there are, or
 * -errno. */
int netlink_addresses_of(int ifindex, struct address *list, size_t max);
/* Give the interface another MAC. Needs CAP_NET_ADMIN. 0 or -errno. */
int netlink_mac_set(int ifindex, const uint8_t mac[6]);
/* Have the kernel send to @host behind @ifindex by @mac, until it finds out better; NULL: forget
 * what it has. 0 or -errno (-ENOENT: it had nothing). Needs CAP_NET_ADMIN. */
int netlink_neighbour_set(int ifindex, const struct address *host, const uint8_t *mac);

#endif
