/* See mapserver.h. */
#include "mapserver/mapserver.h"

#include <errno.h>
#include <event2/event.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/rcu.h"
#include "lib/service/privilege.h"
#include "mapserver/ddt_resolver.h"
#include "mapserver/ddt_shell.h"
#include "mapserver/subscribe.h"

#define INSTANCES_MAX 65536
#define OUT_DATAGRAMS 1024
#define OUT_BYTES     (1u << 20)

/* ---- what is told beside the counters ---- */

enum {
	GAUGE_EIDS,
	GAUGE_TOMBSTONES,
	GAUGE_XTRS,
	GAUGE_PENDING,
	GAUGE_SUBSCRIPTIONS,
	GAUGE_NEWS,
	GAUGE_PUBLISH_WAITING,
	GAUGE_PUBLISH_FLIGHT,
	GAUGE_MEMORY,
	GAUGE_FLAPPING,
	GAUGE_HISTORIES,
	GAUGE_HISTORY_BYTES,
	GAUGE_EVENTS_LOST,
	GAUGE_DDT_SEARCHES,
	GAUGE_DDT_REFERRALS,
	GAUGE_DDT_EVICTED,
	GAUGE_KERNEL_DROPS,
	GAUGE_DURABLE,
	GAUGE_RECOVERING,
	GAUGE_DAMAGED,
	GAUGE_STORE_BYTES,
	GAUGE_STORE_SIZE,
	GAUGE_STORE_JOURNAL,
	GAUGE_SNAPSHOT,
	GAUGE_FLUSH,
	GAUGE_SENT,
	GAUGE_MAX = GAUGE_SENT + UDP_SEND_RESULTS,
};

#define SENT(result, text)                                                                         \
	[GAUGE_SENT + (result)] = {"sunward_mapserver_sent_total",                                 \
		"Datagrams of the workers, by result of sending.", "result", text, METRIC_COUNTER}

