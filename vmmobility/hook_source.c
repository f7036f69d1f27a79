/* See hook_source.h. */
#include "vmmobility/hook_source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "vmmobility/domain_xml.h"
#include "vmmobility/hook_message.h"

#define HOOKS_MAX   32 /* at work at one time */
#define PATIENCE_MS 5000

/* A hook that is connected. */
struct hook {
	struct hook_source *source;
	struct event *event; /* NULL: the place is free */
	int fd;
	struct handover_id waits; /* for what is said of this guest; all zero: not yet heard */
};

struct hook_source {
	struct event_base *base;
	char path[108];
	int listener;
	struct event *event;
	struct guests *guests;
	const struct reporter *reporter;
	struct vm_env *env;
	struct hook_source_ops ops;
	struct log_limit log_limit;
	struct hook hooks[HOOKS_MAX];
	struct domain domain; /* of the present call */
	char record[HOOK_MESSAGE_MAX];
};

/* ---- answers ---- */

static void let_go(struct hook *k, const char *answer)
{
	if (answer)
		send(k->fd, answer, strlen(answer), MSG_NOSIGNAL | MSG_DONTWAIT);
	event_free(k->event);
	k->event = NULL;
	close(k->fd);
}

/* What an xTR has against it; NULL: not all have answered, or one has taken it. */
static const char *objection(const struct guest *guest)
{
	static const char *const words[] = {
		[HANDOVER_NOT_PERMITTED] =
			"refuse an xTR says that the guest's addresses are not this agent's",
		[HANDOVER_OWNED] =
			"refuse an xTR says that the guest's addresses are owned elsewhere, and not released",
		[HANDOVER_NO_ROOM] = "refuse an xTR has no room"};

	for (unsigned int i = 0; i < VM_XTRS_MAX; i++) {
		int answer = reporter_answer(&guest->report, i);

		if (answer >= HANDOVER_NOT_PERMITTED && answer <= HANDOVER_NO_ROOM)
			return words[answer];
	}
	return NULL;
}

static void settle_one(struct hook_source *h, struct hook *k)
{
	const struct guest *guest = guests_by_uuid(h->guests, &k->waits);

	if (!guest || guest->place != GUEST_AWAITED)
		let_go(k, "ok");
	else if (reporter_taken(h->reporter, &guest->report))
		let_go(k, "ok");
	else if (!guest->report.urgent)
		let_go(k, objection(guest));
}

static bool waits(const struct hook *k)
{
	static const struct handover_id nobody;

	return k->event && memcmp(&k->waits, &nobody, sizeof(nobody)) != 0;
}

void hook_source_settle(struct hook_source *h)
{
	for (unsigned int i = 0; i < HOOKS_MAX; i++)
		if (waits(&h->hooks[i]))
			settle_one(h, &h->hooks[i]);
}

/* ---- what a hook says ---- */

static void log_bad(struct hook_source *h, const struct hook_message *m, const char *why)
{
	vm_count(h->env, VM_HOOKS_MALFORMED);
	log_limited(h->env->log, &h->log_limit, h->env->now, LOG_LEVEL_WARNING,
		"hook %s of guest %s: %s", m->operation, m->guest, why);
}

/* The guest that the XML is about; NULL: none whose addresses are known. */
static struct guest *guest_of(struct hook_source *h, const struct hook_message *m)
{
	struct domain *d = &h->domain;
	char why[256];

	if (!m->xml_len)
		return guests_by_name(h->guests, m->guest);
	if (domain_xml_read(m->xml, m->xml_len, d, why, sizeof(why))) {
		log_bad(h, m, why);
		return NULL;
	}
	if (!d->host_count)
		return guests_by_uuid(h->guests, &d->uuid);
	return guests_bind(h->guests, d->name, &d->uuid, GUEST_OF_HOOK, d->hosts, d->host_count);
}

/* Of a migration to here its source may have said why. */
static void take_why(struct hook_source *h, struct guest *guest, const struct hook_message *m)
{
	struct report_why why;

	if (!m->xml_len)
		return;
	why = domain_why(&h->domain, wall_now_s());
	guests_why(h->guests, guest, &why);
	guests_ticket(h->guests, guest, &h->domain.ticket, false);
}

static bool is(const struct hook_message *m, const char *operation, const char *sub_operation)
{
	return strcmp(m->operation, operation) == 0 && strcmp(m->sub_operation, sub_operation) == 0;
}

