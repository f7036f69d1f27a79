/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* police: how much of each kind a port may hand up to the daemon (contract.h: CONTRACT_CLASSES), so
 * that nobody who can send frames takes the adjacencies' share of its socket and its time. Knows
 * no frame's content but the sender's MAC.
 *
 * A bucket is one number, the time until which its tokens are spent (the generic cell rate
 * algorithm), so that processors share it without a lock. */
#ifndef SUNWARD_TRILL_BPF_POLICE_H
#define SUNWARD_TRILL_BPF_POLICE_H

#include "trill/bpf/maps.h"

#define NS_PER_S     1000000000ULL
#define POLICE_TRIES 4 /* another processor was faster */

static const struct police_class {
	__u64 interval_ns, depth_ns; /* of a token; of all that may be there at once */
	enum contract_counter beyond;
} police_classes[CONTRACT_CLASS_COUNT] = {
#define POLICE_CLASS(id, per_s, burst, beyond, help)                                               \
	{NS_PER_S / (per_s), (NS_PER_S / (per_s)) * (burst), CONTRACT_CNT_##beyond},
	CONTRACT_CLASSES(POLICE_CLASS)
#undef POLICE_CLASS
};

/* Strangers have several buckets each port, by MAC: one that floods leaves the others theirs. */
static __always_inline __u32 police_place(enum contract_class class, const __u8 *mac)
{
	__u32 low = *(const __u32 *)(mac + 2);

	if (class != CONTRACT_CLASS_STRANGER)
		return class;
	return CONTRACT_CLASS_COUNT + (low * 0x9e3779b1u >> 16) % CONTRACT_STRANGERS;
}

static __always_inline bool police_take(__u32 slot, __u32 place, const struct police_class *class)
{
	__u32 key = slot * CONTRACT_BUCKETS + place;
	__u64 *spent = bpf_map_lookup_elem(&buckets, &key), now = bpf_ktime_get_ns(), was, from;

	for (int i = 0; spent && i < POLICE_TRIES; i++) {
		was = *(volatile __u64 *)spent;
		from = was > now ? was : now;
		if (from + class->interval_ns - now > class->depth_ns)
			return false;
		if (__sync_val_compare_and_swap(spent, was, from + class->interval_ns) == was)
			return true;
	}
	return false;
}

/* The frame goes up, unchanged; or not, when there were too many. @mac: its sender's. */
static __always_inline int hand_up(
	__u32 slot, enum contract_class class, const __u8 *mac, enum contract_counter c)
{
	const struct police_class *is = &police_classes[class % CONTRACT_CLASS_COUNT];

	if (!police_take(slot, police_place(class, mac), is))
		return drop(is->beyond);
	count(c);
	return XDP_PASS;
}

#endif
