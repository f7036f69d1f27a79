/* udp_steer: which socket of a reuseport group gets a datagram.
 *
 * Each of @workers has two sockets in the group. Datagrams whose first nibble of payload is in a
 * set are "control": they go by the source's address alone, so that one peer's control messages
 * stay in order with one worker whatever port each comes from, and a flood of others cannot fill
 * that socket. The others go by address and port. This room knows no protocol: which nibbles are
 * control is the caller's word. */
#ifndef SUNWARD_LIB_NET_UDP_STEER_H
#define SUNWARD_LIB_NET_UDP_STEER_H

#include <stdint.h>

struct udp_steer {
	uint16_t control_nibbles; /* bit n: payloads whose first byte's high nibble is n are control
				   */
	uint16_t workers;         /* 1 to 256 */
	uint32_t secret;          /* random: sources cannot choose their worker */
};

/* Attach to the group of @fd, which must hold 2 x workers sockets, in the order in which they were
 * bound: the control sockets of workers 0, 1, ..., then their other sockets. An empty datagram is
 * not control. Needs no privilege. 0 or -errno. A socket that leaves the group disturbs the order:
 * open and attach anew. */
int udp_steer_attach(int fd, const struct udp_steer *steer);

#endif
