/* lig: the bytes that it sends, what it takes for an answer, both dialects, and its exit codes
 * against a scripted map-resolver. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/unit/cli_run.h"
#include "tests/unit/fake_http.h"
#include "cli/lig.h"
#include "cli/verbs.h"

/* ---- the request's bytes ---- */

static struct endpoint endpoint(const char *text)
{
	struct endpoint e;

	assert_true(endpoint_parse(&e, text, 0));
	return e;
}

static struct lig_query query(const char *eid)
{
	struct lig_query q = {.resolver = endpoint("192.0.2.53:4342")};
	const char *why;

	assert_true(eid_parse(&q.eid, eid, &why));
	return q;
}

/* The Internet checksum of @len bytes over a start value, by RFC 1071 section 4.1: 0 when a
 * checksum in the data holds. */
static uint16_t fold(const uint8_t *bytes, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void the_request_is_an_ecm_around_a_map_request(void **state)
{
	static const uint8_t message[] = {
		0x10, 0x00, 0x00, 0x01, /* type 1, no flags, IRC 0: one ITR-RLOC; one record */
		0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, /* nonce */
		0x00, 0x00,                                     /* Source-EID-AFI 0: none */
		0x00, 0x01, 192, 0, 2, 1,                       /* ITR-RLOC */
		0x00, 0x20, 0x00, 0x01, 10, 0, 0, 7, /* reserved, mask-len 32, AFI 1, EID */
	};
	struct lig_query q = query("10.0.0.7");
	struct endpoint us = endpoint("192.0.2.1:50000");
	uint8_t out[LIG_REQUEST_MAX];
	size_t len = lig_request(out, sizeof(out), &q, &us, 0x0123456789abcdef);
	const uint8_t *ip = out + 4, *udp = ip + 20;

	assert_int_equal(len, 4 + 20 + 8 + sizeof(message));
	assert_memory_equal(out, "\x80\0\0\0", 4); /* type 8; no S, D, E, M */
	assert_int_equal(ip[0], 0x45);
	assert_int_equal(ip[2] << 8 | ip[3], 20 + 8 + sizeof(message));
	assert_int_equal((ip[6] << 8 | ip[7]) & 0x3fff, 0); /* no fragment */
	assert_int_equal(ip[9], 17);
	assert_memory_equal(ip + 12, ((uint8_t[]){192, 0, 2, 1, 10, 0, 0, 7}), 8);
	assert_int_equal(fold(ip, 20, 0), 0);
	assert_int_equal(udp[0] << 8 | udp[1], 50000);
	assert_int_equal(udp[2] << 8 | udp[3], 4342);
	assert_int_equal(udp[4] << 8 | udp[5], 8 + sizeof(message));
	assert_true(udp[6] != 0 || udp[7] != 0); /* RFC 9301 section 5.8: never zero */
	/* pseudo-header: both addresses (fold's 8 bytes at ip + 12), protocol, length */
	assert_int_equal(fold(ip + 12, 8 + 8 + sizeof(message), 17 + 8 + sizeof(message)), 0);
	assert_memory_equal(udp + 8, message, sizeof(message));
}

static void an_instance_and_a_source_eid_are_written_as_lcafs(void **state)
{
	static const uint8_t message[] = {
		0x10, 0x00, 0x00, 0x01, 0, 0, 0, 0, 0, 0, 0, 1, /* head and nonce */
		0x40, 0x03, 0x00, 0x00, 0x02, 0x00, 0x00, 0x0a, 0, 0, 0,
		10,                       /* LCAF type 2, IID mask-len 0, IID 10 */
		0x00, 0x01, 10, 0, 0, 1,  /* Source-EID */
		0x00, 0x01, 192, 0, 2, 1, /* ITR-RLOC */
		0x00, 0x18, 0x40, 0x03, 0x00, 0x00, 0x02, 0x00, 0x00, 0x0a, 0, 0, 0,
		10,                      /* mask-len 24 */
		0x00, 0x01, 10, 0, 0, 0, /* EID */
	};
	struct lig_query q = query("[10]10.0.0.0/24");
	struct endpoint us = endpoint("192.0.2.1:50000");
	uint8_t out[LIG_REQUEST_MAX];
	size_t len;

	assert_true(address_parse(&q.source_eid, "10.0.0.1"));
	len = lig_request(out, sizeof(out), &q, &us, 1);
	assert_int_equal(len, 4 + 20 + 8 + sizeof(message));
	assert_memory_equal(out + 32, message, sizeof(message));
}

static void an_eid_of_the_other_family_leaves_the_resolver_in_the_inner_header(void **state)
{
	struct lig_query q = query("2001:db8::7");
	struct endpoint us = endpoint("192.0.2.1:50000");
	uint8_t out[LIG_REQUEST_MAX];

	assert_int_equal(
		lig_request(out, sizeof(out), &q, &us, 1), 4 + 20 + 8 + 12 + 2 + 6 + 4 + 16);
	assert_memory_equal(out + 4 + 12, ((uint8_t[]){192, 0, 2, 1, 192, 0, 2, 53}), 8);
	assert_memory_equal(out + 4 + 20 + 8 + 24, q.eid.addr.bytes, 16);
}

static void an_ipv6_eid_over_ipv6_has_both_in_the_inner_header(void **state)
{
	struct lig_query q = query("2001:db8::7");
	struct endpoint us = endpoint("[2001:db8:5::1]:50000");
	uint8_t out[LIG_REQUEST_MAX];

	assert_int_equal(
		lig_request(out, sizeof(out), &q, &us, 1), 4 + 40 + 8 + 12 + 2 + 18 + 4 + 16);
	assert_int_equal(out[4] >> 4, 6);
	assert_memory_equal(out + 4 + 8, us.addr.bytes, 16);
	assert_memory_equal(out + 4 + 24, q.eid.addr.bytes, 16);
	assert_int_equal(out[4 + 40] << 8 | out[4 + 41], 50000);
}

static void a_mac_is_asked_for_with_the_locators_in_the_inner_header(void **state)
{
	struct lig_query q = query("52:54:00:00:00:07");
	struct endpoint us = endpoint("192.0.2.1:50000");
	uint8_t out[LIG_REQUEST_MAX];

	assert_int_equal(
		lig_request(out, sizeof(out), &q, &us, 1), 4 + 20 + 8 + 12 + 2 + 6 + 4 + 6);
	assert_memory_equal(out + 4 + 12, ((uint8_t[]){192, 0, 2, 1, 192, 0, 2, 53}), 8);
}

/* ---- dialects ---- */

static int parsed(const char *line, struct lig_query *q)
{
	char copy[256], *argv[32], *rest = copy, *word, error[256];
	struct invocation inv;
	struct cli_run r;
	int n = 0, code;

	snprintf(copy, sizeof(copy), "%s", line);
	while ((word = strsep(&rest, " ")) != NULL)
		argv[n++] = word;
	assert_true(grammar_parse(commands, n, argv, &inv, error, sizeof(error)));
	cli_run_start(&r);
	r.cli.name = "lig";
	r.cli.out = r.cli.err = fopen("/dev/null", "we");
	code = lig_args(&r.cli, &inv, q);
	fclose(r.cli.out);
	return code;
}

static void both_dialects_say_the_same(void **state)
{
	static const char *const lines[] = {
		"lig 10.0.0.7 to 192.0.2.53 count 5 timeout 1 from 192.0.2.9 instance-id 10",
		"lig -m 192.0.2.53 -c 5 -t 1 -s 192.0.2.9 -i 10 10.0.0.7",
		"lig [10]10.0.0.7 to 192.0.2.53:4342 -c5 -t1 --source 192.0.2.9",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct lig_query q;
		char text[EID_TEXT];

		assert_int_equal(parsed(lines[i], &q), CLI_OK);
		assert_string_equal(eid_format(&q.eid, text, sizeof(text)), "[10]10.0.0.7");
		assert_string_equal(
			endpoint_format(&q.resolver, text, sizeof(text)), "192.0.2.53:4342");
		assert_string_equal(address_format(&q.source, text, sizeof(text)), "192.0.2.9");
		assert_int_equal(q.count, 5);
		assert_int_equal(q.timeout_ms, 1000);
		assert_int_equal(q.source_eid.afi, AFI_NONE);
	}
}

static void defaults_are_three_requests_of_two_seconds(void **state)
{
	struct lig_query q;
	char text[ENDPOINT_TEXT];

	assert_int_equal(parsed("lig 10.0.0.7 to 2001:db8::53 source 10.0.0.1", &q), CLI_OK);
	assert_int_equal(q.count, 3);
	assert_int_equal(q.timeout_ms, 2000);
	assert_string_equal(address_format(&q.source_eid, text, sizeof(text)), "10.0.0.1");
	assert_string_equal(
		endpoint_format(&q.resolver, text, sizeof(text)), "[2001:db8::53]:4342");
	assert_int_equal(parsed("lig self6 to 192.0.2.53", &q), CLI_OK);
	assert_int_equal(q.self, LIG_SELF6);
}

/* ---- against a scripted map-resolver ---- */

enum reply { SILENCE, POSITIVE, NEGATIVE, WRONG_NONCE, CUT_SHORT, NOT_A_REPLY, LATE_FOR_FIRST };

struct resolver {
	int fd;
	uint16_t port;
	pthread_t thread;
	const enum reply *script; /* one for each Map-Request, ended by SILENCE or count */
	unsigned int count;
	unsigned int asked;
	uint8_t requests[8][256];
	ssize_t lengths[8];
};

#define NONCE_AT                                                                                   \
	(4 + 20 + 8 +                                                                              \
		4) /* in the datagram: behind ECM, IPv4, UDP and the Map-Request's first word */

static void send_reply(
	struct resolver *m, enum reply how, const uint8_t *nonce, const struct sockaddr_in *to)
{
	uint8_t positive[] = {
		0x20, 0, 0, 1,                               /* Map-Reply, one record */
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x05, 0xa0,    /* nonce; TTL 1440 minutes */
		2, 24, 0x10, 0, 0, 0, 0, 1, 10, 0, 0, 0,     /* two locators, /24, A; AFI 1, EID */
		1, 100, 255, 0, 0, 1, 0, 1, 198, 51, 100, 1, /* 1/100, R */
		2, 50, 255, 0, 0, 0, 0, 1, 203, 0, 113, 1,   /* 2/50, not reachable */
	};
	uint8_t negative[] = {
		0x20, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 15, /* TTL 15 */
		0, 8, 0x20, 0, 0, 0, 0, 1, 10, 0, 0, 0,             /* ACT 1, 10/8 */
	};
	uint8_t *out = how == NEGATIVE ? negative : positive;
	size_t len = how == NEGATIVE ? sizeof(negative) : sizeof(positive);

	memcpy(out + 4, nonce, 8);
	if (how == WRONG_NONCE)
		out[11] ^= 1;
	if (how == NOT_A_REPLY)
		out[0] = 0x40;
	if (how == CUT_SHORT)
		len -= 3;
	sendto(m->fd, out, len, 0, (const struct sockaddr *)to, sizeof(*to));
}

static void *resolve(void *arg)
{
	struct resolver *m = arg;

	while (m->asked < m->count) {
		struct sockaddr_in from;
		socklen_t from_len = sizeof(from);
		unsigned int i = m->asked;
		enum reply how = m->script[i];

		m->lengths[i] = recvfrom(m->fd, m->requests[i], sizeof(m->requests[i]), 0,
			(struct sockaddr *)&from, &from_len);
		if (m->lengths[i] <= 0)
			break;
		m->asked++;
		if (how == WRONG_NONCE || how == NOT_A_REPLY || how == CUT_SHORT) {
			send_reply(m, how, m->requests[i] + NONCE_AT, &from);
			send_reply(m, POSITIVE, m->requests[i] + NONCE_AT, &from);
		} else if (how == LATE_FOR_FIRST) {
			send_reply(m, POSITIVE, m->requests[0] + NONCE_AT, &from);
		} else if (how != SILENCE) {
			send_reply(m, how, m->requests[i] + NONCE_AT, &from);
		}
	}
	return NULL;
}

static void resolver_start(struct resolver *m, const enum reply *script, unsigned int count)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(sin);

	*m = (struct resolver){.script = script, .count = count};
	m->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(m->fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	assert_int_equal(getsockname(m->fd, (struct sockaddr *)&sin, &len), 0);
	m->port = ntohs(sin.sin_port);
	assert_int_equal(pthread_create(&m->thread, NULL, resolve, m), 0);
}

/* An empty datagram of our own wakes a resolver that was asked less than its script has. */
static void resolver_stop(struct resolver *m)
{
	struct sockaddr_in sin = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(m->port)};

	sendto(m->fd, "", 0, 0, (struct sockaddr *)&sin, sizeof(sin));
	pthread_join(m->thread, NULL);
	close(m->fd);
}

