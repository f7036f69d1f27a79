/* See commit.h. */
#include "mapserver/commit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/rcu.h"
#include "mapserver/claim.h"
#include "mapserver/sender.h"

#define GROUP_CHANGES  1024
#define GROUP_JOBS     1024
#define STAGED_BITS    8192         /* a power of two */
#define SWEEP_AT_ONCE  50000        /* mappings looked at in one tick */
#define SEQ_BLOCK      (1ull << 32) /* sequence numbers that one run may use */
#define NONCE_FLUSH_MS 1000
#define FLUSH_NONCES   512 /* in one transaction */

const char *const commit_tables[] = {"nonces", "state", NULL};

struct commit {
	struct server_thread *t;
	struct server *server;
	struct store *store;
	struct commit_hooks hooks;
	struct job *jobs[GROUP_JOBS];
	unsigned int job_count;
	struct change changes[GROUP_CHANGES];
	unsigned int change_count;
	uint64_t staged[STAGED_BITS / 64]; /* by hash: EIDs that the group touches */
	struct mono next_nonce_flush;
	bool failing; /* atomic: the last submission failed */
};

/* ---- jobs ---- */

struct job *job_new(const struct datagram *d, struct replay_entry *replay, struct xtr *xtr)
{
	struct job *j = malloc(sizeof(*j) + d->len);

	if (!j)
		return NULL;
	j->next = NULL;
	j->kind = JOB_MESSAGE;
	j->peer = d->peer;
	j->local = d->local;
	j->replay = replay;
	j->xtr = xtr;
	j->len = d->len;
	memcpy(j->bytes, d->bytes, d->len);
	return j;
}

struct job *job_new_static(enum job_kind kind, const struct eid *eid)
{
	struct job *j = calloc(1, sizeof(*j));

	if (j) {
		j->kind = kind;
		j->eid = *eid;
	}
	return j;
}

void job_free(struct job *j)
{
	free(j);
}

/* ---- the store ---- */

struct done {
	bool called;
	int result;
};

static void on_done(void *arg, int result)
{
	struct done *d = arg;

	d->result = result;
	d->called = true;
}

/* The back ends of today are done when store_submit returns. */
static bool submit(struct commit *c, const struct store_change *changes, size_t count)
{
	struct done d = {false, -EIO};

	if (!c->store || !count)
		return true;
	store_submit(c->store, changes, count, on_done, &d);
	if (d.result) {
		server_count(c->t, COUNT_STORE_FAILURES);
		log_error(c->t->log, "store: %zu changes live in memory only: %s", count,
			strerror(-d.result));
	}
	__atomic_store_n(&c->failing, d.result != 0, __ATOMIC_RELAXED);
	return d.result == 0;
}

bool commit_durable(const struct commit *c)
{
	return !__atomic_load_n(&c->failing, __ATOMIC_RELAXED);
}

/* Nonces on their way to the store. */
struct nonce_batch {
	struct commit *c;
	size_t count;
	struct replay_entry *entries[FLUSH_NONCES];
	uint64_t nonces[FLUSH_NONCES];
	uint8_t values[FLUSH_NONCES][REPLAY_VALUE_BYTES];
	struct store_change changes[FLUSH_NONCES];
};

static void nonces_submit(struct nonce_batch *b)
{
	if (submit(b->c, b->changes, b->count))
		for (size_t i = 0; i < b->count; i++)
			replay_saved(b->entries[i], b->nonces[i]);
	b->count = 0;
}

static void nonces_add(struct replay_entry *e, void *arg)
{
	struct nonce_batch *b = arg;
	size_t i = b->count;

	if (!replay_value(e, &b->nonces[i], b->values[i]))
		return;
	b->entries[i] = e;
	b->changes[i] = (struct store_change){.table = COMMIT_TABLE_NONCES,
		.key = e->key,
		.key_len = REPLAY_KEY_BYTES,
		.value = b->values[i],
		.value_len = REPLAY_VALUE_BYTES};
	if (++b->count == FLUSH_NONCES)
		nonces_submit(b);
}

static void write_nonces_of_group(struct commit *c)
{
	struct nonce_batch b = {.c = c};

	if (!c->store)
		return;
	for (unsigned int i = 0; i < c->job_count; i++)
		if (c->jobs[i]->kind == JOB_MESSAGE && c->jobs[i]->replay)
			nonces_add(c->jobs[i]->replay, &b);
	nonces_submit(&b);
}

