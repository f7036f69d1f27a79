/* http_stream: reads the events of a daemon of ours (/v1/events, docs/api.md) for as long as both
 * live: after a break it connects again, ever more slowly, and goes on where it stopped.
 *
 * It knows http_client and server-sent events; what an event means is the caller's business. */
#ifndef SUNWARD_LIB_SERVICE_HTTP_STREAM_H
#define SUNWARD_LIB_SERVICE_HTTP_STREAM_H

#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct http_stream;

#define HTTP_STREAM_FIRST_MS   100   /* until it connects again; then doubling ... */
#define HTTP_STREAM_MOST_MS    5000  /* ... up to this */
#define HTTP_STREAM_SILENCE_MS 40000 /* a daemon says something each 15 s */

struct http_stream_ops {
	/* It stands. @anew: it begins now, and what was before must be read elsewhere; else it goes
	 * on where it stopped (or says "gap" first). */
	void (*opened)(void *arg, bool anew);
	/* "gap" also for who has lost some. Strings are valid during the call. */
	void (*event)(void *arg, const char *event, const char *data);
	/* It does not stand: told once until it stands again. */
	void (*broken)(void *arg, const char *why);
	void *arg;
};

/* Connects from the loop. @path has no query that changes. NULL: out of memory, or the socket's
 * path is too long. */
struct http_stream *http_stream_new(struct event_base *base, const char *socket, const char *path,
	const struct http_stream_ops *ops);
/* Not from within a callback. */
void http_stream_free(struct http_stream *s);
bool http_stream_stands(const struct http_stream *s);

#endif
