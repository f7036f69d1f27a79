/* The configuration reader: kinds, defaults, and that every mistake is told, with its line and what
 * would be right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/service/config.h"

static const char *is_even(const struct config_value *v)
{
	return v->number % 2 ? "an even number" : NULL;
}

static const char *const moves[] = {"last-writer", "owner-first", NULL};

static const struct config_option site[] = {
	{.name = "eid-prefix", .kind = CONFIG_EID, .flags = CONFIG_LIST | CONFIG_REQUIRED},
	{.name = "key", .kind = CONFIG_SECRET},
	{.name = "move", .kind = CONFIG_ENUM, .words = moves, .fallback = "owner-first"},
	{.name = NULL},
};

static const struct config_option server[] = {
	{.name = "ttl", .kind = CONFIG_DURATION, .min = 1000, .max = 86400000, .fallback = "3m"},
	{.name = "pairs", .kind = CONFIG_INTEGER, .min = 0, .max = 100, .check = is_even},
	{.name = NULL},
};

static const char *is_ip(const struct config_value *v)
{
	return address_is_ip(&v->address) ? NULL : "an IPv4 or IPv6 address";
}

static const struct config_option limits[] = {
	{.name = "hosts", .kind = CONFIG_INTEGER, .fallback = "100"},
	{.name = NULL},
};

static const struct config_option nothing[] = {{.name = NULL}};

static const struct config_option schema[] = {
	{.name = "listen", .kind = CONFIG_ENDPOINT, .flags = CONFIG_LIST, .default_port = 4342},
	{.name = "buffer", .kind = CONFIG_SIZE, .min = 4096, .max = 1 << 30, .fallback = "64MiB"},
	{.name = "verbose", .kind = CONFIG_BOOL},
	{.name = "gateway", .kind = CONFIG_ADDRESS},
	{.name = "note", .kind = CONFIG_STRING, .min = 1, .max = 20},
	{.name = "server", .kind = CONFIG_SECTION, .options = server},
	{.name = "site",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED,
		.options = site},
	{.name = "limits", .kind = CONFIG_SECTION, .flags = CONFIG_ALWAYS, .options = limits},
	{.name = "peer",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED,
		.title = CONFIG_ENDPOINT,
		.default_port = 4342,
		.most = 2,
		.options = nothing},
	{.name = "hop",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED,
		.title = CONFIG_ADDRESS,
		.check = is_ip,
		.options = nothing},
	{.name = "slot",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED,
		.title = CONFIG_INTEGER,
		.max = 255,
		.options = nothing},
	{.name = "pair", .kind = CONFIG_STRING, .flags = CONFIG_LIST, .most = 2},
	{.name = NULL},
};

static struct config *read_text(const char *text, struct config_mistakes **m)
{
	*m = config_mistakes_new();
	return config_read_text(schema, "x.conf", text, strlen(text), NULL, *m);
}

/* @text makes exactly the mistakes listed, one a line. */
static void expect_mistakes(const char *text, const char *want)
{
	struct config_mistakes *m;
	struct config *c = read_text(text, &m);
	char got[8192] = "";
	bool warning;

	for (size_t i = 0; config_mistake(m, i, &warning); i++) {
		strlcat(got, config_mistake(m, i, &warning), sizeof(got));
		strlcat(got, "\n", sizeof(got));
	}
	assert_string_equal(got, want);
	assert_true(*want == '\0' || !c);
	config_free(c);
	config_mistakes_free(m);
}

