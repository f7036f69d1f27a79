/* See guests.h. */
#include "vmmobility/guests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmmobility/guest_index.h"
#include "vmmobility/guest_uuid.h"

#define FORGET_MS       600000 /* a guest that is gone, and that the configuration does not name */
#define PATIENCE_MS     1000   /* for an xTR to know what was told before */
#define PATIENCE_END_MS 10000  /* the same, while it holds what came for the guest */

struct guests {
	struct vm_env *env;
	struct reporter *reporter;
	struct guests_ops ops;
	const struct tap_ops *taps; /* NULL: none */
	uint64_t expect_ms;
	struct guest *first;
	struct guest_index index;
	unsigned int count;
	struct log_limit full_log;
};

/* ---- what a guest's state is ---- */

static uint8_t state_of(const struct guest *guest)
{
	switch (guest->place) {
	case GUEST_AWAITED:
		return HANDOVER_INCOMING;
	case GUEST_RUNNING:
		return guest->departs ? HANDOVER_LEAVING : HANDOVER_RUNNING;
	case GUEST_STOPPED:
		return HANDOVER_PAUSED;
	case GUEST_GONE:
		return HANDOVER_GONE;
	case GUEST_UNKNOWN:
	case GUEST_RECALLED:
		break;
	}
	return 0;
}

static bool is_end(uint8_t state)
{
	return state == HANDOVER_GONE || state == HANDOVER_INCOMING;
}

static bool moves(const struct report_content *c)
{
	return c->state == HANDOVER_PAUSED && c->in_migration;
}

/* How long what the xTRs are told now has to stand before @next may be told, unless they know it:
 * ms; 0: it need not. */
static uint64_t patience_ms(const struct guest *guest, const struct report_content *next)
{
	const struct report_content *now = &guest->report.content;

	if (moves(now))
		return is_end(next->state) ? PATIENCE_END_MS : 0;
	if (!guest->after_stop)
		return 0;
	if (is_end(now->state))
		return is_end(next->state) ? 0 : PATIENCE_MS;
	return next->state == HANDOVER_LEAVING || moves(next) ? PATIENCE_MS : 0;
}

/* False: not yet; it will be tried again. */
static bool may_follow(struct guests *g, struct guest *guest, const struct report_content *next)
{
	uint64_t ms = patience_ms(guest, next);
	struct mono end = mono_add_ms(guest->since, ms);

	if (!ms || mono_due(end, g->env->now) ||
		(reporter_known(g->reporter, &guest->report) &&
			!(moves(&guest->report.content) && guest->tail &&
				!tail_run_over(guest->tail))))
		return true;
	timer_set(&g->env->timers, &guest->patience, end);
	return false;
}

/* The tail is copied from the beginning of a migration until its end was told. */
static void follow_tail(struct guests *g, struct guest *guest)
{
	const struct report_content *c = &guest->report.content;

	if (state_of(guest) == HANDOVER_LEAVING) {
		if (!guest->tail && guest->tap_count && g->taps)
			guest->tail = tail_run_new(g->env, g->reporter, &guest->report, g->taps,
				guest->taps, guest->tap_count);
	} else if (c->state != HANDOVER_LEAVING && !moves(c)) {
		tail_run_free(guest->tail);
		guest->tail = NULL;
	}
}

/* Before it is told, lest a restart finds that it was told of what it does not know. */
static void keep(struct guests *g, struct guest *guest)
{
	const struct report_content *c = &guest->report.content;

	if (guest->kept || !c->state || !c->host_count || guest_uuid_is_zero(&c->guest))
		return;
	guest->kept = true;
	if (g->ops.keep)
		g->ops.keep(g->ops.arg, guest);
}

/* What is kept of it is not right any more. */
static void keep_anew(struct guests *g, struct guest *guest)
{
	if (!guest->kept)
		return;
	if (g->ops.keep)
		g->ops.keep(g->ops.arg, guest);
}

static void unkeep(struct guests *g, struct guest *guest)
{
	if (guest->kept && g->ops.forget)
		g->ops.forget(g->ops.arg, &guest->report.content.guest);
	guest->kept = false;
}

