/* state: what of a daemon that others know by its messages must outlive a restart: its nonces and
 * its ID of 128 bits.
 *
 * A Map-Server refuses a registration whose nonce is not above the last one (RFC 9301 section 5.6),
 * an xTR an agent's message, so whoever is restarted begins above every nonce that it may have
 * used. Blocks are reserved on disk ahead of use; a message costs no write. */
#ifndef SUNWARD_COMMON_STATE_H
#define SUNWARD_COMMON_STATE_H

#include <stdint.h>

struct state;
struct log;
struct random;

/* Opens @dir (made when its parent is there). @daemon: "xtr", a literal that names what is kept.
 * @wall_s: seconds since 1970; should the folder have been lost, nonces begin above those of the
 * past all the same. NULL after logging why. */
struct state *state_open(const char *dir, const char *daemon, uint64_t wall_s, struct log *log);
void state_close(struct state *s);

/* The first nonce to use. */
uint64_t state_first_nonce(const struct state *s);
/* Call with the core's next nonce after each round: reserves another block when the last one is
 * half used. A failure is logged, rate-limited by the block, and tried again. */
void state_use_nonce(struct state *s, uint64_t next);
/* The ID kept here; drawn from @random the first time. */
void state_id(struct state *s, struct random *random, uint8_t id[16]);

#endif
