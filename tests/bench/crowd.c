/* crowd: many end stations behind one port: a broadcast from each, at one rate, so that all
 * switches of the network learn where they are. Their MACs begin with 02:00:cc.
 *
 * usage: crowd NETNS:DEVICE COUNT RATE_PER_S */
#include "lib/net/packet.h"
#include "tests/lab/there.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TURN_MS 5

struct frame {
	uint8_t to[ETH_ALEN], from[ETH_ALEN];
	uint16_t type;
	uint8_t pad[46];
} __attribute__((packed));

static int open_port(const char *where)
{
	const char *colon = strchr(where, ':');
	char name[128];
	int here, fd;

	if (!colon || (size_t)(colon - where) >= sizeof(name))
		return -1;
	snprintf(name, sizeof(name), "%.*s", (int)(colon - where), where);
	here = there_enter(name);
	if (here < 0)
		return -1;
	fd = packet_open((int)if_nametoindex(colon + 1), NULL);
	there_leave(here);
	return fd;
}

int main(int argc, char **argv)
{
	struct frame f = {.to = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		.from = {0x02, 0x00, 0xcc},
		.type = htons(ETH_P_802_EX1)};
	const struct timespec turn = {.tv_nsec = TURN_MS * 1000000};
	unsigned long count = argc == 4 ? strtoul(argv[2], NULL, 10) : 0;
	unsigned long rate = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
	int fd;

	if (!count || count >= 1ul << 24 || rate < 1000 / TURN_MS) {
		fputs("usage: crowd NETNS:DEVICE COUNT RATE_PER_S\n", stderr);
		return 2;
	}
	fd = open_port(argv[1]);
	if (fd < 0) {
		fprintf(stderr, "crowd: cannot open %s\n", argv[1]);
		return 1;
	}
	for (unsigned long i = 0; i < count; i++) {
		f.from[3] = (uint8_t)(i >> 16);
		f.from[4] = (uint8_t)(i >> 8);
		f.from[5] = (uint8_t)i;
		packet_send(fd, &f, sizeof(f));
		if (i % (rate * TURN_MS / 1000) == 0)
			nanosleep(&turn, NULL);
	}
	close(fd);
	return 0;
}
