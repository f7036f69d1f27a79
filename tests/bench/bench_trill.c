/* bench_trill: frames a second through an RBridge's data plane, beside a plain XDP forward and a
 * plain devmap broadcast on the same ports, the Linux bridge and the kernel's VXLAN, alternating in
 * the same rounds.
 *
 * XDP live frames on one core that is generator, RBridge and sink; every frame that arrives is
 * checked. */
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "tests/bench/bench.h"
#include "tests/bench/xdp_bench.h"
#include "trill/copies.h"
#include "trill/datapath.h"
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-qual" /* in what bpftool generates */
#include "tests/bench/bench_trill.skel.h"
#pragma GCC diagnostic pop

#define NATIVE 60
#define TRILL  (NATIVE + 24)
#define VXLAN  (NATIVE + 50)
#define OURS   1 /* nicknames: our own, */
#define BEFORE 3 /* ... where frames come from, */
#define BEHIND 2 /* ... where they go to */

enum port {
	NATIVE_PORT, /* end stations */
	FROM,        /* the neighbour that sends */
	TO,          /* the neighbour that is sent to, and two more of the tree */
	TO2,
	TO3,
	PORTS
};

struct trill_bench {
	struct bench *b;
	struct trill_load *load;
	struct trill_datapath *dp;
	struct trill_tables *t;
	struct trill_copies copies;
	struct bench_trill *tools;
	unsigned long stations, guests, frames;
	int ports[PORTS], peers[PORTS];
};

/* Port p of our side has the MAC 02:00:00:00:0a:0p, its neighbour 02:00:00:00:0b:0p. */
static struct mac port_mac(int p)
{
	return (struct mac){{2, 0, 0, 0, 0x0a, (uint8_t)p}};
}

static struct mac peer_mac(int p)
{
	return (struct mac){{2, 0, 0, 0, 0x0b, (uint8_t)p}};
}

/* A station behind the egress, or at our own port. */
static struct mac station_mac(bool local, unsigned long i)
{
	return (struct mac){{2, 0, 0, local ? 0x52 : 0x53, (uint8_t)(i >> 8), (uint8_t)i}};
}

static void make_ports(struct trill_bench *d)
{
	char name[16];

	bench_shell("ip link set lo up");
	for (int p = 0; p < PORTS; p++) {
		bench_shell("ip link add p%d type veth peer name q%d", p, p);
		bench_shell("ip link set p%d address 02:00:00:00:0a:%02x && "
			    "ip link set q%d address 02:00:00:00:0b:%02x",
			p, (unsigned int)p, p, (unsigned int)p);
		bench_shell(
			"for d in p%d q%d; do echo 1 >/proc/sys/net/ipv6/conf/$d/disable_ipv6; "
			"ip link set $d mtu 1600; ethtool -K $d gro on >/dev/null; ip link set $d up; done",
			p, p);
		snprintf(name, sizeof(name), "p%d", p);
		d->ports[p] = (int)if_nametoindex(name);
		snprintf(name, sizeof(name), "q%d", p);
		d->peers[p] = (int)if_nametoindex(name);
	}
}

static void must(int err, const char *what)
{
	if (err)
		bench_fail("%s: %s", what, strerror(-err));
}

static void set_port(struct trill_bench *d, int p, bool native)
{
	struct tables_port port = {.ifindex = (uint32_t)d->ports[p],
		.mac = port_mac(p),
		.mtu = 1600,
		.trill = p != NATIVE_PORT,
		.native = native,
		.pvid = 10};

	must(d->t->port_set(d->t, &port), "port");
}

static void set_ports(struct trill_bench *d)
{
	for (int p = 0; p < PORTS; p++) {
		struct tables_adjacency a = {
			.ifindex = (uint32_t)d->ports[p], .mac = peer_mac(p), .trees = 1 << 1};

		set_port(d, p, p == NATIVE_PORT);
		must(d->t->adjacency_set(d->t, &a), "adjacency");
	}
}

