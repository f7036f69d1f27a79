/* See commit.h. */
#include "mapserver/commit.h"

#include <stdlib.h>
#include <string.h>

#include "mapserver/announce.h"
#include "mapserver/handover.h"
#include "mapserver/keeping.h"
#include "mapserver/loss.h"
#include "mapserver/nonces.h"
#include "mapserver/plan.h"
#include "mapserver/publish.h"
#include "mapserver/seq_floor.h"
#include "mapserver/sender.h"

#define GROUP_JOBS      1024
#define SWEEP_TICKS     100  /* in which all mappings are looked at once: 10 s */
#define SWEEP_LEAST     2000 /* mappings in a tick */
#define NONCE_FLUSH_MS  1000
#define PRUNE_MS        15000
#define TOMBSTONES_TICK 4000 /* looked at: a transaction holds what is forgotten */

struct commit {
	struct server_thread *t;
	struct server *server;
	struct durable durable;
	struct commit_hooks hooks;
	struct job *jobs[GROUP_JOBS];
	unsigned int job_count;
	struct plan plan;
	struct mono next_nonce_flush, next_prune;
	bool keeps; /* more of subscriptions waits to be kept: the next run does it */
	struct log_limit flap_limit;
};

static void tell(struct commit *c, enum commit_event_kind kind, const char *reason,
	const struct eid *eid, uint64_t seq, const struct mapping *now,
	const struct mapping *previous)
{
	struct commit_event e = {.kind = kind,
		.reason = reason,
		.eid = eid,
		.seq = seq,
		.now = now,
		.previous = previous};

	if (c->hooks.event)
		c->hooks.event(c->hooks.arg, &e);
}

static void on_refused(void *arg, const char *reason, const struct eid *eid, uint64_t seq,
	const struct mapping *now)
{
	tell(arg, EVENT_REFUSED, reason, eid, seq, now, NULL);
}

struct commit *commit_new(struct server_thread *t, const struct commit_hooks *hooks)
{
	struct commit *c = calloc(1, sizeof(*c));

	if (!c || durable_init(&c->durable, t)) {
		free(c);
		return NULL;
	}
	c->t = t;
	c->server = t->server;
	c->plan.t = t;
	c->plan.group = 1;
	c->plan.refused = on_refused;
	c->plan.arg = c;
	if (hooks)
		c->hooks = *hooks;
	return c;
}

void commit_free(struct commit *c)
{
	if (!c)
		return;
	durable_second(&c->durable);
	commit_drop(c);
}

void commit_drop(struct commit *c)
{
	durable_fini(&c->durable);
	free(c);
}

bool commit_partial(const struct commit *c)
{
	return durable_partial(&c->durable);
}

uint64_t commit_whole_wall_s(const struct commit *c)
{
	return durable_whole_wall_s(&c->durable);
}

uint64_t commit_unreadable(const struct commit *c)
{
	return durable_unreadable(&c->durable);
}

bool commit_durable(const struct commit *c)
{
	return durable_healthy(&c->durable);
}

static const unsigned int change_counters[] = {
	[CHANGE_REGISTERED] = COUNT_REGISTERED,
	[CHANGE_CHANGED] = COUNT_CHANGED,
	[CHANGE_MOVED] = COUNT_MOVED,
	[CHANGE_WITHDRAWN] = COUNT_WITHDRAWN,
	[CHANGE_EXPIRED] = COUNT_EXPIRED,
};

/* ---- too many moves ---- */

static void alarm_flapping(struct commit *c, const struct change *ch, struct mono now)
{
	char text[EID_TEXT];

	server_count(c->t, COUNT_FLAPS);
	log_limited(c->t->log, &c->flap_limit, now, LOG_LEVEL_WARNING,
		"%s moves too often; its last move was from site %s to site %s: is it at two "
		"places? (sunward eid history)",
		eid_format(&ch->eid, text, sizeof(text)), xtr_site(ch->left),
		xtr_site(ch->new->owner));
	tell(c, EVENT_FLAPPING, "flap", &ch->eid, ch->seq, ch->new, ch->old);
}

static void note_move(
	struct commit *c, const struct change *ch, const struct moves_steps *steps, struct mono now)
{
	if (moves_note(c->server->moves, ch, steps, now) == MOVES_FLAPPING)
		alarm_flapping(c, ch, now);
}

