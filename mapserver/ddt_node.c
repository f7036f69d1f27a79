/* See ddt_node.h. The TTLs are those of section 6.4: the decision tree of section 8.3.2 has others
 * for NOT-AUTHORITATIVE and MS-NOT-REGISTERED, against its own text. */
#include "mapserver/ddt_node.h"

#include <errno.h>
#include <string.h>

#include "lib/base/rcu.h"
#include "mapserver/resolve.h"

/* ---- the decision ---- */

static struct eid shortened(const struct eid *eid, unsigned int plen)
{
	struct eid p = *eid;

	if (eid->addr.afi != AFI_NAME && plen < p.plen)
		p.plen = (uint8_t)plen;
	eid_mask(&p);
	return p;
}

/* The least-specific prefix around @eid that is not shorter than @floor and holds nothing longer:
 * neither a mapping nor a site of ours, nor a delegation. */
static struct eid free_prefix(const struct resolve_view *v, const struct delegation_table *t,
	const struct eid *eid, unsigned int floor)
{
	struct eid p = resolve_free_prefix(v, eid, floor);
	int plen = t ? delegation_free_prefix(t, eid, floor) : (int)floor;

	if (plen < 0)
		return *eid;
	if (plen > p.plen)
		p = shortened(eid, (unsigned int)plen);
	return p;
}

static unsigned int head(unsigned int plen)
{
	return XEID_HEAD_BITS + plen;
}

/* A site's prefix, or a registered mapping: this is a Map-Server, and the EID is its own. */
static void decide_here(const struct resolve_view *v, const struct delegation_table *t,
	const struct eid *eid, const struct site_match *site, const struct mapping *best,
	struct ddt_verdict *out)
{
	if (best || site_match_denies(site)) {
		out->act = REFERRAL_MS_ACK;
		out->prefix = site ? site->prefix : mapping_eid(best);
		out->configured = site || best->flags & MAPPING_CONFIGURED;
		/* The peers are those of the authority's prefix: no more is said of them. */
		if (out->authority && !out->authority->root &&
			out->authority->prefix.plen > out->prefix.plen) {
			out->prefix = out->authority->prefix;
			out->configured = true;
		}
		return;
	}
	out->act = REFERRAL_NOT_REGISTERED;
	out->prefix = free_prefix(v, t, eid, site->prefix.plen);
}

static void decide(const struct resolve_view *v, const struct delegation_table *t,
	const struct eid *eid, struct mono now, struct ddt_verdict *out)
{
	const struct delegation *d = t ? delegation_find(t, eid) : NULL;
	const struct mapping *best = registry_longest(v->registry, eid, now);
	struct site_match match, *site = NULL;
	unsigned int local = 0;

	*out = (struct ddt_verdict){.authority = t ? delegation_authority(t, eid) : NULL};
	if (v->sites && site_table_match(v->sites, eid, &match))
		site = &match;
	if (best)
		local = head(best->entry.plen);
	if (site && head(site->prefix.plen) > local)
		local = head(site->prefix.plen);
	if (d && d->entry.plen > local &&
		(!out->authority || d->entry.plen >= out->authority->entry.plen)) {
		out->act = d->map_servers ? REFERRAL_MS : REFERRAL_NODE;
		out->prefix = d->prefix;
		out->configured = true;
		out->delegation = d;
	} else if (local) {
		decide_here(v, t, eid, site, best, out);
	} else if (out->authority) {
		const struct authority *a = out->authority;

		out->act = REFERRAL_HOLE;
		out->prefix = free_prefix(v, t, eid, a->root ? 0 : a->prefix.plen);
	} else {
		out->act =
			REFERRAL_NOT_AUTHORITATIVE; /* section 6.1: with the EID of the request */
		out->prefix = *eid;
	}
	if (eid->addr.afi == AFI_NAME) {
		out->prefix = *eid; /* a record has names whole (RFC 9735 section 3) */
		out->configured = false;
	}
}

