/* xtr_oracle: what must hold of an xTR's core, whatever it is sent. */
#ifndef SUNWARD_TESTS_FUZZ_XTR_ORACLE_H
#define SUNWARD_TESTS_FUZZ_XTR_ORACLE_H

#include "tests/unit/xtr_world.h"

/* What the core sent last, to answer it. */
struct xtr_nonces {
	uint64_t request, registration, move, probe, info;
	struct eid asked; /* the request's */
	/* Of a protected one: its authentication data, as sent. */
	bool security;
	size_t ad_len;
	uint8_t ad[256];
};

/* Everything sent is well-formed and goes to somebody else; then it is forgotten. Aborts. */
void xtr_oracle_sent(struct world *w, struct xtr_nonces *n);
/* Bounds, and no way back into ourselves. */
void xtr_oracle_state(struct world *w);

#endif
