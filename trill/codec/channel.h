/* channel: the RBridge Channel header (RFC 7178 section 2.1.1), and the payload of Port-Shutdown
 * (RFC 8139 section 6.2).
 *
 *   0x8946 | CHV 4 | protocol 12 | SL MH NA R9 | ERR 4 | payload
 *
 * It stands behind the inner label of a TRILL Data packet, or, native, behind an Ethernet header.
 */
#ifndef SUNWARD_TRILL_CODEC_CHANNEL_H
#define SUNWARD_TRILL_CODEC_CHANNEL_H

#include "trill/codec/trill.h"

enum channel_protocol {
	CHANNEL_ERROR = 0x001,
	CHANNEL_BFD_CONTROL = 0x002, /* RFC 7175 */
	CHANNEL_BFD_ECHO = 0x003,
	CHANNEL_PULL_DIRECTORY = 0x005, /* RFC 8171 */
	CHANNEL_PORT_SHUTDOWN = 0x006,  /* RFC 8139 */
	CHANNEL_ADDRESS_FLUSH = 0x009,  /* RFC 8383 */
};

/* ERR (RFC 7178 section 3.2). */
enum channel_err {
	CHANNEL_ERR_NONE = 0,
	CHANNEL_ERR_SHORT = 1,     /* truncated Ethertype or header */
	CHANNEL_ERR_ETHERTYPE = 2, /* not RBridge Channel */
	CHANNEL_ERR_VERSION = 3,
	CHANNEL_ERR_NATIVE = 4,   /* wrong NA flag */
	CHANNEL_ERR_PROTOCOL = 5, /* reserved or not implemented */
};

struct channel {
	uint8_t version;
	uint16_t protocol;
	bool silent;    /* SL: no error messages, please */
	bool multi_hop; /* MH */
	bool native;    /* NA */
	uint8_t err;
	const uint8_t *payload; /* borrowed */
	size_t payload_len;
};

/* Read what begins with Ethertype 0x8946. Returns 0; -TRILL_ETRUNC; -TRILL_EUNKNOWN for another
 * Ethertype; -TRILL_EVERSION. Each has its ERR: channel_err_of(). */
int channel_read(const void *bytes, size_t len, struct channel *c, struct wire_fault *fault);
/* The ERR that answers an error of channel_read(). */
enum channel_err channel_err_of(int err);
/* Ethertype and header; the payload follows. */
void channel_put(struct wire_writer *w, const struct channel *c);

/* Port-Shutdown: how many port IDs; -TRILL_ESHORT for none (an odd byte is padding). */
int port_shutdown_count(const struct channel *c);
uint16_t port_shutdown_at(const struct channel *c, unsigned int i);

#endif
