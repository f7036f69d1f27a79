/* See sse.h. */
#include "lib/net/sse.h"

#include <stdlib.h>
#include <string.h>

void sse_init(struct sse *s,
	bool (*on_event)(void *arg, const char *id, const char *event, const char *data), void *arg)
{
	*s = (struct sse){.on_event = on_event, .arg = arg};
}

void sse_fini(struct sse *s)
{
	free(s->line);
	free(s->data);
	s->line = s->data = NULL;
}

void sse_restart(struct sse *s)
{
	s->line_len = s->data_len = 0;
	s->has_data = s->after_cr = false;
	s->event[0] = '\0';
	strlcpy(s->id, s->last_id, sizeof(s->id));
}

/* Append, and keep a NUL behind. */
static bool append(char **buf, size_t *len, size_t *cap, const char *bytes, size_t n)
{
	if (*len + n + 1 > *cap) {
		size_t want = 2 * (*len + n + 1);
		char *more = want <= 2 * (SSE_LINE_MAX + 1) ? realloc(*buf, want) : NULL;

		if (more == NULL)
			return false;
		*buf = more;
		*cap = want;
	}
	memcpy(*buf + *len, bytes, n);
	*len += n;
	(*buf)[*len] = '\0';
	return true;
}

/* A blank line: what was collected is an event, unless it has no data. */
static bool dispatch(struct sse *s)
{
	bool more = true;

	strlcpy(s->last_id, s->id, sizeof(s->last_id));
	if (s->has_data)
		more = s->on_event(
			s->arg, s->last_id, s->event[0] != '\0' ? s->event : "message", s->data);
	s->data_len = 0;
	s->has_data = false;
	s->event[0] = '\0';
	return more;
}

static bool field(struct sse *s, const char *name, const char *value)
{
	if (strcmp(name, "data") == 0) {
		if (s->has_data && !append(&s->data, &s->data_len, &s->data_cap, "\n", 1))
			return false;
		s->has_data = true;
		return append(&s->data, &s->data_len, &s->data_cap, value, strlen(value));
	}
	if (strcmp(name, "event") == 0)
		strlcpy(s->event, value, sizeof(s->event));
	else if (strcmp(name, "id") == 0)
		strlcpy(s->id, value, sizeof(s->id));
	else if (strcmp(name, "retry") == 0 && *value != '\0' &&
		 value[strspn(value, "0123456789")] == '\0')
		s->retry_ms = strtoul(value, NULL, 10);
	return true;
}

static bool end_line(struct sse *s)
{
	char *line = s->line_len > 0 ? s->line : NULL, *value;

	s->line_len = 0;
	if (line == NULL)
		return dispatch(s);
	if (*line == ':') /* a comment, which keeps the connection alive */
		return true;
	value = strchr(line, ':');
	if (value == NULL)
		return field(s, line, "");
	*value++ = '\0';
	return field(s, line, *value == ' ' ? value + 1 : value);
}

bool sse_feed(struct sse *s, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool lf_of_crlf = bytes[i] == '\n' && s->after_cr;

		s->after_cr = bytes[i] == '\r';
		if (lf_of_crlf)
			continue;
		if (bytes[i] != '\n' && bytes[i] != '\r') {
			if (s->line_len == SSE_LINE_MAX ||
				!append(&s->line, &s->line_len, &s->line_cap, bytes + i, 1))
				return false;
		} else if (!end_line(s)) {
			return false;
		}
	}
	return true;
}
