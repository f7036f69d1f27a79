/* mtu: which PDUs a link carries, and how large those of the whole campus may be (RFC 8249 sections
 * 3 and 4, RFC 7177 section 5).
 *
 * A test of one neighbour is a binary search with probes that are padded to a size and answered in
 * the same size: first the link's Lz, then 1470 bytes, then between the two. Sizes are bytes of an
 * IS-IS PDU. It knows no PDU and no adjacency: the caller sends, hands acknowledgements in, and
 * asks whether the link supports Sz, the campus's size. */
#ifndef SUNWARD_TRILL_CORE_MTU_H
#define SUNWARD_TRILL_CORE_MTU_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/clock.h"

#define MTU_LEAST    1470
#define MTU_TRIES    3   /* k: probes of one size */
#define MTU_STEPS    5   /* n: of the search */
#define MTU_RTT_MS   5   /* one way and back; after two of them a probe has failed */
#define MTU_AGAIN_S  10  /* a link that does not support Sz is tested again */
#define MTU_RESIZE_S 300 /* LSPresizeTime: Sz grows no earlier */

enum mtu_phase {
	MTU_IDLE,
	MTU_LZ,      /* step 0.1 */
	MTU_MINIMUM, /* step 0.2 */
	MTU_SEARCH,  /* step 1 */
	MTU_SZ,      /* rule c */
};

enum mtu_answer {
	MTU_UNKNOWN, /* it is being tested */
	MTU_SUPPORTED,
	MTU_UNSUPPORTED,
};

struct mtu_test {
	enum mtu_phase phase;
	uint16_t lz, sz;
	uint16_t lower, upper, x; /* as in the text; 0: not known yet */
	uint16_t size;            /* the link MTU size; 0: none yet */
	bool failed;              /* not even 1470 bytes pass */
	unsigned int tries, steps;
	uint64_t probe_id; /* of the last one sent */
	uint32_t rtt_ms;
	struct mono due;
	/* Sends a probe of t->x bytes, and returns its ID. */
	uint64_t (*send)(void *arg, const struct mtu_test *t);
	void *arg;
};

/* Test anew; @send and @arg have been set. @rtt_ms 0: MTU_RTT_MS. */
void mtu_begin(struct mtu_test *t, uint16_t lz, uint16_t sz, uint32_t rtt_ms, struct mono now);
/* The campus's size is another: what is known decides, or one more probe, or above Lz a new test.
 */
void mtu_resize(struct mtu_test *t, uint16_t sz, struct mono now);
/* So is the link's Lz: above it nothing is sent, and where it has grown there is a new test. */
void mtu_lz(struct mtu_test *t, uint16_t lz, struct mono now);
/* An acknowledgement of @size bytes. One of another probe or size is nothing. */
void mtu_ack(struct mtu_test *t, uint64_t probe_id, uint16_t size, struct mono now);
void mtu_time(struct mtu_test *t, struct mono now);
/* Rules a to c. */
enum mtu_answer mtu_supports(const struct mtu_test *t);

/* Sz: what all RBridges can take. */
struct mtu_campus {
	uint16_t sz;
	uint16_t wanted;    /* grows to it at... */
	struct mono resize; /* MONO_NEVER: it need not */
};

void mtu_campus_init(struct mtu_campus *c, uint16_t own);
/* @least: the least originatingL1LSPBufferSize of the LSDB. Smaller counts at once, larger after
 * MTU_RESIZE_S. True: sz has changed. */
bool mtu_campus_least(struct mtu_campus *c, uint16_t least, struct mono now);
bool mtu_campus_time(struct mtu_campus *c, struct mono now);

#endif
