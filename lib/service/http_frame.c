/* See http_frame.h. A byte is a step: the states follow the grammar of RFC 9112. */
#include "lib/service/http_frame.h"

#include <string.h>

enum state {
	METHOD,
	TARGET,
	PROTOCOL,
	LINE_END,
	FIELD, /* a field's first byte, or the head's end */
	NAME,
	VALUE,
	FIELD_END,
	HEAD_END,
	BODY,
	CHUNK_SIZE,
	CHUNK_LINE_END,
	CHUNK,
	CHUNK_CR,
	CHUNK_LF,
	LAST, /* behind the last chunk */
	LAST_END,
};

enum target { START, SCHEME, HOST, PORT, SLASH, STAR, REST };

static void fail(struct http_frame *f, enum http_frame_kind kind, int status, const char *wrong)
{
	if (f->kind)
		return;
	f->kind = kind;
	f->status = status;
	f->wrong = wrong;
}

static void malformed(struct http_frame *f, const char *wrong)
{
	fail(f, HTTP_FRAME_MALFORMED, 400, wrong);
}

static void begin(struct http_frame *f)
{
	f->state = METHOD;
	f->target = START;
	f->head = f->part = f->fields = 0;
	f->left = f->body = f->length = 0;
	f->port = 0;
	f->has_length = f->chunked = f->has_host = f->is_head = f->is_old = false;
	f->name_len = f->value_len = f->spaces = 0;
}

void http_frame_init(struct http_frame *f, uint64_t body_max)
{
	*f = (struct http_frame){.body_max = body_max};
	begin(f);
}

bool http_frame_within(const struct http_frame *f)
{
	return f->state != METHOD || f->head > 0;
}

