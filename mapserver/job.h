/* job: what a worker or the operator hands to the committer. A message travels as a copy of its
 * bytes: it was parsed and authenticated before, and is parsed again where it is followed, so that
 * nothing borrowed travels with it. */
#ifndef SUNWARD_MAPSERVER_JOB_H
#define SUNWARD_MAPSERVER_JOB_H

#include "mapserver/server.h"

enum job_kind {
	JOB_MESSAGE, /* an authenticated Map-Register or move message, to be followed */
	JOB_PUT,     /* a static mapping: the operator's */
	JOB_DELETE,  /* take a mapping away: the operator's */
	JOB_KEEP,    /* something of subscriptions is to be kept: see keeping.h */
	JOB_REQUEST, /* a Map-Request for what may still be on its way from the store */
	JOB_PREPARE, /* an authenticated PREPARE: to be answered by what stands, see handover.h */
};

enum job_result {
	JOB_WAITS,
	JOB_CREATED,
	JOB_REPLACED,
	JOB_DELETED,
	JOB_NOT_FOUND,
	JOB_EXISTS,
	JOB_SEQ_DIFFERS,
	JOB_NO_MEMORY,
	JOB_OVER_QUOTA,
};

#define JOB_SEQS_MAX 16

struct job {
	struct job *next;
	enum job_kind kind;
	/* PUT and DELETE */
	struct eid eid;
	uint32_t ttl_min;
	enum lisp_act act;
	struct locators locators;
	bool configured; /* PUT: from the configuration file */
	bool only_new;   /* PUT: fails where something is */
	bool only_there; /* fails where nothing is */
	bool only_seq;   /* fails unless the mapping has one of if_seqs */
	unsigned int if_seq_count;
	uint64_t if_seqs[JOB_SEQS_MAX];
	char site[SITE_NAME_MAX + 1]; /* DELETE: what this site has there; "": all */
	enum job_result result;
	uint64_t seq;
	void *committer; /* for the hook `done` */
	void *arg;
	/* MESSAGE, REQUEST and PREPARE; freed by the committer */
	struct endpoint peer;
	struct address local;
	struct replay_entry *replay; /* its nonce is committed with the change; NULL: none */
	struct xtr *xtr;
	struct mono received; /* MESSAGE; of others ns is 0 */
	unsigned int changes; /* internal: how many it has in the group */
	bool accepted;        /* internal */
	bool over_quota;      /* internal: nothing of it that changes anything is followed */
	bool unanswered;      /* internal: the xTR is to ask again later */
	bool stale;           /* internal: it does not know that it lost `eid` */
	size_t len;
	uint8_t bytes[];
};

/* A JOB_MESSAGE with a copy of @d. NULL when out of memory. */
struct job *job_new(const struct datagram *d, struct replay_entry *replay, struct xtr *xtr);
/* A JOB_REQUEST with a copy of @d. */
struct job *job_new_request(const struct datagram *d);
/* A JOB_PREPARE with a copy of @d. */
struct job *job_new_prepare(const struct datagram *d);
/* Let the committer look at what subscriptions have to be kept; without memory, or a committer that
 * it can be told to, it looks within a tenth of a second by itself. */
void job_keep(struct server_thread *t);
/* A zeroed PUT or DELETE. */
struct job *job_new_static(enum job_kind kind, const struct eid *eid);
void job_free(struct job *j);
/* The message of a JOB_MESSAGE, JOB_REQUEST or JOB_PREPARE; borrows from it. */
struct datagram job_datagram(const struct job *j);

/* Call @visit for each plain EID that it is about, until it returns false; then return false. */
bool job_each_eid(const struct job *j, bool (*visit)(void *arg, const struct eid *eid), void *arg);

#endif
