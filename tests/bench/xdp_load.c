/* See xdp_load.h. */
#include "tests/bench/xdp_load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "tests/bench/xdp_bench.h"
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-qual" /* in what bpftool generates */
#include "tests/bench/xdp_requests.skel.h"
#pragma GCC diagnostic pop

#define REQUEST (106 + 2) /* bytes of a frame, and what the generator cuts off */

struct xdp_load {
	struct xdp_requests *bpf;
	struct xdp_load_pair pair[XDP_LOAD_PAIRS];
	unsigned int pairs;
};

bool xdp_load_enter(struct bench *b)
{
	if (geteuid() != 0) {
		bench_note(b, "not as root: the fast path is not measured");
		return false;
	}
	if (unshare(CLONE_NEWNET)) {
		bench_note(b, "no network namespace (%s): the fast path is not measured",
			strerror(errno));
		return false;
	}
	bench_shell("ip link set lo up");
	return true;
}

struct xdp_load *xdp_load_new(void)
{
	struct xdp_load *x = calloc(1, sizeof(*x));

	if (x)
		x->bpf = xdp_requests__open_and_load();
	if (!x || !x->bpf)
		bench_fail("cannot load the XDP generator: %s", strerror(errno));
	return x;
}

void xdp_load_free(struct xdp_load *x)
{
	if (!x)
		return;
	xdp_requests__destroy(x->bpf);
	free(x);
}

const struct xdp_load_pair *xdp_load_add(struct xdp_load *x)
{
	unsigned int i = x->pairs++;
	struct xdp_load_pair *p = &x->pair[i];
	char name[16];

	if (i >= XDP_LOAD_PAIRS)
		bench_fail("more than %d pairs", XDP_LOAD_PAIRS);
	snprintf(p->interface, sizeof(p->interface), "srv%u", i);
	snprintf(p->address, sizeof(p->address), "198.18.%u.1", i);
	snprintf(name, sizeof(name), "gen%u", i);
	bench_shell("ip link add %s type veth peer name %s", p->interface, name);
	bench_shell(
		"ip link set %s address 02:00:00:00:%02x:01 && ip link set %s address 02:00:00:00:%02x:02",
		p->interface, i, name, i);
	bench_shell(
		"for d in %s %s; do echo 1 >/proc/sys/net/ipv6/conf/$d/disable_ipv6; ip link set $d up; done",
		p->interface, name);
	bench_shell("ip addr add %s/24 dev %s", p->address, p->interface);
	p->server = (int)if_nametoindex(p->interface);
	p->generator = (int)if_nametoindex(name);
	p->sink = xdp_bench_link(x->bpf->progs.sink_replies, p->generator);
	return p;
}

static double generate(struct xdp_load *x, const struct xdp_load_pair *p, size_t eids,
	unsigned long frames, uint64_t *lost)
{
	struct xdp_requests__bss *t = x->bpf->bss;
	unsigned int i = (unsigned int)(p - x->pair);
	uint64_t took;

	memcpy(t->gen_dmac, (uint8_t[]){2, 0, 0, 0, (uint8_t)i, 1}, 6);
	memcpy(t->gen_smac, (uint8_t[]){2, 0, 0, 0, (uint8_t)i, 2}, 6);
	t->gen_ifindex = (uint32_t)p->generator;
	t->gen_to = htonl(0xc6120001 | i << 8);
	t->gen_from = htonl(0xc6120002 | i << 8);
	t->gen_eids = (uint32_t)eids;
	t->arrived = t->wrong = 0;
	took = xdp_bench_generate(x->bpf->progs.gen_requests, REQUEST, frames);
	if (t->wrong)
		bench_fail("%llu of %lu replies of the kernel are wrong",
			(unsigned long long)t->wrong, frames);
	if (t->arrived < frames / 2)
		bench_fail("%llu replies to %lu requests of XDP frames",
			(unsigned long long)t->arrived, frames);
	*lost += frames > t->arrived ? frames - t->arrived : 0;
	return (double)t->arrived * 1e9 / (double)took;
}

double xdp_load_run(struct xdp_load *x, const struct xdp_load_pair *p, size_t eids,
	unsigned long frames, uint64_t *lost)
{
	return generate(x, p, eids, frames, lost);
}

double xdp_load_echo(struct xdp_load *x, const struct xdp_load_pair *p, unsigned long frames)
{
	int echo = xdp_bench_link(x->bpf->progs.echo, p->server);
	uint64_t lost = 0;
	double per_s;

	if (bpf_link_update(p->sink, bpf_program__fd(x->bpf->progs.sink_echoes), NULL))
		bench_fail("cannot change the sink: %s", strerror(errno));
	per_s = generate(x, p, 1000, frames, &lost);
	if (bpf_link_update(p->sink, bpf_program__fd(x->bpf->progs.sink_replies), NULL))
		bench_fail("cannot change the sink: %s", strerror(errno));
	close(echo);
	return per_s;
}
