/* xdp_bench: what the benchmarks of data planes share: programs put at interfaces, and frames
 * that an XDP program generates on this core. Knows no frame's content. */
#ifndef SUNWARD_TESTS_BENCH_XDP_BENCH_H
#define SUNWARD_TESTS_BENCH_XDP_BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <bpf/libbpf.h>

#define XDP_BENCH_BATCH 64 /* frames that the kernel takes at once */

/* Each of these ends the benchmark (bench_fail) where it fails. */

/* Put @program at an interface, in its native mode, until the link that is returned is closed. */
int xdp_bench_link(const struct bpf_program *program, int ifindex);
/* Put @program, of tc, where frames come in that the kernel has forwarded, or (NULL) take it away.
 */
void xdp_bench_sink(const struct bpf_program *program, int ifindex);
/* Have @generator, which writes the frame and redirects it, send @frames frames of @len (at most
 * 256) bytes. Returns after how many ns the last was sent, and with it what was done on this core.
 */
uint64_t xdp_bench_generate(
	const struct bpf_program *generator, uint32_t len, unsigned long frames);

#endif
