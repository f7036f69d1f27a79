/* See durable.h. */
#include "mapserver/durable.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mapserver/keeping.h"
#include "mapserver/loss.h"
#include "mapserver/nonces.h"
#include "mapserver/publish.h"
#include "mapserver/seq_floor.h"

#define REWRITING     "rewriting" /* there while not all is written yet */
#define TOLD          "told"      /* when subscribers had last heard of all changes */
#define GROUP_CHANGES 16384       /* of a transaction, all kinds together */
#define GROUP_BYTES   (16u << 20) /* touched as far as they are needed */
#define GROUP_NONCES  1024
#define DEAD_MAX      65536 /* sets that wait to be deleted; more are left to the next start */
#define TAKE_SLICE    4000  /* mappings at a time, while others wait */
#define WRITE_SLICE   1000
#define MERGED_SLICE  100 /* the same where some may be merged, each of many parts */

/* One transaction on its way. */
struct durable_group {
	size_t count, bytes_used;
	bool overflow;
	struct store_change changes[GROUP_CHANGES];
	/* What gets a number, or is saved, only if the store takes it. */
	struct locset *sets[GROUP_CHANGES];
	struct xtr *owners[GROUP_CHANGES];
	struct replay_entry *entries[GROUP_NONCES];
	uint64_t nonces[GROUP_NONCES];
	size_t set_count, owner_count, nonce_count;
	uint64_t told_at; /* when the store takes it: as of the durable */
	uint8_t bytes[GROUP_BYTES];
};

/* ---- how it does ---- */

/* From now on memory knows more than the store. */
static void fall_behind(struct durable *d)
{
	struct store_stat st = {0};

	if (d->store && !__atomic_load_n(&d->behind, __ATOMIC_ACQUIRE)) {
		store_stat(d->store, &st);
		__atomic_store_n(&d->whole_wall_s, st.flush_wall_s, __ATOMIC_RELEASE);
	}
	__atomic_store_n(&d->behind, true, __ATOMIC_RELEASE);
}

static void note_failure(struct durable *d, int err)
{
	server_count(d->t, COUNT_STORE_FAILURES);
	if (!__atomic_exchange_n(&d->failing, true, __ATOMIC_ACQ_REL))
		log_error(d->t->log,
			"store: %s: changes live in memory only until it takes them again",
			strerror(-err));
	fall_behind(d);
	d->rewriting = false;
	d->rewrite = (struct registry_walk){0};
}

static void note_success(struct durable *d)
{
	if (__atomic_exchange_n(&d->failing, false, __ATOMIC_ACQ_REL))
		log_info(d->t->log, "store: takes changes again; all is written anew");
}

void durable_unwritable(struct durable *d, int err)
{
	note_failure(d, err);
}

static void forget_saved(struct replay_entry *e, void *arg)
{
	(void)arg;
	replay_saved(e, 0);
}

/* The store's file was made anew, and is empty: what was written must be written again, also what
 * others share. */
static void note_renewal(struct durable *d)
{
	uint64_t renewals = store_renewals(d->store);

	if (renewals == d->renewals)
		return;
	d->renewals = renewals;
	d->stale_owner = d->last_owner;
	d->stale_set = d->last_set;
	d->dead_count = 0;
	d->rewriting = false;
	d->rewrite = (struct registry_walk){0};
	replay_each(d->t->server->replay, forget_saved, NULL);
	replay_each(d->t->server->prepares, forget_saved, NULL);
	server_count(d->t, COUNT_STORE_FAILURES);
	fall_behind(d);
	log_error(d->t->log,
		"store: its file was damaged or taken away while it was open, and was made anew: all "
		"is written again");
}

bool durable_healthy(const struct durable *d)
{
	return !__atomic_load_n(&d->failing, __ATOMIC_ACQUIRE) &&
	       !__atomic_load_n(&d->behind, __ATOMIC_ACQUIRE);
}

uint64_t durable_whole_wall_s(const struct durable *d)
{
	return durable_healthy(d) ? 0 : __atomic_load_n(&d->whole_wall_s, __ATOMIC_ACQUIRE);
}

