/* The tail copy at a tap (docs/architecture.md section 5): how many packets a reader has left in
 * the queue, and that the copies are what the kernel gives the reader afterwards: its own cutting
 * and its own checksums are what ours are compared with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/base/log.h"
#include "lib/net/checksum.h"
#include "vmmobility/bpf/contract.h"
#include "vmmobility/helper.h"
#include "vmmobility/tail.h"
#include "vmmobility/tail_packet.h"

#define ETHERNET  14
#define FRAMES    64
#define FRAME_MAX 66000

struct packet {
	size_t len;
	uint8_t bytes[FRAME_MAX];
};

struct world {
	int tap, raw, ifindex;
	struct tail_load *load;
	struct tail *tail;
	struct packet *read; /* by the tap's reader, without Ethernet header */
	size_t read_count;
	struct packet *kept;
	size_t kept_count;
	size_t skip;
};

static int tap_new(struct world *w)
{
	struct ifreq r = {.ifr_name = "guest0", .ifr_flags = IFF_TAP | IFF_NO_PI};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	w->tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
	if (w->tap < 0 || ioctl(w->tap, TUNSETIFF, &r) < 0)
		return -1;
	w->ifindex = (int)if_nametoindex("guest0");
	r.ifr_flags = IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &r) < 0)
		return -1;
	close(fd);
	return 0;
}

/* Frames with a virtio header, as a bridge would hand them to the tap: unfinished, uncut. */
static int raw_new(struct world *w)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_ifindex = w->ifindex};
	int on = 1;

	w->raw = socket(AF_PACKET, SOCK_RAW, 0);
	if (w->raw < 0 || setsockopt(w->raw, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)) < 0)
		return -1;
	return bind(w->raw, (struct sockaddr *)&at, sizeof(at));
}

static void drain(struct world *w)
{
	uint8_t bytes[FRAME_MAX];

	while (read(w->tap, bytes, sizeof(bytes)) > 0)
		;
}

/* The kernel's own announcements would be in the queue, too. */
static int quiet(void)
{
	int fd = open("/proc/sys/net/ipv6/conf/default/disable_ipv6", O_WRONLY);
	bool done = fd < 0 || write(fd, "1", 1) == 1; /* a kernel without IPv6 is quiet anyway */

	if (fd >= 0)
		close(fd);
	return done ? 0 : -1;
}

static void tail_begin(struct world *w)
{
	int maps[TAIL_MAPS];
	char why[200];

	w->load = tail_load_new(why, sizeof(why));
	if (!w->load || tail_load_attach(w->load, w->ifindex, why, sizeof(why))) {
		fprintf(stderr, "%s\n", why);
		exit(errno == EPERM ? 77 : 1);
	}
	for (unsigned int i = 0; i < TAIL_MAPS; i++)
		maps[i] = tail_load_map(w->load, i);
	w->tail = tail_open(w->ifindex, maps, tail_load_taken(w->load));
	assert_non_null(w->tail);
}

static void tail_end(struct world *w)
{
	tail_close(w->tail);
	tail_load_free(w->load);
}

static int begin(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	if (unshare(CLONE_NEWNET) < 0 || quiet() || tap_new(w) || raw_new(w)) {
		fprintf(stderr, "no tap in a namespace of its own: %s\n", strerror(errno));
		exit(77);
	}
	tail_begin(w);
	w->read = calloc(FRAMES, sizeof(*w->read));
	w->kept = calloc(FRAMES, sizeof(*w->kept));
	*state = w;
	return 0;
}

static int end(void **state)
{
	struct world *w = *state;

	tail_end(w);
	close(w->raw);
	close(w->tap);
	free(w->read);
	free(w->kept);
	free(w);
	return 0;
}

/* ---- what is sent ---- */

struct sending {
	struct virtio_net_hdr header;
	uint8_t frame[FRAME_MAX];
	size_t len;
};

static const uint8_t ethernet4[ETHERNET] = {
	0x02, 0, 0, 0, 0, 0x10, 0x02, 0, 0, 0, 0, 0x01, 0x08, 0x00};
static const uint8_t ethernet6[ETHERNET] = {
	0x02, 0, 0, 0, 0, 0x10, 0x02, 0, 0, 0, 0, 0x01, 0x86, 0xdd};

