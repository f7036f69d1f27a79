/* See qmp_session.h. */
#include "vmmobility/qmp_session.h"

#include <stdio.h>
#include <string.h>

#include "lib/net/address.h"

/* The id of a command is its place here; answers come in the order of commands, so that one of a
 * kind need not be told from the next. */
enum command { NO_COMMAND, CAPABILITIES, EVENTS, UUID, STATUS, MIGRATE, MOVE, CANCEL, COMMANDS };

static const struct {
	const char *name, *arguments;
} commands[COMMANDS] = {
	[CAPABILITIES] = {"qmp_capabilities", ""},
	[EVENTS] = {"migrate-set-capabilities",
		",\"arguments\":{\"capabilities\":[{\"capability\":\"events\",\"state\":true}]}"},
	[UUID] = {"query-uuid", ""},
	[STATUS] = {"query-status", ""},
	[MIGRATE] = {"query-migrate", ""},
	[MOVE] = {"migrate", NULL},
	[CANCEL] = {"migrate_cancel", ""},
};

static void ask(struct qmp_session *s, enum command command)
{
	char text[192];

	snprintf(text, sizeof(text), "{\"execute\":\"%s\",\"id\":%d%s}\n", commands[command].name,
		(int)command, commands[command].arguments);
	s->ops.write(s->ops.arg, text);
}

static void tell(struct qmp_session *s, enum guest_news news)
{
	s->ops.news(s->ops.arg, news, s->at_us);
}

/* ---- a migration that is asked for ---- */

static void end_migration(struct qmp_session *s, const char *error)
{
	if (!s->asked)
		return;
	s->asked = s->begun = false;
	if (s->ops.migrated)
		s->ops.migrated(s->ops.arg, error);
}

/* How what was asked for here stands. */
static void follow(struct qmp_session *s, enum qmp_migration migration, bool event)
{
	if (!s->begun)
		return;
	if (migration == QMP_MIGRATION_COMPLETED)
		end_migration(s, NULL);
	else if (migration == QMP_MIGRATION_FAILED)
		end_migration(s, "QEMU says that the migration has failed, or was cancelled");
	else if (migration == QMP_MIGRATION_NONE && !event)
		end_migration(s, "QEMU knows of no migration any more");
}

const char *qmp_uri_fault(const char *uri)
{
	static const char want[] = "tcp:ADDRESS:PORT, as tcp:192.0.2.9:4444";
	struct endpoint at;
	char text[ENDPOINT_TEXT];

	if (strncmp(uri, "tcp:", 4) != 0 || strlen(uri + 4) >= sizeof(text))
		return want;
	return endpoint_parse(&at, uri + 4, 0) && at.port ? NULL : want;
}

void qmp_session_migrate(struct qmp_session *s, const char *uri)
{
	char text[192];

	s->asked = true;
	s->begun = false;
	snprintf(text, sizeof(text),
		"{\"execute\":\"migrate\",\"id\":%d,\"arguments\":{\"uri\":\"%s\"}}\n", (int)MOVE,
		uri);
	s->ops.write(s->ops.arg, text);
}

void qmp_session_cancel(struct qmp_session *s)
{
	ask(s, CANCEL);
}

/* ---- what happens to the guest ---- */

static void stops(struct qmp_session *s)
{
	s->runs = false;
	tell(s, s->departs ? GUEST_STOPS_TO_DEPART : GUEST_STOPS);
}

static void runs(struct qmp_session *s)
{
	s->arrived |= s->awaits;
	s->awaits = false;
	s->departs = false;
	s->runs = true;
	tell(s, GUEST_RUNS);
}

static void awaits(struct qmp_session *s)
{
	s->awaits = true;
	s->runs = s->departs = false;
	tell(s, GUEST_EXPECTED);
}

static void departs(struct qmp_session *s)
{
	if (s->departs)
		return;
	s->departs = true;
	tell(s, GUEST_DEPARTS);
}

static void stays(struct qmp_session *s)
{
	if (!s->departs)
		return;
	s->departs = false;
	tell(s, GUEST_STAYS);
	if (!s->events)
		ask(s, EVENTS); /* it refuses that while a migration is under way */
}

