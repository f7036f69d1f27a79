/* ecm: Encapsulated Control Message, both ways (RFC 9301 section 5.8). Knows the inner IP and UDP
 * headers, not the message inside. LISP-SEC's authentication data is only bounded here (RFC 9303
 * section 6.1). */
#include "lisp/ecm.h"

#include <netinet/in.h>
#include <string.h>

#include "lib/net/checksum.h"
#include "lisp/codec.h"

#define BIT_S 0x08000000u
#define BIT_D 0x04000000u
#define BIT_E 0x02000000u
#define BIT_M 0x01000000u

#define AD_LISP_SEC 1
#define OTK_LEN     24 /* bytes: preamble and key */
#define IPV4_LEN    20
#define IPV6_LEN    40
#define UDP_LEN     8
#define IPV4_DF     0x4000
#define HOP_LIMIT   64

static void security_read(struct wire_reader *r, struct ecm *m)
{
	size_t start = r->pos, at;
	uint8_t type = wire_get_u8(r, "authentication data type");
	uint16_t len;

	if (type != AD_LISP_SEC)
		wire_refuse(r, "authentication data type", start, type, lisp_want_supported);
	wire_get_u24(r, "requested HMAC ID");
	at = r->pos;
	len = wire_get_u16(r, "OTK length");
	/* The text is not clear on whether the length counts its own word. */
	if (len != OTK_LEN && len != OTK_LEN + 4)
		wire_refuse(r, "OTK length", at, len, "24 or 28");
	wire_get_u16(r, "OTK key and wrapping ID");
	wire_get_bytes(r, OTK_LEN, "OTK");
	at = r->pos;
	len = wire_get_u16(r, "EID-AD");
	if (len < 4)
		wire_refuse(r, "EID-AD", at, len, "at least 4");
	else
		wire_get_bytes(r, len - 2u, "EID-AD");
	m->security_data = r->buf + start;
	m->security_len = r->pos - start;
}

static void address_get(struct wire_reader *r, struct address *a, uint16_t afi, const char *name)
{
	size_t len = afi == AFI_IPV4 ? 4 : 16;
	const uint8_t *bytes = wire_get_bytes(r, len, name);

	if (bytes)
		address_set(a, afi, bytes, len);
}

static void ipv4_read(struct wire_reader *r, struct ecm *m)
{
	size_t start = r->pos, left = wire_left(r);
	uint8_t first = wire_get_u8(r, "inner IPv4 header"), protocol;
	uint16_t total, fragment;

	if (first != 0x45)
		wire_refuse(r, "inner IHL", start, first & 15, "5, without options");
	wire_get_u8(r, "inner IPv4 header");
	total = wire_get_u16(r, "inner IPv4 length");
	if (total != left)
		wire_refuse(r, "inner IPv4 length", start + 2, total, "the bytes that are left");
	wire_get_u16(r, "inner IPv4 header");
	fragment = wire_get_u16(r, "inner IPv4 header");
	if (fragment & ~IPV4_DF)
		wire_refuse(r, "inner IPv4 fragment", start + 6, fragment, "no fragment");
	m->hop_limit = wire_get_u8(r, "inner TTL");
	protocol = wire_get_u8(r, "inner protocol");
	if (protocol != IPPROTO_UDP)
		wire_refuse(r, "inner protocol", start + 9, protocol, "17, UDP");
	wire_get_u16(r, "inner IPv4 checksum");
	address_get(r, &m->source.addr, AFI_IPV4, "inner source");
	address_get(r, &m->dest.addr, AFI_IPV4, "inner destination");
	if (wire_ok(r) && checksum_of(r->buf + start, IPV4_LEN))
		wire_refuse(r, "inner IPv4 checksum", start + 10,
			(size_t)r->buf[start + 10] << 8 | r->buf[start + 11], "the header's sum");
}

static void ipv6_read(struct wire_reader *r, struct ecm *m)
{
	size_t start = r->pos;
	uint16_t len;
	uint8_t next;

	wire_get_u32(r, "inner IPv6 header");
	len = wire_get_u16(r, "inner IPv6 length");
	next = wire_get_u8(r, "inner next header");
	if (next != IPPROTO_UDP)
		wire_refuse(r, "inner next header", start + 6, next, "17, UDP");
	m->hop_limit = wire_get_u8(r, "inner hop limit");
	address_get(r, &m->source.addr, AFI_IPV6, "inner source");
	address_get(r, &m->dest.addr, AFI_IPV6, "inner destination");
	if (len != wire_left(r))
		wire_refuse(r, "inner IPv6 length", start + 4, len, "the bytes that are left");
}

static void port_read(struct wire_reader *r, struct endpoint *e, const char *name)
{
	size_t at = r->pos;

	e->port = wire_get_u16(r, name);
	if (e->port == LISP_DATA_PORT)
		wire_refuse(r, name, at, e->port, "any but 4341");
}

static void udp_read(struct wire_reader *r, struct ecm *m)
{
	size_t start = r->pos, left = wire_left(r);
	uint16_t len, checksum;

	port_read(r, &m->source, "inner source port");
	port_read(r, &m->dest, "inner destination port");
	len = wire_get_u16(r, "inner UDP length");
	if (len != left)
		wire_refuse(r, "inner UDP length", start + 4, len, "the bytes that are left");
	checksum = wire_get_u16(r, "inner UDP checksum");
	if (!checksum)
		wire_refuse(r, "inner UDP checksum", start + 6, checksum, "not zero");
	else if (wire_ok(r) &&
		 checksum_upper(&m->source.addr, &m->dest.addr, IPPROTO_UDP, r->buf + start, left))
		wire_refuse(r, "inner UDP checksum", start + 6, checksum, "the datagram's sum");
	m->message_len = wire_left(r);
	m->message = wire_get_bytes(r, m->message_len, "message");
}

