/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* xtr_tc: the tunnel router at tc ingress, for every port: keeps GSO and GRO, and is the one slow
 * path. What it does not understand it leaves to the kernel; what user space must see goes up whole
 * through the hold tap.
 *
 *   site_ingress  site port: learn, look up, encapsulate
 *   core_ingress  core port: decapsulate, deliver or send on
 *   tap_ingress   hold tap: what user space sends down again */
#include <linux/pkt_cls.h>

#include "xtr/bpf/neighbour.h"

#define PACKET_TO_US 0 /* skb->pkt_type: see linux/if_packet.h */
#define OTHER_HOST   3 /* ... the frame is to another MAC */

#define PASS TC_ACT_UNSPEC /* the next program, then the kernel */
#define L3   ((int)sizeof(struct ethhdr))

/* Kernel 6.3; older headers lack them. */
#define ADJ_ROOM_DECAP_L3_IPV4 (1ULL << 7)
#define ADJ_ROOM_DECAP_L3_IPV6 (1ULL << 8)

#define HEADERS_MAX (L3 + 40 + 8 + 8 + 60 + 20) /* outer IPv6, inner IPv4 with options, TCP */

#define DATA(skb)     ((void *)(long)(skb)->data)
#define DATA_END(skb) ((void *)(long)(skb)->data_end)

static __always_inline int drop(enum contract_counter why)
{
	count(why);
	return TC_ACT_SHOT;
}

static __always_inline __u8 skb_family(const struct __sk_buff *skb)
{
	if (skb->protocol == bpf_htons(ETH_P_IP))
		return 4;
	return skb->protocol == bpf_htons(ETH_P_IPV6) ? 6 : 0;
}

/* Make the headers linear, when the packet has them at all. */
static __always_inline void linearize(struct __sk_buff *skb)
{
	__u32 want = skb->len < HEADERS_MAX ? skb->len : HEADERS_MAX;

	if (DATA(skb) + want > DATA_END(skb))
		bpf_skb_pull_data(skb, want);
}

/* The inner packet as it will be on the wire: GSO packets say nothing true in their length fields.
 */
static __always_inline __u32 inner_len(const struct __sk_buff *skb, const struct flow *f)
{
	return skb->gso_size ? skb->len - L3 : f->len;
}

/* The size of the largest packet that @skb becomes. */
static __always_inline __u32 wire_len(struct __sk_buff *skb, const struct flow *f)
{
	__u8 *l4 = DATA(skb) + L3 + f->header;

	if (!skb->gso_size)
		return f->len;
	if (f->proto != IPPROTO_TCP)
		return f->header + sizeof(struct udphdr) + skb->gso_size;
	if ((void *)l4 + 20 > DATA_END(skb))
		return f->header + 60 + skb->gso_size;
	return f->header + (l4[12] >> 4 << 2) + skb->gso_size;
}

/* Where a packet that goes up comes from: a site port, or the core and there an RLOC. */
struct origin {
	__u32 value; /* of the tag */
	bool core;
};

static __always_inline struct origin from_site(const struct __sk_buff *skb)
{
	return (struct origin){.value = skb->ifindex};
}

static __always_inline struct origin from_rloc(const struct decap *d)
{
	return (struct origin){.value = rloc_mark(d->family, d->from.v6), .core = true};
}

/* Whether the port may have one more packet in the tap's queue: as long as it has less there than
 * is free. So one that floods gets half of it, two get a third each, and something is always left
 * for the others. */
static __always_inline bool tap_share_take(const struct contract_settings *s, __u32 port)
{
	__u32 all = CONTRACT_TAP_ALL;
	__u64 *port_up = bpf_map_lookup_elem(&tap_up, &port);
	__u64 *port_taken = bpf_map_lookup_elem(&tap_taken, &port);
	__u64 *all_up = bpf_map_lookup_elem(&tap_up, &all);
	__u64 *all_taken = bpf_map_lookup_elem(&tap_taken, &all);

	if (!port_up || !port_taken || !all_up || !all_taken)
		return true; /* a port that comes or goes just now */
	if ((__s64)(*port_up - *port_taken + *all_up - *all_taken) >= (__s64)s->tap_queue)
		return false;
	__sync_fetch_and_add(port_up, 1);
	__sync_fetch_and_add(all_up, 1);
	return true;
}

