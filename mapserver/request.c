/* request: Map-Requests. What an EID comes to is resolve's; who may be answered, with how much, and
 * how the answer is written, is told here (RFC 9301 sections 5.2, 5.4, 5.8 and 8;
 * docs/decisions/amplification.md). */
#include <string.h>

#include "lib/base/rcu.h"
#include "lisp/ecm.h"
#include "lisp/map_reply.h"
#include "lisp/map_request.h"
#include "mapserver/answer.h"
#include "mapserver/ddt_client.h"
#include "mapserver/ddt_node.h"
#include "mapserver/job.h"
#include "mapserver/pinhole.h"
#include "mapserver/secure.h"
#include "mapserver/subscribe.h"

#define REPLY_BYTES_MAX  2048 /* the largest locator set, its head, and the message's */
#define REPLY_HEAD_BYTES 12
#define REPLY_FACTOR     3 /* times the request, as RFC 9000 section 8.1 */
#define REPLY_BYTES_IPV4                                                                           \
	548 /* RFC 9301 section 5: 576 and 1280 bytes where the path MTU is not known */
#define REPLY_BYTES_IPV6 1232
#define ECM_HEAD_BYTES   4

/* One Map-Request with all that surrounds it. */
struct request {
	const struct datagram *d;
	struct ecm ecm;
	struct map_request msg;
	struct endpoint reply_to;
	bool own_address; /* the requester's own: the datagram, or its inner header, came from
			     reply_to */
	uint32_t here; /* a DDT Map-Request's records that are for us to answer: bit i, record i */
	/* Of records with the N bit, by their place. */
	bool subscribes;
	uint8_t verdicts[LISP_RECORDS_MAX]; /* enum subscribe_verdict */
	uint8_t acts[LISP_RECORDS_MAX];
	struct secure secure; /* ecm.security: what the answer is protected with; else not set */
};

/* ---- to whom ---- */

static bool is_own(const struct server *s, const struct datagram *d, const struct address *a)
{
	if (address_equal(a, &d->local))
		return true;
	for (unsigned int i = 0; i < s->opt.own_count; i++)
		if (address_equal(a, &s->opt.own[i]))
			return true;
	return false;
}

/* A reply to a group, to nobody, or to ourselves is a reflection (section 12 item 8 of the hostile
 * list). This machine's own addresses are right only for a requester that stands on it. */
static bool may_answer(const struct server *s, const struct request *r, const struct address *a)
{
	if (address_is_multicast(a) || address_is_unspecified(a))
		return false;
	if (!address_is_loopback(a) && !is_own(s, r->d, a))
		return true;
	return address_equal(a, &r->d->peer.addr) && r->ecm.source.port != s->opt.port;
}

/* The better, the greater: the address that the datagram came from, then that of the inner header.
 */
static int rank(const struct request *r, const struct address *a)
{
	if (address_equal(a, &r->d->peer.addr))
		return 3;
	return address_equal(a, &r->ecm.source.addr) ? 2 : 1;
}

static bool choose_itr_rloc(struct server_thread *t, struct request *r, struct mono now)
{
	const struct server *s = t->server;
	int best = 0;
	bool usable = false;

	if (r->subscribes && subscribe_is_end(&r->msg) &&
		may_answer(s, r, &r->ecm.source.addr)) { /* RFC 9437 section 5: its source RLOC */
		r->reply_to = r->ecm.source;
		r->own_address = true;
		return true;
	}

	for (unsigned int i = 0; i < r->msg.itr_rloc_count; i++) {
		struct address a;

		if (!lisp_field_locator(&r->msg.itr_rlocs[i], &a) || !address_is_ip(&a) ||
			!(a.afi == AFI_IPV4 ? s->opt.ipv4 : s->opt.ipv6))
			continue;
		usable = true;
		if (may_answer(s, r, &a) && rank(r, &a) > best) {
			best = rank(r, &a);
			r->reply_to = (struct endpoint){.addr = a, .port = r->ecm.source.port};
		}
	}
	r->own_address = best > 1;
	if (best)
		return true;
	server_drop(t, usable ? DROP_ITR_RLOC_REFUSED : DROP_NO_ITR_RLOC, LISP_MAP_REQUEST,
		&r->d->peer, now,
		usable ? "every ITR-RLOC is a group, unspecified, or an address of ours"
		       : "no ITR-RLOC of a family that is served here");
	return false;
}

