/* See shell.h. */
#include "trill/shell.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "lib/net/netlink.h"
#include "lib/service/api.h"
#include "lib/service/api_tls.h"
#include "lib/service/metrics.h"
#include "lib/service/privilege.h"
#include "trill/api.h"
#include "trill/helper.h"
#include "trill/memory.h"
#include "trill/metrics.h"

#define AGE_EVERY_S 5
#define AGE_ON_MS   50   /* till the next part of a large table */
#define COPIES      64   /* read before other sources get their turn */
#define COPY_SIZE   9300 /* bytes */
#define DETOUR_MS   300  /* for others to go round us, before we go */
#define FAREWELL_MS 1500 /* at most, for the last words to neighbours */

void trill_shell_settle(struct trill_shell *s)
{
	trill_ports_settle(s->ports);
	trill_edge_log_said(&s->edge_log, rbridge_said(s->rb), mono_now());
	trill_edge_log_rows(
		&s->edge_log, rbridge_rows_refused(s->rb), rbridge_rows_no_room(s->rb), mono_now());
	trill_edge_log_unsaid(&s->edge_log, rbridge_unsaid(s->rb), mono_now());
	trill_edge_log_untold(&s->edge_log, rbridge_esadi_untold(s->rb), mono_now());
	daemon_timer_set(s->timer, rbridge_next(s->rb));
}

/* ---- stations of the configuration ---- */

/* One that is at a port is known while the port is up. */
static void station_say(
	struct trill_shell *s, const struct trill_config_station *st, uint32_t ifindex, bool there)
{
	const struct tables_station row = {.mac = st->mac,
		.vlan = st->vlan,
		.nickname = st->nickname,
		.ifindex = ifindex,
		.confidence = TABLES_CONFIDENCE_STATIC};

	if (!rbridge_static_station(s->rb, &row, there, mono_now()) && there)
		log_warning(s->log, "station %02x:%02x:%02x:%02x:%02x:%02x: no room",
			st->mac.bytes[0], st->mac.bytes[1], st->mac.bytes[2], st->mac.bytes[3],
			st->mac.bytes[4], st->mac.bytes[5]);
}

static void stations_at(struct trill_shell *s, const struct trill_port *port, bool there)
{
	for (unsigned int i = 0; i < s->config->station_count; i++)
		if (!strcmp(s->config->stations[i].port, port->config.name))
			station_say(s, &s->config->stations[i], (uint32_t)port->ifindex, there);
}

/* Wherever it is, if that is there. */
static void station_place(struct trill_shell *s, const struct trill_config_station *st, bool there)
{
	if (st->nickname)
		station_say(s, st, 0, there);
	for (uint16_t i = 0; !st->nickname && i < RBRIDGE_PORTS_MAX; i++) {
		const struct trill_port *port = trill_ports_at(s->ports, i);

		if (port && port->up && !strcmp(st->port, port->config.name))
			station_say(s, st, (uint32_t)port->ifindex, there);
	}
}

static void station_new(void *arg, const struct trill_config_station *st)
{
	station_place(arg, st, true);
}

static void station_gone(void *arg, const struct trill_config_station *st)
{
	station_place(arg, st, false);
}

/* ---- events in ---- */

static void on_timer(void *arg, struct mono now)
{
	struct trill_shell *s = arg;

	rbridge_time(s->rb, now);
	trill_shell_settle(s);
}

static void on_up(void *arg, uint16_t number, const struct trill_port *port)
{
	const struct trill_config_port *c = &port->config;
	struct rbridge_port_config config;
	struct trill_shell *s = arg;

	trill_config_port_core(c, &config);
	config.ifindex = (uint32_t)port->ifindex;
	config.mac = port->mac;
	config.mtu = port->mtu;
	config.cost = port->cost;
	if (!rbridge_port_reconfigure(s->rb, number, &config, mono_now()))
		log_error(s->log, "port %s: out of memory", c->name);
	stations_at(s, port, true);
	trill_shell_settle(s);
}

