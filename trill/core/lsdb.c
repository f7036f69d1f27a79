/* See lsdb.h. */
#include "trill/core/lsdb.h"

#include <stdlib.h>
#include <string.h>

#define TLV_HOSTNAME 137
#define PURGE_MAX    256 /* bytes: a header with TLVs 10 and 13 */

RB_HEAD(lsp_tree, lsdb_lsp);

struct lsdb {
	struct lsdb_config config;
	struct lsdb_events events;
	struct lsp_tree tree;
	unsigned int count;
	uint64_t up, p2p;  /* ports */
	bool none_strange; /* of those that are here, */
	bool sought;       /* or up to: */
	struct lsp_id sought_to;
	uint64_t srm_some,
		ssn_some; /* ports on which some LSP may have the flag; others have none */
	struct mono next; /* nothing is due before */
};

static int lsp_order(struct lsdb_lsp *a, struct lsdb_lsp *b)
{
	return lsp_id_compare(&a->id, &b->id);
}

/* Some of what it makes is not used, which RB_GENERATE_STATIC() leaves untold on Linux. */
RB_GENERATE_INTERNAL(lsp_tree, lsdb_lsp, node, lsp_order, __attribute__((unused)) static)

struct lsdb *lsdb_new(const struct lsdb_config *config, const struct lsdb_events *events)
{
	struct lsdb *db = calloc(1, sizeof(*db));

	if (!db)
		return NULL;
	db->config = *config;
	db->events = *events;
	db->next = MONO_NEVER;
	RB_INIT(&db->tree);
	return db;
}

void lsdb_reconfigure(struct lsdb *db, unsigned int lsps_max, bool strict_purges)
{
	db->config.lsps_max = lsps_max;
	db->config.strict_purges = strict_purges;
}

/* There is no room for another's LSP. */
static bool is_full(const struct lsdb *db)
{
	const struct lsdb_share *share = db->config.share;

	return db->count >= db->config.lsps_max || (share && share->count >= share->max);
}

static void lsp_forget(struct lsdb *db, struct lsdb_lsp *lsp)
{
	RB_REMOVE(lsp_tree, &db->tree, lsp);
	db->count--;
	if (db->config.share && !lsp->own)
		db->config.share->count--;
	free(lsp->bytes);
	free(lsp);
}

void lsdb_free(struct lsdb *db)
{
	if (!db)
		return;
	while (!RB_EMPTY(&db->tree))
		lsp_forget(db, RB_ROOT(&db->tree));
	free(db);
}

struct lsdb_lsp *lsdb_find(struct lsdb *db, const struct lsp_id *id)
{
	struct lsdb_lsp key = {.id = *id};

	return RB_FIND(lsp_tree, &db->tree, &key);
}

static void srm_add(struct lsdb *db, struct lsdb_lsp *lsp, uint64_t bits)
{
	lsp->srm |= bits;
	db->srm_some |= bits;
}

static void ssn_add(struct lsdb *db, struct lsdb_lsp *lsp, uint64_t bits)
{
	lsp->ssn |= bits;
	db->ssn_some |= bits;
}

void lsdb_srm_set(struct lsdb *db, struct lsdb_lsp *lsp, unsigned int port)
{
	srm_add(db, lsp, 1ull << port);
}

void lsdb_srm_clear_all(struct lsdb *db, unsigned int port)
{
	struct lsdb_lsp *lsp;

	RB_FOREACH (lsp, lsp_tree, &db->tree) {
		lsdb_srm_clear(lsp, port);
		lsp->sent &= ~(1ull << port);
	}
}

void lsdb_unsent(struct lsdb *db, struct lsdb_lsp *lsp)
{
	lsp->sent = 0;
	db->srm_some |= lsp->srm;
}

static void changed(struct lsdb *db, const struct lsdb_lsp *lsp)
{
	if (db->events.changed)
		db->events.changed(db->events.arg, lsp);
}

/* From @id on, itself included. */
static struct lsdb_lsp *lsp_from(struct lsdb *db, const struct lsp_id *id)
{
	struct lsdb_lsp key = {.id = *id};

	return RB_NFIND(lsp_tree, &db->tree, &key);
}

static struct lsdb_lsp *walk(struct lsdb *db, const struct lsp_id *after)
{
	struct lsdb_lsp *lsp;

