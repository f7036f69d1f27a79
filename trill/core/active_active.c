/* See active_active.h. */
#include "trill/core/active_active.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#include "lib/base/timer.h"

static const char *const state_names[ACTIVE_ACTIVE_STATES] = {
	"alone", "joining", "waiting", "member", "spare"};

const char *active_active_state_name(enum active_active_state state)
{
	return state_names[state];
}

void active_active_fini(struct active_active *a)
{
	free(a->said);
	memset(a, 0, sizeof(*a));
}

const struct active_active_laalp *active_active_of(const struct active_active *a, uint16_t port)
{
	for (unsigned int i = 0; i < a->count; i++)
		if (a->laalps[i].port == port)
			return &a->laalps[i];
	return NULL;
}

const struct active_active_laalp *active_active_find(
	const struct active_active *a, const struct laalp_id *id)
{
	for (unsigned int i = 0; i < a->count; i++)
		if (!laalp_id_compare(&a->laalps[i].id, id))
			return &a->laalps[i];
	return NULL;
}

bool active_active_up(struct active_active *a, const struct laalp_id *id, bool exclusive,
	uint16_t port, struct mono now)
{
	unsigned int at = 0;

	if (active_active_find(a, id) || a->count == ACTIVE_ACTIVE_LAALPS)
		return false;
	while (at < a->count && laalp_id_compare(&a->laalps[at].id, id) < 0)
		at++;
	memmove(&a->laalps[at + 1], &a->laalps[at], (a->count - at) * sizeof(a->laalps[0]));
	a->count++;
	a->laalps[at] = (struct active_active_laalp){.id = *id,
		.port = port,
		.exclusive = exclusive,
		.up = now,
		.state = ACTIVE_ACTIVE_JOINING};
	return true;
}

void active_active_down(struct active_active *a, uint16_t port)
{
	for (unsigned int i = 0; i < a->count; i++)
		if (a->laalps[i].port == port) {
			a->count--;
			memmove(&a->laalps[i], &a->laalps[i + 1],
				(a->count - i) * sizeof(a->laalps[0]));
			return;
		}
}

static int said_order(const void *x, const void *y)
{
	const struct active_active_said *a = x, *b = y;
	int order = laalp_id_compare(&a->record.id, &b->record.id);

	return order ? order : system_id_compare(&a->system, &b->system);
}

bool active_active_heard(struct active_active *a, const struct active_active_said *said,
	unsigned int count, struct mono now)
{
	struct active_active_said *list = calloc(count + 1, sizeof(*list));

	if (!list)
		return false;
	for (unsigned int i = 0; i < count; i++) {
		const struct active_active_said *was =
			a->said_count ? bsearch(&said[i], a->said, a->said_count, sizeof(*a->said),
						said_order)
				      : NULL;

		list[i] = said[i];
		list[i].heard = was ? was->heard : now;
	}
	if (count)
		qsort(list, count, sizeof(*list), said_order);
	free(a->said);
	a->said = list;
	a->said_count = count;
	return true;
}

/* The moment has come; if not, there is something to decide then. */
static bool is_over(struct active_active *a, struct mono from, uint64_t ms, struct mono now)
{
	struct mono until = mono_add_ms(from, ms);

	if (mono_due(until, now))
		return true;
	a->next = mono_min(a->next, until);
	return false;
}

static void member_add(struct active_active_laalp *l, const struct system_id *system)
{
	unsigned int at = 0;

	while (at < l->member_count && system_id_compare(&l->members[at], system) < 0)
		at++;
	if (at == ACTIVE_ACTIVE_MEMBERS ||
		(at < l->member_count && !system_id_compare(&l->members[at], system)))
		return;
	if (l->member_count == ACTIVE_ACTIVE_MEMBERS)
		l->member_count--;
	memmove(&l->members[at + 1], &l->members[at],
		(l->member_count - at) * sizeof(l->members[0]));
	l->members[at] = *system;
	l->member_count++;
}

/* Who has the LAALP, and whether it wants a virtual RBridge of its own: if one says so. */
static void members_find(struct active_active *a, struct active_active_laalp *l, struct mono now)
{
	bool joined = is_over(a, l->up, ACTIVE_ACTIVE_JOIN_MS, now);

	l->member_count = 0;
	l->apart = l->exclusive;
	for (unsigned int i = 0; i < a->said_count; i++) {
		const struct active_active_said *s = &a->said[i];

		if (laalp_id_compare(&s->record.id, &l->id))
			continue;
		/* Where we serve it, a newcomer does not at once. */
		if (l->state != ACTIVE_ACTIVE_JOINING &&
			!is_over(a, s->heard, ACTIVE_ACTIVE_HEARD_MS, now))
			continue;
		l->apart |= s->record.exclusive;
		member_add(l, &s->system);
	}
	member_add(l, &a->own);
	if (!joined)
		l->member_count = 0;
}

static bool same_members(const struct active_active_laalp *a, const struct active_active_laalp *b)
{
	return a->member_count == b->member_count &&
	       !memcmp(a->members, b->members, a->member_count * sizeof(a->members[0]));
}

