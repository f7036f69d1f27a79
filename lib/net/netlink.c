/* See netlink.h. Dumps use a socket of their own, so that answers and changes never mix. Attributes
 * whose length is not what their type needs are passed over. */
#include "lib/net/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define RECV_BUFFER (4 << 20) /* a monitor's: bursts of moves must not be lost */
#define RETRIES     5         /* of a dump that a change went through */
#define READ_SIZE   32768     /* what the kernel fills at most */

struct netlink_monitor {
	struct mnl_socket *socket;
	struct netlink_ops ops;
	void *arg;
	_Alignas(struct nlmsghdr) uint8_t buf[READ_SIZE];
};

struct reader {
	const struct netlink_ops *ops;
	void *arg;
};

static bool is_type(const struct nlattr *a, uint16_t type, size_t len)
{
	return mnl_attr_get_type(a) == type && mnl_attr_get_payload_len(a) == len;
}

static void ip_get(const struct nlattr *a, struct address *out)
{
	size_t len = mnl_attr_get_payload_len(a);

	if (len == 4 || len == 16)
		address_set(out, len == 4 ? AFI_IPV4 : AFI_IPV6, mnl_attr_get_payload(a), len);
}

static bool mac_get(const struct nlattr *a, uint16_t type, uint8_t mac[6])
{
	if (!is_type(a, type, 6))
		return false;
	memcpy(mac, mnl_attr_get_payload(a), 6);
	return true;
}

/* Long enough for its fixed part of @size bytes. */
static bool has_fixed(const struct nlmsghdr *h, size_t size)
{
	return mnl_nlmsg_get_payload_len(h) >= size;
}

static void link_read(const struct nlmsghdr *h, const struct reader *r)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(h);
	struct netlink_link link = {.deleted = h->nlmsg_type == RTM_DELLINK};
	const struct nlattr *a;

	/* AF_BRIDGE: a port's bridge settings, not the interface's own news. */
	if (!has_fixed(h, sizeof(*info)) || info->ifi_family != AF_UNSPEC || !r->ops->link)
		return;
	link.ifindex = info->ifi_index;
	link.up = info->ifi_flags & IFF_UP;
	link.running = info->ifi_flags & IFF_RUNNING;
	mnl_attr_for_each (a, h, sizeof(*info)) {
		if (mac_get(a, IFLA_ADDRESS, link.mac))
			link.has_mac = true;
		else if (is_type(a, IFLA_MTU, 4))
			link.mtu = mnl_attr_get_u32(a);
		else if (is_type(a, IFLA_MASTER, 4))
			link.master = (int)mnl_attr_get_u32(a);
		else if (mnl_attr_get_type(a) == IFLA_IFNAME &&
			 mnl_attr_get_payload_len(a) <= sizeof(link.name))
			memcpy(link.name, mnl_attr_get_payload(a), mnl_attr_get_payload_len(a));
	}
	link.name[sizeof(link.name) - 1] = 0;
	r->ops->link(r->arg, &link);
}

static void address_read(const struct nlmsghdr *h, const struct reader *r)
{
	const struct ifaddrmsg *info = mnl_nlmsg_get_payload(h);
	struct netlink_address out = {.deleted = h->nlmsg_type == RTM_DELADDR};
	struct address peer = {0}, local = {0};
	const struct nlattr *a;
	uint32_t flags;

	if (!has_fixed(h, sizeof(*info)) || !r->ops->address)
		return;
	flags = info->ifa_flags;
	mnl_attr_for_each (a, h, sizeof(*info)) {
		if (mnl_attr_get_type(a) == IFA_LOCAL)
			ip_get(a, &local);
		else if (mnl_attr_get_type(a) == IFA_ADDRESS)
			ip_get(a, &peer);
		else if (is_type(a, IFA_FLAGS, 4))
			flags = mnl_attr_get_u32(a);
	}
	/* Point to point: IFA_ADDRESS is the other end's. IPv6 has usually just that one. */
	out.addr = local.afi ? local : peer;
	out.ifindex = (int)info->ifa_index;
	out.plen = info->ifa_prefixlen;
	out.tentative = flags & IFA_F_TENTATIVE;
	if (out.addr.afi)
		r->ops->address(r->arg, &out);
}

/* The first next hop of several. */
static void nexthop_read(const struct nlattr *a, struct netlink_route *out)
{
	struct rtnexthop *hop = mnl_attr_get_payload(a);
	void *first = RTNH_DATA(hop);
	size_t len = mnl_attr_get_payload_len(a);
	const struct nlattr *attr; /* the macro wants this name */

	if (len < sizeof(*hop) || hop->rtnh_len < sizeof(*hop) || hop->rtnh_len > len)
		return;
	out->ifindex = hop->rtnh_ifindex;
	mnl_attr_for_each_payload (first, hop->rtnh_len - sizeof(*hop)) {
		if (mnl_attr_get_type(attr) == RTA_GATEWAY)
			ip_get(attr, &out->gateway);
	}
}

