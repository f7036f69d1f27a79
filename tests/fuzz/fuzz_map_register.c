/* fuzz_map_register: parse any of the three; look at everything; verify with every option (nothing
 * may verify by luck); write it anew, signed, and parse that to the same. */
#include "tests/fuzz/lisp_fuzz.h"

#include "lisp/map_register.h"

static struct auth_key *key(void)
{
	static struct auth_key *k;

	if (!k)
		k = auth_key_new("a key that no corpus was signed with", 36);
	return k;
}

static void verify(const uint8_t *data, size_t size, const struct map_register *m)
{
	for (int bits = 0; bits < 4; bits++) {
		struct auth_options opt = {.full_length = bits & 1, .records_only = bits & 2};

		CHECK(!auth_verify(key(), m->type, &opt, data, size, m->nonce, &m->auth));
	}
}

static void write_and_parse(const struct map_register *m)
{
	static uint8_t out[FUZZ_OUT];
	struct auth_options opt = {.full_length = m->nonce & 1, .records_only = m->nonce & 2};
	struct lisp_records records = m->records;
	struct map_register head = *m, back;
	struct lisp_record a, b;
	struct wire_fault fault;
	struct wire_writer w;
	int len;

	wire_writer_init(&w, out, sizeof(out));
	map_register_begin(&w, &head, 1, (enum auth_alg)(1 + m->nonce % 3), &opt);
	while (lisp_records_next(&records, &a))
		fuzz_write_record(&w, &a);
	len = map_register_finish(&w, &head, m->record_count, key(), &opt);
	CHECK(len > 0);
	CHECK(map_register_parse(out, (size_t)len, &back, &fault) == 0);
	CHECK(auth_verify(key(), m->type, &opt, out, (size_t)len, m->nonce, &back.auth));
	CHECK(back.type == m->type && back.record_count == m->record_count);
	CHECK(back.proxy_reply == m->proxy_reply && back.security == m->security);
	CHECK(back.has_xtr_id == m->has_xtr_id && back.eid_notify == m->eid_notify);
	CHECK(back.use_ttl == m->use_ttl && back.merge == m->merge && back.rtr == m->rtr);
	CHECK(back.want_notify == m->want_notify && back.site_id == m->site_id);
	CHECK(!memcmp(&back.xtr_id, &m->xtr_id, sizeof(m->xtr_id)));
	records = m->records;
	while (lisp_records_next(&records, &a)) {
		CHECK(lisp_records_next(&back.records, &b));
		fuzz_same_record(&a, &b);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lisp_records records;
	struct lisp_record rec;
	struct map_register m;
	struct wire_fault fault;
	unsigned int n = 0;
	int err = map_register_parse(data, size, &m, &fault);

	fuzz_check_result(err, &fault);
	if (err)
		return 0;
	for (records = m.records; lisp_records_next(&records, &rec); n++)
		fuzz_walk_record(&rec);
	CHECK(n == m.record_count);
	CHECK(m.auth.offset + m.auth.len <= m.auth.records_end && m.auth.records_end <= size);
	verify(data, size, &m);
	write_and_parse(&m);
	return 0;
}