static const struct metric gauges[GAUGE_MAX] = {
	[GAUGE_EIDS] = {"sunward_mapserver_eids", "Mappings held.", NULL, NULL, METRIC_GAUGE},
	[GAUGE_TOMBSTONES] = {"sunward_mapserver_tombstones",
		"Sequence numbers kept of mappings that have gone.", NULL, NULL, METRIC_GAUGE},
	[GAUGE_XTRS] = {"sunward_mapserver_xtrs", "xTRs known.", NULL, NULL, METRIC_GAUGE},
	[GAUGE_PENDING] = {"sunward_mapserver_pending_notifies",
		"Unsolicited notifies that wait for an acknowledgement.", NULL, NULL, METRIC_GAUGE},
	[GAUGE_SUBSCRIPTIONS] = {"sunward_mapserver_subscriptions", "Subscriptions held.", NULL,
		NULL, METRIC_GAUGE},
	[GAUGE_NEWS] = {"sunward_mapserver_publish_news",
		"Changed EIDs whose subscribers were not looked for yet.", NULL, NULL,
		METRIC_GAUGE},
	[GAUGE_PUBLISH_WAITING] = {"sunward_mapserver_publish_waiting",
		"Notifications of subscribers that wait for their turn.", NULL, NULL, METRIC_GAUGE},
	[GAUGE_PUBLISH_FLIGHT] = {"sunward_mapserver_publish_flight",
		"Notifications of subscribers that wait for an acknowledgement.", NULL, NULL,
		METRIC_GAUGE},
	[GAUGE_MEMORY] = {"sunward_mapserver_registry_bytes",
		"Bytes held by mappings, their tables and locator sets.", NULL, NULL, METRIC_GAUGE},
	[GAUGE_FLAPPING] = {"sunward_mapserver_flapping_eids", "EIDs that move too often now.",
		NULL, NULL, METRIC_GAUGE},
	[GAUGE_HISTORIES] = {"sunward_mapserver_histories",
		"EIDs that have moved, and whose last changes are remembered.", NULL, NULL,
		METRIC_GAUGE},
	[GAUGE_HISTORY_BYTES] = {"sunward_mapserver_history_bytes",
		"Bytes held by what is remembered of them.", NULL, NULL, METRIC_GAUGE},
	[GAUGE_EVENTS_LOST] = {"sunward_mapserver_events_lost_total",
		"Events that were not told, because too many waited.", NULL, NULL, METRIC_COUNTER},
	[GAUGE_DDT_SEARCHES] = {"sunward_mapserver_ddt_searches",
		"Searches in the DDT tree that are under way.", NULL, NULL, METRIC_GAUGE},
	[GAUGE_DDT_REFERRALS] = {"sunward_mapserver_ddt_referrals",
		"Referrals of the DDT tree that are kept.", NULL, NULL, METRIC_GAUGE},
	[GAUGE_DDT_EVICTED] = {"sunward_mapserver_ddt_evicted_total",
		"Referrals forgotten because too many were kept.", NULL, NULL, METRIC_COUNTER},
	[GAUGE_KERNEL_DROPS] = {"sunward_mapserver_kernel_dropped_total",
		"Datagrams for which the sockets' buffers had no room.", NULL, NULL,
		METRIC_COUNTER},
	[GAUGE_DURABLE] = {"sunward_mapserver_store_durable",
		"1: what is acknowledged is in the store.", NULL, NULL, METRIC_GAUGE},
	[GAUGE_RECOVERING] = {"sunward_mapserver_store_recovering",
		"1: the store is not read to its end yet.", NULL, NULL, METRIC_GAUGE},
	[GAUGE_DAMAGED] = {"sunward_mapserver_store_damaged",
		"1: at its opening the store was damaged, and a snapshot or nothing took its "
		"place; or it held a part only, or records that cannot be read.",
		NULL, NULL, METRIC_GAUGE},
	[GAUGE_STORE_BYTES] = {"sunward_mapserver_store_bytes", "Bytes of the store's file.", NULL,
		NULL, METRIC_GAUGE},
	[GAUGE_STORE_SIZE] = {"sunward_mapserver_store_size_bytes",
		"Bytes that the store's file may grow to.", NULL, NULL, METRIC_GAUGE},
	[GAUGE_STORE_JOURNAL] = {"sunward_mapserver_store_journal_bytes",
		"Bytes of changes that are not merged into the store's tables yet.", NULL, NULL,
		METRIC_GAUGE},
	[GAUGE_SNAPSHOT] = {"sunward_mapserver_store_snapshot_timestamp_seconds",
		"When the last snapshot of the store was made.", NULL, NULL, METRIC_GAUGE},
	[GAUGE_FLUSH] = {"sunward_mapserver_store_flush_timestamp_seconds",
		"When the store was last flushed to the disk.", NULL, NULL, METRIC_GAUGE},
	SENT(UDP_SENT, "sent"),
	SENT(UDP_SEND_FULL, "full"),
	SENT(UDP_SEND_UNREACHABLE, "unreachable"),
	SENT(UDP_SEND_TOO_BIG, "too_big"),
	SENT(UDP_SEND_DENIED, "denied"),
	SENT(UDP_SEND_INVALID, "invalid"),
	SENT(UDP_SEND_NO_SOCKET, "no_socket"),
	SENT(UDP_SEND_OTHER, "other"),
};

static void read_store(const struct mapserver *ms, uint64_t *values)
{
	struct store *store = storage_store(&ms->storage);
	struct store_stat st = {0};

	if (store)
		store_stat(store, &st);
	values[GAUGE_DURABLE] =
		(store || !ms->storage.wanted) && ms->committer && committer_durable(ms->committer);
	values[GAUGE_RECOVERING] = __atomic_load_n(&ms->server->recovering, __ATOMIC_ACQUIRE);
	values[GAUGE_DAMAGED] = storage_damaged(&ms->storage);
	values[GAUGE_STORE_BYTES] = st.used;
	values[GAUGE_STORE_SIZE] = st.size;
	values[GAUGE_STORE_JOURNAL] = st.journal;
	values[GAUGE_SNAPSHOT] = st.snapshot_wall_s;
	values[GAUGE_FLUSH] = st.flush_wall_s;
	if (ms->committer && !committer_durable(ms->committer))
		values[GAUGE_FLUSH] = committer_whole_wall_s(ms->committer);
}

