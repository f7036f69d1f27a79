/* bench_datapath: packets a second through the programs, and TCP through the tunnel, beside what
 * the kernel does by itself, alternating in the same rounds.
 *
 * Small packets: XDP live frames on one core that is generator, router and sink; every frame that
 * arrives is checked. TCP: iperf3 between two hosts, each behind a router, in namespaces of their
 * own. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <json-c/json.h>

#include "tests/bench/bench.h"
#include "tests/bench/xdp_bench.h"
#include "xtr/datapath_bpf.h"
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-qual" /* in what bpftool generates */
#include "tests/bench/bench_datapath.skel.h"
#pragma GCC diagnostic pop

#define INNER     50
#define GUEST_MTU 1450 /* leaves room for either tunnel within 1500 */

struct datapath_bench {
	struct bench *b;
	struct datapath_load *load;
	struct datapath_bpf *bpf;
	struct bench_datapath *tools;
	unsigned long entries, frames, tcp_s;
	int site, host, core, next;
	char id[32];      /* prefix of the namespaces */
	char build[500];  /* the build's folder */
	char router[550]; /* the path of dp_static */
	pid_t routers[2];
	int stop[2];                  /* closing it ends the router */
	FILE *first_ask, *first_said; /* of first_packet.sh */
};

static void on_event(void *arg, const struct datapath_event *e)
{
}

/* Two ports with their neighbours, in the namespace of this process. */
static void make_ports(struct datapath_bench *d)
{
	bench_shell("ip link set lo up");
	bench_shell(
		"ip link add site type veth peer name host && ip link add core type veth peer name next");
	bench_shell(
		"ip link set site address 02:00:00:00:01:01 && ip link set host address 02:00:00:00:01:02 && "
		"ip link set core address 02:00:00:00:0c:01 && ip link set next address 02:00:00:00:0c:02");
	bench_shell(
		"echo 1 >/proc/sys/net/ipv4/ip_forward; for d in all site core; do echo 0 >/proc/sys/net/ipv4/conf/$d/rp_filter; done");
	bench_shell(
		"for d in site host core next; do echo 1 >/proc/sys/net/ipv6/conf/$d/disable_ipv6; "
		"ethtool -K $d gro on >/dev/null; ip link set $d up; done");
	bench_shell("ip addr add 10.1.0.1/16 dev site && ip addr add 192.0.2.1/24 dev core");
	bench_shell("ip neigh add 192.0.2.2 lladdr 02:00:00:00:0c:02 dev core");
	bench_shell(
		"ip link add vx type vxlan id 7 remote 192.0.2.2 local 192.0.2.1 dstport 4789 dev core && "
		"echo 1 >/proc/sys/net/ipv6/conf/vx/disable_ipv6; ip link set vx up && "
		"ip addr add 10.99.0.1/24 dev vx && ip neigh add 10.99.0.2 lladdr 02:00:00:00:0d:02 dev vx");
	d->site = if_nametoindex("site");
	d->host = if_nametoindex("host");
	d->core = if_nametoindex("core");
	d->next = if_nametoindex("next");
}

/* The kernel resolves no neighbour in the middle of a run. */
static void add_neighbours(const struct datapath_bench *d)
{
	FILE *ip = popen("ip -batch -", "w");
	unsigned long i;

	for (i = 0; ip && i < d->entries; i++)
		fprintf(ip,
			"neigh replace 10.1.%lu.%lu lladdr 02:00:00:00:01:02 dev site nud permanent\n",
			i >> 8, i & 255);
	if (!ip || pclose(ip) != 0)
		bench_fail("cannot add the neighbours");
}

static void add_ports(struct datapath_bench *d)
{
	struct datapath_bpf_port site = {
		.ifindex = d->site, .role = DATAPATH_SITE, .mode = DATAPATH_XDP};
	struct datapath_bpf_port core = {
		.ifindex = d->core, .role = DATAPATH_CORE, .mode = DATAPATH_XDP};

	if (datapath_bpf_port_add(d->bpf, &site) || datapath_bpf_port_add(d->bpf, &core))
		bench_fail("cannot add the ports");
}

