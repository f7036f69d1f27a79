/* The model of the handover against the code: what spin walked at random through
 * tests/model/handover.pml (TRACE), step by step, is done to as many real tunnel routers as the
 * model has. After each step they have to be in the model's states, and send packets where the
 * model sends them; whom the model has told something, they must have told it. Map-Server, agents
 * and network are the trace's: what a router says is kept, and arrives when the trace says so.
 *
 * Usage: test_handover_trace [FILE ...]; without any: tests/model/traces/handover.txt. A file has
 * traces, each from a line `trace NAME SITES CUTOVER' to `end'. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lisp/handover.h"
#include "lisp/handover_ticket.h"
#include "tests/unit/xtr_world.h"
#include "xtr/handover_internal.h"

#define HOST      "10.1.0.5/32"
#define AGENT_KEY "key of an agent"
#define PORT      7
#define SITES_MAX 3
#define TRACES    "tests/model/traces/handover.txt"

/* As in the model. */
#define FROM_ITR 6
#define TO_GUEST 8
#define TO_HOLD  9
enum model_state { NONE, EXPECTED, WAIT, HERE, PAUSED, CUT, RELEASED };
static const char *const state_names[] = {
	"NONE", "EXPECTED", "WAIT", "HERE", "PAUSED", "CUT", "RELEASED"};
static const uint8_t steps[] = {
	0, HANDOVER_ACCEPTED, HANDOVER_RESUMED, HANDOVER_ABORTED, HANDOVER_CANCELLED};

static const char *const rlocs[] = {"192.0.2.1", "198.51.100.1", "198.51.100.129"};
static const char *const agents[] = {"203.0.113.1", "203.0.113.2", "203.0.113.3"};
static const char itr[] = "203.0.113.77", map_server[] = "192.0.2.100";

struct message {
	size_t len; /* 0: there is none */
	uint8_t bytes[WORLD_DATAGRAM];
};

struct site {
	struct world *w;
	uint8_t word;
	struct handover prepare; /* the last one */
	struct move claim;       /* likewise; nonce 0: none since the last that was granted */
	struct message said[SITES_MAX][HANDOVER_SENT + 1]; /* the latest, by step */
	/* On their way. */
	struct message owner, step[SITES_MAX];
	struct handover next[SITES_MAX]; /* counted and signed when it comes */
	char out[64];                    /* packets that the model has let go since the last step */
	unsigned int out_seen;           /* of what was injected */
	unsigned int unread, of;         /* the tail that comes */
};

struct replay {
	struct site sites[SITES_MAX];
	unsigned int count;
	struct otk_tools *otk;
	uint64_t counter;
	uint64_t seq; /* that the Map-Server gave */
	char name[64];
	const char *file;
	unsigned int line, steps;
};

#define differ(r, ...)                                                                             \
	do {                                                                                       \
		print_error("%s:%u: trace %s: ", (r)->file, (r)->line, (r)->name);                 \
		fail_msg(__VA_ARGS__);                                                             \
	} while (0)

static struct handover_id id_of(unsigned int i, bool agent)
{
	static const int bytes[] = {0x11, 0x33, 0x55};
	struct handover_id id;

	memset(id.bytes, agent ? 0xa0 + (int)i : bytes[i], sizeof(id.bytes));
	return id;
}

static int port_named(struct router_ops *ops, const char *name, uint32_t iid)
{
	return PORT;
}

static struct world *site_new(unsigned int i, bool cut_at_resume)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct policy_agent a = {.name = "agent", .id = id_of(i, true), .key_count = 1};

	memcpy(w->policy.xtr_id.bytes, id_of(i, false).bytes, 16);
	w->policy.rlocs[0].addr = world_address(rlocs[i]);
	w->policy.rloc_count = 1;
	w->policy.handover.cut_at_resume = cut_at_resume;
	a.keys[0].id = 1;
	a.keys[0].alg = AUTH_HMAC_SHA256_128;
	a.keys[0].len = strlen(AGENT_KEY);
	memcpy(a.keys[0].bytes, AGENT_KEY, a.keys[0].len);
	a.at = world_endpoint(agents[i]);
	assert_int_equal(policy_add_agent(&w->policy, &a), 0);
	w->ops.port_named = port_named;
	world_start(w);
	return w;
}

