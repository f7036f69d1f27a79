/* say: writes one message of each kind, as Sunward sends them, to a pcap on standard output for an
 * independent decoder.
 *
 * Each stands in an IPv4 and UDP packet of its own; the frames come in the order of the calls in
 * main(), by which tshark.sh names them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lisp/ecm.h"
#include "lisp/info.h"
#include "lisp/map_referral.h"
#include "lisp/map_register.h"
#include "lisp/map_reply.h"
#include "lisp/map_request.h"
#include "lisp/move.h"

#define LINKTYPE_RAW 101
#define ECM_HEAD     4
#define NONCE        0x0102030405060708

static const struct auth_options truncated;

static struct address address(const char *text)
{
	struct address a;

	if (!address_parse(&a, text))
		abort();
	return a;
}

static struct eid eid(const char *text)
{
	const char *why;
	struct eid e;

	if (!eid_parse(&e, text, &why))
		abort();
	return e;
}

static struct endpoint endpoint(const char *text)
{
	struct endpoint e;

	if (!endpoint_parse(&e, text, 0))
		abort();
	return e;
}

/* An ECM is four bytes and the packet that a frame needs. */
static void frame(const uint8_t *message, int len)
{
	struct endpoint from = endpoint("192.0.2.100:4342"), to = endpoint("192.0.2.200:4342");
	uint8_t packet[2048];
	int n = len < 0 ? len
			: ecm_write(
				  packet, sizeof(packet), &from, &to, false, message, (size_t)len);
	uint32_t head[4] = {0, 0, (uint32_t)(n - ECM_HEAD), (uint32_t)(n - ECM_HEAD)};

	if (n < 0)
		abort();
	fwrite(head, sizeof(head), 1, stdout);
	fwrite(packet + ECM_HEAD, (size_t)n - ECM_HEAD, 1, stdout);
}

static void file_head(void)
{
	uint32_t magic = 0xa1b2c3d4, rest[4] = {0, 0, 65535, LINKTYPE_RAW};
	uint16_t version[2] = {2, 4};

	fwrite(&magic, sizeof(magic), 1, stdout);
	fwrite(version, sizeof(version), 1, stdout);
	fwrite(rest, sizeof(rest), 1, stdout);
}

static void rloc(struct wire_writer *w, const char *text, uint8_t priority, uint8_t weight)
{
	struct lisp_rloc r = {.priority = priority,
		.weight = weight,
		.mpriority = LISP_PRIORITY_UNUSED,
		.local = true,
		.reachable = true};
	struct address a = address(text);

	lisp_rloc_write(w, &r, &a);
}

static void record(struct wire_writer *w, const char *text)
{
	struct eid e = eid(text);

	lisp_record_write(w, &e, 1440, 2, LISP_ACT_NONE, true, 0);
	rloc(w, "203.0.113.1", 1, 75);
	rloc(w, "2001:db8::9", 2, 25);
}

static int request(uint8_t *out, size_t cap)
{
	struct map_request_spec s = {.smr_invoked = true,
		.nonce = NONCE,
		.source_eid = address("198.51.100.7"),
		.itr_rloc_count = 2,
		.itr_rlocs = {address("203.0.113.1"), address("2001:db8::9")},
		.eid = eid("198.51.100.0/24")};

	return map_request_write(out, cap, &s);
}

static void requests(void)
{
	struct map_request_spec probe = {.probe = true,
		.nonce = NONCE,
		.itr_rloc_count = 1,
		.itr_rlocs = {address("203.0.113.1")},
		.eid = eid("[25]2001:db8:1::/64")};
	uint8_t out[1024];

	frame(out, request(out, sizeof(out)));
	frame(out, map_request_write(out, sizeof(out), &probe));
}

static void replies(void)
{
	struct eid hole = eid("2001:db8::/32");
	uint8_t out[1024];
	struct wire_writer w;

	wire_writer_init(&w, out, sizeof(out));
	map_reply_begin(&w, true, NONCE);
	record(&w, "198.51.100.0/24");
	map_reply_finish(&w, 1);
	frame(out, wire_written(&w) ? (int)w.pos : -1);
	wire_writer_init(&w, out, sizeof(out));
	map_reply_begin(&w, false, NONCE);
	lisp_record_write(&w, &hole, 15, 0, LISP_ACT_NATIVE_FORWARD, false, 0);
	map_reply_finish(&w, 1);
	frame(out, wire_written(&w) ? (int)w.pos : -1);
}

