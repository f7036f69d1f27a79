/* fake_datapath: a struct datapath in memory: what the core has written, injected and asked. */
#ifndef SUNWARD_TESTS_FAKE_DATAPATH_H
#define SUNWARD_TESTS_FAKE_DATAPATH_H

#include "xtr/datapath.h"

#define FAKE_ENTRIES_MAX 8192
#define FAKE_PACKETS_MAX 4096

struct fake_entry {
	struct eid eid;
	struct datapath_entry e;
	uint64_t used; /* what the next used() returns */
};

struct fake_datapath {
	struct datapath dp; /* hand out &fake.dp */
	struct fake_entry entries[FAKE_ENTRIES_MAX];
	unsigned int count;
	uint32_t injected[FAKE_PACKETS_MAX]; /* the first four bytes of each */
	unsigned int injected_count;
	unsigned int sent_back; /* of them, those that may go where they came from */
	unsigned int sets;      /* calls of set() */
	bool pending;           /* what pending() returns */
	uint64_t in, out;       /* what queue() says */
	bool refuse;            /* set() fails */
};

void fake_datapath_init(struct fake_datapath *f);
/* NULL: none. */
struct fake_entry *fake_datapath_find(struct fake_datapath *f, const struct eid *eid);
/* The entry that a packet for the host @eid meets. NULL: none. */
struct fake_entry *fake_datapath_longest(struct fake_datapath *f, const struct eid *eid);

#endif
