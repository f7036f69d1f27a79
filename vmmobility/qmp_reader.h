/* qmp_reader: bytes of a QMP stream -> messages (QEMU's machine protocol: JSON objects one after
 * the other).
 *
 * Pure, and hostile to what is too long, too deep, or no QMP: a guest that broke out of its QEMU
 * speaks on this stream. What is not looked at here is skipped. Fuzzed. */
#ifndef SUNWARD_VMMOBILITY_QMP_READER_H
#define SUNWARD_VMMOBILITY_QMP_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lisp/handover.h"

#define QMP_MESSAGE_MAX 65536 /* bytes of one message */
#define QMP_DEPTH_MAX   32

enum qmp_kind { QMP_GREETING, QMP_RETURN, QMP_ERROR, QMP_EVENT };

enum qmp_event {
	QMP_OTHER_EVENT,
	QMP_STOP,
	QMP_RESUME,
	QMP_MIGRATION,
	QMP_SHUTDOWN,
	QMP_POWERDOWN,
};

/* QEMU's RunState, as far as it makes a difference here. */
enum qmp_run {
	QMP_RUN_NONE,    /* not told */
	QMP_RUN_RUNNING, /* "running" */
	QMP_RUN_INMIGRATE,
	QMP_RUN_MIGRATED, /* "finish-migrate", "postmigrate" */
	QMP_RUN_SHUTDOWN,
	QMP_RUN_PAUSED, /* all others: paused, prelaunch, io-error, ... */
};

/* QEMU's MigrationStatus likewise. */
enum qmp_migration {
	QMP_MIGRATION_NONE, /* "none", or not told */
	QMP_MIGRATION_SETUP,
	QMP_MIGRATION_ACTIVE, /* all that are under way */
	QMP_MIGRATION_COMPLETED,
	QMP_MIGRATION_FAILED, /* also cancelled */
};

struct qmp_message {
	enum qmp_kind kind;
	uint32_t id; /* RETURN, ERROR: of the command; 0: none */
	enum qmp_event event;
	uint64_t at_us;               /* EVENT: when it was, by the wall clock; 0: not told */
	enum qmp_run run;             /* RETURN of query-status */
	enum qmp_migration migration; /* MIGRATION; RETURN of query-migrate */
	bool has_status;              /* a "status" was told at all */
	bool has_uuid;                /* RETURN of query-uuid; all zero: the guest has none */
	struct handover_id uuid;
	char text[128]; /* ERROR: its description; SHUTDOWN: the reason */
};

struct qmp_reader;

/* NULL when out of memory. */
struct qmp_reader *qmp_reader_new(void);
void qmp_reader_free(struct qmp_reader *r);
/* A new connection: what is half read is forgotten. */
void qmp_reader_reset(struct qmp_reader *r);
/* @len more bytes have come. Calls @each for every message that ends in them; it may not feed or
 * free the reader. NULL, or what is wrong with the stream in words (a literal): then nothing more
 * can be read before a reset. */
const char *qmp_reader_feed(struct qmp_reader *r, const char *bytes, size_t len,
	void (*each)(void *arg, const struct qmp_message *m), void *arg);

#endif
