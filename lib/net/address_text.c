/* See address.h: the text forms, both ways. What format writes, parse reads back to the same value.
 */
#include "lib/net/address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* The @n characters at @s as a decimal number of at most @max: digits only. */
static bool number_parse(const char *s, size_t n, uint32_t max, uint32_t *out)
{
	uint64_t v = 0;

	if (n == 0 || n > 10)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(s[i] - '0');
	}
	*out = (uint32_t)v;
	return v <= max;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int hex_pair(const char *s)
{
	int high = hex_digit(s[0]);
	int low = high < 0 ? -1 : hex_digit(s[1]);

	return low < 0 ? -1 : high << 4 | low;
}

static bool mac_parse(struct address *a, const char *text)
{
	uint8_t mac[6];

	if (strlen(text) != 17)
		return false;
	for (int i = 0; i < 6; i++) {
		int v = hex_pair(text + 3 * i);

		if (v < 0 || (i < 5 && text[3 * i + 2] != ':'))
			return false;
		mac[i] = (uint8_t)v;
	}
	return address_set(a, AFI_MAC, mac, sizeof(mac));
}

/* One character of a name in quotes: itself, \" or \\, or \xHH. Returns the characters read, 0 when
 * wrong. */
static size_t name_char(const char *s, uint8_t *out)
{
	int v;

	if (*s == 0 || *s == '"')
		return 0;
	*out = (uint8_t)s[0];
	if (s[0] != '\\')
		return 1;
	*out = (uint8_t)s[1];
	if (s[1] == '"' || s[1] == '\\')
		return 2;
	v = s[1] == 'x' ? hex_pair(s + 2) : -1;
	if (v <= 0)
		return 0;
	*out = (uint8_t)v;
	return 4;
}

/* A name that starts at the quote @text. Returns the end, after the closing quote, or NULL. */
static const char *name_parse(struct address *a, const char *text)
{
	uint8_t name[ADDRESS_MAX];
	size_t used, n = 0;

	for (text++; *text != '"'; text += used) {
		if (n == ADDRESS_MAX - 1)
			return NULL;
		used = name_char(text, &name[n++]);
		if (!used)
			return NULL;
	}
	name[n++] = 0;
	return address_set(a, AFI_NAME, name, n) ? text + 1 : NULL;
}

bool address_parse(struct address *a, const char *text)
{
	uint8_t bytes[16];

	if (text[0] == '"') {
		const char *end = name_parse(a, text);

		return end && *end == 0;
	}
	if (inet_pton(AF_INET, text, bytes) == 1)
		return address_set(a, AFI_IPV4, bytes, 4);
	if (inet_pton(AF_INET6, text, bytes) == 1)
		return address_set(a, AFI_IPV6, bytes, 16);
	return mac_parse(a, text);
}

/* Names come from peers: everything but plain ASCII is shown by its number. */
static void name_format(const struct address *a, char *text, size_t size)
{
	size_t n = 1;

	snprintf(text, size, "\"");
	for (unsigned int i = 0; i + 1 < a->len && n + 6 < size; i++) {
		uint8_t c = a->bytes[i];

		if (c == '"' || c == '\\')
			n += (size_t)snprintf(text + n, size - n, "\\%c", c);
		else if (c >= 0x20 && c < 0x7f)
			n += (size_t)snprintf(text + n, size - n, "%c", c);
		else
			n += (size_t)snprintf(text + n, size - n, "\\x%02x", c);
	}
	if (n < size)
		snprintf(text + n, size - n, "\"");
}

const char *address_format(const struct address *a, char *text, size_t size)
{
	const uint8_t *b = a->bytes;

	switch (a->afi) {
	case AFI_IPV4:
	case AFI_IPV6:
		if (!inet_ntop(a->afi == AFI_IPV4 ? AF_INET : AF_INET6, b, text, (socklen_t)size))
			snprintf(text, size, "?");
		break;
	case AFI_MAC:
		snprintf(text, size, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4],
			b[5]);
		break;
	case AFI_NAME:
		name_format(a, text, size);
		break;
	case AFI_NONE:
		snprintf(text, size, "none");
		break;
	default:
		snprintf(text, size, "AFI %u", a->afi);
		break;
	}
	return text;
}

