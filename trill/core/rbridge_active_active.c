/* Active-active: what the campus says of our LAALPs, handed to core/active_active, and what
 * follows: pseudo-nicknames and trees in our LSP, FS-LSPs, and what the data plane is told of the
 * ports (see rbridge.h; RFC 7781, RFC 7783).
 *
 * All of it is done when the campus is read anew. Ports leave a pseudo-nickname before it ceases to
 * be ours, and take one when it is. */
#include "trill/core/rbridge_internal.h"

#include <string.h>

#define PRIORITY     0xff /* RFC 7781 section 3 */
#define SAID_MAX     (ACTIVE_ACTIVE_LAALPS * ACTIVE_ACTIVE_MEMBERS)
#define ALLOTTED_MAX (4 * ACTIVE_ACTIVE_LAALPS)

/* What is gathered from the FS-LSPs of those who are reached. */
struct gathered {
	struct rbridge *rb;
	struct mono now;
	struct active_active_said said[SAID_MAX];
	struct active_active_allotted allotted[ALLOTTED_MAX];
	unsigned int said_count, allotted_count;
};

void rbridge_active_active_heard(struct rbridge *rb, struct mono now)
{
	if (rb->active.count) /* else it is nothing to us: RFC 7781 section 4.1 */
		rbridge_topology_changed(rb, now);
}

static void records_gather(struct gathered *g, const struct system_id *who, const struct tlv *sub)
{
	struct laalp_record record;
	size_t at = 0;
	int err;

	while (laalp_record_next(sub, &at, &record, &err) && g->said_count < SAID_MAX)
		if (active_active_find(&g->rb->active, &record.id))
			g->said[g->said_count++] =
				(struct active_active_said){.system = *who, .record = record};
}

static void allotted_gather(struct gathered *g, const struct system_id *who, const struct tlv *sub)
{
	struct laalp_rbv rbv;

	if (laalp_rbv_read(sub, &rbv))
		return;
	for (unsigned int i = 0; i < rbv.count && g->allotted_count < ALLOTTED_MAX; i++)
		g->allotted[g->allotted_count++] = (struct active_active_allotted){
			.system = *who, .id = laalp_rbv_at(&rbv, i), .nickname = rbv.nickname};
}

static void lsp_gather(struct gathered *g, const struct lsdb_lsp *lsp)
{
	struct wire_fault fault;
	struct tlv_iter it, subs;
	struct isis_pdu p;
	struct tlv t, sub;

	if (isis_parse(lsp->bytes, lsp->len, &p, &fault))
		return;
	isis_tlvs(&p, &it);
	while (tlv_find(&it, TLV_GENINFO, &t)) {
		if (geninfo_read(&t, TLV_EXTENDED, &subs))
			continue;
		while (tlv_next(&subs, &sub))
			if (sub.type == APPSUB_LAALP_MEMBERSHIP)
				records_gather(g, &lsp->id.system, &sub);
			else if (sub.type == APPSUB_RBV)
				allotted_gather(g, &lsp->id.system, &sub);
	}
}

static void gather(struct gathered *g)
{
	for (struct lsdb_lsp *lsp = lsdb_after(rbridge_fs_lsdb(g->rb), NULL); lsp;
		lsp = lsdb_following(lsp)) {
		struct lan_id id = {.system = lsp->id.system};
		uint32_t node = spf_node_find(&g->rb->campus.graph, &id);

		if (!lsp->purged && !lsp->own && node != SPF_NONE &&
			routes_reaches(&g->rb->routes, node))
			lsp_gather(g, lsp);
	}
}

static bool is_among(
	const struct system_id *members, unsigned int count, const struct system_id *system)
{
	for (unsigned int i = 0; i < count; i++)
		if (!system_id_compare(&members[i], system))
			return true;
	return false;
}

/* Somebody else says that he has the nickname that we claim. Who has just left the group says so
 * for a moment. */
