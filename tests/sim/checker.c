/* See checker.h. Here: what the Map-Servers are told and say. The end of a round is verify.c. */
#include "tests/sim/checker.h"

#include <stdlib.h>
#include <string.h>

#include "lisp/ecm.h"
#include "lisp/handover.h"
#include "lisp/map_register.h"
#include "lisp/map_reply.h"
#include "lisp/map_request.h"
#include "lisp/move.h"
#include "tests/sim/checker_internal.h"
#include "tests/sim/hosts.h"
#include "tests/sim/network.h"
#include "tests/sim/party_mapserver.h"
#include "tests/sim/party_xtr.h"

#define END         (-1) /* a kind of request */
#define COVERED_MAX 64   /* hosts looked at under a negative answer */

typedef unsigned long long ull;

struct checker *checker_new(struct sim *sim)
{
	struct checker *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->sim = sim;
	c->hosts = hosts_count(sim->hosts);
	for (unsigned int i = 0; i < sim->knobs.servers; i++) {
		c->accounts[i] = calloc(c->hosts, sizeof(struct account));
		c->claims[i] = calloc(CLAIMS, sizeof(struct asked));
		if (!c->accounts[i] || !c->claims[i]) {
			checker_free(c);
			return NULL;
		}
		for (uint32_t k = 0; k < c->hosts; k++)
			c->accounts[i][k].owner = -1;
	}
	return c;
}

void checker_free(struct checker *c)
{
	if (!c)
		return;
	for (unsigned int i = 0; i < SIM_SERVERS_MAX; i++) {
		for (uint32_t k = 0; c->accounts[i] && k < c->hosts; k++) {
			struct past *p;

			while ((p = c->accounts[i][k].past)) {
				c->accounts[i][k].past = p->before;
				free(p);
			}
		}
		free(c->accounts[i]);
		free(c->claims[i]);
	}
	free(c->pairs);
	free(c);
}

/* The host that stands for @eid: itself, or the one that stays in an xTR's own prefix. */
static uint32_t index_of(const struct checker *c, const struct eid *eid)
{
	struct eid host = *eid;

	if (eid->addr.afi == AFI_IPV4 && eid->addr.bytes[0] == 172 && eid->plen == 24) {
		host.plen = 32;
		host.addr.bytes[3] = 1;
	}
	return hosts_find(c->sim->hosts, &host);
}

/* The other way round. */
static struct eid published_eid(const struct checker *c, uint32_t host)
{
	struct eid eid = *hosts_eid(c->sim->hosts, host);

	if (eid.addr.afi == AFI_IPV4 && eid.addr.bytes[0] == 172) {
		eid.plen = 24;
		eid_mask(&eid);
	}
	return eid;
}

static struct account *account_of(struct checker *c, unsigned int server, uint32_t host)
{
	return server < c->sim->knobs.servers && host != HOST_NONE ? &c->accounts[server][host]
								   : NULL;
}

/* ---- what is published ---- */

static struct past *past_of(const struct account *a, uint64_t seq)
{
	struct past *p = a->past;

	while (p && p->seq != seq)
		p = p->before;
	return p;
}

static void remember(struct account *a, uint64_t seq, int owner, struct mono now)
{
	struct past *last = past_of(a, a->seq), *p = past_of(a, seq);

	if (last)
		last->until = now;
	if (!p) {
		p = calloc(1, sizeof(*p));
		if (!p)
			abort();
		p->before = a->past;
		a->past = p;
	}
	p->seq = seq;
	p->on = a->known ? a->seq : 0;
	p->owner = owner;
	p->since = now;
	p->until = MONO_NEVER;
}

/* A number that was given before may come again only when the Map-Server has lost its state, or,
 * with little room, forgotten before it crashed what has gone; and with the owner that had it. */
static void check_number(struct checker *c, unsigned int server, uint32_t host, struct account *a,
	uint64_t seq, int owner)
{
	const struct past *before = past_of(a, seq);

	if (before && before->owner != owner)
		sim_fail(c->sim, "owner", host,
			"map-server %u gives seq %llu to xtr %d; it was xtr %d's", server, (ull)seq,
			owner, before->owner);
	else if (seq <= a->seq && (a->known || !before) &&
		 !(c->sim->knobs.tight && c->crashed[server] && a->owner < 0))
		sim_fail(c->sim, "seq", host,
			"map-server %u publishes seq %llu for xtr %d after seq %llu of xtr %d",
			server, (ull)seq, owner, (ull)a->seq, a->owner);
	remember(a, seq, owner, c->sim->now);
}