/* Run "!lig WORDS to 127.0.0.1:PORT" against @script. */
static void lig(struct cli_run *r, struct resolver *m, const char *words, const enum reply *script,
	unsigned int count)
{
	char line[256];

	resolver_start(m, script, count);
	snprintf(line, sizeof(line), "!lig %s to 127.0.0.1:%u", words, m->port);
	cli_run(r, line);
	resolver_stop(m);
}

/* @text with the digits behind @mark (a time that no test can know) made one 'N'. */
static void blot(char *text, const char *mark)
{
	char *at = strstr(text, mark);
	size_t n;

	if (at == NULL)
		return;
	at += strlen(mark);
	n = strspn(at, "0123456789.");
	*at = 'N';
	memmove(at + 1, at + n, strlen(at + n) + 1);
}

static void an_answer_is_shown_with_its_locators(void **state)
{
	static const enum reply script[] = {POSITIVE};
	struct resolver m;
	struct cli_run r;
	char want[512];

	cli_run_start(&r);
	lig(&r, &m, "10.0.0.7", script, 1);
	assert_int_equal(r.code, CLI_OK);
	assert_string_equal(r.err, "");
	blot(r.out, "rtt ");
	snprintf(want, sizeof(want),
		"Send map-request to 127.0.0.1:%u for 10.0.0.7 ...\n"
		"Received map-reply from 127.0.0.1 with rtt N secs\n"
		"\n"
		"Mapping entry for EID 10.0.0.7:\n"
		"10.0.0.0/24, record ttl: 1440, auth\n"
		"LOCATOR       STATE  PRIORITY/WEIGHT\n"
		"198.51.100.1  up     1/100\n"
		"203.0.113.1   down   2/50\n",
		m.port);
	assert_string_equal(r.out, want);
	assert_int_equal(m.asked, 1);
	cli_run_end(&r);
}

