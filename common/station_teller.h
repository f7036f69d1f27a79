/* station_teller: tells the site's RBridge who is here and who has left (PUT and DELETE of
 * /v1/stations, docs/api-rbridge.md), for who knows: a hypervisor's agent, or the site's xTR.
 *
 * Nobody waits for it. What is to be told waits here, the latest of each station only, while the
 * RBridge does not answer, and is tried again, ever more slowly. It knows the RBridge's paths and
 * lib/service's client, no TRILL and no LISP. */
#ifndef SUNWARD_COMMON_STATION_TELLER_H
#define SUNWARD_COMMON_STATION_TELLER_H

#include <stdint.h>

#include "lib/net/address.h"

#define STATION_TELLER_MAX   8192 /* stations that wait to be told; more are dropped, and counted */
#define STATION_TELLER_IPS   32   /* of one */
#define STATION_TELLER_PORT  16   /* bytes of a port's name, with the end */
#define STATION_TELLER_AGENT 16

struct event_base;
struct log;
struct station_teller;

enum station_teller_counter {
	STATION_TELLER_TOLD,
	STATION_TELLER_REFUSED,     /* the RBridge does not take it: 4xx */
	STATION_TELLER_UNREACHABLE, /* tries that nobody answered, or with 5xx */
	STATION_TELLER_DROPPED,     /* no room, or too late to be told */
	STATION_TELLER_COUNTERS
};
extern const char *const station_teller_names[STATION_TELLER_COUNTERS];

/* @socket: the RBridge's. @agent: 128 bits that say who attests, so that nobody takes back here
 * what another has said since; NULL: it is not said. NULL: out of memory, or the path is too long.
 */
struct station_teller *station_teller_new(struct event_base *base, const char *socket,
	const uint8_t agent[STATION_TELLER_AGENT], struct log *log);
/* What waits is not told any more. */
void station_teller_free(struct station_teller *t);

/* The station is behind @port of the RBridge (NULL or empty: that is for the RBridge to find), with
 * these addresses. */
void station_teller_put(struct station_teller *t, uint16_t vlan, const uint8_t mac[6],
	const char *port, const struct address *ips, unsigned int count);
/* It is one of several that have this MAC, for @lease_s: to be told within that time or not at all.
 */
void station_teller_lease(struct station_teller *t, uint16_t vlan, const uint8_t mac[6],
	const char *port, const struct address *ips, unsigned int count, uint16_t lease_s);
/* It is not at this site any more. @life_ms: to be told within this time or not at all; 0: at any
 * time. */
void station_teller_delete(
	struct station_teller *t, uint16_t vlan, const uint8_t mac[6], uint32_t life_ms);
/* It is not at @port of the RBridge any more (NULL or empty: at none of it), and may be elsewhere
 * at this site: who else knows where is not gainsaid. */
void station_teller_delete_here(
	struct station_teller *t, uint16_t vlan, const uint8_t mac[6], const char *port);
unsigned int station_teller_waiting(const struct station_teller *t);
const uint64_t *station_teller_counters(const struct station_teller *t);

#endif