/* ---- forwarding ---- */

/* Back to ourselves, or to the one who forwarded it to us: the datagram comes from the next hop,
 * but the inner header says that it did not begin there (a requester may well stand on that
 * machine). */
static bool is_loop(const struct server *s, const struct request *r, const struct endpoint *to)
{
	if (to->port == s->opt.port && is_own(s, r->d, &to->addr))
		return true;
	return address_equal(&to->addr, &r->d->peer.addr) &&
	       !address_equal(&r->ecm.source.addr, &r->d->peer.addr);
}

/* The authentication data of the next hop; nothing for a plain request. False: dropped. */
static bool write_ad(struct server_thread *t, const struct request *r, const struct secure_etr *etr,
	const struct endpoint *to, struct wire_writer *w, struct mono now)
{
	if (!r->ecm.security)
		return true;
	return etr->mapping ? secure_pass_to_etr(t, &r->secure, r->d, etr, w, now)
			    : secure_pass_to_server(t, &r->secure, r->d, &to->addr, w, now);
}

/* The Map-Request goes on as it came (section 8.3: "does not otherwise alter the Map-Request"), in
 * an inner packet of one hop less: docs/decisions/forwarding-loops.md. @etr: whose locator @to is;
 * without a mapping: a Map-Server's. @from: the address of ours to send from, where it is of @to's
 * family. */
static void forward_request(struct server_thread *t, const struct request *r,
	const struct secure_etr *etr, const struct endpoint *to, const struct address *from,
	struct mono now, struct outbox *out)
{
	uint8_t ad[SECURE_AD_BYTES], *room;
	struct wire_writer w;
	uint32_t room_len;
	int len;

	if (is_loop(t->server, r, to)) {
		server_drop(t, DROP_FORWARD_LOOP, LISP_MAP_REQUEST, &r->d->peer, now,
			"its next hop is where it comes from");
		return;
	}
	if (r->ecm.hop_limit <= 1) {
		server_drop(t, DROP_HOP_LIMIT, LISP_MAP_REQUEST, &r->d->peer, now,
			"the inner hop limit is %u, it was forwarded too often", r->ecm.hop_limit);
		return;
	}
	wire_writer_init(&w, ad, sizeof(ad));
	if (!write_ad(t, r, etr, to, &w, now))
		return;
	room_len = (uint32_t)(ECM_HEAD_BYTES + w.pos + r->ecm.inner_len);
	room = wire_written(&w) ? outbox_begin(out, room_len) : NULL;
	len = room ? ecm_forward_secure(room, room_len, &r->ecm, ad, w.pos) : -LISP_ENOROOM;
	if (len < 0) {
		server_drop(
			t, DROP_OUTBOX_FULL, LISP_MAP_REQUEST, &r->d->peer, now, "not forwarded");
		return;
	}
	outbox_commit(out, (uint32_t)len, to, to->addr.afi == from->afi ? from : NULL);
	server_count(t, etr->mapping ? COUNT_FORWARDED_ETR : COUNT_FORWARDED_SERVER);
}

/* The registrant's locator that takes the request: reachable, of the best priority. */
static bool etr_of(const struct server_thread *t, const struct request *r, const struct locset *set,
	struct endpoint *to)
{
	const struct server_options *opt = &t->server->opt;
	struct wire_fault fault;
	struct lisp_record rec = locators_iterate(set->wire, set->wire_len, set->count, &fault);
	struct lisp_rloc rloc;
	unsigned int best = 2 * 256;

	while (lisp_rloc_next(&rec, &rloc)) {
		unsigned int cost = rloc.priority + (rloc.reachable ? 0 : 256);
		struct address a;

		if (rloc.priority == LISP_PRIORITY_UNUSED || cost >= best ||
			!lisp_field_locator(&rloc.field, &a) ||
			!(a.afi == AFI_IPV4 ? opt->ipv4 : opt->ipv6) || !address_is_ip(&a))
			continue;
		if (is_own(t->server, r->d, &a))
			continue; /* a loop */
		best = cost;
		*to = (struct endpoint){.addr = a, .port = LISP_CONTROL_PORT};
	}
	return best < 2 * 256;
}

