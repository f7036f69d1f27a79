/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* contract: all that the fast path's program and the daemon agree on: the tables that the daemon
 * writes and the program reads, who may be answered, the counters. Nothing else is shared.
 * Addresses are in network order, all else in host order unless a comment says otherwise.
 *
 * The tables are arrays that the daemon has mapped: it writes them with plain stores, and no system
 * call stands between a change and its being seen. What a reader must see whole is one aligned
 * word; docs/decisions/fast-path.md says why nothing more is needed. */
#ifndef SUNWARD_MAPSERVER_BPF_CONTRACT_H
#define SUNWARD_MAPSERVER_BPF_CONTRACT_H

#include "lib/base/sip_bpf.h"

#define FAST_SLOTS       8   /* of a bucket; two buckets may hold an EID */
#define FAST_WIRE_WORDS  25  /* of the RLOC-records of one answer */
#define FAST_MESSAGE_MAX 512 /* bytes of a request */
#define FAST_RLOCS_MAX   4   /* ITR-RLOCs of a request */

/* A host EID: iid 0 is the default instance. What an address does not fill is zero. */
struct fast_key {
	union {
		struct {
			__u32 iid;
			__u16 afi; /* 1 IPv4, 2 IPv6, 6 MAC */
			__u16 spare;
			__u8 addr[16];
		};
		__u64 word[3];
	};
};

/* Where an EID's life ends, on the monotonic clock. The low bits are the EID's (of its hash), so
 * that a life is never taken for that of the slot's next tenant. */
#define FAST_LIFE_DEAD  (1ULL << 63) /* the rest: when it died */
#define FAST_LIFE_CHECK 0xffffULL

struct fast_slot {
	__u64 life;
	__u64 answer; /* low half: index into answers; high half: its generation */
	struct fast_key key;
};

struct fast_bucket {
	__u64 tags; /* a byte a slot, of the hash; 0: never used */
	struct fast_slot slot[FAST_SLOTS];
};

/* What all EIDs of one locator set, TTL, and version are answered with. As on the wire. */
struct fast_answer {
	__u32 generation; /* 0: being written, or none */
	__u32 ttl;
	__u16 act;
	__u16 map_version;
	__u8 locators;
	__u8 words; /* of wire */
	__u16 spare;
	__u32 sum; /* of wire's 16-bit words, folded */
	__u32 wire[FAST_WIRE_WORDS];
};

struct fast_settings {
	__u64 hash_key[2];
	__s64 clock_offset; /* ns from the kernel's monotonic clock to the tables'; 0 but in tests
			     */
	__u32 buckets;
	__u32 on; /* 0: everything goes up */
};

/* Addresses of ours: with port 0 each one; with a port (network order) those that are listened on.
 */
struct fast_own {
	__u16 afi;
	__u16 port;
	__u8 addr[16];
};

struct fast_port { /* by ifindex */
	__u8 mac[6];
	__u16 spare;
};

/* Of the hash: both buckets, the tag, the check of a life. */
SIP_BPF_INLINE __u64 fast_hash(const __u64 hash_key[2], const struct fast_key *k)
{
	struct sip_bpf s = sip_bpf_start(hash_key);

	sip_bpf_absorb(&s, k->word[0]);
	sip_bpf_absorb(&s, k->word[1]);
	sip_bpf_absorb(&s, k->word[2]);
	return sip_bpf_finish(&s);
}

/* @which: 0 or 1. */
SIP_BPF_INLINE __u32 fast_bucket_of(__u64 hash, __u32 buckets, int which)
{
	__u64 part = which ? hash >> 32 : hash & 0xffffffff;

	return part * buckets >> 32;
}

SIP_BPF_INLINE __u8 fast_tag_of(__u64 hash)
{
	__u8 tag = hash;

	return tag ? tag : 1;
}

SIP_BPF_INLINE __u64 fast_check_of(__u64 hash)
{
	return hash >> 32 & FAST_LIFE_CHECK;
}

/* Verdicts on datagrams to a port that is listened on and that hold an Encapsulated Control
 * Message. All but the first go up, unchanged. */
#define FAST_COUNTERS(X)                                                                           \
	X(ANSWERED, "answered") /* by the kernel */                                                \
	X(MISS, "miss")         /* no such host EID in the tables, or it is due */                 \
	X(KIND, "kind")         /* more than one plain Map-Request for one host EID */             \
	X(SUM, "checksum")      /* wrong, none, or left to the sender's device */                  \
	X(RLOC, "itr-rloc")     /* not where the datagram came from */                             \
	X(SIZE, "size")         /* the reply would be larger than the request */                   \
	X(SOURCE, "source")     /* an address of ours, loopback, a group */                        \
	X(OFF, "off")           /* a site's policy has to be asked */

enum fast_counter {
#define FAST_ENUM(id, name) FAST_CNT_##id,
	FAST_COUNTERS(FAST_ENUM)
#undef FAST_ENUM
		FAST_CNT_COUNT,
};

#endif
