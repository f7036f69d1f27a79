/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* frame: where things stand in a frame, and how it grows and shrinks (RFC 6325 section 4.1, RFC
 * 7780 section 10, RFC 7179). Knows no table.
 *
 *   outer: DA 6 | SA 6 | [8100 TCI] | 22F3        header_at: 14 or 18
 *   TRILL: V 2 A 1 C 1 M 1 RESV 4 F 1 Hop 6 | Egress 16 | Ingress 16 | [Flags 32]
 *   inner: DA 6 | SA 6 | 8100 TCI | Ethertype ...
 *       or DA 6 | SA 6 | 893B priority, high 12 | 893B priority, low 12 | Ethertype ...   */
#ifndef SUNWARD_TRILL_BPF_FRAME_H
#define SUNWARD_TRILL_BPF_FRAME_H

#include <linux/if_ether.h>

#include "trill/bpf/maps.h"

#define TYPE_TRILL   0x22F3
#define TYPE_ISIS    0x22F4
#define TYPE_CTAG    0x8100
#define TYPE_FGL     0x893B
#define TYPE_CHANNEL 0x8946
#define TYPE_ARP     0x0806
#define TYPE_RARP    0x8035
#define TYPE_IPV6    0x86DD

#define PROTOCOL_ICMPV6  58
#define ND_SOLICITATION  135
#define ND_ADVERTISEMENT 136

#define CHANNEL_PROTOCOL    0x0fff /* of the first two bytes of RBridge Channel: RFC 7178 */
#define CHANNEL_BFD_CONTROL 2      /* RFC 7175 section 7 */
#define CHANNEL_BFD_ECHO    3

#define TAG_LEN   4
#define FGL_LEN   8 /* both halves: RFC 7172 section 2.3 */
#define TRILL_LEN 6
#define FLAGS_LEN 4
#define VLAN_MASK 0x0fff

#define NICKNAME_LAST 0xFFBF
#define NICKNAME_ANY  0xFFC0
#define NICKNAME_OOMF 0xFFC1
#define OOMF_HOPS     2 /* RFC 7780 section 2.4.2.3 */
#define HOPS_MAX      63

#define FLAG_CRHBH     0x80000000u
#define FLAG_CRITE     0x40000000u
#define FLAG_CRRSV     0x20000000u
#define FLAG_HOPS      0x00038000u /* bits 14-16: the high part of the hop count */
#define FLAG_HOPS_UNIT 0x00008000u

#define GROUP_ALL_RBRIDGES 0x40 /* last bytes of 01-80-C2-00-00-xx */
#define GROUP_ALL_ISIS     0x41
#define GROUP_ALL_EGRESS   0x42
#define GROUP_ALL_EDGE     0x46

struct trill_header {
	__be16 bits;
	__be16 egress, ingress;
} __attribute__((packed, aligned(2)));

struct inner_header {
	__u8 da[6], sa[6];
	__be16 tag, tci, type;
} __attribute__((packed, aligned(2)));

/* The same with a fine-grained label. */
struct fgl_header {
	__u8 da[6], sa[6];
	__be16 tag, high, tag2, low, type;
} __attribute__((packed, aligned(2)));

/* The label of a frame, and what stands in its tag. */
struct label {
	__u16 number; /* see CONTRACT_LABEL_FGL */
	__u16 tci;    /* of the native frame, with the VLAN that it belongs to, or goes to */
	__u32 fgl;    /* of a number that is no VLAN's */
};

static __always_inline bool is_fgl(__u16 number)
{
	return __builtin_expect(number >= CONTRACT_LABEL_FGL, 0);
}

/* What the programs hand on about the frame they look at. */
struct frame {
	void *data, *end;
	__u32 header_at, header_len; /* of the TRILL header */
	__u16 bits;                  /* its first two bytes */
	__u16 egress, ingress;
	__u32 flags; /* its flags word; 0: none */
};

static __always_inline bool nickname_usable(__u16 nickname)
{
	return nickname && nickname <= NICKNAME_LAST;
}

static __always_inline bool mac_same(const __u8 *a, const __u8 *b)
{
	return *(const __u32 *)a == *(const __u32 *)b &&
	       *(const __u16 *)(a + 4) == *(const __u16 *)(b + 4);
}

static __always_inline void mac_copy(__u8 *to, const __u8 *from)
{
	*(__u32 *)to = *(const __u32 *)from;
	*(__u16 *)(to + 4) = *(const __u16 *)(from + 4);
}

/* Both addresses of a frame, on the way to another place in it. */
struct macs {
	__u32 words[3];
};

