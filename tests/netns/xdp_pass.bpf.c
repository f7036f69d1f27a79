/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* xdp_pass: lets everything pass. A veth takes what its peer's XDP program sends only when it has a
 * program itself. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int xdp_pass(struct xdp_md *ctx)
{
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
