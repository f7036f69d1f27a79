/* The RBridge's programs, one frame to many: each copy as it leaves, by the real way through the
 * kernel, and where there is none (RFC 6325 sections 4.5 and 4.6.2.5, RFC 7179 section 2, RFC 7780
 * section 2.3.2). Needs root and BPF. */
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "tests/netns/trill_bpf.h"
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-qual" /* in what bpftool generates */
#include "tests/netns/trill_mix.skel.h"
#pragma GCC diagnostic pop

#ifndef BPF_F_TEST_XDP_LIVE_FRAMES
#define BPF_F_TEST_XDP_LIVE_FRAMES (1U << 1)
#endif

#define NOBODY    "02 00 00 00 ee 77 "
#define BROADCAST "ff ff ff ff ff ff "
#define FROM_T0   ALL_RB RB3_MAC "22 f3 08 3f 00 05 00 03 "
#define PATIENCE  10000 /* ms */

/* What the far ends of the ports have got. */
static int sockets[PORTS + 1];

static int open_socket(uint32_t ifindex)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)ifindex};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), one = 1;

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)), 0);
	assert_int_equal(setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void send_raw(uint32_t ifindex, const struct frame *f)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET, .sll_ifindex = (int)ifindex, .sll_halen = ETH_ALEN};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	assert_int_equal(
		sendto(fd, f->bytes, f->len, 0, (struct sockaddr *)&to, sizeof(to)), f->len);
	close(fd);
}

/* The kernel takes the outermost tag out of a frame that it receives, and tells it beside. */
static void tag_back(struct frame *f, const struct tpacket_auxdata *aux)
{
	if (!(aux->tp_status & TP_STATUS_VLAN_VALID))
		return;
	memmove(f->bytes + 16, f->bytes + 12, f->len - 12);
	f->bytes[12] = (uint8_t)(aux->tp_vlan_tpid >> 8);
	f->bytes[13] = (uint8_t)aux->tp_vlan_tpid;
	f->bytes[14] = (uint8_t)(aux->tp_vlan_tci >> 8);
	f->bytes[15] = (uint8_t)aux->tp_vlan_tci;
	f->len += 4;
}

static struct frame receive(enum port port)
{
	struct frame f = {.len = 0};
	struct iovec io = {f.bytes, sizeof(f.bytes) - 4};
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	} control;
	struct msghdr m = {.msg_iov = &io,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control)};
	struct pollfd p = {.fd = sockets[port], .events = POLLIN};
	struct cmsghdr *c;
	ssize_t n;

	if (poll(&p, 1, PATIENCE) != 1)
		fail_msg("port %d: no frame within %d ms", port, PATIENCE);
	n = recvmsg(sockets[port], &m, 0);
	assert_true(n > 0);
	f.len = (uint32_t)n;
	c = CMSG_FIRSTHDR(&m);
	if (c && c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA) {
		struct tpacket_auxdata aux;

		memcpy(&aux, CMSG_DATA(c), sizeof(aux));
		tag_back(&f, &aux);
	}
	return f;
}

static void arrives(enum port port, const char *want)
{
	struct frame f = receive(port);

	assert_frame(&f, want);
}

/* Two frames, in either order; the one in native form is the shorter. */
static void arrive(enum port port, const char *native, const char *trill)
{
	struct frame a = receive(port), b = receive(port);

	assert_frame(a.len < b.len ? &a : &b, native);
	assert_frame(a.len < b.len ? &b : &a, trill);
}

/* Nothing more has come to any port: what is sent now is what comes next. */
static void nothing_else(struct world *w)
{
#define SENTINEL "02 00 00 00 5e 01 02 00 00 00 5e 02 88 b5 73 65 6e 74 69 6e 65 6c "
	struct frame f = hex(SENTINEL);

	for (int p = 0; p <= PORTS; p++) {
		send_raw(w->ports[p], &f);
		arrives((enum port)p, SENTINEL);
	}
}

static void comes(struct world *w, enum port port, const char *text)
{
	struct frame f = hex(text);

	send_raw(w->peers[port], &f);
}

static void i_a_broadcast_of_a_station_leaves_once_by_each_port(void **state)
{
	struct world *w = world_of(state);
#define FLOODED "22 f3 08 09 00 05 00 01 " BROADCAST E1 TAG10 DATA
	comes(w, N0, BROADCAST E1 DATA);
	arrives(T0, ALL_RB T0_MAC FLOODED);
	arrives(T1, ALL_RB T1_MAC FLOODED);
	arrive(H0, BROADCAST E1 DATA, ALL_RB H0_MAC FLOODED);
	arrives(N1, BROADCAST E1 TAG10 DATA);
	nothing_else(w);
}