static void add_entries(struct datapath_bench *d)
{
	struct datapath *dp = datapath_bpf_handle(d->bpf);
	struct datapath_entry remote = {.action = DATAPATH_ENCAP, .locator_count = 1},
			      local = {.action = DATAPATH_LOCAL};
	struct eid eid = {.plen = 32};
	unsigned long i;

	address_parse(&remote.locators[0].rloc, "192.0.2.2");
	remote.locators[0].weight = 100;
	for (i = 0; i < d->entries; i++) {
		address_set(&eid.addr, AFI_IPV4, (uint8_t[]){10, 2 + (i >> 16), i >> 8, i}, 4);
		if (dp->set(dp, &eid, &remote))
			bench_fail("cannot add entry %lu", i);
		address_set(&eid.addr, AFI_IPV4, (uint8_t[]){10, 1, i >> 8, i}, 4);
		if (dp->set(dp, &eid, &local))
			bench_fail("cannot add entry %lu", i);
	}
}

static void start(struct datapath_bench *d)
{
	static struct address rloc;
	struct datapath_load_config load = {0};
	struct datapath_bpf_config config = {.rlocs = &rloc, .rloc_count = 1, .on_event = on_event};
	int fds[DATAPATH_FD_COUNT];
	char why[256];

	address_parse(&rloc, "192.0.2.1");
	d->load = datapath_load_new(&load, NULL, why, sizeof(why));
	if (!d->load)
		bench_fail("%s", why);
	datapath_load_fds(d->load, fds);
	d->bpf = datapath_bpf_new(&config, fds, false, why, sizeof(why));
	if (!d->bpf)
		bench_fail("%s", why);
	d->tools = bench_datapath__open_and_load();
	if (!d->tools)
		bench_fail("cannot load the generator: %s", strerror(errno));
	add_ports(d);
	add_entries(d);
}

/* One way to carry packets from @from's far end to @to's. */
struct way {
	int from, to;   /* the generator's end, the sink's */
	int out;        /* program forward: its port */
	const char *in; /* the XDP program of the receiving port; NULL: none, the kernel forwards */
	uint16_t port, len; /* of what arrives */
	bool tunnelled;     /* what is generated */
	int receiver;       /* the port that receives */
};

static double run(struct datapath_bench *d, const struct way *w)
{
	struct bench_datapath__bss *t = d->tools->bss;
	static const uint8_t macs[2][6] = {{2, 0, 0, 0, 1, 1}, {2, 0, 0, 0, 0x0c, 1}};
	struct bpf_program *gen =
		w->tunnelled ? d->tools->progs.gen_tunnelled : d->tools->progs.gen_plain;
	uint64_t took;

	t->gen_ifindex = w->from;
	memcpy(t->gen_dmac, macs[w->from == d->next], 6);
	t->gen_entries = d->entries;
	t->want_port = w->port;
	t->want_len = w->len;
	t->arrived = t->wrong = 0;
	took = xdp_bench_generate(gen, 14 + INNER + (w->tunnelled ? 36 : 0), d->frames);
	if (t->wrong)
		bench_fail("%llu frames of port %u arrived other than they should (in: %s)",
			(unsigned long long)t->wrong, w->port, w->in ? w->in : "kernel");
	if (t->arrived < d->frames * 98 / 100)
		bench_fail("%llu of %lu frames of port %u arrived", (unsigned long long)t->arrived,
			d->frames, w->port);
	return t->arrived * 1e3 / took;
}

/* In XDP from port to port. */
static double run_xdp(struct datapath_bench *d, const struct way *w)
{
	uint32_t zero = 0, out = w->out;
	int to = w->to, other = w->receiver == d->site ? d->core : d->site, in_link, out_link,
	    sink_link;
	bool plain = !strcmp(w->in, "forward");
	double mpps;

	bpf_map_update_elem(bpf_map__fd(d->tools->maps.out), &zero, &out, BPF_ANY);
	if (plain) {
		in_link = xdp_bench_link(d->tools->progs.forward, w->receiver);
		out_link = xdp_bench_link(d->tools->progs.forward, other);
	} else {
		char why[256];

		if (datapath_load_attach(
			    d->load, d->site, DATAPATH_SITE, DATAPATH_XDP, why, sizeof(why)) ||
			datapath_load_attach(
				d->load, d->core, DATAPATH_CORE, DATAPATH_XDP, why, sizeof(why)))
			bench_fail("%s", why);
	}
	sink_link = xdp_bench_link(d->tools->progs.sink, to);
	mpps = run(d, w);
	close(sink_link);
	if (plain) {
		close(in_link);
		close(out_link);
	} else {
		datapath_load_detach(d->load, d->site);
		datapath_load_detach(d->load, d->core);
	}
	return mpps;
}