static void every_kind_is_read(void **state)
{
	static const char text[] = "# a comment\n"
				   "#\n"
				   "listen = {192.0.2.1, \"[2001:db8::1]:5000\"} // two\n"
				   "/* three\n lines\n */ listen += 192.0.2.2:7\n"
				   "verbose = yes\n"
				   "gateway = 52:54:00:00:00:01\n"
				   "note = 'it costs ${HOME}'\n"
				   "server {\n"
				   "  ttl = 90s pairs = 0x10\n"
				   "}\n"
				   "site \"paris\" {\n"
				   "  eid-prefix = {10.0.0.0/8, [7]2001:db8::/32}\n"
				   "  key = \"a\\\"b ${HOME}\"\n"
				   "  move = last-writer\n"
				   "}\n"
				   "site tokyo { eid-prefix = 192.0.2.0/24 }\n";
	struct config_mistakes *m;
	struct config *c = read_text(text, &m);
	const struct config_section *root, *s;
	const struct config_value *v;
	char out[EID_TEXT];
	size_t n;

	assert_non_null(c);
	assert_int_equal(config_errors(m), 0);
	root = config_root(c);
	v = config_values(root, "listen", &n);
	assert_int_equal(n, 3);
	assert_int_equal(v[0].line, 3);
	assert_int_equal(v[0].endpoint.port, 4342);
	assert_int_equal(v[1].endpoint.port, 5000);
	assert_int_equal(v[2].endpoint.port, 7);
	assert_int_equal(v[2].line, 6);
	assert_int_equal(config_number(root, "buffer"), 64 << 20);
	assert_false(config_given(root, "buffer"));
	assert_true(config_bool(root, "verbose"));
	assert_int_equal(config_value(root, "gateway")->address.afi, AFI_MAC);
	assert_string_equal(config_text(root, "note"), "it costs ${HOME}");
	s = config_section(root, "server");
	assert_int_equal(config_number(s, "ttl"), 90000);
	assert_int_equal(config_number(s, "pairs"), 16);
	assert_int_equal(config_line(s), 10);
	s = config_section(root, "site");
	assert_string_equal(config_title(s), "paris");
	v = config_values(s, "eid-prefix", &n);
	assert_int_equal(n, 2);
	assert_int_equal(v[1].eid.iid, 7);
	assert_string_equal(eid_format(&v[1].eid, out, sizeof(out)), "[7]2001:db8::/32");
	v = config_value(s, "key");
	assert_int_equal(v->secret.len, 11);
	assert_memory_equal(v->secret.bytes, "a\"b ${HOME}", 11);
	assert_int_equal(config_number(s, "move"), 0);
	s = config_section_next(s);
	assert_string_equal(config_title(s), "tokyo");
	assert_int_equal(config_number(s, "move"), 1);
	assert_null(config_value(s, "key"));
	assert_int_equal(config_line(s), 18);
	assert_null(config_section_next(s));
	config_free(c);
	config_mistakes_free(m);
}

static void all_mistakes_are_listed_at_once(void **state)
{
	expect_mistakes("verbos = yes\n"
			"verbose = perhaps\n"
			"buffer = 12\n"
			"server {\n"
			"  ttl = 60\n"
			"  pairs = 7\n"
			"}\n"
			"site \"paris\" {\n"
			"  eid-prefx = 10.0.0.0/8\n"
			"  move = first\n"
			"}\n"
			"nothing { like = { this, that } }\n",
		"x.conf:1: there is no option `verbos` here; did you mean `verbose`?\n"
		"x.conf:2: verbose is \"perhaps\"; want yes or no\n"
		"x.conf:3: buffer is \"12\"; want a size like 512, 64KiB, 64MiB or 1GiB from 4KiB to "
		"1GiB\n"
		"x.conf:5: server: ttl is \"60\"; want a time like 500ms, 60s, 3m, 12h or 1d from 1s "
		"to 1d\n"
		"x.conf:6: server: pairs is \"7\"; want an even number\n"
		"x.conf:8: site \"paris\": eid-prefix is missing; it must be given\n"
		"x.conf:9: site \"paris\": there is no option `eid-prefx` here; did you mean "
		"`eid-prefix`?\n"
		"x.conf:10: site \"paris\": move is \"first\"; want one of last-writer, owner-first\n"
		"x.conf:12: there is no option `nothing` here\n");
}

static void a_wrong_eid_is_told_with_the_reason(void **state)
{
	struct config_mistakes *m;
	bool warning;

	assert_null(read_text("site a { eid-prefix = 10.0.0.1/8 }", &m));
	assert_non_null(strstr(config_mistake(m, 0, &warning),
		"x.conf:1: site \"a\": eid-prefix is \"10.0.0.1/8\"; want an EID like 192.0.2.0/24, "
		"2001:db8::/32 or [7]10.0.0.1/32 ("));
	config_mistakes_free(m);
}