static void read_gauges(void *arg, uint64_t *values)
{
	struct mapserver *ms = arg;
	struct server *s = ms->server;
	struct publish_view publish;

	values[GAUGE_EIDS] = registry_count(s->registry);
	values[GAUGE_TOMBSTONES] = registry_tombstones(s->registry);
	values[GAUGE_XTRS] = xtr_table_count(s->xtrs);
	values[GAUGE_PENDING] = notify_count(s->notify);
	publish_count(s->publish, &publish);
	values[GAUGE_SUBSCRIPTIONS] = subscriptions_count(s->subscriptions);
	values[GAUGE_NEWS] = publish.news;
	values[GAUGE_PUBLISH_WAITING] = publish.waiting;
	values[GAUGE_PUBLISH_FLIGHT] = publish.flight;
	values[GAUGE_MEMORY] = registry_memory(s->registry);
	read_store(ms, values);
	values[GAUGE_FLAPPING] = moves_flapping(s->moves);
	values[GAUGE_HISTORIES] = moves_count(s->moves);
	values[GAUGE_HISTORY_BYTES] = moves_memory(s->moves);
	values[GAUGE_EVENTS_LOST] = ms->committer ? committer_events_lost(ms->committer) : 0;
	if (s->ddt) {
		struct ddt_resolver_state ddt = ddt_resolver_state(s->ddt);

		values[GAUGE_DDT_SEARCHES] = ddt.pending;
		values[GAUGE_DDT_REFERRALS] = ddt.referrals;
		values[GAUGE_DDT_EVICTED] = ddt.evicted;
	}
	for (unsigned int i = 0; i < ms->worker_count; i++) {
		values[GAUGE_KERNEL_DROPS] += worker_kernel_drops(ms->workers[i]);
		for (unsigned int r = 0; r < UDP_SEND_RESULTS; r++)
			values[GAUGE_SENT + r] +=
				worker_sent(ms->workers[i], (enum udp_send_result)r);
	}
}

/* ---- retransmissions and wake-ups ---- */

static void send_notifies(void *arg, struct mono now)
{
	struct mapserver *ms = arg;
	struct notify_counts counts = {0, 0};
	const struct udp_socket *ipv4, *ipv6;

	notify_run(ms->server->notify, now, ms->out, &counts);
	listener_send_pair(ms->listeners, ms->listener_count, NULL, &ipv4, &ipv6);
	udp_batch_send(ms->batch, ipv4, ipv6, ms->out, ms->sent);
	outbox_clear(ms->out);
	metrics_count_n(ms->control_counters, COUNT_NOTIFY_RETRANSMITS, counts.retransmits);
	metrics_count_n(ms->control_counters, COUNT_NOTIFY_GAVE_UP, counts.gave_up);
	daemon_timer_set(ms->notify_timer, notify_next(ms->server->notify));
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
	struct mapserver *ms = arg;
	uint64_t n;

	if (read(fd, &n, sizeof(n)) < 0 && errno != EAGAIN)
		log_error(ms->log, "the committer's wake-up: %s", strerror(errno));
	control_wake(ms);
	ddt_shell_wake(ms);
	daemon_timer_set(ms->notify_timer, notify_next(ms->server->notify));
}

/* The kernel knows no policy: it may answer only where none has to be asked. */
static bool kernel_may_answer(const struct site_table *sites)
{
	return !sites || !site_table_has_policy(sites);
}

/* The table that readers had, and some have still. */
static struct site_table *exchange_sites(struct mapserver *ms, struct site_table *sites)
{
	struct site_table *old;

	site_table_succeeds(sites, ms->server->sites);
	if (ms->fast_path && !kernel_may_answer(sites))
		fast_path_switch(ms->fast_path, false);
	old = __atomic_exchange_n(&ms->server->sites, sites, __ATOMIC_ACQ_REL);
	if (ms->fast_path && kernel_may_answer(sites))
		fast_path_switch(ms->fast_path, true);
	return old;
}

