/* bfd: one BFD session with a neighbour over one hop (RFC 5880 section 6.8 as RFC 7175 uses it):
 * asynchronous mode, both ends active, no echo; with secrets Meticulous Keyed SHA1 authentication.
 *
 *   version 3 diagnostic 5 | state 2 P F C A D M | detect mult 1 | length 1 | my discriminator 4 |
 *   your discriminator 4 | desired min TX 4 | required min RX 4 | required min echo RX 4
 *
 * It takes and makes the payload of channel protocol 2, and says whether the session is up. */
#ifndef SUNWARD_TRILL_CORE_BFD_H
#define SUNWARD_TRILL_CORE_BFD_H

#include "lib/base/random.h"
#include "trill/codec/bfd_auth.h"
#include "trill/core/channel.h"

#define BFD_HOPS        63      /* as received: one hop (RFC 7175 section 3.2) */
#define BFD_SLOW_US     1000000 /* while it is not up */
#define BFD_SECRETS_MAX 8

enum bfd_state {
	BFD_ADMIN_DOWN,
	BFD_DOWN,
	BFD_INIT,
	BFD_UP,
};

enum bfd_diagnostic {
	BFD_NO_DIAGNOSTIC = 0,
	BFD_EXPIRED = 1,
	BFD_NEIGHBOR_DOWN = 3,
};

/* Section 6.7.4. Who has the session sets the secrets, and may change them between any two calls.
 */
struct bfd_auth {
	unsigned int count; /* 0: nothing is authenticated, and what is comes to nobody */
	struct bfd_secret ours, theirs[BFD_SECRETS_MAX]; /* one signs, any is believed */
	uint32_t sequence, their_sequence;
	bool known;         /* their_sequence */
	struct mono forget; /* it, when nothing has come until then */
};

struct bfd {
	struct random *random;
	struct bfd_auth auth;
	uint32_t ours, theirs; /* discriminators */
	enum bfd_state state, their_state;
	enum bfd_diagnostic diagnostic;
	uint8_t multiplier, their_multiplier;
	uint32_t tx_us, rx_us; /* what we want once it is up */
	uint32_t their_tx_us, their_rx_us;
	bool polling, their_demand;
	struct mono sending, expires;
	void (*send)(void *arg, const uint8_t *control, size_t len);
	void (*changed)(void *arg, bool up);
	void *arg;
};

/* @ours: not 0, and of no other session. @tx_us, @rx_us, @multiplier: at least 1. The callbacks are
 * set afterwards. */
void bfd_init(struct bfd *b, uint32_t ours, uint32_t tx_us, uint32_t rx_us, uint8_t multiplier,
	struct random *random, struct mono now);
/* A message of the neighbour's. False: it is discarded. */
bool bfd_receive(struct bfd *b, const struct channel_in *in, struct mono now);
void bfd_time(struct bfd *b, struct mono now);
struct mono bfd_next(const struct bfd *b);

#endif
