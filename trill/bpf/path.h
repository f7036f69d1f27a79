/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* path: out of the RBridge: to one of the next hops of equal cost, along a tree, or to a port's end
 * station. */
#ifndef SUNWARD_TRILL_BPF_PATH_H
#define SUNWARD_TRILL_BPF_PATH_H

#include "trill/bpf/learn.h"
#include "trill/codec/flow.h"

static __always_inline __u32 flow_of(const struct frame *f, __u64 seed)
{
	return flow_hash(f->data + f->header_at + f->header_len, f->end, seed);
}

static __always_inline bool has_fgl(const struct frame *f)
{
	const struct inner_header *in = f->data + f->header_at + f->header_len;

	return (const void *)(in + 1) <= f->end && in->tag == bpf_htons(TYPE_FGL);
}

static __always_inline int send_hop(struct xdp_md *ctx, struct frame *f,
	const struct contract_hop *hop, enum contract_counter c)
{
	if (f->end - f->data > (long)hop->mtu + f->header_at)
		return drop(CONTRACT_CNT_DROP_MTU);
	if (__builtin_expect(hop->flags & CONTRACT_PORT_NO_FGL, 0) && has_fgl(f))
		return drop(CONTRACT_CNT_DROP_UNSAFE);
	if (!frame_outer(ctx, f, hop->to, hop->from, hop->tci))
		return drop(CONTRACT_CNT_DROP_ROOM);
	count(c);
	return bpf_redirect_map(&out, hop->slot, XDP_DROP);
}

/* To a next hop of the group. */
static __always_inline int send_group(
	struct xdp_md *ctx, struct frame *f, __u32 group, __u64 seed, enum contract_counter c)
{
	const struct contract_group *g = bpf_map_lookup_elem(&groups, &group);
	__u32 i = 0;

	if (!g || !g->count)
		return drop(CONTRACT_CNT_DROP_NO_PATH);
	if (g->count > 1)
		i = flow_choice(flow_of(f, seed), g->count);
	return send_hop(ctx, f, &g->hops[i & (CONTRACT_HOPS - 1)], c);
}

/* To a neighbour of @group that is not @sender at the port of @slot (a MAC is one's on its link
 * alone: RFC 7177 section 3.1), the first of them by the flow's hash: to @sender it
 * would come back, and so on until no hop is left (RFC 7780 section 2.3.1; and so it would between
 * two RBridges of which one does not know yet that a link is lost). */
static __always_inline int send_group_but(struct xdp_md *ctx, struct frame *f, __u32 group,
	__u32 slot, const __u8 *sender, __u64 seed, enum contract_counter c)
{
	const struct contract_group *g = bpf_map_lookup_elem(&groups, &group);
	const struct contract_hop *hop = NULL;
	__u32 first = 0;

	if (!g || !g->count)
		return drop(CONTRACT_CNT_DROP_NO_PATH);
	if (g->count > 1)
		first = flow_choice(flow_of(f, seed), g->count);
	for (__u32 k = 0; k < CONTRACT_HOPS && k < g->count; k++) {
		__u32 i = first + k < g->count ? first + k : first + k - g->count;

		hop = &g->hops[i & (CONTRACT_HOPS - 1)];
		if (hop->slot != slot || !mac_same(hop->to, sender))
			break;
		hop = NULL;
	}
	return hop ? send_hop(ctx, f, hop, c) : drop(CONTRACT_CNT_DROP_NO_PATH);
}

static __always_inline __u32 sequence_next(void)
{
	__u32 zero = 0, *n = bpf_map_lookup_elem(&sequence, &zero);

	return n ? ++*n : 0;
}

/* Which pair of maps has the ports of a tree. */
static __always_inline __u32 tree_pair(__u32 tree)
{
	const struct contract_settings *s = settings_get();
	__u32 pair = 2 * tree;

	if (s)
		pair |= *(const volatile __u64 *)&s->second >> tree & 1;
	return pair;
}

/* The ports of a tree; for messages the daemon's, too. */
static __always_inline void *tree_ports(__u32 pair, bool message)
{
	__u32 key =
		CONTRACT_TREE_MAPS * (pair / 2) + (message ? CONTRACT_TREE_MESSAGES : 0) + pair % 2;

	return bpf_map_lookup_elem(&trees, &key);
}