	if (!after)
		return RB_MIN(lsp_tree, &db->tree);
	lsp = lsp_from(db, after);
	return lsp && !lsp_id_compare(&lsp->id, after) ? RB_NEXT(lsp_tree, &db->tree, lsp) : lsp;
}

static bool is_stranger(const struct lsdb *db, const struct lsp_id *id)
{
	return db->events.stranger && db->events.stranger(db->events.arg, id);
}

/* An LSP of a stranger goes. Each is looked at once, until others may be strangers. False: none of
 * them is. */
static bool stranger_drop(struct lsdb *db)
{
	struct lsdb_lsp *lsp = db->none_strange ? NULL
			       : db->sought     ? walk(db, &db->sought_to)
						: RB_MIN(lsp_tree, &db->tree);

	while (lsp && (lsp->own || !is_stranger(db, &lsp->id)))
		lsp = RB_NEXT(lsp_tree, &db->tree, lsp);
	db->none_strange = !lsp;
	if (!lsp)
		return false;
	db->sought = true;
	db->sought_to = lsp->id;
	if (lsp->sequence && !lsp->purged) {
		lsp->purged = true;
		changed(db, lsp);
	}
	lsp_forget(db, lsp);
	return true;
}

void lsdb_strangers_changed(struct lsdb *db)
{
	db->none_strange = db->sought = false;
}

/* There is room for one of @id, or it is made. Of ours there is some beyond the bound. */
static bool room_for(struct lsdb *db, const struct lsp_id *id, bool own)
{
	if (own)
		return db->count < db->config.lsps_max + LSDB_OWN_SPARE;
	if (!is_full(db))
		return true;
	if (!db->events.stranger || is_stranger(db, id))
		return false;
	while (is_full(db))
		if (!stranger_drop(db))
			return false;
	return true;
}

static struct lsdb_lsp *lsp_add(struct lsdb *db, const struct lsp_id *id)
{
	bool own = !system_id_compare(&id->system, &db->config.own);
	struct lsdb_lsp *lsp = room_for(db, id, own) ? calloc(1, sizeof(*lsp)) : NULL;

	if (!lsp)
		return NULL;
	if (db->config.share && !own)
		db->config.share->count++;
	lsp->id = *id;
	lsp->own = own;
	lsp->until = MONO_NEVER;
	RB_INSERT(lsp_tree, &db->tree, lsp);
	db->count++;
	return lsp;
}

struct lsdb_lsp *lsdb_after(struct lsdb *db, const struct lsp_id *id)
{
	struct lsdb_lsp *lsp = walk(db, id);

	while (lsp && !lsp->sequence)
		lsp = RB_NEXT(lsp_tree, &db->tree, lsp);
	return lsp;
}

unsigned int lsdb_count(const struct lsdb *db)
{
	return db->count;
}

struct lsdb_lsp *lsdb_following(struct lsdb_lsp *lsp)
{
	do
		lsp = RB_NEXT(lsp_tree, NULL, lsp);
	while (lsp && !lsp->sequence);
	return lsp;
}

struct lsdb_lsp *lsdb_next_srm(struct lsdb *db, unsigned int port, const struct lsp_id *id)
{
	uint64_t bit = 1ull << port;
	struct lsdb_lsp *lsp = db->srm_some & bit ? walk(db, id) : NULL;

	while (lsp && !(lsp->srm & ~lsp->sent & bit))
		lsp = RB_NEXT(lsp_tree, &db->tree, lsp);
	if (!lsp && !id)
		db->srm_some &= ~bit;
	return lsp;
}

struct lsdb_lsp *lsdb_next_ssn(struct lsdb *db, unsigned int port, const struct lsp_id *id)
{
	uint64_t bit = 1ull << port;
	struct lsdb_lsp *lsp = db->ssn_some & bit ? walk(db, id) : NULL;

	while (lsp && !(lsp->ssn & bit))
		lsp = RB_NEXT(lsp_tree, &db->tree, lsp);
	if (!lsp && !id)
		db->ssn_some &= ~bit;
	return lsp;
}

uint16_t lsdb_lifetime_s(const struct lsdb_lsp *lsp, struct mono now)
{
	uint64_t left_ms;

	if (lsp->purged || !lsp->sequence)
		return 0;
	left_ms = mono_since_ms(now, lsp->until);
	return (uint16_t)((left_ms + 999) / 1000);
}

