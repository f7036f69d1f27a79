/* See tap.h. */
#include "lib/net/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>

#define TAP_MTU      65521 /* the largest a tap takes: what comes up may be a GSO packet */
#define TAP_MTU_WIRE 9216

/* Kernel 6.2; older headers lack them. */
#define OFFLOAD_USO4 0x20
#define OFFLOAD_USO6 0x40

/* Keep the kernel from speaking on the tap by itself; a setting that is not there does no harm. */
static void set_knob(const char *name, const char *family, const char *knob, const char *value)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", family, name, knob);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (write(fd, value, strlen(value)) < 0)
		errno = 0;
	close(fd);
}

static int configure(int sock, struct ifreq *ifr, const struct tap_options *o)
{
	ifr->ifr_qlen = (int)o->queue;
	if (ioctl(sock, SIOCSIFTXQLEN, ifr))
		return -errno;
	ifr->ifr_mtu = o->offloads ? TAP_MTU : TAP_MTU_WIRE;
	if (ioctl(sock, SIOCSIFMTU, ifr))
		return -errno;
	set_knob(ifr->ifr_name, "ipv6", "addr_gen_mode", "1");
	set_knob(ifr->ifr_name, "ipv6", "accept_ra", "0");
	set_knob(ifr->ifr_name, "ipv4", "rp_filter", "0");
	ifr->ifr_flags = IFF_UP | IFF_NOARP;
	return ioctl(sock, SIOCSIFFLAGS, ifr) ? -errno : 0;
}

static int make(int fd, struct ifreq *ifr, const struct tap_options *o)
{
	unsigned int offloads = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
	int sock, rc;

	ifr->ifr_flags = (short)(IFF_TAP | IFF_NO_PI | (o->offloads ? IFF_VNET_HDR : 0));
	if (ioctl(fd, TUNSETIFF, ifr))
		return -errno;
	if (o->offloads && ioctl(fd, TUNSETOFFLOAD, offloads | OFFLOAD_USO4 | OFFLOAD_USO6) &&
		ioctl(fd, TUNSETOFFLOAD, offloads))
		return -errno;
	sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return -errno;
	rc = configure(sock, ifr, o);
	close(sock);
	return rc;
}

int tap_open(const struct tap_options *options, char made[IFNAMSIZ])
{
	struct ifreq ifr = {0};
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), rc;

	if (fd < 0)
		return -errno;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", options->name);
	rc = make(fd, &ifr, options);
	if (rc) {
		close(fd);
		return rc;
	}
	memcpy(made, ifr.ifr_name, IFNAMSIZ);
	return fd;
}

static int tap_name(int fd, char name[IFNAMSIZ])
{
	struct ifreq ifr = {0};

	if (ioctl(fd, TUNGETIFF, &ifr))
		return -errno;
	memcpy(name, ifr.ifr_name, IFNAMSIZ);
	return 0;
}

int tap_ifindex(int fd)
{
	char name[IFNAMSIZ];
	int rc = tap_name(fd, name);

	if (rc)
		return rc;
	rc = if_nametoindex(name);
	return rc ? rc : -errno;
}

int tap_queue(int fd)
{
	struct ifreq ifr = {0};
	int sock, rc = tap_name(fd, ifr.ifr_name);

	if (rc)
		return rc;
	sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return -errno;
	rc = ioctl(sock, SIOCGIFTXQLEN, &ifr) ? -errno : ifr.ifr_qlen;
	close(sock);
	return rc;
}

uint64_t tap_overflows(int fd)
{
	const struct rtnl_link_stats *stats;
	struct ifaddrs *all, *i;
	char name[IFNAMSIZ];
	uint64_t n = 0;

	if (tap_name(fd, name) || getifaddrs(&all))
		return 0;
	for (i = all; i; i = i->ifa_next) {
		stats = i->ifa_data;
		if (i->ifa_addr && i->ifa_addr->sa_family == AF_PACKET && stats &&
			strcmp(i->ifa_name, name) == 0)
			n = stats->tx_dropped;
	}
	freeifaddrs(all);
	return n;
}
