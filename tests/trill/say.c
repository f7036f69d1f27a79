/* say: writes frames as an RBridge sends them to a pcap on standard output, for an independent
 * decoder. They come in the order of the calls in main(), by which tshark.sh names them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/trill/pcap.h"
#include "trill/codec/capability.h"
#include "trill/codec/data.h"
#include "trill/codec/isis_auth.h"
#include "trill/codec/lsp_tlv.h"

static const struct mac ours = {{0x00, 0x00, 0x5e, 0x00, 0x53, 0xde}};
static const struct mac theirs = {{0x00, 0x00, 0x5e, 0x00, 0x53, 0xe3}};
static const struct system_id system_id = {{0x30, 0x03, 0x30, 0x03, 0x30, 0x03}};
static const struct lan_id lan = {.system = {{0x44, 0x44, 0x44, 0x44, 0x44, 0x44}}, .circuit = 1};

static void frame(const uint8_t *bytes, int len)
{
	if (len < 0)
		exit(1);
	pcap_frame((struct mono){0}, bytes, (size_t)len);
}

/* One PDU to All-IS-IS-RBridges on VLAN 1 at priority 7. */
static void pdu(const uint8_t *bytes, int len)
{
	struct ethernet e = {.da = mac_all_isis_rbridges,
		.sa = ours,
		.tagged = true,
		.priority = 7,
		.vlan = 1,
		.ethertype = ETHERTYPE_L2_ISIS};
	uint8_t out[2048];
	struct wire_writer w;

	wire_writer_init(&w, out, sizeof(out));
	ethernet_write(&w, &e);
	wire_put_bytes(&w, bytes, len < 0 ? 0 : (size_t)len);
	frame(out, len < 0 || !wire_written(&w) ? -1 : (int)w.pos);
}

static void port_capability(struct wire_writer *w)
{
	struct hello_vlan_flags flags = {.port_id = 0x123,
		.nickname = 0xffde,
		.af = true,
		.bypass = true,
		.outer_vlan = 1,
		.designated_vlan = 1};
	struct hello_appointment a[2] = {{0x1234, 1, 10}, {0x1235, 20, 30}};
	struct trill_version v = {.capabilities = PORT_CAPABILITY_HELLO_REDUCTION};
	size_t at = hello_port_capability_begin(w);
	struct vlan_set vlans;

	vlan_set_clear(&vlans);
	vlan_set_add_range(&vlans, 1, 12);
	hello_vlan_flags_put(w, &flags);
	hello_vlans_put(w, HELLO_ENABLED_VLANS, &vlans, 0);
	hello_appointments_put(w, a, 2);
	hello_version_put(w, HELLO_PORT_VERSION, &v);
	hello_vlans_put(w, HELLO_VLANS_APPOINTED, &vlans, 0);
	tlv_end(w, at, TLV_STANDARD);
}

static void hello(enum isis_type type)
{
	static const uint8_t scopes[] = {ISIS_SCOPE_E_L1CS, ISIS_SCOPE_E_L1FS};
	struct hello_neighbor neighbor = {.oomf = true, .mtu = 9000, .snpa = theirs};
	struct hello_three_way three_way = {.state = THREE_WAY_INITIALIZING,
		.has_circuit = true,
		.circuit = 0x123,
		.has_neighbor = true,
		.neighbor = lan.system,
		.has_neighbor_circuit = true,
		.neighbor_circuit = 0x456};
	struct isis_pdu p = {.type = type,
		.u.hello = {.circuit_type = 1,
			.source = system_id,
			.holding_s = 9,
			.priority = 0x40,
			.lan = lan,
			.circuit = 5}};
	struct isis_key *key = isis_key_new(ISIS_AUTH_HMAC_MD5, 0, "secret", 6);
	uint8_t out[ISIS_MAX_HELLO];
	struct wire_writer w;
	int len;

	if (!key)
		exit(1);
	wire_writer_init(&w, out, sizeof(out));
	isis_begin(&w, &p);
	isis_auth_put(&w, key, TLV_STANDARD);
	hello_area_put(&w);
	hello_protocols_put(&w);
	port_capability(&w);
	if (type == ISIS_LAN_IIH)
		hello_neighbors_put(&w, &neighbor, 1);
	else
		hello_three_way_put(&w, &three_way);
	hello_bfd_put(&w);
	hello_scopes_put(&w, scopes, sizeof(scopes));
	len = isis_end(&w);
	if (len < 0 || isis_auth_sign(key, out, (size_t)len))
		exit(1);
	isis_key_free(key);
	pdu(out, len);
}

