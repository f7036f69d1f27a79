/* router: the xTR's core: (event, now) -> actions.
 *
 * Packets, data-plane events, neighbour events, port changes and the passing of time come in;
 * datagrams go to an outbox, forwarding entries to a struct datapath, and the few other wishes to
 * struct router_ops. It reads no clock, no entropy and no socket. One thread calls it. */
#ifndef SUNWARD_XTR_ROUTER_H
#define SUNWARD_XTR_ROUTER_H

#include "lib/base/clock.h"
#include "lib/net/outbox.h"
#include "lisp/lisp.h"
#include "xtr/counter.h"
#include "xtr/datapath.h"
#include "xtr/policy.h"

struct router;
struct random;
struct log;

enum router_event_type {
	ROUTER_HOST_FOUND, /* eid was found behind ifindex */
	ROUTER_HOST_GONE,  /* eid gave no sign of life and was withdrawn */
	ROUTER_HOST_OWNED, /* the Map-Server granted eid to us: seq */
	ROUTER_HOST_AWAY,  /* eid has moved to another site: seq (0 if unknown), rloc (the first) */
	ROUTER_HOST_DUPLICATE, /* eid is heard behind ifindex, and an agent at rloc says that it
				  runs there */
	ROUTER_REGISTERED,     /* the Map-Server at rloc acknowledges us again */
	ROUTER_UNREGISTERED,   /* the Map-Server at rloc has not acknowledged a register in spite of
				  three retransmissions */
	ROUTER_RLOC_DOWN,      /* rloc does not answer probes */
	ROUTER_RLOC_UP,
	/* Of a move, with move, reason and ms; rloc of the other side, where it is known. */
	ROUTER_MOVE_PREPARED,   /* eid is expected here */
	ROUTER_MOVE_PAUSED,     /* it has stopped here, and goes elsewhere */
	ROUTER_MOVE_RESUMED,    /* it runs at its new place */
	ROUTER_MOVE_ABORTED,    /* it stays where it was */
	ROUTER_MOVE_REFUSED,    /* it is said to run here, and does at its owner's site */
	ROUTER_MOVE_CONTESTED,  /* it runs here, and another site was refused it */
	ROUTER_MOVE_TAKEN_OVER, /* it runs here, and its owner's site says nothing */
	ROUTER_MOVE_UNPROVEN, /* it leaves here, and asker, at rloc, wants it without its ticket */
	/* Of a whole move, with moving. */
	ROUTER_MOVE_STARTED,
	ROUTER_MOVE_FINISHED,
};

enum router_move_side { ROUTER_MOVE_SOURCE, ROUTER_MOVE_DESTINATION };

enum router_move_step {
	ROUTER_STEP_PREPARED, /* it is expected at the destination */
	ROUTER_STEP_ACCEPTED, /* the source agrees that it goes there */
	ROUTER_STEP_PAUSED,   /* it has stopped at the source */
	ROUTER_STEP_CUT,      /* its packets go to the destination from now on */
	ROUTER_STEP_RESUMED,  /* it runs at the destination */
	ROUTER_STEP_CLAIMED,  /* the Map-Server has given the EID to the destination */
	ROUTER_STEP_SETTLED,  /* source: nobody sends there any more */
	ROUTER_STEPS,
};

enum router_move_result {
	ROUTER_RESULT_NONE, /* it is under way */
	ROUTER_RESULT_MOVED,
	ROUTER_RESULT_ABORTED,
	ROUTER_RESULT_REFUSED,
	ROUTER_RESULT_TAKEN_OVER, /* moved; its old place said nothing */
};

/* A move of one EID, as seen at one side of it. */
struct router_move {
	struct eid eid;
	enum router_move_side side; /* which one we are */
	enum router_move_result result;
	uint64_t move; /* 0: none was given */
	uint8_t reason;
	uint32_t deadline_ms;
	struct address peer; /* a locator of the other side; AFI_NONE: not known */
	uint64_t seq;        /* the last that is known; 0: none */
	struct mono began, ended, at[ROUTER_STEPS]; /* MONO_NEVER: not yet, or not seen here */
	/* Packets held in user space, and of those of the tail; sent on to the other side (at the
	 * source since the cut, by the data plane, about); the longest that one was held. */
	uint64_t held, tail, redirected;
	uint32_t longest_hold_ms;
};

