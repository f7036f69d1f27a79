/* The RBridge's tables while they change under frames: what a program may have found just before
 * stays what it was, and no frame is lost or sent twice. Needs root and BPF. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>
#include <bpf/bpf.h>

#include "tests/netns/trill_bpf.h"
#include "trill/datapath_internal.h"

#define FRAMES 20000 /* of one call of the kernel's */
#define SETS   100

/* What stands in the place that the port, or the neighbour, has or had. */
static struct contract_port near_row(struct world *w, enum port port)
{
	uint32_t place = w->ports[port] % CONTRACT_NEAR;
	struct contract_port row;

	assert_int_equal(bpf_map_lookup_elem(w->dp->fds[TRILL_FD_NEAR], &place, &row), 0);
	return row;
}

static struct contract_near_adjacency near_neighbour(struct world *w, const struct mac *mac)
{
	uint32_t place = mac->bytes[5];
	struct contract_near_adjacency row;

	assert_int_equal(
		bpf_map_lookup_elem(w->dp->fds[TRILL_FD_NEAR_ADJACENCIES], &place, &row), 0);
	return row;
}

static void set_n0(struct world *w, uint16_t mtu)
{
	struct tables_port n0 = {.ifindex = w->ports[N0],
		.mac = w->macs[N0],
		.mtu = mtu,
		.native = true,
		.pvid = 10};

	assert_int_equal(w->t->port_set(w->t, &n0), 0);
}

/* Who has found the row reads it to its end. */
static void a_row_that_a_program_has_found_stays_as_it_was(void **state)
{
	struct world *w = world_of(state);
	struct contract_port before, after;

	datapath_grace(w->dp);
	before = near_row(w, N0);
	assert_int_equal(before.ifindex, w->ports[N0]);
	assert_int_equal(before.mtu, 1600);
	assert_true(before.slot > 0);
	set_n0(w, 1500);
	after = near_row(w, N0);
	assert_int_equal(after.ifindex, 0); /* nobody else finds it */
	before.ifindex = 0;
	assert_memory_equal(&before, &after, sizeof(before));
	datapath_grace(w->dp);
	assert_int_equal(near_row(w, N0).ifindex, w->ports[N0]);
	assert_int_equal(near_row(w, N0).mtu, 1500);
	set_n0(w, 1600);
}

static void a_neighbour_that_a_program_has_found_stays_as_it_was(void **state)
{
	struct world *w = world_of(state);
	struct tables_adjacency a = {
		.ifindex = w->ports[H0], .mac = mac_of(RBH_MAC), .trees = 1 << 1};
	struct contract_near_adjacency before, after;

	datapath_grace(w->dp);
	before = near_neighbour(w, &a.mac);
	assert_int_equal(before.neighbour.ifindex, w->ports[H0]);
	assert_int_equal(before.is.trees, 1 << 1);
	assert_int_equal(w->t->adjacency_del(w->t, a.ifindex, &a.mac), 0);
	after = near_neighbour(w, &a.mac);
	assert_int_equal(after.neighbour.ifindex, 0);
	before.neighbour.ifindex = 0;
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(w->t->adjacency_set(w->t, &a), 0);
}

/* The kernel takes the element of a row for the next row that is written. */
static void a_row_is_written_when_nobody_reads_the_one_before(void **state)
{
	struct world *w = world_of(state);

	datapath_grace(w->dp);
	set_n0(w, 1500);
	w->dp->trees[CONTRACT_TREE_LOCAL].resting = false; /* for these it is not that it waits */
	w->dp->trees[1].resting = false;
	set_n0(w, 1600);
	assert_int_equal(near_row(w, N0).mtu, 1500); /* what rested had been written anew */
}

struct pump {
	struct world *w;
	bool stop;
};

