/* datapath_share: tells the programs how many packets were taken from the hold tap, port by port,
 * so that they know how much of its queue each port has. Knows numbers, no packets.
 *
 * What was sent up and is never taken (the device dropped it) would count as queued for ever; so,
 * now and then when the queue is empty, what was sent is what was taken. */
#include <errno.h>
#include <bpf/bpf.h>

#include "lib/net/tap.h"
#include "xtr/datapath_internal.h"

#define LOST_LOOK_MS 1000

static void put(struct datapath_bpf *db, uint32_t key, struct datapath_share *share)
{
	bpf_map_update_elem(db->fds[DATAPATH_FD_TAP_TAKEN], &key, &share->taken, BPF_ANY);
	share->told = true;
}

/* As if nothing of it were in the queue. */
static int reset(struct datapath_bpf *db, uint32_t key, struct datapath_share *share)
{
	int up = db->fds[DATAPATH_FD_TAP_UP];
	uint64_t sent = 0;

	if (bpf_map_lookup_elem(up, &key, &sent) &&
		bpf_map_update_elem(up, &key, &sent, BPF_NOEXIST))
		return -errno;
	share->taken = sent;
	put(db, key, share);
	return 0;
}

int datapath_share_start(struct datapath_bpf *db)
{
	int rc = tap_queue(db->fds[DATAPATH_FD_TAP]);

	if (rc < 0)
		return rc;
	db->settings.tap_queue = rc;
	rc = reset(db, CONTRACT_TAP_ALL, &db->share_all);
	return rc ? rc : reset(db, CONTRACT_TAP_CORE, &db->share_core);
}

int datapath_share_add(struct datapath_bpf *db, struct datapath_port *p)
{
	return p->is.role == DATAPATH_SITE ? reset(db, p->is.ifindex, &p->share) : 0;
}

void datapath_share_del(struct datapath_bpf *db, int ifindex)
{
	uint32_t key = ifindex;

	bpf_map_delete_elem(db->fds[DATAPATH_FD_TAP_UP], &key);
	bpf_map_delete_elem(db->fds[DATAPATH_FD_TAP_TAKEN], &key);
}

static void took(struct datapath_share *share)
{
	share->taken++;
	share->told = false;
}

void datapath_share_took(struct datapath_bpf *db, const struct contract_tag *tag)
{
	struct datapath_port *p;

	took(&db->share_all);
	if (tag->from_core) {
		took(&db->share_core);
		return;
	}
	p = datapath_port_find(db, datapath_tag_origin(tag));
	if (p)
		took(&p->share);
}

static void tell(struct datapath_bpf *db, uint32_t key, struct datapath_share *share, bool lost)
{
	if (lost)
		reset(db, key, share);
	else if (!share->told)
		put(db, key, share);
}

void datapath_share_tell(struct datapath_bpf *db, bool empty)
{
	struct mono now = mono_now();
	bool lost = empty && mono_due(db->share_next, now);
	struct datapath_port *p;

	if (lost)
		db->share_next = mono_add_ms(now, LOST_LOOK_MS);
	else if (db->share_all.told)
		return;
	tell(db, CONTRACT_TAP_ALL, &db->share_all, lost);
	tell(db, CONTRACT_TAP_CORE, &db->share_core, lost);
	for (p = db->ports; p; p = p->next)
		if (p->is.role == DATAPATH_SITE)
			tell(db, p->is.ifindex, &p->share, lost);
}
