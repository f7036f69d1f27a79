/* say_oam: writes OAM messages right behind an Ethernet header, without TRILL header and flow
 * entropy, to a pcap on standard output: tshark knows 802.1Q's messages there alone. A continuity
 * check, and a loopback's answer with those TLVs of 802.1Q that answers of TRILL OAM carry. */
#include <stdio.h>
#include <stdlib.h>

#include "trill/codec/oam_tlv.h"

static const struct mac ours = {{0x00, 0x00, 0x5e, 0x00, 0x53, 0xde}};
static const struct mac theirs = {{0x00, 0x00, 0x5e, 0x00, 0x53, 0xe3}};
static uint8_t out[512];

static void put(const void *bytes, size_t n)
{
	if (fwrite(bytes, 1, n, stdout) != n)
		exit(1);
}

static void begin(struct wire_writer *w, const struct oam *o)
{
	wire_writer_init(w, out, sizeof(out));
	mac_put(w, &theirs);
	mac_put(w, &ours);
	oam_begin(w, o);
	oam_sender_put(w, 0x1234);
}

static void end(struct wire_writer *w)
{
	uint32_t head[4] = {0, 0, 0, 0};

	oam_end(w);
	if (!wire_written(w))
		exit(1);
	head[2] = head[3] = (uint32_t)w->pos;
	put(head, sizeof(head));
	put(out, w->pos);
}

int main(void)
{
	static const uint32_t head[6] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, 65535, 1};
	struct oam_port port = {.action = OAM_PORT_OK, .mac = ours, .has_id = true, .id = 0x123};
	uint8_t own[OAM_CCM_OWN_LEN];
	struct oam ccm = {.level = OAM_LEVEL,
		.opcode = OAM_CCM,
		.flags = OAM_CCM_RDI | 4,
		.session = 7,
		.own = own,
		.own_len = sizeof(own)};
	struct oam reply = {.level = OAM_LEVEL, .opcode = OAM_LOOPBACK_REPLY, .session = 42};
	struct wire_writer w;

	put(head, sizeof(head));
	oam_ccm_own(own, 0x1234, oam_base_maid);
	begin(&w, &ccm);
	oam_flow_put(&w, 0x1234, 3);
	end(&w);
	begin(&w, &reply);
	oam_interface_put(&w, OAM_INTERFACE_LOWER_DOWN);
	oam_port_put(&w, OAM_TLV_INGRESS, &port);
	port.action = OAM_PORT_BLOCKED;
	port.has_id = false;
	oam_port_put(&w, OAM_TLV_EGRESS, &port);
	end(&w);
	return ferror(stdout) || fflush(stdout);
}
