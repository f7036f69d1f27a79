/* See libvirt_source.h. Functions from "the agent's thread" on run there, all above on the thread
 * that speaks with libvirtd. */
#include "vmmobility/libvirt_source.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "lib/base/log.h"
#include "vmmobility/libvirt_event.h"
#include "vmmobility/libvirt_news.h"
#include "vmmobility/libvirt_queue.h"

#define RETRY_MS      1000
#define SOON_MS       100 /* a libvirtd that is restarted lets a guest run that it had stopped */
#define SOON_TRIES    600
#define POLL_MS       1000 /* of the jobs of guests that depart */
#define KEEPALIVE_S   5
#define KEEPALIVES    3
#define DEPARTING_MAX 256
#define STOP_S        2 /* that a call to libvirtd may still take when the agent stops */

struct libvirt_source {
	struct event_base *base; /* the agent's */
	struct libvirt_source_ops ops;
	struct log *log;
	char *uri;
	struct event *queue_event;
	struct libvirt_queue queue;
	pthread_t thread;
	atomic_bool stopping, connected, told;
	int stop_fd;
	/* The thread's. */
	struct event_base *loop;
	virConnectPtr conn;
	bool lost, complained;
	struct handover_id departing[DEPARTING_MAX];
	unsigned int departing_count;
	struct log_limit log_limit;
};

bool libvirt_source_built(void)
{
	return true;
}

/* ---- what is found ---- */

static void tell(struct libvirt_source *l, const struct handover_id *uuid, enum guest_news news)
{
	const struct libvirt_item item = {.kind = LIBVIRT_NEWS, .uuid = *uuid, .news = news};

	libvirt_queue_put(&l->queue, &item);
}

static struct handover_id uuid_of(virDomainPtr d)
{
	struct handover_id uuid = {{0}};

	virDomainGetUUID(d, uuid.bytes);
	return uuid;
}

/* Its addresses and cards. One without addresses in its metadata may have them in the agent's
 * configuration, or they are snooped. */
static void tell_domain(struct libvirt_source *l, virDomainPtr d)
{
	char *xml = virDomainGetXMLDesc(d, 0), why[256] = "";
	struct domain *domain = xml ? malloc(sizeof(*domain)) : NULL;
	const struct libvirt_item item = {.kind = LIBVIRT_DOMAIN, .domain = domain};

	if (domain && domain_xml_read(xml, strlen(xml), domain, why, sizeof(why)) == 0) {
		libvirt_queue_put(&l->queue, &item);
		domain = NULL;
	} else if (domain && why[0]) {
		log_limited(l->log, &l->log_limit, mono_now(), LOG_LEVEL_WARNING,
			"libvirt domain %s: %s", virDomainGetName(d), why);
	}
	free(domain);
	free(xml);
}

/* What its job does: enum virDomainJobOperation, 0: none. */
static int operation_of(virDomainPtr d)
{
	virTypedParameterPtr params = NULL;
	int type = VIR_DOMAIN_JOB_NONE, count = 0, operation = 0;

	if (virDomainGetJobStats(d, &type, &params, &count, 0) == 0 && type != VIR_DOMAIN_JOB_NONE)
		virTypedParamsGetInt(params, count, VIR_DOMAIN_JOB_OPERATION, &operation);
	virTypedParamsFree(params, count);
	return operation;
}

/* ---- guests that depart ---- */

/* libvirt tells of a migration's rounds, and not of its failure while it copies: that is asked. */
static void watch_departing(struct libvirt_source *l, const struct handover_id *uuid)
{
	for (unsigned int i = 0; i < l->departing_count; i++)
		if (memcmp(&l->departing[i], uuid, sizeof(*uuid)) == 0)
			return;
	if (l->departing_count < DEPARTING_MAX)
		l->departing[l->departing_count++] = *uuid;
}

static void forget_departing(struct libvirt_source *l, const struct handover_id *uuid)
{
	for (unsigned int i = 0; i < l->departing_count; i++)
		if (memcmp(&l->departing[i], uuid, sizeof(*uuid)) == 0) {
			l->departing[i] = l->departing[--l->departing_count];
			return;
		}
}

static void on_poll(evutil_socket_t fd, short what, void *arg)
{
	struct libvirt_source *l = arg;

	for (unsigned int i = l->departing_count; i-- > 0;) {
		const struct handover_id uuid = l->departing[i];
		virDomainPtr d = virDomainLookupByUUID(l->conn, uuid.bytes);

		if (d && operation_of(d) != VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT) {
			tell(l, &uuid, GUEST_STAYS);
			forget_departing(l, &uuid);
		}
		if (d)
			virDomainFree(d);
		else
			forget_departing(l, &uuid);
	}
}

/* ---- events ---- */