static void put16(uint8_t *at, unsigned int v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

/* An IP header of @upper bytes more; returns where these begin. */
static uint8_t *ip_put(struct sending *s, bool six, uint8_t protocol, size_t upper)
{
	static const uint8_t v4[20] = {
		0x45, 0, 0, 0, 0x12, 0x34, 0x40, 0, 64, 0, 0, 0, 192, 0, 2, 10, 203, 0, 113, 10};
	static const uint8_t v6[40] = {0x60, 0, 0, 0, 0, 0, 0, 64, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 2, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		1};
	uint8_t *ip = s->frame + ETHERNET;

	memset(s, 0, sizeof(*s));
	memcpy(s->frame, six ? ethernet6 : ethernet4, ETHERNET);
	memcpy(ip, six ? v6 : v4, six ? 40 : 20);
	s->len = ETHERNET + (six ? 40 : 20) + upper;
	if (six) {
		put16(ip + 4, (unsigned int)upper);
		ip[6] = protocol;
		return ip + 40;
	}
	put16(ip + 2, (unsigned int)(20 + upper));
	ip[9] = protocol;
	put16(ip + 10, checksum_of(ip, 20));
	return ip + 20;
}

/* The pseudo-header's sum alone, as a sender leaves it whose device does the rest. */
static void leave_checksum(struct sending *s, bool six, uint8_t *upper, size_t len, size_t at)
{
	const uint8_t *ip = s->frame + ETHERNET;
	struct address src, dst;
	uint64_t sum;

	address_set(&src, six ? AFI_IPV6 : AFI_IPV4, ip + (six ? 8 : 12), six ? 16 : 4);
	address_set(&dst, six ? AFI_IPV6 : AFI_IPV4, ip + (six ? 24 : 16), six ? 16 : 4);
	sum = checksum_add_pseudo(0, &src, &dst, six ? ip[6] : ip[9], (uint32_t)len);
	put16(upper + at, checksum_finish(sum) ^ 0xffffu);
	s->header.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	s->header.csum_start = (uint16_t)(upper - s->frame);
	s->header.csum_offset = (uint16_t)at;
}

static void send_it(struct world *w, const struct sending *s)
{
	uint8_t bytes[FRAME_MAX + sizeof(s->header)];

	memcpy(bytes, &s->header, sizeof(s->header));
	memcpy(bytes + sizeof(s->header), s->frame, s->len);
	assert_int_equal(send(w->raw, bytes, sizeof(s->header) + s->len, 0),
		(ssize_t)(sizeof(s->header) + s->len));
}

static void send_udp(struct world *w, bool six, unsigned int mark, bool unfinished)
{
	struct sending s;
	size_t len = 8 + 33 + mark % 7;
	uint8_t *udp = ip_put(&s, six, IPPROTO_UDP, len);

	put16(udp, 4000);
	put16(udp + 2, 5000);
	put16(udp + 4, (unsigned int)len);
	put16(udp + 8, mark);
	if (unfinished)
		leave_checksum(&s, six, udp, len, 6);
	send_it(w, &s);
}

static void send_tcp(struct world *w, bool six, size_t payload, unsigned int gso_len)
{
	static const uint8_t header[20] = {0x0f, 0xa0, 0x13, 0x88, 0xff, 0xff, 0xff, 0x00, 0, 0, 0,
		1, 0x50, 0x99, 0x20, 0, 0, 0, 0, 0}; /* FIN, PSH, ACK, CWR; the number wraps */
	struct sending s;
	uint8_t *tcp = ip_put(&s, six, IPPROTO_TCP, 20 + payload);

	memcpy(tcp, header, sizeof(header));
	for (size_t i = 0; i < payload; i++)
		tcp[20 + i] = (uint8_t)(i * 7 + i / 256);
	leave_checksum(&s, six, tcp, 20 + payload, 16);
	if (gso_len) {
		s.header.gso_type = six ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;
		s.header.gso_type |= VIRTIO_NET_HDR_GSO_ECN; /* CWR is set */
		s.header.gso_size = (uint16_t)gso_len;
		s.header.hdr_len = (uint16_t)(tcp + 20 - s.frame);
	}
	send_it(w, &s);
}

/* ---- what comes of it ---- */

static void keep(void *arg, const uint8_t *packet, size_t len)
{
	struct world *w = arg;

	if (w->skip) {
		w->skip--;
		return;
	}
	assert_true(w->kept_count < FRAMES);
	w->kept[w->kept_count].len = len;
	memcpy(w->kept[w->kept_count++].bytes, packet, len);
}

static void visit(const struct tail_frame *f, void *arg)
{
	struct world *w = arg;

	w->skip = f->skip;
	tail_packets(f->bytes, f->len, f->gso_len, keep, w);
}

static void read_all(struct world *w)
{
	uint8_t bytes[FRAME_MAX];
	ssize_t n;

	while ((n = read(w->tap, bytes, sizeof(bytes))) > 0) {
		assert_true(w->read_count < FRAMES);
		w->read[w->read_count].len = (size_t)n - ETHERNET;
		memcpy(w->read[w->read_count++].bytes, bytes + ETHERNET, (size_t)n - ETHERNET);
	}
}

/* The copies of what is unread are what a reader gets now. */
static void assert_tail_is_queue(struct world *w, int64_t unread)
{
	struct tail_count c;

	assert_int_equal(tail_unread(w->tail), unread);
	w->kept_count = w->read_count = 0;
	assert_int_equal(tail_count(w->tail, &c), 0);
	assert_int_equal(c.delivered - c.taken, unread);
	assert_false(c.many_queues);
	assert_int_equal(tail_each(w->tail, c.taken, c.delivered, visit, w), 0);
	read_all(w);
	assert_int_equal(w->read_count, unread);
	assert_int_equal(w->kept_count, w->read_count);
	for (size_t i = 0; i < w->read_count; i++) {
		assert_int_equal(w->kept[i].len, w->read[i].len);
		assert_memory_equal(w->kept[i].bytes, w->read[i].bytes, w->read[i].len);
	}
	assert_int_equal(tail_unread(w->tail), 0);
}

static void what_was_read_is_not_in_the_tail(void **state)
{
	struct world *w = *state;

	for (unsigned int i = 0; i < 3; i++)
		send_udp(w, false, i, true);
	drain(w);
	assert_int_equal(tail_unread(w->tail), 0);
	for (unsigned int i = 3; i < 8; i++)
		send_udp(w, i % 2, i, i % 3 != 0);
	assert_tail_is_queue(w, 5);
}

static void what_waited_before_we_came_is_found_out_when_the_queue_is_empty(void **state)
{
	struct world *w = *state;

	tail_end(w);
	send_udp(w, false, 1, true);
	send_udp(w, false, 2, true);
	tail_begin(w);
	drain(w);
	assert_int_equal(tail_unread(w->tail), 0);
	send_udp(w, false, 3, true);
	assert_tail_is_queue(w, 1);
}

static void what_came_since_a_time_is_found_though_it_was_read(void **state)
{
	struct world *w = *state;
	struct mono before;

	send_udp(w, false, 1, true);
	before = mono_now();
	send_udp(w, false, 2, true);
	send_udp(w, false, 3, true);
	drain(w);
	assert_int_equal(tail_unread(w->tail), 0);
	assert_int_equal(tail_place(w->tail, before), 1);
	assert_int_equal(tail_place(w->tail, mono_now()), 3);
	w->kept_count = 0;
	assert_int_equal(tail_each(w->tail, 1, 2, visit, w), 0);
	assert_int_equal(w->kept_count, 1);
	assert_int_equal(w->kept[0].bytes[29], 2); /* of the two the first */
}

static void on_line(struct log *log, enum log_level level, const char *line)
{
	fprintf(stderr, "%s\n", line);
}

static int queue_length(void)
{
	struct ifreq r = {.ifr_name = "guest0"};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(ioctl(fd, SIOCGIFTXQLEN, &r), 0);
	close(fd);
	return r.ifr_qlen;
}

/* The filter of such a socket cannot be taken away by who has the descriptor. */
static void listens_for_arp_alone(struct helper *h, int ifindex)
{
	int fd = helper_listen(h, ifindex), none = 0;

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof(none)), -1);
	assert_int_equal(errno, EPERM);
	close(fd);
}

