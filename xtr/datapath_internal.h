/* datapath_internal: what the files of the unprivileged half share. */
#ifndef SUNWARD_XTR_DATAPATH_INTERNAL_H
#define SUNWARD_XTR_DATAPATH_INTERNAL_H

#include <linux/virtio_net.h>

#include "lib/base/limit.h"
#include "xtr/bpf/contract.h"
#include "xtr/datapath_bpf.h"
#include "xtr/datapath_locset.h"

#define DATAPATH_RLOCS_MAX 64

#define FRAME_ETHERNET 14
#define FRAME_HEAD     (sizeof(struct virtio_net_hdr) + FRAME_ETHERNET)
#define FRAME_MAX      (FRAME_HEAD + 65536)

/* Counters of this half follow those of the programs. */
#define DATAPATH_USER_COUNTERS(X)                                                                  \
	X(ICMP, "icmp_sent", "ICMP errors sent to packets' senders")                               \
	X(ICMP_LIMITED, "icmp_limited", "ICMP errors kept back by the rate limit")                 \
	X(ICMP_NONE, "icmp_not_owed",                                                              \
		"packets that may draw no ICMP error, or no gateway address")                      \
	X(FRAGMENTED, "fragmented", "packets over the tunnel MTU that were split")                 \
	X(RESEGMENTED, "resegmented", "TCP runs whose segments were made smaller")                 \
	X(FRAME_BAD, "frame_bad", "frames of the hold tap that make no sense")                     \
	X(FRAME_STRAY, "frame_stray", "frames of the hold tap that no program sent there")         \
	X(INJECT_FAILED, "inject_failed", "packets that the hold tap did not take back")           \
	X(TAP_OVERFLOW, "tap_overflow", "packets lost because the hold tap's queue was full")

enum datapath_user_counter {
#define DATAPATH_ENUM(id, name, help) DATAPATH_CNT_##id,
	DATAPATH_USER_COUNTERS(DATAPATH_ENUM)
#undef DATAPATH_ENUM
		DATAPATH_CNT_COUNT,
};

/* Packets that user space has taken from the tap, of one port or of all. */
struct datapath_share {
	uint64_t taken;
	bool told; /* the programs know of them */
};

struct datapath_port {
	struct datapath_port *next;
	struct datapath_share share;
	struct datapath_bpf_port is;
	uint16_t mtu;
	uint8_t mac[6];
	struct limit icmp_limit; /* its own: one guest's errors must not cost another's path MTU */
};

struct datapath_prefix {
	struct datapath_prefix *next;
	struct eid eid;
};

struct ring_buffer;

struct datapath_bpf {
	struct datapath handle; /* first: the core's pointer is ours */
	int fds[DATAPATH_FD_COUNT];
	struct datapath_bpf_config config;
	struct contract_settings settings;
	struct datapath_locsets *locsets;
	struct ring_buffer *ring;
	struct datapath_port *ports;
	struct datapath_prefix *dynamic;
	uint32_t dynamic_last; /* numbers of dynamic-EID prefixes given out, from 1 */
	struct datapath_share share_all, share_core;
	struct mono share_next; /* when packets that were lost are next looked for */
	struct contract_rloc rlocs[DATAPATH_RLOCS_MAX];
	size_t rloc_count;
	struct limit_rate icmp_rate; /* for each port */
	uint16_t generation;         /* in every entry set by this process */
	unsigned int handled;        /* events of this poll */
	uint64_t counts[DATAPATH_CNT_COUNT];
	uint8_t frame[FRAME_MAX];
	uint8_t made[FRAME_MAX];
};

/* datapath_ports.c */
int datapath_ports_start(struct datapath_bpf *db);
void datapath_ports_stop(struct datapath_bpf *db);
/* Forget ports, instances and prefixes that a former process has left. */
void datapath_ports_settle(struct datapath_bpf *db);
struct datapath_port *datapath_port_find(const struct datapath_bpf *db, int ifindex);
/* A site port of an instance, or NULL. */
struct datapath_port *datapath_port_of(const struct datapath_bpf *db, uint32_t iid);

/* datapath_share.c: how much of the tap's queue each port has. */
int datapath_share_start(struct datapath_bpf *db);
int datapath_share_add(struct datapath_bpf *db, struct datapath_port *p);
void datapath_share_del(struct datapath_bpf *db, int ifindex);
/* A frame under this tag was taken. */
void datapath_share_took(struct datapath_bpf *db, const struct contract_tag *tag);
/* Tell the programs. @empty: nothing was left in the queue. */
void datapath_share_tell(struct datapath_bpf *db, bool empty);

/* datapath_exception.c: a frame of the hold tap that is no held packet. */
void datapath_exception(struct datapath_bpf *db, uint8_t *frame, size_t len);

/* The tag's origin: an ifindex, or the mark of an RLOC. */
static inline uint32_t datapath_tag_origin(const struct contract_tag *tag)
{
	return (uint32_t)tag->origin[0] << 24 | tag->origin[1] << 16 | tag->origin[2] << 8 |
	       tag->origin[3];
}

/* Keys of the LPM tries and hashes. */
void datapath_key_prefix(const struct eid *eid, struct contract_prefix6 *key);
/* Write a frame down the tap. 0 or -errno. */
int datapath_tap_write(struct datapath_bpf *db, const void *frame, size_t len);

#endif
