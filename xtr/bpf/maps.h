/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* maps: the one set of maps of both programs. Sizes are set by the loader. */
#ifndef SUNWARD_XTR_BPF_MAPS_H
#define SUNWARD_XTR_BPF_MAPS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "lib/net/counters_bpf.h"
#include "xtr/bpf/contract.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct contract_host4);
	__type(value, struct contract_fwd);
} hosts4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct contract_host6);
	__type(value, struct contract_fwd);
} hosts6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct contract_prefix4);
	__type(value, struct contract_fwd);
} prefixes4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct contract_prefix6);
	__type(value, struct contract_fwd);
} prefixes6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct contract_prefix4);
	__type(value, __u32);
} dynamic4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct contract_prefix6);
	__type(value, __u32);
} dynamic6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct contract_locset);
} locsets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct contract_port);
} ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct contract_instance);
} instances SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct contract_rloc);
	__type(value, __u32);
} rlocs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct contract_settings);
} settings SEC(".maps");

COUNTERS_BPF(CONTRACT_CNT_COUNT);

/* Packets sent up through the tap, and those that user space has taken from it; by ifindex, or
 * CONTRACT_TAP_*. User space makes the entries. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4098);
	__type(key, __u32);
	__type(value, __u64);
} tap_up SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4098);
	__type(key, __u32);
	__type(value, __u64);
} tap_taken SEC(".maps");

static __always_inline void count(enum contract_counter c)
{
	counters_bpf_add(&counters, c);
}

static __always_inline const struct contract_settings *settings_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&settings, &zero);
}

#endif
