/* libvirt's side: domain XML and its metadata, what hooks say, and sunward-vm-hook itself against
 * an agent that runs, refuses, or is not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include <event2/event.h>

#include "tests/unit/scratch.h"
#include "tests/unit/vm_world.h"
#include "vmmobility/domain_xml.h"
#include "vmmobility/guest_uuid.h"
#include "vmmobility/hook_message.h"
#include "vmmobility/hook_source.h"

#define UUID_TEXT "6f1c0c5e-3f6a-4c57-9d2e-0d6f8b1f3a52"
#define NS        " xmlns:sunward='urn:sunward:guest:1'"
#define CARD(mac) "<interface type='ethernet'><mac address='" mac "'/></interface>"
#define DOMAIN(metadata, devices)                                                                  \
	"<domain type='qemu'>\n  <name>web-1</name>\n  <uuid>" UUID_TEXT                           \
	"</uuid>\n  <metadata>" metadata "</metadata>\n  <devices>" devices                        \
	"</devices>\n</domain>\n"
#define GUEST(eids)              "<sunward:guest" NS ">" eids "</sunward:guest>"
#define EID(attributes, address) "<sunward:eid" attributes ">" address "</sunward:eid>"
#define CARD_2                   CARD("52:54:00:66:00:02")

extern char **environ;

/* ---- the XML ---- */

static void the_metadata_tells_the_addresses(void **state)
{
	static const char xml[] =
		DOMAIN("<other xmlns='urn:other'><eid>192.0.2.99</eid></other>" GUEST(EID("",
			       "\n 203.0.113.7 ") EID(" iid='7' mac='52:54:00:66:00:03' port='lan'",
			       "2001:db8::7") EID("", "52:54:00:66:00:02")),
			CARD_2);
	struct domain d;
	char why[256] = "", text[EID_TEXT];

	assert_int_equal(domain_xml_read(xml, strlen(xml), &d, why, sizeof(why)), 0);
	assert_string_equal(why, "");
	assert_string_equal(d.name, "web-1");
	assert_int_equal(d.uuid.bytes[0], 0x6f);
	assert_int_equal(d.host_count, 3);
	assert_string_equal(eid_format(&d.hosts[0].eid, text, sizeof(text)), "203.0.113.7");
	assert_memory_equal(d.hosts[0].mac, "\x52\x54\0\x66\0\x02", 6);
	assert_string_equal(eid_format(&d.hosts[1].eid, text, sizeof(text)), "[7]2001:db8::7");
	assert_memory_equal(d.hosts[1].mac, "\x52\x54\0\x66\0\x03", 6);
	assert_string_equal(d.hosts[1].port, "lan");
	assert_int_equal(d.hosts[2].eid.addr.afi, AFI_MAC);
	assert_memory_equal(d.hosts[2].mac, "\x52\x54\0\x66\0\x02", 6);
}

static void a_domain_without_metadata_has_no_addresses(void **state)
{
	static const char xml[] = "<domain><name>n</name><uuid>" UUID_TEXT "</uuid></domain>";
	struct domain d;
	char why[256];

	assert_int_equal(domain_xml_read(xml, strlen(xml), &d, why, sizeof(why)), 0);
	assert_int_equal(d.host_count, 0);
}

static void the_taps_of_the_guests_own_cards_are_found(void **state)
{
	static const char xml[] = DOMAIN(GUEST(EID(" mac='52:54:00:66:00:03'", "203.0.113.7")),
		"<interface type='bridge'><mac address='52:54:00:66:00:02'/><target dev='vnet2'/></interface>"
		"<interface type='bridge'><mac address='52:54:00:66:00:03'/><target dev='vnet3'/></interface>");
	struct domain d;
	char why[256];

	assert_int_equal(domain_xml_read(xml, strlen(xml), &d, why, sizeof(why)), 0);
	assert_int_equal(d.tap_count, 1);
	assert_string_equal(d.taps[0].name, "vnet3");
}

static struct report_why why_in(const char *metadata, uint64_t wall_s)
{
	char xml[1024], why[256];
	struct domain d;

