/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* lookup: from an EID to its entry, and from an entry to one locator. */
#ifndef SUNWARD_XTR_BPF_LOOKUP_H
#define SUNWARD_XTR_BPF_LOOKUP_H

#include "xtr/bpf/flow.h"

/* The exact entry of a host, or NULL. */
static __always_inline struct contract_fwd *host_find(__u32 iid, __u8 family, const union ip *a)
{
	if (family == 4) {
		struct contract_host4 key = {.iid = iid, .addr = a->v4};

		return bpf_map_lookup_elem(&hosts4, &key);
	} else {
		struct contract_host6 key = {.iid = iid};

		__builtin_memcpy(key.addr, a, 16);
		return bpf_map_lookup_elem(&hosts6, &key);
	}
}

/* The longest match for a host within its instance, or NULL. */
static __always_inline struct contract_fwd *fwd_find(__u32 iid, __u8 family, const union ip *a)
{
	struct contract_fwd *fwd = host_find(iid, family, a);

	if (fwd)
		return fwd;
	if (family == 4) {
		struct contract_prefix4 key = {.plen = 64, .iid = bpf_htonl(iid), .addr = a->v4};

		return bpf_map_lookup_elem(&prefixes4, &key);
	} else {
		struct contract_prefix6 key = {.plen = 160, .iid = bpf_htonl(iid)};

		__builtin_memcpy(key.addr, a, 16);
		return bpf_map_lookup_elem(&prefixes6, &key);
	}
}

/* The number of the dynamic-EID prefix of its instance that an address lies in, or NULL. */
static __always_inline const __u32 *dynamic_find(__u32 iid, __u8 family, const union ip *a)
{
	if (family == 4) {
		struct contract_prefix4 key = {.plen = 64, .iid = bpf_htonl(iid), .addr = a->v4};

		return bpf_map_lookup_elem(&dynamic4, &key);
	} else {
		struct contract_prefix6 key = {.plen = 160, .iid = bpf_htonl(iid)};

		__builtin_memcpy(key.addr, a, 16);
		return bpf_map_lookup_elem(&dynamic6, &key);
	}
}

static __always_inline bool dynamic_covers(__u32 iid, __u8 family, const union ip *a)
{
	return dynamic_find(iid, family, a);
}

static __always_inline bool rloc_is_local(__u8 family, const union ip *a)
{
	struct contract_rloc key = {.family = family};

	__builtin_memcpy(key.addr, a, 16);
	return bpf_map_lookup_elem(&rlocs, &key);
}

/* The entry's word, read whole; counts the use. */
static __always_inline struct contract_verdict fwd_use(struct contract_fwd *fwd)
{
	struct contract_fwd copy;

	copy.word = *(volatile __u64 *)&fwd->word;
	fwd->packets++;
	return copy.verdict;
}

static __always_inline const struct contract_locator *locator_at(
	const struct contract_locset *set, __u32 i)
{
	return &set->locators[i & (CONTRACT_LOCATORS - 1)];
}

/* The locator that a flow falls on, or NULL when the set is empty. */
static __always_inline const struct contract_locator *locator_pick(__u32 locset, __u64 hash)
{
	const struct contract_locset *set = bpf_map_lookup_elem(&locsets, &locset);

	if (!set || !set->count)
		return 0;
	return locator_at(set, set->wheel[hash >> 32 & (CONTRACT_WHEEL - 1)]);
}

static __always_inline __u32 rloc_mark(__u8 family, const __u32 addr[4])
{
	return contract_rloc_mark(family, bpf_ntohl(addr[0]), addr);
}

/* Whether the set has the locator with this mark. */
static __always_inline bool locset_has(__u32 locset, __u32 mark)
{
	const struct contract_locset *set = bpf_map_lookup_elem(&locsets, &locset);
	__u32 i;

	if (!set)
		return false;
	for (i = 0; i < CONTRACT_LOCATORS; i++) {
		const struct contract_locator *l = locator_at(set, i);

		if (l->family && rloc_mark(l->family, l->addr) == mark)
			return true;
	}
	return false;
}

/* As locator_pick(), but never the one with the mark @from (no packet goes back where it came
 * from); NULL when there is no other. */
static __always_inline const struct contract_locator *locator_pick_other(
	__u32 locset, __u64 hash, __u32 from)
{
	const struct contract_locset *set = bpf_map_lookup_elem(&locsets, &locset);
	__u32 first, i;

	if (!set || !set->count)
		return 0;
	first = set->wheel[hash >> 32 & (CONTRACT_WHEEL - 1)];
	for (i = 0; i < CONTRACT_LOCATORS; i++) {
		const struct contract_locator *l = locator_at(set, first + i);

		if (l->family && rloc_mark(l->family, l->addr) != from)
			return l;
	}
	return 0;
}

#endif
