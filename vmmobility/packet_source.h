/* packet_source: frames of ARP, RARP and neighbour discovery from behind interfaces, and questions
 * to those behind them: a raw packet socket for each, with a filter in the kernel.
 *
 * The sockets are opened by the helper process. Knows no guest and no address. */
#ifndef SUNWARD_VMMOBILITY_PACKET_SOURCE_H
#define SUNWARD_VMMOBILITY_PACKET_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct helper;
struct log;

struct packet_source_ops {
	/* Around the others: sets the core's clock, sends what it wants sent. */
	void (*begin)(void *arg);
	void (*end)(void *arg);
	void (*frame)(void *arg, int ifindex, const uint8_t *frame, size_t len);
	void *arg;
};

struct packet_source;

/* @helper may be NULL: nothing is heard then. All outlive it. NULL when out of memory. */
struct packet_source *packet_source_new(struct event_base *base, struct helper *helper,
	const struct packet_source_ops *ops, struct log *log);
void packet_source_free(struct packet_source *p);
/* Hear what comes from behind @ifindex, or no longer. False: it cannot be heard; logged, for want
 * of rights once. */
bool packet_source_listen(struct packet_source *p, int ifindex, bool on);
/* Send @frame to those behind @ifindex, which is listened to. */
void packet_source_send(struct packet_source *p, int ifindex, const void *frame, size_t len);

#endif
