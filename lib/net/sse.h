/* sse: reads a stream of server-sent events (WHATWG HTML, section "Server-sent events").
 *
 * Pure: bytes in, whole events out. Knows neither HTTP nor what an event means. */
#ifndef SUNWARD_LIB_NET_SSE_H
#define SUNWARD_LIB_NET_SSE_H

#include <stdbool.h>
#include <stddef.h>

#define SSE_LINE_MAX (1u << 20) /* bytes: a line or an event's data; longer ones end the stream */

struct sse {
	char *line; /* the line that is not yet ended */
	size_t line_len, line_cap;
	char *data; /* the data of the event that is not yet ended */
	size_t data_len, data_cap;
	bool has_data;
	bool after_cr; /* a LF that follows belongs to the CR before it */
	char event[64];
	char id[64];
	char last_id[64]; /* of the latest whole event that had one; kept over a reconnection */
	unsigned long retry_ms; /* what the server asked for; 0: nothing */
	/* Strings are borrowed for the call. False: stop. */
	bool (*on_event)(void *arg, const char *id, const char *event, const char *data);
	void *arg;
};

void sse_init(struct sse *s,
	bool (*on_event)(void *arg, const char *id, const char *event, const char *data),
	void *arg);
void sse_fini(struct sse *s);
/* The stream begins anew: an event that was cut off is forgotten, the last id is kept. */
void sse_restart(struct sse *s);
/* False: on_event stopped, or a line is too long. */
bool sse_feed(struct sse *s, const char *bytes, size_t len);

#endif
