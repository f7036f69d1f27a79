/* See mutate.h. */
#include "tests/fuzz/mutate.h"

#include <string.h>

enum change {
	SET_BYTE,
	FLIP_BITS,
	SET_16,
	SET_32,
	CUT_OFF,
	APPEND,
	TAKE_OUT,
	REPEAT,
	MAKE_LCAF,
	CHANGES,
};

#define LCAF(type, length, ...) 0x40, 0x03, 0, 0, (type), 0, 0, (length), __VA_ARGS__

/* Address fields (AFI and what follows) that are well-formed or nearly. */
static const struct {
	uint8_t len, bytes[48];
} addresses[] = {
	{14, {LCAF(2, 6, 0, 0, 0, 7, 0, 0)}},                       /* Instance-ID around nothing */
	{18, {LCAF(2, 10, 0, 0, 0, 8, 0, 1, 10, 1, 0, 1)}},         /* of another tenant */
	{20, {LCAF(1, 12, 0, 1, 10, 1, 0, 1, 0, 1, 10, 1, 0, 2)}},  /* AFI-List */
	{12, {LCAF(1, 4, 0, 0, 0, 0)}},                             /* filled with AFI 0 */
	{18, {LCAF(13, 10, 0, 0, 0, 128, 0, 1, 192, 0, 2, 7)}},     /* replication list */
	{16, {LCAF(10, 8, 0, 1, 0, 1, 192, 0, 2, 9)}},              /* explicit path */
	{8, {0x40, 0x03, 0, 0, 11, 0, 0, 0}},                       /* no key */
	{14, {LCAF(14, 6, 0, 9, '{', '}', 0, 0)}},                  /* JSON longer than its LCAF */
	{32, {LCAF(1, 24, LCAF(1, 16, LCAF(1, 8, LCAF(1, 0, ))))}}, /* as deep as may be */
	{40, {LCAF(1, 32, LCAF(1, 24, LCAF(1, 16, LCAF(1, 8, LCAF(1, 0, )))))}}, /* deeper */
	{12, {LCAF(4, 4, 1, 2, 3, 4)}},                                          /* no such type */
	{12, {LCAF(255, 4, 0, 1, 2, 3)}},                                        /* vendor */
	{28, {LCAF(9, 20, 0, 0, 0, 0, 0, 0, 32, 32, 0, 1, 192, 0, 2, 1, 0, 1, 232, 1, 1, 1)}},
	{7, {0, 17, 'v', 'm', '-', '1', 0}}, /* Distinguished Name */
	{8, {0, 6, 0x52, 0x54, 0, 0, 0, 1}},
	{18, {0, 2, 0x20, 0x01, 0x0d, 0xb8, 0, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}, {2, {0, 0}},
	{4, {0x12, 0x34, 1, 2}}, /* no such family */
};

#define ADDRESSES (sizeof(addresses) / sizeof(addresses[0]))

static size_t at(struct script *s, size_t from, size_t len)
{
	uint16_t where = script_u16(s);

	return len > from ? from + where % (len - from) : len;
}

static void put(uint8_t *msg, size_t len, size_t where, uint32_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes && where + i < len; i++)
		msg[where + i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
}

/* Replace @out bytes at @where by the @in bytes at @bytes. */
static size_t splice(uint8_t *msg, size_t len, size_t cap, size_t where, size_t out,
	const uint8_t *bytes, size_t in)
{
	if (out > len - where)
		out = len - where;
	if (len - out + in > cap)
		return len;
	memmove(msg + where + in, msg + where + out, len - where - out);
	memcpy(msg + where, bytes, in);
	return len - out + in;
}

/* The first IPv4 address from @where on becomes another field. */
static size_t make_lcaf(struct script *s, uint8_t *msg, size_t len, size_t cap, size_t where)
{
	unsigned int which = script_pick(s, ADDRESSES);

	while (where + 6 <= len && (msg[where] != 0 || msg[where + 1] != 1))
		where++;
	if (where + 6 > len)
		return len;
	return splice(msg, len, cap, where, 6, addresses[which].bytes, addresses[which].len);
}

static size_t change(struct script *s, uint8_t *msg, size_t len, size_t cap, size_t from)
{
	static const uint16_t u16[] = {0, 1, 0x7fff, 0x8000, 0xffff, 16387, 17, 255};
	static const uint32_t u32[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 1440, 60, 0x10000};
	unsigned int kind = script_pick(s, CHANGES);
	size_t where = at(s, from, len), n;
	uint8_t piece[256], value;

	switch (kind) {
	case SET_BYTE:
		put(msg, len, where, script_u8(s), 1);
		return len;
	case FLIP_BITS:
		put(msg, len, where, (where < len ? msg[where] : 0u) ^ script_u8(s), 1);
		return len;
	case SET_16:
		put(msg, len, where, u16[script_pick(s, 8)], 2);
		return len;
	case SET_32:
		put(msg, len, where, u32[script_pick(s, 8)], 4);
		return len;
	case CUT_OFF:
		return where;
	case APPEND:
		n = script_u8(s);
		value = script_u8(s);
		memset(piece, value, sizeof(piece));
		return splice(msg, len, cap, len, 0, piece, n);
	case TAKE_OUT:
		return splice(msg, len, cap, where, script_u8(s), piece, 0);
	case REPEAT:
		n = script_u8(s);
		n = n < len - where ? n : len - where;
		memcpy(piece, msg + where, n);
		return splice(msg, len, cap, where, 0, piece, n);
	default:
		return make_lcaf(s, msg, len, cap, where);
	}
}

size_t mutate(struct script *s, uint8_t *msg, size_t len, size_t cap, size_t from, uint8_t *bits)
{
	uint8_t head = script_u8(s);

	*bits = head & 0xf8;
	for (unsigned int i = 0; i < (head & 7u); i++)
		len = change(s, msg, len, cap, from);
	return len;
}
