/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* xdp_bench: the programs that the benchmarks of data planes share: the plain forward, and the
 * sinks that count what arrives. Who includes this says in judge() what frames are right, and in
 * programs of its own what is generated. */
#ifndef SUNWARD_TESTS_BENCH_XDP_BENCH_BPF_H
#define SUNWARD_TESTS_BENCH_XDP_BENCH_BPF_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* Set by the loader before a run. */
__u8 gen_dmac[6], gen_smac[6]; /* of the outer header */
__u32 gen_ifindex;             /* the frames leave here */

__u64 sequence; /* frames that were generated */
__u64 arrived, wrong;

/* Count the frame @data to @end as arrived or wrong, or neither: it is none of the generator's. */
static __always_inline void judge(void *data, void *end);

static __always_inline void eth_write(struct ethhdr *eth, __u16 type)
{
	__builtin_memcpy(eth->h_dest, gen_dmac, 6);
	__builtin_memcpy(eth->h_source, gen_smac, 6);
	eth->h_proto = bpf_htons(type);
}

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} out SEC(".maps");

/* The reference: out by the other port, not a byte changed. */
SEC("xdp")
int forward(struct xdp_md *ctx)
{
	return bpf_redirect_map(&out, 0, 0);
}

SEC("xdp")
int sink(struct xdp_md *ctx)
{
	judge((void *)(long)ctx->data, (void *)(long)ctx->data_end);
	return XDP_DROP;
}

SEC("tc")
int sink_tc(struct __sk_buff *skb)
{
	judge((void *)(long)skb->data, (void *)(long)skb->data_end);
	return TC_ACT_SHOT;
}

#endif
