/* fuzz_move: parse; look at everything; write it anew, signed, and parse that to the same. */
#include "tests/fuzz/lisp_fuzz.h"

#include "lisp/move.h"

static struct auth_key *key(void)
{
	static struct auth_key *k;

	if (!k)
		k = auth_key_new("a key that no corpus was signed with", 36);
	return k;
}

static void write_and_parse(const struct move *m)
{
	static uint8_t out[FUZZ_OUT];
	struct auth_options opt = {.full_length = m->nonce & 1};
	struct move head = *m, back;
	struct wire_fault fault;
	struct wire_writer w;
	int len;

	wire_writer_init(&w, out, sizeof(out));
	move_begin(&w, &head, 1, (enum auth_alg)(1 + m->nonce % 3), &opt);
	fuzz_write_record(&w, &m->record);
	len = move_finish(&w, &head, key(), &opt);
	CHECK(len > 0);
	CHECK(move_parse(out, (size_t)len, &back, &fault) == 0);
	CHECK(auth_verify(key(), LISP_EXTENSION, &opt, out, (size_t)len, m->nonce, &back.auth));
	CHECK(back.kind == m->kind && back.nonce == m->nonce && back.seq == m->seq);
	CHECK(back.site_id == m->site_id && back.verified == m->verified);
	CHECK(back.has_locators == m->has_locators);
	CHECK(!memcmp(&back.xtr_id, &m->xtr_id, sizeof(m->xtr_id)));
	fuzz_same_record(&back.record, &m->record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct auth_options opt = {0};
	struct wire_fault fault;
	struct move m;
	int err = move_parse(data, size, &m, &fault);

	fuzz_check_result(err, &fault);
	if (err)
		return 0;
	CHECK((fuzz_walk_record(&m.record) > 0) == m.has_locators);
	CHECK(m.auth.records_end == size);
	CHECK(!auth_verify(key(), LISP_EXTENSION, &opt, data, size, m.nonce, &m.auth));
	write_and_parse(&m);
	return 0;
}
