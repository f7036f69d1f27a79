/* See recall.h. In network order:
 *
 *	version 1 (8 bits), told_by (8), 1 when the addresses were snooped (8), UUID (128), length
 *of the name (8), name, hosts (8), and for each MAC (48), port (128), instance (32), AFI (16),
 *length of the address (8), address
 */
#include "vmmobility/recall.h"

#include <string.h>

#include "lib/base/wire.h"
#include "vmmobility/guest_uuid.h"

#define RECORD_VERSION 1

size_t recall_write(const struct guest *guest, uint8_t bytes[RECALL_BYTES])
{
	const struct report_content *c = &guest->report.content;
	size_t name_len = strlen(guest->name);
	struct wire_writer w;

	wire_writer_init(&w, bytes, RECALL_BYTES);
	wire_put_u8(&w, RECORD_VERSION);
	wire_put_u8(&w, guest->told_by & 0xff);
	wire_put_u8(&w, guest->named == GUEST_OF_SNOOP);
	wire_put_bytes(&w, c->guest.bytes, sizeof(c->guest.bytes));
	wire_put_u8(&w, (uint32_t)name_len);
	wire_put_bytes(&w, guest->name, name_len);
	wire_put_u8(&w, c->host_count);
	for (unsigned int i = 0; i < c->host_count; i++) {
		const struct handover_host *h = &c->hosts[i];

		wire_put_bytes(&w, h->mac, sizeof(h->mac));
		wire_put_bytes(&w, h->port, HANDOVER_PORT_BYTES);
		wire_put_u32(&w, h->eid.iid);
		wire_put_u16(&w, h->eid.addr.afi);
		wire_put_u8(&w, h->eid.addr.len);
		wire_put_bytes(&w, h->eid.addr.bytes, h->eid.addr.len);
	}
	return wire_written(&w) ? w.pos : 0;
}

static void read_host(struct wire_reader *r, struct handover_host *h)
{
	const uint8_t *mac = wire_get_bytes(r, sizeof(h->mac), "MAC");
	const uint8_t *port = wire_get_bytes(r, HANDOVER_PORT_BYTES, "port"), *bytes;
	uint32_t iid = wire_get_u32(r, "instance");
	size_t at = r->pos;
	uint16_t afi = wire_get_u16(r, "AFI");
	uint8_t len = wire_get_u8(r, "length");
	struct address a;

	bytes = wire_get_bytes(r, len, "address");
	if (!wire_ok(r))
		return;
	if ((afi != AFI_IPV4 && afi != AFI_IPV6 && afi != AFI_MAC) ||
		!address_set(&a, afi, bytes, len) || iid >= 0xffffff) {
		wire_refuse(r, "address", at, afi, "a host's address");
		return;
	}
	h->eid = eid_host(iid, &a);
	memcpy(h->mac, mac, sizeof(h->mac));
	memcpy(h->port, port, HANDOVER_PORT_BYTES);
}

bool recall_read(const uint8_t *bytes, size_t len, struct recalled *out, char *why, size_t why_size)
{
	const uint8_t *uuid, *name;
	struct wire_fault fault;
	struct wire_reader r;
	uint8_t name_len;

	memset(out, 0, sizeof(*out));
	wire_reader_init(&r, bytes, len, &fault);
	if (wire_get_u8(&r, "version") != RECORD_VERSION)
		wire_refuse(&r, "version", 0, len ? bytes[0] : 0, "1");
	out->told_by = wire_get_u8(&r, "sources");
	out->snooped = wire_get_u8(&r, "snooped") & 1;
	uuid = wire_get_bytes(&r, sizeof(out->uuid.bytes), "UUID");
	name_len = wire_get_u8(&r, "length of the name");
	if (name_len == 0 || name_len > GUEST_NAME_MAX)
		wire_refuse(&r, "length of the name", r.pos - 1, name_len, "1 to 63");
	name = wire_get_bytes(&r, name_len, "name");
	out->host_count = wire_get_u8(&r, "hosts");
	if (out->host_count == 0 || out->host_count > HANDOVER_HOSTS_MAX)
		wire_refuse(&r, "hosts", r.pos - 1, out->host_count, "1 to 32");
	for (unsigned int i = 0; i < out->host_count && wire_ok(&r); i++)
		read_host(&r, &out->hosts[i]);
	wire_expect_end(&r, "record");
	if (!wire_ok(&r)) {
		wire_fault_text(&fault, why, why_size);
		return false;
	}
	memcpy(out->uuid.bytes, uuid, sizeof(out->uuid.bytes));
	memcpy(out->name, name, name_len);
	return true;
}