static void take_run(struct qmp_session *s, enum qmp_run run)
{
	switch (run) {
	case QMP_RUN_RUNNING:
		if (!s->runs)
			runs(s);
		break;
	case QMP_RUN_INMIGRATE:
		awaits(s);
		break;
	case QMP_RUN_MIGRATED:
		s->departs = true;
		stops(s);
		break;
	case QMP_RUN_PAUSED:
		stops(s);
		break;
	case QMP_RUN_SHUTDOWN:
		s->runs = false;
		tell(s, GUEST_ABSENT);
		break;
	case QMP_RUN_NONE:
		break;
	}
}

/* @event: it has just become so. A destination tells of the same migration by the same words;
 * "setup" after its end is the next one, away from here. */
static void take_migration(struct qmp_session *s, enum qmp_migration migration, bool event)
{
	if (s->awaits)
		return;
	if (migration == QMP_MIGRATION_SETUP)
		s->arrived = false;
	if (s->arrived)
		return;
	switch (migration) {
	case QMP_MIGRATION_SETUP:
	case QMP_MIGRATION_ACTIVE:
		departs(s);
		break;
	case QMP_MIGRATION_FAILED:
	case QMP_MIGRATION_NONE:
		stays(s);
		break;
	case QMP_MIGRATION_COMPLETED:
		/* The guest stands still here for good; one that runs came back by other ways. */
		if (!event && s->runs)
			stays(s);
		else if (event && !s->runs && s->departs)
			tell(s, GUEST_COPIED);
		break;
	}
}

static void take_event(struct qmp_session *s, const struct qmp_message *m)
{
	s->at_us = m->at_us;
	switch (m->event) {
	case QMP_STOP:
		stops(s);
		if (!s->departs && !s->awaits)
			ask(s, STATUS); /* "finish-migrate": a migration that was not told */
		break;
	case QMP_RESUME:
		runs(s);
		ask(s, MIGRATE); /* a pause during a migration which goes on */
		break;
	case QMP_MIGRATION:
		take_migration(s, m->migration, true);
		follow(s, m->migration, true);
		break;
	case QMP_SHUTDOWN:
		s->runs = false;
		tell(s, GUEST_ABSENT);
		break;
	case QMP_POWERDOWN: /* the guest is asked to; it may not */
	case QMP_OTHER_EVENT:
		break;
	}
	s->at_us = 0;
}

/* ---- the conversation ---- */

static void take_return(struct qmp_session *s, const struct qmp_message *m)
{
	switch (m->id) {
	case CAPABILITIES:
		ask(s, EVENTS);
		ask(s, UUID);
		ask(s, STATUS);
		ask(s, MIGRATE);
		break;
	case EVENTS:
		s->events = true;
		break;
	case UUID:
		s->ops.identify(s->ops.arg, &m->uuid);
		break;
	case STATUS:
		take_run(s, m->run);
		if (!s->ready)
			s->ops.ready(s->ops.arg);
		s->ready = true;
		break;
	case MIGRATE:
		take_migration(s, m->migration, false);
		follow(s, m->migration, false);
		break;
	case MOVE:
		s->begun = s->asked;
		s->arrived = false; /* what it tells from now on is of this one */
		break;
	default:
		break;
	}
}

static void take_error(struct qmp_session *s, const struct qmp_message *m)
{
	const char *name = m->id < COMMANDS ? commands[m->id].name : NULL;

	s->ops.refused(s->ops.arg, name ? name : "a command", m->text);
	if (m->id == MOVE)
		end_migration(s, m->text);
	if (m->id == UUID)
		s->ops.identify(s->ops.arg, &(struct handover_id){{0}});
}

void qmp_session_init(struct qmp_session *s, const struct qmp_session_ops *ops)
{
	*s = (struct qmp_session){.ops = *ops};
}

void qmp_session_take(struct qmp_session *s, const struct qmp_message *m)
{
	if (!s->greeted) {
		s->greeted = m->kind == QMP_GREETING;
		if (s->greeted)
			ask(s, CAPABILITIES);
		return;
	}
	switch (m->kind) {
	case QMP_RETURN:
		take_return(s, m);
		break;
	case QMP_ERROR:
		take_error(s, m);
		break;
	case QMP_EVENT:
		take_event(s, m);
		break;
	case QMP_GREETING:
		break;
	}
}

void qmp_session_tick(struct qmp_session *s)
{
	if (s->ready && s->departs && s->runs)
		ask(s, MIGRATE);
}
