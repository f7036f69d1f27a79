/* See client.h. */
#include "cli/client.h"

#include <curl/curl.h>
#include <errno.h>
#include <json.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_MAX (256u << 20) /* bytes */

/* What a daemon answers about a path that it does not have; of a missing mapping or site it speaks
 * otherwise. */
#define NO_SUCH_PATH "there is nothing at "

static const struct daemon {
	const char *name, *is, *verbs;
} daemons[] = {
	{"sunward-mapserver", "map-server or map-resolver", "status, site, eid, counters"},
	{"sunward-xtr", "tunnel router", "status, cache, local, away, rloc, counters"},
	{"sunward-vmagent", "hypervisor's agent", "status, vm, counters"},
	{"sunward-rbridge", "RBridge", "status, trill, counters"},
};

struct client {
	const struct cli *cli;
	CURL *curl;
	const char *daemon;
	char socket[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 64];
	char message[1024];
	char detail[CURL_ERROR_SIZE]; /* libcurl's words */
};

struct body {
	char *bytes;
	size_t len;
};

struct stream {
	CURL *curl;
	struct sse *sse;
	struct body problem; /* the body of an answer that is no stream */
	bool *opened;
	bool stopped;
};

struct client *client_new(const struct cli *cli, const char *daemon)
{
	struct client *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->cli = cli;
	c->daemon = daemon;
	if (cli->connect != NULL)
		snprintf(c->socket, sizeof(c->socket), "%s", cli->connect);
	else if (cli->socket != NULL)
		snprintf(c->socket, sizeof(c->socket), "%s", cli->socket);
	else
		snprintf(c->socket, sizeof(c->socket), "%s/%s.sock", cli->rundir, daemon);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	c->curl = curl_easy_init();
	if (c->curl == NULL) {
		client_free(c);
		return NULL;
	}
	return c;
}

void client_free(struct client *c)
{
	if (c == NULL)
		return;
	curl_easy_cleanup(c->curl);
	curl_global_cleanup();
	free(c);
}

const char *client_message(const struct client *c)
{
	return c->message;
}

