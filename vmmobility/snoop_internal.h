/* What snoop.c (interfaces and events) and snoop_card.c (cards and their addresses) share. */
#ifndef SUNWARD_VMMOBILITY_SNOOP_INTERNAL_H
#define SUNWARD_VMMOBILITY_SNOOP_INTERNAL_H

#include "lib/base/hash.h"
#include "vmmobility/snoop.h"

#define SNOOP_BUCKETS 1024

/* An interface that a rule fits. */
struct snoop_port {
	int ifindex; /* 0: the place is free */
	int master;
	char name[GUEST_TAP_BYTES];
	uint8_t mac[6];
	bool running;
	bool heard; /* its frames come */
	const struct snoop_rule *rule;
	unsigned int cards, addresses; /* here, of these behind it */
	struct limit frames;
};

struct snooped {
	struct eid eid;
	struct mono due;    /* to be asked for, or given up */
	unsigned int asked; /* since it was heard of */
};

/* A MAC that was heard, or that a hypervisor's guest has. */
struct snoop_card {
	struct snoop *snoop;
	uint8_t mac[6];
	struct snoop_port *port;  /* NULL: not here */
	bool leaves;              /* a sign that it is not here any more has come */
	struct handover_id owner; /* zero: it is a guest by itself */
	char name[GUEST_NAME_MAX + 1];
	unsigned int count;
	struct snooped addresses[HANDOVER_HOSTS_MAX];
	struct timer timer;
	struct mono heard;
	struct snoop_card *next; /* of its bucket */
};

struct snoop {
	struct vm_env *env;
	struct guests *guests;
	struct snoop_policy policy;
	struct snoop_ops ops;
	struct hash_key key;
	struct snoop_port ports[SNOOP_PORTS_MAX];
	struct snoop_card *buckets[SNOOP_BUCKETS];
	unsigned int card_count;
	struct log_limit spoof_log, limit_log, full_log;
};

/* The first of @rule's prefixes that covers @addr gives @eid its instance. False: none. */
bool snoop_eid(const struct snoop_rule *rule, const struct address *addr, struct eid *eid);

struct snoop_card *snoop_card_find(const struct snoop *s, const uint8_t mac[6]);
/* It, or a new one that is not here. NULL: no room; counted and logged. */
struct snoop_card *snoop_card_get(struct snoop *s, const uint8_t mac[6]);
void snoop_card_free(struct snoop_card *card);
/* @mac was heard behind @port. NULL: it is not heard, for one of the reasons of snoop.h. */
struct snoop_card *snoop_card_heard(struct snoop *s, struct snoop_port *port, const uint8_t mac[6]);
/* A card that is here has @addr. */
void snoop_card_learn(struct snoop_card *card, const struct address *addr);
/* An address that it had, of a card that is not here. */
void snoop_card_remember(struct snoop_card *card, const struct eid *eid);
/* Tell the guests what is known of it. */
void snoop_card_tell(struct snoop_card *card);
/* It is not a guest by itself any more: nothing more is told of that. */
void snoop_card_disown(struct snoop_card *card);
/* There is a sign that it is not here any more: unless it is heard soon, it is not. */
void snoop_card_leave(struct snoop_card *card);
/* Who is here and has @addr: ask it soon. */
void snoop_card_doubt(struct snoop *s, const struct address *addr);
/* What is behind @port is not heard any more; @gone: and is not here, unless it is heard elsewhere
 * soon. */
void snoop_card_unplug(struct snoop *s, struct snoop_port *port, bool gone);

#endif
