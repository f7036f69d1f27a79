/* exception: see the header. */
#include <errno.h>
#include <string.h>

#include "lib/net/checksum.h"
#include "xtr/exception.h"

#define IP4_HEADER  20
#define IP6_HEADER  40
#define ICMP_HEADER 8
#define ICMP4_MAX   576 /* RFC 1812 section 4.3.2.3 */

#define PROTO_ICMP   1
#define PROTO_ICMPV6 58

#define IP4_DF     0x4000
#define IP4_MF     0x2000
#define IP4_OFFSET 0x1fff

static unsigned int get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static void put16(uint8_t *p, unsigned int v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static unsigned int header4(const uint8_t *packet, size_t len)
{
	unsigned int header = len >= IP4_HEADER ? (packet[0] & 15) * 4u : 0;

	return len && packet[0] >> 4 == 4 && header >= IP4_HEADER && header <= len ? header : 0;
}

/* Whether a packet from @a may be answered by an error. */
static bool answerable(const struct address *a)
{
	return !address_is_multicast(a) && !address_is_unspecified(a) && !address_is_loopback(a);
}

/* RFC 1122 section 3.2.2. */
static bool owed4(const uint8_t *packet, size_t len)
{
	unsigned int header = header4(packet, len);
	struct address src, dst;
	uint8_t type;

	if (!header || get16(packet + 6) & IP4_OFFSET)
		return false;
	address_set(&src, AFI_IPV4, packet + 12, 4);
	address_set(&dst, AFI_IPV4, packet + 16, 4);
	if (!answerable(&src) || address_is_multicast(&dst))
		return false;
	if (packet[9] != PROTO_ICMP)
		return true;
	if (len <= header)
		return false;
	type = packet[header];
	return type == 0 || type == 8 || (type >= 13 && type <= 18); /* queries, not errors */
}

/* RFC 4443 section 2.4 e; Packet Too Big also answers multicast. */
static bool owed6(const uint8_t *packet, size_t len, enum exception_kind kind)
{
	struct address src, dst;

	if (len < IP6_HEADER || packet[0] >> 4 != 6)
		return false;
	address_set(&src, AFI_IPV6, packet + 8, 16);
	address_set(&dst, AFI_IPV6, packet + 24, 16);
	if (!answerable(&src) || (address_is_multicast(&dst) && kind != EXCEPTION_TOO_BIG))
		return false;
	if (packet[6] != PROTO_ICMPV6)
		return true;
	return len > IP6_HEADER && packet[IP6_HEADER] >= 128;
}

static void ip4_header(uint8_t *out, size_t len, const struct address *from, const uint8_t *to)
{
	static const uint8_t start[IP4_HEADER] = {0x45, 0xc0, [8] = 64, PROTO_ICMP};

	memcpy(out, start, sizeof(start));
	put16(out + 2, len);
	memcpy(out + 12, from->bytes, 4);
	memcpy(out + 16, to, 4);
	put16(out + 10, checksum_of(out, IP4_HEADER));
}

static size_t icmp4(uint8_t *out, const uint8_t *packet, size_t len, enum exception_kind kind,
	uint16_t mtu, const struct address *gateway)
{
	uint8_t *icmp = out + IP4_HEADER;
	size_t quote = ICMP4_MAX - IP4_HEADER - ICMP_HEADER;

	if (quote > len)
		quote = len;
	memset(icmp, 0, ICMP_HEADER);
	icmp[0] = kind == EXCEPTION_TTL ? 11 : 3;
	icmp[1] = kind == EXCEPTION_TOO_BIG ? 4 : kind == EXCEPTION_DENIED ? 13 : 0;
	if (kind == EXCEPTION_TOO_BIG)
		put16(icmp + 6, mtu);
	memcpy(icmp + ICMP_HEADER, packet, quote);
	put16(icmp + 2, checksum_of(icmp, ICMP_HEADER + quote));
	ip4_header(out, IP4_HEADER + ICMP_HEADER + quote, gateway, packet + 12);
	return IP4_HEADER + ICMP_HEADER + quote;
}

static size_t icmp6(uint8_t *out, const uint8_t *packet, size_t len, enum exception_kind kind,
	uint16_t mtu, const struct address *gateway)
{
	uint8_t *icmp = out + IP6_HEADER;
	size_t quote = EXCEPTION_ICMP_MAX - IP6_HEADER - ICMP_HEADER;
	struct address to;

	if (quote > len)
		quote = len;
	address_set(&to, AFI_IPV6, packet + 8, 16);
	memset(out, 0, IP6_HEADER + ICMP_HEADER);
	out[0] = 0x60;
	put16(out + 4, ICMP_HEADER + quote);
	out[6] = PROTO_ICMPV6;
	out[7] = 64;
	memcpy(out + 8, gateway->bytes, 16);
	memcpy(out + 24, to.bytes, 16);
	icmp[0] = kind == EXCEPTION_TOO_BIG ? 2 : kind == EXCEPTION_TTL ? 3 : 1;
	icmp[1] = kind == EXCEPTION_DENIED ? 1 : 0;
	if (kind == EXCEPTION_TOO_BIG)
		put16(icmp + 6, mtu);
	memcpy(icmp + ICMP_HEADER, packet, quote);
	put16(icmp + 2, checksum_upper(gateway, &to, PROTO_ICMPV6, icmp, ICMP_HEADER + quote));
	return IP6_HEADER + ICMP_HEADER + quote;
}

size_t exception_icmp(uint8_t *out, const uint8_t *packet, size_t len, enum exception_kind kind,
	uint16_t mtu, const struct address *gateway)
{
	if (gateway->afi == AFI_IPV4 && owed4(packet, len))
		return icmp4(out, packet, len, kind, mtu, gateway);
	if (gateway->afi == AFI_IPV6 && owed6(packet, len, kind))
		return icmp6(out, packet, len, kind, mtu, gateway);
	return 0;
}

bool exception_may_fragment(const uint8_t *packet, size_t len)
{
	return header4(packet, len) && !(get16(packet + 6) & IP4_DF);
}

/* The header of later fragments: only options with the copied flag (RFC 791 section 3.1). Returns
 * its length. */
static unsigned int later_header(uint8_t *to, const uint8_t *from, unsigned int header)
{
	unsigned int at = IP4_HEADER, out = IP4_HEADER, size;

	memcpy(to, from, IP4_HEADER);
	while (at < header && from[at] != 0) {
		size = from[at] == 1 ? 1 : at + 1 < header ? from[at + 1] : 0;
		if (!size || at + size > header || (size == 1 && from[at] != 1))
			break;
		if (from[at] & 0x80) {
			memcpy(to + out, from + at, size);
			out += size;
		}
		at += size;
	}
	while (out % 4)
		to[out++] = 0;
	to[0] = 0x40 | out / 4;
	return out;
}

/* Bytes of data in each fragment but the last; 0: there is no room. */
static size_t fragment_size(size_t data, unsigned int header, uint16_t mtu)
{
	size_t most = mtu > header ? (mtu - header) & ~(size_t)7 : 0, count;

	if (!most)
		return 0;
	count = (data + most - 1) / most;
	if (count < 2)
		count = 2;
	return ((data + count - 1) / count + 7) & ~(size_t)7;
}

int exception_fragment(const uint8_t *packet, size_t len, uint16_t mtu,
	int (*emit)(void *arg, const uint8_t *fragment, size_t len), void *arg)
{
	unsigned int header = header4(packet, len), field = get16(packet + 6), own;
	size_t data = len - header, size = fragment_size(data, header, mtu), at, part;
	uint8_t out[65536];
	int rc = 0;

	if (!header || !size)
		return -EMSGSIZE;
	for (at = 0; at < data && !rc; at += part) {
		part = data - at < size ? data - at : size;
		own = header;
		if (at == 0)
			memcpy(out, packet, header);
		else
			own = later_header(out, packet, header);
		memcpy(out + own, packet + header + at, part);
		put16(out + 2, own + part);
		put16(out + 6, ((field & IP4_OFFSET) + at / 8) |
				       (at + part < data || field & IP4_MF ? IP4_MF : 0));
		put16(out + 10, 0);
		put16(out + 10, checksum_of(out, own));
		rc = emit(arg, out, own + part);
	}
	return rc;
}

bool exception_checksum(uint8_t *packet, size_t len, size_t start, size_t offset)
{
	uint16_t sum;

	if (start > len || offset + 2 > len - start)
		return false;
	sum = checksum_of(packet + start, len - start);
	put16(packet + start + offset, sum ? sum : 0xffff);
	return true;
}