/* Copy the @n characters at @s and parse them as an IP address. */
static bool ip_parse(struct address *a, const char *s, size_t n)
{
	char text[ADDRESS_TEXT];

	if (n >= sizeof(text))
		return false;
	memcpy(text, s, n);
	text[n] = 0;
	return address_parse(a, text) && address_is_ip(a);
}

bool endpoint_parse(struct endpoint *e, const char *text, uint16_t default_port)
{
	const char *colon = strrchr(text, ':'), *end = text + strlen(text), *bracket;
	uint32_t port = default_port;

	if (text[0] == '[') {
		bracket = strchr(text, ']');
		if (!bracket || !ip_parse(&e->addr, text + 1, (size_t)(bracket - text - 1)))
			return false;
		if (e->addr.afi != AFI_IPV6 || (bracket[1] != 0 && bracket[1] != ':'))
			return false;
		colon = bracket[1] ? bracket + 1 : NULL;
	} else if (colon && strchr(text, ':') == colon) { /* just one: IPv4 and a port */
		if (!ip_parse(&e->addr, text, (size_t)(colon - text)))
			return false;
	} else { /* no port */
		colon = NULL;
		if (!ip_parse(&e->addr, text, (size_t)(end - text)))
			return false;
	}
	if (colon && !number_parse(colon + 1, (size_t)(end - colon - 1), 65535, &port))
		return false;
	e->port = (uint16_t)port;
	return port != 0;
}

const char *endpoint_format(const struct endpoint *e, char *text, size_t size)
{
	char addr[ADDRESS_TEXT];

	address_format(&e->addr, addr, sizeof(addr));
	snprintf(text, size, e->addr.afi == AFI_IPV6 ? "[%s]:%u" : "%s:%u", addr, e->port);
	return text;
}

/* "[IID]" if it is there. Moves *@text behind it. */
static bool iid_parse(struct eid *e, const char **text, const char **why)
{
	const char *close;

	e->iid = 0;
	if (**text != '[')
		return true;
	close = strchr(*text, ']');
	if (!close || !number_parse(*text + 1, (size_t)(close - *text - 1), UINT32_MAX, &e->iid)) {
		*why = "the instance-ID in brackets must be a decimal number from 0 to 4294967295, "
		       "such as [7]192.0.2.0/24";
		return false;
	}
	*text = close + 1;
	return true;
}

/* The address up to the slash or the end. Returns where it ends, or NULL. */
static const char *eid_address_parse(struct address *a, const char *text)
{
	size_t n = strcspn(text, "/");
	char part[ADDRESS_TEXT];

	if (text[0] == '"')
		return name_parse(a, text);
	if (n >= sizeof(part))
		return NULL;
	memcpy(part, text, n);
	part[n] = 0;
	return address_parse(a, part) ? text + n : NULL;
}

static const char *length_reason(uint16_t afi)
{
	switch (afi) {
	case AFI_IPV4:
		return "the prefix length of an IPv4 address must be a number from 0 to 32";
	case AFI_IPV6:
		return "the prefix length of an IPv6 address must be a number from 0 to 128";
	case AFI_MAC:
		return "the prefix length of a MAC address must be a number from 0 to 48";
	default:
		return "the prefix length of a name must be a number from 0 to 8 x (its characters + 1)";
	}
}

/* "ADDRESS" or "ADDRESS/LENGTH", the @n characters at @text. */
static bool prefix_parse(struct address *a, unsigned int *plen, const char *text, size_t n)
{
	const char *slash = memchr(text, '/', n);
	size_t head = slash ? (size_t)(slash - text) : n;
	uint32_t length;

	if (!ip_parse(a, text, head))
		return false;
	length = address_bits(a);
	if (slash && !number_parse(slash + 1, n - head - 1, address_bits(a), &length))
		return false;
	*plen = length;
	return true;
}

