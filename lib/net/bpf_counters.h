/* bpf_counters: the sums of a BPF map of counters that each processor has for itself. */
#ifndef SUNWARD_LIB_NET_BPF_COUNTERS_H
#define SUNWARD_LIB_NET_BPF_COUNTERS_H

#include <stdint.h>

/* Add up the first @count elements of the per-CPU array @fd, of 64-bit values, into @sums. Returns
 * 0 or -errno; then @sums is half written. */
int bpf_counters_sum(int fd, uint32_t count, uint64_t *sums);

#endif