/* Hand the packet up, with what user space must know in place of its Ethernet addresses. */
static __always_inline int up(struct __sk_buff *skb, const struct contract_settings *s,
	enum contract_reason reason, __u32 iid, __u16 mtu, struct origin from,
	enum contract_counter why)
{
	struct ethhdr *eth = DATA(skb);
	struct contract_tag *tag = (void *)eth;

	if (!s->tap_ifindex || (void *)(eth + 1) > DATA_END(skb))
		return drop(CONTRACT_CNT_DROP_TAP);
	if (!tap_share_take(s, from.core ? CONTRACT_TAP_CORE : from.value))
		return drop(CONTRACT_CNT_DROP_TAP_SHARE);
	tag->reason = reason << 2 | 2;
	tag->iid[0] = iid >> 16;
	tag->iid[1] = iid >> 8;
	tag->iid[2] = iid;
	tag->mtu[0] = mtu >> 8;
	tag->mtu[1] = mtu;
	tag->local = 2;
	tag->from_core = from.core;
	tag->origin[0] = from.value >> 24;
	tag->origin[1] = from.value >> 16;
	tag->origin[2] = from.value >> 8;
	tag->origin[3] = from.value;
	count(why);
	return bpf_redirect(s->tap_ifindex, 0);
}

/* Hand up what is dropped and may draw an ICMP error. Far fewer are sent than a guest can ask for,
 * and the tap's queue is for packets that wait for their mapping. */
static __always_inline int up_dropped(struct __sk_buff *skb, const struct contract_settings *s,
	enum contract_reason reason, __u32 iid, struct origin from, enum contract_counter why)
{
	if (port_may_speak(skb->ifindex | PORT_ERRORS))
		return up(skb, s, reason, iid, 0, from, why);
	return drop(why);
}

/* Send a finished packet on by what the routing said. */
static __always_inline int forward(struct __sk_buff *skb, struct bpf_fib_lookup *fib, long rc,
	__u8 family, __u32 fallback_ifindex)
{
	struct ethhdr *eth = DATA(skb);
	struct bpf_redir_neigh nh = {};

	if ((void *)(eth + 1) > DATA_END(skb))
		return drop(CONTRACT_CNT_DROP_ROOM);
	eth->h_proto = family == 4 ? bpf_htons(ETH_P_IP) : bpf_htons(ETH_P_IPV6);
	if (rc == BPF_FIB_LKUP_RET_SUCCESS) {
		__builtin_memcpy(eth->h_dest, fib->dmac, 6);
		__builtin_memcpy(eth->h_source, fib->smac, 6);
		return bpf_redirect(fib->ifindex, 0);
	}
	if (rc == BPF_FIB_LKUP_RET_FWD_DISABLED) /* the kernel's output routing does not ask */
		return bpf_redirect_neigh(fallback_ifindex, 0, 0, 0);
	nh.nh_family = fib->family;
	__builtin_memcpy(nh.ipv6_nh, fib->ipv6_dst, 16);
	return bpf_redirect_neigh(fib->ifindex, &nh, sizeof(nh), 0);
}

static __always_inline bool forwardable(long rc)
{
	return rc == BPF_FIB_LKUP_RET_SUCCESS || rc == BPF_FIB_LKUP_RET_NO_NEIGH ||
	       rc == BPF_FIB_LKUP_RET_FWD_DISABLED;
}

