/* ethernet: the Ethernet headers around and inside TRILL: an outer one with or without a C-tag, and
 * an inner one whose label is a VLAN or a fine-grained label (RFC 6325 section 4.1, RFC 7172
 * section 2.2).
 *
 *   outer:     DA 6 | SA 6 | [0x8100 | PCP 3 DEI 1 VLAN 12] | Ethertype 2
 *   inner:     DA 6 | SA 6 | 0x8100 | PCP 3 DEI 1 VLAN 12 | ...
 *   inner FGL: DA 6 | SA 6 | 0x893B | PCP 3 DEI 1 high 12 | 0x893B | PCP 3 DEI 1 low 12 | ...
 *
 * It does not know what follows. */
#ifndef SUNWARD_TRILL_CODEC_ETHERNET_H
#define SUNWARD_TRILL_CODEC_ETHERNET_H

#include "trill/codec/trill.h"

struct ethernet {
	struct mac da, sa;
	bool tagged;
	uint8_t priority; /* PCP, 3 bits */
	bool dei;
	uint16_t vlan; /* 0: untagged or priority-tagged */
	uint16_t ethertype;
};

struct ethernet_inner {
	struct mac da, sa;
	struct label label;
	uint8_t priority;
	bool dei;
};

/* Read an outer header. Faults stick in @r; a second tag is left as the Ethertype. */
void ethernet_read(struct wire_reader *r, struct ethernet *e);
void ethernet_write(struct wire_writer *w, const struct ethernet *e);

/* Read an inner header up to its label. Returns 0; -TRILL_ETRUNC; -TRILL_EVALUE when there is no
 * C-tag or FGL, or its second half is not one. VLAN 0 and 0xFFF are read as they stand: only an
 * egress discards them. The priority of an FGL is that of its first half. */
int ethernet_inner_read(struct wire_reader *r, struct ethernet_inner *e);
void ethernet_inner_write(struct wire_writer *w, const struct ethernet_inner *e);

#endif