void checker_published(struct checker *c, unsigned int server, const struct eid *eid, uint64_t seq,
	int owner, bool expired)
{
	uint32_t host = index_of(c, eid);
	struct account *a = account_of(c, server, host);

	if (!a) {
		sim_fail(c->sim, "acked", host, "map-server %u publishes an EID of nobody", server);
		return;
	}
	sim_trace(c->sim, "map-server %u: host %u seq %llu is xtr %d's%s", server, host, (ull)seq,
		owner, expired ? " (expired)" : "");
	check_number(c, server, host, a, seq, owner);
	if (expired && mono_before(c->sim->now, a->alive_until))
		sim_fail(c->sim, "acked", host,
			"map-server %u lets seq %llu of xtr %d expire %.3f s early", server,
			(ull)a->seq, a->owner, (double)(a->alive_until.ns - c->sim->now.ns) / 1e9);
	a->known = true;
	if (a->lost)
		a->found = c->sim->now;
	a->lost = false;
	a->seq = seq;
	a->owner = owner;
	if (owner < 0)
		a->alive_until.ns = 0;
}

void checker_early(struct checker *c, unsigned int server, const struct eid *eid, uint64_t seq)
{
	sim_fail(c->sim, "order", index_of(c, eid),
		"map-server %u has published seq %llu before it is in the store", server, (ull)seq);
}

void checker_unkept(struct checker *c, unsigned int server, const struct eid *eid)
{
	struct account *a = account_of(c, server, index_of(c, eid));

	if (a)
		a->unkept = true;
}

void checker_kept(struct checker *c, unsigned int server)
{
	for (uint32_t i = 0; i < c->hosts && server < c->sim->knobs.servers; i++)
		c->accounts[server][i].unkept = false;
}

void checker_unsaid(struct checker *c, unsigned int server, const struct eid *eid, uint64_t seq)
{
	sim_fail(c->sim, "readyz", index_of(c, eid),
		"map-server %u publishes seq %llu, which its store did not take, and says that all "
		"is durable",
		server, (ull)seq);
}

/* ---- what it is asked, and what it answers ---- */

/* A request for the end of a subscription: what confirms it says nothing of the EID. */
static void note_end(struct checker *c, unsigned int server, const void *bytes, size_t len)
{
	struct map_request_record rec;
	struct wire_fault fault;
	struct map_request m;
	struct ecm ecm;

	if (server < c->sim->knobs.servers && lisp_type_of(bytes, len) == LISP_ECM &&
		!ecm_parse(bytes, len, &ecm, &fault) &&
		!map_request_parse(ecm.message, ecm.message_len, &m, &fault) &&
		map_request_next(&m, &rec) && rec.subscribe && m.itr_rloc_count == 1 &&
		m.itr_rlocs[0].afi == AFI_NONE)
		c->claims[server][m.nonce % CLAIMS] = (struct asked){.nonce = m.nonce, .kind = END};
}

static void trace_request(struct checker *c, unsigned int server, const void *bytes, size_t len)
{
	struct map_request_record rec;
	struct wire_fault fault;
	struct map_request m;
	struct map_register ack;
	char eid[EID_TEXT];
	struct address itr;
	struct ecm ecm;

	if (lisp_type_of(bytes, len) == LISP_MAP_NOTIFY_ACK &&
		!map_register_parse(bytes, len, &ack, &fault))
		sim_trace(c->sim, "map-server %u <- acknowledgement, nonce %llu", server,
			(ull)ack.nonce);
	if (lisp_type_of(bytes, len) != LISP_ECM || ecm_parse(bytes, len, &ecm, &fault) ||
		map_request_parse(ecm.message, ecm.message_len, &m, &fault) ||
		!map_request_next(&m, &rec))
		return;
	if (!lisp_field_locator(&m.itr_rlocs[0], &itr))
		memset(&itr, 0, sizeof(itr));
	sim_trace(c->sim, "map-server %u <- xtr %d: request%s%s EID %s nonce %llu", server,
		network_xtr_of(c->sim, &itr), rec.subscribe ? " to subscribe" : "",
		m.smr_invoked ? " by smr" : "", eid_format(&rec.eid.eid, eid, sizeof(eid)),
		(ull)m.nonce);
}

