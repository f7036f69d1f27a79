/* Continuity checks (docs/trill.md, M): RFC 7455 sections 7 and 12, with the bytes of IEEE 802.1Q
 * clause 21.6, on virtual time. */
#include "tests/unit/trill_inner.h"

#include "trill/core/continuity.h"

#define EVENTS 32

struct node {
	struct oam_room room;
	struct continuity check;
	uint8_t last[2048]; /* from the TRILL header on */
	size_t last_len;
	unsigned int sent;
	struct continuity_event events[EVENTS];
	unsigned int event_count;
};

static struct node nodes[2];
static bool linked;
static uint8_t broken_flow; /* the last byte of a flow that does not arrive */
static struct mono clock_now;

static struct mono at_ms(uint64_t ms)
{
	return mono_add_ms((struct mono){1}, ms);
}

static enum oam_verdict give(struct node *n, const uint8_t *packet, size_t len)
{
	static const uint8_t outer[] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x22, 0xf3};
	struct exact e = {.bytes = malloc(len + sizeof(outer)), .len = len + sizeof(outer)};
	enum oam_verdict verdict;
	struct wire_fault fault;
	struct data_frame f;

	memcpy(e.bytes, outer, sizeof(outer));
	memcpy(e.bytes + sizeof(outer), packet, len);
	assert_error(data_frame_read(e.bytes, e.len, &f, &fault), 0);
	verdict = oam_receive(&n->room, &f, e.bytes, e.len, 0, clock_now);
	free(e.bytes);
	return verdict;
}

static void on_send(void *arg, const struct data_frame *f)
{
	struct node *n = arg, *other = &nodes[n == nodes];

	n->last_len = trill_inner(n->last, sizeof(n->last), f);
	n->sent++;
	if (linked && (!broken_flow || n->last[6 + OAM_FLOW_LEN - 1] != broken_flow))
		give(other, n->last, n->last_len);
}

static bool on_capable(void *arg, uint16_t nickname)
{
	return nickname != 0x7777;
}

static void on_event(void *arg, const struct continuity_event *event)
{
	struct node *n = arg;

	assert_true(n->event_count < EVENTS);
	n->events[n->event_count++] = *event;
}

static int setup(void **state)
{
	memset(nodes, 0, sizeof(nodes));
	linked = false;
	broken_flow = 0;
	clock_now = at_ms(0);
	for (unsigned int i = 0; i < 2; i++) {
		struct node *n = &nodes[i];
		struct oam_env env = {.send = on_send, .capable = on_capable, .arg = n};
		struct mac mac = {{2, 0, 0, 0, 0, (uint8_t)(i + 1)}};
		uint16_t nickname = i ? 0x2222 : 0x1111;

		oam_init(&n->room, &env, &mac);
		oam_own_set(&n->room, &nickname, 1);
		continuity_init(&n->check, &n->room, CONTINUITY_1S, (struct label){.id = 10});
		n->check.event = on_event;
		n->check.arg = n;
	}
	return 0;
}

/* Both together, until @until. */
static void run(struct mono until)
{
	for (;;) {
		struct mono next = mono_min(
			continuity_next(&nodes[0].check), continuity_next(&nodes[1].check));

		if (mono_before(until, next))
			break;
		clock_now = mono_before(clock_now, next) ? next : clock_now;
		for (unsigned int i = 0; i < 2; i++)
			continuity_time(&nodes[i].check, clock_now);
	}
	clock_now = until;
}

static void pair(void)
{
	linked = true;
	assert_true(continuity_remote_add(&nodes[0].check, 0x2222, clock_now));
	assert_true(continuity_remote_add(&nodes[1].check, 0x1111, clock_now));
}

static void event_is(const struct node *n, unsigned int i, enum continuity_event_kind kind,
	uint16_t mep, uint16_t flow, uint32_t sequence)
{
	assert_true(i < n->event_count);
	assert_int_equal(n->events[i].kind, kind);
	assert_int_equal(n->events[i].mep, mep);
	assert_int_equal(n->events[i].flow, flow);
	assert_int_equal(n->events[i].sequence, sequence);
}

#define ZERO_16      "00000000000000000000000000000000 "
#define FLOW(da, sa) da " " sa " 8100 000A " ZERO_16 ZERO_16 ZERO_16 ZERO_16 ZERO_16
#define MAID         "04 0D 5472696C6C426173654D6F6465 03 02 FFFC " ZERO_16 "00000000000000000000000000 "
#define OTHER_MAID                                                                                 \
	"04 0D 5472696C6C426173654D6F6466 03 02 FFFC " ZERO_16 "00000000000000000000000000 "
#define CCM(flags, sequence, mep, maid)                                                            \
	"8902 60 01 " flags " 46 " sequence " " mep " " maid ZERO_16                               \
	"40 0009 00 000000 00 00 00 0000 "