/* One behind a NAT is reached by its pinhole only, and from the address of ours that opened it. */
static bool way_to_etr(const struct server_thread *t, const struct request *r,
	const struct xtr *registrant, const struct locset *locators, struct mono now,
	struct endpoint *to, struct address *from)
{
	struct xtr_path path;

	if (!pinhole_path(t->server->pinholes, registrant, now, &path))
		return etr_of(t, r, locators, to);
	*to = path.peer;
	*from = path.local;
	return true;
}

/* ---- replies ---- */

/* What all records may take: see docs/decisions/amplification.md. */
static size_t reply_budget(const struct request *r)
{
	size_t most = r->reply_to.addr.afi == AFI_IPV4 ? REPLY_BYTES_IPV4 : REPLY_BYTES_IPV6;
	size_t by_request = r->d->len * (r->own_address ? REPLY_FACTOR : 1);

	most = by_request < most ? by_request : most;
	most = most > REPLY_HEAD_BYTES ? most - REPLY_HEAD_BYTES : 0;
	if (!r->ecm.security)
		return most;
	/* An EID stands once more in the authentication data, in fewer bytes than its record. */
	return most > LISPSEC_REPLY_BYTES ? (most - LISPSEC_REPLY_BYTES) / 2 : 0;
}

/* A reply larger than its request goes only where the request says it comes from, and not too
 * often. @plain: what it is before it was protected: what LISP-SEC adds on both sides is bounded,
 * and no reason to slow down an ITR that uses it. */
static bool size_allowed(
	struct server_thread *t, const struct request *r, size_t plain, size_t len, struct mono now)
{
	if (len <= r->d->len)
		return true;
	if (r->own_address && r->ecm.security && plain + r->ecm.security_len <= r->d->len)
		return true;
	if (r->own_address && limit_shared_take(t->server->excess, r->reply_to.addr.bytes,
				      r->reply_to.addr.len, now))
		return true;
	server_drop(t, DROP_AMPLIFICATION, LISP_MAP_REQUEST, &r->d->peer, now,
		"a reply of %zu bytes to a request of %zu%s", len, r->d->len,
		r->own_address ? ", too many to this ITR-RLOC"
			       : ", and the ITR-RLOC is not the sender's");
	return false;
}

static void send_reply(struct server_thread *t, struct request *r, struct wire_writer *w,
	unsigned int records, bool positive, struct mono now, struct outbox *out)
{
	const struct address *from = r->reply_to.addr.afi == r->d->local.afi ? &r->d->local : NULL;

	size_t plain;

	map_reply_finish(w, records);
	plain = w->pos;
	if (!wire_written(w) || (r->ecm.security && !secure_reply(t, &r->secure, w))) {
		server_drop(t, DROP_OUTBOX_FULL, LISP_MAP_REQUEST, &r->d->peer, now,
			"the reply does not fit");
		return;
	}
	if (!size_allowed(t, r, plain, w->pos, now))
		return;
	outbox_commit(out, (uint32_t)w->pos, &r->reply_to, from);
	server_count(t, positive ? COUNT_REPLIES : COUNT_NEGATIVE_REPLIES);
	if (r->ecm.security)
		server_count(t, COUNT_PROTECTED_REPLIES);
}

/* RFC 9303 section 6.7, rule 3: the registrant could not protect its reply. */
static void refuse_unsigned(struct server_thread *t, struct secure *secure,
	const struct resolve_view *v, const struct eid *eid, struct answer *a)
{
	resolve_unsigned(v, eid, a);
	secure->cant_sign = true;
	server_count(t, COUNT_PROTECTED_UNSIGNED);
}

/* A record of a DDT Map-Request that another has to answer. */
static bool is_elsewhere(const struct request *r, unsigned int i)
{
	return r->ecm.ddt && (i >= 32 || !(r->here >> i & 1));
}

/* What comes of a request's records: a reply, and somebody to send the request on to. */
struct outcome {
	struct wire_writer w;
	unsigned int records;
	bool positive;
	struct endpoint to;    /* port 0: nobody */
	struct address from;   /* ours, for that */
	struct secure_etr etr; /* whose locator that is; without a mapping: a Map-Server's */
	uint32_t in_tree;      /* bit i: record i is searched for */
};

