/* See rbridge.h. */
#include "trill/core/rbridge_internal.h"

#include <stdlib.h>
#include <string.h>

void rbridge_event_say(struct rbridge *rb, const struct rbridge_event *event)
{
	if (rb->env.event)
		rb->env.event(rb->env.arg, event);
}

struct isis_key *rbridge_key(const struct rbridge *rb)
{
	return rb->config.key_count ? rb->config.keys[0] : NULL;
}

static void on_changed(void *arg, const struct lsdb_lsp *lsp)
{
	struct rbridge *rb = arg;

	(void)lsp;
	rbridge_topology_changed(rb, rb->now);
	flood_kick(&rb->flood, rb->now);
}

static void on_reissue(void *arg, const struct lsp_id *id, uint32_t sequence)
{
	struct rbridge *rb = arg;

	if (id->pseudonode)
		rbridge_pseudonode_reissue(rb, id, sequence, rb->now);
	else
		origin_reissue(&rb->origin, id, sequence, rb->now);
}

/* Authentication stands in front of what the LSP says. */
static int on_sign(void *arg, uint8_t *bytes, size_t len, size_t cap)
{
	struct rbridge *rb = arg;
	struct isis_key *key = rbridge_key(rb);
	uint8_t tlv[ISIS_AUTH_DIGEST_MAX + 8];
	struct wire_writer w;
	int err;

	if (!key)
		return (int)len;
	wire_writer_init(&w, tlv, sizeof(tlv));
	isis_auth_put(&w, key, TLV_STANDARD);
	if (!wire_written(&w) || len + w.pos > cap || len < ISIS_LSP_HEADER)
		return -TRILL_ENOROOM;
	memmove(bytes + ISIS_LSP_HEADER + w.pos, bytes + ISIS_LSP_HEADER, len - ISIS_LSP_HEADER);
	memcpy(bytes + ISIS_LSP_HEADER, tlv, w.pos);
	len += w.pos;
	bytes[8] = (uint8_t)(len >> 8); /* the PDU length, ISO 10589 section 9.8 */
	bytes[9] = (uint8_t)len;
	err = isis_auth_sign(key, bytes, len);
	return err ? err : (int)len;
}

static void on_pdu(void *arg, unsigned int port, const uint8_t *pdu, size_t len)
{
	struct rbridge *rb = arg;

	rbridge_port_send(&rb->ports[port], rb->ports[port].designated, pdu, len);
}

static bool rooms_make(struct rbridge *rb, struct mono now)
{
	const struct rbridge_config *c = &rb->config;
	struct lsdb_config config = {
		.own = c->system, .lsps_max = c->lsps_max, .strict_purges = c->key_count};
	struct lsdb_events events = {.changed = on_changed,
		.reissue = on_reissue,
		.sign = on_sign,
		.stranger = rbridge_stranger,
		.arg = rb};

	rb->link_max = RBRIDGE_PORTS_MAX * (c->neighbors_max + ADJACENCY_KEPT_FREE);
	rb->routes.tables = rb->env.tables;
	rb->routes.barrier = rb->env.barrier;
	rb->routes.arg = rb->env.arg;
	rb->routes.nickname_max = c->nicknames_max;
	rb->routes.link_max = rb->link_max;
	rb->db = lsdb_new(&config, &events);
	rb->links = calloc(rb->link_max, sizeof(*rb->links));
	rb->reaches = calloc(rb->link_max, sizeof(*rb->reaches));
	channel_init(&rb->channel, NICKNAME_NONE, &(struct mac){{0}});
	rb->channel.send = rbridge_data_send;
	rb->channel.arg = rb;
	channel_serve(&rb->channel, CHANNEL_BFD_CONTROL, false, rbridge_bfd_take, rb);
	channel_serve(&rb->channel, CHANNEL_PORT_SHUTDOWN, false, rbridge_shutdown_take, rb);
	channel_serve(&rb->channel, CHANNEL_ADDRESS_FLUSH, false, rbridge_station_flushed, rb);
	rbridge_oam_init(rb);
	rbridge_esadi_bound(rb);
	rb->flood.db = rb->origin.db = rb->db;
	rb->flood.timers = rb->origin.timers = &rb->timers;
	rb->flood.random = rb->env.random;
	rb->flood.own = rb->origin.own = c->system;
	rb->flood.key = rbridge_key(rb);
	rb->flood.send = on_pdu;
	rb->flood.arg = rb->origin.arg = rb;
	rb->origin.ask = rbridge_topology_say;
	rb->origin.counts = &rb->said;
	flood_init(&rb->flood);
	origin_init(&rb->origin);
	rbridge_anycast_init(rb);
	for (uint16_t i = 0; i < RBRIDGE_PORTS_MAX; i++)
		rbridge_port_init(rb, i);
	if (!rbridge_fs_init(rb) || !rbridge_arp_init(rb) || !rbridge_station_init(rb) || !rb->db ||
		!rb->links || !rb->reaches)
		return false;
	if (!campus_init(&rb->campus, c->nodes_max, c->links_max, c->nicknames_max) ||
		!routes_init(&rb->routes, c->nodes_max, c->links_max))
		return false;
	rb->campus.own = c->system;
	rb->campus.labels = &rb->labels;
	rbridge_mtu_init(rb);
	rbridge_same_id_init(rb);
	rbridge_active_active_init(rb);
	rbridge_topology_init(rb, now);
	return true;
}