static void doubles_and_misplaced_names_are_told(void **state)
{
	expect_mistakes("verbose = yes\n"
			"verbose = no\n"
			"server { }\n"
			"server { }\n"
			"site a { eid-prefix = 10.0.0.0/8 }\n"
			"site 'a' { eid-prefix = 10.0.0.0/8 }\n"
			"site { eid-prefix = 10.0.0.0/8 }\n"
			"gateway { }\n"
			"note = {a, b}\n"
			"note += c\n",
		"x.conf:2: verbose stands twice, first on line 1; want it once\n"
		"x.conf:4: server stands twice, first on line 3; want it once\n"
		"x.conf:6: site a stands twice, first on line 5; want it once\n"
		"x.conf:7: section `site` needs a title; want site \"title\" { ... }\n"
		"x.conf:8: `gateway` is no section; want gateway = value\n"
		"x.conf:9: `note` takes one value; want no { ... }\n"
		"x.conf:10: `note` takes one value; want = and not +=\n");
}

static void the_mistakes_of_both_sections_of_one_title_are_told(void **state)
{
	expect_mistakes("site a { eid-prefix = 10.0.0.0/8 move = first }\n"
			"site a { eid-prefix = 10.0.0.1/8 }\n",
		"x.conf:1: site \"a\": move is \"first\"; want one of last-writer, owner-first\n"
		"x.conf:2: site a stands twice, first on line 1; want it once\n"
		"x.conf:2: site \"a\": eid-prefix is \"10.0.0.1/8\"; want an EID like 192.0.2.0/24, "
		"2001:db8::/32 or [7]10.0.0.1/32 (the address has bits set beyond its prefix "
		"length: clear them, or give a longer length)\n");
}

static void titles_are_read_as_their_kind(void **state)
{
	struct config_mistakes *m;
	struct config *c = read_text("peer 192.0.2.1 {} peer \"[2001:db8::1]:5000\" {}\n"
				     "hop 2001:db8::7 {}\n"
				     "slot 12 {}\n",
		&m);
	const struct config_section *s;

	assert_non_null(c);
	s = config_section(config_root(c), "peer");
	assert_int_equal(config_title_value(s)->endpoint.port, 4342);
	s = config_section_next(s);
	assert_int_equal(config_title_value(s)->endpoint.port, 5000);
	assert_int_equal(config_title_value(s)->endpoint.addr.afi, AFI_IPV6);
	s = config_section(config_root(c), "hop");
	assert_int_equal(config_title_value(s)->address.bytes[15], 7);
	s = config_section(config_root(c), "slot");
	assert_int_equal(config_title_value(s)->number, 12);
	assert_string_equal(config_title(s), "12");
	config_free(c);
	config_mistakes_free(m);
	expect_mistakes("peer 192.0.2.1:x {}\n"
			"hop 52:54:00:00:00:01 {}\n"
			"hop 192.0.2.300 {}\n"
			"slot 300 {}\n"
			"slot \"\" {}\n",
		"x.conf:1: peer \"192.0.2.1:x\": the title is \"192.0.2.1:x\"; want an address, "
		"and a port 1-65535, like 192.0.2.1:4342 or [2001:db8::1]:4342\n"
		"x.conf:2: hop \"52:54:00:00:00:01\": the title is \"52:54:00:00:00:01\"; want an "
		"IPv4 or IPv6 address\n"
		"x.conf:3: hop \"192.0.2.300\": the title is \"192.0.2.300\"; want an IPv4 or IPv6 "
		"address\n"
		"x.conf:4: slot \"300\": the title is \"300\"; want a number from 0 to 255\n"
		"x.conf:5: slot \"\": the title is \"\"; want a number from 0 to 255\n");
}

static void more_than_the_most_is_told_once(void **state)
{
	expect_mistakes("pair = {a, b}\n"
			"pair += c\n"
			"pair += d\n"
			"peer 192.0.2.1 {}\n"
			"peer 192.0.2.2 {}\n"
			"peer 192.0.2.3 {}\n"
			"peer 192.0.2.4 {}\n",
		"x.conf:2: pair: 4 values; want at most 2\n"
		"x.conf:6: more than 2 sections peer\n");
}

