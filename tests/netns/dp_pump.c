/* dp_pump: a cable between two taps, as a hypervisor is one: what the kernel sends on one is
 * written to the other, with the offload metadata.
 *
 *   dp_pump NETNS IFNAME NETNS IFNAME
 *
 * Makes both taps in these (named) namespaces, prints "ready", and pumps until it is killed. */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/if_tun.h>

static void die(const char *what)
{
	fprintf(stderr, "dp_pump: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int tap_in(const char *space, const char *name)
{
	struct ifreq ifr = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
	char path[128];
	int ns, fd;

	snprintf(path, sizeof(path), "/run/netns/%s", space);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	if (ns < 0 || setns(ns, CLONE_NEWNET))
		die(path);
	close(ns);
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr))
		die(name);
	if (ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN))
		die("offloads");
	return fd;
}

/* A frame that the other side cannot take (its tap is not up yet) is lost, as on a cable. */
static void pump(int from, int to)
{
	static uint8_t frame[70000];
	ssize_t n;

	while ((n = read(from, frame, sizeof(frame))) > 0)
		if (write(to, frame, n) < 0 && errno != EIO && errno != EINVAL && errno != EAGAIN)
			die("write");
	if (n < 0 && errno != EAGAIN)
		die("read");
}

int main(int argc, char **argv)
{
	struct pollfd p[2] = {{.events = POLLIN}, {.events = POLLIN}};

	if (argc != 5)
		return 2;
	p[0].fd = tap_in(argv[1], argv[2]);
	p[1].fd = tap_in(argv[3], argv[4]);
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		if (poll(p, 2, -1) < 0)
			die("poll");
		pump(p[0].fd, p[1].fd);
		pump(p[1].fd, p[0].fd);
	}
}
