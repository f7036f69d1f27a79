/* rooms: the router's rooms side by side, for the few files that join them: router.c (what comes
 * in), site.c (what is here), remote.c (what is elsewhere), forwarding.c (what the data plane does
 * with either). */
#ifndef SUNWARD_XTR_ROOMS_H
#define SUNWARD_XTR_ROOMS_H

#include <sys/queue.h>

#include "lib/base/seen.h"
#include "xtr/away.h"
#include "xtr/campus.h"
#include "xtr/claim.h"
#include "xtr/dynamic_eid.h"
#include "xtr/env.h"
#include "xtr/etr.h"
#include "xtr/gateway.h"
#include "xtr/handover.h"
#include "xtr/hold.h"
#include "xtr/map_cache.h"
#include "xtr/move_log.h"
#include "xtr/nat.h"
#include "xtr/probe.h"
#include "xtr/registration.h"
#include "xtr/resolution.h"
#include "xtr/server.h"
#include "xtr/smr.h"
#include "xtr/subscriber.h"
#include "xtr/verify.h"

/* A Map-Server and what we do with it. */
struct router_server {
	struct server *server;
	struct registration *registration;
	struct claim *claim; /* NULL: it speaks no more than RFC 9301 */
	struct seen nexts;   /* counters of NEXTs that came from there */
};

struct router {
	struct env env;
	struct hold *hold;
	struct probe *probe;
	struct map_cache *cache;
	struct resolution *resolution;
	struct subscriber *subscriber;
	struct verify *verify;
	struct dynamic_eid *hosts;
	struct away *away;
	struct smr *smr;
	struct etr *etr;
	struct eid_table *statics; /* the policy's EID-prefixes, as static_eid nodes */
	struct eid_table
		*own; /* our own addresses at this site, the gateways', as static_eid nodes */
	struct eid_table *drains; /* prefixes whose held packets are still coming back */
	struct timer drain_timer;
	TAILQ_HEAD(, drain) releases; /* of hosts, of the drains */
	struct timer release_timer;
	struct timer tell_timer; /* armed: peers shall ask again when our change has been taken */
	struct nat *nat;
	struct handover_room *handover;
	struct gateway *gateway;
	struct campus *campus;
	struct router_server servers[POLICY_SERVERS_MAX];
	unsigned int server_count;
	struct limit strangers;         /* hosts asked because others send to them here */
	struct log_limit malformed[16]; /* by message type */
	struct log_limit replayed;
};

/* forwarding.c: the one place that decides what the data plane does with an EID. */
/* Write @eid's entry anew from what the rooms know. */
void forwarding_update(struct router *r, const struct eid *eid);
/* The same, after handing back in order what was held for hosts in @eid: HOLD -> DRAIN -> FORWARD.
 */
void forwarding_drain(struct router *r, const struct eid *eid);
/* The same for a host on its way, whose packets a mapping does not let go. @back: also to where
 * they came from. */
void forwarding_release(struct router *r, const struct eid *host, bool back);
/* What waited for others at @host goes now; and: look soon whether it may. */
void forwarding_join(struct router *r, const struct eid *host);
void forwarding_look_again(struct router *r);
/* Held packets for @host are still on their way, or others behind them. */
bool forwarding_drains(const struct router *r, const struct eid *host);
/* A packet for @host has come up. True: some that came before it are still to leave. */
bool forwarding_comes_up(struct router *r, const struct eid *host);
/* What a packet for the host @eid would meet now; DATAPATH_NONE: no mapping. */
enum datapath_action forwarding_lookup(const struct router *r, const struct eid *eid);
int forwarding_init(struct router *r);
void forwarding_fini(struct router *r);

