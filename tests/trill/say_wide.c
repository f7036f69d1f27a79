/* say_wide: writes frames with what tshark does not know to a pcap on standard output, for the
 * decoder in decoder.py: sub-TLVs 15 to 18, flooding-scoped and MTU PDUs, fine-grained labels,
 * RBridge Channel, ESADI, OAM. They come in the order of the calls in main(), by which
 * wide.expect numbers them. */
#include <stdlib.h>
#include <string.h>

#include "tests/trill/pcap.h"
#include "trill/codec/capability.h"
#include "trill/codec/esadi_tlv.h"
#include "trill/codec/laalp_tlv.h"
#include "trill/codec/interface_tlv.h"
#include "trill/codec/lsp_tlv.h"
#include "trill/codec/oam_auth.h"
#include "trill/core/bfd.h"
#include "trill/core/shutdown.h"

#define FRAME_MAX 2048
#define NICKNAME  0x1234
#define THEIRS    0x5678
#define FGL       0xabcdef

static const struct mac ours = {{0x00, 0x00, 0x5e, 0x00, 0x53, 0xde}};
static const struct mac theirs = {{0x00, 0x00, 0x5e, 0x00, 0x53, 0xe3}};
static const struct mac station = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x0a}};
static const struct system_id system_id = {{0x30, 0x03, 0x30, 0x03, 0x30, 0x03}};
static struct isis_key *key;

static void frame(const uint8_t *bytes, int len)
{
	if (len < 0)
		exit(1);
	pcap_frame((struct mono){0}, bytes, (size_t)len);
}

/* One PDU to All-IS-IS-RBridges, without a tag. */
static void pdu(const uint8_t *bytes, int len)
{
	struct ethernet e = {
		.da = mac_all_isis_rbridges, .sa = ours, .ethertype = ETHERTYPE_L2_ISIS};
	uint8_t out[FRAME_MAX];
	struct wire_writer w;

	wire_writer_init(&w, out, sizeof(out));
	ethernet_write(&w, &e);
	wire_put_bytes(&w, bytes, len < 0 ? 0 : (size_t)len);
	frame(out, len < 0 || !wire_written(&w) ? -1 : (int)w.pos);
}

/* TRILL Data in VLAN 10, or in the label @fgl, to All-Egress-RBridges. */
static void data(bool multi, uint16_t egress, uint32_t fgl, const uint8_t *payload, size_t len)
{
	struct data_frame f = {.outer = {.da = multi ? mac_all_rbridges : theirs, .sa = ours},
		.header = {.multi = multi, .hops = 20, .egress = egress, .ingress = NICKNAME},
		.inner = {.da = mac_all_egress,
			.sa = ours,
			.label = {.id = fgl ? fgl : 10, .fgl = fgl},
			.priority = 6},
		.payload = payload,
		.payload_len = len};
	uint8_t out[FRAME_MAX];

	frame(out, data_frame_write(out, sizeof(out), &f));
}

static void interests(struct wire_writer *w)
{
	static const uint8_t roots[] = {0x80, 0, 0, 0, 0x53, 1, 0x80, 0, 0, 0, 0x53, 2};
	struct capability_interest range = {.nickname = NICKNAME,
		.fgl = true,
		.m4 = true,
		.esadi = true,
		.start = 0x10000,
		.end = FGL,
		.af_lost = 0x01020304,
		.root_count = 2,
		.roots = roots};
	struct capability_interest map = {.nickname = NICKNAME,
		.fgl = true,
		.m6 = true,
		.is_bitmap = true,
		.start = 0x20000,
		.bitmap = 0x800001};
	struct capability_interest pull = {
		.nickname = NICKNAME, .pull = true, .no_data = true, .start = 7, .end = 7};

	capability_interest_put(w, &range);
	capability_interest_put(w, &map);
	capability_interest_put(w, &pull);
}

