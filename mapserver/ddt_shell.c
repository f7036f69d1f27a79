/* See ddt_shell.h. */
#include "mapserver/ddt_shell.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/rcu.h"
#include "mapserver/ddt_client.h"
#include "mapserver/ddt_resolver.h"

#define CLOCK_S 10 /* how often the wall clock is looked at */

static void look_at_clock(struct server *s)
{
	const int64_t offset = (int64_t)wall_now_s() - (int64_t)(mono_now().ns / 1000000000);

	__atomic_store_n(&s->wall_offset_s, offset, __ATOMIC_RELAXED);
}

/* A worker's search is due before anything that the timer knows of. */
static void on_sooner(void *arg)
{
	const struct mapserver *ms = arg;
	const uint64_t one = 1;

	if (write(ms->wake_fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		log_error(ms->log, "waking the control thread: %s", strerror(errno));
}

int ddt_shell_make(struct mapserver *ms)
{
	struct server *s = ms->server;
	struct ddt_resolver_options o = {.pending_max = ms->config.ddt_searches,
		.referrals_max = ms->config.ddt_referrals,
		.ipv4 = s->opt.ipv4,
		.ipv6 = s->opt.ipv6,
		.sooner = on_sooner,
		.arg = ms};

	look_at_clock(s);
	s->delegations = ms->config.delegations;
	ms->config.delegations = NULL;
	if (!s->opt.resolver)
		return 0;
	memcpy(o.secret, ms->secret, sizeof(o.secret));
	s->ddt = ddt_resolver_new(&o, ms->config.ddt_root);
	ms->config.ddt_root = NULL;
	return s->ddt ? 0 : -ENOMEM;
}

void ddt_shell_reload(struct mapserver *ms, struct mapserver_config *new)
{
	delegation_table_retire(
		__atomic_exchange_n(&ms->server->delegations, new->delegations, __ATOMIC_ACQ_REL));
	new->delegations = NULL;
	if (ms->server->ddt)
		ddt_resolver_set_root(ms->server->ddt, new->ddt_root);
	else
		referral_unref(new->ddt_root);
	new->ddt_root = NULL;
}

void ddt_shell_wake(struct mapserver *ms)
{
	struct mono due = mono_add_s(mono_now(), CLOCK_S);

	if (ms->server->ddt)
		due = mono_min(due, ddt_resolver_next(ms->server->ddt));
	daemon_timer_set(ms->ddt_timer, due);
}

static void run(void *arg, struct mono now)
{
	struct mapserver *ms = arg;
	const struct udp_socket *ipv4, *ipv6;

	look_at_clock(ms->server);
	rcu_enter();
	ddt_client_run(&ms->ddt_thread, now, ms->out);
	rcu_leave();
	listener_send_pair(ms->listeners, ms->listener_count, NULL, &ipv4, &ipv6);
	udp_batch_send(ms->batch, ipv4, ipv6, ms->out, ms->sent);
	outbox_clear(ms->out);
	ddt_shell_wake(ms);
}

int ddt_shell_start(struct mapserver *ms, struct event_base *base)
{
	ms->ddt_thread = (struct server_thread){.server = ms->server,
		.random = &ms->random,
		.counters = ms->control_counters,
		.log = ms->log};
	if (server_thread_init(&ms->ddt_thread))
		return -ENOMEM;
	ms->ddt_timer = daemon_timer_new(base, run, ms);
	if (!ms->ddt_timer)
		return -ENOMEM;
	ddt_shell_wake(ms);
	return 0;
}

void ddt_shell_stop(struct mapserver *ms)
{
	daemon_timer_free(ms->ddt_timer);
	ms->ddt_timer = NULL;
	server_thread_fini(&ms->ddt_thread);
}
