/* channel: RBridge Channel messages: to whom one that came in belongs, which error answers what,
 * and how ours are framed (RFC 7178).
 *
 * Protocols are served by who registered for them. A message that nobody serves, or whose header is
 * wrong, is answered by an error, unless it is one itself, asks for silence, or there have been too
 * many. Messages go out as struct data_frame without an outer header: that, and the way through the
 * campus, is forwarding's. This room knows no payload but an error's. */
#ifndef SUNWARD_TRILL_CORE_CHANNEL_H
#define SUNWARD_TRILL_CORE_CHANNEL_H

#include "lib/base/limit.h"
#include "trill/codec/channel.h"
#include "trill/codec/data.h"

#define CHANNEL_SERVED_MAX   8
#define CHANNEL_ERRORS_PER_S 10
#define CHANNEL_ERROR_QUOTES 256 /* bytes of the message in error (section 3.2) */
#define CHANNEL_PAYLOAD_MAX  1400

/* Priorities of the inner tag (section 2.1.3). */
#define CHANNEL_PRIORITY_ADJACENCY 7 /* one hop, and connectivity depends on it */
#define CHANNEL_PRIORITY_CONTROL   6
#define CHANNEL_VLAN_UNICAST       1

enum channel_verdict {
	CHANNEL_TAKEN,     /* handed to who serves it */
	CHANNEL_IS_ESADI,  /* IS-IS behind All-Egress-RBridges: not a channel message */
	CHANNEL_IS_ERROR,  /* somebody's error message */
	CHANNEL_BAD_SHORT, /* the verdicts from here on are enum channel_err */
	CHANNEL_BAD_ETHERTYPE,
	CHANNEL_BAD_VERSION,
	CHANNEL_BAD_NATIVE,
	CHANNEL_BAD_PROTOCOL,
	CHANNEL_BAD_ERR, /* an ERR in another protocol than 1: not answered */
};
#define CHANNEL_VERDICTS (CHANNEL_BAD_ERR + 1)

/* A message that has come in. Native: @data is NULL, and @outer is its Ethernet header. */
struct channel_in {
	uint16_t port;
	const struct data_frame *data;
	const struct ethernet *outer;
	struct channel c;
};

/* Where one goes. */
struct channel_to {
	bool link;     /* out of @port to @da, whatever forwarding says */
	uint16_t port; /* link, and native */
	struct mac da;
	bool native;
	bool multi;      /* on the tree of root @egress, to all in @label */
	uint16_t egress; /* nickname */
	struct label label;
	uint8_t priority;
};

struct channel_room {
	uint16_t nickname; /* of ours */
	struct mac mac;    /* Inner.MacSA: one of ours */
	struct {
		uint16_t protocol;
		bool native;
		void (*take)(void *arg, const struct channel_in *in, struct mono now);
		void *arg;
	} served[CHANNEL_SERVED_MAX];
	unsigned int served_count;
	struct limit errors;
	uint64_t received[CHANNEL_VERDICTS];
	uint64_t errors_sent, errors_held_back; /* by the limit */
	/* @f has no outer header, and lives no longer than the call. Of a native one only the
	 * payload counts, Ethertype first. */
	void (*send)(void *arg, const struct channel_to *to, const struct data_frame *f);
	void *arg;
};

void channel_init(struct channel_room *r, uint16_t nickname, const struct mac *mac);
/* Serve @protocol, in TRILL Data packets or (@native) in frames of end stations. False: protocol 0,
 * 1 or 0xFFF, which are nobody's; one that is served already; or too many. */
bool channel_serve(struct channel_room *r, uint16_t protocol, bool native,
	void (*take)(void *arg, const struct channel_in *in, struct mono now), void *arg);
/* What our LSP says that we serve, ascending, with 1. Returns how many of at most @max. */
unsigned int channel_protocols(const struct channel_room *r, uint16_t *protocols, unsigned int max);

/* A TRILL Data packet for All-Egress-RBridges that we decapsulate. @bytes: the frame that @data was
 * read from. */
enum channel_verdict channel_receive(struct channel_room *r, const struct data_frame *data,
	const uint8_t *bytes, size_t len, uint16_t port, struct mono now);
/* A native frame; @payload begins with its Ethertype. */
enum channel_verdict channel_receive_native(struct channel_room *r, const struct ethernet *outer,
	const uint8_t *payload, size_t len, uint16_t port, struct mono now);
/* "protocol" for CHANNEL_BAD_PROTOCOL: the name of its counter. */
const char *channel_verdict_name(enum channel_verdict verdict);

/* One of ours; @c with its payload, at most CHANNEL_PAYLOAD_MAX bytes. False: too long. */
bool channel_send(struct channel_room *r, const struct channel_to *to, const struct channel *c);

#endif
