/* ports: the interfaces of the configuration as they come, go, and change.
 *
 * Follows netlink: attaches the programs when a named interface appears (also again, after it was
 * made anew), tells the core of carrier and of neighbours, sends ARP requests and neighbour
 * solicitations for it. Knows no mapping. */
#ifndef SUNWARD_XTR_PORTS_H
#define SUNWARD_XTR_PORTS_H

#include "xtr/config.h"
#include "xtr/datapath_bpf.h"
#include "xtr/router.h"

struct event_base;
struct helper;
struct log;
struct ports;

struct port {
	struct xtr_config_port config;
	int ifindex; /* 0: the interface is not there */
	bool attached;
	bool up; /* administratively, and it has carrier */
	uint8_t mac[6];
	struct address ipv4,
		ipv6;  /* its first addresses, source of what we ask hosts; AFI_NONE: none */
	int packet_fd; /* site ports: -1 while not attached */
	struct event *questions; /* NULL: they are left to others */
	bool has_ipv4, has_ipv6; /* the interface has the configured gateway's address itself */
};

struct ports_ops {
	void (*port)(
		void *arg, int ifindex, bool up); /* site ports only; also down when one vanishes */
	/* An address of a site port came (told again at each dump) or went. */
	void (*own)(void *arg, const struct eid *host, bool present);
	void (*neighbour)(void *arg, const struct router_neighbour *n);
	/* ARP or a neighbour solicitation, Ethernet header first. */
	void (*question)(
		void *arg, const struct router_site_port *port, const void *frame, size_t len);
	void *arg;
};

/* Listens from now on; nothing is attached before ports_configure. NULL after logging why. */
struct ports *ports_new(struct event_base *base, struct helper *helper,
	struct datapath_bpf *datapath, const struct ports_ops *ops, struct log *log);
void ports_free(struct ports *p);
/* Go over to these ports: what is the same stays attached. */
void ports_configure(struct ports *p, const struct xtr_config_port *list, unsigned int count);

/* Ask for @host by ARP or ND (see router_ops). */
void ports_probe(struct ports *p, int ifindex, const struct eid *host, const uint8_t *mac);
/* See send_frame and announce of router_ops. */
void ports_send(struct ports *p, int ifindex, const void *frame, size_t len);
void ports_announce(struct ports *p, const struct eid *host, const uint8_t *mac, int ifindex,
	const uint8_t *to);
/* See pin_host of router_ops. */
void ports_pin(struct ports *p, int ifindex, const struct eid *host, const uint8_t *mac);
/* The ifindex of the site port @name, or, when that is empty, of the only one of the instance @iid;
 * 0: there is none, or another instance's. */
int ports_named(const struct ports *p, const char *name, uint32_t iid);
/* What comes to the site port can go on: it is up, and so is a core port. */
bool ports_ready(const struct ports *p, int ifindex);
/* "lan"; NULL when no port has this ifindex. */
const char *ports_name(const struct ports *p, int ifindex);
void ports_each(
	const struct ports *p, void (*visit)(const struct port *port, void *arg), void *arg);

#endif
