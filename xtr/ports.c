/* See ports.h. */
#include "xtr/ports.h"

#include <errno.h>
#include <event2/event.h>
#include <linux/neighbour.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/net/arp_nd.h"
#include "lib/net/packet.h"
#include "lib/service/netlink_watch.h"
#include "xtr/gateway.h"
#include "xtr/helper.h"

#define QUESTIONS     64   /* read before other sources get their turn */
#define QUESTION_SIZE 2048 /* bytes; what is longer is no ARP and no ND */

struct ports {
	struct event_base *base;
	struct helper *helper;
	struct datapath_bpf *datapath;
	struct ports_ops ops;
	struct log *log;
	struct netlink_watch *watch;
	struct port list[XTR_PORTS_MAX];
	unsigned int count;
};

static const unsigned int followed = NETLINK_LINKS | NETLINK_ADDRESSES | NETLINK_NEIGHBOURS;

static struct port *port_at(const struct ports *p, int ifindex)
{
	for (unsigned int i = 0; ifindex && i < p->count; i++)
		if (p->list[i].ifindex == ifindex)
			return (struct port *)(uintptr_t)&p->list[i];
	return NULL;
}

static struct port *port_named(struct ports *p, const char *name)
{
	for (unsigned int i = 0; i < p->count; i++)
		if (!strcmp(p->list[i].config.name, name))
			return &p->list[i];
	return NULL;
}

static bool is_site(const struct port *port)
{
	return port->config.role == DATAPATH_SITE;
}

static void set_up(struct ports *p, struct port *port, bool up)
{
	if (port->up == up)
		return;
	port->up = up;
	if (is_site(port))
		p->ops.port(p->ops.arg, port->ifindex, up);
}

/* Tell the data plane what it must know of the port before packets come through it, and again when
 * an address changes. */
static int describe(struct ports *p, const struct port *port)
{
	struct datapath_bpf_port d = {.ifindex = port->ifindex,
		.role = port->config.role,
		.mode = port->config.mode,
		.iid = port->config.iid};

	if (is_site(port)) {
		d.proxy = port->config.proxy;
		if (port->config.anycast)
			memcpy(d.gateway_mac, port->config.gateway_mac.bytes,
				sizeof(d.gateway_mac));
		d.gateway4 = port->config.gateway4.afi ? port->config.gateway4 : port->ipv4;
		d.gateway6 = port->config.gateway6.afi ? port->config.gateway6 : port->ipv6;
	}
	return datapath_bpf_port_add(p->datapath, &d);
}

/* The MAC that the site's machines have of the gateway. */
static const uint8_t *gateway_of(const struct port *port)
{
	return port->config.anycast ? port->config.gateway_mac.bytes : port->mac;
}

/* ---- questions by ARP and neighbour discovery ---- */

static void on_question(evutil_socket_t fd, short what, void *arg)
{
	struct router_site_port at = {0};
	uint8_t frame[QUESTION_SIZE];
	struct ports *p = arg;
	const struct port *port = NULL;
	ssize_t n;

	for (unsigned int i = 0; i < p->count; i++)
		if (p->list[i].packet_fd == fd)
			port = &p->list[i];
	if (!port)
		return;
	at.ifindex = port->ifindex;
	at.iid = port->config.iid;
	memcpy(at.mac, gateway_of(port), sizeof(at.mac));
	memcpy(at.own, port->mac, sizeof(at.own));
	if (!port->has_ipv4 || port->config.anycast)
		at.gateway4 = port->config.gateway4;
	if (!port->has_ipv6 || port->config.anycast)
		at.gateway6 = port->config.gateway6;
	for (unsigned int i = 0; i < QUESTIONS; i++) {
		n = packet_receive(fd, frame, sizeof(frame));
		if (n <= 0)
			return;
		if ((size_t)n <= sizeof(frame))
			p->ops.question(p->ops.arg, &at, frame, (size_t)n);
	}
}

static int listen_to(struct ports *p, struct port *port)
{
	port->packet_fd = helper_packet_socket(p->helper, port->ifindex, port->config.proxy);
	if (port->packet_fd < 0)
		return port->packet_fd;
	if (!port->config.proxy)
		return 0;
	port->questions = event_new(p->base, port->packet_fd, EV_READ | EV_PERSIST, on_question, p);
	return port->questions && event_add(port->questions, NULL) == 0 ? 0 : -ENOMEM;
}

