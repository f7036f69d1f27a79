/* lig_args: lig's command line (lig.h): the router's dialect of RFC 6835 section 4.1 is words
 * behind the EID, the host's of section 4.2 is options; both may be mixed. */
#include <netdb.h>
#include <string.h>

#include "cli/lig.h"
#include "lib/base/suggest.h"
#include "lisp/lisp.h"

/* The first address of host @name. False: @why says so. */
static bool look_up(const char *name, struct address *a, const char **why)
{
	struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_ADDRCONFIG}, *list;
	struct endpoint e;
	int rc;

	if (address_parse(a, name))
		return true;
	rc = getaddrinfo(name, NULL, &hints, &list);
	*why = rc != 0 ? gai_strerror(rc) : "";
	if (rc != 0)
		return false;
	if (endpoint_from_sockaddr(&e, list->ai_addr))
		*a = e.addr;
	freeaddrinfo(list);
	return true;
}

/* HOST, HOST:PORT, [ADDRESS]:PORT, or a bare IPv6 address. */
int lig_args_resolver(const struct cli *cli, const char *text, struct lig_query *q)
{
	const char *colon = strrchr(text, ':'), *why;
	unsigned long port = LISP_CONTROL_PORT;
	char host[256];

	q->resolver_name = text;
	if (address_parse(&q->resolver.addr, text) && address_is_ip(&q->resolver.addr)) {
		q->resolver.port = LISP_CONTROL_PORT;
		return CLI_OK;
	}
	if (endpoint_parse(&q->resolver, text, LISP_CONTROL_PORT))
		return CLI_OK;
	snprintf(host, sizeof(host), "%.*s",
		(int)(colon != NULL ? (size_t)(colon - text) : strlen(text)), text);
	if (colon != NULL && !grammar_number(colon + 1, 1, 65535, &port))
		return cli_fail(
			cli, CLI_USAGE, "map-resolver %s: the port must be 1 to 65535", text);
	if (!look_up(host, &q->resolver.addr, &why) || !address_is_ip(&q->resolver.addr))
		return cli_fail(cli, CLI_FAILED, "map-resolver %s: %s", text, why);
	q->resolver.port = (uint16_t)port;
	return CLI_OK;
}

static int take_destination(const struct cli *cli, const char *text, struct lig_query *q)
{
	struct address a;
	const char *why;

	q->destination = text;
	if (strcmp(text, "self") == 0 || strcmp(text, "self6") == 0) {
		q->self = text[4] == '6' ? LIG_SELF6 : LIG_SELF;
		return CLI_OK;
	}
	if (eid_parse(&q->eid, text, &why))
		return CLI_OK;
	if (strpbrk(text, "/[]:\"") != NULL)
		return cli_fail(cli, CLI_USAGE, "\"%s\" is no EID: %s", text, why);
	if (!look_up(text, &a, &why))
		return cli_fail(cli, CLI_FAILED, "EID %s: %s", text, why);
	q->eid = eid_host(0, &a);
	return CLI_OK;
}

static int take_number(const struct cli *cli, const struct invocation *inv, const char *name,
	const char *value, unsigned long min, unsigned long max, unsigned long *out)
{
	if (grammar_number(value, min, max, out))
		return CLI_OK;
	return cli_usage(cli, inv, "%s is \"%s\", must be %lu to %lu", name, value, min, max);
}

static int take_address(const struct cli *cli, const struct invocation *inv, const char *name,
	const char *value, bool ip, struct address *a)
{
	if (address_parse(a, value) && (!ip || address_is_ip(a)))
		return CLI_OK;
	return cli_usage(
		cli, inv, "%s is \"%s\", must be an %saddress", name, value, ip ? "IP " : "");
}

enum setting { TO, SOURCE_EID, FROM, COUNT, TIMEOUT, PORT, INSTANCE };

