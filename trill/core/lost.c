/* See lost.h. Rows are gone through from the highest counter down, and a label that a row has told
 * of is left out from there on: so of what rows have in common only the first is looked at. */
#include "trill/core/lost.h"

#include <stdlib.h>

/* Counters wrap, so they are compared by their distance from the first row's. */
struct ranked {
	int32_t above;
	uint32_t row;
};

static int order(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->above != y->above)
		return x->above > y->above ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

/* Labels that no row has told of yet: VLANs by ID, fine-grained ones by their place among those in
 * use, which is the order of labels. */
struct untold {
	struct label_set set;
	unsigned int looked;
};

static void untold_init(struct untold *u, const struct labels *labels, const struct label_set *of)
{
	u->looked = 0;
	label_set_clear(&u->set);
	for (unsigned int i = 0; i < LABELS_FIRST / 64; i++)
		u->set.bits[i] = of->bits[i];
	for (unsigned int i = 0; labels && i < labels->count; i++)
		if (label_set_has(of, labels->sorted[i]))
			label_set_add(&u->set, LABELS_FIRST + i);
}

/* Those from @first to @last (excluded) that @row speaks of. */
static void take(struct lost *l, struct untold *u, const struct campus_interest *row,
	const struct labels *labels, unsigned int first, unsigned int last)
{
	for (unsigned int at = label_set_next(&u->set, first); at && at < last;
		at = label_set_next(&u->set, at + 1)) {
		unsigned int number = row->fgl ? labels->sorted[at - LABELS_FIRST] : at;

		u->looked++;
		if (row->bitmap && !campus_interest_has(row, labels_label(labels, number)))
			continue;
		u->set.bits[at / 64] &= ~(1ull << at % 64);
		label_set_add(&l->said, number);
		l->counter[number] = row->af_lost;
	}
}

unsigned int lost_read(struct lost *l, const struct campus_interest *rows, uint32_t count,
	const struct labels *labels, const struct label_set *of)
{
	struct ranked *ranked = calloc(count + 1, sizeof(*ranked));
	struct untold u;

	label_set_clear(&l->said);
	if (!ranked)
		return 0; /* as if nothing was said: what was learned ages */
	for (uint32_t i = 0; i < count; i++)
		ranked[i] = (struct ranked){(int32_t)(rows[i].af_lost - rows[0].af_lost), i};
	qsort(ranked, count, sizeof(*ranked), order);
	untold_init(&u, labels, of);
	for (uint32_t i = 0; i < count; i++) {
		const struct campus_interest *row = &rows[ranked[i].row];

		if (!row->fgl)
			take(l, &u, row, labels, row->start, row->end + 1);
		else if (labels)
			take(l, &u, row, labels, LABELS_FIRST + labels_from(labels, row->start),
				LABELS_FIRST + labels_from(labels, row->end + 1));
	}
	free(ranked);
	return u.looked;
}
