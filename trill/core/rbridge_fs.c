/* What RBridges tell the whole campus beside their LSPs: FS-LSPs of scope E-L1FS (see rbridge.h;
 * RFC 7356, RFC 7780 section 8.1).
 *
 * One LSDB, flooded wherever there is somebody to flood to. Who has something to say has a fragment
 * for it; what others say is read by who wants it, when the campus is read anew. */
#include "trill/core/rbridge_internal.h"

#include <stdlib.h>
#include <string.h>

#define LSPS_PER_NODE   4
#define CHANGE_LEAST_US 50000 /* between changes of ours: the first two of a row */
#define CHANGE_CAP_US   1000000

struct rbridge_fs_fragment {
	uint8_t tlvs[RBRIDGE_FS_LEN];
	size_t len;
	bool changed; /* it is not said as it is now */
	struct fragment is;
};

struct rbridge_fs {
	struct rbridge *rb;
	struct lsdb *db;
	struct flood flood;
	struct timer age, say;
	struct backoff backoff;
	struct rbridge_fs_fragment fragments[RBRIDGE_FS_FRAGMENTS];
};

static void on_send(void *arg, unsigned int number, const uint8_t *pdu, size_t len)
{
	struct rbridge_fs *fs = arg;
	struct rbridge_port *port = &fs->rb->ports[number];

	rbridge_port_send(port, port->designated, pdu, len);
}

static void say_soon(struct rbridge_fs *fs)
{
	struct mono due = backoff_due(&fs->backoff, fs->rb->now);

	if (!timer_is_set(&fs->say) || mono_before(due, fs->say.due))
		timer_set(&fs->rb->timers, &fs->say, due);
}

static void on_changed(void *arg, const struct lsdb_lsp *lsp)
{
	struct rbridge_fs *fs = arg;

	if (!lsp->own)
		rbridge_active_active_heard(fs->rb, fs->rb->now);
}

static void on_reissue(void *arg, const struct lsp_id *id, uint32_t sequence)
{
	struct rbridge_fs *fs = arg;

	if (id->fragment >= RBRIDGE_FS_FRAGMENTS || id->pseudonode) {
		lsdb_purge_at(fs->db, id, sequence, fs->rb->now);
		return;
	}
	if (fragment_known(&fs->fragments[id->fragment].is, fs->db, id, sequence, fs->rb->now))
		say_soon(fs);
}

static int on_sign(void *arg, uint8_t *bytes, size_t len, size_t cap)
{
	struct rbridge_fs *fs = arg;

	return isis_auth_seal(rbridge_key(fs->rb), TLV_EXTENDED, bytes, len, cap);
}

/* Flags and lifetimes have changed. */
static void kick(struct rbridge_fs *fs, struct mono now)
{
	flood_kick(&fs->flood, now);
	timer_set(&fs->rb->timers, &fs->age, lsdb_next(fs->db));
}

static void age_fire(struct timer *t, struct mono now)
{
	struct rbridge_fs *fs = t->arg;

	lsdb_time(fs->db, now);
	kick(fs, now);
}

/* True: something of it has changed. */
static bool say(struct rbridge_fs *fs, uint8_t number, struct mono now)
{
	struct lsp_id id = {.system = fs->rb->config.system, .fragment = number};
	struct rbridge_fs_fragment *f = &fs->fragments[number];
	uint8_t tlvs[RBRIDGE_FS_LEN + ISIS_AUTH_EXTENDED_MAX];
	struct wire_writer w;

	if (!f->len)
		return fragment_purge(&f->is, fs->db, &id, now);
	if (!fragment_is_due(&f->is, f->changed, now))
		return false;
	wire_writer_init(&w, tlvs, sizeof(tlvs));
	if (rbridge_key(fs->rb))
		isis_auth_put(&w, rbridge_key(fs->rb), TLV_EXTENDED);
	wire_put_bytes(&w, f->tlvs, f->len);
	f->changed = false;
	return fragment_say(&f->is, fs->db, &id, ISIS_LSP_LEVEL1, wire_written(&w) ? tlvs : NULL,
		w.pos, &fs->rb->said, now);
}

static void say_fire(struct timer *t, struct mono now)
{
	struct rbridge_fs *fs = t->arg;
	struct mono next = MONO_NEVER;
	bool any = false;

	for (uint8_t i = 0; i < RBRIDGE_FS_FRAGMENTS; i++) {
		any |= say(fs, i, now);
		if (fs->fragments[i].len)
			next = mono_min(next, fragment_next(&fs->fragments[i].is));
	}
	if (any)
		backoff_done(&fs->backoff, now);
	kick(fs, now);
	timer_set(&fs->rb->timers, t, next);
}

