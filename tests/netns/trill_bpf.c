/* See trill_bpf.h. */
#include "tests/netns/trill_bpf.h"

#include "tests/netns/bpf_load.h"

#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <bpf/bpf.h>

static const char *const names[PORTS + 1] = {"t0", "t1", "n0", "n1", "h0", "cpu"};
static const char *const macs[PORTS + 1] = {
	T0_MAC, T1_MAC, N0_MAC, N1_MAC, H0_MAC, "02 00 00 00 0a 05"};

struct world *world_of(void **state)
{
	return *state;
}

struct mac mac_of(const char *text)
{
	struct frame f = hex(text);
	struct mac mac;

	assert_int_equal(f.len, MAC_LEN);
	memcpy(mac.bytes, f.bytes, MAC_LEN);
	return mac;
}

struct vlan_set vlans_of(unsigned int a, unsigned int b, unsigned int c, unsigned int d)
{
	struct vlan_set s;

	vlan_set_clear(&s);
	vlan_set_add(&s, a);
	vlan_set_add(&s, b);
	vlan_set_add(&s, c);
	vlan_set_add(&s, d);
	return s;
}

struct frame run_frame(struct world *w, enum port port, const struct frame *in)
{
	struct xdp_md xdp = {.ingress_ifindex = w->ports[port], .data_end = in->len};
	struct xdp_md left = {.data = 0};
	struct frame out = {.len = 0};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in->bytes, .data_size_in = in->len,
		.data_out = out.bytes, .data_size_out = sizeof(out.bytes), .repeat = 1,
		.ctx_in = &xdp, .ctx_size_in = sizeof(xdp), .ctx_out = &left,
		.ctx_size_out = sizeof(left));

	w->ran++;
	if (bpf_prog_test_run_opts(trill_load_program_fd(w->load, "trill_port"), &opts))
		fail_msg("test run: %s", strerror(errno));
	/* Metadata, if there are any, come first. */
	out.len = opts.data_size_out - left.data;
	memmove(out.bytes, out.bytes + left.data, out.len);
	out.verdict = opts.retval;
	return out;
}

struct frame run(struct world *w, enum port port, const char *in)
{
	struct frame f = hex(in);

	return run_frame(w, port, &f);
}

uint64_t total(struct world *w, const char *name)
{
	uint64_t now[CONTRACT_CNT_COUNT];

	assert_int_equal(trill_datapath_counters(w->dp, now), 0);
	for (unsigned int i = 0; i < CONTRACT_CNT_COUNT; i++)
		if (!strcmp(trill_datapath_counter_name(i), name))
			return now[i];
	fail_msg("no counter %s", name);
	return 0;
}

uint64_t counted(struct world *w, const char *name)
{
	uint64_t now[CONTRACT_CNT_COUNT], change = 0;
	bool found = false;

	assert_int_equal(trill_datapath_counters(w->dp, now), 0);
	for (unsigned int i = 0; i < CONTRACT_CNT_COUNT; i++)
		if (!strcmp(trill_datapath_counter_name(i), name)) {
			change = now[i] - w->before[i];
			found = true;
		}
	assert_true(found);
	memcpy(w->before, now, sizeof(now));
	return change;
}

/* What happened to the last frame: @counter by one, and no other verdict. Learning is beside. */
static void only(struct world *w, const char *counter, const char *in)
{
	uint64_t now[CONTRACT_CNT_COUNT];

	assert_int_equal(trill_datapath_counters(w->dp, now), 0);
	for (unsigned int i = 0; i < CONTRACT_CNT_COUNT; i++) {
		const char *name = trill_datapath_counter_name(i);
		uint64_t want = !strcmp(name, counter);

		if (now[i] - w->before[i] != want &&
			(want || (strncmp(name, "learn", 5) != 0 && strcmp(name, "oomf") != 0)))
			fail_msg("%s grew by %llu, expected %s to grow by 1, by frame %s", name,
				(unsigned long long)(now[i] - w->before[i]), counter, in);
	}
	memcpy(w->before, now, sizeof(now));
}

void dropped(struct world *w, enum port port, const char *in, const char *counter)
{
	struct frame out = run(w, port, in);

	only(w, counter, in);
	assert_int_equal(out.verdict, XDP_DROP);
}

void handed_up(struct world *w, enum port port, const char *in, const char *counter)
{
	struct frame out = run(w, port, in);

	only(w, counter, in);
	assert_int_equal(out.verdict, XDP_PASS);
	assert_frame(&out, in);
}

