/* policy: the xTR's configuration as plain structs, and its check.
 *
 * The shell fills one in from the configuration file and hands it to the core, which copies it.
 * This room knows no file format and no packets. */
#ifndef SUNWARD_XTR_POLICY_H
#define SUNWARD_XTR_POLICY_H

#include "lisp/auth.h"
#include "lisp/handover.h"
#include "lisp/otk.h"
#include "lisp/record.h"

#define POLICY_RLOCS_MAX     16
#define POLICY_RESOLVERS_MAX 8
#define POLICY_SERVERS_MAX   4

enum policy_protocol {
	POLICY_SUNWARD,  /* hosts are claimed by compare and swap (lisp/move.h); static EIDs
			    registered as ever */
	POLICY_STANDARD, /* everything by Map-Register (RFC 9301) */
};

/* A Map-Server to which this xTR registers. */
struct policy_server {
	struct endpoint at;
	enum policy_protocol protocol;
	uint8_t key_id;
	enum auth_alg alg;
	struct auth_options auth;
	uint8_t key[AUTH_KEY_MAX];
	size_t key_len;           /* bytes, 1 to AUTH_KEY_MAX */
	bool proxy_reply;         /* P: the Map-Server answers for us */
	bool merge;               /* a: our locators beside those of others: of static EIDs, and
				     of hosts with policy_campus.costs */
	struct otk_keys otk_keys; /* for LISP-SEC; none: the key above serves */
};

/* Whether the Map-Servers are asked as what they see us. */
enum policy_nat {
	POLICY_NAT_OFF,
	POLICY_NAT_AUTO,     /* registrations go out without an answer, when none comes */
	POLICY_NAT_REQUIRED, /* they wait for it */
};

enum policy_security_mode {
	POLICY_SECURITY_OFF,
	POLICY_SECURITY_ON,       /* plain where the Map-Server says that an ETR cannot sign */
	POLICY_SECURITY_REQUIRED, /* what is not protected is not believed */
};

#define POLICY_ALGORITHMS_MAX 2

/* LISP-SEC (RFC 9303). */
struct policy_security {
	enum policy_security_mode mode;
	struct otk_keys keys; /* shared with the Map-Resolvers */
	/* What is asked for, the first first; policy_init() gives SHA-256, then SHA-1. */
	unsigned int hmac_count, kdf_count;
	enum otk_hmac hmacs[POLICY_ALGORITHMS_MAX];
	enum otk_kdf kdfs[POLICY_ALGORITHMS_MAX];
};

/* Every limit and timer; policy_init() gives the defaults named here. */
struct policy_timers {
	uint32_t record_ttl_min; /* 1440: TTL of the records we register and answer with */
	uint32_t register_s;     /* 60: between Map-Registers and refreshes */
	uint32_t ack_ms; /* 1000: until the first retransmission of a Map-Register, then doubling */
	uint32_t claim_ms;          /* 250: the same for a claim; a move cannot wait for longer */
	uint32_t backoff_max_s;     /* 60: where doubling ends */
	uint32_t request_ms;        /* 1000: between Map-Requests for one EID-prefix */
	uint32_t request_tries;     /* 10: retransmissions, then ... */
	uint32_t request_rest_s;    /* 30: ... a rest */
	uint32_t cache_ttl_max_min; /* 1440: longest life of a map-cache entry; also for "receiver's
				       choice" */
	uint32_t negative_ms;       /* 10000: longest life of a negative entry */
	uint32_t hold_ms;           /* 2000: how long a packet is held for its mapping */
	uint32_t hold_move_ms;      /* 10000: the same of one for a guest that is on its way */
	uint32_t probe_ms;          /* 10000: between probes of a locator, +-25 %; 0: no probing */
	uint32_t probe_wait_ms; /* 1000: for the answer; after a loss the next probe follows at once
				 */
	uint32_t probe_losses;  /* 3: then it is down */
	uint32_t smr_ms; /* 3000: between SMRs for one (RLOC, EID), and between answers to SMRs for
			    one EID-prefix */
	uint32_t verify_ms; /* 20: for a host's answer when the Map-Server says that it has moved */
	uint32_t confirm_ms; /* 1000: for a host's answer when we ask whether it is still or already
				here */
	uint32_t idle_s;     /* 15: a host not heard of for so long is asked */
	uint32_t idle_tries; /* 3: asked so often, confirm_ms apart, before it is withdrawn */
	uint32_t nat_keepalive_s; /* 20: between Info-Requests through a NAT */
	uint32_t port_down_s;     /* 10: a host whose port is down is withdrawn after this */
};

