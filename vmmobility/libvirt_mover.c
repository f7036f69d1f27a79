/* See libvirt_mover.h. Functions up to "the agent's thread" run on an errand's. */
#include "vmmobility/libvirt_mover.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <event2/event.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "vmmobility/domain_xml.h"
#include "vmmobility/libvirt_event.h"

#define WHY_KEPT_S 3600 /* it counts in the guest's metadata, and longer than the deadline */

enum kind { MOVE, TRY, GIVE_UP };

struct errand {
	enum kind kind;
	struct libvirt_mover *mover;
	char *to, *migrate;
	struct mover_errand what;
	mover_done *done; /* NULL: nobody asks */
	void *arg;
	bool failed;
	char error[MOVER_WHY_MAX + 1];
	struct errand *next;
};

/* Shared by the agent's thread and those of errands; the last of them frees it. */
struct libvirt_mover {
	pthread_mutex_t lock;
	unsigned int users, tries;
	bool ended;
	struct errand *done; /* the latest first */
	int fd;              /* readable when there is one */
	char *uri;
	struct event *event;
};

static bool fail(struct errand *e, const char *what)
{
	const char *why = virGetLastErrorMessage();

	e->failed = true;
	snprintf(e->error, sizeof(e->error), "%s: %s", what, why ? why : "no reason is given");
	return false;
}

/* ---- what libvirt is asked ---- */

static uint64_t why_until(const struct mover_errand *what)
{
	return wall_now_s() + WHY_KEPT_S + what->why.deadline_ms / 1000;
}

/* Best effort: a guest without it moves all the same. */
static void set_why(virDomainPtr d, const char *element)
{
	virDomainSetMetadata(d, VIR_DOMAIN_METADATA_ELEMENT, element, "sunward-move",
		DOMAIN_XML_MOVE, VIR_DOMAIN_AFFECT_LIVE);
}

/* It went with the guest. Whoever cannot reach that libvirtd leaves it to its end. */
static void clear_why_there(const struct errand *e)
{
	virConnectPtr there = virConnectOpen(e->to);
	virDomainPtr d = there ? virDomainLookupByUUID(there, e->what.uuid.bytes) : NULL;

	if (d) {
		set_why(d, NULL);
		virDomainFree(d);
	}
	if (there)
		virConnectClose(there);
}

static bool migrate(struct errand *e, virDomainPtr d)
{
	unsigned int flags = VIR_MIGRATE_LIVE | VIR_MIGRATE_PEER2PEER;
	virTypedParameterPtr params = NULL;
	char why[DOMAIN_WHY_TEXT];
	int count = 0, max = 0, rc;

	if (virDomainIsPersistent(d) == 1) /* it is to be defined where it runs, and only there */
		flags |= VIR_MIGRATE_PERSIST_DEST | VIR_MIGRATE_UNDEFINE_SOURCE;
	if (e->migrate && virTypedParamsAddString(
				  &params, &count, &max, VIR_MIGRATE_PARAM_URI, e->migrate) < 0)
		return fail(e, "libvirt");
	domain_why_write(&e->what.why, why_until(&e->what), why);
	set_why(d, why);
	rc = virDomainMigrateToURI3(d, e->to, params, (unsigned int)count, flags);
	virTypedParamsFree(params, count);
	if (rc == 0) {
		clear_why_there(e);
		return true;
	}
	fail(e, "libvirt does not migrate it");
	set_why(d, NULL);
	return false;
}

static bool runs(struct errand *e, virDomainPtr d)
{
	int state = 0, reason = 0;

	if (virDomainGetState(d, &state, &reason, 0) == 0 &&
		(state == VIR_DOMAIN_RUNNING || state == VIR_DOMAIN_BLOCKED))
		return true;
	e->failed = true;
	snprintf(e->error, sizeof(e->error), "libvirt says that it does not run");
	return false;
}

static bool try_there(struct errand *e)
{
	virConnectPtr there = virConnectOpenReadOnly(e->to);
	virDomainPtr d;

	if (!there)
		return fail(e, "the destination's libvirtd does not answer the agent");
	d = virDomainLookupByUUID(there, e->what.uuid.bytes);
	if (d && virDomainIsActive(d) == 1) {
		e->failed = true;
		snprintf(e->error, sizeof(e->error), "the destination has it already");
	}
	if (d)
		virDomainFree(d);
	virConnectClose(there);
	return !e->failed;
}

static void run_on(struct errand *e, virDomainPtr d)
{
	switch (e->kind) {
	case MOVE:
		if (runs(e, d))
			migrate(e, d);
		break;
	case TRY:
		if (runs(e, d))
			try_there(e);
		break;
	case GIVE_UP:
		if (virDomainAbortJob(d) < 0)
			fail(e, "its migration cannot be given up");
		break;
	}
}

static void free_errand(struct errand *e)
{
	free(e->to);
	free(e->migrate);
	free(e);
}

static void leave(struct libvirt_mover *m);

