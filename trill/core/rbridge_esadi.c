/* ESADI: an instance for each label that is to have one and that we are appointed forwarder of (see
 * rbridge.h; RFC 7357).
 *
 * It hands PDUs to and fro, and the campus's neighbours in; what is heard goes to the stations. */
#include "trill/core/rbridge_internal.h"

#include <stdlib.h>
#include <string.h>

#define ESADI_SHARED_LSPS  16 /* of all labels, to one of the campus's database */
#define CLAIMS_PER_STATION 2

struct rbridge_esadi {
	struct rbridge *rb;
	uint16_t vlan; /* or the number of a fine-grained label */
	struct esadi *room;
	struct timer timer;
	struct esadi_neighbor *told; /* as the room was told last: told_count of nodes_max */
	unsigned int told_count;
	bool contested; /* some claim did not count, when it was heard or since */
};

static void on_send(void *arg, uint16_t to, const uint8_t *pdu, size_t len)
{
	struct rbridge_esadi *e = arg;

	rbridge_data_esadi(e->rb, e->vlan, to, pdu, len);
}

static void on_learned(void *arg, uint16_t nickname, const struct esadi_address *address, bool gone)
{
	struct rbridge_esadi *e = arg;

	rbridge_station_claimed(e->rb, e->vlan, nickname, address, gone);
}

static bool on_wins(void *arg, const struct mac *mac, uint16_t nickname, uint16_t against)
{
	struct rbridge_esadi *e = arg;

	return rbridge_claim_wins(e->rb, e->vlan, mac, nickname, against);
}

/* When the room has something to do next. */
static void kick(struct rbridge_esadi *e)
{
	timer_set(&e->rb->timers, &e->timer, esadi_next(e->room));
}

static void esadi_fire(struct timer *t, struct mono now)
{
	struct rbridge_esadi *e = t->arg;

	esadi_time(e->room, now);
	kick(e);
}

static void esadi_end(struct rbridge_esadi *e, struct mono now)
{
	struct rbridge *rb = e->rb;

	rb->esadi[e->vlan] = NULL;
	if (e->room) {
		esadi_withdraw_all(e->room);
		esadi_time(e->room, now);
	}
	timer_cancel(&rb->timers, &e->timer);
	esadi_free(e->room);
	free(e->told);
	free(e);
}

/* False: the label is without, as if others were not there. */
static bool esadi_begin(struct rbridge *rb, uint16_t vlan, struct mono now)
{
	const struct rbridge_config *c = &rb->config;
	struct esadi_config config = {.label = labels_label(&rb->labels, vlan),
		.share = &rb->esadi_share,
		.counts = &rb->said,
		.system = c->system,
		.nickname = rb->channel.nickname,
		.param = c->esadi_param,
		.lsps_max = c->lsps_max,
		.neighbors_max = c->nodes_max,
		.keys = c->esadi_keys,
		.key_count = c->esadi_key_count,
		.random = rb->env.random,
		.send = on_send,
		.wins = on_wins,
		.learned = on_learned};
	struct rbridge_esadi *e = calloc(1, sizeof(*e));

	if (!e)
		return false;
	if (!config.param.csnp_s)
		config.param = (struct esadi_param){
			.priority = ESADI_PRIORITY_DEFAULT, .csnp_s = ESADI_CSNP_S_DEFAULT};
	config.param.unicast = true; /* what is for us alone comes up */
	e->rb = rb;
	e->vlan = vlan;
	config.arg = e;
	timer_init(&e->timer, esadi_fire, e);
	e->told = calloc(c->nodes_max, sizeof(*e->told));
	e->room = esadi_new(&config, now);
	rb->esadi[vlan] = e;
	if (e->told && e->room)
		return true;
	esadi_end(e, now);
	return false;
}

/* Those of @begun, all at once: what stations they have takes one walk over all that are known. */
static void begun_tell(struct rbridge *rb, const struct label_set *begun, struct mono now)
{
	if (label_set_is_empty(begun))
		return;
	rbridge_station_announce(rb, begun);
	for (unsigned int v = label_set_next(begun, 1); v; v = label_set_next(begun, v + 1)) {
		rbridge_esadi_neighbors(rb, (uint16_t)v, now);
		kick(rb->esadi[v]);
	}
}

void rbridge_esadi_bound(struct rbridge *rb)
{
	uint32_t stations =
		rb->config.stations_max ? rb->config.stations_max : RBRIDGE_STATIONS_MAX;

	rb->esadi_share.lsps.max = ESADI_SHARED_LSPS * rb->config.lsps_max;
	rb->esadi_share.claims_max = CLAIMS_PER_STATION * stations;
}

static bool is_configured(const struct rbridge *rb, uint16_t number)
{
	const struct rbridge_config *c = &rb->config;
	struct label label = labels_label(&rb->labels, number);

	if (!label.fgl)
		return vlan_set_has(&c->esadi, number);
	for (unsigned int i = 0; i < c->esadi_fgl_count; i++)
		if (c->esadi_fgls[i][0] <= label.id && label.id <= c->esadi_fgls[i][1])
			return true;
	return false;
}

