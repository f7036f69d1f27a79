/* stored: the form in which a map-server keeps mappings and what belongs to them; pure.
 *
 * Tables of a store: mappings and tombstones by EID; what the xTRs contribute to merged ones, by
 * EID; locator sets and owners, which many mappings share, by number; nonces; sites; a few words of
 * state. Each value opens with its version. A
 * number that is often small is a varint: 7 bits a byte, the least first, bit 7 set where more
 * follow. All else is in network order. A damaged record is refused, never half taken. */
#ifndef SUNWARD_LISP_STORED_H
#define SUNWARD_LISP_STORED_H

#include "lib/net/address.h"
#include "lisp/lisp.h"

/* The tables, in the order of stored_tables (for store_open). */
enum stored_table {
	STORED_NONCES,
	STORED_STATE,
	STORED_MAPPINGS,
	STORED_SETS,
	STORED_OWNERS,
	STORED_SITES,
	STORED_PARTS,
	STORED_SUBSCRIPTIONS, /* stored_subscription.h */
};
extern const char *const stored_tables[];

#define STORED_VERSION       1
#define STORED_EID_BYTES     37 /* kind, instance-ID, address, length */
#define STORED_MAPPING_BYTES 64
#define STORED_SET_KEY       8
#define STORED_OWNER_KEY     4
#define STORED_OWNER_BYTES   96
#define STORED_NAME_MAX      63
#define STORED_PARTS_MAX     64
#define STORED_PARTS_BYTES   (2 + 32 * STORED_PARTS_MAX)

/* A mapping, or what it left behind. */
struct stored_mapping {
	bool gone; /* a tombstone: only seq and wall_s count */
	uint64_t seq;
	uint8_t flags; /* as the map-server has them */
	uint32_t ttl_min;
	uint16_t map_version;
	uint32_t owner;  /* its number; 0: the operator */
	uint64_t set;    /* its number; 0: no locators */
	uint32_t wall_s; /* when it was written: Unix time */
	uint32_t life_s; /* from then to its expiry; 0: for ever */
	uint32_t lost;   /* the number of an xTR that lost the EID and may not know; 0: none */
	uint64_t said;   /* its: what it had registered, as the map-server tells it apart */
};

/* What one xTR contributes to a merged mapping: fields as there. */
struct stored_part {
	uint8_t flags;
	uint32_t ttl_min;
	uint16_t map_version;
	uint32_t owner;
	uint64_t set;
	uint32_t wall_s;
	uint32_t life_s;
};

struct stored_owner {
	uint64_t site_id;
	struct lisp_xtr_id xtr_id;
	char site[STORED_NAME_MAX + 1];
};

/* A locator set: borrows from the value. */
struct stored_set {
	uint8_t count;
	const uint8_t *wire; /* RLOC-records */
	size_t len;
};

/* Writers return the length; 0: @cap is too small or the value cannot be kept. */
size_t stored_eid_key(uint8_t *key, size_t cap, const struct eid *eid);
size_t stored_mapping_write(uint8_t *buf, size_t cap, const struct stored_mapping *m);
/* All of one EID: one to STORED_PARTS_MAX. */
size_t stored_parts_write(
	uint8_t *buf, size_t cap, const struct stored_part *list, unsigned int count);
size_t stored_owner_write(uint8_t *buf, size_t cap, const struct stored_owner *o);
size_t stored_set_write(uint8_t *buf, size_t cap, const struct stored_set *s);
void stored_set_key(uint8_t key[STORED_SET_KEY], uint64_t number);
void stored_owner_key(uint8_t key[STORED_OWNER_KEY], uint32_t number);

/* Keys of all prefixes that are no host's come before those of hosts, which begin with this. */
#define STORED_HOSTS 0x80

/* Readers: false when it is none of ours, or damaged. */
bool stored_eid_read(const uint8_t *key, size_t len, struct eid *out);
bool stored_mapping_read(const uint8_t *value, size_t len, struct stored_mapping *out);
bool stored_parts_read(const uint8_t *value, size_t len, struct stored_part list[STORED_PARTS_MAX],
	unsigned int *count);
bool stored_owner_read(const uint8_t *value, size_t len, struct stored_owner *out);
bool stored_set_read(const uint8_t *value, size_t len, struct stored_set *out);
bool stored_set_number(const uint8_t *key, size_t len, uint64_t *out);
bool stored_owner_number(const uint8_t *key, size_t len, uint32_t *out);

/* Seconds that a mapping still has at @wall_s, of which nobody knows whether it was refreshed
 * since it was written; 0: for ever. At least @grace_s (or its whole life, if that is shorter), so
 * that its owner can say that it lives, also where the clock was set forward; at most its life,
 * also where it was set back. */
uint32_t stored_mapping_left(const struct stored_mapping *m, uint64_t wall_s, uint32_t grace_s);

#endif
