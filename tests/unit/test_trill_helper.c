/* What the privileged helper does for whom: for ports of the configuration alone. */
#include "tests/unit/trill_test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "trill/config.h"
#include "trill/helper.h"

static void quiet(struct log *log, enum log_level level, const char *line)
{
	(void)log;
	(void)level;
	(void)line;
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* The loopback's number is 1. Whether the helper has the right itself is another matter. */
static void p_the_helper_serves_configured_ports_alone(void **state)
{
	struct config_mistakes *m = config_mistakes_new();
	char path[] = "/tmp/sunward-helper.XXXXXX";
	struct trill_helper *h;
	struct config *file;
	struct log log;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	write_file(path, "port \"trunk0\" { kind = trunk }\n");
	file = config_read_file(trill_config_schema, path, trill_config_check, m);
	assert_non_null(file);
	log_init_sink(&log, quiet, NULL);
	h = trill_helper_start(NULL, file, &log);
	assert_non_null(h);
	assert_int_equal(trill_helper_packet_socket(h, 1), -EACCES);
	assert_int_equal(trill_helper_attach(h, 1), -EACCES);
	/* The file has it now, as before a reload. */
	write_file(path, "port \"lo\" { kind = trunk }\n");
	fd = trill_helper_packet_socket(h, 1);
	assert_int_not_equal(fd, -EACCES);
	if (fd >= 0)
		close(fd);
	trill_helper_stop(h);
	config_free(file);
	config_mistakes_free(m);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(p_the_helper_serves_configured_ports_alone),
	};

	return cmocka_run_group_tests_name("test_trill_helper", tests, NULL, NULL);
}