static void a_section_that_is_always_there_has_its_fallbacks(void **state)
{
	struct config_mistakes *m;
	struct config *c = read_text("verbose = yes\n", &m);
	const struct config_section *s = config_section(config_root(c), "limits");

	assert_non_null(s);
	assert_int_equal(config_u32(s, "hosts"), 100);
	assert_false(config_given(config_root(c), "limits"));
	assert_null(config_section(config_root(c), "server"));
	config_free(c);
	config_mistakes_free(m);
}

/* As a daemon's check would: the tree holds what is right. */
static void note_sites(const struct config_section *root, struct config_mistakes *m)
{
	for (const struct config_section *s = config_section(root, "site"); s;
		s = config_section_next(s))
		config_refuse(m, s, "move", "seen, %s",
			config_value(s, "move") ? "with a move" : "without a move");
	for (const struct config_section *s = config_section(root, "slot"); s;
		s = config_section_next(s))
		config_refuse(m, s, NULL, "seen, %d", (int)config_title_value(s)->number);
}

static void the_daemons_check_runs_beside_other_mistakes_on_what_is_right(void **state)
{
	static const char text[] = "verbos = yes\n"
				   "site a { eid-prefix = 10.0.0.0/8 move = first }\n"
				   "site b { eid-prefix = 11.0.0.0/8 move = last-writer }\n"
				   "slot 300 {}\n"
				   "slot 7 {}\n";
	static const char *const want[] = {
		"x.conf:1: there is no option `verbos` here; did you mean `verbose`?",
		"x.conf:2: site \"a\": move is \"first\"; want one of last-writer, owner-first",
		"x.conf:2: site \"a\": move: seen, without a move",
		"x.conf:3: site \"b\": move: seen, with a move",
		"x.conf:4: slot \"300\": the title is \"300\"; want a number from 0 to 255",
		"x.conf:5: slot \"7\": seen, 7",
	};
	struct config_mistakes *m = config_mistakes_new();
	bool warning;

	assert_null(config_read_text(schema, "x.conf", text, strlen(text), note_sites, m));
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++)
		assert_string_equal(config_mistake(m, i, &warning), want[i]);
	assert_null(config_mistake(m, 6, &warning));
	config_mistakes_free(m);
	m = config_mistakes_new();
	assert_null(config_read_text(schema, "x.conf", "slot 7 {", 8, note_sites, m));
	assert_int_equal(config_errors(m), 1); /* no tree, no check */
	config_mistakes_free(m);
}

static const struct config_option frozen_limits[] = {
	{.name = "hosts", .kind = CONFIG_INTEGER, .fallback = "100"},
	{.name = "wait", .kind = CONFIG_DURATION, .fallback = "3s"},
	{.name = NULL},
};

static const struct config_option frozen_schema[] = {
	{.name = "listen", .kind = CONFIG_STRING, .flags = CONFIG_LIST | CONFIG_AT_START},
	{.name = "free", .kind = CONFIG_STRING},
	{.name = "limits",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_ALWAYS | CONFIG_AT_START,
		.options = frozen_limits},
	{.name = "loose", .kind = CONFIG_SECTION, .options = frozen_limits},
	{.name = "port",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED | CONFIG_AT_START,
		.options = frozen_limits},
	{.name = NULL},
};

/* What a daemon that was started with @before warns of when it reads @after. */
static void expect_frozen(const char *before, const char *after, const char *want)
{
	struct config_mistakes *m = config_mistakes_new();
	struct config *a = config_read_text(
			      frozen_schema, "a.conf", before, strlen(before), NULL, m),
		      *b = config_read_text(frozen_schema, "b.conf", after, strlen(after), NULL, m);
	struct config_frozen *f;
	char got[2048] = "";
	bool warning;

	assert_non_null(a);
	assert_non_null(b);
	f = config_frozen_new(a);
	assert_non_null(f);
	config_free(a); /* nothing of it is borrowed */
	config_frozen_warn(f, b, m);
	assert_int_equal(config_errors(m), 0);
	for (size_t i = 0; config_mistake(m, i, &warning); i++) {
		assert_true(warning);
		strlcat(got, config_mistake(m, i, &warning), sizeof(got));
		strlcat(got, "\n", sizeof(got));
	}
	assert_string_equal(got, want);
	config_frozen_free(f);
	config_free(b);
	config_mistakes_free(m);
}