/* ---- messages ---- */

static void settle(struct replay *r);

static void arrive(struct replay *r, unsigned int at, const struct message *m, const char *from)
{
	world_packet(r->sites[at].w, m->bytes, m->len, from);
	settle(r);
}

/* All agents know it: in the model nobody asks for a guest who is not to have it. */
static void add_ticket(struct replay *r, struct handover *h)
{
	static const struct otk ticket = {.bytes = "a guest's ticket"};
	struct otk_keys keys = {0};

	assert_int_equal(otk_keys_add(&keys, 1, AGENT_KEY, strlen(AGENT_KEY)), 0);
	if (h->state == HANDOVER_LEAVING || h->state == HANDOVER_PAUSED)
		assert_true(handover_ticket_give(r->otk, &keys.list[0], &ticket, h));
	if (h->state != HANDOVER_GONE)
		assert_true(handover_ticket_prove(&ticket, &h->sender, &h->guest, h->proof));
}

static void say(struct replay *r, unsigned int i, uint8_t word)
{
	struct auth_key *key = auth_key_new(AGENT_KEY, strlen(AGENT_KEY));
	bool paused = word == HANDOVER_PAUSED;
	struct handover h = {.kind = HANDOVER_STATE,
		.counter = ++r->counter,
		.sender = id_of(i, true),
		.state = word,
		.in_migration = paused,
		.tail = paused ? HANDOVER_TAIL_FOLLOWS : 0,
		.host_count = 1};
	struct message m;

	r->sites[i].word = word;
	h.hosts[0] = (struct handover_host){.mac = {2, 0, 0, 0, 0, 9}, .eid = world_eid(HOST)};
	add_ticket(r, &h);
	m.len = world_write_handover(m.bytes, &h, key, NULL, HOST, NULL);
	auth_key_free(key);
	arrive(r, i, &m, agents[i]);
}

static void say_tail(struct replay *r, unsigned int i, unsigned int index, uint32_t packet)
{
	struct auth_key *key = auth_key_new(AGENT_KEY, strlen(AGENT_KEY));
	struct eid host = world_eid(HOST);
	uint32_t bytes[16] = {0x40 | packet}; /* IPv4's version in the first byte */
	struct handover h = {.kind = HANDOVER_TAIL,
		.counter = ++r->counter,
		.sender = id_of(i, true),
		.host_count = 1,
		.index = (uint16_t)index,
		.of = (uint16_t)r->sites[i].of,
		.packet = packet ? (const uint8_t *)bytes : NULL,
		.packet_len = packet ? sizeof(bytes) : 0};
	struct message m;

	memcpy(&bytes[4], host.addr.bytes, 4);
	h.hosts[0].eid = host;
	m.len = world_write_handover(m.bytes, &h, key, NULL, HOST, NULL);
	auth_key_free(key);
	arrive(r, i, &m, agents[i]);
}

/* OWNER or NEXT to @to, in answer to what @who prepares, @other being the other side. */
static struct handover answer(struct replay *r, enum handover_kind kind, unsigned int to,
	unsigned int who, unsigned int other)
{
	const struct policy_server *ps = &r->sites[to].w->policy.servers[0];
	const struct handover *prepare = &r->sites[who].prepare;
	struct handover h = {.kind = kind,
		.counter = prepare->counter,
		.seq = r->seq,
		.urgent = kind == HANDOVER_NEXT && prepare->urgent,
		.agent = kind == HANDOVER_NEXT,
		.key_nonce = prepare->key_nonce,
		.agent_id = prepare->agent_id,
		.peer = id_of(other, false)};
	struct otk move = {.bytes = "key of the move"};
	struct otk_keys keys = {0};

	memcpy(h.proof, prepare->proof, sizeof(h.proof));
	if (!prepare->kind)
		differ(r, "xTR %u has not prepared anything", who);
	memcpy(move.bytes, &h.key_nonce, sizeof(h.key_nonce)); /* another for each */
	move.bytes[15] = (uint8_t)(kind == HANDOVER_NEXT ? to : other);
	if (to != other) {
		assert_int_equal(otk_keys_add(&keys, ps->key_id, ps->key, ps->key_len), 0);
		assert_true(otk_wrap(r->otk, &keys.list[0], h.key_nonce, &move, &h.key));
	}
	return h;
}

