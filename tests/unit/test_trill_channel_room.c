/* RBridge Channel messages, their errors, Port-Shutdown and Address Flush on their ways: items L, G
 * and J of docs/trill.md, by RFC 7178 section 3, RFC 8139 section 6 and RFC 8383. */
#include "tests/unit/trill_inner.h"

#include "trill/core/shutdown.h"

static struct channel_room room;
static uint8_t sent[2048];
static size_t sent_len;
static unsigned int sent_count, taken;
static struct channel_to sent_to;
static const struct mac ours = {{2, 0, 0, 0, 0, 1}};

static struct mono at_ms(uint64_t ms)
{
	return mono_add_ms((struct mono){1}, ms);
}

/* What goes out, from the TRILL header on; native: from the Ethertype on. */
static void on_send(void *arg, const struct channel_to *to, const struct data_frame *f)
{
	if (to->native) {
		sent_len = f->payload_len;
		assert_true(sent_len <= sizeof(sent));
		memcpy(sent, f->payload, sent_len);
	} else {
		sent_len = trill_inner(sent, sizeof(sent), f);
	}
	sent_to = *to;
	sent_count++;
}

static void on_take(void *arg, const struct channel_in *in, struct mono now)
{
	taken++;
	*(struct channel_in *)arg = *in;
}

static struct channel_in got;

static void setup(void)
{
	channel_init(&room, 0x1111, &ours);
	room.send = on_send;
	sent_count = taken = 0;
	assert_true(channel_serve(&room, CHANNEL_ADDRESS_FLUSH, false, on_take, &got));
	assert_true(channel_serve(&room, CHANNEL_PORT_SHUTDOWN, false, on_take, &got));
	assert_true(channel_serve(&room, CHANNEL_PULL_DIRECTORY, true, on_take, &got));
}

/* From 0x2222 to us, VLAN 1; then what stands behind the inner tag. */
#define OUTER  "0200 0000 0001 0200 0000 0002 22F3 "
#define PACKET "003F 1111 2222 0180 C200 0042 0200 0000 0002 8100 0001 "

static uint8_t frame[2048];
static struct data_frame data;

static enum channel_verdict receive(const char *payload, uint64_t ms)
{
	struct wire_fault fault;
	char text[4096];
	size_t len;

	snprintf(text, sizeof(text), "%s%s%s", OUTER, PACKET, payload);
	len = hex(frame, sizeof(frame), text);
	assert_error(data_frame_read(frame, len, &data, &fault), 0);
	return channel_receive(&room, &data, frame, len, 3, at_ms(ms));
}

static void l_a_message_goes_to_who_serves_its_protocol(void **state)
{
	setup();
	assert_int_equal(receive("8946 0009 4000 AABB", 0), CHANNEL_TAKEN);
	assert_int_equal(taken, 1);
	assert_int_equal(got.port, 3);
	assert_int_equal(got.c.protocol, 9);
	assert_int_equal(got.c.payload_len, 2);
	assert_int_equal(got.data->header.ingress, 0x2222);
	assert_int_equal(sent_count, 0);
	assert_int_equal(receive("22F4 83", 0), CHANNEL_IS_ESADI);
	assert_int_equal(taken, 1);
	assert_int_equal(room.received[CHANNEL_TAKEN], 1);
}

static void l_what_is_served_is_told_and_reserved_protocols_are_nobodys(void **state)
{
	static const uint16_t nobodys[] = {0, 1, 0xfff, CHANNEL_ADDRESS_FLUSH};
	uint16_t p[8];

	setup();
	for (unsigned int i = 0; i < 4; i++)
		assert_false(channel_serve(&room, nobodys[i], false, on_take, &got));
	assert_int_equal(channel_protocols(&room, p, 8), 4);
	assert_int_equal(p[0], 1);
	assert_int_equal(p[1], 5);
	assert_int_equal(p[2], 6);
	assert_int_equal(p[3], 9);
}

/* To its ingress, from ours: protocol 1, SL and MH, ERR, and the packet from the TRILL header on.
 */
#define ERROR(err) "003F 2222 1111 0180 C200 0042 0200 0000 0001 8100 0001 8946 0001 C00" err " "

static void assert_answer(
	const char *payload, enum channel_verdict verdict, const char *error, unsigned int count)
{
	char text[4096];

	setup();
	if (receive(payload, 0) != verdict)
		fail_msg("%s: not %s", payload, channel_verdict_name(verdict));
	assert_int_equal(taken, 0);
	assert_int_equal(sent_count, count);
	snprintf(text, sizeof(text), "%s%s%s", error, PACKET, payload);
	if (count)
		assert_bytes(sent, sent_len, text);
}

