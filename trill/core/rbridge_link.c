/* What the RBridges of one link tell each other in FS-LSPs of scope E-L1CS: appointed forwarders,
 * and how long PDUs they take (see rbridge.h; RFC 8139 sections 2.1, 8 and 10, RFC 7356, RFC
 * 8249).
 *
 * Each port has an LSDB of its own, which is flooded there and nowhere else. All say whom they
 * would appoint if they were DRB; what the DRB says counts. It does not know who that is. */
#include "trill/core/rbridge_internal.h"

#include <stdlib.h>
#include <string.h>

#define PORT         0 /* of the LSDB, which has one */
#define FRAGMENTS    64
#define FRAGMENT_LEN RBRIDGE_FS_LEN
#define TLV_LEN_MAX  600 /* of one neighbour: a bit map of all VLANs */
#define PER_NEIGHBOR 8   /* LSPs that are kept, beside ours */
#define CHANGE_LEAST_MS                                                                            \
	100 /* between changes of ours: ISO 10589's least interval, by far shorter */

struct link_fragment {
	uint8_t *tlvs; /* FRAGMENT_LEN; NULL: never used */
	size_t len;
	bool used, dirty;
	struct fragment is;
};

struct rbridge_link {
	struct rbridge_port *port;
	struct lsdb *db;
	struct flood flood;
	struct timer age, say;
	struct mono said;
	bool lz_stale, mappings_stale;
	struct link_fragment fragments[FRAGMENTS];
};

static void on_send(void *arg, unsigned int number, const uint8_t *pdu, size_t len)
{
	struct rbridge_link *l = arg;

	(void)number;
	rbridge_port_send(l->port, l->port->designated, pdu, len);
}

static void say_soon(struct rbridge_link *l, struct mono now)
{
	struct mono least = mono_add_ms(l->said, CHANGE_LEAST_MS);
	struct mono due = mono_before(now, least) ? least : now;

	if (!timer_is_set(&l->say) || mono_before(due, l->say.due))
		timer_set(&l->port->rb->timers, &l->say, due);
}

static void on_changed(void *arg, const struct lsdb_lsp *lsp)
{
	struct rbridge_link *l = arg;

	if (lsp->own)
		return;
	rbridge_native_scope_changed(l->port);
	l->lz_stale |= !lsp->id.fragment;
	l->mappings_stale = true;
}

static void on_reissue(void *arg, const struct lsp_id *id, uint32_t sequence)
{
	struct rbridge_link *l = arg;

	if (id->fragment >= FRAGMENTS || id->pseudonode) {
		lsdb_purge_at(l->db, id, sequence, l->port->rb->now);
		return;
	}
	if (fragment_known(&l->fragments[id->fragment].is, l->db, id, sequence, l->port->rb->now))
		say_soon(l, l->port->rb->now);
}

/* Authentication comes last: it is another when the key is. */
static int on_sign(void *arg, uint8_t *bytes, size_t len, size_t cap)
{
	const struct rbridge_link *l = arg;

	return isis_auth_seal(rbridge_key(l->port->rb), TLV_EXTENDED, bytes, len, cap);
}

static void age_wait(struct rbridge_link *l)
{
	timer_set(&l->port->rb->timers, &l->age, lsdb_next(l->db));
}

/* What has been heard is obeyed. */
static void follow(struct rbridge_link *l, struct mono now)
{
	rbridge_native_follow(l->port, now);
	if (l->lz_stale) {
		l->lz_stale = false;
		rbridge_mtu_link(l->port, now);
	}
	if (l->mappings_stale) {
		l->mappings_stale = false;
		rbridge_mapping_follow(l->port, now);
	}
}

static void age_fire(struct timer *t, struct mono now)
{
	struct rbridge_link *l = t->arg;

	lsdb_time(l->db, now);
	flood_kick(&l->flood, now);
	age_wait(l);
	follow(l, now);
}

