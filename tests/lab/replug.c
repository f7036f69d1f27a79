/* replug: take the machine's cable out of one site's port and put it into another's, as a stand-in
 * for a migration.
 *
 * The cable is a bridge ("rack") with a port to each site. The old port goes down; for the dark
 * time the machine's address stands at neither site; the new port comes up, and as soon as it
 * forwards, the machine announces itself with gratuitous ARP and an unsolicited neighbour
 * advertisement, as a guest does after a live migration. Prints the dark time that it measured,
 * and when it began and ended on the wall clock.
 *
 * --silent: the ports stay up and only cease to pass frames, so that no site sees a carrier come or
 * go: as with a guest that is one of many behind a hypervisor's switch.
 *
 * usage: replug [--silent] RACK_NETNS OLD_PORT NEW_PORT SITE_NETNS SITE_DEVICE DARK_MS
 * MACHINE_NETNS DEVICE ADDRESS [ADDRESS6] */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <netinet/icmp6.h>
#include <netinet/ip6.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PORT_DISABLED   0 /* states of a bridge's port: linux/if_bridge.h, which forbids net/if.h */
#define PORT_FORWARDING 3

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

static uint64_t now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static void enter_netns(const char *name)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(path);
	close(fd);
}

static struct ifreq ifreq_of(const char *dev)
{
	struct ifreq ifr = {0};

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", dev);
	return ifr;
}

static void set_link(int ctl, const char *dev, int up)
{
	struct ifreq ifr = ifreq_of(dev);

	if (ioctl(ctl, SIOCGIFFLAGS, &ifr))
		die(dev);
	ifr.ifr_flags = (short)(up ? ifr.ifr_flags | IFF_UP : ifr.ifr_flags & ~IFF_UP);
	if (ioctl(ctl, SIOCSIFFLAGS, &ifr))
		die(dev);
}

static int find_state(const struct nlattr *attr, void *arg)
{
	const struct nlattr **found = arg;

	if (mnl_attr_get_type(attr) == found[1]->nla_type)
		found[0] = attr;
	return MNL_CB_OK;
}

/* The attribute of @type inside @nest, or NULL. */
static const struct nlattr *inside(const struct nlattr *nest, uint16_t type)
{
	const struct nlattr want = {.nla_type = type};
	const struct nlattr *found[2] = {NULL, &want};

	mnl_attr_parse_nested(nest, find_state, found);
	return found[0];
}

static int read_state(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr want = {.nla_type = IFLA_LINKINFO};
	const struct nlattr *found[2] = {NULL, &want}, *data, *state;

	mnl_attr_parse(nlh, sizeof(struct ifinfomsg), find_state, found);
	data = found[0] ? inside(found[0], IFLA_INFO_SLAVE_DATA) : NULL;
	state = data ? inside(data, IFLA_BRPORT_STATE) : NULL;
	*(int *)arg = state ? mnl_attr_get_u8(state) : -1;
	return MNL_CB_OK;
}

/* The state of a bridge's port. */
static int bridge_port_state(struct mnl_socket *nl, const char *dev)
{
	char buf[8192] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *ifi;
	int state = -1;
	ssize_t n;

	nlh->nlmsg_type = RTM_GETLINK;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));
	ifi->ifi_index = (int)if_nametoindex(dev);
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		die("replug: netlink");
	n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
	if (n < 0 ||
		mnl_cb_run(buf, (size_t)n, 0, mnl_socket_get_portid(nl), read_state, &state) < 0)
		die("replug: netlink");
	return state;
}

