/* What the client (flow.c) and the program in the guest (inside.c) send each other: numbered
 * datagrams, each way at its own pace. Both machines are of one kind (amd64): structs as they are.
 */
#ifndef TESTS_LAB_GUEST_FLOW_H
#define TESTS_LAB_GUEST_FLOW_H

#include <stdint.h>

#define FLOW_PORT 7778

enum flow_kind {
	FLOW_HELLO = 1,  /* client: begin a session of this cookie; the guest streams from now on */
	FLOW_PROBE = 2,  /* client: a numbered one */
	FLOW_STREAM = 3, /* guest: a numbered one, with what came by then */
	FLOW_BYE = 4,    /* client: end the session */
	FLOW_OFF = 5,    /* power off */
	FLOW_CRASH = 6,  /* crash; the kernel starts anew */
	FLOW_GARP = 7,   /* announce yourself by gratuitous ARP, three times a second, for ever */
};

struct flow_to_guest {
	uint64_t cookie;
	uint32_t kind, seq;
	uint32_t interval_us; /* HELLO: between the guest's datagrams */
	uint32_t pad;
};

struct flow_from_guest {
	uint64_t cookie;
	uint32_t kind, seq;
	uint32_t received; /* different probes */
	uint32_t duplicated, reordered;
	uint32_t timeouts; /* TCP retransmission time-outs of the guest since it started */
};

/* A seen/unseen bit for each number; what comes is counted once. */
#define FLOW_MAX (1u << 19) /* nearly 9 minutes at 1,000 a second */

struct flow_count {
	uint32_t received, duplicated, reordered, highest;
	uint8_t seen[FLOW_MAX / 8];
};

/* Returns whether @seq is new. */
static inline int flow_count(struct flow_count *c, uint32_t seq)
{
	if (seq >= FLOW_MAX)
		return 0;
	if (c->seen[seq / 8] & 1u << seq % 8) {
		c->duplicated++;
		return 0;
	}
	c->seen[seq / 8] |= (uint8_t)(1u << seq % 8);
	c->received++;
	if (seq < c->highest)
		c->reordered++;
	else
		c->highest = seq;
	return 1;
}

/* "TCPTimeouts" of /proc/net/netstat: of the reader's network namespace. */
uint32_t flow_tcp_timeouts(void);

#endif