static void i_a_frame_of_the_tree_goes_on_and_to_the_stations(void **state)
{
	struct world *w = world_of(state);

	comes(w, T0, FROM_T0 BROADCAST E2 TAG10 DATA);
	arrives(T1, ALL_RB T1_MAC "22 f3 08 3e 00 05 00 03 " BROADCAST E2 TAG10 DATA);
	arrives(N0, BROADCAST E2 DATA);
	arrives(N1, BROADCAST E2 TAG10 DATA);
	arrive(H0, BROADCAST E2 DATA,
		ALL_RB H0_MAC "22 f3 08 3e 00 05 00 03 " BROADCAST E2 TAG10 DATA);
	nothing_else(w);
}

static void i_a_vlan_stays_among_its_ports(void **state)
{
	struct world *w = world_of(state);

	comes(w, T0, FROM_T0 BROADCAST E2 TAG20 DATA);
	arrives(T1, ALL_RB T1_MAC "22 f3 08 3e 00 05 00 03 " BROADCAST E2 TAG20 DATA);
	arrives(H0, ALL_RB H0_MAC "22 f3 08 3e 00 05 00 03 " BROADCAST E2 TAG20 DATA);
	arrives(N1, BROADCAST E2 DATA); /* without a tag: it is the port's own VLAN */
	nothing_else(w);
}

/* On one link there are end stations and RBridges: each gets the frame in its form, but not in the
 * form that it came in. */
static void i_a_hybrid_port_sends_the_other_form_back(void **state)
{
	struct world *w = world_of(state);
	struct tables_rpf from = {.tree = 1, .ingress = 6, .ifindex = w->ports[H0]};

	comes(w, H0, BROADCAST E3 DATA);
	arrives(T0, ALL_RB T0_MAC "22 f3 08 09 00 05 00 01 " BROADCAST E3 TAG10 DATA);
	arrives(T1, ALL_RB T1_MAC "22 f3 08 09 00 05 00 01 " BROADCAST E3 TAG10 DATA);
	arrives(H0, ALL_RB H0_MAC "22 f3 08 09 00 05 00 01 " BROADCAST E3 TAG10 DATA);
	arrives(N0, BROADCAST E3 DATA);
	arrives(N1, BROADCAST E3 TAG10 DATA);
	nothing_else(w);
	assert_int_equal(w->t->rpf_set(w->t, &from), 0);
	comes(w, H0, ALL_RB RBH_MAC "22 f3 08 05 00 05 00 06 " BROADCAST E2 TAG10 DATA);
	arrives(T0, ALL_RB T0_MAC "22 f3 08 04 00 05 00 06 " BROADCAST E2 TAG10 DATA);
	arrives(T1, ALL_RB T1_MAC "22 f3 08 04 00 05 00 06 " BROADCAST E2 TAG10 DATA);
	arrives(H0, BROADCAST E2 DATA);
	arrives(N0, BROADCAST E2 DATA);
	arrives(N1, BROADCAST E2 TAG10 DATA);
	nothing_else(w);
}

static void set_tree(struct world *w, const struct label_set *pruned_at_t1)
{
	struct tables_tree_port ports[] = {{.ifindex = w->ports[T0]},
		{.ifindex = w->ports[T1], .pruned = pruned_at_t1}, {.ifindex = w->ports[H0]}};
	struct tables_tree tree = {.root = 5, .hops = 9, .port_count = 3, .ports = ports};

	assert_int_equal(w->t->tree_set(w->t, 1, &tree), 0);
}