void checker_server_receives(struct checker *c, unsigned int server, const void *bytes, size_t len)
{
	struct wire_fault fault;
	struct move m;

	note_end(c, server, bytes, len);
	if (c->sim->opt.trace)
		trace_request(c, server, bytes, len);
	if (server >= c->sim->knobs.servers || lisp_type_of(bytes, len) != LISP_EXTENSION ||
		handover_is(bytes, len) || move_parse(bytes, len, &m, &fault))
		return;
	if (m.kind == MOVE_CLAIM)
		c->sim->counts.claims++;
	if (c->sim->opt.trace && m.kind != MOVE_ACK)
		sim_trace(c->sim, "map-server %u <- xtr %d: %s host %u on %llu, nonce %llu", server,
			party_xtr_of_id(c->sim, &m.xtr_id),
			m.kind == MOVE_CLAIM     ? "claim"
			: m.kind == MOVE_REFRESH ? "refresh"
						 : "withdraw",
			index_of(c, &m.record.eid.eid), (ull)m.seq, (ull)m.nonce);
	c->claims[server][(m.nonce ^ m.xtr_id.bytes[15] * 0x9e5ull) % CLAIMS] =
		(struct asked){m.nonce, m.seq, m.kind, party_xtr_of_id(c->sim, &m.xtr_id)};
}

static void lives_on(struct checker *c, struct account *a)
{
	a->alive_until = mono_add_s(c->sim->now, c->sim->knobs.timeout_s);
}

/* A mapping that is due, and not swept yet, counts as expired: its number is a greater one. */
static bool is_due(const struct checker *c, const struct account *a, const struct move *m)
{
	return !m->has_locators && m->seq > a->seq && mono_due(a->alive_until, c->sim->now);
}

/* What is said is what is published; or was until now, since a committer says all at once what it
 * had to say between several changes. */
static bool is_true(
	const struct checker *c, const struct account *a, const struct move *m, int owner)
{
	const struct past *p = past_of(a, m->seq), *last = past_of(a, a->seq);

	if (is_due(c, a, m))
		return true;
	if (c->sim->knobs.tight && owner < 0 && a->owner < 0)
		return true; /* what is left of a mapping that has gone is forgotten soon */
	if (owner < 0 && last && last->since.ns == c->sim->now.ns && m->seq >= last->on &&
		m->seq < last->seq)
		return true;
	if (!p || p->owner != owner)
		return false;
	if (a->lost || a->found.ns == c->sim->now.ns)
		return true;
	return p->seq == a->seq || p->until.ns == c->sim->now.ns;
}

/* Rule 1. A number above all that a Map-Server knows is one that it has lost; with little room it
 * forgets those of mappings that have gone. */
static bool is_base(const struct checker *c, unsigned int server, const struct account *a,
	uint64_t base, uint64_t stood)
{
	const struct past *p = past_of(a, stood);

	if (base == stood || (base > stood && c->crashed[server]))
		return true;
	return c->sim->knobs.tight && (!p || p->owner < 0);
}

/* What it grants after a loss of power, or refuses something for, is what stands. */
static void found_again(struct account *a, uint64_t seq, int owner)
{
	struct past *p = past_of(a, seq);

	if (!p || p->owner != owner)
		return;
	p->until = MONO_NEVER;
	a->seq = seq;
	a->owner = owner;
	a->known = true;
	a->lost = false;
}

/* Commit, publish, acknowledge: in this order. */
static void check_granted(struct checker *c, unsigned int server, uint32_t host, struct account *a,
	const struct move *m, int to)
{
	const struct asked *q = &c->claims[server][(m->nonce ^ (uint8_t)to * 0x9e5ull) % CLAIMS];
	bool found = q->nonce == m->nonce && q->xtr == to;
	int owner = m->has_locators ? party_xtr_of_id(c->sim, &m->xtr_id) : -1;

	if (a->lost)
		found_again(a, m->seq, owner);
	if (!is_true(c, a, m, owner))
		sim_fail(c->sim, "acked", host,
			"map-server %u grants seq %llu of xtr %d to xtr %d; published is seq %llu "
			"of xtr %d",
			server, (ull)m->seq, owner, to, (ull)a->seq, a->owner);
	else if (owner >= 0 && owner != to)
		sim_fail(c->sim, "acked", host, "map-server %u grants to xtr %d what is xtr %d's",
			server, to, owner);
	else if (found && q->kind == MOVE_CLAIM && q->seq + 1 != m->seq && past_of(a, m->seq) &&
		 !is_base(c, server, a, q->seq, past_of(a, m->seq)->on))
		sim_fail(c->sim, "claim", host,
			"map-server %u grants seq %llu to xtr %d, which claimed on %llu; before it "
			"stood %llu",
			server, (ull)m->seq, to, (ull)q->seq, (ull)past_of(a, m->seq)->on);
	if (owner >= 0)
		lives_on(c, a);
}

