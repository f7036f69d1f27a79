/* See bfd.h. */
#include "trill/core/bfd.h"

#include <string.h>

#define PROTOCOL_VERSION 1
#define POLL             0x20
#define FINAL            0x10
#define AUTH             0x04
#define DEMAND           0x02
#define MULTIPLE         0x01
#define JITTER           25 /* per cent */
#define REMOTE_RX        1  /* until it is told (section 6.8.1) */

/* A control packet as it came. */
struct control {
	uint8_t diagnostic, flags, multiplier, length;
	enum bfd_state state;
	uint32_t mine, yours, tx_us, rx_us;
};

void bfd_init(struct bfd *b, uint32_t ours, uint32_t tx_us, uint32_t rx_us, uint8_t multiplier,
	struct random *random, struct mono now)
{
	memset(b, 0, sizeof(*b));
	b->random = random;
	b->ours = ours;
	b->state = b->their_state = BFD_DOWN;
	b->multiplier = multiplier;
	b->tx_us = tx_us;
	b->rx_us = rx_us;
	b->their_rx_us = REMOTE_RX;
	b->sending = now;
	b->expires = MONO_NEVER;
	b->auth.sequence = random_u32(random);
}

/* What we say that we want to send at: slowly, as long as it is not up (section 6.8.3). */
static uint32_t desired_us(const struct bfd *b)
{
	return b->state != BFD_UP && b->tx_us < BFD_SLOW_US ? BFD_SLOW_US : b->tx_us;
}

static void control_send(struct bfd *b, uint32_t flags)
{
	uint8_t out[BFD_CONTROL_MAX];
	struct wire_writer w;

	wire_writer_init(&w, out, BFD_CONTROL_LEN);
	wire_put_u8(&w, PROTOCOL_VERSION << 5 | b->diagnostic);
	wire_put_u8(&w, (uint32_t)b->state << 6 | flags);
	wire_put_u8(&w, b->multiplier);
	wire_put_u8(&w, BFD_CONTROL_LEN);
	wire_put_u32(&w, b->ours);
	wire_put_u32(&w, b->theirs);
	wire_put_u32(&w, desired_us(b));
	wire_put_u32(&w, b->rx_us);
	wire_put_u32(&w, 0); /* no echo */
	if (!b->auth.count)
		b->send(b->arg, out, BFD_CONTROL_LEN);
	else if (bfd_auth_seal(out, &b->auth.ours, ++b->auth.sequence))
		b->send(b->arg, out, BFD_CONTROL_MAX);
}

static uint64_t interval_us(const struct bfd *b)
{
	return desired_us(b) > b->their_rx_us ? desired_us(b) : b->their_rx_us;
}

static void periodic_send(struct bfd *b, struct mono now)
{
	uint64_t us, least;

	control_send(b, b->polling ? POLL : 0);
	us = interval_us(b);
	least = b->multiplier == 1 ? us / 10 : 0; /* section 6.8.7 */
	us -= least + random_below(b->random, us * JITTER / 100 - least + 1);
	b->sending = mono_add_us(now, us);
}

static void state_set(struct bfd *b, enum bfd_state state, enum bfd_diagnostic why, struct mono now)
{
	bool was_up = b->state == BFD_UP, up = state == BFD_UP;

	if (b->state == state)
		return;
	b->state = state;
	b->diagnostic = why;
	b->polling = up; /* our interval has changed with it */
	periodic_send(b, now);
	if (was_up != up && b->changed)
		b->changed(b->arg, up);
}

