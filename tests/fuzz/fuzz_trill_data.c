/* fuzz_trill_data: an Ethernet frame with TRILL Data: read it, write it to the same bytes, count
 * its hops down both ways, choose its path, and read what a channel message, a flush, BFD or OAM
 * inside says. */
#include "tests/fuzz/need.h"

#include <string.h>

#include "trill/codec/bfd_auth.h"
#include "trill/codec/channel.h"
#include "trill/codec/data.h"
#include "trill/codec/flow.h"
#include "trill/codec/flush.h"
#include "trill/codec/oam_auth.h"

/* Each MAC that a flush lists, in each label that it lists, is one that it applies to. */
static void flush_each(const struct flush *f, uint16_t ingress)
{
	static struct flush_list l; /* large */
	uint32_t vlan = 1;

	if (f->nickname_count || !flush_listed(f, &l))
		return;
	need(l.mac_count <= FLUSH_MACS_MAX && l.fgl_count <= FLUSH_FGLS_MAX);
	while (vlan <= VLAN_LAST && !vlan_set_has(&l.vlans, vlan))
		vlan++;
	for (unsigned int i = 0; i < l.mac_count; i++) {
		if (vlan <= VLAN_LAST)
			need(flush_applies(f, (struct label){.id = vlan}, &l.macs[i], ingress));
		for (unsigned int k = 0; k < l.fgl_count; k++)
			need(flush_applies(f, (struct label){.id = l.fgls[k], .fgl = true},
				&l.macs[i], ingress));
	}
}

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
	flush_each(&f, ingress);
}

/* Nobody knows the secret; what we seal is ours, until a bit of it is another. */
static void bfd(const struct channel *c)
{
	static const struct bfd_secret secret = {.id = 1, .bytes = "what nobody guesses"};
	uint8_t ours[BFD_CONTROL_MAX];
	uint32_t sequence;

	need(!bfd_auth_check(c->payload, c->payload_len, &secret, 1, &sequence));
	if (c->payload_len < BFD_CONTROL_LEN)
		return;
	memcpy(ours, c->payload, BFD_CONTROL_LEN);
	need(bfd_auth_seal(ours, &secret, 0x12345678));
	need(bfd_auth_check(ours, sizeof(ours), &secret, 1, &sequence) && sequence == 0x12345678);
	ours[c->payload[0] % sizeof(ours)] ^= 1;
	need(!bfd_auth_check(ours, sizeof(ours), &secret, 1, &sequence));
}

/* What a TLV's reader takes, its writer writes: to be read again as the same. */
static void oam_tlv(const struct tlv *t)
{
	static uint8_t out[1024];
	struct oam_address address, other;
	struct oam_original original;
	struct oam_port port, again;
	uint16_t nickname, flow;
	struct wire_writer w;
	const uint8_t *bytes;
	struct label label;
	struct tlv_iter it;
	struct tlv back;
	uint32_t count;
	uint8_t status;

	oam_sender_read(t, &nickname);
	oam_interface_read(t, &status);
	oam_previous_read(t, &nickname);
	oam_receivers_read(t, &count);
	oam_flow_read(t, &nickname, &flow);
	oam_label_read(t, &label);
	if (!oam_reflector_read(t, &bytes))
		need(bytes + OAM_FLOW_LEN == t->value + t->len);
	if (!oam_original_read(t, &original))
		need(original.flow + OAM_FLOW_LEN == t->value + t->len);
	for (int i = 0; i < oam_nicknames_read(t); i++)
		oam_nickname_at(t, (unsigned int)i);
	wire_writer_init(&w, out, sizeof(out));
	if (!oam_address_read(t, &address)) {
		oam_address_put(&w, &address);
		tlv_iter_init(&it, out, w.pos, TLV_OAM);
		need(wire_written(&w) && tlv_next(&it, &back) && !oam_address_read(&back, &other));
		need(!memcmp(&address, &other, sizeof(address)));
	}
	wire_writer_init(&w, out, sizeof(out));
	if (!oam_port_read(t, &port)) {
		oam_port_put(&w, OAM_TLV_INGRESS, &port);
		tlv_iter_init(&it, out, w.pos, TLV_OAM);
		need(wire_written(&w) && tlv_next(&it, &back) && !oam_port_read(&back, &again));
		need(!memcmp(&port, &again, sizeof(port)));
	}
}

static void oam_message(const uint8_t *bytes, size_t len)
{
	struct wire_fault fault;
	struct oam_ccm ccm;
	struct tlv_iter it;
	struct oam o;
	struct tlv t;

	if (oam_read(bytes, len, &o, &fault))
		return;
	if (!oam_ccm_read(&o, &ccm))
		need(ccm.maid + OAM_MAID_LEN <= bytes + len);
	tlv_iter_init(&it, o.tlvs, o.tlvs_len, TLV_OAM);
	while (tlv_next(&it, &t))
		oam_tlv(&t);
	need(!it.err);
}

/* A digest that stands where the message says is that of no key. */
static void oam_signed(const uint8_t *packet, size_t len)
{
	static struct isis_key *key;

	if (!key)
		key = isis_key_new(ISIS_AUTH_HMAC_SHA256, 1, "fuzz", 4);
	need(oam_auth_check(packet, len, &key, 1) == -TRILL_EAUTH);
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
	/* Bounds are the frame's; more than one way is one of them. */
	need(flow_choice(flow_hash(data + f.inner_at, data + size, 7), 3) < 3);
	if (!channel_read(f.payload, f.payload_len, &c, &fault)) {
		flush_message(&c, f.header.ingress);
		bfd(&c);
		for (int i = 0; i < port_shutdown_count(&c); i++)
			port_shutdown_at(&c, (unsigned int)i);
	}
	oam_message(f.payload, f.payload_len);
	if (size - f.inner_at > OAM_FLOW_LEN)
		oam_message(data + f.inner_at + OAM_FLOW_LEN, size - f.inner_at - OAM_FLOW_LEN);
	oam_signed(data + f.header_at, size - f.header_at);
	return 0;
}
