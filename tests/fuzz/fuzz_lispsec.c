/* fuzz_lispsec: the input's first byte says whose authentication data the rest is: an ECM's, or a
 * Map-Reply's. Parse; look at everything; write it anew, and parse that to the same. HMACs made by
 * mutation never verify. */
#include "tests/fuzz/lisp_fuzz.h"

#include "lisp/lispsec.h"

static const struct otk otk = {{7}};

static struct otk_tools *tools(void)
{
	static struct otk_tools *t; /* libFuzzer has no end to free it at */

	if (!t)
		t = otk_tools_new();
	CHECK(t);
	return t;
}

static void walk_eid_ad(const struct lispsec_eid_ad *ad)
{
	struct lispsec_eid_ad it = *ad;
	struct lisp_eid eid;
	unsigned int n = 0;

	for (; lispsec_eid_next(&it, &eid); n++) {
		fuzz_walk_eid(&eid);
		if (eid.plain)
			CHECK(lispsec_vouched(ad, &eid.eid));
	}
	CHECK(n == ad->record_count);
	CHECK(ad->hmac_at <= ad->raw_len);
	CHECK(!lispsec_eid_ad_verify(tools(), ad, &otk));
}

/* Those that have a plain EID, signed with our own key. */
static void write_eid_ad(struct wire_writer *w, const struct lispsec_eid_ad *ad)
{
	struct lispsec_eid_ad it = *ad;
	struct lispsec_eid_ad_writer e;
	struct lisp_eid eid;

	lispsec_eid_ad_begin(w, &e, otk_kdf_for(ad->kdf_id), otk_hmac_for(ad->hmac_id));
	while (lispsec_eid_next(&it, &eid))
		if (eid.plain)
			lispsec_eid_ad_add(w, &e, &eid.eid);
	lispsec_eid_ad_finish(w, &e, ad->cant_sign, tools(), &otk);
	CHECK(wire_written(w));
}

static void rewrite_request(const struct lispsec_request *m)
{
	static uint8_t out[FUZZ_OUT];
	struct lispsec_request back;
	struct wire_fault fault;
	struct wire_writer w;
	int err;

	wire_writer_init(&w, out, sizeof(out));
	lispsec_request_write(&w, m->hmac_id, &m->otk);
	if (m->eid_ad.bare)
		lispsec_eid_ad_write_bare(&w, m->eid_ad.kdf_id);
	else
		write_eid_ad(&w, &m->eid_ad);
	err = lispsec_request_parse(out, out, w.pos, &back, &fault);
	if (err) { /* no EID was plain */
		CHECK(!strcmp(fault.field, "EID-AD record count"));
		return;
	}
	CHECK(back.hmac_id == m->hmac_id && back.otk.key_id == m->otk.key_id);
	CHECK(!memcmp(back.otk.bytes, m->otk.bytes, OTK_WRAPPED_BYTES));
	CHECK(back.eid_ad.bare == m->eid_ad.bare && back.eid_ad.cant_sign == m->eid_ad.cant_sign);
	CHECK(back.eid_ad.bare || lispsec_eid_ad_verify(tools(), &back.eid_ad, &otk));
}

static void take_request(const uint8_t *data, size_t size)
{
	struct lispsec_request m;
	struct wire_fault fault;
	int err = lispsec_request_parse(data, data, size, &m, &fault);

	fuzz_check_result(err, &fault);
	if (err)
		return;
	CHECK(m.eid_ad.raw + m.eid_ad.raw_len == data + size);
	if (!m.eid_ad.bare)
		walk_eid_ad(&m.eid_ad);
	rewrite_request(&m);
}

static void take_reply(const uint8_t *data, size_t size)
{
	struct lispsec_reply m;
	struct wire_fault fault;
	int err = lispsec_reply_parse(data, data, size, &m, &fault);

	fuzz_check_result(err, &fault);
	if (err)
		return;
	CHECK(!m.eid_ad.bare && m.hmac_at + m.hmac_len == size);
	walk_eid_ad(&m.eid_ad);
	CHECK(!lispsec_reply_verify(tools(), &m, data, size, &otk));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (*data & 1)
		take_reply(data + 1, size - 1);
	else
		take_request(data + 1, size - 1);
	return 0;
}
