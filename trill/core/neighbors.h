/* neighbors: which neighbours of a LAN stand in the next Hello (RFC 7177 section 8.2.1, RFC 7176
 * section 2.5).
 *
 * All that are heard in the Designated VLAN, in the order of their MACs. Where they do not fit into
 * one Hello the next goes on with the last that was listed, so that no range of addresses is left
 * out for long. It knows of a Hello no more than the room that is left in it. */
#ifndef SUNWARD_TRILL_CORE_NEIGHBORS_H
#define SUNWARD_TRILL_CORE_NEIGHBORS_H

#include "trill/core/adjacency.h"

/* Write neighbor TLVs of at most @room bytes. @listed: the last address in the Hello before, zero
 * when that one reached the end; becomes the same of this one. With room for fewer than two
 * records nothing is written, @w fails and @listed is as it was. */
void neighbors_put(
	struct wire_writer *w, const struct adjacency_table *t, size_t room, struct mac *listed);

#endif