/* Set TOS and TTL of the packet's IP header, whatever the state of its checksum. */
static __always_inline bool ip_set(struct __sk_buff *skb, int off, __u8 family, __u8 tos, __u8 ttl)
{
	if (family == 4) {
		struct iphdr *ip = DATA(skb) + off;

		if ((void *)(ip + 1) > DATA_END(skb))
			return false;
		ip4_set(ip, tos, ttl); /* its own checksum keeps the packet's sum as it was */
	} else {
		struct ipv6hdr *ip = DATA(skb) + off;
		__u32 was[2], is[2];

		if ((void *)(ip + 1) > DATA_END(skb))
			return false;
		__builtin_memcpy(was, ip, 8);
		ip6_set(ip, tos, ttl);
		__builtin_memcpy(is, ip, 8);
		bpf_csum_update(
			skb, bpf_csum_diff(was, 8, is, 8, 0)); /* of use with CHECKSUM_COMPLETE */
	}
	return true;
}

/* Make room for the outer headers. The kernel refuses to mark a packet as encapsulated twice
 * (-EALREADY), and the mark outlives our decapsulation of what was encapsulated on this machine
 * (@marked), or by a guest in a namespace. Then plain room will do, as the marks of the first time
 * still hold; without them, segmentation offload would go wrong. Taking a little back is what sets
 * the protocol. */
static __always_inline bool make_room(
	struct __sk_buff *skb, __u8 family, __u8 inner_family, bool marked)
{
	__u64 flags = BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_ENCAP_L4_UDP, protocol;

	flags |= family == 4 ? BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 : BPF_F_ADJ_ROOM_ENCAP_L3_IPV6;
	protocol = family == 4 ? ADJ_ROOM_DECAP_L3_IPV4 : ADJ_ROOM_DECAP_L3_IPV6;
	if (!bpf_skb_adjust_room(skb, outer_size(family), BPF_ADJ_ROOM_MAC, flags))
		return true;
	if (skb->gso_size && !marked)
		return false;
	flags = BPF_F_ADJ_ROOM_FIXED_GSO;
	if (family == inner_family)
		return !bpf_skb_adjust_room(skb, outer_size(family), BPF_ADJ_ROOM_MAC, flags);
	return !bpf_skb_adjust_room(skb, outer_size(family) + 8, BPF_ADJ_ROOM_MAC, flags) &&
	       !bpf_skb_adjust_room(skb, -8, BPF_ADJ_ROOM_MAC, flags | protocol);
}

#define NO_ROOM (-2) /* no verdict: nothing was done to the packet */

/* Put the outer headers before the inner packet, which stands at L3, and send it; or NO_ROOM. */
static __always_inline int encapsulate(struct __sk_buff *skb, const struct contract_settings *s,
	struct outer *o, __u8 inner_family, enum contract_counter done)
{
	struct bpf_fib_lookup fib;
	long rc;

	if (!outer_source(s, o))
		return drop(CONTRACT_CNT_DROP_NO_RLOC);
	rc = outer_route(skb, s, o, &fib);
	if (!forwardable(rc))
		return drop(CONTRACT_CNT_DROP_NO_ROUTE);
	outer_source_of_port(s, o, fib.ifindex);
	if (!make_room(skb, o->family, inner_family, done == CONTRACT_CNT_REENCAP))
		return NO_ROOM;
	if (o->family == 4) {
		struct outer4 *h = DATA(skb) + L3;

		if ((void *)(h + 1) > DATA_END(skb))
			return drop(CONTRACT_CNT_DROP_ROOM);
		outer4_write(h, o);
	} else {
		struct outer6 *h = DATA(skb) + L3;

		if ((void *)(h + 1) > DATA_END(skb))
			return drop(CONTRACT_CNT_DROP_ROOM);
		outer6_write(h, o);
	}
	count(done);
	return forward(skb, &fib, rc, o->family, s->core_ifindex);
}

/* A packet from the site (or from user space, where it was held) towards a locator. */
static __always_inline int encapsulate_flow(struct __sk_buff *skb,
	const struct contract_settings *s, const struct flow *f, __u32 iid, __u32 locset,
	struct origin from)
{
	struct outer o = {.iid = iid, .tos = f->tos, .ttl = f->ttl - 1};
	const struct contract_locator *l;
	int rc;

