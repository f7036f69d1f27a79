/* fuzz_map_referral: parse; look at everything; write it anew, and parse that to the same. */
#include "tests/fuzz/lisp_fuzz.h"

#include "lisp/map_referral.h"

static void walk(const struct referral_record *rec)
{
	struct referral_record copy = *rec;
	struct referral_signature sig;
	struct lisp_rloc rloc;
	unsigned int n = 0, sum = 0;

	fuzz_walk_eid(&rec->eid);
	for (; referral_next(&copy, &rloc); n++)
		fuzz_walk_rloc(&rloc);
	CHECK(n == rec->referral_count);
	for (n = 0; referral_signature_next(&copy, &sig); n++)
		for (unsigned int i = 0; i < sig.len; i++)
			sum += sig.bytes[i];
	CHECK(n == rec->signature_count && sum < 0x10000000);
}

static void write_record(struct wire_writer *w, const struct referral_record *rec)
{
	struct referral_record copy = *rec;
	struct referral_signature sig;

	if (!rec->eid.plain) {
		wire_put_bytes(w, rec->raw, rec->raw_len);
		return;
	}
	map_referral_record_write(w, &rec->eid.eid, rec->ttl_min, rec->referral_count,
		rec->signature_count, (enum referral_act)rec->act, rec->incomplete,
		rec->map_version);
	wire_put_bytes(w, rec->referrals.buf + rec->referrals.pos,
		rec->referrals.end - rec->referrals.pos);
	while (referral_signature_next(&copy, &sig))
		referral_signature_write(w, &sig);
}

static void write_and_parse(struct map_referral m)
{
	static uint8_t out[FUZZ_OUT];
	struct map_referral copy = m, back;
	struct referral_record a, b;
	struct wire_fault fault;
	struct wire_writer w;

	wire_writer_init(&w, out, sizeof(out));
	map_referral_begin(&w, m.nonce);
	while (map_referral_next(&copy, &a))
		write_record(&w, &a);
	map_referral_finish(&w, m.record_count);
	CHECK(wire_written(&w));
	CHECK(map_referral_parse(out, w.pos, &back, &fault) == 0);
	while (map_referral_next(&m, &a)) {
		CHECK(map_referral_next(&back, &b));
		fuzz_same_eid(&a.eid, &b.eid);
		CHECK(a.ttl_min == b.ttl_min && a.act == b.act && a.incomplete == b.incomplete);
		CHECK(a.referral_count == b.referral_count &&
			a.signature_count == b.signature_count);
		CHECK(a.map_version == b.map_version);
	}
	CHECK(!map_referral_next(&back, &b));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct referral_record rec;
	struct map_referral m, copy;
	struct wire_fault fault;
	unsigned int n = 0;
	int err = map_referral_parse(data, size, &m, &fault);

	fuzz_check_result(err, &fault);
	if (err)
		return 0;
	for (copy = m; map_referral_next(&copy, &rec); n++)
		walk(&rec);
	CHECK(n == m.record_count);
	write_and_parse(m);
	return 0;
}
