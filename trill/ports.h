/* ports: the RBridge's interfaces: which are there, whether their carrier is, the data plane's
 * program on each, and a packet socket each for control frames.
 *
 * Follows netlink; a port that is not there yet is attached when it appears. It knows no IS-IS:
 * frames go to the shell as they came, with their tag. A port has its number, by which the core
 * knows it, as long as its name stands in the configuration. */
#ifndef SUNWARD_TRILL_PORTS_H
#define SUNWARD_TRILL_PORTS_H

#include "trill/config.h"
#include "trill/core/tables.h"
#include "trill/helper.h"

struct event;
struct event_base;
struct log;
struct trill_ports;

struct trill_port {
	bool used;
	struct trill_config_port config;
	int ifindex; /* 0: not there */
	struct mac mac;
	uint32_t link_mtu;
	uint16_t mtu;  /* bytes behind the Ethernet header: the interface's, or as configured */
	uint32_t cost; /* as configured, or by its speed */
	bool attached, up;
	char why[TRILL_WHY_MAX]; /* it is not attached */
	int fd;
	struct event *event;
	/* Control frames; refused by the kernel; for which the socket had no room, as it was last
	 * asked. */
	uint64_t sent, refused, received, lost;
};

struct trill_ports_ops {
	/* The carrier has come, or the port is otherwise than it was (@port says all of it); or the
	 * carrier has gone. */
	void (*up)(void *arg, uint16_t number, const struct trill_port *port);
	void (*down)(void *arg, uint16_t number);
	/* It has gone out of the configuration, and is down; its number may be another's next. */
	void (*removed)(void *arg, uint16_t number);
	void (*frame)(void *arg, uint16_t number, const uint8_t *frame, size_t len);
	/* The data plane's tables name no port any more that has gone down. */
	bool (*unused)(void *arg);
	void *arg;
};

/* @ops is copied. NULL with errno, logged. */
struct trill_ports *trill_ports_new(struct event_base *base, struct trill_helper *helper,
	struct trill_tables *tables, const struct trill_ports_ops *ops, struct log *log);
void trill_ports_free(struct trill_ports *p);

/* These are the ports now. Those that stay as they were are not touched. */
void trill_ports_configure(
	struct trill_ports *p, const struct trill_config_port *list, unsigned int count);
/* Ports that were taken away go out of the data plane when no row names them any more. */
void trill_ports_settle(struct trill_ports *p);
void trill_ports_send(struct trill_ports *p, uint16_t number, const uint8_t *frame, size_t len);

/* Ask the ports' sockets what they had no room for, and log it: every few seconds. */
void trill_ports_count(struct trill_ports *p, struct mono now);
/* Of all ports there ever were. */
uint64_t trill_ports_lost(const struct trill_ports *p);

/* Why a port is not attached, in words; NULL: it is. */
const char *trill_port_unattached(const struct trill_port *port);
/* NULL: there is no such port. */
const struct trill_port *trill_ports_at(const struct trill_ports *p, uint16_t number);
const struct trill_port *trill_ports_by_ifindex(const struct trill_ports *p, uint32_t ifindex);
uint16_t trill_ports_number(const struct trill_ports *p, const struct trill_port *port);

#endif
