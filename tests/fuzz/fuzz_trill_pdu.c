/* fuzz_trill_pdu: an IS-IS PDU as it stands behind Ethertype 0x22F4: parse it, ask every reader of
 * every TLV, write its header anew to the same bytes, and authenticate it. */
#include "tests/fuzz/need.h"

#include <string.h>

#include "trill/codec/capability.h"
#include "trill/codec/esadi_tlv.h"
#include "trill/codec/interface_tlv.h"
#include "trill/codec/isis_auth.h"
#include "trill/codec/laalp_tlv.h"
#include "trill/codec/lsp_tlv.h"
#include "trill/codec/mapping_tlv.h"

static void port_capability(const struct tlv *t)
{
	struct hello_appointment a;
	struct hello_vlan_flags f;
	struct trill_version v;
	struct tlv_iter subs;
	struct vlan_set set;
	uint16_t topology;
	struct tlv sub;

	if (hello_port_capability_read(t, &topology, &subs))
		return;
	vlan_set_clear(&set);
	while (tlv_next(&subs, &sub)) {
		hello_vlan_flags_read(&sub, &f);
		hello_version_read(&sub, &v);
		hello_vlans_read(&sub, &set);
		need(!vlan_set_has(&set, 0) && !vlan_set_has(&set, 0xfff));
		for (int i = 0; i < hello_appointments_count(&sub); i++)
			if (!hello_appointment_at(&sub, (unsigned int)i, &a))
				need(a.start <= a.end && a.start >= 1 && a.end <= VLAN_LAST);
	}
}

/* A range that is read is written to the same bytes, but for what the text has us change. */
static void interest(const struct tlv *t)
{
	struct capability_interest i, back;
	uint8_t bytes[300];
	struct wire_writer w;
	struct tlv_iter it;
	struct tlv again;

	if (capability_interest_read(t, &i))
		return;
	wire_writer_init(&w, bytes, sizeof(bytes));
	capability_interest_put(&w, &i);
	need(wire_written(&w));
	tlv_iter_init(&it, bytes, w.pos, TLV_STANDARD);
	need(tlv_next(&it, &again) && again.type == t->type && again.len == t->len);
	need(!capability_interest_read(&again, &back));
	need(back.start == i.start && back.end == i.end && back.bitmap == i.bitmap);
	need(back.af_lost == i.af_lost && back.root_count == i.root_count);
}

static void capability(const struct tlv *t)
{
	struct capability_affinity a;
	struct capability_nickname n;
	struct capability_trees trees;
	struct trill_version v;
	struct tlv_iter subs;
	uint16_t number;
	struct tlv sub;
	size_t at;
	int err;

	if (capability_read(t, &number, &subs))
		return;
	while (tlv_next(&subs, &sub)) {
		for (int i = 0; i < capability_nicknames_count(&sub); i++)
			capability_nickname_at(&sub, (unsigned int)i, &n);
		capability_trees_read(&sub, &trees);
		for (int i = 0; i < capability_tree_ids_read(&sub, &number); i++)
			capability_tree_id_at(&sub, (unsigned int)i);
		hello_version_read(&sub, &v);
		if (sub.type == CAPABILITY_INT_VLAN || sub.type == CAPABILITY_INT_LABEL)
			interest(&sub);
		for (int i = 0; i < capability_group_count(&sub); i++)
			capability_group_at(&sub, (unsigned int)i);
		for (unsigned int p = 0; p < 4096; p += 7)
			capability_channels_have(&sub, p);
		for (at = 0; capability_affinity_next(&sub, &at, &a, &err);)
			need(a.trees + 2 * a.count <= sub.value + sub.len);
	}
}

static void groups(const struct tlv *t)
{
	struct group_record record;
	struct group_list g;
	struct tlv_iter it;
	struct tlv sub;
	size_t at;

	tlv_iter_sub(&it, t, 0, TLV_STANDARD);
	while (tlv_next(&it, &sub)) {
		if (group_list_read(&sub, &g))
			continue;
		for (at = 0; group_next(&g, &at, &record);)
			need(record.sources + record.source_count * g.address_len <=
				sub.value + sub.len);
	}
}

/* What is written of a bond is read as the same. */
static void bonds(const struct tlv *t)
{
	struct laalp_record record, back;
	struct laalp_id id, again;
	char text[LAALP_ID_TEXT];
	struct laalp_rbv rbv;
	struct wire_writer w;
	uint8_t bytes[64];
	struct tlv_iter it;
	struct tlv sub;
	size_t at, from;
	int err;

	for (at = 0; laalp_record_next(t, &at, &record, &err);) {
		wire_writer_init(&w, bytes, sizeof(bytes));
		laalp_records_put(&w, &record, 1);
		tlv_iter_init(&it, bytes, w.pos, TLV_EXTENDED);
		need(wire_written(&w) && tlv_next(&it, &sub));
		from = 0;
		need(laalp_record_next(&sub, &from, &back, &err));
		need(back.exclusive == record.exclusive && back.reuse == record.reuse);
		need(!laalp_id_compare(&back.id, &record.id));
	}
	if (!laalp_rbv_read(t, &rbv))
		for (unsigned int i = 0; i < rbv.count; i++) {
			id = laalp_rbv_at(&rbv, i);
			laalp_id_text(&id, text);
			if (laalp_id_read(text, &again)) /* not of all zero */
				need(!laalp_id_compare(&id, &again));
		}
	laalp_start_read(t, &id);
}

