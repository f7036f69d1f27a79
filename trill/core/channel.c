/* See channel.h. */
#include "trill/core/channel.h"

#include <string.h>

#define HEADER_LEN 6 /* with the Ethertype */

void channel_init(struct channel_room *r, uint16_t nickname, const struct mac *mac)
{
	memset(r, 0, sizeof(*r));
	r->nickname = nickname;
	r->mac = *mac;
}

const char *channel_verdict_name(enum channel_verdict verdict)
{
	static const char *const names[CHANNEL_VERDICTS] = {"taken", "esadi", "error", "short",
		"ethertype", "version", "native", "protocol", "err"};

	return names[verdict];
}

/* Where it stands; served_count: nobody serves it. */
static unsigned int served_by(const struct channel_room *r, uint16_t protocol)
{
	unsigned int i = 0;

	while (i < r->served_count && r->served[i].protocol != protocol)
		i++;
	return i;
}

bool channel_serve(struct channel_room *r, uint16_t protocol, bool native,
	void (*take)(void *arg, const struct channel_in *in, struct mono now), void *arg)
{
	unsigned int at = r->served_count;

	if (!protocol || protocol == CHANNEL_ERROR || protocol >= 0xfff)
		return false;
	if (at == CHANNEL_SERVED_MAX || served_by(r, protocol) < at)
		return false;
	for (; at && r->served[at - 1].protocol > protocol; at--)
		r->served[at] = r->served[at - 1];
	r->served[at].protocol = protocol;
	r->served[at].native = native;
	r->served[at].take = take;
	r->served[at].arg = arg;
	r->served_count++;
	return true;
}

unsigned int channel_protocols(const struct channel_room *r, uint16_t *protocols, unsigned int max)
{
	unsigned int n = 0;

	if (n < max)
		protocols[n++] = CHANNEL_ERROR;
	for (unsigned int i = 0; i < r->served_count && n < max; i++)
		protocols[n++] = r->served[i].protocol;
	return n;
}

bool channel_send(struct channel_room *r, const struct channel_to *to, const struct channel *c)
{
	uint8_t payload[HEADER_LEN + CHANNEL_PAYLOAD_MAX];
	struct wire_writer w;
	struct data_frame f = {
		.header = {.multi = to->multi,
			.hops = DATA_HOPS_MAX,
			.egress = to->egress,
			.ingress = r->nickname},
		.inner = {.da = mac_all_egress,
			.sa = r->mac,
			.label = to->label,
			.priority = to->priority},
		.payload = payload,
	};

	wire_writer_init(&w, payload, sizeof(payload));
	channel_put(&w, c);
	wire_put_bytes(&w, c->payload, c->payload_len);
	if (!wire_written(&w))
		return false;
	f.payload_len = w.pos;
	r->send(r->arg, to, &f);
	return true;
}

/* What is wrong with a message, in the order of section 3.1; CHANNEL_TAKEN: nothing. */
static enum channel_verdict check(const struct channel_room *r, struct channel *c,
	const uint8_t *payload, size_t len, bool native)
{
	struct wire_fault fault;
	enum channel_err err;
	unsigned int i;

	memset(c, 0, sizeof(*c));
	err = channel_err_of(channel_read(payload, len, c, &fault));
	if (err)
		return (enum channel_verdict)(CHANNEL_BAD_SHORT - CHANNEL_ERR_SHORT + err);
	if (c->protocol == CHANNEL_ERROR)
		return CHANNEL_IS_ERROR;
	if (c->err)
		return CHANNEL_BAD_ERR;
	if (c->native != native)
		return CHANNEL_BAD_NATIVE;
	i = served_by(r, c->protocol);
	if (i == r->served_count || r->served[i].native != native)
		return CHANNEL_BAD_PROTOCOL;
	return CHANNEL_TAKEN;
}

/* Answer a message that is wrong; @quote is what stands in the answer: from the TRILL header on, or
 * from the channel's Ethertype, if it is native. */
static void answer(struct channel_room *r, enum channel_verdict verdict, const struct channel *bad,
	const struct channel_to *to, const uint8_t *quote, size_t len, struct mono now)
{
	struct limit_rate rate = limit_per_s(CHANNEL_ERRORS_PER_S, CHANNEL_ERRORS_PER_S);
	struct channel c = {.protocol = CHANNEL_ERROR,
		.silent = true,
		.multi_hop = !to->native,
		.native = to->native,
		.payload = quote,
		.payload_len = len < CHANNEL_ERROR_QUOTES ? len : CHANNEL_ERROR_QUOTES};

	if (verdict < CHANNEL_BAD_SHORT || verdict == CHANNEL_BAD_ERR)
		return;
	if (bad->silent || bad->err || bad->protocol == CHANNEL_ERROR)
		return;
	if (!limit_take(&r->errors, &rate, now)) {
		r->errors_held_back++;
		return;
	}
	c.err = (uint8_t)(verdict - CHANNEL_BAD_SHORT + CHANNEL_ERR_SHORT);
	r->errors_sent += channel_send(r, to, &c);
}

static enum channel_verdict hand_over(struct channel_room *r, enum channel_verdict verdict,
	const struct channel_in *in, struct mono now)
{
	unsigned int i = served_by(r, in->c.protocol);

	r->received[verdict]++;
	if (verdict == CHANNEL_TAKEN)
		r->served[i].take(r->served[i].arg, in, now);
	return verdict;
}

enum channel_verdict channel_receive(struct channel_room *r, const struct data_frame *data,
	const uint8_t *bytes, size_t len, uint16_t port, struct mono now)
{
	struct channel_in in = {.port = port, .data = data};
	struct channel_to back = {
		.egress = data->header.ingress, .label = {.id = CHANNEL_VLAN_UNICAST}};
	enum channel_verdict verdict;

	if (data->payload_len >= 2 &&
		(data->payload[0] << 8 | data->payload[1]) == ETHERTYPE_L2_ISIS) {
		r->received[CHANNEL_IS_ESADI]++;
		return CHANNEL_IS_ESADI;
	}
	verdict = check(r, &in.c, data->payload, data->payload_len, false);
	if (nickname_usable(data->header.ingress))
		answer(r, verdict, &in.c, &back, bytes + data->header_at, len - data->header_at,
			now);
	return hand_over(r, verdict, &in, now);
}

enum channel_verdict channel_receive_native(struct channel_room *r, const struct ethernet *outer,
	const uint8_t *payload, size_t len, uint16_t port, struct mono now)
{
	struct channel_in in = {.port = port, .outer = outer};
	struct channel_to back = {.link = true,
		.native = true,
		.port = port,
		.da = outer->sa,
		.label = {.id = outer->vlan}};
	enum channel_verdict verdict = check(r, &in.c, payload, len, true);

	answer(r, verdict, &in.c, &back, payload, len, now);
	return hand_over(r, verdict, &in, now);
}