/* The subscription (RFC 9437) to record @i is what is answered. */
static bool answer_subscription(
	struct request *r, const struct eid *eid, unsigned int i, struct outcome *o)
{
	if (!r->subscribes ||
		(r->verdicts[i] != SUBSCRIBE_ACCEPTED && r->verdicts[i] != SUBSCRIBE_REFUSED))
		return false;
	if (r->verdicts[i] == SUBSCRIBE_ACCEPTED)
		return true;
	lisp_record_write(
		&o->w, eid, NEGATIVE_TTL_POLICY_MIN, 0, (enum lisp_act)r->acts[i], false, 0);
	if (r->ecm.security)
		secure_add(&r->secure, eid);
	o->records++;
	return true;
}

/* A protected request for a sum of several is for one of those that registered with S (RFC 9303
 * section 6.7, rule 2). */
static bool way_to_signer(const struct server_thread *t, const struct request *r,
	const struct mapping *m, struct mono now, struct outcome *o)
{
	struct eid eid = mapping_eid(m);
	struct merge_part parts[MERGE_PARTS_MAX];
	unsigned int n = merge_parts(t->server->merge, &eid, parts);

	for (unsigned int i = 0; i < n; i++) {
		if (!(parts[i].flags & MAPPING_SECURE))
			o->etr.cant_sign = true;
		else if (!o->to.port &&
			 way_to_etr(t, r, parts[i].owner, parts[i].locators, now, &o->to, &o->from))
			o->etr.registrant = parts[i].owner;
	}
	return o->to.port != 0;
}

static bool way_to_registrant(const struct server_thread *t, const struct request *r,
	const struct mapping *m, struct mono now, struct outcome *o)
{
	o->etr = (struct secure_etr){
		.mapping = m, .registrant = m->owner, .cant_sign = mapping_mixed(m)};
	if (m->merged && r->ecm.security)
		return way_to_signer(t, r, m, now, o);
	return way_to_etr(t, r, m->owner, m->locators, now, &o->to, &o->from);
}

static void answer_record(struct server_thread *t, struct request *r, const struct resolve_view *v,
	const struct eid *eid, unsigned int i, struct mono now, struct outcome *o)
{
	size_t used = o->w.pos - REPLY_HEAD_BYTES, budget = reply_budget(r);
	struct secure *secure = r->ecm.security ? &r->secure : NULL;
	struct answer a;

	resolve(v, eid, now, budget > used ? budget - used : 0, &a);
	if (secure && a.kind == ANSWER_ETR && !(a.etr->flags & MAPPING_SECURE))
		refuse_unsigned(t, secure, v, eid, &a);
	if (a.kind == ANSWER_MAPPINGS || a.kind == ANSWER_NEGATIVE) {
		o->records += answer_write(&o->w, &a);
		if (secure)
			secure_add_answer(secure, &a);
		o->positive |= a.kind == ANSWER_MAPPINGS;
	} else if (a.kind == ANSWER_TREE) {
		o->in_tree |= i < 32 ? 1u << i : 0;
	} else if (!o->to.port && a.kind == ANSWER_SERVER) {
		o->to = a.server;
		o->etr = (struct secure_etr){0};
	} else if (!o->to.port && !way_to_registrant(t, r, a.etr, now, o)) {
		server_drop(t, DROP_LOCATORS, LISP_MAP_REQUEST, &r->d->peer, now,
			"the registrant has no locator that can be sent the request");
	}
}

/* Answer every record that can be answered here in one reply; the first that cannot sends the whole
 * request on, once. */