static void capability(struct wire_writer *w)
{
	static const uint8_t root[] = {0x80, 0, 0, 0, 0x53, 1};
	static const uint16_t trees[] = {0xffde, 0x1234};
	static const uint32_t group[] = {5, 6, 7};
	struct capability_nickname nickname = {
		.priority = 0xc0, .root_priority = 0x8000, .nickname = 0xffde};
	struct capability_trees count = {.compute = 2, .max = 16, .use = 1};
	struct capability_interest interest = {.nickname = 0xffde,
		.m4 = true,
		.m6 = true,
		.start = 5,
		.end = 12,
		.af_lost = 3,
		.root_count = 1,
		.roots = root};
	struct trill_version v = {.capabilities = CAPABILITY_BIT_FGL_SAFE | CAPABILITY_BIT_E_L1FS};
	size_t at = capability_begin(w, 0);

	capability_nicknames_put(w, &nickname, 1);
	capability_trees_put(w, &count);
	capability_tree_ids_put(w, CAPABILITY_TREE_IDS, 1, trees, 2);
	capability_tree_ids_put(w, CAPABILITY_TREE_USE_IDS, 1, trees, 1);
	capability_interest_put(w, &interest);
	hello_version_put(w, CAPABILITY_VERSION, &v);
	capability_group_put(w, CAPABILITY_VLAN_GROUP, group, 3);
	tlv_end(w, at, TLV_STANDARD);
}

static void group_address(struct wire_writer *w)
{
	static const uint8_t records[] = {0, 0x01, 0x00, 0x5e, 0x00, 0x00, 0x01};
	struct group_list g = {.label = {.id = 5},
		.address_len = 6,
		.count = 1,
		.records = records,
		.records_len = sizeof(records)};
	size_t at = tlv_begin(w, TLV_GROUP_ADDRESS, TLV_STANDARD);

	group_list_put(w, &g);
	tlv_end(w, at, TLV_STANDARD);
}

static void lsp(void)
{
	struct reach reach[2] = {{.neighbor = lan, .metric = 20000},
		{.neighbor = {.system = lan.system}, .metric = 2000, .has_mtu = true, .mtu = 9000}};
	struct isis_pdu p = {.type = ISIS_LSP,
		.u.lsp = {.lifetime_s = 1200,
			.id = {.system = system_id},
			.sequence = 0x1234,
			.flags = ISIS_LSP_LEVEL1 | ISIS_LSP_OVERLOAD}};
	uint8_t out[ISIS_MAX_HELLO];
	struct wire_writer w;
	size_t at;
	int len;

	wire_writer_init(&w, out, sizeof(out));
	isis_begin(&w, &p);
	hello_area_put(&w);
	hello_protocols_put(&w);
	buffer_size_put(&w, 1470);
	capability(&w);
	at = tlv_begin(&w, TLV_REACHABILITY, TLV_STANDARD);
	reach_put(&w, &reach[0]);
	reach_put(&w, &reach[1]);
	tlv_end(&w, at, TLV_STANDARD);
	group_address(&w);
	len = isis_end(&w);
	if (len > 0)
		isis_checksum_set(out, (size_t)len);
	pdu(out, len);
}

static void snp(enum isis_type type)
{
	struct lsp_entry entry = {.lifetime_s = 1199,
		.id = {.system = system_id, .fragment = 2},
		.sequence = 0x1234,
		.checksum = 0xabcd};
	struct isis_pdu p = {.type = type, .u.snp = {.source = {.system = system_id}}};
	uint8_t out[ISIS_MAX_HELLO];
	struct wire_writer w;

	memset(&p.u.snp.end, 0xff, sizeof(p.u.snp.end));
	wire_writer_init(&w, out, sizeof(out));
	isis_begin(&w, &p);
	lsp_entries_put(&w, &entry, 1, TLV_STANDARD);
	pdu(out, isis_end(&w));
}

/* Appendix B.3 and B.4 of RFC 7780, on Ethernet both. */
static void data(bool multi)
{
	static const uint8_t arp[] = {0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1, 0, 0, 0x5e, 0, 0x53, 0x44,
		192, 0, 2, 7, 0, 0, 0, 0, 0, 0, 192, 0, 2, 13};
	static const uint8_t icmp[] = {0x08, 0x00, 0x45, 0, 0, 28, 0x35, 0x79, 0, 0, 0x11, 1, 0xf0,
		0x50, 192, 0, 2, 7, 192, 0, 2, 13, 8, 0, 0x2b, 0x45, 0x87, 0x65, 0x43, 0x21};
	struct data_frame f = {.outer = {.da = theirs, .sa = ours, .tagged = true, .vlan = 1},
		.header = {.hops = 14, .egress = 0xffdf, .ingress = 0xffdc},
		.inner = {.da = {{0, 0, 0x5e, 0, 0x53, 0x22}},
			.sa = {{0, 0, 0x5e, 0, 0x53, 0x44}},
			.label = {.id = 34}},
		.payload = icmp,
		.payload_len = sizeof(icmp)};
	uint8_t out[256];

	if (multi) {
		f.outer.da = mac_all_rbridges;
		f.header.multi = true;
		f.header.hops = 13;
		f.header.egress = 0xffdd;
		memset(f.inner.da.bytes, 0xff, MAC_LEN);
		f.payload = arp;
		f.payload_len = sizeof(arp);
	}
	frame(out, data_frame_write(out, sizeof(out), &f));
}

int main(void)
{
	pcap_begin();
	hello(ISIS_LAN_IIH); /* 1 */
	hello(ISIS_P2P_IIH); /* 2 */
	lsp();               /* 3 */
	snp(ISIS_CSNP);      /* 4 */
	snp(ISIS_PSNP);      /* 5 */
	data(false);         /* 6 */
	data(true);          /* 7 */
	pcap_end();
	return 0;
}