static void part_tenants(struct mapserver *ms)
{
	rcu_enter();
	subscribe_part_tenants(ms->server);
	rcu_leave();
}

void mapserver_set_sites(struct mapserver *ms, struct site_table *sites)
{
	site_table_retire(exchange_sites(ms, sites));
	site_change_forget(&ms->site_change);
	part_tenants(ms);
}

void mapserver_change_sites(struct mapserver *ms)
{
	struct site_table *old = exchange_sites(ms, site_change_table(&ms->site_change));

	rcu_wait();
	site_change_follow(&ms->site_change, old);
	part_tenants(ms);
}

/* ---- the parts of a start ---- */

static bool add_own(struct server_options *o, const struct address *a)
{
	for (unsigned int i = 0; i < o->own_count; i++)
		if (address_equal(&o->own[i], a))
			return true;
	if (o->own_count == SERVER_OWN_MAX)
		return false;
	o->own[o->own_count++] = *a;
	return true;
}

/* The addresses that replies must not be reflected to: what we listen on, or all of this machine's.
 */
static void find_own(struct mapserver *ms, struct server_options *o)
{
	struct ifaddrs *list = NULL;
	struct endpoint e;

	for (unsigned int i = 0; i < ms->config.listen_count; i++)
		if (!address_is_unspecified(&ms->config.listen[i].addr))
			add_own(o, &ms->config.listen[i].addr);
	if (getifaddrs(&list) < 0)
		return;
	for (struct ifaddrs *i = list; i; i = i->ifa_next)
		if (i->ifa_addr && endpoint_from_sockaddr(&e, i->ifa_addr) &&
			!address_is_loopback(&e.addr) && !add_own(o, &e.addr))
			break;
	freeifaddrs(list);
}

static unsigned int processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > MAPSERVER_WORKERS_MAX ? MAPSERVER_WORKERS_MAX : (unsigned int)n;
}

/* Read the configuration once for the number of workers, then with room for their keys. */
static int load_config(struct mapserver *ms, const struct config *config)
{
	int err = mapserver_config_load(&ms->config, config_root(config), 1, ms->secret);

	if (err)
		return err;
	ms->worker_count = ms->config.workers ? ms->config.workers : processors();
	ms->slots = ms->worker_count + 2;
	mapserver_config_fini(&ms->config);
	return mapserver_config_load(&ms->config, config_root(config), ms->slots, ms->secret);
}

static int make_server(struct mapserver *ms)
{
	struct server_options o = ms->config.server;
	int err = o.map_server ? storage_open(&ms->storage, &ms->config.store, ms->log) : 0;

	if (err)
		return err; /* a resolver keeps nothing */
	o.slots = ms->slots;
	if (!o.registry.instances_max)
		o.registry.instances_max = INSTANCES_MAX;
	memcpy(o.registry.secret, ms->secret, sizeof(ms->secret));
	find_own(ms, &o);
	ms->server = server_new(&o, ms->config.sites, ms->config.forward);
	if (!ms->server)
		return -ENOMEM;
	ms->server->peers = ms->config.peers;
	ms->config.sites = NULL;
	ms->config.forward = NULL;
	ms->config.peers = NULL;
	err = server_set_tenants(ms->server, ms->config.tenants);
	ms->config.tenants = NULL;
	if (!err)
		err = ddt_shell_make(ms);
	if (err)
		return err;
	control_site_restore(ms);
	return 0;
}

static int open_listeners(struct mapserver *ms)
{
	char why[256];

	for (unsigned int i = 0; i < ms->config.listen_count; i++) {
		if (listener_open(&ms->listeners[i], &ms->config.listen[i], ms->worker_count,
			    &ms->random, why, sizeof(why)) < 0) {
			log_error(ms->log, "listen: %s", why);
			return -1;
		}
		ms->listener_count++;
	}
	return 0;
}

