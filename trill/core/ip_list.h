/* ip_list: the IP addresses of one end station: of each family so many, the oldest first.
 *
 * Pure, and a value: copied as a whole. It does not know who says them. */
#ifndef SUNWARD_TRILL_CORE_IP_LIST_H
#define SUNWARD_TRILL_CORE_IP_LIST_H

#include <stdbool.h>
#include <stdint.h>

struct address; /* lib/net/address.h */

/* Of a family: what IPv6 with a week of temporary addresses has, and of both together as many as a
 * hypervisor's agent says of one guest. It is 322 bytes of each station that is known. */
#define IP_LIST_EACH 16
#define IP_LIST_MAX  (2 * IP_LIST_EACH) /* of both */

struct ip_list {
	uint8_t ipv4_count, ipv6_count;
	uint8_t ipv4[IP_LIST_EACH][4], ipv6[IP_LIST_EACH][16]; /* zero behind the counts */
};

enum ip_list_verdict {
	IP_LIST_ADDED,
	IP_LIST_THERE, /* already */
	IP_LIST_FULL,
	IP_LIST_ODD, /* not an IP address */
};

enum ip_list_verdict ip_list_add(struct ip_list *l, const struct address *ip);
/* False: it was not there. */
bool ip_list_remove(struct ip_list *l, const struct address *ip);
bool ip_list_has(const struct ip_list *l, const struct address *ip);
/* Of the family of @ip the oldest goes; false: there is none. */
bool ip_list_drop_oldest(struct ip_list *l, uint16_t afi);
/* The same addresses, in whatever order. */
bool ip_list_equal(const struct ip_list *a, const struct ip_list *b);
unsigned int ip_list_count(const struct ip_list *l);
/* @i below the count: IPv4 first. */
struct address ip_list_at(const struct ip_list *l, unsigned int i);

#endif