void sent(struct world *w, enum port port, const char *in, const char *counter, const char *want)
{
	struct frame out = run(w, port, in);

	only(w, counter, in);
	assert_int_equal(out.verdict, XDP_REDIRECT);
	assert_frame(&out, want);
}

void station(struct world *w, const char *mac, uint16_t vlan, uint16_t nickname, int port,
	uint8_t confidence)
{
	struct tables_station s = {.mac = mac_of(mac),
		.vlan = vlan,
		.nickname = nickname,
		.ifindex = nickname ? 0 : w->ports[port],
		.confidence = confidence};

	assert_int_equal(w->t->station_set(w->t, &s), 0);
}

void forget(struct world *w, const char *mac, uint16_t vlan)
{
	struct mac m = mac_of(mac);

	w->t->station_del(w->t, &m, vlan);
}

const char *whereabouts(struct world *w, const char *mac, uint16_t vlan)
{
	static char text[64];
	struct mac m = mac_of(mac);
	struct tables_station s;

	if (trill_datapath_station(w->dp, &m, vlan, mono_now().ns, &s, NULL))
		return "unknown";
	if (s.nickname)
		snprintf(text, sizeof(text), "nickname %u confidence %u", s.nickname, s.confidence);
	for (int i = 0; !s.nickname && i < PORTS; i++)
		if (w->ports[i] == s.ifindex)
			snprintf(text, sizeof(text), "port %s confidence %u", names[i],
				s.confidence);
	return text;
}

static void on_news(void *arg, enum tables_news what, const struct tables_station *now,
	const struct tables_station *before)
{
	struct world *w = arg;

	if (w->news_count < 16) {
		w->news[w->news_count] = what;
		w->now[w->news_count] = *now;
		w->was[w->news_count] = before ? *before : (struct tables_station){.vlan = 0};
		w->news_count++;
	}
}

static void on_heard(void *arg, uint32_t ifindex, uint16_t vlan, const uint8_t *frame, size_t len)
{
	struct world *w = arg;

	assert_true(len <= sizeof(w->heard.bytes));
	memcpy(w->heard.bytes, frame, len);
	w->heard.len = len;
	w->heard_at = ifindex;
	w->heard_vlan = vlan;
	w->heard_count++;
}

unsigned int news(struct world *w)
{
	w->news_count = 0;
	assert_true(trill_datapath_poll(w->dp) >= 0);
	return w->news_count;
}

void attach(struct world *w)
{
	char why[256];

	for (int i = 0; i < PORTS; i++)
		if (trill_load_attach(w->load, (int)w->ports[i], why, sizeof(why)))
			fail_msg("%s", why);
}

static void shell(const char *command)
{
	if (system(command) != 0) {
		fprintf(stderr, "failed: %s\n", command);
		exit(1);
	}
}

static void make_ports(struct world *w)
{
	char name[16];

	shell("ip link set lo up");
	shell("for p in t0 t1 n0 n1 h0 cpu; do ip link add $p type veth peer name p$p; done");
	/* What may be redirected to is settled when the near end goes up: by the far end's GRO. */
	shell("for d in t0 t1 n0 n1 h0 cpu pt0 pt1 pn0 pn1 ph0 pcpu; do "
	      "echo 1 >/proc/sys/net/ipv6/conf/$d/disable_ipv6; "
	      "ethtool -K $d gro on >/dev/null 2>&1; done");
	shell("for d in t0 t1 n0 n1 h0 cpu; do ip link set $d up; ip link set p$d up; done");
	for (int i = 0; i <= PORTS; i++) {
		w->ports[i] = if_nametoindex(names[i]);
		snprintf(name, sizeof(name), "p%s", names[i]);
		w->peers[i] = if_nametoindex(name);
		w->macs[i] = mac_of(macs[i]);
	}
}

static void set_ports(struct world *w)
{
	static const uint16_t pvids[PORTS] = {0, 0, 10, 20, 10};

	for (int i = 0; i < PORTS; i++) {
		struct tables_port p = {.ifindex = w->ports[i],
			.mac = w->macs[i],
			.mtu = 1600,
			.trill = i == T0 || i == T1 || i == H0,
			.native = i == N0 || i == N1 || i == H0,
			.pvid = pvids[i]};
		struct tables_forwarder f = {.enabled = vlans_of(pvids[i], 0, 0, 0)};

		assert_int_equal(w->t->port_set(w->t, &p), 0);
		f.appointed = f.enabled;
		if (i == N1) {
			f.enabled = vlans_of(10, 20, 30, 40);
			f.appointed = vlans_of(10, 20, 30, 0);
			f.inhibited = vlans_of(30, 0, 0, 0);
		}
		assert_int_equal(w->t->forwarder_set(w->t, w->ports[i], &f), 0);
	}
}

