/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* trill_xdp: the RBridge's data plane: one program for the receiving side of every port, and one
 * for the sending side, which finishes each copy of a frame that leaves by many (RFC 6325
 * sections 4.5 and 4.6, RFC 7780).
 *
 * The programs forward by the tables that user space writes, and learn where end stations are. They
 * decide no protocol question: IS-IS, RBridge Channel, ESADI and OAM go up, unchanged. */
#include <linux/ipv6.h>

#include "trill/bpf/path.h"
#include "trill/bpf/snoop.h"

#define IS_IN(f, p) ((void *)((p) + 1) <= (f)->end)

/* ---- native frames ---- */

/* From port to port. */
static __always_inline int send_local(
	struct xdp_md *ctx, struct frame *f, __u32 slot, bool tagged, struct label *l)
{
	const struct contract_native *n = bpf_map_lookup_elem(&natives, &slot);
	enum contract_counter why = CONTRACT_CNT_DROP_NOT_FORWARDER;
	struct inner_header *h;
	struct macs macs;
	bool tag;

	if (!n || !may_leave(n, slot, l, &why))
		return drop(why);
	tag = n->pvid != (l->tci & VLAN_MASK);
	if (f->end - f->data > (long)n->mtu + ETH_HLEN + (tagged ? TAG_LEN : 0))
		return drop(CONTRACT_CNT_DROP_MTU);
	if (tag != tagged) {
		if (f->data + sizeof(macs) > f->end)
			return drop(CONTRACT_CNT_DROP_SHORT);
		macs = macs_take(f->data);
		if (bpf_xdp_adjust_head(ctx, tag ? -TAG_LEN : TAG_LEN))
			return drop(CONTRACT_CNT_DROP_ROOM);
		frame_again(f, ctx);
		if (f->data + sizeof(macs) > f->end)
			return drop(CONTRACT_CNT_DROP_SHORT);
		macs_put(f->data, macs);
	}
	h = f->data;
	if (tag) {
		if (!IS_IN(f, h))
			return drop(CONTRACT_CNT_DROP_SHORT);
		h->tag = bpf_htons(TYPE_CTAG);
		h->tci = bpf_htons(l->tci);
	}
	count(CONTRACT_CNT_LOCAL);
	return bpf_redirect_map(&out, slot, XDP_DROP);
}

/* To one egress. @under: the port's nickname, if it has one. */
static __always_inline int ingress_unicast(struct xdp_md *ctx, struct frame *f,
	const struct contract_settings *s, __u16 under, __u16 egress, struct contract_nickname n,
	bool tagged, const struct label *l)
{
	f->egress = egress;
	f->ingress = under ? under : self_get(s).nickname;
	if (!f->ingress)
		return drop(CONTRACT_CNT_DROP_NO_NICKNAME);
	if (!frame_wrap(ctx, f, tagged, l) || !frame_header(f, false, n.hops))
		return drop(CONTRACT_CNT_DROP_ROOM);
	return send_group(ctx, f, n.group, s->hash_seed, CONTRACT_CNT_INGRESS);
}

/* Overloaded, a neighbour distributes it. Our own ports have it back from the tree: it is not sent
 * to them (RFC 7780 section 2.4.2). */
static __always_inline int ingress_oomf(struct xdp_md *ctx, struct frame *f,
	const struct contract_settings *s, struct contract_self self, bool tagged,
	const struct label *l)
{
	f->egress = NICKNAME_OOMF;
	f->ingress = self.nickname;
	if (!frame_wrap(ctx, f, tagged, l) || !frame_header(f, false, OOMF_HOPS))
		return drop(CONTRACT_CNT_DROP_ROOM);
	return send_group(ctx, f, self.root, s->hash_seed, CONTRACT_CNT_OOMF_ASKED);
}

/* The root of the tree for frames of the label that enter here. */
static __always_inline __u16 root_for(
	const struct contract_settings *s, struct contract_self self, __u16 number)
{
	return is_fgl(number) ? *(const volatile __u64 *)&s->fgl_root : self.root;
}

/* To all who are in the label: the tree's copies in TRILL form, and the ports' in native form. */
static __always_inline int ingress_multi(struct xdp_md *ctx, struct frame *f,
	const struct contract_settings *s, const struct contract_port *port, bool tagged,
	const struct label *l)
{
	struct contract_self self = self_get(s);
	__u16 by = self.overloaded ? 0 : root_for(s, self, l->number);
	struct contract_nickname root = nickname_get(by);
	__u32 tree = CONTRACT_TREE_LOCAL;

	if (self.nickname && self.root && self.overloaded)
		return ingress_oomf(ctx, f, s, self, tagged, l);
	if (port->nickname) { /* a member has trees of its own (RFC 7783 section 5.4) */
		self.nickname = port->nickname;
		by = nickname_get(port->nickname).root;
		root = nickname_get(by);
	}
	if (self.nickname && by)
		tree = root.tree;
	f->egress = by;
	f->ingress = self.nickname;
	if (!frame_wrap(ctx, f, tagged, l) || !frame_header(f, true, root.tree_hops))
		return drop(CONTRACT_CNT_DROP_ROOM);
	return send_tree(ctx, f, port, tree, l->number, FORM_NATIVE, CONTRACT_CNT_FLOOD_IN);
}

