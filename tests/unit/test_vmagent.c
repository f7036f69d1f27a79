/* sunward-vmagent as a process, with a QEMU and an xTR that the test plays: from an event on a QMP
 * socket to a STATE in a datagram, reconnects, restarts and its API. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include <json-c/json.h>

#include "tests/replay/contract.h"
#include "tests/unit/scratch.h"
#include "vmmobility/agent.h"

#define KEY               "a key of one agent"
#define PATIENCE          20000 /* ms */
#define UUID_TEXT         "6f1c0c5e-3f6a-4c57-9d2e-0d6f8b1f3a52"
#define GREETING          "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n"
#define MIGRATION(status) "{\"event\": \"MIGRATION\", \"data\": {\"status\": \"" status "\"}}\r\n"

static const struct auth_options plain;

struct fixture {
	char dir[64], qmp[96], api[96], conf[96];
	int xtr, listener, qemu;
	struct sockaddr_in agent; /* where its last message came from */
	struct auth_key *key;
	uint64_t counter; /* of the last message */
	pid_t child;
};

/* ---- the parts that are played ---- */

static int unix_socket(const char *path, struct sockaddr_un *at)
{
	*at = (struct sockaddr_un){.sun_family = AF_UNIX};
	strncpy(at->sun_path, path, sizeof(at->sun_path) - 1);
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static void qemu_listen(struct fixture *f)
{
	struct sockaddr_un at;

	unlink(f->qmp);
	f->listener = unix_socket(f->qmp, &at);
	assert_int_equal(bind(f->listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(f->listener, 4), 0);
}

static void wait_for(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	assert_int_equal(poll(&p, 1, PATIENCE), 1);
}

static void qemu_says(struct fixture *f, const char *text)
{
	assert_int_equal(write(f->qemu, text, strlen(text)), (ssize_t)strlen(text));
}

/* The agent has written @count commands. */
static void qemu_hears(struct fixture *f, unsigned int count)
{
	char c;

	while (count) {
		wait_for(f->qemu);
		assert_int_equal(read(f->qemu, &c, 1), 1);
		count -= c == '\n';
	}
}

/* The agent connects, and is told @status. */
static void qemu_begins(struct fixture *f, const char *status, bool runs)
{
	char text[512];

	wait_for(f->listener);
	f->qemu = accept4(f->listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(f->qemu >= 0);
	qemu_says(f, GREETING);
	qemu_hears(f, 1);
	qemu_says(f, "{\"return\": {}, \"id\": 1}\r\n");
	qemu_hears(f, 4);
	snprintf(text, sizeof(text),
		"{\"return\": {}, \"id\": 2}\r\n{\"return\": {\"UUID\": \"" UUID_TEXT
		"\"}, \"id\": 3}\r\n{\"return\": {\"status\": \"%s\", \"running\": %s}, \"id\": 4}\r\n"
		"{\"return\": {}, \"id\": 5}\r\n",
		status, runs ? "true" : "false");
	qemu_says(f, text);
}

/* The xTR takes the next message that tells another state than @h did, and acknowledges all. */
static void xtr_takes(struct fixture *f, struct handover *h)
{
	uint8_t was = h->state, bytes[2048];
	struct handover ack;
	struct wire_fault fault;
	struct wire_writer w;
	socklen_t size = sizeof(f->agent);
	ssize_t len;

	do {
		wait_for(f->xtr);
		len = recvfrom(
			f->xtr, bytes, sizeof(bytes), 0, (struct sockaddr *)&f->agent, &size);
		assert_int_equal(handover_parse(bytes, (size_t)len, h, &fault), 0);
		assert_true(handover_verify(f->key, &plain, bytes, (size_t)len, h));
		assert_true(h->counter > f->counter);
		f->counter = h->counter;
		ack = (struct handover){.kind = HANDOVER_STATE_ACK, .counter = h->counter};
		wire_writer_init(&w, bytes, sizeof(bytes));
		handover_begin(&w, &ack, 0, AUTH_HMAC_SHA256_128, &plain);
		len = handover_finish(&w, &ack, f->key, &plain);
		sendto(f->xtr, bytes, (size_t)len, 0, (struct sockaddr *)&f->agent, size);
	} while (h->state == was);
}

static void expect_state(struct fixture *f, struct handover *h, enum handover_state state)
{
	xtr_takes(f, h);
	assert_int_equal(h->state, state);
}

/* ---- the daemon ---- */

static void start(struct fixture *f)
{
	char program[] = "sunward-vmagent", config[] = "-c";
	char *argv[] = {program, config, f->conf, NULL};

	f->child = fork();
	assert_true(f->child >= 0);
	if (f->child == 0) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, 2);
		_exit(daemon_main(&agent_daemon, 3, argv));
	}
}

/* The agent, beside a QEMU whose guest runs; @h: its first state. */
static void start_with_guest(struct fixture *f, struct handover *h)
{
	qemu_listen(f);
	start(f);
	qemu_begins(f, "running", true);
	expect_state(f, h, HANDOVER_RUNNING);
}

static void kill_daemon(struct fixture *f, int signal)
{
	int status;

	kill(f->child, signal);
	assert_int_equal(waitpid(f->child, &status, 0), f->child);
	f->child = 0;
	if (signal == SIGTERM)
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* A port that nobody has at the moment. */
static uint16_t free_port(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	getsockname(fd, (struct sockaddr *)&at, &size);
	close(fd);
	return ntohs(at.sin_port);
}

static void configure(struct fixture *f, const char *more)
{
	struct sockaddr_in at;
	socklen_t size = sizeof(at);
	FILE *conf = fopen(f->conf, "w");

	assert_non_null(conf);
	getsockname(f->xtr, (struct sockaddr *)&at, &size);
	fprintf(conf,
		"xtr \"127.0.0.1:%u\" { key = \"" KEY "\" }\n"
		"guest \"web-1\" {\n\tqmp = \"%s\"\n"
		"\thost \"203.0.113.7\" { mac = 52:54:00:66:00:02 port = lan tap = no-such-tap }\n"
		"\thost \"[7]2001:db8::7\" { mac = 52:54:00:66:00:02 }\n}\n"
		"listen = \"127.0.0.1:%u\"\napi-socket = \"%s\"\nstate-dir = \"%s/state\"\n%s",
		ntohs(at.sin_port), f->qmp, free_port(), f->api, f->dir, more);
	fclose(conf);
}

/* As above, and no guest. */
static void configure_without_guests(struct fixture *f)
{
	struct sockaddr_in at;
	socklen_t size = sizeof(at);
	FILE *conf = fopen(f->conf, "w");

	assert_non_null(conf);
	getsockname(f->xtr, (struct sockaddr *)&at, &size);
	fprintf(conf,
		"xtr \"127.0.0.1:%u\" { key = \"" KEY "\" }\n"
		"listen = \"127.0.0.1:%u\"\napi-socket = \"%s\"\nstate-dir = \"%s/state\"\n",
		ntohs(at.sin_port), free_port(), f->api, f->dir);
	fclose(conf);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	strcpy(f->dir, "/tmp/sunward-vmagent-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->qmp, sizeof(f->qmp), "%s/qmp", f->dir);
	snprintf(f->api, sizeof(f->api), "%s/api", f->dir);
	snprintf(f->conf, sizeof(f->conf), "%s/conf", f->dir);
	f->xtr = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(f->xtr, (struct sockaddr *)&at, sizeof(at)), 0);
	f->key = auth_key_new(KEY, strlen(KEY));
	f->listener = f->qemu = -1;
	configure(f, "");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (f->child > 0) {
		kill(f->child, SIGKILL);
		waitpid(f->child, NULL, 0);
	}
	close(f->xtr);
	close(f->listener);
	close(f->qemu);
	auth_key_free(f->key);
	scratch_remove(f->dir);
	free(f);
	return 0;
}

/* The API's answer to @method @path with @body. */
static void ask(struct fixture *f, const char *method, const char *path, const char *body,
	char *answer, size_t size)
{
	struct sockaddr_un at;
	int fd = unix_socket(f->api, &at);
	size_t len = 0;
	char request[512];
	ssize_t n;

	answer[0] = '\0';
	if (connect(fd, (struct sockaddr *)&at, sizeof(at))) {
		close(fd);
		return; /* not yet */
	}
	n = snprintf(request, sizeof(request),
		"%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
		"Content-Length: %zu\r\n\r\n%s",
		method, path, strlen(body), body);
	assert_int_equal(write(fd, request, (size_t)n), n);
	while (len < size - 1 && (n = read(fd, answer + len, size - 1 - len)) > 0)
		len += (size_t)n;
	answer[len] = '\0';
	close(fd);
}

static void get(struct fixture *f, const char *path, char *answer, size_t size)
{
	ask(f, "GET", path, "", answer, size);
}

/* The guest, when the xTR has taken its last state. */
static void get_taken(struct fixture *f, char *answer, size_t size)
{
	do
		get(f, "/v1/guests/web-1", answer, size);
	while (!strstr(answer, "\"taken\""));
}

/* ---- tests ---- */

static void a_migration_is_told_from_both_ends(void **state)
{
	struct fixture *f = *state;
	struct handover h = {0};
	char text[64];

	qemu_listen(f);
	start(f);
	qemu_begins(f, "inmigrate", false);
	expect_state(f, &h, HANDOVER_INCOMING);
	assert_memory_equal(h.guest.bytes,
		"\x6f\x1c\x0c\x5e\x3f\x6a\x4c\x57\x9d\x2e\x0d\x6f\x8b\x1f\x3a\x52", 16);
	assert_int_equal(h.host_count, 2);
	assert_string_equal(h.hosts[0].port, "lan");
	assert_memory_equal(h.hosts[0].mac, "\x52\x54\0\x66\0\x02", 6);
	assert_string_equal(eid_format(&h.hosts[0].eid, text, sizeof(text)), "203.0.113.7");
	assert_string_equal(eid_format(&h.hosts[1].eid, text, sizeof(text)), "[7]2001:db8::7");
	qemu_says(f, "{\"event\": \"RESUME\"}\r\n");
	expect_state(f, &h, HANDOVER_RUNNING);
	qemu_says(f, MIGRATION("completed") MIGRATION("setup"));
	expect_state(f, &h, HANDOVER_LEAVING);
	qemu_says(f, "{\"event\": \"STOP\"}\r\n");
	expect_state(f, &h, HANDOVER_PAUSED);
	assert_true(h.in_migration);
	assert_int_equal(h.tail, 0); /* there is no such tap, and all else goes on */
	kill_daemon(f, SIGTERM);
}

static void only_a_qemu_that_nobody_listens_for_any_more_is_gone(void **state)
{
	struct fixture *f = *state;
	struct handover h = {0};

	start(f); /* before the guest's QEMU */
	qemu_listen(f);
	qemu_begins(f, "running", true);
	expect_state(f, &h, HANDOVER_RUNNING);
	/* The connection ends, and QEMU is still there: nothing is taken back. */
	close(f->qemu);
	qemu_begins(f, "running", true);
	qemu_says(f, MIGRATION("setup"));
	expect_state(f, &h, HANDOVER_LEAVING);
	close(f->listener);
	close(f->qemu);
	expect_state(f, &h, HANDOVER_GONE);
	/* And comes back. */
	qemu_listen(f);
	qemu_begins(f, "running", true);
	expect_state(f, &h, HANDOVER_RUNNING);
	kill_daemon(f, SIGTERM);
}

static void counters_rise_over_kill_9(void **state)
{
	struct fixture *f = *state;
	struct handover h = {0};
	struct handover_id agent;

	qemu_listen(f);
	for (unsigned int i = 0; i < 3; i++) {
		start(f);
		qemu_begins(f, "running", true);
		h.state = 0;
		expect_state(
			f, &h, HANDOVER_RUNNING); /* checks that the counter is above the last */
		if (i)
			assert_memory_equal(&h.sender, &agent, sizeof(agent));
		agent = h.sender;
		kill_daemon(f, SIGKILL);
		close(f->qemu);
	}
	f->qemu = -1;
}

static void a_guest_that_went_while_the_agent_was_down_is_gone_and_no_other(void **state)
{
	struct fixture *f = *state;
	struct handover h = {0};
	char answer[16384];

	start_with_guest(f, &h);
	kill_daemon(f, SIGKILL);
	close(f->qemu);
	/* QEMU is there, and says nothing yet: nor does the agent. */
	start(f);
	qemu_begins(f, "running", true);
	h.state = 0;
	expect_state(f, &h, HANDOVER_RUNNING);
	kill_daemon(f, SIGTERM);
	close(f->qemu);
	f->qemu = -1;
	close(f->listener);
	f->listener = -1;
	start(f);
	expect_state(f, &h, HANDOVER_GONE);
	assert_memory_equal(h.guest.bytes,
		"\x6f\x1c\x0c\x5e\x3f\x6a\x4c\x57\x9d\x2e\x0d\x6f\x8b\x1f\x3a\x52", 16);
	assert_int_equal(h.host_count, 2);
	kill_daemon(f, SIGKILL);
	/* No source is left that could say so: then nobody does. */
	configure_without_guests(f);
	start(f);
	do
		get(f, "/v1/guests", answer, sizeof(answer));
	while (!strstr(answer, "\"guests\""));
	assert_null(strstr(answer, "web-1"));
	kill_daemon(f, SIGTERM);
}

static void a_hostile_qemu_is_hung_up_on(void **state)
{
	struct fixture *f = *state;
	struct handover h = {0};
	char c;

	start_with_guest(f, &h);
	qemu_says(f, "{\"event\": \"STOP\" no JSON}\r\n");
	wait_for(f->qemu);
	while (read(f->qemu, &c, 1) == 1)
		;
	close(f->qemu);
	qemu_begins(f, "paused", false); /* it is spoken to again */
	expect_state(f, &h, HANDOVER_PAUSED);
	assert_false(h.in_migration);
	kill_daemon(f, SIGTERM);
}

#define MOVE(more) "{\"guest\":\"web-1\",\"to\":\"tokyo\"" more "}"

static void expect_answer(struct fixture *f, const char *body, const char *status, const char *text)
{
	char answer[16384];

	ask(f, "POST", "/v1/moves", body, answer, sizeof(answer));
	if (!strstr(answer, status) || !strstr(answer, text))
		fail_msg("%s: wanted %s and %s, got %s", body, status, text, answer);
}

/* QEMU hears @want next; commands that the agent asks each second are passed over. */
static void qemu_hears_text(struct fixture *f, const char *want)
{
	char line[512];
	size_t len;

	do {
		for (len = 0; !len || line[len - 1] != '\n'; len++) {
			wait_for(f->qemu);
			assert_true(len < sizeof(line) - 1);
			assert_int_equal(read(f->qemu, &line[len], 1), 1);
		}
		line[len] = '\0';
	} while (strstr(line, "query-migrate"));
	assert_string_equal(line, want);
}

static void a_guest_of_a_bare_qemu_is_moved_because_the_api_is_asked(void **state)
{
	struct fixture *f = *state;
	struct handover h = {0};
	char answer[16384];

	configure(f, "destination \"tokyo\" { qemu = \"tcp:192.0.2.9:4444\" }\n"
		     "guest \"db-1\" {\n\thost \"203.0.113.8\" { mac = 52:54:00:66:00:03 }\n}\n");
	start_with_guest(f, &h);
	get_taken(f, answer, sizeof(answer));
	expect_answer(f, MOVE(",\"dry_run\":true"), " 200 ", "\"possible\":true");
	expect_answer(f, MOVE(",\"dry_run\":true"), " 200 ", "by QMP, to tcp:192.0.2.9:4444");
	expect_answer(f, "{\"guest\":\"web-1\",\"to\":\"mars\",\"dry_run\":true}", " 200 ",
		"no destination \\\"mars\\\" in the agent's configuration; it has: tokyo");
	expect_answer(f, "{\"guest\":\"web-1\",\"to\":\"mars\"}", " 409 ", "it has: tokyo");
	expect_answer(f, "{\"guest\":\"db-1\",\"to\":\"tokyo\"}", " 409 ", "db-1 is unknown here");
	expect_answer(f, "{\"guest\":\"none\",\"to\":\"tokyo\"}", " 404 ", "no guest here");
	expect_answer(f, "{\"guest\":\"web-1\"}", " 400 ", "to is missing");
	expect_answer(f, MOVE(",\"reason\":\"fun\""), " 400 ",
		"want operator, planner, evacuation or failover");
	expect_answer(f, MOVE(",\"uri\":\"exec:true\""), " 400 ", "want tcp:ADDRESS:PORT");
	expect_answer(f, MOVE(",\"when\":1"), " 400 ", "when");
	/* And now. */
	expect_answer(f, MOVE(",\"reason\":\"planner\",\"deadline_ms\":60000"), " 202 ",
		"\"state\":\"asked\"");
	qemu_hears_text(f, "{\"execute\":\"migrate\",\"id\":6,\"arguments\":{\"uri\":"
			   "\"tcp:192.0.2.9:4444\"}}\n");
	expect_answer(f, MOVE(""), " 409 ", "web-1 is on its way to tokyo already");
	qemu_says(f, "{\"return\": {}, \"id\": 6}\r\n" MIGRATION("setup"));
	expect_state(f, &h, HANDOVER_LEAVING);
	assert_int_equal(h.reason, HANDOVER_PLANNER);
	assert_int_equal(h.deadline_ms, 60000);
	assert_true(h.move != 0);
	qemu_says(f, "{\"event\": \"STOP\"}\r\n" MIGRATION("completed"));
	expect_state(f, &h, HANDOVER_PAUSED);
	get(f, "/v1/moves", answer, sizeof(answer));
	assert_non_null(strstr(answer, "\"state\":\"moved\""));
	assert_non_null(strstr(answer, "\"reason\":\"planner\""));
	get(f, "/v1/moves/ffffffffffffffff", answer, sizeof(answer));
	assert_non_null(strstr(answer, " 404 "));
	kill_daemon(f, SIGTERM);
}

#define COMING(more)                                                                               \
	"{\"guest\":\"db-1\",\"uuid\":\"11111111-2222-4333-8444-555555555555\"" more "}"
#define AT(eid) ",\"hosts\":[{\"eid\":\"" eid "\",\"mac\":\"52:54:00:66:00:03\",\"port\":null}]"

#define ARRIVES COMING(AT("203.0.113.8"))

/* POST /v1/arrivals in a process of its own, while the test plays the xTR. */
static pid_t ask_whether_it_may_come(struct fixture *f, const char *want)
{
	char answer[4096];
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid)
		return pid;
	ask(f, "POST", "/v1/arrivals", COMING(AT("203.0.113.8")), answer, sizeof(answer));
	_exit(strstr(answer, " 200 ") && strstr(answer, want) ? 0 : 1);
}

static void the_xtrs_are_asked_whether_a_guest_may_come_and_it_is_taken_back(void **state)
{
	struct fixture *f = *state;
	struct handover h = {0};
	char answer[4096], text[EID_TEXT];
	int status;
	pid_t pid;

	start_with_guest(f, &h);
	pid = ask_whether_it_may_come(f, "\"possible\":true");
	expect_state(f, &h, HANDOVER_INCOMING);
	assert_memory_equal(h.guest.bytes, "\x11\x11\x11\x11\x22\x22\x43\x33", 8);
	assert_int_equal(h.host_count, 1);
	assert_string_equal(eid_format(&h.hosts[0].eid, text, sizeof(text)), "203.0.113.8");
	expect_state(f, &h, HANDOVER_GONE);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	ask(f, "POST", "/v1/arrivals", COMING(""), answer, sizeof(answer));
	assert_non_null(strstr(answer, "hosts: want a list of 1 to 32 addresses"));
	ask(f, "POST", "/v1/arrivals", COMING(AT("203.0.113.0/24")), answer, sizeof(answer));
	assert_non_null(strstr(answer, " 400 "));
	ask(f, "POST", "/v1/arrivals",
		"{\"guest\":\"web-1\",\"uuid\":\"" UUID_TEXT "\"" AT("203.0.113.7") "}", answer,
		sizeof(answer));
	assert_non_null(strstr(answer, "web-1 is running here already"));
	kill_daemon(f, SIGTERM);
}

/* In this order: each leaves what the next ones need. */
static const struct draw draws[] = {
	{"get", "/v1/guests", 200, "/v1/guests", "", NULL},
	{"get", "/v1/guests/{guest}", 200, "/v1/guests/web-1", "", NULL},
	{"get", "/v1/guests/{guest}", 200, "/v1/guests/db-1", "", NULL},
	{"get", "/v1/guests/{guest}", 404, "/v1/guests/none", "", NULL},
	{"post", "/v1/moves", 200, "/v1/moves", "", MOVE(",\"dry_run\":true")},
	{"post", "/v1/moves", 400, "/v1/moves", "", MOVE(",\"when\":1")},
	{"post", "/v1/moves", 404, "/v1/moves", "", "{\"guest\":\"none\",\"to\":\"tokyo\"}"},
	{"post", "/v1/moves", 409, "/v1/moves", "", "{\"guest\":\"web-1\",\"to\":\"mars\"}"},
	{"post", "/v1/moves", 415, "/v1/moves", "Content-Type: text/plain", MOVE("")},
	{"post", "/v1/moves", 202, "/v1/moves", "Idempotency-Key: 1", MOVE("")},
	{"post", "/v1/moves", 422, "/v1/moves", "Idempotency-Key: 1", MOVE(",\"dry_run\":true")},
	{"post", "/v1/arrivals", 200, "/v1/arrivals", "Idempotency-Key: 2", ARRIVES},
	{"post", "/v1/arrivals", 422, "/v1/arrivals", "Idempotency-Key: 2", COMING("")},
	{"post", "/v1/arrivals", 400, "/v1/arrivals", "", COMING("")},
	{"post", "/v1/arrivals", 409, "/v1/arrivals", "",
		"{\"guest\":\"web-1\",\"uuid\":\"" UUID_TEXT "\"" AT("203.0.113.7") "}"},
	{"post", "/v1/arrivals", 415, "/v1/arrivals", "Content-Type: text/plain", ARRIVES},
	{"get", "/v1/moves", 200, "/v1/moves", "", NULL},
	{"get", "/v1/moves/{move}", 404, "/v1/moves/ffffffffffffffff", "", NULL},
};

static void draw_the_move(struct fixture *f, struct contract *c)
{
	struct answer a = contract_ask(f->api, "GET", "/v1/moves", "", NULL);
	const char *id = strstr(a.body, "\"id\":\"");
	char path[64];

	assert_non_null(id);
	snprintf(path, sizeof(path), "/v1/moves/%.16s", id + strlen("\"id\":\""));
	contract_draw(
		c, f->api, &(struct draw){"get", "/v1/moves/{move}", 200, path, "", NULL}, NULL);
	free(a.body);
}

/* docs/openapi/vmagent.json: the document has the paths of the router and no others; each answer
 * that it promises is drawn and keeps to its schema. */
static void the_api_keeps_to_its_document(void **state)
{
	const char *source = getenv("top_srcdir");
	struct contract *c = calloc(1, sizeof(*c));
	char path[512], answer[16384], *large;
	struct fixture *f = *state;
	struct handover h = {0};

	snprintf(path, sizeof(path), "%s/docs/openapi/vmagent.json", source ? source : ".");
	c->document = json_object_from_file(path);
	assert_non_null(c->document);
	configure(f, "destination \"tokyo\" { qemu = \"tcp:192.0.2.9:4444\" }\n"
		     "guest \"db-1\" {\n\thost \"203.0.113.8\" { mac = 52:54:00:66:00:03 }\n}\n");
	start_with_guest(f, &h);
	get_taken(f, answer, sizeof(answer));
	contract_expect_paths(c, f->api);
	contract_draw_common(c, f->api);
	for (size_t i = 0; i < sizeof(draws) / sizeof(draws[0]); i++)
		contract_draw(c, f->api, &draws[i], draws[i].body);
	draw_the_move(f, c);
	large = calloc(1, (1u << 20) + 2);
	memset(large, ' ', (1u << 20) + 1);
	contract_draw(
		c, f->api, &(struct draw){"post", "/v1/moves", 413, "/v1/moves", "", NULL}, large);
	contract_draw(c, f->api,
		&(struct draw){"post", "/v1/arrivals", 413, "/v1/arrivals", "", NULL}, large);
	free(large);
	contract_expect_all_drawn(c);
	json_object_put(c->document);
	free(c);
	kill_daemon(f, SIGTERM);
}

static void the_api_shows_guests_and_what_the_xtr_answered(void **state)
{
	struct fixture *f = *state;
	struct handover h = {0};
	char answer[16384];

	configure(f, "guest \"db-1\" {\n\tuuid = \"11111111-2222-4333-8444-555555555555\"\n"
		     "\thost \"203.0.113.8\" { mac = 52:54:00:66:00:03 }\n}\n");
	start_with_guest(f, &h);
	get_taken(f, answer, sizeof(answer));
	assert_non_null(strstr(answer, "\"state\":\"running\""));
	assert_non_null(strstr(answer, "\"uuid\":\"" UUID_TEXT "\""));
	assert_non_null(strstr(answer, "\"qmp connected\""));
	get(f, "/v1/guests/11111111-2222-4333-8444-555555555555", answer, sizeof(answer));
	assert_non_null(strstr(answer, "\"name\":\"db-1\""));
	assert_non_null(strstr(answer, "\"state\":\"unknown\""));
	get(f, "/v1/guests/none", answer, sizeof(answer));
	assert_non_null(strstr(answer, " 404 "));
	get(f, "/v1/guests", answer, sizeof(answer));
	assert_true(strstr(answer, "web-1") && strstr(answer, "db-1"));
	get(f, "/v1/status", answer, sizeof(answer));
	assert_non_null(strstr(answer, "\"daemon\":\"sunward-vmagent\""));
	assert_non_null(strstr(answer, "\"guests\":2"));
	assert_non_null(strstr(answer, "\"complete\":true"));
	get(f, "/metrics", answer, sizeof(answer));
	assert_non_null(strstr(answer, "sunward_vmagent_guests{state=\"running\"} 1\n"));
	assert_non_null(strstr(answer, "sunward_vmagent_states_taken_total 1\n"));
	kill_daemon(f, SIGTERM);
}

static void a_reload_takes_guests_in_and_forgets_them_without_a_word(void **state)
{
	struct fixture *f = *state;
	struct handover h = {0};
	char answer[16384];

	configure(f, "guest \"db-1\" {\n\thost \"203.0.113.8\" { mac = 52:54:00:66:00:03 }\n}\n");
	start_with_guest(f, &h);
	configure(f, "guest \"db-2\" {\n\thost \"203.0.113.8\" { mac = 52:54:00:66:00:03 }\n}\n");
	kill(f->child, SIGHUP);
	do
		get(f, "/v1/guests", answer, sizeof(answer));
	while (!strstr(answer, "db-2"));
	assert_null(strstr(answer, "db-1"));
	assert_non_null(strstr(answer, "\"qmp connected\"")); /* the connection stays */
	qemu_says(f, MIGRATION("setup"));
	expect_state(f, &h, HANDOVER_LEAVING);
	kill_daemon(f, SIGTERM);
}

/* ---- its RBridge ---- */

#define AGENT_ID "61000000000000000000000000000001"

static int rbridge_listen(const struct fixture *f, const char *name)
{
	struct sockaddr_un at;
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	fd = unix_socket(path, &at);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

/* The next thing that the RBridge is told begins with @what. */
static void rbridge_hears(int listener, const char *what)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
				     "Content-Length: 2\r\nConnection: close\r\n\r\n{}";
	char text[4096] = "", *body;
	size_t len = 0;
	ssize_t n;
	int fd;

	wait_for(listener);
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(fd >= 0);
	do {
		n = read(fd, text + len, sizeof(text) - 1 - len);
		len += n > 0 ? (size_t)n : 0;
		body = strstr(text, "\r\n\r\n");
	} while (n > 0 && (!body || (!strncmp(text, "PUT", 3) && !strchr(body, '}'))));
	if (strncmp(text, what, strlen(what)) != 0)
		fail_msg("the RBridge hears %s, not %s", text, what);
	assert_int_equal(write(fd, answer, strlen(answer)), (ssize_t)strlen(answer));
	close(fd);
}

static void rbridge_hears_nothing(int listener)
{
	struct pollfd p = {.fd = listener, .events = POLLIN};

	assert_int_equal(poll(&p, 1, 0), 0);
}

/* The guest with its card @mac (NULL: it is not named) in @vlan of the RBridge at @socket. */
static void configure_rbridge(
	struct fixture *f, const char *mac, unsigned int vlan, const char *socket)
{
	FILE *conf;

	configure_without_guests(f);
	conf = fopen(f->conf, "a");
	assert_non_null(conf);
	if (mac)
		fprintf(conf,
			"guest \"web-1\" {\n\tqmp = \"%s\"\n\thost \"203.0.113.7\" { mac = %s }\n}\n",
			f->qmp, mac);
	fprintf(conf,
		"agent-id = " AGENT_ID "\n"
		"rbridge {\n\tsocket = \"%s/%s\"\n\tvlan \"%u\" { instance-id = 0 }\n}\n",
		f->dir, socket, vlan);
	fclose(conf);
}

#define MAC_1   "52:54:00:66:00:02"
#define MAC_2   "52:54:00:66:00:03"
#define OURS    "?agent=" AGENT_ID "&port="
#define STATION "/v1/stations/"

static void a_card_that_no_guest_has_any_more_is_taken_back(void **state)
{
	struct fixture *f = *state;
	struct handover h = {0};
	int rb = rbridge_listen(f, "rb"), other = rbridge_listen(f, "other");

	configure_rbridge(f, MAC_1, 10, "rb");
	start_with_guest(f, &h);
	rbridge_hears(rb, "PUT " STATION "10/" MAC_1 " ");
	configure_rbridge(f, MAC_2, 10, "rb");
	kill(f->child, SIGHUP);
	rbridge_hears(rb, "PUT " STATION "10/" MAC_2 " ");
	rbridge_hears(rb, "DELETE " STATION "10/" MAC_1 OURS);
	configure_rbridge(f, MAC_2, 20, "rb");
	kill(f->child, SIGHUP);
	rbridge_hears(rb, "PUT " STATION "20/" MAC_2 " ");
	rbridge_hears(rb, "DELETE " STATION "10/" MAC_2 OURS);
	configure_rbridge(f, MAC_2, 20, "other");
	kill(f->child, SIGHUP);
	rbridge_hears(other, "PUT " STATION "20/" MAC_2 " ");
	rbridge_hears(rb, "DELETE " STATION "20/" MAC_2 OURS);
	configure_rbridge(f, NULL, 20, "other");
	kill(f->child, SIGHUP);
	rbridge_hears(other, "DELETE " STATION "20/" MAC_2 OURS);
	kill_daemon(f, SIGTERM);
	rbridge_hears_nothing(rb);
	rbridge_hears_nothing(other);
	close(rb);
	close(other);
}

/* It stands while the agent is down; who was configured otherwise meanwhile is known by what is
 * kept. */
static void nor_is_it_when_the_agent_was_down(void **state)
{
	struct fixture *f = *state;
	struct handover h = {0};
	int rb = rbridge_listen(f, "rb");

	configure_rbridge(f, MAC_1, 10, "rb");
	start_with_guest(f, &h);
	rbridge_hears(rb, "PUT " STATION "10/" MAC_1 " ");
	kill_daemon(f, SIGTERM);
	rbridge_hears_nothing(rb);
	configure_rbridge(f, MAC_2, 10, "rb");
	start(f);
	rbridge_hears(rb, "DELETE " STATION "10/" MAC_1 OURS);
	qemu_begins(f, "running", true);
	rbridge_hears(rb, "PUT " STATION "10/" MAC_2 " ");
	kill_daemon(f, SIGTERM);
	close(rb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_migration_is_told_from_both_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(
			only_a_qemu_that_nobody_listens_for_any_more_is_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(counters_rise_over_kill_9, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_guest_that_went_while_the_agent_was_down_is_gone_and_no_other, setup,
			teardown),
		cmocka_unit_test_setup_teardown(a_hostile_qemu_is_hung_up_on, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_guest_of_a_bare_qemu_is_moved_because_the_api_is_asked, setup, teardown),
		cmocka_unit_test_setup_teardown(the_api_keeps_to_its_document, setup, teardown),
		cmocka_unit_test_setup_teardown(
			the_xtrs_are_asked_whether_a_guest_may_come_and_it_is_taken_back, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			the_api_shows_guests_and_what_the_xtr_answered, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_reload_takes_guests_in_and_forgets_them_without_a_word, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_card_that_no_guest_has_any_more_is_taken_back, setup, teardown),
		cmocka_unit_test_setup_teardown(nor_is_it_when_the_agent_was_down, setup, teardown),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
