/* See esadi.h. */
#include "trill/core/esadi_internal.h"

#include <stdlib.h>
#include <string.h>

struct isis_key *esadi_key_new(enum isis_auth_alg alg, uint16_t id, const void *secret, size_t len)
{
	uint8_t derived[ISIS_DERIVED_LEN];
	struct isis_key *key = NULL;

	if (isis_key_derive(secret, len, "TRILL ESADI", 11, derived))
		key = isis_key_new(alg, id, derived, sizeof(derived));
	explicit_bzero(derived, sizeof(derived));
	return key;
}

const char *esadi_verdict_name(enum esadi_verdict verdict)
{
	static const char *const names[ESADI_VERDICTS] = {"taken", "malformed", "type",
		"no-neighbor", "stranger", "authentication", "checksum"};

	return names[verdict];
}

struct esadi_neighbor *esadi_neighbor_of(const struct esadi *e, const struct system_id *system)
{
	for (unsigned int i = 0; i < e->neighbor_count; i++)
		if (!system_id_compare(&e->neighbors[i].system, system))
			return &e->neighbors[i];
	return NULL;
}

/* The neighbour that wins against us, or NULL: we do. */
const struct esadi_neighbor *esadi_drb(const struct esadi *e)
{
	const struct esadi_neighbor *best = NULL;
	uint8_t priority = e->config.param.priority;
	const struct system_id *system = &e->config.system;

	for (unsigned int i = 0; i < e->neighbor_count; i++) {
		const struct esadi_neighbor *n = &e->neighbors[i];

		if (n->param.priority < priority ||
			(n->param.priority == priority &&
				system_id_compare(&n->system, system) < 0))
			continue;
		best = n;
		priority = n->param.priority;
		system = &n->system;
	}
	return best;
}

bool esadi_is_drb(const struct esadi *e)
{
	return !esadi_drb(e);
}

static void on_changed(void *arg, const struct lsdb_lsp *lsp)
{
	struct esadi *e = arg;

	if (!lsp->own)
		esadi_heard_read(e, lsp);
}

/* Someone has a later LSP of ours: what we say now goes above it. It is purged if we never said it
 * (we have no pseudonode). */
static void on_reissue(void *arg, const struct lsp_id *id, uint32_t sequence)
{
	struct esadi *e = arg;

	if (id->pseudonode || !e->fragments[id->fragment].used)
		lsdb_purge_at(e->db, id, sequence, e->now);
	else if (fragment_known(&e->fragments[id->fragment].is, e->db, id, sequence, e->now))
		esadi_ours_touch(e, id->fragment);
}

/* A purge that we make has no place for the digest yet. */
static int on_sign(void *arg, uint8_t *bytes, size_t len, size_t cap)
{
	const struct esadi *e = arg;

	return isis_auth_seal(
		e->config.key_count ? e->config.keys[0] : NULL, TLV_EXTENDED, bytes, len, cap);
}

struct esadi *esadi_new(const struct esadi_config *config, struct mono now)
{
	struct lsdb_config db = {.own = config->system,
		.scope = ISIS_SCOPE_E_L1CS,
		.zero_first = true, /* section 4.2 */
		.lsps_max = config->lsps_max,
		.share = config->share ? &config->share->lsps : NULL,
		.strict_purges = config->key_count};
	struct lsdb_events events = {.changed = on_changed, .reissue = on_reissue, .sign = on_sign};
	struct esadi *e = calloc(1, sizeof(*e));
	uint8_t secret[16];

	if (!e)
		return NULL;
	e->config = *config;
	RB_INIT(&e->said);
	esadi_ours_init(e);
	random_bytes(config->random, secret, sizeof(secret));
	hash_key_set(&e->hash, secret);
	if (!e->config.param.csnp_s)
		e->config.param.csnp_s = 1;
	events.arg = e;
	e->db = lsdb_new(&db, &events);
	e->neighbors = calloc(config->neighbors_max, sizeof(*e->neighbors));
	e->fresh = calloc(config->neighbors_max, sizeof(*e->fresh));
	if (!e->db || !e->neighbors || !e->fresh) {
		esadi_free(e);
		return NULL;
	}
	lsdb_port_up(e->db, ESADI_PORT, false);
	e->csnp = e->others = e->psnp = e->flood = MONO_NEVER;
	e->seen_csnp = e->now = now;
	e->say = (struct backoff){.first_us = ESADI_AGAIN_US, .cap_us = ESADI_INTERVAL_US};
	return e;
}