/* Where the frame's destination is; of a fine-grained label that one other RBridge alone wants, all
 * that many are to have, or that is not known, goes to that one by unicast (RFC 7172 section
 * 4.1.1). Not what enters as a virtual RBridge's: of its members who egresses that is settled by
 * trees (RFC 7781 section 5). */
static __always_inline bool place_of(const struct ethhdr *eth, __u16 number, __u32 stamp,
	__u16 under, struct contract_place *place)
{
	static const __u8 all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	if (!(eth->h_dest[0] & 1) && place_find(eth->h_dest, number, stamp, place))
		return true;
	if (__builtin_expect(!is_fgl(number), 1) || under)
		return false;
	return place_find(all, number, stamp, place);
}

static __always_inline int receive_forwarded(struct xdp_md *ctx, struct frame *f,
	const struct contract_settings *s, const struct contract_port *port, bool tagged,
	__u32 stamp, struct label *l)
{
	const struct ethhdr *eth = f->data;
	struct contract_nickname n;
	struct contract_place place;

	if (!place_of(eth, l->number, stamp, port->nickname, &place))
		return ingress_multi(ctx, f, s, port, tagged, l);
	if (!place.nickname) {
		if (place.slot == port->slot)
			return drop(CONTRACT_CNT_DROP_SAME_LINK);
		return send_local(ctx, f, place.slot, tagged, l);
	}
	n = nickname_get(place.nickname);
	if (!n.group && self_get(s).overloaded && self_get(s).fallback) {
		n.kind = CONTRACT_NICKNAME_REMOTE; /* RFC 7780 section 2.4.1 */
		n.group = self_get(s).fallback;
		n.hops = HOPS_MAX;
	}
	if (n.kind != CONTRACT_NICKNAME_REMOTE || !n.group)
		return ingress_multi(ctx, f, s, port, tagged, l);
	return ingress_unicast(ctx, f, s, port->nickname, place.nickname, n, tagged, l);
}

/* The fine-grained label that a VLAN of the port stands for. */
static __always_inline bool label_mapped(struct label *l, __u16 slot, __u16 vlan)
{
	struct contract_mapping_key key = {.slot = slot, .number = vlan};
	const struct contract_mapping *m = bpf_map_lookup_elem(&mappings, &key);

	if (!m)
		return false;
	l->number = m->number;
	l->fgl = m->fgl;
	return true;
}

/* Whoever sends from it, it is not one station's. */
static __always_inline bool is_anycast(const struct contract_settings *s, const __u8 *mac)
{
	if (s->anycast[0][0] == 0xff) /* none, as most have it */
		return false;
	for (int i = 0; i < CONTRACT_ANYCAST; i++)
		if (mac_same(s->anycast[i], mac))
			return true;
	return false;
}