/* True: an answer comes when the xTRs have answered. */
static bool take(struct hook_source *h, struct hook *k, const struct hook_message *m)
{
	struct guest *guest = guest_of(h, m);

	vm_count(h->env, VM_HOOKS);
	if (!guest)
		return false;
	guests_told_by(h->guests, guest, GUEST_OF_HOOK);
	if (is(m, "migrate", "begin")) {
		take_why(h, guest, m);
		guests_news(h->guests, guest, GUEST_ANNOUNCED);
	} else if (is(m, "stopped", "end") || is(m, "release", "end"))
		guests_news(h->guests, guest, GUEST_ABSENT);
	if (!hook_may_refuse(m->operation) || guest->place != GUEST_AWAITED ||
		!guest->report.content.host_count)
		return false;
	k->waits = guest->report.content.guest;
	return true;
}

static void hear(struct hook_source *h, struct hook *k)
{
	ssize_t len = recv(k->fd, h->record, sizeof(h->record), MSG_DONTWAIT);
	struct hook_message m;

	if (len < 0 && errno == EAGAIN)
		return;
	if (len <= 0 || waits(k)) {
		let_go(k, NULL); /* it has hung up, or says more than one thing */
	} else if (!hook_message_parse(h->record, (size_t)len, &m)) {
		vm_count(h->env, VM_HOOKS_MALFORMED);
		let_go(k, NULL);
	} else if (!take(h, k, &m)) {
		let_go(k, "ok");
	}
}

static void on_hook(evutil_socket_t fd, short what, void *arg)
{
	struct hook *k = arg;
	struct hook_source *h = k->source;

	h->ops.begin(h->ops.arg);
	if (what & EV_TIMEOUT)
		let_go(k, NULL);
	else
		hear(h, k);
	hook_source_settle(h);
	h->ops.end(h->ops.arg);
}

static struct hook *find_place(struct hook_source *h)
{
	for (unsigned int i = 0; i < HOOKS_MAX; i++)
		if (!h->hooks[i].event)
			return &h->hooks[i];
	return NULL;
}

static void on_connection(evutil_socket_t listener, short what, void *arg)
{
	static const struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};
	struct hook_source *h = arg;
	struct hook *k = find_place(h);
	int fd = accept4(h->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (k) {
		*k = (struct hook){.source = h, .fd = fd};
		k->event = event_new(h->base, fd, EV_READ | EV_PERSIST, on_hook, k);
	}
	if (k && k->event)
		event_add(k->event, &patience);
	else
		close(fd); /* the hook goes on without an answer */
}

/* ---- start ---- */

static int open_listener(struct hook_source *h)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), rc;
	mode_t mask;

	if (fd < 0)
		return -errno;
	memcpy(at.sun_path, h->path, sizeof(at.sun_path)); /* shorter, and ended */
	/* One that is alive belongs to another agent. */
	if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0) {
		close(fd);
		return -EADDRINUSE;
	}
	unlink(h->path);
	mask = umask(0177);
	rc = bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, HOOKS_MAX) < 0
		     ? -errno
		     : fd;
	umask(mask);
	if (rc < 0)
		close(fd);
	return rc;
}

struct hook_source *hook_source_new(struct event_base *base, const char *path,
	struct guests *guests, const struct reporter *reporter, struct vm_env *env,
	const struct hook_source_ops *ops)
{
	struct hook_source *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->base = base;
	h->guests = guests;
	h->reporter = reporter;
	h->env = env;
	h->ops = *ops;
	snprintf(h->path, sizeof(h->path), "%s", path);
	h->listener = open_listener(h);
	if (h->listener < 0) {
		log_error(env->log, "hook-socket %s: %s", path, strerror(-h->listener));
		free(h);
		return NULL;
	}
	h->event = event_new(base, h->listener, EV_READ | EV_PERSIST, on_connection, h);
	if (!h->event || event_add(h->event, NULL)) {
		hook_source_free(h);
		return NULL;
	}
	return h;
}

void hook_source_free(struct hook_source *h)
{
	if (!h)
		return;
	for (unsigned int i = 0; i < HOOKS_MAX; i++)
		if (h->hooks[i].event)
			let_go(&h->hooks[i], NULL);
	if (h->event)
		event_free(h->event);
	close(h->listener);
	unlink(h->path);
	free(h);
}
