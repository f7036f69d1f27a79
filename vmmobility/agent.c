/* See agent.h. */
#include "vmmobility/agent.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "common/state.h"
#include "lib/base/log.h"
#include "lib/service/api.h"
#include "lib/service/metrics.h"
#include "lib/service/privilege.h"
#include "vmmobility/agent_api.h"
#include "vmmobility/agent_arrivals.h"
#include "vmmobility/agent_campus.h"
#include "vmmobility/agent_metrics.h"
#include "vmmobility/agent_moves.h"
#include "vmmobility/agent_recall.h"
#include "vmmobility/agent_snoop.h"
#include "vmmobility/agent_ticket.h"
#include "vmmobility/helper.h"
#include "vmmobility/hook_source.h"
#include "vmmobility/libvirt_mover.h"
#include "vmmobility/libvirt_source.h"
#include "vmmobility/libvirt_tickets.h"
#include "vmmobility/taps.h"

#define DATAGRAM_MAX     4096
#define FILES_MIN        (GUESTS_MAX + 512)
#define OUTBOX_DATAGRAMS 8192
#define OUTBOX_BYTES     (8u << 20)

static const struct udp_socket *socket_of(const struct agent *a, uint16_t afi)
{
	for (unsigned int i = 0; i < a->socket_count; i++)
		if (a->sockets[i].afi == afi)
			return &a->sockets[i];
	return NULL;
}

void agent_begin(struct agent *a)
{
	a->env.now = mono_now();
}

void agent_settle(struct agent *a)
{
	if (a->env.out->count) {
		udp_batch_send(a->batch, socket_of(a, AFI_IPV4), socket_of(a, AFI_IPV6), a->env.out,
			a->sent);
		outbox_clear(a->env.out);
	}
	if (a->tickets)
		a->env.counters[VM_TICKETS_FAILED] = libvirt_tickets_failed(a->tickets);
	state_use_nonce(a->state, a->env.counter);
	daemon_timer_set(a->timer, timers_next(&a->env.timers));
}

bool agent_complete(const struct agent *a)
{
	for (unsigned int i = 0; i < a->qmp_count; i++)
		if (!qmp_source_told(a->qmp[i]))
			return false;
	return !a->libvirt || libvirt_source_told(a->libvirt);
}

/* ---- events in ---- */

static void on_timer(void *arg, struct mono now)
{
	struct agent *a = arg;

	a->env.now = now;
	timers_run(&a->env.timers, now);
	agent_settle(a);
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct agent *a = arg;
	struct udp_datagram *list;
	int n;

	agent_begin(a);
	for (unsigned int i = 0; i < a->socket_count; i++) {
		if (a->sockets[i].fd != fd)
			continue;
		n = udp_batch_receive(a->batch, &a->sockets[i], UDP_BATCH_MAX, &list);
		for (int k = 0; k < n; k++)
			reporter_packet(a->reporter, list[k].bytes, list[k].len, &list[k].from);
	}
	if (a->hooks)
		hook_source_settle(a->hooks);
	agent_settle(a);
}

static void on_source_begin(void *arg)
{
	agent_begin(arg);
}

static void on_source_end(void *arg)
{
	agent_settle(arg);
}

static void on_identify(void *arg, struct guest *guest, const struct handover_id *uuid)
{
	struct agent *a = arg;

	guests_identify(a->guests, guest, uuid);
}

static void on_news(void *arg, struct guest *guest, enum guest_news news, uint64_t age_us)
{
	struct agent *a = arg;

	guests_told_by(a->guests, guest, GUEST_OF_CONFIG);
	if (age_us)
		guests_old_news(
			a->guests, guest, news, (struct mono){mono_now().ns - age_us * 1000});
	else
		guests_news(a->guests, guest, news);
}

static void on_domain(void *arg, const struct domain *d)
{
	struct agent *a = arg;
	struct report_why why = domain_why(d, wall_now_s());
	struct guest *guest;

	if (d->host_count)
		guests_bind(
			a->guests, d->name, &d->uuid, GUEST_OF_LIBVIRT, d->hosts, d->host_count);
	else if (a->snoop)
		agent_snoop_domain(a->snoop, d);
	guest = guests_by_uuid(a->guests, &d->uuid);
	if (!guest)
		return;
	guests_taps(guest, GUEST_OF_LIBVIRT, d->taps, d->tap_count);
	guests_why(a->guests, guest, &why);
	agent_ticket_domain(a, guest, d);
}

