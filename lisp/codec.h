/* codec: what the codec's files share among themselves; nobody else includes this. */
#ifndef SUNWARD_LISP_CODEC_H
#define SUNWARD_LISP_CODEC_H

#include "lisp/record.h"

/* The "want" of faults that are told apart from other refused values. */
extern const char lisp_want_afi[];       /* -LISP_EUNKNOWN_AFI */
extern const char lisp_want_supported[]; /* -LISP_EUNSUPPORTED */

/* The negative lisp_error of a fault, or 0. */
int lisp_error_of(const struct wire_fault *fault);

/* Read word 0 of a message that must be of @type; another is refused as unsupported. */
uint32_t lisp_head_read(struct wire_reader *r, enum lisp_type type);

/* Check @count records and leave @it at the first of them. */
void lisp_records_check(struct wire_reader *r, struct lisp_records *it, unsigned int count);

/* Check @count RLOC-records, called @part in a fault, and leave @locators bounded to them. */
void lisp_rlocs_check(
	struct wire_reader *r, unsigned int count, const char *part, struct wire_reader *locators);
/* Step over one RLOC-record of checked ones. False at the end. */
bool lisp_rlocs_next(struct wire_reader *locators, struct lisp_rloc *rloc);

/* The xTR-ID and Site-ID behind the last record. */
void lisp_trailer_read(struct wire_reader *r, struct lisp_xtr_id *xtr_id, uint64_t *site_id);
void lisp_trailer_write(struct wire_writer *w, const struct lisp_xtr_id *xtr_id, uint64_t site_id);

/* An iterator of a checked message reads on with a fault of its own: the one of the parse may be
 * gone. */
static inline struct wire_reader lisp_resume(const struct wire_reader *at, struct wire_fault *fault)
{
	struct wire_reader r = *at;

	fault->code = WIRE_OK;
	fault->part = NULL;
	r.fault = fault;
	return r;
}

#endif
