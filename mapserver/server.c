/* See server.h. */
#include "mapserver/server.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mapserver/ddt_client.h"
#include "mapserver/ddt_resolver.h"
#include "lisp/handover.h"
#include "mapserver/expect.h"
#include "mapserver/handover.h"
#include "mapserver/loss.h"
#include "mapserver/nat.h"
#include "mapserver/pinhole.h"
#include "mapserver/publish.h"

#define LOSS_LEAST_S     180   /* three refresh intervals of a minute: RFC 9301 section 8.2 */
#define EXCESS_BUCKETS   65536 /* shared out among destinations by hash */
#define STRANGERS        65536 /* buckets of sources */
#define STRANGER_PER_S   50    /* of a source: resolvers bring those of many xTRs */
#define STRANGER_AT_ONCE 100

struct server *server_new(
	const struct server_options *opt, struct site_table *sites, struct forward_table *forward)
{
	struct server *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->opt = *opt;
	s->sites = sites;
	s->forward = forward;
	s->registry = registry_new(&opt->registry);
	s->xtrs = xtr_table_new(opt->xtrs_max, opt->registry.secret);
	/* An xTR has two entries while its site's key is changed. */
	s->replay = replay_new(2 * opt->xtrs_max, opt->registry.secret);
	s->prepares = replay_new(2 * opt->xtrs_max, opt->registry.secret);
	s->notify = notify_new(opt->notifies_max);
	s->merge = s->registry
			   ? merge_new(opt->contributions_max, s->registry, opt->registry.secret)
			   : NULL;
	s->moves = moves_new(opt->histories_max, &opt->flap, opt->registry.secret);
	s->losses = losses_new(opt->notifies_max,
		opt->registration_timeout_s > LOSS_LEAST_S ? opt->registration_timeout_s
							   : LOSS_LEAST_S,
		opt->registry.secret);
	memcpy(s->opt.subscriptions.secret, opt->registry.secret, sizeof(opt->registry.secret));
	s->subscriptions = subscriptions_new(&s->opt.subscriptions);
	s->publish = s->subscriptions
			     ? publish_new(s->subscriptions, opt->subscriptions.publications)
			     : NULL;
	s->tenant_uses = tenant_uses_new();
	s->excess = limit_shared_new(EXCESS_BUCKETS, opt->excess_replies, opt->registry.secret);
	s->strangers = limit_shared_new(
		STRANGERS, limit_per_s(STRANGER_PER_S, STRANGER_AT_ONCE), opt->registry.secret);
	s->pinholes = pinholes_new(opt->registration_timeout_s, opt->registry.secret);
	if (!s->prepares || !s->pinholes || !s->registry || !s->xtrs || !s->replay || !s->notify ||
		!s->moves || !s->losses || !s->merge || !s->publish || !s->excess ||
		!s->strangers || !s->tenant_uses) {
		s->sites = NULL;
		s->forward = NULL;
		server_free(s);
		return NULL;
	}
	return s;
}

void server_free(struct server *s)
{
	if (!s)
		return;
	publish_free(s->publish);
	subscriptions_free(s->subscriptions);
	limit_shared_free(s->excess);
	limit_shared_free(s->strangers);
	pinholes_free(s->pinholes);
	notify_free(s->notify);
	moves_free(s->moves);
	losses_free(s->losses);
	merge_free(s->merge);
	registry_free(s->registry);
	replay_free(s->replay);
	replay_free(s->prepares);
	xtr_table_free(s->xtrs);
	site_table_free(s->sites);
	forward_table_free(s->forward);
	delegation_table_free(s->delegations);
	secure_peers_free(s->peers);
	ddt_resolver_free(s->ddt);
	tenant_table_free(s->tenants);
	tenant_uses_free(s->tenant_uses);
	free(s);
}

int server_set_tenants(struct server *s, struct tenant_table *t)
{
	int err = tenant_table_bind(t, s->tenant_uses);

	if (err) {
		tenant_table_free(t);
		return err;
	}
	tenant_table_retire(__atomic_exchange_n(&s->tenants, t, __ATOMIC_ACQ_REL));
	return 0;
}

int server_thread_init(struct server_thread *t)
{
	t->otk = otk_tools_new();
	return t->otk ? 0 : -ENOMEM;
}

void server_thread_fini(struct server_thread *t)
{
	otk_tools_free(t->otk);
	t->otk = NULL;
}