/* site.c: hosts and EID-prefixes that are here, and who owns them. */
int site_init(struct router *r);
void site_fini(struct router *r);
struct etr *site_etr_new(struct router *r);
/* Make the rooms of one Map-Server; 0 or -ENOMEM. */
int site_server_new(struct router *r, struct router_server *s, const struct policy_server *conf);
void site_server_free(struct router_server *s);
/* Register everything that is here with @s. */
void site_server_fill(struct router *r, struct router_server *s);
int site_static_add(struct router *r, const struct eid *eid);
void site_static_remove(struct router *r, const struct eid *eid);
/* A sign of life. @announced: by ARP or ND; data alone can be a straggler of a host that has left.
 * False: there was no room for it. */
bool site_seen(struct router *r, const struct eid *host, int ifindex, const uint8_t mac[6],
	bool announced);
/* The kernel cannot reach the host any more. */
void site_unreachable(struct router *r, const struct eid *host);
/* An address of our own at this site came or went. */
void site_own(struct router *r, const struct eid *host, bool present);
/* A packet for @host came from @rloc, and it is not here. */
void site_away_hit(struct router *r, const struct eid *host, const struct address *rloc);
/* The mapping system says that @host is ours, though it was not found yet. */
void site_look_for(struct router *r, const struct eid *host);
/* Whether @eid is here; @mapping (may be NULL): the EID-prefix it is registered by. */
bool site_local(const struct router *r, const struct eid *eid, struct eid *mapping);
/* Stop being @host's place without telling the Map-Servers, or telling them. */
void site_drop(struct router *r, const struct eid *host, bool withdraw);
/* What agents say of hosts, see handover.h: it runs here; it is paused, and another may claim it;
 * it is no more. */
void site_arrived(struct router *r, const struct eid *host, int ifindex, const uint8_t mac[6]);
/* The same, after site_paused(), at another hypervisor of this site. True: it was ours all the
 * time, and no Map-Server is to be told. */
bool site_arrived_beside(
	struct router *r, const struct eid *host, int ifindex, const uint8_t mac[6]);
/* It is served, and not claimed. */
void site_serves(struct router *r, const struct eid *host, int ifindex, const uint8_t mac[6]);
/* Claim it where it is not granted yet: its agent has just said that it runs here. */
void site_claim(struct router *r, const struct eid *host);
/* It is here whatever others say, as an operator does: deliver, and claim. */
void site_insist(struct router *r, const struct eid *host);
/* The Map-Server @server knows @seq of @host: a claim there rests on it, and on none of another's,
 * since each gives numbers of its own. NULL: it is not said which, and counts where there is one.
 */
void site_number(
	struct router *r, const struct eid *host, const struct address *server, uint64_t seq);
void site_paused(struct router *r, const struct eid *host);
void site_gone(struct router *r, const struct eid *host);
/* The Map-Server says that it is another's: it is, or the host is asked by ARP or ND. */
void site_moved(struct router *r, const struct eid *host, uint64_t seq,
	const struct locator_set *set, const uint8_t mac[6]);
void site_contest(
	struct router *r, const struct eid *host, uint64_t seq, const struct locator_set *set);
void site_ask(struct router *r, const struct eid *host);
/* Is @host here, of which nothing is known? */
void site_seek(struct router *r, const struct eid *host);
struct router_server *site_server(struct router *r, const struct address *addr);
/* Begin to ask the Map-Servers as what they see us. */
void site_nat_start(struct router *r);

/* remote.c: mappings of others. */
int remote_init(struct router *r);
void remote_fini(struct router *r);
void remote_miss(struct router *r, const struct datapath_event *e);
/* A Map-Notify of the Map-Server @s (NULL: none that we register with) at @from: true when it was
 * about a subscription. */
bool remote_notify(struct router *r, struct router_server *s, const uint8_t *msg, size_t len,
	const struct map_register *m, const struct endpoint *from);
void remote_smr(struct router *r, const struct map_request *m);
/* Our locators have changed: SMRs to those we send to, for what is here (RFC 9301 section 6.1). */
void remote_tell_peers(struct router *r);

#endif
