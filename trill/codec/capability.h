/* capability: what an RBridge says of itself in its LSPs: the Router Capability TLV 242 and its
 * multi-topology form 144, with TRILL's sub-TLVs (RFC 7176 section 2.3, RFC 7357 section 7.1, RFC
 * 8171 section 7.3).
 *
 *   242: router ID 4 | flags 1 | sub-TLVs        144: O R3, MT-ID 12 | sub-TLVs
 *     6  NICKNAME     n x (priority 1, tree root priority 2, nickname 2)
 *     7  TREES        to compute 2, maximum 2, to use 2
 *     8  TREE-RT-IDs  start 2, n x nickname 2
 *     9  TREE-USE-IDs the same
 *     10 INT-VLAN     nickname 2 | M4 M6 R ES, start 12, R2 PUL NOD, end 12
 *                     | AF lost 4 | n x root 6
 *     13 TRILL-VER    max version 1, capabilities 4 (in LSP number 0 only)
 *     14 VLAN-GROUP   R4 primary 12, n x (R4 secondary 12)
 *     15 INT-LABEL    nickname 2 | M4 M6 BM ES R2 PUL NOD, start 24, end or bit map 24
 *                     | AF lost 4 | n x root 6
 *     16 RBCHANNELS   bit vectors: length 7, offset 9 | bits
 *     17 AFFINITY     n x (nickname 2, flags 1, k 1, k x tree number 2)
 *     18 LABEL-GROUP  primary 3, n x secondary 3
 *
 * The text prints INT-LABEL's length as 11 + 6n; its fields sum to 13 + 6n, which is what we hold
 * to.
 *
 * RFC 7780's example B.2 leaves the router ID out, which RFC 4971 section 2 (now 7981) has; we
 * write it and read what has it.
 *
 * Each reader returns 0 or -TRILL_ESHORT, -TRILL_ELENGTH, -TRILL_EVALUE (ignore the sub-TLV). */
#ifndef SUNWARD_TRILL_CODEC_CAPABILITY_H
#define SUNWARD_TRILL_CODEC_CAPABILITY_H

#include "trill/codec/hello_tlv.h"

enum {
	TLV_MT_CAPABILITY = 144,
	TLV_CAPABILITY = 242,
};

enum {
	CAPABILITY_NICKNAME = 6,
	CAPABILITY_TREES = 7,
	CAPABILITY_TREE_IDS = 8,
	CAPABILITY_TREE_USE_IDS = 9,
	CAPABILITY_INT_VLAN = 10,
	CAPABILITY_VERSION = 13,
	CAPABILITY_VLAN_GROUP = 14,
	CAPABILITY_INT_LABEL = 15,
	CAPABILITY_CHANNELS = 16,
	CAPABILITY_AFFINITY = 17,
	CAPABILITY_LABEL_GROUP = 18,
};

/* Of sub-TLV 13; read and written as a struct trill_version (hello_version_read, _put). */
#define CAPABILITY_BIT_AFFINITY TRILL_CAPABILITY(0)
#define CAPABILITY_BIT_FGL_SAFE TRILL_CAPABILITY(1)
#define CAPABILITY_BIT_OAM      TRILL_CAPABILITY(2)
#define CAPABILITY_BIT_OAM_OLD  TRILL_CAPABILITY(3) /* OAM, backwards compatible */
#define CAPABILITY_BIT_E_L1FS   TRILL_CAPABILITY(4)
#define CAPABILITY_BIT_EXT_HOPS TRILL_CAPABILITY(14)

/* Walk over the sub-TLVs of TLV 242 or 144; @topology is 0 for 242. */
int capability_read(const struct tlv *t, uint16_t *topology, struct tlv_iter *subs);
/* A TLV 242. Sub-TLVs follow, then tlv_end(). */
size_t capability_begin(struct wire_writer *w, uint32_t router_id);

/* 6 */
struct capability_nickname {
	uint8_t priority; /* the 0x80 bit: it was configured */
	uint16_t root_priority;
	uint16_t nickname;
};

int capability_nicknames_count(const struct tlv *t);
void capability_nickname_at(const struct tlv *t, unsigned int i, struct capability_nickname *n);
void capability_nicknames_put(
	struct wire_writer *w, const struct capability_nickname *nicknames, unsigned int n);

/* 7 */
struct capability_trees {
	uint16_t compute, max, use;
};

int capability_trees_read(const struct tlv *t, struct capability_trees *trees);
void capability_trees_put(struct wire_writer *w, const struct capability_trees *trees);

/* 8 and 9: how many nicknames, and the number of the first (from 1 on). */
int capability_tree_ids_read(const struct tlv *t, uint16_t *start);
uint16_t capability_tree_id_at(const struct tlv *t, unsigned int i);
void capability_tree_ids_put(struct wire_writer *w, unsigned int type, uint16_t start,
	const uint16_t *nicknames, unsigned int n);

/* 10 and 15 */
struct capability_interest {
	uint16_t nickname;
	bool m4, m6; /* an IPv4 or IPv6 multicast router is there, or its snooping is not done */
	bool esadi;  /* ES */
	bool pull, no_data; /* PUL, NOD */
	bool fgl;
	bool is_bitmap;      /* 15 with BM: labels start + bit, highest bit first */
	uint32_t start, end; /* VLANs or labels, both included */
	uint32_t bitmap;     /* 24 bits */
	uint32_t af_lost;
	unsigned int root_count;
	const uint8_t *roots; /* 6 bytes each, borrowed */
};

/* @t of type 10 or 15. -TRILL_EVALUE: a range that is to be ignored. 0x000 and 0xFFF at the ends of
 * a range of VLANs are read as 0x001 and 0xFFE. */
int capability_interest_read(const struct tlv *t, struct capability_interest *i);
/* As type 10, or with @i->fgl 15. */
void capability_interest_put(struct wire_writer *w, const struct capability_interest *i);

/* 14 and 18: how many labels, the primary one first. */
int capability_group_count(const struct tlv *t);
uint32_t capability_group_at(const struct tlv *t, unsigned int i);
void capability_group_put(
	struct wire_writer *w, unsigned int type, const uint32_t *labels, unsigned int n);

/* 16: the channel protocol is announced. Bit vectors that run over are not counted. */
bool capability_channels_have(const struct tlv *t, unsigned int protocol);
/* The @n channel protocols of @protocols, in ascending order, compactly. */
void capability_channels_put(struct wire_writer *w, const uint16_t *protocols, unsigned int n);

/* 17: a walk over records. */
struct capability_affinity {
	uint16_t nickname;
	unsigned int count;
	const uint8_t *trees; /* 2 bytes each, borrowed */
};

/* Start with @at = 0. True while there is a record; *err is -TRILL_EOVERRUN when one does not fit.
 */
bool capability_affinity_next(
	const struct tlv *t, size_t *at, struct capability_affinity *a, int *err);
void capability_affinity_put(
	struct wire_writer *w, uint16_t nickname, const uint16_t *trees, unsigned int n);

#endif