static void a_reload_tells_what_waits_for_the_next_start(void **state)
{
	static const char before[] = "listen = {a, b} free = x limits { hosts = 7 }\n"
				     "port p { hosts = 1 }\n";

	expect_frozen(before, before, "");
	expect_frozen(before,
		"limits { wait = 3s hosts = 7 } listen = {a}\n"
		"listen += b\n"
		"free = y loose { hosts = 3 } port p { hosts = 1 }\n",
		"");
	expect_frozen(before, "listen = {a, c}\nlimits {\nhosts = 8\nwait = 4s\n}\nport q {}\n",
		"b.conf: port: changed; it stays as it was until the next start\n"
		"b.conf:1: listen: changed; it stays as it was until the next start\n"
		"b.conf:3: limits: hosts: changed; it stays as it was until the next start\n"
		"b.conf:4: limits: wait: changed; it stays as it was until the next start\n");
	expect_frozen(before, "port p { hosts = 1 }\n",
		"b.conf: listen: changed; it stays as it was until the next start\n"
		"b.conf: limits: hosts: changed; it stays as it was until the next start\n");
}

static void a_syntax_error_names_its_line(void **state)
{
	expect_mistakes("verbose yes\n", "x.conf:1: want = or { after `verbose`\n");
	expect_mistakes("\n/* no end\n", "x.conf:2: a comment without its */\n");
	expect_mistakes("note = \"open\nverbose = yes\n",
		"x.conf:1: a string without its closing quote on this line\n");
	expect_mistakes("server {\nttl = 60s\n",
		"x.conf:3: server: the file ends within this section; want a }\n");
	expect_mistakes("note = \"\\x00\"\n",
		"x.conf:1: an escape that is none of \\\\ \\\" \\n \\t \\xHH (and not \\x00)\n");
	expect_mistakes("site \"a\\n\" { eid-prefix = 10.0.0.0/8 }\n",
		"x.conf:1: a backslash in the title of section `site`; want plain text\n");
	expect_mistakes("}\n", "x.conf:1: want the name of an option\n");
	expect_mistakes("listen = {192.0.2.1 192.0.2.2}\n",
		"x.conf:1: want , or } after a value in a list\n");
}

/* libconfuse's scanner keeps its state; a broken file must not spoil the next reading. */
static void a_good_file_is_read_after_a_broken_one(void **state)
{
	expect_mistakes(
		"note = \"open", "x.conf:1: a string without its closing quote on this line\n");
	expect_mistakes("note = \"closed\"", "");
	expect_mistakes("/* open", "x.conf:1: a comment without its */\n");
	expect_mistakes("note = \"closed\"", "");
}

static void a_nul_byte_is_refused(void **state)
{
	struct config_mistakes *m = config_mistakes_new();
	bool warning;

	assert_null(config_read_text(schema, "x.conf", "note = a\0b", 10, NULL, m));
	assert_string_equal(
		config_mistake(m, 0, &warning), "x.conf: it holds a NUL byte; want text");
	config_mistakes_free(m);
}

static void too_big_a_file_is_refused(void **state)
{
	struct config_mistakes *m = config_mistakes_new();
	char *big = malloc(CONFIG_SIZE_MAX + 1);
	bool warning;

	assert_non_null(big);
	memset(big, ' ', CONFIG_SIZE_MAX + 1);
	assert_null(config_read_text(schema, "x.conf", big, CONFIG_SIZE_MAX + 1, NULL, m));
	assert_string_equal(config_mistake(m, 0, &warning),
		"x.conf: it has 4194305 bytes; want at most 4194304");
	free(big);
	config_mistakes_free(m);
}