struct router_event {
	enum router_event_type type;
	struct eid eid;
	struct address rloc;
	int ifindex;
	uint64_t seq;
	uint64_t move;        /* 0: none was given */
	uint8_t reason;       /* enum handover_reason */
	uint32_t deadline_ms; /* 0: none */
	uint32_t ms;          /* since it was announced here; paused: 0 */
	const char *agent;    /* who speaks for it here; NULL: nobody. Valid during the call */
	const uint8_t *xtr;   /* 16 bytes, the other side's; NULL: not known. Likewise */
	const uint8_t *asker; /* 16 bytes, an agent; NULL: none. Likewise */
	const struct router_move *moving; /* valid during the call */
};

#define ROUTER_STATION_IPS 32 /* as many as an RBridge tells */

/* An end station of the campus that this site is, as its RBridge tells it. */
struct router_station {
	int ifindex;  /* the site port in whose VLAN it is */
	uint32_t iid; /* that port's */
	uint8_t mac[6];
	bool listed;   /* in the list of all; else by an event */
	bool gone;     /* an event: it is no more */
	bool attested; /* by who knows, such as a hypervisor's agent; else a frame was heard */
	bool has_cost;
	uint32_t cost;     /* of the way there from our RBridge */
	uint16_t nickname; /* of the RBridge behind which it is; 0: not known */
	unsigned int ip_count;
	struct address ips[ROUTER_STATION_IPS];
};

/* What the core wants besides datagrams and forwarding entries. The shell embeds it. */
struct router_ops {
	/* Send one ARP request or neighbour solicitation for @host out of the site port @ifindex,
	 * to @mac if that is not NULL and broadcast else; ifindex 0: out of every site port of the
	 * host's instance. The answer comes back as DATAPATH_ARP_SEEN or through
	 * router_neighbour(). */
	void (*probe_host)(
		struct router_ops *ops, int ifindex, const struct eid *host, const uint8_t *mac);
	/* The ifindex of the site port @name of @iid, or, when that is empty, of its only one; 0:
	 * there is none. May be NULL. */
	int (*port_named)(struct router_ops *ops, const char *name, uint32_t iid);
	/* @host is to come behind @ifindex with @mac: its neighbour entry is set before it can
	 * answer. @mac NULL: it does not come after all. May be NULL. */
	void (*pin_host)(
		struct router_ops *ops, int ifindex, const struct eid *host, const uint8_t *mac);
	/* Send a frame, Ethernet header first, out of the site port @ifindex. May be NULL. */
	void (*send_frame)(struct router_ops *ops, int ifindex, const void *frame, size_t len);
	/* Tell the machines of @host's instance, at every site port, or only the one with the MAC
	 * @to behind @ifindex, that @host is at @mac; NULL: at the port's own. See
	 * gateway_announcement(). May be NULL. */
	void (*announce)(struct router_ops *ops, const struct eid *host, const uint8_t *mac,
		int ifindex, const uint8_t *to);
	/* The machine with @mac, of the VLAN behind @ifindex, has left for another site, and none
	 * of its addresses is here any more: the campus shall forget it. May be NULL. */
	void (*station_left)(struct router_ops *ops, int ifindex, const uint8_t mac[6]);
	/* The agent @id has said @counter: to be kept, for router_agent_heard() after a restart,
	 * before what the core wants sent goes out. May be NULL. */
	void (*agent_heard)(struct router_ops *ops, const uint8_t id[16], uint64_t counter);
	/* For watchers. May be NULL. */
	void (*event)(struct router_ops *ops, const struct router_event *e);
};

/* A neighbour of a site port as the kernel sees it. */
struct router_neighbour {
	struct eid host;
	int ifindex;
	uint8_t mac[6];
	bool failed; /* unreachable or deleted: it is asked before anything else is done */
};

/* A site port, as far as questions that come in there need it. */
struct router_site_port {
	int ifindex;
	uint32_t iid;
	uint8_t mac[6]; /* what it answers with: the gateway's, if it has one */
	uint8_t own[6]; /* what it sends from: the same, or with an anycast gateway the port's */
	/* The gateway's addresses that nobody but the core answers for here; AFI_NONE: none. */
	struct address gateway4, gateway6;
};

/* @policy      checked by policy_check(); copied
 * @first_nonce above every nonce that was ever used for a Map-Register with these keys (see
 * router_nonce)
 * @now         of the start
 * Borrows the rest until router_free. NULL: out of memory. Nothing is sent or installed before
 * router_start. */
