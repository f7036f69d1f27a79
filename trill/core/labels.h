/* labels: the numbers by which an RBridge knows Data Labels, so that tables and sets are indexed by
 * 16 bits (RFC 7172).
 *
 * A VLAN's number is its ID, 1 to 0xFFE. A fine-grained label, of 24 bits, gets one of the numbers
 * from LABELS_FIRST on when a port of ours is mapped to it (it is pinned), or when somebody in the
 * campus says that he wants it, and keeps it as long. Numbers mean nothing to other RBridges. Half
 * of them are for our own labels, whatever the campus says; the trees are not pruned by a label
 * that found no number (RFC 7172 section 4.2.2: "Pruning is an optimization").
 *
 * It does not know ports, LSPs or frames. */
#ifndef SUNWARD_TRILL_CORE_LABELS_H
#define SUNWARD_TRILL_CORE_LABELS_H

#include "trill/codec/vlan_set.h"

#define LABELS_FIRST      4096 /* below, VLANs */
#define LABELS_FGL_MAX    4096 /* fine-grained labels that have numbers at once */
#define LABELS_PINNED_MAX 2048 /* of ours; as many are left for what others say */
#define LABELS_NUMBERS    (LABELS_FIRST + LABELS_FGL_MAX)
#define LABELS_WORDS      (LABELS_NUMBERS / 64)

/* Numbers of labels. Its first half is a struct vlan_set. */
struct label_set {
	uint64_t bits[LABELS_WORDS]; /* number n is bit n % 64 of word n / 64 */
};

/* A number that a VLAN or a fine-grained label may have. */
static inline bool label_number_usable(unsigned int number)
{
	return vlan_usable(number) || (number >= LABELS_FIRST && number < LABELS_NUMBERS);
}

static inline bool label_set_has(const struct label_set *s, unsigned int number)
{
	return number < LABELS_NUMBERS && s->bits[number / 64] >> (number % 64) & 1;
}

void label_set_clear(struct label_set *s);
/* What no label can have is not put in. */
void label_set_add(struct label_set *s, unsigned int number);
/* The VLANs from @first to @last. */
void label_set_add_range(struct label_set *s, unsigned int first, unsigned int last);
void label_set_add_vlans(struct label_set *s, const struct vlan_set *vlans);
void label_set_add_all(struct label_set *s, const struct label_set *more);
void label_set_take_all(struct label_set *s, const struct label_set *less);
bool label_set_is_empty(const struct label_set *s);
/* The lowest number in @s that is at least @from; 0: none. */
unsigned int label_set_next(const struct label_set *s, unsigned int from);

struct labels_row {
	uint32_t fgl;
	uint16_t pins; /* ports of ours that are mapped to it, each time */
	bool used;
	bool heard; /* the campus says that it is wanted */
};

struct labels {
	struct labels_row rows[LABELS_FGL_MAX]; /* by number - LABELS_FIRST */
	uint16_t sorted[LABELS_FGL_MAX];        /* numbers in use, by their labels */
	unsigned int count, pinned;
	unsigned int free_from; /* no row below is free */
	bool cut;               /* the campus names more than there is room for */
};

void labels_init(struct labels *l);

/* 0: it has none. */
uint16_t labels_number(const struct labels *l, struct label label);
/* Of a number in use. */
struct label labels_label(const struct labels *l, uint16_t number);
/* Of those in use, by their labels, the first that is at least @fgl: an index of sorted[], or
 * count.
 */
unsigned int labels_from(const struct labels *l, uint32_t fgl);
/* The label of sorted[i]. */
static inline uint32_t labels_at(const struct labels *l, unsigned int i)
{
	return l->rows[l->sorted[i] - LABELS_FIRST].fgl;
}

/* One more mapping of ours. 0: there are LABELS_PINNED_MAX of our labels already. */
uint16_t labels_pin(struct labels *l, uint32_t fgl);
void labels_unpin(struct labels *l, uint16_t number);

/* All that the campus says, anew: between begin and end, each label that somebody wants. What was
 * not named and is not pinned has no number afterwards. */
void labels_hear_begin(struct labels *l);
void labels_hear(struct labels *l, uint32_t fgl);
void labels_hear_end(struct labels *l);

#endif
