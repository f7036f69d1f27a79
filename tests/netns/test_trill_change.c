/* The RBridge's tables while they change under frames: what a program may have found just before
 * stays what it was. Needs root and BPF. */
#include <pthread.h>
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_that_a_program_has_found_stays_as_it_was),
		cmocka_unit_test(a_neighbour_that_a_program_has_found_stays_as_it_was),
		cmocka_unit_test(a_row_is_written_when_nobody_reads_the_one_before),
		cmocka_unit_test(j_a_station_stays_at_its_port_while_that_is_set_anew),
	};

	return trill_bpf_run("test_trill_change", tests, sizeof(tests) / sizeof(*tests));
}