static void on_down(void *arg, uint16_t number)
{
	struct trill_shell *s = arg;

	stations_at(s, trill_ports_at(s->ports, number), false);
	rbridge_port_down(s->rb, number, mono_now());
	trill_shell_settle(s);
}

static void on_removed(void *arg, uint16_t number)
{
	struct trill_shell *s = arg;

	rbridge_port_removed(s->rb, number, mono_now());
	trill_shell_settle(s);
}

static void on_frame(void *arg, uint16_t number, const uint8_t *frame, size_t len)
{
	struct trill_shell *s = arg;
	const struct rbridge_counters *is = rbridge_counters(s->rb, number);
	const struct rbridge_counters was = *is;
	struct mono now = mono_now();

	rbridge_frame(s->rb, number, frame, len, now);
	trill_edge_log_frame(&s->edge_log, trill_ports_at(s->ports, number)->config.name, frame,
		len, &was, is, now);
	trill_shell_settle(s);
}

/* Rows are written from the ports that are up when routes are computed. */
static bool on_unused(void *arg)
{
	struct trill_shell *s = arg;

	return rbridge_is_settled(s->rb);
}

/* Of what the data plane distributes, our part. */
static void on_copies(evutil_socket_t fd, short what, void *arg)
{
	const struct trill_port *port;
	struct trill_shell *s = arg;
	uint8_t frame[COPY_SIZE];
	ssize_t n;

	for (unsigned int i = 0; i < COPIES; i++) {
		n = trill_copies_read(&s->copies, frame, sizeof(frame));
		if (n <= 0)
			break;
		port = trill_ports_by_ifindex(
			s->ports, trill_datapath_origin(s->datapath, frame, (size_t)n));
		if (port && port->up)
			rbridge_frame(s->rb, trill_ports_number(s->ports, port), frame, (size_t)n,
				mono_now());
	}
	trill_shell_settle(s);
}

static void on_ring(evutil_socket_t fd, short what, void *arg)
{
	struct trill_shell *s = arg;

	trill_datapath_poll(s->datapath);
	trill_shell_settle(s);
}

static void on_age(void *arg, struct mono now)
{
	struct trill_shell *s = arg;

	bool more;

	trill_datapath_age(s->datapath, now.ns, &more);
	trill_ports_count(s->ports, now);
	trill_shell_settle(s);
	daemon_timer_set(
		s->age_timer, more ? mono_add_ms(now, AGE_ON_MS) : mono_add_s(now, AGE_EVERY_S));
}

static void on_heard(void *arg, uint32_t ifindex, uint16_t vlan, const uint8_t *frame, size_t len)
{
	struct trill_shell *s = arg;
	const struct trill_port *port = trill_ports_by_ifindex(s->ports, ifindex);

	if (port && port->up)
		rbridge_heard(
			s->rb, trill_ports_number(s->ports, port), vlan, frame, len, mono_now());
}

static void on_news(void *arg, enum tables_news news, const struct tables_station *now,
	const struct tables_station *before)
{
	struct trill_shell *s = arg;

	s->stations_learned += news == TABLES_LEARNED;
	s->stations_moved += news == TABLES_MOVED;
	s->stations_aged += news == TABLES_AGED;
	rbridge_station(s->rb, news, now, before, mono_now());
}

/* ---- what the core wants ---- */

static void send_frame(void *arg, uint16_t number, const uint8_t *frame, size_t len)
{
	struct trill_shell *s = arg;

	trill_ports_send(s->ports, number, frame, len);
}

/* NULL: it has gone out of the configuration. */
static const char *port_name(const struct trill_shell *s, uint16_t number)
{
	const struct trill_port *port = trill_ports_at(s->ports, number);

	return port ? port->config.name : NULL;
}

