/* See link_kind.h. */
#include "lib/net/link_kind.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int ask(int sock, int ifindex, struct ethtool_drvinfo *info)
{
	struct ifreq r = {.ifr_data = (void *)info};

	if (!if_indextoname((unsigned int)ifindex, r.ifr_name))
		return errno == ENXIO ? -ENODEV : -errno;
	return ioctl(sock, SIOCETHTOOL, &r) ? -errno : 0;
}

int link_kind(int ifindex, char text[LINK_KIND_TEXT])
{
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc;

	text[0] = '\0';
	if (sock < 0)
		return -errno;
	rc = ask(sock, ifindex, &info);
	close(sock);
	if (!rc)
		snprintf(text, LINK_KIND_TEXT, "%.*s", (int)sizeof(info.driver), info.driver);
	return rc;
}
