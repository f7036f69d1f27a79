/* gateway: what this site's xTR says on the site's ports by ARP and neighbour discovery, so that
 * the machines of one subnet at several sites reach each other through it: it answers for the
 * gateway's addresses and for machines that are elsewhere, with its own MAC, and tells the
 * neighbours when a machine leaves or comes (docs/decisions/one-subnet.md).
 *
 * One of the rooms that join others (rooms.h). It reads their tables and changes none; frames in,
 * frames out, of which the ports know the ways. */
#ifndef SUNWARD_XTR_GATEWAY_H
#define SUNWARD_XTR_GATEWAY_H

#include "lib/net/arp_nd.h"
#include "xtr/router.h"

struct gateway;

struct gateway *gateway_new(struct router *r);
void gateway_free(struct gateway *g);

/* A frame (Ethernet header first) that came in at @port; anything but a question is left alone. */
void gateway_question(
	struct gateway *g, const struct router_site_port *port, const void *frame, size_t len);
/* Where @eid is has become known: who asked for a host in it is answered, or is not. */
void gateway_resolved(struct gateway *g, const struct eid *eid);
/* @host is not here any more, or stands still here and goes elsewhere: what is for it shall come to
 * us. Call it when its entry in the data plane stands. */
void gateway_left(struct gateway *g, const struct eid *host);
/* @host runs here, with @mac, and was elsewhere. Neighbours who hear so send to it directly: they
 * are told when what was held for it has gone. It is nobody who still asks whether its address is
 * in use (RFC 4862 section 5.4). */
void gateway_came(struct gateway *g, const struct eid *host, const uint8_t mac[6]);
/* What was held for hosts in @eid has gone. */
void gateway_drained(struct gateway *g, const struct eid *eid);

/* The machine with @mac behind @ifindex sends to @host by a MAC that is not the gateway's, and it
 * reached only us. */
void gateway_astray(struct gateway *g, int ifindex, const struct eid *host, const uint8_t mac[6]);

/* Pure: write the frame that tells a port's machines, or the one with the MAC @to, that @host is at
 * @host_mac: a gratuitous ARP request or an unsolicited neighbour advertisement. It is sent from
 * @port_mac, whosever address it tells, so that switches learn nothing wrong. Returns its length;
 * 0: no IP address. */
size_t gateway_announcement(uint8_t frame[ARP_ND_MAX], const uint8_t port_mac[6],
	const struct address *host, const uint8_t host_mac[6], const uint8_t *to);

#endif