void esadi_free(struct esadi *e)
{
	if (!e)
		return;
	esadi_heard_free(e);
	esadi_index_free(e);
	esadi_ours_free(e);
	lsdb_free(e->db);
	free(e->neighbors);
	free(e->fresh);
	free(e);
}

/* Which of @n neighbours are new, or were and have not been sent ours; true: some are. */
static bool fresh_find(struct esadi *e, const struct esadi_neighbor *neighbors, unsigned int n)
{
	bool *fresh = calloc(n ? n : 1, sizeof(*fresh)), any_new = false;

	for (unsigned int i = 0; i < n; i++) {
		const struct esadi_neighbor *was = esadi_neighbor_of(e, &neighbors[i].system);

		any_new = any_new || !was;
		if (fresh)
			fresh[i] = !was || e->fresh[was - e->neighbors];
	}
	for (unsigned int i = 0; i < n; i++)
		e->fresh[i] = !fresh || fresh[i]; /* all: to all */
	free(fresh);
	return any_new;
}

/* All that is here of neighbours is read anew, by who they are now. */
static void neighbors_reread(struct esadi *e)
{
	const struct lsdb_lsp *lsp = NULL;

	while ((lsp = lsdb_after(e->db, lsp ? &lsp->id : NULL)))
		if (!lsp->own)
			esadi_heard_read(e, lsp);
}

bool esadi_neighbors(struct esadi *e, const struct esadi_neighbor *neighbors, unsigned int count,
	struct mono now)
{
	static const struct esadi_param defaults = {
		.priority = ESADI_PRIORITY_DEFAULT, .csnp_s = ESADI_CSNP_S_DEFAULT};
	unsigned int n = count < e->config.neighbors_max ? count : e->config.neighbors_max;
	bool any_new = fresh_find(e, neighbors, n);

	memcpy(e->neighbors, neighbors, n * sizeof(*neighbors));
	for (unsigned int i = 0; i < n; i++)
		e->neighbors[i].param = defaults;
	e->neighbor_count = n;
	e->asker = NICKNAME_NONE;
	neighbors_reread(e);
	if (any_new)
		e->flood = mono_min(e->flood,
			mono_add_ms(
				now, ESADI_NEW_NEIGHBOR_MS * (uint64_t)e->config.nickname >> 16));
	return n == count;
}

/* Others' LSPs that are wanted wait, so that their originator sends first (section 4.4). */
static void flags_seen(struct esadi *e, struct mono now)
{
	const struct lsdb_lsp *lsp = NULL;

	if (e->psnp.ns == MONO_NEVER.ns && lsdb_next_ssn(e->db, ESADI_PORT, NULL))
		e->psnp = mono_add_ms(now, esadi_jittered_ms(e, ESADI_PSNP_MS));
	while ((lsp = lsdb_next_srm(e->db, ESADI_PORT, lsp ? &lsp->id : NULL))) {
		e->asked = e->asked || lsp->own;
		if (!lsp->own && e->others.ns == MONO_NEVER.ns)
			e->others = mono_add_ms(now, esadi_jittered_ms(e, ESADI_RESEND_MS));
	}
}

static enum esadi_verdict admit(
	const struct esadi *e, const struct isis_pdu *p, const struct system_id *system)
{
	if (!e->neighbor_count)
		return ESADI_NO_NEIGHBOR;
	if (!esadi_neighbor_of(e, system) &&
		(p->type != ISIS_FS_LSP || system_id_compare(system, &e->config.system)))
		return ESADI_STRANGER;
	if (e->config.key_count && isis_auth_check(p, e->config.keys, e->config.key_count))
		return ESADI_AUTH;
	if (p->type == ISIS_FS_LSP && p->u.lsp.lifetime_s && !isis_checksum_right(p))
		return ESADI_CHECKSUM;
	return ESADI_TAKEN;
}