static void tell_settled(struct commit *c, struct mono now)
{
	const struct mapping *is;
	struct eid eid;
	uint64_t seq;

	while (moves_settled(c->server->moves, now, &eid)) {
		is = registry_present(c->server->registry, &eid, now, &seq);
		tell(c, EVENT_SETTLED, "flap", &eid, seq, is, NULL);
	}
}

static void make_room(struct commit *c, struct outbox *out)
{
	if (c->hooks.send && (out->count > out->cap / 2 || out->bytes_used > out->bytes_cap / 2))
		c->hooks.send(c->hooks.arg, out);
}

/* ---- answers ---- */

static void answer_register(
	struct commit *c, const struct job *j, struct mono now, struct outbox *out)
{
	struct datagram d = job_datagram(j);
	struct wire_fault fault;
	struct map_register m;
	struct lisp_record rec;
	struct lisp_records it;
	struct sender s;

	if (!j->accepted || map_register_parse(j->bytes, j->len, &m, &fault) || !m.want_notify)
		return;
	it = m.records;
	if (lisp_records_next(&it, &rec) && sender_find(c->t, &m.auth, &rec.eid.eid, j->xtr, &s))
		sender_acknowledge(c->t, &d, &m, &s, now, out);
}

static void answer_move(struct commit *c, const struct job *j, struct mono now, struct outbox *out)
{
	struct datagram d = job_datagram(j);
	const struct mapping *is;
	struct wire_fault fault;
	struct sender s;
	struct move m;
	uint64_t seq;

	if (move_parse(j->bytes, j->len, &m, &fault) ||
		!sender_find(c->t, &m.auth, &m.record.eid.eid, j->xtr, &s))
		return;
	is = registry_present(c->server->registry, &m.record.eid.eid, now, &seq);
	if (!seq) /* forgotten: a smaller number than it knows no xTR believes (rule 4) */
		seq = registry_floor(c->server->registry);
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
	if (j->stale)
		announce_again(c->t, &j->eid, j->xtr, now, out);
	if (j->unanswered)
		;
	else if (lisp_type_of(j->bytes, j->len) == LISP_EXTENSION)
		answer_move(c, j, now, out);
	else
		answer_register(c, j, now, out);
	xtr_waiting_add(j->xtr, -1);
	job_free(j);
}

/* Who loses the EID and asked to be told of that, and who has it (again). */
static void note_loss(struct commit *c, const struct change *ch, struct mono now)
{
	struct loss loss;

	if (!ch->new)
		return;
	losses_forget(c->server->losses, &ch->eid, ch->new->owner);
	if (ch->kind != CHANGE_MOVED || !(ch->old->flags & MAPPING_NOTIFY))
		return;
	loss = (struct loss){.xtr = ch->old->owner, .said = loss_said_before(ch->old)};
	losses_note(c->server->losses, &ch->eid, &loss, now, now);
}

/* The changes, and each one's nonce, are in the store before anybody sees them. */
static void write_group(struct commit *c, struct mono now)
{
	durable_begin(&c->durable);
	for (unsigned int i = 0; i < c->plan.count; i++) {
		const struct change *ch = &c->plan.changes[i];

		if (!ch->new || !ch->new->merged)
			merge_forget(c->server->merge, &ch->eid);
		note_loss(c, ch, now);
		durable_add(&c->durable, &ch->eid, ch->seq, ch->new, now);
	}
	durable_add_parts(&c->durable, now);
	for (unsigned int i = 0; i < c->job_count; i++)
		if (c->jobs[i]->kind == JOB_MESSAGE && c->jobs[i]->replay)
			durable_add_nonce(&c->durable, c->jobs[i]->replay);
	durable_end(&c->durable);
	merge_settled(c->server->merge);
}

static void announce(struct commit *c, const struct change *ch, struct mono now, struct outbox *out)
{
	make_room(c, out);
	announce_previous(c->t, ch, now, out);
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
	for (unsigned int i = 0; i < c->plan.count; i++) {
		struct change *ch = &c->plan.changes[i];

		if (registry_publish(c->server->registry, ch, now) < 0) {
			server_count(c->t, COUNT_DROPPED + DROP_NO_MEMORY);
			continue;
		}
		notify_cancel(c->server->notify, &ch->eid);
		server_count(c->t, change_counters[ch->kind]);
	}
}