static int make_metrics(struct mapserver *ms)
{
	ms->metrics = metrics_new();
	if (!ms->metrics)
		return -ENOMEM;
	/* A shard for each worker, the committer, the publisher, and this thread. */
	ms->counters = metrics_add(ms->metrics, mapserver_metrics, COUNT_MAX, ms->slots + 1);
	if (!ms->counters || !metrics_add_source(ms->metrics, gauges, GAUGE_MAX, read_gauges, ms))
		return -ENOMEM;
	ms->control_counters = metrics_shard(ms->counters, ms->slots);
	return 0;
}

/* Before privileges are dropped. */
static int start_fast_path(struct mapserver *ms)
{
	if (!ms->config.fast_path.interface_count)
		return 0;
	ms->fast_path = fast_path_start(&ms->config.fast_path, &ms->random, ms->log);
	return ms->fast_path ? 0 : -1;
}

/* Before there is a mapping. */
static int mirror_to_fast_path(struct mapserver *ms)
{
	struct registry_mirror mirror;
	int err = 0;

	if (!ms->fast_path)
		return 0;
	mirror = fast_path_mirror(ms->fast_path);
	registry_set_mirror(ms->server->registry, &mirror);
	for (unsigned int i = 0; i < ms->listener_count && !err; i++)
		err = fast_path_listen(ms->fast_path, &ms->listeners[i].at);
	if (!err)
		err = fast_path_metrics(ms->fast_path, ms->metrics);
	if (!err)
		err = fast_path_attach(ms->fast_path, &ms->config.fast_path);
	fast_path_switch(ms->fast_path, kernel_may_answer(ms->server->sites));
	return err;
}

static int start_committer(struct mapserver *ms)
{
	const struct committer_options o = {.server = ms->server,
		.storage = &ms->storage,
		.slot = ms->worker_count,
		.random = &ms->random,
		.counters = metrics_shard(ms->counters, ms->worker_count),
		.log = ms->log,
		.listeners = ms->listeners,
		.listener_count = ms->listener_count,
		.wake_fd = ms->wake_fd};

	ms->committer = committer_start(&o);
	return ms->committer ? 0 : -errno;
}

static int start_publisher(struct mapserver *ms)
{
	const struct publisher_options o = {.server = ms->server,
		.slot = ms->worker_count + 1,
		.random = &ms->random,
		.counters = metrics_shard(ms->counters, ms->worker_count + 1),
		.log = ms->log,
		.listeners = ms->listeners,
		.listener_count = ms->listener_count};

	ms->publisher = publisher_start(&o);
	return ms->publisher ? 0 : -errno;
}

static int start_workers(struct mapserver *ms)
{
	unsigned int count = ms->worker_count;
	struct worker_options o = {.server = ms->server,
		.random = &ms->random,
		.log = ms->log,
		.listeners = ms->listeners,
		.listener_count = ms->listener_count,
		.submit = committer_submit,
		.submit_arg = ms->committer};

	ms->worker_count = 0;
	ms->workers = calloc(count, sizeof(ms->workers[0]));
	if (!ms->workers)
		return -ENOMEM;
	for (o.index = 0; o.index < count; o.index++) {
		o.counters = metrics_shard(ms->counters, o.index);
		ms->workers[o.index] = worker_start(&o);
		if (!ms->workers[o.index])
			return -errno;
		ms->worker_count++;
	}
	return 0;
}

static int start_events(struct mapserver *ms, struct event_base *base)
{
	ms->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (ms->wake_fd < 0)
		return -errno;
	ms->wake = event_new(base, ms->wake_fd, EV_READ | EV_PERSIST, on_wake, ms);
	ms->notify_timer = daemon_timer_new(base, send_notifies, ms);
	ms->out = outbox_new(OUT_DATAGRAMS, OUT_BYTES);
	ms->batch = udp_batch_new(1); /* only sends */
	if (!ms->wake || !ms->notify_timer || !ms->out || !ms->batch)
		return -ENOMEM;
	if (ddt_shell_start(ms, base))
		return -ENOMEM;
	return event_add(ms->wake, NULL);
}

/* ---- static mappings ---- */