static void of_map_server(struct replay *r, struct message *m, struct handover *h, unsigned int to,
	unsigned int other)
{
	struct world *w = r->sites[to].w;

	if (h->kind == HANDOVER_NEXT)
		h->counter = ++r->counter;
	m->len = world_write_handover(
		m->bytes, h, w->key, &w->policy.servers[0], HOST, rlocs[other]);
}

static void owner_is(struct replay *r, struct message *m, unsigned int to, unsigned int owner)
{
	struct handover h = answer(r, HANDOVER_OWNER, to, to, owner);

	of_map_server(r, m, &h, to, owner);
}

static void to_map_server(struct replay *r, struct site *s, const struct world_sent *d)
{
	struct wire_fault fault;
	struct handover h;
	struct move m;

	if (lisp_type_of(d->bytes, d->len) != LISP_EXTENSION)
		return;
	if (handover_is(d->bytes, d->len)) {
		assert_int_equal(handover_parse(d->bytes, d->len, &h, &fault), 0);
		assert_int_equal(h.kind, HANDOVER_PREPARE);
		s->prepare = h;
		return;
	}
	assert_int_equal(move_parse(d->bytes, d->len, &m, &fault), 0);
	if (m.kind == MOVE_CLAIM)
		s->claim = m;
	else if (m.kind == MOVE_WITHDRAW)
		differ(r, "an EID is withdrawn");
}

static void to_router(struct replay *r, unsigned int i, unsigned int j, const struct world_sent *d)
{
	struct message m = {.len = d->len};
	struct wire_fault fault;
	struct handover h;

	memcpy(m.bytes, d->bytes, d->len);
	if (!handover_is(d->bytes, d->len))
		return; /* SMRs and their answers */
	assert_int_equal(handover_parse(d->bytes, d->len, &h, &fault), 0);
	if (h.kind == HANDOVER_STEP)
		r->sites[i].said[j][h.state] = m;
	else
		arrive(r, j, &m, rlocs[i]);
}

static void to_agent(struct replay *r, unsigned int i, const struct world_sent *d)
{
	struct wire_fault fault;
	struct handover h;

	assert_int_equal(handover_parse(d->bytes, d->len, &h, &fault), 0);
	if (h.kind == HANDOVER_ASK && r->sites[i].word)
		say(r, i, r->sites[i].word);
}

/* Everything that was said is kept, but acknowledgements and answers of agents, which arrive. */
static void settle(struct replay *r)
{
	for (unsigned int i = 0; i < r->count; i++) {
		struct world *w = r->sites[i].w;

		while (w->sent_count) {
			struct world_sent d = w->sent[0];
			char to[ADDRESS_TEXT];

			memmove(w->sent, w->sent + 1, --w->sent_count * sizeof(d));
			address_format(&d.to.addr, to, sizeof(to));
			if (!strcmp(to, map_server))
				to_map_server(r, &r->sites[i], &d);
			else if (!strcmp(to, agents[i]))
				to_agent(r, i, &d);
			for (unsigned int j = 0; j < r->count; j++)
				if (j != i && !strcmp(to, rlocs[j]))
					to_router(r, i, j, &d);
		}
	}
}

static void pass(struct replay *r, unsigned int i, uint64_t ms)
{
	world_pass(r->sites[i].w, ms);
	settle(r);
}

/* ---- what is compared ---- */

static enum model_state state_of(struct world *w)
{
	static const enum model_state states[] = {[PHASE_NONE] = NONE,
		[PHASE_EXPECTED] = EXPECTED,
		[PHASE_WAITING] = WAIT,
		[PHASE_REFUSED] = WAIT,
		[PHASE_HERE] = HERE,
		[PHASE_PAUSED] = PAUSED,
		[PHASE_RELEASED] = RELEASED};
	struct eid host = world_eid(HOST);
	const struct passage *p = passage_find(w->router->handover, &host);
	const struct away_entry *away = away_find(w->router->away, &host);

	if (p && p->phase == PHASE_EXPECTED && p->cancelled)
		return RELEASED;
	if (p && p->phase == PHASE_PAUSED && p->to)
		return CUT;
	if (p && p->phase != PHASE_NONE)
		return states[p->phase];
	if (away && away->redirect)
		return RELEASED;
	return dynamic_eid_find(w->router->hosts, &host) ? HERE : NONE;
}

