/* Whether another RBridge has our system ID, which is to be one's own (see rbridge.h; RFC 6325
 * section 4.2.1): what the campus knows of us is then now of the one and now of the other.
 *
 * A Hello shows it, if its MAC is that of no port of ours: our own ports may be on one link, and
 * hear each other (RFC 6325 section 4.4.4). So do LSPs of ours that come back later than we said
 * them, again and again: after a restart each does so once. Nothing else follows from it: who is
 * elected on a link, say, both have to know. */
#include "trill/core/rbridge_internal.h"

#define LSPS    4  /* in a row */
#define QUIET_S 60 /* ends a row, and the other is gone */

static bool is_port_of_ours(const struct rbridge *rb, const struct mac *mac)
{
	for (unsigned int i = 0; i < RBRIDGE_PORTS_MAX; i++)
		if (!mac_compare(&rb->ports[i].config.mac, mac))
			return true;
	return false;
}

static void tell(struct rbridge *rb, bool gone)
{
	struct rbridge_event event = {.kind = RBRIDGE_SAME_ID,
		.port = rb->same_id.port,
		.same_id = &rb->same_id,
		.gone = gone};

	rb->same_id.there = !gone;
	rbridge_event_say(rb, &event);
}

/* A Hello says more than an LSP, which others may have passed on. */
static void seen(struct rbridge_port *port, const struct mac *sa, bool near, struct mono now)
{
	struct rbridge *rb = port->rb;
	struct rbridge_same_id *is = &rb->same_id;
	bool known = is->there && (is->near || !near);

	timer_set(&rb->timers, &rb->same_id_timer, mono_add_s(now, QUIET_S));
	if (known)
		return;
	is->near = near;
	is->port = port->number;
	is->mac = *sa;
	tell(rb, false);
}

void rbridge_same_id_hello(struct rbridge_port *port, const struct mac *sa, struct mono now)
{
	if (is_port_of_ours(port->rb, sa))
		return;
	port->rb->same_id.hellos++;
	seen(port, sa, true, now);
}

void rbridge_same_id_lsp(struct rbridge_port *port, const struct isis_lsp *lsp,
	const struct mac *sa, struct mono now)
{
	struct rbridge *rb = port->rb;
	struct rbridge_gainsaid *row = &rb->gainsaid;

	/* Number 0 is always said. */
	if (lsp->id.fragment || lsp->id.pseudonode || !lsp->lifetime_s)
		return;
	if (mono_since_ms(row->at, now) >= QUIET_S * 1000)
		*row = (struct rbridge_gainsaid){0};
	/* Before our answer has gone out, the same comes by other ports, too. */
	if (lsp->sequence <= row->sequence)
		return;
	row->sequence = lsp->sequence;
	row->at = now;
	if (++row->count < LSPS)
		return;
	rb->same_id.lsps++;
	seen(port, sa, false, now);
}

static void gone_fire(struct timer *t, struct mono now)
{
	(void)now;
	tell(t->arg, true);
}

void rbridge_same_id_init(struct rbridge *rb)
{
	timer_init(&rb->same_id_timer, gone_fire, rb);
}

const struct rbridge_same_id *rbridge_same_id(const struct rbridge *rb)
{
	return &rb->same_id;
}