	o.hash = flow_hash(f, s->hash_key);
	l = from.core ? locator_pick_other(locset, o.hash, from.value)
		      : locator_pick(locset, o.hash);
	if (!l)
		return drop(from.core ? CONTRACT_CNT_DROP_LOOP : CONTRACT_CNT_DROP_NO_RLOC);
	if (f->ttl <= 1)
		return up_dropped(skb, s, CONTRACT_UP_TTL, iid, from, CONTRACT_CNT_TTL_EXPIRED);
	outer_to(&o, l);
	if (wire_len(skb, f) > outer_room(s, o.family))
		return up(skb, s, CONTRACT_UP_TOO_BIG, iid, outer_room(s, o.family), from,
			CONTRACT_CNT_TOO_BIG);
	o.inner_len = inner_len(skb, f);
	if (!ip_set(skb, L3, f->family, f->tos, o.ttl))
		return PASS;
	rc = encapsulate(skb, s, &o, f->family, CONTRACT_CNT_ENCAP);
	if (rc != NO_ROOM)
		return rc;
	/* A run of segments that the guest has tunnelled itself: the kernel does not nest such
	 * runs. The tap takes none either, so they are cut on the way up, and come down one by one.
	 */
	if (!skb->gso_size || !ip_set(skb, L3, f->family, f->tos, f->ttl))
		return drop(CONTRACT_CNT_DROP_ROOM);
	return up(skb, s, CONTRACT_UP_HELD, iid, 0, from, CONTRACT_CNT_CUT);
}

/* A packet for the site: routed as the instance's site ports route, and never out of the instance.
 */
static __always_inline int deliver(struct __sk_buff *skb, const struct contract_settings *s,
	const struct flow *f, __u32 iid, bool ours, struct origin from)
{
	const struct contract_instance *instance = bpf_map_lookup_elem(&instances, &iid);
	const struct contract_port *port;
	struct bpf_fib_lookup fib = {};
	long rc;

	if (!instance)
		return iid ? drop(CONTRACT_CNT_DROP_INSTANCE) : PASS;
	/* The kernel's ICMP; but it would route by the core port, out of the instance. */
	if (f->ttl <= 1 && !ours)
		return iid ? up_dropped(
				     skb, s, CONTRACT_UP_TTL, iid, from, CONTRACT_CNT_TTL_EXPIRED)
			   : PASS;
	fib.ifindex = instance->ifindex;
	fib.l4_protocol = f->proto;
	if (f->family == 4) {
		fib.family = AF_INET;
		fib.ipv4_src = f->src.v4;
		fib.ipv4_dst = f->dst.v4;
	} else {
		fib.family = AF_INET6;
		__builtin_memcpy(fib.ipv6_src, &f->src, 16);
		__builtin_memcpy(fib.ipv6_dst, &f->dst, 16);
	}
	rc = route_find(skb, s, &fib);
	if (rc != BPF_FIB_LKUP_RET_SUCCESS && rc != BPF_FIB_LKUP_RET_NO_NEIGH)
		return iid ? drop(CONTRACT_CNT_DROP_INSTANCE) : PASS;
	port = bpf_map_lookup_elem(&ports, &fib.ifindex);
	if (!port || port->role != CONTRACT_SITE || port->iid != iid)
		return iid || (port && port->role == CONTRACT_SITE)
			       ? drop(CONTRACT_CNT_DROP_INSTANCE)
			       : PASS;
	if (!ours && !ip_set(skb, L3, f->family, f->tos, f->ttl - 1))
		return drop(CONTRACT_CNT_DROP_ROOM);
	return forward(skb, &fib, rc, f->family, 0);
}

/* Learn a host from its data packets. */
static __always_inline void source_seen(
	struct __sk_buff *skb, const struct contract_port *port, const struct flow *f)
{
	struct ethhdr *eth = DATA(skb);
	const struct contract_fwd *fwd;

