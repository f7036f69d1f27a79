/* datapath: what the xTR's core knows of its data plane: a table of forwarding entries that it
 * writes, and events that come up. The BPF loader implements it (datapath_bpf.c); tests and the
 * simulator implement it in memory.
 *
 * The programs never decide protocol questions. Held packets: a packet whose entry has hold set
 * goes up whole, with its offload metadata, and comes back down through inject(); an injected
 * packet ignores hold. So an EID passes {NONE, hold} -> core queues;  {ENCAP, hold} -> core injects
 * its queue in order, newcomers still come up behind it; {ENCAP, no hold} -> newcomers are
 * forwarded by the kernel.   (HOLD -> DRAIN -> FORWARD) */
#ifndef SUNWARD_XTR_DATAPATH_H
#define SUNWARD_XTR_DATAPATH_H

#include "lib/base/clock.h"
#include "lib/net/address.h"

#define DATAPATH_LOCATORS_MAX                                                                      \
	8 /* of the best priority; more are left out, and counted by the core */

enum datapath_action {
	DATAPATH_NONE =
		0, /* no mapping yet: with hold it goes up, without it is dropped and counted */
	DATAPATH_ENCAP,  /* to one of the locators, by flow hash and weight */
	DATAPATH_LOCAL,  /* an EID at this site: decapsulate, leave delivery to the kernel's routing
			  */
	DATAPATH_NATIVE, /* not LISP: the kernel's routing */
	DATAPATH_DROP,   /* by mapping (ACT 3-5); sends ICMP unreachable up the exception path */
};

struct datapath_locator {
	struct address rloc;
	uint8_t weight; /* 0-100; all 0: equal shares */
};

/* Packets from the core for a host that is to come here. */
enum datapath_expect {
	DATAPATH_UNEXPECTED,
	DATAPATH_EXPECT_ALL,   /* go up to be held, whatever the action */
	DATAPATH_EXPECT_OWNER, /* ENCAP: those that come from one of the locators */
};

struct datapath_entry {
	enum datapath_action action;
	enum datapath_expect expect; /* packets from the site go by the action all the same */
	bool hold;
	bool away; /* it was here and has left: ENCAP for packets from the core side too, and each
		      draws an AWAY event */
	bool back; /* with away: also to the locator that the packet came from, which holds it */
	bool at_port; /* its MAC is still behind a port of the site: frames to it are not ours */
	uint8_t locator_count;
	struct datapath_locator locators[DATAPATH_LOCATORS_MAX];
};

enum datapath_event_type {
	DATAPATH_MISS, /* a held packet came up: eid is its destination (host), packet is set */
	DATAPATH_SOURCE_SEEN, /* a data packet from eid (host) inside a dynamic-EID prefix that is
				 not LOCAL here */
	DATAPATH_ARP_SEEN,    /* ARP, GARP or ND from eid (host) on a site port */
	DATAPATH_AWAY, /* a packet for eid came from rloc, and eid is not here: an SMR is wanted */
	DATAPATH_ASTRAY,   /* the machine with mac, behind ifindex, sends to eid, which is
			      elsewhere, by another MAC than ours */
	DATAPATH_RLOC_MTU, /* ICMP too-big or unreachable for rloc: mtu in bytes (0: unreachable) */
};

struct datapath_event {
	enum datapath_event_type type;
	struct eid eid;
	struct address rloc; /* AWAY: outer source; RLOC_MTU: the locator */
	uint8_t mac[6];      /* SOURCE_SEEN, ARP_SEEN: the host's; ASTRAY: who sends */
	int ifindex;         /* the site port it came in by; 0: it came from the core */
	bool gratuitous;     /* ARP_SEEN: an announcement */
	uint16_t mtu;
	const void *packet; /* MISS: opaque to the core, for inject(); borrowed until the call
			       returns */
	uint32_t packet_len;
};

/* The core's way down. Each returns 0 or -errno; set() is idempotent and atomic for each EID. */
struct datapath {
	int (*set)(struct datapath *dp, const struct eid *eid, const struct datapath_entry *e);
	int (*del)(struct datapath *dp, const struct eid *eid);
	/* Send a held packet down again, now. */
	int (*inject)(struct datapath *dp, const void *packet, uint32_t len);
	/* The same; it may go back to where it came from. */
	int (*send_back)(struct datapath *dp, const void *packet, uint32_t len);
	/* Send an IP packet of @iid down, as if it had been held. */
	int (*inject_ip)(struct datapath *dp, uint32_t iid, const void *packet, uint32_t len);
	/* Packets that used @eid since the last call of this for it (0: unused, may be evicted). */
	uint64_t (*used)(struct datapath *dp, const struct eid *eid);
	/* Whether the kernel still has held packets queued towards user space (then DRAIN goes on).
	 */
	bool (*pending)(struct datapath *dp);
	/* How many packets the programs have ever put into that queue, and how many were taken from
	 * it, or were lost in it. May be NULL. */
	int (*queue)(struct datapath *dp, uint64_t *in, uint64_t *out);
	/* Whether a held packet came out of a tunnel from @rloc. May be NULL: that is not known. */
	bool (*came_from)(
		struct datapath *dp, const void *packet, uint32_t len, const struct address *rloc);
};

#endif
