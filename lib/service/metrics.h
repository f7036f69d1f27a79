/* metrics: counters declared once in a table, counted per thread, summed when asked, told as
 * Prometheus text.
 *
 * Each thread that counts owns a shard (cache-line padded): counting is a relaxed load and store of
 * a cell that no other thread writes. Gauges and foreign counters are read by a function at each
 * snapshot. Knows no daemon. */
#ifndef SUNWARD_LIB_SERVICE_METRICS_H
#define SUNWARD_LIB_SERVICE_METRICS_H

#include <stddef.h>
#include <stdint.h>

struct evbuffer;
struct json_object;

enum metric_type {
	METRIC_COUNTER, /* name ends in _total */
	METRIC_GAUGE,
};

/* One row. Rows of one name stand together and differ in their label's value; help and type are the
 * first's. */
struct metric {
	const char *name; /* "sunward_mapserver_dropped_total" */
	const char *help;
	const char *label; /* "reason", or NULL */
	const char *value; /* "bad-mac" */
	enum metric_type type;
};

struct metrics;
/* A table's cells; a row's number (the daemon's enum) finds its cell. */
struct metrics_table;
/* One thread's cells of one table. */
struct metrics_shard;

struct metrics *metrics_new(void);
void metrics_free(struct metrics *m);

/* Add a table of @count rows with @shards shards, both >= 1. Before the threads start. The rows
 * must live as long as @m. NULL: no memory, or a bad row (name not [a-z_:][a-z0-9_:]*, or a name
 * already there). */
struct metrics_table *metrics_add(
	struct metrics *m, const struct metric *rows, size_t count, unsigned int shards);
/* The cells that thread @index may write; borrowed. */
struct metrics_shard *metrics_shard(struct metrics_table *t, unsigned int index);

/* A table whose values are read at each snapshot: @read fills @values[@count], which are 0 each
 * time; called on the thread that asks. */
struct metrics_table *metrics_add_source(struct metrics *m, const struct metric *rows, size_t count,
	void (*read)(void *arg, uint64_t *values), void *arg);

/* Rows that come and go with what the daemon holds: of each row of @families (its value is "")
 * there is one for each value of its label that @tell tells by metrics_tell(), at each snapshot, on
 * the thread that asks. NULL as above. */
struct metrics_told;
struct metrics_table *metrics_add_living(struct metrics *m, const struct metric *families,
	size_t count, void (*tell)(void *arg, size_t family, struct metrics_told *to), void *arg);
void metrics_tell(struct metrics_told *to, const char *value, uint64_t n);

/* Count. Only the thread that owns @s. */
static inline void metrics_count_n(struct metrics_shard *s, unsigned int row, uint64_t n)
{
	uint64_t *cell = (uint64_t *)(void *)s + row;

	__atomic_store_n(cell, __atomic_load_n(cell, __ATOMIC_RELAXED) + n, __ATOMIC_RELAXED);
}

static inline void metrics_count(struct metrics_shard *s, unsigned int row)
{
	metrics_count_n(s, row, 1);
}

/* The sum over all shards of row @row. Any thread. */
uint64_t metrics_sum(const struct metrics_table *t, unsigned int row);

/* Prometheus text (exposition format 0.0.4). 0, or -1 without memory. */
int metrics_text(const struct metrics *m, struct evbuffer *out);
/* The same, only living rows whose label has the value @only: what is one party's to know. */
int metrics_text_only(const struct metrics *m, const char *only, struct evbuffer *out);
/* {"counters": [{"name": .., "labels": {"reason": ".."}, "type": "counter", "value": 12}, ..]};
 * NULL: no memory. */
struct json_object *metrics_json(const struct metrics *m);
struct json_object *metrics_json_only(const struct metrics *m, const char *only);

#endif
