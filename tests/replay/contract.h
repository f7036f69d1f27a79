/* contract: an OpenAPI document against a running daemon, over its unix socket DIR/api.sock or
 * DIR/api.
 *
 * Knows HTTP, OpenAPI and no daemon: which answers there are to draw, and how, is the test's. */
#ifndef SUNWARD_TESTS_REPLAY_CONTRACT_H
#define SUNWARD_TESTS_REPLAY_CONTRACT_H

#include <stdbool.h>
#include <stddef.h>

struct json_object;

#define CONTRACT_DRAWN_MAX 256

struct contract {
	struct json_object *document;
	char drawn[CONTRACT_DRAWN_MAX][96]; /* "get /v1/status 200" */
	size_t drawn_count;
};

struct answer {
	long status;
	char type[64];
	char *body; /* the caller's to free */
	size_t len;
	bool cut; /* a stream: only its beginning is wanted */
};

struct draw {
	const char *method, *template; /* as in the document */
	long status;
	const char *path, *headers, *body; /* as sent */
};

/* Ask at the socket @socket. @headers: lines, apart by a newline. Status 0: nobody answers. */
struct answer contract_ask(const char *socket, const char *method, const char *path,
	const char *headers, const char *body);

/* The document has each row of GET /v1 with its query parameters, and no others. */
void contract_expect_paths(struct contract *c, const char *socket);
/* The answer has the status that @d says, stands in the document, and keeps to its schema. */
void contract_draw(struct contract *c, const char *socket, const struct draw *d, const char *body);
/* What each daemon serves. */
void contract_draw_common(struct contract *c, const char *socket);
/* All that the document promises has been drawn. */
void contract_expect_all_drawn(const struct contract *c);
/* @a keeps to @response of the document. */
void contract_expect_media(
	struct contract *c, struct json_object *response, const struct answer *a, const char *what);
/* The document's; NULL: it has no such operation. */
struct json_object *contract_operation(
	const struct contract *c, const char *method, const char *path);
struct json_object *contract_member(struct json_object *o, const char *key);

#endif
