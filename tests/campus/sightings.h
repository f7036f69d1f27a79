/* sightings: where one frame, with all its copies, was seen on links between RBridges, and whether
 * any copy came to where it had been.
 *
 * A link tells who sent a copy, who has it next, and the hop count with which it left; each RBridge
 * takes one hop off. From that the ways are put together: what RBridge B sends with hop count h is
 * what came to B with h + 1, or what entered the campus there, all of which leaves with one hop
 * count. */
#ifndef SUNWARD_TESTS_CAMPUS_SIGHTINGS_H
#define SUNWARD_TESTS_CAMPUS_SIGHTINGS_H

#include <stdint.h>

#define SIGHTINGS_MAX      32 /* of one frame: six RBridges have 18 directions of links */
#define SIGHTINGS_RBRIDGES 32

struct sighting {
	uint8_t from, to; /* RBridges, below SIGHTINGS_RBRIDGES */
	uint8_t hops;     /* as on the wire */
};

struct sightings {
	uint8_t count;
	uint8_t missed; /* more than there was room for: who goes round fills it */
	struct sighting seen[SIGHTINGS_MAX];
};

struct sightings_verdict {
	unsigned int looped;  /* copies that were sent on by who had sent them on before */
	unsigned int unclear; /* ... by one of several ways that fit */
	unsigned int stopped; /* copies that came to where they had been, and went no further */
	unsigned int orphans; /* copies that came from nowhere: something was not seen */
	unsigned int
		again; /* that crossed a link that another had crossed before, same direction */
	unsigned int longest; /* links of the longest way */
	unsigned int fewest;  /* the least hop count seen; 63 when nothing was */
};

void sightings_add(struct sightings *s, struct sighting what);

/* Judge the frame that entered the campus at RBridge @ingress. Pure. */
struct sightings_verdict sightings_judge(const struct sightings *s, uint8_t ingress);

#endif
