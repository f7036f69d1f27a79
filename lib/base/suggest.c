/* See suggest.h. The distance is Damerau's in its restricted form: three rows of the usual table
 * are kept. */
#include "lib/base/suggest.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#define WORD_MAX 64

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

static int folded(char c)
{
	return tolower((unsigned char)c);
}

unsigned int suggest_distance(const char *a, const char *b)
{
	unsigned int rows[3][WORD_MAX + 1] = {0}, *before = rows[0], *last = rows[1],
					*row = rows[2];
	size_t la = strlen(a), lb = strlen(b);

	if (la > WORD_MAX || lb > WORD_MAX)
		return UINT16_MAX;
	for (size_t j = 0; j <= lb; j++)
		last[j] = (unsigned int)j;
	for (size_t i = 1; i <= la; i++) {
		unsigned int *spare = before;

		row[0] = (unsigned int)i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned int wrong = folded(a[i - 1]) != folded(b[j - 1]);

			row[j] = least(least(last[j] + 1, row[j - 1] + 1), last[j - 1] + wrong);
			if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) &&
				folded(a[i - 2]) == folded(b[j - 1]))
				row[j] = least(row[j], before[j - 2] + 1);
		}
		before = last;
		last = row;
		row = spare;
	}
	return last[lb];
}

void suggest_start(struct suggest *s, const char *given)
{
	*s = (struct suggest){.given = given, .distance = UINT16_MAX};
}

void suggest_offer(struct suggest *s, const char *word)
{
	unsigned int d = suggest_distance(s->given, word);

	if (d > (strlen(word) + 2) / 3 || d >= s->distance)
		return;
	s->best = word;
	s->distance = d;
}
