/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* counters_bpf: for BPF programs: a map of counters that each processor has for itself, and one
 * more in it. bpf_counters.h has user space's side. Knows no program's verdicts. */
#ifndef SUNWARD_LIB_NET_COUNTERS_BPF_H
#define SUNWARD_LIB_NET_COUNTERS_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* The map `counters`, of @count 64-bit values. */
#define COUNTERS_BPF(count)                                                                        \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);                                           \
		__uint(max_entries, count);                                                        \
		__type(key, __u32);                                                                \
		__type(value, __u64);                                                              \
	} counters SEC(".maps")

/* Add one to number @which of @map; one that is not there is left out. */
static __always_inline void counters_bpf_add(void *map, __u32 which)
{
	__u64 *n = bpf_map_lookup_elem(map, &which);

	if (n)
		(*n)++;
}

#endif