static void say(struct rbridge_link *l, unsigned int i, struct mono now)
{
	struct link_fragment *f = &l->fragments[i];
	struct lsp_id id = {.system = l->port->rb->config.system, .fragment = (uint8_t)i};

	if (!f->used) {
		fragment_purge(&f->is, l->db, &id, now);
		return;
	}
	if (!fragment_is_due(&f->is, f->dirty, now))
		return;
	f->dirty = false;
	fragment_say(&f->is, l->db, &id, ISIS_LSP_LEVEL1, f->tlvs, f->len, &l->port->rb->said, now);
}

static void say_fire(struct timer *t, struct mono now)
{
	struct rbridge_link *l = t->arg;
	struct mono next = MONO_NEVER;

	l->said = now;
	for (unsigned int i = 0; i < FRAGMENTS; i++) {
		say(l, i, now);
		if (l->fragments[i].used)
			next = mono_min(next, fragment_next(&l->fragments[i].is));
	}
	flood_kick(&l->flood, now);
	age_wait(l);
	timer_set(&l->port->rb->timers, t, next);
}

static unsigned int lsps_max(const struct rbridge *rb)
{
	return FRAGMENTS + PER_NEIGHBOR * rb->config.neighbors_max;
}

static bool link_make(struct rbridge_link *l)
{
	struct rbridge *rb = l->port->rb;
	struct lsdb_config config = {.own = rb->config.system,
		.scope = ISIS_SCOPE_E_L1CS,
		.lsps_max = lsps_max(rb),
		.strict_purges = rb->config.key_count};
	struct lsdb_events events = {
		.changed = on_changed, .reissue = on_reissue, .sign = on_sign, .arg = l};

	l->db = lsdb_new(&config, &events);
	l->flood.db = l->db;
	l->flood.timers = &rb->timers;
	l->flood.random = rb->env.random;
	l->flood.own = rb->config.system;
	l->flood.scope = ISIS_SCOPE_E_L1CS;
	l->flood.key = rbridge_key(rb);
	l->flood.send = on_send;
	l->flood.arg = l;
	flood_init(&l->flood);
	timer_init(&l->age, age_fire, l);
	timer_init(&l->say, say_fire, l);
	return l->db;
}

void rbridge_link_fini(struct rbridge_port *port)
{
	struct rbridge_link *l = port->link;

	if (!l)
		return;
	flood_fini(&l->flood);
	timer_cancel(&port->rb->timers, &l->age);
	timer_cancel(&port->rb->timers, &l->say);
	lsdb_free(l->db);
	for (unsigned int i = 0; i < FRAGMENTS; i++)
		free(l->fragments[i].tlvs);
	free(l);
	port->link = NULL;
}

static void link_begin(struct rbridge_port *port)
{
	struct rbridge_link *l = calloc(1, sizeof(*l));

	port->link = l;
	if (!l)
		return; /* as if we did not support the scope */
	l->port = port;
	if (!link_make(l))
		rbridge_link_fini(port);
}

void rbridge_link_settle(struct rbridge_port *port, bool flooding, bool drb, struct mono now)
{
	bool is = port->link && port->link->flood.ports[PORT].up;

	if (flooding && !port->link) {
		link_begin(port);
		if (port->config.p2p) /* nobody is appointed there */
			rbridge_link_say(port, NULL, NULL, 0, now);
		rbridge_native_stale(port);
	}
	if (!port->link)
		return;
	if (flooding && !is)
		flood_port_up(&port->link->flood, PORT, port->config.p2p, now);
	else if (!flooding && is)
		flood_port_down(&port->link->flood, PORT);
	if (!port->config.p2p)
		flood_drb(&port->link->flood, PORT, drb, now);
}

void rbridge_link_neighbor(struct rbridge_port *port, struct mono now)
{
	if (port->link)
		flood_neighbor(&port->link->flood, PORT, now);
}

/* Whom we would appoint for what, and our mappings: one TLV for each neighbour, and for each of
 * these, in as few fragments as hold them. */
