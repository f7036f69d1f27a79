/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* fast: answers plain Map-Requests for registered hosts before the kernel's stack sees them. Every
 * other packet passes, unchanged, and so does every request that needs a thought: the daemon's
 * sockets are the truth, and this is a copy of their commonest answer.
 *
 * The reply goes back by the port and to the neighbour that the request came from. */
#include "lib/net/counters_bpf.h"
#include "mapserver/bpf/ask.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fast_settings);
} settings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fast_bucket);
} buckets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fast_answer);
} answers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct fast_own);
	__type(value, __u32);
} own SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, struct fast_port);
} ports SEC(".maps");

COUNTERS_BPF(FAST_CNT_COUNT);

#define DATA(ctx)     ((void *)(long)(ctx)->data)
#define DATA_END(ctx) ((void *)(long)(ctx)->data_end)

#define REPLY_HEAD   0x20000001 /* Map-Reply, one record */
#define REPLY_BYTES  12
#define RECORD_BYTES 10 /* before the EID's AFI */
#define HOP_LIMIT    64

static __always_inline int pass(enum fast_counter c)
{
	counters_bpf_add(&counters, c);
	return XDP_PASS;
}

/* ---- who ---- */

static __always_inline bool is_own(__u16 afi, __u16 port, const __u8 addr[16])
{
	struct fast_own k = {.afi = afi, .port = port};

	__builtin_memcpy(k.addr, addr, 16);
	return bpf_map_lookup_elem(&own, &k) != NULL;
}

/* Whether the frame is for this port itself: no promiscuous neighbour answers for others. */
static __always_inline bool for_this_port(struct xdp_md *ctx)
{
	__u32 ifindex = ctx->ingress_ifindex;
	const struct fast_port *p = bpf_map_lookup_elem(&ports, &ifindex);
	const struct ethhdr *eth = DATA(ctx);
	const __u16 *is, *mac;

	if (!p || (void *)(eth + 1) > DATA_END(ctx))
		return false;
	is = (const __u16 *)eth->h_dest;
	mac = (const __u16 *)p->mac;
	return is[0] == mac[0] && is[1] == mac[1] && is[2] == mac[2];
}

/* What the kernel's stack would not take, or not send to. */
static __always_inline bool peer_is_odd(const struct ask *a)
{
	const __u32 *w = (const __u32 *)a->peer;

	if (a->afi == AFI_IPV4)
		return a->peer[0] == 0 || a->peer[0] == 127 || a->peer[0] >= 224;
	return a->peer[0] == 0xff || (w[0] == 0 && w[1] == 0); /* ::, ::1, mapped ones */
}

/* ---- the tables ---- */

/* The index of the slot whose tag and key are these and that is alive; or -1. */
static __always_inline const struct fast_slot *bucket_find(
	const struct fast_bucket *b, __u64 hash, const struct fast_key *k, __u64 now)
{
	__u64 tags = *(volatile const __u64 *)&b->tags;
	__u8 tag = fast_tag_of(hash);

	for (int i = 0; i < FAST_SLOTS; i++) {
		const struct fast_slot *s = &b->slot[i & (FAST_SLOTS - 1)];
		__u64 life;

		if ((tags >> (8 * i) & 0xff) != tag)
			continue;
		life = *(volatile const __u64 *)&s->life;
		if (life & FAST_LIFE_DEAD || (life & ~FAST_LIFE_CHECK) <= now ||
			(life & FAST_LIFE_CHECK) != fast_check_of(hash))
			continue;
		if (s->key.word[0] == k->word[0] && s->key.word[1] == k->word[1] &&
			s->key.word[2] == k->word[2])
			return s;
	}
	return NULL;
}

static __always_inline const struct fast_answer *answer_find(
	const struct fast_settings *set, const struct fast_key *k)
{
	__u64 hash = fast_hash(set->hash_key, k), now = bpf_ktime_get_ns() + set->clock_offset;
	const struct fast_slot *s = NULL;
	const struct fast_answer *a;
	__u64 word;
	__u32 key;

	for (int which = 0; which < 2 && !s; which++) {
		const struct fast_bucket *b;

		key = fast_bucket_of(hash, set->buckets, which);
		b = bpf_map_lookup_elem(&buckets, &key);
		if (b)
			s = bucket_find(b, hash, k, now);
	}
	if (!s)
		return NULL;
	word = *(volatile const __u64 *)&s->answer;
	key = (__u32)word;
	a = bpf_map_lookup_elem(&answers, &key);
	return a && *(volatile const __u32 *)&a->generation == word >> 32 ? a : NULL;
}

