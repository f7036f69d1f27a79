/* See link_stats.h. */
#include "lib/net/link_stats.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#define READ_SIZE 32768 /* what the kernel fills at most */

struct answer {
	struct link_stats *out;
	bool found;
};

static int read_link(const struct nlmsghdr *h, void *arg)
{
	struct answer *answer = arg;
	struct rtnl_link_stats64 stats;
	const struct nlattr *a;

	if (h->nlmsg_type != RTM_NEWLINK || mnl_nlmsg_get_payload_len(h) < sizeof(struct ifinfomsg))
		return MNL_CB_OK;
	mnl_attr_for_each (a, h, sizeof(struct ifinfomsg)) {
		size_t len = mnl_attr_get_payload_len(a);

		if (mnl_attr_get_type(a) == IFLA_NUM_TX_QUEUES && len >= 4)
			answer->out->tx_queues = mnl_attr_get_u32(a);
		if (mnl_attr_get_type(a) != IFLA_STATS64)
			continue;
		memset(&stats, 0, sizeof(stats)); /* older kernels tell less, newer ones more */
		memcpy(&stats, mnl_attr_get_payload(a), len < sizeof(stats) ? len : sizeof(stats));
		answer->out->tx_packets = stats.tx_packets;
		answer->out->tx_dropped = stats.tx_dropped;
		answer->found = true;
	}
	return MNL_CB_OK;
}

static int ask(struct mnl_socket *s, int ifindex, struct answer *answer)
{
	_Alignas(struct nlmsghdr) uint8_t buf[READ_SIZE];
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(h, sizeof(*info));
	ssize_t n;

	h->nlmsg_type = RTM_GETLINK;
	h->nlmsg_flags = NLM_F_REQUEST;
	h->nlmsg_seq = 1;
	info->ifi_family = AF_UNSPEC;
	info->ifi_index = ifindex;
	if (mnl_socket_sendto(s, h, h->nlmsg_len) < 0)
		return -errno;
	n = mnl_socket_recvfrom(s, buf, sizeof(buf));
	if (n < 0 || mnl_cb_run(buf, (size_t)n, 1, mnl_socket_get_portid(s), read_link, answer) < 0)
		return -errno;
	return answer->found ? 0 : -ENODEV;
}

int link_stats_get(int ifindex, struct link_stats *out)
{
	struct mnl_socket *s = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	struct answer answer = {.out = out};
	int err;

	*out = (struct link_stats){.tx_queues = 1};
	if (!s)
		return -errno;
	err = mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0 ? -errno : ask(s, ifindex, &answer);
	mnl_socket_close(s);
	return err;
}
