/* mac: where end stations are: {label, MAC} to a port of ours or an RBridge's nickname, with a
 * confidence (RFC 6325 section 4.8, RFC 8383 for flushes).
 *
 * What is learned replaces other information only with equal or higher confidence. What data frames
 * taught ages in the data plane, which tells; what ESADI says or the operator configures stays
 * until it is taken back. Where there is no room, what is told with more confidence than frames
 * have takes that of what they taught: anybody can send these. It does not know who taught it, but
 * for the rules on forgetting. */
#ifndef SUNWARD_TRILL_CORE_MAC_H
#define SUNWARD_TRILL_CORE_MAC_H

#include "trill/codec/flush.h"
#include "trill/core/ip_list.h"
#include "trill/core/labels.h"

#define MAC_CONFIDENCE_DATA   0x20
#define MAC_CONFIDENCE_STATIC 255
#define MAC_AGE_S_DEFAULT     300 /* 10 to 1000000 */
#define MAC_FORWARD_DELAY_S   15  /* 4 to 30 */

enum mac_origin {
	MAC_LOCAL,  /* a native frame on a port of ours */
	MAC_REMOTE, /* a frame that we decapsulated */
	MAC_ESADI,
	MAC_STATIC,
	MAC_ATTESTED, /* who knows says so: a hypervisor's agent */
};

struct mac_place {
	bool local;
	uint16_t where; /* port ID, or nickname */
};

/* Who attests: an agent's ID; zero: it was not said. */
struct mac_teller {
	uint8_t bytes[16];
};

struct mac_entry {
	struct label label;
	struct mac mac;
	struct mac_place place;
	uint8_t confidence;
	enum mac_origin origin;
	struct ip_list ips;       /* what mac_ips_set() was told, wherever the station moves */
	struct mac_teller teller; /* MAC_ATTESTED: what mac_teller_set() was told */
	bool lacks;               /* what mac_lacks_set() was told, wherever it moves */
	bool used;                /* private */
};

enum mac_verdict {
	MAC_NEW,
	MAC_MOVED,   /* to another place */
	MAC_SAME,    /* heard of again */
	MAC_REFUSED, /* another place, with less confidence */
	MAC_GROUP,   /* a group address, or zero, is not learned */
	MAC_FULL,    /* as many as there is room for, or as its port may have */
};

struct mac_table;

struct mac_config {
	uint32_t max;
	uint32_t port_max;           /* new ones that native frames on one port teach; 0: max */
	const struct labels *labels; /* numbers of fine-grained labels; NULL: there are none */
	uint8_t secret[16];          /* random: others choose what is hashed */
	/* An entry is new or has moved, or (@gone) is about to be forgotten. */
	void (*changed)(void *arg, const struct mac_entry *entry, bool gone);
	void *arg;
};

/* NULL: out of memory. */
struct mac_table *mac_table_new(const struct mac_config *config);
void mac_table_free(struct mac_table *t);
uint32_t mac_table_count(const struct mac_table *t);
/* How often there was no room for one. */
uint64_t mac_table_refused(const struct mac_table *t);
/* Forget one that has no more confidence than frames: of some that are looked at in turn, one at
 * the port or RBridge that has most of these. False: there is none. */
bool mac_make_room(struct mac_table *t);
/* How many went so. */
uint64_t mac_table_displaced(const struct mac_table *t);

/* By the rules A, B and C of section 4.8.1. */
enum mac_verdict mac_learn(struct mac_table *t, struct label label, const struct mac *mac,
	struct mac_place place, uint8_t confidence, enum mac_origin origin);
const struct mac_entry *mac_find(
	const struct mac_table *t, struct label label, const struct mac *mac);

/* Entries stand in places from 0 to mac_places() - 1, each in one as long as it is known. NULL:
 * nothing stands in @place. So who goes through the places a few at a time sees each entry once
 * that is there all the while. */
uint32_t mac_places(const struct mac_table *t);
const struct mac_entry *mac_at(const struct mac_table *t, uint32_t place);
/* After @e (NULL: the first), in no order; NULL: there are no more. */
const struct mac_entry *mac_walk(const struct mac_table *t, const struct mac_entry *e);
/* The IP addresses that go with a known station. */
void mac_ips_set(
	struct mac_table *t, struct label label, const struct mac *mac, const struct ip_list *ips);
/* Who attests a known station. */
void mac_teller_set(struct mac_table *t, struct label label, const struct mac *mac,
	const struct mac_teller *teller);
/* The data plane has no row of a known station. */
void mac_lacks_set(struct mac_table *t, struct label label, const struct mac *mac, bool lacks);

/* The originator @nickname took it out of its ESADI-LSPs, or the operator out of the configuration.
 * What data frames taught meanwhile stays. */
void mac_take_back(struct mac_table *t, struct label label, const struct mac *mac,
	enum mac_origin origin, uint16_t where);
/* What was said by @origin of stations in @set (NULL: all labels) at @where (NULL: anywhere).
 * Returns how many. */
uint32_t mac_forget_labels(struct mac_table *t, enum mac_origin origin, const uint16_t *where,
	const struct label_set *set);
#define MAC_FLUSH_COST_MAX 100
/* An Address Flush lists what it means (flush_listed()), and few enough: each is looked up, and not
 * all that is known gone through. */
bool mac_flush_listed(const struct flush *f, struct flush_list *l);
/* What an Address Flush costs, as against one MAC's. */
unsigned int mac_flush_cost(const struct flush *f);
/* An Address Flush: of what decapsulation taught. Returns how many went. */
uint32_t mac_flush(struct mac_table *t, const struct flush *f);
/* An Address Flush that names our own @nickname and MACs: their stations are elsewhere, and not
 * here. What is configured or attested stays. */
uint32_t mac_flush_own(struct mac_table *t, const struct flush *f, uint16_t nickname);

#endif
