/* link_stats: what an interface has counted (rtnetlink's struct rtnl_link_stats64). */
#ifndef SUNWARD_LIB_NET_LINK_STATS_H
#define SUNWARD_LIB_NET_LINK_STATS_H

#include <stdint.h>

struct link_stats {
	uint64_t tx_packets; /* of a tap: packets that its reader has taken */
	uint64_t tx_dropped; /* of a tap: those that found its queue full, too */
	uint32_t tx_queues;  /* that it can have at most */
};

/* Ask the kernel now. 0 or -errno; -ENODEV: there is no such interface. */
int link_stats_get(int ifindex, struct link_stats *out);

#endif
