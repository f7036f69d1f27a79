/* notify: unsolicited notifies that wait for their acknowledgement, sent again until it comes (RFC
 * 9301 section 5.7).
 *
 * The first retransmission goes out after max(2 x RTT, 100 ms): a move cannot wait for the 3 s of
 * the RFC. Then as the RFC says: 3 s, 3 s, then doubling. Bytes and nonces are the caller's; this
 * room knows no message. Threads may share it: one adds, others acknowledge, the control thread
 * sends again, to where the xTR is heard from by then. */
#ifndef SUNWARD_MAPSERVER_NOTIFY_H
#define SUNWARD_MAPSERVER_NOTIFY_H

#include "lib/base/clock.h"
#include "lib/net/outbox.h"
#include "mapserver/xtr.h"

#define NOTIFY_BYTES_MAX 1400

struct notify;

struct notify_counts {
	uint64_t retransmits, gave_up;
};

/* @max: how many may wait. NULL when out of memory. */
struct notify *notify_new(size_t max);
void notify_free(struct notify *n);
size_t notify_count(struct notify *n);

/* A notify about @eid went out to @xtr just now. False: no room, it will not be sent again. One of
 * the same EID that still waits is forgotten: what it says is old. */
bool notify_add(struct notify *n, const struct eid *eid, uint64_t nonce, struct xtr *xtr,
	const void *bytes, size_t len, const struct endpoint *to, const struct address *from,
	struct mono now);
/* Forget what waits about @eid. */
void notify_cancel(struct notify *n, const struct eid *eid);

/* One about @eid waits for @xtr to acknowledge it. */
bool notify_waits(struct notify *n, const struct eid *eid, const struct xtr *xtr);

/* Whose acknowledgement with @nonce is awaited; NULL: nobody's. */
struct xtr *notify_awaited(struct notify *n, uint64_t nonce);
/* It came, with a right MAC; *@eid: what it was about. False: nothing waited for it any more. */
bool notify_acknowledged(struct notify *n, uint64_t nonce, struct mono now, struct eid *eid);

/* Put what is due in @out. */
void notify_run(
	struct notify *n, struct mono now, struct outbox *out, struct notify_counts *counts);
/* When notify_run is to be called next; MONO_NEVER: nothing waits. */
struct mono notify_next(struct notify *n);

#endif