static bool is_contested(struct rbridge *rb, uint16_t nickname, struct mono now)
{
	struct rbridge_contest *c = rb->contests, *slot = NULL;

	for (unsigned int i = 0; i < ACTIVE_ACTIVE_LAALPS; i++)
		if (c[i].nickname == nickname)
			slot = &c[i];
		else if (!slot && (!c[i].nickname || mono_since_ms(c[i].seen, now) > 60000))
			slot = &c[i];
	if (!slot)
		return true;
	if (slot->nickname != nickname ||
		mono_since_ms(slot->seen, now) > 2 * ACTIVE_ACTIVE_WAIT_MS)
		*slot = (struct rbridge_contest){.nickname = nickname, .since = now};
	slot->seen = now;
	return mono_since_ms(slot->since, now) >= ACTIVE_ACTIVE_WAIT_MS;
}

static bool claims_now(const struct rbridge *rb, uint16_t nickname)
{
	for (unsigned int i = 0; i < rb->pseudo_count; i++)
		if (rb->pseudos[i].nickname == nickname)
			return true;
	return false;
}

static bool on_available(
	void *arg, uint16_t nickname, const struct system_id *members, unsigned int count)
{
	struct gathered *g = arg;
	struct rbridge *rb = g->rb;
	struct nickname_claim ours = {
		.nickname = nickname, .priority = PRIORITY, .holder.system = rb->config.system};

	if (rbridge_data_is_ours(rb, nickname))
		return false;
	for (uint32_t i = 0; i < rb->campus.claim_count; i++) {
		const struct campus_claim *c = &rb->campus.claims[i];
		struct nickname_claim theirs = {.nickname = nickname, .priority = c->priority};

		if (c->nickname != nickname)
			continue;
		theirs.holder = rb->campus.graph.nodes[c->node].id;
		if (!system_id_compare(&theirs.holder.system, &rb->config.system) ||
			is_among(members, count, &theirs.holder.system) ||
			nickname_compare(&ours, &theirs) > 0)
			continue;
		if (!claims_now(rb, nickname) || is_contested(rb, nickname, g->now))
			return false;
	}
	return true;
}

static uint16_t on_choose(void *arg)
{
	struct gathered *g = arg;

	return rbridge_nickname_free(g->rb);
}

/* The trees along which frames of @nickname enter at @node. */
static uint32_t held_at(const struct rbridge *rb, uint16_t nickname, uint32_t node)
{
	const struct routes *r = &rb->routes;
	uint32_t trees = 0, at;

	for (unsigned int t = 1; node != SPF_NONE && t <= r->root_count; t++)
		if (affinity_ingress(&r->affinity, nickname, t, &at) && at == node)
			trees |= 1u << t;
	return trees;
}

static uint32_t on_held(void *arg, uint16_t nickname, const struct system_id *member)
{
	const struct gathered *g = arg;
	struct lan_id id = {.system = *member};

	return held_at(g->rb, nickname, spf_node_find(&g->rb->campus.graph, &id));
}

/* Ports whose end stations we serve have their LAALPs; overloaded, we serve none. */
static void ports_follow(struct rbridge *rb, struct mono now)
{
	for (uint16_t i = 0; i < RBRIDGE_PORTS_MAX; i++) {
		struct rbridge_port *port = &rb->ports[i];
		bool is = active_active_of(&rb->active, i);
		bool wanted = port->up && port->config.lag && !rb->origin.overloaded &&
			      rbridge_native_ready(port, now);

		if (is && !wanted)
			active_active_down(&rb->active, i);
		else if (wanted && !is)
			active_active_up(
				&rb->active, &port->config.laalp, port->config.exclusive, i, now);
	}
}

/* The trees that we ask for: ours, but not against who has the better claim (RFC 7783 section 5.3);
 * until we have one of those, also what we have. */
static uint32_t trees_asked(const struct rbridge *rb, const struct active_active_laalp *l)
{
	uint32_t me = rb->routes.from_us.root, held = held_at(rb, l->nickname, me), asked = 0, node;

	for (unsigned int t = 1; t <= rb->routes.root_count; t++) {
		bool bound = affinity_ingress(&rb->routes.affinity, l->nickname, t, &node);

		if (l->trees >> t & 1 && (!bound || node == SPF_NONE || node == me ||
						 affinity_prevails(&rb->routes.affinity, me, node)))
			asked |= 1u << t;
	}
	return l->trees & held ? asked : asked | held;
}

