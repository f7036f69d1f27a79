/* See registry.h. */
#include "mapserver/registry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/rcu.h"
#include "lib/table/lpm_set.h"

/* What is left of a mapping that has gone: its counter. */
struct grave {
	struct lpm_entry entry;
	uint8_t len; /* bytes of the address */
	uint16_t afi;
	uint32_t iid;
	uint32_t died_s;
	uint64_t seq;
	const struct xtr *owner; /* the last one; NULL: not known */
	uint8_t key[];
};

/* A round-robin walk over all tables of a set. */
struct walk {
	size_t table;    /* which of them */
	uint64_t cursor; /* within it */
};

struct registry {
	struct registry_options opt;
	struct registry_mirror mirror;
	struct lpm_set *live;
	struct lpm_set *graves;
	struct locset_table *locsets;
	size_t count;         /* atomic: mappings */
	size_t bytes;         /* atomic: of mappings */
	size_t grave_count;   /* atomic */
	uint64_t seq_floor;   /* unknown EIDs start above */
	uint64_t grave_floor; /* the greatest seq that was forgotten since the start */
	struct walk live_walk, grave_walk;
	struct registry_hooks hooks;
};

#define GRAVE_KEY_OFFSET (offsetof(struct grave, key) - offsetof(struct grave, entry))

struct registry *registry_new(const struct registry_options *opt)
{
	struct registry *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->opt = *opt;
	r->seq_floor = opt->seq_floor;
	r->live = lpm_set_new(opt->instances_max, MAPPING_KEY_OFFSET, opt->secret);
	r->graves = lpm_set_new(opt->instances_max, GRAVE_KEY_OFFSET, opt->secret);
	r->locsets = locset_table_new(opt->secret);
	if (!r->live || !r->graves || !r->locsets) {
		registry_free(r);
		return NULL;
	}
	return r;
}

static void free_entry(struct lpm_entry *e, void *arg)
{
	struct lpm *t = arg;

	lpm_remove(t, e);
	free(e); /* the first member of both kinds */
}

static bool free_table(uint32_t iid, uint16_t afi, struct lpm *t, void *arg)
{
	uint64_t cursor = 0;

	(void)iid;
	(void)afi;
	(void)arg;
	while (lpm_count(t))
		lpm_sweep(t, &cursor, 65536, free_entry, t);
	return true;
}

void registry_free(struct registry *r)
{
	if (!r)
		return;
	if (r->live)
		lpm_set_each(r->live, free_table, NULL);
	if (r->graves)
		lpm_set_each(r->graves, free_table, NULL);
	lpm_set_free(r->live);
	lpm_set_free(r->graves);
	locset_table_free(r->locsets);
	free(r);
}

void registry_set_mirror(struct registry *r, const struct registry_mirror *mirror)
{
	r->mirror = mirror ? *mirror : (struct registry_mirror){0};
}

bool registry_refresh(struct registry *r, struct mapping *m, struct mono now, uint64_t expiry_ns)
{
	if (!mapping_refresh(m, now, expiry_ns))
		return false;
	if (r->mirror.refresh)
		r->mirror.refresh(r->mirror.self, m);
	return true;
}

size_t registry_count(const struct registry *r)
{
	return __atomic_load_n(&r->count, __ATOMIC_RELAXED);
}

#define COUNT_EACH_MAX 16 /* instances that are looked for one by one */

struct count_in {
	uint32_t first, last;
	size_t n;
};

static bool count_table(uint32_t iid, uint16_t afi, struct lpm *t, void *arg)
{
	struct count_in *c = arg;

	(void)afi;
	if (iid >= c->first && iid <= c->last)
		c->n += lpm_count(t);
	return true;
}

static size_t count_instance(const struct registry *r, uint32_t iid)
{
	static const uint16_t families[] = {
		AFI_IPV4, AFI_IPV6, AFI_MAC, AFI_NAME, AFI_SG_IPV4, AFI_SG_IPV6};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		const struct lpm *t = lpm_set_find(r->live, iid, families[i]);

		n += t ? lpm_count(t) : 0;
	}
	return n;
}

