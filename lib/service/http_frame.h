/* http_frame: where the requests of one connection begin and end (RFC 9112), held strictly, before
 * the HTTP library sees them.
 *
 * The library forgives what two parties may read differently: two lengths, a length beside chunks,
 * a body of HEAD, which it takes for the next request; and what it does not forgive it answers by
 * itself, with a page. Pure: bytes go in, in pieces of any size, and are not kept; a verdict comes
 * out. Knows no socket, no path and no JSON. */
#ifndef SUNWARD_LIB_SERVICE_HTTP_FRAME_H
#define SUNWARD_LIB_SERVICE_HTTP_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_FRAME_TARGET_MAX 8000        /* bytes of a request target */
#define HTTP_FRAME_HEAD_MAX   (16u << 10) /* bytes of a request line and its header fields */
#define HTTP_FRAME_FIELDS_MAX 64          /* header fields */
#define HTTP_FRAME_WORD       24          /* bytes that are looked at of a name or a value */

enum http_frame_kind {
	HTTP_FRAME_RIGHT,
	HTTP_FRAME_MALFORMED,   /* 400: no HTTP, or HTTP that can be read in two ways */
	HTTP_FRAME_LARGE_HEAD,  /* 414, 431 */
	HTTP_FRAME_LARGE_BODY,  /* 413 */
	HTTP_FRAME_UNSUPPORTED, /* 417, 501, 505 */
};

struct http_frame {
	uint64_t body_max;
	/* The verdict; of the first fault, and then for good. */
	enum http_frame_kind kind;
	int status;        /* of the answer */
	const char *wrong; /* in words */
	uint64_t requests; /* that have come whole */
	/* Where it stands. */
	unsigned int state, target;
	size_t head, part, fields; /* bytes of the head, of the present part of it; its fields */
	uint64_t left, body;       /* bytes: of the body or chunk still to come; of all chunks */
	uint64_t length;
	uint32_t port;
	bool has_length, chunked, has_host, is_head, is_old;
	char name[HTTP_FRAME_WORD], value[HTTP_FRAME_WORD]; /* the field's; cut, in lower case */
	size_t name_len, value_len, spaces;
};

/* @body_max: bytes of a body. */
void http_frame_init(struct http_frame *f, uint64_t body_max);
/* Take the next bytes of the connection. False: they are not right, or earlier ones were not. */
bool http_frame_feed(struct http_frame *f, const void *bytes, size_t len);
/* A request has begun and is not whole. */
bool http_frame_within(const struct http_frame *f);

#endif