/* RFC 7172 sections 4.2.2 and 4.3: label 70000, whose number is 4096, is VLAN 10 of n1 alone. */
static void i_a_label_goes_along_the_tree_and_to_its_vlans(void **state)
{
#define FGL "89 3b 60 11 89 3b b1 70 "
	struct world *w = world_of(state);
	struct tables_self self = {
		.count = 1, .nicknames = {1}, .ingress = 1, .root = 5, .fgl_root = 5};
	struct label_set at_t1 = {.bits = {[64] = 1}};

	assert_int_equal(w->t->label_set(w->t, 70000, 4096), 0);
	assert_int_equal(w->t->mapping_set(w->t, w->ports[N1], 10, 4096), 0);
	assert_int_equal(w->t->self_set(w->t, &self), 0);
	comes(w, T0, FROM_T0 BROADCAST E2 FGL DATA);
	arrives(T1, ALL_RB T1_MAC "22 f3 08 3e 00 05 00 03 " BROADCAST E2 FGL DATA);
	arrives(H0, ALL_RB H0_MAC "22 f3 08 3e 00 05 00 03 " BROADCAST E2 FGL DATA);
	arrives(N1, BROADCAST E2 "81 00 b0 0a " DATA);
	nothing_else(w);
	assert_string_equal(whereabouts(w, E2, 4096), "nickname 3 confidence 32");
	comes(w, N1, BROADCAST E1 TAG10 DATA);
	arrives(T0, ALL_RB T0_MAC "22 f3 08 09 00 05 00 01 " BROADCAST E1
				  "89 3b 00 11 89 3b 01 70 " DATA);
	arrives(T1, ALL_RB T1_MAC "22 f3 08 09 00 05 00 01 " BROADCAST E1
				  "89 3b 00 11 89 3b 01 70 " DATA);
	arrives(H0, ALL_RB H0_MAC "22 f3 08 09 00 05 00 01 " BROADCAST E1
				  "89 3b 00 11 89 3b 01 70 " DATA);
	nothing_else(w);
	/* VLAN 10 itself is no more at n1. */
	comes(w, T0, FROM_T0 BROADCAST E3 TAG10 DATA);
	arrives(T1, ALL_RB T1_MAC "22 f3 08 3e 00 05 00 03 " BROADCAST E3 TAG10 DATA);
	arrives(N0, BROADCAST E3 DATA);
	arrive(H0, BROADCAST E3 DATA,
		ALL_RB H0_MAC "22 f3 08 3e 00 05 00 03 " BROADCAST E3 TAG10 DATA);
	nothing_else(w);
	set_tree(w, &at_t1);
	comes(w, T0, FROM_T0 BROADCAST E2 FGL DATA);
	arrives(H0, ALL_RB H0_MAC "22 f3 08 3e 00 05 00 03 " BROADCAST E2 FGL DATA);
	arrives(N1, BROADCAST E2 "81 00 b0 0a " DATA);
	nothing_else(w);
	/* A unicast to us for all is for our stations alone (serial unicast). */
	comes(w, T0, T0_MAC RB3_MAC "22 f3 00 3f 00 01 00 03 " BROADCAST E2 FGL DATA);
	arrives(N1, BROADCAST E2 "81 00 b0 0a " DATA);
	nothing_else(w);
	set_tree(w, NULL);
	assert_int_equal(w->t->mapping_set(w->t, w->ports[N1], 10, 0), 0);
	assert_int_equal(w->t->label_set(w->t, 70000, 0), 0);
	forget(w, E1, 4096);
	forget(w, E2, 4096);
	forget(w, E3, 10);
}

/* RFC 6325 section 4.1.3, RFC 7172 section 4.2.1: each copy by its port's Designated VLAN, with the
 * priority of the frame inside. */
static void i_the_outer_tag_of_a_copy_has_the_priority_of_the_frame_inside(void **state)
{
#define ON_T1 ALL_RB T1_MAC "81 00 "
	struct world *w = world_of(state);
	struct tables_port t1 = {.ifindex = w->ports[T1],
		.mac = w->macs[T1],
		.mtu = 1600,
		.trill = true,
		.outer = 0x123};

	assert_int_equal(w->t->port_set(w->t, &t1), 0);
	comes(w, T0, FROM_T0 BROADCAST E2 "81 00 d0 28 " DATA); /* VLAN 40: no stations here */
	arrives(T1, ON_T1 "d1 23 22 f3 08 3e 00 05 00 03 " BROADCAST E2 "81 00 d0 28 " DATA);
	arrives(H0, ALL_RB H0_MAC "22 f3 08 3e 00 05 00 03 " BROADCAST E2 "81 00 d0 28 " DATA);
	nothing_else(w);
	comes(w, T0, FROM_T0 BROADCAST E2 FGL DATA);
	arrives(T1, ON_T1 "61 23 22 f3 08 3e 00 05 00 03 " BROADCAST E2 FGL DATA);
	arrives(H0, ALL_RB H0_MAC "22 f3 08 3e 00 05 00 03 " BROADCAST E2 FGL DATA);
	nothing_else(w);
	t1.outer = 0;
	assert_int_equal(w->t->port_set(w->t, &t1), 0);
}