static void on_event(void *arg, const struct rbridge_event *e)
{
	struct trill_shell *s = arg;

	s->adjacencies_lost += e->kind == RBRIDGE_ADJACENCY && e->was == ADJACENCY_REPORT &&
			       e->state != ADJACENCY_REPORT;
	s->drb_changes += e->kind == RBRIDGE_DRB;
	if (e->kind == RBRIDGE_NICKNAME) {
		trill_memory_keep_nickname(s->memory, e->nickname);
		if (e->nickname != NICKNAME_NONE)
			log_info(s->log, "nickname 0x%04x", e->nickname);
	}
	if (e->kind == RBRIDGE_RIVAL)
		trill_edge_log_rival(&s->edge_log, e->rival, mono_now());
	if (e->kind == RBRIDGE_SAME_ID)
		trill_edge_log_same_id(&s->edge_log, port_name(s, e->port), &s->config->core.system,
			e, mono_now());
	/* Two ports of ours on one link are neighbours, and no news. */
	if (e->kind == RBRIDGE_ADJACENCY && s->running &&
		system_id_compare(&e->neighbor, &s->config->core.system))
		trill_edge_log_adjacency(&s->edge_log,
			trill_ports_at(s->ports, e->port)->config.name, e, mono_now());
	if (e->kind == RBRIDGE_HINDRANCE)
		trill_edge_log_hindrance(&s->edge_log,
			trill_ports_at(s->ports, e->port)->config.name, e,
			rbridge_designated(s->rb, e->port), mono_now());
	if (e->kind == RBRIDGE_DUPLICATE)
		trill_edge_log_duplicate(&s->edge_log, e, mono_now());
	if (e->kind == RBRIDGE_MAPPING)
		trill_edge_log_mapping(&s->edge_log, trill_ports_at(s->ports, e->port)->config.name,
			e, mono_now());
	if (s->running)
		trill_api_event(s, e);
}

/* ---- start ---- */

static int start_load(struct trill_shell *s)
{
	const struct trill_load_config load = {.stations_max = s->config->stations_max,
		.rpf_max = s->config->core.nicknames_max * TABLES_TREES_MAX,
		.copies_max = 2 * RBRIDGE_PORTS_MAX + 1,
		.adjacencies_max = s->config->core.neighbors_max * RBRIDGE_PORTS_MAX};
	char why[512];
	int rc;

	rc = trill_copies_open(&s->copies);
	if (rc) {
		log_error(s->log,
			"data plane: no tap for what is distributed to RBridges: %s; it needs "
			"/dev/net/tun, and CAP_NET_ADMIN or root",
			strerror(-rc));
		return -1;
	}
	s->load = trill_load_new(&load, why, sizeof(why));
	if (!s->load)
		log_error(s->log, "data plane: %s", why);
	return s->load ? 0 : -1;
}

/* The helper is forked while this process still has its rights, before threads, and before anything
 * is read from a peer; also before the state's lock, which it would else hold for a moment longer
 * than a daemon that is killed. */
static int start_helper(struct trill_shell *s, const struct config *file)
{
	s->helper = trill_helper_start(s->load, file, s->log);
	if (!s->helper)
		log_error(s->log, "the privileged helper cannot be started: %s", strerror(errno));
	return s->helper ? 0 : -1;
}

static int start_memory(struct trill_shell *s)
{
	s->memory = trill_memory_open(s->config->state_dir, s->log);
	if (s->memory)
		s->config->core.nicknames[0].last = trill_memory_nickname(s->memory);
	return s->memory ? 0 : -1;
}

static int drop_rights(struct trill_shell *s)
{
	const struct privilege_options options = {0};

	return privilege_drop(&options, s->log);
}

static int start_datapath(struct trill_shell *s)
{
	const struct trill_datapath_config config = {.cpu_ifindex = s->copies.ifindex,
		.copies_max = 2 * RBRIDGE_PORTS_MAX + 1,
		.age_s = s->config->age_s,
		.news = on_news,
		.heard = on_heard,
		.arg = s};
	int fds[TRILL_FD_COUNT];

	trill_load_fds(s->load, fds);
	s->datapath = trill_datapath_new(&config, fds);
	if (!s->datapath)
		log_error(s->log, "data plane: %s", strerror(errno));
	return s->datapath ? 0 : -1;
}

/* By default the one that it had, or at first the MAC of the first port that is there: with another
 * at each start its old LSPs would stand, and hold its nickname. */