void rbridge_link_say(struct rbridge_port *port, const struct appoint *plan,
	const struct appoint_candidate *neighbors, unsigned int count, struct mono now)
{
	unsigned int at = 0, all = count + rbridge_mapping_count(port);
	struct rbridge_link *l = port->link;
	struct wire_writer w;
	uint8_t tlvs[FRAGMENT_LEN];

	if (!l)
		return;
	for (unsigned int i = 0, begun = 0; at < FRAGMENTS; at++, begun = i) {
		struct link_fragment *f = &l->fragments[at];

		wire_writer_init(&w, tlvs, sizeof(tlvs));
		if (!at)
			rbridge_lz_put(port, &w);
		for (; i < all && w.pos + TLV_LEN_MAX <= sizeof(tlvs); i++) {
			size_t before = w.pos, tlv = geninfo_begin(&w, TLV_EXTENDED), empty = w.pos;

			if (i >= count)
				rbridge_mapping_put(port, i - count, &w);
			else if (neighbors[i].e_l1cs)
				appoint_scope_put(plan, neighbors[i].nickname, &w);
			if (w.pos > empty)
				tlv_end(&w, tlv, TLV_EXTENDED);
			else
				w.pos = before; /* nothing for it */
		}
		if (at && begun == all) /* number 0 is always there */
			break;
		if (!f->tlvs)
			f->tlvs = malloc(FRAGMENT_LEN);
		if (!f->tlvs)
			break; /* what does not fit is not appointed */
		f->used = true;
		f->dirty |= f->len != w.pos || memcmp(f->tlvs, tlvs, w.pos) != 0;
		memcpy(f->tlvs, tlvs, w.pos);
		f->len = w.pos;
	}
	for (; at < FRAGMENTS; at++)
		l->fragments[at].used = false;
	say_soon(l, now);
}

void rbridge_link_rekey(struct rbridge_port *port, bool resign, struct mono now)
{
	struct rbridge_link *l = port->link;

	if (!l)
		return;
	l->flood.key = rbridge_key(port->rb);
	lsdb_reconfigure(l->db, lsps_max(port->rb), port->rb->config.key_count);
	for (unsigned int i = 0; resign && i < FRAGMENTS; i++)
		l->fragments[i].dirty = true;
	if (resign)
		say_soon(l, now);
}

void rbridge_link_read(const struct rbridge_port *port, const struct forwarder *f,
	const struct system_id *drb, struct forwarder_scope *scope)
{
	const struct lsdb_lsp *lsp = NULL;

	while (port->link && (lsp = lsdb_after(port->link->db, lsp ? &lsp->id : NULL))) {
		struct wire_fault fault;
		struct isis_pdu p;

		if (!lsp->purged && !system_id_compare(&lsp->id.system, drb) &&
			!isis_parse(lsp->bytes, lsp->len, &p, &fault))
			forwarder_scope_read(f, &p, scope);
	}
}

void rbridge_link_take(struct rbridge_port *port, const struct isis_pdu *p, struct mono now)
{
	struct rbridge_link *l = port->link;
	int err = 0;

	if (!l)
		return;
	if (p->type == ISIS_FS_PSNP && p->scope_flag) {
		if (port->config.p2p)
			lsdb_srm_clear_all(l->db, PORT);
		return;
	}
	if (p->type == ISIS_FS_LSP) {
		if (p->u.lsp.lifetime_s && !isis_checksum_right(p))
			port->counters.malformed[TRILL_ECHECKSUM]++;
		else
			port->counters.lsps[lsdb_receive(l->db, p, PORT, now)]++;
	} else if (p->type == ISIS_FS_CSNP || port->config.p2p || port->drb.state == DRB_IS_DRB) {
		err = lsdb_snp(l->db, p, PORT, now);
	}
	if (err)
		port->counters.malformed[-err]++;
	flood_kick(&l->flood, now);
	age_wait(l);
	follow(l, now);
}

void rbridge_link_snp_size(struct rbridge_port *port, uint16_t bytes)
{
	if (port->link)
		flood_snp_size(&port->link->flood, PORT, bytes);
}

struct lsdb *rbridge_link_lsdb(const struct rbridge *rb, uint16_t port)
{
	return rb->ports[port].link ? rb->ports[port].link->db : NULL;
}
