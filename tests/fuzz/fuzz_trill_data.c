/* fuzz_trill_data: an Ethernet frame with TRILL Data: read it, write it to the same bytes, count
 * its hops down both ways, and read what a channel message, a flush or OAM inside says. */
#include "tests/fuzz/need.h"

#include <string.h>

#include "trill/codec/channel.h"
#include "trill/codec/data.h"
#include "trill/codec/flush.h"
#include "trill/codec/oam.h"

static void flush_message(const struct channel *c, uint16_t ingress)
{
	static const struct mac mac = {{2, 0, 0, 0, 0, 1}};
	struct wire_fault fault;
	struct flush f;

	if (flush_read(c->payload, c->payload_len, ingress, &f, &fault))
		return;
	for (uint32_t id = 0; id < 4096; id += 5)
		flush_applies(&f, (struct label){.id = id}, &mac, ingress);
	flush_applies(&f, (struct label){.id = 0x123456, .fgl = true}, &mac, ingress);
	need(!flush_applies(&f, (struct label){.id = VLAN_RESERVED}, &mac, ingress));
}

static void oam_message(const uint8_t *bytes, size_t len)
{
	struct wire_fault fault;
	struct tlv_iter it;
	uint16_t nickname;
	struct oam o;
	struct tlv t;

	if (oam_read(bytes, len, &o, &fault))
		return;
	tlv_iter_init(&it, o.tlvs, o.tlvs_len, TLV_OAM);
	while (tlv_next(&it, &t)) {
		oam_previous_read(&t, &nickname);
		for (int i = 0; i < oam_next_hops_read(&t); i++)
			oam_next_hop_at(&t, (unsigned int)i);
	}
	need(!it.err);
}

static void hops(const uint8_t *frame, const struct data_frame *f)
{
	uint8_t bytes[DATA_HEADER_LEN + DATA_FLAGS_LEN], want[sizeof(bytes)];
	size_t len = f->inner_at - f->header_at;
	struct data_header h = f->header;
	struct wire_writer w;
	bool more;

	memcpy(bytes, frame + f->header_at, len);
	more = data_hop(&h);
	need(data_hop_in_place(bytes, len) == more);
	wire_writer_init(&w, want, sizeof(want));
	data_header_write(&w, &h);
	need(wire_written(&w) && w.pos == len);
	/* The summary bit follows from the extension; a sender may have set it otherwise. */
	if (h.has_flags) {
		bytes[6] &= (uint8_t)~0x20;
		want[6] &= (uint8_t)~0x20;
	}
	need(!memcmp(bytes, want, len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t out[70000];
	struct wire_fault fault;
	struct data_frame f, back;
	struct channel c;
	int len;

	if (size > 65536 || data_frame_read(data, size, &f, &fault))
		return 0;
	need(f.inner_at <= size && f.payload + f.payload_len == data + size);
	len = data_frame_write(out, sizeof(out), &f);
	need(len == (int)size);
	need(!data_frame_read(out, (size_t)len, &back, &fault));
	need(back.header.hops == f.header.hops && back.header.egress == f.header.egress);
	need(label_equal(back.inner.label, f.inner.label) && back.payload_len == f.payload_len);
	hops(data, &f);
	if (!channel_read(f.payload, f.payload_len, &c, &fault)) {
		flush_message(&c, f.header.ingress);
		for (int i = 0; i < port_shutdown_count(&c); i++)
			port_shutdown_at(&c, (unsigned int)i);
	}
	oam_message(f.payload, f.payload_len);
	if (f.payload_len > OAM_FLOW_LEN)
		oam_message(f.payload + OAM_FLOW_LEN, f.payload_len - OAM_FLOW_LEN);
	return 0;
}
