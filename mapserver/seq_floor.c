/* See seq_floor.h. */
#include "mapserver/seq_floor.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/wire.h"
#include "lisp/stored.h"

#define BLOCK      (1ull << 32) /* numbers that one run may use */
#define TIME_SHIFT 24           /* of the seconds since 1970: more changes than anybody makes */

uint64_t seq_floor_of_time(uint64_t wall_s)
{
	return wall_s << TIME_SHIFT;
}

uint64_t seq_floor_end(uint64_t floor)
{
	return floor + BLOCK;
}

void seq_floor_value(uint64_t floor, uint8_t value[SEQ_FLOOR_VALUE])
{
	struct wire_writer w;

	wire_writer_init(&w, value, SEQ_FLOOR_VALUE);
	wire_put_u64(&w, seq_floor_end(floor));
}

/* The store is not what it was when the last numbers were reserved, or nobody knows. */
static bool floor_is_unsure(struct store *store, int mark, bool has_floor)
{
	struct store_stat st;

	store_stat(store, &st);
	return mark == -EBADMSG ||
	       (mark == -ENOENT && (has_floor || st.opening.found == STORE_FROM_SNAPSHOT ||
					   st.opening.found == STORE_LOST));
}

static uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Above all numbers that were ever given in this directory. */
static int read_floor(struct store *store, uint64_t wall_s, uint64_t *floor)
{
	uint8_t value[SEQ_FLOOR_VALUE] = {0};
	struct wire_fault fault;
	struct wire_reader r;
	uint64_t beside = 0;
	size_t len = sizeof(value);
	int err, mark;

	err = store_get(store, STORED_STATE, SEQ_FLOOR_KEY, strlen(SEQ_FLOOR_KEY), value, &len);
	if (err && err != -ENOENT)
		return err;
	mark = store_mark(store, &beside);
	if (mark && mark != -ENOENT && mark != -EBADMSG && mark != -ENOTSUP)
		return mark;
	wire_reader_init(&r, value, sizeof(value), &fault);
	*floor = max_u64(wire_get_u64(&r, SEQ_FLOOR_KEY), mark ? 0 : beside);
	if (floor_is_unsure(store, mark, !err))
		*floor = max_u64(*floor, seq_floor_of_time(wall_s));
	return 0;
}

int seq_floor_recover(struct store *store, uint64_t at_least, uint64_t wall_s, uint64_t *floor,
	char *why, size_t why_size)
{
	uint8_t value[SEQ_FLOOR_VALUE];
	struct store_change change = {.table = STORED_STATE,
		.key = SEQ_FLOOR_KEY,
		.key_len = strlen(SEQ_FLOOR_KEY),
		.value = value,
		.value_len = sizeof(value)};
	int err = read_floor(store, wall_s, floor);

	if (err) {
		*floor = UINT64_MAX;
		snprintf(why, why_size, "cannot read the sequence number: %s", strerror(-err));
		return err;
	}
	*floor = max_u64(*floor, at_least);
	seq_floor_value(*floor, value);
	err = store_mark_raise(store, seq_floor_end(*floor));
	if (!err)
		err = store_commit(store, &change, 1);
	if (!err) /* else a loss of power in this second would give the numbers again */
		err = store_sync(store);
	if (err)
		snprintf(why, why_size, "cannot reserve sequence numbers: %s", strerror(-err));
	return err;
}

int seq_floor_save(struct store *store, uint64_t floor)
{
	return store_mark_raise(store, seq_floor_end(floor)) ? store_mark_drop(store) : 0;
}
