/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* encap: the outer headers of RFC 9300 section 5.1-5.3, and the route to a locator. */
#ifndef SUNWARD_XTR_BPF_ENCAP_H
#define SUNWARD_XTR_BPF_ENCAP_H

#include "xtr/bpf/route.h"

#define LISP_FLAG_N   0x80
#define LISP_FLAG_V   0x10
#define LISP_FLAG_I   0x08
#define LISP_FLAG_P   0x04 /* LISP-GPE (RFC 9305) */
#define LISP_FLAGS_KK 0x03

struct lisphdr {
	__u8 flags;
	__u8 nonce[3];
	__be32 iid_lsb; /* with I: instance-ID in the upper 24 bits */
};

struct outer4 {
	struct iphdr ip;
	struct udphdr udp;
	struct lisphdr lisp;
};

struct outer6 {
	struct ipv6hdr ip;
	struct udphdr udp;
	struct lisphdr lisp;
};

/* What an encapsulation needs to know besides the inner packet. */
struct outer {
	union ip src, dst;
	__u32 iid;
	__u32 inner_len; /* bytes; more than fit the length fields only with GSO */
	__u64 hash;
	__u8 family;
	__u8 tos;
	__u8 ttl;
};

static __always_inline __u32 outer_size(__u8 family)
{
	return family == 4 ? sizeof(struct outer4) : sizeof(struct outer6);
}

static __always_inline __be16 outer_sport(const struct outer *o)
{
	return bpf_htons(0xc000 | (o->hash & 0x3fff));
}

/* A length field; 0 when it does not fit (GSO: each segment gets its own). */
static __always_inline __be16 outer_len16(__u32 len)
{
	return len > 0xffff ? 0 : bpf_htons(len);
}

static __always_inline void udp_lisp_write(
	struct udphdr *udp, struct lisphdr *lisp, const struct outer *o)
{
	udp->source = outer_sport(o);
	udp->dest = bpf_htons(CONTRACT_LISP_PORT);
	udp->len = outer_len16(o->inner_len + sizeof(*udp) + sizeof(*lisp));
	udp->check = 0; /* RFC 9300 section 5.3, and RFC 6935 for IPv6 */
	*(__u32 *)lisp = o->iid ? bpf_htonl(LISP_FLAG_I << 24) : 0;
	lisp->iid_lsb = bpf_htonl(o->iid << 8);
}

static __always_inline void outer4_write(struct outer4 *h, const struct outer *o)
{
	__u16 *w = (__u16 *)&h->ip;
	__u32 sum = 0;
	int i;

	*(__u16 *)&h->ip = bpf_htons(0x4500 | o->tos);
	h->ip.tot_len = outer_len16(o->inner_len + sizeof(*h));
	h->ip.id = 0;
	h->ip.frag_off = bpf_htons(IP4_DF);
	h->ip.ttl = o->ttl;
	h->ip.protocol = IPPROTO_UDP;
	h->ip.check = 0;
	h->ip.saddr = o->src.v4;
	h->ip.daddr = o->dst.v4;
#pragma unroll
	for (i = 0; i < 10; i++)
		sum += w[i];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	h->ip.check = ~sum;
	udp_lisp_write(&h->udp, &h->lisp, o);
}

static __always_inline void outer6_write(struct outer6 *h, const struct outer *o)
{
	__u32 label = o->hash >> 44; /* 20 bits that the source port does not show */

	*(__u32 *)&h->ip = bpf_htonl(0x60000000 | (__u32)o->tos << 20 | label);
	h->ip.payload_len = outer_len16(o->inner_len + sizeof(h->udp) + sizeof(h->lisp));
	h->ip.nexthdr = IPPROTO_UDP;
	h->ip.hop_limit = o->ttl;
	__builtin_memcpy(&h->ip.saddr, &o->src, 16);
	__builtin_memcpy(&h->ip.daddr, &o->dst, 16);
	udp_lisp_write(&h->udp, &h->lisp, o);
}

/* The route to the locator, as for a packet that came in by a core port. Returns BPF_FIB_LKUP_RET_*
 * or negative. */
static __always_inline long outer_route(void *ctx, const struct contract_settings *s,
	const struct outer *o, struct bpf_fib_lookup *fib)
{
	__builtin_memset(fib, 0, sizeof(*fib));
	fib->ifindex = s->core_ifindex;
	fib->l4_protocol = IPPROTO_UDP;
	fib->sport = outer_sport(o);
	fib->dport = bpf_htons(CONTRACT_LISP_PORT);
	if (o->family == 4) {
		fib->family = AF_INET;
		fib->ipv4_src = o->src.v4;
		fib->ipv4_dst = o->dst.v4;
	} else {
		fib->family = AF_INET6;
		__builtin_memcpy(fib->ipv6_src, &o->src, 16);
		__builtin_memcpy(fib->ipv6_dst, &o->dst, 16);
	}
	return route_find(ctx, s, fib);
}

/* The outer source for @o->family; false when this xTR has none. */
static __always_inline bool outer_source(const struct contract_settings *s, struct outer *o)
{
	o->src.half[0] = o->src.half[1] = 0;
	if (o->family == 4) {
		o->src.v4 = s->rloc4;
		return s->has_rloc4;
	}
	__builtin_memcpy(&o->src, s->rloc6, 16);
	return s->has_rloc6;
}

/* A core port may have an outer source of its own. */
static __always_inline void outer_source_of_port(
	const struct contract_settings *s, struct outer *o, __u32 ifindex)
{
	const struct contract_port *port;

	if (!s->port_sources)
		return;
	port = bpf_map_lookup_elem(&ports, &ifindex);
	if (!port)
		return;
	if (o->family == 4 && port->has_rloc4)
		o->src.v4 = port->rloc4;
	else if (o->family == 6 && port->has_rloc6)
		__builtin_memcpy(&o->src, port->rloc6, 16);
}

static __always_inline void outer_to(struct outer *o, const struct contract_locator *l)
{
	o->family = l->family;
	__builtin_memcpy(&o->dst, l->addr, 16);
}

/* S of RFC 9300 section 7.1: what fits into L with the outer headers. */
static __always_inline __u32 outer_room(const struct contract_settings *s, __u8 family)
{
	return s->mtu - outer_size(family);
}

#endif