/* The nicknames that we hold together with others, and where we ask for them. */
static void pseudos_find(struct rbridge *rb, struct mono now)
{
	struct rbridge_pseudo list[ACTIVE_ACTIVE_LAALPS];
	unsigned int n = 0, k;

	memset(list, 0, sizeof(list));
	for (unsigned int i = 0; i < rb->active.count; i++) {
		const struct active_active_laalp *l = &rb->active.laalps[i];

		for (k = 0; k < n && list[k].nickname != l->nickname; k++)
			;
		if (!active_active_claims(l) || k < n)
			continue;
		list[n].nickname = l->nickname;
		list[n++].trees = trees_asked(rb, l);
	}
	if (n == rb->pseudo_count && !memcmp(list, rb->pseudos, n * sizeof(*list)))
		return;
	memcpy(rb->pseudos, list, sizeof(list));
	rb->pseudo_count = n;
	origin_changed(&rb->origin, now);
}

/* What we say in FS-LSPs: our LAALPs, and as vDRB which nickname serves which. */
static void say(struct rbridge *rb)
{
	struct laalp_record records[ACTIVE_ACTIVE_LAALPS];
	const struct active_active *a = &rb->active;
	uint8_t tlvs[RBRIDGE_FS_LEN];
	struct wire_writer w;
	size_t at;

	for (unsigned int i = 0; i < a->count; i++)
		records[i] = (struct laalp_record){.id = a->laalps[i].id,
			.exclusive = a->laalps[i].exclusive,
			.reuse = a->laalps[i].reuse};
	wire_writer_init(&w, tlvs, sizeof(tlvs));
	at = geninfo_begin(&w, TLV_EXTENDED);
	laalp_records_put(&w, records, a->count);
	tlv_end(&w, at, TLV_EXTENDED);
	rbridge_fs_say(rb, RBRIDGE_FS_LAALPS, tlvs, a->count && wire_written(&w) ? w.pos : 0);

	wire_writer_init(&w, tlvs, sizeof(tlvs));
	at = geninfo_begin(&w, TLV_EXTENDED);
	for (unsigned int i = 0; i < a->count; i++)
		if (active_active_is_vdrb(a, &a->laalps[i]) && a->laalps[i].nickname)
			laalp_rbv_put(&w, a->laalps[i].nickname, &a->laalps[i].id, 1);
	if (w.pos > at + 6)
		tlv_end(&w, at, TLV_EXTENDED);
	rbridge_fs_say(rb, RBRIDGE_FS_RBVS, tlvs, w.pos > at + 6 && wire_written(&w) ? w.pos : 0);
}

void rbridge_active_active_decide(struct rbridge *rb, struct mono now)
{
	struct gathered *g = &(struct gathered){.rb = rb, .now = now};
	struct active_active_campus campus = {
		.trees = rb->routes.affinity.usable ? rb->routes.root_count : 0,
		.available = on_available,
		.choose = on_choose,
		.held = on_held,
		.arg = g};

	ports_follow(rb, now);
	if (!rb->active.count && !rb->pseudo_count && !rb->active_said)
		return;
	gather(g);
	campus.allotted = g->allotted;
	campus.allotted_count = g->allotted_count;
	if (!active_active_heard(&rb->active, g->said, g->said_count, now))
		return; /* as it was, until the campus changes again */
	active_active_decide(&rb->active, &campus, now);
	pseudos_find(rb, now);
	say(rb);
	rb->active_said = rb->active.count;
	timer_set(&rb->timers, &rb->active_timer, rb->active.next);
}

void rbridge_active_active_self(const struct rbridge *rb, struct tables_self *self)
{
	for (unsigned int i = 0; i < rb->active.count; i++) {
		const struct active_active_laalp *l = &rb->active.laalps[i];
		bool there = false;

		for (size_t k = 0; k < self->count; k++)
			there |= self->nicknames[k] == l->nickname;
		if (l->state == ACTIVE_ACTIVE_MEMBER && !there && self->count < TABLES_OWN_MAX)
			self->nicknames[self->count++] = l->nickname;
	}
}

