/* A frame: whose is it, is it whole, from a neighbour and authentic, and which room takes it (see
 * rbridge.h; RFC 6325 sections 4.2.4 and 4.6.2). */
#include "trill/core/rbridge_internal.h"

/* LSPs, CSNPs and PSNPs are taken from neighbours alone, and authentic where keys are. */
static bool believed(struct rbridge_port *port, const struct isis_pdu *p, const struct mac *sa)
{
	const struct rbridge_config *c = &port->rb->config;

	if (!rbridge_port_neighbor(port, sa)) {
		port->counters.not_adjacent++;
		return false;
	}
	if (c->key_count && isis_auth_check(p, c->keys, c->key_count)) {
		port->counters.malformed[TRILL_EAUTH]++;
		return false;
	}
	return true;
}

static void lsp_take(
	struct rbridge_port *port, const struct isis_pdu *p, const struct mac *sa, struct mono now)
{
	struct rbridge *rb = port->rb;
	enum lsdb_verdict verdict;

	/* A purge's is not looked at: it may be 0, or of what was purged (ISO 10589 section
	 * 7.3.16.4). */
	if (p->u.lsp.lifetime_s && !isis_checksum_right(p)) {
		port->counters.malformed[TRILL_ECHECKSUM]++;
		return;
	}
	verdict = lsdb_receive(rb->db, p, port->number, now);
	port->counters.lsps[verdict]++;
	if (verdict == LSDB_FULL) {
		origin_full(&rb->origin, now);
		rbridge_nickname_refused(rb, p, now);
	}
	if (verdict == LSDB_OURS)
		rbridge_same_id_lsp(port, &p->u.lsp, sa, now);
	flood_kick(&rb->flood, now);
}

static void snp_take(struct rbridge_port *port, const struct isis_pdu *p, struct mono now)
{
	struct rbridge *rb = port->rb;
	int err;

	/* ISO 10589 section 7.3.15.2 a: on a LAN a PSNP is for the DRB. */
	if (p->type == ISIS_PSNP && !port->config.p2p && port->drb.state != DRB_IS_DRB)
		return;
	err = lsdb_snp(rb->db, p, port->number, now);
	if (err)
		port->counters.malformed[-err]++;
	if (p->type == ISIS_CSNP)
		rbridge_topology_heard(rb, now);
	flood_kick(&rb->flood, now);
}

/* RFC 7356 section 5: point to point, where it would be sent again and again, it is said that
 * nothing of the scope is taken. */
static void scope_refuse(struct rbridge_port *port, const struct isis_pdu *p, struct mono now)
{
	struct limit_rate rate = limit_per_s(RBRIDGE_REFUSALS_PER_S, RBRIDGE_REFUSALS_BURST);
	struct isis_key *key = rbridge_key(port->rb);
	struct isis_pdu head = {.type = ISIS_FS_PSNP,
		.scope = p->scope,
		.scope_flag = true,
		.u.snp.source.system = port->rb->config.system};
	uint8_t pdu[ISIS_MAX_HELLO];
	struct wire_writer w;
	int len;

	port->counters.scope_unknown++;
	if (p->type != ISIS_FS_LSP || !port->config.p2p ||
		!limit_take(&port->scope_refusals, &rate, now))
		return;
	wire_writer_init(&w, pdu, sizeof(pdu));
	isis_begin(&w, &head);
	if (key)
		isis_auth_put(&w, key, isis_scope_form(p->scope));
	len = isis_end(&w);
	if (len > 0 && (!key || !isis_auth_sign(key, pdu, (size_t)len)))
		rbridge_port_send(port, port->designated, pdu, (size_t)len);
	else
		port->counters.unwritten++;
}

static void scoped_take(
	struct rbridge_port *port, const struct isis_pdu *p, const struct mac *sa, struct mono now)
{
	bool refused = p->type == ISIS_FS_PSNP && p->scope_flag;

