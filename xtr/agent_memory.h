/* agent_memory: the highest counter of each agent, kept in the state-dir. What an agent said once
 * is signed and stands for ever; who has recorded it must not be believed when this router is
 * started anew. Knows no message. */
#ifndef SUNWARD_XTR_AGENT_MEMORY_H
#define SUNWARD_XTR_AGENT_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "xtr/policy.h"

struct router;
struct state;

/* Zero: nothing to be written. */
struct agent_memory {
	struct log *log; /* NULL: none */
	unsigned int count;
	bool failed; /* logged already */
	struct {
		uint8_t id[16];
		uint64_t counter;
	} heard[POLICY_AGENTS_MAX]; /* since they were written last */
};

/* The agent @id has said @counter, its highest. */
void agent_memory_heard(struct agent_memory *m, const uint8_t id[16], uint64_t counter);
/* Write what was heard: one record for each agent that has spoken. What cannot be written is logged
 * and tried again the next time. */
void agent_memory_settle(struct agent_memory *m, struct state *s);
/* Tell @r what was written, in this run and those before. */
void agent_memory_recall(struct agent_memory *m, struct state *s, struct router *r);

#endif