struct policy_limits {
	uint32_t cache_entries;      /* 100000 */
	uint32_t resolutions;        /* 65536: Map-Requests under way */
	uint32_t hold_packets;       /* 64: for each EID */
	uint32_t hold_move_packets;  /* 8192: the same while its guest is on its way */
	uint32_t hold_bytes;         /* 64 MiB: in all, bookkeeping counted */
	uint32_t hosts;              /* 100000: hosts found at this site */
	uint32_t hosts_per_port;     /* 4096 */
	uint32_t new_hosts_per_port; /* 1000 a second */
	uint32_t away;               /* 100000: hosts that have left and are remembered */
	uint32_t replies_per_rloc;   /* 10000 Map-Replies a second */
	uint32_t excess_per_rloc;    /* 1000 of them larger than their requests */
	uint32_t smrs_per_rloc;      /* 100 SMRs a second */
	uint32_t eids_per_agent;     /* 4096: EIDs that one agent may speak of */
	uint32_t states_per_agent;   /* 10000 states of EIDs a second */
	uint32_t claim_burst; /* 8 claims of one EID at once, then one a second: two machines with
				 one address */
};

#define POLICY_AGENTS_MAX     256
#define POLICY_AGENT_NAME     64 /* bytes, with the end */
#define POLICY_AGENT_KEYS     2  /* the old and the new one, while keys are rotated */
#define POLICY_AGENT_PREFIXES 16

struct policy_agent_key {
	uint8_t id;
	enum auth_alg alg;
	uint8_t bytes[AUTH_KEY_MAX];
	size_t len;
};

/* A hypervisor's agent (docs/decisions/handover.md). */
struct policy_agent {
	char name[POLICY_AGENT_NAME];
	struct handover_id id;
	unsigned int key_count;
	struct policy_agent_key keys[POLICY_AGENT_KEYS];
	struct endpoint at;        /* addr AFI_NONE: wherever it speaks from */
	unsigned int prefix_count; /* 0: any EID of this site */
	struct eid prefixes[POLICY_AGENT_PREFIXES];
};

struct policy_handover {
	bool cut_at_resume;   /* packets go on when the guest runs there, not when it stops here */
	uint32_t takeover_ms; /* 1000: an owner that says nothing for so long is taken for dead */
	uint32_t prepared_s;  /* 30: life of what is prepared, without another word about it */
};

/* What registrations say of where in the campus a host is (docs/decisions/campus.md). */
struct policy_campus {
	bool costs;       /* the nearer xTR has the better priority */
	bool coordinates; /* nickname and MAC, beside each locator */
	/* 0: no campus; what is held for a guest that has moved within the site waits no longer for
	 * its RBridge to say that it is not at its old place any more. */
	uint32_t move_wait_ms;
};

struct policy {
	struct lisp_xtr_id xtr_id;
	uint64_t site_id;
	struct lisp_locator rlocs[POLICY_RLOCS_MAX];
	unsigned int rloc_count;
	struct endpoint resolvers[POLICY_RESOLVERS_MAX];
	unsigned int resolver_count;
	struct policy_server servers[POLICY_SERVERS_MAX];
	unsigned int server_count;
	struct eid *eids; /* static EID-prefixes of this site: always registered */
	size_t eid_count;
	struct eid *dynamic; /* dynamic-EID prefixes: hosts in them are found and registered one by
				one */
	size_t dynamic_count;
	struct eid *space; /* EID-space: destinations in it are looked up (dynamic prefixes are,
			      unasked) */
	size_t space_count;
	bool subscribe; /* hear of changes from the Map-Servers: RFC 9437 */
	struct policy_timers timers;
	struct policy_limits limits;
	struct policy_security security;
	enum policy_nat nat;
	struct policy_agent *agents;
	size_t agent_count;
	struct policy_handover handover;
	struct policy_campus campus;
};

void policy_init(struct policy *p);
/* Frees the lists and wipes the keys. */
void policy_fini(struct policy *p);
/* 0 or -ENOMEM. @to is uninitialised. */
int policy_copy(struct policy *to, const struct policy *from);

/* Append to one of the three lists. 0 or -ENOMEM. */
int policy_add_eid(struct policy *p, const struct eid *eid);
int policy_add_dynamic(struct policy *p, const struct eid *eid);
int policy_add_space(struct policy *p, const struct eid *eid);
int policy_add_agent(struct policy *p, const struct policy_agent *agent);

/* Tell every mistake to @mistake: what, the value given, what would be right. Returns their number.
 */
unsigned int policy_check(
	const struct policy *p, void (*mistake)(void *arg, const char *text), void *arg);

/* The most specific dynamic-EID prefix that covers @eid, or NULL. */
const struct eid *policy_dynamic(const struct policy *p, const struct eid *eid);
/* The most specific EID-space (or dynamic-EID) prefix that covers @eid, or NULL. */
const struct eid *policy_space(const struct policy *p, const struct eid *eid);
/* A registration of this site could be about @eid, or about a part of it. */
bool policy_is_ours(const struct policy *p, const struct eid *eid);
bool policy_is_rloc(const struct policy *p, const struct address *addr);

#endif
