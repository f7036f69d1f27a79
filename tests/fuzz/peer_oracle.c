/* See peer.h. What he may never reach, whatever he sends. */
#include "tests/fuzz/peer.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/rcu.h"
#include "lisp/handover.h"
#include "mapserver/ddt_resolver.h"
#include "mapserver/publish.h"
#include "tests/fuzz/need.h"

#define ROWS         4096 /* EIDs that are remembered; a power of two */
#define MEMORY_MAX   (64u << 20)
#define XTRS_MAX     64 /* as tests/replay/world.c has them */
#define NOTIFIES_MAX 64
#define PARTS_MAX    100
#define TOPICS_MAX   100
#define SEARCHES_MAX 16
#define WALK         4096

/* What was seen last of an EID. */
struct row {
	bool used;
	struct eid eid;
	uint64_t seq;
	uint64_t what; /* who has it, and where */
};

struct oracle {
	struct site_table *map; /* with all prefixes: whose EID is whose */
	struct row rows[ROWS];
	unsigned int count;
	/* Before the datagram. */
	uint64_t counters[COUNT_MAX];
	uint64_t all, honest; /* digests of the mappings: of all, of the honest site's */
	size_t unacknowledged;
};

struct oracle *oracle_new(void)
{
	struct oracle *o = calloc(1, sizeof(*o));

	need(o);
	o->map = peer_sites(0);
	return o;
}

void oracle_free(struct oracle *o)
{
	site_table_free(o->map);
	free(o);
}

/* ---- digests ---- */

static uint64_t mix(uint64_t h, const void *bytes, size_t len)
{
	const uint8_t *b = bytes;

	for (size_t i = 0; i < len; i++)
		h = (h ^ b[i]) * UINT64_C(0x100000001b3);
	return h ^ h >> 29;
}

static uint64_t mix_eid(const struct eid *eid)
{
	uint64_t h = mix(UINT64_C(0xcbf29ce484222325), &eid->iid, sizeof(eid->iid));

	h = mix(h, &eid->plen, sizeof(eid->plen));
	h = mix(h, &eid->addr.afi, sizeof(eid->addr.afi));
	return mix(h, eid->addr.bytes, eid->addr.len);
}

/* All that a number stands for; never 0. */
static uint64_t mix_mapping(const struct mapping *m)
{
	uint64_t h = 1;

	if (!m)
		return h;
	h = mix(h, &m->owner->who, sizeof(m->owner->who));
	h = mix(h, &m->owner->is_static, sizeof(m->owner->is_static));
	h = mix(h, m->locators->wire, m->locators->wire_len);
	h = mix(h, &m->flags, sizeof(m->flags));
	h = mix(h, &m->map_version, sizeof(m->map_version));
	return mix(h, &m->ttl_min, sizeof(m->ttl_min)) | 2;
}

static bool is_honest(const struct oracle *o, const struct eid *eid)
{
	struct site_match match;

	return site_table_match(o->map, eid, &match) && !strcmp(match.holders->site->name, "b");
}

struct digest {
	struct oracle *o;
	uint64_t all, honest, stands;
};

static void digest(void *arg, const struct eid *eid, uint64_t seq, const struct mapping *m)
{
	struct digest *d = arg;
	uint64_t expiry = m ? mapping_expiry(m) : 0;
	uint64_t h = mix(mix_eid(eid), &seq, sizeof(seq)) ^ mix_mapping(m);

	d->stands += h;
	h = mix(h, &expiry, sizeof(expiry));
	d->all += h;
	if (is_honest(d->o, eid))
		d->honest += h;
}

static void walk(struct peer *p,
	void (*visit)(void *arg, const struct eid *eid, uint64_t seq, const struct mapping *m),
	void *arg)
{
	struct registry_walk w = {0};

	rcu_enter();
	while (registry_walk(p->w->server->registry, &w, WALK, visit, arg))
		;
	rcu_leave();
}

uint64_t oracle_stands(struct oracle *o, struct peer *p)
{
	struct digest d = {.o = o};

	walk(p, digest, &d);
	return d.stands;
}