static int on_lifecycle(virConnectPtr conn, virDomainPtr d, int event, int detail, void *arg)
{
	struct libvirt_source *l = arg;
	const struct handover_id uuid = uuid_of(d);
	enum guest_news news;

	if (event == VIR_DOMAIN_EVENT_STARTED || event == VIR_DOMAIN_EVENT_DEFINED)
		tell_domain(l, d);
	if (libvirt_news_of_event(event, detail, &news)) {
		forget_departing(l, &uuid); /* what it does now, is told */
		tell(l, &uuid, news);
	}
	return 0;
}

static void on_iteration(virConnectPtr conn, virDomainPtr d, int iteration, void *arg)
{
	struct libvirt_source *l = arg;
	const struct handover_id uuid = uuid_of(d);

	tell(l, &uuid, GUEST_DEPARTS);
	watch_departing(l, &uuid);
}

static void on_metadata(
	virConnectPtr conn, virDomainPtr d, int type, const char *namespace, void *arg)
{
	tell_domain(arg, d);
}

static void on_close(virConnectPtr conn, int reason, void *arg)
{
	struct libvirt_source *l = arg;

	l->lost = true;
	event_base_loopbreak(l->loop);
}

static void on_stop(evutil_socket_t fd, short what, void *arg)
{
	struct libvirt_source *l = arg;

	event_base_loopbreak(l->loop);
}

/* ---- a connection ---- */

static void sync_domain(struct libvirt_source *l, virDomainPtr d)
{
	const struct handover_id uuid = uuid_of(d);
	int state = 0, reason = 0, operation = operation_of(d);
	enum guest_news news;

	tell_domain(l, d);
	if (virDomainGetState(d, &state, &reason, 0) == 0 &&
		libvirt_news_of_state(
			state, reason, operation == VIR_DOMAIN_JOB_OPERATION_MIGRATION_IN, &news))
		tell(l, &uuid, news);
	if (operation == VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT && state == VIR_DOMAIN_RUNNING) {
		tell(l, &uuid, GUEST_DEPARTS);
		watch_departing(l, &uuid);
	}
}

static void sync_all(struct libvirt_source *l)
{
	struct libvirt_item item = {.kind = LIBVIRT_SYNCED};
	virDomainPtr *domains = NULL;
	int n = virConnectListAllDomains(l->conn, &domains, 0);

	if (n < 0) {
		log_error(l->log, "libvirt %s: its domains cannot be listed: %s", l->uri,
			virGetLastErrorMessage());
		l->lost = true;
		return;
	}
	item.list = calloc((size_t)n + 1, sizeof(*item.list));
	for (int i = 0; i < n; i++) {
		sync_domain(l, domains[i]);
		if (item.list)
			item.list[item.count++] = uuid_of(domains[i]);
		virDomainFree(domains[i]);
	}
	free(domains);
	if (item.list)
		libvirt_queue_put(&l->queue, &item);
}

#define EVENTS 3

/* The close callback and the events; what fails is left out, but the first. */
static int subscribe(struct libvirt_source *l, int ids[EVENTS])
{
	virConnectRegisterCloseCallback(l->conn, on_close, l, NULL);
	virConnectSetKeepAlive(l->conn, KEEPALIVE_S, KEEPALIVES);
	ids[0] = virConnectDomainEventRegisterAny(l->conn, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
		VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle), l, NULL);
	ids[1] = virConnectDomainEventRegisterAny(l->conn, NULL,
		VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION, VIR_DOMAIN_EVENT_CALLBACK(on_iteration), l,
		NULL);
	ids[2] =
		virConnectDomainEventRegisterAny(l->conn, NULL, VIR_DOMAIN_EVENT_ID_METADATA_CHANGE,
			VIR_DOMAIN_EVENT_CALLBACK(on_metadata), l, NULL);
	return ids[0];
}

static void disconnect(struct libvirt_source *l, const int ids[EVENTS])
{
	for (unsigned int i = 0; i < EVENTS; i++)
		if (ids[i] >= 0)
			virConnectDomainEventDeregisterAny(l->conn, ids[i]);
	virConnectUnregisterCloseCallback(l->conn, on_close);
	virConnectClose(l->conn);
	l->conn = NULL;
	l->departing_count = 0;
	event_base_loop(l->loop, EVLOOP_NONBLOCK); /* what libvirt has given back */
}

static void complain(struct libvirt_source *l)
{
	if (!l->complained)
		log_warning(l->log,
			"libvirt %s: %s; tried again (ten times a second for a minute, then every second), nothing is taken back",
			l->uri, virGetLastErrorMessage());
	l->complained = true;
}