static void the_reply_is_awaited_at_the_port_in_the_inner_header(void **state)
{
	static const enum reply script[] = {POSITIVE};
	struct resolver m;
	struct cli_run r;

	cli_run_start(&r);
	lig(&r, &m, "10.0.0.7 from 127.0.0.1 -d", script, 1);
	assert_int_equal(r.code, CLI_OK);
	assert_int_equal(m.lengths[0], 4 + 20 + 8 + 28);
	assert_memory_equal(m.requests[0] + 4 + 12, ((uint8_t[]){127, 0, 0, 1, 10, 0, 0, 7}), 8);
	assert_non_null(strstr(r.err, "our locator (ITR-RLOC) is 127.0.0.1:"));
	assert_int_equal(strtoul(strstr(r.err, "127.0.0.1:") + 10, NULL, 10),
		m.requests[0][24] << 8 | m.requests[0][25]);
	cli_run_end(&r);
}

static void foreign_and_broken_answers_are_passed_over(void **state)
{
	static const enum reply scripts[] = {WRONG_NONCE, NOT_A_REPLY, CUT_SHORT};

	for (size_t i = 0; i < 3; i++) {
		struct resolver m;
		struct cli_run r;

		cli_run_start(&r);
		lig(&r, &m, "-d 10.0.0.7", &scripts[i], 1);
		assert_int_equal(r.code, CLI_OK);
		assert_int_equal(m.asked, 1);
		assert_non_null(strstr(r.err, "passed over"));
		assert_non_null(strstr(r.out, "198.51.100.1"));
		cli_run_end(&r);
	}
}

