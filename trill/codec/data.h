/* data: the header of a TRILL Data packet (RFC 7780 section 10, RFC 7179).
 *
 *   V 2 | A 1 | C 1 | M 1 | RESV 4 | F 1 | Hop Count 6 | Egress 16 | Ingress 16 | [Flags Word 32]
 *
 * The flags word extends the hop count to 9 bits (bits 14-16, RFC 7780 section 10.2.1). That text
 * says that "the low-order 5 bits" stand in the Hop Count field; the field has 6, and 63 + 1 must
 * carry into the extension, so that 6 it is.
 *
 * This room reads and writes headers. What may be done with a packet is forwarding's business. */
#ifndef SUNWARD_TRILL_CODEC_DATA_H
#define SUNWARD_TRILL_CODEC_DATA_H

#include "trill/codec/ethernet.h"

#define DATA_HEADER_LEN 6
#define DATA_FLAGS_LEN  4
#define DATA_HOPS_MAX   63  /* without the extension */
#define DATA_HOPS_LIMIT 511 /* with it */

/* The flags word (RFC 7179 section 2, RFC 7780 section 10.3), numbered as there. */
#define DATA_FLAG(bit)        (0x80000000u >> (bit))
#define DATA_FLAG_CRHBH       DATA_FLAG(0) /* a critical hop-by-hop flag is set */
#define DATA_FLAG_CRITE       DATA_FLAG(1) /* a critical ingress-to-egress flag is set */
#define DATA_FLAG_CRRSV       DATA_FLAG(2) /* a critical reserved flag is set */
#define DATA_FLAG_HOPS_SHIFT  15           /* bits 14-16: the high part of the hop count */
#define DATA_FLAG_COLOR_SHIFT 3            /* bits 27-28: Extended Color */

struct data_header {
	uint8_t version;
	bool alert;    /* A: perhaps OAM, RFC 7455. Not for the choice of a path. */
	bool color;    /* C: as the ingress set it. Not for the choice of a path. */
	bool multi;    /* M: multi-destination */
	uint16_t hops; /* 0 to 511 */
	uint16_t egress, ingress;
	bool has_flags;
	uint32_t flags; /* without the hop count's three bits */
};

/* Read the header behind Ethertype 0x22F3. Returns 0; -TRILL_ETRUNC; -TRILL_EVERSION for V > 0;
 * -TRILL_EVALUE for reserved bits that are not zero (both: discard). Hop count 0 is no error here.
 */
int data_header_read(struct wire_reader *r, struct data_header *h);

/* The flags word is written if @h->has_flags, or if the hop count needs it; its critical summary
 * bit 2 follows from the hop count. A hop count above 511 or a version above 3 fails in @w. */
void data_header_write(struct wire_writer *w, const struct data_header *h);

/* A whole frame on an Ethernet link. */
struct data_frame {
	struct ethernet outer;
	struct data_header header;
	struct ethernet_inner inner;
	size_t header_at;       /* offset of the TRILL header */
	size_t inner_at;        /* offset of Inner.MacDA */
	const uint8_t *payload; /* behind the inner tag, its Ethertype first; borrowed */
	size_t payload_len;
};

/* Errors: those of the parts; -TRILL_EUNKNOWN when the Ethertype is not 0x22F3. */
int data_frame_read(const void *frame, size_t len, struct data_frame *f, struct wire_fault *fault);
/* Returns the length, or -TRILL_ENOROOM. The outer Ethertype is 0x22F3, whatever is in @f. */
int data_frame_write(void *buf, size_t cap, const struct data_frame *f);

#endif
