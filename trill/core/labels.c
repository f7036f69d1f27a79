/* See labels.h. */
#include "trill/core/labels.h"

#include <string.h>

void label_set_clear(struct label_set *s)
{
	memset(s, 0, sizeof(*s));
}

void label_set_add(struct label_set *s, unsigned int number)
{
	if (label_number_usable(number))
		s->bits[number / 64] |= 1ull << (number % 64);
}

void label_set_add_range(struct label_set *s, unsigned int first, unsigned int last)
{
	if (!first)
		first = 1;
	if (last > VLAN_LAST)
		last = VLAN_LAST;
	for (unsigned int i = first / 64; first <= last && i <= last / 64; i++) {
		uint64_t bits = ~0ull;

		if (i == first / 64)
			bits &= ~0ull << first % 64;
		if (i == last / 64)
			bits &= ~0ull >> (63 - last % 64);
		s->bits[i] |= bits;
	}
}

void label_set_add_vlans(struct label_set *s, const struct vlan_set *vlans)
{
	for (unsigned int i = 0; i < LABELS_FIRST / 64; i++)
		s->bits[i] |= vlans->bits[i];
}

void label_set_add_all(struct label_set *s, const struct label_set *more)
{
	for (unsigned int i = 0; i < LABELS_WORDS; i++)
		s->bits[i] |= more->bits[i];
}

void label_set_take_all(struct label_set *s, const struct label_set *less)
{
	for (unsigned int i = 0; i < LABELS_WORDS; i++)
		s->bits[i] &= ~less->bits[i];
}

bool label_set_is_empty(const struct label_set *s)
{
	return !label_set_next(s, 1);
}

unsigned int label_set_next(const struct label_set *s, unsigned int from)
{
	unsigned int word = from / 64;
	uint64_t bits;

	if (from >= LABELS_NUMBERS)
		return 0;
	for (bits = s->bits[word] & ~0ull << from % 64; !bits; bits = s->bits[word])
		if (++word == LABELS_WORDS)
			return 0;
	return word * 64 + (unsigned int)__builtin_ctzll(bits);
}

void labels_init(struct labels *l)
{
	memset(l, 0, sizeof(*l));
}

static struct labels_row *row_of(struct labels *l, uint16_t number)
{
	return &l->rows[number - LABELS_FIRST];
}

unsigned int labels_from(const struct labels *l, uint32_t fgl)
{
	unsigned int low = 0, high = l->count;

	while (low < high) {
		unsigned int middle = (low + high) / 2;

		if (labels_at(l, middle) < fgl)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint16_t labels_number(const struct labels *l, struct label label)
{
	unsigned int at;

	if (!label.fgl)
		return vlan_usable(label.id) ? (uint16_t)label.id : 0;
	at = labels_from(l, label.id);
	return at < l->count && labels_at(l, at) == label.id ? l->sorted[at] : 0;
}

struct label labels_label(const struct labels *l, uint16_t number)
{
	if (number < LABELS_FIRST)
		return (struct label){.id = number};
	return (struct label){.id = l->rows[number - LABELS_FIRST].fgl, .fgl = true};
}

/* A row for @fgl, which has none; the caller knows that one is free. */
static uint16_t row_take(struct labels *l, uint32_t fgl)
{
	unsigned int at = labels_from(l, fgl), i = l->free_from;
	uint16_t number;

	while (l->rows[i].used)
		i++;
	l->free_from = i + 1;
	number = (uint16_t)(LABELS_FIRST + i);
	memmove(l->sorted + at + 1, l->sorted + at, (l->count - at) * sizeof(*l->sorted));
	l->sorted[at] = number;
	l->count++;
	l->rows[i] = (struct labels_row){.fgl = fgl, .used = true};
	return number;
}

static void row_give_back(struct labels *l, uint16_t number)
{
	unsigned int at = labels_from(l, row_of(l, number)->fgl), i = number - LABELS_FIRST;

	l->count--;
	memmove(l->sorted + at, l->sorted + at + 1, (l->count - at) * sizeof(*l->sorted));
	memset(&l->rows[i], 0, sizeof(l->rows[i]));
	if (i < l->free_from)
		l->free_from = i;
}

/* Rows that are pinned are at most one half, and those that are only heard of the other. */
static unsigned int heard_alone(const struct labels *l)
{
	return l->count - l->pinned;
}

/* One that is only heard of makes room: what was ours before may be more than their half. */
static void heard_drop(struct labels *l)
{
	unsigned int i = l->count - 1;

	while (row_of(l, l->sorted[i])->pins)
		i--;
	row_give_back(l, l->sorted[i]);
}

uint16_t labels_pin(struct labels *l, uint32_t fgl)
{
	uint16_t number = labels_number(l, (struct label){.id = fgl, .fgl = true});
	struct labels_row *row = number ? row_of(l, number) : NULL;

	if (fgl > FGL_LAST || (!(row && row->pins) && l->pinned == LABELS_PINNED_MAX))
		return 0;
	if (!row && l->count == LABELS_FGL_MAX)
		heard_drop(l);
	if (!row) {
		number = row_take(l, fgl);
		row = row_of(l, number);
	}
	l->pinned += !row->pins++;
	return number;
}

void labels_unpin(struct labels *l, uint16_t number)
{
	struct labels_row *row = row_of(l, number);

	if (--row->pins)
		return;
	l->pinned--;
	if (!row->heard)
		row_give_back(l, number);
}

void labels_hear_begin(struct labels *l)
{
	for (unsigned int i = 0; i < l->count; i++)
		row_of(l, l->sorted[i])->heard = false;
	l->cut = false;
}

void labels_hear(struct labels *l, uint32_t fgl)
{
	uint16_t number = labels_number(l, (struct label){.id = fgl, .fgl = true});

	if (!number && (fgl > FGL_LAST || heard_alone(l) >= LABELS_FGL_MAX - LABELS_PINNED_MAX)) {
		l->cut = true;
		return;
	}
	if (!number)
		number = row_take(l, fgl);
	row_of(l, number)->heard = true;
}

void labels_hear_end(struct labels *l)
{
	for (unsigned int i = l->count; i-- > 0;) {
		const struct labels_row *row = row_of(l, l->sorted[i]);

		if (!row->heard && !row->pins)
			row_give_back(l, l->sorted[i]);
	}
}