static void stop_listening(struct port *port)
{
	if (port->questions)
		event_free(port->questions);
	port->questions = NULL;
	if (port->packet_fd >= 0)
		close(port->packet_fd);
	port->packet_fd = -1;
}

/* The gateway's addresses are nobody's machine, whether the interface has them or we answer for
 * them. Another port may have them too. */
static void own_gateway(struct ports *p, const struct port *port, bool present)
{
	const struct address *list[] = {&port->config.gateway4, &port->config.gateway6};
	const bool kept[] = {port->has_ipv4, port->has_ipv6};
	struct eid host;

	for (unsigned int k = 0; k < 2; k++) {
		bool other = false;

		for (unsigned int i = 0; i < p->count; i++)
			other |= &p->list[i] != port && p->list[i].ifindex &&
				 p->list[i].config.iid == port->config.iid &&
				 address_equal(k ? &p->list[i].config.gateway6
						 : &p->list[i].config.gateway4,
					 list[k]);
		host = eid_host(port->config.iid, list[k]);
		if (address_is_ip(list[k]) && (present || (!other && !kept[k])))
			p->ops.own(p->ops.arg, &host, present);
	}
}

static void take_gateway_mac(struct ports *p, struct port *port)
{
	const struct address *mac = &port->config.gateway_mac;
	int rc;

	if (mac->afi == AFI_NONE || port->config.anycast ||
		!memcmp(port->mac, mac->bytes, sizeof(port->mac)))
		return;
	rc = helper_mac(p->helper, port->ifindex, mac->bytes);
	if (rc)
		log_error(p->log, "port %s: it does not take the gateway's MAC: %s",
			port->config.name, strerror(-rc));
	else
		memcpy(port->mac, mac->bytes, sizeof(port->mac));
}

static void detach(struct ports *p, struct port *port, bool vanished)
{
	if (!port->ifindex)
		return;
	set_up(p, port, false);
	if (!vanished)
		helper_detach(p->helper, port->ifindex);
	datapath_bpf_port_del(p->datapath, port->ifindex);
	stop_listening(port);
	own_gateway(p, port, false);
	port->ifindex = 0;
	port->attached = false;
	port->has_ipv4 = port->has_ipv6 = false;
	port->ipv4 = port->ipv6 = (struct address){0};
	log_info(p->log, "port %s: %s", port->config.name, vanished ? "gone" : "detached");
}

static void note_gateway(struct port *port, const struct address *a, bool present)
{
	if (address_equal(a, &port->config.gateway4))
		port->has_ipv4 = present;
	if (address_equal(a, &port->config.gateway6))
		port->has_ipv6 = present;
}

/* The kernel answers for it, too, and asks in its name, both with the port's own MAC. */
static void warn_of_address(const struct ports *p, const struct port *port)
{
	if (port->config.anycast && (port->has_ipv4 || port->has_ipv6))
		log_error(p->log,
			"port %s: the interface has the gateway's address, and the kernel tells the "
			"port's own MAC for it; give the interface another one, and the gateway's to "
			"lo with arp_ignore = 1",
			port->config.name);
}

static void attach(struct ports *p, struct port *port, int ifindex)
{
	struct address list[32];
	int n = netlink_addresses_of(ifindex, list, 32), rc;

	port->ifindex = ifindex;
	for (int i = 0; i < n && i < 32; i++) {
		struct address *own = list[i].afi == AFI_IPV4 ? &port->ipv4 : &port->ipv6;

		if (own->afi == AFI_NONE)
			*own = list[i];
		note_gateway(port, &list[i], true);
	}
	if (is_site(port)) {
		own_gateway(p, port, true);
		take_gateway_mac(p, port);
		warn_of_address(p, port);
	}
	rc = describe(p, port);
	if (rc == 0)
		rc = helper_attach(p->helper, ifindex, port->config.role, port->config.mode);
	if (rc == 0 && is_site(port))
		rc = listen_to(p, port);
	port->attached = rc == 0;
	if (rc)
		log_error(p->log, "port %s: cannot be attached: %s; tried again at its next change",
			port->config.name, strerror(-rc));
	else
		log_info(p->log, "port %s: attached as a %s port", port->config.name,
			is_site(port) ? "site" : "core");
}

