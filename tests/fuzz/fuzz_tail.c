/* Frames from a tap's queue: the first two bytes are the length of a segment (0: one packet), the
 * rest is the frame. What comes out is IP of its own length, and no payload is lost or doubled. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmmobility/tail_packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	unsigned int count;
	size_t bytes;
};

static void require(int holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

static void emit(void *arg, const uint8_t *packet, size_t len)
{
	struct seen *seen = arg;
	int six = packet[0] >> 4 == 6;

	require(six || packet[0] >> 4 == 4, "a packet is IPv4 or IPv6");
	require(len >= (six ? 40 : 20), "a packet has its header");
	require(len == (size_t)(six ? 40 + (packet[4] << 8 | packet[5])
				    : packet[2] << 8 | packet[3]),
		"a packet's length is its own");
	seen->count++;
	seen->bytes += len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen seen = {0};
	uint32_t gso_len;
	unsigned int count;
	uint8_t *copy;
	size_t len;

	if (size < 2)
		return 0;
	gso_len = (uint32_t)(data[0] << 8 | data[1]);
	len = size - 2;
	copy = malloc(len ? len : 1); /* its own block, so that a read past the end shows */
	if (!copy)
		return 0;
	memcpy(copy, data + 2, len);
	count = tail_packets(copy, len, gso_len, emit, &seen);
	require(count == seen.count, "the packets are counted");
	require(gso_len || seen.bytes <= len, "a packet is no longer than its frame");
	free(copy);
	return 0;
}