static void set_campus(struct trill_bench *d)
{
	struct tables_self self = {
		.count = 1, .nicknames = {OURS}, .ingress = OURS, .root = BEFORE};
	struct tables_path before = {
		.hops = 20, .count = 1, .hop = {{(uint32_t)d->ports[FROM], peer_mac(FROM)}}};
	struct tables_path behind = {
		.hops = 20, .count = 1, .hop = {{(uint32_t)d->ports[TO], peer_mac(TO)}}};
	struct tables_tree_port ports[] = {{.ifindex = (uint32_t)d->ports[FROM]},
		{.ifindex = (uint32_t)d->ports[TO]}, {.ifindex = (uint32_t)d->ports[TO2]},
		{.ifindex = (uint32_t)d->ports[TO3]}};
	struct tables_tree tree = {.root = BEFORE, .hops = 20, .port_count = 4, .ports = ports};
	struct tables_rpf rpf = {.tree = 1, .ingress = BEFORE, .ifindex = (uint32_t)d->ports[FROM]};
	struct tables_forwarder f = {.enabled = {{0}}};

	vlan_set_add(&f.enabled, 10);
	vlan_set_add(&f.appointed, 10);
	must(d->t->path_set(d->t, BEFORE, &before), "path");
	must(d->t->path_set(d->t, BEHIND, &behind), "path");
	must(d->t->rpf_set(d->t, &rpf), "RPF");
	must(d->t->tree_set(d->t, 1, &tree), "tree");
	must(d->t->self_set(d->t, &self), "self");
	must(d->t->forwarder_set(d->t, (uint32_t)d->ports[NATIVE_PORT], &f), "forwarder");
}

static void set_stations(struct trill_bench *d)
{
	struct tables_station there = {.vlan = 10, .nickname = BEHIND, .confidence = 255};
	struct tables_station here = {
		.vlan = 10, .ifindex = (uint32_t)d->ports[NATIVE_PORT], .confidence = 255};

	for (unsigned long i = 0; i < d->stations; i++) {
		there.mac = station_mac(false, i);
		must(d->t->station_set(d->t, &there), "station");
	}
	for (unsigned long i = 0; i < d->guests; i++) {
		here.mac = station_mac(true, i);
		must(d->t->station_set(d->t, &here), "station");
	}
}

static void start(struct trill_bench *d)
{
	struct trill_load_config load = {0};
	struct trill_datapath_config config = {0};
	int fds[TRILL_FD_COUNT];
	char why[256];

	/* As the daemon has it: each tree has a copy for it, too. */
	must(trill_copies_open(&d->copies), "tap");
	config.cpu_ifindex = d->copies.ifindex;
	d->load = trill_load_new(&load, why, sizeof(why));
	if (!d->load)
		bench_fail("%s", why);
	trill_load_fds(d->load, fds);
	d->dp = trill_datapath_new(&config, fds);
	d->tools = bench_trill__open_and_load();
	if (!d->dp || !d->tools)
		bench_fail("cannot load: %s", strerror(errno));
	d->t = trill_datapath_tables(d->dp);
	for (uint32_t p = FROM; p < PORTS; p++)
		must(bpf_map_update_elem(
			     bpf_map__fd(d->tools->maps.all), &p, &d->ports[p], BPF_ANY),
			"plain broadcast");
	set_ports(d);
	set_campus(d);
	set_stations(d);
}

/* One way to carry frames. */
struct way {
	const char *name;
	enum port from;
	bool native, multi; /* what is generated */
	uint8_t da;         /* fourth byte of the stations that it is for */
	uint16_t egress;
	int copies; /* of each: to TO, ... or one to @to */
	enum port to;
	uint32_t len; /* of what arrives */
	uint16_t type;
	uint32_t head; /* its first bytes behind the Ethernet header */
};

static const struct way transit = {.name = "transit",
	.from = FROM,
	.egress = BEHIND,
	.da = 0x53,
	.copies = 1,
	.to = TO,
	.len = TRILL,
	.type = 0x22f3,
	.head = 0x003e0000 | BEHIND};
static const struct way encap = {.name = "encap",
	.from = NATIVE_PORT,
	.native = true,
	.da = 0x53,
	.copies = 1,
	.to = TO,
	.len = TRILL,
	.type = 0x22f3,
	.head = 0x00140000 | BEHIND};
