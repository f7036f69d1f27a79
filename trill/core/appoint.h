/* appoint: whom a DRB appoints as forwarder, for each VLAN of its link, and how it says so (RFC
 * 8139 sections 2.1, 2.4, 2.5 and 10.2 to 10.3, RFC 6325 section 4.4.5).
 *
 * The DRB keeps each VLAN that it serves itself, and gives others to the first neighbour that has
 * them enabled; what has been given stays where it is, as long as it may. RBridges in overload are
 * taken when there is no other. VLANs that a link maps to one another get one forwarder, or none.
 * What would be appointed is kept by those that are not DRB, too: they advertise it.
 *
 * Who lacks E-L1CS is told in Hellos, which hold so many ranges. A range passes over VLANs that the
 * appointed has not (section 2.2.1). Where that is not enough, from some VLAN on one neighbour has
 * all that it has enabled, in one range, and the rest stays with those that need no Hello. */
#ifndef SUNWARD_TRILL_CORE_APPOINT_H
#define SUNWARD_TRILL_CORE_APPOINT_H

#include "trill/codec/hello_tlv.h"

#define APPOINT_CANDIDATES_MAX (1 + 64)

struct appoint_candidate {
	uint16_t nickname;
	bool end_stations; /* neither a trunk port nor point-to-point */
	bool overloaded;
	bool e_l1cs;             /* supports that scope; to others, appointments go in Hellos */
	struct vlan_set enabled; /* that it may be appointed for */
	struct vlan_set ports; /* what any port of the RBridge has on the link, whatever of that it
				  may be appointed for */
};

/* VLANs that the link maps to one another. */
struct appoint_pair {
	uint16_t a, b;
};

struct appoint_mapping {
	const struct appoint_pair *pairs;
	unsigned int count;
	bool all; /* someone saw a mapping, and nobody knows which */
};

struct appoint {
	uint16_t to[4096]; /* nicknames by VLAN; NICKNAME_NONE: nobody serves it */
	bool in_hello;     /* there have been appointments in Hellos: they have to be taken back */
};

void appoint_init(struct appoint *a);
/* @c[0] is the RBridge itself; the others are its neighbours in Report, in the order of preference;
 * @n: APPOINT_CANDIDATES_MAX at most. @ranges: that a Hello holds, 1 at least; what cannot be said
 * in them nobody is planned for. */
void appoint_plan(struct appoint *a, const struct appoint_candidate *c, unsigned int n,
	const struct appoint_mapping *mapping, unsigned int ranges);

/* What stands in the DRB's Hello: the complete set for those that lack E-L1CS. When none of it is
 * left, one for the DRB itself takes back all (section 2.1). @max: no less than the ranges that it
 * was planned for. Returns how many; 0: nothing has to be said. */
unsigned int appoint_hello(struct appoint *a, const struct appoint_candidate *c, unsigned int n,
	struct hello_appointment *out, unsigned int max);
/* The APPsub-TLV of one neighbour, 17 or 18, within an open GENINFO; none when it has no VLAN. */
void appoint_scope_put(const struct appoint *a, uint16_t nickname, struct wire_writer *w);

#endif
