/* sim: one simulated world: virtual time, the queue of what happens, and who takes part.
 *
 * Everything hangs from one struct sim and comes from its seed, so that the same seed gives the
 * same run to the last byte: nothing here reads a clock or entropy, and nothing depends on where
 * memory lies. The rooms: network (what happens to datagrams), hosts (where guests really are),
 * hypervisor (the machines of guests that agents speak for), party_mapserver, party_xtr and
 * party_agent (the real cores with their shells played), dataplane (what the forwarding programs
 * would do), probes (what becomes of numbered packets), disk (what outlives a crash), scenario
 * (what goes wrong, and when), checker (what must hold all the same). */
#ifndef SUNWARD_TESTS_SIM_SIM_H
#define SUNWARD_TESTS_SIM_SIM_H

#include <stdarg.h>
#include <sys/queue.h>

#include "lib/base/log.h"
#include "lib/base/random.h"
#include "lib/base/timer.h"
#include "lib/net/outbox.h"
#include "tests/sim/options.h"

#define SIM_SERVERS_MAX 4

struct network;
struct hosts;
struct checker;
struct scenario;
struct party_mapserver;
struct party_xtr;
struct party_agent;
struct hypervisors;
struct evacuation;
struct probes;

/* What the seed makes of a run. */
struct sim_knobs {
	unsigned int servers;     /* Map-Servers, each also a resolver; xTRs register with all */
	bool front;               /* besides, a resolver that only forwards */
	uint32_t loss, dup, late; /* of a million datagrams */
	uint32_t late_ms;         /* by how much at most the late ones are late */
	uint32_t moves_per_s;
	uint32_t hot;                          /* hosts that move and that others send to */
	uint32_t crash_every_s, split_every_s; /* in the mean; 0: never */
	uint32_t clock_every_s, full_every_s;  /* a Map-Server's clock is set; its store is full */
	uint32_t register_s, timeout_s;        /* of registrations */
	uint32_t commit_us;                    /* at most, from a job to its commit */
	uint32_t subscribe; /* every so many-th xTR subscribes (RFC 9437); 0: none */
	bool tight;         /* tables hold a few dozen of what comes by the thousand */
	bool agents;        /* some guests have agents that speak for them */
	unsigned int slots; /* hypervisors at each xTR */
	bool only_agents;   /* only agents crash, and no link is cut */
	uint32_t agent_crash_every_s;
};

struct sim_counts {
	uint64_t events, datagrams, lost, duplicated, late, cut;
	uint64_t shut_out; /* by NATs */
	uint64_t packets, delivered, undelivered, loops;
	uint64_t moves, bounces, vanished, appeared;
	uint64_t xtr_crashes, server_kills, power_losses, mid_commit, splits;
	uint64_t clock_steps, full_stores;
	uint64_t migrations, failed_migrations, agent_crashes;
	uint64_t probes, probes_read, probes_twice, probes_excused, probes_lost;
	uint64_t claims, refused, replies, negative, publications;
};

/* What an evacuation came to. */
struct sim_evacuated {
	uint32_t known; /* guests that all their clients' tunnel routers know at their new place */
	double p50_ms, p99_ms, max_ms;
	uint64_t datagrams;
};

struct sim_event {
	struct timer timer;
	LIST_ENTRY(sim_event) link;
	struct sim *sim;
	void (*run)(struct sim *sim, void *payload);
	max_align_t payload[];
};

struct sim {
	struct sim_options opt;
	struct sim_knobs knobs;
	struct timers timers;
	LIST_HEAD(, sim_event) events;
	struct mono start, now;
	struct random_seeded random;
	uint64_t digest;
	struct log log; /* of the cores; silent without a trace */
	struct outbox *out;
	struct network *network;
	struct hosts *hosts;
	struct checker *checker;
	struct scenario *scenario;
	struct party_mapserver *servers[SIM_SERVERS_MAX + 1]; /* the last: the front, if any */
	unsigned int server_count;                            /* the front included */
	struct party_xtr **xtrs;
	struct hypervisors *hypervisors; /* NULL: no agents in this run */
	struct party_agent **agents;
	struct probes *probes;
	struct evacuation *evacuation; /* NULL: none in this run */
	unsigned int failures;
	struct sim_counts counts;
};

/* NULL when out of memory. */
struct sim *sim_new(const struct sim_options *opt, uint64_t seed);
void sim_free(struct sim *s);
/* Until @end, or the first failure; @progress (may be NULL) is told now and then. */
void sim_run(struct sim *s, struct mono end);

/* Something happens at @due: @run gets the payload of @size bytes, which is returned to be filled
 * in. */
void *sim_event(
	struct sim *s, struct mono due, void (*run)(struct sim *sim, void *payload), size_t size);
void *sim_event_in_us(
	struct sim *s, uint64_t us, void (*run)(struct sim *sim, void *payload), size_t size);

/* The timer of a party is wanted at @due. It may fire earlier, when it was wanted then before: to
 * move it each time would cost more. */
void sim_timer(struct sim *s, struct timer *t, struct mono due);

/* Everything that happens goes into the digest, and into the trace when there is one. */
void sim_note(struct sim *s, unsigned int kind, const void *bytes, size_t len);
void sim_trace(struct sim *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
double sim_seconds(const struct sim *s); /* since the start */

/* An invariant does not hold: says so, with all that is needed to see it again. @host: an index, or
 * HOST_NONE. */
void sim_fail(struct sim *s, const char *invariant, uint32_t host, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