static void on_domain_news(void *arg, const struct handover_id *uuid, enum guest_news news)
{
	struct agent *a = arg;
	struct guest *guest = guests_by_uuid(a->guests, uuid);

	if (!guest)
		return;
	guests_told_by(a->guests, guest, GUEST_OF_LIBVIRT);
	guests_news(a->guests, guest, news);
}

/* What libvirtd had, and has no more, went while nobody was told. */
static void on_synced(
	void *arg, bool (*is_there)(void *list, const struct handover_id *uuid), void *list)
{
	struct agent *a = arg;

	for (struct guest *g = guests_first(a->guests); g; g = g->next)
		if (agent_recall_of_libvirt(g) && !is_there(list, &g->report.content.guest))
			guests_news(a->guests, g, GUEST_ABSENT);
}

/* ---- what the core tells ---- */

static void on_changed(void *arg, const struct guest *guest)
{
	struct agent *a = arg;

	log_info(a->log, "guest %s: %s%s", guest->name,
		guest_state_name(guest->report.content.state),
		guest->report.content.in_migration ? ", to move" : "");
	if (guest->place == GUEST_AWAITED || guest->place == GUEST_RUNNING)
		taps_lengthen(a->taps, guest->taps, guest->tap_count, a->config->tap_queue);
	agent_campus_changed(a->campus, guest);
	agent_api_changed(a->api, a, guest);
	agent_moves_guest(a, guest);
	agent_ticket_renew(a, guest);
}

static void on_rebound(void *arg)
{
	struct agent *a = arg;

	agent_campus_rebound(a->campus);
}

/* What is heard only may be here and be quiet. */
static bool on_complete(void *arg, const struct eid *eid)
{
	const struct agent *a = arg;

	return agent_complete(a) && !(a->snoop && snoop_may_have(agent_snoop_core(a->snoop), eid));
}

/* ---- the guests of the configuration ---- */

static struct qmp_source *find_source(
	struct agent *a, struct guest *guest, const struct vm_config_guest *g)
{
	for (unsigned int i = 0; i < a->qmp_count; i++)
		if (a->qmp[i] && qmp_source_guest(a->qmp[i]) == guest &&
			strcmp(qmp_source_path(a->qmp[i]), g->qmp) == 0)
			return a->qmp[i];
	return NULL;
}

/* The source of @g: the one that it has, else a new one. */
static struct qmp_source *source_of(
	struct agent *a, struct guest *guest, const struct vm_config_guest *g)
{
	const struct qmp_source_ops ops = {.begin = on_source_begin,
		.end = on_source_end,
		.identify = on_identify,
		.news = on_news,
		.migrated = agent_moves_migrated,
		.arg = a};
	struct qmp_source *q = find_source(a, guest, g);

	return q ? q
		 : qmp_source_new(
			   daemon_base(a->daemon), g->qmp, guest, &ops, a->env.counters, a->log);
}

static bool is_among(struct qmp_source *const *list, unsigned int count, const struct qmp_source *q)
{
	for (unsigned int i = 0; i < count; i++)
		if (list[i] == q)
			return true;
	return false;
}

static bool is_configured(const struct vm_config *c, const struct guest *guest)
{
	for (unsigned int i = 0; i < c->guest_count; i++)
		if (strcmp(c->guests[i].name, guest->name) == 0)
			return true;
	return false;
}

/* Guests that the configuration does not name any more. Their sources are gone already. */
static void unbind_others(struct agent *a, const struct vm_config *c)
{
	struct guest *next;

	for (struct guest *g = guests_first(a->guests); g; g = next) {
		next = g->next;
		if (g->origins & GUEST_OF_CONFIG && !is_configured(c, g))
			guests_unbind(a->guests, g, GUEST_OF_CONFIG);
	}
}

static int configure_guests(struct agent *a, const struct vm_config *c)
{
	struct qmp_source **fresh = calloc(c->guest_count + 1, sizeof(struct qmp_source *)), *q;
	unsigned int count = 0;
	struct guest *guest;

	if (!fresh)
		return -ENOMEM;
	for (unsigned int i = 0; i < c->guest_count; i++) {
		const struct vm_config_guest *g = &c->guests[i];

		guest = guests_bind(
			a->guests, g->name, &g->uuid, GUEST_OF_CONFIG, g->hosts, g->host_count);
		if (guest)
			guests_taps(guest, GUEST_OF_CONFIG, g->taps, g->tap_count);
		if (guest)
			agent_ticket_config(a, guest, g);
		q = guest && g->qmp ? source_of(a, guest, g) : NULL;
		if (q)
			fresh[count++] = q;
	}
	for (unsigned int i = 0; i < a->qmp_count; i++)
		if (!is_among(fresh, count, a->qmp[i]))
			qmp_source_free(a->qmp[i]);
	free(a->qmp);
	a->qmp = fresh;
	a->qmp_count = count;
	unbind_others(a, c);
	return 0;
}

