/* handover: agents', xTRs' and the Map-Server's messages about a guest that moves, both ways
 * (docs/decisions/handover.md). Knows their layout, and nothing of who may say what. */
#include "lisp/handover.h"

#include <string.h>

#include "lisp/codec.h"

#define FLAG_IN_MIGRATION 0x80
#define FLAG_URGENT       0x40
#define FLAG_AGENT        0x20
#define PACKET_MIN        20 /* bytes: an IPv4 header */

static const char want_host[] = "a host: 32 of IPv4, 128 of IPv6, 48 of a MAC";

/* What the fields that all kinds share may hold. */
static const struct form {
	const char *state; /* what the byte is called; NULL: it is not looked at */
	uint8_t state_least, state_most;
	const char *state_want;
	uint8_t count_least, count_most;
	const char *count_want;
} forms[] = {
	[HANDOVER_STATE] = {"state", HANDOVER_INCOMING, HANDOVER_GONE, "1 to 5", 0,
		HANDOVER_HOSTS_MAX, "32 at most"},
	[HANDOVER_STATE_ACK] = {"result", HANDOVER_TAKEN, HANDOVER_NO_ROOM, "0 to 4", 0, 0, "0"},
	[HANDOVER_ASK] = {NULL, 0, 0, NULL, 0, HANDOVER_HOSTS_MAX, "32 at most"},
	[HANDOVER_TAIL] = {NULL, 0, 0, NULL, 1, 1, "1"},
	[HANDOVER_TAIL_ACK] = {NULL, 0, 0, NULL, 1, 1, "1"},
	[HANDOVER_PREPARE] = {NULL, 0, 0, NULL, 1, 1, "1"},
	[HANDOVER_OWNER] = {NULL, 0, 0, NULL, 1, 1, "1"},
	[HANDOVER_NEXT] = {NULL, 0, 0, NULL, 1, 1, "1"},
	[HANDOVER_STEP] = {"step", HANDOVER_ACCEPTED, HANDOVER_SENT, "1 to 9", 1, 1, "1"},
	[HANDOVER_STEP_ACK] = {"step", HANDOVER_ACCEPTED, HANDOVER_SENT, "1 to 9", 1, 1, "1"},
};

static bool has_record(enum handover_kind kind)
{
	return kind == HANDOVER_PREPARE || kind == HANDOVER_OWNER || kind == HANDOVER_NEXT;
}

/* Of who would have the EID. */
static bool is_candidacy(enum handover_kind kind)
{
	return kind == HANDOVER_PREPARE || kind == HANDOVER_NEXT;
}

static bool host_fits(const struct eid *e)
{
	return (address_is_ip(&e->addr) || e->addr.afi == AFI_MAC) && eid_is_host(e);
}

/* ---- reading ---- */

/* Type, sub-type, version, kind. */
static void head_read(struct wire_reader *r, struct handover *h)
{
	uint32_t head = lisp_head_read(r, LISP_EXTENSION);
	uint32_t subtype = head >> 16 & 0xfff, version = head >> 8 & 0xff, kind = head & 0xff;

	if (subtype != HANDOVER_SUBTYPE)
		wire_refuse(r, "sub-type", 0, subtype, lisp_want_supported);
	if (version != HANDOVER_VERSION)
		wire_refuse(r, "version", 2, version, lisp_want_supported);
	if (kind < HANDOVER_STATE || kind > HANDOVER_STEP_ACK)
		wire_refuse(r, "kind", 3, kind, lisp_want_supported);
	if (wire_ok(r))
		h->kind = (enum handover_kind)kind;
}

static void id_read(struct wire_reader *r, struct handover_id *id, const char *name)
{
	const uint8_t *bytes = wire_get_bytes(r, sizeof(id->bytes), name);

	if (bytes)
		memcpy(id->bytes, bytes, sizeof(id->bytes));
}

/* State, flags and count of a message whose kind is known. Returns the count, within its bounds. */
static unsigned int shared_read(struct wire_reader *r, struct handover *h)
{
	const struct form *f = &forms[h->kind];
	size_t at = r->pos;
	uint8_t state = wire_get_u8(r, f->state ? f->state : "state");
	uint8_t flags = wire_get_u8(r, "flags");
	uint16_t count = wire_get_u16(r, "count");

	if (f->state && (state < f->state_least || state > f->state_most))
		wire_refuse(r, f->state, at, state, f->state_want);
	if (count < f->count_least || count > f->count_most)
		wire_refuse(r, "count", at + 2, count, f->count_want);
	if (!wire_ok(r))
		return 0;
	h->state = f->state ? state : 0;
	h->in_migration =
		h->kind == HANDOVER_STATE && state == HANDOVER_PAUSED && flags & FLAG_IN_MIGRATION;
	h->urgent = is_candidacy(h->kind) && flags & FLAG_URGENT;
	h->agent = is_candidacy(h->kind) && flags & FLAG_AGENT;
	return count;
}

