/* See moves.h. */
#include "mapserver/moves.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "lib/base/hash.h"

#define ROWS_FIRST   2  /* room that a new history has; it doubles up to MOVES_ROWS */
#define SETTLE_LOOKS 64 /* at those that flap, in one call */

struct history {
	TAILQ_ENTRY(history) by_age;  /* the one that moved last is at the end */
	TAILQ_ENTRY(history) by_flap; /* while flapping */
	struct history *next;         /* in its bucket */
	struct eid eid;
	uint64_t moves;
	struct mono held_until;
	bool flapping;
	uint8_t room, count, last; /* of rows: the ring */
	struct moves_row *rows;
};

TAILQ_HEAD(history_list, history);

struct wish {
	struct eid eid;
	struct moves_why why;
	struct mono at; /* ns 0: none */
};

struct moves {
	pthread_mutex_t lock;
	struct hash_key key;
	struct moves_flap flap;
	size_t max, count, flapping, bytes;
	struct history_list ages, flaps;
	struct wish *wishes; /* MOVES_WISHES, by hash: a later one takes an earlier one's place */
	size_t mask;         /* buckets less 1 */
	struct history *buckets[];
};

struct moves *moves_new(size_t max, const struct moves_flap *flap, const uint8_t secret[16])
{
	size_t buckets = 64;
	struct moves *m;

	while (buckets < max)
		buckets *= 2;
	m = calloc(1, sizeof(*m) + buckets * sizeof(m->buckets[0]));
	if (m)
		m->wishes = calloc(MOVES_WISHES, sizeof(*m->wishes));
	if (!m || !m->wishes) {
		free(m);
		return NULL;
	}
	pthread_mutex_init(&m->lock, NULL);
	hash_key_set(&m->key, secret);
	m->max = max;
	m->mask = buckets - 1;
	m->flap = *flap;
	TAILQ_INIT(&m->ages);
	TAILQ_INIT(&m->flaps);
	return m;
}

static struct history **bucket_of(struct moves *m, const struct eid *eid)
{
	return &m->buckets[eid_hash(&m->key, eid) & m->mask];
}

static struct history *find(struct moves *m, const struct eid *eid)
{
	struct history *h = *bucket_of(m, eid);

	while (h && !eid_equal(&h->eid, eid))
		h = h->next;
	return h;
}

static size_t bytes_of(const struct history *h)
{
	return sizeof(*h) + h->room * sizeof(h->rows[0]);
}

static void end_flapping(struct moves *m, struct history *h)
{
	if (!h->flapping)
		return;
	h->flapping = false;
	TAILQ_REMOVE(&m->flaps, h, by_flap);
	m->flapping--;
}

static void forget(struct moves *m, struct history *h)
{
	struct history **link = bucket_of(m, &h->eid);

	while (*link != h)
		link = &(*link)->next;
	*link = h->next;
	end_flapping(m, h);
	TAILQ_REMOVE(&m->ages, h, by_age);
	m->count--;
	m->bytes -= bytes_of(h);
	free(h->rows);
	free(h);
}

void moves_free(struct moves *m)
{
	if (!m)
		return;
	while (!TAILQ_EMPTY(&m->ages))
		forget(m, TAILQ_FIRST(&m->ages));
	pthread_mutex_destroy(&m->lock);
	free(m->wishes);
	free(m);
}

void moves_configure(struct moves *m, const struct moves_flap *flap)
{
	pthread_mutex_lock(&m->lock);
	m->flap = *flap;
	pthread_mutex_unlock(&m->lock);
}

static struct history *add(struct moves *m, const struct eid *eid)
{
	struct history **bucket = bucket_of(m, eid), *h;

	if (m->max == 0)
		return NULL;
	h = calloc(1, sizeof(*h));
	if (!h)
		return NULL;
	if (m->count == m->max)
		forget(m, TAILQ_FIRST(&m->ages));
	h->eid = *eid;
	h->next = *bucket;
	*bucket = h;
	TAILQ_INSERT_TAIL(&m->ages, h, by_age);
	m->count++;
	m->bytes += bytes_of(h);
	return h;
}

