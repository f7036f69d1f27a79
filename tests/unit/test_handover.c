/* The handover's messages: golden bytes of every kind by docs/decisions/handover.md, both ways;
 * each field's refusals; hostile ones. The MACs were computed by Python's hmac over these bytes,
 * the wrapped keys are any bytes. */
#include "tests/unit/lisp_test.h"

#include "lisp/handover.h"

static const struct auth_options truncated;

/* Bytes 0 to 51 of all of them; the MAC is put in where they are used. Key @id, algorithm 2. */
#define HEAD(kind, id, seq, state, flags, count)                                                   \
	0xf5, 0xa2,                                             /* Type 15, Sub-type 0x5a2 */      \
		0x02, kind,                                     /* Version, Kind */                \
		1, 2, 3, 4, 5, 6, 7, 8,                         /* Counter */                      \
		id, 0x02, 0x00, 0x10,                           /* Key ID, Algorithm, Length */    \
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* Authentication Data */          \
		0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, /* Sender */                       \
		0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4,      \
		0xc5, 0xc6, 0xc7,         /* Move */                                               \
		0, 0, 0, 0, 0, 0, 0, seq, /* seq */                                                \
		state, flags,             /* State, Flags */                                       \
		0, count                  /* Count */
#define AT_MAC   16
#define AT_STATE 64
#define AT_COUNT 66
#define AT_BODY  68

/* Paused for a migration, three tail packets to come, of three addresses. */
static const uint8_t state_bytes[] = {
	HEAD(0x01, 1, 0, 3, 0x80, 3), 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, /* guest */
	0x28, 0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f,                               /* guest */
	0x01, 0x00,                                     /* reason: operator; reserved */
	0x00, 0x03,                                     /* tail */
	0x00, 0x00, 0xea, 0x60,                         /* deadline: 60,000 ms */
	0x90, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, /* ticket */
	0x98, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, /* ticket */
	0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, /* ticket */
	0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, /* proof */
	0x58, 0x59, 0x5a, 0x5b, 0x5c, 0x5d, 0x5e, 0x5f, /* proof */
	/* host 0, at byte 132 */
	0x52, 0x54, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00,         /* MAC, reserved */
	't', 'a', 'p', '0', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* port */
	0x20, 0x00,                                             /* mask-len 32, reserved */
	0x00, 0x01, 192, 0, 2, 1,                               /* EID */
	/* host 1, at byte 164 */
	0x52, 0x54, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, /* MAC, reserved */
	't', 'a', 'p', '-', 'o', 'f', '-', 's', 'i', 'x', 't', 'e', 'e', 'n', '.', '.', /* port */
	0x80, 0x00,                         /* mask-len 128, reserved */
	0x40, 0x03, 0x00, 0x00,             /* AFI 16387: LCAF */
	0x02, 0x00, 0x00, 0x16,             /* Type 2, mask-len, Length 22 */
	0x00, 0x00, 0x00, 0x19,             /* Instance-ID 25 */
	0x00, 0x02,                         /* AFI 2 */
	0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, /* 2001:db8::1 */
	0, 0, 0, 0, 0, 0, 0, 1,             /* 2001:db8::1 */
	/* host 2, at byte 220 */
	0x52, 0x54, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, /* MAC, reserved */
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* port: the only one */
	0x30, 0x00,                                     /* mask-len 48, reserved */
	0x40, 0x03, 0x00, 0x00,                         /* AFI 16387: LCAF */
	0x02, 0x00, 0x00, 0x0c,                         /* Type 2, mask-len, Length 12 */
	0x00, 0x00, 0x00, 0x19,                         /* Instance-ID 25 */
	0x00, 0x06, 0x52, 0x54, 0x00, 0x00, 0x00, 0x01, /* AFI 6, MAC */
};
#define AT_HOST 132
#define AT_EID  (AT_HOST + 24)

static const uint8_t state_ack_bytes[] = {HEAD(0x02, 1, 0, 3, 0, 0)};

static const uint8_t ask_bytes[] = {
	HEAD(0x03, 1, 0, 0, 0, 2), 0x20, 0x00, 0x00, 0x01, 192, 0, 2, 1, /* EID */
	0x30, 0x00, 0x00, 0x06, 0x52, 0x54, 0x00, 0x00, 0x00, 0x01,      /* EID: a MAC */
};

static const uint8_t ask_all_bytes[] = {HEAD(0x03, 1, 0, 0, 0, 0)};

static const uint8_t tail_bytes[] = {
	HEAD(0x04, 1, 0, 0, 0, 1), 0x20, 0x00, 0x00, 0x01, 192, 0, 2, 1, /* EID */
	0x00, 0x01, 0x00, 0x03,                                          /* packet 1 of 3 */
	0x00, 0x15,                                                      /* length 21 */
	0x45, 0, 0, 21, 0, 0, 0, 0, 64, 17, 0, 0,                        /* IPv4 header */
	198, 51, 100, 1, 192, 0, 2, 1, 0xee,                             /* addresses, one byte */
};
#define AT_INDEX (AT_BODY + 8)

static const uint8_t tail_none_bytes[] = {
	HEAD(0x04, 1, 0, 0, 0, 1), 0x20, 0x00, 0x00, 0x01, 192, 0, 2, 1, /* EID */
	0, 0, 0, 0, 0, 0, /* index, of, length: nothing is left */
};

static const uint8_t tail_ack_bytes[] = {
	HEAD(0x05, 1, 0, 0, 0, 1), 0x20, 0x00, 0x00, 0x01, 192, 0, 2, 1, /* EID */
	0x00, 0x01,                                                      /* index */
};

