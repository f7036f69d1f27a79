/* laalp_tlv: what RBridges say of hosts and switches that are attached to several of them at once,
 * each by a Local Active-Active Link Protocol (RFC 7781 section 9). All are APPsub-TLVs of GENINFO:
 *
 *   2  PN-LAALP-Membership         n x (OE R7, size 1, reusing pseudo-nickname 2, LAALP ID size -
 * 2) 3  PN-RBv                      pseudo-nickname 2, ID size k 1, n x (LAALP ID k) 4
 * PN-MAC-RI-LAALP-INFO-START  LAALP ID 5  PN-MAC-RI-LAALP-INFO-END    nothing
 *
 * 2 and 3 stand in FS-LSPs of scope E-L1FS. 4 and 5 stand in ESADI-LSPs, around the MAC-RI TLVs
 * with the addresses behind that LAALP. IDs of 8 bytes, MC-LAG's and DRNI's, are all that there
 * are; records with others are passed over. */
#ifndef SUNWARD_TRILL_CODEC_LAALP_TLV_H
#define SUNWARD_TRILL_CODEC_LAALP_TLV_H

#include "trill/codec/tlv.h"

enum {
	APPSUB_LAALP_MEMBERSHIP = 2,
	APPSUB_RBV = 3,
	APPSUB_LAALP_START = 4,
	APPSUB_LAALP_END = 5,
};

#define LAALP_ID_LEN  8
#define LAALP_ID_TEXT 24 /* "02:00:00:00:00:01:00:01" */

struct laalp_id {
	uint8_t bytes[LAALP_ID_LEN];
};

int laalp_id_compare(const struct laalp_id *a, const struct laalp_id *b);
/* 8 bytes in hexadecimal with colons between, or 6, behind which two of 0 stand: a system's MAC.
 * False: it is neither, or all zero. */
bool laalp_id_read(const char *text, struct laalp_id *id);
void laalp_id_text(const struct laalp_id *id, char text[LAALP_ID_TEXT]);

/* 2: one LAALP of the originator. */
struct laalp_record {
	struct laalp_id id;
	bool exclusive; /* OE: it wants a virtual RBridge of its own */
	uint16_t reuse; /* the pseudo-nickname that it had; NICKNAME_NONE: none */
};

/* Start with @at = 0. True while there is a record with an ID of 8 bytes; *err is -TRILL_EOVERRUN
 * when one does not fit, -TRILL_ESHORT when one has no room for the nickname. */
bool laalp_record_next(const struct tlv *t, size_t *at, struct laalp_record *record, int *err);
void laalp_records_put(struct wire_writer *w, const struct laalp_record *records, unsigned int n);

/* 3: the LAALPs that a virtual RBridge serves. */
struct laalp_rbv {
	uint16_t nickname;
	unsigned int count;
	const uint8_t *ids; /* LAALP_ID_LEN bytes each, borrowed */
};

/* 0; -TRILL_ESHORT; -TRILL_ELENGTH: the length is not 3 + nk; -TRILL_EVALUE: IDs of another size.
 */
int laalp_rbv_read(const struct tlv *t, struct laalp_rbv *rbv);
struct laalp_id laalp_rbv_at(const struct laalp_rbv *rbv, unsigned int i);
void laalp_rbv_put(
	struct wire_writer *w, uint16_t nickname, const struct laalp_id *ids, unsigned int n);

/* 4: 0 or -TRILL_EVALUE: an ID of another size. */
int laalp_start_read(const struct tlv *t, struct laalp_id *id);
void laalp_start_put(struct wire_writer *w, const struct laalp_id *id);
void laalp_end_put(struct wire_writer *w);

#endif
