/* multicast: an xTR and an ITR of RFC 8378 for tests, one act at a time.
 *
 * usage: multicast register FROM KEY-ID KEY XTR-ID EID LOCATORS [merge]
 *                 a Map-Register with P; without `merge` it has M, and its acknowledgement is
 *                 waited for
 *        multicast ask FROM EID
 *                 a Map-Request; prints the reply's records
 *        multicast hear FROM KEY-ID KEY COUNT
 *                 prints the records of COUNT Map-Notifies, and acknowledges each
 *
 * FROM: an address of ours; the port is 4342. The Map-Server is at 198.51.100.1. LOCATORS:
 * RLOC-records in hexadecimal; "-": none, TTL 0. A record is printed as "EID TTL LOCATORS". */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lisp/ecm.h"
#include "lisp/map_register.h"
#include "lisp/map_reply.h"
#include "lisp/map_request.h"

#define WAIT_MS    10000
#define BYTES_MAX  2048
#define RECORD_TTL 1440

static const struct auth_options options;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "multicast: %s\n", what);
	exit(1);
}

/* Grows from one run to the next. */
static uint64_t new_nonce(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static int open_at(const char *address)
{
	struct sockaddr_in from = {.sin_family = AF_INET, .sin_port = htons(4342)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	must(inet_pton(AF_INET, address, &from.sin_addr) == 1, "FROM is no IPv4 address");
	if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof(from)))
		die(address);
	return fd;
}

static void send_out(int fd, const void *bytes, int len)
{
	struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(4342)};

	must(inet_pton(AF_INET, "198.51.100.1", &server.sin_addr) == 1, "address");
	must(len > 0, "the message does not fit");
	if (sendto(fd, bytes, (size_t)len, 0, (const struct sockaddr *)&server, sizeof(server)) < 0)
		die("send");
}

static size_t receive(int fd, uint8_t buf[BYTES_MAX])
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	ssize_t n = poll(&p, 1, WAIT_MS) > 0 ? recv(fd, buf, BYTES_MAX, 0) : 0;

	must(n > 0, "nothing came");
	return (size_t)n;
}

static struct eid eid_of(const char *text)
{
	const char *why = "";
	struct eid e;

	must(eid_parse(&e, text, &why), why);
	return e;
}

static size_t from_hex(const char *text, uint8_t *out, size_t cap)
{
	size_t len = strlen(text) / 2;
	unsigned int byte;

	must(len <= cap, "LOCATORS are too long");
	for (size_t i = 0; i < len; i++) {
		must(sscanf(text + 2 * i, "%2x", &byte) == 1, "LOCATORS are no digits");
		out[i] = (uint8_t)byte;
	}
	return len;
}

/* RLOC-records in @len bytes (RFC 9301 section 5.4): six bytes, then AFI and address, an LCAF's as
 * long as it says (RFC 8060 section 3). */
static uint8_t count_of(const uint8_t *locators, size_t len)
{
	uint8_t count = 0;

	for (size_t at = 0; at < len; count++) {
		const uint8_t *afi = locators + at + 6;

		must(at + 14 <= len || (at + 12 <= len && afi[1] == 1), "LOCATORS end too early");
		at += 8u + (afi[0] == 0x40       ? 6u + (unsigned int)(afi[6] << 8 | afi[7])
				   : afi[1] == 1 ? 4u
						 : 16u);
		must(at <= len, "LOCATORS end too early");
	}
	return count;
}

static void print_records(struct lisp_records it)
{
	struct lisp_record rec;
	char text[EID_TEXT];

	while (lisp_records_next(&it, &rec)) {
		printf("%s %u ", eid_format(&rec.eid.eid, text, sizeof(text)), rec.ttl_min);
		for (size_t i = 0; i < rec.locators_raw_len; i++)
			printf("%02x", rec.locators_raw[i]);
		puts(rec.locator_count ? "" : "-");
	}
	fflush(stdout);
}

static struct auth_key *key_of(const char *text)
{
	struct auth_key *key = auth_key_new(text, strlen(text));

	must(key != NULL, "KEY");
	return key;
}

static void await_notify(int fd, struct auth_key *key, uint64_t nonce)
{
	struct wire_fault fault;
	uint8_t buf[BYTES_MAX];
	struct map_register m;
	size_t len = receive(fd, buf);

	must(!map_register_parse(buf, len, &m, &fault) && m.type == LISP_MAP_NOTIFY &&
			m.nonce == nonce,
		"no acknowledgement came");
	must(auth_verify(key, LISP_MAP_NOTIFY, &options, buf, len, m.nonce, &m.auth),
		"the acknowledgement's MAC is wrong");
}