static void *pump(void *arg)
{
	struct pump *p = arg;
	struct frame f = hex(E2 E1 DATA);
	uint8_t out[256];

	while (!__atomic_load_n(&p->stop, __ATOMIC_RELAXED)) {
		struct xdp_md xdp = {.ingress_ifindex = p->w->ports[N0], .data_end = f.len};
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f.bytes, .data_size_in = f.len,
			.data_out = out, .data_size_out = sizeof(out), .repeat = FRAMES,
			.ctx_in = &xdp, .ctx_size_in = sizeof(xdp));

		if (bpf_prog_test_run_opts(trill_load_program_fd(p->w->load, "trill_port"), &opts))
			break;
	}
	return NULL;
}

/* E1 speaks at n0 alone: wherever else it is learned, a frame was taken for another port's. The
 * port of slot 0 would do: it serves VLAN 10, too. */
static void j_a_station_stays_at_its_port_while_that_is_set_anew(void **state)
{
	struct world *w = world_of(state);
	struct tables_port t0 = {.ifindex = w->ports[T0],
		.mac = w->macs[T0],
		.mtu = 1600,
		.native = true,
		.trill = true,
		.pvid = 10};
	struct tables_forwarder f = {.enabled = vlans_of(10, 0, 0, 0)};
	struct pump p = {.w = w};
	pthread_t thread;

	f.appointed = f.enabled;
	assert_int_equal(w->t->port_set(w->t, &t0), 0);
	assert_int_equal(w->t->forwarder_set(w->t, w->ports[T0], &f), 0);
	station(w, E2, 10, 0, H0, 255);
	run(w, N0, E2 E1 DATA);
	news(w);
	assert_int_equal(pthread_create(&thread, NULL, pump, &p), 0);
	for (unsigned int i = 0; i < SETS; i++) {
		set_n0(w, i & 1 ? 1600 : 1500);
		datapath_grace(w->dp);
		assert_int_equal(news(w), 0);
	}
	__atomic_store_n(&p.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	assert_int_equal(counted(w, "drop_not_forwarder"), 0);
	t0.native = false;
	t0.pvid = 0;
	assert_int_equal(w->t->port_set(w->t, &t0), 0);
	forget(w, E1, 10);
	forget(w, E2, 10);
}

/* ---- a port's kind ---- */

#define NUMBERED 200000 /* frames at most */
#define BETWEEN  40     /* frames at least, between two changes */
#define ROUNDS   8
#define PATIENCE 1000 /* ms: a copy that has not come by then is lost */

struct kind {
	bool trill, native;
};

/* Frames along the tree, each with its number, and the copies of each at the far end of h0. */
struct flow {
	uint32_t from, to; /* interfaces */
	uint32_t sent;
	bool stop;
	uint8_t trill[NUMBERED], native[NUMBERED];
};

static int raw_socket(uint32_t ifindex, uint16_t protocol)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = (int)ifindex};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), one = 1;

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void take(struct flow *flow, int fd)
{
	uint8_t frame[256];
	uint32_t number;
	ssize_t n;

	while ((n = recv(fd, frame, sizeof(frame), MSG_DONTWAIT)) > (ssize_t)sizeof(number)) {
		memcpy(&number, frame + n - sizeof(number), sizeof(number));
		if (number >= NUMBERED)
			continue;
		if (frame[12] == 0x22 && frame[13] == 0xf3)
			flow->trill[number]++;
		else
			flow->native[number]++;
	}
}

/* The next is sent when a copy of the last has come: no queue is ever full. */
static void *flow_run(void *arg)
{
	struct flow *flow = arg;
	struct frame f =
		hex(ALL_RB RB3_MAC "22 f3 08 3f 00 05 00 03 ff ff ff ff ff ff " E2 TAG10 DATA);
	int out = raw_socket(flow->from, 0), in = raw_socket(flow->to, ETH_P_ALL);
	struct pollfd wait = {.fd = in, .events = POLLIN};

	for (uint32_t n = 0; n < NUMBERED && !__atomic_load_n(&flow->stop, __ATOMIC_ACQUIRE); n++) {
		memcpy(f.bytes + f.len - sizeof(n), &n, sizeof(n));
		if (send(out, f.bytes, f.len, 0) != (ssize_t)f.len)
			break;
		poll(&wait, 1, PATIENCE);
		take(flow, in);
		__atomic_store_n(&flow->sent, n + 1, __ATOMIC_RELEASE);
	}
	while (poll(&wait, 1, PATIENCE / 10) > 0)
		take(flow, in);
	close(in);
	close(out);
	return NULL;
}

