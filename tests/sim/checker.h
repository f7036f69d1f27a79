/* checker: what must hold whatever happens. It sees what goes into the Map-Servers and what comes
 * out, keeps its own account of it, and compares; it reads no state of the cores but at the end
 * of a round, when all must have come to rest.
 *
 *   seq          a Map-Server's numbers of an EID only rise
 *   owner        one number, one owner
 *   claim        a claim is granted on the number that it names, and on no other (rule 1)
 *   acked        what was acknowledged is what is published; it is not lost before its time
 *   told         refusals and notifications say what is so
 *   order        nothing is seen before it is in the store
 *   readyz       what is acknowledged and not in the store: it says so; nothing else is lost by a
 *                kill -9
 *   lookup       an answer is not older than the last acknowledged change
 *   converge     after the last event every ITR that sends reaches the guest (one redirect, or one
 *                SMR), and every Map-Server knows where it is
 *   subscribed   who has subscribed and acknowledged knows it without a packet
 *   loop         after the last event no packet goes in a circle
 *   memory       what is kept is bounded by what there is, and is given back */
#ifndef SUNWARD_TESTS_SIM_CHECKER_H
#define SUNWARD_TESTS_SIM_CHECKER_H

#include "tests/sim/sim.h"

struct packet;

struct checker *checker_new(struct sim *sim);
void checker_free(struct checker *c);

void checker_server_receives(struct checker *c, unsigned int server, const void *bytes, size_t len);
void checker_server_sent(struct checker *c, unsigned int server, const void *bytes, size_t len,
	const struct endpoint *to);
/* @owner: an xTR, -1: none any more, -2: somebody unknown. */
void checker_published(struct checker *c, unsigned int server, const struct eid *eid, uint64_t seq,
	int owner, bool expired);
/* @seq of @eid can be looked up, and is only being written. */
void checker_early(struct checker *c, unsigned int server, const struct eid *eid, uint64_t seq);
/* The last change of @eid is not in the store, and the Map-Server says so; all of its are. */
void checker_unkept(struct checker *c, unsigned int server, const struct eid *eid);
void checker_kept(struct checker *c, unsigned int server);
/* It is not in the store, and the Map-Server does not say so. */
void checker_unsaid(struct checker *c, unsigned int server, const struct eid *eid, uint64_t seq);
void checker_server_started(struct checker *c, unsigned int server);
void checker_server_crashed(struct checker *c, unsigned int server, bool power);

void checker_delivered(struct checker *c, const struct packet *p, unsigned int xtr);
void checker_undelivered(struct checker *c, const struct packet *p, const char *why);
void checker_looped(struct checker *c, const struct packet *p);

/* No message is lost any more: who has subscribed, and has acknowledged all, knows it. */
void checker_subscribers(struct checker *c);
/* All has come to rest: see that every party knows the truth, and send from each ITR to many
 * hosts. What is not delivered after some seconds fails. */
void checker_begin_verify(struct checker *c);
void checker_end_verify(struct checker *c);
#define CHECKER_VERIFY_S 10

#endif
