/* lig: asks a map-resolver, waits, asks again (lig.h). The shell around lig_message.c: it has the
 * socket, the clock and the nonces. */
#include "cli/lig.h"

#include <errno.h>
#include <json.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/client.h"
#include "cli/verbs.h"
#include "lib/base/clock.h"

/* A question under way. */
struct ask {
	const struct cli *cli;
	const struct lig_query *q;
	int fd;
	struct endpoint us;
	unsigned int sent;
	uint64_t nonces[LIG_COUNT_MAX];
	struct mono sent_at[LIG_COUNT_MAX];
	uint8_t in[LISP_MESSAGE_MAX + 1];
};

static void debug(const struct ask *ask, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void debug(const struct ask *ask, const char *format, ...)
{
	va_list ap;

	if (!ask->q->debug)
		return;
	va_start(ap, format);
	vfprintf(ask->cli->err, format, ap);
	va_end(ap);
}

/* ---- lig self: what the local xTR says of itself ---- */

static const char *member(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) && json_object_is_type(v, json_type_string)
		       ? json_object_get_string(v)
		       : "";
}

static bool is_dynamic(struct json_object *o)
{
	struct json_object *v;

	return json_object_object_get_ex(o, "dynamic", &v) && json_object_get_boolean(v);
}

/* The first EID-prefix of the family, a configured one before hosts that were found. */
static bool pick_own(struct json_object *rows, uint16_t afi, struct eid *e)
{
	const char *why;

	for (int dynamic = 0; dynamic < 2; dynamic++)
		for (size_t i = 0; i < json_object_array_length(rows); i++) {
			struct json_object *row = json_object_array_get_idx(rows, i);

			if (is_dynamic(row) == (dynamic == 1) &&
				eid_parse(e, member(row, "eid"), &why) && e->addr.afi == afi)
				return true;
		}
	return false;
}

/* The map-resolver that the local xTR asks, if it tells. */
static int own_resolver(const struct cli *cli, struct lig_query *q, char *text, size_t size)
{
	struct client_request r = {.method = "GET", .path = "/v1/status"};
	struct json_object *status, *list = NULL, *first = NULL;
	enum cli_exit code = client_ask(cli, "xtr", &r, &status);

	if (code == CLI_OK && json_object_object_get_ex(status, "map_resolvers", &list) &&
		json_object_is_type(list, json_type_array))
		first = json_object_array_get_idx(list, 0);
	if (code == CLI_OK && first == NULL)
		code = (enum cli_exit)cli_fail(cli, CLI_FAILED,
			"the local xTR names no map-resolver: say \"to HOST\" or set LISP_MAP_RESOLVER");
	if (code == CLI_OK) {
		snprintf(text, size, "%s", json_object_get_string(first));
		code = (enum cli_exit)lig_args_resolver(cli, text, q);
	}
	json_object_put(status);
	return (int)code;
}

/* RFC 6835 section 4.1: the first EID-prefix of the site, host bits zero, is the destination and
 * the source. */
static int fill_self(const struct cli *cli, struct lig_query *q, char *resolver, size_t size)
{
	uint16_t afi = q->self == LIG_SELF6 ? AFI_IPV6 : AFI_IPV4;
	struct json_object *rows;
	int code = (int)verb_rows(cli, "xtr", "/v1/local", "local", 0, &rows);
	struct eid own;

	if (code != CLI_OK)
		return code;
	if (!pick_own(rows, afi, &own))
		code = cli_fail(
			cli, CLI_FAILED, "the local xTR has no IPv%d EID", afi == AFI_IPV6 ? 6 : 4);
	json_object_put(rows);
	if (code != CLI_OK)
		return code;
	q->eid = eid_host(own.iid, &own.addr);
	if (q->source_eid.afi == AFI_NONE)
		q->source_eid = own.addr;
	return q->resolver_name == NULL ? own_resolver(cli, q, resolver, size) : CLI_OK;
}

