/* register: the worker's half of a registration (RFC 9301 sections 5.6, 5.7, 8.2): parse,
 * authenticate, check against the site's prefixes and against replay. What changes nothing is done
 * here, with one atomic store; what changes something becomes a job for the committer. Nothing is
 * allocated for a refresh. */
#include <string.h>

#include "mapserver/claim.h"
#include "mapserver/commit.h"
#include "mapserver/loss.h"
#include "mapserver/sender.h"
#include "mapserver/subscribe.h"

static void submit(struct server_thread *t, const struct datagram *d, enum lisp_type type,
	const struct sender *s, struct mono now)
{
	struct job *job = job_new(d, s->replay, s->xtr);

	if (!job) {
		server_drop(t, DROP_NO_MEMORY, type, &d->peer, now, "no memory for a change");
		return;
	}
	job->received = now;
	xtr_waiting_add(s->xtr, 1);
	if (!t->submit(t->submit_arg, job)) {
		xtr_waiting_add(s->xtr, -1);
		server_drop(t, DROP_QUEUE_FULL, type, &d->peer, now,
			"too many changes wait for their commit");
		job_free(job);
	}
}

/* ---- Map-Register ---- */

/* Every EID is of a kind that is kept, and the site's own. */
static bool records_allowed(struct server_thread *t, const struct datagram *d,
	const struct map_register *m, const struct sender *s, struct mono now)
{
	struct lisp_records it = m->records;
	struct lisp_record rec;

	while (lisp_records_next(&it, &rec)) {
		if (!lisp_eid_kept(&rec.eid)) {
			server_drop(t, DROP_EID_KIND, LISP_MAP_REGISTER, &d->peer, now,
				"record %u: an EID of a kind that is not kept (AFI %u, LCAF type %u)",
				it.index - 1, rec.eid.field.afi, rec.eid.field.lcaf);
			return false;
		}
		if (!sender_allows(t, d, LISP_MAP_REGISTER, &rec.eid.eid, now, s))
			return false;
	}
	return true;
}

/* Either the registrant's own, or the same site's: all ETRs of a site register the same locators.
 */
static bool is_owner(const struct mapping *m, const struct xtr *x)
{
	return m->owner == x || (!m->owner->is_static && !strcmp(m->owner->who.site, x->who.site));
}

enum outcome { REFRESHED, CHANGES, REFUSED };

/* A refresh: every record says what is known already. All or nothing. It never overtakes a change
 * that the same xTR asked for before: that one is not in the tables yet. */
static enum outcome refresh(struct server_thread *t, const struct datagram *d,
	const struct map_register *m, const struct sender *s, struct mono now)
{
	struct mapping *found[LISP_RECORDS_MAX];
	uint64_t expiry[LISP_RECORDS_MAX];
	struct lisp_records it = m->records;
	struct registration in;
	struct locators locators;
	struct lisp_record rec;
	unsigned int n = 0;
	enum outcome outcome = xtr_waiting(s->xtr) ? CHANGES : REFRESHED;

	while (lisp_records_next(&it, &rec)) {
		struct mapping *is = registry_exact(t->server->registry, &rec.eid.eid, now);

		if (!sender_registration(t, d, m, &rec, s, now, &locators, &in))
			return REFUSED;
		if (!is || rec.ttl_min == LISP_TTL_REMOVE || !is_owner(is, s->xtr) ||
			!(registry_same(is, &in) || registry_echoed(is, &in))) {
			outcome = CHANGES; /* look at the others all the same: one may be unfit */
			continue;
		}
		found[n] = is;
		expiry[n++] = in.expiry_ns;
	}
	if (outcome != REFRESHED)
		return outcome;
	for (unsigned int i = 0; i < n; i++)
		if (!registry_refresh(t->server->registry, found[i], now, expiry[i]))
			return CHANGES; /* it was due, and its sweep was faster */
	metrics_count_n(t->counters, COUNT_REFRESHED, n);
	return REFRESHED;
}

/* RFC 9301 section 8.2: authenticate; accept only the prefixes configured for that ETR; refuse
 * replays (section 5.6); then follow all records, or none; then acknowledge when asked. */
void register_receive(
	struct server_thread *t, const struct datagram *d, struct mono now, struct outbox *out)
{
	struct wire_fault fault;
	struct map_register m;
	struct lisp_record first;
	struct lisp_records it;
	struct sender s;
	int err = map_register_parse(d->bytes, d->len, &m, &fault);

	if (server_refuses(t, err, LISP_MAP_REGISTER, &d->peer, now, &fault))
		return;
	it = m.records;
	if (!lisp_records_next(&it, &first)) {
		server_drop(t, DROP_NO_RECORDS, LISP_MAP_REGISTER, &d->peer, now, "no records");
		return;
	}
	if (!sender_authenticate(
		    t, d, LISP_MAP_REGISTER, m.nonce, &m.auth, &first.eid.eid, now, &s) ||
		!records_allowed(t, d, &m, &s, now))
		return;
	if (!sender_accept(t, d, LISP_MAP_REGISTER, m.nonce, m.site_id, &m.xtr_id, now, &s))
		return;
	/* Parts of a sum are the committer's alone. */
	switch (m.merge ? CHANGES : refresh(t, d, &m, &s, now)) {
	case REFRESHED:
		if (m.want_notify)
			sender_acknowledge(t, d, &m, &s, now, out);
		break;
	case CHANGES:
		submit(t, d, LISP_MAP_REGISTER, &s, now);
		break;
	case REFUSED:
		break;
	}
}