int ecm_parse(const void *pkt, size_t len, struct ecm *m, struct wire_fault *fault)
{
	struct wire_reader r;
	uint32_t head;
	unsigned int version;

	memset(m, 0, sizeof(*m));
	wire_reader_init(&r, pkt, len, fault);
	head = lisp_head_read(&r, LISP_ECM);
	m->security = head & BIT_S;
	m->ddt = head & BIT_D;
	m->to_etr = head & BIT_E;
	m->to_ms = head & BIT_M;
	if (m->security)
		security_read(&r, m);
	m->inner_len = wire_left(&r);
	m->inner = r.buf + r.pos;
	version = m->inner_len ? *m->inner >> 4 : 0;
	if (version == 4)
		ipv4_read(&r, m);
	else if (version == 6)
		ipv6_read(&r, m);
	else if (m->inner_len)
		wire_refuse(&r, "inner IP version", r.pos, version, "4 or 6");
	udp_read(&r, m);
	return lisp_error_of(fault);
}

static void ipv4_write(struct wire_writer *w, const struct endpoint *source,
	const struct endpoint *dest, size_t payload)
{
	size_t start = w->pos;

	wire_put_u16(w, 0x4500);
	wire_put_u16(w, (uint32_t)(IPV4_LEN + payload));
	wire_put_u16(w, 0); /* an atomic datagram needs no identification: RFC 6864 */
	wire_put_u16(w, IPV4_DF);
	wire_put_u8(w, HOP_LIMIT);
	wire_put_u8(w, IPPROTO_UDP);
	wire_put_u16(w, 0);
	wire_put_bytes(w, source->addr.bytes, 4);
	wire_put_bytes(w, dest->addr.bytes, 4);
	if (wire_written(w))
		wire_patch_u16(w, start + 10, checksum_of(w->buf + start, IPV4_LEN));
}

static void ipv6_write(struct wire_writer *w, const struct endpoint *source,
	const struct endpoint *dest, size_t payload)
{
	wire_put_u32(w, 0x60000000);
	wire_put_u16(w, (uint32_t)payload);
	wire_put_u8(w, IPPROTO_UDP);
	wire_put_u8(w, HOP_LIMIT);
	wire_put_bytes(w, source->addr.bytes, 16);
	wire_put_bytes(w, dest->addr.bytes, 16);
}

/* The head is written. */
static int inner_write(struct wire_writer *w, const struct endpoint *source,
	const struct endpoint *dest, const void *message, size_t message_len)
{
	size_t payload = UDP_LEN + message_len, start;

	if (source->addr.afi != dest->addr.afi || !address_is_ip(&source->addr) ||
		message_len > LISP_MESSAGE_MAX)
		w->failed = true;
	if (source->addr.afi == AFI_IPV4)
		ipv4_write(w, source, dest, payload);
	else
		ipv6_write(w, source, dest, payload);
	start = w->pos;
	wire_put_u16(w, source->port);
	wire_put_u16(w, dest->port);
	wire_put_u16(w, (uint32_t)payload);
	wire_put_u16(w, 0);
	wire_put_bytes(w, message, message_len);
	if (!wire_written(w))
		return -LISP_ENOROOM;
	wire_patch_u16(
		w, start + 6, checksum_udp(&source->addr, &dest->addr, w->buf + start, payload));
	return (int)w->pos;
}

int ecm_write(void *buf, size_t cap, const struct endpoint *source, const struct endpoint *dest,
	bool ddt, const void *message, size_t message_len)
{
	struct wire_writer w;

	wire_writer_init(&w, buf, cap);
	wire_put_u32(&w, (uint32_t)LISP_ECM << 28 | (ddt ? BIT_D : 0));
	return inner_write(&w, source, dest, message, message_len);
}

int ecm_write_secure(void *buf, size_t cap, const struct endpoint *source,
	const struct endpoint *dest, const void *ad, size_t ad_len, const void *message,
	size_t message_len)
{
	struct wire_writer w;

	wire_writer_init(&w, buf, cap);
	wire_put_u32(&w, (uint32_t)LISP_ECM << 28 | BIT_S);
	wire_put_bytes(&w, ad, ad_len);
	return inner_write(&w, source, dest, message, message_len);
}

int ecm_forward_secure(void *buf, size_t cap, const struct ecm *m, const void *ad, size_t ad_len)
{
	bool v4 = m->source.addr.afi == AFI_IPV4;
	struct wire_writer w;
	uint8_t *inner;

	wire_writer_init(&w, buf, cap);
	wire_put_u32(&w, (uint32_t)LISP_ECM << 28 | (ad_len ? BIT_S : 0));
	wire_put_bytes(&w, ad, ad_len);
	inner = w.buf + w.pos;
	wire_put_bytes(&w, m->inner, m->inner_len);
	if (!wire_written(&w))
		return -LISP_ENOROOM;
	inner[v4 ? 8 : 7] = (uint8_t)(m->hop_limit - 1);
	if (v4) {
		memset(inner + 10, 0, 2);
		wire_patch_u16(&w, (size_t)(inner + 10 - w.buf), checksum_of(inner, IPV4_LEN));
	}
	return (int)w.pos;
}

int ecm_forward(void *buf, size_t cap, const struct ecm *m)
{
	return ecm_forward_secure(buf, cap, m, NULL, 0);
}

void ecm_mark_ddt(void *ecm)
{
	*(uint8_t *)ecm |= BIT_D >> 24;
}
