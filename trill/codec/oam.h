/* oam: the head of TRILL OAM messages and the TLV that each has (RFC 7455 section 8, IEEE 802.1Q
 * clause 21).
 *
 *   0x8902 | MD level 3, version 5 | opcode 1 | flags 1 | offset of the first TLV 1 | session 4 |
 *            the opcode's own | TLVs
 *   0 end    64 application: version 1, R3 bytes, fragment 1, code 1, sub-code 1, R12 F C O I
 *
 * TLVs are of form TLV_OAM; the others are in oam_tlv. The flow entropy of 96 bytes stands before
 * it and is not read here. */
#ifndef SUNWARD_TRILL_CODEC_OAM_H
#define SUNWARD_TRILL_CODEC_OAM_H

#include "trill/codec/tlv.h"

#define OAM_FLOW_LEN 96 /* bytes from Inner.MacDA on, before 0x8902 */

enum oam_opcode {
	OAM_CCM = 1,
	OAM_LOOPBACK_REPLY = 2,
	OAM_LOOPBACK = 3,
	OAM_TRACE_REPLY = 64,
	OAM_TRACE = 65,
	OAM_TREE_REPLY = 66,
	OAM_TREE = 67,
};

enum oam_tlv_type {
	OAM_TLV_END = 0,
	OAM_TLV_SENDER = 1,
	OAM_TLV_DATA = 3,
	OAM_TLV_INTERFACE = 4,
	OAM_TLV_INGRESS = 5,
	OAM_TLV_EGRESS = 6,
	OAM_TLV_APPLICATION = 64,
	OAM_TLV_REPLY_ADDRESS = 65,
	OAM_TLV_LABEL = 66,
	OAM_TLV_ORIGINAL = 67,
	OAM_TLV_SCOPE = 68,
	OAM_TLV_PREVIOUS = 69,
	OAM_TLV_NEXT_HOPS = 70,
	OAM_TLV_RECEIVERS = 71,
	OAM_TLV_FLOW = 72,
	OAM_TLV_REFLECTOR = 73,
	OAM_TLV_AUTH = 74,
};

/* Return code, and sub-codes of a reply (section 15.4). */
#define OAM_CODE_REQUEST     0
#define OAM_CODE_REPLY       1
#define OAM_SUB_VALID        0
#define OAM_SUB_FRAGMENTS    1
#define OAM_SUB_INTERMEDIATE 2

#define OAM_LEVEL 3 /* of the base mode (appendix B) */

struct oam {
	uint8_t level; /* 3 bits */
	uint8_t version;
	uint8_t opcode;
	uint8_t flags;
	uint32_t session;   /* the first 4 bytes of what is specific to the opcode */
	const uint8_t *own; /* the rest of that; borrowed */
	size_t own_len;
	/* TLV 64 */
	uint8_t fragment, code, sub_code;
	bool final, cross_connect, out_of_band, in_band;
	const uint8_t *tlvs; /* all, that one first; borrowed */
	size_t tlvs_len;
};

/* Read what begins with Ethertype 0x8902. Returns 0; -TRILL_ETRUNC; -TRILL_EUNKNOWN for another
 * Ethertype; -TRILL_ELENGTH for an offset of less than 4, or TLV 64 of another length;
 * -TRILL_EOVERRUN; -TRILL_EVALUE when TLV 64 is not the first (discard, section 8.4.3);
 * -TRILL_EVERSION for a version of it that is not 0. */
int oam_read(const void *bytes, size_t len, struct oam *o, struct wire_fault *fault);
/* Ethertype, head, what is the opcode's own, and TLV 64; other TLVs follow, then oam_end(). */
void oam_begin(struct wire_writer *w, const struct oam *o);
void oam_end(struct wire_writer *w);

#endif
