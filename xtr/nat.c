/* See nat.h. Each pair of a locator and a Map-Server is in one state:
 *
 *   ASKING   nothing has been heard yet
 *   SILENT   so often asked without an answer that the others go on without one
 *   DIRECT   the Map-Server sees what we are
 *   BEHIND   it sees another address or port
 *
 * An Info-Request is repeated with its nonce until the answer comes: any answer to it counts, and
 * only one. The next one has another nonce. */
#include "xtr/nat.h"

#include <stdlib.h>
#include <string.h>

#include "lisp/info.h"
#include "xtr/locator.h"

#define MESSAGE_MAX  256
#define PAIRS_MAX    (POLICY_RLOCS_MAX * POLICY_SERVERS_MAX)
#define SILENT_TRIES 3      /* transmissions, after which nobody waits for the answer any more */
#define DIRECT_MS    300000 /* between questions where there was no NAT */
#define INFO_TTL_MIN 1440

enum state { ASKING, SILENT, DIRECT, BEHIND };

struct pair {
	struct nat *nat;
	struct server *server;
	unsigned int rloc; /* its place in the policy */
	enum state state;
	struct timer timer;
	bool waiting; /* for the answer to `nonce` */
	uint64_t nonce;
	uint64_t wait_ms;
	uint32_t tries;
	struct endpoint seen; /* DIRECT, BEHIND */
	unsigned int rtr_count;
	struct address rtrs[ROUTER_RTRS_MAX];
};

struct nat {
	struct env *env;
	struct nat_listener listener;
	struct log_limit dropped;
	unsigned int count;
	struct pair pairs[PAIRS_MAX];
};

struct nat *nat_new(struct env *env, const struct nat_listener *listener)
{
	struct nat *n = calloc(1, sizeof(*n));

	if (n) {
		n->env = env;
		n->listener = *listener;
	}
	return n;
}

void nat_free(struct nat *n)
{
	if (!n)
		return;
	nat_stop(n);
	free(n);
}

static const struct address *own(const struct pair *p)
{
	return &p->nat->env->policy.rlocs[p->rloc].addr;
}

/* ---- asking ---- */

/* The site's key is found by an EID-prefix of the site. */
static const struct eid *site_eid(const struct policy *p)
{
	return p->eid_count ? &p->eids[0] : p->dynamic_count ? &p->dynamic[0] : NULL;
}

static void send_request(struct pair *p)
{
	struct env *env = p->nat->env;
	const struct policy_server *conf = &p->server->conf;
	struct info m = {.nonce = p->nonce,
		.key_id = info_key_id(conf->key_id, conf->alg),
		.ttl_min = INFO_TTL_MIN,
		.eid = {.eid = *site_eid(&env->policy)}};
	uint8_t *bytes = env_begin(env, MESSAGE_MAX);
	int len;

	if (!bytes)
		return;
	len = info_write(bytes, MESSAGE_MAX, &m, NULL, conf->alg, &conf->auth);
	if (len < 0 || auth_sign(p->server->key, LISP_INFO, &conf->auth, bytes, (size_t)len,
			       m.nonce, &m.auth) < 0) {
		log_error(env->log, "an Info-Request could not be written");
		return;
	}
	outbox_commit(env->out, (uint32_t)len, &conf->at, own(p));
	env_count(env, XTR_INFO_SENT);
}

/* ---- what follows from the answers ---- */

static bool answered(const struct pair *p)
{
	return p->state == DIRECT || p->state == BEHIND;
}

/* The first Map-Server, in the order of the file, that has said something of the locator. */
static const struct pair *word_on(const struct nat *n, unsigned int rloc)
{
	for (unsigned int i = 0; i < n->count; i++)
		if (n->pairs[i].rloc == rloc && answered(&n->pairs[i]))
			return &n->pairs[i];
	return NULL;
}

/* Registrations wait for the first word on each locator: what is registered before may be wrong. */
static bool must_wait(const struct nat *n)
{
	bool required = n->env->policy.nat == POLICY_NAT_REQUIRED;

	for (unsigned int i = 0; i < n->count; i++) {
		const struct pair *p = &n->pairs[i];

		if (p->state != ASKING && !(p->state == SILENT && required))
			continue;
		if (!word_on(n, p->rloc) && !address_is_ip(&n->env->translated[p->rloc]))
			return true;
	}
	return false;
}

