/* Any bytes as what the HTTP interface takes from a client: a JSON body, and an EID in a path. What
 * is read must come out as text that reads as the same again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "lib/net/eid_url.h"
#include "lib/service/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_json(const char *text, size_t len)
{
	char why[256] = "";
	struct json_object *a = json_read(text, len, why, sizeof(why)), *b;
	const char *again;

	if (!a) {
		if (!*why)
			abort();
		return;
	}
	again = json_object_to_json_string_ext(a, JSON_C_TO_STRING_PLAIN);
	b = json_read(again, strlen(again), why, sizeof(why));
	if (!b || !json_object_equal(a, b))
		abort();
	json_object_put(a);
	json_object_put(b);
}

static unsigned int hexadecimal(char c)
{
	return (unsigned int)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* What a server does before eid_url_parse(). */
static void percent_decode(char *text)
{
	char *out = text;

	for (; *text; text++) {
		if (*text == '%') {
			*out++ = (char)(hexadecimal(text[1]) << 4 | hexadecimal(text[2]));
			text += 2;
		} else {
			*out++ = *text;
		}
	}
	*out = '\0';
}

static void try_eid(const char *text, size_t len)
{
	char segment[256], url[EID_URL_TEXT], *query;
	const char *why = NULL;
	struct eid a, b;

	if (len >= sizeof(segment))
		return;
	memcpy(segment, text, len);
	segment[len] = '\0';
	if (!eid_url_parse(&a, segment, 7, &why)) {
		if (!why)
			abort();
		return;
	}
	eid_url_format(&a, url, sizeof(url));
	query = strchr(url, '?');
	if (!query || strcmp(query, "?iid=7"))
		abort();
	*query = '\0';
	percent_decode(url);
	if (!eid_url_parse(&b, url, 7, &why) || !eid_equal(&a, &b))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_json((const char *)data, size);
	try_eid((const char *)data, size);
	return 0;
}