static struct mono present(const struct commit *c, struct mono now)
{
	return c->hooks.clock ? c->hooks.clock(c->hooks.arg) : now;
}

static void tell_change(struct commit *c, const struct change *ch, struct mono now)
{
	struct moves_why why;
	struct commit_event e = {.kind = (enum commit_event_kind)ch->kind,
		.reason = reason_of(ch),
		.eid = &ch->eid,
		.seq = ch->seq,
		.now = ch->new,
		.previous = ch->old};

	if (ch->kind == CHANGE_MOVED && moves_why(c->server->moves, &ch->eid, now, &why))
		e.why = &why;
	if (c->hooks.event)
		c->hooks.event(c->hooks.arg, &e);
}

static void flush(struct commit *c, struct mono now, struct outbox *out)
{
	struct moves_steps steps;

	if (!c->job_count && !c->plan.count && !merge_unsettled(c->server->merge))
		return;
	write_group(c, now);
	steps.committed = present(c, now);
	publish(c, now);
	/* The publisher begins while refreshes and others of the group are acknowledged here. */
	for (unsigned int i = 0; i < c->plan.count; i++)
		publish_news(c->server->publish, &c->plan.changes[i].eid);
	steps.published = present(c, now);
	for (unsigned int i = 0; i < c->job_count; i++)
		finish_job(c, c->jobs[i], now, out);
	for (unsigned int i = 0; i < c->plan.count; i++) {
		struct change *ch = &c->plan.changes[i];

		if (ch->kind == CHANGE_MOVED && ch->new)
			announce(c, ch, now, out);
		if (eid_is_sg(&ch->eid) && (ch->new || ch->old))
			announce_receivers(c->t, ch, now, out);
		if (!ch->new && !ch->old)
			continue;
		tell_change(c, ch, now);
		steps.received = ch->received;
		note_move(c, ch, &steps, now);
	}
	c->job_count = 0;
	plan_clear(&c->plan);
}

static bool is_untouched(void *arg, const struct eid *eid)
{
	return !plan_touches(arg, eid);
}

/* Some EID of @j is touched by the group already, or there may be no room for all its changes. */
static bool needs_flush(struct commit *c, const struct job *j)
{
	if (c->job_count == GROUP_JOBS || !plan_has_room(&c->plan))
		return true;
	return c->job_count && !job_each_eid(j, is_untouched, &c->plan);
}

/* ---- subscriptions ---- */

static void room_for_accept(void *arg, struct outbox *out)
{
	make_room(arg, out);
}

static void on_subscription(
	void *arg, enum subscription_event event, const struct eid *topic, const struct xtr *who)
{
	static const char *const reasons[] = {
		[SUBSCRIPTION_SUBSCRIBED] = "request",
		[SUBSCRIPTION_UNSUBSCRIBED] = "request",
		[SUBSCRIPTION_DROPPED] = "unacknowledged",
		[SUBSCRIPTION_EXPIRED] = "expiry",
	};
	struct commit *c = arg;
	struct commit_event e = {.kind = EVENT_SUBSCRIBED +
					 (enum commit_event_kind)(event - SUBSCRIPTION_SUBSCRIBED),
		.reason = reasons[event],
		.eid = topic,
		.subscriber = who};

	if (c->hooks.event)
		c->hooks.event(c->hooks.arg, &e);
}

static bool keep(struct commit *c, struct mono now, struct outbox *out)
{
	const struct keeping_hooks hooks = {room_for_accept, on_subscription, c};

	return keeping_run(&c->durable, c->t, &hooks, now, out);
}

/* ---- while the store is taken in ---- */

struct fetch {
	struct commit *c;
	struct mono now;
};

static bool fetch_eid(void *arg, const struct eid *eid)
{
	struct fetch *f = arg;

	recovery_eid(&f->c->durable.recovery, eid, f->now);
	return true;
}

/* What the store has of the job's EIDs goes before the job. */
static void fetch(struct commit *c, const struct job *j, struct mono now)
{
	struct fetch f = {c, now};

	if (c->durable.recovery.view && j->kind != JOB_KEEP)
		job_each_eid(j, fetch_eid, &f);
}

