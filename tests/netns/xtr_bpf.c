/* See xtr_bpf.h. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <bpf/bpf.h>

#include "lib/net/checksum.h"
#include "tests/netns/bpf_load.h"
#include "tests/netns/xtr_bpf.h"

struct world *world_of(void **state)
{
	return *state;
}

struct frame run(struct world *w, const char *program, int ifindex, const struct frame *in)
{
	struct __sk_buff skb = {.ifindex = ifindex};
	struct xdp_md xdp = {.ingress_ifindex = ifindex, .data_end = in->len};
	struct frame out = {.len = 0};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in->bytes, .data_size_in = in->len,
		.data_out = out.bytes, .data_size_out = sizeof(out.bytes), .repeat = 1);

	if (!strncmp(program, "xdp", 3)) {
		opts.ctx_in = &xdp;
		opts.ctx_size_in = sizeof(xdp);
	} else {
		opts.ctx_in = &skb;
		opts.ctx_size_in = sizeof(skb);
	}
	if (bpf_prog_test_run_opts(datapath_load_program_fd(w->load, program), &opts))
		fail_msg("%s: test run: %s", program, strerror(errno));
	out.len = opts.data_size_out;
	out.verdict = opts.retval;
	return out;
}

struct frame run_hex(struct world *w, const char *program, int ifindex, const char *in)
{
	struct frame f = hex(in);

	return run(w, program, ifindex, &f);
}

uint64_t counted(struct world *w, const char *name)
{
	uint64_t now[datapath_counter_count()], change = 0;
	unsigned int i;

	assert_int_equal(datapath_bpf_counters(w->bpf, now), 0);
	for (i = 0; i < datapath_counter_count(); i++)
		if (!strcmp(datapath_counter_name(i), name))
			change = now[i] - w->before[i];
	memcpy(w->before, now, sizeof(now));
	return change;
}

struct eid eid_of(const char *text)
{
	struct eid eid;
	const char *why;

	assert_true(eid_parse(&eid, text, &why));
	return eid;
}

void entry(struct world *w, const char *eid, enum datapath_action action, const char *rloc,
	bool hold, bool away)
{
	struct datapath_entry e = {.action = action, .hold = hold, .away = away};
	struct eid key = eid_of(eid);

	if (rloc) {
		assert_true(address_parse(&e.locators[0].rloc, rloc));
		e.locators[0].weight = 100;
		e.locator_count = 1;
	}
	assert_int_equal(w->dp->set(w->dp, &key, &e), 0);
}

void forget(struct world *w, const char *eid)
{
	struct eid key = eid_of(eid);

	assert_int_equal(w->dp->del(w->dp, &key), 0);
}

void on_event(void *arg, const struct datapath_event *e)
{
	struct world *w = arg;

	if (w->seen_count < 16)
		w->seen[w->seen_count++] = *e;
}

unsigned int events(struct world *w)
{
	w->seen_count = 0;
	assert_true(datapath_bpf_poll(w->bpf, 64) >= 0);
	return w->seen_count;
}

void site_port(struct world *w, uint32_t iid)
{
	struct datapath_bpf_port port = {
		.ifindex = w->site, .role = DATAPATH_SITE, .mode = DATAPATH_XDP, .iid = iid};

	assert_int_equal(datapath_bpf_port_add(w->bpf, &port), 0);
}

struct frame tunnelled(
	uint8_t family, uint8_t tos, uint8_t ttl, const char *lisp, const char *inner)
{
	struct frame in = hex(inner), f;
	uint16_t udp_len = 16 + in.len;

	f = hex(family == 4 ? CORE_MAC NEXT_MAC
			"08 00 45 00 00 00 00 00 40 00 00 11 00 00 c0 00 02 02 c0 00 02 01"
			    : CORE_MAC NEXT_MAC "86 dd 60 00 00 00 00 00 11 00" RLOC2 RLOC1);
	if (family == 4) {
		f.bytes[15] = tos;
		f.bytes[22] = ttl;
		f.bytes[16] = (udp_len + 20) >> 8;
		f.bytes[17] = (udp_len + 20) & 0xff;
		f.bytes[24] = checksum_of(f.bytes + 14, 20) >> 8;
	} else {
		f.bytes[14] |= tos >> 4;
		f.bytes[15] |= tos << 4;
		f.bytes[18] = udp_len >> 8;
		f.bytes[19] = udp_len & 0xff;
		f.bytes[21] = ttl;
	}
	memcpy(f.bytes + f.len,
		(uint8_t[]){0xd0, 0x01, 0x10, 0xf5, udp_len >> 8, udp_len & 0xff, 0, 0}, 8);
	f.len += 8;
	memcpy(f.bytes + f.len, hex(lisp).bytes, 8);
	f.len += 8;
	memcpy(f.bytes + f.len, in.bytes, in.len);
	f.len += in.len;
	return f;
}

void hostile(struct world *w, const struct frame *in, const char *counter)
{
	struct frame out = run(w, "core_ingress", w->core, in);

	if (out.verdict != DROP)
		fail_msg("%s: verdict %d, expected a drop", counter, (int)out.verdict);
	if (counted(w, counter) != 1)
		fail_msg("%s: not counted", counter);
	out = run(w, "xdp_core", w->core, in); /* XDP leaves it to tc, unchanged */
	assert_int_equal(out.verdict, 2 /* XDP_PASS */);
	assert_int_equal(out.len, in->len);
	assert_memory_equal(out.bytes, in->bytes, in->len);
	counted(w, "xdp_pass");
}