static void lsp(void)
{
	static const uint16_t protocols[] = {1, 2, 6, 9, 0xff0};
	static const uint16_t trees[] = {1, 3};
	static const uint32_t group[] = {0x10000, FGL, 3};
	struct capability_nickname nickname = {
		.priority = 0x40, .root_priority = 0x8000, .nickname = NICKNAME};
	struct isis_pdu p = {.type = ISIS_LSP,
		.u.lsp = {.lifetime_s = 1199,
			.id = {.system = system_id, .fragment = 3},
			.sequence = 0x80000001,
			.flags = ISIS_LSP_LEVEL1}};
	uint8_t out[ISIS_MAX_HELLO];
	struct wire_writer w;
	size_t at;
	int len;

	wire_writer_init(&w, out, sizeof(out));
	isis_begin(&w, &p);
	isis_auth_put(&w, key, TLV_STANDARD);
	at = capability_begin(&w, 0xc0000201);
	interests(&w);
	capability_channels_put(&w, protocols, 5);
	capability_affinity_put(&w, THEIRS, trees, 2);
	capability_affinity_put(&w, NICKNAME, trees, 1);
	capability_group_put(&w, CAPABILITY_LABEL_GROUP, group, 3);
	tlv_end(&w, at, TLV_STANDARD);
	at = tlv_begin(&w, TLV_MT_CAPABILITY, TLV_STANDARD);
	wire_put_u16(&w, 5);
	capability_nicknames_put(&w, &nickname, 1);
	tlv_end(&w, at, TLV_STANDARD);
	len = isis_end(&w);
	if (len < 0 || isis_auth_sign(key, out, (size_t)len))
		exit(1);
	isis_checksum_set(out, (size_t)len);
	pdu(out, len);
}

/* Appointments of a DRB, for its link. */
static void circuit_lsp(void)
{
	struct isis_pdu p = {.type = ISIS_FS_LSP,
		.scope = ISIS_SCOPE_E_L1CS,
		.u.lsp = {.lifetime_s = 1200,
			.id = {.system = system_id, .fragment = 1},
			.sequence = 2,
			.flags = ISIS_LSP_LEVEL1}};
	struct vlan_set near, far;
	uint8_t out[ISIS_MAX_HELLO];
	struct wire_writer w;
	size_t at;
	int len;

	vlan_set_clear(&near);
	vlan_set_clear(&far);
	vlan_set_add_range(&near, 5, 20);
	vlan_set_add(&far, 1);
	vlan_set_add(&far, 4000);
	wire_writer_init(&w, out, sizeof(out));
	isis_begin(&w, &p);
	at = geninfo_begin(&w, TLV_EXTENDED);
	appointment_put(&w, NICKNAME, &near);
	appointment_put(&w, THEIRS, &far);
	tlv_end(&w, at, TLV_EXTENDED);
	len = isis_end(&w);
	if (len > 0)
		isis_checksum_set(out, (size_t)len);
	pdu(out, len);
}

/* An LSP of the campus with 16-bit TLVs: of priority, overloaded, and empty. */
static void campus_lsp(void)
{
	struct isis_pdu p = {.type = ISIS_FS_LSP,
		.scope = ISIS_SCOPE_E_L1FS,
		.scope_flag = true,
		.u.lsp = {.lifetime_s = 60,
			.id = {.system = system_id, .pseudonode = 1, .fragment = 2},
			.sequence = 9,
			.flags = ISIS_LSP_LEVEL1 | ISIS_LSP_OVERLOAD}};
	uint8_t out[256];
	struct wire_writer w;
	int len;

	wire_writer_init(&w, out, sizeof(out));
	isis_begin(&w, &p);
	len = isis_end(&w);
	if (len > 0)
		isis_checksum_set(out, (size_t)len);
	pdu(out, len);
}

static int numbers(uint8_t *out, size_t cap, enum isis_type type, bool unsupported)
{
	struct lsp_entry entries[2] = {{.lifetime_s = 1199,
					       .id = {.system = system_id, .fragment = 1},
					       .sequence = 2,
					       .checksum = 0xabcd},
		{.id = {.system = system_id, .pseudonode = 1}, .sequence = 7, .checksum = 0x12}};
	struct isis_pdu p = {.type = type,
		.scope = ISIS_SCOPE_E_L1CS,
		.scope_flag = unsupported,
		.u.snp = {.source = {.system = system_id}}};
	struct wire_writer w;

	memset(&p.u.snp.end, 0xff, sizeof(p.u.snp.end));
	wire_writer_init(&w, out, cap);
	isis_begin(&w, &p);
	if (!unsupported)
		lsp_entries_put(&w, entries, 2, TLV_EXTENDED);
	return isis_end(&w);
}

