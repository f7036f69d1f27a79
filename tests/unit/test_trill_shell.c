/* What of the RBridge's shell can be seen without ports: what outlives a restart, and what of the
 * configured stations a reload changes (docs/trill.md, H and J). */
#include "tests/unit/trill_test.h"

#include "lib/base/log.h"
#include "tests/unit/scratch.h"
#include "trill/config.h"
#include "trill/memory.h"

static const struct system_id one = {{2, 0, 0, 0, 0, 1}}, two = {{2, 0, 0, 0, 0, 2}};

static void on_line(struct log *log, enum log_level level, const char *line)
{
	(void)log;
	(void)level;
	fail_msg("%s", line);
}

static struct trill_memory *opened(const char *dir)
{
	static struct log log;
	struct trill_memory *m;

	log_init_sink(&log, on_line, NULL);
	m = trill_memory_open(dir, &log);
	assert_non_null(m);
	return m;
}

static void h_system_id_and_nickname_outlive_a_restart(void **state)
{
	char dir[] = "/tmp/sunward-rbridge-XXXXXX", path[64];
	struct system_id id = two;
	struct trill_memory *m;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/state", dir);
	m = opened(path);
	assert_false(trill_memory_system(m, &id));
	assert_memory_equal(&id, &two, sizeof(id));
	assert_int_equal(trill_memory_nickname(m), NICKNAME_NONE);
	trill_memory_keep_system(m, &one);
	trill_memory_keep_nickname(m, 0x0a01);
	trill_memory_close(m);
	m = opened(path);
	assert_true(trill_memory_system(m, &id));
	assert_memory_equal(&id, &one, sizeof(id));
	assert_int_equal(trill_memory_nickname(m), 0x0a01);
	trill_memory_keep_system(m, &two); /* the file has another now */
	trill_memory_close(m);
	m = opened(path);
	assert_true(trill_memory_system(m, &id));
	assert_memory_equal(&id, &two, sizeof(id));
	assert_int_equal(trill_memory_nickname(m), 0x0a01);
	trill_memory_close(m);
	scratch_remove(dir);
}

static char seen[8];

static void on_station(void *arg, const struct trill_config_station *st)
{
	size_t n = strlen(seen);

	assert_ptr_equal(arg, seen);
	assert_true(n + 1 < sizeof(seen));
	seen[n] = (char)('a' + st->mac.bytes[5]);
}

/* Which of @c differ from those of @other, as letters. */
static const char *only(const struct trill_config *c, const struct trill_config *other)
{
	memset(seen, 0, sizeof(seen));
	trill_config_stations_only(c, other, on_station, seen);
	return seen;
}

static void j_a_reload_touches_no_station_that_stays_where_it_is(void **state)
{
	static struct trill_config was, is;
	static const struct trill_config_station list[] = {
		{.mac = {{2, 0, 0, 0, 0, 0}}, .vlan = 10, .port = "rack1"},
		{.mac = {{2, 0, 0, 0, 0, 1}}, .vlan = 10, .nickname = 0x0b02},
		{.mac = {{2, 0, 0, 0, 0, 2}}, .vlan = 10, .port = "rack1"},
		{.mac = {{2, 0, 0, 0, 0, 3}}, .vlan = 10, .port = "rack1"},
		{.mac = {{2, 0, 0, 0, 0, 4}}, .vlan = 10, .nickname = 0x0b02},
	};

	(void)state;
	memcpy(was.stations, list, sizeof(list));
	was.station_count = 5;
	for (unsigned int i = 0; i < 5; i++) /* in another order */
		is.stations[i] = list[4 - i];
	is.station_count = 5;
	assert_string_equal(only(&was, &is), "");
	assert_string_equal(only(&is, &was), "");
	is.stations[0].nickname = 0x0b03;     /* e */
	is.stations[1].vlan = 11;             /* d */
	strcpy(is.stations[2].port, "rack2"); /* c */
	is.stations[4].mac.bytes[5] = 5;      /* a is gone, f is new */
	assert_string_equal(only(&was, &is), "acde");
	assert_string_equal(only(&is, &was), "edcf");
}

static struct config *loaded(struct trill_config *c, const char *text)
{
	struct config_mistakes *m = config_mistakes_new();
	struct config *file = config_read_text(
		trill_config_schema, "rb.conf", text, strlen(text), trill_config_check, m);

	assert_non_null(file);
	config_mistakes_free(m);
	assert_int_equal(trill_config_load(c, config_root(file)), 0);
	return file;
}

/* RFC 6325 section 4.4.3: "It defaults to the numerically lowest enabled VLAN ID". */
static void f_the_desired_designated_vlan_is_the_lowest_that_is_enabled(void **state)
{
	static struct trill_config c;
	struct config *file = loaded(&c,
		"port \"a\" {\n kind = trunk\n pvid = 9\n vlans = {\"9\", \"3-5\"}\n}\n"
		"port \"b\" {\n kind = trunk\n pvid = 7\n}\n"
		"port \"c\" {\n kind = trunk\n vlans = {\"1-20\"}\n designated-vlan = 8\n}\n");

	(void)state;
	assert_int_equal(c.port_count, 3);
	assert_int_equal(c.ports[0].designated, 3);
	assert_int_equal(c.ports[1].designated, 7);
	assert_int_equal(c.ports[2].designated, 8);
	trill_config_fini(&c);
	config_free(file);
}

/* RFC 6325 section 3.7.3, RFC 7172 section 4.5: 0x40; 0x9000 of who can take labels. */
static void h_priorities_that_nobody_configures(void **state)
{
	static struct trill_config c;
	struct config *file = loaded(&c, "port \"a\" {\n kind = trunk\n}\n");

	(void)state;
	assert_int_equal(c.core.nicknames[0].priority, 0x40);
	assert_int_equal(c.core.nicknames[0].root_priority, 0x9000);
	trill_config_fini(&c);
	config_free(file);
}

static bool is_usable(const char *text)
{
	struct config_mistakes *m = config_mistakes_new();
	struct config *file = config_read_text(
		trill_config_schema, "rb.conf", text, strlen(text), trill_config_check, m);

	config_mistakes_free(m);
	config_free(file);
	return file;
}

/* RFC 5880 section 4.4: the Auth Key ID has 8 bits, and an IS-IS key's 16. */
static void l_keys_that_bfd_cannot_tell_apart_are_refused(void **state)
{
	static const struct {
		const char *bfd;
		unsigned int id;
		bool usable;
	} cases[] = {{"yes", 257, false}, {"no", 257, true}, {"yes", 258, true}};
	char text[256];

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		snprintf(text, sizeof(text),
			"port \"a\" {\n kind = trunk\n bfd = %s\n}\nkey \"1\" {\n key = \"x\"\n}\n"
			"key \"%u\" {\n key = \"y\"\n}\n",
			cases[i].bfd, cases[i].id);
		assert_int_equal(is_usable(text), cases[i].usable);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(h_system_id_and_nickname_outlive_a_restart),
		cmocka_unit_test(f_the_desired_designated_vlan_is_the_lowest_that_is_enabled),
		cmocka_unit_test(h_priorities_that_nobody_configures),
		cmocka_unit_test(l_keys_that_bfd_cannot_tell_apart_are_refused),
		cmocka_unit_test(j_a_reload_touches_no_station_that_stays_where_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