static void eid_read(struct wire_reader *r, struct eid *out)
{
	size_t at = r->pos;
	uint8_t plen = wire_get_u8(r, "mask-len");
	struct lisp_eid e;

	wire_get_u8(r, "reserved");
	lisp_eid_read(r, plen, at, &e);
	if (wire_ok(r) && (!e.plain || !host_fits(&e.eid)))
		wire_refuse(r, "EID's mask-len", at, plen, want_host);
	if (wire_ok(r))
		*out = e.eid;
}

/* It is shown to people and compared with names of interfaces. */
static void port_read(struct wire_reader *r, char port[HANDOVER_PORT_BYTES + 1])
{
	size_t at = r->pos, len;
	const uint8_t *bytes = wire_get_bytes(r, HANDOVER_PORT_BYTES, "port");

	if (!bytes)
		return;
	memcpy(port, bytes, HANDOVER_PORT_BYTES);
	len = strnlen(port, HANDOVER_PORT_BYTES);
	for (size_t i = 0; i < HANDOVER_PORT_BYTES; i++)
		if (i < len ? bytes[i] <= ' ' || bytes[i] > '~' : bytes[i] != 0)
			wire_refuse(r, "port", at + i, bytes[i], "a name in ASCII, then NULs only");
}

static void hosts_read(struct wire_reader *r, struct handover *h, unsigned int count)
{
	for (unsigned int i = 0; i < count && wire_ok(r); i++) {
		struct handover_host *host = &h->hosts[i];
		const uint8_t *mac;

		wire_part(r, "host", i);
		if (h->kind == HANDOVER_STATE) {
			mac = wire_get_bytes(r, sizeof(host->mac), "MAC");
			if (mac)
				memcpy(host->mac, mac, sizeof(host->mac));
			wire_get_u16(r, "reserved");
			port_read(r, host->port);
		}
		eid_read(r, &host->eid);
	}
	wire_part(r, NULL, 0);
	h->host_count = (uint16_t)count;
}

/* @n bytes of a field into @out, if they are there. */
static void bytes_read(struct wire_reader *r, uint8_t *out, size_t n, const char *name)
{
	const uint8_t *bytes = wire_get_bytes(r, n, name);

	if (bytes)
		memcpy(out, bytes, n);
}

static void guest_read(struct wire_reader *r, struct handover *h)
{
	id_read(r, &h->guest, "guest");
	h->reason = wire_get_u8(r, "reason");
	wire_get_u8(r, "reserved");
	h->tail = wire_get_u16(r, "tail");
	h->deadline_ms = wire_get_u32(r, "deadline");
	bytes_read(r, h->wrapped, sizeof(h->wrapped), "ticket");
	bytes_read(r, h->proof, sizeof(h->proof), "proof");
}

static void packet_read(struct wire_reader *r, struct handover *h)
{
	size_t at = r->pos;

	h->index = wire_get_u16(r, "index");
	if (h->kind == HANDOVER_TAIL_ACK)
		return;
	h->of = wire_get_u16(r, "of");
	h->packet_len = wire_get_u16(r, "length");
	if (!h->of && (h->index || h->packet_len))
		wire_refuse(r, "of", at + 2, 0, "1 at least, or index and length 0 too");
	if (!h->of)
		return;
	if (h->index >= h->of)
		wire_refuse(r, "index", at, h->index, "below the number of packets");
	if (h->packet_len < PACKET_MIN)
		wire_refuse(r, "length", at + 4, h->packet_len, "20 at least: an IP packet");
	at = r->pos;
	h->packet = wire_get_bytes(r, h->packet_len, "packet");
	if (h->packet && h->packet[0] >> 4 != 4 && h->packet[0] >> 4 != 6)
		wire_refuse(r, "packet's IP version", at, h->packet[0] >> 4, "4 or 6");
}

