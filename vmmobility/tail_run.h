/* tail_run: what a guest that leaves has not read from its taps, told to the xTRs (TAIL of
 * docs/decisions/handover.md).
 *
 * From the beginning of a migration on the taps' packets are counted. When an xTR has taken that
 * the guest is paused, it sends no more to the tap: what the guest did not get of what was
 * delivered there, and what was not given to another xTR, goes to it, each packet under the EID
 * that it is for. An EID without any gets a TAIL that says so. What comes to the tap later still,
 * having been on its way, follows with higher indexes.
 *
 * What the guest did not get begins up to two packets before what is unread. QEMU, where it reads
 * by itself (without vhost), may take one packet while it stops the guest, which it throws away
 * when the guest stands, and one after that, at once or when it has done with the migration; then
 * it reads no more. Whether it took the first, nothing says; so it is sent, and may come twice.
 * Whether it has taken the second has to be known, lest two come twice: tail_run waits until it
 * has, as long as the guest cannot run elsewhere for that.
 *
 * Pure: a tap is what its functions say. */
#ifndef SUNWARD_VMMOBILITY_TAIL_RUN_H
#define SUNWARD_VMMOBILITY_TAIL_RUN_H

#include "vmmobility/reporter.h"

#define GUEST_TAPS_MAX   8
#define GUEST_TAP_BYTES  16   /* of a tap's name, with its NUL */
#define TAIL_POLL_MS     20   /* between countings, while the guest runs */
#define TAIL_EAGER_MS    1    /* likewise, until the queue was seen empty, */
#define TAIL_EAGER_LOOKS 100  /* but so many times at most: many guests may leave at once */
#define TAIL_FIRST_MS    5    /* before the first repetition, then double */
#define TAIL_WAIT_MAX    1000 /* ms */
#define TAIL_WINDOW      64   /* sent to one xTR and not acknowledged */
#define TAIL_PACKETS_MAX 4096 /* of a guest */
#define TAIL_LOOK_MS     1    /* between looks at what the hypervisor has taken after the stop */
#define TAIL_COPIED_MS   5    /* after which it has, once all is copied */
#define TAIL_KNOWN_MS    400  /* to wait for the copy's end, where it is told */
#define TAIL_UNKNOWN_MS  40   /* to wait where it is not */

struct guest_tap {
	char name[GUEST_TAP_BYTES];
};

typedef void tap_visit(void *arg, const uint8_t *packet, size_t len);

/* A packet's place is how many were delivered to the tap before it, since it was opened. */
struct tap_count {
	uint64_t delivered; /* all places are below this */
	uint64_t taken;     /* of these, read or dropped */
	uint64_t dropped;   /* grows with each that found the queue full */
	bool many_queues;   /* what is unread need not be what came last */
	bool unsure;        /* fewer may have been taken: the queue was never seen empty */
	bool shared;        /* by guests: what is read there may be another's */
};

struct tap_ops {
	/* NULL, having said why: no tail of it. */
	void *(*open)(void *arg, const char *name);
	void (*close)(void *arg, void *tap);
	/* 0; negative: the tap is gone, and of @out only what was delivered there is set. */
	int (*count)(void *arg, void *tap, struct tap_count *out);
	/* The place of the first that came at @at or later. */
	uint64_t (*place)(void *arg, void *tap, struct mono at);
	/* The IP packets at the places from @from up to @end, which is not one of them, each valid
	 * during its visit. Returns how many frames could not be shown. */
	uint64_t (*each)(void *arg, void *tap, uint64_t from, uint64_t end, tap_visit *visit,
		void *visit_arg);
	void *arg;
};

struct tail_run;

/* The migration of @report's guest begins. NULL: none of the taps can be opened, or no memory. All
 * outlive it. */
struct tail_run *tail_run_new(struct vm_env *env, struct reporter *reporter,
	const struct report *report, const struct tap_ops *ops, const struct guest_tap *taps,
	unsigned int count);
void tail_run_free(struct tail_run *t);

/* The guest has stopped: @at, or before now, if that is not @known. To be called as soon as it is
 * heard. */
void tail_run_stopped(struct tail_run *t, struct mono at, bool known);
/* The hypervisor has copied all of the guest, and has its hands free. */
void tail_run_copied(struct tail_run *t);
/* xTR @i has taken that the guest with @c is paused; the second time: it wants to know what is so,
 * and nothing is waited for any more. */
void tail_run_taken(struct tail_run *t, const struct report_content *c, unsigned int i);
/* xTR @i has acknowledged a TAIL. False: none of these. */
bool tail_run_answered(struct tail_run *t, unsigned int i, const struct handover *ack);
/* xTR @i of now was was[@i] until now, -1: it is new. What one that is there no more had not
 * acknowledged goes to another. */
void tail_run_reorder(struct tail_run *t, const int was[VM_XTRS_MAX]);
/* Somebody has taken it, and all that is known to be unread was acknowledged. */
bool tail_run_over(const struct tail_run *t);

#endif