static void a_negative_answer_exits_3(void **state)
{
	static const enum reply script[] = {NEGATIVE};
	struct resolver m;
	struct cli_run r;

	cli_run_start(&r);
	lig(&r, &m, "10.0.0.7", script, 1);
	assert_int_equal(r.code, CLI_NO_MAPPING);
	assert_non_null(strstr(r.out, "10.0.0.0/8, record ttl: 15\nnegative: natively-forward\n"));
	cli_run_end(&r);
}

static void silence_exits_4_after_count_requests_of_different_nonces(void **state)
{
	static const enum reply script[] = {SILENCE, SILENCE};
	struct resolver m;
	struct cli_run r;
	char want[128];

	cli_run_start(&r);
	lig(&r, &m, "10.0.0.7 count 2 timeout 1", script, 2);
	assert_int_equal(r.code, CLI_TIMEOUT);
	snprintf(want, sizeof(want),
		"lig: no Map-Reply from 127.0.0.1:%u to 2 Map-Requests, 1 s each\n", m.port);
	assert_string_equal(r.err, want);
	assert_int_equal(m.asked, 2);
	assert_memory_not_equal(m.requests[0] + NONCE_AT, m.requests[1] + NONCE_AT, 8);
	cli_run_end(&r);
}

static void an_answer_to_an_earlier_request_counts(void **state)
{
	static const enum reply script[] = {SILENCE, LATE_FOR_FIRST};
	struct resolver m;
	struct cli_run r;

	cli_run_start(&r);
	lig(&r, &m, "-j 10.0.0.7 timeout 1", script, 2);
	assert_int_equal(r.code, CLI_OK);
	assert_non_null(strstr(r.out, "\"map_requests\": 2"));
	cli_run_end(&r);
}

