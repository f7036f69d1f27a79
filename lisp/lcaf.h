/* lcaf: an address field (AFI and address), plain or in the LISP Canonical Address Format (RFC
 * 8060). */
#ifndef SUNWARD_LISP_LCAF_H
#define SUNWARD_LISP_LCAF_H

#include "lisp/lisp.h"

enum lcaf_type {
	LCAF_AFI_LIST = 1,
	LCAF_IID = 2,
	LCAF_ASN = 3,
	LCAF_GEO = 5,
	LCAF_NAT = 7,
	LCAF_MULTICAST = 9,
	LCAF_ELP = 10,
	LCAF_KEY = 11,
	LCAF_SRC_DST = 12,
	LCAF_RLE = 13,
	LCAF_JSON = 14,
	LCAF_KEY_VALUE = 15,
	LCAF_ENCAP = 16,
	LCAF_GEO_LOCATION = 17, /* RFC 10040 */
	LCAF_VENDOR = 255,
};

/* An address field as it stands in the packet, checked to its last nested address. */
struct lisp_field {
	uint16_t afi;        /* the outermost AFI */
	uint8_t lcaf;        /* enum lcaf_type when afi is AFI_LCAF */
	bool known;          /* false: an LCAF type we do not know (RFC 9306: ignore it) */
	struct address addr; /* plain AFIs; AFI_NONE for an LCAF */
	const uint8_t *raw;  /* borrowed: from the AFI to the field's last byte */
	size_t raw_len;
};

/* Read one address field. Faults stick in the reader. */
void lisp_field_read(struct wire_reader *r, struct lisp_field *f, const char *name);
/* Write a plain address with its AFI. */
void lisp_address_write(struct wire_writer *w, const struct address *a);

/* What the field comes to as a unicast locator: the address itself, or the one inside an
 * Instance-ID, Security-Key, AFI-List (its first IP), Geo, Key-Value or Encapsulation-Format LCAF.
 * False: it holds none. */
bool lisp_field_locator(const struct lisp_field *f, struct address *rloc);

/* The decoded body of one LCAF; nested address fields are lisp_fields of their own. */
struct lcaf_hop { /* ELP */
	bool lookup, probe, strict;
	struct lisp_field addr;
};
struct lcaf_rle_entry {
	uint8_t level;
	struct lisp_field addr;
};
struct lcaf_slice {
	const uint8_t *bytes;
	uint16_t len;
};

struct lcaf {
	uint8_t type;
	uint8_t flags; /* the header's Flags octet */
	uint8_t rsvd2; /* the header's second reserved octet (type 2: IID mask-len; 7, 11: see
			  there) */
	union {
		struct { /* 2 */
			uint32_t iid;
			uint8_t mask_len;
			struct lisp_field addr;
		} iid;
		struct { /* 3 */
			uint32_t asn;
			struct lisp_field addr;
		} asn;
		struct { /* 5: raw coordinates as on the wire */
			bool north, east;
			uint16_t lat_deg, lon_deg;
			uint8_t lat_min, lat_sec, lon_min, lon_sec;
			uint32_t altitude;
			struct lisp_field addr;
		} geo;
		struct { /* 7; up to 8 RTR RLOCs are kept, all are checked */
			uint16_t ms_port, etr_port;
			struct lisp_field global, ms, private_etr;
			uint8_t rtr_count;
			struct lisp_field rtr[8];
		} nat;
		struct { /* 9 */
			bool r, l, j;
			uint32_t iid;
			uint8_t source_plen, group_plen;
			struct lisp_field source, group;
		} multicast;
		struct { /* 1, 10, 13: iterate with lcaf_next_* */
			struct wire_reader items;
		} list;
		struct { /* 11; keys are iterated with lcaf_next_key */
			uint8_t key_count, algorithm;
			bool revoke;
			struct wire_reader items;
			struct lisp_field addr;
		} key;
		struct { /* 12 */
			uint8_t source_plen, dest_plen;
			struct lisp_field source, dest;
		} src_dst;
		struct { /* 14 */
			bool binary;
			struct lcaf_slice json;
			struct lisp_field addr;
		} json;
		struct { /* 15 */
			struct lisp_field key, value;
		} key_value;
		struct { /* 16: the capability bits, low bits U G N v V l L as in RFC 8060
			    section 5.6 */
			uint32_t capabilities;
			struct lisp_field addr;
		} encap;
		struct { /* 17: RFC 10040, the flags and coordinates as on the wire */
			struct lcaf_slice body;
			struct lisp_field addr;
		} geo_location;
		struct { /* 255 */
			uint32_t oui;
			struct lcaf_slice body;
		} vendor;
	} u;
};

/* Decode the LCAF of a checked field (afi is AFI_LCAF and known). */
void lcaf_decode(const struct lisp_field *f, struct lcaf *l);
bool lcaf_next_address(struct wire_reader *items, struct lisp_field *f); /* type 1 */
bool lcaf_next_hop(struct wire_reader *items, struct lcaf_hop *hop);     /* type 10 */
bool lcaf_next_rle(struct wire_reader *items, struct lcaf_rle_entry *e); /* type 13 */
bool lcaf_next_key(struct wire_reader *items, struct lcaf_slice *key);   /* type 11 */
/* Write @l; nested fields are written from their raw bytes, or, when raw is NULL, from addr. */
void lcaf_write(struct wire_writer *w, const struct lcaf *l);

/* An EID field of a record. */
struct lisp_eid {
	struct eid eid; /* plain, or inside an Instance-ID LCAF; host bits cleared */
	bool plain; /* false: a kind that has no struct eid (source/destination, unknown), or (S,G)
		     */
	bool multicast; /* (S,G), LCAF 9: `eid` has it (AFI_SG_...) */
	struct lisp_field field;
};

/* Read an EID whose mask-len (@plen, already read, at byte @plen_offset) is checked against its
 * family: > 32, 128, 48, or not 8 x length for a name, is refused. Host bits that are set are
 * cleared, not refused. */
void lisp_eid_read(
	struct wire_reader *r, unsigned int plen, size_t plen_offset, struct lisp_eid *e);
/* Write AFI and address of @e, inside an Instance-ID LCAF when e->iid is not 0. MACs as AFI 6. */
void lisp_eid_write(struct wire_writer *w, const struct eid *e);
size_t lisp_eid_size(const struct eid *e); /* bytes that lisp_eid_write puts */
/* The mask-len of a record of @e. That of an (S,G) stands in its LCAF: 0. */
uint8_t lisp_eid_plen(const struct eid *e);
/* @e has a struct eid. */
static inline bool lisp_eid_kept(const struct lisp_eid *e)
{
	return e->plain || e->multicast;
}

#endif
