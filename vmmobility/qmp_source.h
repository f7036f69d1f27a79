/* qmp_source: the QMP socket of one bare QEMU: connects, comes back, and lets a qmp_session read
 * it.
 *
 * A connection that ends says nothing of the guest: the socket is tried again at once, and only
 * when nobody listens there any more, the process is gone. A QEMU serves one connection at a time;
 * where somebody else has it, this one waits its turn. */
#ifndef SUNWARD_VMMOBILITY_QMP_SOURCE_H
#define SUNWARD_VMMOBILITY_QMP_SOURCE_H

#include "vmmobility/qmp_session.h"

/* Of what one QEMU says: a guest that broke out of its own keeps the agent from no other guest. */
#define QMP_PACE_PER_S 65536  /* bytes; some 500 events */
#define QMP_PACE_BURST 262144 /* bytes at once */

struct event_base;

struct qmp_source_ops {
	/* Before and after the others: sets the core's clock, sends what it wants sent. */
	void (*begin)(void *arg);
	void (*end)(void *arg);
	void (*identify)(void *arg, struct guest *guest, const struct handover_id *uuid);
	/* Of what was @age_us ago. */
	void (*news)(void *arg, struct guest *guest, enum guest_news news, uint64_t age_us);
	/* The migration that was asked for here is over. @error: in words; NULL: it went well. */
	void (*migrated)(void *arg, struct guest *guest, const char *error);
	void *arg;
};

struct qmp_source;

/* @guest outlives it, @path is copied; @counters: of the core. NULL when out of memory. Connects at
 * once. */
struct qmp_source *qmp_source_new(struct event_base *base, const char *path, struct guest *guest,
	const struct qmp_source_ops *ops, uint64_t *counters, struct log *log);
void qmp_source_free(struct qmp_source *q);

const char *qmp_source_path(const struct qmp_source *q);
struct guest *qmp_source_guest(const struct qmp_source *q);
/* "connected", "waiting" (for its greeting), "absent". */
const char *qmp_source_state(const struct qmp_source *q);
/* Have the guest migrate to the QEMU that waits at @uri (see qmp_uri_fault). False: its QEMU does
 * not answer now. */
bool qmp_source_migrate(struct qmp_source *q, const char *uri);
/* Give that up. */
void qmp_source_cancel(struct qmp_source *q);
/* It is known whether the guest is here. */
bool qmp_source_told(const struct qmp_source *q);

#endif
