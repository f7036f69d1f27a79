/* exception: what a router owes to a packet that it cannot forward: an ICMP error, or fragments.
 *
 * Pure: bytes of an IP packet in, bytes of IP packets out. Knows no map, no tap, no rate limit. */
#ifndef SUNWARD_XTR_EXCEPTION_H
#define SUNWARD_XTR_EXCEPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/net/address.h"

enum exception_kind {
	EXCEPTION_TOO_BIG, /* ICMPv4 3/4 (RFC 1191), ICMPv6 2/0 */
	EXCEPTION_TTL,     /* ICMPv4 11/0, ICMPv6 3/0 */
	EXCEPTION_DENIED,  /* ICMPv4 3/13, ICMPv6 1/1 */
};

#define EXCEPTION_ICMP_MAX                                                                         \
	1280 /* bytes: the longest error (RFC 4443 section 2.4 c; ICMPv4: 576)                     \
	      */

/* Write the ICMP error about @packet (@len bytes from its IP header on) into @out, which holds
 * EXCEPTION_ICMP_MAX bytes: from @gateway, of the packet's family, to the packet's source. @mtu:
 * TOO_BIG's next-hop MTU in bytes. Returns the length, or 0 when no error may be sent: about an
 * ICMP error, a later fragment, multicast, a source that is no single host (RFC 1122 section 3.2.2,
 * RFC 4443 section 2.4 e), or a packet that is none. */
size_t exception_icmp(uint8_t *out, const uint8_t *packet, size_t len, enum exception_kind kind,
	uint16_t mtu, const struct address *gateway);

/* Whether the packet is IPv4 with DF=0: fragments are owed, not an error (RFC 9300 section 7.1). */
bool exception_may_fragment(const uint8_t *packet, size_t len);

/* Split @packet, for which exception_may_fragment() holds, into as few fragments of equal size as
 * fit @mtu: two, unless it is larger than 2 x @mtu. @emit gets each, valid during the call; not 0
 * stops. Returns @emit's last result, or -EMSGSIZE when @mtu leaves no room. */
int exception_fragment(const uint8_t *packet, size_t len, uint16_t mtu,
	int (*emit)(void *arg, const uint8_t *fragment, size_t len), void *arg);

/* Finish a checksum that the sender left to its device: the ones' complement sum from @start to the
 * end of @packet goes to @start + @offset. False when these lie outside. */
bool exception_checksum(uint8_t *packet, size_t len, size_t start, size_t offset);

#endif
