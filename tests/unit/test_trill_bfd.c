/* BFD over one hop: item L of docs/trill.md, by RFC 7175 sections 3 and 6 and RFC 5880 sections 6.7
 * and 6.8. */
#include "tests/unit/trill_test.h"

#include "trill/core/bfd.h"

static struct bfd a, b;
static struct random_seeded seeded;
static uint64_t clock_us;
static bool cut;
static unsigned int ups, downs, sent;
static uint8_t last[BFD_CONTROL_MAX];
static size_t last_len;

static struct mono now(void)
{
	return mono_add_us((struct mono){1}, clock_us);
}

static bool give(struct bfd *to, const uint8_t *bytes, size_t len, uint16_t hops, bool multi_hop)
{
	struct data_frame data = {.header = {.hops = hops}};
	struct channel_in in = {.data = &data,
		.c = {.protocol = 2, .multi_hop = multi_hop, .payload = bytes, .payload_len = len}};

	return bfd_receive(to, &in, now());
}

static void on_send(void *arg, const uint8_t *control, size_t len)
{
	memcpy(last, control, len);
	last_len = len;
	sent++;
	if (!cut && arg)
		give(arg, control, len, 63, false);
}

static void on_changed(void *arg, bool up)
{
	ups += up;
	downs += !up;
}

static void start(bool both)
{
	random_seeded_init(&seeded, 3);
	clock_us = 0;
	ups = downs = sent = 0;
	cut = false;
	bfd_init(&a, 0x11, 15000, 15000, 3, &seeded.random, now());
	bfd_init(&b, 0x22, 15000, 15000, 3, &seeded.random, now());
	a.send = b.send = on_send;
	a.changed = b.changed = on_changed;
	a.arg = both ? &b : NULL;
	b.arg = both ? &a : NULL;
}

static void run_ms(unsigned int ms)
{
	for (unsigned int i = 0; i < ms; i++, clock_us += 1000) {
		bfd_time(&a, now());
		bfd_time(&b, now());
	}
}

static void l_bfd_comes_up_and_sees_silence_within_three_intervals(void **state)
{
	start(true);
	run_ms(4000);
	assert_int_equal(a.state, BFD_UP);
	assert_int_equal(b.state, BFD_UP);
	assert_int_equal(ups, 2);
	assert_false(a.polling);
	sent = 0;
	run_ms(1000);
	assert_in_range(sent, 2 * 60, 2 * 100); /* each 11 to 15 ms */
	cut = true;
	run_ms(30);
	assert_int_equal(downs, 0);
	run_ms(20);
	assert_int_equal(downs, 2);
	assert_int_equal(a.diagnostic, BFD_EXPIRED);
	assert_int_equal(a.theirs, 0);
	cut = false;
	run_ms(4000);
	assert_int_equal(ups, 4);
}

static void l_bfd_control_packets_have_these_bytes(void **state)
{
	start(false);
	bfd_time(&a, now());
	assert_bytes(last, 24, "20 40 03 18 00000011 00000000 000F4240 00003A98 00000000");
}

/* Their Down, Init and Up with what we answer; the poll's final. */
static bool take(const char *text)
{
	struct exact e = exact_hex(text);
	bool ok = give(&a, e.bytes, e.len, 63, false);

	free(e.bytes);
	return ok;
}
#define REST " 000F4240 00003A98 00000000"

static void l_bfd_states_follow_the_neighbours(void **state)
{
	start(false);
	assert_true(take("20 40 03 18 00000022 00000000" REST));
	assert_int_equal(a.state, BFD_INIT);
	assert_bytes(last, 24, "20 80 03 18 00000011 00000022 000F4240 00003A98 00000000");
	assert_true(take("20 C0 03 18 00000022 00000011" REST));
	assert_int_equal(a.state, BFD_UP);
	assert_true(take("20 E0 03 18 00000022 00000011" REST)); /* a poll */
	assert_bytes(last, 24, "20 D0 03 18 00000011 00000022 00003A98 00003A98 00000000");
	assert_true(take("20 40 03 18 00000022 00000011" REST));
	assert_int_equal(a.state, BFD_DOWN);
	assert_int_equal(a.diagnostic, BFD_NEIGHBOR_DOWN);
	assert_true(take("20 80 03 18 00000022 00000011" REST));
	assert_int_equal(a.state, BFD_UP);
	assert_true(take("20 00 03 18 00000022 00000011" REST)); /* AdminDown */
	assert_int_equal(a.state, BFD_DOWN);
}

