/* cli: what every verb of `sunward` is handed, and the exit codes that scripts may rely on.
 *
 * Knows no verb, no socket and no format. There are no globals: a run is one struct cli, so that
 * the tests run whole commands inside their own process. */
#ifndef SUNWARD_CLI_CLI_H
#define SUNWARD_CLI_CLI_H

#include <stdbool.h>
#include <stdio.h>

/* The manual page promises these. */
enum cli_exit {
	CLI_OK = 0,
	CLI_FAILED = 1,      /* the daemon refused, or something went wrong */
	CLI_USAGE = 2,       /* the command line is wrong */
	CLI_NO_MAPPING = 3,  /* the EID has no mapping */
	CLI_TIMEOUT = 4,     /* nobody answered in time */
	CLI_DENIED = 5,      /* the caller may not do that */
	CLI_CONFLICT = 6,    /* it exists already, or has changed meanwhile */
	CLI_UNREACHABLE = 7, /* no daemon listens */
};

struct invocation;

struct cli {
	FILE *out; /* results */
	FILE *err; /* messages for people */
	const char *(*env)(const char *name);
	const char *name;   /* what messages begin with: "sunward", "lig" */
	const char *rundir; /* where the daemons' sockets stand */
	const char *socket; /* --socket or SUNWARD_SOCKET; NULL: the verb's own daemon */
	/* Over TCP with mutual TLS: --connect and its files; connect NULL: by a unix socket. */
	const char *connect, *cert, *cert_key, *ca;
	bool json;               /* -j */
	unsigned int timeout_ms; /* for one answer of a daemon */
	unsigned int events_max; /* watch ends after so many events; 0: never (tests) */
};

/* Run one command line. @self: argv[0] as called; "lig" is short for "sunward lig". Returns enum
 * cli_exit. */
int cli_main(struct cli *cli, int argc, char **argv);

/* One message line on err, "sunward: ...", or with -j a problem document (RFC 9457); returns @code.
 */
int cli_fail(const struct cli *cli, enum cli_exit code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same for a wrong command line, with the verb's usage line; returns CLI_USAGE. */
int cli_usage(const struct cli *cli, const struct invocation *inv, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
