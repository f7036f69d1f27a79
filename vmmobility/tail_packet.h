/* tail_packet: from a frame as a tap's queue has it to the IP packets that it stands for: segments
 * cut, checksums finished, which the kernel leaves to whoever takes the frame.
 *
 * Pure. */
#ifndef SUNWARD_VMMOBILITY_TAIL_PACKET_H
#define SUNWARD_VMMOBILITY_TAIL_PACKET_H

#include <stddef.h>
#include <stdint.h>

/* Call @emit for each IP packet of @frame (@len bytes from the Ethernet header on), in order; it is
 * valid during the call. @gso_len: 0, or the payload bytes of a segment. Returns how many there
 * were: none of a frame that is no unicast IPv4 or IPv6, that is malformed, or that is to be cut
 * but is neither TCP nor UDP. A checksum that is wrong stays wrong. */
unsigned int tail_packets(const uint8_t *frame, size_t len, uint32_t gso_len,
	void (*emit)(void *arg, const uint8_t *packet, size_t len), void *arg);

#endif
