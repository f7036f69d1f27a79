/* dns_load: the DNS servers that the map-server is measured against: a zone of numbered names, the
 * queries with the answers that must come, and NSD and Knot DNS with one worker each that serve
 * it. */
#ifndef SUNWARD_TESTS_BENCH_DNS_LOAD_H
#define SUNWARD_TESTS_BENCH_DNS_LOAD_H

#include "tests/bench/generator.h"
#include "tests/bench/stage.h"

/* The zone "bench." with @names names, each with an address, as a file of the stage. */
void dns_load_zone(const struct stage *s, size_t names);
/* @count queries for random names. */
struct generator_load dns_load_queries(size_t names, size_t count);
void dns_load_free(struct generator_load *g);

/* Start a server of the zone on @cpu and wait until it answers. False with a note when it is not
 * installed. */
bool dns_load_nsd(struct stage *s, struct generator *g, const struct generator_load *queries,
	unsigned int cpu, uint16_t *port);
bool dns_load_knot(struct stage *s, struct generator *g, const struct generator_load *queries,
	unsigned int cpu, uint16_t *port);

#endif