static void l_bfd_packets_that_are_wrong_are_discarded(void **state)
{
	static const char *const bad[] = {"20 40 03 18 00000022 00000000 000F4240 00003A98 0000",
		"40 40 03 18 00000022 00000000" REST, "20 40 00 18 00000022 00000000" REST,
		"20 40 03 17 00000022 00000000" REST, "20 40 03 19 00000022 00000000" REST,
		"20 41 03 18 00000022 00000000" REST, "20 44 03 18 00000022 00000000" REST,
		"20 40 03 18 00000000 00000000" REST, "20 C0 03 18 00000022 00000000" REST,
		"20 40 03 18 00000022 00000012" REST};
	uint8_t good[24];

	start(false);
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (take(bad[i]))
			fail_msg("%s was taken", bad[i]);
	hex(good, sizeof(good), "20 40 03 18 00000022 00000000" REST);
	assert_false(give(&a, good, 24, 62, false)); /* more than one hop */
	assert_false(give(&a, good, 24, 63, true));
	assert_true(give(&a, good, 24, 63, false));
}

/* "campus secret", port 3 of 0200.0000.0100: made with Python's hmac and hashlib. */
#define SECRET "9C481270BE8D5C0F43B2B42270BC7875C83EA175"

static struct isis_key *key_of(const char *secret, enum isis_auth_alg alg)
{
	struct isis_key *key = isis_key_new(alg, 0x107, secret, strlen(secret));

	assert_non_null(key);
	return key;
}

static void l_bfd_secrets_are_made_of_the_campus_key(void **state)
{
	static const struct system_id system = {{2, 0, 0, 0, 1, 0}};
	static const struct {
		const char *secret, *want;
		enum isis_auth_alg alg;
	} cases[] = {
		{"campus secret", SECRET, ISIS_AUTH_HMAC_SHA256},
		{"campus secret", SECRET, ISIS_AUTH_HMAC_MD5},
		/* Longer than a hash: it is not cut to one, as RFC 5310 has it for its own. */
		{"a secret that is longer than thirty-two bytes",
			"FA8765D8FDB42556613A4787F74B64BD5C80D354", ISIS_AUTH_HMAC_SHA256},
	};
	struct bfd_secret made;

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct isis_key *key = key_of(cases[i].secret, cases[i].alg);

		for (unsigned int twice = 0; twice < 2; twice++) {
			assert_true(bfd_secret_derive(key, 3, &system, &made));
			assert_int_equal(made.id, 7);
			assert_bytes(made.bytes, BFD_SECRET_LEN, cases[i].want);
		}
		isis_key_free(key);
	}
}

static void secret_set(struct bfd *of)
{
	of->auth.count = 1;
	of->auth.ours.id = of->auth.theirs[0].id = 7;
	hex(of->auth.ours.bytes, BFD_SECRET_LEN, SECRET);
	hex(of->auth.theirs[0].bytes, BFD_SECRET_LEN, SECRET);
}

#define SIGNED_HEAD "20 44 03 34 00000011 00000000 000F4240 00003A98 00000000"
#define SIGNED_HASH "1B8A4B61A24A3B58AD1AC38F53BD834DEE77C4D4"

static void l_bfd_authenticated_packets_have_these_bytes(void **state)
{
	start(false);
	secret_set(&a);
	a.auth.sequence = 0xff;
	bfd_time(&a, now());
	assert_bytes(last, last_len, SIGNED_HEAD "05 1C 07 00 00000100" SIGNED_HASH);
}

