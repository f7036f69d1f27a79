/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* xdp_requests: the generator of Map-Requests, the sink that looks at every reply, and the echo
 * that both are held against. See xdp_load.h. */
#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* What is written and read by these pointers is aligned as the structs are: by 2. */
#pragma clang diagnostic ignored "-Waddress-of-packed-member"

#define PORT       4342
#define REPLY_PORT 40000
#define GEN_CUT    2    /* bytes: as xdp_load.c */
#define SET        1000 /* EIDs that share a locator set: as lisp_load.h */

struct headers {
	struct ethhdr eth;
	struct iphdr ip;
	struct udphdr udp;
} __attribute__((packed, aligned(2)));

struct request {
	struct headers outer;
	__be32 ecm;
	struct iphdr ip;
	struct udphdr udp;
	__be32 head, nonce[2];
	__be16 source_afi;
	__be32 source;
	__be16 rloc_afi;
	__be32 rloc;
	__be16 plen;
	__be16 eid_afi;
	__be32 eid;
} __attribute__((packed, aligned(2)));

struct locator {
	__be32 priorities;
	__be16 flags, afi;
	__be32 addr;
} __attribute__((packed, aligned(2)));

struct reply {
	struct headers outer;
	__be32 head, nonce[2], ttl;
	__be32 counts;
	__be16 version, afi;
	__be32 eid;
	struct locator locators[2];
} __attribute__((packed, aligned(2)));

/* Set by the loader before a run. */
__u8 gen_dmac[6], gen_smac[6];
__u32 gen_ifindex; /* the frames leave here */
__be32 gen_from, gen_to;
__u32 gen_eids;
__u64 gen_random = 1;

__u64 sequence;
__u64 arrived, wrong;

static __always_inline __u16 fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

static __always_inline __u64 words(const void *at, int n)
{
	const __u16 *w = at;
	__u64 sum = 0;

#pragma unroll
	for (int i = 0; i < n; i++)
		sum += w[i];
	return sum;
}

/* EID number @n, and its set's locators: as lisp_load.c. */
static __always_inline __be32 eid_of(__u32 n)
{
	return bpf_htonl(0x0a000000 | ((n * 0x9e3779b1 + 0x3c6ef) & 0xffffff));
}

static __always_inline __be32 locator_of(__u32 set, __u32 i)
{
	return bpf_htonl((198 + i) << 24 | (51 + (set >> 16)) << 16 | (set & 0xffff));
}

static __always_inline void ip_write(struct iphdr *ip, __be32 from, __be32 to, __u16 len)
{
	*(__be32 *)ip = bpf_htonl(0x45000000 | len);
	ip->id = 0;
	ip->frag_off = bpf_htons(0x4000);
	ip->ttl = 64;
	ip->protocol = IPPROTO_UDP;
	ip->check = 0;
	ip->saddr = from;
	ip->daddr = to;
	ip->check = ~fold(words(ip, 10));
}

/* @sum: of the payload. */
static __always_inline void udp_write(
	struct udphdr *udp, const struct iphdr *ip, __u16 from, __u16 to, __u16 len, __u64 sum)
{
	udp->source = bpf_htons(from);
	udp->dest = bpf_htons(to);
	udp->len = bpf_htons(len);
	udp->check = 0;
	sum += words(udp, 4) + words(&ip->saddr, 4) + bpf_htons(IPPROTO_UDP) + udp->len;
	udp->check = ~fold(sum);
	if (!udp->check)
		udp->check = 0xffff;
}

static __always_inline __u32 next_eid(void)
{
	__u64 x = gen_random;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	gen_random = x;
	return (x >> 32) * gen_eids >> 32;
}

/* A frame's memory comes back as the last receiver left it, so all of it is written anew; its
 * length too, which the kernel sets again only where the program has changed it: so each is cut. */