static __always_inline struct macs macs_take(const void *at)
{
	const __u32 *w = at;
	struct macs m = {{w[0], w[1], w[2]}};

	return m;
}

static __always_inline void macs_put(void *at, struct macs m)
{
	__u32 *w = at;

	w[0] = m.words[0];
	w[1] = m.words[1];
	w[2] = m.words[2];
}

/* The last byte of a group address 01-80-C2-00-00-xx; -1: it is none. */
static __always_inline int bridge_group(const __u8 *mac)
{
	if (mac[0] != 0x01 || mac[1] != 0x80 || mac[2] != 0xc2 || mac[3] || mac[4])
		return -1;
	return mac[5];
}

static __always_inline bool group_of_trill(int group)
{
	return group >= 0 && (group & 0xf0) == 0x40;
}

static __always_inline bool is_multi(const struct frame *f)
{
	return f->bits >> 11 & 1;
}

static __always_inline bool is_alert(const struct frame *f)
{
	return f->bits >> 13 & 1;
}

static __always_inline __u32 hops_of(const struct frame *f)
{
	return (f->bits & 0x3f) | (f->flags & FLAG_HOPS) / FLAG_HOPS_UNIT << 6;
}

/* A hop-by-hop or reserved extension that is critical, of which there is none here but the extended
 * hop count (RFC 7179 section 2.3.1, RFC 7780 section 10.2). */
static __always_inline bool is_critical_hop(const struct frame *f)
{
	return f->flags & FLAG_CRHBH || (f->flags & FLAG_CRRSV && !(f->flags & FLAG_HOPS));
}

/* Read the TRILL header at @at. False: the frame is too short. */
static __always_inline bool frame_read(struct frame *f, __u32 at)
{
	const struct trill_header *h = f->data + at;

	f->header_at = at;
	f->header_len = TRILL_LEN;
	f->flags = 0;
	if ((const void *)(h + 1) > f->end)
		return false;
	f->bits = bpf_ntohs(h->bits);
	f->egress = bpf_ntohs(h->egress);
	f->ingress = bpf_ntohs(h->ingress);
	if (f->bits >> 6 & 1) {
		const __be32 *flags = (const void *)(h + 1);

		if ((const void *)(flags + 1) > f->end)
			return false;
		f->flags = bpf_ntohl(*flags);
		f->header_len += FLAGS_LEN;
	}
	return true;
}

/* Take one off the hop count, which is not 0 (RFC 7780 section 10.2.1.3), in the frame and here. */
static __always_inline bool frame_hop(struct frame *f)
{
	struct trill_header *h = f->data + f->header_at;
	__be32 *flags = (void *)(h + 1);

	if ((void *)(h + 1) > f->end)
		return false;
	if (f->bits & 0x3f) {
		f->bits--;
		h->bits = bpf_htons(f->bits);
		return true;
	}
	if ((void *)(flags + 1) > f->end)
		return false;
	f->bits |= 0x3f;
	f->flags -= FLAG_HOPS_UNIT;
	if (!(f->flags & FLAG_HOPS))
		f->flags &= ~FLAG_CRRSV;
	h->bits = bpf_htons(f->bits);
	*flags = bpf_htonl(f->flags);
	return true;
}

/* The frame has moved or changed its length. */
static __always_inline void frame_again(struct frame *f, const struct xdp_md *ctx)
{
	f->data = (void *)(long)ctx->data;
	f->end = (void *)(long)ctx->data_end;
}

/* Priority and DEI of the frame inside: in a tag and in the high half of a fine-grained label they
 * stand in the same place (RFC 7172 section 4.2.1). */
static __always_inline __u16 frame_priority(const struct frame *f)
{
	const struct inner_header *in = f->data + f->header_at + f->header_len;

	return (const void *)(in + 1) <= f->end ? bpf_ntohs(in->tci) & ~VLAN_MASK : 0;
}

/* Write outer Ethernet header and tag (@tci 0: none) before the TRILL header, in a frame whose
 * outer header has now as many bytes as header_at says. The tag has the priority of the frame
 * inside (RFC 6325 section 4.1.3). */
static __always_inline bool frame_outer(
	struct xdp_md *ctx, struct frame *f, const __u8 *to, const __u8 *from, __u16 tci)
{
	__u32 want = tci ? ETH_HLEN + TAG_LEN : ETH_HLEN;
	__be16 *type;

