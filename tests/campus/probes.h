/* probes: what became of numbered probes between a campus's end stations: whom they reached, how
 * often, and on which links they were seen.
 *
 * Pure: sending, receiving and the clock are the caller's. Times are ns of one clock. */
#ifndef SUNWARD_TESTS_CAMPUS_PROBES_H
#define SUNWARD_TESTS_CAMPUS_PROBES_H

#include "tests/campus/sightings.h"

#include <stdbool.h>
#include <stddef.h>

#define PROBES_STATIONS 16
#define PROBES_RING     8192          /* ticks that are remembered */
#define PROBES_OPEN_NS  3000000000ull /* so long after its tick a probe may be on its way */
#define PROBES_GRACE_NS 300000000ull  /* at rest it is there by then */

enum probe_kind { PROBE_ONE, PROBE_ALL, PROBE_NOBODY, PROBE_KINDS };
extern const char *const probe_kind_names[PROBE_KINDS];

struct probe_station {
	uint16_t vlan;
	uint8_t rbridge;
};

/* What is on the wire behind the Ethertype: which probe this is. */
struct probe_id {
	uint32_t run;
	uint32_t tick;
	uint8_t source; /* station */
	uint8_t kind;
};

struct probes_total {
	uint64_t sent, reached, lost; /* lost, reached: by receiver */
	uint64_t twice;               /* came to a receiver once more */
	uint64_t returned;            /* came to who had sent it */
	uint64_t leaked;              /* came to another VLAN */
	uint64_t links;               /* crossed, all copies */
	uint64_t again;               /* crossed a link that another copy had crossed */
	uint64_t looped, unclear, stopped, orphans;
	uint64_t late; /* came when all was thought to be over */
	unsigned int longest, fewest;
};

struct probes;

/* NULL: no memory. */
struct probes *probes_new(const struct probe_station *stations, unsigned int count);
void probes_free(struct probes *p);

/* To which station the probe to one of @source goes at @tick; -1: it has nobody in its VLAN. */
int probes_target(const struct probes *p, unsigned int source, uint32_t tick);

/* Ticks are in order, from 0. What is older than the ring is judged. */
void probes_sent(struct probes *p, uint32_t tick, uint64_t now);
/* @station: where it came. */
void probes_received(struct probes *p, const struct probe_id *id, unsigned int station);
void probes_sighted(struct probes *p, const struct probe_id *id, struct sighting where);

/* Judge what is older than PROBES_OPEN_NS. */
void probes_judge(struct probes *p, uint64_t now);
void probes_judge_all(struct probes *p);

/* From now on it is rest; then: when the last probe of @kind was sent that did not reach each
 * whom it should exactly once (0: none so far), of those that are older than PROBES_GRACE_NS. */
void probes_rest(struct probes *p);
uint64_t probes_last_bad(struct probes *p, enum probe_kind kind, uint64_t now);
/* One of whom that is so, "source>receiver: N times"; empty when none was. */
const char *probes_bad_text(const struct probes *p, enum probe_kind kind);

struct probes_total probes_totals(const struct probes *p, enum probe_kind kind); /* of the judged */

#endif