bool durable_partial(const struct durable *d)
{
	return __atomic_load_n(&d->partial, __ATOMIC_ACQUIRE);
}

uint64_t durable_unreadable(const struct durable *d)
{
	return __atomic_load_n(&d->unreadable, __ATOMIC_ACQUIRE);
}

/* ---- a group ---- */

void durable_begin(struct durable *d)
{
	struct durable_group *g = d->group;

	g->count = g->bytes_used = g->set_count = g->owner_count = g->nonce_count = 0;
	g->overflow = false;
	g->told_at = d->told_at;
}

/* The bytes are copied. */
static void put(struct durable_group *g, unsigned int table, const void *key, size_t key_len,
	const void *value, size_t value_len)
{
	uint8_t *at = g->bytes + g->bytes_used;

	if (g->count == GROUP_CHANGES || key_len + value_len > GROUP_BYTES - g->bytes_used) {
		g->overflow = true;
		return;
	}
	memcpy(at, key, key_len);
	if (value_len)
		memcpy(at + key_len, value, value_len);
	g->bytes_used += key_len + value_len;
	g->changes[g->count++] = (struct store_change){.table = table,
		.key = at,
		.key_len = key_len,
		.value = value ? at + key_len : NULL,
		.value_len = value_len};
}

static uint32_t owner_number(struct durable *d, struct xtr *x)
{
	struct durable_group *g = d->group;
	uint8_t key[STORED_OWNER_KEY], value[STORED_OWNER_BYTES];
	struct stored_owner o;

	if (x->is_static || x->number > d->stale_owner)
		return x->number;
	o = (struct stored_owner){.site_id = x->who.site_id, .xtr_id = x->who.id};
	snprintf(o.site, sizeof(o.site), "%s", x->who.site);
	x->number = ++d->last_owner;
	g->owners[g->owner_count++] = x;
	stored_owner_key(key, x->number);
	put(g, STORED_OWNERS, key, sizeof(key), value,
		stored_owner_write(value, sizeof(value), &o));
	return x->number;
}

void durable_put(struct durable *d, unsigned int table, const void *key, size_t key_len,
	const void *value, size_t value_len)
{
	if (d->store)
		put(d->group, table, key, key_len, value, value_len);
}

uint32_t durable_owner(struct durable *d, struct xtr *x)
{
	return d->store ? owner_number(d, x) : 0;
}

size_t durable_room(const struct durable *d)
{
	return GROUP_CHANGES - d->group->count;
}

static uint64_t set_number(struct durable *d, struct locset *set)
{
	struct durable_group *g = d->group;
	uint8_t key[STORED_SET_KEY], value[MAPPING_LOCATOR_BYTES + 8];
	const struct stored_set s = {set->count, set->wire, set->wire_len};

	if (!set->count || set->number > d->stale_set)
		return set->number;
	set->number = ++d->last_set;
	g->sets[g->set_count++] = set;
	stored_set_key(key, set->number);
	put(g, STORED_SETS, key, sizeof(key), value, stored_set_write(value, sizeof(value), &s));
	return set->number;
}

/* A restart grants no more than what is written as the life, and lets an xTR refresh: so what is
 * written between two refreshes gets what a refresh would give, not the rest. The record's TTL
 * bounds it: it is the life where the xTR wants that (T bit). */
static uint32_t life_until(
	const struct durable *d, uint64_t expiry, uint32_t ttl_min, struct mono now)
{
	uint64_t least = d->t->server->opt.registration_timeout_s, s;

	if (expiry == MAPPING_FOREVER)
		return 0;
	if (least > (uint64_t)ttl_min * 60)
		least = (uint64_t)ttl_min * 60;
	s = expiry > now.ns ? (expiry - now.ns + 999999999) / 1000000000 : 1;
	if (s < least)
		s = least;
	return s > UINT32_MAX ? UINT32_MAX : (uint32_t)s;
}