/* RFC 6325 section 4.6.1, RFC 7172 section 4.1. */
static __always_inline int receive_native(struct xdp_md *ctx, struct frame *f,
	const struct contract_settings *s, const struct contract_port *port, bool tagged)
{
	const struct ethhdr *eth = f->data;
	const __be16 *tag = (const void *)(eth + 1);
	__u32 slot = port->slot;
	const struct contract_native *n = bpf_map_lookup_elem(&natives, &slot);
	struct contract_native_row row;
	struct label label = {0};
	__u16 tci = 0, vlan;
	__u32 stamp;
	__u64 bit;

	if (!n)
		return drop(CONTRACT_CNT_DROP_NO_PORT);
	if (mac_same(eth->h_dest, port->mac) || (s->asks && mac_same(eth->h_dest, s->mac)))
		return hand_up(port->slot,
			is_arp_nd(f, tagged) ? CONTRACT_CLASS_ASKS : CONTRACT_CLASS_OWN,
			eth->h_source, CONTRACT_CNT_OWN);
	if (tagged && IS_IN(f, tag))
		tci = bpf_ntohs(*tag);
	vlan = tci & VLAN_MASK;
	if (!vlan)
		vlan = n->pvid;
	row = native_row(n, vlan);
	bit = 1ULL << vlan % 64;
	if (!(row.enabled & bit))
		return drop(CONTRACT_CNT_DROP_VLAN);
	if (eth->h_source[0] & 1)
		return drop(CONTRACT_CNT_DROP_SOURCE);
	if (is_anycast(s, eth->h_source))
		return drop(CONTRACT_CNT_DROP_ANYCAST);
	if (!(row.appointed & bit))
		return drop(CONTRACT_CNT_DROP_NOT_FORWARDER);
	label.number = vlan;
	label.tci = (tci & ~VLAN_MASK) | vlan;
	if (__builtin_expect(row.mapped & bit, 0) && !label_mapped(&label, port->slot, vlan))
		return drop(CONTRACT_CNT_DROP_VLAN);
	stamp = recent_stamp();
	learn(eth->h_source, label.number, stamp, place_at_port(port->slot));
	if (row.inhibited & bit)
		return drop(CONTRACT_CNT_DROP_INHIBITED);
	if (s->asks && eth->h_dest[0] & 1 && is_arp_nd(f, tagged))
		return hand_up(port->slot, CONTRACT_CLASS_ASKS, eth->h_source, CONTRACT_CNT_ASKS);
	snoop(ctx, f, port->slot, vlan, tagged);
	return receive_forwarded(ctx, f, s, port, tagged, stamp, &label);
}

/* ---- TRILL Data ---- */

/* RFC 7172 section 2.3. Its priority on the way out is that of the second half (section 4.3). */
static __always_inline bool fgl_read(
	const struct frame *f, const void *inner, struct label *l, enum contract_counter *why)
{
	const struct fgl_header *in = inner;
	const __u32 *number;

	*why = CONTRACT_CNT_DROP_SHORT;
	if (!IS_IN(f, in))
		return false;
	*why = CONTRACT_CNT_DROP_FGL;
	if (in->tag2 != bpf_htons(TYPE_FGL))
		return false;
	l->tci = bpf_ntohs(in->low);
	l->fgl = (bpf_ntohs(in->high) & VLAN_MASK) << 12 | (l->tci & VLAN_MASK);
	number = bpf_map_lookup_elem(&labels, &l->fgl);
	l->number = number ? *number : 0;
	return true;
}

/* The label of the inner frame. False, with the counter in *@why: the frame is not to be used. */
static __always_inline bool label_read(const struct frame *f, const struct inner_header *in,
	struct label *l, enum contract_counter *why)
{
	if (in->tag == bpf_htons(TYPE_CTAG)) {
		*why = CONTRACT_CNT_DROP_INNER_VLAN;
		l->tci = bpf_ntohs(in->tci);
		l->number = l->tci & VLAN_MASK;
		return l->number && l->number != VLAN_MASK;
	}
	*why = CONTRACT_CNT_DROP_INNER;
	return in->tag == bpf_htons(TYPE_FGL) && fgl_read(f, in, l, why);
}

static __always_inline void learn_ingress(const struct contract_settings *s, const struct frame *f,
	const struct inner_header *in, __u16 number)
{
	if (in->sa[0] & 1)
		return;
	if (is_anycast(s, in->sa))
		count(CONTRACT_CNT_LEARN_KEPT);
	else if (nickname_usable(f->ingress) &&
		 nickname_get(f->ingress).kind == CONTRACT_NICKNAME_REMOTE)
		learn(in->sa, number, recent_stamp(), place_behind(f->ingress));
}

/* BFD, by which adjacencies live (RFC 7175). */
static __always_inline bool is_bfd(const struct frame *f)
{
	const struct inner_header *in = f->data + f->header_at + f->header_len;
	const __be16 *channel = (const void *)(in + 1);
	__u16 protocol;

	if (!IS_IN(f, channel) || in->tag != bpf_htons(TYPE_CTAG) ||
		in->type != bpf_htons(TYPE_CHANNEL) || bridge_group(in->da) != GROUP_ALL_EGRESS)
		return false;
	protocol = bpf_ntohs(*channel) & CHANNEL_PROTOCOL;
	return protocol == CHANNEL_BFD_CONTROL || protocol == CHANNEL_BFD_ECHO;
}

/* A message for this RBridge; @neighbour: from an adjacency. It ends here, by whichever test it
 * came to be handed up: what is critical for the egress counts, too (RFC 7179 section 2.3.1). */
