/* tc_program: attach a BPF program of tc to an interface, whatever the kernel knows.
 *
 * TCX links (kernel 6.6) are made by the plain system call, since libbpf 1.1 does not know them:
 * they end with their descriptor, or stay when it is pinned. An older kernel gets a filter of
 * clsact, which stays until it is taken off. It knows no program and no map. */
#ifndef SUNWARD_LIB_NET_TC_PROGRAM_H
#define SUNWARD_LIB_NET_TC_PROGRAM_H

#include <stdint.h>

enum tc_side {
	TC_SIDE_INGRESS,
	TC_SIDE_EGRESS,
};

struct tc_place {
	int ifindex;
	enum tc_side side;
	uint16_t priority; /* of the filter, where there are no links: one for each room */
};

/* Make a link of the loaded program @program at @place. Returns its descriptor, which the caller
 * closes, or -errno: -EINVAL from a kernel that knows no TCX. */
int tc_program_link(const struct tc_place *place, int program);

/* The same by a filter, which replaces one of the same priority. Returns 0 or -errno. */
int tc_program_filter(const struct tc_place *place, int program);

/* Take that filter off. */
void tc_program_unfilter(const struct tc_place *place);

#endif