	if (!believed(port, p, sa))
		return;
	port->counters.scope_refused += refused;
	if (p->scope == ISIS_SCOPE_E_L1CS)
		rbridge_link_take(port, p, now);
	else if (p->scope == ISIS_SCOPE_E_L1FS)
		rbridge_fs_take(port, p, now);
	else if (!refused)
		scope_refuse(port, p, now);
}

static void pdu_take(struct rbridge_port *port, const struct ethernet *outer, const uint8_t *bytes,
	size_t len, struct mono now)
{
	uint16_t vlan = outer->vlan ? outer->vlan : port->config.untagged;
	struct wire_fault fault;
	struct isis_pdu p;
	int err = isis_parse(bytes, len, &p, &fault);

	if (!err || err == -TRILL_EUNKNOWN)
		port->counters.pdus[p.type & 31]++;
	if (err) {
		port->counters.malformed[-err]++;
		return;
	}
	switch (p.type) {
	case ISIS_LAN_IIH:
	case ISIS_P2P_IIH:
		rbridge_port_hello(port, &p, &outer->sa, vlan, now);
		break;
	case ISIS_LSP:
		if (believed(port, &p, &outer->sa))
			lsp_take(port, &p, &outer->sa, now);
		break;
	case ISIS_CSNP:
	case ISIS_PSNP:
		if (believed(port, &p, &outer->sa))
			snp_take(port, &p, now);
		break;
	case ISIS_FS_LSP:
	case ISIS_FS_CSNP:
	case ISIS_FS_PSNP:
		scoped_take(port, &p, &outer->sa, now);
		break;
	case ISIS_MTU_PROBE:
	case ISIS_MTU_ACK:
		rbridge_mtu_pdu(port, &p, &outer->sa, vlan, now);
		break;
	default: /* counted: nothing here takes it */
		break;
	}
}

/* What is not IS-IS. @at: behind the outer Ethertype. */
static void other_take(struct rbridge_port *port, const struct ethernet *outer,
	const uint8_t *frame, size_t len, size_t at, struct mono now)
{
	if (outer->ethertype == ETHERTYPE_TRILL)
		rbridge_data_take(port, frame, len, now);
	else if (outer->ethertype == ETHERTYPE_CHANNEL)
		rbridge_data_native(port, outer, frame + at - 2, len - at + 2, now);
	else if (outer->ethertype == ETHERTYPE_NATIVE_ARP ||
		 outer->ethertype == ETHERTYPE_NATIVE_IPV6)
		rbridge_arp_take(port, outer, frame + at - 2, len - at + 2, now);
	else if (!mac_compare(&outer->da, &mac_all_bridges) && outer->ethertype <= len - at)
		rbridge_data_bpdu(port, frame + at, outer->ethertype, now);
	else
		port->counters.other++;
}

void rbridge_frame(
	struct rbridge *rb, uint16_t number, const uint8_t *frame, size_t len, struct mono now)
{
	struct rbridge_port *port = &rb->ports[number];
	struct wire_fault fault;
	struct wire_reader r;
	struct ethernet outer;

	rb->now = now;
	if (!port->up)
		return;
	wire_reader_init(&r, frame, len, &fault);
	ethernet_read(&r, &outer);
	if (!wire_ok(&r)) {
		port->counters.malformed[TRILL_ETRUNC]++;
	} else if (outer.ethertype != ETHERTYPE_L2_ISIS) {
		other_take(port, &outer, frame, len, len - wire_left(&r), now);
	} else if (mac_compare(&outer.da, &mac_all_isis_rbridges) &&
		   mac_compare(&outer.da, &port->config.mac)) {
		port->counters.not_ours++;
	} else if (port->config.deaf) {
		port->counters.unheard++;
	} else if (!rbridge_port_has_vlan(port, &outer, port->config.untagged)) {
		port->counters.vlan++;
	} else {
		size_t left = wire_left(&r);

		pdu_take(port, &outer, wire_get_bytes(&r, left, "PDU"), left, now);
		rbridge_topology_age(rb);
	}
}
