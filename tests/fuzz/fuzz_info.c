/* fuzz_info: parse; look at everything; write it anew, signed, and parse that to the same. */
#include "tests/fuzz/lisp_fuzz.h"

#include "lisp/info.h"

static void write_and_parse(const struct info *m)
{
	static uint8_t out[FUZZ_OUT];
	struct auth_options opt = {.full_length = m->nonce & 1};
	struct info head = *m, back;
	struct wire_fault fault;
	struct lcaf nat;
	int len;

	if (m->reply)
		lcaf_decode(&m->nat, &nat);
	len = info_write(
		out, sizeof(out), &head, m->reply ? &nat : NULL, AUTH_HMAC_SHA256_128, &opt);
	CHECK(len > 0);
	CHECK(info_parse(out, (size_t)len, &back, &fault) == 0);
	CHECK(back.reply == m->reply && back.nonce == m->nonce && back.key_id == m->key_id);
	CHECK(back.ttl_min == m->ttl_min);
	fuzz_same_eid(&back.eid, &m->eid);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_fault fault;
	struct info m;
	int err = info_parse(data, size, &m, &fault);

	fuzz_check_result(err, &fault);
	if (err)
		return 0;
	fuzz_walk_eid(&m.eid);
	fuzz_walk_field(&m.nat);
	CHECK(m.auth.offset + m.auth.len <= size && m.auth.records_end == size);
	if (m.eid.plain)
		write_and_parse(&m);
	return 0;
}