void durable_add(struct durable *d, const struct eid *eid, uint64_t seq, const struct mapping *m,
	struct mono now)
{
	struct stored_mapping s = {.gone = !m, .seq = seq, .wall_s = (uint32_t)d->wall_s};
	uint8_t key[STORED_EID_BYTES], value[STORED_MAPPING_BYTES];
	size_t key_len = stored_eid_key(key, sizeof(key), eid);
	struct loss loss;

	if (!d->store || !key_len)
		return;
	if (d->group->count + 4 > GROUP_CHANGES) {
		d->group->overflow = true;
		return;
	}
	if (m) {
		s.flags = m->flags;
		s.ttl_min = m->ttl_min;
		s.map_version = m->map_version;
		s.owner = owner_number(d, m->owner);
		s.set = set_number(d, m->locators);
		s.life_s = life_until(d, mapping_expiry(m), m->ttl_min, now);
		if (losses_last(d->t->server->losses, eid, now, &loss)) {
			s.lost = owner_number(d, loss.xtr);
			s.said = loss.said;
		}
	}
	put(d->group, STORED_MAPPINGS, key, key_len, value,
		stored_mapping_write(value, sizeof(value), &s));
	d->untold |= subscriptions_count(d->t->server->subscriptions) != 0;
}

/* All parts of @eid, or that it has none. */
static void add_parts(struct durable *d, const struct eid *eid, struct mono now)
{
	struct durable_group *g = d->group;
	struct stored_part list[STORED_PARTS_MAX];
	struct merge_part parts[MERGE_PARTS_MAX];
	uint8_t key[STORED_EID_BYTES], value[STORED_PARTS_BYTES];
	size_t key_len = stored_eid_key(key, sizeof(key), eid);
	unsigned int n = merge_parts(d->t->server->merge, eid, parts);

	if (!d->store || !key_len)
		return;
	if (g->count + 1 + 2 * n > GROUP_CHANGES) {
		g->overflow = true;
		return;
	}
	for (unsigned int i = 0; i < n; i++)
		list[i] = (struct stored_part){.flags = parts[i].flags,
			.ttl_min = parts[i].ttl_min,
			.map_version = parts[i].map_version,
			.owner = owner_number(d, parts[i].owner),
			.set = set_number(d, parts[i].locators),
			.wall_s = (uint32_t)d->wall_s,
			.life_s = life_until(d, parts[i].expiry_ns, parts[i].ttl_min, now)};
	put(g, STORED_PARTS, key, key_len, n ? value : NULL,
		stored_parts_write(value, sizeof(value), list, n));
	d->has_parts = true;
}

struct adding {
	struct durable *d;
	struct mono now;
};

static void add_changed(void *arg, const struct eid *eid)
{
	const struct adding *a = arg;

	add_parts(a->d, eid, a->now);
}

void durable_add_parts(struct durable *d, struct mono now)
{
	struct adding a = {d, now};

	merge_each_changed(d->t->server->merge, add_changed, &a);
}

void durable_add_forgotten(struct durable *d, const struct eid *eid)
{
	uint8_t key[STORED_EID_BYTES];
	size_t key_len = stored_eid_key(key, sizeof(key), eid);

	if (d->store && key_len)
		put(d->group, STORED_MAPPINGS, key, key_len, NULL, 0);
}

void durable_add_nonce(struct durable *d, struct replay_entry *e)
{
	struct durable_group *g = d->group;
	uint8_t value[REPLAY_VALUE_BYTES];
	size_t i = g->nonce_count;

	if (!d->store || i == GROUP_NONCES || e->waits || !replay_value(e, &g->nonces[i], value))
		return;
	e->waits = true;
	g->entries[i] = e;
	g->nonce_count++;
	put(g, STORED_NONCES, e->key, REPLAY_KEY_BYTES, value, sizeof(value));
}

/* A set is deleted in the group after the one in which its last mapping changed; not while the
 * store is behind, whose mappings may still refer to it. */
static void add_dead(struct durable *d)
{
	uint8_t key[STORED_SET_KEY];

	if (d->recovery.view || __atomic_load_n(&d->behind, __ATOMIC_ACQUIRE))
		return;
	while (d->dead_count && d->group->count < GROUP_CHANGES) {
		stored_set_key(key, d->dead_sets[--d->dead_count]);
		put(d->group, STORED_SETS, key, sizeof(key), NULL, 0);
	}
}

