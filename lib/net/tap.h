/* tap: a tap device: made so that the kernel says nothing on it by itself. Knows devices, no
 * packets. */
#ifndef SUNWARD_LIB_NET_TAP_H
#define SUNWARD_LIB_NET_TAP_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

struct tap_options {
	const char *name; /* "swhold%d": a number that is free */
	uint32_t queue;   /* packets that wait for a reader */
	/* Packets pass whole, as large as the kernel makes them, with their offload metadata: each
	 * frame begins with a struct virtio_net_hdr (10 bytes). Else frames are as on a wire. */
	bool offloads;
};

/* Make a tap that is up and has no address. Returns a non-blocking descriptor, or -errno; the name
 * goes to @made. It lives as long as the descriptor. */
int tap_open(const struct tap_options *options, char made[IFNAMSIZ]);

/* Of the tap behind @fd: its ifindex, or -errno. */
int tap_ifindex(int fd);
/* Packets that the device keeps for user space, or -errno. */
int tap_queue(int fd);
/* Packets that found the queue full, since the tap was made. */
uint64_t tap_overflows(int fd);

#endif
