/* qmp_session: what a QEMU says of its guest, from the greeting of a QMP connection on: messages
 * in, commands out, and news.
 *
 * Pure: the connection is its source's. STOP is the earliest sign that a guest pauses to move
 * ("about to" cannot be seen), and RESUME the only one that it runs; MIGRATION tells which of the
 * two directions, when it comes from a QEMU that has not itself just been migrated to. */
#ifndef SUNWARD_VMMOBILITY_QMP_SESSION_H
#define SUNWARD_VMMOBILITY_QMP_SESSION_H

#include "vmmobility/guests.h"
#include "vmmobility/qmp_reader.h"

struct qmp_session_ops {
	void (*write)(void *arg, const char *command);               /* with its newline */
	void (*identify)(void *arg, const struct handover_id *uuid); /* all zero: it has none */
	/* Of what was at @at_us by the wall clock; 0: now. */
	void (*news)(void *arg, enum guest_news news, uint64_t at_us);
	/* QEMU has told the guest's state: what came before the connection is known. */
	void (*ready)(void *arg);
	/* It refuses @command. */
	void (*refused)(void *arg, const char *command, const char *why);
	void *arg;
};

struct qmp_session {
	struct qmp_session_ops ops;
	uint64_t at_us; /* of the event that is looked at, by QEMU's wall clock; 0: none */
	bool greeted;
	bool events;  /* MIGRATION is told */
	bool awaits;  /* it is the destination of a migration that is not over */
	bool arrived; /* it was */
	bool runs;
	bool departs;
	bool ready;
};

void qmp_session_init(struct qmp_session *s, const struct qmp_session_ops *ops);
void qmp_session_take(struct qmp_session *s, const struct qmp_message *m);
/* Once a second: asks how a migration stands, should its end not be told. */
void qmp_session_tick(struct qmp_session *s);

#endif