void server_drop(struct server_thread *t, enum drop_reason reason, int type,
	const struct endpoint *peer, struct mono now, const char *format, ...)
{
	const char *name = lisp_type_name(type);
	char from[ENDPOINT_TEXT], text[256];
	va_list args;

	server_count(t, COUNT_DROPPED + reason);
	if (!log_limit_passes(t->log, &t->log_limits[reason], now, LOG_LEVEL_WARNING))
		return; /* a flood is counted, and not put in words */
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	log_limited(t->log, &t->log_limits[reason], now, LOG_LEVEL_WARNING, "%s from %s: %s (%s)",
		name ? name : "message", endpoint_format(peer, from, sizeof(from)), text,
		drop_reason_name(reason));
}

void server_drop_fault(struct server_thread *t, int error, int type, const struct endpoint *peer,
	struct mono now, const struct wire_fault *fault)
{
	enum drop_reason reason = DROP_MALFORMED;
	char text[160];

	if (error == -LISP_ETRUNC)
		reason = DROP_TRUNCATED;
	else if (error == -LISP_EUNKNOWN_AFI)
		reason = DROP_UNKNOWN_AFI;
	else if (error == -LISP_EUNSUPPORTED)
		reason = DROP_UNSUPPORTED;
	if (log_limit_passes(t->log, &t->log_limits[reason], now, LOG_LEVEL_WARNING))
		server_drop(t, reason, type, peer, now, "%s",
			wire_fault_text(fault, text, sizeof(text)));
	else
		server_count(t, COUNT_DROPPED + reason);
}

bool server_refuses(struct server_thread *t, int error, int type, const struct endpoint *peer,
	struct mono now, const struct wire_fault *fault)
{
	if (!t->server->opt.map_server)
		server_drop(t, DROP_NO_ROLE, type, peer, now, "no Map-Server here");
	else if (error)
		server_drop_fault(t, error, type, peer, now, fault);
	return !t->server->opt.map_server || error;
}

/* RFC 9301 section 8: what a Map-Server and a Map-Resolver take, and from whom they take nothing.
 */
void server_receive(
	struct server_thread *t, const struct datagram *d, struct mono now, struct outbox *out)
{
	int type = lisp_type_of(d->bytes, d->len);

	if (type < 0) {
		/* RFC 9301 section 5. The socket hands such a datagram up without its content. */
		server_drop(t, DROP_NO_CHECKSUM, -1, &d->peer, now,
			"no UDP checksum (or nothing in the datagram)");
		return;
	}
	server_count(t, COUNT_RECEIVED + (unsigned int)type);
	switch (type) {
	case LISP_ECM:
		request_receive(t, d, now, out);
		return;
	case LISP_MAP_REGISTER:
		register_receive(t, d, now, out);
		return;
	case LISP_MAP_REFERRAL:
		ddt_client_receive(t, d, now, out);
		return;
	case LISP_MAP_NOTIFY_ACK:
		register_ack_receive(t, d, now);
		return;
	case LISP_INFO:
		nat_receive(t, d, now, out);
		return;
	case LISP_EXTENSION:
		if (handover_is(d->bytes, d->len))
			handover_receive(t, d, now);
		else
			register_move_receive(t, d, now, out);
		return;
	case LISP_MAP_REQUEST:
		/* Section 8.4: a Map-Resolver accepts Encapsulated Map-Requests only; probes never
		 * come by the mapping system. */
		server_drop(t, DROP_NOT_ENCAPSULATED, type, &d->peer, now,
			"a Map-Request outside an Encapsulated Control Message");
		return;
	case LISP_MAP_REPLY:
		/* Section 8.3: a Map-Server should never receive one. */
		server_drop(t, DROP_MAP_REPLY, type, &d->peer, now, "not expected here");
		return;
	default:
		server_drop(t, DROP_UNKNOWN_TYPE, type, &d->peer, now,
			"type %d is not handled here", type);
	}
}

void server_receive_all(struct server_thread *t, const struct datagram *list, size_t n,
	struct mono now, struct outbox *out)
{
	struct expect_guess guesses[EXPECT_MAX];
	size_t count = 0;

	for (size_t i = 0; i < n && count < EXPECT_MAX; i++)
		count += expect_guess(list[i].bytes, list[i].len, &guesses[count]);
	if (count > 1)
		expect_fetch(t->server->registry, guesses, count);
	for (size_t i = 0; i < n; i++)
		server_receive(t, &list[i], now, out);
}
