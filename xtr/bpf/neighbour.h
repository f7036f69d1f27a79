/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* neighbour: hosts that announce themselves by ARP or neighbour discovery on a site port. Only
 * looks. */
#ifndef SUNWARD_XTR_BPF_NEIGHBOUR_H
#define SUNWARD_XTR_BPF_NEIGHBOUR_H

#include "xtr/bpf/events.h"

#define ARP_REPLY    2
#define ND_SOLICIT   135
#define ND_ADVERTISE 136

#define ND_TARGET_MAC 2 /* option */

struct arp4 {
	__be16 hardware, protocol;
	__u8 hardware_len, protocol_len;
	__be16 operation;
	__u8 sender_mac[6];
	__u8 sender_ip[4];
	__u8 target_mac[6];
	__u8 target_ip[4];
};

struct nd {
	__u8 type, code;
	__u16 check;
	__u32 flags;
	__u32 target[4];
};

/* What is told with our MAC, or the gateway's, is told by another xTR of this site, which answers
 * for who is not here. */
static __always_inline bool is_router(const struct contract_port *port, const __u8 *mac)
{
	return mac_equal(mac, port->mac) || mac_equal(mac, port->gateway);
}

static __always_inline void arp_seen(
	void *l3, void *end, __u32 ifindex, const struct contract_port *port)
{
	struct arp4 *arp = l3;
	enum sign sign = SIGN_SPOKE;
	union ip host = {};
	__u32 target;

	if ((void *)(arp + 1) > end || arp->hardware != bpf_htons(1) ||
		arp->protocol != bpf_htons(ETH_P_IP) || arp->hardware_len != 6 ||
		arp->protocol_len != 4)
		return;
	__builtin_memcpy(&host.v4, arp->sender_ip, 4);
	__builtin_memcpy(&target, arp->target_ip, 4);
	if (is_router(port, arp->sender_mac))
		return;
	if (!host.v4) /* an address probe (RFC 5227): nobody has it yet */
		return;
	if (host.v4 == target)
		sign = SIGN_ANNOUNCED;
	else if (arp->operation == bpf_htons(ARP_REPLY))
		sign = SIGN_ANSWERED;
	event_host(CONTRACT_ARP_SEEN, ifindex, port->iid, 4, &host, arp->sender_mac, sign);
}

/* RFC 4861 section 4.6.1, as the first option: where another xTR has it. */
struct nd_told {
	__u8 type, units;
	__u8 mac[6];
};

/* @f has been parsed from the packet behind @eth and is ICMPv6. */
static __always_inline void nd_seen(const struct flow *f, struct ethhdr *eth, void *end,
	__u32 ifindex, const struct contract_port *port)
{
	struct nd *nd = (void *)(eth + 1) + sizeof(struct ipv6hdr);
	const struct nd_told *told = (void *)(nd + 1);
	bool anonymous = !f->src.half[0] && !f->src.half[1];
	enum sign sign = SIGN_SPOKE;
	union ip host = f->src;

	if ((void *)(nd + 1) > end || f->ttl != 255)
		return;
	if (nd->type != ND_SOLICIT && nd->type != ND_ADVERTISE)
		return;
	if (nd->type == ND_ADVERTISE && (void *)(told + 1) <= end && told->type == ND_TARGET_MAC &&
		is_router(port, told->mac))
		return;
	if (nd->type == ND_ADVERTISE) {
		__builtin_memcpy(&host, nd->target, 16);
		sign = nd->flags & bpf_htonl(0x40000000) ? SIGN_ANSWERED : SIGN_ANNOUNCED;
	} else if (anonymous) { /* duplicate address detection: no one has it yet */
		return;
	}
	if ((host.v6[0] & bpf_htonl(0xffc00000)) == bpf_htonl(0xfe800000)) /* link-local */
		return;
	event_host(CONTRACT_ARP_SEEN, ifindex, port->iid, 6, &host, eth->h_source, sign);
}

#endif
