/* campus_claims: what this agent has told its RBridge of cards and not taken back: what it says of
 * a card stands there until it does, also when the card is not its guest's any more.
 *
 * Pure. Who goes through all cards that there are says each again between begin and end; what was
 * not said again, nor is kept, is to be taken back. */
#ifndef SUNWARD_VMMOBILITY_CAMPUS_CLAIMS_H
#define SUNWARD_VMMOBILITY_CAMPUS_CLAIMS_H

#include <stdbool.h>

#include "vmmobility/agent_campus.h"

struct campus_claims;

/* NULL: out of memory. */
struct campus_claims *campus_claims_new(void);
void campus_claims_free(struct campus_claims *c);
/* @card is here. True: that was not said before, or it was otherwise, and is to be told. */
bool campus_claims_say(struct campus_claims *c, const struct agent_campus_card *card);
/* What was said of it, if anything was, stands. */
void campus_claims_keep(struct campus_claims *c, const struct agent_campus_card *card);
/* It was taken back. */
void campus_claims_forget(struct campus_claims *c, const struct agent_campus_card *card);
void campus_claims_begin(struct campus_claims *c);
/* Those of which nothing was heard since begin are forgotten; @gone hears of each. */
void campus_claims_end(struct campus_claims *c,
	void (*gone)(void *arg, const struct agent_campus_card *card), void *arg);

#endif
