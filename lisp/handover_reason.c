/* See handover_reason.h. */
#include "lisp/handover_reason.h"

#include <stddef.h>
#include <string.h>

#include "lisp/handover.h"

static const char *const words[] = {[HANDOVER_NO_REASON] = "none",
	[HANDOVER_OPERATOR] = "operator",
	[HANDOVER_PLANNER] = "planner",
	[HANDOVER_EVACUATION] = "evacuation",
	[HANDOVER_FAILOVER] = "failover"};

#define COUNT (sizeof(words) / sizeof(words[0]))

const char *handover_reason_name(uint8_t reason)
{
	return reason < COUNT ? words[reason] : "unknown";
}

bool handover_reason_parse(const char *word, uint8_t *reason)
{
	for (size_t i = 0; i < COUNT; i++)
		if (strcmp(word, words[i]) == 0) {
			*reason = (uint8_t)i;
			return true;
		}
	return false;
}