static void answer(struct server_thread *t, struct request *r, struct mono now, struct outbox *out)
{
	struct resolve_view v = {t->server->registry,
		t->server->opt.map_server ? rcu_load(&t->server->sites) : NULL,
		t->server->opt.resolver && !r->ecm.ddt ? rcu_load(&t->server->forward) : NULL,
		!r->ecm.ddt && ddt_client_serves(t->server)};
	uint8_t *room = outbox_begin(out, REPLY_BYTES_MAX);
	struct map_request it = r->msg;
	struct map_request_record rec;
	struct outcome o = {.from = r->d->local};

	if (!room) {
		server_drop(t, DROP_OUTBOX_FULL, LISP_MAP_REQUEST, &r->d->peer, now, "no answer");
		return;
	}
	wire_writer_init(&o.w, room, REPLY_BYTES_MAX);
	map_reply_begin(&o.w, false, r->msg.nonce);
	for (unsigned int i = 0; map_request_next(&it, &rec); i++) {
		if (!lisp_eid_kept(&rec.eid))
			server_drop(t, DROP_EID_KIND, LISP_MAP_REQUEST, &r->d->peer, now,
				"an EID of a kind that is not served (AFI %u, LCAF type %u)",
				rec.eid.field.afi, rec.eid.field.lcaf);
		else if (!is_elsewhere(r, i) && /* else the referral says where to ask */
			 !answer_subscription(r, &rec.eid.eid, i, &o))
			answer_record(t, r, &v, &rec.eid.eid, i, now, &o);
	}
	if (o.records)
		send_reply(t, r, &o.w, o.records, o.positive, now, out);
	if (o.to.port)
		forward_request(t, r, &o.etr, &o.to, &o.from, now, out);
	if (o.in_tree)
		ddt_client_ask(t, r->d, &r->ecm, &r->msg, r->ecm.security ? &r->secure : NULL,
			&r->reply_to, o.in_tree, now, out);
}

/* ---- the message ---- */

static bool read_ecm(struct server_thread *t, struct request *r, struct mono now)
{
	const struct datagram *d = r->d;
	struct wire_fault fault;
	int type, err = ecm_parse(d->bytes, d->len, &r->ecm, &fault);

	if (err) {
		server_drop_fault(t, err, LISP_ECM, &d->peer, now, &fault);
		return false;
	}
	type = lisp_type_of(r->ecm.message, r->ecm.message_len);
	if (type == LISP_ECM)
		server_drop(t, DROP_ECM_NESTED, LISP_ECM, &d->peer, now, "an ECM inside an ECM");
	else if (type != LISP_MAP_REQUEST)
		server_drop(t, DROP_ECM_INNER, LISP_ECM, &d->peer, now,
			"message type %d inside, only Map-Requests are taken", type);
	else
		return true;
	return false;
}

static bool read_request(struct server_thread *t, struct request *r, struct mono now)
{
	struct wire_fault fault;
	int err = map_request_parse(r->ecm.message, r->ecm.message_len, &r->msg, &fault);

	if (err)
		server_drop_fault(t, err, LISP_MAP_REQUEST, &r->d->peer, now, &fault);
	else if (r->msg.probe) /* section 8.3: MUST drop */
		server_drop(t, DROP_PROBE, LISP_MAP_REQUEST, &r->d->peer, now,
			"an RLOC-probe through the mapping system");
	else if (r->msg.smr)
		server_drop(t, DROP_SMR, LISP_MAP_REQUEST, &r->d->peer, now,
			"a Solicit-Map-Request through the mapping system");
	else
		return true;
	return false;
}

/* RFC 9437: the records with the N bit, each by itself. False: nothing is left to be answered. */
static bool subscribe(
	struct server_thread *t, struct request *r, struct mono now, struct outbox *out)
{
	struct subscribe_request q = {.d = r->d,
		.ecm = &r->ecm,
		.msg = &r->msg,
		.secure = r->ecm.security ? &r->secure : NULL};
	struct map_request it = r->msg;
	struct map_request_record rec;
	bool left = false;

	if (!r->msg.has_xtr_id)
		return true;
	for (unsigned int i = 0; map_request_next(&it, &rec); i++) {
		enum subscribe_verdict verdict = SUBSCRIBE_PLAIN;
		enum lisp_act act = LISP_ACT_NONE;

		if (rec.subscribe && lisp_eid_kept(&rec.eid) && !is_elsewhere(r, i))
			verdict = subscribe_record(t, &q, &rec.eid.eid, now, out, &act);
		if (verdict == SUBSCRIBE_DROPPED)
			return false;
		r->verdicts[i] = (uint8_t)verdict;
		r->acts[i] = (uint8_t)act;
		r->subscribes |= rec.subscribe;
		left |= verdict != SUBSCRIBE_ACCEPTED;
	}
	return left;
}

