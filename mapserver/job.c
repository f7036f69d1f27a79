/* See job.h. */
#include "mapserver/job.h"

#include <stdlib.h>
#include <string.h>

#include "lisp/ecm.h"
#include "lisp/handover.h"
#include "lisp/map_request.h"
#include "lisp/move.h"

struct job *job_new(const struct datagram *d, struct replay_entry *replay, struct xtr *xtr)
{
	struct job *j = malloc(sizeof(*j) + d->len);

	if (!j)
		return NULL;
	j->next = NULL;
	j->kind = JOB_MESSAGE;
	j->peer = d->peer;
	j->local = d->local;
	j->replay = replay;
	if (replay)
		replay_hold(replay);
	j->xtr = xtr;
	j->len = d->len;
	memcpy(j->bytes, d->bytes, d->len);
	return j;
}

struct job *job_new_request(const struct datagram *d)
{
	struct job *j = job_new(d, NULL, NULL);

	if (j)
		j->kind = JOB_REQUEST;
	return j;
}

struct job *job_new_prepare(const struct datagram *d)
{
	struct job *j = job_new(d, NULL, NULL);

	if (j)
		j->kind = JOB_PREPARE;
	return j;
}

struct job *job_new_static(enum job_kind kind, const struct eid *eid)
{
	struct job *j = calloc(1, sizeof(*j));

	if (j) {
		j->kind = kind;
		j->eid = *eid;
	}
	return j;
}

void job_keep(struct server_thread *t)
{
	struct job *j = t->submit ? calloc(1, sizeof(*j)) : NULL;

	if (!j)
		return;
	j->kind = JOB_KEEP;
	if (!t->submit(t->submit_arg, j))
		job_free(j);
}

void job_free(struct job *j)
{
	if (j && j->replay)
		replay_release(j->replay);
	free(j);
}

struct datagram job_datagram(const struct job *j)
{
	return (struct datagram){j->bytes, j->len, j->peer, j->local};
}

static bool each_requested(
	const struct job *j, bool (*visit)(void *arg, const struct eid *eid), void *arg)
{
	struct map_request_record rec;
	struct wire_fault fault;
	struct map_request m;
	struct ecm ecm;

	if (ecm_parse(j->bytes, j->len, &ecm, &fault) ||
		map_request_parse(ecm.message, ecm.message_len, &m, &fault))
		return true;
	while (map_request_next(&m, &rec))
		if (rec.eid.plain && !visit(arg, &rec.eid.eid))
			return false;
	return true;
}

static bool each_prepared(
	const struct job *j, bool (*visit)(void *arg, const struct eid *eid), void *arg)
{
	struct wire_fault fault;
	struct handover h;

	return handover_parse(j->bytes, j->len, &h, &fault) || visit(arg, &h.record.eid.eid);
}

static bool each_registered(
	const struct job *j, bool (*visit)(void *arg, const struct eid *eid), void *arg)
{
	struct wire_fault fault;
	struct map_register m;
	struct lisp_record rec;
	struct move move;

	if (lisp_type_of(j->bytes, j->len) == LISP_EXTENSION)
		return move_parse(j->bytes, j->len, &move, &fault) ||
		       visit(arg, &move.record.eid.eid);
	if (map_register_parse(j->bytes, j->len, &m, &fault))
		return true;
	while (lisp_records_next(&m.records, &rec))
		if (!visit(arg, &rec.eid.eid))
			return false;
	return true;
}

bool job_each_eid(const struct job *j, bool (*visit)(void *arg, const struct eid *eid), void *arg)
{
	if (j->kind == JOB_REQUEST)
		return each_requested(j, visit, arg);
	if (j->kind == JOB_PREPARE)
		return each_prepared(j, visit, arg);
	if (j->kind == JOB_MESSAGE)
		return each_registered(j, visit, arg);
	return visit(arg, &j->eid);
}
