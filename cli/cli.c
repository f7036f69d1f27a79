/* cli: runs one command line: parse it by the table, settle the global options, call the verb. See
 * cli.h. */
#include "cli/cli.h"

#include <stdarg.h>
#include <string.h>

#include "cli/verbs.h"

#define ARGS_MAX 256

static void message(const struct cli *cli, const char *format, va_list ap)
	__attribute__((format(printf, 2, 0)));

/* What a daemon or peer said may be part of a message: it must not steer the terminal. */
static void message(const struct cli *cli, const char *format, va_list ap)
{
	char text[2048];

	vsnprintf(text, sizeof(text), format, ap);
	for (char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	fprintf(cli->err, "%s: %s\n", cli->name, text);
}

int cli_fail(const struct cli *cli, enum cli_exit code, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	message(cli, format, ap);
	va_end(ap);
	return code;
}

int cli_usage(const struct cli *cli, const struct invocation *inv, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	message(cli, format, ap);
	va_end(ap);
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