/* The pseudo-nickname that the port would have. */
static uint16_t wanted_by(const struct rbridge_port *port)
{
	const struct active_active_laalp *l = active_active_of(&port->rb->active, port->number);
	const struct tables_self *self = &port->rb->routes.told.self;

	if (!l || l->state != ACTIVE_ACTIVE_MEMBER)
		return NICKNAME_NONE;
	for (size_t i = 0; i < self->count; i++)
		if (self->nicknames[i] == l->nickname)
			return l->nickname;
	return NICKNAME_NONE;
}

void rbridge_active_active_ports(struct rbridge *rb, bool before, struct mono now)
{
	for (uint16_t i = 0; i < RBRIDGE_PORTS_MAX; i++) {
		struct rbridge_port *port = &rb->ports[i];
		uint16_t was = port->pseudo, is = wanted_by(port);

		if (!before && port->config.lag && !port->up)
			rbridge_station_laalp(port);
		if (!port->config.lag || !port->up || (before && (was == is || !was)))
			continue;
		port->pseudo = before ? NICKNAME_NONE : is;
		if (port->pseudo != was)
			rbridge_oam_nicknames(rb);
		rbridge_native_laalp(port, now);
		if (!before)
			rbridge_station_laalp(port);
	}
}

struct rbridge_port *rbridge_active_active_port(struct rbridge *rb, const struct laalp_id *laalp)
{
	const struct active_active_laalp *l = active_active_find(&rb->active, laalp);

	return l && rb->ports[l->port].pseudo ? &rb->ports[l->port] : NULL;
}

bool rbridge_active_active_is_ours(const struct rbridge *rb, uint16_t nickname)
{
	for (uint16_t i = 0; i < RBRIDGE_PORTS_MAX; i++)
		if (nickname != NICKNAME_NONE && rb->ports[i].pseudo == nickname)
			return true;
	return false;
}

bool rbridge_active_active_stands_by(const struct rbridge_port *port)
{
	const struct active_active_laalp *l = active_active_of(&port->rb->active, port->number);

	if (!port->config.lag)
		return false;
	return !l || !active_active_serves(l) ||
	       (l->state == ACTIVE_ACTIVE_MEMBER && !port->pseudo);
}

void rbridge_active_active_others(const struct rbridge_port *port, struct vlan_set *others)
{
	const struct active_active *a = &port->rb->active;
	const struct active_active_laalp *l = active_active_of(a, port->number);

	struct active_active_share ours;

	if (!port->pseudo || !l)
		return;
	ours = active_active_designated(a, l);
	for (unsigned int v = 1; v <= VLAN_LAST; v++)
		if (!ours.of || v % ours.of != ours.rest)
			vlan_set_add(others, v);
}

unsigned int rbridge_active_active_claims(const struct rbridge *rb,
	struct capability_nickname *said, struct origin_affinity *affinities)
{
	for (unsigned int i = 0; i < rb->pseudo_count; i++) {
		said[i] = (struct capability_nickname){
			.priority = PRIORITY, .nickname = rb->pseudos[i].nickname};
		affinities[i] = (struct origin_affinity){.nickname = rb->pseudos[i].nickname};
		for (uint16_t t = 1; t < 32; t++)
			if (rb->pseudos[i].trees >> t & 1)
				affinities[i].trees[affinities[i].count++] = t;
	}
	return rb->pseudo_count;
}

static void active_fire(struct timer *t, struct mono now)
{
	rbridge_topology_changed(t->arg, now);
}

void rbridge_active_active_init(struct rbridge *rb)
{
	rb->active.own = rb->config.system;
	timer_init(&rb->active_timer, active_fire, rb);
}

void rbridge_active_active_fini(struct rbridge *rb)
{
	timer_cancel(&rb->timers, &rb->active_timer);
	active_active_fini(&rb->active);
}

const struct active_active *rbridge_active_active(const struct rbridge *rb)
{
	return &rb->active;
}

void rbridge_active_active_missing(const struct rbridge *rb, const struct active_active_laalp *l,
	const struct system_id *member, struct label_set *missing)
{
	const struct rbridge_port *port = &rb->ports[l->port];
	struct lan_id id = {.system = *member};
	uint32_t node = spf_node_find(&rb->campus.graph, &id);

	label_set_clear(missing);
	if (node == SPF_NONE)
		return;
	rbridge_label_numbers(port, rbridge_native_appointed(port), missing);
	label_set_take_all(missing, &rb->campus.nodes[node].wants);
}