size_t registry_count_in(const struct registry *r, uint32_t first, uint32_t last)
{
	struct count_in c = {first, last, 0};

	if (last - first >= COUNT_EACH_MAX)
		lpm_set_each(r->live, count_table, &c);
	else
		for (uint32_t i = 0; i <= last - first; i++)
			c.n += count_instance(r, first + i);
	return c.n;
}

size_t registry_tombstones(const struct registry *r)
{
	return __atomic_load_n(&r->grave_count, __ATOMIC_RELAXED);
}

size_t registry_memory(const struct registry *r)
{
	return lpm_set_memory(r->live) + lpm_set_memory(r->graves) +
	       locset_table_memory(r->locsets) + __atomic_load_n(&r->bytes, __ATOMIC_RELAXED);
}

static size_t mapping_bytes(const struct mapping *m)
{
	return sizeof(*m) + mapping_key_bytes(m->afi);
}

static struct mapping *find(const struct registry *r, const struct eid *eid)
{
	const struct lpm *t = lpm_set_find(r->live, eid->iid, eid->addr.afi);
	struct lpm_entry *e = t ? lpm_exact(t, eid->addr.bytes, eid->plen) : NULL;

	return e ? mapping_of(e) : NULL;
}

const struct lpm *registry_table(const struct registry *r, uint32_t iid, uint16_t afi)
{
	return lpm_set_find(r->live, iid, afi);
}

struct mapping *registry_exact(const struct registry *r, const struct eid *eid, struct mono now)
{
	struct mapping *m = find(r, eid);

	return m && mapping_alive(m, now) ? m : NULL;
}

struct mapping *registry_longest(const struct registry *r, const struct eid *eid, struct mono now)
{
	const struct lpm *t = lpm_set_find(r->live, eid->iid, eid->addr.afi);
	struct lpm_entry *e = t ? lpm_longest(t, eid->addr.bytes, eid->plen) : NULL;

	while (e && !mapping_alive(mapping_of(e), now)) /* due, and not swept yet */
		e = e->plen ? lpm_parent(t, eid->addr.bytes, e->plen) : NULL;
	return e ? mapping_of(e) : NULL;
}

struct visit {
	bool (*visit)(struct mapping *m, void *arg);
	void *arg;
};

static bool visit_entry(struct lpm_entry *e, void *arg)
{
	struct visit *v = arg;

	return v->visit(mapping_of(e), v->arg);
}

size_t registry_covered(const struct registry *r, const struct eid *eid,
	bool (*visit)(struct mapping *m, void *arg), void *arg)
{
	const struct lpm *t = lpm_set_find(r->live, eid->iid, eid->addr.afi);
	struct visit v = {visit, arg};

	return t ? lpm_covered(t, eid->addr.bytes, eid->plen, visit_entry, &v) : 0;
}

size_t registry_covered_after(const struct registry *r, const struct eid *eid,
	const struct eid *after, bool (*visit)(struct mapping *m, void *arg), void *arg)
{
	const struct lpm *t = lpm_set_find(r->live, eid->iid, eid->addr.afi);
	struct visit v = {visit, arg};

	if (!t || after->iid > eid->iid ||
		(after->iid == eid->iid && after->addr.afi > eid->addr.afi))
		return 0;
	if (after->iid != eid->iid || after->addr.afi != eid->addr.afi)
		return lpm_covered(t, eid->addr.bytes, eid->plen, visit_entry, &v);
	return lpm_covered_after(
		t, eid->addr.bytes, eid->plen, after->addr.bytes, after->plen, visit_entry, &v);
}

int registry_free_prefix(const struct registry *r, const struct eid *eid, unsigned int floor)
{
	const struct lpm *t = lpm_set_find(r->live, eid->iid, eid->addr.afi);

	return t ? lpm_free_prefix(t, eid->addr.bytes, floor) : (int)floor;
}

struct next_table {
	uint64_t after, best;
};

static bool note_table(uint32_t iid, uint16_t afi, struct lpm *t, void *arg)
{
	struct next_table *n = arg;
	uint64_t place = (uint64_t)iid << 16 | afi;

	(void)t;
	if (place > n->after && place < n->best)
		n->best = place;
	return true;
}