static void put_static(struct mapserver *ms, const struct static_mapping *m)
{
	struct job *j = job_new_static(JOB_PUT, &m->eid);

	if (!j) {
		log_error(ms->log, "no memory for a static mapping");
		return;
	}
	j->ttl_min = m->ttl_min;
	j->act = m->act;
	j->configured = true;
	for (unsigned int i = 0; i < m->locator_count; i++) {
		const struct lisp_locator *l = &m->locators[i];
		const struct lisp_rloc rloc = {.priority = l->priority,
			.weight = l->weight,
			.mpriority = l->mpriority,
			.mweight = l->mweight,
			.reachable = true};

		locators_add(&j->locators, &rloc, &l->addr);
	}
	locators_sort(&j->locators);
	committer_submit(ms->committer, j);
}

static bool holds(const struct mapserver_config *c, const struct eid *eid)
{
	for (size_t i = 0; i < c->static_count; i++)
		if (eid_equal(&c->statics[i].eid, eid))
			return true;
	return false;
}

/* Those of @now that are new or differ are set, those of @before that are not in @now are taken
 * away. */
static void set_statics(struct mapserver *ms, const struct mapserver_config *before,
	const struct mapserver_config *now)
{
	for (size_t i = 0; before && i < before->static_count; i++) {
		struct job *j = holds(now, &before->statics[i].eid)
					? NULL
					: job_new_static(JOB_DELETE, &before->statics[i].eid);

		if (j)
			committer_submit(ms->committer, j);
	}
	for (size_t i = 0; i < now->static_count; i++)
		put_static(ms, &now->statics[i]);
}

/* ---- the daemon ---- */

static void stop(void *self)
{
	struct mapserver *ms = self;

	for (unsigned int i = 0; ms->workers && i < ms->worker_count; i++)
		worker_stop(ms->workers[i]);
	free(ms->workers);
	control_stop(ms);
	committer_stop(ms->committer);
	publisher_stop(ms->publisher);
	for (unsigned int i = 0; i < ms->listener_count; i++)
		listener_close(&ms->listeners[i]);
	if (ms->wake)
		event_free(ms->wake);
	daemon_timer_free(ms->notify_timer);
	ddt_shell_stop(ms);
	if (ms->wake_fd >= 0)
		close(ms->wake_fd);
	outbox_free(ms->out);
	udp_batch_free(ms->batch);
	fast_path_stop(ms->fast_path);
	site_change_forget(&ms->site_change);
	server_free(ms->server);
	storage_close(&ms->storage);
	metrics_free(ms->metrics);
	mapserver_config_fini(&ms->config);
	if (ms->rcu)
		rcu_thread_stop();
	free(ms);
}

/* Nothing here needs a capability, so all are given up before anything is opened. */
static int drop_privileges(struct mapserver *ms)
{
	const struct privilege_options options = {.user = ms->config.user};

	return privilege_drop(&options, ms->log);
}

static void *start(struct daemon *d, const struct config *config)
{
	struct mapserver *ms = calloc(1, sizeof(*ms));
	int err;

	if (!ms)
		return NULL;
	ms->log = daemon_log(d);
	ms->wake_fd = -1;
	ms->started = mono_now();
	random_system_init(&ms->random);
	random_bytes(&ms->random, ms->secret, sizeof(ms->secret));
	rcu_thread_start();
	ms->rcu = true;
	err = load_config(ms, config);
	if (!err)
		err = start_fast_path(ms);
	if (!err)
		err = drop_privileges(ms);
	if (!err)
		err = make_server(ms);
	if (!err)
		err = open_listeners(ms);
	if (!err)
		err = make_metrics(ms);
	if (!err)
		err = mirror_to_fast_path(ms);
	if (!err)
		err = start_events(ms, daemon_base(d));
	if (!err)
		err = control_start(ms, daemon_base(d), ms->config.api_socket);
	if (!err)
		err = start_publisher(ms);
	if (!err)
		err = start_committer(ms);
	if (!err)
		err = start_workers(ms);
	if (err) {
		log_error(ms->log, "cannot start: %s",
			err < 0 && err > -4096 ? strerror(-err) : "see above");
		stop(ms);
		return NULL;
	}
	set_statics(ms, NULL, &ms->config);
	return ms;
}