static unsigned int lsps_max(const struct rbridge *rb)
{
	return LSPS_PER_NODE * rb->config.nodes_max + RBRIDGE_FS_FRAGMENTS;
}

bool rbridge_fs_init(struct rbridge *rb)
{
	struct rbridge_fs *fs = calloc(1, sizeof(*fs));
	struct lsdb_config config = {.own = rb->config.system,
		.scope = ISIS_SCOPE_E_L1FS,
		.lsps_max = lsps_max(rb),
		.strict_purges = rb->config.key_count};
	struct lsdb_events events = {
		.changed = on_changed, .reissue = on_reissue, .sign = on_sign, .arg = fs};

	rb->fs = fs;
	if (!fs)
		return false;
	fs->rb = rb;
	fs->db = lsdb_new(&config, &events);
	fs->backoff = (struct backoff){.first_us = CHANGE_LEAST_US, .cap_us = CHANGE_CAP_US};
	fs->flood.db = fs->db;
	fs->flood.timers = &rb->timers;
	fs->flood.random = rb->env.random;
	fs->flood.own = rb->config.system;
	fs->flood.scope = ISIS_SCOPE_E_L1FS;
	fs->flood.key = rbridge_key(rb);
	fs->flood.send = on_send;
	fs->flood.arg = fs;
	flood_init(&fs->flood);
	timer_init(&fs->age, age_fire, fs);
	timer_init(&fs->say, say_fire, fs);
	return fs->db;
}

void rbridge_fs_fini(struct rbridge *rb)
{
	struct rbridge_fs *fs = rb->fs;

	if (!fs)
		return;
	if (fs->db)
		flood_fini(&fs->flood);
	timer_cancel(&rb->timers, &fs->age);
	timer_cancel(&rb->timers, &fs->say);
	lsdb_free(fs->db);
	free(fs);
	rb->fs = NULL;
}

void rbridge_fs_settle(struct rbridge_port *port, bool flooding, bool drb, struct mono now)
{
	struct flood *f = &port->rb->fs->flood;

	if (flooding && !f->ports[port->number].up)
		flood_port_up(f, port->number, port->config.p2p, now);
	else if (!flooding && f->ports[port->number].up)
		flood_port_down(f, port->number);
	if (!port->config.p2p)
		flood_drb(f, port->number, drb, now);
}

void rbridge_fs_neighbor(struct rbridge_port *port, struct mono now)
{
	flood_neighbor(&port->rb->fs->flood, port->number, now);
}

void rbridge_fs_say(struct rbridge *rb, enum rbridge_fs_part part, const uint8_t *tlvs, size_t len)
{
	struct rbridge_fs_fragment *f = &rb->fs->fragments[part];

	if (len > sizeof(f->tlvs) || (f->len == len && !memcmp(f->tlvs, tlvs, len)))
		return;
	memcpy(f->tlvs, tlvs, len);
	f->len = len;
	f->changed = true;
	say_soon(rb->fs);
}

void rbridge_fs_rekey(struct rbridge *rb, bool resign)
{
	struct rbridge_fs *fs = rb->fs;

	fs->flood.key = rbridge_key(rb);
	lsdb_reconfigure(fs->db, lsps_max(rb), rb->config.key_count);
	for (unsigned int i = 0; resign && i < RBRIDGE_FS_FRAGMENTS; i++)
		fs->fragments[i].changed = true;
	if (resign)
		say_soon(fs);
}

struct lsdb *rbridge_fs_lsdb(const struct rbridge *rb)
{
	return rb->fs->db;
}

void rbridge_fs_take(struct rbridge_port *port, const struct isis_pdu *p, struct mono now)
{
	struct rbridge_fs *fs = port->rb->fs;
	int err = 0;

	if (p->type == ISIS_FS_PSNP && p->scope_flag) {
		if (port->config.p2p)
			lsdb_srm_clear_all(fs->db, port->number);
		return;
	}
	if (p->type == ISIS_FS_LSP && p->u.lsp.lifetime_s && !isis_checksum_right(p))
		err = -TRILL_ECHECKSUM;
	else if (p->type == ISIS_FS_LSP)
		port->counters.lsps[lsdb_receive(fs->db, p, port->number, now)]++;
	else if (p->type == ISIS_FS_CSNP || port->config.p2p || port->drb.state == DRB_IS_DRB)
		err = lsdb_snp(fs->db, p, port->number, now);
	if (err)
		port->counters.malformed[-err]++;
	kick(fs, now);
}