/* The number of a frame that is yet to be sent, some of them later. */
static uint32_t flow_settles(struct flow *flow)
{
	uint64_t until = mono_now().ns + 30 * 1000000000ULL;
	uint32_t from = __atomic_load_n(&flow->sent, __ATOMIC_ACQUIRE), now;

	do {
		now = __atomic_load_n(&flow->sent, __ATOMIC_ACQUIRE);
		assert_true(mono_now().ns < until && now + BETWEEN < NUMBERED);
		usleep(200);
	} while (now < from + BETWEEN);
	return now;
}

static bool is_of(const struct flow *flow, uint32_t n, struct kind kind)
{
	return flow->trill[n] == kind.trill && flow->native[n] == kind.native;
}

/* A trunk, an access or a hybrid port, and back: each frame leaves once in each form that the old
 * or the new kind has. */
static void i_a_port_changes_its_kind_and_no_copy_is_lost_or_doubled(void **state)
{
	static const struct kind kinds[] = {{true, true}, {true, false}, {false, true},
		{true, true}, {false, true}, {true, false}};
	static struct flow flow;
	uint32_t settled[ROUNDS * 6 + 1], steps = 0;
	struct kind was[ROUNDS * 6 + 1];
	struct world *w = world_of(state);
	pthread_t thread;

	attach(w);
	flow.from = w->peers[T0];
	flow.to = w->peers[H0];
	assert_int_equal(pthread_create(&thread, NULL, flow_run, &flow), 0);
	settled[0] = flow_settles(&flow);
	was[0] = kinds[0];
	while (steps < ROUNDS * 6) {
		struct tables_port h0 = {.ifindex = w->ports[H0],
			.mac = w->macs[H0],
			.mtu = 1600,
			.trill = kinds[(steps + 1) % 6].trill,
			.native = kinds[(steps + 1) % 6].native,
			.pvid = 10};

		assert_int_equal(w->t->port_set(w->t, &h0), 0);
		steps++;
		was[steps] = kinds[steps % 6];
		settled[steps] = flow_settles(&flow);
	}
	__atomic_store_n(&flow.stop, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	for (uint32_t i = 1; i <= steps; i++)
		for (uint32_t n = settled[i - 1]; n < settled[i]; n++)
			if (!is_of(&flow, n, was[i - 1]) && !is_of(&flow, n, was[i]))
				fail_msg("change %u, frame %u of %u to %u: %u in TRILL form, %u "
					 "native",
					i, n, settled[i - 1], settled[i], flow.trill[n],
					flow.native[n]);
}

static uint64_t users(const struct world *w)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < CONTRACT_GROUPS; i++)
		n += w->dp->groups[i].users;
	return n;
}