void rbridge_esadi_follow(struct rbridge *rb, const struct label_set *served, struct mono now)
{
	struct label_set begun;

	label_set_clear(&begun);
	for (unsigned int v = 1; v < LABELS_NUMBERS; v++) {
		bool wanted = label_set_has(served, v) && is_configured(rb, (uint16_t)v);

		if (wanted && !rb->esadi[v] && esadi_begin(rb, (uint16_t)v, now))
			label_set_add(&begun, v);
		else if (!wanted && rb->esadi[v])
			esadi_end(rb->esadi[v], now);
	}
	begun_tell(rb, &begun, now);
}

void rbridge_esadi_fini(struct rbridge *rb)
{
	struct label_set none;

	label_set_clear(&none);
	rbridge_esadi_follow(rb, &none, rb->now);
}

/* Those that say so of the VLAN, and are reached (RFC 7357 section 2). */
static unsigned int neighbors_of(
	const struct rbridge *rb, uint16_t vlan, struct esadi_neighbor *list, unsigned int max)
{
	struct label label = labels_label(&rb->labels, vlan);
	const struct campus *c = &rb->campus;
	uint32_t last = SPF_NONE;
	unsigned int n = 0;

	for (uint32_t i = 0; i < c->interest_count && n < max; i++) {
		const struct campus_interest *said = &c->interests[i];

		if (!said->esadi || !campus_interest_has(said, label) || said->node == last ||
			!rbridge_topology_other(rb, said->node))
			continue;
		last = said->node; /* they stand together */
		memset(&list[n], 0, sizeof(list[n]));
		list[n].system = c->graph.nodes[said->node].id.system;
		list[n++].nickname = said->nickname;
	}
	return n;
}

void rbridge_esadi_neighbors(struct rbridge *rb, uint16_t vlan, struct mono now)
{
	struct rbridge_esadi *e = rb->esadi[vlan];
	unsigned int max = rb->config.nodes_max, n;
	struct esadi_neighbor *list;

	if (!e)
		return;
	list = calloc(max, sizeof(*list));
	if (!list)
		return; /* as it was, until the campus changes again */
	n = neighbors_of(rb, vlan, list, max);
	if (n != e->told_count || memcmp(list, e->told, n * sizeof(*list)) != 0) {
		memcpy(e->told, list, n * sizeof(*list));
		e->told_count = n;
		esadi_neighbors(e->room, list, n, now);
		kick(e);
	}
	free(list);
}

void rbridge_esadi_campus(struct rbridge *rb, struct mono now)
{
	for (unsigned int v = 1; v < LABELS_NUMBERS; v++)
		rbridge_esadi_neighbors(rb, (uint16_t)v, now);
}

void rbridge_esadi_nickname(struct rbridge *rb)
{
	for (unsigned int v = 1; v < LABELS_NUMBERS; v++)
		if (rb->esadi[v])
			esadi_nickname_set(rb->esadi[v]->room, rb->channel.nickname);
}

void rbridge_esadi_rekey(struct rbridge *rb, bool resign)
{
	for (unsigned int v = 1; v < LABELS_NUMBERS; v++)
		if (rb->esadi[v]) {
			esadi_keys_set(rb->esadi[v]->room, rb->config.esadi_keys,
				rb->config.esadi_key_count, resign);
			kick(rb->esadi[v]);
		}
}

void rbridge_esadi_take(struct rbridge *rb, const struct data_frame *f, struct mono now)
{
	struct rbridge_esadi *e = rb->esadi[labels_number(&rb->labels, f->inner.label)];

	if (!e)
		return; /* of a label that is not ours: it was not pruned */
	esadi_receive(e->room, f->payload + 2, f->payload_len - 2, now);
	kick(e);
}

void rbridge_esadi_say(struct rbridge *rb, uint16_t vlan, const struct esadi_address *address)
{
	struct rbridge_esadi *e = rb->esadi[vlan];

	if (!e)
		return;
	esadi_announce(e->room, address); /* what there is no room for waits there */
	kick(e);
}

void rbridge_esadi_unsay(struct rbridge *rb, uint16_t vlan, const struct mac *mac)
{
	struct rbridge_esadi *e = rb->esadi[vlan];

	if (e && esadi_withdraw(e->room, mac))
		kick(e);
}

void rbridge_esadi_contested(struct rbridge *rb, uint16_t vlan)
{
	if (rb->esadi[vlan])
		rb->esadi[vlan]->contested = true;
}

uint16_t rbridge_esadi_claim(const struct rbridge *rb, uint16_t vlan, const struct mac *mac,
	struct esadi_address *address)
{
	const struct rbridge_esadi *e = rb->esadi[vlan];

	return e && e->contested ? esadi_claim(e->room, mac, address) : NICKNAME_NONE;
}

void rbridge_esadi_retell(struct rbridge *rb)
{
	for (unsigned int v = 1; v < LABELS_NUMBERS; v++)
		if (rb->esadi[v])
			esadi_retell(rb->esadi[v]->room);
}

uint32_t rbridge_esadi_untold(const struct rbridge *rb)
{
	return rb->esadi_share.untold;
}

struct esadi *rbridge_esadi(const struct rbridge *rb, uint16_t *number)
{
	for (; *number < LABELS_NUMBERS; (*number)++)
		if (rb->esadi[*number])
			return rb->esadi[*number]->room;
	return NULL;
}
