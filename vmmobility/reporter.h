/* reporter: tells the xTRs what state each guest is in, until they know (STATE of
 * docs/decisions/handover.md).
 *
 * What is reported is a state, never a step, so that a report may come twice, late, or not at all.
 * There is one report a guest, which holds its latest state only: it is the spool. A state is sent
 * at once, again after 20, 40, 80 ms ... 3 s until each xTR has acknowledged it, and anew every
 * 10 s. Each sending takes a counter of its own, since an xTR drops what is not above the last one.
 *
 * Pure. Knows the messages and the keys; knows no hypervisor, and not what the states mean. */
#ifndef SUNWARD_VMMOBILITY_REPORTER_H
#define SUNWARD_VMMOBILITY_REPORTER_H

#include "lisp/handover_ticket.h"
#include "vmmobility/env.h"

#define REPORT_FIRST_MS   20
#define REPORT_WAIT_MAX   3000  /* ms */
#define REPORT_ANEW_MS    10000 /* and up to a tenth less, so that guests spread */
#define REPORT_SILENCE_MS 15000 /* after which an xTR is not waited for */
#define REPORT_SENT_MAX   16    /* sendings whose acknowledgement still counts */

/* Why a guest moves, as far as somebody said. */
struct report_why {
	uint64_t move;  /* names the move in logs and events; 0: none */
	uint8_t reason; /* enum handover_reason */
	uint32_t deadline_ms;
};

/* Who has it may have the guest (lisp/handover_ticket.h). */
struct report_ticket {
	bool known;
	struct otk value;
};

/* What is said of a guest. */
struct report_content {
	struct handover_id guest;    /* its UUID; all zero: not known yet, and nothing is said */
	uint8_t state;               /* enum handover_state; 0: not known yet, likewise */
	bool in_migration;           /* paused */
	struct report_why why;       /* incoming, leaving, paused to move */
	uint16_t tail;               /* paused: HANDOVER_TAIL_FOLLOWS, or 0 */
	struct report_ticket gives;  /* to whom it goes: leaving, paused to move */
	struct report_ticket proves; /* that it may be here: all but gone */
	uint16_t host_count;         /* 0: nothing is said */
	struct handover_host hosts[HANDOVER_HOSTS_MAX];
};

/* What one xTR has of it. */
struct report_peer {
	uint64_t sent[REPORT_SENT_MAX]; /* counters of the present content's sendings, modulo */
	unsigned int sendings;
	bool answered;
	uint8_t result; /* enum handover_result, when answered */
};

struct report {
	struct report_content content; /* the caller's; report_said after a change */
	/* Private. */
	struct timer timer;
	uint32_t wait_ms;
	bool urgent; /* not all have answered */
	struct report_peer peers[VM_XTRS_MAX];
	struct report *next, **link;
	uint32_t slot; /* sendings.h */
};

struct reporter;

struct reporter_ops {
	/* @eid, which is in no report, is not here. False: some sources have not told yet. */
	bool (*complete)(void *arg, const struct eid *eid);
	void *arg;
};

/* Who wants to hear of answers. */
struct reporter_listener {
	/* xTR @i has answered to what @report says now. */
	void (*answered)(void *arg, struct report *report, unsigned int i);
	/* xTR @i has acknowledged a TAIL; others may have sent the same. @report: whose it probably
	 * was, or NULL. */
	void (*tail_answered)(
		void *arg, struct report *report, unsigned int i, const struct handover *ack);
	/* There are other xTRs, or in another order: xTR @i of now was was[@i], -1: it is new. May
	 * be NULL. */
	void (*reordered)(void *arg, const int was[VM_XTRS_MAX]);
	void *arg;
};

/* @env and @ops outlive it. NULL when out of memory. */
struct reporter *reporter_new(
	struct vm_env *env, const struct vm_policy *policy, const struct reporter_ops *ops);
void reporter_free(struct reporter *r);
/* Other xTRs, other keys: all is said anew. 0 or -ENOMEM, with nothing changed. */
int reporter_reload(struct reporter *r, const struct vm_policy *policy);

/* There is one listener, or none. */
void reporter_listen(struct reporter *r, const struct reporter_listener *listener);

/* @report is zero but for its content, and stays where it is until it is taken away. */
void reporter_add(struct reporter *r, struct report *report);
void reporter_remove(struct reporter *r, struct report *report);
/* Its content has changed: say it to all. */
void reporter_say(struct reporter *r, struct report *report);
/* All xTRs have answered, and one at least has taken it. */
bool reporter_taken(const struct reporter *r, const struct report *report);
/* All xTRs that were heard within REPORT_SILENCE_MS have answered, or nothing is said of it. */
bool reporter_known(const struct reporter *r, const struct report *report);
/* What xTR @i has answered to the present content: enum handover_result, or -1. */
int reporter_answer(const struct report *report, unsigned int i);

/* The ticket that an operator's secret stands for. */
struct report_ticket reporter_ticket(struct reporter *r, const uint8_t *secret, size_t len);

/* Tell xTR @i, once, that the guest of @report did not read @packet (NULL of 0 bytes: nothing), the
 * @index-th of @of to @eid. Returns the message's counter; 0: there is no such xTR, or no room. */
uint64_t reporter_tail(struct reporter *r, const struct report *report, unsigned int i,
	const struct eid *eid, uint16_t index, uint16_t of, const uint8_t *packet, uint16_t len);

/* A datagram came in. */
void reporter_packet(
	struct reporter *r, const uint8_t *pkt, size_t len, const struct endpoint *from);

#endif
