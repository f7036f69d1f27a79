/* See resolution.h. A question is ASKING until answered, then RESTS so that the same prefix is not
 * asked again too soon; a question that comes while it rests waits (again). */
#include "xtr/resolution.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "lisp/ecm.h"
#include "lisp/map_request.h"
#include "xtr/eid_table.h"
#include "xtr/locator.h"
#include "xtr/nat.h"
#include "xtr/protection.h"

#define BUCKETS        16384 /* by nonce; nonces are our own random numbers */
#define PLAIN_TRY      2     /* requests that asked to subscribe in vain: then one that does not */
#define OVERTAKING_MAX 1024  /* publications */
#define MESSAGE_MAX    1024  /* bytes: a Map-Request with every locator of ours, in an ECM */

struct question {
	struct eid_node node;
	LIST_ENTRY(question) by_nonce;
	TAILQ_ENTRY(question) resting; /* in order of coming to rest */
	struct resolution *rs;
	struct timer timer;
	uint64_t nonce;
	uint32_t tries;
	bool asking;
	bool spent;     /* asking, and its nonce is used up: the next try takes another */
	bool subscribe; /* with the N bit */
	bool caught_up; /* the Map-Server has said where its nonces are */
	struct protection protection;
	bool smr_invoked;
	bool again;             /* asked while at rest */
	struct mono not_before; /* ... and to be asked again not before this */
};

struct resolution {
	struct env *env;
	struct subscriber *subscriber;
	struct resolution_listener listener;
	struct eid_table *questions;
	LIST_HEAD(, question) nonces[BUCKETS];
	TAILQ_HEAD(, question) resting;
	unsigned int preferred; /* the resolver that answered last */
};

struct resolution *resolution_new(
	struct env *env, struct subscriber *subscriber, const struct resolution_listener *listener)
{
	struct resolution *rs = calloc(1, sizeof(*rs));

	if (!rs)
		return NULL;
	rs->env = env;
	rs->subscriber = subscriber;
	rs->listener = *listener;
	TAILQ_INIT(&rs->resting);
	rs->questions = eid_table_new(env->secret);
	if (!rs->questions) {
		free(rs);
		return NULL;
	}
	return rs;
}

/* No answer to its nonce will be taken any more, and the key that goes with it is forgotten (RFC
 * 9303 section 6.9). */
static void spend(struct question *q)
{
	if (!q->spent)
		LIST_REMOVE(q, by_nonce);
	q->spent = true;
	protection_end(&q->protection);
}

static void question_free(struct question *q)
{
	struct resolution *rs = q->rs;

	timer_cancel(&rs->env->timers, &q->timer);
	if (q->asking)
		spend(q);
	else
		TAILQ_REMOVE(&rs->resting, q, resting);
	eid_table_remove(rs->questions, &q->node);
	free(q);
}

static bool free_each(struct eid_node *node, void *arg)
{
	question_free(eid_table_entry(node, struct question, node));
	return true;
}

void resolution_free(struct resolution *rs)
{
	if (!rs)
		return;
	eid_table_each(rs->questions, free_each, NULL);
	eid_table_free(rs->questions);
	free(rs);
}

/* The resolver of try @n: the one that answered last, then the others in turn; families we have no
 * locator of are passed over. */
static const struct endpoint *resolver_for(const struct resolution *rs, unsigned int n)
{
	const struct policy *p = &rs->env->policy;
	unsigned int i;

	for (i = 0; i < p->resolver_count; i++) {
		const struct endpoint *e =
			&p->resolvers[(rs->preferred + n + i) % p->resolver_count];

		if (locator_own(rs->env, e->addr.afi))
			return e;
	}
	return NULL;
}

/* RFC 9437 section 5: N, and I with our ids. */
static void name_us(const struct env *env, struct map_request_spec *s)
{
	s->subscribe = true;
	s->has_xtr_id = true;
	s->xtr_id = env->policy.xtr_id;
	s->site_id = env->policy.site_id;
}

static void fill_spec(struct question *q, struct map_request_spec *s)
{
	const struct env *env = q->rs->env;
	unsigned int i;

	*s = (struct map_request_spec){
		.smr_invoked = q->smr_invoked, .nonce = q->nonce, .eid = q->node.eid};
	for (i = 0; i < env->policy.rloc_count; i++)
		if (!env->drained[i])
			s->itr_rlocs[s->itr_rloc_count++] = *locator_public(env, i);
	if (!s->itr_rloc_count) /* all are drained: answers must still reach us */
		s->itr_rlocs[s->itr_rloc_count++] = *locator_public(env, 0);
	if (q->subscribe)
		name_us(env, s);
}

