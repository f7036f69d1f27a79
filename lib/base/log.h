/* log: one line a happening, written once, at the edge, with the peer and the reason.
 *
 * A struct log is handed to whoever has something to say. Lines go to stderr, or to a callback
 * (tests). Text is escaped, so that a peer's bytes can neither break a line nor steer a terminal.
 * What a remote party can cause goes through log_limited(), which lets a few lines pass and counts
 * the rest. Threads may share a log. */
#ifndef SUNWARD_LIB_BASE_LOG_H
#define SUNWARD_LIB_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/clock.h"
#include "lib/base/limit.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

#define LOG_LINE_MAX 1024 /* bytes of a line; what is longer ends in "..." */

struct log {
	enum log_level level; /* what is above it is not written; may be changed at any time */
	/* Gets each line, without newline, in the thread that wrote it. */
	void (*sink)(struct log *log, enum log_level level, const char *line);
	void *arg;           /* the sink's */
	const char *program; /* stderr only */
	bool journal;        /* stderr is the journal: "<N>" before each line, no time */
};

/* To stderr, from LOG_LEVEL_INFO on. @program is kept. Sees by JOURNAL_STREAM whether the journal
 * reads. */
void log_init(struct log *log, const char *program);
/* To @sink, everything. */
void log_init_sink(struct log *log,
	void (*sink)(struct log *log, enum log_level level, const char *line), void *arg);
/* "error", "warning", "info", "debug"; false for another word. */
bool log_level_parse(enum log_level *level, const char *word);
const char *log_level_name(enum log_level level);

void log_write(struct log *log, enum log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* log NULL is allowed: says nothing. */
#define log_at(log, level, ...)                                                                    \
	do {                                                                                       \
		if (log_wants((log), (level)))                                                     \
			log_write((log), (level), __VA_ARGS__);                                    \
	} while (0)
#define log_error(log, ...)   log_at(log, LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(log, ...) log_at(log, LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(log, ...)    log_at(log, LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(log, ...)   log_at(log, LOG_LEVEL_DEBUG, __VA_ARGS__)

static inline bool log_wants(const struct log *log, enum log_level level)
{
	return log && level <= __atomic_load_n(&log->level, __ATOMIC_RELAXED);
}

static inline void log_level_set(struct log *log, enum log_level level)
{
	__atomic_store_n(&log->level, level, __ATOMIC_RELAXED);
}

/* One a reason (an array by reason hangs from the caller's state). All zero is ready. */
struct log_limit {
	struct limit bucket;
	uint64_t suppressed;
};

/* For callers that must work to have something to say: would a line pass now? One that would not
 * counts as suppressed. */
bool log_limit_passes(
	struct log *log, struct log_limit *limit, struct mono now, enum log_level level);

/* Write at most 10 lines at once and one every 5 s for @limit. The others are counted, and the next
 * line that passes ends in "(312 more like it suppressed)". Cheap when suppressed: nothing is
 * formatted. */
void log_limited(struct log *log, struct log_limit *limit, struct mono now, enum log_level level,
	const char *format, ...) __attribute__((format(printf, 5, 6)));

#endif