static void key_read(struct wire_reader *r, struct handover *h)
{
	h->key.key_id = wire_get_u8(r, "key's Key ID");
	h->key.wrap_id = wire_get_u8(r, "key's wrapping");
	wire_get_u16(r, "reserved");
	bytes_read(r, h->key.bytes, OTK_WRAPPED_BYTES, "key");
	id_read(r, &h->peer, "peer");
}

static void mapping_read(struct wire_reader *r, struct handover *h)
{
	const struct lisp_eid *e = &h->record.eid;
	size_t at;

	h->reason = wire_get_u8(r, "reason");
	wire_get_u24(r, "reserved");
	h->deadline_ms = wire_get_u32(r, "deadline");
	h->key_nonce = wire_get_u64(r, "key's nonce");
	if (h->kind != HANDOVER_PREPARE)
		key_read(r, h);
	if (h->kind != HANDOVER_OWNER) {
		id_read(r, &h->agent_id, "agent");
		bytes_read(r, h->proof, sizeof(h->proof), "proof");
	}
	at = r->pos;
	lisp_record_read(r, &h->record, 0);
	if (wire_ok(r) && (!e->plain || !host_fits(&e->eid)))
		wire_refuse(r, "EID's mask-len", at + 5, h->record.plen, want_host);
	if (h->kind != HANDOVER_OWNER && !h->record.locator_count)
		wire_refuse(r, "Locator Count", at + 4, 0, "1 at least");
	h->has_locators = wire_ok(r) && h->record.locator_count > 0;
}

static void body_read(struct wire_reader *r, struct handover *h, unsigned int count)
{
	if (has_record(h->kind)) {
		mapping_read(r, h);
		return;
	}
	if (h->kind == HANDOVER_STATE)
		guest_read(r, h);
	hosts_read(r, h, count);
	if (h->kind == HANDOVER_TAIL || h->kind == HANDOVER_TAIL_ACK)
		packet_read(r, h);
}

int handover_parse(const void *pkt, size_t len, struct handover *h, struct wire_fault *fault)
{
	struct wire_reader r;
	unsigned int count;

	memset(h, 0, sizeof(*h));
	wire_reader_init(&r, pkt, len, fault);
	head_read(&r, h);
	h->counter = wire_get_u64(&r, "counter");
	auth_field_read(&r, &h->auth);
	id_read(&r, &h->sender, "sender");
	h->move = wire_get_u64(&r, "move");
	h->seq = wire_get_u64(&r, "seq");
	if (wire_ok(&r)) {
		count = shared_read(&r, h);
		body_read(&r, h, count);
	}
	h->auth.records_end = r.pos;
	wire_expect_end(&r, "the message");
	return lisp_error_of(fault);
}

bool handover_is(const void *pkt, size_t len)
{
	const uint8_t *bytes = pkt;

	return len >= 2 && bytes[0] == (LISP_EXTENSION << 4 | HANDOVER_SUBTYPE >> 8) &&
	       bytes[1] == (HANDOVER_SUBTYPE & 0xff);
}

/* ---- writing ---- */

/* What the parser would refuse is not written. */
static bool may_be_written(const struct handover *h)
{
	const struct form *f;

	if (h->kind < HANDOVER_STATE || h->kind > HANDOVER_STEP_ACK)
		return false;
	f = &forms[h->kind];
	if (f->state && (h->state < f->state_least || h->state > f->state_most))
		return false;
	if (has_record(h->kind))
		return true;
	if (h->host_count < f->count_least || h->host_count > f->count_most)
		return false;
	for (unsigned int i = 0; i < h->host_count; i++)
		if (!host_fits(&h->hosts[i].eid))
			return false;
	if (h->kind != HANDOVER_TAIL)
		return true;
	if (!h->of)
		return !h->index && !h->packet_len;
	return h->packet && h->packet_len >= PACKET_MIN && h->index < h->of;
}

static uint8_t flags_of(const struct handover *h)
{
	if (h->kind == HANDOVER_STATE && h->state == HANDOVER_PAUSED && h->in_migration)
		return FLAG_IN_MIGRATION;
	if (!is_candidacy(h->kind))
		return 0;
	return (h->urgent ? FLAG_URGENT : 0) | (h->agent ? FLAG_AGENT : 0);
}

