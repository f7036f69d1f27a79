/* See ticket_queue.h. */
#include "vmmobility/ticket_queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct ticket_job *find(const struct ticket_queue *q, const struct handover_id *uuid)
{
	struct ticket_job *j = q->first;

	while (j && memcmp(&j->uuid, uuid, sizeof(*uuid)) != 0)
		j = j->next;
	return j;
}

static void put(struct ticket_queue *q, struct ticket_job *j)
{
	struct ticket_job **link = &q->first;

	while (*link)
		link = &(*link)->next;
	j->next = NULL;
	*link = j;
}

bool ticket_queue_set(struct ticket_queue *q, const struct handover_id *uuid, const char *element)
{
	struct ticket_job *j = find(q, uuid);

	if (!j) {
		j = calloc(1, sizeof(*j));
		if (!j)
			return false;
		j->uuid = *uuid;
		put(q, j);
	}
	snprintf(j->element, sizeof(j->element), "%s", element);
	j->tries = 0;
	j->due = (struct mono){0};
	return true;
}

struct ticket_job *ticket_queue_take(struct ticket_queue *q, struct mono now)
{
	struct ticket_job **link = &q->first, *j;

	while (*link && !mono_due((*link)->due, now))
		link = &(*link)->next;
	j = *link;
	if (j)
		*link = j->next;
	return j;
}

bool ticket_queue_due(const struct ticket_queue *q, struct mono *due)
{
	if (!q->first)
		return false;
	*due = q->first->due;
	for (const struct ticket_job *j = q->first->next; j; j = j->next)
		if (mono_before(j->due, *due))
			*due = j->due;
	return true;
}

bool ticket_queue_again(struct ticket_queue *q, struct ticket_job *job, struct mono now)
{
	if (find(q, &job->uuid)) {
		ticket_queue_free_job(job);
		return true;
	}
	if (++job->tries == TICKET_QUEUE_TRIES)
		return false;
	job->due = mono_add_s(now, TICKET_QUEUE_RETRY_S);
	put(q, job);
	return true;
}

void ticket_queue_hold(struct ticket_queue *q, struct mono now)
{
	const struct mono due = mono_add_s(now, TICKET_QUEUE_RETRY_S);

	for (struct ticket_job *j = q->first; j; j = j->next)
		j->due = due;
}

void ticket_queue_free_job(struct ticket_job *job)
{
	explicit_bzero(job, sizeof(*job));
	free(job);
}

void ticket_queue_clear(struct ticket_queue *q)
{
	struct ticket_job *next;

	for (struct ticket_job *j = q->first; j; j = next) {
		next = j->next;
		ticket_queue_free_job(j);
	}
	q->first = NULL;
}
