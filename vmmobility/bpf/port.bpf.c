// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* port: numbers the packets that go to a guest through its tap, and keeps a copy of the last of
 * them (docs/architecture.md section 5: the cut is at the tap). It lets every packet pass.
 *
 * Several CPUs may send to one tap at a time: each takes its number and its chunks by an atomic
 * addition, and marks the packet's place with the number when the copy is there. */
#include <linux/bpf.h>
#include <linux/in.h>
#include <bpf/bpf_helpers.h>

#include "vmmobility/bpf/contract.h"

#define ETHERNET 14
#define PASS     -1 /* TCX_NEXT, and TC_ACT_UNSPEC on older kernels: go on */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, PORT_PACKETS);
	__type(key, __u32);
	__type(value, struct port_packet);
} packets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, PORT_CHUNKS);
	__type(key, __u32);
	__type(value, struct port_chunk);
} chunks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct port_state);
} state SEC(".maps");

static __always_inline int copy_chunk(struct __sk_buff *skb, __u64 chunk, __u32 at, __u32 len)
{
	__u32 key = chunk % PORT_CHUNKS;
	struct port_chunk *c = bpf_map_lookup_elem(&chunks, &key);

	if (!c || !len)
		return -1;
	if (len >= PORT_CHUNK_BYTES)
		return bpf_skb_load_bytes(skb, at, c->bytes, PORT_CHUNK_BYTES);
	return bpf_skb_load_bytes(skb, at, c->bytes, len);
}

static __always_inline __u32 copy(struct __sk_buff *skb, __u64 first, __u32 len)
{
	__u32 at = 0;

	for (__u32 i = 0; i < PORT_CHUNKS_EACH && at < len; i++) {
		if (copy_chunk(skb, first + i, at, len - at))
			return 0;
		at += PORT_CHUNK_BYTES;
	}
	return at >= len ? len : 0;
}

/* Bytes before the payload of a GSO packet; 0: it cannot be told. */
static __always_inline __u32 header_len(struct __sk_buff *skb)
{
	__u32 upper = ETHERNET + 40;
	__u8 first, protocol, offset;

	if (bpf_skb_load_bytes(skb, ETHERNET, &first, 1))
		return 0;
	if (first >> 4 == 4)
		upper = ETHERNET + (first & 0xf) * 4;
	if (bpf_skb_load_bytes(skb, ETHERNET + (first >> 4 == 4 ? 9 : 6), &protocol, 1))
		return 0;
	if (protocol == IPPROTO_UDP)
		return upper + 8;
	if (protocol != IPPROTO_TCP || bpf_skb_load_bytes(skb, upper + 12, &offset, 1))
		return 0;
	return upper + (offset >> 4) * 4;
}

/* gso_segs is no help: it is rounded down, or 0, in packets of a sender that is not trusted. */
static __always_inline __u32 units_of(struct __sk_buff *skb, const struct port_state *s)
{
	__u32 size = skb->gso_size, header, payload;

	if (!size || !s->cuts)
		return 1;
	header = header_len(skb);
	payload = skb->len - header;
	return header && header < skb->len ? (payload + size - 1) / size : 1;
}

SEC("tc")
int port_copy(struct __sk_buff *skb)
{
	__u32 zero = 0, len = skb->len, need = (len + PORT_CHUNK_BYTES - 1) / PORT_CHUNK_BYTES;
	struct port_state *s = bpf_map_lookup_elem(&state, &zero);
	struct port_packet *p;
	__u64 number, units, first;
	__u32 key;

	if (!s)
		return PASS;
	number = __sync_fetch_and_add(&s->frames, 1);
	units = __sync_fetch_and_add(&s->units, units_of(skb, s));
	first = __sync_fetch_and_add(&s->chunks, need);
	key = number % PORT_PACKETS;
	p = bpf_map_lookup_elem(&packets, &key);
	if (!p)
		return PASS;
	p->number = 0;
	p->chunk = first;
	p->units = units;
	p->time = bpf_ktime_get_ns();
	p->gso_len = skb->gso_size;
	p->len = copy(skb, first, len);
	__sync_fetch_and_add(&p->number, number + 1);
	return PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
