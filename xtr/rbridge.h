/* rbridge: the xTR's connection to the RBridge that its site port is behind: hears of end stations,
 * and tells it who has left the site (docs/decisions/campus.md).
 *
 * It knows HTTP and JSON, and hands structs to its owner, who has the core. The RBridge may be
 * away, begin anew, or be slow: nothing waits for it, and what it said before stands meanwhile. */
#ifndef SUNWARD_XTR_RBRIDGE_H
#define SUNWARD_XTR_RBRIDGE_H

#include "xtr/config.h"
#include "xtr/router.h"

struct event_base;
struct log;
struct rbridge;

struct rbridge_ops {
	void (*station)(void *arg, const struct router_station *s);
	/* A list of all was asked for; and no more of it comes: told of each that began. @counts:
	 * it has come whole, and who is not in it is gone. */
	void (*list_begin)(void *arg);
	void (*list_end)(void *arg, bool counts);
	/* The ifindex of a site port; 0: it is not there now. */
	int (*port)(void *arg, const char *name, uint32_t iid);
	/* What comes to a site port for the gateway can go on from here. NULL: nothing can. */
	bool (*ready)(void *arg, int ifindex);
	void *arg;
	uint32_t settled_ms; /* from a break to the list that counts; 0: RBRIDGE_SETTLED_MS */
};
#define RBRIDGE_SETTLED_MS 15000

enum rbridge_counter {
	RBRIDGE_STANDS,   /* 1: events come; else 0 */
	RBRIDGE_LISTS,    /* that came whole */
	RBRIDGE_BROKEN,   /* lists that did not */
	RBRIDGE_BAD_ROWS, /* stations that could not be read */
	RBRIDGE_COUNTERS
};
extern const char *const rbridge_names[RBRIDGE_COUNTERS];

/* @config is copied. NULL: out of memory. */
struct rbridge *rbridge_new(struct event_base *base, const struct xtr_config_rbridge *config,
	const struct rbridge_ops *ops, struct log *log);
void rbridge_free(struct rbridge *rb);
/* It is as @config says. */
bool rbridge_is(const struct rbridge *rb, const struct xtr_config_rbridge *config);
/* The machine with @mac, of the VLAN of @ifindex, has left the site. */
void rbridge_left(struct rbridge *rb, int ifindex, const uint8_t mac[6]);
/* A site port has come up, and what is in its VLAN is asked for; or it has gone. */
void rbridge_port(struct rbridge *rb, bool up);
void rbridge_counters(const struct rbridge *rb, uint64_t counters[RBRIDGE_COUNTERS]);
const uint64_t *rbridge_told(const struct rbridge *rb); /* by enum station_teller_counter */

#endif