/* RFC 7172 section 5.1, step A1: along the tree, too. */
static void i_no_copy_with_a_label_leaves_by_a_link_that_is_not_safe(void **state)
{
	struct world *w = world_of(state);
	struct tables_port t1 = {.ifindex = w->ports[T1],
		.mac = w->macs[T1],
		.mtu = 1600,
		.trill = true,
		.no_fgl = true};

	assert_int_equal(w->t->port_set(w->t, &t1), 0);
	counted(w, "drop_unsafe");
	comes(w, T0, FROM_T0 BROADCAST E2 FGL DATA);
	arrives(H0, ALL_RB H0_MAC "22 f3 08 3e 00 05 00 03 " BROADCAST E2 FGL DATA);
	nothing_else(w);
	assert_int_equal(counted(w, "drop_unsafe"), 1);
	comes(w, T0, FROM_T0 BROADCAST E2 "81 00 00 28 " DATA); /* VLAN 40: no stations here */
	arrives(T1, ALL_RB T1_MAC "22 f3 08 3e 00 05 00 03 " BROADCAST E2 "81 00 00 28 " DATA);
	arrives(H0, ALL_RB H0_MAC "22 f3 08 3e 00 05 00 03 " BROADCAST E2 "81 00 00 28 " DATA);
	nothing_else(w);
	t1.no_fgl = false;
	assert_int_equal(w->t->port_set(w->t, &t1), 0);
}

static void set_mtus(struct world *w, uint32_t t1, uint32_t n0)
{
	struct tables_port trunk = {
		.ifindex = w->ports[T1], .mac = w->macs[T1], .mtu = t1, .trill = true};
	struct tables_port stations = {
		.ifindex = w->ports[N0], .mac = w->macs[N0], .mtu = n0, .native = true, .pvid = 10};

	assert_int_equal(w->t->port_set(w->t, &trunk), 0);
	assert_int_equal(w->t->port_set(w->t, &stations), 0);
}

/* 46 bytes are behind the outer Ethernet header, 22 behind that of the frame inside. */
static void i_a_copy_that_is_too_long_for_its_port_is_dropped_there_alone(void **state)
{
	struct world *w = world_of(state);

	set_mtus(w, 46, 22);
	counted(w, "drop_mtu");
	comes(w, T0, FROM_T0 BROADCAST E2 TAG10 DATA);
	arrives(T1, ALL_RB T1_MAC "22 f3 08 3e 00 05 00 03 " BROADCAST E2 TAG10 DATA);
	arrives(N0, BROADCAST E2 DATA);
	arrives(N1, BROADCAST E2 TAG10 DATA);
	arrive(H0, BROADCAST E2 DATA,
		ALL_RB H0_MAC "22 f3 08 3e 00 05 00 03 " BROADCAST E2 TAG10 DATA);
	nothing_else(w);
	assert_int_equal(counted(w, "drop_mtu"), 0);
	set_mtus(w, 45, 21);
	comes(w, T0, FROM_T0 BROADCAST E2 TAG10 DATA);
	arrives(N1, BROADCAST E2 TAG10 DATA);
	arrive(H0, BROADCAST E2 DATA,
		ALL_RB H0_MAC "22 f3 08 3e 00 05 00 03 " BROADCAST E2 TAG10 DATA);
	nothing_else(w);
	assert_int_equal(counted(w, "drop_mtu"), 2);
	set_mtus(w, 1600, 1600);
	forget(w, E2, 10);
}

static void i_what_nobody_wants_is_pruned(void **state)
{
	struct world *w = world_of(state);
	struct label_set ten = {.bits = {1 << 10}};

	set_tree(w, &ten);
	counted(w, "copy_pruned");
	comes(w, N0, BROADCAST E1 DATA);
	arrives(T0, ALL_RB T0_MAC FLOODED);
	arrive(H0, BROADCAST E1 DATA, ALL_RB H0_MAC FLOODED);
	arrives(N1, BROADCAST E1 TAG10 DATA);
	nothing_else(w);
	assert_int_equal(counted(w, "copy_pruned"), 1);
	comes(w, T0, FROM_T0 BROADCAST E2 TAG20 DATA); /* another VLAN */
	arrives(T1, ALL_RB T1_MAC "22 f3 08 3e 00 05 00 03 " BROADCAST E2 TAG20 DATA);
	arrives(H0, ALL_RB H0_MAC "22 f3 08 3e 00 05 00 03 " BROADCAST E2 TAG20 DATA);
	arrives(N1, BROADCAST E2 DATA);
	nothing_else(w);
	set_tree(w, NULL);
}

