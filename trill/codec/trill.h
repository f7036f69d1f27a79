/* trill: the code points that all of TRILL shares (RFC 6325, 7176, 7780 section 10, RFC 7172), and
 * the errors of its codec.
 *
 * The codec is pure: bytes <-> structs; no socket, clock, entropy or allocation (isis_auth makes
 * its keys when they are configured, and nothing later). What is parsed borrows from the frame and
 * dies with it. A reader returns 0 or a negative enum trill_error, one for each way to be wrong, so
 * that the caller can count it. */
#ifndef SUNWARD_TRILL_CODEC_TRILL_H
#define SUNWARD_TRILL_CODEC_TRILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/wire.h"

/* Ethertypes. */
#define ETHERTYPE_TRILL       0x22F3
#define ETHERTYPE_L2_ISIS     0x22F4
#define ETHERTYPE_CHANNEL     0x8946 /* RBridge Channel, RFC 7178 */
#define ETHERTYPE_CTAG        0x8100
#define ETHERTYPE_FGL         0x893B /* each half of a fine-grained label, RFC 7172 */
#define ETHERTYPE_CFM         0x8902 /* OAM, RFC 7455 */
#define ETHERTYPE_NATIVE_ARP  0x0806 /* of end stations */
#define ETHERTYPE_NATIVE_IPV6 0x86DD

/* Nicknames (RFC 6325 section 3.7, RFC 7180bis sections 3.2 and 4.5). */
#define NICKNAME_NONE        0x0000
#define NICKNAME_LAST        0xFFBF /* the last that an RBridge may hold */
#define NICKNAME_ANY_RBRIDGE 0xFFC0
#define NICKNAME_OOMF        0xFFC1
#define NICKNAME_RESERVED    0xFFFF

#define MAC_LEN       6
#define SYSTEM_ID_LEN 6

/* Labels (RFC 7172): a VLAN ID of 12 bits, or a fine-grained label of 24. */
#define VLAN_NONE     0x000
#define VLAN_LAST     0xFFE
#define VLAN_RESERVED 0xFFF
#define FGL_LAST      0xFFFFFF

struct mac {
	uint8_t bytes[MAC_LEN];
};

struct system_id {
	uint8_t bytes[SYSTEM_ID_LEN];
};

/* A Data Label: whose traffic a frame is. */
struct label {
	uint32_t id; /* 12 bits of a VLAN, 24 of an FGL */
	bool fgl;
};

/* Group addresses of 01-80-C2-00-00-xx (RFC 6325 section 7.2, RFC 7177, 7178, 7357). */
extern const struct mac mac_all_rbridges;      /* -40: TRILL Data of many destinations */
extern const struct mac mac_all_isis_rbridges; /* -41 */
extern const struct mac mac_all_egress;        /* -42: All-ESADI-, now All-Egress-RBridges */
extern const struct mac mac_all_edge;          /* -46: native RBridge Channel */
extern const struct mac mac_all_bridges;       /* -00: BPDUs (IEEE 802.1Q table 8-1) */
extern const struct mac mac_broadcast;

/* Negative returns of readers and writers. Each way to be wrong has its own. */
enum trill_error {
	TRILL_ETRUNC = 1, /* the frame or PDU ends within a fixed field */
	TRILL_EOVERRUN,   /* a length inside reaches beyond what holds it */
	TRILL_ESHORT,     /* a TLV's value is shorter than its fixed fields */
	TRILL_ELENGTH,    /* a length that its structure cannot have: not n x record, too long */
	TRILL_EVALUE,     /* a value that the text forbids */
	TRILL_EVERSION,   /* a version that we do not know */
	TRILL_EUNKNOWN,   /* well-formed, but of a type that we do not know */
	TRILL_EDISCRIMINATOR, /* not IS-IS: the first byte is not 0x83 */
	TRILL_EHEADER,        /* IS-IS: length indicator, ID length or maximum area addresses */
	TRILL_ECHECKSUM,      /* IS-IS: the LSP's checksum */
	TRILL_EAUTH,          /* authentication is missing, of another kind, or wrong */
	TRILL_ENOROOM,        /* writer: no room, or a value too wide for its field */
};
#define TRILL_ERRORS (TRILL_ENOROOM + 1)

/* "overrun" for -TRILL_EOVERRUN or TRILL_EOVERRUN: the name of its counter. */
const char *trill_error_name(int err);

/* A nickname that an RBridge may hold: 0x0001 to 0xFFBF. */
static inline bool nickname_usable(uint16_t nickname)
{
	return nickname != NICKNAME_NONE && nickname <= NICKNAME_LAST;
}

/* A VLAN that a port can be enabled for: 0x001 to 0xFFE. */
static inline bool vlan_usable(uint32_t vlan)
{
	return vlan != VLAN_NONE && vlan <= VLAN_LAST;
}

/* Multicast or broadcast. */
static inline bool mac_is_zero(const struct mac *mac)
{
	static const struct mac zero;

	return !memcmp(mac, &zero, sizeof(zero));
}

static inline bool mac_is_group(const struct mac *mac)
{
	return mac->bytes[0] & 1;
}

/* 6 bytes in network order: IDs are compared all the time. */
static inline uint64_t be48(const uint8_t bytes[6])
{
	return (uint64_t)bytes[0] << 40 | (uint64_t)bytes[1] << 32 | (uint64_t)bytes[2] << 24 |
	       (uint64_t)bytes[3] << 16 | (uint64_t)bytes[4] << 8 | bytes[5];
}

/* As unsigned integers in network order: < 0, 0, > 0. */
int mac_compare(const struct mac *a, const struct mac *b);
int system_id_compare(const struct system_id *a, const struct system_id *b);
bool label_equal(struct label a, struct label b);

/* What the readers and writers of this folder share. */
void mac_get(struct wire_reader *r, struct mac *mac, const char *field);
void mac_put(struct wire_writer *w, const struct mac *mac);
void system_id_get(struct wire_reader *r, struct system_id *id, const char *field);
void system_id_put(struct wire_writer *w, const struct system_id *id);

#endif
