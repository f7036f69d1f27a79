/* pinhole: endpoints at which xTRs behind a NAT are heard: who has lately asked by an authentic
 * Info-Request, and so may be sent what is not an answer at that address and port, and at no other.
 *
 * A hole that an xTR was heard through is kept with the xTR, and nothing but time takes it away.
 * The rest are two bounded tables of hashes and times, shared by all threads without a lock: what
 * those forget (no room, or a restart) comes back with the xTR's next messages. Knows no message.
 */
#ifndef SUNWARD_MAPSERVER_PINHOLE_H
#define SUNWARD_MAPSERVER_PINHOLE_H

#include "lib/base/clock.h"
#include "mapserver/xtr.h"

struct pinholes;

/* @life_s: without a message of its own a pinhole is believed for so long. @secret: 16 random
 * bytes. NULL when out of memory. */
struct pinholes *pinholes_new(uint64_t life_s, const uint8_t secret[16]);
void pinholes_free(struct pinholes *p);

/* An authentic Info-Request, or one played back, came from @at. */
void pinhole_asked(struct pinholes *p, const struct endpoint *at, struct mono now);
/* Some other message of @x did, authentic and no replay: an open pinhole is its own from now on,
 * and lives on. */
void pinhole_heard(struct pinholes *p, struct xtr *x, const struct endpoint *at, struct mono now);
/* What is for @x (NULL: for whom is not known) goes by a pinhole at @at. */
bool pinhole_open(
	const struct pinholes *p, const struct xtr *x, const struct endpoint *at, struct mono now);

/* The path of @x, when it goes by a pinhole. Under RCU. */
bool pinhole_path(
	const struct pinholes *p, const struct xtr *x, struct mono now, struct xtr_path *path);
/* The port of @x at its address @rloc: that of its pinhole there, or 4342. Under RCU. */
uint16_t pinhole_port(
	const struct pinholes *p, const struct xtr *x, const struct address *rloc, struct mono now);

#endif
