/* See dynamic_eid.h. */
#include "xtr/dynamic_eid.h"

#include <stdlib.h>
#include <string.h>

#define PORT_BUCKETS 1024 /* an ifindex is no stranger's choice */

struct dynamic_eid_port {
	LIST_ENTRY(dynamic_eid_port) link;
	LIST_HEAD(, dynamic_eid_host) hosts;
	int ifindex;
	uint32_t count;
	struct limit news;
};

struct dynamic_eid {
	struct env *env;
	struct dynamic_eid_listener listener;
	struct eid_table *hosts;
	LIST_HEAD(, dynamic_eid_port) ports[PORT_BUCKETS];
};

struct dynamic_eid *dynamic_eid_new(struct env *env, const struct dynamic_eid_listener *listener)
{
	struct dynamic_eid *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->env = env;
	d->listener = *listener;
	for (unsigned int i = 0; i < PORT_BUCKETS; i++)
		LIST_INIT(&d->ports[i]);
	d->hosts = eid_table_new(env->secret);
	if (!d->hosts) {
		free(d);
		return NULL;
	}
	return d;
}

static void host_free(struct dynamic_eid_host *h)
{
	timer_cancel(&h->table->env->timers, &h->timer);
	LIST_REMOVE(h, link);
	h->port->count--;
	eid_table_remove(h->table->hosts, &h->node);
	free(h);
}

static void port_free(struct dynamic_eid_port *port)
{
	struct dynamic_eid_host *h;

	while ((h = LIST_FIRST(&port->hosts)))
		host_free(h);
	LIST_REMOVE(port, link);
	free(port);
}

void dynamic_eid_free(struct dynamic_eid *d)
{
	struct dynamic_eid_port *port;

	if (!d)
		return;
	for (unsigned int i = 0; i < PORT_BUCKETS; i++)
		while ((port = LIST_FIRST(&d->ports[i])))
			port_free(port);
	eid_table_free(d->hosts);
	free(d);
}

static struct dynamic_eid_port *port_find(const struct dynamic_eid *d, int ifindex)
{
	struct dynamic_eid_port *port;

	LIST_FOREACH (port, &d->ports[(unsigned int)ifindex % PORT_BUCKETS], link)
		if (port->ifindex == ifindex)
			return port;
	return NULL;
}

static struct dynamic_eid_port *port_get(struct dynamic_eid *d, int ifindex)
{
	struct dynamic_eid_port *port = port_find(d, ifindex);

	if (port)
		return port;
	port = calloc(1, sizeof(*port));
	if (!port)
		return NULL;
	port->ifindex = ifindex;
	LIST_INIT(&port->hosts);
	LIST_INSERT_HEAD(&d->ports[(unsigned int)ifindex % PORT_BUCKETS], port, link);
	return port;
}

static void fire(struct timer *t, struct mono now)
{
	struct dynamic_eid_host *h = t->arg;
	struct dynamic_eid *d = h->table;

	timer_set(&d->env->timers, t, mono_add_s(now, d->env->policy.timers.idle_s));
	d->listener.idle(d->listener.arg, h);
}

static bool within_limits(struct dynamic_eid *d, struct dynamic_eid_port *port)
{
	const struct policy_limits *limits = &d->env->policy.limits;
	const struct limit_rate rate =
		limit_per_s(limits->new_hosts_per_port, limits->new_hosts_per_port);

	if (eid_table_count(d->hosts) >= limits->hosts || port->count >= limits->hosts_per_port) {
		env_count(d->env, XTR_HOSTS_DROP_LIMIT);
		return false;
	}
	if (!limit_take(&port->news, &rate, d->env->now)) {
		env_count(d->env, XTR_HOSTS_DROP_RATE);
		return false;
	}
	return true;
}

static void sign_of_life(struct dynamic_eid_host *h, const uint8_t mac[6])
{
	struct env *env = h->table->env;
	uint64_t idle_ms = env->policy.timers.idle_s * 1000ull;

	memcpy(h->mac, mac, sizeof(h->mac));
	h->seen = env->now;
	h->lost = false;
	timer_set(&env->timers, &h->timer,
		mono_add_ms(env->now, random_jitter(env->random, idle_ms, 10)));
}