static void many_mistakes_end_in_their_number(void **state)
{
	struct config_mistakes *m;
	char text[4000] = "";
	bool warning;

	for (int i = 0; i < 300; i++)
		strlcat(text, "x=1\n", sizeof(text));
	assert_null(read_text(text, &m));
	assert_string_equal(config_mistake(m, 200, &warning), "and 100 more mistakes");
	assert_null(config_mistake(m, 201, &warning));
	config_mistakes_free(m);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

static void secrets_come_from_files(void **state)
{
	char dir[] = "/tmp/sunward-config-XXXXXX", conf[64], key[64];
	struct config_mistakes *m = config_mistakes_new();
	const struct config_value *v;
	struct config *c;
	bool warning;

	assert_non_null(mkdtemp(dir));
	snprintf(conf, sizeof(conf), "%s/x.conf", dir);
	snprintf(key, sizeof(key), "%s/paris.key", dir);
	write_file(key, "s3cret\n", 0644);
	write_file(conf, "site paris { eid-prefix = 10.0.0.0/8\nkey-file = paris.key }\n", 0600);
	c = config_read_file(schema, conf, NULL, m);
	assert_non_null(c);
	v = config_value(config_section(config_root(c), "site"), "key");
	assert_non_null(v);
	assert_int_equal(v->secret.len, 6);
	assert_memory_equal(v->secret.bytes, "s3cret", 6);
	assert_int_equal(config_warnings(m), 1);
	assert_non_null(strstr(config_mistake(m, 0, &warning),
		"x.conf:2: site \"paris\": key-file \"paris.key\" may be read by everyone; want mode "
		"0600 or 0640"));
	assert_true(warning);
	config_free(c);
	write_file(key, "\n", 0600);
	assert_null(config_read_file(schema, conf, NULL, m));
	assert_non_null(strstr(config_mistake(m, 1, &warning),
		"key (not shown) is not right; want a secret of 1 to 4096 bytes"));
	unlink(key);
	assert_null(config_read_file(schema, conf, NULL, m));
	assert_non_null(strstr(config_mistake(m, 2, &warning), "No such file or directory"));
	config_mistakes_free(m);
	unlink(conf);
	rmdir(dir);
}

static void a_secret_given_twice_is_refused_and_never_shown(void **state)
{
	expect_mistakes("site a { eid-prefix = 10.0.0.0/8 key = \"hush\" key-file = \"/nowhere\" }",
		"x.conf:1: site \"a\": both key and key-file; want one of them\n");
	expect_mistakes("site a { eid-prefix = 10.0.0.0/8 key = \"\" }",
		"x.conf:1: site \"a\": key (not shown) is not right; want a secret of 1 to 4096 "
		"bytes\n");
}

static void the_daemons_own_mistakes_get_the_options_line(void **state)
{
	struct config_mistakes *m;
	struct config *c = read_text("\nsite a {\neid-prefix = 10.0.0.0/8\n}\n", &m);
	const struct config_section *s;
	bool warning;

	assert_non_null(c);
	s = config_section(config_root(c), "site");
	config_refuse(m, s, "eid-prefix", "overlaps %s", "site \"b\"");
	config_warn(m, s, NULL, "has no key");
	assert_string_equal(config_mistake(m, 0, &warning), "x.conf:2: site \"a\": has no key");
	assert_true(warning);
	assert_string_equal(config_mistake(m, 1, &warning),
		"x.conf:3: site \"a\": eid-prefix: overlaps site \"b\"");
	assert_int_equal(config_errors(m), 1);
	config_free(c);
	config_mistakes_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_read),
		cmocka_unit_test(all_mistakes_are_listed_at_once),
		cmocka_unit_test(a_wrong_eid_is_told_with_the_reason),
		cmocka_unit_test(doubles_and_misplaced_names_are_told),
		cmocka_unit_test(the_mistakes_of_both_sections_of_one_title_are_told),
		cmocka_unit_test(titles_are_read_as_their_kind),
		cmocka_unit_test(more_than_the_most_is_told_once),
		cmocka_unit_test(a_section_that_is_always_there_has_its_fallbacks),
		cmocka_unit_test(the_daemons_check_runs_beside_other_mistakes_on_what_is_right),
		cmocka_unit_test(a_reload_tells_what_waits_for_the_next_start),
		cmocka_unit_test(a_syntax_error_names_its_line),
		cmocka_unit_test(a_good_file_is_read_after_a_broken_one),
		cmocka_unit_test(a_nul_byte_is_refused),
		cmocka_unit_test(too_big_a_file_is_refused),
		cmocka_unit_test(many_mistakes_end_in_their_number),
		cmocka_unit_test(secrets_come_from_files),
		cmocka_unit_test(a_secret_given_twice_is_refused_and_never_shown),
		cmocka_unit_test(the_daemons_own_mistakes_get_the_options_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
