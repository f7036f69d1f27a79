/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* decap: what is a LISP data packet for us, what it carries, and what the inner header becomes.
 * Changes nothing.
 *
 * A UDP checksum other than 0 is not verified (RFC 9300 section 5.3: MAY); the inner packet has its
 * own. */
#ifndef SUNWARD_XTR_BPF_DECAP_H
#define SUNWARD_XTR_BPF_DECAP_H

#include "xtr/bpf/encap.h"

#define DECAP_OK       (-1)
#define DECAP_NOT_OURS (-2)
#define ECN_MASK       3
#define ECN_NOT_ECT    0
#define ECN_ECT1       1
#define ECN_ECT0       2
#define ECN_CE         3

struct decap {
	union ip from; /* outer source */
	struct flow inner;
	__u32 iid;
	__u8 family; /* outer */
	__u8 hop_limit;
	__u8 tos; /* the inner packet's new values */
	__u8 ttl;
};

/* RFC 6040 section 4.2, figure 4: the inner packet's new ECN field, or negative: drop. */
static __always_inline int decap_ecn(__u8 inner, __u8 outer)
{
	inner &= ECN_MASK;
	outer &= ECN_MASK;
	if (inner == ECN_NOT_ECT)
		return outer == ECN_CE ? -1 : ECN_NOT_ECT;
	if (inner == ECN_CE || outer == ECN_CE)
		return ECN_CE;
	if (outer == ECN_ECT1)
		return ECN_ECT1;
	return inner;
}

/* RFC 9300 sections 5.1, 5.3; RFC 9305 section 3; RFC 9302 section 6.1. */
static __always_inline int decap_flags(struct decap *d, const struct lisphdr *lisp, __u8 *gpe)
{
	__u8 flags = lisp->flags;

	*gpe = 0;
	if (flags & LISP_FLAGS_KK)
		return CONTRACT_CNT_DROP_CRYPTO;
	if (flags & LISP_FLAG_P) {
		*gpe = lisp->nonce[2];
		if (*gpe != 1 && *gpe != 2)
			return CONTRACT_CNT_DROP_GPE;
	} else if ((flags & (LISP_FLAG_V | LISP_FLAG_N)) == LISP_FLAG_V) {
		return CONTRACT_CNT_DROP_MAP_VERSION; /* with N besides: it is a nonce */
	}
	d->iid = flags & LISP_FLAG_I ? bpf_ntohl(lisp->iid_lsb) >> 8 : 0;
	return d->iid == CONTRACT_IID_CONTROL ? CONTRACT_CNT_DROP_CONTROL_IID : DECAP_OK;
}

/* From the UDP header on. @udp_len is what the outer IP header leaves for it; 0: do not check
 * (GSO). */
static __always_inline int decap_udp(struct decap *d, struct udphdr *udp, void *end, __u32 udp_len,
	__u8 outer_tos, bool keep_dscp)
{
	struct lisphdr *lisp = (void *)(udp + 1);
	__u8 *inner = (void *)(lisp + 1), gpe;
	int rc, ecn;

	if ((void *)(inner + 1) > end)
		return CONTRACT_CNT_DROP_SHORT;
	if (udp_len && bpf_ntohs(udp->len) != udp_len)
		return CONTRACT_CNT_DROP_OUTER;
	rc = decap_flags(d, lisp, &gpe);
	if (rc != DECAP_OK)
		return rc;
	if (*inner >> 4 == 4 && gpe != 2) {
		if (!flow_parse4(&d->inner, inner, end))
			return CONTRACT_CNT_DROP_INNER;
	} else if (*inner >> 4 == 6 && gpe != 1) {
		if (!flow_parse6(&d->inner, inner, end))
			return CONTRACT_CNT_DROP_INNER;
	} else {
		return gpe ? CONTRACT_CNT_DROP_GPE : CONTRACT_CNT_DROP_INNER;
	}
	if (d->inner.len < d->inner.header)
		return CONTRACT_CNT_DROP_INNER;
	if (udp_len && d->inner.len + sizeof(*udp) + sizeof(*lisp) > udp_len)
		return CONTRACT_CNT_DROP_INNER;
	ecn = decap_ecn(d->inner.tos, outer_tos);
	if (ecn < 0)
		return CONTRACT_CNT_DROP_ECN;
	d->tos = ((keep_dscp ? d->inner.tos : outer_tos) & ~ECN_MASK) | ecn;
	d->ttl = d->hop_limit < d->inner.ttl ? d->hop_limit : d->inner.ttl;
	return DECAP_OK;
}

static __always_inline int decap_parse4(
	struct decap *d, void *l3, void *end, __u32 l3_len, bool gso, bool keep_dscp)
{
	struct iphdr *ip = l3;
	struct udphdr *udp = (void *)(ip + 1);
	__u32 len;

	if ((void *)(ip + 1) > end || ip->version != 4 || ip->protocol != IPPROTO_UDP)
		return DECAP_NOT_OURS;
	d->from.half[0] = d->from.half[1] = 0;
	d->from.v4 = ip->daddr;
	if (!rloc_is_local(4, &d->from))
		return DECAP_NOT_OURS;
	if (ip->frag_off & bpf_htons(0x1fff)) /* no port to see; the first fragment decides */
		return DECAP_NOT_OURS;
	if (ip->ihl != 5 || (void *)(udp + 1) > end || udp->dest != bpf_htons(CONTRACT_LISP_PORT))
		return DECAP_NOT_OURS;
	len = bpf_ntohs(ip->tot_len);
	if (ip->frag_off & bpf_htons(IP4_FRAGMENT) || (!gso && (len > l3_len || len < 28)))
		return CONTRACT_CNT_DROP_OUTER;
	d->from.v4 = ip->saddr;
	d->family = 4;
	d->hop_limit = ip->ttl;
	return decap_udp(d, udp, end, gso ? 0 : len - sizeof(*ip), ip->tos, keep_dscp);
}

static __always_inline int decap_parse6(
	struct decap *d, void *l3, void *end, __u32 l3_len, bool gso, bool keep_dscp)
{
	struct ipv6hdr *ip = l3;
	struct udphdr *udp = (void *)(ip + 1);
	__u32 len;

	if ((void *)(udp + 1) > end || ip->version != 6 || ip->nexthdr != IPPROTO_UDP ||
		udp->dest != bpf_htons(CONTRACT_LISP_PORT))
		return DECAP_NOT_OURS;
	__builtin_memcpy(&d->from, &ip->daddr, 16);
	if (!rloc_is_local(6, &d->from))
		return DECAP_NOT_OURS;
	len = bpf_ntohs(ip->payload_len);
	if (!gso && (len + sizeof(*ip) > l3_len || len < 8))
		return CONTRACT_CNT_DROP_OUTER;
	__builtin_memcpy(&d->from, &ip->saddr, 16);
	d->family = 6;
	d->hop_limit = ip->hop_limit;
	return decap_udp(d, udp, end, gso ? 0 : len,
		(__u8)(ip->priority << 4 | ip->flow_lbl[0] >> 4), keep_dscp);
}

/* Judge the packet whose IP header stands at @l3. @gso: the length fields are not to be trusted.
 * Returns DECAP_OK, DECAP_NOT_OURS, or the counter of a drop. */
static __always_inline int decap_parse(struct decap *d, void *l3, void *end, __u8 family,
	__u32 l3_len, bool gso, const struct contract_settings *s)
{
	if (family == 4)
		return decap_parse4(d, l3, end, l3_len, gso, s->ignore_outer_dscp);
	return decap_parse6(d, l3, end, l3_len, gso, s->ignore_outer_dscp);
}

#endif
