/* See plan.h. */
#include "mapserver/plan.h"

#include <string.h>

#include "mapserver/claim.h"
#include "mapserver/loss.h"
#include "mapserver/quota.h"
#include "mapserver/sender.h"

static void refuse(struct plan *p, const char *reason, const struct eid *eid, uint64_t seq,
	const struct mapping *is)
{
	if (p->refused)
		p->refused(p->arg, reason, eid, seq, is);
}

/* Never 0. Those whose hashes are the same by chance are only kept apart for nothing. */
static uint64_t staged_hash(const struct eid *eid)
{
	uint64_t h = eid->iid * UINT64_C(0x9e3779b97f4a7c15) + eid->plen;

	for (unsigned int i = 0; i < eid->addr.len; i++)
		h = (h ^ eid->addr.bytes[i]) * UINT64_C(0x100000001b3);
	h ^= h >> 29;
	return h * UINT64_C(0x9e3779b97f4a7c15) | 1;
}

/* The slot that holds @hash, or that would take it. */
static unsigned int staged_slot(const struct plan *p, uint64_t hash)
{
	unsigned int slot = (unsigned int)(hash >> 40) & (STAGED_SLOTS - 1);

	while (p->staged[slot] && p->staged[slot] != hash)
		slot = (slot + 1) & (STAGED_SLOTS - 1);
	return slot;
}

bool plan_touches(const struct plan *p, const struct eid *eid)
{
	return p->staged_count && p->staged[staged_slot(p, staged_hash(eid))] != 0;
}

static void stage(struct plan *p, const struct eid *eid)
{
	uint64_t hash = staged_hash(eid);
	unsigned int slot = staged_slot(p, hash);

	if (p->staged[slot])
		return;
	p->staged[slot] = hash;
	p->staged_slots[p->staged_count++] = (uint16_t)slot;
}

bool plan_has_room(const struct plan *p)
{
	return p->count + merge_unsettled(p->t->server->merge) + LISP_RECORDS_MAX <= PLAN_CHANGES &&
	       p->staged_count + LISP_RECORDS_MAX <= STAGED_MAX;
}

void plan_clear(struct plan *p)
{
	while (p->staged_count)
		p->staged[p->staged_slots[--p->staged_count]] = 0;
	p->count = 0;
	p->group++;
}

static struct change *next_change(struct plan *p)
{
	return &p->changes[p->count];
}

/* The change made ready in next_change() belongs to @j; NULL: to nobody. */
static void take_change(struct plan *p, struct job *j)
{
	stage(p, &next_change(p)->eid);
	if (!next_change(p)->new)
		quota_note(p->t->server, p->group, &next_change(p)->eid, -1);
	next_change(p)->received = j ? j->received : (struct mono){0};
	p->count++;
	if (j)
		j->changes++;
}

/* None of what @j asked for is followed. */
static void give_up(struct plan *p, struct job *j)
{
	while (j->changes) {
		struct change *c = &p->changes[--p->count];

		j->changes--;
		if (!c->old || !c->new)
			quota_note(p->t->server, p->group, &c->eid, c->new ? -1 : 1);
		registry_abandon(p->t->server->registry, c);
	}
	merge_undo(p->t->server->merge);
	j->accepted = false;
}

