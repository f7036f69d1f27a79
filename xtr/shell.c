/* See shell.h. */
#include "xtr/shell.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "common/state.h"
#include "lib/base/log.h"
#include "lib/service/api.h"
#include "lib/service/api_tls.h"
#include "lib/service/metrics.h"
#include "lib/service/privilege.h"
#include "xtr/api.h"
#include "xtr/helper.h"
#include "xtr/shell_metrics.h"
#include "xtr/shell_rbridge.h"

#define DATAGRAM_MAX     65535
#define OUTBOX_DATAGRAMS 4096
#define OUTBOX_BYTES     (4u << 20)
#define CONTROL_TURNS    4   /* batches of messages before a turn of the data plane */
#define POLL_BUDGET      256 /* data-plane events handled before other sources get their turn */

static const struct udp_socket *socket_of(const struct shell *s, uint16_t afi)
{
	for (unsigned int i = 0; i < s->socket_count; i++)
		if (s->sockets[i].afi == afi)
			return &s->sockets[i];
	return NULL;
}

void shell_settle(struct shell *s)
{
	agent_memory_settle(&s->memory, s->state); /* before it is acknowledged */
	if (s->out->count) {
		udp_batch_send(
			s->batch, socket_of(s, AFI_IPV4), socket_of(s, AFI_IPV6), s->out, s->sent);
		outbox_clear(s->out);
	}
	state_use_nonce(s->state, router_nonce(s->router));
	daemon_timer_set(s->timer, router_next(s->router));
}

/* ---- events in ---- */

static void on_timer(void *arg, struct mono now)
{
	struct shell *s = arg;

	router_timer(s->router, now, s->out);
	shell_settle(s);
}

/* A batch of messages at most; returns how many they were. */
static int receive(struct shell *s, struct udp_socket *socket)
{
	struct udp_datagram *list;
	int n = udp_batch_receive(s->batch, socket, UDP_BATCH_MAX, &list);

	s->now = mono_now();
	for (int k = 0; k < n; k++)
		router_packet(s->router, list[k].bytes, list[k].len, &list[k].from, &list[k].to,
			s->now, s->out);
	if (n > 0)
		shell_settle(s);
	return n;
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct shell *s = arg;

	for (unsigned int i = 0; i < s->socket_count; i++)
		if (s->sockets[i].fd == fd)
			receive(s, &s->sockets[i]);
}

static void on_datapath_event(void *arg, const struct datapath_event *e)
{
	struct shell *s = arg;

	router_datapath_event(s->router, e, s->now, s->out);
}

static void on_datapath(evutil_socket_t fd, short what, void *arg)
{
	struct shell *s = arg;

	/* Messages first: when many guests move they end what brings the packets here. */
	for (unsigned int i = 0; i < s->socket_count; i++)
		for (int turns = 0; turns < CONTROL_TURNS; turns++)
			if (receive(s, &s->sockets[i]) < UDP_BATCH_MAX)
				break;
	s->now = mono_now();
	datapath_bpf_poll(s->datapath, POLL_BUDGET);
	shell_settle(s);
}

static void on_port(void *arg, int ifindex, bool up)
{
	struct shell *s = arg;

	router_port(s->router, ifindex, up, mono_now(), s->out);
	shell_settle(s);
	shell_rbridge_port(s->rbridge, up);
}

static void on_own(void *arg, const struct eid *host, bool present)
{
	struct shell *s = arg;

	router_own(s->router, host, present, mono_now(), s->out);
	shell_settle(s);
}

static void on_neighbour(void *arg, const struct router_neighbour *n)
{
	struct shell *s = arg;

	router_neighbour(s->router, n, mono_now(), s->out);
	shell_settle(s);
}

static void on_question(
	void *arg, const struct router_site_port *port, const void *frame, size_t len)
{
	struct shell *s = arg;

	router_question(s->router, port, frame, len, mono_now(), s->out);
	shell_settle(s);
}

/* ---- what the core wants ---- */

static void send_frame(struct router_ops *ops, int ifindex, const void *frame, size_t len)
{
	struct shell *s = (struct shell *)ops;

	ports_send(s->ports, ifindex, frame, len);
}