#define RECORD(count, ...)                                                                         \
	0x00, 0x00, 0x00, 0x03,           /* Record TTL */                                         \
		count, 0x20, 0x00, 0x00,  /* Locator Count, mask-len, ACT, A */                    \
		0x00, 0x00,               /* Map-Version Null */                                   \
		0x00, 0x01, 192, 0, 2, 1, /* EID */                                                \
		##__VA_ARGS__
#define LOCATOR                                                                                    \
	1, 100, 255, 0,                    /* Priority, Weight, M Priority, M Weight */            \
		0x00, 0x05,                /* L=1, R=1 */                                          \
		0x00, 0x01, 203, 0, 113, 1 /* Locator */
#define WHY                                                                                        \
	0x03, 0, 0, 0,                                         /* reason: evacuation; reserved */  \
		0x00, 0x00, 0x75, 0x30,                        /* deadline: 30,000 ms */           \
		0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87 /* nonce */
#define KEY                                                                                        \
	0x05, 0x02, 0x00, 0x00,                                 /* Key ID, wrapping, reserved */   \
		0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, /* wrapped key */                  \
		0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x70, 0x71, 0x72, 0x73, 0x74,      \
		0x75, 0x76, 0x77, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, /* peer */       \
		0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f

#define PROVEN                                                                                     \
	0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, /* agent */                                \
		0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x50, 0x51, 0x52, 0x53, 0x54,      \
		0x55, 0x56, 0x57, /* proof */                                                      \
		0x58, 0x59, 0x5a, 0x5b, 0x5c, 0x5d, 0x5e, 0x5f

static const uint8_t prepare_bytes[] = {
	HEAD(0x06, 1, 0, 0, 0x40, 1), WHY, PROVEN, RECORD(1, LOCATOR)};
static const uint8_t owner_bytes[] = {HEAD(0x07, 1, 7, 0, 0, 1), WHY, KEY, RECORD(1, LOCATOR)};
static const uint8_t owner_nobody_bytes[] = {HEAD(0x07, 1, 0, 0, 0, 1), WHY, 0, 0, 0,
	0,                                                                      /* no key */
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* no key */
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,                         /* no peer */
	RECORD(0)};
static const uint8_t next_bytes[] = {
	HEAD(0x08, 1, 7, 0, 0x40, 1), WHY, KEY, PROVEN, RECORD(1, LOCATOR)};
#define AT_PREPARED (AT_BODY + 48) /* the record of a PREPARE */
#define AT_RECORD   (AT_BODY + 60) /* of OWNER */
#define AT_NEXT     (AT_BODY + 92)

static const uint8_t step_bytes[] = {
	HEAD(0x09, 0, 8, 4, 0, 1), 0x20, 0x00, 0x00, 0x01, 192, 0, 2, 1, /* EID */
};
static const uint8_t step_ack_bytes[] = {
	HEAD(0x0a, 0, 7, 4, 0, 1), 0x20, 0x00, 0x00, 0x01, 192, 0, 2, 1, /* EID */
};

static const struct vector {
	const char *name;
	const uint8_t *bytes;
	size_t len;
	const char *mac; /* HMAC-SHA256 under sunward-test-key, its first 16 bytes */
} vectors[] = {
#define VECTOR(name, mac)                                                                          \
	{                                                                                          \
#name, name##_bytes, sizeof(name##_bytes), mac                                     \
	}
	VECTOR(state, "c3e9defd3e3606535a2b72f50ff1acfb"),
	VECTOR(state_ack, "b63d432e4bed9c2a03d18e849c406966"),
	VECTOR(ask, "b337802c656a1f8a4e77b1dbbfda906b"),
	VECTOR(ask_all, "b9d4eee9193b91f5f67d15b81d4b4f48"),
	VECTOR(tail, "cd528df1a16da6e0348d9f3b692231a1"),
	VECTOR(tail_none, "4676b1aa52a8c39bf2c6a9af42b4c099"),
	VECTOR(tail_ack, "274188be4472ebaab471d7758d9f768a"),
	VECTOR(prepare, "aeffad6ad77175c50593ab7907173345"),
	VECTOR(owner, "4adae7e5a76be591803cf8d6278a4a9b"),
	VECTOR(owner_nobody, "f8bff2ebfceed6824374870f9af13189"),
	VECTOR(next, "fb3a6077e804203cb5a7c684645331c9"),
	VECTOR(step, "2b28dc0ef6a1e38ba8a11f2b0069ec56"),
	VECTOR(step_ack, "92fc7a7716c58b3abaf90d69703a289c"),
};
#define VECTORS    (sizeof(vectors) / sizeof(vectors[0]))
#define VECTOR_MAX 272

/* The message with its MAC. */
static size_t vector_put(const struct vector *v, uint8_t out[VECTOR_MAX])
{
	assert_true(v->len <= VECTOR_MAX);
	memcpy(out, v->bytes, v->len);
	for (size_t i = 0; i < 16; i++) {
		unsigned int byte;

		assert_int_equal(sscanf(v->mac + 2 * i, "%2x", &byte), 1);
		out[AT_MAC + i] = (uint8_t)byte;
	}
	return v->len;
}

static struct handover parsed(const void *bytes, size_t len)
{
	struct wire_fault fault;
	struct handover h;
	char text[256];

	if (handover_parse(bytes, len, &h, &fault))
		fail_msg("%s", wire_fault_text(&fault, text, sizeof(text)));
	return h;
}
#define PARSED(name) parsed(name##_bytes, sizeof(name##_bytes))