bool registry_next_table(const struct registry *r, uint32_t *iid, uint16_t *afi)
{
	struct next_table n = {(uint64_t)*iid << 16 | *afi, UINT64_MAX};

	lpm_set_each(r->live, note_table, &n);
	if (n.best == UINT64_MAX)
		return false;
	*iid = (uint32_t)(n.best >> 16);
	*afi = (uint16_t)n.best;
	return true;
}

static struct grave *find_grave(const struct registry *r, const struct eid *eid)
{
	const struct lpm *t = lpm_set_find(r->graves, eid->iid, eid->addr.afi);

	return t ? (struct grave *)(void *)lpm_exact(t, eid->addr.bytes, eid->plen) : NULL;
}

/* What was given before the start, up to the floor, may have been lost: no number of this run may
 * be one of those, also where an older state has come back. */
static uint64_t next_seq(const struct registry *r, uint64_t seq)
{
	return (seq > r->opt.seq_floor ? seq : r->opt.seq_floor) + 1;
}

struct mapping *registry_present(
	const struct registry *r, const struct eid *eid, struct mono now, uint64_t *seq)
{
	struct mapping *m = find(r, eid);
	struct grave *g = m ? NULL : find_grave(r, eid);

	if (m && !mapping_alive(m, now)) { /* its expiry takes a number, though not swept yet */
		*seq = next_seq(r, m->seq);
		return NULL;
	}
	*seq = m ? m->seq : g ? g->seq : 0;
	return m;
}

uint64_t registry_floor(const struct registry *r)
{
	return r->seq_floor;
}

bool registry_may_restore(const struct registry *r, uint64_t seq)
{
	return seq > r->grave_floor;
}

bool registry_holds(const struct registry *r, const struct eid *eid)
{
	return find(r, eid) != NULL;
}

static bool same_content(const struct mapping *m, const struct registration *in)
{
	return m->ttl_min == in->ttl_min && m->map_version == in->map_version &&
	       m->locators->count == in->locators->count &&
	       m->locators->wire_len == in->locators->len &&
	       !memcmp(m->locators->wire, in->locators->wire, in->locators->len);
}

bool registry_same(const struct mapping *m, const struct registration *in)
{
	uint8_t flags = mapping_mixed(m) ? m->flags & (uint8_t)~MAPPING_MIXED : m->flags;

	return flags == in->flags && m->merged == in->merged && same_content(m, in);
}

/* Nothing but P, M and S may differ: claims go by their own rules, and a sum knows its parts. */
static bool is_echo(const struct mapping *m, const struct registration *in)
{
	const unsigned int others = MAPPING_CLAIMED | MAPPING_CONFIGURED;

	return m->owner != in->owner && !m->owner->is_static && !in->owner->is_static &&
	       !m->merged && !in->merged && !((m->flags | in->flags) & others) &&
	       m->locators->count && same_content(m, in) &&
	       !strcmp(m->owner->who.site, in->owner->who.site);
}

bool registry_echoed(const struct mapping *m, const struct registration *in)
{
	if ((m->flags & MAPPING_SECURE) == (in->flags & MAPPING_SECURE))
		return is_echo(m, in);
	return !(in->flags & MAPPING_SECURE) && mapping_mixed(m) && is_echo(m, in);
}

bool registry_join(const struct mapping *m, struct registration *in)
{
	if ((m->flags & MAPPING_SECURE) == (in->flags & MAPPING_SECURE) || !is_echo(m, in))
		return false;
	if (m->flags & MAPPING_SECURE) {
		in->owner = m->owner;
		in->flags = m->flags;
	}
	in->flags |= MAPPING_MIXED;
	in->joined = true;
	return true;
}

/* Who has, or had last, what is at @eid. */
static const struct xtr *left_by(const struct registry *r, const struct eid *eid)
{
	const struct mapping *m = find(r, eid);
	const struct grave *g = m ? NULL : find_grave(r, eid);

	return m ? m->owner : g ? g->owner : NULL;
}

int registry_prepare(
	struct registry *r, const struct registration *in, struct mono now, struct change *out)
{
	uint64_t seq;
	struct mapping *alive = registry_present(r, &in->eid, now, &seq), *new;

