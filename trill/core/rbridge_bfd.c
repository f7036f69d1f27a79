/* BFD sessions with a port's neighbours (see rbridge.h; RFC 7175 section 3, RFC 7177 section 6).
 *
 * A session runs where both ends have BFD enabled, from 2-Way on. An adjacency does not come to
 * Report before its session is up, and leaves it when the session goes down; one that is in Report
 * when BFD is enabled stays until then.
 *
 * In a campus with keys packets are authenticated by secrets made of these, each port its own (RFC
 * 7175 section 6), when a session begins and when the keys change. */
#include "trill/core/rbridge_internal.h"

#include <stdlib.h>
#include <string.h>

struct bfd_neighbor {
	struct rbridge_port *port;
	bool used;
	struct adjacency_key key;
	struct bfd bfd;
};

struct bfd_port {
	struct timer timer;
	unsigned int max;
	struct bfd_neighbor rows[];
};

static void next_set(struct rbridge_port *port)
{
	struct mono next = MONO_NEVER;

	for (unsigned int i = 0; i < port->bfd->max; i++)
		if (port->bfd->rows[i].used)
			next = mono_min(next, bfd_next(&port->bfd->rows[i].bfd));
	timer_set(&port->rb->timers, &port->bfd->timer, next);
}

/* One that nobody has, when it cannot be made. */
static void secret_make(struct random *random, struct isis_key *key, uint16_t port_id,
	const struct system_id *system, struct bfd_secret *secret)
{
	if (!bfd_secret_derive(key, port_id, system, secret))
		random_bytes(random, secret->bytes, BFD_SECRET_LEN);
}

static void secrets_follow(struct bfd_neighbor *n)
{
	const struct rbridge *rb = n->port->rb;
	const struct rbridge_config *c = &rb->config;
	struct bfd_auth *auth = &n->bfd.auth;

	auth->count = c->key_count < BFD_SECRETS_MAX ? c->key_count : BFD_SECRETS_MAX;
	if (auth->count)
		secret_make(rb->env.random, c->keys[0], n->port->number, &c->system, &auth->ours);
	for (unsigned int i = 0; i < auth->count; i++)
		secret_make(rb->env.random, c->keys[i], n->key.port_id, &n->key.system,
			&auth->theirs[i]);
}

void rbridge_bfd_rekey(struct rbridge_port *port)
{
	for (unsigned int i = 0; port->bfd && i < port->bfd->max; i++)
		if (port->bfd->rows[i].used)
			secrets_follow(&port->bfd->rows[i]);
}

/* Its secrets are forgotten. */
static void session_end(struct bfd_neighbor *n)
{
	n->used = false;
	explicit_bzero(&n->bfd.auth, sizeof(n->bfd.auth));
}

static void control_send(void *arg, const uint8_t *control, size_t len)
{
	struct bfd_neighbor *n = arg;
	const struct adjacency *row = adjacency_find(&n->port->table, &n->key);
	struct channel_to to = {.link = true,
		.port = n->port->number,
		.da = n->key.mac,
		.label = {.id = CHANNEL_VLAN_UNICAST},
		.priority = CHANNEL_PRIORITY_ADJACENCY};
	struct channel c = {.protocol = CHANNEL_BFD_CONTROL,
		.silent = true,
		.payload = control,
		.payload_len = len};

	if (!row || row->nickname == NICKNAME_NONE)
		return; /* it has none yet to be addressed by */
	to.egress = row->nickname;
	channel_send(&n->port->rb->channel, &to, &c);
}

/* A6 or A7 follows. */
static void session_changed(void *arg, bool up)
{
	struct bfd_neighbor *n = arg;
	struct adjacency *row = adjacency_find(&n->port->table, &n->key);

	if (!row || !n->used)
		return;
	n->port->counters.bfd_lost += !up && row->bfd_up;
	row->bfd_up = up;
	adjacency_tested(&n->port->table, row);
	rbridge_port_settle(n->port, n->port->rb->now);
}