void ddt_node_decide(const struct server *s, const struct map_request *m, struct mono now,
	struct ddt_verdicts *out)
{
	const struct resolve_view v = {
		.registry = s->registry, .sites = s->opt.map_server ? rcu_load(&s->sites) : NULL};
	const struct delegation_table *t = rcu_load(&s->delegations);
	struct map_request it = *m;
	struct map_request_record rec;

	out->count = 0;
	out->here = 0;
	for (unsigned int i = 0; i < 32 && map_request_next(&it, &rec); i++) {
		struct ddt_verdict *verdict = &out->list[out->count];

		if (!rec.eid.plain || out->count == DDT_NODE_RECORDS_MAX)
			continue;
		decide(&v, t, &rec.eid.eid, now, verdict);
		out->here |= (uint32_t)(verdict->act == REFERRAL_MS_ACK) << i;
		out->count++;
	}
}

/* ---- the message ---- */

static uint32_t ttl_of(enum referral_act act)
{
	switch (act) {
	case REFERRAL_NODE:
	case REFERRAL_MS:
		return DDT_TTL_REFERRAL_MIN;
	case REFERRAL_MS_ACK:
		return DDT_TTL_REGISTERED_MIN;
	case REFERRAL_NOT_REGISTERED:
		return DDT_TTL_NOT_REGISTERED_MIN;
	case REFERRAL_HOLE:
		return DDT_TTL_HOLE_MIN;
	case REFERRAL_NOT_AUTHORITATIVE:
		break;
	}
	return DDT_TTL_NOT_AUTHORITATIVE;
}

static void write_children(
	struct wire_writer *w, const struct delegation *d, unsigned int signatures)
{
	for (unsigned int i = 0; i < d->child_count; i++) {
		const struct delegation_child *c = &d->children[i];
		const struct lisp_rloc rloc = {.priority = c->priority,
			.weight = c->weight,
			.mpriority = 255,
			.reachable = true};

		/* Section 10.1: a signed referral brings the children's keys; who cannot check the
		 * one has no use for the other. */
		referral_rloc_write(w, &rloc, &c->addr, (const struct referral_key *const *)c->keys,
			signatures ? c->key_count : 0);
	}
}

static void write_plain(struct wire_writer *w, const struct address *a)
{
	const struct lisp_rloc rloc = {
		.priority = 1, .weight = 100, .mpriority = 255, .reachable = true};

	lisp_rloc_write(w, &rloc, a);
}

static void write_record(struct wire_writer *w, const struct ddt_verdict *v,
	const struct address *local, unsigned int signatures)
{
	const struct authority *a = v->authority;
	bool leaf = v->act == REFERRAL_MS_ACK || v->act == REFERRAL_NOT_REGISTERED;
	unsigned int peers = leaf && a ? a->peer_count : 0;
	/* Section 6.2: MS-ACK brings locators; without known peers it is our own. */
	bool self = v->act == REFERRAL_MS_ACK && !peers;
	unsigned int count = v->delegation ? v->delegation->child_count : peers + self;
	bool incomplete = (leaf && !peers) || v->act == REFERRAL_NOT_AUTHORITATIVE;

	map_referral_record_write(w, &v->prefix, ttl_of(v->act), (uint8_t)count,
		(uint8_t)signatures, v->act, incomplete, 0);
	if (v->delegation)
		write_children(w, v->delegation, signatures);
	for (unsigned int i = 0; i < peers; i++)
		write_plain(w, &a->peers[i]);
	if (self)
		write_plain(w, local);
}

static enum ddt_sign_kind kind_of(const struct ddt_verdict *v)
{
	if (v->configured)
		return DDT_SIGN_CONFIGURED;
	return v->act == REFERRAL_NOT_AUTHORITATIVE ? DDT_SIGN_NOWHERE : DDT_SIGN_ASKED;
}

