/* See handover.h. */
#include "mapserver/handover.h"

#include <string.h>

#include <openssl/crypto.h>

#include "lib/base/rcu.h"
#include "lisp/handover.h"
#include "mapserver/quota.h"
#include "mapserver/sender.h"

/* What the two sides of a move agree upon with the Map-Server alone. */
#define KEY_LABEL   "Sunward-Handover Key"
#define CONTEXT_MAX (11 + ADDRESS_MAX + 16 + 2 * (SITE_NAME_MAX + 1 + 16))

/* ---- the worker's half ---- */

/* Its own count beside that of registrations and move messages. */
static bool is_new(struct server_thread *t, const struct datagram *d, const struct handover *h,
	struct mono now, const struct sender *s)
{
	enum replay_verdict verdict;
	struct replay_entry *entry;
	struct lisp_xtr_id id;

	if (s->site->replay_off)
		return true;
	memcpy(id.bytes, h->sender.bytes, sizeof(id.bytes));
	verdict = replay_check(t->server->prepares, HANDOVER_SITE_ID, &id, s->key->fingerprint,
		h->counter, REPLAY_ANY_ORDER, &entry);
	if (verdict == REPLAY_OLD)
		server_drop(t, DROP_REPLAY, LISP_EXTENSION, &d->peer, now,
			"counter 0x%016llx at byte 4 is not a new one: a replay, or an xTR that "
			"forgot its counter and needs a new key",
			(unsigned long long)h->counter);
	if (verdict == REPLAY_FULL)
		server_drop(t, DROP_XTR_LIMIT, LISP_EXTENSION, &d->peer, now,
			"no room for another xTR of site %s", s->site->name);
	return verdict == REPLAY_NEW || verdict == REPLAY_LATE;
}

static bool has_id(struct server_thread *t, const struct datagram *d, const struct handover *h,
	struct mono now)
{
	static const struct handover_id none;

	if (memcmp(&h->sender, &none, sizeof(none)) != 0)
		return true;
	server_drop(t, DROP_NO_XTR_ID, LISP_EXTENSION, &d->peer, now,
		"sender at byte %zu is zero: who prepares a move gives its xTR-ID",
		h->auth.offset + h->auth.len);
	return false;
}

static bool fits(struct server_thread *t, const struct datagram *d, struct handover *h,
	struct mono now, struct locators *locators)
{
	if (locators_from_record(&h->record, locators) == LOCATORS_OK)
		return true;
	server_drop(t, DROP_LOCATORS, LISP_EXTENSION, &d->peer, now,
		"%u locators of %zu bytes: at most %d of %d, none of them a group, broadcast or "
		"unspecified address",
		h->record.locator_count, h->record.locators_raw_len, MAPPING_LOCATORS_MAX,
		MAPPING_LOCATOR_BYTES);
	return false;
}

static void submit(struct server_thread *t, const struct datagram *d, struct mono now)
{
	struct job *job = job_new_prepare(d);

	if (!job) {
		server_drop(t, DROP_NO_MEMORY, LISP_EXTENSION, &d->peer, now,
			"no memory for a move's preparation");
		return;
	}
	if (t->submit(t->submit_arg, job))
		return;
	server_drop(t, DROP_QUEUE_FULL, LISP_EXTENSION, &d->peer, now,
		"too many changes wait for their commit");
	job_free(job);
}

void handover_receive(struct server_thread *t, const struct datagram *d, struct mono now)
{
	struct locators locators;
	struct wire_fault fault;
	struct handover h;
	struct sender s;
	int err = handover_parse(d->bytes, d->len, &h, &fault);

	if (server_refuses(t, err, LISP_EXTENSION, &d->peer, now, &fault))
		return;
	if (h.kind != HANDOVER_PREPARE) {
		server_drop(t, DROP_MOVE_KIND, LISP_EXTENSION, &d->peer, now,
			"kind %d of handover at byte 3 is for xTRs and agents", h.kind);
		return;
	}
	if (sender_authenticate(
		    t, d, AUTH_HANDOVER, h.counter, &h.auth, &h.record.eid.eid, now, &s) &&
		sender_allows(t, d, LISP_EXTENSION, &h.record.eid.eid, now, &s) &&
		has_id(t, d, &h, now) && fits(t, d, &h, now, &locators) &&
		is_new(t, d, &h, now, &s))
		submit(t, d, now);
}

/* ---- the committer's half ---- */

/* The owner's side of a move. */
struct owner {
	enum prepare_owner is;
	const struct mapping *mapping; /* NULL: none */
	uint64_t seq;
	struct site *site;
	struct site_key *key;
	struct auth_key *ready;
	struct xtr_path path;
};

static bool same_xtr(const struct xtr *x, const struct handover *h, const struct sender *s)
{
	return !strcmp(x->who.site, s->site->name) &&
	       !memcmp(x->who.id.bytes, h->sender.bytes, sizeof(h->sender.bytes));
}

