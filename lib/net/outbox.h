/* outbox: datagrams that a core wants sent.
 *
 * A core appends, its shell sends and clears. Fixed storage, given at start: when it is full,
 * outbox_begin returns NULL and counts, and the core goes on; nothing is allocated per message. */
#ifndef SUNWARD_LIB_NET_OUTBOX_H
#define SUNWARD_LIB_NET_OUTBOX_H

#include "lib/net/address.h"

struct outbox_datagram {
	struct endpoint to;
	struct address from; /* source address to use; AFI_NONE: the kernel's choice */
	uint32_t offset;     /* into the outbox's bytes */
	uint32_t len;        /* bytes */
};

struct outbox {
	uint8_t *bytes;
	uint32_t bytes_cap;
	uint32_t bytes_used;
	struct outbox_datagram *list;
	uint32_t cap;
	uint32_t count;
	uint64_t refused; /* datagrams for which there was no room */
};

/* Room for @datagrams of together @bytes. Returns NULL when out of memory. */
struct outbox *outbox_new(uint32_t datagrams, uint32_t bytes);
void outbox_free(struct outbox *o);

/* Borrow room for one datagram of at most @max bytes; finish it with outbox_commit, or leave it. */
uint8_t *outbox_begin(struct outbox *o, uint32_t max);
void outbox_commit(
	struct outbox *o, uint32_t len, const struct endpoint *to, const struct address *from);
void outbox_clear(struct outbox *o);

static inline const uint8_t *outbox_bytes(const struct outbox *o, uint32_t i)
{
	return o->bytes + o->list[i].offset;
}

#endif