/* Have a bridge's port pass frames, or not, while its link stays up. */
static void set_passing(const char *dev, int passing)
{
	char buf[256] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct mnl_socket *nl = mnl_socket_open(NETLINK_ROUTE);
	struct ifinfomsg *ifi;
	struct nlattr *nest;
	ssize_t n;

	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		die("replug: netlink");
	nlh->nlmsg_type = RTM_SETLINK;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));
	ifi->ifi_family = AF_BRIDGE;
	ifi->ifi_index = (int)if_nametoindex(dev);
	nest = mnl_attr_nest_start(nlh, IFLA_PROTINFO);
	mnl_attr_put_u8(nlh, IFLA_BRPORT_STATE, passing ? PORT_FORWARDING : PORT_DISABLED);
	mnl_attr_nest_end(nlh, nest);
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		die("replug: netlink");
	n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
	if (n < 0 || mnl_cb_run(buf, (size_t)n, 0, mnl_socket_get_portid(nl), NULL, NULL) < 0)
		die(dev);
	mnl_socket_close(nl);
}

/* A frame that is sent before the port forwards is lost: poll, with a deadline. */
static void wait_forwarding(const char *dev)
{
	struct mnl_socket *nl = mnl_socket_open(NETLINK_ROUTE);
	uint64_t deadline = now_ns() + 2000000000ull;

	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		die("replug: netlink");
	while (bridge_port_state(nl, dev) != PORT_FORWARDING)
		if (now_ns() > deadline)
			errno = ETIMEDOUT, die(dev);
	mnl_socket_close(nl);
}

/* The other end of the cable sends nothing before its kernel has seen the carrier: the same. */
static void wait_running(int ctl, const char *dev)
{
	struct ifreq ifr = ifreq_of(dev);
	uint64_t deadline = now_ns() + 2000000000ull;

	do {
		if (ioctl(ctl, SIOCGIFFLAGS, &ifr))
			die(dev);
		if (now_ns() > deadline)
			errno = ETIMEDOUT, die(dev);
	} while (!(ifr.ifr_flags & IFF_RUNNING));
}

static int control_socket(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("replug: socket");
	return fd;
}

static void pause_until(uint64_t due)
{
	struct timespec ts = {
		.tv_sec = (time_t)(due / 1000000000ull), .tv_nsec = (long)(due % 1000000000ull)};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}