int lsdb_copy(const struct lsdb_lsp *lsp, uint8_t *out, size_t cap, struct mono now)
{
	if (!lsp->bytes || lsp->len > cap)
		return -TRILL_ENOROOM;
	memcpy(out, lsp->bytes, lsp->len);
	isis_lifetime_set(out, lsdb_lifetime_s(lsp, now));
	return (int)lsp->len;
}

struct lsp_entry lsdb_entry(const struct lsdb_lsp *lsp, struct mono now)
{
	return (struct lsp_entry){.lifetime_s = lsdb_lifetime_s(lsp, now),
		.id = lsp->id,
		.sequence = lsp->sequence ? lsp->sequence : lsp->over,
		.checksum = lsp->checksum};
}

void lsdb_ssn_sent(struct lsdb *db, struct lsdb_lsp *lsp, unsigned int port)
{
	lsp->ssn &= ~(1ull << port);
	if (!lsp->sequence && !lsp->ssn)
		lsp_forget(db, lsp);
}

void lsdb_port_up(struct lsdb *db, unsigned int port, bool p2p)
{
	uint64_t bit = 1ull << port;
	struct lsdb_lsp *lsp;

	db->up |= bit;
	db->p2p = p2p ? db->p2p | bit : db->p2p & ~bit;
	if (!p2p)
		return; /* on a LAN the DRB's CSNP tells */
	RB_FOREACH (lsp, lsp_tree, &db->tree)
		if (lsp->sequence)
			srm_add(db, lsp, bit);
}

void lsdb_port_down(struct lsdb *db, unsigned int port)
{
	uint64_t bit = 1ull << port;
	struct lsdb_lsp *lsp, *next;

	db->up &= ~bit;
	db->p2p &= ~bit;
	RB_FOREACH_SAFE (lsp, lsp_tree, &db->tree, next) {
		lsp->srm &= ~bit;
		lsp->sent &= ~bit;
		lsdb_ssn_sent(db, lsp, port);
	}
}

/* > 0: what is told of is newer than @lsp; 0: the same. ISO 10589 section 7.3.16.3: by the sequence
 * number; of two equal ones, the one whose lifetime is 0. */
static int newer(const struct lsdb_lsp *lsp, uint32_t sequence, bool expired)
{
	if (sequence != lsp->sequence)
		return sequence > lsp->sequence ? 1 : -1;
	return (int)expired - (int)lsp->purged;
}

static void until_set(struct lsdb *db, struct lsdb_lsp *lsp, struct mono until)
{
	lsp->until = until;
	db->next = mono_min(db->next, until);
}

static bool bytes_take(struct lsdb_lsp *lsp, const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len);

	if (!copy)
		return false;
	memcpy(copy, bytes, len);
	free(lsp->bytes);
	lsp->bytes = copy;
	lsp->len = len;
	lsp->sent = 0;
	return true;
}

/* A purge holds no more than who made it (RFC 5304 section 2, RFC 6232 section 3). */
static bool purge_is_bare(const struct isis_pdu *p)
{
	struct tlv_iter it;
	struct tlv t;

	isis_tlvs(p, &it);
	while (tlv_next(&it, &t))
		if (t.type != 10 && t.type != TLV_PURGE_ORIGINATOR && t.type != TLV_HOSTNAME)
			return false;
	return true;
}

/* It says what was said before: a refresh. */
static bool says_same(const struct lsdb_lsp *lsp, const struct isis_pdu *p)
{
	const size_t flags = ISIS_LSP_HEADER - 1;

	return lsp->bytes && !lsp->purged && p->u.lsp.lifetime_s && p->header_len == flags + 1 &&
	       lsp->len == p->len && !memcmp(lsp->bytes + flags, p->bytes + flags, p->len - flags);
}