static __always_inline int hand_up_message(
	const struct frame *f, const struct contract_port *port, const void *neighbour)
{
	const struct ethhdr *eth = f->data;
	enum contract_class class = CONTRACT_CLASS_STRANGER;

	if (is_critical_hop(f) || f->flags & FLAG_CRITE)
		return drop(CONTRACT_CNT_DROP_CRITICAL);
	if (neighbour)
		class = is_bfd(f) ? CONTRACT_CLASS_NEIGHBOUR : CONTRACT_CLASS_CHANNEL;
	if ((void *)(eth + 1) > f->end)
		return drop(CONTRACT_CNT_DROP_SHORT);
	return hand_up(port->slot, class, eth->h_source, CONTRACT_CNT_CHANNEL);
}

/* What came for a virtual RBridge of ours, and is for a station that another RBridge has: on it
 * goes, as it came (RFC 7781 section 6.2.1). The hop count ends what two send to and fro. */
static __always_inline int relay(struct xdp_md *ctx, struct frame *f,
	const struct contract_settings *s, __u16 egress, struct contract_nickname n)
{
	struct trill_header *h = f->data + f->header_at;

	if (hops_of(f) < 2 || !frame_hop(f) || (void *)(h + 1) > f->end)
		return drop(CONTRACT_CNT_DROP_HOPS);
	f->egress = egress;
	h->egress = bpf_htons(egress);
	return send_group(ctx, f, n.group, s->hash_seed, CONTRACT_CNT_RELAY);
}

/* Section 4.6.2.4: we are the egress. */
static __always_inline int egress_unicast(struct xdp_md *ctx, struct frame *f,
	const struct contract_settings *s, const struct contract_port *port)
{
	const struct inner_header *in = f->data + f->header_at + f->header_len;
	enum contract_counter why;
	struct contract_nickname n;
	struct contract_place place;
	struct label label = {0};

	if (!IS_IN(f, in))
		return drop(CONTRACT_CNT_DROP_SHORT);
	if (is_alert(f) || bridge_group(in->da) == GROUP_ALL_EGRESS)
		return hand_up_message(f, port, f);
	if (f->flags & FLAG_CRITE)
		return drop(CONTRACT_CNT_DROP_CRITICAL);
	if (!label_read(f, in, &label, &why))
		return drop(why);
	if (in->tag == bpf_htons(TYPE_CTAG) || label_in(&s->served, label.number))
		learn_ingress(s, f, in, label.number);
	/* Of fine-grained labels it is one of several, each to an egress (RFC 7172 section 4.3). */
	if (in->da[0] & 1 && in->tag == bpf_htons(TYPE_CTAG))
		return drop(CONTRACT_CNT_DROP_INNER_GROUP);
	if (mac_same(in->da, port->mac) || (s->asks && mac_same(in->da, s->mac)))
		return hand_up_message(f, port, f);
	if (in->da[0] & 1 || !place_find(in->da, label.number, recent_stamp(), &place))
		return send_tree(ctx, f, port, CONTRACT_TREE_LOCAL, label.number, FORM_TRILL,
			CONTRACT_CNT_FLOOD_OUT);
	if (!place.nickname)
		return send_native(ctx, f, place.slot, &label, CONTRACT_CNT_EGRESS);
	n = nickname_get(place.nickname);
	if (n.kind == CONTRACT_NICKNAME_REMOTE && n.group && nickname_get(f->egress).root)
		return relay(ctx, f, s, place.nickname, n);
	return send_tree(ctx, f, port, CONTRACT_TREE_LOCAL, label.number, FORM_TRILL,
		CONTRACT_CNT_FLOOD_OUT);
}

/* What is for the daemons alone is for no end station. */
static __always_inline bool for_rbridges(const struct frame *f, const struct inner_header *in)
{
	return is_alert(f) || bridge_group(in->da) == GROUP_ALL_EGRESS;
}