static void the_helper_attaches_and_hands_the_maps_out(void **state)
{
	struct world *w = *state;
	int maps[TAIL_MAPS];
	int control = socket(AF_INET, SOCK_DGRAM, 0);
	struct helper *h;
	uint64_t taken;
	struct log log;

	log_init_sink(&log, on_line, NULL);
	tail_end(w);
	w->load = NULL;
	w->tail = NULL;
	h = helper_start(&log);
	assert_non_null(h);
	helper_lengthen(h, w->ifindex, 4000);
	helper_lengthen(h, w->ifindex, 3000);
	assert_int_equal(helper_attach(h, 0x7fffffff, maps, &taken), -ENODEV);
	/* A guest is behind no loopback, and behind no bridge: who has the agent's process does
	 * not get at the host's own traffic. */
	assert_int_equal(helper_attach(h, (int)if_nametoindex("lo"), maps, &taken), -EMEDIUMTYPE);
	assert_int_equal(ioctl(control, SIOCBRADDBR, "bridge0"), 0);
	assert_int_equal(
		helper_attach(h, (int)if_nametoindex("bridge0"), maps, &taken), -EMEDIUMTYPE);
	close(control);
	listens_for_arp_alone(h, w->ifindex);
	assert_int_equal(queue_length(), 4000);
	assert_int_equal(helper_attach(h, w->ifindex, maps, &taken), 0);
	w->tail = tail_open(w->ifindex, maps, taken);
	assert_non_null(w->tail);
	for (unsigned int i = 0; i < TAIL_MAPS; i++)
		close(maps[i]);
	for (unsigned int i = 0; i < 3; i++)
		send_udp(w, false, i, true);
	assert_tail_is_queue(w, 3);
	helper_detach(h, w->ifindex);
	helper_stop(h);
}