static void assert_head(const struct handover *h, enum handover_kind kind, uint64_t seq)
{
	assert_int_equal(h->kind, kind);
	assert_true(h->counter == 0x0102030405060708 && h->move == 0xc0c1c2c3c4c5c6c7);
	assert_true(h->seq == seq);
	assert_memory_equal(h->sender.bytes, state_bytes + 32, 16);
	assert_int_equal(h->auth.alg, 2);
	assert_int_equal(h->auth.offset, AT_MAC);
}

static void assert_why(const struct handover *h)
{
	assert_int_equal(h->reason, HANDOVER_EVACUATION);
	assert_int_equal(h->deadline_ms, 30000);
	assert_true(h->key_nonce == 0x8081828384858687);
	assert_eid(&h->record.eid.eid, "192.0.2.1");
	assert_int_equal(h->record.ttl_min, 3);
}

static void parses_a_state(void **state)
{
	struct handover h = PARSED(state);

	assert_head(&h, HANDOVER_STATE, 0);
	assert_int_equal(h.auth.key_id, 1);
	assert_int_equal(h.state, HANDOVER_PAUSED);
	assert_true(h.in_migration && !h.urgent);
	assert_memory_equal(h.guest.bytes, state_bytes + AT_BODY, 16);
	assert_int_equal(h.reason, HANDOVER_OPERATOR);
	assert_int_equal(h.tail, 3);
	assert_int_equal(h.deadline_ms, 60000);
	assert_int_equal(h.host_count, 3);
	assert_memory_equal(h.hosts[0].mac, state_bytes + AT_HOST, 6);
	assert_string_equal(h.hosts[0].port, "tap0");
	assert_eid(&h.hosts[0].eid, "192.0.2.1");
	assert_string_equal(h.hosts[1].port, "tap-of-sixteen..");
	assert_eid(&h.hosts[1].eid, "[25]2001:db8::1");
	assert_string_equal(h.hosts[2].port, "");
	assert_memory_equal(h.wrapped, state_bytes + AT_BODY + 24, 24);
	assert_memory_equal(h.proof, state_bytes + AT_BODY + 48, 16);
	assert_eid(&h.hosts[2].eid, "[25]52:54:00:00:00:01");
}

static void parses_what_xtr_and_agent_ask_and_acknowledge(void **state)
{
	struct handover h = PARSED(state_ack);

	assert_head(&h, HANDOVER_STATE_ACK, 0);
	assert_int_equal(h.state, HANDOVER_OWNED);
	assert_int_equal(h.host_count, 0);
	h = PARSED(ask);
	assert_head(&h, HANDOVER_ASK, 0);
	assert_int_equal(h.host_count, 2);
	assert_eid(&h.hosts[0].eid, "192.0.2.1");
	assert_eid(&h.hosts[1].eid, "52:54:00:00:00:01");
	h = PARSED(ask_all);
	assert_head(&h, HANDOVER_ASK, 0);
	assert_int_equal(h.host_count, 0);
}

static void parses_a_packet_of_the_tail(void **state)
{
	struct handover h = PARSED(tail);

	assert_head(&h, HANDOVER_TAIL, 0);
	assert_eid(&h.hosts[0].eid, "192.0.2.1");
	assert_true(h.index == 1 && h.of == 3 && h.packet_len == 21);
	assert_ptr_equal(h.packet, tail_bytes + AT_INDEX + 6);
	h = PARSED(tail_none);
	assert_head(&h, HANDOVER_TAIL, 0);
	assert_true(h.index == 0 && h.of == 0 && h.packet_len == 0 && !h.packet);
	h = PARSED(tail_ack);
	assert_head(&h, HANDOVER_TAIL_ACK, 0);
	assert_eid(&h.hosts[0].eid, "192.0.2.1");
	assert_true(h.index == 1 && h.of == 0 && !h.packet);
}

static void parses_what_the_map_server_is_asked_and_says(void **state)
{
	struct handover h = PARSED(prepare);
	struct lisp_rloc rloc;

	assert_head(&h, HANDOVER_PREPARE, 0);
	assert_why(&h);
	assert_true(h.urgent && !h.agent && !h.in_migration && h.has_locators);
	assert_memory_equal(h.agent_id.bytes, prepare_bytes + AT_BODY + 16, 16);
	assert_memory_equal(h.proof, prepare_bytes + AT_BODY + 32, 16);
	assert_true(lisp_rloc_next(&h.record, &rloc));
	assert_address(&rloc.field.addr, "203.0.113.1");
	h = PARSED(owner);
	assert_head(&h, HANDOVER_OWNER, 7);
	assert_why(&h);
	assert_true(h.has_locators && !h.urgent);
	assert_true(h.key.key_id == 5 && h.key.wrap_id == OTK_WRAP_AES_HKDF_SHA256);
	assert_memory_equal(h.key.bytes, owner_bytes + AT_BODY + 20, 24);
	assert_memory_equal(h.peer.bytes, owner_bytes + AT_BODY + 44, 16);
	h = PARSED(owner_nobody);
	assert_head(&h, HANDOVER_OWNER, 0);
	assert_why(&h);
	assert_false(h.has_locators);
	h = PARSED(next);
	assert_head(&h, HANDOVER_NEXT, 7);
	assert_why(&h);
	assert_true(h.urgent && !h.agent && h.has_locators);
	assert_memory_equal(h.agent_id.bytes, next_bytes + AT_BODY + 60, 16);
	assert_memory_equal(h.proof, next_bytes + AT_BODY + 76, 16);
}

