/* site: the map-server's sites: who may register what, with which keys. */
#include <errno.h>
#include <fcntl.h>
#include <json.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/client.h"
#include "cli/verbs.h"
#include "cli/writer.h"
#include "lib/net/eid_url.h"

#define SECRET_MAX 4096 /* bytes */
#define NAME_TEXT  512

static const struct column key_view[] = {
	COLUMN("id", "Key", NUMBER),
	COLUMN("algorithm", "Algorithm", TEXT),
	{0},
};

static const struct column otk_key_view[] = {
	COLUMN("id", "Key-id", NUMBER),
	{0},
};

static const struct column prefix_view[] = {
	COLUMN("prefix", "EID-prefix", TEXT),
	COLUMN("accept_more_specifics", "More specifics", BOOL),
	COLUMN("shared", "Shared", BOOL),
	{0},
};

static const struct column site_view[] = {
	COLUMN("name", "Site", TEXT),
	COLUMN("eids", "EIDs", NUMBER),
	COLUMN("origin", "Origin", TEXT),
	COLUMN("proxy_reply", "Proxy reply", TEXT),
	COLUMN("move", "Move", TEXT),
	COLUMN("policy", "Policy", TEXT),
	COLUMN_DETAIL("mac_length", "MAC length", TEXT, NULL),
	COLUMN_DETAIL("mac_scope", "MAC scope", TEXT, NULL),
	COLUMN_DETAIL("replay", "Replay", TEXT, NULL),
	COLUMN_DETAIL("subscribe", "Subscribe", BOOL, NULL),
	COLUMN_DETAIL("site_ids", "Site-IDs", ANY, NULL),
	COLUMN_DETAIL("subscribers", "Subscribers", ANY, NULL),
	COLUMN_DETAIL("itr_rlocs", "ITR-RLOCs", ANY, NULL),
	COLUMN_OF("eid_prefixes", "EID-prefixes", ROWS, prefix_view),
	COLUMN_DETAIL("keys", "Keys", ROWS, key_view),
	COLUMN_DETAIL("lisp_sec_keys", "LISP-SEC keys", ROWS, otk_key_view),
	{0},
};

static bool site_path(char *path, size_t size, const char *name)
{
	char encoded[NAME_TEXT];

	if (!url_encode(name, encoded, sizeof(encoded)))
		return false;
	snprintf(path, size, "/v1/sites/%s", encoded);
	return true;
}

static int bad_name(const struct cli *cli, const struct invocation *inv)
{
	return cli_usage(cli, inv, "the site's name is longer than %d bytes", NAME_TEXT / 3);
}

int site_show(struct cli *cli, const struct invocation *inv)
{
	struct writer w = {cli->out, cli->json};
	struct client_request r = {.method = "GET"};
	struct json_object *answer;
	char path[NAME_TEXT + 16];
	enum cli_exit code;

	if (inv->argc == 0) {
		code = verb_rows(cli, "mapserver", "/v1/sites", "sites", 0, &answer);
		if (code == CLI_OK)
			writer_table(&w, "sites", site_view, answer, "no sites");
	} else {
		if (!site_path(path, sizeof(path), inv->args[0]))
			return bad_name(cli, inv);
		r.path = path;
		code = client_ask(cli, "mapserver", &r, &answer);
		if (code == CLI_OK)
			writer_object(&w, site_view, answer);
	}
	json_object_put(answer);
	return code;
}

/* The content of @path, its one newline at the end cut, into @secret. Says what is wrong. */
static bool read_secret(
	const struct cli *cli, const char *path, char secret[SECRET_MAX + 2], size_t *len)
{
	int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 1;

	if (fd < 0) {
		cli_fail(cli, CLI_FAILED, "key file %s: %s", path, strerror(errno));
		return false;
	}
	for (*len = 0; *len <= SECRET_MAX && n > 0; *len += n > 0 ? (size_t)n : 0)
		n = read(fd, secret + *len, SECRET_MAX + 1 - *len);
	if (fd != STDIN_FILENO)
		close(fd);
	if (n < 0) {
		cli_fail(cli, CLI_FAILED, "key file %s: %s", path, strerror(errno));
		return false;
	}
	if (*len > 0 && secret[*len - 1] == '\n')
		--*len;
	secret[*len] = '\0';
	if (*len == 0 || *len > SECRET_MAX || strlen(secret) != *len) {
		cli_fail(cli, CLI_FAILED,
			"key file %s: a key is 1 to %d bytes of text, without NUL", path,
			SECRET_MAX);
		return false;
	}
	return true;
}

int verb_key(const struct cli *cli, const struct invocation *inv, const char *text,
	struct json_object *keys)
{
	char copy[1024], secret[SECRET_MAX + 2], *algorithm, *file;
	struct json_object *key;
	unsigned long id;
	size_t len;
	bool ok;

