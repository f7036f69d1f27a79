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

/* @request: a struct of linux/ethtool.h, which is answered in place. */
static int ask(int ifindex, void *request)
{
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc = 0;
	struct ifreq r = {.ifr_data = request};

	if (sock < 0)
		return -errno;
	if (!if_indextoname((unsigned int)ifindex, r.ifr_name))
		rc = errno == ENXIO ? -ENODEV : -errno;
	else if (ioctl(sock, SIOCETHTOOL, &r))
		rc = -errno;
	close(sock);
	return rc;
}

int link_kind(int ifindex, char text[LINK_KIND_TEXT])
{
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
	int rc = ask(ifindex, &info);

	text[0] = '\0';
	if (!rc)
		snprintf(text, LINK_KIND_TEXT, "%.*s", (int)sizeof(info.driver), info.driver);
	return rc;
}

uint32_t link_speed_mbit(int ifindex)
{
	struct ethtool_cmd cmd = {.cmd = ETHTOOL_GSET};
	uint32_t speed = ask(ifindex, &cmd) ? 0 : ethtool_cmd_speed(&cmd);

	return speed == (uint32_t)SPEED_UNKNOWN ? 0 : speed;
}
