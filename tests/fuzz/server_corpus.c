/* server_corpus: writes the seeds of fuzz_server into a directory: tests/fuzz/server_corpus
 * DIRECTORY. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lisp/ecm.h"
#include "lisp/handover.h"
#include "lisp/info.h"
#include "lisp/lispsec.h"
#include "tests/replay/world.h"

static FILE *out;

static void put(unsigned int what, unsigned int who, const void *bytes, size_t len)
{
	const uint8_t head[4] = {(uint8_t)what, (uint8_t)who, (uint8_t)(len >> 8), (uint8_t)len};

	fwrite(head, 1, sizeof(head), out);
	fwrite(bytes, 1, len, out);
}

static void begin(const char *dir, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	out = fopen(path, "wb");
	if (!out) {
		perror(path);
		_Exit(1);
	}
}

static void reg(unsigned int who, struct world_register r)
{
	uint8_t buf[1500];

	r.nonce = 1;
	put(3, who, buf, world_write_register(buf, sizeof(buf), &r));
}

static void request(const char *eid, const char *itr, const char *source)
{
	struct map_request_spec s = {.nonce = 5, .itr_rloc_count = 1, .eid = world_eid(eid)};
	uint8_t buf[1500];

	s.itr_rlocs[0] = world_address(itr);
	put(0, 9, buf, world_write_request(buf, sizeof(buf), &s, source));
}

/* RFC 9303: the One-Time Key in clear. */
static void protected(const char *eid, const char *itr)
{
	struct map_request_spec s = {.nonce = 5, .itr_rloc_count = 1, .eid = world_eid(eid)};
	struct endpoint from = world_endpoint(itr), to = world_endpoint("10.0.0.1:4342");
	const struct otk otk = {{1, 2, 3}};
	struct otk_wrapped wrapped;
	uint8_t message[500], ad[64], buf[700];
	struct wire_writer w;
	int len;

	s.itr_rlocs[0] = from.addr;
	len = map_request_write(message, sizeof(message), &s);
	otk_wrap_null(&otk, &wrapped);
	wire_writer_init(&w, ad, sizeof(ad));
	lispsec_request_write(&w, 0, &wrapped);
	lispsec_eid_ad_write_bare(&w, 0);
	put(0, 9, buf,
		(size_t)ecm_write_secure(
			buf, sizeof(buf), &from, &to, ad, w.pos, message, (size_t)len));
}

/* RFC 9437: xTR @who asks for @eid, to be told at its own address; @rloc NULL: no more. */
static void subscribe(unsigned int who, const char *eid, uint64_t nonce, const char *rloc)
{
	struct map_request_spec s = {.nonce = nonce,
		.subscribe = true,
		.has_xtr_id = true,
		.itr_rloc_count = 1,
		.site_id = 7,
		.eid = world_eid(eid)};
	char source[32];
	uint8_t buf[1500];

	s.xtr_id.bytes[15] = (uint8_t)who;
	if (rloc)
		s.itr_rlocs[0] = world_address(rloc);
	snprintf(source, sizeof(source), "198.51.100.%u:4342", who);
	put(0, who, buf, world_write_request(buf, sizeof(buf), &s, source));
}

/* A Map-Notify-Ack: signed by the target. */
static void acknowledge(unsigned int who, uint64_t nonce)
{
	uint8_t buf[32] = {0x50};

	for (int i = 0; i < 8; i++)
		buf[4 + i] = (uint8_t)(nonce >> (56 - 8 * i));
	buf[12] = 1;
	buf[13] = AUTH_HMAC_SHA256_128;
	buf[15] = 16;
	put(1, who, buf, sizeof(buf));
}

/* An Info-Request: signed by the target. */
static void ask_info(unsigned int who, const char *eid)
{
	static const struct auth_options opt;
	struct info m = {.nonce = 5, .key_id = 1, .ttl_min = 1440, .eid.eid = world_eid(eid)};
	uint8_t buf[128];

	put(1, who, buf,
		(size_t)info_write(buf, sizeof(buf), &m, NULL, AUTH_HMAC_SHA256_128, &opt));
}

