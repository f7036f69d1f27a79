/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* contract: all that the BPF programs and user space agree on: keys and values of the maps, the
 * event record, the addressing of the hold tap, the counters. Nothing else is shared. Addresses are
 * in network order, all else in host order unless a comment says otherwise. */
#ifndef SUNWARD_XTR_BPF_CONTRACT_H
#define SUNWARD_XTR_BPF_CONTRACT_H

#include <linux/types.h>

#define CONTRACT_LOCATORS  8
#define CONTRACT_WHEEL     64 /* slots that share a set's locators out by weight */
#define CONTRACT_LISP_PORT 4341
#define CONTRACT_IID_CONTROL                                                                       \
	0xffffff /* control inside data (NAT traversal draft): never an EID's instance */

enum contract_action {
	CONTRACT_NONE,
	CONTRACT_ENCAP,
	CONTRACT_LOCAL,
	CONTRACT_NATIVE,
	CONTRACT_DROP,
};

#define CONTRACT_HOLD 0x01 /* flags: the packet goes up through the tap */
#define CONTRACT_AWAY 0x02 /* flags: ENCAP also for packets from the core, each draws an event */
/* Of a host that is to come here. Packets from the site go by the action; from the core, */
#define CONTRACT_EXPECT       0x04 /* flags: ... all go up, whatever the action */
#define CONTRACT_EXPECT_OWNER 0x08 /* flags: ... those from a locator of the ENCAP's set go up */
#define CONTRACT_BACK         0x10 /* flags, with AWAY: also back to where the packet came from */

#define CONTRACT_AT_PORT 0x20 /* flags: its MAC is still behind a port: frames to it get there */

/* Forwarding entries: hosts in a hash, shorter prefixes in an LPM trie. */
struct contract_host4 {
	__u32 iid;
	__u32 addr;
};

struct contract_host6 {
	__u32 iid;
	__u32 addr[4];
};

struct contract_prefix4 {
	__u32 plen; /* bits that count of what follows: 32 + the EID-prefix's */
	__be32 iid;
	__u32 addr;
};

struct contract_prefix6 {
	__u32 plen;
	__be32 iid;
	__u32 addr[4];
};

/* What a program acts on is one aligned word, so that it is read whole. */
struct contract_verdict {
	__u8 action; /* enum contract_action */
	__u8 flags;
	__u16 generation; /* of the process that wrote it */
	__u32 locset;     /* ENCAP: index into locsets */
};

struct contract_fwd {
	union {
		struct contract_verdict verdict;
		__u64 word;
	};
	__u64 packets; /* that used the entry; about, two CPUs may lose one */
};

struct contract_locator {
	__u8 family; /* 4, 6 */
	__u8 spare[3];
	__u32 addr[4]; /* IPv4: the first word */
};

struct contract_locset {
	__u8 count;
	__u8 spare[3];
	__u8 wheel[CONTRACT_WHEEL]; /* index of a locator */
	struct contract_locator locators[CONTRACT_LOCATORS];
};

enum contract_role {
	CONTRACT_CORE,
	CONTRACT_SITE,
};

/* By ifindex. */
struct contract_port {
	__u32 iid;
	__u8 role;
	__u8 has_rloc4, has_rloc6; /* core: an outer source of its own */
	__u8 dynamic;              /* site: its instance has dynamic-EID prefixes */
	__u8 mac[6];
	__u8 proxy; /* site: frames to other MACs may be for hosts that are elsewhere */
	__u8 spare2;
	__u32 rloc4;
	__u32 rloc6[4];
	__u8 gateway[6]; /* site: the MAC that the machines have of us: mac, or one that other xTRs
			    have too */
	__u8 spare3[2];
};

/* By instance-ID. */
struct contract_instance {
	__u32 ifindex; /* one of its site ports: deliveries are routed as if they had come in there
			  (its VRF) */
};

/* Local RLOCs. */
struct contract_rloc {
	__u32 family;
	__u32 addr[4];
};