static void write_all_nonces(struct commit *c)
{
	struct nonce_batch b = {.c = c};

	if (!c->store)
		return;
	replay_each(c->server->replay, nonces_add, &b);
	nonces_submit(&b);
	store_sync(c->store);
}

int commit_recover_floor(struct store *store, uint64_t *seq_floor, char *why, size_t why_size)
{
	static const char key[] = "seq-floor";
	uint8_t value[8] = {0};
	struct store_change change = {.table = COMMIT_TABLE_STATE,
		.key = key,
		.key_len = sizeof(key) - 1,
		.value = value,
		.value_len = sizeof(value)};
	struct done d = {false, -EIO};
	struct wire_fault fault;
	struct wire_reader r;
	struct wire_writer w;
	size_t len = sizeof(value);
	int err = store_get(store, COMMIT_TABLE_STATE, key, sizeof(key) - 1, value, &len);

	if (err && err != -ENOENT) {
		snprintf(why, why_size, "cannot read the sequence number: %s", strerror(-err));
		return err;
	}
	wire_reader_init(&r, value, sizeof(value), &fault);
	*seq_floor = wire_get_u64(&r, "seq-floor");
	wire_writer_init(&w, value, sizeof(value));
	wire_put_u64(&w, *seq_floor + SEQ_BLOCK);
	store_submit(store, &change, 1, on_done, &d);
	if (d.result)
		snprintf(why, why_size, "cannot reserve sequence numbers: %s", strerror(-d.result));
	return d.result;
}

static bool load_one(
	void *arg, const void *key, size_t key_len, const void *value, size_t value_len)
{
	struct replay *r = arg;

	return replay_load(r, key, key_len, value, value_len);
}

int commit_recover_nonces(struct store *store, struct replay *replay, char *why, size_t why_size)
{
	int err = store_scan(store, COMMIT_TABLE_NONCES, NULL, 0, load_one, replay);

	if (err)
		snprintf(why, why_size, "cannot read the nonces: %s", strerror(-err));
	return err;
}

/* ---- a group ---- */

struct commit *commit_new(
	struct server_thread *t, struct store *store, const struct commit_hooks *hooks)
{
	struct commit *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->t = t;
	c->server = t->server;
	c->store = store;
	if (hooks)
		c->hooks = *hooks;
	return c;
}

void commit_free(struct commit *c)
{
	if (c)
		write_all_nonces(c);
	free(c);
}

static unsigned int staged_bit(const struct eid *eid)
{
	uint64_t h = eid->iid * UINT64_C(0x9e3779b97f4a7c15) + eid->plen;

	for (unsigned int i = 0; i < eid->addr.len; i++)
		h = (h ^ eid->addr.bytes[i]) * UINT64_C(0x100000001b3);
	return (unsigned int)(h >> 17 & (STAGED_BITS - 1));
}

static bool is_staged(const struct commit *c, const struct eid *eid)
{
	unsigned int bit = staged_bit(eid);

	return c->staged[bit / 64] >> bit % 64 & 1;
}

static void stage(struct commit *c, const struct eid *eid)
{
	unsigned int bit = staged_bit(eid);

	c->staged[bit / 64] |= UINT64_C(1) << bit % 64;
}

static void tell(struct commit *c, enum commit_event_kind kind, const char *reason,
	const struct eid *eid, uint64_t seq, const struct mapping *now,
	const struct mapping *previous)
{
	struct commit_event e = {kind, reason, eid, seq, now, previous};

	if (c->hooks.event)
		c->hooks.event(c->hooks.arg, &e);
}

static const unsigned int change_counters[] = {
	[CHANGE_REGISTERED] = COUNT_REGISTERED,
	[CHANGE_CHANGED] = COUNT_CHANGED,
	[CHANGE_MOVED] = COUNT_MOVED,
	[CHANGE_WITHDRAWN] = COUNT_WITHDRAWN,
	[CHANGE_EXPIRED] = COUNT_EXPIRED,
};

static void make_room(struct commit *c, struct outbox *out)
{
	if (c->hooks.send && (out->count > out->cap / 2 || out->bytes_used > out->bytes_cap / 2))
		c->hooks.send(c->hooks.arg, out);
}

/* ---- the previous owner ---- */

