/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* ask: one look at a frame: is it an Encapsulated Map-Request that a program can answer?
 *
 * What is taken here is less than what the sockets take (lisp/ecm, lisp/map_request), never more:
 * one record, one host EID, no option, no flag that asks for something. Everything else is somebody
 * else's. Knows no table. */
#ifndef SUNWARD_MAPSERVER_BPF_ASK_H
#define SUNWARD_MAPSERVER_BPF_ASK_H

#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "mapserver/bpf/contract.h"

#define AFI_IPV4 1
#define AFI_IPV6 2
#define AFI_MAC  6
#define AFI_LCAF 16387

#define ECM_HEAD         0x80000000 /* type 8, no flag */
#define ECM_TYPE         8
#define REQUEST_TYPE     0x10000000
#define REQUEST_HARMLESS 0x00c04000 /* p, s, L: they change nothing about the reply */
#define REQUEST_RLOCS(w) (((w) >> 8 & 0x1f) + 1)
#define LISP_DATA_PORT   4341
#define IP4_NO_FRAGMENT  0xbfff /* all but DF */
#define LCAF_IID_TYPE    2
#define LCAF_IID_FIXED   6 /* of its length: the instance, and the AFI */

struct ask {
	struct fast_key eid;
	__u32 nonce[2]; /* as on the wire, as all else here */
	__u8 peer[16];  /* the sender, as in struct fast_own */
	__u8 local[16]; /* ours */
	__u16 afi;      /* of both */
	__u16 port;     /* ours */
	__u16 reply_port;
	__u16 message_len; /* host order: the UDP payload's bytes */
	__u8 eid_len;
};

/* A place in the packet; what is behind `end` cannot be read. */
struct cursor {
	void *at, *end;
};

#define TAKE(c, n)                                                                                 \
	({                                                                                         \
		void *taken_ = (c)->at;                                                            \
		(c)->at += (n);                                                                    \
		(c)->at <= (c)->end ? taken_ : NULL;                                               \
	})

static __always_inline __u64 sum_fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

static __always_inline __u64 sum_words(const __u32 *words, int n)
{
	__u64 sum = 0;

#pragma unroll
	for (int i = 0; i < n; i++)
		sum += words[i];
	return sum;
}

/* Of @len bytes, a multiple of 2 and at most FAST_MESSAGE_MAX; false: not all there. */
static __always_inline bool sum_bytes(void *at, __u32 len, void *end, __u64 *sum)
{
	for (int i = 0; i < FAST_MESSAGE_MAX / 4; i++) {
		if (len < 4)
			break;
		barrier_var(end); /* no sums with it: the verifier forbids them */
		if (at + 4 > end)
			return false;
		*sum += *(__u32 *)at;
		at += 4;
		len -= 4;
	}
	if (len == 2) {
		if (at + 2 > end)
			return false;
		*sum += *(__u16 *)at;
		len = 0;
	}
	return !len;
}

/* ---- the outer headers ---- */

enum ask_verdict {
	ASK_FOREIGN = -1, /* nothing of ours: not even counted */
	ASK_PLAIN = FAST_CNT_ANSWERED,
};

static __always_inline bool ip4_read(struct ask *a, struct cursor *c, __u16 *len)
{
	struct iphdr *ip = TAKE(c, sizeof(*ip));

	if (!ip || *(__u8 *)ip != 0x45 || ip->protocol != IPPROTO_UDP ||
		ip->frag_off & bpf_htons(IP4_NO_FRAGMENT) ||
		sum_fold(sum_words((__u32 *)ip, 5)) != 0xffff)
		return false;
	a->afi = AFI_IPV4;
	__builtin_memcpy(a->peer, &ip->saddr, 4);
	__builtin_memcpy(a->local, &ip->daddr, 4);
	*len = bpf_ntohs(ip->tot_len) - sizeof(*ip);
	return bpf_ntohs(ip->tot_len) >= sizeof(*ip) + sizeof(struct udphdr);
}

static __always_inline bool ip6_read(struct ask *a, struct cursor *c, __u16 *len)
{
	struct ipv6hdr *ip = TAKE(c, sizeof(*ip));

	if (!ip || ip->version != 6 || ip->nexthdr != IPPROTO_UDP)
		return false;
	a->afi = AFI_IPV6;
	__builtin_memcpy(a->peer, &ip->saddr, 16);
	__builtin_memcpy(a->local, &ip->daddr, 16);
	*len = bpf_ntohs(ip->payload_len);
	return *len >= sizeof(struct udphdr);
}

