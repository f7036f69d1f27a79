/* fuzz_map_reply: parse; look at everything; write the records anew, and parse them to the same. */
#include "tests/fuzz/lisp_fuzz.h"

#include "lisp/map_reply.h"

static void write_and_parse(struct map_reply m)
{
	static uint8_t out[FUZZ_OUT];
	unsigned int count = m.records.left;
	struct lisp_records records = m.records;
	struct lisp_record a, b;
	struct wire_fault fault;
	struct map_reply back;
	struct wire_writer w;

	wire_writer_init(&w, out, sizeof(out));
	map_reply_begin(&w, m.probe, m.nonce);
	while (lisp_records_next(&records, &a))
		fuzz_write_record(&w, &a);
	map_reply_finish(&w, count);
	CHECK(wire_written(&w));
	CHECK(map_reply_parse(out, w.pos, &back, &fault) == 0);
	CHECK(back.probe == m.probe && back.nonce == m.nonce && back.records.left == count);
	while (lisp_records_next(&m.records, &a)) {
		CHECK(lisp_records_next(&back.records, &b));
		fuzz_same_record(&a, &b);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lisp_records records;
	struct lisp_record rec;
	struct wire_fault fault;
	struct map_reply m;
	unsigned int n = 0;
	int err = map_reply_parse(data, size, &m, &fault);

	fuzz_check_result(err, &fault);
	if (err)
		return 0;
	for (records = m.records; lisp_records_next(&records, &rec); n++)
		fuzz_walk_record(&rec);
	CHECK(n == m.records.left);
	CHECK(m.security == (m.security_len > 0));
	write_and_parse(m);
	return 0;
}
