/* QMP: a stream in any pieces, what is hostile about it, and the news of sessions as QEMU 7.2 was
 * seen to send them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "vmmobility/qmp_session.h"

#define GREETING                                                                                   \
	"{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 22, \"minor\": 2, \"major\": 7}, "         \
	"\"package\": \"Debian\"}, \"capabilities\": [\"oob\"]}}\r\n"
#define EVENT(name, data)                                                                          \
	"{\"timestamp\": {\"seconds\": 1700000000, \"microseconds\": 5}, \"event\": \"" name       \
	"\"" data "}\r\n"
#define MIGRATION(status) EVENT("MIGRATION", ", \"data\": {\"status\": \"" status "\"}")
#define STATUS(status, runs)                                                                       \
	"{\"return\": {\"status\": \"" status "\", \"singlestep\": false, \"running\": " runs      \
	"}, \"id\": 4}\r\n"

struct world {
	struct qmp_reader *reader;
	struct qmp_session session;
	char heard[1024]; /* commands, news */
	uint64_t at_us;   /* of the last news */
	unsigned int messages;
};

static void note(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void note(struct world *w, const char *format, ...)
{
	size_t len = strlen(w->heard);
	va_list ap;

	if (len)
		w->heard[len++] = ' ';
	va_start(ap, format);
	vsnprintf(w->heard + len, sizeof(w->heard) - len, format, ap);
	va_end(ap);
}

static void on_write(void *arg, const char *command)
{
	char name[64] = "?";

	assert_int_equal(sscanf(command, "{\"execute\":\"%63[a-z_-]\"", name), 1);
	assert_string_equal(command + strlen(command) - 2, "}\n");
	note(arg, "<%s>", name);
}

static void on_identify(void *arg, const struct handover_id *uuid)
{
	note(arg, "uuid=%02x%02x", uuid->bytes[0], uuid->bytes[15]);
}

static void on_news(void *arg, enum guest_news news, uint64_t at_us)
{
	static const char *const names[] = {[GUEST_EXPECTED] = "expected",
		[GUEST_ANNOUNCED] = "announced",
		[GUEST_RUNS] = "runs",
		[GUEST_STOPS] = "stops",
		[GUEST_DEPARTS] = "departs",
		[GUEST_STOPS_TO_DEPART] = "stops-to-depart",
		[GUEST_COPIED] = "copied",
		[GUEST_STAYS] = "stays",
		[GUEST_ABSENT] = "absent"};

	((struct world *)arg)->at_us = at_us;
	note(arg, "%s", names[news]);
}

static void on_ready(void *arg)
{
	note(arg, "ready");
}

static void on_migrated(void *arg, const char *error)
{
	note(arg, "migrated(%s)", error ? error : "");
}

static void on_refused(void *arg, const char *command, const char *why)
{
	note(arg, "refused(%s: %s)", command, why);
}

static void on_message(void *arg, const struct qmp_message *m)
{
	struct world *w = arg;

	w->messages++;
	qmp_session_take(&w->session, m);
}

static struct world *world_new(void)
{
	struct world *w = calloc(1, sizeof(*w));
	const struct qmp_session_ops ops = {
		on_write, on_identify, on_news, on_ready, on_migrated, on_refused, w};

	w->reader = qmp_reader_new();
	assert_non_null(w->reader);
	qmp_session_init(&w->session, &ops);
	return w;
}

static void world_free(struct world *w)
{
	qmp_reader_free(w->reader);
	free(w);
}

/* QEMU says @text; returns what was heard of it. */
static const char *hear(struct world *w, const char *text)
{
	w->heard[0] = '\0';
	assert_null(qmp_reader_feed(w->reader, text, strlen(text), on_message, w));
	return w->heard;
}

#define ANSWERS(uuid, status, migration)                                                           \
	"{\"return\": {}, \"id\": 1}\r\n{\"return\": {}, \"id\": 2}\r\n"                           \
	"{\"return\": {\"UUID\": \"" uuid "\"}, \"id\": 3}\r\n" status "{\"return\": {" migration  \
	"}, \"id\": 5}\r\n"
#define UUID_TEXT "6f1c0c5e-3f6a-4c57-9d2e-0d6f8b1f3a52"

/* A session of a guest that runs. */
static struct world *running(void)
{
	struct world *w = world_new();

	hear(w, GREETING ANSWERS(UUID_TEXT, STATUS("running", "true"), ""));
	return w;
}

static void the_conversation_begins(void **state)
{
	struct world *w = world_new();

	assert_string_equal(hear(w, GREETING), "<qmp_capabilities>");
	assert_string_equal(hear(w, "{\"return\": {}, \"id\": 1}\r\n"),
		"<migrate-set-capabilities> <query-uuid> <query-status> <query-migrate>");
	assert_string_equal(hear(w, "{\"return\": {}, \"id\": 2}"), "");
	assert_string_equal(
		hear(w, "{\"return\": {\"UUID\": \"" UUID_TEXT "\"}, \"id\": 3}"), "uuid=6f52");
	assert_string_equal(hear(w, STATUS("running", "true")), "runs ready");
	assert_string_equal(hear(w, "{\"return\": {}, \"id\": 5}"), "");
	world_free(w);
}

static void any_pieces_make_the_same_messages(void **state)
{
	static const char text[] = GREETING ANSWERS(UUID_TEXT, STATUS("running", "true"), "")
		MIGRATION("setup") EVENT("STOP", "") "{\n\t\"event\" :\n\"RESUME\"\n}\n";
	char whole[1024];

	for (size_t piece = 1; piece < 40; piece++) {
		struct world *w = world_new();

		for (size_t at = 0; at < sizeof(text) - 1; at += piece)
			assert_null(qmp_reader_feed(w->reader, text + at,
				at + piece < sizeof(text) ? piece : sizeof(text) - 1 - at,
				on_message, w));
		assert_int_equal(w->messages, 9);
		if (piece == 1)
			strcpy(whole, w->heard);
		assert_string_equal(w->heard, whole);
		world_free(w);
	}
}

static void a_source_departs_at_setup_stops_and_is_gone(void **state)
{
	struct world *w = running();

	assert_string_equal(hear(w, MIGRATION("setup")), "departs");
	assert_string_equal(hear(w, MIGRATION("active")), "");
	assert_string_equal(hear(w, EVENT("STOP", "")), "stops-to-depart");
	assert_string_equal(hear(w, MIGRATION("device")), "");
	assert_string_equal(hear(w, MIGRATION("completed")), "copied");
	assert_string_equal(
		hear(w, EVENT("SHUTDOWN",
				", \"data\": {\"guest\": false, \"reason\": \"host-qmp-quit\"}")),
		"absent");
	world_free(w);
}

static void a_destination_runs_at_resume(void **state)
{
	struct world *w = world_new();

	assert_string_equal(hear(w, GREETING ANSWERS(UUID_TEXT, STATUS("inmigrate", "false"), "")),
		"<qmp_capabilities> <migrate-set-capabilities> <query-uuid> <query-status> "
		"<query-migrate> uuid=6f52 expected ready");
	assert_string_equal(hear(w, MIGRATION("setup") MIGRATION("active")), "");
	assert_string_equal(hear(w, EVENT("RESUME", "")), "runs <query-migrate>");
	assert_string_equal(hear(w, "{\"return\": {\"status\": \"active\"}, \"id\": 5}"), "");
	assert_string_equal(hear(w, MIGRATION("completed")), "");
	/* And later it moves on. */
	assert_string_equal(
		hear(w, MIGRATION("setup") EVENT("STOP", "")), "departs stops-to-depart");
	world_free(w);
}

static void a_failure_after_the_stop(void **state)
{
	struct world *w = running();

	hear(w, MIGRATION("setup") MIGRATION("active") EVENT("STOP", ""));
	assert_string_equal(hear(w, MIGRATION("failed")), "stays");
	assert_string_equal(hear(w, EVENT("RESUME", "")), "runs <query-migrate>");
	assert_string_equal(hear(w, "{\"return\": {\"status\": \"failed\"}, \"id\": 5}"), "");
	world_free(w);
}

static void a_cancelled_copy(void **state)
{
	struct world *w = running();

	assert_string_equal(
		hear(w, MIGRATION("setup") MIGRATION("active") MIGRATION("cancelling")), "departs");
	assert_string_equal(hear(w, MIGRATION("cancelled")), "stays");
	world_free(w);
}

static void a_pause_during_the_copy(void **state)
{
	struct world *w = running();

	hear(w, MIGRATION("setup"));
	assert_string_equal(hear(w, EVENT("STOP", "")), "stops-to-depart");
	assert_string_equal(hear(w, EVENT("RESUME", "")), "runs <query-migrate>");
	assert_string_equal(
		hear(w, "{\"return\": {\"status\": \"active\"}, \"id\": 5}"), "departs");
	world_free(w);
}

static void news_of_an_event_have_its_time_and_others_have_none(void **state)
{
	struct world *w = world_new();

	hear(w, GREETING ANSWERS(UUID_TEXT, STATUS("running", "true"), ""));
	assert_int_equal(w->at_us, 0);
	assert_string_equal(hear(w, EVENT("STOP", "")), "stops <query-status>");
	assert_true(w->at_us == 1700000000000005);
	hear(w, "{\"event\": \"RESUME\"}\n");
	assert_int_equal(w->at_us, 0);
	hear(w, "{\"timestamp\": {\"seconds\": -1, \"microseconds\": 5}, \"event\": \"STOP\"}\n");
	assert_int_equal(w->at_us, 0);
	world_free(w);
}

static void a_migration_that_was_not_told_is_found_at_the_stop_and_at_the_tick(void **state)
{
	struct world *w = world_new();

	assert_string_equal(
		hear(w, GREETING
			"{\"return\": {}, \"id\": 1}"
			"{\"error\": {\"class\": \"GenericError\", \"desc\": \"There's a "
			"migration process in progress\"}, \"id\": 2}" STATUS("running",
				"true") "{\"return\": {\"status\": \"active\"}, \"id\": 5}"),
		"<qmp_capabilities> <migrate-set-capabilities> <query-uuid> <query-status> "
		"<query-migrate> refused(migrate-set-capabilities: There's a migration process in "
		"progress) runs ready departs");
	w->heard[0] = '\0';
	qmp_session_tick(&w->session);
	assert_string_equal(w->heard, "<query-migrate>");
	assert_string_equal(hear(w, "{\"return\": {\"status\": \"failed\"}, \"id\": 5}"),
		"stays <migrate-set-capabilities>");
	assert_string_equal(hear(w, EVENT("STOP", "")), "stops <query-status>");
	assert_string_equal(hear(w, STATUS("finish-migrate", "false")), "stops-to-depart");
	world_free(w);
}

static void an_operators_pause_is_asked_about(void **state)
{
	struct world *w = running();

	assert_string_equal(hear(w, EVENT("STOP", "")), "stops <query-status>");
	assert_string_equal(hear(w, STATUS("paused", "false")), "stops");
	assert_string_equal(hear(w, EVENT("RESUME", "")), "runs <query-migrate>");
	assert_string_equal(hear(w, EVENT("POWERDOWN", "") EVENT("RTC_CHANGE", "")), "");
	world_free(w);
}

static void an_agent_that_restarts_finds_a_guest_that_has_left(void **state)
{
	struct world *w = world_new();

	hear(w, GREETING);
	assert_string_equal(hear(w, ANSWERS(UUID_TEXT, STATUS("postmigrate", "false"),
					    "\"status\": \"completed\"")),
		"<migrate-set-capabilities> <query-uuid> <query-status> <query-migrate> uuid=6f52 "
		"stops-to-depart ready");
	world_free(w);
}

static void a_guest_that_came_here_once_does_not_seem_to_depart_when_it_is_paused(void **state)
{
	struct world *w = world_new();

	/* QEMU still tells of the migration by which it came. */
	hear(w, GREETING ANSWERS(
			UUID_TEXT, STATUS("running", "true"), "\"status\": \"completed\""));
	assert_string_equal(hear(w, EVENT("STOP", "")), "stops <query-status>");
	world_free(w);
}

static void expect_broken(const char *text, size_t len, const char *why)
{
	struct world *w = world_new();
	const char *fault = qmp_reader_feed(w->reader, text, len, on_message, w);

	assert_non_null(fault);
	assert_string_equal(fault, why);
	assert_non_null(qmp_reader_feed(w->reader, "{}", 2, on_message, w));
	qmp_reader_reset(w->reader);
	assert_string_equal(hear(w, GREETING), "<qmp_capabilities>");
	world_free(w);
}

static void hostile_streams_are_refused(void **state)
{
	static char deep[200], large[QMP_MESSAGE_MAX + 100];

	expect_broken("no", 2, "not JSON");
	expect_broken("[]", 2, "a JSON value that is no object");
	expect_broken("null ", 5, "a JSON value that is no object");
	expect_broken("{\"a\": 1}", 8, "an object that is no greeting, return, error or event");
	expect_broken(
		"{\"event\": 7}", 12, "an object that is no greeting, return, error or event");
	memset(deep, '[', sizeof(deep));
	memcpy(deep, "{\"a\":", 5);
	expect_broken(deep, sizeof(deep), "a message nested too deeply");
	memset(large, 'x', sizeof(large));
	memcpy(large, "{\"event\": \"", 11);
	expect_broken(large, sizeof(large), "a message of more than 64 KiB");
	memset(large, ' ', sizeof(large));
	expect_broken(large, sizeof(large), "a message of more than 64 KiB");
}

/* A session whose guest runs, asked to migrate it. */
static struct world *asked_world(void)
{
	struct world *w = world_new();

	hear(w, GREETING "{\"return\": {}, \"id\": 1}\r\n{\"return\": {}, \"id\": 2}\r\n");
	hear(w, STATUS("running", "true"));
	qmp_session_migrate(&w->session, "tcp:192.0.2.9:4444");
	/* Asked before, and of an earlier migration. */
	assert_string_equal(
		hear(w, "{\"return\": {\"status\": \"completed\"}, \"id\": 5}\r\n"), "");
	return w;
}

static void a_migration_that_is_asked_for_ends_when_qemu_says_so(void **state)
{
	struct world *w = asked_world();

	assert_string_equal(
		hear(w, "{\"return\": {}, \"id\": 6}\r\n" MIGRATION("setup") MIGRATION("active")),
		"departs");
	assert_string_equal(hear(w, EVENT("STOP", "")), "stops-to-depart");
	assert_string_equal(hear(w, MIGRATION("completed")), "copied migrated()");
	assert_string_equal(hear(w, MIGRATION("completed")), "copied"); /* it ended once */
	world_free(w);
}

static void a_migration_that_is_asked_for_may_be_refused_or_fail(void **state)
{
	struct world *w = asked_world();

	assert_string_equal(hear(w, "{\"error\": {\"class\": \"GenericError\", \"desc\": "
				    "\"There's a migration process in progress\"}, \"id\": 6}\r\n"),
		"refused(migrate: There's a migration process in progress) "
		"migrated(There's a migration process in progress)");
	world_free(w);
	w = asked_world();
	hear(w, "{\"return\": {}, \"id\": 6}\r\n" MIGRATION("setup"));
	qmp_session_cancel(&w->session);
	assert_string_equal(hear(w, MIGRATION("cancelling") MIGRATION("cancelled")),
		"stays migrated(QEMU says that the migration has failed, or was cancelled)");
	world_free(w);
	/* A QEMU that was started anew meanwhile. */
	w = asked_world();
	hear(w, "{\"return\": {}, \"id\": 6}\r\n");
	assert_string_equal(hear(w, "{\"return\": {}, \"id\": 5}\r\n"),
		"migrated(QEMU knows of no migration any more)");
	world_free(w);
}

static void only_addresses_are_migrated_to(void **state)
{
	static const char *const bad[] = {"exec:touch /tmp/x", "unix:/run/x",
		"tcp:", "tcp:192.0.2.9", "tcp:192.0.2.9:0", "tcp:192.0.2.9:4444\"}",
		"tcp:host.example:4444", ""};

	assert_null(qmp_uri_fault("tcp:192.0.2.9:4444"));
	assert_null(qmp_uri_fault("tcp:[2001:db8::9]:4444"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_string_equal(
			qmp_uri_fault(bad[i]), "tcp:ADDRESS:PORT, as tcp:192.0.2.9:4444");
}

static void nothing_is_believed_before_the_greeting(void **state)
{
	struct world *w = world_new();

	assert_string_equal(hear(w, EVENT("RESUME", "") STATUS("running", "true")), "");
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_conversation_begins),
		cmocka_unit_test(any_pieces_make_the_same_messages),
		cmocka_unit_test(a_source_departs_at_setup_stops_and_is_gone),
		cmocka_unit_test(a_destination_runs_at_resume),
		cmocka_unit_test(a_failure_after_the_stop),
		cmocka_unit_test(a_cancelled_copy),
		cmocka_unit_test(a_pause_during_the_copy),
		cmocka_unit_test(news_of_an_event_have_its_time_and_others_have_none),
		cmocka_unit_test(
			a_migration_that_was_not_told_is_found_at_the_stop_and_at_the_tick),
		cmocka_unit_test(an_operators_pause_is_asked_about),
		cmocka_unit_test(an_agent_that_restarts_finds_a_guest_that_has_left),
		cmocka_unit_test(
			a_guest_that_came_here_once_does_not_seem_to_depart_when_it_is_paused),
		cmocka_unit_test(hostile_streams_are_refused),
		cmocka_unit_test(a_migration_that_is_asked_for_ends_when_qemu_says_so),
		cmocka_unit_test(a_migration_that_is_asked_for_may_be_refused_or_fail),
		cmocka_unit_test(only_addresses_are_migrated_to),
		cmocka_unit_test(nothing_is_believed_before_the_greeting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
