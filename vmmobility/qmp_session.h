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
	/* The migration that was asked for here (qmp_session_migrate) is over. @error: in words;
	 * NULL: the guest is there. May be NULL. */
	void (*migrated)(void *arg, const char *error);
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
	/* For a migration that is not over; begun: QEMU has said yes. What it says of migrations
	 * before that is of an earlier one. */
	bool asked, begun;
};

void qmp_session_init(struct qmp_session *s, const struct qmp_session_ops *ops);
void qmp_session_take(struct qmp_session *s, const struct qmp_message *m);
/* Have the guest migrate to the QEMU that waits at @uri, "tcp:ADDRESS:PORT" as qmp_uri_fault has
 * it. Only when ready. */
void qmp_session_migrate(struct qmp_session *s, const char *uri);
/* Give that up. */
void qmp_session_cancel(struct qmp_session *s);
/* NULL, or what would be right in words (a literal). QEMU would also run commands by such a URI,
 * and open files. */
const char *qmp_uri_fault(const char *uri);

/* Once a second: asks how a migration stands, should its end not be told. */
void qmp_session_tick(struct qmp_session *s);

#endif