/* Take what is newer: store, send on, acknowledge. */
static enum lsdb_verdict take(struct lsdb *db, struct lsdb_lsp *lsp, const struct isis_pdu *p,
	unsigned int port, struct mono now)
{
	const struct isis_lsp *l = &p->u.lsp;
	uint64_t bit = 1ull << port;
	bool same = lsp && says_same(lsp, p);
	/* No LSP is older than MaxAge, whatever it says (ISO 10589 section 7.3.16.3). */
	uint16_t lifetime_s = l->lifetime_s < LSDB_MAX_AGE_S ? l->lifetime_s : LSDB_MAX_AGE_S;

	if (!lsp)
		lsp = lsp_add(db, &l->id);
	if (!lsp || !bytes_take(lsp, p->bytes, p->len)) {
		if (lsp && !lsp->sequence)
			lsp_forget(db, lsp);
		return !lsp && is_full(db) && is_stranger(db, &l->id) ? LSDB_STRANGER : LSDB_FULL;
	}
	lsp->sequence = l->sequence;
	lsp->over = 0;
	lsp->checksum = l->checksum;
	lsp->purged = !l->lifetime_s;
	until_set(db, lsp, mono_add_s(now, lsp->purged ? LSDB_ZERO_AGE_S : lifetime_s));
	lsp->srm = lsp->ssn = 0;
	srm_add(db, lsp, db->up & ~bit);
	ssn_add(db, lsp, db->p2p & bit);
	if (!same)
		changed(db, lsp);
	return LSDB_NEWER;
}

/* One of our own that we have not sent, or not so: a later one is needed. */
static enum lsdb_verdict ours(struct lsdb *db, const struct isis_lsp *l)
{
	if (db->events.reissue)
		db->events.reissue(db->events.arg, &l->id, l->sequence);
	return LSDB_OURS;
}

/* A purge of what is not here is acknowledged, and not kept after that (ISO 10589 section
 * 7.3.16.4 a): else its sender goes on sending it. On a LAN nobody waits for that. */
static enum lsdb_verdict unknown_purge(
	struct lsdb *db, struct lsdb_lsp *lsp, const struct isis_lsp *l, uint64_t bit)
{
	if (!lsp && db->p2p & bit)
		lsp = lsp_add(db, &l->id);
	if (!lsp)
		return LSDB_UNKNOWN_PURGE;
	lsp->over = l->sequence;
	lsp->checksum = l->checksum;
	lsp->ssn = 0; /* nobody is asked for it any more */
	ssn_add(db, lsp, db->p2p & bit);
	if (!lsp->ssn)
		lsp_forget(db, lsp);
	return LSDB_UNKNOWN_PURGE;
}

/* Of two purges of one sequence number neither is newer, but they may differ: who made it kept the
 * old checksum, or made one for the bare header. It is acknowledged as it came, or it comes again.
 */
static void purge_take(struct lsdb_lsp *lsp, const struct isis_pdu *p)
{
	uint64_t sent = lsp->sent;

	if (bytes_take(lsp, p->bytes, p->len))
		lsp->checksum = p->u.lsp.checksum;
	lsp->sent = sent;
}

static enum lsdb_verdict confused(struct lsdb *db, struct lsdb_lsp *lsp, struct mono now)
{
	struct lsp_id id = lsp->id;

	lsdb_purge(db, &id, now);
	return LSDB_CONFUSED;
}

enum lsdb_verdict lsdb_receive(
	struct lsdb *db, const struct isis_pdu *p, unsigned int port, struct mono now)
{
	const struct isis_lsp *l = &p->u.lsp;
	struct lsdb_lsp *lsp = lsdb_find(db, &l->id);
	bool own = !system_id_compare(&l->id.system, &db->config.own);
	uint64_t bit = 1ull << port;
	int order;

	if (!l->sequence)
		return LSDB_NO_SEQUENCE;
	if (!l->lifetime_s && db->config.strict_purges && !purge_is_bare(p))
		return LSDB_BAD_PURGE;
	if (!lsp || !lsp->sequence) {
		if (!l->lifetime_s)
			return unknown_purge(db, lsp, l, bit);
		return own ? ours(db, l) : take(db, lsp, p, port, now);
	}
	order = newer(lsp, l->sequence, !l->lifetime_s);
	if (!order && l->checksum != lsp->checksum && l->lifetime_s)
		return own ? ours(db, l) : confused(db, lsp, now);
	if (order > 0)
		return own ? ours(db, l) : take(db, lsp, p, port, now);
	if (order < 0) {
		srm_add(db, lsp, db->up & bit);
		lsp->sent &= ~bit;
		lsp->ssn &= ~bit;
		return LSDB_OLDER;
	}
	if (l->checksum != lsp->checksum)
		purge_take(lsp, p);
	lsp->srm &= ~bit;
	lsp->sent &= ~bit;
	ssn_add(db, lsp, db->p2p & bit);
	return LSDB_SAME;
}

