/* See probes.h. */
#include "tests/sim/probes.h"

#include <stdlib.h>
#include <string.h>

#include "tests/sim/dataplane.h"
#include "tests/sim/hosts.h"
#include "tests/sim/hypervisor.h"

#define PATH    4 /* xTRs that a probe was at last */
#define NOBODY  UINT16_MAX
#define AFTER_S 20 /* of a fall: until what fell has found its way again */
#define ANEW_S  5  /* of a mapping that was given up for want of room: until it is asked for anew */

struct probe {
	uint32_t to;
	struct mono sent, last;
	uint16_t path[PATH]; /* the last first */
	uint16_t agents[2];
	uint8_t reads, of_tail;
	const char *waits;
};

/* Something that excuses losses around it. */
struct fall {
	struct mono at;
	enum { FELL_XTR, FELL_AGENT, FELL_HOST, FELL_SERVER, FELL_NETWORK, FELL_MAPPING } what;
	uint32_t who;
	unsigned int at_xtr; /* of a mapping */
};

struct probes {
	struct sim *sim;
	struct probe *list;
	size_t count, room;
	struct fall *falls;
	size_t fall_count;
};

static void *must(void *p)
{
	if (!p)
		abort(); /* without memory there is no simulation */
	return p;
}

struct probes *probes_new(struct sim *sim)
{
	struct probes *p = must(calloc(1, sizeof(*p)));

	p->sim = sim;
	return p;
}

void probes_free(struct probes *p)
{
	if (!p)
		return;
	free(p->list);
	free(p->falls);
	free(p);
}

static struct probe *of(const struct sim *s, const struct packet *p)
{
	return p->probe && p->probe <= s->probes->count ? &s->probes->list[p->probe - 1] : NULL;
}

void probes_send(struct sim *s, uint32_t from, uint32_t to, const unsigned int agents[2])
{
	struct probes *l = s->probes;
	struct packet p = {
		.from = from, .to = to, .hops_left = PACKET_HOPS, .probe = (uint32_t)l->count + 1};
	struct probe *new;

	if (l->count == l->room) {
		l->room = l->room ? 2 * l->room : 1024;
		l->list = must(reallocarray(l->list, l->room, sizeof(*l->list)));
	}
	new = &l->list[l->count++];
	*new = (struct probe){.to = to, .sent = s->now, .last = s->now, .waits = "the network"};
	memset(new->path, 0xff, sizeof(new->path));
	new->agents[0] = (uint16_t)agents[0];
	new->agents[1] = (uint16_t)agents[1];
	s->counts.probes++;
	hosts_send_packet(s->hosts, &p);
}

void probes_at(struct sim *s, const struct packet *p, unsigned int xtr, const char *waits)
{
	struct probe *q = of(s, p);

	if (!q)
		return;
	q->last = s->now;
	q->waits = waits;
	if (q->path[0] != xtr) {
		memmove(q->path + 1, q->path, sizeof(q->path) - sizeof(q->path[0]));
		q->path[0] = (uint16_t)xtr;
	}
	sim_trace(s, "probe %u to host %u at xtr %u: %s", p->probe, p->to, xtr, waits);
}

void probes_read(struct sim *s, const struct packet *p, unsigned int agent)
{
	struct probe *q = of(s, p);

	if (!q)
		return;
	sim_trace(s, "probe %u: host %u reads it at agent %u%s", p->probe, p->to, agent,
		p->tail ? ", of the tail" : "");
	q->reads++;
	q->of_tail += p->tail;
	if (q->reads == 1) {
		s->counts.probes_read++;
		return;
	}
	s->counts.probes_twice++;
	if (!q->of_tail || q->reads > q->of_tail + 1)
		sim_fail(s, "twice", p->to,
			"probe %u was read %u times, the last time at agent %u, and %u times of the tail",
			p->probe, q->reads, agent, q->of_tail);
}

void probes_dropped(struct sim *s, const struct packet *p, const char *why)
{
	struct probe *q = of(s, p);

	if (!q)
		return;
	q->last = s->now;
	q->waits = why;
	sim_trace(s, "probe %u to host %u: %s", p->probe, p->to, why);
}

static void fell(struct sim *s, int what, uint32_t who)
{
	struct probes *l = s->probes;

	if (!l)
		return;
	l->falls = must(reallocarray(l->falls, l->fall_count + 1, sizeof(*l->falls)));
	l->falls[l->fall_count++] = (struct fall){.at = s->now, .what = what, .who = who};
}

void probes_xtr_fell(struct sim *s, unsigned int xtr)
{
	fell(s, FELL_XTR, xtr);
}

void probes_server_fell(struct sim *s)
{
	fell(s, FELL_SERVER, 0);
}

void probes_agent_fell(struct sim *s, unsigned int agent)
{
	fell(s, FELL_AGENT, agent);
}

void probes_killed(struct sim *s, uint32_t host)
{
	fell(s, FELL_HOST, host);
}

void probes_split(struct sim *s)
{
	fell(s, FELL_NETWORK, 0);
}

void probes_forgot(struct sim *s, unsigned int xtr, uint32_t host)
{
	struct probes *l = s->probes;

	if (!l || host == HOST_NONE)
		return;
	fell(s, FELL_MAPPING, host);
	l->falls[l->fall_count - 1].at_xtr = xtr;
}

static bool was_at(const struct sim *s, const struct probe *q, unsigned int xtr)
{
	for (unsigned int i = 0; i < PATH; i++)
		if (q->path[i] == xtr)
			return true;
	return q->agents[0] / hypervisors_slots(s) == xtr ||
	       q->agents[1] / hypervisors_slots(s) == xtr;
}

static bool concerns(const struct sim *s, const struct fall *f, const struct probe *q)
{
	switch (f->what) {
	case FELL_XTR:
		return was_at(s, q, f->who);
	case FELL_AGENT:
		return was_at(s, q, f->who / hypervisors_slots(s));
	case FELL_HOST:
		return q->to == f->who;
	case FELL_MAPPING:
		return q->to == f->who && was_at(s, q, f->at_xtr);
	case FELL_SERVER: /* a move that is not prepared by then waits for it */
	case FELL_NETWORK:
		return true;
	}
	return false;
}

static bool excused(const struct sim *s, const struct probe *q)
{
	for (size_t i = 0; i < s->probes->fall_count; i++) {
		const struct fall *f = &s->probes->falls[i];
		uint64_t after_s = f->what == FELL_MAPPING ? ANEW_S : AFTER_S;

		if (concerns(s, f, q) && mono_before(q->sent, mono_add_s(f->at, after_s)) &&
			mono_before(f->at, mono_add_s(q->last, after_s)))
			return true;
	}
	return false;
}

void probes_check(struct sim *s)
{
	struct probes *l = s->probes;

	for (size_t i = 0; l && i < l->count; i++) {
		const struct probe *q = &l->list[i];

		if (q->reads)
			continue;
		if (excused(s, q)) {
			s->counts.probes_excused++;
			continue;
		}
		s->counts.probes_lost++;
		sim_fail(s, "lost", q->to,
			"probe %zu, sent at %.6f s, was never read; last seen at xtr %d at %.6f s: %s",
			i + 1, (double)(q->sent.ns - s->start.ns) / 1e9,
			q->path[0] == NOBODY ? -1 : q->path[0],
			(double)(q->last.ns - s->start.ns) / 1e9, q->waits);
	}
	if (l)
		l->count = l->fall_count = 0;
}