static void m_a_check_of_ours_byte_by_byte(void **state)
{
	struct node *n = &nodes[0];

	assert_true(continuity_remote_add(&n->check, 0x2222, clock_now));
	continuity_time(&n->check, clock_now);
	assert_bytes(n->last, n->last_len,
		"203F 2222 1111 " FLOW("00005E900100", "020000000001") CCM("04", "00000001", "1111",
			MAID) "48 0005 00 1111 0001 01 0005 03 400C 1111 00");
	continuity_time(&n->check, at_ms(999));
	assert_int_equal(n->sent, 1);
	continuity_time(&n->check, at_ms(1000));
	assert_int_equal(n->sent, 2);
}

/* Section 12.2.1: four an entropy, then the next, then the first again. */
static void m_four_checks_along_each_flow_in_turn(void **state)
{
	struct node *n = &nodes[0];
	uint8_t flow[OAM_FLOW_LEN];

	assert_true(continuity_remote_add(&n->check, 0x2222, clock_now));
	oam_flow_of(&n->room, &mac_oam_unicast, (struct label){.id = 10}, flow);
	flow[OAM_FLOW_LEN - 1] = 0xaa;
	assert_true(continuity_flow_add(&n->check, flow));
	for (unsigned int i = 0; i < 12; i++) {
		bool second = i / 4 == 1;

		continuity_time(&n->check, at_ms(1000 * i));
		assert_int_equal(n->sent, i + 1);
		assert_int_equal(n->last[6 + OAM_FLOW_LEN - 1], second ? 0xaa : 0);
		/* Sequence number; flow identifier, behind TLV 64. */
		assert_int_equal(n->last[6 + OAM_FLOW_LEN + 9], i + 1);
		assert_int_equal(n->last[6 + OAM_FLOW_LEN + 2 + 4 + 70 + 12 + 7], second ? 2 : 1);
	}
}

static void m_two_that_hear_each_other_say_nothing(void **state)
{
	pair();
	run(at_ms(20500));
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(nodes[i].event_count, 0);
		assert_int_equal(nodes[i].sent, 21);
		assert_int_equal(nodes[i].check.remotes[0].received, 21);
		assert_int_equal(nodes[i].check.remotes[0].out_of_order, 0);
	}
}

/* Section 12.1: lost after three messages; RDI; resumed. */
static void m_silence_is_told_after_three_and_a_half_intervals(void **state)
{
	pair();
	run(at_ms(5500)); /* six each */
	linked = false;
	run(at_ms(8499));
	assert_int_equal(nodes[1].event_count, 0);
	run(at_ms(8500));
	assert_int_equal(nodes[1].event_count, 1);
	event_is(&nodes[1], 0, CONTINUITY_LOST, 0x1111, 1, 6);
	run(at_ms(9500));
	assert_int_equal(nodes[1].last[6 + OAM_FLOW_LEN + 4], OAM_CCM_RDI | CONTINUITY_1S);
	linked = true;
	run(at_ms(10000));
	event_is(&nodes[1], 1, CONTINUITY_RESUMED, 0x1111, 1, 11);
}

/* The text's example, with one flow of three at fault: what was last heard, and what first. */
static void m_the_flow_at_fault_is_known_by_its_neighbours(void **state)
{
	struct node *a = &nodes[0], *b = &nodes[1];
	uint8_t flow[OAM_FLOW_LEN];

	for (unsigned int i = 2; i <= 3; i++) {
		oam_flow_of(&a->room, &mac_oam_unicast, (struct label){.id = 10}, flow);
		flow[OAM_FLOW_LEN - 1] = (uint8_t)i;
		assert_true(continuity_flow_add(&a->check, flow));
	}
	pair();
	broken_flow = 2;
	run(at_ms(9000));
	assert_int_equal(b->event_count, 2);
	event_is(b, 0, CONTINUITY_LOST, 0x1111, 1, 4);
	event_is(b, 1, CONTINUITY_RESUMED, 0x1111, 3, 9);
	assert_int_equal(a->event_count, 2); /* it reads of it */
	assert_int_equal(a->events[0].kind, CONTINUITY_RDI);
	assert_int_equal(a->events[1].kind, CONTINUITY_RDI_CLEARED);
	assert_int_equal(b->check.remotes[0].out_of_order, 1);
}

static void m_one_that_was_never_heard_is_lost(void **state)
{
	assert_true(continuity_remote_add(&nodes[0].check, 0x2222, clock_now));
	continuity_time(&nodes[0].check, at_ms(3500));
	assert_int_equal(nodes[0].event_count, 1);
	event_is(&nodes[0], 0, CONTINUITY_LOST, 0x2222, 0, 0);
}

static void take(const char *text, enum oam_verdict verdict)
{
	uint8_t bytes[2048];

	assert_int_equal(give(&nodes[0], bytes, hex(bytes, sizeof(bytes), text)), verdict);
}

