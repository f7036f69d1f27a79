/* What a port may hand up to the daemon (trill/bpf/police.h): who sends at line rate gets its
 * share, and Hellos, LSPs and BFD theirs. A flood is the kernel's own repeat of a frame, some
 * million a second. Needs root and BPF. */
#include <stdio.h>
#include <unistd.h>
#include <bpf/bpf.h>

#include "lib/net/packet.h"
#include "tests/netns/trill_bpf.h"
#include "trill/port_filter.h"

#ifndef BPF_F_TEST_XDP_LIVE_FRAMES
#define BPF_F_TEST_XDP_LIVE_FRAMES (1U << 1)
#endif

#define FLOOD     50000
#define LIVE      3000 /* ... of frames that are really sent: each of 64 uses up its hop count */
#define ISIS      "22 f4 83 1b 01 00 0f 01 00 00 "
#define ALL_ISIS  "01 80 c2 00 00 41 "
#define BROADCAST "ff ff ff ff ff ff "
#define ARP       "08 06 00 01 08 00 06 04 00 01 "
#define MESSAGE   "22 f3 00 3f 00 01 00 05 01 80 c2 00 00 42 02 00 00 00 0b 04 " TAG10
#define BFD       MESSAGE "89 46 00 02 00 00 20 c8 "
#define ECHO      MESSAGE "89 46 00 03 00 00 20 c8 "
#define FLUSH     MESSAGE "89 46 00 09 00 00 01 00 "
#define TO_H0     H0_MAC RBH_MAC
#define HELLO     ALL_ISIS RBH_MAC ISIS
#define BPDU      "01 80 c2 00 00 00 " E1 "00 26 42 42 03 00 "

/* Nanoseconds that it took. @flags: live frames are really sent. */
static uint64_t flood(struct world *w, enum port port, const char *in, uint32_t flags)
{
	struct frame f = hex(in);
	struct xdp_md xdp = {.ingress_ifindex = w->ports[port], .data_end = f.len};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f.bytes, .data_size_in = f.len,
		.repeat = flags ? LIVE : FLOOD, .ctx_in = &xdp, .ctx_size_in = sizeof(xdp),
		.flags = flags);
	uint64_t before = mono_now().ns;

	if (bpf_prog_test_run_opts(trill_load_program_fd(w->load, "trill_port"), &opts))
		fail_msg("test run: %s", strerror(errno));
	return mono_now().ns - before;
}

/* Of a flood of @in no more goes up than the class's tokens, and what does not is counted. */
static void held(struct world *w, enum port port, const char *in, const char *counter,
	const char *beyond, uint64_t per_s, uint64_t burst, uint32_t flags)
{
	uint64_t went = total(w, counter), over = total(w, beyond), ns;

	ns = flood(w, port, in, flags);
	went = total(w, counter) - went;
	over = total(w, beyond) - over;
	assert_int_equal(went + over, flags ? LIVE : FLOOD);
	assert_true(went >= 1);
	if (went > burst + per_s * ns / 1000000000 + 1)
		fail_msg("%llu of a flood in %llu ms were handed up (%s)", (unsigned long long)went,
			(unsigned long long)ns / 1000000, counter);
}

static unsigned int go_up(struct world *w, enum port port, const char *in, unsigned int times)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < times; i++)
		n += run(w, port, in).verdict == XDP_PASS;
	return n;
}

static void asks(struct world *w, bool is)
{
	struct tables_self self = {
		.count = 1, .nicknames = {1}, .ingress = 1, .root = 5, .asks = is};

	self.mac = (struct mac){{2, 0, 0, 0, 0xee, 0x77}};
	assert_int_equal(w->t->self_set(w->t, &self), 0);
}