static const struct way decap = {.name = "decap",
	.from = FROM,
	.egress = OURS,
	.da = 0x52,
	.copies = 1,
	.to = NATIVE_PORT,
	.len = NATIVE,
	.type = 0x88b5};
static const struct way broadcast = {.name = "broadcast",
	.from = FROM,
	.multi = true,
	.egress = BEFORE,
	.da = 0x53,
	.copies = 3,
	.to = TO,
	.len = TRILL,
	.type = 0x22f3,
	.head = 0x083e0000 | BEFORE};

static void generator_set(struct trill_bench *d, const struct way *w)
{
	struct bench_trill__bss *t = d->tools->bss;
	struct mac from = peer_mac(w->from), to = port_mac(w->from);

	if (w->multi)
		to = mac_all_rbridges;
	memcpy(t->gen_dmac, to.bytes, 6);
	memcpy(t->gen_smac, from.bytes, 6);
	memcpy(t->gen_da, (uint8_t[]){2, 0, 0, w->da, 0, 0}, 6);
	t->gen_ifindex = (uint32_t)d->peers[w->from];
	t->gen_das = (uint32_t)(w->da == 0x52 ? d->guests : d->stations);
	t->gen_sas = (uint32_t)(w->native ? d->guests : d->stations);
	t->gen_bits = w->multi ? 0x083f : 0x003f;
	t->gen_egress = w->egress;
	t->gen_ingress = BEFORE;
	t->want_len = w->len;
	t->want_type = w->type;
	t->want_head = w->head;
	t->arrived = t->wrong = 0;
}

/* Millions of frames that went in a second. */
static double run(struct trill_bench *d, const struct way *w)
{
	struct bench_trill__bss *t = d->tools->bss;
	const struct bpf_program *gen =
		w->native ? d->tools->progs.gen_native : d->tools->progs.gen_trill;
	uint64_t took;

	generator_set(d, w);
	took = xdp_bench_generate(gen, w->native ? NATIVE : TRILL, d->frames);
	if (t->wrong)
		bench_fail("%s: %llu frames arrived other than they should", w->name,
			(unsigned long long)t->wrong);
	if (t->arrived < d->frames * (unsigned long)w->copies * 98 / 100)
		bench_fail("%s: %llu of %lu frames arrived", w->name,
			(unsigned long long)t->arrived, d->frames * (unsigned long)w->copies);
	return (double)t->arrived / w->copies * 1e3 / (double)took;
}

/* By the RBridge. */
static double run_trill(struct trill_bench *d, const struct way *w)
{
	int sinks[3];
	char why[256];
	double mpps;

	set_port(d, NATIVE_PORT, w->copies == 1); /* or there would be one copy more */
	for (int p = 0; p < PORTS; p++)
		if (trill_load_attach(d->load, d->ports[p], why, sizeof(why)))
			bench_fail("%s", why);
	for (int i = 0; i < w->copies; i++)
		sinks[i] = xdp_bench_link(d->tools->progs.sink, d->peers[(int)w->to + i]);
	mpps = run(d, w);
	for (int i = 0; i < w->copies; i++)
		close(sinks[i]);
	for (int p = 0; p < PORTS; p++)
		trill_load_detach(d->load, d->ports[p]);
	return mpps;
}

/* The same frames by the same ports, not a byte changed. */
static double run_plain(struct trill_bench *d, const struct way *is)
{
	struct bpf_program *program =
		is->copies > 1 ? d->tools->progs.broadcast : d->tools->progs.forward;
	int links[PORTS], sinks[3];
	uint32_t zero = 0, to = (uint32_t)d->ports[is->to];
	struct way w = *is;
	double mpps;

	w.name = is->copies > 1 ? "plain broadcast" : "plain forward";
	w.len = is->native ? NATIVE : TRILL;
	w.type = is->native ? 0x88b5 : 0x22f3;
	w.head = 0;
	bpf_map_update_elem(bpf_map__fd(d->tools->maps.out), &zero, &to, BPF_ANY);
	for (int p = 0; p < PORTS; p++)
		links[p] = xdp_bench_link(program, d->ports[p]);
	for (int i = 0; i < w.copies; i++)
		sinks[i] = xdp_bench_link(d->tools->progs.sink, d->peers[(int)is->to + i]);
	mpps = run(d, &w);
	for (int i = 0; i < w.copies; i++)
		close(sinks[i]);
	for (int p = 0; p < PORTS; p++)
		close(links[p]);
	return mpps;
}