/* An EID twice in one message: which of the two is meant cannot be told. */
static bool is_repeated(const struct plan *p, const struct job *j, const struct eid *eid)
{
	for (unsigned int i = 0; i < j->changes; i++)
		if (eid_equal(&p->changes[p->count - 1 - i].eid, eid))
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

/* Where the owner is of another site, which shares the prefix, either site's word protects it. */
static bool owner_first(
	const struct mapping *m, const struct registration *in, const struct sender *s)
{
	const struct site *owners = NULL;
	struct site_match match;

	if (s->site->move == SITE_MOVE_OWNER_FIRST)
		return true;
	if (strcmp(m->owner->who.site, s->site->name) != 0 &&
		site_table_match(s->sites, &in->eid, &match))
		owners = site_match_named(&match, m->owner->who.site);
	return owners && owners->move == SITE_MOVE_OWNER_FIRST;
}

/* Why a registration may not replace the mapping of another owner; DROP_REASONS: it may. */
static enum drop_reason objection(const struct server *s, const struct mapping *m,
	const struct registration *in, const struct sender *from, struct mono now)
{
	bool same_site = !m->owner->is_static && !strcmp(m->owner->who.site, in->owner->who.site);

	if (version_older(in->map_version, m->map_version))
		return DROP_OLD_MAP_VERSION;
	if (m->owner == in->owner || (same_site && same_locators(m, in->locators)))
		return DROP_REASONS;
	if (m->owner->is_static || owner_first(m, in, from))
		return DROP_OWNER_FIRST;
	/* "No locators" is what an xTR says of a host that has left it: no reason to cut the host
	 * off. */
	if (!in->locators->count)
		return DROP_NOT_OWNER;
	/* It lost the EID, and has not said that it knows: this is what it said before. */
	if (losses_stale(s->losses, &in->eid, in->owner, loss_said_now(in), now))
		return DROP_STALE;
	return moves_held(s->moves, &in->eid, now) ? DROP_FLAP_HOLD : DROP_REASONS;
}

/* The message is not followed, for what one of its records asks. */
static bool drop_record(struct plan *p, const struct job *j, enum drop_reason why,
	const struct eid *eid, struct mono now, const char *text)
{
	char name[EID_TEXT];

	server_drop(p->t, why, LISP_MAP_REGISTER, &j->peer, now, "%s %s",
		eid_format(eid, name, sizeof(name)), text);
	return false;
}

/* The tenant of @eid may have it made or changed. Else nothing of the message that changes anything
 * is followed: its refreshes are, so that nothing is lost that is there already. */
static bool within_quota(struct plan *p, struct job *j, const struct eid *eid,
	const struct mapping *is, struct mono now)
{
	enum lisp_type type = (enum lisp_type)lisp_type_of(j->bytes, j->len);
	enum drop_reason why;
	char name[EID_TEXT];

	if (j->over_quota)
		return false;
	why = quota_take(p->t->server, p->group, eid, true, now);
	if (why == DROP_REASONS)
		return true;
	j->over_quota = true;
	refuse(p, drop_reason_name(why), eid, is ? is->seq : 0, is);
	server_drop(p->t, why, type, &j->peer, now, "%s %s", eid_format(eid, name, sizeof(name)),
		quota_text(why));
	return false;
}

/* TTL 0. What is not there, or another's, stays as it is, and the message is followed. */
static bool plan_withdrawal(struct plan *p, struct job *j, const struct registration *in,
	struct mapping *is, struct mono now)
{
	if (!is) {
		server_count(p->t, COUNT_WITHDRAWN_ABSENT);
		return true;
	}
	if (!may_withdraw(is, in->owner, in->locators)) {
		drop_record(p, j, DROP_NOT_OWNER, &in->eid, now, "is another's to withdraw");
		return true;
	}
	if (registry_prepare_removal(p->t->server->registry, is, CHANGE_WITHDRAWN, next_change(p)) <
		0)
		return drop_record(p, j, DROP_NO_MEMORY, &in->eid, now, "stays: no memory");
	take_change(p, j);
	return true;
}

/* ---- merged registrations ---- */

/* The mapping becomes what its parts come to now. @j NULL: parts are due. False: it cannot. */
static bool plan_sum(
	struct plan *p, struct job *j, const struct eid *eid, struct mapping *is, struct mono now)
{
	struct registry *r = p->t->server->registry;
	struct registration in;
	struct locators sum;
	int parts = merge_sum(p->t->server->merge, eid, is ? is->owner : NULL, &sum, &in), err;

	if (parts < 0)
		return false;
	if (parts == 0 && !is)
		return true;
	if (parts && is && registry_same(is, &in) && registry_refresh(r, is, now, in.expiry_ns)) {
		server_count(p->t, COUNT_REFRESHED);
		return true;
	}
	if (parts)
		err = registry_prepare(r, &in, now, next_change(p));
	else
		err = registry_prepare_removal(
			r, is, j ? CHANGE_WITHDRAWN : CHANGE_EXPIRED, next_change(p));
	if (!err)
		take_change(p, j);
	return !err;
}

/* A record with the merge bit: its sender's part. */
static bool plan_part(struct plan *p, struct job *j, const struct registration *in,
	struct mapping *is, bool remove, struct mono now)
{
	struct merge *merge = p->t->server->merge;

	if (!is || !is->merged) /* what was merged here before has gone */
		merge_forget(merge, &in->eid);
	if (remove) {
		if (!is || !merge_withdraw(merge, &in->eid, in->owner)) {
			server_count(p->t, COUNT_WITHDRAWN_ABSENT);
			return true;
		}
	} else if (!merge_same(merge, in) && !within_quota(p, j, &in->eid, is, now)) {
		return true;
	} else if (merge_put(merge, in)) {
		return drop_record(p, j, DROP_NO_MEMORY, &in->eid, now,
			"is not merged: too many contributions, or no memory");
	}
	if (plan_sum(p, j, &in->eid, is, now))
		return true;
	return drop_record(p, j, DROP_LOCATORS, &in->eid, now,
		"has more locators than are kept, all xTRs' together");
}

void plan_parts_due(struct plan *p, struct mono now)
{
	struct server *s = p->t->server;
	struct mapping *is;
	struct eid eid;
	uint64_t seq;

	while (p->count + merge_unsettled(s->merge) < PLAN_CHANGES &&
		merge_due(s->merge, now, &eid)) {
		is = registry_present(s->registry, &eid, now, &seq);
		if (is && is->merged)
			plan_sum(p, NULL, &eid, is, now);
	}
}

/* The site and its key once more: a reload may have come in between. */
static bool find_sender(struct plan *p, const struct job *j, enum lisp_type type,
	const struct auth_field *auth, const struct eid *eid, struct mono now, struct sender *s)
{
	char name[EID_TEXT];

	if (sender_find(p->t, auth, eid, j->xtr, s))
		return true;
	server_drop(p->t, DROP_UNKNOWN_KEY, type, &j->peer, now,
		"the site of %s, or its key %u, has gone since it came",
		eid_format(eid, name, sizeof(name)), auth->key_id);
	return false;
}

/* One record of a Map-Register. False: the message is not followed. */
static bool plan_record(struct plan *p, struct job *j, const struct map_register *m,
	struct lisp_record *rec, const struct sender *s, struct mono now)
{
	struct registry *r = p->t->server->registry;
	struct datagram d = job_datagram(j);
	enum drop_reason why;
	struct locators locators;
	struct registration in;
	struct mapping *is;
	uint64_t seq;

	if (!sender_registration(p->t, &d, m, rec, s, now, &locators, &in))
		return false;
	if (is_repeated(p, j, &in.eid))
		return drop_record(p, j, DROP_MALFORMED, &in.eid, now, "stands in it twice");
	is = registry_present(r, &in.eid, now, &seq);
	if (rec->ttl_min == LISP_TTL_REMOVE && m->merge)
		return plan_part(p, j, &in, is, true, now);
	if (rec->ttl_min == LISP_TTL_REMOVE)
		return plan_withdrawal(p, j, &in, is, now);
	if (m->merge && is && is->merged)
		return plan_part(p, j, &in, is, false, now);
	why = is ? objection(p->t->server, is, &in, s, now) : DROP_REASONS;
	if (why != DROP_REASONS) {
		refuse(p, drop_reason_name(why), &in.eid, seq, is);
		j->stale = why == DROP_STALE;
		j->eid = in.eid;
		return drop_record(p, j, why, &in.eid, now, "is kept as it is");
	}
	if (m->merge)
		return plan_part(p, j, &in, is, false, now);
	if (is && (registry_same(is, &in) || registry_echoed(is, &in)) &&
		registry_refresh(r, is, now, in.expiry_ns)) {
		server_count(p->t, COUNT_REFRESHED);
		return true;
	}
	if (is)
		registry_join(is, &in);
	if (!within_quota(p, j, &in.eid, is, now))
		return true;
	if (registry_prepare(r, &in, now, next_change(p)) < 0)
		return drop_record(p, j, DROP_NO_MEMORY, &in.eid, now,
			"is not kept: no memory, or too many instances");
	take_change(p, j);
	return true;
}

void plan_register(struct plan *p, struct job *j, struct mono now)
{
	struct wire_fault fault;
	struct map_register m;
	struct lisp_record rec;
	struct lisp_records it;
	struct sender s;

	if (map_register_parse(j->bytes, j->len, &m, &fault))
		return;
	it = m.records;
	if (!lisp_records_next(&it, &rec) ||
		!find_sender(p, j, LISP_MAP_REGISTER, &m.auth, &rec.eid.eid, now, &s))
		return;
	j->accepted = true;
	it = m.records;
	while (lisp_records_next(&it, &rec))
		if (!plan_record(p, j, &m, &rec, &s, now)) {
			give_up(p, j);
			return;
		}
	if (j->over_quota)
		give_up(p, j);
	else
		merge_keep(p->t->server->merge);
}

/* A claim on an EID that flaps waits: refused, it would come again at once, with the number that it
 * was told. Unanswered it comes again by itself, less and less often. */
static bool hold_claim(struct plan *p, struct job *j, const struct registration *in,
	const struct mapping *is, struct mono now)
{
	char name[EID_TEXT];

	if (is->owner == in->owner || !moves_held(p->t->server->moves, &in->eid, now))
		return false;
	j->accepted = false;
	j->unanswered = true;
	refuse(p, drop_reason_name(DROP_FLAP_HOLD), &in->eid, is->seq, is);
	server_drop(p->t, DROP_FLAP_HOLD, LISP_EXTENSION, &j->peer, now,
		"%s moves too often, and stays where it is for now",
		eid_format(&in->eid, name, sizeof(name)));
	return true;
}

void plan_move(struct plan *p, struct job *j, struct mono now)
{
	struct registry *r = p->t->server->registry;
	struct datagram d = job_datagram(j);
	struct claim_present present;
	struct wire_fault fault;
	struct locators locators;
	struct registration in;
	struct sender s;
	struct mapping *is;
	struct move m;
	int err = 0;

	if (move_parse(j->bytes, j->len, &m, &fault) ||
		!find_sender(p, j, LISP_EXTENSION, &m.auth, &m.record.eid.eid, now, &s))
		return;
	if (!sender_claim(p->t, &d, &m, &s, now, &locators, &in))
		return;
	is = registry_present(r, &in.eid, now, &present.seq);
	present.mapping = is;
	present.may_restore = registry_may_restore(r, m.seq);
	/* Its answer tells what stands now, so nothing may change it within the group, also when
	 * this job changes nothing. */
	stage(p, &in.eid);
	j->accepted = true;
	switch (claim_judge(m.kind, s.xtr, m.seq, is && same_locators(is, &locators), &present)) {
	case CLAIM_REFUSED:
		j->accepted = false;
		refuse(p, "sequence", &in.eid, present.seq, is);
		return;
	case CLAIM_STANDS:
		if (is)
			registry_refresh(r, is, now, in.expiry_ns);
		return;
	case CLAIM_RESTORE:
		in.restore_seq = m.seq;
		/* fall through */
	case CLAIM_GRANT:
		if (is && hold_claim(p, j, &in, is, now))
			return;
		if (!within_quota(p, j, &in.eid, is, now)) {
			j->accepted = false;
			j->unanswered = true; /* it asks again, less and less often */
			return;
		}
		in.known_seq = m.seq;
		err = registry_prepare(r, &in, now, next_change(p));
		break;
	case CLAIM_WITHDRAW:
		err = registry_prepare_removal(r, is, CHANGE_WITHDRAWN, next_change(p));
		break;
	}
	if (err)
		j->accepted = false;
	else
		take_change(p, j);
}

/* The parts that one site has in a sum. */
static enum job_result plan_parts_away(
	struct plan *p, struct job *j, struct mapping *is, struct mono now)
{
	struct merge *merge = p->t->server->merge;
	unsigned int count = p->count;

	if (!merge_withdraw_site(merge, &j->eid, j->site))
		return JOB_NOT_FOUND;
	if (!plan_sum(p, j, &j->eid, is, now)) {
		merge_undo(merge);
		return JOB_NO_MEMORY;
	}
	merge_keep(merge);
	if (p->count > count)
		j->seq = p->changes[count].seq;
	return JOB_DELETED;
}

static bool wants_seq(const struct job *j, uint64_t seq)
{
	for (unsigned int i = 0; i < j->if_seq_count; i++)
		if (j->if_seqs[i] == seq)
			return true;
	return false;
}

enum job_result plan_static(struct plan *p, struct job *j, struct mono now)
{
	struct registry *r = p->t->server->registry;
	struct registration in = {.eid = j->eid,
		.ttl_min = j->ttl_min,
		.expiry_ns = MAPPING_FOREVER,
		.flags = MAPPING_PROXY,
		.owner = xtr_static(p->t->server->xtrs),
		.locators = &j->locators};
	struct mapping *is = registry_present(r, &j->eid, now, &j->seq);
	int err;

	if (j->only_seq && (!is || !wants_seq(j, is->seq)))
		return is ? JOB_SEQ_DIFFERS : JOB_NOT_FOUND;
	if (!is && (j->kind == JOB_DELETE || j->only_there))
		return JOB_NOT_FOUND;
	if (j->kind == JOB_PUT && is && j->only_new)
		return JOB_EXISTS;
	if (*j->site && is->merged)
		return plan_parts_away(p, j, is, now);
	if (*j->site && strcmp(j->site, xtr_site(is->owner)) != 0)
		return JOB_NOT_FOUND;
	if (j->configured)
		in.flags |= MAPPING_CONFIGURED;
	if (!j->locators.count)
		in.flags |= (uint8_t)((unsigned int)j->act << MAPPING_ACT_SHIFT);
	if (j->kind == JOB_PUT && is && is->owner == in.owner && registry_same(is, &in))
		return JOB_REPLACED;
	if (j->kind == JOB_PUT && !j->configured &&
		quota_take(p->t->server, p->group, &j->eid, false, now) != DROP_REASONS)
		return JOB_OVER_QUOTA;
	if (j->kind == JOB_DELETE)
		err = registry_prepare_removal(r, is, CHANGE_WITHDRAWN, next_change(p));
	else
		err = registry_prepare(r, &in, now, next_change(p));
	if (err)
		return JOB_NO_MEMORY;
	j->seq = next_change(p)->seq;
	take_change(p, j);
	return j->kind == JOB_DELETE ? JOB_DELETED : is ? JOB_REPLACED : JOB_CREATED;
}