	if (want != f->header_at) {
		if (bpf_xdp_adjust_head(ctx, (int)f->header_at - (int)want))
			return false;
		frame_again(f, ctx);
		f->header_at = want;
	}
	if (f->data + ETH_HLEN + TAG_LEN > f->end)
		return false;
	mac_copy(f->data, to);
	mac_copy(f->data + ETH_ALEN, from);
	type = f->data + 2 * ETH_ALEN;
	if (tci) {
		type[0] = bpf_htons(TYPE_CTAG);
		type[1] = bpf_htons(tci | frame_priority(f));
		type += 2;
	}
	type[0] = bpf_htons(TYPE_TRILL);
	return true;
}

/* Take off all up to the inner frame; its tag too, if @untag. */
static __always_inline bool frame_strip(struct xdp_md *ctx, struct frame *f, bool untag)
{
	__u32 inner_at = f->header_at + f->header_len;
	struct inner_header *in = f->data + inner_at;
	struct macs macs;

	if ((void *)(in + 1) > f->end)
		return false;
	if (!untag)
		return bpf_xdp_adjust_head(ctx, inner_at) == 0;
	macs = macs_take(in);
	if (bpf_xdp_adjust_head(ctx, inner_at + TAG_LEN))
		return false;
	frame_again(f, ctx);
	if (f->data + sizeof(macs) > f->end)
		return false;
	macs_put(f->data, macs);
	return true;
}

/* The same of a frame with a fine-grained label; instead of that it gets a tag of @tci, or (@untag)
 * none. */
static __always_inline bool frame_strip_fgl(
	struct xdp_md *ctx, struct frame *f, bool untag, __u16 tci)
{
	__u32 inner_at = f->header_at + f->header_len;
	struct inner_header *in = f->data + inner_at;
	struct macs macs;

	if ((void *)in + sizeof(macs) > f->end)
		return false;
	macs = macs_take(in);
	if (bpf_xdp_adjust_head(ctx, untag ? inner_at + FGL_LEN : inner_at + FGL_LEN - TAG_LEN))
		return false;
	frame_again(f, ctx);
	in = f->data;
	if ((void *)(in + 1) > f->end)
		return false;
	macs_put(in, macs);
	if (!untag) {
		in->tag = bpf_htons(TYPE_CTAG);
		in->tci = bpf_htons(tci);
	}
	return true;
}

/* RFC 7172 section 4.1: priority and DEI of the native frame stand in both halves. */
static __always_inline bool frame_wrap_fgl(
	struct xdp_md *ctx, struct frame *f, bool tagged, const struct label *l)
{
	const int room = ETH_HLEN + TRILL_LEN, grow = FGL_LEN - (tagged ? TAG_LEN : 0);
	__u16 priority = l->tci & ~VLAN_MASK;
	struct fgl_header *in;
	struct macs macs;

	if (bpf_xdp_adjust_head(ctx, -room - grow))
		return false;
	frame_again(f, ctx);
	in = f->data + room;
	if ((void *)(in + 1) > f->end)
		return false;
	macs = macs_take((void *)in + grow);
	macs_put(in, macs);
	in->tag = in->tag2 = bpf_htons(TYPE_FGL);
	in->high = bpf_htons(priority | (l->fgl >> 12 & VLAN_MASK));
	in->low = bpf_htons(priority | (l->fgl & VLAN_MASK));
	f->header_at = ETH_HLEN;
	f->header_len = TRILL_LEN;
	return true;
}

/* Put @room bytes and a TRILL header, not written yet, before a native frame; with a tag of the
 * label inside, if it has none. */
static __always_inline bool frame_wrap(
	struct xdp_md *ctx, struct frame *f, bool tagged, const struct label *l)
{
	const int room = ETH_HLEN + TRILL_LEN;
	struct inner_header *in;
	struct macs macs;

	if (is_fgl(l->number))
		return frame_wrap_fgl(ctx, f, tagged, l);
	if (bpf_xdp_adjust_head(ctx, tagged ? -room : -room - TAG_LEN))
		return false;
	frame_again(f, ctx);
	in = f->data + room;
	if ((void *)(in + 1) > f->end)
		return false;
	if (!tagged) {
		macs = macs_take(f->data + room + TAG_LEN);
		macs_put(in, macs);
		in->tag = bpf_htons(TYPE_CTAG);
	}
	in->tci = bpf_htons(l->tci);
	f->header_at = ETH_HLEN;
	f->header_len = TRILL_LEN;
	return true;
}

static __always_inline bool frame_header(struct frame *f, bool multi, __u8 hops)
{
	struct trill_header *h = f->data + ETH_HLEN;

	if ((void *)(h + 1) > f->end)
		return false;
	f->bits = multi << 11 | (hops & 0x3f);
	f->flags = 0;
	h->bits = bpf_htons(f->bits);
	h->egress = bpf_htons(f->egress);
	h->ingress = bpf_htons(f->ingress);
	return true;
}

#endif