static void hosts_write(struct wire_writer *w, const struct handover *h)
{
	for (unsigned int i = 0; i < h->host_count; i++) {
		const struct handover_host *host = &h->hosts[i];
		size_t len = strnlen(host->port, HANDOVER_PORT_BYTES);

		if (h->kind == HANDOVER_STATE) {
			wire_put_bytes(w, host->mac, sizeof(host->mac));
			wire_put_u16(w, 0);
			wire_put_bytes(w, host->port, len);
			wire_put_zero(w, HANDOVER_PORT_BYTES - len);
		}
		wire_put_u8(w, host->eid.plen);
		wire_put_u8(w, 0);
		lisp_eid_write(w, &host->eid);
	}
}

static void guest_write(struct wire_writer *w, const struct handover *h)
{
	wire_put_bytes(w, h->guest.bytes, sizeof(h->guest.bytes));
	wire_put_u8(w, h->reason);
	wire_put_u8(w, 0);
	wire_put_u16(w, h->tail);
	wire_put_u32(w, h->deadline_ms);
	wire_put_bytes(w, h->wrapped, sizeof(h->wrapped));
	wire_put_bytes(w, h->proof, sizeof(h->proof));
}

static void packet_write(struct wire_writer *w, const struct handover *h)
{
	wire_put_u16(w, h->index);
	if (h->kind == HANDOVER_TAIL_ACK)
		return;
	wire_put_u16(w, h->of);
	wire_put_u16(w, h->packet_len);
	wire_put_bytes(w, h->packet, h->packet_len);
}

static void key_write(struct wire_writer *w, const struct handover *h)
{
	wire_put_u8(w, h->key.key_id);
	wire_put_u8(w, h->key.wrap_id);
	wire_put_u16(w, 0);
	wire_put_bytes(w, h->key.bytes, OTK_WRAPPED_BYTES);
	wire_put_bytes(w, h->peer.bytes, sizeof(h->peer.bytes));
}

/* Up to the record. */
static void mapping_write(struct wire_writer *w, const struct handover *h)
{
	wire_put_u8(w, h->reason);
	wire_put_u24(w, 0);
	wire_put_u32(w, h->deadline_ms);
	wire_put_u64(w, h->key_nonce);
	if (h->kind != HANDOVER_PREPARE)
		key_write(w, h);
	if (h->kind == HANDOVER_OWNER)
		return;
	wire_put_bytes(w, h->agent_id.bytes, sizeof(h->agent_id.bytes));
	wire_put_bytes(w, h->proof, sizeof(h->proof));
}

static void body_write(struct wire_writer *w, const struct handover *h)
{
	if (has_record(h->kind)) {
		mapping_write(w, h);
		return;
	}
	if (h->kind == HANDOVER_STATE)
		guest_write(w, h);
	hosts_write(w, h);
	if (h->kind == HANDOVER_TAIL || h->kind == HANDOVER_TAIL_ACK)
		packet_write(w, h);
}

void handover_begin(struct wire_writer *w, struct handover *h, uint8_t key_id, enum auth_alg alg,
	const struct auth_options *opt)
{
	/* The MAC's offsets are counted from the writer's first byte. */
	if (w->pos || !may_be_written(h)) {
		w->failed = true;
		return;
	}
	wire_put_u16(w, (uint32_t)LISP_EXTENSION << 12 | HANDOVER_SUBTYPE);
	wire_put_u8(w, HANDOVER_VERSION);
	wire_put_u8(w, h->kind);
	wire_put_u64(w, h->counter);
	auth_field_write(w, key_id, alg, opt, &h->auth);
	wire_put_bytes(w, h->sender.bytes, sizeof(h->sender.bytes));
	wire_put_u64(w, h->move);
	wire_put_u64(w, h->seq);
	wire_put_u8(w, forms[h->kind].state ? h->state : 0);
	wire_put_u8(w, flags_of(h));
	wire_put_u16(w, has_record(h->kind) ? 1 : h->host_count);
	body_write(w, h);
}

int handover_finish(struct wire_writer *w, struct handover *h, struct auth_key *key,
	const struct auth_options *opt)
{
	int err;

	if (!wire_written(w))
		return -LISP_ENOROOM;
	h->auth.records_end = w->pos;
	err = auth_sign(key, AUTH_HANDOVER, opt, w->buf, w->pos, h->counter, &h->auth);
	return err ? err : (int)w->pos;
}

bool handover_verify(struct auth_key *key, const struct auth_options *opt, const uint8_t *msg,
	size_t len, const struct handover *h)
{
	return auth_verify(key, AUTH_HANDOVER, opt, msg, len, h->counter, &h->auth);
}
