/* See qmp_reader.h. */
#include "vmmobility/qmp_reader.h"

#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "vmmobility/guest_uuid.h"

struct qmp_reader {
	struct json_tokener *tokener;
	size_t used; /* bytes of the message that is being read */
	bool broken;
};

struct word {
	const char *word;
	int value;
};

static int find_word(const struct word *words, const char *word, int otherwise)
{
	for (; words->word; words++)
		if (strcmp(words->word, word) == 0)
			return words->value;
	return otherwise;
}

static enum qmp_run run_of(const char *word)
{
	static const struct word words[] = {{"running", QMP_RUN_RUNNING},
		{"inmigrate", QMP_RUN_INMIGRATE}, {"finish-migrate", QMP_RUN_MIGRATED},
		{"postmigrate", QMP_RUN_MIGRATED}, {"shutdown", QMP_RUN_SHUTDOWN}, {NULL, 0}};

	return (enum qmp_run)find_word(words, word, QMP_RUN_PAUSED);
}

static enum qmp_migration migration_of(const char *word)
{
	static const struct word words[] = {{"none", QMP_MIGRATION_NONE},
		{"setup", QMP_MIGRATION_SETUP}, {"completed", QMP_MIGRATION_COMPLETED},
		{"failed", QMP_MIGRATION_FAILED}, {"cancelled", QMP_MIGRATION_FAILED}, {NULL, 0}};

	return (enum qmp_migration)find_word(words, word, QMP_MIGRATION_ACTIVE);
}

static enum qmp_event event_of(const char *word)
{
	static const struct word words[] = {{"STOP", QMP_STOP}, {"RESUME", QMP_RESUME},
		{"MIGRATION", QMP_MIGRATION}, {"SHUTDOWN", QMP_SHUTDOWN},
		{"POWERDOWN", QMP_POWERDOWN}, {NULL, 0}};

	return (enum qmp_event)find_word(words, word, QMP_OTHER_EVENT);
}

static struct json_object *member(struct json_object *o, const char *key, enum json_type type)
{
	struct json_object *v;

	if (!json_object_is_type(o, json_type_object) || !json_object_object_get_ex(o, key, &v) ||
		!json_object_is_type(v, type))
		return NULL;
	return v;
}

static const char *text_of(struct json_object *o, const char *key)
{
	struct json_object *v = member(o, key, json_type_string);

	return v ? json_object_get_string(v) : NULL;
}

static void keep_text(struct qmp_message *m, const char *text)
{
	if (text)
		strncpy(m->text, text, sizeof(m->text) - 1);
}

/* 0: there is none, or none of this age. */
static uint64_t time_of(struct json_object *o)
{
	struct json_object *t = member(o, "timestamp", json_type_object);
	struct json_object *s = member(t, "seconds", json_type_int);
	struct json_object *us = member(t, "microseconds", json_type_int);
	int64_t whole = s ? json_object_get_int64(s) : -1;
	int64_t part = us ? json_object_get_int64(us) : -1;

	if (whole <= 0 || whole > UINT32_MAX || part < 0 || part >= 1000000)
		return 0;
	return (uint64_t)whole * 1000000 + (uint64_t)part;
}

static void read_event(struct json_object *o, struct qmp_message *m)
{
	struct json_object *data = member(o, "data", json_type_object);
	const char *status = text_of(data, "status");

	m->kind = QMP_EVENT;
	m->event = event_of(text_of(o, "event"));
	m->at_us = time_of(o);
	m->has_status = status != NULL;
	if (m->event == QMP_MIGRATION && status)
		m->migration = migration_of(status);
	if (m->event == QMP_SHUTDOWN)
		keep_text(m, text_of(data, "reason"));
}

/* "status" is a RunState of query-status, which tells "running" beside it, and a MigrationStatus of
 * query-migrate. */
static void read_return(struct json_object *value, struct qmp_message *m)
{
	const char *status = text_of(value, "status"), *uuid = text_of(value, "UUID");

	m->kind = QMP_RETURN;
	m->has_status = status != NULL;
	if (status && member(value, "running", json_type_boolean))
		m->run = run_of(status);
	else if (status)
		m->migration = migration_of(status);
	m->has_uuid = uuid != NULL;
	if (uuid)
		guest_uuid_parse(&m->uuid, uuid);
}

/* False: it is none of QMP's. */
static bool read_message(struct json_object *o, struct qmp_message *m)
{
	struct json_object *v, *id = member(o, "id", json_type_int);

	memset(m, 0, sizeof(*m));
	if (id && json_object_get_int64(id) > 0 && json_object_get_int64(id) <= UINT32_MAX)
		m->id = (uint32_t)json_object_get_int64(id);
	if (text_of(o, "event")) {
		read_event(o, m);
	} else if (json_object_object_get_ex(o, "return", &v)) {
		read_return(v, m);
	} else if ((v = member(o, "error", json_type_object))) {
		m->kind = QMP_ERROR;
		keep_text(m, text_of(v, "desc"));
	} else if (member(o, "QMP", json_type_object)) {
		m->kind = QMP_GREETING;
	} else {
		return false;
	}
	return true;
}

static const char *deliver(
	struct json_object *o, void (*each)(void *arg, const struct qmp_message *m), void *arg)
{
	struct qmp_message m;
	const char *fault = NULL;

	if (!json_object_is_type(o, json_type_object))
		fault = "a JSON value that is no object";
	else if (read_message(o, &m))
		each(arg, &m);
	else
		fault = "an object that is no greeting, return, error or event";
	json_object_put(o);
	return fault;
}

const char *qmp_reader_feed(struct qmp_reader *r, const char *bytes, size_t len,
	void (*each)(void *arg, const struct qmp_message *m), void *arg)
{
	const char *fault = r->broken ? "it was broken before" : NULL;

	while (len > 0 && !fault) {
		size_t room = QMP_MESSAGE_MAX - r->used, n = len < room ? len : room, taken;
		struct json_object *o = json_tokener_parse_ex(r->tokener, bytes, (int)n);
		enum json_tokener_error error = json_tokener_get_error(r->tokener);

		taken = json_tokener_get_parse_end(r->tokener);
		r->used += taken;
		if (error == json_tokener_continue) {
			fault = r->used >= QMP_MESSAGE_MAX ? "a message of more than 64 KiB" : NULL;
		} else if (error != json_tokener_success || taken == 0) {
			fault = error == json_tokener_error_depth ? "a message nested too deeply"
								  : "not JSON";
		} else {
			r->used = 0;
			json_tokener_reset(r->tokener);
			fault = deliver(o, each, arg);
		}
		bytes += taken;
		len -= taken;
	}
	r->broken = fault != NULL;
	return fault;
}

void qmp_reader_reset(struct qmp_reader *r)
{
	json_tokener_reset(r->tokener);
	r->used = 0;
	r->broken = false;
}

struct qmp_reader *qmp_reader_new(void)
{
	struct qmp_reader *r = calloc(1, sizeof(*r));

	if (r && !(r->tokener = json_tokener_new_ex(QMP_DEPTH_MAX))) {
		free(r);
		r = NULL;
	}
	if (r)
		json_tokener_set_flags(
			r->tokener, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS);
	return r;
}

void qmp_reader_free(struct qmp_reader *r)
{
	if (!r)
		return;
	json_tokener_free(r->tokener);
	free(r);
}