/* -1: nowhere */
static int site_at(const struct replay *r, const struct address *rloc)
{
	for (unsigned int i = 0; i < r->count; i++) {
		struct address a = world_address(rlocs[i]);

		if (address_equal(&a, rloc))
			return (int)i;
	}
	return -1;
}

static bool among(const struct datapath_entry *e, const struct address *rloc)
{
	for (unsigned int i = 0; i < e->locator_count; i++)
		if (address_equal(&e->locators[i].rloc, rloc))
			return true;
	return false;
}

/* What becomes of a packet out of a tunnel from @from, by the rules of the data plane
 * (xtr/datapath.h): TO_GUEST, TO_HOLD, a site; -1: dropped. */
static int where(struct replay *r, unsigned int i, unsigned int from)
{
	struct world *w = r->sites[i].w;
	struct eid host = world_eid(HOST);
	struct address outer = world_address(from == FROM_ITR ? itr : rlocs[from]);
	const struct fake_entry *found = fake_datapath_longest(&w->dp, &host);
	const struct datapath_entry *e = found ? &found->e : NULL;
	bool up;

	if (!e)
		return -1;
	up = e->expect == DATAPATH_EXPECT_ALL ||
	     (e->expect == DATAPATH_EXPECT_OWNER && e->action == DATAPATH_ENCAP &&
		     among(e, &outer)) ||
	     (e->hold && (e->action == DATAPATH_LOCAL || (e->action == DATAPATH_ENCAP && e->away)));
	if (up && handover_packet(w->router->handover, &host) == HANDOVER_WAITS)
		return TO_HOLD;
	if (e->action == DATAPATH_LOCAL)
		return TO_GUEST;
	if (e->action == DATAPATH_NONE && e->hold)
		return TO_HOLD;
	if (e->action != DATAPATH_ENCAP || !e->away || !e->locator_count ||
		(among(e, &outer) && !e->back))
		return -1;
	return site_at(r, &e->locators[0].rloc);
}

static void compare_out(struct replay *r, unsigned int i)
{
	struct site *s = &r->sites[i];
	const struct fake_datapath *dp = &s->w->dp;
	char got[64];
	unsigned int n = 0;

	for (; s->out_seen < dp->injected_count && n < sizeof(got) - 1; s->out_seen++)
		got[n++] = (char)('0' + (dp->injected[s->out_seen] & 15));
	got[n] = 0;
	if (strcmp(got, s->out) != 0)
		differ(r, "xTR %u lets go of the packets \"%s\", the model of \"%s\"", i, got,
			s->out);
	s->out[0] = 0;
}

/* What is let go leaves when what is to be said has been sent. */
static void compare(struct replay *r, const char *line)
{
	int i, state, from_itr, from[SITES_MAX], got;

	if (sscanf(line, "is %d %d %d %d %d %d", &i, &state, &from_itr, &from[0], &from[1],
		    &from[2]) < 5)
		differ(r, "not understood: %s", line);
	world_pass_us(r->sites[i].w, 10);
	settle(r);
	compare_out(r, (unsigned int)i);
	got = (int)state_of(r->sites[i].w);
	if (got != state)
		differ(r, "xTR %d is %s, in the model %s", i, state_names[got], state_names[state]);
	if (state == NONE)
		return; /* as without a handover: not this model's */
	got = where(r, (unsigned int)i, FROM_ITR);
	if (got != from_itr)
		differ(r, "xTR %d (%s) sends the ITR's packets to %d, in the model to %d", i,
			state_names[state], got, from_itr);
	for (unsigned int j = 0; j < r->count; j++) {
		if ((int)j == i)
			continue;
		got = where(r, (unsigned int)i, j);
		if (got != from[j])
			differ(r, "xTR %d (%s) sends packets of xTR %u to %d, in the model to %d",
				i, state_names[state], j, got, from[j]);
	}
}

/* ---- the lines of a trace ---- */

static void packet(struct replay *r, unsigned int i, unsigned int from, unsigned int id, int to)
{
	int got = where(r, i, from);

	if (state_of(r->sites[i].w) == NONE)
		return;
	if (got != to)
		differ(r, "xTR %u sends packet %u from %u to %d, in the model to %d", i, id, from,
			got, to);
	if (got == TO_HOLD)
		world_miss(r->sites[i].w, HOST, id);
	settle(r);
}

