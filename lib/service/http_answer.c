/* See http_answer.h. Head and chunk sizes are read by lines, bodies by pieces. */
#include "lib/service/http_answer.h"

#include <string.h>
#include <strings.h>

enum state {
	LINE,       /* of the head */
	LENGTH,     /* the body, of a known length */
	TO_THE_END, /* the body, until the connection ends */
	CHUNK_SIZE,
	CHUNK,
	CHUNK_END, /* the empty line behind it */
	TRAILER,
};

void http_answer_init(
	struct http_answer *a, bool (*body)(void *arg, const char *bytes, size_t len), void *arg)
{
	memset(a, 0, sizeof(*a));
	a->body = body;
	a->arg = arg;
}

static bool fail(struct http_answer *a, const char *wrong)
{
	if (!a->wrong)
		a->wrong = wrong;
	return false;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "HTTP/1.1 200 OK" */
static bool status_line(struct http_answer *a, const char *line)
{
	static const char proto[] = "HTTP/1.";
	const char *p = line + strlen(proto);

	if (strncmp(line, proto, strlen(proto)) != 0 || (*p != '0' && *p != '1') || p[1] != ' ' ||
		!is_digit(p[2]) || !is_digit(p[3]) || !is_digit(p[4]) || (p[5] && p[5] != ' '))
		return fail(a, "it does not begin with a status line of HTTP/1.1");
	a->status = (p[2] - '0') * 100 + (p[3] - '0') * 10 + p[4] - '0';
	if (a->status < 100 || a->status > 599)
		return fail(a, "its status is not 100 to 599");
	a->has_status = true;
	return true;
}

static bool length_field(struct http_answer *a, const char *value)
{
	uint64_t length = 0;
	size_t n = strspn(value, "0123456789");

	if (!n || value[n + strspn(value + n, " \t")] || n > 15)
		return fail(a, "its Content-Length is no number below 10^15");
	for (size_t i = 0; i < n; i++)
		length = length * 10 + (uint64_t)(value[i] - '0');
	if (a->has_length && length != a->left)
		return fail(a, "it has two lengths");
	a->has_length = true;
	a->left = length;
	return true;
}

static bool header_field(struct http_answer *a, const char *line)
{
	size_t n = strcspn(line, ": \t");
	const char *value;

	if (!n || line[n] != ':')
		return fail(a, "a field of its head has no name");
	value = line + n + 1 + strspn(line + n + 1, " \t");
	if (n == strlen("content-length") && !strncasecmp(line, "content-length", n))
		return length_field(a, value);
	if (n == strlen("transfer-encoding") && !strncasecmp(line, "transfer-encoding", n)) {
		if (strcasecmp(value, "chunked") != 0)
			return fail(a, "its Transfer-Encoding is not chunked");
		a->chunked = true;
	}
	return true;
}

/* Interim answers (RFC 9110 section 15.2) come before the one that counts. */
static bool head_done(struct http_answer *a)
{
	if (a->status < 200) {
		a->status = 0;
		a->has_status = a->has_length = a->chunked = false;
		return true;
	}
	if (a->chunked && a->has_length)
		return fail(a, "it has a length beside chunks");
	if (a->status == 204 || a->status == 304 || (a->has_length && !a->left)) {
		a->whole = true;
		return false;
	}
	a->state = a->chunked ? CHUNK_SIZE : a->has_length ? LENGTH : TO_THE_END;
	return true;
}

static int hex(char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool chunk_size(struct http_answer *a, const char *line)
{
	unsigned int n = 0;

	for (a->left = 0; hex(line[n]) >= 0; n++)
		if (n == 8)
			return fail(a, "a chunk is said to have 2^32 bytes or more");
		else
			a->left = a->left << 4 | (uint64_t)hex(line[n]);
	if (!n || (line[n] && !strchr("; \t", line[n])))
		return fail(a, "a chunk has no size");
	a->state = a->left ? CHUNK : TRAILER;
	return true;
}

/* A line without its end. */
static bool take_line(struct http_answer *a, const char *line)
{
	switch (a->state) {
	case LINE:
		if (!a->has_status)
			return status_line(a, line);
		return *line ? header_field(a, line) : head_done(a);
	case CHUNK_SIZE:
		return chunk_size(a, line);
	case CHUNK_END:
		a->state = CHUNK_SIZE;
		return *line ? fail(a, "a chunk is longer than its size") : true;
	default: /* TRAILER */
		a->whole = !*line;
		return !a->whole;
	}
}

static bool line_byte(struct http_answer *a, char c)
{
	if ((a->state == LINE || a->state == TRAILER) && ++a->head > HTTP_ANSWER_HEAD_MAX)
		return fail(a, "its head is longer than 16 KiB");
	if (c == '\0')
		return fail(a, "a NUL stands in its head");
	if (c != '\n') {
		if (a->line_len == sizeof(a->line) - 1)
			return fail(a, "a line of its head is longer than 1023 bytes");
		a->line[a->line_len++] = c;
		return true;
	}
	if (a->line_len && a->line[a->line_len - 1] == '\r')
		a->line_len--;
	a->line[a->line_len] = '\0';
	a->line_len = 0;
	return take_line(a, a->line);
}

static bool body_bytes(struct http_answer *a, const char *bytes, size_t len)
{
	if (len && !a->body(a->arg, bytes, len))
		return fail(a, "its body was not wanted to the end");
	if (a->state == TO_THE_END)
		return true;
	a->left -= len;
	if (!a->left && a->state == LENGTH)
		a->whole = true;
	else if (!a->left)
		a->state = CHUNK_END;
	return !a->whole;
}

bool http_answer_feed(struct http_answer *a, const char *bytes, size_t len)
{
	size_t at = 0, n;

	while (at < len && !a->wrong && !a->whole) {
		if (a->state == LENGTH || a->state == CHUNK || a->state == TO_THE_END) {
			n = len - at;
			if (a->state != TO_THE_END && n > a->left)
				n = (size_t)a->left;
			body_bytes(a, bytes + at, n);
			at += n;
		} else {
			line_byte(a, bytes[at++]);
		}
	}
	return !a->wrong && !a->whole;
}

bool http_answer_end(struct http_answer *a)
{
	if (a->wrong || a->whole)
		return a->whole && !a->wrong;
	a->whole = a->state == TO_THE_END;
	return a->whole || fail(a, a->status ? "its body is cut off" : "its head is cut off");
}
