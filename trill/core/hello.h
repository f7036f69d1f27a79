/* hello: which TRILL Hellos are believed and what of them counts, on which VLANs ours go out, and
 * what they say (RFC 7177 sections 3.1 and 8, RFC 6325 section 4.4.3).
 *
 * It makes of a PDU the struct adjacency_hello that the adjacency table takes, and of a table and a
 * port our own PDU. It keeps no state. */
#ifndef SUNWARD_TRILL_CORE_HELLO_H
#define SUNWARD_TRILL_CORE_HELLO_H

#include "trill/codec/isis_auth.h"
#include "trill/core/adjacency.h"

/* Why a Hello is discarded (section 8.3); a counter each. Maximum area addresses other than 1 are
 * refused by the parser. */
enum hello_verdict {
	HELLO_TAKEN = 0,
	HELLO_KIND,          /* LAN on a point-to-point port, or the other way round */
	HELLO_CIRCUIT_TYPE,  /* not level 1 */
	HELLO_AREA,          /* no area, or not TRILL's alone */
	HELLO_PROTOCOLS,     /* protocols without TRILL's */
	HELLO_NO_VLAN_FLAGS, /* no sub-TLV VLAN-FLAGS that can be read */
	HELLO_DESIGNATED,    /* on a LAN: its Designated VLAN is 0x000 or 0xFFF, which is none */
	HELLO_AUTH,
	HELLO_EXPIRED, /* of nobody that is known, with a Holding Time of 0: it would be gone at
			  once */
};
#define HELLO_VERDICTS (HELLO_EXPIRED + 1)

/* What one says; pointers are into the PDU. */
struct hello {
	const struct isis_hello *head;
	struct hello_vlan_flags flags;
	struct trill_version version; /* zero where it is missing */
	bool bfd;
	bool e_l1cs; /* supports the link's own flooding scope (RFC 8139 section 8) */
	bool e_l1fs; /* ... the campus's (RFC 7780 section 8.1) */
	bool has_three_way;
	struct hello_three_way three_way;
};

/* A port that hears Hellos. */
struct hello_port {
	bool p2p;
	struct isis_key *const *keys; /* none: Hellos are not authenticated */
	unsigned int key_count;
	struct mac mac;
	struct system_id system;
	uint32_t circuit; /* extended, of the three-way handshake */
};

enum hello_verdict hello_check(
	const struct isis_pdu *p, const struct hello_port *port, struct hello *h);
/* "area" for HELLO_AREA: the name of its counter. */
const char *hello_verdict_name(enum hello_verdict verdict);

/* What the adjacency table is told of @h, which came from @sa in VLAN @vlan, where @designated is
 * the link's Designated VLAN before this Hello. Neighbor TLVs count in that VLAN alone. */
struct adjacency_hello hello_adjacency(const struct isis_pdu *p, const struct hello *h,
	const struct hello_port *port, const struct mac *sa, uint16_t vlan, uint16_t designated);

/* The VLANs that our Hellos go out in (RFC 6325 section 4.4.3). @forwarding: those that we are
 * appointed forwarder for; it does not count for a DRB. */
void hello_vlans_to_send(struct vlan_set *send, bool is_drb, const struct vlan_set *enabled,
	const struct vlan_set *announcing, const struct vlan_set *forwarding, uint16_t designated);

/* Our own, in VLAN flags.outer_vlan. */
struct hello_ours {
	struct isis_hello head;
	struct hello_vlan_flags flags;
	uint16_t designated;            /* the Designated VLAN of the link, whoever wants which */
	const struct vlan_set *enabled; /* NULL: left out */
	const struct hello_appointment *appointments;
	unsigned int appointment_count;
	struct trill_version version;
	bool bfd;
	const struct adjacency_table *neighbors; /* LAN: listed in the Designated VLAN */
	struct mac
		*listed; /* the last listed by the Hello before; NULL: this one has to list all */
	struct hello_three_way three_way; /* P2P */
	bool p2p;
	struct isis_key *key; /* NULL: not authenticated */
};

/* How many appointments stand in a LAN Hello with @enabled beside the longest authentication and a
 * full TLV of neighbours: 87 at least. */
unsigned int hello_appointments_max(const struct vlan_set *enabled);

/* Returns the length; -TRILL_ENOROOM when it would be more than 1470 bytes (then it must not be
 * sent), or more than @cap; -TRILL_EAUTH when it cannot be signed. */
int hello_write(uint8_t *buf, size_t cap, const struct hello_ours *o);

#endif
