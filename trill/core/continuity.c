/* See continuity.h. */
#include "trill/core/continuity.h"

#include <string.h>

static bool ccm_take(void *arg, const struct oam_in *in, struct mono now);

uint64_t continuity_interval_us(enum continuity_interval interval)
{
	static const uint64_t us[] = {
		0, 3333, 10000, 100000, 1000000, 10000000, 60000000, 600000000};

	return us[interval];
}

const char *continuity_event_name(enum continuity_event_kind kind)
{
	static const char *const names[] = {
		"lost", "resumed", "rdi", "rdi-cleared", "errored", "cross-connect", "fine-again"};

	return names[kind];
}

void continuity_init(struct continuity *c, struct oam_room *room, enum continuity_interval interval,
	struct label label)
{
	memset(c, 0, sizeof(*c));
	c->room = room;
	c->interval = interval;
	c->label = label;
	c->hops = DATA_HOPS_MAX;
	memcpy(c->maid, oam_base_maid, OAM_MAID_LEN);
	oam_flow_of(room, &mac_oam_unicast, label, c->flows[c->flow_count++]);
	c->errored.until = c->cross_connect.until = MONO_NEVER;
	room->ccm = ccm_take;
	room->ccm_arg = c;
}

bool continuity_flow_add(struct continuity *c, const uint8_t *flow)
{
	if (c->flow_count == CONTINUITY_FLOWS_MAX)
		return false;
	memcpy(c->flows[c->flow_count++], flow, OAM_FLOW_LEN);
	return true;
}

static struct continuity_remote *remote_find(struct continuity *c, uint16_t mep)
{
	for (unsigned int i = 0; i < c->remote_count; i++)
		if (c->remotes[i].mep == mep)
			return &c->remotes[i];
	return NULL;
}

const struct continuity_remote *continuity_remote_find(const struct continuity *c, uint16_t mep)
{
	for (unsigned int i = 0; i < c->remote_count; i++)
		if (c->remotes[i].mep == mep)
			return &c->remotes[i];
	return NULL;
}

/* Three and a half intervals (802.1Q clause 20.5.7). */
static struct mono silence(const struct continuity *c, struct mono now)
{
	return mono_add_us(now, continuity_interval_us(c->interval) * 7 / 2);
}

bool continuity_remote_add(struct continuity *c, uint16_t mep, struct mono now)
{
	if (c->remote_count == CONTINUITY_REMOTES_MAX || !nickname_usable(mep) ||
		oam_is_own(c->room, mep) || remote_find(c, mep))
		return false;
	c->remotes[c->remote_count++] =
		(struct continuity_remote){.mep = mep, .send = now, .expires = silence(c, now)};
	return true;
}

void continuity_remote_del(struct continuity *c, uint16_t mep)
{
	struct continuity_remote *r = remote_find(c, mep);

	if (r)
		*r = c->remotes[--c->remote_count];
}

void continuity_interval_set(
	struct continuity *c, enum continuity_interval interval, struct mono now)
{
	if (interval == c->interval)
		return;
	c->interval = interval;
	for (unsigned int i = 0; i < c->remote_count; i++) {
		c->remotes[i].send = now;
		if (!c->remotes[i].lost)
			c->remotes[i].expires = silence(c, now);
	}
}

static void tell(struct continuity *c, enum continuity_event_kind kind, uint16_t mep, uint16_t flow,
	uint32_t sequence)
{
	struct continuity_event event = {
		.kind = kind, .mep = mep, .flow = flow, .sequence = sequence};

	if (c->event)
		c->event(c->arg, &event);
}

/* ---- ours ---- */

/* We hear one of them no more, or what we hear is wrong (802.1Q clause 20.9.6). */
static bool rdi(const struct continuity *c)
{
	for (unsigned int i = 0; i < c->remote_count; i++)
		if (c->remotes[i].lost)
			return true;
	return c->errored.until.ns != MONO_NEVER.ns || c->cross_connect.until.ns != MONO_NEVER.ns;
}

static void ccm_send(struct continuity *c, struct continuity_remote *r)
{
	struct data_header header = {.hops = c->hops, .egress = r->mep};
	uint8_t own[OAM_CCM_OWN_LEN];
	struct oam o = {.level = OAM_LEVEL,
		.opcode = OAM_CCM,
		.flags = (uint8_t)((rdi(c) ? OAM_CCM_RDI : 0) | c->interval),
		.session = ++r->sequence,
		.own = own,
		.own_len = sizeof(own)};
	uint16_t mep = c->room->own[0];
	struct oam_out out;

	oam_ccm_own(own, mep, c->maid);
	oam_out_begin(c->room, &out, &header, c->flows[r->flow], &o);
	oam_flow_put(&out.w, mep, (uint16_t)(r->flow + 1));
	c->sent += oam_out_send(c->room, &out);
	if (++r->of_flow == CONTINUITY_PER_FLOW) {
		r->of_flow = 0;
		r->flow = (r->flow + 1) % c->flow_count;
	}
}

