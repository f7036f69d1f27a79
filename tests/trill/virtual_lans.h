/* virtual_lans: LANs with end stations and two or three RBridges each, that lose and regain links,
 * cables and RBridges at random; and an eye on each LAN that sees every native frame there.
 *
 * Stations send all the while: to all, to one another, to a MAC that nobody has. A LAN may be cut
 * in two and be whole again, of which bridges say by another root bridge, as RFC 8139 section 3
 * item 6 wants it, before frames pass. Ports have different VLANs, and get others and another
 * priority while they run. One seed is one run. What is a broken rule: more than one frame in
 * 10,000 that comes to a LAN twice (see flight.h), or one that does so more often; one that comes
 * natively back to where its station is, or into another VLAN; two RBridges of one LAN whose ports
 * would pass native frames of one VLAN at one time; and at rests, a station that is not reached
 * exactly once by whoever the links let reach it. */
#ifndef SUNWARD_TESTS_TRILL_VIRTUAL_LANS_H
#define SUNWARD_TESTS_TRILL_VIRTUAL_LANS_H

#include "tests/trill/virtual_datapath.h"

#define LANS_MAX       8
#define LANS_STATIONS  CAMPUS_STATIONS
#define LANS_PROBES    4096 /* frames that are looked after at a time */
#define LANS_HELLO_MS  1000
#define LANS_HOLDING_S 3

struct lans_options {
	unsigned int rbridges, lans; /* RBridges without a LAN are there for transit */
	uint64_t seed;
	bool esadi; /* in one of the VLANs */
};

struct lans_station {
	struct mac mac;
	unsigned int lan;
	uint8_t side; /* of its LAN, when that is cut in two */
	uint16_t vlan;
};

/* One frame of a station. */
struct lans_probe {
	unsigned int station;
	struct mac to;
	uint32_t number;
	uint8_t crossed[LANS_MAX][2]; /* times, by LAN and side */
};

/* Rules that were broken. */
struct lans_broken {
	uint64_t twice, back, looped, astray; /* frames; astray: in another VLAN */
	uint64_t doubled;                     /* {LAN, VLAN, ms} with two forwarders */
	uint64_t unreached;                   /* {frame, LAN} at rests */
	uint64_t unserved; /* {LAN, VLAN} at rests, whose forwarders are not one */
};

struct lans_counts {
	uint64_t sent, crossed; /* frames; LANs that they came to */
	uint64_t carriers, silences, cables, kills, cuts, orders, back;
	uint64_t rests;
};

struct virtual_lans {
	struct virtual_campus *c;
	struct virtual_datapath dp;
	struct campus_options trunk, native;
	struct random_seeded random;
	unsigned int lans;     /* wires 0 to this - 1; the others are links */
	bool access[LANS_MAX]; /* it carries no TRILL Data */
	bool cut[LANS_MAX];
	struct lans_station stations[LANS_STATIONS];
	unsigned int station_count;
	struct lans_probe probes[LANS_PROBES];
	uint32_t probe_last;
	struct lans_broken broken;
	struct lans_counts counts;
	void (*receive)(void *arg, struct campus_node_sim *node, uint16_t port,
		const uint8_t *frame, size_t len); /* of the data plane */
	/* The first broken rules are told. NULL: not. */
	void (*complain)(struct mono now, const char *what);
	unsigned int told;
};

/* NULL: out of memory. */
struct virtual_lans *lans_new(const struct lans_options *options);
void lans_free(struct virtual_lans *l);
/* Nothing happens for so long that the tables are as the links are; then each station is tried. */
void lans_rest(struct virtual_lans *l);
/* Things happen for so long; stations send. */
void lans_strike(struct virtual_lans *l, uint64_t ms);
/* All rules that were broken; of frames that came twice, no fewer than are too many. */
uint64_t lans_broken(const struct virtual_lans *l);
/* A station sends a frame; returns what is known of it until LANS_PROBES others have been sent. */
const struct lans_probe *lans_send(
	struct virtual_lans *l, unsigned int station, const struct mac *to);

#endif
