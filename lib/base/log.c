/* See log.h. A line is put together on the stack and written by one call, so lines of threads do
 * not mix. */
#include "lib/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_BURST    10
#define LIMIT_EVERY_MS 5000

static const char *const names[] = {"error", "warning", "info", "debug"};
static const int syslog_levels[] = {3, 4, 6, 7}; /* sd-daemon(3): SD_ERR, _WARNING, _INFO, _DEBUG */

const char *log_level_name(enum log_level level)
{
	return names[level];
}

bool log_level_parse(enum log_level *level, const char *word)
{
	for (int i = 0; i < 4; i++) {
		if (strcmp(word, names[i]) == 0) {
			*level = (enum log_level)i;
			return true;
		}
	}
	return false;
}

/* "2026-11-21T03:04:05.678Z" */
static void time_text(char *text, size_t size)
{
	struct timespec ts;
	struct tm tm;
	char seconds[32];

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	strftime(seconds, sizeof(seconds), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text, size, "%s.%03ldZ", seconds, ts.tv_nsec / 1000000);
}

static void stderr_sink(struct log *log, enum log_level level, const char *line)
{
	char text[LOG_LINE_MAX + 128], at[64];
	int n;

	if (log->journal) {
		n = snprintf(text, sizeof(text), "<%d>%s\n", syslog_levels[level], line);
	} else {
		time_text(at, sizeof(at));
		n = snprintf(
			text, sizeof(text), "%s %s %s: %s\n", at, log->program, names[level], line);
	}
	if (n < 0)
		return;
	if ((size_t)n >= sizeof(text))
		n = (int)sizeof(text) - 1;
	if (write(STDERR_FILENO, text, (size_t)n) < 0)
		return; /* nowhere is left to say so */
}

/* JOURNAL_STREAM names device and inode of the journal's socket (systemd.exec(5)): stderr may have
 * been redirected since. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	if (!stream || sscanf(stream, "%llu:%llu", &dev, &ino) != 2)
		return false;
	return fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}

void log_init(struct log *log, const char *program)
{
	*log = (struct log){.level = LOG_LEVEL_INFO,
		.sink = stderr_sink,
		.program = program,
		.journal = stderr_is_journal()};
}

void log_init_sink(struct log *log,
	void (*sink)(struct log *log, enum log_level level, const char *line), void *arg)
{
	*log = (struct log){.level = LOG_LEVEL_DEBUG, .sink = sink, .arg = arg};
}

/* Copy @in to @line with all that is not plain ASCII as \xHH, cut with "..." when it does not fit.
 */
static void escape(char line[LOG_LINE_MAX], const char *in)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;

	for (; *in; in++) {
		unsigned char c = (unsigned char)*in;

		if (n + 4 + 4 > LOG_LINE_MAX) { /* the longest character, and "..." with its NUL */
			memcpy(line + n, "...", 3);
			n += 3;
			break;
		}
		if (c >= 0x20 && c < 0x7f) {
			line[n++] = (char)c;
			continue;
		}
		line[n++] = '\\';
		line[n++] = 'x';
		line[n++] = hex[c >> 4];
		line[n++] = hex[c & 15];
	}
	line[n] = 0;
}

static void write_text(struct log *log, enum log_level level, uint64_t suppressed,
	const char *format, va_list args)
{
	char text[LOG_LINE_MAX + 1], line[LOG_LINE_MAX];
	size_t room = sizeof(text), n;

	if (suppressed)
		room -= 64;
	if (vsnprintf(text, room, format, args) < 0)
		return;
	n = strlen(text);
	if (suppressed)
		snprintf(text + n, 64, " (%llu more like it suppressed)",
			(unsigned long long)suppressed);
	escape(line, text);
	log->sink(log, level, line);
}

void log_write(struct log *log, enum log_level level, const char *format, ...)
{
	va_list args;

	if (!log_wants(log, level))
		return;
	va_start(args, format);
	write_text(log, level, 0, format, args);
	va_end(args);
}

static const struct limit_rate line_rate = {
	LIMIT_EVERY_MS * UINT64_C(1000000), LIMIT_EVERY_MS *UINT64_C(1000000) * LIMIT_BURST};

bool log_limit_passes(
	struct log *log, struct log_limit *limit, struct mono now, enum log_level level)
{
	struct limit copy = {__atomic_load_n(&limit->bucket.spent_until_ns, __ATOMIC_RELAXED)};

	if (!log_wants(log, level))
		return false;
	if (limit_take(&copy, &line_rate, now))
		return true;
	__atomic_fetch_add(&limit->suppressed, 1, __ATOMIC_RELAXED);
	return false;
}

void log_limited(struct log *log, struct log_limit *limit, struct mono now, enum log_level level,
	const char *format, ...)
{
	va_list args;

	if (!log_wants(log, level))
		return;
	if (!limit_take_shared(&limit->bucket, &line_rate, now)) {
		__atomic_fetch_add(&limit->suppressed, 1, __ATOMIC_RELAXED);
		return;
	}
	va_start(args, format);
	write_text(log, level, __atomic_exchange_n(&limit->suppressed, 0, __ATOMIC_RELAXED), format,
		args);
	va_end(args);
}