static double run_kernel(struct trill_bench *d, const struct way *w)
{
	double mpps;

	for (int i = 0; i < w->copies; i++)
		xdp_bench_sink(d->tools->progs.sink_tc, d->peers[(int)w->to + i]);
	mpps = run(d, w);
	for (int i = 0; i < w->copies; i++)
		xdp_bench_sink(NULL, d->peers[(int)w->to + i]);
	return mpps;
}

/* ---- the kernel's own ---- */

static void add_fdb(const struct trill_bench *d, const char *dev)
{
	FILE *bridge = popen("bridge -batch -", "w");

	for (unsigned long i = 0; bridge && i < d->stations; i++)
		fprintf(bridge, "fdb replace 02:00:00:53:%02lx:%02lx dev %s master static\n",
			i >> 8, i & 255, dev);
	if (!bridge || pclose(bridge) != 0)
		bench_fail("cannot fill the bridge's table");
}

static double bridge_unicast(struct trill_bench *d)
{
	struct way w = encap;
	double mpps;

	w.name = "bridge";
	w.len = NATIVE;
	w.type = 0x88b5;
	w.head = 0;
	bench_shell("ip link add br0 type bridge && ip link set br0 up && "
		    "for p in p%d p%d; do ip link set $p master br0; done",
		NATIVE_PORT, TO);
	add_fdb(d, "p2");
	mpps = run_kernel(d, &w);
	bench_shell("ip link del br0");
	return mpps;
}

static double bridge_broadcast(struct trill_bench *d)
{
	struct way w = encap;
	double mpps;

	w.name = "bridge broadcast";
	w.len = NATIVE;
	w.type = 0x88b5;
	w.head = 0;
	w.copies = 3; /* of stations that it does not know */
	bench_shell("ip link add br0 type bridge && ip link set br0 up && "
		    "for p in p%d p%d p%d p%d; do ip link set $p master br0; done",
		NATIVE_PORT, TO, TO2, TO3);
	mpps = run_kernel(d, &w);
	bench_shell("ip link del br0");
	return mpps;
}

/* Into one tunnel, or into three (head-end replication). */
static double vxlan(struct trill_bench *d, bool all)
{
	struct way w = encap;
	double mpps;

	w.name = all ? "vxlan broadcast" : "vxlan";
	w.len = VXLAN;
	w.type = 0x0800;
	w.head = 0;
	w.copies = all ? 3 : 1;
	bench_shell("ip link add vx type vxlan id 7 local 192.0.2.1 dstport 4789 nolearning && "
		    "echo 1 >/proc/sys/net/ipv6/conf/vx/disable_ipv6; ip link set vx up");
	for (int i = 0; i < w.copies; i++)
		bench_shell(
			"ip addr replace 192.0.%d.1/24 dev p%d && "
			"ip neigh replace 192.0.%d.2 lladdr 02:00:00:00:0b:%02x dev p%d nud permanent && "
			"bridge fdb append 00:00:00:00:00:00 dev vx dst 192.0.%d.2",
			2 + i, TO + i, 2 + i, (unsigned int)(TO + i), TO + i, 2 + i);
	bench_shell("ip link add br0 type bridge && ip link set br0 up && "
		    "for p in p%d vx; do ip link set $p master br0; done",
		NATIVE_PORT);
	if (!all)
		add_fdb(d, "vx");
	mpps = run_kernel(d, &w);
	bench_shell(
		"ip link del br0; ip link del vx; for p in p%d p%d p%d; do ip addr flush dev $p; done",
		TO, TO2, TO3);
	return mpps;
}

