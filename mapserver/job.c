/* See job.h. */
#include "mapserver/job.h"

#include <stdlib.h>
#include <string.h>

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
	j->xtr = xtr;
	j->len = d->len;
	memcpy(j->bytes, d->bytes, d->len);
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

void job_free(struct job *j)
{
	free(j);
}

struct datagram job_datagram(const struct job *j)
{
	return (struct datagram){j->bytes, j->len, j->peer, j->local};
}
