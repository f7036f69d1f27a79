/* tail: which of the packets that were delivered to a guest's tap the guest has not read, and the
 * packets themselves (docs/architecture.md section 5: the cut is at the tap).
 *
 * From its attachment on a program at the tap (bpf/port.bpf.c) numbers what is delivered and keeps
 * a copy of the last PORT_PACKETS. A tap counts a packet as sent when its reader takes it, and as
 * dropped when its queue is full: what was delivered and is neither waits in the queue. (That a
 * reader has taken a packet does not say that the guest got it: tail_run.h.) It knows no guest, no
 * message and no hypervisor, and needs no rights: who has them attaches the program (tail_load.h).
 *
 * A packet's place is how many were delivered before it. */
#ifndef SUNWARD_VMMOBILITY_TAIL_H
#define SUNWARD_VMMOBILITY_TAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/clock.h"
#include "vmmobility/tail_load.h"

struct tail;

/* Read what the program at the tap @ifindex writes: @maps are the descriptors of its maps, which
 * the caller may close, @taken is what tail_load_taken said. NULL: they cannot be mapped. */
struct tail *tail_open(int ifindex, const int maps[TAIL_MAPS], uint64_t taken);
void tail_close(struct tail *t);

/* How many packets wait in the tap's queue, unread; -errno. What waited at tail_open was not
 * counted: ask now and then while the guest runs, and as soon as its queue was empty once the
 * number is right. With a queue that nobody reads any more it only grows. */
int64_t tail_unread(struct tail *t);

struct tail_count {
	uint64_t delivered; /* all places are below this */
	uint64_t taken;     /* of these, read or dropped */
	uint64_t dropped;   /* by the tap since it was made */
	bool many_queues;   /* it may have more than one */
	bool unsure;        /* what waited at tail_open may wait still: fewer may have been read */
};

/* 0 or -errno; then, as where the tap is gone, only @out->delivered is set. What is said of
 * tail_unread holds. */
int tail_count(struct tail *t, struct tail_count *out);

/* The place of the first packet that was delivered at @at (CLOCK_MONOTONIC) or later, as far as is
 * remembered. */
uint64_t tail_place(const struct tail *t, struct mono at);

/* A frame that was delivered. */
struct tail_frame {
	const uint8_t *bytes; /* from the Ethernet header on, valid during the call, with its
				 checksums perhaps left to be finished */
	uint32_t len;
	uint32_t gso_len; /* 0, or the payload bytes of each segment that it is to be cut into */
	uint32_t skip;    /* so many of its first segments are not among those asked for */
};

/* Call @visit for the frames that have a packet at the places from @from up to @end (a "delivered"
 * of tail_count; not itself one of them), in order. Returns how many frames could not be shown:
 * longer than 64 KiB, or overwritten by later ones. */
uint64_t tail_each(struct tail *t, uint64_t from, uint64_t end,
	void (*visit)(const struct tail_frame *f, void *arg), void *arg);

#endif
