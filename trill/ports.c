/* See ports.h. */
#include "trill/ports.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/net/link_kind.h"
#include "lib/net/packet.h"
#include "lib/service/netlink_watch.h"
#include "trill/codec/lsp_tlv.h"
#include "trill/helper.h"

#define FRAMES       64   /* read before other sources get their turn */
#define FRAME_SIZE   9300 /* bytes; what is longer is not ours */
#define COST_UNKNOWN 2000 /* 10 Gbit/s */

/* An interface that is no port any more, but still named in the data plane's tables. */
struct leaving {
	int ifindex; /* 0: free */
	bool vanished;
};

struct trill_ports {
	struct event_base *base;
	struct trill_helper *helper;
	struct trill_tables *tables;
	struct trill_ports_ops ops;
	struct log *log;
	struct netlink_watch *watch;
	uint64_t lost; /* of all ports */
	struct log_limit full;
	struct trill_port list[RBRIDGE_PORTS_MAX];
	struct leaving leaving[RBRIDGE_PORTS_MAX];
};

uint16_t trill_ports_number(const struct trill_ports *p, const struct trill_port *port)
{
	return (uint16_t)(port - p->list);
}

static struct trill_port *port_at(struct trill_ports *p, int ifindex)
{
	for (unsigned int i = 0; ifindex && i < RBRIDGE_PORTS_MAX; i++)
		if (p->list[i].used && p->list[i].ifindex == ifindex)
			return &p->list[i];
	return NULL;
}

static struct trill_port *port_named(struct trill_ports *p, const char *name)
{
	for (unsigned int i = 0; i < RBRIDGE_PORTS_MAX; i++)
		if (p->list[i].used && !strcmp(p->list[i].config.name, name))
			return &p->list[i];
	return NULL;
}

/* ---- the data plane ---- */

static void leave(struct trill_ports *p, int ifindex, bool vanished)
{
	if (vanished)
		trill_helper_detach(p->helper, ifindex); /* before its number is another's */
	for (unsigned int i = 0; i < RBRIDGE_PORTS_MAX; i++)
		if (!p->leaving[i].ifindex) {
			p->leaving[i] = (struct leaving){ifindex, vanished};
			return;
		}
	p->tables->port_del(p->tables, (uint32_t)ifindex); /* more than there can be ports */
}

void trill_ports_settle(struct trill_ports *p)
{
	for (unsigned int i = 0; i < RBRIDGE_PORTS_MAX; i++) {
		struct leaving *l = &p->leaving[i];

		if (!l->ifindex || !p->ops.unused(p->ops.arg))
			continue;
		p->tables->port_del(p->tables, (uint32_t)l->ifindex);
		if (!l->vanished)
			trill_helper_detach(p->helper, l->ifindex);
		l->ifindex = 0;
	}
}

/* It has come back before it had gone: the core writes its row anew. */
static void stay(struct trill_ports *p, int ifindex)
{
	for (unsigned int i = 0; i < RBRIDGE_PORTS_MAX; i++)
		if (p->leaving[i].ifindex == ifindex)
			p->leaving[i].ifindex = 0;
}

/* ---- control frames ---- */

static void on_frame(evutil_socket_t fd, short what, void *arg)
{
	struct trill_ports *p = arg;
	struct trill_port *port = NULL;
	uint8_t frame[FRAME_SIZE];
	ssize_t n;

	for (unsigned int i = 0; i < RBRIDGE_PORTS_MAX; i++)
		if (p->list[i].used && p->list[i].fd == fd)
			port = &p->list[i];
	for (unsigned int i = 0; port && i < FRAMES; i++) {
		n = packet_receive_tagged(fd, frame, sizeof(frame));
		if (n <= 0)
			return;
		port->received++;
		if ((size_t)n <= sizeof(frame) && port->up)
			p->ops.frame(p->ops.arg, trill_ports_number(p, port), frame, (size_t)n);
	}
}

void trill_ports_send(struct trill_ports *p, uint16_t number, const uint8_t *frame, size_t len)
{
	struct trill_port *port = &p->list[number];

	if (!port->used || port->fd < 0)
		return;
	if (packet_send(port->fd, frame, len))
		port->refused++;
	else
		port->sent++;
}

