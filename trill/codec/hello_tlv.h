/* hello_tlv: what stands in a TRILL Hello (RFC 7176 sections 2.2, 2.5, 4; RFC 7177 section 8; RFC
 * 5303; RFC 6213; RFC 7356 section 5).
 *
 *   1    area addresses: 01 00, TRILL's only area
 *   129  protocols supported: NLPIDs of 1 byte
 *   143  R4, MT-ID 12 | sub-TLVs:
 *     1  VLAN-FLAGS      port ID 2, nickname 2, AF AC VM BY + Outer.VLAN 12, TR R3 + DV 12
 *     2  Enabled-VLANs   R4, start 12 | bit map
 *     3  AppointedFwrdrs n x (nickname 2, R4 start 12, R4 end 12)
 *     7  PORT-TRILL-VER  max version 1, capabilities 4
 *     8  VLANs-Appointed R4, start 12 | bit map
 *   145  S L R size 5 | n x (F O R6, MTU 2, MAC 6)
 *   148  BFD-enabled: n x (R4, MT-ID 12, NLPID 1)
 *   240  three-way: state 1 [circuit 4 [system 6 [circuit 4]]]
 *   243  flooding scopes: n x (R1, scope 7)
 *
 * Each reader returns 0 or -TRILL_ESHORT, -TRILL_ELENGTH, -TRILL_EVALUE (ignore the TLV). Whether a
 * Hello may be believed is not decided here. */
#ifndef SUNWARD_TRILL_CODEC_HELLO_TLV_H
#define SUNWARD_TRILL_CODEC_HELLO_TLV_H

#include "trill/codec/tlv.h"
#include "trill/codec/vlan_set.h"

enum {
	TLV_AREA = 1,
	TLV_PADDING = 8,
	TLV_AUTH = 10,
	TLV_PROTOCOLS = 129,
	TLV_PORT_CAPABILITY = 143,
	TLV_NEIGHBOR = 145,
	TLV_BFD_ENABLED = 148,
	TLV_THREE_WAY = 240,
	TLV_SCOPES = 243,
};

/* Sub-TLVs of TLV 143. */
enum {
	HELLO_VLAN_FLAGS = 1,
	HELLO_ENABLED_VLANS = 2,
	HELLO_APPOINTED_FORWARDERS = 3,
	HELLO_PORT_VERSION = 7,
	HELLO_VLANS_APPOINTED = 8,
};

/* TLV 1. True when it holds TRILL's area and no other. */
bool hello_area_is_trill(const struct tlv *t);
void hello_area_put(struct wire_writer *w);

/* TLV 129. True when @nlpid stands in it. */
bool hello_protocols_have(const struct tlv *t, uint8_t nlpid);
void hello_protocols_put(struct wire_writer *w);

/* TLV 143: its topology, and a walk over its sub-TLVs. */
int hello_port_capability_read(const struct tlv *t, uint16_t *topology, struct tlv_iter *subs);
/* Topology 0. Sub-TLVs follow, then tlv_end(). */
size_t hello_port_capability_begin(struct wire_writer *w);

struct hello_vlan_flags {
	uint16_t port_id;
	uint16_t nickname;
	bool af;             /* believes that it is Appointed Forwarder for outer_vlan */
	bool access;         /* AC: access port */
	bool mapping;        /* VM: VLAN mapping was detected */
	bool bypass;         /* BY: bypass pseudonode */
	uint16_t outer_vlan; /* where the Hello was sent */
	bool trunk;          /* TR */
	uint16_t designated_vlan;
};

int hello_vlan_flags_read(const struct tlv *t, struct hello_vlan_flags *f);
void hello_vlan_flags_put(struct wire_writer *w, const struct hello_vlan_flags *f);

/* Sub-TLVs 2 and 8: what is said is added to @s. Length 3 at least. */
int hello_vlans_read(const struct tlv *t, struct vlan_set *s);
/* Write one sub-TLV 2 or 8 within an open TLV 143, from VLAN @from on; at most 245 bytes of bit
 * map. Returns where the next one begins, or 0: all is written. */
