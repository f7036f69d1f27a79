/* campus: the end stations of the site as its RBridge tells them: which machine has which address,
 * and how far it is (docs/decisions/campus.md).
 *
 * It keeps what was told, and says what of that is news: an address that is there, or is not any
 * more, and a place that is another one. It parses no TRILL and knows no HTTP; what follows from
 * news is its listener's business. */
#ifndef SUNWARD_XTR_CAMPUS_H
#define SUNWARD_XTR_CAMPUS_H

#include "xtr/env.h"

struct campus;

struct campus_listener {
	/* @host is behind @ifindex with @mac: new, or heard of at another place. @attested: by who
	 * knows, not by a frame. False: there was no room, and it is told again. */
	bool (*there)(void *arg, const struct eid *host, int ifindex, const uint8_t mac[6],
		bool attested);
	/* It is said to be there no more; gone unless it is told again within CAMPUS_GRACE_MS. */
	void (*left)(void *arg, const struct eid *host);
	/* It is not any more. */
	void (*gone)(void *arg, const struct eid *host, const uint8_t mac[6], bool attested);
	/* What our registrations say of its place has changed. */
	void (*moved)(void *arg, const struct eid *host);
	void *arg;
};

/* NULL: out of memory. */
struct campus *campus_new(struct env *env, const struct campus_listener *listener);
void campus_free(struct campus *c);

/* See router_station(), router_stations_begin() and router_stations_end(). */
void campus_station(struct campus *c, const struct router_station *s);
void campus_list_begin(struct campus *c);
void campus_list_end(struct campus *c, bool counts);

/* Who knows says that @host is another machine's than @mac's. */
bool campus_gainsays(const struct campus *c, const struct eid *host, const uint8_t mac[6]);
/* Who knows says that @host is here. */
bool campus_attests(const struct campus *c, const struct eid *host);
/* Which RBridge @host is said to be behind now; false: none. */
bool campus_where(const struct campus *c, const struct eid *host, uint16_t *nickname);
/* The site port of @host's VLAN; 0: it is not known. */
int campus_ifindex(const struct campus *c, const struct eid *host);
/* The mapping system has @host at another site: what was told of it does not count until something
 * else is. */
void campus_elsewhere(struct campus *c, const struct eid *host);

/* Who is said to be gone is for so long still taken to be there: one that moves within the campus
 * is flushed at its old place before it is told at its new one. */
#define CAMPUS_GRACE_MS 250

/* Where @host is, for our registrations. */
struct campus_place {
	uint8_t step;      /* added to the priority of each of our locators */
	uint16_t nickname; /* 0: not said */
	uint8_t mac[6];
};
/* False: nothing is said of it (also where the policy wants neither). */
bool campus_place(const struct campus *c, const struct eid *host, struct campus_place *place);
/* How much a way of @cost takes from a locator's priority: 0 to CAMPUS_STEP_MAX, never less for a
 * longer way; 7 for each doubling. */
#define CAMPUS_STEP_MAX 224
uint8_t campus_step(uint32_t cost);

#endif
