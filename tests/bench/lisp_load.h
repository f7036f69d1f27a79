/* lisp_load: the LISP side of the benchmarks: numbered EIDs with locator sets and xTRs, the
 * messages that register, refresh and ask for them with the answers that must come, and a
 * sunward-mapserver of one worker that takes them.
 *
 * EID number i lies anywhere in 10.0.0.0/8, 2001:db8::/32 or the MACs under 02:; each 1,000 in a
 * row share an xTR and a set of two locators. */
#ifndef SUNWARD_TESTS_BENCH_LISP_LOAD_H
#define SUNWARD_TESTS_BENCH_LISP_LOAD_H

#include "lib/net/address.h"
#include "lisp/auth.h"
#include "tests/bench/generator.h"
#include "tests/bench/stage.h"

#define LISP_LOAD_SET     1000 /* EIDs that share an xTR and a locator set */
#define LISP_LOAD_STEP    7919 /* from one EID of lisp_load_single to the next */
#define LISP_LOAD_MESSAGE 125  /* records in a message of lisp_load_registrations */
#define LISP_LOAD_FEW     20   /* records in one of lisp_load_few */
#define LISP_LOAD_KEY     "a key of the benchmarks"

struct lisp_load {
	uint16_t afi;
	size_t eids; /* a multiple of LISP_LOAD_SET */
	uint64_t nonce;
	uint64_t random;
	struct auth_key *key;
};

/* @eids is rounded up. */
void lisp_load_init(struct lisp_load *l, uint16_t afi, size_t eids);
void lisp_load_fini(struct lisp_load *l);

struct eid lisp_load_eid(const struct lisp_load *l, size_t i);
/* The number of an IPv4 EID that is one of these; else something above l->eids. */
size_t lisp_load_number(const struct lisp_load *l, const struct eid *eid);
/* Its record has the locators of the set @shift further on. */
bool lisp_load_has_set(
	const struct lisp_load *l, size_t i, size_t shift, const uint8_t *locators, size_t len);

/* Every EID once, LISP_LOAD_MESSAGE records a message, P, T (a day) and M set. */
struct generator_load lisp_load_registrations(struct lisp_load *l);
/* @count Map-Registers of one record, of EIDs @from, ... in a fixed order that visits all; the
 * locators are those of the set @shift further on: 0, a refresh of what was registered. */
struct generator_load lisp_load_single(
	struct lisp_load *l, size_t from, size_t count, size_t shift);
/* @count Map-Registers of LISP_LOAD_FEW records in a row, of EIDs @from, ...; @shift as above. */
struct generator_load lisp_load_few(struct lisp_load *l, size_t from, size_t count, size_t shift);
/* @count Encapsulated Map-Requests for random EIDs; the answers go to @requesters ports of @g, 1 to
 * GENERATOR_PORTS, in turn. */
struct generator_load lisp_load_requests(
	struct lisp_load *l, size_t count, const struct generator *g, unsigned int requesters);
/* Which EID the message @i of lisp_load_single is about. */
size_t lisp_load_single_eid(const struct lisp_load *l, size_t from, size_t i);
/* Encapsulated Map-Requests for the EIDs of @list, each once; set .check: the answers are not known
 * here. */
struct generator_load lisp_load_ask(
	struct lisp_load *l, const uint32_t *list, size_t count, uint16_t port);
/* The number of the locator set in the answer to one of them; -1: it has none. */
long lisp_load_answered_set(const uint8_t *bytes, size_t len);
/* The same requests, where an echo answers. */
struct generator_load lisp_load_echo(const struct generator_load *requests);
void lisp_load_free(struct generator_load *g);

/* A sunward-mapserver with one worker on 127.0.0.1:@port, on @cpu; waits until it answers. */
pid_t lisp_load_server(
	struct stage *s, struct generator *g, const char *name, unsigned int cpu, uint16_t port);
/* The same with more lines in its site. */
pid_t lisp_load_server_with(struct stage *s, struct generator *g, const char *name,
	unsigned int cpu, uint16_t port, const char *site_lines);
/* The same, with @more in its configuration file; @state: the name of its state directory, which
 * may be there already; @wait: until it answers. */
pid_t lisp_load_server_at(struct stage *s, struct generator *g, const char *name, unsigned int cpu,
	uint16_t port, const char *more, const char *state, bool wait);
/* The same, at more addresses (", \"192.0.2.1:4342\""), with @more in its configuration file. */
pid_t lisp_load_server_also(struct stage *s, struct generator *g, const char *name,
	unsigned int cpu, uint16_t port, const char *listen, const char *more);
/* Register everything and check that it was acknowledged. Returns the seconds it took. */
double lisp_load_register(struct lisp_load *l, struct generator *g, uint16_t port);
/* A program of the build tree, into @path; @name: "tests/bench/echo_udp". */
const char *lisp_load_program(const char *name, char path[256]);

#endif