/* The inner header: from a locator of ours to the EID (RFC 9301 section 5.8). When we have no
 * locator of the EID's family, or the EID is no IP address, it goes to the resolver itself. Answers
 * come to this source's port (section 5.2): behind a NAT, to the one that the NAT has for us. */
static void inner_ends(const struct env *env, const struct address *eid,
	const struct endpoint *resolver, struct endpoint *source, struct endpoint *dest)
{
	int own = locator_own_index(env, eid->afi);

	if (own < 0 || !address_is_ip(eid)) {
		eid = &resolver->addr;
		own = locator_own_index(env, eid->afi);
	}
	*source = (struct endpoint){.addr = *locator_public(env, (unsigned int)own),
		.port = nat_port(env->nat, (unsigned int)own, &resolver->addr)};
	*dest = (struct endpoint){.addr = *eid, .port = LISP_CONTROL_PORT};
}

/* @protection: NULL or off: in clear. Returns the length, or negative. */
static int encapsulate(struct env *env, const struct protection *protection, uint64_t nonce,
	const struct endpoint ends[2], const uint8_t *request, size_t len, uint8_t *ecm)
{
	uint8_t ad[LISPSEC_REQUEST_BYTES];
	struct wire_writer w;

	if (!protection || !protection->on)
		return ecm_write(ecm, MESSAGE_MAX, &ends[0], &ends[1], false, request, len);
	wire_writer_init(&w, ad, sizeof(ad));
	if (!protection_write(env, protection, nonce, &w) || !wire_written(&w))
		return -LISP_ENOROOM;
	env_count(env, XTR_PROTECTED_SENT);
	return ecm_write_secure(ecm, MESSAGE_MAX, &ends[0], &ends[1], ad, w.pos, request, len);
}

/* Answers come to the inner source's port, at any of the ITR-RLOCs: where a NAT has another port
 * for one of them than ours, that one alone is named, and the inner header is of its family. */
static void narrow_to_nat(const struct env *env, const struct endpoint *resolver,
	struct map_request_spec *spec, const struct address **inner)
{
	int own = locator_own_index(env, resolver->addr.afi);

	if (own < 0 || nat_port(env->nat, (unsigned int)own, &resolver->addr) == LISP_CONTROL_PORT)
		return;
	if ((*inner)->afi != resolver->addr.afi)
		*inner = &resolver->addr;
	if (spec->itr_rlocs[0].afi == AFI_NONE) /* the end of a subscription */
		return;
	spec->itr_rlocs[0] = *locator_public(env, (unsigned int)own);
	spec->itr_rloc_count = 1;
}

static bool send_spec(struct env *env, struct map_request_spec *spec,
	const struct endpoint *resolver, const struct address *inner,
	const struct protection *protection)
{
	struct endpoint ends[2];
	uint8_t request[MESSAGE_MAX], *ecm;
	int len;

	ecm = env_begin(env, MESSAGE_MAX);
	if (!ecm)
		return true; /* counted; the next try comes by its timer */
	narrow_to_nat(env, resolver, spec, &inner);
	inner_ends(env, inner, resolver, &ends[0], &ends[1]);
	len = map_request_write(request, sizeof(request), spec);
	if (len > 0)
		len = encapsulate(env, protection, spec->nonce, ends, request, (size_t)len, ecm);
	if (len < 0)
		return false;
	outbox_commit(env->out, (uint32_t)len, resolver, locator_own(env, resolver->addr.afi));
	env_count(env, XTR_REQUESTS_SENT);
	return true;
}

static bool send_request(struct question *q)
{
	const struct endpoint *resolver = resolver_for(q->rs, q->tries);
	struct map_request_spec spec;

	if (!resolver)
		return false;
	fill_spec(q, &spec);
	if (q->subscribe)
		env_count(q->rs->env, XTR_SUBSCRIBES_SENT);
	return send_spec(q->rs->env, &spec, resolver, &q->node.eid.addr, &q->protection);
}

/* From the address that we register from, so to the resolver itself: the Map-Server answers to
 * where the inner header comes from (RFC 9437 section 5). */
void resolution_unsubscribe(
	struct resolution *rs, const struct eid *eid, uint64_t nonce, struct pubsub_key *key)
{
	struct protection protection = {0};
	const struct endpoint *resolver = resolver_for(rs, 0);
	struct map_request_spec spec = {.nonce = nonce, .eid = *eid, .itr_rloc_count = 1};

