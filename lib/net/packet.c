/* See packet.h. */
#include "lib/net/packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
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