/* More room for the ring, in the order of time. Without memory it stays as long as it is. */
static void grow(struct moves *m, struct history *h)
{
	uint8_t room = h->room ? (uint8_t)(2 * h->room) : ROWS_FIRST;
	struct moves_row *rows = calloc(room, sizeof(*rows));

	if (!rows)
		return;
	for (unsigned int i = 0; i < h->count; i++)
		rows[i] = h->rows[(h->last + 1 + i) % h->room]; /* it is full: the next is the
								   oldest */
	free(h->rows);
	m->bytes += (room - h->room) * sizeof(*rows);
	h->rows = rows;
	h->last = (uint8_t)(h->count ? h->count - 1 : room - 1);
	h->room = room;
}

/* The @i-th latest. */
static const struct moves_row *row_at(const struct history *h, unsigned int i)
{
	return &h->rows[(h->last + h->room - i) % h->room];
}

static void append(struct moves *m, struct history *h, const struct moves_row *row)
{
	if (h->count == h->room && h->room < MOVES_ROWS)
		grow(m, h);
	if (!h->room)
		return;
	h->last = (uint8_t)((h->last + 1) % h->room);
	h->rows[h->last] = *row;
	if (h->count < h->room)
		h->count++;
}

/* How many of the moves that are remembered lie in the window. */
static unsigned int moves_within(const struct history *h, uint64_t window_ms, struct mono now)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < h->count; i++) {
		const struct moves_row *row = row_at(h, i);

		if (mono_since_ms(row->at, now) >= window_ms)
			break;
		n += row->move;
	}
	return n;
}

static bool flaps(const struct moves *m, const struct history *h, struct mono now)
{
	return m->flap.moves && moves_within(h, m->flap.window_ms, now) >= m->flap.moves;
}

static enum moves_news judge(struct moves *m, struct history *h, struct mono now)
{
	bool already = h->flapping;

	if (!flaps(m, h, now))
		return MOVES_QUIET;
	h->held_until = mono_add_ms(now, m->flap.hold_ms);
	if (already)
		return MOVES_HELD;
	h->flapping = true;
	TAILQ_INSERT_TAIL(&m->flaps, h, by_flap);
	m->flapping++;
	return MOVES_FLAPPING;
}

static void first_locator(const struct mapping *m, struct address *out)
{
	struct wire_fault fault;
	struct lisp_record rec;
	struct lisp_rloc rloc;

	if (!m)
		return;
	rec = locators_iterate(
		m->locators->wire, m->locators->wire_len, m->locators->count, &fault);
	if (!lisp_rloc_next(&rec, &rloc) || !lisp_field_locator(&rloc.field, out))
		memset(out, 0, sizeof(*out));
}

/* ---- moves that are prepared ---- */

static struct wish *wish_of(struct moves *m, const struct eid *eid)
{
	return &m->wishes[eid_hash(&m->key, eid) % MOVES_WISHES];
}

static bool stands(const struct wish *w, const struct eid *eid, struct mono now)
{
	return w->at.ns && eid_equal(&w->eid, eid) && mono_since_ms(w->at, now) < MOVES_WISH_MS;
}

void moves_prepared(
	struct moves *m, const struct eid *eid, const struct moves_why *why, struct mono now)
{
	struct wish *w;

	pthread_mutex_lock(&m->lock);
	w = wish_of(m, eid);
	if (!stands(w, eid, now) || w->why.move != why->move) /* else a repetition */
		*w = (struct wish){.eid = *eid, .at = now};
	w->why = *why;
	pthread_mutex_unlock(&m->lock);
}

bool moves_why(struct moves *m, const struct eid *eid, struct mono now, struct moves_why *why)
{
	const struct wish *w;
	bool known;

	pthread_mutex_lock(&m->lock);
	w = wish_of(m, eid);
	known = stands(w, eid, now);
	if (known)
		*why = w->why;
	pthread_mutex_unlock(&m->lock);
	return known;
}

/* ---- steps ---- */

static uint32_t us_between(struct mono from, struct mono to)
{
	uint64_t us = mono_since_us(from, to);

	return us < MOVES_NOT ? (uint32_t)us : MOVES_NOT - 1;
}

static void put_steps(struct moves_row *row, const struct moves_steps *s)
{
	row->prepared_us = row->committed_us = row->published_us = row->acked_us = MOVES_NOT;
	if (!s->received.ns)
		return;
	row->committed_us = us_between(s->received, s->committed);
	row->published_us = us_between(s->received, s->published);
	row->at = s->received;
}

