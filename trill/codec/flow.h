/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* flow: which flow a TRILL Data packet is of, as a number: it chooses among paths of equal cost
 * (RFC 6325 section 3.6, RFC 7780 section 10, RFC 7455 section 3.2).
 *
 * One arithmetic for the data plane's programs and for the core, so that an OAM message goes where
 * the flow goes whose first bytes it carries. Of the inner frame alone: A, C and hop count have no
 * part in it. Reads numbers as they stand, in any byte order: it means nothing to another machine.
 */
#ifndef SUNWARD_TRILL_CODEC_FLOW_H
#define SUNWARD_TRILL_CODEC_FLOW_H

#include <linux/types.h>

/* Programs are checked by the kernel, and read words whole; elsewhere they may stand anywhere. */
#ifdef __bpf__
#define FLOW_WORD
#else
#define FLOW_WORD __attribute__((packed))
#endif
#define FLOW_INLINE static inline __attribute__((always_inline))
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define FLOW_NET16(x) ((__u16)(((x)&0xff) << 8 | (x) >> 8))
#else
#define FLOW_NET16(x) (x)
#endif

#define FLOW_BYTES 96 /* of the inner frame, that can have a part in it */

struct flow_u16 {
	__u16 is;
} FLOW_WORD;

struct flow_u32 {
	__u32 is;
} FLOW_WORD;

struct flow_u64 {
	__u64 is;
} FLOW_WORD;

FLOW_INLINE __u16 flow_u16(const __u8 *at)
{
	return ((const struct flow_u16 *)(const void *)at)->is;
}

FLOW_INLINE __u32 flow_u32(const __u8 *at)
{
	return ((const struct flow_u32 *)(const void *)at)->is;
}

FLOW_INLINE __u64 flow_u64(const __u8 *at)
{
	return ((const struct flow_u64 *)(const void *)at)->is;
}

FLOW_INLINE __u64 flow_mix(__u64 hash, __u64 x)
{
	hash = (hash ^ x) * 0x9e3779b97f4a7c15ULL;
	return hash ^ hash >> 32;
}

/* TCP's and UDP's ports, at @at. */
FLOW_INLINE __u64 flow_ports(__u64 hash, const __u8 *at, const void *end, __u8 protocol)
{
	if (protocol != 6 && protocol != 17)
		return hash;
	return (const void *)(at + 4) > end ? hash : flow_mix(hash, flow_u32(at));
}

/* What stands behind Ethertype @type, as it stands. */
FLOW_INLINE __u64 flow_ip(__u64 hash, const __u8 *at, const void *end, __u16 type)
{
	if (type == FLOW_NET16(0x0800) && (const void *)(at + 20) <= end) {
		hash = flow_mix(hash, (__u64)flow_u32(at + 12) << 32 | flow_u32(at + 16));
		if ((at[0] & 0xf) != 5 || flow_u16(at + 6) & FLOW_NET16(0x3fff))
			return flow_mix(hash, at[9]); /* alike for all fragments */
		return flow_ports(hash, at + 20, end, at[9]);
	}
	if (type == FLOW_NET16(0x86dd) && (const void *)(at + 40) <= end) {
		for (int i = 8; i < 40; i += 8)
			hash = flow_mix(hash, flow_u64(at + i));
		return flow_ports(hash, at + 40, end, at[6]);
	}
	return hash;
}

/* @inner: from Inner.MacDA on, with its tag, or fine-grained label. @seed: each RBridge's own. 0:
 * too short. */
FLOW_INLINE __u32 flow_hash(const void *inner, const void *end, __u64 seed)
{
	const __u8 *at = inner;
	__u64 hash;

	if ((const void *)(at + 18) > end)
		return 0;
	hash = flow_mix(seed, (__u64)flow_u32(at) << 32 | flow_u32(at + 6));
	hash = flow_mix(hash, (__u64)flow_u16(at + 4) << 32 | (__u64)flow_u16(at + 10) << 16 |
				      (flow_u16(at + 14) & FLOW_NET16(0x0fff)));
	if (__builtin_expect(flow_u16(at + 12) == FLOW_NET16(0x893b), 0)) {
		if ((const void *)(at + 22) > end)
			return hash >> 16;
		hash = flow_mix(hash, flow_u16(at + 18) & FLOW_NET16(0x0fff));
		return flow_ip(hash, at + 22, end, flow_u16(at + 20)) >> 16;
	}
	return flow_ip(hash, at + 18, end, flow_u16(at + 16)) >> 16;
}

/* Which of @count paths of equal cost. */
FLOW_INLINE __u32 flow_choice(__u32 hash, __u32 count)
{
	return (__u64)hash * count >> 32;
}

#endif