static void move(unsigned int who, enum move_kind kind, uint64_t seq)
{
	const struct auth_options opt = {false, false};
	const struct lisp_rloc rloc = {.priority = 1, .weight = 100, .reachable = true};
	struct move m = {.kind = kind, .site_id = 7, .seq = seq, .has_locators = true};
	struct address a = world_address("192.0.2.1");
	struct auth_key *key = auth_key_new("fuzz", 4);
	struct eid eid = world_eid("10.0.0.1/32");
	struct wire_writer w;
	uint8_t buf[600];

	m.xtr_id.bytes[15] = (uint8_t)who;
	wire_writer_init(&w, buf, sizeof(buf));
	move_begin(&w, &m, 1, AUTH_HMAC_SHA256_128, &opt);
	lisp_record_write(&w, &eid, 1440, 1, LISP_ACT_NONE, false, 0);
	lisp_rloc_write(&w, &rloc, &a);
	put(3, who, buf, (size_t)move_finish(&w, &m, key, &opt));
	auth_key_free(key);
}

/* xTR @who says that the EID will come to it. */
static void prepare(unsigned int who, const char *eid_text)
{
	const struct auth_options opt = {false, false};
	const struct lisp_rloc rloc = {.priority = 1, .weight = 100, .reachable = true};
	struct handover h = {.kind = HANDOVER_PREPARE, .key_nonce = 9};
	struct address a = world_address("192.0.2.2");
	struct auth_key *key = auth_key_new("fuzz", 4);
	struct eid eid = world_eid(eid_text);
	struct wire_writer w;
	uint8_t buf[600];

	h.sender.bytes[15] = (uint8_t)who;
	wire_writer_init(&w, buf, sizeof(buf));
	handover_begin(&w, &h, 1, AUTH_HMAC_SHA256_128, &opt);
	lisp_record_write(&w, &eid, 1440, 1, LISP_ACT_NONE, false, 0);
	lisp_rloc_write(&w, &rloc, &a);
	put(3, who, buf, (size_t)handover_finish(&w, &h, key, &opt));
	auth_key_free(key);
}

