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
#include "vmmobility/ticket_queue.h"

#define STOP_S 2 /* that a call to libvirtd may still take when the agent stops */

struct libvirt_tickets {
	pthread_mutex_t lock;
	pthread_cond_t news;
	pthread_t thread;
	bool ended;
	struct ticket_queue queue;
	atomic_uint_fast64_t failed;
	char *uri;
	struct log *log;
	struct log_limit failures;
};

/* Until something is to be written, the next one is due, or it is over. Locked. */
static void await_news(struct libvirt_tickets *t)
{
	struct timespec end;
	struct mono due;

	if (!ticket_queue_due(&t->queue, &due)) {
		pthread_cond_wait(&t->news, &t->lock);
		return;
	}
	end.tv_sec = (time_t)(due.ns / 1000000000);
	end.tv_nsec = (long)(due.ns % 1000000000);
	pthread_cond_timedwait(&t->news, &t->lock, &end);
}

/* The next one, taken out; NULL: none is due, or it is over. Without one, wait for it if @wait. */
static struct ticket_job *next_job(struct libvirt_tickets *t, bool wait)
{
	struct ticket_job *j = NULL;

	pthread_mutex_lock(&t->lock);
	while (!t->ended && !(j = ticket_queue_take(&t->queue, mono_now())) && wait)
		await_news(t);
	pthread_mutex_unlock(&t->lock);
	return j;
}

/* True: it is done, or the domain is gone. */
static bool write_one(virConnectPtr conn, const struct ticket_job *j)
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

static void complain(struct libvirt_tickets *t, const struct ticket_job *j)
{
	char uuid[GUEST_UUID_TEXT];
	const char *why = virGetLastErrorMessage();

	t->failed++;
	log_limited(t->log, &t->failures, mono_now(), LOG_LEVEL_WARNING,
		"libvirt %s: domain %s gets no ticket of its stay here: %s; who had it before could say that it comes there",
		t->uri, guest_uuid_format(&j->uuid, uuid), why ? why : "no reason is given");
}

/* Later once more, or never; @down: nor can the others be written. */
static void again(struct libvirt_tickets *t, struct ticket_job *j, bool down)
{
	const struct mono now = mono_now();
	bool waits;

	pthread_mutex_lock(&t->lock);
	waits = ticket_queue_again(&t->queue, j, now);
	if (down)
		ticket_queue_hold(&t->queue, now);
	pthread_mutex_unlock(&t->lock);
	if (waits)
		return;
	complain(t, j);
	ticket_queue_free_job(j);
}

static void *run(void *arg)
{
	struct libvirt_tickets *t = arg;
	struct ticket_job *j = next_job(t, true);

	while (j) {
		virConnectPtr conn = virConnectOpen(t->uri);

		for (; j; j = next_job(t, false)) {
			if (!write_one(conn, j)) {
				again(t, j, !conn);
				break; /* it may be the connection */
			}
			ticket_queue_free_job(j);
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
	pthread_mutex_lock(&t->lock);
	if (!ticket_queue_set(&t->queue, uuid, element))
		t->failed++;
	pthread_cond_signal(&t->news);
	pthread_mutex_unlock(&t->lock);
}

uint64_t libvirt_tickets_failed(const struct libvirt_tickets *t)
{
	return t->failed;
}

static void dispose(struct libvirt_tickets *t)
{
	ticket_queue_clear(&t->queue);
	pthread_cond_destroy(&t->news);
	pthread_mutex_destroy(&t->lock);
	free(t->uri);
	free(t);
}

/* What is waited for is due by the monotonic clock. */
static void begin_news(pthread_cond_t *news)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(news, &attr);
	pthread_condattr_destroy(&attr);
}

struct libvirt_tickets *libvirt_tickets_new(const char *uri, struct log *log)
{
	struct libvirt_tickets *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	pthread_mutex_init(&t->lock, NULL);
	begin_news(&t->news);
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