static void scoped_numbers(enum isis_type type, bool unsupported)
{
	uint8_t out[ISIS_MAX_HELLO];

	pdu(out, numbers(out, sizeof(out), type, unsupported));
}

static void mtu(enum isis_type type)
{
	struct isis_pdu p = {
		.type = type, .u.mtu = {.probe_id = 0x010203040506, .probe_source = system_id}};
	uint8_t out[FRAME_MAX];
	struct wire_writer w;
	size_t at;

	if (type == ISIS_MTU_ACK)
		p.u.mtu.ack_source.bytes[5] = 9;
	wire_writer_init(&w, out, sizeof(out));
	isis_begin(&w, &p);
	at = tlv_begin(&w, 8, TLV_STANDARD);
	wire_put_zero(&w, 40);
	tlv_end(&w, at, TLV_STANDARD);
	pdu(out, isis_end(&w));
}

/* A station's frame in a fine-grained label, with a hop count above 63. */
static void labelled(void)
{
	static const uint8_t payload[] = {0x08, 0x00, 1, 2, 3, 4};
	struct data_frame f = {.outer = {.da = theirs, .sa = ours, .tagged = true, .vlan = 4},
		.header = {.hops = 300, .color = true, .egress = THEIRS, .ingress = NICKNAME},
		.inner = {.da = theirs,
			.sa = station,
			.label = {.id = FGL, .fgl = true},
			.priority = 5,
			.dei = true},
		.payload = payload,
		.payload_len = sizeof(payload)};
	uint8_t out[FRAME_MAX];

	frame(out, data_frame_write(out, sizeof(out), &f));
}

static void on_channel(void *arg, const struct channel_to *to, const struct data_frame *f)
{
	struct data_frame whole = *f;
	uint8_t out[FRAME_MAX];

	(void)arg;
	whole.outer.da = to->multi ? mac_all_rbridges : theirs;
	whole.outer.sa = ours;
	frame(out, data_frame_write(out, sizeof(out), &whole));
}

/* What is answered by an error: a protocol that nobody serves. */
static void channel_error(struct channel_room *r)
{
	static const uint8_t message[] = {0x89, 0x46, 0x01, 0x23, 0x40, 0x00, 'h', 'i'};
	struct data_frame f = {.outer = {.da = ours, .sa = theirs},
		.header = {.hops = 63, .egress = NICKNAME, .ingress = THEIRS},
		.inner = {.da = mac_all_egress, .sa = theirs, .label = {.id = 1}, .priority = 6},
		.payload = message,
		.payload_len = sizeof(message)};
	struct wire_fault fault;
	uint8_t out[FRAME_MAX];
	int len = data_frame_write(out, sizeof(out), &f);

	if (len < 0 || data_frame_read(out, (size_t)len, &f, &fault))
		exit(1);
	channel_receive(r, &f, out, (size_t)len, 0, mono_add_s((struct mono){0}, 100));
}

static void on_bfd(void *arg, const uint8_t *control, size_t len)
{
	struct channel c = {
		.protocol = CHANNEL_BFD_CONTROL, .payload = control, .payload_len = len};
	struct channel_to to = {.link = true,
		.da = theirs,
		.egress = THEIRS,
		.label = {.id = CHANNEL_VLAN_UNICAST},
		.priority = CHANNEL_PRIORITY_ADJACENCY};

	channel_send(arg, &to, &c);
}

static void bfd(struct channel_room *r)
{
	struct mono now = mono_add_s((struct mono){0}, 100);
	struct random_seeded random;
	struct bfd b;

	random_seeded_init(&random, 1);
	bfd_init(&b, 0x11223344, 15000, 20000, 3, &random.random, now);
	b.send = on_bfd;
	b.changed = NULL;
	b.arg = r;
	bfd_time(&b, bfd_next(&b));
}

