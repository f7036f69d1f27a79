/* Any bytes as what one connection to the HTTP interface brings: the verdict is the same at once,
 * byte by byte and in pieces, no request is counted that the bytes cannot hold, and nothing is
 * taken back. */
#include <stdint.h>
#include <stdlib.h>

#include "lib/service/http_frame.h"

#define LEAST 18 /* bytes of a request: "GET / HTTP/1.0", and two ends of lines */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct http_frame feed(const uint8_t *data, size_t size, size_t piece)
{
	struct http_frame f;
	uint64_t before = 0;

	http_frame_init(&f, 4096);
	for (size_t at = 0; at < size; at += piece) {
		bool was_wrong = f.kind;
		bool right = http_frame_feed(&f, data + at, size - at < piece ? size - at : piece);

		if (right == (f.kind != HTTP_FRAME_RIGHT) || (was_wrong && right) ||
			f.requests < before || f.requests * LEAST > size)
			abort();
		before = f.requests;
	}
	if ((f.kind != HTTP_FRAME_RIGHT) != (f.status != 0) || (f.kind && !f.wrong))
		abort();
	return f;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_frame a = feed(data, size, size ? size : 1);

	for (size_t piece = 1; piece < 8; piece += 2) {
		struct http_frame b = feed(data, size, piece);

		if (a.status != b.status || a.requests != b.requests || a.wrong != b.wrong ||
			(!a.kind && a.state != b.state))
			abort();
	}
	return 0;
}