static void json_has_its_shape(void **state)
{
	static const enum reply script[] = {NEGATIVE};
	struct resolver m;
	struct cli_run r;

	cli_run_start(&r);
	lig(&r, &m, "-j 10.0.0.7", script, 1);
	assert_int_equal(r.code, CLI_NO_MAPPING);
	blot(r.out, "127.0.0.1:");
	blot(strstr(r.out, "replied_from"), "127.0.0.1:");
	blot(r.out, "\"rtt_us\": ");
	assert_string_equal(r.out, "{\n"
				   "  \"eid\": \"10.0.0.7\",\n"
				   "  \"map_resolver\": \"127.0.0.1:N\",\n"
				   "  \"replied_from\": \"127.0.0.1:N\",\n"
				   "  \"rtt_us\": N,\n"
				   "  \"map_requests\": 1,\n"
				   "  \"records\": [\n"
				   "    {\n"
				   "      \"eid\": \"10.0.0.0/8\",\n"
				   "      \"ttl_min\": 15,\n"
				   "      \"authoritative\": false,\n"
				   "      \"map_version\": 0,\n"
				   "      \"action\": \"natively-forward\",\n"
				   "      \"locators\": [\n"
				   "      ]\n"
				   "    }\n"
				   "  ]\n"
				   "}\n");
	cli_run_end(&r);
}

static void batch_prints_a_key_and_a_value_a_line(void **state)
{
	static const enum reply script[] = {POSITIVE};
	struct resolver m;
	struct cli_run r;

	cli_run_start(&r);
	lig(&r, &m, "-b 10.0.0.7", script, 1);
	assert_int_equal(r.code, CLI_OK);
	blot(r.out, "RTT=");
	assert_non_null(strstr(r.out, "EID=10.0.0.7\nREPLIED_FROM=127.0.0.1\nRTT=N\n"
				      "RECORD_EID=10.0.0.0/24\nRECORD_TTL=1440\nRECORD_AUTH=1\n"
				      "LOCATOR_0=198.51.100.1\nLOCATOR_0_STATE=up\n"
				      "LOCATOR_0_PRIORITY=1\nLOCATOR_0_WEIGHT=100\n"
				      "LOCATOR_1=203.0.113.1\nLOCATOR_1_STATE=down\n"
				      "LOCATOR_1_PRIORITY=2\nLOCATOR_1_WEIGHT=50\n"));
	cli_run_end(&r);
}