int main(int argc, char **argv)
{
	const uint8_t set[] = {1, 10, 0, 0, 1, 192, 0, 2, 1}, del[] = {0, 10, 0, 0, 1, 0, 0, 0, 0};

	if (argc != 2) {
		fprintf(stderr, "usage: server_corpus DIRECTORY\n");
		return 2;
	}
	begin(argv[1], "register-then-resolve");
	reg(1, (struct world_register){.eids = {"10.0.0.1/32", "10.0.0.2/32"},
		       .locators = {"192.0.2.1", "2001:db8::1"},
		       .xtr = 1});
	request("10.0.0.1/32", "198.51.100.9", "198.51.100.9:40000");
	request("10.0.0.3/32", "198.51.100.9", "198.51.100.9:40000");
	fclose(out);
	begin(argv[1], "last-writer-moves-it");
	reg(1, (struct world_register){
		       .eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"}, .xtr = 1});
	reg(2, (struct world_register){
		       .eids = {"10.0.0.1/32"}, .locators = {"192.0.2.2"}, .xtr = 2});
	put(4, 1, "", 0);
	reg(1, (struct world_register){.eids = {"10.0.0.1/32"}, .remove = true, .xtr = 1});
	fclose(out);
	begin(argv[1], "aggregate-with-more-specifics-and-no-proxy");
	reg(1, (struct world_register){.eids = {"10.0.0.0/8"}, .locators = {"192.0.2.1"}});
	reg(1, (struct world_register){.eids = {"10.1.0.0/16"}, .locators = {"192.0.2.1"}});
	reg(1, (struct world_register){
		       .eids = {"10.2.0.0/16"}, .locators = {"192.0.2.1"}, .no_proxy = true});
	request("10.0.0.1/32", "198.51.100.9", "198.51.100.9:40000");
	request("10.2.0.1/32", "198.51.100.9", "198.51.100.9:40000");
	request("10.0.0.0/7", "198.51.100.9", "198.51.100.9:40000");
	fclose(out);
	begin(argv[1], "claim-move-refresh-withdraw");
	move(1, MOVE_CLAIM, 0);
	move(2, MOVE_CLAIM, 1);
	move(1, MOVE_REFRESH, 1);
	move(2, MOVE_REFRESH, 2);
	move(2, MOVE_WITHDRAW, 2);
	move(1, MOVE_REFRESH, 40);
	fclose(out);
	begin(argv[1], "expiry-and-revival");
	move(1, MOVE_CLAIM, 0);
	put(4, 200, "", 0);
	move(1, MOVE_REFRESH, 1);
	move(1, MOVE_CLAIM, 2);
	fclose(out);
	begin(argv[1], "operator-and-xtr");
	put(8, 0, set, sizeof(set));
	reg(1, (struct world_register){.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"}});
	move(1, MOVE_CLAIM, 1);
	put(8, 0, del, sizeof(del));
	fclose(out);
	begin(argv[1], "instances-macs-and-ipv6");
	reg(1, (struct world_register){
		       .eids = {"[7]52:54:00:00:00:01/48"}, .locators = {"192.0.2.1"}});
	reg(1, (struct world_register){.eids = {"2001:db8::1/128"}, .locators = {"2001:db8:f::1"}});
	request("[7]52:54:00:00:00:01/48", "198.51.100.9", "198.51.100.9:40000");
	fclose(out);
	begin(argv[1], "protected-requests");
	reg(1, (struct world_register){.eids = {"10.0.0.0/8"}, .locators = {"192.0.2.1"}});
	reg(1, (struct world_register){
		       .eids = {"10.1.0.0/16"}, .locators = {"192.0.2.1"}, .no_proxy = true});
	reg(1, (struct world_register){.eids = {"10.2.0.0/16"},
		       .locators = {"192.0.2.1"},
		       .no_proxy = true,
		       .secure = true});
	protected("10.3.0.1/32", "198.51.100.9:40000");
	protected("10.1.0.1/32", "198.51.100.9:40000");
	protected("10.2.0.1/32", "198.51.100.9:40000");
	protected("11.0.0.1/32", "198.51.100.9:40000");
	fclose(out);
	begin(argv[1], "prepare-a-move");
	prepare(2, "10.0.0.1/32");
	move(1, MOVE_CLAIM, 0);
	prepare(2, "10.0.0.1/32");
	prepare(1, "10.0.0.1/32");
	move(2, MOVE_CLAIM, 1);
	prepare(3, "10.0.0.1/32");
	prepare(3, "2001:db8::1/128");
	prepare(3, "[7]52:54:00:00:00:01/48");
	fclose(out);
	begin(argv[1], "subscribe-move-acknowledge-and-leave");
	reg(1, (struct world_register){
		       .eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"}, .xtr = 1});
	reg(2, (struct world_register){
		       .eids = {"10.0.0.2/32"}, .locators = {"192.0.2.2"}, .xtr = 2});
	subscribe(2, "10.0.0.1/32", 100, "198.51.100.2");
	acknowledge(2, 100);
	reg(1, (struct world_register){
		       .eids = {"10.0.0.1/32"}, .locators = {"192.0.2.3"}, .xtr = 1});
	put(4, 1, "", 0);
	acknowledge(2, 101);
	subscribe(2, "10.0.0.1/32", 101, "198.51.100.2");
	subscribe(2, "10.0.0.1/32", 102, NULL);
	fclose(out);
	begin(argv[1], "subscribe-foreign-unknown-and-unanswered");
	reg(2, (struct world_register){
		       .eids = {"10.0.0.2/32"}, .locators = {"192.0.2.2"}, .xtr = 2});
	subscribe(2, "10.0.0.1/32", 100, "203.0.113.1");
	subscribe(2, "10.9.0.0/16", 100, "198.51.100.2");
	subscribe(3, "10.9.0.0/16", 100, "198.51.100.3");
	reg(1, (struct world_register){
		       .eids = {"10.9.0.1/32"}, .locators = {"192.0.2.3"}, .xtr = 1});
	for (int i = 0; i < 8; i++)
		put(4, 30, "", 0);
	put(4, 255, "", 0);
	fclose(out);
	begin(argv[1], "behind-a-nat");
	ask_info(9, "10.0.0.0/8");
	reg(9, (struct world_register){.eids = {"10.0.0.1/32"},
		       .locators = {"10.99.0.2"},
		       .xtr = 9,
		       .no_proxy = true});
	ask_info(9, "2001:db8::/32");
	request("10.0.0.1/32", "198.51.100.7", "198.51.100.7:40000");
	subscribe(9, "10.0.0.1/32", 100, "198.51.100.9");
	put(4, 200, "", 0);
	request("10.0.0.1/32", "198.51.100.7", "198.51.100.7:40000");
	ask_info(9, "172.16.0.0/12");
	fclose(out);
	begin(argv[1], "itr-rloc-of-a-victim");
	request("10.0.0.1/32", "203.0.113.1", "198.51.100.9:40000");
	request("10.0.0.1/32", "224.0.0.1", "198.51.100.9:40000");
	fclose(out);
	return 0;
}
