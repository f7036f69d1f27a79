/* trill_bpf: what the tests of the RBridge's programs share: a namespace with five ports, tables in
 * which a small campus stands, and the run of the program on one frame. Knows no expectations.
 *
 * We are nickname 1, between RBridges 3 (behind t0) and 2 (behind t1); 5 is the root of tree 1,
 * behind t0; 6 is reached by both; 7 is known, but nothing leads there; 4 is overloaded, behind t1,
 * and we distribute for it.
 *
 *   t0, t1  trunks
 *   n0      native, VLAN 10 without a tag
 *   n1      native, VLAN 20 without a tag, VLAN 10 with one; inhibited in 30; 40 is another's
 *   h0      hybrid: VLAN 10 without a tag, and a neighbour of tree 1
 *   cpu     where copies for the daemon go
 *   Each port p has the peer pp. */
#ifndef SUNWARD_TESTS_TRILL_BPF_H
#define SUNWARD_TESTS_TRILL_BPF_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <linux/bpf.h>

#include "lib/base/clock.h"
#include "tests/netns/bpf_frame.h"
#include "trill/bpf/contract.h"
#include "trill/datapath.h"

/* The ports' MACs, the neighbours' behind them, and end stations. */
#define T0_MAC  "02 00 00 00 0a 00 "
#define T1_MAC  "02 00 00 00 0a 01 "
#define N0_MAC  "02 00 00 00 0a 02 "
#define N1_MAC  "02 00 00 00 0a 03 "
#define H0_MAC  "02 00 00 00 0a 04 "
#define RB3_MAC "02 00 00 00 0b 00 "
#define RB2_MAC "02 00 00 00 0b 01 "
#define RBH_MAC "02 00 00 00 0b 04 "
#define E1      "02 00 00 00 ee 01 "
#define E2      "02 00 00 00 ee 02 "
#define E3      "02 00 00 00 ee 03 "
#define ALL_RB  "01 80 c2 00 00 40 "

#define TAG10 "81 00 00 0a "
#define TAG20 "81 00 00 14 "
#define DATA  "08 00 73 75 6e 77 61 72 64 21 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d "

enum port { T0, T1, N0, N1, H0, CPU, PORTS = CPU };

struct world {
	struct trill_load *load;
	struct trill_datapath *dp;
	struct trill_tables *t;
	uint32_t ports[PORTS + 1], peers[PORTS + 1];
	struct mac macs[PORTS + 1];
	uint64_t before[CONTRACT_CNT_COUNT];
	enum tables_news news[16];
	struct tables_station now[16], was[16];
	unsigned int news_count;
	struct frame heard; /* the last, at that port and in that VLAN; heard_count in all */
	uint32_t heard_at;
	uint16_t heard_vlan;
	unsigned int heard_count;
	unsigned int ran; /* frames that were put through the program by run() */
};

struct world *world_of(void **state);
struct mac mac_of(const char *text);
struct vlan_set vlans_of(unsigned int a, unsigned int b, unsigned int c, unsigned int d);

/* Put the frame through the program as if it had come in by @port; what it leaves. */
struct frame run(struct world *w, enum port port, const char *in);
struct frame run_frame(struct world *w, enum port port, const struct frame *in);
uint64_t total(struct world *w, const char *name);
/* By how much the counter has grown since the last call of this for any. */
uint64_t counted(struct world *w, const char *name);
/* It is dropped, and this counter alone counts it. */
void dropped(struct world *w, enum port port, const char *in, const char *counter);
/* It goes up as it came. */
void handed_up(struct world *w, enum port port, const char *in, const char *counter);
/* It is redirected, this counter alone counts it, and it looks so. */
void sent(struct world *w, enum port port, const char *in, const char *counter, const char *want);

/* A station as user space sets it. */
void station(struct world *w, const char *mac, uint16_t vlan, uint16_t nickname, int port,
	uint8_t confidence);
void forget(struct world *w, const char *mac, uint16_t vlan);
/* Where it is said to be: "nickname 3", "port 2 confidence 32", "unknown". */
const char *whereabouts(struct world *w, const char *mac, uint16_t vlan);
/* Take the news that have come; returns how many, of which @w keeps 16. */
unsigned int news(struct world *w);

/* The program on the ports, so that frames are really sent. */
void attach(struct world *w);

/* Before trill_bpf_run(): the ring of events is as small as can be. */
void trill_bpf_few_events(void);
/* Run the tests in a namespace of their own; the exit code of a test program. */
int trill_bpf_run(const char *name, const struct CMUnitTest *tests, size_t count);

#endif
