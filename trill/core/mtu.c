/* See mtu.h. */
#include "trill/core/mtu.h"

static void probe(struct mtu_test *t, struct mono now)
{
	t->tries++;
	t->probe_id = t->send(t->arg, t);
	t->due = mono_add_ms(now, 2ull * t->rtt_ms);
}

static void phase_set(struct mtu_test *t, enum mtu_phase phase, uint16_t x, struct mono now)
{
	t->phase = phase;
	t->x = x;
	t->tries = 0;
	probe(t, now);
}

/* What is known leaves it open: rule c. */
static bool is_open(const struct mtu_test *t)
{
	return !t->failed && t->lower < t->sz && t->sz < t->upper;
}

static void stop(struct mtu_test *t, struct mono now)
{
	if (is_open(t)) {
		phase_set(t, MTU_SZ, t->sz, now);
		return;
	}
	t->phase = MTU_IDLE;
	t->due = mtu_supports(t) == MTU_SUPPORTED ? MONO_NEVER : mono_add_s(now, MTU_AGAIN_S);
}

static uint16_t middle(const struct mtu_test *t)
{
	return (uint16_t)(((uint32_t)t->lower + t->upper) / 2);
}

static void search_on(struct mtu_test *t, uint16_t x, struct mono now)
{
	if (t->lower >= t->upper || t->steps >= MTU_STEPS)
		stop(t, now);
	else
		phase_set(t, MTU_SEARCH, x, now);
}

void mtu_begin(struct mtu_test *t, uint16_t lz, uint16_t sz, uint32_t rtt_ms, struct mono now)
{
	t->lz = lz;
	t->sz = sz;
	t->lower = t->upper = t->size = 0;
	t->failed = false;
	t->steps = 0;
	t->rtt_ms = rtt_ms ? rtt_ms : MTU_RTT_MS;
	phase_set(t, MTU_LZ, lz, now);
}

void mtu_resize(struct mtu_test *t, uint16_t sz, struct mono now)
{
	t->sz = sz;
	if (sz > t->lz) /* beyond all that was tried */
		mtu_begin(t, sz, sz, t->rtt_ms, now);
	else if (t->phase == MTU_IDLE || t->phase == MTU_SZ)
		stop(t, now);
}

void mtu_lz(struct mtu_test *t, uint16_t lz, struct mono now)
{
	if (lz > t->lz) {
		mtu_begin(t, lz, t->sz, t->rtt_ms, now);
		return;
	}
	t->lz = lz;
	if (t->size > lz)
		t->size = lz;
}

void mtu_ack(struct mtu_test *t, uint64_t probe_id, uint16_t size, struct mono now)
{
	if (t->phase == MTU_IDLE || probe_id != t->probe_id || size != t->x)
		return;
	t->size = t->lower = t->x;
	switch (t->phase) {
	case MTU_LZ:
		t->upper = t->x;
		stop(t, now);
		break;
	case MTU_MINIMUM:
		t->upper = t->lz;
		search_on(t, middle(t), now);
		break;
	case MTU_SEARCH:
		t->steps++;
		search_on(t, t->lower + 1 == t->upper ? t->upper : middle(t), now);
		break;
	default:
		stop(t, now);
		break;
	}
}

/* All tries of one size are lost. */
static void lost(struct mtu_test *t, struct mono now)
{
	switch (t->phase) {
	case MTU_LZ:
		phase_set(t, MTU_MINIMUM, MTU_LEAST, now);
		break;
	case MTU_MINIMUM:
		t->failed = true;
		stop(t, now);
		break;
	case MTU_SEARCH:
		t->upper = t->x - 1;
		t->steps++;
		search_on(t, middle(t), now);
		break;
	default:
		t->upper = t->x - 1;
		stop(t, now);
		break;
	}
}

void mtu_time(struct mtu_test *t, struct mono now)
{
	if (!mono_due(t->due, now))
		return;
	if (t->phase == MTU_IDLE)
		mtu_begin(t, t->lz, t->sz, t->rtt_ms, now);
	else if (t->tries < MTU_TRIES)
		probe(t, now);
	else
		lost(t, now);
}

enum mtu_answer mtu_supports(const struct mtu_test *t)
{
	if (t->failed)
		return MTU_UNSUPPORTED;
	if (t->lower >= t->sz)
		return MTU_SUPPORTED;
	if (t->upper && t->upper <= t->sz)
		return MTU_UNSUPPORTED;
	return MTU_UNKNOWN;
}

void mtu_campus_init(struct mtu_campus *c, uint16_t own)
{
	c->sz = c->wanted = own < MTU_LEAST ? MTU_LEAST : own;
	c->resize = MONO_NEVER;
}

bool mtu_campus_least(struct mtu_campus *c, uint16_t least, struct mono now)
{
	bool less;

	c->wanted = least < MTU_LEAST ? MTU_LEAST : least;
	less = c->wanted < c->sz;
	if (c->wanted <= c->sz)
		c->resize = MONO_NEVER;
	else if (c->resize.ns == MONO_NEVER.ns)
		c->resize = mono_add_s(now, MTU_RESIZE_S);
	if (less)
		c->sz = c->wanted;
	return less;
}

bool mtu_campus_time(struct mtu_campus *c, struct mono now)
{
	if (!mono_due(c->resize, now))
		return false;
	c->resize = MONO_NEVER;
	c->sz = c->wanted;
	return true;
}