static enum cli_exit say(struct client *c, enum cli_exit code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static enum cli_exit say(struct client *c, enum cli_exit code, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(c->message, sizeof(c->message), format, ap);
	va_end(ap);
	return code;
}

/* libcurl says only that it could not connect. Ask the kernel why: no such daemon, or no right to
 * talk to it. */
static enum cli_exit why_unreachable(struct client *c)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd, rc, error;

	if (strlen(c->socket) >= sizeof(sun.sun_path))
		return say(c, CLI_USAGE, "socket path %s: longer than %zu bytes", c->socket,
			sizeof(sun.sun_path) - 1);
	memcpy(sun.sun_path, c->socket, strlen(c->socket) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	rc = fd >= 0 ? connect(fd, (struct sockaddr *)&sun, sizeof(sun)) : -1;
	error = rc < 0 ? errno : 0;
	if (fd >= 0)
		close(fd);
	if (error == EACCES || error == EPERM)
		return say(c, CLI_DENIED, "%s: %s (be root, or a member of the socket's group)",
			c->socket, strerror(error));
	return say(c, CLI_UNREACHABLE, "no %s answers at %s: %s", c->daemon, c->socket,
		error != 0 ? strerror(error) : "it closed the connection");
}

/* The server may say that it does not want our certificate only after the handshake is done for us
 * (TLS 1.3): then it is what reading says. */
static enum cli_exit tls_code(struct client *c, CURLcode rc)
{
	const char *why = c->detail[0] != '\0' ? c->detail : curl_easy_strerror(rc);

	switch (rc) {
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_HOST:
		return say(
			c, CLI_UNREACHABLE, "no %s answers at %s: %s", c->daemon, c->socket, why);
	case CURLE_OPERATION_TIMEDOUT:
		return say(c, CLI_TIMEOUT, "%s at %s: %s", c->daemon, c->socket, why);
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		return say(c, CLI_DENIED, "%s at %s: %s", c->daemon, c->socket, why);
	default:
		return say(c, CLI_FAILED, "%s at %s: %s", c->daemon, c->socket, why);
	}
}

static enum cli_exit transport_code(struct client *c, CURLcode rc)
{
	if (c->cli->connect != NULL)
		return tls_code(c, rc);
	switch (rc) {
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_HOST:
		return why_unreachable(c);
	case CURLE_OPERATION_TIMEDOUT:
		return say(c, CLI_TIMEOUT, "%s at %s did not answer within %u.%03u s", c->daemon,
			c->socket, c->cli->timeout_ms / 1000, c->cli->timeout_ms % 1000);
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
		return say(c, CLI_UNREACHABLE, "%s at %s closed the connection without an answer",
			c->daemon, c->socket);
	default:
		return say(c, CLI_FAILED, "%s at %s: %s", c->daemon, c->socket,
			curl_easy_strerror(rc));
	}
}

static enum cli_exit status_code(long status, enum cli_exit missing)
{
	switch (status) {
	case 401:
	case 403:
		return CLI_DENIED;
	case 404:
		return missing != CLI_OK ? missing : CLI_FAILED;
	case 408:
	case 504:
		return CLI_TIMEOUT;
	case 409:
	case 412:
		return CLI_CONFLICT;
	default:
		return CLI_FAILED;
	}
}

static const char *member_text(struct json_object *o, const char *key)
{
	struct json_object *v;

	if (!json_object_is_type(o, json_type_object) || !json_object_object_get_ex(o, key, &v) ||
		!json_object_is_type(v, json_type_string))
		return NULL;
	return json_object_get_string(v);
}

static struct json_object *parse_json(const struct body *body)
{
	struct json_tokener *tok = json_tokener_new_ex(32);
	struct json_object *o = NULL;

	if (tok == NULL)
		return NULL;
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	if (body->len > 0 && body->len <= INT32_MAX)
		o = json_tokener_parse_ex(tok, body->bytes, (int)body->len);
	if (json_tokener_get_error(tok) != json_tokener_success) {
		json_object_put(o);
		o = NULL;
	}
	json_tokener_free(tok);
	return o;
}

/* The problem's detail, else its title, else the bare status. */
static enum cli_exit problem(
	struct client *c, long status, const struct body *body, enum cli_exit missing)
{
	struct json_object *o = parse_json(body);
	const char *text = member_text(o, "detail");
	enum cli_exit code = status_code(status, missing);

	if (text == NULL)
		text = member_text(o, "title");
	if (text != NULL)
		say(c, code, "%s", text);
	else
		say(c, code, "%s answered with HTTP status %ld", c->daemon, status);
	json_object_put(o);
	return code;
}

static size_t keep(char *bytes, size_t size, size_t n, void *arg)
{
	struct body *b = arg;
	size_t len = size * n;
	char *more;

	if (len > ANSWER_MAX - b->len)
		return 0;
	more = realloc(b->bytes, b->len + len + 1);
	if (more == NULL)
		return 0;
	memcpy(more + b->len, bytes, len);
	b->bytes = more;
	b->len += len;
	return len;
}

static void prepare_tls(struct client *c)
{
	c->detail[0] = '\0';
	curl_easy_setopt(c->curl, CURLOPT_ERRORBUFFER, c->detail);
	curl_easy_setopt(c->curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c->curl, CURLOPT_SSLCERT, c->cli->cert);
	curl_easy_setopt(c->curl, CURLOPT_SSLKEY, c->cli->cert_key);
	curl_easy_setopt(c->curl, CURLOPT_CAINFO, c->cli->ca);
	curl_easy_setopt(c->curl, CURLOPT_CAPATH, NULL); /* nobody else is trusted */
}

static void prepare(struct client *c, const char *method, const char *path)
{
	char url[2048];

	curl_easy_reset(c->curl);
	if (c->cli->connect != NULL) {
		snprintf(url, sizeof(url), "https://%s%s", c->socket, path);
		prepare_tls(c);
	} else {
		snprintf(url, sizeof(url), "http://localhost%s", path);
		curl_easy_setopt(c->curl, CURLOPT_UNIX_SOCKET_PATH, c->socket);
	}
	curl_easy_setopt(c->curl, CURLOPT_URL, url);
	curl_easy_setopt(c->curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(c->curl, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(c->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c->curl, CURLOPT_PROXY, ""); /* whatever http_proxy says */
	curl_easy_setopt(c->curl, CURLOPT_USERAGENT, "sunward/" VERSION);
	curl_easy_setopt(c->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)c->cli->timeout_ms);
}

static struct curl_slist *header(struct curl_slist *list, const char *name, const char *value)
{
	char line[256];

	snprintf(line, sizeof(line), "%s: %s", name, value);
	return curl_slist_append(list, line);
}

static const struct daemon *daemon_find(const char *name)
{
	for (size_t i = 0; name != NULL && i < sizeof(daemons) / sizeof(daemons[0]); i++)
		if (strcmp(daemons[i].name, name) == 0)
			return &daemons[i];
	return NULL;
}

/* Who answers at the socket, by its own words; NULL: nobody that we know. */
static const struct daemon *who_answers(struct client *c)
{
	const struct daemon *found = NULL;
	struct json_object *o = NULL;
	struct body body = {0};

	prepare(c, "GET", "/v1/status");
	curl_easy_setopt(c->curl, CURLOPT_TIMEOUT_MS, (long)c->cli->timeout_ms);
	curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, keep);
	curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, &body);
	if (curl_easy_perform(c->curl) == CURLE_OK)
		o = parse_json(&body);
	found = daemon_find(member_text(o, "daemon"));
	json_object_put(o);
	free(body.bytes);
	return found;
}

