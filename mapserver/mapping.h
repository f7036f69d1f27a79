/* mapping: one EID-prefix and who answers for it, as small as it can be; and locator sets in the
 * one form in which they are kept and compared.
 *
 * A mapping with its key is one allocation. Readers see it without a lock; only `expiry_ns` changes
 * once it is published (a refresh), all else comes by a new mapping in its place. Knows no table
 * and no message. */
#ifndef SUNWARD_MAPSERVER_MAPPING_H
#define SUNWARD_MAPSERVER_MAPPING_H

#include "lib/base/clock.h"
#include "lib/table/locset.h"
#include "lib/table/lpm.h"
#include "lisp/record.h"
#include "mapserver/xtr.h"

#define MAPPING_LOCATORS_MAX  64   /* of one EID */
#define MAPPING_LOCATOR_BYTES 1024 /* of all RLOC-records of one EID */
#define MAPPING_FOREVER       UINT64_MAX
#define MAPPING_DEAD          0 /* expiry_ns: being taken out; a refresh comes too late */

enum mapping_flag {
	MAPPING_PROXY = 1,        /* the registrant set P: answer for it */
	MAPPING_NOTIFY = 2,       /* the registrant set M: tell it when the mapping moves */
	MAPPING_CLAIMED = 4,      /* the owner speaks the move messages */
	MAPPING_SECURE = 8,       /* the registrant set S: it answers protected requests */
	MAPPING_ACT_SHIFT = 4,    /* three bits: ACT, where there are no locators */
	MAPPING_MIXED = 16,       /* where there are: others of the site register it without S */
	MAPPING_CONFIGURED = 128, /* the operator's, from the configuration file */
};

struct mapping {
	struct lpm_entry entry;
	uint8_t flags;
	uint16_t afi;
	uint16_t map_version; /* 0: Null */
	uint8_t len;          /* bytes of the address */
	bool merged;          /* the sum of several registrations (merge.h) */
	uint32_t ttl_min;
	uint32_t iid;
	uint64_t seq;
	uint64_t expiry_ns; /* atomic; monotonic clock, MAPPING_FOREVER or MAPPING_DEAD; see
				mapping_tentative */
	struct locset *locators;
	struct xtr *owner;
	uint8_t key[]; /* address_bits of its family, rounded up to bytes */
};

#define MAPPING_KEY_OFFSET (offsetof(struct mapping, key) - offsetof(struct mapping, entry))

/* Bytes of a table's key for addresses of @afi: 4, 16, 6; a name: 31. 0: no such table. */
size_t mapping_key_bytes(uint16_t afi);

static inline struct mapping *mapping_of(struct lpm_entry *e)
{
	return (struct mapping *)(void *)((char *)e - offsetof(struct mapping, entry));
}

/* A mapping of @eid, else zeroed. NULL when out of memory. */
struct mapping *mapping_new(const struct eid *eid);
struct eid mapping_eid(const struct mapping *m);
enum lisp_act mapping_act(const struct mapping *m);
/* Of its registrants some cannot protect their replies (MAPPING_MIXED). */
bool mapping_mixed(const struct mapping *m);

static inline uint64_t mapping_expiry(const struct mapping *m)
{
	return __atomic_load_n(&m->expiry_ns, __ATOMIC_ACQUIRE);
}

static inline bool mapping_alive(const struct mapping *m, struct mono now)
{
	return mapping_expiry(m) > now.ns;
}

/* It came from the store at a start, and nobody has confirmed it since: its expiry is an odd
 * number. */
static inline bool mapping_tentative(const struct mapping *m)
{
	uint64_t expiry = mapping_expiry(m);

	return expiry & 1 && expiry != MAPPING_FOREVER;
}

/* Extend the life of a mapping that is alive; false when it is not (any more). Any thread. */
bool mapping_refresh(struct mapping *m, struct mono now, uint64_t expiry_ns);

/* The kept form of a locator set: sorted (IPv4 before IPv6 before others by AFI and LCAF type,
 * bytes ascending; RFC 9301 section 5.4), L and p cleared. */
struct locators {
	uint8_t count;
	uint16_t len;
	uint8_t wire[MAPPING_LOCATOR_BYTES];
};

enum locators_verdict {
	LOCATORS_OK,
	LOCATORS_TOO_MANY,  /* more than MAPPING_LOCATORS_MAX, or MAPPING_LOCATOR_BYTES */
	LOCATORS_MULTICAST, /* a group or broadcast address, or an unspecified one (RFC 9301
			       section 5.4) */
};
/* From a checked record. @rec's iterator is used up. */
enum locators_verdict locators_from_record(struct lisp_record *rec, struct locators *out);
/* Append one plain locator (static mappings); call locators_sort after the last. False: no room. */
bool locators_add(struct locators *l, const struct lisp_rloc *rloc, const struct address *addr);
void locators_sort(struct locators *l);
/* One of them is this plain address. */
bool locators_have(const struct locators *l, const struct address *addr);

/* Add @count kept locators to @into: no locator stands in it twice, the one of the better priority
 * stays; all replication lists become one (RFC 8378 section 7.3), sorted by level and address.
 * False: too many, @into is unchanged. */
bool locators_unite(struct locators *into, const uint8_t *wire, size_t len, unsigned int count);

/* An iterator over kept locators. */
struct lisp_record locators_iterate(
	const uint8_t *wire, size_t len, unsigned int count, struct wire_fault *fault);

#endif
