/* port_filter: which frames the packet socket of a port takes, of all that the data plane lets
 * through to the kernel: those that the daemon reads, and none of the host's own traffic. */
#ifndef SUNWARD_TRILL_PORT_FILTER_H
#define SUNWARD_TRILL_PORT_FILTER_H

#include <linux/filter.h>

/* IS-IS, TRILL, RBridge Channel, ARP, Neighbor Solicitations and Advertisements, BPDUs. The kernel
 * has taken the outer tag out before a filter sees the frame. */
extern const struct sock_fprog trill_port_filter;

#endif