/* What the present state is told with. */
static struct report_why why_of(const struct guest *guest, const struct report_content *c)
{
	static const struct report_why none;
	bool moving = c->state == HANDOVER_INCOMING || c->state == HANDOVER_LEAVING || moves(c);

	return moving ? guest->why : none;
}

static void say(struct guests *g, struct guest *guest, const struct report_content *next)
{
	struct report_content *c = &guest->report.content;

	guest->after_stop =
		moves(c) || (guest->after_stop && is_end(c->state) && is_end(next->state));
	c->state = next->state;
	c->in_migration = next->in_migration;
	c->tail = moves(c) && guest->tail ? HANDOVER_TAIL_FOLLOWS : 0;
	c->why = why_of(guest, c);
	guest->since = g->env->now;
	keep(g, guest);
	reporter_say(g->reporter, &guest->report);
	vm_count(g->env, VM_CHANGES);
	if (g->ops.changed)
		g->ops.changed(g->ops.arg, guest);
}

/* The next state to be told, if there is one. */
static bool next_of(const struct guest *guest, struct report_content *next)
{
	const struct report_content *c = &guest->report.content;

	next->state = state_of(guest);
	next->in_migration = guest->place == GUEST_STOPPED && guest->departs;
	if (guest->owed && !is_end(next->state)) {
		next->state = guest->owed;
		next->in_migration = false;
	}
	return next->state != c->state || next->in_migration != c->in_migration;
}

/* Tell, when there is something new to tell. */
static void tell(struct guests *g, struct guest *guest)
{
	struct report_content next;

	timer_cancel(&g->env->timers, &guest->patience);
	while (next_of(guest, &next)) {
		if (!may_follow(g, guest, &next)) {
			if (is_end(next.state))
				guest->owed = next.state;
			break;
		}
		guest->owed = 0;
		say(g, guest, &next);
	}
	follow_tail(g, guest);
}

/* Its move, if it was on one, has come to its end. */
static bool ends_move(const struct guest *guest, enum guest_news news)
{
	switch (news) {
	case GUEST_RUNS:
		return guest->departs || guest->place == GUEST_AWAITED ||
		       guest->place == GUEST_STOPPED;
	case GUEST_STAYS:
		return guest->departs;
	case GUEST_ABSENT:
		return true;
	default:
		return false;
	}
}

void guests_why(struct guests *g, struct guest *guest, const struct report_why *why)
{
	struct report_content *c = &guest->report.content;
	struct report_why told;

	guest->why = *why;
	told = why_of(guest, c);
	if (told.move == c->why.move && told.reason == c->why.reason &&
		told.deadline_ms == c->why.deadline_ms)
		return;
	c->why = told;
	reporter_say(g->reporter, &guest->report);
}

static void on_patience(struct timer *t, struct mono now)
{
	struct guest *guest = (struct guest *)((char *)t - offsetof(struct guest, patience));

	tell(t->arg, guest);
}

static struct guest *guest_of(struct report *report)
{
	return (struct guest *)((char *)report - offsetof(struct guest, report));
}

static void on_answered(void *arg, struct report *report, unsigned int i)
{
	struct guests *g = arg;
	struct guest *guest = guest_of(report);

	if (guest->tail && moves(&report->content) && reporter_answer(report, i) == HANDOVER_TAKEN)
		tail_run_taken(guest->tail, &report->content, i);
	tell(g, guest);
}

static void on_reordered(void *arg, const int was[VM_XTRS_MAX])
{
	struct guests *g = arg;

	for (struct guest *guest = g->first; guest; guest = guest->next)
		if (guest->tail)
			tail_run_reorder(guest->tail, was);
}

/* Whose tail it is that xTR @i has acknowledged. Where it is known whose the TAIL was, but it has
 * no such tail (any more), nobody has. */
static struct guest *tail_of(
	struct guests *g, struct report *report, unsigned int i, const struct handover *ack)
{
	struct guest *guest = report ? guest_of(report) : NULL;