#define FROM_2 "203F 1111 2222 " FLOW("020000000001", "020000000002")

static void m_checks_of_others_are_errors(void **state)
{
	struct node *n = &nodes[0];

	assert_true(continuity_remote_add(&n->check, 0x2222, clock_now));
	take(FROM_2 CCM("04", "00000007", "2222", OTHER_MAID) "00", OAM_TAKEN);
	event_is(n, 0, CONTINUITY_CROSS_CONNECT, 0x2222, 0, 7);
	take(FROM_2 CCM("04", "00000007", "3333", MAID) "00", OAM_TAKEN);
	event_is(n, 1, CONTINUITY_ERRORED, 0x3333, 0, 7);
	take(FROM_2 CCM("03", "00000007", "2222", MAID) "00", OAM_TAKEN);
	event_is(n, 2, CONTINUITY_ERRORED, 0x2222, 0, 7);
	take(FROM_2 CCM("04", "00000007", "1111", MAID) "00", OAM_TAKEN); /* our own MEP-ID */
	event_is(n, 3, CONTINUITY_ERRORED, 0x1111, 0, 7);
	assert_int_equal(n->check.errored.count, 3);
	assert_int_equal(n->check.remotes[0].received, 0);
	take(FROM_2 CCM("04", "00000007", "1111", MAID) "00", OAM_TAKEN); /* is told once */
	assert_int_equal(n->event_count, 4);
	continuity_time(&n->check, clock_now);
	assert_int_equal(n->last[6 + OAM_FLOW_LEN + 4], OAM_CCM_RDI | CONTINUITY_1S);
	continuity_time(&n->check, at_ms(3500));
	event_is(n, 4, CONTINUITY_FINE_AGAIN, 0x1111, 0, 0);
	event_is(n, 5, CONTINUITY_FINE_AGAIN, 0x2222, 0, 0);
}

static void m_malformed_checks_are_counted(void **state)
{
	take(FROM_2 "8902 60 01 04 04 00000007 40 0009 00 000000 00 00 00 0000 00", OAM_STRAY);
	take(FROM_2 CCM("04", "00000007", "0000", MAID) "00", OAM_STRAY);
	assert_int_equal(nodes[0].check.malformed, 2);
	assert_int_equal(nodes[0].event_count, 0);
}

static void m_a_flow_that_is_not_told_is_none(void **state)
{
	struct node *n = &nodes[0];

	assert_true(continuity_remote_add(&n->check, 0x2222, clock_now));
	take(FROM_2 CCM("84", "00000007", "2222", MAID) "48 0005 00 2222 0003 00", OAM_TAKEN);
	event_is(n, 0, CONTINUITY_RDI, 0x2222, 3, 7);
	take(FROM_2 CCM("04", "00000008", "2222", MAID) "48 0004 00 2222 00 00", OAM_TAKEN);
	event_is(n, 1, CONTINUITY_RDI_CLEARED, 0x2222, 0, 8);
}

static void m_who_is_checked_with(void **state)
{
	struct continuity *c = &nodes[0].check;

	assert_false(continuity_remote_add(c, 0x1111, clock_now));
	assert_false(continuity_remote_add(c, 0xffc0, clock_now));
	assert_true(continuity_remote_add(c, 0x7777, clock_now)); /* not OAM capable */
	assert_false(continuity_remote_add(c, 0x7777, clock_now));
	continuity_time(c, clock_now);
	assert_int_equal(nodes[0].sent, 0);
	for (uint16_t i = 1; i < CONTINUITY_REMOTES_MAX; i++)
		assert_true(continuity_remote_add(c, i, clock_now));
	assert_false(continuity_remote_add(c, 0x5555, clock_now));
	continuity_remote_del(c, 0x7777);
	assert_null(continuity_remote_find(c, 0x7777));
	assert_true(continuity_remote_add(c, 0x5555, clock_now));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(m_a_check_of_ours_byte_by_byte, setup),
		cmocka_unit_test_setup(m_four_checks_along_each_flow_in_turn, setup),
		cmocka_unit_test_setup(m_two_that_hear_each_other_say_nothing, setup),
		cmocka_unit_test_setup(m_silence_is_told_after_three_and_a_half_intervals, setup),
		cmocka_unit_test_setup(m_the_flow_at_fault_is_known_by_its_neighbours, setup),
		cmocka_unit_test_setup(m_one_that_was_never_heard_is_lost, setup),
		cmocka_unit_test_setup(m_checks_of_others_are_errors, setup),
		cmocka_unit_test_setup(m_malformed_checks_are_counted, setup),
		cmocka_unit_test_setup(m_a_flow_that_is_not_told_is_none, setup),
		cmocka_unit_test_setup(m_who_is_checked_with, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