/* One entry of TLV 9 (ISO 10589 section 7.3.15.2 b). */
static void entry_take(
	struct lsdb *db, const struct lsp_entry *e, unsigned int port, struct mono now)
{
	struct lsdb_lsp *lsp = lsdb_find(db, &e->id);
	uint64_t bit = db->up & 1ull << port;
	int order;

	if (!lsp) {
		/* Not here: ask for it, but not for what is over, or was never sent. */
		if (!e->lifetime_s || !e->sequence || !e->checksum)
			return;
		if (!system_id_compare(&e->id.system, &db->config.own)) {
			if (db->events.reissue)
				db->events.reissue(db->events.arg, &e->id, e->sequence);
			return;
		}
		lsp = lsp_add(db, &e->id);
		if (lsp)
			ssn_add(db, lsp, bit);
		return;
	}
	order = newer(lsp, e->sequence, !e->lifetime_s);
	if (!order && e->checksum != lsp->checksum && e->lifetime_s && lsp->sequence) {
		if (lsp->own && db->events.reissue)
			db->events.reissue(db->events.arg, &e->id, e->sequence);
		else if (!lsp->own)
			confused(db, lsp, now);
	} else if (!order) {
		lsp->srm &= ~bit;
		lsp->sent &= ~bit;
	} else if (order < 0) {
		lsp->ssn &= ~bit;
		srm_add(db, lsp, bit);
		lsp->sent &= ~bit;
	} else if (lsp->own && db->events.reissue) {
		db->events.reissue(db->events.arg, &e->id, e->sequence);
	} else {
		ssn_add(db, lsp, bit);
		lsp->srm &= ~(bit & db->p2p);
	}
}

/* Of what the CSNP's range covers and it does not name, the sender has nothing: send it. @named is
 * marked in the order of the IDs. */
static void unnamed_send(struct lsdb *db, const struct isis_pdu *p, unsigned int port,
	const struct lsp_id *after, const struct lsp_id *before)
{
	struct lsdb_lsp *lsp = after ? walk(db, after) : lsp_from(db, &p->u.snp.start);

	for (; lsp; lsp = RB_NEXT(lsp_tree, &db->tree, lsp)) {
		if (before && lsp_id_compare(&lsp->id, before) >= 0)
			return;
		if (lsp_id_compare(&lsp->id, &p->u.snp.end) > 0)
			return;
		if (lsp->sequence && !lsp->purged)
			srm_add(db, lsp, db->up & 1ull << port);
	}
}

int lsdb_snp(struct lsdb *db, const struct isis_pdu *p, unsigned int port, struct mono now)
{
	bool complete = p->type == ISIS_CSNP || p->type == ISIS_FS_CSNP, any = false;
	struct lsp_id last;
	struct lsp_entry e;
	struct tlv_iter it;
	struct tlv t;

	isis_tlvs(p, &it);
	while (tlv_find(&it, TLV_LSP_ENTRIES, &t)) {
		int n = lsp_entries_count(&t);

		if (n < 0)
			return n;
		for (int i = 0; i < n; i++) {
			lsp_entry_at(&t, (unsigned int)i, &e);
			/* Entries are in ascending order; what is not says nothing of gaps. */
			if (complete && (!any || lsp_id_compare(&e.id, &last) > 0)) {
				unnamed_send(db, p, port, any ? &last : NULL, &e.id);
				last = e.id;
				any = true;
			}
			entry_take(db, &e, port, now);
		}
	}
	if (complete)
		unnamed_send(db, p, port, any ? &last : NULL, NULL);
	return 0;
}

/* Flag P of what we write under @id: a purge of @was, which others may have said, keeps its (RFC
 * 7356 section 4.5). NULL: it is ours. */
static bool priority_of(const struct lsdb *db, const struct lsp_id *id, const struct lsdb_lsp *was)
{
	if (!db->config.scope)
		return false;
	return was && was->bytes ? isis_priority(was->bytes)
				 : db->config.zero_first && !id->fragment;
}

/* Header and TLVs of one of this scope, signed and with its checksum; @was: it is purged. Returns
 * the length. */
