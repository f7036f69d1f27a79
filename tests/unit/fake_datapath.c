/* See fake_datapath.h. */
#include "tests/unit/fake_datapath.h"

#include <errno.h>
#include <string.h>

struct fake_entry *fake_datapath_find(struct fake_datapath *f, const struct eid *eid)
{
	unsigned int i;

	for (i = 0; i < f->count; i++)
		if (eid_equal(&f->entries[i].eid, eid))
			return &f->entries[i];
	return NULL;
}

struct fake_entry *fake_datapath_longest(struct fake_datapath *f, const struct eid *eid)
{
	struct fake_entry *best = NULL;
	unsigned int i;

	for (i = 0; i < f->count; i++)
		if (eid_covers(&f->entries[i].eid, eid) &&
			(!best || f->entries[i].eid.plen > best->eid.plen))
			best = &f->entries[i];
	return best;
}

static int set(struct datapath *dp, const struct eid *eid, const struct datapath_entry *e)
{
	struct fake_datapath *f = (struct fake_datapath *)dp;
	struct fake_entry *at = fake_datapath_find(f, eid);

	f->sets++;
	if (f->refuse || (!at && f->count == FAKE_ENTRIES_MAX))
		return -ENOSPC;
	if (!at) {
		at = &f->entries[f->count++];
		memset(at, 0, sizeof(*at));
		at->eid = *eid;
	}
	at->e = *e;
	return 0;
}

static int del(struct datapath *dp, const struct eid *eid)
{
	struct fake_datapath *f = (struct fake_datapath *)dp;
	struct fake_entry *at = fake_datapath_find(f, eid);

	if (at)
		*at = f->entries[--f->count];
	return 0;
}

static int inject(struct datapath *dp, const void *packet, uint32_t len)
{
	struct fake_datapath *f = (struct fake_datapath *)dp;

	if (len < 4 || f->injected_count == FAKE_PACKETS_MAX)
		return -ENOBUFS;
	memcpy(&f->injected[f->injected_count++], packet, 4);
	return 0;
}

static int send_back(struct datapath *dp, const void *packet, uint32_t len)
{
	struct fake_datapath *f = (struct fake_datapath *)dp;
	int rc = inject(dp, packet, len);

	if (!rc)
		f->sent_back++;
	return rc;
}

/* The packet's first four bytes, as of the others. */
static int inject_ip(struct datapath *dp, uint32_t iid, const void *packet, uint32_t len)
{
	return inject(dp, packet, len);
}

static uint64_t used(struct datapath *dp, const struct eid *eid)
{
	struct fake_entry *at = fake_datapath_find((struct fake_datapath *)dp, eid);
	uint64_t n = at ? at->used : 0;

	if (at)
		at->used = 0;
	return n;
}

static bool pending(struct datapath *dp)
{
	return ((struct fake_datapath *)dp)->pending;
}

static int queue(struct datapath *dp, uint64_t *in, uint64_t *out)
{
	*in = ((struct fake_datapath *)dp)->in;
	*out = ((struct fake_datapath *)dp)->out;
	return 0;
}

void fake_datapath_init(struct fake_datapath *f)
{
	f->count = 0;
	f->injected_count = 0;
	f->sent_back = 0;
	f->sets = 0;
	f->pending = false;
	f->in = f->out = 0;
	f->refuse = false;
	f->dp = (struct datapath){.set = set,
		.del = del,
		.inject = inject,
		.used = used,
		.pending = pending,
		.queue = queue};
	f->dp.send_back = send_back;
	f->dp.inject_ip = inject_ip;
}