	if (guest)
		return guest->tail && tail_run_answered(guest->tail, i, ack) ? guest : NULL;
	for (guest = g->first; guest; guest = guest->next)
		if (guest->tail && tail_run_answered(guest->tail, i, ack))
			break;
	return guest;
}

static void on_tail_answered(
	void *arg, struct report *report, unsigned int i, const struct handover *ack)
{
	struct guests *g = arg;
	struct guest *guest = tail_of(g, report, i, ack);

	if (!guest) {
		vm_count(g->env, VM_DROP_UNASKED);
		return;
	}
	if (tail_run_over(guest->tail)) /* what is said anew brings none */
		guest->report.content.tail = 0;
	tell(g, guest);
}

/* What was announced or is expected has not run here: a stop is the destination waiting, and a
 * departure is the arrival seen from its other end. */
static void take(struct guest *guest, enum guest_news news)
{
	bool awaited = guest->place == GUEST_AWAITED;

	switch (news) {
	case GUEST_EXPECTED:
	case GUEST_ANNOUNCED:
		if (guest->place != GUEST_RUNNING && guest->place != GUEST_STOPPED) {
			guest->place = GUEST_AWAITED;
			guest->departs = false;
		}
		break;
	case GUEST_RUNS:
		if (awaited || guest->place == GUEST_GONE) /* where it was knows the one it has */
			guest->ticket_due = true;
		guest->place = GUEST_RUNNING;
		guest->departs = false;
		break;
	case GUEST_STOPS:
		if (!awaited)
			guest->place = GUEST_STOPPED;
		break;
	case GUEST_DEPARTS:
		guest->departs = !awaited;
		break;
	case GUEST_STOPS_TO_DEPART:
		if (!awaited)
			guest->place = GUEST_STOPPED;
		guest->departs = !awaited;
		break;
	case GUEST_STAYS:
		guest->departs = false;
		break;
	case GUEST_COPIED:
		break;
	case GUEST_ABSENT:
		if (guest->place != GUEST_UNKNOWN)
			guest->place = GUEST_GONE;
		guest->departs = false;
		break;
	}
}

static void take_at(
	struct guests *g, struct guest *guest, enum guest_news news, struct mono at, bool known)
{
	bool stood = guest->place == GUEST_STOPPED;

	if (ends_move(guest, news))
		guest->why = (struct report_why){0};
	take(guest, news);
	if (guest->tail && guest->place == GUEST_STOPPED && !stood)
		tail_run_stopped(guest->tail, at, known);
	if (guest->tail && news == GUEST_COPIED)
		tail_run_copied(guest->tail);
	if (guest->place == GUEST_GONE && !(guest->origins & GUEST_OF_CONFIG))
		timer_set(&g->env->timers, &guest->expiry, mono_add_ms(g->env->now, FORGET_MS));
	else if (guest->place != GUEST_AWAITED || news == GUEST_EXPECTED)
		timer_cancel(&g->env->timers, &guest->expiry);
	else if (news == GUEST_ANNOUNCED)
		timer_set(&g->env->timers, &guest->expiry, mono_add_ms(g->env->now, g->expect_ms));
	tell(g, guest);
}

void guests_news(struct guests *g, struct guest *guest, enum guest_news news)
{
	take_at(g, guest, news, g->env->now, false);
}

void guests_old_news(struct guests *g, struct guest *guest, enum guest_news news, struct mono at)
{
	take_at(g, guest, news, at, true);
}

static void drop(struct guests *g, struct guest *guest);

/* It was announced, and nobody came; or it is gone for so long that all who care know. */
static void on_expiry(struct timer *t, struct mono now)
{
	struct guest *guest = (struct guest *)((char *)t - offsetof(struct guest, expiry));
	struct guests *g = t->arg;

	if (guest->place == GUEST_GONE) {
		drop(g, guest);
		return;
	}
	vm_count(g->env, VM_EXPECTED_EXPIRED);
	guests_news(g, guest, GUEST_ABSENT);
}

/* ---- which guests there are ---- */

struct guest *guests_first(const struct guests *g)
{
	return g->first;
}