static int pdu_make(struct lsdb *db, const struct isis_lsp *l, const struct lsdb_lsp *was,
	const uint8_t *tlvs, size_t len, uint8_t *out, size_t cap)
{
	struct isis_pdu head = {.type = db->config.scope ? ISIS_FS_LSP : ISIS_LSP,
		.scope = db->config.scope,
		.scope_flag = priority_of(db, &l->id, was),
		.u.lsp = *l};
	struct wire_writer w;
	int made;

	wire_writer_init(&w, out, cap);
	isis_begin(&w, &head);
	wire_put_bytes(&w, tlvs, len);
	made = isis_end(&w);
	if (made > 0 && db->events.sign)
		made = db->events.sign(db->events.arg, out, (size_t)made, cap);
	if (made > 0)
		isis_checksum_set(out, (size_t)made);
	return made;
}

static uint16_t checksum_of(const uint8_t *bytes)
{
	return (uint16_t)(bytes[ISIS_CHECKSUM_AT] << 8 | bytes[ISIS_CHECKSUM_AT + 1]);
}

int lsdb_originate(struct lsdb *db, const struct lsp_id *id, uint32_t above, uint8_t flags,
	const uint8_t *tlvs, size_t len, struct mono now)
{
	struct isis_lsp l = {.lifetime_s = LSDB_MAX_AGE_S, .id = *id, .flags = flags};
	struct lsdb_lsp *lsp = lsdb_find(db, id);
	uint32_t last = lsp && lsp->sequence > above ? lsp->sequence : above;
	uint8_t out[UINT16_MAX];
	int made;

	if (last == LSDB_SEQUENCE_MAX)
		return -TRILL_EVALUE;
	l.sequence = last + 1;
	made = pdu_make(db, &l, NULL, tlvs, len, out, sizeof(out));
	if (made < 0)
		return made;
	if (!lsp)
		lsp = lsp_add(db, id);
	if (!lsp || !bytes_take(lsp, out, (size_t)made))
		return -TRILL_ENOROOM;
	lsp->sequence = l.sequence;
	lsp->checksum = checksum_of(out);
	lsp->purged = false;
	until_set(db, lsp, mono_add_s(now, LSDB_MAX_AGE_S));
	srm_add(db, lsp, db->up);
	lsp->ssn = 0;
	changed(db, lsp);
	return 0;
}

/* Only the header goes on, and who purges it (RFC 6232 section 3): what it said is over. Its
 * sequence number stays. */
void lsdb_purge(struct lsdb *db, const struct lsp_id *id, struct mono now)
{
	struct lsdb_lsp *lsp = lsdb_find(db, id);
	struct purge_originator us = {.originator = db->config.own};
	uint8_t tlv[16], out[PURGE_MAX];
	struct isis_lsp l = {.id = *id, .flags = ISIS_LSP_LEVEL1};
	struct wire_writer w;
	int made;

	if (!lsp || !lsp->sequence || lsp->purged)
		return;
	l.sequence = lsp->sequence;
	wire_writer_init(&w, tlv, sizeof(tlv));
	purge_originator_put(&w, &us, isis_scope_form(db->config.scope));
	made = pdu_make(db, &l, lsp, tlv, w.pos, out, sizeof(out));
	lsp->purged = true;
	until_set(db, lsp, mono_add_s(now, LSDB_ZERO_AGE_S));
	lsp->ssn = 0;
	lsp->srm = 0;
	if (made > 0 && bytes_take(lsp, out, (size_t)made)) {
		lsp->checksum = checksum_of(out);
		srm_add(db, lsp, db->up);
	}
	changed(db, lsp);
}

void lsdb_purge_at(struct lsdb *db, const struct lsp_id *id, uint32_t sequence, struct mono now)
{
	struct lsdb_lsp *lsp = lsdb_find(db, id);

	if (!lsp && sequence)
		lsp = lsp_add(db, id);
	if (!lsp)
		return;
	if (sequence > lsp->sequence) {
		lsp->sequence = sequence;
		lsp->purged = false;
	}
	lsdb_purge(db, id, now);
}

void lsdb_time(struct lsdb *db, struct mono now)
{
	struct lsdb_lsp *lsp, *next;

	if (!mono_due(db->next, now))
		return;
	db->next = MONO_NEVER;
	RB_FOREACH_SAFE (lsp, lsp_tree, &db->tree, next) {
		struct lsp_id id = lsp->id;

		if (!mono_due(lsp->until, now))
			db->next = mono_min(db->next, lsp->until);
		else if (lsp->purged)
			lsp_forget(db, lsp);
		else
			lsdb_purge(db, &id, now);
	}
}

struct mono lsdb_next(const struct lsdb *db)
{
	return db->next;
}
