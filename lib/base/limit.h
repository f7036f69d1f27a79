/* limit: how often something may happen: token buckets, single and by key.
 *
 * Pure: time is an argument. A bucket is one number, the time until which its tokens are spent (the
 * generic cell rate algorithm), so it needs no refill and no timer. */
#ifndef SUNWARD_LIB_BASE_LIMIT_H
#define SUNWARD_LIB_BASE_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/clock.h"

struct limit_rate {
	uint64_t interval_ns; /* a token comes back in this time; 0: there is no limit */
	uint64_t depth_ns;    /* interval x burst */
};

/* @per_s tokens a second, @burst (at least 1) at once. @per_s 0: no limit. */
struct limit_rate limit_per_s(uint32_t per_s, uint32_t burst);
/* A token every @ms, @burst (at least 1) at once. @ms 0: no limit. */
struct limit_rate limit_every_ms(uint64_t ms, uint32_t burst);

/* One bucket. All zero is a full one. */
struct limit {
	uint64_t spent_until_ns;
};

/* Take a token; false when there is none. One thread. */
bool limit_take(struct limit *limit, const struct limit_rate *rate, struct mono now);
/* Take @count tokens (at least 1), or none of them. */
bool limit_take_all(
	struct limit *limit, const struct limit_rate *rate, uint32_t count, struct mono now);
/* The same as limit_take() for a bucket that threads share. */
bool limit_take_shared(struct limit *limit, const struct limit_rate *rate, struct mono now);

#define LIMIT_KEY_MAX 24 /* bytes */

/* Buckets by key, at most a fixed number of them; when a new key comes and all are taken, the one
 * not used for longest gives way. A sender who can use more keys than there are buckets escapes the
 * limit by key, never the memory bound: put a limit over all beside it. One thread. */
struct limit_table;

/* @capacity buckets, all allocated here; @secret: 16 random bytes. NULL when out of memory. */
struct limit_table *limit_table_new(
	uint32_t capacity, struct limit_rate rate, const uint8_t secret[16]);
void limit_table_free(struct limit_table *t);
/* Take a token of @key (@len up to LIMIT_KEY_MAX bytes). */
bool limit_table_take(struct limit_table *t, const void *key, size_t len, struct mono now);
uint32_t limit_table_count(const struct limit_table *t);
/* Buckets that gave way before they were full again. */
uint64_t limit_table_evicted(const struct limit_table *t);
/* The same for threads together: one of a fixed number of shared buckets for each key, by its keyed
 * hash. No number of keys escapes it; keys that share a bucket share its tokens, so give it many
 * more buckets than keys are busy at a time. */
struct limit_shared;

/* @buckets a power of two; @secret: 16 random bytes. NULL when out of memory. */
struct limit_shared *limit_shared_new(
	uint32_t buckets, struct limit_rate rate, const uint8_t secret[16]);
void limit_shared_free(struct limit_shared *t);
bool limit_shared_take(struct limit_shared *t, const void *key, size_t len, struct mono now);
/* There is a token of @key; takes none. */
bool limit_shared_left(struct limit_shared *t, const void *key, size_t len, struct mono now);

#endif
