/* vm_world: the agent's core on virtual time, with an xTR that the test plays. */
#ifndef SUNWARD_TESTS_VM_WORLD_H
#define SUNWARD_TESTS_VM_WORLD_H

#include "vmmobility/guests.h"

#define VM_WORLD_KEY "a key of one agent"

struct vm_world {
	struct vm_env env;
	struct vm_policy policy;
	struct random_seeded random;
	struct log log;
	unsigned int log_lines;
	char last_line[LOG_LINE_MAX];
	struct reporter *reporter;
	struct guests *guests;
	bool complete;                /* what the sources say */
	unsigned int changes;         /* told by the guests */
	unsigned int kept, forgotten; /* likewise */
	unsigned int rebound;         /* likewise */
	struct auth_key *key;         /* the xTR's copy */
	uint64_t next_question;       /* the xTR's counter */
	uint32_t taken;               /* of the outbox, by vm_world_state */
};

/* One xTR, 192.0.2.1:4342, key-id 1, HMAC-SHA256-128; the first counter is 0x0102030405060708. */
struct vm_world *vm_world_new(void);
/* And with these taps. */
struct vm_world *vm_world_with_taps(const struct tap_ops *taps);
void vm_world_free(struct vm_world *w);
/* 203.0.113.@last of 52:54:00:66:00:02, instance 0, no port. */
struct handover_host vm_world_host(unsigned int last);
/* Of the configuration, with one address and a UUID of sixteen bytes @last. */
struct guest *vm_world_guest(struct vm_world *w, const char *name, unsigned int last);
/* @ms pass; timers run when they are due. */
void vm_world_pass(struct vm_world *w, uint64_t ms);
/* The next datagram that was sent, parsed and with a right MAC; fails when there is none. */
const struct handover *vm_world_message(struct vm_world *w);
/* The same, which is a STATE. */
const struct handover *vm_world_state(struct vm_world *w);
/* Nothing more was sent. */
bool vm_world_silent(struct vm_world *w);
/* The xTR answers the message with @counter. */
void vm_world_ack(struct vm_world *w, uint64_t counter, enum handover_result result);
/* The xTR asks about @count EIDs. */
void vm_world_ask(struct vm_world *w, const struct eid *eids, unsigned int count);
/* It sends @h, whose kind, counter, state and hosts are given, with a MAC by @key. */
void vm_world_send(struct vm_world *w, struct handover *h, struct auth_key *key, const char *from);

#endif
