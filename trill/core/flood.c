/* See flood.h. */
#include "trill/core/flood.h"

#include <string.h>

#define PDU_MAX     UINT16_MAX
#define TLV_ENTRIES 15
#define TLV_LEN     (4 + TLV_ENTRIES * 16)
#define SNP_HEADER  33 /* of a CSNP; a PSNP has less */
#define SNP_OTHER   (SNP_HEADER + ISIS_AUTH_EXTENDED_MAX)
#define ENTRIES_MAX ((FLOOD_SNP_MAX - SNP_OTHER) / TLV_LEN * TLV_ENTRIES)

static unsigned int number_of(const struct flood_port *p)
{
	return (unsigned int)(p - p->flood->ports);
}

/* Entries of a CSNP or PSNP of @p: 75 in 1470 bytes. */
static unsigned int entries_max(const struct flood_port *p)
{
	return (p->snp_size - SNP_OTHER) / TLV_LEN * TLV_ENTRIES;
}

/* The head of a CSNP, or else of a PSNP. */
static struct isis_pdu snp_head(const struct flood *f, bool complete)
{
	enum isis_type plain = complete ? ISIS_CSNP : ISIS_PSNP;
	enum isis_type scoped = complete ? ISIS_FS_CSNP : ISIS_FS_PSNP;

	return (struct isis_pdu){.type = f->scope ? scoped : plain, .scope = f->scope};
}

/* Between the entries' first and last ID; a PSNP has no range. */
static void snp_send(struct flood_port *p, struct isis_pdu *head, const struct lsp_entry *entries,
	unsigned int n)
{
	struct flood *f = p->flood;
	enum tlv_form form = f->scope ? isis_scope_form(f->scope) : TLV_STANDARD;
	uint8_t out[FLOOD_SNP_MAX];
	struct wire_writer w;
	int len;

	head->u.snp.source.system = f->own;
	wire_writer_init(&w, out, sizeof(out));
	isis_begin(&w, head);
	if (f->key)
		isis_auth_put(&w, f->key, form);
	for (unsigned int i = 0; i < n; i += TLV_ENTRIES)
		lsp_entries_put(&w, entries + i, n - i < TLV_ENTRIES ? n - i : TLV_ENTRIES, form);
	len = isis_end(&w);
	if (len < 0 || (f->key && isis_auth_sign(f->key, out, (size_t)len)))
		return;
	if (head->type == ISIS_CSNP || head->type == ISIS_FS_CSNP)
		f->csnps++;
	else
		f->psnps++;
	f->send(f->arg, number_of(p), out, (size_t)len);
}

/* The ID that follows @id. */
static struct lsp_id id_after(struct lsp_id id)
{
	if (++id.fragment || ++id.pseudonode)
		return id;
	for (unsigned int i = SYSTEM_ID_LEN; i-- > 0;)
		if (++id.system.bytes[i])
			break;
	return id;
}

/* All that is in the LSDB, in as many CSNPs as are needed, whose ranges join. */
static void csnps_send(struct flood_port *p, struct mono now)
{
	struct isis_pdu head = snp_head(p->flood, true);
	struct lsdb *db = p->flood->db;
	struct lsp_entry entries[ENTRIES_MAX];
	struct lsdb_lsp *lsp = lsdb_after(db, NULL);
	unsigned int n = 0;

	while (lsp) {
		entries[n++] = lsdb_entry(lsp, now);
		lsp = lsdb_following(lsp);
		if (n < entries_max(p) || !lsp)
			continue;
		head.u.snp.end = entries[n - 1].id;
		snp_send(p, &head, entries, n);
		head.u.snp.start = id_after(entries[n - 1].id);
		n = 0;
	}
	memset(&head.u.snp.end, 0xff, sizeof(head.u.snp.end));
	snp_send(p, &head, entries, n);
}

static uint64_t jittered(struct flood *f, uint64_t ms)
{
	uint64_t most = ms * FLOOD_JITTER / 100;

	return ms - random_below(f->random, most + 1);
}

static void csnp_fire(struct timer *t, struct mono now)
{
	struct flood_port *p = t->arg;

	if (!p->p2p && !p->drb)
		return;
	csnps_send(p, now);
	if (!p->p2p)
		timer_set(p->flood->timers, t, mono_add_ms(now, jittered(p->flood, FLOOD_CSNP_MS)));
}

static void psnp_fire(struct timer *t, struct mono now)
{
	struct flood_port *p = t->arg;
	struct flood *f = p->flood;
	struct isis_pdu head = snp_head(f, false);
	struct lsp_entry entries[ENTRIES_MAX];
	unsigned int n = 0, port = number_of(p);
	struct lsdb_lsp *lsp;

	while (n < entries_max(p) &&
		(lsp = lsdb_next_ssn(f->db, port, n ? &entries[n - 1].id : NULL))) {
		entries[n++] = lsdb_entry(lsp, now);
		lsdb_ssn_sent(f->db, lsp, port);
	}
	if (!n)
		return;
	if (p->p2p || !p->drb) /* a DRB's CSNP says it */
		snp_send(p, &head, entries, n);
	p->psnp_after = mono_add_ms(now, jittered(f, FLOOD_PSNP_MS));
	timer_set(f->timers, t, n == entries_max(p) ? now : p->psnp_after);
}

