/* See hello.h. */
#include "trill/core/hello.h"

#include <string.h>

#include "trill/core/neighbors.h"

#define BEHIND_LEN           12                            /* bytes of TLVs 148 and 243 */
#define NEIGHBORS_LEAST      (3 + 9 * HELLO_NEIGHBORS_MAX) /* bytes: appointments leave them */
#define APPOINTMENT_LEN      6
#define APPOINTMENTS_PER_TLV 40
#define APPOINTMENTS_HEAD    6 /* of TLV 143 and of the sub-TLV */

const char *hello_verdict_name(enum hello_verdict verdict)
{
	static const char *const names[HELLO_VERDICTS] = {"taken", "kind", "circuit-type", "area",
		"protocols", "vlan-flags", "designated-vlan", "authentication", "holding-time"};

	return names[verdict];
}

/* Of several versions the least counts, and what all of them have (RFC 7176 section 2.2.4). */
static void version_take(struct hello *h, const struct trill_version *version, bool *has)
{
	if (!*has || version->max < h->version.max)
		h->version.max = version->max;
	h->version.capabilities = version->capabilities & (*has ? h->version.capabilities : ~0u);
	*has = true;
}

/* What has been read of a Hello so far. */
struct reading {
	bool flags, version, area, others, trill;
};

/* The sub-TLVs of one TLV 143 of the base topology. */
static void port_capability_read(const struct tlv *t, struct hello *h, struct reading *has)
{
	struct trill_version version;
	struct tlv_iter subs;
	uint16_t topology;
	struct tlv sub;

	if (hello_port_capability_read(t, &topology, &subs) || topology)
		return;
	while (tlv_next(&subs, &sub)) {
		if (sub.type == HELLO_VLAN_FLAGS && !has->flags)
			has->flags = !hello_vlan_flags_read(&sub, &h->flags);
		else if (sub.type == HELLO_PORT_VERSION && !hello_version_read(&sub, &version))
			version_take(h, &version, &has->version);
	}
}

static enum hello_verdict contents_check(const struct isis_pdu *p, struct hello *h)
{
	struct reading has = {.flags = false};
	struct tlv_iter it;
	struct tlv t;

	isis_tlvs(p, &it);
	while (tlv_next(&it, &t)) {
		switch (t.type) {
		case TLV_AREA:
			if (!hello_area_is_trill(&t))
				return HELLO_AREA;
			has.area = true;
			break;
		case TLV_PROTOCOLS:
			has.others = true;
			has.trill = has.trill || hello_protocols_have(&t, ISIS_NLPID_TRILL);
			break;
		case TLV_PORT_CAPABILITY:
			port_capability_read(&t, h, &has);
			break;
		case TLV_BFD_ENABLED:
			h->bfd = h->bfd || hello_bfd_enabled(&t);
			break;
		case TLV_SCOPES:
			h->e_l1cs = h->e_l1cs || hello_scopes_have(&t, ISIS_SCOPE_E_L1CS);
			h->e_l1fs = h->e_l1fs || hello_scopes_have(&t, ISIS_SCOPE_E_L1FS);
			break;
		case TLV_THREE_WAY:
			h->has_three_way = !hello_three_way_read(&t, &h->three_way);
			break;
		}
	}
	if (!has.area)
		return HELLO_AREA;
	if (has.others && !has.trill)
		return HELLO_PROTOCOLS;
	return has.flags ? HELLO_TAKEN : HELLO_NO_VLAN_FLAGS;
}

enum hello_verdict hello_check(
	const struct isis_pdu *p, const struct hello_port *port, struct hello *h)
{
	enum hello_verdict verdict;

	memset(h, 0, sizeof(*h));
	h->head = &p->u.hello;
	if (p->type != (port->p2p ? ISIS_P2P_IIH : ISIS_LAN_IIH))
		return HELLO_KIND;
	if (p->u.hello.circuit_type != 1)
		return HELLO_CIRCUIT_TYPE;
	verdict = contents_check(p, h);
	if (verdict)
		return verdict;
	/* Point to point nobody goes by it. */
	if (!port->p2p && !vlan_usable(h->flags.designated_vlan))
		return HELLO_DESIGNATED;
	if (port->key_count && isis_auth_check(p, port->keys, port->key_count))
		return HELLO_AUTH;
	return HELLO_TAKEN;
}

/* The O bit of our own record. */
static bool oomf_offered(const struct hello_neighbors *n, const struct mac *ours)
{
	struct hello_neighbor neighbor;

	for (unsigned int i = 0; i < n->count; i++) {
		hello_neighbor_at(n, i, &neighbor);
		if (!mac_compare(&neighbor.snpa, ours))
			return neighbor.oomf;
	}
	return false;
}

/* Of several neighbor TLVs, the one that lists us, or at least covers our address. */
static enum adjacency_listing lan_listing(
	const struct isis_pdu *p, const struct mac *ours, bool *oomf)
{
	enum adjacency_listing best = ADJACENCY_NOT_COVERED, how;
	struct hello_neighbors n;
	struct tlv_iter it;
	struct tlv t;

	isis_tlvs(p, &it);
	while (tlv_find(&it, TLV_NEIGHBOR, &t)) {
		if (hello_neighbors_read(&t, &n))
			continue;
		how = adjacency_listing_of(&n, ours);
		if (how > best)
			best = how;
		if (how == ADJACENCY_LISTED)
			*oomf = oomf_offered(&n, ours);
	}
	return best;
}

static enum adjacency_listing p2p_listing(const struct hello *h, const struct hello_port *port)
{
	const struct hello_three_way *way = &h->three_way;

