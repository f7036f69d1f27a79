/* handover_reason: the words for why a guest moves (enum handover_reason), as people and programs
 * say them. */
#ifndef SUNWARD_LISP_HANDOVER_REASON_H
#define SUNWARD_LISP_HANDOVER_REASON_H

#include <stdbool.h>
#include <stdint.h>

/* For people who gave a word that is none. */
#define HANDOVER_REASON_WORDS "operator, planner, evacuation or failover"

/* "none", "operator", ...; "unknown" of one that is not known yet. */
const char *handover_reason_name(uint8_t reason);
/* False: @word is none of them. */
bool handover_reason_parse(const char *word, uint8_t *reason);

#endif