static void channels(void)
{
	static const uint16_t ports[] = {1, 0x102}, neighbor = THEIRS;
	struct mono now = mono_add_s((struct mono){0}, 100);
	struct channel_room r;
	struct shutdown s;

	channel_init(&r, NICKNAME, &ours);
	r.send = on_channel;
	channel_error(&r);
	bfd(&r);
	shutdown_init(&s, 1, 20);
	shutdown_failed(&s, &r, ports, 2, &neighbor, 1, now);
	shutdown_time(&s, &r, now);
	shutdown_flush(&r, (struct label){.id = 10}, &station, THEIRS, NICKNAME, 0);
	shutdown_flush(&r, (struct label){.id = FGL, .fgl = true}, &station, THEIRS, NICKNAME, 0);
}

static void esadi_lsp(struct wire_writer *w)
{
	struct esadi_param param = {.priority = 0x41, .csnp_s = 15, .unicast = true};
	struct mac macs[2] = {station, theirs};
	struct interface_list list = {.nickname = NICKNAME,
		.local = true,
		.confidence = 0x40,
		.afn_count = 3,
		.afns = {16389, 1, 2},
		.sizes = {6, 4, 16}};
	struct interface_set set = {.has_mac = true,
		.has_ipv4 = true,
		.has_ipv6 = true,
		.mac = station,
		.ipv4 = {192, 0, 2, 10},
		.ipv6 = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0a}};
	size_t at = geninfo_begin(w, TLV_EXTENDED);

	esadi_param_put(w, &param);
	interface_put(w, &list, &set, 1, TLV_EXTENDED);
	tlv_end(w, at, TLV_EXTENDED);
	mac_reach_put(w, NICKNAME, 0xfe, macs, 2);
}

/* ESADI in a VLAN and in a fine-grained label. */
static void esadi(void)
{
	struct isis_pdu p = {.type = ISIS_FS_LSP,
		.scope = ISIS_SCOPE_E_L1CS,
		.u.lsp = {.lifetime_s = 1200,
			.id = {.system = system_id},
			.sequence = 0x10,
			.flags = ISIS_LSP_LEVEL1}};
	uint8_t out[ISIS_MAX_HELLO] = {0x22, 0xf4};
	struct wire_writer w;
	int len;

	wire_writer_init(&w, out + 2, sizeof(out) - 2);
	isis_begin(&w, &p);
	esadi_lsp(&w);
	len = isis_end(&w);
	if (len < 0)
		exit(1);
	isis_checksum_set(out + 2, (size_t)len);
	data(true, NICKNAME, 0, out, (size_t)len + 2);
	len = numbers(out + 2, sizeof(out) - 2, ISIS_FS_CSNP, false);
	if (len < 0)
		exit(1);
	data(true, NICKNAME, FGL, out, (size_t)len + 2);
}

/* A TRILL header, flow entropy, and an OAM message, to be ended by oam_out(). */
static void oam_start(struct wire_writer *w, uint8_t *out, size_t cap, const struct oam *o)
{
	struct ethernet e = {.da = theirs, .sa = ours, .ethertype = ETHERTYPE_TRILL};
	struct data_header h = {.alert = true, .hops = 1, .egress = THEIRS, .ingress = NICKNAME};
	struct ethernet_inner inner = {.da = theirs, .sa = station, .label = {.id = 10}};
	size_t flow;

	wire_writer_init(w, out, cap);
	ethernet_write(w, &e);
	data_header_write(w, &h);
	flow = w->pos;
	ethernet_inner_write(w, &inner);
	wire_put_zero(w, OAM_FLOW_LEN - (w->pos - flow));
	oam_begin(w, o);
}

static void oam_out(struct wire_writer *w, const uint8_t *out)
{
	oam_end(w);
	frame(out, wire_written(w) ? (int)w->pos : -1);
}