static void l_each_error_is_answered_by_its_err(void **state)
{
	assert_answer("89", CHANNEL_BAD_SHORT, ERROR("1"), 1);
	assert_answer("8946 0009 00", CHANNEL_BAD_SHORT, ERROR("1"), 1);
	assert_answer("8947 0009 0000", CHANNEL_BAD_ETHERTYPE, ERROR("2"), 1);
	assert_answer("8946 1009 0000", CHANNEL_BAD_VERSION, ERROR("3"), 1);
	assert_answer("8946 0009 2000", CHANNEL_BAD_NATIVE, ERROR("4"), 1);
	assert_answer("8946 0008 0000", CHANNEL_BAD_PROTOCOL, ERROR("5"), 1);
	assert_answer("8946 0FFF 0000", CHANNEL_BAD_PROTOCOL, ERROR("5"), 1);
	assert_answer("8946 0000 0000", CHANNEL_BAD_PROTOCOL, ERROR("5"), 1);
	/* served for end stations alone */
	assert_answer("8946 0005 0000", CHANNEL_BAD_PROTOCOL, ERROR("5"), 1);
	assert_int_equal(sent_to.egress, 0x2222);
	assert_false(sent_to.multi);
}

static void l_errors_are_not_answered_nor_what_asks_for_silence(void **state)
{
	assert_answer("8946 0001 C005", CHANNEL_IS_ERROR, "", 0);
	assert_answer("8946 0001 0000", CHANNEL_IS_ERROR, "", 0);
	assert_answer("8946 0009 0003", CHANNEL_BAD_ERR, "", 0);
	assert_answer("8946 1009 0003", CHANNEL_BAD_VERSION, "", 0);
	assert_answer("8946 1001 0000", CHANNEL_BAD_VERSION, "", 0);
	assert_answer("8946 0008 8000", CHANNEL_BAD_PROTOCOL, "", 0);
}

static void l_an_error_quotes_256_bytes(void **state)
{
	char payload[2048] = "8946 0008 0000";

	for (unsigned int i = 0; i < 400; i++)
		strcat(payload, "AA");
	setup();
	receive(payload, 0);
	assert_int_equal(sent_len, 6 + 16 + 6 + 256);
}

static void l_errors_are_limited(void **state)
{
	setup();
	for (unsigned int i = 0; i < 50; i++)
		receive("8946 0008 0000", 0);
	assert_int_equal(sent_count, CHANNEL_ERRORS_PER_S);
	assert_int_equal(room.errors_held_back, 50 - CHANNEL_ERRORS_PER_S);
	receive("8946 0008 0000", 1000);
	assert_int_equal(sent_count, CHANNEL_ERRORS_PER_S + 1);
}

static enum channel_verdict receive_native(const char *payload)
{
	static uint8_t bytes[512];
	struct ethernet outer = {.sa = {{2, 0, 0, 0, 0, 9}}, .vlan = 7};

	return channel_receive_native(
		&room, &outer, bytes, hex(bytes, sizeof(bytes), payload), 4, at_ms(0));
}

static void l_native_messages_have_the_flag_na_and_so_have_their_errors(void **state)
{
	setup();
	assert_int_equal(receive_native("8946 0005 2000"), CHANNEL_TAKEN);
	assert_int_equal(taken, 1);
	assert_int_equal(receive_native("8946 0005 0000"), CHANNEL_BAD_NATIVE);
	assert_bytes(sent, sent_len, "8946 0001 A004 8946 0005 0000");
	assert_true(sent_to.native && sent_to.link);
	assert_int_equal(sent_to.port, 4);
	assert_int_equal(sent_to.da.bytes[5], 9);
	assert_int_equal(receive_native("8946 0009 2000"), CHANNEL_BAD_PROTOCOL);
	assert_bytes(sent, sent_len, "8946 0001 A005 8946 0009 2000");
}

static void g_a_port_shutdown_goes_out_twice_at_20_ms(void **state)
{
	static const uint16_t ports[] = {0x0123, 0x0124}, nicknames[] = {0x2222, 0x3333};
	static struct shutdown s;

	setup();
	shutdown_init(&s, SHUTDOWN_COPIES, SHUTDOWN_DELAY_MS);
	assert_true(shutdown_next(&s).ns == MONO_NEVER.ns);
	shutdown_failed(&s, &room, ports, 2, nicknames, 2, at_ms(0));
	assert_int_equal(sent_count, 2); /* one to each */
	assert_bytes(sent, sent_len,
		"003F 3333 1111 0180 C200 0042 0200 0000 0001 8100 E001 8946 0006 4000 0123 0124");
	assert_true(shutdown_next(&s).ns == at_ms(20).ns);
	shutdown_time(&s, &room, at_ms(19));
	assert_int_equal(sent_count, 2);
	shutdown_time(&s, &room, at_ms(20));
	assert_int_equal(sent_count, 4);
	shutdown_time(&s, &room, at_ms(40));
	assert_int_equal(sent_count, 4);
	assert_true(shutdown_next(&s).ns == MONO_NEVER.ns);
	shutdown_init(&s, 9, 5000);
	assert_int_equal(s.copies, 3);
	assert_int_equal(s.delay_ms, 1000);
}