/* RFC 7179 section 2: "it MUST NOT be egressed at that RBridge, but ... still forwards". */
static void b_a_critical_egress_flag_stops_at_the_stations(void **state)
{
	struct world *w = world_of(state);

	counted(w, "drop_critical");
	comes(w, T0, ALL_RB RB3_MAC "22 f3 08 7f 00 05 00 03 40 00 00 00 " BROADCAST E2 TAG10 DATA);
	arrives(T1, ALL_RB T1_MAC "22 f3 08 7e 00 05 00 03 40 00 00 00 " BROADCAST E2 TAG10 DATA);
	arrives(H0, ALL_RB H0_MAC "22 f3 08 7e 00 05 00 03 40 00 00 00 " BROADCAST E2 TAG10 DATA);
	nothing_else(w);
	assert_int_equal(counted(w, "drop_critical"), 3); /* at n0, n1 and h0 */
}

/* The daemon is an egress as well. */
static void b_a_critical_egress_flag_stops_at_the_daemon(void **state)
{
	struct world *w = world_of(state);

#define MESSAGE "01 80 c2 00 00 42 " E2 TAG10 "89 46 00 06 80 00 "
	counted(w, "drop_critical");
	comes(w, T0, ALL_RB RB3_MAC "22 f3 08 7f 00 05 00 03 40 00 00 00 " MESSAGE);
	arrives(T1, ALL_RB T1_MAC "22 f3 08 7e 00 05 00 03 40 00 00 00 " MESSAGE);
	arrives(H0, ALL_RB H0_MAC "22 f3 08 7e 00 05 00 03 40 00 00 00 " MESSAGE);
	nothing_else(w);
	assert_int_equal(counted(w, "drop_critical"), 1);
}

/* Section 4.6.2.2: along the tree, and to the daemon; to no end station. */
static void b_esadi_along_a_tree_goes_to_the_daemon_too(void **state)
{
	struct world *w = world_of(state);
	struct frame f;

#define ESADI "01 80 c2 00 00 42 " E2 TAG10 "22 f4 83 08 01 00 12 01 00 00 00 00 00 00 00 00 "
	comes(w, T0, FROM_T0 ESADI);
	arrives(T1, ALL_RB T1_MAC "22 f3 08 3e 00 05 00 03 " ESADI);
	arrives(H0, ALL_RB H0_MAC "22 f3 08 3e 00 05 00 03 " ESADI);
	f = receive(CPU);
	assert_frame(&f, ".. .. .. .. .. .. " RB3_MAC "22 f3 08 3e 00 05 00 03 " ESADI);
	assert_int_equal(trill_datapath_origin(w->dp, f.bytes, f.len), w->ports[T0]);
	assert_frame(&f, ALL_RB RB3_MAC "22 f3 08 3e 00 05 00 03 " ESADI);
	nothing_else(w);
	forget(w, E2, 10);
	comes(w, T0, ALL_RB RB3_MAC "22 f3 28 3f 00 05 00 03 " BROADCAST E2 TAG10 DATA); /* A */
	arrives(T1, ALL_RB T1_MAC "22 f3 28 3e 00 05 00 03 " BROADCAST E2 TAG10 DATA);
	arrives(H0, ALL_RB H0_MAC "22 f3 28 3e 00 05 00 03 " BROADCAST E2 TAG10 DATA);
	arrives(CPU,
		".. .. .. .. .. .. " RB3_MAC "22 f3 28 3e 00 05 00 03 " BROADCAST E2 TAG10 DATA);
	nothing_else(w);
	assert_string_equal(whereabouts(w, E2, 10), "unknown");
}

static void g_no_copy_leaves_where_the_forwarder_is_inhibited(void **state)
{
	struct world *w = world_of(state);

	counted(w, "drop_inhibited");
	comes(w, T0, FROM_T0 BROADCAST E2 "81 00 00 1e " DATA); /* VLAN 30 */
	arrives(T1, ALL_RB T1_MAC "22 f3 08 3e 00 05 00 03 " BROADCAST E2 "81 00 00 1e " DATA);
	arrives(H0, ALL_RB H0_MAC "22 f3 08 3e 00 05 00 03 " BROADCAST E2 "81 00 00 1e " DATA);
	nothing_else(w);
	assert_int_equal(counted(w, "drop_inhibited"), 1); /* the others are in other VLANs */
}

static void i_overloaded_it_is_a_leaf(void **state)
{
	struct world *w = world_of(state);
	struct tables_self self = {
		.count = 1, .nicknames = {1}, .ingress = 1, .root = 5, .overloaded = true};

	assert_int_equal(w->t->self_set(w->t, &self), 0);
	comes(w, T0, FROM_T0 BROADCAST E2 TAG10 DATA);
	arrives(N0, BROADCAST E2 DATA);
	arrives(N1, BROADCAST E2 TAG10 DATA);
	arrives(H0, BROADCAST E2 DATA);
	nothing_else(w);
	/* Of a root and an ingress that it does not know, too (RFC 7780 section 2.3.2). */
	comes(w, T0, ALL_RB RB3_MAC "22 f3 08 3f 12 34 12 35 " BROADCAST E2 TAG10 DATA);
	arrives(N0, BROADCAST E2 DATA);
	arrives(N1, BROADCAST E2 TAG10 DATA);
	arrives(H0, BROADCAST E2 DATA);
	nothing_else(w);
	self.overloaded = false;
	assert_int_equal(w->t->self_set(w->t, &self), 0);
}