struct router *router_new(const struct policy *policy, struct datapath *datapath,
	struct router_ops *ops, struct random *random, struct log *log, uint64_t first_nonce,
	struct mono now);
void router_free(struct router *r);

/* In an earlier run the agent @id has said @counter: what it said up to that is not believed when
 * somebody plays it back. Before router_start, and again after router_reload (there may be agents
 * that there were once). Of an agent that is not configured: nothing. */
void router_agent_heard(struct router *r, const uint8_t id[16], uint64_t counter);

/* Install the forwarding entries, send the first Map-Registers. */
void router_start(struct router *r, struct mono now, struct outbox *out);
/* A UDP payload that came from @from to our address @to (port 4342). */
void router_packet(struct router *r, const void *bytes, size_t len, const struct endpoint *from,
	const struct address *to, struct mono now, struct outbox *out);
void router_datapath_event(
	struct router *r, const struct datapath_event *e, struct mono now, struct outbox *out);
void router_neighbour(
	struct router *r, const struct router_neighbour *n, struct mono now, struct outbox *out);
/* A frame that came in at a site port and asks for an address: ARP or neighbour discovery, Ethernet
 * header first. What it tells of its sender comes by router_datapath_event(). */
void router_question(struct router *r, const struct router_site_port *port, const void *frame,
	size_t len, struct mono now, struct outbox *out);
/* An address of our own at this site, such as the gateway's: delivered here, never a host, never
 * registered. */
void router_own(struct router *r, const struct eid *host, bool present, struct mono now,
	struct outbox *out);
/* A site port came up or went down (or away). */
void router_port(struct router *r, int ifindex, bool up, struct mono now, struct outbox *out);

/* The site's RBridge tells of an end station. */
void router_station(
	struct router *r, const struct router_station *s, struct mono now, struct outbox *out);
/* The list of all of them was asked for; and no more of it comes, as each list that begins must
 * end. @counts: who was not in it, and of whom no event told meanwhile, is gone. */
void router_stations_begin(struct router *r);
void router_stations_end(struct router *r, bool counts, struct mono now, struct outbox *out);

/* When router_timer() is wanted next; MONO_NEVER: not at all. Ask after every call of the above. */
struct mono router_next(const struct router *r);
void router_timer(struct router *r, struct mono now, struct outbox *out);

/* Take a locator of ours out of use (priority 255, weight 0 in registrations and replies) or back.
 * 0, or -ENOENT when it is none of ours. Idempotent. */
int router_drain(struct router *r, const struct address *rloc, bool drain, struct mono now,
	struct outbox *out);
/* Replace the policy: what is the same goes on undisturbed. 0 or -ENOMEM (nothing changed). */
int router_reload(
	struct router *r, const struct policy *policy, struct mono now, struct outbox *out);
/* Forget what is cached for @eid. 0, or -ENOENT. */
int router_cache_clear(
	struct router *r, const struct eid *eid, struct mono now, struct outbox *out);
/* @eid shall be this site's, where an agent or a port says that it runs: by hand, when two sites
 * say so and the wrong one has it. Without @force its owner is asked once more. */
enum router_claim {
	ROUTER_CLAIM_ASKED,   /* the owner is */
	ROUTER_CLAIM_MADE,    /* where it is not ours already */
	ROUTER_CLAIM_TAKEN,   /* from who has it, and delivered here from now on */
	ROUTER_CLAIM_FOREIGN, /* not in a dynamic-EID prefix of ours: nothing was done */
	ROUTER_CLAIM_NOBODY,  /* nobody says that it is here: likewise */
	ROUTER_CLAIM_MOVING,  /* it is on its way: likewise */
};
enum router_claim router_claim(
	struct router *r, const struct eid *eid, bool force, struct mono now, struct outbox *out);
/* Withdraw every registration: before an orderly stop. */
void router_withdraw(struct router *r, struct mono now, struct outbox *out);

/* The next nonce that a Map-Register, claim or refresh will carry. The shell keeps on disk a number
 * above it, so that a restart can begin there. */
uint64_t router_nonce(const struct router *r);
const uint64_t *router_counters(const struct router *r); /* by enum xtr_counter */

/* For the API. A visit returns false to stop; views are valid during the visit; visits must not
 * call the router. */
