/* cli: runs one command line: parse it by the table, settle the global options, call the verb. See
 * cli.h. */
#include "cli/cli.h"

#include <json.h>
#include <stdarg.h>
#include <string.h>

#include "cli/verbs.h"

#define ARGS_MAX 256

/* Names of problems for programs, as those of the daemons; and what people read. */
static const struct {
	const char *name, *title;
} problems[] = {
	[CLI_OK] = {"note", "A note"},
	[CLI_FAILED] = {"failed", "It failed"},
	[CLI_USAGE] = {"usage", "The command line is wrong"},
	[CLI_NO_MAPPING] = {"no-such-mapping", "There is no mapping"},
	[CLI_TIMEOUT] = {"timeout", "Nobody answered in time"},
	[CLI_DENIED] = {"forbidden", "Permission was denied"},
	[CLI_CONFLICT] = {"conflict", "It exists already, or has changed"},
	[CLI_UNREACHABLE] = {"unreachable", "No daemon listens"},
};

/* json-c writes what it is given; what it reads it looks at. */
static bool is_utf8(const char *text)
{
	struct json_object *o = json_object_new_string(text), *again = NULL;
	struct json_tokener *tok = json_tokener_new();
	const char *json = json_object_to_json_string(o);

	if (tok != NULL) {
		json_tokener_set_flags(tok, JSON_TOKENER_VALIDATE_UTF8);
		again = json_tokener_parse_ex(tok, json, (int)strlen(json));
		json_tokener_free(tok);
	}
	json_object_put(o);
	json_object_put(again);
	return again != NULL;
}

/* One line: a problem document (RFC 9457), and the exit code. */
static void problem(const struct cli *cli, enum cli_exit code, const char *text)
{
	struct json_object *o = json_object_new_object();
	char type[80];

	snprintf(type, sizeof(type), "urn:sunward:problem:%s", problems[code].name);
	json_object_object_add(o, "type", json_object_new_string(type));
	json_object_object_add(o, "title", json_object_new_string(problems[code].title));
	json_object_object_add(o, "detail", json_object_new_string(text));
	json_object_object_add(o, "exit", json_object_new_int(code));
	fprintf(cli->err, "%s\n",
		json_object_to_json_string_ext(
			o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
}

static void message(const struct cli *cli, enum cli_exit code, const char *format, va_list ap)
	__attribute__((format(printf, 3, 0)));

/* What a daemon or peer said may be part of a message: it must not steer the terminal, nor leave
 * UTF-8 in JSON. */
static void message(const struct cli *cli, enum cli_exit code, const char *format, va_list ap)
{
	char text[2048];

	vsnprintf(text, sizeof(text), format, ap);
	for (char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	if (!cli->json) {
		fprintf(cli->err, "%s: %s\n", cli->name, text);
		return;
	}
	if (!is_utf8(text))
		for (char *c = text; *c != '\0'; c++)
			*c = (unsigned char)*c < 0x80 ? *c : '?';
	problem(cli, code, text);
}

int cli_fail(const struct cli *cli, enum cli_exit code, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	message(cli, code, format, ap);
	va_end(ap);
	return code;
}

int cli_usage(const struct cli *cli, const struct invocation *inv, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	message(cli, CLI_USAGE, format, ap);
	va_end(ap);
	if (cli->json)
		return CLI_USAGE;
	if (inv->command != NULL) {
		fputs("usage: ", cli->err);
		grammar_usage(inv->command, cli->err);
		fprintf(cli->err, "\"sunward %s -h\" explains, with an example\n",
			inv->command->words);
	} else {
		fputs("\"sunward -h\" lists the verbs\n", cli->err);
	}
	return CLI_USAGE;
}

static int run(struct cli *cli, const struct invocation *inv)
{
	if (invocation_has(inv, "--version")) {
		fprintf(cli->out, "sunward %s\n", VERSION);
		return CLI_OK;
	}
	if (inv->command == NULL && invocation_has(inv, "--help")) {
		grammar_overview(inv->table, cli->out);
		return CLI_OK;
	}
	if (inv->command == NULL)
		return cli_usage(cli, inv, "a verb is missing");
	if (invocation_has(inv, "--help")) {
		grammar_help(inv->command, cli->out);
		return CLI_OK;
	}
	return inv->command->run(cli, inv);
}

/* Before the line is parsed: also what is wrong with it is told as it was wanted. */
static bool wants_json(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "-j") == 0 || strcmp(argv[i], "--json") == 0)
			return true;
	return false;
}

/* An option's value, else that of the environment's variable. */
static const char *setting(const struct cli *cli, const struct invocation *inv, const char *option,
	const char *variable)
{
	const char *value = invocation_value(inv, option);

	return value != NULL ? value : cli->env(variable);
}

int cli_main(struct cli *cli, int argc, char **argv)
{
	const char *base =
		argc > 0 && strrchr(argv[0], '/') != NULL ? strrchr(argv[0], '/') + 1 : argv[0];
	char *words[ARGS_MAX], lig[] = "lig", error[512];
	struct invocation inv = {.table = commands};
	int n = 0, code;

	cli->name = "sunward";
	cli->json = wants_json(argc, argv);
	if (argc > 0 && strcmp(base, "lig") == 0) {
		words[n++] = lig;
		cli->name = "lig";
	}
	if (argc + n > ARGS_MAX)
		return cli_usage(cli, &inv, "more than %d words", ARGS_MAX);
	for (int i = 1; i < argc; i++)
		words[n++] = argv[i];
	if (!grammar_parse(commands, n, words, &inv, error, sizeof(error)))
		return cli_usage(cli, &inv, "%s", error);
	cli->json = invocation_has(&inv, "--json");
	cli->socket = setting(cli, &inv, "--socket", "SUNWARD_SOCKET");
	cli->connect = setting(cli, &inv, "--connect", "SUNWARD_CONNECT");
	cli->cert = setting(cli, &inv, "--cert", "SUNWARD_CERT");
	cli->cert_key = setting(cli, &inv, "--cert-key", "SUNWARD_CERT_KEY");
	cli->ca = setting(cli, &inv, "--ca", "SUNWARD_CA");
	if (invocation_has(&inv, "--socket") && !invocation_has(&inv, "--connect"))
		cli->connect = NULL; /* what is typed beats the environment */
	else if (invocation_has(&inv, "--socket"))
		return cli_usage(cli, &inv, "--socket and --connect do not go together");
	if (cli->connect != NULL && (cli->cert == NULL || cli->cert_key == NULL || cli->ca == NULL))
		return cli_usage(
			cli, &inv, "--connect needs --cert, --cert-key and --ca, a PEM file each");
	code = run(cli, &inv);
	if (fflush(cli->out) != 0 || ferror(cli->out))
		code = code == CLI_OK ? cli_fail(cli, CLI_FAILED, "the output cannot be written")
				      : code;
	return code;
}