static enum dynamic_eid_news host_new(struct dynamic_eid *d, const struct eid *host,
	struct dynamic_eid_port *port, const uint8_t mac[6])
{
	struct dynamic_eid_host *h;

	if (!within_limits(d, port))
		return DYNAMIC_EID_REFUSED;
	h = calloc(1, sizeof(*h));
	if (h)
		h->node.eid = *host;
	if (!h || eid_table_insert(d->hosts, &h->node) < 0) {
		free(h);
		env_count(d->env, XTR_NO_MEMORY);
		return DYNAMIC_EID_REFUSED;
	}
	h->table = d;
	h->port = port;
	LIST_INSERT_HEAD(&port->hosts, h, link);
	port->count++;
	timer_init(&h->timer, fire, h);
	sign_of_life(h, mac);
	env_count(d->env, XTR_HOSTS_FOUND);
	return DYNAMIC_EID_NEW;
}

enum dynamic_eid_news dynamic_eid_seen(
	struct dynamic_eid *d, const struct eid *host, int ifindex, const uint8_t mac[6])
{
	struct dynamic_eid_port *port = port_get(d, ifindex);
	struct dynamic_eid_host *h = dynamic_eid_find(d, host);

	if (!port) {
		env_count(d->env, XTR_NO_MEMORY);
		return h ? DYNAMIC_EID_KNOWN : DYNAMIC_EID_REFUSED;
	}
	if (!h)
		return host_new(d, host, port, mac);
	if (h->port != port) {
		LIST_REMOVE(h, link);
		h->port->count--;
		LIST_INSERT_HEAD(&port->hosts, h, link);
		port->count++;
		h->port = port;
		env_count(d->env, XTR_HOSTS_MOVED_PORT);
	}
	sign_of_life(h, mac);
	return DYNAMIC_EID_KNOWN;
}

struct dynamic_eid_host *dynamic_eid_find(const struct dynamic_eid *d, const struct eid *host)
{
	return eid_table_entry(eid_table_find(d->hosts, host), struct dynamic_eid_host, node);
}

int dynamic_eid_ifindex(const struct dynamic_eid_host *host)
{
	return host->port->ifindex;
}

bool dynamic_eid_has_mac(const struct dynamic_eid *d, int ifindex, const uint8_t mac[6])
{
	const struct dynamic_eid_port *port = port_find(d, ifindex);
	const struct dynamic_eid_host *h;

	if (!port)
		return false;
	LIST_FOREACH (h, &port->hosts, link)
		if (!memcmp(h->mac, mac, sizeof(h->mac)))
			return true;
	return false;
}

void dynamic_eid_remove(struct dynamic_eid *d, const struct eid *host)
{
	struct dynamic_eid_host *h = dynamic_eid_find(d, host);

	if (h)
		host_free(h);
}

void dynamic_eid_port(struct dynamic_eid *d, int ifindex, bool up)
{
	struct dynamic_eid_port *port = port_find(d, ifindex);
	struct dynamic_eid_host *h, *next;

	if (!port)
		return;
	for (h = LIST_FIRST(&port->hosts); h; h = next) {
		next = LIST_NEXT(h, link);
		h->lost |= !up;
		d->listener.port(d->listener.arg, h, up);
	}
	if (!up && LIST_EMPTY(&port->hosts)) /* ports come and go with their guests */
		port_free(port);
}

size_t dynamic_eid_count(const struct dynamic_eid *d)
{
	return eid_table_count(d->hosts);
}

struct each {
	bool (*visit)(struct dynamic_eid_host *h, void *arg);
	void *arg;
};

static bool visit_one(struct eid_node *node, void *arg)
{
	struct each *each = arg;

	return each->visit(eid_table_entry(node, struct dynamic_eid_host, node), each->arg);
}

void dynamic_eid_each(const struct dynamic_eid *d,
	bool (*visit)(struct dynamic_eid_host *h, void *arg), void *arg)
{
	struct each each = {visit, arg};

	eid_table_each(d->hosts, visit_one, &each);
}
