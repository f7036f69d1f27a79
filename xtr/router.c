/* See router.h. What comes in is taken apart here and handed to the rooms in order; what is due is
 * done before a call returns, so that a change goes out with the event that caused it. */
#include "xtr/rooms.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lisp/ecm.h"
#include "xtr/protection.h"

#define TELL_WAIT_MS 2000 /* for the Map-Servers to take a change, before peers are told of it */
#define ROUNDS_MAX   8    /* of timers that set timers, in one call */

/* Beginning and end. */

static void tell_late(struct timer *t, struct mono now)
{
	remote_tell_peers(t->arg);
}

static void refresh_all(struct router *r)
{
	unsigned int i;

	for (i = 0; i < r->server_count; i++) {
		registration_refresh(r->servers[i].registration);
		if (r->servers[i].claim)
			claim_renew(r->servers[i].claim);
	}
}

static void locators_changed(void *arg)
{
	struct router *r = arg;

	refresh_all(r);
	timer_set(&r->env.timers, &r->tell_timer, mono_add_ms(r->env.now, TELL_WAIT_MS));
}

static void register_now(void *arg)
{
	struct router *r = arg;
	unsigned int i;

	for (i = 0; i < r->server_count; i++) {
		registration_refresh(r->servers[i].registration);
		if (r->servers[i].claim)
			claim_hurry(r->servers[i].claim);
	}
}

struct router *router_new(const struct policy *policy, struct datapath *datapath,
	struct router_ops *ops, struct random *random, struct log *log, uint64_t first_nonce,
	struct mono now)
{
	struct router *r = calloc(1, sizeof(*r));
	const struct nat_listener nat = {
		.locators = locators_changed, .hurry = register_now, .arg = r};

	if (!r)
		return NULL;
	if (policy_copy(&r->env.policy, policy) < 0) {
		free(r);
		return NULL;
	}
	r->env.datapath = datapath;
	r->env.ops = ops;
	r->env.random = random;
	r->env.log = log;
	r->env.now = now;
	r->env.nonce = first_nonce;
	random_bytes(random, r->env.secret, sizeof(r->env.secret));
	timers_init(&r->env.timers);
	timer_init(&r->tell_timer, tell_late, r);
	r->env.otk = otk_tools_new();
	r->nat = nat_new(&r->env, &nat);
	r->env.nat = r->nat;
	r->env.moves = move_log_new(&r->env);
	r->handover = handover_new(r);
	r->gateway = gateway_new(r);
	if (!r->gateway || !r->nat || !r->handover || !r->env.otk || forwarding_init(r) < 0 ||
		remote_init(r) < 0 || site_init(r) < 0) {
		router_free(r);
		return NULL;
	}
	return r;
}

void router_free(struct router *r)
{
	if (!r)
		return;
	nat_free(r->nat);
	move_log_free(r->env.moves);
	r->env.moves = NULL;
	handover_free(r->handover);
	gateway_free(r->gateway);
	site_fini(r);
	remote_fini(r);
	forwarding_fini(r);
	policy_fini(&r->env.policy);
	otk_tools_free(r->env.otk);
	explicit_bzero(r->env.secret, sizeof(r->env.secret));
	free(r);
}

static void begin(struct router *r, struct mono now, struct outbox *out)
{
	r->env.now = now;
	r->env.out = out;
}

/* Every Map-Server has taken what we have changed. */
static bool settled(const struct router *r)
{
	for (unsigned int i = 0; i < r->server_count; i++) {
		const struct router_server *s = &r->servers[i];

		if (!registration_all_acked(s->registration) ||
			(s->claim && !claim_settled(s->claim)))
			return false;
	}
	return true;
}

/* Who asks before the Map-Servers know better gets the old answer, and asks no more. */
static void tell_when_settled(struct router *r)
{
	if (!timer_is_set(&r->tell_timer) || !settled(r))
		return;
	timer_cancel(&r->env.timers, &r->tell_timer);
	remote_tell_peers(r);
}

static void end(struct router *r)
{
	unsigned int i;

	for (i = 0; i < ROUNDS_MAX && mono_due(timers_next(&r->env.timers), r->env.now); i++)
		timers_run(&r->env.timers, r->env.now);
	tell_when_settled(r);
	r->env.out = NULL;
}

void router_start(struct router *r, struct mono now, struct outbox *out)
{
	const struct policy *p = &r->env.policy;
	size_t i;

	begin(r, now, out);
	site_nat_start(r);
	for (i = 0; i < p->space_count; i++)
		forwarding_update(r, &p->space[i]);
	for (i = 0; i < p->dynamic_count; i++)
		forwarding_update(r, &p->dynamic[i]);
	for (i = 0; i < p->eid_count; i++)
		if (site_static_add(r, &p->eids[i]) < 0)
			env_count(&r->env, XTR_NO_MEMORY);
	handover_start(r->handover);
	end(r);
}

/* Control messages. */