/* One connection, from its beginning to its end. False: there was none. */
static bool serve(struct libvirt_source *l)
{
	int ids[EVENTS] = {-1, -1, -1};
	bool served;

	l->lost = false;
	l->conn = virConnectOpenReadOnly(l->uri);
	if (!l->conn) {
		complain(l);
		return false;
	}
	if (subscribe(l, ids) < 0)
		complain(l);
	else
		sync_all(l);
	served = ids[0] >= 0 && !l->lost && !l->stopping;
	if (served) {
		l->complained = false;
		l->connected = true;
		log_info(l->log, "libvirt %s: connected", l->uri);
		event_base_loop(l->loop, EVLOOP_NO_EXIT_ON_EMPTY);
		l->connected = false;
		if (!l->stopping)
			log_warning(l->log, "libvirt %s: the connection has ended", l->uri);
	}
	disconnect(l, ids);
	return served;
}

static void ignore_error(void *arg, virErrorPtr error)
{
}

static void *run(void *arg)
{
	static const struct timeval retry = {.tv_sec = RETRY_MS / 1000},
				    soon = {.tv_usec = SOON_MS * 1000},
				    poll = {.tv_sec = POLL_MS / 1000};
	struct libvirt_source *l = arg;
	unsigned int tries = 0;
	struct event *stop, *timer;

	virSetErrorFunc(NULL, ignore_error); /* or it writes to standard error by itself */
	stop = event_new(l->loop, l->stop_fd, EV_READ | EV_PERSIST, on_stop, l);
	timer = event_new(l->loop, -1, EV_PERSIST, on_poll, l);
	if (stop && timer) {
		event_add(stop, NULL);
		while (!l->stopping) {
			event_add(timer, &poll);
			tries = serve(l) ? 0 : tries + 1;
			event_del(timer);
			if (!l->stopping) {
				event_base_loopexit(l->loop, tries < SOON_TRIES ? &soon : &retry);
				event_base_loop(l->loop, EVLOOP_NO_EXIT_ON_EMPTY);
			}
		}
	}
	if (stop)
		event_free(stop);
	if (timer)
		event_free(timer);
	return NULL;
}

/* ---- the agent's thread ---- */

static bool is_there(void *list, const struct handover_id *uuid)
{
	const struct libvirt_item *item = list;

	for (size_t i = 0; i < item->count; i++)
		if (memcmp(&item->list[i], uuid, sizeof(*uuid)) == 0)
			return true;
	return false;
}

static void hand_over(struct libvirt_source *l, struct libvirt_item *item)
{
	switch (item->kind) {
	case LIBVIRT_DOMAIN:
		l->ops.domain(l->ops.arg, item->domain);
		break;
	case LIBVIRT_NEWS:
		l->ops.news(l->ops.arg, &item->uuid, item->news);
		break;
	case LIBVIRT_SYNCED:
		l->ops.synced(l->ops.arg, is_there, item);
		l->told = true;
		break;
	}
}

static void on_queue(evutil_socket_t fd, short what, void *arg)
{
	struct libvirt_source *l = arg;
	struct libvirt_item *next;

	l->ops.begin(l->ops.arg);
	for (struct libvirt_item *i = libvirt_queue_take(&l->queue); i; i = next) {
		next = i->next;
		hand_over(l, i);
		libvirt_item_free(i);
	}
	l->ops.end(l->ops.arg);
}

static void dispose(struct libvirt_source *l)
{
	if (l->queue_event)
		event_free(l->queue_event);
	libvirt_queue_fini(&l->queue);
	if (l->stop_fd >= 0)
		close(l->stop_fd);
	free(l->uri);
	free(l);
}

struct libvirt_source *libvirt_source_new(struct event_base *base, const char *uri,
	const struct libvirt_source_ops *ops, struct log *log)
{
	struct libvirt_source *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->base = base;
	l->ops = *ops;
	l->log = log;
	l->uri = strdup(uri);
	l->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	l->loop = libvirt_event_base();
	if (libvirt_queue_init(&l->queue) == 0)
		l->queue_event = event_new(base, l->queue.fd, EV_READ | EV_PERSIST, on_queue, l);
	if (!l->uri || l->stop_fd < 0 || !l->loop || !l->queue_event || virInitialize() < 0 ||
		event_add(l->queue_event, NULL) || pthread_create(&l->thread, NULL, run, l)) {
		log_error(log, "libvirt %s: cannot be started", uri);
		dispose(l);
		return NULL;
	}
	return l;
}

void libvirt_source_free(struct libvirt_source *l)
{
	struct timespec end;

	if (!l)
		return;
	l->stopping = true;
	eventfd_write(l->stop_fd, 1);
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += STOP_S;
	if (pthread_timedjoin_np(l->thread, NULL, &end)) {
		/* A libvirtd that does not answer must not keep the agent: the thread, and what it
		 * uses, end with the process. */
		log_warning(l->log, "libvirt %s: still in a call at the end", l->uri);
		event_free(l->queue_event);
		pthread_detach(l->thread);
		return;
	}
	dispose(l);
}

bool libvirt_source_told(const struct libvirt_source *l)
{
	return l->told;
}

bool libvirt_source_connected(const struct libvirt_source *l)
{
	return l->connected;
}
