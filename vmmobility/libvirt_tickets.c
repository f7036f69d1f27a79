/* See libvirt_tickets.h. Functions up to "the agent's thread" run on the writer's. */
#include "vmmobility/libvirt_tickets.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "lib/base/log.h"
#include "vmmobility/domain_xml.h"
#include "vmmobility/guest_uuid.h"

#define TRIES_MOST 5
#define RETRY_S    1
#define STOP_S     2 /* that a call to libvirtd may still take when the agent stops */

struct job {
	struct handover_id uuid;
	char element[DOMAIN_TICKET_TEXT];
	unsigned int tries;
	struct job *next;
};

struct libvirt_tickets {
	pthread_mutex_t lock;
	pthread_cond_t news;
	pthread_t thread;
	bool ended;
	struct job *first;
	atomic_uint_fast64_t failed;
	char *uri;
	struct log *log;
	struct log_limit failures;
};

static void free_job(struct job *j)
{
	explicit_bzero(j, sizeof(*j));
	free(j);
}

/* The next one, taken out; NULL: none, or it is over. Without one, wait for it if @wait. */
static struct job *next_job(struct libvirt_tickets *t, bool wait)
{
	struct job *j = NULL;

	pthread_mutex_lock(&t->lock);
	while (wait && !t->ended && !t->first)
		pthread_cond_wait(&t->news, &t->lock);
	if (!t->ended)
		j = t->first;
	if (j)
		t->first = j->next;
	pthread_mutex_unlock(&t->lock);
	return j;
}

static void put(struct libvirt_tickets *t, struct job *j)
{
	struct job **link = &t->first;

	while (*link)
		link = &(*link)->next;
	j->next = NULL;
	*link = j;
}

/* True: it is done, or the domain is gone. */
static bool write_one(virConnectPtr conn, const struct job *j)
{
	virDomainPtr d = conn ? virDomainLookupByUUID(conn, j->uuid.bytes) : NULL;
	int rc = -1;

	if (!d)
		return conn && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN;
	if (virDomainIsActive(d) == 0)
		rc = 0;
	else
		rc = virDomainSetMetadata(d, VIR_DOMAIN_METADATA_ELEMENT, j->element,
			"sunward-ticket", DOMAIN_XML_TICKET, VIR_DOMAIN_AFFECT_LIVE);
	virDomainFree(d);
	return rc == 0;
}

static void complain(struct libvirt_tickets *t, const struct job *j)
{
	char uuid[GUEST_UUID_TEXT];
	const char *why = virGetLastErrorMessage();

	t->failed++;
	log_limited(t->log, &t->failures, mono_now(), LOG_LEVEL_WARNING,
		"libvirt %s: domain %s gets no ticket of its stay here: %s; who had it before could say that it comes there",
		t->uri, guest_uuid_format(&j->uuid, uuid), why ? why : "no reason is given");
}

/* Later once more, or never; woken by what is to be written, and by the end. */
static void again(struct libvirt_tickets *t, struct job *j)
{
	struct timespec end;

	if (++j->tries == TRIES_MOST) {
		complain(t, j);
		free_job(j);
		return;
	}
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += RETRY_S;
	pthread_mutex_lock(&t->lock);
	if (!t->ended)
		pthread_cond_timedwait(&t->news, &t->lock, &end);
	put(t, j);
	pthread_mutex_unlock(&t->lock);
}

static void *run(void *arg)
{
	struct libvirt_tickets *t = arg;
	struct job *j = next_job(t, true);

	while (j) {
		virConnectPtr conn = virConnectOpen(t->uri);

		for (; j; j = next_job(t, false)) {
			if (!write_one(conn, j)) {
				again(t, j);
				break; /* it may be the connection */
			}
			free_job(j);
		}
		if (conn)
			virConnectClose(conn);
		j = next_job(t, true);
	}
	return NULL;
}

/* ---- the agent's thread ---- */

void libvirt_tickets_set(
	struct libvirt_tickets *t, const struct handover_id *uuid, const char *element)
{
	struct job *j;

	pthread_mutex_lock(&t->lock);
	for (j = t->first; j && memcmp(&j->uuid, uuid, sizeof(*uuid)) != 0; j = j->next)
		;
	if (!j) {
		j = calloc(1, sizeof(*j));
		if (j)
			put(t, j);
	}
	if (j) {
		j->uuid = *uuid;
		snprintf(j->element, sizeof(j->element), "%s", element);
	}
	pthread_cond_signal(&t->news);
	pthread_mutex_unlock(&t->lock);
}

uint64_t libvirt_tickets_failed(const struct libvirt_tickets *t)
{
	return t->failed;
}

static void dispose(struct libvirt_tickets *t)
{
	struct job *next;

	for (struct job *j = t->first; j; j = next) {
		next = j->next;
		free_job(j);
	}
	pthread_cond_destroy(&t->news);
	pthread_mutex_destroy(&t->lock);
	free(t->uri);
	free(t);
}

struct libvirt_tickets *libvirt_tickets_new(const char *uri, struct log *log)
{
	struct libvirt_tickets *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->news, NULL);
	t->uri = strdup(uri);
	t->log = log;
	if (t->uri && virInitialize() == 0 && pthread_create(&t->thread, NULL, run, t) == 0)
		return t;
	log_error(log, "libvirt %s: no tickets can be written: out of memory", uri);
	dispose(t);
	return NULL;
}

void libvirt_tickets_free(struct libvirt_tickets *t)
{
	struct timespec end;

	if (!t)
		return;
	pthread_mutex_lock(&t->lock);
	t->ended = true;
	pthread_cond_signal(&t->news);
	pthread_mutex_unlock(&t->lock);
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += STOP_S;
	if (pthread_timedjoin_np(t->thread, NULL, &end)) { /* it ends with the process */
		pthread_detach(t->thread);
		return;
	}
	dispose(t);
}
