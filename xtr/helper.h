/* helper: what the xTR's privileged process does for it: attach programs to ports, open packet
 * sockets, set neighbours and the gateway's MAC.
 *
 * A fixed set of requests over lib/service/privilege. The helper holds the loaded data plane; the
 * process that parses packets holds descriptors only. Started once, before capabilities are
 * dropped. */
#ifndef SUNWARD_XTR_HELPER_H
#define SUNWARD_XTR_HELPER_H

#include "lib/net/address.h"
#include "xtr/datapath_load.h"

struct helper;
struct log;

/* Forks. @load is used by the helper from then on, and by nobody else. NULL with errno. */
struct helper *helper_start(struct datapath_load *load, struct log *log);
void helper_stop(struct helper *h);

/* As datapath_load_attach and _detach. 0 or -errno; the helper logs why. */
int helper_attach(struct helper *h, int ifindex, enum datapath_role role, enum datapath_mode mode);
int helper_detach(struct helper *h, int ifindex);
/* As netlink_neighbour_set. */
int helper_neighbour(struct helper *h, int ifindex, const struct address *host, const uint8_t *mac);
/* As netlink_mac_set. */
int helper_mac(struct helper *h, int ifindex, const uint8_t mac[6]);
/* A raw packet socket bound to @ifindex, for sending ARP and neighbour discovery; with @questions
 * it also takes those of others, to whatever MAC, and the interface frames to whatever MAC. A
 * descriptor of the caller's, or -errno. */
int helper_packet_socket(struct helper *h, int ifindex, bool questions);

#endif
