/* sendings: which report a message was about, by the message's counter. An agent sends them under
 * rising counters, and each acknowledgement names one: with thousands of guests it is not looked
 * for among all of them.
 *
 * It forgets: what was sent long ago, what has no room. What it says is a guess that its caller
 * checks. */
#ifndef SUNWARD_VMMOBILITY_SENDINGS_H
#define SUNWARD_VMMOBILITY_SENDINGS_H

#include <stdint.h>

#define SENDINGS_NO_SLOT UINT32_MAX

struct report;
struct sendings;

/* NULL when out of memory. */
struct sendings *sendings_new(void);
void sendings_free(struct sendings *s);

/* There is one more report. Returns its slot, or SENDINGS_NO_SLOT: it will not be found. */
uint32_t sendings_add(struct sendings *s, struct report *report);
/* The report of this slot is no more. */
void sendings_remove(struct sendings *s, uint32_t slot);
/* @counter is above all before, and went out for the report of @slot (or of none). */
void sendings_note(struct sendings *s, uint64_t counter, uint32_t slot);
/* Of the reports that there are, the one that it was probably about; NULL: not known. */
struct report *sendings_find(const struct sendings *s, uint64_t counter);

#endif
