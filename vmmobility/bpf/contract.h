/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* contract: what the program at a guest's tap and user space agree on: the ring of the packets that
 * were delivered last. All in host order. */
#ifndef SUNWARD_VMMOBILITY_BPF_CONTRACT_H
#define SUNWARD_VMMOBILITY_BPF_CONTRACT_H

#include <linux/types.h>

#define PORT_PACKETS     2048 /* that are remembered: a tap's queue is 1,000 */
#define PORT_CHUNKS      4096 /* that share out their bytes */
#define PORT_CHUNK_BYTES 2048
#define PORT_CHUNKS_EACH                                                                           \
	33 /* of one packet at most: a GSO packet has up to 64 KiB and a header                    \
	    */

/* A packet, in the place of its number modulo PORT_PACKETS. Its bytes are in the chunks from @chunk
 * on, modulo PORT_CHUNKS, while no later packet has taken them. */
struct port_packet {
	__u64 number; /* from 1 on; written last; 0: none */
	__u64 chunk;
	__u64 units;   /* delivered before it */
	__u64 time;    /* of its delivery: CLOCK_MONOTONIC, ns */
	__u32 len;     /* of the frame, in bytes; 0: too long, not kept */
	__u32 gso_len; /* payload of a segment; 0: one packet */
};

struct port_chunk {
	__u8 bytes[PORT_CHUNK_BYTES];
};

/* A unit is what a tap's queue counts as one packet: a frame, or, where the kernel cuts GSO packets
 * up before the tap, a segment. The first three only grow. */
struct port_state {
	__u64 frames; /* delivered since the program was attached */
	__u64 units;  /* likewise */
	__u64 chunks; /* taken by them */
	__u32 cuts;   /* set by user space: the tap takes no GSO packets */
	__u32 spare;
};

#endif