void assert_tag(const struct frame *f, int reason, unsigned int iid, unsigned int mtu, int ifindex)
{
	assert_int_equal(f->verdict, REDIRECT);
	assert_int_equal(f->bytes[0], reason << 2 | 2);
	assert_int_equal(f->bytes[1] << 16 | f->bytes[2] << 8 | f->bytes[3], iid);
	assert_int_equal(f->bytes[4] << 8 | f->bytes[5], mtu);
	assert_int_equal(f->bytes[10] << 8 | f->bytes[11], ifindex);
}

static void shell(const char *command)
{
	if (system(command) != 0) {
		fprintf(stderr, "failed: %s\n", command);
		exit(1);
	}
}

/* Two ports with neighbours that are known beforehand. */
static void make_ports(void)
{
	shell("ip link set lo up");
	shell("ip link add site type veth peer name host && ip link add core type veth peer name next");
	shell("ip link set site address 02:00:00:00:01:01 && ip link set core address 02:00:00:00:0c:01 && "
	      "ip link set host address 02:00:00:00:01:02");
	shell("for d in site host core next; do echo 0 >/proc/sys/net/ipv6/conf/$d/accept_dad; done");
	shell("echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding");
	shell("for d in site host core next; do ip link set $d up; done");
	shell("ip addr add 10.1.0.1/24 dev site && ip addr add 2001:db8:1::1/64 dev site nodad");
	shell("ip addr add 192.0.2.1/24 dev core && ip addr add 2001:db8:f::1/64 dev core nodad");
	shell("ip neigh add 10.1.0.2 lladdr 02:00:00:00:01:02 dev site && "
	      "ip neigh add 2001:db8:1::2 lladdr 02:00:00:00:01:02 dev site && "
	      "ip neigh add 192.0.2.2 lladdr 02:00:00:00:0c:02 dev core && "
	      "ip neigh add 192.0.2.3 lladdr 02:00:00:00:0c:03 dev core && "
	      "ip neigh add 2001:db8:f::2 lladdr 02:00:00:00:0c:02 dev core");
}

static int setup(void **state)
{
	static struct address rlocs[2];
	struct world *w = calloc(1, sizeof(*w));
	struct datapath_load_config lc = {.hosts_max = 1024, .prefixes_max = 64, .locsets_max = 64};
	struct datapath_bpf_config bc = {.rlocs = rlocs,
		.rloc_count = 2,
		.locsets_max = 64,
		.hash_key = {0x0706050403020100, 0x0f0e0d0c0b0a0908},
		.on_event = on_event,
		.arg = w};
	struct datapath_bpf_port core = {.role = DATAPATH_CORE, .mode = DATAPATH_XDP};
	char why[256];

	address_parse(&rlocs[0], "192.0.2.1");
	address_parse(&rlocs[1], "2001:db8:f::1");
	w->load = datapath_load_new(&lc, NULL, why, sizeof(why));
	if (!w->load)
		bpf_not_loaded(why);
	make_ports();
	datapath_load_fds(w->load, w->fds);
	w->bpf = datapath_bpf_new(&bc, w->fds, false, why, sizeof(why));
	if (!w->bpf)
		fail_msg("%s", why);
	w->dp = datapath_bpf_handle(w->bpf);
	w->site = if_nametoindex("site");
	core.ifindex = w->core = if_nametoindex("core");
	site_port(w, 0);
	assert_int_equal(datapath_bpf_port_add(w->bpf, &core), 0);
	if (datapath_load_attach(w->load, w->site, DATAPATH_SITE, DATAPATH_XDP, why, sizeof(why)) ||
		datapath_load_attach(
			w->load, w->core, DATAPATH_CORE, DATAPATH_XDP, why, sizeof(why)))
		fail_msg("%s", why);
	entry(w, "10.1.0.0/24", DATAPATH_LOCAL, NULL, false, false);
	entry(w, "2001:db8:1::/64", DATAPATH_LOCAL, NULL, false, false);
	counted(w, "encap");
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	datapath_bpf_free(w->bpf);
	datapath_load_free(w->load);
	free(w);
	return 0;
}

int xtr_bpf_run(const char *name, const struct CMUnitTest *tests, size_t count)
{
	if (geteuid() != 0 || unshare(CLONE_NEWNET)) {
		printf("skipped: needs root and a network namespace of its own\n");
		return 77;
	}
	return _cmocka_run_group_tests(name, tests, count, setup, teardown);
}
