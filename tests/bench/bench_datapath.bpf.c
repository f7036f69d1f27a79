/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* bench_datapath: the generators that the data plane is measured with, and which frames are right.
 */
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include "tests/bench/xdp_bench.bpf.h"

#define INNER 50 /* bytes: with Ethernet 64 */

struct tunnel {
	struct iphdr ip;
	struct udphdr udp;
	__u32 lisp[2];
};

/* Set by the loader before a run. */
__u32 gen_entries; /* destinations 10.2.0.0 + (0 .. entries - 1) */
__u16 want_port;   /* of a frame that arrives as it should */
__u16 want_len;    /* of its IP packet */

static __always_inline __u16 ip_sum(const struct iphdr *ip)
{
	const __u16 *w = (const void *)ip;
	__u32 sum = 0;
	int i;

#pragma unroll
	for (i = 0; i < 10; i++)
		sum += w[i];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* A frame's memory comes back as the last receiver left it, so all of it is written anew. */
static __always_inline void ip_write(struct iphdr *ip, __u32 from, __u32 to, __u16 len)
{
	*(__u32 *)ip = bpf_htonl(0x45000000 | len);
	ip->id = 0;
	ip->frag_off = 0;
	ip->ttl = 64;
	ip->protocol = IPPROTO_UDP;
	ip->check = 0;
	ip->saddr = bpf_htonl(from);
	ip->daddr = bpf_htonl(to);
	ip->check = ip_sum(ip);
}

static __always_inline void udp_write(struct udphdr *udp, __u16 from, __u16 to, __u16 len)
{
	udp->source = bpf_htons(from);
	udp->dest = bpf_htons(to);
	udp->len = bpf_htons(len);
	udp->check = 0;
}

/* Plain packets, from 10.1.0.2 to the entries in turn. */
SEC("xdp")
int gen_plain(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);
	struct udphdr *udp = (void *)(ip + 1);
	__u32 n = sequence++;

	if ((void *)eth + 14 + INNER > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	eth_write(eth, ETH_P_IP);
	ip_write(ip, 0x0a010002, 0x0a020000 + n % gen_entries, INNER);
	udp_write(udp, 1024 + (n & 1023), 6000, INNER - sizeof(*ip));
	return bpf_redirect(gen_ifindex, 0);
}

/* The same in a tunnel, from 192.0.2.2 to 192.0.2.1, for 10.1.0.2. */
SEC("xdp")
int gen_tunnelled(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct tunnel *t = (void *)(eth + 1);
	struct iphdr *ip = (void *)(t + 1);
	struct udphdr *udp = (void *)(ip + 1);
	__u32 n = sequence++;

	if ((void *)ip + INNER > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	eth_write(eth, ETH_P_IP);
	ip_write(&t->ip, 0xc0000202, 0xc0000201, INNER + sizeof(*t));
	udp_write(&t->udp, 0xc000 + (n & 1023), 4341, INNER + 16);
	t->lisp[0] = t->lisp[1] = 0;
	ip_write(ip, 0x0a020000 + n % gen_entries, 0x0a010000 + n % gen_entries, INNER);
	udp_write(udp, 1024 + (n & 1023), 6000, INNER - sizeof(*ip));
	return bpf_redirect(gen_ifindex, 0);
}

static __always_inline void judge(void *data, void *end)
{
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	struct udphdr *udp = (void *)(ip + 1);

	if ((void *)(udp + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) ||
		ip->protocol != IPPROTO_UDP)
		return; /* the kernel's own: ARP, IGMP */
	if (udp->dest == bpf_htons(want_port) && ip->tot_len == bpf_htons(want_len))
		arrived++;
	else
		wrong++;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
