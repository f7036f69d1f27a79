/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* sip_bpf: SipHash-1-3 of a few words, for BPF programs, and for user space where both have to come
 * to the same number. What a program of ours alone needs is in hash.h and sip.h.
 *
 * After the description by Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012),
 * section 2. */
#ifndef SUNWARD_LIB_BASE_SIP_BPF_H
#define SUNWARD_LIB_BASE_SIP_BPF_H

#include <linux/types.h>

#define SIP_BPF_INLINE       static inline __attribute__((always_inline))
#define SIP_BPF_ROTATE(x, b) ((x) << (b) | (x) >> (64 - (b)))

struct sip_bpf {
	__u64 v0, v1, v2, v3;
};

SIP_BPF_INLINE void sip_bpf_round(struct sip_bpf *s)
{
	s->v0 += s->v1;
	s->v1 = SIP_BPF_ROTATE(s->v1, 13) ^ s->v0;
	s->v0 = SIP_BPF_ROTATE(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = SIP_BPF_ROTATE(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = SIP_BPF_ROTATE(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = SIP_BPF_ROTATE(s->v1, 17) ^ s->v2;
	s->v2 = SIP_BPF_ROTATE(s->v2, 32);
}

SIP_BPF_INLINE struct sip_bpf sip_bpf_start(const __u64 key[2])
{
	struct sip_bpf s = {key[0] ^ 0x736f6d6570736575ULL, key[1] ^ 0x646f72616e646f6dULL,
		key[0] ^ 0x6c7967656e657261ULL, key[1] ^ 0x7465646279746573ULL};

	return s;
}

SIP_BPF_INLINE void sip_bpf_absorb(struct sip_bpf *s, __u64 word)
{
	s->v3 ^= word;
	sip_bpf_round(s);
	s->v0 ^= word;
}

SIP_BPF_INLINE __u64 sip_bpf_finish(struct sip_bpf *s)
{
	s->v2 ^= 0xff;
	sip_bpf_round(s);
	sip_bpf_round(s);
	sip_bpf_round(s);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

#endif
