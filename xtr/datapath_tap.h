/* datapath_tap: the hold tap as a device: made so that packets pass whole, with their offload
 * metadata. */
#ifndef SUNWARD_XTR_DATAPATH_TAP_H
#define SUNWARD_XTR_DATAPATH_TAP_H

#include <net/if.h>
#include <stdint.h>

/* Make a tap that is up and has no address. @name NULL: "swholdN", N free. @queue: packets that
 * wait for a reader. Returns a non-blocking descriptor whose frames begin with a struct
 * virtio_net_hdr (10 bytes), or -errno; the name goes to @made. */
int datapath_tap_open(const char *name, uint32_t queue, char made[IFNAMSIZ]);

/* Of the tap behind @fd: its ifindex, or -errno. */
int datapath_tap_ifindex(int fd);
/* Packets that the device keeps for user space, or -errno. */
int datapath_tap_queue(int fd);
/* Packets that found the queue full, since the tap was made. */
uint64_t datapath_tap_overflows(int fd);

#endif
