/* tail_run: what a guest that leaves has not read from its taps, told to the xTRs (TAIL of
 * docs/decisions/handover.md).
 *
 * From the beginning of a migration on the taps' packets are counted. When an xTR has taken that
 * the guest is paused, it sends no more to the tap: what is unread then, and was not given to
 * another xTR, goes to it, each packet under the EID that it is for. An EID without any gets a TAIL
 * that says so. What comes to the tap later still, having been on its way, follows with higher
 * indexes.
 *
 * What came after the guest's stop is unread even when the tap's reader has taken it: QEMU, where
 * it reads by itself (without vhost), takes a packet after the stop and keeps it. It stops the
 * guest some time before it says so: what came then counts as unread, too. A packet twice is less
 * harm than one lost.
 *
 * Pure: a tap is what its functions say. */
#ifndef SUNWARD_VMMOBILITY_TAIL_RUN_H
#define SUNWARD_VMMOBILITY_TAIL_RUN_H

#include "vmmobility/reporter.h"

#define GUEST_TAPS_MAX   8
#define GUEST_TAP_BYTES  16   /* of a tap's name, with its NUL */
#define TAIL_POLL_MS     100  /* between countings, while the guest runs */
#define TAIL_FIRST_MS    5    /* before the first repetition, then double */
#define TAIL_WAIT_MAX    1000 /* ms */
#define TAIL_WINDOW      64   /* sent to one xTR and not acknowledged */
#define TAIL_PACKETS_MAX 4096 /* of a guest */

struct guest_tap {
	char name[GUEST_TAP_BYTES];
};

typedef void tap_visit(void *arg, const uint8_t *packet, size_t len);

struct tap_ops {
	/* NULL, having said why: no tail of it. */
	void *(*open)(void *arg, const char *name);
	void (*close)(void *arg, void *tap);
	/* Packets that its reader has not read; negative: it cannot be told. */
	int64_t (*unread)(void *arg, void *tap);
	/* Packets that came at @at or later. */
	uint64_t (*since)(void *arg, void *tap, struct mono at);
	/* The IP packets of the last @count, the oldest first, each valid during its visit. Returns
	 * how many frames could not be shown. */
	uint64_t (*each)(void *arg, void *tap, uint64_t count, tap_visit *visit, void *visit_arg);
	void *arg;
};

struct tail_run;

/* The migration begins. NULL: none of the taps can be opened, or no memory. All outlive it. */
struct tail_run *tail_run_new(struct vm_env *env, struct reporter *reporter,
	const struct tap_ops *ops, const struct guest_tap *taps, unsigned int count);
void tail_run_free(struct tail_run *t);

/* xTR @i has taken that the guest with @c is paused, since @stopped. */
void tail_run_taken(
	struct tail_run *t, const struct report_content *c, unsigned int i, struct mono stopped);
/* xTR @i has acknowledged a TAIL. False: none of these. */
bool tail_run_answered(struct tail_run *t, unsigned int i, const struct handover *ack);
/* Somebody has taken it, and all that is known to be unread was acknowledged. */
bool tail_run_over(const struct tail_run *t);

#endif