static int listen_to(struct trill_ports *p, struct trill_port *port)
{
	port->fd = trill_helper_packet_socket(p->helper, port->ifindex);
	if (port->fd < 0)
		return port->fd;
	port->event = event_new(p->base, port->fd, EV_READ | EV_PERSIST, on_frame, p);
	return port->event && event_add(port->event, NULL) == 0 ? 0 : -ENOMEM;
}

/* More than before? */
static bool port_count(struct trill_ports *p, struct trill_port *port)
{
	int64_t lost = port->fd >= 0 ? packet_lost(port->fd) : 0;

	if (lost <= 0)
		return false;
	port->lost += (uint64_t)lost;
	p->lost += (uint64_t)lost;
	return true;
}

void trill_ports_count(struct trill_ports *p, struct mono now)
{
	for (unsigned int i = 0; i < RBRIDGE_PORTS_MAX; i++) {
		struct trill_port *port = &p->list[i];

		if (port->used && port_count(p, port))
			log_limited(p->log, &p->full, now, LOG_LEVEL_WARNING,
				"port %s: more control frames than are read: %llu lost so far",
				port->config.name, (unsigned long long)port->lost);
	}
}

uint64_t trill_ports_lost(const struct trill_ports *p)
{
	return p->lost;
}

static void stop_listening(struct trill_ports *p, struct trill_port *port)
{
	port_count(p, port);
	if (port->event)
		event_free(port->event);
	port->event = NULL;
	if (port->fd >= 0)
		close(port->fd);
	port->fd = -1;
}

/* ---- interfaces ---- */

static void set_up(struct trill_ports *p, struct trill_port *port, bool up)
{
	if (port->up == up)
		return;
	port->up = up;
	log_info(p->log, "port %s: %s", port->config.name, up ? "up" : "down");
	if (up)
		p->ops.up(p->ops.arg, trill_ports_number(p, port), port);
	else
		p->ops.down(p->ops.arg, trill_ports_number(p, port));
}

static void detach(struct trill_ports *p, struct trill_port *port, bool vanished)
{
	if (!port->ifindex)
		return;
	set_up(p, port, false);
	stop_listening(p, port);
	leave(p, port->ifindex, vanished);
	port->ifindex = 0;
	port->attached = false;
	log_info(p->log, "port %s: %s", port->config.name, vanished ? "gone" : "detached");
}

static uint32_t cost_of(const struct trill_port *port)
{
	uint32_t speed;

	if (port->config.cost)
		return port->config.cost;
	speed = link_speed_mbit(port->ifindex);
	return speed ? reach_metric_of(speed) : COST_UNKNOWN;
}

static uint16_t mtu_of(const struct trill_port *port, uint32_t mtu)
{
	if (port->config.mtu && port->config.mtu < mtu)
		mtu = port->config.mtu;
	return (uint16_t)(mtu < UINT16_MAX ? mtu : UINT16_MAX);
}

static void attach(struct trill_ports *p, struct trill_port *port, const struct netlink_link *link)
{
	int rc;

	port->ifindex = link->ifindex;
	memcpy(port->mac.bytes, link->mac, sizeof(port->mac.bytes));
	port->link_mtu = link->mtu;
	port->mtu = mtu_of(port, link->mtu);
	port->cost = cost_of(port);
	stay(p, link->ifindex);
	rc = trill_helper_attach(p->helper, port->ifindex, port->why);
	if (rc == 0 && port->fd < 0) {
		rc = listen_to(p, port);
		snprintf(port->why, sizeof(port->why), "no packet socket: %s", strerror(-rc));
	}
	port->attached = rc == 0;
	if (rc) {
		stop_listening(p, port);
		log_error(p->log, "port %s: cannot be attached: %s; tried again at its next change",
			port->config.name, port->why);
	} else {
		log_info(p->log, "port %s: attached as %s port, cost %u", port->config.name,
			trill_port_kind_name(port->config.kind), port->cost);
	}
}

/* Its MAC or MTU is another. */
static void refresh(struct trill_ports *p, struct trill_port *port, const struct netlink_link *link)
{
	uint16_t mtu = mtu_of(port, link->mtu);
	bool moved = link->has_mac && memcmp(port->mac.bytes, link->mac, sizeof(link->mac)) != 0;

	port->link_mtu = link->mtu;
	if (!moved && mtu == port->mtu)
		return;
	port->mtu = mtu;
	if (moved)
		memcpy(port->mac.bytes, link->mac, sizeof(port->mac.bytes));
	if (port->up)
		p->ops.up(p->ops.arg, trill_ports_number(p, port), port);
}