/* Section 4.6.2.5. */
static __always_inline int receive_multi(struct xdp_md *ctx, struct frame *f,
	const struct contract_settings *s, const struct contract_port *port,
	const struct contract_adjacency *neighbour, const __u8 *sender)
{
	const struct inner_header *in = f->data + f->header_at + f->header_len;
	struct contract_rpf_key from = {.ingress = f->ingress};
	struct contract_nickname root;
	const struct contract_rpf *rpf_entry;
	enum contract_counter why;
	struct contract_rpf way;
	bool leaf = self_get(s).overloaded;
	struct label label = {0};
	enum form form;

	if (!nickname_usable(f->egress))
		return drop(CONTRACT_CNT_DROP_EGRESS);
	if (!nickname_usable(f->ingress))
		return drop(CONTRACT_CNT_DROP_INGRESS);
	root = nickname_get(f->egress);
	/* Overloaded, we may know neither root nor ingress, and deliver all the same (RFC 7780
	 * section 2.3.2); of an ingress that is not known nothing is learned. */
	if (!leaf) {
		if (root.kind == CONTRACT_NICKNAME_UNKNOWN)
			return drop(CONTRACT_CNT_DROP_EGRESS);
		if (nickname_get(f->ingress).kind == CONTRACT_NICKNAME_UNKNOWN)
			return drop(CONTRACT_CNT_DROP_INGRESS);
		if (!root.tree)
			return drop(CONTRACT_CNT_DROP_NO_TREE);
		if (!(neighbour->trees >> (root.tree & 31) & 1))
			return drop(CONTRACT_CNT_DROP_TREE_ADJACENCY);
		from.tree = root.tree;
		rpf_entry = bpf_map_lookup_elem(&rpf, &from);
		if (!rpf_entry)
			return drop(CONTRACT_CNT_DROP_RPF);
		way.word = *(const volatile __u64 *)&rpf_entry->word;
		if (way.slot != port->slot || (way.word >> 16 && !mac_same(way.mac, sender)))
			return drop(CONTRACT_CNT_DROP_RPF);
	}
	if (!IS_IN(f, in))
		return drop(CONTRACT_CNT_DROP_SHORT);
	if (!label_read(f, in, &label, &why))
		return drop(why);
	form = for_rbridges(f, in) ? FORM_MESSAGE : FORM_TRILL;
	if (form != FORM_MESSAGE && label_in(&s->served, label.number) && !(f->flags & FLAG_CRITE))
		learn_ingress(s, f, in, label.number);
	if (!frame_hop(f))
		return drop(CONTRACT_CNT_DROP_SHORT);
	return send_tree(ctx, f, port, leaf ? CONTRACT_TREE_LOCAL : root.tree, label.number, form,
		CONTRACT_CNT_TREE);
}

/* A neighbour that is overloaded lets us distribute its frame (RFC 7780 section 2.4.2.3). */
static __always_inline int receive_oomf(struct xdp_md *ctx, struct frame *f,
	const struct contract_settings *s, const struct contract_port *port,
	const struct contract_adjacency *neighbour, const __u8 *sender)
{
	struct contract_self self = self_get(s);
	struct trill_header *h = f->data + f->header_at;
	__u16 root = root_for(s, self, has_fgl(f) ? CONTRACT_LABEL_FGL : 0);
	__u8 hops;

	if (!(neighbour->flags & CONTRACT_ADJACENCY_OOMF) || self.overloaded || !root)
		return drop(CONTRACT_CNT_DROP_EGRESS);
	if ((void *)(h + 1) > f->end)
		return drop(CONTRACT_CNT_DROP_SHORT);
	hops = nickname_get(root).tree_hops;
	f->egress = root;
	/* One is taken off on the way out, as of any frame. */
	f->bits = (f->bits & ~0x3f) | 1 << 11 | (hops < 63 ? hops + 1 : 63);
	h->bits = bpf_htons(f->bits);
	h->egress = bpf_htons(f->egress);
	count(CONTRACT_CNT_OOMF);
	return receive_multi(ctx, f, s, port, neighbour, sender);
}

/* Overloaded, we may not know all (RFC 7780 section 2.3.1). 0: what is not known is dropped. */
static __always_inline __u32 fallback_of(const struct contract_settings *s)
{
	struct contract_self self = self_get(s);

	return self.overloaded ? self.fallback : 0;
}

/* Section 4.6.2.4. */
static __always_inline int receive_unicast(struct xdp_md *ctx, struct frame *f,
	const struct contract_settings *s, const struct contract_port *port, const __u8 *sender)
{
	struct contract_nickname n;
	__u32 fallback = 0;

	if (!nickname_usable(f->egress))
		return drop(CONTRACT_CNT_DROP_EGRESS);
	n = nickname_get(f->egress);
	if (n.kind == CONTRACT_NICKNAME_OWN)
		return egress_unicast(ctx, f, s, port);
	if (!n.group)
		fallback = fallback_of(s);
	if (!n.group && !fallback)
		return drop(n.kind == CONTRACT_NICKNAME_UNKNOWN ? CONTRACT_CNT_DROP_EGRESS
								: CONTRACT_CNT_DROP_NO_PATH);
	/* A path trace is answered where its last hop is spent (RFC 7455 section 10); what went on
	 * with none left would be dropped by the next RBridge. */
	if (is_alert(f) && hops_of(f) == 1)
		return hand_up_message(f, port, f);
	if (!frame_hop(f))
		return drop(CONTRACT_CNT_DROP_SHORT);
	/* An echo of its own (RFC 7175 section 4) is all that a neighbour wants back. */
	if (f->ingress == f->egress && !fallback)
		return send_group(ctx, f, n.group, s->hash_seed, CONTRACT_CNT_TRANSIT);
	return send_group_but(ctx, f, fallback ? fallback : n.group, port->slot, sender,
		s->hash_seed, CONTRACT_CNT_TRANSIT);
}

