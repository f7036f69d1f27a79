/* env: what every room of the xTR's core is given: the policy, the ways out, the time of the
 * present call, the timers, the counters. No room keeps a clock or an outbox of its own. */
#ifndef SUNWARD_XTR_ENV_H
#define SUNWARD_XTR_ENV_H

#include "lib/base/log.h"
#include "lib/base/random.h"
#include "lib/base/timer.h"
#include "lisp/otk.h"
#include "xtr/router.h"

struct campus;
struct move_log;
struct nat;

struct env {
	struct policy policy;           /* a copy of our own; replaced by router_reload() */
	bool drained[POLICY_RLOCS_MAX]; /* by the place in policy.rlocs */
	/* As what a NAT shows them to others; AFI_NONE: as they are. */
	struct address translated[POLICY_RLOCS_MAX];
	bool held; /* nothing is registered before the NAT room knows as what */
	const struct nat *nat;
	const struct campus *campus;
	struct datapath *datapath;
	struct router_ops *ops;
	struct random *random;
	struct log *log;
	struct outbox *out;     /* of the present call */
	struct move_log *moves; /* NULL: nobody keeps one */
	struct mono now;        /* of the present call */
	struct timers timers;
	uint64_t counters[XTR_COUNTER_COUNT];
	struct otk_tools *otk;           /* for LISP-SEC */
	struct log_limit protection_log; /* what is not believed */
	uint64_t nonce;     /* the next one of a message that the Map-Server checks for replay */
	uint8_t secret[16]; /* of the tables whose keys others choose */
};

static inline void env_count(struct env *env, enum xtr_counter c)
{
	env->counters[c]++;
}

/* Borrow room for one datagram; NULL is counted. */
static inline uint8_t *env_begin(struct env *env, uint32_t max)
{
	uint8_t *bytes = outbox_begin(env->out, max);

	if (!bytes)
		env_count(env, XTR_OUTBOX_FULL);
	return bytes;
}

/* move_log.c */
void move_log_event(struct move_log *log, const struct router_event *e);

static inline void env_event(struct env *env, const struct router_event *e)
{
	if (env->ops->event)
		env->ops->event(env->ops, e);
	if (env->moves)
		move_log_event(env->moves, e);
}

#endif