static void route_read(const struct nlmsghdr *h, const struct reader *r)
{
	const struct rtmsg *info = mnl_nlmsg_get_payload(h);
	struct netlink_route out = {.deleted = h->nlmsg_type == RTM_DELROUTE};
	const struct nlattr *a;
	bool v4;

	if (!has_fixed(h, sizeof(*info)) || !r->ops->route)
		return;
	v4 = info->rtm_family == AF_INET;
	if ((!v4 && info->rtm_family != AF_INET6) || info->rtm_flags & RTM_F_CLONED)
		return;
	out.dst.plen = info->rtm_dst_len;
	out.dst.addr = (struct address){.afi = v4 ? AFI_IPV4 : AFI_IPV6, .len = v4 ? 4 : 16};
	out.table = info->rtm_table;
	out.type = info->rtm_type;
	mnl_attr_for_each (a, h, sizeof(*info)) {
		if (mnl_attr_get_type(a) == RTA_DST)
			ip_get(a, &out.dst.addr);
		else if (mnl_attr_get_type(a) == RTA_GATEWAY)
			ip_get(a, &out.gateway);
		else if (is_type(a, RTA_OIF, 4))
			out.ifindex = (int)mnl_attr_get_u32(a);
		else if (is_type(a, RTA_TABLE, 4))
			out.table = mnl_attr_get_u32(a);
		else if (mnl_attr_get_type(a) == RTA_MULTIPATH)
			nexthop_read(a, &out);
	}
	r->ops->route(r->arg, &out);
}

static void neighbour_read(const struct nlmsghdr *h, const struct reader *r)
{
	const struct ndmsg *info = mnl_nlmsg_get_payload(h);
	struct netlink_neighbour out = {.deleted = h->nlmsg_type == RTM_DELNEIGH};
	const struct nlattr *a;

	if (!has_fixed(h, sizeof(*info)) || !r->ops->neighbour)
		return;
	out.ifindex = info->ndm_ifindex;
	out.state = info->ndm_state;
	mnl_attr_for_each (a, h, sizeof(*info)) {
		if (mac_get(a, NDA_LLADDR, out.mac))
			out.has_mac = true;
		else if (mnl_attr_get_type(a) == NDA_DST && info->ndm_family != AF_BRIDGE)
			ip_get(a, &out.addr);
	}
	if (out.addr.afi || (info->ndm_family == AF_BRIDGE && out.has_mac))
		r->ops->neighbour(r->arg, &out);
}

static int message_read(const struct nlmsghdr *h, void *arg)
{
	const struct reader *r = arg;

	switch (h->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		link_read(h, r);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		address_read(h, r);
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		route_read(h, r);
		break;
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		neighbour_read(h, r);
		break;
	}
	return MNL_CB_OK;
}

/* Ask with @h, which is complete, and call back for the answers. */
static int ask(struct mnl_socket *s, struct nlmsghdr *h, const struct reader *r)
{
	_Alignas(struct nlmsghdr) uint8_t buf[READ_SIZE];
	struct reader copy = *r;
	ssize_t n;
	int more;

	if (mnl_socket_sendto(s, h, h->nlmsg_len) < 0)
		return -errno;
	do {
		n = mnl_socket_recvfrom(s, buf, sizeof(buf));
		if (n < 0)
			return -errno;
		more = mnl_cb_run(buf, (size_t)n, h->nlmsg_seq, mnl_socket_get_portid(s),
			message_read, &copy);
		if (more < 0)
			return -errno;
		if (!(h->nlmsg_flags & NLM_F_DUMP)) /* one answer, no end mark */
			return 0;
	} while (more > 0);
	return 0;
}

static struct mnl_socket *socket_new(unsigned int groups)
{
	struct mnl_socket *s = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);

	if (s && mnl_socket_bind(s, groups, MNL_SOCKET_AUTOPID) < 0) {
		int error = errno;

		mnl_socket_close(s);
		errno = error;
		return NULL;
	}
	return s;
}

static int dump_once(uint16_t type, uint8_t family, const struct reader *r)
{
	_Alignas(struct nlmsghdr) uint8_t buf[256];
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct mnl_socket *s =
		socket_new(0); /* a new one: nothing of a broken dump is left in it */
	int error;

	if (!s)
		return -errno;
	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	h->nlmsg_seq = 1;
	/* The longest of the fixed parts; each has its family first. */
	*(uint8_t *)mnl_nlmsg_put_extra_header(h, sizeof(struct ifinfomsg)) = family;
	error = ask(s, h, r);
	mnl_socket_close(s);
	return error;
}

