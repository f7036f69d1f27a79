/* record: EID-records and RLOC-records (RFC 9301 section 5.4), the part that all mapping messages
 * share. */
#ifndef SUNWARD_LISP_RECORD_H
#define SUNWARD_LISP_RECORD_H

#include "lisp/lcaf.h"

#define LISP_TTL_REMOVE      0
#define LISP_TTL_RECEIVER    0xffffffffu
#define LISP_PRIORITY_UNUSED 255

struct lisp_rloc {
	uint8_t priority, weight, mpriority, mweight;
	bool local;     /* L */
	bool probed;    /* p */
	bool reachable; /* R */
	struct lisp_field field;
};

/* A plain locator as it is configured: an address, and how it is to be used. */
struct lisp_locator {
	struct address addr;
	uint8_t priority; /* lowest is used first; LISP_PRIORITY_UNUSED: not at all */
	uint8_t weight;   /* share among locators of one priority */
	uint8_t mpriority, mweight;
};

struct lisp_record {
	uint32_t ttl_min; /* minutes, as on the wire */
	uint8_t locator_count;
	uint8_t plen;
	enum lisp_act act;
	bool authoritative;   /* A */
	uint16_t map_version; /* 12 bits; 0: Null */
	struct lisp_eid eid;
	struct wire_reader locators; /* for lisp_rloc_next */
	const uint8_t *raw;          /* borrowed: the whole record */
	size_t raw_len;
	const uint8_t *locators_raw; /* borrowed: its RLOC-records */
	size_t locators_raw_len;
};

/* Read and check one record with all its locators. */
void lisp_record_read(struct wire_reader *r, struct lisp_record *rec, unsigned int index);
/* Step over the locators of a checked record. False at the end. */
bool lisp_rloc_next(struct lisp_record *rec, struct lisp_rloc *rloc);

/* Write the record's head: locators follow by lisp_rloc_write, or by their bytes in wire form. */
void lisp_record_write(struct wire_writer *w, const struct eid *eid, uint32_t ttl_min,
	uint8_t locator_count, enum lisp_act act, bool authoritative, uint16_t map_version);
/* A plain locator. */
void lisp_rloc_write(
	struct wire_writer *w, const struct lisp_rloc *rloc, const struct address *addr);

/* The same in an AFI-List {locator, TRILL nickname, MAC}: where inside its site the EID is. Who
 * does not know it takes the first (RFC 8060 section 4.10; the AFIs are IANA's). LISP_RLOC_PLACE
 * bytes longer than a plain one. */
#define LISP_RLOC_PLACE 20
void lisp_rloc_write_place(struct wire_writer *w, const struct lisp_rloc *rloc,
	const struct address *addr, uint16_t nickname, const uint8_t mac[6]);

/* Iterator over the records of a checked message. */
struct lisp_records {
	struct wire_reader r;
	unsigned int left;
	unsigned int index;
};
bool lisp_records_next(struct lisp_records *it, struct lisp_record *rec);

#endif
