/* BFD over one hop: item L of docs/trill.md, by RFC 7175 section 3 and RFC 5880 section 6.8. */
#include "tests/unit/trill_test.h"

#include "trill/core/bfd.h"

static struct bfd a, b;
static struct random_seeded seeded;
static uint64_t clock_us;
static bool cut;
static unsigned int ups, downs, sent;
static uint8_t last[BFD_CONTROL_LEN];

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

static void on_send(void *arg, const uint8_t control[BFD_CONTROL_LEN])
{
	memcpy(last, control, sizeof(last));
	sent++;
	if (!cut && arg)
		give(arg, control, BFD_CONTROL_LEN, 63, false);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(l_bfd_comes_up_and_sees_silence_within_three_intervals),
		cmocka_unit_test(l_bfd_control_packets_have_these_bytes),
		cmocka_unit_test(l_bfd_states_follow_the_neighbours),
		cmocka_unit_test(l_bfd_packets_that_are_wrong_are_discarded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
