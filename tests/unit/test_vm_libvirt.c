/* libvirt: what events and states mean, and the source against libvirt's own test driver, whose
 * domains live in this process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <event2/event.h>
#include <libvirt/libvirt.h>

#include "lib/base/log.h"
#include "vmmobility/guest_uuid.h"
#include "vmmobility/libvirt_mover.h"
#include "vmmobility/libvirt_news.h"
#include "vmmobility/libvirt_source.h"
#include "vmmobility/libvirt_tickets.h"

#define UUID_TEXT "6f1c0c5e-3f6a-4c57-9d2e-0d6f8b1f3a52"
#define PATIENCE  20 /* s */
#define SLOW      "test:///slow"
#define ELSEWHERE "qemu+unix:///system?socket=/nonexistent/sunward"

static enum guest_news of_event(int event, int detail)
{
	enum guest_news news = GUEST_ANNOUNCED; /* libvirt says no such thing */

	libvirt_news_of_event(event, detail, &news);
	return news;
}

static enum guest_news of_state(int state, int reason, bool arrives)
{
	enum guest_news news = GUEST_ANNOUNCED;

	libvirt_news_of_state(state, reason, arrives, &news);
	return news;
}

static void events_mean_what_was_seen(void **state)
{
	/* At a destination STARTED comes some 400 ms before the guest runs. */
	assert_int_equal(of_event(VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_MIGRATED),
		GUEST_EXPECTED);
	assert_int_equal(
		of_event(VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_BOOTED), GUEST_RUNS);
	/* RESUMED is running here: at the destination, and at the source after a failure. */
	for (int detail = VIR_DOMAIN_EVENT_RESUMED_UNPAUSED;
		detail <= VIR_DOMAIN_EVENT_RESUMED_POSTCOPY_FAILED; detail++)
		assert_int_equal(of_event(VIR_DOMAIN_EVENT_RESUMED, detail), GUEST_RUNS);
	assert_int_equal(of_event(VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_MIGRATED),
		GUEST_STOPS_TO_DEPART);
	assert_int_equal(of_event(VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_PAUSED),
		GUEST_STOPS);
	assert_int_equal(of_event(VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_MIGRATED),
		GUEST_ABSENT);
	assert_int_equal(of_event(VIR_DOMAIN_EVENT_DEFINED, 0), GUEST_ANNOUNCED);
	assert_int_equal(of_event(VIR_DOMAIN_EVENT_SHUTDOWN, 0), GUEST_ANNOUNCED);
	assert_int_equal(of_event(1000, 0), GUEST_ANNOUNCED);
}

static void states_mean_what_their_events_do(void **state)
{
	assert_int_equal(of_state(VIR_DOMAIN_RUNNING, 0, false), GUEST_RUNS);
	assert_int_equal(of_state(VIR_DOMAIN_SHUTOFF, 0, false), GUEST_ABSENT);
	assert_int_equal(of_state(VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER, false), GUEST_STOPS);
	assert_int_equal(of_state(VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_MIGRATION, false),
		GUEST_STOPS_TO_DEPART);
	assert_int_equal(
		of_state(VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_MIGRATION, true), GUEST_EXPECTED);
	assert_int_equal(of_state(VIR_DOMAIN_NOSTATE, 0, false), GUEST_ANNOUNCED);
}

struct world {
	struct event_base *base;
	struct handover_id uuid;
	char heard[512];
	bool synced;
};

static void note(struct world *w, const char *word)
{
	snprintf(w->heard + strlen(w->heard), sizeof(w->heard) - strlen(w->heard), "%s ", word);
}

static void on_nothing(void *arg)
{
}

static void on_domain(void *arg, const struct domain *d)
{
	struct world *w = arg;
	char text[EID_TEXT];

	if (memcmp(&d->uuid, &w->uuid, sizeof(w->uuid)) == 0)
		note(w, eid_format(&d->hosts[0].eid, text, sizeof(text)));
}