/* Section 4.6.2.4: a station that the egress does not know. */
static void a_unicast_for_an_unknown_station_goes_to_its_vlan(void **state)
{
	struct world *w = world_of(state);

	comes(w, T0, T0_MAC RB3_MAC "22 f3 00 3f 00 01 00 03 " NOBODY E2 TAG10 DATA);
	arrives(N0, NOBODY E2 DATA);
	arrives(N1, NOBODY E2 TAG10 DATA);
	arrives(H0, NOBODY E2 DATA);
	nothing_else(w);
}

static void a_unicast_goes_out_by_one_port(void **state)
{
	struct world *w = world_of(state);

	comes(w, T0, T0_MAC RB3_MAC "22 f3 00 3f 00 02 00 03 " E1 E2 TAG10 DATA);
	arrives(T1, RB2_MAC T1_MAC "22 f3 00 3e 00 02 00 03 " E1 E2 TAG10 DATA);
	nothing_else(w);
	station(w, E1, 10, 2, 0, 255);
	comes(w, N0, E1 E2 DATA);
	arrives(T1, RB2_MAC T1_MAC "22 f3 00 14 00 02 00 01 " E1 E2 TAG10 DATA);
	nothing_else(w);
	forget(w, E1, 10);
	station(w, E1, 10, 0, N1, 255);
	comes(w, T0, T0_MAC RB3_MAC "22 f3 00 3f 00 01 00 03 " E1 E2 TAG10 DATA);
	arrives(N1, E1 E2 TAG10 DATA);
	nothing_else(w);
	forget(w, E1, 10);
}

static void i_a_tree_that_goes_leaves_the_stations(void **state)
{
	struct world *w = world_of(state);

	assert_int_equal(w->t->tree_set(w->t, 1, NULL), 0);
	assert_int_equal(w->t->tree_set(w->t, 1, NULL), -ENOENT);
	comes(w, N0, BROADCAST E1 DATA);
	arrives(N1, BROADCAST E1 TAG10 DATA);
	arrives(H0, BROADCAST E1 DATA);
	nothing_else(w);
	set_tree(w, NULL);
	comes(w, N0, BROADCAST E1 DATA);
	arrives(T0, ALL_RB T0_MAC FLOODED);
	arrives(T1, ALL_RB T1_MAC FLOODED);
	arrive(H0, BROADCAST E1 DATA, ALL_RB H0_MAC FLOODED);
	arrives(N1, BROADCAST E1 TAG10 DATA);
	nothing_else(w);
}

/* One change after the other: the map that was in use a moment ago is not filled while a program
 * may walk it, and comes to be in use again. */
static void i_a_tree_that_changes_at_once_again_leads_where_it_was_put_last(void **state)
{
	struct world *w = world_of(state);
	struct label_set ten = {.bits = {1 << 10}};

	for (int i = 0; i < 7; i++) {
		assert_int_equal(w->t->tree_set(w->t, 1, NULL), 0);
		set_tree(w, &ten);
		set_tree(w, NULL);
	}
	comes(w, N0, BROADCAST E1 DATA);
	arrives(T0, ALL_RB T0_MAC FLOODED);
	arrives(T1, ALL_RB T1_MAC FLOODED);
	arrive(H0, BROADCAST E1 DATA, ALL_RB H0_MAC FLOODED);
	arrives(N1, BROADCAST E1 TAG10 DATA);
	nothing_else(w);
}

