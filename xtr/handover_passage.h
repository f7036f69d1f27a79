/* handover_passage.h: what the three files share that move an EID: handover_passage.c joins, and
 * has what both sides do, handover_arrival.c is the destination's, handover_departure.c the
 * source's. None of them reads or writes a message. */
#ifndef SUNWARD_XTR_HANDOVER_PASSAGE_H
#define SUNWARD_XTR_HANDOVER_PASSAGE_H

#include "xtr/handover_internal.h"

static inline struct router *passage_router(const struct passage *p)
{
	return p->room->r;
}

/* handover_passage.c */
/* An event for who watches, @peer (or NULL) the other side. */
void passage_tell(struct passage *p, enum router_event_type type, const struct peer *peer);
void passage_log_begin(struct passage *p, enum router_move_side side);
void passage_log_step(struct passage *p, enum router_move_step step);
/* The data plane's entry for it follows from its state. */
void passage_refresh(struct passage *p);
/* That, and what is held follows it, in order; @back: also to where it came from. */
void passage_let_go(struct passage *p, bool back);
/* Tell @step to all who may have it, but @but (or NULL). */
void passage_each_next(struct passage *p, const struct peer *but, enum handover_step step);
/* Nothing of it goes on from here. */
void passage_stop_leaving(struct passage *p);
/* The kernel knows its MAC at its port before it answers for itself; or no more. */
void passage_pin(struct passage *p, bool on);
/* The agent was asked; until it has answered, or @ms are over, it is asked again: the question and
 * the answer are lost as easily as any packet. */
void passage_await_truth(struct passage *p, uint64_t ms);
/* It runs here, and is about to leave; @news: that was not said before. */
void passage_leaves(struct passage *p, bool news);
/* Deliver, and claim with what each Map-Server is known to have (rule 3). */
void passage_here(struct passage *p);
bool passage_same_places(const struct locator_set *a, const struct locator_set *b);

/* handover_seek.c: an EID of which nothing is known here, though it is ours. */
/* @peer would have it: it is told when agents and ports have been asked. */
void seek_for(struct passage *p, struct peer *peer, bool urgent);
void seek_init(struct passage *p);

/* handover_order.c: what the old site sends reaches the guest before what is younger. */
/* It has come. Call before what is held is let go. */
void order_begin(struct passage *p);
/* The owner's xTR says SENT. */
void order_sent(struct passage *p);
void order_init(struct passage *p);

/* handover_within.c: it goes on at another hypervisor of this site. */
/* It is about to stop here; it has stopped. */
void within_leave(struct passage *p);
void within_stop(struct passage *p);
/* It runs there, also when it was not said yet that it has stopped here. Lets go what is held, at
 * once, or when the campus does not have it at its old place any more. */
void within_run(struct passage *p);
/* Something else is said of it: what is held is let go now, if it waits for the campus. */
void within_end(struct passage *p);
void within_init(struct passage *p);

/* handover_hearsay.c: an EID that is heard here, and is another's by an agent's word. */
/* @peer asks for it by an agent's word: it gets what was found here by mere hearing. */
bool hearsay_yields(struct passage *p, const struct peer *peer);
/* The Map-Server has said who the owner is, its xTR says @step, or nothing. May free @p. */
void hearsay_owner(struct passage *p);
void hearsay_step(struct passage *p, uint8_t step);
void hearsay_unanswered(struct passage *p);
/* An agent speaks of it here. */
void hearsay_ends(struct passage *p);

/* handover_arrival.c */
/* What is said from now on is signed with another key: what was said before is over. */
void arrival_begin(struct passage *p);
/* Rule 1: an agent expects it here. */
void arrival_expect(struct passage *p);
/* Rule 7: it runs here, and its owner has accepted that. */
void arrival_complete(struct passage *p);
/* It is not served here any more, unless it has come. */
void arrival_withdraw(struct passage *p);
/* Rule 7: it runs here, and its owner has not accepted that yet. */
void arrival_wait(struct passage *p);
/* The owner's xTR says @step. */
void arrival_step(struct passage *p, uint8_t step);
void arrival_init(struct passage *p);

/* handover_departure.c */
/* Somebody at whose place it runs already waits for our answer. */
bool departure_has_urgent(const struct passage *p);
/* What is known of it here is against @peer's having it. */
bool departure_stays(const struct passage *p, const struct peer *peer);
/* Answer all that wait. */
void departure_answer_all(struct passage *p);
/* The agent has spoken afresh, when a peer waited for it. */
void departure_answer_urgent(struct passage *p);
/* The one place that it may go to; NULL: none, or several. */
struct peer *departure_only_next(struct passage *p);
/* It is gone here, and nobody says that it is elsewhere. Frees it. */
void departure_lose(struct passage *p);
/* Nobody has told where it went: what would have may be lost. */
void departure_find(struct passage *p);
/* As long as what came for it is held, it may turn out to run elsewhere. */
void departure_lost_unless_found(struct passage *p);
/* It has stopped: from now on it is held. */
void departure_begin(struct passage *p);
/* It is held: what it has not read is that of a stop that is known. */
void departure_hold(struct passage *p);
/* Rule 5: it stands still to go elsewhere. */
void departure_paused(struct passage *p);
/* Rule 6: it stays; @same_tap: at the hypervisor where it was, which reads its tail itself. */
void departure_abort(struct passage *p, bool same_tap);
/* The same, of what another has claimed meanwhile: it is claimed back. */
void departure_stayed(struct passage *p);
/* Rules 4 and 5: ACCEPTED to all that may have it and were not told. */
void departure_accept(struct passage *p);
/* Rule 10: it runs at @peer's. */
void departure_release(struct passage *p, struct peer *peer);
/* It runs elsewhere, and what it had not read has not come: that is older than what is held. */
bool departure_await_tail(struct passage *p);
/* Rule 11: it is at @set, as the Map-Server says; to be done when its tail has come. */
void departure_moves_to(struct passage *p, const struct locator_set *set);
/* The same, now. */
void departure_moved(struct passage *p, const struct locator_set *set);
/* @peer, which may have it, says @step. */
void departure_step(struct passage *p, struct peer *peer, uint8_t step);
void departure_init(struct passage *p);

#endif