/* To the payload of a UDP datagram that may be an ECM. */
static __always_inline bool outer_read(struct ask *a, struct cursor *c, struct udphdr **udp)
{
	struct ethhdr *eth = TAKE(c, sizeof(*eth));
	__u16 len;
	__u8 *type;

	if (!eth)
		return false;
	if (eth->h_proto == bpf_htons(ETH_P_IP)) {
		if (!ip4_read(a, c, &len))
			return false;
	} else if (eth->h_proto != bpf_htons(ETH_P_IPV6) || !ip6_read(a, c, &len)) {
		return false;
	}
	*udp = TAKE(c, sizeof(**udp));
	type = c->at;
	if (!*udp || (void *)(type + 1) > c->end || *type >> 4 != ECM_TYPE ||
		(*udp)->len != bpf_htons(len))
		return false;
	a->port = (*udp)->dest;
	a->message_len = len - sizeof(**udp);
	return true;
}

/* The datagram's own checksum, over all that is looked at. */
static __always_inline bool outer_sum(const struct ask *a, struct udphdr *udp, void *end)
{
	__u64 sum = (__u64)bpf_htons(IPPROTO_UDP) + udp->len;

	sum += sum_words((const __u32 *)a->peer, 4) + sum_words((const __u32 *)a->local, 4);
	return udp->check && sum_bytes(udp, a->message_len + sizeof(*udp), end, &sum) &&
	       sum_fold(sum) == 0xffff;
}

/* ---- the inner headers ---- */

/* @left: of the message, in bytes, from the inner UDP header on. */
static __always_inline bool inner_udp_read(
	struct ask *a, struct cursor *c, __u64 pseudo, __u32 left)
{
	struct udphdr *udp = TAKE(c, sizeof(*udp));

	if (!udp || udp->len != bpf_htons(left) || !udp->check || !udp->source ||
		udp->source == bpf_htons(LISP_DATA_PORT) || udp->dest == bpf_htons(LISP_DATA_PORT))
		return false;
	a->reply_port = udp->source;
	pseudo += (__u64)bpf_htons(IPPROTO_UDP) + udp->len;
	return sum_bytes(udp, left, c->end, &pseudo) && sum_fold(pseudo) == 0xffff;
}

static __always_inline bool inner_read(struct ask *a, struct cursor *c)
{
	__u32 left = a->message_len - 4;
	__u32 *head = TAKE(c, 4);
	__u8 *version = c->at;

	if (!head || *head != bpf_htonl(ECM_HEAD) || (void *)(version + 1) > c->end)
		return false;
	if (*version == 0x45) {
		struct iphdr *ip = TAKE(c, sizeof(*ip));

		if (!ip || ip->tot_len != bpf_htons(left) || ip->protocol != IPPROTO_UDP ||
			ip->frag_off & bpf_htons(IP4_NO_FRAGMENT) ||
			sum_fold(sum_words((__u32 *)ip, 5)) != 0xffff)
			return false;
		return inner_udp_read(
			a, c, (__u64)ip->saddr + ip->daddr, left - sizeof(struct iphdr));
	}
	if (*version >> 4 == 6) {
		struct ipv6hdr *ip = TAKE(c, sizeof(*ip));

		left -= sizeof(*ip);
		if (!ip || ip->payload_len != bpf_htons(left) || ip->nexthdr != IPPROTO_UDP)
			return false;
		return inner_udp_read(a, c, sum_words((__u32 *)&ip->saddr, 8), left);
	}
	return false;
}

/* ---- the Map-Request: RFC 9301 section 5.2 ---- */

/* Bytes of a plain address of @afi (network order), or 0. */
static __always_inline __u32 afi_bytes(__u16 afi)
{
	if (afi == bpf_htons(AFI_IPV4))
		return 4;
	if (afi == bpf_htons(AFI_IPV6))
		return 16;
	return afi == bpf_htons(AFI_MAC) ? 6 : 0;
}

/* The fixed part of an Instance-ID LCAF as we write it ourselves, behind its AFI. */
struct lcaf_iid {
	__u16 zero;
	__u8 type;
	__u8 mask_len;
	__u16 len;
	__u16 iid[2];
	__u16 afi;
};