	snprintf(xml, sizeof(xml),
		"<domain><name>n</name><uuid>" UUID_TEXT "</uuid><metadata>%s</metadata></domain>",
		metadata);
	assert_int_equal(domain_xml_read(xml, strlen(xml), &d, why, sizeof(why)), 0);
	return domain_why(&d, wall_s);
}

static void the_metadata_may_tell_why_it_moves(void **state)
{
	static const char move[] = "<s:move xmlns:s='urn:sunward:move:1' id='0123456789abcdef' "
				   "reason='evacuation' deadline='5000' until='1000'/>";
	struct report_why why = why_in(move, 1000);
	char text[DOMAIN_WHY_TEXT];

	assert_true(why.move == 0x0123456789abcdef);
	assert_int_equal(why.reason, HANDOVER_EVACUATION);
	assert_int_equal(why.deadline_ms, 5000);
	domain_why_write(&why, 1000, text);
	assert_string_equal(text,
		"<move id='0123456789abcdef' reason='evacuation' deadline='5000' until='1000'/>");
	why = why_in(move, 1001); /* it was left behind */
	assert_true(!why.move && !why.reason && !why.deadline_ms);
	/* By hand, and in part wrong. */
	why = why_in("<move xmlns='urn:sunward:move:1' reason='planner' deadline='-1' id='x'/>", 5);
	assert_int_equal(why.reason, HANDOVER_PLANNER);
	assert_true(!why.move && !why.deadline_ms);
	why = why_in("<move xmlns='urn:other' reason='planner'/>", 5);
	assert_int_equal(why.reason, HANDOVER_NO_REASON);
}

static struct domain ticket_in(const char *metadata)
{
	char xml[1024], why[256];
	struct domain d;

	snprintf(xml, sizeof(xml),
		"<domain><name>n</name><uuid>" UUID_TEXT "</uuid><metadata>%s</metadata></domain>",
		metadata);
	assert_int_equal(domain_xml_read(xml, strlen(xml), &d, why, sizeof(why)), 0);
	return d;
}

