/* See ddt_client.h. */
#include "mapserver/ddt_client.h"

#include <string.h>

#include <openssl/crypto.h>

#include "lib/base/rcu.h"
#include "mapserver/ddt_resolver.h"
#include "mapserver/resolve.h"

bool ddt_client_serves(const struct server *s)
{
	return s->opt.resolver && s->ddt && ddt_resolver_active(s->ddt);
}

/* What a turn's calls come back with. */
struct context {
	struct server_thread *t;
	struct mono now;
};

/* What is known here beside the tree stays out of its negative answers. */
static struct eid narrow(void *arg, const struct eid *eid, unsigned int floor)
{
	const struct context *c = arg;
	const struct server *s = c->t->server;
	const struct resolve_view v = {.registry = s->registry,
		.sites = s->opt.map_server ? rcu_load(&s->sites) : NULL,
		.forward = rcu_load(&s->forward)};

	return resolve_free_prefix(&v, eid, floor);
}

/* RFC 9303 section 6.6: wrapped anew, with the key of the Map-Server. */
static bool protect(void *arg, const struct ddt_protection *p, uint64_t nonce,
	const struct endpoint *itr, const struct address *to, struct wire_writer *w)
{
	const struct context *c = arg;
	const struct datagram d = {.peer = *itr};
	struct secure s = {
		.itr_otk = p->otk, .nonce = nonce, .hmac_id = p->hmac_id, .kdf_id = p->kdf_id};
	bool ok = secure_pass_to_server(c->t, &s, &d, to, w, c->now);

	secure_close(&s);
	return ok;
}

/* Section 6.7.2. */
static bool vouch(void *arg, const struct ddt_protection *p, uint64_t nonce,
	const struct eid *prefix, struct wire_writer *w)
{
	const struct context *c = arg;
	struct secure s = {
		.itr_otk = p->otk, .nonce = nonce, .hmac_id = p->hmac_id, .kdf_id = p->kdf_id};
	bool ok;

	secure_start(&s);
	secure_add(&s, prefix);
	ok = secure_reply(c->t, &s, w);
	secure_close(&s);
	return ok;
}

static struct ddt_turn turn_of(struct context *c, struct outbox *out)
{
	return (struct ddt_turn){.now = c->now,
		.wall_s = server_wall_s(c->t->server, c->now),
		.out = out,
		.counters = c->t->counters,
		.narrow = narrow,
		.protect = protect,
		.vouch = vouch,
		.arg = c};
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
	const struct map_request *m, const struct secure *secure, const struct endpoint *itr,
	uint32_t records, struct mono now, struct outbox *out)
{
	struct context c = {t, now};
	const struct ddt_turn turn = turn_of(&c, out);
	struct ddt_protection p;
	struct ddt_question q = {.nonce = m->nonce,
		.reply_to = *itr,
		.local = d->local,
		.source = ecm->source,
		.dest = ecm->dest,
		.protection = secure ? &p : NULL};
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
	if (secure)
		p = (struct ddt_protection){secure->itr_otk, secure->hmac_id, secure->kdf_id};
	for (unsigned int i = 0; map_request_next(&it, &rec); at = it.records.pos, i++) {
		int reason = DROP_DDT_SIZE;

		if (i >= 32 || !(records >> i & 1) || asked++ >= DDT_CLIENT_RECORDS_MAX)
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
	if (secure)
		OPENSSL_cleanse(&p, sizeof(p));
}

void ddt_client_receive(
	struct server_thread *t, const struct datagram *d, struct mono now, struct outbox *out)
{
	struct context c = {t, now};
	const struct ddt_turn turn = turn_of(&c, out);
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

void ddt_client_run(struct server_thread *t, struct mono now, struct outbox *out)
{
	struct context c = {t, now};
	const struct ddt_turn turn = turn_of(&c, out);

	if (t->server->ddt)
		ddt_resolver_run(t->server->ddt, &turn);
}