static void announce(struct router_ops *ops, const struct eid *host, const uint8_t *mac,
	int ifindex, const uint8_t *to)
{
	struct shell *s = (struct shell *)ops;

	ports_announce(s->ports, host, mac, ifindex, to);
}

static void probe_host(
	struct router_ops *ops, int ifindex, const struct eid *host, const uint8_t *mac)
{
	struct shell *s = (struct shell *)ops;

	ports_probe(s->ports, ifindex, host, mac);
}

static int port_named(struct router_ops *ops, const char *name, uint32_t iid)
{
	struct shell *s = (struct shell *)ops;

	return ports_named(s->ports, name, iid);
}

static void pin_host(
	struct router_ops *ops, int ifindex, const struct eid *host, const uint8_t *mac)
{
	struct shell *s = (struct shell *)ops;

	ports_pin(s->ports, ifindex, host, mac);
}

static void tell_event(struct router_ops *ops, const struct router_event *e)
{
	struct shell *s = (struct shell *)ops;

	xtr_api_event(s->api, s, e);
}

/* ---- start ---- */

/* bpf_skb_adjust_room() changes a packet's family since 6.3 only; what an older kernel refuses
 * shows as drop_room, packet by packet. */
static void check_kernel(struct shell *s)
{
	unsigned int major, minor;
	struct utsname u;

	if (uname(&u) == 0 && sscanf(u.release, "%u.%u", &major, &minor) == 2 &&
		(major < 6 || (major == 6 && minor < 3)))
		log_warning(s->log,
			"Linux %s carries IPv4 EIDs over IPv4 locators and IPv6 over IPv6 only; from 6.3 on it carries either over either",
			u.release);
}

static int start_datapath_load(struct shell *s)
{
	const struct datapath_load_config load = {.hosts_max = s->config->hosts_max,
		.prefixes_max = s->config->prefixes_max,
		.tap_name = s->config->hold_tap,
		.tap_queue = s->config->tap_queue,
		.pin_dir = s->config->pin_dir};
	char why[512];

	check_kernel(s);
	s->load = datapath_load_new(&load, &s->adopted, why, sizeof(why));
	if (!s->load) {
		log_error(s->log, "data plane: %s", why);
		return -1;
	}
	strlcpy(s->tap_name, datapath_load_tap_name(s->load), sizeof(s->tap_name));
	return 0;
}

static int start_sockets(struct shell *s)
{
	const struct udp_options options = {.need_checksum = true};
	char why[256];

	for (unsigned int i = 0; i < s->config->listen_count; i++) {
		if (udp_open(&s->sockets[i], &s->config->listen[i], &options, why, sizeof(why))) {
			log_error(s->log, "listen: %s", why);
			return -1;
		}
		s->socket_count++;
	}
	return 0;
}

/* The helper is forked while this process still has its rights, before threads, and before anything
 * is read from a peer; also before the state's lock and the sockets, which it would else hold for a
 * moment longer than a daemon that is killed: the next one would find them taken. */
static int start_helper(struct shell *s)
{
	s->helper = helper_start(s->load, s->log);
	if (!s->helper)
		log_error(s->log, "the privileged helper cannot be started: %s", strerror(errno));
	return s->helper ? 0 : -1;
}

static int start_state(struct shell *s)
{
	s->state = state_open(s->config->state_dir, "xtr", wall_now_s(), s->log);
	return s->state ? 0 : -1;
}

static int drop_rights(struct shell *s)
{
	const struct privilege_options options = {0};

	return privilege_drop(&options, s->log);
}

static void own_rlocs(const struct policy *p, struct address rlocs[POLICY_RLOCS_MAX])
{
	for (unsigned int i = 0; i < p->rloc_count; i++)
		rlocs[i] = p->rlocs[i].addr;
}

static void agent_heard(struct router_ops *ops, const uint8_t id[16], uint64_t counter)
{
	agent_memory_heard(&((struct shell *)ops)->memory, id, counter);
}