	snprintf(copy, sizeof(copy), "%s", text);
	algorithm = strchr(copy, ',');
	file = algorithm != NULL ? strchr(algorithm + 1, ',') : NULL;
	if (file == NULL || file[1] == '\0')
		return cli_usage(cli, inv, "key %s: must be ID,ALGORITHM,FILE", text);
	*algorithm++ = '\0';
	*file++ = '\0';
	if (!grammar_number(copy, 0, 255, &id))
		return cli_usage(
			cli, inv, "key %s: the key's ID is \"%s\", must be 0 to 255", text, copy);
	ok = read_secret(cli, file, secret, &len);
	if (ok) {
		key = json_object_new_object();
		json_object_object_add(key, "id", json_object_new_int64((int64_t)id));
		json_object_object_add(key, "algorithm", json_object_new_string(algorithm));
		json_object_object_add(key, "key", json_object_new_string_len(secret, (int)len));
		json_object_array_add(keys, key);
	}
	explicit_bzero(secret, sizeof(secret));
	return ok ? CLI_OK : CLI_FAILED;
}

static int add_prefixes(
	const struct cli *cli, const struct invocation *inv, struct json_object *prefixes)
{
	const char *text;
	int at = 0, code;

	while ((text = invocation_next(inv, "--eid-prefix", &at)) != NULL) {
		struct json_object *one;
		char canonical[EID_TEXT];
		struct eid e;

		if (!verb_eid(cli, inv, text, &e, &code))
			return code;
		one = json_object_new_object();
		json_object_object_add(one, "prefix",
			json_object_new_string(eid_format(&e, canonical, sizeof(canonical))));
		json_object_object_add(one, "accept_more_specifics",
			json_object_new_boolean(!invocation_has(inv, "--exact")));
		if (invocation_has(inv, "--shared"))
			json_object_object_add(one, "shared", json_object_new_boolean(true));
		json_object_array_add(prefixes, one);
	}
	if (json_object_array_length(prefixes) == 0)
		return cli_usage(cli, inv, "--eid-prefix is missing");
	return CLI_OK;
}

/* The site's object from the options; what is wrong is told. */
static int site_body(const struct cli *cli, const struct invocation *inv, struct json_object *body)
{
	static const char *const plain[][2] = {{"--proxy-reply", "proxy_reply"}, {"--move", "move"},
		{"--mac-length", "mac_length"}, {"--mac-scope", "mac_scope"},
		{"--replay", "replay"}, {"--policy", "policy"}};
	struct json_object *prefixes = json_object_new_array(), *keys = json_object_new_array();
	const char *text;
	int at = 0, code;

	json_object_object_add(body, "eid_prefixes", prefixes);
	json_object_object_add(body, "keys", keys);
	code = add_prefixes(cli, inv, prefixes);
	while (code == CLI_OK && (text = invocation_next(inv, "--key", &at)) != NULL)
		code = verb_key(cli, inv, text, keys);
	if (code == CLI_OK && json_object_array_length(keys) == 0)
		code = cli_usage(cli, inv, "--key is missing");
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (invocation_has(inv, plain[i][0]))
			json_object_object_add(body, plain[i][1],
				json_object_new_string(invocation_value(inv, plain[i][0])));
	return code;
}

/* PUT replaces; so a site that is there already must be found first. */
static enum cli_exit put_site(struct client *c, const struct invocation *inv, const char *path,
	struct json_object *body, struct json_object **answer)
{
	struct client_request get = {.method = "GET", .path = path, .missing = CLI_NO_MAPPING};
	struct client_request put = {.method = "PUT", .path = path, .body = body};
	enum cli_exit code;

	if (!invocation_has(inv, "--replace")) {
		code = client_call(c, &get, answer);
		if (code == CLI_OK)
			return CLI_CONFLICT;
		if (code != CLI_NO_MAPPING)
			return code;
	}
	return client_call(c, &put, answer);
}

int site_add(struct cli *cli, const struct invocation *inv)
{
	struct json_object *body = json_object_new_object(), *answer = NULL;
	char path[NAME_TEXT + 16];
	struct client *c = NULL;
	int code;

	if (!site_path(path, sizeof(path), inv->args[0]))
		code = bad_name(cli, inv);
	else
		code = site_body(cli, inv, body);
	if (code == CLI_OK) {
		c = client_new(cli, "mapserver");
		code = c != NULL ? (int)put_site(c, inv, path, body, &answer)
				 : cli_fail(cli, CLI_FAILED, "out of memory");
		if (c != NULL && code == CLI_CONFLICT && answer != NULL)
			cli_fail(cli, CLI_CONFLICT,
				"there is a site %s already (--replace replaces it)", inv->args[0]);
		else if (c != NULL && code != CLI_OK)
			cli_fail(cli, code, "%s", client_message(c));
	}
	if (code == CLI_OK && cli->json)
		writer_object(&(struct writer){cli->out, true}, site_view, answer);
	client_free(c);
	json_object_put(answer);
	json_object_put(body);
	return code;
}

int site_del(struct cli *cli, const struct invocation *inv)
{
	struct client_request r = {.method = "DELETE"};
	struct json_object *answer;
	char path[NAME_TEXT + 16];
	enum cli_exit code;

	if (!site_path(path, sizeof(path), inv->args[0]))
		return bad_name(cli, inv);
	r.path = path;
	code = client_ask(cli, "mapserver", &r, &answer);
	json_object_put(answer);
	return code;
}
