/* checksum: the Internet checksum (RFC 1071), its pseudo-headers and its incremental update (RFC
 * 1624).
 *
 * Pure. A running sum is opaque; start with 0, add parts (each of even length but the last), then
 * finish. Checksums are numbers, to be written in network order: wire_put_u16(w,
 * checksum_finish(sum)). */
#ifndef SUNWARD_LIB_NET_CHECKSUM_H
#define SUNWARD_LIB_NET_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/net/address.h"

uint64_t checksum_add(uint64_t sum, const void *bytes, size_t len);
/* The pseudo-header of IPv4 (RFC 768) or IPv6 (RFC 8200 section 8.1), by the family of @src; @dst
 * must be of the same. @len is the upper layer's, in bytes. */
uint64_t checksum_add_pseudo(uint64_t sum, const struct address *src, const struct address *dst,
	uint8_t protocol, uint32_t len);
uint16_t checksum_finish(uint64_t sum);

/* Of one block: an IPv4 header, an ICMPv4 message. Over a block that holds a right checksum: 0. */
uint16_t checksum_of(const void *bytes, size_t len);
/* Of an upper-layer packet with its pseudo-header. Over one that holds a right checksum: 0. */
uint16_t checksum_upper(const struct address *src, const struct address *dst, uint8_t protocol,
	const void *bytes, size_t len);
/* Of a UDP datagram whose checksum field is zero: never 0, which says "none" (RFC 768). */
uint16_t checksum_udp(
	const struct address *src, const struct address *dst, const void *bytes, size_t len);

/* @checksum after a 16-bit (or 32-bit) field at an even offset went from @old to @new (RFC 1624,
 * equation 3). */
uint16_t checksum_update16(uint16_t checksum, uint16_t old, uint16_t new);
uint16_t checksum_update32(uint16_t checksum, uint32_t old, uint32_t new);

#endif