/* RFC 8139 section 6.3: out of the port, to each neighbour; RFC 7178 section 3: MH is clear there.
 */
static void g_a_planned_port_shutdown_goes_out_of_the_port_for_one_hop(void **state)
{
	struct adjacency_hello h = {.key = {.mac = {{2, 0, 0, 0, 0, 9}},
					    .port_id = 0x100,
					    .system = {{0, 0, 0, 0, 0, 2}}},
		.designated = true,
		.listing = ADJACENCY_LISTED,
		.holding_s = 30,
		.nickname = 0x2222};
	static struct shutdown s;
	struct adjacency_table t;

	setup();
	shutdown_init(&s, SHUTDOWN_COPIES, SHUTDOWN_DELAY_MS);
	assert_true(adjacency_init(&t, true, 8));
	adjacency_hello(&t, &h, at_ms(0));
	h.key.port_id++;
	h.listing = ADJACENCY_NOT_LISTED; /* one that does not hear us */
	adjacency_hello(&t, &h, at_ms(0));
	assert_int_equal(shutdown_planned_each(&s, &room, 0x0123, &t, at_ms(0)), 1);
	assert_int_equal(sent_count, 1);
	assert_bytes(sent, sent_len,
		"003F 2222 1111 0180 C200 0042 0200 0000 0001 8100 E001 8946 0006 0000 0123");
	assert_true(sent_to.link);
	assert_int_equal(sent_to.port, 0x0123);
	assert_int_equal(sent_to.da.bytes[5], 9);
	adjacency_fini(&t);
}

static unsigned int downs;

static void on_changed(
	void *arg, const struct adjacency *row, enum adjacency_state was, enum adjacency_event why)
{
	downs += row->state == ADJACENCY_DOWN;
}

static void g_a_port_shutdown_ends_the_adjacencies_that_it_names(void **state)
{
	struct adjacency_hello h = {
		.designated = true, .listing = ADJACENCY_LISTED, .holding_s = 30};
	struct system_id two = {{0, 0, 0, 0, 0, 2}};
	struct adjacency_table t;

	assert_true(adjacency_init(&t, true, 8));
	t.changed = on_changed;
	downs = 0;
	for (unsigned int i = 0; i < 6; i++) {
		h.key = (struct adjacency_key){.mac = {{2, 0, 0, 0, 0, (uint8_t)i}},
			.port_id = (uint16_t)(0x100 + i % 3),
			.system = {{0, 0, 0, 0, 0, (uint8_t)(1 + i / 3)}}};
		adjacency_hello(&t, &h, at_ms(0));
	}
	setup();
	receive("8946 0006 0000 0100 0102 0999", 0);
	assert_int_equal(shutdown_received(&t, &two, &got), 2);
	assert_int_equal(downs, 2);
	assert_int_equal(t.count, 4);
	h.key.system = two;
	h.key.mac.bytes[5] = 4;
	h.key.port_id = 0x101;
	assert_non_null(adjacency_find(&t, &h.key));
	receive("8946 0006 0000", 0); /* none */
	assert_int_equal(shutdown_received(&t, &two, &got), 0);
	adjacency_fini(&t);
}

static void j_a_move_is_flushed_on_the_tree_at_priority_6(void **state)
{
	static const struct mac mac = {{2, 0, 0, 0, 0, 0xaa}};

	setup();
	shutdown_flush(&room, (struct label){.id = 34}, &mac, 0x2222, 0x5555, NICKNAME_NONE);
	assert_bytes(sent, sent_len,
		"083F 5555 1111 0180 C200 0042 0200 0000 0001 8100 C022 8946 0009 4000"
		"01 2222 00 01 04 0022 0022 07 06 0200000000AA");
	assert_true(sent_to.multi);
	shutdown_flush(&room, (struct label){.id = 34}, &mac, 0x2222, NICKNAME_NONE, 0x3333);
	assert_int_equal(sent[0], 0x00); /* M is clear */
	assert_int_equal(sent_to.egress, 0x3333);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(l_a_message_goes_to_who_serves_its_protocol),
		cmocka_unit_test(l_what_is_served_is_told_and_reserved_protocols_are_nobodys),
		cmocka_unit_test(l_each_error_is_answered_by_its_err),
		cmocka_unit_test(l_errors_are_not_answered_nor_what_asks_for_silence),
		cmocka_unit_test(l_an_error_quotes_256_bytes),
		cmocka_unit_test(l_errors_are_limited),
		cmocka_unit_test(l_native_messages_have_the_flag_na_and_so_have_their_errors),
		cmocka_unit_test(g_a_port_shutdown_goes_out_twice_at_20_ms),
		cmocka_unit_test(g_a_planned_port_shutdown_goes_out_of_the_port_for_one_hop),
		cmocka_unit_test(g_a_port_shutdown_ends_the_adjacencies_that_it_names),
		cmocka_unit_test(j_a_move_is_flushed_on_the_tree_at_priority_6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