static void b_each_kind_that_goes_up_is_held_to_its_rate(void **state)
{
	struct world *w = world_of(state);

	asks(w, true);
	held(w, N0, BROADCAST E1 ARP, "asks", "limit_asks", 500, 128, 0);
	held(w, N1, N1_MAC E1 ARP, "own", "limit_asks", 500, 128, 0);
	held(w, N0, N0_MAC E1 DATA, "own", "limit_own", 20000, 1024, 0);
	held(w, N0, BPDU, "link", "limit_link", 100, 64, 0);
	held(w, N0, ALL_ISIS E1 ISIS, "control", "limit_stranger", 500, 64, 0);
	held(w, T0, T0_MAC E1 BFD, "channel", "limit_stranger", 500, 64, 0);
	held(w, T0, T0_MAC RB3_MAC FLUSH, "channel", "limit_channel", 2000, 128, 0);
	held(w, T1, "01 80 c2 00 00 46 " E1 "89 46 00 09 00 00 ", "channel", "limit_channel", 2000,
		128, 0);
	held(w, T0, ALL_ISIS RB3_MAC ISIS, "control", "limit_neighbour", 20000, 2048, 0);
	held(w, T1, T1_MAC RB2_MAC BFD, "channel", "limit_neighbour", 20000, 2048, 0);
	asks(w, false);
	forget(w, E1, 10);
}

static void k_copies_for_the_daemon_are_held_to_a_rate(void **state)
{
	struct world *w = world_of(state);

	held(w, T0,
		ALL_RB RB3_MAC "22 f3 08 3f 00 05 00 03 01 80 c2 00 00 42 " E2 TAG10
			       "22 f4 83 14 01 00 0a 01 00 00 00 00 00 00 00 00 00 00 ",
		"copy_cpu", "limit_copies", 4000, 512, BPF_F_TEST_XDP_LIVE_FRAMES);
}

/* The guest is on a hybrid port, beside the neighbour RBH. */
static void b_a_guest_at_line_rate_leaves_hellos_and_bfd_their_way(void **state)
{
	static const char *const floods[] = {BROADCAST E1 ARP, H0_MAC E1 ARP, H0_MAC E1 DATA, BPDU,
		ALL_ISIS E1 ISIS, H0_MAC E1 ISIS, H0_MAC E1 BFD, TO_H0 FLUSH,
		"01 80 c2 00 00 46 " E1 "89 46 00 06 00 00 "};
	struct world *w = world_of(state);

	asks(w, true);
	for (unsigned int i = 0; i < sizeof(floods) / sizeof(*floods); i++) {
		flood(w, H0, floods[i], 0);
		assert_int_equal(go_up(w, H0, HELLO, 50), 50);
		assert_int_equal(go_up(w, H0, TO_H0 BFD, 50), 50);
		assert_int_equal(go_up(w, H0, TO_H0 ECHO, 50), 50);
	}
	asks(w, false);
	forget(w, E1, 10);
}

/* ... and newcomers: but for those that share its bucket, one of sixteen. */
static void d_a_stranger_that_floods_leaves_newcomers_their_way(void **state)
{
	struct world *w = world_of(state);
	unsigned int heard = 0;
	char hello[128];

	flood(w, N1, ALL_ISIS E1 ISIS, 0);
	for (unsigned int i = 0; i < 64; i++) {
		snprintf(hello, sizeof(hello), ALL_ISIS "02 00 00 00 0c %02x " ISIS, i);
		heard += go_up(w, N1, hello, 1);
	}
	assert_in_range(heard, 48, 64);
}

static void b_ports_have_their_own_shares_and_get_them_again(void **state)
{
	struct world *w = world_of(state);
	uint64_t until = mono_now().ns + 10 * 1000000000ULL;

	flood(w, T1, BPDU, 0);
	assert_int_equal(go_up(w, T0, BPDU, 40), 40);
	while (!go_up(w, T1, BPDU, 1))
		assert_true(mono_now().ns < until);
}

/* ---- the socket of a port ---- */

#define STRANGERS 4096 /* frames: far more than all their shares have at once */
#define LONG      1484 /* bytes of a frame of theirs */

static int port_socket(struct world *w, size_t room)
{
	int fd = packet_open((int)w->ports[T0], &trill_port_filter);

	assert_true(fd >= 0);
	assert_int_equal(packet_room(fd, room), 0);
	return fd;
}