	if (!port->dynamic || (void *)(eth + 1) > DATA_END(skb))
		return;
	if (mac_equal(eth->h_source, port->mac)) /* held, and learned from before */
		return;
	fwd = host_find(port->iid, f->family, &f->src);
	if (fwd && fwd->verdict.action == CONTRACT_LOCAL)
		return;
	if (dynamic_covers(port->iid, f->family, &f->src))
		event_host(CONTRACT_SOURCE_SEEN, skb->ifindex, port->iid, f->family, &f->src,
			eth->h_source, SIGN_SPOKE);
}

/* By its entry: a packet that came from the site. */
static __always_inline int site_forward(
	struct __sk_buff *skb, const struct contract_settings *s, const struct flow *f, __u32 iid)
{
	struct contract_fwd *fwd = fwd_find(iid, f->family, &f->dst);
	struct contract_verdict v;

	if (!fwd) {
		count(CONTRACT_CNT_NATIVE);
		return PASS;
	}
	v = fwd_use(fwd);
	if (v.flags & CONTRACT_HOLD && v.action <= CONTRACT_LOCAL)
		return up(skb, s, CONTRACT_UP_HELD, iid, 0, from_site(skb), CONTRACT_CNT_HELD);
	switch (v.action) {
	case CONTRACT_ENCAP:
		return encapsulate_flow(skb, s, f, iid, v.locset, from_site(skb));
	case CONTRACT_NONE:
		return drop(CONTRACT_CNT_DROP_NO_MAPPING);
	case CONTRACT_DROP:
		return up_dropped(
			skb, s, CONTRACT_UP_DENIED, iid, from_site(skb), CONTRACT_CNT_DENIED);
	default:
		count(CONTRACT_CNT_NATIVE);
		return PASS;
	}
}

/* A frame to another station's MAC, from a host to a host of one subnet: of a neighbour that has
 * not heard yet that the other has left, or of a host that has come and remembers its neighbours of
 * before. It reaches us because no port of the site has that MAC, and goes by its inner
 * destination, if that is at another site, or may be. */
static __always_inline bool is_astray(const struct __sk_buff *skb, const struct contract_port *port,
	const struct flow *f, const struct ethhdr *eth)
{
	const __u32 *from, *to;
	struct contract_verdict v = {};
	struct contract_fwd *fwd;

	if (skb->pkt_type != OTHER_HOST || !port->proxy)
		return false;
	from = dynamic_find(port->iid, f->family, &f->src);
	to = dynamic_find(port->iid, f->family, &f->dst);
	if (!from || !to || *from != *to)
		return false;
	fwd = fwd_find(port->iid, f->family, &f->dst);
	if (fwd)
		*(__u64 *)&v = *(volatile __u64 *)&fwd->word;
	if (v.flags & CONTRACT_AT_PORT ||
		(v.action != CONTRACT_ENCAP &&
			!(v.action == CONTRACT_NONE && v.flags & CONTRACT_HOLD)))
		return false;
	count(CONTRACT_CNT_ASTRAY);
	event_host(CONTRACT_ASTRAY, skb->ifindex, port->iid, f->family, &f->dst, eth->h_source,
		SIGN_SPOKE);
	return true;
}

