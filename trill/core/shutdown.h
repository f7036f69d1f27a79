/* shutdown: what two channel protocols say of what is gone: Port-Shutdown, of ports (RFC 8139
 * section 6), and Address Flush, of addresses (RFC 8383), sent and received.
 *
 * A Port-Shutdown goes out in copies: at once, and each 20 ms. It does not know which RBridges have
 * an adjacency with the port, nor what is done about appointments: forwarder. */
#ifndef SUNWARD_TRILL_CORE_SHUTDOWN_H
#define SUNWARD_TRILL_CORE_SHUTDOWN_H

#include "trill/core/adjacency.h"
#include "trill/core/channel.h"
#include "trill/core/mac.h"

#define SHUTDOWN_COPIES      2 /* 1 to 3 */
#define SHUTDOWN_COPIES_MAX  3
#define SHUTDOWN_DELAY_MS    20 /* 0 to 1000 */
#define SHUTDOWN_PORTS_MAX   64
#define SHUTDOWN_TARGETS_MAX 64

struct shutdown {
	unsigned int copies, delay_ms; /* configuration */
	struct channel_to to[SHUTDOWN_TARGETS_MAX];
	unsigned int to_count;
	uint8_t ports[2 * SHUTDOWN_PORTS_MAX];
	unsigned int port_count;
	unsigned int left;
	struct mono next;
};

/* Values out of their range are brought into it. */
void shutdown_init(struct shutdown *s, unsigned int copies, unsigned int delay_ms);

/* A failure of ports: one by one to the RBridges (by nicknames) that had an adjacency with them and
 * serve the protocol, through the rest of the campus. The first copies go out in this call. */
void shutdown_failed(struct shutdown *s, struct channel_room *r, const uint16_t *ports,
	unsigned int port_count, const uint16_t *nicknames, unsigned int count, struct mono now);
/* A port will be shut down within a second, and Hellos have ceased: out of it, to each neighbour of
 * @t in 2-Way or Report. Returns how many. */
unsigned int shutdown_planned_each(struct shutdown *s, struct channel_room *r, uint16_t port,
	const struct adjacency_table *t, struct mono now);
/* Copies that are due. */
void shutdown_time(struct shutdown *s, struct channel_room *r, struct mono now);
struct mono shutdown_next(const struct shutdown *s);

/* One came from @system, the RBridge that holds the ingress nickname: the adjacencies of @t to the
 * ports that it names go. Returns how many. */
unsigned int shutdown_received(
	struct adjacency_table *t, const struct system_id *system, const struct channel_in *in);

/* @mac has moved to us in @label: who learned it behind @nickname forgets it. On the tree of root
 * @tree, or (@tree NICKNAME_NONE) to @to alone. */
void shutdown_flush(struct channel_room *r, struct label label, const struct mac *mac,
	uint16_t nickname, uint16_t tree, uint16_t to);
#endif