/* ---- acknowledgements ---- */

/* It was asked for, and comes from the one who was asked: by a key of the site that we told. Its
 * EID need not be of that site: a source's ITR is told of groups (RFC 8378 section 5.3). */
static bool ack_authentic(struct server_thread *t, const struct datagram *d, enum lisp_type type,
	uint64_t nonce, const struct auth_field *auth, struct mono now)
{
	struct xtr *awaited = notify_awaited(t->server->notify, nonce);
	struct eid eid;
	struct sender s;

	if (!awaited) {
		server_drop(t, DROP_UNEXPECTED_ACK, type, &d->peer, now,
			"nobody's acknowledgement with nonce 0x%016llx is awaited",
			(unsigned long long)nonce);
		return false;
	}
	if (!sender_authenticate_as(t, d, type, nonce, auth, awaited, now, &s))
		return false;
	if (!notify_acknowledged(t->server->notify, nonce, now, &eid))
		return true;
	losses_forget(t->server->losses, &eid, awaited);
	moves_acknowledged(t->server->moves, &eid, now);
	server_count(t, COUNT_NOTIFY_ACKS);
	return true;
}

void register_ack_receive(struct server_thread *t, const struct datagram *d, struct mono now)
{
	struct wire_fault fault;
	struct map_register m;
	struct lisp_record first;
	int err = map_register_parse(d->bytes, d->len, &m, &fault);

	if (err)
		server_drop_fault(t, err, LISP_MAP_NOTIFY_ACK, &d->peer, now, &fault);
	else if (subscribe_ack(t, d, &m, now))
		return;
	else if (!lisp_records_next(&m.records, &first))
		server_drop(t, DROP_NO_RECORDS, LISP_MAP_NOTIFY_ACK, &d->peer, now,
			"no records: nobody can tell what it acknowledges");
	else
		ack_authentic(t, d, LISP_MAP_NOTIFY_ACK, m.nonce, &m.auth, now);
}

/* ---- move messages ---- */

/* A refresh that stands, or that the present mapping refutes, needs no commit. False: the committer
 * must look. */
static bool refresh_move(struct server_thread *t, const struct datagram *d, struct move *m,
	const struct sender *s, struct mono now, struct outbox *out)
{
	struct registry *r = t->server->registry;
	bool waiting = xtr_waiting(s->xtr);
	struct mapping *is = registry_exact(r, &m->record.eid.eid, now);
	struct claim_present p = {.mapping = is};
	uint64_t expiry = mono_add_s(now, t->server->opt.registration_timeout_s).ns;

	if (!is || waiting)
		return false;
	p.seq = is->seq;
	switch (claim_judge(MOVE_REFRESH, s->xtr, m->seq, false, &p)) {
	case CLAIM_STANDS:
		if (!registry_refresh(r, is, now, expiry))
			return false;
		server_count(t, COUNT_REFRESHED);
		sender_answer_move(t, d, m, MOVE_GRANTED, is->seq, is, s, now, out);
		return true;
	case CLAIM_REFUSED:
		if (m->seq > is->seq)
			return false; /* perhaps newer than what we know: not ours to judge */
		sender_answer_move(t, d, m, MOVE_REFUSED, is->seq, is, s, now, out);
		return true;
	default:
		return false;
	}
}

/* docs/architecture.md section 5: claims and withdrawals change something, refreshes as a rule do
 * not. */
void register_move_receive(
	struct server_thread *t, const struct datagram *d, struct mono now, struct outbox *out)
{
	struct wire_fault fault;
	struct sender s;
	struct move m;
	int err = move_parse(d->bytes, d->len, &m, &fault);

	if (server_refuses(t, err, LISP_EXTENSION, &d->peer, now, &fault))
		return;
	if (!m.record.eid.plain) {
		server_drop(t, DROP_EID_KIND, LISP_EXTENSION, &d->peer, now,
			"an EID of a kind that is not kept");
		return;
	}
	if (m.kind == MOVE_ACK) {
		ack_authentic(t, d, LISP_EXTENSION, m.nonce, &m.auth, now);
		return;
	}
	if (m.kind != MOVE_CLAIM && m.kind != MOVE_REFRESH && m.kind != MOVE_WITHDRAW) {
		server_drop(t, DROP_MOVE_KIND, LISP_EXTENSION, &d->peer, now,
			"kind %d at byte 3 is for xTRs", m.kind);
		return;
	}
	if (!sender_authenticate(
		    t, d, LISP_EXTENSION, m.nonce, &m.auth, &m.record.eid.eid, now, &s) ||
		!sender_allows(t, d, LISP_EXTENSION, &m.record.eid.eid, now, &s) ||
		!sender_accept(t, d, LISP_EXTENSION, m.nonce, m.site_id, &m.xtr_id, now, &s))
		return;
	if (m.kind != MOVE_REFRESH || !refresh_move(t, d, &m, &s, now, out))
		submit(t, d, LISP_EXTENSION, &s, now);
}
