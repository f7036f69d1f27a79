/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* events: what goes up through the ring buffer, each kind at most once in 100 ms for the same
 * subject. Only a host's answer to a question goes up as often as it comes, almost: it is what a
 * move waits for, and an answer to the kernel's own question just before must not hide it. All
 * that is seen on one port is limited besides: forged addresses and MACs are subjects without end,
 * and a guest that sends them must fill neither the ring nor user space's time for others. */
#ifndef SUNWARD_XTR_BPF_EVENTS_H
#define SUNWARD_XTR_BPF_EVENTS_H

#include "xtr/bpf/decap.h"

#define EVENT_INTERVAL_NS  100000000ULL
#define ANSWER_INTERVAL_NS 100000ULL
#define PORT_INTERVAL_NS   100000ULL                 /* 10,000 a second from one port ... */
#define PORT_BURST_NS      (1000 * PORT_INTERVAL_NS) /* ... and 1,000 at once */

enum sign { SIGN_SPOKE, SIGN_ANNOUNCED, SIGN_ANSWERED };

struct event_subject {
	__u32 type;
	__u32 iid;
	__u32 ifindex;
	__u32 mac[2];
	__u32 spare; /* no hole: the bytes are a key */
	union ip a, b;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct event_subject);
	__type(value, __u64);
} recent SEC(".maps");

#define PORT_ERRORS 0x80000000 /* with an ifindex: its packets that are to draw an ICMP error */

/* By ifindex: the time until which its events are spent. CPUs that race count one for two. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, __u64);
} port_events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

/* Whether an event about @subject is due; remembers that it is. */
static __always_inline bool event_due(const struct event_subject *subject, __u64 interval_ns)
{
	__u64 now = bpf_ktime_get_ns(), *last = bpf_map_lookup_elem(&recent, subject);

	if (last && now - *last < interval_ns) {
		count(CONTRACT_CNT_EVENTS_LIMITED);
		return false;
	}
	bpf_map_update_elem(&recent, subject, &now, BPF_ANY);
	return true;
}

/* Whether the port (an ifindex, perhaps with PORT_ERRORS) may say more now. */
static __always_inline bool port_may_speak(__u32 port)
{
	__u64 now = bpf_ktime_get_ns(), first = now + PORT_INTERVAL_NS;
	__u64 *spent = bpf_map_lookup_elem(&port_events, &port);

	if (!spent) {
		bpf_map_update_elem(&port_events, &port, &first, BPF_ANY);
		return true;
	}
	if (*spent > now + PORT_BURST_NS) {
		count(CONTRACT_CNT_EVENTS_LIMITED);
		return false;
	}
	*spent = (*spent > now ? *spent : now) + PORT_INTERVAL_NS;
	return true;
}

static __always_inline void event_send(const struct contract_event *e)
{
	count(bpf_ringbuf_output(&events, (void *)e, sizeof(*e), 0) ? CONTRACT_CNT_EVENTS_LOST
								    : CONTRACT_CNT_EVENTS);
}

/* A host was seen on a site port: by a data packet, or by ARP or neighbour discovery. */
static __always_inline void event_host(enum contract_event_type type, __u32 ifindex, __u32 iid,
	__u8 family, const union ip *host, const __u8 mac[6], enum sign sign)
{
	struct event_subject subject = {
		.type = type | sign << 8, .iid = iid, .ifindex = ifindex, .a = *host};
	struct contract_event e = {.type = type,
		.family = family,
		.gratuitous = sign == SIGN_ANNOUNCED,
		.ifindex = ifindex,
		.iid = iid};

	__builtin_memcpy(subject.mac, mac, 6);
	subject.b.v6[0] = family;
	if (!event_due(&subject, sign == SIGN_ANSWERED ? ANSWER_INTERVAL_NS : EVENT_INTERVAL_NS) ||
		!port_may_speak(ifindex))
		return;
	__builtin_memcpy(e.eid, host, 16);
	__builtin_memcpy(e.mac, mac, 6);
	event_send(&e);
}

/* A packet for an EID that is not here came from an RLOC. */
static __always_inline void event_away(__u32 ifindex, const struct decap *d)
{
	struct event_subject subject = {.type = CONTRACT_AWAY_HIT | d->family << 8,
		.iid = d->iid,
		.a = d->inner.dst,
		.b = d->from};
	struct contract_event e = {.type = CONTRACT_AWAY_HIT,
		.family = d->inner.family,
		.rloc_family = d->family,
		.ifindex = ifindex,
		.iid = d->iid};

	if (!event_due(&subject, EVENT_INTERVAL_NS))
		return;
	__builtin_memcpy(e.eid, &d->inner.dst, 16);
	__builtin_memcpy(e.rloc, &d->from, 16);
	event_send(&e);
}

/* An ICMP error says that a locator is unreachable (0) or takes no more than @mtu bytes. */
static __always_inline void event_mtu(__u32 ifindex, __u8 family, const union ip *rloc, __u16 mtu)
{
	struct event_subject subject = {.type = CONTRACT_RLOC_MTU, .iid = mtu, .a = *rloc};
	struct contract_event e = {
		.type = CONTRACT_RLOC_MTU, .rloc_family = family, .ifindex = ifindex, .mtu = mtu};

	if (!event_due(&subject, EVENT_INTERVAL_NS))
		return;
	__builtin_memcpy(e.rloc, rloc, 16);
	event_send(&e);
}

#endif
