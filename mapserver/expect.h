/* expect: brings what a batch of datagrams asks about from memory, for all at once, before each is
 * looked at by itself: so they wait for it together and not one after the other.
 *
 * A guess, from where the EID as a rule stands: nothing is decided by it, and a wrong one costs a
 * little time. Knows no more of a message than that place; what it is and says is its parser's. */
#ifndef SUNWARD_MAPSERVER_EXPECT_H
#define SUNWARD_MAPSERVER_EXPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mapserver/registry.h"

struct expect_guess {
	uint16_t afi;       /* AFI_IPV4, AFI_IPV6 or AFI_MAC, of instance 0 */
	const uint8_t *key; /* borrowed from the datagram: the whole address */
};

/* Of an Encapsulated Map-Request: its inner destination. Of a Map-Register: its first EID, a host.
 * False: there is no guess. */
bool expect_guess(const uint8_t *bytes, size_t len, struct expect_guess *g);

#define EXPECT_MAX 64

/* Under RCU. At most EXPECT_MAX guesses. */
void expect_fetch(const struct registry *r, const struct expect_guess *list, size_t n);

#endif