/* Static mappings, and xTRs that register in the standard's way: nobody is there who would
 * understand. */
static bool speaks(const struct mapping *m)
{
	static const struct lisp_xtr_id none;

	return m->flags & MAPPING_CLAIMED && !m->owner->is_static &&
	       memcmp(&m->owner->who.id, &none, sizeof(none)) != 0;
}

/* Where it was last heard from, and with which key; false: not since the start. */
static bool can_be_told(struct server_thread *t, const struct sender *s, struct owner *o)
{
	o->site = site_table_named(s->sites, o->mapping->owner->who.site);
	if (!o->site || !xtr_path_get(o->mapping->owner, &o->path))
		return false;
	o->key = site_key_for(o->site, &o->path);
	o->ready = o->key ? site_ready_key(o->key, t->slot) : NULL;
	return o->ready != NULL;
}

static void find_owner(struct server_thread *t, const struct handover *h, const struct sender *s,
	struct mono now, struct owner *o)
{
	const struct registry *r = t->server->registry;

	*o = (struct owner){.is = PREPARE_NOBODY};
	o->mapping = registry_present(r, &h->record.eid.eid, now, &o->seq);
	if (!o->seq) /* as a claim's refusal says: it may have been forgotten */
		o->seq = registry_floor(r);
	if (!o->mapping)
		return;
	if (same_xtr(o->mapping->owner, h, s))
		o->is = PREPARE_ITSELF;
	else if (!speaks(o->mapping))
		o->is = PREPARE_FOREIGN;
	else
		o->is = can_be_told(t, s, o) ? PREPARE_TOLD : PREPARE_UNHEARD;
}

static void put_party(struct wire_writer *w, const char *site, const uint8_t id[16])
{
	struct xtr_identity who;
	struct lisp_xtr_id xtr_id;

	memcpy(xtr_id.bytes, id, sizeof(xtr_id.bytes));
	xtr_identity_set(&who, site, 0, &xtr_id);
	wire_put_bytes(w, who.site, sizeof(who.site));
	wire_put_bytes(w, id, sizeof(xtr_id.bytes));
}

/* The move's key, the same however often it is asked for in one run. Who is permitted the EID too,
 * and takes another's xTR-ID, nonce and number, gets another key: it is of the sites also. */
static bool make_key(struct server_thread *t, const struct handover *h, const struct sender *s,
	const struct owner *o, struct otk *key)
{
	const struct eid *eid = &h->record.eid.eid;
	uint8_t context[CONTEXT_MAX];
	struct wire_writer w;

	wire_writer_init(&w, context, sizeof(context));
	wire_put_u32(&w, eid->iid);
	wire_put_u16(&w, eid->addr.afi);
	wire_put_u8(&w, eid->plen);
	wire_put_bytes(&w, eid->addr.bytes, eid->addr.len);
	wire_put_u64(&w, o->seq);
	wire_put_u64(&w, h->key_nonce);
	put_party(&w, s->site->name, h->sender.bytes);
	put_party(&w, o->site->name, o->mapping->owner->who.id.bytes);
	return wire_written(&w) &&
	       otk_make(t->otk, t->server->opt.registry.secret,
		       sizeof(t->server->opt.registry.secret), KEY_LABEL, context, w.pos, key);
}

static bool wrap(struct server_thread *t, const struct site_key *key, uint64_t nonce,
	const struct otk *otk, struct otk_wrapped *out)
{
	struct otk_keys one = {0};
	bool ok = !otk_keys_add(&one, key->id, key->psk, key->len) &&
		  otk_wrap(t->otk, &one.list[0], nonce, otk, out);

	otk_keys_wipe(&one);
	return ok;
}

/* Above all that were given before: the run's sequence numbers begin above those of the runs
 * before, and there are many more of them than messages. */
static uint64_t next_counter(struct server *s)
{
	uint64_t floor = registry_floor(s->registry);

	if (s->handover_counter < floor)
		s->handover_counter = floor;
	return ++s->handover_counter;
}

/* Write the start of an answer to @h, of which @kind, seq, counter, peer and key are the caller's.
 */
static struct handover answer_to(const struct handover *h, enum handover_kind kind, uint64_t seq)
{
	return (struct handover){.kind = kind,
		.counter = h->counter,
		.move = h->move,
		.seq = seq,
		.reason = h->reason,
		.deadline_ms = h->deadline_ms,
		.key_nonce = h->key_nonce};
}

