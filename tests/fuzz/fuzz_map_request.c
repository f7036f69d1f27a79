/* fuzz_map_request: parse; look at everything; write what a writer can say, and parse that to the
 * same. */
#include "tests/fuzz/lisp_fuzz.h"

#include "lisp/map_request.h"

/* The writer makes requests of one plain EID with plain RLOCs and no Map-Reply record. */
static bool spec_of(struct map_request m, struct map_request_spec *s)
{
	struct map_request_record rec;

	*s = (struct map_request_spec){.authoritative = m.authoritative,
		.probe = m.probe,
		.smr = m.smr,
		.pitr = m.pitr,
		.smr_invoked = m.smr_invoked,
		.local_xtr = m.local_xtr,
		.dont_reply = m.dont_reply,
		.has_xtr_id = m.has_xtr_id,
		.nonce = m.nonce,
		.source_eid = m.source_eid.addr,
		.itr_rloc_count = m.itr_rloc_count,
		.xtr_id = m.xtr_id,
		.site_id = m.site_id};
	for (unsigned int i = 0; i < m.itr_rloc_count; i++)
		s->itr_rlocs[i] = m.itr_rlocs[i].addr;
	if (m.map_data || m.record_count != 1 || !map_request_next(&m, &rec) || !rec.eid.plain)
		return false;
	s->subscribe = rec.subscribe;
	s->eid = rec.eid.eid;
	return true;
}

static void write_and_parse(const struct map_request *m)
{
	static uint8_t out[FUZZ_OUT], again[FUZZ_OUT];
	struct map_request_spec s, back;
	struct wire_fault fault;
	struct map_request m2;
	int len;

	if (!spec_of(*m, &s))
		return;
	len = map_request_write(out, sizeof(out), &s);
	CHECK(len > 0);
	CHECK(map_request_parse(out, (size_t)len, &m2, &fault) == 0);
	CHECK(spec_of(m2, &back));
	CHECK(back.subscribe == s.subscribe && eid_equal(&back.eid, &s.eid));
	CHECK(map_request_write(again, sizeof(again), &back) == len);
	CHECK(!memcmp(out, again, (size_t)len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct map_request_record rec;
	struct map_request m, copy;
	struct wire_fault fault;
	unsigned int n = 0;
	int err = map_request_parse(data, size, &m, &fault);

	fuzz_check_result(err, &fault);
	if (err)
		return 0;
	fuzz_walk_field(&m.source_eid);
	CHECK(m.itr_rloc_count >= 1 && m.itr_rloc_count <= LISP_ITR_RLOCS_MAX);
	for (unsigned int i = 0; i < m.itr_rloc_count; i++)
		fuzz_walk_field(&m.itr_rlocs[i]);
	for (copy = m; map_request_next(&copy, &rec); n++)
		fuzz_walk_eid(&rec.eid);
	CHECK(n == m.record_count);
	if (m.map_data)
		fuzz_walk_record(&m.map_data_record);
	write_and_parse(&m);
	return 0;
}