/* ---- the reply ---- */

struct reply {
	void *at, *end;
	__u64 sum;
};

/* Each put goes behind the one before, and into the checksum. */
static __always_inline bool put_u32(struct reply *r, __u32 v)
{
	if (r->at + 4 > r->end)
		return false;
	*(__u32 *)r->at = v;
	r->at += 4;
	r->sum += v;
	return true;
}

static __always_inline bool put_u16(struct reply *r, __u16 v)
{
	if (r->at + 2 > r->end)
		return false;
	*(__u16 *)r->at = v;
	r->at += 2;
	r->sum += v;
	return true;
}

static __always_inline bool put_eid(struct reply *r, const struct fast_key *k)
{
	const __u32 *w = (const __u32 *)k->addr;
	__u32 len = k->afi == AFI_IPV4 ? 4 : k->afi == AFI_IPV6 ? 16 : 6;

	if (k->iid) {
		if (!put_u16(r, bpf_htons(AFI_LCAF)) || !put_u16(r, 0) ||
			!put_u16(r, bpf_htons(LCAF_IID_TYPE << 8)) ||
			!put_u16(r, bpf_htons(LCAF_IID_FIXED + len)) ||
			!put_u32(r, bpf_htonl(k->iid)))
			return false;
	}
	if (!put_u16(r, bpf_htons(k->afi)) || !put_u32(r, w[0]))
		return false;
	if (k->afi == AFI_IPV4)
		return true;
	if (k->afi == AFI_MAC)
		return put_u16(r, (__u16)w[1]);
	return put_u32(r, w[1]) && put_u32(r, w[2]) && put_u32(r, w[3]);
}

static __always_inline bool put_locators(struct reply *r, const struct fast_answer *a)
{
	__u8 words = a->words;

	for (int i = 0; i < FAST_WIRE_WORDS; i++) {
		if (i >= words)
			break;
		barrier_var(r->end);
		if (r->at + 4 > r->end)
			return false;
		*(__u32 *)r->at = a->wire[i];
		r->at += 4;
	}
	r->sum += a->sum;
	return true;
}

/* RFC 9301 section 5.4; A and L stay clear, as in request.c. */
static __always_inline bool put_message(
	struct reply *r, const struct ask *ask, const struct fast_answer *a)
{
	__u32 counts = bpf_htonl((__u32)a->locators << 24 |
				 (ask->eid.afi == AFI_IPV4          ? 32
					 : ask->eid.afi == AFI_IPV6 ? 128
								    : 48)
					 << 16 |
				 bpf_ntohs(a->act));

	return put_u32(r, bpf_htonl(REPLY_HEAD)) && put_u32(r, ask->nonce[0]) &&
	       put_u32(r, ask->nonce[1]) && put_u32(r, a->ttl) && put_u32(r, counts) &&
	       put_u16(r, a->map_version) && put_eid(r, &ask->eid) && put_locators(r, a);
}

static __always_inline void eth_turn(struct ethhdr *eth)
{
	__u16 *dest = (__u16 *)eth->h_dest, *source = (__u16 *)eth->h_source;

#pragma unroll
	for (int i = 0; i < 3; i++) {
		__u16 was = dest[i];

		dest[i] = source[i];
		source[i] = was;
	}
}

static __always_inline void ip4_write(struct iphdr *ip, const struct ask *a, __u16 len)
{
	*(__u32 *)ip = bpf_htonl(0x45000000 | (len + sizeof(*ip)));
	ip->id = 0;
	ip->frag_off = bpf_htons(0x4000);
	ip->ttl = HOP_LIMIT;
	ip->protocol = IPPROTO_UDP;
	ip->check = 0;
	__builtin_memcpy(&ip->saddr, a->local, 4);
	__builtin_memcpy(&ip->daddr, a->peer, 4);
	ip->check = ~sum_fold(sum_words((__u32 *)ip, 5));
}