/* Its copies are taken out of the trees that are in use. */
static void i_a_port_that_goes_gets_no_copy_until_it_is_back(void **state)
{
	struct world *w = world_of(state);
	struct tables_port n1 = {.ifindex = w->ports[N1],
		.mac = w->macs[N1],
		.mtu = 1600,
		.native = true,
		.pvid = 20};
	struct tables_forwarder f = {
		.enabled = vlans_of(10, 20, 0, 0), .appointed = vlans_of(10, 20, 0, 0)};

	for (int i = 0; i < 3; i++) {
		assert_int_equal(w->t->port_del(w->t, w->ports[N1]), 0);
		counted(w, "drop_no_port");
		comes(w, N0, BROADCAST E1 DATA);
		arrives(T0, ALL_RB T0_MAC FLOODED);
		arrives(T1, ALL_RB T1_MAC FLOODED);
		arrive(H0, BROADCAST E1 DATA, ALL_RB H0_MAC FLOODED);
		nothing_else(w);
		assert_int_equal(counted(w, "drop_no_port"), 0);
		assert_int_equal(w->t->port_set(w->t, &n1), 0);
		assert_int_equal(w->t->forwarder_set(w->t, w->ports[N1], &f), 0);
		comes(w, N0, BROADCAST E1 DATA);
		arrives(T0, ALL_RB T0_MAC FLOODED);
		arrives(T1, ALL_RB T1_MAC FLOODED);
		arrive(H0, BROADCAST E1 DATA, ALL_RB H0_MAC FLOODED);
		arrives(N1, BROADCAST E1 TAG10 DATA);
		nothing_else(w);
	}
}

/* n0 is a port of virtual RBridge 0x0300, of which the neighbour behind t1 is a member, too;
 * @others: that one is designated forwarder there. */
static void set_group(struct world *w, bool is, bool others)
{
	struct tables_self self = {.count = is ? 2 : 1,
		.nicknames = {1, 0x0300},
		.roots = {0, 5},
		.ingress = 1,
		.root = 5};
	struct tables_rpf from2 = {.tree = 1, .ingress = 0x0300, .ifindex = w->ports[T1]};
	struct tables_port p = {.ifindex = w->ports[N0],
		.mac = w->macs[N0],
		.mtu = 1600,
		.native = true,
		.pvid = 10,
		.nickname = is ? 0x0300 : 0};
	struct tables_forwarder f = {.enabled = vlans_of(10, 0, 0, 0)};

	f.appointed = f.enabled;
	if (others)
		f.others = f.enabled;
	from2.ifindex = is ? w->ports[T1] : 0;
	assert_int_equal(w->t->self_set(w->t, &self), 0);
	assert_int_equal(w->t->rpf_set(w->t, &from2), 0);
	assert_int_equal(w->t->port_set(w->t, &p), 0);
	assert_int_equal(w->t->forwarder_set(w->t, w->ports[N0], &f), 0);
}

#define FROM_GROUP "22 f3 08 3f 00 05 03 00 " BROADCAST E2 TAG10 DATA

/* RFC 7781 sections 5.2, 5.3 and 6. */
static void o_a_groups_frames_have_its_nickname_and_do_not_come_back(void **state)
{
	struct world *w = world_of(state);

	set_group(w, true, false);
	comes(w, N0, BROADCAST E1 DATA);
	arrives(T0, ALL_RB T0_MAC "22 f3 08 09 00 05 03 00 " BROADCAST E1 TAG10 DATA);
	arrives(T1, ALL_RB T1_MAC "22 f3 08 09 00 05 03 00 " BROADCAST E1 TAG10 DATA);
	arrive(H0, BROADCAST E1 DATA,
		ALL_RB H0_MAC "22 f3 08 09 00 05 03 00 " BROADCAST E1 TAG10 DATA);
	arrives(N1, BROADCAST E1 TAG10 DATA);
	nothing_else(w);
	/* What the other member sent for the same host. */
	forget(w, E2, 10);
	counted(w, "copy_others");
	comes(w, T1, ALL_RB RB2_MAC FROM_GROUP);
	arrives(T0, ALL_RB T0_MAC "22 f3 08 3e 00 05 03 00 " BROADCAST E2 TAG10 DATA);
	arrive(H0, BROADCAST E2 DATA,
		ALL_RB H0_MAC "22 f3 08 3e 00 05 03 00 " BROADCAST E2 TAG10 DATA);
	arrives(N1, BROADCAST E2 TAG10 DATA);
	nothing_else(w);
	assert_int_equal(counted(w, "copy_others"), 1);
	assert_string_equal(whereabouts(w, E2, 10), "unknown"); /* of ours nothing is learned */
	set_group(w, false, false);
	forget(w, E1, 10);
}

static void o_another_member_is_designated_for_what_has_many_destinations(void **state)
{
	struct world *w = world_of(state);

	set_group(w, true, true);
	comes(w, T0, FROM_T0 BROADCAST E2 TAG10 DATA);
	arrives(T1, ALL_RB T1_MAC "22 f3 08 3e 00 05 00 03 " BROADCAST E2 TAG10 DATA);
	arrive(H0, BROADCAST E2 DATA,
		ALL_RB H0_MAC "22 f3 08 3e 00 05 00 03 " BROADCAST E2 TAG10 DATA);
	arrives(N1, BROADCAST E2 TAG10 DATA);
	nothing_else(w);
	/* A frame for one alone came here alone: every port has it. */
	comes(w, T0, T0_MAC RB3_MAC "22 f3 00 3f 03 00 00 03 " NOBODY E2 TAG10 DATA);
	arrives(N0, NOBODY E2 DATA);
	arrives(H0, NOBODY E2 DATA);
	arrives(N1, NOBODY E2 TAG10 DATA);
	nothing_else(w);
	set_group(w, false, false);
	forget(w, E2, 10);
}

