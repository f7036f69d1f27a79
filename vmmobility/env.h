/* env: what every room of the agent's core is given: whom to report to, the way out, the time of
 * the present call, the timers, the counters. No room keeps a clock or an outbox of its own. */
#ifndef SUNWARD_VMMOBILITY_ENV_H
#define SUNWARD_VMMOBILITY_ENV_H

#include "lib/base/log.h"
#include "lib/base/random.h"
#include "lib/base/timer.h"
#include "lib/net/outbox.h"
#include "lisp/handover.h"
#include "vmmobility/counter.h"

#define VM_XTRS_MAX 4

/* An xTR that is told of our guests, and the key that only this agent shares with it. */
struct vm_xtr {
	struct endpoint at;
	uint8_t key_id;
	enum auth_alg alg;
	uint8_t key[AUTH_KEY_MAX];
	size_t key_len; /* bytes, 1 to AUTH_KEY_MAX */
};

struct vm_policy {
	struct handover_id agent_id;
	struct vm_xtr xtrs[VM_XTRS_MAX];
	unsigned int xtr_count;
	uint64_t expect_ms; /* a guest that a hook announced is expected so long */
};

struct vm_env {
	struct random *random;
	struct log *log;
	struct outbox *out;
	struct mono now; /* of the present call */
	struct timers timers;
	uint64_t counters[VM_COUNTER_COUNT];
	uint64_t counter; /* the next message's; above all before, also of earlier runs */
};

static inline void vm_count(struct vm_env *env, enum vm_counter c)
{
	env->counters[c]++;
}

#endif
