/* See peer.h. Each message is built as an honest peer would, changed as the input says, then
 * signed, so that its MAC is right whatever became of it. */
#include "tests/fuzz/peer.h"

#include <stdio.h>
#include <string.h>

#include "lisp/ecm.h"
#include "lisp/handover.h"
#include "lisp/info.h"
#include "lisp/lispsec.h"
#include "tests/fuzz/mutate.h"
#include "tests/fuzz/need.h"
#include "tests/unit/ddt_vector.h"

#define AUTH_AT   12 /* KeyID, AlgID, AuthLen, data: the same in all that is signed */
#define RECORD_AT 12 /* of a Map-Referral */

/* What a caller does with the upper bits of a mutation's first byte. */
#define MUTATE_AUTH  0x80 /* the authentication's own head too */
#define MUTATE_NONCE 0x40 /* the nonce too: else it is a fresh one */

static const struct site *site_a(const struct peer *p)
{
	return site_table_named(p->w->server->sites, "a");
}

static struct auth_key *key_a(void)
{
	static struct auth_key *key; /* libFuzzer has no end to free it at */

	if (!key)
		key = auth_key_new("secret-a", 8);
	need(key);
	return key;
}

static struct otk_tools *tools(void)
{
	static struct otk_tools *t;

	if (!t)
		t = otk_tools_new();
	need(t);
	return t;
}

static uint64_t read_nonce(const uint8_t *msg)
{
	uint64_t nonce = 0;

	for (int i = 0; i < 8; i++)
		nonce = nonce << 8 | msg[4 + i];
	return nonce;
}

static void write_nonce(uint8_t *msg, uint64_t nonce)
{
	for (int i = 0; i < 8; i++)
		msg[4 + i] = (uint8_t)(nonce >> (56 - 8 * i));
}

/* Where the MAC ends, by the site's option; what does not parse is signed whole. */
static size_t records_end(const struct peer_message *m)
{
	struct wire_fault fault;
	struct map_register r;

	if (m->type == LISP_EXTENSION || map_register_parse(m->bytes, m->len, &r, &fault))
		return m->len;
	return r.auth.records_end;
}

/* Change what was built with @key_id, and sign it. */
static void change_and_sign(
	struct peer *p, struct script *s, struct peer_message *m, uint8_t key_id)
{
	const struct auth_options *opt = &site_a(p)->auth;
	enum auth_alg alg = key_id == 2 ? AUTH_HMAC_SHA256_128_HKDF : AUTH_HMAC_SHA256_128;
	struct auth_field f = {.key_id = key_id,
		.alg = (uint8_t)alg,
		.len = (uint16_t)auth_length(alg, opt),
		.offset = AUTH_AT + 4};
	uint8_t head[AUTH_AT + 4], bits;

	memcpy(head, m->bytes, sizeof(head));
	m->len = mutate(s, m->bytes, m->len, sizeof(m->bytes), 0, &bits);
	if (m->len < sizeof(head) + f.len)
		return;
	m->bytes[0] = (uint8_t)((head[0] & 0xf0) | (m->bytes[0] & 0x0f)); /* the type stays */
	if (!(bits & MUTATE_NONCE))
		write_nonce(m->bytes, read_nonce(head));
	if (!(bits & MUTATE_AUTH))
		memcpy(m->bytes + AUTH_AT, head + AUTH_AT, 4);
	f.records_end = records_end(m);
	auth_sign(key_a(), handover_is(m->bytes, m->len) ? AUTH_HANDOVER : m->type, opt, m->bytes,
		m->len, read_nonce(m->bytes), &f);
}

/* One of his xTRs, at an address of its own. */
static void come_from(struct peer_message *m, unsigned int xtr)
{
	snprintf(m->from, sizeof(m->from), "198.51.100.%u:4342", 1 + xtr % 8);
}

/* ---- records ---- */