static bool learn(struct nat *n, unsigned int rloc)
{
	struct address *now = &n->env->translated[rloc], is = {0};
	const struct pair *word = word_on(n, rloc);

	if (!word)
		return false;
	if (!address_equal(&word->seen.addr, own(word)))
		is = word->seen.addr;
	if (address_equal(now, &is))
		return false;
	*now = is;
	return true;
}

static void settle(struct nat *n, bool hurry)
{
	bool was_held = n->env->held, changed = false;

	for (unsigned int i = 0; i < n->count; i++)
		changed |= learn(n, n->pairs[i].rloc);
	n->env->held = must_wait(n);
	if (changed) {
		env_count(n->env, XTR_NAT_CHANGES);
		n->listener.locators(n->listener.arg);
	}
	if ((was_held && !n->env->held) || (hurry && !changed))
		n->listener.hurry(n->listener.arg);
}

static void fire(struct timer *t, struct mono now)
{
	struct pair *p = t->arg;
	struct env *env = p->nat->env;
	const struct policy_timers *timers = &env->policy.timers;
	uint64_t max_ms = (uint64_t)timers->backoff_max_s * 1000;

	if (p->waiting) {
		env_count(env, XTR_INFO_RETRIED);
		p->wait_ms *= 2;
		if (p->state == ASKING && p->tries >= SILENT_TRIES) {
			p->state = SILENT;
			settle(p->nat, false);
		}
	} else {
		p->nonce = random_u64(env->random);
		p->wait_ms = timers->ack_ms;
		p->tries = 0;
	}
	p->wait_ms = p->wait_ms < max_ms ? p->wait_ms : max_ms;
	p->waiting = true;
	p->tries++;
	send_request(p);
	timer_set(&env->timers, &p->timer, mono_add_ms(now, p->wait_ms));
}

void nat_stop(struct nat *n)
{
	for (unsigned int i = 0; i < n->count; i++)
		timer_cancel(&n->env->timers, &n->pairs[i].timer);
	n->count = 0;
	n->env->held = false;
}

static void begin(struct nat *n, struct server *s, unsigned int rloc)
{
	struct pair *p = &n->pairs[n->count++];

	*p = (struct pair){.nat = n, .server = s, .rloc = rloc};
	timer_init(&p->timer, fire, p);
	timer_set(&n->env->timers, &p->timer, n->env->now);
}

void nat_start(struct nat *n, struct server *const *servers, unsigned int count)
{
	const struct policy *p = &n->env->policy;

	nat_stop(n);
	if (p->nat == POLICY_NAT_OFF) {
		memset(n->env->translated, 0, sizeof(n->env->translated));
		return;
	}
	if (!site_eid(p))
		return;
	for (unsigned int i = 0; i < count; i++)
		for (unsigned int k = 0; k < p->rloc_count; k++)
			if (p->rlocs[k].addr.afi == servers[i]->conf.at.addr.afi)
				begin(n, servers[i], k);
	n->env->held = must_wait(n);
}

/* ---- answers ---- */

static void drop(
	struct nat *n, enum xtr_counter reason, const struct endpoint *from, const char *text)
{
	char peer[ENDPOINT_TEXT];

	env_count(n->env, reason);
	log_limited(n->env->log, &n->dropped, n->env->now, LOG_LEVEL_WARNING,
		"Info-Reply from %s: %s", endpoint_format(from, peer, sizeof(peer)), text);
}

static struct pair *asked(struct nat *n, const struct server *s, uint64_t nonce)
{
	for (unsigned int i = 0; i < n->count; i++) {
		struct pair *p = &n->pairs[i];

		if (p->server == s && p->waiting && p->nonce == nonce)
			return p;
	}
	return NULL;
}

/* With the server's key, about the EID that we named. */
static bool authentic(struct server *s, const uint8_t *msg, size_t len, struct info *m)
{
	const struct policy_server *conf = &s->conf;

	if (m->key_id != info_key_id(conf->key_id, conf->alg))
		return false;
	m->auth.key_id = conf->key_id;
	m->auth.alg = (uint8_t)conf->alg;
	return server_authentic(s, LISP_INFO, msg, len, m->nonce, &m->auth);
}

/* One that we could be reached at: of the locator's family, no group, no loopback, a port. */
static bool plausible(const struct pair *p, const struct endpoint *seen)
{
	return seen->port && seen->addr.afi == own(p)->afi && !address_is_multicast(&seen->addr) &&
	       !address_is_unspecified(&seen->addr) && !address_is_loopback(&seen->addr);
}