static int find_system(struct trill_shell *s)
{
	struct netlink_link link;

	if (!s->config->system_given)
		s->config->system_given = trill_memory_system(s->memory, &s->config->core.system);
	for (unsigned int i = 0; !s->config->system_given && i < s->config->port_count; i++)
		if (!netlink_link_by_name(s->config->ports[i].name, &link) && link.has_mac) {
			memcpy(s->config->core.system.bytes, link.mac, SYSTEM_ID_LEN);
			s->config->system_given = true;
		}
	if (!s->config->system_given)
		log_error(s->log, "none of the ports is there, and a port's MAC would be the "
				  "system ID; want system-id");
	else
		trill_memory_keep_system(s->memory, &s->config->core.system);
	return s->config->system_given ? 0 : -1;
}

static int start_core(struct trill_shell *s)
{
	const struct rbridge_env env = {.random = &s->random,
		.tables = trill_datapath_tables(s->datapath),
		.frame = send_frame,
		.event = on_event,
		.arg = s};

	if (find_system(s))
		return -1;
	s->timer = daemon_timer_new(daemon_base(s->daemon), on_timer, s);
	s->age_timer = daemon_timer_new(daemon_base(s->daemon), on_age, s);
	if (s->timer && s->age_timer)
		s->rb = rbridge_new(&s->config->core, &env, s->started);
	if (!s->rb)
		log_error(s->log, "the core cannot be started: out of memory");
	else
		rbridge_overload(s->rb, s->config->overload, s->started);
	return s->rb ? 0 : -1;
}

static int start_ports(struct trill_shell *s)
{
	const struct trill_ports_ops ops = {.up = on_up,
		.down = on_down,
		.removed = on_removed,
		.frame = on_frame,
		.unused = on_unused,
		.arg = s};

	s->ports = trill_ports_new(daemon_base(s->daemon), s->helper,
		trill_datapath_tables(s->datapath), &ops, s->log);
	return s->ports ? 0 : -1;
}

static int start_api(struct trill_shell *s)
{
	s->metrics = metrics_new();
	s->api = s->metrics ? api_new(daemon_base(s->daemon), NULL, s->log, s->metrics) : NULL;
	if (!s->api)
		return -1;
	s->trill_metrics = trill_metrics_new(s->metrics, s);
	trill_api_routes(s->api, s);
	trill_api_ready(s->api, s);
	if (!s->trill_metrics)
		log_error(s->log, "the counters cannot be set up: out of memory");
	if (!s->trill_metrics || api_listen(s->api, s->config->api_socket, 0660, NULL))
		return -1;
	return api_tls_set(s->api, s->config->has_tls ? &s->config->tls : NULL);
}

static struct event *watch(struct trill_shell *s, int fd, event_callback_fn on_ready)
{
	struct event *e = event_new(daemon_base(s->daemon), fd, EV_READ | EV_PERSIST, on_ready, s);

	if (e)
		event_add(e, NULL);
	return e;
}

static int start_events(struct trill_shell *s)
{
	s->ring_event = watch(s, trill_datapath_fd(s->datapath), on_ring);
	s->copies_event = watch(s, s->copies.fd, on_copies);
	return s->ring_event && s->copies_event ? 0 : -1;
}

static void stop(void *self);

static void *start(struct daemon *daemon, const struct config *file)
{
	struct trill_shell *s = calloc(1, sizeof(*s));

	if (!s || !(s->config = malloc(sizeof(*s->config))) ||
		trill_config_load(s->config, config_root(file))) {
		log_error(daemon_log(daemon), "out of memory");
		if (s)
			free(s->config);
		free(s);
		return NULL;
	}
	s->daemon = daemon;
	s->copies.fd = -1;
	s->log = s->edge_log.log = daemon_log(daemon);
	s->started = mono_now();
	random_system_init(&s->random);
	/* What needs rights comes first, then they go; what peers can reach comes last. */
	if (start_load(s) || start_helper(s, file) || start_memory(s) || drop_rights(s) ||
		start_datapath(s) || start_core(s) || start_ports(s) || start_api(s) ||
		start_events(s)) {
		stop(s);
		return NULL;
	}
	s->running = true;
	trill_ports_configure(s->ports, s->config->ports, s->config->port_count);
	for (unsigned int i = 0; i < s->config->station_count; i++)
		station_place(s, &s->config->stations[i], true);
	on_age(s, mono_now());
	trill_shell_settle(s);
	return s;
}