	name_us(rs->env, &spec);
	if (key->len)
		protection_begin(rs->env, &protection);
	if (resolver && send_spec(rs->env, &spec, resolver, &resolver->addr, &protection))
		env_count(rs->env, XTR_UNSUBSCRIBES_SENT);
	protection_pubsub_key(rs->env, &protection, nonce, key);
	protection_end(&protection);
}

/* A fresh pair of nonce and key. */
static void set_nonce(struct question *q, uint64_t nonce)
{
	if (q->asking)
		spend(q);
	q->nonce = nonce;
	q->asking = true;
	q->spent = false;
	protection_begin(q->rs->env, &q->protection);
	LIST_INSERT_HEAD(&q->rs->nonces[nonce % BUCKETS], q, by_nonce);
}

static void rest(struct question *q, struct mono until)
{
	if (q->asking)
		spend(q);
	q->asking = false;
	q->protection.downgraded = false;
	TAILQ_INSERT_TAIL(&q->rs->resting, q, resting);
	timer_set(&q->rs->env->timers, &q->timer, until);
}

/* Under a fresh nonce: an answer to an earlier question about the same EID is not taken for this
 * one. */
static void begin(struct question *q)
{
	struct resolution *rs = q->rs;

	q->subscribe = subscriber_wanted(rs->subscriber);
	set_nonce(q, q->subscribe ? subscriber_nonce(rs->subscriber, &q->node.eid)
				  : random_u64(rs->env->random));
	q->tries = 0;
	q->again = false;
	q->caught_up = false;
	if (!send_request(q)) {
		env_count(rs->env, XTR_REQUESTS_NO_RESOLVER);
		question_free(q);
		return;
	}
	timer_set(&rs->env->timers, &q->timer,
		mono_add_ms(rs->env->now, rs->env->policy.timers.request_ms));
}

/* A request to subscribe that is not answered may be a replay to the Map-Server, since publications
 * were lost: a nonce above them all. If that does not help, packets have to go on without. */
static void try_otherwise(struct question *q)
{
	struct resolution *rs = q->rs;

	if (!q->subscribe) {
		if (q->spent)
			set_nonce(q, random_u64(rs->env->random));
		return;
	}
	q->subscribe = q->tries < PLAIN_TRY;
	set_nonce(q, q->subscribe ? subscriber_fresh(rs->subscriber) : random_u64(rs->env->random));
}

static void fire(struct timer *t, struct mono now)
{
	struct question *q = t->arg;
	const struct policy_timers *timers = &q->rs->env->policy.timers;

	if (!q->asking) {
		if (!q->again) {
			question_free(q);
			return;
		}
		TAILQ_REMOVE(&q->rs->resting, q, resting);
		begin(q);
		return;
	}
	if (q->tries == timers->request_tries) {
		env_count(q->rs->env, XTR_REQUESTS_GIVEN_UP);
		rest(q, mono_add_s(now, timers->request_rest_s));
		return;
	}
	q->tries++;
	try_otherwise(q);
	send_request(q);
	timer_set(&q->rs->env->timers, &q->timer, mono_add_ms(now, timers->request_ms));
}

static struct question *find(const struct resolution *rs, const struct eid *eid)
{
	return eid_table_entry(eid_table_find(rs->questions, eid), struct question, node);
}

/* Room for one more: when all places are taken the one that has rested longest gives way. */
static bool make_room(struct resolution *rs)
{
	struct question *oldest = TAILQ_FIRST(&rs->resting);

	if (eid_table_count(rs->questions) < rs->env->policy.limits.resolutions)
		return true;
	if (!oldest)
		return false;
	question_free(oldest);
	return true;
}

/* At rest, and in no list of those that are. */
static struct question *question_new(struct resolution *rs, const struct eid *eid, bool smr_invoked)
{
	struct question *q;

	if (!make_room(rs)) {
		env_count(rs->env, XTR_REQUESTS_LIMITED);
		return NULL;
	}
	q = calloc(1, sizeof(*q));
	if (q) {
		q->rs = rs;
		q->node.eid = *eid;
		q->smr_invoked = smr_invoked;
		timer_init(&q->timer, fire, q);
	}
	if (!q || eid_table_insert(rs->questions, &q->node) < 0) {
		free(q);
		env_count(rs->env, XTR_NO_MEMORY);
		return NULL;
	}
	return q;
}