static struct site_key *key_for(struct site *site, const struct xtr_path *path)
{
	struct site_key *k = site_find_key(site, path->key_id, (enum auth_alg)path->alg);

	return k ? k : site->key_count ? &site->keys[0] : NULL;
}

/* RFC 9301 section 5.7: an unsolicited Map-Notify with the EID's new locators. */
static int write_notify(uint8_t *buf, const struct change *c, uint64_t nonce,
	const struct site *site, const struct site_key *key, struct auth_key *ready)
{
	struct map_register m = {.type = LISP_MAP_NOTIFY, .nonce = nonce};
	const struct mapping *now = c->new;
	struct wire_writer w;

	wire_writer_init(&w, buf, NOTIFY_BYTES_MAX);
	map_register_begin(&w, &m, key->id, key->alg, &site->auth);
	lisp_record_write(&w, &c->eid, now->ttl_min, now->locators->count, mapping_act(now), false,
		now->map_version);
	wire_put_bytes(&w, now->locators->wire, now->locators->wire_len);
	return map_register_finish(&w, &m, 1, ready, &site->auth);
}

/* The old owner, where it asked to be told and is not itself the sender, learns who has the EID
 * now. */
static void notify_previous(
	struct commit *c, const struct change *ch, struct mono now, struct outbox *out)
{
	struct xtr *x = ch->old->owner;
	struct site_table *sites = rcu_load(&c->server->sites);
	struct site *site = sites ? site_table_named(sites, x->who.site) : NULL;
	uint64_t nonce = random_u64(c->t->random);
	struct auth_key *ready;
	struct site_key *key;
	struct xtr_path path;
	uint8_t *room;
	int len;

	if (!(ch->old->flags & MAPPING_NOTIFY) || !site || !xtr_path_get(x, &path))
		return;
	key = key_for(site, &path);
	ready = key ? site_ready_key(key, c->t->slot) : NULL;
	make_room(c, out);
	room = ready ? outbox_begin(out, NOTIFY_BYTES_MAX) : NULL;
	if (!room)
		return;
	if (ch->old->flags & MAPPING_CLAIMED)
		len = sender_write_move(room, NOTIFY_BYTES_MAX, MOVE_NOTIFY, nonce, ch->seq,
			&ch->eid, ch->new, site, key, ready);
	else
		len = write_notify(room, ch, nonce, site, key, ready);
	if (len < 0)
		return;
	outbox_commit(out, (uint32_t)len, &path.peer, &path.local);
	server_count(c->t, COUNT_NOTIFIES);
	if (!notify_add(c->server->notify, &ch->eid, nonce, x, room, (size_t)len, &path.peer,
		    &path.local, now))
		server_count(c->t, COUNT_NOTIFY_NO_ROOM);
}

/* ---- decisions ---- */

static struct change *next_change(struct commit *c)
{
	return &c->changes[c->change_count];
}

/* The change made ready in next_change() belongs to @j. */
static void take_change(struct commit *c, struct job *j)
{
	stage(c, &next_change(c)->eid);
	c->change_count++;
	j->changes++;
}

/* None of what @j asked for is followed. */
static void give_up(struct commit *c, struct job *j)
{
	while (j->changes) {
		j->changes--;
		c->change_count--;
		registry_abandon(c->server->registry, next_change(c));
	}
	j->accepted = false;
}

static struct datagram datagram_of(const struct job *j)
{
	return (struct datagram){j->bytes, j->len, j->peer, j->local};
}

/* An EID twice in one message: which of the two is meant cannot be told. */
static bool is_repeated(const struct commit *c, const struct job *j, const struct eid *eid)
{
	for (unsigned int i = 0; i < j->changes; i++)
		if (eid_equal(&c->changes[c->change_count - 1 - i].eid, eid))
			return true;
	return false;
}

/* RFC 9302 section 7: V2 is newer than V1 in a space of 12 bits without 0. */
static bool version_older(uint16_t version, uint16_t than)
{
	return version && than && version != than && ((than - version) & 0xfff) <= 2048;
}

static bool same_locators(const struct mapping *m, const struct locators *l)
{
	return m->locators->count == l->count && m->locators->wire_len == l->len &&
	       !memcmp(m->locators->wire, l->wire, l->len);
}

/* Two ETRs of a site are one owner. Those that give no xTR-ID look alike: what they register tells
 * them apart. */