static void check_told(struct checker *c, unsigned int server, uint32_t host, struct account *a,
	const struct move *m)
{
	int owner = m->has_locators ? party_xtr_of_id(c->sim, &m->xtr_id) : -1;

	if (a->lost && m->kind == MOVE_REFUSED)
		found_again(a, m->seq, owner);
	if (a->known && !is_true(c, a, m, owner))
		sim_fail(c->sim, "told", host,
			"map-server %u says seq %llu of xtr %d; published is seq %llu of xtr %d",
			server, (ull)m->seq, owner, (ull)a->seq, a->owner);
}

static void check_move(
	struct checker *c, unsigned int server, const void *bytes, size_t len, int to)
{
	struct wire_fault fault;
	struct account *a;
	uint32_t host;
	struct move m;

	if (move_parse(bytes, len, &m, &fault)) {
		sim_fail(c->sim, "told", HOST_NONE, "map-server %u sends what cannot be read",
			server);
		return;
	}
	host = index_of(c, &m.record.eid.eid);
	a = account_of(c, server, host);
	if (!a)
		return;
	if (c->sim->opt.trace)
		sim_trace(c->sim, "map-server %u -> xtr %d: %s host %u seq %llu of xtr %d", server,
			to,
			m.kind == MOVE_GRANTED   ? "granted"
			: m.kind == MOVE_REFUSED ? "refused"
						 : "notify",
			host, (ull)m.seq, m.has_locators ? party_xtr_of_id(c->sim, &m.xtr_id) : -1);
	if (m.kind == MOVE_GRANTED)
		check_granted(c, server, host, a, &m, to);
	else
		check_told(c, server, host, a, &m);
	c->sim->counts.refused += m.kind == MOVE_REFUSED;
}

/* ---- lookups ---- */

static bool was_at(const struct account *a, int owner)
{
	const struct past *p = a->past;

	while (p && p->owner != owner)
		p = p->before;
	return p != NULL;
}

/* After a loss, what stood before may stand again; who hears it believes it. */
static void said_again(struct account *a, int owner, struct mono now)
{
	struct past *p = a->past;

	while (p && p->owner != owner)
		p = p->before;
	if (p && mono_before(p->until, now))
		p->until = now;
}

static void check_positive(
	struct checker *c, unsigned int server, const struct lisp_record *rec, int to)
{
	uint32_t host = index_of(c, &rec->eid.eid);
	struct account *a = account_of(c, server, host);
	struct lisp_record copy = *rec;
	struct lisp_rloc rloc;
	struct address addr;
	int says = -1;

	if (!a)
		return;
	while (lisp_rloc_next(&copy, &rloc))
		if (lisp_field_locator(&rloc.field, &addr))
			says = network_xtr_of(c->sim, &addr);
	if (a->lost)
		said_again(a, says, c->sim->now);
	if (says != a->owner && !(a->lost && was_at(a, says)))
		sim_fail(c->sim, "lookup", host,
			"map-server %u answers xtr %d: at xtr %d; the last change, seq %llu, put "
			"it at xtr %d",
			server, to, says, (ull)a->seq, a->owner);
}

/* Nothing that was acknowledged, and is alive, lies under a negative answer. */
static void check_negative(
	struct checker *c, unsigned int server, const struct lisp_record *rec, int to)
{
	const struct eid *p = &rec->eid.eid;
	struct eid first = *p;
	uint32_t host;

	first.plen = (uint8_t)address_bits(&p->addr);
	host = hosts_find(c->sim->hosts, &first);
	if (host == HOST_NONE)
		return;
	for (uint32_t i = host; i < host + COVERED_MAX && i < c->hosts; i++) {
		const struct account *a = account_of(c, server, i);

		if (!a || !eid_covers(p, hosts_eid(c->sim->hosts, i)))
			continue;
		if (a->owner >= 0 && mono_before(c->sim->now, a->alive_until))
			sim_fail(c->sim, "acked", i,
				"map-server %u answers xtr %d that it knows nothing; seq %llu of "
				"xtr %d was acknowledged, and has %.3f s to live",
				server, to, (ull)a->seq, a->owner,
				(double)(a->alive_until.ns - c->sim->now.ns) / 1e9);
	}
}

static void check_reply(
	struct checker *c, unsigned int server, const void *bytes, size_t len, int to)
{
	struct wire_fault fault;
	struct lisp_record rec;
	struct map_reply m;