static void send_frame(int fd, int ifindex, const void *frame, size_t len)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = ifindex, .sll_halen = 6};

	memcpy(to.sll_addr, frame, 6);
	if (sendto(fd, frame, len, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		die("replug: announce");
}

static void announce_ipv4(int fd, int ifindex, const uint8_t mac[6], const char *address)
{
	struct {
		struct ether_header eth;
		struct ether_arp arp;
	} __attribute__((packed)) f = {.eth = {.ether_type = htons(ETHERTYPE_ARP)},
		.arp.ea_hdr = {htons(1), htons(ETHERTYPE_IP), 6, 4, htons(ARPOP_REQUEST)}};

	memset(f.eth.ether_dhost, 0xff, 6);
	memcpy(f.eth.ether_shost, mac, 6);
	memcpy(f.arp.arp_sha, mac, 6);
	if (inet_pton(AF_INET, address, f.arp.arp_spa) != 1)
		errno = EINVAL, die(address);
	memcpy(f.arp.arp_tpa, f.arp.arp_spa, 4);
	send_frame(fd, ifindex, &f, sizeof(f));
}

static uint16_t icmp6_sum(const struct ip6_hdr *ip, const void *body, size_t len)
{
	const uint16_t *w = (const uint16_t *)&ip->ip6_src;
	uint32_t sum = htons((uint16_t)len) + htons(IPPROTO_ICMPV6);

	for (int i = 0; i < 16; i++)
		sum += w[i];
	w = body;
	for (size_t i = 0; i < len / 2; i++)
		sum += w[i];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void announce_ipv6(int fd, int ifindex, const uint8_t mac[6], const char *address)
{
	struct {
		struct ether_header eth;
		struct ip6_hdr ip;
		struct nd_neighbor_advert na;
		uint8_t option[8];
	} __attribute__((packed))
	f = {.eth = {.ether_type = htons(ETHERTYPE_IPV6), .ether_dhost = {0x33, 0x33, 0, 0, 0, 1}}};
	struct ip6_hdr ip = {
		.ip6_ctlun.ip6_un1 = {htonl(0x60000000), htons(32), IPPROTO_ICMPV6, 255}};
	uint8_t body[32] = {ND_NEIGHBOR_ADVERT, 0, 0, 0, 0x20};
	uint16_t sum;

	memcpy(f.eth.ether_shost, mac, 6);
	if (inet_pton(AF_INET6, address, &ip.ip6_src) != 1 ||
		inet_pton(AF_INET6, "ff02::1", &ip.ip6_dst) != 1)
		errno = EINVAL, die(address);
	memcpy(body + 8, &ip.ip6_src, 16);
	body[24] = 2; /* target link-layer address, one unit of 8 bytes */
	body[25] = 1;
	memcpy(body + 26, mac, 6);
	sum = icmp6_sum(&ip, body, sizeof(body));
	memcpy(body + 2, &sum, 2);
	f.ip = ip;
	memcpy(&f.na, body, sizeof(body));
	send_frame(fd, ifindex, &f, sizeof(f));
}

static void announce(int fd, int ifindex, const uint8_t mac[6], char *const addresses[])
{
	announce_ipv4(fd, ifindex, mac, addresses[0]);
	if (addresses[1])
		announce_ipv6(fd, ifindex, mac, addresses[1]);
}

static void set_port(int rack, const char *port, int on, int silent)
{
	if (silent)
		set_passing(port, on);
	else
		set_link(rack, port, on);
}

int main(int argc, char **argv)
{
	static const uint64_t again_ms[] = {50, 200, 450, 800};
	struct ifreq ifr;
	uint64_t down_ns, up_ns, wall_ns;
	int rack, site, packet, ifindex, silent = argc > 1 && !strcmp(argv[1], "--silent");
	uint8_t mac[6];

	argc -= silent;
	argv += silent;
	if (argc < 10 || argc > 11) {
		fputs("usage: replug [--silent] RACK_NETNS OLD_PORT NEW_PORT SITE_NETNS SITE_DEVICE DARK_MS MACHINE_NETNS DEVICE ADDRESS "
		      "[ADDRESS6]\n",
			stderr);
		return 2;
	}
	enter_netns(argv[7]);
	packet = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	ifindex = (int)if_nametoindex(argv[8]);
	ifr = ifreq_of(argv[8]);
	if (packet < 0 || !ifindex || ioctl(packet, SIOCGIFHWADDR, &ifr))
		die(argv[8]);
	memcpy(mac, ifr.ifr_hwaddr.sa_data, 6);
	enter_netns(argv[4]);
	site = control_socket();
	enter_netns(argv[1]);
	rack = control_socket();

	set_port(rack, argv[2], 0, silent);
	down_ns = now_ns();
	pause_until(down_ns + strtoull(argv[6], NULL, 10) * 1000000ull);
	set_port(rack, argv[3], 1, silent);
	wait_forwarding(argv[3]);
	wait_running(site, argv[5]);
	up_ns = now_ns();
	wall_ns = clock_ns(CLOCK_REALTIME);
	announce(packet, ifindex, mac, argv + 9);
	printf("{\"dark_ms\":%.2f,\"paused_ns\":%llu,\"resumed_ns\":%llu}\n",
		(double)(up_ns - down_ns) / 1e6, (unsigned long long)(wall_ns - (up_ns - down_ns)),
		(unsigned long long)wall_ns);
	fflush(stdout);
	/* QEMU announces its guest five times; a process of its own does the rest, and the caller
	 * goes on. */
	if (fork() != 0)
		return 0;
	close(STDOUT_FILENO);
	for (size_t i = 0; i < sizeof(again_ms) / sizeof(again_ms[0]); i++) {
		pause_until(up_ns + again_ms[i] * 1000000ull);
		announce(packet, ifindex, mac, argv + 9);
	}
	return 0;
}