/* RFC 8111 section 8.3: what is ours is answered or forwarded as ever, and a Map-Referral tells the
 * sender so, or where to ask instead. */
static void refer(struct server_thread *t, struct request *r, struct mono now, struct outbox *out)
{
	uint32_t sent = out->count;
	struct ddt_verdicts v;

	if (!t->server->opt.map_server && !rcu_load(&t->server->delegations)) {
		server_drop(t, DROP_NO_ROLE, LISP_ECM, &r->d->peer, now,
			"a DDT Map-Request, and this is neither a DDT node nor a Map-Server");
		return;
	}
	ddt_node_decide(t->server, &r->msg, now, &v);
	if (!v.count) {
		server_drop(t, DROP_EID_KIND, LISP_MAP_REQUEST, &r->d->peer, now,
			"no EID of a kind that the tree knows");
		return;
	}
	r->here = v.here;
	if (v.here && subscribe(t, r, now, out) && choose_itr_rloc(t, r, now))
		answer(t, r, now, out);
	ddt_node_refer(t, r->d, r->msg.nonce, &v, out->count > sent, now, out);
}

/* Whose it is to answer. */
static void follow(struct server_thread *t, struct request *r, struct mono now, struct outbox *out)
{
	/* Not answered at all if its One-Time Key cannot be had (RFC 9303 section 6.5). */
	if (r->ecm.security && !secure_open(t, &r->secure, r->d, &r->ecm, r->msg.nonce, now))
		return;
	if (r->ecm.ddt)
		refer(t, r, now, out);
	else if (!t->server->opt.map_server && !t->server->opt.resolver)
		server_drop(t, DROP_NO_ROLE, LISP_ECM, &r->d->peer, now,
			"a Map-Request of an ITR, and this is a DDT node only");
	else if (subscribe(t, r, now, out) && choose_itr_rloc(t, r, now))
		answer(t, r, now, out);
	if (r->ecm.security)
		secure_close(&r->secure);
}

/* ---- while the store is taken in ---- */

/* A host that is in memory is answered as ever; anything else may still have its best match, or
 * more-specifics, in the store. */
static bool all_known(const struct server_thread *t, struct map_request msg, struct mono now)
{
	struct map_request_record rec;

	while (map_request_next(&msg, &rec))
		if (!rec.eid.plain || !eid_is_host(&rec.eid.eid) ||
			!registry_exact(t->server->registry, &rec.eid.eid, now))
			return false;
	return true;
}

static bool must_wait(const struct server_thread *t, const struct map_request *msg, struct mono now)
{
	return __atomic_load_n(&t->server->recovering, __ATOMIC_ACQUIRE) &&
	       !all_known(t, *msg, now);
}

static void defer(struct server_thread *t, const struct request *r, struct mono now)
{
	struct job *job = job_new_request(r->d);

	if (job && t->submit(t->submit_arg, job))
		return;
	if (job)
		job_free(job);
	server_drop(t, DROP_QUEUE_FULL, LISP_MAP_REQUEST, &r->d->peer, now,
		"too many wait until the store is read");
}

static bool read_message(
	struct server_thread *t, const struct datagram *d, struct request *r, struct mono now)
{
	r->d = d;
	r->subscribes = false;
	return read_ecm(t, r, now) && read_request(t, r, now);
}

void request_receive(
	struct server_thread *t, const struct datagram *d, struct mono now, struct outbox *out)
{
	struct request r;

	if (!read_message(t, d, &r, now))
		return;
	if (must_wait(t, &r.msg, now))
		defer(t, &r, now);
	else
		follow(t, &r, now, out);
}

/* Where the store did not help either the requester must ask again later, as it does when a
 * datagram is lost: a wrong "no" would be believed for minutes. */
void request_receive_fetched(
	struct server_thread *t, const struct datagram *d, struct mono now, struct outbox *out)
{
	struct request r;

	if (!read_message(t, d, &r, now))
		return;
	if (must_wait(t, &r.msg, now))
		server_drop(t, DROP_RECOVERING, LISP_MAP_REQUEST, &d->peer, now,
			"the store is not read to its end yet");
	else
		follow(t, &r, now, out);
}