/* The wish has come true; the next move is another one. */
static void take_wish(struct moves *m, const struct eid *eid, struct moves_row *row)
{
	struct wish *w = wish_of(m, eid);

	if (!stands(w, eid, row->at))
		return;
	row->why = w->why;
	row->prepared_us = us_between(w->at, row->at);
	w->at.ns = 0;
}

void moves_acknowledged(struct moves *m, const struct eid *eid, struct mono now)
{
	struct history *h;

	pthread_mutex_lock(&m->lock);
	h = m->count ? find(m, eid) : NULL;
	if (h && h->count && h->rows[h->last].committed_us != MOVES_NOT)
		h->rows[h->last].acked_us = us_between(h->rows[h->last].at, now);
	pthread_mutex_unlock(&m->lock);
}

enum moves_news moves_note(
	struct moves *m, const struct change *c, const struct moves_steps *steps, struct mono now)
{
	struct moves_row row = {.at = now,
		.seq = c->seq,
		.from = c->left,
		.to = c->new ? c->new->owner : NULL,
		.kind = c->kind};
	enum moves_news news = MOVES_QUIET;
	struct history *h;

	row.move = row.to && row.from && row.from != row.to;
	first_locator(c->new, &row.locator);
	put_steps(&row, steps);
	pthread_mutex_lock(&m->lock);
	if (row.move)
		take_wish(m, &c->eid, &row);
	h = find(m, &c->eid);
	if (!h && row.move)
		h = add(m, &c->eid);
	if (h)
		append(m, h, &row);
	if (h && row.move) {
		h->moves++;
		TAILQ_REMOVE(&m->ages, h, by_age);
		TAILQ_INSERT_TAIL(&m->ages, h, by_age);
		news = judge(m, h, now);
	}
	pthread_mutex_unlock(&m->lock);
	return news;
}

bool moves_held(struct moves *m, const struct eid *eid, struct mono now)
{
	struct history *h;
	bool held;

	pthread_mutex_lock(&m->lock);
	h = m->flapping ? find(m, eid) : NULL;
	held = h && h->flapping && !mono_due(h->held_until, now);
	pthread_mutex_unlock(&m->lock);
	return held;
}

bool moves_settled(struct moves *m, struct mono now, struct eid *eid)
{
	struct history *h;
	bool found = false;

	pthread_mutex_lock(&m->lock);
	for (unsigned int i = 0; i < SETTLE_LOOKS && !found; i++) {
		h = TAILQ_FIRST(&m->flaps);
		if (!h)
			break;
		if (flaps(m, h, now) || !mono_due(h->held_until, now)) {
			TAILQ_REMOVE(&m->flaps, h, by_flap);
			TAILQ_INSERT_TAIL(&m->flaps, h, by_flap);
			continue;
		}
		*eid = h->eid;
		end_flapping(m, h);
		found = true;
	}
	pthread_mutex_unlock(&m->lock);
	return found;
}

bool moves_history(
	struct moves *m, const struct eid *eid, struct mono now, struct moves_history *out)
{
	const struct history *h;

	memset(out, 0, sizeof(*out));
	pthread_mutex_lock(&m->lock);
	h = find(m, eid);
	if (h) {
		out->count = h->count;
		for (unsigned int i = 0; i < h->count; i++)
			out->rows[i] = *row_at(h, i);
		out->moves = h->moves;
		out->flapping = h->flapping;
		out->held_ms = h->flapping ? mono_since_ms(now, h->held_until) : 0;
	}
	pthread_mutex_unlock(&m->lock);
	return h != NULL;
}

static size_t read_locked(struct moves *m, const size_t *value)
{
	size_t v;

	pthread_mutex_lock(&m->lock);
	v = *value;
	pthread_mutex_unlock(&m->lock);
	return v;
}

size_t moves_flapping(struct moves *m)
{
	return read_locked(m, &m->flapping);
}

size_t moves_count(struct moves *m)
{
	return read_locked(m, &m->count);
}

size_t moves_memory(struct moves *m)
{
	return read_locked(m, &m->bytes);
}