static void put_locator(struct wire_writer *w, struct script *s)
{
	static const char *const rlocs[] = {"198.51.100.1", "198.51.100.2", "2001:db8:51::1",
		"203.0.113.21", "192.0.2.53", "224.0.0.5", "0.0.0.0", "127.0.0.1"};
	uint8_t bits = script_u8(s);
	struct address a = world_address(rlocs[bits & 7]);
	struct lisp_rloc rloc = {.priority = bits & 8 ? 255 : bits >> 6,
		.weight = 100,
		.mpriority = 255,
		.local = bits & 16,
		.reachable = !(bits & 32)};

	lisp_rloc_write(w, &rloc, &a);
}

static void put_record(struct wire_writer *w, struct script *s, const struct eid *eid)
{
	static const uint32_t ttls[4] = {1440, 0, 1, UINT32_MAX};
	uint8_t bits = script_u8(s);
	uint8_t count = bits & 3;

	lisp_record_write(w, eid, ttls[bits >> 2 & 3], count,
		(enum lisp_act)(count ? 0 : (bits >> 4) % 6), true, bits & 128 ? 5 : 0);
	for (uint8_t i = 0; i < count; i++)
		put_locator(w, s);
}

/* ---- what a Map-Server is sent ---- */

void peer_register(struct peer *p, struct script *s, struct peer_message *m)
{
	const struct auth_options *opt = &site_a(p)->auth;
	uint8_t who = script_u8(s), flags = script_u8(s);
	uint8_t key_id = who & 64 ? 2 : 1;
	struct map_register r = {.type = LISP_MAP_REGISTER,
		.proxy_reply = !(flags & 1),
		.want_notify = !(flags & 2),
		.use_ttl = flags & 4,
		.merge = flags & 8,
		.security = flags & 16,
		.has_xtr_id = !(flags & 32),
		.nonce = ++p->nonce,
		.site_id = who & 128 ? 8 : 7};
	unsigned int count = 1 + (flags >> 6);
	struct wire_writer w;

	m->type = LISP_MAP_REGISTER;
	r.xtr_id.bytes[15] = who & 7;
	come_from(m, who);
	wire_writer_init(&w, m->bytes, sizeof(m->bytes));
	map_register_begin(&w, &r, key_id,
		key_id == 2 ? AUTH_HMAC_SHA256_128_HKDF : AUTH_HMAC_SHA256_128, opt);
	for (unsigned int i = 0; i < count; i++) {
		struct eid eid = peer_eid(script_u8(s));

		put_record(&w, s, &eid);
	}
	need(map_register_finish(&w, &r, count, key_a(), opt) > 0);
	m->len = w.pos;
	change_and_sign(p, s, m, key_id);
}

static uint64_t choose_seq(struct peer *p, struct script *s, const struct eid *eid)
{
	uint64_t seq;

	registry_present(p->w->server->registry, eid, p->w->now, &seq);
	switch (script_pick(s, 8)) {
	case 0:
	case 1:
		return seq;
	case 2:
		return 0;
	case 3:
		return seq - 1;
	case 4:
		return seq + 1;
	case 5:
		return script_u16(s);
	case 6:
		return (UINT64_C(1) << 62) - script_u8(s);
	default:
		return UINT64_MAX - script_u8(s);
	}
}

static void finish_move(struct peer *p, struct script *s, struct peer_message *m, struct move *move,
	const struct eid *eid, uint8_t key_id)
{
	const struct auth_options *opt = &site_a(p)->auth;
	struct lisp_rloc rloc = {.priority = 1, .weight = 100, .reachable = true};
	struct address a = world_address("198.51.100.1");
	struct wire_writer w;

	a.bytes[3] = (uint8_t)(1 + (move->xtr_id.bytes[15] & 7));
	m->type = LISP_EXTENSION;
	wire_writer_init(&w, m->bytes, sizeof(m->bytes));
	move_begin(&w, move, key_id, key_id == 2 ? AUTH_HMAC_SHA256_128_HKDF : AUTH_HMAC_SHA256_128,
		opt);
	lisp_record_write(&w, eid, 1440, move->has_locators, LISP_ACT_NONE, false, 0);
	if (move->has_locators)
		lisp_rloc_write(&w, &rloc, &a);
	need(move_finish(&w, move, key_a(), opt) > 0);
	m->len = w.pos;
	change_and_sign(p, s, m, key_id);
}

