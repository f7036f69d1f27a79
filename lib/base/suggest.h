/* suggest: "did you mean ...?" for words that people type.
 *
 * Pure. Knows words only: who lists the right ones, and where the mistake stood, is the caller's.
 */
#ifndef SUNWARD_LIB_BASE_SUGGEST_H
#define SUNWARD_LIB_BASE_SUGGEST_H

#include <stddef.h>

/* Edits (insert, delete, replace, swap of neighbours) that turn @a into @b, case ignored. Words
 * longer than 64 bytes count as wholly different. */
unsigned int suggest_distance(const char *a, const char *b);

struct suggest {
	const char *given;
	const char *best; /* NULL: nothing near */
	unsigned int distance;
};

/* Offer the right words one by one; @best is then the nearest that a slip of the hand explains (at
 * most a third of its letters are wrong), the first of equals. Borrows all strings. */
void suggest_start(struct suggest *s, const char *given);
void suggest_offer(struct suggest *s, const char *word);

#endif
