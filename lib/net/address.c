/* See address.h: values, order and sockaddrs. The text forms are in address_text.c. */
#include "lib/net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "lib/base/hash.h"

static const uint8_t mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};

unsigned int address_bits(const struct address *a)
{
	switch (a->afi) {
	case AFI_IPV4:
		return 32;
	case AFI_IPV6:
		return 128;
	case AFI_MAC:
		return 48;
	case AFI_NAME:
	case AFI_SG_IPV4:
	case AFI_SG_IPV6:
		return 8u * a->len;
	default:
		return 0;
	}
}

bool address_equal(const struct address *a, const struct address *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

int address_compare(const struct address *a, const struct address *b)
{
	if (a->afi != b->afi)
		return a->afi < b->afi ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

bool address_is_ip(const struct address *a)
{
	return a->afi == AFI_IPV4 || a->afi == AFI_IPV6;
}

bool address_is_multicast(const struct address *a)
{
	static const uint8_t broadcast[4] = {255, 255, 255, 255};

	switch (a->afi) {
	case AFI_IPV4:
		return a->bytes[0] >> 4 == 14 || memcmp(a->bytes, broadcast, 4) == 0;
	case AFI_IPV6:
		return a->bytes[0] == 0xff;
	case AFI_MAC:
		return a->bytes[0] & 1;
	default:
		return false;
	}
}

bool address_is_loopback(const struct address *a)
{
	static const uint8_t one[16] = {[15] = 1};

	if (a->afi == AFI_IPV4)
		return a->bytes[0] == 127;
	return a->afi == AFI_IPV6 && memcmp(a->bytes, one, 16) == 0;
}

bool address_is_unspecified(const struct address *a)
{
	static const uint8_t zero[16];

	return address_is_ip(a) && memcmp(a->bytes, zero, a->len) == 0;
}

static bool length_fits(uint16_t afi, const uint8_t *bytes, size_t len)
{
	switch (afi) {
	case AFI_NONE:
		return len == 0;
	case AFI_IPV4:
		return len == 4;
	case AFI_IPV6:
		return len == 16;
	case AFI_MAC:
		return len == 6;
	case AFI_NAME: /* RFC 9735 section 3: ends with the only NUL */
		return len >= 1 && len <= ADDRESS_MAX && memchr(bytes, 0, len) == bytes + len - 1;
	case AFI_SG_IPV4:
		return len == 8;
	case AFI_SG_IPV6:
		return len == 31;
	default:
		return false;
	}
}

bool address_set(struct address *a, uint16_t afi, const void *bytes, size_t len)
{
	if (!length_fits(afi, bytes, len))
		return false;
	memset(a, 0, sizeof(*a));
	a->afi = afi;
	a->len = (uint8_t)len;
	if (len)
		memcpy(a->bytes, bytes, len);
	return true;
}

bool endpoint_from_sockaddr(struct endpoint *e, const struct sockaddr *sa)
{
	const struct sockaddr_in *sin = (const void *)sa;
	const struct sockaddr_in6 *sin6 = (const void *)sa;

	switch (sa->sa_family) {
	case AF_INET:
		e->port = ntohs(sin->sin_port);
		return address_set(&e->addr, AFI_IPV4, &sin->sin_addr, 4);
	case AF_INET6:
		e->port = ntohs(sin6->sin6_port);
		if (memcmp(&sin6->sin6_addr, mapped_prefix, sizeof(mapped_prefix)) == 0)
			return address_set(&e->addr, AFI_IPV4, &sin6->sin6_addr.s6_addr[12], 4);
		return address_set(&e->addr, AFI_IPV6, &sin6->sin6_addr, 16);
	default:
		return false;
	}
}

socklen_t endpoint_to_sockaddr(const struct endpoint *e, struct sockaddr_storage *ss)
{
	struct sockaddr_in *sin = (void *)ss;
	struct sockaddr_in6 *sin6 = (void *)ss;

	switch (e->addr.afi) {
	case AFI_IPV4:
		memset(sin, 0, sizeof(*sin));
		sin->sin_family = AF_INET;
		sin->sin_port = htons(e->port);
		memcpy(&sin->sin_addr, e->addr.bytes, 4);
		return sizeof(*sin);
	case AFI_IPV6:
		memset(sin6, 0, sizeof(*sin6));
		sin6->sin6_family = AF_INET6;
		sin6->sin6_port = htons(e->port);
		memcpy(&sin6->sin6_addr, e->addr.bytes, 16);
		return sizeof(*sin6);
	default:
		return 0;
	}
}

/* ---- (S,G) ---- */

/* Bytes of the group that are kept, and those that are left out before them. */
static size_t group_bytes(uint16_t afi, size_t *skip)
{
	*skip = afi == AFI_IPV6 || afi == AFI_SG_IPV6;
	return *skip ? 15 : 4;
}

bool eid_set_sg(struct eid *e, uint32_t iid, const struct address *source, unsigned int source_plen,
	const struct address *group, unsigned int group_plen)
{
	unsigned int width = address_bits(group);
	size_t skip, kept = group_bytes(group->afi, &skip);

	if (!address_is_ip(group) || source->afi != group->afi || !address_is_multicast(group) ||
		source_plen > width || group_plen > width || group_plen < 8 * skip ||
		(group_plen < width && source_plen))
		return false;
	if (group->afi == AFI_IPV4 && group->bytes[0] >> 4 != 14)
		return false; /* the broadcast address is no group */
	*e = (struct eid){.iid = iid};
	e->addr.afi = group->afi == AFI_IPV4 ? AFI_SG_IPV4 : AFI_SG_IPV6;
	e->addr.len = (uint8_t)(kept + source->len);
	memcpy(e->addr.bytes, group->bytes + skip, kept);
	memcpy(e->addr.bytes + kept, source->bytes, source->len);
	e->plen = (uint8_t)(group_plen - 8 * skip + source_plen);
	eid_mask(e);
	return true;
}

bool eid_is_sg(const struct eid *e)
{
	return e->addr.afi == AFI_SG_IPV4 || e->addr.afi == AFI_SG_IPV6;
}

void eid_get_sg(const struct eid *e, struct address *source, unsigned int *source_plen,
	struct address *group, unsigned int *group_plen)
{
	uint16_t afi = e->addr.afi == AFI_SG_IPV4 ? AFI_IPV4 : AFI_IPV6;
	size_t skip, kept = group_bytes(afi, &skip);
	unsigned int bits = (unsigned int)(8 * kept);

	*source = *group = (struct address){.afi = afi, .len = (uint8_t)(skip + kept)};
	group->bytes[0] = 0xff; /* IPv6's; IPv4's own first byte comes over it */
	memcpy(group->bytes + skip, e->addr.bytes, kept);
	memcpy(source->bytes, e->addr.bytes + kept, source->len);
	*group_plen = (unsigned int)(8 * skip) + (e->plen < bits ? e->plen : bits);
	*source_plen = e->plen > bits ? e->plen - bits : 0;
}

struct eid eid_host(uint32_t iid, const struct address *addr)
{
	return (struct eid){.iid = iid, .plen = (uint8_t)address_bits(addr), .addr = *addr};
}

bool eid_is_host(const struct eid *e)
{
	return e->addr.afi != AFI_NONE && e->plen == address_bits(&e->addr);
}

bool eid_mask(struct eid *e)
{
	unsigned int keep = (e->plen + 7) / 8;
	bool changed = false;

	if (e->plen >= address_bits(&e->addr))
		return false;
	for (unsigned int i = e->plen / 8; i < e->addr.len; i++) {
		uint8_t mask = i == e->plen / 8 ? (uint8_t)(0xff00 >> e->plen % 8) : 0;

		changed |= (e->addr.bytes[i] & ~mask) != 0;
		e->addr.bytes[i] &= mask;
	}
	/* One form for each prefix of names: the bytes it holds and a NUL. */
	if (e->addr.afi == AFI_NAME && keep + 1 < e->addr.len)
		e->addr.len = (uint8_t)(keep + 1);
	return changed;
}

bool eid_equal(const struct eid *a, const struct eid *b)
{
	return a->iid == b->iid && a->plen == b->plen && address_equal(&a->addr, &b->addr);
}

bool eid_covers(const struct eid *a, const struct eid *b)
{
	unsigned int whole = a->plen / 8, rest = a->plen % 8;

	if (a->iid != b->iid || a->addr.afi != b->addr.afi || a->plen > b->plen)
		return false;
	if (memcmp(a->addr.bytes, b->addr.bytes, whole) != 0)
		return false;
	return rest == 0 || (a->addr.bytes[whole] ^ b->addr.bytes[whole]) >> (8 - rest) == 0;
}

uint64_t eid_hash(const struct hash_key *key, const struct eid *e)
{
	uint8_t bytes[7 + ADDRESS_MAX];

	memcpy(bytes, &e->iid, 4);
	memcpy(bytes + 4, &e->addr.afi, 2);
	bytes[6] = e->plen;
	memcpy(bytes + 7, e->addr.bytes, e->addr.len);
	return hash_bytes(key, bytes, 7u + e->addr.len);
}

int eid_compare(const struct eid *a, const struct eid *b)
{
	int order;

	if (a->iid != b->iid)
		return a->iid < b->iid ? -1 : 1;
	order = address_compare(&a->addr, &b->addr);
	return order ? order : (int)a->plen - (int)b->plen;
}
