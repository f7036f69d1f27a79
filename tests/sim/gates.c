/* See gates.h. */
#include "tests/sim/gates.h"

#include <stdlib.h>

#include "lisp/lisp.h"
#include "tests/sim/network.h"

#define INSIDE_NET UINT32_C(0x0a000000) /* 10.0.0.0 */
#define LIFE_S     30                   /* of a hole without a packet to the outside */
#define FIRST_PORT 20000
#define PORTS      40000

/* One NAT. */
struct gate {
	uint16_t port;
	struct mono ends;   /* its memory, in rough times */
	struct mono *heard; /* by party: the last packet to it; 0: none */
};

struct gates {
	struct sim *sim;
	struct random_seeded random;
	bool calm;
	unsigned int parties;
	struct gate *gates; /* by xTR */
};

bool gates_behind(const struct sim *s, unsigned int xtr)
{
	return xtr * 37 % 100 < s->opt.nat; /* spread over all */
}

bool gates_narrow(const struct sim *s, unsigned int xtr)
{
	return gates_behind(s, xtr) && xtr % 2 == 0;
}

struct address gates_inside(const struct sim *s, unsigned int xtr)
{
	const uint8_t bytes[4] = {INSIDE_NET >> 24, 0, (uint8_t)(xtr >> 8), (uint8_t)xtr};
	struct address a;

	if (!gates_behind(s, xtr))
		return network_xtr(xtr);
	address_set(&a, AFI_IPV4, bytes, sizeof(bytes));
	return a;
}

struct gates *gates_new(struct sim *sim)
{
	struct gates *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->sim = sim;
	n->parties = SIM_SERVERS_MAX + 1 + sim->opt.xtrs;
	random_seeded_init(&n->random, sim->opt.nat ? random_u64(&sim->random.random) : 0);
	n->gates = calloc(sim->opt.xtrs, sizeof(n->gates[0]));
	for (unsigned int i = 0; n->gates && i < sim->opt.xtrs; i++) {
		if (!gates_behind(sim, i))
			continue;
		n->gates[i].heard = calloc(n->parties, sizeof(n->gates[i].heard[0]));
		if (!n->gates[i].heard) {
			gates_free(n);
			return NULL;
		}
	}
	if (n->gates)
		return n;
	gates_free(n);
	return NULL;
}

void gates_free(struct gates *n)
{
	if (!n)
		return;
	for (unsigned int i = 0; n->gates && i < n->sim->opt.xtrs; i++)
		free(n->gates[i].heard);
	free(n->gates);
	free(n);
}

void gates_calm(struct gates *n, bool calm)
{
	n->calm = calm;
}

/* Its memory is lost after 10 to 60 s. */
static void look(struct gates *n, struct gate *g)
{
	struct random *random = &n->random.random;

	if (g->port && (n->calm || !mono_due(g->ends, n->sim->now)))
		return;
	g->port = (uint16_t)(FIRST_PORT + random_below(random, PORTS));
	g->ends = mono_add_s(n->sim->now, 10 + random_below(random, 51));
	for (unsigned int i = 0; i < n->parties; i++)
		g->heard[i] = (struct mono){0};
}

/* The xTR inside that has the address @a; -1: none. */
static int inside_of(const struct gates *n, const struct address *a)
{
	unsigned int xtr = (unsigned int)a->bytes[2] << 8 | a->bytes[3];
	struct address inside;

	if (a->afi != AFI_IPV4 || xtr >= n->sim->opt.xtrs || !gates_behind(n->sim, xtr))
		return -1;
	inside = gates_inside(n->sim, xtr);
	return address_equal(&inside, a) ? (int)xtr : -1;
}

void gates_out(struct gates *n, struct endpoint *from, int to)
{
	int xtr = inside_of(n, &from->addr);
	struct gate *g;

	if (xtr < 0)
		return;
	g = &n->gates[xtr];
	look(n, g);
	if (to >= 0)
		g->heard[to] = n->sim->now;
	*from = (struct endpoint){.addr = network_xtr((unsigned int)xtr), .port = g->port};
}

static bool lets_in(struct gates *n, unsigned int xtr, uint16_t port, int from)
{
	struct gate *g = &n->gates[xtr];

	look(n, g);
	if (port == LISP_CONTROL_PORT)
		return !gates_narrow(n->sim, xtr);
	return port == g->port && g->heard[from].ns &&
	       mono_since_ms(g->heard[from], n->sim->now) < LIFE_S * 1000;
}

bool gates_in(struct gates *n, struct endpoint *to, int from)
{
	int xtr = network_xtr_of(n->sim, &to->addr);

	if (xtr < 0 || !gates_behind(n->sim, (unsigned int)xtr))
		return to->port == LISP_CONTROL_PORT;
	if (!lets_in(n, (unsigned int)xtr, to->port, from)) {
		n->sim->counts.shut_out++;
		return false;
	}
	*to = (struct endpoint){gates_inside(n->sim, (unsigned int)xtr), LISP_CONTROL_PORT};
	return true;
}
