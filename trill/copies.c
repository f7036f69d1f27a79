/* See copies.h. */
#include "trill/copies.h"

#include <errno.h>
#include <unistd.h>

#include "lib/net/tap.h"
#include "trill/bpf/contract.h"
#include "trill/core/rbridge.h"

/* All that the data plane hands over at once, of each port; what is lost is asked for again. */
enum {
#define AT_ONCE(id, per_s, burst, beyond, help) AT_ONCE_##id = (burst),
	CONTRACT_CLASSES(AT_ONCE)
#undef AT_ONCE
		QUEUE = RBRIDGE_PORTS_MAX * AT_ONCE_COPIES,
};

int trill_copies_open(struct trill_copies *c)
{
	const struct tap_options options = {.name = "swtrill%d", .queue = QUEUE};
	char made[IFNAMSIZ];
	int ifindex;

	c->fd = tap_open(&options, made);
	if (c->fd < 0)
		return c->fd;
	ifindex = tap_ifindex(c->fd);
	if (ifindex < 0) {
		trill_copies_close(c);
		return ifindex;
	}
	c->ifindex = (uint32_t)ifindex;
	return 0;
}

uint64_t trill_copies_lost(const struct trill_copies *c)
{
	return tap_overflows(c->fd);
}

void trill_copies_close(struct trill_copies *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

ssize_t trill_copies_read(const struct trill_copies *c, uint8_t *frame, size_t size)
{
	ssize_t n;

	do {
		n = read(c->fd, frame, size);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	return n;
}
