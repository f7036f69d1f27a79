/* See pcap.h. */
#include "tests/trill/pcap.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define LINKTYPE_ETHERNET 1

static void put(const void *bytes, size_t n)
{
	if (fwrite(bytes, 1, n, stdout) != n)
		exit(1);
}

void pcap_begin(void)
{
	uint32_t head[6] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, 65535, LINKTYPE_ETHERNET};

	put(head, sizeof(head));
}

void pcap_frame(struct mono when, const void *frame, size_t len)
{
	uint32_t head[4] = {(uint32_t)(when.ns / 1000000000),
		(uint32_t)(when.ns % 1000000000 / 1000), (uint32_t)len, (uint32_t)len};

	put(head, sizeof(head));
	put(frame, len);
}

void pcap_end(void)
{
	if (ferror(stdout) || fflush(stdout))
		exit(1);
}