static double least(double a, double b, double c)
{
	double ab = a < b ? a : b;

	return ab < c ? ab : c;
}

static void measure(struct trill_bench *d)
{
	static const struct {
		const struct way *way;
		const char *mpps, *plain, *ratio;
	} ways[] = {
		{&transit, "transit_mpps", "forward_transit_mpps", "ratio_transit"},
		{&encap, "encap_mpps", "forward_encap_mpps", "ratio_encap"},
		{&decap, "decap_mpps", "forward_decap_mpps", "ratio_decap"},
		{&broadcast, "broadcast_mpps", "devmap_broadcast_mpps", "ratio_broadcast"},
	};
	double ours[4], bridge, bridge_all, tunnel, tunnel_all, slowest;

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		double plain = run_plain(d, ways[i].way);

		ours[i] = run_trill(d, ways[i].way);
		bench_sample(d->b, ways[i].mpps, "Mpps", ours[i]);
		bench_reference(d->b, ways[i].plain, "Mpps", plain);
		bench_sample(d->b, ways[i].ratio, "", ours[i] / plain);
	}
	bridge = bridge_unicast(d);
	bridge_all = bridge_broadcast(d);
	tunnel = vxlan(d, false);
	tunnel_all = vxlan(d, true);
	slowest = least(ours[0], ours[1], ours[2]);
	bench_reference(d->b, "bridge_mpps", "Mpps", bridge);
	bench_reference(d->b, "bridge_broadcast_mpps", "Mpps", bridge_all);
	bench_reference(d->b, "vxlan_mpps", "Mpps", tunnel);
	bench_reference(d->b, "vxlan_broadcast_mpps", "Mpps", tunnel_all);
	bench_sample(d->b, "ratio_bridge", "", slowest / bridge);
	bench_sample(d->b, "ratio_bridge_broadcast", "", ours[3] / bridge_all);
	bench_sample(d->b, "ratio_vxlan", "", slowest / tunnel);
	bench_sample(d->b, "ratio_vxlan_broadcast", "", ours[3] / tunnel_all);
}

static void goals(struct bench *b)
{
	static const char *const plain[] = {
		"ratio_transit", "ratio_encap", "ratio_decap", "ratio_broadcast"};
	static const char *const kernel[] = {
		"ratio_bridge", "ratio_bridge_broadcast", "ratio_vxlan", "ratio_vxlan_broadcast"};

	for (size_t i = 0; i < 4; i++)
		bench_at_least(b, plain[i], 0.7);
	for (size_t i = 0; i < 4; i++)
		bench_at_least(b, kernel[i], 1.5);
}

int main(int argc, char **argv)
{
	static struct trill_bench d = {.stations = 1000, .guests = 16};
	struct bench b;

	bench_init(&b, "trill",
		"Transit, encapsulation and decapsulation of TRILL Data (84 bytes; 60 native) and one frame to three ports in "
		"XDP, on one core with generator and sink, each beside a plain XDP redirect of the same frames by the same "
		"ports, and beside the Linux bridge and the kernel's VXLAN device.");
	bench_option(&b, "stations", "end stations in the campus (at most 65536)", &d.stations);
	bench_option(&b, "guests", "end stations at the native port (at most 65536)", &d.guests);
	bench_args(&b, argc, argv);
	if (geteuid() != 0) {
		fprintf(stderr, "bench trill: needs root (namespaces, BPF)\n");
		return 77;
	}
	d.b = &b;
	d.frames = b.quick ? 100000 : 1000000;
	bench_pin(&b, 0);
	if (unshare(CLONE_NEWNET))
		bench_fail("unshare: %s", strerror(errno));
	make_ports(&d);
	start(&d);
	bench_note(&b,
		"%lu stations in the campus, %lu at the native port, batches of %d frames, %lu frames a run",
		d.stations, d.guests, XDP_BENCH_BATCH, d.frames);
	while (bench_round(&b))
		measure(&d);
	trill_datapath_free(d.dp);
	trill_load_free(d.load);
	trill_copies_close(&d.copies);
	bench_trill__destroy(d.tools);
	goals(&b);
	return bench_report(&b);
}
