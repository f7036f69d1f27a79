/* verify: asking a host, by ARP or ND, whether it is here (architecture section 5, rule 4).
 *
 * Everything that depends on where a host really is goes through here: one question at a time for
 * an EID, tried a few times until a deadline. It knows neither why it is asked nor what follows:
 * @done is told. */
#ifndef SUNWARD_XTR_VERIFY_H
#define SUNWARD_XTR_VERIFY_H

#include "xtr/env.h"

struct verify;

struct verify_where {
	int ifindex;        /* 0: every port of the EID's instance */
	const uint8_t *mac; /* NULL: broadcast */
};

struct verify *verify_new(
	struct env *env, void (*done)(void *arg, const struct eid *host, bool here), void *arg);
void verify_free(struct verify *v);

/* How often, and how long. */
struct verify_pace {
	uint32_t wait_ms; /* between the first two questions */
	uint32_t end_ms;  /* then it is not here */
	bool doubling;    /* each wait is twice the one before */
};

/* Ask @host at @pace. When it is being asked already it is asked once more at once, the earlier end
 * holds, and the shorter wait. */
void verify_ask(struct verify *v, const struct eid *host, const struct verify_where *where,
	struct verify_pace pace);
/* A sign of life of @host. False: nobody had asked. */
bool verify_answer(struct verify *v, const struct eid *host);
void verify_cancel(struct verify *v, const struct eid *host);
bool verify_pending(const struct verify *v, const struct eid *host);

#endif