static void do_register(char **argv, bool merge)
{
	bool leave = !strcmp(argv[5], "-");
	struct map_register m = {.type = LISP_MAP_REGISTER,
		.proxy_reply = true,
		.merge = merge,
		.want_notify = !merge, /* RFC 8378 section 5.1.2 */
		.has_xtr_id = true,
		.nonce = new_nonce(),
		.site_id = 1};
	struct auth_key *key = key_of(argv[2]);
	struct eid eid = eid_of(argv[4]);
	uint8_t buf[BYTES_MAX], locators[1024];
	size_t len = leave ? 0 : from_hex(argv[5], locators, sizeof(locators));
	int fd = open_at(argv[0]);
	struct wire_writer w;

	m.xtr_id.bytes[15] = (uint8_t)atoi(argv[3]);
	wire_writer_init(&w, buf, sizeof(buf));
	map_register_begin(&w, &m, (uint8_t)atoi(argv[1]), AUTH_HMAC_SHA256_128, &options);
	lisp_record_write(
		&w, &eid, leave ? 0 : RECORD_TTL, count_of(locators, len), LISP_ACT_NONE, true, 0);
	wire_put_bytes(&w, locators, len);
	send_out(fd, buf, map_register_finish(&w, &m, 1, key, &options));
	if (m.want_notify)
		await_notify(fd, key, m.nonce);
	auth_key_free(key);
	close(fd);
}

static void do_ask(char **argv)
{
	struct endpoint source = {.port = 4342}, dest = {.port = 4342};
	struct map_request_spec s = {
		.nonce = new_nonce(), .itr_rloc_count = 1, .eid = eid_of(argv[1])};
	uint8_t message[512], buf[BYTES_MAX];
	int fd = open_at(argv[0]), len;
	struct wire_fault fault;
	struct map_reply m;

	must(address_parse(&source.addr, argv[0]) && address_parse(&dest.addr, "232.1.2.3"),
		"addresses");
	s.itr_rlocs[0] = source.addr;
	len = map_request_write(message, sizeof(message), &s);
	must(len > 0, "the request does not fit");
	send_out(fd, buf, ecm_write(buf, sizeof(buf), &source, &dest, false, message, (size_t)len));
	must(!map_reply_parse(buf, receive(fd, buf), &m, &fault) && m.nonce == s.nonce,
		"no Map-Reply came");
	print_records(m.records);
	close(fd);
}

static void do_hear(char **argv)
{
	struct auth_key *key = key_of(argv[2]);
	int fd = open_at(argv[0]);

	fputs("listening\n", stderr);
	for (int left = atoi(argv[3]); left > 0; left--) {
		uint8_t buf[BYTES_MAX], ack[BYTES_MAX];
		size_t len = receive(fd, buf);
		struct map_register m, answer = {.type = LISP_MAP_NOTIFY_ACK};
		struct wire_fault fault;
		struct lisp_records it;
		struct lisp_record rec;
		struct wire_writer w;

		must(!map_register_parse(buf, len, &m, &fault) && m.type == LISP_MAP_NOTIFY,
			"no Map-Notify came");
		must(auth_verify(key, LISP_MAP_NOTIFY, &options, buf, len, m.nonce, &m.auth),
			"the Map-Notify's MAC is wrong");
		print_records(m.records);
		answer.nonce = m.nonce;
		wire_writer_init(&w, ack, sizeof(ack));
		map_register_begin(
			&w, &answer, (uint8_t)atoi(argv[1]), AUTH_HMAC_SHA256_128, &options);
		for (it = m.records; lisp_records_next(&it, &rec);)
			wire_put_bytes(&w, rec.raw, rec.raw_len);
		send_out(fd, ack, map_register_finish(&w, &answer, m.record_count, key, &options));
	}
	auth_key_free(key);
	close(fd);
}

int main(int argc, char **argv)
{
	if (argc >= 8 && !strcmp(argv[1], "register"))
		do_register(argv + 2, argc > 8);
	else if (argc == 4 && !strcmp(argv[1], "ask"))
		do_ask(argv + 2);
	else if (argc == 6 && !strcmp(argv[1], "hear"))
		do_hear(argv + 2);
	else
		must(false, "see the head of tests/netns/multicast.c");
	return 0;
}