static void tell(struct replay *r, unsigned int i, unsigned int j, unsigned int k)
{
	const struct message *m = &r->sites[i].said[j][steps[k]];

	if (!m->len)
		differ(r, "xTR %u has not told xTR %u step %u", i, j, steps[k]);
	r->sites[i].step[j] = *m;
}

static void claim(struct replay *r, unsigned int i, uint64_t seq, unsigned int before)
{
	struct site *s = &r->sites[i];

	r->seq = seq + 1;
	if (!s->claim.nonce)
		differ(r, "xTR %u does not claim", i);
	world_move(s->w, MOVE_GRANTED, s->claim.nonce, r->seq, HOST, rlocs[i], true);
	s->claim.nonce = 0;
	settle(r);
}

static void tail(struct replay *r, unsigned int i, unsigned int of)
{
	r->sites[i].of = of;
	r->sites[i].unread = 0;
	if (!of)
		say_tail(r, i, 0, 0);
}

/* ABORTED has come from site @i to @j. One that has thrown away the key cannot acknowledge it: it
 * is
 * @i's candidate until its time is over, which the model takes to be so at once. */
static void not_understood(struct replay *r, unsigned int i, unsigned int j)
{
	struct eid host = world_eid(HOST);
	struct passage *from = passage_find(r->sites[i].w->router->handover, &host);
	const struct passage *to = passage_find(r->sites[j].w->router->handover, &host);
	struct handover_id id = id_of(j, false);

	for (unsigned int k = 0; from && k < PASSAGE_NEXTS_MAX; k++) {
		struct peer *peer = &from->nexts[k];

		if (peer->used && !memcmp(&peer->id, &id, sizeof(id)) && peer_is_told_off(peer) &&
			(!to || !to->owner.key ||
				memcmp(&to->owner.otk, &peer->otk, sizeof(peer->otk)) != 0))
			peer_clear(peer);
	}
}

/* One line; false: none of these. */
static bool of_messages(struct replay *r, const char *line)
{
	struct message m;
	unsigned int a, b, c, d;

	if (sscanf(line, "offer %u %u %u", &a, &b, &c) == 3) {
		r->seq = b;
		owner_is(r, &r->sites[a].owner, a, c);
	} else if (sscanf(line, "owner %u", &a) == 1) {
		arrive(r, a, &r->sites[a].owner, map_server);
	} else if (sscanf(line, "prepare %u %u %u %u", &a, &b, &c, &d) == 4) {
		r->seq = c;
		r->sites[a].next[b] = answer(r, HANDOVER_NEXT, a, b, b);
		owner_is(r, &m, b, a);
		if (d) /* no news but for the key */
			arrive(r, b, &m, map_server);
	} else if (sscanf(line, "next %u %u", &a, &b) == 2) {
		of_map_server(r, &m, &r->sites[a].next[b], a, b);
		arrive(r, a, &m, map_server);
	} else if (sscanf(line, "tell %u %u %u", &a, &b, &c) == 3) {
		tell(r, a, b, c);
	} else if (sscanf(line, "step %u %u %u", &a, &b, &c) == 3) {
		arrive(r, b, &r->sites[a].step[b], rlocs[a]);
		if (steps[c] == HANDOVER_ABORTED)
			not_understood(r, a, b);
	} else if (sscanf(line, "claim %u %u %u", &a, &b, &c) == 3) {
		claim(r, a, b, c);
	} else if (sscanf(line, "notify %u %u %u", &a, &b, &c) == 3) {
		world_move(r->sites[a].w, MOVE_NOTIFY, ++r->counter, b, HOST, rlocs[c], false);
		settle(r);
	} else if (sscanf(line, "itself %u %u", &a, &b) == 2) {
		r->seq = b;
		owner_is(r, &m, a, a);
		arrive(r, a, &m, map_server);
	} else {
		return false;
	}
	return true;
}