/* The one element of the settings map. */
struct contract_settings {
	__u64 hash_key[2];
	__u32 tap_ifindex;
	__u32 core_ifindex; /* one of the core ports: outer packets are routed as if they had come
			       in there */
	__u32 rloc4;
	__u32 rloc6[4];
	__u8 has_rloc4, has_rloc6;
	__u8 ignore_outer_dscp;
	__u8 port_sources;    /* some core port has an outer source of its own */
	__u16 mtu;            /* L of RFC 9300 section 7.1 */
	__u8 remember_routes; /* routes depend on no flow: they may be kept for a moment */
	__u8 spare;
	__u16 generation; /* of the process that wrote this */
	__u16 spare2;
	__u32 tap_queue; /* packets that the tap keeps for user space */
	__u32 spare3;
};

/* What XDP leaves before a packet that it has decapsulated, for the tc program of the same port. */
struct contract_decapsulated {
	__u32 magic;
	__u32 iid;
};
#define CONTRACT_DECAPSULATED 0x4c495350

/* Events through the ring buffer. */
enum contract_event_type {
	CONTRACT_SOURCE_SEEN = 1,
	CONTRACT_ARP_SEEN,
	CONTRACT_AWAY_HIT,
	CONTRACT_RLOC_MTU,
	CONTRACT_ASTRAY, /* mac has sent to eid, which is elsewhere, by a MAC of its own */
};

struct contract_event {
	__u8 type;
	__u8 family;      /* of eid: 4, 6; 0: none */
	__u8 rloc_family; /* the same of rloc */
	__u8 gratuitous;
	__u8 mac[6];
	__u16 mtu;
	__u32 ifindex;
	__u32 iid;
	__u32 eid[4];
	__u32 rloc[4];
};

/* The hold tap: the twelve bytes of a frame's Ethernet addresses. The first octet is (reason << 2)
 * | 2, a locally administered unicast address. */
enum contract_reason {
	CONTRACT_UP_HELD =
		1, /* up: NONE, ENCAP or LOCAL with hold; down: forward it, ignoring hold */
	CONTRACT_UP_TOO_BIG, /* up: larger than mtu (S of RFC 9300 section 7.1) */
	CONTRACT_UP_TTL,     /* up: its TTL or hop limit ends here */
	CONTRACT_UP_DENIED,  /* up: action DROP */
	CONTRACT_DOWN_SITE, /* down: deliver to the site, whatever the entries say (our ICMP errors)
			     */
};

struct contract_tag {
	__u8 reason; /* (enum contract_reason << 2) | 2 */
	__u8 iid[3]; /* network order */
	__u8 mtu[2]; /* network order */
	__u8 local;  /* 2: keeps the source address locally administered */
	__u8 from_core;
	/* Network order. From the site: the ifindex of the port it came in by. From the core: the
	 * mark of the RLOC it came from (contract_rloc_mark()), which it must not go back to. */
	__u8 origin[4];
};

/* Where a packet came from, in so few bits that it can be remembered while the packet is held. Of
 * IPv4 addresses no two have the same; of IPv6 addresses hardly any, and then the packet goes
 * another way than it might. @first: @addr[0], whose order is the network's, in the host's. */
static inline __attribute__((always_inline)) __u32 contract_rloc_mark(
	__u8 family, __u32 first, const __u32 addr[4])
{
	__u32 mark = first;

	if (family == 6) {
		mark = (mark ^ mark >> 15) * 0x85ebca6b + addr[1];
		mark = (mark ^ mark >> 15) * 0x85ebca6b + addr[2];
		mark = (mark ^ mark >> 15) * 0x85ebca6b + addr[3];
		mark = (mark ^ mark >> 13) * 0xc2b2ae35;
	}
	return mark;
}

/* The tap's queue is shared out among its users: each packet is counted when it is sent up, by the
 * programs, and when it has been taken, by user space, for its port and for all. */