/* Notifications to the honest site's xTRs that wait for their acknowledgement. */
static size_t unacknowledged(struct peer *p)
{
	struct subscriptions *t = p->w->server->subscriptions;
	struct subscription *s;
	struct subscriber *who;
	size_t n = 0;

	subscriptions_lock(t);
	TAILQ_FOREACH (who, subscriptions_subscribers(t), link)
		TAILQ_FOREACH (s, &who->list, of_xtr)
			n += strcmp(who->xtr->who.site, "b") ? 0 : publish_unacknowledged(s);
	subscriptions_unlock(t);
	return n;
}

/* ---- one datagram ---- */

void oracle_before(struct oracle *o, struct peer *p)
{
	struct digest d = {.o = o};

	walk(p, digest, &d);
	o->all = d.all;
	o->honest = d.honest;
	o->unacknowledged = unacknowledged(p);
	for (unsigned int i = 0; i < COUNT_MAX; i++)
		o->counters[i] = world_count(p->w, i);
}

static uint64_t sum(
	const struct oracle *o, const struct peer *p, unsigned int first, unsigned int count)
{
	uint64_t n = 0;

	for (unsigned int i = first; i < first + count; i++)
		n += world_count(p->w, i) - o->counters[i];
	return n;
}

static uint64_t sum_of(const struct oracle *o, const struct peer *p, const unsigned int *rows)
{
	uint64_t n = 0;

	for (; *rows != COUNT_MAX; rows++)
		n += sum(o, p, *rows, 1);
	return n;
}

/* Every datagram that went out was counted as one of these. */
static void check_sent(const struct oracle *o, const struct peer *p)
{
	static const unsigned int rows[] = {COUNT_REPLIES, COUNT_NEGATIVE_REPLIES,
		COUNT_FORWARDED_ETR, COUNT_FORWARDED_SERVER, COUNT_ACKNOWLEDGED,
		COUNT_CLAIMS_GRANTED, COUNT_CLAIMS_REFUSED, COUNT_NOTIFIES, COUNT_PUBLISHED,
		COUNT_PUBLISH_RETRANSMITS, COUNT_SUBSCRIBED, COUNT_UNSUBSCRIBED, COUNT_DDT_REQUESTS,
		COUNT_INFO_REPLIES, COUNT_PREPARES + PREPARE_NOBODY,
		COUNT_PREPARES + PREPARE_ITSELF, COUNT_PREPARES + PREPARE_TOLD,
		COUNT_PREPARES + PREPARE_FOREIGN, COUNT_PREPARES + PREPARE_UNHEARD, COUNT_NEXTS,
		COUNT_MAX};
	bool referred = false;

	for (uint32_t i = 0; i < p->w->out->count; i++)
		referred |= lisp_type_of(outbox_bytes(p->w->out, i), 1) == LISP_MAP_REFERRAL;
	need(p->w->out->count == sum_of(o, p, rows) + referred);
	need(referred <= (sum(o, p, COUNT_REFERRALS, 6) > 0));
}

/* No message is without a verdict. */
static void check_verdict(const struct oracle *o, const struct peer *p)
{
	static const unsigned int done[] = {COUNT_REFRESHED, COUNT_REGISTERED, COUNT_CHANGED,
		COUNT_MOVED, COUNT_WITHDRAWN, COUNT_WITHDRAWN_ABSENT, COUNT_NOTIFY_ACKS,
		COUNT_PUBLISH_ACKS, COUNT_SUBSCRIPTIONS_REFUSED, COUNT_SUBSCRIPTIONS_LIMITED,
		COUNT_DDT_DONE, COUNT_DDT_GAVE_UP, COUNT_DDT_RESTARTS, COUNT_DDT_LOOPS,
		COUNT_DDT_TOO_LONG, COUNT_DDT_REPLACED, COUNT_DDT_CACHED, COUNT_MAX};

	need(sum(o, p, COUNT_DROPPED, DROP_REASONS) || p->w->out->count || sum_of(o, p, done));
}