static int start_datapath(struct shell *s)
{
	const struct policy *p = &s->config->policy;
	struct address rlocs[POLICY_RLOCS_MAX];
	const struct datapath_bpf_config config = {.rlocs = rlocs,
		.rloc_count = p->rloc_count,
		.mtu = s->config->mtu,
		.on_event = on_datapath_event,
		.arg = s};
	int fds[DATAPATH_FD_COUNT];
	char why[256];

	own_rlocs(p, rlocs);
	datapath_load_fds(s->load, fds);
	s->datapath = datapath_bpf_new(&config, fds, s->adopted, why, sizeof(why));
	if (!s->datapath) {
		log_error(s->log, "data plane: %s", why);
		return -1;
	}
	for (size_t i = 0; i < p->dynamic_count; i++)
		datapath_bpf_dynamic_add(s->datapath, &p->dynamic[i]);
	return 0;
}

static int start_core(struct shell *s)
{
	s->out = outbox_new(OUTBOX_DATAGRAMS, OUTBOX_BYTES);
	s->batch = udp_batch_new(DATAGRAM_MAX);
	s->timer = daemon_timer_new(daemon_base(s->daemon), on_timer, s);
	s->ops = (struct router_ops){.probe_host = probe_host,
		.port_named = port_named,
		.pin_host = pin_host,
		.send_frame = send_frame,
		.announce = announce,
		.station_left = shell_rbridge_left,
		.agent_heard = agent_heard,
		.event = tell_event};
	if (!s->config->xtr_id_given)
		state_id(s->state, &s->random, s->config->policy.xtr_id.bytes);
	if (s->out && s->batch && s->timer)
		s->router = router_new(&s->config->policy, datapath_bpf_handle(s->datapath),
			&s->ops, &s->random, s->log, state_first_nonce(s->state), s->started);
	if (!s->router)
		log_error(s->log, "the core cannot be started: out of memory");
	if (s->router)
		agent_memory_recall(&s->memory, s->state, s->router);
	return s->router ? 0 : -1;
}

static int start_api(struct shell *s)
{
	s->metrics = metrics_new();
	s->api = s->metrics ? api_new(daemon_base(s->daemon), NULL, s->log, s->metrics) : NULL;
	if (!s->api)
		return -1;
	s->shell_metrics = shell_metrics_new(s->metrics, s);
	s->rbridge = shell_rbridge_new(s);
	xtr_api_routes(s->api, s);
	if (!s->shell_metrics || !s->rbridge ||
		api_listen(s->api, s->config->api_socket, 0660, NULL))
		return -1;
	return api_tls_set(s->api, s->config->has_tls ? &s->config->tls : NULL);
}

static int start_ports(struct shell *s)
{
	const struct ports_ops ops = {.port = on_port,
		.own = on_own,
		.neighbour = on_neighbour,
		.question = on_question,
		.arg = s};

	s->ports = ports_new(daemon_base(s->daemon), s->helper, s->datapath, &ops, s->log);
	return s->ports ? 0 : -1;
}

static struct event *watch(struct shell *s, int fd, event_callback_fn on_ready)
{
	struct event *e = event_new(daemon_base(s->daemon), fd, EV_READ | EV_PERSIST, on_ready, s);

	if (e)
		event_add(e, NULL);
	return e;
}

static int start_events(struct shell *s)
{
	for (unsigned int i = 0; i < s->socket_count; i++)
		if (!(s->socket_events[i] = watch(s, s->sockets[i].fd, on_socket)))
			return -1;
	s->ring_event = watch(s, datapath_bpf_events_fd(s->datapath), on_datapath);
	s->tap_event = watch(s, datapath_bpf_tap_fd(s->datapath), on_datapath);
	return s->ring_event && s->tap_event ? 0 : -1;
}

static void stop(void *self);

