/* gates: some xTRs stand behind a NAT each: the network's translation of what they send, and what
 * it lets in. Knows addresses and ports, and no message.
 *
 * Each has a private address (10.0.0.0 ...), and its public one is that of an xTR without a NAT.
 * Its control port is translated to another, which changes when the NAT loses its memory, as it
 * does in rough times; what comes back must come from whom it has sent to within 30 s. Encapsulated
 * packets are let in by UDP port 4341; every other NAT lets in port 4342, too. */
#ifndef SUNWARD_TESTS_SIM_GATES_H
#define SUNWARD_TESTS_SIM_GATES_H

#include "tests/sim/sim.h"

struct gates;

struct gates *gates_new(struct sim *sim);
void gates_free(struct gates *n);

/* The xTR is behind one: so many of a hundred are, by --nat. */
bool gates_behind(const struct sim *s, unsigned int xtr);
/* UDP 4342 is not let in. */
bool gates_narrow(const struct sim *s, unsigned int xtr);
/* What the xTR itself knows as its address. */
struct address gates_inside(const struct sim *s, unsigned int xtr);

/* Something goes out from @from to the party @to: @from becomes what the others see. */
void gates_out(struct gates *n, struct endpoint *from, int to);
/* Something comes in for @to from the party @from: @to becomes what the xTR sees. False: it is not
 * let in. */
bool gates_in(struct gates *n, struct endpoint *to, int from);
/* From now on no NAT loses its memory; or they do again. */
void gates_calm(struct gates *n, bool calm);

#endif
