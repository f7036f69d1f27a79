/* client: asks a daemon over HTTP/JSON on its unix socket, and says in words and as an exit code
 * what came.
 *
 * Knows HTTP (libcurl) and problem documents (RFC 9457); what paths and bodies mean is the verbs'
 * business. */
#ifndef SUNWARD_CLI_CLIENT_H
#define SUNWARD_CLI_CLIENT_H

#include "cli/cli.h"
#include "lib/net/sse.h"

struct json_object;
struct client;

/* @daemon: "mapserver", "xtr" or "vmagent", whose socket is asked unless cli->socket names another.
 * Nothing is connected yet. NULL: no memory. */
struct client *client_new(const struct cli *cli, const char *daemon);
void client_free(struct client *c);

struct client_request {
	const char *method;
	const char *path;         /* percent-encoded, with its query */
	struct json_object *body; /* borrowed; NULL: none */
	const char *if_match;     /* a seq; NULL: whatever it is */
	enum cli_exit missing;    /* what a 404 means; 0: CLI_FAILED */
};

/* Ask and wait. On CLI_OK *@answer is the body (put it away with json_object_put), NULL when there
 * was none. Otherwise client_message() says what is wrong. */
enum cli_exit client_call(
	struct client *c, const struct client_request *r, struct json_object **answer);

/* Read server-sent events from @path into @sse until the stream ends or @sse stops. *@opened: it
 * began. Returns CLI_OK when the server ended it or @sse stopped. */
enum cli_exit client_stream(struct client *c, const char *path, struct sse *sse, bool *opened);

/* One line for people, control characters made harmless. */
const char *client_message(const struct client *c);

/* For verbs that ask once: new, call, free; prints the message when it fails. */
enum cli_exit client_ask(const struct cli *cli, const char *daemon, const struct client_request *r,
	struct json_object **answer);

#endif
