/* See tc_program.h. */
#include "lib/net/tc_program.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#define TCX_INGRESS   46 /* enum bpf_attach_type of kernel 6.6 */
#define TCX_EGRESS    47
#define FILTER_HANDLE 1

int tc_program_link(const struct tc_place *place, int program)
{
	union bpf_attr attr;
	int link;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = (uint32_t)program;
	attr.link_create.target_ifindex = (uint32_t)place->ifindex;
	attr.link_create.attach_type = place->side == TC_SIDE_INGRESS ? TCX_INGRESS : TCX_EGRESS;
	link = (int)syscall(__NR_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));
	return link < 0 ? -errno : link;
}

static enum bpf_tc_attach_point point(const struct tc_place *place)
{
	return place->side == TC_SIDE_INGRESS ? BPF_TC_INGRESS : BPF_TC_EGRESS;
}

int tc_program_filter(const struct tc_place *place, int program)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = place->ifindex, .attach_point = point(place));
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = FILTER_HANDLE, .priority = place->priority,
		.prog_fd = program, .flags = BPF_TC_F_REPLACE);
	int rc = bpf_tc_hook_create(&hook);

	if (rc && rc != -EEXIST)
		return rc;
	return bpf_tc_attach(&hook, &opts);
}

void tc_program_unfilter(const struct tc_place *place)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = place->ifindex, .attach_point = point(place));
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = FILTER_HANDLE, .priority = place->priority);

	bpf_tc_detach(&hook, &opts);
}
