/* random: the source of nonces, jitter and secrets that a shell hands to its core.
 *
 * A core never reads entropy: it is given a struct random. Shells give random_system_init(), whose
 * bytes cannot be foretold; tests and the simulator give random_seeded_init(), whose bytes are the
 * same for the same seed. */
#ifndef SUNWARD_LIB_BASE_RANDOM_H
#define SUNWARD_LIB_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
	/* Fill @n bytes. Never fails. */
	void (*fill)(struct random *random, void *bytes, size_t n);
};

/* From the kernel's generator; any thread may use it. */
void random_system_init(struct random *random);

struct random_seeded {
	struct random random; /* hand out &seeded.random */
	uint64_t s[4];
};

/* Not for anything secret. One thread. */
void random_seeded_init(struct random_seeded *seeded, uint64_t seed);

void random_bytes(struct random *random, void *bytes, size_t n);
uint32_t random_u32(struct random *random);
uint64_t random_u64(struct random *random);
/* Evenly from 0 to @n - 1; 0 when @n is 0. */
uint64_t random_below(struct random *random, uint64_t n);
/* @value plus or minus at most @percent of it, evenly: jitter of a timer. */
uint64_t random_jitter(struct random *random, uint64_t value, unsigned int percent);

#endif