/* -e: an EID as ITR-RLOC would need the mapping system to bring back its own answer. */
static int refuse_own_eid(const struct cli *cli, const struct address *us)
{
	struct json_object *rows;
	struct eid host = eid_host(0, us), e;
	char text[ADDRESS_TEXT];
	const char *why;
	int code = (int)verb_rows(cli, "xtr", "/v1/local", "local", 0, &rows);

	if (code != CLI_OK)
		return code;
	for (size_t i = 0; i < json_object_array_length(rows) && code == CLI_OK; i++)
		if (eid_parse(&e, member(json_object_array_get_idx(rows, i), "eid"), &why) &&
			eid_covers(&e, &host))
			code = cli_fail(cli, CLI_FAILED,
				"our address %s is an EID: name a locator with -s",
				address_format(us, text, sizeof(text)));
	json_object_put(rows);
	return code;
}

/* ---- asking ---- */

/* The address of ours that leads to the map-resolver, unless one was named. */
static int own_address(const struct ask *ask, struct address *own)
{
	const struct lig_query *q = ask->q;
	struct sockaddr_storage ss;
	socklen_t len = endpoint_to_sockaddr(&q->resolver, &ss);
	char text[ENDPOINT_TEXT], from[ADDRESS_TEXT];
	struct endpoint seen;
	int fd, code = CLI_OK;

	*own = q->source;
	endpoint_format(&q->resolver, text, sizeof(text));
	if (own->afi != AFI_NONE && own->afi != q->resolver.addr.afi)
		return cli_fail(ask->cli, CLI_USAGE,
			"our address %s and map-resolver %s are of different families",
			address_format(own, from, sizeof(from)), text);
	if (own->afi != AFI_NONE)
		return CLI_OK;
	fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&ss, len) < 0 ||
		getsockname(fd, (struct sockaddr *)&ss, &len) < 0 ||
		!endpoint_from_sockaddr(&seen, (struct sockaddr *)&ss))
		code = cli_fail(ask->cli, CLI_FAILED, "no way to %s: %s", text, strerror(errno));
	else
		*own = seen.addr;
	if (fd >= 0)
		close(fd);
	return code;
}

/* The socket is not connected: the answer may come from an ETR. */
static int open_socket(struct ask *ask)
{
	struct endpoint bind_to = {.port = ask->q->port};
	struct sockaddr_storage ss;
	char text[ENDPOINT_TEXT];
	socklen_t len;
	int code = own_address(ask, &bind_to.addr);

	if (code != CLI_OK)
		return code;
	len = endpoint_to_sockaddr(&bind_to, &ss);
	ask->fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (ask->fd < 0 || bind(ask->fd, (struct sockaddr *)&ss, len) < 0 ||
		getsockname(ask->fd, (struct sockaddr *)&ss, &len) < 0 ||
		!endpoint_from_sockaddr(&ask->us, (struct sockaddr *)&ss))
		return cli_fail(ask->cli, CLI_FAILED, "cannot send from %s: %s",
			endpoint_format(&bind_to, text, sizeof(text)), strerror(errno));
	return CLI_OK;
}

static int send_one(struct ask *ask)
{
	const struct lig_query *q = ask->q;
	uint8_t out[LIG_REQUEST_MAX + 64];
	char to[ENDPOINT_TEXT], eid[EID_TEXT];
	struct sockaddr_storage ss;
	socklen_t ss_len = endpoint_to_sockaddr(&q->resolver, &ss);
	uint64_t nonce;
	size_t len;

	arc4random_buf(&nonce, sizeof(nonce));
	len = lig_request(out, sizeof(out), q, &ask->us, nonce);
	if (len == 0)
		return cli_fail(ask->cli, CLI_FAILED, "no Map-Request can be written for this EID");
	eid_format(&q->eid, eid, sizeof(eid));
	if (!ask->cli->json && !q->batch)
		fprintf(ask->cli->out, "Send %smap-request to %s for %s ...\n",
			q->self != LIG_OTHER ? "loopback " : "", q->resolver_name, eid);
	fflush(ask->cli->out);
	debug(ask, "%zu bytes to %s, nonce 0x%016llx\n", len,
		endpoint_format(&q->resolver, to, sizeof(to)), (unsigned long long)nonce);
	ask->nonces[ask->sent] = nonce;
	ask->sent_at[ask->sent++] = mono_now();
	if (sendto(ask->fd, out, len, 0, (struct sockaddr *)&ss, ss_len) < 0)
		return cli_fail(ask->cli, CLI_FAILED, "cannot send to %s: %s",
			endpoint_format(&q->resolver, to, sizeof(to)), strerror(errno));
	return CLI_OK;
}