static bool may_withdraw(const struct mapping *m, const struct xtr *x, const struct locators *l)
{
	static const struct lisp_xtr_id none;

	if (m->owner != x)
		return false;
	return memcmp(&x->who.id, &none, sizeof(none)) != 0 || !l->count || same_locators(m, l);
}

/* Why a registration may not replace the mapping of another owner; DROP_REASONS: it may. */
static enum drop_reason objection(
	const struct mapping *m, const struct registration *in, const struct site *site)
{
	bool same_site = !m->owner->is_static && !strcmp(m->owner->who.site, in->owner->who.site);

	if (version_older(in->map_version, m->map_version))
		return DROP_OLD_MAP_VERSION;
	if (m->owner == in->owner || (same_site && same_locators(m, in->locators)))
		return DROP_REASONS;
	if (m->owner->is_static || site->move == SITE_MOVE_OWNER_FIRST)
		return DROP_OWNER_FIRST;
	/* "No locators" is what an xTR says of a host that has left it: no reason to cut the host
	 * off. */
	return in->locators->count ? DROP_REASONS : DROP_NOT_OWNER;
}

/* One record of a Map-Register. False: the message is not followed. */
static bool plan_record(struct commit *c, struct job *j, const struct map_register *m,
	struct lisp_record *rec, const struct sender *s, struct mono now)
{
	struct registry *r = c->server->registry;
	struct datagram d = datagram_of(j);
	enum drop_reason why;
	struct locators locators;
	struct registration in;
	struct mapping *is;
	char text[EID_TEXT];
	uint64_t seq;

	if (!sender_registration(c->t, &d, m, rec, s, now, &locators, &in))
		return false;
	is = registry_present(r, &in.eid, now, &seq);
	if (is_repeated(c, j, &in.eid)) {
		server_drop(c->t, DROP_MALFORMED, LISP_MAP_REGISTER, &j->peer, now,
			"%s stands in it twice", eid_format(&in.eid, text, sizeof(text)));
		return false;
	}
	if (rec->ttl_min == LISP_TTL_REMOVE) {
		if (!is || !may_withdraw(is, s->xtr, &locators)) {
			if (is)
				server_drop(c->t, DROP_NOT_OWNER, LISP_MAP_REGISTER, &j->peer, now,
					"%s is another's to withdraw",
					eid_format(&in.eid, text, sizeof(text)));
			return true; /* it has nothing there: that is what it asks for */
		}
		if (registry_prepare_removal(r, is, CHANGE_WITHDRAWN, next_change(c)) < 0)
			return false;
		take_change(c, j);
		return true;
	}
	why = is ? objection(is, &in, s->site) : DROP_REASONS;
	if (why != DROP_REASONS) {
		server_drop(c->t, why, LISP_MAP_REGISTER, &j->peer, now, "%s is kept as it is",
			eid_format(&in.eid, text, sizeof(text)));
		tell(c, EVENT_REFUSED, "owner-first", &in.eid, seq, is, NULL);
		return false;
	}
	if (is && registry_same(is, &in) && mapping_refresh(is, now, in.expiry_ns)) {
		server_count(c->t, COUNT_REFRESHED);
		return true;
	}
	if (registry_prepare(r, &in, now, next_change(c)) < 0) {
		server_drop(c->t, DROP_NO_MEMORY, LISP_MAP_REGISTER, &j->peer, now,
			"no memory, or too many instances");
		return false;
	}
	take_change(c, j);
	return true;
}

static void plan_register(struct commit *c, struct job *j, struct mono now)
{
	struct wire_fault fault;
	struct map_register m;
	struct lisp_record rec;
	struct lisp_records it;
	struct sender s;

	if (map_register_parse(j->bytes, j->len, &m, &fault))
		return;
	it = m.records;
	if (!lisp_records_next(&it, &rec) || !sender_find(c->t, &m.auth, &rec.eid.eid, &s))
		return; /* the site has gone since */
	s.xtr = j->xtr;
	j->accepted = true;
	it = m.records;
	while (lisp_records_next(&it, &rec))
		if (!plan_record(c, j, &m, &rec, &s, now)) {
			give_up(c, j);
			return;
		}
}