/* ---- netlink ---- */

static void on_link(void *arg, const struct netlink_link *link)
{
	struct ports *p = arg;
	struct port *port = port_at(p, link->ifindex);

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
		detach(p, port, true); /* it was made anew, and we have not heard of its end */
		memcpy(port->mac, link->mac, sizeof(port->mac));
		attach(p, port, link->ifindex);
	} else if (link->has_mac && memcmp(port->mac, link->mac, sizeof(port->mac)) != 0) {
		memcpy(port->mac, link->mac, sizeof(port->mac));
		describe(p, port);
	}
	set_up(p, port, link->up && link->running);
}

static bool link_local(const struct address *a)
{
	return a->afi == AFI_IPV6 && a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80;
}

static void on_address(void *arg, const struct netlink_address *a)
{
	struct ports *p = arg;
	struct port *port = port_at(p, a->ifindex);
	struct address *own;
	struct eid host;

	if (!port || !address_is_ip(&a->addr))
		return;
	host = eid_host(port->config.iid, &a->addr);
	note_gateway(port, &a->addr, !a->deleted);
	if (is_site(port) && !link_local(&a->addr))
		p->ops.own(p->ops.arg, &host,
			!a->deleted || address_equal(&a->addr, &port->config.gateway4) ||
				address_equal(&a->addr, &port->config.gateway6));
	own = a->addr.afi == AFI_IPV4 ? &port->ipv4 : &port->ipv6;
	if (a->deleted && address_equal(own, &a->addr))
		*own = (struct address){0};
	else if (!a->deleted &&
		 (own->afi == AFI_NONE || (link_local(own) && !link_local(&a->addr))))
		*own = a->addr;
	else
		return;
	describe(p, port);
}

static void on_neighbour(void *arg, const struct netlink_neighbour *n)
{
	struct ports *p = arg;
	struct port *port = port_at(p, n->ifindex);
	struct router_neighbour out = {.ifindex = n->ifindex};

	if (!port || !is_site(port) || !address_is_ip(&n->addr) || address_is_multicast(&n->addr))
		return;
	out.failed = n->deleted || n->state & NUD_FAILED;
	/* Stale, delayed and probed entries tell nothing new of the host; a reachable one has just
	 * answered. */
	if (!out.failed && (!(n->state & NUD_REACHABLE) || !n->has_mac))
		return;
	/* Another xTR of the site answers for who is elsewhere. */
	if (!out.failed && port->config.anycast && !memcmp(n->mac, gateway_of(port), 6))
		return;
	out.host = eid_host(port->config.iid, &n->addr);
	memcpy(out.mac, n->mac, sizeof(out.mac));
	p->ops.neighbour(p->ops.arg, &out);
}

static void on_lost(void *arg)
{
	netlink_watch_lost(((struct ports *)arg)->watch);
}

static const struct netlink_ops netlink_ops = {
	.link = on_link, .address = on_address, .neighbour = on_neighbour, .lost = on_lost};

/* ---- the shell's side ---- */

struct ports *ports_new(struct event_base *base, struct helper *helper,
	struct datapath_bpf *datapath, const struct ports_ops *ops, struct log *log)
{
	struct ports *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->base = base;
	p->helper = helper;
	p->datapath = datapath;
	p->ops = *ops;
	p->log = log;
	p->watch = netlink_watch_new(base, followed, &netlink_ops, p, log);
	if (p->watch)
		return p;
	free(p);
	return NULL;
}

void ports_free(struct ports *p)
{
	if (!p)
		return;
	netlink_watch_free(p->watch);
	for (unsigned int i = 0; i < p->count; i++)
		stop_listening(&p->list[i]);
	free(p);
}

static bool same_port(const struct xtr_config_port *a, const struct xtr_config_port *b)
{
	return !strcmp(a->name, b->name) && a->role == b->role && a->mode == b->mode &&
	       a->iid == b->iid && a->proxy == b->proxy &&
	       address_equal(&a->gateway4, &b->gateway4) &&
	       address_equal(&a->gateway6, &b->gateway6) &&
	       address_equal(&a->gateway_mac, &b->gateway_mac) && a->anycast == b->anycast;
}

static bool wanted(const struct port *port, const struct xtr_config_port *list, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		if (same_port(&port->config, &list[i]))
			return true;
	return false;
}