	*out = (struct change){.eid = in->eid, .old = find(r, &in->eid)};
	out->table = lpm_set_add(r->live, in->eid.iid, in->eid.addr.afi);
	if (!out->table)
		return -ENOSPC;
	new = mapping_new(&in->eid);
	if (!new)
		return -ENOMEM;
	new->locators = locset_intern(
		r->locsets, in->locators->count, in->locators->wire, in->locators->len);
	if (!new->locators) {
		free(new);
		return -ENOMEM;
	}
	if (seq == 0)
		seq = r->seq_floor;
	if (seq < in->known_seq)
		seq = in->known_seq;
	new->seq = in->restore_seq ? in->restore_seq : next_seq(r, seq);
	new->flags = in->flags;
	new->merged = in->merged;
	new->ttl_min = in->ttl_min;
	new->map_version = in->map_version;
	new->expiry_ns =
		in->expiry_ns == MAPPING_FOREVER ? MAPPING_FOREVER : in->expiry_ns & ~UINT64_C(1);
	new->owner = in->owner;
	out->new = new;
	out->seq = new->seq;
	out->kind = CHANGE_REGISTERED;
	out->left = left_by(r, &in->eid);
	if (alive)
		out->kind = alive->owner == in->owner || in->joined || (alive->merged && in->merged)
				    ? CHANGE_CHANGED
				    : CHANGE_MOVED;
	if (alive && in->joined)
		out->left = in->owner; /* nobody leaves */
	return 0;
}

int registry_prepare_removal(
	struct registry *r, struct mapping *m, enum change_kind kind, struct change *out)
{
	size_t bytes = mapping_key_bytes(m->afi);
	struct grave *g = calloc(1, sizeof(*g) + bytes);

	*out = (struct change){
		.kind = kind, .eid = mapping_eid(m), .old = m, .seq = next_seq(r, m->seq)};
	out->table = lpm_set_find(r->live, m->iid, m->afi);
	if (!g || !lpm_set_add(r->graves, m->iid, m->afi)) {
		free(g);
		return -ENOMEM;
	}
	g->entry.plen = m->entry.plen;
	g->len = m->len;
	g->afi = m->afi;
	g->iid = m->iid;
	g->seq = out->seq;
	g->owner = out->left = m->owner;
	memcpy(g->key, m->key, bytes);
	out->grave = g;
	return 0;
}

