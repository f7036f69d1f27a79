/* dynamic_eid: hosts found at this site: where each stands and when it last gave a sign of life.
 *
 * Bounded in all and for each port, so that a flood of forged sources fills one port's share at
 * most. It knows no Map-Server: its listener is told what should be asked of a host. */
#ifndef SUNWARD_XTR_DYNAMIC_EID_H
#define SUNWARD_XTR_DYNAMIC_EID_H

#include <sys/queue.h>

#include "xtr/eid_table.h"
#include "xtr/env.h"
#include "xtr/policy.h"

struct dynamic_eid;
struct dynamic_eid_port;

struct dynamic_eid_host {
	struct eid_node node;
	LIST_ENTRY(dynamic_eid_host) link;
	struct dynamic_eid *table;
	struct dynamic_eid_port *port;
	uint8_t mac[6];
	struct mono seen;
	struct timer timer;            /* idle */
	struct limit renewals;         /* of its registration, because another site has it too */
	bool to_announce;              /* to its neighbours, once what was held for it has gone */
	bool lost;                     /* its port is down, or the kernel cannot reach it */
	char agent[POLICY_AGENT_NAME]; /* that spoke of it last, and is silent; empty: none */
	struct mono agent_until;       /* its word is remembered */
	struct mono won; /* when it was found here though it had been another's; zero: not */
	bool by_hand;    /* an operator says that it is here */
	bool contested;  /* a Map-Server says that it is elsewhere, and it is being asked */
};

enum dynamic_eid_news {
	DYNAMIC_EID_REFUSED, /* a limit, counted */
	DYNAMIC_EID_KNOWN,
	DYNAMIC_EID_NEW,
};

struct dynamic_eid_listener {
	void (*idle)(void *arg, struct dynamic_eid_host *host); /* not heard of for idle_s */
	/* Its port went down, and it counts as lost; or came up, and it has not been heard of
	 * since. */
	void (*port)(void *arg, struct dynamic_eid_host *host, bool up);
	void *arg;
};

struct dynamic_eid *dynamic_eid_new(struct env *env, const struct dynamic_eid_listener *listener);
void dynamic_eid_free(struct dynamic_eid *d);

/* A sign of life of @host behind @ifindex. */
enum dynamic_eid_news dynamic_eid_seen(
	struct dynamic_eid *d, const struct eid *host, int ifindex, const uint8_t mac[6]);
struct dynamic_eid_host *dynamic_eid_find(const struct dynamic_eid *d, const struct eid *host);
int dynamic_eid_ifindex(const struct dynamic_eid_host *host);
/* A host behind @ifindex has @mac. */
bool dynamic_eid_has_mac(const struct dynamic_eid *d, int ifindex, const uint8_t mac[6]);
void dynamic_eid_remove(struct dynamic_eid *d, const struct eid *host);
void dynamic_eid_port(struct dynamic_eid *d, int ifindex, bool up);
size_t dynamic_eid_count(const struct dynamic_eid *d);
/* @visit may remove the host it is given. */
void dynamic_eid_each(const struct dynamic_eid *d,
	bool (*visit)(struct dynamic_eid_host *h, void *arg), void *arg);

#endif