struct guest *guests_by_name(const struct guests *g, const char *name)
{
	return guest_index_by_name(&g->index, name);
}

struct guest *guests_by_uuid(const struct guests *g, const struct handover_id *uuid)
{
	return guest_index_by_uuid(&g->index, uuid);
}

static struct guest *add(struct guests *g, const char *name)
{
	struct guest *guest = g->count < GUESTS_MAX ? calloc(1, sizeof(*guest)) : NULL;

	if (!guest) {
		vm_count(g->env, g->count < GUESTS_MAX ? VM_NO_MEMORY : VM_GUESTS_FULL);
		log_limited(g->env->log, &g->full_log, g->env->now, LOG_LEVEL_ERROR, "guest %s: %s",
			name,
			g->count < GUESTS_MAX ? "out of memory"
					      : "there are 4096 already, and no more are taken");
		return NULL;
	}
	snprintf(guest->name, sizeof(guest->name), "%s", name);
	guest->since = MONO_NEVER;
	timer_init(&guest->expiry, on_expiry, g);
	timer_init(&guest->patience, on_patience, g);
	reporter_add(g->reporter, &guest->report);
	guest->next = g->first;
	guest->link = &g->first;
	if (g->first)
		g->first->link = &guest->next;
	g->first = guest;
	guest_index_add(&g->index, guest);
	g->count++;
	return guest;
}

static void rebound(struct guests *g)
{
	if (g->ops.rebound)
		g->ops.rebound(g->ops.arg);
}

static void drop(struct guests *g, struct guest *guest)
{
	*guest->link = guest->next;
	if (guest->next)
		guest->next->link = guest->link;
	guest_index_remove(&g->index, guest);
	g->count--;
	timer_cancel(&g->env->timers, &guest->expiry);
	timer_cancel(&g->env->timers, &guest->patience);
	tail_run_free(guest->tail);
	unkeep(g, guest);
	reporter_remove(g->reporter, &guest->report);
	free(guest);
	rebound(g);
}

static bool host_equal(const struct handover_host *a, const struct handover_host *b)
{
	return memcmp(a->mac, b->mac, sizeof(a->mac)) == 0 && strcmp(a->port, b->port) == 0 &&
	       eid_equal(&a->eid, &b->eid);
}

static bool hosts_equal(
	const struct report_content *c, const struct handover_host *hosts, unsigned int count)
{
	if (c->host_count != count)
		return false;
	for (unsigned int i = 0; i < count; i++)
		if (!host_equal(&c->hosts[i], &hosts[i]))
			return false;
	return true;
}

/* The lowest bit of @origins. */
static unsigned int foremost(unsigned int origins)
{
	return origins & -origins;
}

/* True: they are other ones now. */
static bool set_hosts(struct guest *guest, enum guest_origin origin,
	const struct handover_host *hosts, unsigned int count)
{
	struct report_content *c = &guest->report.content;
	unsigned int before = foremost(guest->named);

	guest->origins |= origin;
	guest->named = count ? guest->named | origin : guest->named & ~(unsigned int)origin;
	if (origin != GUEST_OF_MEMORY) {
		guest->origins &= ~(unsigned int)GUEST_OF_MEMORY;
		if (count)
			guest->named &= ~(unsigned int)GUEST_OF_MEMORY;
	}
	if (foremost(guest->named) != (count ? origin : 0) || (!count && before != origin) ||
		hosts_equal(c, hosts, count))
		return false;
	c->host_count = (uint16_t)(count < HANDOVER_HOSTS_MAX ? count : HANDOVER_HOSTS_MAX);
	memcpy(c->hosts, hosts, c->host_count * sizeof(*hosts));
	return true;
}

static bool share_mac(const struct report_content *a, const struct report_content *b)
{
	for (unsigned int i = 0; i < a->host_count; i++)
		for (unsigned int k = 0; k < b->host_count; k++)
			if (!memcmp(a->hosts[i].mac, b->hosts[k].mac, sizeof(a->hosts[i].mac)))
				return true;
	return false;
}