	if (map_reply_parse(bytes, len, &m, &fault)) {
		sim_fail(c->sim, "lookup", HOST_NONE, "map-server %u sends what cannot be read",
			server);
		return;
	}
	while (lisp_records_next(&m.records, &rec)) {
		if (rec.locator_count) {
			c->sim->counts.replies++;
			check_positive(c, server, &rec, to);
		} else if (rec.act < LISP_ACT_DROP_POLICY) { /* else it refuses a subscription */
			c->sim->counts.negative++;
			check_negative(c, server, &rec, to);
		}
	}
}

/* To subscribers, and the acknowledgement of a registration: that one extends a life. */
static void check_notify(
	struct checker *c, unsigned int server, const void *bytes, size_t len, int to)
{
	struct wire_fault fault;
	struct map_register m;
	struct lisp_record rec;
	const struct asked *end;
	char text[EID_TEXT];

	if (map_register_parse(bytes, len, &m, &fault)) {
		sim_fail(c->sim, "told", HOST_NONE, "map-server %u sends what cannot be read",
			server);
		return;
	}
	end = &c->claims[server][m.nonce % CLAIMS];
	if (end->kind == END && end->nonce == m.nonce)
		return;
	while (lisp_records_next(&m.records, &rec)) {
		uint32_t host = index_of(c, &rec.eid.eid);
		struct account *a = account_of(c, server, host);
		bool own = host != HOST_NONE && host == hosts_moving(c->sim->hosts) + (uint32_t)to;

		if (a && own && a->owner == to && rec.ttl_min)
			lives_on(c, a);
		c->sim->counts.publications += !own;
		if (c->sim->opt.trace && !own)
			sim_trace(c->sim,
				"map-server %u -> xtr %d: publication, EID %s ttl %u act %d, %u "
				"locators, nonce %llu",
				server, to, eid_format(&rec.eid.eid, text, sizeof(text)),
				rec.ttl_min, (int)rec.act, rec.locator_count, (ull)m.nonce);
		if (rec.locator_count)
			check_positive(c, server, &rec, to);
		else if (rec.act < LISP_ACT_DROP_POLICY && /* else it tells of an end */
			 (rec.ttl_min || eid_is_host(&rec.eid.eid)))
			check_negative(c, server, &rec, to);
	}
}

void checker_server_sent(struct checker *c, unsigned int server, const void *bytes, size_t len,
	const struct endpoint *to)
{
	int xtr = network_xtr_of(c->sim, &to->addr);

	if (server >= c->sim->knobs.servers)
		return;
	switch (lisp_type_of(bytes, len)) {
	case LISP_EXTENSION:
		if (!handover_is(bytes, len)) /* which owns nothing */
			check_move(c, server, bytes, len, xtr);
		break;
	case LISP_MAP_REPLY:
		check_reply(c, server, bytes, len, xtr);
		break;
	case LISP_MAP_NOTIFY:
		check_notify(c, server, bytes, len, xtr);
		break;
	}
}

/* ---- crashes ---- */

/* What was acknowledged outlives the process, but for what it said to be in memory only. A loss of
 * power takes what came after the last sync. Any of the states before may stand then, until
 * refreshes and claims make it good. */
void checker_server_crashed(struct checker *c, unsigned int server, bool power)
{
	c->crashed[server] = true;
	for (uint32_t i = 0; i < c->hosts && server < c->sim->knobs.servers; i++) {
		struct account *a = &c->accounts[server][i];

		if (!power && !a->unkept)
			continue;
		a->unkept = false;
		a->lost = a->past != NULL;
		a->known = false;
		a->alive_until.ns = 0;
	}
}

/* What was acknowledged stands again, before anybody refreshes it. */
void checker_server_started(struct checker *c, unsigned int server)
{
	for (uint32_t i = 0; i < c->hosts && server < c->sim->knobs.servers; i++) {
		const struct account *a = &c->accounts[server][i];
		struct party_mapserver_view v;
		struct eid eid;

		if (!a->known || (a->owner >= 0 && mono_due(a->alive_until, c->sim->now)))
			continue;
		eid = published_eid(c, i);
		party_mapserver_look(c->sim->servers[server], &eid, &v);
		if (v.owner != a->owner || (a->owner >= 0 && v.seq != a->seq))
			sim_fail(c->sim, "acked", i,
				"map-server %u starts with seq %llu of xtr %d; published was seq %llu "
				"of xtr %d",
				server, (ull)v.seq, v.owner, (ull)a->seq, a->owner);
	}
}