static void add(size_t *counter, size_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

static struct eid grave_eid(const struct grave *g)
{
	struct eid e = {.iid = g->iid, .plen = g->entry.plen};

	e.addr.afi = g->afi;
	e.addr.len = g->len;
	memcpy(e.addr.bytes, g->key, g->len);
	return e;
}

/* Whatever number goes out of memory must never be given again. */
static void forget(struct registry *r, struct lpm *t, struct grave *g)
{
	struct eid eid = grave_eid(g);

	if (r->hooks.forgotten)
		r->hooks.forgotten(r->hooks.arg, &eid);
	if (g->seq > r->grave_floor)
		r->grave_floor = g->seq;
	if (g->seq > r->seq_floor)
		r->seq_floor = g->seq;
	lpm_remove(t, &g->entry);
	rcu_defer_free(g);
	add(&r->grave_count, (size_t)-1);
}

static void bury(struct registry *r, struct grave *g, struct mono now)
{
	struct lpm *t = lpm_set_find(r->graves, g->iid, g->afi);

	g->died_s = (uint32_t)(now.ns / 1000000000);
	if (lpm_insert(t, &g->entry) == 0) {
		add(&r->grave_count, 1);
		return;
	}
	r->grave_floor = g->seq > r->grave_floor ? g->seq : r->grave_floor;
	r->seq_floor = g->seq > r->seq_floor ? g->seq : r->seq_floor;
	free(g);
}

/* The mapping itself carries the counter again. */
static void exhume(struct registry *r, const struct eid *eid)
{
	struct lpm *t = lpm_set_find(r->graves, eid->iid, eid->addr.afi);
	struct grave *g = t ? find_grave(r, eid) : NULL;

	if (!g)
		return;
	lpm_remove(t, &g->entry);
	rcu_defer_free(g);
	add(&r->grave_count, (size_t)-1);
}

static void drop_old(struct registry *r, struct mapping *old)
{
	add(&r->bytes, -mapping_bytes(old));
	add(&old->owner->eids, (size_t)-1);
	locset_unref(r->locsets, old->locators);
	rcu_defer_free(old);
}

int registry_publish(struct registry *r, struct change *c, struct mono now)
{
	int err = 0;

	if (c->new && c->old) {
		lpm_replace(c->table, &c->old->entry, &c->new->entry);
	} else if (c->new) {
		err = lpm_insert(c->table, &c->new->entry);
		if (err) {
			locset_unref(r->locsets, c->new->locators);
			free(c->new);
			c->new = NULL;
			return err;
		}
		exhume(r, &c->eid);
		add(&r->count, 1);
	} else {
		/* No refresh can reach it any more. */
		__atomic_store_n(&c->old->expiry_ns, MAPPING_DEAD, __ATOMIC_RELEASE);
		lpm_remove(c->table, &c->old->entry);
		bury(r, c->grave, now);
		add(&r->count, (size_t)-1);
	}
	if (c->new) {
		add(&r->bytes, mapping_bytes(c->new));
		add(&c->new->owner->eids, 1);
	}
	if (r->mirror.publish)
		r->mirror.publish(r->mirror.self, &c->eid, c->new, now);
	if (c->old)
		drop_old(r, c->old);
	return 0;
}

void registry_abandon(struct registry *r, struct change *c)
{
	free(c->grave);
	if (!c->new)
		return;
	locset_unref(r->locsets, c->new->locators);
	free(c->new);
}

/* ---- sweeps ---- */

struct pick {
	size_t want, at;
	struct lpm *table;
};

static bool pick_table(uint32_t iid, uint16_t afi, struct lpm *t, void *arg)
{
	struct pick *p = arg;

	(void)iid;
	(void)afi;
	if (p->at++ == p->want)
		p->table = t;
	return true;
}

struct sweep {
	struct registry *r;
	struct lpm *table;
	struct mono now;
	struct change *out;
	size_t room, found;
};

/* Visit up to @max entries of the set, going on where the last walk stopped, at most once round. */
static void walk(struct lpm_set *set, struct walk *w, size_t max,
	void (*visit)(struct lpm_entry *e, void *arg), struct sweep *s)
{
	for (size_t tables = 0; max > 0; tables++) {
		struct pick p = {.want = w->table};
		size_t seen;

		lpm_set_each(set, pick_table, &p);
		if (!p.table || tables >= p.at) {
			w->table = p.table ? w->table : 0;
			return;
		}
		s->table = p.table;
		seen = lpm_sweep(p.table, &w->cursor, max, visit, s);
		max -= seen < max ? seen : max;
		if (w->cursor == 0)
			w->table = (w->table + 1) % p.at;
	}
}

static void expire_one(struct lpm_entry *e, void *arg)
{
	struct mapping *m = mapping_of(e);
	struct sweep *s = arg;
	uint64_t old = mapping_expiry(m);

	if (old > s->now.ns || old == MAPPING_DEAD || s->found == s->room)
		return;
	/* A refresh on a worker may come between: then it lives on. */
	if (!__atomic_compare_exchange_n(&m->expiry_ns, &old, (uint64_t)MAPPING_DEAD, false,
		    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return;
	if (registry_prepare_removal(s->r, m, CHANGE_EXPIRED, &s->out[s->found]) == 0)
		s->found++;
	else /* without memory it is looked at again in the next round */
		__atomic_store_n(&m->expiry_ns, old, __ATOMIC_RELEASE);
}

size_t registry_sweep(
	struct registry *r, struct mono now, size_t max, struct change *out, size_t room)
{
	struct sweep s = {.r = r, .now = now, .out = out, .room = room};

	walk(r->live, &r->live_walk, max, expire_one, &s);
	return s.found;
}

static void forget_one(struct lpm_entry *e, void *arg)
{
	struct grave *g = (struct grave *)(void *)e;
	struct sweep *s = arg;
	/* One that came from the store may have died before the machine's clock began. */
	uint32_t age_s = (uint32_t)(s->now.ns / 1000000000) - g->died_s;

	if (age_s > s->r->opt.tombstone_life_s || s->r->grave_count > s->r->opt.tombstones_max)
		forget(s->r, s->table, g);
}

void registry_sweep_tombstones(struct registry *r, struct mono now, size_t max)
{
	struct sweep s = {.r = r, .now = now};

	walk(r->graves, &r->grave_walk, max, forget_one, &s);
}

/* ---- from and to the store ---- */

void registry_raise_floor(struct registry *r, uint64_t floor)
{
	r->seq_floor = r->seq_floor > floor ? r->seq_floor : floor;
	r->opt.seq_floor = r->opt.seq_floor > floor ? r->opt.seq_floor : floor;
}

void registry_hook(struct registry *r, const struct registry_hooks *hooks)
{
	r->hooks = *hooks;
	locset_on_free(r->locsets, hooks->set_freed, hooks->arg);
}

struct locset *registry_set(struct registry *r, uint8_t count, const void *wire, size_t len)
{
	return locset_intern(r->locsets, count, wire, len);
}

void registry_set_unref(struct registry *r, struct locset *set)
{
	locset_unref(r->locsets, set);
}

bool registry_knows(const struct registry *r, const struct eid *eid)
{
	return find(r, eid) || find_grave(r, eid);
}

int registry_load(
	struct registry *r, const struct registration *in, struct locset *set, struct mono now)
{
	struct lpm *t = lpm_set_add(r->live, in->eid.iid, in->eid.addr.afi);
	struct mapping *m = t ? mapping_new(&in->eid) : NULL;
	int err = -ENOMEM;

	if (m) {
		m->locators = set;
		m->seq = in->restore_seq;
		m->flags = in->flags;
		m->merged = in->merged;
		m->ttl_min = in->ttl_min;
		m->map_version = in->map_version;
		m->expiry_ns = in->expiry_ns;
		m->owner = in->owner;
		err = lpm_insert(t, &m->entry);
	}
	if (err) {
		free(m);
		locset_unref(r->locsets, set);
		return t ? err : -ENOSPC;
	}
	add(&r->count, 1);
	add(&r->bytes, mapping_bytes(m));
	add(&m->owner->eids, 1);
	if (r->mirror.publish)
		r->mirror.publish(r->mirror.self, &in->eid, m, now);
	return 0;
}

int registry_load_tombstone(
	struct registry *r, const struct eid *eid, uint64_t seq, uint64_t age_s, struct mono now)
{
	struct lpm *t = lpm_set_add(r->graves, eid->iid, eid->addr.afi);
	size_t bytes = mapping_key_bytes(eid->addr.afi);
	struct grave *g = t ? calloc(1, sizeof(*g) + bytes) : NULL;
	int err;

	if (!g)
		return t ? -ENOMEM : -ENOSPC;
	g->entry.plen = eid->plen;
	g->len = eid->addr.len;
	g->afi = eid->addr.afi;
	g->iid = eid->iid;
	g->seq = seq;
	g->died_s = (uint32_t)(now.ns / 1000000000 - age_s);
	memcpy(g->key, eid->addr.bytes, bytes);
	err = lpm_insert(t, &g->entry);
	if (err)
		free(g);
	else
		add(&r->grave_count, 1);
	return err;
}

struct visit_known {
	void (*visit)(void *arg, const struct eid *eid, uint64_t seq, const struct mapping *m);
	void *arg;
	bool graves;
};

static void visit_known(struct lpm_entry *e, void *arg)
{
	const struct grave *g = (struct grave *)(void *)e;
	const struct visit_known *v = arg;
	const struct mapping *m;
	struct eid eid;

	if (v->graves) {
		eid = grave_eid(g);
		v->visit(v->arg, &eid, g->seq, NULL);
		return;
	}
	m = mapping_of(e);
	eid = mapping_eid(m);
	v->visit(v->arg, &eid, m->seq, m);
}

bool registry_walk(struct registry *r, struct registry_walk *w, size_t max,
	void (*visit)(void *arg, const struct eid *eid, uint64_t seq, const struct mapping *m),
	void *arg)
{
	struct lpm_set *set = w->in_graves ? r->graves : r->live;
	struct visit_known v = {visit, arg, w->in_graves};
	struct pick p = {.want = w->table};

	lpm_set_each(set, pick_table, &p);
	if (p.table) {
		lpm_sweep(p.table, &w->cursor, max, visit_known, &v);
		w->table += w->cursor == 0;
		return true;
	}
	w->table = 0;
	w->cursor = 0;
	w->in_graves = !w->in_graves;
	return w->in_graves;
}