void resolution_ask(struct resolution *rs, const struct eid *eid, bool smr_invoked)
{
	struct question *q = find(rs, eid);

	if (q) {
		q->smr_invoked |= smr_invoked;
		q->again |= !q->asking;
		return;
	}
	q = question_new(rs, eid, smr_invoked);
	if (q)
		begin(q);
}

void resolution_ask_later(struct resolution *rs, const struct eid *eid, uint32_t wait_ms)
{
	struct question *q = find(rs, eid);
	struct mono when = mono_add_ms(rs->env->now, wait_ms);

	if (q && q->again)
		return;
	if (!q) {
		q = question_new(rs, eid, true);
		if (!q)
			return;
		rest(q, when);
	}
	q->again = true;
	q->not_before = when;
	if (!q->asking && mono_before(q->timer.due, when))
		timer_set(&rs->env->timers, &q->timer, when);
}

static void settle(struct question *q)
{
	const struct env *env = q->rs->env;
	struct mono until = mono_add_ms(env->now, env->policy.timers.request_ms);

	q->smr_invoked = q->again;
	if (q->again && mono_before(until, q->not_before))
		until = q->not_before;
	rest(q, until);
}

static bool cancel(struct eid_node *node, void *arg)
{
	struct question *q = eid_table_entry(node, struct question, node);

	q->again = false;
	if (q->asking)
		settle(q);
	return true;
}

void resolution_cancel(struct resolution *rs, const struct eid *prefix)
{
	eid_table_covered(rs->questions, prefix, cancel, NULL);
}

static struct question *by_nonce(const struct resolution *rs, uint64_t nonce)
{
	struct question *q;

	LIST_FOREACH (q, &rs->nonces[nonce % BUCKETS], by_nonce)
		if (q->nonce == nonce)
			return q;
	return NULL;
}

/* What came in answer. */
struct tidings {
	struct lisp_records records;
	const struct lispsec_eid_ad *vouched; /* what LISP-SEC leaves of them; NULL: all */
	bool protected;                       /* by LISP-SEC, or the MAC of a Map-Notify */
};

static bool is_vouched(const struct tidings *t, const struct lisp_record *rec)
{
	return !t->vouched || lispsec_vouched(t->vouched, &rec->eid.eid);
}

/* The record that covers what was asked must be among the records; nothing beside it and its
 * more-specifics is taken, lest a reply about one EID change the mapping of another. */
static bool cover_of(const struct tidings *t, const struct eid *asked, struct eid *cover)
{
	struct lisp_records it = t->records;
	struct lisp_record rec;
	bool found = false;

	while (lisp_records_next(&it, &rec)) {
		if (!rec.eid.plain || !eid_covers(&rec.eid.eid, asked) || !is_vouched(t, &rec))
			continue;
		if (!found || rec.eid.eid.plen < cover->plen)
			*cover = rec.eid.eid;
		found = true;
	}
	return found;
}

/* A reply may come from any address of any xTR or Map-Server; these it cannot come from. */
static bool bad_source(const struct env *env, const struct address *from)
{
	return address_is_multicast(from) || address_is_unspecified(from) ||
	       policy_is_rloc(&env->policy, from);
}

static void tell_answers(struct resolution *rs, const struct tidings *t, const struct eid *asked,
	const struct eid *cover)
{
	struct lisp_records it = t->records;
	struct lisp_record rec;

	while (lisp_records_next(&it, &rec)) {
		if (rec.eid.plain && eid_covers(cover, &rec.eid.eid) && is_vouched(t, &rec))
			rs->listener.answer(rs->listener.arg, asked, &rec, t->protected);
		else
			env_count(rs->env, XTR_REPLY_DROP_EID);
	}
}

/* RFC 9437 section 5: the subscription was refused, by policy or for want of authentication. */
static bool is_refusal(struct lisp_records it)
{
	struct lisp_record rec;

	return lisp_records_next(&it, &rec) && !rec.locator_count &&
	       (rec.act == LISP_ACT_DROP_POLICY || rec.act == LISP_ACT_DROP_AUTH);
}

