/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* route: the kernel's routing with a memory of a few milliseconds: where the route to an address
 * depends on the address alone, asking anew for each packet finds the same next hop at five times
 * the price. */
#ifndef SUNWARD_XTR_BPF_ROUTE_H
#define SUNWARD_XTR_BPF_ROUTE_H

#include "xtr/bpf/lookup.h"

#define AF_INET  2
#define AF_INET6 10

#define ROUTE_SLOTS  1024
#define ROUTE_AGE_NS 10000000ULL

struct route {
	__u64 until;
	__u32 via; /* ifindex that the packet came in by, as routing has it */
	__u32 ifindex;
	__u32 dst[4];
	__u8 smac[6], dmac[6];
	__u8 family;
	__u8 spare[3];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, ROUTE_SLOTS);
	__type(key, __u32);
	__type(value, struct route);
} routes SEC(".maps");

static __always_inline bool route_is(
	const struct route *r, const struct bpf_fib_lookup *fib, const __u32 dst[4], __u64 now)
{
	return r->until > now && r->via == fib->ifindex && r->family == fib->family &&
	       r->dst[0] == dst[0] && r->dst[1] == dst[1] && r->dst[2] == dst[2] &&
	       r->dst[3] == dst[3];
}

/* As bpf_fib_lookup(), of what @fib asks for; of an answer only ifindex and the MACs are filled in
 * when it is remembered. Slots are few on purpose: whoever makes two addresses meet in one only
 * makes us ask. */
static __always_inline long route_find(
	void *ctx, const struct contract_settings *s, struct bpf_fib_lookup *fib)
{
	__u32 dst[4], slot;
	struct route *r;
	__u64 now;
	long rc;

	if (!s->remember_routes)
		return bpf_fib_lookup(ctx, fib, sizeof(*fib), 0);
	__builtin_memcpy(dst, fib->ipv6_dst, 16);
	slot = dst[0] ^ dst[1] ^ dst[2] ^ dst[3];
	slot = (slot ^ slot >> 10 ^ slot >> 22) & (ROUTE_SLOTS - 1);
	r = bpf_map_lookup_elem(&routes, &slot);
	if (!r)
		return bpf_fib_lookup(ctx, fib, sizeof(*fib), 0);
	now = bpf_ktime_get_coarse_ns();
	if (route_is(r, fib, dst, now)) {
		fib->ifindex = r->ifindex;
		__builtin_memcpy(fib->smac, r->smac, 6);
		__builtin_memcpy(fib->dmac, r->dmac, 6);
		return BPF_FIB_LKUP_RET_SUCCESS;
	}
	r->until = 0;
	r->via = fib->ifindex;
	r->family = fib->family;
	rc = bpf_fib_lookup(ctx, fib, sizeof(*fib), 0);
	if (rc != BPF_FIB_LKUP_RET_SUCCESS)
		return rc;
	__builtin_memcpy(r->dst, dst, 16);
	__builtin_memcpy(r->smac, fib->smac, 6);
	__builtin_memcpy(r->dmac, fib->dmac, 6);
	r->ifindex = fib->ifindex;
	r->until = now + ROUTE_AGE_NS;
	return rc;
}

#endif