/* Its addresses are named now: what was heard of its cards before is not another guest's. */
static void supersede(struct guests *g, const struct guest *guest)
{
	struct guest *next;

	for (struct guest *other = g->first; other; other = next) {
		next = other->next;
		if (other != guest && other->named == GUEST_OF_SNOOP &&
			other->told_by == GUEST_OF_SNOOP &&
			share_mac(&other->report.content, &guest->report.content))
			drop(g, other);
	}
}

struct guest *guests_bind(struct guests *g, const char *name, const struct handover_id *uuid,
	enum guest_origin origin, const struct handover_host *hosts, unsigned int count)
{
	struct guest *guest = guest_uuid_is_zero(uuid) ? NULL : guests_by_uuid(g, uuid);
	bool changed;

	if (!guest) {
		guest = guests_by_name(g, name);
		/* Of one name, but another guest: the name is used again, or was given twice. */
		if (guest && !guest_uuid_is_zero(uuid) &&
			!guest_uuid_is_zero(&guest->report.content.guest))
			guest = NULL;
	}
	if (!guest)
		guest = add(g, name);
	if (!guest)
		return NULL;
	changed = set_hosts(guest, origin, hosts, count);
	if (!guest_uuid_is_zero(uuid))
		guest->uuid_recalled = false;
	if (!guest_uuid_is_zero(uuid) && guest_uuid_is_zero(&guest->report.content.guest)) {
		guest_index_identify(&g->index, guest, uuid);
		changed = true;
	}
	if (changed) {
		if (origin != GUEST_OF_SNOOP && origin != GUEST_OF_MEMORY)
			supersede(g, guest);
		keep_anew(g, guest);
		keep(g, guest);
		reporter_say(g->reporter, &guest->report);
		rebound(g);
	}
	return guest;
}

struct guest *guests_recall(struct guests *g, const char *name, const struct handover_id *uuid,
	unsigned int told_by, bool snooped, const struct handover_host *hosts, unsigned int count)
{
	enum guest_origin origin = snooped ? GUEST_OF_SNOOP : GUEST_OF_MEMORY;
	struct guest *guest = guest_uuid_is_zero(uuid) || guests_by_uuid(g, uuid)
				      ? NULL
				      : guests_bind(g, name, uuid, origin, hosts, count);

	if (!guest)
		return NULL;
	guest->kept = true;
	guest->uuid_recalled = true;
	guest->told_by = told_by;
	guest->place = GUEST_RECALLED;
	if (!(told_by & ~(unsigned int)GUEST_OF_HOOK)) /* no other will tell that it came not */
		timer_set(&g->env->timers, &guest->expiry, mono_add_ms(g->env->now, g->expect_ms));
	return guest;
}

void guests_disregard(struct guests *g, struct guest *guest)
{
	guest->place = GUEST_UNKNOWN;
	if (!(guest->origins & ~(unsigned int)(GUEST_OF_MEMORY | GUEST_OF_SNOOP)))
		drop(g, guest);
	else
		unkeep(g, guest);
}

void guests_told_by(struct guests *g, struct guest *guest, enum guest_origin origin)
{
	if (guest->told_by & origin)
		return;
	guest->told_by |= origin;
	keep_anew(g, guest);
}

void guests_taps(struct guest *guest, enum guest_origin origin, const struct guest_tap *taps,
	unsigned int count)
{
	if (guest->tap_count && guest->taps_of < origin)
		return;
	if (!count && (!guest->tap_count || guest->taps_of != origin))
		return;
	guest->taps_of = origin;
	guest->tap_count = count < GUEST_TAPS_MAX ? count : GUEST_TAPS_MAX;
	if (count)
		memcpy(guest->taps, taps, guest->tap_count * sizeof(*taps));
}

void guests_unbind(struct guests *g, struct guest *guest, enum guest_origin origin)
{
	guest->origins &= ~(unsigned int)origin;
	guest->named &= ~(unsigned int)origin;
	if (!guest->origins)
		drop(g, guest);
}

