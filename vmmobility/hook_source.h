/* hook_source: the agent's end of libvirt's hooks: a socket that sunward-vm-hook writes to.
 *
 * Hooks prepare and put in order; they never say that a guest runs: none fires at resume, and
 * `started` comes before. `migrate` announces a guest, and its hook waits until an xTR has taken
 * that, or refuses it. `stopped` and `release` end what was announced or was here, on this
 * hypervisor only. */
#ifndef SUNWARD_VMMOBILITY_HOOK_SOURCE_H
#define SUNWARD_VMMOBILITY_HOOK_SOURCE_H

#include "vmmobility/guests.h"

struct event_base;

struct hook_source_ops {
	/* Around the others: sets the core's clock, sends what it wants sent. */
	void (*begin)(void *arg);
	void (*end)(void *arg);
	void *arg;
};

struct hook_source;

/* Listens on @path, mode 0600. NULL after logging why. */
struct hook_source *hook_source_new(struct event_base *base, const char *path,
	struct guests *guests, const struct reporter *reporter, struct vm_env *env,
	const struct hook_source_ops *ops);
/* Those that wait are let go on. */
void hook_source_free(struct hook_source *h);
/* xTRs may have answered: let those go on that waited for it. */
void hook_source_settle(struct hook_source *h);

#endif
