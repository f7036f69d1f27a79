/* See channel.h. */
#include "trill/codec/channel.h"

#define FLAG_SL 0x8000
#define FLAG_MH 0x4000
#define FLAG_NA 0x2000

int channel_read(const void *bytes, size_t len, struct channel *c, struct wire_fault *fault)
{
	uint16_t ethertype, first, second;
	struct wire_reader r;

	wire_reader_init(&r, bytes, len, fault);
	ethertype = wire_get_u16(&r, "Ethertype");
	if (wire_ok(&r) && ethertype != ETHERTYPE_CHANNEL)
		return -TRILL_EUNKNOWN;
	first = wire_get_u16(&r, "channel protocol");
	second = wire_get_u16(&r, "channel flags");
	if (!wire_ok(&r))
		return -TRILL_ETRUNC;
	c->version = (uint8_t)(first >> 12);
	c->protocol = first & 0xfff;
	c->silent = second & FLAG_SL;
	c->multi_hop = second & FLAG_MH;
	c->native = second & FLAG_NA;
	c->err = second & 0xf;
	c->payload_len = wire_left(&r);
	c->payload = wire_get_bytes(&r, c->payload_len, "payload");
	return c->version ? -TRILL_EVERSION : 0;
}

enum channel_err channel_err_of(int err)
{
	switch (-err) {
	case TRILL_ETRUNC:
		return CHANNEL_ERR_SHORT;
	case TRILL_EUNKNOWN:
		return CHANNEL_ERR_ETHERTYPE;
	case TRILL_EVERSION:
		return CHANNEL_ERR_VERSION;
	default:
		return CHANNEL_ERR_NONE;
	}
}

void channel_put(struct wire_writer *w, const struct channel *c)
{
	if (c->version > 0xf || c->protocol > 0xfff || c->err > 0xf)
		w->failed = true;
	wire_put_u16(w, ETHERTYPE_CHANNEL);
	wire_put_u16(w, (uint32_t)c->version << 12 | c->protocol);
	wire_put_u16(w, (c->silent ? FLAG_SL : 0u) | (c->multi_hop ? FLAG_MH : 0) |
				(c->native ? FLAG_NA : 0) | c->err);
}

int port_shutdown_count(const struct channel *c)
{
	return c->payload_len < 2 ? -TRILL_ESHORT : (int)(c->payload_len / 2);
}

uint16_t port_shutdown_at(const struct channel *c, unsigned int i)
{
	return (uint16_t)(c->payload[2 * i] << 8 | c->payload[2 * i + 1]);
}
