/* xtr_world: one xTR core on virtual time, with everything around it faked and written down: replay
 * tests script it. */
#ifndef SUNWARD_TESTS_XTR_WORLD_H
#define SUNWARD_TESTS_XTR_WORLD_H

#include "lib/base/log.h"
#include "lib/base/random.h"
#include "lib/net/arp_nd.h"
#include "lisp/ecm.h"
#include "lisp/handover.h"
#include "lisp/map_register.h"
#include "lisp/map_reply.h"
#include "lisp/map_request.h"
#include "lisp/move.h"
#include "tests/unit/fake_datapath.h"
#include "tests/unit/world_parse.h"
#include "xtr/router.h"

#define WORLD_SENT_MAX 4096
#define WORLD_DATAGRAM 1500
#define WORLD_KEY      "world of keys"

struct world_sent {
	struct endpoint to;
	struct address from;
	struct mono at;
	uint32_t len;
	uint8_t bytes[WORLD_DATAGRAM];
};

struct world_probe {
	struct eid host;
	int ifindex;
	bool has_mac;
	struct mono at;
};

/* A frame out of a site port. */
struct world_frame {
	int ifindex;
	size_t len;
	uint8_t bytes[ARP_ND_MAX];
};

struct world_announcement {
	struct eid host;
	bool of_gateway; /* else of mac */
	uint8_t mac[6];
	int ifindex; /* 0: everywhere, to all; else to the machine @to */
	uint8_t to[6];
};

struct world {
	struct policy policy;
	struct router *router;
	struct fake_datapath dp;
	struct router_ops ops;
	struct random_seeded random;
	struct log log;
	unsigned int log_lines;
	char last_line[LOG_LINE_MAX];
	struct outbox *out;
	struct mono now;
	struct world_sent sent[WORLD_SENT_MAX]; /* not yet taken */
	unsigned int sent_count;
	struct world_probe probes[256]; /* the latest, modulo */
	unsigned int probe_count;
	struct router_event events[256];
	unsigned int event_count;
	struct world_frame frames[512];
	unsigned int frame_count;
	struct world_announcement announced[64];
	unsigned int announced_count;
	struct auth_key *key; /* the Map-Server's */
	struct {
		uint8_t id[16];
		uint64_t counter;
	} heard[4]; /* of agents, as a state-dir keeps it over a restart */
	unsigned int heard_count;
};

/* Group fixtures: the thread becomes a reader of RCU tables, and leaves. */
int world_setup(void **state);
int world_teardown(void **state);

/* A policy with one IPv4 and one IPv6 locator (192.0.2.1, 2001:db8:1::1), resolver 192.0.2.53,
 * Map-Server 192.0.2.100, dynamic-EID prefix 10.1.0.0/16, EID-space 10.0.0.0/8 and 2001:db8:e::/48,
 * no probing. Change it, then start. */
struct world *world_new(enum policy_protocol protocol);
void world_start(struct world *w);
void world_restart(struct world *w); /* a new core, the same network; nonces go on */
void world_free(struct world *w);

/* Let @ms pass; every timer fires at its time. */
void world_pass(struct world *w, uint64_t ms);
void world_pass_us(struct world *w, uint64_t us);
void world_packet(struct world *w, const void *bytes, size_t len, const char *from);
/* A held packet for @eid, whose first bytes are @id. */
void world_miss(struct world *w, const char *eid, uint32_t id);
/* The same by one port; 0: from the core. */
void world_miss_at(struct world *w, int ifindex, const char *eid, uint32_t id);
/* ARP (announced) or data from the host @eid behind @ifindex. */
void world_host(struct world *w, const char *eid, int ifindex, bool announced);
/* The RBridge tells of an end station. */
void world_station(struct world *w, const struct router_station *s);
void world_away_hit(struct world *w, const char *eid, const char *rloc);

/* A frame that came in at a site port. */
void world_question(
	struct world *w, const struct router_site_port *port, const void *frame, size_t len);

/* The oldest datagram not taken of this LISP type (inside an ECM: the outer one), or fail the test.
 * Valid until the next call of any world function. */
struct world_sent *world_take(struct world *w, enum lisp_type type);
bool world_has(struct world *w, enum lisp_type type);
unsigned int world_count(struct world *w, enum lisp_type type);
void world_forget(struct world *w); /* what was sent so far */
/* Take a Map-Request out of its ECM; fails the test when there is none. */
struct map_request world_take_request(struct world *w);
struct move world_take_move(struct world *w, enum move_kind kind);

/* A Map-Reply to @nonce from 203.0.113.9: one record @eid with locators (NULL-ended text
 * addresses), priority 1 each. */
void world_reply(struct world *w, uint64_t nonce, const char *eid, uint32_t ttl_min,
	enum lisp_act act, const char *const *rlocs);
/* A move message of the Map-Server about @eid; @owner: RLOC of the owner, NULL for none; @self: the
 * owner is this xTR. */
void world_move(struct world *w, enum move_kind kind, uint64_t nonce, uint64_t seq, const char *eid,
	const char *owner, bool self);
/* The same, by a Map-Server at @from with the same key. */
void world_move_from(struct world *w, const char *from, enum move_kind kind, uint64_t nonce,
	uint64_t seq, const char *eid, const char *owner, bool self);
/* Write @h for @key. @ps: with a record of @host at @rloc (NULL: at nobody), as that Map-Server
 * does; NULL: as an agent does. Returns its bytes. */
size_t world_write_handover(uint8_t bytes[WORLD_DATAGRAM], struct handover *h, struct auth_key *key,
	const struct policy_server *ps, const char *host, const char *rloc);
/* A Map-Notify of the Map-Server. @rloc NULL: the mapping is no more. */
void world_notify(struct world *w, uint64_t nonce, const char *eid, const char *rloc);
/* Answer each Map-Register that was sent, with its own nonce. Returns their number. */
unsigned int world_ack_registers(struct world *w);
uint64_t world_counter(const struct world *w, enum xtr_counter c);

#endif