/* ---- letters ---- */

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* RFC 9110 section 5.6.2 */
static bool is_token(unsigned char c)
{
	return is_digit(c) || is_letter(c) || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static unsigned char lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

/* Keep @c of a word that is looked at when it is whole; a longer one is none of ours. */
static void keep(char *word, size_t *len, unsigned char c)
{
	if (*len < HTTP_FRAME_WORD)
		word[*len] = (char)c;
	++*len;
}

static bool word_is(const char *word, size_t len, const char *text)
{
	return len == strlen(text) && len <= HTTP_FRAME_WORD && !memcmp(word, text, len);
}

static bool among(const struct http_frame *f, const char *const *words)
{
	for (; *words; words++)
		if (word_is(f->name, f->name_len, *words))
			return true;
	return false;
}

/* ---- the request line ---- */

static void take_method(struct http_frame *f, unsigned char c)
{
	static const char *const methods[] = {
		"GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", NULL};

	if (is_token(c)) {
		keep(f->name, &f->name_len, c);
		return;
	}
	if (c != ' ' || !f->name_len) {
		malformed(f, "this is no HTTP: a request begins with a method and a space");
		return;
	}
	if (!among(f, methods))
		fail(f, HTTP_FRAME_UNSUPPORTED, 501,
			"an unknown method; want GET, HEAD, PUT, POST, DELETE, PATCH or OPTIONS");
	f->is_head = word_is(f->name, f->name_len, "HEAD");
	f->state = TARGET;
	f->part = 0;
	f->name_len = 0;
}

/* "http://" or "https://" */
static void take_scheme(struct http_frame *f, unsigned char c)
{
	static const char *const starts[] = {"http://", "https://", NULL};

	keep(f->name, &f->name_len, lower(c));
	for (size_t i = 0; starts[i]; i++) {
		if (word_is(f->name, f->name_len, starts[i])) {
			f->target = HOST;
			f->part = 0;
			return;
		}
		if (f->name_len < strlen(starts[i]) && !memcmp(f->name, starts[i], f->name_len))
			return;
	}
	malformed(f, "the request target is no path and no http URL");
}

static void take_authority(struct http_frame *f, unsigned char c)
{
	f->part++;
	if (c == '/' && f->part > 1) {
		f->target = REST;
	} else if (f->target == PORT) {
		f->port = f->port * 10 + (is_digit(c) ? c - '0' : 65536);
		if (f->port > 65535)
			malformed(f, "the port in the request target is not right");
	} else if (c == ':' && f->part > 1) {
		f->target = PORT;
	} else if (!is_digit(c) && !is_letter(c) && c != '.' && c != '-') {
		malformed(f, "the host in the request target is not right");
	}
}

static void target_begins(struct http_frame *f, unsigned char c)
{
	if (c == '/') {
		f->target = SLASH;
	} else if (c == '*') {
		f->target = STAR;
	} else {
		f->target = SCHEME;
		take_scheme(f, c);
	}
}

static void target_byte(struct http_frame *f, unsigned char c)
{
	if (f->head > HTTP_FRAME_TARGET_MAX)
		fail(f, HTTP_FRAME_LARGE_HEAD, 414,
			"the path is too long; want at most 8000 bytes");
	else if (c <= ' ' || c > '~' || strchr("\"#<>\\^`{|}", c))
		malformed(f, "a byte in the request target that must be percent-encoded there");
	else if (f->target == START)
		target_begins(f, c);
	else if (f->target == SCHEME)
		take_scheme(f, c);
	else if (f->target == HOST || f->target == PORT)
		take_authority(f, c);
	else if (f->target == STAR || (f->target == SLASH && c == '/'))
		malformed(f, "the request target is no path");
	else
		f->target = REST;
}

static void take_target(struct http_frame *f, unsigned char c)
{
	if (c != ' ') {
		target_byte(f, c);
		return;
	}
	if (f->target < SLASH)
		malformed(f, "the request target is no path");
	f->state = PROTOCOL;
	f->value_len = 0;
}

static void take_version(struct http_frame *f, unsigned char c)
{
	if (c != '\r') {
		keep(f->value, &f->value_len, c);
		if (f->value_len > 8)
			malformed(f, "the request line does not end with HTTP/1.1");
		return;
	}
	f->is_old = word_is(f->value, f->value_len, "HTTP/1.0");
	if (!f->is_old && !word_is(f->value, f->value_len, "HTTP/1.1")) {
		if (f->value_len == 8 && !memcmp(f->value, "HTTP/", 5))
			fail(f, HTTP_FRAME_UNSUPPORTED, 505, "want HTTP/1.1 or HTTP/1.0");
		else
			malformed(f, "the request line does not end with HTTP/1.1");
	}
	f->state = LINE_END;
}

/* ---- header fields ---- */

static void take_length(struct http_frame *f)
{
	if (f->has_length) {
		malformed(f, "Content-Length stands twice");
		return;
	}
	f->has_length = true;
	if (!f->value_len || f->value_len > 19) {
		malformed(f, "Content-Length is no number of bytes");
		return;
	}
	for (size_t i = 0; i < f->value_len; i++) {
		unsigned char c = (unsigned char)f->value[i];

		if (!is_digit(c)) {
			malformed(f, "Content-Length is no number of bytes");
			return;
		}
		f->length = f->length * 10 + (c - '0');
	}
}

static void take_coding(struct http_frame *f)
{
	if (f->chunked)
		malformed(f, "Transfer-Encoding stands twice");
	else if (!word_is(f->value, f->value_len, "chunked"))
		fail(f, HTTP_FRAME_UNSUPPORTED, 501, "Transfer-Encoding: only chunked is taken");
	f->chunked = true;
}

static void field_ends(struct http_frame *f)
{
	if (++f->fields > HTTP_FRAME_FIELDS_MAX) {
		fail(f, HTTP_FRAME_LARGE_HEAD, 431, "too many header fields; want at most 64");
	} else if (word_is(f->name, f->name_len, "content-length")) {
		take_length(f);
	} else if (word_is(f->name, f->name_len, "transfer-encoding")) {
		take_coding(f);
	} else if (word_is(f->name, f->name_len, "host")) {
		if (f->has_host)
			malformed(f, "Host stands twice");
		f->has_host = true;
	} else if (word_is(f->name, f->name_len, "expect") &&
		   !word_is(f->value, f->value_len, "100-continue")) {
		fail(f, HTTP_FRAME_UNSUPPORTED, 417, "Expect: only 100-continue is known");
	}
	f->state = FIELD_END;
}

static void take_name(struct http_frame *f, unsigned char c)
{
	if (is_token(c)) {
		keep(f->name, &f->name_len, lower(c));
	} else if (c == ':' && f->name_len) {
		f->state = VALUE;
		f->value_len = f->spaces = 0;
	} else {
		malformed(f, "a header field that is no name and colon");
	}
}

/* Spaces around the value are none of it. */
static void take_value(struct http_frame *f, unsigned char c)
{
	if (c == '\r') {
		field_ends(f);
	} else if (c == ' ' || c == '\t') {
		f->spaces += f->value_len > 0;
	} else if (c < ' ' || c == 0x7f) {
		malformed(f, "a control character in a header field");
	} else {
		for (; f->spaces; f->spaces--)
			keep(f->value, &f->value_len, ' ');
		keep(f->value, &f->value_len, lower(c));
	}
}

static void take_field(struct http_frame *f, unsigned char c)
{
	if (c == '\r') {
		f->state = HEAD_END;
		return;
	}
	f->state = NAME;
	f->name_len = 0;
	take_name(f, c); /* a folded line begins with a space, which is no name */
}

/* ---- bodies ---- */

static void request_ends(struct http_frame *f)
{
	f->requests++;
	begin(f);
}

/* RFC 9112 sections 3.2 and 6.3 */
static void head_ends(struct http_frame *f)
{
	if (!f->has_host && !f->is_old)
		malformed(f, "HTTP/1.1 wants a Host");
	else if (f->chunked && f->has_length)
		malformed(f, "Content-Length beside Transfer-Encoding: where does the body end?");
	else if (f->chunked && f->is_old)
		malformed(f, "HTTP/1.0 has no Transfer-Encoding");
	else if (f->is_head && (f->chunked || f->length))
		malformed(f, "HEAD with a body");
	else if (f->length > f->body_max)
		fail(f, HTTP_FRAME_LARGE_BODY, 413, "the body is too long");
	else if (f->chunked)
		f->state = CHUNK_SIZE;
	else if (f->length)
		f->state = BODY;
	else
		request_ends(f);
	f->left = f->state == BODY ? f->length : 0;
	f->part = 0;
}

/* 16: it is no digit. */
static unsigned int hexadecimal(unsigned char c)
{
	if (is_digit(c))
		return (unsigned int)(c - '0');
	c = lower(c);
	return c >= 'a' && c <= 'f' ? (unsigned int)(c - 'a') + 10 : 16;
}

/* RFC 9112 section 7.1. Nobody needs extensions or trailers here: they are refused, for the library
 * knows no extension, and takes trailers for header fields. */
static void take_chunk_size(struct http_frame *f, unsigned char c)
{
	if (c == '\r' && f->part) {
		f->state = CHUNK_LINE_END;
	} else if (hexadecimal(c) > 15 || ++f->part > 8) {
		malformed(f,
			"a chunk whose size is no hexadecimal number (extensions are not taken)");
	} else {
		f->left = f->left << 4 | hexadecimal(c);
		if (f->body + f->left > f->body_max)
			fail(f, HTTP_FRAME_LARGE_BODY, 413, "the chunks of the body are too long");
	}
}

static void chunk_begins(struct http_frame *f)
{
	f->body += f->left;
	f->state = f->left ? CHUNK : LAST;
}

static void want(struct http_frame *f, unsigned char c, unsigned char wanted, enum state next)
{
	if (c != wanted)
		malformed(f, f->state == LAST ? "trailers are not taken"
					      : "a line or a chunk that does not end with CR LF");
	f->state = next;
}

static void take_byte(struct http_frame *f, unsigned char c)
{
	switch (f->state) {
	case METHOD:
		take_method(f, c);
		break;
	case TARGET:
		take_target(f, c);
		break;
	case PROTOCOL:
		take_version(f, c);
		break;
	case LINE_END:
	case FIELD_END:
		want(f, c, '\n', FIELD);
		break;
	case FIELD:
		take_field(f, c);
		break;
	case NAME:
		take_name(f, c);
		break;
	case VALUE:
		take_value(f, c);
		break;
	case HEAD_END:
		want(f, c, '\n', HEAD_END);
		if (!f->kind)
			head_ends(f);
		break;
	case CHUNK_SIZE:
		take_chunk_size(f, c);
		break;
	case CHUNK_LINE_END:
		want(f, c, '\n', CHUNK);
		chunk_begins(f);
		break;
	case CHUNK_CR:
		want(f, c, '\r', CHUNK_LF);
		break;
	case CHUNK_LF:
		want(f, c, '\n', CHUNK_SIZE);
		f->part = f->left = 0;
		break;
	case LAST:
		want(f, c, '\r', LAST_END);
		break;
	case LAST_END:
		want(f, c, '\n', LAST_END);
		if (!f->kind)
			request_ends(f);
		break;
	}
}

/* Bytes of a body or a chunk, at once. */
static size_t pass(struct http_frame *f, size_t len)
{
	size_t n = f->left < len ? (size_t)f->left : len;

	f->left -= n;
	if (f->left)
		return n;
	if (f->state == CHUNK)
		f->state = CHUNK_CR;
	else
		request_ends(f);
	return n;
}

bool http_frame_feed(struct http_frame *f, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;

	while (len && !f->kind) {
		size_t n = 1;

		if (f->state == BODY || f->state == CHUNK) {
			n = pass(f, len);
		} else {
			if (f->state <= HEAD_END && ++f->head > HTTP_FRAME_HEAD_MAX)
				fail(f, HTTP_FRAME_LARGE_HEAD, 431,
					"the header fields are too long; want at most 16 KiB");
			if (!f->kind)
				take_byte(f, *at);
		}
		at += n;
		len -= n;
	}
	return !f->kind;
}