/* Whichever table it is that refuses: no group stays in use for what does not name it. */
static void a_who_we_are_is_written_or_stays_as_it_was(void **state)
{
	static const enum trill_fd maps[] = {TRILL_FD_NICKNAMES, TRILL_FD_SETTINGS};
	struct world *w = world_of(state);
	const struct tables_path way = {
		.hops = 9, .count = 1, .hop = {{w->ports[T0], mac_of(RB3_MAC)}}};
	struct tables_self self = {.count = 2,
				   .nicknames = {1, 0x77},
				   .ingress = 1,
				   .root = 5,
				   .fallback = way,
				   .oomf = way},
			   was = {.count = 1, .nicknames = {1}, .ingress = 1, .root = 5};
	uint64_t before = users(w);

	for (unsigned int i = 0; i < sizeof(maps) / sizeof(*maps); i++) {
		int fd = w->dp->fds[maps[i]];

		w->dp->fds[maps[i]] = -1;
		assert_int_equal(w->t->self_set(w->t, &self), -EBADF);
		assert_int_equal(w->t->path_set(w->t, 0x78, &way),
			maps[i] == TRILL_FD_NICKNAMES ? -EBADF : 0);
		w->dp->fds[maps[i]] = fd;
		w->t->path_set(w->t, 0x78, NULL);
		assert_int_equal(users(w), before);
		assert_int_equal(w->dp->nicknames[0x77].kind, CONTRACT_NICKNAME_UNKNOWN);
		assert_int_equal(w->t->self_set(w->t, &self), 0); /* it is not taken for done */
		assert_int_equal(users(w), before + 2);
		assert_int_equal(w->t->self_set(w->t, &was), 0);
		assert_int_equal(users(w), before);
	}
	counted(w, "transit");
	sent(w, T0, T0_MAC RB3_MAC "22 f3 00 3f 00 02 00 03 " E1 E2 TAG10 DATA, "transit",
		RB2_MAC T1_MAC "22 f3 00 3e 00 02 00 03 " E1 E2 TAG10 DATA);
}

/* Between the copy's way out and its leaving the port has gone: who listens there is no daemon. */
static void i_a_copy_for_a_port_that_has_gone_is_dropped(void **state)
{
	struct world *w = world_of(state);
	struct frame got;
	struct frame f = hex(ALL_RB RB3_MAC "22 f3 08 3f 00 05 00 03 01 80 c2 00 00 42 " E2 TAG10
					    "22 f4 83 08 01 00 12 01 00 00 00 00 00 00 00 00 ");
	int out = raw_socket(w->peers[T0], 0), gone = raw_socket(w->peers[T1], ETH_P_ALL);
	int daemon = raw_socket(w->peers[CPU], ETH_P_ALL);
	struct pollfd wait = {.fd = daemon, .events = POLLIN};
	struct contract_port row = near_row(w, T1);
	uint32_t place = w->ports[T1] % CONTRACT_NEAR;

	attach(w);
	row.ifindex = 0;
	assert_int_equal(bpf_map_update_elem(w->dp->fds[TRILL_FD_NEAR], &place, &row, BPF_ANY), 0);
	assert_int_equal(bpf_map_delete_elem(w->dp->fds[TRILL_FD_PORTS], &w->ports[T1]), 0);
	counted(w, "drop_no_port");
	assert_int_equal(send(out, f.bytes, f.len, 0), f.len);
	assert_int_equal(poll(&wait, 1, 10 * PATIENCE), 1); /* all leave at once */
	assert_int_equal(recv(daemon, got.bytes, sizeof(got.bytes), 0), f.len);
	assert_int_equal(counted(w, "drop_no_port"), 1);
	assert_int_equal(recv(gone, got.bytes, sizeof(got.bytes), MSG_DONTWAIT), -1);
	close(daemon);
	close(gone);
	close(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_that_a_program_has_found_stays_as_it_was),
		cmocka_unit_test(a_neighbour_that_a_program_has_found_stays_as_it_was),
		cmocka_unit_test(a_row_is_written_when_nobody_reads_the_one_before),
		cmocka_unit_test(j_a_station_stays_at_its_port_while_that_is_set_anew),
		cmocka_unit_test(i_a_port_changes_its_kind_and_no_copy_is_lost_or_doubled),
		cmocka_unit_test(a_who_we_are_is_written_or_stays_as_it_was),
		cmocka_unit_test(i_a_copy_for_a_port_that_has_gone_is_dropped), /* the last */
	};

	return trill_bpf_run("test_trill_change", tests, sizeof(tests) / sizeof(*tests));
}
