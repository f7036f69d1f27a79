/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* xtr_xdp: the tunnel router's plain hits in XDP, for physical and trunk ports. Every surprise
 * passes, unchanged, to the tc program of the same port: a miss, a hold, an event, a packet too
 * big, a header out of the ordinary.
 *
 *   xdp_site  site port: encapsulate and send
 *   xdp_core  core port: decapsulate; to another XDP port at once, else up the stack (GRO merges,
 * tc delivers) */
#include "xtr/bpf/decap.h"

/* Ports that take frames from XDP, by ifindex. */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, __u32);
} xdp_ports SEC(".maps");

#define DATA(ctx)     ((void *)(long)(ctx)->data)
#define DATA_END(ctx) ((void *)(long)(ctx)->data_end)

static __always_inline int pass(void)
{
	count(CONTRACT_CNT_XDP_PASS);
	return XDP_PASS;
}

static __always_inline __u8 eth_family(const struct ethhdr *eth)
{
	if (eth->h_proto == bpf_htons(ETH_P_IP))
		return 4;
	return eth->h_proto == bpf_htons(ETH_P_IPV6) ? 6 : 0;
}

static __always_inline void eth_write(
	struct ethhdr *eth, const struct bpf_fib_lookup *fib, __u8 family)
{
	__builtin_memcpy(eth->h_dest, fib->dmac, 6);
	__builtin_memcpy(eth->h_source, fib->smac, 6);
	eth->h_proto = family == 4 ? bpf_htons(ETH_P_IP) : bpf_htons(ETH_P_IPV6);
}

/* Whether tc must see this packet to learn its source. */
static __always_inline bool source_is_news(const struct contract_port *port, const struct flow *f)
{
	const struct contract_fwd *fwd;

	if (!port->dynamic)
		return false;
	fwd = host_find(port->iid, f->family, &f->src);
	return (!fwd || fwd->verdict.action != CONTRACT_LOCAL) &&
	       dynamic_covers(port->iid, f->family, &f->src);
}

static __always_inline bool inner_set(void *l3, void *end, __u8 family, __u8 tos, __u8 ttl)
{
	if (l3 + (family == 4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr)) > end)
		return false;
	if (family == 4)
		ip4_set(l3, tos, ttl);
	else
		ip6_set(l3, tos, ttl);
	return true;
}

/* Everything is known: grow the frame, write the headers, send. */
static __always_inline int encapsulate(struct xdp_md *ctx, const struct outer *o,
	const struct bpf_fib_lookup *fib, __u8 inner_family, __u8 inner_tos, __u8 inner_ttl)
{
	__u32 size = outer_size(o->family);
	struct ethhdr *eth;
	void *l3, *end;

	if (bpf_xdp_adjust_head(ctx, -(int)size))
		return pass();
	eth = DATA(ctx);
	end = DATA_END(ctx);
	l3 = eth + 1;
	if (!inner_set(l3 + size, end, inner_family, inner_tos, inner_ttl) ||
		l3 + sizeof(struct outer6) > end)
		return XDP_ABORTED; /* never: the packet has been parsed */
	if (o->family == 4)
		outer4_write(l3, o);
	else
		outer6_write(l3, o);
	eth_write(eth, fib, o->family);
	count(CONTRACT_CNT_ENCAP);
	return bpf_redirect_map(&xdp_ports, fib->ifindex, 0);
}

/* To the locator, when the route there is plain. */
static __always_inline int encapsulate_to(struct xdp_md *ctx, const struct contract_settings *s,
	const struct flow *f, struct outer *o)
{
	struct bpf_fib_lookup fib;

	if (f->len > outer_room(s, o->family) || !outer_source(s, o))
		return pass();
	if (outer_route(ctx, s, o, &fib) != BPF_FIB_LKUP_RET_SUCCESS ||
		!bpf_map_lookup_elem(&xdp_ports, &fib.ifindex))
		return pass();
	outer_source_of_port(s, o, fib.ifindex);
	return encapsulate(ctx, o, &fib, f->family, f->tos, o->ttl);
}

SEC("xdp")
int xdp_site(struct xdp_md *ctx)
{
	const struct contract_settings *s = settings_get();
	__u32 ifindex = ctx->ingress_ifindex;
	const struct contract_port *port = bpf_map_lookup_elem(&ports, &ifindex);
	const struct contract_locator *l;
	struct ethhdr *eth = DATA(ctx);
	void *end = DATA_END(ctx);
	struct contract_verdict v;
	struct contract_fwd *fwd;
	struct outer o = {};
	struct flow f;

	if (!s || !port || port->role != CONTRACT_SITE || (void *)(eth + 1) > end)
		return pass();
	if (!eth_family(eth) ||
		(!mac_equal(eth->h_dest, port->mac) && !mac_equal(eth->h_dest, port->gateway)) ||
		!flow_parse(&f, eth + 1, end, eth_family(eth)))
		return pass();
	if (f.ttl <= 1 || f.len < f.header || (void *)(eth + 1) + f.len > end ||
		f.proto == IPPROTO_ICMPV6 || source_is_news(port, &f))
		return pass();
	fwd = fwd_find(port->iid, f.family, &f.dst);
	if (!fwd)
		return pass();
	v.action = CONTRACT_NONE;
	*(__u64 *)&v = *(volatile __u64 *)&fwd->word;
	if (v.action != CONTRACT_ENCAP || v.flags & CONTRACT_HOLD)
		return pass();
	o.hash = flow_hash(&f, s->hash_key);
	l = locator_pick(v.locset, o.hash);
	if (!l)
		return pass();
	outer_to(&o, l);
	o.iid = port->iid;
	o.tos = f.tos;
	o.ttl = f.ttl - 1;
	o.inner_len = f.len;
	fwd->packets++;
	return encapsulate_to(ctx, s, &f, &o);
}

