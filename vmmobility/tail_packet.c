/* See tail_packet.h. */
#include "vmmobility/tail_packet.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include "lib/net/checksum.h"

#define ETHERNET   14
#define TYPE_IPV4  0x0800
#define TYPE_IPV6  0x86dd
#define PACKET_MAX 65535
#define UDP_HEADER 8
#define TCP_FIN    0x01 /* of byte 13 of a TCP header (RFC 9293 section 3.1) */
#define TCP_PSH    0x08
#define TCP_CWR    0x80

/* An IP packet, taken apart. */
struct parts {
	const uint8_t *bytes;
	size_t len; /* without the frame's padding */
	bool six;
	uint8_t protocol; /* of what follows the IP header; 0: a fragment */
	size_t upper;     /* where that begins */
	struct address src, dst;
};

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static void put16(uint8_t *at, unsigned int value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

/* A GSO packet's own length field may say 0 (RFC 2675); the frame has no padding then. */
static bool parse4(struct parts *p, size_t len, bool gso)
{
	size_t total = get16(p->bytes + 2);

	if (len < 20 || p->bytes[0] >> 4 != 4)
		return false;
	p->upper = (size_t)(p->bytes[0] & 0xf) * 4;
	p->len = gso ? len : total;
	p->protocol = get16(p->bytes + 6) & 0x3fff ? 0 : p->bytes[9];
	address_set(&p->src, AFI_IPV4, p->bytes + 12, 4);
	address_set(&p->dst, AFI_IPV4, p->bytes + 16, 4);
	return p->upper >= 20 && p->upper <= p->len && p->len <= len;
}

/* Behind extension headers nothing is left to be finished: no device takes that upon itself. */
static bool parse6(struct parts *p, size_t len, bool gso)
{
	if (len < 40 || p->bytes[0] >> 4 != 6)
		return false;
	p->six = true;
	p->upper = 40;
	p->len = gso ? len : 40u + get16(p->bytes + 4);
	p->protocol = p->bytes[6];
	address_set(&p->src, AFI_IPV6, p->bytes + 8, 16);
	address_set(&p->dst, AFI_IPV6, p->bytes + 24, 16);
	return p->len <= len;
}

static bool parse(struct parts *p, const uint8_t *frame, size_t len, bool gso)
{
	memset(p, 0, sizeof(*p));
	if (len < ETHERNET + 20 || frame[0] & 1)
		return false;
	p->bytes = frame + ETHERNET;
	len -= ETHERNET;
	if (get16(frame + 12) == TYPE_IPV4)
		return parse4(p, len, gso);
	return get16(frame + 12) == TYPE_IPV6 && parse6(p, len, gso);
}

/* Where the checksum of the upper layer stands in it; 0: nowhere. */
static size_t checksum_at(const struct parts *p)
{
	size_t len = p->len - p->upper;

	if (p->protocol == IPPROTO_TCP && len >= 20)
		return 16;
	return p->protocol == IPPROTO_UDP && len >= UDP_HEADER ? 6 : 0;
}

/* The sender has left the sum of the pseudo-header alone in the field (virtio, CHECKSUM_PARTIAL).
 */
static bool is_unfinished(const struct parts *p, size_t at)
{
	uint16_t field = get16(p->bytes + p->upper + at);
	uint64_t pseudo = checksum_add_pseudo(
		0, &p->src, &p->dst, p->protocol, (uint32_t)(p->len - p->upper));

	if (field == 0 && p->protocol == IPPROTO_UDP)
		return false;
	return checksum_finish(pseudo) + field == 0xffff;
}

static void finish(const struct parts *p, uint8_t *packet, size_t len, size_t at)
{
	uint8_t *upper = packet + p->upper;
	size_t upper_len = len - p->upper;

	put16(upper + at, 0);
	put16(upper + at,
		p->protocol == IPPROTO_UDP
			? checksum_udp(&p->src, &p->dst, upper, upper_len)
			: checksum_upper(&p->src, &p->dst, p->protocol, upper, upper_len));
}

static void set_length(const struct parts *p, uint8_t *packet, size_t len, unsigned int number)
{
	if (p->six) {
		put16(packet + 4, (unsigned int)(len - 40));
		return;
	}
	put16(packet + 2, (unsigned int)len);
	put16(packet + 4, get16(packet + 4) + number);
	put16(packet + 10, 0);
	put16(packet + 10, checksum_of(packet, p->upper));
}

/* @at: bytes of payload before this segment. */
static void set_segment(const struct parts *p, uint8_t *upper, size_t len, size_t at, bool last)
{
	if (p->protocol == IPPROTO_UDP) {
		put16(upper + 4, (unsigned int)len);
		return;
	}
	put32(upper + 4, get32(upper + 4) + (uint32_t)at);
	if (!last)
		upper[13] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
	if (at)
		upper[13] &= (uint8_t)~TCP_CWR;
}

static size_t header_len(const struct parts *p)
{
	if (p->protocol == IPPROTO_UDP)
		return p->upper + UDP_HEADER;
	return p->upper + (size_t)(p->bytes[p->upper + 12] >> 4) * 4;
}

static unsigned int cut(const struct parts *p, uint32_t gso_len, size_t checksum,
	void (*emit)(void *arg, const uint8_t *packet, size_t len), void *arg)
{
	size_t header = header_len(p);
	uint8_t packet[PACKET_MAX];
	unsigned int count = 0;

	if (header > p->len || header < p->upper + UDP_HEADER || header + gso_len > PACKET_MAX)
		return 0;
	for (size_t at = 0; at < p->len - header; at += gso_len) {
		size_t left = p->len - header - at, part = left < gso_len ? left : gso_len;

		memcpy(packet, p->bytes, header);
		memcpy(packet + header, p->bytes + header + at, part);
		set_length(p, packet, header + part, count);
		set_segment(p, packet + p->upper, header + part - p->upper, at, part == left);
		finish(p, packet, header + part, checksum);
		emit(arg, packet, header + part);
		count++;
	}
	return count;
}

unsigned int tail_packets(const uint8_t *frame, size_t len, uint32_t gso_len,
	void (*emit)(void *arg, const uint8_t *packet, size_t len), void *arg)
{
	uint8_t packet[PACKET_MAX];
	struct parts p;
	size_t checksum;

	if (!parse(&p, frame, len, gso_len != 0))
		return 0;
	checksum = checksum_at(&p);
	if (gso_len)
		return checksum ? cut(&p, gso_len, checksum, emit, arg) : 0;
	if (p.len > PACKET_MAX)
		return 0;
	memcpy(packet, p.bytes, p.len);
	if (checksum && is_unfinished(&p, checksum))
		finish(&p, packet, p.len, checksum);
	emit(arg, packet, p.len);
	return 1;
}