static void on_news(void *arg, const struct handover_id *uuid, enum guest_news news)
{
	static const char *const names[] = {[GUEST_EXPECTED] = "expected",
		[GUEST_RUNS] = "runs",
		[GUEST_STOPS] = "stops",
		[GUEST_DEPARTS] = "departs",
		[GUEST_STOPS_TO_DEPART] = "stops-to-depart",
		[GUEST_COPIED] = "copied",
		[GUEST_STAYS] = "stays",
		[GUEST_ABSENT] = "absent"};
	struct world *w = arg;

	if (memcmp(uuid, &w->uuid, sizeof(*uuid)) == 0)
		note(w, names[news]);
}

static void on_synced(
	void *arg, bool (*is_there)(void *list, const struct handover_id *uuid), void *list)
{
	struct world *w = arg;
	struct handover_id other = {{9}};

	note(w, is_there(list, &w->uuid) ? "there" : "not-there");
	assert_false(is_there(list, &other));
	w->synced = true;
}

static void hear(struct world *w, const char *want)
{
	const struct timeval tick = {.tv_usec = 1000};
	struct mono end = mono_add_s(mono_now(), PATIENCE);

	while (strcmp(w->heard, want) != 0 && mono_before(mono_now(), end)) {
		event_base_loopexit(w->base, &tick);
		event_base_loop(w->base, EVLOOP_NO_EXIT_ON_EMPTY);
	}
	assert_string_equal(w->heard, want);
	w->heard[0] = '\0';
}

static void a_line(struct log *log, enum log_level level, const char *line)
{
}

static void the_test_drivers_domain_is_followed(void **state)
{
	static const char xml[] =
		"<domain type='test'><name>web-1</name><uuid>" UUID_TEXT "</uuid>"
		"<memory>1024</memory><os><type>hvm</type></os><metadata>"
		"<sunward:guest xmlns:sunward='urn:sunward:guest:1'>"
		"<sunward:eid mac='52:54:00:66:00:02'>203.0.113.7</sunward:eid></sunward:guest>"
		"</metadata></domain>";
	struct world w = {.base = event_base_new()};
	const struct libvirt_source_ops ops = {
		on_nothing, on_nothing, on_domain, on_news, on_synced, &w};
	struct libvirt_source *l;
	struct log log;
	virConnectPtr conn;
	virDomainPtr d;

	log_init_sink(&log, a_line, NULL);
	assert_true(guest_uuid_parse(&w.uuid, UUID_TEXT));
	l = libvirt_source_new(w.base, "test:///default", &ops, &log);
	assert_non_null(l);
	hear(&w, "not-there ");
	assert_true(libvirt_source_told(l));
	conn = virConnectOpen("test:///default");
	assert_non_null(conn);
	d = virDomainCreateXML(conn, xml, 0);
	assert_non_null(d);
	hear(&w, "203.0.113.7 runs ");
	assert_int_equal(virDomainSuspend(d), 0);
	hear(&w, "stops ");
	assert_int_equal(virDomainResume(d), 0);
	hear(&w, "runs ");
	assert_int_equal(virDomainDestroy(d), 0);
	hear(&w, "absent ");
	virDomainFree(d);
	virConnectClose(conn);
	libvirt_source_free(l);
	event_base_free(w.base);
}

static void a_libvirtd_that_is_not_there_ends_nothing(void **state)
{
	struct world w = {.base = event_base_new()};
	const struct libvirt_source_ops ops = {
		on_nothing, on_nothing, on_domain, on_news, on_synced, &w};
	struct libvirt_source *l;
	struct log log;

	log_init_sink(&log, a_line, NULL);
	l = libvirt_source_new(
		w.base, "qemu+unix:///system?socket=/nonexistent/sunward", &ops, &log);
	assert_non_null(l);
	assert_false(libvirt_source_told(l));
	assert_false(libvirt_source_connected(l));
	libvirt_source_free(l);
	assert_string_equal(w.heard, "");
	event_base_free(w.base);
}

/* ---- moving ---- */

/* Of libvirt's one function that its test driver has not; what is defined here comes first. */
static struct {
	bool fails;
	char to[128], uri[128], element[512];
	unsigned int flags;
} migration;

