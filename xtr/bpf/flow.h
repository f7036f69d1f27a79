/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* flow: one look at an IP packet: addresses, the fields that a tunnel copies, and the keyed hash of
 * its flow. */
#ifndef SUNWARD_XTR_BPF_FLOW_H
#define SUNWARD_XTR_BPF_FLOW_H

#include <stdbool.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>

#include "lib/base/sip_bpf.h"
#include "xtr/bpf/maps.h"

#define IP4_DF       0x4000
#define IP4_FRAGMENT 0x3fff /* MF or an offset */

union ip {
	__u32 v4;
	__u32 v6[4];
	__u64 half[2];
};

struct flow {
	union ip src, dst;
	__u32 ports; /* both, as on the wire; 0 when there are none to see */
	__u16 len;   /* as the header says, header included */
	__u8 family; /* 4, 6 */
	__u8 proto;
	__u8 ttl;
	__u8 tos;
	__u8 header; /* bytes before the transport header */
	__u8 spare;
};

static __always_inline bool mac_equal(const __u8 *a, const __u8 *b)
{
	const __u16 *x = (const __u16 *)a, *y = (const __u16 *)b;

	return x[0] == y[0] && x[1] == y[1] && x[2] == y[2];
}

static __always_inline bool flow_has_ports(__u8 proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP;
}

static __always_inline bool flow_parse4(struct flow *f, void *l3, void *end)
{
	struct iphdr *ip = l3;
	__u32 *ports;

	if ((void *)(ip + 1) > end || ip->version != 4 || ip->ihl < 5)
		return false;
	f->family = 4;
	f->src.half[0] = f->src.half[1] = 0;
	f->dst.half[0] = f->dst.half[1] = 0;
	f->src.v4 = ip->saddr;
	f->dst.v4 = ip->daddr;
	f->len = bpf_ntohs(ip->tot_len);
	f->proto = ip->protocol;
	f->ttl = ip->ttl;
	f->tos = ip->tos;
	f->header = ip->ihl << 2;
	f->ports = 0;
	ports = l3 + (ip->ihl << 2);
	if (flow_has_ports(f->proto) && !(ip->frag_off & bpf_htons(IP4_FRAGMENT)) &&
		(void *)(ports + 1) <= end)
		f->ports = *ports;
	return true;
}

static __always_inline bool flow_parse6(struct flow *f, void *l3, void *end)
{
	struct ipv6hdr *ip = l3;
	__u32 *ports = l3 + sizeof(*ip);

	if ((void *)(ip + 1) > end || ip->version != 6)
		return false;
	f->family = 6;
	__builtin_memcpy(&f->src, &ip->saddr, 16);
	__builtin_memcpy(&f->dst, &ip->daddr, 16);
	f->len = bpf_ntohs(ip->payload_len) + sizeof(*ip);
	f->proto = ip->nexthdr;
	f->ttl = ip->hop_limit;
	f->tos = ip->priority << 4 | ip->flow_lbl[0] >> 4;
	f->header = sizeof(*ip);
	f->ports = 0;
	if (flow_has_ports(f->proto) && (void *)(ports + 1) <= end)
		f->ports = *ports;
	return true;
}

static __always_inline bool flow_parse(struct flow *f, void *l3, void *end, __u8 family)
{
	return family == 4 ? flow_parse4(f, l3, end) : flow_parse6(f, l3, end);
}

/* SipHash-1-3 of the 5-tuple under a secret key: guests choose their addresses and ports, and must
 * not choose the locator or the source port that these fall on (RFC 9300 section 5.3 asks for a
 * stable hash, not for a known one). */
static __always_inline __u64 flow_hash(const struct flow *f, const __u64 key[2])
{
	struct sip_bpf s = sip_bpf_start(key);

	if (f->family == 4) {
		sip_bpf_absorb(&s, (__u64)f->src.v4 << 32 | f->dst.v4);
	} else {
		sip_bpf_absorb(&s, f->src.half[0]);
		sip_bpf_absorb(&s, f->src.half[1]);
		sip_bpf_absorb(&s, f->dst.half[0]);
		sip_bpf_absorb(&s, f->dst.half[1]);
	}
	sip_bpf_absorb(&s, (__u64)f->ports << 32 | (f->ports ? f->proto : 0));
	return sip_bpf_finish(&s);
}

/* The sum over one changed 16-bit word (RFC 1624, equation 3). */
static __always_inline __u16 checksum_adjust(__u16 check, __u16 was, __u16 is)
{
	__u32 sum = (__u16)~check + (__u32)(__u16)~was + is;

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* Give a packet a new TOS octet and TTL. The caller has parsed it, so that its fixed header is
 * there. */
static __always_inline void ip4_set(struct iphdr *ip, __u8 tos, __u8 ttl)
{
	__u16 *word = (__u16 *)ip;
	__u16 was = word[0];

	ip->tos = tos;
	ip->check = checksum_adjust(ip->check, was, word[0]);
	was = word[4];
	ip->ttl = ttl;
	ip->check = checksum_adjust(ip->check, was, word[4]);
}

static __always_inline void ip6_set(struct ipv6hdr *ip, __u8 tos, __u8 ttl)
{
	ip->priority = tos >> 4;
	ip->flow_lbl[0] = (ip->flow_lbl[0] & 0x0f) | tos << 4;
	ip->hop_limit = ttl;
}

#endif