/* ---- start ---- */

static int start_state(struct agent *a)
{
	a->state = state_open(a->config->state_dir, "vmagent", wall_now_s(), a->log);
	if (!a->state)
		return -1;
	if (!a->config->agent_id_given)
		state_id(a->state, &a->random, a->config->policy.agent_id.bytes);
	a->env.counter = state_first_nonce(a->state);
	return 0;
}

static int start_sockets(struct agent *a)
{
	const struct udp_options options = {.need_checksum = true};
	char why[256];

	for (unsigned int i = 0; i < a->config->listen_count; i++) {
		if (udp_open(&a->sockets[i], &a->config->listen[i], &options, why, sizeof(why))) {
			log_error(a->log, "listen: %s", why);
			return -1;
		}
		a->socket_count++;
	}
	return 0;
}

static int start_core(struct agent *a)
{
	const struct reporter_ops reporter = {.complete = on_complete, .arg = a};
	const struct guests_ops guests = {.changed = on_changed,
		.rebound = on_rebound,
		.keep = agent_recall_keep,
		.forget = agent_recall_forget,
		.arg = a};

	a->env.random = &a->random;
	a->env.log = a->log;
	a->env.now = a->started;
	timers_init(&a->env.timers);
	a->env.out = outbox_new(OUTBOX_DATAGRAMS, OUTBOX_BYTES);
	a->batch = udp_batch_new(DATAGRAM_MAX);
	a->timer = daemon_timer_new(daemon_base(a->daemon), on_timer, a);
	a->taps = taps_new(a->helper, a->log);
	if (a->env.out && a->batch && a->timer && a->taps)
		a->reporter = reporter_new(&a->env, &a->config->policy, &reporter);
	if (a->reporter)
		a->guests = guests_new(
			&a->env, a->reporter, &a->config->policy, &guests, taps_ops(a->taps));
	if (a->guests) {
		agent_recall_load(a);
		a->moves = agent_moves_new(a);
	}
	if (!a->moves)
		log_error(a->log, "the core cannot be started: out of memory");
	return a->moves ? 0 : -1;
}

static int start_libvirt(struct agent *a)
{
	const struct libvirt_source_ops ops = {.begin = on_source_begin,
		.end = on_source_end,
		.domain = on_domain,
		.news = on_domain_news,
		.synced = on_synced,
		.arg = a};
	const struct hook_source_ops hook_ops = {
		.begin = on_source_begin, .end = on_source_end, .arg = a};

	if (a->config->libvirt_uri)
		a->libvirt = libvirt_source_new(
			daemon_base(a->daemon), a->config->libvirt_uri, &ops, a->log);
	if (a->libvirt)
		a->mover =
			libvirt_mover_new(daemon_base(a->daemon), a->config->libvirt_uri, a->log);
	if (a->libvirt)
		a->tickets = libvirt_tickets_new(a->config->libvirt_uri, a->log);
	if (a->config->hook_socket)
		a->hooks = hook_source_new(daemon_base(a->daemon), a->config->hook_socket,
			a->guests, a->reporter, &a->env, &hook_ops);
	return (a->config->libvirt_uri && !a->libvirt) || (a->config->hook_socket && !a->hooks) ? -1
												: 0;
}

static int start_snoop(struct agent *a)
{
	if (a->config->snoop.rule_count && !a->snoop)
		a->snoop = agent_snoop_new(a);
	return a->config->snoop.rule_count && !a->snoop ? -1 : 0;
}

static int start_api(struct agent *a)
{
	a->metrics = metrics_new();
	a->api = a->metrics ? api_new(daemon_base(a->daemon), NULL, a->log, a->metrics) : NULL;
	if (!a->api)
		return -1;
	a->agent_metrics = agent_metrics_new(a->metrics, a);
	a->campus = agent_campus_new(a);
	agent_api_routes(a->api, a);
	agent_moves_routes(a->api, a);
	agent_arrivals_routes(a->api, a);
	return a->agent_metrics && a->campus ? api_listen(a->api, a->config->api_socket, 0660, NULL)
					     : -1;
}