/* False: the reply is not to be used. */
static bool believe(struct question *q, const struct map_reply *reply, const void *msg, size_t len,
	const struct endpoint *from, struct lispsec_eid_ad *ad)
{
	struct env *env = q->rs->env;

	switch (protection_check(env, &q->protection, reply, msg, len, from, ad)) {
	case PROTECTION_GOOD:
		protection_overclaims(env, reply, ad, from);
		return true;
	case PROTECTION_REFUSED:
		break;
	case PROTECTION_RETRY: /* with the next try: once a second (RFC 9301 section 5.3) */
		spend(q);
		break;
	case PROTECTION_DOWNGRADE: /* another question than the one that was answered: at once */
		set_nonce(q, q->subscribe ? subscriber_nonce(q->rs->subscriber, &q->node.eid)
					  : random_u64(env->random));
		send_request(q);
		break;
	}
	return false;
}

/* The reply may be used. */
static void take_reply(struct question *q, const struct tidings *t)
{
	struct resolution *rs = q->rs;
	struct eid asked = q->node.eid, cover;

	if (!cover_of(t, &asked, &cover)) {
		env_count(rs->env, XTR_REPLY_DROP_EID);
		if (t->vouched)
			spend(q); /* another answer to this nonce cannot be right */
		return;
	}
	if (rs->env->policy.resolver_count)
		rs->preferred = (rs->preferred + q->tries) % rs->env->policy.resolver_count;
	env_count(rs->env, XTR_REPLIES_RECEIVED);
	if (q->subscribe && is_refusal(t->records) && !(t->vouched && t->vouched->cant_sign)) {
		env_count(rs->env, XTR_SUBSCRIBES_REFUSED);
		subscriber_refused(rs->subscriber);
		begin(q); /* the mapping is wanted all the same */
		return;
	}
	settle(q);
	tell_answers(rs, t, &asked, &cover);
}

void resolution_reply(struct resolution *rs, struct map_reply *reply, const void *msg, size_t len,
	const struct endpoint *from)
{
	struct question *q = by_nonce(rs, reply->nonce);
	struct tidings t = {.records = reply->records};
	struct lispsec_eid_ad ad;

	if (!q) {
		env_count(rs->env, XTR_REPLY_DROP_NONCE);
		return;
	}
	if (bad_source(rs->env, &from->addr)) {
		env_count(rs->env, XTR_REPLY_DROP_SOURCE);
		return;
	}
	if (q->protection.on) {
		if (!believe(q, reply, msg, len, from, &ad))
			return;
		t.protected = true;
		t.vouched = &ad;
	} else if (reply->security) {
		env_count(rs->env, XTR_REPLY_DROP_SECURITY);
		return;
	}
	take_reply(q, &t);
}

bool resolution_subscribing(const struct resolution *rs, uint64_t nonce)
{
	const struct question *q = by_nonce(rs, nonce);

	return q && q->subscribe;
}

bool resolution_overtaken(const struct resolution *rs, const struct eid *eid, uint64_t nonce)
{
	const struct question *q = find(rs, eid);

	return q && q->asking && q->subscribe && nonce > q->nonce &&
	       nonce - q->nonce < OVERTAKING_MAX;
}

bool resolution_notify(struct resolution *rs, const struct map_register *m,
	const struct address *server, const struct pubsub_key *key)
{
	const struct tidings t = {.records = m->records, .protected = true};
	struct question *q = by_nonce(rs, m->nonce);
	struct eid asked = q->node.eid, cover;

	if (!cover_of(&t, &asked, &cover)) {
		env_count(rs->env, XTR_REPLY_DROP_EID);
		return false;
	}
	if (rs->env->policy.resolver_count)
		rs->preferred = (rs->preferred + q->tries) % rs->env->policy.resolver_count;
	settle(q);
	subscriber_begin(rs->subscriber, &cover, m->nonce, server, key);
	tell_answers(rs, &t, &asked, &cover);
	return true;
}

void resolution_key(const struct resolution *rs, uint64_t nonce, struct pubsub_key *key)
{
	const struct question *q = by_nonce(rs, nonce);

	*key = (struct pubsub_key){0};
	if (q)
		protection_pubsub_key(rs->env, &q->protection, nonce, key);
}

bool resolution_behind(const struct resolution *rs, const struct eid *eid, uint64_t nonce)
{
	const struct question *q = find(rs, eid);

	return q && q->asking && q->subscribe && !q->caught_up && nonce > q->nonce;
}

void resolution_catch_up(struct resolution *rs, const struct eid *eid, uint64_t nonce)
{
	struct question *q = find(rs, eid);

	q->caught_up = true;
	set_nonce(q, nonce + 1);
	send_request(q);
}

size_t resolution_count(const struct resolution *rs)
{
	return eid_table_count(rs->questions);
}