static bool nicknames_make(struct rbridge *rb)
{
	struct lan_id holder = {.system = rb->config.system};

	nicknames_init(&rb->nicknames, &holder, rb->env.random);
	for (unsigned int i = 0; i < rb->config.nickname_count; i++) {
		const struct rbridge_nickname *n = &rb->config.nicknames[i];

		if (!nicknames_want(
			    &rb->nicknames, n->nickname, n->priority, n->root_priority, n->last))
			return false;
		if (rb->channel.nickname == NICKNAME_NONE)
			rb->channel.nickname = n->nickname;
	}
	return true;
}

struct rbridge *rbridge_new(
	const struct rbridge_config *config, const struct rbridge_env *env, struct mono now)
{
	struct rbridge *rb = calloc(1, sizeof(*rb));

	if (!rb)
		return NULL;
	rb->config = *config;
	rb->env = *env;
	rb->now = now;
	timers_init(&rb->timers);
	rb->hash_seed = random_u64(env->random);
	hash_key_set(
		&rb->hash_key, (const uint8_t *)(const uint64_t[]){rb->hash_seed, rb->hash_seed});
	if (rooms_make(rb, now) && nicknames_make(rb)) {
		rbridge_oam_nicknames(rb);
		return rb;
	}
	rbridge_free(rb);
	return NULL;
}

void rbridge_free(struct rbridge *rb)
{
	if (!rb)
		return;
	rb->env.event = NULL;
	rb->freeing = true;
	for (uint16_t i = 0; i < RBRIDGE_PORTS_MAX; i++)
		if (rb->ports[i].up)
			rbridge_port_down(rb, i, rb->now);
	for (uint16_t i = 0; i < RBRIDGE_PORTS_MAX; i++)
		rbridge_shutdown_fini(&rb->ports[i]);
	rbridge_fs_fini(rb);
	rbridge_active_active_fini(rb);
	rbridge_esadi_fini(rb);
	rbridge_arp_fini(rb);
	rbridge_interest_fini(rb);
	rbridge_stranger_fini(rb);
	mac_table_free(rb->stations);
	if (rb->db)
		flood_fini(&rb->flood);
	origin_fini(&rb->origin);
	for (uint16_t i = 0; i < RBRIDGE_PORTS_MAX; i++)
		rbridge_pseudonode_fini(&rb->ports[i]);
	campus_fini(&rb->campus);
	routes_fini(&rb->routes);
	lsdb_free(rb->db);
	free(rb->links);
	free(rb->reaches);
	free(rb);
}

void rbridge_time(struct rbridge *rb, struct mono now)
{
	rb->now = now;
	timers_run(&rb->timers, now);
	rbridge_topology_age(rb);
}

struct mono rbridge_next(const struct rbridge *rb)
{
	return timers_next(&rb->timers);
}

void rbridge_overload(struct rbridge *rb, bool on, struct mono now)
{
	rb->now = now;
	origin_overload(&rb->origin, on, now);
}

bool rbridge_is_overloaded(const struct rbridge *rb)
{
	return rb->origin.overloaded;
}

const struct rbridge_counters *rbridge_counters(const struct rbridge *rb, uint16_t port)
{
	return &rb->ports[port].counters;
}

const struct adjacency_table *rbridge_adjacencies(const struct rbridge *rb, uint16_t port)
{
	return rb->ports[port].up ? &rb->ports[port].table : NULL;
}

bool rbridge_is_drb(const struct rbridge *rb, uint16_t port)
{
	return rb->ports[port].drb.state == DRB_IS_DRB;
}

enum rbridge_hindrance rbridge_hindrance(const struct rbridge *rb, uint16_t port)
{
	return rb->ports[port].hindrance;
}

const char *rbridge_hindrance_name(enum rbridge_hindrance hindrance)
{
	static const char *const names[RBRIDGE_HINDRANCES] = {NULL, "suspended", "designated-vlan"};

	return names[hindrance];
}

uint16_t rbridge_designated(const struct rbridge *rb, uint16_t port)
{
	return rb->ports[port].designated;
}

bool rbridge_is_settled(const struct rbridge *rb)
{
	return !timer_is_set(&rb->compute);
}

struct lsdb *rbridge_lsdb(struct rbridge *rb)
{
	return rb->db;
}

const struct nicknames *rbridge_nicknames(const struct rbridge *rb)
{
	return &rb->nicknames;
}

const struct routes *rbridge_routes(const struct rbridge *rb)
{
	return &rb->routes;
}

const struct campus *rbridge_campus(const struct rbridge *rb)
{
	return &rb->campus;
}

const struct channel_room *rbridge_channel(const struct rbridge *rb)
{
	return &rb->channel;
}

uint64_t rbridge_computed(const struct rbridge *rb)
{
	return rb->computed;
}

const struct origin_unsaid *rbridge_unsaid(const struct rbridge *rb)
{
	return &rb->origin.unsaid;
}

const struct fragment_counts *rbridge_said(const struct rbridge *rb)
{
	return &rb->said;
}

uint64_t rbridge_originated(const struct rbridge *rb)
{
	return rb->origin.originated;
}

const struct rbridge_flushes *rbridge_flushes(const struct rbridge *rb)
{
	return &rb->flush_counts;
}