static __always_inline const struct contract_adjacency *adjacency_get(
	const struct xdp_md *ctx, const struct ethhdr *eth)
{
	struct contract_neighbour key = {.ifindex = ctx->ingress_ifindex};
	__u32 place = eth->h_source[5];
	const struct contract_near_adjacency *near = bpf_map_lookup_elem(&near_adjacencies, &place);

	if (near && *(const volatile __u32 *)&near->neighbour.ifindex == key.ifindex &&
		mac_same(near->neighbour.mac, eth->h_source))
		return &near->is;
	mac_copy(key.mac, eth->h_source);
	return bpf_map_lookup_elem(&adjacencies, &key);
}

/* A neighbour that is not in Report yet may have messages of one hop for us, as BFD has (RFC 7178
 * section 2.4, RFC 7175 section 3.1). */
static __always_inline bool is_message_for_us(const struct frame *f)
{
	const struct inner_header *in = f->data + f->header_at + f->header_len;

	if (f->egress != NICKNAME_ANY &&
		(!nickname_usable(f->egress) ||
			nickname_get(f->egress).kind != CONTRACT_NICKNAME_OWN))
		return false;
	return !is_multi(f) && hops_of(f) == 63 && IS_IN(f, in) &&
	       bridge_group(in->da) == GROUP_ALL_EGRESS;
}

/* Section 4.6.2, from the fifth test on. */
static __always_inline int receive_data(struct xdp_md *ctx, struct frame *f,
	const struct contract_settings *s, const struct contract_port *port, __u32 at)
{
	const struct ethhdr *eth = f->data;
	const struct contract_adjacency *neighbour;
	bool group = eth->h_dest[0] & 1;
	__u8 sender[6];

	mac_copy(sender, eth->h_source);
	if (!frame_read(f, at))
		return drop(CONTRACT_CNT_DROP_SHORT);
	if (f->bits >> 14)
		return drop(CONTRACT_CNT_DROP_VERSION);
	if (f->bits >> 7 & 0xf)
		return drop(CONTRACT_CNT_DROP_RESERVED);
	neighbour = adjacency_get(ctx, eth);
	if (!hops_of(f)) /* a path trace wants an answer from here: RFC 7455 section 10 */
		return is_alert(f) && neighbour ? hand_up_message(f, port, neighbour)
						: drop(CONTRACT_CNT_DROP_HOPS);
	/* To whoever is next, perhaps to several at once (RFC 7178 section 2.2, RFC 8139 section
	 * 6.3). */
	if (f->egress == NICKNAME_ANY && is_message_for_us(f))
		return hand_up_message(f, port, neighbour);
	if (group != is_multi(f))
		return drop(CONTRACT_CNT_DROP_MULTI);
	if (!neighbour)
		return is_message_for_us(f) ? hand_up_message(f, port, neighbour)
					    : drop(CONTRACT_CNT_DROP_ADJACENCY);
	if (is_critical_hop(f))
		return drop(CONTRACT_CNT_DROP_CRITICAL);
	if (is_multi(f))
		return receive_multi(ctx, f, s, port, neighbour, sender);
	if (f->egress == NICKNAME_OOMF)
		return receive_oomf(ctx, f, s, port, neighbour, sender);
	return receive_unicast(ctx, f, s, port, sender);
}

/* Section 4.6.2, the tests on the outer header. */
static __always_inline int receive_trill(struct xdp_md *ctx, struct frame *f,
	const struct contract_settings *s, const struct contract_port *port, __u16 type, int group)
{
	const struct ethhdr *eth = f->data;
	bool to_us = mac_same(eth->h_dest, port->mac);

	if (type == TYPE_ISIS && (group == GROUP_ALL_ISIS || to_us))
		return hand_up(port->slot,
			adjacency_get(ctx, eth) ? CONTRACT_CLASS_NEIGHBOUR
						: CONTRACT_CLASS_STRANGER,
			eth->h_source, CONTRACT_CNT_CONTROL);
	if (type == TYPE_CHANNEL && (group == GROUP_ALL_EDGE || to_us)) /* RFC 7178 section 5 */
		return hand_up(
			port->slot, CONTRACT_CLASS_CHANNEL, eth->h_source, CONTRACT_CNT_CHANNEL);
	if (eth->h_dest[0] & 1 ? group != GROUP_ALL_RBRIDGES : !to_us)
		return drop(
			eth->h_dest[0] & 1 ? CONTRACT_CNT_DROP_GROUP : CONTRACT_CNT_DROP_NOT_OURS);
	if (type != TYPE_TRILL)
		return drop(CONTRACT_CNT_DROP_ETHERTYPE);
	if (!(port->flags & CONTRACT_PORT_TRILL))
		return drop(CONTRACT_CNT_DROP_DISABLED);
	return receive_data(ctx, f, s, port,
		eth->h_proto == bpf_htons(TYPE_CTAG) ? ETH_HLEN + TAG_LEN : ETH_HLEN);
}