unsigned int hello_vlans_put(
	struct wire_writer *w, unsigned int type, const struct vlan_set *s, unsigned int from);

/* Sub-TLV 3. */
struct hello_appointment {
	uint16_t nickname;
	uint16_t start, end; /* VLANs, both included */
};

/* How many: >= 0, or an error. */
int hello_appointments_count(const struct tlv *t);
/* The @i-th. 0, or -TRILL_EVALUE for a range to be ignored (both ends 0 or 0xFFF, or end below
 * start); an end of 0xFFF and a start of 0 are read as 0xFFE and 1. */
int hello_appointment_at(const struct tlv *t, unsigned int i, struct hello_appointment *a);
void hello_appointments_put(
	struct wire_writer *w, const struct hello_appointment *a, unsigned int n);

/* Sub-TLV 7, and sub-TLV 13 of TLV 242, which has the same form. */
#define TRILL_CAPABILITY(bit)           (0x80000000u >> (bit))
#define PORT_CAPABILITY_HELLO_REDUCTION TRILL_CAPABILITY(0) /* RFC 8139 section 4 */

struct trill_version {
	uint8_t max;
	uint32_t capabilities;
};

int hello_version_read(const struct tlv *t, struct trill_version *v);
void hello_version_put(struct wire_writer *w, unsigned int type, const struct trill_version *v);

/* TLV 145. */
struct hello_neighbor {
	bool failed;  /* F: MTU testing failed */
	bool oomf;    /* O: offers OOMF service */
	uint16_t mtu; /* bytes; 0: not tested */
	struct mac snpa;
};

struct hello_neighbors {
	bool smallest, largest; /* S, L */
	unsigned int count;
	const uint8_t *records;
};

/* -TRILL_EVALUE for SNPAs that are not of 6 bytes: the TLV is ignored. */
int hello_neighbors_read(const struct tlv *t, struct hello_neighbors *n);
void hello_neighbor_at(
	const struct hello_neighbors *n, unsigned int i, struct hello_neighbor *neighbor);
/* One TLV with @n of them, at most HELLO_NEIGHBORS_MAX, in ascending order of their MACs (not so:
 * @w fails). */
#define HELLO_NEIGHBORS_MAX 28
void hello_neighbors_tlv_put(struct wire_writer *w, const struct hello_neighbor *neighbors,
	unsigned int n, bool smallest, bool largest);
/* All @n of them, in ascending order of their MACs (not so: @w fails), in as many TLVs as needed;
 * each but the first repeats the last MAC of the one before (RFC 7176 section 2.5). */
void hello_neighbors_put(
	struct wire_writer *w, const struct hello_neighbor *neighbors, unsigned int n);

/* TLV 148: true when BFD is enabled for TRILL in the base topology (RFC 7175 section 3). */
bool hello_bfd_enabled(const struct tlv *t);
void hello_bfd_put(struct wire_writer *w);

/* TLV 240 (RFC 5303). */
enum three_way_state {
	THREE_WAY_UP = 0,
	THREE_WAY_INITIALIZING = 1,
	THREE_WAY_DOWN = 2,
};

struct hello_three_way {
	enum three_way_state state;
	bool has_circuit, has_neighbor, has_neighbor_circuit;
	uint32_t circuit;
	struct system_id neighbor;
	uint32_t neighbor_circuit;
};

/* -TRILL_EVALUE for a state above 2. */
int hello_three_way_read(const struct tlv *t, struct hello_three_way *h);
void hello_three_way_put(struct wire_writer *w, const struct hello_three_way *h);

/* TLV 243: true when @scope stands in it. */
bool hello_scopes_have(const struct tlv *t, uint8_t scope);
void hello_scopes_put(struct wire_writer *w, const uint8_t *scopes, unsigned int n);

#endif