static void self_asks_for_the_xtrs_own_prefix(void **state)
{
	static const struct fake_answer local = {200, NULL,
		"{\"local\":[{\"eid\":\"10.9.0.1/32\",\"dynamic\":true},{\"eid\":\"2001:db8::/48\",\"dynamic\":false},"
		"{\"eid\":\"10.0.0.0/24\",\"dynamic\":false}]}"};
	static const enum reply script[] = {POSITIVE};
	static const uint8_t source_to_eid[] = {
		0, 1, 10, 0, 0, 0, 0, 1, 127, 0, 0, 1, 0, 32, 0, 1, 10, 0, 0, 0};
	struct resolver m;
	struct fake_http h;
	struct cli_run r;

	cli_run_start(&r);
	fake_http_start(&h, "xtr.sock", &local, 1);
	r.cli.rundir = h.dir;
	lig(&r, &m, "self", script, 1);
	fake_http_stop(&h);
	assert_int_equal(r.code, CLI_OK);
	assert_non_null(strstr(r.out, "Send loopback map-request to"));
	assert_memory_equal(m.requests[0] + NONCE_AT + 8, source_to_eid, sizeof(source_to_eid));
	fake_http_free(&h);
	cli_run_end(&r);
}

static void no_eid_refuses_a_locator_that_is_an_eid(void **state)
{
	static const struct fake_answer local = {
		200, NULL, "{\"local\":[{\"eid\":\"127.0.0.0/8\",\"dynamic\":false}]}"};
	struct fake_http h;
	struct cli_run r;

	cli_run_start(&r);
	fake_http_start(&h, "xtr.sock", &local, 1);
	r.cli.rundir = h.dir;
	cli_run(&r, "!lig -e 10.0.0.7 -m 127.0.0.1");
	fake_http_stop(&h);
	assert_int_equal(r.code, CLI_FAILED);
	assert_string_equal(
		r.err, "lig: our address 127.0.0.1 is an EID: name a locator with -s\n");
	fake_http_free(&h);
	cli_run_end(&r);
}

static void an_address_that_is_not_ours_is_told(void **state)
{
	struct cli_run r;

	cli_run_start(&r);
	cli_run(&r, "!lig 10.0.0.7 to 127.0.0.1 from 192.0.2.99");
	assert_int_equal(r.code, CLI_FAILED);
	assert_string_equal(
		r.err, "lig: cannot send from 192.0.2.99:0: Cannot assign requested address\n");
	cli_run(&r, "!lig 10.0.0.7 to 127.0.0.1 from ::1");
	assert_int_equal(r.code, CLI_USAGE);
	assert_string_equal(r.err,
		"lig: our address ::1 and map-resolver 127.0.0.1:4342 are of different families\n");
	cli_run_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_request_is_an_ecm_around_a_map_request),
		cmocka_unit_test(an_instance_and_a_source_eid_are_written_as_lcafs),
		cmocka_unit_test(
			an_eid_of_the_other_family_leaves_the_resolver_in_the_inner_header),
		cmocka_unit_test(an_ipv6_eid_over_ipv6_has_both_in_the_inner_header),
		cmocka_unit_test(a_mac_is_asked_for_with_the_locators_in_the_inner_header),
		cmocka_unit_test(both_dialects_say_the_same),
		cmocka_unit_test(defaults_are_three_requests_of_two_seconds),
		cmocka_unit_test(an_answer_is_shown_with_its_locators),
		cmocka_unit_test(the_reply_is_awaited_at_the_port_in_the_inner_header),
		cmocka_unit_test(foreign_and_broken_answers_are_passed_over),
		cmocka_unit_test(a_negative_answer_exits_3),
		cmocka_unit_test(silence_exits_4_after_count_requests_of_different_nonces),
		cmocka_unit_test(an_answer_to_an_earlier_request_counts),
		cmocka_unit_test(json_has_its_shape),
		cmocka_unit_test(batch_prints_a_key_and_a_value_a_line),
		cmocka_unit_test(self_asks_for_the_xtrs_own_prefix),
		cmocka_unit_test(no_eid_refuses_a_locator_that_is_an_eid),
		cmocka_unit_test(an_address_that_is_not_ours_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