struct router_locator {
	struct address addr;
	uint8_t priority, weight;
	bool reachable; /* R bit of the mapping */
	bool up;        /* by our probes */
};

struct router_cache_view {
	struct eid eid;
	bool negative;
	bool protected; /* it came by LISP-SEC, or in an authentic Map-Notify */
	enum lisp_act act;
	uint32_t age_s;
	uint32_t ttl_s;        /* left */
	unsigned int unusable; /* locators that were left out for their kind */
	unsigned int locator_count;
	const struct router_locator *locators;
};

struct router_local_view {
	struct eid eid;
	bool dynamic; /* found; else from the policy, and the fields below are not set */
	int ifindex;
	uint8_t mac[6];
	uint32_t seen_s; /* since its last sign of life */
	bool registered; /* acknowledged or granted by every Map-Server */
	uint64_t seq;    /* 0: none */
};

struct router_away_view {
	struct eid eid;
	uint64_t seq; /* 0: unknown */
	uint32_t age_s;
	unsigned int locator_count;
	const struct router_locator *locators;
};

struct router_rloc_view {
	struct address addr;
	struct address translated; /* ours, as a NAT shows it; AFI_NONE: as it is */
	bool local; /* ours: priority, weight and drained are set; else what our probes found */
	uint8_t priority, weight;
	bool drained;
	bool up;
	uint32_t rtt_us;  /* of the last probe; 0: none yet */
	uint32_t entries; /* map-cache entries that use it */
};

enum router_nat_state {
	ROUTER_NAT_OFF,
	ROUTER_NAT_ASKING,
	ROUTER_NAT_SILENT, /* it does not answer */
	ROUTER_NAT_DIRECT, /* there is none */
	ROUTER_NAT_BEHIND,
};

#define ROUTER_RTRS_MAX 8

/* What a Map-Server says of our locator that its registrations come from. */
struct router_nat_view {
	enum router_nat_state state;
	struct endpoint seen; /* DIRECT, BEHIND */
	unsigned int rtr_count;
	struct address rtrs[ROUTER_RTRS_MAX]; /* that it offers */
};

struct router_server_view {
	struct endpoint at;
	enum policy_protocol protocol;
	bool acked;     /* every Map-Register of the last round is acknowledged */
	uint32_t ack_s; /* since the last acknowledgement; UINT32_MAX: never */
	struct router_nat_view nat;
};

void router_each_cache(const struct router *r, struct mono now,
	bool (*visit)(const struct router_cache_view *v, void *arg), void *arg);
void router_each_local(const struct router *r, struct mono now,
	bool (*visit)(const struct router_local_view *v, void *arg), void *arg);
void router_each_away(const struct router *r, struct mono now,
	bool (*visit)(const struct router_away_view *v, void *arg), void *arg);
/* The moves that are under way, then the last that have ended, the latest first. */
void router_each_move(
	const struct router *r, bool (*visit)(const struct router_move *m, void *arg), void *arg);
void router_each_rloc(const struct router *r, struct mono now,
	bool (*visit)(const struct router_rloc_view *v, void *arg), void *arg);
void router_each_server(const struct router *r, struct mono now,
	bool (*visit)(const struct router_server_view *v, void *arg), void *arg);

#define ROUTER_CANDIDATES_MAX 4

/* What the handover knows of one EID. */
struct router_handover_view {
	struct eid eid;
	const char *phase; /* none, expected, waiting, refused, here, paused, released */
	const char *agent; /* who spoke of it last; NULL: nobody */
	const char *word;  /* and said: incoming, running, paused, leaving, gone; NULL: nothing */
	bool in_migration; /* paused */
	uint64_t seq;      /* 0: not known */
	bool holds;        /* packets */
	struct address to; /* where they are redirected; AFI_NONE: nowhere */
	unsigned int candidate_count;
	struct address candidates[ROUTER_CANDIDATES_MAX]; /* to be the next place: first locators */
};

void router_each_handover(const struct router *r,
	bool (*visit)(const struct router_handover_view *v, void *arg), void *arg);

/* The Map-Server whose publications of just @eid count here; false: we have not subscribed. */
bool router_told_by(const struct router *r, const struct eid *eid, struct address *server);
/* Bytes held by held packets, for the API. */
uint64_t router_held_bytes(const struct router *r);

#endif
