/* datapath_exception: frames of the hold tap that no entry waits for: too big, out of hops, denied.
 * Answers them with what exception.c makes, within the rate limit. */
#include <arpa/inet.h>
#include <string.h>

#include "xtr/datapath_internal.h"
#include "xtr/exception.h"

#define TAG(reason) ((reason) << 2 | 2)
#define PROTO_TCP   6

/* What the programs said of a frame. */
struct notice {
	uint8_t reason;
	bool from_core;
	uint16_t mtu;
	int ifindex;
	uint32_t iid;
};

static struct notice notice_read(const struct contract_tag *tag)
{
	struct notice n = {
		.reason = tag->reason >> 2,
		.from_core = tag->from_core,
		.mtu = tag->mtu[0] << 8 | tag->mtu[1],
		.ifindex = tag->from_core ? 0 : (int)datapath_tag_origin(tag),
		.iid = (uint32_t)(tag->iid[0] << 16 | tag->iid[1] << 8 | tag->iid[2]),
	};

	return n;
}

/* Send an IP packet down under the tag of @frame, with another reason. @ours: made here, so that it
 * may go where @frame came from. */
static int send_down(struct datapath_bpf *db, const uint8_t *frame, uint8_t reason, bool ours,
	const uint8_t *packet, size_t len)
{
	uint8_t *made = db->made;
	struct contract_tag *tag = (void *)(made + sizeof(struct virtio_net_hdr));
	bool v4 = *packet >> 4 == 4;

	memset(made, 0, sizeof(struct virtio_net_hdr));
	memcpy(made + sizeof(struct virtio_net_hdr), frame + sizeof(struct virtio_net_hdr), 12);
	tag->reason = TAG(reason);
	if (ours) {
		tag->from_core = 0;
		memset(tag->origin, 0, sizeof(tag->origin));
	}
	made[FRAME_HEAD - 2] = v4 ? 0x08 : 0x86;
	made[FRAME_HEAD - 1] = v4 ? 0x00 : 0xdd;
	memcpy(made + FRAME_HEAD, packet, len);
	return datapath_tap_write(db, made, FRAME_HEAD + len);
}

/* An error goes the way that the packet came: down into the site, or, as a packet of the site,
 * through the tunnel. */
static void send_icmp(struct datapath_bpf *db, const uint8_t *frame, size_t len,
	enum exception_kind kind, const struct notice *n)
{
	struct datapath_port *port =
		n->from_core ? datapath_port_of(db, n->iid) : datapath_port_find(db, n->ifindex);
	uint8_t reason = n->from_core ? CONTRACT_UP_HELD : CONTRACT_DOWN_SITE;
	bool v4 = len > FRAME_HEAD && frame[FRAME_HEAD] >> 4 == 4;
	const struct address none = {0};
	const struct address *gateway = &none;
	uint8_t icmp[EXCEPTION_ICMP_MAX];
	size_t icmp_len;

	if (port)
		gateway = v4 ? &port->is.gateway4 : &port->is.gateway6;
	icmp_len =
		exception_icmp(icmp, frame + FRAME_HEAD, len - FRAME_HEAD, kind, n->mtu, gateway);
	if (!icmp_len) {
		db->counts[DATAPATH_CNT_ICMP_NONE]++;
		return;
	}
	if (!limit_take(&port->icmp_limit, &db->icmp_rate, mono_now())) {
		db->counts[DATAPATH_CNT_ICMP_LIMITED]++;
		return;
	}
	if (!send_down(db, frame, reason, true, icmp, icmp_len))
		db->counts[DATAPATH_CNT_ICMP]++;
}

struct emission {
	struct datapath_bpf *db;
	const uint8_t *frame;
};

static int emit_fragment(void *arg, const uint8_t *fragment, size_t len)
{
	const struct emission *e = arg;

	return send_down(e->db, e->frame, CONTRACT_UP_HELD, false, fragment, len);
}

/* A run of TCP segments that the kernel has not cut yet: have it cut smaller. */
static bool resegment(struct datapath_bpf *db, uint8_t *frame, size_t len, uint16_t mtu)
{
	struct virtio_net_hdr *virtio = (void *)frame;
	const uint8_t *ip = frame + FRAME_HEAD;
	size_t headers = (ip[0] & 15) * 4u;

	if ((virtio->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) != VIRTIO_NET_HDR_GSO_TCPV4 ||
		ip[9] != PROTO_TCP || len < FRAME_HEAD + headers + 20)
		return false;
	headers += (ip[headers + 12] >> 4) * 4u;
	if (mtu < headers + 8)
		return false;
	virtio->gso_size = mtu - headers;
	frame[sizeof(*virtio)] = TAG(CONTRACT_UP_HELD);
	if (!datapath_tap_write(db, frame, len))
		db->counts[DATAPATH_CNT_RESEGMENTED]++;
	return true;
}

/* RFC 9300 section 7.1: DF=0 is split, DF=1 and IPv6 draw an error with S. */
static void too_big(struct datapath_bpf *db, uint8_t *frame, size_t len, const struct notice *n)
{
	const struct virtio_net_hdr *virtio = (const void *)frame;
	struct emission e = {db, frame};

	if (!exception_may_fragment(frame + FRAME_HEAD, len - FRAME_HEAD)) {
		send_icmp(db, frame, len, EXCEPTION_TOO_BIG, n);
		return;
	}
	if (resegment(db, frame, len, n->mtu))
		return;
	if (virtio->gso_type !=
		VIRTIO_NET_HDR_GSO_NONE) { /* datagrams yet to be cut: one by one is all too late */
		send_icmp(db, frame, len, EXCEPTION_TOO_BIG, n);
		return;
	}
	if (virtio->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM &&
		!exception_checksum(frame + sizeof(*virtio), len - sizeof(*virtio),
			virtio->csum_start, virtio->csum_offset)) {
		db->counts[DATAPATH_CNT_FRAME_BAD]++;
		return;
	}
	if (!exception_fragment(frame + FRAME_HEAD, len - FRAME_HEAD, n->mtu, emit_fragment, &e))
		db->counts[DATAPATH_CNT_FRAGMENTED]++;
}

void datapath_exception(struct datapath_bpf *db, uint8_t *frame, size_t len)
{
	struct notice n = notice_read((const void *)(frame + sizeof(struct virtio_net_hdr)));

	if (len < FRAME_HEAD + 20) {
		db->counts[DATAPATH_CNT_FRAME_BAD]++;
		return;
	}
	switch (n.reason) {
	case CONTRACT_UP_TOO_BIG:
		too_big(db, frame, len, &n);
		return;
	case CONTRACT_UP_TTL:
		send_icmp(db, frame, len, EXCEPTION_TTL, &n);
		return;
	case CONTRACT_UP_DENIED:
		send_icmp(db, frame, len, EXCEPTION_DENIED, &n);
		return;
	default:
		db->counts[DATAPATH_CNT_FRAME_BAD]++;
	}
}
