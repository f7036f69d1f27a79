/* See ddt_client.h. */
#include "mapserver/ddt_client.h"

#include <string.h>

#include "lib/base/rcu.h"
#include "mapserver/ddt_resolver.h"
#include "mapserver/resolve.h"

bool ddt_client_serves(const struct server *s)
{
	return s->opt.resolver && s->ddt && ddt_resolver_active(s->ddt);
}

/* What is known here beside the tree stays out of its negative answers. */
static struct eid narrow(void *arg, const struct eid *eid, unsigned int floor)
{
	const struct server *s = arg;
	const struct resolve_view v = {.registry = s->registry,
		.sites = s->opt.map_server ? rcu_load(&s->sites) : NULL,
		.forward = rcu_load(&s->forward)};

	return resolve_free_prefix(&v, eid, floor);
}

static struct ddt_turn turn_of(
	struct server *s, struct metrics_shard *counters, struct mono now, struct outbox *out)
{
	return (struct ddt_turn){.now = now,
		.wall_s = server_wall_s(s, now),
		.out = out,
		.counters = counters,
		.narrow = narrow,
		.arg = s};
}

/* The message as if it had this one record only: what stands before the records and after them, and
 * the @len bytes at @record between. Returns the length, or 0 when there is no room. */
static size_t single(uint8_t *buf, size_t cap, const struct ecm *ecm, const struct map_request *m,
	size_t record, size_t len)
{
	size_t head = m->records.pos, tail = ecm->message_len - m->records.end;

	if (head + len + tail > cap)
		return 0;
	memcpy(buf, ecm->message, head);
	buf[3] = 1; /* the record count */
	memcpy(buf + head, ecm->message + record, len);
	memcpy(buf + head + len, ecm->message + m->records.end, tail);
	return head + len + tail;
}

static const char *text_of(int reason)
{
	switch (reason) {
	case DROP_DDT_PENDING:
		return "too many searches are under way, in all or for one ITR";
	case DROP_DDT_SIZE:
		return "a Map-Request too long to be searched for";
	case DROP_REFERRAL_UNEXPECTED:
		return "no search waits for it: another nonce, EID or sender";
	case DROP_REFERRAL_SIGNATURE:
		return "no signature by a key of its sender's is right";
	case DROP_REFERRAL_PREFIX:
		return "its prefix is less specific than the referral that led there";
	case DROP_REFERRAL_ACT:
		return "its action means nothing";
	case DROP_REFERRAL_LOCATORS:
		return "none of its locators can be asked";
	default:
		return "no memory, or no room";
	}
}

void ddt_client_ask(struct server_thread *t, const struct datagram *d, const struct ecm *ecm,
	const struct map_request *m, const struct endpoint *itr, uint32_t records, struct mono now,
	struct outbox *out)
{
	const struct ddt_turn turn = turn_of(t->server, t->counters, now, out);
	struct ddt_question q = {.nonce = m->nonce,
		.reply_to = *itr,
		.local = d->local,
		.source = ecm->source,
		.dest = ecm->dest};
	unsigned int asked = 0;
	uint8_t buf[DDT_MESSAGE_MAX];
	struct map_request it = *m;
	struct map_request_record rec;
	size_t at = it.records.pos;

	if (ecm->hop_limit <= 1) {
		server_drop(t, DROP_HOP_LIMIT, LISP_MAP_REQUEST, &d->peer, now,
			"the inner hop limit is %u, it was forwarded too often", ecm->hop_limit);
		return;
	}
	for (unsigned int i = 0; map_request_next(&it, &rec); at = it.records.pos, i++) {
		int reason = DROP_DDT_SIZE;

		if (i >= 32 || !(records >> i & 1) || asked++ == DDT_CLIENT_RECORDS_MAX)
			continue;
		q.eid = rec.eid.eid;
		q.message = buf;
		q.len = single(buf, sizeof(buf), ecm, m, at, it.records.pos - at);
		if (q.len)
			reason = ddt_resolver_ask(t->server->ddt, &q, &turn);
		if (reason != DDT_TAKEN)
			server_drop(t, (enum drop_reason)reason, LISP_MAP_REQUEST, &d->peer, now,
				"%s", text_of(reason));
	}
}

void ddt_client_receive(
	struct server_thread *t, const struct datagram *d, struct mono now, struct outbox *out)
{
	const struct ddt_turn turn = turn_of(t->server, t->counters, now, out);
	struct wire_fault fault;
	int error, reason;

	if (!ddt_client_serves(t->server)) {
		server_drop(t, DROP_NO_ROLE, LISP_MAP_REFERRAL, &d->peer, now,
			"a Map-Referral, and nothing is searched for here");
		return;
	}
	reason = ddt_resolver_receive(
		t->server->ddt, d->bytes, d->len, &d->peer, &turn, &error, &fault);
	if (error)
		server_drop_fault(t, error, LISP_MAP_REFERRAL, &d->peer, now, &fault);
	else if (reason != DDT_TAKEN)
		server_drop(t, (enum drop_reason)reason, LISP_MAP_REFERRAL, &d->peer, now, "%s",
			text_of(reason));
}

void ddt_client_run(
	struct server *s, struct metrics_shard *counters, struct mono now, struct outbox *out)
{
	const struct ddt_turn turn = turn_of(s, counters, now, out);

	if (s->ddt)
		ddt_resolver_run(s->ddt, &turn);
}
