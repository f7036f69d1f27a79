/* Fuzz target: an answer to a request of ours, and rows out of its body. The verdict is the same
 * however the bytes are cut into pieces, and what is kept stays within its bounds. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/service/http_answer.h"
#include "lib/service/json_rows.h"

struct reading {
	struct http_answer answer;
	struct json_rows rows;
	unsigned int count;
	size_t bytes;
	uint64_t total;
	bool has_total;
};

static bool on_row(void *arg, struct json_object *row)
{
	struct reading *r = arg;

	return ++r->count < 100;
}

static bool on_body(void *arg, const char *bytes, size_t len)
{
	struct reading *r = arg;

	r->bytes += len;
	return json_rows_feed(&r->rows, bytes, len);
}

static void read_it(struct reading *r, const uint8_t *data, size_t size, size_t piece)
{
	r->count = 0;
	r->bytes = 0;
	http_answer_init(&r->answer, on_body, r);
	json_rows_init(&r->rows, on_row, r);
	for (size_t at = 0; at < size; at += piece)
		if (!http_answer_feed(&r->answer, (const char *)data + at,
			    size - at < piece ? size - at : piece))
			break;
	http_answer_end(&r->answer);
	r->total = 0;
	r->has_total = json_rows_number(&r->rows, "total", &r->total);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t pieces[] = {1, 3, 64};
	struct reading *a = malloc(sizeof(*a)), *b = malloc(sizeof(*b));

	if (!a || !b)
		abort();
	read_it(a, data, size, size ? size : 1);
	if (a->answer.whole && (a->answer.wrong || a->answer.status < 200))
		abort();
	if (!a->answer.whole && !a->answer.wrong)
		abort();
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		read_it(b, data, size, pieces[i]);
		if (b->answer.whole != a->answer.whole || b->answer.status != a->answer.status ||
			b->count != a->count || b->rows.done != a->rows.done ||
			b->has_total != a->has_total || b->total != a->total)
			abort();
	}
	free(a);
	free(b);
	return 0;
}
