/* Link-wide Lz: how long PDUs that stay on a link may be (see rbridge.h; RFC 8249 section 2).
 *
 * Each RBridge tells in fragment 0 of its E-L1CS LSP what its port takes; the least of a link, but
 * no less than Sz, is Lz, up to which the link's MTU is tested. CSNPs and PSNPs grow to what a test
 * with each neighbour has shown; where it is not tested they stay at 1470 bytes. */
#include "trill/core/rbridge_internal.h"

#include "trill/codec/esadi_tlv.h"

static uint16_t ours(const struct rbridge_port *port)
{
	uint16_t mtu = port->config.mtu ? port->config.mtu : RBRIDGE_MTU_DEFAULT;

	if (mtu > RBRIDGE_PDU_MAX)
		mtu = RBRIDGE_PDU_MAX;
	return mtu < MTU_LEAST ? MTU_LEAST : mtu;
}

void rbridge_lz_put(const struct rbridge_port *port, struct wire_writer *w)
{
	size_t at = geninfo_begin(w, TLV_EXTENDED);

	snp_buffer_put(w, ours(port));
	tlv_end(w, at, TLV_EXTENDED);
}

uint16_t rbridge_lz_told(const struct isis_pdu *p)
{
	struct tlv_iter it, subs;
	uint16_t least = 0, size;
	struct tlv t, sub;

	isis_tlvs(p, &it);
	while (tlv_find(&it, TLV_GENINFO, &t)) {
		if (geninfo_read(&t, TLV_EXTENDED, &subs))
			continue;
		while (tlv_find(&subs, APPSUB_SNP_BUFFER, &sub))
			if (!snp_buffer_read(&sub, &size) && size >= MTU_LEAST &&
				(!least || size < least))
				least = size;
	}
	return least;
}

/* What @system takes; who does not tell takes Sz. */
static uint16_t taken_by(struct rbridge_port *port, const struct system_id *system)
{
	struct lsp_id id = {.system = *system};
	struct lsdb *db = rbridge_link_lsdb(port->rb, port->number);
	const struct lsdb_lsp *lsp = db ? lsdb_find(db, &id) : NULL;
	struct wire_fault fault;
	struct isis_pdu p;
	uint16_t size = 0;

	if (lsp && !lsp->purged && !isis_parse(lsp->bytes, lsp->len, &p, &fault))
		size = rbridge_lz_told(&p);
	return size ? size : port->rb->sz.sz;
}

uint16_t rbridge_lz(struct rbridge_port *port)
{
	uint16_t least = ours(port), size;

	for (unsigned int i = 0; i < port->table.count; i++) {
		const struct adjacency *row = &port->table.rows[i];

		if (row->state < ADJACENCY_TWO_WAY)
			continue;
		size = taken_by(port, &row->key.system);
		if (size < least)
			least = size;
	}
	return least < port->rb->sz.sz ? port->rb->sz.sz : least;
}

void rbridge_lz_tested(struct rbridge_port *port)
{
	uint16_t least = UINT16_MAX; /* 0: there is one that is not tested */

	for (unsigned int i = 0; i < port->table.count; i++) {
		const struct adjacency *row = &port->table.rows[i];

		if (row->state >= ADJACENCY_TWO_WAY && row->mtu < least)
			least = row->mtu;
	}
	if (least > RBRIDGE_PDU_MAX)
		least = MTU_LEAST; /* nobody is there */
	flood_snp_size(&port->rb->flood, port->number, least);
	rbridge_link_snp_size(port, least);
}
