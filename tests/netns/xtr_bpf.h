/* xtr_bpf: what the tests of the BPF programs share: a namespace with a site port and a core port,
 * the loaded programs, frames as hex, and the run of one program on one frame. Knows no
 * expectations. */
#ifndef SUNWARD_TESTS_XTR_BPF_H
#define SUNWARD_TESTS_XTR_BPF_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <cmocka.h>
#include <linux/pkt_cls.h>

#include "lib/base/clock.h"
#include "tests/netns/bpf_frame.h"
#include "xtr/bpf/contract.h"
#include "xtr/datapath_bpf.h"

#define PASS     ((uint32_t)TC_ACT_UNSPEC)
#define DROP     TC_ACT_SHOT
#define REDIRECT TC_ACT_REDIRECT

/* MACs of the ports here and of the neighbours beyond. */
#define SITE_MAC "02 00 00 00 01 01 "
#define HOST_MAC "02 00 00 00 01 02 "
#define CORE_MAC "02 00 00 00 0c 01 "
#define NEXT_MAC "02 00 00 00 0c 02 "

#define INNER4_63 "45 2a 00 24 12 34 00 00 3f 11 55 65 0a 01 00 02 0a 02 00 02 "
#define INNER4_64 "45 2a 00 24 12 34 00 00 40 11 54 65 0a 01 00 02 0a 02 00 02 "
#define BACK4_64  "45 2a 00 24 12 34 00 00 40 11 54 65 0a 02 00 02 0a 01 00 02 "
#define BACK4_9   "45 2a 00 24 12 34 00 00 09 11 8b 65 0a 02 00 02 0a 01 00 02 "
#define UDP_TEXT  "13 88 17 70 00 10 00 00 73 75 6e 77 61 72 64 21 "
#define EID1      "20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 02 "
#define EID2      "20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 02 "
#define RLOC1     "20 01 0d b8 00 0f 00 00 00 00 00 00 00 00 00 01 "
#define RLOC2     "20 01 0d b8 00 0f 00 00 00 00 00 00 00 00 00 02 "
/* Traffic class 2a, flow label 12345. */
#define INNER6_63 "62 a1 23 45 00 10 11 3f " EID1 EID2
#define INNER6_64 "62 a1 23 45 00 10 11 40 " EID1 EID2
#define BACK6_64  "62 a1 23 45 00 10 11 40 " EID2 EID1
#define BACK6_9   "62 a1 23 45 00 10 11 09 " EID2 EID1

struct world {
	struct datapath_load *load;
	struct datapath_bpf *bpf;
	struct datapath *dp;
	int fds[DATAPATH_FD_COUNT];
	int site, core;
	uint64_t before[CONTRACT_CNT_COUNT + 64];
	struct datapath_event seen[16];
	unsigned int seen_count;
};

#define PLAIN "00 00 00 00 00 00 00 00" /* a LISP header without flags */

/* Which program, so that tc and XDP are held to the same bytes. */
static const struct side {
	const char *site, *core;
	uint32_t redirect;
} sides[] = {
	{"site_ingress", "core_ingress", REDIRECT}, {"xdp_site", "xdp_core", 4 /* XDP_REDIRECT */}};

struct world *world_of(void **state);
/* Hand @in to the program as if it had come in by @ifindex. */
struct frame run(struct world *w, const char *program, int ifindex, const struct frame *in);
struct frame run_hex(struct world *w, const char *program, int ifindex, const char *in);
/* By how much the counter has grown since the last call of this for any. */
uint64_t counted(struct world *w, const char *name);
struct eid eid_of(const char *text);
void entry(struct world *w, const char *eid, enum datapath_action action, const char *rloc,
	bool hold, bool away);
void forget(struct world *w, const char *eid);
/* Take the events that have come; returns how many, of which @w->seen keeps 16. */
unsigned int events(struct world *w);
void on_event(void *arg, const struct datapath_event *e);
/* Make the site port one of this instance. */
void site_port(struct world *w, uint32_t iid);
/* Outer headers around @inner, from 192.0.2.2 or 2001:db8:f::2. */
struct frame tunnelled(
	uint8_t family, uint8_t tos, uint8_t ttl, const char *lisp, const char *inner);
/* tc drops it and counts that; XDP leaves it to tc, unchanged. */
void hostile(struct world *w, const struct frame *in, const char *counter);
/* The addresses of a frame on the hold tap. */
void assert_tag(const struct frame *f, int reason, unsigned int iid, unsigned int mtu, int ifindex);

/* Run the tests in a namespace of their own; the exit code of a test program. */
int xtr_bpf_run(const char *name, const struct CMUnitTest *tests, size_t count);

#endif
