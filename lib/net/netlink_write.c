/* netlink_write: the little of the kernel's state that is set, not read. See netlink.h. Needs
 * CAP_NET_ADMIN. */
#include "lib/net/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

/* Send one request and wait for the kernel's word. */
static int talk(struct nlmsghdr *request, size_t room)
{
	struct mnl_socket *s = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	unsigned int seq = request->nlmsg_seq = 1;
	ssize_t n;
	int rc = 0;

	if (!s)
		return -errno;
	if (mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0 ||
		mnl_socket_sendto(s, request, request->nlmsg_len) < 0 ||
		(n = mnl_socket_recvfrom(s, request, room)) < 0 ||
		mnl_cb_run(request, (size_t)n, seq, mnl_socket_get_portid(s), NULL, NULL) < 0)
		rc = -errno;
	mnl_socket_close(s);
	return rc;
}

int netlink_mac_set(int ifindex, const uint8_t mac[6])
{
	uint8_t room[MNL_SOCKET_BUFFER_SIZE];
	struct nlmsghdr *request = mnl_nlmsg_put_header(room);
	struct ifinfomsg *i;

	request->nlmsg_type = RTM_SETLINK;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	i = mnl_nlmsg_put_extra_header(request, sizeof(*i));
	i->ifi_family = AF_UNSPEC;
	i->ifi_index = ifindex;
	mnl_attr_put(request, IFLA_ADDRESS, 6, mac);
	return talk(request, sizeof(room));
}

int netlink_neighbour_set(int ifindex, const struct address *host, const uint8_t *mac)
{
	uint8_t room[MNL_SOCKET_BUFFER_SIZE];
	struct nlmsghdr *request = mnl_nlmsg_put_header(room);
	struct ndmsg *n;

	if (!address_is_ip(host))
		return -EAFNOSUPPORT;
	request->nlmsg_type = mac ? RTM_NEWNEIGH : RTM_DELNEIGH;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	if (mac)
		request->nlmsg_flags |= NLM_F_CREATE | NLM_F_REPLACE;
	n = mnl_nlmsg_put_extra_header(request, sizeof(*n));
	n->ndm_family = host->afi == AFI_IPV4 ? AF_INET : AF_INET6;
	n->ndm_ifindex = ifindex;
	n->ndm_state = NUD_STALE;
	mnl_attr_put(request, NDA_DST, host->len, host->bytes);
	if (mac)
		mnl_attr_put(request, NDA_LLADDR, 6, mac);
	return talk(request, sizeof(room));
}