/* All TLVs of RFC 7455, in one answer to a path trace. */
static void trace_reply(void)
{
	static const uint16_t hops[] = {THEIRS, 0x9abc};
	static const uint8_t header[] = {0x20, 0x01, 0x56, 0x78, 0x12, 0x34};
	struct oam o = {.level = OAM_LEVEL,
		.opcode = OAM_TRACE_REPLY,
		.session = 0x01020304,
		.code = OAM_CODE_REPLY,
		.sub_code = OAM_SUB_INTERMEDIATE,
		.final = true,
		.in_band = true};
	struct oam_address address = {
		.type = OAM_ADDRESS_NICKNAME, .len = 2, .bytes = {0x12, 0x34}};
	uint8_t out[FRAME_MAX], flow[OAM_FLOW_LEN] = {1, 2, 3};
	struct wire_writer w;

	oam_start(&w, out, sizeof(out), &o);
	oam_address_put(&w, &address);
	oam_label_put(&w, (struct label){.id = FGL, .fgl = true});
	oam_original_put(&w, header, sizeof(header), flow);
	oam_nicknames_put(&w, OAM_TLV_SCOPE, hops, 1);
	oam_previous_put(&w, THEIRS);
	oam_nicknames_put(&w, OAM_TLV_NEXT_HOPS, hops, 2);
	oam_receivers_put(&w, 3);
	oam_flow_put(&w, 7, 0x102);
	oam_reflector_put(&w, flow);
	oam_out(&w, out);
}

/* A loopback, signed. */
static void loopback(void)
{
	struct isis_key *sha =
		isis_key_new(ISIS_AUTH_HMAC_SHA256, 0x0203, "secret", strlen("secret"));
	struct oam o = {.level = OAM_LEVEL, .opcode = OAM_LOOPBACK, .session = 9, .in_band = true};
	uint8_t out[FRAME_MAX];
	struct wire_writer w;

	if (!sha)
		exit(1);
	oam_start(&w, out, sizeof(out), &o);
	oam_label_put(&w, (struct label){.id = 10});
	oam_auth_put(&w, sha);
	oam_end(&w);
	if (!wire_written(&w) || oam_auth_sign(sha, out + 14, w.pos - 14))
		exit(1);
	frame(out, (int)w.pos);
	isis_key_free(sha);
}

/* What RBridges say of bonds: in FS-LSPs of the campus, and around MAC-RI. */
static void laalps(void)
{
	const struct laalp_id ids[] = {
		{{2, 0, 0, 0, 0, 0x11, 0, 1}}, {{2, 0, 0, 0, 0, 0x11, 0, 2}}};
	const struct laalp_record records[] = {
		{.id = ids[0], .exclusive = true, .reuse = NICKNAME}, {.id = ids[1]}};
	struct isis_pdu p = {.type = ISIS_FS_LSP,
		.scope = ISIS_SCOPE_E_L1FS,
		.u.lsp = {.lifetime_s = 1200,
			.id = {.system = system_id},
			.sequence = 3,
			.flags = ISIS_LSP_LEVEL1}};
	uint8_t out[256];
	struct wire_writer w;
	size_t at;
	int len;

	wire_writer_init(&w, out, sizeof(out));
	isis_begin(&w, &p);
	at = geninfo_begin(&w, TLV_EXTENDED);
	laalp_records_put(&w, records, 2);
	laalp_rbv_put(&w, THEIRS, ids, 2);
	laalp_start_put(&w, &ids[0]);
	tlv_end(&w, at, TLV_EXTENDED);
	mac_reach_put(&w, THEIRS, 0x20, &station, 1);
	at = geninfo_begin(&w, TLV_EXTENDED);
	laalp_end_put(&w);
	tlv_end(&w, at, TLV_EXTENDED);
	len = isis_end(&w);
	if (len > 0)
		isis_checksum_set(out, (size_t)len);
	pdu(out, len);
}

int main(void)
{
	key = isis_key_new(ISIS_AUTH_HMAC_SHA256, 0x0102, "secret", strlen("secret"));
	if (!key)
		return 1;
	pcap_begin();
	lsp();                               /* 1 */
	circuit_lsp();                       /* 2 */
	campus_lsp();                        /* 3 */
	scoped_numbers(ISIS_FS_CSNP, false); /* 4 */
	scoped_numbers(ISIS_FS_PSNP, false); /* 5 */
	scoped_numbers(ISIS_FS_PSNP, true);  /* 6 */
	mtu(ISIS_MTU_PROBE);                 /* 7 */
	mtu(ISIS_MTU_ACK);                   /* 8 */
	labelled();                          /* 9 */
	channels();    /* 10 error, 11 BFD, 12 Port-Shutdown, 13 and 14 flush */
	esadi();       /* 15 and 16 */
	trace_reply(); /* 17 */
	loopback();    /* 18 */
	laalps();      /* 19 */
	pcap_end();
	isis_key_free(key);
	return 0;
}
