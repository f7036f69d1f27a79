/* esadi_tlv: what ESADI-LSPs and the FS-LSPs of a link hold, all with types and lengths of 2 bytes.
 *
 *   147  MAC-RI: topology or nickname 2, confidence 1, R4 VLAN 12, n x MAC 6   (RFC 6165, RFC 7357)
 *   APPsub-TLVs in GENINFO (lsp_tlv):
 *     1   ESADI-PARAM: R1 priority 7, CSNP time 1, UN R7, more        (RFC 7357 section 6.1)
 *     17  AppointmentBitmap: nickname 2, R4 start VLAN 12, bit map    (RFC 8139 section 10.2)
 *     18  AppointmentList: nickname 2, n x (R4 VLAN 12)               (RFC 8139 section 10.3)
 *     21  originatingSNPBufferSize: bytes 2                           (RFC 8249 section 2) */
#ifndef SUNWARD_TRILL_CODEC_ESADI_TLV_H
#define SUNWARD_TRILL_CODEC_ESADI_TLV_H

#include "trill/codec/tlv.h"
#include "trill/codec/vlan_set.h"

enum {
	TLV_MAC_REACH = 147,
};

enum {
	APPSUB_ESADI_PARAM = 1,
	APPSUB_INTERFACE = 10,
	APPSUB_APPOINTMENT_MAP = 17,
	APPSUB_APPOINTMENT_LIST = 18,
	APPSUB_SNP_BUFFER = 21,
};

#define ESADI_PRIORITY_DEFAULT 0x40
#define ESADI_CSNP_S_DEFAULT   30
#define ESADI_CONFIDENCE_MAX   254  /* 255 is only for what is configured */
#define ESADI_MAX_VLAN         1446 /* bytes of a fragment 0 in a VLAN, and the SNPs of it */
#define ESADI_MAX_FGL          1442

struct esadi_param {
	uint8_t priority; /* 7 bits */
	uint8_t csnp_s;
	bool unicast; /* UN: takes ESADI PDUs by unicast */
};

/* Length 3 at least; what is beyond is ignored. */
int esadi_param_read(const struct tlv *t, struct esadi_param *p);
void esadi_param_put(struct wire_writer *w, const struct esadi_param *p);

/* -TRILL_ESHORT or -TRILL_ELENGTH: it has not 2 bytes. */
int snp_buffer_read(const struct tlv *t, uint16_t *size);
void snp_buffer_put(struct wire_writer *w, uint16_t size);

struct mac_reach {
	uint16_t nickname;  /* or topology; 0: the originator */
	uint8_t confidence; /* 255 is read as 254 */
	unsigned int count;
	const uint8_t *macs; /* 6 bytes each, borrowed */
};

/* The VLAN is ignored. -TRILL_ESHORT, -TRILL_ELENGTH. */
int mac_reach_read(const struct tlv *t, struct mac_reach *m);
void mac_reach_at(const struct mac_reach *m, unsigned int i, struct mac *mac);
void mac_reach_put(struct wire_writer *w, uint16_t nickname, uint8_t confidence,
	const struct mac *macs, unsigned int n);

/* APPsub-TLV 17 or 18: the VLANs are added to @vlans. */
int appointment_read(const struct tlv *t, uint16_t *nickname, struct vlan_set *vlans);
/* As a list, or as a bit map, whichever is shorter. */
void appointment_put(struct wire_writer *w, uint16_t nickname, const struct vlan_set *vlans);

#endif