static void a_gso_packet_is_cut_as_the_kernel_cuts_it(void **state)
{
	struct world *w = *state;

	send_tcp(w, false, 4000, 1448);
	assert_tail_is_queue(w, 3);
	send_tcp(w, true, 5712, 1428);
	send_tcp(w, false, 20, 0);
	assert_tail_is_queue(w, 5);
}

static void of_a_packet_that_was_read_in_part_the_rest_is_in_the_tail(void **state)
{
	struct world *w = *state;
	uint8_t bytes[FRAME_MAX];

	send_tcp(w, false, 40000, 1448); /* 28 segments */
	assert_true(read(w->tap, bytes, sizeof(bytes)) > 0);
	assert_true(read(w->tap, bytes, sizeof(bytes)) > 0);
	assert_tail_is_queue(w, 26);
}

static void a_full_queue_drops_what_is_in_no_tail(void **state)
{
	struct world *w = *state;
	unsigned int sent = 0;

	while (tail_unread(w->tail) == (int64_t)sent) {
		send_udp(w, false, sent++, true);
		assert_true(sent < 5000);
	}
	assert_int_equal(tail_unread(w->tail), (int64_t)sent - 1);
	assert_true(sent > 100);
	drain(w);
	assert_int_equal(tail_unread(w->tail), 0);
}

static void what_later_frames_have_overwritten_is_said_to_be_missing(void **state)
{
	struct world *w = *state;
	struct tail_count c;

	for (unsigned int i = 0; i < PORT_PACKETS + 5; i++) {
		send_udp(w, false, i, true);
		drain(w);
	}
	w->kept_count = 0;
	assert_int_equal(tail_each(w->tail, PORT_PACKETS + 2, PORT_PACKETS + 5, visit, w), 0);
	assert_int_equal(w->kept_count, 3);
	assert_int_equal(tail_each(w->tail, 5, 5, visit, w), 0);
	assert_int_equal(tail_each(w->tail, 0, 1, visit, w), 0); /* not remembered */
	assert_int_equal(w->kept_count, 3);
	for (unsigned int i = 0; i < 200; i++) { /* 23 chunks each */
		send_tcp(w, false, 45000, 1448);
		drain(w);
	}
	w->kept_count = 0;
	assert_int_equal(tail_count(w->tail, &c), 0);
	assert_int_equal(tail_each(w->tail, c.delivered - 1, c.delivered, visit, w), 0);
	assert_int_equal(w->kept_count, 1);
}

/* Its reader has ended. What came until then is known, and how much of it was read is not. */
static void of_a_tap_that_is_gone_what_came_is_known_still(void **state)
{
	struct world *w = *state;
	struct tail_count c;

	for (unsigned int i = 0; i < 3; i++)
		send_udp(w, false, i, true);
	close(w->tap);
	w->tap = -1;
	w->kept_count = 0;
	assert_int_equal(tail_count(w->tail, &c), -ENODEV);
	assert_int_equal(c.delivered, 3);
	assert_int_equal(tail_each(w->tail, 1, c.delivered, visit, w), 0);
	assert_int_equal(w->kept_count, 2);
}

static void frames_that_are_no_unicast_ip_are_none_of_the_tails_packets(void **state)
{
	static const uint8_t arp[60] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x08, 0x06};
	static const uint8_t cut_short[34] = {0x02, 0, 0, 0, 0, 0x10, 0x02, 0, 0, 0, 0, 0x01, 0x08,
		0x00, 0x45, 0, 0, 60}; /* says 60 bytes, has 20 */
	struct world *w = *state;

	w->kept_count = 0;
	assert_int_equal(tail_packets(arp, sizeof(arp), 0, keep, w), 0);
	assert_int_equal(tail_packets(cut_short, sizeof(cut_short), 0, keep, w), 0);
	for (size_t len = 0; len < sizeof(cut_short); len++)
		assert_int_equal(tail_packets(cut_short, len, 1448, keep, w), 0);
	assert_int_equal(w->kept_count, 0);
}