static int start_events(struct agent *a)
{
	for (unsigned int i = 0; i < a->socket_count; i++) {
		a->socket_events[i] = event_new(daemon_base(a->daemon), a->sockets[i].fd,
			EV_READ | EV_PERSIST, on_socket, a);
		if (!a->socket_events[i])
			return -1;
		event_add(a->socket_events[i], NULL);
	}
	return 0;
}

/* What needs rights is left to a process of its own. Without one the guests are told of all the
 * same. It comes first, lest it inherits sockets and locks. */
static int start_helper(struct agent *a)
{
	a->helper = helper_start(a->log);
	if (!a->helper)
		log_warning(a->log, "the helper process cannot be started: %s", strerror(errno));
	return 0;
}

/* A connection for each guest's QEMU; where there is no right to so many, those that fail say so.
 */
static void allow_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) || files.rlim_cur >= FILES_MIN)
		return;
	files.rlim_cur = files.rlim_max < FILES_MIN ? files.rlim_max : FILES_MIN;
	setrlimit(RLIMIT_NOFILE, &files);
}

static int drop_rights(struct agent *a)
{
	const struct privilege_options options = {0};

	return privilege_drop(&options, a->log);
}

static void stop(void *self);

static struct vm_config *load_config(const struct config *file)
{
	struct vm_config *c = malloc(sizeof(*c));

	if (c && vm_config_load(c, config_root(file))) {
		free(c);
		c = NULL;
	}
	return c;
}

static void free_config(struct vm_config *c)
{
	if (c)
		vm_config_fini(c);
	free(c);
}

static void *start(struct daemon *daemon, const struct config *file)
{
	struct agent *a = calloc(1, sizeof(*a));

	if (!a || !(a->config = load_config(file))) {
		log_error(daemon_log(daemon), "out of memory");
		free(a);
		return NULL;
	}
	a->daemon = daemon;
	a->log = daemon_log(daemon);
	a->started = mono_now();
	random_system_init(&a->random);
	allow_files();
	if (start_helper(a) || start_state(a) || start_sockets(a) || drop_rights(a) ||
		start_core(a) || start_api(a) || start_events(a) ||
		configure_guests(a, a->config) || start_snoop(a) || start_libvirt(a)) {
		stop(a);
		return NULL;
	}
	agent_recall_sort(a);
	agent_settle(a);
	return a;
}

static int reload(void *self, const struct config *file)
{
	struct agent *a = self;
	struct vm_config *fresh = load_config(file);

	if (!fresh)
		return -ENOMEM;
	if (!fresh->agent_id_given)
		fresh->policy.agent_id = a->config->policy.agent_id;
	agent_begin(a);
	if (reporter_reload(a->reporter, &fresh->policy) || configure_guests(a, fresh)) {
		free_config(fresh);
		return -ENOMEM;
	}
	guests_reload(a->guests, &fresh->policy);
	free_config(a->config);
	a->config = fresh;
	if (agent_campus_configure(a->campus))
		log_warning(a->log, "rbridge: out of memory");
	if (a->snoop)
		agent_snoop_reload(a->snoop);
	start_snoop(a);
	agent_settle(a);
	return 0;
}

static void stop(void *self)
{
	struct agent *a = self;

	libvirt_mover_free(a->mover);
	libvirt_tickets_free(a->tickets);
	libvirt_source_free(a->libvirt);
	agent_snoop_free(a->snoop);
	hook_source_free(a->hooks);
	for (unsigned int i = 0; i < a->qmp_count; i++)
		qmp_source_free(a->qmp[i]);
	free(a->qmp);
	for (unsigned int i = 0; i < a->socket_count; i++) {
		if (a->socket_events[i])
			event_free(a->socket_events[i]);
		udp_close(&a->sockets[i]);
	}
	agent_campus_free(a->campus);
	api_free(a->api);
	metrics_free(a->metrics);
	agent_metrics_free(a->agent_metrics);
	moves_free(a->moves);
	guests_free(a->guests);
	reporter_free(a->reporter);
	taps_free(a->taps);
	helper_stop(a->helper);
	daemon_timer_free(a->timer);
	outbox_free(a->env.out);
	udp_batch_free(a->batch);
	state_close(a->state);
	free_config(a->config);
	free(a);
}

const struct daemon_ops agent_daemon = {
	.name = "sunward-vmagent",
	.summary = "tells the xTRs of a site what becomes of the guests on this hypervisor",
	.config_path = SYSCONFDIR "/vmagent.conf",
	.schema = vm_config_schema,
	.check = vm_config_check,
	.start = start,
	.reload = reload,
	.stop = stop,
};