	if (!h->has_three_way)
		return ADJACENCY_NOT_COVERED;
	if (!way->has_neighbor || !way->has_neighbor_circuit)
		return ADJACENCY_NOT_LISTED;
	if (system_id_compare(&way->neighbor, &port->system) ||
		way->neighbor_circuit != port->circuit)
		return ADJACENCY_NOT_LISTED;
	return ADJACENCY_LISTED;
}

struct adjacency_hello hello_adjacency(const struct isis_pdu *p, const struct hello *h,
	const struct hello_port *port, const struct mac *sa, uint16_t vlan, uint16_t designated)
{
	struct adjacency_hello a = {
		.key = {.mac = *sa, .port_id = h->flags.port_id, .system = h->head->source},
		.designated = vlan == designated,
		.holding_s = h->head->holding_s,
		.priority = h->head->priority,
		.desired_vlan = h->flags.designated_vlan,
		.nickname = h->flags.nickname,
		.version = h->version,
		.bfd = h->bfd,
		.e_l1cs = h->e_l1cs,
		.e_l1fs = h->e_l1fs};

	a.listing = port->p2p ? p2p_listing(h, port) : lan_listing(p, &port->mac, &a.oomf);
	return a;
}

void hello_vlans_to_send(struct vlan_set *send, bool is_drb, const struct vlan_set *enabled,
	const struct vlan_set *announcing, const struct vlan_set *forwarding, uint16_t designated)
{
	for (unsigned int i = 0; i < 64; i++) {
		send->bits[i] = announcing->bits[i];
		if (!is_drb)
			send->bits[i] &= forwarding->bits[i];
	}
	vlan_set_add(send, designated);
	for (unsigned int i = 0; i < 64; i++)
		send->bits[i] &= enabled->bits[i];
}

/* What stands behind it is written yet: BFD and scopes. */
static void neighbors_say(struct wire_writer *w, const struct hello_ours *o)
{
	struct mac listed = {{0}};
	size_t room = w->cap - w->pos > BEHIND_LEN ? w->cap - w->pos - BEHIND_LEN : 0;

	neighbors_put(w, o->neighbors, room, o->listed ? o->listed : &listed);
	if (!mac_is_zero(&listed))
		w->failed = true;
}

static void capabilities_put(struct wire_writer *w, const struct hello_ours *o)
{
	size_t at = hello_port_capability_begin(w);
	unsigned int from = o->enabled ? 1 : 0;

	hello_vlan_flags_put(w, &o->flags);
	hello_version_put(w, HELLO_PORT_VERSION, &o->version);
	tlv_end(w, at, TLV_STANDARD);
	while (from && wire_written(w) && vlan_set_next(o->enabled, from)) {
		at = hello_port_capability_begin(w);
		from = hello_vlans_put(w, HELLO_ENABLED_VLANS, o->enabled, from);
		tlv_end(w, at, TLV_STANDARD);
	}
	for (unsigned int i = 0; i < o->appointment_count; i += APPOINTMENTS_PER_TLV) {
		unsigned int n = o->appointment_count - i;

		at = hello_port_capability_begin(w);
		hello_appointments_put(w, o->appointments + i,
			n < APPOINTMENTS_PER_TLV ? n : APPOINTMENTS_PER_TLV);
		tlv_end(w, at, TLV_STANDARD);
	}
}

/* Down to the appointments. */
static void front_put(struct wire_writer *w, const struct hello_ours *o)
{
	struct isis_pdu head = {.type = o->p2p ? ISIS_P2P_IIH : ISIS_LAN_IIH, .u.hello = o->head};

	head.u.hello.circuit_type = 1;
	isis_begin(w, &head);
	if (o->key)
		isis_auth_put(w, o->key, TLV_STANDARD);
	hello_area_put(w);
	hello_protocols_put(w);
	capabilities_put(w, o);
}

unsigned int hello_appointments_max(const struct vlan_set *enabled)
{
	const size_t full = APPOINTMENTS_HEAD + APPOINTMENTS_PER_TLV * APPOINTMENT_LEN;
	const struct hello_ours ours = {.enabled = enabled};
	uint8_t bytes[ISIS_MAX_HELLO];
	struct wire_writer w;
	size_t room, rest;

	wire_writer_init(&w, bytes, sizeof(bytes));
	front_put(&w, &ours);
	room = w.cap - w.pos - ISIS_AUTH_STANDARD_MAX - NEIGHBORS_LEAST - BEHIND_LEN;
	rest = room % full;
	rest = rest < APPOINTMENTS_HEAD ? 0 : (rest - APPOINTMENTS_HEAD) / APPOINTMENT_LEN;
	return (unsigned int)(room / full * APPOINTMENTS_PER_TLV + rest);
}

int hello_write(uint8_t *buf, size_t cap, const struct hello_ours *o)
{
	static const uint8_t scopes[] = {ISIS_SCOPE_E_L1CS, ISIS_SCOPE_E_L1FS};
	struct wire_writer w;
	int len, err;

	wire_writer_init(&w, buf, cap < ISIS_MAX_HELLO ? cap : ISIS_MAX_HELLO);
	front_put(&w, o);
	if (o->p2p)
		hello_three_way_put(&w, &o->three_way);
	else if (o->flags.outer_vlan == o->designated && o->neighbors)
		neighbors_say(&w, o);
	if (o->bfd)
		hello_bfd_put(&w);
	hello_scopes_put(&w, scopes, sizeof(scopes));
	len = isis_end(&w);
	err = len > 0 && o->key ? isis_auth_sign(o->key, buf, (size_t)len) : 0;
	return err ? err : len;
}
