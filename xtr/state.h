/* state: what of an xTR must outlive a restart: its nonces and its xTR-ID.
 *
 * A Map-Server refuses a registration whose nonce is not above the last one (RFC 9301 section 5.6),
 * so a restarted xTR begins above every nonce that it may have used. Blocks are reserved on disk
 * ahead of use; a message costs no write. */
#ifndef SUNWARD_XTR_STATE_H
#define SUNWARD_XTR_STATE_H

#include "lisp/lisp.h"

struct state;
struct log;
struct random;

/* Opens @dir (made when its parent is there). @wall_s: seconds since 1970; should the folder have
 * been lost, nonces begin above those of the past all the same. NULL after logging why. */
struct state *state_open(const char *dir, uint64_t wall_s, struct log *log);
void state_close(struct state *s);

/* The first nonce to use. */
uint64_t state_first_nonce(const struct state *s);
/* Call with the core's next nonce after each round: reserves another block when the last one is
 * half used. A failure is logged, rate-limited by the block, and tried again. */
void state_use_nonce(struct state *s, uint64_t next);
/* The xTR-ID kept here; drawn from @random the first time. */
void state_xtr_id(struct state *s, struct random *random, struct lisp_xtr_id *id);

#endif