static void l_bfd_wants_the_secret_where_there_is_one(void **state)
{
	static const char *const bad[] = {
		"20 40 03 18 00000011 00000000 000F4240 00003A98 00000000",
		SIGNED_HEAD "04 1C 07 00 00000100" SIGNED_HASH,
		SIGNED_HEAD "05 1B 07 00 00000100" SIGNED_HASH,
		SIGNED_HEAD "05 1C 06 00 00000100" SIGNED_HASH,
		SIGNED_HEAD "05 1C 07 00 00000101" SIGNED_HASH,
		SIGNED_HEAD "05 1C 07 00 00000100" SIGNED_HASH "00",
		"20 44 03 35 00000011 00000000 000F4240 00003A98 00000000"
		"05 1C 07 00 00000100" SIGNED_HASH "00",
		"20 44 03 34 00000011 00000000 000F4240 00003A99 00000000"
		"05 1C 07 00 00000100" SIGNED_HASH,
		/* These have the right hash of what they say. */
		"20 40 03 34 00000011 00000000 000F4240 00003A98 00000000"
		"05 1C 07 00 00000100 A4AF1A2C7CF730C1386D11C6C4141CE0C0817C3F", /* no A */
		"20 44 03 34 00000011 00000000 000F4240 00003A98 00000000"
		"04 1C 07 00 00000100 E511647A47851756F7F515F8D45209FAF8C2A326", /* Keyed SHA1 */
		"20 44 03 34 00000011 00000000 000F4240 00003A98 00000000"
		"05 1C 06 00 00000100 DD6645481BDABB1B95A459B0202877F5F21E5648", /* another ID */
		"20 44 03 35 00000011 00000000 000F4240 00003A98 00000000"
		"05 1C 07 00 00000100 A8AA949ABF41C3B49A30B65C39E92A6AE6B02024 00", /* longer */
		"20 44 03 1A 00000011 00000000 000F4240 00003A98 00000000 05 02",
		"20 44 03 18 00000011 00000000 000F4240 00003A98 00000000",
	};
	static const char good[] = SIGNED_HEAD "05 1C 07 00 00000100" SIGNED_HASH;

	start(false);
	assert_false(take(good)); /* signed, and nobody asked for it */
	secret_set(&a);
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		bool taken = take(bad[i]);

		if (i == 5) /* what stands behind the packet is not the packet's */
			assert_true(taken);
		else if (taken)
			fail_msg("%s was taken", bad[i]);
		a.auth.known = false;
	}
	assert_true(take(good));
	assert_int_equal(a.state, BFD_INIT);
}

/* What @of says now, with a sequence number. */
static void say(struct bfd *of, uint32_t sequence)
{
	of->auth.sequence = sequence - 1;
	clock_us += 15000;
	of->sending = now();
	of->expires = MONO_NEVER;
	bfd_time(of, now());
}

static bool heard(struct bfd *by)
{
	uint8_t bytes[BFD_CONTROL_MAX];

	memcpy(bytes, last, last_len);
	return give(by, bytes, last_len, 63, false);
}

static void l_bfd_packets_that_are_replayed_are_refused(void **state)
{
	start(true);
	secret_set(&a);
	secret_set(&b);
	run_ms(4000);
	assert_int_equal(a.state, BFD_UP);
	assert_int_equal(b.state, BFD_UP);
	cut = true;
	a.auth.their_sequence = 0xfffffffe; /* it goes round */
	say(&b, 0xffffffff);
	assert_true(heard(&a));
	assert_false(heard(&a)); /* the same again */
	say(&b, 9);              /* 9 of theirs are the most that may have been lost */
	assert_false(heard(&a));
	say(&b, 8);
	assert_true(heard(&a));
	say(&b, 7); /* an older one */
	assert_false(heard(&a));
	/* When nothing has come for twice the detection time, it may have been restarted: until
	 * then an old number is none. */
	clock_us += 50000;
	say(&b, 3);
	assert_false(heard(&a));
	say(&b, 3);
	assert_true(heard(&a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(l_bfd_comes_up_and_sees_silence_within_three_intervals),
		cmocka_unit_test(l_bfd_control_packets_have_these_bytes),
		cmocka_unit_test(l_bfd_states_follow_the_neighbours),
		cmocka_unit_test(l_bfd_packets_that_are_wrong_are_discarded),
		cmocka_unit_test(l_bfd_secrets_are_made_of_the_campus_key),
		cmocka_unit_test(l_bfd_authenticated_packets_have_these_bytes),
		cmocka_unit_test(l_bfd_wants_the_secret_where_there_is_one),
		cmocka_unit_test(l_bfd_packets_that_are_replayed_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