static enum esadi_verdict take(struct esadi *e, const uint8_t *pdu, size_t len, struct mono now)
{
	const struct system_id *system;
	enum esadi_verdict verdict;
	struct wire_fault fault;
	bool before = e->asked;
	struct isis_pdu p;

	if (isis_parse(pdu, len, &p, &fault))
		return ESADI_MALFORMED;
	if (!isis_is_scoped(p.type) || p.scope != ISIS_SCOPE_E_L1CS)
		return ESADI_TYPE;
	system = p.type == ISIS_FS_LSP ? &p.u.lsp.id.system : &p.u.snp.source.system;
	verdict = admit(e, &p, system);
	if (verdict)
		return verdict;
	if (p.type == ISIS_FS_LSP)
		lsdb_receive(e->db, &p, ESADI_PORT, now);
	else
		lsdb_snp(e->db, &p, ESADI_PORT, now);
	if (p.type == ISIS_FS_CSNP)
		e->seen_csnp = now;
	flags_seen(e, now);
	esadi_send_asker(e, &p, esadi_neighbor_of(e, system), before);
	return ESADI_TAKEN;
}

enum esadi_verdict esadi_receive(struct esadi *e, const uint8_t *pdu, size_t len, struct mono now)
{
	enum esadi_verdict verdict;

	e->now = now;
	verdict = take(e, pdu, len, now);
	e->received[verdict]++;
	return verdict;
}

const uint64_t *esadi_received(const struct esadi *e)
{
	return e->received;
}

struct lsdb *esadi_lsdb(const struct esadi *e)
{
	return e->db;
}

unsigned int esadi_neighbor_count(const struct esadi *e)
{
	return e->neighbor_count;
}

const struct esadi_neighbor *esadi_neighbor_at(const struct esadi *e, unsigned int i)
{
	return &e->neighbors[i];
}

void esadi_keys_set(struct esadi *e, struct isis_key *const *keys, unsigned int count, bool resign)
{
	e->config.keys = keys;
	e->config.key_count = count;
	lsdb_reconfigure(e->db, e->config.lsps_max, count);
	for (unsigned int i = 0; resign && i < ESADI_FRAGMENTS; i++)
		if (e->fragments[i].used)
			esadi_ours_touch(e, i);
}

void esadi_nickname_set(struct esadi *e, uint16_t nickname)
{
	e->config.nickname = nickname;
}

void esadi_time(struct esadi *e, struct mono now)
{
	e->now = now;
	if (e->neighbor_count)
		esadi_send_asked(e, now); /* before what has changed has its flag */
	lsdb_time(e->db, now);
	esadi_ours_time(e, now);
	if (!e->neighbor_count)
		return;
	if (mono_due(e->flood, now))
		esadi_send_ours(e, now);
	esadi_send_lsps(e, true, NICKNAME_NONE, now);
	e->asked = false;
	if (mono_due(e->others, now)) {
		esadi_send_lsps(e, false, NICKNAME_NONE, now);
		e->others = MONO_NEVER;
	}
	if (mono_due(e->psnp, now)) {
		esadi_send_psnps(e, now);
		e->psnp = MONO_NEVER;
	}
	if (mono_due(esadi_send_csnp_due(e), now)) {
		esadi_send_csnps(e, now);
		e->csnp = mono_add_ms(now,
			esadi_jittered_ms(e, e->config.param.csnp_s * 1000ull / ESADI_CSNP_TIMES));
	}
	flags_seen(e, now);
}

struct mono esadi_next(const struct esadi *e)
{
	struct mono next = lsdb_next(e->db);

	if (e->dirty)
		next = mono_min(next, backoff_due(&e->say, (struct mono){0}));
	for (unsigned int i = 0; i < ESADI_FRAGMENTS; i++)
		if (e->fragments[i].used)
			next = mono_min(next, fragment_next(&e->fragments[i].is));
	if (!e->neighbor_count)
		return next;
	next = mono_min(mono_min(next, e->flood), mono_min(e->others, e->psnp));
	return e->asked ? (struct mono){0} : mono_min(next, esadi_send_csnp_due(e));
}