static void malformed(struct router *r, enum xtr_counter reason, int type,
	const struct endpoint *from, const struct wire_fault *fault)
{
	char peer[ENDPOINT_TEXT], text[160];
	const char *name = lisp_type_name(type);

	env_count(&r->env, reason);
	log_limited(r->env.log, &r->malformed[type & 15], r->env.now, LOG_LEVEL_WARNING,
		"%s from %s: %s", name ? name : "message",
		endpoint_format(from, peer, sizeof(peer)),
		wire_fault_text(fault, text, sizeof(text)));
}

/* @security: NULL when the request is not protected. */
static void take_request(struct router *r, const uint8_t *bytes, size_t len, size_t whole,
	struct protection_etr *security, const struct endpoint *from, const struct address *to)
{
	struct wire_fault fault;
	struct map_request m;

	if (map_request_parse(bytes, len, &m, &fault) < 0)
		malformed(r, XTR_REQUEST_DROP_MALFORMED, LISP_MAP_REQUEST, from, &fault);
	else if (m.smr)
		remote_smr(r, &m);
	else
		etr_request(r->etr, &m, whole, security, from, to);
}

/* A Map-Server passes on a Map-Request that is ours to answer. */
static void take_ecm(struct router *r, const uint8_t *bytes, size_t len,
	const struct endpoint *from, const struct address *to)
{
	struct protection_etr security;
	struct map_request inner;
	struct wire_fault fault;
	struct ecm m;

	if (ecm_parse(bytes, len, &m, &fault) < 0) {
		malformed(r, XTR_ECM_DROP_MALFORMED, LISP_ECM, from, &fault);
		return;
	}
	if (lisp_type_of(m.message, m.message_len) != LISP_MAP_REQUEST ||
		(map_request_parse(m.message, m.message_len, &inner, &fault) == 0 &&
			(inner.probe || inner.smr))) {
		env_count(&r->env, XTR_ECM_DROP_INNER);
		return;
	}
	if (!m.security || fault.code != WIRE_OK)
		take_request(r, m.message, m.message_len, len, NULL, &m.source, to);
	else if (protection_open(&r->env, &m, bytes, inner.nonce, from, &security))
		take_request(r, m.message, m.message_len, len, &security, &m.source, to);
}

static void take_reply(
	struct router *r, const uint8_t *bytes, size_t len, const struct endpoint *from)
{
	struct wire_fault fault;
	struct map_reply m;

	if (map_reply_parse(bytes, len, &m, &fault) < 0)
		malformed(r, XTR_REPLY_DROP_MALFORMED, LISP_MAP_REPLY, from, &fault);
	else if (m.probe && m.security)
		env_count(&r->env, XTR_REPLY_DROP_SECURITY);
	else if (m.probe)
		probe_reply(r->probe, &m, from);
	else
		resolution_reply(r->resolution, &m, bytes, len, from);
}

static void take_notify(
	struct router *r, const uint8_t *bytes, size_t len, const struct endpoint *from)
{
	struct router_server *s = site_server(r, &from->addr);
	struct wire_fault fault;
	struct map_register m;

	if (!s && r->env.policy.security.mode == POLICY_SECURITY_OFF)
		env_count(&r->env, XTR_NOTIFY_DROP_SERVER);
	else if (map_register_parse(bytes, len, &m, &fault) < 0)
		malformed(r, XTR_NOTIFY_DROP_MALFORMED, LISP_MAP_NOTIFY, from, &fault);
	else if (remote_notify(r, s, bytes, len, &m, from))
		; /* of a subscription, from any Map-Server whose key is right */
	else if (!s)
		env_count(&r->env, XTR_NOTIFY_DROP_SERVER);
	else
		registration_notify(s->registration, bytes, len, &m, from);
}

static void take_move(
	struct router *r, const uint8_t *bytes, size_t len, const struct endpoint *from)
{
	struct router_server *s = site_server(r, &from->addr);
	struct wire_fault fault;
	struct move m;

	if (!s || !s->claim)
		env_count(&r->env, XTR_MOVE_DROP_SERVER);
	else if (move_parse(bytes, len, &m, &fault) < 0)
		malformed(r, XTR_MOVE_DROP_MALFORMED, LISP_EXTENSION, from, &fault);
	else
		claim_message(s->claim, bytes, len, &m, from);
}

static void take_info(
	struct router *r, const uint8_t *bytes, size_t len, const struct endpoint *from)
{
	struct router_server *s = site_server(r, &from->addr);
	struct wire_fault fault;

	nat_message(r->nat, s ? s->server : NULL, bytes, len, from, &fault);
}

void router_packet(struct router *r, const void *bytes, size_t len, const struct endpoint *from,
	const struct address *to, struct mono now, struct outbox *out)
{
	begin(r, now, out);
	switch (lisp_type_of(bytes, len)) {
	case LISP_MAP_REQUEST:
		take_request(r, bytes, len, len, NULL, from, to);
		break;
	case LISP_MAP_REPLY:
		take_reply(r, bytes, len, from);
		break;
	case LISP_MAP_NOTIFY:
		take_notify(r, bytes, len, from);
		break;
	case LISP_ECM:
		take_ecm(r, bytes, len, from, to);
		break;
	case LISP_EXTENSION:
		if (handover_is(bytes, len))
			handover_message(r->handover, bytes, len, from, to);
		else
			take_move(r, bytes, len, from);
		break;
	case LISP_INFO:
		take_info(r, bytes, len, from);
		break;
	case -LISP_ETRUNC:
		env_count(&r->env, XTR_CONTROL_DROP_NO_CHECKSUM);
		break;
	default:
		env_count(&r->env, XTR_CONTROL_DROP_TYPE);
	}
	end(r);
}