void peer_move(struct peer *p, struct script *s, struct peer_message *m)
{
	static const enum move_kind kinds[8] = {MOVE_CLAIM, MOVE_CLAIM, MOVE_REFRESH, MOVE_REFRESH,
		MOVE_WITHDRAW, MOVE_GRANTED, MOVE_REFUSED, MOVE_NOTIFY};
	uint8_t bits = script_u8(s), who = script_u8(s);
	struct eid eid = peer_eid(script_u8(s));
	struct move move = {.kind = kinds[bits & 7],
		.nonce = ++p->nonce,
		.site_id = 7,
		.verified = bits & 8,
		.security = bits & 16,
		.has_locators = !(bits & 32)};

	move.xtr_id.bytes[15] = who & 7;
	move.seq = choose_seq(p, s, &eid);
	come_from(m, who);
	finish_move(p, s, m, &move, &eid, who & 64 ? 2 : 1);
}

void peer_prepare(struct peer *p, struct script *s, struct peer_message *m)
{
	const struct auth_options *opt = &site_a(p)->auth;
	uint8_t bits = script_u8(s), who = script_u8(s), key_id = who & 64 ? 2 : 1;
	struct eid eid = peer_eid(script_u8(s));
	struct handover h = {.kind = HANDOVER_PREPARE,
		.counter = ++p->nonce,
		.move = bits,
		.urgent = bits & 1,
		.agent = bits >> 1 & 1,
		.reason = bits >> 1 & 7,
		.deadline_ms = 30000,
		.key_nonce = bits >> 4};
	struct wire_writer w;

	h.sender.bytes[15] = who & 7;
	come_from(m, who);
	m->type = LISP_EXTENSION;
	wire_writer_init(&w, m->bytes, sizeof(m->bytes));
	handover_begin(&w, &h, key_id,
		key_id == 2 ? AUTH_HMAC_SHA256_128_HKDF : AUTH_HMAC_SHA256_128, opt);
	put_record(&w, s, &eid);
	need(handover_finish(&w, &h, key_a(), opt) > 0);
	m->len = w.pos;
	change_and_sign(p, s, m, key_id);
}

/* Of what the map-server said, the latest first: a Map-Notify-Ack, or an ACK of the move messages.
 */
void peer_ack(struct peer *p, struct script *s, struct peer_message *m)
{
	const struct peer_said *said = &p->said[(p->said_at - 1 - script_u8(s)) % PEER_SAID];
	const struct auth_options *opt = &site_a(p)->auth;
	uint8_t bits = script_u8(s);
	struct map_register r = {.type = LISP_MAP_NOTIFY_ACK, .nonce = said->nonce};
	struct move move = {.kind = MOVE_ACK, .nonce = said->nonce, .seq = said->seq, .site_id = 7};
	struct eid eid = said->type ? said->eid : peer_eid(bits);
	struct wire_writer w;

	come_from(m, bits);
	if (said->type == LISP_EXTENSION) {
		finish_move(p, s, m, &move, &eid, 1);
		return;
	}
	m->type = LISP_MAP_NOTIFY_ACK;
	r.has_xtr_id = bits & 8;
	r.xtr_id.bytes[15] = bits & 7;
	r.site_id = 7;
	wire_writer_init(&w, m->bytes, sizeof(m->bytes));
	map_register_begin(&w, &r, 1, AUTH_HMAC_SHA256_128, opt);
	if (!(bits & 16))
		lisp_record_write(&w, &eid, 1440, 0, LISP_ACT_NONE, false, 0);
	need(map_register_finish(&w, &r, !(bits & 16), key_a(), opt) > 0);
	m->len = w.pos;
	change_and_sign(p, s, m, 1);
}