/* "(SOURCE,GROUP)"; each may be a prefix, "*" is every source. */
static bool sg_parse(struct eid *e, const char *text, const char **why)
{
	size_t len = strlen(text), comma = strcspn(text, ",");
	unsigned int source_plen = 0, group_plen;
	struct address source, group;
	struct eid exact;

	*why = "not (SOURCE,GROUP) of one family: give (192.0.2.1,232.1.1.1), "
	       "(192.0.2.0/24,232.1.1.1) or (*,232.0.0.0/8)";
	if (comma == len || text[len - 1] != ')' ||
		!prefix_parse(&group, &group_plen, text + comma + 1, len - comma - 2))
		return false;
	if (comma == 2 && text[1] == '*')
		source = (struct address){.afi = group.afi, .len = group.len};
	else if (!prefix_parse(&source, &source_plen, text + 1, comma - 1))
		return false;
	if (!eid_set_sg(e, e->iid, &source, source_plen, &group, group_plen))
		return false;
	eid_set_sg(&exact, e->iid, &source, address_bits(&source), &group, address_bits(&group));
	*why = "the source or the group has bits set beyond its prefix length";
	return memcmp(exact.addr.bytes, e->addr.bytes, e->addr.len) == 0;
}

static const char *sg_format(const struct eid *e, char *text, size_t size)
{
	char source[ADDRESS_TEXT], group[ADDRESS_TEXT], source_len[16] = "", group_len[16] = "";
	unsigned int source_plen, group_plen;
	struct address s, g;

	eid_get_sg(e, &s, &source_plen, &g, &group_plen);
	address_format(&s, source, sizeof(source));
	if (source_plen < address_bits(&s))
		snprintf(source_len, sizeof(source_len), "/%u", source_plen);
	if (group_plen < address_bits(&g))
		snprintf(group_len, sizeof(group_len), "/%u", group_plen);
	snprintf(text, size, "(%s%s,%s%s)", source_plen ? source : "*",
		source_plen ? source_len : "", address_format(&g, group, sizeof(group)), group_len);
	return text;
}

bool eid_parse(struct eid *e, const char *text, const char **why)
{
	uint32_t plen;

	memset(e, 0, sizeof(*e));
	if (!iid_parse(e, &text, why))
		return false;
	if (*text == '(')
		return sg_parse(e, text, why);
	text = eid_address_parse(&e->addr, text);
	if (!text || (*text != 0 && *text != '/')) {
		*why = "not an address: give 192.0.2.1, 2001:db8::1, 52:54:00:00:00:01 or "
		       "\"a name\" of at most 30 characters, then /LENGTH for a prefix";
		return false;
	}
	plen = address_bits(&e->addr);
	if (*text && !number_parse(text + 1, strlen(text + 1), plen, &plen)) {
		*why = length_reason(e->addr.afi);
		return false;
	}
	e->plen = (uint8_t)plen;
	if (eid_mask(e)) {
		*why = "the address has bits set beyond its prefix length: clear them, or give a "
		       "longer length";
		return false;
	}
	return true;
}

const char *eid_format(const struct eid *e, char *text, size_t size)
{
	char addr[2 * ADDRESS_TEXT + 64], iid[16] = "", plen[8] = "";

	if (e->iid)
		snprintf(iid, sizeof(iid), "[%u]", e->iid);
	if (eid_is_sg(e)) {
		snprintf(text, size, "%s%s", iid, sg_format(e, addr, sizeof(addr)));
		return text;
	}
	if (!eid_is_host(e) && e->addr.afi != AFI_NONE)
		snprintf(plen, sizeof(plen), "/%u", e->plen);
	snprintf(text, size, "%s%s%s", iid, address_format(&e->addr, addr, sizeof(addr)), plen);
	return text;
}