/* By the kernel's own forwarding. */
static double run_kernel(struct datapath_bench *d, const struct way *w)
{
	double mpps;

	xdp_bench_sink(d->tools->progs.sink_tc, w->to);
	mpps = run(d, w);
	xdp_bench_sink(NULL, w->to);
	return mpps;
}

static void packets(struct datapath_bench *d)
{
	struct bench *b = d->b;
	const struct way forward = {
		d->host, d->next, d->core, "forward", 6000, INNER, false, d->site};
	const struct way encap = {d->host, d->next, 0, "encap", 4341, INNER + 36, false, d->site};
	const struct way decap = {d->next, d->host, 0, "decap", 6000, INNER, true, d->core};
	const struct way kernel = {d->host, d->next, 0, NULL, 6000, INNER, false, d->site};
	const struct way vxlan = {d->host, d->next, 0, NULL, 4789, INNER + 50, false, d->site};
	double f, e, x, v;

	f = run_xdp(d, &forward);
	e = run_xdp(d, &encap);
	x = run_xdp(d, &decap);
	bench_shell("ip route replace 10.2.0.0/15 via 192.0.2.2");
	bench_reference(b, "kernel_forward_mpps", "Mpps", run_kernel(d, &kernel));
	bench_shell("ip route replace 10.2.0.0/15 via 10.99.0.2");
	v = run_kernel(d, &vxlan);
	bench_sample(b, "encap_mpps", "Mpps", e);
	bench_sample(b, "decap_mpps", "Mpps", x);
	bench_reference(b, "forward_mpps", "Mpps", f);
	bench_reference(b, "vxlan_mpps", "Mpps", v);
	bench_sample(b, "ratio_encap", "", e / f);
	bench_sample(b, "ratio_decap", "", x / f);
	bench_sample(b, "ratio_vxlan", "", e / v);
	bench_sample(b, "entries", "", d->entries);
}

/* Hosts a and b behind routers x and y. */
static void make_hosts(const struct datapath_bench *d)
{
	const char *id = d->id;

	bench_shell("for n in a x y b; do ip netns add %s-$n && ip -n %s-$n link set lo up; done",
		id, id);
	bench_shell("ip link add e netns %s-a type veth peer name site netns %s-x", id, id);
	bench_shell("ip link add core netns %s-x type veth peer name core netns %s-y", id, id);
	bench_shell("ip link add e netns %s-b type veth peer name site netns %s-y", id, id);
	bench_shell(
		"for n in x y; do ip netns exec %s-$n sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; "
		"for d in all site core; do echo 0 >/proc/sys/net/ipv4/conf/$d/rp_filter; done'; done",
		id);
	bench_shell(
		"for l in a:e b:e x:site x:core y:site y:core; do ip netns exec %s-${l%%:*} ethtool -K ${l#*:} gro on >/dev/null; "
		"ip -n %s-${l%%:*} link set ${l#*:} up; done",
		id, id);
	bench_shell("ip -n %s-a link set e mtu %d && ip -n %s-b link set e mtu %d", id, GUEST_MTU,
		id, GUEST_MTU);
	bench_shell(
		"ip -n %s-a addr add 10.1.0.2/24 dev e && ip -n %s-a route add default via 10.1.0.1 && "
		"ip -n %s-b addr add 10.2.0.2/24 dev e && ip -n %s-b route add default via 10.2.0.1",
		id, id, id, id);
	bench_shell(
		"ip -n %s-x addr add 10.1.0.1/24 dev site && ip -n %s-x addr add 192.0.2.1/24 dev core && "
		"ip -n %s-y addr add 10.2.0.1/24 dev site && ip -n %s-y addr add 192.0.2.2/24 dev core",
		id, id, id, id);
	bench_shell(
		"ip -n %s-x link add vx type vxlan id 7 remote 192.0.2.2 local 192.0.2.1 dstport 4789 dev core && "
		"ip -n %s-y link add vx type vxlan id 7 remote 192.0.2.1 local 192.0.2.2 dstport 4789 dev core",
		id, id);
	bench_shell(
		"ip -n %s-x addr add 10.99.0.1/24 dev vx && ip -n %s-y addr add 10.99.0.2/24 dev vx && "
		"ip -n %s-x link set vx up && ip -n %s-y link set vx up",
		id, id, id, id);
}

