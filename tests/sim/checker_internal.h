/* checker_internal: the checker's own account, for its two files. */
#ifndef SUNWARD_TESTS_SIM_CHECKER_INTERNAL_H
#define SUNWARD_TESTS_SIM_CHECKER_INTERNAL_H

#include "tests/sim/checker.h"

#define CLAIMS 65536 /* requests whose base is remembered until they are answered */

/* Which owner had which number. */
struct past {
	struct past *before;
	uint64_t seq, on;         /* on: the number under it; 0: none known */
	struct mono since, until; /* published, and the next one */
	int owner;
};

/* What one Map-Server has published and acknowledged of one host. */
struct account {
	uint64_t seq; /* the last number */
	struct past *past;
	struct mono alive_until; /* by the last acknowledgement */
	int owner;
	bool known;        /* published, and not lost since */
	struct mono found; /* when that came to an end */
	bool unkept;       /* in memory only, as its Map-Server says */
	bool lost; /* after a loss of power: which of the past ones stands is not known yet */
};

struct asked {
	uint64_t nonce, seq;
	int kind, xtr;
};

/* An ITR that must reach a host. */
struct pair {
	unsigned int xtr;
	uint32_t host;
	unsigned int tries;
	bool reached;
};

struct checker {
	struct sim *sim;
	uint32_t hosts;
	struct account *accounts[SIM_SERVERS_MAX];
	struct asked *claims[SIM_SERVERS_MAX];
	bool crashed[SIM_SERVERS_MAX + 1]; /* it may have lost numbers */
	struct pair *pairs; /* while a round is verified; a packet's mark is its place + 1 */
	size_t pair_count;
	bool verifying;
};

#endif