/* ---- what a Map-Resolver is sent ---- */

enum request_bits {
	REQUEST_SUBSCRIBE = 1,
	REQUEST_END = 2,
	REQUEST_PROTECTED = 4,
	REQUEST_NULL_WRAP = 8,
	REQUEST_DDT = 16,
	REQUEST_VICTIM = 32, /* the ITR-RLOC is another's */
	REQUEST_PROBE = 64,
	REQUEST_SMR = 128,
};

/* The authentication data of an ITR that shares a key with the resolver, changed if the input says
 * so. Returns its length. */
static size_t write_ad(struct script *s, uint8_t *ad, size_t cap, uint64_t nonce, bool null_wrap)
{
	const struct otk otk = {{1, 2, 3, 4}};
	struct otk_wrapped wrapped;
	struct otk_keys keys = {0};
	struct wire_writer w;
	uint8_t asks = script_u8(s), bits;

	need(!otk_keys_add(&keys, 1, "itr-secret", 10));
	if (null_wrap)
		otk_wrap_null(&otk, &wrapped);
	else
		need(otk_wrap(tools(), &keys.list[0], nonce, &otk, &wrapped));
	wire_writer_init(&w, ad, cap);
	lispsec_request_write(&w, asks & 3, &wrapped);
	lispsec_eid_ad_write_bare(&w, asks >> 2 & 3);
	return mutate(s, ad, w.pos, cap, 0, &bits);
}

static size_t write_request(struct peer *p, struct script *s, uint8_t *buf, size_t cap,
	uint8_t bits, const struct address *rloc)
{
	struct map_request_spec r = {.nonce = ++p->nonce,
		.probe = bits & REQUEST_PROBE,
		.smr = bits & REQUEST_SMR,
		.subscribe = bits & REQUEST_SUBSCRIBE,
		.has_xtr_id = bits & REQUEST_SUBSCRIBE,
		.itr_rloc_count = 1,
		.site_id = 7,
		.eid = peer_eid(script_u8(s))};
	uint8_t ignored;
	int len;

	r.xtr_id.bytes[15] = rloc->bytes[3] - 1; /* as come_from */
	if (bits & REQUEST_VICTIM)
		r.itr_rlocs[0] = world_address("203.0.113.77");
	else if (!(bits & REQUEST_END))
		r.itr_rlocs[0] = *rloc;
	len = map_request_write(buf, cap, &r);
	need(len > 0);
	return mutate(s, buf, (size_t)len, cap, 0, &ignored);
}

void peer_request(struct peer *p, struct script *s, struct peer_message *m)
{
	uint8_t bits = script_u8(s), message[1200], ad[400], ignored;
	struct endpoint from, dest = {.addr = world_address("10.0.0.1"), .port = LISP_CONTROL_PORT};
	size_t len, ad_len = 0;
	int written;

	m->type = LISP_ECM;
	come_from(m, script_u8(s));
	from = world_endpoint(m->from);
	len = write_request(p, s, message, sizeof(message), bits, &from.addr);
	if (bits & REQUEST_PROTECTED)
		ad_len = write_ad(s, ad, sizeof(ad), len >= 12 ? read_nonce(message) : 0,
			bits & REQUEST_NULL_WRAP);
	if (ad_len)
		written = ecm_write_secure(
			m->bytes, sizeof(m->bytes), &from, &dest, ad, ad_len, message, len);
	else
		written = ecm_write(m->bytes, sizeof(m->bytes), &from, &dest, false, message, len);
	need(written > 0);
	if (bits & REQUEST_DDT)
		ecm_mark_ddt(m->bytes);
	m->len = mutate(s, m->bytes, (size_t)written, sizeof(m->bytes), 0, &ignored);
}

/* ---- what its searches are answered with ---- */

static const struct referral_key *parent(void)
{
	static struct referral_key *key;
	const char *why;

	if (!key)
		key = referral_key_private_pem(
			vector_parent_private, sizeof(vector_parent_private) - 1, &why);
	need(key);
	return key;
}