#define CONTRACT_TAP_ALL  0u          /* no port has this ifindex */
#define CONTRACT_TAP_CORE 0x80000000u /* what came from the core, by whichever port */

/* Counters: one number a verdict, with its name and its meaning. */
#define CONTRACT_COUNTERS(X)                                                                       \
	X(ENCAP, "encap", "packets encapsulated")                                                  \
	X(DECAP, "decap", "packets decapsulated for an EID of this site")                          \
	X(REENCAP, "reencap", "packets for an EID that has left, sent on to where it is")          \
	X(ASTRAY, "astray",                                                                        \
		"frames from the site to the MAC of a host of its subnet that is elsewhere")       \
	X(NATIVE, "native", "packets from the site left to the kernel's routing")                  \
	X(HELD, "held", "packets handed up to be held")                                            \
	X(CUT, "cut", "runs of segments in a tunnel of the guest, handed up to be cut")            \
	X(INJECTED, "injected", "packets that came back down from user space")                     \
	X(TOO_BIG, "too_big", "packets over the tunnel MTU, handed up")                            \
	X(TTL_EXPIRED, "ttl_expired", "packets whose TTL ended here; for an ICMP error")           \
	X(DENIED, "denied", "packets dropped by their mapping; for an ICMP error")                 \
	X(XDP_PASS, "xdp_pass", "packets that XDP left to tc")                                     \
	X(EVENTS, "events", "events sent up")                                                      \
	X(EVENTS_LIMITED, "events_limited", "events kept back by the rate limit")                  \
	X(EVENTS_LOST, "events_lost", "events lost: ring buffer full")                             \
	X(DROP_NO_MAPPING, "drop_no_mapping", "no mapping and no hold")                            \
	X(DROP_NO_RLOC, "drop_no_rloc", "no usable locator, or no local RLOC of its family")       \
	X(DROP_NO_ROUTE, "drop_no_route", "no route to the locator")                               \
	X(DROP_ROOM, "drop_room", "the kernel refused to grow or shrink the packet")               \
	X(DROP_SHORT, "drop_short", "LISP packet shorter than its headers")                        \
	X(DROP_OUTER, "drop_outer", "outer header with options, a fragment, or of wrong length")   \
	X(DROP_CRYPTO, "drop_crypto", "LISP header with a key-id (RFC 8061), none is agreed")      \
	X(DROP_GPE, "drop_gpe", "LISP-GPE next protocol that is neither IPv4 nor IPv6")            \
	X(DROP_MAP_VERSION, "drop_map_version",                                                    \
		"LISP header with Map-Versions, the mapping has none (RFC 9302)")                  \
	X(DROP_CONTROL_IID, "drop_control_iid", "instance-ID 0xffffff: control inside data")       \
	X(DROP_INNER, "drop_inner", "inner packet neither IPv4 nor IPv6, or of wrong length")      \
	X(DROP_ECN, "drop_ecn", "outer CE on an inner packet without ECN (RFC 6040)")              \
	X(DROP_NOT_LOCAL, "drop_not_local", "tunnelled packet for an EID that is not here")        \
	X(DROP_HOP_LIMIT, "drop_hop_limit", "outer hop limit ended at a re-encapsulation")         \
	X(DROP_LOOP, "drop_loop", "re-encapsulation would go back to where it came from")          \
	X(DROP_INSTANCE, "drop_instance", "the packet would leave its instance")                   \
	X(DROP_TAP, "drop_tap", "no hold tap to hand the packet up")                               \
	X(DROP_TAP_SHARE, "drop_tap_share",                                                        \
		"packets to hand up, from a port that has its share of the hold tap's queue there")

enum contract_counter {
#define CONTRACT_ENUM(id, name, help) CONTRACT_CNT_##id,
	CONTRACT_COUNTERS(CONTRACT_ENUM)
#undef CONTRACT_ENUM
		CONTRACT_CNT_COUNT,
};

#endif