/* Both are served by one virtual RBridge: steps 1 to 5 of section 4.1, as far as they concern
 * LAALPs of ours. */
static bool is_together(const struct active_active_laalp *a, const struct active_active_laalp *b)
{
	return a == b || (!a->apart && !b->apart && a->member_count > 1 && same_members(a, b));
}

bool active_active_is_vdrb(const struct active_active *a, const struct active_active_laalp *l)
{
	return l->member_count > 1 && !system_id_compare(&l->members[l->member_count - 1], &a->own);
}

static int own_rank(const struct active_active *a, const struct active_active_laalp *l)
{
	for (unsigned int i = 0; i < l->member_count; i++)
		if (!system_id_compare(&l->members[i], &a->own))
			return (int)i;
	return -1;
}

/* RFC 7783 section 5.1. With fewer trees than members, the members are as many as the trees. */
static void trees_share(
	const struct active_active *a, struct active_active_laalp *l, unsigned int trees)
{
	unsigned int k = l->member_count < trees ? l->member_count : trees;

	l->serving = l->member_count > 1 ? k : 0;
	l->trees = 0;
	for (unsigned int t = 1; l->serving && t <= trees && t < 32; t++)
		if ((int)(t % k) == own_rank(a, l))
			l->trees |= 1u << t;
}

static bool is_member(const struct active_active_laalp *l, const struct system_id *system)
{
	unsigned int i = 0;

	while (i < l->member_count && system_id_compare(&l->members[i], system) != 0)
		i++;
	return i < l->member_count;
}

/* How many members of @l report @nickname as the one to be used again; who does so in several
 * records is one. */
static unsigned int reports_of(
	const struct active_active *a, const struct active_active_laalp *l, uint16_t nickname)
{
	unsigned int n = l->reuse == nickname;
	const struct active_active_said *last = NULL;

	for (unsigned int i = 0; i < a->said_count; i++) {
		const struct active_active_said *s = &a->said[i];

		if (s->record.reuse != nickname || laalp_id_compare(&s->record.id, &l->id) ||
			!is_member(l, &s->system) ||
			(last && !system_id_compare(&last->system, &s->system)))
			continue;
		last = s;
		n++;
	}
	return n;
}

struct choice {
	uint16_t nickname;
	unsigned int laalps;  /* of which all members report it */
	unsigned int reports; /* in all */
};

/* Section 4.2: what all members of most LAALPs report; then what most report; then the least. */
static bool is_better(const struct choice *x, const struct choice *y)
{
	if (x->laalps != y->laalps)
		return x->laalps > y->laalps;
	if (x->reports != y->reports)
		return x->reports > y->reports;
	return x->nickname < y->nickname;
}

static bool is_given(
	const struct active_active *a, const struct active_active_laalp *before, uint16_t nickname)
{
	for (const struct active_active_laalp *l = a->laalps; l < before; l++)
		if (l->nickname == nickname)
			return true;
	return false;
}

/* @nickname, for the virtual RBridge of which @first is the first LAALP. */
static void weigh(const struct active_active *a, const struct active_active_laalp *first,
	const struct active_active_campus *c, uint16_t nickname, struct choice *best)
{
	struct choice one = {.nickname = nickname};

	if (!nickname_usable(nickname) || is_given(a, first, nickname) ||
		!c->available(c->arg, nickname, first->members, first->member_count))
		return;
	for (unsigned int i = 0; i < a->count; i++) {
		unsigned int n = reports_of(a, &a->laalps[i], nickname);

		if (!is_together(first, &a->laalps[i]))
			continue;
		one.laalps += n == first->member_count;
		one.reports += n;
	}
	if (best->nickname == NICKNAME_NONE || is_better(&one, best))
		*best = one;
}

/* As vDRB. */
static uint16_t allot(const struct active_active *a, const struct active_active_laalp *first,
	const struct active_active_campus *c)
{
	struct choice best = {.nickname = NICKNAME_NONE};

	for (unsigned int i = 0; i < a->count; i++)
		if (is_together(first, &a->laalps[i]))
			weigh(a, first, c, a->laalps[i].reuse, &best);
	for (unsigned int i = 0; i < a->said_count; i++) {
		const struct active_active_laalp *l = active_active_find(a, &a->said[i].record.id);

		if (l && is_together(first, l))
			weigh(a, first, c, a->said[i].record.reuse, &best);
	}
	return best.nickname != NICKNAME_NONE ? best.nickname : c->choose(c->arg);
}

/* What the vDRB says of the LAALP. */
static uint16_t allotted(const struct active_active *a, const struct active_active_laalp *l,
	const struct active_active_campus *c)
{
	(void)a;
	for (unsigned int i = 0; i < c->allotted_count; i++)
		if (!laalp_id_compare(&c->allotted[i].id, &l->id) &&
			!system_id_compare(
				&c->allotted[i].system, &l->members[l->member_count - 1]) &&
			nickname_usable(c->allotted[i].nickname))
			return c->allotted[i].nickname;
	return NICKNAME_NONE;
}

