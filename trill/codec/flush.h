/* flush: the Address Flush message (RFC 8383 section 2), channel protocol 0x009.
 *
 *   K 1 | K x nickname 2 | B 1 | B x (R4 start VLAN 12, R4 end VLAN 12)
 *   K 1 | K x nickname 2 | 0 1 | TLVs of type 1, length 1:
 *     1 blocks of VLANs 4n    2 bit map of VLANs 2 + m    3 blocks of FGLs 6n    4 FGLs 3n
 *     5 bit map of FGLs 3 + m    6 all labels 0    7 MACs 6n    8 blocks of MACs 12n
 *
 * A message says {label, MAC, nickname} of which learned addresses go: flush_applies() asks it. It
 * knows nothing of who has learned what. */
#ifndef SUNWARD_TRILL_CODEC_FLUSH_H
#define SUNWARD_TRILL_CODEC_FLUSH_H

#include "trill/codec/tlv.h"
#include "trill/codec/vlan_set.h"

enum {
	FLUSH_VLAN_BLOCKS = 1,
	FLUSH_VLAN_MAP = 2,
	FLUSH_FGL_BLOCKS = 3,
	FLUSH_FGLS = 4,
	FLUSH_FGL_MAP = 5,
	FLUSH_ALL_LABELS = 6,
	FLUSH_MACS = 7,
	FLUSH_MAC_BLOCKS = 8,
};

struct flush {
	uint16_t ingress; /* of the TRILL header: the nickname, where none is listed */
	unsigned int nickname_count;
	const uint8_t *nicknames; /* 2 bytes each, borrowed */
	unsigned int block_count; /* of VLANs; 0: the extensible form */
	const uint8_t *blocks;    /* 4 bytes each */
	const uint8_t *tlvs;
	size_t tlvs_len;
	bool has_macs; /* else all MACs are meant */
};

/* Read the payload of a channel message from @ingress. Returns 0; -TRILL_ETRUNC; -TRILL_EOVERRUN
 * for a TLV that does not fit; -TRILL_ELENGTH for a length that its type cannot have. After an
 * error the message is to be ignored. */
int flush_read(const void *payload, size_t len, uint16_t ingress, struct flush *f,
	struct wire_fault *fault);

/* What was learned of @mac in @label from @nickname goes. */
bool flush_applies(
	const struct flush *f, struct label label, const struct mac *mac, uint16_t nickname);

#define FLUSH_MACS_MAX 256 /* that a message has room for */

#define FLUSH_FGLS_MAX 64

/* What it means, when it lists that. */
struct flush_list {
	struct vlan_set vlans;
	uint32_t fgls[FLUSH_FGLS_MAX]; /* fine-grained labels, each by itself */
	unsigned int fgl_count;
	struct mac macs[FLUSH_MACS_MAX];
	unsigned int mac_count;
};

/* It lists what it means, MAC by MAC, in VLANs and single fine-grained labels alone. False: it
 * means others, too. */
bool flush_listed(const struct flush *f, struct flush_list *l);

/* For one MAC that has moved: in @label, learned from @nickname (type 1 or 4, and 7). */
void flush_put_mac(
	struct wire_writer *w, struct label label, const struct mac *mac, uint16_t nickname);

#endif