/* ---- a tap with several queues ---- */

/* The same interface's second queue. */
static int queue_new(void)
{
	struct ifreq r = {.ifr_name = "guest1", .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE};
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);

	return fd >= 0 && ioctl(fd, TUNSETIFF, &r) == 0 ? fd : -1;
}

static int begin_queues(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct ifreq r = {.ifr_name = "guest1", .ifr_flags = IFF_UP};
	int fd = -1;

	if (unshare(CLONE_NEWNET) < 0 || (fd = socket(AF_INET, SOCK_DGRAM, 0)) < 0 || quiet() ||
		(w->tap = queue_new()) < 0 || ioctl(fd, SIOCSIFFLAGS, &r) < 0) {
		fprintf(stderr, "no tap with several queues: %s\n", strerror(errno));
		exit(77);
	}
	close(fd);
	w->ifindex = (int)if_nametoindex("guest1");
	assert_int_equal(raw_new(w), 0);
	tail_begin(w);
	w->read = calloc(FRAMES, sizeof(*w->read));
	w->kept = calloc(FRAMES, sizeof(*w->kept));
	*state = w;
	return 0;
}

/* One of many flows, which the kernel spreads over the queues. */
static void send_flow(struct world *w, unsigned int flow)
{
	struct sending s;
	uint8_t *udp = ip_put(&s, false, IPPROTO_UDP, 8 + 32);

	put16(udp, 20000 + flow);
	put16(udp + 2, 5000);
	put16(udp + 4, 8 + 32);
	put16(udp + 8, flow);
	send_it(w, &s);
}

static unsigned int take(int queue)
{
	uint8_t bytes[FRAME_MAX];
	unsigned int count = 0;

	while (read(queue, bytes, sizeof(bytes)) > 0)
		count++;
	return count;
}

/* What is unread of the one queue came before what was read of the other: the number is right, and
 * tail_run looks farther back when it is told that there are many (its own tests). */
static void of_several_queues_the_unread_are_counted_together_and_said_to_be_spread(void **state)
{
	struct world *w = *state;
	int second = queue_new();
	unsigned int first_had, second_had;
	struct tail_count c;

	assert_true(second >= 0);
	for (unsigned int i = 0; i < 40; i++)
		send_flow(w, i);
	assert_int_equal(tail_unread(w->tail), 40);
	first_had = take(w->tap);
	assert_true(first_had > 0 && first_had < 40); /* both queues have some */
	assert_int_equal(tail_count(w->tail, &c), 0);
	assert_true(c.many_queues);
	assert_int_equal(c.delivered - c.taken, 40 - first_had);
	second_had = take(second);
	assert_int_equal(first_had + second_had, 40);
	assert_int_equal(tail_unread(w->tail), 0);
	close(second);
	send_flow(w, 40);
	assert_int_equal(
		tail_unread(w->tail), 1); /* one queue is left, of a tap that may have many */
	assert_int_equal(tail_count(w->tail, &c), 0);
	assert_true(c.many_queues);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_read_is_not_in_the_tail, begin, end),
		cmocka_unit_test_setup_teardown(
			what_came_since_a_time_is_found_though_it_was_read, begin, end),
		cmocka_unit_test_setup_teardown(
			the_helper_attaches_and_hands_the_maps_out, begin, end),
		cmocka_unit_test_setup_teardown(
			what_waited_before_we_came_is_found_out_when_the_queue_is_empty, begin,
			end),
		cmocka_unit_test_setup_teardown(
			a_gso_packet_is_cut_as_the_kernel_cuts_it, begin, end),
		cmocka_unit_test_setup_teardown(
			of_a_packet_that_was_read_in_part_the_rest_is_in_the_tail, begin, end),
		cmocka_unit_test_setup_teardown(a_full_queue_drops_what_is_in_no_tail, begin, end),
		cmocka_unit_test_setup_teardown(
			what_later_frames_have_overwritten_is_said_to_be_missing, begin, end),
		cmocka_unit_test_setup_teardown(
			of_a_tap_that_is_gone_what_came_is_known_still, begin, end),
		cmocka_unit_test_setup_teardown(
			frames_that_are_no_unicast_ip_are_none_of_the_tails_packets, begin, end),
		cmocka_unit_test_setup_teardown(
			of_several_queues_the_unread_are_counted_together_and_said_to_be_spread,
			begin_queues, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
