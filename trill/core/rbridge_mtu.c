/* MTU tests of a port's neighbours, the answers to theirs, and the campus's Sz (see rbridge.h;
 * RFC 8249, RFC 7177 section 5, RFC 7176 section 3).
 *
 * Probes go to one neighbour each, in the Designated VLAN, up to the link's Lz. */
#include "trill/core/rbridge_internal.h"

#include <stdlib.h>
#include <string.h>

#define PADDING_MAX     255
#define ANSWERS_PER_S   200 /* of a port; a test of one neighbour takes fewer than 30 */
#define ANSWERS_AT_ONCE 100

/* One neighbour's test. */
struct mtu_neighbor {
	struct rbridge_port *port;
	bool used;
	struct adjacency_key key;
	struct mtu_test test;
};

struct mtu_port {
	struct timer timer;
	uint64_t probes; /* IDs that were used */
	unsigned int max;
	struct mtu_neighbor rows[];
};

/* Padded to @size bytes with TLV 8, and signed. Returns the length; 0: it cannot be made. */
static size_t pdu_make(
	const struct rbridge *rb, const struct isis_pdu *head, uint16_t size, uint8_t *out)
{
	struct isis_key *key = rbridge_key(rb);
	struct wire_writer w;

	wire_writer_init(&w, out, size);
	isis_begin(&w, head);
	if (key)
		isis_auth_put(&w, key, TLV_STANDARD);
	while (wire_written(&w) && w.pos < size) {
		size_t left = size - w.pos, n = left < PADDING_MAX + 2 ? left : PADDING_MAX + 2;
		size_t at;

		n -= left - n == 1; /* no TLV has one byte */
		if (n < 2)
			return 0;
		at = tlv_begin(&w, TLV_PADDING, TLV_STANDARD);
		wire_put_zero(&w, n - 2);
		tlv_end(&w, at, TLV_STANDARD);
	}
	if (isis_end(&w) != size || (key && isis_auth_sign(key, out, size)))
		return 0;
	return size;
}

static void pdu_send(
	struct rbridge_port *port, const struct mac *da, const struct isis_pdu *head, uint16_t size)
{
	uint8_t pdu[RBRIDGE_PDU_MAX];
	size_t len = size <= sizeof(pdu) ? pdu_make(port->rb, head, size, pdu) : 0;

	if (len)
		rbridge_port_send_to(port, da, port->designated, pdu, len);
	else
		port->counters.unwritten++;
}

static uint64_t probe_send(void *arg, const struct mtu_test *t)
{
	struct mtu_neighbor *n = arg;
	struct rbridge_port *port = n->port;
	struct isis_pdu head = {.type = ISIS_MTU_PROBE,
		.u.mtu = {.probe_id =
				  (uint64_t)port->number << 32 | (++port->mtu->probes & UINT32_MAX),
			.probe_source = port->rb->config.system}};

	pdu_send(port, &n->key.mac, &head, t->x);
	return head.u.mtu.probe_id;
}

static void next_set(struct rbridge_port *port)
{
	struct mono next = MONO_NEVER;

	for (unsigned int i = 0; i < port->mtu->max; i++)
		if (port->mtu->rows[i].used)
			next = mono_min(next, port->mtu->rows[i].test.due);
	timer_set(&port->rb->timers, &port->mtu->timer, next);
}

/* What @n's test says goes into the adjacency: A6 or A7 follows. */
static void result_take(struct mtu_neighbor *n, struct mono now)
{
	struct rbridge_port *port = n->port;
	struct adjacency *row = adjacency_find(&port->table, &n->key);
	enum mtu_answer answer = mtu_supports(&n->test);
	bool ok = answer == MTU_SUPPORTED;

	if (!row || answer == MTU_UNKNOWN)
		return;
	if (row->mtu_ok == ok && row->mtu_failed == !ok && row->mtu == n->test.size)
		return;
	row->mtu_ok = ok;
	row->mtu_failed = !ok;
	row->mtu = n->test.size;
	rbridge_port_hello_soon(port, now);
	adjacency_tested(&port->table, row);
	rbridge_lz_tested(port);
}

static void mtu_fire(struct timer *t, struct mono now)
{
	struct rbridge_port *port = t->arg;

	for (unsigned int i = 0; i < port->mtu->max; i++) {
		struct mtu_neighbor *n = &port->mtu->rows[i];

		if (!n->used)
			continue;
		mtu_time(&n->test, now);
		result_take(n, now);
	}
	next_set(port);
}

static struct mtu_neighbor *row_of(struct rbridge_port *port, const struct adjacency_key *key)
{
	struct mtu_neighbor *spare = NULL;

	for (unsigned int i = 0; i < port->mtu->max; i++) {
		struct mtu_neighbor *n = &port->mtu->rows[i];

		if (!n->used)
			spare = n;
		else if (!memcmp(&n->key, key, sizeof(*key)))
			return n;
	}
	return spare;
}

