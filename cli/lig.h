/* lig: the LISP Internet Groper (RFC 6835): one Map-Request in an ECM to a map-resolver, and what
 * comes back.
 *
 * lig_args.c reads the command line in both classic dialects (a router's words, a host's options);
 * lig_message.c is pure: bytes out, bytes in; lig_show.c shows the answer; lig.c asks, waits and
 * asks again. */
#ifndef SUNWARD_CLI_LIG_H
#define SUNWARD_CLI_LIG_H

#include "cli/cli.h"
#include "cli/grammar.h"
#include "lib/net/address.h"
#include "lisp/map_reply.h"

struct json_object;

#define LIG_COUNT_MAX   5
#define LIG_REQUEST_MAX 512 /* bytes */

enum lig_self { LIG_OTHER, LIG_SELF, LIG_SELF6 };

struct lig_query {
	enum lig_self self;      /* ask for the local xTR's own EID-prefix */
	const char *destination; /* as typed */
	struct eid eid;
	const char *resolver_name; /* as typed; NULL: not given */
	struct endpoint resolver;
	struct address source_eid; /* AFI_NONE: none */
	struct address source;     /* our RLOC; AFI_NONE: the kernel's choice */
	uint16_t port;             /* our port; 0: any */
	unsigned int count;        /* 1-5 */
	unsigned int timeout_ms;   /* for each */
	bool batch, debug, no_eid;
};

/* The command line, both dialects at once. CLI_OK, or the mistake is told. Names are looked up. */
int lig_args(const struct cli *cli, const struct invocation *inv, struct lig_query *q);
/* @text (HOST or HOST:PORT) as the map-resolver. */
int lig_args_resolver(const struct cli *cli, const char *text, struct lig_query *q);

/* The datagram for the map-resolver: ECM, inner IP and UDP, Map-Request with one ITR-RLOC. @us is
 * where the answer is awaited. Returns its length, or 0 when it cannot be written. */
size_t lig_request(void *buf, size_t cap, const struct lig_query *q, const struct endpoint *us,
	uint64_t nonce);

enum lig_verdict {
	LIG_ANSWER,
	LIG_NOT_A_REPLY, /* another message, or none */
	LIG_MALFORMED,   /* the fault says where */
	LIG_FOREIGN,     /* its nonce is none of ours */
};
/* Judge what came. On LIG_ANSWER @which is the index of its nonce. */
enum lig_verdict lig_judge(const void *pkt, size_t len, const uint64_t *nonces,
	unsigned int nonce_count, struct map_reply *reply, unsigned int *which,
	struct wire_fault *fault);

struct lig_answer {
	struct map_reply reply;
	struct endpoint from;
	uint64_t rtt_us;
	unsigned int sent; /* Map-Requests until the answer came */
};

/* Show it. CLI_OK, or CLI_NO_MAPPING when no record has a locator. */
int lig_show(const struct cli *cli, const struct lig_query *q, const struct lig_answer *a);

#endif