/* One setting, in either dialect. */
static int set(const struct cli *cli, const struct invocation *inv, enum setting what,
	const char *name, const char *value, struct lig_query *q)
{
	unsigned long v = 0;
	int code;

	switch (what) {
	case TO:
		return lig_args_resolver(cli, value, q);
	case SOURCE_EID:
		return take_address(cli, inv, name, value, false, &q->source_eid);
	case FROM:
		return take_address(cli, inv, name, value, true, &q->source);
	case COUNT:
		code = take_number(cli, inv, name, value, 1, LIG_COUNT_MAX, &v);
		q->count = (unsigned int)v;
		return code;
	case TIMEOUT:
		code = take_number(cli, inv, name, value, 1, 5, &v);
		q->timeout_ms = (unsigned int)v * 1000;
		return code;
	case PORT:
		code = take_number(cli, inv, name, value, 1, 65535, &v);
		q->port = (uint16_t)v;
		return code;
	case INSTANCE:
		code = take_number(cli, inv, name, value, 0, 0xffffff, &v);
		q->eid.iid = (uint32_t)v;
		return code;
	}
	return CLI_USAGE;
}

static const struct {
	const char *word;   /* the router's; NULL: has none */
	const char *option; /* the host's; NULL: has none */
	enum setting what;
} settings[] = {
	{"to", "--map-resolver", TO},
	{"source", NULL, SOURCE_EID},
	{"from", "--source", FROM},
	{"count", "--count", COUNT},
	{"timeout", "--timeout", TIMEOUT},
	{NULL, "--port", PORT},
	{"instance-id", "--instance", INSTANCE},
};

#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

static int unknown_word(const struct cli *cli, const struct invocation *inv, const char *word)
{
	struct suggest s;

	suggest_start(&s, word);
	for (size_t i = 0; i < SETTINGS; i++)
		if (settings[i].word != NULL)
			suggest_offer(&s, settings[i].word);
	if (s.best != NULL)
		return cli_usage(
			cli, inv, "\"%s\" says nothing to lig; did you mean \"%s\"?", word, s.best);
	return cli_usage(cli, inv,
		"\"%s\" says nothing to lig: behind the EID stand to, source, from, count, timeout or "
		"instance-id, each with a value",
		word);
}

/* "to HOST count 2 ..." */
static int take_words(const struct cli *cli, const struct invocation *inv, struct lig_query *q)
{
	int code = CLI_OK;

	for (int at = 1; at < inv->argc && code == CLI_OK; at += 2) {
		size_t i = 0;

		while (i < SETTINGS &&
			(settings[i].word == NULL || strcmp(settings[i].word, inv->args[at]) != 0))
			i++;
		if (i == SETTINGS)
			return unknown_word(cli, inv, inv->args[at]);
		if (at + 1 == inv->argc)
			return cli_usage(cli, inv, "\"%s\" needs a value behind it", inv->args[at]);
		code = set(cli, inv, settings[i].what, settings[i].word, inv->args[at + 1], q);
	}
	return code;
}

int lig_args(const struct cli *cli, const struct invocation *inv, struct lig_query *q)
{
	const char *value;
	int code;

	*q = (struct lig_query){.count = 3, .timeout_ms = 2000};
	q->batch = invocation_has(inv, "--batch");
	q->debug = invocation_has(inv, "--debug");
	q->no_eid = invocation_has(inv, "--no-eid");
	code = take_destination(cli, inv->args[0], q);
	for (size_t i = 0; i < SETTINGS && code == CLI_OK; i++) {
		value = settings[i].option != NULL ? invocation_value(inv, settings[i].option)
						   : NULL;
		if (value != NULL)
			code = set(cli, inv, settings[i].what, settings[i].option, value, q);
	}
	if (code == CLI_OK)
		code = take_words(cli, inv, q);
	value = cli->env("LISP_MAP_RESOLVER");
	if (code == CLI_OK && q->resolver_name == NULL && value != NULL)
		code = lig_args_resolver(cli, value, q);
	if (code == CLI_OK && q->resolver_name == NULL && q->self == LIG_OTHER)
		code = cli_usage(cli, inv,
			"no map-resolver: say \"to HOST\", -m HOST, or set LISP_MAP_RESOLVER");
	return code;
}
