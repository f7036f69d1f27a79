/* state: what of a daemon that others know by its messages must outlive a restart: its nonces and
 * its ID of 128 bits.
 *
 * A Map-Server refuses a registration whose nonce is not above the last one (RFC 9301 section 5.6),
 * an xTR an agent's message, so whoever is restarted begins above every nonce that it may have
 * used. Blocks are reserved on disk ahead of use; a message costs no write. The reservation stands
 * in the store and beside it, so that a damaged store costs no more than the records in it.
 *
 * Beside these a daemon may keep records of its own, under keys that hold a '/'. */
#ifndef SUNWARD_COMMON_STATE_H
#define SUNWARD_COMMON_STATE_H

#include <stdbool.h>
#include <stddef.h>
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

/* Keep @value (NULL: nothing any more) under @key, which holds a '/'. It outlives kill -9 when this
 * returns; power loss may take the last second. 0 or -errno. */
int state_keep(
	struct state *s, const void *key, size_t key_len, const void *value, size_t value_len);
/* Call @each for what is kept under keys that begin with @prefix, by the order of their bytes,
 * until it returns false; it must not keep anything meanwhile. Damaged records are left out. 0 or
 * -errno. */
int state_kept(struct state *s, const char *prefix,
	bool (*each)(
		void *arg, const void *key, size_t key_len, const void *value, size_t value_len),
	void *arg);

#endif