/* The next behind the last; all have their turn. */
static struct lsdb_lsp *next_to_send(struct flood_port *p)
{
	struct lsdb_lsp *lsp = lsdb_next_srm(p->flood->db, number_of(p), &p->last);

	return lsp ? lsp : lsdb_next_srm(p->flood->db, number_of(p), NULL);
}

static void lsp_fire(struct timer *t, struct mono now)
{
	struct flood_port *p = t->arg;
	struct flood *f = p->flood;
	struct lsdb_lsp *lsp = next_to_send(p);
	unsigned int port = number_of(p);
	uint8_t out[PDU_MAX];
	int len;

	if (!lsp)
		return;
	p->last = lsp->id;
	len = lsdb_copy(lsp, out, sizeof(out), now);
	if (p->p2p) {
		lsp->sent |= 1ull << port;
		lsp->resend = mono_add_ms(now, FLOOD_RESEND_MS);
		if (!timer_is_set(&f->resend))
			timer_set(f->timers, &f->resend, lsp->resend);
	} else {
		lsdb_srm_clear(lsp, port);
	}
	p->lsp_after = mono_add_ms(now, p->p2p ? FLOOD_P2P_GAP_MS : FLOOD_LAN_GAP_MS);
	timer_set(f->timers, t, p->lsp_after);
	if (len < 0)
		return;
	f->lsps++;
	f->send(f->arg, port, out, (size_t)len);
}

/* What is not acknowledged for 5 s is to be sent again. */
static void resend_fire(struct timer *t, struct mono now)
{
	struct flood *f = t->arg;
	struct mono next = MONO_NEVER;
	struct lsdb_lsp *lsp;

	for (lsp = lsdb_after(f->db, NULL); lsp; lsp = lsdb_following(lsp)) {
		uint64_t waiting = lsp->srm & lsp->sent;

		if (!waiting)
			continue;
		if (mono_due(lsp->resend, now)) {
			f->resent += (uint64_t)__builtin_popcountll(waiting);
			lsdb_unsent(f->db, lsp);
		} else {
			next = mono_min(next, lsp->resend);
		}
	}
	timer_set(f->timers, t, next);
	flood_kick(f, now);
}

void flood_init(struct flood *f)
{
	timer_init(&f->resend, resend_fire, f);
	for (unsigned int i = 0; i < LSDB_PORTS_MAX; i++) {
		struct flood_port *p = &f->ports[i];

		memset(p, 0, sizeof(*p));
		p->flood = f;
		p->snp_size = ISIS_MAX_HELLO;
		timer_init(&p->lsp, lsp_fire, p);
		timer_init(&p->csnp, csnp_fire, p);
		timer_init(&p->psnp, psnp_fire, p);
	}
}

void flood_fini(struct flood *f)
{
	for (unsigned int i = 0; i < LSDB_PORTS_MAX; i++)
		flood_port_down(f, i);
	timer_cancel(f->timers, &f->resend);
}

void flood_port_up(struct flood *f, unsigned int port, bool p2p, struct mono now)
{
	struct flood_port *p = &f->ports[port];

	p->up = true;
	p->p2p = p2p;
	p->lsp_after = p->psnp_after = now;
	lsdb_port_up(f->db, port, p2p);
	flood_kick(f, now);
}

void flood_port_down(struct flood *f, unsigned int port)
{
	struct flood_port *p = &f->ports[port];

	if (!p->up)
		return;
	p->up = p->drb = false;
	lsdb_port_down(f->db, port);
	timer_cancel(f->timers, &p->lsp);
	timer_cancel(f->timers, &p->csnp);
	timer_cancel(f->timers, &p->psnp);
}

void flood_snp_size(struct flood *f, unsigned int port, uint16_t bytes)
{
	f->ports[port].snp_size = bytes < ISIS_MAX_HELLO ? ISIS_MAX_HELLO : bytes;
	if (bytes > FLOOD_SNP_MAX)
		f->ports[port].snp_size = FLOOD_SNP_MAX;
}

void flood_neighbor(struct flood *f, unsigned int port, struct mono now)
{
	struct flood_port *p = &f->ports[port];

	if (p->up && (p->p2p || p->drb))
		timer_set(f->timers, &p->csnp, now);
}

void flood_drb(struct flood *f, unsigned int port, bool drb, struct mono now)
{
	struct flood_port *p = &f->ports[port];

	if (!p->up || p->drb == drb)
		return;
	p->drb = drb;
	flood_neighbor(f, port, now);
}

bool flood_is_due(const struct flood *f, struct mono now)
{
	for (unsigned int i = 0; i < LSDB_PORTS_MAX; i++) {
		const struct flood_port *p = &f->ports[i];

		if (p->up && timer_is_set(&p->lsp) && mono_due(p->lsp.due, now))
			return true;
	}
	return false;
}

void flood_kick(struct flood *f, struct mono now)
{
	for (unsigned int i = 0; i < LSDB_PORTS_MAX; i++) {
		struct flood_port *p = &f->ports[i];

		if (!p->up)
			continue;
		if (!timer_is_set(&p->lsp))
			timer_set(f->timers, &p->lsp,
				mono_before(now, p->lsp_after) ? p->lsp_after : now);
		if (!timer_is_set(&p->psnp))
			timer_set(f->timers, &p->psnp,
				mono_before(now, p->psnp_after) ? p->psnp_after : now);
	}
}
