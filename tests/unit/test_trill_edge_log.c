/* What a person reads in the log of what stations and neighbours do (docs/trill.md, N). */
#include "tests/unit/trill_test.h"

#include "trill/core/arp_proxy.h"
#include "trill/edge_log.h"

static char last[LOG_LINE_MAX];
static unsigned int lines;
static enum log_level wanted = LOG_LEVEL_WARNING;

static void on_line(struct log *log, enum log_level level, const char *line)
{
	(void)log;
	assert_int_equal(level, wanted);
	snprintf(last, sizeof(last), "%s", line);
	lines++;
}

/* RFC 8302 section 7: "SHOULD log the duplicate". */
static void begin(struct trill_edge_log *l, struct log *log)
{
	log_init_sink(log, on_line, NULL);
	l->log = log;
	lines = 0;
}

static void n_a_duplicate_address_stands_in_the_log_with_both_macs(void **state)
{
	static const struct arp_proxy_event duplicate = {.label = {.id = 10},
		.ip = {.afi = AFI_IPV4, .len = 4, .bytes = {192, 0, 2, 11}},
		.is = {{2, 0, 0, 0, 0, 0xb}},
		.claims = {{2, 0, 0, 0, 0, 0xc}},
		.duplicate = true};
	struct rbridge_event event = {.kind = RBRIDGE_DUPLICATE, .duplicate = &duplicate};
	struct trill_edge_log l = {0};
	struct log log;

	(void)state;
	begin(&l, &log);
	for (unsigned int i = 0; i < 100; i++)
		trill_edge_log_duplicate(&l, &event, (struct mono){1});
	assert_string_equal(last, "VLAN 10: 02:00:00:00:00:0c claims 192.0.2.11, which "
				  "02:00:00:00:00:0b has and answers for");
	assert_true(lines < 100);
}

static void i_refused_rows_stand_in_the_log(void **state)
{
	struct trill_edge_log l = {0};
	struct log log;

	(void)state;
	begin(&l, &log);
	trill_edge_log_rows(&l, 0, 0, (struct mono){1});
	assert_int_equal(lines, 0);
	for (unsigned int i = 0; i < 3; i++)
		trill_edge_log_rows(&l, 7, 0, (struct mono){1});
	assert_int_equal(lines, 1);
	assert_string_equal(last, "the data plane has refused rows: tried again later");
	trill_edge_log_rows(&l, 9, 1, (struct mono){1});
	assert_non_null(strstr(last, "limits too small?"));
}

static void p_who_has_no_sequence_number_left_reads_it_in_the_log(void **state)
{
	struct fragment_counts said = {.unsaid = 1};
	struct trill_edge_log l = {0};
	struct log log;

	(void)state;
	begin(&l, &log);
	trill_edge_log_said(&l, &said, (struct mono){1});
	assert_int_equal(lines, 0);
	said.used_up = 1;
	for (unsigned int i = 0; i < 3; i++)
		trill_edge_log_said(&l, &said, (struct mono){1});
	assert_int_equal(lines, 1);
	assert_non_null(strstr(last, "no sequence number left"));
	assert_non_null(strstr(last, "for 1260 s"));
}

static void f_what_hinders_a_port_stands_in_the_log(void **state)
{
	struct rbridge_event event = {.kind = RBRIDGE_HINDRANCE, .hindrance = RBRIDGE_NOT_ENABLED};
	struct trill_edge_log l = {0};
	struct log log;

	(void)state;
	begin(&l, &log);
	trill_edge_log_hindrance(&l, "p1", &event, 20, (struct mono){1});
	assert_string_equal(last, "port p1: the Designated VLAN of its link is 20, which is none "
				  "of vlans: nobody there can be its neighbour");
	event.hindrance = RBRIDGE_SUSPENDED;
	trill_edge_log_hindrance(&l, "p1", &event, 1, (struct mono){1});
	assert_non_null(strstr(last, "port p1 is suspended: "));
	wanted = LOG_LEVEL_INFO;
	event.hindrance = RBRIDGE_UNHINDERED;
	trill_edge_log_hindrance(&l, "p1", &event, 1, (struct mono){1});
	assert_string_equal(last, "port p1: nothing hinders it any more");
	wanted = LOG_LEVEL_WARNING;
}

static void h_who_claims_a_nickname_of_ours_stands_in_the_log(void **state)
{
	struct rbridge_rival rival = {
		.nickname = 0xa01, .system = {{2, 0, 0, 0, 0, 3}}, .ours = 192, .theirs = 192};
	struct trill_edge_log l = {0};
	struct log log;

	(void)state;
	begin(&l, &log);
	trill_edge_log_rival(&l, &rival, (struct mono){1});
	assert_string_equal(last, "nickname 0x0a01 is also claimed by RBridge 0200.0000.0003, "
				  "which keeps it: priority 192 here, 192 there, and the higher "
				  "system ID decides; configured at both: give one of them another "
				  "nickname");
	wanted = LOG_LEVEL_INFO;
	rival.theirs = 64;
	rival.kept = true;
	trill_edge_log_rival(&l, &rival, (struct mono){1});
	assert_string_equal(last, "nickname 0x0a01 is also claimed by RBridge 0200.0000.0003, and "
				  "stays ours: priority 192 here, 64 there");
	wanted = LOG_LEVEL_WARNING;
}