/* What goes along a tree: a frame of an end station, one from a neighbour, or a message of a daemon
 * to daemons. */
enum form { FORM_NATIVE, FORM_TRILL, FORM_MESSAGE };

/* Along a tree: the program at each port finishes its copy. */
static __always_inline int send_tree(struct xdp_md *ctx, const struct frame *f,
	const struct contract_port *port, __u32 tree, __u16 label, enum form form,
	enum contract_counter c)
{
	struct contract_mark *mark;
	/* From and to a hybrid port there are copies of the other kind. */
	__u64 exclude = (port->flags & CONTRACT_PORT_HYBRID) == CONTRACT_PORT_HYBRID
				? 0
				: BPF_F_EXCLUDE_INGRESS;
	__u32 pair = tree_pair(tree);
	void *devices = tree_ports(pair, form == FORM_MESSAGE);

	if (!devices)
		return drop(CONTRACT_CNT_DROP_NO_TREE);
	if (bpf_xdp_adjust_meta(ctx, -(int)sizeof(*mark)))
		return drop(CONTRACT_CNT_DROP_ROOM);
	mark = (void *)(long)ctx->data_meta;
	if ((void *)(mark + 1) > (void *)(long)ctx->data)
		return drop(CONTRACT_CNT_DROP_ROOM);
	mark->sequence = sequence_next();
	mark->slot = port->slot;
	mark->pair = pair;
	mark->native = form == FORM_NATIVE;
	mark->header_at = f->header_at;
	mark->header_len = f->header_len;
	mark->label = label;
	count(c);
	return bpf_redirect_map(devices, 0, BPF_F_BROADCAST | exclude);
}

/* By which VLAN frames of the label may leave natively by the port, into l->tci; if they may not,
 * which counter says so. */
static __always_inline bool may_leave(
	const struct contract_native *n, __u16 slot, struct label *l, enum contract_counter *why)
{
	struct contract_mapping_key key = {.slot = slot, .number = l->number};
	const struct contract_mapping *m;
	struct contract_native_row row;
	__u16 vlan = l->number;

	*why = CONTRACT_CNT_DROP_NOT_FORWARDER;
	if (is_fgl(l->number)) {
		m = bpf_map_lookup_elem(&mappings, &key);
		if (!m)
			return false;
		vlan = m->vlan;
	}
	row = native_row(n, vlan);
	row.enabled &= row.appointed & (is_fgl(l->number) ? row.mapped : ~row.mapped);
	if (!(row.enabled >> (vlan % 64) & 1))
		return false;
	*why = CONTRACT_CNT_DROP_INHIBITED;
	l->tci = (l->tci & ~VLAN_MASK) | (vlan & VLAN_MASK);
	return !(row.inhibited >> (vlan % 64) & 1);
}

/* To native form, for a port where the label is l->tci's VLAN. */
static __always_inline bool frame_bare(struct xdp_md *ctx, struct frame *f,
	const struct contract_native *n, const struct label *l, enum contract_counter *why)
{
	__u32 tag = is_fgl(l->number) ? FGL_LEN : TAG_LEN;
	bool untag = n->pvid == (l->tci & VLAN_MASK);

	*why = CONTRACT_CNT_DROP_MTU;
	if (f->end - f->data > (long)n->mtu + f->header_at + f->header_len + ETH_HLEN + tag)
		return false;
	*why = CONTRACT_CNT_DROP_ROOM;
	return is_fgl(l->number) ? frame_strip_fgl(ctx, f, untag, l->tci)
				 : frame_strip(ctx, f, untag);
}

/* A TRILL frame, to the end station at the port with this slot. */
static __always_inline int send_native(
	struct xdp_md *ctx, struct frame *f, __u32 slot, struct label *l, enum contract_counter c)
{
	const struct contract_native *n = bpf_map_lookup_elem(&natives, &slot);
	enum contract_counter why = CONTRACT_CNT_DROP_NOT_FORWARDER;

	if (!n || !may_leave(n, slot, l, &why) || !frame_bare(ctx, f, n, l, &why))
		return drop(why);
	count(c);
	return bpf_redirect_map(&out, slot, XDP_DROP);
}

#endif
