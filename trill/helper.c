/* See helper.h. */
#include "trill/helper.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/net/packet.h"
#include "lib/service/privilege.h"
#include "trill/codec/trill.h"

#define WHOLE 0x40000

enum helper_request {
	HELPER_ATTACH = 1,
	HELPER_DETACH,
	HELPER_PACKET_SOCKET,
	HELPER_RELEASE,
};

struct trill_helper {
	struct privsep *privsep;
	struct trill_load *load; /* the helper's side */
	struct log *log;
};

static int ifindex_of(const uint8_t *request)
{
	int ifindex;

	memcpy(&ifindex, request, sizeof(ifindex));
	return ifindex;
}

static int handle_attach(
	void *arg, const uint8_t *request, size_t len, uint8_t *reply, size_t *reply_len, int *fd)
{
	struct trill_helper *h = arg;
	char why[256] = "";
	int rc = trill_load_attach(h->load, ifindex_of(request), why, sizeof(why));

	if (rc)
		log_error(h->log, "port %d: %s", ifindex_of(request), why);
	return rc;
}

static int handle_detach(
	void *arg, const uint8_t *request, size_t len, uint8_t *reply, size_t *reply_len, int *fd)
{
	struct trill_helper *h = arg;

	return trill_load_detach(h->load, ifindex_of(request));
}

/* The kernel has taken the outer tag out before a filter sees the frame. */
static int handle_packet_socket(
	void *arg, const uint8_t *request, size_t len, uint8_t *reply, size_t *reply_len, int *fd)
{
	static struct sock_filter ours[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_L2_ISIS, 8, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_TRILL, 7, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_CHANNEL, 6, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_NATIVE_ARP, 5, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_NATIVE_IPV6, 4, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), /* BPDUs: to 01-80-C2-00-00-00 */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x0180c200, 0, 3),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, WHOLE),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog filter = {sizeof(ours) / sizeof(ours[0]), ours};
	int ifindex = ifindex_of(request), rc;

	*fd = packet_open(ifindex, &filter);
	if (*fd < 0)
		return *fd;
	rc = packet_keep_tags(*fd);
	if (!rc)
		rc = packet_promiscuous(*fd, ifindex);
	if (rc) {
		close(*fd);
		*fd = -1;
	}
	return rc;
}

static int handle_release(
	void *arg, const uint8_t *request, size_t len, uint8_t *reply, size_t *reply_len, int *fd)
{
	struct trill_helper *h = arg;

	trill_load_free(h->load);
	h->load = NULL;
	return 0;
}

static const struct privsep_handler handlers[] = {
	{HELPER_ATTACH, "attach", sizeof(int), sizeof(int), handle_attach},
	{HELPER_DETACH, "detach", sizeof(int), sizeof(int), handle_detach},
	{HELPER_PACKET_SOCKET, "packet-socket", sizeof(int), sizeof(int), handle_packet_socket},
	{HELPER_RELEASE, "release", 0, 0, handle_release},
};

struct trill_helper *trill_helper_start(struct trill_load *load, struct log *log)
{
	struct trill_helper *h = calloc(1, sizeof(*h));

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

void trill_helper_stop(struct trill_helper *h)
{
	if (!h)
		return;
	privsep_call(h->privsep, HELPER_RELEASE, NULL, 0, NULL, NULL, NULL);
	privsep_stop(h->privsep);
	free(h);
}

int trill_helper_attach(struct trill_helper *h, int ifindex)
{
	return privsep_call(h->privsep, HELPER_ATTACH, &ifindex, sizeof(ifindex), NULL, NULL, NULL);
}

int trill_helper_detach(struct trill_helper *h, int ifindex)
{
	return privsep_call(h->privsep, HELPER_DETACH, &ifindex, sizeof(ifindex), NULL, NULL, NULL);
}

int trill_helper_packet_socket(struct trill_helper *h, int ifindex)
{
	int fd = -1, rc;

	rc = privsep_call(
		h->privsep, HELPER_PACKET_SOCKET, &ifindex, sizeof(ifindex), NULL, NULL, &fd);
	return rc ? rc : fd;
}
