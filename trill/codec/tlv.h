/* tlv: walking and writing type-length-value lists: IS-IS TLVs and sub-TLVs with lengths of 1 byte,
 * extended ones (RFC 7356 section 2) with types and lengths of 2 bytes.
 *
 * An iterator allocates nothing and stops at the first fault: an element whose head or value
 * reaches beyond the list (-TRILL_EOVERRUN). This room knows no type. */
#ifndef SUNWARD_TRILL_CODEC_TLV_H
#define SUNWARD_TRILL_CODEC_TLV_H

#include "trill/codec/trill.h"

enum tlv_form {
	TLV_STANDARD, /* type 1, length 1 */
	TLV_EXTENDED, /* type 2, length 2 */
	TLV_OAM,      /* type 1, length 2; type 0 ends the list (IEEE 802.1Q CFM, RFC 7455) */
};

struct tlv {
	unsigned int type;
	size_t len;           /* of the value */
	const uint8_t *value; /* borrowed */
};

struct tlv_iter {
	const uint8_t *at, *end;
	enum tlv_form form;
	int err; /* 0, or -TRILL_EOVERRUN: why the walk ended */
};

void tlv_iter_init(struct tlv_iter *it, const void *bytes, size_t len, enum tlv_form form);
/* The sub-TLVs of @t behind its first @skip bytes, in the form of its list. A value shorter than
 * @skip: none, and an error. */
void tlv_iter_sub(struct tlv_iter *it, const struct tlv *t, size_t skip, enum tlv_form form);
/* False at the end, and at a fault: then it->err says so. */
bool tlv_next(struct tlv_iter *it, struct tlv *t);
/* The next one of @type; others are passed over. */
bool tlv_find(struct tlv_iter *it, unsigned int type, struct tlv *t);
/* Walk all: 0, or the error that a walk ends with. */
int tlv_check(const void *bytes, size_t len, enum tlv_form form);

/* A reader of the value, for the readers of values. */
struct wire_reader tlv_reader(const struct tlv *t, struct wire_fault *fault);

/* What a reader of a value returns: 0 when @r came through and @allow_more or nothing is left;
 * -TRILL_ESHORT; -TRILL_ELENGTH for bytes left over. */
int tlv_done(struct wire_reader *r, bool allow_more);

/* How many records of @size bytes the value holds behind @skip: >= 0, -TRILL_ESHORT or
 * -TRILL_ELENGTH. */
int tlv_records(const struct tlv *t, size_t skip, size_t size);

/* Start a TLV; what is written until tlv_end() is its value. Returns where, for tlv_end(). */
size_t tlv_begin(struct wire_writer *w, unsigned int type, enum tlv_form form);
/* Patch the length in. A value longer than the form can tell fails in @w. */
void tlv_end(struct wire_writer *w, size_t at, enum tlv_form form);

#endif