/* A claim's verdict stands in the job until its answer is written. */
static void plan_move(struct commit *c, struct job *j, struct mono now)
{
	struct registry *r = c->server->registry;
	struct datagram d = datagram_of(j);
	struct claim_present p;
	struct wire_fault fault;
	struct locators locators;
	struct registration in;
	struct sender s;
	struct mapping *is;
	struct move m;
	int err = 0;

	if (move_parse(j->bytes, j->len, &m, &fault) ||
		!sender_find(c->t, &m.auth, &m.record.eid.eid, &s))
		return;
	s.xtr = j->xtr;
	if (!sender_claim(c->t, &d, &m, &s, now, &locators, &in))
		return;
	is = registry_present(r, &in.eid, now, &p.seq);
	p.mapping = is;
	p.may_restore = registry_may_restore(r, m.seq);
	j->accepted = true;
	switch (claim_judge(m.kind, s.xtr, m.seq, is && same_locators(is, &locators), &p)) {
	case CLAIM_REFUSED:
		j->accepted = false;
		tell(c, EVENT_REFUSED, "sequence", &in.eid, p.seq, is, NULL);
		return;
	case CLAIM_STANDS:
		if (is)
			mapping_refresh(is, now, in.expiry_ns);
		return;
	case CLAIM_RESTORE:
		in.restore_seq = m.seq;
		/* fall through */
	case CLAIM_GRANT:
		err = registry_prepare(r, &in, now, next_change(c));
		break;
	case CLAIM_WITHDRAW:
		err = registry_prepare_removal(r, is, CHANGE_WITHDRAWN, next_change(c));
		break;
	}
	if (err)
		j->accepted = false;
	else
		take_change(c, j);
}

/* The operator's changes. */
static enum job_result plan_static(struct commit *c, struct job *j, struct mono now)
{
	struct registry *r = c->server->registry;
	struct registration in = {.eid = j->eid,
		.ttl_min = j->ttl_min,
		.expiry_ns = MAPPING_FOREVER,
		.flags = MAPPING_PROXY,
		.owner = xtr_static(c->server->xtrs),
		.locators = &j->locators};
	struct mapping *is = registry_present(r, &j->eid, now, &j->seq);
	int err;

	if (j->only_seq && (!is || is->seq != j->if_seq))
		return is ? JOB_SEQ_DIFFERS : JOB_NOT_FOUND;
	if (j->kind == JOB_DELETE && !is)
		return JOB_NOT_FOUND;
	if (j->kind == JOB_PUT && is && j->only_new)
		return JOB_EXISTS;
	if (!j->locators.count)
		in.flags |= (uint8_t)((unsigned int)j->act << MAPPING_ACT_SHIFT);
	if (j->kind == JOB_PUT && is && is->owner == in.owner && registry_same(is, &in))
		return JOB_REPLACED;
	if (j->kind == JOB_DELETE)
		err = registry_prepare_removal(r, is, CHANGE_WITHDRAWN, next_change(c));
	else
		err = registry_prepare(r, &in, now, next_change(c));
	if (err)
		return JOB_NO_MEMORY;
	j->seq = next_change(c)->seq;
	take_change(c, j);
	return j->kind == JOB_DELETE ? JOB_DELETED : is ? JOB_REPLACED : JOB_CREATED;
}

/* ---- answers ---- */

static void answer_register(
	struct commit *c, const struct job *j, struct mono now, struct outbox *out)
{
	struct datagram d = datagram_of(j);
	struct wire_fault fault;
	struct map_register m;
	struct lisp_record rec;
	struct lisp_records it;
	struct sender s;

	if (!j->accepted || map_register_parse(j->bytes, j->len, &m, &fault) || !m.want_notify)
		return;
	it = m.records;
	if (lisp_records_next(&it, &rec) && sender_find(c->t, &m.auth, &rec.eid.eid, &s))
		sender_acknowledge(c->t, &d, &m, &s, now, out);
}

static void answer_move(struct commit *c, const struct job *j, struct mono now, struct outbox *out)
{
	struct datagram d = datagram_of(j);
	const struct mapping *is;
	struct wire_fault fault;
	struct sender s;
	struct move m;
	uint64_t seq;

	if (move_parse(j->bytes, j->len, &m, &fault) ||
		!sender_find(c->t, &m.auth, &m.record.eid.eid, &s))
		return;
	is = registry_present(c->server->registry, &m.record.eid.eid, now, &seq);
	sender_answer_move(
		c->t, &d, &m, j->accepted ? MOVE_GRANTED : MOVE_REFUSED, seq, is, &s, now, out);
}