/* What leaves by a device in one batch is finished by one program: frames for one port and copies
 * of frames for many must not be taken for each other. */
static void i_unicast_and_copies_in_one_batch(void **state)
{
	struct world *w = world_of(state);
	struct trill_mix *mix = trill_mix__open_and_load();
	struct tables_forwarder none = {.enabled = {{0}}};
	uint8_t data[84] = {0};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = data, .data_size_in = sizeof(data),
		.flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = 64, .repeat = 64 * 20);
	int sinks[2], sink;

	assert_non_null(mix);
	assert_int_equal(w->t->forwarder_set(w->t, w->ports[N1], &none), 0);
	mix->bss->gen_ifindex = w->peers[T0];
	sink = bpf_program__fd(mix->progs.sink_mix);
	sinks[0] = bpf_link_create(sink, (int)w->peers[T1], BPF_XDP, NULL);
	sinks[1] = bpf_link_create(sink, (int)w->peers[N0], BPF_XDP, NULL);
	assert_true(sinks[0] >= 0 && sinks[1] >= 0);
	if (bpf_prog_test_run_opts(bpf_program__fd(mix->progs.gen_mix), &opts))
		fail_msg("cannot generate: %s", strerror(errno));
	assert_int_equal(mix->bss->wrong, 0);
	/* The kernel may lose some where a queue is full, but most are there. */
	assert_in_range(mix->bss->unicast, 64 * 5, 64 * 10);
	assert_in_range(mix->bss->copies, 64 * 5, 64 * 10);
	assert_in_range(mix->bss->natives, 64 * 5, 64 * 10);
	close(sinks[0]);
	close(sinks[1]);
	trill_mix__destroy(mix);
}

static int fresh(void **state)
{
	struct world *w = world_of(state);

	if (sockets[0])
		return 0;
	attach(w);
	for (int p = 0; p <= PORTS; p++)
		sockets[p] = open_socket(w->peers[p]);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(i_a_broadcast_of_a_station_leaves_once_by_each_port, fresh),
		cmocka_unit_test(i_a_frame_of_the_tree_goes_on_and_to_the_stations),
		cmocka_unit_test(i_a_vlan_stays_among_its_ports),
		cmocka_unit_test(i_a_hybrid_port_sends_the_other_form_back),
		cmocka_unit_test(i_what_nobody_wants_is_pruned),
		cmocka_unit_test(i_a_label_goes_along_the_tree_and_to_its_vlans),
		cmocka_unit_test(i_the_outer_tag_of_a_copy_has_the_priority_of_the_frame_inside),
		cmocka_unit_test(i_no_copy_with_a_label_leaves_by_a_link_that_is_not_safe),
		cmocka_unit_test(i_a_copy_that_is_too_long_for_its_port_is_dropped_there_alone),
		cmocka_unit_test(b_a_critical_egress_flag_stops_at_the_stations),
		cmocka_unit_test(b_a_critical_egress_flag_stops_at_the_daemon),
		cmocka_unit_test(b_esadi_along_a_tree_goes_to_the_daemon_too),
		cmocka_unit_test(g_no_copy_leaves_where_the_forwarder_is_inhibited),
		cmocka_unit_test(i_overloaded_it_is_a_leaf),
		cmocka_unit_test(a_unicast_for_an_unknown_station_goes_to_its_vlan),
		cmocka_unit_test(a_unicast_goes_out_by_one_port),
		cmocka_unit_test(i_a_tree_that_goes_leaves_the_stations),
		cmocka_unit_test(i_a_tree_that_changes_at_once_again_leads_where_it_was_put_last),
		cmocka_unit_test(i_a_port_that_goes_gets_no_copy_until_it_is_back),
		cmocka_unit_test(o_a_groups_frames_have_its_nickname_and_do_not_come_back),
		cmocka_unit_test(o_another_member_is_designated_for_what_has_many_destinations),
		cmocka_unit_test(i_unicast_and_copies_in_one_batch), /* the last: ports are full */
	};

	return trill_bpf_run("test_trill_copies", tests, sizeof(tests) / sizeof(*tests));
}