static void f_who_has_our_system_id_stands_in_the_log(void **state)
{
	static const struct system_id own = {{2, 0, 0, 0, 0, 1}};
	struct rbridge_same_id is = {.near = true, .mac = {{2, 0, 0, 0, 9, 1}}};
	struct rbridge_event event = {.kind = RBRIDGE_SAME_ID, .same_id = &is};
	struct trill_edge_log l = {0};
	struct log log;

	(void)state;
	begin(&l, &log);
	trill_edge_log_same_id(&l, "p1", &own, &event, (struct mono){1});
	assert_string_equal(last, "system ID 0200.0000.0001 is also used by the RBridge at port p1 "
				  "with MAC 02:00:00:00:09:01: give one of them another system-id");
	is.near = false;
	trill_edge_log_same_id(&l, "p1", &own, &event, (struct mono){1});
	assert_string_equal(last, "system ID 0200.0000.0001 is also used by an RBridge behind port "
				  "p1, whose LSPs the neighbour with MAC 02:00:00:00:09:01 passes "
				  "on: give one of them another system-id");
	wanted = LOG_LEVEL_INFO;
	event.gone = true;
	trill_edge_log_same_id(&l, NULL, &own, &event, (struct mono){1});
	assert_string_equal(last, "system ID 0200.0000.0001: no other RBridge has it any more");
	wanted = LOG_LEVEL_WARNING;
}

static void k_whom_esadi_has_no_room_for_is_in_the_log(void **state)
{
	struct trill_edge_log l = {0};
	struct log log;

	(void)state;
	begin(&l, &log);
	trill_edge_log_untold(&l, 0, (struct mono){1});
	assert_int_equal(lines, 0);
	for (unsigned int i = 0; i < 3; i++)
		trill_edge_log_untold(&l, 29, (struct mono){1});
	trill_edge_log_untold(&l, 5, (struct mono){1});
	assert_int_equal(lines, 1);
	assert_non_null(strstr(last, "ESADI has no room for 29 end stations"));
}

static void c_scopes_that_are_not_taken_stand_in_the_log(void **state)
{
	static const uint8_t frame[60] = {[6] = 2, [11] = 7};
	struct rbridge_counters was = {0}, is = {0};
	struct trill_edge_log l = {0};
	struct log log;

	(void)state;
	begin(&l, &log);
	trill_edge_log_frame(&l, "p", frame, sizeof(frame), &was, &is, (struct mono){1});
	assert_int_equal(lines, 0);
	is.scope_unknown = 1;
	trill_edge_log_frame(&l, "p", frame, sizeof(frame), &was, &is, (struct mono){1});
	assert_string_equal(last, "port p: FS-LSPs from 02:00:00:00:00:07 of a flooding scope "
				  "that is not taken here");
	was = is;
	is.scope_refused = 1;
	trill_edge_log_frame(&l, "p", frame, sizeof(frame), &was, &is, (struct mono){1});
	assert_string_equal(last, "port p: 02:00:00:00:00:07 says that it takes no FS-LSPs of a "
				  "flooding scope");
	assert_int_equal(lines, 2);
}

static void h_what_our_lsps_have_no_room_for_is_in_the_log(void **state)
{
	struct origin_unsaid unsaid = {0};
	struct trill_edge_log l = {0};
	struct log log;

	(void)state;
	begin(&l, &log);
	trill_edge_log_unsaid(&l, &unsaid, (struct mono){1});
	assert_int_equal(lines, 0);
	unsaid.labels = 29;
	for (unsigned int i = 0; i < 3; i++)
		trill_edge_log_unsaid(&l, &unsaid, (struct mono){1});
	unsaid.labels = 5;
	trill_edge_log_unsaid(&l, &unsaid, (struct mono){1});
	assert_int_equal(lines, 1);
	assert_non_null(strstr(last, "no room for 29 VLANs and labels"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(h_who_claims_a_nickname_of_ours_stands_in_the_log),
		cmocka_unit_test(f_who_has_our_system_id_stands_in_the_log),
		cmocka_unit_test(f_what_hinders_a_port_stands_in_the_log),
		cmocka_unit_test(c_scopes_that_are_not_taken_stand_in_the_log),
		cmocka_unit_test(h_what_our_lsps_have_no_room_for_is_in_the_log),
		cmocka_unit_test(i_refused_rows_stand_in_the_log),
		cmocka_unit_test(k_whom_esadi_has_no_room_for_is_in_the_log),
		cmocka_unit_test(p_who_has_no_sequence_number_left_reads_it_in_the_log),
		cmocka_unit_test(n_a_duplicate_address_stands_in_the_log_with_both_macs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
