/* handover_sites: two sites with an xTR each (the real cores, on virtual time), and a third's
 * address; Map-Servers, agents and the network between them are played. What the tests of the
 * handover share. */
#ifndef SUNWARD_TESTS_UNIT_HANDOVER_SITES_H
#define SUNWARD_TESTS_UNIT_HANDOVER_SITES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "lisp/handover.h"
#include "tests/unit/xtr_world.h"
#include "xtr/handover_internal.h"

#define HOST      "10.1.0.5/32"
#define MAC       "02:00:00:00:00:09"
#define AGENT_KEY "key of an agent"
#define PORT      7
#define SECOND    "192.0.2.101" /* the other Map-Server, where there are two */
#define BESIDE    16            /* with the number of an agent: the other one at its site */

/* Both sites; [0] is where the guest begins. */
/* By site. */
extern const char *const rlocs[], *const agents[];

struct sites {
	struct world *x[2];
	struct otk_tools *otk;
	const char *host; /* the EID that moves */
	uint64_t counter; /* of agents and of the Map-Server */
	/* The Map-Server. */
	int owner; /* -1: nobody */
	uint64_t seq;
	bool cut_off;      /* it answers nothing */
	bool mute[2];      /* nothing comes from this router any more */
	unsigned int lose; /* of what is sent, every lose-th */
	unsigned int sent, prepares, claims;
	unsigned int second_prepares; /* at SECOND */
	uint64_t second_seq;          /* of site 0, there; 0: it answers no claims */
	uint64_t second_base;         /* of the last claim there */
	int result[2];                /* of the last STATE-ACK */
	unsigned int asks[2];         /* to agents */
	bool answering[2];            /* agents answer questions with their last state */
	uint8_t state[2];
	bool in_migration[2];
	bool no_tickets;    /* agents give none, and prove nothing */
	unsigned int thief; /* this agent knows no ticket; 0: all do */
	struct otk ticket;  /* of the guest's present stay */
};

/* Put into the STATE @h, by the number of its agent, what that one knows of the ticket. */
void ticket_of(struct sites *s, struct handover *h, unsigned int agent);

struct handover_id id_of(unsigned int i, bool agent);
void write_and_send(struct sites *s, unsigned int to, struct handover *h, struct auth_key *key,
	const struct policy_server *ps, const char *rloc, const char *from);
void wrap(struct sites *s, const struct policy_server *ps, struct handover *h);
void state_by(struct sites *s, unsigned int i, unsigned int agent, const char *key,
	enum handover_state state, bool in_migration, uint16_t tail, uint64_t counter);
/* The guest's agent at site @i says so, and of a question from now on the same. */
void say(struct sites *s, unsigned int i, enum handover_state state);
/* It has stopped the guest to move it; @tail: how many packets follow that it had not read, or
 * HANDOVER_TAIL_FOLLOWS. */
void stop(struct sites *s, unsigned int i, uint16_t tail);
/* The other agent of site @i says so of the same guest. */
void beside_says(struct sites *s, unsigned int i, enum handover_state state);
/* Site 1 expects the guest, which then leaves site 0; each takes @ms. */
void leave(struct sites *s, uint64_t ms);
/* What agent @agent (as id_of) says of one host; its next number. */
struct handover state_message(
	struct sites *s, unsigned int agent, enum handover_state state, const char *eid);
/* Signed by the agents' key, to the router of site @i. */
void agent_sends(struct sites *s, unsigned int i, struct handover *h, const char *from);
/* A third site's router asks for the guest, by the Map-Server of site @i: the message, which a test
 * may change; then it is sent. */
struct handover third_next(struct sites *s);
void third_sends(struct sites *s, unsigned int i, struct handover *h);
void tail(struct sites *s, unsigned int i, uint16_t index, uint16_t of, uint32_t id);
void settle(struct sites *s);
void pass(struct sites *s, uint64_t ms);
/* The guest runs at site @i, whose agent says so again and again. */
void live(struct sites *s, unsigned int i, unsigned int seconds);
/* The guest @host runs at site 0, which owns it. */
struct sites *sites_with(const char *host, bool two);
struct sites *sites_of(const char *host);
struct sites *sites_new(void);
void sites_free(struct sites *s);
struct datapath_entry *entry_at(struct sites *s, unsigned int i);
bool goes_to(struct sites *s, unsigned int i, unsigned int other);
bool here(struct sites *s, unsigned int i);
void injected(struct sites *s, unsigned int i, const char *ids);
uint64_t counter(struct sites *s, unsigned int i, enum xtr_counter c);
/* The latest at site @i, of @count. */
struct router_move shown(struct sites *s, unsigned int i, unsigned int count);
/* "prepared accepted ...": the steps that were seen, which came in this order. */
void expect_steps(const struct router_move *m, const char *want);
/* sites_new(), and it leaves for site 1. */
struct sites *prepared(void);
/* prepared(), and it has stopped, for 2 ms. */
struct sites *stopped(void);
unsigned int events_of(struct sites *s, unsigned int i, enum router_event_type type);
/* The last passage that the router of site @i shows; and that of the guest itself, or NULL. */
struct router_handover_view view_at(struct sites *s, unsigned int i);
struct passage *passage_at(struct sites *s, unsigned int i);
/* The router of site @i takes its policy anew, which a test has changed. */
void reload(struct sites *s, unsigned int i);
/* The guest's port at site @i has lost its carrier, or has it again. */
void port_state(struct sites *s, unsigned int i, bool up);

#endif
