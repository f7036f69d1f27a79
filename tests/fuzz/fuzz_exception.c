/* What a router owes to hostile packets: the first byte chooses the kind, the next two the MTU, the
 * rest is the packet. No error is longer than allowed or than what it quotes plus its headers;
 * fragments carry every byte once. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xtr/exception.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct whole {
	uint8_t bytes[65536];
	size_t len, first_offset;
	uint16_t mtu;
};

static void require(int holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

static int join(void *arg, const uint8_t *fragment, size_t len)
{
	struct whole *w = arg;
	size_t header = (fragment[0] & 15) * 4u;
	size_t offset = ((fragment[6] << 8 | fragment[7]) & 0x1fff) * 8u;

	require(len <= w->mtu, "a fragment fits the MTU");
	require(len == (size_t)(fragment[2] << 8 | fragment[3]), "a fragment's length is its own");
	require(len >= header, "a fragment has its header");
	if (!w->len)
		w->first_offset = offset;
	else
		require(((offset - w->first_offset) & 0xffff) == w->len,
			"fragments follow each other");
	memcpy(w->bytes + w->len, fragment + header, len - header);
	w->len += len - header;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t gateway4[4] = {10, 0, 0, 1}, gateway6[16] = {0x20, 1, [15] = 1};
	static struct whole w;
	uint8_t out[EXCEPTION_ICMP_MAX];
	struct address gateway;
	size_t len, header;
	uint8_t *copy;

	if (size < 3)
		return 0;
	w.mtu = data[1] << 8 | data[2];
	len = size - 3;
	copy = malloc(len ? len : 1); /* its own block, so that a read past the end shows */
	if (!copy)
		return 0;
	memcpy(copy, data + 3, len);
	if (data[0] & 4)
		address_set(&gateway, AFI_IPV6, gateway6, 16);
	else
		address_set(&gateway, AFI_IPV4, gateway4, 4);
	size = exception_icmp(out, copy, len, (enum exception_kind)(data[0] % 3), w.mtu, &gateway);
	require(size <= len + 48 && size <= EXCEPTION_ICMP_MAX,
		"an error is no larger than packet and headers");
	w.len = 0;
	if (len <= 65535 && exception_may_fragment(copy, len) &&
		!exception_fragment(copy, len, w.mtu, join, &w)) {
		header = (copy[0] & 15) * 4u;
		require(w.len == len - header && !memcmp(w.bytes, copy + header, w.len),
			"fragments make the whole");
	}
	exception_checksum(copy, len, data[1], data[2]);
	free(copy);
	return 0;
}