static __always_inline struct lcaf_iid *lcaf_read(struct cursor *c)
{
	struct lcaf_iid *l = TAKE(c, sizeof(*l));

	if (!l || l->zero || l->type != LCAF_IID_TYPE || l->mask_len ||
		l->len != bpf_htons(LCAF_IID_FIXED + afi_bytes(l->afi)))
		return NULL;
	return l;
}

/* Who the packet came from that asks: nothing to us. */
static __always_inline bool source_eid_skip(struct cursor *c)
{
	__u16 *afi = TAKE(c, 2);
	struct lcaf_iid *l;
	__u16 plain;

	if (!afi)
		return false;
	plain = *afi;
	if (plain == bpf_htons(AFI_LCAF)) {
		l = lcaf_read(c);
		if (!l)
			return false;
		plain = l->afi;
	}
	if (plain && !afi_bytes(plain))
		return false;
	c->at += afi_bytes(plain);
	return true;
}

/* Sets *@found when the sender's address is among them. */
static __always_inline bool rlocs_read(
	const struct ask *a, struct cursor *c, __u32 count, bool *found)
{
	for (__u32 i = 0; i < FAST_RLOCS_MAX; i++) {
		__u16 *afi;
		__u32 *addr;

		if (i >= count)
			break;
		afi = TAKE(c, 2);
		if (!afi)
			return false;
		if (*afi == bpf_htons(AFI_IPV4)) {
			addr = TAKE(c, 4);
			if (!addr)
				return false;
			*found |= a->afi == AFI_IPV4 && addr[0] == *(__u32 *)a->peer;
		} else if (*afi == bpf_htons(AFI_IPV6)) {
			const __u32 *peer = (const __u32 *)a->peer;

			addr = TAKE(c, 16);
			if (!addr)
				return false;
			*found |= a->afi == AFI_IPV6 && addr[0] == peer[0] && addr[1] == peer[1] &&
				  addr[2] == peer[2] && addr[3] == peer[3];
		} else {
			return false;
		}
	}
	return true;
}

static __always_inline bool record_read(struct ask *a, struct cursor *c)
{
	struct {
		__u8 flags, plen;
		__u16 afi;
	} *rec = TAKE(c, 4);
	struct lcaf_iid *l;
	__u16 afi;
	void *addr;

	if (!rec || rec->flags)
		return false;
	afi = rec->afi;
	a->eid_len = 2;
	if (afi == bpf_htons(AFI_LCAF)) {
		l = lcaf_read(c);
		if (!l || !(l->iid[0] | l->iid[1]))
			return false;
		a->eid.iid = bpf_ntohl((__u32)l->iid[1] << 16 | l->iid[0]);
		afi = l->afi;
		a->eid_len += sizeof(*l);
	}
	a->eid.afi = bpf_ntohs(afi);
	a->eid_len += afi_bytes(afi);
	if (!afi_bytes(afi) || rec->plen != 8 * afi_bytes(afi))
		return false;
	if (afi == bpf_htons(AFI_IPV4)) {
		addr = TAKE(c, 4);
		if (addr)
			__builtin_memcpy(a->eid.addr, addr, 4);
	} else if (afi == bpf_htons(AFI_IPV6)) {
		addr = TAKE(c, 16);
		if (addr)
			__builtin_memcpy(a->eid.addr, addr, 16);
	} else {
		addr = TAKE(c, 6);
		if (addr)
			__builtin_memcpy(a->eid.addr, addr, 6);
	}
	return addr != NULL;
}

static __always_inline int request_read(struct ask *a, struct cursor *c)
{
	__u32 *head = TAKE(c, 12), word, rlocs;
	bool found = false;

	if (!head)
		return FAST_CNT_KIND;
	word = bpf_ntohl(head[0]);
	rlocs = REQUEST_RLOCS(word);
	a->nonce[0] = head[1];
	a->nonce[1] = head[2];
	if ((word & ~(REQUEST_HARMLESS | 0x1f00)) != (REQUEST_TYPE | 1) || rlocs > FAST_RLOCS_MAX)
		return FAST_CNT_KIND;
	if (!source_eid_skip(c) || !rlocs_read(a, c, rlocs, &found) || !record_read(a, c))
		return FAST_CNT_KIND;
	return found ? ASK_PLAIN : FAST_CNT_RLOC;
}

#endif