/* Those of @fd, of which @hellos are the neighbour's. */
static unsigned int read_all(int fd, unsigned int *hellos)
{
	struct mac neighbour = mac_of(RB3_MAC);
	unsigned int all = 0;
	uint8_t frame[2048];

	for (*hellos = 0; packet_receive(fd, frame, sizeof(frame)) > 0; all++)
		*hellos += !memcmp(frame + MAC_LEN, &neighbour, MAC_LEN);
	return all;
}

/* What has been judged: handed up, or not. */
static uint64_t judged(struct world *w)
{
	return total(w, "control") + total(w, "limit_stranger") + total(w, "limit_neighbour");
}

/* No more is on the wire at once than it holds. */
static void comes(struct world *w, int fd, const uint8_t *frame, size_t len, uint64_t number)
{
	uint64_t until = mono_now().ns + 10 * 1000000000ULL;

	assert_int_equal(packet_send(fd, frame, len), 0);
	while (number % 64 == 0 && judged(w) < number)
		assert_true(mono_now().ns < until);
}

/* Strangers of all shares, and @neighbours frames of the neighbour, a Hello the last; nobody reads
 * meanwhile. How many have gone up. */
static uint64_t crowd(struct world *w, unsigned int neighbours)
{
	struct frame stranger = hex(ALL_ISIS "02 00 00 00 77 01 " ISIS);
	struct frame hello = hex(ALL_ISIS RB3_MAC ISIS);
	uint64_t up = total(w, "control"), number = judged(w);
	int fd = packet_open((int)w->peers[T0], NULL);
	uint8_t frame[LONG] = {0};

	assert_true(fd >= 0);
	memcpy(frame, stranger.bytes, stranger.len);
	for (unsigned int i = 0; i < STRANGERS; i++) {
		frame[MAC_LEN + 4] = (uint8_t)(i >> 4);
		frame[MAC_LEN + 5] = (uint8_t)i;
		comes(w, fd, frame, sizeof(frame), ++number);
	}
	memcpy(frame, hello.bytes, hello.len);
	for (unsigned int i = 1; i < neighbours; i++)
		comes(w, fd, frame, sizeof(frame), ++number);
	comes(w, fd, hello.bytes, hello.len, ++number);
	while (judged(w) < number)
		usleep(1000);
	close(fd);
	return total(w, "control") - up;
}

static void b_a_ports_socket_holds_all_that_may_go_up_at_once(void **state)
{
	struct world *w = world_of(state);
	int fd = port_socket(w, trill_port_room);
	unsigned int hellos;
	uint64_t up;

	attach(w);
	up = crowd(w, 2000);
	assert_true(up >= 2000 + CONTRACT_STRANGERS * 64);
	assert_int_equal(read_all(fd, &hellos), up);
	assert_int_equal(hellos, 2000);
	assert_int_equal(packet_lost(fd), 0);
	close(fd);
}

static void b_what_a_socket_has_no_room_for_is_counted(void **state)
{
	struct world *w = world_of(state);
	int fd = port_socket(w, 64 * 1024);
	unsigned int hellos, held;
	uint64_t up = crowd(w, 100);

	held = read_all(fd, &hellos);
	assert_in_range(held, 1, 64);
	assert_int_equal(packet_lost(fd), up - held);
	assert_int_equal(packet_lost(fd), 0); /* since it was last asked */
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(b_each_kind_that_goes_up_is_held_to_its_rate),
		cmocka_unit_test(k_copies_for_the_daemon_are_held_to_a_rate),
		cmocka_unit_test(b_a_guest_at_line_rate_leaves_hellos_and_bfd_their_way),
		cmocka_unit_test(d_a_stranger_that_floods_leaves_newcomers_their_way),
		cmocka_unit_test(b_ports_have_their_own_shares_and_get_them_again),
		cmocka_unit_test(b_a_ports_socket_holds_all_that_may_go_up_at_once),
		cmocka_unit_test(b_what_a_socket_has_no_room_for_is_counted),
	};

	return trill_bpf_run("trill_police", tests, sizeof(tests) / sizeof(*tests));
}
