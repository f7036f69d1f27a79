/* adjacency: the neighbours of one port and their states (RFC 7177 sections 3.2 to 3.6).
 *
 * What is heard in a Hello comes in as a struct adjacency_hello, which already says what of it
 * matters: whether it came in the Designated VLAN, and whether it lists us. It knows no PDU, and
 * not who is DRB: see drb. Times are handed in; holding timers are times at which something happens
 * to happen, seen by adjacency_time(). */
#ifndef SUNWARD_TRILL_CORE_ADJACENCY_H
#define SUNWARD_TRILL_CORE_ADJACENCY_H

#include "lib/base/limit.h"
#include "trill/codec/hello_tlv.h"

enum adjacency_state {
	ADJACENCY_DOWN, /* there is no row */
	ADJACENCY_DETECT,
	ADJACENCY_TWO_WAY, /* LSPs are synchronised from here on */
	ADJACENCY_REPORT,  /* in the topology */
};
#define ADJACENCY_STATES (ADJACENCY_REPORT + 1)

/* Section 3.3. A0, a Hello with the port's own MAC, is not for an adjacency: drb. */
enum adjacency_event {
	ADJACENCY_A1, /* a Hello in the Designated VLAN that lists us */
	ADJACENCY_A2, /* one in another VLAN, or that does not cover our address; point to point,
			 where the text has no event for it, one that lacks TLV 240 */
	ADJACENCY_A3, /* one in the Designated VLAN that would list us, and does not */
	ADJACENCY_A4, /* no holding timer runs any more */
	ADJACENCY_A5, /* only the Designated VLAN's has run out */
	ADJACENCY_A6, /* all tests that are enabled pass */
	ADJACENCY_A7, /* one fails that passed */
	ADJACENCY_A8, /* the port went down */
};
#define ADJACENCY_EVENTS (ADJACENCY_A8 + 1)

/* Table 2. -1: the event cannot happen in that state. */
int adjacency_transition(enum adjacency_state state, enum adjacency_event event);
const char *adjacency_state_name(enum adjacency_state state);

/* What identifies a neighbour on a LAN; on a point-to-point link there is one. */
struct adjacency_key {
	struct mac mac;
	uint16_t port_id;
	struct system_id system;
};

/* How a Hello speaks of us. */
enum adjacency_listing {
	ADJACENCY_NOT_COVERED, /* LAN: no neighbor TLV covers our address; P2P: there is no TLV 240
				*/
	ADJACENCY_NOT_LISTED,  /* one covers it and lacks it; P2P: another system or circuit */
	ADJACENCY_LISTED,
};

struct adjacency_hello {
	struct adjacency_key key;
	bool designated; /* received in the Designated VLAN; on a point-to-point link, in ours */
	enum adjacency_listing listing;
	uint16_t holding_s;
	uint8_t priority;      /* LAN: 7 bits */
	uint16_t desired_vlan; /* the Designated VLAN that the neighbour wants */
	uint16_t nickname;
	struct trill_version version; /* zero where the sub-TLV is missing */
	bool bfd;
	bool e_l1cs, e_l1fs; /* flooding scopes that it takes (RFC 7780 section 9) */
	bool oomf;           /* LISTED: it distributes for us while we are overloaded */
};

struct adjacency {
	struct adjacency_key key;
	enum adjacency_state state;
	struct mono designated_until, other_until; /* 0: expired; other: LAN only */
	uint8_t priority;
	uint16_t desired_vlan;
	uint16_t nickname;
	struct trill_version version;
	bool bfd;
	bool e_l1cs, e_l1fs; /* FS-LSPs of the link, and of the campus, go to it */
	bool mtu_ok, bfd_up; /* results of tests */
	struct limit hellos; /* the port's: how many are taken from it */
	uint16_t mtu;        /* bytes, the largest that passed a test; 0: not tested */
	bool mtu_failed;     /* even the campus's own does not pass */
	bool oomf_offered; /* we distribute for it while it is overloaded (RFC 7780 section 2.4) */
	bool oomf;         /* it does so for us */
};

struct adjacency_table {
	struct adjacency *rows; /* in the order in which they came; @count of @max */
	unsigned int count, max;
	bool lan;
	bool test_mtu, test_bfd; /* BFD is tested where both ends have it enabled */
	/* After each change of a state; @row is still there when the new state is Down. */
	void (*changed)(void *arg, const struct adjacency *row, enum adjacency_state was,
		enum adjacency_event why);
	void *arg;
};

/* A place beyond @max that is kept for a newcomer on a LAN who would be DRB: were it not heard, the
 * link would have two. */
#define ADJACENCY_KEPT_FREE 1

/* False: out of memory. The caller sets the flags and @changed afterwards. */
bool adjacency_init(struct adjacency_table *t, bool lan, unsigned int max);
void adjacency_fini(struct adjacency_table *t);

/* The listing of @ours in the neighbor TLV @n, by which A1, A2 and A3 differ. A range begins where
 * S or the first record says, and ends likewise. */
enum adjacency_listing adjacency_listing_of(
	const struct hello_neighbors *n, const struct mac *ours);

/* Take one Hello. Returns the event, or -1 when the table is full, or, on a point-to-point link, in
 * another VLAN. A holding time of 0 is an expired timer.
 *
 * In a full table a newcomer takes the place of the row of lowest priority, if its own is higher
 * (section 3.6), but of none in 2-Way or Report: those stay until they end, however many neighbours
 * somebody makes up. */
int adjacency_hello(struct adjacency_table *t, const struct adjacency_hello *h, struct mono now);
/* Tests: @mtu_ok and @bfd_up of @row have been set by the caller. A6 or A7 follows. */
void adjacency_tested(struct adjacency_table *t, struct adjacency *row);
/* The Designated VLAN of the link has changed (section 4.2.3). */
void adjacency_designated_changed(struct adjacency_table *t, struct mono now);
/* @row goes, as if its timers had run out: its neighbour says that the port is shut down (RFC 8139
 * section 6.4). Rows behind it move up. */
void adjacency_drop(struct adjacency_table *t, struct adjacency *row);
/* All go: the port went down, or was suspended. */
void adjacency_port_down(struct adjacency_table *t);

/* What timers do, and when the next one is due. */
void adjacency_time(struct adjacency_table *t, struct mono now);
struct mono adjacency_next(const struct adjacency_table *t);

struct adjacency *adjacency_find(const struct adjacency_table *t, const struct adjacency_key *key);
/* How many are in @least or a higher state. */
unsigned int adjacency_count(const struct adjacency_table *t, enum adjacency_state least);

#endif