SEC("xdp")
int trill_port(struct xdp_md *ctx)
{
	struct frame f = {.data = (void *)(long)ctx->data, .end = (void *)(long)ctx->data_end};
	const struct contract_port *port = port_get(ctx->ingress_ifindex);
	const struct contract_settings *s = settings_get();
	const struct ethhdr *eth = f.data;
	const __be16 *tag = (const void *)(eth + 1);
	__u16 type;
	bool tagged;
	int group;

	if (!port || !s)
		return drop(CONTRACT_CNT_DROP_NO_PORT);
	/* Metadata is ours on the way out: what a driver, or another RBridge's veth, has left goes.
	 */
	if (ctx->data_meta < ctx->data) {
		if (bpf_xdp_adjust_meta(ctx, (int)(ctx->data - ctx->data_meta)))
			return drop(CONTRACT_CNT_DROP_ROOM);
		frame_again(&f, ctx);
		eth = f.data;
		tag = (const void *)(eth + 1);
	}
	if (!IS_IN(&f, eth))
		return drop(CONTRACT_CNT_DROP_SHORT);
	type = bpf_ntohs(eth->h_proto);
	tagged = type == TYPE_CTAG;
	if (tagged) {
		if (!IS_IN(&f, tag + 1))
			return drop(CONTRACT_CNT_DROP_SHORT);
		if ((tag[0] & bpf_htons(VLAN_MASK)) == bpf_htons(VLAN_MASK))
			return drop(CONTRACT_CNT_DROP_OUTER_VLAN); /* section 4.1.1 */
		type = bpf_ntohs(tag[1]);
	}
	group = bridge_group(eth->h_dest);
	if (type == TYPE_TRILL || type == TYPE_ISIS || type == TYPE_CHANNEL ||
		group_of_trill(group))
		return receive_trill(ctx, &f, s, port, type, group);
	if (group >= 0 && ((group & 0xf0) == 0x00 || (group & 0xf0) == 0x20))
		return hand_up(port->slot, CONTRACT_CLASS_LINK, eth->h_source,
			CONTRACT_CNT_LINK); /* BPDU, LLDP, MVRP: section 4.6.3 */
	if (!(port->flags & CONTRACT_PORT_NATIVE))
		return drop(CONTRACT_CNT_DROP_TRUNK);
	return receive_native(ctx, &f, s, port, tagged);
}

/* ---- each frame, on its way out ---- */

/* One copy in TRILL form. */
static __always_inline int copy_trill(struct xdp_md *ctx, struct frame *f,
	const struct contract_mark *mark, const struct contract_port *port)
{
	static const __u8 all_rbridges[6] = {0x01, 0x80, 0xc2, 0, 0, GROUP_ALL_RBRIDGES};
	const struct inner_header *in = f->data + f->header_at + f->header_len;
	const struct contract_label_set *unwanted;
	__u32 key = port->slot * CONTRACT_TREES + (mark->pair / 2 & (CONTRACT_TREES - 1));

	if (mark->slot == port->slot && !mark->native)
		return XDP_DROP;
	if (!IS_IN(f, in))
		return XDP_DROP;
	unwanted = bpf_map_lookup_elem(&pruned, &key);
	if (unwanted && label_in(unwanted, mark->label)) {
		count(CONTRACT_CNT_COPY_PRUNED);
		return XDP_DROP;
	}
	if (__builtin_expect(port->flags & CONTRACT_PORT_NO_FGL, 0) && has_fgl(f))
		return drop(CONTRACT_CNT_DROP_UNSAFE);
	if (f->end - f->data > (long)port->mtu + f->header_at)
		return drop(CONTRACT_CNT_DROP_MTU);
	if (!frame_outer(ctx, f, all_rbridges, port->mac, port->tci))
		return drop(CONTRACT_CNT_DROP_ROOM);
	count(CONTRACT_CNT_COPY_TRILL);
	return XDP_PASS;
}

/* Priority and DEI of the native frame. */
static __always_inline __u16 tci_of(const struct frame *f, const struct inner_header *in)
{
	const struct fgl_header *fine = (const void *)in;

	if (in->tag != bpf_htons(TYPE_FGL))
		return bpf_ntohs(in->tci);
	return IS_IN(f, fine) ? bpf_ntohs(fine->low) : 0;
}