static void set_adjacency(
	struct world *w, enum port port, const char *mac, uint32_t trees, bool oomf)
{
	struct tables_adjacency a = {
		.ifindex = w->ports[port], .mac = mac_of(mac), .trees = trees, .oomf = oomf};

	assert_int_equal(w->t->adjacency_set(w->t, &a), 0);
}

static void set_path(struct world *w, uint16_t nickname, bool t0, bool t1)
{
	struct tables_path p = {.hops = 20};

	if (t0)
		p.hop[p.count++] = (struct tables_hop){w->ports[T0], mac_of(RB3_MAC)};
	if (t1)
		p.hop[p.count++] = (struct tables_hop){w->ports[T1], mac_of(RB2_MAC)};
	assert_int_equal(w->t->path_set(w->t, nickname, &p), 0);
}

static void set_campus(struct world *w)
{
	struct tables_self self = {.count = 1, .nicknames = {1}, .ingress = 1, .root = 5};
	struct tables_tree_port ports[] = {
		{.ifindex = w->ports[T0]}, {.ifindex = w->ports[T1]}, {.ifindex = w->ports[H0]}};
	struct tables_tree tree = {.root = 5, .hops = 9, .port_count = 3, .ports = ports};
	struct tables_rpf from3 = {.tree = 1, .ingress = 3, .ifindex = w->ports[T0]};
	struct tables_rpf from2 = {
		.tree = 1, .ingress = 2, .ifindex = w->ports[T1], .mac = mac_of(RB2_MAC)};
	struct tables_rpf from4 = {.tree = 1, .ingress = 4, .ifindex = w->ports[T1]};

	set_adjacency(w, T0, RB3_MAC, 1 << 1, false);
	set_adjacency(w, T1, RB2_MAC, 1 << 1, true);
	set_adjacency(w, T1, "02 00 00 00 0b 02", 1 << 1, false);
	set_adjacency(w, T0, "02 00 00 00 0b 09", 1 << 2, false);
	set_adjacency(w, H0, RBH_MAC, 1 << 1, false);
	set_path(w, 2, false, true);
	set_path(w, 3, true, false);
	set_path(w, 4, false, true);
	set_path(w, 5, true, false);
	set_path(w, 6, true, true);
	set_path(w, 7, false, false);
	assert_int_equal(w->t->rpf_set(w->t, &from3), 0);
	assert_int_equal(w->t->rpf_set(w->t, &from2), 0);
	assert_int_equal(w->t->rpf_set(w->t, &from4), 0);
	assert_int_equal(w->t->tree_set(w->t, 1, &tree), 0);
	assert_int_equal(w->t->self_set(w->t, &self), 0);
}

static uint32_t events_bytes; /* 0: as usual */

void trill_bpf_few_events(void)
{
	events_bytes = (uint32_t)sysconf(_SC_PAGESIZE);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct trill_load_config lc = {
		.stations_max = 64, .rpf_max = 64, .events_bytes = events_bytes};
	struct trill_datapath_config dc = {.news = on_news, .heard = on_heard, .arg = w};
	int fds[TRILL_FD_COUNT];
	char why[256];

	w->load = trill_load_new(&lc, why, sizeof(why));
	if (!w->load)
		bpf_not_loaded(why);
	make_ports(w);
	trill_load_fds(w->load, fds);
	dc.cpu_ifindex = w->ports[CPU];
	w->dp = trill_datapath_new(&dc, fds);
	if (!w->dp)
		fail_msg("no data plane: %s", strerror(errno));
	w->t = trill_datapath_tables(w->dp);
	set_ports(w);
	set_campus(w);
	counted(w, "transit");
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	trill_datapath_free(w->dp);
	trill_load_free(w->load);
	free(w);
	return 0;
}

int trill_bpf_run(const char *name, const struct CMUnitTest *tests, size_t count)
{
	if (geteuid() != 0 || unshare(CLONE_NEWNET)) {
		printf("skipped: needs root and a network namespace of its own\n");
		return 77;
	}
	return _cmocka_run_group_tests(name, tests, count, setup, teardown);
}