static void the_metadata_may_have_the_guests_ticket(void **state)
{
	static const char *const none[] = {"",
		"<ticket xmlns='urn:other'>000102030405060708090a0b0c0d0e0f</ticket>",
		"<ticket xmlns='urn:sunward:ticket:1'/>",
		"<ticket xmlns='urn:sunward:ticket:1'>000102030405060708090a0b0c0d0e</ticket>",
		"<ticket xmlns='urn:sunward:ticket:1'>000102030405060708090a0b0c0d0e0f00</ticket>",
		"<ticket xmlns='urn:sunward:ticket:1'>000102030405060708090a0b0c0d0e0g</ticket>",
		"<ticket xmlns='urn:sunward:ticket:1'>0x0102030405060708090a0b0c0d0e0f</ticket>",
		"<ticket xmlns='urn:sunward:ticket:1'><b/></ticket>",
		"<a xmlns='urn:a'><ticket xmlns='urn:sunward:ticket:1'>"
		"000102030405060708090a0b0c0d0e0f</ticket></a>"};
	static const struct handover_id nobody;
	struct domain d = ticket_in("<s:ticket xmlns:s='urn:sunward:ticket:1' "
				    "agent='A0a1a2a3a4a5a6a7a8a9aaabacadaeaf'> "
				    "000102030405060708090a0b0c0d0e0F </s:ticket>");
	char text[DOMAIN_TICKET_TEXT];

	assert_true(d.ticket.known);
	for (uint8_t i = 0; i < 16; i++)
		assert_true(d.ticket.value.bytes[i] == i && d.ticket_by.bytes[i] == 0xa0 + i);
	domain_ticket_write(&d.ticket.value, &d.ticket_by, text);
	assert_string_equal(text, "<ticket agent='a0a1a2a3a4a5a6a7a8a9aaabacadaeaf'>"
				  "000102030405060708090a0b0c0d0e0f</ticket>");
	for (unsigned int i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_false(ticket_in(none[i]).ticket.known);
	d = ticket_in("<ticket xmlns='urn:sunward:ticket:1' agent='web-1'>"
		      "000102030405060708090a0b0c0d0e0f</ticket>");
	assert_true(d.ticket.known);
	assert_memory_equal(&d.ticket_by, &nobody, sizeof(nobody));
}

static void what_is_wrong_is_said(void **state)
{
	static const struct {
		const char *xml, *why;
	} cases[] = {
		{"no XML", "no XML, or more than 262144 bytes"},
		{"<network/>", "the document is no <domain>"},
		{"<domain><name>n</name></domain>", "the domain has no UUID"},
		{"<domain><uuid>" UUID_TEXT "</uuid></domain>", "the domain has no name"},
		{"<!DOCTYPE domain [<!ENTITY a 'b'>]><domain><name>&a;</name></domain>",
			"it has a document type declaration"},
		{DOMAIN(GUEST(EID("", "203.0.113.256")), CARD_2),
			"an <eid> is no unicast IPv4, IPv6 or MAC address"},
		{DOMAIN(GUEST(EID("", "<b/>")), CARD_2),
			"an <eid> is no unicast IPv4, IPv6 or MAC address"},
		{DOMAIN(GUEST(EID(" iid='-1'", "203.0.113.7")), CARD_2),
			"iid of an <eid> is \"-1\"; want a number from 0 to 16777214"},
		{DOMAIN(GUEST(EID(" iid='16777215'", "203.0.113.7")), CARD_2),
			"iid of an <eid> is \"16777215\"; want a number from 0 to 16777214"},
		{DOMAIN(GUEST(EID("", "203.0.113.7")), CARD_2 CARD("52:54:00:66:00:03")),
			"eid 203.0.113.7 has no mac, which may be left out where the domain has one interface; it has 2"},
		{DOMAIN(GUEST(EID(" mac='01:00:00:00:00:01'", "203.0.113.7")), CARD_2),
			"mac of eid 203.0.113.7 is \"01:00:00:00:00:01\"; want a unicast MAC address"},
		{DOMAIN(GUEST(EID(" port='a-name-of-17-byte'", "203.0.113.7")), CARD_2),
			"port of an <eid> is longer than 16 bytes"},
	};
	struct domain d;
	char why[256];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(
			domain_xml_read(cases[i].xml, strlen(cases[i].xml), &d, why, sizeof(why)),
			-1);
		assert_string_equal(why, cases[i].why);
	}
}

/* ---- the record ---- */

static void a_record_is_read_as_it_was_written_and_damaged_ones_are_refused(void **state)
{
	static const char record[] = "sunward-vm-hook/1\0web-1\0migrate\0begin\0<domain/>";
	const struct hook_message m = {"web-1", "migrate", "begin", "<domain/>", 9};
	struct hook_message back;
	char bytes[128];

	assert_int_equal(hook_message_write(&m, bytes, sizeof(bytes)), sizeof(record) - 1);
	assert_memory_equal(bytes, record, sizeof(record) - 1);
	assert_true(hook_message_parse(record, sizeof(record) - 1, &back));
	assert_string_equal(back.guest, "web-1");
	assert_string_equal(back.sub_operation, "begin");
	assert_int_equal(back.xml_len, 9);
	assert_int_equal(hook_message_write(&m, bytes, sizeof(record) - 2), 0);
	for (size_t len = 0; len < 38; len++) /* up to the last NUL of the four texts */
		assert_false(hook_message_parse(record, len, &back));
	assert_true(hook_message_parse(record, 38, &back));
	assert_int_equal(back.xml_len, 0);
	assert_false(hook_message_parse("sunward-vm-hook/2\0a\0b\0c\0", 24, &back));
}

/* ---- the program, against the agent's end ---- */

struct fixture {
	struct vm_world *w;
	struct event_base *base;
	struct hook_source *hooks;
	char dir[64], socket[96], strict[96], xml[96], errors[96];
	uint32_t acked; /* datagrams that the xTR has looked at */
	enum handover_result result;
	bool answers;
};

static void on_begin(void *arg)
{
}

/* The xTR's part, when it has one. */
static void on_end(void *arg)
{
	struct fixture *f = arg;

	while (f->answers && !vm_world_silent(f->w))
		vm_world_ack(f->w, vm_world_state(f->w)->counter, f->result);
	if (f->hooks)
		hook_source_settle(f->hooks);
}