/* What is read of a mapping is usable, and read anew from what is written of it. */
static void mapping(const struct tlv *t)
{
	struct mapping_pair pair, back;
	struct wire_writer w;
	uint8_t bytes[16];
	struct tlv_iter it;
	struct tlv sub;
	size_t from;

	if (mapping_check(t))
		return;
	for (size_t at = 0; mapping_next(t, &at, &pair);) {
		need(pair.vlan >= 1 && pair.vlan <= VLAN_LAST && pair.fgl <= FGL_LAST);
		wire_writer_init(&w, bytes, sizeof(bytes));
		mapping_put(&w, pair.vlan, pair.fgl, 1);
		tlv_iter_init(&it, bytes, w.pos, TLV_EXTENDED);
		need(wire_written(&w) && tlv_next(&it, &sub) && !mapping_check(&sub));
		from = 0;
		need(mapping_next(&sub, &from, &back));
		need(back.vlan == pair.vlan && back.fgl == pair.fgl);
	}
}

static void geninfo(const struct tlv *t, enum tlv_form form)
{
	struct interface_list list;
	struct interface_set set;
	struct esadi_param param;
	struct vlan_set vlans;
	struct tlv_iter it;
	uint16_t nickname, size;
	const uint8_t *bytes;
	bool ipv6;
	struct tlv sub;

	if (geninfo_read(t, form, &it))
		return;
	while (tlv_next(&it, &sub)) {
		esadi_param_read(&sub, &param);
		snp_buffer_read(&sub, &size);
		bonds(&sub);
		mapping(&sub);
		vlan_set_clear(&vlans);
		appointment_read(&sub, &nickname, &vlans);
		if (interface_read(&sub, form, &list))
			continue;
		for (unsigned int i = 0; i < list.set_count; i++) {
			interface_set_at(&list, i, &set);
			for (unsigned int k = 0; interface_ip_at(&list, i, k, &ipv6, &bytes); k++)
				(void)*(const volatile uint8_t *)&bytes[ipv6 ? 15 : 3];
		}
	}
}

static void each_tlv(const struct tlv *t, enum tlv_form form)
{
	struct hello_neighbors neighbors;
	struct hello_neighbor neighbor;
	struct purge_originator poi;
	struct hello_three_way way;
	struct mac_reach macs;
	struct lsp_entry entry;
	struct reach reach;
	uint16_t size;
	struct mac mac;
	int err;

	hello_area_is_trill(t);
	hello_protocols_have(t, ISIS_NLPID_TRILL);
	hello_bfd_enabled(t);
	hello_scopes_have(t, ISIS_SCOPE_E_L1CS);
	hello_three_way_read(t, &way);
	buffer_size_read(t, &size);
	purge_originator_read(t, &poi);
	if (!hello_neighbors_read(t, &neighbors))
		for (unsigned int i = 0; i < neighbors.count; i++)
			hello_neighbor_at(&neighbors, i, &neighbor);
	for (int i = 0; i < lsp_entries_count(t); i++)
		lsp_entry_at(t, (unsigned int)i, &entry);
	for (size_t at = 0; reach_next(t, &at, &reach, &err);)
		need(reach.metric <= 0xffffff);
	if (!mac_reach_read(t, &macs))
		for (unsigned int i = 0; i < macs.count; i++)
			mac_reach_at(&macs, i, &mac);
	port_capability(t);
	capability(t);
	groups(t);
	geninfo(t, form);
}

/* Reserved bits aside the header is written as it came. */
static void write_and_parse(const struct isis_pdu *p)
{
	static uint8_t bytes[70000];
	struct wire_fault fault;
	struct isis_pdu back;
	struct wire_writer w;

	wire_writer_init(&w, bytes, sizeof(bytes));
	isis_begin(&w, p);
	wire_put_bytes(&w, p->bytes + p->header_len, p->len - p->header_len);
	need(isis_end(&w) == (int)p->len);
	need(!isis_parse(bytes, p->len, &back, &fault));
	need(back.type == p->type && back.scope == p->scope && back.len == p->len);
	if (p->type == ISIS_LSP || p->type == ISIS_FS_LSP) {
		need(!lsp_id_compare(&back.u.lsp.id, &p->u.lsp.id));
		need(back.u.lsp.sequence == p->u.lsp.sequence);
		isis_checksum_set(bytes, p->len);
		need(!isis_parse(bytes, p->len, &back, &fault) && isis_checksum_right(&back));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct isis_key *keys[2];
	struct wire_fault fault;
	struct isis_pdu p;
	struct tlv_iter it;
	struct tlv t;

	if (!keys[0]) {
		keys[0] = isis_key_new(ISIS_AUTH_HMAC_MD5, 0, "secret", 6);
		keys[1] = isis_key_new(ISIS_AUTH_HMAC_SHA256, 7, "secret", 6);
	}
	need(keys[0] && keys[1]);
	if (isis_parse(data, size, &p, &fault))
		return 0;
	need(p.len <= size && p.header_len <= p.len);
	isis_tlvs(&p, &it);
	while (tlv_next(&it, &t))
		each_tlv(&t, p.form);
	need(!it.err); /* the parser has checked the framing */
	isis_auth_check(&p, keys, 2);
	write_and_parse(&p);
	return 0;
}
