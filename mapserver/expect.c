/* See expect.h. */
#include "mapserver/expect.h"

#include "lisp/lisp.h"

#define ECM_SECURITY   0x08 /* of its first byte: then the inner header stands elsewhere */
#define ECM_INNER      4
#define IPV4_DEST      16 /* in an IP header */
#define IPV6_DEST      24
#define REGISTER_MAC   16 /* RFC 9301 section 5.6: the length of the MAC stands two bytes before */
#define RECORD_PLEN    5
#define RECORD_EID_AFI 10

static bool guess(struct expect_guess *g, uint16_t afi, const uint8_t *bytes, size_t len, size_t at)
{
	if (at + mapping_key_bytes(afi) > len)
		return false;
	*g = (struct expect_guess){afi, bytes + at};
	return true;
}

static bool guess_ecm(struct expect_guess *g, const uint8_t *bytes, size_t len)
{
	if (len <= ECM_INNER || bytes[0] & ECM_SECURITY)
		return false;
	if (bytes[ECM_INNER] >> 4 == 4)
		return guess(g, AFI_IPV4, bytes, len, ECM_INNER + IPV4_DEST);
	return bytes[ECM_INNER] >> 4 == 6 && guess(g, AFI_IPV6, bytes, len, ECM_INNER + IPV6_DEST);
}

static bool guess_register(struct expect_guess *g, const uint8_t *bytes, size_t len)
{
	size_t record, afi;

	if (len < REGISTER_MAC)
		return false;
	record = REGISTER_MAC + ((size_t)bytes[REGISTER_MAC - 2] << 8 | bytes[REGISTER_MAC - 1]);
	if (record + RECORD_EID_AFI + 2 > len)
		return false;
	afi = (size_t)bytes[record + RECORD_EID_AFI] << 8 | bytes[record + RECORD_EID_AFI + 1];
	if ((afi != AFI_IPV4 && afi != AFI_IPV6 && afi != AFI_MAC) ||
		bytes[record + RECORD_PLEN] != 8 * mapping_key_bytes((uint16_t)afi))
		return false;
	return guess(g, (uint16_t)afi, bytes, len, record + RECORD_EID_AFI + 2);
}

bool expect_guess(const uint8_t *bytes, size_t len, struct expect_guess *g)
{
	switch (lisp_type_of(bytes, len)) {
	case LISP_ECM:
		return guess_ecm(g, bytes, len);
	case LISP_MAP_REGISTER:
		return guess_register(g, bytes, len);
	default:
		return false;
	}
}

void expect_fetch(const struct registry *r, const struct expect_guess *list, size_t n)
{
	struct lpm_query queries[EXPECT_MAX];
	size_t count = 0;

	for (size_t i = 0; i < n && i < EXPECT_MAX; i++) {
		const struct lpm *table = registry_table(r, 0, list[i].afi);

		if (table)
			queries[count++] = (struct lpm_query){.table = table,
				.key = list[i].key,
				.plen = 8 * (unsigned int)mapping_key_bytes(list[i].afi)};
	}
	lpm_longest_batch(queries, count); /* what it finds is looked for again */
}
