/* fuzz_ecm: parse the input as it is, and again with its inner checksums put right, which no
 * mutation would hit; write what was inside, and parse that to the same. */
#include "tests/fuzz/lisp_fuzz.h"

#include <netinet/in.h>

#include "lib/net/checksum.h"
#include "lisp/ecm.h"

static void put16(uint8_t *at, uint16_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

/* Of a message without authentication data, where the lengths allow it. */
static void mend_checksums(uint8_t *pkt, size_t size)
{
	bool v4 = size > 4 && pkt[4] >> 4 == 4;
	size_t ip = v4 ? 20 : 40, addr = v4 ? 4 : 16;
	struct address s, d;

	if (size < 4 + ip + 8)
		return;
	if (v4) {
		put16(pkt + 14, 0);
		put16(pkt + 14, checksum_of(pkt + 4, ip));
	}
	address_set(&s, v4 ? AFI_IPV4 : AFI_IPV6, pkt + 4 + ip - 2 * addr, addr);
	address_set(&d, v4 ? AFI_IPV4 : AFI_IPV6, pkt + 4 + ip - addr, addr);
	put16(pkt + 4 + ip + 6, 0);
	put16(pkt + 4 + ip + 6, checksum_udp(&s, &d, pkt + 4 + ip, size - 4 - ip));
}

static void parse(const uint8_t *data, size_t size)
{
	static uint8_t out[FUZZ_OUT];
	struct wire_fault fault;
	struct ecm m, back;
	int len, err = ecm_parse(data, size, &m, &fault);

	fuzz_check_result(err, &fault);
	if (err)
		return;
	CHECK(m.message + m.message_len == data + size);
	CHECK(m.inner + m.inner_len == data + size);
	CHECK(m.source.addr.afi == m.dest.addr.afi && address_is_ip(&m.source.addr));
	CHECK(m.security == (m.security_len > 0));
	len = ecm_write(out, sizeof(out), &m.source, &m.dest, m.ddt, m.message, m.message_len);
	CHECK(len > 0);
	CHECK(ecm_parse(out, (size_t)len, &back, &fault) == 0);
	CHECK(back.ddt == m.ddt && back.message_len == m.message_len);
	CHECK(!memcmp(back.message, m.message, m.message_len));
	CHECK(!memcmp(&back.source, &m.source, sizeof(m.source)));
	CHECK(!memcmp(&back.dest, &m.dest, sizeof(m.dest)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *mended = malloc(size ? size : 1);

	if (!mended)
		return 0;
	parse(data, size);
	if (size)
		memcpy(mended, data, size);
	mend_checksums(mended, size);
	parse(mended, size);
	free(mended);
	return 0;
}