int virDomainMigrateToURI3(virDomainPtr d, const char *to, virTypedParameterPtr params,
	unsigned int count, unsigned int flags)
{
	const char *uri = NULL;
	char *element = virDomainGetMetadata(
		d, VIR_DOMAIN_METADATA_ELEMENT, "urn:sunward:move:1", VIR_DOMAIN_AFFECT_LIVE);

	virTypedParamsGetString(params, (int)count, VIR_MIGRATE_PARAM_URI, &uri);
	snprintf(migration.to, sizeof(migration.to), "%s", to);
	snprintf(migration.uri, sizeof(migration.uri), "%s", uri ? uri : "");
	snprintf(migration.element, sizeof(migration.element), "%s", element ? element : "");
	migration.flags = flags;
	free(element);
	return migration.fails ? -1 : 0;
}

/* And one that keeps whoever opens SLOW until the gate is closed. */
static int gate[2];

static virConnectPtr wait_at_gate(void)
{
	char c;

	while (read(gate[0], &c, 1) > 0)
		;
	return NULL;
}

virConnectPtr virConnectOpen(const char *uri)
{
	virConnectPtr (*open)(const char *uri);

	if (!strcmp(uri, SLOW))
		return wait_at_gate();
	*(void **)&open = dlsym(RTLD_NEXT, "virConnectOpen");
	return open(uri);
}

struct errand_end {
	bool over;
	char error[512]; /* "": it went well */
};

static void on_end(void *arg, const char *error)
{
	struct errand_end *e = arg;

	snprintf(e->error, sizeof(e->error), "%s", error ? error : "");
	e->over = true;
}

static void wait_for(struct event_base *base, const struct errand_end *e)
{
	const struct timeval tick = {.tv_usec = 1000};
	struct mono end = mono_add_s(mono_now(), PATIENCE);

	while (!e->over && mono_before(mono_now(), end)) {
		event_base_loopexit(base, &tick);
		event_base_loop(base, EVLOOP_NO_EXIT_ON_EMPTY);
	}
	assert_true(e->over);
}

/* The test driver's own domain "test", which runs. */
static struct handover_id uuid_of_test(virDomainPtr *d, virConnectPtr *conn)
{
	struct handover_id uuid;

	*conn = virConnectOpen("test:///default");
	assert_non_null(*conn);
	*d = virDomainLookupByName(*conn, "test");
	assert_non_null(*d);
	virDomainGetUUID(*d, uuid.bytes);
	return uuid;
}

static void libvirt_is_asked_to_migrate_and_the_guest_takes_why_along(void **state)
{
	struct event_base *base = event_base_new();
	struct errand_end end = {0};
	struct libvirt_mover *m;
	struct mover_errand e = {.to = ELSEWHERE,
		.migrate = "tcp://192.0.2.9",
		.why = {0x0123456789abcdef, HANDOVER_PLANNER, 5000}};
	virConnectPtr conn;
	virDomainPtr d;
	struct log log;
	char *left;

	log_init_sink(&log, a_line, NULL);
	e.uuid = uuid_of_test(&d, &conn);
	m = libvirt_mover_new(base, "test:///default", &log);
	assert_non_null(m);
	assert_true(libvirt_mover_move(m, &e, on_end, &end));
	wait_for(base, &end);
	assert_string_equal(end.error, "");
	assert_string_equal(migration.to, ELSEWHERE);
	assert_string_equal(migration.uri, "tcp://192.0.2.9");
	assert_int_equal(migration.flags, VIR_MIGRATE_LIVE | VIR_MIGRATE_PEER2PEER |
						  VIR_MIGRATE_PERSIST_DEST |
						  VIR_MIGRATE_UNDEFINE_SOURCE);
	assert_non_null(strstr(migration.element, "id=\"0123456789abcdef\""));
	assert_non_null(strstr(migration.element, "reason=\"planner\""));
	assert_non_null(strstr(migration.element, "deadline=\"5000\""));
	/* One that fails takes it back. */
	migration.fails = true;
	end.over = false;
	assert_true(libvirt_mover_move(m, &e, on_end, &end));
	wait_for(base, &end);
	assert_ptr_equal(strstr(end.error, "libvirt does not migrate it: "), end.error);
	left = virDomainGetMetadata(
		d, VIR_DOMAIN_METADATA_ELEMENT, "urn:sunward:move:1", VIR_DOMAIN_AFFECT_LIVE);
	assert_null(left);
	migration.fails = false;
	virDomainFree(d);
	virConnectClose(conn);
	libvirt_mover_free(m);
	event_base_free(base);
}