static bool control_read(const struct channel *c, struct control *p)
{
	struct wire_fault fault;
	struct wire_reader r;
	uint8_t first;

	wire_reader_init(&r, c->payload, c->payload_len, &fault);
	first = wire_get_u8(&r, "version");
	p->flags = wire_get_u8(&r, "flags");
	p->multiplier = wire_get_u8(&r, "detect mult");
	p->length = wire_get_u8(&r, "length");
	p->mine = wire_get_u32(&r, "my discriminator");
	p->yours = wire_get_u32(&r, "your discriminator");
	p->tx_us = wire_get_u32(&r, "desired min TX interval");
	p->rx_us = wire_get_u32(&r, "required min RX interval");
	p->state = p->flags >> 6;
	return wire_ok(&r) && first >> 5 == PROTOCOL_VERSION && p->length >= BFD_CONTROL_LEN &&
	       p->length <= c->payload_len && p->multiplier && p->mine && !(p->flags & MULTIPLE);
}

/* Sections 6.7.1 and 6.7.4: of the secret, and newer than the last, by no more than may have been
 * lost before the session is down. */
static bool auth_take(
	struct bfd_auth *a, const struct channel *c, const struct control *p, struct mono now)
{
	uint32_t sequence = 0;

	if (!a->count)
		return !(p->flags & AUTH);
	if (!(p->flags & AUTH) ||
		!bfd_auth_check(c->payload, p->length, a->theirs, a->count, &sequence))
		return false;
	if (a->known && !mono_due(a->forget, now) &&
		sequence - a->their_sequence - 1 >= 3u * p->multiplier)
		return false;
	a->known = true;
	a->their_sequence = sequence;
	return true;
}

static void state_take(struct bfd *b, enum bfd_state theirs, struct mono now)
{
	if (theirs == BFD_ADMIN_DOWN || (theirs == BFD_DOWN && b->state == BFD_UP))
		state_set(b, BFD_DOWN, BFD_NEIGHBOR_DOWN, now);
	else if (b->state == BFD_DOWN && theirs == BFD_DOWN)
		state_set(b, BFD_INIT, BFD_NO_DIAGNOSTIC, now);
	else if ((b->state == BFD_DOWN && theirs == BFD_INIT) ||
		 (b->state == BFD_INIT && theirs >= BFD_INIT))
		state_set(b, BFD_UP, BFD_NO_DIAGNOSTIC, now);
}

bool bfd_receive(struct bfd *b, const struct channel_in *in, struct mono now)
{
	struct control p;
	uint64_t us;

	if (!in->data || in->data->header.multi || in->c.multi_hop ||
		in->data->header.hops != BFD_HOPS)
		return false;
	if (!control_read(&in->c, &p) || (p.yours ? p.yours != b->ours : p.state > BFD_DOWN) ||
		!auth_take(&b->auth, &in->c, &p, now))
		return false;
	b->theirs = p.mine;
	b->their_state = p.state;
	b->their_multiplier = p.multiplier;
	b->their_tx_us = p.tx_us;
	b->their_rx_us = p.rx_us;
	b->their_demand = p.flags & DEMAND;
	if (p.flags & FINAL)
		b->polling = false;
	us = p.tx_us > b->rx_us ? p.tx_us : b->rx_us;
	b->expires = mono_add_us(now, us * p.multiplier);
	b->auth.forget = mono_add_us(now, 2 * us * p.multiplier); /* section 6.8.1 */
	state_take(b, p.state, now);
	b->sending = mono_min(b->sending, mono_add_us(now, interval_us(b)));
	if (p.flags & POLL)
		control_send(b, FINAL);
	return true;
}

/* The neighbour wants nothing at intervals now (section 6.8.7). */
static bool is_quiet(const struct bfd *b)
{
	bool demand = b->their_demand && b->state == BFD_UP && b->their_state == BFD_UP;

	return !b->their_rx_us || (demand && !b->polling);
}

void bfd_time(struct bfd *b, struct mono now)
{
	if (mono_due(b->expires, now)) {
		b->expires = MONO_NEVER;
		b->theirs = 0;
		if (b->state != BFD_DOWN)
			state_set(b, BFD_DOWN, BFD_EXPIRED, now);
	}
	if (!is_quiet(b) && mono_due(b->sending, now))
		periodic_send(b, now);
}

struct mono bfd_next(const struct bfd *b)
{
	return is_quiet(b) ? b->expires : mono_min(b->sending, b->expires);
}