/* Dropped before anything was looked up: then nothing at all has changed. */
static void check_dropped(const struct oracle *o, const struct peer *p, uint64_t all)
{
	static const unsigned int early[] = {COUNT_DROPPED + DROP_TRUNCATED,
		COUNT_DROPPED + DROP_UNKNOWN_AFI, COUNT_DROPPED + DROP_UNKNOWN_TYPE,
		COUNT_DROPPED + DROP_UNSUPPORTED, COUNT_DROPPED + DROP_NOT_ENCAPSULATED,
		COUNT_DROPPED + DROP_ECM_NESTED, COUNT_DROPPED + DROP_ECM_INNER,
		COUNT_DROPPED + DROP_LISP_SEC, COUNT_DROPPED + DROP_PROBE,
		COUNT_DROPPED + DROP_MAP_REPLY, COUNT_DROPPED + DROP_NO_SITE,
		COUNT_DROPPED + DROP_UNKNOWN_KEY, COUNT_DROPPED + DROP_BAD_MAC,
		COUNT_DROPPED + DROP_REPLAY, COUNT_DROPPED + DROP_EID_REFUSED,
		COUNT_DROPPED + DROP_NO_CHECKSUM, COUNT_DROPPED + DROP_INFO_REPLY,
		COUNT_DROPPED + DROP_NO_XTR_ID, COUNT_MAX};

	if (!sum_of(o, p, early))
		return;
	need(sum(o, p, COUNT_DROPPED, DROP_REASONS) == 1);
	/* The publisher had something to say all the same. */
	need(p->w->out->count ==
		sum(o, p, COUNT_PUBLISHED, 1) + sum(o, p, COUNT_PUBLISH_RETRANSMITS, 1));
	need(all == o->all);
}

void oracle_after(struct oracle *o, struct peer *p, const struct peer_message *m)
{
	struct digest d = {.o = o};

	walk(p, digest, &d);
	need(d.honest == o->honest);
	need(d.all == o->all || !handover_is(m->bytes, m->len)); /* they change nothing */
	if (m->type != LISP_ECM) /* who asks need not prove who he is */
		need(unacknowledged(p) >= o->unacknowledged);
	if (p->w->held)
		return;
	need(sum(o, p, COUNT_RECEIVED, 16) == (m->len > 0));
	check_sent(o, p);
	check_verdict(o, p);
	check_dropped(o, p, d.all);
}

/* ---- at any time ---- */

static struct row *row_of(struct oracle *o, const struct eid *eid)
{
	unsigned int i = (unsigned int)mix_eid(eid) & (ROWS - 1);

	while (o->rows[i].used && !eid_equal(&o->rows[i].eid, eid))
		i = (i + 1) & (ROWS - 1);
	return &o->rows[i];
}

struct looking {
	struct oracle *o;
	struct peer *p;
};

/* A number never goes back, and stands for one thing; what is new is of a site that may have it. */
static void look(void *arg, const struct eid *eid, uint64_t seq, const struct mapping *m)
{
	struct looking *l = arg;
	const struct site_table *sites = l->p->w->server->sites;
	struct row *row = row_of(l->o, eid);
	uint64_t what = mix_mapping(m);
	bool fresh = !row->used || row->seq != seq;

	need(!row->used || seq >= row->seq);
	need(fresh || row->what == what);
	if (fresh && m && !m->owner->is_static)
		need(site_table_allows(sites, site_table_named(sites, m->owner->who.site), eid));
	if (!row->used && l->o->count >= ROWS / 2)
		return;
	l->o->count += !row->used;
	*row = (struct row){.used = true, .eid = *eid, .seq = seq, .what = what};
}

static void check_limits(struct peer *p)
{
	const struct server *s = p->w->server;

	need(xtr_table_count(s->xtrs) <= XTRS_MAX);
	need(notify_count(s->notify) <= NOTIFIES_MAX);
	need(merge_count(s->merge) <= PARTS_MAX);
	need(subscriptions_count(s->subscriptions) <= TOPICS_MAX);
	need(registry_memory(s->registry) <= MEMORY_MAX);
	need(!s->ddt || ddt_resolver_state(s->ddt).pending <= SEARCHES_MAX);
}

void oracle_look(struct oracle *o, struct peer *p)
{
	struct looking l = {o, p};

	walk(p, look, &l);
	check_limits(p);
}

/* What is known of no more was given no number above the floor, from which new ones start. */
void oracle_restarted(struct oracle *o, struct peer *p)
{
	rcu_enter();
	for (unsigned int i = 0; i < ROWS; i++) {
		uint64_t seq;

		if (!o->rows[i].used)
			continue;
		registry_present(p->w->server->registry, &o->rows[i].eid, p->w->now, &seq);
		need(seq >= o->rows[i].seq ||
			(!seq && registry_floor(p->w->server->registry) >= o->rows[i].seq));
	}
	rcu_leave();
	oracle_look(o, p);
}