static void nickname_find(struct active_active *a, struct active_active_laalp *l,
	const struct active_active_campus *c)
{
	l->nickname = NICKNAME_NONE;
	if (l->member_count < 2 || !c->trees)
		return;
	for (const struct active_active_laalp *first = a->laalps; first < l; first++)
		if (is_together(first, l)) {
			l->nickname = first->nickname;
			return;
		}
	l->nickname = active_active_is_vdrb(a, l) ? allot(a, l, c) : allotted(a, l, c);
}

static enum active_active_state state_of(const struct system_id *own,
	const struct active_active_laalp *l, const struct active_active_campus *c)
{
	if (!l->member_count)
		return ACTIVE_ACTIVE_JOINING;
	if (l->member_count == 1)
		return ACTIVE_ACTIVE_ALONE;
	if (c->trees && !l->trees)
		return ACTIVE_ACTIVE_SPARE;
	return l->nickname != NICKNAME_NONE && c->held(c->arg, l->nickname, own)
		       ? ACTIVE_ACTIVE_MEMBER
		       : ACTIVE_ACTIVE_WAITING;
}

/* Who served the host before goes on at once; others wait until that has heard of them. */
static void member_settle(struct active_active *a, struct active_active_laalp *l,
	enum active_active_state was, const struct active_active_campus *c, struct mono now)
{
	if (was != ACTIVE_ACTIVE_MEMBER) {
		l->since = now;
		l->quiet = was != ACTIVE_ACTIVE_ALONE && !l->acting;
	}
	l->quiet = l->quiet && !is_over(a, l->since, ACTIVE_ACTIVE_QUIET_MS, now);
	for (unsigned int i = 0; i < l->serving; i++)
		l->holding[i] = c->held(c->arg, l->nickname, &l->members[i]);
}

static void laalp_settle(struct active_active *a, struct active_active_laalp *l,
	const struct active_active_campus *c, struct mono now)
{
	enum active_active_state was = l->state;

	l->state = state_of(&a->own, l, c);
	if (l->nickname != NICKNAME_NONE)
		l->reuse = l->nickname;
	if (l->state == ACTIVE_ACTIVE_MEMBER)
		member_settle(a, l, was, c, now);
	if (l->state != ACTIVE_ACTIVE_WAITING) {
		l->acting = false;
		return;
	}
	if (was != ACTIVE_ACTIVE_WAITING) {
		l->wait = now;
		l->acting = was == ACTIVE_ACTIVE_ALONE;
	}
	if (is_over(a, l->wait, ACTIVE_ACTIVE_WAIT_MS, now))
		l->acting = active_active_is_vdrb(a, l);
}

void active_active_decide(
	struct active_active *a, const struct active_active_campus *campus, struct mono now)
{
	a->next = MONO_NEVER;
	for (unsigned int i = 0; i < a->count; i++)
		members_find(a, &a->laalps[i], now);
	for (unsigned int i = 0; i < a->count; i++)
		trees_share(a, &a->laalps[i], campus->trees);
	for (unsigned int i = 0; i < a->count; i++) {
		nickname_find(a, &a->laalps[i], campus);
		/* Before the LSDB has been heard there is none to be chosen. */
		if (active_active_is_vdrb(a, &a->laalps[i]) && !a->laalps[i].nickname)
			is_over(a, now, ACTIVE_ACTIVE_WAIT_MS, now);
	}
	for (unsigned int i = 0; i < a->count; i++)
		laalp_settle(a, &a->laalps[i], campus, now);
}

bool active_active_serves(const struct active_active_laalp *l)
{
	return l->state == ACTIVE_ACTIVE_ALONE || l->state == ACTIVE_ACTIVE_MEMBER ||
	       (l->state == ACTIVE_ACTIVE_WAITING && l->acting);
}

bool active_active_claims(const struct active_active_laalp *l)
{
	return l->nickname != NICKNAME_NONE && l->trees;
}

/* Section 5.2: by SHA-256(system ID | LAALP ID). */
struct active_active_share active_active_designated(
	const struct active_active *a, const struct active_active_laalp *l)
{
	uint8_t hashes[ACTIVE_ACTIVE_MEMBERS][SHA256_DIGEST_LENGTH];
	int own = own_rank(a, l);
	struct active_active_share share = {0};

	if (l->state != ACTIVE_ACTIVE_MEMBER)
		return (struct active_active_share){.of = 1};
	if (l->quiet || own < 0 || (unsigned int)own >= l->serving || !l->holding[own])
		return share;
	for (unsigned int i = 0; i < l->serving; i++) {
		uint8_t text[SYSTEM_ID_LEN + LAALP_ID_LEN];

		memcpy(text, l->members[i].bytes, SYSTEM_ID_LEN);
		memcpy(text + SYSTEM_ID_LEN, l->id.bytes, LAALP_ID_LEN);
		SHA256(text, sizeof(text), hashes[i]);
	}
	for (unsigned int i = 0; i < l->serving; i++) {
		int order = memcmp(hashes[i], hashes[own], SHA256_DIGEST_LENGTH);

		share.of += l->holding[i];
		share.rest += l->holding[i] && (order < 0 || (!order && (int)i < own));
	}
	return share;
}