static void settle(struct durable_group *g, bool taken)
{
	for (size_t i = 0; i < g->nonce_count; i++) {
		g->entries[i]->waits = false;
		if (taken)
			replay_saved(g->entries[i], g->nonces[i]);
	}
	for (size_t i = 0; !taken && i < g->set_count; i++)
		g->sets[i]->number = 0;
	for (size_t i = 0; !taken && i < g->owner_count; i++)
		g->owners[i]->number = 0;
}

/* The clock was set back: by it, what is written now is older than what subscribers have heard of,
 * and a restart would not tell it. */
static void note_clock(struct durable *d)
{
	if (d->group->told_at <= d->wall_s)
		return;
	put(d->group, STORED_STATE, TOLD, strlen(TOLD), NULL, 0);
	d->group->told_at = 0;
	d->told = false;
}

bool durable_end(struct durable *d)
{
	struct durable_group *g = d->group;
	int err;

	if (!d->store) {
		d->unkept = true;
		return true;
	}
	if (!g->count)
		return true;
	note_clock(d);
	add_dead(d); /* not for its own sake */
	note_renewal(d);
	err = g->overflow ? -E2BIG : store_commit(d->store, g->changes, g->count);
	settle(g, err == 0);
	d->told_at = err ? UINT64_MAX : g->told_at;
	note_renewal(d); /* perhaps it was written into the new one, with the old one's numbers */
	if (err)
		note_failure(d, err);
	else
		note_success(d);
	return err == 0;
}

/* ---- between groups ---- */

static void add_nonce(struct replay_entry *e, void *arg)
{
	struct durable *d = arg;

	if (d->group->nonce_count == GROUP_NONCES) {
		durable_end(d);
		durable_begin(d);
	}
	durable_add_nonce(d, e);
}

static void put_time(struct durable *d, const char *key)
{
	uint8_t value[8];
	struct wire_writer w;

	wire_writer_init(&w, value, sizeof(value));
	wire_put_u64(&w, d->wall_s);
	put(d->group, STORED_STATE, key, strlen(key), value, sizeof(value));
}

/* Subscribers have heard of every change that was made so far: after a restart they need not hear
 * of those again. */
static void note_told(struct durable *d)
{
	struct publish_view v;

	if (!subscriptions_count(d->t->server->subscriptions) || (d->told && !d->untold))
		return;
	publish_count(d->t->server->publish, &v);
	if (v.news || v.waiting || v.flight)
		return;
	put_time(d, TOLD);
	d->group->told_at = d->wall_s;
	d->told = true;
	d->untold = false;
}

void durable_second(struct durable *d)
{
	if (!d->store)
		return;
	note_renewal(d);
	durable_begin(d);
	if (__atomic_load_n(&d->failing, __ATOMIC_ACQUIRE))
		put_time(d, "tried");
	note_told(d);
	replay_each(d->t->server->replay, add_nonce, d);
	replay_each(d->t->server->prepares, add_nonce, d);
	durable_end(d);
}

struct rewriting {
	struct durable *d;
	struct mono now;
};

static void rewrite_one(void *arg, const struct eid *eid, uint64_t seq, const struct mapping *m)
{
	struct rewriting *r = arg;

	durable_add(r->d, eid, seq, m, r->now);
	if (r->d->has_parts || (m && m->merged)) /* also that there are none any more */
		add_parts(r->d, eid, r->now);
	r->d->rewritten++;
}

/* The API's sites too: their form is kept with them. A slice, by what fits into half a group; from
 * the first again when the control thread has put another table in place. False: that was all. */
static bool rewrite_sites(struct durable *d)
{
	const struct site_table *t = rcu_load(&d->t->server->sites);
	size_t count = t ? site_table_count(t) : 0;

	if (t && site_table_serial(t) != d->rewrite_sites)
		d->rewrite_site = 0;
	d->rewrite_sites = t ? site_table_serial(t) : 0;
	for (; d->rewrite_site < count; d->rewrite_site++) {
		const struct site *s = site_table_at(t, d->rewrite_site);

		if (d->group->bytes_used > GROUP_BYTES / 2 || d->group->count > GROUP_CHANGES / 2)
			return true;
		if (s->stored)
			put(d->group, STORED_SITES, s->name, strlen(s->name), s->stored,
				strlen(s->stored));
	}
	return false;
}

