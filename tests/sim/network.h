/* network: what happens to a datagram between two parties: it is delayed, lost, duplicated,
 * overtaken, or meets a cut. Knows addresses, and no message.
 *
 * Parties are numbered: the Map-Servers first (192.0.2.1 ...), then the xTRs (198.18.0.0 ...), then
 * the agents (100.64.0.0 ...), which are at the site of their xTR. */
#ifndef SUNWARD_TESTS_SIM_NETWORK_H
#define SUNWARD_TESTS_SIM_NETWORK_H

#include "tests/sim/sim.h"

struct packet; /* of the data plane */

struct network *network_new(struct sim *sim);
void network_free(struct network *n);

struct address network_server(unsigned int i);
struct address network_xtr(unsigned int i);
struct address network_agent(unsigned int i);
/* Which xTR has the locator @a; -1: none. */
int network_xtr_of(const struct sim *s, const struct address *a);
/* Which Map-Server; -1: none. */
int network_server_of(const struct sim *s, const struct address *a);

/* All of the outbox, from @from's port 4342; clears it. */
void network_send_all(struct network *n, const struct address *from, struct outbox *out);
void network_send(struct network *n, const struct endpoint *from, const struct endpoint *to,
	const void *bytes, size_t len);
/* An encapsulated packet between two xTRs. Probes are late at times, and never lost. */
void network_send_packet(
	struct network *n, unsigned int from, unsigned int to, const struct packet *p);

/* From now on nothing is lost, doubled or late. */
void network_calm(struct network *n);
/* As the seed wants it. */
void network_rough(struct network *n);
/* Cut the parties in two, by the toss of a coin for each with @share of 100 on the far side.
 * @one_way: only what goes to the far side is lost. */
void network_split(struct network *n, unsigned int share, bool one_way);
void network_heal(struct network *n);

#endif