static void parses_a_step(void **state)
{
	struct handover h = PARSED(step);

	assert_head(&h, HANDOVER_STEP, 8);
	assert_int_equal(h.auth.key_id, 0);
	assert_int_equal(h.state, HANDOVER_RESUMED);
	assert_eid(&h.hosts[0].eid, "192.0.2.1");
	h = PARSED(step_ack);
	assert_head(&h, HANDOVER_STEP_ACK, 7);
	assert_int_equal(h.state, HANDOVER_RESUMED);
}

/* Written from its parts; the record from its own. */
static int write_again(struct handover *h, uint8_t *out, size_t cap, struct auth_key *k,
	enum auth_alg alg, const struct auth_options *opt)
{
	struct wire_writer w;

	wire_writer_init(&w, out, cap);
	handover_begin(&w, h, h->auth.key_id, alg, opt);
	if (h->record.raw) {
		lisp_record_write(&w, &h->record.eid.eid, h->record.ttl_min,
			h->record.locator_count, LISP_ACT_NONE, false, 0);
		wire_put_bytes(&w, h->record.locators_raw, h->record.locators_raw_len);
	}
	return handover_finish(&w, h, k, opt);
}

static void verifies_and_writes_the_golden_messages(void **state)
{
	struct auth_key *k = auth_key_new("sunward-test-key", 16);
	uint8_t in[VECTOR_MAX], out[VECTOR_MAX];

	for (size_t i = 0; i < VECTORS; i++) {
		size_t len = vector_put(&vectors[i], in);
		struct handover h = parsed(in, len);

		if (!handover_verify(k, &truncated, in, len, &h))
			fail_msg("%s: not verified", vectors[i].name);
		if (write_again(&h, out, sizeof(out), k, AUTH_HMAC_SHA256_128, &truncated) !=
				(int)len ||
			memcmp(in, out, len) != 0)
			fail_msg("%s: written otherwise", vectors[i].name);
		for (size_t cap = 0; cap < len; cap++)
			assert_int_equal(
				write_again(&h, out, cap, k, AUTH_HMAC_SHA256_128, &truncated),
				-LISP_ENOROOM);
	}
	auth_key_free(k);
}

/* The salt is not the move messages': neither is taken for the other. The MAC is by openssl kdf and
 * Python's hmac. */
static void algorithm_3_has_a_salt_of_its_own(void **state)
{
	static const uint8_t mac[] = {0x7f, 0x1a, 0x57, 0x67, 0x49, 0x50, 0xef, 0xbf, 0xbd, 0x38,
		0x78, 0xd1, 0x14, 0xd7, 0x37, 0x91};
	struct auth_key *k = auth_key_new("sunward-test-key", 16);
	uint8_t pkt[sizeof(step_bytes)];
	struct handover h;

	memcpy(pkt, step_bytes, sizeof(pkt));
	pkt[13] = AUTH_HMAC_SHA256_128_HKDF;
	memcpy(pkt + AT_MAC, mac, sizeof(mac));
	h = parsed(pkt, sizeof(pkt));
	assert_true(handover_verify(k, &truncated, pkt, sizeof(pkt), &h));
	assert_false(
		auth_verify(k, LISP_EXTENSION, &truncated, pkt, sizeof(pkt), h.counter, &h.auth));
	auth_key_free(k);
}

/* One altered bit anywhere, of every kind: refused or not verified. */
static void the_mac_covers_every_byte_of_a_handover(void **state)
{
	struct auth_key *k = auth_key_new("sunward-test-key", 16);
	struct auth_options opts[2] = {{0}, {.records_only = true}};
	struct wire_fault fault;
	uint8_t pkt[VECTOR_MAX];
	struct handover h;

	for (size_t i = 0; i < VECTORS; i++) {
		size_t len = vector_put(&vectors[i], pkt);

		for (size_t byte = 0; byte < len; byte++) {
			pkt[byte] ^= 1;
			for (int o = 0; o < 2; o++)
				if (!handover_parse(pkt, len, &h, &fault) &&
					handover_verify(k, &opts[o], pkt, len, &h))
					fail_msg("%s: changed byte %zu: accepted", vectors[i].name,
						byte);
			pkt[byte] ^= 1;
		}
	}
	auth_key_free(k);
}

static void every_prefix_of_each_kind_is_refused(void **state)
{
	struct handover h;

	for (size_t i = 0; i < VECTORS; i++)
		ASSERT_NO_PREFIX_PARSES(handover_parse, vectors[i].bytes, vectors[i].len, &h);
}

static void a_byte_behind_each_kind_is_refused(void **state)
{
	struct wire_fault fault;
	uint8_t pkt[VECTOR_MAX + 1] = {0};
	struct handover h;
	char want[80];

	for (size_t i = 0; i < VECTORS; i++) {
		size_t len = vector_put(&vectors[i], pkt);

		pkt[len] = 0;
		snprintf(
			want, sizeof(want), "1 bytes left over after the message at byte %zu", len);
		assert_fault(PARSE_EXACT(handover_parse, pkt, len + 1, &h, &fault),
			-LISP_EMALFORMED, &fault, want);
	}
}

/* The message with @n bytes at @at replaced. */
static int parse_changed(const uint8_t *bytes, size_t len, size_t at, const void *new, size_t n,
	struct wire_fault *fault)
{
	uint8_t pkt[VECTOR_MAX];
	struct handover h;

	memcpy(pkt, bytes, len);
	memcpy(pkt + at, new, n);
	return PARSE_EXACT(handover_parse, pkt, len, &h, fault);
}