static void hand_in(struct errand *e)
{
	struct libvirt_mover *m = e->mover;

	pthread_mutex_lock(&m->lock);
	m->tries -= e->kind == TRY;
	if (m->ended || !e->done) {
		free_errand(e);
	} else {
		e->next = m->done;
		m->done = e;
		eventfd_write(m->fd, 1);
	}
	pthread_mutex_unlock(&m->lock);
	leave(m);
}

static void *run(void *arg)
{
	struct errand *e = arg;
	virConnectPtr conn = virConnectOpen(e->mover->uri);
	virDomainPtr d = conn ? virDomainLookupByUUID(conn, e->what.uuid.bytes) : NULL;

	if (!conn)
		fail(e, "libvirtd does not let the agent write to it");
	else if (!d)
		fail(e, "libvirtd has no such guest");
	else
		run_on(e, d);
	if (d)
		virDomainFree(d);
	if (conn)
		virConnectClose(conn);
	hand_in(e);
	return NULL;
}

/* ---- the agent's thread ---- */

/* One user less; both sides call it. */
static void leave(struct libvirt_mover *m)
{
	bool last;

	pthread_mutex_lock(&m->lock);
	last = --m->users == 0;
	pthread_mutex_unlock(&m->lock);
	if (!last)
		return;
	pthread_mutex_destroy(&m->lock);
	close(m->fd);
	free(m->uri);
	free(m);
}

static struct errand *take_done(struct libvirt_mover *m)
{
	struct errand *list;

	pthread_mutex_lock(&m->lock);
	list = m->done;
	m->done = NULL;
	pthread_mutex_unlock(&m->lock);
	return list;
}

static void on_done(evutil_socket_t fd, short what, void *arg)
{
	struct libvirt_mover *m = arg;
	struct errand *next;
	eventfd_t n;

	eventfd_read(m->fd, &n);
	for (struct errand *e = take_done(m); e; e = next) {
		next = e->next;
		e->done(e->arg, e->failed ? e->error : NULL);
		free_errand(e);
	}
}

static bool copy(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return *to || !from;
}

static bool start(struct libvirt_mover *m, enum kind kind, const struct mover_errand *what,
	mover_done *done, void *arg)
{
	struct errand *e = calloc(1, sizeof(*e));
	pthread_t thread;

	if (!e)
		return false;
	e->kind = kind;
	e->mover = m;
	e->what = *what;
	e->done = done;
	e->arg = arg;
	pthread_mutex_lock(&m->lock);
	m->users++;
	m->tries += kind == TRY;
	pthread_mutex_unlock(&m->lock);
	if (!copy(&e->to, what->to) || !copy(&e->migrate, what->migrate) ||
		pthread_create(&thread, NULL, run, e)) {
		free_errand(e);
		pthread_mutex_lock(&m->lock);
		m->tries -= kind == TRY;
		pthread_mutex_unlock(&m->lock);
		leave(m);
		return false;
	}
	pthread_detach(thread);
	return true;
}

bool libvirt_mover_move(
	struct libvirt_mover *m, const struct mover_errand *e, mover_done *done, void *arg)
{
	return start(m, MOVE, e, done, arg);
}

int libvirt_mover_try(
	struct libvirt_mover *m, const struct mover_errand *e, mover_done *done, void *arg)
{
	bool full;

	pthread_mutex_lock(&m->lock);
	full = m->tries >= MOVER_TRIES_MAX;
	pthread_mutex_unlock(&m->lock);
	if (full)
		return -EAGAIN;
	return start(m, TRY, e, done, arg) ? 0 : -ENOMEM;
}

bool libvirt_mover_give_up(struct libvirt_mover *m, const struct handover_id *uuid)
{
	const struct mover_errand e = {.uuid = *uuid};

	return start(m, GIVE_UP, &e, NULL, NULL);
}

struct libvirt_mover *libvirt_mover_new(struct event_base *base, const char *uri, struct log *log)
{
	struct libvirt_mover *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->users = 1;
	pthread_mutex_init(&m->lock, NULL);
	m->uri = strdup(uri);
	m->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	/* Its connections may need libvirt's loop, which libvirt_source runs. */
	if (m->uri && m->fd >= 0 && libvirt_event_base())
		m->event = event_new(base, m->fd, EV_READ | EV_PERSIST, on_done, m);
	if (m->event && event_add(m->event, NULL) == 0)
		return m;
	log_error(log, "libvirt %s: guests cannot be moved: out of memory", uri);
	libvirt_mover_free(m);
	return NULL;
}

void libvirt_mover_free(struct libvirt_mover *m)
{
	struct errand *next;

	if (!m)
		return;
	pthread_mutex_lock(&m->lock);
	m->ended = true;
	pthread_mutex_unlock(&m->lock);
	if (m->event)
		event_free(m->event);
	for (struct errand *e = take_done(m); e; e = next) {
		next = e->next;
		free_errand(e);
	}
	leave(m);
}