/* The route to the EID by its instance's ports; true when it is plain and leads to an XDP port of
 * the instance. */
static __always_inline bool site_route(struct xdp_md *ctx, const struct contract_settings *s,
	const struct decap *d, struct bpf_fib_lookup *fib)
{
	const struct contract_instance *instance = bpf_map_lookup_elem(&instances, &d->iid);
	const struct contract_port *port;

	if (!instance || d->ttl <= 1)
		return false;
	__builtin_memset(fib, 0, sizeof(*fib));
	fib->ifindex = instance->ifindex;
	fib->l4_protocol = d->inner.proto;
	if (d->inner.family == 4) {
		fib->family = AF_INET;
		fib->ipv4_src = d->inner.src.v4;
		fib->ipv4_dst = d->inner.dst.v4;
	} else {
		fib->family = AF_INET6;
		__builtin_memcpy(fib->ipv6_src, &d->inner.src, 16);
		__builtin_memcpy(fib->ipv6_dst, &d->inner.dst, 16);
	}
	if (route_find(ctx, s, fib) != BPF_FIB_LKUP_RET_SUCCESS)
		return false;
	port = bpf_map_lookup_elem(&ports, &fib->ifindex);
	return port && port->role == CONTRACT_SITE && port->iid == d->iid &&
	       bpf_map_lookup_elem(&xdp_ports, &fib->ifindex);
}

/* Shrink the frame to its inner packet. False: nothing has changed. */
static __always_inline bool decapsulate(struct xdp_md *ctx, const struct decap *d, __u8 ttl)
{
	int strip = d->family == 4 ? sizeof(struct outer4) : sizeof(struct outer6);
	struct ethhdr *eth = DATA(ctx), was;
	void *end;

	if ((void *)(eth + 1) > DATA_END(ctx))
		return false;
	was = *eth;
	if (bpf_xdp_adjust_head(ctx, strip))
		return false;
	eth = DATA(ctx);
	end = DATA_END(ctx);
	if (d->inner.family == 6) {
		if ((void *)(eth + 1) + sizeof(struct ipv6hdr) > end)
			return false;
		was.h_proto = bpf_htons(ETH_P_IPV6);
		ip6_set((void *)(eth + 1), d->tos, ttl);
	} else {
		if ((void *)(eth + 1) + sizeof(struct iphdr) > end)
			return false;
		was.h_proto = bpf_htons(ETH_P_IP);
		ip4_set((void *)(eth + 1), d->tos, ttl);
	}
	*eth = was;
	count(CONTRACT_CNT_DECAP);
	return true;
}

/* Up the stack, with the instance in the metadata: packets of one instance still merge. */
static __always_inline int pass_decapsulated(struct xdp_md *ctx, const struct decap *d)
{
	struct contract_decapsulated *meta;

	if (bpf_xdp_adjust_meta(ctx, -(int)sizeof(*meta)))
		return pass(); /* the driver keeps no metadata: tc decapsulates */
	meta = (void *)(long)ctx->data_meta;
	if ((void *)(meta + 1) > DATA(ctx))
		return XDP_ABORTED;
	meta->magic = 0; /* true only when the outer headers are off */
	if (!decapsulate(ctx, d, d->ttl))
		return pass();
	meta = (void *)(long)ctx->data_meta;
	if ((void *)(meta + 1) > DATA(ctx))
		return XDP_ABORTED;
	meta->magic = CONTRACT_DECAPSULATED;
	meta->iid = d->iid;
	return XDP_PASS;
}

SEC("xdp")
int xdp_core(struct xdp_md *ctx)
{
	const struct contract_settings *s = settings_get();
	__u32 ifindex = ctx->ingress_ifindex;
	const struct contract_port *port = bpf_map_lookup_elem(&ports, &ifindex);
	struct ethhdr *eth = DATA(ctx);
	void *end = DATA_END(ctx);
	struct bpf_fib_lookup fib;
	struct contract_fwd *fwd;
	struct contract_verdict v;
	struct decap d;

	if (!s || !port || port->role != CONTRACT_CORE || (void *)(eth + 1) > end)
		return pass();
	if (!eth_family(eth) || !mac_equal(eth->h_dest, port->mac))
		return pass();
	if (decap_parse(&d, eth + 1, end, eth_family(eth), end - (void *)(eth + 1), false, s) !=
		DECAP_OK)
		return pass();
	fwd = fwd_find(d.iid, d.inner.family, &d.inner.dst);
	if (!fwd)
		return pass();
	*(__u64 *)&v = *(volatile __u64 *)&fwd->word;
	if (v.action != CONTRACT_LOCAL || v.flags & (CONTRACT_HOLD | CONTRACT_EXPECT))
		return pass();
	fwd->packets++;
	if (!site_route(ctx, s, &d, &fib))
		return pass_decapsulated(ctx, &d);
	if (!decapsulate(ctx, &d, d.ttl - 1))
		return pass();
	eth = DATA(ctx);
	if ((void *)(eth + 1) > DATA_END(ctx))
		return XDP_ABORTED;
	eth_write(eth, &fib, d.inner.family);
	return bpf_redirect_map(&xdp_ports, fib.ifindex, 0);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