SEC("tc")
int site_ingress(struct __sk_buff *skb)
{
	const struct contract_settings *s = settings_get();
	const struct contract_port *port;
	__u32 ifindex = skb->ifindex;
	struct ethhdr *eth;
	struct flow f;

	port = bpf_map_lookup_elem(&ports, &ifindex);
	if (!s || !port || port->role != CONTRACT_SITE)
		return PASS;
	linearize(skb);
	eth = DATA(skb);
	if ((void *)(eth + 1) > DATA_END(skb))
		return PASS;
	if (skb->pkt_type == OTHER_HOST && mac_equal(eth->h_dest, port->gateway))
		bpf_skb_change_type(skb, PACKET_TO_US); /* the kernel knows its own MAC only */
	if (skb->protocol == bpf_htons(ETH_P_ARP)) {
		arp_seen(eth + 1, DATA_END(skb), ifindex, port);
		return PASS;
	}
	if (!skb_family(skb) || !flow_parse(&f, eth + 1, DATA_END(skb), skb_family(skb)))
		return PASS;
	if (f.proto == IPPROTO_ICMPV6 && f.family == 6 && !mac_equal(eth->h_source, port->mac))
		nd_seen(&f, eth, DATA_END(skb), ifindex, port);
	if (f.len < f.header || (!skb->gso_size && f.len + L3 > skb->len))
		return PASS; /* the kernel shall judge it */
	if (skb->pkt_type != 0 && !is_astray(skb, port, &f, eth))
		return PASS; /* not to this router */
	source_seen(skb, port, &f);
	return site_forward(skb, s, &f, port->iid);
}

/* Take the outer headers off and give the inner packet its new TOS and TTL. */
static __always_inline bool decapsulate(struct __sk_buff *skb, struct decap *d)
{
	int strip = d->family == 4 ? sizeof(struct outer4) : sizeof(struct outer6);
	__u64 flags = BPF_F_ADJ_ROOM_FIXED_GSO;
	struct ethhdr *eth;

	if (d->inner.family != d->family) /* else a kernel before 6.3 will do */
		flags |= d->inner.family == 4 ? ADJ_ROOM_DECAP_L3_IPV4 : ADJ_ROOM_DECAP_L3_IPV6;
	if (bpf_skb_adjust_room(skb, -strip, BPF_ADJ_ROOM_MAC, flags))
		return false;
	eth = DATA(skb);
	if ((void *)(eth + 1) > DATA_END(skb))
		return false;
	eth->h_proto = d->inner.family == 4 ? bpf_htons(ETH_P_IP) : bpf_htons(ETH_P_IPV6);
	if (d->tos != d->inner.tos || d->ttl != d->inner.ttl) {
		if (!ip_set(skb, L3, d->inner.family, d->tos, d->ttl))
			return false;
		d->inner.tos = d->tos;
		d->inner.ttl = d->ttl;
	}
	return true;
}

/* The EID was here and has left: send the packet on. */
static __always_inline int send_on(struct __sk_buff *skb, const struct contract_settings *s,
	struct decap *d, const struct contract_verdict *v)
{
	struct outer o = {.iid = d->iid};
	const struct contract_locator *l;
	int rc;

	o.hash = flow_hash(&d->inner, s->hash_key);
	l = locator_pick_other(v->locset, o.hash, from_rloc(d).value);
	if (!l && v->flags & CONTRACT_BACK)
		l = locator_pick(v->locset, o.hash);
	if (!l)
		return drop(CONTRACT_CNT_DROP_LOOP);
	if (d->hop_limit <= 1)
		return drop(CONTRACT_CNT_DROP_HOP_LIMIT);
	outer_to(&o, l);
	if (!decapsulate(skb, d))
		return drop(CONTRACT_CNT_DROP_ROOM);
	o.tos = d->tos;
	o.ttl = d->hop_limit - 1;
	o.inner_len = inner_len(skb, &d->inner);
	if (wire_len(skb, &d->inner) > outer_room(s, o.family))
		return up(skb, s, CONTRACT_UP_TOO_BIG, d->iid, outer_room(s, o.family),
			from_rloc(d), CONTRACT_CNT_TOO_BIG);
	rc = encapsulate(skb, s, &o, d->inner.family, CONTRACT_CNT_REENCAP);
	return rc == NO_ROOM ? drop(CONTRACT_CNT_DROP_ROOM) : rc;
}

/* The EID is to come here, and this packet was sent on by who has it now: it waits. */
static __always_inline bool expected(const struct contract_verdict *v, const struct decap *d)
{
	if (v->flags & CONTRACT_EXPECT)
		return true;
	return v->flags & CONTRACT_EXPECT_OWNER && v->action == CONTRACT_ENCAP &&
	       locset_has(v->locset, from_rloc(d).value);
}