static void bfd_fire(struct timer *t, struct mono now)
{
	struct rbridge_port *port = t->arg;

	for (unsigned int i = 0; i < port->bfd->max; i++)
		if (port->bfd->rows[i].used && mono_due(bfd_next(&port->bfd->rows[i].bfd), now))
			bfd_time(&port->bfd->rows[i].bfd, now);
	next_set(port);
}

/* The neighbour's session; NULL: there is none. */
static struct bfd_neighbor *session_of(struct rbridge_port *port, const struct adjacency_key *key)
{
	for (unsigned int i = 0; port->bfd && i < port->bfd->max; i++)
		if (port->bfd->rows[i].used && !memcmp(&port->bfd->rows[i].key, key, sizeof(*key)))
			return &port->bfd->rows[i];
	return NULL;
}

bool rbridge_bfd_up(struct rbridge_port *port)
{
	if (!port->config.bfd)
		return true;
	port->bfd = calloc(1, sizeof(*port->bfd) + port->table.max * sizeof(port->bfd->rows[0]));
	if (!port->bfd)
		return false;
	port->bfd->max = port->table.max;
	timer_init(&port->bfd->timer, bfd_fire, port);
	port->table.test_bfd = true;
	return true;
}

void rbridge_bfd_down(struct rbridge_port *port)
{
	if (!port->bfd)
		return;
	timer_cancel(&port->rb->timers, &port->bfd->timer);
	for (unsigned int i = 0; i < port->bfd->max; i++)
		session_end(&port->bfd->rows[i]);
	free(port->bfd);
	port->bfd = NULL;
}

static void session_start(
	struct rbridge_port *port, struct adjacency *row, struct bfd_neighbor *n, struct mono now)
{
	const struct rbridge_port_config *c = &port->config;
	uint32_t us = c->bfd_us ? c->bfd_us : RBRIDGE_BFD_US;

	*n = (struct bfd_neighbor){.port = port, .used = true, .key = row->key};
	bfd_init(&n->bfd, 1 + (uint32_t)random_below(port->rb->env.random, UINT32_MAX), us, us,
		c->bfd_multiplier ? c->bfd_multiplier : RBRIDGE_BFD_MULTIPLIER,
		port->rb->env.random, now);
	n->bfd.send = control_send;
	n->bfd.changed = session_changed;
	n->bfd.arg = n;
	secrets_follow(n);
	/* In Report it passes until it fails. */
	row->bfd_up = row->state == ADJACENCY_REPORT;
	next_set(port);
}

void rbridge_bfd_hello(struct rbridge_port *port, struct adjacency *row, struct mono now)
{
	struct bfd_neighbor *n = session_of(port, &row->key);
	bool wanted = row->bfd && row->state >= ADJACENCY_TWO_WAY;

	if (!port->bfd || wanted == (n != NULL))
		return;
	if (!wanted) {
		session_end(n);
		return;
	}
	for (unsigned int i = 0; i < port->bfd->max; i++)
		if (!port->bfd->rows[i].used) {
			session_start(port, row, &port->bfd->rows[i], now);
			return;
		}
}

void rbridge_bfd_adjacency(struct rbridge_port *port, const struct adjacency *row)
{
	struct bfd_neighbor *n = session_of(port, &row->key);

	if (n && row->state < ADJACENCY_TWO_WAY)
		session_end(n);
}

void rbridge_bfd_take(void *arg, const struct channel_in *in, struct mono now)
{
	struct rbridge *rb = arg;
	struct rbridge_port *port = &rb->ports[in->port];
	bool taken = false;

	for (unsigned int i = 0; port->bfd && i < port->bfd->max && !taken; i++) {
		struct bfd_neighbor *n = &port->bfd->rows[i];

		if (!n->used || mac_compare(&n->key.mac, &in->data->outer.sa))
			continue;
		taken = bfd_receive(&n->bfd, in, now);
	}
	if (!taken)
		port->counters.bfd_discarded++;
	if (port->bfd)
		next_set(port);
}
