/* drb: who is the Designated RBridge of a LAN, and the DRB state of a port (RFC 7177 section 4).
 *
 * The highest priority wins, then MAC, port ID and system ID, as unsigned integers, whether or not
 * the connectivity is two-way. A port that hears a higher one of its own MAC is suspended. */
#ifndef SUNWARD_TRILL_CORE_DRB_H
#define SUNWARD_TRILL_CORE_DRB_H

#include "trill/core/adjacency.h"

enum drb_state {
	DRB_DOWN,
	DRB_SUSPENDED,
	DRB_IS_DRB,
	DRB_NOT_DRB,
};
#define DRB_STATES (DRB_NOT_DRB + 1)

/* Section 4.2. */
enum drb_event {
	DRB_D1, /* enabled, or no longer to be suspended */
	DRB_D2, /* lost */
	DRB_D3, /* won */
	DRB_D4, /* a higher port has our MAC */
	DRB_D5, /* the port went down */
};
#define DRB_EVENTS (DRB_D5 + 1)

/* Table 3. -1: the event cannot happen in that state. */
int drb_transition(enum drb_state state, enum drb_event event);

struct drb_candidate {
	uint8_t priority;
	struct adjacency_key key;
};

/* < 0: @a is lower than @b. */
int drb_compare(const struct drb_candidate *a, const struct drb_candidate *b);
int drb_compare_row(const struct drb_candidate *a, const struct adjacency *row);
int drb_compare_rows(const struct adjacency *a, const struct adjacency *b);

struct drb {
	enum drb_state state;
	struct drb_candidate own;
	uint16_t desired_vlan; /* ours */
	struct mono suspended_until;
};

/* The adjacency table has changed: D2 or D3. Returns the DRB's row, or NULL: we are (or the port is
 * down or suspended). */
const struct adjacency *drb_elect(struct drb *d, const struct adjacency_table *t);
/* The Designated VLAN of the link: what the DRB wants. */
uint16_t drb_designated_vlan(struct drb *d, const struct adjacency_table *t);

/* A Hello with the port's own MAC (A0). When it is of higher priority, all adjacencies go, and the
 * port is suspended for the Hello's holding time, or longer if it is already (D4): true. */
bool drb_same_mac(
	struct drb *d, struct adjacency_table *t, const struct adjacency_hello *h, struct mono now);
/* The port comes up (D1) or goes down (D5). */
void drb_port(struct drb *d, struct adjacency_table *t, bool up);
/* True when the suspension ends now (D1). */
bool drb_time(struct drb *d, struct mono now);
struct mono drb_next(const struct drb *d);

#endif