static void what_libvirt_would_not_do_is_told_before(void **state)
{
	struct event_base *base = event_base_new();
	struct errand_end end = {0};
	struct libvirt_mover *m;
	struct mover_errand e = {.to = "test:///default"};
	virConnectPtr conn;
	virDomainPtr d;
	struct log log;

	log_init_sink(&log, a_line, NULL);
	e.uuid = uuid_of_test(&d, &conn);
	m = libvirt_mover_new(base, "test:///default", &log);
	assert_int_equal(libvirt_mover_try(m, &e, on_end, &end), 0);
	wait_for(base, &end);
	assert_string_equal(end.error, "the destination has it already");
	e.to = ELSEWHERE;
	end.over = false;
	assert_int_equal(libvirt_mover_try(m, &e, on_end, &end), 0);
	wait_for(base, &end);
	assert_ptr_equal(
		strstr(end.error, "the destination's libvirtd does not answer the agent: "),
		end.error);
	assert_int_equal(virDomainSuspend(d), 0);
	end.over = false;
	assert_true(libvirt_mover_move(m, &e, on_end, &end));
	wait_for(base, &end);
	assert_string_equal(end.error, "libvirt says that it does not run");
	assert_int_equal(virDomainResume(d), 0);
	memset(&e.uuid, 7, sizeof(e.uuid));
	end.over = false;
	assert_int_equal(libvirt_mover_try(m, &e, on_end, &end), 0);
	wait_for(base, &end);
	assert_ptr_equal(strstr(end.error, "libvirtd has no such guest: "), end.error);
	virDomainFree(d);
	virConnectClose(conn);
	libvirt_mover_free(m);
	event_base_free(base);
}

static void more_dry_runs_than_there_may_be_at_a_time_are_refused(void **state)
{
	struct event_base *base = event_base_new();
	struct errand_end ends[MOVER_TRIES_MAX + 1] = {0};
	const struct mover_errand e = {.to = ELSEWHERE};
	struct libvirt_mover *m;
	struct log log;

	log_init_sink(&log, a_line, NULL);
	assert_int_equal(pipe(gate), 0);
	m = libvirt_mover_new(base, SLOW, &log);
	for (unsigned int i = 0; i < MOVER_TRIES_MAX; i++)
		assert_int_equal(libvirt_mover_try(m, &e, on_end, &ends[i]), 0);
	assert_int_equal(libvirt_mover_try(m, &e, on_end, &ends[MOVER_TRIES_MAX]), -EAGAIN);
	close(gate[1]); /* it ends them */
	for (unsigned int i = 0; i < MOVER_TRIES_MAX; i++)
		wait_for(base, &ends[i]);
	assert_false(ends[MOVER_TRIES_MAX].over);
	assert_int_equal(libvirt_mover_try(m, &e, on_end, &ends[MOVER_TRIES_MAX]), 0);
	wait_for(base, &ends[MOVER_TRIES_MAX]);
	close(gate[0]);
	libvirt_mover_free(m);
	event_base_free(base);
}