/* To the owner's xTR: who would have the EID next, and where. False: it does not go out. */
static bool send_next(struct server_thread *t, const struct handover *h, const struct sender *s,
	const struct owner *o, const struct otk *key, struct outbox *out)
{
	struct handover next = answer_to(h, HANDOVER_NEXT, o->seq);
	struct lisp_record rec = h->record;
	struct locators locators;
	struct wire_writer w;
	uint8_t *room;
	int len;

	if (locators_from_record(&rec, &locators) != LOCATORS_OK ||
		!wrap(t, o->key, h->key_nonce, key, &next.key))
		return false;
	room = outbox_begin(out, NOTIFY_BYTES_MAX);
	if (!room)
		return false;
	next.counter = next_counter(t->server);
	next.urgent = h->urgent;
	next.agent = h->agent;
	next.peer = h->sender;
	next.agent_id = h->agent_id; /* what it proves is X1's to judge */
	memcpy(next.proof, h->proof, sizeof(next.proof));
	wire_writer_init(&w, room, NOTIFY_BYTES_MAX);
	handover_begin(&w, &next, o->key->id, o->key->alg, &o->site->auth);
	lisp_record_write(&w, &h->record.eid.eid, h->record.ttl_min, locators.count, LISP_ACT_NONE,
		false, h->record.map_version);
	wire_put_bytes(&w, locators.wire, locators.len);
	len = handover_finish(&w, &next, o->ready, &o->site->auth);
	if (len < 0)
		return false;
	outbox_commit(out, (uint32_t)len, &o->path.peer, &o->path.local);
	server_count(t, COUNT_NEXTS);
	return true;
}

/* To the one who asked. Length or a negative lisp_error. */
static int write_owner(uint8_t *buf, size_t cap, struct handover *answer, const struct eid *eid,
	const struct owner *o, const struct sender *s)
{
	const struct mapping *m = o->mapping;
	struct wire_writer w;

	if (m && o->is != PREPARE_FOREIGN)
		memcpy(answer->peer.bytes, m->owner->who.id.bytes, sizeof(answer->peer.bytes));
	wire_writer_init(&w, buf, cap);
	handover_begin(&w, answer, s->key->id, s->key->alg, &s->site->auth);
	lisp_record_write(&w, eid, m ? m->ttl_min : 0, m ? m->locators->count : 0,
		m ? mapping_act(m) : LISP_ACT_NONE, false, m ? m->map_version : 0);
	if (m)
		wire_put_bytes(&w, m->locators->wire, m->locators->wire_len);
	return handover_finish(&w, answer, s->ready, &s->site->auth);
}

static void note_why(struct server *s, const struct handover *h, struct mono now)
{
	const struct moves_why why = {
		.move = h->move, .deadline_ms = h->deadline_ms, .reason = h->reason};

	moves_prepared(s->moves, &h->record.eid.eid, &why, now);
}

static void answer(struct server_thread *t, const struct datagram *d, const struct handover *h,
	const struct sender *s, struct mono now, struct outbox *out)
{
	struct handover owner_is;
	struct owner o;
	struct otk key;
	uint8_t *room;
	int len = -1;

	find_owner(t, h, s, now, &o);
	owner_is = answer_to(h, HANDOVER_OWNER, o.seq);
	if (o.is == PREPARE_TOLD && !(make_key(t, h, s, &o, &key) &&
					    wrap(t, s->key, h->key_nonce, &key, &owner_is.key) &&
					    send_next(t, h, s, &o, &key, out))) {
		o.is = PREPARE_UNHEARD; /* it asks again */
		memset(&owner_is.key, 0, sizeof(owner_is.key));
	}
	OPENSSL_cleanse(&key, sizeof(key));
	if (o.is == PREPARE_TOLD)
		note_why(t->server, h, now);
	room = outbox_begin(out, NOTIFY_BYTES_MAX);
	if (room)
		len = write_owner(room, NOTIFY_BYTES_MAX, &owner_is, &h->record.eid.eid, &o, s);
	if (len < 0) {
		server_drop(t, DROP_OUTBOX_FULL, LISP_EXTENSION, &d->peer, now, "not answered");
		return;
	}
	outbox_commit(out, (uint32_t)len, &d->peer, &d->local);
	server_count(t, COUNT_PREPARES + o.is);
}

void handover_answer(
	struct server_thread *t, const struct job *j, struct mono now, struct outbox *out)
{
	struct datagram d = job_datagram(j);
	struct wire_fault fault;
	char name[EID_TEXT];
	struct handover h;
	enum drop_reason why;
	struct sender s;

	if (handover_parse(j->bytes, j->len, &h, &fault))
		return;
	/* Once more: the site's keys may be others by now. */
	if (!sender_authenticate(
		    t, &d, AUTH_HANDOVER, h.counter, &h.auth, &h.record.eid.eid, now, &s))
		return;
	why = quota_pace(t->server, &h.record.eid.eid, h.urgent, now);
	if (why == DROP_REASONS)
		answer(t, &d, &h, &s, now, out);
	else
		server_drop(t, why, LISP_EXTENSION, &d.peer, now, "%s: its tenant %s",
			eid_format(&h.record.eid.eid, name, sizeof(name)),
			"changes and prepares more than it may");
}