static __always_inline int up_held(
	struct __sk_buff *skb, const struct contract_settings *s, struct decap *d)
{
	if (!decapsulate(skb, d))
		return drop(CONTRACT_CNT_DROP_ROOM);
	return up(skb, s, CONTRACT_UP_HELD, d->iid, 0, from_rloc(d), CONTRACT_CNT_HELD);
}

/* By its entry: a packet that came out of a tunnel. */
static __always_inline int core_forward(
	struct __sk_buff *skb, const struct contract_settings *s, struct decap *d)
{
	struct contract_fwd *fwd = fwd_find(d->iid, d->inner.family, &d->inner.dst);
	struct contract_verdict v = {};

	if (fwd)
		v = fwd_use(fwd);
	if (expected(&v, d))
		return up_held(skb, s, d);
	if (v.action == CONTRACT_LOCAL) {
		if (!decapsulate(skb, d))
			return drop(CONTRACT_CNT_DROP_ROOM);
		count(CONTRACT_CNT_DECAP);
		if (v.flags & CONTRACT_HOLD)
			return up(skb, s, CONTRACT_UP_HELD, d->iid, 0, from_rloc(d),
				CONTRACT_CNT_HELD);
		return deliver(skb, s, &d->inner, d->iid, false, from_rloc(d));
	}
	event_away(skb->ifindex, d);
	if (v.action != CONTRACT_ENCAP || !(v.flags & CONTRACT_AWAY))
		return drop(CONTRACT_CNT_DROP_NOT_LOCAL);
	if (v.flags & CONTRACT_HOLD)
		return up_held(skb, s, d);
	return send_on(skb, s, d, &v);
}

/* XDP on this port has decapsulated it already: the instance-ID, or negative. */
static __always_inline long decapsulated_by_xdp(struct __sk_buff *skb)
{
	struct contract_decapsulated *meta = (void *)(long)skb->data_meta;

	if ((void *)(meta + 1) > DATA(skb) || meta->magic != CONTRACT_DECAPSULATED)
		return -1;
	return meta->iid;
}

/* ICMP about one of our outer packets: @off is where the quoted IP header stands. */
static __always_inline void icmp_seen(struct __sk_buff *skb, __u8 family, const struct flow *f)
{
	void *l4 = DATA(skb) + L3 + f->header, *end = DATA_END(skb);
	__u8 *icmp = l4;
	struct flow quoted;
	__u32 mtu = 0;

	if (l4 + 8 > end || !flow_parse(&quoted, l4 + 8, end, family))
		return;
	if (quoted.proto != IPPROTO_UDP ||
		(quoted.ports & bpf_htonl(0xffff)) != bpf_htonl(CONTRACT_LISP_PORT) ||
		!rloc_is_local(family, &quoted.src))
		return;
	if (family == 4 && icmp[0] == 3) {
		if (icmp[1] == 4)
			mtu = icmp[6] << 8 | icmp[7];
		if (icmp[1] == 4 &&
			mtu < 68) /* RFC 791: no link is narrower; RFC 1191 old router: 0 */
			return;
	} else if (family == 6 && icmp[0] == 2) {
		mtu = icmp[4] << 24 | icmp[5] << 16 | icmp[6] << 8 | icmp[7];
		if (mtu < 1280 || mtu > 0xffff) /* RFC 8200 section 5 */
			return;
	} else if (family != 6 || icmp[0] != 1) {
		return;
	}
	event_mtu(skb->ifindex, family, &quoted.dst, mtu);
}