static unsigned int threads(void)
{
	unsigned int n = 0;
	DIR *d = opendir("/proc/self/task");

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void an_agent_that_ends_does_not_wait_for_an_errand(void **state)
{
	unsigned int before = threads();
	virConnectPtr conn;
	struct event_base *base = event_base_new();
	struct errand_end end = {0};
	struct mover_errand e = {.to = "test:///default"};
	struct libvirt_mover *m;
	struct log log;

	log_init_sink(&log, a_line, NULL);
	m = libvirt_mover_new(base, "test:///default", &log);
	assert_int_equal(libvirt_mover_try(m, &e, on_end, &end), 0);
	libvirt_mover_free(m); /* while it is under way, or when it has ended */
	event_base_loop(base, EVLOOP_NONBLOCK);
	assert_false(end.over);
	event_base_free(base);
	/* The errand ends by itself; the process must not end in its midst. */
	for (struct mono last = mono_add_s(mono_now(), PATIENCE); threads() > before;) {
		assert_true(mono_before(mono_now(), last));
		poll(NULL, 0, 1);
	}
	/* By libvirt's lock what it did comes before the end of the process, also for
	 * ThreadSanitizer: nobody joins it. */
	conn = virConnectOpen("test:///default");
	assert_non_null(conn);
	virConnectClose(conn);
}

/* ---- tickets ---- */

static bool has_ticket(virDomainPtr d, const char *text)
{
	char *element = virDomainGetMetadata(
		d, VIR_DOMAIN_METADATA_ELEMENT, DOMAIN_XML_TICKET, VIR_DOMAIN_AFFECT_LIVE);
	bool has = element && strstr(element, text);

	free(element);
	return has;
}

static void tickets_are_written_and_what_cannot_be_is_counted(void **state)
{
	const struct timespec tick = {.tv_nsec = 1000000};
	const struct handover_id nobody = {{9}};
	struct mono end = mono_add_s(mono_now(), PATIENCE);
	struct libvirt_tickets *t, *lost;
	struct handover_id uuid;
	virConnectPtr conn;
	virDomainPtr d;
	struct log log;

	log_init_sink(&log, a_line, NULL);
	uuid = uuid_of_test(&d, &conn);
	t = libvirt_tickets_new("test:///default", &log);
	lost = libvirt_tickets_new(ELSEWHERE, &log);
	assert_true(t && lost);
	libvirt_tickets_set(lost, &uuid, "<ticket/>");
	libvirt_tickets_set(t, &nobody, "<ticket/>"); /* it has gone meanwhile */
	libvirt_tickets_set(t, &uuid, "<ticket agent='a'>b</ticket>");
	while (!has_ticket(d, ">b<") && mono_before(mono_now(), end))
		nanosleep(&tick, NULL);
	assert_true(has_ticket(d, ">b<"));
	libvirt_tickets_set(t, &uuid, "<ticket agent='a'>c</ticket>");
	while (!has_ticket(d, ">c<") && mono_before(mono_now(), end))
		nanosleep(&tick, NULL);
	assert_true(has_ticket(d, ">c<"));
	assert_int_equal(libvirt_tickets_failed(t), 0);
	while (!libvirt_tickets_failed(lost) && mono_before(mono_now(), end))
		nanosleep(&tick, NULL);
	assert_int_equal(libvirt_tickets_failed(lost), 1);
	libvirt_tickets_free(t);
	libvirt_tickets_free(lost);
	virDomainFree(d);
	virConnectClose(conn);
}

/* glib's own allocator hands memory from thread to thread in ways that ThreadSanitizer does not
 * see; it is asked for malloc's before it begins. */
static void begin_with_malloc(char **argv)
{
	if (getenv("G_SLICE"))
		return;
	setenv("G_SLICE", "always-malloc", 1);
	execv("/proc/self/exe", argv);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_mean_what_was_seen),
		cmocka_unit_test(states_mean_what_their_events_do),
		cmocka_unit_test(the_test_drivers_domain_is_followed),
		cmocka_unit_test(a_libvirtd_that_is_not_there_ends_nothing),
		cmocka_unit_test(libvirt_is_asked_to_migrate_and_the_guest_takes_why_along),
		cmocka_unit_test(what_libvirt_would_not_do_is_told_before),
		cmocka_unit_test(more_dry_runs_than_there_may_be_at_a_time_are_refused),
		cmocka_unit_test(an_agent_that_ends_does_not_wait_for_an_errand),
		cmocka_unit_test(tickets_are_written_and_what_cannot_be_is_counted),
	};

	signal(SIGPIPE, SIG_IGN); /* as the daemon does: of a libvirtd that hangs up */
	begin_with_malloc(argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