#define REFUSED(name, at, new, error, want)                                                        \
	do {                                                                                       \
		struct wire_fault fault_;                                                          \
		int err_ = parse_changed(                                                          \
			name##_bytes, sizeof(name##_bytes), at, new, sizeof(new) - 1, &fault_);    \
		assert_fault(err_, -(error), &fault_, want);                                       \
	} while (0)
#define TAKEN(name, at, new)                                                                       \
	do {                                                                                       \
		struct wire_fault fault_;                                                          \
		assert_int_equal(parse_changed(name##_bytes, sizeof(name##_bytes), at, new,        \
					 sizeof(new) - 1, &fault_),                                \
			0);                                                                        \
	} while (0)

static void another_sub_type_version_or_kind_of_handover_is_unsupported(void **state)
{
	REFUSED(state, 0, "\x35", LISP_EUNSUPPORTED,
		"message type is 3 at byte 0 (want a kind that this parser takes)");
	REFUSED(state, 1, "\xa1", LISP_EUNSUPPORTED,
		"sub-type is 1441 at byte 0 (want a kind that this parser takes)");
	REFUSED(state, 2, "\x00", LISP_EUNSUPPORTED,
		"version is 0 at byte 2 (want a kind that this parser takes)");
	REFUSED(state, 2, "\x01", LISP_EUNSUPPORTED,
		"version is 1 at byte 2 (want a kind that this parser takes)");
	REFUSED(state, 2, "\x03", LISP_EUNSUPPORTED,
		"version is 3 at byte 2 (want a kind that this parser takes)");
	REFUSED(state, 3, "\x00", LISP_EUNSUPPORTED,
		"kind is 0 at byte 3 (want a kind that this parser takes)");
	REFUSED(state, 3, "\x0b", LISP_EUNSUPPORTED,
		"kind is 11 at byte 3 (want a kind that this parser takes)");
}

static void handover_authentication_data_past_the_end(void **state)
{
	REFUSED(state_ack, 14, "\xff\xff", LISP_ETRUNC,
		"authentication data truncated at byte 16 (need 65535, have 52)");
	REFUSED(state_ack, 14, "\x00\x35", LISP_ETRUNC,
		"authentication data truncated at byte 16 (need 53, have 52)");
	REFUSED(state_ack, 14, "\x00\x34", LISP_ETRUNC,
		"sender truncated at byte 68 (need 16, have 0)");
	/* What is behind is read as something else then: the result is a byte of the move. */
	REFUSED(state_ack, 14, "\x00\x00", LISP_EMALFORMED,
		"result is 192 at byte 48 (want 0 to 4)");
}

static void an_unknown_state_result_or_step_is_refused(void **state)
{
	REFUSED(state, AT_STATE, "\x00", LISP_EMALFORMED, "state is 0 at byte 64 (want 1 to 5)");
	REFUSED(state, AT_STATE, "\x06", LISP_EMALFORMED, "state is 6 at byte 64 (want 1 to 5)");
	REFUSED(state_ack, AT_STATE, "\x05", LISP_EMALFORMED,
		"result is 5 at byte 64 (want 0 to 4)");
	TAKEN(state_ack, AT_STATE, "\x00");
	REFUSED(step, AT_STATE, "\x00", LISP_EMALFORMED, "step is 0 at byte 64 (want 1 to 9)");
	REFUSED(step_ack, AT_STATE, "\x0a", LISP_EMALFORMED, "step is 10 at byte 64 (want 1 to 9)");
	TAKEN(step, AT_STATE, "\x09");
	TAKEN(step, AT_STATE, "\x07");
	/* Others have none, and do not look. */
	TAKEN(ask, AT_STATE, "\xff");
	TAKEN(prepare, AT_STATE, "\xff");
}

static void flags_count_where_they_mean_something(void **state)
{
	uint8_t pkt[sizeof(state_bytes)];
	struct handover h;

	memcpy(pkt, state_bytes, sizeof(pkt));
	pkt[AT_STATE] = HANDOVER_RUNNING;
	h = parsed(pkt, sizeof(pkt));
	assert_false(h.in_migration);
	pkt[AT_STATE] = HANDOVER_PAUSED;
	pkt[AT_STATE + 1] = 0x7f;
	h = parsed(pkt, sizeof(pkt));
	assert_true(!h.in_migration && !h.urgent);
	memcpy(pkt, owner_bytes, sizeof(owner_bytes));
	pkt[AT_STATE + 1] = 0xff;
	h = parsed(pkt, sizeof(owner_bytes));
	assert_true(!h.in_migration && !h.urgent && !h.agent);
	memcpy(pkt, prepare_bytes, sizeof(prepare_bytes));
	pkt[AT_STATE + 1] = 0x9f;
	h = parsed(pkt, sizeof(prepare_bytes));
	assert_true(!h.in_migration && !h.urgent && !h.agent);
	pkt[AT_STATE + 1] = 0x20;
	h = parsed(pkt, sizeof(prepare_bytes));
	assert_true(!h.urgent && h.agent);
}

static void counts_that_are_not_the_kinds(void **state)
{
	REFUSED(state, AT_COUNT, "\x00\x21", LISP_EMALFORMED,
		"count is 33 at byte 66 (want 32 at most)");
	REFUSED(state, AT_COUNT, "\xff\xff", LISP_EMALFORMED,
		"count is 65535 at byte 66 (want 32 at most)");
	REFUSED(state, AT_COUNT, "\x00\x20", LISP_ETRUNC,
		"host 3: MAC truncated at byte 266 (need 6, have 0)");
	REFUSED(state, AT_COUNT, "\x00\x02", LISP_EMALFORMED,
		"46 bytes left over after the message at byte 220");
	REFUSED(state_ack, AT_COUNT, "\x00\x01", LISP_EMALFORMED, "count is 1 at byte 66 (want 0)");
	REFUSED(ask, AT_COUNT, "\x00\x21", LISP_EMALFORMED,
		"count is 33 at byte 66 (want 32 at most)");
	REFUSED(ask, AT_COUNT, "\x00\x03", LISP_ETRUNC,
		"host 2: mask-len truncated at byte 86 (need 1, have 0)");
	REFUSED(tail, AT_COUNT, "\x00\x00", LISP_EMALFORMED, "count is 0 at byte 66 (want 1)");
	REFUSED(tail_ack, AT_COUNT, "\x00\x02", LISP_EMALFORMED, "count is 2 at byte 66 (want 1)");
	REFUSED(prepare, AT_COUNT, "\x00\x00", LISP_EMALFORMED, "count is 0 at byte 66 (want 1)");
	REFUSED(owner, AT_COUNT, "\x00\x02", LISP_EMALFORMED, "count is 2 at byte 66 (want 1)");
	REFUSED(next, AT_COUNT, "\x01\x00", LISP_EMALFORMED, "count is 256 at byte 66 (want 1)");
	REFUSED(step, AT_COUNT, "\x00\x00", LISP_EMALFORMED, "count is 0 at byte 66 (want 1)");
	REFUSED(step_ack, AT_COUNT, "\x00\x02", LISP_EMALFORMED, "count is 2 at byte 66 (want 1)");
}

static void thirty_two_hosts_are_taken(void **state)
{
	uint8_t pkt[AT_BODY + 32 * 8];
	struct handover h;

	memcpy(pkt, ask_bytes, AT_BODY);
	pkt[AT_COUNT + 1] = 32;
	for (uint8_t i = 0; i < 32; i++) {
		const uint8_t eid[8] = {32, 0, 0, 1, 192, 0, 2, i};

		memcpy(pkt + AT_BODY + 8 * i, eid, sizeof(eid));
	}
	h = parsed(pkt, sizeof(pkt));
	assert_int_equal(h.host_count, 32);
	assert_eid(&h.hosts[31].eid, "192.0.2.31");
}

#define HOST " (want a host: 32 of IPv4, 128 of IPv6, 48 of a MAC)"

static void a_prefix_where_a_host_is_needed(void **state)
{
	REFUSED(state, AT_EID, "\x1f", LISP_EMALFORMED,
		"host 0: EID's mask-len is 31 at byte 156" HOST);
	REFUSED(state, AT_EID, "\x21", LISP_EMALFORMED,
		"host 0: mask-len is 33 at byte 156 (want 0 to 32)");
	REFUSED(state, AT_EID + 32, "\x7f", LISP_EMALFORMED,
		"host 1: EID's mask-len is 127 at byte 188" HOST);
	REFUSED(ask, AT_BODY + 8, "\x2f", LISP_EMALFORMED,
		"host 1: EID's mask-len is 47 at byte 76" HOST);
	REFUSED(tail, AT_BODY, "\x00", LISP_EMALFORMED,
		"host 0: EID's mask-len is 0 at byte 68" HOST);
	REFUSED(tail_ack, AT_BODY, "\x18", LISP_EMALFORMED,
		"host 0: EID's mask-len is 24 at byte 68" HOST);
	REFUSED(step, AT_BODY, "\x18", LISP_EMALFORMED,
		"host 0: EID's mask-len is 24 at byte 68" HOST);
	REFUSED(prepare, AT_PREPARED + 5, "\x18", LISP_EMALFORMED,
		"EID's mask-len is 24 at byte 121" HOST);
	REFUSED(owner, AT_RECORD + 5, "\x18", LISP_EMALFORMED,
		"EID's mask-len is 24 at byte 133" HOST);
	REFUSED(next, AT_NEXT + 5, "\x00", LISP_EMALFORMED, "EID's mask-len is 0 at byte 165" HOST);
}

/* A name, nothing, and an LCAF that is no host at all. */
static void eids_that_are_no_address_of_a_guest(void **state)
{
	static const uint8_t name[] = {HEAD(0x09, 0, 8, 4, 0, 1), 0x10, 0x00, 0x00, 0x11, 'v', 0};
	static const uint8_t none[] = {HEAD(0x09, 0, 8, 4, 0, 1), 0x00, 0x00, 0x00, 0x00};
	static const uint8_t pair[] = {HEAD(0x09, 0, 8, 4, 0, 1), 0x00, 0x00, 0x40, 0x03, 0, 0, 12,
		0, 0, 16, /* LCAF 12: source and destination */
		0, 0, 32, 32, 0, 1, 192, 0, 2, 1, 0, 1, 192, 0, 2, 2};
	static const uint8_t unknown[] = {
		HEAD(0x09, 0, 8, 4, 0, 1), 0x20, 0x00, 0x00, 0x03, 192, 0, 2, 1};
	struct wire_fault fault;
	struct handover h;

	assert_fault(PARSE_EXACT(handover_parse, name, sizeof(name), &h, &fault), -LISP_EMALFORMED,
		&fault, "host 0: EID's mask-len is 16 at byte 68" HOST);
	assert_fault(PARSE_EXACT(handover_parse, none, sizeof(none), &h, &fault), -LISP_EMALFORMED,
		&fault, "host 0: EID's mask-len is 0 at byte 68" HOST);
	assert_fault(PARSE_EXACT(handover_parse, pair, sizeof(pair), &h, &fault), -LISP_EMALFORMED,
		&fault, "host 0: EID's mask-len is 0 at byte 68" HOST);
	assert_fault(PARSE_EXACT(handover_parse, unknown, sizeof(unknown), &h, &fault),
		-LISP_EUNKNOWN_AFI, &fault,
		"host 0: EID is 3 at byte 70 (want AFI 0, 1, 2, 6, 17, 16387, 16389 or 16396)");
}

static void a_port_is_a_name(void **state)
{
	REFUSED(state, AT_HOST + 8, " ", LISP_EMALFORMED,
		"host 0: port is 32 at byte 140 (want a name in ASCII, then NULs only)");
	REFUSED(state, AT_HOST + 11, "\n", LISP_EMALFORMED,
		"host 0: port is 10 at byte 143 (want a name in ASCII, then NULs only)");
	REFUSED(state, AT_HOST + 9, "\x80", LISP_EMALFORMED,
		"host 0: port is 128 at byte 141 (want a name in ASCII, then NULs only)");
	REFUSED(state, AT_HOST + 23, "x", LISP_EMALFORMED,
		"host 0: port is 120 at byte 155 (want a name in ASCII, then NULs only)");
	TAKEN(state, AT_HOST + 8, "\0\0\0\0");
}

static void lengths_and_places_of_tail_packets(void **state)
{
	REFUSED(tail, AT_INDEX, "\x00\x03", LISP_EMALFORMED,
		"index is 3 at byte 76 (want below the number of packets)");
	REFUSED(tail, AT_INDEX, "\x00\x00\x00\x00", LISP_EMALFORMED,
		"of is 0 at byte 78 (want 1 at least, or index and length 0 too)");
	REFUSED(tail, AT_INDEX + 4, "\x00\x00", LISP_EMALFORMED,
		"length is 0 at byte 80 (want 20 at least: an IP packet)");
	REFUSED(tail, AT_INDEX + 4, "\x00\x13", LISP_EMALFORMED,
		"length is 19 at byte 80 (want 20 at least: an IP packet)");
	REFUSED(tail, AT_INDEX + 4, "\x00\x14", LISP_EMALFORMED,
		"1 bytes left over after the message at byte 102");
	REFUSED(tail, AT_INDEX + 4, "\x00\x16", LISP_ETRUNC,
		"packet truncated at byte 82 (need 22, have 21)");
	REFUSED(tail, AT_INDEX + 4, "\xff\xff", LISP_ETRUNC,
		"packet truncated at byte 82 (need 65535, have 21)");
	REFUSED(tail, AT_INDEX + 6, "\x55", LISP_EMALFORMED,
		"packet's IP version is 5 at byte 82 (want 4 or 6)");
	TAKEN(tail, AT_INDEX + 6, "\x65");
}

static void preparing_without_locators(void **state)
{
	uint8_t pkt[VECTOR_MAX];
	struct wire_fault fault;
	struct handover h;

	memcpy(pkt, prepare_bytes, sizeof(prepare_bytes));
	pkt[AT_PREPARED + 4] = 0;
	assert_fault(PARSE_EXACT(handover_parse, pkt, sizeof(prepare_bytes) - 12, &h, &fault),
		-LISP_EMALFORMED, &fault, "Locator Count is 0 at byte 120 (want 1 at least)");
	memcpy(pkt, next_bytes, sizeof(next_bytes));
	pkt[AT_NEXT + 4] = 0;
	assert_fault(PARSE_EXACT(handover_parse, pkt, sizeof(next_bytes) - 12, &h, &fault),
		-LISP_EMALFORMED, &fault, "Locator Count is 0 at byte 164 (want 1 at least)");
	REFUSED(owner, AT_RECORD + 4, "\xff", LISP_ETRUNC,
		"locator 1: priority truncated at byte 156 (need 1, have 0)");
	REFUSED(owner, AT_RECORD + 4, "\x00", LISP_EMALFORMED,
		"12 bytes left over after the message at byte 144");
}

static void is_told_apart_by_its_first_two_bytes(void **state)
{
	assert_true(handover_is(state_bytes, sizeof(state_bytes)));
	assert_true(handover_is(state_bytes, 2));
	assert_false(handover_is(state_bytes, 1));
	assert_false(handover_is("\xf5\xa1", 2));
	assert_false(handover_is("\x35\xa2", 2));
}

static int write_step(struct handover h)
{
	uint8_t out[VECTOR_MAX];
	struct auth_key *k = auth_key_new("one", 3);
	int len = write_again(&h, out, sizeof(out), k, AUTH_HMAC_SHA1_96, &truncated);

	auth_key_free(k);
	return len;
}

/* What would be refused there is not written here. */
static void the_writer_refuses_what_the_parser_would(void **state)
{
	struct handover h = {.kind = HANDOVER_STEP,
		.state = HANDOVER_ACCEPTED,
		.host_count = 1,
		.hosts = {{.eid = test_eid("192.0.2.1")}}};

	assert_int_equal(write_step(h), 16 + 12 + 36 + 8);
	h.host_count = 2;
	assert_int_equal(write_step(h), -LISP_ENOROOM);
	h.host_count = HANDOVER_HOSTS_MAX + 1;
	h.kind = HANDOVER_ASK;
	assert_int_equal(write_step(h), -LISP_ENOROOM);
	h.kind = HANDOVER_STEP;
	h.host_count = 1;
	h.state = 0;
	assert_int_equal(write_step(h), -LISP_ENOROOM);
	h.state = HANDOVER_SENT;
	assert_int_equal(write_step(h), 16 + 12 + 36 + 8);
	h.state = 10;
	assert_int_equal(write_step(h), -LISP_ENOROOM);
	h.state = 1;
	h.hosts[0].eid = test_eid("192.0.2.0/24");
	assert_int_equal(write_step(h), -LISP_ENOROOM);
	h.hosts[0].eid = test_eid("\"a name\"");
	assert_int_equal(write_step(h), -LISP_ENOROOM);
	h.hosts[0].eid = test_eid("192.0.2.1");
	h.kind = HANDOVER_TAIL; /* without its packet */
	h.of = 1;
	assert_int_equal(write_step(h), -LISP_ENOROOM);
	h.kind = (enum handover_kind)0;
	assert_int_equal(write_step(h), -LISP_ENOROOM);
	h.kind = (enum handover_kind)11;
	assert_int_equal(write_step(h), -LISP_ENOROOM);
}

static struct eid random_host(struct random *random)
{
	static const char *const families[] = {"0.0.0.0", "::", "00:00:00:00:00:00"};
	struct eid e = test_eid(families[random_below(random, 3)]);

	random_bytes(random, e.addr.bytes, e.addr.len);
	e.iid = random_below(random, 2) ? random_u32(random) : 0;
	return e;
}

/* States of guests with any number of addresses, in all algorithms. */
static void random_states_survive_parse_and_write(void **state)
{
	struct auth_key *k = auth_key_new("one", 3);

	for (uint64_t seed = 0; seed < PROPERTY_ROUNDS; seed++) {
		enum auth_alg alg = (enum auth_alg)(1 + seed % 3);
		struct auth_options opt = {.full_length = seed & 1, .records_only = seed & 2};
		struct random_seeded source;
		struct random *random = &source.random;
		struct handover h = {.kind = HANDOVER_STATE}, back;
		struct wire_fault fault;
		uint8_t out[4096];
		int len;

		random_seeded_init(&source, seed);
		h.counter = random_u64(random);
		h.move = random_u64(random);
		h.seq = random_u64(random);
		h.state = (uint8_t)(1 + random_below(random, 5));
		h.in_migration = h.state == HANDOVER_PAUSED && random_below(random, 2);
		h.reason = (uint8_t)random_u32(random);
		h.tail = (uint16_t)random_u32(random);
		h.deadline_ms = random_u32(random);
		random_bytes(random, h.wrapped, sizeof(h.wrapped));
		random_bytes(random, h.proof, sizeof(h.proof));
		random_bytes(random, &h.sender, sizeof(h.sender));
		random_bytes(random, &h.guest, sizeof(h.guest));
		h.host_count = (uint16_t)random_below(random, HANDOVER_HOSTS_MAX + 1);
		for (unsigned int i = 0; i < h.host_count; i++) {
			random_bytes(random, h.hosts[i].mac, 6);
			memset(h.hosts[i].port, 'a' + (int)i % 26, random_below(random, 17));
			h.hosts[i].eid = random_host(random);
		}
		len = write_again(&h, out, sizeof(out), k, alg, &opt);
		assert_true(len > 0);
		if (PARSE_EXACT(handover_parse, out, (size_t)len, &back, &fault))
			fail_msg("seed %ju: refused", (uintmax_t)seed);
		assert_int_equal(handover_parse(out, (size_t)len, &back, &fault), 0);
		if (!handover_verify(k, &opt, out, (size_t)len, &back))
			fail_msg("seed %ju: not verified", (uintmax_t)seed);
		back.auth = h.auth;
		if (memcmp(&back, &h, sizeof(h)) != 0)
			fail_msg("seed %ju: differs", (uintmax_t)seed);
	}
	auth_key_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_a_state),
		cmocka_unit_test(parses_what_xtr_and_agent_ask_and_acknowledge),
		cmocka_unit_test(parses_a_packet_of_the_tail),
		cmocka_unit_test(parses_what_the_map_server_is_asked_and_says),
		cmocka_unit_test(parses_a_step),
		cmocka_unit_test(verifies_and_writes_the_golden_messages),
		cmocka_unit_test(algorithm_3_has_a_salt_of_its_own),
		cmocka_unit_test(the_mac_covers_every_byte_of_a_handover),
		cmocka_unit_test(every_prefix_of_each_kind_is_refused),
		cmocka_unit_test(a_byte_behind_each_kind_is_refused),
		cmocka_unit_test(another_sub_type_version_or_kind_of_handover_is_unsupported),
		cmocka_unit_test(handover_authentication_data_past_the_end),
		cmocka_unit_test(an_unknown_state_result_or_step_is_refused),
		cmocka_unit_test(flags_count_where_they_mean_something),
		cmocka_unit_test(counts_that_are_not_the_kinds),
		cmocka_unit_test(thirty_two_hosts_are_taken),
		cmocka_unit_test(a_prefix_where_a_host_is_needed),
		cmocka_unit_test(eids_that_are_no_address_of_a_guest),
		cmocka_unit_test(a_port_is_a_name),
		cmocka_unit_test(lengths_and_places_of_tail_packets),
		cmocka_unit_test(preparing_without_locators),
		cmocka_unit_test(is_told_apart_by_its_first_two_bytes),
		cmocka_unit_test(the_writer_refuses_what_the_parser_would),
		cmocka_unit_test(random_states_survive_parse_and_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