/* What the API did to keys of the file's sites stays done. */
static void keep_api_keys(struct mapserver *ms, struct site_table *new)
{
	const struct site_table *old = ms->server->sites;

	for (size_t i = 0; old && i < site_table_count(old); i++) {
		const struct site *before = site_table_at(old, i);
		struct site *s = before->from_api ? NULL : site_table_named(new, before->name);

		if (s)
			control_key_keep(ms, s, before);
	}
}

/* Sites put by the API stay; a name or prefix that the file has now goes to the file, and one that
 * reaches beyond a tenant of the file ends. */
static void keep_api_sites(struct mapserver *ms, struct site_table *new)
{
	const struct site_table *old = ms->server->sites;
	char why[256];

	for (size_t i = 0; old && i < site_table_count(old); i++) {
		struct site *s = site_table_at(old, i);
		const struct site *holder;

		if (!s->from_api)
			continue;
		if (!control_tenant_fits(ms, s, why, sizeof(why))) {
			log_error(
				ms->log, "reload: site %s, put by the API, ends: %s", s->name, why);
			continue;
		}
		site_ref(s);
		if (site_table_add(new, s, &holder) < 0)
			log_warning(ms->log,
				"reload: site %s, put by the API, gives way to the file's",
				s->name);
	}
}

/* Interfaces may come and go; its tables are of the size that they were started with. */
static void reload_fast_path(struct mapserver *ms, const struct fast_path_config *new)
{
	const struct fast_path_config *is = &ms->config.fast_path;

	if (new->interface_count && (!ms->fast_path || new->entries != is->entries ||
					    new->locator_sets != is->locator_sets))
		log_warning(ms->log,
			"reload: fast-path: it is switched on, and resized, at a start only");
	if (ms->fast_path)
		fast_path_attach(ms->fast_path, new);
}

static int reload(void *self, const struct config *config)
{
	struct mapserver *ms = self;
	struct mapserver_config new;
	int err = mapserver_config_load(&new, config_root(config), ms->slots, ms->secret);

	if (err) {
		log_error(ms->log, "reload: %s", strerror(-err));
		return err;
	}
	if (new.server.map_server != ms->server->opt.map_server ||
		new.server.resolver != ms->server->opt.resolver) {
		log_error(ms->log, "reload: roles cannot change; start anew");
		mapserver_config_fini(&new);
		return -EINVAL;
	}
	if (server_set_tenants(ms->server, new.tenants))
		log_error(ms->log, "reload: no memory for the tenants; those of before stay");
	new.tenants = NULL;
	if (new.sites) {
		keep_api_keys(ms, new.sites);
		keep_api_sites(ms, new.sites);
		mapserver_set_sites(ms, new.sites);
		new.sites = NULL;
	}
	if (new.forward) {
		forward_table_retire(
			__atomic_exchange_n(&ms->server->forward, new.forward, __ATOMIC_ACQ_REL));
		new.forward = NULL;
	}
	secure_peers_retire(__atomic_exchange_n(&ms->server->peers, new.peers, __ATOMIC_ACQ_REL));
	new.peers = NULL;
	moves_configure(ms->server->moves, &new.server.flap);
	ddt_shell_reload(ms, &new);
	reload_fast_path(ms, &new.fast_path);
	api_tls_set(ms->api, new.has_tls ? &new.tls : NULL); /* what is wrong is logged */
	set_statics(ms, &ms->config, &new);
	mapserver_config_fini(&ms->config);
	ms->config = new;
	return 0;
}

const struct daemon_ops mapserver_daemon = {
	.name = "sunward-mapserver",
	.summary = "LISP Map-Server and Map-Resolver",
	.config_path = SYSCONFDIR "/mapserver.conf",
	.schema = mapserver_config_schema,
	.check = mapserver_config_check,
	.start = start,
	.reload = reload,
	.stop = stop,
};