void ports_configure(struct ports *p, const struct xtr_config_port *list, unsigned int count)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < p->count; i++) {
		if (wanted(&p->list[i], list, count))
			p->list[kept++] = p->list[i];
		else
			detach(p, &p->list[i], false);
	}
	p->count = kept;
	for (unsigned int i = 0; i < count && p->count < XTR_PORTS_MAX; i++)
		if (!port_named(p, list[i].name))
			p->list[p->count++] = (struct port){.config = list[i], .packet_fd = -1};
	netlink_watch_list(p->watch);
	for (unsigned int i = 0; i < p->count; i++)
		if (!p->list[i].ifindex)
			log_info(p->log, "port %s: not there yet; attached when it appears",
				p->list[i].config.name);
}

static void probe_out_of(
	struct ports *p, const struct port *port, const struct eid *host, const uint8_t *mac)
{
	const struct address *sender = host->addr.afi == AFI_IPV4 ? &port->ipv4 : &port->ipv6;
	uint8_t frame[ARP_ND_MAX];
	struct arp_nd ask;
	size_t len;

	if (port->packet_fd < 0 || sender->afi == AFI_NONE ||
		!arp_nd_ask(&ask, port->mac, sender, &host->addr, mac))
		return;
	len = arp_nd_build(&ask, frame);
	if (len)
		packet_send(port->packet_fd, frame, len);
}

void ports_probe(struct ports *p, int ifindex, const struct eid *host, const uint8_t *mac)
{
	for (unsigned int i = 0; i < p->count; i++) {
		const struct port *port = &p->list[i];

		if (is_site(port) && port->ifindex && port->config.iid == host->iid &&
			(!ifindex || ifindex == port->ifindex))
			probe_out_of(p, port, host, mac);
	}
}

void ports_send(struct ports *p, int ifindex, const void *frame, size_t len)
{
	const struct port *port = port_at(p, ifindex);

	if (port && port->packet_fd >= 0)
		packet_send(port->packet_fd, frame, len);
}

void ports_announce(
	struct ports *p, const struct eid *host, const uint8_t *mac, int ifindex, const uint8_t *to)
{
	uint8_t frame[ARP_ND_MAX];
	size_t len;

	for (unsigned int i = 0; i < p->count; i++) {
		const struct port *port = &p->list[i];

		if (!port->config.proxy || !port->ifindex || port->config.iid != host->iid ||
			port->packet_fd < 0 || (ifindex && ifindex != port->ifindex))
			continue;
		len = gateway_announcement(
			frame, port->mac, &host->addr, mac ? mac : gateway_of(port), to);
		if (len)
			packet_send(port->packet_fd, frame, len);
	}
}

bool ports_ready(const struct ports *p, int ifindex)
{
	const struct port *port = port_at(p, ifindex);

	for (unsigned int i = 0; port && port->up && port->attached && i < p->count; i++)
		if (!is_site(&p->list[i]) && p->list[i].up && p->list[i].attached)
			return true;
	return false;
}

const char *ports_name(const struct ports *p, int ifindex)
{
	const struct port *port = port_at(p, ifindex);

	return port ? port->config.name : NULL;
}

void ports_each(const struct ports *p, void (*visit)(const struct port *port, void *arg), void *arg)
{
	for (unsigned int i = 0; i < p->count; i++)
		visit(&p->list[i], arg);
}

void ports_pin(struct ports *p, int ifindex, const struct eid *host, const uint8_t *mac)
{
	const struct port *port = port_at(p, ifindex);
	char text[EID_TEXT];
	int rc;

	if (!port || !is_site(port))
		return;
	rc = helper_neighbour(p->helper, ifindex, &host->addr, mac);
	if (rc && mac)
		log_warning(p->log, "port %s: no neighbour entry for %s: %s", port->config.name,
			eid_format(host, text, sizeof(text)), strerror(-rc));
}

int ports_named(const struct ports *p, const char *name, uint32_t iid)
{
	int only = 0;

	for (unsigned int i = 0; i < p->count; i++) {
		const struct port *port = &p->list[i];

		if (!is_site(port) || port->config.iid != iid || !port->ifindex)
			continue;
		if (*name && !strcmp(port->config.name, name))
			return port->ifindex;
		if (!*name && only)
			return 0;
		only = *name ? 0 : port->ifindex;
	}
	return only;
}
