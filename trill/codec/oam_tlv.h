/* oam_tlv: the TLVs of TRILL OAM behind the first (RFC 7455 section 8.4), those of IEEE 802.1Q
 * clause 21.5 that its replies carry, and the body of a continuity check.
 *
 *   1 sender: chassis ID length 1, subtype 1, ID   4 interface status 1
 *   5 reply ingress, 6 reply egress: action 1, MAC 6, [port ID length 1, subtype 1, ID]
 *   65 reply address: type 1, length 1, address    66 label: type 1, R1, label 3
 *   67 original payload: TRILL header 6 or 10, flow entropy 96
 *   68 scope, 70 next hops: count 1, n x nickname 2
 *   69 previous nickname: R3, nickname 2           71 receivers: R1, count 4
 *   72 flow identifier: R1, MEP-ID 2, flow 2       73 reflector entropy: R1, 96
 *   CCM behind its sequence number: MEP-ID 2, MAID 48, zeros 16
 *
 * RFC 7455 section 3.4 puts the address family 16396 into the sender's subtype of one byte. Here
 * its high byte is that, and its low byte begins the chassis ID of 3 bytes: 03 40 0C and the
 * nickname, which a reader of 802.1Q steps over. A length of 2, which counts the nickname alone, is
 * read as well.
 *
 * A reader returns 0, or for each: -TRILL_ESHORT, a value shorter than its fixed fields;
 * -TRILL_ELENGTH, a length that its structure cannot have; and what it names itself. */
#ifndef SUNWARD_TRILL_CODEC_OAM_TLV_H
#define SUNWARD_TRILL_CODEC_OAM_TLV_H

#include "trill/codec/data.h"
#include "trill/codec/oam.h"

#define OAM_ADDRESS_MAX   16
#define OAM_NICKNAMES_MAX 255 /* of one TLV */
#define OAM_MAID_LEN      48
#define OAM_CCM_OWN_LEN   66 /* struct oam's own_len */

/* Flags of a CCM (802.1Q clause 21.6.1). */
#define OAM_CCM_RDI      0x80
#define OAM_CCM_INTERVAL 0x07

enum oam_address_type {
	OAM_ADDRESS_IPV4 = 0,
	OAM_ADDRESS_IPV6 = 1,
	OAM_ADDRESS_NICKNAME = 2,
};

struct oam_address {
	uint8_t type, len;
	uint8_t bytes[OAM_ADDRESS_MAX];
};

/* TLVs 5 and 6. */
enum {
	OAM_PORT_OK = 1,
	OAM_PORT_DOWN = 2,
	OAM_PORT_BLOCKED = 3,
	OAM_PORT_VID = 4, /* not a member of the VLAN */
};

/* TLV 4. */
enum {
	OAM_INTERFACE_UP = 1,
	OAM_INTERFACE_DOWN = 2,
	OAM_INTERFACE_TESTING = 3,
	OAM_INTERFACE_UNKNOWN = 4,
	OAM_INTERFACE_DORMANT = 5,
	OAM_INTERFACE_NOT_PRESENT = 6,
	OAM_INTERFACE_LOWER_DOWN = 7,
};

struct oam_port {
	uint8_t action;
	struct mac mac;
	bool has_id; /* a port ID of 2 bytes, locally assigned (subtype 7): that of TRILL */
	uint16_t id;
};

struct oam_original {
	struct data_header header;
	const uint8_t *flow; /* OAM_FLOW_LEN bytes; borrowed */
};

struct oam_ccm {
	uint16_t mep;        /* 1 to 65535 (section 6) */
	const uint8_t *maid; /* OAM_MAID_LEN bytes; borrowed */
};

/* "TrillBaseMode", 65532: the MAID of the base mode (appendix B). Its figure 25 takes the octets'
 * positions in 802.1Q's table for sizes: the lengths are of one byte. */
extern const uint8_t oam_base_maid[OAM_MAID_LEN];

/* TLV 1. -TRILL_EUNKNOWN: of another address family than nicknames. */
int oam_sender_read(const struct tlv *t, uint16_t *nickname);
void oam_sender_put(struct wire_writer *w, uint16_t nickname);

/* TLV 4. -TRILL_EVALUE: none of its values. */
int oam_interface_read(const struct tlv *t, uint8_t *status);
void oam_interface_put(struct wire_writer *w, uint8_t status);

/* TLVs 5 and 6. -TRILL_EVALUE: none of the actions; -TRILL_EOVERRUN: of the port ID. IDs of another
 * subtype or length are passed over. */
int oam_port_read(const struct tlv *t, struct oam_port *p);
void oam_port_put(struct wire_writer *w, enum oam_tlv_type type, const struct oam_port *p);

/* TLV 65. -TRILL_EUNKNOWN: of a type that we do not know; -TRILL_EVALUE: a length that its type
 * does not have; -TRILL_EOVERRUN: of the address. */
int oam_address_read(const struct tlv *t, struct oam_address *a);
void oam_address_put(struct wire_writer *w, const struct oam_address *a);

/* TLV 66. -TRILL_EUNKNOWN: neither VLAN nor fine-grained label. */
int oam_label_read(const struct tlv *t, struct label *label);
void oam_label_put(struct wire_writer *w, struct label label);

/* TLV 67. Other errors: data_header_read()'s. @header and @flow are written as they came. */
int oam_original_read(const struct tlv *t, struct oam_original *o);
void oam_original_put(struct wire_writer *w, const uint8_t *header, size_t header_len,
	const uint8_t flow[OAM_FLOW_LEN]);

/* TLVs 68 and 70: how many. -TRILL_ELENGTH also when the count is not the length's. */
int oam_nicknames_read(const struct tlv *t);
uint16_t oam_nickname_at(const struct tlv *t, unsigned int i);
/* @n above OAM_NICKNAMES_MAX fails in @w. */
void oam_nicknames_put(
	struct wire_writer *w, enum oam_tlv_type type, const uint16_t *nicknames, unsigned int n);

/* TLV 69. */
int oam_previous_read(const struct tlv *t, uint16_t *nickname);
void oam_previous_put(struct wire_writer *w, uint16_t nickname);

/* TLV 71. */
int oam_receivers_read(const struct tlv *t, uint32_t *count);
void oam_receivers_put(struct wire_writer *w, uint32_t count);

/* TLV 72. -TRILL_EVALUE: MEP-ID 0. */
int oam_flow_read(const struct tlv *t, uint16_t *mep, uint16_t *flow);
void oam_flow_put(struct wire_writer *w, uint16_t mep, uint16_t flow);

/* TLV 73: @flow borrows OAM_FLOW_LEN bytes. */
int oam_reflector_read(const struct tlv *t, const uint8_t **flow);
void oam_reflector_put(struct wire_writer *w, const uint8_t flow[OAM_FLOW_LEN]);

/* What is CCM's own. -TRILL_ELENGTH: not OAM_CCM_OWN_LEN bytes; -TRILL_EVALUE: MEP-ID 0. */
int oam_ccm_read(const struct oam *o, struct oam_ccm *c);
void oam_ccm_own(uint8_t own[OAM_CCM_OWN_LEN], uint16_t mep, const uint8_t maid[OAM_MAID_LEN]);

#endif