static __always_inline void ip6_write(struct ipv6hdr *ip, const struct ask *a, __u16 len)
{
	*(__u32 *)ip = bpf_htonl(0x60000000);
	ip->payload_len = bpf_htons(len);
	ip->nexthdr = IPPROTO_UDP;
	ip->hop_limit = HOP_LIMIT;
	__builtin_memcpy(&ip->saddr, a->local, 16);
	__builtin_memcpy(&ip->daddr, a->peer, 16);
}

/* @len: of the UDP datagram. */
static __always_inline bool reply_write(
	struct xdp_md *ctx, const struct ask *ask, const struct fast_answer *a, __u16 len)
{
	struct reply r = {.at = DATA(ctx), .end = DATA_END(ctx)};
	struct ethhdr *eth = r.at;
	struct udphdr *udp;
	void *l3 = eth + 1;

	if (ask->afi == AFI_IPV4) {
		if (l3 + sizeof(struct iphdr) > r.end)
			return false;
		ip4_write(l3, ask, len);
		udp = l3 + sizeof(struct iphdr);
	} else {
		if (l3 + sizeof(struct ipv6hdr) > r.end)
			return false;
		ip6_write(l3, ask, len);
		udp = l3 + sizeof(struct ipv6hdr);
	}
	if ((void *)(udp + 1) > r.end)
		return false;
	eth_turn(eth);
	udp->source = ask->port;
	udp->dest = ask->reply_port;
	udp->len = bpf_htons(len);
	r.at = udp + 1;
	r.sum = (__u64)bpf_htons(IPPROTO_UDP) + 2 * (__u64)udp->len + udp->source + udp->dest +
		sum_words((const __u32 *)ask->peer, 4) + sum_words((const __u32 *)ask->local, 4);
	if (!put_message(&r, ask, a))
		return false;
	udp->check = ~sum_fold(r.sum);
	if (!udp->check)
		udp->check = 0xffff;
	return true;
}

static __always_inline int answer(
	struct xdp_md *ctx, const struct ask *ask, const struct fast_answer *a)
{
	__u32 len = REPLY_BYTES + RECORD_BYTES + ask->eid_len + 4 * (__u32)a->words;
	__u32 headers = sizeof(struct ethhdr) + sizeof(struct udphdr) +
			(ask->afi == AFI_IPV4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr));
	__u64 frame = DATA_END(ctx) - DATA(ctx);

	barrier_var(frame); /* a difference of places, not a place */
	if (len > ask->message_len)
		return pass(FAST_CNT_SIZE);
	if (bpf_xdp_adjust_tail(ctx, (int)(headers + len) - (int)frame))
		return pass(FAST_CNT_SIZE);
	if (!reply_write(ctx, ask, a, len + sizeof(struct udphdr)))
		return XDP_ABORTED; /* never: the request was longer */
	pass(FAST_CNT_ANSWERED);
	return XDP_TX;
}

SEC("xdp")
int fast(struct xdp_md *ctx)
{
	struct cursor c = {DATA(ctx), DATA_END(ctx)};
	const struct fast_settings *set;
	const struct fast_answer *a;
	struct ask ask = {};
	struct udphdr *udp;
	void *message;
	__u32 zero = 0;
	int verdict;

	if (!outer_read(&ask, &c, &udp) || !is_own(ask.afi, ask.port, ask.local) ||
		!for_this_port(ctx))
		return XDP_PASS;
	set = bpf_map_lookup_elem(&settings, &zero);
	if (!set || !set->on)
		return pass(FAST_CNT_OFF);
	if (peer_is_odd(&ask) || is_own(ask.afi, 0, ask.peer))
		return pass(FAST_CNT_SOURCE);
	if (!outer_sum(&ask, udp, c.end))
		return pass(FAST_CNT_SUM);
	message = c.at;
	if (!inner_read(&ask, &c))
		return pass(FAST_CNT_KIND);
	verdict = request_read(&ask, &c);
	if (verdict != ASK_PLAIN)
		return pass(verdict);
	if (c.at - message != ask.message_len)
		return pass(FAST_CNT_KIND);
	a = answer_find(set, &ask.eid);
	return a ? answer(ctx, &ask, a) : pass(FAST_CNT_MISS);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
