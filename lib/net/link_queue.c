/* See link_queue.h. */
#include "lib/net/link_queue.h"

#include <errno.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int lengthen(int sock, int ifindex, int length)
{
	struct ifreq r = {0};

	if (!if_indextoname((unsigned int)ifindex, r.ifr_name) || ioctl(sock, SIOCGIFTXQLEN, &r))
		return -errno;
	if (r.ifr_qlen >= length)
		return 0;
	r.ifr_qlen = length;
	return ioctl(sock, SIOCSIFTXQLEN, &r) ? -errno : 0;
}

int link_queue_lengthen(int ifindex, int length)
{
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc;

	if (sock < 0)
		return -errno;
	rc = lengthen(sock, ifindex, length);
	close(sock);
	return rc;
}