void peer_referral(struct peer *p, struct script *s, struct peer_message *m)
{
	static const uint32_t ttls[4] = {1440, 0, 1, UINT32_MAX};
	const struct lisp_rloc rloc = {.priority = 1, .weight = 100, .reachable = true};
	const struct referral_key *key = parent();
	uint8_t bits = script_u8(s), more = script_u8(s), count = more & 3, mutated;
	struct eid prefix = p->asked_eid;
	struct wire_writer w;

	m->type = LISP_MAP_REFERRAL;
	snprintf(m->from, sizeof(m->from), "192.0.2.1:4342");
	if (p->asked.port && !(bits & 128))
		endpoint_format(&p->asked, m->from, sizeof(m->from));
	if (!p->asked.port)
		prefix = peer_eid(more);
	if (address_is_ip(&prefix.addr))
		prefix.plen = (uint8_t)(prefix.plen - script_pick(s, prefix.plen + 1u));
	eid_mask(&prefix);
	wire_writer_init(&w, m->bytes, sizeof(m->bytes));
	map_referral_begin(&w, p->asked_nonce);
	map_referral_record_write(&w, &prefix, ttls[more >> 2 & 3], count, !(bits & 64),
		(enum referral_act)(bits & 7), bits & 8, 0);
	for (uint8_t i = 0; i < count; i++) {
		struct address a = world_address("192.0.2.1");

		a.bytes[3] = script_u8(s);
		referral_rloc_write(&w, &rloc, &a, &key, bits & 16 ? 1 : 0);
	}
	w.pos = mutate(s, m->bytes, w.pos, sizeof(m->bytes), RECORD_AT, &mutated);
	if (!(bits & 64) && w.pos > RECORD_AT + 12)
		(void)referral_sign(&w, RECORD_AT, &key, 1, DDT_WALL - 86400, DDT_WALL + 7 * 86400);
	if (w.pos >= 4)
		m->bytes[3] = (uint8_t)(bits & 32 ? script_u8(s) : 1);
	m->len = w.pos;
}

/* ---- and the rest ---- */

/* An Info-Request, or an Info-Reply that nobody has asked for. */
static void put_info(struct peer *p, struct script *s, struct peer_message *m)
{
	uint8_t bits = script_u8(s), key_id = bits & 64 ? 2 : 1;
	struct eid eid = peer_eid(script_u8(s));
	struct lcaf l = {.type = LCAF_NAT, .u.nat = {.ms_port = 4342, .etr_port = 4342}};
	struct info info = {.reply = bits & 16,
		.nonce = ++p->nonce,
		.key_id = key_id,
		.ttl_min = 1440,
		.eid.eid = eid};
	int len = info_write(m->bytes, sizeof(m->bytes), &info, bits & 32 ? &l : NULL,
		key_id == 2 ? AUTH_HMAC_SHA256_128_HKDF : AUTH_HMAC_SHA256_128, &site_a(p)->auth);

	need(len > 0);
	snprintf(m->from, sizeof(m->from), "198.51.100.%u:%u", 1 + (bits & 7),
		bits & 8 ? 20001 : 4342);
	m->type = LISP_INFO;
	m->len = (size_t)len;
	change_and_sign(p, s, m, key_id);
}

void peer_other(struct peer *p, struct script *s, struct peer_message *m)
{
	uint8_t type = script_u8(s);
	const struct peer_kept *k = &p->kept[(type >> 4) % PEER_KEPT];

	if ((type & 15) == LISP_INFO) {
		put_info(p, s, m);
		return;
	}
	come_from(m, type);
	m->len = k->len;
	memcpy(m->bytes, k->bytes, k->len);
	if (m->len)
		m->bytes[0] = (uint8_t)(type << 4 | (m->bytes[0] & 0xf));
	m->len = mutate(s, m->bytes, m->len, sizeof(m->bytes), 0, &type);
	m->type = m->len ? (enum lisp_type)(m->bytes[0] >> 4) : 0;
}
