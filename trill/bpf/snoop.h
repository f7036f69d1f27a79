/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* snoop: the daemon reads ARP, ND and RARP to groups of our own end stations, which go on as any
 * frame: which IP addresses they have, and that one has moved here (docs/trill.md, coupling). */
#ifndef SUNWARD_TRILL_BPF_SNOOP_H
#define SUNWARD_TRILL_BPF_SNOOP_H

#include <linux/ipv6.h>

#include "trill/bpf/frame.h"
#include "trill/bpf/police.h"

#define SNOOP_LEAST 28 /* bytes of ARP and RARP */

/* The Ethertype, the outer tag left out; NULL: the frame is too short. */
static __always_inline const __be16 *native_type(const struct frame *f, bool tagged)
{
	const struct ethhdr *eth = f->data;
	const __be16 *type = tagged ? (const void *)(eth + 1) + 2 : (const void *)&eth->h_proto;

	return (const void *)(type + 1) > f->end ? NULL : type;
}

static __always_inline bool is_arp_nd(const struct frame *f, bool tagged)
{
	const __be16 *type = native_type(f, tagged);
	const struct ipv6hdr *ip;
	const __u8 *icmp;

	if (!type)
		return false;
	ip = (const void *)(type + 1);
	icmp = (const void *)(ip + 1);
	if (*type == bpf_htons(TYPE_ARP))
		return true;
	return *type == bpf_htons(TYPE_IPV6) && (const void *)(icmp + 1) <= f->end &&
	       ip->nexthdr == PROTOCOL_ICMPV6 &&
	       (*icmp == ND_SOLICITATION || *icmp == ND_ADVERTISEMENT);
}

/* What QEMU says where a guest has arrived. */
static __always_inline bool is_rarp(const struct frame *f, bool tagged)
{
	const __be16 *type = native_type(f, tagged);

	return type && *type == bpf_htons(TYPE_RARP);
}

/* Without the outer tag, and as much of it as there is room for. */
static __always_inline void snoop_tell(
	struct xdp_md *ctx, const struct frame *f, __u16 slot, __u16 vlan, bool tagged)
{
	const struct ethhdr *eth = f->data;
	__u32 at = tagged ? sizeof(*eth) - 2 + TAG_LEN : sizeof(*eth) - 2;
	__u64 len = f->end - f->data - at;
	struct contract_snooped *e;

	if (len < SNOOP_LEAST + 2)
		return;
	if (!police_take(slot, CONTRACT_CLASS_SNOOP, &police_classes[CONTRACT_CLASS_SNOOP])) {
		count(CONTRACT_CNT_LIMIT_SNOOP);
		return;
	}
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		count(CONTRACT_CNT_LIMIT_SNOOP); /* no event of a station: nothing is to be made
						    good */
		return;
	}
	if (len > sizeof(e->frame) - sizeof(eth->h_dest) - sizeof(eth->h_source))
		len = sizeof(e->frame) - sizeof(eth->h_dest) - sizeof(eth->h_source);
	__builtin_memset(e, 0, sizeof(*e));
	e->type = CONTRACT_SNOOPED;
	e->len = sizeof(eth->h_dest) + sizeof(eth->h_source) + len;
	e->vlan = vlan;
	e->slot = slot;
	mac_copy(e->frame, eth->h_dest);
	mac_copy(e->frame + sizeof(eth->h_dest), eth->h_source);
	if (bpf_xdp_load_bytes(
		    ctx, at, e->frame + sizeof(eth->h_dest) + sizeof(eth->h_source), len)) {
		bpf_ringbuf_discard(e, 0);
		return;
	}
	count(CONTRACT_CNT_SNOOPED);
	bpf_ringbuf_submit(e, 0);
}

/* A native frame at a port of which we are the forwarder. */
static __always_inline void snoop(
	struct xdp_md *ctx, const struct frame *f, __u16 slot, __u16 vlan, bool tagged)
{
	const struct ethhdr *eth = f->data;

	if (eth->h_dest[0] & 1 && (is_arp_nd(f, tagged) || is_rarp(f, tagged)))
		snoop_tell(ctx, f, slot, vlan, tagged);
}

#endif