/* First of all, so that a file of which a crash leaves a part says so, and no number is given
 * twice.
 */
static void begin_rewriting(struct durable *d)
{
	uint64_t floor = registry_floor(d->t->server->registry);
	uint8_t block[SEQ_FLOOR_VALUE];
	int err = store_mark_raise(d->store, seq_floor_end(floor));

	if (err) {
		note_failure(d, err);
		return;
	}
	durable_begin(d);
	seq_floor_value(floor, block);
	put(d->group, STORED_STATE, SEQ_FLOOR_KEY, strlen(SEQ_FLOOR_KEY), block, sizeof(block));
	put(d->group, STORED_STATE, REWRITING, strlen(REWRITING), "1", 1);
	d->rewrite_sites = 0;
	d->rewrite_site = 0;
	d->rewriting = true; /* until durable_end finds otherwise */
	durable_end(d);
}

static void end_rewriting(struct durable *d)
{
	subscriptions_lock(d->t->server->subscriptions);
	subscriptions_keep_all(d->t->server->subscriptions);
	subscriptions_unlock(d->t->server->subscriptions);
	d->rewriting = false;
	__atomic_store_n(&d->behind, false, __ATOMIC_RELEASE);
	log_info(d->t->log, "store: complete again, %llu mappings and tombstones were written",
		(unsigned long long)d->rewritten);
	d->rewritten = 0;
}

static void rewrite(struct durable *d, struct mono now)
{
	struct rewriting r = {d, now};
	size_t slice = merge_count(d->t->server->merge) ? MERGED_SLICE : WRITE_SLICE;
	bool more;

	if (!d->rewriting) {
		begin_rewriting(d);
		return;
	}
	durable_begin(d);
	more = rewrite_sites(d) ||
	       registry_walk(d->t->server->registry, &d->rewrite, slice, rewrite_one, &r);
	if (!more)
		put(d->group, STORED_STATE, REWRITING, strlen(REWRITING), NULL, 0);
	if (durable_end(d) && !more && d->rewriting)
		end_rewriting(d);
}

/* All is taken in: owners of whom nothing was leave the store, if it is known to hold all. */
static bool drop_unused_owners(struct durable *d)
{
	struct recovery *r = &d->recovery;
	uint8_t key[STORED_OWNER_KEY];

	if (r->unused && durable_healthy(d)) {
		durable_begin(d);
		while (r->unused_count && durable_room(d)) {
			stored_owner_key(key, r->unused[--r->unused_count]);
			put(d->group, STORED_OWNERS, key, sizeof(key), NULL, 0);
		}
		durable_end(d);
		if (r->unused_count)
			return true;
	}
	recovery_forget_unused(r);
	return false;
}

bool durable_work(struct durable *d, struct mono now)
{
	if (d->recovery.view) {
		if (!recovery_step(&d->recovery, now, TAKE_SLICE))
			__atomic_fetch_add(
				&d->unreadable, d->recovery.unreadable, __ATOMIC_RELEASE);
		return true;
	}
	if (d->recovery.unused && drop_unused_owners(d))
		return true;
	if (!d->store || __atomic_load_n(&d->failing, __ATOMIC_ACQUIRE) ||
		!__atomic_load_n(&d->behind, __ATOMIC_ACQUIRE))
		return false;
	rewrite(d, now);
	return true;
}

/* ---- start and end ---- */

static void on_set_freed(void *arg, uint64_t number)
{
	struct durable *d = arg;

	if (d->dead_count == d->dead_cap) {
		size_t cap = d->dead_cap ? d->dead_cap * 2 : 256;
		uint64_t *list =
			cap > DEAD_MAX ? NULL : realloc(d->dead_sets, cap * sizeof(list[0]));

		if (!list)
			return;
		d->dead_sets = list;
		d->dead_cap = cap;
	}
	d->dead_sets[d->dead_count++] = number;
}