int netlink_dump(unsigned int what, const struct netlink_ops *ops, void *arg)
{
	static const struct {
		unsigned int what;
		uint16_t type;
		uint8_t family;
	} dumps[] = {{NETLINK_LINKS, RTM_GETLINK, AF_UNSPEC},
		{NETLINK_ADDRESSES, RTM_GETADDR, AF_UNSPEC},
		{NETLINK_ROUTES, RTM_GETROUTE, AF_INET}, {NETLINK_ROUTES, RTM_GETROUTE, AF_INET6},
		{NETLINK_NEIGHBOURS, RTM_GETNEIGH, AF_UNSPEC},
		{NETLINK_NEIGHBOURS, RTM_GETNEIGH, AF_BRIDGE}};
	const struct reader r = {ops, arg};
	int error = 0;

	for (size_t i = 0; i < sizeof(dumps) / sizeof(dumps[0]) && error == 0; i++) {
		if (!(what & dumps[i].what))
			continue;
		error = -EINTR; /* the kernel's word for: it changed while I read */
		for (int k = 0; k < RETRIES && error == -EINTR; k++)
			error = dump_once(dumps[i].type, dumps[i].family, &r);
	}
	return error;
}

struct netlink_monitor *netlink_monitor_new(
	unsigned int what, const struct netlink_ops *ops, void *arg)
{
	struct netlink_monitor *m = calloc(1, sizeof(*m));
	unsigned int groups = 0;
	const int size = RECV_BUFFER;
	int error;

	if (!m)
		return NULL;
	m->ops = *ops;
	m->arg = arg;
	groups |= what & NETLINK_LINKS ? RTMGRP_LINK : 0;
	groups |= what & NETLINK_ADDRESSES ? RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR : 0;
	groups |= what & NETLINK_ROUTES ? RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE : 0;
	groups |= what & NETLINK_NEIGHBOURS ? RTMGRP_NEIGH : 0;
	m->socket = socket_new(groups);
	if (!m->socket) {
		error = errno;
		free(m);
		errno = error;
		return NULL;
	}
	if (setsockopt(mnl_socket_get_fd(m->socket), SOL_SOCKET, SO_RCVBUFFORCE, &size,
		    sizeof(size)) < 0)
		setsockopt(
			mnl_socket_get_fd(m->socket), SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return m;
}

void netlink_monitor_free(struct netlink_monitor *m)
{
	if (!m)
		return;
	mnl_socket_close(m->socket);
	free(m);
}

int netlink_monitor_fd(const struct netlink_monitor *m)
{
	return mnl_socket_get_fd(m->socket);
}

int netlink_monitor_run(struct netlink_monitor *m)
{
	struct reader r = {&m->ops, m->arg};
	struct sockaddr_nl from;
	socklen_t len;
	ssize_t n;

	for (;;) {
		len = sizeof(from);
		n = recvfrom(netlink_monitor_fd(m), m->buf, sizeof(m->buf), MSG_DONTWAIT,
			(struct sockaddr *)&from, &len);
		if (n < 0 && errno == ENOBUFS) {
			if (m->ops.lost)
				m->ops.lost(m->arg);
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		if (from.nl_pid != 0) /* not the kernel */
			continue;
		mnl_cb_run(m->buf, (size_t)n, 0, 0, message_read, &r);
	}
}

static void link_keep(void *arg, const struct netlink_link *link)
{
	*(struct netlink_link *)arg = *link;
}

/* By @name, or by @ifindex when it is NULL. */
static int link_get(const char *name, int ifindex, struct netlink_link *link)
{
	const struct netlink_ops ops = {.link = link_keep};
	const struct reader r = {&ops, link};
	_Alignas(struct nlmsghdr) uint8_t buf[256];
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *info;
	struct mnl_socket *s;
	int error;

	h->nlmsg_type = RTM_GETLINK;
	h->nlmsg_flags = NLM_F_REQUEST;
	h->nlmsg_seq = 1;
	info = mnl_nlmsg_put_extra_header(h, sizeof(*info));
	info->ifi_family = AF_UNSPEC;
	info->ifi_index = ifindex;
	if (name)
		mnl_attr_put_strz(h, IFLA_IFNAME, name);
	s = socket_new(0);
	if (!s)
		return -errno;
	memset(link, 0, sizeof(*link));
	error = ask(s, h, &r);
	mnl_socket_close(s);
	return error || link->ifindex ? error : -ENODEV;
}

int netlink_link_by_name(const char *name, struct netlink_link *link)
{
	if (name[0] == 0 || strlen(name) >= IF_NAMESIZE)
		return -ENODEV;
	return link_get(name, 0, link);
}

int netlink_link_by_index(int ifindex, struct netlink_link *link)
{
	return ifindex > 0 ? link_get(NULL, ifindex, link) : -ENODEV;
}

struct gather {
	int ifindex;
	struct address *list;
	size_t count, max;
};

static void address_gather(void *arg, const struct netlink_address *a)
{
	struct gather *g = arg;

	if (g->ifindex && a->ifindex != g->ifindex)
		return;
	if (g->count < g->max)
		g->list[g->count] = a->addr;
	g->count++;
}

int netlink_addresses_of(int ifindex, struct address *list, size_t max)
{
	const struct netlink_ops ops = {.address = address_gather};
	struct gather g = {ifindex, list, 0, max};
	int error = netlink_dump(NETLINK_ADDRESSES, &ops, &g);

	return error ? error : (int)g.count;
}