void guests_identify(struct guests *g, struct guest *guest, const struct handover_id *uuid)
{
	static const struct handover_id none;
	const struct report_content *c = &guest->report.content;
	struct handover_id own = guest_uuid_is_zero(uuid) ? guest_uuid_of_name(guest->name) : *uuid;

	if (guest->uuid_recalled && memcmp(&c->guest, &own, sizeof(own)) != 0) {
		unkeep(g, guest);
		guest_index_identify(&g->index, guest, &none);
		guest->place = GUEST_UNKNOWN; /* that one was another guest */
	}
	guest->uuid_recalled = false;
	if (!guest_uuid_is_zero(&c->guest))
		return; /* the configuration's word, or an earlier answer */
	guest_index_identify(&g->index, guest, &own);
	keep(g, guest);
	reporter_say(g->reporter, &guest->report);
}

/* ---- its ticket ---- */

static bool ticket_equal(const struct report_ticket *a, const struct report_ticket *b)
{
	return a->known == b->known &&
	       (!a->known || !memcmp(&a->value, &b->value, sizeof(a->value)));
}

/* What is told of it with its present state is another now. */
static void set_tickets(struct guests *g, struct guest *guest, const struct report_ticket *gives,
	const struct report_ticket *proves)
{
	struct report_content *c = &guest->report.content;
	bool leaves = c->state == HANDOVER_LEAVING || moves(c);
	bool changed = (leaves && !ticket_equal(&c->gives, gives)) ||
		       (c->state != HANDOVER_GONE && !ticket_equal(&c->proves, proves));

	c->gives = *gives;
	c->proves = *proves;
	if (changed)
		reporter_say(g->reporter, &guest->report);
}

void guests_ticket(
	struct guests *g, struct guest *guest, const struct report_ticket *ticket, bool own)
{
	struct report_ticket proves = guest->report.content.proves;
	bool here = guest->place == GUEST_RUNNING || guest->place == GUEST_STOPPED;
	bool same = ticket_equal(&guest->report.content.gives, ticket);

	if (guest->ticket_of_config)
		return;
	if (!here || !proves.known)
		proves = *ticket;
	if (!own || !ticket->known)
		guest->ticket_due = true;
	else if (here && !same)
		guest->ticket_due = false; /* it has just got it */
	set_tickets(g, guest, ticket, &proves);
}

void guests_ticket_config(struct guests *g, struct guest *guest, const struct report_ticket *ticket)
{
	if (!ticket->known && !guest->ticket_of_config)
		return;
	guest->ticket_of_config = ticket->known;
	set_tickets(g, guest, ticket, ticket);
}

bool guests_ticket_due(const struct guest *guest)
{
	return guest->ticket_due && !guest->ticket_of_config && !guest->departs &&
	       guest->place == GUEST_RUNNING;
}

/* ---- words ---- */

const char *guest_state_name(uint8_t state)
{
	static const char *const names[] = {
		"unknown", "incoming", "running", "paused", "leaving", "gone"};

	return state < sizeof(names) / sizeof(names[0]) ? names[state] : names[0];
}

/* ---- start ---- */

void guests_reload(struct guests *g, const struct vm_policy *policy)
{
	g->expect_ms = policy->expect_ms;
}

struct guests *guests_new(struct vm_env *env, struct reporter *reporter,
	const struct vm_policy *policy, const struct guests_ops *ops, const struct tap_ops *taps)
{
	struct guests *g = calloc(1, sizeof(*g));
	const struct reporter_listener listener = {.answered = on_answered,
		.tail_answered = on_tail_answered,
		.reordered = on_reordered,
		.arg = g};

	if (!g)
		return NULL;
	g->env = env;
	g->reporter = reporter;
	g->ops = *ops;
	g->taps = taps;
	reporter_listen(reporter, &listener);
	guests_reload(g, policy);
	return g;
}

void guests_free(struct guests *g)
{
	if (!g)
		return;
	g->ops.forget = NULL; /* what was told is kept, and stands */
	g->ops.rebound = NULL;
	while (g->first)
		drop(g, g->first);
	free(g);
}
