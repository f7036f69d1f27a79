/* What the privileged helper does for whom: for ports of the configuration alone. */
#include "tests/unit/trill_test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "trill/config.h"
#include "trill/helper.h"
#include "trill/port_filter.h"

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
	char why[TRILL_WHY_MAX];

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
	assert_int_equal(trill_helper_attach(h, 1, why), -EACCES);
	assert_string_equal(why, strerror(EACCES));
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

/* Whether the packet socket of a port would take the frame: here a datagram socket with its filter.
 */
static bool taken(const char *text)
{
	struct exact frame = exact_hex(text);
	uint8_t got[256];
	int pair[2];
	bool is;

	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair), 0);
	assert_int_equal(setsockopt(pair[1], SOL_SOCKET, SO_ATTACH_FILTER, &trill_port_filter,
				 sizeof(trill_port_filter)),
		0);
	/* A frame that the filter refuses is not delivered; the sender may hear of it. */
	is = send(pair[0], frame.bytes, frame.len, 0) == (ssize_t)frame.len &&
	     recv(pair[1], got, sizeof(got), 0) == (ssize_t)frame.len;
	close(pair[0]);
	close(pair[1]);
	free(frame.bytes);
	return is;
}

#define MACS "020000000a01020000000b01"
#define IPV6 MACS "86DD6000000000203AFF"
#define IPS  "20010DB800000000000000000000000AFF0200000000000000000001FF00000B"

static void b_a_port_s_socket_takes_what_the_daemon_reads_and_no_more(void **state)
{
	(void)state;
	assert_true(taken("0180C2000041020000000b01"
			  "22F4831B0100"));
	assert_true(taken(MACS "22F3003F00010002"));
	assert_true(taken(MACS "89460002"));
	assert_true(taken(MACS "0806000108000604"));
	assert_true(taken("0180C2000000020000000b01"
			  "0026424203000000"));
	assert_true(taken(IPV6 IPS "8700"));
	assert_true(taken(IPV6 IPS "8800"));
	assert_false(taken(IPV6 IPS "8600"));                        /* a router's advertisement */
	assert_false(taken(MACS "86DD60000000002006FF" IPS "8700")); /* TCP */
	assert_false(taken(MACS "86DD6000000000203AFF"));            /* it ends there */
	assert_false(taken(MACS "08004500"));
	assert_false(taken("0180C200000E020000000b01"
			   "88CC0207")); /* LLDP */
	assert_false(taken("0180C2000000"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(p_the_helper_serves_configured_ports_alone),
		cmocka_unit_test(b_a_port_s_socket_takes_what_the_daemon_reads_and_no_more),
	};

	return cmocka_run_group_tests_name("test_trill_helper", tests, NULL, NULL);
}
