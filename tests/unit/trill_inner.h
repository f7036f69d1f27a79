/* trill_inner: what the tests of rooms that send TRILL Data look at: the packet behind its outer
 * header. */
#ifndef SUNWARD_TESTS_UNIT_TRILL_INNER_H
#define SUNWARD_TESTS_UNIT_TRILL_INNER_H

#include "tests/unit/trill_test.h"
#include "trill/codec/data.h"

/* From the TRILL header on, into @bytes. Returns how many. */
static inline size_t trill_inner(uint8_t *bytes, size_t cap, const struct data_frame *f)
{
	struct wire_writer w;

	wire_writer_init(&w, bytes, cap);
	data_header_write(&w, &f->header);
	ethernet_inner_write(&w, &f->inner);
	wire_put_bytes(&w, f->payload, f->payload_len);
	assert_true(wire_written(&w));
	return w.pos;
}

#endif
