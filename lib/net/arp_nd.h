/* arp_nd: ARP (RFC 826) and IPv6 neighbour discovery's solicitation and advertisement (RFC 4861),
 * bytes <-> struct.
 *
 * Pure. One struct for both, since both ask and answer the same: which MAC has this address. */
#ifndef SUNWARD_LIB_NET_ARP_ND_H
#define SUNWARD_LIB_NET_ARP_ND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/net/address.h"

#define ARP_ND_MAX 86 /* bytes of the longest frame that is built: ND with its option */

enum arp_nd_type { ARP_REQUEST, ARP_REPLY, ND_SOLICIT, ND_ADVERT };

struct arp_nd {
	enum arp_nd_type type;
	uint8_t eth_to[6];
	uint8_t eth_from[6];
	/* Who speaks: ARP's sender, ND's IPv6 source. Unspecified: it probes an address before use
	 * (RFC 5227, RFC 4862). */
	struct address sender;
	struct address ip_to;  /* ND: the IPv6 destination; ARP: none */
	struct address target; /* the address asked for; in ND_ADVERT the one told about */
	/* ARP's sender hardware address; ND's link-layer address option. */
	bool has_mac;
	uint8_t mac[6];
	uint8_t target_mac[6];            /* ARP only */
	bool router, solicited, override; /* ND_ADVERT only */
};

/* The address that a frame tells @m's mac for, when it does: ARP's sender, a solicitation's source,
 * an advertisement's target. NULL when it tells none. */
const struct address *arp_nd_told(const struct arp_nd *m);

/* Parse an Ethernet frame without VLAN tag. False when it is neither (then *@why is NULL), or when
 * it is malformed or breaks the rules of RFC 4861 section 7.1 (then *@why says which; a literal).
 */
bool arp_nd_parse(struct arp_nd *m, const void *frame, size_t len, const char **why);

/* Write the frame, checksum included. Returns its length, 0 when @m is inconsistent. */
size_t arp_nd_build(const struct arp_nd *m, uint8_t frame[ARP_ND_MAX]);

/* Fill @m to ask who has @target, from @mac and @sender (of the same family; unspecified: a probe).
 * To @to, or to broadcast or the solicited-node group when it is NULL. False when the families do
 * not fit. */
bool arp_nd_ask(struct arp_nd *m, const uint8_t mac[6], const struct address *sender,
	const struct address *target, const uint8_t *to);
/* Fill @m with the answer to @question that @mac has the address asked for. False when it is no
 * question. */
bool arp_nd_answer(struct arp_nd *m, const struct arp_nd *question, const uint8_t mac[6]);
/* Fill @m to tell all that @mac has @addr: a gratuitous ARP request, an unsolicited advertisement.
 */
bool arp_nd_announce(struct arp_nd *m, const uint8_t mac[6], const struct address *addr);

#endif
