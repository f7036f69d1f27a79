/* See nickname.h. */
#include "trill/core/nickname.h"

#include <string.h>

void nickname_set_clear(struct nickname_set *s)
{
	memset(s, 0, sizeof(*s));
}

int nickname_compare(const struct nickname_claim *a, const struct nickname_claim *b)
{
	int order = a->priority - b->priority;

	return order ? order : lan_id_compare(&a->holder, &b->holder);
}

/* The bits of word @i that may be chosen. */
static uint64_t free_bits(const struct nickname_set *used, unsigned int i, bool any)
{
	uint64_t bits = ~used->bits[i] & ~(any ? 0 : used->elsewhere[i]);

	if (i == 0)
		bits &= ~1ull;                    /* NICKNAME_NONE */
	return i > NICKNAME_LAST / 64 ? 0 : bits; /* 0xFFBF is the last of its word */
}

static uint16_t choose_among(const struct nickname_set *used, bool any, struct random *random)
{
	uint64_t left = 0, at;

	for (unsigned int i = 0; i < 1024; i++)
		left += (uint64_t)__builtin_popcountll(free_bits(used, i, any));
	if (!left)
		return NICKNAME_NONE;
	at = random_below(random, left);
	for (unsigned int i = 0; i < 1024; i++) {
		uint64_t bits = free_bits(used, i, any);
		uint64_t n = (uint64_t)__builtin_popcountll(bits);

		if (at >= n) {
			at -= n;
			continue;
		}
		while (at--)
			bits &= bits - 1;
		return (uint16_t)(i * 64 + (unsigned int)__builtin_ctzll(bits));
	}
	return NICKNAME_NONE;
}

uint16_t nickname_choose(const struct nickname_set *used, struct random *random)
{
	uint16_t nickname = choose_among(used, false, random);

	return nickname != NICKNAME_NONE ? nickname : choose_among(used, true, random);
}

void nicknames_init(struct nicknames *n, const struct lan_id *holder, struct random *random)
{
	memset(n, 0, sizeof(*n));
	n->holder = *holder;
	n->random = random;
}

static bool is_ours(const struct nicknames *n, uint16_t nickname)
{
	for (unsigned int i = 0; i < n->count; i++)
		if (n->own[i].nickname == nickname)
			return true;
	return false;
}

bool nicknames_want(struct nicknames *n, uint16_t configured, uint8_t priority,
	uint16_t root_priority, uint16_t last)
{
	struct nickname_own *own = &n->own[n->count];

	if (n->count == NICKNAME_OWN_MAX)
		return false;
	if (configured != NICKNAME_NONE && (!nickname_usable(configured) || is_ours(n, configured)))
		return false;
	own->nickname = configured;
	own->last = nickname_usable(last) ? last : NICKNAME_NONE;
	own->priority = (priority & 0x7f) | (configured != NICKNAME_NONE ? NICKNAME_CONFIGURED : 0);
	own->root_priority = root_priority;
	n->count++;
	return true;
}

/* One for @own: the last if it is free, else any. */
static bool choose(struct nicknames *n, struct nickname_own *own, const struct nickname_set *used)
{
	struct nickname_set taken = *used;

	for (unsigned int i = 0; i < n->count; i++)
		if (n->own[i].nickname != NICKNAME_NONE)
			nickname_set_add(&taken, n->own[i].nickname);
	if (own->last != NICKNAME_NONE && !nickname_set_has(&taken, own->last))
		own->nickname = own->last;
	else
		own->nickname = nickname_choose(&taken, n->random);
	own->last = NICKNAME_NONE;
	return own->nickname != NICKNAME_NONE;
}

static bool choose_all(struct nicknames *n, const struct nickname_set *used, struct mono now)
{
	bool any = false;

	if (!n->synced || !mono_due(n->next, now))
		return false;
	for (unsigned int i = 0; i < n->count; i++)
		if (n->own[i].nickname == NICKNAME_NONE) {
			if (choose(n, &n->own[i], used))
				any = true;
			else /* none is left in the campus */
				n->next = mono_add_s(now, NICKNAME_WAIT_MAX_S);
		}
	return any;
}

bool nicknames_synced(struct nicknames *n, const struct nickname_set *used, struct mono now)
{
	n->synced = true;
	return choose_all(n, used, now);
}

/* Each loss in a row doubles the wait for the next choice: 0, 1, 2, 4 seconds and so on. */
static void wait_longer(struct nicknames *n, struct mono now)
{
	uint64_t wait_s;

	if (mono_since_ms(n->changed, now) >= NICKNAME_WAIT_MAX_S * 1000)
		n->in_a_row = 0;
	wait_s = n->in_a_row ? 1ull << (n->in_a_row - 1) : 0;
	if (wait_s < NICKNAME_WAIT_MAX_S)
		n->in_a_row++;
	n->changed = now;
	n->next = mono_add_s(now, wait_s);
}

bool nicknames_contest(struct nicknames *n, const struct nickname_claim *claim,
	const struct nickname_set *used, struct mono now)
{
	for (unsigned int i = 0; i < n->count; i++) {
		struct nickname_own *own = &n->own[i];
		struct nickname_claim ours = {
			.nickname = own->nickname, .priority = own->priority, .holder = n->holder};
		struct nickname_set taken;

		if (own->nickname == NICKNAME_NONE || own->nickname != claim->nickname)
			continue;
		if (nickname_compare(&ours, claim) > 0) {
			n->conflicts_kept++;
			return false;
		}
		n->conflicts_lost++;
		own->nickname = NICKNAME_NONE;
		own->priority &= (uint8_t)~NICKNAME_CONFIGURED; /* what replaces it is not */
		wait_longer(n, now);
		taken = *used;
		nickname_set_add(&taken, claim->nickname);
		choose_all(n, &taken, now);
		return true;
	}
	return false;
}

bool nicknames_time(struct nicknames *n, const struct nickname_set *used, struct mono now)
{
	return choose_all(n, used, now);
}

struct mono nicknames_next(const struct nicknames *n)
{
	for (unsigned int i = 0; n->synced && i < n->count; i++)
		if (n->own[i].nickname == NICKNAME_NONE)
			return n->next;
	return MONO_NEVER;
}
