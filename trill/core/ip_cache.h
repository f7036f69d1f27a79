/* ip_cache: which MAC has an IP address, and behind which RBridge or port: {label, IP} to {MAC,
 * place}, with a confidence and an age (RFC 8302 sections 3, 4.3 and 8: the ARP/ND cache).
 *
 * What is learned replaces other information only with equal or higher confidence. What frames
 * taught ages, by default after 3/4 of the time that a MAC does; what ESADI says or the operator
 * configures stays until it is taken back. It does not know ARP or ND. */
#ifndef SUNWARD_TRILL_CORE_IP_CACHE_H
#define SUNWARD_TRILL_CORE_IP_CACHE_H

#include "lib/base/clock.h"
#include "lib/net/address.h"
#include "trill/core/mac.h"

/* RFC 8302 section 8. */
#define IP_CACHE_AGE_S(mac_age_s) ((mac_age_s) / 4 * 3)

struct ip_claim {
	struct label label;
	struct address ip;
	struct mac mac;
	struct mac_place place;
	uint8_t confidence;
	enum mac_origin origin;
	/* IPv6: an advertisement said whether it is a router, and whether it is. */
	bool knows_router, router;
};

struct ip_entry {
	struct ip_claim claim;
	struct mono until; /* MONO_NEVER: does not age */
	/* Private. */
	bool used;
	uint32_t mac_before, mac_behind; /* others of a MAC with the same hash */
};

enum ip_verdict {
	IP_NEW,
	IP_SAME,    /* heard of again */
	IP_MOVED,   /* the same MAC, at another place */
	IP_CHANGED, /* another MAC */
	IP_REFUSED, /* other than what is known with more confidence */
	IP_ODD,     /* an IP that nobody has (unspecified, multicast, loopback), or such a MAC */
	IP_FULL,
};

struct ip_cache;

struct ip_cache_config {
	uint32_t max;
	uint32_t age_s;
	uint8_t secret[16]; /* random: others choose what is hashed */
	/* An entry is new or another than @before, which is NULL when it is new, or (@gone) is
	 * about to be forgotten. */
	void (*changed)(
		void *arg, const struct ip_entry *entry, const struct ip_claim *before, bool gone);
	void *arg;
};

/* NULL: out of memory. */
struct ip_cache *ip_cache_new(const struct ip_cache_config *config);
void ip_cache_free(struct ip_cache *t);
uint32_t ip_cache_count(const struct ip_cache *t);

/* What ip_cache_learn() would return. */
enum ip_verdict ip_cache_would(const struct ip_cache *t, const struct ip_claim *claim);
enum ip_verdict ip_cache_learn(struct ip_cache *t, const struct ip_claim *claim, struct mono now);
const struct ip_entry *ip_cache_find(
	const struct ip_cache *t, struct label label, const struct address *ip);

/* @claim's originator says it no more: forgotten if MAC, origin and place are still those. */
void ip_cache_take_back(struct ip_cache *t, const struct ip_claim *claim);
/* All that frames on @port taught: its link has failed. Returns how many went. */
uint32_t ip_cache_forget_port(struct ip_cache *t, uint16_t port);
/* All that is elsewhere, behind @nickname (NULL: any), in @set (numbers of @labels) but what is
 * configured: it has left them, or we have. */
uint32_t ip_cache_forget_remote(struct ip_cache *t, const uint16_t *nickname,
	const struct label_set *set, const struct labels *labels);
/* All that @mac has at @place: it is there no more. */
uint32_t ip_cache_forget_mac(struct ip_cache *t, struct label label, const struct mac *mac,
	const struct mac_place *place);
/* An Address Flush (RFC 8383): of what decapsulated frames taught. */
uint32_t ip_cache_flush(struct ip_cache *t, const struct flush *f);

void ip_cache_time(struct ip_cache *t, struct mono now);
struct mono ip_cache_next(const struct ip_cache *t);

#endif