/* One datagram: true when it is the answer. */
static bool take_one(struct ask *ask, struct lig_answer *a)
{
	struct sockaddr_storage ss;
	socklen_t ss_len = sizeof(ss);
	ssize_t n = recvfrom(
		ask->fd, ask->in, sizeof(ask->in), MSG_DONTWAIT, (struct sockaddr *)&ss, &ss_len);
	struct wire_fault fault;
	char from[ENDPOINT_TEXT], text[256];
	unsigned int which;

	if (n < 0 || !endpoint_from_sockaddr(&a->from, (struct sockaddr *)&ss))
		return false;
	endpoint_format(&a->from, from, sizeof(from));
	switch (lig_judge(ask->in, (size_t)n, ask->nonces, ask->sent, &a->reply, &which, &fault)) {
	case LIG_ANSWER:
		a->rtt_us = mono_since_us(ask->sent_at[which], mono_now());
		a->sent = ask->sent;
		return true;
	case LIG_NOT_A_REPLY:
		debug(ask, "passed over %zd bytes from %s: no Map-Reply\n", n, from);
		return false;
	case LIG_MALFORMED:
		cli_fail(ask->cli, CLI_FAILED, "passed over a Map-Reply from %s: %s", from,
			wire_fault_text(&fault, text, sizeof(text)));
		return false;
	case LIG_FOREIGN:
		debug(ask, "passed over a Map-Reply from %s: its nonce 0x%016llx is not ours\n",
			from, (unsigned long long)a->reply.nonce);
		return false;
	}
	return false;
}

/* Wait for the answer to what was sent so far. */
static bool wait_for_answer(struct ask *ask, struct lig_answer *a)
{
	struct mono due = mono_add_ms(mono_now(), ask->q->timeout_ms);
	struct pollfd p = {.fd = ask->fd, .events = POLLIN};

	for (;;) {
		struct mono now = mono_now();

		if (mono_due(due, now))
			return false;
		if (poll(&p, 1, (int)(mono_since_us(now, due) / 1000) + 1) > 0 && take_one(ask, a))
			return true;
	}
}

static int ask_resolver(struct ask *ask)
{
	struct lig_answer answer;
	char text[ENDPOINT_TEXT];
	int code = open_socket(ask);

	if (code == CLI_OK)
		debug(ask, "our locator (ITR-RLOC) is %s\n",
			endpoint_format(&ask->us, text, sizeof(text)));
	if (code == CLI_OK && ask->q->no_eid)
		code = refuse_own_eid(ask->cli, &ask->us.addr);
	while (code == CLI_OK && ask->sent < ask->q->count) {
		code = send_one(ask);
		if (code == CLI_OK && wait_for_answer(ask, &answer))
			return lig_show(ask->cli, ask->q, &answer);
	}
	if (code != CLI_OK)
		return code;
	return cli_fail(ask->cli, CLI_TIMEOUT, "no Map-Reply from %s to %u Map-Requests, %u s each",
		endpoint_format(&ask->q->resolver, text, sizeof(text)), ask->sent,
		ask->q->timeout_ms / 1000);
}

int lig_run(struct cli *cli, const struct invocation *inv)
{
	char resolver[ENDPOINT_TEXT];
	struct lig_query q;
	struct ask *ask;
	int code = lig_args(cli, inv, &q);

	if (code == CLI_OK && q.self != LIG_OTHER)
		code = fill_self(cli, &q, resolver, sizeof(resolver));
	if (code != CLI_OK)
		return code;
	ask = calloc(1, sizeof(*ask));
	if (ask == NULL)
		return cli_fail(cli, CLI_FAILED, "out of memory");
	ask->cli = cli;
	ask->q = &q;
	ask->fd = -1;
	code = ask_resolver(ask);
	if (ask->fd >= 0)
		close(ask->fd);
	free(ask);
	return code;
}