/* ---- theirs ---- */

static void defect_set(struct continuity *c, struct continuity_defect *d,
	enum continuity_event_kind kind, const struct oam_in *in, uint16_t mep, struct mono now)
{
	uint64_t us = continuity_interval_us(
		(in->o.flags & OAM_CCM_INTERVAL) ? in->o.flags & OAM_CCM_INTERVAL : c->interval);

	if (d->until.ns == MONO_NEVER.ns || d->mep != mep)
		tell(c, kind, mep, 0, in->o.session);
	d->until = mono_add_us(now, us * 7 / 2);
	d->mep = mep;
	d->count++;
}

/* The identifier of the flow that it came along; 0: not told. */
static uint16_t flow_of(const struct oam *o)
{
	uint16_t mep, flow = 0;
	struct tlv_iter it;
	struct tlv t;

	tlv_iter_init(&it, o->tlvs, o->tlvs_len, TLV_OAM);
	if (!tlv_find(&it, OAM_TLV_FLOW, &t) || oam_flow_read(&t, &mep, &flow))
		return 0;
	return flow;
}

static void remote_heard(
	struct continuity *c, struct continuity_remote *r, const struct oam *o, struct mono now)
{
	bool was_rdi = r->rdi, was_lost = r->lost;

	r->received++;
	r->out_of_order += r->heard && o->session != r->last_sequence + 1;
	r->heard = true;
	r->lost = false;
	r->last_sequence = o->session;
	r->last_flow = flow_of(o);
	r->rdi = o->flags & OAM_CCM_RDI;
	r->expires = silence(c, now);
	if (was_lost)
		tell(c, CONTINUITY_RESUMED, r->mep, r->last_flow, r->last_sequence);
	if (r->rdi != was_rdi)
		tell(c, r->rdi ? CONTINUITY_RDI : CONTINUITY_RDI_CLEARED, r->mep, r->last_flow,
			r->last_sequence);
}

static bool ccm_take(void *arg, const struct oam_in *in, struct mono now)
{
	struct continuity *c = arg;
	struct continuity_remote *r;
	struct oam_ccm ccm;

	if (oam_ccm_read(&in->o, &ccm)) {
		c->malformed++;
		return false;
	}
	if (memcmp(ccm.maid, c->maid, OAM_MAID_LEN)) {
		defect_set(c, &c->cross_connect, CONTINUITY_CROSS_CONNECT, in, ccm.mep, now);
		return true;
	}
	r = remote_find(c, ccm.mep);
	if (!r || (in->o.flags & OAM_CCM_INTERVAL) != c->interval) {
		defect_set(c, &c->errored, CONTINUITY_ERRORED, in, ccm.mep, now);
		return true;
	}
	remote_heard(c, r, &in->o, now);
	return true;
}

/* ---- time ---- */

static void defect_time(struct continuity *c, struct continuity_defect *d, struct mono now)
{
	if (d->until.ns == MONO_NEVER.ns || !mono_due(d->until, now))
		return;
	d->until = MONO_NEVER;
	tell(c, CONTINUITY_FINE_AGAIN, d->mep, 0, 0);
}

void continuity_time(struct continuity *c, struct mono now)
{
	defect_time(c, &c->errored, now);
	defect_time(c, &c->cross_connect, now);
	for (unsigned int i = 0; i < c->remote_count; i++) {
		struct continuity_remote *r = &c->remotes[i];

		if (mono_due(r->expires, now)) {
			r->expires = MONO_NEVER;
			r->lost = true;
			tell(c, CONTINUITY_LOST, r->mep, r->last_flow, r->last_sequence);
		}
	}
	for (unsigned int i = 0; i < c->remote_count; i++) {
		struct continuity_remote *r = &c->remotes[i];

		if (!mono_due(r->send, now))
			continue;
		if (c->room->own_count && c->room->env.capable(c->room->env.arg, r->mep))
			ccm_send(c, r);
		r->send = mono_add_us(now, continuity_interval_us(c->interval));
	}
}

struct mono continuity_next(const struct continuity *c)
{
	struct mono next = mono_min(c->errored.until, c->cross_connect.until);

	for (unsigned int i = 0; i < c->remote_count; i++)
		next = mono_min(next, mono_min(c->remotes[i].send, c->remotes[i].expires));
	return next;
}
