/* domain_xml: what a libvirt domain's XML says of its guest: name, UUID, and the addresses that
 *move with it, which an operator has put into the metadata:
 *
 *	<metadata>
 *	  <sunward:guest xmlns:sunward="urn:sunward:guest:1">
 *	    <sunward:eid iid="7" mac="52:54:00:66:00:02" port="lan">203.0.113.7</sunward:eid>
 *	  </sunward:guest>
 *	</metadata>
 *
 * why it is to move, where somebody said, in an element of a namespace of its own (with "until",
 * seconds since 1970, after which it does not count: it goes with the guest, and may be left
 * behind):
 *
 *	<sunward:move xmlns:sunward="urn:sunward:move:1" id="0123456789abcdef" reason="planner"
 *		deadline="5000" until="1800000000"/>
 *
 * the ticket of its stay, and the agent that drew it, both as 32 hexadecimal digits (it goes with
 *the guest, so that the agent at its destination can prove that it was sent there):
 *
 *	<sunward:ticket xmlns:sunward="urn:sunward:ticket:1" agent="...">...</sunward:ticket>
 *
 * and the taps that its interfaces are behind (<target dev>, which a running domain has).
 *
 * libvirt keeps metadata of a namespace only, one element of each at the top. `iid` is 0 without
 *it, `mac` that of the only interface, `port` the xTR's only one. Pure; opens nothing, follows no
 * reference. */
#ifndef SUNWARD_VMMOBILITY_DOMAIN_XML_H
#define SUNWARD_VMMOBILITY_DOMAIN_XML_H

#include <stddef.h>

#include "vmmobility/tail_run.h"

#define DOMAIN_XML_MAX       (256u << 10) /* bytes */
#define DOMAIN_XML_NAMESPACE "urn:sunward:guest:1"
#define DOMAIN_XML_MOVE      "urn:sunward:move:1"
#define DOMAIN_XML_TICKET    "urn:sunward:ticket:1"
#define DOMAIN_NAME_MAX      63 /* bytes; what is longer is cut */

struct domain_card {
	uint8_t mac[6];
	struct guest_tap tap; /* "": none */
};

struct domain {
	char name[DOMAIN_NAME_MAX + 1];
	struct handover_id uuid;
	unsigned int host_count; /* 0: the metadata has none */
	struct handover_host hosts[HANDOVER_HOSTS_MAX];
	unsigned int card_count;
	struct domain_card cards[GUEST_TAPS_MAX]; /* the first of its interfaces */
	unsigned int tap_count;
	struct guest_tap taps[GUEST_TAPS_MAX]; /* of the interfaces that have one of them */
	struct report_why why;
	uint64_t why_until_s; /* by the wall clock; 0: for ever */
	struct report_ticket ticket;
	struct handover_id ticket_by; /* when there is one */
};

/* 0, or -1 with the reason in words: no XML, no domain, or an <eid> that is none; then @d is not to
 * be used. */
int domain_xml_read(const char *xml, size_t len, struct domain *d, char *why, size_t why_size);

/* What it says at @wall_s of why it moves. */
struct report_why domain_why(const struct domain *d, uint64_t wall_s);
/* The <move> element of @why; @text has DOMAIN_WHY_TEXT bytes at least. */
#define DOMAIN_WHY_TEXT 256
/* The <ticket> element; @text has DOMAIN_TICKET_TEXT bytes at least. */
#define DOMAIN_TICKET_TEXT 128
void domain_ticket_write(
	const struct otk *ticket, const struct handover_id *by, char text[DOMAIN_TICKET_TEXT]);
void domain_why_write(const struct report_why *why, uint64_t until_s, char text[DOMAIN_WHY_TEXT]);

#endif
