/* See trill.h. */
#include "trill/codec/trill.h"

#include <string.h>

const struct mac mac_all_rbridges = {{0x01, 0x80, 0xc2, 0x00, 0x00, 0x40}};
const struct mac mac_all_isis_rbridges = {{0x01, 0x80, 0xc2, 0x00, 0x00, 0x41}};
const struct mac mac_all_egress = {{0x01, 0x80, 0xc2, 0x00, 0x00, 0x42}};
const struct mac mac_all_edge = {{0x01, 0x80, 0xc2, 0x00, 0x00, 0x46}};
const struct mac mac_all_bridges = {{0x01, 0x80, 0xc2, 0x00, 0x00, 0x00}};
const struct mac mac_broadcast = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

const char *trill_error_name(int err)
{
	static const char *const names[TRILL_ERRORS] = {
		[0] = "none",
		[TRILL_ETRUNC] = "truncated",
		[TRILL_EOVERRUN] = "overrun",
		[TRILL_ESHORT] = "short",
		[TRILL_ELENGTH] = "length",
		[TRILL_EVALUE] = "value",
		[TRILL_EVERSION] = "version",
		[TRILL_EUNKNOWN] = "unknown",
		[TRILL_EDISCRIMINATOR] = "discriminator",
		[TRILL_EHEADER] = "header",
		[TRILL_ECHECKSUM] = "checksum",
		[TRILL_EAUTH] = "authentication",
		[TRILL_ENOROOM] = "no-room",
	};

	if (err < 0)
		err = -err;
	return err < TRILL_ERRORS ? names[err] : "?";
}

int mac_compare(const struct mac *a, const struct mac *b)
{
	uint64_t x = be48(a->bytes), y = be48(b->bytes);

	return (x > y) - (x < y);
}

int system_id_compare(const struct system_id *a, const struct system_id *b)
{
	uint64_t x = be48(a->bytes), y = be48(b->bytes);

	return (x > y) - (x < y);
}

bool label_equal(struct label a, struct label b)
{
	return a.id == b.id && a.fgl == b.fgl;
}

static void get(struct wire_reader *r, uint8_t *bytes, size_t n, const char *field)
{
	const uint8_t *p = wire_get_bytes(r, n, field);

	if (p)
		memcpy(bytes, p, n);
	else
		memset(bytes, 0, n);
}

void mac_get(struct wire_reader *r, struct mac *mac, const char *field)
{
	get(r, mac->bytes, MAC_LEN, field);
}

void mac_put(struct wire_writer *w, const struct mac *mac)
{
	wire_put_bytes(w, mac->bytes, MAC_LEN);
}

void system_id_get(struct wire_reader *r, struct system_id *id, const char *field)
{
	get(r, id->bytes, SYSTEM_ID_LEN, field);
}

void system_id_put(struct wire_writer *w, const struct system_id *id)
{
	wire_put_bytes(w, id->bytes, SYSTEM_ID_LEN);
}
