/* snoop: which addresses are behind which interface of this hypervisor, by what is heard there:
 * frames of ARP, RARP and neighbour discovery, the bridges' forwarding tables and the kernel's
 * neighbours.
 *
 * It speaks for guests whose addresses neither the metadata of their domain nor the configuration
 * names. A guest of a hypervisor's has its state from there, and only its addresses from here. A
 * card that no hypervisor knows (of a container, of a bare tap) is a guest of its own, named by its
 * MAC: it runs here from when it is heard behind one of the interfaces, and is gone when its
 * interface is, when its MAC is heard elsewhere, or when it does not answer any more.
 *
 * Whoever is behind an interface may say anything there. So: addresses are those of the rule's
 * prefixes only, as many as it allows behind one interface; an address that another card has, or
 * that is named for another guest, is not taken; a MAC that is behind another interface is not
 * heard; and no more frames are looked at than so many a second. A RARP has no address: what a MAC
 * had before is kept.
 *
 * Pure. Knows no socket, and no hypervisor. */
#ifndef SUNWARD_VMMOBILITY_SNOOP_H
#define SUNWARD_VMMOBILITY_SNOOP_H

#include "vmmobility/guests.h"

#define SNOOP_RULES_MAX    16
#define SNOOP_PREFIXES_MAX 32
#define SNOOP_PATTERN_MAX  31         /* bytes */
#define SNOOP_PORTS_MAX    1024       /* interfaces that are listened to */
#define SNOOP_CARDS_MAX    GUESTS_MAX /* also those that were heard once */
#define SNOOP_FRAMES_PER_S 100        /* behind one interface; twice as many at once */
#define SNOOP_ASKS         3          /* before it counts as not answering, a second apart */
#define SNOOP_ASK_MS       1000
#define SNOOP_LEAVE_MS     1000 /* from the sign that it is not here any more */

/* What may be found behind interfaces of a name. The first rule that fits counts. */
struct snoop_rule {
	char pattern[SNOOP_PATTERN_MAX + 1]; /* of names, as of files: "tap*" */
	char port[HANDOVER_PORT_BYTES + 1];  /* of the xTR; empty: its only one of the instance */
	struct eid prefixes[SNOOP_PREFIXES_MAX]; /* with their instances */
	unsigned int prefix_count;
	unsigned int addresses; /* behind one interface; and as many cards */
	uint64_t age_ms;        /* after which an address that was not heard of is asked for */
};

struct snoop_policy {
	struct snoop_rule rules[SNOOP_RULES_MAX];
	unsigned int rule_count;
};

struct snoop_ops {
	/* Hear what comes from @ifindex, or no longer. False: it cannot be heard; having said
	 * why. */
	bool (*listen)(void *arg, int ifindex, bool on);
	/* Ask @mac behind @ifindex, from @from, whether it has @target: ARP, ND. */
	void (*ask)(void *arg, int ifindex, const uint8_t from[6], const uint8_t mac[6],
		const struct address *target);
	void *arg;
};

struct snoop;

/* All outlive it; @policy is copied. NULL when out of memory. */
struct snoop *snoop_new(struct vm_env *env, struct guests *guests,
	const struct snoop_policy *policy, const struct snoop_ops *ops);
void snoop_free(struct snoop *s);
/* Interfaces, addresses and cards that no rule fits any more are not heard any more; of the guests
 * nothing is taken back. */
void snoop_reload(struct snoop *s, const struct snoop_policy *policy);

/* ---- what is heard ---- */

struct snoop_link {
	int ifindex;
	int master; /* its bridge; 0: none */
	const char *name;
	uint8_t mac[6];
	bool running; /* up, with a carrier */
};

/* An interface came, or is another; also one that no rule fits. */
void snoop_link(struct snoop *s, const struct snoop_link *link);
void snoop_unlink(struct snoop *s, int ifindex);
/* Changes were lost: those that are not there any more went. */
void snoop_sweep(struct snoop *s, bool (*is_there)(void *arg, int ifindex), void *arg);
/* A frame that came from behind @ifindex, of at least 14 bytes. */
void snoop_frame(struct snoop *s, int ifindex, const uint8_t *frame, size_t len);
/* A bridge has learnt that @mac is behind its port @ifindex. */
void snoop_learnt(struct snoop *s, int ifindex, const uint8_t mac[6]);
/* The kernel has reached @addr at @mac (NULL: it cannot reach it) by @ifindex, which is an
 * interface or its bridge. */
void snoop_neighbour(struct snoop *s, int ifindex, const struct address *addr, const uint8_t *mac);

/* ---- what others know ---- */

/* @mac is a card of the guest of a hypervisor's, @name and @uuid. */
void snoop_card_of(
	struct snoop *s, const uint8_t mac[6], const char *name, const struct handover_id *uuid);
/* What a guest that was recalled had. */
void snoop_recall(struct snoop *s, const struct guest *guest);

/* ---- looking ---- */

/* One of the rules covers @eid, so that it may be behind an interface without having been heard. */
bool snoop_may_have(const struct snoop *s, const struct eid *eid);
unsigned int snoop_ports(const struct snoop *s);
/* Cards that are here. */
unsigned int snoop_cards(const struct snoop *s);

#endif
