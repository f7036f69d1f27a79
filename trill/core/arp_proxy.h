/* arp_proxy: what becomes of ARP and ND at the edge of the campus (RFC 8302): what they teach of IP
 * addresses, and whether a question of a local end station is answered here, goes to the one
 * RBridge that can, or to all.
 *
 *   question, address known      answered in the target's name (section 4.4, a.1); ND only when it
 *                                is known whether the target is a router, since an answer that says
 *                                wrongly that it is none would end its hosts' routes
 *     ..., is a DAD probe, or SEND, or ND otherwise: unicast to the target's RBridge (a.2)
 *   question, address unknown    to all (b.1), not too often for one address: by port, so that who
 *                                asks for it without end leaves others their questions
 *   announcement                 to all, or to nobody where ESADI tells each RBridge (c)
 *   anything else                on its way
 *
 * When another MAC claims an address at a port of ours, the former owner is asked (a DAD-query,
 * section 7): who answers is not replaced, and the duplicate is told. It sends nothing but such
 * questions, encapsulates nothing and knows no port's VLANs. */
#ifndef SUNWARD_TRILL_CORE_ARP_PROXY_H
#define SUNWARD_TRILL_CORE_ARP_PROXY_H

#include "lib/base/limit.h"
#include "lib/net/arp_nd.h"
#include "trill/core/ip_cache.h"

#define ARP_PROXY_VERIFY_MS     1000 /* for the former owner's answer */
#define ARP_PROXY_VERIFIES_MAX  64   /* at a time */
#define ARP_PROXY_PER_S         500  /* ARP and ND of one port */
#define ARP_PROXY_REMOTE_PER_S  500  /* ... behind one RBridge, */
#define ARP_PROXY_REMOTES_PER_S 2000 /* ... behind all */
#define ARP_PROXY_FLOOD_PER_S   3    /* of one port's questions for one address unknown here */
#define ARP_PROXY_FLOODS_PER_S  32   /* of all ports' */
#define ARP_PROXY_LIMITED_MAX   4096 /* addresses, and ports, that limits are kept for */

enum arp_proxy_verdict {
	ARP_PROXY_OTHER,        /* neither ARP nor ND: as any frame */
	ARP_PROXY_MALFORMED,    /* not believed; as any frame: its receivers will judge */
	ARP_PROXY_FORWARDED,    /* as any frame: not a question, or one for all */
	ARP_PROXY_ANSWERED,     /* the answer goes out of the port that the question came by */
	ARP_PROXY_UNICAST,      /* the question, its MAC changed, goes to one RBridge */
	ARP_PROXY_OURS,         /* was for us */
	ARP_PROXY_KNOWN,        /* dropped: an announcement that ESADI makes to all */
	ARP_PROXY_FLOOD_LIMIT,  /* dropped: that address was asked for too often */
	ARP_PROXY_PORT_LIMIT,   /* dropped: too much of the port */
	ARP_PROXY_REMOTE_LIMIT, /* not read: too much of an RBridge, or of all */
};
#define ARP_PROXY_VERDICTS (ARP_PROXY_REMOTE_LIMIT + 1)

struct arp_proxy_out {
	uint16_t egress; /* UNICAST */
	/* ANSWERED: an untagged frame. UNICAST: the untagged frame to be encapsulated. */
	uint8_t frame[1514];
	size_t len;
};

struct arp_proxy_event {
	struct label label;
	struct address ip;
	struct mac is, claims; /* who has it, and who claims it */
	bool duplicate;        /* the former owner answered; else it did not, and is replaced */
};

struct arp_proxy_config {
	struct mac mac; /* ours: of questions to former owners */
	uint32_t max, age_s;
	uint8_t secret[16];
	bool answer;        /* false: known addresses are asked by unicast */
	bool complete;      /* ESADI tells all: announcements are not flooded (section 4.4 c) */
	bool verify;        /* false: who speaks last is believed */
	uint8_t confidence; /* of what local frames show */
	/* An untagged frame of ours to @place in @label. */
	void (*send)(void *arg, struct label label, struct mac_place place, const uint8_t *frame,
		size_t len);
	/* An address of a local end station for ESADI to tell of, or (@gone) no more. */
	void (*local)(void *arg, const struct ip_claim *claim, bool gone);
	void (*event)(void *arg, const struct arp_proxy_event *event); /* to be logged */
	void *arg;
};

struct arp_proxy;

/* NULL: out of memory. */
struct arp_proxy *arp_proxy_new(const struct arp_proxy_config *config);
void arp_proxy_free(struct arp_proxy *p);

/* A frame of an end station on @port, without VLAN tag. @out is filled in for ANSWERED and UNICAST.
 */
enum arp_proxy_verdict arp_proxy_local(struct arp_proxy *p, struct label label, uint16_t port,
	const uint8_t *frame, size_t len, struct mono now, struct arp_proxy_out *out);
/* The same, when it has gone on already: it only teaches. OTHER, MALFORMED, PORT_LIMIT, FORWARDED.
 */
enum arp_proxy_verdict arp_proxy_heard(struct arp_proxy *p, struct label label, uint16_t port,
	const uint8_t *frame, size_t len, struct mono now);
/* One that was decapsulated, from @nickname: OTHER, MALFORMED, FORWARDED, OURS or REMOTE_LIMIT. */
enum arp_proxy_verdict arp_proxy_remote(struct arp_proxy *p, struct label label, uint16_t nickname,
	const uint8_t *frame, size_t len, struct mono now);
/* ESADI of @nickname says, or (@gone) says no more, that @mac has @ip. */
void arp_proxy_told(struct arp_proxy *p, struct label label, uint16_t nickname,
	const struct mac *mac, const struct address *ip, uint8_t confidence, bool gone,
	struct mono now);

/* config.verify is another now. */
void arp_proxy_verify_set(struct arp_proxy *p, bool verify);
/* Ours is another now. */
void arp_proxy_mac_set(struct arp_proxy *p, const struct mac *mac);
struct ip_cache *arp_proxy_cache(struct arp_proxy *p);
uint64_t arp_proxy_count(const struct arp_proxy *p, enum arp_proxy_verdict verdict);
uint64_t arp_proxy_duplicates(const struct arp_proxy *p);
/* "flood_limit" for ARP_PROXY_FLOOD_LIMIT: the name of its counter. */
const char *arp_proxy_verdict_name(enum arp_proxy_verdict verdict);

void arp_proxy_time(struct arp_proxy *p, struct mono now);
struct mono arp_proxy_next(const struct arp_proxy *p);

#endif
