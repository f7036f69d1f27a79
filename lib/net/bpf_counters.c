/* See bpf_counters.h. */
#include "lib/net/bpf_counters.h"

#include <errno.h>
#include <stdlib.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

int bpf_counters_sum(int fd, uint32_t count, uint64_t *sums)
{
	int cpus = libbpf_num_possible_cpus(), err = 0;
	uint64_t *each = cpus > 0 ? calloc((size_t)cpus, sizeof(*each)) : NULL;

	if (!each)
		return cpus < 0 ? cpus : -ENOMEM;
	for (uint32_t i = 0; i < count && !err; i++) {
		sums[i] = 0;
		if (bpf_map_lookup_elem(fd, &i, each))
			err = -errno;
		for (int cpu = 0; cpu < cpus && !err; cpu++)
			sums[i] += each[cpu];
	}
	free(each);
	return err;
}