static void keep_rtrs(struct pair *p, const struct lcaf *l)
{
	p->rtr_count = 0;
	for (unsigned int i = 0; i < l->u.nat.rtr_count && p->rtr_count < ROUTER_RTRS_MAX; i++)
		if (address_is_ip(&l->u.nat.rtr[i].addr))
			p->rtrs[p->rtr_count++] = l->u.nat.rtr[i].addr;
}

static void say(const struct pair *p, bool behind)
{
	char server[ENDPOINT_TEXT], here[ADDRESS_TEXT], seen[ENDPOINT_TEXT];

	endpoint_format(&p->server->conf.at, server, sizeof(server));
	address_format(own(p), here, sizeof(here));
	if (behind)
		log_info(p->nat->env->log, "map-server %s sees %s as %s: a NAT lies between",
			server, here, endpoint_format(&p->seen, seen, sizeof(seen)));
	else
		log_info(p->nat->env->log, "map-server %s sees %s as it is: no NAT", server, here);
}

static void take(struct pair *p, const struct endpoint *seen)
{
	struct env *env = p->nat->env;
	bool behind = seen->port != LISP_CONTROL_PORT || !address_equal(&seen->addr, own(p));
	bool first = !answered(p);
	bool moved = seen->port != p->seen.port || !address_equal(&seen->addr, &p->seen.addr);
	uint64_t again_ms =
		behind ? (uint64_t)env->policy.timers.nat_keepalive_s * 1000 : DIRECT_MS;

	p->waiting = false;
	p->state = behind ? BEHIND : DIRECT;
	p->seen = *seen;
	timer_set(&env->timers, &p->timer,
		mono_add_ms(env->now, random_jitter(env->random, again_ms, 10)));
	if (first || moved)
		say(p, behind);
	settle(p->nat, moved && !first);
}

void nat_message(struct nat *n, struct server *s, const uint8_t *msg, size_t len,
	const struct endpoint *from, struct wire_fault *fault)
{
	struct endpoint seen;
	struct pair *p;
	struct lcaf l;
	struct info m;

	if (!s || from->port != s->conf.at.port) {
		drop(n, XTR_INFO_DROP_SERVER, from, "it is not from a map-server of ours");
		return;
	}
	if (info_parse(msg, len, &m, fault) < 0) {
		char text[160];

		drop(n, XTR_INFO_DROP_MALFORMED, from, wire_fault_text(fault, text, sizeof(text)));
		return;
	}
	p = m.reply ? asked(n, s, m.nonce) : NULL;
	if (!p) {
		drop(n, XTR_INFO_DROP_NONCE, from, "it answers nothing that was asked");
		return;
	}
	if (!authentic(s, msg, len, &m)) {
		drop(n, XTR_INFO_DROP_AUTH, from, "its authentication data is not right");
		return;
	}
	lcaf_decode(&m.nat, &l);
	seen = (struct endpoint){.addr = l.u.nat.global.addr, .port = l.u.nat.etr_port};
	if (!plausible(p, &seen)) {
		drop(n, XTR_INFO_DROP_ADDRESS, from, "nobody can be reached at what it says");
		return;
	}
	env_count(n->env, XTR_INFO_REPLIES);
	keep_rtrs(p, &l);
	take(p, &seen);
}

/* ---- for others ---- */

uint16_t nat_port(const struct nat *n, unsigned int rloc, const struct address *peer)
{
	const struct pair *p = word_on(n, rloc);

	for (unsigned int i = 0; i < n->count; i++)
		if (n->pairs[i].rloc == rloc && answered(&n->pairs[i]) &&
			address_equal(&n->pairs[i].server->conf.at.addr, peer))
			p = &n->pairs[i];
	return p ? p->seen.port : LISP_CONTROL_PORT;
}

void nat_view(const struct nat *n, const struct server *s, struct router_nat_view *v)
{
	const struct address *from = locator_own(n->env, s->conf.at.addr.afi);

	memset(v, 0, sizeof(*v));
	for (unsigned int i = 0; i < n->count; i++) {
		const struct pair *p = &n->pairs[i];

		if (p->server != s || !from || !address_equal(own(p), from))
			continue;
		v->state = (enum router_nat_state)(ROUTER_NAT_ASKING + p->state);
		v->seen = p->seen;
		v->rtr_count = p->rtr_count;
		memcpy(v->rtrs, p->rtrs, sizeof(v->rtrs));
		return;
	}
}