static void agent_start(struct fixture *f)
{
	const struct hook_source_ops ops = {.begin = on_begin, .end = on_end, .arg = f};

	f->hooks =
		hook_source_new(f->base, f->socket, f->w->guests, f->w->reporter, &f->w->env, &ops);
	assert_non_null(f->hooks);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const char *top = getenv("top_builddir");
	char program[4096];
	FILE *xml;

	f->w = vm_world_new();
	f->base = event_base_new();
	f->answers = true;
	strcpy(f->dir, "/tmp/sunward-vm-hook-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->socket, sizeof(f->socket), "%s/socket", f->dir);
	snprintf(f->strict, sizeof(f->strict), "%s/sunward-strict", f->dir);
	snprintf(f->xml, sizeof(f->xml), "%s/xml", f->dir);
	snprintf(f->errors, sizeof(f->errors), "%s/errors", f->dir);
	if (snprintf(program, sizeof(program), "%s/sunward-vm-hook", top ? top : ".") < 0 ||
		!realpath(program, program + 2048) || symlink(program + 2048, f->strict))
		fail_msg("no %s", program);
	xml = fopen(f->xml, "w");
	fputs(DOMAIN(GUEST(EID("", "203.0.113.7")), CARD_2), xml);
	fclose(xml);
	setenv("SUNWARD_VM_HOOK_SOCKET", f->socket, 1);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	hook_source_free(f->hooks);
	event_base_free(f->base);
	vm_world_free(f->w);
	scratch_remove(f->dir);
	free(f);
	return 0;
}

/* libvirt calls the hook: its exit code. It prints nothing on standard output. */
static int hook(struct fixture *f, const char *operation, const char *sub_operation)
{
	char name[] = "web-1", none[] = "-", op[32], sub[32], out[96];
	char *argv[] = {f->strict, name, op, sub, none, NULL};
	posix_spawn_file_actions_t actions;
	int status = -1;
	FILE *file;
	pid_t pid;

	snprintf(op, sizeof(op), "%s", operation);
	snprintf(sub, sizeof(sub), "%s", sub_operation);
	snprintf(out, sizeof(out), "%s/out", f->dir);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, f->xml, O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawn_file_actions_addopen(
		&actions, 2, f->errors, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(posix_spawn(&pid, f->strict, &actions, NULL, argv, environ), 0);
	posix_spawn_file_actions_destroy(&actions);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		const struct timeval tick = {.tv_usec = 1000};

		event_base_loopexit(f->base, &tick);
		event_base_loop(f->base, EVLOOP_NO_EXIT_ON_EMPTY);
	}
	file = fopen(out, "r");
	assert_int_equal(fgetc(file), EOF);
	fclose(file);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static const char *errors(struct fixture *f)
{
	static char text[512];
	FILE *file = fopen(f->errors, "r");

	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}

static const struct guest *web(struct fixture *f)
{
	struct handover_id uuid;

	assert_true(guest_uuid_parse(&uuid, UUID_TEXT));
	return guests_by_uuid(f->w->guests, &uuid);
}

static void an_announced_guest_is_taken_by_the_xtr_before_the_hook_returns(void **state)
{
	struct fixture *f = *state;

	agent_start(f);
	assert_int_equal(hook(f, "migrate", "begin"), 0);
	assert_int_equal(web(f)->place, GUEST_AWAITED);
	assert_true(reporter_taken(f->w->reporter, &web(f)->report));
	assert_int_equal(hook(f, "prepare", "begin"), 0);
	assert_int_equal(hook(f, "start", "begin"), 0);
	assert_int_equal(hook(f, "started", "begin"), 0);
	assert_int_equal(web(f)->place, GUEST_AWAITED); /* started is not running */
	assert_int_equal(hook(f, "stopped", "end"), 0);
	assert_int_equal(hook(f, "release", "end"), 0);
	assert_int_equal(web(f)->place, GUEST_GONE);
}

static void a_cold_start_says_nothing_but_the_addresses(void **state)
{
	struct fixture *f = *state;

	agent_start(f);
	assert_int_equal(hook(f, "prepare", "begin"), 0);
	assert_int_equal(hook(f, "start", "begin"), 0);
	assert_int_equal(hook(f, "started", "begin"), 0);
	assert_int_equal(web(f)->place, GUEST_UNKNOWN);
	assert_true(vm_world_silent(f->w));
	assert_int_equal(hook(f, "reconnect", "begin"), 0);
}

static void a_strict_hook_fails_what_an_xtr_refuses_and_nothing_else(void **state)
{
	struct fixture *f = *state;

	agent_start(f);
	f->result = HANDOVER_NOT_PERMITTED;
	assert_int_equal(hook(f, "migrate", "begin"), 1);
	assert_string_equal(errors(f), "sunward-vm-hook: migrate of web-1: an xTR says that the "
				       "guest's addresses are not this agent's\n");
	assert_int_equal(hook(f, "started", "begin"), 0);
	assert_int_equal(hook(f, "reconnect", "begin"), 0);
	assert_int_equal(hook(f, "release", "end"), 0);
}

static void another_name_never_fails(void **state)
{
	struct fixture *f = *state;
	char lenient[96];

	agent_start(f);
	snprintf(lenient, sizeof(lenient), "%s/sunward", f->dir);
	assert_int_equal(rename(f->strict, lenient), 0);
	strcpy(f->strict, lenient);
	f->result = HANDOVER_OWNED;
	assert_int_equal(hook(f, "migrate", "begin"), 0);
	assert_string_equal(errors(f), "");
}

static void without_an_agent_only_a_strict_hook_fails(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(hook(f, "prepare", "begin"), 1);
	assert_string_equal(
		errors(f), "sunward-vm-hook: prepare of web-1: the agent does not answer\n");
	assert_int_equal(hook(f, "started", "begin"), 0);
	assert_int_equal(hook(f, "release", "end"), 0);
}

static void a_second_agent_does_not_take_the_socket(void **state)
{
	struct fixture *f = *state;
	const struct hook_source_ops ops = {.begin = on_begin, .end = on_end, .arg = f};

	agent_start(f);
	assert_null(hook_source_new(
		f->base, f->socket, f->w->guests, f->w->reporter, &f->w->env, &ops));
	assert_int_equal(hook(f, "migrate", "begin"), 0);
	assert_int_equal(web(f)->place, GUEST_AWAITED);
}

static void wrong_xml_is_logged_and_lets_libvirt_go_on(void **state)
{
	struct fixture *f = *state;
	FILE *xml = fopen(f->xml, "w");

	fputs(DOMAIN(GUEST(EID("", "nonsense")), CARD_2), xml);
	fclose(xml);
	agent_start(f);
	assert_int_equal(hook(f, "migrate", "begin"), 0);
	assert_null(web(f));
	assert_string_equal(f->w->last_line, "hook migrate of guest web-1: an <eid> is no unicast "
					     "IPv4, IPv6 or MAC address");
	assert_int_equal(f->w->env.counters[VM_HOOKS_MALFORMED], 1);
}

#define WITH_AGENT(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_metadata_tells_the_addresses),
		cmocka_unit_test(a_domain_without_metadata_has_no_addresses),
		cmocka_unit_test(the_taps_of_the_guests_own_cards_are_found),
		cmocka_unit_test(the_metadata_may_tell_why_it_moves),
		cmocka_unit_test(the_metadata_may_have_the_guests_ticket),
		cmocka_unit_test(what_is_wrong_is_said),
		cmocka_unit_test(a_record_is_read_as_it_was_written_and_damaged_ones_are_refused),
		WITH_AGENT(an_announced_guest_is_taken_by_the_xtr_before_the_hook_returns),
		WITH_AGENT(a_cold_start_says_nothing_but_the_addresses),
		WITH_AGENT(a_strict_hook_fails_what_an_xtr_refuses_and_nothing_else),
		WITH_AGENT(another_name_never_fails),
		WITH_AGENT(without_an_agent_only_a_strict_hook_fails),
		WITH_AGENT(a_second_agent_does_not_take_the_socket),
		WITH_AGENT(wrong_xml_is_logged_and_lets_libvirt_go_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