static void registers(enum lisp_type type, struct auth_key *key)
{
	struct map_register m = {.type = type,
		.proxy_reply = true,
		.has_xtr_id = true,
		.want_notify = true,
		.nonce = NONCE,
		.site_id = 0xab};
	uint8_t out[1024];
	struct wire_writer w;

	memset(m.xtr_id.bytes, 0x11, sizeof(m.xtr_id.bytes));
	wire_writer_init(&w, out, sizeof(out));
	map_register_begin(&w, &m, 1, AUTH_HMAC_SHA256_128, &truncated);
	record(&w, "[25]198.51.100.7");
	record(&w, "52:54:00:00:00:01");
	frame(out, map_register_finish(&w, &m, 2, key, &truncated));
}

/* A locator with the place in its site. */
static void placed(struct auth_key *key)
{
	static const uint8_t mac[] = {0x52, 0x54, 0, 0, 0, 1};
	struct map_register m = {.type = LISP_MAP_REGISTER, .nonce = NONCE};
	const struct lisp_rloc r = {.priority = 99, .weight = 75, .local = true, .reachable = true};
	struct address a = address("203.0.113.1");
	struct eid e = eid("198.51.100.7");
	struct wire_writer w;
	uint8_t out[1024];

	wire_writer_init(&w, out, sizeof(out));
	map_register_begin(&w, &m, 1, AUTH_HMAC_SHA256_128, &truncated);
	lisp_record_write(&w, &e, 1440, 1, LISP_ACT_NONE, true, 0);
	lisp_rloc_write_place(&w, &r, &a, 0x0c01, mac);
	frame(out, map_register_finish(&w, &m, 1, key, &truncated));
}

static void ecms(void)
{
	struct endpoint s4 = endpoint("192.0.2.9:61000"), d4 = endpoint("198.51.100.1:4342");
	struct endpoint s6 = endpoint("[2001:db8::9]:61000"), d6 = endpoint("[2001:db8:1::1]:4342");
	uint8_t inner[1024], out[1500];
	int len = request(inner, sizeof(inner));

	if (len < 0)
		abort();
	frame(out, ecm_write(out, sizeof(out), &s4, &d4, true, inner, (size_t)len));
	frame(out, ecm_write(out, sizeof(out), &s6, &d6, false, inner, (size_t)len));
}

static void referral(void)
{
	struct eid e = eid("[25]2001:db8:100::/40");
	uint8_t out[1024];
	struct wire_writer w;

	wire_writer_init(&w, out, sizeof(out));
	map_referral_begin(&w, NONCE);
	map_referral_record_write(&w, &e, 1440, 1, 0, REFERRAL_MS, true, 0);
	rloc(&w, "203.0.113.1", 1, 100);
	map_referral_finish(&w, 1);
	frame(out, wire_written(&w) ? (int)w.pos : -1);
}

static void infos(struct auth_key *key)
{
	struct info m = {.nonce = NONCE,
		.key_id = 1,
		.ttl_min = 1440,
		.eid = {.eid = eid("198.51.100.0/24")}};
	struct lcaf nat = {
		.type = LCAF_NAT, .u.nat = {.ms_port = 4342, .etr_port = 49153, .rtr_count = 1}};
	uint8_t out[1024];
	int len;

	nat.u.nat.global.addr = address("203.0.113.1");
	nat.u.nat.ms.addr = address("203.0.113.2");
	nat.u.nat.rtr[0].addr = address("203.0.113.3");
	for (int reply = 0; reply < 2; reply++) {
		m.reply = reply;
		len = info_write(
			out, sizeof(out), &m, reply ? &nat : NULL, AUTH_HMAC_SHA1_96, &truncated);
		if (len < 0 ||
			auth_sign(key, LISP_INFO, &truncated, out, (size_t)len, NONCE, &m.auth))
			abort();
		frame(out, len);
	}
}

static void move(struct auth_key *key)
{
	struct move m = {.kind = MOVE_CLAIM, .nonce = NONCE, .seq = 7, .has_locators = true};
	uint8_t out[1024];
	struct wire_writer w;

	wire_writer_init(&w, out, sizeof(out));
	move_begin(&w, &m, 1, AUTH_HMAC_SHA256_128, &truncated);
	record(&w, "198.51.100.7");
	frame(out, move_finish(&w, &m, key, &truncated));
}

int main(void)
{
	struct auth_key *key = auth_key_new("sunward-test-key", 16);

	if (!key)
		return 1;
	file_head();
	requests();                          /* 1, 2 */
	replies();                           /* 3, 4 */
	registers(LISP_MAP_REGISTER, key);   /* 5 */
	registers(LISP_MAP_NOTIFY, key);     /* 6 */
	ecms();                              /* 7, 8 */
	referral();                          /* 9 */
	infos(key);                          /* 10, 11 */
	registers(LISP_MAP_NOTIFY_ACK, key); /* 12: a type that tshark 4.0 does not know */
	move(key);                           /* 13: likewise */
	placed(key);                         /* 14 */
	auth_key_free(key);
	return ferror(stdout) || fflush(stdout);
}
