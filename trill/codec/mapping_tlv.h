/* mapping_tlv: which VLANs of a link stand for which fine-grained labels at an RBridge's port
 * there, as it tells the others of the link: APPsub-TLVs 19 and 20 (RFC 8139 sections 10.4
 * and 10.5).
 *
 *   19  R4, first VLAN 12 | first label 24 | bit map: bit n, from the highest of the first byte on,
 *       is VLAN + n and label + n
 *   20  n x (R4, VLAN 12, label 24) */
#ifndef SUNWARD_TRILL_CODEC_MAPPING_TLV_H
#define SUNWARD_TRILL_CODEC_MAPPING_TLV_H

#include "trill/codec/tlv.h"
#include "trill/codec/trill.h"

enum {
	APPSUB_FGL_VLAN_MAP = 19,
	APPSUB_FGL_VLAN_PAIRS = 20,
};

struct mapping_pair {
	uint16_t vlan;
	uint32_t fgl;
};

/* 0; -TRILL_EUNKNOWN: of another type; -TRILL_ESHORT, -TRILL_ELENGTH: it is to be ignored. */
int mapping_check(const struct tlv *t);
/* The next pair of a TLV that was checked, VLANs and labels that cannot be left out. Start with @at
 * = 0. */
bool mapping_next(const struct tlv *t, size_t *at, struct mapping_pair *pair);
/* @count VLANs from @vlan on stand for labels from @fgl on: whichever form is the shorter. */
void mapping_put(struct wire_writer *w, uint16_t vlan, uint32_t fgl, unsigned int count);

#endif