/* The path was not there: perhaps the verb was meant for another daemon than the one at the socket.
 */
static enum cli_exit wrong_daemon(struct client *c, enum cli_exit code)
{
	const struct daemon *is, *meant;
	char meant_name[64];

	if (strncmp(c->message, NO_SUCH_PATH, strlen(NO_SUCH_PATH)) != 0)
		return code;
	is = who_answers(c);
	snprintf(meant_name, sizeof(meant_name), "sunward-%s", c->daemon);
	meant = daemon_find(meant_name);
	if (is == NULL || meant == NULL || is == meant)
		return code;
	return say(c, CLI_FAILED,
		"%s answers at %s, a %s; this verb asks a %s (%s). Verbs for it: %s", is->name,
		c->socket, is->is, meant->is, meant->name, is->verbs);
}

static enum cli_exit take_answer(struct client *c, const struct client_request *r,
	const struct body *body, struct json_object **answer)
{
	long status = 0;

	curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status < 200 || status > 299)
		return problem(c, status, body, r->missing);
	if (body->len == 0)
		return CLI_OK;
	*answer = parse_json(body);
	if (*answer == NULL)
		return say(c, CLI_FAILED, "%s at %s answered %s with something that is not JSON",
			c->daemon, c->socket, r->path);
	return CLI_OK;
}

enum cli_exit client_call(
	struct client *c, const struct client_request *r, struct json_object **answer)
{
	struct curl_slist *headers = header(NULL, "Accept", "application/json");
	struct body body = {0};
	enum cli_exit code;
	CURLcode rc;

	*answer = NULL;
	prepare(c, r->method, r->path);
	curl_easy_setopt(c->curl, CURLOPT_TIMEOUT_MS, (long)c->cli->timeout_ms);
	curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, keep);
	curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, &body);
	if (r->if_match != NULL)
		headers = header(headers, "If-Match", r->if_match);
	if (r->body != NULL) {
		headers = header(headers, "Content-Type", "application/json");
		curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS,
			json_object_to_json_string_ext(r->body, JSON_C_TO_STRING_NOSLASHESCAPE));
	}
	if (r->body == NULL && strcmp(r->method, "GET") != 0) {
		/* Without a length a server might wait for a body that never comes. */
		headers = curl_slist_append(headers, "Content-Type:");
		curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, "");
	}
	curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, headers);
	rc = curl_easy_perform(c->curl);
	code = rc == CURLE_OK ? take_answer(c, r, &body, answer) : transport_code(c, rc);
	curl_slist_free_all(headers);
	free(body.bytes);
	if (code != CLI_OK)
		code = wrong_daemon(c, code);
	return code;
}

static size_t stream_bytes(char *bytes, size_t size, size_t n, void *arg)
{
	struct stream *s = arg;
	long status = 0;

	curl_easy_getinfo(s->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200)
		return keep(bytes, size, n, &s->problem);
	*s->opened = true;
	if (sse_feed(s->sse, bytes, size * n))
		return size * n;
	s->stopped = true;
	return 0;
}

enum cli_exit client_stream(struct client *c, const char *path, struct sse *sse, bool *opened)
{
	struct curl_slist *headers = header(NULL, "Accept", "text/event-stream");
	struct stream s = {.curl = c->curl, .sse = sse, .opened = opened};
	enum cli_exit code = CLI_OK;
	long status = 0;
	CURLcode rc;

	*opened = false;
	sse_restart(sse);
	prepare(c, "GET", path);
	if (sse->last_id[0] != '\0')
		headers = header(headers, "Last-Event-ID", sse->last_id);
	curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, stream_bytes);
	curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, &s);
	rc = curl_easy_perform(c->curl);
	curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status == 200)
		*opened = true;
	if (rc != CURLE_OK && !s.stopped)
		code = transport_code(c, rc);
	else if (!*opened)
		code = problem(c, status, &s.problem, CLI_OK);
	curl_slist_free_all(headers);
	free(s.problem.bytes);
	if (code != CLI_OK)
		code = wrong_daemon(c, code);
	return code;
}

enum cli_exit client_ask(const struct cli *cli, const char *daemon, const struct client_request *r,
	struct json_object **answer)
{
	struct client *c = client_new(cli, daemon);
	enum cli_exit code;

	*answer = NULL;
	if (c == NULL)
		return cli_fail(cli, CLI_FAILED, "out of memory");
	code = client_call(c, r, answer);
	if (code != CLI_OK)
		cli_fail(cli, code, "%s", client_message(c));
	client_free(c);
	return code;
}