SEC("tc")
int core_ingress(struct __sk_buff *skb)
{
	const struct contract_settings *s = settings_get();
	__u8 family = skb_family(skb);
	struct decap d;
	struct flow f;
	long iid;
	int rc;

	if (!s || !family || skb->pkt_type != 0)
		return PASS;
	linearize(skb);
	iid = decapsulated_by_xdp(skb);
	if (iid >= 0) {
		if (!flow_parse(&f, DATA(skb) + L3, DATA_END(skb), family))
			return PASS;
		return deliver(skb, s, &f, iid, false, (struct origin){.core = true});
	}
	rc = decap_parse(
		&d, DATA(skb) + L3, DATA_END(skb), family, skb->len - L3, skb->gso_size != 0, s);
	if (rc >= 0)
		return drop(rc);
	if (rc == DECAP_OK)
		return core_forward(skb, s, &d);
	if (flow_parse(&f, DATA(skb) + L3, DATA_END(skb), family) &&
		f.proto == (family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6))
		icmp_seen(skb, family, &f);
	return PASS;
}

/* A held packet that is to go natively: as if it came in by its port only now, since the port
 * decides the VRF, and with it the instance. */
static __always_inline int native(struct __sk_buff *skb, __u32 iid, struct origin from)
{
	struct ethhdr *eth = DATA(skb);
	const struct contract_port *port = 0;

	if ((void *)(eth + 1) > DATA_END(skb))
		return drop(CONTRACT_CNT_DROP_ROOM);
	if (!from.core)
		port = bpf_map_lookup_elem(&ports, &from.value);
	if (!port || port->role != CONTRACT_SITE || port->iid != iid)
		return drop(CONTRACT_CNT_DROP_INSTANCE);
	__builtin_memcpy(eth->h_dest, port->mac, 6);
	__builtin_memcpy(eth->h_source, port->mac, 6);
	return bpf_redirect(from.value, BPF_F_INGRESS);
}

/* By its entry, which may hold: a packet that user space sends down. */
static __always_inline int tap_forward(struct __sk_buff *skb, const struct contract_settings *s,
	const struct flow *f, __u32 iid, struct origin from)
{
	struct contract_fwd *fwd = fwd_find(iid, f->family, &f->dst);
	struct contract_verdict v = {.action = CONTRACT_NATIVE};

	if (fwd)
		v = fwd_use(fwd);
	switch (v.action) {
	case CONTRACT_ENCAP:
		return encapsulate_flow(skb, s, f, iid, v.locset, from);
	case CONTRACT_LOCAL:
		return deliver(skb, s, f, iid, false, from);
	case CONTRACT_NONE:
		return drop(CONTRACT_CNT_DROP_NO_MAPPING);
	case CONTRACT_DROP:
		return up_dropped(skb, s, CONTRACT_UP_DENIED, iid, from, CONTRACT_CNT_DENIED);
	default:
		return native(skb, iid, from);
	}
}

SEC("tc")
int tap_ingress(struct __sk_buff *skb)
{
	const struct contract_settings *s = settings_get();
	__u8 family = skb_family(skb);
	struct contract_tag *tag;
	struct origin from;
	struct ethhdr *eth;
	struct flow f;
	__u32 iid;

	linearize(skb);
	eth = DATA(skb);
	tag = (void *)eth;
	if (!s || !family || (void *)(eth + 1) > DATA_END(skb) ||
		!flow_parse(&f, eth + 1, DATA_END(skb), family))
		return TC_ACT_SHOT; /* the kernel's own chatter on the tap */
	iid = tag->iid[0] << 16 | tag->iid[1] << 8 | tag->iid[2];
	from.core = tag->from_core;
	from.value =
		tag->origin[0] << 24 | tag->origin[1] << 16 | tag->origin[2] << 8 | tag->origin[3];
	if (tag->reason == (CONTRACT_DOWN_SITE << 2 | 2)) {
		count(CONTRACT_CNT_INJECTED);
		return deliver(skb, s, &f, iid, true, from);
	}
	if (tag->reason != (CONTRACT_UP_HELD << 2 | 2))
		return TC_ACT_SHOT;
	count(CONTRACT_CNT_INJECTED);
	return tap_forward(skb, s, &f, iid, from);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
