/* See eid_url.h. */
#include "lib/net/eid_url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct kind {
	const char *prefix;
	uint16_t afi;
} kinds[] = {
	{"ipv4:", AFI_IPV4},
	{"ipv6:", AFI_IPV6},
	{"mac:", AFI_MAC},
	{"name:", AFI_NAME},
};

bool url_encode(const char *in, char *out, size_t size)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~:";
	static const char digits[] = "0123456789abcdef";
	size_t used = 0;

	for (; *in != '\0'; in++) {
		unsigned char c = (unsigned char)*in;
		size_t need = strchr(plain, *in) != NULL ? 1 : 3;

		if (used + need + 1 > size)
			return false;
		if (need == 1) {
			out[used++] = *in;
			continue;
		}
		out[used++] = '%';
		out[used++] = digits[c >> 4];
		out[used++] = digits[c & 15];
	}
	if (used + 1 > size)
		return false;
	out[used] = '\0';
	return true;
}

static void sg_url(const struct eid *e, char *text, size_t size)
{
	char plain[EID_TEXT], url[EID_TEXT];
	struct eid bare = *e;

	bare.iid = 0;
	eid_format(&bare, plain, sizeof(plain));
	snprintf(url, sizeof(url), "sg:%.*s", (int)strlen(plain) - 2, plain + 1);
	if (!url_encode(url, text, size))
		text[0] = '\0';
}

static bool sg_url_parse(struct eid *e, const char *segment, uint32_t iid, const char **why)
{
	char text[EID_TEXT];

	*why = "the address is too long";
	if ((size_t)snprintf(text, sizeof(text), "(%s)", segment) >= sizeof(text) ||
		!eid_parse(e, text, why))
		return false;
	e->iid = iid;
	return true;
}

const char *eid_url_format(const struct eid *e, char *text, size_t size)
{
	char address[ADDRESS_TEXT], plain[ADDRESS_TEXT + 16];
	size_t used;

	text[0] = '\0';
	if (eid_is_sg(e)) /* "sg:" and what stands between the brackets of its text form */
		sg_url(e, text, size);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].afi != e->addr.afi)
			continue;
		if (e->addr.afi == AFI_NAME)
			snprintf(address, sizeof(address), "%s", (const char *)e->addr.bytes);
		else
			address_format(&e->addr, address, sizeof(address));
		snprintf(plain, sizeof(plain), "%s%s/%u", kinds[i].prefix, address, e->plen);
		if (!url_encode(plain, text, size))
			text[0] = '\0';
	}
	used = strlen(text);
	if (used > 0 && e->iid != 0)
		snprintf(text + used, size - used, "?iid=%u", e->iid);
	return text;
}

/* Cut "/LENGTH" off @text. False: not a number, or too long for @bits. */
static bool take_length(char *text, unsigned int *length)
{
	char *slash = strrchr(text, '/'), *end;
	unsigned long v;

	if (slash == NULL)
		return true;
	v = strtoul(slash + 1, &end, 10);
	if (slash[1] < '0' || slash[1] > '9' || *end != '\0' || v > 248)
		return false;
	*slash = '\0';
	*length = (unsigned int)v;
	return true;
}

static bool set_address(struct address *a, uint16_t afi, const char *text)
{
	if (afi == AFI_NAME)
		return *text != '\0' && address_set(a, AFI_NAME, text, strlen(text) + 1);
	return address_parse(a, text) && a->afi == afi;
}

bool eid_url_parse(struct eid *e, const char *segment, uint32_t iid, const char **why)
{
	char text[ADDRESS_TEXT + 16];
	unsigned int length = 0xffff;

	if (!strncmp(segment, "sg:", 3))
		return sg_url_parse(e, segment + 3, iid, why);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t n = strlen(kinds[i].prefix);

		if (strncmp(segment, kinds[i].prefix, n) != 0)
			continue;
		*why = "the address is too long";
		if (strlen(segment + n) >= sizeof(text))
			return false;
		memcpy(text, segment + n, strlen(segment + n) + 1);
		*why = "the length after / is not a number from 0 to the address's bits";
		if (!take_length(text, &length))
			return false;
		*e = (struct eid){.iid = iid};
		*why = "the address is not of the kind that the prefix names";
		if (!set_address(&e->addr, kinds[i].afi, text))
			return false;
		*why = "the length is above the address's bits";
		if (length == 0xffff)
			length = address_bits(&e->addr);
		if (length > address_bits(&e->addr))
			return false;
		*why = "a name has no prefixes: its length is 8 for each byte, its NUL included";
		if (e->addr.afi == AFI_NAME && length != address_bits(&e->addr))
			return false;
		e->plen = (uint8_t)length;
		eid_mask(e);
		return true;
	}
	*why = "an EID begins with ipv4:, ipv6:, mac:, name: or sg:";
	return false;
}
