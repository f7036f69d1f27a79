/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* bench_trill: the generators and the plain broadcast that the RBridge's data plane is measured
 * with, and which frames are right. */
#include "tests/bench/xdp_bench.bpf.h"

#define TYPE_TEST  0x88b5 /* for local experiments: nothing of the kernel's own has it */
#define TYPE_TRILL 0x22f3
#define NATIVE     60 /* bytes of a frame */

struct native {
	__u8 da[6], sa[6];
	__be16 type;
	__u8 rest[NATIVE - ETH_HLEN];
};

struct trill {
	struct ethhdr eth;
	__be16 bits, egress, ingress;
	__u8 da[6], sa[6];
	__be16 tag, tci, type;
	__u8 rest[NATIVE - ETH_HLEN];
} __attribute__((packed, aligned(2)));

/* Set by the loader before a run. */
__u8 gen_da[6];         /* 4 bytes of an end station's address; two are the entry's */
__u32 gen_das, gen_sas; /* how many end stations they go to and come from, in turn */
__u16 gen_bits, gen_egress, gen_ingress;
__u32 want_len; /* of a frame that arrives as it should; */
__u16 want_type;
__u32 want_head; /* four bytes behind its Ethernet header, if they are not 0 */

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__uint(max_entries, 64); /* as a tree's */
	__type(key, __u32);
	__type(value, __u32);
} all SEC(".maps");

/* A frame's memory comes back as the last receiver left it, so all that counts is written anew. */
static __always_inline void stations(__u8 *da, __u8 *sa, __u32 n)
{
	__u32 to = n % gen_das, from = n % gen_sas;

	__builtin_memcpy(da, gen_da, 4);
	da[4] = to >> 8;
	da[5] = to;
	sa[0] = 2;
	sa[1] = sa[2] = 0;
	sa[3] = 0x51;
	sa[4] = from >> 8;
	sa[5] = from;
}

SEC("xdp")
int gen_native(struct xdp_md *ctx)
{
	struct native *f = (void *)(long)ctx->data;

	if ((void *)(f + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	stations(f->da, f->sa, sequence++);
	f->type = bpf_htons(TYPE_TEST);
	return bpf_redirect(gen_ifindex, 0);
}

SEC("xdp")
int gen_trill(struct xdp_md *ctx)
{
	struct trill *f = (void *)(long)ctx->data;

	if ((void *)(f + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	eth_write(&f->eth, TYPE_TRILL);
	f->bits = bpf_htons(gen_bits);
	f->egress = bpf_htons(gen_egress);
	f->ingress = bpf_htons(gen_ingress);
	stations(f->da, f->sa, sequence++);
	f->tag = bpf_htons(ETH_P_8021Q);
	f->tci = bpf_htons(10);
	f->type = bpf_htons(TYPE_TEST);
	return bpf_redirect(gen_ifindex, 0);
}

/* The other reference: out by all other ports, not a byte changed. */
SEC("xdp")
int broadcast(struct xdp_md *ctx)
{
	return bpf_redirect_map(&all, 0, BPF_F_BROADCAST | BPF_F_EXCLUDE_INGRESS);
}

static __always_inline void judge(void *data, void *end)
{
	struct ethhdr *eth = data;
	__be32 *head = (void *)(eth + 1);
	__u16 type;

	if ((void *)(head + 1) > end)
		return;
	type = bpf_ntohs(eth->h_proto);
	if (type == want_type && end - data == want_len &&
		(!want_head || *head == bpf_htonl(want_head)))
		arrived++;
	else if (type == TYPE_TRILL || type == TYPE_TEST)
		wrong++;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
