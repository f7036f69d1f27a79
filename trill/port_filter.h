/* port_filter: which frames the packet socket of a port takes, of all that the data plane lets
 * through to the kernel: those that the daemon reads, and none of the host's own traffic; and how
 * many of them wait. */
#ifndef SUNWARD_TRILL_PORT_FILTER_H
#define SUNWARD_TRILL_PORT_FILTER_H

#include <linux/filter.h>
#include <stddef.h>

/* IS-IS, TRILL, RBridge Channel, ARP, Neighbor Solicitations and Advertisements, BPDUs. The kernel
 * has taken the outer tag out before a filter sees the frame. */
extern const struct sock_fprog trill_port_filter;

/* Bytes, for packet_room(): all that the data plane hands up of these at once, and while the daemon
 * is busy elsewhere for 0.1 s (the classes of trill/bpf/contract.h). */
extern const size_t trill_port_room;

#endif