static void finish_job(struct commit *c, struct job *j, struct mono now, struct outbox *out)
{
	make_room(c, out);
	if (j->kind != JOB_MESSAGE) {
		if (c->hooks.done)
			c->hooks.done(j);
		return;
	}
	if (lisp_type_of(j->bytes, j->len) == LISP_EXTENSION)
		answer_move(c, j, now, out);
	else
		answer_register(c, j, now, out);
	job_free(j);
}

/* ---- the order: commit, publish, acknowledge, tell ---- */

static const char *reason_of(const struct change *ch)
{
	if (ch->kind == CHANGE_EXPIRED)
		return "expiry";
	if (ch->new && ch->new->owner->is_static)
		return "api";
	if (!ch->new)
		return ch->old->owner->is_static ? "api" : "withdraw";
	return ch->new->flags &MAPPING_CLAIMED ? "claim" : "register";
}

static void publish(struct commit *c, struct mono now)
{
	for (unsigned int i = 0; i < c->change_count; i++) {
		struct change *ch = &c->changes[i];

		if (registry_publish(c->server->registry, ch, now) < 0) {
			server_count(c->t, COUNT_DROPPED + DROP_NO_MEMORY);
			continue;
		}
		notify_cancel(c->server->notify, &ch->eid);
		server_count(c->t, change_counters[ch->kind]);
	}
}

static void flush(struct commit *c, struct mono now, struct outbox *out)
{
	if (!c->job_count && !c->change_count)
		return;
	write_nonces_of_group(c);
	publish(c, now);
	for (unsigned int i = 0; i < c->job_count; i++)
		finish_job(c, c->jobs[i], now, out);
	for (unsigned int i = 0; i < c->change_count; i++) {
		struct change *ch = &c->changes[i];

		if (ch->kind == CHANGE_MOVED && ch->new)
			notify_previous(c, ch, now, out);
		if (ch->new || ch->old)
			tell(c, (enum commit_event_kind)ch->kind, reason_of(ch), &ch->eid, ch->seq,
				ch->new, ch->old);
	}
	c->job_count = 0;
	c->change_count = 0;
	memset(c->staged, 0, sizeof(c->staged));
}

/* Some EID of @j is touched by the group already, or there may be no room for all its changes. */
static bool needs_flush(const struct commit *c, const struct job *j)
{
	struct wire_fault fault;
	struct map_register m;
	struct lisp_record rec;
	struct move move;

	if (c->job_count == GROUP_JOBS || c->change_count + LISP_RECORDS_MAX > GROUP_CHANGES)
		return true;
	if (!c->change_count)
		return false;
	if (j->kind != JOB_MESSAGE)
		return is_staged(c, &j->eid);
	if (lisp_type_of(j->bytes, j->len) == LISP_EXTENSION)
		return !move_parse(j->bytes, j->len, &move, &fault) &&
		       is_staged(c, &move.record.eid.eid);
	if (map_register_parse(j->bytes, j->len, &m, &fault))
		return false;
	while (lisp_records_next(&m.records, &rec))
		if (is_staged(c, &rec.eid.eid))
			return true;
	return false;
}

void commit_run(struct commit *c, struct job *list, struct mono now, struct outbox *out)
{
	while (list) {
		struct job *j = list;

		list = j->next;
		j->next = NULL;
		j->changes = 0;
		j->accepted = false;
		if (needs_flush(c, j))
			flush(c, now, out);
		if (j->kind != JOB_MESSAGE)
			j->result = plan_static(c, j, now);
		else if (lisp_type_of(j->bytes, j->len) == LISP_EXTENSION)
			plan_move(c, j, now);
		else
			plan_register(c, j, now);
		c->jobs[c->job_count++] = j;
	}
	flush(c, now, out);
}

void commit_tick(struct commit *c, struct mono now, struct outbox *out)
{
	c->change_count = (unsigned int)registry_sweep(
		c->server->registry, now, SWEEP_AT_ONCE, c->changes, GROUP_CHANGES);
	flush(c, now, out);
	registry_sweep_tombstones(c->server->registry, now, SWEEP_AT_ONCE);
	if (mono_due(c->next_nonce_flush, now)) {
		write_all_nonces(c);
		c->next_nonce_flush = mono_add_ms(now, NONCE_FLUSH_MS);
	}
}
