/* deliveries: which probes of traffic reach the machine, and when, watched at the machine's own
 * port.
 */
#ifndef SUNWARD_TESTS_LAB_DELIVERIES_H
#define SUNWARD_TESTS_LAB_DELIVERIES_H

#include <stdint.h>

/* What stands behind the ICMP header of a probe. */
struct probe_body {
	uint64_t cookie; /* of one run */
	uint32_t seq;
};

struct delivery {
	uint64_t at_ns;         /* wall clock; 0: it never came */
	unsigned int hop_limit; /* with which it came: what was sent on once more has a lower one */
};

struct deliveries;

/* Watch @where, "NETNS:DEVICE", for IPv4 probes with @cookie and numbers below @count. NULL with
 * errno. */
struct deliveries *deliveries_new(const char *where, uint64_t cookie, uint32_t count);
void deliveries_free(struct deliveries *a);
int deliveries_fd(const struct deliveries *a); /* to poll for reading */
void deliveries_read(struct deliveries *a);    /* all that has come */
/* The first arrival of a probe. */
struct delivery deliveries_get(const struct deliveries *a, uint32_t seq);

#endif
