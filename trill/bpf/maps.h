/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* maps: the tables of the RBridge's programs, whose shapes contract.h has. Sizes that are 1 are set
 * by the loader. */
#ifndef SUNWARD_TRILL_BPF_MAPS_H
#define SUNWARD_TRILL_BPF_MAPS_H

#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "lib/net/counters_bpf.h"
#include "trill/bpf/contract.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, CONTRACT_SLOTS);
	__type(key, __u32);
	__type(value, struct contract_port);
} ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CONTRACT_NEAR);
	__type(key, __u32);
	__type(value, struct contract_port);
} near SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CONTRACT_SLOTS);
	__type(key, __u32);
	__type(value, struct contract_native);
} natives SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, CONTRACT_LABELS - CONTRACT_LABEL_FGL);
	__type(key, __u32);
	__type(value, __u32);
} labels SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, CONTRACT_MAPPINGS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct contract_mapping_key);
	__type(value, struct contract_mapping);
} mappings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, struct contract_nickname);
} nicknames SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CONTRACT_GROUPS);
	__type(key, __u32);
	__type(value, struct contract_group);
} groups SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct contract_neighbour);
	__type(value, struct contract_adjacency);
} adjacencies SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CONTRACT_NEAR);
	__type(key, __u32);
	__type(value, struct contract_near_adjacency);
} near_adjacencies SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct contract_rpf_key);
	__type(value, struct contract_rpf);
} rpf SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CONTRACT_SLOTS);
	__type(key, __u32);
	__type(value, struct contract_forms);
} forms SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct contract_label_set);
} pruned SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct contract_mac_key);
	__type(value, struct contract_place);
} macs SEC(".maps");

/* Steps each time user space has changed or taken away stations. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} changes SEC(".maps");

/* ... and each time a program has. */
__u32 stations_moved;

/* What each processor keeps of macs: recent.h. A block is at most the kernel's 32 KB. */
#define RECENT_BLOCKS 8
#define RECENT_BLOCK  1024

struct recent {
	__u64 station;               /* MAC and VLAN; the highest bit: heard here */
	struct contract_place place; /* with the entry's stamp in place of seen */
};

struct recent_block {
	struct recent is[RECENT_BLOCK];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, RECENT_BLOCKS);
	__type(key, __u32);
	__type(value, struct recent_block);
} recents SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct contract_settings);
} settings SEC(".maps");

COUNTERS_BPF(CONTRACT_CNT_COUNT);

/* What may go up: police.h. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CONTRACT_SLOTS *CONTRACT_BUCKETS);
	__type(key, __u32);
	__type(value, __u64);
} buckets SEC(".maps");

/* One port, by slot. Every entry for a device has the same program, here and in trees: the kernel
 * queues what leaves by it, and runs the program of the first in the queue on all. */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, CONTRACT_SLOTS);
	__type(key, __u32);
	__type(value, struct bpf_devmap_val);
} out SEC(".maps");

/* Per processor: the number of the last frame to many ports, and by slot that of the last copy. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} sequence SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CONTRACT_SLOTS);
	__type(key, __u32);
	__type(value, __u32);
} copied SEC(".maps");

/* Many ports. */
struct tree {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bpf_devmap_val);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, CONTRACT_TREE_MAPS *CONTRACT_TREES);
	__type(key, __u32);
	__array(values, struct tree);
} trees SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

static __always_inline void count(enum contract_counter c)
{
	counters_bpf_add(&counters, c);
}

static __always_inline int drop(enum contract_counter c)
{
	count(c);
	return XDP_DROP;
}

static __always_inline const struct contract_settings *settings_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&settings, &zero);
}

static __always_inline const struct contract_port *port_get(__u32 ifindex)
{
	__u32 place = ifindex & (CONTRACT_NEAR - 1);
	const struct contract_port *port = bpf_map_lookup_elem(&near, &place);

	if (port && *(const volatile __u32 *)&port->ifindex == ifindex)
		return port;
	return bpf_map_lookup_elem(&ports, &ifindex);
}

static __always_inline struct contract_nickname nickname_get(__u16 nickname)
{
	__u32 key = nickname;
	const struct contract_nickname *n = bpf_map_lookup_elem(&nicknames, &key);
	struct contract_nickname none = {0};

	if (n)
		none.word = *(const volatile __u64 *)&n->word;
	return none;
}

static __always_inline struct contract_forms forms_get(__u32 slot)
{
	const struct contract_forms *is = bpf_map_lookup_elem(&forms, &slot);
	struct contract_forms none = {0};

	if (is)
		none.word = *(const volatile __u64 *)&is->word;
	return none;
}

static __always_inline struct contract_self self_get(const struct contract_settings *s)
{
	struct contract_self self;

	self.word = *(const volatile __u64 *)&s->self.word;
	return self;
}

static __always_inline struct contract_native_row native_row(
	const struct contract_native *n, __u16 vlan)
{
	return n->rows[vlan / 64 & (CONTRACT_VLAN_WORDS - 1)];
}

static __always_inline bool label_in(const struct contract_label_set *set, __u16 number)
{
	return set->words[number / 64 & (CONTRACT_LABEL_WORDS - 1)] >> (number % 64) & 1;
}

#endif