static void on_link(void *arg, const struct netlink_link *link)
{
	struct trill_ports *p = arg;
	struct trill_port *port = port_at(p, link->ifindex);

	if (port && (link->deleted || strcmp(port->config.name, link->name))) {
		detach(p, port, link->deleted);
		port = NULL;
	}
	if (link->deleted)
		return;
	if (!port || !port->attached) {
		port = port_named(p, link->name);
		if (!port)
			return;
		if (port->ifindex != link->ifindex)
			detach(p, port, true); /* made anew, and its end was not heard of */
		attach(p, port, link);
	} else {
		refresh(p, port, link);
	}
	set_up(p, port, port->attached && link->up && link->running);
}

static void on_lost(void *arg)
{
	netlink_watch_lost(((struct trill_ports *)arg)->watch);
}

static const struct netlink_ops netlink_ops = {.link = on_link, .lost = on_lost};

/* ---- the shell's side ---- */

struct trill_ports *trill_ports_new(struct event_base *base, struct trill_helper *helper,
	struct trill_tables *tables, const struct trill_ports_ops *ops, struct log *log)
{
	struct trill_ports *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->base = base;
	p->helper = helper;
	p->tables = tables;
	p->ops = *ops;
	p->log = log;
	p->watch = netlink_watch_new(base, NETLINK_LINKS, &netlink_ops, p, log);
	if (p->watch)
		return p;
	free(p);
	return NULL;
}

void trill_ports_free(struct trill_ports *p)
{
	if (!p)
		return;
	netlink_watch_free(p->watch);
	for (unsigned int i = 0; i < RBRIDGE_PORTS_MAX; i++)
		if (p->list[i].used)
			stop_listening(p, &p->list[i]);
	free(p);
}

/* One that is configured otherwise keeps its number, its socket and its place in the data plane. */
static void retain(struct trill_ports *p, struct trill_port *port,
	const struct trill_config_port *list, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		if (strcmp(port->config.name, list[i].name) != 0)
			continue;
		if (trill_config_port_equal(&port->config, &list[i]))
			return;
		port->config = list[i];
		if (port->ifindex) {
			port->cost = cost_of(port);
			port->mtu = mtu_of(port, port->link_mtu);
		}
		if (port->up)
			p->ops.up(p->ops.arg, trill_ports_number(p, port), port);
		return;
	}
	detach(p, port, false);
	p->ops.removed(p->ops.arg, trill_ports_number(p, port));
	port->used = false;
}

static void add(struct trill_ports *p, const struct trill_config_port *config)
{
	for (unsigned int i = 0; i < RBRIDGE_PORTS_MAX; i++)
		if (!p->list[i].used) {
			p->list[i] = (struct trill_port){.used = true, .config = *config, .fd = -1};
			return;
		}
}

void trill_ports_configure(
	struct trill_ports *p, const struct trill_config_port *list, unsigned int count)
{
	for (unsigned int i = 0; i < RBRIDGE_PORTS_MAX; i++)
		if (p->list[i].used)
			retain(p, &p->list[i], list, count);
	for (unsigned int i = 0; i < count; i++)
		if (!port_named(p, list[i].name))
			add(p, &list[i]);
	netlink_watch_list(p->watch);
	for (unsigned int i = 0; i < RBRIDGE_PORTS_MAX; i++)
		if (p->list[i].used && !p->list[i].ifindex)
			log_info(p->log, "port %s: not there yet; attached when it appears",
				p->list[i].config.name);
}

const char *trill_port_unattached(const struct trill_port *port)
{
	if (!port->ifindex)
		return "there is no such interface";
	return port->attached ? NULL : port->why;
}

const struct trill_port *trill_ports_at(const struct trill_ports *p, uint16_t number)
{
	return number < RBRIDGE_PORTS_MAX && p->list[number].used ? &p->list[number] : NULL;
}

const struct trill_port *trill_ports_by_ifindex(const struct trill_ports *p, uint32_t ifindex)
{
	for (uint16_t i = 0; ifindex && i < RBRIDGE_PORTS_MAX; i++)
		if (p->list[i].used && (uint32_t)p->list[i].ifindex == ifindex)
			return &p->list[i];
	return NULL;
}
