/* http_answer: one answer to an HTTP request of ours (RFC 9112), read strictly and within bounds:
 * whoever sits at the other end of the socket may be a daemon gone wrong, or not ours.
 *
 * Pure: bytes go in, in pieces of any size; the body comes out, in order, as it comes. Knows no
 * socket, no path and no JSON. */
#ifndef SUNWARD_LIB_SERVICE_HTTP_ANSWER_H
#define SUNWARD_LIB_SERVICE_HTTP_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_ANSWER_LINE_MAX 1024 /* bytes of the status line, of a field or a chunk's size */
#define HTTP_ANSWER_HEAD_MAX (16u << 10) /* bytes of the head, interim answers counted */

struct http_answer {
	/* Part of the body. False: it is not wanted, and the answer ends here. */
	bool (*body)(void *arg, const char *bytes, size_t len);
	void *arg;
	int status;        /* of the final answer; 0: its head is not whole */
	bool whole;        /* the last byte has come */
	const char *wrong; /* the first fault, in words; NULL: none. Then for good */
	/* Where it stands. */
	unsigned int state;
	size_t line_len, head;
	uint64_t left; /* bytes: of the body or chunk still to come */
	bool has_status, has_length, chunked;
	char line[HTTP_ANSWER_LINE_MAX];
};

void http_answer_init(
	struct http_answer *a, bool (*body)(void *arg, const char *bytes, size_t len), void *arg);
/* Take the next bytes of the connection. False: it is whole, is wrong, or its body was not wanted.
 * What comes after a whole answer is left alone. */
bool http_answer_feed(struct http_answer *a, const char *bytes, size_t len);
/* The connection has ended: whole then, or what was missing stands in @wrong. */
bool http_answer_end(struct http_answer *a);

#endif