static void drop_hosts(const struct datapath_bench *d)
{
	char command[256];

	snprintf(command, sizeof(command),
		"for n in a x y b; do ip netns del %s-$n 2>/dev/null; done", d->id);
	if (system(command) != 0)
		return;
}

static void route(const struct datapath_bench *d, const char *x, const char *y)
{
	bench_shell(
		"ip -n %s-x route replace 10.2.0.0/24 via %s && ip -n %s-y route replace 10.1.0.0/24 via %s",
		d->id, x, d->id, y);
}

/* A router with fixed entries in a namespace; it ends when d->stop[i] is closed. */
static void start_router(struct datapath_bench *d, int i)
{
	char space[64], rloc[32], peer[32], local[32], remote[32], line[64];
	int in[2], out[2];
	FILE *said;

	snprintf(space, sizeof(space), "%s-%c", d->id, i ? 'y' : 'x');
	snprintf(rloc, sizeof(rloc), "192.0.2.%d", 1 + i);
	snprintf(peer, sizeof(peer), "192.0.2.%d", 2 - i);
	snprintf(local, sizeof(local), "10.%d.0.0/24", 1 + i);
	snprintf(remote, sizeof(remote), "10.%d.0.0/24", 2 - i);
	if (pipe(in) || pipe(out))
		bench_fail("pipe: %s", strerror(errno));
	d->routers[i] = fork();
	if (d->routers[i] == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		if (i)
			close(d->stop[0]);
		execlp("ip", "ip", "netns", "exec", space, d->router, "core", "core", "tc", "site",
			"site", "tc", "0", "rloc", rloc, "eid", local, "local", "eid", remote,
			"encap", peer, NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	d->stop[i] = in[1];
	said = fdopen(out[0], "r");
	if (!said || !fgets(line, sizeof(line), said) || strcmp(line, "ready\n") != 0)
		bench_fail("%s did not start", d->router);
}

static void stop_routers(struct datapath_bench *d)
{
	int i;

	for (i = 0; i < 2; i++) {
		close(d->stop[i]);
		waitpid(d->routers[i], NULL, 0);
	}
}

static double json_number(struct json_object *o, const char *a, const char *b, const char *c)
{
	const char *const path[] = {a, b, c};
	int i;

	for (i = 0; i < 3; i++)
		if (!json_object_object_get_ex(o, path[i], &o))
			bench_fail("iperf3 says no %s", path[i]);
	return json_object_get_double(o);
}

static double tcp(struct datapath_bench *d)
{
	char command[512], text[65536];
	struct json_object *o;
	double gbps;
	size_t n;
	FILE *f;

	bench_shell("ip netns exec %s-b taskset -c %d iperf3 -s -1 -D >/dev/null", d->id,
		bench_cpus() > 1);
	snprintf(command, sizeof(command),
		"for i in 1 2 3 4 5 6 7 8 9 10; do ip netns exec %s-b ss -Hltn 'sport = 5201' | grep -q . && break; sleep 0.1; done; "
		"ip netns exec %s-a taskset -c 0 iperf3 -C cubic -J -c 10.2.0.2 -O 1 -t %lu",
		d->id, d->id, d->tcp_s);
	f = popen(command, "r");
	n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	text[n] = '\0';
	if (!f || pclose(f) != 0)
		bench_fail("iperf3 failed: %.200s", text);
	o = json_tokener_parse(text);
	gbps = json_number(o, "end", "sum_received", "bits_per_second") / 1e9;
	json_object_put(o);
	return gbps;
}

static void streams(struct datapath_bench *d)
{
	double plain, vxlan, ours;

	route(d, "192.0.2.2", "192.0.2.1");
	plain = tcp(d);
	route(d, "10.99.0.2", "10.99.0.1");
	vxlan = tcp(d);
	start_router(d, 0);
	start_router(d, 1);
	ours = tcp(d);
	stop_routers(d);
	bench_sample(d->b, "tcp_gbps", "Gbit/s", ours);
	bench_reference(d->b, "vxlan_tcp_gbps", "Gbit/s", vxlan);
	bench_reference(d->b, "plain_tcp_gbps", "Gbit/s", plain);
	bench_sample(d->b, "ratio_tcp_vxlan", "", ours / vxlan);
}

/* A line of what first_packet.sh says. */
static void first_packet_line(struct datapath_bench *d, char *line, int size)
{
	if (!fgets(line, size, d->first_said))
		bench_fail("tests/bench/first_packet.sh ended");
}

static void first_packet_start(struct datapath_bench *d)
{
	char line[64];
	int in[2], out[2];

	if (pipe(in) || pipe(out))
		bench_fail("pipe: %s", strerror(errno));
	if (fork() == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		close(out[0]);
		execl("tests/bench/first_packet.sh", "first_packet.sh", d->build, NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	fcntl(in[1], F_SETFD, FD_CLOEXEC); /* its end is the script's end */
	d->first_ask = fdopen(in[1], "w");
	d->first_said = fdopen(out[0], "r");
	if (!d->first_ask || !d->first_said)
		bench_fail("first_packet.sh: %s", strerror(errno));
	first_packet_line(d, line, sizeof(line));
}

static void first_packet(struct datapath_bench *d)
{
	char line[64];

	fputs("\n", d->first_ask);
	fflush(d->first_ask);
	first_packet_line(d, line, sizeof(line));
	bench_sample(d->b, "first_packet_ms", "ms", strtod(line, NULL));
}

static void first_packet_stop(struct datapath_bench *d)
{
	fclose(d->first_ask);
	fclose(d->first_said);
}

static struct datapath_bench *cleaning;

static void clean(void)
{
	if (cleaning)
		drop_hosts(cleaning);
}

static void find_router(struct datapath_bench *d)
{
	char self[400] = "";

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		bench_fail("no /proc");
	snprintf(d->build, sizeof(d->build), "%s/../..", dirname(self));
	snprintf(d->router, sizeof(d->router), "%s/tests/netns/dp_static", d->build);
	if (access(d->router, X_OK))
		bench_fail("%s is not built", d->router);
}

int main(int argc, char **argv)
{
	static struct datapath_bench d = {.entries = 1000, .tcp_s = 2};
	struct bench b;

	bench_init(&b, "datapath",
		"Encapsulation and decapsulation of 64-byte packets in XDP, on one core with generator and sink, beside a plain "
		"XDP redirect, the kernel's forwarding and its VXLAN device; one TCP stream through the tc tunnel, beside VXLAN "
		"and plain routing; and a first packet, until it arrives, through the whole lab.");
	bench_option(&b, "entries", "host EIDs in the map (at most 65536)", &d.entries);
	bench_args(&b, argc, argv);
	if (geteuid() != 0) {
		fprintf(stderr, "bench datapath: needs root (namespaces, BPF)\n");
		return 77;
	}
	d.b = &b;
	d.frames = b.quick ? 200000 : 1500000;
	d.tcp_s = b.quick ? 1 : 3;
	snprintf(d.id, sizeof(d.id), "sunbench%d", (int)getpid());
	find_router(&d);
	cleaning = &d;
	atexit(clean);
	make_hosts(&d);
	first_packet_start(&d);
	bench_pin(&b, 0);
	if (unshare(CLONE_NEWNET))
		bench_fail("unshare: %s", strerror(errno));
	make_ports(&d);
	add_neighbours(&d);
	start(&d);
	bench_note(&b,
		"%lu entries, batches of %d frames, %lu frames a run, iperf3 -C cubic, guests' MTU %d",
		d.entries, XDP_BENCH_BATCH, d.frames, GUEST_MTU);
	while (bench_round(&b)) {
		packets(&d);
		streams(&d);
		first_packet(&d);
	}
	first_packet_stop(&d);
	datapath_bpf_free(d.bpf);
	datapath_load_free(d.load);
	bench_datapath__destroy(d.tools);
	bench_at_least(&b, "ratio_encap", 0.6);
	bench_at_least(&b, "ratio_vxlan", 1.3);
	bench_at_least(&b, "ratio_tcp_vxlan", 1);
	return bench_report(&b);
}
