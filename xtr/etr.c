/* See etr.h. */
#include "xtr/etr.h"

#include <stdlib.h>
#include <string.h>

#include "lisp/map_reply.h"
#include "xtr/locator.h"

#define REPLY_MAX 1400 /* bytes: what passes every path without fragments */
#define RLOCS_MAX 4096 /* ITR-RLOCs whose rate is remembered */

struct etr {
	struct env *env;
	struct etr_listener listener;
	struct limit_table *rlocs;
	struct limit_table *excess; /* replies larger than their requests */
};

struct etr *etr_new(struct env *env, const struct etr_listener *listener)
{
	uint32_t rate = env->policy.limits.replies_per_rloc;
	uint32_t excess = env->policy.limits.excess_per_rloc;
	struct etr *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->env = env;
	e->listener = *listener;
	e->rlocs = limit_table_new(RLOCS_MAX, limit_per_s(rate, rate / 10 + 1), env->secret);
	e->excess = limit_table_new(RLOCS_MAX, limit_per_s(excess, excess / 10 + 1), env->secret);
	if (e->rlocs && e->excess)
		return e;
	etr_free(e);
	return NULL;
}

void etr_free(struct etr *e)
{
	if (!e)
		return;
	limit_table_free(e->rlocs);
	limit_table_free(e->excess);
	free(e);
}

static bool usable(const struct etr *e, const struct address *rloc, const struct address *from)
{
	if (!address_is_ip(rloc) || address_is_multicast(rloc) || address_is_unspecified(rloc))
		return false;
	if (address_is_loopback(rloc) && !address_equal(rloc, from))
		return false;
	return !locator_is_ours(e->env, rloc) && locator_own(e->env, rloc->afi);
}

/* The ITR-RLOC that the request came from if it is among them, since that one is least likely to be
 * somebody else's; else the first that we can send to. */
static bool choose_rloc(const struct etr *e, const struct map_request *m,
	const struct address *from, struct address *rloc)
{
	struct address a;
	bool found = false;
	unsigned int i;

	for (i = 0; i < m->itr_rloc_count; i++) {
		if (!lisp_field_locator(&m->itr_rlocs[i], &a) || !usable(e, &a, from))
			continue;
		if (!found || address_equal(&a, from))
			*rloc = a;
		found = true;
		if (address_equal(&a, from))
			break;
	}
	return found;
}

static unsigned int write_records(struct etr *e, struct wire_writer *w, struct map_request *m,
	const struct address *rloc, const struct address *to)
{
	const struct env *env = e->env;
	const struct address *probed = m->probe ? to : NULL;
	struct map_request_record rec;
	unsigned int count = 0;
	struct eid mapping;

	while (map_request_next(m, &rec)) {
		if (!rec.eid.plain)
			continue;
		if (w->pos + 64 + locator_own_size(env) > REPLY_MAX || count == LISP_RECORDS_MAX)
			break;
		if (e->listener.local(e->listener.arg, &rec.eid.eid, &mapping)) {
			lisp_record_write(w, &mapping, env->policy.timers.record_ttl_min,
				(uint8_t)env->policy.rloc_count, LISP_ACT_NONE, true, 0);
			locator_own_write(env, w, &mapping, probed);
			count++;
			continue;
		}
		e->listener.stale(e->listener.arg, &rec.eid.eid, rloc);
		/* A probe asks whether the locator is alive, which it is: silence would take it
		 * away from all the other EIDs that are here. */
		if (m->probe) {
			lisp_record_write(
				w, &rec.eid.eid, 1, 0, LISP_ACT_SEND_MAP_REQUEST, true, 0);
			count++;
		}
	}
	return count;
}

/* A larger reply goes only where the request says that it comes from; since that can be forged,
 * also in the inner header of an ECM, it goes there so often at most
 * (docs/decisions/amplification.md). */
static bool may_exceed(struct etr *e, const struct endpoint *from, const struct address *rloc)
{
	return address_equal(rloc, &from->addr) &&
	       limit_table_take(e->excess, rloc->bytes, rloc->len, e->env->now);
}

static void reply(struct etr *e, struct map_request *m, size_t len, struct protection_etr *security,
	const struct endpoint *from, const struct address *to, const struct address *rloc)
{
	const struct endpoint dest = {.addr = *rloc, .port = from->port};
	struct env *env = e->env;
	uint8_t bytes[REPLY_MAX + PROTECTION_REPLY_BYTES], *room;
	struct wire_writer w;
	unsigned int count;

	wire_writer_init(&w, bytes, sizeof(bytes));
	map_reply_begin(&w, m->probe, m->nonce);
	count = write_records(e, &w, m, rloc, to);
	map_reply_finish(&w, count);
	if (!count || !wire_written(&w)) {
		env_count(env, XTR_REQUEST_DROP_EID);
		return;
	}
	if (security && !protection_close(env, security, &w)) {
		env_count(env, XTR_NO_MEMORY);
		return;
	}
	if (w.pos > len && !may_exceed(e, from, rloc)) {
		env_count(env, XTR_REQUEST_DROP_AMPLIFY);
		return;
	}
	room = env_begin(env, (uint32_t)w.pos);
	if (!room)
		return;
	memcpy(room, bytes, w.pos);
	outbox_commit(env->out, (uint32_t)w.pos, &dest,
		to->afi == rloc->afi ? to : locator_own(env, rloc->afi));
	env_count(env, m->probe ? XTR_PROBE_REPLIES_SENT : XTR_REPLIES_SENT);
	if (security)
		env_count(env, XTR_PROTECTED_REPLIES_SENT);
}

void etr_request(struct etr *e, struct map_request *m, size_t len, struct protection_etr *security,
	const struct endpoint *from, const struct address *to)
{
	struct address rloc;

	if (m->dont_reply) {
		env_count(e->env, XTR_REQUEST_DROP_DONT_REPLY);
		return;
	}
	if (!choose_rloc(e, m, &from->addr, &rloc)) {
		env_count(e->env, XTR_REQUEST_DROP_RLOC);
		return;
	}
	if (!limit_table_take(e->rlocs, rloc.bytes, rloc.len, e->env->now)) {
		env_count(e->env, XTR_REQUEST_DROP_LIMITED);
		return;
	}
	reply(e, m, len, security, from, to, &rloc);
}
