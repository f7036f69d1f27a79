/* probe: RLOC-probing (RFC 9301 section 7.1): which locators of others answer, and how fast.
 *
 * A locator is probed while a map-cache entry uses it. One that does not answer probe_losses times
 * in a row is down; one answer brings it up again. It knows nothing of forwarding and mappings: its
 * listener is told. */
#ifndef SUNWARD_XTR_PROBE_H
#define SUNWARD_XTR_PROBE_H

#include <sys/queue.h>

#include "lisp/map_reply.h"
#include "xtr/env.h"

struct probe;
struct probe_rloc;

/* Embedded in what uses a locator. */
struct probe_use {
	TAILQ_ENTRY(probe_use) link;
	struct probe_rloc *rloc; /* NULL: not in use */
	const struct eid *eid; /* the EID-prefix of the user: probes ask for one after the other */
};

struct probe_listener {
	/* A locator that @user uses is found up, or down. */
	void (*changed)(void *arg, const struct eid *user, bool up);
	/* What a locator says of itself in its answer to a probe for @user. */
	void (*told)(void *arg, const struct eid *user, const struct router_locator *itself);
	void *arg;
};

struct probe *probe_new(struct env *env, const struct probe_listener *listener);
void probe_free(struct probe *p);

/* @eid must outlive the use. Without memory the locator counts as up, unprobed. */
void probe_use(
	struct probe *p, struct probe_use *use, const struct address *rloc, const struct eid *eid);
void probe_unuse(struct probe *p, struct probe_use *use);
bool probe_up(const struct probe_use *use);

void probe_reply(struct probe *p, struct map_reply *reply, const struct endpoint *from);
/* ICMP says that nobody is there: ask at once rather than at the next turn. ICMP can be forged, so
 * it decides nothing. */
void probe_suspect(struct probe *p, const struct address *rloc);
/* Fills in addr, up, rtt_us, entries. Stops when @visit returns false. */
void probe_each(const struct probe *p, bool (*visit)(const struct router_rloc_view *v, void *arg),
	void *arg);

#endif