static int reload(void *self, const struct config *file)
{
	struct trill_config *fresh = malloc(sizeof(*fresh)), *old = malloc(sizeof(*old));
	struct trill_shell *s = self;

	if (!fresh || !old || trill_config_load(fresh, config_root(file))) {
		free(fresh);
		free(old);
		return -ENOMEM;
	}
	/* Others stay where they are: nobody is told, and nothing is flooded in between. */
	memcpy(old, s->config, sizeof(*old));
	trill_config_stations_only(old, fresh, station_gone, s);
	trill_config_take_over(s->config, fresh);
	trill_config_stations_only(fresh, old, station_new, s);
	free(old);
	if (!rbridge_reconfigure(s->rb, &s->config->core, mono_now())) {
		log_error(s->log, "reload: the core keeps its keys, trees and VLANs");
		trill_config_swap_keys(s->config, fresh);
	}
	rbridge_overload(s->rb, s->config->overload, mono_now());
	trill_config_fini(fresh);
	free(fresh);
	trill_ports_configure(s->ports, s->config->ports, s->config->port_count);
	api_tls_set(
		s->api, s->config->has_tls ? &s->config->tls : NULL); /* what is wrong is logged */
	trill_shell_settle(s);
	return 0;
}

static bool is_up(const struct trill_shell *s)
{
	for (uint16_t i = 0; i < RBRIDGE_PORTS_MAX; i++)
		if (rbridge_adjacencies(s->rb, i))
			return true;
	return false;
}

/* Frames pass, while there are neighbours, until then. */
static void serve_until(struct trill_shell *s, struct mono until)
{
	while (is_up(s) && !mono_due(until, mono_now())) {
		daemon_timer_set(s->timer, mono_min(rbridge_next(s->rb), until));
		event_base_loop(daemon_base(s->daemon), EVLOOP_ONCE);
	}
}

/* First nothing is to go through us any more, while all still would: each RBridge finds its other
 * ways in its own time, and nothing is lost. Then neighbours are told on each port that we go (RFC
 * 8139 section 6.3). */
static void say_farewell(struct trill_shell *s)
{
	rbridge_overload(s->rb, true, mono_now());
	serve_until(s, mono_add_ms(mono_now(), DETOUR_MS));
	for (uint16_t i = 0; i < RBRIDGE_PORTS_MAX; i++)
		rbridge_port_shutdown(s->rb, i, mono_now());
	serve_until(s, mono_add_ms(mono_now(), FAREWELL_MS));
}

static void stop(void *self)
{
	struct trill_shell *s = self;

	if (s->running)
		say_farewell(s);
	s->running = false;
	if (s->ring_event)
		event_free(s->ring_event);
	if (s->copies_event)
		event_free(s->copies_event);
	trill_api_probes_free(s);
	api_free(s->api);
	metrics_free(s->metrics);
	trill_metrics_free(s->trill_metrics);
	rbridge_free(s->rb);
	trill_ports_free(s->ports);
	daemon_timer_free(s->timer);
	daemon_timer_free(s->age_timer);
	trill_datapath_free(s->datapath);
	trill_helper_stop(s->helper);
	trill_load_free(s->load);
	trill_copies_close(&s->copies);
	trill_memory_close(s->memory);
	trill_config_fini(s->config);
	free(s->config);
	free(s);
}

const struct daemon_ops rbridge_daemon = {
	.name = "sunward-rbridge",
	.summary = "TRILL RBridge: joins the Ethernet links of a site into one campus",
	.config_path = SYSCONFDIR "/rbridge.conf",
	.schema = trill_config_schema,
	.check = trill_config_check,
	.start = start,
	.reload = reload,
	.stop = stop,
};
