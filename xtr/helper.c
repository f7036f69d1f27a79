/* See helper.h. */
#include "xtr/helper.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/net/netlink.h"
#include "lib/net/packet.h"
#include "lib/service/privilege.h"

enum helper_request {
	HELPER_ATTACH = 1,
	HELPER_DETACH,
	HELPER_PACKET_SOCKET,
	HELPER_RELEASE,
	HELPER_NEIGHBOUR,
	HELPER_MAC
};

struct helper {
	struct privsep *privsep;
	struct datapath_load *load; /* the helper's side */
	struct log *log;
};

struct attach_request {
	int ifindex;
	enum datapath_role role;
	enum datapath_mode mode;
};

static int handle_attach(
	void *arg, const uint8_t *request, size_t len, uint8_t *reply, size_t *reply_len, int *fd)
{
	struct helper *h = arg;
	struct attach_request a;
	char why[256] = "";
	int rc;

	memcpy(&a, request, sizeof(a));
	if (a.role > DATAPATH_SITE || a.mode > DATAPATH_XDP)
		return -EINVAL;
	rc = datapath_load_attach(h->load, a.ifindex, a.role, a.mode, why, sizeof(why));
	if (rc)
		log_error(h->log, "port %d: %s", a.ifindex, why);
	return rc;
}

static int handle_detach(
	void *arg, const uint8_t *request, size_t len, uint8_t *reply, size_t *reply_len, int *fd)
{
	struct helper *h = arg;
	int ifindex;

	memcpy(&ifindex, request, sizeof(ifindex));
	return datapath_load_detach(h->load, ifindex);
}

struct packet_socket_request {
	int ifindex;
	uint8_t questions; /* else it only sends, and nothing is ever queued for it */
};

static int handle_packet_socket(
	void *arg, const uint8_t *request, size_t len, uint8_t *reply, size_t *reply_len, int *fd)
{
	static const struct sock_filter none[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
	const struct sock_fprog deaf = {1, (struct sock_filter *)(uintptr_t)none};
	struct packet_socket_request p;
	int rc;

	memcpy(&p, request, sizeof(p));
	*fd = packet_open(p.ifindex, p.questions ? &packet_filter_questions : &deaf);
	if (*fd < 0 || !p.questions)
		return *fd < 0 ? *fd : 0;
	rc = packet_promiscuous(*fd, p.ifindex);
	if (rc) {
		close(*fd);
		*fd = -1;
	}
	return rc;
}

struct mac_request {
	int ifindex;
	uint8_t mac[6];
};

static int handle_mac(
	void *arg, const uint8_t *request, size_t len, uint8_t *reply, size_t *reply_len, int *fd)
{
	struct mac_request m;

	memcpy(&m, request, sizeof(m));
	if (m.mac[0] & 1)
		return -EINVAL;
	return netlink_mac_set(m.ifindex, m.mac);
}

struct neighbour_request {
	int ifindex;
	struct address host;
	uint8_t forget; /* 1: mac is not looked at */
	uint8_t mac[6];
};

static int handle_neighbour(
	void *arg, const uint8_t *request, size_t len, uint8_t *reply, size_t *reply_len, int *fd)
{
	struct neighbour_request n;

	memcpy(&n, request, sizeof(n));
	if (!address_is_ip(&n.host) || n.host.len != (n.host.afi == AFI_IPV4 ? 4 : 16))
		return -EINVAL;
	return netlink_neighbour_set(n.ifindex, &n.host, n.forget ? NULL : n.mac);
}

static int handle_release(
	void *arg, const uint8_t *request, size_t len, uint8_t *reply, size_t *reply_len, int *fd)
{
	struct helper *h = arg;

	datapath_load_release(h->load);
	return 0;
}

static const struct privsep_handler handlers[] = {
	{HELPER_ATTACH, "attach", sizeof(struct attach_request), sizeof(struct attach_request),
		handle_attach},
	{HELPER_DETACH, "detach", sizeof(int), sizeof(int), handle_detach},
	{HELPER_PACKET_SOCKET, "packet-socket", sizeof(struct packet_socket_request),
		sizeof(struct packet_socket_request), handle_packet_socket},
	{HELPER_MAC, "mac", sizeof(struct mac_request), sizeof(struct mac_request), handle_mac},
	{HELPER_NEIGHBOUR, "neighbour", sizeof(struct neighbour_request),
		sizeof(struct neighbour_request), handle_neighbour},
	{HELPER_RELEASE, "release", 0, 0, handle_release},
};

struct helper *helper_start(struct datapath_load *load, struct log *log)
{
	struct helper *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->load = load;
	h->log = log;
	h->privsep = privsep_start(handlers, sizeof(handlers) / sizeof(handlers[0]), h, log);
	if (h->privsep)
		return h;
	free(h);
	return NULL;
}

void helper_stop(struct helper *h)
{
	if (!h)
		return;
	privsep_call(h->privsep, HELPER_RELEASE, NULL, 0, NULL, NULL, NULL);
	privsep_stop(h->privsep);
	free(h);
}

int helper_attach(struct helper *h, int ifindex, enum datapath_role role, enum datapath_mode mode)
{
	const struct attach_request a = {ifindex, role, mode};

	return privsep_call(h->privsep, HELPER_ATTACH, &a, sizeof(a), NULL, NULL, NULL);
}

int helper_detach(struct helper *h, int ifindex)
{
	return privsep_call(h->privsep, HELPER_DETACH, &ifindex, sizeof(ifindex), NULL, NULL, NULL);
}

int helper_neighbour(struct helper *h, int ifindex, const struct address *host, const uint8_t *mac)
{
	struct neighbour_request n;

	memset(&n, 0, sizeof(n));
	n.ifindex = ifindex;
	n.host = *host;
	n.forget = !mac;
	if (mac)
		memcpy(n.mac, mac, sizeof(n.mac));
	return privsep_call(h->privsep, HELPER_NEIGHBOUR, &n, sizeof(n), NULL, NULL, NULL);
}

int helper_mac(struct helper *h, int ifindex, const uint8_t mac[6])
{
	struct mac_request m;

	memset(&m, 0, sizeof(m));
	m.ifindex = ifindex;
	memcpy(m.mac, mac, sizeof(m.mac));
	return privsep_call(h->privsep, HELPER_MAC, &m, sizeof(m), NULL, NULL, NULL);
}

int helper_packet_socket(struct helper *h, int ifindex, bool questions)
{
	struct packet_socket_request p;
	int fd = -1, rc;

	memset(&p, 0, sizeof(p));
	p.ifindex = ifindex;
	p.questions = questions;
	rc = privsep_call(h->privsep, HELPER_PACKET_SOCKET, &p, sizeof(p), NULL, NULL, &fd);
	return rc ? rc : fd;
}