/* Events of the data plane and of the host's own network. */

void router_datapath_event(
	struct router *r, const struct datapath_event *e, struct mono now, struct outbox *out)
{
	begin(r, now, out);
	switch (e->type) {
	case DATAPATH_MISS:
		remote_miss(r, e);
		break;
	case DATAPATH_SOURCE_SEEN:
		site_seen(r, &e->eid, e->ifindex, e->mac, false);
		break;
	case DATAPATH_ARP_SEEN:
		site_seen(r, &e->eid, e->ifindex, e->mac, true);
		break;
	case DATAPATH_AWAY:
		site_away_hit(r, &e->eid, &e->rloc);
		break;
	case DATAPATH_ASTRAY:
		gateway_astray(r->gateway, e->ifindex, &e->eid, e->mac);
		break;
	case DATAPATH_RLOC_MTU:
		if (!e->mtu) /* S is fixed (RFC 9300 section 7.1): a path MTU changes nothing */
			probe_suspect(r->probe, &e->rloc);
		break;
	}
	end(r);
}

void router_neighbour(
	struct router *r, const struct router_neighbour *n, struct mono now, struct outbox *out)
{
	begin(r, now, out);
	if (n->failed)
		site_unreachable(r, &n->host);
	else
		site_seen(r, &n->host, n->ifindex, n->mac, true);
	end(r);
}

void router_question(struct router *r, const struct router_site_port *port, const void *frame,
	size_t len, struct mono now, struct outbox *out)
{
	begin(r, now, out);
	gateway_question(r->gateway, port, frame, len);
	end(r);
}

void router_port(struct router *r, int ifindex, bool up, struct mono now, struct outbox *out)
{
	begin(r, now, out);
	dynamic_eid_port(r->hosts, ifindex, up);
	end(r);
}

void router_own(
	struct router *r, const struct eid *host, bool present, struct mono now, struct outbox *out)
{
	begin(r, now, out);
	site_own(r, host, present);
	end(r);
}

void router_station(
	struct router *r, const struct router_station *s, struct mono now, struct outbox *out)
{
	begin(r, now, out);
	campus_station(r->campus, s);
	end(r);
}

void router_stations_begin(struct router *r)
{
	campus_list_begin(r->campus);
}

void router_stations_end(struct router *r, bool counts, struct mono now, struct outbox *out)
{
	begin(r, now, out);
	campus_list_end(r->campus, counts);
	end(r);
}

/* Time. */

struct mono router_next(const struct router *r)
{
	return timers_next(&r->env.timers);
}

void router_timer(struct router *r, struct mono now, struct outbox *out)
{
	begin(r, now, out);
	end(r);
}

void router_agent_heard(struct router *r, const uint8_t id[16], uint64_t counter)
{
	handover_recall(r->handover, id, counter);
}

uint64_t router_nonce(const struct router *r)
{
	return r->env.nonce;
}

const uint64_t *router_counters(const struct router *r)
{
	return r->env.counters;
}

/* The operator. */

int router_drain(struct router *r, const struct address *rloc, bool drain, struct mono now,
	struct outbox *out)
{
	struct policy *p = &r->env.policy;
	unsigned int i;

	for (i = 0; i < p->rloc_count; i++)
		if (address_equal(&p->rlocs[i].addr, rloc))
			break;
	if (i == p->rloc_count)
		return -ENOENT;
	if (r->env.drained[i] == drain)
		return 0;
	begin(r, now, out);
	r->env.drained[i] = drain;
	locators_changed(r);
	end(r);
	return 0;
}

int router_cache_clear(struct router *r, const struct eid *eid, struct mono now, struct outbox *out)
{
	bool was;

	begin(r, now, out);
	was = map_cache_remove(r->cache, eid);
	end(r);
	return was ? 0 : -ENOENT;
}

enum router_claim router_claim(
	struct router *r, const struct eid *eid, bool force, struct mono now, struct outbox *out)
{
	enum router_claim was;

	begin(r, now, out);
	was = handover_claim(r->handover, eid, force);
	end(r);
	return was;
}

static bool withdraw_host(struct dynamic_eid_host *h, void *arg)
{
	struct eid host = h->node.eid;

	site_drop(arg, &host, true);
	return true;
}

static bool withdraw_static(struct eid_node *node, void *arg)
{
	struct eid eid = node->eid;

	site_static_remove(arg, &eid);
	return true;
}

void router_withdraw(struct router *r, struct mono now, struct outbox *out)
{
	begin(r, now, out);
	dynamic_eid_each(r->hosts, withdraw_host, r);
	eid_table_each(r->statics, withdraw_static, r);
	end(r);
}
