/* See xdp_bench.h. */
#include "tests/bench/xdp_bench.h"

#include <errno.h>
#include <string.h>
#include <bpf/bpf.h>

#include "tests/bench/bench.h"

#define XDP_LIVE (1U << 1) /* BPF_F_TEST_XDP_LIVE_FRAMES */

int xdp_bench_link(const struct bpf_program *program, int ifindex)
{
	int link = bpf_link_create(bpf_program__fd(program), ifindex, BPF_XDP, NULL);

	if (link < 0)
		bench_fail("cannot attach XDP to interface %d: %s", ifindex, strerror(-link));
	return link;
}

void xdp_bench_sink(const struct bpf_program *program, int ifindex)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = 1, .priority = 1);

	if (!program) {
		hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
		bpf_tc_hook_destroy(&hook);
		return;
	}
	opts.prog_fd = bpf_program__fd(program);
	if (bpf_tc_hook_create(&hook) || bpf_tc_attach(&hook, &opts))
		bench_fail("cannot attach the sink to interface %d: %s", ifindex, strerror(errno));
}

uint64_t xdp_bench_generate(const struct bpf_program *generator, uint32_t len, unsigned long frames)
{
	uint8_t data[256] = {0};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = data, .data_size_in = len,
		.flags = XDP_LIVE, .batch_size = XDP_BENCH_BATCH, .repeat = (int)frames);
	uint64_t before = bench_now_ns();

	if (bpf_prog_test_run_opts(bpf_program__fd(generator), &opts))
		bench_fail("cannot generate frames: %s", strerror(errno));
	return bench_now_ns() - before;
}