/* At a port of a virtual RBridge: what entered under its nickname stays out, unless it entered
 * here; of what else has many destinations there is one designated forwarder (RFC 7781
 * sections 5.2, 5.3).
 */
static __always_inline bool is_others(const struct frame *f, const struct contract_mark *mark,
	const struct contract_native *n, __u16 vlan)
{
	if (!is_multi(f))
		return false;
	if (f->ingress == n->nickname)
		return !mark->native;
	return n->others[vlan / 64 & (CONTRACT_VLAN_WORDS - 1)] >> (vlan % 64) & 1;
}

/* One copy for the port's end stations. */
static __always_inline int copy_native(struct xdp_md *ctx, struct frame *f,
	const struct contract_mark *mark, const struct contract_port *port)
{
	const struct inner_header *in = f->data + f->header_at + f->header_len;
	__u32 slot = port->slot;
	const struct contract_native *n = bpf_map_lookup_elem(&natives, &slot);
	struct label label = {.number = mark->label};
	enum contract_counter why;

	if (mark->slot == port->slot && mark->native)
		return XDP_DROP;
	if (!n || !IS_IN(f, in) || for_rbridges(f, in))
		return XDP_DROP;
	label.tci = tci_of(f, in);
	if (!may_leave(n, port->slot, &label, &why)) {
		if (why == CONTRACT_CNT_DROP_INHIBITED)
			count(why); /* the others are in other VLANs */
		return XDP_DROP;
	}
	if (n->nickname && is_others(f, mark, n, label.tci & VLAN_MASK)) {
		count(CONTRACT_CNT_COPY_OTHERS);
		return XDP_DROP;
	}
	if (f->flags & FLAG_CRITE)
		return drop(CONTRACT_CNT_DROP_CRITICAL);
	if (!frame_bare(ctx, f, n, &label, &why))
		return drop(why);
	count(CONTRACT_CNT_COPY_NATIVE);
	return XDP_PASS;
}

/* ESADI, channel and OAM messages that are distributed to all: whole, with where they came by. */
static __always_inline int copy_cpu(const struct frame *f, const struct contract_mark *mark)
{
	const struct inner_header *in = f->data + f->header_at + f->header_len;
	struct contract_origin *origin = f->data;

	if (mark->native || !IS_IN(f, in) || !for_rbridges(f, in))
		return XDP_DROP;
	if (f->flags & FLAG_CRITE)
		return drop(CONTRACT_CNT_DROP_CRITICAL);
	origin->slot = mark->slot;
	origin->tree = mark->pair / 2;
	origin->spare[0] = origin->spare[1] = origin->spare[2] = 0;
	return hand_up(mark->slot, CONTRACT_CLASS_COPIES, in->sa, CONTRACT_CNT_COPY_CPU);
}

/* Two copies of each frame come to a hybrid port, one after the other; which is the first does not
 * matter, they are alike. */
static __always_inline bool is_second(const struct contract_mark *mark, __u32 slot)
{
	__u32 *last = bpf_map_lookup_elem(&copied, &slot);

	if (!last)
		return false;
	if (*last == mark->sequence)
		return true;
	*last = mark->sequence;
	return false;
}

/* Of every port. What goes to one port is finished, and has no mark. */
SEC("xdp/devmap")
int leave(struct xdp_md *ctx)
{
	const struct contract_mark *m = (void *)(long)ctx->data_meta;
	const struct contract_settings *s = settings_get();
	const struct contract_port *port;
	struct contract_forms forms;
	struct contract_mark mark;
	struct frame f;
	bool trill, native;

	if ((void *)(m + 1) > (void *)(long)ctx->data)
		return XDP_PASS;
	mark = *m;
	if (bpf_xdp_adjust_meta(ctx, sizeof(mark)))
		return drop(CONTRACT_CNT_DROP_ROOM);
	frame_again(&f, ctx);
	if (!frame_read(&f, mark.header_at == ETH_HLEN ? ETH_HLEN : ETH_HLEN + TAG_LEN))
		return XDP_DROP;
	if (s && ctx->egress_ifindex == s->daemon)
		return copy_cpu(&f, &mark);
	port = port_get(ctx->egress_ifindex);
	if (!port) /* it has just gone */
		return drop(CONTRACT_CNT_DROP_NO_PORT);
	forms = forms_get(port->slot);
	trill = forms.trill >> (mark.pair & 31) & 1;
	native = forms.native >> (mark.pair & 31) & 1;
	if (native && (!trill || is_second(&mark, port->slot)))
		return copy_native(ctx, &f, &mark, port);
	return trill ? copy_trill(ctx, &f, &mark, port) : XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