/* 0, or why it cannot be sent (a reason). */
static int write_signed(struct server_thread *t, const struct datagram *d, struct wire_writer *w,
	const struct ddt_verdict *v, struct mono now)
{
	const struct delegation_table *table = rcu_load(&t->server->delegations);
	struct ddt_signer *signer = table ? delegation_table_signer(table) : NULL;
	size_t record_at = w->pos;

	write_record(w, v, &d->local, signer ? ddt_signer_count(signer) : 0);
	if (!signer)
		return wire_written(w) ? 0 : DROP_OUTBOX_FULL;
	switch (ddt_signer_sign(signer, w, record_at, kind_of(v), &d->peer.addr, now,
		server_wall_s(t->server, now))) {
	case 0:
		return 0;
	case -EAGAIN:
		return DROP_SIGN_LIMIT;
	default:
		return DROP_OUTBOX_FULL;
	}
}

/* A referral may be larger than its request, and its request's source is anybody's word: so many a
 * second to one address (docs/decisions/amplification.md). @kind: the least that is in it; who asks
 * about nothing in a resolver's name takes none of its referrals to what there is. */
static bool size_allowed(struct server_thread *t, const struct datagram *d, enum ddt_sign_kind kind,
	size_t len, struct mono now)
{
	uint8_t key[ADDRESS_MAX + 1] = {(uint8_t)kind};

	memcpy(key + 1, d->peer.addr.bytes, d->peer.addr.len);
	return len <= d->len ||
	       limit_shared_take(t->server->excess, key, 1u + d->peer.addr.len, now);
}

static void refuse(
	struct server_thread *t, const struct datagram *d, enum drop_reason reason, struct mono now)
{
	server_drop(t, reason, LISP_ECM, &d->peer, now, "a DDT Map-Request draws no referral");
}

void ddt_node_refer(struct server_thread *t, const struct datagram *d, uint64_t nonce,
	const struct ddt_verdicts *v, bool served, struct mono now, struct outbox *out)
{
	uint8_t *room = outbox_begin(out, DDT_REFERRAL_BYTES);
	enum ddt_sign_kind least = DDT_SIGN_CONFIGURED;
	unsigned int records = 0;
	struct wire_writer w;
	int reason = room ? 0 : DROP_OUTBOX_FULL;

	if (room) {
		wire_writer_init(&w, room, DDT_REFERRAL_BYTES);
		map_referral_begin(&w, nonce);
	}
	for (unsigned int i = 0; i < v->count && !reason; i++) {
		const struct ddt_verdict *verdict = &v->list[i];

		if (verdict->act == REFERRAL_MS_ACK && !served)
			continue;
		reason = write_signed(t, d, &w, verdict, now);
		records += !reason;
		least = kind_of(verdict) > least ? kind_of(verdict) : least;
		if (!reason)
			server_count(t, COUNT_REFERRALS + verdict->act);
	}
	if (reason) {
		refuse(t, d, (enum drop_reason)reason, now);
		return;
	}
	if (!records)
		return;
	map_referral_finish(&w, records);
	if (size_allowed(t, d, least, w.pos, now))
		outbox_commit(out, (uint32_t)w.pos, &d->peer,
			d->peer.addr.afi == d->local.afi ? &d->local : NULL);
	else
		refuse(t, d, DROP_AMPLIFICATION, now);
}

size_t ddt_node_referral_size(
	const struct delegation *d, unsigned int signatures, size_t signature_bytes)
{
	const struct ddt_verdict v = {.act = REFERRAL_MS, .prefix = d->prefix, .delegation = d};
	uint8_t bytes[DELEGATION_CHILDREN_MAX *
			      (64 + DELEGATION_KEYS_MAX * (2 + REFERRAL_MATERIAL_MAX)) +
		      128];
	struct wire_writer w;

	wire_writer_init(&w, bytes, sizeof(bytes));
	map_referral_begin(&w, 0);
	write_record(&w, &v, NULL, signatures);
	return w.pos + signatures * (REFERRAL_SECTION_BYTES + signature_bytes);
}
