/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* trill_mix: frames for one port and frames for many, one after the other in one batch of the
 * kernel's, and a sink that tells what became of them. Addresses are those of trill_bpf.h. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct trill {
	struct ethhdr eth;
	__be16 bits, egress, ingress;
	__u8 da[6], sa[6];
	__be16 tag, tci, type;
	__u8 rest[46];
} __attribute__((packed, aligned(2)));

__u32 gen_ifindex; /* the frames leave here */
__u64 sequence;
__u64 unicast, copies, natives, wrong;

static __always_inline void outer(struct trill *f, _Bool multi)
{
	const __u8 all[6] = {0x01, 0x80, 0xc2, 0, 0, 0x40}, port[6] = {2, 0, 0, 0, 0x0a, 0};
	const __u8 from[6] = {2, 0, 0, 0, 0x0b, 0};

	__builtin_memcpy(f->eth.h_dest, multi ? all : port, 6);
	__builtin_memcpy(f->eth.h_source, from, 6);
	f->eth.h_proto = bpf_htons(0x22f3);
	f->bits = bpf_htons(multi ? 0x083f : 0x003f);
	f->egress = bpf_htons(multi ? 5 : 2);
	f->ingress = bpf_htons(3);
}

SEC("xdp")
int gen_mix(struct xdp_md *ctx)
{
	const __u8 everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		   e1[6] = {2, 0, 0, 0, 0xee, 1};
	const __u8 e2[6] = {2, 0, 0, 0, 0xee, 2};
	struct trill *f = (void *)(long)ctx->data;
	_Bool multi = sequence++ & 1;

	if ((void *)(f + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	outer(f, multi);
	__builtin_memcpy(f->da, multi ? everybody : e1, 6);
	__builtin_memcpy(f->sa, e2, 6);
	f->tag = bpf_htons(ETH_P_8021Q);
	f->tci = bpf_htons(10);
	f->type = bpf_htons(0x88b5);
	return bpf_redirect(gen_ifindex, 0);
}

/* Behind t1 and n0. */
SEC("xdp")
int sink_mix(struct xdp_md *ctx)
{
	struct trill *f = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)f;

	if ((void *)(eth + 1) > end)
		return XDP_DROP;
	if (eth->h_proto == bpf_htons(0x88b5) && eth->h_dest[0] == 0xff && end - (void *)f == 60)
		natives++;
	else if ((void *)(f + 1) > end || eth->h_proto != bpf_htons(0x22f3) ||
		 f->eth.h_source[4] != 0x0a || f->eth.h_source[5] != 1)
		wrong++;
	else if (f->bits == bpf_htons(0x003e) && f->eth.h_dest[5] == 1 && f->da[5] == 1)
		unicast++;
	else if (f->bits == bpf_htons(0x083e) && f->eth.h_dest[5] == 0x40 && f->da[5] == 0xff)
		copies++;
	else
		wrong++;
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
