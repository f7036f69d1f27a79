/* fuzz_lcaf: the input is one address field; the first byte is a mask-len under which it is also
 * read as an EID. */
#include "tests/fuzz/lisp_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_fault fault;
	struct wire_reader r;
	struct lisp_field f;
	struct lisp_eid e;

	if (!size)
		return 0;
	wire_reader_init(&r, data + 1, size - 1, &fault);
	lisp_field_read(&r, &f, "field");
	if (wire_ok(&r))
		fuzz_walk_field(&f);
	wire_reader_init(&r, data + 1, size - 1, &fault);
	lisp_eid_read(&r, data[0], 0, &e);
	if (wire_ok(&r))
		fuzz_walk_eid(&e);
	else
		CHECK(!e.plain);
	return 0;
}
