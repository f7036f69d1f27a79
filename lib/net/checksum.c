/* See checksum.h. Sums are kept in the host's order and swapped once at the end, which the one's
 * complement sum allows (RFC 1071 section 2 (B)); 64 bits hold the carries of four gigabytes. */
#include "lib/net/checksum.h"

#include <arpa/inet.h>
#include <string.h>

uint64_t checksum_add(uint64_t sum, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	uint32_t word;
	uint16_t half;

	for (; len >= 4; p += 4, len -= 4) {
		memcpy(&word, p, 4);
		sum += word;
	}
	if (len >= 2) {
		memcpy(&half, p, 2);
		sum += half;
		p += 2;
		len -= 2;
	}
	if (len) {
		uint8_t last[2] = {*p, 0};

		memcpy(&half, last, 2);
		sum += half;
	}
	return sum;
}

uint64_t checksum_add_pseudo(uint64_t sum, const struct address *src, const struct address *dst,
	uint8_t protocol, uint32_t len)
{
	sum = checksum_add(sum, src->bytes, src->len);
	sum = checksum_add(sum, dst->bytes, dst->len);
	/* Zeroes and the order of 16-bit words do not change the sum: one line serves both layouts.
	 */
	return sum + htonl(len) + htons(protocol);
}

static uint16_t fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

uint16_t checksum_finish(uint64_t sum)
{
	return (uint16_t)~ntohs(fold(sum));
}

uint16_t checksum_of(const void *bytes, size_t len)
{
	return checksum_finish(checksum_add(0, bytes, len));
}

uint16_t checksum_upper(const struct address *src, const struct address *dst, uint8_t protocol,
	const void *bytes, size_t len)
{
	uint64_t sum = checksum_add_pseudo(0, src, dst, protocol, (uint32_t)len);

	return checksum_finish(checksum_add(sum, bytes, len));
}

uint16_t checksum_udp(
	const struct address *src, const struct address *dst, const void *bytes, size_t len)
{
	uint16_t sum = checksum_upper(src, dst, 17, bytes, len);

	return sum ? sum : 0xffff;
}

uint16_t checksum_update16(uint16_t checksum, uint16_t old, uint16_t new)
{
	return (uint16_t)~fold((uint64_t)(uint16_t)~checksum + (uint16_t)~old + new);
}

uint16_t checksum_update32(uint16_t checksum, uint32_t old, uint32_t new)
{
	checksum = checksum_update16(checksum, (uint16_t)(old >> 16), (uint16_t)(new >> 16));
	return checksum_update16(checksum, (uint16_t)old, (uint16_t) new);
}
