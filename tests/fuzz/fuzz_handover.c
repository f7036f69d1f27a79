/* fuzz_handover: parse; look at everything; write it anew, signed, and parse that to the same. */
#include "tests/fuzz/lisp_fuzz.h"

#include "lisp/handover.h"

static struct auth_key *key(void)
{
	static struct auth_key *k;

	if (!k)
		k = auth_key_new("a key that no corpus was signed with", 36);
	return k;
}

static void look(const struct handover *h)
{
	unsigned int sum = 0;
	char text[EID_TEXT];

	CHECK(h->host_count <= HANDOVER_HOSTS_MAX);
	for (unsigned int i = 0; i < h->host_count; i++) {
		CHECK(eid_is_host(&h->hosts[i].eid));
		CHECK(strlen(h->hosts[i].port) <= HANDOVER_PORT_BYTES);
		CHECK(strlen(eid_format(&h->hosts[i].eid, text, sizeof(text))) > 0);
	}
	for (unsigned int i = 0; i < h->packet_len; i++)
		sum += h->packet[i];
	CHECK(sum < 0x1000000);
	if (!h->record.raw)
		return;
	CHECK((fuzz_walk_record(&h->record) > 0) == h->has_locators);
	CHECK(h->record.eid.plain && eid_is_host(&h->record.eid.eid));
}

/* All but where it lies. */
static void same(struct handover a, struct handover b)
{
	if (a.record.raw)
		fuzz_same_record(&a.record, &b.record);
	CHECK(!a.packet_len || !memcmp(a.packet, b.packet, a.packet_len));
	memset(&a.record, 0, sizeof(a.record));
	memset(&b.record, 0, sizeof(b.record));
	memset(&a.auth, 0, sizeof(a.auth));
	memset(&b.auth, 0, sizeof(b.auth));
	a.packet = b.packet = NULL;
	CHECK(!memcmp(&a, &b, sizeof(a)));
}

static void write_and_parse(const struct handover *h)
{
	static uint8_t out[FUZZ_OUT];
	struct auth_options opt = {.full_length = h->counter & 1};
	struct handover head = *h, back;
	struct wire_fault fault;
	struct wire_writer w;
	int len;

	wire_writer_init(&w, out, sizeof(out));
	handover_begin(&w, &head, 1, (enum auth_alg)(1 + h->counter % 3), &opt);
	if (h->record.raw)
		fuzz_write_record(&w, &h->record);
	len = handover_finish(&w, &head, key(), &opt);
	CHECK(len > 0);
	CHECK(handover_parse(out, (size_t)len, &back, &fault) == 0);
	CHECK(handover_verify(key(), &opt, out, (size_t)len, &back));
	same(*h, back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct handover h;
	struct auth_options opt = {0};
	struct wire_fault fault;
	int err = handover_parse(data, size, &h, &fault);

	fuzz_check_result(err, &fault);
	if (err)
		return 0;
	CHECK(handover_is(data, size));
	CHECK(h.auth.records_end == size);
	CHECK(!handover_verify(key(), &opt, data, size, &h));
	look(&h);
	write_and_parse(&h);
	return 0;
}
