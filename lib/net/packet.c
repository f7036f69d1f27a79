/* See packet.h. */
#include "lib/net/packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ALL 0x40000

static struct sock_filter arp_nd_code[] = {
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12), /* ethertype */
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_ARP, 7, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_RARP, 6, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IPV6, 0, 6),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 20), /* next header: ICMPv6 */
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 58, 0, 4),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 54), /* type: solicitation, */
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 135, 1, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 136, 0, 1), /* advertisement */
	BPF_STMT(BPF_RET | BPF_K, ALL),
	BPF_STMT(BPF_RET | BPF_K, 0),
};

const struct sock_fprog packet_filter_arp_nd = {
	.len = sizeof(arp_nd_code) / sizeof(arp_nd_code[0]), .filter = arp_nd_code};

static struct sock_filter question_code[] = {
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12), /* ethertype */
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_ARP, 0, 2),
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 20), /* operation: request */
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 5, 6),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IPV6, 0, 5),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 20), /* next header: ICMPv6 */
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 58, 0, 3),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 54), /* type: solicitation */
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 135, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, ALL),
	BPF_STMT(BPF_RET | BPF_K, 0),
};

const struct sock_fprog packet_filter_questions = {
	.len = sizeof(question_code) / sizeof(question_code[0]), .filter = question_code};

int packet_promiscuous(int fd, int ifindex)
{
	const struct packet_mreq all = {.mr_ifindex = ifindex, .mr_type = PACKET_MR_PROMISC};

	return setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)) ? -errno : 0;
}

int packet_open(int ifindex, const struct sock_fprog *filter)
{
	const struct sockaddr_ll at = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = ifindex};
	const int on = 1;
	/* Protocol 0: it gets nothing before bind, when the filter is in place. */
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), error;

	if (fd < 0)
		return -errno;
	if ((!filter ||
		    setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, filter, sizeof(*filter)) == 0) &&
		(!filter || setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof(on)) == 0) &&
		setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) == 0 &&
		bind(fd, (const struct sockaddr *)&at, sizeof(at)) == 0)
		return fd;
	error = errno;
	close(fd);
	return -error;
}

/* The kernel takes twice what it is told. */
int packet_room(int fd, size_t bytes)
{
	const int half = (int)(bytes / 2);

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &half, sizeof(half)) == 0)
		return 0;
	return setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &half, sizeof(half)) ? -errno : 0;
}

int64_t packet_lost(int fd)
{
	struct tpacket_stats stats; /* begun anew each time that they are read */
	socklen_t len = sizeof(stats);

	if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len))
		return -errno;
	return stats.tp_drops;
}

int packet_send(int fd, const void *frame, size_t len)
{
	ssize_t n;

	do {
		n = send(fd, frame, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

ssize_t packet_receive(int fd, void *frame, size_t size)
{
	ssize_t n;

	do {
		n = recv(fd, frame, size, MSG_DONTWAIT | MSG_TRUNC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	return n;
}

int packet_keep_tags(int fd)
{
	const int on = 1;

	return setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)) ? -errno : 0;
}

/* The tag that came with the frame, as its four bytes. */
static bool tag_of(struct msghdr *m, uint8_t tag[PACKET_TAG_LEN])
{
	struct tpacket_auxdata aux;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA ||
			c->cmsg_len < CMSG_LEN(sizeof(aux)))
			continue;
		memcpy(&aux, CMSG_DATA(c), sizeof(aux));
		if (!(aux.tp_status & TP_STATUS_VLAN_VALID))
			return false;
		if (!(aux.tp_status & TP_STATUS_VLAN_TPID_VALID))
			aux.tp_vlan_tpid = ETH_P_8021Q;
		tag[0] = (uint8_t)(aux.tp_vlan_tpid >> 8);
		tag[1] = (uint8_t)aux.tp_vlan_tpid;
		tag[2] = (uint8_t)(aux.tp_vlan_tci >> 8);
		tag[3] = (uint8_t)aux.tp_vlan_tci;
		return true;
	}
	return false;
}

/* Between the addresses, which come first, and the rest there is room for the tag. */
ssize_t packet_receive_tagged(int fd, void *frame, size_t size)
{
	uint8_t *bytes = frame;
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	} control;
	struct iovec parts[] = {{bytes, 2 * ETH_ALEN},
		{bytes + 2 * ETH_ALEN + PACKET_TAG_LEN, size - 2 * ETH_ALEN - PACKET_TAG_LEN}};
	struct msghdr m = {.msg_iov = parts,
		.msg_iovlen = 2,
		.msg_control = &control,
		.msg_controllen = sizeof(control)};
	ssize_t n;

	if (size <= ETH_HLEN + PACKET_TAG_LEN)
		return -EINVAL;
	do {
		n = recvmsg(fd, &m, MSG_DONTWAIT | MSG_TRUNC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	if (tag_of(&m, bytes + 2 * ETH_ALEN))
		return n + PACKET_TAG_LEN;
	if (n > 2 * ETH_ALEN)
		memmove(bytes + 2 * ETH_ALEN, parts[1].iov_base,
			(size_t)n - 2 * ETH_ALEN < parts[1].iov_len ? (size_t)n - 2 * ETH_ALEN
								    : parts[1].iov_len);
	return n;
}
