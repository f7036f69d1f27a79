/* See phantom.h. */
#include "tests/trill/phantom.h"

#include <stdlib.h>
#include <string.h>

#include "trill/codec/ethernet.h"

struct phantom phantom_of(
	struct virtual_campus *c, unsigned int node, uint16_t port, uint16_t number)
{
	return (struct phantom){.c = c,
		.node = node,
		.port = port,
		.system = {{1, 0, 0, 0, (uint8_t)(number >> 8), (uint8_t)number}},
		.lists = campus_mac(node, port),
		.wants = 1,
		.holding_s = 30,
		.mac = {{0, 2, 0, 0, (uint8_t)(number >> 8), (uint8_t)number}}};
}

void phantom_say(struct phantom *p, const uint8_t *pdu, size_t len)
{
	struct ethernet outer = {.da = mac_all_isis_rbridges,
		.sa = p->mac,
		.tagged = p->vlan,
		.vlan = p->vlan,
		.ethertype = ETHERTYPE_L2_ISIS};
	uint8_t frame[2048];
	struct wire_writer w;

	wire_writer_init(&w, frame, sizeof(frame));
	ethernet_write(&w, &outer);
	wire_put_bytes(&w, pdu, len);
	if (!wire_written(&w))
		abort();
	campus_inject(p->c, p->node, p->port, frame, w.pos);
}

void phantom_hello(struct phantom *p, uint8_t area)
{
	struct adjacency heard = {.key = {.mac = p->lists}, .designated_until = MONO_NEVER};
	struct adjacency_table table = {.rows = &heard, .count = 1, .max = 1, .lan = true};
	struct hello_ours ours = {
		.head = {.source = p->system, .holding_s = p->holding_s, .priority = p->priority},
		.flags = {.port_id = 1,
			.bypass = true,
			.outer_vlan = 1,
			.designated_vlan = p->wants},
		.designated = 1,
		.neighbors = &table,
		.key = p->key};
	uint8_t pdu[ISIS_MAX_HELLO];
	int len = hello_write(pdu, sizeof(pdu), &ours);
	struct tlv_iter it;
	struct isis_pdu read;
	struct wire_fault fault;
	struct tlv t;

	if (len < 0 || isis_parse(pdu, (size_t)len, &read, &fault))
		abort();
	isis_tlvs(&read, &it);
	while (tlv_find(&it, TLV_AREA, &t))
		pdu[t.value + 1 - pdu] = area;
	phantom_say(p, pdu, (size_t)len);
}

void phantom_lsp(struct phantom *p, const struct lsp_id *id, uint32_t sequence, uint16_t lifetime_s,
	const uint8_t *tlvs, size_t len)
{
	struct isis_pdu head = {.type = ISIS_LSP,
		.u.lsp = {.lifetime_s = lifetime_s,
			.id = *id,
			.sequence = sequence,
			.flags = ISIS_LSP_LEVEL1}};
	uint8_t pdu[1492];
	struct wire_writer w;
	int made;

	wire_writer_init(&w, pdu, sizeof(pdu));
	isis_begin(&w, &head);
	if (p->key)
		isis_auth_put(&w, p->key, TLV_STANDARD);
	wire_put_bytes(&w, tlvs, len);
	made = isis_end(&w);
	if (made < 0 || (p->key && isis_auth_sign(p->key, pdu, (size_t)made)))
		abort();
	isis_checksum_set(pdu, (size_t)made);
	phantom_say(p, pdu, (size_t)made);
}

void phantom_claims(struct phantom *p, const uint16_t *nicknames, unsigned int n)
{
	struct reach reach = {
		.neighbor = {.system = {{2, 0, 0, (uint8_t)(p->node >> 8), (uint8_t)p->node, 0}}},
		.metric = 20000};
	struct lsp_id id = {.system = p->system};
	uint8_t tlvs[256];
	struct wire_writer w;
	size_t at;

	wire_writer_init(&w, tlvs, sizeof(tlvs));
	at = tlv_begin(&w, TLV_REACHABILITY, TLV_STANDARD);
	reach_put(&w, &reach);
	tlv_end(&w, at, TLV_STANDARD);
	at = capability_begin(&w, 0);
	for (unsigned int i = 0; i < n; i++) {
		struct capability_nickname claim = {
			.priority = 0xff, .root_priority = 1, .nickname = nicknames[i]};

		capability_nicknames_put(&w, &claim, 1);
	}
	tlv_end(&w, at, TLV_STANDARD);
	if (!wire_written(&w))
		abort();
	phantom_lsp(p, &id, ++p->sequence, LSDB_MAX_AGE_S, tlvs, w.pos);
}

void phantom_live_s(struct phantom *p, unsigned int seconds)
{
	for (unsigned int i = 0; i < seconds; i++) {
		phantom_hello(p, 0);
		campus_run_ms(p->c, 1000);
	}
}
