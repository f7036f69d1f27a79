/* copies: the device by which the data plane hands over its copies of what is distributed to
 * RBridges (ESADI, RBridge Channel, OAM): a tap, into which the programs redirect them, and which
 * only this process reads. */
#ifndef SUNWARD_TRILL_COPIES_H
#define SUNWARD_TRILL_COPIES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct trill_copies {
	int fd;
	uint32_t ifindex;
};

/* Needs CAP_NET_ADMIN and /dev/net/tun. 0 or -errno. */
int trill_copies_open(struct trill_copies *c);
void trill_copies_close(struct trill_copies *c);
/* Frames that found no room. */
uint64_t trill_copies_lost(const struct trill_copies *c);
/* Take one frame. Its length; 0: none waits; or -errno. */
ssize_t trill_copies_read(const struct trill_copies *c, uint8_t *frame, size_t size);

#endif
