/* See ip_list.h. */
#include "trill/core/ip_list.h"

#include <string.h>

#include "lib/net/address.h"

#define IPV4_LEN 4
#define IPV6_LEN 16

/* One family's addresses, which stand one behind the other. */
struct family {
	uint8_t *bytes, *count;
	size_t len;
};

/* False: @afi is of neither. */
static bool family_of(struct ip_list *l, uint16_t afi, struct family *f)
{
	if (afi == AFI_IPV4)
		*f = (struct family){l->ipv4[0], &l->ipv4_count, IPV4_LEN};
	else if (afi == AFI_IPV6)
		*f = (struct family){l->ipv6[0], &l->ipv6_count, IPV6_LEN};
	else
		return false;
	return true;
}

/* Where @bytes stand; the count: nowhere. */
static unsigned int place_of(
	const uint8_t *list, unsigned int count, size_t len, const uint8_t *bytes)
{
	unsigned int i = 0;

	while (i < count && memcmp(list + i * len, bytes, len) != 0)
		i++;
	return i;
}

static void take_out(const struct family *f, unsigned int i)
{
	uint8_t *at = f->bytes + i * f->len;

	memmove(at, at + f->len, (*f->count - i - 1) * f->len);
	--*f->count;
	memset(f->bytes + *f->count * f->len, 0, f->len);
}

enum ip_list_verdict ip_list_add(struct ip_list *l, const struct address *ip)
{
	struct family f;

	if (!family_of(l, ip->afi, &f))
		return IP_LIST_ODD;
	if (place_of(f.bytes, *f.count, f.len, ip->bytes) < *f.count)
		return IP_LIST_THERE;
	if (*f.count == IP_LIST_EACH)
		return IP_LIST_FULL;
	memcpy(f.bytes + *f.count * f.len, ip->bytes, f.len);
	++*f.count;
	return IP_LIST_ADDED;
}

bool ip_list_remove(struct ip_list *l, const struct address *ip)
{
	struct family f;
	unsigned int i;

	if (!family_of(l, ip->afi, &f))
		return false;
	i = place_of(f.bytes, *f.count, f.len, ip->bytes);
	if (i == *f.count)
		return false;
	take_out(&f, i);
	return true;
}

bool ip_list_has(const struct ip_list *l, const struct address *ip)
{
	const uint8_t *bytes = ip->afi == AFI_IPV4 ? l->ipv4[0] : l->ipv6[0];
	unsigned int count = ip->afi == AFI_IPV4   ? l->ipv4_count
			     : ip->afi == AFI_IPV6 ? l->ipv6_count
						   : 0;
	size_t len = ip->afi == AFI_IPV4 ? IPV4_LEN : IPV6_LEN;

	return place_of(bytes, count, len, ip->bytes) < count;
}

bool ip_list_drop_oldest(struct ip_list *l, uint16_t afi)
{
	struct family f;

	if (!family_of(l, afi, &f) || !*f.count)
		return false;
	take_out(&f, 0);
	return true;
}

unsigned int ip_list_count(const struct ip_list *l)
{
	return l->ipv4_count + l->ipv6_count;
}

struct address ip_list_at(const struct ip_list *l, unsigned int i)
{
	struct address a;

	if (i < l->ipv4_count)
		address_set(&a, AFI_IPV4, l->ipv4[i], IPV4_LEN);
	else
		address_set(&a, AFI_IPV6, l->ipv6[i - l->ipv4_count], IPV6_LEN);
	return a;
}

bool ip_list_equal(const struct ip_list *a, const struct ip_list *b)
{
	if (a->ipv4_count != b->ipv4_count || a->ipv6_count != b->ipv6_count)
		return false;
	for (unsigned int i = 0; i < ip_list_count(a); i++) {
		struct address ip = ip_list_at(a, i);

		if (!ip_list_has(b, &ip))
			return false;
	}
	return true;
}