static void *start(struct daemon *daemon, const struct config *file)
{
	struct shell *s = calloc(1, sizeof(*s));

	if (!s || !(s->config = malloc(sizeof(*s->config))) ||
		xtr_config_load(s->config, config_root(file))) {
		log_error(daemon_log(daemon), "out of memory");
		if (s)
			free(s->config);
		free(s);
		return NULL;
	}
	s->daemon = daemon;
	s->log = s->memory.log = daemon_log(daemon);
	s->started = mono_now();
	random_system_init(&s->random);
	/* What needs rights comes first, then they go; what peers can reach comes last. */
	if (start_datapath_load(s) || start_helper(s) || start_state(s) || start_sockets(s) ||
		drop_rights(s) || start_datapath(s) || start_ports(s) || start_core(s) ||
		start_api(s) || start_events(s)) {
		stop(s);
		return NULL;
	}
	router_start(s->router, mono_now(), s->out);
	ports_configure(s->ports, s->config->ports, s->config->port_count);
	if (shell_rbridge_configure(s->rbridge))
		log_warning(s->log, "rbridge: out of memory");
	if (s->adopted)
		log_info(s->log, "data plane: %d stale entries removed",
			datapath_bpf_settle(s->datapath));
	shell_settle(s);
	return s;
}

/* Prefixes of @from that are not in @to. */
static void dynamic_difference(struct datapath_bpf *db, const struct policy *from,
	const struct policy *to, int (*act)(struct datapath_bpf *db, const struct eid *prefix))
{
	for (size_t i = 0; i < from->dynamic_count; i++) {
		bool there = false;

		for (size_t k = 0; k < to->dynamic_count && !there; k++)
			there = eid_equal(&from->dynamic[i], &to->dynamic[k]);
		if (!there)
			act(db, &from->dynamic[i]);
	}
}

static int reload(void *self, const struct config *file)
{
	struct shell *s = self;
	struct xtr_config *old = s->config, *new = malloc(sizeof(*new));
	struct address rlocs[POLICY_RLOCS_MAX];

	if (!new || xtr_config_load(new, config_root(file))) {
		free(new);
		return -ENOMEM;
	}
	if (!new->xtr_id_given)
		new->policy.xtr_id = old->policy.xtr_id;
	if (router_reload(s->router, &new->policy, mono_now(), s->out)) {
		xtr_config_fini(new);
		free(new);
		return -ENOMEM;
	}
	agent_memory_recall(&s->memory, s->state, s->router);
	own_rlocs(&new->policy, rlocs);
	datapath_bpf_rlocs(s->datapath, rlocs, new->policy.rloc_count);
	dynamic_difference(s->datapath, &new->policy, &old->policy, datapath_bpf_dynamic_add);
	dynamic_difference(s->datapath, &old->policy, &new->policy, datapath_bpf_dynamic_del);
	ports_configure(s->ports, new->ports, new->port_count);
	api_tls_set(s->api, new->has_tls ? &new->tls : NULL); /* what is wrong is logged */
	s->config = new;
	if (shell_rbridge_configure(s->rbridge))
		log_warning(s->log, "rbridge: out of memory");
	xtr_config_fini(old);
	free(old);
	shell_settle(s);
	return 0;
}

static void free_events(struct shell *s)
{
	for (unsigned int i = 0; i < s->socket_count; i++)
		if (s->socket_events[i])
			event_free(s->socket_events[i]);
	if (s->ring_event)
		event_free(s->ring_event);
	if (s->tap_event)
		event_free(s->tap_event);
}

static void stop(void *self)
{
	struct shell *s = self;

	if (s->config->withdraw_on_stop && s->router && s->tap_event) {
		router_withdraw(s->router, mono_now(), s->out);
		shell_settle(s);
	}
	free_events(s);
	shell_rbridge_free(s->rbridge);
	api_free(s->api);
	metrics_free(s->metrics);
	shell_metrics_free(s->shell_metrics);
	ports_free(s->ports);
	router_free(s->router);
	daemon_timer_free(s->timer);
	outbox_free(s->out);
	udp_batch_free(s->batch);
	datapath_bpf_free(s->datapath);
	helper_stop(s->helper);
	datapath_load_free(s->load);
	for (unsigned int i = 0; i < s->socket_count; i++)
		udp_close(&s->sockets[i]);
	state_close(s->state);
	xtr_config_fini(s->config);
	free(s->config);
	free(s);
}

const struct daemon_ops xtr_daemon = {
	.name = "sunward-xtr",
	.summary =
		"LISP tunnel router: carries packets between sites, finds and registers machines",
	.config_path = SYSCONFDIR "/xtr.conf",
	.schema = xtr_config_schema,
	.check = xtr_config_check,
	.start = start,
	.reload = reload,
	.stop = stop,
};