static void on_forgotten(void *arg, const struct eid *eid)
{
	durable_add_forgotten(arg, eid);
}

int durable_init(struct durable *d, struct server_thread *t)
{
	const struct registry_hooks hooks = {on_set_freed, on_forgotten, d};

	*d = (struct durable){.t = t};
	d->group = malloc(sizeof(*d->group));
	if (!d->group)
		return -ENOMEM;
	durable_begin(d);
	registry_hook(t->server->registry, &hooks);
	return 0;
}

void durable_fini(struct durable *d)
{
	const struct registry_hooks none = {0};

	recovery_end(&d->recovery);
	recovery_forget_unused(&d->recovery);
	registry_hook(d->t->server->registry, &none);
	free(d->group);
	free(d->dead_sets);
	d->group = NULL;
	d->dead_sets = NULL;
}

/* The greatest number in a table of numbers. */
static bool note_set(void *arg, const void *key, size_t key_len, const void *value, size_t len)
{
	(void)value;
	(void)len;
	stored_set_number(key, key_len, arg);
	return true;
}

static bool note_owner(void *arg, const void *key, size_t key_len, const void *value, size_t len)
{
	(void)value;
	(void)len;
	stored_owner_number(key, key_len, arg);
	return true;
}

static bool note_parts(void *arg, const void *key, size_t key_len, const void *value, size_t len)
{
	(void)key;
	(void)key_len;
	(void)value;
	(void)len;
	*(bool *)arg = true;
	return false;
}

static uint64_t told_s(struct store *store)
{
	uint8_t value[8] = {0};
	struct wire_fault fault;
	struct wire_reader r;
	size_t len = sizeof(value);

	if (store_get(store, STORED_STATE, TOLD, strlen(TOLD), value, &len))
		return 0;
	wire_reader_init(&r, value, sizeof(value), &fault);
	return wire_get_u64(&r, TOLD);
}

/* A run before began to write all into a new file, and did not come to an end. */
static void note_part(struct durable *d, struct store *store)
{
	const struct store_change change = {
		.table = STORED_STATE, .key = REWRITING, .key_len = strlen(REWRITING)};
	uint8_t value[8];
	size_t len = sizeof(value);

	if (store_get(store, STORED_STATE, REWRITING, strlen(REWRITING), value, &len))
		return;
	__atomic_store_n(&d->partial, true, __ATOMIC_RELEASE);
	log_error(d->t->log,
		"store: the run before was ended while it wrote all anew: mappings may be missing "
		"until the xTRs have registered anew");
	store_commit(store, &change, 1); /* told once; where it fails, once more */
}

int durable_recover(
	struct durable *d, struct store *store, struct mono now, char *why, size_t why_size)
{
	size_t left_out;
	int err = nonces_load(d, store, &left_out);

	if (!err)
		err = store_scan(store, STORED_SETS, NULL, 0, note_set, &d->last_set);
	if (!err)
		err = store_scan(store, STORED_OWNERS, NULL, 0, note_owner, &d->last_owner);
	if (!err)
		err = store_scan(store, STORED_PARTS, NULL, 0, note_parts, &d->has_parts);
	if (err)
		snprintf(why, why_size, "cannot read the nonces: %s", strerror(-err));
	else
		err = recovery_begin(&d->recovery, d->t, store, now, d->wall_s, why, why_size);
	if (!err)
		err = keeping_load(d, d->t, store, now);
	if (err)
		return err;
	d->recovery.told_s = told_s(store);
	d->told = d->recovery.told_s != 0;
	d->told_at = d->recovery.told_s;
	d->untold = true; /* what follows from the store may be news */
	recovery_tell_wide(&d->recovery);
	note_part(d, store);
	/* A store that comes late does not know what memory does. */
	__atomic_store_n(&d->behind, d->unkept, __ATOMIC_RELEASE);
	__atomic_store_n(&d->failing, false, __ATOMIC_RELEASE);
	d->store = store;
	if (left_out)
		nonces_clean(d);
	return 0;
}