static void answer_request(struct commit *c, struct job *j, struct mono now, struct outbox *out)
{
	struct datagram d = job_datagram(j);

	make_room(c, out);
	request_receive_fetched(c->t, &d, now, out);
	job_free(j);
}

/* By what stands: also after what the group is about to change. */
static void answer_prepare(struct commit *c, struct job *j, struct mono now, struct outbox *out)
{
	if (needs_flush(c, j))
		flush(c, now, out);
	make_room(c, out);
	handover_answer(c->t, j, now, out);
	job_free(j);
}

void commit_run(struct commit *c, struct job *list, struct mono now, struct outbox *out)
{
	while (list) {
		struct job *j = list;

		list = j->next;
		j->next = NULL;
		j->changes = 0;
		j->accepted = false;
		j->unanswered = false;
		j->over_quota = false;
		j->stale = false;
		fetch(c, j, now);
		if (j->kind == JOB_REQUEST) {
			answer_request(c, j, now, out);
			continue;
		}
		if (j->kind == JOB_PREPARE) {
			answer_prepare(c, j, now, out);
			continue;
		}
		if (j->kind == JOB_KEEP) {
			job_free(j);
			continue;
		}
		if (needs_flush(c, j))
			flush(c, now, out);
		if (j->kind != JOB_MESSAGE)
			j->result = plan_static(&c->plan, j, now);
		else if (lisp_type_of(j->bytes, j->len) == LISP_EXTENSION)
			plan_move(&c->plan, j, now);
		else
			plan_register(&c->plan, j, now);
		c->jobs[c->job_count++] = j;
	}
	flush(c, now, out);
	c->keeps = keep(c, now, out);
}

/* What is due is not answered with any more, swept or not, so the sweep need not hurry; and each
 * mapping that it looks at has to come from memory. */
static size_t sweep_share(size_t count)
{
	size_t share = count / SWEEP_TICKS;

	return share > SWEEP_LEAST ? share : SWEEP_LEAST;
}

/* While the store is behind, tombstones are kept for it. */
static void sweep_tombstones(struct commit *c, struct mono now)
{
	struct registry *r = c->server->registry;
	size_t count = registry_tombstones(r), share = sweep_share(count);

	if (!durable_healthy(&c->durable) && count < 2 * c->server->opt.registry.tombstones_max)
		return;
	durable_begin(&c->durable);
	registry_sweep_tombstones(r, now, share < TOMBSTONES_TICK ? share : TOMBSTONES_TICK);
	durable_end(&c->durable);
}

void commit_tick(struct commit *c, struct mono now, struct outbox *out)
{
	struct registry *r = c->server->registry;

	c->plan.count = (unsigned int)registry_sweep(
		r, now, sweep_share(registry_count(r)), c->plan.changes, PLAN_CHANGES);
	flush(c, now, out);
	plan_parts_due(&c->plan, now);
	flush(c, now, out);
	tell_settled(c, now);
	sweep_tombstones(c, now);
	c->keeps = keep(c, now, out);
	if (mono_due(c->next_nonce_flush, now)) {
		durable_second(&c->durable);
		c->next_nonce_flush = mono_add_ms(now, NONCE_FLUSH_MS);
	}
	if (mono_due(c->next_prune, now)) {
		nonces_prune(&c->durable);
		c->next_prune = mono_add_ms(now, PRUNE_MS);
	}
}

void commit_clock(struct commit *c, uint64_t wall_s)
{
	c->durable.wall_s = wall_s;
}

bool commit_work(struct commit *c, struct mono now)
{
	return durable_work(&c->durable, now) || c->keeps;
}

static uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

int commit_recover(
	struct commit *c, struct store *store, struct mono now, char *why, size_t why_size)
{
	struct registry *r = c->server->registry;
	uint64_t floor;
	int unreserved = seq_floor_recover(
		store, registry_floor(r), c->durable.wall_s, &floor, why, why_size);
	int err;

	if (unreserved && floor == UINT64_MAX)
		return unreserved;
	if (unreserved) { /* a full disk: what it holds counts all the same */
		floor = max_u64(floor, seq_floor_of_time(c->durable.wall_s));
		seq_floor_save(store, floor);
	}
	registry_raise_floor(r, floor);
	err = durable_recover(&c->durable, store, now, why, why_size);
	if (!err && unreserved)
		durable_unwritable(&c->durable, unreserved);
	return err;
}