bool rbridge_mtu_up(struct rbridge_port *port)
{
	if (!port->config.mtu_test)
		return true;
	port->mtu = calloc(1, sizeof(*port->mtu) + port->table.max * sizeof(port->mtu->rows[0]));
	if (!port->mtu)
		return false;
	port->mtu->max = port->table.max;
	timer_init(&port->mtu->timer, mtu_fire, port);
	port->table.test_mtu = true;
	return true;
}

void rbridge_mtu_down(struct rbridge_port *port)
{
	if (port->mtu)
		timer_cancel(&port->rb->timers, &port->mtu->timer);
	free(port->mtu);
	port->mtu = NULL;
}

void rbridge_mtu_adjacency(
	struct rbridge_port *port, const struct adjacency *row, enum adjacency_state was)
{
	struct rbridge *rb = port->rb;
	struct mtu_neighbor *n;

	rbridge_lz_tested(port);
	if (!port->mtu)
		return;
	n = row_of(port, &row->key);
	if (!n)
		return;
	if (row->state < ADJACENCY_TWO_WAY) {
		n->used = false;
	} else if (was < ADJACENCY_TWO_WAY) {
		*n = (struct mtu_neighbor){.port = port, .used = true, .key = row->key};
		n->test.send = probe_send;
		n->test.arg = n;
		mtu_begin(&n->test, rbridge_lz(port), rb->sz.sz, port->config.mtu_rtt_ms, rb->now);
	}
	next_set(port);
}

/* RFC 6325 section 4.3.2: an answer padded to the same size is owed to whoever asks. */
static void answer(
	struct rbridge_port *port, const struct isis_pdu *p, const struct mac *sa, struct mono now)
{
	struct limit_rate rate = limit_per_s(ANSWERS_PER_S, ANSWERS_AT_ONCE);
	struct isis_pdu head = {.type = ISIS_MTU_ACK, .u.mtu = p->u.mtu};

	head.u.mtu.ack_source = port->rb->config.system;
	if (!limit_take(&port->mtu_answers, &rate, now))
		port->counters.flooded++;
	else if (p->len <= UINT16_MAX)
		pdu_send(port, sa, &head, (uint16_t)p->len);
}

void rbridge_mtu_pdu(struct rbridge_port *port, const struct isis_pdu *p, const struct mac *sa,
	uint16_t vlan, struct mono now)
{
	const struct rbridge_config *c = &port->rb->config;

	if (vlan != port->designated)
		return;
	if (c->key_count && isis_auth_check(p, c->keys, c->key_count)) {
		port->counters.malformed[TRILL_EAUTH]++;
		return;
	}
	if (p->type == ISIS_MTU_PROBE) {
		answer(port, p, sa, now);
		return;
	}
	if (!port->mtu || system_id_compare(&p->u.mtu.probe_source, &c->system))
		return;
	for (unsigned int i = 0; i < port->mtu->max; i++) {
		struct mtu_neighbor *n = &port->mtu->rows[i];

		if (!n->used || system_id_compare(&n->key.system, &p->u.mtu.ack_source))
			continue;
		mtu_ack(&n->test, p->u.mtu.probe_id, (uint16_t)p->len, now);
		result_take(n, now);
	}
	next_set(port);
}

/* Sz is another: what was tested is looked at again, and our LSPs are cut to it. */
static void resized(struct rbridge *rb, struct mono now)
{
	for (unsigned int i = 0; i < RBRIDGE_PORTS_MAX; i++) {
		struct rbridge_port *port = &rb->ports[i];

		for (unsigned int k = 0; port->mtu && k < port->mtu->max; k++) {
			struct mtu_neighbor *n = &port->mtu->rows[k];

			if (!n->used)
				continue;
			mtu_resize(&n->test, rb->sz.sz, now);
			result_take(n, now);
		}
		if (port->mtu)
			next_set(port);
		rbridge_pseudonode_changed(port, now);
	}
	origin_changed(&rb->origin, now);
}

void rbridge_mtu_link(struct rbridge_port *port, struct mono now)
{
	uint16_t lz = rbridge_lz(port);

	for (unsigned int i = 0; port->mtu && i < port->mtu->max; i++) {
		struct mtu_neighbor *n = &port->mtu->rows[i];

		if (!n->used)
			continue;
		mtu_lz(&n->test, lz, now);
		result_take(n, now);
	}
	if (port->mtu)
		next_set(port);
}

static void resize_fire(struct timer *t, struct mono now)
{
	struct rbridge *rb = t->arg;

	if (mtu_campus_time(&rb->sz, now))
		resized(rb, now);
}

void rbridge_mtu_init(struct rbridge *rb)
{
	if (!rb->config.lsp_size)
		rb->config.lsp_size = LSP_BUFFER_SIZE_LEAST;
	mtu_campus_init(&rb->sz, rb->config.lsp_size);
	timer_init(&rb->resize, resize_fire, rb);
}

void rbridge_mtu_campus(struct rbridge *rb, struct mono now)
{
	if (mtu_campus_least(&rb->sz, rb->campus.buffer_size, now))
		resized(rb, now);
	timer_set(&rb->timers, &rb->resize, rb->sz.resize);
}