static void step(struct replay *r, const char *line)
{
	unsigned int a, b, c, d;

	if (sscanf(line, "word %u %u", &a, &b) == 2) {
		say(r, a, (uint8_t)b);
	} else if (sscanf(line, "packet %u %u %u %u", &a, &b, &c, &d) == 4) {
		packet(r, a, b, c, (int)d);
	} else if (sscanf(line, "tail %u %u", &a, &b) == 2) {
		tail(r, a, b);
	} else if (sscanf(line, "unread %u %u", &a, &b) == 2) {
		say_tail(r, a, r->sites[a].unread++, b);
	} else if (sscanf(line, "out %u %u %u", &a, &b, &c) == 3) {
		struct site *s = &r->sites[a];

		snprintf(s->out + strlen(s->out), sizeof(s->out) - strlen(s->out), "%u", b);
	} else if (sscanf(line, "timeout %u", &a) == 1) {
		pass(r, a, HANDOVER_COPY_MS + 1);
	} else if (sscanf(line, "takeover %u", &a) == 1) {
		pass(r, a, 3 * r->sites[a].w->policy.handover.takeover_ms + 1);
	} else if (!of_messages(r, line)) {
		differ(r, "not understood: %s", line);
	}
}

/* ---- a trace ---- */

/* The guest runs at site 0, which owns it. */
static void begin(struct replay *r, const char *line)
{
	char policy[16];

	if (sscanf(line, "trace %63s %u %15s", r->name, &r->count, policy) != 3 || r->count < 2 ||
		r->count > SITES_MAX)
		differ(r, "not understood: %s", line);
	memset(r->sites, 0, sizeof(r->sites));
	r->counter = 1000;
	for (unsigned int i = 0; i < r->count; i++)
		r->sites[i].w = site_new(i, !strcmp(policy, "resume"));
	settle(r);
	say(r, 0, HANDOVER_RUNNING);
	/* Nobody has it. */
	r->seq = 0;
	{
		const struct policy_server *ps = &r->sites[0].w->policy.servers[0];
		struct handover h = {.kind = HANDOVER_OWNER,
			.counter = r->sites[0].prepare.counter,
			.key_nonce = r->sites[0].prepare.key_nonce};
		struct message m;

		m.len = world_write_handover(m.bytes, &h, r->sites[0].w->key, ps, HOST, NULL);
		arrive(r, 0, &m, map_server);
	}
	claim(r, 0, 0, 0);
	for (unsigned int i = 0; i < r->count; i++) /* of its start */
		memset(&r->sites[i].claim, 0, sizeof(r->sites[i].claim));
}

static void end(struct replay *r)
{
	for (unsigned int i = 0; i < r->count; i++)
		world_free(r->sites[i].w);
	r->count = 0;
}

static void replay_file(void **state)
{
	struct replay *r = calloc(1, sizeof(*r));
	unsigned int traces = 0;
	char line[160];
	FILE *f;

	assert_non_null(r);
	r->file = *state;
	r->otk = otk_tools_new();
	f = fopen(r->file, "r");
	if (!f)
		differ(r, "cannot be opened");
	while (fgets(line, sizeof(line), f)) {
		r->line++;
		line[strcspn(line, "\n")] = 0;
		if (!line[0] || line[0] == '#')
			continue;
		if (!strncmp(line, "trace ", 6)) {
			begin(r, line);
			traces++;
		} else if (!r->count) {
			differ(r, "`trace NAME SITES CUTOVER' is wanted before: %s", line);
		} else if (!strcmp(line, "end")) {
			end(r);
		} else if (!strncmp(line, "is ", 3)) {
			compare(r, line);
			r->steps++;
		} else {
			step(r, line);
		}
	}
	fclose(f);
	print_message("%s: %u traces, %u states of xTRs compared\n", r->file, traces, r->steps);
	assert_true(traces > 0 && !r->count);
	otk_tools_free(r->otk);
	free(r);
}

int main(int argc, char **argv)
{
	char path[4096];
	const char *top = getenv("top_srcdir");
	int failed = 0;

	snprintf(path, sizeof(path), "%s/%s", top ? top : ".", TRACES);
	for (int i = argc > 1 ? 1 : 0; i < argc; i++) {
		const struct CMUnitTest tests[] = {
			cmocka_unit_test_prestate(replay_file, argc > 1 ? argv[i] : path)};

		failed += cmocka_run_group_tests(tests, world_setup, world_teardown);
	}
	return failed != 0;
}