SEC("xdp")
int gen_requests(struct xdp_md *ctx)
{
	int cut = bpf_xdp_adjust_tail(ctx, -GEN_CUT);
	struct request *r = (void *)(long)ctx->data;
	const __u16 outer = sizeof(*r) - sizeof(struct ethhdr) - sizeof(struct iphdr);
	const __u16 inner = sizeof(*r) - __builtin_offsetof(struct request, udp);
	__u32 n = next_eid();

	if (cut || (void *)(r + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	__builtin_memcpy(r->outer.eth.h_dest, gen_dmac, 6);
	__builtin_memcpy(r->outer.eth.h_source, gen_smac, 6);
	r->outer.eth.h_proto = bpf_htons(ETH_P_IP);
	ip_write(&r->outer.ip, gen_from, gen_to, outer + sizeof(struct iphdr));
	r->ecm = bpf_htonl(0x80000000);
	r->head = bpf_htonl(0x10000001);
	r->nonce[0] = ++sequence;
	r->nonce[1] = n;
	r->source_afi = r->rloc_afi = r->eid_afi = bpf_htons(1);
	r->source = gen_from;
	r->rloc = gen_from;
	r->plen = bpf_htons(32);
	r->eid = eid_of(n);
	ip_write(&r->ip, gen_from, r->eid, inner + sizeof(struct iphdr));
	udp_write(&r->udp, &r->ip, REPLY_PORT, PORT, inner,
		words(&r->head, (inner - sizeof(struct udphdr)) / 2));
	udp_write(&r->outer.udp, &r->outer.ip, REPLY_PORT, PORT, outer,
		words(&r->ecm, (outer - sizeof(struct udphdr)) / 2));
	return bpf_redirect(gen_ifindex, 0);
}

static __always_inline bool outer_right(const struct headers *h, __u16 len)
{
	const __u16 udp_len = len - sizeof(struct ethhdr) - sizeof(struct iphdr);

	return h->ip.saddr == gen_to && h->ip.daddr == gen_from &&
	       fold(words(&h->ip, 10)) == 0xffff &&
	       h->ip.tot_len == bpf_htons(len - sizeof(struct ethhdr)) &&
	       h->udp.source == bpf_htons(PORT) && h->udp.dest == bpf_htons(REPLY_PORT) &&
	       h->udp.len == bpf_htons(udp_len) &&
	       fold(words(&h->udp, udp_len / 2) + words(&h->ip.saddr, 4) + bpf_htons(IPPROTO_UDP) +
		       h->udp.len) == 0xffff;
}

static __always_inline bool locator_right(const struct locator *l, __be32 addr)
{
	return l->priorities == bpf_htonl(1 << 24 | 50 << 16 | 255 << 8) &&
	       l->flags == bpf_htons(1) && l->afi == bpf_htons(1) && l->addr == addr;
}

/* Every byte that the request determines. */
SEC("xdp")
int sink_replies(struct xdp_md *ctx)
{
	struct reply *r = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	__u32 n;

	if ((void *)(&r->outer + 1) > end || r->outer.eth.h_proto != bpf_htons(ETH_P_IP) ||
		r->outer.ip.protocol != IPPROTO_UDP)
		return XDP_DROP; /* the kernel's own: ARP, ND */
	if ((void *)(r + 1) > end) {
		wrong++;
		return XDP_DROP;
	}
	n = r->nonce[1];
	if (n < gen_eids && r->head == bpf_htonl(0x20000001) && r->ttl == bpf_htonl(1440) &&
		r->counts == bpf_htonl(2 << 24 | 32 << 16) && !r->version &&
		r->afi == bpf_htons(1) && r->eid == eid_of(n) &&
		locator_right(&r->locators[0], locator_of(n / SET, 0)) &&
		locator_right(&r->locators[1], locator_of(n / SET, 1)) &&
		outer_right(&r->outer, sizeof(*r)))
		arrived++;
	else
		wrong++;
	return XDP_DROP;
}

/* The reference: back to the sender, with nothing looked at. */
SEC("xdp")
int echo(struct xdp_md *ctx)
{
	struct headers *h = (void *)(long)ctx->data;
	__u8 mac[6];
	__be32 addr;

	if ((void *)(h + 1) > (void *)(long)ctx->data_end)
		return XDP_PASS;
	__builtin_memcpy(mac, h->eth.h_dest, 6);
	__builtin_memcpy(h->eth.h_dest, h->eth.h_source, 6);
	__builtin_memcpy(h->eth.h_source, mac, 6);
	addr = h->ip.saddr;
	h->ip.saddr = h->ip.daddr;
	h->ip.daddr = addr;
	return XDP_TX;
}

SEC("xdp")
int sink_echoes(struct xdp_md *ctx)
{
	struct headers *h = (void *)(long)ctx->data;

	if ((void *)(h + 1) > (void *)(long)ctx->data_end ||
		h->eth.h_proto != bpf_htons(ETH_P_IP) || h->ip.protocol != IPPROTO_UDP)
		return XDP_DROP;
	if (h->ip.saddr == gen_to && h->ip.daddr == gen_from)
		arrived++;
	else
		wrong++;
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
